//! Dates as lists have them: never after today, never before the earliest.
#![no_main]

use domain::dates::{EARLIEST, ExcelDays, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let today = jiff::civil::date(2026, 11, 23);
    for excel in [ExcelDays::From1900, ExcelDays::From1904] {
        if let Ok(Some(day)) = parse(text, excel, today) {
            assert!(day >= EARLIEST && day <= today, "{day}");
        }
    }
});
