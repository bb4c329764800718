//! The inventory and who holds what of it, on both databases.

use crate::story::new_user;
use crate::world::{TempDir, at, stores};
use domain::fact::{Kind as FactKind, NewFact, ProjectId, Value as FactValue};
use domain::inventory::hold::{Hold, Manner};
use domain::inventory::{ChangeId, ItemId, Kind, NewChange, Value, fold};
use domain::role::Role;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use store::inventory::ImportedItem;
use store::{Actor, Error, Store};

const TODAY: Date = date(2026, 3, 1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_changes_and_holds_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        let user = store.add_user(&Actor::System, at(1), &new_user("land", Role::Land)).await.unwrap();
        let by = Actor::User(user.id);
        let parcel = records(&store, by).await;
        let building = parts(&store, by, parcel).await;
        holds(&store, by, parcel, building).await;
        many(&store, by).await;
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        store.close().await;
    }
}

fn set(pairs: &[(&str, Value)]) -> BTreeMap<String, Option<Value>> {
    pairs.iter().map(|(w, v)| ((*w).to_string(), Some(v.clone()))).collect()
}

fn text(t: &str) -> Value {
    Value::Text(t.into())
}

fn parcel() -> NewChange {
    NewChange::on(date(2026, 1, 1), set(&[("area", Value::Int(4_000_000)), ("use", text("industrial"))]))
}

async fn project(store: &Store, by: Actor, name: &str) -> ProjectId {
    let facts = [NewFact::on(TODAY, FactKind::Name, FactValue::Text(name.into()))];
    store.create_project(&by, at(5), TODAY, None, &facts).await.unwrap().0
}

async fn records(store: &Store, by: Actor) -> ItemId {
    let id = store.add_item(&by, at(10), Kind::Parcel, " P-01 ", &parcel()).await.unwrap();
    assert!(matches!(
        store.add_item(&by, at(10), Kind::Parcel, "P-01", &parcel()).await,
        Err(Error::Taken { .. })
    ));
    let bare = NewChange::on(TODAY, set(&[("use", text("industrial"))]));
    let refused = store.add_item(&by, at(10), Kind::Parcel, "P-02", &bare).await;
    assert!(matches!(refused, Err(Error::Invalid(why)) if why.contains("面积")));
    let item = store.item(id).await.unwrap().unwrap();
    assert_eq!((item.code.as_str(), item.changes.len()), ("P-01", 1));
    let first = item.changes[0].id;
    let later = NewChange::on(date(2027, 6, 1), set(&[("power", Value::Int(10_000))]));
    let second = store.change_item(&by, at(11), id, first, &later).await.unwrap();
    assert!(matches!(store.change_item(&by, at(11), id, first, &later).await, Err(Error::Stale { .. })));
    let fixed = NewChange {
        corrects: Some(first),
        reason: "量错了".into(),
        ..NewChange::on(
            date(2026, 1, 1),
            set(&[("area", Value::Int(3_900_000)), ("use", text("industrial"))]),
        )
    };
    let third = store.change_item(&by, at(12), id, second, &fixed).await.unwrap();
    assert!(
        matches!(store.change_item(&by, at(12), id, third, &fixed).await, Err(Error::Stale { .. })),
        "corrected already"
    );
    let item = store.item(id).await.unwrap().unwrap();
    let area =
        |cut| fold::fold(&item.changes, date(2027, 7, 1), at(cut)).values.get("area").and_then(Value::int);
    assert_eq!([area(11), area(12)], [Some(4_000_000), Some(3_900_000)]);
    assert_eq!(store.last_change().await.unwrap(), third);
    assert_eq!(store.item_by_code(Kind::Parcel, "P-01").await.unwrap(), Some(id));
    id
}

async fn parts(store: &Store, by: Actor, parcel: ItemId) -> ItemId {
    let built = |on: &str| {
        NewChange::on(
            TODAY,
            set(&[("name", text("一号楼")), ("area", Value::Int(100)), ("parcel", text(on))]),
        )
    };
    let lost = store.add_item(&by, at(20), Kind::Building, "B-1", &built("P-99")).await;
    assert!(matches!(lost, Err(Error::Invalid(why)) if why.contains("P-99")));
    let building = store.add_item(&by, at(20), Kind::Building, "B-1", &built("P-01")).await.unwrap();
    assert_eq!(store.item(building).await.unwrap().unwrap().whole, Some(parcel));
    building
}

