//! `/events/new` and `/events/{id}/edit`: what is said of an event; and how one is called off.

use crate::app::App;
use crate::event::list::{Choice, kinds, units};
use crate::text::Lang;
use crate::view::region_name;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::company::RegionCode;
use domain::event::{EventDraft, EventKind};
use domain::place;
use domain::user::UnitId;
use serde::Deserialize;
use store::event::Event;

#[derive(Template)]
#[template(path = "event/edit.html")]
struct EditPage {
    p: Chrome,
    /// Number of the event that is edited; 0 for a new one.
    id: i64,
    form: EventForm,
    errors: Vec<(&'static str, String)>,
    kinds: Vec<Choice>,
    units: Vec<Choice>,
}

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EventForm {
    #[serde(default)]
    version: i64,
    #[serde(default)]
    title: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    end: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    purpose: String,
}

/// `GET /events/new`
pub async fn new(State(app): State<App>, signed: Signed) -> Page {
    let (today, unit) = (app.clock.today().to_string(), signed.unit.map_or(String::new(), |u| u.to_string()));
    let form = EventForm { start: today.clone(), end: today, unit, ..EventForm::default() };
    page(&app, &signed, 0, form, Vec::new()).await
}

/// `POST /events`
pub async fn add(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<EventForm>,
) -> Result<Response> {
    match read(&form, signed.prefs.lang) {
        Ok(draft) => {
            let event = app.store.add_event(&signed.actor(), app.clock.now(), &draft).await?;
            Ok(Redirect::to(&format!("/events/{}", event.id)).into_response())
        }
        Err(errors) => Ok(page(&app, &signed, 0, form, errors).await?.into_response()),
    }
}

/// `GET /events/{id}/edit`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let event = standing(&app, id).await?;
    let said = event.said;
    let form = EventForm {
        version: event.version,
        title: said.title,
        kind: said.kind.as_str().into(),
        place: said.place.map(|p| region_name(Some(p))).unwrap_or_default(),
        start: said.start.to_string(),
        end: said.end.to_string(),
        unit: said.unit.map_or(String::new(), |u| u.to_string()),
        purpose: said.purpose,
    };
    page(&app, &signed, id, form, Vec::new()).await
}

/// `POST /events/{id}`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<EventForm>,
) -> Result<Response> {
    standing(&app, id).await?;
    match read(&form, signed.prefs.lang) {
        Ok(draft) => {
            app.store.edit_event(&signed.actor(), app.clock.now(), id, form.version, &draft).await?;
            Ok(Redirect::to(&format!("/events/{id}")).into_response())
        }
        Err(errors) => Ok(page(&app, &signed, id, form, errors).await?.into_response()),
    }
}

/// Why, and which version was seen.
#[derive(Debug, Deserialize)]
pub struct Ended {
    #[serde(default)]
    version: i64,
    #[serde(default)]
    reason: String,
}

/// `POST /events/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Ended>,
) -> Result<Redirect> {
    standing(&app, id).await?;
    let why = reason(&form.reason)?;
    app.store.end_event(&signed.actor(), app.clock.now(), id, form.version, why).await?;
    Ok(Redirect::to(&format!("/events/{id}")))
}

/// A reason that somebody typed.
///
/// # Errors
/// 400 when there is none.
pub fn reason(typed: &str) -> Result<&str> {
    match typed.trim() {
        "" => Err(WebError::bad_request("请写明原因。", "Give the reason.")),
        why => Ok(why),
    }
}

/// The event with a number, ended or not.
///
/// # Errors
/// 404.
pub async fn known(app: &App, id: i64) -> Result<Event> {
    app.store.event(id).await?.ok_or_else(|| {
        WebError::not_found("没有这场活动。", "There is no such event.").next(
            "/events",
            "活动一览",
            "All events",
        )
    })
}

/// The event with a number that was not called off.
///
/// # Errors
/// 404.
pub async fn standing(app: &App, id: i64) -> Result<Event> {
    let event = known(app, id).await?;
    if event.ended.is_some() {
        let (zh, en) = ("活动已取消，不能再改。", "The event was called off and can no longer be changed.");
        return Err(WebError::not_found(zh, en).next(format!("/events/{id}"), "看这场活动", "See the event"));
    }
    Ok(event)
}

async fn page(
    app: &App,
    signed: &Signed,
    id: i64,
    form: EventForm,
    errors: Vec<(&'static str, String)>,
) -> Page {
    let mut p = Chrome::of(signed, Nav::Events);
    p.here = if id == 0 { "/events/new".into() } else { format!("/events/{id}/edit") };
    let units = units(app, form.unit.parse().ok().map(UnitId)).await?;
    let kinds = kinds(form.kind.parse().ok(), signed.prefs.lang);
    render(&EditPage { p, id, form, errors, kinds, units })
}

fn read(form: &EventForm, lang: Lang) -> std::result::Result<EventDraft, Vec<(&'static str, String)>> {
    let mut errors: Vec<(&'static str, String)> = Vec::new();
    let mut day = |field: &'static str, text: &str| {
        let day = text.trim().parse().ok();
        if day.is_none() {
            let why = lang.t("日期写成 2026-03-12 这样", "write the day as 2026-03-12");
            errors.push((field, why.to_string()));
        }
        day.unwrap_or_default()
    };
    let (start, end) = (day("start", &form.start), day("end", &form.end));
    let place = match form.place.trim() {
        "" => None,
        text => region(text).or_else(|| {
            let why = lang.t("不是省市区县的名称或代码：", "no province, city or district: ");
            errors.push(("place", format!("{why}{text}")));
            None
        }),
    };
    let kind = form.kind.parse::<EventKind>().ok();
    if kind.is_none() {
        errors.push(("kind", lang.t("请选择类别", "choose the kind").to_string()));
    }
    let unit = match form.unit.trim() {
        "" => None,
        text => text.parse().ok().map(UnitId).or_else(|| {
            errors.push(("unit", lang.t("请选择单位", "choose the unit").to_string()));
            None
        }),
    };
    let draft = EventDraft {
        title: form.title.trim().into(),
        kind: kind.unwrap_or(EventKind::Other),
        place,
        start,
        end,
        unit,
        purpose: form.purpose.trim().replace("\r\n", "\n"),
    };
    if errors.is_empty()
        && let Err(faults) = draft.check()
    {
        errors.extend(faults.into_iter().map(|f| (f.field, lang.t(&f.zh, &f.en).to_string())));
    }
    if errors.is_empty() { Ok(draft) } else { Err(errors) }
}

fn region(text: &str) -> Option<RegionCode> {
    match text.parse::<u32>() {
        Ok(code) => Some(RegionCode(code)).filter(|&c| place::name(c).is_some()),
        Err(_) => place::parse(text).ok(),
    }
}
