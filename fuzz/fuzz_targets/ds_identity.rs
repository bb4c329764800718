//! Tokens, identity documents, trust lists and the canonical text: read or refused; nothing that is not signed passes, and one document has one text.
#![no_main]

use dataspace::canonical::canonical;
use dataspace::identity::trust::TrustList;
use dataspace::identity::{did, token};
use libfuzzer_sys::fuzz_target;

const KEY: &str = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

fuzz_target!(|bytes: &[u8]| {
    let keys = [KEY.to_string()];
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (did::document_address(text), did::of_address(text), token::claimed(text));
        assert!(token::check(text, &keys, "did:web:b", jiff::Timestamp::UNIX_EPOCH, bytes).is_err());
    }
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    let _ = did::read("did:web:a", &value);
    if let Ok(text) = canonical(&value) {
        let again: serde_json::Value = serde_json::from_str(&text).expect("canonical text is JSON");
        assert_eq!(canonical(&again).as_ref(), Ok(&text));
    }
    assert!(TrustList::read(value, "did:web:a", &keys).is_err(), "nobody signed it");
});
