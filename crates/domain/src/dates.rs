//! Civil dates as they are written in company lists.

use crate::text;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, ToSpan};
use std::fmt;

/// Where an Excel file's day count starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExcelDays {
    /// Day 1 is 1900-01-01, with the day 60 = 1900-02-29 that never was (Windows; the usual case).
    #[default]
    From1900,
    /// Day 0 is 1904-01-01 (old Macintosh files).
    From1904,
}

/// Why a text is not a date of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// No form that is known here.
    Form,
    /// A year or a year and month without the day.
    NoDay,
    /// A day that the calendar does not have, such as 02-30 or Excel's 1900-02-29.
    Calendar,
    /// Later than today.
    Future,
    /// Earlier than [`EARLIEST`].
    TooEarly,
}

impl fmt::Display for DateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DateFault::Form => "not a date",
            DateFault::NoDay => "a date without its day",
            DateFault::Calendar => "a day that the calendar does not have",
            DateFault::Future => "a date in the future",
            DateFault::TooEarly => "a date before 1800",
        })
    }
}

/// No company in a register is older.
pub const EARLIEST: Date = date(1800, 1, 1);

/// Reads a date that is not after `today`; `None` when the text says "nothing".
///
/// Known: `1979-11-24`, `1979/11/24`, `1979.11.24`, `1979年11月24日`, `19791124`, each also with a time behind it (a time
/// that ends in `Z` is moved to UTC+8 first); Excel serial numbers of five digits; milliseconds since 1970 of 12 or 13 digits, read in UTC+8.
///
/// # Errors
/// See [`DateFault`]. Two-digit years and month-first forms are refused: they can mean two days.
pub fn parse(input: &str, excel: ExcelDays, today: Date) -> Result<Option<Date>, DateFault> {
    if text::is_blank(input) {
        return Ok(None);
    }
    let folded = text::fold(input);
    let day = parse_form(&folded, excel)?;
    if day > today {
        return Err(DateFault::Future);
    }
    if day < EARLIEST {
        return Err(DateFault::TooEarly);
    }
    Ok(Some(day))
}

/// The day of an Excel serial number (its whole part; the rest is the time of day).
///
/// # Errors
/// [`DateFault::Calendar`] for day 60 of the 1900 system, and for numbers outside years 1900 to 9999.
pub fn from_excel(serial: i64, excel: ExcelDays) -> Result<Date, DateFault> {
    let (start, days) = match (excel, serial) {
        (ExcelDays::From1904, 0..) => (date(1904, 1, 1), serial),
        (ExcelDays::From1900, 1..=59) => (date(1899, 12, 31), serial),
        (ExcelDays::From1900, 61..) => (date(1899, 12, 30), serial),
        _ => return Err(DateFault::Calendar),
    };
    if days > 2_958_465 {
        return Err(DateFault::Calendar);
    }
    start.checked_add(days.days()).map_err(|_| DateFault::Calendar)
}

fn parse_form(folded: &str, excel: ExcelDays) -> Result<Date, DateFault> {
    let digits = folded.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &folded[digits..];
    match (digits, rest) {
        (8, "") => ymd(&folded[..4], &folded[4..6], &folded[6..]),
        (14, "") => ymd(&folded[..4], &folded[4..6], &folded[6..8]),
        (12 | 13, "") => from_milliseconds(folded),
        (5, _) if rest.is_empty() || is_fraction(rest) => {
            from_excel(folded[..5].parse().map_err(|_| DateFault::Form)?, excel)
        }
        (4, "" | "年") => Err(DateFault::NoDay),
        (4, _) => separated(folded),
        _ => Err(DateFault::Form),
    }
}

/// `1979-11-24`, `1979/1/4`, `1979.11.24`, `1979年11月24日`, with or without a time.
fn separated(folded: &str) -> Result<Date, DateFault> {
    let compact = folded.replace(['年', '月', '/', '.'], "-");
    let mut parts = compact.splitn(3, '-');
    let (year, month) = (parts.next().unwrap_or(""), parts.next().unwrap_or("").trim());
    let tail = parts.next().unwrap_or("").trim();
    if tail.is_empty() {
        let is_month = !month.is_empty() && month.len() <= 2 && month.bytes().all(|b| b.is_ascii_digit());
        return Err(if is_month { DateFault::NoDay } else { DateFault::Form });
    }
    let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
    let (day, time) = tail.split_at(digits);
    let base = ymd(year, month, day)?;
    // `replace` above turned the dots of a fraction of a second into hyphens; they do not matter here.
    let time = time.strip_prefix('日').unwrap_or(time).trim_start_matches(['T', ' ']);
    if time.is_empty() {
        return Ok(base);
    }
    if !time.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'-' | b'+' | b'Z' | b' ')) {
        return Err(DateFault::Form);
    }
    let hour: u32 = time.split(':').next().and_then(|h| h.parse().ok()).ok_or(DateFault::Form)?;
    match hour {
        16..24 if time.ends_with('Z') => base.tomorrow().map_err(|_| DateFault::Calendar),
        0..=24 => Ok(base),
        _ => Err(DateFault::Form),
    }
}

