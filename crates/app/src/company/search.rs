//! `GET /companies`: find a company while typing; ambiguity is shown, never settled.

use crate::app::App;
use crate::target::rows::encoded_key;
use crate::text::Lang;
use crate::view::region_name;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use crate::world::{World, typed_code};
use askama::Template;
use axum::extract::{Query, State};
use domain::limits;
use engine::names::{AliasKind, Candidate, Reason, Tier};
use engine::snapshot::Doc;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "company/search.html")]
struct SearchPage {
    p: Chrome,
    q: String,
    hits: Vec<Hit>,
    ambiguous: bool,
}

struct Hit {
    key: String,
    name: String,
    region: String,
    uscc: String,
    matched: String,
    score: String,
}

/// What was typed.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    q: String,
}

/// `GET /companies`
pub async fn get(State(app): State<App>, signed: Signed, Query(typed): Query<Typed>) -> Page {
    let (q, lang) =
        (typed.q.trim().chars().take(limits::COMPANY_NAME_CHARS).collect::<String>(), signed.prefs.lang);
    let (hits, ambiguous) = match app.engine.world() {
        Some(world) if !q.is_empty() => {
            let q = q.clone();
            app.compute(move || search(&world, &q, lang)).await??
        }
        _ => (Vec::new(), false),
    };
    render(&SearchPage { p: Chrome::of(&signed, Nav::Companies), q, hits, ambiguous })
}

/// Least likeness of a candidate that is listed.
const LIKE: f32 = 0.01;
/// Candidates listed all the same.
const FEW: usize = 3;

fn search(world: &World, q: &str, lang: Lang) -> anyhow::Result<(Vec<Hit>, bool)> {
    if let Some(code) = typed_code(q) {
        let doc = world.universe.find_uscc(code.as_str())?;
        let matched = lang.t("信用代码", "credit code").to_string();
        let hits = doc.map(|d| hit(world, d, matched, 1.0)).transpose()?;
        return Ok((hits.into_iter().collect(), false));
    }
    let resolved = world.names.resolve(q, None, limits::SEARCH_HITS);
    let ambiguous = resolved.tier == Tier::Suggest && resolved.candidates.len() > 1;
    let mut list = resolved.candidates;
    if resolved.tier < Tier::Confident {
        for candidate in world.names.suggest(q, limits::SEARCH_HITS) {
            if list.len() < limits::SEARCH_HITS && !list.iter().any(|c| c.company == candidate.company) {
                list.push(candidate);
            }
        }
    }
    // What hardly resembles the query is left out, but for a few when there is nothing better.
    let kept = list.iter().filter(|c| c.score >= LIKE).count().max(FEW);
    let hits = list
        .iter()
        .take(kept)
        .map(|c| hit(world, Doc(c.company), matched(c, lang), c.score))
        .collect::<anyhow::Result<_>>()?;
    Ok((hits, ambiguous))
}

fn hit(world: &World, doc: Doc, matched: String, score: f32) -> anyhow::Result<Hit> {
    let company = world.universe.company(doc)?;
    Ok(Hit {
        key: encoded_key(&company),
        region: region_name(company.region),
        uscc: company.uscc.as_ref().map_or("—".into(), |u| u.as_str().into()),
        name: company.name,
        matched,
        score: format!("{score:.2}"),
    })
}

fn matched(c: &Candidate, lang: Lang) -> String {
    let kind = match c.matched {
        AliasKind::Legal => lang.t("登记名称", "registered name"),
        AliasKind::Former => lang.t("曾用名", "former name"),
        AliasKind::Short => lang.t("简称", "short name"),
    };
    let why = match c.reason {
        Reason::SameName => lang.t("相同", "the same"),
        Reason::SameCore => lang.t("字号和行业相同", "same brand and trade"),
        Reason::SameBrand => lang.t("字号相同", "same brand"),
        Reason::Contains => lang.t("含所输入的字", "holds what was typed"),
        Reason::Similar => lang.t("相近", "similar"),
    };
    format!("{kind}{}{why}（{}）", lang.t("，", ", "), c.name)
}
