//! Trust lists: `GET /.well-known/landfall-trust.json` serves ours, signed; partners' lists are brought, checked against the keys that we know of the
//! partner, and kept. `GET /cooperation/trust` shows both.

use super::frameworks;
use crate::app::App;
use crate::clock::shown;
use crate::dataspace::outbox::bounded;
use crate::dataspace::{page, peer};
use crate::inventory::list::{Tab, tabs_at};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use anyhow::Context as _;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use dataspace::identity::trust::{FORMAT, LIFE, Member, Standing, TrustList};
use domain::company::Uscc;
use domain::inventory::Kind;
use domain::role::Action;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use store::Actor;
use store::dataspace::Peer;

/// Where lists are served.
pub const PATH: &str = "/.well-known/landfall-trust.json";
/// The most bytes of a list.
const BYTES: usize = 4 << 20;
/// A list of ours is signed anew when so much of its life is over.
const RENEW: SignedDuration = SignedDuration::from_hours(24);
/// A partner's list is asked for again after so long, or at once when it ends.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

#[derive(Template)]
#[template(path = "cooperation/trust.html")]
struct TrustPage {
    p: Chrome,
    tabs: Vec<Tab>,
    may: bool,
    number: i64,
    issued: String,
    expires: String,
    address: String,
    members: Vec<MemberRow>,
    choices: Vec<(i64, String)>,
    lists: Vec<ListRow>,
}

struct MemberRow {
    id: i64,
    name: String,
    did: String,
    uscc: String,
    since: String,
}

struct ListRow {
    name: String,
    issuer: String,
    number: i64,
    expires: String,
    standing: (&'static str, &'static str, &'static str),
    members: Vec<(String, String, String, bool)>,
}

/// What is typed of a participant.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    peer: String,
    uscc: String,
}

