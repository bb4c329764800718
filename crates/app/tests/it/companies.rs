//! Finding a company, what its page says, chain leaders.

use crate::world::{World, text, within};
use app::web::form::encode;
use axum::http::StatusCode;
use domain::role::Role;
use engine::snapshot::Doc;

#[tokio::test]
async fn a_company_is_found_by_name_code_and_part_and_nothing_is_guessed() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let universe = world.app.engine.world().unwrap();
    let company = universe.universe.company(Doc(100)).unwrap();
    let code = company.uscc.clone().unwrap();
    for q in [company.name.as_str(), code.as_str()] {
        let page = client.page(&format!("/companies?q={}", encode(q))).await;
        assert_eq!(page.texts("#hits tbody th")[0], company.name, "{q}");
    }
    let part: String = company.name.chars().skip(2).take(2).collect();
    let page = client.page(&format!("/companies?q={}", encode(&part))).await;
    assert!(
        page.texts("#hits tbody th").iter().all(|n| n.contains(&part)),
        "{part}: {:?}",
        page.texts("#hits th")
    );
    let none = client.page("/companies?q=qqqqqq").await;
    assert!(none.all("#hits table").is_empty() && none.text("#hits").contains("也不猜测"));
    let odd = client.get("/companies?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!odd.text().contains("<script>alert"), "what is typed is shown as text");
}

#[tokio::test]
async fn the_scope_is_whole_and_its_marks_are_the_evidence() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let universe = world.app.engine.world().unwrap();
    let mut marked = 0;
    for n in (5..600).step_by(37) {
        let company = universe.universe.company(Doc(n)).unwrap();
        let Some(code) = &company.uscc else { continue };
        let page = client.page(&format!("/companies/{}", code.as_str())).await;
        let scope: String = page.one("p.scope").text().collect();
        assert_eq!(scope, company.scope);
        let evidence = page.text("main table tbody td");
        for mark in page.all("p.scope mark") {
            let word = mark.value().attr("title").unwrap().split(" · ").next().unwrap().to_string();
            assert!(evidence.contains(&word), "{word} is not in the evidence {evidence}");
            assert!(!text(mark).is_empty());
            marked += 1;
        }
        assert!(page.text("h1").contains("合成数据"), "made-up companies say so");
        assert!(page.text("dl.facts").contains(code.as_str()));
    }
    assert!(marked > 10, "{marked} marks");
}

#[tokio::test]
async fn a_target_has_the_same_score_on_its_own_page() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let list = client.page("/targets").await;
    for row in list.all("table#targets > tbody > tr").into_iter().take(10) {
        let cells = within(row, ":scope > td");
        let address = within(cells[1], ":scope > a")[0].value().attr("href").unwrap();
        let score = text(cells[6]);
        let page = client.page(address).await;
        assert!(page.text("h2 .num").contains(&score), "{address}: {score} and {}", page.text("h2 .num"));
    }
}

#[tokio::test]
async fn a_leader_shows_the_suppliers_it_lacks_and_can_be_unnamed() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let address = format!("/companies/{}", encode("=中船动力"));
    let page = director.page(&address).await;
    let missing = |page: &crate::world::Page| {
        let cards = page.all("section.card");
        let card = cards.into_iter().find(|c| text(within(*c, "h2")[0]).contains("链主缺的"));
        card.map_or(0, |c| within(c, "li").len())
    };
    assert!(missing(&page) > 0, "the leader of the sample zone lacks suppliers");
    let verdicts = page.texts("section.card li > a.v");
    assert!(!verdicts.is_empty());
    let form = [("chain", "ships"), ("on", "no")];
    director.post(&format!("{address}/leader"), &form).await.goes_to();
    let page = director.page(&address).await;
    assert_eq!(missing(&page), 0, "only leaders show it");
    director.post(&format!("{address}/leader"), &[("chain", "ships"), ("on", "yes")]).await.goes_to();
    assert!(missing(&director.page(&address).await) > 0);
    let nowhere = director.post(&format!("{address}/leader"), &[("chain", "nothing"), ("on", "yes")]).await;
    assert_eq!(nowhere.status, StatusCode::BAD_REQUEST);

    let target = director.page("/targets").await.all("#targets td.name > a")[0]
        .value()
        .attr("href")
        .unwrap()
        .to_string();
    let outside = director.post(&format!("{target}/leader"), &[("chain", "ships"), ("on", "yes")]).await;
    assert_eq!(outside.status, StatusCode::BAD_REQUEST, "a leader is a resident");
    let mut officer = world.as_role(Role::Officer).await;
    assert!(
        officer.page(&address).await.all("form[action$=leader]").is_empty(),
        "no button without the permission"
    );
}
