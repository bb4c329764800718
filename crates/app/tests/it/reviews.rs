//! Reviews in the pages: departments answer for themselves, a return goes back with reasons, silence passes nothing.

use crate::projects::{folded, make};
use crate::world::World;
use axum::http::StatusCode;
use domain::fact::{Kind, NewFact, Value};
use domain::role::Role;
use domain::stage::Stage;
use domain::user::UnitId;
use jiff::civil::date;
use store::Page;

fn stage(word: &str) -> NewFact {
    NewFact::on(date(2026, 11, 2), Kind::Stage, Value::Text(word.into()))
}

async fn unit(world: &World, name: &str) -> UnitId {
    world.app.store.units().await.unwrap().into_iter().find(|u| u.name == name).unwrap().id
}

#[tokio::test]
async fn departments_are_asked_by_the_rules_and_a_return_sends_the_project_back_with_its_reasons() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let industry = NewFact::on(date(2026, 11, 2), Kind::Industry, Value::Text("C3734".into()));
    let origin = NewFact::on(date(2026, 11, 2), Kind::Origin, Value::Text("foreign".into()));
    let id = make(&world, &[stage("negotiating"), stage("review"), industry, origin]).await;
    director.post(&format!("/projects/{id}/reviews"), &[("route", "signing")]).await.goes_to();
    let twice = director.post(&format!("/projects/{id}/reviews"), &[("route", "signing")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let page = director.page(&format!("/projects/{id}")).await.text("#reviews");
    assert!(page.contains("工信") && page.contains("商务") && !page.contains("科技"), "{page}");

    let (industry, trade) = (unit(&world, "工信").await, unit(&world, "商务").await);
    let (mut of_industry, mut of_trade) =
        (world.as_member(Role::Reviewer, industry).await, world.as_member(Role::Reviewer, trade).await);
    let list = of_industry.page("/reviews").await;
    let rows: Vec<String> = list.texts("#waiting tbody tr");
    assert!(rows.iter().all(|r| r.contains("工信")) && rows.iter().any(|r| r.contains("船用推进器项目")), "{rows:?}");
    let asks = world.app.store.reviews_of(domain::fact::ProjectId(id)).await.unwrap();
    let ask = |u: UnitId| format!("/reviews/{}", asks.iter().find(|a| a.unit == u).unwrap().id);

    let other = of_trade.post(&ask(industry), &[("answer", "pass")]).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "nobody answers for another department");
    assert_eq!(director.post(&ask(industry), &[("answer", "pass")]).await.status, StatusCode::FORBIDDEN);
    assert!(director.page(&ask(industry)).await.all("main button[name=answer]").is_empty());
    of_industry.post(&ask(industry), &[("answer", "pass")]).await.goes_to();
    assert_eq!(of_trade.post(&ask(trade), &[("answer", "return")]).await.status, StatusCode::BAD_REQUEST);
    of_trade.post(&ask(trade), &[("answer", "return"), ("reasons", "外资来源不清")]).await.goes_to();
    assert_eq!(folded(&world, id).await.stage(), Some(Stage::Negotiating), "back where it was");
    let page = director.page(&format!("/projects/{id}")).await.text("#reviews");
    assert!(page.contains("已退回") && page.contains("外资来源不清"), "{page}");
    director.post(&format!("/projects/{id}/reviews"), &[("route", "signing")]).await.goes_to();
}

/// Fault 6 of a city's own system: 超时自动完成.
#[tokio::test]
async fn a_review_that_nobody_answers_is_overdue_and_never_passes() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let id = make(&world, &[stage("negotiating"), stage("review")]).await;
    let project = domain::fact::ProjectId(id);
    let new = store::review::NewRound {
        project,
        route: "quality".into(),
        asked_on: date(2026, 10, 9),
        note: String::new(),
        units: vec![(unit(&world, "发改").await, date(2026, 10, 16))],
    };
    world.app.store.open_review(&store::Actor::Cli, crate::world::now(), &new).await.unwrap();
    let missing = director.page(&format!("/projects/{id}/stage?to=decision")).await.text("#missing");
    assert!(missing.contains("超期不等于通过") && missing.contains("1 个已超期"), "{missing}");
    let list = director.page("/reviews").await;
    assert!(list.text("main").contains("超期"));
    let waiting = world.app.store.reviews_waiting(None, Page::first()).await.unwrap();
    assert!(waiting.iter().any(|a| a.project == project && a.due < world.app.clock.today()), "the desk is told");
    let refused = director.post(&format!("/projects/{id}/stage"), &[("to", "decision")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(folded(&world, id).await.stage(), Some(Stage::Review));
}
