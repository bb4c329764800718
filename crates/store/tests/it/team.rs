//! Events, guests, costs, targets and formulas, on both databases.

use crate::story::new_user;
use crate::world::{TempDir, at, stores};
use domain::assessment::SAMPLE;
use domain::company::RegionCode;
use domain::event::{CostKind, EventDraft, EventKind, GuestRole};
use domain::goal::{NewGoal, Party};
use domain::role::Role;
use domain::user::{UnitId, UserId};
use jiff::civil::date;
use store::event::EventFilter;
use store::guest::{NewCost, NewGuest};
use store::{Actor, Error, Page, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_targets_and_formulas_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        let admin =
            store.add_user(&Actor::System, at(1), &new_user("admin", Role::Administrator)).await.unwrap();
        let officer = store.add_user(&Actor::System, at(1), &new_user("wang", Role::Officer)).await.unwrap();
        let by = Actor::User(admin.id);
        let unit = store.add_unit(&by, at(2), "招商一局").await.unwrap().id;
        events(&store, by, unit).await;
        guests(&store, by, officer.id).await;
        costs(&store, by).await;
        goals(&store, by, officer.id, unit).await;
        formulas(&store, by).await;
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        let log = store.journal(Page::first()).await.unwrap();
        assert!(log.iter().any(|e| e.action == "event.guests"));
        assert!(
            log.iter().all(|e| !format!("{e:?}").contains("13800000000")),
            "no phone number in the journal"
        );
        store.close().await;
    }
}

fn draft(title: &str, kind: EventKind, unit: Option<UnitId>) -> EventDraft {
    EventDraft {
        title: title.into(),
        kind,
        place: Some(RegionCode(420_100)),
        start: date(2026, 3, 12),
        end: date(2026, 3, 13),
        unit,
        purpose: "请链主上下游".into(),
    }
}

async fn events(store: &Store, by: Actor, unit: UnitId) {
    let wuhan = draft("武汉推介会", EventKind::Promotion, Some(unit));
    let made = store.add_event(&by, at(10), &wuhan).await.unwrap();
    assert_eq!((made.version, &made.said, made.ended.clone()), (1, &wuhan, None));
    let bad = EventDraft { end: date(2026, 3, 1), ..wuhan.clone() };
    assert!(
        matches!(store.add_event(&by, at(10), &bad).await, Err(Error::Invalid(why)) if why.contains("end"))
    );
    let nobody = draft("x", EventKind::Visit, Some(UnitId(99)));
    assert!(matches!(store.add_event(&by, at(10), &nobody).await, Err(Error::NotFound { what: "unit" })));

    let better = EventDraft { title: "武汉专场推介会".into(), ..wuhan.clone() };
    assert_eq!(store.edit_event(&by, at(11), made.id, 1, &better).await.unwrap(), 2);
    let stale = store.edit_event(&by, at(12), made.id, 1, &wuhan).await;
    assert!(matches!(stale, Err(Error::Stale { what: "event", current: 2 })));
    assert_eq!(store.event(made.id).await.unwrap().unwrap().said, better, "the first edit stands");

    let visit = EventDraft {
        start: date(2025, 5, 1),
        end: date(2025, 5, 1),
        place: None,
        ..draft("走访", EventKind::Visit, None)
    };
    let visit = store.add_event(&by, at(13), &visit).await.unwrap();
    let titles = async |filter| {
        let lines = store.events(filter, Page::first()).await.unwrap();
        assert_eq!(store.count_events(filter).await.unwrap(), lines.len() as u64);
        lines.into_iter().map(|l| l.event.said.title).collect::<Vec<_>>()
    };
    let all = EventFilter::default();
    assert_eq!(titles(all).await, ["武汉专场推介会", "走访"]);
    assert_eq!(titles(EventFilter { kind: Some(EventKind::Visit), ..all }).await, ["走访"]);
    assert_eq!(titles(EventFilter { year: Some(2026), ..all }).await, ["武汉专场推介会"]);
    assert_eq!(titles(EventFilter { unit: Some(unit), ..all }).await, ["武汉专场推介会"]);
    assert_eq!(store.event_years().await.unwrap(), [2026, 2025]);

    assert!(matches!(store.end_event(&by, at(14), visit.id, 1, " ").await, Err(Error::Invalid(_))));
    store.end_event(&by, at(14), visit.id, 1, "取消").await.unwrap();
    assert!(matches!(store.end_event(&by, at(14), visit.id, 2, "再").await, Err(Error::NotFound { .. })));
    assert_eq!(titles(all).await, ["武汉专场推介会"]);
    assert_eq!(titles(EventFilter { ended: true, ..all }).await.len(), 2);
    assert_eq!(store.event(visit.id).await.unwrap().unwrap().ended, Some((at(14), "取消".into())));
    assert_eq!(store.events_of(2025).await.unwrap(), []);
    assert_eq!(store.event(99).await.unwrap(), None);
}

