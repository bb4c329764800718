//! Events: recorded, guests pasted and resolved, costs with evidence, and which event brought which project.

use crate::world::{Client, World, text, within};
use axum::http::StatusCode;
use domain::fact::{Kind, NewFact, Value};
use domain::role::Role;
use jiff::civil::date;
use store::Actor;

fn meeting<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("title", "南京推介会"),
        ("kind", "promotion"),
        ("place", "江苏省南京市"),
        ("start", "2026-05-08"),
        ("end", "2026-05-09"),
        ("unit", ""),
        ("purpose", "请链主上下游"),
    ];
    for change in changes {
        match fields.iter_mut().find(|f| f.0 == change.0) {
            Some(field) => field.1 = change.1,
            None => fields.push(*change),
        }
    }
    fields
}

/// Records an event and answers its address.
async fn made(client: &mut Client) -> String {
    client.post("/events", &meeting(&[])).await.goes_to()
}

#[tokio::test]
async fn an_event_is_recorded_edited_once_and_called_off() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Officer).await;
    for (field, value) in
        [("title", " "), ("place", "火星"), ("end", "2026-05-07"), ("start", "五月八日"), ("kind", "party")]
    {
        let page = client.post("/events", &meeting(&[(field, value)])).await.page();
        let faults: Vec<_> =
            page.all("[role=alert] a").iter().map(|a| a.value().attr("href").unwrap().to_string()).collect();
        assert!(faults.contains(&format!("#{field}")), "{field}: {faults:?}");
        assert_eq!(
            page.value("#title"),
            if field == "title" { " " } else { "南京推介会" },
            "what was typed stays"
        );
    }
    let here = made(&mut client).await;
    let page = client.page(&here).await;
    assert!(page.text("dl.facts").contains("江苏省南京市") && page.text("h1").contains("南京推介会"));

    let edit = client.page(&format!("{here}/edit")).await;
    let version = edit.value("main input[name=version]");
    client.post(&here, &meeting(&[("version", &version), ("title", "南京专场推介会")])).await.goes_to();
    let stale = client.post(&here, &meeting(&[("version", &version), ("title", "旧的")])).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(client.page(&here).await.text("h1").contains("南京专场推介会"));

    let list = client.page("/events?kind=promotion&year=2026").await;
    assert!(list.text("#events").contains("南京专场推介会"));
    assert!(client.page("/events?kind=visit&year=2026").await.text("main .empty").contains("没有符合条件"));

    let end = format!("{here}/end");
    assert_eq!(client.post(&end, &[("version", "2"), ("reason", " ")]).await.status, StatusCode::BAD_REQUEST);
    client.post(&end, &[("version", "2"), ("reason", "改期")]).await.goes_to();
    let page = client.page(&here).await;
    assert!(page.text(".flash").contains("改期"));
    assert!(page.all("main form[method=post]").is_empty(), "nothing more can be changed");
    assert!(!client.page("/events?year=2026").await.text("main").contains("南京专场推介会"));
    assert!(client.page("/events?year=2026&ended=yes").await.text("main").contains("南京专场推介会"));
    let guests = client.post(&format!("{here}/guests"), &[("list", "甲公司")]).await;
    assert_eq!(guests.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pasted_guests_are_resolved_and_faults_name_their_line() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Officer).await;
    let here = made(&mut client).await;
    let add = format!("{here}/guests");
    let known = {
        let universe = world.app.engine.world().unwrap();
        universe.universe.company(engine::snapshot::Doc(100)).unwrap().name
    };
    let bad = format!("{known}\n乙公司,李四,老板\n{known}\n");
    let page = client.post(&add, &[("list", &bad), ("role", "investor")]).await.page();
    let faults = page.texts("[role=alert] li");
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("第2 行") || faults[0].contains("第 2 行"), "{faults:?}");
    assert!(faults[0].contains("老板") && faults[1].contains("重复"));
    assert_eq!(
        text(page.one("#list")).replace(' ', ""),
        bad.replace(['\n', ' '], ""),
        "what was pasted stays"
    );
    assert!(page.all("#guest-list tbody tr").is_empty(), "all or nothing");

    let good = format!("{known}，王总 13812345678，投资方\n从来没有的公司甲乙丙丁\n某某咨询,中介");
    let page = client.post(&add, &[("list", &good), ("role", "investor"), ("brought_by", "")]).await.page();
    assert_eq!(page.all("#guest-list tbody tr").len(), 3);
    let flash = page.text(".flash");
    assert!(flash.contains("第 2 行 从来没有的公司甲乙丙丁") && !flash.contains(&known), "{flash}");
    let first = page.all("#guest-list tbody tr")[0];
    assert_eq!(within(first, "th a").len(), 1, "the known company leads to its page");
    assert!(text(first).contains("13812345678"), "an officer sees the number");
    let mut reviewer = world.as_role(Role::Auditor).await;
    let masked = reviewer.page(&here).await.text("#guest-list");
    assert!(masked.contains("138****5678") && !masked.contains("13812345678"), "{masked}");
    assert!(reviewer.page(&here).await.all("main form[method=post]").is_empty());

    let again = client.post(&add, &[("list", &good)]).await.page();
    assert!(again.text("[role=alert]").contains(&known), "twice on one list");

    let id = client.page(&here).await.all("#guest-list form[action$='/end']")[1]
        .value()
        .attr("action")
        .unwrap()
        .to_string();
    let settle = id.replace("/end", "/settle");
    assert_eq!(client.post(&settle, &[("is", "=没有这家")]).await.status, StatusCode::NOT_FOUND);
    let key = {
        let universe = world.app.engine.world().unwrap();
        app::world::World::key(&universe.universe.company(engine::snapshot::Doc(101)).unwrap())
    };
    client.post(&settle, &[("is", &key)]).await.goes_to();
    assert!(!client.page(&here).await.text("#guest-list").contains("从来没有"));
    client.post(&id, &[("reason", "未到")]).await.goes_to();
    assert_eq!(client.page(&here).await.all("#guest-list tbody tr").len(), 2);
    assert_eq!(client.post(&id, &[("reason", "未到")]).await.status, StatusCode::NOT_FOUND);
    let other = made(&mut client).await;
    let foreign = settle.replace(&here, &other);
    assert_eq!(
        client.post(&foreign, &[("is", &key)]).await.status,
        StatusCode::NOT_FOUND,
        "a guest of another event"
    );
}

