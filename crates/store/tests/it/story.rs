//! One story that calls every method of the store, told on both databases.

use crate::world::{TempDir, at, stores};
use domain::company::RegionCode;
use domain::role::{Action, Lang, Role};
use domain::user::{UnitId, UserId};
use domain::zone::ZoneSettings;
use jiff::SignedDuration;
use jiff::civil::date;
use store::chain_file::{ChainSource, NewChainFile};
use store::import::{Counts, ImportKind, ImportState, NewImport, Outcome};
use store::refusal::NewRefusal;
use store::resident::{Added, NewResident};
use store::token::NewToken;
use store::user::NewUser;
use store::{Actor, Error, Page, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_story_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        store.ping().await.unwrap();
        let admin = people(&store).await;
        units(&store, admin).await;
        sessions(&store, admin).await;
        zone(&store, admin).await;
        imports(&store, admin).await;
        residents(&store, admin).await;
        columns(&store, admin).await;
        refusals(&store, admin).await;
        chains(&store, admin).await;
        leaders(&store, admin).await;
        tokens(&store, admin).await;
        duties(&store, admin).await;
        let verified = store.verify_journal().await.unwrap();
        assert_eq!(verified.broken, None);
        let newest = store.journal(Page::new(1, 0)).await.unwrap();
        assert_eq!(newest[0].seq.unsigned_abs(), verified.entries);
        assert_eq!(newest[0].hash, verified.hash);
        store.close().await;
    }
}

/// Longer than any session of the story.
const IDLE: SignedDuration = SignedDuration::from_hours(12);

pub fn new_user(login: &str, role: Role) -> NewUser {
    NewUser {
        login: login.to_string(),
        name: format!("{login} 先生"),
        role,
        unit: None,
        password_hash: None,
        lang: Lang::Zh,
    }
}

async fn people(store: &Store) -> Actor {
    assert_eq!(store.count_users().await.unwrap(), 0);
    let admin = store.add_user(&Actor::System, at(1), &new_user("admin", Role::Administrator)).await.unwrap();
    let by = Actor::User(admin.id);
    let officer = store.add_user(&by, at(2), &new_user("officer", Role::Officer)).await.unwrap();
    assert!(matches!(
        store.add_user(&by, at(3), &new_user("officer", Role::Auditor)).await,
        Err(Error::Taken { what: "login" })
    ));
    assert!(matches!(
        store.add_user(&by, at(3), &new_user(" ", Role::Auditor)).await,
        Err(Error::Invalid(_))
    ));
    assert_eq!(store.count_users().await.unwrap(), 2);

    let edited = store.edit_user(&by, at(4), officer.id, "王专员", Role::Director, None).await.unwrap();
    assert_eq!((edited.name.as_str(), edited.role), ("王专员", Role::Director));
    let seen = store.set_preferences(&by, at(5), officer.id, Lang::En, true).await.unwrap();
    assert_eq!(store.user(officer.id).await.unwrap(), Some(seen.clone()));
    assert_eq!((seen.lang, seen.large_text, seen.created), (Lang::En, true, at(2)));
    store.set_password(&by, at(6), officer.id, "$argon2id$x").await.unwrap();
    let (found, hash) = store.user_by_login("officer").await.unwrap().unwrap();
    assert_eq!((found, hash.as_deref()), (seen, Some("$argon2id$x")));

    let last = store.edit_user(&by, at(7), admin.id, "admin", Role::Officer, None).await;
    assert!(matches!(last, Err(Error::Invalid(why)) if why.contains("last administrator")));
    assert!(matches!(store.end_user(&by, at(7), admin.id).await, Err(Error::Invalid(_))));
    assert_eq!(
        store.user(admin.id).await.unwrap().unwrap().role,
        Role::Administrator,
        "the refusal left nothing"
    );

    store.end_user(&by, at(8), officer.id).await.unwrap();
    assert_eq!(store.user_by_login("officer").await.unwrap(), None);
    assert_eq!(store.user(officer.id).await.unwrap().unwrap().ended, Some(at(8)));
    assert!(matches!(
        store.set_password(&by, at(9), officer.id, "x").await,
        Err(Error::NotFound { what: "user" })
    ));
    let logins = |users: Vec<domain::user::User>| users.into_iter().map(|u| u.login).collect::<Vec<_>>();
    assert_eq!(logins(store.users(Page::first()).await.unwrap()), ["admin", "officer"]);
    assert_eq!(logins(store.users(Page::new(1, 0).next()).await.unwrap()), ["officer"]);
    let log = store.journal(Page::first()).await.unwrap();
    assert!(log.iter().all(|e| !format!("{e:?}").contains("argon2id")), "no password hash in the journal");
    by
}

