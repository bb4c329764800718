//! The team: targets that are corrected and never overwritten, a published formula, and sheets that show how each figure is made.

use crate::world::{Client, World, text, within};
use axum::http::StatusCode;
use domain::assessment::SAMPLE;
use domain::role::Role;
use domain::user::UserId;

/// An officer of the sample zone, signed in.
async fn officer(world: &World, login: &str) -> (Client, UserId) {
    let (user, _) = world.app.store.user_by_login(login).await.unwrap().unwrap();
    (world.sign_in(user.id).await, user.id)
}

fn goal<'a>(party: &'a str, amount: &'a str, reason: &'a str, upto: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("year", "2027"),
        ("party", party),
        ("figure", "signed"),
        ("amount", amount),
        ("agreed", "2026-11-20"),
        ("reason", reason),
        ("upto", upto),
    ]
}

#[tokio::test]
async fn a_target_is_corrected_by_a_new_row_with_a_reason() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let path = "/team/goals?year=2027";
    assert!(client.page(path).await.text(".empty").contains("还没有目标"));
    for bad in
        [goal("officer:999", "5", "", "0"), goal("zone:0", "0", "", "0"), goal("zone:0", "五", "", "0")]
    {
        let page = client.post("/team/goals", &bad).await.page();
        assert!(!page.texts("[role=alert] li").is_empty(), "{bad:?}");
    }
    client.post("/team/goals", &goal("zone:0", "44", "", "0")).await.goes_to();
    let page = client.page(path).await;
    let upto = page.value("#form input[name=upto]");
    let silent = client.post("/team/goals", &goal("zone:0", "50", "", &upto)).await.page();
    assert!(silent.text("[role=alert]").contains("原因"));
    let blind = client.post("/team/goals", &goal("zone:0", "50", "加压", "0")).await;
    assert_eq!(blind.status, StatusCode::CONFLICT, "somebody set one that this page did not show");
    client.post("/team/goals", &goal("zone:0", "50", "年中加压", &upto)).await.goes_to();
    let page = client.page(path).await;
    let row = text(page.one("#goals tbody tr"));
    assert!(
        row.contains("50") && row.contains("44") && row.contains("年中加压"),
        "the old one stays to be seen: {row}"
    );
    let mut officer = world.as_role(Role::Officer).await;
    assert!(officer.page(path).await.all("main form[method=post]").is_empty());
    assert_eq!(
        officer.post("/team/goals", &goal("zone:0", "1", "", "0")).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_formula_is_checked_versioned_and_never_pays_for_registered_capital() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let page = client.page("/team/formula").await;
    assert!(page.text("main").contains("60% + 40% × (x − min) ÷ (max − min)"), "the published formula");
    assert!(page.text("main").contains("系统自带样本"));
    let send = async |client: &mut Client, seen: &str, text: &str| {
        client.upload("/team/formula", &[("seen", seen)], "f.toml", text.as_bytes()).await
    };
    let bad = SAMPLE.replace("reads = \"arrived\"", "reads = \"registered_capital\"");
    let page = send(&mut client, "0", &bad).await.page();
    let faults = page.text("[role=alert]");
    assert!(faults.contains("不得按注册资本计分") && faults.contains("虚增注资"), "{faults}");
    assert_eq!(send(&mut client, "0", "").await.status, StatusCode::BAD_REQUEST);
    let long = format!("# {}", "x".repeat(domain::limits::FORMULA_BYTES));
    assert_eq!(send(&mut client, "0", &long).await.status, StatusCode::BAD_REQUEST);
    assert!(world.app.store.formulas().await.unwrap().is_empty(), "nothing was kept");

    let own = SAMPLE.replace("2026.1", "镇江 2026").replace("floor = 60", "floor = 50");
    send(&mut client, "0", &own).await.goes_to();
    let page = client.page("/team/formula").await;
    assert!(page.text("main").contains("镇江 2026") && page.text("main").contains("50% + 50%"));
    let newest = page.value("input[name=seen]");
    let again = send(&mut client, &newest, &own).await.page();
    assert!(again.text("[role=alert]").contains("version"), "a version is used once");
    let next = own.replace("镇江 2026", "镇江 2026 二");
    assert_eq!(send(&mut client, "0", &next).await.status, StatusCode::CONFLICT, "somebody uploaded another");
    let file = client.get(&format!("/team/formula/{newest}.toml")).await;
    assert_eq!(file.text(), own);
    assert_eq!(client.get("/team/formula/sample.toml").await.text(), SAMPLE);
    let mut officer = world.as_role(Role::Officer).await;
    assert!(
        officer.page("/team/formula").await.all("main form[method=post]").is_empty(),
        "everybody reads it"
    );
}

