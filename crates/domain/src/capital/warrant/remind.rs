//! Reminders before a window closes: 90, 30 and 7 days ahead, each once, also when the program was down on
//! the very day.

use super::state::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Days ahead of the last day of the window, the earliest first.
pub const AHEAD: [i32; 3] = [90, 30, 7];

/// A reminder that is due, or was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reminder {
    /// Which of [`AHEAD`].
    pub ahead: i32,
    /// The last day of the window it speaks of: a window that is prolonged is reminded of again.
    pub until: Date,
}

impl Reminder {
    /// What it says, in Chinese and in English.
    #[must_use]
    pub fn words(&self, state: &State, today: Date) -> (String, String) {
        let left = days(today, self.until);
        let (issuer, until) = (&state.terms.issuer, self.until);
        (
            format!("{issuer}的认股权还有 {left} 天到期（{until}）"),
            format!("the warrant of {issuer} ends in {left} days, on {until}"),
        )
    }
}

/// The reminder that is due today and not yet `sent`; none for a warrant that is over. Where several marks
/// have passed unsent, only the last is due: one letter, not three.
#[must_use]
pub fn due(state: &State, today: Date, sent: &[Reminder]) -> Option<Reminder> {
    let until = state.terms.until;
    if state.life.is_over() || today > until {
        return None;
    }
    let left = days(today, until);
    let ahead = AHEAD.into_iter().filter(|&ahead| left <= i64::from(ahead)).min()?;
    let is_sent = sent.iter().any(|s| s.until == until && s.ahead <= ahead);
    (!is_sent).then_some(Reminder { ahead, until })
}

fn days(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::super::state::{Act, Event, fold};
    use super::super::tests::sample;
    use super::*;
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn on(today: Date, sent: &[Reminder]) -> Option<i32> {
        due(&fold(&sample(), &[], &[], today), today, sent).map(|r| r.ahead)
    }

    #[test]
    fn each_mark_is_due_once_and_late_rather_than_never() {
        let until = date(2028, 6, 30);
        let before = |days: i32| until.saturating_sub(days.days());
        let sent = |marks: &[i32]| marks.iter().map(|&ahead| Reminder { ahead, until }).collect::<Vec<_>>();
        assert_eq!(on(before(91), &[]), None);
        assert_eq!(on(before(90), &[]), Some(90));
        assert_eq!(on(before(89), &sent(&[90])), None);
        assert_eq!(on(before(88), &[]), Some(90), "the program was down");
        assert_eq!(on(before(25), &[]), Some(30), "one letter, not two");
        assert_eq!(on(before(24), &sent(&[30])), None);
        assert_eq!(on(before(7), &sent(&[90, 30])), Some(7));
        assert_eq!(on(until, &sent(&[90, 30])), Some(7));
        assert_eq!(on(before(-1), &[]), None);
        let earlier = Reminder { ahead: 7, until: date(2027, 6, 30) };
        assert_eq!(on(before(7), &[earlier]), Some(7), "of another window");
    }

    #[test]
    fn a_warrant_that_is_over_is_silent() {
        let cancel = Event { on: date(2026, 1, 1), act: Act::Cancel, document: None };
        let state = fold(&sample(), &[cancel], &[], date(2028, 6, 25));
        assert_eq!(due(&state, date(2028, 6, 25), &[]), None);
    }

    proptest! {
        /// However the days on which the program runs fall, no mark is sent twice, and one that runs daily
        /// sends all three.
        #[test]
        fn never_twice(runs in prop::collection::vec(any::<bool>(), 120), daily in any::<bool>()) {
            let start = date(2028, 6, 30).saturating_sub(119.days());
            let mut sent: Vec<Reminder> = Vec::new();
            for (i, run) in runs.iter().enumerate() {
                let today = start.saturating_add(i64::try_from(i).unwrap().days());
                let state = fold(&sample(), &[], &[], today);
                if let Some(reminder) = due(&state, today, &sent).filter(|_| daily || *run) {
                    prop_assert!(!sent.contains(&reminder));
                    sent.push(reminder);
                }
            }
            prop_assert!(!daily || sent.len() == AHEAD.len());
            prop_assert!(sent.is_sorted_by(|a, b| a.ahead > b.ahead));
        }
    }
}
