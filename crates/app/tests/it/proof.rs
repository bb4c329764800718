//! Every number opens its rows, and every row its proof: closed reports, events, contracts, and who may open a file.

use crate::world::{Client, World, now, text, within};
use app::figure::bridge;
use axum::http::StatusCode;
use domain::company::{Currency, Money};
use domain::fact::{FactId, Kind, NewFact, ProjectId, Value};
use domain::role::Role;
use domain::scope::Reading;
use jiff::civil::date;
use std::collections::BTreeSet;
use store::Actor;
use store::ledger::FactQuery;

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

/// What the closing of a month or year reads is narrowed to the kinds and days its definitions name; reading all there is must say the same.
#[tokio::test]
async fn a_report_reads_less_than_everything_and_says_the_same() {
    let world = World::new().await;
    let (app, today) = (&world.app, world.app.clock.today());
    let board = app.ledger.board(&app.store).await.unwrap();
    // Amounts corrected and withdrawn, stages moved to another month: what a narrow query is most likely to miss.
    for (n, line) in board.lines.iter().filter(|l| l.signed.is_some()).take(12).enumerate() {
        let facts = app.store.facts_of(line.id).await.unwrap();
        let kind = if n % 3 == 2 { Kind::Stage } else { Kind::PlannedTotal };
        let Some(old) = facts.iter().rfind(|f| f.kind == kind) else { continue };
        let value = if n % 3 == 1 { Value::Nothing } else { old.value.clone() };
        let new = NewFact {
            corrects: Some(old.id),
            reason: Some("核对合同".into()),
            ..NewFact::on(date(2025, 1 + n as i8 % 12, 9), kind, value)
        };
        app.store.record(&Actor::Cli, now(), today, line.id, None, &[new]).await.unwrap();
    }
    let rates = domain::rate::Rates::new(app.store.rates().await.unwrap(), None);
    for (year, month) in [(2024, None), (2025, None), (2025, Some(1)), (2025, Some(9)), (2026, Some(2))] {
        let period = domain::figure::Period::new(year, month).unwrap();
        let asked = bridge::question(app, period, None).await.unwrap();
        let cut = asked.cut;
        let mut all = domain::figure::Builder::new(&asked.definitions, period, cut.at, cut.day, &rates);
        let each = |id, code: &str, facts| {
            all.add(&domain::project::Project::fold(id, code, facts, Some(cut.at)));
        };
        app.store.each_project(&FactQuery::default(), each).await.unwrap();
        let narrow = bridge::report(app, &asked).await.unwrap();
        assert!(narrow.lines.iter().any(|l| !l.total.rows.is_empty()), "{year} {month:?}");
        assert!(narrow.bytes() == all.finish().bytes(), "{year} {month:?}");
    }
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

#[tokio::test]
async fn totals_of_outcomes_open_rows_that_add_up_to_them() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    let page = officer.page("/events/outcomes?year=2025").await;
    let events = page.one("#outcomes tfoot a[href='/events?year=2025']");
    assert_eq!(text(events), "3 场");
    for (link, said) in numbers(&page, "#outcomes") {
        if link.contains("rows=") {
            let opened = officer.page(link.split('#').next().unwrap()).await;
            let rows = opened.all("#opened-rows tbody tr").len();
            match said.parse::<usize>() {
                Ok(count) => assert_eq!(rows, count, "{link}"),
                Err(_) => assert!(rows > 0, "{link}: {said}"),
            }
        }
    }
    let signed = officer.page("/events/outcomes?year=2025&rows=signed").await;
    let first = within(signed.all("#opened-rows tbody tr")[0], "a");
    assert!(href(first[0]).starts_with("/projects/") && href(first[1]).starts_with("/events/"));
    assert!(officer.page("/events/outcomes?year=2025&rows=nonsense").await.all("#opened").is_empty());
    let mut auditor = world.as_role(Role::Auditor).await;
    let event = href(within(page.all("#outcomes tbody tr")[0], "td.name > a")[0]);
    let guest = [("list", "老李 13812345678"), ("role", "investor"), ("brought_by", "")];
    officer.post(&format!("{event}/guests"), &guest).await;
    let guests = auditor.page("/events/outcomes?year=2025&rows=guests").await.text("#opened");
    assert!(!guests.contains("13812345678"), "{guests}");
}

