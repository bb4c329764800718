//! `GET /inventory/items/{id}`: one record: what stands on a day, what is ahead, its parts, who holds it, and every change of it.

use super::edit::find;
use super::list::{Asked as ListAsked, Tab, day_of, tabs};
use super::{group, guard, sees, shown, standing, taken};
use crate::app::App;
use crate::clock::shown as at;
use crate::import::list::{name_of, people};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::inventory::fold::{fold, title};
use domain::inventory::{Change, Kind};
use jiff::Timestamp;
use jiff::civil::Date;
use store::hold::Held;

#[derive(Template)]
#[template(path = "inventory/show.html")]
struct ShowPage {
    p: Chrome,
    tabs: Vec<Tab>,
    id: i64,
    name: &'static str,
    code: String,
    title: String,
    day: String,
    today: String,
    ended: bool,
    may_edit: bool,
    holdable: bool,
    mark: Option<(&'static str, &'static str, String)>,
    whole: Option<(i64, String)>,
    parts: Vec<Part>,
    values: Vec<(&'static str, String)>,
    ahead: Vec<(String, String)>,
    changes: Vec<ChangeRow>,
    holds: Vec<HoldRow>,
}

struct Part {
    id: i64,
    code: String,
    title: String,
    mark: (&'static str, &'static str, String),
}

struct ChangeRow {
    id: i64,
    effective: String,
    said: String,
    reason: String,
    at: String,
    by: String,
    corrects: Option<i64>,
    corrected: bool,
}

struct HoldRow {
    id: i64,
    project: i64,
    manner: &'static str,
    days: String,
    expires: String,
    note: String,
    at: String,
    by: String,
    ended: Option<String>,
    lapsed: bool,
    reserved: bool,
}

/// `GET /inventory/items/{id}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<ListAsked>,
) -> Page {
    let item = find(&app, id).await?;
    if !sees(&app, &signed, item.project).await? {
        return Err(WebError::forbidden(
            "这条记录属于其他单位的项目；按园区设置，只能查看本单位项目的记录。",
            "This record belongs to another unit's project; the zone lets you read records of your own unit only.",
        ));
    }
    let (lang, today, now) = (signed.prefs.lang, app.clock.today(), app.clock.now());
    let (kind, day) = (item.kind, day_of(asked.day(), today)?);
    let people = people(&app).await?;
    let stands = fold(&item.changes, day, now);
    let holds = app.store.holds_of_item(item.id).await?;
    let held =
        holds.iter().find(|h| h.ended.is_none() && h.hold.counts(today.max(day)) && h.hold.covers(day));
    let whole = match item.whole {
        Some(whole) => app.store.item(whole).await?.map(|w| (w.id.0, w.code)),
        None => None,
    };
    let values = kind
        .fields()
        .iter()
        .filter_map(|f| Some((f.label(lang), shown(f, stands.values.get(f.word)?, lang))));
    let ahead = item.changes.iter().filter(|c| stands.ahead.iter().any(|(_, id)| *id == c.id));
    render(&ShowPage {
        tabs: tabs(kind, lang),
        id,
        name: kind.label(lang),
        title: title(kind, &stands.values, &item.code).to_string(),
        day: day.to_string(),
        today: today.to_string(),
        ended: item.ended.is_some(),
        may_edit: guard(&signed, kind).is_ok() && item.ended.is_none(),
        holdable: kind.can_be_held(),
        mark: kind.can_be_held().then(|| taken(kind, &stands.values, held, day, lang)),
        whole,
        parts: parts(&app, &item, day, lang).await?,
        values: values.collect(),
        ahead: ahead.map(|c| (c.said.effective.to_string(), told(kind, c, lang))).collect(),
        changes: item
            .changes
            .iter()
            .rev()
            .map(|c| change_row(kind, c, &item.changes, &people, lang))
            .collect(),
        holds: holds.iter().map(|h| hold_row(h, today, &people, lang)).collect(),
        code: item.code,
        p: Chrome::of(&signed, group(kind).nav),
    })
}

async fn parts(
    app: &App,
    item: &store::inventory::Item,
    day: Date,
    lang: Lang,
) -> crate::web::error::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for kind in Kind::ALL.iter().copied().filter(|k| k.part_of().is_some_and(|(_, whole)| whole == item.kind))
    {
        for s in standing(app, kind, day).await?.into_iter().filter(|s| s.item.whole == Some(item.id)) {
            let mark = taken(kind, &s.values, s.held.as_ref(), day, lang);
            let title = title(kind, &s.values, &s.item.code).to_string();
            parts.push(Part { id: s.item.id.0, code: s.item.code, title, mark });
        }
    }
    Ok(parts)
}

/// A change in words: each field and what it becomes.
fn told(kind: Kind, change: &Change, lang: Lang) -> String {
    let say = |(word, value): (&String, &Option<domain::inventory::Value>)| {
        let field = kind.field(word)?;
        let value = value.as_ref().map_or(lang.t("清空", "emptied").to_string(), |v| shown(field, v, lang));
        Some(format!("{}：{value}", field.label(lang)))
    };
    let said: Vec<String> = change.said.set.iter().filter_map(say).collect();
    if said.is_empty() { lang.t("撤回", "withdrawn").to_string() } else { said.join("；") }
}

type People = [(String, String)];

fn change_row(kind: Kind, c: &Change, all: &[Change], people: &People, lang: Lang) -> ChangeRow {
    ChangeRow {
        id: c.id.0,
        effective: c.said.effective.to_string(),
        said: told(kind, c, lang),
        reason: c.said.reason.clone(),
        at: at(c.recorded),
        by: name_of(&c.by, people, lang),
        corrects: c.said.corrects.map(|c| c.0),
        corrected: all.iter().any(|other| other.said.corrects == Some(c.id)),
    }
}

fn hold_row(h: &Held, today: Date, people: &People, lang: Lang) -> HoldRow {
    let until = h.hold.until.map_or(lang.t("无期限", "no end").to_string(), |d| d.to_string());
    let said = |(when, why): &(Timestamp, String)| format!("{} {why}", at(*when));
    HoldRow {
        id: h.id,
        project: h.hold.project.0,
        manner: h.hold.manner.label(lang),
        days: format!("{} – {until}", h.hold.from),
        expires: h.hold.expires.map_or("—".to_string(), |d| d.to_string()),
        note: h.note.clone(),
        at: at(h.made),
        by: name_of(&h.by, people, lang),
        ended: h.ended.as_ref().map(said),
        lapsed: h.ended.is_none() && !h.hold.counts(today),
        reserved: h.hold.manner == domain::inventory::hold::Manner::Reserved,
    }
}
