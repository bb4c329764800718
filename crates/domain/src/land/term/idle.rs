//! The clock of idle land: from the agreed start day, without the days that are not the holder's to answer for, to the fee and to recovery
//! without payment (城市房地产管理法 Art. 26; 闲置土地处置办法 Art. 2, 8, 14).

use super::rule::IdleRule;
use super::{Due, below_fraction, share_of, with_reminders};
use crate::land::area::Area;
use crate::words::words;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

words! {
    /// Why days do not count.
    Cause "no cause of a delay" {
        /// 政府、政府有关部门的行为.
        Government = "government", "政府原因", "the government's doing";
        /// 不可抗力.
        ForceMajeure = "force_majeure", "不可抗力", "force majeure";
        /// 动工开发必需的前期工作.
        PreparatoryWork = "preparatory_work", "动工必需的前期工作", "preparatory work that the start needs";
    }
}

words! {
    /// What falls due.
    Step "no step of idle land" {
        /// The fee.
        Fee = "fee", "征缴土地闲置费", "fee on idle land";
        /// Recovery without payment.
        Recovery = "recovery", "无偿收回", "recovery without payment";
        /// Land where work stopped may be recognised as idle.
        Recognition = "recognition", "可认定为闲置土地", "may be recognised as idle";
    }
}

/// Days that do not count, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// The first.
    pub from: Date,
    /// The last; `None` while it goes on.
    #[serde(default)]
    pub to: Option<Date>,
    /// Why.
    pub cause: Cause,
}

/// How far work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Not begun.
    NotStarted,
    /// Begun on this day.
    Started(Date),
    /// Begun, then stopped.
    Stopped {
        /// The day work stopped.
        since: Date,
        /// Land on which it began …
        begun: Area,
        /// … of the land to be built on.
        of: Area,
        /// Yuan spent …
        invested: i64,
        /// … of the yuan planned.
        planned: i64,
    },
}

/// Land and its agreed start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The start day that the contract or decision names.
    pub agreed_start: Date,
    /// How far work is.
    pub work: Work,
    /// Days that do not count; they may overlap.
    pub excluded: Vec<Excluded>,
    /// Price of the land, yuan.
    pub price: i64,
}

/// Where the clock stands on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What comes, or has come, and when, as it looks on that day; without what the start of work averted.
    pub steps: Vec<(Step, Date)>,
    /// Days counted up to that day.
    pub counted_days: i64,
    /// Why no day counts at present.
    pub paused: Option<Cause>,
    /// The most that the fee can be, yuan, rounded down.
    pub fee_most: i64,
    /// Steps and reminders by day.
    pub due: Vec<Due>,
}

impl Clock {
    /// The last step that has been reached on `day`.
    #[must_use]
    pub fn reached(&self, day: Date) -> Option<Step> {
        self.steps.iter().filter(|(_, on)| *on <= day).max_by_key(|(_, on)| *on).map(|(step, _)| *step)
    }
}

impl Ground {
    /// The clock as of `today`. A period that goes on stands for every day up to today, so that steps move on with it.
    #[must_use]
    pub fn clock(&self, rule: &IdleRule, today: Date) -> Clock {
        let (start, end) = match self.work {
            Work::NotStarted => (self.agreed_start, None),
            Work::Started(on) => (self.agreed_start, Some(on)),
            Work::Stopped { since, .. } => (since, None),
        };
        let periods = merged(&self.excluded, start, today);
        let steps: Vec<(Step, Date)> = self
            .awaited(rule)
            .iter()
            .filter_map(|(step, years)| Some((*step, elapsed(start, i32::from(*years).years(), &periods)?)))
            .filter(|(_, on)| end.is_none_or(|end| *on < end))
            .collect();
        let until = end.unwrap_or(today).min(today);
        let now = |e: &&Excluded| e.from <= today && e.to.is_none_or(|to| today <= to);
        let paused = self.excluded.iter().find(now).filter(|_| end.is_none() && start <= today);
        let fee_most = share_of(self.price, rule.fee_per_cent);
        let due = steps.iter().flat_map(|(step, on)| reminders(*step, *on, fee_most, rule)).collect();
        Clock {
            steps,
            counted_days: counted(start, until, &periods),
            paused: paused.map(|e| e.cause),
            fee_most,
            due,
        }
    }