async fn units(store: &Store, by: Actor) {
    let ships = store.add_unit(&by, at(900), "船舶产业局").await.unwrap();
    let land = store.add_unit(&by, at(901), "规划局").await.unwrap();
    assert!(matches!(store.add_unit(&by, at(902), "规划局").await, Err(Error::Taken { what: "unit name" })));
    assert!(matches!(store.add_unit(&by, at(902), "").await, Err(Error::Invalid(_))));
    assert!(matches!(store.rename_unit(&by, at(903), land.id, "船舶产业局").await, Err(Error::Taken { .. })));
    let land = store.rename_unit(&by, at(903), land.id, "规划和自然资源局").await.unwrap();
    assert_eq!(store.units().await.unwrap(), [ships.clone(), land.clone()]);

    let nobody = NewUser { unit: Some(UnitId(99)), ..new_user("lost", Role::Officer) };
    assert!(matches!(store.add_user(&by, at(904), &nobody).await, Err(Error::NotFound { what: "unit" })));
    let new = NewUser { unit: Some(ships.id), ..new_user("unit-officer", Role::Officer) };
    let officer = store.add_user(&by, at(904), &new).await.unwrap();
    assert_eq!((officer.unit, officer.confirmed), (Some(ships.id), true));
    let busy = store.end_unit(&by, at(905), ships.id).await;
    assert!(matches!(busy, Err(Error::Invalid(why)) if why.contains("1 people belong")));
    let moved = store.edit_user(&by, at(906), officer.id, "李专员", Role::Land, Some(land.id)).await.unwrap();
    assert_eq!(store.user(officer.id).await.unwrap(), Some(moved.clone()));
    assert_eq!((moved.unit, moved.role), (Some(land.id), Role::Land));
    store.end_unit(&by, at(907), ships.id).await.unwrap();
    assert!(matches!(store.end_unit(&by, at(908), ships.id).await, Err(Error::NotFound { .. })));
    let ended = store.edit_user(&by, at(909), officer.id, "李专员", Role::Land, Some(ships.id)).await;
    assert!(matches!(ended, Err(Error::NotFound { what: "unit" })));
    assert_eq!(store.units().await.unwrap()[0].ended, Some(at(907)));
    store.end_user(&by, at(910), officer.id).await.unwrap();
}

