//! One negotiation or transfer: its state, every message with what the peer answered, what a person may do, and reading the data.

use super::flow::{self, Known, NEGOTIATION, Stop, TRANSFER};
use super::outbox::peer_state;
use super::page::{role, size, state, terms};
use super::steward::Todo;
use super::take::{Taking, stated};
use crate::app::App;
use crate::clock::shown;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use dataspace::Refusal;
use dataspace::negotiation::{Act, State as NegotiationState};
use dataspace::transfer::{Act as TransferAct, State as TransferState};
use domain::role::Action;
use futures_util::stream;
use serde::Deserialize;
use serde_json::Value;
use std::sync::atomic::Ordering;
use store::dataspace::exchange::{Exchange, Post};

#[derive(Template)]
#[template(path = "dataspace/exchange.html")]
struct ExchangePage {
    p: Chrome,
    id: i64,
    kind: &'static str,
    peer: String,
    role: &'static str,
    state: (&'static str, &'static str, String),
    pid: String,
    other: String,
    changed: String,
    terms: Vec<String>,
    reason: Option<String>,
    acts: Vec<(&'static str, &'static str)>,
    readable: bool,
    copies: Vec<CopyRow>,
    taking: Option<TakingRow>,
    may_export: bool,
    posts: Vec<PostRow>,
    moving: bool,
    /// Whether a message was given up that may be tried again.
    stuck: bool,
    /// Whether the peer may be asked where it stands.
    askable: bool,
    answered: Option<String>,
}

/// A copy of the data that is here, or was.
struct CopyRow {
    id: i64,
    when: String,
    size: String,
    media: String,
    sha256: String,
    ended: Option<(String, String)>,
}

/// A fetch under way, or how the last one failed.
struct TakingRow {
    under_way: bool,
    got: String,
    whole: String,
    percent: u64,
    fault: Option<String>,
}

struct PostRow {
    what: String,
    state: (&'static str, &'static str, &'static str),
    said: String,
    tries: i64,
    when: String,
}

/// What a person does.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    act: String,
    said: String,
    purpose: String,
    region: String,
}

/// What a refusal or failure tells a reader.
pub(super) fn told(stop: Stop, back: &str) -> WebError {
    match stop {
        Stop::Refused(Refusal::Unknown) => {
            WebError::not_found("没有这个流程。", "There is no such exchange.")
        }
        Stop::Refused(Refusal::Bad(_, why)) => WebError::bad_request(
            format!("协议不允许：{why}"),
            format!("The protocol does not allow it: {why}"),
        )
        .next(back.to_string(), "返回", "Back"),
        Stop::Failed(error) => error.into(),
    }
}

/// The exchange of a number.
///
/// # Errors
/// 404 with the way to the page of the data space.
pub async fn find(app: &App, id: i64) -> Result<Exchange> {
    let found = app.store.exchange_by_id(id).await?;
    found.ok_or_else(|| {
        WebError::not_found("没有这个流程。", "There is no such exchange.").next(
            "/dataspace",
            "数据空间",
            "Data space",
        )
    })
}

/// `GET /dataspace/exchanges/{id}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(typed): Query<Typed>,
) -> Page {
    let exchange = find(&app, id).await?;
    let lang = signed.prefs.lang;
    let peer = app.store.peer(&exchange.peer).await?.map_or(exchange.peer.clone(), |p| p.name);
    let posts = app.store.posts_of(id).await?;
    let may = signed.may(Action::ShareData);
    let asked = !exchange.other.is_empty();
    let (said, reason, acts, readable) = look(&exchange, lang)?;
    let moving = posts.iter().any(Post::waits);
    let over = matches!(exchange.state.as_str(), "FINALIZED" | "TERMINATED" | "COMPLETED");
    let answered = match typed.said.as_str() {
        "" => None,
        "silent" => Some(lang.t("对方没有说明状态。", "The peer does not say where it stands.").to_string()),
        word => Some(format!("{} {}", lang.t("对方的状态是", "The peer stands at"), state(word, lang).2)),
    };
    render(&ExchangePage {
        p: Chrome::of(&signed, Nav::Dataspace),
        id,
        kind: if exchange.kind == TRANSFER {
            lang.t("传输", "Transfer")
        } else {
            lang.t("协商", "Negotiation")
        },
        peer,
        role: role(&exchange.role, lang),
        state: state(&exchange.state, lang),
        pid: exchange.pid,
        other: exchange.other,
        changed: shown(exchange.changed),
        terms: said,
        reason,
        acts: if may { acts } else { Vec::new() },
        readable: readable && may,
        copies: app.store.copies_of(id).await?.into_iter().map(copy_row).collect(),
        taking: app.space.takings.of(id).and_then(|t| taking_row(&t)),
        may_export: signed.may(Action::Export),
        posts: posts.iter().map(|p| row(p, lang)).collect(),
        stuck: may && !over && !moving && posts.last().is_some_and(|p| p.failed.is_some()),
        askable: may && !over && asked,
        answered,
        moving,
    })
}

