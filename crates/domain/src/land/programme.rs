//! The consolidation programme (1,000 亩 in five years): which parcel is to be prepared by when, what was prepared, and how late it is as of
//! a day. Beside it the works that parcels wait for ([`works`]) and the assets put back to use ([`assets`]).

pub mod assets;
pub mod works;

use super::area::Area;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Land that was prepared on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The day.
    pub on: Date,
    /// How much.
    pub area: Area,
}

/// A line of the programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The parcel.
    pub parcel: String,
    /// To be ready by this day; for a plan by year its last day ([`year_end`]).
    pub due: Date,
    /// How much.
    pub area: Area,
    /// What was prepared, in any order.
    pub prepared: Vec<Prepared>,
}

/// A line as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineState<'a> {
    /// The line.
    pub line: &'a Line,
    /// Prepared up to that day.
    pub done: Area,
    /// Still to be prepared; nothing when more was done than planned.
    pub left: Area,
    /// The day on which all of it was ready.
    pub finished: Option<Date>,
    /// Days late: of the day it was ready, or of that day while it is not; 0 in time.
    pub delay_days: i64,
}

/// One year of the programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YearSum {
    /// Due in the year.
    pub planned: Area,
    /// Prepared in it.
    pub actual: Area,
    /// Due up to its end.
    pub planned_so_far: Area,
    /// Prepared up to its end.
    pub actual_so_far: Area,
}

/// The programme as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The lines, as they came.
    pub lines: Vec<LineState<'a>>,
    /// Years in which something was due or done, and those between them.
    pub years: BTreeMap<i16, YearSum>,
    /// All that is planned.
    pub planned: Area,
    /// All that was prepared.
    pub actual: Area,
    /// Of what was due by that day, how much is not ready.
    pub overdue: Area,
}

/// The last day of a year: what "in 2027" means as a day.
#[must_use]
pub fn year_end(year: i16) -> Option<Date> {
    Date::new(year, 12, 31).ok()
}

/// Days from `due` to the day it was done, or to `day` while it is not; 0 in time. What was done after `day` is not known yet.
#[must_use]
pub fn delay(due: Date, done: Option<Date>, day: Date) -> i64 {
    let until = done.filter(|on| *on <= day).unwrap_or(day);
    i64::from((until - due).get_days()).max(0)
}

/// Where the programme stands as of `day`.
#[must_use]
pub fn progress(lines: &[Line], day: Date) -> Progress<'_> {
    let states: Vec<LineState<'_>> = lines.iter().map(|line| line.as_of(day)).collect();
    let overdue = states.iter().filter(|s| s.line.due <= day).map(|s| s.left);
    Progress {
        years: years(lines, day),
        planned: Area::total(lines.iter().map(|l| l.area)),
        actual: Area::total(states.iter().map(|s| s.done)),
        overdue: Area::total(overdue),
        lines: states,
    }
}

impl Line {
    /// The line as of `day`.
    #[must_use]
    pub fn as_of(&self, day: Date) -> LineState<'_> {
        let mut known: Vec<&Prepared> = self.prepared.iter().filter(|p| p.on <= day).collect();
        known.sort_by_key(|p| p.on);
        let done = Area::total(known.iter().map(|p| p.area));
        let mut so_far = Area::ZERO;
        let finished = known.iter().find_map(|p| {
            so_far = Area::total([so_far, p.area]);
            (so_far >= self.area).then_some(p.on)
        });
        let left = self.area.minus(done).unwrap_or(Area::ZERO);
        LineState { line: self, done, left, finished, delay_days: delay(self.due, finished, day) }
    }
}

