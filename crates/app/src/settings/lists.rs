//! `/settings/refusals` and `/settings/columns`: what people said that holds on.

use crate::app::App;
use crate::clock::shown;
use crate::import::list::{name_of, people};
use crate::import::worker::{UNITS, choice_of};
use crate::web::chrome::{Chrome, Nav};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use domain::intake::Field;

#[derive(Template)]
#[template(path = "settings/refusals.html")]
struct RefusalsPage {
    p: Chrome,
    tab: &'static str,
    rows: Vec<RefusalRow>,
}

struct RefusalRow {
    key: String,
    name: String,
    reason: String,
    by: String,
    at: String,
    until: String,
}

#[derive(Template)]
#[template(path = "settings/columns.html")]
struct ColumnsPage {
    p: Chrome,
    tab: &'static str,
    rows: Vec<(String, String)>,
}

/// `GET /settings/refusals`
pub async fn refusals(State(app): State<App>, signed: Signed) -> Page {
    let people = people(&app).await?;
    let lang = signed.prefs.lang;
    let rows = app
        .store
        .refusals_on(app.clock.today())
        .await?
        .into_iter()
        .map(|r| RefusalRow {
            key: encode(&r.said.key),
            name: r.said.name,
            reason: r.said.reason,
            by: name_of(&r.by, &people, lang),
            at: shown(r.created),
            until: r.said.until.map_or("—".into(), |d| d.to_string()),
        })
        .collect();
    render(&RefusalsPage { p: Chrome::of(&signed, Nav::Settings), tab: "refusals", rows })
}

/// `GET /settings/columns`
pub async fn columns(State(app): State<App>, signed: Signed) -> Page {
    let lang = signed.prefs.lang;
    let rows = app
        .store
        .column_mappings()
        .await?
        .into_iter()
        .map(|m| {
            let choice = choice_of(&m.field);
            let unit = choice.and_then(|c| c.unit).and_then(|unit| UNITS.iter().find(|u| u.1 == unit));
            let unit = unit.map_or(String::new(), |u| format!("（{}）", u.0));
            let name = |f: Field| format!("{}{unit}", lang.t(f.zh(), f.en()));
            (m.heading, choice.and_then(|c| c.field).map_or(m.field, name))
        })
        .collect();
    render(&ColumnsPage { p: Chrome::of(&signed, Nav::Settings), tab: "columns", rows })
}
