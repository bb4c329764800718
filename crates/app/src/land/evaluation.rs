//! `GET /land/evaluation`: the evaluation of companies by their land (亩均论英雄) under a scheme: points, rank and class, each with its reasons.

use crate::app::App;
use crate::inventory::list::{Tab, tabs_at};
use crate::inventory::standing;
use crate::rules::LandRules;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::inventory::Kind;
use domain::land::evaluate::scheme::{Class, Scheme, Term};
use domain::land::evaluate::{Firm, Graded, evaluate};
use domain::land::fixed::Fixed;
use domain::land::records;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "land/evaluation.html")]
struct EvaluationPage {
    p: Chrome,
    tabs: Vec<Tab>,
    schemes: Vec<(String, String, bool)>,
    source: String,
    formula: Vec<String>,
    rows: Vec<Row>,
    without: usize,
}

struct Row {
    id: i64,
    name: String,
    rank: String,
    score: String,
    class: Option<(&'static str, &'static str)>,
    terms: Vec<(String, String, String)>,
    reasons: Vec<String>,
}

/// Which scheme.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    scheme: String,
}

/// `GET /land/evaluation`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let rules = LandRules::read(&app.config)?.evaluation;
    let scheme = match asked.scheme.as_str() {
        "" => rules.schemes.iter().find(|s| s.from <= today && s.to.is_none_or(|to| today <= to)),
        id => rules.get(id),
    };
    let Some(scheme) = scheme else {
        return Err(WebError::not_found("没有这个评价办法。", "There is no such scheme."));
    };
    let profiles = standing(&app, Kind::Profile, today).await?;
    let firms: Vec<(i64, Firm)> =
        profiles.iter().filter_map(|s| Some((s.item.id.0, records::firm(&s.values)?))).collect();
    let ids: BTreeMap<&str, i64> = firms.iter().map(|(id, f)| (f.id.as_str(), *id)).collect();
    let all: Vec<Firm> = firms.iter().map(|(_, f)| f.clone()).collect();
    let graded = evaluate(scheme, &all);
    let confirm = if scheme.confirm { lang.t("（待核）", " (to be confirmed)") } else { "" };
    render(&EvaluationPage {
        p: Chrome::of(&signed, Nav::Land),
        tabs: tabs_at(Kind::Parcel, "/land/evaluation", lang),
        schemes: rules
            .schemes
            .iter()
            .map(|s| (s.id.clone(), lang.t(&s.zh, &s.en).to_string(), s.id == scheme.id))
            .collect(),
        source: format!("{}{confirm}", scheme.source),
        formula: formula(scheme, lang),
        without: graded.iter().filter(|g| g.score.is_none()).count(),
        rows: graded.iter().map(|g| row(g, &ids, lang)).collect(),
    })
}

/// The terms of a scheme in words: indicator ÷ base × weight, and its cap.
fn formula(scheme: &Scheme, lang: Lang) -> Vec<String> {
    let one = |t: &domain::land::evaluate::scheme::TermRule| {
        let base = t.base.map_or(lang.t("参评企业平均", "the average").to_string(), |b| b.text(2));
        let cap = t.cap.map_or(String::new(), |c| format!("，{} {}", lang.t("至多", "at most"), c.text(2)));
        format!("{} ÷ {base} × {}{cap}", t.indicator.label(lang), t.weight.text(2))
    };
    scheme.terms.iter().map(one).collect()
}

fn row(g: &Graded<'_>, ids: &BTreeMap<&str, i64>, lang: Lang) -> Row {
    let plain = |f: Option<Fixed>| f.map_or("—".to_string(), |f| f.text(2));
    let term = |t: &Term| (t.indicator.label(lang).to_string(), plain(t.figure), t.points.text(2));
    let class = g.class.map(|class| match class {
        Class::A => ("done", "● A"),
        Class::B => ("plain", "○ B"),
        Class::C => ("open", "▲ C"),
        Class::D => ("out", "◆ D"),
    });
    Row {
        id: ids.get(g.firm.id.as_str()).copied().unwrap_or(0),
        name: g.firm.id.clone(),
        rank: g.rank.map_or("—".to_string(), |n| n.to_string()),
        score: plain(g.score),
        class,
        terms: g.terms.iter().map(term).collect(),
        reasons: g.reasons.iter().map(|(zh, en)| lang.t(zh, en).to_string()).collect(),
    }
}
