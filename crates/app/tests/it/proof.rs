//! Every number opens its rows, and every row its proof: closed reports, events, contracts, and who may open a file.

use crate::world::{Client, World, now, text, within};
use axum::http::StatusCode;
use domain::company::{Currency, Money};
use domain::fact::{FactId, Kind, NewFact, ProjectId, Value};
use domain::role::Role;
use domain::scope::Reading;
use jiff::civil::date;
use std::collections::BTreeSet;
use store::Actor;

fn href(element: scraper::ElementRef<'_>) -> String {
    element.value().attr("href").unwrap().to_string()
}

/// The links of a table's numbers, each with what it says; a number without one fails.
#[track_caller]
fn numbers(page: &crate::world::Page, table: &str) -> Vec<(String, String)> {
    let cells = page.all(&format!("{table} tbody td.num, {table} tfoot td.num"));
    assert!(!cells.is_empty(), "{table}");
    cells
        .into_iter()
        .map(|cell| {
            let links = within(cell, "a");
            assert_eq!(links.len(), 1, "{} opens nothing", text(cell));
            (href(links[0]), text(cell))
        })
        .collect()
}

async fn rows(client: &mut Client, path: &str) -> Vec<String> {
    client.page(path).await.texts("#rows tbody tr")
}

#[tokio::test]
async fn every_number_of_a_closed_report_opens_its_rows_as_of_its_cut_off() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let report = director.post("/reports", &[("year", "2025"), ("month", "")]).await.goes_to();
    let month = director.post("/reports", &[("year", "2025"), ("month", "9")]).await.goes_to();
    for (closed, each) in [(&report, 2), (&month, 3)] {
        let links = numbers(&director.page(closed).await, "#lines");
        assert_eq!(links.len() % each, 0);
        for (link, said) in links {
            let page = director.page(&link).await;
            assert_eq!(page.all(".kpi b")[0].text().collect::<String>(), said, "{link}");
        }
    }
    let signed = format!("/figures/signed?report={}&total=yes", report.rsplit('/').next().unwrap());
    let before = rows(&mut director, &signed).await;
    assert_eq!(before.len(), 44);
    let of_last = rows(&mut director, &signed.replace("total", "last")).await;
    assert!(!of_last.is_empty() && of_last.iter().all(|r| r.contains("2024-")), "{of_last:?}");

    // What is corrected after the closing moves the open figure and not the closed one.
    let line = world.app.ledger.board(&world.app.store).await.unwrap();
    let some = line.lines.iter().find(|l| before.iter().any(|r| r.starts_with(&*l.code))).unwrap();
    let facts = world.app.store.facts_of(some.id).await.unwrap();
    let amount = facts.iter().find(|f| f.kind == Kind::PlannedTotal).unwrap();
    let money = Money { amount: 10_000, currency: Currency::Cny };
    let correction = NewFact {
        corrects: Some(amount.id),
        reason: Some("录入错误".into()),
        ..NewFact::on(amount.effective, Kind::PlannedTotal, Value::Money(money))
    };
    let later = now() + jiff::SignedDuration::from_mins(1);
    let today = world.app.clock.today();
    world.app.store.record(&Actor::Cli, later, today, some.id, None, &[correction]).await.unwrap();
    let world = world.at("2026-11-23T08:05:00Z");
    let mut director = world.as_role(Role::Director).await;
    assert_eq!(rows(&mut director, &signed).await, before);
    assert_eq!(rows(&mut director, "/figures/signed?year=2025&total=yes").await.len(), 43);
    assert_eq!(director.get("/figures/signed?report=999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_group_or_a_tier_opens_its_own_rows_and_last_year_what_it_counted() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let page = director.page("/figures/signed?year=2025&by=unit").await;
    let sum: usize = {
        let links: BTreeSet<_> = numbers(&page, "#groups").into_iter().map(|(link, _)| link).collect();
        let mut sum = 0;
        for link in links {
            let narrow = director.page(link.split('#').next().unwrap()).await;
            assert!(narrow.text("#only").contains("列出全部"));
            sum += narrow.all("#rows tbody tr").len();
        }
        sum
    };
    assert_eq!(sum, 44, "nobody shares credit in the sample, so groups add up");
    let largest = numbers(&page, "#tiers").into_iter().rev().nth(1).unwrap();
    assert_eq!(largest.1, "1");
    let list = rows(&mut director, largest.0.split('#').next().unwrap()).await;
    assert!(list.len() == 1 && list[0].contains("32.50 亿元"), "{list:?}");
    // A rate of the year before is judged on that day a year before; the page it opens says the same.
    let list = director.page("/figures?year=2026").await;
    for row in list.all("#figures > tbody > tr") {
        let cells = within(row, "td.num > a");
        let last = cells[cells.len() - 1];
        let page = director.page(&href(last)).await;
        assert_eq!(page.all(".kpi b")[0].text().collect::<String>(), text(last), "{}", href(last));
    }
}

#[tokio::test]
async fn each_of_the_44_is_one_click_away_with_its_contract_date_tier_and_currency() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    let page = officer.page("/figures/signed?year=2025").await;
    assert!(!page.text("#listed").contains("没有登记口径要求的佐证材料"));
    let rows = page.all("#rows tbody tr");
    assert_eq!(rows.len(), 44);
    let mut files = BTreeSet::new();
    let mut dollars = 0;
    for row in rows {
        let link = within(row, "a[href^='/files/']");
        assert_eq!(link.len(), 1, "{}", text(row));
        assert!(text(link[0]).contains("投资合同") && text(link[0]).contains("合成"), "{}", text(row));
        dollars += usize::from(text(row).contains("美元"));
        files.insert(href(link[0]));
    }
    assert_eq!((files.len(), dollars), (44, 1), "every project has its own contract");
    for file in files {
        let reply = officer.get(&file).await;
        assert_eq!(reply.status, StatusCode::OK, "{file}");
        assert_eq!(reply.header("content-type"), "application/pdf");
        assert!(reply.bytes.starts_with(b"%PDF-1.4") && reply.bytes.ends_with(b"%%EOF\n"));
    }
}

