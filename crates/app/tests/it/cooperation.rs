//! Two zones that work together: each record of the framework, one map of both, a lead handed over and what became of it, trust lists; then both
//! as processes, either killed at every step of what they exchange.

use crate::browser::{Browser, faults_of, serve_app, sign_in};
use crate::cli::good;
use crate::world::{Client, Page, World};
use app::cli::two_zones;
use app::config::Config;
use app::sample::zones::Side;
use axum::http::StatusCode;
use dataspace::identity::did;
use domain::role::Role;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use store::dataspace::usage::Agreement;
use store::{Actor, Store};
use tempfile::TempDir;

/// Companies outside each zone: few, so that it is there at once.
const OTHERS: usize = 400;

async fn zones() -> [(World, Client, String); 2] {
    let (a, b) = (World::empty(None).await, World::empty(None).await);
    let (a_base, b_base) = (serve_app(a.app.clone()).await, serve_app(b.app.clone()).await);
    for (world, side, partner) in [(&a, Side::Yinchuan, &b_base), (&b, Side::Fuzhou, &a_base)] {
        let partner = did::of_address(partner).unwrap();
        two_zones::seed(&world.app, side, &partner, OTHERS).await.unwrap();
    }
    let (ours, theirs) = (a.as_role(Role::Director).await, b.as_role(Role::Director).await);
    [(a, ours, a_base), (b, theirs, b_base)]
}

async fn framework(client: &mut Client) -> String {
    let page = client.page("/cooperation").await;
    page.all("main tbody th a")[0].value().attr("href").unwrap().to_string()
}

