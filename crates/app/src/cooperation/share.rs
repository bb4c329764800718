//! Our file for a partner: drawn up from what stands today, published as a dataset that only this partner sees, renewed when it changes.

use super::{Framework, LEAD_PURPOSE, PURPOSE, file_urn};
use crate::app::App;
use crate::chain::words::{chain_name, segment_name};
use crate::dataspace::new_id;
use crate::evidence::keep;
use crate::inventory::{Standing, cell, standing, taken};
use crate::text::Lang;
use crate::view;
use crate::web::session::hex;
use anyhow::{Context as _, Result, anyhow};
use dataspace::policy::form::Terms as Offer;
use domain::inventory::{Kind, Value};
use domain::lead::LeadState;
use domain::stage::Stage;
use engine::cooperation::{
    Ability, Chain, Course, FORMAT, Feedback, File, Ground, LeadOffer, Resource, Segment, Task, Wanted, Zone,
};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use store::Actor;
use store::cooperation::{CoopLead, Direction};
use store::dataspace::{NewAsset, Peer};

fn text(s: &Standing, word: &str) -> String {
    s.values.get(word).and_then(Value::text).unwrap_or_default().to_string()
}

/// What we tell the partner of a framework, as it stands today.
///
/// # Errors
/// The store fails or the snapshot is damaged.
pub async fn draw(app: &App, f: &Framework) -> Result<File> {
    let today = app.clock.today();
    let zone = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    let view = view::find(app).await.map_err(|e| anyhow!("{e:?}"))?;
    let shares = |word: &str| f.shares.contains(word);
    let all = async |kind, word: &str| -> Result<Vec<Standing>> {
        if !shares(word) {
            return Ok(Vec::new());
        }
        let found = standing(app, kind, today).await.map_err(|e| anyhow!("{e:?}"))?;
        let on = |s: &Standing| s.values.get("until").and_then(Value::day).is_none_or(|d| d >= today);
        Ok(found.into_iter().filter(|s| !s.later && on(s)).collect())
    };
    let chains = view.as_deref().filter(|_| shares("chains")).map(chains);
    let ground = all(Kind::Parcel, "ground").await?;
    let leads = app.store.coop_leads(f.item).await?;
    let plan = all(Kind::CoopTask, "plan").await?;
    Ok(File {
        format: FORMAT.into(),
        day: today,
        zone: Zone {
            did: app.space.did(),
            name: zone.name.clone(),
            name_en: zone.name_en.clone(),
            region: zone.region.map(|r| r.0),
            companies: view.as_ref().map_or(0, |v| u32::try_from(v.residents.len()).unwrap_or(u32::MAX)),
        },
        terms: f.terms.clone(),
        chains,
        ground: shares("ground").then(|| ground.iter().filter_map(|s| parcel(s, today)).collect()),
        resources: all(Kind::CoopResource, "resources").await?.iter().map(resource).collect(),
        research: all(Kind::Capability, "research").await?.iter().map(ability).collect(),
        wanted: all(Kind::Opportunity, "wanted").await?.iter().map(wanted).collect(),
        plan: plan.iter().filter(|s| text(s, "cooperation") == f.code).filter_map(task).collect(),
        leads: leads.iter().filter(|l| l.direction == Direction::Out).map(offered).collect(),
        feedback: feedback(app, &leads).await?,
    })
}

/// The verdict of every segment without further ones below it.
#[must_use]
pub fn chains(view: &view::ZoneView) -> Vec<Chain> {
    let set = &view.world.chains;
    set.chains()
        .iter()
        .enumerate()
        .map(|(at, chain)| Chain {
            id: chain.id.clone(),
            name: chain_name(chain, Lang::Zh),
            name_en: chain_name(chain, Lang::En),
            segments: view
                .cells
                .iter()
                .filter(|c| c.leaf && set.locate(c.segment).0 == at)
                .map(|c| {
                    let segment = &chain.segments[set.locate(c.segment).1];
                    Segment {
                        id: segment.id.clone(),
                        name: segment_name(segment, Lang::Zh),
                        name_en: segment_name(segment, Lang::En),
                        verdict: c.verdict,
                        companies: c.zone.companies,
                    }
                })
                .collect(),
        })
        .collect()
}

