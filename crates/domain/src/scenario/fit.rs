//! Which companies fit a scenario: whole points with reasons, the same on every machine.
//!
//! A company counts only when it shares a segment or a word with the scenario; being resident, large enough or experienced orders those
//! that do. Scoring touches every candidate once and makes no text; the reasons are made for those that are listed.

use crate::limits;
use crate::role::Lang;
use crate::scenario::Opportunity;
use crate::text;
use serde::{Deserialize, Serialize};

/// A company as the matching sees it; the caller fills it from the universe, the residents or the capability list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its key: credit code, else resolved name; ties are broken by it.
    pub key: &'a str,
    /// Segments it is placed on (`chain/segment`).
    pub segments: &'a [&'a str],
    /// Scope of business, products or capability, as written.
    pub text: &'a str,
    /// Whether it stands in the zone.
    pub resident: bool,
    /// Paid-in capital (else registered), whole yuan.
    pub capital: Option<i64>,
    /// Trials of any scenario of the zone that were accepted.
    pub accepted: u32,
    /// Uses elsewhere, by its own word.
    pub cases: u32,
}

/// What each reason is worth, in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// For each shared segment, up to `segments_most`.
    pub segment: u32,
    /// Segments that count.
    pub segments_most: u32,
    /// For each word found, up to `words_most`.
    pub word: u32,
    /// Words that count.
    pub words_most: u32,
    /// For a resident.
    pub resident: u32,
    /// For capital of at least `capital_share` per mille of the budget.
    pub capital: u32,
    /// See `capital`.
    pub capital_share: u32,
    /// For each accepted trial here, up to `accepted_most`.
    pub accepted: u32,
    /// Trials that count.
    pub accepted_most: u32,
    /// For any use elsewhere.
    pub cases: u32,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            segment: 25,
            segments_most: 2,
            word: 8,
            words_most: 4,
            resident: 10,
            capital: 5,
            capital_share: 100,
            accepted: 4,
            accepted_most: 3,
            cases: 3,
        }
    }
}

/// A reason with its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is placed on these segments of the scenario.
    Segments(Vec<String>, u32),
    /// These words stand in its text.
    Words(Vec<String>, u32),
    /// It stands in the zone.
    Resident(u32),
    /// So many yuan of capital, enough for the budget.
    Capital(i64, u32),
    /// So many trials were accepted here.
    Accepted(u32, u32),
    /// So many uses elsewhere.
    Cases(u32, u32),
}

/// A company that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Place among the candidates that were given.
    pub index: usize,
    /// The sum of its reasons.
    pub points: u32,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What a matching found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The best, by points and then by key.
    pub fits: Vec<Fit>,
    /// How many fit in all.
    pub count: usize,
}

/// The companies that fit a scenario, at most `most` of them ([`limits::SCENARIO_MATCHES`] at the outside).
#[must_use]
pub fn find(
    opportunity: &Opportunity,
    candidates: &[Candidate<'_>],
    weights: &Weights,
    most: usize,
) -> Found {
    let wanted = Wanted::of(opportunity, weights);
    let mut scored: Vec<(u32, usize)> = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| (wanted.points(candidate), index))
        .filter(|(points, _)| *points > 0)
        .collect();
    let count = scored.len();
    let most = most.min(limits::SCENARIO_MATCHES);
    let order = |a: &(u32, usize), b: &(u32, usize)| {
        b.0.cmp(&a.0).then_with(|| (candidates[a.1].key, a.1).cmp(&(candidates[b.1].key, b.1)))
    };
    if most > 0 && scored.len() > most {
        scored.select_nth_unstable_by(most - 1, order);
    }
    scored.truncate(most);
    scored.sort_unstable_by(order);
    let fits = scored
        .into_iter()
        .map(|(points, index)| Fit { index, points, reasons: wanted.reasons(&candidates[index]) })
        .collect();
    Found { fits, count }
}

