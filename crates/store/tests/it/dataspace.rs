//! The data space on both databases: exchanges are compared and set, messages go out in order and once, a limited use is never given twice.

use crate::world::{TempDir, at, stores};
use store::dataspace::NewAsset;
use store::dataspace::exchange::{Move, NewAgreement, NewPost, Tried};
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
    store.end_asset(&by, at(5), first).await.unwrap();
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
            let used = store.use_agreement(at(80), "urn:a1", ("did:web:b", Some("研判")), |a| {
                (a.uses < 3, format!("{}", a.uses))
            });
            used.await.unwrap().1
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
    store.use_sent(all[0].id, 42).await.unwrap();
    assert_eq!(store.ds_agreement("urn:a1").await.unwrap().unwrap().bytes, 42);
    store.end_agreement(&by, at(90), "urn:a1", "到期").await.unwrap();
    let after =
        store.use_agreement(at(91), "urn:a1", ("did:web:b", None), |_| (true, String::new())).await.unwrap();
    assert!(!after.1 && after.2.contains("到期"));
    assert!(matches!(store.end_agreement(&by, at(92), "urn:a1", "x").await, Err(Error::NotFound { .. })));
}
