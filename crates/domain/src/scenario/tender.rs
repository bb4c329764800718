//! Whether the law wants a purchase tendered: thresholds as data (`data/tender.toml`), the strictest rule that speaks counts.
//!
//! Sources: 必须招标的工程项目规定 (国家发展改革委令第16号) Articles 2 and 5 for what belongs to construction projects; for other purchases of budget
//! money the province's standards under 政府采购法, which the file marks as to be confirmed. Thresholds are inclusive (以上含本数).

use crate::limits;
use crate::scenario::{Bought, Funding};
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::OnceLock;

words! {
    /// What the law asks of a purchase; later is stricter.
    Tender "no answer about a tender" {
        /// No rule in the file speaks.
        Free = "free", "法律未要求招标", "The law asks for no tender";
        /// A procedure of government procurement that compares.
        Compare = "compare", "须按政府采购方式竞争", "To be compared under government procurement";
        /// A rule might speak, but an amount is missing.
        Unknown = "unknown", "金额待补充，无法判断", "Amounts are missing";
        /// A tender.
        Required = "required", "必须招标", "Must be tendered";
    }
}

/// A purchase as the rules ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// What is bought.
    pub bought: Bought,
    /// Whether it belongs to a construction project (与工程建设有关).
    pub construction: bool,
    /// Whose money pays.
    pub funding: Funding,
    /// Estimated price of the contract, whole yuan; what can be bought together counts together (Article 5, second paragraph).
    pub yuan: Option<i64>,
    /// Budget money in the whole project, whole yuan.
    pub funds: Option<i64>,
    /// Total of the whole project, whole yuan.
    pub total: Option<i64>,
}

/// A rule; what its fields mean stands in `data/tender.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable word.
    pub id: String,
    /// What it asks for.
    pub says: Tender,
    /// What is bought.
    pub bought: Bought,
    /// Whether it speaks of construction projects only, or of everything else only.
    #[serde(default)]
    pub construction: Option<bool>,
    /// Whose money.
    pub funding: Funding,
    /// Yuan of the contract, inclusive.
    pub at_least: i64,
    /// Yuan of budget money in the project, inclusive.
    #[serde(default)]
    pub funds_at_least: Option<i64>,
    /// Per mille of budget money in the project, inclusive.
    #[serde(default)]
    pub share_at_least: Option<i64>,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// Whether the text is still to be compared (待核).
    #[serde(default)]
    pub confirm: bool,
    /// Article, Chinese.
    pub article_zh: String,
    /// Article, English.
    pub article_en: String,
    /// What it says, Chinese.
    pub zh: String,
    /// What it says, English.
    pub en: String,
}

/// A purchase that the rules must judge so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// The day.
    pub day: Date,
    /// What is bought.
    pub bought: Bought,
    /// Whether it belongs to a construction project.
    pub construction: bool,
    /// Whose money.
    pub funding: Funding,
    /// Price of the contract.
    #[serde(default)]
    pub yuan: Option<i64>,
    /// Budget money in the project.
    #[serde(default)]
    pub funds: Option<i64>,
    /// Total of the project.
    #[serde(default)]
    pub total: Option<i64>,
    /// What must come out.
    pub says: Tender,
    /// The rule that must speak.
    #[serde(default)]
    pub rule: Option<String>,
}

/// The rules of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Id and version.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// The examples it is held to.
    #[serde(rename = "example", default)]
    pub examples: Vec<Example>,
}

/// What the rules say of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// The strictest.
    pub tender: Tender,
    /// The rules that say so, by id; empty for [`Tender::Free`].
    pub rules: Vec<&'a Rule>,
}

impl RuleSet {
    /// The rules that come with the program.
    #[must_use]
    pub fn built_in() -> &'static RuleSet {
        static SET: OnceLock<RuleSet> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        SET.get_or_init(|| RuleSet::parse(include_str!("../../data/tender.toml")).expect("data/tender.toml"))
    }

    /// Reads a rule set and holds it to its own examples.
    ///
    /// # Errors
    /// The first fault: an unknown word, a rule twice, days in the wrong order, an amount below 1, an example that comes out otherwise.
    pub fn parse(text: &str) -> Result<RuleSet, String> {
        let set: RuleSet = toml::from_str(text).map_err(|e| e.to_string())?;
        if set.rules.len() > limits::TENDER_RULES {
            return Err(format!("a rule set holds at most {} rules", limits::TENDER_RULES));
        }
        let mut seen = BTreeSet::new();
        for rule in &set.rules {
            rule.check().map_err(|why| format!("rule `{}`: {why}", rule.id))?;
            if !seen.insert(&rule.id) {
                return Err(format!("rule `{}` stands twice", rule.id));
            }
        }
        for example in &set.examples {
            let judged = set.judge(&example.purchase(), example.day);
            if judged.tender != example.says {
                let (of, got, want) = (&example.of, judged.tender, example.says);
                return Err(format!("example “{of}”: the rules say {got}, it expects {want}"));
            }
            if let Some(id) = example.rule.as_ref().filter(|id| judged.rules.iter().all(|r| r.id != **id)) {
                return Err(format!("example “{}”: rule `{id}` does not speak", example.of));
            }
        }
        Ok(set)
    }

    /// What the rules in force on `day` say of a purchase. The order of rules does not matter.
    #[must_use]
    pub fn judge(&self, purchase: &Purchase, day: Date) -> Judged<'_> {
        let mut spoken: Vec<(Tender, &Rule)> = self
            .rules
            .iter()
            .filter(|r| r.from <= day && r.to.is_none_or(|to| day <= to))
            .map(|r| (r.speak(purchase), r))
            .filter(|(tender, _)| *tender != Tender::Free)
            .collect();
        spoken.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        let tender = spoken.first().map_or(Tender::Free, |s| s.0);
        let rules = spoken.into_iter().take_while(|s| s.0 == tender).map(|s| s.1).collect();
        Judged { tender, rules }
    }
}

