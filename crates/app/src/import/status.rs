//! `/imports/{id}`: progress while it runs, the account when it is done, the rejected rows.

use crate::account::sign_in::Nothing;
use crate::app::App;
use crate::import::list::state_label;
use crate::import::words::cause;
use crate::import::worker::Running;
use crate::text::grouped;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::limits;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use store::import::{Import, ImportState};

#[derive(Template)]
#[template(path = "import/status.html")]
struct StatusPage {
    p: Chrome,
    id: i64,
    file: String,
    state: &'static str,
    running: bool,
    done: bool,
    percent: u64,
    rate: String,
    error: String,
    read: String,
    accepted: String,
    rejected: String,
    changed: String,
    has_rejects: bool,
    reject_headings: Vec<String>,
    rejects: Vec<Vec<String>>,
}

/// `GET /imports/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let import = find(&app, id).await?;
    let running = app.engine.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let running = running.filter(|r| r.import == Some(id));
    let (percent, rate) = running.as_ref().map_or((0, String::new()), |r| progress(r, &app, &signed));
    let file = rejects_file(&app, id);
    let table = app.compute(move || first_rejects(&file)).await?;
    // While it runs the gauge is ahead of the store, which hears of it once a second.
    let counts = running.map_or(import.counts, |r| r.gauge.counts());
    let count = |n: u64| grouped(i64::try_from(n).unwrap_or(i64::MAX));
    let mut p = Chrome::of(&signed, Nav::Imports);
    p.here = format!("/imports/{id}");
    render(&StatusPage {
        id,
        file: import.file_name.clone(),
        state: state_label(import.state, signed.prefs.lang),
        running: matches!(import.state, ImportState::Queued | ImportState::Running),
        done: import.state == ImportState::Done,
        percent,
        rate,
        error: cause(import.error.as_deref().unwrap_or_default(), signed.prefs.lang),
        read: count(counts.read),
        accepted: count(counts.accepted),
        rejected: count(counts.rejected),
        changed: count(counts.changed),
        has_rejects: !table.is_empty(),
        reject_headings: table.first().cloned().unwrap_or_default(),
        rejects: table.into_iter().skip(1).collect(),
        p,
    })
}

/// `POST /imports/{id}/cancel`
pub async fn cancel(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    _: Checked<Nothing>,
) -> Result<Redirect> {
    app.store.cancel_import(&signed.actor(), app.clock.now(), id).await?;
    let running = app.engine.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(running) = running.filter(|r| r.import == Some(id)) {
        running.gauge.cancel.store(true, Ordering::Relaxed);
    }
    Ok(Redirect::to(&format!("/imports/{id}")))
}

/// `GET /imports/{id}/rejects.csv`
pub async fn rejects(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Response> {
    let rejected = find(&app, id).await?.counts.rejected;
    let bytes = tokio::fs::read(rejects_file(&app, id))
        .await
        .map_err(|_| WebError::not_found("这次导入没有退回的行。", "This import has no rejected rows."))?;
    app.store.note_export(&signed.actor(), app.clock.now(), &format!("rejects-{id}.csv"), rejected).await?;
    let name = format!("attachment; filename=\"rejects-{id}.csv\"");
    Ok((
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_string()), (header::CONTENT_DISPOSITION, name)],
        Body::from(bytes),
    )
        .into_response())
}

async fn find(app: &App, id: i64) -> Result<Import> {
    app.store.import(id).await?.ok_or_else(|| {
        WebError::not_found("没有这次导入。", "There is no such import.").next(
            "/imports",
            "导入记录",
            "Imports",
        )
    })
}

fn progress(running: &Running, app: &App, signed: &Signed) -> (u64, String) {
    let gauge = &running.gauge;
    let (rows, bytes) = (gauge.rows.load(Ordering::Relaxed), gauge.bytes.load(Ordering::Relaxed));
    let (total, placed) = (gauge.total.load(Ordering::Relaxed).max(1), gauge.placed.load(Ordering::Relaxed));
    let seconds = app.clock.now().duration_since(running.since).as_secs_f64().max(0.001);
    let n = |x: u64| grouped(i64::try_from(x).unwrap_or(i64::MAX));
    if placed > 0 {
        let text =
            signed.prefs.lang.t("已读完，正在挂链：", "All rows read; placing companies: ").to_string();
        return (90, format!("{text}{}", n(placed)));
    }
    let rate = rows as f64 / seconds;
    let left = (total.saturating_sub(bytes)) as f64 * seconds / bytes.max(1) as f64;
    let text = match signed.prefs.lang {
        domain::role::Lang::Zh => {
            format!("已处理 {} 行，每秒 {} 行，约剩 {left:.0} 秒", n(rows), n(rate as u64))
        }
        domain::role::Lang::En => {
            format!("{} rows, {} rows/s, about {left:.0} s left", n(rows), n(rate as u64))
        }
    };
    (bytes * 85 / total, text)
}

fn rejects_file(app: &App, id: i64) -> PathBuf {
    app.config.staging().join(id.to_string()).join("rejects.csv")
}

/// The heading and the first rows of a rejects file, the first six columns; empty when there is none.
fn first_rejects(path: &std::path::Path) -> Vec<Vec<String>> {
    let Ok(mut reader) = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path) else {
        return Vec::new();
    };
    let rows: Vec<Vec<String>> = reader
        .records()
        .map_while(Result::ok)
        .take(limits::REJECTS_SHOWN + 1)
        .map(|r| r.iter().take(6).map(|c| c.trim_start_matches('\u{feff}').to_string()).collect())
        .collect();
    if rows.len() > 1 { rows } else { Vec::new() }
}
