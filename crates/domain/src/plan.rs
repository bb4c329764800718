//! A landing plan's records as the rules want them: offer lines, promises, instalments, inputs of the appraisal.
//!
//! Records are tables of fields ([`crate::inventory`]); rules work on their own types. What cannot be read is `None` here, because the
//! fields were checked when they were written.

use crate::appraise::Input;
use crate::inventory::{Fault, Kind, Value, Values};
use crate::offer::rule::{Judged, RuleSet};
use crate::offer::{Condition, Exception, Ground, Line, LineKind, Verdict};
use crate::promise::{Promise, State, Waits};
use crate::role::Lang;
use crate::stage::Stage;
use jiff::civil::Date;
use std::collections::BTreeSet;

fn text<'a>(values: &'a Values, word: &str) -> Option<&'a str> {
    values.get(word).and_then(Value::text)
}

fn int(values: &Values, word: &str) -> Option<i64> {
    values.get(word).and_then(Value::int)
}

fn day(values: &Values, word: &str) -> Option<Date> {
    values.get(word).and_then(Value::day)
}

/// An offer line of a record.
#[must_use]
pub fn offer_line(values: &Values) -> Option<Line> {
    let several = |word: &str| {
        text(values, word).unwrap_or_default().split(',').map(str::to_string).collect::<Vec<_>>()
    };
    let (ground, alternative) = (text(values, "exception"), text(values, "alternative"));
    let (until, ends) = (day(values, "exception_until"), text(values, "exception_ends"));
    let claimed = ground.is_some() || alternative.is_some() || until.is_some() || ends.is_some();
    Some(Line {
        kind: LineKind::of(text(values, "gives")?)?,
        conditions: several("conditions").iter().filter_map(|w| Condition::of(w)).collect::<BTreeSet<_>>(),
        grounds: several("grounds").iter().filter_map(|w| Ground::of(w)).collect::<BTreeSet<_>>(),
        exception: claimed.then(|| Exception {
            ground: ground.unwrap_or_default().to_string(),
            alternative: alternative.unwrap_or_default().to_string(),
            until,
            ends_when: ends.unwrap_or_default().to_string(),
        }),
    })
}

/// How an offer line may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// What the rules of the day say.
    pub judged: Judged<'a>,
    /// What the reviewer said, where they did: agreed or not, and when.
    pub opinion: Option<(bool, Date)>,
    /// When it was signed.
    pub signed: Option<Date>,
}

impl Standing<'_> {
    /// Whether it may be signed: the rules pass it, or ask for a review and the reviewer agreed.
    #[must_use]
    pub fn may_be_signed(&self) -> bool {
        match self.judged.verdict {
            Verdict::Forbid => false,
            Verdict::Review => self.opinion.is_some_and(|(agreed, _)| agreed),
            Verdict::Pass => self.opinion.is_none_or(|(agreed, _)| agreed),
        }
    }
}

/// How an offer line stands by the rules in force on a day; `None` when the record says too little.
#[must_use]
pub fn standing<'a>(values: &Values, rules: &'a RuleSet, on: Date) -> Option<Standing<'a>> {
    let opinion = text(values, "opinion").and_then(|o| Some((o == "agreed", day(values, "opinion_on")?)));
    Some(Standing {
        judged: rules.judge(&offer_line(values)?, on),
        opinion,
        signed: day(values, "signed_on"),
    })
}

/// Why an offer line may not be written so; `first` when the record begins with it. A line that the rules forbid is refused with its article;
/// one that needs a review cannot be signed before the reviewer agreed. A contract that was signed before it was recorded here is a
/// fact, lawful or not: it is taken when the record begins, and the sweep of contracts finds it.
#[must_use]
pub fn refuse_offer(values: &Values, rules: &RuleSet, today: Date, first: bool) -> Vec<Fault> {
    let Some(standing) = standing(values, rules, today) else { return Vec::new() };
    if first && standing.signed.is_some_and(|d| d < today) {
        return Vec::new();
    }
    if standing.judged.verdict == Verdict::Forbid {
        return standing
            .judged
            .findings
            .iter()
            .filter(|f| f.verdict == Verdict::Forbid)
            .map(|f| {
                (
                    format!("禁止：{}（{}）。怎样合规：{}", f.rule.zh, f.rule.article_zh, f.rule.cure_zh),
                    format!(
                        "Forbidden: {} ({}). What would make it lawful: {}",
                        f.rule.en, f.rule.article_en, f.rule.cure_en
                    ),
                )
            })
            .collect();
    }
    if standing.signed.is_some() && !standing.may_be_signed() {
        return vec![(
            "“签订日期”：需审查的条款须先取得“同意”的审查意见，才能签订".into(),
            "“Signed on”: a line that needs a review is signed only after the reviewer agreed".into(),
        )];
    }
    Vec::new()
}

/// Fields of an offer line whose change leaves the reviewer's opinion standing; any other change ends it.
pub const KEEPS_OPINION: &[&str] =
    &["signed_on", "paid", "opinion", "opinion_on", "opinion_note", "rule_set"];

