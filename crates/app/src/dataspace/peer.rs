//! Peers: registering one by its address, its catalogue, and asking for a dataset of it.

use super::outbox::bounded;
use super::{flow, page};
use crate::app::App;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use anyhow::Context as _;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::Redirect;
use dataspace::catalog::{self, Listing};
use dataspace::identity::did;
use dataspace::join;
use dataspace::message::{CatalogRequestMessage, Wire as _, ack};
use domain::limits;
use serde::Deserialize;
use serde_json::Value;
use store::dataspace::Peer;

#[derive(Template)]
#[template(path = "dataspace/peer.html")]
struct PeerPage {
    p: Chrome,
    id: i64,
    name: String,
    did: String,
    address: String,
    hosts: String,
    fault: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    dataset: String,
    title: String,
    description: String,
    formats: String,
    offers: Vec<(String, Vec<String>)>,
}

/// What is typed of a peer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    address: String,
    name: String,
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    dataset: String,
    offer: String,
}

/// `POST /dataspace/peers`
pub async fn add(State(app): State<App>, signed: Signed, Checked(typed): Checked<Typed>) -> Result<Redirect> {
    let wrong = |zh: String, en: String| WebError::bad_request(zh, en).next("/dataspace", "返回", "Back");
    let name = did::of_address(typed.address.trim()).and_then(|d| Some((did::document_address(&d)?, d)));
    let Some((document, did)) = name else {
        return Err(wrong(
            "网址：写成 https://zone.example 这样（本机演示可用 http://127.0.0.1:8430）。".into(),
            "address: write it as https://zone.example (http://127.0.0.1:8430 on this machine).".into(),
        ));
    };
    if did == app.space.did() {
        return Err(wrong("这是本实例自己。".into(), "That is this instance itself.".into()));
    }
    let read = read_document(&app, &document, &did).await;
    let (keys, address) = read.map_err(|error| {
        wrong(
            format!("读不到对方的身份文件 {document}：{error:#}。请核对网址，并确认对方正在运行。"),
            format!("The identity document {document} cannot be read: {error:#}. Check the address, and that it is running."),
        )
    })?;
    app.store.save_peer(&signed.actor(), app.clock.now(), (&did, typed.name.trim(), &address), &keys).await?;
    Ok(Redirect::to("/dataspace#peers"))
}

/// The keys and the connector's address in a participant's identity document.
///
/// # Errors
/// It cannot be reached or read, or says another name.
pub async fn read_document(app: &App, address: &str, did: &str) -> anyhow::Result<(Vec<String>, String)> {
    let response = app.space.client()?.get(address).send().await.context("not reached")?;
    anyhow::ensure!(response.status().is_success(), "answered {}", response.status().as_u16());
    let body = bounded(response, dataspace::MESSAGE_BYTES).await?;
    let value: Value = serde_json::from_slice(&body).context("no JSON")?;
    did::read(did, &value).context("no Ed25519 key or no connector for this did in it")
}

/// `POST /dataspace/peers/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    app.store.end_peer(&signed.actor(), app.clock.now(), id).await?;
    Ok(Redirect::to("/dataspace#peers"))
}

/// What is typed of hosts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Hosts {
    hosts: String,
}

/// `POST /dataspace/peers/{id}/hosts`: to which hosts, besides its own, this peer may have data pushed.
pub async fn hosts(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Hosts>,
) -> Result<Redirect> {
    let back = format!("/dataspace/peers/{id}");
    let list: Vec<String> = domain::text::split_list(&typed.hosts)
        .into_iter()
        .flat_map(|h| h.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>())
        .collect();
    let plain = |h: &String| h.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'));
    if let Some(odd) = list.iter().find(|h| !plain(h)) {
        return Err(WebError::bad_request(
            format!("主机“{odd}”：只写主机名，如 store.example 或 store.example:9000。"),
            format!("host `{odd}`: write the name alone, such as store.example or store.example:9000."),
        )
        .next(back, "返回", "Back"));
    }
    app.store.allow_push(&signed.actor(), app.clock.now(), id, &list).await?;
    Ok(Redirect::to(&back))
}

async fn find(app: &App, id: i64) -> Result<Peer> {
    let found = app.store.peers().await?.into_iter().find(|p| p.id == id);
    found.ok_or_else(|| {
        WebError::not_found("没有这个伙伴。", "There is no such peer.").next(
            "/dataspace",
            "数据空间",
            "Data space",
        )
    })
}

