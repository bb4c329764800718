//! The controls as data: which figure, which threshold in which unit, where, for whom and when.

use super::{Site, Verdict};
use crate::company::{IndustryCode, RegionCode};
use crate::land::fixed::Fixed;
use crate::{industry, limits, place, words::words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::OnceLock;

words! {
    /// What is held against a threshold.
    Indicator "no indicator of land use" {
        /// Fixed investment (plant, equipment and the price of the land) over land.
        Investment = "investment", "投资强度", "Investment over land";
        /// Tax a year over land.
        Tax = "tax", "亩均税收", "Tax over land";
        /// Output a year over land.
        Output = "output", "亩均产值", "Output over land";
        /// Floor over land; a storey above the height of the rule counts twice.
        FloorAreaRatio = "floor_area_ratio", "容积率", "Floor-area ratio";
        /// Land under buildings, structures and yards, over land.
        BuildingCoefficient = "building_coefficient", "建筑系数", "Building coefficient";
        /// Land for offices and living, over land.
        OfficeShare = "office_share", "办公生活用地占比", "Share of land for offices and living";
        /// Research spending over output.
        ResearchShare = "research_share", "研发投入占比", "Research spending over output";
        /// Standard coal over value added.
        Energy = "energy", "单位增加值能耗", "Energy over value added";
    }
}

words! {
    /// The unit of a threshold; a figure is shown in the unit of its rule.
    Unit "no unit of a threshold" {
        /// 10,000 yuan a 亩.
        WanYuanPerMu = "wan_yuan_per_mu", "万元/亩", "10,000 yuan per mu";
        /// 10,000 yuan on 1,000 m².
        WanYuanPerThousandM2 = "wan_yuan_per_thousand_m2", "万元/千㎡", "10,000 yuan per 1,000 m²";
        /// 10,000 yuan a hectare.
        WanYuanPerHectare = "wan_yuan_per_hectare", "万元/公顷", "10,000 yuan per ha";
        /// A bare ratio.
        Ratio = "ratio", "", "";
        /// Hundredths.
        PerCent = "per_cent", "%", "%";
        /// Tonnes of standard coal on 10,000 yuan.
        TonneCoalPerWanYuan = "tonne_coal_per_wan_yuan", "吨标准煤/万元", "tonnes of coal equivalent per 10,000 yuan";
    }
}

impl Unit {
    /// Whether a figure of this indicator can be counted in it.
    fn fits(self, indicator: Indicator) -> bool {
        use Indicator::{
            BuildingCoefficient, Energy, FloorAreaRatio, Investment, OfficeShare, Output, ResearchShare, Tax,
        };
        match indicator {
            Investment | Tax | Output => {
                matches!(self, Unit::WanYuanPerMu | Unit::WanYuanPerThousandM2 | Unit::WanYuanPerHectare)
            }
            FloorAreaRatio | BuildingCoefficient | OfficeShare | ResearchShare => {
                matches!(self, Unit::Ratio | Unit::PerCent)
            }
            Energy => self == Unit::TonneCoalPerWanYuan,
        }
    }
}

/// How high a storey may be before it counts twice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreyRule {
    /// Above this many centimetres.
    pub double_above_cm: u32,
    /// Article, Chinese.
    pub article_zh: String,
    /// Article, English.
    pub article_en: String,
    /// Where it comes from.
    pub source: String,
    /// Whether the text is still to be compared (待核).
    #[serde(default)]
    pub confirm: bool,
}

/// A control; what its fields mean stands in `data/land-controls.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable word.
    pub id: String,
    /// What it controls.
    pub indicator: Indicator,
    /// The least allowed, in `unit`.
    #[serde(default)]
    pub least: Option<Fixed>,
    /// The most allowed, in `unit`.
    #[serde(default)]
    pub most: Option<Fixed>,
    /// The unit of the threshold.
    pub unit: Unit,
    /// Industries it speaks of; none for all.
    #[serde(default)]
    pub industry: BTreeSet<IndustryCode>,
    /// Where it holds; `None` for the whole country.
    #[serde(default)]
    pub region: Option<RegionCode>,
    /// The book it stands in.
    #[serde(default)]
    pub book: Option<String>,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// Article, Chinese.
    pub article_zh: String,
    /// Article, English.
    pub article_en: String,
    /// Where it comes from.
    pub source: String,
    /// Whether the text is still to be compared (待核).
    #[serde(default)]
    pub confirm: bool,
}

/// A project, and what one rule must say of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// Id of the rule.
    pub rule: String,
    /// The project.
    pub site: Site,
    /// The figure that must come out.
    #[serde(default)]
    pub figure: Option<Fixed>,
    /// The verdict that must come out.
    pub verdict: Verdict,
}

/// The controls of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// Id and version.
    pub id: String,
    /// Where they come from.
    pub source: String,
    /// How storeys count.
    pub storey: StoreyRule,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// The examples they are held to.
    #[serde(rename = "example", default)]
    pub examples: Vec<Example>,
}

