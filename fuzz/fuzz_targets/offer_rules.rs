//! A fair-competition rule set is read or refused with a reason; never a panic, and what is read judges every kind of line.
#![no_main]

use domain::offer::rule::RuleSet;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(set) = RuleSet::parse(text) {
        for example in &set.examples {
            assert_eq!(set.judge(&example.line(), example.day).verdict, example.verdict);
            let _ = set.judge(&example.line(), date(2026, 1, 1));
        }
    }
});