/// `GET /dataspace/peers/{id}`: the peer's catalogue as it is now.
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let peer = find(&app, id).await?;
    let lang = signed.prefs.lang;
    let (rows, fault) = match catalogue(&app, &peer).await {
        Ok(listings) => (listings.iter().map(|l| row(l, lang)).collect(), None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    render(&PeerPage {
        p: Chrome::of(&signed, Nav::Dataspace),
        id,
        name: peer.name,
        did: peer.did,
        address: page::bare(&peer.address),
        hosts: peer.push_hosts.join("、"),
        fault,
        rows,
    })
}

fn row(listing: &Listing, lang: crate::text::Lang) -> Row {
    Row {
        dataset: listing.id.clone(),
        title: if listing.title.is_empty() { listing.id.clone() } else { listing.title.clone() },
        description: listing.description.clone(),
        formats: listing.formats.join(", "),
        offers: listing
            .offers
            .iter()
            .map(|o| (o.id.clone(), page::terms(&serde_json::to_string(o).unwrap_or_default(), lang)))
            .collect(),
    }
}

/// The catalogue of a peer, page after page, up to what one page of ours lists.
async fn catalogue(app: &App, peer: &Peer) -> anyhow::Result<Vec<Listing>> {
    let mut address = join(&peer.address, "/catalog/request");
    let mut all = Vec::new();
    loop {
        let body = CatalogRequestMessage { filter: Vec::new() }.json().to_string();
        let pass = app.space.gate.pass(app, &peer.did, body.as_bytes())?;
        let request = app.space.client()?.post(&address).header(header::AUTHORIZATION, pass);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let response = request.send().await.context("the peer cannot be reached")?;
        let status = response.status();
        let next = response.headers().get(header::LINK).and_then(|l| l.to_str().ok()).and_then(next_of);
        let body = bounded(response, limits::DS_ANSWER_BYTES).await?;
        let value: Value = serde_json::from_slice(&body).context("the answer is no JSON")?;
        anyhow::ensure!(
            status.is_success(),
            "{} {}",
            status.as_u16(),
            ack::read_error(&value).unwrap_or_else(|| "no words".into())
        );
        all.extend(catalog::read(&value, &peer.address).map_err(|f| anyhow::anyhow!("{f}"))?);
        match next {
            // Only further pages of the same catalogue.
            Some(link) if link.starts_with(&join(&peer.address, "/")) && all.len() < limits::DS_LISTED => {
                address = link
            }
            _ => return Ok(all),
        }
    }
}

/// One dataset of a peer's catalogue; `None` when it shows us none of that name.
///
/// # Errors
/// A peer that cannot be reached, or answers nonsense.
pub async fn one_of(app: &App, peer: &Peer, urn: &str) -> anyhow::Result<Option<Listing>> {
    let address = join(&peer.address, &format!("/catalog/datasets/{}", dataspace::segment(urn)));
    let pass = app.space.gate.pass(app, &peer.did, b"")?;
    let request = app.space.client()?.get(address).header(header::AUTHORIZATION, pass);
    let response = request.send().await.context("the partner cannot be reached")?;
    let status = response.status();
    let body = bounded(response, limits::DS_ANSWER_BYTES).await?;
    if status.as_u16() == 404 {
        return Ok(None);
    }
    anyhow::ensure!(status.is_success(), "the catalogue answered {}", status.as_u16());
    let value: Value = serde_json::from_slice(&body).context("the answer is no JSON")?;
    let read = catalog::read_alone(&value, &peer.did, &peer.address);
    Ok(Some(read.map_err(|f| anyhow::anyhow!("{f}"))?).filter(|l| l.id == urn))
}

/// The address of the next page in a `Link` (RFC 8288).
fn next_of(link: &str) -> Option<String> {
    link.split(',').find(|part| part.contains("rel=\"next\"") || part.contains("rel=next")).and_then(|part| {
        let (_, rest) = part.split_once('<')?;
        Some(rest.split_once('>')?.0.to_string())
    })
}

/// `POST /dataspace/peers/{id}/request`: asks for a dataset under one of its offers, as the catalogue has them now.
pub async fn request(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(asked): Checked<Asked>,
) -> Result<Redirect> {
    let peer = find(&app, id).await?;
    let back = format!("/dataspace/peers/{id}");
    let listings = catalogue(&app, &peer).await.map_err(|error| {
        WebError::bad_request(
            format!("读不到对方目录：{error:#}"),
            format!("The catalogue cannot be read: {error:#}"),
        )
        .next(back.clone(), "返回", "Back")
    })?;
    let found = listings.iter().find(|l| l.id == asked.dataset);
    let offer = found.and_then(|l| l.offers.iter().find(|o| o.id == asked.offer)).ok_or_else(|| {
        WebError::not_found(
            "目录里已没有这项数据或要约。",
            "The catalogue has no such dataset or offer any more.",
        )
        .next(back, "返回", "Back")
    })?;
    let exchange =
        flow::ask(&app, &signed.actor(), (&peer.did, &peer.address), offer.on(&asked.dataset)).await;
    Ok(Redirect::to(&format!("/dataspace/exchanges/{}", exchange?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_a_link() {
        let link = "<http://a/x?after=1>; rel=\"previous\", <http://a/x?after=9&size=2>; rel=\"next\"";
        assert_eq!(next_of(link).as_deref(), Some("http://a/x?after=9&size=2"));
        assert_eq!(next_of("<http://a>; rel=\"previous\""), None);
    }
}
