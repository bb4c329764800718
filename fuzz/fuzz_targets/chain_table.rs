//! A chain as a table of segment, parent, upstream.
#![no_main]

use domain::chain::import::{Title, from_table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let title = Title { id: "x".into(), name: "试".into(), name_en: "x".into(), version: "1".into() };
    let rows: Vec<Vec<String>> = text.lines().map(|l| l.split('|').map(String::from).collect()).collect();
    let checked = from_table(&title, &rows);
    assert!(checked.chain.is_some() || !checked.errors.is_empty(), "no chain and no reason");
});