/// A promise of a record.
#[must_use]
pub fn promise(values: &Values) -> Option<Promise> {
    Some(Promise {
        yuan: int(values, "yuan"),
        number: int(values, "number"),
        due: day(values, "due")?,
        grace_days: int(values, "grace_days").unwrap_or(0),
        met_on: day(values, "met_on"),
        met_yuan: int(values, "met_yuan"),
        met_number: int(values, "met_number"),
        waived: text(values, "waived").is_some(),
        claw_back: int(values, "claw_back").unwrap_or(0),
    })
}

/// What an instalment waits for; `promised` says how the promise of a code stands.
#[must_use]
pub fn waits(values: &Values, promised: impl Fn(&str) -> Option<State>) -> Option<Waits> {
    Some(match text(values, "condition")? {
        "invested" => Waits::Invested(int(values, "reaches").unwrap_or(i64::MAX)),
        "promise" => Waits::Promise(text(values, "promise").and_then(promised)),
        stage => Waits::Stage(stage.parse::<Stage>().ok()?),
    })
}

/// An input of an appraisal, with the option it belongs to.
#[must_use]
pub fn input(values: &Values) -> Option<(&str, Input)> {
    let count = |word: &str| int(values, word).and_then(|n| usize::try_from(n).ok());
    // Hundredths of a percent: a field of hundredths holds 80 % as 8,000.
    let range = (int(values, "low").unwrap_or(10_000), int(values, "high").unwrap_or(10_000));
    Some((
        text(values, "option")?,
        Input {
            sort: text(values, "sort")?.parse().ok()?,
            name: text(values, "name")?.to_string(),
            yuan: int(values, "amount")?,
            from: count("from_year")?.max(1),
            years: count("years")?,
            range,
        },
    ))
}

/// The words of a verdict with what stands behind it: articles of the strictest findings, in a language.
#[must_use]
pub fn articles(judged: &Judged<'_>, lang: Lang) -> Vec<String> {
    let strictest = judged.findings.iter().filter(|f| f.verdict == judged.verdict);
    strictest.map(|f| lang.t(&f.rule.article_zh, &f.rule.article_en).to_string()).collect()
}

/// Fields that a form or a table does not write: an act of its own does (the reviewer's opinion).
#[must_use]
pub fn guarded(kind: Kind, word: &str) -> bool {
    kind == Kind::OfferLine && ["opinion", "opinion_on", "opinion_note", "rule_set"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(w, t)| ((*w).to_string(), Value::Text((*t).to_string()))).collect()
    }

    const TODAY: Date = date(2026, 11, 26);

    #[test]
    fn a_forbidden_line_is_refused_with_its_article_and_a_signed_one_of_old_is_a_fact() {
        let rules = RuleSet::built_in();
        let refund = values(&[("gives", "land_refund"), ("conditions", "investment")]);
        let faults = refuse_offer(&refund, rules, TODAY, true);
        assert!(faults[0].0.contains("第十九条") && faults[0].0.contains("怎样合规"), "{faults:?}");
        let mut old = refund;
        old.insert("signed_on".into(), Value::Text("2023-05-01".into()));
        assert_eq!(refuse_offer(&old, rules, TODAY, true), []);
        assert!(
            !refuse_offer(&old, rules, TODAY, false).is_empty(),
            "a later change cannot back-date a signing"
        );
    }

    #[test]
    fn what_needs_a_review_is_signed_only_after_it() {
        let rules = RuleSet::built_in();
        let mut line = values(&[
            ("gives", "award"),
            ("conditions", "research"),
            ("grounds", "budget"),
            ("signed_on", "2026-11-26"),
        ]);
        assert!(refuse_offer(&line, rules, TODAY, false)[0].0.contains("审查意见"));
        line.extend(values(&[("opinion", "agreed"), ("opinion_on", "2026-11-20")]));
        assert_eq!(refuse_offer(&line, rules, TODAY, false), []);
        let lawful = values(&[
            ("gives", "award"),
            ("conditions", "research"),
            ("grounds", "published_policy,budget"),
            ("signed_on", "2026-11-26"),
        ]);
        assert_eq!(refuse_offer(&lawful, rules, TODAY, true), []);
    }

    #[test]
    fn records_become_what_the_rules_want() {
        let mut p = values(&[("due", "2026-12-31"), ("waived", "灾害")]);
        p.insert("yuan".into(), Value::Int(5));
        assert_eq!(promise(&p).map(|p| (p.yuan, p.waived)), Some((Some(5), true)));
        let stage = values(&[("condition", "started")]);
        assert_eq!(waits(&stage, |_| None), Some(Waits::Stage(Stage::Started)));
        for choice in crate::inventory::schema::plan::WAITS {
            assert!(waits(&values(&[("condition", choice.0)]), |_| None).is_some(), "{}", choice.0);
        }
        for choice in crate::inventory::schema::plan::SORTS {
            assert!(choice.0.parse::<crate::appraise::Sort>().is_ok(), "{}", choice.0);
        }
        assert!(guarded(Kind::OfferLine, "opinion") && !guarded(Kind::Promise, "opinion"));
    }
}
