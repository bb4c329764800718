//! Answering: exact, then rare pairs, then the scored comparison, then tiers.

use super::compare::{Features, Name, Query, features};
use super::file::{NameIndex, Scratch, Section};
use super::{AliasKind, Candidate, Reason, Resolution, Tier, gram, weights};
use domain::company::RegionCode;
use domain::name::{NameKey, fold};
use std::collections::HashSet;

/// Postings read per query at most; the rarest pairs come first.
const POSTING_BUDGET: usize = 40_000;

/// The highest rank of a name.
const RANK_MAX: u8 = 31;

/// Names compared in full per query, for each of the ways they are found.
const COMPARED: usize = 120;

/// A best candidate below this chance is no answer.
const LEAST: f32 = 0.05;

/// A chance from which a candidate of the same core is taken without asking.
const SURE: f32 = 0.9;

/// How far the first must be ahead of the second to be taken without asking.
const MARGIN: f32 = 0.5;

impl NameIndex {
    /// Which company `query` means. `hint` is where the company is known to be, e.g. from another column.
    /// At most `limit` candidates, best first.
    #[must_use]
    pub fn resolve(&self, query: &str, hint: Option<RegionCode>, limit: usize) -> Resolution {
        let key = NameKey::parse(without_market_marks(query).as_deref().unwrap_or(query));
        if key.content.is_empty() || limit == 0 {
            return Resolution { tier: Tier::None, candidates: Vec::new() };
        }
        let units = |chars: &mut dyn Iterator<Item = char>| chars.map(gram::unit).collect::<Vec<u16>>();
        let mut exact = self.exact(&units(&mut fold(query).into_iter()));
        if exact.is_empty() {
            exact = self.exact(&units(&mut key.text.chars()));
        }
        let query = Query::new(&key, hint, &self.idf);
        let mut ranked = self.rank(&query, limit.max(2) + exact.len());
        if !exact.is_empty() {
            return self.exact_answer(&exact, ranked, limit);
        }
        let tier = tier(&ranked);
        ranked.truncate(limit);
        if tier == Tier::None {
            ranked.clear();
        }
        Resolution { tier, candidates: ranked }
    }

    /// Names that go with what has been typed so far: those that begin with it, then those that resemble it.
    #[must_use]
    pub fn suggest(&self, typed: &str, limit: usize) -> Vec<Candidate> {
        let units: Vec<u16> = fold(typed).into_iter().map(gram::unit).collect();
        if units.is_empty() || limit == 0 {
            return Vec::new();
        }
        let mut out: Vec<Candidate> = Vec::new();
        for entry in self.beginning_with(&units) {
            push_company(&mut out, self.candidate(entry, 1.0, Reason::Contains));
            if out.len() == limit {
                return out;
            }
        }
        let key = NameKey::parse(typed);
        if !key.content.is_empty() {
            for candidate in self.rank(&Query::new(&key, None, &self.idf), limit) {
                push_company(&mut out, candidate);
                if out.len() == limit {
                    break;
                }
            }
        }
        out
    }

    /// The measured features of the compared names, with their companies: what the weights are fitted on.
    #[must_use]
    pub fn measured(&self, query: &str) -> Vec<(u32, Features)> {
        let key = NameKey::parse(without_market_marks(query).as_deref().unwrap_or(query));
        let query = Query::new(&key, None, &self.idf);
        self.compared(&query)
            .into_iter()
            .map(|(entry, f)| (self.entries()[entry as usize].company, f))
            .collect()
    }

    /// Whether the query is scored as a short name (no form of organisation).
    #[must_use]
    pub fn is_short(query: &str) -> bool {
        NameKey::parse(without_market_marks(query).as_deref().unwrap_or(query)).short
    }

    /// Entries whose folded text is `text`.
    fn exact(&self, text: &[u16]) -> Vec<u32> {
        let (from, order) = self.ordered_from(text);
        order[from..].iter().copied().take_while(|e| self.text_of(*e) == text).collect()
    }

    /// The best-ranked of the entries that begin with `units`.
    fn beginning_with(&self, units: &[u16]) -> Vec<u32> {
        const LOOKED_AT: usize = 2_000;
        let (from, order) = self.ordered_from(units);
        let entries = self.entries();
        let mut found: Vec<(u8, u32)> = order[from..]
            .iter()
            .take(LOOKED_AT)
            .take_while(|e| self.text_of(**e).starts_with(units))
            .filter_map(|e| Some((entries.get(*e as usize)?.flags >> 1, *e)))
            .collect();
        // They come in the order of their texts, and the sort keeps it among equals.
        found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        found.into_iter().map(|(_, e)| e).take(64).collect()
    }