#[tokio::test]
async fn a_file_is_read_by_role_and_within_the_unit_of_its_records() {
    let world = World::new().await;
    let board = world.app.ledger.board(&world.app.store).await.unwrap();
    let line = board.lines.iter().find(|l| l.signed.is_some() && l.unit.is_some()).unwrap();
    let (mine, id) = (domain::user::UnitId(line.unit.unwrap()), line.id);
    let (_, file) = world.app.store.files_of(id).await.unwrap().remove(0);
    let path = format!("/files/{}", file.file.sha256);
    let units = world.app.store.units().await.unwrap();
    let other = units.iter().find(|u| u.id != mine).unwrap().id;
    let mut own = world.as_member(Role::Officer, mine).await;
    let mut stranger = world.as_member(Role::Officer, other).await;
    let mut reviewer = world.as_member(Role::Reviewer, other).await;
    let mut security = world.as_role(Role::Security).await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::OK, "reading is open unless the zone closes it");
    assert_eq!(security.get(&path).await.status, StatusCode::FORBIDDEN, "the role reads no projects");

    let zone = world.app.store.zone().await.unwrap().unwrap();
    let settings = domain::zone::ZoneSettings { scope: Reading::Unit, ..zone.settings };
    world.app.store.save_zone(&Actor::System, now(), zone.version, &settings).await.unwrap();
    assert_eq!(own.get(&path).await.status, StatusCode::OK);
    assert_eq!(reviewer.get(&path).await.status, StatusCode::OK, "reviewers read across units");
    let refused = stranger.get(&path).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("其他单位") && refused.text().contains("another unit"));
    // The rows of the figure name the evidence of another unit and do not link to it.
    let page = stranger.page("/figures/signed?year=2025").await;
    for link in page.all("#rows a[href^='/files/']") {
        assert_eq!(stranger.get(&href(link)).await.status, StatusCode::OK);
    }
    assert!(page.all("#rows a[href^='/files/']").len() < 44 && page.text("#rows").contains("● 有"));
    // One record of the reader's own unit that points at it is enough.
    let own_project = board.lines.iter().find(|l| l.unit == Some(other.0)).map(|l| l.id);
    let own_project = match own_project {
        Some(id) => id,
        None => made(&world, other).await,
    };
    let note = NewFact {
        files: vec![file.file.sha256.clone()],
        ..NewFact::on(date(2026, 11, 2), Kind::Evidence, Value::Text("other".into()))
    };
    let (store, today) = (&world.app.store, world.app.clock.today());
    store.record(&Actor::Cli, now(), today, own_project, None::<FactId>, &[note]).await.unwrap();
    assert_eq!(stranger.get(&path).await.status, StatusCode::OK);
}

async fn made(world: &World, unit: domain::user::UnitId) -> ProjectId {
    let day = date(2026, 11, 2);
    let facts = [
        NewFact::on(day, Kind::Name, Value::Text("本单位项目".into())),
        NewFact::on(day, Kind::Unit, Value::Number(unit.0)),
    ];
    let today = world.app.clock.today();
    world.app.store.create_project(&Actor::Cli, now(), today, None, &facts).await.unwrap().0
}