    /// What can come of the land, and after how many years.
    fn awaited(&self, rule: &IdleRule) -> Vec<(Step, u16)> {
        match self.work {
            Work::NotStarted | Work::Started(_) => {
                vec![(Step::Fee, rule.fee_after_years), (Step::Recovery, rule.recovery_after_years)]
            }
            Work::Stopped { begun, of, invested, planned, .. } => {
                let little = below_fraction(begun.hundredths(), of.hundredths(), rule.least_area)
                    || below_fraction(invested, planned, rule.least_investment);
                if little { vec![(Step::Recognition, rule.stopped_years)] } else { Vec::new() }
            }
        }
    }
}

fn reminders(step: Step, on: Date, fee_most: i64, rule: &IdleRule) -> Vec<Due> {
    let (zh, en) = step.names();
    let texts = if step == Step::Fee {
        (format!("{on} {zh}（不超过 {fee_most} 元）"), format!("{en} on {on} (at most {fee_most} yuan)"))
    } else {
        (format!("{on} {zh}"), format!("{en} on {on}"))
    };
    let due = Due { on, texts, article: (rule.article_zh.clone(), rule.article_en.clone()) };
    with_reminders(&due, &rule.reminder_days)
}

/// Periods from `start` on, in order and apart: first day, and the day after the last.
fn merged(excluded: &[Excluded], start: Date, today: Date) -> Vec<(Date, Date)> {
    let ends = |e: &Excluded| e.to.unwrap_or(today).tomorrow().unwrap_or(Date::MAX);
    let mut periods: Vec<(Date, Date)> =
        excluded.iter().map(|e| (e.from.max(start), ends(e))).filter(|(from, after)| from < after).collect();
    periods.sort();
    let mut apart: Vec<(Date, Date)> = Vec::with_capacity(periods.len());
    for (from, after) in periods {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(after),
            _ => apart.push((from, after)),
        }
    }
    apart
}

/// The day on which `span` has passed since `start` without the periods; `None` beyond the calendar.
fn elapsed(start: Date, span: Span, periods: &[(Date, Date)]) -> Option<Date> {
    let mut day = start.checked_add(span).ok()?;
    for (from, after) in periods {
        if *from >= day {
            break;
        }
        day = day.checked_add((*after - *from).get_days().days()).ok()?;
    }
    Some(day)
}

/// Days from `start` up to and without `until`, without the periods.
fn counted(start: Date, until: Date, periods: &[(Date, Date)]) -> i64 {
    let days = |from: Date, to: Date| if from < to { i64::from((to - from).get_days()) } else { 0 };
    days(start, until) - periods.iter().map(|(from, after)| days(*from, until.min(*after))).sum::<i64>()
}

