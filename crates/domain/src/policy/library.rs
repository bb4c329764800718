//! A library of policies: rule data with its source, its days in force and the examples it is held to.

use super::expr::{Expr, Fault};
use super::facts::{Facts, Given};
use super::field::FieldId;
use super::matching::Verdict;
use super::number::Rounding;
use crate::limits;
use crate::offer::{Condition, Ground, Line, LineKind};
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

words! {
    /// How a company comes to it (免申即享 where scope, standard and data are complete).
    Delivery "no way of delivery" {
        /// 免申即享.
        Automatic = "automatic", "免申即享", "without application";
        /// 快申快享.
        Fast = "fast", "快申快享", "by short application";
        /// 申报.
        Apply = "apply", "申报", "by application";
    }
}

words! {
    /// How policies of one group stand to each other.
    Stacking "no rule of stacking" {
        /// 从高不重复.
        Largest = "largest", "从高不重复", "the largest only";
        /// 互斥，排在前面的优先: the first in the library that applies bars the rest, whatever they give.
        Exclusive = "exclusive", "互斥，排前优先", "the first listed only";
        /// 合计不超过上限.
        Sum = "sum", "合计不超过上限", "all, up to a cap";
    }
}

/// Policies of which a company may not have everything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Stable word.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// How they stand to each other.
    pub rule: Stacking,
    /// The most that all of them together give one company, yuan; with [`Stacking::Sum`] only.
    #[serde(default)]
    pub cap: Option<i64>,
}

/// One condition of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Stable word within the policy.
    pub id: String,
    /// As the document has it, Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// The condition.
    #[serde(deserialize_with = "condition")]
    pub when: Expr,
    /// Whether a company that fails it cannot make up for it (its industry, bad credit): then it is not almost there.
    #[serde(default)]
    pub hard: bool,
}

/// What a policy gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Always the same, yuan.
    Fixed(i64),
    /// By a formula, yuan; what is below one yuan is left out.
    Formula(Expr),
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Stable word.
    pub id: String,
    /// Title, Chinese.
    pub zh: String,
    /// Title, English.
    pub en: String,
    /// Number of the document (文号).
    pub document: String,
    /// Who issued it.
    pub issuer: String,
    /// Where it can be read.
    #[serde(default)]
    pub source: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// How a company comes to it.
    pub delivery: Delivery,
    /// All of them must hold.
    #[serde(rename = "clause")]
    pub clauses: Vec<Clause>,
    /// Clauses that may fail while a company still counts as almost there.
    #[serde(default = "one")]
    pub near: usize,
    /// What it gives.
    #[serde(deserialize_with = "amount")]
    pub amount: Amount,
    /// The most it gives one company, yuan.
    #[serde(default)]
    pub cap: Option<i64>,
    /// What is set aside for it, yuan a year.
    #[serde(default)]
    pub budget: Option<i64>,
    /// Months over which it is paid or holds; 0 for once.
    #[serde(default)]
    pub term_months: u32,
    /// The group it stacks in.
    #[serde(default)]
    pub group: Option<String>,
    /// Whether it is still to be compared with the document (待核).
    #[serde(default)]
    pub confirm: bool,
    /// The examples it is held to.
    #[serde(rename = "example", default)]
    pub examples: Vec<Example>,
}

/// A company that the policy must judge so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is about.
    pub of: String,
    /// The day.
    pub day: Date,
    /// What is known, by the two words of a field: `given.company.employees = 20`.
    #[serde(default)]
    pub given: BTreeMap<String, BTreeMap<String, Given>>,
    /// What must come out.
    pub expect: Verdict,
    /// The amount that must come out, yuan; `None` where none can be said.
    #[serde(default)]
    pub amount: Option<i64>,
    /// Exactly the clauses that must fail or be unknown.
    #[serde(default)]
    pub open: BTreeSet<String>,
}

