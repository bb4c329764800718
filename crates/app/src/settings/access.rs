//! `/settings/access`: separated duties (三员分立), idle time, and who reads which records.

use crate::app::App;
use crate::settings::FieldError;
use crate::settings::people::everybody;
use crate::web::chrome::{Chrome, Flash, Nav, role_label};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::limits;
use domain::role::{Action, Role};
use domain::scope::Reading;
use domain::user::User;
use domain::zone::ZoneSettings;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "settings/access.html")]
struct AccessPage {
    p: Chrome,
    tab: &'static str,
    version: i64,
    separated: bool,
    keepers: Vec<Keeper>,
    idle: String,
    least: u16,
    most: u16,
    scope: String,
    tries: usize,
    minutes: i64,
    posts: u32,
    calls: u32,
    errors: Vec<FieldError>,
    may_edit: bool,
    may_separate: bool,
    may_join: bool,
}

struct Keeper {
    role: &'static str,
    names: String,
}

/// `GET /settings/access`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, None, Vec::new(), None).await
}

/// Idle time and scope, as people type them.
#[derive(Debug, Deserialize)]
pub struct Access {
    version: i64,
    idle: String,
    scope: String,
}

/// `POST /settings/access`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<Access>,
) -> Result<Response> {
    let before = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    let allowed = limits::IDLE_MINUTES_LEAST..=limits::IDLE_MINUTES_MOST;
    let Some(idle) = form.idle.trim().parse::<u16>().ok().filter(|m| allowed.contains(m)) else {
        let text = signed.t("填 5 到 720 之间的整数。", "Write a whole number from 5 to 720.").to_string();
        return Ok(page(&app, &signed, Some(form), vec![("idle", text)], None).await?.into_response());
    };
    let scope = match form.scope.as_str() {
        "open" => Reading::Open,
        "unit" => Reading::Unit,
        _ => return Err(WebError::bad_request("没有这个记录范围。", "There is no such scope of records.")),
    };
    let settings = ZoneSettings { idle_minutes: Some(idle), scope, ..before };
    app.store.save_zone(&signed.actor(), app.clock.now(), form.version, &settings).await?;
    let flash = Flash { bad: false, text: signed.t("已保存。", "Saved.").into() };
    Ok(page(&app, &signed, None, Vec::new(), Some(flash)).await?.into_response())
}

/// Which settings the one who switches has seen.
#[derive(Debug, Deserialize)]
pub struct Seen {
    version: i64,
}

/// `POST /settings/access/separate`
pub async fn separate(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<Seen>,
) -> Result<Response> {
    switch(&app, &signed, form.version, true).await
}

/// `POST /settings/access/join`
pub async fn join(State(app): State<App>, signed: Signed, Checked(form): Checked<Seen>) -> Result<Response> {
    switch(&app, &signed, form.version, false).await
}

async fn switch(app: &App, signed: &Signed, version: i64, on: bool) -> Result<Response> {
    match app.store.separate_duties(&signed.actor(), app.clock.now(), version, on).await {
        Ok(_) => Ok(Redirect::to("/settings/access").into_response()),
        Err(store::Error::Invalid(why)) => {
            let text = if why.contains("nobody but the keepers") {
                signed.t("除三员以外还没有办理业务的账号，请先在“人员”里新增。", &why).to_string()
            } else {
                let zh = "三员还不齐，或有人还没有设密码：请先在“人员”里新增，并让本人用一次性链接登录一次。";
                signed.t(zh, &why).to_string()
            };
            let page = page(app, signed, None, vec![("duties", text)], None).await?;
            Ok((axum::http::StatusCode::CONFLICT, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    signed: &Signed,
    typed: Option<Access>,
    errors: Vec<FieldError>,
    flash: Option<Flash>,
) -> Page {
    let zone = app.store.zone().await?;
    let version = zone.as_ref().map_or(0, |z| z.version);
    let zone = zone.map(|z| z.settings).unwrap_or_default();
    let mut p = Chrome::of(signed, Nav::Settings).with_flash(flash);
    p.here = "/settings/access".into();
    let (idle, scope) = match typed {
        Some(typed) => (typed.idle, typed.scope),
        None => (zone.idle().as_mins().to_string(), zone.scope.as_str().to_string()),
    };
    render(&AccessPage {
        p,
        tab: "access",
        version,
        separated: zone.separated,
        keepers: keepers(&everybody(app).await?, signed),
        idle,
        least: limits::IDLE_MINUTES_LEAST,
        most: limits::IDLE_MINUTES_MOST,
        scope,
        tries: limits::SIGN_IN_TRIES,
        minutes: limits::LOCK_MINUTES,
        posts: limits::POSTS_PER_MINUTE,
        calls: limits::API_PER_MINUTE,
        errors,
        may_edit: signed.may(Action::ManageRoles),
        may_separate: signed.may(Action::ManageUsers),
        may_join: signed.may(Action::ManageRoles),
    })
}

/// Who keeps each of the three duties.
fn keepers(people: &[User], signed: &Signed) -> Vec<Keeper> {
    let of = |role: Role| {
        let open = people.iter().filter(|u| u.role == role && u.ended.is_none() && u.confirmed);
        let names: Vec<&str> = open.map(|u| u.name.as_str()).collect();
        Keeper { role: role_label(role, signed.prefs.lang), names: names.join("、") }
    };
    [Role::Administrator, Role::Security, Role::Auditor].map(of).into_iter().collect()
}
