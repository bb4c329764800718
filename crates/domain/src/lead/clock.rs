//! The clue clock: what is due when, what was done late, who is told, and how long a lead is protected.
//!
//! A step that nobody answered stays overdue for ever; no step passes by silence.

use super::rules::{ClueRules, Count, From, Protection, StepRule};
use super::{Both, ContactKind, Level, StepKind};
use crate::workday::Calendar;
use jiff::Span;
use jiff::civil::Date;

/// A contact as the clock sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What was done.
    pub kind: ContactKind,
    /// The day it was done.
    pub day: Date,
    /// The day it was written down.
    pub recorded: Date,
}

/// What the clock is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    /// Day of registration.
    pub registered: Date,
    /// Planned investment in yuan, when said.
    pub amount: Option<i64>,
    /// Contacts in any order.
    pub contacts: &'a [Contact],
    /// The day the lead ended (converted, released, expired): the clock stops there.
    pub ended: Option<Date>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Done on its day or before.
    Done(Date),
    /// Done so many days too late.
    DoneLate(Date, u32),
    /// Not due yet: days left.
    Waiting(u32),
    /// Not done, so many days past its day; 0 when only days off lie between.
    Overdue(u32),
}

/// One step of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which step.
    pub kind: StepKind,
    /// 1, 2, 3 … for a step that repeats; else 1.
    pub nth: u32,
    /// Its name.
    pub name: Both,
    /// The last day in time.
    pub due: Date,
    /// How it stands.
    pub state: StepState,
    /// Everybody who is to be told by now, lowest level first.
    pub told: Vec<Level>,
}

/// The steps of a lead on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// In the order of their days.
    pub steps: Vec<Step>,
    /// Years that were counted by weekends only, because the calendar has no notice for them.
    pub without: Vec<i16>,
}

impl Clock {
    /// The step to do next: the one open step with the earliest day.
    #[must_use]
    pub fn next(&self) -> Option<&Step> {
        self.steps.iter().filter(|s| s.is_open()).min_by_key(|s| s.due)
    }

    /// The largest number of days by which an open step is overdue.
    #[must_use]
    pub fn overdue(&self) -> Option<u32> {
        self.steps
            .iter()
            .filter_map(|s| if let StepState::Overdue(days) = s.state { Some(days) } else { None })
            .max()
    }
}

impl Step {
    /// Whether nobody has answered it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, StepState::Waiting(_) | StepState::Overdue(_))
    }
}

/// Every step of a case on `today`.
#[must_use]
pub fn clock(case: &Case<'_>, today: Date, rules: &ClueRules, calendar: &Calendar) -> Clock {
    let today = case.ended.map_or(today, |ended| ended.min(today));
    let mut out = Clock { steps: Vec::new(), without: Vec::new() };
    let counter = Counter { count: rules.count, calendar };
    let large = case.amount.is_some_and(|yuan| yuan >= rules.large_yuan);
    for rule in &rules.steps {
        let mut done: Vec<Date> = case
            .contacts
            .iter()
            .filter(|c| rule.done_by.contains(&c.kind) && c.day <= today)
            .map(|c| c.day)
            .collect();
        done.sort_unstable();
        let days = if large { rule.large_days } else { rule.days };
        let mut from = match rule.from {
            From::Registered => case.registered,
            From::Step(kind) => {
                out.steps.iter().find(|s| s.kind == kind).map_or(case.registered, |s| match s.state {
                    StepState::Done(day) | StepState::DoneLate(day, _) => day,
                    StepState::Waiting(_) | StepState::Overdue(_) => s.due,
                })
            }
        };
        // What was done before the step began does not answer it, but on its first day it does.
        let mut done = done.into_iter().skip_while(|&day| day < case.registered).peekable();
        for nth in 1.. {
            let due = counter.add(from, days, &mut out.without);
            let answered = done.next();
            let state = counter.state(due, answered, today, &mut out.without);
            out.steps.push(step(rule, nth, due, state, rules));
            match answered {
                // Reports of one day are one report.
                Some(day) if rule.repeats => {
                    while done.next_if_eq(&day).is_some() {}
                    from = day;
                }
                _ => break,
            }
        }
    }
    out.steps.sort_by_key(|s| s.due);
    out.without.sort_unstable();
    out.without.dedup();
    out
}

fn step(rule: &StepRule, nth: u32, due: Date, state: StepState, rules: &ClueRules) -> Step {
    let told = match state {
        StepState::Overdue(days) => {
            rules.escalation.iter().filter(|(from, _)| *from <= days).map(|e| e.1).collect()
        }
        _ => Vec::new(),
    };
    Step { kind: rule.kind, nth, name: rule.name.clone(), due, state, told }
}

struct Counter<'a> {
    count: Count,
    calendar: &'a Calendar,
}