async fn sessions(store: &Store, by: Actor) {
    let Actor::User(admin) = by else { panic!("a person") };
    store.add_login_link(&by, at(10), admin, b"link", at(20)).await.unwrap();
    assert_eq!(store.use_login_link(at(11), b"other").await.unwrap(), None);
    assert_eq!(store.use_login_link(at(11), b"link").await.unwrap().unwrap().id, admin);
    assert_eq!(store.use_login_link(at(12), b"link").await.unwrap(), None, "once");
    store.add_login_link(&by, at(13), admin, b"late", at(20)).await.unwrap();
    assert_eq!(store.use_login_link(at(20), b"late").await.unwrap(), None, "expired");

    store.start_session(at(30), admin, b"token", b"csrf", at(100)).await.unwrap();
    let session = store.session(at(31), b"token", IDLE).await.unwrap().unwrap();
    assert_eq!((session.user.id, session.csrf.as_slice()), (admin, b"csrf".as_slice()));
    assert_eq!((session.created, session.expires), (at(30), at(100)));
    assert_eq!(store.session(at(100), b"token", IDLE).await.unwrap(), None, "expired");
    assert_eq!(store.session(at(31), b"guess", IDLE).await.unwrap(), None);
    let idle = SignedDuration::from_secs(20);
    assert!(store.session(at(49), b"token", idle).await.unwrap().is_some());
    assert_eq!(store.session(at(50), b"token", idle).await.unwrap(), None, "nobody used it for too long");
    store.touch_session(at(45), b"token", session.seen).await.unwrap();
    assert_eq!(store.session(at(50), b"token", idle).await.unwrap(), None, "kept once a minute only");
    let entries = store.verify_journal().await.unwrap().entries;
    store.touch_session(at(95), b"token", session.seen).await.unwrap();
    let seen = store.session(at(99), b"token", idle).await.unwrap().unwrap().seen;
    assert_eq!((seen, store.verify_journal().await.unwrap().entries), (at(95), entries));
    store.touch_session(at(60), b"token", at(0)).await.unwrap();
    assert_eq!(store.session(at(99), b"token", idle).await.unwrap().unwrap().seen, at(95), "never back");
    assert!(store.end_session(at(40), admin, b"token").await.unwrap());
    assert!(!store.end_session(at(41), admin, b"token").await.unwrap());
    assert_eq!(store.session(at(42), b"token", IDLE).await.unwrap(), None, "ended");

    store.start_session(at(50), admin, b"two", b"csrf", at(60)).await.unwrap();
    assert_eq!(store.expire_sessions(at(59), IDLE).await.unwrap(), 0);
    assert_eq!(store.expire_sessions(at(60), IDLE).await.unwrap(), 1);
    store.start_session(at(70), admin, b"three", b"csrf", at(90)).await.unwrap();
    store.set_password(&by, at(71), admin, "new").await.unwrap();
    assert_eq!(
        store.session(at(72), b"three", IDLE).await.unwrap(),
        None,
        "a new password signs out everywhere"
    );
}

async fn zone(store: &Store, by: Actor) {
    assert_eq!(store.zone().await.unwrap(), None);
    let mut settings = ZoneSettings {
        name: "样例高新区".to_string(),
        region: Some(RegionCode(321_100)),
        ..ZoneSettings::default()
    };
    assert_eq!(store.save_zone(&by, at(200), 0, &settings).await.unwrap(), 1);
    settings.name_en = "Sample Zone".to_string();
    assert_eq!(store.save_zone(&by, at(201), 1, &settings).await.unwrap(), 2);
    let stale = store
        .save_zone(&by, at(202), 1, &ZoneSettings { name: "别人".to_string(), ..settings.clone() })
        .await;
    assert!(matches!(stale, Err(Error::Stale { current: 2, .. })));
    assert!(matches!(
        store.save_zone(&by, at(203), 2, &ZoneSettings::default()).await,
        Err(Error::Invalid(_))
    ));
    let zone = store.zone().await.unwrap().unwrap();
    assert_eq!((zone.version, zone.settings, zone.updated), (2, settings, at(201)));
}

pub fn new_import(n: u8) -> NewImport {
    let (file_name, sha256) = (format!("企业{n}.xlsx"), format!("{n:064x}"));
    NewImport { kind: ImportKind::Universe, file_name, sha256, bytes: 1 << 40 }
}

