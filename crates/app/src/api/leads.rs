//! Leads and reviews, for programs.

use super::projects::{PageOf, after_of, limit_of};
use crate::app::App;
use crate::lead::act::{NewContact, note};
use crate::lead::new::{Form, register};
use crate::lead::show::find;
use crate::lead::{ours, phone};
use crate::review::answer::{give, known};
use crate::review::list::scope;
use crate::web::api::{ApiError, ApiResult, Json, Path, Query};
use crate::web::session::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use domain::lead::{Both, ConflictKind, ConflictState, ContactKind, LeadId, LeadState, Source};
use domain::mask::mask;
use domain::review::Verdict;
use domain::role::Action;
use domain::user::{UnitId, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::conflict::Conflict;
use store::lead::Lead;
use store::lead_list::{LeadFilter, LeadOrder};
use store::review::Ask;

/// A lead; numbers of people are hidden from those who do not work on it.
#[derive(Debug, Serialize)]
pub struct LeadOf {
    id: i64,
    version: i64,
    company: String,
    key: String,
    uscc: Option<String>,
    other_names: Vec<String>,
    group: Option<String>,
    title: String,
    need: String,
    amount_yuan: Option<i64>,
    segment: Option<String>,
    contact_name: String,
    contact_phone: String,
    officer: i64,
    unit: Option<i64>,
    source: &'static str,
    source_ref: Option<String>,
    registered: Date,
    protected_until: Date,
    next_due: Date,
    state: &'static str,
    ended: Option<Date>,
    ended_why: Option<String>,
    project: Option<i64>,
    by: String,
    created: Timestamp,
    updated: Timestamp,
}

fn whole(lead: &Lead, signed: &Signed) -> bool {
    ours(signed, lead.said.officer, lead.unit) && signed.may(Action::SeeContacts)
}

fn masked(text: String, whole: bool) -> String {
    if whole { text } else { mask(&text).into_owned() }
}

impl LeadOf {
    fn of(lead: Lead, signed: &Signed) -> LeadOf {
        let (whole, contact_phone) = (whole(&lead, signed), phone(signed, &lead));
        let said = lead.said;
        let text = said.text;
        LeadOf {
            id: lead.id.0,
            version: lead.version,
            company: said.name,
            key: said.key,
            uscc: said.uscc,
            other_names: text.other_names,
            group: text.group,
            title: masked(text.title, whole),
            need: masked(text.need, whole),
            amount_yuan: text.amount,
            segment: text.segment,
            contact_name: text.contact_name,
            contact_phone,
            officer: said.officer.0,
            unit: lead.unit.map(|u| u.0),
            source: said.source.as_str(),
            source_ref: said.source_ref.map(|s| masked(s, whole)),
            registered: said.registered,
            protected_until: lead.protected_until,
            next_due: lead.next_due,
            state: lead.state.as_str(),
            ended: lead.ended,
            ended_why: lead.ended_why,
            project: lead.project.map(|p| p.0),
            by: lead.by,
            created: lead.created,
            updated: lead.updated,
        }
    }
}

/// What of the list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    q: Option<String>,
    officer: Option<i64>,
    unit: Option<i64>,
    state: Option<LeadState>,
    overdue: Option<bool>,
    contested: Option<bool>,
    limit: Option<usize>,
    after: Option<String>,
}

/// `GET /api/v1/leads`
pub async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(asked): Query<Asked>,
) -> ApiResult<PageOf<LeadOf>> {
    let (limit, from) = (limit_of(asked.limit)?, after_of(asked.after.as_deref())?.unwrap_or(0));
    // PostgreSQL holds no NUL in a text, so nothing can be called so.
    let q = asked.q.unwrap_or_default().replace('\0', "\u{fffd}");
    let filter = LeadFilter {
        officer: asked.officer.map(UserId),
        unit: asked.unit.map(UnitId),
        state: asked.state,
        due_before: asked.overdue.unwrap_or(false).then(|| app.clock.today()),
        contested: asked.contested.unwrap_or(false),
        holds: q.trim().chars().take(domain::limits::COMPANY_NAME_CHARS).collect(),
        order: LeadOrder::Newest,
        ..LeadFilter::default()
    };
    let total = usize::try_from(app.store.count_leads(&filter).await?).unwrap_or(usize::MAX);
    let found = app.store.leads(&filter, part(limit, from)).await?;
    let reached = usize::try_from(from).unwrap_or(usize::MAX).saturating_add(found.len());
    let next = (reached < total && !found.is_empty()).then(|| reached.to_string());
    let items = found.into_iter().map(|l| LeadOf::of(l, &signed)).collect();
    Ok(Json(PageOf { items, total: Some(total), next }))
}

fn part(limit: usize, from: i64) -> store::Page {
    store::Page::new(u32::try_from(limit).unwrap_or(1), from.unsigned_abs())
}

/// A lead with what was done and what runs against it.
#[derive(Debug, Serialize)]
pub struct WholeLead {
    #[serde(flatten)]
    lead: LeadOf,
    contacts: Vec<ContactOf>,
    conflicts: Vec<ConflictOf>,
}

#[derive(Debug, Serialize)]
struct ContactOf {
    id: i64,
    kind: &'static str,
    day: Date,
    note: String,
    by: String,
    recorded: Timestamp,
}

/// A conflict.
#[derive(Debug, Serialize)]
struct ConflictOf {
    id: i64,
    lead: i64,
    other_lead: Option<i64>,
    other_project: Option<i64>,
    kind: ConflictKind,
    reasons: Vec<Both>,
    state: ConflictState,
    raised: Timestamp,
}

