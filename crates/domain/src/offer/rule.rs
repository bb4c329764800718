//! The fair-competition rules as data, and the check of a line against those in force on a day.

use super::{Condition, Exception, Ground, Line, LineKind, Verdict};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// A rule; what its fields mean stands in `data/fair-competition.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable word.
    pub id: String,
    /// What it says of a line.
    pub verdict: Verdict,
    /// Kinds of lines it speaks of; empty for all.
    #[serde(default)]
    pub kinds: BTreeSet<LineKind>,
    /// Speaks only where one of these stands; empty for always.
    #[serde(default)]
    pub any: BTreeSet<Condition>,
    /// Speaks no more where all of these are shown; empty for never.
    #[serde(default)]
    pub unless: BTreeSet<Ground>,
    /// What a pass needs.
    #[serde(default)]
    pub needs: BTreeSet<Ground>,
    /// Whether a pass needs an objective condition.
    #[serde(default)]
    pub objective: bool,
    /// Whether it must go to the market-supervision authority.
    #[serde(default)]
    pub hold: bool,
    /// Whether Article 12 may turn it into a review.
    #[serde(default)]
    pub exception: bool,
    /// Whether the text is still to be compared (待核).
    #[serde(default)]
    pub confirm: bool,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// Article, Chinese.
    pub article_zh: String,
    /// Article, English.
    pub article_en: String,
    /// Why, Chinese.
    pub zh: String,
    /// Why, English.
    pub en: String,
    /// What would make it lawful, Chinese.
    pub cure_zh: String,
    /// What would make it lawful, English.
    pub cure_en: String,
}

/// A line that the rules must judge so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// The day of the check.
    pub day: Date,
    /// Kind of the line.
    pub kind: LineKind,
    /// Its conditions.
    #[serde(default)]
    pub conditions: BTreeSet<Condition>,
    /// What is shown.
    #[serde(default)]
    pub grounds: BTreeSet<Ground>,
    /// What must come out.
    pub verdict: Verdict,
    /// The rule that must speak.
    #[serde(default)]
    pub rule: Option<String>,
}

/// The rules of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Id and version; an opinion names it.
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

/// What one rule says of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it says here: an exception, or a ground that is missing, may have made it a review.
    pub verdict: Verdict,
    /// Grounds that a pass still needs.
    pub missing: Vec<Ground>,
    /// Whether an objective condition is missing for a pass.
    pub no_objective: bool,
    /// What is missing of the exception that was claimed; `None` where none counts here.
    pub exception: Option<Vec<(&'static str, &'static str)>>,
}

/// What all rules together say of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// The strictest; [`Verdict::Review`] where no rule speaks.
    pub verdict: Verdict,
    /// Whether it must go to the market-supervision authority.
    pub hold: bool,
    /// What each rule says, the strictest first, then by id.
    pub findings: Vec<Finding<'a>>,
}

impl RuleSet {
    /// The rules that come with the program.
    ///
    /// # Panics
    /// Never: a test reads the file.
    #[must_use]
    pub fn built_in() -> &'static RuleSet {
        static SET: OnceLock<RuleSet> = OnceLock::new();
        SET.get_or_init(|| {
            RuleSet::parse(include_str!("../../data/fair-competition.toml")).expect("checked by a test")
        })
    }

    /// Reads a rule set and holds it to its own examples.
    ///
    /// # Errors
    /// The place and rule of the first fault: unknown words, a rule twice, days in the wrong order, fields that do not go together,
    /// an example that comes out otherwise.
    pub fn parse(text: &str) -> Result<RuleSet, String> {
        let set: RuleSet = toml::from_str(text).map_err(|e| e.to_string())?;
        if set.id.trim().is_empty() || set.source.trim().is_empty() {
            return Err("id and source must not be empty".into());
        }
        if set.rules.is_empty() || set.rules.len() > crate::limits::OFFER_RULES {
            return Err(format!("a rule set holds 1 to {} rules", crate::limits::OFFER_RULES));
        }
        let mut seen = BTreeSet::new();
        for rule in &set.rules {
            rule.check().map_err(|why| format!("rule `{}`: {why}", rule.id))?;
            if !seen.insert(&rule.id) {
                return Err(format!("rule `{}` stands twice", rule.id));
            }
        }
        for example in &set.examples {
            set.hold_to(example)?;
        }
        Ok(set)
    }

    fn hold_to(&self, example: &Example) -> Result<(), String> {
        let line = example.line();
        let judged = self.judge(&line, example.day);
        let spoke = |id: &String| judged.findings.iter().any(|f| f.rule.id == *id);
        if judged.verdict != example.verdict {
            let (of, got, want) = (&example.of, judged.verdict.as_str(), example.verdict.as_str());
            return Err(format!("example “{of}”: the rules say {got}, it expects {want}"));
        }
        match &example.rule {
            Some(id) if !spoke(id) => Err(format!("example “{}”: rule `{id}` does not speak", example.of)),
            _ => Ok(()),
        }
    }

    /// What the rules in force on `day` say of a line. Neither the order of rules nor of conditions matters.
    #[must_use]
    pub fn judge<'a>(&'a self, line: &Line, day: Date) -> Judged<'a> {
        let in_force = self.rules.iter().filter(|r| r.in_force(day));
        let mut findings: Vec<Finding<'a>> = in_force.filter_map(|r| r.speak(line)).collect();
        findings.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.rule.id.cmp(&b.rule.id)));
        let verdict = findings.first().map_or(Verdict::Review, |f| f.verdict);
        let hold = verdict != Verdict::Forbid && findings.iter().any(|f| f.rule.hold);
        Judged { verdict, hold, findings }
    }
}

