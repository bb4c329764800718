//! The steward decides what we do next in an exchange, from nothing but its state and what is published: asked again after a crash it says the same.

use super::flow::Known;
use super::{DATA, PULL, PUSH, new_id};
use crate::app::App;
use anyhow::{Context as _, Result};
use dataspace::message::DataAddress;
use dataspace::negotiation::{Act, Negotiation, State};
use dataspace::odrl::Policy;
use dataspace::policy::{Ask, Point, decide};
use dataspace::transfer::{Act as TransferAct, State as TransferState, Transfer};
use dataspace::{Role, identity};
use futures_util::future::BoxFuture;
use std::fmt::Debug;
use std::time::Duration;
use store::dataspace::exchange::Exchange;

/// What is done next.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made once and handed on; never kept in a list")]
pub enum Todo {
    /// In a negotiation.
    Negotiation(Act),
    /// In a transfer; with a start of ours goes the secret that opens the data.
    Transfer(TransferAct, Option<Vec<u8>>),
}

/// Decides what comes next.
pub trait Steward: Debug + Send + Sync {
    /// What is done next, if anything without a person.
    fn next<'a>(&'a self, app: &'a App, exchange: &'a Exchange) -> BoxFuture<'a, Result<Option<Todo>>>;
    /// How long we wait before we act.
    fn pause(&self) -> Duration {
        Duration::ZERO
    }
}

/// The rules of a running instance: what we offer is agreed to as it stands, what we asked for is accepted as we asked; the rest waits for a person.
#[derive(Clone, Copy, Debug)]
pub struct Rules;

/// How often an exchange may change before we stop bargaining.
const ROUNDS: i64 = 12;

impl Steward for Rules {
    fn next<'a>(&'a self, app: &'a App, exchange: &'a Exchange) -> BoxFuture<'a, Result<Option<Todo>>> {
        Box::pin(async move {
            match Known::read(exchange)? {
                Known::Transfer(t) => next_transfer(app, &t).await,
                Known::Negotiation(n) => {
                    let act = next_negotiation(app, &n, exchange.version).await?;
                    Ok(act.map(Todo::Negotiation))
                }
            }
        })
    }
}

async fn next_negotiation(app: &App, n: &Negotiation, version: i64) -> Result<Option<Act>> {
    let agree = || -> Result<Act> {
        Ok(Act::Agree { id: new_id()?, assigner: app.space.did(), assignee: n.peer.clone() })
    };
    Ok(match (n.role, n.state) {
        (Role::Provider, State::Requested) => {
            let target = n.offer.target.clone().unwrap_or_default();
            match offered(app, &target, &n.peer).await? {
                None => Some(Act::Terminate("不再提供 (no longer offered)".into())),
                Some(ours) if ours.same_rules(&n.offer) => Some(agree()?),
                Some(_) if version > ROUNDS => Some(Act::Terminate("条件不一致 (the terms differ)".into())),
                Some(ours) => Some(Act::Offer(ours.on(&target))),
            }
        }
        (Role::Provider, State::Accepted) => Some(agree()?),
        (Role::Provider, State::Verified) => Some(Act::Finalize),
        (Role::Consumer, State::Agreed) => match &n.agreement {
            // The rules that we asked for, between the two of us.
            Some(agreement)
                if agreement.same_rules(&n.offer)
                    && agreement.assigner.as_ref() == Some(&n.peer)
                    && agreement.assignee.as_ref() == Some(&app.space.did()) =>
            {
                Some(Act::Verify)
            }
            _ => Some(Act::Terminate("协议与要约不一致 (the agreement differs from the offer)".into())),
        },
        _ => None,
    })
}

/// Our offer on a dataset, when it is published and this peer may see it.
///
/// # Errors
/// Only when the database fails.
pub async fn offered(app: &App, urn: &str, peer: &str) -> Result<Option<Policy>> {
    let Some(asset) = app.store.asset(urn).await?.filter(|a| a.ended.is_none()) else { return Ok(None) };
    let offer: Policy = serde_json::from_str(&asset.offer).context("ds_asset.offer")?;
    Ok(may_see(app, &offer, peer).then_some(offer))
}

/// Whether a peer may see an offer.
#[must_use]
pub fn may_see(app: &App, offer: &Policy, peer: &str) -> bool {
    let ask = Ask {
        action: "read",
        now: app.clock.now(),
        asker: peer,
        purpose: None,
        region: None,
        count: 0,
        bytes: 0,
        since: None,
    };
    decide(offer, &ask, Point::Catalogue).allowed
}

async fn next_transfer(app: &App, t: &Transfer) -> Result<Option<Todo>> {
    if t.role != Role::Provider || t.state != TransferState::Requested {
        return Ok(None);
    }
    let agreement = app.store.ds_agreement(&t.agreement).await?;
    let pushed = t.format == PUSH && t.data_address.is_some();
    if !(t.format == PULL || pushed) || agreement.is_none_or(|a| a.ended.is_some()) {
        let why = "协议已撤销或格式不支持 (the agreement was revoked, or the format is not supported)";
        return Ok(Some(Todo::Transfer(TransferAct::Terminate(why.into()), None)));
    }
    if pushed {
        return Ok(Some(Todo::Transfer(TransferAct::Start(None), None)));
    }
    let secret = crate::web::session::random::<32>()?.to_vec();
    let address = format!("{}{DATA}/{}", app.space.address(), t.provider_pid);
    let address = DataAddress::http(&address, &crate::web::session::hex(&secret));
    Ok(Some(Todo::Transfer(TransferAct::Start(Some(address)), Some(secret))))
}

/// Our signature over an agreement.
///
/// # Errors
/// A key that cannot be read, or an agreement that has no canonical text.
pub fn signature(app: &App, agreement: &Policy) -> Result<String> {
    let json = serde_json::to_value(agreement)?;
    identity::sign_agreement(app.space.key()?, &json).map_err(|f| anyhow::anyhow!("{f}"))
}
