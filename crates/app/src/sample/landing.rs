//! What the landing plans of the sample zone draw on, after the brief: over 1,000亩 to be prepared in five years, 3.5亿元 of special bonds, three
//! clusters of 高新智谷, 龙门港路 open by February 2026, a fund with an A3 round, a first warrant, ten scenarios. Shapes, rents and firms are made up.
//!
//! Everything is written as a person would type it and read by the same code.

mod ground;
mod plan;

use super::projects::History;
use anyhow::{Context as _, anyhow};
use domain::company::Money;
use domain::fact::{Kind as FactKind, Value as FactValue};
use domain::inventory::hold::{Hold, Manner};
use domain::inventory::{Kind, NewChange};
use ground::{bonds, buildings, consolidation, idle_assets, parcels, spaces, works};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use plan::{
    assumptions, capabilities, fund_flows, funds, instalments, layouts, matches, offer_lines, opportunities,
    profiles, promises, share_events, warrant_events, warrants,
};
use std::collections::BTreeMap;
use store::inventory::ImportedItem;
use store::{Actor, Store};

/// The day from which the sample's records hold, where a row says no other.
pub(super) const SINCE: Date = date(2024, 1, 2);

type Row = (String, Date, Vec<(&'static str, String)>);

/// Fills the inventories; `at` is the moment of recording on a day.
///
/// # Errors
/// The store refuses a row, which names its code.
pub async fn seed(
    store: &Store,
    histories: &[History],
    at: impl Fn(Date) -> Timestamp,
) -> anyhow::Result<()> {
    let (project, code) = flagship(store, histories).await?;
    let tables: [(Kind, Vec<Row>); 20] = [
        (Kind::Parcel, parcels()),
        (Kind::Building, buildings()),
        (Kind::Space, spaces()),
        (Kind::Works, works()),
        (Kind::Bond, bonds()),
        (Kind::Consolidation, consolidation()),
        (Kind::IdleAsset, idle_assets()),
        (Kind::OfferLine, offer_lines(&code)),
        (Kind::Promise, promises(&code)),
        (Kind::Instalment, instalments(&code)),
        (Kind::Assumption, assumptions(&code)),
        (Kind::Layout, layouts(&code)),
        (Kind::Fund, funds()),
        (Kind::FundFlow, fund_flows()),
        (Kind::ShareEvent, share_events()),
        (Kind::Warrant, warrants()),
        (Kind::WarrantEvent, warrant_events()),
        (Kind::Opportunity, opportunities()),
        (Kind::Capability, capabilities()),
        (Kind::Profile, profiles()),
    ];
    for (kind, rows) in tables {
        write(store, kind, rows, &at).await?;
    }
    write(store, Kind::Matched, matches(), &at).await?;
    changes(store, &at).await?;
    let parcel =
        store.item_by_code(Kind::Parcel, "GX-2026-03").await?.ok_or_else(|| anyhow!("no sample parcel"))?;
    let hold = Hold {
        item: parcel,
        project,
        manner: Manner::Reserved,
        from: date(2026, 9, 1),
        until: None,
        expires: Some(date(2027, 6, 30)),
    };
    let day = date(2026, 9, 1);
    store.hold(&Actor::System, at(day), day, &[hold], "示例预留，等签订出让合同").await?;
    Ok(())
}

async fn flagship(store: &Store, histories: &[History]) -> anyhow::Result<(domain::fact::ProjectId, String)> {
    let large = |h: &&History| {
        h.steps.iter().flat_map(|(_, facts)| facts).any(|f| {
            f.kind == FactKind::PlannedTotal
                && matches!(f.value, FactValue::Money(Money { amount: 3_250_000_000, .. }))
        })
    };
    let code = histories
        .iter()
        .find(large)
        .map(|h| h.code.clone())
        .ok_or_else(|| anyhow!("no flagship in the sample"))?;
    let id = store.project_by_code(&code).await?.ok_or_else(|| anyhow!("the flagship is not there"))?;
    Ok((id, code))
}

pub(super) async fn write(
    store: &Store,
    kind: Kind,
    rows: Vec<Row>,
    at: &impl Fn(Date) -> Timestamp,
) -> anyhow::Result<()> {
    let mut items = Vec::with_capacity(rows.len());
    for (code, effective, fields) in rows {
        items.push(ImportedItem { item: None, change: change(kind, &code, effective, &fields)?, code });
    }
    let seen = store.last_change().await?;
    store.import_items(&Actor::System, at(SINCE), kind, "示例台账（合成）", seen, &items).await?;
    Ok(())
}

pub(super) fn change(
    kind: Kind,
    code: &str,
    effective: Date,
    fields: &[(&str, String)],
) -> anyhow::Result<NewChange> {
    let mut set = BTreeMap::new();
    for (word, typed) in fields {
        let field = kind.field(word).with_context(|| format!("{kind} has no {word}"))?;
        let value = field.read(typed, SINCE).map_err(|(_, en)| anyhow!("{kind} {code}: {en}"))?;
        if let Some(value) = value {
            set.insert((*word).to_string(), Some(value));
        }
    }
    Ok(NewChange { reason: "示例".into(), ..NewChange::on(effective, set) })
}

/// What changes later, or will: the substation that is built, the road that opens, ground that becomes ready.
async fn changes(store: &Store, at: &impl Fn(Date) -> Timestamp) -> anyhow::Result<()> {
    let later: [(Kind, &str, Date, Date, &[(&str, &str)]); 5] = [
        (Kind::Parcel, "GX-2026-04", date(2025, 11, 3), date(2027, 6, 1), &[("power", "10000")]),
        (
            Kind::Parcel,
            "GX-2026-05",
            date(2025, 11, 3),
            date(2026, 12, 20),
            &[("readiness", "净地"), ("waits_for", "")],
        ),
        (
            Kind::Works,
            "GC-01",
            date(2026, 2, 12),
            date(2026, 2, 10),
            &[("progress", "已完成"), ("done_on", "2026-02-10")],
        ),
        (
            Kind::Bond,
            "ZX-2025-01",
            date(2026, 6, 30),
            date(2026, 6, 30),
            &[("spent", "2.1亿元"), ("income", "3800万元")],
        ),
        (
            Kind::Consolidation,
            "ZL-2025",
            date(2026, 1, 20),
            date(2026, 1, 15),
            &[("area", "186亩"), ("done_on", "2026-01-15"), ("progress", "已完成"), ("cost", "6100万元")],
        ),
    ];
    for (kind, code, recorded, effective, fields) in later {
        let item = store.item_by_code(kind, code).await?.with_context(|| format!("no sample {code}"))?;
        let seen =
            store.item(item).await?.and_then(|i| i.changes.last().map(|c| c.id)).context("no change")?;
        let mut set = BTreeMap::new();
        for (word, typed) in fields {
            let field = kind.field(word).with_context(|| format!("{kind} has no {word}"))?;
            let value = field.read(typed, recorded).map_err(|(_, en)| anyhow!("{code}: {en}"))?;
            set.insert((*word).to_string(), value);
        }
        let change = NewChange { reason: "示例".into(), ..NewChange::on(effective, set) };
        store.change_item(&Actor::System, at(recorded), item, seen, &change).await?;
    }
    Ok(())
}

pub(super) fn row(code: &str, fields: &[(&'static str, &str)]) -> Row {
    (code.to_string(), SINCE, fields.iter().map(|(w, t)| (*w, (*t).to_string())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_what_a_person_may_write() {
        let tables = [
            (Kind::Parcel, parcels()),
            (Kind::Building, buildings()),
            (Kind::Space, spaces()),
            (Kind::Works, works()),
            (Kind::Bond, bonds()),
            (Kind::Consolidation, consolidation()),
            (Kind::IdleAsset, idle_assets()),
            (Kind::OfferLine, offer_lines("2025-0001")),
            (Kind::Promise, promises("2025-0001")),
            (Kind::Instalment, instalments("2025-0001")),
            (Kind::Assumption, assumptions("2025-0001")),
            (Kind::Layout, layouts("2025-0001")),
            (Kind::Fund, funds()),
            (Kind::FundFlow, fund_flows()),
            (Kind::ShareEvent, share_events()),
            (Kind::Warrant, warrants()),
            (Kind::WarrantEvent, warrant_events()),
            (Kind::Opportunity, opportunities()),
            (Kind::Capability, capabilities()),
            (Kind::Matched, matches()),
            (Kind::Profile, profiles()),
        ];
        for (kind, rows) in tables {
            for (code, day, fields) in rows {
                let made = change(kind, &code, day, &fields).unwrap();
                assert_eq!(made.check(kind, true), Ok(()), "{kind} {code}");
            }
        }
        assert_eq!(opportunities().len(), 10);
        let planned: i64 = consolidation().len() as i64 * 200;
        assert_eq!(planned, 1_000, "over five years 1,000亩");
    }
}
