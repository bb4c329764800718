//! The chain map of a zone: a verdict per segment against a reference, and the gaps, ranked with their reasons.
//!
//! **Location quotient.** With `z` companies of the segment in the zone, `Z` companies in the zone, `r` and `R` the same of
//! the reference, the reference makes one expect `e = Z r / R` companies. The plain quotient is `z / e`; it is wild for
//! small counts, so verdicts use `(z + 1) / (e + 1)`: one company's worth of doubt on both sides, which tends to the plain
//! quotient as counts grow and to 1 where nothing is known.
//!
//! **Gap score.** `depth × sum(weight × part) / sum(weight)`, every part between 0 and 1 ([`Part`]); the points of a gap's
//! parts add up to its score.

pub mod graph;

use crate::tally::Tally;
use domain::chain::{ChainSet, SegmentNo};
use graph::{Graph, Paths};
use serde::{Deserialize, Serialize};

/// From this quotient on (and with [`STRONG_COMPANIES`]) a segment is strong.
pub const STRONG: f64 = 1.5;
/// A strong segment has at least so many companies.
pub const STRONG_COMPANIES: u32 = 3;
/// Below this quotient a segment is weak.
pub const WEAK: f64 = 0.75;
/// How deep a gap is where companies are enough but none makes.
const NO_MAKER_DEPTH: f64 = 0.6;

/// A zone and what it is held against. The tallies have one entry per [`SegmentNo`] of the set, parents rolled up by the
/// caller so that a company counts once; missing entries count as zero.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The chains.
    pub chains: &'a ChainSet,
    /// The zone's residents per segment.
    pub zone: &'a [Tally],
    /// The reference's companies per segment (the nation, some cities, peer zones).
    pub reference: &'a [Tally],
    /// All companies of the zone, placed on a segment or not.
    pub zone_companies: u32,
    /// All companies of the reference.
    pub reference_companies: u32,
    /// How well each segment fits the city by [`crate::gaps`], as its rank from 0 (least) to 1 (best); empty when not known.
    pub fits: &'a [Option<f64>],
}

/// What a zone has of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Clearly more than the reference has.
    Strong,
    /// About what the reference has.
    Present,
    /// Something, but less than the reference, or nobody who makes.
    Weak,
    /// Nothing.
    Missing,
}

/// Why a verdict was given; the numbers stand in the [`Cell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The quotient reaches [`STRONG`], with [`STRONG_COMPANIES`] or more.
    AboveReference,
    /// The quotient reaches [`STRONG`], but on fewer companies.
    AboveOnFewCompanies,
    /// The quotient lies between [`WEAK`] and [`STRONG`].
    LikeReference,
    /// The quotient is below [`WEAK`].
    BelowReference,
    /// There are companies, but none makes, while half or more do in the reference.
    NoMaker,
    /// No company, and the reference has some.
    NoCompany,
    /// No company, neither in the reference: the reference cannot say whether that is a gap.
    NowhereInReference,
}

/// One segment of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The segment.
    pub segment: SegmentNo,
    /// The zone's companies there.
    pub zone: Tally,
    /// The reference's companies there.
    pub reference: Tally,
    /// Companies that the reference makes one expect here.
    pub expected: f64,
    /// The plain quotient `z / e`; `None` where nothing is expected.
    pub plain_quotient: Option<f64>,
    /// The quotient that verdicts use, `(z + 1) / (e + 1)`.
    pub quotient: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason.
    pub why: Why,
    /// Segments that buy what this one makes and have residents, with their number, most first.
    pub buyers: Vec<(SegmentNo, u32)>,
    /// Supply paths around the segment.
    pub paths: Paths,
    /// Whether it has no segment below it.
    pub leaf: bool,
}

/// A part of a gap's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The chain file's importance: `(importance - 1) / 4`.
    Importance,
    /// Residents on segments that buy it: `b / (b + 3)` for `b` companies.
    Buyers,
    /// Supply paths to final assembly through it: `ln(1 + paths) / ln(1 + most paths in the chain)`.
    Paths,
    /// How much the reference makes one expect: `e / (e + 1)`.
    Expected,
    /// Its rank by the fit model, where known.
    Fit,
}

/// How much each part weighs; only their ratios matter. Negative weights count as 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Of [`Part::Importance`].
    pub importance: f64,
    /// Of [`Part::Buyers`].
    pub buyers: f64,
    /// Of [`Part::Paths`].
    pub paths: f64,
    /// Of [`Part::Expected`].
    pub expected: f64,
    /// Of [`Part::Fit`].
    pub fit: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { importance: 0.3, buyers: 0.3, paths: 0.15, expected: 0.15, fit: 0.1 }
    }
}

