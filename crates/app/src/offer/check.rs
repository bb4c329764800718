//! `/offers/check`: one line of an offer, and what the rules in force on a day say of it. Nothing is kept.

use crate::app::App;
use crate::offer::{Look, look};
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::limits;
use domain::offer::rule::{Finding, Judged};
use domain::offer::{Condition, Exception, Ground, Line, LineKind};
use jiff::civil::Date;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "offer/check.html")]
struct CheckPage {
    p: Chrome,
    on: String,
    set: String,
    source: String,
    kinds: Vec<Choice>,
    objective: Vec<Choice>,
    other: Vec<Choice>,
    grounds: Vec<Choice>,
    ground: String,
    alternative: String,
    until: String,
    ends_when: String,
    claimed: bool,
    faults: Vec<String>,
    judged: Option<Shown>,
}

struct Choice {
    word: &'static str,
    name: &'static str,
    chosen: bool,
}

struct Shown {
    look: Look,
    hold: bool,
    silent: bool,
    findings: Vec<Row>,
}

struct Row {
    look: Look,
    rule: String,
    why: String,
    article: String,
    confirm: bool,
    cure: String,
    lacks: Vec<String>,
    since: String,
}

/// A line as typed.
#[derive(Debug, Default)]
struct Typed(Vec<(String, String)>);

impl Typed {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim())
    }
    fn exception(&self) -> Option<(&str, &str, &str, &str)> {
        let said = (self.get("ground"), self.get("alternative"), self.get("until"), self.get("ends_when"));
        let none = [said.0, said.1, said.2, said.3].iter().all(|s| s.is_empty());
        (!none || !self.get("claim").is_empty()).then_some(said)
    }
}

