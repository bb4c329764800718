//! `GET /desk`: what waits for me: clocks, conflicts, credit, projects that stand long, protections that end soon.

use crate::app::App;
use crate::lead::Names;
use crate::lead::list::{LeadRow, row};
use crate::lead::rules::Rules;
use crate::lead::show::{ConflictRow, conflict_row};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use domain::lead::LeadState;
use domain::limits::DESK_ROWS;
use domain::role::Action;
use jiff::civil::Date;
use store::conflict::ConflictFilter;
use store::lead_list::{LeadFilter, LeadOrder};

#[derive(Template)]
#[template(path = "desk/desk.html")]
struct DeskPage {
    p: Chrome,
    today: String,
    counts: Vec<(&'static str, u64, &'static str)>,
    rows: Vec<LeadRow>,
    ending: Vec<LeadRow>,
    warn_days: u32,
    conflicts: Vec<ConflictRow>,
    settles: bool,
    credits: Vec<(i64, String)>,
    standing: Vec<Standing>,
    may_register: bool,
}

/// A project of mine that has stood at its stage for long.
struct Standing {
    id: i64,
    name: String,
    stage: &'static str,
    since: String,
    days: i32,
}

/// `GET /desk`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let rules = Rules::read(&app).await?;
    let names = Names::read(&app).await?;
    let part = store::Page::new(DESK_ROWS, 0);
    let mine = LeadFilter { officer: Some(signed.id), state: Some(LeadState::Open), ..LeadFilter::default() };
    let leads = app.store.leads(&mine, part).await?;
    let warn_days = rules.clue.protection.warn_days;
    let soon = today.saturating_add(jiff::Span::new().days(warn_days.min(3_660)));
    let ending = LeadFilter { protected_to: Some(soon), order: LeadOrder::Protection, ..mine.clone() };
    let ending = app.store.leads(&ending, part).await?;
    let settles = signed.may(Action::SettleConflict);
    // Those who settle see every conflict that waits; others those of their own leads.
    let conflicts = ConflictFilter { waiting: true, officer: (!settles).then_some(signed.id), unit: None };
    let conflicts = app.store.conflicts(conflicts, part).await?;
    let credits = app.store.agreements_waiting(signed.id).await?;
    let shares = signed.may(Action::ShareData);
    let duties = if shares { crate::dataspace::duty::waiting(&app, lang).await?.len() } else { 0 };
    let overdue = LeadFilter { due_before: Some(today), ..mine.clone() };
    render(&DeskPage {
        today: today.to_string(),
        counts: vec![
            (
                lang.t("我的在跟线索", "My open leads"),
                app.store.count_leads(&mine).await?,
                "/leads?of=mine&state=open",
            ),
            (
                lang.t("其中逾期", "of them overdue"),
                app.store.count_leads(&overdue).await?,
                "/leads?of=mine&overdue=1",
            ),
            (
                lang.t("待裁定冲突", "Conflicts that wait"),
                app.store.count_conflicts_waiting().await?,
                "/leads/conflicts",
            ),
            (lang.t("待我确认的分成", "Splits to confirm"), credits.len() as u64, "#credits"),
        ]
        .into_iter()
        .chain(shares.then_some((
            lang.t("数据合约义务", "Duties of data agreements"),
            duties as u64,
            "/dataspace#duties",
        )))
        .collect(),
        rows: leads.iter().map(|l| row(l, &names, today, lang)).collect(),
        ending: ending.iter().map(|l| row(l, &names, today, lang)).collect(),
        warn_days,
        conflicts: conflicts.iter().map(|c| conflict_row(c, lang)).collect(),
        settles,
        credits: credits.iter().map(|a| (a.lead.0, names.actor(&a.by, lang))).collect(),
        standing: standing(&app, &signed, today, lang).await?,
        may_register: signed.may(Action::RegisterLead),
        p: Chrome::of(&signed, Nav::Desk),
    })
}

/// Projects of mine that have not reached full production, those that stand longest first.
async fn standing(app: &App, signed: &Signed, today: Date, lang: Lang) -> Result<Vec<Standing>> {
    let board = app.ledger.board(&app.store).await?;
    let mine = board.lines.iter().filter(|l| l.officer == Some(signed.id.0) && !l.duplicate);
    let mut found: Vec<Standing> = mine
        .filter_map(|l| {
            let (stage, since) = (l.stage?, l.since?);
            if stage.is_exit() || stage == domain::stage::Stage::AtCapacity {
                return None;
            }
            let days = since.until(today).map_or(0, |s| s.get_days());
            let (id, name) = (l.id.0, l.name.to_string());
            Some(Standing { id, name, stage: lang.t(stage.zh(), stage.en()), since: since.to_string(), days })
        })
        .collect();
    found.sort_by_key(|s| std::cmp::Reverse(s.days));
    found.truncate(DESK_ROWS as usize);
    Ok(found)
}