fn ymd(year: &str, month: &str, day: &str) -> Result<Date, DateFault> {
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return Err(DateFault::Form);
    }
    let year = year.parse().map_err(|_| DateFault::Form)?;
    let month = month.parse().map_err(|_| DateFault::Form)?;
    let day = day.parse().map_err(|_| DateFault::Form)?;
    Date::new(year, month, day).map_err(|_| DateFault::Calendar)
}

fn from_milliseconds(digits: &str) -> Result<Date, DateFault> {
    let milliseconds: i64 = digits.parse().map_err(|_| DateFault::Form)?;
    let shanghai = SignedDuration::from_millis(milliseconds) + SignedDuration::from_hours(8);
    date(1970, 1, 1).checked_add((shanghai.as_secs() / 86_400).days()).map_err(|_| DateFault::Calendar)
}

fn is_fraction(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 23);

    fn read(text: &str) -> Result<Option<Date>, DateFault> {
        parse(text, ExcelDays::From1900, TODAY)
    }

    #[test]
    fn reads_every_form() {
        let day = Ok(Some(date(1979, 11, 24)));
        for text in [
            "1979-11-24",
            "1979/11/24",
            "1979.11.24",
            "1979年11月24日",
            "１９７９－１１－２４",
            "19791124",
            " 1979-11-24 00:00:00 ",
            "1979-11-24T00:00:00",
            "1979-11-23T16:00:00.000Z",
            "29183",
            "29183.5",
            "312220800000",
        ] {
            assert_eq!(read(text), day, "{text}");
        }
        assert_eq!(read("1979-1-4"), Ok(Some(date(1979, 1, 4))));
        assert_eq!(read("N/A"), Ok(None));
    }

    #[test]
    fn refuses_and_says_why() {
        assert_eq!(read("1979"), Err(DateFault::NoDay));
        assert_eq!(read("1979年11月"), Err(DateFault::NoDay));
        assert_eq!(read("1979-02-30"), Err(DateFault::Calendar));
        assert_eq!(read("2026-11-24"), Err(DateFault::Future));
        assert_eq!(read("2026-11-23"), Ok(Some(TODAY)));
        assert_eq!(read("1066-10-14"), Err(DateFault::TooEarly));
        assert_eq!(read("11/24/1979"), Err(DateFault::Form));
        assert_eq!(read("79-11-24"), Err(DateFault::Form));
        assert_eq!(read("长期"), Err(DateFault::Form));
        assert_eq!(read("1979-11-24 至 2009-11-24"), Err(DateFault::Form));
    }

    #[test]
    fn excel_counts_a_day_that_never_was() {
        assert_eq!(from_excel(1, ExcelDays::From1900), Ok(date(1900, 1, 1)));
        assert_eq!(from_excel(59, ExcelDays::From1900), Ok(date(1900, 2, 28)));
        assert_eq!(from_excel(60, ExcelDays::From1900), Err(DateFault::Calendar));
        assert_eq!(from_excel(61, ExcelDays::From1900), Ok(date(1900, 3, 1)));
        assert_eq!(from_excel(0, ExcelDays::From1904), Ok(date(1904, 1, 1)));
        assert_eq!(from_excel(29183 - 1462, ExcelDays::From1904), from_excel(29183, ExcelDays::From1900));
    }

    proptest! {
        #[test]
        fn written_dates_are_read_back(days in 0i32..82_000) {
            let day = EARLIEST.checked_add(days.days()).unwrap();
            let (y, m, d) = (day.year(), day.month(), day.day());
            for text in [format!("{day}"), format!("{y}年{m}月{d}日"), format!("{y}/{m}/{d}"), format!("{y:04}{m:02}{d:02}")] {
                prop_assert_eq!(read(&text), Ok(Some(day)));
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,30}") {
            let _ = read(&text);
        }
    }
}
