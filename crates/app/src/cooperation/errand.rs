//! Brings what partners share: one worker that asks, of every framework in force, what is missing, and does the next step. Each step is decided from
//! what the database holds (an agreement, a negotiation under way, a transfer that has started), so that a stop or a crash at any point loses
//! nothing and asks for nothing twice.

use super::{Framework, LEAD_PURPOSE, PURPOSE, file_urn, frameworks, share, trust};
use crate::app::App;
use crate::dataspace::flow::{self, Known, NEGOTIATION, TRANSFER};
use crate::dataspace::outbox::bounded;
use crate::dataspace::{PULL, peer};
use crate::web::form::encode;
use crate::web::session::hex;
use anyhow::{Context as _, Result, anyhow, bail};
use axum::http::header;
use dataspace::negotiation::State;
use dataspace::transfer::State as TransferState;
use engine::cooperation::{BYTES, File};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::Actor;
use store::cooperation::Direction;
use store::dataspace::Peer;
use store::dataspace::exchange::Exchange;
use tokio::sync::Notify;

/// What the worker shares with the pages: whom to wake, and how the last try with each partner went.
#[derive(Debug, Default)]
pub struct Errands {
    /// Wakes the worker.
    pub wake: Notify,
    last: Mutex<BTreeMap<i64, Tried>>,
    lists: Mutex<BTreeMap<String, Timestamp>>,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// What is waited for, or what went wrong, in Chinese and English; `None` when everything is there.
    pub said: Option<(String, String)>,
    /// Whether something went wrong.
    pub bad: bool,
}

impl Errands {
    /// How the last try went with the partner of a framework.
    #[must_use]
    pub fn last(&self, item: i64) -> Option<Tried> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).get(&item).cloned()
    }

    /// When a partner's trust list was last had.
    #[must_use]
    pub fn last_list(&self, did: &str) -> Option<Timestamp> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).get(did).copied()
    }

    /// Notes that a partner's trust list was had.
    pub fn had_list(&self, did: &str, now: Timestamp) {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).insert(did.to_string(), now);
    }

    fn note(&self, item: i64, tried: Tried) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(item, tried);
    }
}

/// What came of asking for a dataset.
#[derive(Debug)]
enum Brought {
    /// Its bytes, and the agreement.
    Bytes(Vec<u8>, String),
    /// Somebody else is to act; in Chinese and English.
    Waits(&'static str, &'static str),
}

/// How long we wait for a partner before we look again.
const SOON: Duration = Duration::from_millis(700);
/// How long a refused negotiation, or one whose message was given up, rests before we ask again.
const REST: SignedDuration = SignedDuration::from_mins(1);

/// Starts the worker.
pub fn spawn(app: App) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let busy = match run(&app).await {
                Ok(busy) => busy,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the cooperation of zones could not go on");
                    false
                }
            };
            let wait = if busy { SOON } else { app.config.coop_every };
            tokio::select! {
                () = app.space.errands.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    })
}

/// One round: whether anything is under way that will soon go on.
///
/// # Errors
/// The store fails. What goes wrong with one partner is noted and stops no other.
pub async fn run(app: &App) -> Result<bool> {
    let all = frameworks(app).await.map_err(|e| anyhow!("{e:?}"))?;
    let mut busy = false;
    for f in &all {
        let Some(peer) = f.speaks_with() else {
            let other = all.iter().any(|o| o.speaks_with().is_some() && o.partner == f.partner);
            if !f.live && !other && !f.partner.is_empty() {
                share::withdraw(app, &f.partner).await?;
            }
            continue;
        };
        let (said, bad) = match with(app, f, peer).await {
            Ok(said) => {
                busy |= said.is_some();
                (said.map(|(zh, en)| (zh.to_string(), en.to_string())), false)
            }
            Err(error) => {
                tracing::warn!(peer = peer.did, error = format!("{error:#}"), "a partner shares nothing now");
                let why = format!("{error:#}");
                (Some((format!("未能同步：{why}"), format!("Not brought: {why}"))), true)
            }
        };
        app.space.errands.note(f.item.0, Tried { at: app.clock.now(), said, bad });
    }
    Ok(busy)
}

type Said = Option<(&'static str, &'static str)>;

async fn with(app: &App, f: &Framework, peer: &Peer) -> Result<Said> {
    share::publish(app, f, peer).await?;
    trust::bring(app, peer).await?;
    let mut waits = the_file(app, f, peer).await?;
    for lead in app.store.coop_leads(f.item).await? {
        if lead.direction == Direction::In && lead.taken.is_none() {
            match bring(app, peer, &lead.urn, LEAD_PURPOSE).await? {
                Brought::Bytes(bytes, _) => {
                    let body = String::from_utf8(bytes).context("the lead is no text")?;
                    super::lead::Handed::read(&body)?;
                    app.store.take_coop_lead(&Actor::System, app.clock.now(), lead.id, &body).await?;
                }
                Brought::Waits(zh, en) => waits = Some((zh, en)),
            }
        }
    }
    Ok(waits)
}

