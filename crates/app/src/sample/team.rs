//! Events, guests, costs and yearly targets of the sample zone, all made up.

use super::projects::{EVENTS, Team};
use super::{MARK, Sample};
use crate::world::World;
use domain::company::RegionCode;
use domain::event::{CostKind, EventDraft, GuestRole};
use domain::goal::{NewGoal, Party};
use domain::user::{UnitId, UserId};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use store::guest::{NewCost, NewGuest};
use store::{Actor, Store};

/// Guests of each event.
const GUESTS: usize = 14;
/// Figure, what the first officer is to reach in 2025 and in 2026 (yuan, or whole things).
const TARGETS: [(&str, i64, i64); 4] = [
    ("signed", 12, 14),
    ("started", 8, 10),
    ("in_production", 4, 5),
    ("arrived", 900_000_000, 1_000_000_000),
];

/// Records the events of the sample and answers their numbers.
///
/// # Errors
/// As the store.
pub async fn events(
    store: &Store,
    sample: &Sample,
    team: &Team,
    at: impl Fn(Date) -> Timestamp,
) -> store::Result<Vec<i64>> {
    let mut numbers = Vec::new();
    for (i, (title, kind, place, day)) in EVENTS.iter().enumerate() {
        let desk = team.desks.get(i % team.desks.len().max(1)).copied();
        let draft = EventDraft {
            title: (*title).into(),
            kind: kind.parse().map_err(store::Error::Invalid)?,
            place: Some(RegionCode(*place)),
            start: *day,
            end: *day,
            unit: desk.map(|(unit, _)| UnitId(unit)),
            purpose: "与链主上下游企业对接，邀请来园区考察（示例文字）".into(),
        };
        let now = at(*day);
        let id = store.add_event(&Actor::System, now, &draft).await?.id;
        let guests = guests(sample, RegionCode(*place), desk.map(|(_, officer)| UserId(officer)));
        if !guests.is_empty() {
            store.add_guests(&Actor::System, now, id, &guests).await?;
        }
        let wan = 10_000 * (18 + 6 * i as i64);
        let cost = |kind, yuan, note: &str| NewCost { kind, yuan, day: *day, note: format!("{note}{MARK}") };
        store.add_cost(&Actor::System, now, id, &cost(CostKind::Budget, wan, "预算批复")).await?;
        store
            .add_cost(&Actor::System, now, id, &cost(CostKind::Actual, wan - 23_500, "会务和差旅发票"))
            .await?;
        numbers.push(id);
    }
    Ok(numbers)
}

/// Companies of the city, and one intermediary, whose visit counts for nobody.
fn guests(sample: &Sample, city: RegionCode, officer: Option<UserId>) -> Vec<NewGuest> {
    let local =
        sample.companies.iter().filter(|c| c.region == Some(city) && !sample.residents.contains(&c.name));
    let mut guests: Vec<NewGuest> = local
        .take(GUESTS)
        .map(|c| NewGuest {
            key: Some(World::key(c)),
            name: c.name.clone(),
            person: "负责人（合成）".into(),
            role: GuestRole::Investor,
            brought_by: officer,
        })
        .collect();
    guests.push(NewGuest {
        key: None,
        name: format!("远帆投资咨询{MARK}"),
        person: "联系人（合成）".into(),
        role: GuestRole::Intermediary,
        brought_by: officer,
    });
    guests
}

/// Records the yearly targets of the zone, its units and officers; one of them was changed in the middle of the year.
///
/// # Errors
/// As the store.
pub async fn goals(store: &Store, team: &Team, at: impl Fn(Date) -> Timestamp) -> store::Result<()> {
    for (year, agreed) in [(2025, date(2025, 1, 6)), (2026, date(2026, 1, 5))] {
        for (figure, first, second) in TARGETS {
            let one = if year == 2025 { first } else { second };
            let goal = |party, amount: i64| NewGoal {
                year,
                party,
                figure: figure.into(),
                amount,
                agreed,
                reason: String::new(),
            };
            for &(unit, officer) in &team.desks {
                store
                    .add_goal(&Actor::System, at(agreed), 0, &goal(Party::Officer(UserId(officer)), one))
                    .await?;
                store.add_goal(&Actor::System, at(agreed), 0, &goal(Party::Unit(UnitId(unit)), one)).await?;
            }
            let zone = goal(Party::Zone, one * team.desks.len().max(1) as i64);
            let id = store.add_goal(&Actor::System, at(agreed), 0, &zone).await?;
            if (year, figure) == (2025, "signed") {
                let changed = date(2025, 7, 8);
                let raised = NewGoal {
                    amount: zone.amount + 8,
                    agreed: changed,
                    reason: "年中加压（示例）".into(),
                    ..zone
                };
                store.add_goal(&Actor::System, at(changed), id, &raised).await?;
            }
        }
    }
    Ok(())
}
