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

/// Two zones that know each other; the first publishes a file under these terms and the second agrees to it.
async fn agreed(file: &[u8], terms: &[(&str, &str)]) -> (World, Client, World, Client, String) {
    let ((a, a_base), (b, b_base)) = (zone(false).await, zone(false).await);
    let (mut ours, mut theirs) = (a.as_role(Role::Director).await, b.as_role(Role::Director).await);
    for (client, address) in [(&mut ours, &b_base), (&mut theirs, &a_base)] {
        client.post("/dataspace/peers", &[("address", address), ("name", "友邻园区")]).await;
    }
    let sent = ours.upload("/dataspace/upload", &[], "数据.csv", file).await;
    let to = sent.goes_to().split('?').next().unwrap().to_string();
    let all: Vec<(&str, &str)> =
        [("name", "数据.csv"), ("title", "数据")].into_iter().chain(terms.iter().copied()).collect();
    assert_eq!(ours.post(&to, &all).await.status, StatusCode::SEE_OTHER);
    let peer =
        theirs.page("/dataspace").await.all("#peers li a")[0].value().attr("href").unwrap().to_string();
    let catalogue = theirs.page(&peer).await;
    assert!(catalogue.text("#catalogue").contains("HttpData-PUSH"));
    let (dataset, offer) = (catalogue.value("input[name=dataset]"), catalogue.value("input[name=offer]"));
    let asked = theirs.post(&format!("{peer}/request"), &[("dataset", &dataset), ("offer", &offer)]).await;
    until(&mut theirs, &asked.goes_to(), "h1", "FINALIZED").await;
    let page = theirs.page("/dataspace").await;
    let agreement = page.all("#agreements tbody a")[0].value().attr("href").unwrap().to_string();
    (a, ours, b, theirs, agreement)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_kept_and_a_read_that_was_cut_goes_on_without_counting() {
    let file: Vec<u8> = (0..12u32 << 20).map(|n| b"0123456789abcdef\n"[(n % 17) as usize]).collect();
    let (a, _, b, mut theirs, agreement) = agreed(&file, &[("reads", "2"), ("purposes", "研判")]).await;
    let transfer = theirs.post(&format!("{agreement}/transfer"), &[]).await.goes_to();
    until(&mut theirs, &transfer, "h1", "STARTED").await;
    let refused = theirs.post(&format!("{transfer}/take"), &[]).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    until(&mut theirs, &transfer, "#copy", "没有申明目的").await;
    theirs.post(&format!("{transfer}/take"), &[("purpose", "研判")]).await;
    until(&mut theirs, &transfer, "#copy", "已保存").await;
    let page = theirs.page(&transfer).await;
    let link = page.all("#copy li a")[0].value().attr("href").unwrap().to_string();
    let copy = theirs.get(&link).await;
    assert!(copy.status == StatusCode::OK && copy.bytes == file, "{}", copy.bytes.len());
    assert!(
        !b.dir().join("uploads").read_dir().unwrap().any(|f| f.unwrap().path().extension().is_some()),
        "no part stays"
    );

    // The second of two reads is cut, and goes on; a third is refused.
    let id: i64 = transfer.rsplit('/').next().unwrap().parse().unwrap();
    let row = b.app.store.exchange_by_id(id).await.unwrap().unwrap();
    let t: dataspace::transfer::Transfer = serde_json::from_str(&row.data).unwrap();
    let address = t.data_address.unwrap();
    let (endpoint, secret) =
        (address.endpoint.clone().unwrap(), address.property("authorization").unwrap().to_string());
    let ask = |range: Option<String>, tag: &str| {
        let url = app::dataspace::take::stated(&endpoint, "研判", "");
        let request =
            b.app.space.client().unwrap().get(url).header("authorization", format!("Bearer {secret}"));
        match range {
            Some(range) => request.header("range", range).header("if-range", tag).send(),
            None => request.send(),
        }
    };
    let mut first = ask(None, "").await.unwrap();
    let tag = first.headers()["etag"].to_str().unwrap().to_string();
    let piece = first.chunk().await.unwrap().unwrap();
    drop(first);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let rest = ask(Some(format!("bytes={}-", piece.len())), &tag).await.unwrap();
    assert_eq!(rest.status().as_u16(), 206);
    assert!(
        rest.headers()["content-range"].to_str().unwrap().starts_with(&format!("bytes {}-", piece.len()))
    );
    let rest = rest.bytes().await.unwrap();
    assert!([&piece[..], &rest[..]].concat() == file, "the two parts are the whole");
    let beyond = ask(Some("bytes=999999999-".into()), &tag).await.unwrap();
    assert_eq!(beyond.status().as_u16(), 416);
    let again = ask(Some(format!("bytes={}-", piece.len())), &tag).await.unwrap();
    assert_eq!(again.status().as_u16(), 403, "what was read to its end does not go on");
    assert_eq!(ask(None, "").await.unwrap().status().as_u16(), 403, "a third read is refused");
    let given = a.app.store.ds_agreements().await.unwrap();
    assert_eq!(given[0].uses, 2);
    assert!(given[0].bytes >= 2 * (12 << 20), "every byte that was sent is counted: {}", given[0].bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_are_pushed_to_the_peers_own_host_and_nowhere_else() {
    let (a, mut ours, b, mut theirs, agreement) =
        agreed(CSV.as_bytes(), &[("reads", "1"), ("purposes", "研判")]).await;
    let pushed =
        theirs.post(&format!("{agreement}/transfer"), &[("push", "1"), ("purpose", "研判")]).await.goes_to();
    until(&mut theirs, &pushed, "h1", "COMPLETED").await;
    let page = theirs.page(&pushed).await;
    let link = page.all("#copy li a")[0].value().attr("href").unwrap().to_string();
    assert_eq!(theirs.get(&link).await.text(), CSV);
    let second =
        theirs.post(&format!("{agreement}/transfer"), &[("push", "1"), ("purpose", "研判")]).await.goes_to();
    until(&mut theirs, &second, "h1", "TERMINATED").await;
    let said = theirs.page(&second).await.text("main");
    assert!(said.contains("次数至多 1，已用 1"), "{said}");
    // Nothing of the address, which holds a secret, stays with the provider once it is over.
    for x in a.app.store.exchanges("transfer").await.unwrap() {
        assert!(!x.data.contains("authorization"), "{}", x.data);
    }
    // An address elsewhere is refused before anything is counted.
    let peer = a.app.store.peers().await.unwrap().remove(0);
    assert!(!app::dataspace::push::allowed(&peer, "http://127.0.0.1:9/inbox"));
    let allow = format!("/dataspace/peers/{}/hosts", peer.id);
    let odd = ours.post(&allow, &[("hosts", "http://x/")]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        ours.post(&allow, &[("hosts", "127.0.0.1:9、store.example")]).await.status,
        StatusCode::SEE_OTHER
    );
    let peer = a.app.store.peers().await.unwrap().remove(0);
    assert!(app::dataspace::push::allowed(&peer, "http://127.0.0.1:9/inbox"));
    for world in [&a, &b] {
        assert_eq!(world.app.store.verify_journal().await.unwrap().broken, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duty_to_delete_is_a_task_that_deletes_and_is_proven() {
    let terms = [("purposes", "研判"), ("inform", "1"), ("delete_by", "2026-12-31")];
    let (_a, mut ours, b, mut theirs, agreement) = agreed(CSV.as_bytes(), &terms).await;
    let transfer = theirs.post(&format!("{agreement}/transfer"), &[]).await.goes_to();
    until(&mut theirs, &transfer, "h1", "STARTED").await;
    theirs.post(&format!("{transfer}/take"), &[("purpose", "研判")]).await;
    until(&mut theirs, &transfer, "#copy", "已保存").await;
    let page = theirs.page(&agreement).await;
    let said = page.text("#duties");
    assert!(said.contains("销毁") && said.contains("▲ 待完成") && said.contains("2026-12-31"), "{said}");
    assert!(said.contains("自动满足"), "{said}");
    assert!(theirs.page("/dataspace").await.text("#duties").contains("销毁"));
    assert!(theirs.page("/desk").await.text("main").contains("数据合约义务"));
    let ours_agreement =
        ours.page("/dataspace").await.all("#agreements tbody a")[0].value().attr("href").unwrap().to_string();
    assert!(
        ours.page(&ours_agreement).await.all("#duties form").is_empty(),
        "the provider has nothing to do"
    );
    let to = format!("{agreement}/duties");
    let silent = theirs.upload_field(&to, &[("action", "delete"), ("note", "")], "file", "", b"").await;
    assert_eq!(silent.status, StatusCode::BAD_REQUEST);
    let other = theirs.upload_field(&to, &[("action", "sell"), ("note", "x")], "file", "", b"").await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    let fields = [("action", "delete"), ("note", "到期销毁")];
    let done = theirs.upload_field(&to, &fields, "file", "销毁证明.pdf", b"%PDF-1.4\n%%EOF\n").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let page = theirs.page(&agreement).await;
    let said = page.text("#duties");
    assert!(said.contains("● 已完成") && said.contains("已删除副本") && said.contains("证明文件"), "{said}");
    let copy = theirs.page(&transfer).await.text("#copy");
    assert!(copy.contains("■ 已删除") && copy.contains("按合约义务删除"), "{copy}");
    let hash = copy.split("SHA-256 ").nth(1).unwrap()[..64].to_string();
    let place = app::evidence::keep::place(&b.app.config, &hash).unwrap();
    assert!(!place.exists(), "the bytes are gone");
    assert!(theirs.page("/dataspace").await.all("#duties").is_empty(), "nothing waits any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_the_zone_are_published_with_two_clicks() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    for (word, title, ending) in [
        ("vacancy", "可用载体清单", ".csv"),
        ("land", "供地清单", ".csv"),
        ("figures", "指标公报", ".csv"),
        ("opportunities", "场景机会清单", ".csv"),
        ("capabilities", "场景能力清单", ".csv"),
        ("registry", "企业名录快照", ".parquet"),
    ] {
        let first = director.post(&format!("/dataspace/ready/{word}"), &[]).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{word}: {}", first.text());
        let form = director.page(&first.goes_to()).await;
        let (name, said) = (form.value("input[name=name]"), form.value("input[name=title]"));
        assert!(
            name.ends_with(ending) && said.starts_with(title) && said.ends_with("2026-11-23"),
            "{name} {said}"
        );
        let to = first.goes_to().split('?').next().unwrap().to_string();
        let done = director.post(&to, &[("name", &name), ("title", &said), ("purposes", "招商")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    }
    let assets = world.app.store.assets(0, 10).await.unwrap();
    assert_eq!(assets.len(), 6);
    let bytes = |n: usize| {
        std::fs::read(app::evidence::keep::place(&world.app.config, &assets[n].sha256).unwrap()).unwrap()
    };
    let vacancy = String::from_utf8(bytes(0)).unwrap();
    assert!(vacancy.starts_with("\u{feff}类别,编号,名称,") && vacancy.contains("GX-2026-01"), "{vacancy}");
    assert!(!vacancy.contains("GX-2026-03"), "what a project holds is not free");
    assert!(bytes(5).starts_with(b"PAR1"));
    let land = String::from_utf8(bytes(1)).unwrap();
    let rows: Vec<&str> = land.lines().skip(1).collect();
    assert!(!rows.is_empty() && rows.iter().all(|r| r.contains("净地") || r.contains("标准地")), "{land}");
    assert!(!land.contains("GX-2026-03"), "what a project holds is not on offer");
    let figures = String::from_utf8(bytes(2)).unwrap();
    let period = app::figure::bridge::period(None, None, world.app.clock.today()).unwrap();
    let asked = app::figure::bridge::question(&world.app, period, None).await.unwrap();
    let report = app::figure::bridge::report(&world.app, &asked).await.unwrap();
    assert_eq!(figures.lines().count(), report.lines.len() + 1, "{figures}");
    for line in report.lines.iter().filter(|l| l.definition.measure == domain::figure::Measure::Amount) {
        let (d, now, before) = (&line.definition, line.total.values.yuan, line.last_year.yuan);
        let row = format!("{},{},元,2026-01-01,2026-12-31,{now},{before},", d.zh, d.id);
        assert!(figures.contains(&row), "{row} in {figures}");
    }
    assert_eq!(director.post("/dataspace/ready/secrets", &[]).await.status, StatusCode::NOT_FOUND);
    let none = World::empty(None).await;
    let mut director = none.as_role(Role::Director).await;
    for word in ["vacancy", "land", "figures", "registry"] {
        let empty = director.post(&format!("/dataspace/ready/{word}"), &[]).await;
        assert_eq!(empty.status, StatusCode::BAD_REQUEST, "{word}");
    }
}
