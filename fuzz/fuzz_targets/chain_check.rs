//! A chain file of anybody: faults or a chain, and a chain that is written reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let checked = domain::chain::check(text);
    if let Some(chain) = checked.chain.filter(|_| checked.errors.is_empty()) {
        let again = domain::chain::parse(&domain::chain::to_toml(&chain));
        assert_eq!(again.as_ref(), Ok(&chain));
    }
});
