//! `GET /projects/{id}`: one project as its facts make it: people, money, dates, gates, evidence, reviews.

use crate::app::App;
use crate::clock::shown;
use crate::evidence::keep::{Health, health_of_all};
use crate::project::list::{mark, stage_choices};
use crate::project::names::Names;
use crate::project::stage::{reviews, say};
use crate::project::{find, guard_reading, may_write, record, words};
use crate::review::round::{self, Round};
use crate::rules::Rules;
use crate::target::list::Choice;
use crate::text::{Lang, grouped, percent};
use crate::web::chrome::{Chrome, Nav, role_label};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::company::Money;
use domain::fact::{Fact, FactId, Form, Kind, Nature};
use domain::gate::{self, Brought, Reviews};
use domain::project::Project;
use domain::stage::Stage;
use domain::workday::Calendar;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "project/page.html")]
struct ProjectPage {
    p: Chrome,
    id: i64,
    code: String,
    name: String,
    company: String,
    stage: &'static str,
    mark: &'static str,
    since: String,
    unit: String,
    officer: String,
    as_of: String,
    past: bool,
    groups: Vec<Group>,
    capital: Option<Capital>,
    gates: Vec<GateRow>,
    next: Option<NextGate>,
    files: Vec<FileRow>,
    rounds: Vec<Round>,
    routes: Vec<Choice>,
    kinds: Vec<Choice>,
    moves: Vec<Choice>,
    may_write: bool,
    updated: String,
}

struct Group {
    title: &'static str,
    rows: Vec<FactRow>,
}

struct FactRow {
    fact: i64,
    kind: &'static str,
    value: String,
    effective: String,
    counts: String,
    files: usize,
    by: String,
    corrected: bool,
}

/// Registered against paid-in capital.
struct Capital {
    registered: String,
    paid: String,
    share: String,
    low: bool,
    currencies: bool,
}

struct GateRow {
    stage: &'static str,
    class: &'static str,
    state: &'static str,
    effective: String,
    counts: String,
    due: String,
    owner: &'static str,
    fact: Option<i64>,
    reason: String,
}

struct NextGate {
    to: &'static str,
    stage: &'static str,
    due: String,
    overdue: bool,
    missing: Vec<String>,
}

struct FileRow {
    href: String,
    name: String,
    size: String,
    evidence: String,
    class: &'static str,
    state: &'static str,
    fact: i64,
}

/// Paid-in below this share of registered capital, in percent, is warned of (实缴 vs 注册).
const LOW_SHARE: i64 = 20;

/// As of when.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    as_of: String,
}

/// The last moment of a day in Asia/Shanghai.
#[must_use]
pub fn end_of(day: Date) -> Timestamp {
    let midnight = day.tomorrow().unwrap_or(day).at(0, 0, 0, 0);
    let next = Offset::constant(8).to_timestamp(midnight).unwrap_or(Timestamp::MAX);
    next - SignedDuration::from_micros(1)
}

/// `GET /projects/{id}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Page {
    let day: Option<Date> = match asked.as_of.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            WebError::bad_request("日期写成 2026-11-23 这样。", "Write the day as 2026-11-23.")
        })?),
    };
    let project = find(&app, id, day.map(end_of)).await?;
    guard_reading(&signed, &project)?;
    let (names, rules, lang) = (Names::read(&app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let today = app.clock.today();
    let reviews = reviews(&app, &project, &rules, today).await?;
    let past = day.is_some();
    let writes = !past && may_write(&signed, &project);
    let files = files(&app, &project, &rules, lang).await?;
    let mut per_fact: HashMap<i64, usize> = HashMap::new();
    for file in &files {
        *per_fact.entry(file.fact).or_default() += 1;
    }
    let show = Show { names: &names, rules: &rules, lang, files: &per_fact };
    let rounds = if past { Vec::new() } else { round::of(&app, &project, &names, &rules, &signed).await? };
    let open = |c: &Choice| c.id.parse().is_ok_and(|s: Stage| project.reached(s).is_none());
    let out = project.stage().is_some_and(Stage::is_exit);
    let routes = rules.routes.routes.iter().filter(|r| round::may_open(&reviews, &r.id)).map(|r| Choice {
        id: r.id.clone(),
        name: lang.t(&r.zh, &r.en).into(),
        current: false,
    });
    let updated = project.facts().iter().map(|f| f.recorded).max();
    render(&ProjectPage {
        id,
        code: project.code.clone(),
        name: project.name().into(),
        company: project.text(Kind::Company).unwrap_or_default().into(),
        stage: words::stage(project.stage(), lang),
        mark: mark(project.stage()),
        since: project.since().map(|d| d.to_string()).unwrap_or_default(),
        unit: names.unit(project.number(Kind::Unit)).into(),
        officer: names.person(project.number(Kind::Officer)).into(),
        as_of: asked.as_of,
        past,
        groups: groups(&project, &show),
        capital: capital(&project, lang),
        gates: timeline(&project, &rules, today, lang),
        next: next(&project, &rules, &reviews, today, lang),
        files,
        rounds,
        routes: if writes && !out { routes.collect() } else { Vec::new() },
        kinds: record::kinds(&signed).map(|k| choice(k, lang)).collect(),
        moves: if out { Vec::new() } else { stage_choices("", lang).into_iter().filter(open).collect() },
        may_write: writes,
        updated: updated.map(shown).unwrap_or_default(),
        p: Chrome::of(&signed, Nav::Projects),
    })
}

fn choice(kind: Kind, lang: Lang) -> Choice {
    Choice { id: kind.as_str().into(), name: words::kind(kind, lang).into(), current: false }
}

struct Show<'a> {
    names: &'a Names,
    rules: &'a Rules,
    lang: Lang,
    files: &'a HashMap<i64, usize>,
}

