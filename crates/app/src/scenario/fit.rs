//! `GET /scenarios/{id}`: who could do an opportunity: the capability list, the zone's residents, and the companies of the universe that stand on its
//! segments, by shared segments and words, with reasons.

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
use domain::chain::SegmentNo;
use domain::company::Currency;
use domain::inventory::fold::fold;
use domain::inventory::{Kind, Value};
use domain::limits;
use domain::role::Action;
use domain::scenario::fit::{Candidate, Weights, find};
use engine::snapshot::Doc;
use std::collections::{BTreeMap, BTreeSet, HashSet};

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

/// Where a company is known from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    List,
    Resident,
    Universe,
}

/// A company as it is compared.
struct Known {
    company: String,
    segments: Vec<String>,
    text: String,
    from: From,
    capital: Option<i64>,
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
    let known = known(&app, &wanted.segments).await?;
    let segments: Vec<Vec<&str>> =
        known.iter().map(|k| k.segments.iter().map(String::as_str).collect()).collect();
    let candidates: Vec<Candidate<'_>> = known
        .iter()
        .zip(&segments)
        .map(|(k, segments)| Candidate {
            key: &k.company,
            segments,
            text: &k.text,
            resident: k.from == From::Resident,
            capital: k.capital,
            accepted: 0,
            cases: k.cases,
        })
        .collect();
    let found = find(&wanted, &candidates, &Weights::default(), limits::SCENARIO_MATCHES);
    let rows = found.fits.iter().map(|f| Row {
        company: known[f.index].company.clone(),
        source: match known[f.index].from {
            From::Resident => lang.t("园区企业", "resident"),
            From::List => lang.t("能力清单", "capability list"),
            From::Universe => lang.t("区外企业", "elsewhere"),
        },
        points: f.points,
        reasons: f.reasons.iter().map(|r| format!("{} +{}", r.text(lang), r.points())).collect(),
    });
    let listed = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("、");
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

/// The capability list, the zone's residents with the segments they stand on and their scope, and those elsewhere that stand on the wanted segments.
async fn known(app: &App, wanted: &BTreeSet<String>) -> Result<Vec<Known>> {
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
                from: From::List,
                capital: None,
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
        let wanted = wanted.clone();
        let found = app.compute(move || -> anyhow::Result<Vec<Known>> {
            let mut found = Vec::new();
            for doc in view.residents.iter().take(limits::RESIDENTS_COMPARED) {
                found.push(company(&view, *doc, From::Resident)?);
            }
            let residents: HashSet<Doc> = view.residents.iter().copied().collect();
            for doc in elsewhere(&view, &wanted).into_iter().filter(|d| !residents.contains(d)) {
                found.push(company(&view, doc, From::Universe)?);
            }
            Ok(found)
        });
        known.extend(found.await??);
    }
    Ok(known)
}

/// A segment's own name, those above it, and its chain's: an opportunity may name any of them.
fn names(view: &view::ZoneView, no: SegmentNo) -> Vec<String> {
    let chains = &view.world.chains;
    let (at, segment) = chains.locate(no);
    let chain = &chains.chains()[at];
    let mut all = Vec::new();
    let mut here = Some(segment);
    while let Some(s) = here {
        all.push(chain.segments[s].name.clone());
        here = chain.segments[s].parent;
    }
    all.push(chain.name.clone());
    all
}

/// Companies of the universe on the wanted segments, those that fit a segment best first, up to what is compared.
fn elsewhere(view: &view::ZoneView, wanted: &BTreeSet<String>) -> Vec<Doc> {
    let universe = &view.world.universe;
    let asked = |no: &SegmentNo| names(view, *no).iter().any(|n| wanted.contains(n));
    let mut best: BTreeMap<u32, u8> = BTreeMap::new();
    for tag in view.world.chains.numbers().filter(asked).filter_map(|no| universe.tag_of_segment(no)) {
        for posting in universe.postings(tag) {
            let fit = best.entry(posting.doc).or_default();
            *fit = (*fit).max(posting.fit());
        }
    }
    let mut all: Vec<(u8, u32)> = best.into_iter().map(|(doc, fit)| (fit, doc)).collect();
    all.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    all.truncate(limits::UNIVERSE_COMPARED);
    all.into_iter().map(|(_, doc)| Doc(doc)).collect()
}

fn company(view: &view::ZoneView, doc: Doc, from: From) -> anyhow::Result<Known> {
    let company = view.world.universe.company(doc)?;
    let placed = view.world.universe.placed(doc)?;
    let mut segments: Vec<String> = placed.placements.iter().flat_map(|p| names(view, p.segment)).collect();
    segments.sort_unstable();
    segments.dedup();
    let capital = company.capital.filter(|m| m.currency == Currency::Cny).map(|m| m.amount);
    Ok(Known { company: company.name, segments, text: company.scope, from, capital, cases: 0 })
}
