//! `POST /companies/{key}/leader`: names a resident as the leader (链主) of a chain, or takes that back.

use crate::app::App;
use crate::company::profile::find;
use crate::view::view;
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;

/// Which chain, and whether.
#[derive(Debug, Deserialize)]
pub struct Leadership {
    chain: String,
    on: String,
}

/// `POST /companies/{key}/leader`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(key): Path<String>,
    Checked(form): Checked<Leadership>,
) -> Result<Redirect> {
    let view = view(&app).await?;
    let doc = find(&view, &key)?;
    if !view.is_resident(doc) {
        return Err(WebError::bad_request("链主要是入驻企业。", "A chain leader must be a resident."));
    }
    if !view.world.chains.chains().iter().any(|c| c.id == form.chain) {
        return Err(WebError::bad_request("没有这条产业链。", "There is no such chain."));
    }
    let company = view.world.universe.company(doc)?;
    let (actor, now) = (signed.actor(), app.clock.now());
    let leader = view
        .written
        .leaders
        .iter()
        .find(|l| l.chain == form.chain && (l.key == key || l.name == company.name));
    match (form.on.as_str(), leader) {
        ("yes", None) => {
            app.store.add_leader(&actor, now, &form.chain, &key, &company.name).await?;
        }
        ("no", Some(leader)) => app.store.end_leader(&actor, now, leader.id).await?,
        _ => {}
    }
    Ok(Redirect::to(&format!("/companies/{}", encode(&key))))
}
