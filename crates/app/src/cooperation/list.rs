//! `GET /cooperation`: every framework, and how the exchange of data with each partner stands.

use super::{Framework, frameworks};
use crate::app::App;
use crate::clock::shown;
use crate::inventory::list::{Tab, tabs_at};
use crate::inventory::{cell, standing};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use domain::inventory::Kind;
use domain::role::Action;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "cooperation/list.html")]
struct ListPage {
    p: Chrome,
    tabs: Vec<Tab>,
    may: bool,
    rows: Vec<Row>,
    did: String,
}

struct Row {
    id: i64,
    name: String,
    partner: String,
    state: (&'static str, &'static str, &'static str),
    areas: String,
    until: String,
    fetched: String,
}

/// Class, mark and word of how a framework stands.
#[must_use]
pub fn state(f: &Framework, lang: Lang) -> (&'static str, &'static str, &'static str) {
    if f.second {
        return (
            "plain",
            "◇",
            lang.t("同一伙伴已有在先的协议", "an earlier agreement speaks for this partner"),
        );
    }
    match (f.live, &f.peer) {
        (true, Some(_)) => ("done", "●", lang.t("有效", "in force")),
        (true, None) => {
            ("open", "▲", lang.t("有效，对方未登记为伙伴", "in force; the partner is not registered"))
        }
        (false, _) => ("out", "■", lang.t("未生效或已到期", "not in force")),
    }
}

/// `GET /cooperation`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let lang = signed.prefs.lang;
    let all = standing(&app, Kind::Cooperation, app.clock.today()).await?;
    let values: BTreeMap<i64, _> = all.into_iter().map(|s| (s.item.id.0, s.values)).collect();
    let mut rows = Vec::new();
    for f in frameworks(&app).await? {
        let file = app.store.coop_file(f.item).await?;
        rows.push(Row {
            id: f.item.0,
            partner: f.partner_name(),
            state: state(&f, lang),
            areas: values
                .get(&f.item.0)
                .map_or_else(String::new, |v| cell(Kind::Cooperation, "areas", v, lang)),
            until: f.terms.until.map_or_else(|| "—".to_string(), |d| d.to_string()),
            fetched: file.map_or_else(|| "—".to_string(), |k| shown(k.fetched)),
            name: f.terms.name,
        });
    }
    render(&ListPage {
        tabs: tabs_at(Kind::Cooperation, "/cooperation", lang),
        may: signed.may(Action::ShareData),
        did: app.space.did(),
        rows,
        p: Chrome::of(&signed, Nav::Cooperation),
    })
}
