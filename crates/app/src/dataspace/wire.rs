//! What peers ask: the routes of the protocol (dataspace protocol 2025-1: catalog 3, negotiation 3, transfer 3), plain JSON in and out. Whoever is not
//! known, and whatever is not theirs, gets 404.

use super::flow::{self, Known, Message, Stop};
use super::steward::{may_see, offered};
use super::take::{INBOX, inbox};
use super::{NAME, PATH, PULL, PUSH};
use crate::app::App;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post, put};
use dataspace::catalog::{self, Listing};
use dataspace::identity::did;
use dataspace::message::{self, Wire, ack};
use dataspace::negotiation::{Incoming, Negotiation};
use dataspace::odrl::Policy;
use dataspace::transfer::{self, Transfer};
use dataspace::{MESSAGE_BYTES, PAGE_DATASETS, Refusal};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use store::dataspace::Asset;

/// Every route of the protocol.
pub fn routes() -> Router<App> {
    let protocol = Router::new()
        .route("/catalog/request", post(catalogue))
        .route("/catalog/datasets/{id}", get(dataset))
        .route("/negotiations/request", post(first_request))
        .route("/negotiations/offers", post(first_offer))
        .route("/negotiations/{pid}", get(negotiation_state))
        .route("/negotiations/{pid}/request", negotiates(Incoming::Request))
        .route("/negotiations/{pid}/offers", negotiates(Incoming::Offer))
        .route("/negotiations/{pid}/agreement", negotiates(Incoming::Agreement))
        .route("/negotiations/{pid}/agreement/verification", negotiates(Incoming::Verification))
        .route("/negotiations/{pid}/events", negotiates(Incoming::Event))
        .route("/negotiations/{pid}/termination", negotiates(Incoming::Termination))
        .route("/transfers/request", post(transfer_request))
        .route("/transfers/{pid}", get(transfer_state))
        .route("/transfers/{pid}/start", transfers(transfer::Incoming::Start))
        .route("/transfers/{pid}/suspension", transfers(transfer::Incoming::Suspension))
        .route("/transfers/{pid}/completion", transfers(transfer::Incoming::Completion))
        .route("/transfers/{pid}/termination", transfers(transfer::Incoming::Termination))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES));
    Router::new()
        .route("/.well-known/dspace-version", get(versions))
        .route("/.well-known/did.json", get(document))
        .nest(PATH, protocol)
        .route(&format!("{INBOX}/{{pid}}"), put(inbox).layer(DefaultBodyLimit::disable()))
}

const NEGOTIATION: &str = "ContractNegotiationError";
const TRANSFER: &str = "TransferError";

fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn versions(State(app): State<App>) -> Response {
    json(StatusCode::OK, &ack::versions(PATH, &app.space.did()))
}

async fn document(State(app): State<App>) -> Response {
    match app.space.key() {
        Ok(key) => {
            json(StatusCode::OK, &did::document(&app.space.did(), &key.public(), &app.space.endpoint()))
        }
        Err(error) => failed("CatalogError", "", &error),
    }
}

fn failed(kind: &str, pid: &str, error: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{error:#}"), "a message of the data space failed");
    let body = if kind == "CatalogError" {
        ack::catalog_error("internal", "failed here; try again")
    } else {
        ack::error(kind, pid, pid, "internal", "failed here; try again")
    };
    json(StatusCode::INTERNAL_SERVER_ERROR, &body)
}

/// The answer to a refused or failed message, with the names that the message gave it; `pid` stands for one that it did not give.
fn stopped(kind: &str, pid: &str, body: &[u8], stop: Stop) -> Response {
    let said = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let of = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or(pid);
    let (provider, consumer) = (of("providerPid"), of("consumerPid"));
    match stop {
        Stop::Refused(refusal) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            json(status, &refusal.answer(kind, provider, consumer))
        }
        Stop::Failed(error) => failed(kind, pid, &error),
    }
}

fn answer(kind: &str, (pid, body): (&str, &[u8]), status: StatusCode, done: Result<Value, Stop>) -> Response {
    match done {
        Ok(value) => json(status, &value),
        Err(stop) => stopped(kind, pid, body, stop),
    }
}

