//! One agreement: its terms, every use, a transfer under it, and its revocation.

use super::duty::{DutyRow, rows};
use super::page::{role, size, terms};
use super::{PULL, flow};
use crate::app::App;
use crate::clock::shown;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use dataspace::canonical::canonical;
use dataspace::identity::{Algorithm, agreement_signed};
use domain::role::Action;
use serde::Deserialize;
use serde_json::{Value, json};
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
    signatures: Vec<SignRow>,
    duties: Vec<DutyRow>,
    uses: Vec<UseRow>,
    may: bool,
    provider: bool,
}

/// A signature over the agreement, held against the signer's key now.
struct SignRow {
    who: String,
    state: (&'static str, &'static str, &'static str),
    key: String,
    signature: String,
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
    push: String,
    purpose: String,
    region: String,
}

/// The agreement of a number.
///
/// # Errors
/// 404 with the way to the page of the data space.
pub async fn find(app: &App, id: i64) -> Result<Agreement> {
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
    let signatures = signatures(&app, &a, lang).await?;
    render(&AgreementPage {
        p: Chrome::of(&signed, Nav::Dataspace),
        id,
        dataset,
        peer: app.store.peer(&a.peer).await?.map_or(a.peer.clone(), |p| p.name),
        role: role(&a.role, lang),
        made: shown(a.created),
        ended: a.ended.as_ref().map(|(at, why)| (shown(*at), why.clone())),
        terms: terms(&a.policy, lang),
        signatures,
        duties: rows(&a, &app.store.duties_done(Some(id)).await?, app.clock.now(), lang),
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

async fn signatures(app: &App, a: &Agreement, lang: Lang) -> Result<Vec<SignRow>> {
    let policy: Value = serde_json::from_str(&a.policy).map_err(anyhow::Error::new)?;
    let signed = |keys: &[String], signature: &str| {
        keys.iter().find(|k| agreement_signed(k, &policy, signature)).cloned()
    };
    let mut all = Vec::new();
    let own = signed(&[app.space.key()?.public()], &a.signature);
    let peer = app.store.peer(&a.peer).await?.map_or(a.peer.clone(), |p| p.name);
    let theirs = match &a.peer_signature {
        Some(signature) => signed(&flow::keys_of(app, &a.peer).await?, signature),
        None => None,
    };
    for (who, key, signature) in [
        (lang.t("我方", "we").to_string(), own, Some(a.signature.clone())),
        (peer, theirs, a.peer_signature.clone()),
    ] {
        let state = match (&key, &signature) {
            (Some(_), _) => ("done", "●", lang.t("签名有效", "signed")),
            (None, Some(_)) => (
                "out",
                "■",
                lang.t(
                    "与现有密钥不符（密钥已更换或内容被改）",
                    "of no key that is known now (the key was changed, or the text)",
                ),
            ),
            (None, None) => (
                "plain",
                "◇",
                lang.t("对方未签名（对方连接器不支持）", "not signed: their connector does not"),
            ),
        };
        let key = key.map_or_else(String::new, |k| format!("{} {k}", Algorithm::of(&k).as_str()));
        all.push(SignRow { who, state, key, signature: signature.unwrap_or_default() });
    }
    Ok(all)
}

/// `GET /dataspace/agreements/{id}/signed.json`: the agreement as it was signed, with both signatures and keys, for whoever has to prove it.
pub async fn signed_file(State(app): State<App>, Path(id): Path<i64>) -> Result<Response> {
    let a = find(&app, id).await?;
    let policy: Value = serde_json::from_str(&a.policy).map_err(anyhow::Error::new)?;
    let text = canonical(&policy).map_err(|f| anyhow::anyhow!("ds_agreement.policy: {f}"))?;
    let (own, peer) = (app.space.did(), a.peer.clone());
    let keys = flow::keys_of(&app, &a.peer).await?;
    let body = json!({
        "agreement": policy,
        "canonical": text,
        "signatures": [
            { "by": own, "keys": [app.space.key()?.public()], "signature": a.signature },
            { "by": peer, "keys": keys, "signature": a.peer_signature },
        ],
    });
    let name = format!("attachment; filename=\"agreement-{id}.json\"");
    Ok((
        [(header::CONTENT_TYPE, "application/json".to_string()), (header::CONTENT_DISPOSITION, name)],
        body.to_string(),
    )
        .into_response())
}

/// `POST /dataspace/agreements/{id}/transfer`: a consumer asks for the data.
pub async fn transfer(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
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
    let (by, to) = (signed.actor(), (peer.did.as_str(), peer.address.as_str()));
    let made = if typed.push.is_empty() {
        flow::fetch(&app, &by, to, (&a.urn, PULL)).await?
    } else {
        flow::ask_push(&app, &by, to, &a.urn, (&typed.purpose, &typed.region)).await?
    };
    Ok(Redirect::to(&format!("/dataspace/exchanges/{made}")))
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
