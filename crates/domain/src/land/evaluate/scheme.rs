//! The schemes of an evaluation as data, and the points that figures earn under one.

use crate::land::area::Area;
use crate::land::fixed::Fixed;
use crate::{limits, words::words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

words! {
    /// What a term measures; the unit is part of the word.
    Indicator "no indicator of the evaluation" {
        /// 万元/亩.
        TaxPerMu = "tax_per_mu", "亩均税收（万元/亩）", "Tax per mu (10,000 yuan)";
        /// 万元/亩.
        AddedValuePerMu = "added_value_per_mu", "亩均增加值（万元/亩）", "Value added per mu (10,000 yuan)";
        /// 万元 a tonne of standard coal.
        AddedValuePerEnergy = "added_value_per_energy", "单位能耗增加值（万元/吨标准煤）", "Value added per tonne of coal equivalent (10,000 yuan)";
        /// 万元 a tonne emitted.
        AddedValuePerEmission = "added_value_per_emission", "单位排放增加值（万元/吨）", "Value added per tonne emitted (10,000 yuan)";
        /// 万元 a person.
        LabourProductivity = "labour_productivity", "全员劳动生产率（万元/人）", "Value added per person (10,000 yuan)";
        /// Research spending over revenue, a share.
        ResearchShare = "research_share", "研发经费占营业收入比重", "Research spending over revenue";
        /// 元 a kilowatt-hour.
        TaxPerPower = "tax_per_power", "单位用电税收（元/千瓦时）", "Tax per kWh (yuan)";
    }
}

words! {
    /// On which side of the statistical threshold (规模) a firm stands.
    Size "no size of a firm" {
        /// 规模以上.
        Above = "above", "规上", "above the threshold";
        /// 规模以下.
        Below = "below", "规下", "below the threshold";
    }
}

/// What a firm gets for a term whose figure it lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Nothing.
    #[default]
    Zero,
    /// The average points of those that have it.
    Average,
}

/// A class; A is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// First.
    A,
    /// Second; where firms that are not graded usually stand.
    B,
    /// Third.
    C,
    /// Last.
    D,
}

/// One term of the formula.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermRule {
    /// What it measures.
    pub indicator: Indicator,
    /// The figure that earns the weight; `None` for the average of the firms graded.
    #[serde(default)]
    pub base: Option<Fixed>,
    /// Points.
    pub weight: Fixed,
    /// Most points.
    #[serde(default)]
    pub cap: Option<Fixed>,
    /// What a missing figure earns.
    #[serde(default)]
    pub missing: Missing,
}

/// Which part of the ranking a class takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// The class.
    pub class: Class,
    /// Per cent from the top, all better classes included.
    #[serde(default)]
    pub best: Option<u8>,
    /// Per cent from the bottom.
    #[serde(default)]
    pub last: Option<u8>,
}

/// Which firms below the threshold are graded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeRule {
    /// Land of at least this, or …
    pub land: Area,
    /// … rented floor of at least this …
    pub rented: Area,
    /// … for at least so many years.
    pub years: u16,
}

/// A scheme; what its fields mean stands in `data/mu-evaluation.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Stable word.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// For firms of these sizes.
    pub sizes: BTreeSet<Size>,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default)]
    pub to: Option<Date>,
    /// Where it comes from.
    pub source: String,
    /// Whether the text is still to be compared (待核).
    #[serde(default)]
    pub confirm: bool,
    /// Class of firms that are not graded.
    #[serde(default)]
    pub exempt_as: Option<Class>,
    /// Which firms below the threshold are graded; `None` for all.
    #[serde(default)]
    pub scope: Option<ScopeRule>,
    /// Terms of the formula.
    #[serde(rename = "term")]
    pub terms: Vec<TermRule>,
    /// Classes, the best first; none where only the score counts.
    #[serde(rename = "class", default)]
    pub classes: Vec<ClassRule>,
}

/// Firms, each with its figures, and the scores they must get.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// Id of the scheme.
    pub scheme: String,
    /// Figures of each firm.
    pub firms: Vec<BTreeMap<Indicator, Fixed>>,
    /// Score of each.
    pub scores: Vec<Fixed>,
}

/// The schemes of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schemes {
    /// Id and version.
    pub id: String,
    /// Where they come from.
    pub source: String,
    /// The schemes.
    #[serde(rename = "scheme")]
    pub schemes: Vec<Scheme>,
    /// The examples they are held to.
    #[serde(rename = "example", default)]
    pub examples: Vec<Example>,
}

/// What one term gave one firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it measures.
    pub indicator: Indicator,
    /// The firm's figure; `None` when it has none.
    pub figure: Option<Fixed>,
    /// The base it was held against; `None` when neither the scheme nor any firm gives one.
    pub base: Option<Fixed>,
    /// Points for a figure at the base.
    pub weight: Fixed,
    /// Points earned.
    pub points: Fixed,
    /// How the points came about when they are not figure ÷ base × weight.
    pub note: Option<Note>,
}