fn parcel(s: &Standing, today: jiff::civil::Date) -> Option<Ground> {
    let free = taken(Kind::Parcel, &s.values, s.held.as_ref(), today, Lang::Zh).0 == "done";
    let area = s.values.get("area").and_then(Value::int)?;
    free.then(|| Ground {
        code: s.item.code.clone(),
        name: text(s, "name"),
        usage: cell(Kind::Parcel, "use", &s.values, Lang::Zh),
        square_metres: area / 100,
        power_kva: s.values.get("power").and_then(Value::int),
    })
}

fn resource(s: &Standing) -> Resource {
    Resource {
        sort: text(s, "sort"),
        name: text(s, "name"),
        amount: text(s, "amount"),
        note: text(s, "note"),
    }
}

fn ability(s: &Standing) -> Ability {
    Ability { name: text(s, "name"), company: text(s, "company"), segments: text(s, "segments") }
}

fn wanted(s: &Standing) -> Wanted {
    let until = s.values.get("until").and_then(Value::day);
    Wanted { name: text(s, "name"), owner: text(s, "owner"), segments: text(s, "segments"), until }
}

/// A line of our work plan; `None` for one without a day, which the schema forbids.
#[must_use]
pub fn task(s: &Standing) -> Option<Task> {
    Some(Task {
        name: text(s, "name"),
        owner: text(s, "owner"),
        own: text(s, "side") == "ours",
        due: s.values.get("due").and_then(Value::day)?,
        done_on: s.values.get("done_on").and_then(Value::day),
    })
}

fn offered(l: &CoopLead) -> LeadOffer {
    LeadOffer { urn: l.urn.clone(), title: l.title.clone(), day: l.day }
}

/// What became of each lead that we received.
async fn feedback(app: &App, leads: &[CoopLead]) -> Result<Vec<Feedback>> {
    let mut all = Vec::new();
    let board = app.ledger.board(&app.store).await?;
    for l in leads.iter().filter(|l| l.direction == Direction::In) {
        let Some(taken) = l.taken else { continue };
        let day = crate::clock::local(taken).date();
        let mut said = Feedback { urn: l.urn.clone(), course: Course::Taken, day, amount: None };
        if let Some(id) = l.lead
            && let Some(lead) = app.store.lead(id).await?
        {
            said.day = lead.ended.unwrap_or(lead.said.registered);
            said.course = match lead.state {
                LeadState::Open => Course::Registered,
                LeadState::Converted => Course::Project,
                LeadState::Released | LeadState::Expired => Course::Ended,
            };
            let line = lead.project.and_then(|p| board.line(p));
            if let Some(line) = line
                && let Some(signed) = line.signed
                && line.stage.is_some_and(|s| s >= Stage::Signed)
            {
                said = Feedback {
                    course: Course::Signed,
                    day: signed,
                    amount: line.planned.map(|m| m.amount),
                    ..said
                };
            }
        }
        all.push(said);
    }
    Ok(all)
}