/// A missing or weak segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The segment.
    pub segment: SegmentNo,
    /// Missing or weak.
    pub verdict: Verdict,
    /// Why.
    pub why: Why,
    /// 0 to 1: `depth × sum(weight × value) / sum(weight)`.
    pub score: f64,
    /// 1 for missing; for weak `1 - quotient`, and at least 0.6 where nobody makes.
    pub depth: f64,
    /// Every part; the points add up to the score.
    pub parts: Vec<Contribution>,
}

/// What one part adds to a gap's score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The part.
    pub part: Part,
    /// Its value, 0 to 1.
    pub value: f64,
    /// Its share of the weights.
    pub weight: f64,
    /// `depth × weight × value`.
    pub points: f64,
}

/// A supplier that a chain leader lacks in the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingSupplier {
    /// The segment that supplies.
    pub segment: SegmentNo,
    /// 1 for a direct supplier, 2 for a supplier's supplier …
    pub steps: usize,
    /// Whom it supplies on the way to the leader.
    pub feeds: SegmentNo,
    /// Missing or weak.
    pub verdict: Verdict,
}

/// The map: one cell per segment, in order of number.
#[must_use]
pub fn cells(question: &Question) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(question.chains.len());
    for (c, chain) in question.chains.chains().iter().enumerate() {
        let graph = Graph::of(chain);
        let paths = graph.paths();
        let mut leaf = vec![true; chain.segments.len()];
        chain.segments.iter().filter_map(|s| s.parent).for_each(|p| leaf[p] = false);
        for (s, leaf) in leaf.into_iter().enumerate() {
            let bought = graph.buyers(s).iter().map(|&b| question.chains.number(c, b));
            let mut buyers: Vec<(SegmentNo, u32)> = bought
                .map(|no| (no, tally(question.zone, no).companies))
                .filter(|&(_, companies)| companies > 0)
                .collect();
            buyers.sort_by_key(|&(no, companies)| (std::cmp::Reverse(companies), no));
            cells.push(cell(question, question.chains.number(c, s), buyers, paths[s], leaf));
        }
    }
    cells
}

/// The gaps among the leaf segments, highest score first (then by number).
#[must_use]
pub fn gaps(question: &Question, cells: &[Cell], weights: &Weights) -> Vec<Gap> {
    let mut most = vec![0u64; question.chains.chains().len()];
    for cell in cells {
        let (chain, _) = question.chains.locate(cell.segment);
        most[chain] = most[chain].max(cell.paths.through);
    }
    let lacking = |c: &&Cell| c.leaf && matches!(c.verdict, Verdict::Missing | Verdict::Weak);
    let mut gaps: Vec<Gap> = cells
        .iter()
        .filter(lacking)
        .map(|cell| gap(question, cell, most[question.chains.locate(cell.segment).0], weights))
        .collect();
    gaps.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.segment.cmp(&b.segment)));
    gaps
}

/// The suppliers that a chain leader (链主) on the segments `leader` lacks within `steps` of supply: those that are missing or weak
/// on `cells` (as [`cells`] gives them), nearest first. Segments above the leader's own count as its own.
#[must_use]
pub fn missing_suppliers(
    chains: &ChainSet,
    cells: &[Cell],
    leader: &[SegmentNo],
    steps: usize,
) -> Vec<MissingSupplier> {
    let mut missing = Vec::new();
    for (c, chain) in chains.chains().iter().enumerate() {
        let mut own: Vec<usize> =
            leader.iter().map(|&no| chains.locate(no)).filter(|&(k, _)| k == c).map(|(_, s)| s).collect();
        let mut next = 0;
        while let Some(&s) = own.get(next) {
            own.extend(chain.segments[s].parent.filter(|p| !own.contains(p)));
            next += 1;
        }
        for (supplier, steps, buyer) in Graph::of(chain).upstream(&own, steps) {
            let segment = chains.number(c, supplier);
            let Some(cell) = cells.get(usize::from(segment.0)) else { continue };
            if matches!(cell.verdict, Verdict::Missing | Verdict::Weak) {
                let feeds = chains.number(c, buyer);
                missing.push(MissingSupplier { segment, steps, feeds, verdict: cell.verdict });
            }
        }
    }
    missing.sort_by_key(|m| (m.steps, m.segment));
    missing
}

