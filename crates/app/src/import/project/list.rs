//! `/imports/projects`: the upload form for tables of projects, and what was imported before.

use super::choices::{Choices, clean};
use crate::app::App;
use crate::clock::shown;
use crate::import::list::{name_of, people};
use crate::import::upload;
use crate::text::grouped;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::Redirect;
use domain::limits;
use domain::role::Action;
use store::journal::JournalFilter;

#[derive(Template)]
#[template(path = "import/project/list.html")]
struct ListPage {
    p: Chrome,
    may_import: bool,
    max_rows: String,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    projects: String,
    new: String,
    facts: String,
    at: String,
    by: String,
}

/// `GET /imports/projects`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let filter = JournalFilter { action: "project.import".to_string(), ..JournalFilter::default() };
    let entries = app.store.journal_where(&filter, limits::PROJECT_IMPORTS_SHOWN).await?;
    let people = people(&app).await?;
    let lang = signed.prefs.lang;
    let rows = entries
        .into_iter()
        .map(|e| {
            let said: serde_json::Value =
                e.after.as_deref().and_then(|a| serde_json::from_str(a).ok()).unwrap_or_default();
            let number = |name: &str| grouped(said[name].as_i64().unwrap_or_default());
            Row {
                what: said["what"].as_str().unwrap_or_default().to_string(),
                projects: number("projects"),
                new: number("new"),
                facts: number("facts"),
                at: shown(e.at),
                by: name_of(&e.actor, &people, lang),
            }
        })
        .collect();
    let p = Chrome::of(&signed, Nav::Imports);
    let max_rows = grouped(limits::PROJECT_TABLE_ROWS as i64);
    render(&ListPage { p, may_import: signed.may(Action::ImportProjects), max_rows, rows })
}

/// `POST /imports/projects`: the file goes to disk under its own hash; nothing is recorded.
pub async fn post(State(app): State<App>, signed: Signed, form: Multipart) -> Result<Redirect> {
    let upload = upload::receive(&app, &signed, form, "/imports/projects").await?;
    clean(&app)?;
    let id = &upload.sha256;
    let choices = match Choices::load(&app, id).await {
        // The same file again: what was said about it still holds.
        Ok(kept) => Choices { name: upload.name, ..kept },
        Err(_) => Choices::new(&upload.name, app.clock.today()),
    };
    choices.save(&app, id).await?;
    Ok(Redirect::to(&format!("/imports/projects/{id}")))
}
