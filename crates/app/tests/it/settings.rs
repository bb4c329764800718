//! The zone, chain files, residents, people: what is saved, what is refused and why.

use crate::world::{World, text, within};
use axum::http::StatusCode;
use domain::role::Role;

fn zone<'a>(version: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("version", version),
        ("name", "试验园区"),
        ("name_en", "Test zone"),
        ("region", "江苏省镇江市"),
        ("rule_region", ""),
        ("rule_words", ""),
        ("reference", ""),
        ("footprints", "武汉市、杭州市"),
    ];
    for change in changes {
        fields.iter_mut().filter(|f| f.0 == change.0).for_each(|f| f.1 = change.1);
    }
    fields
}

#[tokio::test]
async fn the_zone_is_saved_once_and_faults_name_their_field() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let version = client.page("/settings").await.value("input[name=version]");
    for (field, value) in [
        ("region", "没有这个市"),
        ("reference", "南京市、火星"),
        ("footprints", "x"),
        ("rule_region", "999999"),
    ] {
        let page = client.post("/settings", &zone(&version, &[(field, value)])).await.page();
        assert_eq!(page.one("[role=alert] a").value().attr("href"), Some(&*format!("#{field}")), "{value}");
        assert_eq!(page.value(&format!("#{field}")), value, "what was typed stays");
    }
    let saved = client.post("/settings", &zone(&version, &[("reference", "420100、杭州市")])).await;
    assert_eq!(saved.status, StatusCode::OK);
    let page = client.page("/settings").await;
    assert_eq!(page.value("#reference"), "湖北省武汉市、浙江省杭州市", "codes are shown as names");
    assert!(page.text("header .brand").contains("试验园区"));
    let list = client.page("/chains/ships?view=list").await;
    assert!(list.text("caption").contains("武汉"), "{}", list.text("caption"));
    let stale = client.post("/settings", &zone(&version, &[])).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(client.page("/settings").await.value("#reference"), "湖北省武汉市、浙江省杭州市");
}

#[tokio::test]
async fn a_rule_makes_residents_by_region_and_address() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let count = |page: crate::world::Page| -> usize {
        page.text("h2").chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    let before = count(client.page("/settings/residents").await);
    let version = client.page("/settings").await.value("input[name=version]");
    client.post("/settings", &zone(&version, &[("rule_region", "湖北省武汉市")])).await;
    let page = client.page("/settings/residents").await;
    assert!(page.text("td").contains("规则"));
    let all = count(page);
    assert!(all > before, "{all} {before}");
    let version = client.page("/settings").await.value("input[name=version]");
    client
        .post(
            "/settings",
            &zone(&version, &[("rule_region", "湖北省武汉市"), ("rule_words", "没有这个地址")]),
        )
        .await;
    assert_eq!(count(client.page("/settings/residents").await), before);
}

#[tokio::test]
async fn a_resident_leaves_the_list() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let page = client.page("/settings/residents").await;
    let form = page.all("form[action='/settings/residents/end']")[0];
    let key = within(form, "input[name=key]")[0].value().attr("value").unwrap().to_string();
    let name = text(page.all("tbody th a")[0]);
    client.post("/settings/residents/end", &[("key", &key)]).await.goes_to();
    assert!(!client.page("/settings/residents").await.texts("tbody th a").contains(&name));
    assert_eq!(client.post("/settings/residents/end", &[("key", &key)]).await.status, StatusCode::NOT_FOUND);
}

const CHAIN: &str = r#"format = 1
id = "toys"
name = "玩具"
name_en = "Toys"
version = "1"
about = "试验用"

[[segment]]
id = "parts"
name = "玩具零件"
name_en = "Toy parts"
position = "上游"
importance = 3
words = ["玩具零件"]

[[segment]]
id = "electrolyser"
parent = "parts"
name = "电解槽玩具"
name_en = "Electrolyser toys"
importance = 3
words = ["碱性电解槽"]
"#;