    fn ordered_from(&self, text: &[u16]) -> (usize, &[u32]) {
        let order = self.array::<u32>(Section::Order);
        (order.partition_point(|e| self.text_of(*e) < text), order)
    }

    fn text_of(&self, entry: u32) -> &[u16] {
        self.entries().get(entry as usize).map(|e| self.text(e)).unwrap_or_default()
    }

    fn exact_answer(&self, exact: &[u32], ranked: Vec<Candidate>, limit: usize) -> Resolution {
        let mut same: Vec<Candidate> = Vec::new();
        for entry in exact {
            push_company(&mut same, self.candidate(*entry, 1.0, Reason::SameName));
        }
        same.sort_by_key(|c| (c.matched, c.company));
        let tier = if same.len() == 1 { Tier::Exact } else { Tier::Suggest };
        let share = 1.0 / same.len() as f32;
        same.iter_mut().for_each(|c| c.score = share);
        for mut candidate in ranked {
            candidate.score = 0.0;
            push_company(&mut same, candidate);
        }
        same.truncate(limit);
        Resolution { tier, candidates: same }
    }

    fn candidate(&self, entry: u32, score: f32, reason: Reason) -> Candidate {
        let Some(e) = self.entries().get(entry as usize) else {
            return Candidate {
                company: 0,
                score: 0.0,
                matched: AliasKind::Legal,
                name: String::new(),
                reason,
            };
        };
        let name = String::from_utf16_lossy(self.text(e));
        Candidate { company: e.company, score, matched: AliasKind::from_u8(e.kind), name, reason }
    }

    /// The first `keep` of the compared candidates, one per company, with their chances among all of them, best first.
    fn rank(&self, query: &Query, keep: usize) -> Vec<Candidate> {
        let weights = if query.short { &weights::SHORT } else { &weights::WHOLE };
        let entries = self.entries();
        let mut scored: Vec<(f32, u32, u32, Reason)> = self
            .compared(query)
            .into_iter()
            .map(|(e, f)| {
                let score = f.iter().zip(weights).map(|(a, b)| a * b).sum();
                (score, e, entries[e as usize].company, reason(&f))
            })
            .collect();
        scored.sort_by(|a, b| {
            let texts = || self.text_of(a.1).cmp(self.text_of(b.1));
            b.0.total_cmp(&a.0).then_with(texts).then_with(|| a.2.cmp(&b.2))
        });
        let mut met = HashSet::with_capacity(scored.len());
        scored.retain(|(_, _, company, _)| met.insert(*company));
        // "none of them" scores 0
        let top = scored.first().map_or(0.0, |s| s.0).max(0.0);
        let sum = (-top).exp() + scored.iter().map(|s| (s.0 - top).exp()).sum::<f32>();
        scored.truncate(keep);
        let chance = |score: f32| (score - top).exp() / sum;
        scored.into_iter().map(|(score, e, _, why)| self.candidate(e, chance(score), why)).collect()
    }

    fn compared(&self, query: &Query) -> Vec<(u32, Features)> {
        let mut scratch = self.scratch.lock().ok().and_then(|mut s| s.pop()).unwrap_or_default();
        let found = self.gather(query, &mut scratch);
        if let Ok(mut pool) = self.scratch.lock() {
            pool.push(scratch);
        }
        let entries = self.entries();
        found
            .into_iter()
            .filter_map(|e| {
                let entry = entries.get(e as usize)?;
                let (content, branch) = self.parts(entry);
                Some((e, features(query, &Name { entry, content, branch }, &self.idf)))
            })
            .collect()
    }