async fn imports(store: &Store, by: Actor) {
    assert_eq!(store.claim_import(at(300)).await.unwrap(), None);
    let first = store.add_import(&by, at(300), &new_import(1)).await.unwrap();
    let second = store.add_import(&by, at(301), &new_import(2)).await.unwrap();
    assert_eq!((first.state, first.bytes, first.started), (ImportState::Queued, 1 << 40, None));
    let bad = NewImport { sha256: "XY".to_string(), ..new_import(3) };
    assert!(matches!(store.add_import(&by, at(301), &bad).await, Err(Error::Invalid(_))));

    let claimed = store.claim_import(at(302)).await.unwrap().unwrap();
    assert_eq!((claimed.id, claimed.state, claimed.started), (first.id, ImportState::Running, Some(at(302))));
    let half = Counts { read: 10, accepted: 8, rejected: 1, changed: 8 };
    assert!(store.beat_import(at(303), first.id, half).await.unwrap());
    assert_eq!(store.import(first.id).await.unwrap().unwrap().counts, half);
    let lost = store.finish_import(at(304), first.id, &Outcome::Done(half)).await;
    assert!(matches!(lost, Err(Error::Invalid(why)) if why.contains("8 accepted + 1 rejected")));

    assert_eq!(store.requeue_imports(at(305), at(302)).await.unwrap(), 0, "it gave a sign of life");
    assert_eq!(store.requeue_imports(at(305), at(303)).await.unwrap(), 1, "its process died");
    assert!(!store.beat_import(at(306), first.id, half).await.unwrap(), "the dead worker learns it");
    let again = store.claim_import(at(307)).await.unwrap().unwrap();
    assert_eq!((again.id, again.counts), (first.id, Counts::default()), "it begins anew");
    let all = Counts { read: 10, accepted: 8, rejected: 2, changed: 8 };
    let done = store.finish_import(at(308), first.id, &Outcome::Done(all)).await.unwrap();
    assert_eq!((done.state, done.counts, done.finished), (ImportState::Done, all, Some(at(308))));
    assert_eq!(store.import_of(ImportKind::Universe, &done.sha256).await.unwrap(), Some(done.clone()));
    assert_eq!(store.import_of(ImportKind::Residents, &done.sha256).await.unwrap(), None);

    assert_eq!(store.cancel_import(&by, at(309), second.id).await.unwrap().state, ImportState::Cancelled);
    assert!(matches!(store.cancel_import(&by, at(310), second.id).await, Err(Error::NotFound { .. })));
    let third = store.add_import(&by, at(311), &new_import(3)).await.unwrap();
    store.claim_import(at(312)).await.unwrap().unwrap();
    let failed = Outcome::Failed(half, "row 11: not UTF-8".to_string());
    let failed = store.finish_import(at(313), third.id, &failed).await.unwrap();
    assert_eq!((failed.state, failed.error.as_deref()), (ImportState::Failed, Some("row 11: not UTF-8")));
    let ids: Vec<i64> = store.imports(Page::first()).await.unwrap().iter().map(|i| i.id).collect();
    assert_eq!(ids, [third.id, second.id, first.id]);
}

async fn residents(store: &Store, by: Actor) {
    let row = |n: u32| NewResident { key: format!("K{n:06}"), name: format!("第{n:06}公司"), since: None };
    let mut rows: Vec<NewResident> = (0..2_500).map(row).collect();
    rows[1].since = Some(date(2020, 2, 29));
    let import = store.imports(Page::new(1, 0)).await.unwrap()[0].id;
    let added = store.add_residents(&by, at(400), Some(import), &rows).await.unwrap();
    assert_eq!(added, Added { added: 2_500, changed: 0, unchanged: 0 });
    let same = store.add_residents(&by, at(401), Some(import), &rows).await.unwrap();
    assert_eq!(same, Added { added: 0, changed: 0, unchanged: 2_500 }, "the same list changes nothing");
    let renamed = NewResident { name: "新名公司".to_string(), ..row(2) };
    let dated = NewResident { since: Some(date(2021, 1, 1)), ..row(3) };
    let few = [row(1), row(2), renamed, dated, row(9_999)];
    let done = store.add_residents(&by, at(402), None, &few).await.unwrap();
    assert_eq!(done, Added { added: 1, changed: 2, unchanged: 1 }, "the last row with a key counts");
    let first = store.resident("K000001").await.unwrap().unwrap();
    assert_eq!((first.since, first.import, first.created), (Some(date(2020, 2, 29)), Some(import), at(400)));
    assert_eq!(store.resident("K000002").await.unwrap().unwrap().name, "新名公司");
    assert_eq!(store.resident("K000003").await.unwrap().unwrap().since, Some(date(2021, 1, 1)));

    let bad = [row(5), NewResident { name: String::new(), ..row(6) }];
    let refused = store.add_residents(&by, at(403), None, &bad).await;
    assert!(matches!(refused, Err(Error::Invalid(why)) if why.starts_with("row 2, name")));
    store.end_resident(&by, at(404), "K000000").await.unwrap();
    assert!(matches!(store.end_resident(&by, at(405), "K000000").await, Err(Error::NotFound { .. })));
    assert_eq!(store.resident("K000000").await.unwrap(), None);
    assert_eq!(store.count_residents().await.unwrap(), 2_500);
    assert_eq!(store.resident_keys().await.unwrap().len(), 2_500);
    let back = store.add_residents(&by, at(406), None, &[row(0)]).await.unwrap();
    assert_eq!(back.added, 1, "who left may come back");
    let page = Page::new(5_000, 0);
    let (one, two) = (store.residents(page).await.unwrap(), store.residents(page.next()).await.unwrap());
    assert_eq!((one.len(), two.len()), (1_000, 1_000), "a page is bounded");
    assert!(one.last().unwrap().name < two[0].name);
}