/// A scenario made ready: words folded once.
struct Wanted<'a> {
    segments: Vec<&'a str>,
    words: Vec<(String, &'a str)>,
    budget: i64,
    weights: &'a Weights,
}

impl<'a> Wanted<'a> {
    fn of(opportunity: &'a Opportunity, weights: &'a Weights) -> Wanted<'a> {
        let words = opportunity.words.iter().map(|w| (text::squeeze(w).to_lowercase(), w.as_str()));
        Wanted {
            segments: opportunity
                .segments
                .iter()
                .map(String::as_str)
                .take(limits::SCENARIO_SEGMENTS)
                .collect(),
            words: words.filter(|(w, _)| !w.is_empty()).take(limits::SCENARIO_WORDS).collect(),
            budget: opportunity.budget.unwrap_or(0),
            weights,
        }
    }

    fn points(&self, c: &Candidate<'_>) -> u32 {
        let w = self.weights;
        let segments = self.segments.iter().filter(|s| c.segments.contains(s)).count();
        let folded = text::fold(c.text).to_lowercase();
        let words = self.words.iter().filter(|(word, _)| folded.contains(word.as_str())).count();
        if segments == 0 && words == 0 {
            return 0;
        }
        let capped = |n: usize, most: u32, each: u32| narrow(n).min(most).saturating_mul(each);
        [
            capped(segments, w.segments_most, w.segment),
            capped(words, w.words_most, w.word),
            if c.resident { w.resident } else { 0 },
            if self.large(c) { w.capital } else { 0 },
            c.accepted.min(w.accepted_most).saturating_mul(w.accepted),
            if c.cases > 0 { w.cases } else { 0 },
        ]
        .into_iter()
        .fold(0, u32::saturating_add)
    }

    /// The same as [`Self::points`], reason by reason.
    fn reasons(&self, c: &Candidate<'_>) -> Vec<Reason> {
        let w = self.weights;
        let segments: Vec<String> =
            self.segments.iter().filter(|s| c.segments.contains(s)).map(|s| (*s).to_string()).collect();
        let folded = text::fold(c.text).to_lowercase();
        let words: Vec<String> = self
            .words
            .iter()
            .filter(|(word, _)| folded.contains(word.as_str()))
            .map(|(_, written)| (*written).to_string())
            .collect();
        let mut reasons = Vec::new();
        if !segments.is_empty() {
            let points = narrow(segments.len()).min(w.segments_most).saturating_mul(w.segment);
            reasons.push(Reason::Segments(segments, points));
        }
        if !words.is_empty() {
            let points = narrow(words.len()).min(w.words_most).saturating_mul(w.word);
            reasons.push(Reason::Words(words, points));
        }
        if c.resident {
            reasons.push(Reason::Resident(w.resident));
        }
        if let Some(capital) = c.capital.filter(|_| self.large(c)) {
            reasons.push(Reason::Capital(capital, w.capital));
        }
        if c.accepted > 0 {
            let points = c.accepted.min(w.accepted_most).saturating_mul(w.accepted);
            reasons.push(Reason::Accepted(c.accepted, points));
        }
        if c.cases > 0 {
            reasons.push(Reason::Cases(c.cases, w.cases));
        }
        reasons
    }

    fn large(&self, c: &Candidate<'_>) -> bool {
        let share = i128::from(self.weights.capital_share);
        self.budget > 0
            && c.capital.is_some_and(|capital| i128::from(capital) * 1_000 >= i128::from(self.budget) * share)
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Reason {
    /// Its points.
    #[must_use]
    pub fn points(&self) -> u32 {
        match self {
            Reason::Segments(_, points)
            | Reason::Words(_, points)
            | Reason::Resident(points)
            | Reason::Capital(_, points)
            | Reason::Accepted(_, points)
            | Reason::Cases(_, points) => *points,
        }
    }

    /// The reason in a language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Reason::Segments(which, _) => {
                format!("{} {}", lang.t("同在环节", "on the segment"), which.join(lang.t("、", ", ")))
            }
            Reason::Words(which, _) => {
                format!("{} {}", lang.t("经营内容含", "its text has"), which.join(lang.t("、", ", ")))
            }
            Reason::Resident(_) => lang.t("园区企业", "resident").to_string(),
            Reason::Capital(yuan, _) => {
                format!(
                    "{} {yuan} {}",
                    lang.t("资本", "capital"),
                    lang.t("元，与预算相称", "CNY, enough for the budget")
                )
            }
            Reason::Accepted(n, _) => format!("{} {n}", lang.t("本区试用已验收", "trials accepted here:")),
            Reason::Cases(n, _) => format!("{} {n}", lang.t("其他应用案例", "uses elsewhere:")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn port() -> Opportunity {
        Opportunity {
            name: "智慧港口巡检".into(),
            owner: "港务集团".into(),
            budget: Some(8_000_000),
            segments: ["ai/vision".to_string(), "ships/port".to_string()].into(),
            words: ["无人机".to_string(), "机器视觉".to_string(), "AI".to_string()].into(),
            ..Opportunity::default()
        }
    }

    #[test]
    fn the_best_come_first_with_their_reasons() {
        let companies = [
            Candidate {
                key: "a",
                text: "餐饮管理",
                resident: true,
                capital: Some(1 << 40),
                ..Default::default()
            },
            Candidate { key: "b", text: "工业无人机、ＡＩ 算法", ..Default::default() },
            Candidate {
                key: "c",
                segments: &["ai/vision"],
                text: "机器视觉",
                resident: true,
                capital: Some(800_000),
                accepted: 5,
                cases: 2,
            },
            Candidate { key: "d", segments: &["ai/vision"], ..Default::default() },
        ];
        let found = find(&port(), &companies, &Weights::default(), 10);
        assert_eq!(found.count, 3, "residence alone is no fit");
        let order: Vec<(usize, u32)> = found.fits.iter().map(|f| (f.index, f.points)).collect();
        assert_eq!(order, [(2, 25 + 8 + 10 + 5 + 12 + 3), (3, 25), (1, 16)]);
        let texts: Vec<String> = found.fits[0].reasons.iter().map(|r| r.text(Lang::Zh)).collect();
        assert_eq!(texts[0], "同在环节 ai/vision");
        assert_eq!(texts[3], "资本 800000 元，与预算相称");
        assert_eq!(found.fits[2].reasons, [Reason::Words(vec!["AI".into(), "无人机".into()], 16)]);
        assert_eq!(find(&port(), &companies, &Weights::default(), 1).fits.len(), 1);
        assert_eq!(find(&port(), &companies, &Weights::default(), 0), Found { fits: vec![], count: 3 });
    }

    proptest! {
        #[test]
        fn points_are_the_sum_of_reasons_and_the_listed_are_the_best(
            raw in prop::collection::vec((0usize..4, "[无人机器视觉AI ]{0,12}", any::<bool>(), prop::option::of(0i64..2_000_000), 0u32..6, 0u32..3), 0..60),
            most in 0usize..20
        ) {
            let sets: [&[&str]; 4] = [&[], &["ai/vision"], &["ships/port", "ai/vision"], &["x/y"]];
            let keys: Vec<String> = (0..raw.len()).map(|i| format!("{:02}", i * 7 % 60)).collect();
            let all: Vec<Candidate<'_>> = raw.iter().zip(&keys).map(|((s, t, r, c, a, n), key)| Candidate {
                key, segments: sets[*s], text: t, resident: *r, capital: *c, accepted: *a, cases: *n,
            }).collect();
            let (o, w) = (port(), Weights::default());
            let few = find(&o, &all, &w, most);
            let every = find(&o, &all, &w, 100);
            prop_assert_eq!(&few.fits[..], &every.fits[..most.min(every.fits.len())]);
            for fit in &every.fits {
                prop_assert_eq!(fit.points, fit.reasons.iter().map(Reason::points).sum::<u32>());
            }
            prop_assert!(every.fits.windows(2).all(|p| p[0].points >= p[1].points));
        }
    }
}
