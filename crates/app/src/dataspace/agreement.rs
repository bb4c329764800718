//! One agreement: its terms, every use, a transfer under it, and its revocation.

use super::page::{role, size, terms};
use super::{PULL, flow};
use crate::app::App;
use crate::clock::shown;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::role::Action;
use serde::Deserialize;
use store::dataspace::usage::Agreement;

#[derive(Template)]
#[template(path = "dataspace/agreement.html")]
struct AgreementPage {
    p: Chrome,
    id: i64,
    urn: String,
    dataset: String,
    peer: String,
    role: &'static str,
    made: String,
    ended: Option<(String, String)>,
    terms: Vec<String>,
    signature: String,
    uses: Vec<UseRow>,
    may: bool,
    provider: bool,
}

struct UseRow {
    at: String,
    purpose: String,
    allowed: bool,
    said: String,
    bytes: String,
}

/// Why it is revoked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    why: String,
}

async fn find(app: &App, id: i64) -> Result<Agreement> {
    let found = app.store.ds_agreement_by_id(id).await?;
    found.ok_or_else(|| {
        WebError::not_found("没有这个合约。", "There is no such agreement.").next(
            "/dataspace",
            "数据空间",
            "Data space",
        )
    })
}

/// `GET /dataspace/agreements/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let a = find(&app, id).await?;
    let lang = signed.prefs.lang;
    let dataset = app.store.asset(&a.dataset).await?.map_or(a.dataset.clone(), |d| d.title);
    let uses = app.store.uses_of(id).await?;
    render(&AgreementPage {
        p: Chrome::of(&signed, Nav::Dataspace),
        id,
        dataset,
        peer: app.store.peer(&a.peer).await?.map_or(a.peer.clone(), |p| p.name),
        role: role(&a.role, lang),
        made: shown(a.created),
        ended: a.ended.as_ref().map(|(at, why)| (shown(*at), why.clone())),
        terms: terms(&a.policy, lang),
        signature: a.signature.clone(),
        uses: uses
            .into_iter()
            .map(|u| UseRow {
                at: shown(u.at),
                purpose: u.purpose.unwrap_or_else(|| "—".into()),
                allowed: u.allowed,
                said: u.said,
                bytes: size(u.bytes),
            })
            .collect(),
        may: signed.may(Action::ShareData),
        provider: a.role == "provider",
        urn: a.urn,
    })
}

/// `POST /dataspace/agreements/{id}/transfer`: a consumer asks for the data.
pub async fn transfer(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    let a = find(&app, id).await?;
    let back = format!("/dataspace/agreements/{id}");
    let peer = app.store.peer(&a.peer).await?.filter(|_| a.role == "consumer" && a.ended.is_none());
    let peer = peer.ok_or_else(|| {
        WebError::bad_request(
            "只有有效合约的使用方可以请求传输，并且对方须是登记的伙伴。",
            "Only the consumer of an agreement in force asks for a transfer, from a registered peer.",
        )
        .next(back.clone(), "返回", "Back")
    })?;
    let made = flow::fetch(&app, &signed.actor(), (&peer.did, &peer.address), (&a.urn, PULL)).await;
    Ok(Redirect::to(&format!("/dataspace/exchanges/{}", made?)))
}

/// `POST /dataspace/agreements/{id}/revoke`: nothing is used under it any more, and open streams are cut.
pub async fn revoke(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
) -> Result<Redirect> {
    let a = find(&app, id).await?;
    app.store.end_agreement(&signed.actor(), app.clock.now(), &a.urn, typed.why.trim()).await?;
    app.space.cut();
    Ok(Redirect::to(&format!("/dataspace/agreements/{id}")))
}
