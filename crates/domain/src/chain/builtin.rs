//! The chains that come with Landfall: the sample zone's 1+3+X.

use super::{Chain, Fault, parse};

/// Chain id and the text of its file, in the order that pages list them.
pub const FILES: [(&str, &str); 7] = [
    ("ships", include_str!("../../chains/ships.toml")),
    ("equipment", include_str!("../../chains/equipment.toml")),
    ("semiconductors", include_str!("../../chains/semiconductors.toml")),
    ("next-it", include_str!("../../chains/next-it.toml")),
    ("ai", include_str!("../../chains/ai.toml")),
    ("storage", include_str!("../../chains/storage.toml")),
    ("hydrogen", include_str!("../../chains/hydrogen.toml")),
];

/// Parses every built-in chain.
///
/// # Errors
/// The faults of the first file that has any; a test keeps that from happening.
pub fn all() -> Result<Vec<Chain>, Vec<Fault>> {
    FILES.iter().map(|(_, text)| parse(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_chain_is_whole_and_of_the_promised_size() {
        for (id, text) in FILES {
            let checked = crate::chain::check(text);
            assert!(checked.errors.is_empty() && checked.warnings.is_empty(), "{id}: {checked:#?}");
            let chain = parse(text).unwrap();
            assert_eq!(chain.id, id);
            assert!((40..=120).contains(&chain.segments.len()), "{id} has {} segments", chain.segments.len());
            assert_eq!(chain.segments.iter().map(|s| s.level).max(), Some(3), "{id} has three levels");
        }
    }
}