impl Example {
    /// The line it describes.
    #[must_use]
    pub fn line(&self) -> Line {
        Line {
            kind: self.kind,
            conditions: self.conditions.clone(),
            grounds: self.grounds.clone(),
            exception: None,
        }
    }
}

impl Rule {
    /// Whether it counts on `day`.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    fn check(&self) -> Result<(), &'static str> {
        let texts =
            [&self.id, &self.article_zh, &self.article_en, &self.zh, &self.en, &self.cure_zh, &self.cure_en];
        if texts.into_iter().any(|t| t.trim().is_empty()) {
            return Err("id, article, reason and cure must not be empty");
        }
        if self.to.is_some_and(|to| to < self.from) {
            return Err("`to` is before `from`");
        }
        let passes = self.verdict == Verdict::Pass;
        if !passes && (self.objective || !self.needs.is_empty()) {
            return Err("`needs` and `objective` belong to a pass");
        }
        if passes && (self.kinds.is_empty() || self.hold || self.exception || !self.unless.is_empty()) {
            return Err("a pass names its kinds, and has no `hold`, `exception` or `unless`");
        }
        if self.exception && self.verdict != Verdict::Forbid {
            return Err("`exception` belongs to a forbid");
        }
        if !passes && self.kinds.is_empty() && self.any.is_empty() {
            return Err("it would speak of every line: name kinds or conditions");
        }
        Ok(())
    }

    fn speak(&self, line: &Line) -> Option<Finding<'_>> {
        let concerns = self.kinds.is_empty() || self.kinds.contains(&line.kind);
        let stands = self.any.is_empty() || !self.any.is_disjoint(&line.conditions);
        let excused = !self.unless.is_empty() && self.unless.is_subset(&line.grounds);
        if !concerns || !stands || excused {
            return None;
        }
        let missing: Vec<Ground> = self.needs.difference(&line.grounds).copied().collect();
        let no_objective = self.objective && !line.conditions.iter().any(|c| c.objective());
        let exception = line.exception.as_ref().filter(|_| self.exception).map(Exception::missing);
        let verdict = match self.verdict {
            Verdict::Pass if !missing.is_empty() || no_objective => Verdict::Review,
            Verdict::Forbid if exception.as_ref().is_some_and(Vec::is_empty) => Verdict::Review,
            as_it_says => as_it_says,
        };
        Some(Finding { rule: self, verdict, missing, no_objective, exception })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn line(kind: LineKind, conditions: &[Condition], grounds: &[Ground]) -> Line {
        Line {
            kind,
            conditions: conditions.iter().copied().collect(),
            grounds: grounds.iter().copied().collect(),
            exception: None,
        }
    }

    #[test]
    fn the_built_in_rules_hold_their_own_examples() {
        let set = RuleSet::built_in();
        assert!(set.examples.len() >= 18);
        for rule in &set.rules {
            let named = set.examples.iter().any(|e| e.rule.as_ref() == Some(&rule.id));
            assert!(named || rule.id == "service", "no example names `{}`", rule.id);
        }
        assert_eq!(set.judge(&line(LineKind::Service, &[], &[]), date(2025, 6, 1)).verdict, Verdict::Pass);
    }

    #[test]
    fn a_faulty_rule_set_names_the_rule_and_the_fault() {
        let text = include_str!("../../data/fair-competition.toml");
        let faulty = |from: &str, to: &str| RuleSet::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(faulty("id = \"fees\"", "id = \"land-price\"").contains("`land-price` stands twice"));
        assert!(faulty("kinds = [\"tax_share\"]", "kinds = [\"tax\"]").contains("tax"));
        assert!(faulty("to = \"2025-04-19\"", "to = \"2024-04-19\"").contains("`to` is before `from`"));
        assert!(
            faulty(
                "verdict = \"forbid\"\nkinds = [\"tax_share\"]",
                "verdict = \"review\"\nkinds = [\"tax_share\"]"
            )
            .contains("the rules say review")
        );
        assert!(faulty("kinds = [\"service\"]", "").contains("a pass names its kinds"));
    }

    #[test]
    fn article_twelve_needs_its_term_and_its_alternative_and_never_passes_by_itself() {
        let (set, day) = (RuleSet::built_in(), date(2026, 1, 5));
        let mut line = line(LineKind::LandDiscount, &[], &[]);
        line.exception = Some(Exception { ground: "科技自立自强".into(), ..Exception::default() });
        let judged = set.judge(&line, day);
        assert_eq!(judged.verdict, Verdict::Forbid);
        assert_eq!(judged.findings[0].exception.as_ref().map(Vec::len), Some(2));
        line.exception = Some(Exception {
            ground: "科技自立自强".into(),
            alternative: "先租后让，租期内不足以回收设备投入".into(),
            until: Some(date(2027, 12, 31)),
            ends_when: String::new(),
        });
        assert_eq!(set.judge(&line, day).verdict, Verdict::Review);
        line.kind = LineKind::TaxShare;
        assert_eq!(
            set.judge(&line, day).verdict,
            Verdict::Forbid,
            "a tax favour needs a law, not an exception"
        );
    }

    #[test]
    fn one_named_company_stops_for_the_authority() {
        let (set, day) = (RuleSet::built_in(), date(2026, 1, 5));
        let named = line(LineKind::Award, &[Condition::NamedBeneficiary, Condition::Jobs], &[Ground::Budget]);
        let judged = set.judge(&named, day);
        assert!(judged.hold && judged.verdict == Verdict::Review);
        assert!(judged.findings.iter().any(|f| f.missing == [Ground::PublishedPolicy]));
    }

    fn any_line() -> impl Strategy<Value = Line> {
        let sub = |n: usize| proptest::collection::vec(0..n, 0..5);
        (0..LineKind::ALL.len(), sub(Condition::ALL.len()), sub(Ground::ALL.len())).prop_map(|(k, c, g)| {
            let conditions: Vec<Condition> = c.into_iter().map(|i| Condition::ALL[i]).collect();
            let grounds: Vec<Ground> = g.into_iter().map(|i| Ground::ALL[i]).collect();
            line(LineKind::ALL[k], &conditions, &grounds)
        })
    }

    proptest! {
        #[test]
        fn a_condition_that_is_not_objective_never_makes_a_line_better(line in any_line(), c in 0..Condition::ALL.len()) {
            let (set, day, added) = (RuleSet::built_in(), date(2026, 1, 5), Condition::ALL[c]);
            prop_assume!(!added.objective());
            let mut worse = line.clone();
            worse.conditions.insert(added);
            prop_assert!(set.judge(&worse, day).verdict >= set.judge(&line, day).verdict);
        }

        #[test]
        fn showing_more_never_makes_a_line_worse_but_for_a_review_where_nothing_spoke(line in any_line(), g in 0..Ground::ALL.len()) {
            let (set, day) = (RuleSet::built_in(), date(2026, 1, 5));
            let mut better = line.clone();
            better.grounds.insert(Ground::ALL[g]);
            prop_assert!(set.judge(&better, day).verdict <= set.judge(&line, day).verdict);
        }

        #[test]
        fn the_order_of_rules_does_not_matter(line in any_line(), turn in 0usize..12) {
            let (set, day) = (RuleSet::built_in(), date(2026, 1, 5));
            let mut turned = set.clone();
            turned.rules.rotate_left(turn % set.rules.len());
            prop_assert_eq!(format!("{:?}", set.judge(&line, day)), format!("{:?}", turned.judge(&line, day)));
        }
    }
}
