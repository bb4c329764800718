//! Pushing data to where a consumer asked for them: streamed with one chunk in memory, decided and counted by the same policy as a fetch, once for each transfer.
//!
//! A push goes only to the consumer's own host, or to one that a person allowed for this peer: else a consumer could make us speak to hosts inside our own
//! network. It is taken up again after a crash, from the first byte, as the same use.

use super::data::{Flow, open};
use super::flow::{self, Known};
use super::steward::Todo;
use super::{PUSH, flow::Stop};
use crate::app::App;
use crate::evidence::keep;
use anyhow::{Context as _, Result};
use axum::http::header;
use dataspace::message::DataAddress;
use dataspace::transfer::{Act, State, Transfer};
use domain::limits;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::Actor;
use store::dataspace::Peer;
use store::dataspace::exchange::Exchange;
use store::dataspace::usage::NewUse;

/// Pushes that are under way in this process.
#[derive(Debug, Default)]
pub struct Pushes(Mutex<BTreeSet<i64>>);

/// Begins the push of a transfer that has started, unless it is under way.
pub fn maybe(app: &App, exchange: &Exchange) {
    let due = exchange.kind == flow::TRANSFER && exchange.role == "provider" && exchange.state == "STARTED";
    let format = Known::transfer(exchange).map(|t| t.format);
    if !due || format.ok().as_deref() != Some(PUSH) {
        return;
    }
    let id = exchange.id;
    if !app.space.pushes.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = run(&app, id).await {
            tracing::error!(exchange = id, error = format!("{error:#}"), "a push failed");
        }
        app.space.pushes.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    });
}

/// How a try ended.
enum End {
    Done,
    /// The transfer waits or is over: nothing more to do.
    Stopped,
    /// For good.
    Refused(String),
    /// It may be tried again.
    Failed(String),
}

async fn run(app: &App, id: i64) -> Result<()> {
    let mut last = String::new();
    for attempt in 0..limits::DS_PUSHES {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(300 << attempt)).await;
        }
        match once(app, id).await? {
            End::Done => return act(app, id, Act::Complete).await,
            End::Stopped => return Ok(()),
            End::Refused(why) => return act(app, id, Act::Terminate(why)).await,
            End::Failed(why) => last = why,
        }
    }
    act(app, id, Act::Terminate(format!("未能推送 (could not be pushed): {last}"))).await
}

