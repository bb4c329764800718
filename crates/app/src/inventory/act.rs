//! What people do to records besides changing them: holding them for a project, ending a hold, ending a record.

use super::edit::find;
use super::guard;
use crate::app::App;
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::inventory::hold::{Hold, Manner};
use jiff::civil::Date;
use serde::Deserialize;

/// A hold as typed.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct NewHold {
    project: String,
    manner: String,
    from: String,
    until: String,
    expires: String,
    note: String,
}

impl Default for NewHold {
    fn default() -> NewHold {
        let blank = String::new;
        NewHold {
            project: blank(),
            manner: "reserved".into(),
            from: blank(),
            until: blank(),
            expires: blank(),
            note: blank(),
        }
    }
}

/// Why something ends, and what follows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct End {
    why: String,
    then: String,
}

/// `POST /inventory/items/{id}/hold`
pub async fn hold(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<NewHold>,
) -> Result<Redirect> {
    let item = find(&app, id).await?;
    guard(&signed, item.kind)?;
    let back = format!("/inventory/items/{id}");
    let project = app.store.project_by_code(typed.project.trim()).await?.ok_or_else(|| {
        WebError::bad_request(
            format!("没有编号为“{}”的项目，请从项目列表复制编号。", typed.project.trim()),
            format!("No project has the code “{}”: copy it from the list of projects.", typed.project.trim()),
        )
        .next(back.clone(), "返回", "Back")
    })?;
    let manner: Manner =
        typed.manner.parse().map_err(|e: String| WebError::bad_request("方式：请从列表中选择。", e))?;
    let hold = Hold {
        item: item.id,
        project,
        manner,
        from: day("起", "from", &typed.from)?.unwrap_or(app.clock.today()),
        until: day("止", "until", &typed.until)?,
        expires: day("预留到期日", "expiry", &typed.expires)?,
    };
    app.store
        .hold(&signed.actor(), app.clock.now(), app.clock.today(), &[hold], typed.note.trim())
        .await
        .map_err(|e| WebError::from(e).next(back.clone(), "返回", "Back"))?;
    Ok(Redirect::to(&back))
}

/// `POST /inventory/holds/{id}/end`
pub async fn end_hold(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(end): Checked<End>,
) -> Result<Redirect> {
    let missing =
        || WebError::not_found("没有这条占用，或已结束。", "There is no such hold, or it has ended.");
    let held = app.store.holds().await?.into_iter().find(|h| h.id == id).ok_or_else(missing)?;
    guard(&signed, held.kind)?;
    let today = app.clock.today();
    let next = match end.then.as_str() {
        "" => None,
        word => {
            let manner: Manner =
                word.parse().map_err(|e: String| WebError::bad_request("方式：请从列表中选择。", e))?;
            Some(Hold { manner, expires: None, ..held.hold.clone() })
        }
    };
    app.store.end_hold(&signed.actor(), app.clock.now(), today, id, end.why.trim(), next.as_ref()).await?;
    Ok(Redirect::to(&format!("/inventory/items/{}", held.hold.item)))
}

/// `POST /inventory/items/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(end): Checked<End>,
) -> Result<Redirect> {
    let item = find(&app, id).await?;
    guard(&signed, item.kind)?;
    app.store.end_item(&signed.actor(), app.clock.now(), item.id, end.why.trim()).await?;
    Ok(Redirect::to(&format!("/inventory/{}", item.kind)))
}

fn day(zh: &str, en: &str, text: &str) -> Result<Option<Date>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| {
        WebError::bad_request(
            format!("{zh}：写成 2027-03-01 这样。"),
            format!("{en}: write it as 2027-03-01."),
        )
    };
    text.parse().map(Some).map_err(wrong)
}
