//! The data space on both databases: exchanges are compared and set, messages go out in order and once, a limited use is never given twice.

use crate::world::{TempDir, at, stores};
use store::dataspace::NewAsset;
use store::dataspace::exchange::{Move, NewAgreement, NewPost, Tried};
use store::dataspace::usage::NewUse;
use store::{Actor, Error, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_messages_and_uses_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        peers_and_assets(&store).await;
        let id = exchanges(&store).await;
        posts(&store, id).await;
        uses(&store).await;
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        store.close().await;
    }
}

async fn peers_and_assets(store: &Store) {
    let by = Actor::System;
    let id =
        store.save_peer(&by, at(1), ("did:web:b", "乙区", "http://b/dsp"), &["k1".into()]).await.unwrap();
    let again =
        store.save_peer(&by, at(2), ("did:web:b", "乙园区", "http://b2/dsp"), &["k2".into()]).await.unwrap();
    assert_eq!(id, again);
    let peer = store.peer("did:web:b").await.unwrap().unwrap();
    assert_eq!((peer.name.as_str(), peer.keys), ("乙园区", vec!["k2".to_string()]));
    store.end_peer(&by, at(3), id).await.unwrap();
    assert!(store.peer("did:web:b").await.unwrap().is_none());
    assert!(matches!(store.end_peer(&by, at(3), id).await, Err(Error::NotFound { .. })));
    let new = |urn: &str| NewAsset {
        urn: urn.into(),
        title: "空置".into(),
        description: String::new(),
        media: "text/csv".into(),
        sha256: "a".repeat(64),
        bytes: 3,
        offer: "{}".into(),
    };
    let first = store.add_asset(&by, at(4), &new("urn:1")).await.unwrap();
    assert!(matches!(store.add_asset(&by, at(4), &new("urn:1")).await, Err(Error::Taken { .. })));
    store.add_asset(&by, at(4), &new("urn:2")).await.unwrap();
    assert_eq!(store.assets(first, 10).await.unwrap().len(), 1, "behind the first");
    let before = store.assets_version().await.unwrap();
    store.end_asset(&by, at(5), first).await.unwrap();
    assert!(store.assets_version().await.unwrap() > before, "whoever made a catalogue ready learns of it");
    assert_eq!(store.assets(0, 10).await.unwrap().len(), 1);
    assert!(store.asset("urn:1").await.unwrap().unwrap().ended.is_some(), "agreements still find it");
}

fn to(from: Option<(i64, i64)>, state: &'static str, posts: Vec<NewPost>) -> Move {
    Move {
        from,
        kind: "negotiation",
        pid: "urn:p1".into(),
        other: "urn:c1".into(),
        role: "provider",
        peer: "did:web:b".into(),
        state,
        data: "{}".into(),
        posts,
        agreement: None,
        key: None,
        why: "test".into(),
    }
}

fn post(name: &str) -> NewPost {
    NewPost {
        name: name.into(),
        address: "http://b".into(),
        path: "/x".into(),
        body: format!("body of {name}"),
        not_before: at(10),
    }
}

async fn exchanges(store: &Store) -> i64 {
    let by = Actor::System;
    let id = store.move_exchange(&by, at(10), &to(None, "REQUESTED", vec![post("m1")])).await.unwrap();
    assert!(matches!(
        store.move_exchange(&by, at(10), &to(None, "REQUESTED", vec![])).await,
        Err(Error::Taken { .. })
    ));
    let there = store.exchange("negotiation", "urn:p1").await.unwrap().unwrap();
    assert_eq!((there.id, there.version, there.state.as_str()), (id, 1, "REQUESTED"));
    let next = to(Some((id, 1)), "OFFERED", vec![post("m2")]);
    store.move_exchange(&by, at(11), &next).await.unwrap();
    let stale = store.move_exchange(&by, at(12), &to(Some((id, 1)), "TERMINATED", vec![post("m3")])).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "it moved since it was read");
    assert_eq!(store.posts_of(id).await.unwrap().len(), 2, "nothing of a refused move is kept");
    let found = store.exchange_by_other("negotiation", "did:web:b", "urn:c1").await.unwrap().unwrap();
    assert_eq!((found.id, found.state.as_str()), (id, "OFFERED"));
    assert!(store.exchange("transfer", "urn:p1").await.unwrap().is_none());
    id
}

async fn posts(store: &Store, id: i64) {
    let due = store.due_posts(at(20)).await.unwrap();
    assert_eq!(due.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["m1"], "one after the other");
    store.post_tried(at(20), due[0].id, (Some(503), "busy"), Tried::Again(at(60))).await.unwrap();
    assert!(store.due_posts(at(30)).await.unwrap().is_empty(), "the second waits for the first");
    assert_eq!(
        store.next_post().await.unwrap(),
        Some(at(11).min(at(10))),
        "the second is due, but behind the first"
    );
    let due = store.due_posts(at(60)).await.unwrap();
    assert_eq!((due[0].tries, due[0].body.as_str()), (1, "body of m1"));
    store.post_tried(at(60), due[0].id, (Some(200), ""), Tried::Done).await.unwrap();
    let due = store.due_posts(at(60)).await.unwrap();
    assert_eq!(due[0].name, "m2");
    store.post_tried(at(61), due[0].id, (Some(400), "no"), Tried::GivenUp).await.unwrap();
    assert_eq!(store.next_post().await.unwrap(), None);
    let all = store.posts_of(id).await.unwrap();
    assert!(all[0].body.is_empty(), "what is delivered keeps no body");
    assert_eq!((all[1].said.as_deref(), all[1].failed), (Some("no"), Some(at(61))));
    let by = Actor::System;
    store.try_again(&by, at(62), id).await.unwrap();
    let due = store.due_posts(at(62)).await.unwrap();
    assert_eq!((due[0].name.as_str(), due[0].tries, due[0].body.as_str()), ("m2", 0, "body of m2"));
    assert!(matches!(store.try_again(&by, at(63), id).await, Err(Error::NotFound { .. })));
    store.post_tried(at(64), due[0].id, (None, "silent"), Tried::GivenUp).await.unwrap();
    let there = store.exchange_by_id(id).await.unwrap().unwrap();
    store.move_exchange(&by, at(65), &to(Some((id, there.version)), "TERMINATED", vec![])).await.unwrap();
    let all = store.posts_of(id).await.unwrap();
    assert!(all.iter().all(|p| p.body.is_empty()), "once the exchange is over nothing is kept to send");
}

