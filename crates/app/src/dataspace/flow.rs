//! Moving exchanges: what a peer's message or our own act does, in one transaction with what is to be sent. Two that move the same exchange at once
//! are put in order by its version; the later one is decided anew.

use super::steward::{Todo, signature};
use super::take::INBOX;
use super::{PUSH, new_id, push};
use crate::app::App;
use anyhow::{Context as _, Result, anyhow};
use dataspace::identity::agreement_signed;
use dataspace::message::{DataAddress, EndpointProperty, SIGNATURE};
use dataspace::negotiation::{Act, Incoming, Negotiation, State, Step};
use dataspace::odrl::Policy;
use dataspace::transfer::{self, Transfer};
use dataspace::{Outgoing, Refusal, Role};
use serde_json::Value;
use store::dataspace::exchange::{Exchange, Move, NewAgreement, NewPost, Post};
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

/// The two kinds of exchange, as their rows call them.
pub const NEGOTIATION: &str = "negotiation";
/// See [`NEGOTIATION`].
pub const TRANSFER: &str = "transfer";

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

/// What the row of an exchange holds.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on its way through a request")]
pub enum Known {
    /// A negotiation.
    Negotiation(Negotiation),
    /// A transfer.
    Transfer(Transfer),
}

/// A peer's message about an exchange that exists.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on its way through a request")]
pub enum Message {
    /// In a negotiation.
    Negotiation(Incoming),
    /// In a transfer.
    Transfer(transfer::Incoming),
}

impl Known {
    /// Reads a row.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn read(exchange: &Exchange) -> Result<Known> {
        let data = &exchange.data;
        let read = match exchange.kind.as_str() {
            TRANSFER => serde_json::from_str(data).map(Known::Transfer),
            _ => serde_json::from_str(data).map(Known::Negotiation),
        };
        read.with_context(|| format!("ds_exchange.data of {} {}", exchange.kind, exchange.id))
    }

    /// Reads the row of a transfer.
    ///
    /// # Errors
    /// A row that cannot be read, or holds no transfer.
    pub fn transfer(exchange: &Exchange) -> Result<Transfer> {
        match Known::read(exchange)? {
            Known::Transfer(t) => Ok(t),
            Known::Negotiation(_) => Err(anyhow!("exchange {} is no transfer", exchange.id)),
        }
    }

    fn ack(&self) -> Value {
        match self {
            Known::Negotiation(n) => n.ack(),
            Known::Transfer(t) => t.ack(),
        }
    }

    /// Where its messages go.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Known::Negotiation(n) => &n.address,
            Known::Transfer(t) => &t.address,
        }
    }

    /// What it becomes when the peer says that it stands in a state; `None` when nothing changes, also for a word that is no state.
    fn settled(&self, theirs: &str) -> Option<Known> {
        let word = Value::String(theirs.to_string());
        match self {
            Known::Negotiation(n) => n.settle(serde_json::from_value(word).ok()?).map(Known::Negotiation),
            Known::Transfer(t) => t.settle(serde_json::from_value(word).ok()?).map(Known::Transfer),
        }
    }

    fn learn(&mut self, provider_pid: &str, consumer_pid: &str) {
        match self {
            Known::Negotiation(n) => n.learn(provider_pid, consumer_pid),
            Known::Transfer(t) => t.learn(provider_pid),
        }
    }

    /// What a message of the peer's makes of it; `None` for one that came before.
    fn after(&self, message: Message, id: Option<&str>) -> Result<Option<Known>, Refusal> {
        Ok(match (self, message) {
            (Known::Negotiation(n), Message::Negotiation(m)) => match n.receive(m, id)? {
                Step::Repeated => None,
                Step::Moved(after) => Some(Known::Negotiation(*after)),
            },
            (Known::Transfer(t), Message::Transfer(m)) => match t.receive(m, id)? {
                transfer::Step::Repeated => None,
                transfer::Step::Moved(after) => Some(Known::Transfer(*after)),
            },
            _ => return Err(Refusal::Unknown),
        })
    }

    /// The move that leads to it from a row, or that begins it, with what is to be sent.
    fn made_of(&self, app: &App, from: Option<&Exchange>, out: Option<Outgoing>, why: &str) -> Result<Move> {
        let (mut kind, mut agreement) = (NEGOTIATION, None);
        let (pid, other, role, peer, state, data, address) = match self {
            Known::Negotiation(n) => {
                // An agreement counts from the moment it is final.
                let last = n.agreement.as_ref().filter(|_| n.state == State::Finalized);
                agreement = last.map(|a| made(app, a, n.peer_signature.clone())).transpose()?;
                (
                    n.pid(),
                    n.theirs(),
                    n.role,
                    &n.peer,
                    n.state.as_str(),
                    serde_json::to_string(n)?,
                    &n.address,
                )
            }
            Known::Transfer(t) => {
                kind = TRANSFER;
                // A provider keeps no secret of its own: only its hash is stored, and the message until it is delivered. Where the consumer wants data pushed
                // is kept while they may be, and by nobody once it is over.
                let mut kept = t.clone();
                let pushes = kept.format == PUSH && !kept.state.is_final();
                if kept.role == Role::Provider && kept.state != transfer::State::Requested && !pushes {
                    kept.data_address = None;
                }
                if kept.state.is_final() {
                    kept.data_address = None;
                }
                (
                    t.pid(),
                    t.theirs(),
                    t.role,
                    &t.peer,
                    t.state.as_str(),
                    serde_json::to_string(&kept)?,
                    &t.address,
                )
            }
        };
        Ok(Move {
            from: from.map(|x| (x.id, x.version)),
            kind,
            pid: pid.to_string(),
            other: other.to_string(),
            role: role.as_str(),
            peer: peer.clone(),
            state,
            data,
            posts: out.map(|o| post(app, address, o)).transpose()?.into_iter().collect(),
            agreement,
            key: None,
            why: why.to_string(),
        })
    }
}

