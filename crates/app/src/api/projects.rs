//! Projects and their facts, for programs.

use crate::app::App;
use crate::ledger::{self, Line};
use crate::web::api::{ApiError, ApiResult, Json, Path, Query};
use crate::web::error::WebError;
use crate::web::session::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use domain::company::{Currency, Money};
use domain::fact::{Fact, FactId, Form, Kind, NewFact, ProjectId, Value};
use domain::limits;
use domain::scope::may_record;
use domain::stage::Stage;
use domain::user::UnitId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a list may be ordered by.
pub const SORTS: [&str; 10] =
    ["code", "-code", "name", "-name", "planned", "-planned", "signed", "-signed", "recorded", "-recorded"];

/// Money as programs see it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyOf {
    amount: i64,
    currency: Code,
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub Currency);

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.code())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let code = String::deserialize(deserializer)?;
        let known = Currency::from_code(&code);
        known.map(Code).ok_or_else(|| serde::de::Error::custom(format!("`{code}` is no currency known here")))
    }
}

impl From<Money> for MoneyOf {
    fn from(money: Money) -> MoneyOf {
        MoneyOf { amount: money.amount, currency: Code(money.currency) }
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct PageOf<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are in all, where that is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
    /// What to give as `after` for the next page; null on the last.
    pub next: Option<String>,
}

/// A whole list.
#[derive(Debug, Serialize)]
pub struct ListOf<T> {
    /// The items.
    pub items: Vec<T>,
}

/// A project in one line.
#[derive(Debug, Serialize)]
pub struct LineOf {
    id: ProjectId,
    code: String,
    name: String,
    company: String,
    company_key: String,
    chain: String,
    unit: Option<i64>,
    officer: Option<i64>,
    event: Option<i64>,
    stage: Option<Stage>,
    since: Option<Date>,
    signed: Option<Date>,
    planned: Option<MoneyOf>,
    duplicate: bool,
    recorded: Timestamp,
}

impl LineOf {
    /// What this person may see of it: of a project whose records are closed to them, its name and stage.
    fn of(line: &Line, signed: &Signed) -> LineOf {
        let open = signed.sees_unit(line.unit.map(UnitId));
        let text = |t: &str| if open { signed.contacts(t).into_owned() } else { String::new() };
        LineOf {
            id: line.id,
            code: line.code.to_string(),
            name: signed.contacts(&line.name).into_owned(),
            company: text(&line.company),
            company_key: text(&line.company_key),
            chain: text(&line.chain),
            unit: line.unit,
            officer: line.officer.filter(|_| open),
            event: line.event.filter(|_| open),
            stage: line.stage,
            since: line.since.filter(|_| open),
            signed: line.signed.filter(|_| open),
            planned: line.planned.filter(|_| open).map(MoneyOf::from),
            duplicate: line.duplicate,
            recorded: line.recorded,
        }
    }
}

/// A recorded fact.
#[derive(Debug, Serialize)]
pub struct FactOf {
    id: FactId,
    kind: Kind,
    effective: Date,
    counts: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    money: Option<MoneyOf>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<FactId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    recorded: Timestamp,
    by: String,
}

impl FactOf {
    /// What this person may read of it.
    pub(super) fn of(fact: &Fact, signed: &Signed) -> FactOf {
        FactOf {
            id: fact.id,
            kind: fact.kind,
            effective: fact.effective,
            counts: fact.counts,
            text: fact.value.text().map(|t| signed.contacts(t).into_owned()),
            number: fact.value.number(),
            money: fact.value.money().map(MoneyOf::from),
            withdrawn: fact.value == Value::Nothing,
            corrects: fact.corrects,
            reason: fact.reason.as_deref().map(|r| signed.contacts(r).into_owned()),
            recorded: fact.recorded,
            by: fact.by.clone(),
        }
    }
}

/// What of the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    q: Option<String>,
    stage: Option<Stage>,
    unit: Option<i64>,
    officer: Option<i64>,
    event: Option<i64>,
    chain: Option<String>,
    signed_from: Option<Date>,
    signed_to: Option<Date>,
    sort: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// How many items of a page are asked for.
///
/// # Errors
/// 400 outside of 1 to [`limits::API_PAGE`].
pub(super) fn limit_of(limit: Option<usize>) -> Result<usize, ApiError> {
    let limit = limit.unwrap_or(limits::PROJECTS_PAGE);
    let most = limits::API_PAGE;
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(bad(format!("limit：1 至 {most}"), format!("limit: 1 to {most}")))
}

/// The number behind which a page begins.
///
/// # Errors
/// 400 when it is no number.
pub(super) fn after_of(after: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(after) = after else { return Ok(None) };
    let number = after.parse::<i64>().ok().filter(|n| *n >= 0);
    let wrong = || bad("after：用上一页的 next".into(), "after: give the `next` of the page before".into());
    number.map(Some).ok_or_else(wrong)
}

/// 400 that names the field.
pub(super) fn bad(zh: String, en: String) -> ApiError {
    WebError::bad_request(zh, en).into()
}

/// `GET /api/v1/projects`
pub async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(asked): Query<Asked>,
) -> ApiResult<PageOf<LineOf>> {
    let (limit, after) = (limit_of(asked.limit)?, after_of(asked.after.as_deref())?);
    let sort = asked.sort.clone().unwrap_or_else(|| "code".into());
    if !SORTS.contains(&sort.as_str()) {
        let known = SORTS.join(", ");
        return Err(bad(format!("sort：可用 {known}"), format!("sort: one of {known}")));
    }
    let board = app.ledger.board(&app.store).await?;
    let see_all = |line: &Line| signed.sees_unit(line.unit.map(UnitId));
    let mut found: Vec<&Arc<Line>> = board.lines.iter().filter(|l| wanted(l, &asked, see_all(l))).collect();
    order(&mut found, &sort, &see_all);
    let from = match after {
        None => 0,
        Some(id) => found.iter().position(|l| l.id.0 == id).map(|at| at + 1).ok_or_else(|| {
            bad(
                "after：列表已变化，请从头开始".into(),
                "after: the list has changed; begin again without `after`".into(),
            )
        })?,
    };
    let shown = &found[from..(from + limit).min(found.len())];
    let next = (from + limit < found.len()).then(|| shown.last().map(|l| l.id.to_string())).flatten();
    let items = shown.iter().map(|l| LineOf::of(l, &signed)).collect();
    Ok(Json(PageOf { items, total: Some(found.len()), next }))
}

