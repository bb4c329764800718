//! `segment_words SCOPES PRODUCTS [SEGMENT…]`: prints the words learnt for the segments named (or for all).

use anyhow::{Context, Result};
use engine::eval::placement::{read_products, read_scopes};
use engine::learn::{Labelled, segment_words};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scopes, products, wanted @ ..] = arguments.as_slice() else {
        anyhow::bail!("usage: segment_words SCOPES PRODUCTS [SEGMENT…]");
    };
    let mut by_code: BTreeMap<String, Labelled> = BTreeMap::new();
    let scopes = read_scopes(Path::new(scopes)).context("scopes")?.companies;
    let products = read_products(Path::new(products)).context("products")?.companies;
    for row in scopes.into_iter().chain(products) {
        by_code
            .entry(row.code)
            .and_modify(|known| known.products.extend(row.company.products.clone()))
            .or_insert(row.company);
    }
    let labelled: Vec<Labelled> = by_code.into_values().collect();
    let mut out = std::io::stdout().lock();
    for learned in segment_words(&labelled, 2, 15) {
        if wanted.is_empty() || wanted.contains(&learned.segment) {
            let words: Vec<String> = learned
                .words
                .iter()
                .map(|w| format!("{} {:.1} {}/{}", w.word, w.weight, w.support, w.elsewhere))
                .collect();
            writeln!(out, "{} ({} companies): {}", learned.segment, learned.companies, words.join(", "))?;
        }
    }
    Ok(())
}
