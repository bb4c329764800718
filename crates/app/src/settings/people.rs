//! `/settings/people`: accounts and roles.

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
use axum::response::Redirect;
use domain::role::{Action, Role};
use domain::user::UserId;
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
    link: Option<String>,
    errors: Vec<FieldError>,
    may_edit: bool,
}

struct UserRow {
    id: i64,
    login: String,
    name: String,
    role: &'static str,
    me: bool,
}

/// How long a one-time link can be used.
pub const LINK_LASTS: SignedDuration = SignedDuration::from_hours(72);

/// `GET /settings/people`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, None, Vec::new()).await
}

/// A new account.
#[derive(Debug, Deserialize)]
pub struct NewPerson {
    login: String,
    name: String,
    role: String,
}

/// `POST /settings/people`
pub async fn post(State(app): State<App>, signed: Signed, Checked(form): Checked<NewPerson>) -> Page {
    let role: Role = form.role.parse().map_err(|e: String| WebError::bad_request("没有这个角色。", e))?;
    let new = NewUser {
        login: form.login.trim().to_string(),
        name: form.name.trim().to_string(),
        role,
        unit: None,
        password_hash: None,
        lang: signed.prefs.lang,
    };
    match app.store.add_user(&signed.actor(), app.clock.now(), &new).await {
        Ok(user) => {
            let path = invite(&app, &signed.actor(), user.id).await?;
            page(&app, &signed, Some(path), Vec::new()).await
        }
        Err(store::Error::Taken { .. }) => {
            let text = signed.t("这个用户名已有人用。", "This user name is taken.").to_string();
            page(&app, &signed, None, vec![("login", text)]).await
        }
        Err(store::Error::Invalid(text)) => page(&app, &signed, None, vec![("login", text)]).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/people/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    _: Checked<Nothing>,
) -> Result<Redirect> {
    app.store.end_user(&signed.actor(), app.clock.now(), UserId(id)).await?;
    Ok(Redirect::to("/settings/people"))
}

/// `POST /settings/people/{id}/link`: a new one-time link, for one who has lost the password or let the link expire.
pub async fn link(State(app): State<App>, signed: Signed, Path(id): Path<i64>, _: Checked<Nothing>) -> Page {
    let path = invite(&app, &signed.actor(), UserId(id)).await?;
    page(&app, &signed, Some(path), Vec::new()).await
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

async fn page(app: &App, signed: &Signed, link: Option<String>, errors: Vec<FieldError>) -> Page {
    let lang = signed.prefs.lang;
    let users = app
        .store
        .users(store::Page::first())
        .await?
        .into_iter()
        .filter(|u| u.ended.is_none())
        .map(|u| UserRow {
            id: u.id.0,
            login: u.login,
            name: u.name,
            role: role_label(u.role, lang),
            me: u.id == signed.id,
        })
        .collect();
    let roles = Role::ALL.into_iter().map(|r| (r.as_str(), role_label(r, lang))).collect();
    let mut p = Chrome::of(signed, Nav::Settings);
    p.here = "/settings/people".into();
    render(&PeoplePage {
        p,
        tab: "people",
        users,
        roles,
        link,
        errors,
        may_edit: signed.may(Action::ManageUsers),
    })
}