/// Whether a line is asked for. What a reader may not see of it, they cannot ask for either.
fn wanted(line: &Line, asked: &Asked, open: bool) -> bool {
    let has = |text: &str, part: &str| text.to_lowercase().contains(part);
    let chain = |c: &String| *line.chain == **c || line.chain.starts_with(&format!("{c}/"));
    let closed = asked.officer.is_some()
        || asked.event.is_some()
        || asked.chain.is_some()
        || asked.signed_from.is_some()
        || asked.signed_to.is_some();
    let q = asked.q.as_deref().map(str::to_lowercase).unwrap_or_default();
    (open || !closed)
        && (q.is_empty() || has(&line.code, &q) || has(&line.name, &q) || (open && has(&line.company, &q)))
        && asked.stage.is_none_or(|s| line.stage == Some(s))
        && asked.unit.is_none_or(|u| line.unit == Some(u))
        && asked.officer.is_none_or(|o| line.officer == Some(o))
        && asked.event.is_none_or(|e| line.event == Some(e))
        && asked.chain.as_ref().is_none_or(chain)
        && asked.signed_from.is_none_or(|d| line.signed.is_some_and(|s| s >= d))
        && asked.signed_to.is_none_or(|d| line.signed.is_some_and(|s| s <= d))
}

/// Orders lines; what is closed to the reader stands as if it were not there.
fn order(lines: &mut [&Arc<Line>], sort: &str, open: &dyn Fn(&Line) -> bool) {
    let word = sort.trim_start_matches('-');
    lines.sort_by(|a, b| {
        let by = match word {
            "name" => a.name.cmp(&b.name),
            "planned" => {
                let amount = |l: &Line| l.planned.filter(|_| open(l)).map(|m| (m.currency, m.amount));
                amount(a).cmp(&amount(b))
            }
            "signed" => {
                let day = |l: &Line| l.signed.filter(|_| open(l));
                day(a).cmp(&day(b))
            }
            "recorded" => a.recorded.cmp(&b.recorded),
            _ => a.code.cmp(&b.code),
        };
        let by = if sort.starts_with('-') { by.reverse() } else { by };
        by.then(a.id.cmp(&b.id))
    });
}

