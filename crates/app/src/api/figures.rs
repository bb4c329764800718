//! Figures and closed periods, for programs.

use super::projects::{FactOf, ListOf};
use super::records::RateOf;
use crate::app::App;
use crate::figure::answer;
use crate::figure::bridge::{in_force, restated, sealed};
use crate::report;
use crate::web::api::{ApiError, ApiResult, Json, Path, Query};
use crate::web::error::WebError;
use crate::web::session::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use domain::figure::{Change, Effect, Measure, Period, Values, sentence};
use domain::limits::FIGURE_ROWS;
use domain::role::Lang;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::period::Closing;

/// A definition in force.
#[derive(Debug, Serialize)]
pub struct FigureOf {
    name: String,
    version: String,
    zh: String,
    en: String,
    measure: Measure,
    text: String,
    text_en: String,
}

/// `GET /api/v1/figures`
pub async fn list(State(app): State<App>) -> ApiResult<ListOf<FigureOf>> {
    let figure = |d: domain::figure::Definition| FigureOf {
        text: sentence(&d, Lang::Zh),
        text_en: sentence(&d, Lang::En),
        name: d.id,
        version: d.version,
        zh: d.zh,
        en: d.en,
        measure: d.measure,
    };
    Ok(Json(ListOf { items: in_force(&app).await?.into_iter().map(figure).collect() }))
}

/// Of which period, as of which day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    year: Option<i16>,
    month: Option<i8>,
    as_of: Option<Date>,
}

fn period_of(year: i16, month: Option<i8>) -> Result<Period, ApiError> {
    Period::new(year, month).map_err(|_| {
        let (zh, en) = ("year：1950 至 2200；month：1 至 12", "year: from 1950 to 2200; month: from 1 to 12");
        WebError::bad_request(zh, en).into()
    })
}

/// `GET /api/v1/figures/{name}`: what `landfall figure NAME --json` prints.
pub async fn one(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> ApiResult<Value> {
    let year = asked.year.unwrap_or_else(|| app.clock.today().year());
    let period = period_of(year, asked.month)?;
    let (report, cut) = answer::one(&app, &name, period, asked.as_of).await?;
    let line = report.lines.first().ok_or_else(|| anyhow::anyhow!("the report of {name} has no line"))?;
    Ok(Json(answer::answer(line, period, cut.at.to_string())))
}

/// A closed period.
#[derive(Debug, Serialize)]
pub struct ReportOf {
    id: i64,
    year: i16,
    month: Option<i8>,
    edition: i64,
    replaces: Option<i64>,
    cut_off: Timestamp,
    judged_on: Date,
    sha256: Option<String>,
    by: String,
}

impl ReportOf {
    fn of(closing: Closing) -> ReportOf {
        let Closing { id, year, month, edition, replaces, cut_off, judged_on, sha256, by, .. } = closing;
        ReportOf { id, year, month, edition, replaces, cut_off, judged_on, sha256, by }
    }
}

/// `GET /api/v1/reports`
pub async fn reports(State(app): State<App>) -> ApiResult<ListOf<ReportOf>> {
    Ok(Json(ListOf { items: app.store.periods().await?.into_iter().map(ReportOf::of).collect() }))
}

/// A closed period computed again.
#[derive(Debug, Serialize)]
pub struct Recomputed {
    #[serde(flatten)]
    report: ReportOf,
    computed_sha256: String,
    same: Option<bool>,
    lines: Vec<LineOf>,
}

/// A line of a report.
#[derive(Debug, Serialize)]
struct LineOf {
    figure: String,
    version: String,
    month: Option<Values>,
    total: Values,
    last_year_month: Option<Values>,
    last_year: Values,
}

/// `GET /api/v1/reports/{id}`: computes the report again as of its cut-off and compares it with what was kept.
pub async fn report(State(app): State<App>, Path(id): Path<i64>) -> ApiResult<Recomputed> {
    let closing = closing(&app, id).await?;
    let sealed = sealed(&app, &closing).await?;
    let line = |l: &domain::figure::Line| LineOf {
        figure: l.definition.id.clone(),
        version: l.definition.version.clone(),
        month: l.month.clone(),
        total: l.total.values.clone(),
        last_year_month: l.last_year_month.clone(),
        last_year: l.last_year.clone(),
    };
    Ok(Json(Recomputed {
        report: ReportOf::of(closing),
        same: sealed.same,
        lines: sealed.report.lines.iter().map(line).collect(),
        computed_sha256: sealed.sha256,
    }))
}

async fn closing(app: &App, id: i64) -> Result<Closing, ApiError> {
    let found = app.store.period(id).await?;
    found.ok_or_else(|| WebError::not_found("没有这次关账。", "There is no such closing.").into())
}

/// Which period to close.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseIn {
    year: i16,
    month: Option<i8>,
}

/// `POST /api/v1/reports`
pub async fn close(
    State(app): State<App>,
    signed: Signed,
    Json(close): Json<CloseIn>,
) -> Result<(StatusCode, Json<ReportOf>), ApiError> {
    let shut = report::shut(&app, &signed, period_of(close.year, close.month)?).await?;
    // Read again: now it is sealed.
    Ok((StatusCode::CREATED, Json(ReportOf::of(closing(&app, shut.id).await?))))
}

/// What changed a report since it was closed.
#[derive(Debug, Serialize)]
pub struct RestatedOf {
    id: i64,
    cut_off: Timestamp,
    changes: Vec<ChangeOf>,
    more: usize,
    rates: Vec<RateChangeOf>,
    rate_effects: Vec<Effect>,
    effects: Vec<Effect>,
}

#[derive(Debug, Serialize)]
struct ChangeOf {
    project: i64,
    code: String,
    name: String,
    late: bool,
    fact: FactOf,
    was: Option<FactOf>,
    effects: Vec<Effect>,
}

#[derive(Debug, Serialize)]
struct RateChangeOf {
    rate: RateOf,
    was: Option<RateOf>,
}

/// `GET /api/v1/reports/{id}/restatement`
pub async fn restatement(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
) -> ApiResult<RestatedOf> {
    let closing = closing(&app, id).await?;
    let found = restated(&app, &closing).await?;
    let more = found.more + found.changes.len().saturating_sub(FIGURE_ROWS);
    let change = |c: Change| ChangeOf {
        project: c.fact.project.0,
        name: signed.contacts(&c.name).into_owned(),
        late: c.late,
        fact: FactOf::of(&c.fact, &signed),
        was: c.was.as_ref().map(|f| FactOf::of(f, &signed)),
        code: c.code,
        effects: c.effects,
    };
    let rate =
        |c: domain::figure::RateChange| RateChangeOf { rate: RateOf::of(c.rate), was: c.was.map(RateOf::of) };
    Ok(Json(RestatedOf {
        id,
        cut_off: closing.cut_off,
        changes: found.changes.into_iter().take(FIGURE_ROWS).map(change).collect(),
        more,
        rates: found.rates.into_iter().map(rate).collect(),
        rate_effects: found.rate_effects,
        effects: found.effects,
    }))
}
