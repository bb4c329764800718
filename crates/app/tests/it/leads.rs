//! Leads and first contact as officers and directors meet them.

use crate::world::{Client, Page, World, now, text, within};
use app::lead::job;
use app::web::form::encode;
use app::web::session::{COOKIE, hex, random};
use axum::http::StatusCode;
use domain::fact::Kind;
use domain::role::{Lang, Role};
use domain::user::UserId;
use jiff::SignedDuration;
use store::Actor;
use store::user::NewUser;

/// An officer of a unit of their own, signed in.
async fn officer(world: &World, login: &str, unit: &str) -> (Client, UserId) {
    let store = &world.app.store;
    let unit = store.add_unit(&Actor::System, now(), unit).await.unwrap().id;
    let new = NewUser {
        login: login.into(),
        name: format!("专员{login}"),
        role: Role::Officer,
        unit: Some(unit),
        password_hash: None,
        lang: Lang::Zh,
    };
    let id = store.add_user(&Actor::System, now(), &new).await.unwrap().id;
    let (token, csrf) = (random::<32>().unwrap(), random::<32>().unwrap());
    store.start_session(now(), id, &token, &csrf, now() + SignedDuration::from_hours(12)).await.unwrap();
    let mut client = world.stranger();
    client.cookies.insert(COOKIE.into(), hex(&token));
    client.csrf = hex(&csrf);
    (client, id)
}

fn form<'a>(name: &'a str, title: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("title", title),
        ("source", "visit"),
        ("contact_name", "王总"),
        ("contact_phone", "13812345678"),
    ]
}

/// Registers and answers the address of the lead.
async fn register(client: &mut Client, fields: &[(&str, &str)]) -> String {
    let to = client.post("/leads", fields).await.goes_to();
    to.split('?').next().unwrap().to_string()
}

fn version(page: &Page) -> String {
    page.all("input[name=version]")[0].value().attr("value").unwrap().to_string()
}

fn conflict(page: &Page) -> String {
    page.all("a[href^='/leads/conflicts/']")[0].value().attr("href").unwrap().to_string()
}

