//! The model: learnt weights, scores and their contributions.

use super::evidence::{Evidence, KINDS, Row, View};
use super::logit;
use super::names;
use super::places::{Case, Counts, Places};
use serde::{Deserialize, Serialize};

/// Cities with fewer companies ask no question when the weights are learnt.
pub const MIN_CITY: u32 = 20;
/// Segments with fewer companies are neither asked for nor candidates.
pub const MIN_SEGMENT: u32 = 3;
/// At most so many questions are asked (evenly taken), which bounds the time of a fit.
const MAX_QUESTIONS: usize = 1_000;
/// At most so many absent segments (evenly taken) stand against a hidden one while learning.
const MAX_ABSENT: usize = 120;
/// Where weights start, per standard deviation of their evidence, in the order of [`Evidence::ALL`]; round numbers that
/// say "all of this speaks for it"; with many questions the data overrule them.
const PRIOR: Row = [0.3, 0.2, 0.3, 0.1, -0.1, 0.15, 0.15, 0.15, 0.1];
/// How many questions the prior is worth, roughly.
const PULL: f64 = 10.0;

/// The counts of all companies and the model learnt from them.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The counts, to score with (and to add or remove companies in).
    pub counts: Counts,
    /// The weights.
    pub model: Model,
}

/// Learnt weights over [`Evidence`], with what they are measured against.
#[derive(Clone, Debug)]
pub struct Model {
    /// Likeness of segment names, segments × segments.
    names: Vec<f64>,
    mean: Row,
    deviation: Row,
    weights: Row,
    /// How many hidden companies the weights were learnt from.
    questions: usize,
}

/// What one kind of evidence adds to a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The kind.
    pub evidence: Evidence,
    /// Its value, as [`Evidence`] defines it.
    pub value: f64,
    /// Its weight per standard deviation.
    pub weight: f64,
    /// Points added: `weight × (value - mean) / deviation`; 0 for a segment that is average in this respect.
    pub points: f64,
    /// What to name beside it, best first: indices of segments that are here ([`Evidence::Nearby`],
    /// [`Evidence::SameCompany`], [`Evidence::KindredName`]) or of cities ([`Evidence::LikeCities`]); else empty.
    pub named: Vec<usize>,
}

/// Learns the model from all companies.
#[must_use]
pub fn fit(places: &Places) -> Fit {
    fit_without(places, &[])
}

/// Learns the model as if every lone company of some cities (indices) did not exist, and asks nothing in these
/// cities: what is learnt may then be measured by hiding one of those companies.
#[must_use]
pub fn fit_without(places: &Places, cities: &[u32]) -> Fit {
    let names = names::likeness(places.segments());
    let mut counts = places.count();
    let mut hidden: Vec<usize> = places
        .cases(&counts, MIN_CITY, MIN_SEGMENT)
        .iter()
        .filter(|case| cities.contains(&case.site.city))
        .map(|case| case.company)
        .collect();
    hidden.sort_unstable();
    hidden.dedup();
    for &company in &hidden {
        counts.remove(places.company(company));
    }
    let mut cases = places.cases(&counts, MIN_CITY, MIN_SEGMENT);
    cases.retain(|case| !cities.contains(&case.site.city) && hidden.binary_search(&case.company).is_err());
    let step = cases.len().div_ceil(MAX_QUESTIONS).max(1);
    let mut questions: Vec<Vec<Row>> =
        cases.iter().step_by(step).map(|case| ask(places, &mut counts, &names, case)).collect();
    let (mean, deviation) = moments(&questions);
    for row in questions.iter_mut().flatten() {
        *row = standard(row, &mean, &deviation);
    }
    let weights = logit::learn(&questions, PRIOR, PULL);
    Fit { counts, model: Model { names, mean, deviation, weights, questions: questions.len() } }
}

/// The segments that `city` truly lacks: none of its companies, yet [`MIN_SEGMENT`] or more in all.
#[must_use]
pub fn absent(counts: &Counts, city: usize) -> Vec<usize> {
    let here = counts.city(city);
    (0..here.len()).filter(|&j| here[j] == 0 && counts.companies_of(j) >= MIN_SEGMENT).collect()
}

/// The evidence for the absent segments and, last, for the hidden one, counted without the hidden company.
fn ask(places: &Places, counts: &mut Counts, names: &[f64], case: &Case) -> Vec<Row> {
    let city = case.site.city as usize;
    let lacking = absent(counts, city);
    let step = lacking.len().div_ceil(MAX_ABSENT).max(1);
    let first = case.site.segment as usize % step;
    let mut candidates: Vec<usize> = lacking.into_iter().skip(first).step_by(step).collect();
    candidates.push(case.site.segment as usize);
    let hidden = places.company(case.company);
    counts.remove(hidden);
    let rows = View::new(counts, names, city).rows(&candidates);
    counts.add(hidden);
    rows
}

impl Model {
    /// The scores of `segments` in `city`. They compare segments within one city, not across cities.
    #[must_use]
    pub fn scores(&self, counts: &Counts, city: usize, segments: &[usize]) -> Vec<f64> {
        let view = View::new(counts, &self.names, city);
        segments.iter().map(|&j| logit::dot(&self.weights, &standard(&view.row(j), &self.mean, &self.deviation))).collect()
    }

    /// The score of one segment in one city with what each kind of evidence adds to it; it is their sum.
    #[must_use]
    pub fn score(&self, counts: &Counts, city: usize, segment: usize) -> (f64, Vec<Contribution>) {
        let view = View::new(counts, &self.names, city);
        let row = view.row(segment);
        let level = standard(&row, &self.mean, &self.deviation);
        let contribution = |k: usize| Contribution {
            evidence: Evidence::ALL[k],
            value: row[k],
            weight: self.weights[k],
            points: self.weights[k] * level[k],
            named: named(&view, Evidence::ALL[k], segment),
        };
        let contributions: Vec<Contribution> = (0..KINDS).map(contribution).collect();
        (contributions.iter().map(|c| c.points).sum(), contributions)
    }

    /// The weight of each kind of evidence, per standard deviation.
    #[must_use]
    pub fn weights(&self) -> Vec<(Evidence, f64)> {
        Evidence::ALL.into_iter().zip(self.weights).collect()
    }

    /// How many hidden companies the weights were learnt from.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.questions
    }
}

/// At most five segments or cities to name beside a contribution.
fn named(view: &View, kind: Evidence, segment: usize) -> Vec<usize> {
    let mut list = match kind {
        Evidence::LikeCities => {
            let mut cities: Vec<(usize, f64)> = view.like_cities(segment).collect();
            cities.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            cities.into_iter().map(|(c, _)| c).collect()
        }
        kind => view.kin(kind, segment),
    };
    list.truncate(5);
    list
}

/// Mean and standard deviation per kind over all rows; 0 and 1 where there is nothing to measure.
fn moments(questions: &[Vec<Row>]) -> (Row, Row) {
    let number = questions.iter().map(Vec::len).sum::<usize>().max(1) as f64;
    let (mut mean, mut deviation) = ([0.0; KINDS], [0.0; KINDS]);
    for row in questions.iter().flatten() {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += x / number);
    }
    for row in questions.iter().flatten() {
        for k in 0..KINDS {
            deviation[k] += (row[k] - mean[k]).powi(2) / number;
        }
    }
    (mean, deviation.map(|v| if v > 1e-12 { v.sqrt() } else { 1.0 }))
}

fn standard(row: &Row, mean: &Row, deviation: &Row) -> Row {
    std::array::from_fn(|k| (row[k] - mean[k]) / deviation[k])
}
