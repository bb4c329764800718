//! Counting companies on segments: a zone's residents, a reference, every city.

use super::layout::{Doc, Row};
use super::universe::Universe;
use crate::tally::Tally;
use domain::company::RegionCode;
use domain::placement::Role;
use domain::target::{Features, covers};
use std::collections::BTreeMap;

/// Companies per city and segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityCounts {
    /// The cities that have companies on segments, by code (a province where the file says no more).
    pub cities: Vec<RegionCode>,
    /// Segments per city: the length of one row of `counts`.
    pub segments: usize,
    /// `counts[city × segments + segment]`.
    pub counts: Vec<u32>,
}

impl CityCounts {
    /// The counts of one city by segment number.
    #[must_use]
    pub fn row(&self, city: usize) -> &[u32] {
        &self.counts[city * self.segments..][..self.segments]
    }
}

impl Universe {
    /// Tallies some companies on every segment, by segment number; a company counts once on a segment and on each above it.
    ///
    /// Inactive companies do not count.
    #[must_use]
    pub fn tally(&self, docs: &[Doc]) -> Vec<Tally> {
        self.tally_of(docs.iter().copied().filter(|d| (d.0 as usize) < self.len()))
    }

    /// As [`Universe::tally`], for every company inside one of `regions` (of any level), or for all when there is none.
    #[must_use]
    pub fn tally_regions(&self, regions: &[RegionCode]) -> Vec<Tally> {
        let inside: Vec<bool> = self
            .manifest()
            .regions
            .iter()
            .map(|&r| regions.is_empty() || regions.iter().any(|&outer| covers(outer, r)))
            .collect();
        self.tally_of(self.docs().filter(|&d| inside[usize::from(self.row(d).region)]))
    }

    /// The companies of every city on every segment; inactive companies and those with no place do not count.
    #[must_use]
    pub fn city_counts(&self) -> CityCounts {
        let segments = self.manifest().segments.len();
        let mut by_city: BTreeMap<RegionCode, Vec<u32>> = BTreeMap::new();
        let mut by_region: Vec<Vec<u32>> = vec![vec![]; self.manifest().regions.len()];
        for &row in self.rows().iter().filter(|r| active(r)) {
            let counts = &mut by_region[usize::from(row.region)];
            for segment in self.segments_of(row) {
                counts.resize(segments, 0);
                counts[segment] += 1;
            }
        }
        for (index, counts) in by_region.into_iter().enumerate().filter(|(_, c)| !c.is_empty()) {
            let Some(region) = self.region_at(index) else { continue };
            let city = by_city.entry(region.city()).or_insert_with(|| vec![0; segments]);
            city.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        let (cities, counts): (Vec<_>, Vec<_>) = by_city.into_iter().unzip();
        CityCounts { cities, segments, counts: counts.concat() }
    }

    fn tally_of(&self, docs: impl Iterator<Item = Doc>) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); self.manifest().segments.len()];
        for doc in docs {
            let (row, size) = (self.row(doc), self.sizes()[doc.0 as usize]);
            if !active(&row) {
                continue;
            }
            let maker = Features::unpack(row.features).role == Role::Maker;
            for segment in self.segments_of(row) {
                let tally = &mut tallies[segment];
                tally.companies += 1;
                tally.makers += u32::from(maker);
                tally.capital_yuan = tally.capital_yuan.saturating_add(size.capital_yuan);
                tally.insured += u64::from(size.insured);
            }
        }
        tallies
    }

    /// Segment numbers of a row; segments come before words.
    fn segments_of(&self, row: Row) -> impl Iterator<Item = usize> {
        let segments = self.manifest().segments.len();
        self.links(row).iter().map(|link| link.tag().0 as usize).take_while(move |&tag| tag < segments)
    }
}

fn active(row: &Row) -> bool {
    !Features::unpack(row.features).inactive
}