#[tokio::test]
async fn each_sees_their_own_sheet_and_directors_see_all() {
    let world = World::new().await;
    let (mut wang, id) = officer(&world, "wang").await;
    let (_, other) = officer(&world, "li").await;
    let page = wang.page("/team?year=2025").await;
    assert_eq!(page.all("#people tbody tr").len(), 1);
    assert!(page.text("#people").contains("王招商"));
    wang.page(&format!("/team/people/{id}?year=2025")).await;
    assert_eq!(wang.get(&format!("/team/people/{other}?year=2025")).await.status, StatusCode::FORBIDDEN);
    let rows = format!("/team/done?year=2025&party=officer:{other}&figure=signed");
    assert_eq!(wang.get(&rows).await.status, StatusCode::FORBIDDEN);
    for role in [Role::Director, Role::Auditor] {
        let mut client = world.as_role(role).await;
        let page = client.page("/team?year=2025").await;
        assert!(page.all("#people tbody tr").len() >= 3, "{role}");
        client.page(&format!("/team/people/{other}?year=2025")).await;
        client.page(&rows).await;
    }
    let mut director = world.as_role(Role::Director).await;
    assert_eq!(director.get("/team/people/999999").await.status, StatusCode::NOT_FOUND);
    assert_eq!(director.get("/team/done?party=king:1").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(director.get("/team/done?party=unit:999999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_sheet_adds_up_and_every_number_opens_its_rows() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let team = client.page("/team?year=2025").await;
    let zone = team.all("#done tbody tr").into_iter().find(|r| text(*r).contains("签约项目数")).unwrap();
    assert_eq!(text(within(zone, "td.num a")[0]), "44", "{}", text(zone));
    assert_eq!(text(within(zone, "td.num")[0]), "44", "the target after its change");
    let rows = client.page("/team/done?year=2025&party=zone:0&figure=signed").await;
    assert_eq!(rows.all("main table tbody tr").len(), 44);

    let hundredths = |t: &str| t.replace('.', "").parse::<i64>().unwrap();
    let mut signed = 0;
    for row in team.all("#people tbody tr") {
        let cells: Vec<i64> = within(row, "td.num a").into_iter().map(|a| hundredths(&text(a))).collect();
        let (total, groups) = cells.split_last().unwrap();
        assert_eq!(groups.iter().sum::<i64>(), *total, "groups add up");
        let href = within(row, "th a")[0].value().attr("href").unwrap().to_string();
        let sheet = client.page(&href).await;
        let points: i64 =
            sheet.texts("main table > tbody > tr > td:last-child > b").iter().map(|t| hundredths(t)).sum();
        assert_eq!(points, *total, "items add up: {href}");
        let behind = sheet.all("details");
        for one in &behind {
            let said: usize = text(within(*one, "summary")[0])
                .chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
                .parse()
                .unwrap();
            assert_eq!(within(*one, "th[scope=row]").len(), said);
            if text(within(*one, "summary")[0]).contains("依据") && said > 0 {
                assert!(!within(*one, "tbody a[href]").is_empty());
            }
        }
        let item = sheet
            .all("main section table > tbody > tr")
            .into_iter()
            .find(|r| text(*r).starts_with("签约项目数对目标"));
        // The cells of the row itself follow those of the rows behind it: has, target, share, points.
        let cells = within(item.unwrap(), "td.num");
        signed += text(cells[cells.len() - 4]).parse::<usize>().unwrap();
    }
    assert_eq!(signed, 44, "what the officers have is what the zone has");
}

#[tokio::test]
async fn the_workbook_carries_formula_and_cut_off_and_only_what_one_may_see() {
    use calamine::Reader as _;
    let world = World::new().await;
    let open = |bytes: Vec<u8>| {
        let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        let names = book.sheet_names();
        let first = book.worksheet_range(&names[0]).unwrap();
        let cells: Vec<String> = first.rows().flatten().map(ToString::to_string).collect();
        (names.len(), first.height(), cells.join("|"))
    };
    let mut director = world.as_role(Role::Director).await;
    let reply = director.get("/team/assessment.xlsx?year=2025").await;
    assert_eq!(reply.status, StatusCode::OK);
    let (sheets, rows, all) = open(reply.bytes);
    assert_eq!(sheets, 4);
    assert!(rows >= 5, "{rows}");
    assert!(all.contains("公式版本 2026.1") && all.contains("截至 2026-11-23 16:00"), "{all}");
    let (mut wang, _) = officer(&world, "wang").await;
    let (_, rows, own) = open(wang.get("/team/assessment.xlsx?year=2025").await.bytes);
    assert_eq!(rows, 3);
    assert!(own.contains("王招商") && !own.contains("李招商"));
    let mut reviewer = world.as_role(Role::Reviewer).await;
    assert_eq!(reviewer.get("/team/assessment.xlsx").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_empty_zone_says_what_to_do() {
    let world = World::empty(None).await;
    let page = world.as_role(Role::Director).await.page("/team").await;
    assert!(page.text("#assessment .empty").contains("还没有招商专员"));
    assert!(!page.all("#targets .empty a[href^='/team/goals']").is_empty());
}