/// Who asks; [`Refusal::Unknown`] for nobody we know.
async fn who(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<String, Stop> {
    app.space.gate.admit(app, headers, body).await.ok_or(Stop::Refused(Refusal::Unknown))
}

fn name(headers: &HeaderMap) -> Option<&str> {
    headers.get(NAME).and_then(|v| v.to_str().ok()).filter(|n| n.len() <= 100)
}

fn read<M: Wire>(body: &[u8]) -> Result<M, Stop> {
    M::read(body).map_err(|f| Stop::Refused(Refusal::Bad("message", f.to_string())))
}

// Catalogue.

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paged {
    after: i64,
    size: Option<usize>,
}

/// A published dataset as catalogues show it.
fn listing(app: &App, asset: &Asset) -> anyhow::Result<Listing> {
    let offer: Policy = serde_json::from_str(&asset.offer)?;
    Ok(Listing {
        id: asset.urn.clone(),
        title: asset.title.clone(),
        description: asset.description.clone(),
        formats: vec![PULL.to_string(), PUSH.to_string()],
        offers: vec![offer],
        endpoint: app.space.endpoint(),
        participant: app.space.did(),
    })
}

async fn catalogue(
    State(app): State<App>,
    Query(paged): Query<Paged>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(peer) = who(&app, &headers, &body).await else {
        return json(StatusCode::NOT_FOUND, &ack::catalog_error("unknown", "there is no catalogue for you"));
    };
    let asked = match message::CatalogRequestMessage::read(&body).and_then(|m| catalog::filter(&m.filter)) {
        Ok(words) => words,
        Err(fault) => {
            return json(StatusCode::BAD_REQUEST, &ack::catalog_error("message", &fault.to_string()));
        }
    };
    match page(&app, &peer, &asked, &paged).await {
        Ok((text, next)) => {
            let mut response =
                (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], text).into_response();
            let link = next.and_then(|next| {
                let size = paged.size.map(|s| format!("&size={s}")).unwrap_or_default();
                let link =
                    format!("<{}/catalog/request?after={next}{size}>; rel=\"next\"", app.space.endpoint());
                link.parse().ok()
            });
            if let Some(link) = link {
                response.headers_mut().insert(header::LINK, link);
            }
            response
        }
        Err(error) => failed("CatalogError", "", &error),
    }
}

/// A page of the catalogue for a peer, and behind which dataset the next begins.
async fn page(
    app: &App,
    peer: &str,
    words: &[String],
    paged: &Paged,
) -> anyhow::Result<(String, Option<i64>)> {
    let size = paged.size.unwrap_or(PAGE_DATASETS).clamp(1, PAGE_DATASETS);
    let shelf = app.space.shelf.get(app).await?;
    let from = shelf.ready.partition_point(|r| r.id <= paged.after);
    let slice = &shelf.ready[from..(from + size).min(shelf.ready.len())];
    let next = (from + size < shelf.ready.len()).then(|| slice.last().map(|r| r.id)).flatten();
    let seen = slice.iter().filter(|r| {
        (words.is_empty() || r.listing.has(words)) && r.listing.offers.iter().all(|o| may_see(app, o, peer))
    });
    let text =
        catalog::written(&app.space.did(), &app.space.endpoint(), seen.filter_map(|r| r.fragment.as_deref()));
    Ok((text, next))
}

/// What is published, made ready for catalogues: read anew only when it changed.
#[derive(Debug, Default)]
pub struct Shelf(tokio::sync::Mutex<Option<Arc<Shelved>>>);

#[derive(Debug)]
struct Shelved {
    version: i64,
    /// By number.
    ready: Vec<Ready>,
}

#[derive(Debug)]
struct Ready {
    id: i64,
    listing: Listing,
    fragment: Option<String>,
}

impl Shelf {
    async fn get(&self, app: &App) -> anyhow::Result<Arc<Shelved>> {
        let mut kept = self.0.lock().await;
        // Before the rows are read: what changes meanwhile makes them be read again.
        let version = app.store.assets_version().await?;
        if let Some(shelved) = kept.as_ref().filter(|s| s.version == version) {
            return Ok(shelved.clone());
        }
        let mut ready = Vec::new();
        let mut after = 0;
        loop {
            let assets = app.store.assets(after, PAGE_DATASETS).await?;
            let Some(last) = assets.last() else { break };
            after = last.id;
            for asset in &assets {
                let listing = listing(app, asset)?;
                let fragment = catalog::fragment(&listing, &app.space.did());
                ready.push(Ready { id: asset.id, listing, fragment });
            }
        }
        let shelved = Arc::new(Shelved { version, ready });
        *kept = Some(shelved.clone());
        Ok(shelved)
    }
}

async fn dataset(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let none =
        || json(StatusCode::NOT_FOUND, &ack::catalog_error("unknown", "there is no such dataset for you"));
    let Ok(peer) = who(&app, &headers, b"").await else { return none() };
    let found = async {
        let asset = app.store.asset(&id).await?.filter(|a| a.ended.is_none());
        asset.map(|a| listing(&app, &a)).transpose()
    };
    match found.await {
        Ok(Some(one)) if one.offers.iter().all(|o| may_see(&app, o, &peer)) => {
            json(StatusCode::OK, &catalog::alone(&one, &app.space.did(), &app.space.endpoint()))
        }
        Ok(_) => none(),
        Err(error) => failed("CatalogError", "", &error),
    }
}

