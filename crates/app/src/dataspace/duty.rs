//! Duties of agreements as tasks: what must be done with data that we use, until when, and with what evidence it was done. A duty to delete is done by deleting: the
//! copies that are here go, and which bytes they were stays on record.

use super::agreement;
use super::page::role;
use crate::app::App;
use crate::clock::shown;
use crate::evidence::keep;
use crate::evidence::sheet::Sheet;
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use dataspace::odrl::Policy;
use dataspace::policy::duty::{Duty, Standing, duties, standing};
use dataspace::policy::words;
use store::dataspace::delivery::DutyDone;
use store::dataspace::usage::Agreement;

/// A duty as pages show it.
pub struct DutyRow {
    /// Number of the agreement.
    pub agreement: i64,
    /// Its stable word.
    pub action: String,
    /// What is to be done.
    pub name: String,
    /// Until when.
    pub due: String,
    /// Class, mark and word of how it stands.
    pub state: (&'static str, &'static str, &'static str),
    /// What was done, when and by whom; and the file that proves it.
    pub done: Option<(String, String, Option<String>)>,
    /// Whether somebody has to do something.
    pub waits: bool,
}

/// The duties of an agreement, with what was done.
#[must_use]
pub fn rows(a: &Agreement, done: &[DutyDone], now: jiff::Timestamp, lang: Lang) -> Vec<DutyRow> {
    let policy: Policy = serde_json::from_str(&a.policy).unwrap_or_default();
    duties(&policy).iter().map(|d| row(a, d, done, now, lang)).collect()
}

fn row(a: &Agreement, duty: &Duty, done: &[DutyDone], now: jiff::Timestamp, lang: Lang) -> DutyRow {
    let done = done.iter().find(|d| d.agreement == a.id && d.action == duty.action);
    let stands = standing(duty, done.is_some(), now);
    let state = match stands {
        Standing::ByItself => (
            "done",
            "●",
            lang.t("自动满足：对方连接器按次记录", "kept by itself: the provider counts each read"),
        ),
        Standing::Done => ("done", "●", lang.t("已完成", "done")),
        Standing::Open => ("open", "▲", lang.t("待完成", "open")),
        Standing::Overdue => ("out", "■", lang.t("已逾期", "overdue")),
    };
    let (zh, en) = words::action(&duty.action);
    DutyRow {
        agreement: a.id,
        action: duty.action.clone(),
        name: lang.t(zh, en).to_string(),
        due: duty.due.map_or_else(|| "—".into(), shown),
        state,
        done: done.map(|d| (d.note.clone(), shown(d.at), d.file.clone())),
        waits: a.role == "consumer" && matches!(stands, Standing::Open | Standing::Overdue),
    }
}

/// What we have to do under agreements by which we use others' data.
///
/// # Errors
/// Only when the database fails.
pub async fn waiting(app: &App, lang: Lang) -> Result<Vec<(DutyRow, String)>> {
    let done = app.store.duties_done(None).await?;
    let now = app.clock.now();
    let mut all = Vec::new();
    for a in app.store.ds_agreements().await?.iter().filter(|a| a.role == "consumer") {
        let with = format!("{} · {}", a.dataset, role(&a.role, lang));
        all.extend(rows(a, &done, now, lang).into_iter().filter(|d| d.waits).map(|d| (d, with.clone())));
    }
    Ok(all)
}

/// `POST /dataspace/agreements/{id}/duties`: a duty was done, with a note and, if there is one, a file that proves it.
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    mut sheet: Sheet,
) -> Result<Redirect> {
    let a = agreement::find(&app, id).await?;
    let back = format!("/dataspace/agreements/{id}#duties");
    let wrong = |zh: &str, en: &str| WebError::bad_request(zh, en).next(back.clone(), "返回", "Back");
    let (action, typed) = (sheet.get("action").to_string(), sheet.get("note").to_string());
    let done = app.store.duties_done(Some(id)).await?;
    let waits = rows(&a, &done, app.clock.now(), signed.prefs.lang)
        .into_iter()
        .any(|d| d.waits && d.action == action);
    if !waits {
        return Err(wrong("没有待完成的这项义务。", "There is no such duty to be done."));
    }
    if typed.is_empty() {
        return Err(wrong("请写明做了什么。", "Say what was done."));
    }
    let (by, now) = (signed.actor(), app.clock.now());
    let mut note = typed;
    if action == "delete" {
        let mut gone = Vec::new();
        for copy in app.store.copies_under(&a.urn).await? {
            let last = app.store.end_copy(&by, now, copy.id, "按合约义务删除").await?;
            if let Some(place) = keep::place(&app.config, &copy.sha256).filter(|_| last) {
                match std::fs::remove_file(&place) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(anyhow::Error::new(error).context("deleting a copy").into());
                    }
                    _ => {}
                }
            }
            gone.push(copy.sha256[..12].to_string());
        }
        let said = if gone.is_empty() {
            "本区没有副本".into()
        } else {
            format!("已删除副本 {}", gone.join("、"))
        };
        note = format!("{note}（{said}）");
    }
    let file = match sheet.parts.pop() {
        Some(part) => Some(keep::keep(&app, &by, part).await?),
        None => None,
    };
    app.store.duty_done(&by, now, (id, &action), (&note, file.as_deref())).await?;
    Ok(Redirect::to(&back))
}
