//! The model itself: trained once, asked many times, able to say why.

use super::ridge::{self, Rows};
use super::terms::{Gram, Weighed, each_gram, terms, weighed};
use super::text::{clauses, segment_key};
use super::{Labelled, Product, Settings, Source};
use anyhow::{Result, ensure};
use std::collections::BTreeMap;

/// A segment with the score the model gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// Index into [`Model::segments`].
    pub segment: usize,
    /// Greater is better; about 0 for a segment that nothing speaks for, rarely above 1. It is no probability.
    pub score: f32,
}

/// A stretch of the company's text that speaks for a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The field it stands in.
    pub source: Source,
    /// The stretch, half-width and in lower case.
    pub word: String,
    /// Byte offset in the field where it begins.
    pub start: u32,
    /// Byte offset in the field where it ends.
    pub end: u32,
    /// What it adds to the score.
    pub weight: f32,
}

/// A trained ranking of segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(super) settings: Settings,
    pub(super) segments: Vec<String>,
    /// The grams known, ascending; the position is the column.
    pub(super) grams: Vec<Gram>,
    /// Inverse document frequency per column.
    pub(super) rarity: Vec<f32>,
    pub(super) documents: Rows,
    pub(super) duals: Vec<f32>,
    /// `grams × segments`, made from `documents` and `duals`.
    weights: Vec<f32>,
}

impl Model {
    /// Trains on labelled companies. The same input gives the same model, bit by bit.
    ///
    /// A company with a scope and products is two documents, as those who are asked about usually have only one of
    /// them. Segments that differ only in the level mark (`中药`, `中药Ⅲ`) are one.
    ///
    /// # Errors
    /// No company has a segment and a text, settings out of range, or more text than 32-bit offsets can address.
    pub fn train(labelled: &[Labelled], settings: &Settings) -> Result<Model> {
        check(settings)?;
        let (segments, class_by_key) = classes(labelled);
        let texts = documents(labelled, settings, &segments, &class_by_key);
        ensure!(
            texts.iter().any(|d| !d.is_class_name),
            "nothing to learn from: none of the {} labelled companies has a segment and a scope or product",
            labelled.len()
        );
        let (grams, rarity) = vocabulary(&texts, settings);
        let mut documents = Rows::new(grams.len());
        let (mut class_of, mut trust) = (Vec::new(), Vec::new());
        for text in &texts {
            let row = vector(&text.terms, &grams, &rarity);
            if !row.is_empty() {
                documents.push(&row);
                class_of.push(u32::try_from(text.class)?);
                trust.push(if text.is_class_name { settings.class_name } else { 1.0 });
            }
        }
        ensure!(documents.len() > 0, "nothing to learn from: no two documents share a word");
        ensure!(u32::try_from(documents.columns.len()).is_ok(), "too much text to learn from");
        let mut sizes = vec![0.0_f32; segments.len()];
        class_of.iter().for_each(|class| sizes[*class as usize] += 1.0);
        let damping: Vec<f32> = class_of
            .iter()
            .zip(&trust)
            .map(|(class, trust)| settings.damping * sizes[*class as usize].powf(settings.balance) / trust)
            .collect();
        let duals = ridge::solve(&documents, &class_of, &damping, segments.len());
        Ok(Model::from_parts(settings.clone(), segments, grams, rarity, documents, duals))
    }

