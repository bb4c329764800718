//! `/inventory/{kind}/new` and `/inventory/items/{id}/change`: one form from the table of fields. Of a change only what differs is recorded,
//! from its effective day on; a correction takes the place of an earlier change.

use super::list::{Tab, tabs};
use super::{group, guard, guard_owner, guard_project, kind_of};
use crate::app::App;
use crate::evidence::sheet::Sheet;
use crate::plan::refuse;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::inventory::fold::fold;
use domain::inventory::{ChangeId, Field, Form, ItemId, Kind, NewChange, Value, Values};
use domain::plan::{KEEPS_OPINION, guarded};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use store::inventory::Item;

#[derive(Template)]
#[template(path = "inventory/edit.html")]
struct EditPage {
    p: Chrome,
    tabs: Vec<Tab>,
    name: &'static str,
    action: String,
    back: String,
    new: bool,
    code: String,
    correcting: Option<i64>,
    seen: i64,
    effective: String,
    reason: String,
    inputs: Vec<Input>,
    faults: Vec<String>,
}

struct Input {
    word: &'static str,
    label: String,
    value: String,
    control: &'static str,
    required: bool,
    choices: Vec<(&'static str, &'static str, bool)>,
}

/// What of a form was typed.
struct Typed {
    code: String,
    effective: String,
    reason: String,
    values: HashMap<&'static str, String>,
}

/// Which change is corrected.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    correct: String,
}

/// `GET /inventory/{kind}/new`
pub async fn new(
    State(app): State<App>,
    signed: Signed,
    Path(word): Path<String>,
    Query(known): Query<HashMap<String, String>>,
) -> Result<Response> {
    let kind = kind_of(&word)?;
    guard(&signed, kind)?;
    let effective = app.clock.today().to_string();
    let values = kind.fields().iter().filter_map(|f| Some((f.word, known.get(f.word)?.clone()))).collect();
    let typed = Typed { code: String::new(), effective, reason: String::new(), values };
    form(&signed, kind, None, &typed, None, Vec::new())
}

/// `POST /inventory/{kind}/new`
pub async fn add(
    State(app): State<App>,
    signed: Signed,
    Path(word): Path<String>,
    sheet: Sheet,
) -> Result<Response> {
    let kind = kind_of(&word)?;
    guard(&signed, kind)?;
    let (typed, lang) = (typed(&sheet, kind), signed.prefs.lang);
    let (values, day, mut faults) = read(&typed, kind, app.clock.today(), lang);
    let set = values.into_iter().map(|(w, v)| (w.to_string(), Some(v))).collect();
    let first = NewChange { reason: typed.reason.clone(), ..NewChange::on(day, set) };
    if faults.is_empty() {
        faults = said(first.check(kind, true).err().unwrap_or_default(), lang);
    }
    if typed.code.is_empty() {
        faults.push(lang.t("“编号”必填", "“Code” is required").to_string());
    }
    if faults.is_empty() {
        guard_project(&app, &signed, kind, &first.set).await?;
        let after = first.set.iter().filter_map(|(w, v)| Some((w.clone(), v.clone()?))).collect();
        faults = said(refuse(&app, kind, &after, true).await?, lang);
    }
    if faults.is_empty() {
        match app.store.add_item(&signed.actor(), app.clock.now(), kind, &typed.code, &first).await {
            Ok(id) => return Ok(Redirect::to(&format!("/inventory/items/{id}")).into_response()),
            Err(store::Error::Taken { .. }) => faults.push(
                lang.t(
                    "编号已被使用，请换一个或修改原记录",
                    "The code is in use: choose another, or change that record",
                )
                .into(),
            ),
            Err(store::Error::Invalid(why)) => faults.push(why),
            Err(other) => return Err(other.into()),
        }
    }
    form(&signed, kind, None, &typed, None, faults)
}

/// `GET /inventory/items/{id}/change`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let item = find(&app, id).await?;
    guard(&signed, item.kind)?;
    guard_owner(&app, &signed, item.project).await?;
    let correct: Option<i64> = asked.correct.parse().ok();
    let today = app.clock.today();
    let (values, effective) = match correct {
        None => (fold(&item.changes, today, app.clock.now()).values, today),
        Some(n) => {
            let change = item.changes.iter().find(|c| c.id.0 == n).ok_or_else(no_change)?;
            let set = change.said.set.iter().filter_map(|(w, v)| Some((w.clone(), v.clone()?)));
            (set.collect(), change.said.effective)
        }
    };
    let typed = Typed {
        code: item.code.clone(),
        effective: effective.to_string(),
        reason: String::new(),
        values: written(item.kind, &values),
    };
    form(&signed, item.kind, Some(&item), &typed, correct, Vec::new())
}

