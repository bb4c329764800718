//! `/projects/{id}/facts/{fact}`: who said it, when, with what evidence, what corrected it; and correcting or withdrawing it.

use crate::app::App;
use crate::clock::shown;
use crate::evidence::sheet::Sheet;
use crate::project::names::Names;
use crate::project::record::{Input, read_day, read_value};
use crate::project::{find, guard, guard_kinds, guard_reading, is_stale, may_write, stale, words};
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::company::{Currency, Money};
use domain::fact::{Fact, FactId, Kind, NewFact, Value};
use domain::project::Project;
use domain::role::Action;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "project/fact.html")]
struct FactPage {
    p: Chrome,
    id: i64,
    name: String,
    fact: i64,
    seen: i64,
    kind: &'static str,
    rows: Vec<Row>,
    input: Option<Input>,
    effective: String,
    counts: String,
    reason: String,
    faults: Vec<String>,
    may_correct: bool,
}

struct Row {
    id: i64,
    value: String,
    effective: String,
    counts: String,
    by: String,
    at: String,
    reason: String,
    corrects: Option<i64>,
    class: &'static str,
    state: String,
    files: Vec<(String, String)>,
    asked: bool,
}

/// `GET /projects/{id}/facts/{fact}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path((id, fact)): Path<(i64, i64)>,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard_reading(&signed, &project)?;
    let fact = known(&app, &project, fact).await?;
    let typed = Typed {
        effective: fact.effective.to_string(),
        counts: fact.counts.to_string(),
        ..Typed::of(&fact.value)
    };
    page(&app, &signed, &project, &fact, &typed, Vec::new()).await
}

#[derive(Default)]
struct Typed {
    value: String,
    unit: String,
    effective: String,
    counts: String,
    reason: String,
}

impl Typed {
    fn of(value: &Value) -> Typed {
        let (value, unit) = match value {
            Value::Nothing => (String::new(), String::new()),
            Value::Text(text) => (text.clone(), String::new()),
            Value::Number(n) => (n.to_string(), "㎡".into()),
            Value::Money(m) => in_unit(*m),
        };
        Typed { value, unit, ..Typed::default() }
    }
}

/// An amount in the unit of the form that shows it without rounding.
fn in_unit(m: Money) -> (String, String) {
    if m.amount % 10_000 != 0 {
        return (domain::money::format(m), String::new());
    }
    let unit = match m.currency {
        Currency::Cny => "万元",
        Currency::Usd => "万美元",
        Currency::Hkd => "万港元",
        Currency::Eur => "万欧元",
        Currency::Jpy => "万日元",
        Currency::Gbp => "万英镑",
        _ => return (domain::money::format(m), String::new()),
    };
    ((m.amount / 10_000).to_string(), unit.into())
}

async fn known(app: &App, project: &Project, fact: i64) -> Result<Fact> {
    let found = app.store.fact(FactId(fact)).await?.filter(|f| f.project == project.id);
    found.ok_or_else(|| WebError::not_found("没有这条记录。", "There is no such fact."))
}