#[cfg(test)]
mod tests {
    use super::super::rule::TermRules;
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn rule() -> &'static IdleRule {
        &TermRules::built_in().idles[0]
    }

    fn ground(work: Work, excluded: Vec<Excluded>) -> Ground {
        Ground { agreed_start: date(2024, 3, 1), work, excluded, price: 24_000_003 }
    }

    fn excluded(from: Date, to: Option<Date>) -> Excluded {
        Excluded { from, to, cause: Cause::Government }
    }

    #[test]
    fn a_year_then_two() {
        let clock = ground(Work::NotStarted, vec![]).clock(rule(), date(2025, 2, 28));
        assert_eq!(clock.steps, [(Step::Fee, date(2025, 3, 1)), (Step::Recovery, date(2026, 3, 1))]);
        assert_eq!((clock.counted_days, clock.fee_most), (364, 4_800_000), "rounded down to the yuan");
        assert_eq!(clock.reached(date(2025, 2, 28)), None);
        assert_eq!(clock.reached(date(2025, 3, 1)), Some(Step::Fee));
        assert_eq!(clock.reached(date(2026, 3, 1)), Some(Step::Recovery));
        let on = |day| super::super::due_on(&clock.due, day).len();
        assert_eq!((on(date(2024, 12, 1)), on(date(2025, 1, 30)), on(date(2025, 2, 22))), (1, 1, 1));
        assert_eq!((on(date(2025, 3, 1)), on(date(2025, 3, 2))), (1, 0));
        assert!(super::super::due_on(&clock.due, date(2025, 3, 1))[0].texts.0.contains("4800000 元"));
    }

    #[test]
    fn a_start_averts_what_had_not_come() {
        let started = |day| ground(Work::Started(day), vec![]).clock(rule(), date(2027, 1, 1)).steps;
        assert_eq!(started(date(2025, 3, 1)), [], "on the day itself it is in time");
        assert_eq!(started(date(2025, 3, 2)), [(Step::Fee, date(2025, 3, 1))], "the fee stays due");
        let clock = ground(Work::Started(date(2024, 3, 11)), vec![]).clock(rule(), date(2027, 1, 1));
        assert_eq!(clock.counted_days, 10);
    }

    #[test]
    fn what_goes_on_moves_the_days_on() {
        let open = vec![excluded(date(2024, 12, 1), None)];
        let clock = ground(Work::NotStarted, open.clone()).clock(rule(), date(2025, 6, 8));
        assert_eq!(clock.paused, Some(Cause::Government));
        assert_eq!(clock.counted_days, 275);
        // 190 days up to and with 2025-06-08.
        assert_eq!(clock.steps[0], (Step::Fee, date(2025, 9, 7)));
        let next = ground(Work::NotStarted, open).clock(rule(), date(2025, 6, 9));
        assert_eq!(next.steps[0], (Step::Fee, date(2025, 9, 8)));
    }

    #[test]
    fn work_that_stopped_early_may_be_recognised() {
        let area = |thousands: i64| Area::from_square_metres(thousands * 1_000).unwrap();
        let stopped = |begun, invested| Work::Stopped {
            since: date(2025, 1, 1),
            begun: area(begun),
            of: area(60),
            invested,
            planned: 400,
        };
        let steps = |work| ground(work, vec![]).clock(rule(), date(2026, 1, 1)).steps;
        assert_eq!(steps(stopped(20, 100)), [], "a third and a quarter are enough");
        assert_eq!(steps(stopped(19, 400)), [(Step::Recognition, date(2026, 1, 1))]);
        assert_eq!(steps(stopped(60, 99)), [(Step::Recognition, date(2026, 1, 1))]);
    }

    /// Day by day: the first day with as many counted days before it as the plain year or two have.
    fn naive(start: Date, years: i32, periods: &[Excluded]) -> Date {
        let need = (start.checked_add(years.years()).unwrap() - start).get_days();
        let out = |day: Date| periods.iter().any(|e| e.from <= day && day <= e.to.unwrap());
        let (mut day, mut count) = (start, 0);
        while count < need {
            count += i32::from(!out(day));
            day = day.tomorrow().unwrap();
        }
        day
    }

    proptest! {
        #[test]
        fn the_merged_periods_are_the_days(periods in proptest::collection::vec((-200i32..900, 0i32..200), 0..6), today in 0i32..1_500) {
            let start = date(2024, 3, 1);
            let at = |days: i32| start.checked_add(days.days()).unwrap();
            let periods: Vec<Excluded> =
                periods.into_iter().map(|(from, long)| excluded(at(from), Some(at(from + long)))).collect();
            let clock = ground(Work::NotStarted, periods.clone()).clock(rule(), at(today));
            prop_assert_eq!(clock.steps, vec![(Step::Fee, naive(start, 1, &periods)), (Step::Recovery, naive(start, 2, &periods))]);
            let out = |day: Date| periods.iter().any(|e| e.from <= day && day <= e.to.unwrap());
            prop_assert_eq!(clock.counted_days, (0..today).filter(|d| !out(at(*d))).count() as i64);
        }
    }
}
