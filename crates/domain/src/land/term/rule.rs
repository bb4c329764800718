//! The rules on terms and idle land as data.

use super::Mode;
use super::idle::{Excluded, Ground, Step, Work};
use crate::limits;
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::OnceLock;

/// The longest term and when renewal is applied for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermRule {
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// Longest term, years.
    pub most_years: u16,
    /// Renewal is applied for at least so many years before the end.
    pub renewal_years: u16,
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

/// What one mode of supply allows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeRule {
    /// The mode.
    pub mode: Mode,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// Longest term in all, years.
    pub most_years: u16,
    /// Longest lease in it, years.
    pub most_lease_years: u16,
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

/// When land is idle, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdleRule {
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// Years without a start after which the fee is due.
    pub fee_after_years: u16,
    /// The most it may be, per cent of the price of the land.
    pub fee_per_cent: u8,
    /// Years without a start after which the land may be recovered without payment.
    pub recovery_after_years: u16,
    /// Years for which work has stopped.
    pub stopped_years: u16,
    /// Less than this fraction of the land begun.
    pub least_area: (u32, u32),
    /// Less than this fraction of the money spent.
    pub least_investment: (u32, u32),
    /// Days before a step on which a reminder goes out.
    pub reminder_days: Vec<u16>,
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

/// The days that a clock must give.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// The agreed start.
    pub agreed_start: Date,
    /// Periods that do not count.
    #[serde(default)]
    pub excluded: Vec<Excluded>,
    /// When the fee falls due.
    pub fee_on: Date,
    /// When the land may be recovered.
    pub recovery_on: Date,
}

/// The rules of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermRules {
    /// Id and version.
    pub id: String,
    /// Where they come from.
    pub source: String,
    /// Longest terms.
    #[serde(rename = "term")]
    pub terms: Vec<TermRule>,
    /// Modes of supply.
    #[serde(rename = "mode")]
    pub modes: Vec<ModeRule>,
    /// Idle land.
    #[serde(rename = "idle")]
    pub idles: Vec<IdleRule>,
    /// The examples they are held to.
    #[serde(rename = "example", default)]
    pub examples: Vec<Example>,
}

impl TermRules {
    /// The rules that come with the program.
    #[must_use]
    pub fn built_in() -> &'static TermRules {
        static SET: OnceLock<TermRules> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        SET.get_or_init(|| {
            TermRules::parse(include_str!("../../../data/land-terms.toml")).expect("data/land-terms.toml")
        })
    }

    /// Reads rules and holds them to their examples.
    ///
    /// # Errors
    /// The rule or example of the first fault, and the fault.
    pub fn parse(text: &str) -> Result<TermRules, String> {
        let set: TermRules = toml::from_str(text).map_err(|e| e.to_string())?;
        if set.terms.len() + set.modes.len() + set.idles.len() > limits::LAND_RULES {
            return Err(format!("there must be at most {} rules", limits::LAND_RULES));
        }
        for (name, from, to, texts) in set.rows() {
            if to.is_some_and(|to| to < from) {
                return Err(format!("{name} from {from}: `to` is before `from`"));
            }
            if texts.iter().any(|text| text.trim().is_empty()) {
                return Err(format!("{name} from {from}: article and source must not be empty"));
            }
        }
        for rule in &set.modes {
            if rule.most_years == 0 || rule.most_lease_years > rule.most_years {
                return Err(format!("mode {}: years above 0, the lease within them", rule.mode));
            }
        }
        for rule in &set.idles {
            rule.check().map_err(|why| format!("idle from {}: {why}", rule.from))?;
        }
        for example in &set.examples {
            set.hold_to(example).map_err(|why| format!("example “{}”: {why}", example.of))?;
        }
        Ok(set)
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, Date, Option<Date>, [&String; 3])> {
        let terms =
            self.terms.iter().map(|r| ("term", r.from, r.to, [&r.article_zh, &r.article_en, &r.source]));
        let modes =
            self.modes.iter().map(|r| ("mode", r.from, r.to, [&r.article_zh, &r.article_en, &r.source]));
        let idles =
            self.idles.iter().map(|r| ("idle", r.from, r.to, [&r.article_zh, &r.article_en, &r.source]));
        terms.chain(modes).chain(idles)
    }

    fn hold_to(&self, example: &Example) -> Result<(), String> {
        let rule = self.idle(example.agreed_start).ok_or("no rule on idle land holds on that day")?;
        let ground = Ground {
            agreed_start: example.agreed_start,
            work: Work::NotStarted,
            excluded: example.excluded.clone(),
            price: 0,
        };
        let clock = ground.clock(rule, example.recovery_on);
        let on = |step| clock.steps.iter().find(|(s, _)| *s == step).map(|(_, day)| *day);
        let got = (on(Step::Fee), on(Step::Recovery));
        if got == (Some(example.fee_on), Some(example.recovery_on)) {
            return Ok(());
        }
        Err(format!("the clock says {got:?}"))
    }

    /// The rule on the longest term on `day`.
    #[must_use]
    pub fn term(&self, day: Date) -> Option<&TermRule> {
        self.terms.iter().filter(|r| holds(r.from, r.to, day)).max_by_key(|r| r.from)
    }

    /// The rule on a mode on `day`; `None` where it is not allowed.
    #[must_use]
    pub fn mode(&self, mode: Mode, day: Date) -> Option<&ModeRule> {
        self.modes.iter().filter(|r| r.mode == mode && holds(r.from, r.to, day)).max_by_key(|r| r.from)
    }

    /// The rule on idle land on `day`.
    #[must_use]
    pub fn idle(&self, day: Date) -> Option<&IdleRule> {
        self.idles.iter().filter(|r| holds(r.from, r.to, day)).max_by_key(|r| r.from)
    }
}

impl IdleRule {
    fn check(&self) -> Result<(), &'static str> {
        if self.fee_after_years == 0 || self.recovery_after_years <= self.fee_after_years {
            return Err("the fee comes after at least a year, recovery after the fee");
        }
        if self.fee_per_cent > 100 || self.stopped_years == 0 {
            return Err("the fee is at most 100 per cent, work stops for at least a year");
        }
        let fraction = |f: (u32, u32)| f.1 > 0 && f.0 <= f.1;
        if !fraction(self.least_area) || !fraction(self.least_investment) {
            return Err("fractions are written [1, 3] and lie within 0 and 1");
        }
        Ok(())
    }
}

fn holds(from: Date, to: Option<Date>, day: Date) -> bool {
    from <= day && to.is_none_or(|to| day <= to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_hold_their_own_examples() {
        assert_eq!(TermRules::built_in().examples.len(), 3);
    }

    #[test]
    fn a_faulty_file_names_its_fault() {
        let text = include_str!("../../../data/land-terms.toml");
        let faulty = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            TermRules::parse(&text.replacen(from, to, 1)).unwrap_err()
        };
        assert!(faulty("recovery_after_years = 2", "recovery_after_years = 1").contains("recovery after"));
        assert!(faulty("fee_on = \"2025-04-30\"", "fee_on = \"2025-05-01\"").contains("政府原因"));
        assert!(faulty("least_area = [1, 3]", "least_area = [3, 1]").contains("fractions"));
        assert!(faulty("most_lease_years = 20", "most_lease_years = 21").contains("long_lease"));
        assert!(faulty("mode = \"flexible\"", "mode = \"other\"").contains("other"));
    }
}