// Negotiation.

async fn first_request(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let mut pid = String::new();
    let done = async {
        let peer = who(&app, &headers, &body).await?;
        let message: message::ContractRequestMessage = read(&body)?;
        pid.clone_from(&message.consumer_pid);
        let target = message.offer.target.clone().unwrap_or_default();
        // Nothing is said of offers that this peer may not see: they are as unknown as none.
        let ours = offered(&app, &target, &peer).await?.filter(|o| o.id == message.offer.id);
        if ours.is_none() {
            let why = format!("offer {} on {target} is not known", message.offer.id);
            return Err(Stop::Refused(Refusal::Bad("offer", why)));
        }
        let other = message.consumer_pid.clone();
        let name = name(&headers);
        flow::open(&app, flow::NEGOTIATION, (&peer, &other), |ours| {
            Negotiation::requested(message, ours, &peer, name).map(Known::Negotiation)
        })
        .await
    };
    let done = done.await;
    answer(NEGOTIATION, (&pid, &body), StatusCode::CREATED, done)
}

async fn first_offer(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let mut pid = String::new();
    let done = async {
        let peer = who(&app, &headers, &body).await?;
        let message: message::ContractOfferMessage = read(&body)?;
        pid.clone_from(&message.provider_pid);
        let other = message.provider_pid.clone();
        let name = name(&headers);
        flow::open(&app, flow::NEGOTIATION, (&peer, &other), |ours| {
            Negotiation::offered(message, ours, &peer, name).map(Known::Negotiation)
        })
        .await
    };
    let done = done.await;
    answer(NEGOTIATION, (&pid, &body), StatusCode::CREATED, done)
}

async fn negotiation_state(State(app): State<App>, Path(pid): Path<String>, headers: HeaderMap) -> Response {
    let done = async {
        let peer = who(&app, &headers, b"").await?;
        flow::state(&app, flow::NEGOTIATION, &pid, &peer).await
    };
    answer(NEGOTIATION, (&pid, b""), StatusCode::OK, done.await)
}

/// A route for messages about a negotiation.
fn negotiates<M: Wire + 'static>(of: fn(M) -> Incoming) -> MethodRouter<App> {
    post(move |app, pid, headers, body| {
        take(NEGOTIATION, app, pid, headers, body, move |m| Message::Negotiation(of(m)))
    })
}

/// A route for messages about a transfer.
fn transfers<M: Wire + 'static>(of: fn(M) -> transfer::Incoming) -> MethodRouter<App> {
    post(move |app, pid, headers, body| {
        take(TRANSFER, app, pid, headers, body, move |m| Message::Transfer(of(m)))
    })
}

async fn take<M: Wire>(
    error: &'static str,
    State(app): State<App>,
    Path(pid): Path<String>,
    headers: HeaderMap,
    body: Bytes,
    of: impl FnOnce(M) -> Message,
) -> Response {
    let done = async {
        let peer = who(&app, &headers, &body).await?;
        let message = of(read::<M>(&body)?);
        flow::receive(&app, (&peer, &pid), message, name(&headers)).await
    };
    answer(error, (&pid, &body), StatusCode::OK, done.await)
}

// Transfer.

async fn transfer_request(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let mut pid = String::new();
    let done = async {
        let peer = who(&app, &headers, &body).await?;
        let message: message::TransferRequestMessage = read(&body)?;
        pid.clone_from(&message.consumer_pid);
        let agreement = app.store.ds_agreement(&message.agreement_id).await?;
        let ours = agreement.is_some_and(|a| a.peer == peer && a.role == "provider" && a.ended.is_none());
        if !ours {
            let why = format!("agreement {} is not known or was revoked", message.agreement_id);
            return Err(Stop::Refused(Refusal::Bad("agreement", why)));
        }
        let other = message.consumer_pid.clone();
        let name = name(&headers);
        flow::open(&app, flow::TRANSFER, (&peer, &other), |ours| {
            Ok(Known::Transfer(Transfer::requested(message, ours, &peer, name)))
        })
        .await
    };
    let done = done.await;
    answer(TRANSFER, (&pid, &body), StatusCode::CREATED, done)
}

async fn transfer_state(State(app): State<App>, Path(pid): Path<String>, headers: HeaderMap) -> Response {
    let done = async {
        let peer = who(&app, &headers, b"").await?;
        flow::state(&app, flow::TRANSFER, &pid, &peer).await
    };
    answer(TRANSFER, (&pid, b""), StatusCode::OK, done.await)
}
