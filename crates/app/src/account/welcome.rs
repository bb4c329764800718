//! `/welcome/{token}`: a one-time link sets a password and signs in.

use crate::account::{password, sign_in};
use crate::app::App;
use crate::web::chrome::{Chrome, Nav, Prefs};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::{random, unhex};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::Actor;

#[derive(Template)]
#[template(path = "account/welcome.html")]
struct WelcomePage {
    p: Chrome,
    error: Option<String>,
    login: String,
    token: String,
}

/// `GET /welcome/{token}`
pub async fn get(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Page {
    let bytes = unhex(&token).ok_or_else(spent)?;
    let user = app.store.login_link(app.clock.now(), &bytes).await?.ok_or_else(spent)?;
    let prefs = Prefs::read(&headers);
    let p = Chrome::anonymous(prefs, app.zone_name(prefs.lang).await?, app.config.sample);
    render(&WelcomePage { p, error: None, login: user.login, token })
}

/// The two passwords.
#[derive(Deserialize)]
pub struct Passwords {
    password: String,
    again: String,
}

/// `POST /welcome/{token}`
pub async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(form): Form<Passwords>,
) -> Result<Response> {
    let bytes = unhex(&token).ok_or_else(spent)?;
    let prefs = Prefs::read(&headers);
    let p = Chrome::anonymous(prefs, app.zone_name(prefs.lang).await?, app.config.sample);
    let error = if form.password != form.again {
        Some(p.t("两次输入不一样，请重新输入。", "The two entries differ; enter them again."))
    } else if !password::acceptable(&form.password) {
        Some(p.t("密码要有 10 到 200 个字符。", "A password has 10 to 200 characters."))
    } else {
        None
    };
    if let Some(error) = error.map(str::to_string) {
        let user = app.store.login_link(app.clock.now(), &bytes).await?.ok_or_else(spent)?;
        return Ok(render(&WelcomePage { p, error: Some(error), login: user.login, token })?.into_response());
    }
    let salt = random::<16>()?;
    let hash = app.compute(move || password::hash(&form.password, &salt)).await??;
    // The link is used up first: of two people with it, only one sets the password.
    let user = app.store.use_login_link(app.clock.now(), &bytes).await?.ok_or_else(spent)?;
    app.store.set_password(&Actor::User(user.id), app.clock.now(), user.id, &hash).await?;
    if !user.confirmed {
        return Err(sign_in::unconfirmed());
    }
    sign_in::start(&app, user.id, "/").await
}

fn spent() -> WebError {
    WebError::not_found(
        "这个链接无效、已用过或已过期。请找管理员在“设置 · 人员”里重新生成；管理员自己可运行 landfall serve --link 用户名。",
        "This link is wrong, used or expired. An administrator can make a new one under Settings, People, or with landfall serve --link LOGIN.",
    )
    .next("/sign-in", "去登录", "Sign in")
}
