//! A catalogue of somebody else's: listed or refused; nothing is listed that nobody could ask for.
#![no_main]

use dataspace::catalog;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    if let Ok(all) = catalog::read(&value, "https://a.example/dsp") {
        for one in all {
            assert!(!one.id.is_empty() && !one.offers.is_empty() && !one.formats.is_empty());
        }
    }
    let _ = catalog::read_alone(&value, "did:web:a.example", "https://a.example/dsp");
    if let Some(list) = value.as_array() {
        let _ = catalog::filter(list);
    }
});
