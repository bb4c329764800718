//! `/projects/{id}/stage`: a project passes a gate, with both dates, its evidence and what must be known; or is told what it lacks.

use crate::app::App;
use crate::evidence::sheet::Sheet;
use crate::evidence::sniff::ACCEPT;
use crate::project::names::Names;
use crate::project::record::{Input, MONEY, keep_all, read_day, read_value};
use crate::project::{find, guard, guard_kinds, is_stale, stale};
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav, role_label};
use crate::web::error::{Result, WebError};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::access;
use domain::company::Money;
use domain::fact::{Kind, NewFact, Value};
use domain::gate::{self, Brought, Missing, Reviews};
use domain::money;
use domain::project::Project;
use domain::review;
use domain::stage::Stage;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Template)]
#[template(path = "project/stage.html")]
struct StagePage {
    p: Chrome,
    id: i64,
    name: String,
    seen: i64,
    to: &'static str,
    stage: String,
    owner: &'static str,
    days: u32,
    missing: Vec<String>,
    faults: Vec<String>,
    evidence: Vec<Wanted>,
    inputs: Vec<Input>,
    wants_reason: bool,
    reason: String,
    effective: String,
    counts: String,
    kept: Vec<(String, String)>,
    accept: &'static str,
    blocked: bool,
}

struct Wanted {
    id: String,
    name: String,
    there: bool,
    needed: bool,
}

/// How far the reviews of a project have come: the last round of each route, and the access review.
///
/// # Errors
/// The store fails.
pub async fn reviews(app: &App, project: &Project, rules: &Rules, today: Date) -> Result<Reviews> {
    let mut last: BTreeMap<String, (i64, Vec<(Option<review::Verdict>, Date)>)> = BTreeMap::new();
    for ask in app.store.reviews_of(project.id).await? {
        let entry = last.entry(ask.route).or_insert((ask.round, Vec::new()));
        if ask.round > entry.0 {
            *entry = (ask.round, Vec::new());
        }
        entry.1.push((ask.answer, ask.due));
    }
    let rounds = last.into_iter().map(|(route, (_, asks))| (route, review::state(&asks, today))).collect();
    let checked = access::scores(project, Kind::AccessChecked);
    Ok(Reviews { rounds, access: rules.access.fault(checked.as_ref()) })
}

/// What a project lacks for a stage, in words.
#[must_use]
pub fn say(missing: &[Missing], rules: &Rules, lang: Lang) -> Vec<String> {
    let route = |id: &str| rules.route_names(id);
    let words = missing.iter().map(|m| m.say(&rules.gates, &route));
    words.map(|(zh, en)| lang.t(&zh, &en).to_string()).collect()
}

/// Which stage to move to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    to: String,
}

/// What was typed into the form.
#[derive(Debug, Default)]
struct Typed {
    effective: String,
    counts: String,
    reason: String,
    kept: Vec<(String, String)>,
    values: BTreeMap<Kind, (String, String)>,
    /// Whether the form was sent and came back.
    sent: bool,
}

/// `GET /projects/{id}/stage?to=…`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard(&signed, &project)?;
    let to = stage(&asked.to)?;
    let today = app.clock.today();
    let typed = Typed { effective: today.to_string(), counts: today.to_string(), ..Typed::default() };
    let rules = Rules::read(&app.config)?;
    let reviews = reviews(&app, &project, &rules, today).await?;
    let missing = gate::check(&rules.gates, &project, to, &Brought::default(), &reviews);
    form(&app, &signed, &project, to, &rules, &typed, &missing, Vec::new()).await
}

#[expect(clippy::too_many_arguments, reason = "the parts of one page")]
async fn form(
    app: &App,
    signed: &Signed,
    project: &Project,
    to: Stage,
    rules: &Rules,
    typed: &Typed,
    missing: &[Missing],
    faults: Vec<String>,
) -> Result<Response> {
    let (names, lang) = (Names::read(app).await?, signed.prefs.lang);
    let gate = rules.gates.gate(to);
    let there = gate::present(project);
    let needed: Vec<&str> = gate.needs.iter().flat_map(|n| n.split('|')).collect();
    let wanted = |id: &str| Wanted {
        id: id.to_string(),
        name: lang.t(rules.gates.names(id).0, rules.gates.names(id).1).to_string(),
        there: there.contains(id) || typed.kept.iter().any(|k| k.0 == id),
        needed: needed.contains(&id),
    };
    let evidence =
        needed.iter().copied().chain((!needed.contains(&"other")).then_some("other")).map(wanted).collect();
    let input = |kind: &Kind| {
        let known = || project.money(*kind).and_then(written).unwrap_or_default();
        let (value, unit) = typed.values.get(kind).cloned().unwrap_or_else(known);
        Input::of(*kind, &value, &unit, &names, &rules.gates, lang)
    };
    let inputs = gate.facts.iter().filter(|k| asks(project, **k)).map(input).collect();
    // What this form itself can bring is no reason to send the reader away.
    let elsewhere = |m: &Missing| !matches!(m, Missing::Evidence(_) | Missing::Fact(_) | Missing::Reason);
    let sent = !faults.is_empty() || typed.sent;
    let page = render(&StagePage {
        p: Chrome::of(signed, Nav::Projects),
        id: project.id.0,
        name: project.name().into(),
        seen: project.last.0,
        to: to.as_str(),
        stage: lang.t(to.zh(), to.en()).into(),
        owner: role_label(gate.owner, lang),
        days: gate.days,
        blocked: missing.iter().any(elsewhere),
        missing: say(missing, rules, lang),
        faults,
        evidence,
        inputs,
        wants_reason: gate.reason,
        reason: typed.reason.clone(),
        effective: typed.effective.clone(),
        counts: typed.counts.clone(),
        kept: typed.kept.clone(),
        accept: ACCEPT,
    })?;
    let status = if sent { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page).into_response())
}

