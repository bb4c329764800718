//! The page of two people who edited at once: what changed meanwhile, and what was typed, nothing lost.

use crate::app::App;
use crate::clock::shown;
use crate::evidence::sheet::Sheet;
use crate::ledger;
use crate::project::names::Names;
use crate::project::words;
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::fact::{FactId, Kind};
use domain::project::Project;

#[derive(Template)]
#[template(path = "project/stale.html")]
struct StalePage {
    p: Chrome,
    id: i64,
    name: String,
    action: String,
    changed: Vec<Changed>,
    typed: Vec<(String, String)>,
    fields: Vec<(String, String)>,
}

struct Changed {
    kind: &'static str,
    value: String,
    by: String,
    at: String,
    reason: String,
}

/// The newest fact that whoever filled in the form had seen. A form without it is held against what was just read, so that nothing
/// recorded meanwhile is passed over.
#[must_use]
pub fn seen(sheet: &Sheet, project: &Project) -> FactId {
    sheet.get("seen").parse().map_or(project.last, FactId)
}

/// 409 with what was recorded since `seen`, and the form to send once more.
///
/// # Errors
/// The store fails.
pub async fn page(
    app: &App,
    signed: &Signed,
    project: &Project,
    seen: Option<FactId>,
    action: &str,
    fields: &[(String, String)],
) -> Result<Response> {
    let (names, rules, lang) = (Names::read(app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let facts = app.store.facts_of(project.id).await?;
    let seen = seen.unwrap_or(FactId(0));
    let changed = facts.iter().filter(|f| f.id > seen).map(|f| Changed {
        kind: words::kind(f.kind, lang),
        value: words::value(f.kind, &f.value, &names, &rules.gates, lang),
        by: names.actor(&f.by, lang),
        at: shown(f.recorded),
        reason: f.reason.clone().unwrap_or_default(),
    });
    let now = ledger::project(&app.store, project.id, None).await?.map_or(project.last, |p| p.last);
    let kept = |(name, value): &(String, String)| match name.as_str() {
        "csrf" => None,
        "seen" => Some((name.clone(), now.0.to_string())),
        _ => Some((name.clone(), value.clone())),
    };
    let typed = fields.iter().filter(|(n, v)| !matches!(n.as_str(), "csrf" | "seen") && !v.is_empty());
    let page = render(&StalePage {
        p: Chrome::of(signed, Nav::Projects),
        id: project.id.0,
        name: project.name().into(),
        action: action.into(),
        changed: changed.collect(),
        typed: typed.map(|(n, v)| (label(n, lang), v.clone())).collect(),
        fields: fields.iter().filter_map(kept).collect(),
    })?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// What a field of the project's forms is called.
fn label(name: &str, lang: Lang) -> String {
    let (head, tail) = name.split_once('.').unwrap_or((name, ""));
    let kind = tail.parse::<Kind>().map(|k| words::kind(k, lang)).unwrap_or(tail_or(tail, lang));
    match head {
        "effective" => lang.t("发生日期", "Day it happened").into(),
        "counts" => lang.t("统计日期", "Day it counts").into(),
        "reason" => lang.t("原因", "Reason").into(),
        "to" => lang.t("阶段", "Stage").into(),
        "kind" => lang.t("事项", "What").into(),
        "kept" => lang.t("已上传的附件", "Uploaded file").into(),
        "value" => kind.to_string(),
        "unit" => format!("{kind}：{}", lang.t("单位", "unit")),
        _ => name.to_string(),
    }
}

fn tail_or(tail: &str, lang: Lang) -> &'static str {
    if tail.is_empty() { lang.t("内容", "value") } else { lang.t("其他", "other") }
}
