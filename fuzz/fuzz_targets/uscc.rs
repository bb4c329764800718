//! Credit codes: what is accepted reads back as itself.
#![no_main]

use domain::company::Uscc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(code) = Uscc::parse(text) {
        assert_eq!(code.as_str().len(), 18);
        assert_eq!(Uscc::parse(code.as_str()).as_ref(), Ok(&code));
    }
});