#[tokio::test]
async fn a_lead_names_its_segment_and_its_event_without_scripts() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    let event = world.app.store.events_of(2025).await.unwrap().remove(0).event;
    let page = officer.page(&format!("/leads/new?event={}", event.id)).await;
    let chosen = page.one("#event option[selected]");
    assert_eq!(chosen.value().attr("value").unwrap(), event.id.to_string());
    assert!(text(chosen).contains(&event.said.title), "{}", text(chosen));
    assert_eq!(text(page.one("#source option[selected]")), "招商活动");
    let segment = page.one("#segment option[value='ships/propeller']");
    assert!(!text(segment).contains("propeller"), "a name, not an id: {}", text(segment));
    let english = officer.english().page("/leads/new").await;
    assert!(text(english.one("#segment option[value='ships/propeller']")).is_ascii());
    let id = event.id.to_string();
    let fields = [("name", "壬癸机械有限公司"), ("title", "新基地"), ("source", "event")];
    let all = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        fields.iter().chain(more).map(|(k, v)| (k.to_string(), v.to_string())).collect()
    };
    let post = async |client: &mut Client, more: &[(&'static str, &str)]| {
        let all = all(more);
        let all: Vec<(&str, &str)> = all.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        client.post("/leads", &all).await
    };
    let none = post(&mut officer, &[("event", "999999")]).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    assert!(none.text().contains("没有这场活动"));
    let lead = post(&mut officer, &[("event", &id), ("segment", "ships/propeller")]).await.goes_to();
    let page = officer.page(&lead).await;
    let facts = page.text("dl.facts");
    assert!(facts.contains(&event.said.title) && !facts.contains("ships/propeller"), "{facts}");
    assert_eq!(page.value("#e-segment option[selected]"), "ships/propeller");
    let led = world.app.store.leads_of_events(Some(event.id)).await.unwrap();
    assert!(led.iter().any(|l| l.name == "壬癸机械有限公司"), "it counts among what the event led to");
}

#[tokio::test]
async fn the_journal_hides_numbers_by_role_and_its_export_stays_verifiable() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let id = world.app.ledger.board(&world.app.store).await.unwrap().lines.iter().next().unwrap().id;
    let money = Money { amount: 13_800_138_000, currency: Currency::Cny };
    let day = date(2026, 11, 2);
    let note = "联系人老王\n13812345678，身份证 11010519491231002X";
    let facts = [
        NewFact::on(day, Kind::Note, Value::Text(note.into())),
        NewFact::on(day, Kind::Arrived, Value::Money(money)),
    ];
    let (store, today) = (&world.app.store, world.app.clock.today());
    store.record(&Actor::Cli, now(), today, id, None, &facts).await.unwrap();
    let mut auditor = world.as_role(Role::Auditor).await;
    let path = format!("/audit?subject=project:{id}&action=fact.record");
    let seen = auditor.page(&path).await.text("main table");
    assert!(seen.contains("138****5678") && seen.contains("110105**********2X"), "{seen}");
    assert!(!seen.contains("13812345678") && !seen.contains("11010519491231002X"), "{seen}");
    assert!(seen.contains("13800138000"), "an amount is an amount: {seen}");
    assert!(director.page(&path).await.text("main table").contains("13812345678"));
    let export = auditor.post("/audit/export", &[]).await;
    assert!(export.text().contains("13812345678"), "the lines are those that were sealed");
    let checked = store::verify_export(&mut &export.bytes[..]).unwrap();
    assert!(checked.broken.is_none(), "{:?}", checked.broken);
}

#[tokio::test]
async fn the_slider_of_as_of_works_without_scripts_and_the_trend_has_last_years_line() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let page = director.page("/figures?year=2025&month=&back=-12").await;
    assert!(page.text("main").contains("2025-11-30 23:59:59"), "the end of the month twelve months ago");
    assert_eq!((page.value("#back"), page.text("#back-day")), ("-12".into(), "2025-11-30".into()));
    assert_eq!(page.value("#as_of"), "2025-11-30");
    let row = page.one("#figures a[href^='/figures/signed?'][href*='total=yes']");
    assert!(href(row).contains("as_of=2025-11-30"), "what it opens is as of that day: {}", href(row));
    let then = director.page(&href(row)).await.all("#rows tbody tr").len();
    assert!(then > 0 && then < 44, "{then}");
    let now = director.page("/figures?year=2025&back=0").await;
    assert_eq!((now.value("#back"), now.value("#as_of")), ("0".into(), String::new()));
    assert_eq!(director.get("/figures?back=-99").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(director.page("/figures?back=-3&as_of=2026-01-15").await.value("#back"), "-10");

    let row = now.one("#figures tr:has(a[href^='/figures/signed?year=2025&total'])");
    let points = within(row, "polyline")[0].value().attr("points").unwrap().to_string();
    assert_eq!(points.split(' ').count(), 12);
    let cell = |n: usize| -> Vec<usize> {
        let rows = within(row, "details tbody tr");
        let number =
            |r: &scraper::ElementRef<'_>| text(within(*r, "td")[n]).replace(" 个", "").parse().unwrap();
        rows.iter().map(number).collect()
    };
    assert_eq!(cell(1).iter().sum::<usize>(), 44);
    let last = text(within(row, "td.num > a[href$='last=yes']")[0]);
    assert_eq!(
        format!("{} 个", cell(2).iter().sum::<usize>()),
        last,
        "last year's months add up to its column"
    );
    let flat = points.split(' ').map(|p| p.split_once(',').unwrap().1).collect::<BTreeSet<_>>();
    assert!(flat.len() > 1, "{points}");
}