fn copy_row(c: store::dataspace::delivery::Copy) -> CopyRow {
    CopyRow {
        id: c.id,
        when: shown(c.created),
        size: size(c.bytes),
        media: c.media,
        sha256: c.sha256,
        ended: c.ended.map(|(at, why)| (shown(at), why)),
    }
}

fn taking_row(t: &Taking) -> Option<TakingRow> {
    let (got, whole) = (t.got.load(Ordering::Relaxed), t.whole.load(Ordering::Relaxed));
    let fault = t.fault();
    // A fetch that ended well shows as a copy.
    if t.over() && fault.is_none() {
        return None;
    }
    let bytes = |n: u64| size(i64::try_from(n).unwrap_or(i64::MAX));
    Some(TakingRow {
        under_way: !t.over(),
        got: bytes(got),
        whole: if whole == 0 { "?".into() } else { bytes(whole) },
        percent: (got * 100).checked_div(whole).unwrap_or(0).min(100),
        fault,
    })
}

type Look = (Vec<String>, Option<String>, Vec<(&'static str, &'static str)>, bool);

/// Terms, reason, what may be done, and whether data can be read.
fn look(exchange: &Exchange, lang: crate::text::Lang) -> anyhow::Result<Look> {
    let mut acts = Vec::new();
    let end = ("terminate", lang.t("终止", "Terminate"));
    let n = match Known::read(exchange)? {
        Known::Negotiation(n) => n,
        Known::Transfer(t) => {
            match t.state {
                TransferState::Started => {
                    acts.push(("suspend", lang.t("暂停", "Suspend")));
                    acts.push(("complete", lang.t("完成", "Complete")));
                }
                TransferState::Suspended => acts.push(("start", lang.t("继续", "Go on"))),
                _ => {}
            }
            if !t.state.is_final() {
                acts.push(end);
            }
            let readable = t.role == dataspace::Role::Consumer
                && t.state == TransferState::Started
                && t.data_address.is_some();
            return Ok((Vec::new(), t.reason, acts, readable));
        }
    };
    if n.role == dataspace::Role::Consumer && n.state == NegotiationState::Offered {
        acts.push(("accept", lang.t("接受对方条件", "Accept their terms")));
    }
    // Whoever has verified waits for the provider's last word.
    let bound = n.role == dataspace::Role::Consumer && n.state == NegotiationState::Verified;
    if !n.state.is_final() && !bound {
        acts.push(end);
    }
    let said = terms(&serde_json::to_string(&n.offer)?, lang);
    Ok((said, n.reason, acts, false))
}

fn row(post: &Post, lang: crate::text::Lang) -> PostRow {
    let status = post.status.map(|s| format!("{s} ")).unwrap_or_default();
    let (state, when) = match (post.done, post.failed) {
        (Some(at), _) => (("done", "●", lang.t("已送达", "delivered")), shown(at)),
        (_, Some(at)) => (("out", "■", lang.t("放弃", "given up")), shown(at)),
        _ => (("open", "▲", lang.t("待送", "to be sent")), shown(post.next)),
    };
    let said = post.said.clone().unwrap_or_default();
    PostRow { what: post.path.clone(), state, said: format!("{status}{said}"), tries: post.tries, when }
}

