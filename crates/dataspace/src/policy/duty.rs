//! What must be done because data are used: the duties of an agreement's permissions and its own obligations (ODRL information model 2.6.2), as tasks with a
//! last moment.

use super::until;
use crate::odrl::Policy;
use jiff::Timestamp;

/// A duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// What is to be done, such as `delete` or `inform`.
    pub action: String,
    /// Until when; `None` where no day is said.
    pub due: Option<Timestamp>,
}

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The connectors keep it themselves: the provider decides and counts every read, and so is told of each.
    ByItself,
    /// It was done.
    Done,
    /// It is to be done.
    Open,
    /// It should have been done.
    Overdue,
}

/// The duties of an agreement, each action once, with its earliest moment; those of permissions first, in their order.
#[must_use]
pub fn duties(policy: &Policy) -> Vec<Duty> {
    let mut all: Vec<Duty> = Vec::new();
    for rule in policy.permission.iter().flat_map(|p| &p.duty).chain(&policy.obligation) {
        let due = until(rule);
        match all.iter_mut().find(|d| d.action == rule.action) {
            Some(known) => known.due = [known.due, due].into_iter().flatten().min(),
            None => all.push(Duty { action: rule.action.clone(), due }),
        }
    }
    all
}

/// How a duty stands at a moment, done or not.
#[must_use]
pub fn standing(duty: &Duty, done: bool, now: Timestamp) -> Standing {
    match duty.due {
        _ if duty.action == "inform" => Standing::ByItself,
        _ if done => Standing::Done,
        Some(due) if due < now => Standing::Overdue,
        _ => Standing::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::odrl::{Constraint, Rule};
    use crate::policy::form::Terms;

    #[test]
    fn duties_of_the_form_are_tasks_and_the_earliest_day_counts() {
        let day = jiff::civil::date(2026, 12, 31);
        let terms = Terms { inform: true, delete_by: Some(day), ..Terms::default() };
        let mut policy = terms.offer("o");
        let all = duties(&policy);
        assert_eq!(all.iter().map(|d| d.action.as_str()).collect::<Vec<_>>(), ["inform", "delete"]);
        let end = all[1].due.unwrap();
        let second = jiff::SignedDuration::from_secs(1);
        for (done, now, standing_then) in [
            (false, end, Standing::Open),
            (false, end + second, Standing::Overdue),
            (true, end + second, Standing::Done),
        ] {
            assert_eq!(standing(&all[1], done, now), standing_then);
        }
        assert_eq!(standing(&all[0], false, end), Standing::ByItself);
        let earlier = Constraint::atomic("dateTime", "lteq", "2026-06-30");
        policy.obligation.push(Rule::new("delete", vec![earlier]));
        let all = duties(&policy);
        assert!(all.len() == 2 && all[1].due.unwrap() < end, "two of one kind are one, by the earlier day");
        assert!(duties(&Terms::default().offer("o")).is_empty());
    }
}