impl Show<'_> {
    fn row(&self, fact: &Fact) -> FactRow {
        FactRow {
            fact: fact.id.0,
            kind: words::kind(fact.kind, self.lang),
            value: words::value(fact.kind, &fact.value, self.names, &self.rules.gates, self.lang),
            effective: fact.effective.to_string(),
            counts: if fact.counts == fact.effective { String::new() } else { fact.counts.to_string() },
            files: self.files.get(&fact.id.0).copied().unwrap_or(0),
            by: self.names.actor(&fact.by, self.lang),
            corrected: fact.corrects.is_some(),
        }
    }
}

fn groups(project: &Project, show: &Show<'_>) -> Vec<Group> {
    let shown_elsewhere = |k: Kind| {
        matches!(k, Kind::Stage | Kind::Evidence | Kind::AccessRaw | Kind::AccessChecked)
    };
    let group_of = |k: Kind| match k {
        _ if shown_elsewhere(k) => 9,
        _ if k.form() == Form::Money && k.nature() == Nature::Sets => 1,
        _ if k.nature() == Nature::Adds => 2,
        Kind::Promise | Kind::PromiseMet | Kind::Note | Kind::Credit => 3,
        _ => 0,
    };
    let lang = show.lang;
    let titles = [
        lang.t("基本情况", "Basics"),
        lang.t("资金与产出（约定）", "Money and output agreed"),
        lang.t("到位与完成（累计）", "Money arrived and invested"),
        lang.t("承诺与备注", "Promises and notes"),
    ];
    let rows = |n: i32| {
        let mut rows = Vec::new();
        for kind in Kind::ALL.iter().copied().filter(|k| group_of(*k) == n) {
            match kind.nature() {
                Nature::Sets => rows.extend(project.get(kind).map(|f| show.row(f))),
                Nature::Adds | Nature::Happens => rows.extend(project.all(kind).map(|f| show.row(f))),
            }
        }
        rows
    };
    let group = |(n, title): (i32, &'static str)| Group { title, rows: rows(n) };
    (0..).zip(titles).map(group).filter(|g| !g.rows.is_empty()).collect()
}

fn capital(project: &Project, lang: Lang) -> Option<Capital> {
    let registered = project.money(Kind::RegisteredCapital)?;
    let paid = project.money(Kind::PaidIn);
    let same = |m: &Money| m.currency == registered.currency;
    let comparable = paid.filter(same).filter(|_| registered.amount > 0);
    let low = |m: Money| i128::from(m.amount) * 100 < i128::from(registered.amount) * i128::from(LOW_SHARE);
    #[expect(clippy::cast_precision_loss, reason = "a share for display, one decimal")]
    let share = |m: Money| percent(m.amount as f64 / registered.amount as f64);
    Some(Capital {
        registered: words::money(registered, lang),
        paid: paid.map_or_else(|| lang.t("未登记", "not recorded").into(), |m| words::money(m, lang)),
        share: comparable.map_or_else(|| "—".into(), share),
        low: paid.is_none() || comparable.is_some_and(low),
        currencies: paid.is_some_and(|m| !same(&m)),
    })
}

fn timeline(project: &Project, rules: &Rules, today: Date, lang: Lang) -> Vec<GateRow> {
    let at = project.stage();
    let next = gate::next(project);
    let exits = [Stage::Lost, Stage::Ended].into_iter().filter(|s| project.reached(*s).is_some());
    let row = |stage: Stage| {
        let (fact, gate) = (project.reached(stage), rules.gates.gate(stage));
        let due = gate::due(&rules.gates, project, stage, Calendar::china());
        let due = due.filter(|_| fact.is_none() && next == Some(stage));
        let (class, state) = match fact {
            Some(_) if stage.is_exit() => ("out", lang.t("已退出", "out")),
            Some(_) => ("done", lang.t("已到达", "reached")),
            None if next == Some(stage) && due.is_some_and(|d| d < today) => ("late", lang.t("超期", "overdue")),
            None if next == Some(stage) => ("now", lang.t("下一步", "next")),
            None if at.is_some_and(|a| stage < a && !a.is_exit()) => ("skip", lang.t("未登记", "not recorded")),
            None => ("open", lang.t("未到", "not yet")),
        };
        GateRow {
            stage: lang.t(stage.zh(), stage.en()),
            class,
            state,
            effective: fact.map(|f| f.effective.to_string()).unwrap_or_default(),
            counts: fact.filter(|f| f.counts != f.effective).map(|f| f.counts.to_string()).unwrap_or_default(),
            due: due.map(|d| d.to_string()).unwrap_or_default(),
            owner: role_label(gate.owner, lang),
            fact: fact.map(|f| f.id.0),
            reason: fact.and_then(|f| f.reason.clone()).unwrap_or_default(),
        }
    };
    Stage::PROGRESS.into_iter().chain(exits).map(row).collect()
}

fn next(project: &Project, rules: &Rules, reviews: &Reviews, today: Date, lang: Lang) -> Option<NextGate> {
    let stage = gate::next(project)?;
    let due = gate::due(&rules.gates, project, stage, Calendar::china());
    let missing = gate::check(&rules.gates, project, stage, &Brought::default(), reviews);
    Some(NextGate {
        to: stage.as_str(),
        stage: lang.t(stage.zh(), stage.en()),
        due: due.map(|d| d.to_string()).unwrap_or_default(),
        overdue: due.is_some_and(|d| d < today),
        missing: say(&missing, rules, lang),
    })
}

/// The files of the facts in view, each with how it is; of a file that several facts carry, the fact that names what it proves.
async fn files(app: &App, project: &Project, rules: &Rules, lang: Lang) -> Result<Vec<FileRow>> {
    let facts: HashMap<FactId, &Fact> = project.facts().iter().map(|f| (f.id, f)).collect();
    let all = app.store.files_of(project.id).await?;
    let kept: Vec<_> = all.into_iter().filter_map(|(id, file)| facts.get(&id).map(|f| (*f, file.file))).collect();
    let named = |sha256: &str| kept.iter().any(|(f, k)| f.kind != Kind::Stage && k.sha256 == sha256);
    let kept: Vec<_> = kept.iter().filter(|(f, k)| f.kind != Kind::Stage || !named(&k.sha256)).cloned().collect();
    let (config, list) = (app.config.clone(), kept.iter().map(|k| k.1.clone()).collect::<Vec<_>>());
    let health = app.compute(move || health_of_all(&config, &list)).await??;
    let row = |((fact, file), health): (_, Health)| {
        let (fact, file): (&Fact, store::file::NewFile) = (fact, file);
        let (class, state) = match health {
            Health::Sound => ("done", lang.t("完好", "sound")),
            Health::Unread => ("now", lang.t("打开时核对", "checked when opened")),
            Health::Missing => ("out", lang.t("原件丢失", "missing")),
            Health::Altered => ("out", lang.t("已被改动", "altered")),
        };
        let (zh, en) = match fact.value.text() {
            Some(word) if fact.kind == Kind::Evidence => rules.gates.names(word),
            _ => (fact.kind.zh(), fact.kind.en()),
        };
        FileRow {
            href: format!("/files/{}", file.sha256),
            evidence: lang.t(zh, en).to_string(),
            size: size(file.bytes),
            name: file.name,
            class,
            state,
            fact: fact.id.0,
        }
    };
    Ok(kept.into_iter().zip(health).map(row).collect())
}

fn size(bytes: u64) -> String {
    let n = |x: u64| grouped(i64::try_from(x).unwrap_or(i64::MAX));
    if bytes < 1 << 20 { format!("{} KB", n(bytes.div_ceil(1 << 10))) } else { format!("{} MB", n(bytes.div_ceil(1 << 20))) }
}