impl Controls {
    /// The controls that come with the program.
    #[must_use]
    pub fn built_in() -> &'static Controls {
        static SET: OnceLock<Controls> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        SET.get_or_init(|| {
            Controls::parse(include_str!("../../../data/land-controls.toml"))
                .expect("data/land-controls.toml")
        })
    }

    /// Reads controls and holds them to their examples.
    ///
    /// # Errors
    /// The rule or example of the first fault, and the fault.
    pub fn parse(text: &str) -> Result<Controls, String> {
        let set: Controls = toml::from_str(text).map_err(|e| e.to_string())?;
        if set.rules.is_empty() || set.rules.len() > limits::LAND_RULES {
            return Err(format!("there must be 1 to {} rules", limits::LAND_RULES));
        }
        let mut seen = BTreeSet::new();
        for rule in &set.rules {
            rule.check().map_err(|why| format!("rule `{}`: {why}", rule.id))?;
            if !seen.insert(&rule.id) {
                return Err(format!("rule `{}` stands twice", rule.id));
            }
        }
        for example in &set.examples {
            set.hold_to(example).map_err(|why| format!("example “{}”: {why}", example.of))?;
        }
        Ok(set)
    }

    fn hold_to(&self, example: &Example) -> Result<(), String> {
        let rule = self.rules.iter().find(|r| r.id == example.rule);
        let rule = rule.ok_or_else(|| format!("no rule `{}`", example.rule))?;
        if !rule.speaks_of(&example.site, rule.from) {
            return Err(format!("rule `{}` does not speak of it", rule.id));
        }
        let finding = self.hold(rule, &example.site);
        let figure_differs = example.figure.is_some() && example.figure != finding.figure;
        if finding.verdict == example.verdict && !figure_differs {
            return Ok(());
        }
        let figure = finding.figure.map_or_else(|| "none".to_string(), |f| f.to_string());
        Err(format!("the figure is {figure} and the verdict {}", finding.verdict))
    }

    /// The rules in force for the project on `day`: of one indicator, region and book those with the longest industry prefix.
    #[must_use]
    pub fn in_force(&self, site: &Site, day: Date) -> Vec<&Rule> {
        let speaking: Vec<&Rule> = self.rules.iter().filter(|r| r.speaks_of(site, day)).collect();
        let finer = |a: &Rule, b: &Rule| {
            let same = (a.indicator, a.region, &a.book, a.least.is_some())
                == (b.indicator, b.region, &b.book, b.least.is_some());
            same && a.prefix(&site.industry) > b.prefix(&site.industry)
        };
        speaking.iter().filter(|r| !speaking.iter().any(|other| finer(other, r))).copied().collect()
    }
}

impl Rule {
    /// Whether it holds for the project on `day`.
    #[must_use]
    pub fn speaks_of(&self, site: &Site, day: Date) -> bool {
        self.from <= day
            && self.to.is_none_or(|to| day <= to)
            && self.prefix(&site.industry).is_some()
            && self.region.is_none_or(|region| place::contains(region, site.region))
            && self.book.as_ref().is_none_or(|book| site.books.contains(book))
    }

    /// Characters of the longest prefix that fits; 0 where it speaks of every industry, `None` where it does not speak.
    fn prefix(&self, code: &IndustryCode) -> Option<usize> {
        if self.industry.is_empty() {
            return Some(0);
        }
        self.industry.iter().filter(|outer| industry::contains(outer, code)).map(|outer| outer.0.len()).max()
    }

    fn check(&self) -> Result<(), String> {
        let texts = [&self.id, &self.article_zh, &self.article_en, &self.source];
        if texts.into_iter().any(|t| t.trim().is_empty()) {
            return Err("id, article and source must not be empty".into());
        }
        if self.to.is_some_and(|to| to < self.from) {
            return Err("`to` is before `from`".into());
        }
        let (Some(threshold), true) = (self.least.or(self.most), self.least.is_none() || self.most.is_none())
        else {
            return Err("give exactly one of `least` and `most`".into());
        };
        if threshold < Fixed::ZERO {
            return Err("the threshold is below 0".into());
        }
        if !self.unit.fits(self.indicator) {
            return Err(format!("{} cannot be counted in {}", self.indicator, self.unit));
        }
        if let Some(code) = self.industry.iter().find(|code| industry::title(code).is_none()) {
            return Err(format!("`{}` is no class of GB/T 4754", code.0));
        }
        match self.region.filter(|region| place::name(*region).is_none()) {
            Some(region) => Err(format!("`{}` is no division of GB/T 2260", region.0)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_controls_hold_their_own_examples() {
        let set = Controls::built_in();
        for rule in &set.rules {
            assert!(set.examples.iter().any(|e| e.rule == rule.id), "no example names `{}`", rule.id);
        }
    }

    #[test]
    fn a_faulty_file_names_its_rule_and_the_fault() {
        let text = include_str!("../../../data/land-controls.toml");
        let faulty = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            Controls::parse(&text.replacen(from, to, 1)).unwrap_err()
        };
        let mixed = faulty("unit = \"wan_yuan_per_mu\"", "unit = \"per_cent\"");
        assert!(
            mixed.contains("`longchang-investment`: investment cannot be counted in per_cent"),
            "{mixed}"
        );
        // Fault 3 of a city's own system: the same number under another unit is another rule.
        assert!(
            faulty("unit = \"wan_yuan_per_mu\"", "unit = \"wan_yuan_per_thousand_m2\"")
                .contains("the figure is 225")
        );
        assert!(faulty("least = \"30\"", "least = \"30\"\nmost = \"40\"").contains("exactly one"));
        assert!(faulty("region = 511083", "region = 999999").contains("no division"));
        assert!(faulty("industry = [\"B\", \"C\"]", "industry = [\"Z\"]").contains("no class"));
        assert!(faulty("double_above_cm = 800", "double_above_cm = 801").contains("8.01 米"));
    }
}