#[tokio::test]
async fn a_conflict_shows_while_typing_and_cannot_be_overridden() {
    let world = World::new().await;
    let (mut a, _) = officer(&world, "a", "招商一局").await;
    let (mut b, _) = officer(&world, "b", "招商二局").await;
    let mut director = world.as_role(Role::Director).await;
    let first = register(&mut a, &form("江苏恒瑞新材料有限公司", "年产5万吨环氧树脂项目")).await;

    let seen = b.page(&format!("/leads/check?name={}", encode("恒瑞新材料"))).await;
    let claims = seen.text("#claims");
    assert!(claims.contains("招商一局 · 专员a") && claims.contains("2027-01-22"), "{claims}");
    assert!(
        !claims.contains("13812345678") && !claims.contains("王总"),
        "no contact data of another unit: {claims}"
    );
    let title = b.page(&format!("/leads/check?title={}", encode("环氧树脂5万吨生产基地"))).await;
    assert!(title.text("#claims").contains("项目疑似相同"), "{}", title.text("#claims"));
    let nothing = b.page(&format!("/leads/check?name={}", encode("甲"))).await;
    assert!(nothing.all("#claims table").is_empty());
    // Without scripts the button asks for the same page, and nothing that was written is lost or stands in the address.
    let reply = b.post("/leads/check", &form("江苏恒瑞新材料股份有限公司", "隔膜")).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.page().text("#claims").contains("名称或曾用名相同"));
    assert_eq!(reply.page().value("#contact_phone"), "13812345678");

    let second = register(&mut b, &form("江苏恒瑞新材料股份有限公司", "锂电池隔膜")).await;
    let page = b.page(&second).await;
    assert!(page.text("main").contains("有冲突待裁定"));
    let at = conflict(&page);
    for (client, lead) in [(&mut a, &first), (&mut b, &second)] {
        let version = version(&client.page(lead).await);
        let refused = client.post(&format!("{lead}/convert"), &[("version", &version)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text().contains("waits to be settled"));
    }
    let verdict =
        [("version", "1"), ("verdict", "earlier"), ("reason", "先谈三个月"), ("with", "1"), ("signed", "")];
    assert_eq!(
        a.post(&format!("{at}/settle"), &verdict).await.status,
        StatusCode::FORBIDDEN,
        "an officer settles nothing"
    );
    assert!(b.page(&at).await.all("form[action$=settle]").is_empty());
    let table = director.page(&at).await.text("main table");
    assert!(table.contains("专员a") && table.contains("专员b"), "{table}");
    assert_eq!(
        director
            .post(&format!("{at}/settle"), &[("version", "1"), ("verdict", "earlier"), ("reason", " ")])
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
    director.post(&format!("{at}/settle"), &verdict).await.goes_to();
    let late = director.post(&format!("{at}/settle"), &verdict).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "the second director reads what the first decided");
    assert!(b.page(&second).await.text("h1").contains("已放弃"));

    let (mut c, _) = officer(&world, "c", "招商三局").await;
    let appeal = [("version", "2"), ("reason", "企业书面委托我方")];
    assert_eq!(
        c.post(&format!("{at}/appeal"), &appeal).await.status,
        StatusCode::FORBIDDEN,
        "only the sides appeal"
    );
    b.post(&format!("{at}/appeal"), &appeal).await.goes_to();
    assert!(director.page("/desk").await.text("main").contains("已申诉"));
    let page = a.page(&first).await;
    assert_eq!(
        a.post(&format!("{first}/convert"), &[("version", &version(&page))]).await.status,
        StatusCode::BAD_REQUEST
    );
    let again = [("version", "3"), ("verdict", "apart"), ("reason", "两个不同项目")];
    director.post(&format!("{at}/settle"), &again).await.goes_to();
    let steps = director.page(&at).await.texts("ol.why li");
    assert_eq!(steps.len(), 3, "every word stays: {steps:?}");

    let page = b.page(&second).await;
    let to = b.post(&format!("{second}/convert"), &[("version", &version(&page))]).await.goes_to();
    let project = domain::fact::ProjectId(to.trim_start_matches("/projects/").parse().unwrap());
    let facts = world.app.store.facts_of(project).await.unwrap();
    let has = |kind, value: &str| facts.iter().any(|f| f.kind == kind && f.value.text() == Some(value));
    assert!(
        has(Kind::Name, "锂电池隔膜")
            && has(Kind::Stage, "lead")
            && has(Kind::Stage, "negotiating")
            && has(Kind::Source, "visit")
    );
    assert!(world.app.store.verify_journal().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn two_officers_who_save_the_same_lead_never_lose_one_silently() {
    let world = World::new().await;
    let (mut a, _) = officer(&world, "a", "招商一局").await;
    let mut director = world.as_role(Role::Director).await;
    let lead = register(&mut a, &form("丁戊己电子有限公司", "芯片封装")).await;
    let version = version(&a.page(&lead).await);
    let edit = |title: &'static str| {
        vec![
            ("version", version.clone()),
            ("title", title.to_string()),
            ("contact_phone", "13900001111".into()),
        ]
    };
    let send = async |client: &mut Client, title| {
        let fields = edit(title);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        client.post(&lead, &fields).await
    };
    send(&mut a, "芯片封装测试").await.goes_to();
    let lost = send(&mut director, "封装").await;
    assert_eq!(lost.status, StatusCode::CONFLICT);
    assert!(lost.text().contains("没有保存"));
    assert!(a.page(&lead).await.text("main").contains("芯片封装测试"));

    let (mut b, b_id) = officer(&world, "b", "招商二局").await;
    let seen = b.page(&lead).await;
    assert!(seen.text("dl.facts").contains("139******11"), "{}", seen.text("dl.facts"));
    assert!(!seen.0.html().contains("13900001111"));
    assert_eq!(send(&mut b, "别人的").await.status, StatusCode::FORBIDDEN);
    let give = [("version", "2"), ("to", &*b_id.to_string()), ("reason", "企业迁到二局片区")];
    a.post(&format!("{lead}/handover"), &give).await.goes_to();
    let page = b.page(&lead).await;
    assert!(
        page.text("main").contains("专员a（招商一局） → 专员b（招商二局）")
            && page.0.html().contains("13900001111")
    );
    assert_eq!(
        a.post(&format!("{lead}/release"), &[("version", "3"), ("reason", "x")]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn silence_is_overdue_and_told_once_and_protection_ends() {
    let world = World::new().await;
    let (mut a, a_id) = officer(&world, "a", "招商一局").await;
    let lead = register(&mut a, &form("丁戊己电子有限公司", "芯片封装")).await;
    let id: i64 = lead.rsplit('/').next().unwrap().parse().unwrap();
    // Monday 23 November: answered by the 24th, judged by the 26th.
    let page = a.page(&lead).await;
    assert!(page.text("table").contains("2026-11-24") && page.text("table").contains("2026-11-26"));
    let later = |day: &str| format!("{day}T08:00:00+08:00").parse().unwrap();
    // The sample zone has leads of its own.
    let told = async |day: &str| {
        let ran = job::run(&world.app, later(day)).await.unwrap();
        let mine = ran.told.into_iter().filter(|t| t.lead.0 == id);
        mine.map(|t| (t.step.as_str(), t.level.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(told("2026-11-24").await, []);
    assert_eq!(told("2026-11-25").await, [("respond", "officer"), ("respond", "unit")], "a working day late");
    assert_eq!(job::run(&world.app, later("2026-11-25")).await.unwrap(), job::Ran::default(), "once each");
    assert_eq!(told("2026-11-27").await, [("respond", "director"), ("judge", "officer"), ("judge", "unit")]);

    a.post(
        &format!("{lead}/contacts"),
        &[("kind", "visit"), ("day", "2026-11-23"), ("note", "到访，有意向")],
    )
    .await
    .goes_to();
    let page = a.page(&lead).await;
    assert!(page.text("table").contains("按时完成 2026-11-23"), "a visit on the day answers it");
    let future =
        a.post(&format!("{lead}/contacts"), &[("kind", "visit"), ("day", "2026-11-24"), ("note", "x")]).await;
    assert_eq!(future.status, StatusCode::BAD_REQUEST);

    let rows = |page: &Page| page.all("main tbody tr").len();
    assert_eq!(rows(&a.page("/leads?of=mine&state=open").await), 1);
    assert_eq!(rows(&a.page("/leads?of=mine&overdue=1").await), 0);
    assert_eq!(a.get("/leads?of=theirs").await.status, StatusCode::BAD_REQUEST);
    assert!(a.page("/desk").await.text("main").contains("丁戊己电子有限公司"));

    let ended = job::run(&world.app, later("2027-01-23")).await.unwrap();
    assert!(ended.expired.iter().any(|l| l.0 == id));
    assert!(job::run(&world.app, later("2027-01-23")).await.unwrap().expired.is_empty());
    let page = a.page(&lead).await;
    assert!(page.text("main").contains("保护期止于 2027-01-22") && page.text("main").contains("重新登记"));
    let (mut b, _) = officer(&world, "b", "招商二局").await;
    let free = b.page(&format!("/leads/check?name={}", encode("丁戊己电子有限公司"))).await;
    assert!(free.text("#claims").contains("没有人登记过"));
    let log = world.app.store.journal(store::Page::first()).await.unwrap();
    let subject = format!("lead:{id}");
    let ended =
        log.iter().filter(|e| e.action == "lead.expire" && e.subject == subject && e.actor == "system");
    assert_eq!(ended.count(), 1);
    assert!(log.iter().all(|e| !format!("{e:?}").contains("13812345678")));
    assert_eq!(a_id.0, world.app.store.lead(domain::lead::LeadId(id)).await.unwrap().unwrap().said.officer.0);
}

#[tokio::test]
async fn from_a_target_to_a_lead_in_one_click() {
    let world = World::new().await;
    let (mut a, _) = officer(&world, "a", "招商一局").await;
    let list = a.page("/targets").await;
    let row = list.all("table#targets > tbody > tr")[0];
    let link = within(row, "a[href^='/leads/new']")[0].value().attr("href").unwrap().to_string();
    let company = text(within(row, "td.name > a")[0]);
    let page = a.page(&link).await;
    assert_eq!(page.value("#name"), company);
    assert!(!page.value("#segment option[selected]").is_empty(), "placed by the engine");
    assert_eq!(text(page.one("#source option[selected]")), "目标企业清单");
    let key = page.value("#key");
    let fields = [("key", key.as_str()), ("name", &company), ("title", "新项目"), ("source", "target")];
    let lead = register(&mut a, &fields).await;
    let shown = a.page(&lead).await;
    assert!(shown.text("p a").contains("企业画像"));
    let mut auditor = world.as_role(Role::Auditor).await;
    assert!(auditor.page("/targets").await.all("a[href^='/leads/new']").is_empty());
    assert_eq!(auditor.get("/leads/new").await.status, StatusCode::FORBIDDEN);
    // A former name of the same company leads to the same claim.
    let known = world.app.engine.world().unwrap();
    let doc = known.find(&key).unwrap().unwrap();
    let company = known.universe.company(doc).unwrap();
    let by_code = company.uscc.map_or(company.name, |u| u.as_str().to_string());
    let seen = a.page(&format!("/leads/check?name={}", encode(&by_code))).await;
    assert!(seen.text("#claims").contains("同一企业"), "{}", seen.text("#claims"));
}

#[tokio::test]
async fn credit_is_proposed_on_the_page_and_confirmed_by_both() {
    let world = World::new().await;
    let (mut a, _) = officer(&world, "a", "招商一局").await;
    let (mut b, b_id) = officer(&world, "b", "招商二局").await;
    let lead = register(&mut a, &form("丁戊己电子有限公司", "芯片封装")).await;
    let with = b_id.to_string();
    let wrong = [("with", with.as_str()), ("since", "2026-11-23"), ("signed", "110")];
    assert_eq!(a.post(&format!("{lead}/credit"), &wrong).await.status, StatusCode::BAD_REQUEST);
    let split = [
        ("with", with.as_str()),
        ("since", "2026-11-23"),
        ("arrived", "10"),
        ("tax", "10"),
        ("output", "50"),
    ];
    a.post(&format!("{lead}/credit"), &split).await.goes_to();
    assert!(b.page("/desk").await.text("#credits").contains("线索"));
    let page = b.page(&lead).await;
    assert!(
        page.text("main").contains("待确认，尚不计数") && page.text("main").contains("到位资金：专员b 90.0%")
    );
    let confirm = page.one("form[action$=confirm]").value().attr("action").unwrap().to_string();
    let id = lead.rsplit('/').next().unwrap();
    let mut director = world.as_role(Role::Director).await;
    assert_eq!(
        director.post(&confirm, &[("lead", id)]).await.status,
        StatusCode::BAD_REQUEST,
        "nobody confirms for another"
    );
    b.post(&confirm, &[("lead", id)]).await.goes_to();
    assert!(a.page(&lead).await.text("main").contains("待确认，尚不计数"));
    a.post(&confirm, &[("lead", id)]).await.goes_to();
    assert!(a.page(&lead).await.text("main").contains("双方已确认"));
}

#[tokio::test]
async fn the_rules_and_the_calendar_can_be_replaced_and_say_what_they_lack() {
    let world = World::new().await;
    let (mut a, _) = officer(&world, "a", "招商一局").await;
    let mut director = world.as_role(Role::Director).await;
    let lead = register(&mut a, &form("丁戊己电子有限公司", "芯片封装")).await;
    let contact = async |client: &mut Client, kind: &str| {
        client
            .post(&format!("{lead}/contacts"), &[("kind", kind), ("day", "2026-11-23"), ("note", "x")])
            .await
            .goes_to()
    };
    assert!(!a.page(&lead).await.text("main").contains("没有 2027"), "all steps lie in 2026");
    let rules = director.page("/leads/rules").await;
    assert!(
        rules.text("main").contains("江府办函〔2024〕37号")
            && rules.text("main").contains("国办发明电〔2025〕7号")
    );
    let text = rules.text("textarea#clue");
    assert!(!text.is_empty());
    let whole = include_str!("../../../domain/data/clue-rules.toml");
    let slow = whole.replace("days = 14", "days = 40");
    assert_eq!(
        a.post("/leads/rules", &[("kind", "clue"), ("text", &slow)]).await.status,
        StatusCode::FORBIDDEN
    );
    let broken = director.post("/leads/rules", &[("kind", "clue"), ("text", "days = x")]).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    director.post("/leads/rules", &[("kind", "clue"), ("text", &slow)]).await.goes_to();
    contact(&mut a, "judge").await;
    let page = a.page(&lead).await;
    assert!(
        page.text("main").contains("没有 2027 年的放假安排"),
        "the report now falls into a year without a notice"
    );
    let calendar = "day,kind,name,source\n2027-01-01,off,元旦,测试〔2026〕1号\n";
    director.post("/leads/rules", &[("kind", "calendar"), ("text", calendar)]).await.goes_to();
    assert!(!a.page(&lead).await.text("main").contains("没有 2027"));
}
