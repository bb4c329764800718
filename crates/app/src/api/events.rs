//! Events, for programs.

use super::projects::{PageOf, after_of, limit_of};
use crate::app::App;
use crate::web::api::{ApiResult, Json, Path, Query};
use crate::web::error::WebError;
use crate::web::session::Signed;
use axum::extract::State;
use domain::event::EventKind;
use domain::user::UnitId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::event::{Event, EventFilter};

/// An event.
#[derive(Debug, Serialize)]
pub struct EventOf {
    id: i64,
    title: String,
    kind: EventKind,
    place: Option<u32>,
    start: Date,
    end: Date,
    unit: Option<UnitId>,
    purpose: String,
    ended: bool,
}

impl EventOf {
    fn of(event: Event, signed: &Signed) -> EventOf {
        let said = event.said;
        EventOf {
            id: event.id,
            title: signed.contacts(&said.title).into_owned(),
            kind: said.kind,
            place: said.place.map(|p| p.0),
            start: said.start,
            end: said.end,
            unit: said.unit,
            purpose: signed.contacts(&said.purpose).into_owned(),
            ended: event.ended.is_some(),
        }
    }
}

/// What of the list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    year: Option<i16>,
    kind: Option<EventKind>,
    unit: Option<i64>,
    limit: Option<usize>,
    after: Option<String>,
}

/// `GET /api/v1/events`
pub async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(asked): Query<Asked>,
) -> ApiResult<PageOf<EventOf>> {
    let (limit, from) = (limit_of(asked.limit)?, after_of(asked.after.as_deref())?.unwrap_or(0));
    if asked.year.is_some_and(|y| !(1900..=9998).contains(&y)) {
        return Err(super::projects::bad("year：1900 至 9998".into(), "year: 1900 to 9998".into()));
    }
    let filter =
        EventFilter { kind: asked.kind, year: asked.year, unit: asked.unit.map(UnitId), ended: false };
    let total = usize::try_from(app.store.count_events(filter).await?).unwrap_or(usize::MAX);
    let page = store::Page::new(u32::try_from(limit).unwrap_or(1), from.unsigned_abs());
    let found = app.store.events(filter, page).await?;
    let reached = usize::try_from(from).unwrap_or(usize::MAX).saturating_add(found.len());
    let next = (reached < total && !found.is_empty()).then(|| reached.to_string());
    let items = found.into_iter().map(|l| EventOf::of(l.event, &signed)).collect();
    Ok(Json(PageOf { items, total: Some(total), next }))
}

/// `GET /api/v1/events/{id}`
pub async fn one(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> ApiResult<EventOf> {
    let event = app.store.event(id).await?;
    let event = event.ok_or_else(|| WebError::not_found("没有这个活动。", "There is no such event."))?;
    Ok(Json(EventOf::of(event, &signed)))
}