async fn act(app: &App, id: i64, act: Act) -> Result<()> {
    let exchange = app.store.exchange_by_id(id).await?.context("the transfer is gone")?;
    match flow::act_on(app, &Actor::System, &exchange, Todo::Transfer(act, None)).await {
        // Somebody ended it meanwhile.
        Ok(_) | Err(Stop::Refused(_)) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

async fn once(app: &App, id: i64) -> Result<End> {
    // Before anything is read, so that no end in between is missed.
    let cuts = app.space.cuts.subscribe();
    let Some(exchange) = app.store.exchange_by_id(id).await? else { return Ok(End::Stopped) };
    let t: Transfer = Known::transfer(&exchange)?;
    if t.state != State::Started {
        return Ok(End::Stopped);
    }
    let Some(address) = t.data_address.as_ref().filter(|a| a.endpoint.is_some()) else {
        return Ok(End::Refused("没有说明推送地址 (no address was given to push to)".into()));
    };
    let peer = app.store.peer(&t.peer).await?;
    let endpoint = address.endpoint.clone().unwrap_or_default();
    if !peer.as_ref().is_some_and(|p| allowed(p, &endpoint)) {
        let why =
            "推送地址不是对方自己的主机，也不在允许之列 (not a host of the peer's, nor one that was allowed)";
        return Ok(End::Refused(why.into()));
    }
    let agreement = app.store.ds_agreement(&t.agreement).await?.filter(|a| a.ended.is_none());
    let Some(agreement) = agreement else {
        return Ok(End::Refused("协议已撤销 (the agreement was revoked)".into()));
    };
    let asset = app.store.asset(&agreement.dataset).await?.context("the dataset is gone")?;
    let path = keep::place(&app.config, &asset.sha256).context("a hash that is none")?;
    let (use_id, file, left) = match app.store.use_of_exchange(id).await? {
        Some(use_id) => (use_id, tokio::fs::File::open(&path).await?, None),
        None => {
            let asked = NewUse {
                asker: &t.peer,
                purpose: address.property("purpose"),
                exchange: id,
                sha256: &asset.sha256,
                whole: asset.bytes,
                goes_on: None,
            };
            match open(app, &t.agreement, &asked, address.property("region"), &path).await? {
                Ok(((use_id, file), left)) => (use_id, file, left),
                Err(said) => return Ok(End::Refused(said)),
            }
        }
    };
    let flow = Flow {
        app: app.clone(),
        file,
        cuts,
        pid: t.provider_pid.clone(),
        use_id,
        left,
        sent: 0,
        at: 0,
        whole: asset.bytes,
        over: false,
    };
    let body = reqwest::Body::wrap_stream(flow.stream());
    let sent = request(app, address, &endpoint)?
        .header(header::CONTENT_TYPE, &asset.media)
        .header(header::CONTENT_LENGTH, asset.bytes)
        .header(header::ETAG, format!("\"{}\"", asset.sha256))
        .body(body)
        .send()
        .await;
    let still = app.store.exchange_by_id(id).await?.is_some_and(|x| x.state == "STARTED");
    Ok(match sent {
        _ if !still => End::Stopped,
        Ok(response) if response.status().is_success() => End::Done,
        Ok(response) if response.status().is_client_error() => {
            End::Refused(format!("对方拒收 (refused): {}", response.status().as_u16()))
        }
        Ok(response) => End::Failed(response.status().as_u16().to_string()),
        Err(error) => End::Failed(error.without_url().to_string()),
    })
}

fn request(app: &App, address: &DataAddress, endpoint: &str) -> Result<reqwest::RequestBuilder> {
    let client = app.space.pusher()?;
    // An object store with an address that is signed beforehand wants PUT; so does our own inbox.
    let made = match address.property("method") {
        Some("POST") => client.post(endpoint),
        _ => client.put(endpoint),
    };
    Ok(match address.property("authorization") {
        Some(token) => made.header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => made,
    })
}

/// Whether data of a peer may be pushed to an address: the peer's own host and port, or one that was allowed, as `host` or `host:port`.
#[must_use]
pub fn allowed(peer: &Peer, endpoint: &str) -> bool {
    let (Ok(to), Ok(own)) = (reqwest::Url::parse(endpoint), reqwest::Url::parse(&peer.address)) else {
        return false;
    };
    let (Some(host), Some(port)) = (to.host_str(), to.port_or_known_default()) else { return false };
    // Never in the clear to a peer that is reached by TLS.
    if to.scheme() != "https" && (to.scheme() != "http" || own.scheme() != "http") {
        return false;
    }
    let own_host = own.host_str() == Some(host) && own.port_or_known_default() == Some(port);
    let named = |h: &String| h == host || *h == format!("{host}:{port}");
    let plain = to.username().is_empty() && to.password().is_none();
    plain && (own_host || peer.push_hosts.iter().any(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_goes_to_the_peers_own_host_or_one_that_was_allowed() {
        let peer = Peer {
            id: 1,
            did: "did:web:a.example".into(),
            name: "甲".into(),
            address: "https://a.example/dsp".into(),
            keys: Vec::new(),
            push_hosts: vec!["store.example".into(), "b.example:9000".into()],
            created: jiff::Timestamp::UNIX_EPOCH,
        };
        for (endpoint, ok) in [
            ("https://a.example/inbox/1", true),
            ("https://a.example:444/inbox/1", false),
            ("http://a.example/inbox/1", false),
            ("https://store.example/bucket/x?X-Amz-Signature=1", true),
            ("https://b.example:9000/x", true),
            ("https://b.example/x", false),
            ("https://169.254.169.254/latest", false),
            ("https://a.example@evil.example/x", false),
            ("https://user@a.example/x", false),
            ("file:///etc/passwd", false),
            ("nonsense", false),
        ] {
            assert_eq!(allowed(&peer, endpoint), ok, "{endpoint}");
        }
    }
}