impl Rule {
    fn speak(&self, p: &Purchase) -> Tender {
        let concerns = self.bought == p.bought
            && self.funding == p.funding
            && self.construction.is_none_or(|c| c == p.construction);
        if !concerns {
            return Tender::Free;
        }
        let reaches = |have: Option<i64>, need: i64| have.map(|have| have >= need);
        let share = |need: i64| {
            let (funds, total) = (p.funds?, p.total?);
            Some(i128::from(funds) * 1_000 >= i128::from(need) * i128::from(total))
        };
        let asked = [
            reaches(p.yuan, self.at_least),
            self.funds_at_least.map_or(Some(true), |need| reaches(p.funds, need)),
            self.share_at_least.map_or(Some(true), share),
        ];
        if asked.contains(&Some(false)) {
            Tender::Free
        } else if asked.contains(&None) {
            Tender::Unknown
        } else {
            self.says
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        let texts = [&self.id, &self.article_zh, &self.article_en, &self.zh, &self.en];
        if texts.into_iter().any(|t| t.trim().is_empty()) {
            return Err("id, article and text must not be empty");
        }
        if !matches!(self.says, Tender::Required | Tender::Compare) {
            return Err("`says` is required or compare");
        }
        if self.to.is_some_and(|to| to < self.from) {
            return Err("`to` is before `from`");
        }
        if [Some(self.at_least), self.funds_at_least].into_iter().flatten().any(|a| a < 1) {
            return Err("amounts must be at least 1");
        }
        if self.share_at_least.is_some_and(|s| !(1..=1_000).contains(&s)) {
            return Err("`share_at_least` lies between 1 and 1000 per mille");
        }
        Ok(())
    }
}

impl Example {
    /// The purchase it describes.
    #[must_use]
    pub fn purchase(&self) -> Purchase {
        Purchase {
            bought: self.bought,
            construction: self.construction,
            funding: self.funding,
            yuan: self.yuan,
            funds: self.funds,
            total: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn every_rule_has_an_example_and_local_ones_are_to_be_confirmed() {
        let set = RuleSet::built_in();
        for rule in &set.rules {
            let named = set.examples.iter().any(|e| e.rule.as_ref() == Some(&rule.id));
            assert!(named, "no example names `{}`", rule.id);
            assert_eq!(rule.confirm, rule.id.starts_with("procurement"), "{}", rule.id);
        }
    }

    #[test]
    fn a_faulty_file_names_the_rule_and_the_fault() {
        let text = include_str!("../../data/tender.toml");
        let faulty = |from: &str, to: &str| RuleSet::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(
            faulty("id = \"goods-state\"", "id = \"works-state\"").contains("`works-state` stands twice")
        );
        assert!(faulty("at_least = 4_000_000", "at_least = 0").contains("at least 1"));
        assert!(faulty("says = \"required\"", "says = \"free\"").contains("`says` is"));
        assert!(faulty("share_at_least = 100", "share_at_least = 1001").contains("per mille"));
        assert!(faulty("at_least = 300_000", "at_least = 600_000").contains("the rules say free"));
    }

    proptest! {
        #[test]
        fn a_larger_contract_is_never_asked_for_less(
            bought in 0..3usize, funding in 0..3usize, construction in any::<bool>(), yuan in 0i64..6_000_000, more in 0i64..6_000_000,
            funds in prop::option::of(0i64..5_000_000), total in prop::option::of(0i64..50_000_000)
        ) {
            let (set, day) = (RuleSet::built_in(), date(2026, 1, 5));
            let p = Purchase { bought: Bought::ALL[bought], construction, funding: Funding::ALL[funding], yuan: Some(yuan), funds, total };
            let larger = Purchase { yuan: Some(yuan + more), ..p };
            prop_assert!(set.judge(&larger, day).tender >= set.judge(&p, day).tender);
            let mut turned = set.clone();
            turned.rules.reverse();
            prop_assert_eq!(set.judge(&p, day), turned.judge(&p, day));
        }
    }
}