/// Ranks scores from 0 (least) to 1 (best), equal ones sharing their middle rank: what [`Question::fits`] wants.
#[must_use]
pub fn ranks(scores: &[f64]) -> Vec<f64> {
    let others = scores.len().saturating_sub(1);
    let mut order: Vec<f64> = scores.to_vec();
    order.sort_by(f64::total_cmp);
    let rank = |s: &f64| {
        let below = order.partition_point(|x| x.total_cmp(s).is_lt());
        let equal = order.partition_point(|x| x.total_cmp(s).is_le()) - below - 1;
        if others == 0 { 0.5 } else { (below as f64 + equal as f64 / 2.0) / others as f64 }
    };
    scores.iter().map(rank).collect()
}

fn tally(tallies: &[Tally], no: SegmentNo) -> Tally {
    tallies.get(usize::from(no.0)).copied().unwrap_or_default()
}

fn cell(q: &Question, segment: SegmentNo, buyers: Vec<(SegmentNo, u32)>, paths: Paths, leaf: bool) -> Cell {
    let (zone, reference) = (tally(q.zone, segment), tally(q.reference, segment));
    let companies = f64::from(zone.companies);
    let all = f64::from(q.reference_companies.max(1));
    let expected = f64::from(q.zone_companies) * f64::from(reference.companies) / all;
    let quotient = (companies + 1.0) / (expected + 1.0);
    let plain_quotient = (expected > 0.0).then(|| companies / expected);
    let (verdict, why) = verdict(&zone, &reference, quotient);
    Cell { segment, zone, reference, expected, plain_quotient, quotient, verdict, why, buyers, paths, leaf }
}

fn verdict(zone: &Tally, reference: &Tally, quotient: f64) -> (Verdict, Why) {
    let makers_matter =
        u64::from(reference.makers) * 2 >= u64::from(reference.companies) && reference.makers > 0;
    if zone.companies == 0 {
        let why = if reference.companies == 0 { Why::NowhereInReference } else { Why::NoCompany };
        (Verdict::Missing, why)
    } else if zone.makers == 0 && makers_matter {
        (Verdict::Weak, Why::NoMaker)
    } else if quotient < WEAK {
        (Verdict::Weak, Why::BelowReference)
    } else if quotient < STRONG {
        (Verdict::Present, Why::LikeReference)
    } else if zone.companies < STRONG_COMPANIES {
        (Verdict::Present, Why::AboveOnFewCompanies)
    } else {
        (Verdict::Strong, Why::AboveReference)
    }
}

fn gap(q: &Question, cell: &Cell, most_paths: u64, weights: &Weights) -> Gap {
    let (_, segment) = q.chains.get(cell.segment);
    let short = (1.0 - cell.quotient).max(0.0);
    let depth = match (cell.verdict, cell.why) {
        (Verdict::Missing, _) => 1.0,
        (_, Why::NoMaker) => short.max(NO_MAKER_DEPTH),
        _ => short,
    };
    let residents = cell.buyers.iter().map(|&(_, n)| f64::from(n)).sum::<f64>();
    let log = |paths: u64| (paths as f64).ln_1p();
    let paths = if most_paths > 0 { log(cell.paths.through) / log(most_paths) } else { 0.0 };
    let mut parts = vec![
        (Part::Importance, f64::from(segment.importance.clamp(1, 5) - 1) / 4.0, weights.importance),
        (Part::Buyers, residents / (residents + 3.0), weights.buyers),
        (Part::Paths, paths, weights.paths),
        (Part::Expected, cell.expected / (cell.expected + 1.0), weights.expected),
    ];
    if let Some(fit) = q.fits.get(usize::from(cell.segment.0)).copied().flatten() {
        parts.push((Part::Fit, fit.clamp(0.0, 1.0), weights.fit));
    }
    let all: f64 = parts.iter().map(|p| p.2.max(0.0)).sum();
    let contribution = |(part, value, weight): (Part, f64, f64)| {
        let weight = if all > 0.0 { weight.max(0.0) / all } else { 0.0 };
        Contribution { part, value, weight, points: depth * weight * value }
    };
    let parts: Vec<Contribution> = parts.into_iter().map(contribution).collect();
    let score = parts.iter().map(|p| p.points).sum();
    Gap { segment: cell.segment, verdict: cell.verdict, why: cell.why, score, depth, parts }
}

#[cfg(test)]
mod tests;