/// The policies of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Id and version; a match names it.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// The most that all policies together give one company, yuan; after the rules of the groups.
    #[serde(default)]
    pub cap: Option<i64>,
    /// Groups of policies that stack.
    #[serde(rename = "group", default)]
    pub groups: Vec<Group>,
    /// The policies.
    #[serde(rename = "policy")]
    pub policies: Vec<Policy>,
}

impl Library {
    /// The sample that comes with the program.
    ///
    /// # Panics
    /// Never: a test reads the file.
    #[must_use]
    pub fn built_in() -> &'static Library {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        LIBRARY.get_or_init(|| {
            Library::parse(include_str!("../../data/policies.toml")).expect("checked by a test")
        })
    }

    /// Reads a library and holds every policy to its own examples.
    ///
    /// # Errors
    /// The place and policy of the first fault: an expression that is wrong, unknown words, a policy twice, days in the wrong order, a
    /// group that is not there, an example that comes out otherwise.
    pub fn parse(text: &str) -> Result<Library, String> {
        let library: Library = toml::from_str(text).map_err(|e| e.to_string())?;
        if library.id.trim().is_empty() || library.source.trim().is_empty() {
            return Err("id and source must not be empty".into());
        }
        if library.cap.is_some_and(|yuan| yuan <= 0) {
            return Err("`cap` must be above 0; leave it out where there is none".into());
        }
        if library.policies.len() > limits::POLICIES {
            return Err(format!("a library holds at most {} policies", limits::POLICIES));
        }
        let mut groups = BTreeSet::new();
        for group in &library.groups {
            group.check().map_err(|why| format!("group `{}`: {why}", group.id))?;
            if !groups.insert(group.id.as_str()) {
                return Err(format!("group `{}` stands twice", group.id));
            }
        }
        let mut seen = BTreeSet::new();
        for policy in &library.policies {
            policy.check(&groups).map_err(|why| format!("policy `{}`: {why}", policy.id))?;
            if !seen.insert(&policy.id) {
                return Err(format!("policy `{}` stands twice", policy.id));
            }
        }
        Ok(library)
    }

    /// The group of a word.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }
}

impl Group {
    fn check(&self) -> Result<(), String> {
        is_id(&self.id)?;
        filled(&[("zh", &self.zh), ("en", &self.en)])?;
        match (self.rule, self.cap) {
            (Stacking::Sum, Some(cap)) if cap > 0 => Ok(()),
            (Stacking::Largest | Stacking::Exclusive, None) => Ok(()),
            (Stacking::Sum, _) => Err("the rule `sum` needs a cap above 0".into()),
            (rule, Some(_)) => Err(format!("the rule `{rule}` has no cap of its own; leave it out")),
        }
    }
}

impl Policy {
    /// Whether it is in force.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// What it gives a company with these facts, whether or not it applies: whole yuan, rounded down, from 0 to the cap. `None` where the
    /// formula cannot be reckoned.
    #[must_use]
    pub fn amount(&self, facts: &Facts, day: Date) -> Option<i64> {
        let yuan = match &self.amount {
            Amount::Fixed(yuan) => *yuan,
            Amount::Formula(formula) => formula.number(facts, day)?.rounded(Rounding::Down)?,
        };
        Some(yuan.clamp(0, self.cap.unwrap_or(i64::MAX).max(0)))
    }

    /// As the line of an offer, for the fair-competition check: what it is conditional on is read off its clauses. A reward that grows
    /// with tax or turnover is a share of tax by the table of that check.
    #[must_use]
    pub fn line(&self) -> Line {
        let asks = |id: FieldId| id.field().condition;
        let read = self.clauses.iter().flat_map(|c| c.when.fields());
        let mut conditions: BTreeSet<Condition> = read.filter_map(asks).collect();
        let mut kind = LineKind::Award;
        if let Amount::Formula(formula) = &self.amount {
            conditions.extend(formula.fields().into_iter().filter_map(asks));
            let by = |id: &FieldId| matches!(asks(*id), Some(Condition::PayTaxHere | Condition::Output));
            if formula.scales_with().iter().any(by) {
                kind = LineKind::TaxShare;
            }
        }
        let mut grounds = BTreeSet::from([Ground::PublishedPolicy]);
        if self.budget.is_some_and(|yuan| yuan > 0) {
            grounds.insert(Ground::Budget);
        }
        Line { kind, conditions, grounds, exception: None }
    }

