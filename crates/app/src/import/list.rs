//! `GET /imports`: the upload form and what was imported before.

use crate::app::App;
use crate::clock::shown;
use crate::text::{Lang, grouped};
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use domain::limits;
use domain::role::Action;
use store::import::{Import, ImportKind, ImportState};

#[derive(Template)]
#[template(path = "import/list.html")]
struct ImportsPage {
    p: Chrome,
    may_import: bool,
    may_see_projects: bool,
    max_mb: u64,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    file: String,
    kind: &'static str,
    state: &'static str,
    read: String,
    accepted: String,
    rejected: String,
    changed: String,
    at: String,
    by: String,
}

/// `GET /imports`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let imports = app.store.imports(store::Page::new(limits::IMPORTS_PAGE, 0)).await?;
    let people = people(&app).await?;
    let lang = signed.prefs.lang;
    let rows = imports.iter().map(|i| row(i, lang, &people)).collect();
    let p = Chrome::of(&signed, Nav::Imports);
    let max_mb = limits::INTAKE_FILE_BYTES >> 20;
    let may_see_projects = signed.may(Action::ReadProjects);
    render(&ImportsPage { p, may_import: signed.may(Action::Import), may_see_projects, max_mb, rows })
}

fn row(import: &Import, lang: Lang, people: &[(String, String)]) -> Row {
    let count = |n: u64| grouped(i64::try_from(n).unwrap_or(i64::MAX));
    Row {
        id: import.id,
        file: import.file_name.clone(),
        kind: kind_label(import.kind, lang),
        state: state_label(import.state, lang),
        read: count(import.counts.read),
        accepted: count(import.counts.accepted),
        rejected: count(import.counts.rejected),
        changed: count(import.counts.changed),
        at: shown(import.created),
        by: name_of(&import.by, people, lang),
    }
}

/// The name of a kind of list.
#[must_use]
pub fn kind_label(kind: ImportKind, lang: Lang) -> &'static str {
    match kind {
        ImportKind::Universe => lang.t("企业库", "Universe"),
        ImportKind::Residents => lang.t("入驻企业", "Residents"),
    }
}

/// The name of a state.
#[must_use]
pub fn state_label(state: ImportState, lang: Lang) -> &'static str {
    match state {
        ImportState::Queued => lang.t("排队中", "Waiting"),
        ImportState::Running => lang.t("进行中", "Running"),
        ImportState::Done => lang.t("已完成", "Done"),
        ImportState::Failed => lang.t("失败", "Failed"),
        ImportState::Cancelled => lang.t("已取消", "Cancelled"),
    }
}

/// Journal names (`user:3`) with the names of people.
///
/// # Errors
/// Only when the database fails.
pub async fn people(app: &App) -> store::Result<Vec<(String, String)>> {
    let users = app.store.users(store::Page::first()).await?;
    Ok(users.into_iter().map(|u| (store::Actor::User(u.id).to_string(), u.name)).collect())
}

/// Who the journal means, in words.
#[must_use]
pub fn name_of(actor: &str, people: &[(String, String)], lang: Lang) -> String {
    match actor {
        "system" => lang.t("系统", "system").to_string(),
        "cli" => lang.t("命令行", "command line").to_string(),
        other => {
            people.iter().find(|(k, _)| k == other).map_or_else(|| other.to_string(), |(_, n)| n.clone())
        }
    }
}