    /// Every segment, best first (ties by index); nothing when no gram of the company is known.
    #[must_use]
    pub fn predict(&self, name: &str, scope: &str, products: &[Product]) -> Vec<Guess> {
        let found = terms(&self.settings, &weighed(&self.settings, name, scope, products));
        let row = vector(&found, &self.grams, &self.rarity);
        if row.is_empty() {
            return Vec::new();
        }
        let classes = self.segments.len();
        let mut scores = vec![0.0_f32; classes];
        for (column, value) in row {
            let weights = &self.weights[column as usize * classes..(column as usize + 1) * classes];
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += value * weight);
        }
        let mut guesses: Vec<Guess> =
            scores.into_iter().enumerate().map(|(segment, score)| Guess { segment, score }).collect();
        guesses.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.segment.cmp(&b.segment)));
        guesses
    }

    /// The stretches of text that speak most for `segment`, greatest first, at most `limit`; nothing for an unknown
    /// segment.
    ///
    /// The contribution of every n-gram (its value times its weight) is laid evenly on the characters it covers;
    /// a reason is a run of characters that carry at least a quarter of what the strongest one carries.
    #[must_use]
    pub fn explain(
        &self,
        name: &str,
        scope: &str,
        products: &[Product],
        segment: usize,
        limit: usize,
    ) -> Vec<Reason> {
        if segment >= self.segments.len() {
            return Vec::new();
        }
        let found = weighed(&self.settings, name, scope, products);
        let summed = terms(&self.settings, &found);
        let row = vector(&summed, &self.grams, &self.rarity);
        let lifts = self.lift_per_weight(&summed, &row, segment);
        let carried: Vec<Vec<f32>> = found.iter().map(|clause| self.carried(clause, &lifts)).collect();
        let strongest = carried.iter().flatten().copied().fold(0.0, f32::max);
        let mut reasons = Vec::new();
        for (clause, carried) in found.iter().zip(&carried) {
            runs(clause, carried, strongest / 4.0, &mut reasons);
        }
        reasons.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        reasons.truncate(limit);
        reasons
    }

    /// The segments, as [`Guess::segment`] counts them.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The index of the segment that `name` means, whatever its level mark.
    #[must_use]
    pub fn segment_of(&self, name: &str) -> Option<usize> {
        let key = segment_key(name);
        self.segments.iter().position(|segment| segment_key(segment) == key)
    }

    pub(super) fn from_parts(
        settings: Settings,
        segments: Vec<String>,
        grams: Vec<Gram>,
        rarity: Vec<f32>,
        documents: Rows,
        duals: Vec<f32>,
    ) -> Model {
        let weights = ridge::weights(&documents, &duals, segments.len());
        Model { settings, segments, grams, rarity, documents, duals, weights }
    }

    /// What a gram adds to the score per unit of its weight in the clauses.
    fn lift_per_weight(
        &self,
        summed: &[(Gram, f32)],
        row: &[(u32, f32)],
        segment: usize,
    ) -> BTreeMap<Gram, f32> {
        let total: BTreeMap<Gram, f32> = summed.iter().copied().collect();
        row.iter()
            .filter_map(|(column, value)| {
                let gram = self.grams[*column as usize];
                let weight = self.weights[*column as usize * self.segments.len() + segment];
                total.get(&gram).map(|sum| (gram, value * weight / sum))
            })
            .collect()
    }

    /// What every character of a clause carries of the score.
    fn carried(&self, clause: &Weighed, lifts: &BTreeMap<Gram, f32>) -> Vec<f32> {
        let mut carried = vec![0.0_f32; clause.clause.chars.len()];
        each_gram(&self.settings, clause, &mut |gram, start, length, weight| {
            if let Some(lift) = lifts.get(&gram) {
                let share = lift * weight / length as f32;
                carried[start..start + length].iter_mut().for_each(|c| *c += share);
            }
        });
        carried
    }
}

/// A training document.
struct Document {
    class: usize,
    terms: Vec<(Gram, f32)>,
    is_class_name: bool,
}

fn check(settings: &Settings) -> Result<()> {
    ensure!(
        (1..=4).contains(&settings.shortest) && (settings.shortest..=4).contains(&settings.longest),
        "n-grams of {} to {} characters: both must lie in 1..=4, in order",
        settings.shortest,
        settings.longest
    );
    ensure!(settings.damping >= 0.1, "damping {} is too small: use 0.1 or more", settings.damping);
    ensure!(settings.half_clauses > 0.0, "half_clauses must be positive, not {}", settings.half_clauses);
    ensure!(
        settings.balance.is_finite() && settings.idf_power.is_finite(),
        "balance and idf_power must be finite"
    );
    Ok(())
}

