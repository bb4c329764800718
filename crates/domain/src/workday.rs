//! Working days in China: weekends, and the days that the State Council's yearly notice takes or gives.
//!
//! The notices are data (`data/holidays.csv`: day, `off` or `work`, name, number of the notice), replaced by a newer file.
//! A year that the data does not hold is counted by weekends only, and every answer that touches it says so.

use jiff::civil::{Date, Weekday};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// What a notice says of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Special {
    /// Whether people work.
    pub work: bool,
    /// The holiday it belongs to, e.g. 春节.
    pub name: String,
    /// Number of the notice, e.g. 国办发明电〔2025〕7号.
    pub source: String,
}

/// Which days are working days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    special: BTreeMap<Date, Special>,
    years: BTreeSet<i16>,
}

/// A day that was counted, or a number of days, with the years in between that the calendar does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted<T> {
    /// The answer.
    pub value: T,
    /// Years that were counted by weekends only.
    pub without: Vec<i16>,
}

/// Days that one count may go over (about 27 years).
const FARTHEST: u32 = 10_000;

impl Calendar {
    /// The notices that come with the program.
    #[must_use]
    pub fn china() -> &'static Calendar {
        static BUILT_IN: OnceLock<Calendar> = OnceLock::new();
        BUILT_IN.get_or_init(|| Calendar::parse(include_str!("../data/holidays.csv")).unwrap_or_default())
    }

    /// Reads `day,kind,name,source` lines under that heading.
    ///
    /// # Errors
    /// The first line at fault and what it should be.
    pub fn parse(text: &str) -> Result<Calendar, String> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
        match lines.next() {
            Some((heading, _)) if heading.trim() == "day,kind,name,source" => {}
            _ => return Err("line 1: the heading must be `day,kind,name,source`".to_string()),
        }
        let mut calendar = Calendar::default();
        for (line, number) in lines.filter(|(l, _)| !l.trim().is_empty()) {
            let fault = |what: &str| format!("line {number}: {what}: `{line}`");
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let [day, kind, name, source] = fields[..] else {
                return Err(fault("four fields are wanted (day, off or work, name, source)"));
            };
            let day: Date = day.parse().map_err(|_| fault("the day must be like 2026-02-15"))?;
            let work = match kind {
                "off" => false,
                "work" => true,
                _ => return Err(fault("the kind must be `off` or `work`")),
            };
            if name.is_empty() || source.is_empty() {
                return Err(fault("the name and the number of the notice must not be empty"));
            }
            let special = Special { work, name: name.to_string(), source: source.to_string() };
            if calendar.special.insert(day, special).is_some() {
                return Err(fault("this day stands here twice"));
            }
            calendar.years.insert(day.year());
        }
        if calendar.special.is_empty() {
            return Err(
                "no day at all: write one line for every day off and every working weekend".to_string()
            );
        }
        Ok(calendar)
    }

    /// This calendar with the years of `newer` taken from there.
    #[must_use]
    pub fn with(&self, newer: &Calendar) -> Calendar {
        let kept = self.special.iter().filter(|(day, _)| !newer.covers(day.year()));
        Calendar {
            special: kept.chain(newer.special.iter()).map(|(day, s)| (*day, s.clone())).collect(),
            years: self.years.union(&newer.years).copied().collect(),
        }
    }

    /// Whether the notice for this year is known.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// The years whose notices are known.
    pub fn years(&self) -> impl Iterator<Item = i16> + '_ {
        self.years.iter().copied()
    }

    /// The number of the notice for a year.
    #[must_use]
    pub fn source(&self, year: i16) -> Option<&str> {
        self.special.iter().find(|(day, _)| day.year() == year).map(|(_, s)| s.source.as_str())
    }

    /// What the notice says of a day, when it says something.
    #[must_use]
    pub fn special(&self, day: Date) -> Option<&Special> {
        self.special.get(&day)
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        match self.special.get(&day) {
            Some(special) => special.work,
            None => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }

    /// The `n`th working day after `day`; `day` itself is not counted. For 0 it is `day`.
    #[must_use]
    pub fn add_working_days(&self, day: Date, n: u32) -> Counted<Date> {
        let mut at = day;
        let mut left = n.min(FARTHEST);
        while left > 0 {
            let Ok(next) = at.tomorrow() else { break };
            at = next;
            left -= u32::from(self.is_working(at));
        }
        Counted { value: at, without: self.without(day, at) }
    }

    /// Working days after `from` up to and with `to`; negative when `to` lies before `from`.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> Counted<i32> {
        let (first, last) = (from.min(to), from.max(to));
        let mut at = first;
        let mut days = 0;
        while at < last {
            let Ok(next) = at.tomorrow() else { break };
            at = next;
            days += i32::from(self.is_working(at));
        }
        Counted { value: if from <= to { days } else { -days }, without: self.without(first, last) }
    }

    fn without(&self, from: Date, to: Date) -> Vec<i16> {
        (from.year()..=to.year()).filter(|&y| !self.covers(y)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn the_notices_own_days() {
        let c = Calendar::china();
        assert_eq!(c.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
        assert_eq!(c.source(2026), Some("国办发明电〔2025〕7号"));
        let off = [
            date(2026, 1, 2),
            date(2026, 2, 16),
            date(2026, 2, 23),
            date(2026, 5, 5),
            date(2026, 6, 19),
            date(2026, 9, 25),
            date(2026, 10, 7),
            date(2025, 1, 28),
            date(2025, 10, 8),
            date(2024, 2, 16),
            date(2024, 9, 17),
        ];
        for day in off {
            assert!(!c.is_working(day), "{day} is off");
        }
        let work = [
            date(2026, 1, 4),
            date(2026, 2, 14),
            date(2026, 2, 28),
            date(2026, 5, 9),
            date(2026, 9, 20),
            date(2026, 10, 10),
            date(2025, 1, 26),
            date(2025, 9, 28),
            date(2024, 2, 4),
            date(2024, 4, 7),
            date(2024, 10, 12),
        ];
        for day in work {
            assert!(c.is_working(day), "{day} is a working weekend");
        }
        assert!(c.is_working(date(2026, 1, 5)) && !c.is_working(date(2026, 1, 10)));
        assert_eq!(c.special(date(2026, 2, 15)).unwrap().name, "春节");
    }

    #[test]
    fn the_working_days_of_a_year_are_those_that_calendars_print() {
        // 2024: 251 working days are printed; 2025 and 2026: 248.
        let c = Calendar::china();
        for (year, days) in [(2024, 251), (2025, 248), (2026, 248)] {
            let all = c.working_days_between(date(year - 1, 12, 31), date(year, 12, 31));
            assert_eq!(all.value, days, "{year}");
        }
    }

    #[test]
    fn counting_goes_around_holidays_and_through_working_weekends() {
        let c = Calendar::china();
        let add = |day, n| c.add_working_days(day, n).value;
        assert_eq!(add(date(2026, 2, 13), 1), date(2026, 2, 14), "a working Saturday");
        assert_eq!(add(date(2026, 2, 14), 1), date(2026, 2, 24), "after the Spring Festival");
        assert_eq!(add(date(2026, 2, 10), 14), date(2026, 3, 6));
        assert_eq!(add(date(2026, 9, 30), 1), date(2026, 10, 8));
        assert_eq!(add(date(2026, 11, 23), 0), date(2026, 11, 23));
        assert_eq!(c.working_days_between(date(2026, 9, 30), date(2026, 10, 7)).value, 0);
        assert_eq!(c.working_days_between(date(2026, 10, 8), date(2026, 9, 30)).value, -1);
    }

    #[test]
    fn a_year_without_a_notice_says_so() {
        let c = Calendar::china();
        let due = c.add_working_days(date(2026, 12, 25), 14);
        assert_eq!((due.value, due.without), (date(2027, 1, 14), vec![2027]));
        assert!(c.add_working_days(date(2026, 12, 1), 3).without.is_empty());
        assert_eq!(c.working_days_between(date(2028, 3, 1), date(2027, 3, 1)).without, [2027, 2028]);
        let next = "day,kind,name,source\n2027-01-01,off,元旦,样例〔2026〕1号\n";
        let both = c.with(&Calendar::parse(next).unwrap());
        let due = both.add_working_days(date(2026, 12, 25), 14);
        assert_eq!((due.value, due.without), (date(2027, 1, 15), vec![]));
        assert!(both.is_working(date(2026, 2, 14)), "other years stay");
    }

    #[test]
    fn a_fault_names_its_line() {
        let fault = |line: &str| {
            Calendar::parse(&format!("day,kind,name,source\n2026-01-01,off,元旦,x\n{line}\n")).unwrap_err()
        };
        assert!(fault("2026-02-30,off,春节,x").starts_with("line 3: the day"));
        assert!(fault("2026-02-15,free,春节,x").contains("`off` or `work`"));
        assert!(fault("2026-02-15,off,春节").contains("four fields"));
        assert!(fault("2026-02-15,off,,x").contains("must not be empty"));
        assert!(fault("2026-01-01,work,元旦,x").contains("twice"));
        assert!(Calendar::parse("").is_err() && Calendar::parse("day,kind,name,source\n").is_err());
    }

    proptest! {
        #[test]
        fn adding_and_counting_agree(start in 0i32..1_000, n in 0u32..120) {
            let c = Calendar::china();
            let day = date(2024, 1, 1).checked_add(jiff::Span::new().days(start)).unwrap();
            let due = c.add_working_days(day, n).value;
            prop_assert_eq!(c.working_days_between(day, due).value, i32::try_from(n).unwrap());
            prop_assert!(n == 0 || c.is_working(due));
        }
    }
}
