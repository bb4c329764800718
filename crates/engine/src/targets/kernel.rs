//! The search: a block of companies at a time, its scores in cache.
//!
//! Each posting is read three times while its block is in cache: its points are added to its company's score; the whole score is
//! offered to the posting's gap; the company is counted and offered to the overall list, once, and its score set back to nothing.
//! Nothing is done per company of a block, so the cost is that of the postings alone.

use super::scratch::Scratch;
use super::top::Top;
use super::{Counts, Question};
use crate::snapshot::{Doc, Posting, Universe};
use domain::placement::Role;
use domain::target::{Features, LEVEL_MAX, Points, step};

/// Postings that a block should have, so that its scores stay in the second-level cache.
const FILL: usize = if cfg!(test) { 16 } else { 1 << 13 };
/// Companies of the smallest and of the largest block, as powers of two.
const BLOCK: (u32, u32) = if cfg!(test) { (5, 7) } else { (16, 18) };

/// Added to every score, so that it is never 0 and 0 can say "no posting yet". Without it real scores stay within ±101,000,000,
/// because the sum of the weights is limited, and the lowest sum with the two values below is −1,900,000,000 + 250,000,000.
const BIAS: Points = 1_900_000_000;
/// Stands for "outside the filter" in the lookup tables, up to three times in one score.
const OUT: Points = -250_000_000;
/// Stands for "inactive", once in a score.
const INACTIVE: Points = -1_050_000_000;
/// At or below: not in question.
const FLOOR: Points = BIAS - 125_000_000;
/// At or below: inactive.
const INACTIVE_FLOOR: Points = BIAS - 900_000_000;
/// Takes the place of the score of a resident or a refused company.
const BARRED: Points = 1;

/// The question as lookup tables over the payload.
pub(super) struct Tables {
    /// Points by fit, per gap.
    fit: Vec<[Points; 16]>,
    /// Points by region index, with [`BIAS`].
    region: Vec<Points>,
    /// Points by the low byte of the features.
    low: [Points; 256],
    /// Points by the high byte of the features.
    high: [Points; 256],
    /// Residents (false) and refused (true), by company.
    barred: Vec<(u32, bool)>,
}

/// What a search finds, before reasons.
pub(super) struct Found {
    pub overall: Vec<(Doc, Points)>,
    pub per_gap: Vec<Vec<(Doc, Points)>>,
    pub counts: Counts,
}

impl Tables {
    pub(super) fn new(universe: &Universe, question: &Question) -> Tables {
        let steps = question.gaps.iter().map(|g| step(g.weight) + step(g.supply));
        let filter = &question.filter;
        let mut region = vec![OUT; 1 << 12];
        for (index, points) in region.iter_mut().enumerate().take(universe.manifest().regions.len()) {
            let at = universe.region_at(index);
            let inside =
                at.is_some_and(|r| filter.regions.iter().any(|&outer| domain::target::covers(outer, r)));
            if filter.regions.is_empty() || inside {
                *points = Points::from(question.outlook.level(at).0) * step(question.weights.region);
            }
        }
        let mut barred: Vec<(u32, bool)> = question.residents.iter().map(|d| (d.0, false)).collect();
        barred.extend(question.refused.iter().map(|d| (d.0, true)));
        barred.sort_unstable();
        barred.dedup_by_key(|(doc, _)| *doc);
        Tables {
            fit: steps.map(|s| std::array::from_fn(|fit| fit as Points * s)).collect(),
            region: region.into_iter().map(|points| points + BIAS).collect(),
            low: std::array::from_fn(|byte| low_points(question, byte as u16)),
            high: std::array::from_fn(|byte| high_points(question, (byte as u16) << 8)),
            barred,
        }
    }

    /// What a company scores besides its gaps.
    #[inline]
    fn rest(&self, posting: Posting) -> Points {
        self.region[posting.region()]
            + self.low[usize::from(posting.features & 255)]
            + self.high[usize::from(posting.features >> 8)]
    }
}

/// Capital and insured staff.
fn low_points(question: &Question, bits: u16) -> Points {
    let (f, w, filter) = (Features::unpack(bits), &question.weights, &question.filter);
    if f.capital < filter.min_capital || f.insured < filter.min_insured {
        return OUT;
    }
    Points::from(f.capital) * step(w.capital) + Points::from(f.insured) * step(w.insured)
}

/// Growth, role, risk, status.
fn high_points(question: &Question, bits: u16) -> Points {
    let (f, w) = (Features::unpack(bits), &question.weights);
    let maker = f.role == Role::Maker;
    if f.inactive {
        return INACTIVE;
    }
    if question.filter.makers_only && !maker {
        return OUT;
    }
    let full = |yes: bool| if yes { Points::from(LEVEL_MAX) } else { 0 };
    Points::from(f.growth) * step(w.growth) + full(maker) * step(w.maker) - full(f.risk) * step(w.risk)
}

