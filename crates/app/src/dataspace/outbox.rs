//! Sending: one worker, woken when something is to be sent, which tries each message until the peer has it or it is given up. What the peer answered
//! stands with the message, so that nothing is silently stuck.

use super::{NAME, flow};
use crate::app::App;
use anyhow::{Context as _, Result};
use axum::http::header;
use dataspace::join;
use dataspace::message::{self, ack};
use domain::limits;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;
use store::Actor;
use store::dataspace::exchange::{Exchange, Post, Tried};

/// Starts the worker, which first takes up what a stop or a crash left behind.
pub fn spawn(app: App) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        resume(&app).await;
        loop {
            let wait = match round(&app).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the outbox of the data space failed");
                    Duration::from_secs(5)
                }
            };
            tokio::select! {
                () = app.space.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    })
}

/// Asks the steward about everything that is not final.
async fn resume(app: &App) {
    let mut after = 0;
    loop {
        match app.store.open_exchanges(after).await {
            Ok(ids) if ids.is_empty() => return,
            Ok(ids) => {
                ids.iter().for_each(|id| flow::follow(app, *id));
                after = ids.last().copied().unwrap_or(after);
            }
            Err(error) => return tracing::error!(%error, "the data space could not be taken up"),
        }
    }
}

/// Tries everything that is due; how long to wait then.
async fn round(app: &App) -> Result<Duration> {
    loop {
        let due = app.store.due_posts(app.clock.now()).await?;
        if due.is_empty() {
            break;
        }
        let sent = due.iter().map(|post| send(app, post));
        for outcome in futures_util::future::join_all(sent).await {
            outcome?;
        }
    }
    let next = app.store.next_post().await?;
    let until = next.map_or(SignedDuration::from_secs(30), |at| at.duration_since(app.clock.now()));
    let wait = until.clamp(SignedDuration::from_millis(20), SignedDuration::from_secs(30));
    Ok(Duration::try_from(wait).unwrap_or(Duration::from_secs(1)))
}

/// Tries one message.
async fn send(app: &App, post: &Post) -> Result<()> {
    let Some(exchange) = app.store.exchange_by_id(post.exchange).await? else { return Ok(()) };
    let now = app.clock.now();
    let again = |tries: i64| {
        if tries + 1 >= limits::DS_TRIES { Tried::GivenUp } else { Tried::Again(later(now, tries)) }
    };
    let answered = deliver(app, &exchange, post).await;
    let mut theirs = None;
    let (status, said, outcome) = match answered {
        Ok((status @ 200..=299, body)) => {
            if exchange.other.is_empty()
                && let Ok(answer) = serde_json::from_slice::<Value>(&body)
            {
                flow::learn(app, exchange.id, &answer).await?;
            }
            (Some(i64::from(status)), String::new(), Tried::Done)
        }
        Ok((status, body)) => {
            let said = words(&body);
            // 400 and its like stay as they are; but the answer to an earlier try may have been lost.
            let final_no = (400..500).contains(&status) && !matches!(status, 404 | 408 | 409 | 425 | 429);
            let outcome = if final_no {
                let stands = peer_state(app, &exchange, &post.address).await;
                let leads_to =
                    serde_json::from_str::<Value>(&post.body).ok().and_then(|v| message::leads_to(&v));
                if stands.is_some() && stands.as_deref() == leads_to {
                    Tried::Done
                } else {
                    theirs = stands;
                    Tried::GivenUp
                }
            } else {
                again(post.tries)
            };
            (Some(i64::from(status)), said, outcome)
        }
        Err(error) => (None, format!("{error:#}"), again(post.tries)),
    };
    if outcome == Tried::GivenUp {
        tracing::warn!(
            peer = exchange.peer,
            path = post.path,
            status,
            said,
            "a message of the data space was given up"
        );
    }
    app.store.post_tried(app.clock.now(), post.id, (status, &said), outcome).await?;
    // A peer that refuses for good and stands elsewhere: its state may be the end of ours.
    if let Some(theirs) = theirs {
        flow::settle(app, &Actor::System, exchange.id, &theirs).await?;
    }
    Ok(())
}

/// When a message is tried again: from a fifth of a second doubled each time, up to five minutes, and up to a quarter more at random.
fn later(now: Timestamp, tries: i64) -> Timestamp {
    let base = 200i64.saturating_mul(1 << tries.clamp(0, 20)).min(300_000);
    let byte = crate::web::session::random::<1>().map_or(0, |b| b[0]);
    let jitter = base * i64::from(byte) / 1_024;
    now.checked_add(SignedDuration::from_millis(base + jitter)).unwrap_or(now)
}

async fn deliver(app: &App, exchange: &Exchange, post: &Post) -> Result<(u16, Vec<u8>)> {
    let body = post.body.clone().into_bytes();
    let pass = app.space.gate.pass(app, &exchange.peer, &body)?;
    let request = app
        .space
        .client()?
        .post(join(&post.address, &post.path))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, pass)
        .header(NAME, &post.name)
        .body(body);
    let response = request.send().await.context("the peer cannot be reached")?;
    let status = response.status().as_u16();
    Ok((status, bounded(response, dataspace::MESSAGE_BYTES).await?))
}

/// A body, as long as it is not longer than `most`.
///
/// # Errors
/// A body that is longer, or that breaks off.
pub async fn bounded(mut response: reqwest::Response, most: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.context("the answer broke off")? {
        anyhow::ensure!(body.len() + part.len() <= most, "the answer is longer than {most} bytes");
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// What an answer says, for people.
fn words(body: &[u8]) -> String {
    let read: Option<String> = serde_json::from_slice::<Value>(body).ok().and_then(|v| ack::read_error(&v));
    read.unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(limits::DS_SAID_CHARS).collect())
}

/// The state in which the peer says that an exchange is; `None` while it does not say.
pub async fn peer_state(app: &App, exchange: &Exchange, address: &str) -> Option<String> {
    if exchange.other.is_empty() {
        return None;
    }
    let folder = if exchange.kind == flow::TRANSFER { "transfers" } else { "negotiations" };
    let path = format!("/{folder}/{}", dataspace::segment(&exchange.other));
    let (status, body) = ask(app, &exchange.peer, &join(address, &path)).await.ok()?;
    let value = serde_json::from_slice::<Value>(&body).ok().filter(|_| (200..300).contains(&status))?;
    Some(ack::read_state(&value)?.2)
}

/// Asks a peer something: status and body.
///
/// # Errors
/// A peer that cannot be reached, or answers too much.
async fn ask(app: &App, peer: &str, address: &str) -> Result<(u16, Vec<u8>)> {
    let pass = app.space.gate.pass(app, peer, b"")?;
    let request = app.space.client()?.get(address).header(header::AUTHORIZATION, pass);
    let response = request.send().await.context("the peer cannot be reached")?;
    let status = response.status().as_u16();
    Ok((status, bounded(response, limits::DS_ANSWER_BYTES).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |tries| later(now, tries).duration_since(now).as_millis();
        assert!((200..=250).contains(&wait(0)) && (1_600..=2_000).contains(&wait(3)));
        assert!((300_000..=375_000).contains(&wait(40)));
    }
}
