//! From signing to a complete plan in a real browser: ground that fits is reserved, an unlawful line is refused with its
//! article, a lawful one stands, promises, appraisal and building plan are recorded, and the director's brief is a PDF of one page.

use crate::browser::{Browser, serve_on};
use crate::database::postgres;
use crate::week_browser::Desk;
use crate::world::World;
use axum::http::StatusCode;
use domain::fact::{Kind, ProjectId};
use domain::role::Role;

/// A project whose industry is known and that one free parcel can hold (the smallest has 54.7 亩).
async fn project_that_fits(world: &World) -> i64 {
    for n in 1..200 {
        let found = app::ledger::project(&world.app.store, ProjectId(n), None).await.unwrap();
        let Some(project) = found else { continue };
        let holds = world.app.store.holds_of_project(project.id).await.unwrap();
        let area = project.number(Kind::LandArea).unwrap_or(0);
        let known = project.text(Kind::Industry).is_some_and(|code| code.starts_with('C'));
        if holds.is_empty() && known && (10_000..36_000).contains(&area) && project.stage().is_some() {
            return n;
        }
    }
    panic!("the sample has a project of an industry that needs land");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_project_gets_its_plan_in_the_browser_on_both_databases() {
    plan(None).await;
    if let Some(url) = postgres().await {
        plan(Some(url)).await;
    }
}

async fn plan(database: Option<String>) {
    let Some(browser) = Browser::start(true, 1440).await else { return };
    let world = World::sample(database).await;
    println!("on {}", world.app.store.backend());
    let id = project_that_fits(&world).await;
    let page = format!("/projects/{id}/plan");
    let desk = Desk { base: serve_on(&world).await, browser };
    desk.sign_in("demo", &page).await;

    desk.at(&page).await;
    desk.click("#ground a.button").await;
    desk.at("/match").await;
    let fits = desk.text("#fits").await;
    assert!(
        fits.contains("GX-2026-") && fits.contains("得分构成"),
        "what was asked for is there at once: {fits}"
    );
    assert!(desk.text("#out").await.contains("GX-2026-"), "every other place has its reasons");
    let place = desk.text("#fits tbody tr:first-child td a").await;
    desk.click("#fits tbody tr:first-child form button").await;
    desk.at(&page).await;
    let ground = desk.text("#ground").await;
    assert!(ground.contains(&place) && ground.contains("预留"), "{ground}");
    let held = world.app.store.holds_of_project(ProjectId(id)).await.unwrap();
    assert_eq!(held.iter().filter(|h| h.ended.is_none()).count(), 1);

    refused_line(&desk, &page).await;
    lawful_line(&desk, &page).await;
    rest_of_the_plan(&desk, &page).await;

    let mut client = world.as_role(Role::Director).await;
    let brief = client.get(&format!("/projects/{id}/brief.pdf")).await;
    assert_eq!(brief.status, StatusCode::OK);
    let pages = String::from_utf8_lossy(&brief.bytes).matches("/Type /Page ").count();
    assert_eq!(pages, 1, "the brief of a director is one page");
    desk.browser.stop().await;
    assert_eq!(world.app.store.verify_journal().await.unwrap().broken, None);
}

async fn draft(desk: &Desk, page: &str, code: &str, gives: &str) {
    desk.go(page).await;
    desk.click("#offer a[href*='/inventory/offer_line/new']").await;
    desk.at("/inventory/offer_line/new").await;
    desk.fill("#code", code).await;
    desk.fill("#v-text", "设备补助").await;
    desk.choose("#v-gives", gives).await;
    desk.fill("#v-amount", "600万元").await;
}

/// Giving the land price back is refused with the article and what would make it lawful; nothing is kept.
async fn refused_line(desk: &Desk, page: &str) {
    draft(desk, page, "L-1", "land_refund").await;
    desk.click("main form.card button.main").await;
    let said = desk.text(".flash.bad").await;
    assert!(said.contains("禁止") && said.contains("第十九条") && said.contains("怎样合规"), "{said}");
    desk.go(page).await;
    assert!(!desk.text("#offer").await.contains("L-1"), "nothing is kept");
}

async fn lawful_line(desk: &Desk, page: &str) {
    draft(desk, page, "L-1", "award").await;
    for tick in ["investment", "published_policy", "budget"] {
        desk.click(&format!("main form.card input[type=checkbox][value={tick}]")).await;
    }
    desk.fill("#v-documents", "示例〔2026〕8号").await;
    desk.click("main form.card button.main").await;
    desk.at("/inventory/items/").await;
    desk.go(page).await;
    let row = desk.text("#lines tbody tr").await;
    assert!(row.contains("通过") && row.contains("可以签订"), "{row}");
}

/// A promise, an input of the appraisal and the building plan: each is a form that starts with the project.
async fn rest_of_the_plan(desk: &Desk, page: &str) {
    desk.click("#promises a[href*='/inventory/promise/new']").await;
    desk.fill("#code", "P-1").await;
    desk.choose("#v-side", "company").await;
    desk.choose("#v-measure", "investment").await;
    desk.fill("#v-text", "两年内完成固定资产投资").await;
    desk.fill("#v-yuan", "2亿元").await;
    desk.fill_day("#v-due", "2028-06-30").await;
    desk.click("main form.card button.main").await;
    desk.at("/inventory/items/").await;

    desk.go(page).await;
    desk.click("#appraisal a[href*='/inventory/assumption/new']").await;
    desk.fill("#code", "A-1").await;
    desk.fill("#v-option", "基准").await;
    desk.choose("#v-sort", "tax").await;
    desk.fill("#v-name", "税收地方部分").await;
    desk.fill("#v-amount", "900万元").await;
    desk.fill("#v-from_year", "3").await;
    desk.fill("#v-years", "8").await;
    desk.click("main form.card button.main").await;
    desk.at("/inventory/items/").await;

    desk.go(page).await;
    desk.click("#access a[href*='/inventory/layout/new']").await;
    desk.fill("#code", "J-1").await;
    desk.fill("#v-counted_floor", "45000").await;
    desk.fill("#v-footprint", "18000").await;
    desk.fill("#v-office_land", "2000").await;
    desk.click("main form.card button.main").await;
    desk.at("/inventory/items/").await;

    desk.go(page).await;
    let access = desk.text("#access").await;
    assert!(access.contains("建筑系数") && access.contains("符合"), "{access}");
    let appraisal = desk.text("#appraisal").await;
    assert!(appraisal.contains("净现值") && appraisal.contains("基准"), "{appraisal}");
    assert!(desk.text("#promises").await.contains("2028-06-30"));
}
