//! Units, exchange rates and the journal, for programs.

use super::projects::{Code, ListOf, PageOf, after_of, limit_of};
use crate::app::App;
use crate::web::api::{ApiError, ApiResult, Json, Query};
use crate::web::session::{Signed, hex};
use axum::extract::State;
use axum::http::StatusCode;
use domain::rate::Rate;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::journal::{JournalEntry, JournalFilter};
use store::rate::NewRate;

/// A unit.
#[derive(Debug, Serialize)]
pub struct UnitOf {
    id: i64,
    name: String,
    ended: bool,
}

/// `GET /api/v1/units`
pub async fn units(State(app): State<App>) -> ApiResult<ListOf<UnitOf>> {
    let units = app.store.units().await?;
    let unit = |u: domain::user::Unit| UnitOf { id: u.id.0, name: u.name, ended: u.ended.is_some() };
    Ok(Json(ListOf { items: units.into_iter().map(unit).collect() }))
}

/// A rate.
#[derive(Debug, Serialize)]
pub struct RateOf {
    id: i64,
    currency: Code,
    since: Date,
    micro_yuan: i64,
    source: String,
    recorded: Timestamp,
    by: String,
}

/// `GET /api/v1/rates`
pub async fn rates(State(app): State<App>) -> ApiResult<ListOf<RateOf>> {
    Ok(Json(ListOf { items: app.store.rates().await?.into_iter().map(RateOf::of).collect() }))
}

impl RateOf {
    /// A rate as it was recorded.
    pub(super) fn of(rate: Rate) -> RateOf {
        RateOf {
            id: rate.id,
            currency: Code(rate.currency),
            since: rate.since,
            micro_yuan: rate.micro_yuan,
            source: rate.source,
            recorded: rate.recorded,
            by: rate.by,
        }
    }
}

/// A rate to record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateIn {
    currency: Code,
    since: Date,
    micro_yuan: i64,
    source: String,
}

/// The number of what was recorded.
#[derive(Debug, Serialize)]
pub struct Numbered {
    id: i64,
}

/// `POST /api/v1/rates`
pub async fn add_rate(
    State(app): State<App>,
    signed: Signed,
    Json(new): Json<RateIn>,
) -> Result<(StatusCode, Json<Numbered>), ApiError> {
    let RateIn { currency, since, micro_yuan, source } = new;
    let new = NewRate { currency: currency.0, since, micro_yuan, source };
    let id = app.store.add_rate(&signed.actor(), app.clock.now(), &new).await?;
    Ok((StatusCode::CREATED, Json(Numbered { id })))
}

/// What of the journal is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// An entry of the journal.
#[derive(Debug, Serialize)]
pub struct EntryOf {
    seq: i64,
    at: Timestamp,
    actor: String,
    action: String,
    subject: String,
    before: Option<String>,
    after: Option<String>,
    hash: String,
}

impl EntryOf {
    fn of(entry: JournalEntry, signed: &Signed) -> EntryOf {
        let text = |t: String| signed.contacts_of_json(&t);
        EntryOf {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            before: entry.before.map(text),
            after: entry.after.map(text),
            hash: hex(&entry.hash),
        }
    }
}

/// `GET /api/v1/journal`
pub async fn journal(
    State(app): State<App>,
    signed: Signed,
    Query(asked): Query<Asked>,
) -> ApiResult<PageOf<EntryOf>> {
    let (limit, before) = (limit_of(asked.limit)?, after_of(asked.after.as_deref())?);
    // PostgreSQL holds no NUL in a text, so nothing can be called so.
    let words =
        [asked.actor, asked.action, asked.subject].map(|w| w.unwrap_or_default().replace('\0', "\u{fffd}"));
    let [actor, action, subject] = words;
    let filter = JournalFilter { actor, action, subject, before, ..JournalFilter::default() };
    let found = app.store.journal_where(&filter, u32::try_from(limit).unwrap_or(1)).await?;
    let next = found.last().filter(|e| found.len() == limit && e.seq > 1).map(|e| e.seq.to_string());
    let items = found.into_iter().map(|e| EntryOf::of(e, &signed)).collect();
    Ok(Json(PageOf { items, total: None, next }))
}

/// What a check of the journal found.
#[derive(Debug, Serialize)]
pub struct VerifiedOf {
    entries: u64,
    hash: String,
    intact: bool,
    broken: Option<BrokenOf>,
}

#[derive(Debug, Serialize)]
struct BrokenOf {
    seq: i64,
    why: String,
}

/// `GET /api/v1/journal/verify`
pub async fn verify(State(app): State<App>) -> ApiResult<VerifiedOf> {
    let found = app.store.verify_journal().await?;
    let broken = found.broken.map(|b| BrokenOf { seq: b.seq, why: b.why.to_string() });
    Ok(Json(VerifiedOf { entries: found.entries, hash: hex(&found.hash), intact: broken.is_none(), broken }))
}