impl Message {
    /// Its `@type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Message::Negotiation(m) => m.kind(),
            Message::Transfer(m) => m.kind(),
        }
    }

    /// The kind of exchange that it is about.
    fn about(&self) -> &'static str {
        match self {
            Message::Negotiation(_) => NEGOTIATION,
            Message::Transfer(_) => TRANSFER,
        }
    }
}

fn made(app: &App, agreement: &Policy, peer_signature: Option<String>) -> Result<NewAgreement> {
    Ok(NewAgreement {
        urn: agreement.id.clone(),
        dataset: agreement.target.clone().unwrap_or_default(),
        policy: serde_json::to_string(agreement)?,
        signature: signature(app, agreement)?,
        peer_signature,
    })
}

/// Writes a move and wakes whoever has to go on.
async fn write(app: &App, by: &Actor, to: &Move) -> store::Result<i64> {
    let id = app.store.move_exchange(by, app.clock.now(), to).await?;
    if to.kind == TRANSFER && to.state != "STARTED" {
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
    let Some(todo) = app.space.steward.next(app, &exchange).await? else {
        push::maybe(app, &exchange);
        return Ok(());
    };
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
    let to = match (Known::read(exchange)?, todo) {
        (Known::Negotiation(n), Todo::Negotiation(act)) => {
            let why = format!("{act:?}").chars().take(40).collect::<String>();
            let signs = matches!(act, Act::Agree { .. } | Act::Verify);
            let (after, mut out) = n.act(act, app.clock.now())?;
            // Both sides sign what they agree to: the provider with the agreement, the consumer with its verification.
            if let Some(agreement) = after.agreement.as_ref().filter(|_| signs) {
                out.body[SIGNATURE] = Value::String(signature(app, agreement)?);
            }
            Known::Negotiation(after).made_of(app, Some(exchange), Some(out), &why)?
        }
        (Known::Transfer(t), Todo::Transfer(act, secret)) => {
            let why = match &act {
                transfer::Act::Start(_) => "start",
                transfer::Act::Suspend(_) => "suspend",
                transfer::Act::Complete => "complete",
                transfer::Act::Terminate(_) => "terminate",
            };
            let (after, out) = t.act(act)?;
            let to = Known::Transfer(after).made_of(app, Some(exchange), Some(out), why)?;
            Move { key: secret, ..to }
        }
        _ => return Err(Refusal::Bad("state", "that is no act of this kind of exchange".into()).into()),
    };
    Ok(write(app, by, &to).await?)
}

/// Starts a negotiation as consumer.
///
/// # Errors
/// Only when the database fails.
pub async fn ask(app: &App, by: &Actor, (peer, address): (&str, &str), offer: Policy) -> Result<i64> {
    let (made, out) = Negotiation::request(&new_id()?, peer, address, offer, &app.space.endpoint());
    let to = Known::Negotiation(made).made_of(app, None, Some(out), "request")?;
    Ok(write(app, by, &to).await?)
}

/// Starts a transfer as consumer; data are fetched by us.
///
/// # Errors
/// Only when the database fails.
pub async fn fetch(app: &App, by: &Actor, to: (&str, &str), agreement: (&str, &str)) -> Result<i64> {
    let (made, out) = Transfer::request(&new_id()?, to, agreement, None, &app.space.endpoint());
    let to = Known::Transfer(made).made_of(app, None, Some(out), "request")?;
    Ok(write(app, by, &to).await?)
}

/// Starts a transfer as consumer; the provider pushes the data into our inbox, stating this purpose and region for us.
///
/// # Errors
/// Only when the database fails.
pub async fn ask_push(
    app: &App,
    by: &Actor,
    to: (&str, &str),
    agreement: &str,
    (purpose, region): (&str, &str),
) -> Result<i64> {
    let pid = new_id()?;
    let secret = crate::web::session::random::<32>()?.to_vec();
    let endpoint = format!("{}{INBOX}/{pid}", app.space.address());
    let mut address = DataAddress::http(&endpoint, &crate::web::session::hex(&secret));
    for (name, value) in [("purpose", purpose), ("region", region)] {
        if !value.trim().is_empty() {
            address.endpoint_properties.push(EndpointProperty {
                kind: "EndpointProperty".into(),
                name: name.into(),
                value: value.trim().into(),
            });
        }
    }
    let (mut made, out) =
        Transfer::request(&pid, to, (agreement, PUSH), Some(address), &app.space.endpoint());
    // Ours is known by its hash; the message holds it until it is delivered.
    made.data_address = None;
    let to = Known::Transfer(made).made_of(app, None, Some(out), "request")?;
    Ok(write(app, by, &Move { key: Some(secret), ..to }).await?)
}

/// A peer's first message of an exchange, already read: keeps what `make` makes of it under our new name; one that comes again finds what is there.
///
/// # Errors
/// [`Stop::Refused`] as the protocol says.
pub async fn open(
    app: &App,
    kind: &'static str,
    (peer, other): (&str, &str),
    make: impl FnOnce(&str) -> Result<Known, Refusal>,
) -> Result<Value, Stop> {
    if let Some(there) = app.store.exchange_by_other(kind, peer, other).await? {
        return Ok(Known::read(&there)?.ack());
    }
    let made = make(&new_id()?)?;
    let why = if kind == TRANSFER { "request" } else { "first message" };
    match write(app, &Actor::System, &made.made_of(app, None, None, why)?).await {
        Ok(_) => Ok(made.ack()),
        // The same message came twice at once: the other was faster.
        Err(Error::Taken { .. }) => match app.store.exchange_by_other(kind, peer, other).await? {
            Some(there) => Ok(Known::read(&there)?.ack()),
            None => Err(Refusal::Bad("taken", "an exchange of that name is there".into()).into()),
        },
        Err(error) => Err(error.into()),
    }
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
    Ok(Known::read(&of_peer(app, kind, pid, peer).await?)?.ack())
}

/// A peer's message about an exchange of its: the acknowledgement.
///
/// # Errors
/// [`Stop::Refused`] as the protocol says.
pub async fn receive(
    app: &App,
    (peer, pid): (&str, &str),
    message: Message,
    id: Option<&str>,
) -> Result<Value, Stop> {
    let (kind, why) = (message.about(), message.kind());
    for _ in 0..TRIES {
        let exchange = of_peer(app, kind, pid, peer).await?;
        let before = Known::read(&exchange)?;
        let Some(after) = before.after(message.clone(), id)? else { return Ok(before.ack()) };
        peer_signed(app, peer, &after).await?;
        match write(app, &Actor::System, &after.made_of(app, Some(&exchange), None, why)?).await {
            Ok(_) => return Ok(after.ack()),
            Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::Failed(anyhow!("{kind} {pid} moved too often")))
}

/// Takes over what the peer's own state settles, and ends what has parted the two for good; whether anything changed.
///
/// # Errors
/// Only when the database fails.
pub async fn settle(app: &App, by: &Actor, id: i64, theirs: &str) -> Result<bool> {
    for _ in 0..TRIES {
        let Some(exchange) = app.store.exchange_by_id(id).await? else { return Ok(false) };
        let known = Known::read(&exchange)?;
        let to = match known.settled(theirs) {
            Some(after) => after.made_of(app, Some(&exchange), None, "settled by the peer's state")?,
            None => {
                let Some((after, out)) = ended(app, &exchange, &known, theirs).await? else {
                    return Ok(false);
                };
                after.made_of(app, Some(&exchange), Some(out), "the two had parted")?
            }
        };
        match write(app, by, &to).await {
            Ok(_) => return Ok(true),
            Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(anyhow!("exchange {id} moved too often"))
}

/// The end of a negotiation that has parted the two, when nothing of ours is on its way to the peer.
async fn ended(
    app: &App,
    exchange: &Exchange,
    known: &Known,
    theirs: &str,
) -> Result<Option<(Known, Outgoing)>> {
    let Known::Negotiation(n) = known else { return Ok(None) };
    let Ok(theirs) = serde_json::from_value::<State>(Value::String(theirs.to_string())) else {
        return Ok(None);
    };
    if !n.parted(theirs) || app.store.posts_of(exchange.id).await?.iter().any(Post::waits) {
        return Ok(None);
    }
    let why = "双方状态不一致，终止后可重新协商 (the two sides no longer stand at the same; negotiate anew)";
    let done = n.act(Act::Terminate(why.into()), app.clock.now());
    Ok(done.ok().map(|(after, out)| (Known::Negotiation(after), out)))
}

/// The keys of a participant: of one that we registered, or that a partner zone vouches for.
///
/// # Errors
/// Only when the database fails.
pub async fn keys_of(app: &App, did: &str) -> Result<Vec<String>> {
    Ok(match app.store.peer(did).await? {
        Some(peer) => peer.keys,
        None => crate::cooperation::trust::vouched_for(app, did).await?.map(|m| m.keys).unwrap_or_default(),
    })
}

/// Refuses a signature that is not the peer's over the agreement. A peer that signs nothing (the protocol does not ask it) is not refused.
async fn peer_signed(app: &App, peer: &str, after: &Known) -> Result<(), Stop> {
    let Known::Negotiation(n) = after else { return Ok(()) };
    let fresh = matches!(n.state, State::Agreed | State::Verified);
    let (Some(agreement), Some(signature)) = (&n.agreement, n.peer_signature.as_ref().filter(|_| fresh))
    else {
        return Ok(());
    };
    let json = serde_json::to_value(agreement).map_err(anyhow::Error::new)?;
    let keys = keys_of(app, peer).await?;
    if keys.iter().any(|key| agreement_signed(key, &json, signature)) {
        return Ok(());
    }
    Err(Refusal::Bad("signature", "the signature over the agreement is not that of a key of yours".into())
        .into())
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
        let mut known = Known::read(&exchange)?;
        known.learn(&provider, &consumer);
        let to = known.made_of(app, Some(&exchange), None, "acknowledged")?;
        match write(app, &Actor::System, &to).await {
            Ok(_) => return Ok(()),
            Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(anyhow!("exchange {id} moved too often"))
}
