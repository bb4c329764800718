//! The search: a block of companies at a time, its scores in cache, each posting read twice.

use super::top::Top;
use super::{Counts, Question};
use crate::snapshot::{Doc, Posting, Universe};
use domain::placement::Role;
use domain::target::{Features, LEVEL_MAX, Points, step};

/// Companies whose scores are kept side by side (768 KiB of scores and payloads); few in tests, so that small ones cross blocks.
const BLOCK: usize = if cfg!(test) { 64 } else { 1 << 16 };

/// Stands for "not in question" in the lookup tables; three of them and the lowest score still fit into [`Points`].
const OUT: Points = -500_000_000;
/// Anything below is not in question: real scores stay above −100,000,000 because the sum of the weights is limited.
const FLOOR: Points = -200_000_000;

/// The question as lookup tables over the payload.
pub(super) struct Tables {
    /// Points by fit, per gap.
    fit: Vec<[Points; 16]>,
    /// Points by region index.
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
            region,
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
    if f.inactive || (question.filter.makers_only && !maker) {
        return OUT;
    }
    let full = |yes: bool| if yes { Points::from(LEVEL_MAX) } else { 0 };
    Points::from(f.growth) * step(w.growth) + full(maker) * step(w.maker) - full(f.risk) * step(w.risk)
}

/// Searches every company, in as many ranges as the question has threads.
pub(super) fn search(universe: &Universe, question: &Question, tables: &Tables) -> Found {
    let lists: Vec<&[Posting]> = question.gaps.iter().map(|g| universe.postings(g.tag)).collect();
    let companies = universe.len();
    let threads = question.threads.clamp(1, companies.div_ceil(BLOCK).max(1));
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
        overall: whole.overall.finish(),
        per_gap: whole.per_gap.into_iter().map(Top::finish).collect(),
        counts: whole.counts,
    }
}

/// The state of one range of companies.
struct Search<'a> {
    tables: &'a Tables,
    /// What is left of each gap's postings.
    lists: Vec<&'a [Posting]>,
    /// Score of each company of the block; below [`FLOOR`] when it is not in question.
    scores: Vec<Points>,
    /// A payload of each company of the block.
    payload: Vec<Posting>,
    /// Which companies of the block have a posting, one bit each.
    seen: Vec<u64>,
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
            scores: vec![0; BLOCK],
            payload: vec![Posting { doc: 0, place: 0, features: 0 }; BLOCK],
            seen: vec![0; BLOCK / 64],
            overall: Top::new(question.overall),
            per_gap: vec![Top::new(question.per_gap); question.gaps.len()],
            counts: Counts::default(),
        };
        // A block begins at the next company that has a posting, so stretches without one cost nothing.
        while let Some(base) = search.lists.iter().filter_map(|l| l.first()).map(|p| p.doc).min() {
            search.block(base);
        }
        search
    }

    fn block(&mut self, base: u32) {
        let mut ends = vec![0usize; self.lists.len()];
        for (gap, list) in self.lists.iter().enumerate() {
            let points = &self.tables.fit[gap];
            let mut n = 0;
            for posting in *list {
                let at = (posting.doc - base) as usize;
                if at >= BLOCK {
                    break;
                }
                self.scores[at] += points[usize::from(posting.fit())];
                self.payload[at] = *posting;
                self.seen[at / 64] |= 1 << (at % 64);
                n += 1;
            }
            ends[gap] = n;
            self.counts.postings += n as u64;
        }
        self.bar(base);
        self.rank(base);
        for (gap, list) in self.lists.iter_mut().enumerate() {
            let (here, rest) = list.split_at(ends[gap]);
            for posting in here {
                let score = self.scores[(posting.doc - base) as usize];
                if score > FLOOR {
                    self.per_gap[gap].offer(posting.doc, score);
                }
            }
            *list = rest;
        }
        self.clear();
    }

    /// Takes residents and refused companies out of the block.
    fn bar(&mut self, base: u32) {
        let barred = &self.tables.barred;
        let from = barred.partition_point(|(doc, _)| *doc < base);
        for &(doc, refused) in &barred[from..] {
            let at = (doc - base) as usize;
            if at >= BLOCK {
                break;
            }
            if self.seen[at / 64] >> (at % 64) & 1 == 1 {
                self.counts.residents += u64::from(!refused);
                self.counts.refused += u64::from(refused);
                self.scores[at] = Points::MIN;
            }
        }
    }

    /// Completes the scores of the block and offers them for the overall list.
    fn rank(&mut self, base: u32) {
        for (word, &bits) in self.seen.iter().enumerate() {
            let mut bits = bits;
            self.counts.candidates += u64::from(bits.count_ones());
            while bits != 0 {
                let at = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if self.scores[at] == Points::MIN {
                    continue;
                }
                let score = self.scores[at] + self.tables.rest(self.payload[at]);
                self.scores[at] = score;
                if score > FLOOR {
                    self.overall.offer(base + at as u32, score);
                } else {
                    let inactive = self.payload[at].features >> 15 == 1;
                    self.counts.inactive += u64::from(inactive);
                    self.counts.filtered += u64::from(!inactive);
                }
            }
        }
    }

    fn clear(&mut self) {
        for (word, bits) in self.seen.iter_mut().enumerate() {
            while *bits != 0 {
                self.scores[word * 64 + bits.trailing_zeros() as usize] = 0;
                *bits &= *bits - 1;
            }
        }
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
