//! `/cooperation`: zone with zone (园区协作). The framework, its work plan and what we bring are records of the inventory; what is shared travels as a
//! dataset of the data space, under an agreement, between the two connectors.
//!
//! `share.rs` draws up our file and publishes it, `errand.rs` brings the partner's (and the leads that were asked for), `show.rs` puts both on one map,
//! `lead.rs` hands leads over, `trust.rs` is the list of those we vouch for. Both sides keep their own record of the framework; where the two differ
//! the page says so.

pub mod errand;
pub mod lead;
pub mod list;
pub mod picture;
pub mod share;
pub mod show;
pub mod trust;

use crate::app::App;
use crate::inventory::{Standing, standing};
use crate::web::error::{Result, WebError};
use crate::web::session::hex;
use domain::inventory::{ItemId, Kind, Value};
use engine::cooperation::Terms;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::dataspace::Peer;

/// What the file of a cooperation is used for.
pub const PURPOSE: &str = "园区协作";
/// What a lead that is handed over is used for.
pub const LEAD_PURPOSE: &str = "招商";
/// The percent of credit for the zone that hands a lead over, where the framework says none.
const CREDIT: u8 = 50;

/// A framework with another zone as it stands today.
#[derive(Clone, Debug)]
pub struct Framework {
    /// The record.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// The partner's name in the data space.
    pub partner: String,
    /// The partner, once it is registered with its keys.
    pub peer: Option<Peer>,
    /// The terms.
    pub terms: Terms,
    /// What is shared, as stable words.
    pub shares: BTreeSet<String>,
    /// Whether it is in force: begun, and not over.
    pub live: bool,
    /// Whether an earlier record is about the same partner: then that one speaks for both.
    pub second: bool,
}

impl Framework {
    /// The partner while data may travel: it is registered, and the framework is in force.
    #[must_use]
    pub fn speaks_with(&self) -> Option<&Peer> {
        self.peer.as_ref().filter(|_| self.live && !self.second)
    }

    /// What the partner is called.
    #[must_use]
    pub fn partner_name(&self) -> String {
        self.peer.as_ref().map_or_else(|| self.partner.clone(), |p| p.name.clone())
    }
}

/// Every framework, in the order of their codes.
///
/// # Errors
/// Only when the database fails.
pub async fn frameworks(app: &App) -> Result<Vec<Framework>> {
    let today = app.clock.today();
    let peers: BTreeMap<String, Peer> =
        app.store.peers().await?.into_iter().map(|p| (p.did.clone(), p)).collect();
    let mut seen = BTreeSet::new();
    let all = standing(app, Kind::Cooperation, today).await?;
    Ok(all.into_iter().map(|s| framework(s, &peers, &mut seen, today)).collect())
}

fn framework(
    s: Standing,
    peers: &BTreeMap<String, Peer>,
    seen: &mut BTreeSet<String>,
    today: Date,
) -> Framework {
    let text = |word| s.values.get(word).and_then(Value::text).unwrap_or_default().to_string();
    let words = |word| text(word).split(',').filter(|w| !w.is_empty()).map(str::to_string).collect();
    let day = |word| s.values.get(word).and_then(Value::day);
    let credit = s.values.get("credit").and_then(Value::int).and_then(|n| u8::try_from(n).ok());
    let terms = Terms {
        name: text("name"),
        signed_on: day("signed_on"),
        until: day("until"),
        areas: words("areas"),
        credit: credit.unwrap_or(CREDIT).min(100),
    };
    let partner = text("partner").trim().to_string();
    let begun = !s.later && terms.signed_on.is_none_or(|d| d <= today);
    let live = begun && terms.until.is_none_or(|d| d >= today);
    let second = live && !seen.insert(partner.clone());
    let shares = words("shares").into_iter().collect();
    Framework {
        item: s.item.id,
        code: s.item.code,
        peer: peers.get(&partner).cloned(),
        partner,
        terms,
        shares,
        live,
        second,
    }
}

/// The framework of a number.
///
/// # Errors
/// 404 with the way to the list.
pub async fn find(app: &App, id: i64) -> Result<Framework> {
    let found = frameworks(app).await?.into_iter().find(|f| f.item.0 == id);
    found.ok_or_else(|| {
        WebError::not_found("没有这项园区协作。", "There is no such cooperation.").next(
            "/cooperation",
            "园区协作",
            "Cooperation",
        )
    })
}

/// The dataset by which one zone speaks to another: both know its name without asking.
#[must_use]
pub fn file_urn(from: &str, to: &str) -> String {
    let hash = hex(&Sha256::digest(format!("{from}\n{to}")));
    format!("urn:landfall:cooperation:{}", &hash[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dataset_of_each_direction_has_a_name_of_its_own() {
        let (a, b) = ("did:web:a", "did:web:b");
        assert_ne!(file_urn(a, b), file_urn(b, a));
        assert_eq!(file_urn(a, b), file_urn(a, b));
        assert_eq!(file_urn(a, b).len(), "urn:landfall:cooperation:".len() + 32);
    }
}