/// The distinct segments in order of their key, each spelled as the first of its kind, and the class of every key.
fn classes(labelled: &[Labelled]) -> (Vec<String>, BTreeMap<String, usize>) {
    let mut spelling: BTreeMap<String, &str> = BTreeMap::new();
    for company in labelled {
        let key = segment_key(&company.segment);
        if !key.is_empty() {
            let name = company.segment.trim();
            let kept = spelling.entry(key).or_insert(name);
            *kept = (*kept).min(name);
        }
    }
    let segments = spelling.values().map(|name| (*name).to_owned()).collect();
    (segments, spelling.into_keys().enumerate().map(|(class, key)| (key, class)).collect())
}

fn documents(
    labelled: &[Labelled],
    settings: &Settings,
    segments: &[String],
    class_by_key: &BTreeMap<String, usize>,
) -> Vec<Document> {
    let mut out = Vec::new();
    for company in labelled {
        let Some(class) = class_by_key.get(&segment_key(&company.segment)).copied() else { continue };
        let mut add = |scope: &str, products: &[Product]| {
            let found = weighed(settings, &company.name, scope, products);
            if found.iter().any(|clause| clause.source != Source::Name) {
                out.push(Document { class, terms: terms(settings, &found), is_class_name: false });
            }
        };
        add(&company.scope, &[]);
        add("", &company.products);
    }
    if settings.class_name > 0.0 {
        for (class, name) in segments.iter().enumerate() {
            let found: Vec<Weighed> = clauses(&segment_key(name))
                .into_iter()
                .map(|clause| Weighed { source: Source::Scope, clause, weight: 1.0 })
                .collect();
            out.push(Document { class, terms: terms(settings, &found), is_class_name: true });
        }
    }
    out
}

fn vocabulary(documents: &[Document], settings: &Settings) -> (Vec<Gram>, Vec<f32>) {
    let mut all: Vec<Gram> = documents.iter().flat_map(|d| d.terms.iter().map(|(gram, _)| *gram)).collect();
    all.sort_unstable();
    let count = documents.len() as f32;
    all.chunk_by(|a, b| a == b)
        .filter(|chunk| chunk.len() >= settings.min_documents as usize)
        .map(|chunk| {
            let rarity = ((1.0 + count) / (1.0 + chunk.len() as f32)).ln();
            (chunk[0], rarity.powf(settings.idf_power))
        })
        .unzip()
}

/// The unit vector of a document over the known grams; empty when none is known.
fn vector(terms: &[(Gram, f32)], grams: &[Gram], rarity: &[f32]) -> Vec<(u32, f32)> {
    let mut row: Vec<(u32, f32)> = terms
        .iter()
        .filter_map(|(gram, weight)| {
            let column = grams.binary_search(gram).ok()?;
            let value = weight.ln_1p() * rarity[column];
            (value > 0.0).then_some((u32::try_from(column).ok()?, value))
        })
        .collect();
    let length = row.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
    row.iter_mut().for_each(|(_, value)| *value /= length);
    row
}