/// `POST /inventory/items/{id}/change`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    sheet: Sheet,
) -> Result<Response> {
    let item = find(&app, id).await?;
    guard(&signed, item.kind)?;
    guard_owner(&app, &signed, item.project).await?;
    let lang = signed.prefs.lang;
    let (mut typed, correct) = (typed(&sheet, item.kind), sheet.get("corrects").parse::<i64>().ok());
    typed.code = item.code.clone();
    let (values, day, mut faults) = read(&typed, item.kind, app.clock.today(), lang);
    let before = match correct {
        None => fold(&item.changes, day, app.clock.now()).values,
        Some(_) => Values::new(),
    };
    let change = NewChange {
        effective: day,
        set: ends_opinion(item.kind, &before, difference(item.kind, &before, &values)),
        corrects: correct.map(ChangeId),
        reason: typed.reason.clone(),
    };
    if faults.is_empty() {
        faults = said(change.check(item.kind, false).err().unwrap_or_default(), lang);
    }
    if faults.is_empty() {
        guard_project(&app, &signed, item.kind, &change.set).await?;
        faults = said(refuse(&app, item.kind, &applied(&item, &change, app.clock.now()), false).await?, lang);
    }
    if faults.is_empty() {
        let seen = ChangeId(sheet.get("seen").parse().unwrap_or(0));
        match app.store.change_item(&signed.actor(), app.clock.now(), item.id, seen, &change).await {
            Ok(_) => return Ok(Redirect::to(&format!("/inventory/items/{id}")).into_response()),
            Err(store::Error::Invalid(why)) => faults.push(why),
            Err(other) => return Err(other.into()),
        }
    }
    form(&signed, item.kind, Some(&item), &typed, correct, faults)
}

/// What must be set so that `before` becomes `after`.
#[must_use]
pub fn difference(
    kind: Kind,
    before: &Values,
    after: &BTreeMap<&'static str, Value>,
) -> BTreeMap<String, Option<Value>> {
    let mut set = BTreeMap::new();
    for field in kind.fields().iter().filter(|f| !guarded(kind, f.word)) {
        let (old, new) = (before.get(field.word), after.get(field.word));
        if old != new {
            set.insert(field.word.to_string(), new.cloned());
        }
    }
    set
}

/// A change of what an offer line says ends the reviewer's opinion of it.
fn ends_opinion(
    kind: Kind,
    before: &Values,
    mut set: BTreeMap<String, Option<Value>>,
) -> BTreeMap<String, Option<Value>> {
    let other = set.keys().any(|w| !KEEPS_OPINION.contains(&w.as_str()));
    if kind == Kind::OfferLine && other && before.contains_key("opinion") {
        let own = ["opinion", "opinion_on", "opinion_note", "rule_set"];
        set.extend(own.into_iter().filter(|w| before.contains_key(*w)).map(|w| (w.to_string(), None)));
    }
    set
}

/// The record as it would stand with a change: without what it corrects.
fn applied(item: &Item, change: &NewChange, now: Timestamp) -> Values {
    let others: Vec<_> = item.changes.iter().filter(|c| Some(c.id) != change.corrects).cloned().collect();
    let mut values = fold(&others, change.effective, now).values;
    for (word, value) in &change.set {
        match value {
            Some(value) => values.insert(word.clone(), value.clone()),
            None => values.remove(word),
        };
    }
    values
}

/// The record of a number.
///
/// # Errors
/// 404 when there is none.
pub async fn find(app: &App, id: i64) -> Result<Item> {
    let missing = || WebError::not_found("没有这条记录。", "There is no such record.");
    app.store.item(ItemId(id)).await?.ok_or_else(missing)
}

fn no_change() -> WebError {
    WebError::not_found("没有这条变更。", "There is no such change.")
}