impl Counter<'_> {
    fn add(&self, day: Date, n: u32, without: &mut Vec<i16>) -> Date {
        match self.count {
            Count::Calendar => plus(day, n),
            Count::Working => {
                let counted = self.calendar.add_working_days(day, n);
                without.extend(counted.without);
                counted.value
            }
        }
    }

    /// Days from `from` to `to`, which is not before it.
    fn between(&self, from: Date, to: Date, without: &mut Vec<i16>) -> u32 {
        let days = match self.count {
            Count::Calendar => from.until(to).map_or(0, |span| span.get_days()),
            Count::Working => {
                let counted = self.calendar.working_days_between(from, to);
                without.extend(counted.without);
                counted.value
            }
        };
        u32::try_from(days).unwrap_or(0)
    }

    fn state(&self, due: Date, answered: Option<Date>, today: Date, without: &mut Vec<i16>) -> StepState {
        match answered {
            Some(day) if day <= due => StepState::Done(day),
            Some(day) => StepState::DoneLate(day, self.between(due, day, without)),
            None if today <= due => StepState::Waiting(self.between(today, due, without)),
            None => StepState::Overdue(self.between(due, today, without)),
        }
    }
}

/// The last day of protection: from registration, extended by every contact that came (and was written down) in time, up to the cap.
///
/// A contact after the end revives nothing: the lead is to be registered anew.
#[must_use]
pub fn protected_until(registered: Date, contacts: &[Contact], rules: &Protection) -> Date {
    let cap = plus(registered, rules.cap_days);
    let mut until = plus(registered, rules.days).min(cap);
    let mut counted: Vec<&Contact> = contacts
        .iter()
        .filter(|c| rules.extended_by.contains(&c.kind) && c.day >= registered && c.recorded >= c.day)
        .filter(|c| c.recorded <= plus(c.day, rules.backdate_days))
        .collect();
    counted.sort_by_key(|c| (c.recorded, c.day));
    for contact in counted {
        if contact.recorded <= until {
            until = until.max(plus(contact.day, rules.contact_days).min(cap));
        }
    }
    until
}

