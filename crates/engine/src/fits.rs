//! How well each segment that a zone lacks fits it, by the model of [`crate::gaps`] over the whole universe.

use crate::gaps::model::{absent, fit};
use crate::gaps::{Places, Site};
use crate::map::ranks;
use crate::snapshot::{Doc, Universe};
use anyhow::Result;
use domain::company::RegionCode;
use std::collections::HashMap;

/// Companies that the model is learnt from at most: of a larger universe every second, third … company is taken.
pub const COMPANIES: usize = 100_000;

/// The rank of every absent segment from 0 (fits least) to 1 (fits best) by segment number; `None` for segments that
/// are there, that stand above others (`leaf` is false), or that too few companies have anywhere.
///
/// The residents make up a city of their own, whatever city they are registered in.
///
/// # Errors
/// More segments than the model's tables hold.
pub fn fits(universe: &Universe, leaf: &[bool], residents: &[Doc]) -> Result<Vec<Option<f64>>> {
    let mut cities: HashMap<RegionCode, u32> = HashMap::new();
    let mut names = vec!["zone".to_string()];
    let mut companies: Vec<(u32, Vec<u32>)> = Vec::new();
    let step = universe.len().div_ceil(COMPANIES).max(1);
    for doc in universe.docs() {
        let resident = residents.binary_search(&doc).is_ok();
        if !resident && (!(doc.0 as usize).is_multiple_of(step) || universe.features(doc).inactive) {
            continue;
        }
        let segments: Vec<u32> = universe
            .tags_of(doc)
            .map(|(tag, _)| tag.0)
            .filter(|&t| leaf.get(t as usize) == Some(&true))
            .collect();
        let city = if resident {
            0
        } else {
            let Some(region) = universe.region(doc) else { continue };
            *cities.entry(region.city()).or_insert_with(|| {
                names.push(region.city().0.to_string());
                names.len() as u32 - 1
            })
        };
        if !segments.is_empty() {
            companies.push((city, segments));
        }
    }
    let mut places = Places::new(names, universe.manifest().segments.clone())?;
    for (city, segments) in companies {
        let sites: Vec<Site> = segments.into_iter().map(|segment| Site { city, segment }).collect();
        places.push(&sites)?;
    }
    let model = fit(&places);
    let lacking: Vec<usize> = absent(&model.counts, 0).into_iter().filter(|&s| leaf[s]).collect();
    let order = ranks(&model.model.scores(&model.counts, 0, &lacking));
    let mut out = vec![None; leaf.len()];
    for (segment, rank) in lacking.into_iter().zip(order) {
        out[segment] = Some(rank);
    }
    Ok(out)
}