/// Brings the partner's file when its catalogue offers another version than we have.
async fn the_file(app: &App, f: &Framework, peer: &Peer) -> Result<Said> {
    let urn = file_urn(&peer.did, &app.space.did());
    let Some(listing) = peer::one_of(app, peer, &urn).await? else {
        return Ok(Some(("对方还没有向我方共享。", "The partner shares nothing with us yet.")));
    };
    let version = share::version_of(&listing.description);
    let kept = app.store.coop_file(f.item).await?;
    if version.is_some() && kept.as_ref().map(|k| k.sha256.as_str()) == version {
        return Ok(None);
    }
    let (bytes, agreement) = match bring(app, peer, &urn, PURPOSE).await? {
        Brought::Bytes(bytes, agreement) => (bytes, agreement),
        Brought::Waits(zh, en) => return Ok(Some((zh, en))),
    };
    let hash = hex(&Sha256::digest(&bytes));
    let file = File::read(&bytes).map_err(|fault| anyhow!("the partner's file: {fault}"))?;
    if file.zone.did != peer.did {
        bail!("the partner's file speaks for {}", file.zone.did);
    }
    let body = String::from_utf8(bytes).context("the partner's file is no text")?;
    app.store.save_coop_file(&Actor::System, app.clock.now(), f.item, (&hash, &body, &agreement)).await?;
    Ok(None)
}

/// The next step towards a dataset of a peer.
async fn bring(app: &App, peer: &Peer, urn: &str, purpose: &str) -> Result<Brought> {
    let by = Actor::System;
    let Some(agreement) = app.store.agreement_on("consumer", &peer.did, urn).await? else {
        return negotiate(app, peer, urn).await;
    };
    let mut under_way = false;
    for exchange in app.store.asked_of(TRANSFER, &peer.did).await? {
        let t = Known::transfer(&exchange)?;
        if t.agreement != agreement.urn || rests(app, &exchange).await? {
            continue;
        }
        match t.state {
            TransferState::Started => {
                let address = t.data_address.as_ref();
                let reached = address
                    .and_then(|a| Some((a.endpoint.clone()?, a.property("authorization")?.to_string())));
                let (endpoint, secret) = reached.context("the peer started a transfer without an address")?;
                return Ok(Brought::Bytes(pull(app, &endpoint, &secret, purpose).await?, agreement.urn));
            }
            TransferState::Suspended => {
                return Ok(Brought::Waits("对方暂停了传输。", "The partner has suspended the transfer."));
            }
            state if !state.is_final() => under_way = true,
            // One that was ended lately is not asked for again at once.
            _ => under_way |= app.clock.now().duration_since(exchange.changed) < REST,
        }
    }
    if !under_way {
        flow::fetch(app, &by, (&peer.did, &peer.address), (&agreement.urn, PULL)).await?;
    }
    Ok(Brought::Waits("正在请求传输。", "A transfer is asked for."))
}

async fn negotiate(app: &App, peer: &Peer, urn: &str) -> Result<Brought> {
    for exchange in app.store.asked_of(NEGOTIATION, &peer.did).await? {
        let Known::Negotiation(n) = Known::read(&exchange)? else { continue };
        let lately = app.clock.now().duration_since(exchange.changed) < REST;
        let counts = n.offer.target.as_deref() == Some(urn) && !rests(app, &exchange).await?;
        match n.state {
            State::Terminated if counts && lately => {
                bail!("the partner refused: {}", n.reason.unwrap_or_else(|| "no reason given".into()))
            }
            // Final and yet no agreement in force: it was revoked, and the partner is asked anew.
            State::Terminated | State::Finalized => {}
            State::Offered if counts => {
                return Ok(Brought::Waits(
                    "对方提出了别的条件，请在“数据空间”的协商中决定。",
                    "The partner offers other terms: decide in the negotiation on the page of the data space.",
                ));
            }
            _ if counts => return Ok(Brought::Waits("正在协商。", "A negotiation is under way.")),
            _ => {}
        }
    }
    let listing = peer::one_of(app, peer, urn).await?.context("the partner offers it no more")?;
    let offer = listing.offers.first().context("the partner's dataset has no offer")?;
    flow::ask(app, &Actor::System, (&peer.did, &peer.address), offer.on(urn)).await?;
    Ok(Brought::Waits("正在协商。", "A negotiation is under way."))
}

/// Whether an exchange stands still because its message was given up, long enough ago to ask anew.
async fn rests(app: &App, exchange: &Exchange) -> Result<bool> {
    let posts = app.store.posts_of(exchange.id).await?;
    let given_up = posts.last().and_then(|p| p.failed);
    Ok(given_up.is_some_and(|at| app.clock.now().duration_since(at) >= REST))
}

/// Fetches the data of a transfer.
async fn pull(app: &App, endpoint: &str, secret: &str, purpose: &str) -> Result<Vec<u8>> {
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    let address = format!("{endpoint}{separator}purpose={}", encode(purpose));
    let request = app.space.client()?.get(address).header(header::AUTHORIZATION, format!("Bearer {secret}"));
    let response = request.send().await.context("the partner cannot be reached")?;
    let status = response.status();
    let body = bounded(response, BYTES).await?;
    if status.is_success() {
        return Ok(body);
    }
    let said = serde_json::from_slice::<Value>(&body).ok();
    let said = said.as_ref().and_then(|v| v.get("error")?.get("zh")?.as_str());
    bail!("{} {}", status.as_u16(), said.unwrap_or_default())
}
