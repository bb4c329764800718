//! `/leads/conflicts`: conflicts side by side, settled with a reason and a split of credit, appealed.

use crate::app::App;
use crate::clock::shown;
use crate::lead::act::{agreed, version};
use crate::lead::show::{ConflictRow, conflict_row};
use crate::lead::{Names, ours};
use crate::target::list::Choice;
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use domain::fact::ProjectId;
use domain::lead::credit::Figure;
use domain::lead::{ConflictId, ConflictState, ContactKind, Verdict};
use domain::limits::LEADS_PAGE;
use domain::role::Action;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::conflict::{Conflict, ConflictFilter};
use store::lead::Lead;

#[derive(Template)]
#[template(path = "lead/conflicts.html")]
struct ConflictsPage {
    p: Chrome,
    waiting: bool,
    rows: Vec<ConflictRow>,
    more: Option<u64>,
}

#[derive(Template)]
#[template(path = "lead/conflict.html")]
struct ConflictPage {
    p: Chrome,
    id: i64,
    version: i64,
    row: ConflictRow,
    sides: Vec<(&'static str, Side)>,
    lines: Vec<(&'static str, String, String)>,
    steps: Vec<(String, String, String)>,
    verdicts: Vec<Choice>,
    figures: Vec<Choice>,
    other_officer: Option<i64>,
    may_settle: bool,
    may_appeal: bool,
}

/// One side of a conflict.
#[derive(Clone, Debug, Default)]
struct Side {
    href: String,
    name: String,
    values: Vec<String>,
    officer: Option<i64>,
}

/// Which conflicts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    all: String,
    page: String,
}

/// `GET /leads/conflicts`
pub async fn list(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let waiting = asked.all.is_empty();
    let page = asked.page.parse::<u64>().unwrap_or(1).max(1);
    let part = store::Page::new(LEADS_PAGE, (page - 1).saturating_mul(u64::from(LEADS_PAGE)));
    let filter = ConflictFilter { waiting, ..ConflictFilter::default() };
    let found = app.store.conflicts(filter, part).await?;
    let lang = signed.prefs.lang;
    render(&ConflictsPage {
        p: Chrome::of(&signed, Nav::Leads),
        waiting,
        more: (found.len() == LEADS_PAGE as usize).then_some(page + 1),
        rows: found.iter().map(|c| conflict_row(c, lang)).collect(),
    })
}

/// `GET /leads/conflicts/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let lang = signed.prefs.lang;
    let (conflict, later, earlier) = read(&app, ConflictId(id)).await?;
    let names = Names::read(&app).await?;
    let left = lead_side(&app, &later, &names, lang).await?;
    let right = match (&earlier, conflict.other_project) {
        (Some(lead), _) => lead_side(&app, lead, &names, lang).await?,
        (None, Some(project)) => project_side(&app, project, &names, lang).await?,
        (None, None) => Side::default(),
    };
    let labels = [
        lang.t("项目", "Project"),
        lang.t("部门 · 专员", "Unit · officer"),
        lang.t("登记 / 时间", "Since"),
        lang.t("联系次数", "Contacts"),
        lang.t("保护至", "Protected until"),
        lang.t("计划投资", "Planned investment"),
        lang.t("来源", "Source"),
        lang.t("状态", "State"),
    ];
    let value = |side: &Side, i: usize| side.values.get(i).cloned().unwrap_or_else(|| "—".into());
    let steps = app.store.conflict_steps(conflict.id).await?;
    let settled = conflict.state == ConflictState::Settled;
    let is_side =
        later.said.officer == signed.id || earlier.as_ref().is_some_and(|l| l.said.officer == signed.id);
    let own = ours(&signed, later.said.officer, later.unit)
        || earlier.as_ref().is_some_and(|l| ours(&signed, l.said.officer, l.unit));
    let choice = |id: &str, name: &str| Choice { id: id.into(), name: name.into(), current: false };
    render(&ConflictPage {
        id,
        version: conflict.version,
        row: conflict_row(&conflict, lang),
        lines: labels.iter().enumerate().map(|(i, l)| (*l, value(&right, i), value(&left, i))).collect(),
        other_officer: right.officer.filter(|o| Some(*o) != left.officer),
        sides: vec![(lang.t("先登记方", "Earlier"), right), (lang.t("后登记方", "Later"), left)],
        steps: steps
            .into_iter()
            .map(|s| {
                let what = s.verdict.map_or_else(
                    || s.kind.label(lang).to_string(),
                    |v| format!("{}：{}", s.kind.label(lang), v.label(lang)),
                );
                (what, s.reason, format!("{} · {}", names.actor(&s.by, lang), shown(s.at)))
            })
            .collect(),
        verdicts: Verdict::ALL.iter().map(|v| choice(v.as_str(), v.label(lang))).collect(),
        figures: Figure::ALL.iter().map(|f| choice(f.as_str(), f.label(lang))).collect(),
        may_settle: !settled && !is_side && signed.may(Action::SettleConflict),
        may_appeal: settled && own && signed.may(Action::RegisterLead),
        p: Chrome::of(&signed, Nav::Leads),
    })
}

