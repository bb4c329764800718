//! Moving exchanges: what a peer's message or our own act does, in one transaction with what is to be sent. Two that move the same exchange at once
//! are put in order by its version; the later one is decided anew.

use super::new_id;
use super::steward::{Todo, signature};
use crate::app::App;
use anyhow::{Context as _, Result, anyhow};
use dataspace::message::Wire as _;
use dataspace::negotiation::{Incoming, Negotiation, State, Step};
use dataspace::odrl::Policy;
use dataspace::transfer::{self, Transfer};
use dataspace::{Outgoing, Refusal};
use serde_json::Value;
use store::dataspace::exchange::{Exchange, Move, NewAgreement, NewPost};
use store::{Actor, Error};

/// Why a move was not made.
#[derive(Debug)]
pub enum Stop {
    /// The protocol refuses it.
    Refused(Refusal),
    /// Something failed.
    Failed(anyhow::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Stop {
        Stop::Failed(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        match error {
            // An agreement's identifier is the provider's to choose, but not one that is somebody else's already.
            Error::Taken { what } => {
                Stop::Refused(Refusal::Bad("taken", format!("the identifier of this {what} is taken")))
            }
            other => Stop::Failed(other.into()),
        }
    }
}

/// How often a move is decided anew when another was faster.
const TRIES: usize = 8;

fn post(app: &App, address: &str, out: Outgoing) -> Result<NewPost> {
    Ok(NewPost {
        name: new_id()?,
        address: address.to_string(),
        path: out.path,
        body: out.body.to_string(),
        not_before: app.clock.now(),
    })
}

fn negotiation(exchange: &Exchange) -> Result<Negotiation> {
    serde_json::from_str(&exchange.data).context("ds_exchange.data of a negotiation")
}

fn transfer(exchange: &Exchange) -> Result<Transfer> {
    serde_json::from_str(&exchange.data).context("ds_exchange.data of a transfer")
}

fn moved(
    app: &App,
    from: Option<&Exchange>,
    n: &Negotiation,
    out: Option<Outgoing>,
    why: &str,
) -> Result<Move> {
    // An agreement counts from the moment it is final.
    let agreement = n.agreement.as_ref().filter(|_| n.state == State::Finalized);
    let agreement = agreement.map(|a| made(app, a)).transpose()?;
    let other = match n.role {
        dataspace::Role::Provider => &n.consumer_pid,
        dataspace::Role::Consumer => &n.provider_pid,
    };
    Ok(Move {
        from: from.map(|x| (x.id, x.version)),
        kind: "negotiation",
        pid: n.pid().to_string(),
        other: other.clone(),
        role: n.role.as_str(),
        peer: n.peer.clone(),
        state: n.state.as_str(),
        data: serde_json::to_string(n)?,
        posts: out.map(|o| post(app, &n.address, o)).transpose()?.into_iter().collect(),
        agreement,
        key: None,
        why: why.to_string(),
    })
}

fn made(app: &App, agreement: &Policy) -> Result<NewAgreement> {
    Ok(NewAgreement {
        urn: agreement.id.clone(),
        dataset: agreement.target.clone().unwrap_or_default(),
        policy: serde_json::to_string(agreement)?,
        signature: signature(app, agreement)?,
    })
}

fn moved_transfer(
    app: &App,
    from: Option<&Exchange>,
    t: &Transfer,
    out: Option<Outgoing>,
    why: &str,
) -> Result<Move> {
    let other = match t.role {
        dataspace::Role::Provider => &t.consumer_pid,
        dataspace::Role::Consumer => &t.provider_pid,
    };
    // A provider keeps no secret: only its hash is stored, and the message until it is delivered.
    let mut kept = t.clone();
    if kept.role == dataspace::Role::Provider && kept.state != transfer::State::Requested {
        kept.data_address = None;
    }
    Ok(Move {
        from: from.map(|x| (x.id, x.version)),
        kind: "transfer",
        pid: t.pid().to_string(),
        other: other.clone(),
        role: t.role.as_str(),
        peer: t.peer.clone(),
        state: t.state.as_str(),
        data: serde_json::to_string(&kept)?,
        posts: out.map(|o| post(app, &t.address, o)).transpose()?.into_iter().collect(),
        agreement: None,
        key: None,
        why: why.to_string(),
    })
}

/// Writes a move and wakes whoever has to go on.
async fn write(app: &App, by: &Actor, to: &Move) -> store::Result<i64> {
    let id = app.store.move_exchange(by, app.clock.now(), to).await?;
    if to.kind == "transfer" && to.state != "STARTED" {
        app.space.cut();
    }
    app.space.wake.notify_one();
    follow(app, id);
    Ok(id)
}

/// Asks the steward, behind the caller's back, what comes next in an exchange, until it says nothing.
pub fn follow(app: &App, id: i64) {
    let app = app.clone();
    tokio::spawn(async move {
        tokio::time::sleep(app.space.steward.pause()).await;
        if let Err(error) = Box::pin(next(&app, id)).await {
            tracing::error!(exchange = id, error = format!("{error:#}"), "the data space could not go on");
        }
    });
}

async fn next(app: &App, id: i64) -> Result<()> {
    let Some(exchange) = app.store.exchange_by_id(id).await? else { return Ok(()) };
    let Some(todo) = app.space.steward.next(app, &exchange).await? else { return Ok(()) };
    match act_on(app, &Actor::System, &exchange, todo).await {
        // Whoever was faster has asked the steward too.
        Err(Stop::Failed(error)) if matches!(error.downcast_ref(), Some(Error::Stale { .. })) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
        // The peer has not told its name yet: the answer to our first message asks again.
        Ok(_) | Err(Stop::Refused(_)) => Ok(()),
    }
}

/// Does something in an exchange, if it still is as it was read.
///
/// # Errors
/// [`Stop::Refused`] when role or state do not allow it.
pub async fn act_on(app: &App, by: &Actor, exchange: &Exchange, todo: Todo) -> Result<i64, Stop> {
    let to = match todo {
        Todo::Negotiation(act) => {
            let why = format!("{act:?}").chars().take(40).collect::<String>();
            let (after, out) = negotiation(exchange)?.act(act, app.clock.now())?;
            moved(app, Some(exchange), &after, Some(out), &why)?
        }
        Todo::Transfer(act, secret) => {
            let why = match &act {
                transfer::Act::Start(_) => "start",
                transfer::Act::Suspend(_) => "suspend",
                transfer::Act::Complete => "complete",
                transfer::Act::Terminate(_) => "terminate",
            };
            let (after, out) = transfer(exchange)?.act(act)?;
            Move { key: secret, ..moved_transfer(app, Some(exchange), &after, Some(out), why)? }
        }
    };
    Ok(write(app, by, &to).await?)
}

/// Starts a negotiation as consumer.
///
/// # Errors
/// Only when the database fails.
pub async fn ask(app: &App, by: &Actor, (peer, address): (&str, &str), offer: Policy) -> Result<i64> {
    let (made, out) = Negotiation::request(&new_id()?, peer, address, offer, &app.space.endpoint());
    Ok(write(app, by, &moved(app, None, &made, Some(out), "request")?).await?)
}

/// Starts a negotiation as provider.
///
/// # Errors
/// Only when the database fails.
pub async fn offer(app: &App, by: &Actor, (peer, address): (&str, &str), offer: Policy) -> Result<i64> {
    let (made, out) = Negotiation::offer_first(&new_id()?, peer, address, offer, &app.space.endpoint());
    Ok(write(app, by, &moved(app, None, &made, Some(out), "offer")?).await?)
}

/// Starts a transfer as consumer.
///
/// # Errors
/// Only when the database fails.
pub async fn fetch(app: &App, by: &Actor, to: (&str, &str), agreement: (&str, &str)) -> Result<i64> {
    let (made, out) = Transfer::request(&new_id()?, to, agreement, None, &app.space.endpoint());
    Ok(write(app, by, &moved_transfer(app, None, &made, Some(out), "request")?).await?)
}

/// A peer's first message of a negotiation, already read: keeps it; one that comes again finds what is there.
///
/// # Errors
/// [`Stop::Refused`] as the protocol says.
pub async fn open_negotiation(
    app: &App,
    peer: &str,
    other: &str,
    make: impl FnOnce(&str) -> Result<Negotiation, Refusal>,
) -> Result<Value, Stop> {
    if let Some(there) = app.store.exchange_by_other("negotiation", peer, other).await? {
        return Ok(negotiation(&there)?.ack());
    }
    let made = make(&new_id()?)?;
    write(app, &Actor::System, &moved(app, None, &made, None, "first message")?).await?;
    Ok(made.ack())
}

/// The same for a transfer.
///
/// # Errors
/// [`Stop::Refused`] as the protocol says.
pub async fn open_transfer(
    app: &App,
    peer: &str,
    other: &str,
    make: impl FnOnce(&str) -> Transfer,
) -> Result<Value, Stop> {
    if let Some(there) = app.store.exchange_by_other("transfer", peer, other).await? {
        return Ok(transfer(&there)?.ack());
    }
    let made = make(&new_id()?);
    write(app, &Actor::System, &moved_transfer(app, None, &made, None, "request")?).await?;
    Ok(made.ack())
}

async fn of_peer(app: &App, kind: &str, pid: &str, peer: &str) -> Result<Exchange, Stop> {
    let found = app.store.exchange(kind, pid).await?.filter(|x| x.peer == peer);
    found.ok_or(Stop::Refused(Refusal::Unknown))
}

/// The state of an exchange, as its peer may ask for it.
///
/// # Errors
/// [`Refusal::Unknown`] for what is not this peer's.
pub async fn state(app: &App, kind: &str, pid: &str, peer: &str) -> Result<Value, Stop> {
    let found = of_peer(app, kind, pid, peer).await?;
    Ok(if kind == "transfer" { transfer(&found)?.ack() } else { negotiation(&found)?.ack() })
}

/// A peer's message in a negotiation: the acknowledgement.
///
/// # Errors
/// [`Stop::Refused`] as the protocol says.
pub async fn receive(
    app: &App,
    (peer, pid): (&str, &str),
    message: Incoming,
    id: Option<&str>,
) -> Result<Value, Stop> {
    let why = match &message {
        Incoming::Request(_) => dataspace::message::ContractRequestMessage::TYPE,
        Incoming::Offer(_) => dataspace::message::ContractOfferMessage::TYPE,
        Incoming::Agreement(_) => dataspace::message::ContractAgreementMessage::TYPE,
        Incoming::Verification(_) => dataspace::message::ContractAgreementVerificationMessage::TYPE,
        Incoming::Event(_) => dataspace::message::ContractNegotiationEventMessage::TYPE,
        Incoming::Termination(_) => dataspace::message::ContractNegotiationTerminationMessage::TYPE,
    };
    for _ in 0..TRIES {
        let exchange = of_peer(app, "negotiation", pid, peer).await?;
        let before = negotiation(&exchange)?;
        let after = match before.receive(message.clone(), id)? {
            Step::Repeated => return Ok(before.ack()),
            Step::Moved(after) => *after,
        };
        match write(app, &Actor::System, &moved(app, Some(&exchange), &after, None, why)?).await {
            Ok(_) => return Ok(after.ack()),
            Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::Failed(anyhow!("negotiation {pid} moved too often")))
}

/// A peer's message in a transfer: the acknowledgement.
///
/// # Errors
/// [`Stop::Refused`] as the protocol says.
pub async fn receive_transfer(
    app: &App,
    (peer, pid): (&str, &str),
    message: transfer::Incoming,
    id: Option<&str>,
) -> Result<Value, Stop> {
    let why = match &message {
        transfer::Incoming::Start(_) => dataspace::message::TransferStartMessage::TYPE,
        transfer::Incoming::Suspension(_) => dataspace::message::TransferSuspensionMessage::TYPE,
        transfer::Incoming::Completion(_) => dataspace::message::TransferCompletionMessage::TYPE,
        transfer::Incoming::Termination(_) => dataspace::message::TransferTerminationMessage::TYPE,
    };
    for _ in 0..TRIES {
        let exchange = of_peer(app, "transfer", pid, peer).await?;
        let before = transfer(&exchange)?;
        let after = match before.receive(message.clone(), id)? {
            transfer::Step::Repeated => return Ok(before.ack()),
            transfer::Step::Moved(after) => *after,
        };
        match write(app, &Actor::System, &moved_transfer(app, Some(&exchange), &after, None, why)?).await {
            Ok(_) => return Ok(after.ack()),
            Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::Failed(anyhow!("transfer {pid} moved too often")))
}

/// Learns the peer's name of an exchange from its answer to our first message.
///
/// # Errors
/// Only when the database fails.
pub async fn learn(app: &App, id: i64, answer: &Value) -> Result<()> {
    let Some((provider, consumer, _)) = dataspace::message::ack::read_state(answer) else { return Ok(()) };
    for _ in 0..TRIES {
        let Some(exchange) = app.store.exchange_by_id(id).await?.filter(|x| x.other.is_empty()) else {
            return Ok(());
        };
        let to = if exchange.kind == "transfer" {
            let mut t = transfer(&exchange)?;
            t.learn(&provider);
            moved_transfer(app, Some(&exchange), &t, None, "acknowledged")?
        } else {
            let mut n = negotiation(&exchange)?;
            n.learn(&provider, &consumer);
            moved(app, Some(&exchange), &n, None, "acknowledged")?
        };
        match write(app, &Actor::System, &to).await {
            Ok(_) => return Ok(()),
            Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(anyhow!("exchange {id} moved too often"))
}