/// `GET /offers/check`
pub async fn get(State(app): State<App>, signed: Signed, RawQuery(query): RawQuery) -> Result<Response> {
    let typed = Typed(serde_urlencoded::from_str(query.as_deref().unwrap_or_default()).unwrap_or_default());
    let (rules, lang, today) = (Rules::read(&app.config)?, signed.prefs.lang, app.clock.today());
    let set = rules.offers.as_ref();
    let read = read(&typed, today);
    let (line, day, faults) = match &read {
        Ok((line, day)) => (line.as_ref(), *day, Vec::new()),
        Err(faults) => (None, today, faults.iter().map(|(zh, en)| lang.t(zh, en).to_string()).collect()),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let judged = line.map(|l| shown(&set.judge(l, day), lang));
    let on = if faults.is_empty() { day.to_string() } else { typed.get("on").to_string() };
    let html = render(&CheckPage {
        p: Chrome::of(&signed, Nav::Offers),
        on,
        set: set.id.clone(),
        source: set.source.clone(),
        kinds: LineKind::ALL
            .iter()
            .map(|k| choice(&typed, "kind", k.as_str(), lang.t(k.zh(), k.en())))
            .collect(),
        objective: conditions(&typed, true, lang),
        other: conditions(&typed, false, lang),
        grounds: Ground::ALL
            .iter()
            .map(|g| choice(&typed, "shown", g.as_str(), lang.t(g.zh(), g.en())))
            .collect(),
        ground: typed.get("ground").into(),
        alternative: typed.get("alternative").into(),
        until: typed.get("until").into(),
        ends_when: typed.get("ends_when").into(),
        claimed: typed.exception().is_some(),
        faults,
        judged,
    })?;
    Ok((status, html).into_response())
}

fn choice(typed: &Typed, field: &str, word: &'static str, name: &'static str) -> Choice {
    Choice { word, name, chosen: typed.all(field).any(|v| v == word) }
}

fn conditions(typed: &Typed, objective: bool, lang: Lang) -> Vec<Choice> {
    let asked = Condition::ALL.iter().filter(|c| c.objective() == objective);
    asked.map(|c| choice(typed, "condition", c.as_str(), lang.t(c.zh(), c.en()))).collect()
}

type Faults = Vec<(String, String)>;

/// The line (`None` when nothing was asked yet) and the day; else every fault in Chinese and English.
fn read(typed: &Typed, today: Date) -> std::result::Result<(Option<Line>, Date), Faults> {
    let mut faults: Faults = Vec::new();
    let day = match typed.get("on") {
        "" => today,
        text => text.parse().unwrap_or_else(|_| {
            faults.push(("审查日期：写成 2026-01-05 这样".into(), "day: write it as 2026-01-05".into()));
            today
        }),
    };
    if typed.get("kind").is_empty() && faults.is_empty() {
        return Ok((None, day));
    }
    let kind = LineKind::of(typed.get("kind"));
    if kind.is_none() {
        faults.push(("条款类型：请从列表中选择".into(), "kind: choose one of the list".into()));
    }
    let conditions: BTreeSet<Condition> = words(typed, "condition", Condition::of, &mut faults);
    let grounds: BTreeSet<Ground> = words(typed, "shown", Ground::of, &mut faults);
    let exception = typed.exception().map(|(ground, alternative, until, ends_when)| {
        let until = (!until.is_empty()).then(|| until.parse::<Date>());
        if matches!(until, Some(Err(_))) {
            faults.push(("实施期限：写成 2027-12-31 这样".into(), "last day: write it as 2027-12-31".into()));
        }
        let until = until.and_then(std::result::Result::ok);
        if until.is_some_and(|last| last < day) {
            faults.push((
                "实施期限：早于审查日期，例外已到期".into(),
                "last day: before the day of the check; the exception has ended".into(),
            ));
        }
        let (ground, alternative) = (ground.to_string(), alternative.to_string());
        Exception { ground, alternative, until, ends_when: ends_when.to_string() }
    });
    let long = |e: &Exception| {
        [&e.ground, &e.alternative, &e.ends_when].iter().any(|s| s.chars().count() > limits::OFFER_TEXT_CHARS)
    };
    if exception.as_ref().is_some_and(long) {
        let most = limits::OFFER_TEXT_CHARS;
        faults.push((format!("文字：每处至多 {most} 字"), format!("text: at most {most} characters each")));
    }
    match kind {
        Some(kind) if faults.is_empty() => {
            let line = Line { kind, conditions, grounds, exception };
            Ok((Some(line), day))
        }
        _ => Err(faults),
    }
}

fn words<T: Ord>(typed: &Typed, field: &str, of: fn(&str) -> Option<T>, faults: &mut Faults) -> BTreeSet<T> {
    let mut known = BTreeSet::new();
    for word in typed.all(field) {
        match of(word) {
            Some(one) => {
                known.insert(one);
            }
            None => {
                let short: String = word.chars().take(40).collect();
                faults.push((format!("“{short}”不在列表中"), format!("“{short}” is not in the list")));
            }
        }
    }
    known
}

fn shown(judged: &Judged<'_>, lang: Lang) -> Shown {
    Shown {
        look: look(judged.verdict, lang),
        hold: judged.hold,
        silent: judged.findings.is_empty(),
        findings: judged.findings.iter().map(|f| row(f, lang)).collect(),
    }
}

fn row(finding: &Finding<'_>, lang: Lang) -> Row {
    let rule = finding.rule;
    let missing = finding.missing.iter().map(|g| lang.t(g.zh(), g.en()).to_string());
    let objective = finding.no_objective.then(|| lang.t("客观条件", "an objective condition").to_string());
    let exception = finding.exception.iter().flatten().map(|(zh, en)| lang.t(zh, en).to_string());
    Row {
        look: look(finding.verdict, lang),
        rule: rule.id.clone(),
        why: lang.t(&rule.zh, &rule.en).into(),
        article: lang.t(&rule.article_zh, &rule.article_en).into(),
        confirm: rule.confirm,
        cure: lang.t(&rule.cure_zh, &rule.cure_en).into(),
        lacks: missing.chain(objective).chain(exception).collect(),
        since: rule.from.to_string(),
    }
}