async fn uses(store: &Store) {
    let by = Actor::System;
    let there = store.exchange("negotiation", "urn:p1").await.unwrap().unwrap();
    let made = NewAgreement {
        urn: "urn:a1".into(),
        dataset: "urn:2".into(),
        policy: "{}".into(),
        signature: "s".into(),
        peer_signature: None,
    };
    let mut last = to(Some((there.id, there.version)), "FINALIZED", vec![]);
    last.agreement = Some(made);
    last.key = Some(b"secret".to_vec());
    store.move_exchange(&by, at(70), &last).await.unwrap();
    assert!(store.exchange_of_key(b"secret").await.unwrap().is_none(), "a negotiation opens no data");
    // Twenty at once under a limit of three: three are allowed, whoever comes first.
    let tries = (0..20).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let asked = asked(None);
            let used =
                store.use_agreement(at(80), "urn:a1", &asked, |a| (a.uses < 3, format!("{}", a.uses))).await;
            used.unwrap().allowed
        })
    });
    let mut allowed = 0;
    for one in tries.collect::<Vec<_>>() {
        allowed += usize::from(one.await.unwrap());
    }
    assert_eq!(allowed, 3);
    let agreement = store.ds_agreement("urn:a1").await.unwrap().unwrap();
    let all = store.uses_of(agreement.id).await.unwrap();
    assert_eq!((agreement.uses, all.len()), (3, 20), "every try is kept");
    let last = all.iter().find(|u| u.allowed).unwrap().id;
    store.use_sent(last, 42, 42).await.unwrap();
    assert_eq!(store.ds_agreement("urn:a1").await.unwrap().unwrap().bytes, 42);
    for other in all.iter().filter(|u| u.allowed && u.id != last) {
        store.use_sent(other.id, 0, 100 << 20).await.unwrap();
    }
    goes_on(store, last).await;
    store.end_agreement(&by, at(90), "urn:a1", "到期").await.unwrap();
    let after = store.use_agreement(at(91), "urn:a1", &asked(None), |_| (true, String::new())).await.unwrap();
    assert!(!after.allowed && after.said.contains("到期"));
    assert!(matches!(store.end_agreement(&by, at(92), "urn:a1", "x").await, Err(Error::NotFound { .. })));
}

fn asked(goes_on: Option<i64>) -> NewUse<'static> {
    NewUse {
        asker: "did:web:b", purpose: Some("研判"), exchange: 1, sha256: "s", whole: 100 << 20, goes_on
    }
}

/// A use that was cut goes on without counting, not from too far back, and not once it is whole.
async fn goes_on(store: &Store, last: i64) {
    let limited = |a: &store::dataspace::usage::Agreement| (a.uses < 3, String::new());
    let run =
        |from| async move { store.use_agreement(at(81), "urn:a1", &asked(from), limited).await.unwrap() };
    let on = run(Some(42)).await;
    assert_eq!((on.id, on.allowed, on.resumed), (last, true, true), "the third use goes on");
    assert!(!run(None).await.allowed, "from the first byte it would be a fourth");
    store.use_sent(last, 60 << 20, 60 << 20).await.unwrap();
    assert!(run(Some(50 << 20)).await.resumed, "what was lost on the way comes again");
    let back = run(Some(1 << 20)).await;
    assert!(!back.resumed && !back.allowed, "what came long ago does not");
    store.use_sent(last, 40 << 20, 100 << 20).await.unwrap();
    assert!(!run(Some(99 << 20)).await.allowed, "a whole one does not go on");
    assert_eq!(store.ds_agreement("urn:a1").await.unwrap().unwrap().uses, 3);
    copies(store).await;
}

async fn copies(store: &Store) {
    let by = Actor::System;
    let made = |hash: &'static str| async move {
        store.add_copy(&Actor::System, at(82), (1, "urn:a1"), (hash, 3, "text/csv")).await.unwrap()
    };
    let (one, two) = (made("h").await, made("h").await);
    assert_eq!(store.copies_under("urn:a1").await.unwrap().len(), 2);
    assert!(!store.end_copy(&by, at(83), one, "期限已到").await.unwrap(), "another copy has the same bytes");
    assert!(store.end_copy(&by, at(83), two, "期限已到").await.unwrap(), "now they may go");
    assert!(matches!(store.end_copy(&by, at(84), two, "x").await, Err(Error::NotFound { .. })));
    let all = store.copies_of(1).await.unwrap();
    assert!(all.len() == 2 && all.iter().all(|c| c.ended.as_ref().is_some_and(|e| e.1 == "期限已到")));
    let peer =
        store.save_peer(&by, at(85), ("did:web:p", "丙", "http://p/dsp"), &["k".into()]).await.unwrap();
    store.allow_push(&by, at(86), peer, &["a.example".into(), "b.example".into()]).await.unwrap();
    assert_eq!(store.peer("did:web:p").await.unwrap().unwrap().push_hosts, ["a.example", "b.example"]);
}
