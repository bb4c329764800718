//! `GET /land/programme`: preparing ground, works and what waits for them, special bonds with their balance, supplied land with its clock, and
//! idle assets put to use: plan, actual and delay as of a day.

use super::bonds::{self, BondRow};
use super::clocks::{self, ClockRow};
use crate::app::App;
use crate::inventory::list::{Tab, day_of, tabs_at};
use crate::inventory::{Standing, area, cell, standing};
use crate::rules::LandRules;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::inventory::{Kind, Value, Values};
use domain::land::programme::delay;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "land/programme.html")]
struct ProgrammePage {
    p: Chrome,
    tabs: Vec<Tab>,
    day: String,
    years: Vec<(i16, String, String)>,
    planned: String,
    actual: String,
    late: String,
    lines: Vec<LineRow>,
    works: Vec<WorkRow>,
    bonds: Vec<BondRow>,
    clocks: Vec<ClockRow>,
    assets: Vec<AssetRow>,
    asset_value: String,
    asset_used: String,
}

struct LineRow {
    id: i64,
    name: String,
    parcel: String,
    plan: String,
    due: String,
    done: String,
    late: i64,
}

struct WorkRow {
    id: i64,
    name: String,
    milestone: String,
    due: String,
    done: String,
    late: i64,
    waits: Vec<(i64, String)>,
    unknown: Vec<String>,
}

struct AssetRow {
    id: i64,
    name: String,
    value: String,
    operator: String,
    due: String,
    used: String,
    late: i64,
    income_plan: String,
    income: String,
    no_contract: bool,
}

/// As of when.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
}

/// `GET /land/programme`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let day = day_of(&asked.day, today)?;
    let rules = LandRules::read(&app.config)?;
    let lines = standing(&app, Kind::Consolidation, day).await?;
    let parcels = standing(&app, Kind::Parcel, day).await?;
    let by_code: BTreeMap<&str, i64> = parcels.iter().map(|s| (s.item.code.as_str(), s.item.id.0)).collect();
    let (years, planned, actual, late) = sums(&lines, day);
    let assets = standing(&app, Kind::IdleAsset, day).await?;
    let used = |s: &&Standing| on(&s.values, "used_on").is_some_and(|d| d <= day);
    let value = |all: &mut dyn Iterator<Item = &Standing>| {
        all.map(|s| int(&s.values, "value")).fold(0, i64::saturating_add)
    };
    render(&ProgrammePage {
        p: Chrome::of(&signed, Nav::Land),
        tabs: tabs_at(Kind::Consolidation, "/land/programme", lang),
        day: day.to_string(),
        years: years.into_iter().map(|(y, (plan, done))| (y, area(plan, lang), area(done, lang))).collect(),
        planned: mu(planned),
        actual: mu(actual),
        late: mu(late),
        lines: lines.iter().map(|s| line(s, day, lang)).collect(),
        works: works(&app, day, &by_code, lang).await?,
        bonds: bonds::rows(&app, &rules, &parcels, day, lang).await?,
        clocks: clocks::rows(&parcels, &rules, day, lang),
        asset_value: yuan(value(&mut assets.iter()), lang),
        asset_used: yuan(value(&mut assets.iter().filter(used)), lang),
        assets: assets.iter().map(|s| asset(s, day, lang)).collect(),
    })
}

/// Hundredths of a square metre in 亩, with one decimal.
fn mu(hundredths: i64) -> String {
    let tenths = domain::access::tenths_of_mu(hundredths / 100);
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

fn int(values: &Values, word: &str) -> i64 {
    values.get(word).and_then(Value::int).unwrap_or(0)
}

fn on(values: &Values, word: &str) -> Option<Date> {
    values.get(word).and_then(Value::day)
}

type Sums = (BTreeMap<i16, (i64, i64)>, i64, i64, i64);

/// By year what was planned and what was done; in all; and what was due by the day and is not done.
fn sums(lines: &[Standing], day: Date) -> Sums {
    let mut years: BTreeMap<i16, (i64, i64)> = BTreeMap::new();
    let (mut planned, mut actual, mut late) = (0i64, 0i64, 0i64);
    for s in lines {
        let (plan, done) = (int(&s.values, "plan_area"), int(&s.values, "area"));
        let finished = on(&s.values, "done_on").filter(|d| *d <= day);
        planned = planned.saturating_add(plan);
        actual = actual.saturating_add(done);
        if let Some(due) = on(&s.values, "plan_done") {
            years.entry(due.year()).or_default().0 += plan;
            if due <= day && finished.is_none() {
                late = late.saturating_add(plan.saturating_sub(done).max(0));
            }
        }
        if done > 0 {
            years.entry(finished.map_or(day.year(), Date::year)).or_default().1 += done;
        }
    }
    (years, planned, actual, late)
}

fn late(values: &Values, due: &str, done: &str, day: Date) -> i64 {
    on(values, due).map_or(0, |due| delay(due, on(values, done), day))
}

fn line(s: &Standing, day: Date, lang: Lang) -> LineRow {
    let show = |word: &str| cell(Kind::Consolidation, word, &s.values, lang);
    LineRow {
        id: s.item.id.0,
        name: show("name"),
        parcel: show("parcel"),
        plan: show("plan_area"),
        due: show("plan_done"),
        done: match on(&s.values, "done_on") {
            Some(day) => format!("{} {day}", show("area")),
            None => show("area"),
        },
        late: late(&s.values, "plan_done", "done_on", day),
    }
}

/// Codes of a list that people write with 、 between them: those that are known, and those that are not.
pub(super) fn codes(
    values: &Values,
    word: &str,
    known: &BTreeMap<&str, i64>,
) -> (Vec<(i64, String)>, Vec<String>) {
    let text = values.get(word).and_then(Value::text).unwrap_or_default();
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for code in text.split(['、', ',', '，', ' ']).map(str::trim).filter(|c| !c.is_empty()) {
        match known.get(code) {
            Some(id) => found.push((*id, code.to_string())),
            None => unknown.push(code.to_string()),
        }
    }
    (found, unknown)
}

async fn works(app: &App, day: Date, known: &BTreeMap<&str, i64>, lang: Lang) -> Result<Vec<WorkRow>> {
    let all = standing(app, Kind::Works, day).await?;
    Ok(all
        .iter()
        .map(|s| {
            let show = |word: &str| cell(Kind::Works, word, &s.values, lang);
            let (waits, unknown) = codes(&s.values, "serves", known);
            WorkRow {
                id: s.item.id.0,
                name: show("name"),
                milestone: show("milestone"),
                due: show("plan_done"),
                done: show("done_on"),
                late: late(&s.values, "plan_done", "done_on", day),
                waits,
                unknown,
            }
        })
        .collect())
}

fn asset(s: &Standing, day: Date, lang: Lang) -> AssetRow {
    let show = |word: &str| cell(Kind::IdleAsset, word, &s.values, lang);
    let used = on(&s.values, "used_on").is_some_and(|d| d <= day);
    let covered = on(&s.values, "contract_from").is_some_and(|d| d <= day)
        && on(&s.values, "contract_until").is_none_or(|d| d >= day);
    AssetRow {
        id: s.item.id.0,
        name: show("name"),
        value: show("value"),
        operator: show("operator"),
        due: show("plan_used"),
        used: show("used_on"),
        late: late(&s.values, "plan_used", "used_on", day),
        income_plan: show("income_plan"),
        income: show("income"),
        no_contract: used && !covered,
    }
}