/// A moment in the past.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    cut_off: Option<Timestamp>,
}

/// A project with its facts.
#[derive(Debug, Serialize)]
pub struct ProjectOf {
    id: ProjectId,
    code: String,
    name: String,
    stage: Option<Stage>,
    since: Option<Date>,
    last: FactId,
    facts: Vec<FactOf>,
}

/// `GET /api/v1/projects/{id}`
pub async fn one(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<AsOf>,
) -> ApiResult<ProjectOf> {
    readable(&app, &signed, id).await?;
    let project = ledger::project(&app.store, ProjectId(id), asked.cut_off).await?.ok_or_else(none)?;
    Ok(Json(ProjectOf {
        id: project.id,
        code: project.code.clone(),
        name: signed.contacts(project.name()).into_owned(),
        stage: project.stage(),
        since: project.since(),
        last: project.last,
        facts: project.facts().iter().map(|f| FactOf::of(f, &signed)).collect(),
    }))
}

/// `GET /api/v1/projects/{id}/facts`
pub async fn history(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
) -> ApiResult<ListOf<FactOf>> {
    readable(&app, &signed, id).await?;
    let facts = app.store.facts_of(ProjectId(id)).await?;
    Ok(Json(ListOf { items: facts.iter().map(|f| FactOf::of(f, &signed)).collect() }))
}

/// The unit of a project whose records this person may read.
async fn readable(app: &App, signed: &Signed, id: i64) -> Result<Option<UnitId>, ApiError> {
    let unit = unit(app, id).await?;
    if signed.sees_unit(unit) {
        return Ok(unit);
    }
    let (zh, en) = ("这个项目的记录属于别的部门。", "The records of this project belong to another unit.");
    Err(WebError::forbidden(zh, en).into())
}

async fn unit(app: &App, id: i64) -> Result<Option<UnitId>, ApiError> {
    let board = app.ledger.board(&app.store).await?;
    match board.line(ProjectId(id)) {
        Some(line) => Ok(line.unit.map(UnitId)),
        None => Err(none()),
    }
}

fn none() -> ApiError {
    WebError::not_found("没有这个项目。", "There is no such project.").into()
}

/// A fact that a program sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactIn {
    kind: Kind,
    effective: Date,
    counts: Option<Date>,
    text: Option<String>,
    number: Option<i64>,
    money: Option<MoneyOf>,
}

/// A correction that a program sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionIn {
    kind: Kind,
    effective: Date,
    counts: Option<Date>,
    text: Option<String>,
    number: Option<i64>,
    money: Option<MoneyOf>,
    corrects: i64,
    reason: String,
    #[serde(default)]
    withdraw: bool,
}

impl FactIn {
    fn fact(self) -> Result<NewFact, ApiError> {
        let counts = self.counts.unwrap_or(self.effective);
        let value = match (self.text, self.number, self.money) {
            (Some(text), None, None) => Value::Text(text),
            (None, Some(number), None) => Value::Number(number),
            (None, None, Some(money)) => {
                Value::Money(Money { amount: money.amount, currency: money.currency.0 })
            }
            _ => {
                let kind = self.kind;
                return Err(bad(
                    format!("{kind}：text、number、money 三者要有且只有一个"),
                    format!("{kind}: give exactly one of text, number and money"),
                ));
            }
        };
        Ok(NewFact::on(self.effective, self.kind, value).counting(counts))
    }
}

