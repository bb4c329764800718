//! `/audit`: the journal, narrowed by who, what, on what and when; whether its chain holds; its export.

use crate::account::sign_in::Nothing;
use crate::app::App;
use crate::clock::shown;
use crate::import::list::{name_of, people};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::form::{Checked, encode};
use crate::web::page::{Page, render};
use crate::web::session::{Signed, hex};
use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::limits::JOURNAL_PAGE;
use futures_util::stream;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::Deserialize;
use std::sync::PoisonError;
use store::journal::JournalFilter;

#[derive(Template)]
#[template(path = "audit/journal.html")]
struct JournalPage {
    p: Chrome,
    verified: Option<Checks>,
    asked: Asked,
    faults: Vec<&'static str>,
    people: Vec<(String, String)>,
    rows: Vec<Row>,
    /// Address of the same list with a check of the chain.
    verify: String,
    older: Option<String>,
}

struct Checks {
    at: String,
    entries: u64,
    head: String,
    broken: Option<String>,
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

/// What the reader asks for; what is empty leaves nothing out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    actor: String,
    action: String,
    subject: String,
    from: String,
    until: String,
    before: Option<i64>,
    verify: String,
}

/// `GET /audit`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    if asked.verify == "1" {
        let found = app.store.verify_journal().await?;
        *app.verified.lock().unwrap_or_else(PoisonError::into_inner) = Some((app.clock.now(), found));
    }
    let lang = signed.prefs.lang;
    let mut faults = Vec::new();
    let filter = filter(&asked, lang, &mut faults);
    let names = people(&app).await?;
    let entries =
        if faults.is_empty() { app.store.journal_where(&filter, JOURNAL_PAGE).await? } else { Vec::new() };
    let last = entries.last().filter(|_| entries.len() == JOURNAL_PAGE as usize).map(|e| e.seq);
    let older = last.filter(|seq| *seq > 1).map(|seq| format!("/audit?{}before={seq}", query(&asked)));
    let rows = entries
        .into_iter()
        .map(|e| Row {
            seq: e.seq,
            at: shown(e.at),
            actor: name_of(&e.actor, &names, lang),
            action: e.action,
            subject: e.subject,
            before: e.before.map_or_else(|| "—".into(), |t| signed.contacts_of_json(&t)),
            after: e.after.map_or_else(|| "—".into(), |t| signed.contacts_of_json(&t)),
        })
        .collect();
    let known = ["system", "cli"].map(|actor| (actor.to_string(), name_of(actor, &names, lang)));
    render(&JournalPage {
        verified: last_check(&app, lang),
        verify: format!("/audit?{}verify=1", query(&asked)),
        older,
        rows,
        faults,
        people: known.into_iter().chain(names).collect(),
        asked,
        p: Chrome::of(&signed, Nav::Audit),
    })
}

fn last_check(app: &App, lang: Lang) -> Option<Checks> {
    let kept = app.verified.lock().unwrap_or_else(PoisonError::into_inner);
    let (at, found) = kept.as_ref()?;
    let broken = found.broken.as_ref().map(|broken| match lang {
        Lang::Zh => format!("哈希链在第 {} 条断开", broken.seq),
        Lang::En => format!("The hash chain breaks at entry {}: {}", broken.seq, broken.why),
    });
    Some(Checks { at: shown(*at), entries: found.entries, head: hex(&found.hash), broken })
}

fn filter(asked: &Asked, lang: Lang, faults: &mut Vec<&'static str>) -> JournalFilter {
    let mut day = |text: &str, fault: &'static str, after: i32| -> Option<Timestamp> {
        if text.trim().is_empty() {
            return None;
        }
        let begins = text.trim().parse::<Date>().ok().and_then(|day| day.checked_add(after.days()).ok());
        let begins = begins.and_then(|day| Offset::constant(8).to_timestamp(day.at(0, 0, 0, 0)).ok());
        if begins.is_none() {
            faults.push(fault);
        }
        begins
    };
    let fault = lang.t("日期请写成 2026-03-06 这样。", "Write a day like 2026-03-06.");
    let (from, until) = (day(&asked.from, fault, 0), day(&asked.until, fault, 1));
    faults.dedup();
    JournalFilter {
        actor: asked.actor.trim().to_string(),
        action: asked.action.trim().to_string(),
        subject: asked.subject.trim().to_string(),
        from,
        until,
        before: asked.before,
    }
}

/// The filter as the beginning of a query.
fn query(asked: &Asked) -> String {
    let fields = [
        ("actor", &asked.actor),
        ("action", &asked.action),
        ("subject", &asked.subject),
        ("from", &asked.from),
        ("until", &asked.until),
    ];
    let set = fields.into_iter().filter(|(_, value)| !value.trim().is_empty());
    set.map(|(name, value)| format!("{name}={}&", encode(value.trim()))).collect()
}

/// `POST /audit/export`: the whole journal as JSON lines; the entry about the export is its last. The lines are as they were sealed, numbers
/// unhidden: a hash over anything else could not be checked. Whoever may read the journal may take it out, and each time is an entry.
pub async fn export(State(app): State<App>, signed: Signed, _: Checked<Nothing>) -> Result<Response> {
    let now = app.clock.now();
    let entries = app.store.journal_head().await?.seq.unsigned_abs() + 1;
    app.store.note_export(&signed.actor(), now, "journal", entries).await?;
    let export = app.store.export_journal(now).await?;
    let lines = stream::try_unfold(export, async |mut export| {
        Ok::<_, store::Error>(export.next().await?.map(|lines| (lines, export)))
    });
    let name = format!("attachment; filename=\"journal-{}.jsonl\"", app.clock.today());
    let kind = "application/jsonl; charset=utf-8".to_string();
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(lines)).into_response())
}
