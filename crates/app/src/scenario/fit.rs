//! `GET /scenarios/{id}`: who could do an opportunity: the capability list and the zone's residents, by shared segments and words, with reasons.

use super::{opportunity, parts, tender};
use crate::app::App;
use crate::inventory::edit::find as record;
use crate::inventory::list::{Tab, tabs_at};
use crate::inventory::standing;
use crate::view;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use domain::inventory::fold::fold;
use domain::inventory::{Kind, Value};
use domain::limits;
use domain::role::Action;
use domain::scenario::fit::{Candidate, Weights, find};

#[derive(Template)]
#[template(path = "scenario/fit.html")]
struct FitPage {
    p: Chrome,
    tabs: Vec<Tab>,
    id: i64,
    code: String,
    name: String,
    owner: String,
    segments: String,
    words: String,
    tender: &'static str,
    may_edit: bool,
    looked: usize,
    count: usize,
    rows: Vec<Row>,
}

struct Row {
    company: String,
    source: &'static str,
    points: u32,
    reasons: Vec<String>,
}

/// A company as it is compared.
struct Known {
    company: String,
    segments: Vec<String>,
    text: String,
    resident: bool,
    cases: u32,
}

/// `GET /scenarios/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let item = record(&app, id).await?;
    if item.kind != Kind::Opportunity {
        return Err(WebError::not_found("没有这条场景机会。", "There is no such opportunity."));
    }
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let values = fold(&item.changes, today, app.clock.now()).values;
    let wanted = opportunity(&item.code, &values);
    let known = known(&app).await?;
    let segments: Vec<Vec<&str>> =
        known.iter().map(|k| k.segments.iter().map(String::as_str).collect()).collect();
    let candidates: Vec<Candidate<'_>> = known
        .iter()
        .zip(&segments)
        .map(|(k, segments)| Candidate {
            key: &k.company,
            segments,
            text: &k.text,
            resident: k.resident,
            capital: None,
            accepted: 0,
            cases: k.cases,
        })
        .collect();
    let found = find(&wanted, &candidates, &Weights::default(), limits::SCENARIO_MATCHES);
    let rows = found.fits.iter().map(|f| Row {
        company: known[f.index].company.clone(),
        source: if known[f.index].resident {
            lang.t("园区企业", "resident")
        } else {
            lang.t("能力清单", "capability list")
        },
        points: f.points,
        reasons: f.reasons.iter().map(|r| format!("{} +{}", r.text(lang), r.points())).collect(),
    });
    let listed =
        |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("、");
    render(&FitPage {
        p: Chrome::of(&signed, Nav::Scenarios),
        tabs: tabs_at(Kind::Opportunity, "/scenarios", lang),
        id,
        code: item.code.clone(),
        name: wanted.name.clone(),
        owner: wanted.owner.clone(),
        segments: listed(&wanted.segments),
        words: listed(&wanted.words),
        tender: tender(&values, today).label(lang),
        may_edit: signed.may(Action::EditScenarios),
        looked: known.len(),
        count: found.count,
        rows: rows.collect(),
    })
}

/// The capability list, and the zone's residents with the segments they stand on and their scope.
async fn known(app: &App) -> Result<Vec<Known>> {
    let today = app.clock.today();
    let mut known: Vec<Known> = standing(app, Kind::Capability, today)
        .await?
        .into_iter()
        .map(|s| {
            let text = |word: &str| s.values.get(word).and_then(Value::text).unwrap_or_default().to_string();
            Known {
                company: text("company"),
                segments: parts(&s.values, "segments").into_iter().collect(),
                text: format!("{} {} {}", text("name"), text("words"), text("note")),
                resident: false,
                cases: s
                    .values
                    .get("cases")
                    .and_then(Value::int)
                    .and_then(|n| u32::try_from(n).ok())
                    .unwrap_or(0),
            }
        })
        .collect();
    if let Some(view) = view::find(app).await? {
        let residents = app.compute(move || residents(&view)).await??;
        known.extend(residents);
    }
    Ok(known)
}

fn residents(view: &view::ZoneView) -> anyhow::Result<Vec<Known>> {
    let mut known = Vec::new();
    for doc in view.residents.iter().take(limits::RESIDENTS_COMPARED) {
        let company = view.world.universe.company(*doc)?;
        let placed = view.world.universe.placed(*doc)?;
        let name = |p: &domain::placement::Placement| view.world.chains.get(p.segment).1.name.clone();
        let segments = placed.placements.iter().map(name).collect();
        known.push(Known { company: company.name, segments, text: company.scope, resident: true, cases: 0 });
    }
    Ok(known)
}