async fn columns(store: &Store, by: Actor) {
    store.map_column(&by, at(500), "企业全称", Some("name")).await.unwrap();
    store.map_column(&by, at(501), "企业全称", Some("former_name")).await.unwrap();
    store.map_column(&by, at(502), "备注", Some("scope")).await.unwrap();
    store.map_column(&by, at(503), "备注", None).await.unwrap();
    let entries = store.verify_journal().await.unwrap().entries;
    store.map_column(&by, at(504), "企业全称", Some("former_name")).await.unwrap();
    assert_eq!(store.verify_journal().await.unwrap().entries, entries, "the same again changes nothing");
    let kept = store.column_mappings().await.unwrap();
    let kept: Vec<_> = kept.iter().map(|m| (m.heading.as_str(), m.field.as_str(), m.updated)).collect();
    assert_eq!(kept, [("企业全称", "former_name", at(501))]);
}

async fn refusals(store: &Store, by: Actor) {
    let said = |key: &str, until| NewRefusal {
        key: key.to_string(),
        name: format!("{key} 公司"),
        segment: Some("ships/propeller".to_string()),
        reason: "已在别处建厂".to_string(),
        until,
    };
    let a = store.add_refusal(&by, at(600), &said("A", Some(date(2026, 12, 31)))).await.unwrap();
    let b = store.add_refusal(&by, at(601), &NewRefusal { segment: None, ..said("B", None) }).await.unwrap();
    let on = async |day| {
        let found = store.refusals_on(day).await.unwrap();
        found.into_iter().map(|r| r.said.key).collect::<Vec<_>>()
    };
    assert_eq!(on(date(2026, 12, 31)).await, ["A", "B"]);
    assert_eq!(on(date(2027, 1, 1)).await, ["B"]);
    store.end_refusal(&by, at(602), b.id).await.unwrap();
    assert!(matches!(store.end_refusal(&by, at(603), b.id).await, Err(Error::NotFound { .. })));
    assert_eq!(on(date(2026, 1, 1)).await, ["A"]);
    let all = store.refusals(Page::first()).await.unwrap();
    assert_eq!((all.len(), all[0].ended, &all[1]), (2, Some(at(602)), &a));
    let silent = NewRefusal { reason: String::new(), ..said("C", None) };
    assert!(matches!(store.add_refusal(&by, at(604), &silent).await, Err(Error::Invalid(_))));
}

async fn chains(store: &Store, by: Actor) {
    let file = |chain: &str, text: &str, source| NewChainFile {
        chain: chain.to_string(),
        version: "2026.1".to_string(),
        text: text.to_string(),
        source,
    };
    let (built_in, uploaded) = (ChainSource::BuiltIn, ChainSource::Uploaded);
    assert!(store.save_chain_file(&Actor::System, at(700), &file("ships", "one", built_in)).await.unwrap());
    assert!(store.save_chain_file(&Actor::System, at(700), &file("ai", "x", built_in)).await.unwrap());
    assert!(!store.save_chain_file(&Actor::System, at(701), &file("ships", "one", built_in)).await.unwrap());
    store.enable_chain(&by, at(702), "ships", false).await.unwrap();
    assert!(store.save_chain_file(&by, at(703), &file("ships", "two", uploaded)).await.unwrap());
    assert!(
        !store.save_chain_file(&Actor::System, at(704), &file("ships", "three", built_in)).await.unwrap()
    );
    let current = store.chain_files().await.unwrap();
    let current: Vec<_> = current.iter().map(|c| (c.chain.as_str(), c.text.as_str(), c.enabled)).collect();
    assert_eq!(current, [("ships", "two", false), ("ai", "x", true)]);
    let history = store.chain_history("ships", Page::first()).await.unwrap();
    let texts: Vec<_> = history.iter().map(|c| (c.text.as_str(), c.source, c.ended)).collect();
    assert_eq!(texts, [("two", uploaded, None), ("one", built_in, Some(at(703)))]);
    assert!(matches!(store.enable_chain(&by, at(705), "none", true).await, Err(Error::NotFound { .. })));
}

