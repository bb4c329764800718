//! What a conformance kit asks of the connector under test: whom it knows, what is published and agreed, what it does next in each exchange, and two
//! addresses at which the kit tells it to begin one. Never part of the program.

use app::app::App;
use app::dataspace::steward::{Steward, Todo};
use app::dataspace::{Gate, Space, flow};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use dataspace::Role;
use dataspace::message::DataAddress;
use dataspace::negotiation::{Act, Negotiation, State as N};
use dataspace::odrl::{Policy, Rule};
use dataspace::transfer::{Act as T, State as S, Transfer};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use store::Actor;
use store::dataspace::NewAsset;
use store::dataspace::exchange::{Exchange, Move, NewAgreement};

/// The kit's name.
pub const KIT: &str = "TCK_PARTICIPANT";

/// Whoever asks is the kit.
#[derive(Debug)]
pub struct Anyone;

impl Gate for Anyone {
    fn admit<'a>(&'a self, _: &'a App, _: &'a HeaderMap, _: &'a [u8]) -> BoxFuture<'a, Option<String>> {
        Box::pin(async { Some(KIT.to_string()) })
    }
    fn pass(&self, _: &App, _: &str, _: &[u8]) -> anyhow::Result<String> {
        Ok("Bearer under-test".into())
    }
}

/// Plays the script.
#[derive(Debug)]
struct Script;

impl Steward for Script {
    fn next<'a>(&'a self, _: &'a App, exchange: &'a Exchange) -> BoxFuture<'a, anyhow::Result<Option<Todo>>> {
        Box::pin(async move {
            if exchange.kind == "transfer" {
                let t: Transfer = serde_json::from_str(&exchange.data)?;
                return Ok(transfer(&t, exchange.version).map(|act| Todo::Transfer(act, None)));
            }
            let n: Negotiation = serde_json::from_str(&exchange.data)?;
            Ok(negotiation(&n, exchange.version).map(Todo::Negotiation))
        })
    }
    /// The kit registers for what it expects after it has our answer.
    fn pause(&self) -> Duration {
        Duration::from_millis(250)
    }
}

fn negotiation(n: &Negotiation, version: i64) -> Option<Act> {
    let id = n.offer.target.clone().unwrap_or_default();
    let offer = || Act::Offer(n.offer.clone());
    let agree = || Act::Agree {
        id: format!("AGREEMENT:{id}:{}", n.consumer_pid),
        assigner: "CUT".into(),
        assignee: KIT.into(),
    };
    let end = || Act::Terminate("as the script says".into());
    let first = version == 1;
    match (n.role, id.as_str(), n.state) {
        (Role::Provider, "ACN0102", N::Requested) if !first => Some(end()),
        (Role::Provider, "ACN0304", N::Requested) if !first => None,
        (Role::Provider, "ACN0201", N::Requested) => Some(end()),
        (Role::Provider, "ACN0104" | "ACN0203" | "ACN0207" | "ACN0301", N::Requested) => Some(agree()),
        (Role::Provider, "ACN0202", N::Requested) => None,
        (Role::Provider, _, N::Requested) if first => Some(offer()),
        (Role::Provider, "ACN0205", N::Offered) | (Role::Provider, "ACN0206", N::Accepted) => Some(end()),
        (Role::Provider, "ACN0207", N::Verified) => Some(end()),
        (Role::Provider, "ACN0103", N::Accepted) => Some(agree()),
        (Role::Provider, "ACN0103" | "ACN0104" | "ACN0301", N::Verified) => Some(Act::Finalize),
        (Role::Consumer, "ACNC0101" | "ACNC0205" | "ACNC0304" | "ACNC0305" | "ACNC0306", N::Offered) => {
            Some(Act::Accept)
        }
        (Role::Consumer, "ACNC0102", N::Offered) => Some(Act::Counter(n.offer.clone())),
        (Role::Consumer, "ACNC0103", N::Offered) | (Role::Consumer, "ACNC0203", N::Agreed) => Some(end()),
        (Role::Consumer, "ACNC0202", N::Requested) => Some(end()),
        (Role::Consumer, "ACNC0101" | "ACNC0104" | "ACNC0206", N::Agreed) => Some(Act::Verify),
        _ => None,
    }
}