/// Searches every company, in as many ranges as the question has threads.
pub(super) fn search(universe: &Universe, question: &Question, tables: &Tables) -> Found {
    let lists: Vec<&[Posting]> = question.gaps.iter().map(|g| universe.postings(g.tag)).collect();
    let companies = universe.len();
    let threads = question.threads.clamp(1, companies.div_ceil(1 << BLOCK.0).max(1));
    let bound = |n: usize| (companies as u64 * n as u64 / threads as u64) as u32;
    let shared = &lists;
    let mut parts: Vec<Search> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|n| (bound(n), bound(n + 1)))
            .map(|(from, to)| scope.spawn(move || Search::run(question, tables, shared, from, to)))
            .collect();
        let mut parts = vec![Search::run(question, tables, shared, 0, bound(1))];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let mut whole = parts.remove(0);
    for part in parts {
        whole.merge(part);
    }
    Found {
        overall: whole.overall.finish(BIAS),
        per_gap: whole.per_gap.into_iter().map(|top| top.finish(BIAS)).collect(),
        counts: whole.counts,
    }
}

/// How many companies a block should have when `postings` lie in a range of `companies`.
fn block_of(postings: usize, companies: u32) -> usize {
    let wanted = companies as usize * FILL / postings.max(1);
    1 << wanted.max(1).ilog2().clamp(BLOCK.0, BLOCK.1)
}

/// The state of one range of companies.
struct Search<'a> {
    tables: &'a Tables,
    /// What is left of each gap's postings.
    lists: Vec<&'a [Posting]>,
    /// How many of them lie in the block.
    ends: Vec<usize>,
    overall: Top,
    per_gap: Vec<Top>,
    counts: Counts,
}

impl<'a> Search<'a> {
    fn run(
        question: &Question,
        tables: &'a Tables,
        lists: &[&'a [Posting]],
        from: u32,
        to: u32,
    ) -> Search<'a> {
        let cut = |list: &&'a [Posting]| {
            let at = |doc: u32| list.partition_point(|p| p.doc < doc);
            &list[at(from)..at(to)]
        };
        let mut search = Search {
            tables,
            lists: lists.iter().map(cut).collect(),
            ends: vec![0; lists.len()],
            overall: Top::new(question.overall, FLOOR),
            per_gap: lists.iter().map(|_| Top::new(question.per_gap, FLOOR)).collect(),
            counts: Counts::default(),
        };
        let block = block_of(search.lists.iter().map(|l| l.len()).sum(), to - from);
        let mut scratch = Scratch::take();
        // A block begins at the next company that has a posting, so stretches without one cost nothing.
        while let Some(base) = search.lists.iter().filter_map(|l| l.first()).map(|p| p.doc).min() {
            search.block(base, scratch.scores(block));
        }
        scratch.give_back();
        search
    }

    /// Searches the companies from `base` on for which there is a score.
    fn block(&mut self, base: u32, scores: &mut [Points]) {
        for (gap, list) in self.lists.iter().enumerate() {
            let points = &self.tables.fit[gap];
            let mut n = 0;
            for posting in *list {
                let Some(score) = scores.get_mut((posting.doc - base) as usize) else { break };
                // Always computed, then selected: whether a company was met before cannot be predicted.
                let rest = self.tables.rest(*posting);
                *score = points[usize::from(posting.fit())]
                    + std::hint::select_unpredictable(*score == 0, rest, *score);
                n += 1;
            }
            self.ends[gap] = n;
            self.counts.postings += n as u64;
        }
        self.bar(base, scores);
        for ((list, end), top) in self.lists.iter().zip(&self.ends).zip(&mut self.per_gap) {
            for posting in &list[..*end] {
                top.offer(posting.doc, scores[(posting.doc - base) as usize]);
            }
        }
        self.close(base, scores);
    }

    /// Takes residents and refused companies out of the block.
    fn bar(&mut self, base: u32, scores: &mut [Points]) {
        let barred = &self.tables.barred;
        let from = barred.partition_point(|(doc, _)| *doc < base);
        for &(doc, refused) in &barred[from..] {
            let Some(score) = scores.get_mut((doc - base) as usize) else { break };
            if *score != 0 {
                self.counts.residents += u64::from(!refused);
                self.counts.refused += u64::from(refused);
                *score = BARRED;
            }
        }
    }

    /// Counts every company of the block, offers it for the overall list, and leaves all scores 0.
    fn close(&mut self, base: u32, scores: &mut [Points]) {
        let (mut candidates, mut inactive, mut out) = (0u64, 0u64, 0u64);
        for (list, end) in self.lists.iter_mut().zip(&self.ends) {
            let (here, rest) = list.split_at(*end);
            for posting in here {
                let score = std::mem::take(&mut scores[(posting.doc - base) as usize]);
                candidates += u64::from(score != 0);
                let asked = u64::from(score > BARRED);
                out += asked & u64::from(score <= FLOOR);
                inactive += asked & u64::from(score <= INACTIVE_FLOOR);
                self.overall.offer(posting.doc, score);
            }
            *list = rest;
        }
        let counts = &mut self.counts;
        counts.candidates += candidates;
        counts.inactive += inactive;
        counts.filtered += out - inactive;
    }

    fn merge(&mut self, other: Search) {
        self.overall.merge(other.overall);
        for (mine, theirs) in self.per_gap.iter_mut().zip(other.per_gap) {
            mine.merge(theirs);
        }
        let (sum, add) = (&mut self.counts, other.counts);
        sum.candidates += add.candidates;
        sum.postings += add.postings;
        sum.residents += add.residents;
        sum.refused += add.refused;
        sum.inactive += add.inactive;
        sum.filtered += add.filtered;
    }
}
