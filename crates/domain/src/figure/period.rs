//! Months and years that figures are asked for. A bound is a calendar day, never a date in the code.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whole months of one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    year: i16,
    from: i8,
    to: i8,
}

/// A year or month that no zone reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPeriod;

impl fmt::Display for NoPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a year from 1950 to 2200, and a month from 1 to 12")
    }
}

impl Period {
    /// One month, or the whole year when `month` is `None`.
    ///
    /// # Errors
    /// [`NoPeriod`] outside 1950 to 2200 and 1 to 12.
    pub fn new(year: i16, month: Option<i8>) -> Result<Period, NoPeriod> {
        let month_ok = month.is_none_or(|m| (1..=12).contains(&m));
        if !(1950..=2200).contains(&year) || !month_ok {
            return Err(NoPeriod);
        }
        Ok(Period { year, from: month.unwrap_or(1), to: month.unwrap_or(12) })
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }
    /// The month, when it is one.
    #[must_use]
    pub fn month(self) -> Option<i8> {
        (self.from == self.to).then_some(self.to)
    }
    /// The first day.
    #[must_use]
    pub fn first(self) -> Date {
        Date::constant(self.year, self.from, 1)
    }
    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        Date::constant(self.year, self.to, 1).last_of_month()
    }
    /// Whether a day lies in it.
    #[must_use]
    pub fn holds(self, day: Date) -> bool {
        self.first() <= day && day <= self.last()
    }
    /// The same months of the year before (同比).
    #[must_use]
    pub fn last_year(self) -> Period {
        Period { year: self.year - 1, ..self }
    }
    /// From January to its last month (累计).
    #[must_use]
    pub fn to_date(self) -> Period {
        Period { from: 1, ..self }
    }
    /// The months of it, each by itself.
    pub fn months(self) -> impl Iterator<Item = Period> {
        (self.from..=self.to).map(move |m| Period { from: m, to: m, ..self })
    }
    /// `2025`, `2025-03`, or `2025-01..2025-03`; stable, for files and addresses.
    #[must_use]
    pub fn code(self) -> String {
        match (self.from, self.to) {
            (1, 12) => format!("{}", self.year),
            (a, b) if a == b => format!("{}-{a:02}", self.year),
            (a, b) => format!("{0}-{a:02}..{0}-{b:02}", self.year),
        }
    }
    /// Chinese and English name.
    #[must_use]
    pub fn names(self) -> (String, String) {
        let zh = match (self.from, self.to) {
            (1, 12) => format!("{}年", self.year),
            (a, b) if a == b => format!("{}年{a}月", self.year),
            (a, b) => format!("{}年{a}—{b}月", self.year),
        };
        (zh, self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Fault 5: "before 2026-01-08 counts as 2025" stood in the code.
    #[test]
    fn fault_5_a_year_ends_on_its_last_day() {
        let year = Period::new(2025, None).unwrap();
        assert!(year.holds(date(2025, 1, 1)) && year.holds(date(2025, 12, 31)));
        assert!(!year.holds(date(2026, 1, 7)) && !year.holds(date(2024, 12, 31)));
        let february = Period::new(2024, Some(2)).unwrap();
        assert_eq!((february.first(), february.last()), (date(2024, 2, 1), date(2024, 2, 29)));
        assert_eq!(february.last_year().last(), date(2023, 2, 28));
        assert_eq!(february.to_date().code(), "2024-01..2024-02");
        assert_eq!((year.code(), february.code()), ("2025".into(), "2024-02".into()));
        assert_eq!(year.months().count(), 12);
        assert_eq!(Period::new(2025, Some(13)), Err(NoPeriod));
        assert_eq!(Period::new(0, None), Err(NoPeriod));
    }
}
