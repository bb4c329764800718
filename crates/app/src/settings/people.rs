//! `/settings/people`: accounts, their roles and units.

use crate::account::sign_in::Nothing;
use crate::app::App;
use crate::settings::FieldError;
use crate::web::chrome::{Chrome, Nav, role_label};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::{Signed, hex, random};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::limits;
use domain::role::{Action, Role};
use domain::user::{UnitId, User, UserId};
use jiff::SignedDuration;
use serde::Deserialize;
use store::Actor;
use store::user::NewUser;

#[derive(Template)]
#[template(path = "settings/people.html")]
struct PeoplePage {
    p: Chrome,
    tab: &'static str,
    users: Vec<UserRow>,
    roles: Vec<(&'static str, &'static str)>,
    /// Open units: number and name.
    units: Vec<(String, String)>,
    link: Option<String>,
    errors: Vec<FieldError>,
    row_errors: Vec<String>,
    typed: NewPerson,
    separated: bool,
    may_edit: bool,
    may_assign: bool,
}

struct UserRow {
    id: i64,
    login: String,
    name: String,
    role: &'static str,
    role_name: &'static str,
    unit: String,
    unit_name: String,
    confirmed: bool,
    me: bool,
}

/// What the page says beside the list.
#[derive(Default)]
struct Said {
    link: Option<String>,
    errors: Vec<FieldError>,
    row_errors: Vec<String>,
    typed: NewPerson,
}

/// How long a one-time link can be used.
pub const LINK_LASTS: SignedDuration = SignedDuration::from_hours(72);

/// `GET /settings/people`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, Said::default()).await
}

/// A new account.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NewPerson {
    login: String,
    name: String,
    role: String,
    #[serde(default)]
    unit: String,
}

/// `POST /settings/people`
pub async fn post(State(app): State<App>, signed: Signed, Checked(form): Checked<NewPerson>) -> Page {
    let new = NewUser {
        login: form.login.trim().to_string(),
        name: form.name.trim().to_string(),
        role: role(&form.role)?,
        unit: unit(&form.unit)?,
        password_hash: None,
        lang: signed.prefs.lang,
    };
    let error = match app.store.add_user(&signed.actor(), app.clock.now(), &new).await {
        Ok(user) => {
            let link = Some(invite(&app, &signed.actor(), user.id).await?);
            return page(&app, &signed, Said { link, ..Said::default() }).await;
        }
        Err(store::Error::Taken { .. }) => {
            signed.t("这个用户名已有人用。", "This user name is taken.").to_string()
        }
        Err(store::Error::Invalid(text)) => text,
        Err(error) => return Err(error.into()),
    };
    page(&app, &signed, Said { errors: vec![("login", error)], typed: form, ..Said::default() }).await
}

/// Which role and unit a person gets, and what the form showed before.
#[derive(Debug, Deserialize)]
pub struct Assigned {
    role: String,
    #[serde(default)]
    unit: String,
    was_role: String,
    #[serde(default)]
    was_unit: String,
}

/// `POST /settings/people/{id}`: says (and so confirms) which role a person has and which unit they belong to.
pub async fn assign(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Assigned>,
) -> Result<Response> {
    let was = (role(&form.was_role)?, unit(&form.was_unit)?);
    let will = (role(&form.role)?, unit(&form.unit)?);
    match app.store.assign_role(&signed.actor(), app.clock.now(), UserId(id), was, will).await {
        Ok(_) => Ok(Redirect::to("/settings/people").into_response()),
        Err(error) => refused(&app, &signed, error).await,
    }
}

/// `POST /settings/people/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    _: Checked<Nothing>,
) -> Result<Response> {
    match app.store.end_user(&signed.actor(), app.clock.now(), UserId(id)).await {
        Ok(()) => Ok(Redirect::to("/settings/people").into_response()),
        Err(error) => refused(&app, &signed, error).await,
    }
}

