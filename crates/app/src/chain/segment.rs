//! `/chains/{chain}/{segment}`: one segment with its residents, its reasons and its targets.

use crate::app::App;
use crate::chain::mark::{Mark, SegmentLink};
use crate::chain::words::{self, chain_name, evidence, link, segment_name};
use crate::target::rows::{TargetRow, encoded_key, is_thin, rows};
use crate::text::{Lang, grouped, yuan};
use crate::view::{ZoneView, view};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use domain::chain::SegmentNo;
use engine::targets::Filter;

#[derive(Template)]
#[template(path = "chain/segment.html")]
struct SegmentPage {
    p: Chrome,
    chain_id: String,
    chain_name: String,
    id: String,
    name: String,
    ancestors: Vec<SegmentLink>,
    verdict: Mark,
    reason: String,
    companies: u32,
    makers: u32,
    capital: String,
    insured: String,
    reference_label: String,
    reference: u32,
    lq: String,
    gap_score: String,
    parts: Vec<words::PartRow>,
    targets: Vec<TargetRow>,
    thin: bool,
    suppliers: Vec<SegmentLink>,
    buyers: Vec<SegmentLink>,
    children: Vec<SegmentLink>,
    residents: Vec<ResidentRow>,
    residents_total: usize,
    words: String,
    exclude: String,
    industry: String,
}

struct ResidentRow {
    key: String,
    name: String,
    role: &'static str,
    words: String,
}

const TARGETS: usize = 20;
const RESIDENTS: usize = 30;

/// `GET /chains/{chain}/{segment}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path((chain, segment)): Path<(String, String)>,
) -> Page {
    let view = view(&app).await?;
    let Some(no) = view.world.chains.find(&format!("{chain}/{segment}")) else {
        return Err(WebError::not_found("没有这个环节。", "There is no such segment.").next(
            "/chains",
            "产业链",
            "Chains",
        ));
    };
    let lang = signed.prefs.lang;
    let p = Chrome::of(&signed, Nav::Chains);
    let page = app.compute(move || build(&view, no, p, lang)).await??;
    render(&page)
}

fn build(view: &ZoneView, no: SegmentNo, p: Chrome, lang: Lang) -> anyhow::Result<SegmentPage> {
    let (at, s) = view.world.chains.locate(no);
    let (chain, segment) = view.world.chains.get(no);
    let cell = &view.cells[usize::from(no.0)];
    let gap = view.gaps.iter().find(|g| g.segment == no);
    let to = |i: usize| link(view, view.world.chains.number(at, i), lang);
    let all = || 0..chain.segments.len();
    let (targets, thin) = targets(view, no, lang)?;
    let docs = &view.on_segment[usize::from(no.0)];
    Ok(SegmentPage {
        chain_id: chain.id.clone(),
        chain_name: chain_name(chain, lang),
        id: segment.id.clone(),
        name: segment_name(segment, lang),
        ancestors: ancestors(chain, s).into_iter().map(to).collect(),
        verdict: Mark(cell.verdict),
        reason: words::why(cell, lang),
        companies: cell.zone.companies,
        makers: cell.zone.makers,
        capital: yuan(cell.zone.capital_yuan, lang),
        insured: grouped(i64::try_from(cell.zone.insured).unwrap_or(i64::MAX)),
        reference_label: view.reference(lang),
        reference: cell.reference.companies,
        lq: cell.plain_quotient.map_or("—".into(), |q| format!("{q:.2}")),
        gap_score: gap.map_or(String::new(), |g| format!("{:.3}", g.score)),
        parts: gap.map_or(Vec::new(), |g| {
            g.parts.iter().map(|c| words::part(c, cell, segment, view, lang)).collect()
        }),
        targets,
        thin,
        suppliers: all().filter(|&i| chain.segments[i].supplies.contains(&s)).map(to).collect(),
        buyers: segment.supplies.iter().copied().map(to).collect(),
        children: all().filter(|&i| chain.segments[i].parent == Some(s)).map(to).collect(),
        residents: docs
            .iter()
            .take(RESIDENTS)
            .map(|&doc| resident(view, doc, no, lang))
            .collect::<anyhow::Result<_>>()?,
        residents_total: docs.len(),
        words: segment.words.join("、"),
        exclude: segment.exclude.join("、"),
        industry: segment
            .industry
            .iter()
            .map(|c| format!("{} {}", c.0, domain::industry::title(c).unwrap_or_default()))
            .collect::<Vec<_>>()
            .join("；"),
        p,
    })
}

fn ancestors(chain: &domain::chain::Chain, mut s: usize) -> Vec<usize> {
    let mut out = Vec::new();
    while let Some(parent) = chain.segments[s].parent {
        out.insert(0, parent);
        s = parent;
    }
    out
}

/// Companies elsewhere that stand on the segment, also when it is no gap: whom to invite to make it stronger.
fn targets(view: &ZoneView, no: SegmentNo, lang: Lang) -> anyhow::Result<(Vec<TargetRow>, bool)> {
    let question = view.question(Some(&[no]), Filter::default());
    if question.gaps.is_empty() {
        return Ok((Vec::new(), false));
    }
    let answer = view.targets(&question)?;
    let rows = rows(view, &question, &answer, 0..TARGETS, lang)?;
    Ok((rows, is_thin(&answer, &answer.overall)))
}

fn resident(
    view: &ZoneView,
    doc: engine::snapshot::Doc,
    no: SegmentNo,
    lang: Lang,
) -> anyhow::Result<ResidentRow> {
    let company = view.world.universe.company(doc)?;
    let placed = view.world.universe.placed(doc)?;
    let here = placed.placements.iter().find(|p| p.segment == no).or(placed.placements.first());
    Ok(ResidentRow {
        key: encoded_key(&company),
        name: company.name,
        role: words::role(here.map_or(placed.role, |p| p.role), lang),
        words: here.map_or(String::new(), |p| evidence(&p.evidence, lang)),
    })
}
