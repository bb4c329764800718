//! Company names taken apart.
#![no_main]

use domain::name::NameKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let key = NameKey::parse(text);
    let _ = (key.core(), key.brand(), key.industry());
});