impl CorrectionIn {
    fn fact(self) -> Result<NewFact, ApiError> {
        let (corrects, reason) = (Some(FactId(self.corrects)), Some(self.reason));
        let valued = self.text.is_some() || self.number.is_some() || self.money.is_some();
        if self.withdraw && !valued {
            let counts = self.counts.unwrap_or(self.effective);
            let fact = NewFact::on(self.effective, self.kind, Value::Nothing).counting(counts);
            return Ok(NewFact { corrects, reason, ..fact });
        }
        if self.withdraw {
            return Err(bad("撤销时不写内容".into(), "withdraw: then without a value".into()));
        }
        let Self { kind, effective, counts, text, number, money, .. } = self;
        let fact = FactIn { kind, effective, counts, text, number, money }.fact()?;
        Ok(NewFact { corrects, reason, ..fact })
    }
}

/// Refuses facts that this person may not record: of a trade that is not theirs, or handing the project to a unit that is not.
fn may(signed: &Signed, facts: &[NewFact]) -> Result<(), ApiError> {
    for fact in facts {
        let word = match (fact.kind.form(), fact.value.text()) {
            (Form::Stage, Some(stage)) => format!("stage:{stage}"),
            _ => fact.kind.to_string(),
        };
        if !may_record(signed.role, &word) {
            let (zh, en) = (
                format!("您的角色不能登记“{}”。", fact.kind.zh()),
                format!("Your role may not record `{word}`."),
            );
            return Err(WebError::forbidden(zh, en).into());
        }
        if fact.kind == Kind::Unit {
            signed.may_write_unit(fact.value.number().map(UnitId))?;
        }
    }
    Ok(())
}

/// A project to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    code: Option<String>,
    facts: Vec<FactIn>,
}

/// A project that was made.
#[derive(Debug, Serialize)]
pub struct Made {
    id: ProjectId,
    code: String,
}

/// `POST /api/v1/projects`
pub async fn create(
    State(app): State<App>,
    signed: Signed,
    Json(new): Json<NewProject>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let facts = new.facts.into_iter().map(FactIn::fact).collect::<Result<Vec<_>, _>>()?;
    may(&signed, &facts)?;
    let owned = facts.iter().any(|f| f.kind == Kind::Unit);
    if !owned && !signed.scope().covers(None) {
        signed.may_write_unit(None)?;
    }
    let (now, today) = (app.clock.now(), app.clock.today());
    let (id, code) =
        app.store.create_project(&signed.actor(), now, today, new.code.as_deref(), &facts).await?;
    Ok((StatusCode::CREATED, Json(Made { id, code })))
}

/// Facts to record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record<T> {
    seen: Option<i64>,
    facts: Vec<T>,
}

/// Numbers of the facts that were recorded.
#[derive(Debug, Serialize)]
pub struct Recorded {
    facts: Vec<FactId>,
}

/// `POST /api/v1/projects/{id}/facts`
pub async fn record(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Json(record): Json<Record<FactIn>>,
) -> Result<(StatusCode, Json<Recorded>), ApiError> {
    let facts = record.facts.into_iter().map(FactIn::fact).collect::<Result<Vec<_>, _>>()?;
    write(&app, &signed, id, record.seen, &facts).await
}

/// `POST /api/v1/projects/{id}/corrections`
pub async fn correct(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Json(record): Json<Record<CorrectionIn>>,
) -> Result<(StatusCode, Json<Recorded>), ApiError> {
    let facts = record.facts.into_iter().map(CorrectionIn::fact).collect::<Result<Vec<_>, _>>()?;
    write(&app, &signed, id, record.seen, &facts).await
}

async fn write(
    app: &App,
    signed: &Signed,
    id: i64,
    seen: Option<i64>,
    facts: &[NewFact],
) -> Result<(StatusCode, Json<Recorded>), ApiError> {
    signed.may_write_unit(unit(app, id).await?)?;
    may(signed, facts)?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let seen = seen.map(FactId);
    let facts = app.store.record(&signed.actor(), now, today, ProjectId(id), seen, facts).await?;
    Ok((StatusCode::CREATED, Json(Recorded { facts })))
}
