//! Any bytes as an uploaded file: opened and read to the end, or refused.
#![no_main]

use app::intake::source::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let Ok(mut source) = Source::open(file.path(), None) else { return };
    while let Ok(Some(_)) = source.next_row() {}
});