/// `POST /leads/conflicts/{id}/settle`
pub async fn settle(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<BTreeMap<String, String>>,
) -> Result<Redirect> {
    let (conflict, later, _) = read(&app, ConflictId(id)).await?;
    let field = |name: &str| form.get(name).map_or("", |v| v.trim());
    let verdict: Verdict = field("verdict")
        .parse()
        .map_err(|_| WebError::bad_request("请选择裁定结果。", "Choose a verdict."))?;
    let version = version(field("version"))?;
    if field("reason").is_empty() {
        return Err(WebError::bad_request("请写明裁定理由。", "Give the reason for the verdict."));
    }
    let today = app.clock.today();
    let credit = agreed(&form, later.said.officer, today)?;
    app.store
        .settle_conflict(
            &signed.actor(),
            app.clock.now(),
            today,
            conflict.id,
            version,
            verdict,
            field("reason"),
            credit.as_ref(),
        )
        .await?;
    Ok(Redirect::to(&format!("/leads/conflicts/{id}")))
}

/// Why somebody appeals.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Appeal {
    version: String,
    reason: String,
}

/// `POST /leads/conflicts/{id}/appeal`
pub async fn appeal(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Appeal>,
) -> Result<Redirect> {
    let (conflict, later, earlier) = read(&app, ConflictId(id)).await?;
    let sides = std::iter::once(&later).chain(&earlier);
    if !sides.into_iter().any(|l| ours(&signed, l.said.officer, l.unit)) {
        return Err(WebError::forbidden("只有冲突双方可以申诉。", "Only the two sides can appeal."));
    }
    let version = version(&form.version)?;
    app.store
        .appeal_conflict(&signed.actor(), app.clock.now(), conflict.id, version, form.reason.trim())
        .await?;
    Ok(Redirect::to(&format!("/leads/conflicts/{id}")))
}

/// A conflict with its leads.
async fn read(app: &App, id: ConflictId) -> Result<(Conflict, Lead, Option<Lead>)> {
    let conflict = app.store.conflict(id).await?.ok_or_else(|| {
        WebError::not_found("没有这个冲突。", "There is no such conflict.").next(
            "/leads/conflicts",
            "全部冲突",
            "All conflicts",
        )
    })?;
    let later = crate::lead::show::find(app, conflict.lead).await?;
    let earlier = match conflict.other_lead {
        Some(id) => Some(crate::lead::show::find(app, id).await?),
        None => None,
    };
    Ok((conflict, later, earlier))
}

async fn lead_side(app: &App, lead: &Lead, names: &Names, lang: Lang) -> Result<Side> {
    let contacts = app.store.contacts(lead.id).await?;
    let real =
        contacts.iter().filter(|c| !matches!(c.contact.kind, ContactKind::Handover | ContactKind::Report));
    let last = contacts.iter().map(|c| c.contact.day).max();
    let count = real.count();
    let contacts = match last {
        Some(day) => format!("{count}{}{day}", lang.t("，最近 ", ", last ")),
        None => "0".to_string(),
    };
    Ok(Side {
        href: format!("/leads/{}", lead.id),
        name: lead.said.name.clone(),
        values: vec![
            lead.said.text.title.clone(),
            format!("{} · {}", names.unit(lead.unit.map(|u| u.0)), names.person(Some(lead.said.officer.0))),
            shown(lead.created),
            contacts,
            lead.protected_until.to_string(),
            lead.said.text.amount.map_or_else(|| "—".into(), |a| yuan(a, lang)),
            lead.said.source.label(lang).to_string(),
            lead.state.label(lang).to_string(),
        ],
        officer: Some(lead.said.officer.0),
    })
}

async fn project_side(app: &App, id: ProjectId, names: &Names, lang: Lang) -> Result<Side> {
    let board = app.ledger.board(&app.store).await?;
    let Some(line) = board.line(id) else { return Ok(Side::default()) };
    let dash = || "—".to_string();
    Ok(Side {
        href: format!("/projects/{id}"),
        name: line.company.to_string(),
        values: vec![
            format!("{}（{}）", line.name, line.code),
            format!("{} · {}", names.unit(line.unit), names.person(line.officer)),
            line.signed.or(line.since).map_or_else(dash, |d| d.to_string()),
            dash(),
            dash(),
            line.planned.map_or_else(dash, domain::money::format),
            lang.t("已有项目", "a project already").to_string(),
            line.stage.map_or_else(dash, |s| lang.t(s.zh(), s.en()).to_string()),
        ],
        officer: line.officer,
    })
}