async fn holds(store: &Store, by: Actor, parcel: ItemId, building: ItemId) {
    let (one, two) = (project(store, by, "甲").await, project(store, by, "乙").await);
    let space = NewChange::on(
        TODAY,
        set(&[("building", text("B-1")), ("floor", text("3")), ("area", Value::Int(50_000))]),
    );
    let space = store.add_item(&by, at(30), Kind::Space, "B-1-301", &space).await.unwrap();
    let reserve = |item, project, expires| Hold {
        item,
        project,
        manner: Manner::Reserved,
        from: date(2026, 3, 1),
        until: None,
        expires: Some(expires),
    };
    let expires = date(2026, 5, 31);
    let made = store.hold(&by, at(31), TODAY, &[reserve(space, one, expires)], "等签约").await.unwrap();
    for item in [space, building, parcel] {
        let clash = store.hold(&by, at(32), TODAY, &[reserve(item, two, expires)], "").await;
        assert!(
            matches!(clash, Err(Error::Held { code, .. }) if code == "B-1-301"),
            "the whole and its parts are one ground"
        );
    }
    let both = [reserve(parcel, two, expires), reserve(space, two, expires)];
    let late = date(2026, 6, 1);
    assert!(
        store
            .hold(&by, at(33), late, &both.clone().map(|h| Hold { expires: Some(late), ..h }), "")
            .await
            .is_err()
    );
    assert_eq!(store.holds_of_project(two).await.unwrap(), [], "all or nothing");
    assert!(matches!(store.end_item(&by, at(34), space, "拆除").await, Err(Error::Invalid(_))));
    let leased = Hold {
        manner: Manner::Leased,
        expires: None,
        until: Some(date(2029, 2, 28)),
        ..reserve(space, one, expires)
    };
    let next = store.end_hold(&by, at(35), TODAY, made[0], "签租约", Some(&leased)).await.unwrap().unwrap();
    assert!(matches!(
        store.end_hold(&by, at(35), TODAY, made[0], "再来", None).await,
        Err(Error::NotFound { .. })
    ));
    let history = store.holds_of_item(space).await.unwrap();
    assert_eq!(
        history.iter().map(|h| (h.id, h.ended.is_some())).collect::<Vec<_>>(),
        [(next, false), (made[0], true)]
    );
    // A reservation that lapsed is in nobody's way.
    store.end_hold(&by, at(36), TODAY, next, "退租", None).await.unwrap();
    store.hold(&by, at(37), TODAY, &[reserve(parcel, one, expires)], "").await.unwrap();
    store.hold(&by, at(38), date(2026, 6, 1), &[reserve(parcel, two, date(2026, 8, 1))], "").await.unwrap();
    assert_eq!(store.holds().await.unwrap().len(), 2);
}