fn guest(name: &str, role: GuestRole, by: Option<UserId>) -> NewGuest {
    NewGuest { key: None, name: name.into(), person: "王总 13800000000".into(), role, brought_by: by }
}

async fn guests(store: &Store, by: Actor, officer: UserId) {
    let list = [
        guest("长江电气", GuestRole::Investor, Some(officer)),
        guest("某某咨询", GuestRole::Intermediary, Some(officer)),
        guest("和泰化工", GuestRole::Investor, None),
    ];
    let ids = store.add_guests(&by, at(20), 1, &list).await.unwrap();
    let twice = store.add_guests(&by, at(21), 1, &list[..1]).await;
    assert!(matches!(twice, Err(Error::Invalid(why)) if why.contains("长江电气")));
    assert!(
        matches!(store.add_guests(&by, at(21), 2, &list).await, Err(Error::NotFound { what: "event" })),
        "ended"
    );
    let nobody = [guest("丁", GuestRole::Investor, Some(UserId(99)))];
    assert!(matches!(store.add_guests(&by, at(21), 1, &nobody).await, Err(Error::NotFound { .. })));
    assert_eq!(store.guests(1).await.unwrap().len(), 3, "all or none");

    assert_eq!(
        store.settle_guest(&by, at(22), ids[0], "91420100MA4K000000", "武汉长江电气有限公司").await.unwrap(),
        1
    );
    let seen = store.guests(1).await.unwrap();
    assert_eq!(seen[0].said.key.as_deref(), Some("91420100MA4K000000"));
    assert_eq!(
        (seen[0].said.name.as_str(), seen[0].said.person.as_str()),
        ("武汉长江电气有限公司", "王总 13800000000")
    );
    let brought = store.investors_brought(date(2026, 1, 1), date(2026, 12, 31)).await.unwrap();
    assert_eq!(brought.len(), 1, "intermediaries and guests whom nobody brought do not count");
    assert_eq!(
        (brought[0].guest.id, brought[0].title.as_str(), brought[0].day),
        (ids[0], "武汉专场推介会", date(2026, 3, 12))
    );
    assert_eq!(store.investors_brought(date(2025, 1, 1), date(2025, 12, 31)).await.unwrap(), []);

    assert_eq!(store.end_guest(&by, at(23), ids[2], "未到").await.unwrap(), 1);
    assert!(matches!(store.end_guest(&by, at(24), ids[2], "未到").await, Err(Error::NotFound { .. })));
    let line = store.events(EventFilter::default(), Page::first()).await.unwrap().remove(0);
    assert_eq!((line.guests, line.investors), (2, 1));
}

async fn costs(store: &Store, by: Actor) {
    let cost = |kind, yuan, note: &str| NewCost { kind, yuan, day: date(2026, 3, 1), note: note.into() };
    store.add_cost(&by, at(30), 1, &cost(CostKind::Budget, 300_000, "党工委纪要 3 号")).await.unwrap();
    let wrong = store.add_cost(&by, at(30), 1, &cost(CostKind::Actual, 2_800_000, "发票 001")).await.unwrap();
    store.add_cost(&by, at(31), 1, &cost(CostKind::Actual, 280_000, "发票 001")).await.unwrap();
    for bad in [cost(CostKind::Actual, 0, "发票"), cost(CostKind::Actual, 5, " ")] {
        assert!(matches!(store.add_cost(&by, at(31), 1, &bad).await, Err(Error::Invalid(_))));
    }
    assert_eq!(store.end_cost(&by, at(32), wrong, "多写一个零").await.unwrap(), 1);
    assert!(matches!(store.end_cost(&by, at(33), wrong, "再").await, Err(Error::NotFound { .. })));
    let line = store.events(EventFilter::default(), Page::first()).await.unwrap().remove(0);
    assert_eq!((line.budget, line.actual), (300_000, 280_000));
    let kept = store.costs(1).await.unwrap();
    assert_eq!(kept.len(), 3, "what was taken back stays to be seen");
    assert_eq!(kept[1].ended.as_ref().map(|e| e.1.as_str()), Some("多写一个零"));
}

