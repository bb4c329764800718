//! `GET /`: the zone at a glance.

use crate::app::App;
use crate::chain::mark::Mark;
use crate::chain::words::{chain_name, link, why};
use crate::figure;
use crate::figure::words::address;
use crate::target::rows::{TargetRow, rows};
use crate::text::{Lang, grouped, yuan};
use crate::view::{ZoneView, find};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use domain::figure::Period;
use domain::lead::LeadState;
use domain::role::Action;
use std::sync::Arc;
use store::lead_list::LeadFilter;

#[derive(Template, Default)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    p: Chrome,
    companies: usize,
    companies_text: String,
    residents: usize,
    missing: usize,
    weak: usize,
    unmatched: usize,
    chains: Vec<ChainRow>,
    gaps: Vec<GapRow>,
    targets: Vec<TargetRow>,
    snapshot: String,
    reference: String,
    projects: Option<Projects>,
}

/// What the zone signed and whom it has kept waiting, for those who may read projects.
struct Projects {
    signed: Vec<SignedYear>,
    overdue: u64,
}

struct SignedYear {
    href: String,
    year: i16,
    count: String,
    amount: String,
}

struct ChainRow {
    id: String,
    name: String,
    residents: usize,
    strong: usize,
    present: usize,
    weak: usize,
    missing: usize,
}

struct GapRow {
    href: String,
    name: String,
    chain: String,
    verdict: Mark,
    reason: String,
}

/// The figure of projects signed, as the definitions name it.
const SIGNED: &str = "signed";
const GAPS: usize = 10;
const TARGETS: usize = 10;

/// `GET /`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let p = Chrome::of(&signed, Nav::Overview);
    let projects = projects(&app, &signed).await?;
    let Some(view) = find(&app).await? else {
        return render(&OverviewPage { p, projects, ..OverviewPage::default() });
    };
    let lang = signed.prefs.lang;
    let best = view.clone();
    let targets = app.compute(move || first_targets(&best, lang)).await??;
    let totals: Vec<[usize; 4]> = (0..view.world.chains.chains().len()).map(|c| view.verdicts(c)).collect();
    render(&OverviewPage {
        companies: view.world.universe.len(),
        companies_text: grouped(i64::try_from(view.world.universe.len()).unwrap_or(i64::MAX)),
        residents: view.residents.len(),
        missing: totals.iter().map(|v| v[3]).sum(),
        weak: totals.iter().map(|v| v[2]).sum(),
        unmatched: view.unmatched.len(),
        chains: chain_rows(&view, &totals, lang),
        gaps: gap_rows(&view, lang),
        targets,
        snapshot: view.world.id().to_string(),
        reference: view.reference(lang),
        projects,
        p,
    })
}

async fn projects(app: &App, signed: &Signed) -> Result<Option<Projects>> {
    if !signed.may(Action::ReadProjects) {
        return Ok(None);
    }
    let (today, lang) = (app.clock.today(), signed.prefs.lang);
    let mut years = Vec::new();
    for year in [today.year(), today.year() - 1] {
        let Ok(period) = Period::new(year, None) else { continue };
        let mut question = figure::question(app, period, None).await?;
        // This figure alone: the others would have far more facts read.
        let only: Vec<_> = question.definitions.iter().filter(|d| d.id == SIGNED).cloned().collect();
        question.definitions = Arc::new(only);
        let report = figure::report(app, &question).await?;
        if let Some(line) = report.line(SIGNED) {
            let values = &line.total.values;
            years.push(SignedYear {
                href: format!("/figures/{SIGNED}?{}", address(period, None)),
                year,
                count: grouped(values.count),
                amount: yuan(values.yuan, lang),
            });
        }
    }
    let late = LeadFilter { due_before: Some(today), state: Some(LeadState::Open), ..LeadFilter::default() };
    Ok(Some(Projects { signed: years, overdue: app.store.count_leads(&late).await? }))
}

fn first_targets(view: &Arc<ZoneView>, lang: Lang) -> anyhow::Result<Vec<TargetRow>> {
    let question = view.question(None, engine::targets::Filter::default());
    if question.gaps.is_empty() {
        return Ok(Vec::new());
    }
    let answer = view.targets(&question)?;
    rows(view, &question, &answer, 0..TARGETS, lang)
}

fn chain_rows(view: &ZoneView, totals: &[[usize; 4]], lang: Lang) -> Vec<ChainRow> {
    view.world
        .chains
        .chains()
        .iter()
        .zip(totals)
        .enumerate()
        .map(|(i, (chain, &[strong, present, weak, missing]))| ChainRow {
            id: chain.id.clone(),
            name: chain_name(chain, lang),
            residents: view.on_chain(i),
            strong,
            present,
            weak,
            missing,
        })
        .collect()
}

fn gap_rows(view: &ZoneView, lang: Lang) -> Vec<GapRow> {
    view.gaps
        .iter()
        .take(GAPS)
        .map(|gap| {
            let link = link(view, gap.segment, lang);
            let reason = why(&view.cells[usize::from(gap.segment.0)], lang);
            GapRow { href: link.href, name: link.name, chain: link.chain, verdict: link.verdict, reason }
        })
        .collect()
}