async fn leaders(store: &Store, by: Actor) {
    let id = store.add_leader(&by, at(800), "ships", "K1", "中船").await.unwrap();
    assert!(matches!(store.add_leader(&by, at(801), "ships", "K1", "中船").await, Err(Error::Taken { .. })));
    store.add_leader(&by, at(802), "ai", "K1", "中船").await.unwrap();
    let names = |all: Vec<store::leader::Leader>| all.into_iter().map(|l| l.chain).collect::<Vec<_>>();
    assert_eq!(names(store.leaders().await.unwrap()), ["ai", "ships"]);
    store.end_leader(&by, at(803), id).await.unwrap();
    assert!(matches!(store.end_leader(&by, at(804), id).await, Err(Error::NotFound { .. })));
    assert_eq!(names(store.leaders().await.unwrap()), ["ai"]);
}

async fn tokens(store: &Store, by: Actor) {
    let Actor::User(person) = by else { panic!("a person") };
    let year = SignedDuration::from_hours(24 * 365);
    let new = NewToken {
        person,
        name: "统计接口".to_string(),
        actions: vec![Action::ReadProjects, Action::Export],
        expires: at(1000) + year,
    };
    let token = store.add_token(&by, at(1000), &new, b"secret").await.unwrap();
    assert_eq!((&token.actions, token.used, token.ended), (&new.actions, None, None));
    let late = NewToken { expires: at(1001) + year, ..new.clone() };
    let past = NewToken { expires: at(1000), ..new.clone() };
    let idle = NewToken { actions: Vec::new(), ..new.clone() };
    for wrong in [late, past, idle, NewToken { name: String::new(), ..new.clone() }] {
        assert!(matches!(store.add_token(&by, at(1000), &wrong, b"x").await, Err(Error::Invalid(_))));
    }
    let (found, user) = store.token(at(1001), b"secret").await.unwrap().unwrap();
    assert_eq!((&found, user.id), (&token, person));
    assert_eq!(store.token(at(1001), b"guess").await.unwrap(), None);
    assert_eq!(store.token(new.expires, b"secret").await.unwrap(), None, "expired");
    let entries = store.verify_journal().await.unwrap().entries;
    for day in [date(2026, 2, 3), date(2026, 2, 2)] {
        store.touch_token(token.id, day).await.unwrap();
    }
    assert_eq!(store.verify_journal().await.unwrap().entries, entries);
    let used = store.tokens(Some(person), Page::first()).await.unwrap();
    assert_eq!(used.iter().map(|t| t.used).collect::<Vec<_>>(), [Some(date(2026, 2, 3))], "never back");
    assert_eq!(store.tokens(Some(UserId(99)), Page::first()).await.unwrap(), []);
    assert_eq!(store.tokens(None, Page::first()).await.unwrap(), used);

    let stranger = store.end_token(&by, at(1002), token.id, Some(UserId(99))).await;
    assert!(matches!(stranger, Err(Error::NotFound { what: "token" })));
    store.end_token(&by, at(1003), token.id, Some(person)).await.unwrap();
    assert_eq!(store.token(at(1004), b"secret").await.unwrap(), None, "ended");
    assert!(matches!(store.end_token(&by, at(1004), token.id, None).await, Err(Error::NotFound { .. })));
    for n in 0..domain::limits::TOKENS as u64 {
        store.add_token(&by, at(1005), &new, &n.to_le_bytes()).await.unwrap();
    }
    let full = store.add_token(&by, at(1006), &new, b"one more").await;
    assert!(matches!(full, Err(Error::Invalid(why)) if why.contains("at most 20")));
}