/// `POST /dataspace/exchanges/{id}`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
) -> Result<Redirect> {
    let exchange = find(&app, id).await?;
    let back = format!("/dataspace/exchanges/{id}");
    let why = || "由操作员终止 (ended by an operator)".to_string();
    match typed.act.as_str() {
        // What was given up goes out again, from the first try on.
        "again" => {
            app.store.try_again(&signed.actor(), app.clock.now(), id).await?;
            app.space.wake.notify_one();
            return Ok(Redirect::to(&back));
        }
        // Where does the peer stand? What that settles is taken over.
        "ask" => {
            let address = Known::read(&exchange)?.address().to_string();
            let Some(theirs) = peer_state(&app, &exchange, &address).await else {
                return Ok(Redirect::to(&format!("{back}?said=silent")));
            };
            flow::settle(&app, &signed.actor(), id, &theirs).await?;
            return Ok(Redirect::to(&format!("{back}?said={}", encode(&theirs))));
        }
        _ => {}
    }
    let todo = match (exchange.kind.as_str(), typed.act.as_str()) {
        (NEGOTIATION, "accept") => Todo::Negotiation(Act::Accept),
        (NEGOTIATION, "terminate") => Todo::Negotiation(Act::Terminate(why())),
        (TRANSFER, "terminate") => Todo::Transfer(TransferAct::Terminate(why()), None),
        (TRANSFER, "suspend") => {
            Todo::Transfer(TransferAct::Suspend("由操作员暂停 (suspended by an operator)".into()), None)
        }
        (TRANSFER, "complete") => Todo::Transfer(TransferAct::Complete, None),
        (TRANSFER, "start") => Todo::Transfer(TransferAct::Start(None), None),
        _ => {
            return Err(
                WebError::bad_request("没有这个操作。", "There is no such act.").next(back, "返回", "Back")
            );
        }
    };
    flow::act_on(&app, &signed.actor(), &exchange, todo).await.map_err(|stop| told(stop, &back))?;
    Ok(Redirect::to(&back))
}

/// `POST /dataspace/exchanges/{id}/read`: fetches the data of a transfer and hands them to the reader as they come; a refusal is shown with its reason.
pub async fn read(
    State(app): State<App>,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
) -> Result<Response> {
    let back = format!("/dataspace/exchanges/{id}");
    let exchange = find(&app, id).await?;
    let t = Known::transfer(&exchange)?;
    let address = t.data_address.filter(|_| exchange.role == "consumer");
    let reached =
        address.as_ref().and_then(|a| Some((a.endpoint.clone()?, a.property("authorization")?.to_string())));
    let Some((endpoint, secret)) = reached else {
        return Err(WebError::bad_request(
            "传输还没有开始，没有数据地址。",
            "The transfer has not started: there is no address of data.",
        )
        .next(back, "返回", "Back"));
    };
    let address = stated(&endpoint, &typed.purpose, &typed.region);
    let request = app.space.client()?.get(address).header(header::AUTHORIZATION, format!("Bearer {secret}"));
    let response = request.send().await.map_err(|error| {
        WebError::bad_request(format!("连不上对方：{error}"), format!("The peer cannot be reached: {error}"))
            .next(back.clone(), "返回", "Back")
    })?;
    let status = response.status();
    if !status.is_success() {
        let body = super::outbox::bounded(response, dataspace::MESSAGE_BYTES).await?;
        let said = serde_json::from_slice::<Value>(&body).ok();
        let of = |lang: &str| {
            let text = said.as_ref().and_then(|v| v.get("error")?.get(lang)?.as_str().map(str::to_string));
            text.unwrap_or_else(|| format!("HTTP {}", status.as_u16()))
        };
        return Err(WebError::forbidden(
            format!("对方没有给出数据：{}", of("zh")),
            format!("The peer did not give the data: {}", of("en")),
        )
        .next(back, "返回", "Back"));
    }
    let kind = response.headers().get(header::CONTENT_TYPE).cloned();
    let body = stream::unfold(response, async |mut response| match response.chunk().await {
        Ok(Some(part)) => Some((Ok(part), response)),
        Ok(None) => None,
        Err(error) => Some((Err(std::io::Error::other(error)), response)),
    });
    let mut out = Body::from_stream(body).into_response();
    out.headers_mut()
        .insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    out.headers_mut()
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"data\""));
    Ok(out)
}
