//! Separated values in any encoding: reading ends, and no row has more cells than it has bytes.
#![no_main]

use app::intake::csv::Records;
use app::intake::decode::{Lines, detect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(encoding) = detect(bytes) else { return };
    let Ok(lines) = Lines::new(bytes, encoding) else { return };
    let Ok(mut records) = Records::new(lines) else { return };
    while let Ok(Some(row)) = records.next_record() {
        assert!(row.cells.len() <= bytes.len() + 1);
    }
});
