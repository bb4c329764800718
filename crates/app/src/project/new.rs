//! `/projects/new`: a project begins with its first facts.

use crate::app::App;
use crate::evidence::sheet::Sheet;
use crate::project::names::Names;
use crate::project::record::{Input, read_day, read_value};
use crate::project::guard_kinds;
use crate::rules::Rules;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::fact::{Kind, NewFact, Value};
use domain::role::Role;
use domain::stage::Stage;
use domain::user::UnitId;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "project/new.html")]
struct NewPage {
    p: Chrome,
    inputs: Vec<Input>,
    key: String,
    effective: String,
    faults: Vec<String>,
}

/// What the form asks for; the first two are required.
const ASKED: [Kind; 11] = [
    Kind::Name,
    Kind::Company,
    Kind::Unit,
    Kind::Officer,
    Kind::Chain,
    Kind::Industry,
    Kind::Source,
    Kind::Sort,
    Kind::Origin,
    Kind::Science,
    Kind::PlannedTotal,
];

/// What another page knows already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Known {
    name: String,
    company: String,
    key: String,
    chain: String,
    source: String,
}

/// `GET /projects/new`
pub async fn get(State(app): State<App>, signed: Signed, Query(known): Query<Known>) -> Result<Response> {
    let mut typed: HashMap<Kind, (String, String)> = HashMap::new();
    let mut put = |kind, text: String| {
        typed.insert(kind, (text, String::new()));
    };
    put(Kind::Name, known.name);
    put(Kind::Company, known.company);
    put(Kind::Chain, known.chain);
    put(Kind::Source, known.source);
    if let Some(unit) = signed.unit {
        put(Kind::Unit, unit.0.to_string());
    }
    if signed.role == Role::Officer {
        put(Kind::Officer, signed.id.0.to_string());
    }
    let today = app.clock.today().to_string();
    form(&app, &signed, &typed, known.key, today, Vec::new()).await
}

async fn form(
    app: &App,
    signed: &Signed,
    typed: &HashMap<Kind, (String, String)>,
    key: String,
    effective: String,
    faults: Vec<String>,
) -> Result<Response> {
    let (names, rules, lang) = (Names::read(app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let input = |kind: Kind| {
        let (value, unit) = typed.get(&kind).cloned().unwrap_or_default();
        Input::of(kind, &value, &unit, &names, &rules.gates, lang)
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = render(&NewPage {
        p: Chrome::of(signed, Nav::Projects),
        inputs: ASKED.into_iter().map(input).collect(),
        key,
        effective,
        faults,
    })?;
    Ok((status, page).into_response())
}

/// `POST /projects/new`
pub async fn post(State(app): State<App>, signed: Signed, sheet: Sheet) -> Result<Response> {
    let (today, lang) = (app.clock.today(), signed.prefs.lang);
    let (mut facts, mut faults, mut typed) = (Vec::new(), Vec::new(), HashMap::new());
    let day = read_day(sheet.get("effective"), today).unwrap_or_else(|why| {
        faults.push(why);
        today
    });
    for kind in ASKED {
        let (text, unit) = (sheet.get(&format!("value.{kind}")), sheet.get(&format!("unit.{kind}")));
        typed.insert(kind, (text.to_string(), unit.to_string()));
        if text.is_empty() && !matches!(kind, Kind::Name | Kind::Company) {
            continue;
        }
        match read_value(kind, text, unit) {
            Ok(value) => facts.push(NewFact::on(day, kind, value)),
            Err(why) => faults.push(why),
        }
    }
    let key = sheet.get("key");
    if !key.is_empty() {
        facts.push(NewFact::on(day, Kind::CompanyKey, Value::Text(key.into())));
    }
    facts.push(NewFact::on(day, Kind::Stage, Value::Text(Stage::Lead.as_str().into())));
    faults.extend(facts.iter().filter_map(|f| f.check(today).err()).map(|f| (f.zh(), f.en())));
    if !faults.is_empty() {
        let said = faults.iter().map(|(zh, en)| lang.t(zh, en).to_string()).collect();
        return form(&app, &signed, &typed, key.into(), day.to_string(), said).await;
    }
    guard_kinds(&signed, &facts)?;
    let unit = facts.iter().find(|f| f.kind == Kind::Unit).and_then(|f| f.value.number()).map(UnitId);
    signed.may_write_unit(unit)?;
    let (id, _) = app.store.create_project(&signed.actor(), app.clock.now(), today, None, &facts).await?;
    Ok(Redirect::to(&format!("/projects/{id}")).into_response())
}