fn plus(day: Date, days: u32) -> Date {
    day.saturating_add(Span::new().days(days.min(100_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn on(kind: ContactKind, day: Date) -> Contact {
        Contact { kind, day, recorded: day }
    }

    fn at(registered: Date, contacts: &[Contact], today: Date) -> Clock {
        let case = Case { registered, amount: None, contacts, ended: None };
        clock(&case, today, ClueRules::built_in(), Calendar::china())
    }

    fn states(clock: &Clock) -> Vec<(StepKind, Date, StepState)> {
        clock.steps.iter().map(|s| (s.kind, s.due, s.state)).collect()
    }

    #[test]
    fn limits_count_working_days_around_the_spring_festival() {
        let monday = date(2026, 2, 9);
        let clock = at(monday, &[], monday);
        assert_eq!(
            states(&clock),
            [
                (StepKind::Respond, date(2026, 2, 10), StepState::Waiting(1)),
                (StepKind::Judge, date(2026, 2, 12), StepState::Waiting(3)),
                // 13 and 14 February are worked, then the holiday ends on the 23rd
                (StepKind::Feedback, date(2026, 2, 28), StepState::Waiting(10)),
                (StepKind::Report, date(2026, 3, 10), StepState::Waiting(17)),
            ]
        );
        assert!(clock.without.is_empty());
    }

    #[test]
    fn a_large_project_has_a_week_for_its_judgement() {
        let monday = date(2026, 11, 2);
        let due = |amount| {
            let case = Case { registered: monday, amount, contacts: &[], ended: None };
            clock(&case, monday, ClueRules::built_in(), Calendar::china()).steps[1].due
        };
        assert_eq!(due(Some(499_999_999)), date(2026, 11, 5));
        assert_eq!(due(Some(500_000_000)), date(2026, 11, 11), "500 million is large: inclusive");
    }

    #[test]
    fn silence_never_passes_a_step() {
        let monday = date(2026, 11, 2);
        let clock = at(monday, &[], date(2026, 12, 31));
        assert!(clock.steps.iter().all(|s| matches!(s.state, StepState::Overdue(_))));
        assert_eq!(clock.steps[0].told, [Level::Officer, Level::Unit, Level::Director]);
        assert_eq!(clock.next().unwrap().kind, StepKind::Respond);
        let saturday = at(date(2026, 11, 5), &[], date(2026, 11, 7));
        assert_eq!(saturday.steps[0].state, StepState::Overdue(0), "past Friday, no working day since");
        assert_eq!(saturday.steps[0].told, [Level::Officer]);
        assert_eq!(
            at(date(2026, 11, 5), &[], date(2026, 11, 9)).steps[0].told,
            [Level::Officer, Level::Unit]
        );
    }

    #[test]
    fn late_is_late_and_the_next_step_counts_from_the_day_it_was_done() {
        let monday = date(2026, 11, 2);
        let contacts = [on(ContactKind::Judge, date(2026, 11, 9)), on(ContactKind::Call, date(2026, 11, 3))];
        let clock = at(monday, &contacts, date(2026, 11, 10));
        assert_eq!(
            states(&clock),
            [
                (StepKind::Respond, date(2026, 11, 3), StepState::Done(date(2026, 11, 3))),
                (StepKind::Judge, date(2026, 11, 5), StepState::DoneLate(date(2026, 11, 9), 2)),
                (StepKind::Feedback, date(2026, 11, 18), StepState::Waiting(6)),
                (StepKind::Report, date(2026, 11, 27), StepState::Waiting(13)),
            ]
        );
    }

    #[test]
    fn reports_come_again_and_a_clock_without_a_calendar_says_so() {
        let monday = date(2026, 11, 2);
        let contacts = [
            on(ContactKind::Judge, date(2026, 11, 4)),
            on(ContactKind::Report, date(2026, 11, 20)),
            on(ContactKind::Report, date(2026, 11, 20)),
            on(ContactKind::Report, date(2026, 12, 14)),
        ];
        let clock = at(monday, &contacts, date(2026, 12, 20));
        let reports: Vec<_> = clock
            .steps
            .iter()
            .filter(|s| s.kind == StepKind::Report)
            .map(|s| (s.nth, s.due, s.state))
            .collect();
        assert_eq!(
            reports,
            [
                (1, date(2026, 11, 24), StepState::Done(date(2026, 11, 20))),
                (2, date(2026, 12, 10), StepState::DoneLate(date(2026, 12, 14), 2)),
                (3, date(2027, 1, 1), StepState::Waiting(10)),
            ]
        );
        assert_eq!(clock.without, [2027]);
    }

    #[test]
    fn the_clock_stops_when_the_lead_ends() {
        let monday = date(2026, 11, 2);
        let case = Case { registered: monday, amount: None, contacts: &[], ended: Some(date(2026, 11, 4)) };
        let clock = clock(&case, date(2026, 12, 31), ClueRules::built_in(), Calendar::china());
        assert_eq!(clock.steps[0].state, StepState::Overdue(1), "what was overdue at the end stays so");
        assert_eq!(clock.steps[1].state, StepState::Waiting(1));
    }

    #[test]
    fn contacts_extend_the_protection_up_to_the_cap() {
        let rules = &ClueRules::built_in().protection;
        let start = date(2026, 1, 5);
        let until = |contacts: &[Contact]| protected_until(start, contacts, rules);
        assert_eq!(until(&[]), date(2026, 3, 6));
        assert_eq!(until(&[on(ContactKind::Visit, date(2026, 1, 6))]), date(2026, 3, 6), "never shortened");
        assert_eq!(until(&[on(ContactKind::Visit, date(2026, 3, 6))]), date(2026, 4, 5), "on the last day");
        assert_eq!(until(&[on(ContactKind::Visit, date(2026, 3, 7))]), date(2026, 3, 6), "too late");
        assert_eq!(
            until(&[on(ContactKind::Message, date(2026, 3, 1))]),
            date(2026, 3, 6),
            "a message extends nothing"
        );
        let late = Contact { recorded: date(2026, 3, 14), ..on(ContactKind::Visit, date(2026, 3, 6)) };
        assert_eq!(until(&[late]), date(2026, 3, 6), "written down after the end");
        let monthly: Vec<Contact> =
            (0..40).map(|n| on(ContactKind::Call, start.saturating_add(Span::new().days(n * 20)))).collect();
        assert_eq!(until(&monthly), date(2027, 1, 5), "the cap");
    }

    proptest! {
        #[test]
        fn protection_never_shrinks_and_never_passes_the_cap(days in prop::collection::vec((0i32..800, 0i32..30), 0..30)) {
            let rules = &ClueRules::built_in().protection;
            let start = date(2025, 3, 1);
            let contact = |&(day, late): &(i32, i32)| {
                let day = start.saturating_add(Span::new().days(day));
                Contact { kind: ContactKind::Call, day, recorded: day.saturating_add(Span::new().days(late)) }
            };
            let mut contacts = Vec::new();
            let mut before = protected_until(start, &contacts, rules);
            for one in days.iter().map(contact) {
                contacts.push(one);
                let after = protected_until(start, &contacts, rules);
                prop_assert!(after >= before && after <= plus(start, rules.cap_days));
                before = after;
            }
        }

        #[test]
        fn every_step_is_answered_or_open(days in prop::collection::vec((0usize..9, 0i32..200), 0..20), now in 0i32..250) {
            let start = date(2026, 1, 5);
            let plus = |n: i32| start.saturating_add(Span::new().days(n));
            let contacts: Vec<Contact> = days.iter().map(|&(k, d)| on(ContactKind::ALL[k], plus(d))).collect();
            let clock = at(start, &contacts, plus(now));
            for kind in StepKind::ALL {
                let open = clock.steps.iter().filter(|s| s.kind == *kind && s.is_open()).count();
                let any = clock.steps.iter().filter(|s| s.kind == *kind).count();
                prop_assert!(any >= 1 && open <= 1);
                prop_assert!(*kind != StepKind::Report || open == 1, "the next report is always open");
            }
            for s in &clock.steps {
                match s.state {
                    StepState::Done(day) => prop_assert!(day <= s.due),
                    StepState::DoneLate(day, _) => prop_assert!(day > s.due),
                    StepState::Waiting(_) => prop_assert!(plus(now) <= s.due),
                    StepState::Overdue(_) => prop_assert!(plus(now) > s.due && !s.told.is_empty()),
                }
            }
        }
    }
}