    /// The names that share the most information in pairs of characters, those that share the most of the brand
    /// alone (a renamed company keeps it and little else), and those with the same core.
    fn gather(&self, query: &Query, scratch: &mut Scratch) -> Vec<u32> {
        scratch.sums.resize(self.len(), 0.0);
        let body: Vec<u16> = query.content.iter().chain(&query.branch).copied().collect();
        let mut found = self.sharing(&body, POSTING_BUDGET, 0.05, scratch);
        let brand = &query.content[query.region_len..query.brand_end.max(query.region_len)];
        found.extend(self.sharing(brand, POSTING_BUDGET / 2, 0.15, scratch));
        let core = &query.content[query.region_len..];
        found.extend(
            self.same_core(core).iter().copied().filter(|e| (*e as usize) < self.len()).take(COMPARED),
        );
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The names with the greatest sum of information over the pairs they share with `units`; `lean` is what one
    /// step of a name's rank adds.
    fn sharing(&self, units: &[u16], mut budget: usize, lean: f32, scratch: &mut Scratch) -> Vec<u32> {
        let entries = self.entries();
        let lists = self.lists(units);
        for (i, (list, weight)) in lists.iter().enumerate() {
            if i > 0 && list.len() > budget {
                break;
            }
            budget = budget.saturating_sub(list.len());
            for e in *list {
                let Some(sum) = scratch.sums.get_mut(*e as usize) else { continue };
                if *sum == 0.0 {
                    scratch.touched.push(*e);
                }
                *sum += weight;
            }
        }
        let sums = &mut scratch.sums;
        let mut best: Vec<(f32, u32)> =
            scratch.touched.drain(..).map(|e| (std::mem::take(&mut sums[e as usize]), e)).collect();
        shorten(&mut best, lean * f32::from(RANK_MAX));
        let mut best: Vec<(f32, u32, u32)> = best
            .into_iter()
            .map(|(sum, e)| {
                let entry = &entries[e as usize];
                (sum + f32::from(entry.flags >> 1) * lean, entry.company, e)
            })
            .collect();
        if best.len() > COMPARED {
            best.select_nth_unstable_by(COMPARED, |a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            best.truncate(COMPARED);
        }
        best.into_iter().map(|(_, _, e)| e).collect()
    }

    /// Postings and weight of every pair in `units`, the rarest first.
    fn lists(&self, units: &[u16]) -> Vec<(&[u32], f32)> {
        let names = self.len() as f32;
        let mut lists: Vec<(&[u32], f32)> = Vec::new();
        let mut add = |key: u64, factor: f32| {
            let list = self.postings(key);
            if !list.is_empty() {
                lists.push((list, factor * (names / list.len() as f32).ln().max(0.1)));
            }
        };
        for w in units.windows(2) {
            add(gram::beside(w[0], w[1]), 1.0);
            add(gram::skipping(w[0], w[1]), 0.7);
        }
        for w in units.windows(3) {
            add(gram::beside(w[0], w[2]), 0.5);
            add(gram::skipping(w[0], w[2]), 0.3);
        }
        lists.sort_by_key(|(list, _)| list.len());
        lists
    }
}

/// Drops those that cannot be among the [`COMPARED`] best even with `most` added to them and nothing to the others.
fn shorten(best: &mut Vec<(f32, u32)>, most: f32) {
    if best.len() > COMPARED {
        let mut sums: Vec<f32> = best.iter().map(|(sum, _)| *sum).collect();
        let (_, least, _) = sums.select_nth_unstable_by(COMPARED - 1, |a, b| b.total_cmp(a));
        // A little more, for the rounding of the sums.
        let least = *least - most - 1e-3;
        best.retain(|(sum, _)| *sum >= least);
    }
}

fn push_company(out: &mut Vec<Candidate>, candidate: Candidate) {
    if !out.iter().any(|c| c.company == candidate.company) {
        out.push(candidate);
    }
}

fn reason(f: &Features) -> Reason {
    match f {
        f if f[11] == 1.0 || f[10] == 1.0 => Reason::SameCore,
        f if f[9] == 1.0 => Reason::SameBrand,
        f if f[1] == 1.0 => Reason::Contains,
        _ => Reason::Similar,
    }
}

fn tier(ranked: &[Candidate]) -> Tier {
    let Some(first) = ranked.first().filter(|c| c.score >= LEAST) else { return Tier::None };
    let second = ranked.get(1).map_or(0.0, |c| c.score);
    let sure = first.score >= SURE && first.score - second >= MARGIN && first.reason == Reason::SameCore;
    if sure { Tier::Confident } else { Tier::Suggest }
}

/// A stock name without the exchange's marks: *ST, S, XD … before, A, B, -U … behind. `None` when there are none.
fn without_market_marks(query: &str) -> Option<String> {
    let all = fold(query);
    let han = |c: &char| !c.is_ascii();
    let start =
        ["S*ST", "*ST", "SST", "ST", "PT", "XD", "XR", "DR", "退市", "S", "N"].iter().find_map(|mark| {
            let n = mark.chars().count();
            (all.len() >= n + 2 && all[..n].iter().copied().eq(mark.chars()) && han(&all[n])).then_some(n)
        });
    let rest = &all[start.unwrap_or(0)..];
    let end = ["A股", "B股", "A", "B", "UW", "U", "W", "V", "退"].iter().find_map(|mark| {
        let n = mark.chars().count();
        let keep = rest.len().checked_sub(n).filter(|k| (2..=6).contains(k))?;
        (rest[keep..].iter().copied().eq(mark.chars()) && han(&rest[keep - 1])).then_some(keep)
    });
    (start.is_some() || end.is_some()).then(|| rest[..end.unwrap_or(rest.len())].iter().collect())
}
