//! Two zones share a file through the pages: published under "three reads, until a day, for a purpose", found in the other's catalogue, agreed,
//! fetched three times, and refused the fourth time with the reason; a revocation ends it.

use crate::browser::serve_app;
use crate::world::{Client, World};
use axum::http::StatusCode;
use domain::role::Role;
use std::time::Duration;

const CSV: &str = "楼宇,面积\n示例楼,3000\n";

/// An instance on a port of its own, whose key is one of SM2 or of Ed25519.
async fn zone(sm2: bool) -> (World, String) {
    let world = World::empty(None).await;
    let mut app = world.app.clone();
    let config = app::config::Config { sm2, ..(*app.config).clone() };
    app.space = std::sync::Arc::new(app::dataspace::Space::new(&config));
    let world = world.over_app(app);
    let base = serve_app(world.app.clone()).await;
    (world, base)
}

/// The file of a signed agreement proves itself to whoever knows the two keys.
fn proven(file: &str) {
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    let text = file["canonical"].as_str().unwrap();
    assert_eq!(dataspace::canonical::canonical(&file["agreement"]).unwrap(), text);
    for side in file["signatures"].as_array().unwrap() {
        let (key, signature) = (side["keys"][0].as_str().unwrap(), side["signature"].as_str().unwrap());
        assert!(dataspace::identity::verify(key, text.as_bytes(), signature), "{side}");
        assert!(!dataspace::identity::verify(key, b"another text", signature));
    }
}

/// Asks for a page until it says what is waited for.
async fn until(client: &mut Client, path: &str, css: &str, says: &str) -> String {
    let mut last = String::new();
    for _ in 0..100 {
        last = client.page(path).await.text(css);
        if last.contains(says) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} never says {says}: {last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_reads_for_a_purpose_and_the_fourth_is_refused_with_the_reason() {
    let ((a, a_base), (b, b_base)) = (zone(true).await, zone(false).await);
    let (mut ours, mut theirs) = (a.as_role(Role::Director).await, b.as_role(Role::Director).await);
    for (client, address) in [(&mut ours, &b_base), (&mut theirs, &a_base)] {
        let done = client.post("/dataspace/peers", &[("address", address), ("name", "友邻园区")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    }
    let wrong = ours.post("/dataspace/peers", &[("address", "http://127.0.0.1:1"), ("name", "x")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("did.json"), "it says what could not be read");

    let sent = ours.upload("/dataspace/upload", &[], "空置.csv", CSV.as_bytes()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let form = sent.goes_to();
    let to = form.split('?').next().unwrap().to_string();
    let bad = ours.post(&to, &[("title", "空置楼宇"), ("reads", "many")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.page().text(".flash.bad").contains("次数"));
    let terms = [
        ("name", "空置.csv"),
        ("title", "空置楼宇"),
        ("reads", "3"),
        ("until", "2090-01-01"),
        ("purposes", "研判、招商"),
    ];
    assert_eq!(ours.post(&to, &terms).await.status, StatusCode::SEE_OTHER);
    let assets = ours.page("/dataspace").await.text("#assets");
    assert!(assets.contains("空置楼宇") && assets.contains("次数至多 3"), "{assets}");

    let peer =
        theirs.page("/dataspace").await.all("#peers li a")[0].value().attr("href").unwrap().to_string();
    let catalogue = theirs.page(&peer).await;
    assert!(catalogue.text("#catalogue").contains("空置楼宇"));
    let fields = [
        ("dataset", catalogue.value("input[name=dataset]")),
        ("offer", catalogue.value("input[name=offer]")),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let asked = theirs.post(&format!("{peer}/request"), &fields).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    until(&mut theirs, &asked.goes_to(), "h1", "FINALIZED").await;
    let posts = theirs.page(&asked.goes_to()).await.text("#posts");
    assert!(posts.contains("已送达"), "{posts}");

    let page = theirs.page("/dataspace").await;
    let agreement = page.all("#agreements tbody a")[0].value().attr("href").unwrap().to_string();
    let signed = theirs.page(&agreement).await.text("#signatures");
    assert_eq!(signed.matches("● 签名有效").count(), 2, "{signed}");
    assert!(signed.contains("SM2-SM3 SM2:") && signed.contains("EdDSA "), "{signed}");
    proven(&theirs.get(&format!("{agreement}/signed.json")).await.text());
    let moved = theirs.post(&format!("{agreement}/transfer"), &[]).await;
    let transfer = moved.goes_to();
    until(&mut theirs, &transfer, "h1", "STARTED").await;
    let read = format!("{transfer}/read");
    let silent = theirs.post(&read, &[]).await;
    assert_eq!(silent.status, StatusCode::FORBIDDEN);
    assert!(silent.text().contains("没有申明目的"), "{}", silent.text());
    for n in 0..3 {
        let data = theirs.post(&read, &[("purpose", "研判")]).await;
        assert_eq!((data.status, data.text().as_str()), (StatusCode::OK, CSV), "read {n}");
    }
    let fourth = theirs.post(&read, &[("purpose", "研判")]).await;
    assert_eq!(fourth.status, StatusCode::FORBIDDEN);
    assert!(fourth.text().contains("次数至多 3，已用 3"), "{}", fourth.text());

    let page = ours.page("/dataspace").await;
    let ours_agreement = page.all("#agreements tbody a")[0].value().attr("href").unwrap().to_string();
    let uses = ours.page(&ours_agreement).await.text("#uses");
    assert_eq!(uses.matches("允许").count(), 3, "{uses}");
    assert_eq!(uses.matches("拒绝").count(), 2, "{uses}");
    assert!(uses.contains("26 B") || uses.contains(&format!("{} B", CSV.len())), "{uses}");

    let revoked = ours.post(&format!("{ours_agreement}/revoke"), &[("why", "合作到期")]).await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER, "{}", revoked.text());
    let after = theirs.post(&read, &[("purpose", "研判")]).await;
    assert!(after.text().contains("合作到期"), "{}", after.text());
    for world in [&a, &b] {
        assert_eq!(world.app.store.verify_journal().await.unwrap().broken, None);
    }
}
