//! JSON lines: every line is a row as wide as the keys, or a broken one.
#![no_main]

use app::intake::jsonl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let keys: Vec<String> = ["name", "企业名称", "scope"].map(String::from).into();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(row) = jsonl::row(number, line, false, &keys) {
            assert!(row.broken.is_some() || row.cells.len() == keys.len());
        }
    }
});
