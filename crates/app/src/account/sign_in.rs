//! `/sign-in` and `/sign-out`.

use crate::account::password;
use crate::app::App;
use crate::web::chrome::{Chrome, Nav, Prefs};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, inside};
use crate::web::page::{Page, render};
use crate::web::session::{LASTS, Signed, random, set_cookie};
use askama::Template;
use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{Extensions, HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::limits;
use domain::user::UserId;
use serde::Deserialize;
use std::net::SocketAddr;

#[derive(Template)]
#[template(path = "account/sign_in.html")]
struct SignInPage {
    p: Chrome,
    error: Option<String>,
    login: String,
    next: String,
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub async fn get(State(app): State<App>, headers: HeaderMap, Query(query): Query<Next>) -> Page {
    let prefs = Prefs::read(&headers);
    let p = Chrome::anonymous(prefs, app.zone_name(prefs.lang).await?, app.config.sample);
    render(&SignInPage { p, error: None, login: String::new(), next: query.next })
}

/// The sign-in form.
#[derive(Deserialize)]
pub struct Credentials {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
pub async fn post(
    State(app): State<App>,
    peer: Extensions,
    headers: HeaderMap,
    Form(form): Form<Credentials>,
) -> Result<Response> {
    let (now, prefs) = (app.clock.now(), Prefs::read(&headers));
    let address = peer.get::<ConnectInfo<SocketAddr>>().map_or_else(String::new, |p| p.0.ip().to_string());
    // No account has a longer name, and what is remembered of a failure must stay small.
    let login: String = form.login.chars().take(limits::LINE_CHARS + 1).collect();
    let keys = [
        (format!("login:{login}"), limits::SIGN_IN_TRIES),
        (format!("from:{address}"), limits::SIGN_IN_TRIES_ADDRESS),
    ];
    if !app.throttle.attempt(&keys, now) {
        return Err(WebError::too_many(
            "登录失败次数过多，请十五分钟后再试。",
            "Too many failed sign-ins; try again in fifteen minutes.",
        ));
    }
    let (user, stored) = app.store.user_by_login(&login).await?.unzip();
    let given = form.password;
    let right = app.compute(move || password::verify(&given, stored.flatten().as_deref())).await?;
    match user.filter(|u| right && u.ended.is_none()) {
        Some(user) => {
            app.throttle.right(&keys[0].0, &keys[1].0);
            let to = if inside(&form.next) { form.next } else { "/".into() };
            start(&app, user.id, &to).await
        }
        None => {
            let p = Chrome::anonymous(prefs, app.zone_name(prefs.lang).await?, app.config.sample);
            let error = Some(p.t("用户名或密码不对。", "Wrong user name or password.").to_string());
            let page = render(&SignInPage { p, error, login, next: form.next })?;
            Ok((axum::http::StatusCode::UNAUTHORIZED, page).into_response())
        }
    }
}

/// Starts a session and sends the browser on.
pub async fn start(app: &App, user: UserId, to: &str) -> Result<Response> {
    let (token, csrf) = (random::<32>()?, random::<32>()?);
    let now = app.clock.now();
    app.store.start_session(now, user, &token, &csrf, now + LASTS).await?;
    Ok(([(header::SET_COOKIE, set_cookie(Some(&token), app.config.https))], Redirect::to(to)).into_response())
}

/// The empty form of a button.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// `POST /sign-out`
pub async fn out(State(app): State<App>, signed: Signed, _: Checked<Nothing>) -> Result<Response> {
    app.store.end_session(app.clock.now(), signed.id, signed.token()).await?;
    Ok(([(header::SET_COOKIE, set_cookie(None, app.config.https))], Redirect::to("/sign-in")).into_response())
}
