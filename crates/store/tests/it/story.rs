//! One story that calls every method of the store, told on both databases.

use crate::world::{TempDir, at, stores};
use domain::company::RegionCode;
use domain::role::{Lang, Role};
use domain::zone::ZoneSettings;
use store::user::NewUser;
use store::{Actor, Error, Page, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_story_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        store.ping().await.unwrap();
        let admin = people(&store).await;
        sessions(&store, admin).await;
        zone(&store, admin).await;
        let verified = store.verify_journal().await.unwrap();
        assert_eq!(verified.broken, None);
        let newest = store.journal(Page::new(1, 0)).await.unwrap();
        assert_eq!(newest[0].seq.unsigned_abs(), verified.entries);
        assert_eq!(newest[0].hash, verified.hash);
        store.close().await;
    }
}

pub fn new_user(login: &str, role: Role) -> NewUser {
    NewUser { login: login.to_string(), name: format!("{login} 先生"), role, password_hash: None, lang: Lang::Zh }
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
    assert!(matches!(store.add_user(&by, at(3), &new_user(" ", Role::Auditor)).await, Err(Error::Invalid(_))));
    assert_eq!(store.count_users().await.unwrap(), 2);

    let edited = store.edit_user(&by, at(4), officer.id, "王专员", Role::Director).await.unwrap();
    assert_eq!((edited.name.as_str(), edited.role), ("王专员", Role::Director));
    let seen = store.set_preferences(&by, at(5), officer.id, Lang::En, true).await.unwrap();
    assert_eq!(store.user(officer.id).await.unwrap(), Some(seen.clone()));
    assert_eq!((seen.lang, seen.large_text, seen.created), (Lang::En, true, at(2)));
    store.set_password(&by, at(6), officer.id, "$argon2id$x").await.unwrap();
    let (found, hash) = store.user_by_login("officer").await.unwrap().unwrap();
    assert_eq!((found, hash.as_deref()), (seen, Some("$argon2id$x")));

    let last = store.edit_user(&by, at(7), admin.id, "admin", Role::Officer).await;
    assert!(matches!(last, Err(Error::Invalid(why)) if why.contains("last administrator")));
    assert!(matches!(store.end_user(&by, at(7), admin.id).await, Err(Error::Invalid(_))));
    assert_eq!(store.user(admin.id).await.unwrap().unwrap().role, Role::Administrator, "the refusal left nothing");

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

async fn sessions(store: &Store, by: Actor) {
    let Actor::User(admin) = by else { panic!("a person") };
    store.add_login_link(&by, at(10), admin, b"link", at(20)).await.unwrap();
    assert_eq!(store.use_login_link(at(11), b"other").await.unwrap(), None);
    assert_eq!(store.use_login_link(at(11), b"link").await.unwrap().unwrap().id, admin);
    assert_eq!(store.use_login_link(at(12), b"link").await.unwrap(), None, "once");
    store.add_login_link(&by, at(13), admin, b"late", at(20)).await.unwrap();
    assert_eq!(store.use_login_link(at(20), b"late").await.unwrap(), None, "expired");

    store.start_session(at(30), admin, b"token", b"csrf", at(100)).await.unwrap();
    let session = store.session(at(31), b"token").await.unwrap().unwrap();
    assert_eq!((session.user.id, session.csrf.as_slice()), (admin, b"csrf".as_slice()));
    assert_eq!((session.created, session.expires), (at(30), at(100)));
    assert_eq!(store.session(at(100), b"token").await.unwrap(), None, "expired");
    assert_eq!(store.session(at(31), b"guess").await.unwrap(), None);
    assert!(store.end_session(at(40), admin, b"token").await.unwrap());
    assert!(!store.end_session(at(41), admin, b"token").await.unwrap());
    assert_eq!(store.session(at(42), b"token").await.unwrap(), None, "ended");

    store.start_session(at(50), admin, b"two", b"csrf", at(60)).await.unwrap();
    assert_eq!(store.expire_sessions(at(59)).await.unwrap(), 0);
    assert_eq!(store.expire_sessions(at(60)).await.unwrap(), 1);
    store.start_session(at(70), admin, b"three", b"csrf", at(90)).await.unwrap();
    store.set_password(&by, at(71), admin, "new").await.unwrap();
    assert_eq!(store.session(at(72), b"three").await.unwrap(), None, "a new password signs out everywhere");
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
    let stale = store.save_zone(&by, at(202), 1, &ZoneSettings { name: "别人".to_string(), ..settings.clone() }).await;
    assert!(matches!(stale, Err(Error::Stale { current: 2, .. })));
    assert!(matches!(store.save_zone(&by, at(203), 2, &ZoneSettings::default()).await, Err(Error::Invalid(_))));
    let zone = store.zone().await.unwrap().unwrap();
    assert_eq!((zone.version, zone.settings, zone.updated), (2, settings, at(201)));
}