    fn check(&self, groups: &BTreeSet<&str>) -> Result<(), String> {
        is_id(&self.id)?;
        let texts =
            [("zh", &self.zh), ("en", &self.en), ("document", &self.document), ("issuer", &self.issuer)];
        filled(&texts)?;
        if self.to.is_some_and(|to| to < self.from) {
            return Err("`to` lies before `from`".into());
        }
        if self.clauses.is_empty() || self.clauses.len() > limits::POLICY_CLAUSES {
            return Err(format!("it takes 1 to {} clauses", limits::POLICY_CLAUSES));
        }
        if self.near >= self.clauses.len().max(2) {
            return Err("`near` must be less than the number of clauses".into());
        }
        let fixed = if let Amount::Fixed(yuan) = self.amount { Some(yuan) } else { None };
        for (what, yuan) in [("amount", fixed), ("cap", self.cap), ("budget", self.budget)] {
            if yuan.is_some_and(|yuan| yuan <= 0) {
                return Err(format!("`{what}` must be above 0; leave it out where there is none"));
            }
        }
        if let Some(group) = &self.group
            && !groups.contains(group.as_str())
        {
            return Err(format!("there is no group `{group}`"));
        }
        let mut seen = BTreeSet::new();
        for clause in &self.clauses {
            let fault = |why| format!("clause `{}`: {why}", clause.id);
            is_id(&clause.id).map_err(fault)?;
            filled(&[("zh", &clause.zh), ("en", &clause.en)]).map_err(fault)?;
            if !seen.insert(&clause.id) {
                return Err(fault("stands twice".into()));
            }
        }
        if self.examples.len() > limits::POLICY_EXAMPLES {
            return Err(format!("at most {} examples", limits::POLICY_EXAMPLES));
        }
        self.examples
            .iter()
            .try_for_each(|e| self.hold_to(e).map_err(|why| format!("example “{}”: {why}", e.of)))
    }

    fn hold_to(&self, example: &Example) -> Result<(), String> {
        let facts = example.facts()?;
        let outcome = self.judge(&facts, example.day);
        let open: BTreeSet<String> = outcome.open.iter().map(|o| o.clause.id.clone()).collect();
        if outcome.verdict != example.expect {
            let why: Vec<&str> = outcome.open.iter().map(|o| o.gap.en.as_str()).collect();
            return Err(format!(
                "it comes out as {}, not {} ({})",
                outcome.verdict,
                example.expect,
                why.join("; ")
            ));
        }
        if outcome.amount != example.amount {
            let told = |yuan: Option<i64>| yuan.map_or("none".into(), |yuan| yuan.to_string());
            return Err(format!("the amount is {}, not {}", told(outcome.amount), told(example.amount)));
        }
        if open != example.open {
            return Err(format!("the open clauses are {open:?}, not {:?}", example.open));
        }
        Ok(())
    }
}

impl Example {
    /// What is known.
    ///
    /// # Errors
    /// The field at fault and what to write.
    pub fn facts(&self) -> Result<Facts, String> {
        let words = self.given.iter().flat_map(|(root, below)| {
            below.iter().map(move |(word, value)| (format!("{root}.{word}"), value.clone()))
        });
        Facts::read(&words.collect()).map_err(|(_, en)| en)
    }
}

fn one() -> usize {
    1
}