/// `GET /.well-known/landfall-trust.json`
pub async fn document(State(app): State<App>) -> Response {
    let made = async {
        let list = ours(&app).await?;
        anyhow::Ok(list.signed(app.space.key()?).map_err(|f| anyhow::anyhow!("{f}"))?.to_string())
    };
    match made.await {
        Ok(body) => (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the trust list could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Our list as it stands: the one that was signed last, or a new one when its participants changed or its end comes near.
///
/// # Errors
/// The store fails.
pub async fn ours(app: &App) -> anyhow::Result<TrustList> {
    let (did, now) = (app.space.did(), app.clock.now());
    let zone = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    let members: Vec<Member> = app
        .store
        .vouched()
        .await?
        .into_iter()
        .map(|v| Member { did: v.did, name: v.name, uscc: v.uscc, address: v.address, keys: v.keys })
        .collect();
    let last = app.store.trust_lists().await?.into_iter().find(|l| l.issuer == did);
    let last: Option<TrustList> =
        last.map(|l| serde_json::from_str(&l.body)).transpose().context("trust_list.body")?;
    let holds = |l: &TrustList| {
        l.members == members && l.name == zone.name && l.expires.duration_since(now) > LIFE - RENEW
    };
    if let Some(last) = last.as_ref().filter(|l| holds(l)) {
        return Ok(last.clone());
    }
    let list = TrustList {
        format: FORMAT.into(),
        issuer: did.clone(),
        name: zone.name,
        number: last.map_or(1, |l| l.number + 1),
        issued: now,
        expires: now.checked_add(LIFE)?,
        members,
    };
    let body = serde_json::to_string(&list)?;
    // Two that sign at once: the one that was slower serves what the faster one wrote.
    if app.store.save_trust_list(&Actor::System, now, (&did, list.number, &body)).await? {
        return Ok(list);
    }
    let there = app.store.trust_lists().await?.into_iter().find(|l| l.issuer == did);
    serde_json::from_str(&there.context("the list is gone")?.body).context("trust_list.body")
}

/// Brings a partner's list, when the one that we have is old or none.
///
/// # Errors
/// It cannot be reached, or is not what its issuer signed.
pub async fn bring(app: &App, peer: &Peer) -> anyhow::Result<()> {
    let now = app.clock.now();
    let kept = app.store.trust_lists().await?.into_iter().find(|l| l.issuer == peer.did);
    if let Some(kept) = &kept {
        let list: TrustList = serde_json::from_str(&kept.body).context("trust_list.body")?;
        let fresh = now.duration_since(kept.kept.max(list.issued)) < AGAIN;
        let age = app.space.errands.last_list(&peer.did).is_some_and(|at| now.duration_since(at) < AGAIN);
        if list.standing(now) == Standing::Valid && (fresh || age) {
            return Ok(());
        }
    }
    let address =
        dataspace::identity::did::document_address(&peer.did).context("the partner is no did:web")?;
    let address = address.replace("/.well-known/did.json", PATH);
    let response = app.space.client()?.get(&address).send().await.context("the partner cannot be reached")?;
    anyhow::ensure!(response.status().is_success(), "the trust list: {}", response.status().as_u16());
    let body = bounded(response, BYTES).await?;
    let value: Value = serde_json::from_slice(&body).context("the trust list is no JSON")?;
    let list = TrustList::read(value, &peer.did, &peer.keys)
        .map_err(|f| anyhow::anyhow!("the partner's trust list: {f}"))?;
    anyhow::ensure!(list.standing(now) != Standing::Over, "the partner's trust list has ended");
    let body = serde_json::to_string(&list)?;
    app.store.save_trust_list(&Actor::System, now, (&peer.did, list.number, &body)).await?;
    app.space.errands.had_list(&peer.did, now);
    Ok(())
}

/// The participant of a name that a partner in force vouches for, while its list counts.
///
/// # Errors
/// The store fails.
pub async fn vouched_for(app: &App, did: &str) -> anyhow::Result<Option<Member>> {
    let all = frameworks(app).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let partners: Vec<&str> = all.iter().filter_map(|f| f.speaks_with()).map(|p| p.did.as_str()).collect();
    if partners.is_empty() {
        return Ok(None);
    }
    for kept in app.store.trust_lists().await? {
        if partners.contains(&kept.issuer.as_str()) {
            let list: TrustList = serde_json::from_str(&kept.body).context("trust_list.body")?;
            if let Some(member) = list.member(did, app.clock.now()) {
                return Ok(Some(member.clone()));
            }
        }
    }
    Ok(None)
}

/// `GET /cooperation/trust`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let own = ours(&app).await?;
    let peers = app.store.peers().await?;
    let known: BTreeMap<&str, &str> = peers.iter().map(|p| (p.did.as_str(), p.name.as_str())).collect();
    let members = app.store.vouched().await?;
    let now = app.clock.now();
    let mut lists = Vec::new();
    for kept in app.store.trust_lists().await? {
        if kept.issuer == own.issuer {
            continue;
        }
        let list: TrustList =
            serde_json::from_str(&kept.body).map_err(|e| anyhow::Error::new(e).context("trust_list.body"))?;
        lists.push(ListRow {
            standing: match list.standing(now) {
                Standing::Valid => ("done", "●", signed.t("有效", "valid")),
                Standing::Grace => ("open", "▲", signed.t("已到期，宽限中", "ended, in its days of grace")),
                Standing::Over => ("out", "■", signed.t("已失效", "over")),
            },
            members: list
                .members
                .iter()
                .map(|m| {
                    let there = known.contains_key(m.did.as_str());
                    (m.name.clone(), m.did.clone(), m.uscc.clone(), there)
                })
                .collect(),
            expires: shown(list.expires),
            name: list.name,
            issuer: list.issuer,
            number: list.number,
        });
    }
    let free = |p: &&Peer| members.iter().all(|m| m.did != p.did);
    render(&TrustPage {
        p: Chrome::of(&signed, Nav::Cooperation),
        tabs: tabs_at(Kind::Cooperation, "/cooperation/trust", signed.prefs.lang),
        may: signed.may(Action::ShareData),
        number: own.number,
        issued: shown(own.issued),
        expires: shown(own.expires),
        address: page::bare(&format!("{}{PATH}", app.space.address())),
        choices: peers.iter().filter(free).map(|p| (p.id, p.name.clone())).collect(),
        members: members
            .into_iter()
            .map(|m| MemberRow { id: m.id, name: m.name, did: m.did, uscc: m.uscc, since: shown(m.created) })
            .collect(),
        lists,
    })
}

/// `POST /cooperation/trust`: vouches for a registered peer, with the keys that its identity document has now.
pub async fn add(State(app): State<App>, signed: Signed, Checked(typed): Checked<Typed>) -> Result<Redirect> {
    let back = |e: WebError| e.next("/cooperation/trust", "返回", "Back");
    let peers = app.store.peers().await?;
    let found = peers.into_iter().find(|p| p.id.to_string() == typed.peer.trim());
    let found = found.ok_or_else(|| {
        back(WebError::bad_request("请选择已登记的伙伴。", "Choose a peer that is registered."))
    })?;
    let code = typed.uscc.trim();
    if !code.is_empty()
        && let Err(error) = Uscc::parse(code)
    {
        return Err(back(WebError::bad_request(
            format!("统一社会信用代码：{error}。没有代码可以留空。"),
            format!("Credit code: {error}. Leave it empty where there is none."),
        )));
    }
    let document = dataspace::identity::did::document_address(&found.did).unwrap_or_default();
    let read = peer::read_document(&app, &document, &found.did).await;
    let (keys, address) = read.map_err(|error| {
        back(WebError::bad_request(
            format!("读不到对方的身份文件：{error:#}。请确认对方正在运行。"),
            format!("The identity document cannot be read: {error:#}. See that it is running."),
        ))
    })?;
    let said = (found.did.as_str(), found.name.as_str(), code, address.as_str());
    app.store.vouch(&signed.actor(), app.clock.now(), said, &keys).await?;
    Ok(Redirect::to("/cooperation/trust"))
}

/// `POST /cooperation/trust/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    app.store.strike(&signed.actor(), app.clock.now(), id).await?;
    Ok(Redirect::to("/cooperation/trust"))
}
