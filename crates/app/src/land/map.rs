//! `GET /land/map`: parcels and buildings drawn from the zone's own boundaries, coloured and patterned by how they stand on a day. No tiles, no script.

use crate::app::App;
use crate::inventory::list::{Tab, day_of, tabs_at};
use crate::inventory::{Standing, area, cell, standing, taken};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::geo::{Polygon, View, overlapping};
use domain::inventory::field::Choice;
use domain::inventory::schema::land::USES;
use domain::inventory::{Kind, Value};
use domain::limits;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "land/map.html")]
struct MapPage {
    p: Chrome,
    tabs: Vec<Tab>,
    day: String,
    uses: Vec<(&'static str, &'static str, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    filtered: bool,
    drawing: Option<Drawing>,
    totals: Vec<Total>,
    all: Total,
    undrawn: usize,
    overlaps: Vec<String>,
    rows: Vec<Row>,
    more: usize,
    any: bool,
}

struct Drawing {
    height: i64,
    parcels: Vec<Shape>,
    buildings: Vec<Shape>,
    bar: (i64, i64),
}

struct Shape {
    id: i64,
    path: String,
    class: &'static str,
    title: String,
    label: Option<(i64, i64, String)>,
}

#[derive(Clone, Debug)]
struct Total {
    class: &'static str,
    mark: &'static str,
    name: String,
    count: usize,
    hundredths: i64,
    area: String,
}

struct Row {
    id: i64,
    code: String,
    class: &'static str,
    mark: &'static str,
    state: String,
    area: String,
    usage: String,
    drawn: bool,
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    usage: String,
    state: String,
}

/// Units across a drawing.
const WIDTH: i64 = 1_000;
/// Ways in which a parcel stands: class, mark, Chinese, English.
const STATES: [(&str, &str, &str, &str); 4] = [
    ("done", "●", "可用", "Free"),
    ("open", "▲", "预留", "Reserved"),
    ("out", "■", "已用", "In use"),
    ("weak", "◇", "整理中", "In preparation"),
];

/// `GET /land/map`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let day = day_of(&asked.day, today)?;
    let mut parcels = standing(&app, Kind::Parcel, day).await?;
    let any = !parcels.is_empty();
    parcels.retain(|s| !s.later && shows(s, &asked, day, lang));
    let buildings = standing(&app, Kind::Building, day).await?;
    let drawn: Vec<(i64, Polygon)> = parcels.iter().filter_map(|s| Some((s.item.id.0, shape(s)?))).collect();
    let outlines: Vec<(i64, &Polygon)> = drawn.iter().map(|(id, p)| (*id, p)).collect();
    let codes: BTreeMap<i64, &str> = parcels.iter().map(|s| (s.item.id.0, s.item.code.as_str())).collect();
    let code = |id: i64| codes.get(&id).copied().unwrap_or_default();
    let overlaps =
        overlapping(&outlines).into_iter().map(|(a, b)| format!("{} / {}", code(a), code(b))).collect();
    let (totals, all) = totals(&parcels, day, lang);
    let mut rows: Vec<Row> = parcels.iter().map(|s| row(s, day, lang)).collect();
    let undrawn = rows.iter().filter(|r| !r.drawn).count();
    let more = rows.len().saturating_sub(limits::INVENTORY_PREVIEW);
    rows.truncate(limits::INVENTORY_PREVIEW);
    let choice = |c: &Choice| (c.0, lang.t(c.1, c.2), c.0 == asked.usage);
    render(&MapPage {
        p: Chrome::of(&signed, Nav::Land),
        tabs: tabs_at(Kind::Parcel, "/land/map", lang),
        day: day.to_string(),
        uses: USES.iter().map(choice).collect(),
        states: STATES.iter().map(|s| (s.0, lang.t(s.2, s.3), s.0 == asked.state)).collect(),
        filtered: day != today || !asked.usage.is_empty() || !asked.state.is_empty(),
        drawing: draw(&parcels, &buildings, day, lang),
        totals,
        all,
        undrawn,
        overlaps,
        rows,
        more,
        any,
    })
}

fn shows(s: &Standing, asked: &Asked, day: Date, lang: Lang) -> bool {
    let usage = s.values.get("use").and_then(Value::text).unwrap_or_default();
    (asked.usage.is_empty() || asked.usage == usage)
        && (asked.state.is_empty()
            || asked.state == taken(Kind::Parcel, &s.values, s.held.as_ref(), day, lang).0)
}

fn shape(s: &Standing) -> Option<Polygon> {
    Polygon::parse(s.values.get("shape").and_then(Value::text)?).ok()
}

fn draw(parcels: &[Standing], buildings: &[Standing], day: Date, lang: Lang) -> Option<Drawing> {
    let outlines: Vec<(&Standing, Polygon)> = parcels.iter().filter_map(|s| Some((s, shape(s)?))).collect();
    let houses: Vec<(&Standing, Polygon)> = buildings.iter().filter_map(|s| Some((s, shape(s)?))).collect();
    let view = View::fit(outlines.iter().chain(&houses).map(|(_, p)| p), WIDTH)?;
    let labelled = outlines.len() <= limits::MAP_LABELS;
    let one = |s: &Standing, p: &Polygon, kind: Kind| {
        let (class, mark, word) = taken(kind, &s.values, s.held.as_ref(), day, lang);
        let size = s.values.get("area").and_then(Value::int).unwrap_or(0);
        let (x, y) = view.label(p);
        Shape {
            id: s.item.id.0,
            path: view.path(p),
            class,
            title: format!("{} · {mark} {word} · {}", s.item.code, area(size, lang)),
            label: (labelled && kind == Kind::Parcel).then(|| (x, y, format!("{mark} {}", s.item.code))),
        }
    };
    Some(Drawing {
        height: view.height,
        parcels: outlines.iter().map(|(s, p)| one(s, p, Kind::Parcel)).collect(),
        buildings: houses.iter().map(|(s, p)| one(s, p, Kind::Building)).collect(),
        bar: view.bar(),
    })
}

fn totals(parcels: &[Standing], day: Date, lang: Lang) -> (Vec<Total>, Total) {
    let blank = |class, mark, name: &str| Total {
        class,
        mark,
        name: name.to_string(),
        count: 0,
        hundredths: 0,
        area: String::new(),
    };
    let mut by: Vec<Total> = STATES.iter().map(|s| blank(s.0, s.1, lang.t(s.2, s.3))).collect();
    let mut all = blank("", "", lang.t("合计", "In all"));
    for s in parcels {
        let class = taken(Kind::Parcel, &s.values, s.held.as_ref(), day, lang).0;
        let size = s.values.get("area").and_then(Value::int).unwrap_or(0);
        for total in by.iter_mut().filter(|t| t.class == class).chain([&mut all]) {
            total.count += 1;
            total.hundredths = total.hundredths.saturating_add(size);
        }
    }
    for total in by.iter_mut().chain([&mut all]) {
        total.area = area(total.hundredths, lang);
    }
    (by, all)
}

fn row(s: &Standing, day: Date, lang: Lang) -> Row {
    let (class, mark, state) = taken(Kind::Parcel, &s.values, s.held.as_ref(), day, lang);
    Row {
        id: s.item.id.0,
        code: s.item.code.clone(),
        class,
        mark,
        state,
        area: cell(Kind::Parcel, "area", &s.values, lang),
        usage: cell(Kind::Parcel, "use", &s.values, lang),
        drawn: s.values.contains_key("shape"),
    }
}
