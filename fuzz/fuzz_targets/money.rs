//! Amounts as lists have them, under headings of anybody; what is read can be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (heading, value) = text.split_once('\n').unwrap_or(("", text));
    if let Ok(Some(money)) = domain::money::parse(value, domain::money::heading_unit(heading)) {
        let _ = domain::money::format(money);
    }
});
