//! `/chains/{chain}`: the chain on one screen, its supply graph, and its list.

use crate::app::App;
use crate::chain::graph;
use crate::chain::mark::Mark;
use crate::chain::words::{self, chain_name, segment_name};
use crate::view::{ZoneView, view};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use domain::chain::{Chain, Position};
use domain::role::Lang;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "chain/board.html")]
struct BoardPage {
    p: Chrome,
    chains: Vec<Tab>,
    chain_id: String,
    chain_name: String,
    about: String,
    view: &'static str,
    residents: usize,
    on_chain: usize,
    strong: usize,
    present: usize,
    weak: usize,
    missing: usize,
    rows: Vec<StageRow>,
    list: Vec<ListRow>,
    graph: String,
    gap_words: Vec<GapWords>,
    reference: String,
}

struct Tab {
    id: String,
    name: String,
    current: bool,
    missing: usize,
}

struct StageRow {
    name: &'static str,
    companies: usize,
    parts: Vec<PartCards>,
}

struct PartCards {
    name: String,
    cards: Vec<Card>,
}

struct Card {
    id: String,
    name: String,
    verdict: Mark,
    companies: u32,
    chips: Vec<Chip>,
}

struct Chip {
    id: String,
    name: String,
    verdict: Mark,
    companies: u32,
}

struct ListRow {
    id: String,
    name: String,
    parent: String,
    verdict: Mark,
    companies: u32,
    makers: u32,
    reference: u32,
    lq: String,
    gap: String,
    supplies: String,
}

struct GapWords {
    id: String,
    name: String,
    reason: String,
}

/// How to show the chain.
#[derive(Debug, Deserialize)]
pub struct Shown {
    #[serde(default)]
    view: String,
}

/// `GET /chains`: the first chain.
pub async fn first(State(app): State<App>) -> Result<Redirect> {
    let view = view(&app).await?;
    let chain = view.world.chains.chains().first().ok_or_else(|| {
        WebError::not_found("没有启用的产业链。", "No chain is turned on.").next(
            "/settings/chains",
            "去启用",
            "Turn one on",
        )
    })?;
    Ok(Redirect::to(&format!("/chains/{}", chain.id)))
}

/// `GET /chains/{chain}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Page {
    let view = view(&app).await?;
    let Some(at) = view.world.chains.chains().iter().position(|c| c.id == id) else {
        return Err(WebError::not_found("没有这条产业链。", "There is no such chain.").next(
            "/chains",
            "全部产业链",
            "All chains",
        ));
    };
    let lang = signed.prefs.lang;
    let shown = match shown.view.as_str() {
        "graph" => "graph",
        "list" => "list",
        _ => "board",
    };
    let chain = &view.world.chains.chains()[at];
    let [strong, present, weak, missing] = view.verdicts(at);
    render(&BoardPage {
        chains: tabs(&view, at, lang),
        chain_id: id,
        chain_name: chain_name(chain, lang),
        about: if lang == Lang::Zh { chain.about.clone() } else { String::new() },
        view: shown,
        residents: view.residents.len(),
        on_chain: view.on_chain(at),
        strong,
        present,
        weak,
        missing,
        rows: if shown == "board" { rows(&view, at, lang) } else { Vec::new() },
        list: if shown == "list" { list(&view, at, lang) } else { Vec::new() },
        graph: if shown == "graph" { graph::svg(&view, at, lang) } else { String::new() },
        gap_words: gap_words(&view, at, lang),
        reference: view.reference(lang),
        p: Chrome::of(&signed, Nav::Chains),
    })
}

fn tabs(view: &ZoneView, at: usize, lang: Lang) -> Vec<Tab> {
    let tab = |(i, c): (usize, &Chain)| Tab {
        id: c.id.clone(),
        name: chain_name(c, lang),
        current: i == at,
        missing: view.verdicts(i)[3],
    };
    view.world.chains.chains().iter().enumerate().map(tab).collect()
}

fn rows(view: &ZoneView, at: usize, lang: Lang) -> Vec<StageRow> {
    let chain = &view.world.chains.chains()[at];
    let companies = |s: usize| view.cells[usize::from(view.world.chains.number(at, s).0)].zone.companies;
    let mark = |s: usize| Mark(view.verdict(view.world.chains.number(at, s)));
    let children =
        |parent: usize| (0..chain.segments.len()).filter(move |&s| chain.segments[s].parent == Some(parent));
    let card = |s: usize| Card {
        id: chain.segments[s].id.clone(),
        name: segment_name(&chain.segments[s], lang),
        verdict: mark(s),
        companies: companies(s),
        chips: children(s)
            .map(|c| Chip {
                id: chain.segments[c].id.clone(),
                name: segment_name(&chain.segments[c], lang),
                verdict: mark(c),
                companies: companies(c),
            })
            .collect(),
    };
    [Position::Upstream, Position::Midstream, Position::Downstream]
        .into_iter()
        .map(|position| {
            let tops: Vec<usize> = (0..chain.segments.len())
                .filter(|&s| chain.segments[s].parent.is_none() && chain.segments[s].position == position)
                .collect();
            let mut docs: Vec<_> = tops
                .iter()
                .flat_map(|&s| &view.on_segment[usize::from(view.world.chains.number(at, s).0)])
                .collect();
            docs.sort_unstable();
            docs.dedup();
            StageRow {
                name: words::position(position, lang),
                companies: docs.len(),
                parts: tops
                    .into_iter()
                    .map(|s| PartCards {
                        name: segment_name(&chain.segments[s], lang),
                        cards: children(s).map(card).collect(),
                    })
                    .collect(),
            }
        })
        .collect()
}

fn list(view: &ZoneView, at: usize, lang: Lang) -> Vec<ListRow> {
    let chain = &view.world.chains.chains()[at];
    let mut rows: Vec<(f64, ListRow)> = Vec::new();
    for cell in view.cells.iter().filter(|c| view.world.chains.locate(c.segment).0 == at) {
        let segment = view.world.chains.get(cell.segment).1;
        let gap = view.gaps.iter().find(|g| g.segment == cell.segment).map(|g| g.score);
        let name = |i: &usize| segment_name(&chain.segments[*i], lang);
        rows.push((
            gap.unwrap_or(-1.0),
            ListRow {
                id: segment.id.clone(),
                name: segment_name(segment, lang),
                parent: segment.parent.as_ref().map(name).unwrap_or_default(),
                verdict: Mark(cell.verdict),
                companies: cell.zone.companies,
                makers: cell.zone.makers,
                reference: cell.reference.companies,
                lq: cell.plain_quotient.map_or("—".into(), |q| format!("{q:.2}")),
                gap: gap.map_or("—".into(), |g| format!("{g:.3}")),
                supplies: segment.supplies.iter().map(name).collect::<Vec<_>>().join(lang.t("、", ", ")),
            },
        ));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows.into_iter().map(|(_, r)| r).collect()
}

fn gap_words(view: &ZoneView, at: usize, lang: Lang) -> Vec<GapWords> {
    view.gaps
        .iter()
        .filter(|g| view.world.chains.locate(g.segment).0 == at)
        .map(|g| {
            let segment = view.world.chains.get(g.segment).1;
            let reason = words::why(&view.cells[usize::from(g.segment.0)], lang);
            GapWords { id: segment.id.clone(), name: segment_name(segment, lang), reason }
        })
        .collect()
}