/// Lets both zones look at each other until a page says what is waited for.
async fn until(client: &mut Client, path: &str, css: &str, says: &str) -> Page {
    let mut last = String::new();
    for _ in 0..100 {
        let done = client.post(&format!("{path}/sync"), &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        let page = client.page(path).await;
        last = page.text(css);
        if last.contains(says) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} never says {says}: {last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_zones_meet_on_one_map_and_a_lead_is_handed_over() {
    let [(a, mut ours, a_base), (b, mut theirs, b_base)] = zones().await;
    let (here, there) = (framework(&mut ours).await, framework(&mut theirs).await);
    let alone = ours.page(&here).await;
    assert!(alone.text("#terms h2").contains("对方未登记为伙伴"));
    assert!(alone.text("#map").contains("双方都登记了对方"), "it says what to do next");
    for (client, address, name) in [(&mut ours, &b_base, "福州"), (&mut theirs, &a_base, "银川")] {
        let done = client.post("/dataspace/peers", &[("address", address), ("name", name)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    }
    // Each side publishes for the other, finds it, agrees, fetches.
    for _ in 0..100 {
        ours.post(&format!("{here}/sync"), &[]).await;
        if until(&mut theirs, &there, "#terms", "● 有效").await.text("#terms").contains("双方记录一致")
        {
            break;
        }
    }
    let page = until(&mut ours, &here, "#terms", "双方记录一致").await;
    let map = page.text("#map");
    assert!(map.contains("银川高新区（示例）") && map.contains("福州高新区（示例）"), "{map}");
    assert!(map.contains("绿电") && map.contains("科研平台") && map.contains("可用土地"), "{map}");
    let fills: usize = page.all("#map .kpi b")[0].text().collect::<String>().trim().parse().unwrap();
    assert!(fills > 0, "some gap of one zone meets the other's strength: {map}");
    assert_eq!(
        page.text("#chains").matches("◀ 对方补我").count(),
        fills,
        "the table says the same as the map"
    );
    assert!(page.text("#plan").contains("完成于 2026-06-18"), "the other side's word about its own work");
    assert!(page.text("#plan").contains("逾期"), "{}", page.text("#plan"));

    hand_over(&mut ours, &here, &mut theirs, &there).await;
    trust(&a, &mut theirs, &a_base, &b_base).await;

    // The framework ends on our side: nothing is offered any more, and the right to read is over.
    let item = here.rsplit('/').next().unwrap().to_string();
    let change = format!("/inventory/items/{item}/change");
    let form = ours.page(&change).await;
    let (seen, partner) = (form.value("input[name=seen]"), form.value("#v-partner"));
    let fields = [
        ("seen", seen.as_str()),
        ("effective", "2026-11-22"),
        ("value.name", "提前结束的框架"),
        ("value.partner", &partner),
        ("value.until", "2026-11-22"),
        ("reason", "提前结束"),
    ];
    let changed = ours.post(&change, &fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text());
    ours.post(&format!("{here}/sync"), &[]).await;
    let given: Vec<Agreement> =
        a.app.store.ds_agreements().await.unwrap().into_iter().filter(|g| g.role == "provider").collect();
    let files = given.iter().filter(|g| g.dataset.starts_with("urn:landfall:cooperation:"));
    assert!(files.clone().count() == 1 && files.clone().all(|g| g.ended.is_some()), "{given:?}");
    until(&mut theirs, &there, "#terms", "对方还没有向我方共享").await;
    for world in [&a, &b] {
        assert_eq!(world.app.store.verify_journal().await.unwrap().broken, None);
    }
}

/// They hand one of their leads over to us; it becomes ours, and they see it.
async fn hand_over(ours: &mut Client, here: &str, theirs: &mut Client, there: &str) {
    let none = theirs.post(&format!("{there}/leads"), &[("lead", "999")]).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    let page = theirs.page(there).await;
    let choice = page.all("#lead option")[1].value().attr("value").unwrap().to_string();
    let company = page.all("#lead option")[1].text().collect::<String>();
    let company = company.split(" · ").next().unwrap().to_string();
    let fields = [("lead", choice.as_str())];
    let handed = theirs.post(&format!("{there}/leads"), &fields).await;
    assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.text());
    let twice = theirs.post(&format!("{there}/leads"), &fields).await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST, "a lead is handed to a partner once");
    theirs.post(&format!("{there}/sync"), &[]).await;
    let page = until(ours, here, "#leads", "待接收").await;
    assert!(!page.text("#leads").contains(&company), "before it is taken nobody's name shows");
    let urn = page.value("#leads input[name=urn]");
    let odd = ours.post(&format!("{here}/take"), &[("urn", "urn:none")]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let taken = ours.post(&format!("{here}/take"), &[("urn", &urn)]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
    let page = until(ours, here, "#leads", "已取得，待登记").await;
    let enter = page.all("#leads form[action$=register]")[0].value().attr("action").unwrap().to_string();
    let entered = ours.post(&enter, &[]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    let lead = ours.page(entered.goes_to().split('?').next().unwrap()).await;
    assert!(lead.text("main").contains(&company) && lead.text("main").contains("福州高新区"), "{company}");
    assert!(!lead.text("main").contains("13800000000"), "the contact person stayed there: nobody ticked it");
    assert_eq!(ours.post(&enter, &[]).await.status, StatusCode::NOT_FOUND, "it is registered once");
    ours.post(&format!("{here}/sync"), &[]).await;
    until(theirs, there, "#leads", "已登记跟进").await;
}

/// A third participant, vouched for by them, is known to us without being registered, until they strike it off.
async fn trust(a: &World, theirs: &mut Client, a_base: &str, b_base: &str) {
    let bank = World::empty(None).await;
    let bank_base = serve_app(bank.app.clone()).await;
    let mut banker = bank.as_role(Role::Director).await;
    for address in [a_base, b_base] {
        let name = if address == a_base { "甲" } else { "乙" };
        let done = banker.post("/dataspace/peers", &[("address", address), ("name", name)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    }
    let known = theirs.post("/dataspace/peers", &[("address", &bank_base), ("name", "示例银行")]).await;
    assert_eq!(known.status, StatusCode::SEE_OTHER, "{}", known.text());
    let peers = banker.page("/dataspace").await;
    let link = peers.all("#peers li a").into_iter().find(|l| l.text().collect::<String>() == "甲").unwrap();
    let to_us = link.value().attr("href").unwrap().to_string();
    let said = banker.page(&to_us).await.text("main");
    assert!(said.contains("there is no catalogue for you"), "we do not know the bank: {said}");

    let page = theirs.page("/cooperation/trust").await;
    let bank_option =
        page.all("#peer option").into_iter().find(|o| o.text().any(|t| t.contains("银行"))).unwrap();
    let peer = bank_option.value().attr("value").unwrap().to_string();
    let bad = theirs.post("/cooperation/trust", &[("peer", &peer), ("uscc", "911")]).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST, "a code that is none is named");
    let done = theirs.post("/cooperation/trust", &[("peer", &peer)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let own = theirs.page("/cooperation/trust").await;
    assert!(own.text("#ours").contains("示例银行"), "{}", own.text("#ours"));
    let body = reqwest_text(&format!("{b_base}/.well-known/landfall-trust.json")).await;
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&value["members"][0]["name"], &value["number"]), (&"示例银行".into(), &2.into()));

    // Our list of theirs is ten minutes old: the next one is brought. (What else is asked then fails: to them our clock is wrong.)
    app::cooperation::errand::run(&a.at("2026-11-23T08:20:00Z").app).await.unwrap();
    let said = banker.page(&to_us).await.text("main");
    assert!(!said.contains("there is no catalogue for you"), "their word counts with us: {said}");
    let mut ours = a.as_role(Role::Director).await;
    assert!(ours.page("/cooperation/trust").await.text("#theirs").contains("示例银行"));

    let strike = own.all("#ours form[action$=end]")[0].value().attr("action").unwrap().to_string();
    assert_eq!(theirs.post(&strike, &[]).await.status, StatusCode::SEE_OTHER);
    app::cooperation::errand::run(&a.at("2026-11-23T08:40:00Z").app).await.unwrap();
    let said = banker.page(&to_us).await.text("main");
    assert!(said.contains("there is no catalogue for you"), "struck off: {said}");
    bank.app.store.close().await;
}

async fn reqwest_text(address: &str) -> String {
    app::dataspace::provide_tls();
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(address)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_of_two_zones_in_a_browser() {
    let Some(browser) = Browser::start(true, 1440).await else { return };
    let [(_a, mut ours, a_base), (_b, mut theirs, b_base)] = zones().await;
    let (here, there) = (framework(&mut ours).await, framework(&mut theirs).await);
    for (client, address, name) in [(&mut ours, &b_base, "福州"), (&mut theirs, &a_base, "银川")] {
        let done = client.post("/dataspace/peers", &[("address", address), ("name", name)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    }
    ours.post(&format!("{here}/sync"), &[]).await;
    until(&mut theirs, &there, "#terms", "双方记录一致").await;
    sign_in(&browser, &b_base).await;
    browser.driver.goto(format!("{b_base}/cooperation")).await.unwrap();
    browser.one("main tbody th a").await.click().await.unwrap();
    browser.one("#map svg.zones").await;
    let lines =
        browser.value("return document.querySelectorAll('#map path.takes, #map path.gives').length").await;
    assert!(lines.as_i64().unwrap() >= 6, "{lines} flows");
    browser.one("#lead option:nth-child(2)").await.click().await.unwrap();
    browser.one("#leads form[action$=leads] button.main").await.click().await.unwrap();
    let row = browser.one("#leads table tbody tr").await.text().await.unwrap();
    assert!(row.contains("待对方接收"), "{row}");
    let found = faults_of(&browser, &b_base, &["/cooperation", &there, "/cooperation/trust"]).await;
    browser.stop().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

// Both as processes.

/// Two neighbouring ports that are free now.
fn ports() -> u16 {
    for _ in 0..50 {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two neighbouring ports are free");
}

struct Running(Child);

impl Running {
    fn start(side: Side, data: &Path, port: u16) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
        command.args(["demo", "--zone", &side.to_string(), "--data-dir", &data.display().to_string()]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

const SIDES: [Side; 2] = [Side::Yinchuan, Side::Fuzhou];

async fn open(data: &Path, side: Side) -> Store {
    let file = data.join("zones").join(side.to_string()).join("landfall.db");
    Store::open(&file.display().to_string(), "2026-11-27T00:00:00Z".parse().unwrap()).await.unwrap()
}

async fn seq(store: &Store) -> i64 {
    store.journal(store::Page::new(1, 0)).await.unwrap().first().map_or(0, |e| e.seq)
}

/// Whether a zone has what the other shares.
async fn has_it(store: &Store) -> bool {
    let items = store.items(domain::inventory::Kind::Cooperation).await.unwrap();
    store.coop_file(items[0].id).await.unwrap().is_some()
}

#[test]
fn either_zone_is_killed_at_every_step_and_both_still_meet_once() {
    let dir = TempDir::new().unwrap();
    let (made, port) = (dir.path().join("made"), ports());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listen = SocketAddr::from(([127, 0, 0, 1], port));
        for (side, partner) in [
            (SIDES[0], format!("http://localhost:{}", port + 1)),
            (SIDES[1], format!("http://127.0.0.1:{port}")),
        ] {
            let data_dir = made.join("zones").join(side.to_string());
            std::fs::create_dir_all(&data_dir).unwrap();
            std::fs::write(data_dir.join("SAMPLE"), "test").unwrap();
            let config = Config {
                data_dir,
                listen,
                database: None,
                sample: true,
                https: false,
                trust_proxy: false,
                public: None,
                sm2: false,
                coop_every: app::config::COOP_EVERY,
            };
            let app = app::cli::serve::open(config).await.unwrap();
            let partner = did::of_address(&partner).unwrap();
            two_zones::seed(&app, side, &partner, OTHERS).await.unwrap();
            app.store.close().await;
        }
        // Steps of the exchange as entries of the journal since the zones were made: registering, publishing, negotiation, agreement, transfer, file.
        let mut killed = 0;
        for (n, steps) in [1, 3, 5, 7, 9, 12, 15].into_iter().enumerate() {
            let data = dir.path().join(format!("run-{steps}"));
            crate::world::copy(&made, &data);
            killed += i32::from(one_kill(&data, port, SIDES[n % 2], steps).await);
            one_of_each(&data).await;
        }
        assert!(killed >= 4, "only {killed} kills hit an exchange under way");
    });
}

/// Runs both zones, kills one of them with SIGKILL after so many entries, starts it again and waits until both have the other's file; whether the
/// kill came before that.
async fn one_kill(data: &Path, port: u16, victim: Side, steps: i64) -> bool {
    let stores = [open(data, SIDES[0]).await, open(data, SIDES[1]).await];
    let at = SIDES.iter().position(|s| *s == victim).unwrap();
    let before = seq(&stores[at]).await;
    let mut running = SIDES.map(|side| Some(Running::start(side, data, port)));
    let deadline = Instant::now() + Duration::from_secs(60);
    while seq(&stores[at]).await < before + steps {
        assert!(Instant::now() < deadline, "the zones never came to step {steps}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running[at] = None;
    let early = !(has_it(&stores[0]).await && has_it(&stores[1]).await);
    running[at] = Some(Running::start(victim, data, port));
    while !(has_it(&stores[0]).await && has_it(&stores[1]).await) {
        assert!(Instant::now() < deadline, "after a kill of {victim} at step {steps} the zones never meet");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(running);
    for store in &stores {
        store.close().await;
    }
    early
}

/// Each zone has one agreement of each role, one finished negotiation for each, and a journal that holds.
async fn one_of_each(data: &Path) {
    for side in SIDES {
        let store = open(data, side).await;
        let agreements = store.ds_agreements().await.unwrap();
        for role in ["consumer", "provider"] {
            let own: Vec<_> = agreements.iter().filter(|a| a.role == role).collect();
            assert_eq!(own.len(), 1, "{side} as {role}: {own:?}");
        }
        let all = store.exchanges("negotiation").await.unwrap();
        assert!(all.iter().all(|n| n.state == "FINALIZED"), "{side}: {all:?}");
        assert_eq!(all.len(), 2, "{side}: nothing was asked for twice");
        let peers = store.peers().await.unwrap();
        assert_eq!(peers.len(), 1, "{side}");
        assert_eq!(store.verify_journal().await.unwrap().broken, None, "{side}");
        store.end_peer(&Actor::System, "2026-11-27T00:00:00Z".parse().unwrap(), peers[0].id).await.unwrap();
        store.close().await;
        let folder = data.join("zones").join(side.to_string());
        assert!(
            good(&["audit", "verify", "--data-dir", &folder.display().to_string()]).contains("chain intact")
        );
    }
}