/// `POST /projects/{id}/stage`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    sheet: Sheet,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard(&signed, &project)?;
    let to = stage(sheet.get("to"))?;
    let (today, lang) = (app.clock.today(), signed.prefs.lang);
    let moved = NewFact::on(today, Kind::Stage, Value::Text(to.as_str().into()));
    guard_kinds(&signed, std::slice::from_ref(&moved))?;
    let (fields, files) = keep_all(&app, &signed, sheet).await?;
    let sheet = Sheet { fields, parts: Vec::new() };
    let rules = Rules::read(&app.config)?;
    let (facts, values, faults) = facts(&sheet, to, &files, &project, &rules, today);
    guard_kinds(&signed, &facts)?;
    let brought = Brought {
        evidence: files.iter().map(|f| f.0.as_str()).collect::<BTreeSet<_>>(),
        facts: facts.iter().map(|f| f.kind).collect(),
        reason: sheet.get("reason"),
    };
    let reviews = reviews(&app, &project, &rules, today).await?;
    let missing = gate::check(&rules.gates, &project, to, &brought, &reviews);
    if !missing.is_empty() || !faults.is_empty() {
        let typed = Typed {
            effective: or_today(sheet.get("effective"), today),
            counts: or_today(sheet.get("counts"), today),
            reason: sheet.get("reason").into(),
            kept: files.clone(),
            values,
            sent: true,
        };
        let faults = faults.iter().map(|(zh, en)| lang.t(zh, en).to_string()).collect();
        return form(&app, &signed, &project, to, &rules, &typed, &missing, faults).await;
    }
    // The gate was checked against these facts; whoever came in between is noticed.
    let seen = stale::seen(&sheet, &project);
    match app.store.record(&signed.actor(), app.clock.now(), today, project.id, Some(seen), &facts).await {
        Ok(_) if sheet.get("back") == "board" => Ok(Redirect::to("/projects/board").into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/projects/{id}")).into_response()),
        Err(error) if is_stale(&error) => {
            let action = format!("/projects/{id}/stage");
            stale::page(&app, &signed, &project, Some(seen), &action, &sheet.fields).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the form has a control for a fact: what is not known yet, and money, whose amount the document at hand may settle anew.
fn asks(project: &Project, kind: Kind) -> bool {
    project.get(kind).is_none_or(|f| f.value.money().is_some())
}

/// An amount as its control writes it: in ten thousands of its currency.
fn written(money: Money) -> Option<(String, String)> {
    let unit = MONEY.iter().find(|u| {
        u.starts_with('万')
            && money::parse(&format!("1{u}"), None) == Ok(Some(Money { amount: 10_000, ..money }))
    })?;
    let (whole, rest) = (money.amount / 10_000, money.amount % 10_000);
    let text = format!("{whole}.{rest:04}");
    Some((text.trim_end_matches('0').trim_end_matches('.').to_string(), (*unit).to_string()))
}

type Values = BTreeMap<Kind, (String, String)>;

/// The facts of a move: what must be known, a fact for each kind of evidence, and the stage itself with every file.
fn facts(
    sheet: &Sheet,
    to: Stage,
    files: &[(String, String)],
    project: &Project,
    rules: &Rules,
    today: Date,
) -> (Vec<NewFact>, Values, Vec<(String, String)>) {
    let (mut facts, mut values, mut faults) = (Vec::new(), Values::new(), Vec::new());
    let mut day = |text, otherwise| {
        read_day(text, otherwise).unwrap_or_else(|why| {
            faults.push(why);
            otherwise
        })
    };
    let effective = day(sheet.get("effective"), today);
    let counts = day(sheet.get("counts"), effective);
    for kind in rules.gates.gate(to).facts.iter().copied().filter(|k| asks(project, *k)) {
        let (text, unit) = (sheet.get(&format!("value.{kind}")), sheet.get(&format!("unit.{kind}")));
        values.insert(kind, (text.into(), unit.into()));
        match read_value(kind, text, unit) {
            // Nothing is said anew where the amount that is known was left as it stands.
            Ok(value) if project.get(kind).is_some_and(|f| f.value == value) => {}
            Ok(value) => facts.push(NewFact { counts, ..NewFact::on(effective, kind, value) }),
            // The gate says what is missing.
            Err(_) if text.is_empty() => {}
            Err(why) => faults.push(why),
        }
    }
    let kinds: BTreeSet<&str> = files.iter().map(|f| f.0.as_str()).collect();
    for kind in kinds {
        let of = files.iter().filter(|f| f.0 == kind).map(|f| f.1.clone()).collect();
        let word = if rules.gates.evidence(kind).is_some() { kind } else { "other" };
        let fact = NewFact::on(effective, Kind::Evidence, Value::Text(word.into()));
        facts.push(NewFact { counts, files: of, ..fact });
    }
    let reason = Some(sheet.get("reason").to_string()).filter(|r| !r.is_empty());
    let mut all: Vec<String> = files.iter().map(|f| f.1.clone()).collect();
    all.sort();
    all.dedup();
    let moved = NewFact::on(effective, Kind::Stage, Value::Text(to.as_str().into()));
    facts.push(NewFact { counts, files: all, reason, ..moved });
    faults.extend(facts.iter().filter_map(|f| f.check(today).err()).map(|f| (f.zh(), f.en())));
    faults.dedup();
    (facts, values, faults)
}

fn or_today(text: &str, today: Date) -> String {
    if text.is_empty() { today.to_string() } else { text.to_string() }
}

fn stage(word: &str) -> Result<Stage> {
    word.parse().map_err(|e: String| WebError::bad_request("请选择要登记的阶段。", e))
}
