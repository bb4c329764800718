//! The fair-competition check in the pages: verdict, article and cure of a typed line, and rules that a zone replaces.

use crate::world::World;
use axum::http::StatusCode;
use domain::role::Role;

#[tokio::test]
async fn an_unlawful_line_is_refused_with_its_article_and_a_lawful_one_passes() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    let refund = officer.page("/offers/check?kind=land_refund&condition=investment").await.text("#verdict");
    for said in ["禁止", "实施办法第十九条第四项", "待核", "按公开出让的成交价供地"]
    {
        assert!(refund.contains(said), "{said} in {refund}");
    }
    let award = "/offers/check?kind=award&condition=research&shown=published_policy&shown=budget";
    let passed = officer.page(award).await.text("#verdict");
    assert!(passed.contains("通过") && !passed.contains("禁止"), "{passed}");
    let moved = officer.page(&format!("{award}&condition=move_registration")).await.text("#verdict");
    assert!(moved.contains("禁止") && moved.contains("实施办法第十九条第三项"), "{moved}");
    let bare =
        officer.page("/offers/check?kind=award&condition=research&shown=budget").await.text("#verdict");
    assert!(bare.contains("需审查") && bare.contains("还缺：已公布的政策文件"), "{bare}");
    let named = officer.page("/offers/check?kind=award&condition=named_beneficiary").await.text("#verdict");
    assert!(named.contains("须送市场监管部门审查"), "{named}");
    let silent = officer.page("/offers/check?kind=other").await.text("#verdict");
    assert!(silent.contains("没有规则不等于通过"), "{silent}");
}

#[tokio::test]
async fn the_rules_of_the_day_count_and_an_exception_says_what_it_lacks() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    let before = officer.page("/offers/check?kind=tax_share&on=2024-07-31").await.text("#verdict");
    assert!(before.contains("需审查") && !before.contains("禁止"), "{before}");
    let since = officer.page("/offers/check?kind=tax_share&on=2024-08-01").await.text("#verdict");
    assert!(since.contains("禁止"), "{since}");
    let claimed = "/offers/check?kind=land_discount&on=2026-01-05&ground=x";
    let part = officer.page(claimed).await.text("#verdict");
    assert!(part.contains("禁止") && part.contains("还缺：考虑过的替代方案、实施期限或终止条件"), "{part}");
    let whole = officer.page(&format!("{claimed}&alternative=y&until=2027-12-31")).await.text("#verdict");
    assert!(whole.contains("需审查") && !whole.contains("还缺"), "{whole}");
}

#[tokio::test]
async fn what_is_typed_wrong_is_named_and_nothing_is_judged() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    for (query, said) in [
        ("kind=gold", "条款类型：请从列表中选择"),
        ("kind=award&condition=magic", "“magic”不在列表中"),
        ("kind=award&on=2026-13-40", "审查日期：写成 2026-01-05 这样"),
        ("kind=award&on=2026-01-05&ground=x&until=2025-01-01", "早于审查日期"),
    ] {
        let reply = officer.get(&format!("/offers/check?{query}")).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let page = reply.page();
        assert!(page.text(".flash.bad").contains(said), "{query}");
        assert!(page.all("#verdict").is_empty(), "{query}");
    }
}

#[tokio::test]
async fn a_zone_replaces_the_rules_by_its_own_file() {
    let world = World::new().await;
    let mut officer = world.as_role(Role::Officer).await;
    let rules = officer.page("/offers/rules").await;
    assert!(rules.all("#rules tbody tr").len() >= 13 && rules.all("#examples tbody tr").len() >= 18);
    let folder = world.app.config.data_dir.join("rules");
    std::fs::create_dir_all(&folder).unwrap();
    let own = "id = \"own.1\"\nsource = \"市局清单\"\n[[rule]]\nid = \"no-other\"\nverdict = \"forbid\"\nkinds = [\"other\"]\n\
               from = \"2026-01-01\"\narticle_zh = \"清单一\"\narticle_en = \"List 1\"\nzh = \"不得一事一议\"\nen = \"no special deals\"\n\
               cure_zh = \"删除\"\ncure_en = \"strike\"\n";
    std::fs::write(folder.join("fair-competition.toml"), own).unwrap();
    assert_eq!(officer.page("/offers/rules").await.all("#rules tbody tr").len(), 1);
    let verdict = officer.page("/offers/check?kind=other").await.text("#verdict");
    assert!(verdict.contains("禁止") && verdict.contains("清单一"), "{verdict}");
}
