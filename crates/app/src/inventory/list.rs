//! `GET /inventory/{kind}`: every record of a kind as it stands on a day.

use super::{Standing, area, cell, group, guard, kind_of, standing, taken};
use crate::app::App;
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::inventory::fold::title;
use domain::inventory::{Form, Kind, Value};
use domain::limits;
use domain::role::Action;
use domain::user::UnitId;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "inventory/list.html")]
struct ListPage {
    p: Chrome,
    tabs: Vec<Tab>,
    kind: &'static str,
    name: &'static str,
    day: String,
    q: String,
    free: bool,
    holdable: bool,
    filtered: bool,
    may_edit: bool,
    may_export: bool,
    heads: Vec<Head>,
    rows: Vec<Row>,
    total: usize,
    sums: Vec<(String, String)>,
    prev: Option<String>,
    next: Option<String>,
    page: usize,
    pages: usize,
}

/// A tab of the inventories.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Address.
    pub href: String,
    /// Name.
    pub name: &'static str,
    /// Whether it is the current one.
    pub here: bool,
}

struct Head {
    name: &'static str,
    number: bool,
}

struct Row {
    id: i64,
    code: String,
    title: String,
    cells: Vec<(String, bool)>,
    mark: Option<(&'static str, &'static str, String)>,
    project: Option<i64>,
    later: bool,
}

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    q: String,
    free: String,
    page: String,
}

impl Asked {
    /// The day as typed.
    #[must_use]
    pub fn day(&self) -> &str {
        &self.day
    }
}

/// The tabs of the kinds that belong to `now`'s group, on the page of that kind.
#[must_use]
pub fn tabs(now: Kind, lang: Lang) -> Vec<Tab> {
    tabs_at(now, &format!("/inventory/{now}"), lang)
}

/// The same on another page of the group: the tab of its address is the current one.
#[must_use]
pub fn tabs_at(now: Kind, path: &str, lang: Lang) -> Vec<Tab> {
    let tab = |k: &Kind| {
        let href = format!("/inventory/{k}");
        Tab { here: href == path, href, name: k.label(lang) }
    };
    let more: &[(&str, &str, &str)] = match group(now).action {
        Action::EditLand => &[
            ("/land/map", "载体地图", "Map"),
            ("/land/allocation", "配地", "Allocation"),
            ("/land/programme", "整理与债券进度", "Progress"),
            ("/land/evaluation", "亩均评价", "By land"),
        ],
        Action::EditCapital => &[("/capital", "基金与认股权", "Capital")],
        Action::EditPolicies => &[("/policies", "政策库", "Policies")],
        Action::EditScenarios => &[("/scenarios", "场景成效", "What came of it")],
        Action::ShareData => {
            &[("/cooperation", "园区协作", "Cooperation"), ("/cooperation/trust", "信任名单", "Trust lists")]
        }
        Action::EditOffer => {
            &[("/offers/check", "条款审查", "Check a line"), ("/offers/sweep", "合同清理", "Sweep")]
        }
        _ => &[],
    };
    let extra = more.iter().map(|m| Tab { href: m.0.to_string(), name: lang.t(m.1, m.2), here: m.0 == path });
    extra.chain(group(now).kinds.iter().map(tab)).collect()
}

/// The day of a query, or today.
///
/// # Errors
/// 400 for a text that is no day.
pub fn day_of(text: &str, today: Date) -> Result<Date> {
    if text.trim().is_empty() {
        return Ok(today);
    }
    let wrong = || WebError::bad_request("日期：写成 2027-03-01 这样。", "day: write it as 2027-03-01.");
    text.trim().parse().map_err(|_| wrong())
}