fn years(lines: &[Line], day: Date) -> BTreeMap<i16, YearSum> {
    let mut years: BTreeMap<i16, YearSum> = BTreeMap::new();
    for line in lines {
        let sum = years.entry(line.due.year()).or_default();
        sum.planned = Area::total([sum.planned, line.area]);
        for prepared in line.prepared.iter().filter(|p| p.on <= day) {
            let sum = years.entry(prepared.on.year()).or_default();
            sum.actual = Area::total([sum.actual, prepared.area]);
        }
    }
    let ends = years.keys().next().copied().zip(years.keys().next_back().copied());
    if let Some((first, last)) = ends {
        for year in first..=last {
            years.entry(year).or_default();
        }
    }
    let (mut planned, mut actual) = (Area::ZERO, Area::ZERO);
    for sum in years.values_mut() {
        planned = Area::total([planned, sum.planned]);
        actual = Area::total([actual, sum.actual]);
        (sum.planned_so_far, sum.actual_so_far) = (planned, actual);
    }
    years
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn mu(mu: i64) -> Area {
        Area::from_mu(mu).unwrap()
    }

    fn line(parcel: &str, year: i16, area: i64, prepared: &[(Date, i64)]) -> Line {
        let prepared = prepared.iter().map(|(on, area)| Prepared { on: *on, area: mu(*area) }).collect();
        Line { parcel: parcel.into(), due: year_end(year).unwrap(), area: mu(area), prepared }
    }

    /// 1,000 亩 in five years, in multiples of 3 亩 so that square metres are whole.
    fn thousand() -> Vec<Line> {
        vec![
            line("A", 2024, 210, &[(date(2024, 11, 20), 210)]),
            line("B", 2025, 240, &[(date(2025, 6, 1), 120), (date(2026, 1, 30), 120)]),
            line("C", 2026, 180, &[]),
            line("D", 2027, 180, &[]),
            line("E", 2028, 192, &[]),
        ]
    }

    #[test]
    fn a_thousand_mu_in_five_years() {
        let lines = thousand();
        let now = progress(&lines, date(2026, 3, 1));
        assert_eq!((now.planned, now.actual, now.overdue), (mu(1_002), mu(450), Area::ZERO));
        assert_eq!(now.lines.iter().map(|s| s.delay_days).collect::<Vec<_>>(), [0, 30, 0, 0, 0]);
        let year = now.years[&2025];
        assert_eq!((year.planned, year.actual), (mu(240), mu(120)));
        assert_eq!((year.planned_so_far, year.actual_so_far), (mu(450), mu(330)));
        assert_eq!(now.years[&2026].actual_so_far, mu(450));
    }

    #[test]
    fn as_of_an_earlier_day_knows_nothing_later() {
        let lines = thousand();
        let then = progress(&lines, date(2026, 1, 10));
        let b = &then.lines[1];
        assert_eq!((b.done, b.left, b.finished, b.delay_days), (mu(120), mu(120), None, 10));
        assert_eq!(then.overdue, mu(120));
        assert_eq!(progress(&lines, date(2025, 12, 31)).overdue, mu(120), "due on its last day");
    }

    #[test]
    fn years_without_anything_stand_between() {
        let lines = [line("A", 2024, 3, &[]), line("B", 2027, 3, &[])];
        let years = progress(&lines, date(2026, 1, 1)).years;
        assert_eq!(years.keys().copied().collect::<Vec<_>>(), [2024, 2025, 2026, 2027]);
        assert_eq!(years[&2026].planned_so_far, mu(3));
        assert_eq!(progress(&[], date(2026, 1, 1)).years.len(), 0);
    }

    /// A year, 亩, and what was prepared so many days after the start.
    type Planned = (i16, i64, Vec<(i32, i64)>);

    fn any_lines() -> impl Strategy<Value = Vec<Planned>> {
        let prepared = proptest::collection::vec((0i32..2_000, 1i64..200), 0..4);
        proptest::collection::vec((2024i16..2029, 1i64..300, prepared), 0..8)
    }

    proptest! {
        #[test]
        fn years_add_up_to_the_whole(planned in any_lines(), at in 0i32..2_000) {
            let on = |days: i32| date(2024, 1, 1).checked_add(days.days()).unwrap();
            let lines: Vec<Line> = planned.iter().map(|(year, area, done)| {
                let done: Vec<(Date, i64)> = done.iter().map(|(days, area)| (on(*days), *area)).collect();
                line("P", *year, *area, &done)
            }).collect();
            let now = progress(&lines, on(at));
            prop_assert_eq!(Area::total(now.years.values().map(|y| y.planned)), now.planned);
            prop_assert_eq!(Area::total(now.years.values().map(|y| y.actual)), now.actual);
            let next = progress(&lines, on(at + 1));
            for (a, b) in now.lines.iter().zip(&next.lines) {
                prop_assert!(b.done >= a.done && b.left <= a.left, "what is done stays done");
                prop_assert!(b.delay_days >= a.delay_days, "a delay never shrinks");
            }
        }
    }
}