/// Publishes what we tell a partner, or renews it; whether anything was written. Only this partner sees the dataset.
///
/// # Errors
/// The disk or the store fails.
pub async fn publish(app: &App, f: &Framework, peer: &Peer) -> Result<bool> {
    let bytes = draw(app, f).await?.bytes();
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let urn = file_urn(&app.space.did(), &peer.did);
    let there = app.store.asset(&urn).await?;
    let hash = hex(&Sha256::digest(&bytes));
    if there.as_ref().is_some_and(|a| a.sha256 == hash && a.ended.is_none()) {
        return Ok(false);
    }
    let sha256 = keep_bytes(app, bytes).await?;
    let (now, by) = (app.clock.now(), Actor::System);
    let about = described(&sha256);
    if there.is_some() {
        app.store.renew_asset(&by, now, &urn, (&about, &sha256, length)).await?;
        return Ok(true);
    }
    let offer = Offer {
        purposes: vec![PURPOSE.into()],
        recipients: vec![peer.did.clone()],
        no_passing_on: true,
        ..Offer::default()
    };
    let new = NewAsset {
        title: format!("园区协作：{}", f.terms.name),
        description: about,
        media: "application/json".into(),
        sha256,
        bytes: length,
        offer: serde_json::to_string(&offer.offer(&new_id()?))?,
        urn,
    };
    app.store.add_asset(&by, now, &new).await?;
    Ok(true)
}

const VERSION: &str = "sha256:";

fn described(sha256: &str) -> String {
    format!("产业链研判、载体、资源要素与工作计划；版本 {VERSION}{sha256}")
}

/// The hash that a catalogue says of the file, so that only a new version is fetched.
#[must_use]
pub fn version_of(description: &str) -> Option<&str> {
    let (_, rest) = description.rsplit_once(VERSION)?;
    rest.get(..64).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Withdraws what we told a partner, and ends its right to read it.
///
/// # Errors
/// The store fails.
pub async fn withdraw(app: &App, partner: &str) -> Result<()> {
    let urn = file_urn(&app.space.did(), partner);
    let (now, by) = (app.clock.now(), Actor::System);
    if let Some(asset) = app.store.asset(&urn).await?.filter(|a| a.ended.is_none()) {
        app.store.end_asset(&by, now, asset.id).await?;
    }
    while let Some(agreement) = app.store.agreement_on("provider", partner, &urn).await? {
        app.store.end_agreement(&by, now, &agreement.urn, "园区协作已结束 (the cooperation is over)").await?;
        app.space.cut();
    }
    Ok(())
}

/// Publishes a lead for a partner: everything of it, to be read at most three times, for this purpose.
///
/// # Errors
/// The disk or the store fails.
pub async fn publish_lead(
    app: &App,
    by: &Actor,
    f: &Framework,
    title: &str,
    body: Vec<u8>,
) -> Result<String> {
    let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
    let sha256 = keep_bytes(app, body).await?;
    let urn = new_id()?;
    let offer = Offer {
        reads: Some(3),
        purposes: vec![LEAD_PURPOSE.into()],
        recipients: vec![f.partner.clone()],
        until: f.terms.until,
        no_passing_on: true,
        inform: true,
        ..Offer::default()
    };
    let new = NewAsset {
        urn: urn.clone(),
        title: format!("线索转交：{title}"),
        description: format!("按“{}”转交", f.terms.name),
        media: "application/json".into(),
        sha256,
        bytes: length,
        offer: serde_json::to_string(&offer.offer(&new_id()?))?,
    };
    app.store.add_asset(by, app.clock.now(), &new).await?;
    Ok(urn)
}

/// Keeps bytes under their hash, as published files are kept.
async fn keep_bytes(app: &App, bytes: Vec<u8>) -> Result<String> {
    let sha256 = hex(&Sha256::digest(&bytes));
    let to: PathBuf = keep::place(&app.config, &sha256).context("a hash that is none")?;
    let folder = app.config.uploads();
    tokio::task::spawn_blocking(move || -> Result<()> {
        std::fs::create_dir_all(&folder)?;
        let name = hex(&crate::web::session::random::<8>()?);
        let beside = keep::Temporary(folder.join(format!("coop-{name}")));
        std::fs::write(&beside.0, &bytes)?;
        crate::import::upload::keep_file(&beside.0, &to)
    })
    .await??;
    Ok(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_says_which_version_it_offers() {
        let hash = "ab".repeat(32);
        assert_eq!(version_of(&described(&hash)), Some(hash.as_str()));
        assert_eq!(version_of("没有版本"), None);
        assert_eq!(version_of("sha256:zz"), None);
    }
}