async fn goals(store: &Store, by: Actor, officer: UserId, unit: UnitId) {
    let goal = |party, amount, reason: &str| NewGoal {
        year: 2026,
        party,
        figure: "signed".into(),
        amount,
        agreed: date(2026, 1, 5),
        reason: reason.into(),
    };
    let first = store.add_goal(&by, at(40), 0, &goal(Party::Officer(officer), 6, "")).await.unwrap();
    store.add_goal(&by, at(40), 0, &goal(Party::Unit(unit), 20, "")).await.unwrap();
    store.add_goal(&by, at(40), 0, &goal(Party::Zone, 44, "")).await.unwrap();
    let silent = store.add_goal(&by, at(41), first, &goal(Party::Officer(officer), 8, "")).await;
    assert!(matches!(silent, Err(Error::Invalid(why)) if why.contains("reason")));
    let blind = store.add_goal(&by, at(41), 0, &goal(Party::Officer(officer), 8, "调整")).await;
    assert!(matches!(blind, Err(Error::Stale { what: "target", current }) if current == first));
    let second =
        store.add_goal(&by, at(42), first, &goal(Party::Officer(officer), 8, "年中加压")).await.unwrap();
    let nobody = goal(Party::Officer(UserId(99)), 1, "");
    assert!(matches!(store.add_goal(&by, at(42), 0, &nobody).await, Err(Error::NotFound { .. })));

    let all = store.goals(2026, at(50)).await.unwrap();
    let seen: Vec<(i64, i64, bool)> = all.iter().map(|g| (g.id, g.said.amount, g.holds)).collect();
    assert_eq!(seen[0], (second, 8, true));
    assert_eq!(seen[3], (first, 6, false), "the first one is kept");
    let before = store.goals(2026, at(41)).await.unwrap();
    assert!(before.iter().all(|g| g.holds) && before.len() == 3, "as of then the first one held");
    assert_eq!(store.goals(2025, at(50)).await.unwrap(), []);
}

async fn formulas(store: &Store, by: Actor) {
    let first = store.add_formula(&by, at(60), 0, SAMPLE).await.unwrap();
    let again = store.add_formula(&by, at(61), first, SAMPLE).await;
    assert!(matches!(again, Err(Error::Taken { .. })), "a version is used once");
    let next = SAMPLE.replace("2026.1", "2027.1").replace("since = \"2026-01-01\"", "since = \"2027-01-01\"");
    assert!(matches!(store.add_formula(&by, at(61), 0, &next).await, Err(Error::Stale { .. })));
    let bad = next.replace("reads = \"arrived\"", "reads = \"registered_capital\"");
    assert!(
        matches!(store.add_formula(&by, at(61), first, &bad).await, Err(Error::Invalid(why)) if why.contains("registered capital"))
    );
    let second = store.add_formula(&by, at(62), first, &next).await.unwrap();
    let on = async |day, seconds| store.formula_on(day, at(seconds)).await.unwrap().map(|f| f.id);
    assert_eq!(on(date(2026, 12, 31), 70).await, Some(first), "a year is assessed by its own formula");
    assert_eq!(on(date(2027, 12, 31), 70).await, Some(second));
    assert_eq!(on(date(2027, 12, 31), 61).await, Some(first), "as of then there was no other");
    assert_eq!(on(date(2025, 12, 31), 70).await, None);
    let all = store.formulas().await.unwrap();
    assert_eq!(all.iter().map(|f| f.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!(all[1].text, SAMPLE);
}
