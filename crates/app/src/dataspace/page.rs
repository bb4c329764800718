//! `GET /dataspace`: what we publish, whom we know, contracts and transfers.

use super::flow::{NEGOTIATION, TRANSFER};
use crate::app::App;
use crate::clock::shown;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use dataspace::message::text::state_names;
use dataspace::odrl::Policy;
use dataspace::policy::words::sentences;
use domain::limits;
use domain::role::Action;
use std::collections::BTreeMap;
use store::dataspace::exchange::Exchange;

#[derive(Template)]
#[template(path = "dataspace/page.html")]
struct SpacePage {
    p: Chrome,
    did: String,
    endpoint: String,
    may: bool,
    ready: Vec<(&'static str, &'static str, &'static str)>,
    assets: Vec<AssetRow>,
    peers: Vec<PeerRow>,
    lists: [List; 2],
    agreements: Vec<AgreementRow>,
    duties: Vec<(super::duty::DutyRow, String)>,
}

struct AssetRow {
    id: i64,
    title: String,
    media: String,
    size: String,
    terms: Vec<String>,
    since: String,
}

struct PeerRow {
    id: i64,
    name: String,
    did: String,
    address: String,
}

struct Row {
    id: i64,
    peer: String,
    role: &'static str,
    state: (&'static str, &'static str, String),
    changed: String,
}

/// Exchanges of one kind.
struct List {
    anchor: &'static str,
    title: &'static str,
    empty: &'static str,
    rows: Vec<Row>,
}

struct AgreementRow {
    id: i64,
    peer: String,
    role: &'static str,
    dataset: String,
    uses: i64,
    live: bool,
    made: String,
}

/// `GET /dataspace`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let lang = signed.prefs.lang;
    let peers = app.store.peers().await?;
    let names: BTreeMap<&str, &str> = peers.iter().map(|p| (p.did.as_str(), p.name.as_str())).collect();
    let named = |did: &str| names.get(did).map_or(did.to_string(), |n| (*n).to_string());
    let assets = app.store.assets(0, limits::DS_LISTED).await?;
    let titles: BTreeMap<&str, &str> = assets.iter().map(|a| (a.urn.as_str(), a.title.as_str())).collect();
    let row = |x: &Exchange| Row {
        id: x.id,
        peer: named(&x.peer),
        role: role(&x.role, lang),
        state: state(&x.state, lang),
        changed: shown(x.changed),
    };
    render(&SpacePage {
        p: Chrome::of(&signed, Nav::Dataspace),
        did: app.space.did(),
        endpoint: bare(&app.space.endpoint()),
        may: signed.may(Action::ShareData),
        ready: super::ready::LISTS
            .iter()
            .map(|l| (l.0, lang.t(l.1.0, l.1.1), lang.t(l.2.0, l.2.1)))
            .collect(),
        duties: super::duty::waiting(&app, lang).await?,
        agreements: app
            .store
            .ds_agreements()
            .await?
            .into_iter()
            .map(|a| AgreementRow {
                id: a.id,
                peer: named(&a.peer),
                role: role(&a.role, lang),
                dataset: titles.get(a.dataset.as_str()).map_or(a.dataset.clone(), |t| (*t).to_string()),
                uses: a.uses,
                live: a.ended.is_none(),
                made: shown(a.created),
            })
            .collect(),
        lists: [
            List {
                anchor: "negotiations",
                title: lang.t("协商", "Negotiations"),
                empty: lang.t("还没有协商。", "No negotiations yet."),
                rows: app.store.exchanges(NEGOTIATION).await?.iter().map(row).collect(),
            },
            List {
                anchor: "transfers",
                title: lang.t("传输", "Transfers"),
                empty: lang.t("还没有传输。", "No transfers yet."),
                rows: app.store.exchanges(TRANSFER).await?.iter().map(row).collect(),
            },
        ],
        assets: assets
            .iter()
            .map(|a| AssetRow {
                id: a.id,
                title: a.title.clone(),
                media: a.media.clone(),
                size: size(a.bytes),
                terms: terms(&a.offer, lang),
                since: shown(a.created),
            })
            .collect(),
        peers: peers
            .iter()
            .map(|p| PeerRow {
                id: p.id,
                name: p.name.clone(),
                did: p.did.clone(),
                address: bare(&p.address),
            })
            .collect(),
    })
}

/// An address as pages show it: without its scheme, so that nobody takes it for a link.
#[must_use]
pub fn bare(address: &str) -> String {
    address.split_once("://").map_or(address, |(_, rest)| rest).to_string()
}

/// The rules of a policy (as JSON) in words.
#[must_use]
pub fn terms(policy: &str, lang: Lang) -> Vec<String> {
    let policy: Policy = serde_json::from_str(policy).unwrap_or_default();
    sentences(&policy).into_iter().map(|(zh, en)| lang.t(&zh, &en).to_string()).collect()
}

/// Which side we are.
#[must_use]
pub fn role(word: &str, lang: Lang) -> &'static str {
    if word == "provider" { lang.t("提供方", "provider") } else { lang.t("使用方", "consumer") }
}

/// Class, mark and name of a state.
#[must_use]
pub fn state(word: &str, lang: Lang) -> (&'static str, &'static str, String) {
    let (class, mark) = match word {
        "FINALIZED" | "STARTED" | "COMPLETED" => ("done", "●"),
        "TERMINATED" => ("out", "■"),
        _ => ("open", "▲"),
    };
    let (zh, en) = state_names(word);
    (class, mark, format!("{} {word}", lang.t(zh, en)))
}

/// Bytes as people read them.
#[must_use]
pub fn size(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}