/// `POST /settings/people/{id}/link`: a new one-time link, for one who has lost the password or let the link expire.
pub async fn link(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    _: Checked<Nothing>,
) -> Result<Response> {
    let token = random::<32>()?;
    let now = app.clock.now();
    match app.store.add_login_link(&signed.actor(), now, UserId(id), &token, now + LINK_LASTS).await {
        Ok(()) => {
            let link = Some(format!("/welcome/{}", hex(&token)));
            Ok(page(&app, &signed, Said { link, ..Said::default() }).await?.into_response())
        }
        Err(error) => refused(&app, &signed, error).await,
    }
}

/// Makes a one-time link for an account and answers its path.
///
/// # Errors
/// The account does not exist or has ended.
pub async fn invite(app: &App, by: &Actor, user: UserId) -> Result<String> {
    let token = random::<32>()?;
    let now = app.clock.now();
    app.store.add_login_link(by, now, user, &token, now + LINK_LASTS).await?;
    Ok(format!("/welcome/{}", hex(&token)))
}

/// Every account, ended ones too (at most [`limits::PEOPLE`]).
///
/// # Errors
/// Only when the database fails.
pub async fn everybody(app: &App) -> Result<Vec<User>> {
    let mut all = Vec::new();
    let mut at = store::Page::first();
    loop {
        let some = app.store.users(at).await?;
        let last = (some.len() as i64) < at.limit();
        all.extend(some);
        if last || all.len() >= limits::PEOPLE {
            return Ok(all);
        }
        at = at.next();
    }
}

/// A rule that the list itself shows; anything else is a page of its own.
async fn refused(app: &App, signed: &Signed, error: store::Error) -> Result<Response> {
    match error {
        store::Error::Invalid(why) => {
            let text = signed.t(&zh(&why), &why).to_string();
            let said = Said { row_errors: vec![text], ..Said::default() };
            Ok((axum::http::StatusCode::CONFLICT, page(app, signed, said).await?).into_response())
        }
        other => Err(other.into()),
    }
}

/// The store's rules about keepers, in Chinese.
fn zh(why: &str) -> String {
    if why.contains("nobody changes their own") {
        return "三员分立时不能改自己的角色，请另一位安全管理员来改。".to_string();
    }
    for (role, name) in [("administrator", "系统管理员"), ("security", "安全管理员"), ("auditor", "审计员")]
    {
        if why.contains(&format!("last {role}")) {
            return format!("这是最后一位{name}，请先让别人担任。");
        }
    }
    why.to_string()
}

fn role(word: &str) -> Result<Role> {
    word.parse().map_err(|e: String| WebError::bad_request("没有这个角色。", e))
}

/// The unit of a form's value; nothing is no unit.
fn unit(text: &str) -> Result<Option<UnitId>> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse().map_err(|_| WebError::bad_request("没有这个部门。", "There is no such unit."))?;
    Ok(Some(UnitId(id)))
}

async fn page(app: &App, signed: &Signed, said: Said) -> Page {
    let lang = signed.prefs.lang;
    let units = app.store.units().await?;
    let named = |id: Option<UnitId>| units.iter().find(|u| Some(u.id) == id).map(|u| u.name.clone());
    let users = everybody(app).await?.into_iter().filter(|u| u.ended.is_none());
    let users = users.map(|u| UserRow {
        id: u.id.0,
        login: u.login,
        name: u.name,
        role: u.role.as_str(),
        role_name: role_label(u.role, lang),
        unit: u.unit.map(|id| id.to_string()).unwrap_or_default(),
        unit_name: named(u.unit).unwrap_or_default(),
        confirmed: u.confirmed,
        me: u.id == signed.id,
    });
    let users = users.collect();
    let mut p = Chrome::of(signed, Nav::Settings);
    p.here = "/settings/people".into();
    render(&PeoplePage {
        p,
        tab: "people",
        users,
        roles: Role::ALL.into_iter().map(|r| (r.as_str(), role_label(r, lang))).collect(),
        units: units
            .iter()
            .filter(|u| u.ended.is_none())
            .map(|u| (u.id.to_string(), u.name.clone()))
            .collect(),
        link: said.link,
        errors: said.errors,
        row_errors: said.row_errors,
        typed: said.typed,
        separated: signed.separated,
        may_edit: signed.may(Action::ManageUsers),
        may_assign: signed.may(Action::ManageRoles),
    })
}
