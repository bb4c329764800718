//! `/sign-in` and `/sign-out`.

use crate::account::password;
use crate::app::App;
use crate::web::chrome::{Chrome, Nav, Prefs};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, inside};
use crate::web::page::{Page, render};
use crate::web::peer;
use crate::web::session::{LASTS, Signed, random, set_cookie};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::limits;
use domain::user::UserId;
use jiff::Timestamp;
use serde::Deserialize;

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
    extensions: Extensions,
    headers: HeaderMap,
    Form(form): Form<Credentials>,
) -> Result<Response> {
    let (now, prefs) = (app.clock.now(), Prefs::read(&headers));
    let address = peer::address(&app.config, &headers, &extensions);
    // No account has a longer name, and what is remembered of a failure must stay small.
    let login: String = form.login.chars().take(limits::LINE_CHARS + 1).collect();
    let keys = [
        (format!("login:{login}"), limits::SIGN_IN_TRIES),
        (format!("from:{address}"), limits::SIGN_IN_TRIES_ADDRESS),
    ];
    app.throttle.attempt(&keys, now).map_err(|until| locked(until, now))?;
    let (user, stored) = app.store.user_by_login(&login).await?.unzip();
    let given = form.password;
    let right = app.compute(move || password::verify(&given, stored.flatten().as_deref())).await?;
    if let (Some(user), Some(until)) =
        (user.as_ref().filter(|_| !right), app.throttle.locked(&keys[0].0, now))
    {
        app.store.note_lock(now, user.id, until).await?;
    }
    match user.filter(|u| right && u.ended.is_none()) {
        Some(user) => {
            app.throttle.right(&keys[0].0, &keys[1].0);
            if !user.confirmed {
                return Err(unconfirmed());
            }
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

fn locked(until: Timestamp, now: Timestamp) -> WebError {
    let seconds = until.duration_since(now).as_secs().max(1);
    let minutes = (seconds + 59) / 60;
    WebError::too_many(
        format!("登录失败次数过多，已锁定，请 {minutes} 分钟后再试；忘记密码请找管理员。"),
        format!("Too many failed sign-ins: locked. Try again in {minutes} min; if you forgot your password, ask an administrator."),
    )
    .retry_after(seconds)
}

/// What somebody is told whose role the security administrator has not confirmed.
pub fn unconfirmed() -> WebError {
    WebError::forbidden(
        "密码没有问题，但本园区实行三员分立：账号的角色还要由安全管理员确认，确认后即可登录。",
        "Your password is right, but this zone separates duties: the security administrator has to confirm your role first, then you can sign in.",
    )
    .next("/sign-in", "去登录", "Sign in")
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
