//! One row of a list under headings of anybody: a company or its faults, never both empty.
#![no_main]

use domain::intake::{Context, Mapping, Overrides, row};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.lines().map(|line| line.split('|').collect::<Vec<_>>());
    let (Some(headings), Some(cells)) = (lines.next(), lines.next()) else { return };
    let mapping = Mapping::recognise(&headings, &Overrides::default());
    let context = Context { mapping: &mapping, today: jiff::civil::date(2026, 11, 23), source: "fuzz" };
    match row(context, 2, &cells) {
        Ok(accepted) => assert!(!accepted.company.name.is_empty()),
        Err(faults) => assert!(!faults.is_empty()),
    }
});
