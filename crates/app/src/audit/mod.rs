//! `GET /audit`: the journal and whether its chain holds.

use crate::app::App;
use crate::clock::shown;
use crate::import::list::{name_of, people};
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "audit/journal.html")]
struct JournalPage {
    p: Chrome,
    intact: bool,
    broken: i64,
    entries: u64,
    rows: Vec<Row>,
    older: Option<u64>,
}

struct Row {
    seq: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    before: String,
    after: String,
}

const ROWS: u32 = 100;

/// How many newer entries to skip.
#[derive(Debug, Deserialize)]
pub struct From {
    #[serde(default)]
    before: u64,
}

/// `GET /audit`
pub async fn get(State(app): State<App>, signed: Signed, Query(from): Query<From>) -> Page {
    let verified = app.store.verify_journal().await?;
    let people = people(&app).await?;
    let lang = signed.prefs.lang;
    let rows: Vec<Row> = app
        .store
        .journal(store::Page::new(ROWS, from.before))
        .await?
        .into_iter()
        .map(|e| Row {
            seq: e.seq,
            at: shown(e.at),
            actor: name_of(&e.actor, &people, lang),
            action: e.action,
            subject: e.subject,
            before: e.before.unwrap_or_else(|| "—".into()),
            after: e.after.unwrap_or_else(|| "—".into()),
        })
        .collect();
    render(&JournalPage {
        intact: verified.broken.is_none(),
        broken: verified.broken.map_or(0, |b| b.seq),
        entries: verified.entries,
        older: (rows.len() == ROWS as usize).then(|| from.before + u64::from(ROWS)),
        rows,
        p: Chrome::of(&signed, Nav::Audit),
    })
}