/// `GET /inventory/{kind}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(word): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    let (kind, lang, today) = (kind_of(&word)?, signed.prefs.lang, app.clock.today());
    let day = day_of(&asked.day, today)?;
    let (q, free) = (asked.q.trim().to_lowercase(), asked.free == "yes");
    let mut all = standing(&app, kind, day).await?;
    if kind.of_project().is_some() && !signed.sees_all() {
        let board = app.ledger.board(&app.store).await?;
        let sees = |s: &Standing| {
            s.item.project.and_then(|p| board.line(p)).is_none_or(|l| signed.sees_unit(l.unit.map(UnitId)))
        };
        all.retain(sees);
    }
    let total = all.len();
    all.retain(|s| (q.is_empty() || matches(s, kind, &q, lang)) && (!free || is_free(s, kind, day, lang)));
    let pages = all.len().div_ceil(limits::INVENTORY_PAGE).max(1);
    let page = asked.page.parse().unwrap_or(1).clamp(1, pages);
    let sums = sums(kind, &all, lang);
    let shown = all.iter().skip((page - 1) * limits::INVENTORY_PAGE).take(limits::INVENTORY_PAGE);
    let rows = shown.map(|s| row(s, kind, day, lang)).collect();
    let heads = kind.listed().iter().filter_map(|w| kind.field(w));
    let link = |n: usize| {
        let (day, q, free) = (encode(&asked.day), encode(&asked.q), encode(&asked.free));
        format!("/inventory/{kind}?day={day}&q={q}&free={free}&page={n}")
    };
    render(&ListPage {
        p: Chrome::of(&signed, group(kind).nav),
        tabs: tabs(kind, lang),
        kind: kind.as_str(),
        name: kind.label(lang),
        day: day.to_string(),
        q: asked.q.trim().to_string(),
        free,
        holdable: kind.can_be_held(),
        filtered: !q.is_empty() || free || day != today,
        may_edit: guard(&signed, kind).is_ok(),
        may_export: signed.may(Action::Export),
        heads: heads.map(|f| Head { name: f.label(lang), number: is_number(f.form) }).collect(),
        rows,
        total,
        sums,
        prev: (page > 1).then(|| link(page - 1)),
        next: (page < pages).then(|| link(page + 1)),
        page,
        pages,
    })
}

fn is_number(form: Form) -> bool {
    matches!(form, Form::Area | Form::Yuan | Form::Count(..) | Form::Hundredths(..))
}

fn matches(s: &Standing, kind: Kind, q: &str, lang: Lang) -> bool {
    s.item.code.to_lowercase().contains(q)
        || s.values.keys().any(|w| cell(kind, w, &s.values, lang).to_lowercase().contains(q))
}

fn is_free(s: &Standing, kind: Kind, day: Date, lang: Lang) -> bool {
    !s.later && taken(kind, &s.values, s.held.as_ref(), day, lang).0 == "done"
}

fn row(s: &Standing, kind: Kind, day: Date, lang: Lang) -> Row {
    let listed = kind.listed().iter().filter_map(|w| kind.field(w));
    Row {
        id: s.item.id.0,
        code: s.item.code.clone(),
        title: title(kind, &s.values, &s.item.code).to_string(),
        cells: listed.map(|f| (cell(kind, f.word, &s.values, lang), is_number(f.form))).collect(),
        mark: kind.can_be_held().then(|| taken(kind, &s.values, s.held.as_ref(), day, lang)),
        project: s.held.as_ref().map(|h| h.hold.project.0),
        later: s.later,
    }
}

/// Sums of what is listed: every area and every amount of money, each named.
fn sums(kind: Kind, all: &[Standing], lang: Lang) -> Vec<(String, String)> {
    let fields = kind.listed().iter().filter_map(|w| kind.field(w));
    let sum = |word: &str| -> i64 {
        let of = |s: &Standing| s.values.get(word).and_then(Value::int).unwrap_or(0);
        all.iter().map(of).fold(0, i64::saturating_add)
    };
    fields
        .filter_map(|f| match f.form {
            Form::Area => Some((f.label(lang).to_string(), area(sum(f.word), lang))),
            Form::Yuan => Some((f.label(lang).to_string(), yuan(sum(f.word), lang))),
            _ => None,
        })
        .collect()
}
