//! Business scopes of anybody against all built-in chains: every evidence lies inside its text.
#![no_main]

use domain::chain::{ChainSet, builtin};
use domain::company::{Company, IndustryCode};
use engine::place::{Dictionary, Scratch};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fn dictionary() -> &'static Dictionary {
    static DICTIONARY: OnceLock<Dictionary> = OnceLock::new();
    DICTIONARY.get_or_init(|| Dictionary::new(&ChainSet::new(builtin::all().unwrap()).unwrap()).unwrap())
}

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let company = Company {
        name: lines.next().unwrap_or("").to_string(),
        industry: lines.next().map(|code| IndustryCode(code.to_string())),
        scope: lines.next().unwrap_or("").to_string(),
        products: lines.map(String::from).collect(),
        ..Company::default()
    };
    for placement in &dictionary().place(&company).placements {
        assert!((0.0..=1.0).contains(&placement.score), "{}", placement.score);
    }
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    dictionary().matches(text, &mut scratch, &mut found);
    for (_, start, end) in found {
        assert!(text.get(start as usize..end as usize).is_some(), "{start}..{end} cuts a character");
    }
});