fn is_id(id: &str) -> Result<(), String> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.is_empty() || id.len() > limits::LINE_CHARS || !id.bytes().all(fits) {
        return Err("write its id in letters a to z, digits and -".into());
    }
    Ok(())
}

fn filled(texts: &[(&str, &String)]) -> Result<(), String> {
    for (what, text) in texts {
        if text.trim().is_empty() || text.chars().count() > limits::POLICY_TEXT_CHARS {
            return Err(format!("`{what}` takes 1 to {} characters", limits::POLICY_TEXT_CHARS));
        }
    }
    Ok(())
}

fn condition<'de, D: Deserializer<'de>>(from: D) -> Result<Expr, D::Error> {
    read_expr(&String::deserialize(from)?, Expr::condition)
}

fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Amount, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a whole number of yuan, or a formula in quotes")]
    enum Written {
        Fixed(i64),
        Formula(String),
    }
    match Written::deserialize(from)? {
        Written::Fixed(yuan) => Ok(Amount::Fixed(yuan)),
        Written::Formula(text) => read_expr(&text, Expr::amount).map(Amount::Formula),
    }
}

fn read_expr<E: de::Error>(text: &str, read: fn(&str) -> Result<Expr, Fault>) -> Result<Expr, E> {
    read(text).map_err(|fault| E::custom(format!("in `{text}`, {fault}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::{self, rule::RuleSet};
    use jiff::civil::date;

    const ONE: &str = r#"
        id = "t"
        source = "t"
        [[group]]
        id = "g"
        zh = "组"
        en = "group"
        rule = "largest"
        [[policy]]
        id = "p"
        zh = "示例"
        en = "sample"
        document = "示例〔2026〕1号"
        issuer = "示例"
        from = "2026-01-01"
        delivery = "apply"
        amount = "company.research_spend / 3"
        cap = 1000
        group = "g"
        [[policy.clause]]
        id = "staff"
        zh = "职工"
        en = "staff"
        when = "company.employees >= 10"
        [[policy.example]]
        of = "ten"
        day = "2026-02-01"
        given.company.employees = 10
        given.company.research_spend = 100
        expect = "applies"
        amount = 33
    "#;

    #[test]
    fn the_sample_is_held_to_its_examples_and_every_policy_has_some() {
        let library = Library::parse(include_str!("../../data/policies.toml")).unwrap();
        assert!(library.policies.len() >= 12);
        for policy in &library.policies {
            let has = |verdict| policy.examples.iter().any(|e| e.expect == verdict);
            assert!(
                has(Verdict::Applies) && policy.examples.iter().any(|e| !e.open.is_empty()),
                "{}",
                policy.id
            );
            assert!(policy.zh.contains("示例") && policy.document.contains("示例"), "{}", policy.id);
        }
        for rule in Stacking::ALL {
            assert!(library.groups.iter().any(|g| g.rule == *rule), "{rule}");
        }
        assert!(library.cap.is_some());
        assert_eq!(Library::built_in(), &library);
    }

    #[test]
    fn no_sample_is_forbidden_by_the_fair_competition_rules() {
        for policy in &Library::built_in().policies {
            let judged = RuleSet::built_in().judge(&policy.line(), date(2026, 6, 1));
            assert_ne!(judged.verdict, offer::Verdict::Forbid, "{}: {:?}", policy.id, policy.line());
        }
        let by_tax = ONE.replace("company.research_spend / 3", "company.tax_last_year * 0.3");
        let by_tax = Library::parse(&by_tax.replace("research_spend = 100", "tax_last_year = 110")).unwrap();
        let line = by_tax.policies[0].line();
        assert_eq!(line.kind, LineKind::TaxShare);
        assert_eq!(RuleSet::built_in().judge(&line, date(2026, 6, 1)).verdict, offer::Verdict::Forbid);
        // Turnover that only chooses a step does not make a reward of turnover.
        let step = ONE.replace("company.research_spend / 3", "company.revenue_last_year > 5 ? 33 : 20");
        let step = Library::parse(&step.replace("research_spend = 100", "revenue_last_year = 6")).unwrap();
        assert_eq!(step.policies[0].line().kind, LineKind::Award);
        assert!(step.policies[0].line().conditions.contains(&Condition::Output));
        let moved = ONE.replace("company.employees >= 10", "company.employees >= 10 && !company.in_zone");
        let moved = moved.replace("expect = \"applies\"", "open = [\"staff\"]\nexpect = \"almost\"");
        let line = Library::parse(&moved).unwrap().policies[0].line();
        assert_eq!(RuleSet::built_in().judge(&line, date(2026, 6, 1)).verdict, offer::Verdict::Forbid);
    }

    #[test]
    fn amounts_are_whole_yuan_between_nothing_and_the_cap() {
        let library = Library::parse(ONE).unwrap();
        let given = |yuan: i64| {
            let value = Given::Whole(yuan);
            Facts::read(&BTreeMap::from([("company.research_spend".to_string(), value)])).unwrap()
        };
        let amount = |yuan| library.policies[0].amount(&given(yuan), date(2026, 2, 1));
        assert_eq!((amount(101), amount(90_000), amount(-7)), (Some(33), Some(1_000), Some(0)));
        assert_eq!(library.policies[0].amount(&Facts::default(), date(2026, 2, 1)), None);
        assert!(
            library.policies[0].in_force(date(2026, 1, 1))
                && !library.policies[0].in_force(date(2025, 12, 31))
        );
    }

    #[test]
    fn faults_name_the_policy_and_the_place() {
        for (from, to, says) in [
            ("company.employees >= 10", "company.employes >= 10", "is it company.employees?"),
            ("company.employees >= 10", "company.employees", "write a comparison"),
            ("\"company.research_spend / 3\"", "1.5", "whole number of yuan"),
            ("\"company.research_spend / 3\"", "0", "policy `p`: `amount` must be above 0"),
            ("cap = 1000", "cap = -1", "`cap` must be above 0"),
            ("amount = 33", "amount = 34", "policy `p`: example “ten”: the amount is 33, not 34"),
            ("amount = 33", "", "the amount is 33, not none"),
            ("expect = \"applies\"", "expect = \"almost\"", "comes out as applies, not almost"),
            ("expect = \"applies\"", "expect = \"applies\"\nopen = [\"staff\"]", "open clauses"),
            (
                "given.company.employees = 10",
                "given.company.employees = 1",
                "employees is 1 people, 10 people",
            ),
            ("given.company.employees = 10", "given.company.staff = 1", "`company.staff` is no field"),
            ("given.company.employees = 10", "given.company.employees = 1.5", "decimals"),
            ("group = \"g\"", "group = \"h\"", "no group `h`"),
            ("rule = \"largest\"", "rule = \"sum\"", "group `g`: the rule `sum` needs a cap"),
            ("rule = \"largest\"", "rule = \"largest\"\ncap = 5", "`largest` has no cap of its own"),
            ("rule = \"largest\"", "rule = \"exclusive\"\ncap = 5", "`exclusive` has no cap of its own"),
            ("id = \"t\"", "id = \"t\"\ncap = 0", "`cap` must be above 0"),
            ("from = \"2026-01-01\"", "from = \"2026-01-01\"\nto = \"2025-01-01\"", "before `from`"),
            ("cap = 1000", "near = 2", "`near` must be less"),
            ("id = \"p\"", "id = \"P\"", "a to z"),
            ("document = \"示例〔2026〕1号\"", "document = \" \"", "`document` takes"),
            ("cap = 1000", "surplus = 1", "unknown field"),
        ] {
            assert!(ONE.contains(from), "{from}");
            let why = Library::parse(&ONE.replacen(from, to, 1)).expect_err(to);
            assert!(why.contains(says), "{to}: {why}");
        }
    }
}
