//! `GET /scenarios`: how many opportunities of a year found a use, step by step, what grew of it, and each with what may be done next.

use super::{opportunity, tender};
use crate::app::App;
use crate::inventory::list::{Tab, tabs_at};
use crate::inventory::{cell, standing};
use crate::text::yuan;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::inventory::fold::counting;
use domain::inventory::{Kind, Value};
use domain::scenario::course::{Stage, Step};
use domain::scenario::figures::{History, figures};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::inventory::Item;

#[derive(Template)]
#[template(path = "scenario/list.html")]
struct ListPage {
    p: Chrome,
    tabs: Vec<Tab>,
    year: i16,
    published: usize,
    found: usize,
    companies: usize,
    orders: String,
    steps: Vec<(&'static str, usize, String, usize)>,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    code: String,
    name: String,
    owner: String,
    budget: String,
    open: bool,
    tender: &'static str,
    stage: String,
}

/// Which year.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    year: String,
}

/// `GET /scenarios`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let year = asked.year.trim().parse().ok().filter(|y| (1978..=2100).contains(y)).unwrap_or(today.year());
    let all = standing(&app, Kind::Opportunity, today).await?;
    let histories = histories(&app).await?;
    let (from, until) = (Date::new(year, 1, 1).unwrap_or(today), Date::new(year, 12, 31).unwrap_or(today));
    let found = figures(&histories, from, until, today);
    let share = |n: Option<usize>| n.map_or("—".to_string(), |n| format!("{}.{}%", n / 10, n % 10));
    let furthest = |code: &str| -> String {
        let steps = histories.iter().filter(|h| h.code == code).flat_map(|h| h.companies.values().flatten());
        let stage = steps.filter(|s| s.on <= today && s.stage != Stage::Dropped).map(|s| s.stage).max();
        stage.map_or("—".to_string(), |s| s.label(lang).to_string())
    };
    render(&ListPage {
        p: Chrome::of(&signed, Nav::Scenarios),
        tabs: tabs_at(Kind::Opportunity, "/scenarios", lang),
        year,
        published: found.published,
        found: found.found_a_use,
        companies: found.companies,
        orders: yuan(found.orders, lang),
        steps: found
            .rows
            .iter()
            .map(|r| (r.stage.label(lang), r.cohort, share(r.step_rate), r.period))
            .collect(),
        rows: all
            .iter()
            .map(|s| Row {
                id: s.item.id.0,
                code: s.item.code.clone(),
                name: cell(Kind::Opportunity, "name", &s.values, lang),
                owner: cell(Kind::Opportunity, "owner", &s.values, lang),
                budget: cell(Kind::Opportunity, "budget", &s.values, lang),
                open: opportunity(&s.item.code, &s.values).open(today),
                tender: tender(&s.values, today).label(lang),
                stage: furthest(&s.item.code),
            })
            .collect(),
    })
}

/// What happened with every opportunity: published when its record begins (or from the day it says), and the steps of its matches.
async fn histories(app: &App) -> Result<Vec<History>> {
    let now = app.clock.now();
    let mut by: BTreeMap<String, BTreeMap<String, Vec<Step>>> = BTreeMap::new();
    for item in app.store.items(Kind::Matched).await? {
        let steps = steps(&item, now);
        let whole = domain::inventory::fold::fold(&item.changes, Date::MAX, now).values;
        let text = |word: &str| whole.get(word).and_then(Value::text).unwrap_or_default().to_string();
        by.entry(text("opportunity")).or_default().entry(text("company")).or_default().extend(steps);
    }
    let opportunities = app.store.items(Kind::Opportunity).await?;
    Ok(opportunities
        .into_iter()
        .map(|o| {
            let values = domain::inventory::fold::fold(&o.changes, Date::MAX, now).values;
            let published = values.get("from").and_then(Value::day);
            let published = published.or(o.changes.iter().map(|c| c.said.effective).min());
            let mut companies = by.remove(&o.code).unwrap_or_default();
            for steps in companies.values_mut() {
                steps.extend(published.map(|on| Step::on(Stage::Published, on)));
            }
            History { published, companies, code: o.code }
        })
        .collect())
}

/// The steps of a match: one for every change of its stage. A record that begins further on passed the stages before it on that day.
fn steps(item: &Item, now: jiff::Timestamp) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for change in counting(&item.changes, now) {
        let set = |word: &str| change.said.set.get(word).and_then(Option::as_ref);
        let Some(stage) = set("stage").and_then(Value::text).and_then(|w| w.parse::<Stage>().ok()) else {
            continue;
        };
        let on = set("since").and_then(Value::day).unwrap_or(change.said.effective);
        if steps.is_empty() {
            let before = [Stage::Matched, Stage::Trial, Stage::Accepted];
            let passed = before.into_iter().filter(|s| *s < stage && stage != Stage::Dropped);
            steps.extend(passed.map(|s| Step::on(s, on)));
        }
        let orders = set("orders").and_then(Value::int).unwrap_or(0);
        steps.push(Step { yuan: if stage == Stage::Ordered { orders } else { 0 }, ..Step::on(stage, on) });
    }
    steps
}
