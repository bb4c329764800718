//! Targets (目标企业): the companies of the universe that would fill a zone's gaps, ranked, each with its reasons.
//!
//! [`answer`] touches the postings of the question's tags and nothing else until the few companies that are returned, so its cost grows
//! with the postings, not with the universe. The score is the linear one of [`domain::target`].

mod explain;
mod kernel;
mod scratch;
mod top;

use crate::snapshot::{Doc, Tag, Universe};
use anyhow::{Result, ensure};
use domain::company::RegionCode;
use domain::target::{Features, LEVEL_MAX, Nearness, Outlook, Points, WEIGHT_SUM_MAX, Weights, step};

/// A gap of the zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The segment or product that is missing.
    pub tag: Tag,
    /// What a company of fit 15 is worth for it.
    pub weight: f64,
    /// What it is worth on top because residents would buy from it, or sell to it.
    pub supply: f64,
}

/// Which companies come into question at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Inside one of these divisions (any level); everywhere when empty.
    pub regions: Vec<RegionCode>,
    /// At least this [`domain::target::capital_level`].
    pub min_capital: u8,
    /// At least this [`domain::target::insured_level`].
    pub min_insured: u8,
    /// Makers only.
    pub makers_only: bool,
}

/// What a zone asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The gaps; a tag must not occur twice.
    pub gaps: Vec<Gap>,
    /// What the other features are worth.
    pub weights: Weights,
    /// Where the zone looks first.
    pub outlook: Outlook,
    /// Which companies come into question.
    pub filter: Filter,
    /// The zone's own companies.
    pub residents: Vec<Doc>,
    /// Companies that said no and must not be shown again.
    pub refused: Vec<Doc>,
    /// Companies listed per gap.
    pub per_gap: usize,
    /// Companies listed over all gaps.
    pub overall: usize,
    /// Threads that share the companies; 1 is best unless the question is heavy.
    pub threads: usize,
}

/// One company of an answer, with all that its score is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The company.
    pub doc: Doc,
    /// Its score.
    pub points: Points,
    /// Its levels.
    pub features: Features,
    /// Where it is, when known.
    pub region: Option<RegionCode>,
    fills: (u32, u32),
}

/// A gap that a company fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Index into [`Question::gaps`].
    pub gap: u32,
    /// How well, 1 to 15.
    pub fit: u8,
}

/// Companies that were looked at, and why some of them are not in the answer. A company counts once, for the first reason that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Companies on at least one gap.
    pub candidates: u64,
    /// Postings read.
    pub postings: u64,
    /// Residents of the zone.
    pub residents: u64,
    /// Refused before.
    pub refused: u64,
    /// Dormant, revoked, deregistered or moved out.
    pub inactive: u64,
    /// Outside the filter.
    pub filtered: u64,
}

impl Counts {
    /// Candidates that were ranked.
    #[must_use]
    pub fn ranked(&self) -> u64 {
        self.candidates - self.residents - self.refused - self.inactive - self.filtered
    }
}

/// What [`answer`] finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Every company that is listed somewhere, by number.
    pub targets: Vec<Target>,
    /// Indices into `targets`: the best of all, by score, then by number.
    pub overall: Vec<u32>,
    /// The same for each gap of the question, among the companies that fill it.
    pub per_gap: Vec<Vec<u32>>,
    /// What was looked at and left out.
    pub counts: Counts,
    fills: Vec<Fill>,
}

/// A part of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Fills this gap (an index into [`Question::gaps`]).
    Gap(u32),
    /// Residents would trade with it on account of this gap.
    Supply(u32),
    /// Where it is, and why that is worth what it is.
    Region(Nearness),
    /// Registered capital.
    Capital,
    /// Insured staff.
    Insured,
    /// Recent signs of growth.
    Growth,
    /// Makes rather than trades or serves.
    Maker,
    /// Carries a risk flag.
    Risk,
}

/// One line of a why-panel: `points = level × step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Which part.
    pub part: Part,
    /// The level of the company, 0 to 15.
    pub level: u8,
    /// Points per level, from the weight.
    pub step: Points,
    /// What it adds to the score (less than 0 for a risk).
    pub points: Points,
}

impl Answer {
    /// The gaps that a target fills, in the order of the question.
    #[must_use]
    pub fn fills(&self, target: &Target) -> &[Fill] {
        &self.fills[target.fills.0 as usize..target.fills.1 as usize]
    }

    /// Every part of a target's score; their points add up to [`Target::points`]. `question` is the one that was asked.
    #[must_use]
    pub fn contributions(&self, question: &Question, target: &Target) -> Vec<Contribution> {
        let one = |part, level: u8, step: Points| Contribution {
            part,
            level,
            step,
            points: Points::from(level) * step,
        };
        let (w, f) = (&question.weights, &target.features);
        let full = |yes: bool| if yes { LEVEL_MAX } else { 0 };
        let mut parts = vec![];
        for fill in self.fills(target) {
            let gap = &question.gaps[fill.gap as usize];
            parts.push(one(Part::Gap(fill.gap), fill.fit, step(gap.weight)));
            if gap.supply != 0.0 {
                parts.push(one(Part::Supply(fill.gap), fill.fit, step(gap.supply)));
            }
        }
        let (near, why) = question.outlook.level(target.region);
        let maker = f.role == domain::placement::Role::Maker;
        parts.push(one(Part::Region(why), near, step(w.region)));
        parts.push(one(Part::Capital, f.capital, step(w.capital)));
        parts.push(one(Part::Insured, f.insured, step(w.insured)));
        parts.push(one(Part::Growth, f.growth, step(w.growth)));
        parts.push(one(Part::Maker, full(maker), step(w.maker)));
        parts.push(one(Part::Risk, full(f.risk), -step(w.risk)));
        parts
    }
}

/// Ranks the companies of `universe` for `question`.
///
/// Equal scores stand in the order of the companies' numbers, so the answer is the same with any number of threads.
///
/// # Errors
/// A gap twice, a tag of another snapshot, or weights that are not finite or add up to more than [`WEIGHT_SUM_MAX`].
pub fn answer(universe: &Universe, question: &Question) -> Result<Answer> {
    check(universe, question)?;
    let tables = kernel::Tables::new(universe, question);
    let found = kernel::search(universe, question, &tables);
    Ok(explain::explain(universe, question, found))
}

fn check(universe: &Universe, question: &Question) -> Result<()> {
    let weights = question.gaps.iter().flat_map(|g| [g.weight, g.supply]);
    let sum = weights.map(f64::abs).sum::<f64>() + question.weights.sum();
    ensure!(
        sum <= WEIGHT_SUM_MAX,
        "the weights of a question add up to {sum}; they must be numbers that add up to at most {WEIGHT_SUM_MAX}"
    );
    let mut tags: Vec<Tag> = question.gaps.iter().map(|g| g.tag).collect();
    tags.sort_unstable();
    for pair in tags.windows(2) {
        ensure!(pair[0] != pair[1], "the gap `{}` is asked for twice", universe.tag_name(pair[0]));
    }
    if let Some(tag) = tags.last() {
        ensure!(
            (tag.0 as usize) < universe.tags(),
            "tag {} is not in snapshot {}",
            tag.0,
            universe.manifest().id
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
