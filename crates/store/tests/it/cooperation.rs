//! Zone with zone on both databases: the partner's file, leads that are taken and registered once, trust lists that never go back.

use crate::world::{TempDir, at, stores};
use domain::inventory::{Kind, NewChange, Value};
use jiff::civil::date;
use std::collections::BTreeMap;
use store::cooperation::{Direction, NewCoopLead};
use store::{Actor, Error, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_leads_and_trust_lists_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        println!("on {}", store.backend());
        frameworks(&store).await;
        trust(&store).await;
        renewed(&store).await;
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        store.close().await;
    }
}

async fn frameworks(store: &Store) {
    let by = Actor::System;
    let set: BTreeMap<String, Option<Value>> = [("name", "框架协议"), ("partner", "did:web:b")]
        .map(|(k, v)| (k.to_string(), Some(Value::Text(v.into()))))
        .into();
    let first = NewChange::on(date(2026, 3, 6), set);
    let item = store.add_item(&by, at(1), Kind::Cooperation, "XZ-01", &first).await.unwrap();
    assert_eq!(store.coop_file(item).await.unwrap(), None);
    for (moment, hash) in [(2, "a"), (3, "b")] {
        store.save_coop_file(&by, at(moment), item, (hash, "{}", "urn:agreement")).await.unwrap();
    }
    let kept = store.coop_file(item).await.unwrap().unwrap();
    assert_eq!((kept.sha256.as_str(), kept.fetched), ("b", at(3)), "the later one stands");
    let new = NewCoopLead {
        item,
        direction: Direction::In,
        urn: "urn:lead:1".into(),
        lead: None,
        title: "储能电芯项目".into(),
        day: date(2026, 11, 20),
    };
    let id = store.add_coop_lead(&by, at(4), &new).await.unwrap();
    assert!(matches!(store.add_coop_lead(&by, at(4), &new).await, Err(Error::Taken { .. })));
    let long = NewCoopLead { urn: "urn:lead:2".into(), title: "两\n行".into(), ..new };
    assert!(matches!(store.add_coop_lead(&by, at(4), &long).await, Err(Error::Invalid(_))));
    store.take_coop_lead(&by, at(5), id, "{\"name\":\"x\"}").await.unwrap();
    assert!(matches!(store.take_coop_lead(&by, at(6), id, "other").await, Err(Error::NotFound { .. })));
    let one = store.coop_lead(id).await.unwrap().unwrap();
    assert_eq!((one.body.as_deref(), one.taken, one.lead), (Some("{\"name\":\"x\"}"), Some(at(5)), None));
    assert_eq!(store.coop_leads(item).await.unwrap(), [one]);
}

async fn trust(store: &Store) {
    let by = Actor::System;
    let keys = ["k".to_string()];
    let id = store.vouch(&by, at(10), ("did:web:bank", "银行", "", "https://bank/dsp"), &keys).await.unwrap();
    let again =
        store.vouch(&by, at(11), ("did:web:bank", "某银行", "", "https://bank/dsp"), &keys).await.unwrap();
    assert_eq!(id, again);
    assert_eq!(store.vouched().await.unwrap()[0].name, "某银行");
    store.strike(&by, at(12), id).await.unwrap();
    assert!(store.vouched().await.unwrap().is_empty());
    assert!(matches!(store.strike(&by, at(12), id).await, Err(Error::NotFound { .. })));
    assert!(store.save_trust_list(&by, at(13), ("did:web:b", 2, "{2}")).await.unwrap());
    assert!(!store.save_trust_list(&by, at(14), ("did:web:b", 2, "{x}")).await.unwrap(), "the same number");
    assert!(!store.save_trust_list(&by, at(14), ("did:web:b", 1, "{1}")).await.unwrap(), "an older one");
    assert!(store.save_trust_list(&by, at(15), ("did:web:b", 3, "{3}")).await.unwrap());
    let lists = store.trust_lists().await.unwrap();
    assert_eq!(lists.iter().map(|l| (l.number, l.body.as_str())).collect::<Vec<_>>(), [(3, "{3}")]);
}

async fn renewed(store: &Store) {
    let by = Actor::System;
    let new = store::dataspace::NewAsset {
        urn: "urn:coop".into(),
        title: "协作".into(),
        description: "一".into(),
        media: "application/json".into(),
        sha256: "a".repeat(64),
        bytes: 3,
        offer: "{}".into(),
    };
    let id = store.add_asset(&by, at(20), &new).await.unwrap();
    store.renew_asset(&by, at(21), "urn:coop", ("二", &"b".repeat(64), 4)).await.unwrap();
    let there = store.asset("urn:coop").await.unwrap().unwrap();
    assert_eq!((there.id, there.bytes, there.description.as_str()), (id, 4, "二"));
    store.end_asset(&by, at(22), id).await.unwrap();
    store.renew_asset(&by, at(23), "urn:coop", ("三", &"c".repeat(64), 5)).await.unwrap();
    assert_eq!(store.asset("urn:coop").await.unwrap().unwrap().ended, None, "it is offered again");
    let refused = store.renew_asset(&by, at(23), "urn:none", ("三", "c", 5)).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })));
    assert!(store.agreement_on("consumer", "did:web:b", "urn:coop").await.unwrap().is_none());
    assert!(store.asked_of("negotiation", "did:web:b").await.unwrap().is_empty());
}