async fn duties(store: &Store, by: Actor) {
    let Actor::User(admin) = by else { panic!("a person") };
    let version = async || store.zone().await.unwrap().unwrap().version;
    let invalid = |result: Result<_, Error>, word: &str| match result {
        Err(Error::Invalid(why)) => assert!(why.contains(word), "{why}"),
        other => panic!("{word}: {other:?}"),
    };
    invalid(store.separate_duties(&by, at(2000), version().await, true).await.map(drop), "no security");
    let keeper = async |login: &str, role| {
        let new = NewUser { password_hash: Some("hash".to_string()), ..new_user(login, role) };
        store.add_user(&by, at(2001), &new).await.unwrap().id
    };
    let security = keeper("security", Role::Security).await;
    store.add_user(&by, at(2002), &new_user("silent", Role::Auditor)).await.unwrap();
    invalid(store.separate_duties(&by, at(2003), version().await, true).await.map(drop), "no auditor");
    let auditor = keeper("auditor", Role::Auditor).await;
    invalid(store.separate_duties(&by, at(2003), version().await, true).await.map(drop), "nobody but");
    let director = keeper("director", Role::Director).await;
    let settings = ZoneSettings { separated: true, ..store.zone().await.unwrap().unwrap().settings };
    let quiet = store.save_zone(&by, at(2004), version().await, &settings).await;
    invalid(quiet.map(drop), "on their own page");
    assert!(matches!(store.separate_duties(&by, at(2004), 1, true).await, Err(Error::Stale { .. })));
    store.separate_duties(&by, at(2005), version().await, true).await.unwrap();
    assert!(store.zone().await.unwrap().unwrap().settings.separated);

    // The administrator's new account has no rights until the security administrator confirms its role.
    let new = store.add_user(&by, at(2006), &new_user("new", Role::Officer)).await.unwrap();
    assert!(!new.confirmed);
    invalid(store.start_session(at(2007), new.id, b"n", b"c", at(9000)).await, "confirmation");
    let guard = Actor::User(security);
    let was = (Role::Officer, None);
    let wrong = store.assign_role(&guard, at(2008), new.id, (Role::Land, None), was).await;
    assert!(matches!(wrong, Err(Error::Stale { .. })), "somebody changed it since it was seen");
    assert!(store.assign_role(&guard, at(2008), new.id, was, was).await.unwrap().confirmed);
    store.start_session(at(2009), new.id, b"new", b"c", at(9000)).await.unwrap();

    // A link sets a password, so it takes the rights again and ends what is open; the last keeper's needs the command line.
    store.add_login_link(&by, at(2010), new.id, b"again", at(9000)).await.unwrap();
    assert!(!store.user(new.id).await.unwrap().unwrap().confirmed);
    assert_eq!(store.session(at(2011), b"new", IDLE).await.unwrap(), None);
    invalid(store.add_login_link(&by, at(2011), security, b"s", at(9000)).await, "last security");
    store.add_login_link(&Actor::Cli, at(2011), security, b"s", at(9000)).await.unwrap();
    assert!(store.user(security).await.unwrap().unwrap().confirmed);

    let own =
        store.assign_role(&guard, at(2012), security, (Role::Security, None), (Role::Director, None)).await;
    invalid(own.map(drop), "nobody changes their own");
    invalid(store.end_user(&by, at(2013), security).await, "last security");
    invalid(store.end_user(&by, at(2013), admin).await, "last administrator");
    let demoted =
        store.assign_role(&guard, at(2014), admin, (Role::Administrator, None), (Role::Officer, None)).await;
    invalid(demoted.map(drop), "last administrator");
    store.end_user(&by, at(2015), auditor).await.unwrap();

    store.separate_duties(&guard, at(2016), version().await, false).await.unwrap();
    assert!(store.add_user(&by, at(2017), &new_user("plain", Role::Officer)).await.unwrap().confirmed);
    store.note_lock(at(2018), director, at(2918)).await.unwrap();
    let newest = store.journal(Page::new(1, 0)).await.unwrap().remove(0);
    assert_eq!((newest.action.as_str(), newest.subject), ("user.lock", format!("user:{director}")));
}