impl ConflictOf {
    fn of(conflict: Conflict) -> ConflictOf {
        ConflictOf {
            id: conflict.id.0,
            lead: conflict.lead.0,
            other_lead: conflict.other_lead.map(|l| l.0),
            other_project: conflict.other_project.map(|p| p.0),
            kind: conflict.kind,
            reasons: conflict.reasons,
            state: conflict.state,
            raised: conflict.raised,
        }
    }
}

/// `GET /api/v1/leads/{id}`
pub async fn one(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> ApiResult<WholeLead> {
    let lead = find(&app, LeadId(id)).await?;
    Ok(Json(whole_lead(&app, &signed, lead).await?))
}

async fn whole_lead(app: &App, signed: &Signed, lead: Lead) -> Result<WholeLead, ApiError> {
    let whole = whole(&lead, signed);
    let contacts = app.store.contacts(lead.id).await?.into_iter().map(|c| ContactOf {
        id: c.id,
        kind: c.contact.kind.as_str(),
        day: c.contact.day,
        note: masked(c.note, whole),
        by: c.by,
        recorded: c.at,
    });
    let contacts = contacts.collect();
    let conflicts = app.store.conflicts_of(lead.id).await?.into_iter().map(ConflictOf::of).collect();
    Ok(WholeLead { lead: LeadOf::of(lead, signed), contacts, conflicts })
}

/// A lead to register.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadIn {
    company: String,
    key: Option<String>,
    #[serde(default)]
    other_names: Vec<String>,
    group: Option<String>,
    title: String,
    need: Option<String>,
    amount_yuan: Option<i64>,
    segment: Option<String>,
    contact_name: Option<String>,
    contact_phone: Option<String>,
    officer: Option<i64>,
    source: Source,
    source_ref: Option<String>,
}

/// `POST /api/v1/leads`: as the form, so that the same names, amounts and conflicts are found.
pub async fn create(
    State(app): State<App>,
    signed: Signed,
    Json(new): Json<LeadIn>,
) -> Result<(StatusCode, Json<WholeLead>), ApiError> {
    let text = Option::unwrap_or_default;
    let form = Form {
        name: new.company,
        key: text(new.key),
        other_names: new.other_names.join("\n"),
        group: text(new.group),
        title: new.title,
        need: text(new.need),
        amount: new.amount_yuan.map(|yuan| format!("{yuan}元")).unwrap_or_default(),
        segment: text(new.segment),
        officer: new.officer.map(|id| id.to_string()).unwrap_or_default(),
        source: new.source.as_str().into(),
        source_ref: text(new.source_ref),
        event: String::new(),
        contact_name: text(new.contact_name),
        contact_phone: text(new.contact_phone),
        version: String::new(),
    };
    let (lead, _) = register(&app, &signed, &form).await?;
    Ok((StatusCode::CREATED, Json(whole_lead(&app, &signed, lead).await?)))
}

/// A contact to write down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactIn {
    kind: ContactKind,
    day: Date,
    note: String,
}

/// `POST /api/v1/leads/{id}/contacts`
pub async fn contact(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Json(new): Json<ContactIn>,
) -> Result<(StatusCode, Json<WholeLead>), ApiError> {
    let new = NewContact { kind: new.kind.as_str().into(), day: new.day.to_string(), note: new.note };
    let lead = note(&app, &signed, id, &new).await?;
    Ok((StatusCode::CREATED, Json(whole_lead(&app, &signed, lead).await?)))
}

/// A department's part of a review.
#[derive(Debug, Serialize)]
pub struct ReviewOf {
    id: i64,
    round: i64,
    project: i64,
    route: String,
    unit: i64,
    asked_on: Date,
    asked_by: String,
    note: String,
    due: Date,
    answer: Option<Verdict>,
    reasons: Option<String>,
    answered_by: Option<String>,
    answered: Option<Timestamp>,
}

impl ReviewOf {
    fn of(ask: Ask, signed: &Signed) -> ReviewOf {
        let text = |t: String| signed.contacts(&t).into_owned();
        ReviewOf {
            id: ask.id,
            round: ask.round,
            project: ask.project.0,
            route: ask.route,
            unit: ask.unit.0,
            asked_on: ask.asked_on,
            asked_by: ask.asked_by,
            note: text(ask.note),
            due: ask.due,
            answer: ask.answer,
            reasons: ask.reasons.map(text),
            answered_by: ask.answered_by,
            answered: ask.answered,
        }
    }
}

/// Which reviews.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviews {
    answered: Option<bool>,
    limit: Option<usize>,
    after: Option<String>,
}

/// `GET /api/v1/reviews`: those that wait, or those answered; a reviewer's own unit's, everybody's to others.
pub async fn reviews(
    State(app): State<App>,
    signed: Signed,
    Query(asked): Query<Reviews>,
) -> ApiResult<PageOf<ReviewOf>> {
    let (limit, from) = (limit_of(asked.limit)?, after_of(asked.after.as_deref())?.unwrap_or(0));
    let (unit, page) = (scope(&signed), part(limit, from));
    let found = match asked.answered {
        Some(true) => app.store.reviews_answered(unit, page).await?,
        _ => app.store.reviews_waiting(unit, page).await?,
    };
    let next = (found.len() == limit).then(|| from.saturating_add_unsigned(limit as u64).to_string());
    let items = found.into_iter().map(|a| ReviewOf::of(a, &signed)).collect();
    Ok(Json(PageOf { items, total: None, next }))
}

/// An answer to a review.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerIn {
    answer: Verdict,
    #[serde(default)]
    reasons: String,
}

/// `POST /api/v1/reviews/{id}/answer`
pub async fn answer(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Json(given): Json<AnswerIn>,
) -> ApiResult<ReviewOf> {
    give(&app, &signed, id, given.answer, &given.reasons).await?;
    Ok(Json(ReviewOf::of(known(&app, id).await?, &signed)))
}
