//! The weights of placement and how they add up.

use domain::chain::SegmentNo;
use domain::placement::{Evidence, Placement, Role};

/// Placements below this score are not kept.
pub const MIN_SCORE: f32 = 0.1;
/// Placements kept per company, best first.
pub const PLACEMENTS: usize = 20;
/// Pieces of evidence kept per placement, best first.
pub const EVIDENCE: usize = 12;
/// What one perfect piece of evidence is worth; more different words close the rest of the way to 1.
pub const REACH: f32 = 0.8;
/// Field weight of a product.
pub const PRODUCT: f32 = 1.0;
/// Field weight of the company's name.
pub const NAME: f32 = 0.7;
/// Factor for a word that the text makes part of another thing (变速箱 in 变速箱控制单元).
pub const HEAD: f32 = 0.6;
/// Factor for what only a branch does.
pub const BRANCH: f32 = 0.5;

/// Field weight of a clause of the business scope, the first being clause 0: companies name their main business
/// first.
#[must_use]
pub fn scope_weight(clause: u32) -> f32 {
    match clause {
        0..=2 => 0.85,
        3..=9 => 0.65,
        _ => 0.45,
    }
}

/// Factor for what the company does with the goods. A word that itself names an activity (船舶维修) is worth a
/// maker's factor: serving is that segment's business.
#[must_use]
pub fn role_factor(role: Role, names_activity: bool) -> f32 {
    match role {
        _ if names_activity => 1.0,
        Role::Maker => 1.0,
        Role::Unknown => 0.75,
        Role::Service => 0.55,
        Role::Trader => 0.5,
    }
}

/// Weight of an industry code that agrees on `len` characters (`C3734` is 5): alone only a full class places.
#[must_use]
pub fn industry_weight(len: usize) -> f32 {
    match len {
        5 => 0.3,
        4 => 0.12,
        3 => 0.06,
        _ => 0.03,
    }
}

/// Weight of each word, 0 to 1: long words say more (2 characters 0.55 … 5 characters 1; two Latin letters count as
/// one character), words that place in several segments (`shares`) and words that many longer words of the
/// dictionary contain say less.
#[must_use]
pub fn word_weights(words: &[String], shares: &[usize]) -> Vec<f32> {
    let contained = containers(words);
    let weigh = |i: usize, word: &String| {
        let length = word.chars().map(|c| if c.is_ascii() { 0.5 } else { 1.0 }).sum::<f32>();
        let by_length = (0.25 + 0.15 * length).clamp(0.4, 1.0);
        let by_shares = 1.0 / (shares[i] as f32).sqrt();
        let by_generality = 1.0 / (1.0 + 0.15 * (contained[i] as f32).ln_1p());
        by_length * by_shares * by_generality
    };
    words.iter().enumerate().map(|(i, w)| weigh(i, w)).collect()
}

/// How many longer words contain each word.
fn containers(words: &[String]) -> Vec<u32> {
    let at: std::collections::HashMap<&str, usize> =
        words.iter().enumerate().map(|(i, w)| (w.as_str(), i)).collect();
    let mut counts = vec![0; words.len()];
    for word in words {
        let cuts: Vec<usize> = word.char_indices().map(|(i, _)| i).chain([word.len()]).collect();
        let mut seen = std::collections::HashSet::new();
        for (k, &from) in cuts.iter().enumerate() {
            for &to in &cuts[k + 1..] {
                if let Some(&i) = at.get(&word[from..to])
                    && to - from < word.len()
                    && seen.insert(i)
                {
                    counts[i] += 1;
                }
            }
        }
    }
    counts
}

/// Adds up the evidence of one company.
#[derive(Default)]
pub(super) struct Tally {
    /// `(segment, word, weight, evidence)`; word `u32::MAX` is the industry code.
    items: Vec<(SegmentNo, u32, f32, Evidence)>,
    /// Weight of maker, trader and service clauses.
    heard: [f32; 3],
}

impl Tally {
    pub fn clear(&mut self) {
        self.items.clear();
        self.heard = [0.0; 3];
    }

    pub fn add(&mut self, segment: SegmentNo, word: u32, weight: f32, evidence: Evidence) {
        self.items.push((segment, word, weight, evidence));
    }

    /// A phrase of clause `clause` speaks for `role`; early clauses speak louder.
    pub fn hear_clause(&mut self, clause: u32, role: Role) {
        if let Some(k) = slot(role) {
            self.heard[k] += 1.0 / (1.0 + 0.4 * clause as f32);
        }
    }

    /// The name speaks for a role, as loud as two first clauses.
    pub fn hear_name(&mut self, name: &str) {
        const MAKE: [&str; 8] = ["制造", "制品", "机械厂", "厂", "重工", "制药", "铸造", "造船"];
        const TRADE: [&str; 10] =
            ["贸易", "商贸", "经贸", "工贸", "商行", "销售", "经营部", "进出口", "供应链", "租赁"];
        const SERVE: [&str; 10] =
            ["咨询", "服务", "物业", "物流", "维修", "设计院", "检测", "事务所", "银行", "投资"];
        for (k, cues) in [&MAKE[..], &TRADE[..], &SERVE[..]].into_iter().enumerate() {
            if cues.iter().any(|c| name.contains(c)) {
                self.heard[k] += 2.0;
            }
        }
    }

    /// The role that was heard most; makers need only 60% of the loudest other, since makers sell and serve too.
    pub fn role(&self) -> Role {
        let [make, trade, serve] = self.heard;
        if make <= 0.0 && trade <= 0.0 && serve <= 0.0 {
            Role::Unknown
        } else if make >= 0.6 * trade.max(serve) {
            Role::Maker
        } else if trade >= serve {
            Role::Trader
        } else {
            Role::Service
        }
    }

    /// The placements at or over [`MIN_SCORE`], best first, at most [`PLACEMENTS`].
    pub fn placements(&mut self) -> Vec<Placement> {
        // By segment; within it the best place of each word first.
        self.items.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
        let mut out = Vec::new();
        for group in self.items.chunk_by(|a, b| a.0 == b.0) {
            let mut rest = 1.0;
            let mut by_role = [0.0f32; 4];
            for (i, (_, word, weight, evidence)) in group.iter().enumerate() {
                if i == 0 || group[i - 1].1 != *word {
                    rest *= 1.0 - REACH * weight.clamp(0.0, 1.0);
                }
                by_role[slot(evidence.role).unwrap_or(3)] += weight;
            }
            let score = 1.0 - rest;
            if score < MIN_SCORE {
                continue;
            }
            let mut best: Vec<&(SegmentNo, u32, f32, Evidence)> = group.iter().collect();
            best.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.3.start.cmp(&b.3.start)));
            let evidence = best.iter().take(EVIDENCE).map(|x| x.3.clone()).collect();
            out.push(Placement { segment: group[0].0, score, role: loudest(by_role), evidence });
        }
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.segment.cmp(&b.segment)));
        out.truncate(PLACEMENTS);
        out
    }
}

fn slot(role: Role) -> Option<usize> {
    match role {
        Role::Maker => Some(0),
        Role::Trader => Some(1),
        Role::Service => Some(2),
        Role::Unknown => None,
    }
}

/// Maker as soon as it was said at all; else the loudest.
fn loudest([make, trade, serve, unknown]: [f32; 4]) -> Role {
    if make > 0.0 {
        Role::Maker
    } else if (trade <= 0.0 && serve <= 0.0) || unknown > trade.max(serve) {
        Role::Unknown
    } else if trade >= serve {
        Role::Trader
    } else {
        Role::Service
    }
}