fn said(faults: Vec<domain::inventory::Fault>, lang: Lang) -> Vec<String> {
    faults.into_iter().map(|(zh, en)| lang.t(&zh, &en).to_string()).collect()
}

fn typed(sheet: &Sheet, kind: Kind) -> Typed {
    let value = |f: &'static Field| {
        let name = format!("value.{}", f.word);
        let several =
            matches!(f.form, Form::Words(_)).then(|| sheet.all(&name).collect::<Vec<_>>().join(","));
        (f.word, several.unwrap_or_else(|| sheet.get(&name).to_string()))
    };
    Typed {
        code: sheet.get("code").to_string(),
        effective: sheet.get("effective").to_string(),
        reason: sheet.get("reason").to_string(),
        values: kind.fields().iter().map(value).collect(),
    }
}

fn read(
    typed: &Typed,
    kind: Kind,
    today: Date,
    lang: Lang,
) -> (BTreeMap<&'static str, Value>, Date, Vec<String>) {
    let (mut values, mut faults) = (BTreeMap::new(), Vec::new());
    let day = if typed.effective.is_empty() { Ok(today) } else { typed.effective.parse::<Date>() };
    let day = day.unwrap_or_else(|_| {
        faults.push(
            lang.t("生效日期：写成 2026-01-05 这样", "effective day: write it as 2026-01-05").to_string(),
        );
        today
    });
    for field in kind.fields() {
        match field.read(typed.values.get(field.word).map_or("", String::as_str), today) {
            Ok(Some(value)) => {
                values.insert(field.word, value);
            }
            Ok(None) => {}
            Err((zh, en)) => faults.push(lang.t(&zh, &en).to_string()),
        }
    }
    (values, day, faults)
}

fn written(kind: Kind, values: &Values) -> HashMap<&'static str, String> {
    kind.fields().iter().filter_map(|f| Some((f.word, f.write(values.get(f.word)?)))).collect()
}

fn form(
    signed: &Signed,
    kind: Kind,
    item: Option<&Item>,
    typed: &Typed,
    correcting: Option<i64>,
    faults: Vec<String>,
) -> Result<Response> {
    let lang = signed.prefs.lang;
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (action, back) = match item {
        None => (format!("/inventory/{kind}/new"), format!("/inventory/{kind}")),
        Some(item) => {
            (format!("/inventory/items/{}/change", item.id), format!("/inventory/items/{}", item.id))
        }
    };
    let page = render(&EditPage {
        p: Chrome::of(signed, group(kind).nav),
        tabs: tabs(kind, lang),
        name: kind.label(lang),
        action,
        back,
        new: item.is_none(),
        code: typed.code.clone(),
        correcting,
        seen: item.and_then(|i| i.changes.last()).map_or(0, |c| c.id.0),
        effective: typed.effective.clone(),
        reason: typed.reason.clone(),
        inputs: kind
            .fields()
            .iter()
            .filter(|f| !guarded(kind, f.word))
            .map(|f| input(f, typed.values.get(f.word).map_or("", String::as_str), lang))
            .collect(),
        faults,
    })?;
    Ok((status, page).into_response())
}

fn input(field: &'static Field, value: &str, lang: Lang) -> Input {
    let (control, choices) = match field.form {
        Form::Choice(all) => {
            let chosen = |c: &(&str, &str, &str)| value == c.0 || value == c.1 || value == c.2;
            ("choice", all.iter().map(|c| (c.0, lang.t(c.1, c.2), chosen(c))).collect())
        }
        Form::YesNo => {
            let yes = [("yes", lang.t("是", "yes"), value == "是" || value == "yes")];
            (
                "choice",
                yes.into_iter().chain([("no", lang.t("否", "no"), value == "否" || value == "no")]).collect(),
            )
        }
        Form::Words(all) => {
            let parts: Vec<&str> = value.split([',', '；']).map(str::trim).collect();
            (
                "words",
                all.iter()
                    .map(|c| (c.0, lang.t(c.1, c.2), parts.contains(&c.0) || parts.contains(&c.1)))
                    .collect(),
            )
        }
        Form::Long | Form::Shape => ("long", Vec::new()),
        Form::Day => ("day", Vec::new()),
        _ => ("line", Vec::new()),
    };
    Input {
        word: field.word,
        label: field.heading(lang),
        value: value.to_string(),
        control,
        required: field.required,
        choices,
    }
}
