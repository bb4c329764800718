//! `POST /companies/{key}/refusals`: "not again" memory.

use crate::account::sign_in::Nothing;
use crate::app::App;
use crate::company::profile::find;
use crate::view::view;
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use store::refusal::NewRefusal;

/// Why, and until when.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    reason: String,
    #[serde(default)]
    until: String,
}

/// `POST /companies/{key}/refusals`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(key): Path<String>,
    Checked(form): Checked<Refusal>,
) -> Result<Redirect> {
    let view = view(&app).await?;
    let company = view.world.universe.company(find(&view, &key)?)?;
    if form.reason.trim().is_empty() {
        return Err(WebError::bad_request("请写明原因。", "Give the reason."));
    }
    let until = match form.until.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            WebError::bad_request("日期写成 2027-03-31 这样。", "Write the date as 2027-03-31.")
        })?),
    };
    let new = NewRefusal { key: key.clone(), name: company.name, segment: None, reason: form.reason, until };
    app.store.add_refusal(&signed.actor(), app.clock.now(), &new).await?;
    Ok(Redirect::to(&format!("/companies/{}", encode(&key))))
}

/// `POST /companies/{key}/refusals/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path((key, id)): Path<(String, i64)>,
    _: Checked<Nothing>,
) -> Result<Redirect> {
    app.store.end_refusal(&signed.actor(), app.clock.now(), id).await?;
    Ok(Redirect::to(&format!("/companies/{}", encode(&key))))
}