#[tokio::test]
async fn a_faulty_chain_file_is_explained_line_by_line_and_saves_nothing() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let before = world.app.store.chain_files().await.unwrap();
    let bad = CHAIN
        .replace("parent = \"parts\"", "parent = \"nowhere\"")
        .replace("importance = 3\nwords = [\"玩具零件\"]", "importance = 9\nwords = []");
    let line = |what: &str| bad.lines().position(|l| l.contains(what)).unwrap() + 1;
    let reply = client.upload("/settings/chains", &[], "toys.toml", bad.as_bytes()).await;
    let faults = reply.page().texts("[role=alert] li");
    assert!(faults.len() >= 2, "{faults:?}");
    for what in ["nowhere", "importance = 9"] {
        let line = line(what).to_string();
        assert!(faults.iter().any(|f| f.contains(&line)), "line {line} ({what}) in {faults:?}");
    }
    for (name, bytes) in [("toys.toml", &b"[[["[..]), ("x.toml", b""), ("x.csv", b"a,b\n1,2\n")] {
        let reply = client.upload("/settings/chains", &[], name, bytes).await;
        assert!(!reply.page().texts("[role=alert] li").is_empty(), "{name}");
    }
    let reply = client.upload("/settings/chains", &[], "x.toml", &[0xff, 0xfe, 0x00]).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.upload("/settings/chains", &[], "", b"").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.app.store.chain_files().await.unwrap().len(), before.len());
    world.work().await;
    assert!(!client.page("/chains/ships").await.text("nav.tabs").contains("玩具"));
}

#[tokio::test]
async fn a_new_chain_is_placed_turned_off_and_downloaded() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let (snapshot, companies) = (world.snapshot(), world.app.engine.world().unwrap().universe.len());
    client.upload("/settings/chains", &[], "toys.toml", CHAIN.as_bytes()).await.goes_to();
    assert_eq!(world.snapshot(), snapshot, "the old results serve until the new ones are there");
    world.work().await;
    assert_ne!(world.snapshot(), snapshot);
    assert_eq!(world.app.engine.world().unwrap().universe.len(), companies, "nobody is lost");
    let board = client.page("/chains/toys").await;
    assert!(board.text("h1").contains("玩具"));
    let segment = client.page("/chains/toys/electrolyser").await;
    assert!(
        !segment.all("table tbody td.name a").is_empty(),
        "companies are placed on it: {}",
        segment.text("main")
    );

    let file = client.get("/settings/chain-files/toys.toml").await;
    let chain = domain::chain::parse(&file.text()).unwrap();
    assert_eq!((chain.id.as_str(), chain.segments.len()), ("toys", 2));

    client.post("/settings/chains/toys", &[("enabled", "no")]).await.goes_to();
    world.work().await;
    assert_eq!(client.get("/chains/toys").await.status, StatusCode::NOT_FOUND);
    client.post("/settings/chains/toys", &[("enabled", "yes")]).await.goes_to();
    world.work().await;
    client.page("/chains/toys").await;
}

#[tokio::test]
async fn a_chain_comes_from_a_table_too() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let table = "环节,上级,上游\n整车,,电池\n电池,,电芯\n电芯,电池,\n";
    client.upload("/settings/chains", &[], "cars.csv", table.as_bytes()).await.goes_to();
    world.work().await;
    let page = client.page("/chains/cars?view=list").await;
    assert_eq!(page.all("main table tbody tr").len(), 3);
}

#[tokio::test]
async fn those_who_may_only_look_see_no_buttons() {
    let world = World::new().await;
    let mut auditor = world.as_role(Role::Auditor).await;
    for path in ["/settings/chains", "/settings/residents", "/settings/people", "/imports"] {
        assert!(auditor.page(path).await.all("main form[method=post]").is_empty(), "{path}");
    }
    for path in ["/settings", "/settings/weights"] {
        assert!(auditor.page(path).await.all("main form button").is_empty(), "{path}");
    }
    let mut officer = world.as_role(Role::Officer).await;
    assert!(officer.page("/").await.all("nav a[href='/audit']").is_empty());
}