fn transfer(t: &Transfer, version: i64) -> Option<T> {
    let start = || T::Start(Some(DataAddress::http("http://127.0.0.1/data", "secret")));
    let (end, wait) =
        (|| T::Terminate("as the script says".into()), || T::Suspend("as the script says".into()));
    match (t.role, t.agreement.as_str(), t.state) {
        (Role::Provider, "ATP0105", S::Requested) => Some(end()),
        (Role::Provider, "ATP0205" | "ATP0301" | "ATP0302", S::Requested) => None,
        (Role::Provider, _, S::Requested) => Some(start()),
        (Role::Provider, "ATP0101", S::Started) | (Role::Provider, "ATP0103", S::Suspended) => Some(end()),
        (Role::Provider, "ATP0102", S::Started) => Some(T::Complete),
        (Role::Provider, "ATP0104", S::Started) if version > 2 => Some(T::Complete),
        (Role::Provider, "ATP0103" | "ATP0104", S::Started) => Some(wait()),
        (Role::Provider, "ATP0104", S::Suspended) => Some(start()),
        (Role::Consumer, "ATPC0201", S::Started) | (Role::Consumer, "ATPC0203", S::Suspended) => Some(end()),
        (Role::Consumer, "ATPC0205", S::Requested) => Some(end()),
        (Role::Consumer, "ATPC0202", S::Started) => Some(T::Complete),
        (Role::Consumer, "ATPC0203", S::Started) => Some(wait()),
        _ => None,
    }
}

/// The instance as the connector under test.
pub fn under_test(mut app: App) -> App {
    app.space = Arc::new(Space::with(&app.config, Arc::new(Anyone), Arc::new(Script)));
    app
}

/// Publishes and agrees to what the kit takes for granted.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    let datasets = [
        "0101", "0102", "0103", "0104", "0201", "0202", "0203", "0204", "0205", "0206", "0207", "0301",
        "0302", "0303", "0304",
    ];
    let catalogue = ["CAT0101".to_string(), "CAT0102".to_string()];
    for urn in datasets.iter().map(|n| format!("ACN{n}")).chain(catalogue) {
        let offer = Policy::offer(&format!("CD123:{urn}:456"), vec![Rule::new("use", vec![])]);
        let new = NewAsset {
            title: urn.clone(),
            urn,
            description: String::new(),
            media: "text/csv".into(),
            sha256: "0".repeat(64),
            bytes: 0,
            offer: serde_json::to_string(&offer)?,
        };
        app.store.add_asset(&Actor::System, app.clock.now(), &new).await?;
    }
    for (role, prefix) in [("provider", "ATP"), ("consumer", "ATPC")] {
        for group in 1..=3 {
            for n in 1..=6 {
                agreed(app, role, &format!("{prefix}{group:02}{n:02}")).await?;
            }
        }
    }
    Ok(())
}

async fn agreed(app: &App, role: &'static str, urn: &str) -> anyhow::Result<()> {
    let offer = Policy::offer("o", vec![Rule::new("use", vec![])]).on("d");
    let policy = offer.agreed(urn, KIT, KIT, app.clock.now());
    let (mut n, _) = Negotiation::request(&format!("c-{urn}"), KIT, "http://127.0.0.1", offer, "");
    n.state = N::Finalized;
    let made = NewAgreement {
        urn: urn.to_string(),
        dataset: "d".into(),
        policy: serde_json::to_string(&policy)?,
        signature: "seed".into(),
        peer_signature: None,
    };
    let to = Move {
        from: None,
        kind: "negotiation",
        pid: format!("seed-{urn}"),
        other: format!("other-{urn}"),
        role,
        peer: KIT.into(),
        state: "FINALIZED",
        data: serde_json::to_string(&n)?,
        posts: Vec::new(),
        agreement: Some(made),
        key: None,
        why: "seed".into(),
    };
    app.store.move_exchange(&Actor::System, app.clock.now(), &to).await?;
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Negotiate {
    dataset_id: String,
    offer_id: String,
    provider_id: String,
    connector_address: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fetch {
    agreement_id: String,
    format: String,
    provider_id: String,
    connector_address: String,
}

/// Where the kit says: begin.
pub fn webhooks(app: App) -> Router {
    Router::new()
        .route("/tck/negotiations/requests", post(negotiate))
        .route("/tck/transfers/requests", post(fetch))
        .with_state(app)
}

async fn negotiate(State(app): State<App>, body: Bytes) -> StatusCode {
    let Ok(asked) = serde_json::from_slice::<Negotiate>(&body) else { return StatusCode::BAD_REQUEST };
    let offer = Policy::offer(&asked.offer_id, vec![Rule::new("use", vec![])]).on(&asked.dataset_id);
    let to = (asked.provider_id.as_str(), asked.connector_address.as_str());
    done(flow::ask(&app, &Actor::System, to, offer).await)
}

async fn fetch(State(app): State<App>, body: Bytes) -> StatusCode {
    let Ok(asked) = serde_json::from_slice::<Fetch>(&body) else { return StatusCode::BAD_REQUEST };
    let to = (asked.provider_id.as_str(), asked.connector_address.as_str());
    done(flow::fetch(&app, &Actor::System, to, (&asked.agreement_id, &asked.format)).await)
}

fn done(made: anyhow::Result<i64>) -> StatusCode {
    if made.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
}
