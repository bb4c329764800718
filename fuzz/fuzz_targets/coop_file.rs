//! The file of another zone: read or refused with the member that is wrong; what was read goes onto the map without panic.
#![no_main]

use engine::cooperation::{File, differences, pair};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match File::read(bytes) {
        Ok(file) => {
            assert_eq!(File::read(&file.bytes()).as_ref(), Ok(&file));
            assert!(differences(&file.terms, &file.terms).is_empty());
            let chains = file.chains.unwrap_or_default();
            let _ = pair(&chains, &chains);
        }
        Err(fault) => assert!(!fault.why.is_empty()),
    }
});