fn runs(clause: &Weighed, carried: &[f32], least: f32, out: &mut Vec<Reason>) {
    let mut from = 0;
    for run in carried.chunk_by(|a, b| (*a > least) == (*b > least)) {
        let to = from + run.len();
        if run[0] > least {
            out.push(Reason {
                source: clause.source,
                word: clause.clause.chars[from..to].iter().collect(),
                start: clause.clause.at[from],
                end: clause.clause.at[to],
                weight: run.iter().sum(),
            });
        }
        from = to;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Nine invented companies on three segments.
    pub fn corpus() -> Vec<Labelled> {
        let row = |name: &str, scope: &str, segment: &str| Labelled {
            name: name.into(),
            scope: scope.into(),
            products: Vec::new(),
            segment: segment.into(),
        };
        vec![
            row("甲船舶", "船用柴油机制造；船舶修理；货物进出口", "船舶动力"),
            row("乙动力", "船用柴油机、低速机的研发；钢材销售", "船舶动力"),
            row("丙重机", "低速机曲轴制造；船用柴油机配件", "船舶动力"),
            row("丁药业", "中成药生产；药品批发；货物进出口", "中药Ⅲ"),
            row("戊堂", "中药饮片加工；中成药制造", "中药"),
            row("己制药", "中成药研发；中药材种植", "中药Ⅲ"),
            row("庚电缆", "电缆制造；铜材销售", "电缆"),
            row("辛线缆", "海洋电缆、光缆的生产", "电缆"),
            Labelled {
                name: "壬电工".into(),
                scope: String::new(),
                products: vec![Product { name: "电力电缆".into(), share: 0.8 }],
                segment: "电缆".into(),
            },
        ]
    }

    fn model() -> Model {
        Model::train(&corpus(), &Settings::default()).unwrap()
    }

    #[test]
    fn ranks_the_right_segment_first() {
        let model = model();
        assert_eq!(model.segments(), ["中药", "电缆", "船舶动力"]);
        let best = |name: &str, scope: &str| model.predict(name, scope, &[])[0].segment;
        assert_eq!(model.segments()[best("", "船用低速机的制造和销售；货物进出口")], "船舶动力");
        assert_eq!(model.segments()[best("某某药业股份有限公司", "中成药的销售")], "中药");
        let product = [Product { name: "海洋电缆".into(), share: 1.0 }];
        assert_eq!(model.predict("", "", &product)[0].segment, model.segment_of("电缆Ⅲ").unwrap());
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(model().predict("", "zzz", &[]).is_empty());
        assert!(model().predict("", "", &[]).is_empty());
        assert!(model().explain("", "", &[], 0, 5).is_empty());
        assert!(model().explain("", "中成药", &[], 99, 5).is_empty());
    }

    #[test]
    fn training_twice_gives_the_same_bits() {
        assert_eq!(model(), model());
    }

    #[test]
    fn explains_with_the_words_of_the_scope() {
        let model = model();
        let scope = "货物进出口；生产船用柴油机";
        let reasons = model.explain("", scope, &[], model.segment_of("船舶动力").unwrap(), 3);
        assert!(reasons[0].word.contains("柴油机"), "{reasons:?}");
        assert_eq!(&scope[reasons[0].start as usize..reasons[0].end as usize], reasons[0].word);
        assert!(reasons.windows(2).all(|w| w[0].weight >= w[1].weight));
    }

    #[test]
    fn reasons_sum_to_no_more_than_the_positive_part_of_the_score() {
        let model = model();
        let scope = "船用柴油机制造；电缆";
        let guess = model.predict("", scope, &[])[0];
        let all = Model { ..model.clone() }.explain("", scope, &[], guess.segment, usize::MAX);
        assert!(all.iter().map(|r| r.weight).sum::<f32>() >= guess.score * 0.5);
    }

    #[test]
    fn nothing_to_learn_from_is_an_error() {
        let empty = [Labelled { segment: "电缆".into(), name: "甲".into(), ..Labelled::default() }];
        let error = Model::train(&empty, &Settings::default()).unwrap_err().to_string();
        assert!(error.contains("nothing to learn from"), "{error}");
        let wide = Settings { longest: 5, ..Settings::default() };
        assert!(Model::train(&corpus(), &wide).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        #[test]
        fn another_class_never_hurts(scope in "[一-龥a-z；、（）() ]{0,30}", segment in "[一-龥Ⅲ]{0,4}") {
            let mut labelled = corpus();
            labelled.push(Labelled { scope: scope.clone(), segment, ..Labelled::default() });
            let model = Model::train(&labelled, &Settings::default()).unwrap();
            let guesses = model.predict("", &scope, &[]);
            prop_assert!(guesses.is_empty() || guesses.len() == model.segments().len());
            prop_assert!(guesses.iter().all(|g| g.score.is_finite()));
        }
    }
}