async fn many(store: &Store, by: Actor) {
    let seen = store.last_change().await.unwrap();
    let row = |code: &str, change: NewChange| ImportedItem { item: None, code: code.into(), change };
    let bad = [row("W-1", NewChange::on(TODAY, set(&[("name", text("路"))])))];
    let refused = store.import_items(&by, at(40), Kind::Works, "x.xlsx", seen, &bad).await;
    assert!(
        matches!(refused, Err(Error::Invalid(why)) if why.contains("W-1") && why.contains("计划完成日期"))
    );
    let road = NewChange::on(TODAY, set(&[("name", text("龙门港路")), ("plan_done", text("2026-02-28"))]));
    let rows = [row("W-1", road.clone()), row("W-2", road.clone())];
    assert!(matches!(
        store.import_items(&by, at(40), Kind::Works, "x.xlsx", ChangeId(seen.0 - 1), &rows).await,
        Err(Error::Stale { .. })
    ));
    store.import_items(&by, at(41), Kind::Works, "x.xlsx", seen, &rows).await.unwrap();
    let works = store.items(Kind::Works).await.unwrap();
    assert_eq!(works.iter().map(|i| i.code.as_str()).collect::<Vec<_>>(), ["W-1", "W-2"]);
    store.end_item(&by, at(42), works[0].id, "重复").await.unwrap();
    assert_eq!(store.items(Kind::Works).await.unwrap().len(), 1);
    assert!(store.end_item(&by, at(42), works[0].id, "重复").await.is_err());
    let owner = project(store, by, "丙").await;
    let code = store.project_code(owner).await.unwrap().unwrap();
    let line = |code: &str| {
        NewChange::on(
            TODAY,
            set(&[("project", text(code)), ("text", text("研发补助")), ("gives", text("award"))]),
        )
    };
    let lost = store.add_item(&by, at(43), Kind::OfferLine, "L-1", &line("X-1")).await;
    assert!(matches!(lost, Err(Error::Invalid(why)) if why.contains("X-1")));
    let line = store.add_item(&by, at(43), Kind::OfferLine, "L-1", &line(&code)).await.unwrap();
    let of = store.items_of_project(owner).await.unwrap();
    assert_eq!(
        of.iter().map(|i| (i.id, i.changes.len(), i.project)).collect::<Vec<_>>(),
        [(line, 1, Some(owner))]
    );
}

/// Sessions that reserve at the same time, in any mix of parcels, wholes, parts and days: what stands afterwards never overlaps.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reservations_of_many_sessions_at_once_never_overlap() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        let user = store.add_user(&Actor::System, at(1), &new_user("land", Role::Land)).await.unwrap();
        let by = Actor::User(user.id);
        let mut items = Vec::new();
        for n in 1..=3 {
            let code = format!("P-{n}");
            items.push(store.add_item(&by, at(2), Kind::Parcel, &code, &parcel()).await.unwrap());
            let built = set(&[("name", text("楼")), ("area", Value::Int(100)), ("parcel", text(&code))]);
            let building = NewChange::on(TODAY, built);
            items.push(
                store.add_item(&by, at(3), Kind::Building, &format!("B-{n}"), &building).await.unwrap(),
            );
        }
        let mut projects = Vec::new();
        for n in 0..4 {
            projects.push(project(&store, by, &format!("项目{n}")).await);
        }
        let sessions = (0..4u64).map(|session| {
            let (store, items, project) =
                (store.clone(), items.clone(), projects[usize::try_from(session).unwrap()]);
            tokio::spawn(async move {
                let (mut seed, mut won, mut lost) = (session * 7_919 + 1, 0, 0);
                for _ in 0..40 {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let pick = |n: u64, shift: u32| (seed >> shift) % n;
                    let month = i8::try_from(pick(12, 20) + 1).unwrap();
                    let last = i8::try_from(pick(12, 40) + 1).unwrap().max(month);
                    let hold = Hold {
                        item: items[usize::try_from(pick(items.len() as u64, 8)).unwrap()],
                        project,
                        manner: Manner::Reserved,
                        from: date(2027, month, 1),
                        until: Some(date(2027, last, 28)),
                        expires: Some(date(2026, 12, 31)),
                    };
                    match store.hold(&by, at(9), TODAY, &[hold], "").await {
                        Ok(_) => won += 1,
                        Err(Error::Held { .. }) => lost += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
                (won, lost)
            })
        });
        let (mut won, mut lost) = (0, 0);
        for session in sessions.collect::<Vec<_>>() {
            let (w, l) = session.await.unwrap();
            (won, lost) = (won + w, lost + l);
        }
        let held = store.holds().await.unwrap();
        assert_eq!(held.len(), won);
        assert!(won > 3 && lost > 20, "{won} won, {lost} lost");
        let ground = |item: ItemId| items.iter().position(|i| *i == item).unwrap() / 2;
        for (i, a) in held.iter().enumerate() {
            for b in &held[..i] {
                assert!(
                    ground(a.hold.item) != ground(b.hold.item) || !a.hold.meets(&b.hold),
                    "{a:?} and {b:?}"
                );
            }
        }
        store.close().await;
    }
}