async fn page(
    app: &App,
    signed: &Signed,
    project: &Project,
    fact: &Fact,
    typed: &Typed,
    faults: Vec<String>,
) -> Result<Response> {
    let (names, rules, lang) = (Names::read(app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let all = app.store.facts_of(project.id).await?;
    let mut files: HashMap<FactId, Vec<(String, String)>> = HashMap::new();
    for (of, file) in app.store.files_of(project.id).await? {
        files.entry(of).or_default().push((format!("/files/{}", file.file.sha256), file.file.name));
    }
    let corrected: HashMap<FactId, FactId> =
        all.iter().filter_map(|f| f.corrects.map(|c| (c, f.id))).collect();
    let rows = all.iter().filter(|f| f.kind == fact.kind).map(|f| {
        let (class, state) = state(f, &corrected, lang);
        Row {
            id: f.id.0,
            value: words::value(f.kind, &f.value, &names, &rules.gates, lang),
            effective: f.effective.to_string(),
            counts: f.counts.to_string(),
            by: names.actor(&f.by, lang),
            at: shown(f.recorded),
            reason: f.reason.clone().unwrap_or_default(),
            corrects: f.corrects.map(|c| c.0),
            class,
            state,
            files: files.get(&f.id).cloned().unwrap_or_default(),
            asked: f.id == fact.id,
        }
    });
    let open = !corrected.contains_key(&fact.id) && fact.value != Value::Nothing;
    // Which stage was reached is not changed into another: the wrong one is withdrawn, the right one passes its gate.
    let fixed = matches!(fact.kind, Kind::Stage | Kind::AccessRaw | Kind::AccessChecked | Kind::Credit);
    let input = Input::of(fact.kind, &typed.value, &typed.unit, &names, &rules.gates, lang);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let html = render(&FactPage {
        p: Chrome::of(signed, Nav::Projects),
        id: project.id.0,
        name: project.name().into(),
        fact: fact.id.0,
        seen: project.last.0,
        kind: words::kind(fact.kind, lang),
        rows: rows.collect(),
        input: (!fixed).then_some(input),
        effective: typed.effective.clone(),
        counts: typed.counts.clone(),
        reason: typed.reason.clone(),
        faults,
        may_correct: open && signed.may(Action::CorrectFact) && may_write(signed, project),
    })?;
    Ok((status, html).into_response())
}

fn state(fact: &Fact, corrected: &HashMap<FactId, FactId>, lang: Lang) -> (&'static str, String) {
    match (corrected.get(&fact.id), &fact.value) {
        (Some(by), _) => ("open", format!("{} #{by}", lang.t("已由更正取代：", "replaced by"))),
        (None, Value::Nothing) => ("out", lang.t("撤销", "withdrawal").into()),
        (None, _) => ("done", lang.t("有效", "in force").into()),
    }
}

/// `POST /projects/{id}/facts/{fact}`: corrects or withdraws.
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path((id, fact)): Path<(i64, i64)>,
    sheet: Sheet,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    let fact = known(&app, &project, fact).await?;
    guard(&signed, &project)?;
    let (today, lang) = (app.clock.today(), signed.prefs.lang);
    let kind = fact.kind;
    let read = || -> Result<NewFact, (String, String)> {
        let effective = read_day(sheet.get("effective"), fact.effective)?;
        let value = match (sheet.get("do"), kind) {
            ("withdraw", _) => Value::Nothing,
            (_, Kind::Stage | Kind::AccessRaw | Kind::AccessChecked | Kind::Credit) => fact.value.clone(),
            _ => read_value(kind, sheet.get(&format!("value.{kind}")), sheet.get(&format!("unit.{kind}")))?,
        };
        let new = NewFact {
            counts: read_day(sheet.get("counts"), fact.counts)?,
            corrects: Some(fact.id),
            reason: Some(sheet.get("reason").to_string()),
            ..NewFact::on(effective, kind, value)
        };
        new.check(today).map_err(|f| (f.zh(), f.en()))?;
        Ok(new)
    };
    let mut new = match read() {
        Ok(new) => new,
        Err((zh, en)) => {
            let typed = Typed {
                value: sheet.get(&format!("value.{kind}")).into(),
                unit: sheet.get(&format!("unit.{kind}")).into(),
                effective: sheet.get("effective").into(),
                counts: sheet.get("counts").into(),
                reason: sheet.get("reason").into(),
            };
            return page(&app, &signed, &project, &fact, &typed, vec![lang.t(&zh, &en).into()]).await;
        }
    };
    let asked = NewFact { value: fact.value.clone(), ..new.clone() };
    guard_kinds(&signed, std::slice::from_ref(&asked))?;
    if new.value != Value::Nothing {
        // What proved the wrong value stays with the corrected one; the history shows both.
        let files = app.store.files_of(project.id).await?;
        new.files = files.into_iter().filter(|(of, _)| *of == fact.id).map(|(_, f)| f.file.sha256).collect();
    }
    let seen = Some(stale::seen(&sheet, &project));
    match app.store.record(&signed.actor(), app.clock.now(), today, project.id, seen, &[new]).await {
        Ok(ids) => {
            let to = ids.first().map_or(fact.id, |id| *id);
            Ok(Redirect::to(&format!("/projects/{id}/facts/{to}")).into_response())
        }
        Err(error) if is_stale(&error) => {
            let action = format!("/projects/{id}/facts/{}", fact.id);
            stale::page(&app, &signed, &project, seen, &action, &sheet.fields).await
        }
        Err(error) => Err(error.into()),
    }
}