#[tokio::test]
async fn what_an_event_cost_and_brought_is_counted_from_its_rows() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Officer).await;
    let here = made(&mut client).await;
    let id: i64 = here.rsplit('/').next().unwrap().parse().unwrap();
    let costs = format!("{here}/costs");
    let cost = |amount: &'static str, note: &'static str| {
        [("kind", "actual"), ("amount", amount), ("day", "2026-05-08"), ("note", note)]
    };
    for bad in [cost("很多", "发票"), cost("12", " "), cost("0", "发票"), cost("3万美元", "发票")]
    {
        assert_eq!(client.post(&costs, &bad).await.status, StatusCode::BAD_REQUEST, "{bad:?}");
    }
    client.post(&costs, &cost("120", "发票 1")).await.goes_to();
    client.post(&costs, &cost("12", "发票 1")).await.goes_to();
    let page = client.page(&here).await;
    assert!(page.text(".grid").contains("132 万元"), "{}", page.text(".grid"));
    let end = page.all("#costs form[action$='/end']")[0].value().attr("action").unwrap().to_string();
    client.post(&end, &[("reason", "多写一个零")]).await.goes_to();
    let page = client.page(&here).await;
    assert!(page.text("#costs").contains("多写一个零"), "what was taken back stays to be seen");
    assert!(page.text(".grid").contains("12 万元") && !page.text(".grid").contains("132 万元"));

    let day = date(2026, 6, 1);
    let said = |kind, word: &str| NewFact::on(day, kind, Value::Text(word.into()));
    let project = async |facts: &[NewFact]| {
        let (now, today) = (world.app.clock.now(), world.app.clock.today());
        world.app.store.create_project(&Actor::System, now, today, None, facts).await.unwrap()
    };
    let of_event = NewFact::on(day, Kind::Event, Value::Number(id));
    let planned = NewFact::on(day, Kind::PlannedTotal, Value::yuan(300_000_000));
    project(&[said(Kind::Name, "甲项目"), of_event.clone(), planned.clone(), said(Kind::Stage, "signed")])
        .await;
    project(&[
        said(Kind::Name, "乙项目"),
        of_event.clone(),
        planned.clone(),
        said(Kind::Stage, "negotiating"),
    ])
    .await;
    project(&[
        said(Kind::Name, "丙项目"),
        of_event,
        planned,
        said(Kind::Stage, "signed"),
        said(Kind::DuplicateOf, "2026-1"),
    ])
    .await;
    let page = client.page(&here).await;
    let listed = page.text("#projects");
    assert!(listed.contains("甲项目") && listed.contains("乙项目") && !listed.contains("丙项目"), "{listed}");
    let grid = page.text(".grid");
    assert!(grid.contains("3.00 亿元") && grid.contains("每个签约项目 12 万元"), "{grid}");
    let outcomes = client.page("/events/outcomes?year=2026").await;
    let row =
        outcomes.all("#outcomes tbody tr").into_iter().find(|r| text(*r).contains("南京推介会")).unwrap();
    let numbers: Vec<String> = within(row, "td.num").into_iter().map(text).collect();
    assert_eq!(numbers, ["0", "0", "0", "2", "1", "3.00 亿元", "12 万元", "12 万元"]);
    assert!(within(row, "td.num a").len() == 8, "numbers open their rows");
}

#[tokio::test]
async fn the_sample_zone_knows_which_event_brought_which_project() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let page = client.english().page("/events/outcomes?year=2025").await;
    let rows = page.all("#outcomes tbody > tr");
    assert_eq!(rows.len(), 3);
    for row in rows {
        let signed: i64 = text(within(row, "td.num")[4]).parse().unwrap();
        assert!(signed > 0, "{}", text(row));
    }
    assert!(client.page("/events/outcomes?year=2019").await.text(".empty").contains("没有活动"));
    let empty = World::empty(None).await;
    let page = empty.as_role(Role::Officer).await.page("/events").await;
    assert!(
        page.text(".empty").contains("还没有活动") && !page.all(".empty a[href='/events/new']").is_empty()
    );
}
