//! `POST /preferences`: language, text size and theme, kept in cookies so that they hold before sign-in too.

use crate::web::form::inside;
use axum::Form;
use axum::http::header;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;

/// One of the three, and where to come back to.
#[derive(Debug, Deserialize)]
pub struct Choice {
    #[serde(default)]
    back: String,
    lang: Option<String>,
    size: Option<String>,
    theme: Option<String>,
}

/// `POST /preferences` needs no token: it changes nothing but the sender's own display.
pub async fn post(Form(choice): Form<Choice>) -> Response {
    let allowed = |name: &'static str, value: Option<String>, values: [&str; 2]| {
        value
            .filter(|v| values.contains(&v.as_str()))
            .map(|v| (header::SET_COOKIE, format!("{name}={v}; Path=/; SameSite=Lax; Max-Age=31536000")))
    };
    let cookies: Vec<_> = [
        allowed("lang", choice.lang, ["zh", "en"]),
        allowed("size", choice.size, ["normal", "large"]),
        allowed("theme", choice.theme, ["light", "dark"]),
    ]
    .into_iter()
    .flatten()
    .collect();
    let back = if inside(&choice.back) { choice.back } else { "/".into() };
    (AppendHeaders(cookies), Redirect::to(&back)).into_response()
}
