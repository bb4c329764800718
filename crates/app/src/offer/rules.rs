//! `/offers/rules`: the fair-competition rules as they stand, each with its article, its days and its examples.

use crate::app::App;
use crate::offer::{Look, look};
use crate::rules::Rules;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

#[derive(Template)]
#[template(path = "offer/rules.html")]
struct RulesPage {
    p: Chrome,
    set: String,
    source: String,
    rows: Vec<Row>,
    examples: Vec<Example>,
}

struct Row {
    id: String,
    look: Look,
    hold: bool,
    exception: bool,
    why: String,
    article: String,
    confirm: bool,
    cure: String,
    from: String,
    to: String,
    in_force: bool,
}

struct Example {
    of: String,
    day: String,
    kind: &'static str,
    conditions: Vec<&'static str>,
    grounds: Vec<&'static str>,
    look: Look,
    rule: String,
}

/// `GET /offers/rules`
pub async fn get(State(app): State<App>, signed: Signed) -> Result<Response> {
    let (rules, lang, today) = (Rules::read(&app.config)?, signed.prefs.lang, app.clock.today());
    let set = rules.offers.as_ref();
    let rows = set.rules.iter().map(|r| Row {
        id: r.id.clone(),
        look: look(r.verdict, lang),
        hold: r.hold,
        exception: r.exception,
        why: lang.t(&r.zh, &r.en).into(),
        article: lang.t(&r.article_zh, &r.article_en).into(),
        confirm: r.confirm,
        cure: lang.t(&r.cure_zh, &r.cure_en).into(),
        from: r.from.to_string(),
        to: r.to.map(|d| d.to_string()).unwrap_or_default(),
        in_force: r.in_force(today),
    });
    let examples = set.examples.iter().map(|e| Example {
        of: e.of.clone(),
        day: e.day.to_string(),
        kind: lang.t(e.kind.zh(), e.kind.en()),
        conditions: e.conditions.iter().map(|c| lang.t(c.zh(), c.en())).collect(),
        grounds: e.grounds.iter().map(|g| lang.t(g.zh(), g.en())).collect(),
        look: look(e.verdict, lang),
        rule: e.rule.clone().unwrap_or_default(),
    });
    Ok(render(&RulesPage {
        p: Chrome::of(&signed, Nav::Offers),
        set: set.id.clone(),
        source: set.source.clone(),
        rows: rows.collect(),
        examples: examples.collect(),
    })?
    .into_response())
}
