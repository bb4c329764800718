//! The rules on land-reserve bonds as data.

use super::{Bond, check, schedule};
use crate::land::fixed::Fixed;
use crate::{limits, words::words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::OnceLock;

words! {
    /// What is checked.
    Check "no check of a bond" {
        /// In the reserve plan, with an identifier.
        ReservePlan = "reserve_plan", "纳入储备计划并有标识码", "In the reserve plan, with an identifier";
        /// On the list of existing idle land.
        IdleList = "idle_list", "列入存量闲置土地清单", "On the list of existing idle land";
        /// Supplied by the day of the rule.
        SuppliedBy = "supplied_by", "属于存量闲置土地", "Existing idle land";
        /// A listed agency.
        Agency = "agency", "名录内储备机构", "Listed reserve agency";
        /// The project's own account, for reserve work.
        RingFence = "ring_fence", "专款专用、封闭管理", "Ring-fenced";
        /// Parcels of the project only.
        OneProject = "one_project", "同一项目内调剂", "Within one project";
        /// Within what was raised.
        Proceeds = "proceeds", "不超过募集资金", "Within what was raised";
        /// Income covers principal and interest.
        Balance = "balance", "项目融资收益平衡", "The project balances";
        /// Not bought back twice.
        BuyBack = "buy_back", "不得反复回购", "No repeated buy-back";
    }
}

/// A rule; what its fields mean stands in `data/land-bonds.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it checks.
    pub check: Check,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// The last day of supply (`supplied_by`).
    #[serde(default)]
    pub day: Option<Date>,
    /// How many times income must cover principal and interest (`balance`).
    #[serde(default)]
    pub cover: Option<Fixed>,
    /// Article, Chinese.
    pub article_zh: String,
    /// Article, English.
    pub article_en: String,
    /// What cures it, Chinese.
    pub cure_zh: String,
    /// What cures it, English.
    pub cure_en: String,
    /// Whether the text is still to be compared (待核).
    #[serde(default)]
    pub confirm: bool,
}

/// Bonds, and what must be found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// The bonds.
    #[serde(rename = "bond")]
    pub bonds: Vec<Bond>,
    /// The checks that find a fault.
    pub faults: BTreeSet<Check>,
    /// Interest of all bonds over their terms, yuan.
    #[serde(default)]
    pub interest: Option<i64>,
}

/// The rules of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BondRules {
    /// Id and version.
    pub id: String,
    /// Where they come from.
    pub source: String,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// The examples they are held to.
    #[serde(rename = "example", default)]
    pub examples: Vec<Example>,
}

impl BondRules {
    /// The rules that come with the program.
    #[must_use]
    pub fn built_in() -> &'static BondRules {
        static SET: OnceLock<BondRules> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        SET.get_or_init(|| {
            BondRules::parse(include_str!("../../../data/land-bonds.toml")).expect("data/land-bonds.toml")
        })
    }

    /// Reads rules and holds them to their examples.
    ///
    /// # Errors
    /// The rule or example of the first fault, and the fault.
    pub fn parse(text: &str) -> Result<BondRules, String> {
        let set: BondRules = toml::from_str(text).map_err(|e| e.to_string())?;
        if set.rules.is_empty() || set.rules.len() > limits::LAND_RULES {
            return Err(format!("there must be 1 to {} rules", limits::LAND_RULES));
        }
        for rule in &set.rules {
            rule.check().map_err(|why| format!("rule `{}` from {}: {why}", rule.check, rule.from))?;
        }
        for example in &set.examples {
            set.hold_to(example).map_err(|why| format!("example “{}”: {why}", example.of))?;
        }
        Ok(set)
    }

    fn hold_to(&self, example: &Example) -> Result<(), String> {
        let found: BTreeSet<Check> = check(self, &example.bonds).iter().map(|f| f.rule.check).collect();
        if found != example.faults {
            return Err(format!("the faults are {found:?}"));
        }
        let interest: i64 = example.bonds.iter().flat_map(schedule).map(|p| p.interest).sum();
        match example.interest {
            Some(expected) if expected != interest => Err(format!("the interest is {interest}")),
            _ => Ok(()),
        }
    }

    /// The rule of a check on `day`; of two the later.
    #[must_use]
    pub fn on(&self, check: Check, day: Date) -> Option<&Rule> {
        let holds = |r: &&Rule| r.check == check && r.from <= day && r.to.is_none_or(|to| day <= to);
        self.rules.iter().filter(holds).max_by_key(|r| r.from)
    }
}

impl Rule {
    fn check(&self) -> Result<(), &'static str> {
        let texts = [&self.article_zh, &self.article_en, &self.cure_zh, &self.cure_en];
        if texts.into_iter().any(|t| t.trim().is_empty()) {
            return Err("article and cure must not be empty");
        }
        if self.to.is_some_and(|to| to < self.from) {
            return Err("`to` is before `from`");
        }
        if self.day.is_some() != (self.check == Check::SuppliedBy) {
            return Err("`day` belongs to supplied_by, and to nothing else");
        }
        if self.cover.is_some() != (self.check == Check::Balance) {
            return Err("`cover` belongs to balance, and to nothing else");
        }
        if self.cover.is_some_and(|cover| cover <= Fixed::ZERO) {
            return Err("`cover` must be above 0");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_hold_their_own_examples() {
        let set = BondRules::built_in();
        for check in Check::ALL {
            assert!(set.examples.iter().any(|e| e.faults.contains(check)), "no example breaks `{check}`");
        }
    }

    #[test]
    fn a_faulty_file_names_its_rule_and_the_fault() {
        let text = include_str!("../../../data/land-bonds.toml");
        let faulty = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            BondRules::parse(&text.replacen(from, to, 1)).unwrap_err()
        };
        assert!(faulty("cover = \"1\"", "").contains("`balance` from 2025-03-04: `cover`"));
        assert!(faulty("cover = \"1\"", "cover = \"1.2\"").contains("3.5 亿元"));
        assert!(faulty("day = \"2024-11-07\"", "day = \"2024-11-06\"").contains("当天供应"));
        assert!(faulty("interest = 80850000", "interest = 80850001").contains("the interest is 80850000"));
        assert!(faulty("check = \"agency\"", "check = \"agent\"").contains("agent"));
    }
}