/// Why points are not figure ÷ base × weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// No figure: the average points of those that have one.
    Averaged,
    /// No figure: nothing.
    Absent,
    /// No base above zero: nothing.
    NoBase,
    /// More than the cap, cut.
    Capped,
    /// Below zero, raised to zero.
    Floored,
}

impl Schemes {
    /// The schemes that come with the program.
    #[must_use]
    pub fn built_in() -> &'static Schemes {
        static SET: OnceLock<Schemes> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        SET.get_or_init(|| {
            Schemes::parse(include_str!("../../../data/mu-evaluation.toml")).expect("data/mu-evaluation.toml")
        })
    }

    /// Reads schemes and holds them to their examples.
    ///
    /// # Errors
    /// The scheme or example of the first fault, and the fault.
    pub fn parse(text: &str) -> Result<Schemes, String> {
        let set: Schemes = toml::from_str(text).map_err(|e| e.to_string())?;
        if set.schemes.is_empty() || set.schemes.len() > limits::LAND_RULES {
            return Err(format!("there must be 1 to {} schemes", limits::LAND_RULES));
        }
        let mut seen = BTreeSet::new();
        for scheme in &set.schemes {
            scheme.check().map_err(|why| format!("scheme `{}`: {why}", scheme.id))?;
            if !seen.insert(&scheme.id) {
                return Err(format!("scheme `{}` stands twice", scheme.id));
            }
        }
        for example in &set.examples {
            set.hold_to(example).map_err(|why| format!("example “{}”: {why}", example.of))?;
        }
        Ok(set)
    }

    /// The scheme of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Scheme> {
        self.schemes.iter().find(|s| s.id == id)
    }

    fn hold_to(&self, example: &Example) -> Result<(), String> {
        let scheme = self.get(&example.scheme).ok_or_else(|| format!("no scheme `{}`", example.scheme))?;
        let figures: Vec<_> = example.firms.iter().collect();
        let scores: Vec<Fixed> = scheme.points(&figures).iter().map(|terms| score(terms)).collect();
        if scores == example.scores {
            return Ok(());
        }
        let got: Vec<String> = scores.iter().map(ToString::to_string).collect();
        Err(format!("the scores are {}", got.join(", ")))
    }
}

impl Scheme {
    /// Whether it is the scheme for firms of this size on `day`.
    #[must_use]
    pub fn applies(&self, size: Size, day: Date) -> bool {
        self.sizes.contains(&size) && self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// The terms of each firm, in the order of `figures`. A base or a missing figure that is an average is one of these firms.
    #[must_use]
    pub fn points(&self, figures: &[&BTreeMap<Indicator, Fixed>]) -> Vec<Vec<Term>> {
        let mut firms: Vec<Vec<Term>> = vec![Vec::with_capacity(self.terms.len()); figures.len()];
        for rule in &self.terms {
            let known: Vec<Fixed> = figures.iter().filter_map(|f| f.get(&rule.indicator).copied()).collect();
            let base = rule.base.or_else(|| average(&known)).filter(|base| *base > Fixed::ZERO);
            let earned: Vec<Fixed> = known.iter().map(|figure| rule.earn(*figure, base).0).collect();
            let missing = match rule.missing {
                Missing::Average => {
                    average(&earned).map_or((Fixed::ZERO, Note::Absent), |p| (p, Note::Averaged))
                }
                Missing::Zero => (Fixed::ZERO, Note::Absent),
            };
            for (terms, firm) in firms.iter_mut().zip(figures) {
                let figure = firm.get(&rule.indicator).copied();
                let (points, note) =
                    figure.map_or((missing.0, Some(missing.1)), |figure| rule.earn(figure, base));
                terms.push(Term {
                    indicator: rule.indicator,
                    figure,
                    base,
                    weight: rule.weight,
                    points,
                    note,
                });
            }
        }
        firms
    }

    fn check(&self) -> Result<(), &'static str> {
        if [&self.id, &self.zh, &self.en, &self.source].into_iter().any(|t| t.trim().is_empty()) {
            return Err("id, names and source must not be empty");
        }
        if self.to.is_some_and(|to| to < self.from) {
            return Err("`to` is before `from`");
        }
        if self.sizes.is_empty() || self.terms.is_empty() {
            return Err("name the sizes and at least one term");
        }
        let indicators: BTreeSet<_> = self.terms.iter().map(|t| t.indicator).collect();
        if indicators.len() != self.terms.len() {
            return Err("an indicator stands twice");
        }
        let wrong = |fixed: Option<Fixed>| fixed.is_some_and(|f| f <= Fixed::ZERO);
        if self.terms.iter().any(|t| t.weight <= Fixed::ZERO || wrong(t.base) || wrong(t.cap)) {
            return Err("weight, base and cap must be above 0");
        }
        self.check_classes()
    }

