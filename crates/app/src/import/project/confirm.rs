//! `POST /imports/projects/{file}/confirm`: writes what the reader saw, all or nothing.

use super::choices::{Choices, Pick, file};
use super::plan::{Counts, How, Plan, plan};
use super::preview::{Asked, asks, show};
use crate::app::App;
use crate::import::upload::keep_file;
use crate::intake::source::Format;
use crate::text::Lang;
use crate::web::chrome::Flash;
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use store::Actor;
use store::file::NewFile;

/// What the reader agreed to.
#[derive(Debug, Deserialize)]
pub struct Agreed {
    #[serde(default)]
    seen: String,
}

/// `POST /imports/projects/{file}/confirm`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Checked(agreed): Checked<Agreed>,
) -> Result<Response> {
    let choices = Choices::load(&app, &id).await?;
    let made = plan(&app, &id, &choices, signed.scope()).await?;
    if made.token(&choices) != agreed.seen {
        return again(&app, &signed, &id).await;
    }
    let question = asks(&made, signed.prefs.lang);
    if !question.is_empty() {
        return Err(WebError::bad_request(asks(&made, Lang::Zh), asks(&made, Lang::En)).next(
            format!("/imports/projects/{id}"),
            "返回",
            "Back",
        ));
    }
    match write(&app, &signed.actor(), &id, &choices, &made).await {
        Ok(counts) => {
            Ok(Redirect::to(&format!("/imports/projects/{id}?done={}", counts.facts)).into_response())
        }
        Err(Failed::Stale) => again(&app, &signed, &id).await,
        Err(Failed::Other(error)) => Err(error),
    }
}

/// The difference made anew, with the word that it is another than the one agreed to.
async fn again(app: &App, signed: &Signed, id: &str) -> Result<Response> {
    let choices = Choices::load(app, id).await?;
    let made = plan(app, id, &choices, signed.scope()).await?;
    let (zh, en) = (
        "在您查看期间有人登记了新的事实或改了选择。什么都没有写入；下面是重新计算的差异，请再确认一次。",
        "Meanwhile somebody recorded facts or changed the choices. Nothing was written; here is the difference made anew. Please confirm it again.",
    );
    let flash = Flash { bad: true, text: signed.prefs.lang.t(zh, en).to_string() };
    let page = show(signed, id, &choices, &made, &Asked::default(), Some(flash))?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// Why nothing was written.
#[derive(Debug)]
pub enum Failed {
    /// Facts were recorded since the plan was made.
    Stale,
    /// Anything else.
    Other(WebError),
}

impl<E: Into<WebError>> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed::Other(error.into())
    }
}

/// Keeps the file as evidence and records every accepted row in one transaction.
///
/// # Errors
/// See [`Failed`]; nothing is recorded then.
pub async fn write(
    app: &App,
    by: &Actor,
    id: &str,
    choices: &Choices,
    made: &Plan,
) -> std::result::Result<Counts, Failed> {
    let counts = made.counts();
    if counts.facts == 0 {
        return Ok(counts);
    }
    let (from, to) = (file(app, id)?, app.config.evidence(id));
    let bytes = tokio::fs::metadata(&from).await.map_err(anyhow::Error::new)?.len();
    tokio::task::spawn_blocking(move || keep_file(&from, &to)).await.map_err(anyhow::Error::new)??;
    let kind = match made.table.format {
        Format::Csv => "csv",
        Format::JsonLines => "jsonl",
        Format::Xlsx => "xlsx",
        Format::Xls => "xls",
    };
    let (now, today) = (app.clock.now(), app.clock.today());
    let new = NewFile { sha256: id.to_string(), name: choices.name.clone(), kind: kind.to_string(), bytes };
    app.store.add_file(by, now, &new).await?;
    let what = format!("{} · SHA-256 {id}", choices.name);
    let done =
        app.store.import_projects_after(by, now, today, &what, Some(made.seen), &made.accepted()).await;
    match done {
        Ok(ids) => {
            let mut choices = choices.clone();
            for (row, project) in made.taken().zip(ids) {
                // A row that somebody called a new project is that project from now on.
                if row.how == How::Picked {
                    choices.picks.insert(row.number, Pick::Project(project.0));
                }
            }
            choices.save(app, id).await?;
            Ok(counts)
        }
        Err(store::Error::Stale { .. }) => Err(Failed::Stale),
        Err(error) => Err(error.into()),
    }
}