    fn check_classes(&self) -> Result<(), &'static str> {
        if self.classes.is_empty() {
            return Ok(());
        }
        if self.classes.windows(2).any(|w| w[0].class >= w[1].class) {
            return Err("name each class once, the best first");
        }
        if self.classes.iter().any(|c| c.best.is_some() && c.last.is_some()) {
            return Err("a class counts from the top or from the bottom, not both");
        }
        let rest = self.classes.iter().position(|c| c.best.is_none() && c.last.is_none());
        let (Some(rest), 1) =
            (rest, self.classes.iter().filter(|c| c.best.is_none() && c.last.is_none()).count())
        else {
            return Err("exactly one class takes the rest");
        };
        let best: Vec<u8> = self.classes.iter().filter_map(|c| c.best).collect();
        let last: u32 = self.classes.iter().filter_map(|c| c.last).map(u32::from).sum();
        let ordered = self.classes[..rest].iter().all(|c| c.best.is_some())
            && self.classes[rest + 1..].iter().all(|c| c.last.is_some());
        if !ordered || best.windows(2).any(|w| w[0] >= w[1]) {
            return Err("classes with `best` stand first and grow, then the rest, then those with `last`");
        }
        if u32::from(best.last().copied().unwrap_or(0)) + last > 100 {
            return Err("the classes take more than 100 per cent");
        }
        Ok(())
    }
}

impl TermRule {
    fn earn(&self, figure: Fixed, base: Option<Fixed>) -> (Fixed, Option<Note>) {
        let Some(points) = base.and_then(|base| figure.times_over(self.weight, base)) else {
            return (Fixed::ZERO, Some(Note::NoBase));
        };
        match self.cap {
            _ if points < Fixed::ZERO => (Fixed::ZERO, Some(Note::Floored)),
            Some(cap) if points > cap => (cap, Some(Note::Capped)),
            _ => (points, None),
        }
    }
}

impl Note {
    /// Chinese and English.
    #[must_use]
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Note::Averaged => ("缺数据，取平均分", "no figure: takes the average points"),
            Note::Absent => ("缺数据，不得分", "no figure: no points"),
            Note::NoBase => ("没有基准值，不得分", "no base: no points"),
            Note::Capped => ("超过上限，按上限计", "above the cap: cut to it"),
            Note::Floored => ("为负，按零计", "below zero: counted as zero"),
        }
    }
}

/// The sum of the points.
#[must_use]
pub fn score(terms: &[Term]) -> Fixed {
    terms.iter().fold(Fixed::ZERO, |sum, term| sum.plus(term.points))
}

/// The mean, rounded to six places; `None` of nothing.
fn average(figures: &[Fixed]) -> Option<Fixed> {
    let sum: i128 = figures.iter().map(|f| i128::from(f.millionths())).sum();
    Fixed::ratio(sum, i128::try_from(figures.len()).ok()?.checked_mul(1_000_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_schemes_hold_their_own_examples() {
        let set = Schemes::built_in();
        assert_eq!((set.schemes.len(), set.examples.len()), (3, 5));
        for scheme in &set.schemes {
            let weights = scheme.terms.iter().fold(Fixed::ZERO, |sum, t| sum.plus(t.weight));
            assert_eq!(weights, Fixed::whole(100), "{}", scheme.id);
            assert!(set.examples.iter().any(|e| e.scheme == scheme.id), "{}", scheme.id);
        }
    }

    #[test]
    fn a_faulty_file_names_its_scheme_or_example() {
        let text = include_str!("../../../data/mu-evaluation.toml");
        let faulty = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            Schemes::parse(&text.replacen(from, to, 1)).unwrap_err()
        };
        assert!(faulty("base = \"24.097\"", "base = \"25.097\"").contains("等于基准值"));
        assert!(faulty("base = \"24.097\"", "base = \"0\"").contains("`huangyan-2022-above`: weight, base"));
        assert!(
            faulty("indicator = \"research_share\"", "indicator = \"tax_per_mu\"").contains("stands twice")
        );
        assert!(faulty("last = 5", "last = 31").contains("more than 100 per cent"));
        assert!(faulty("last = 5", "").contains("exactly one class"));
        assert!(faulty("best = 70", "best = 20").contains("stand first and grow"));
        assert!(faulty("base = \"24.097\"", "base = 24.097").contains("24.097"), "a float is refused");
    }

    #[test]
    fn caps_and_losses_are_said() {
        let rule = TermRule {
            indicator: Indicator::TaxPerMu,
            base: None,
            weight: Fixed::whole(45),
            cap: Some(Fixed::whole(90)),
            missing: Missing::Zero,
        };
        let base = Some(Fixed::whole(10));
        assert_eq!(rule.earn(Fixed::whole(30), base), (Fixed::whole(90), Some(Note::Capped)));
        assert_eq!(rule.earn(Fixed::whole(-3), base), (Fixed::ZERO, Some(Note::Floored)));
        assert_eq!(rule.earn(Fixed::whole(20), base), (Fixed::whole(90), None));
        assert_eq!(rule.earn(Fixed::whole(20), None), (Fixed::ZERO, Some(Note::NoBase)));
    }
}
