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

async fn project_code(client: &mut crate::world::Client) -> (String, String) {
    let page = client.page("/projects").await;
    let code = page.texts("#projects tbody td.num-left")[0].clone();
    let link = page.all("#projects tbody td.name > a")[0].value().attr("href").unwrap().to_string();
    (code, link)
}

#[tokio::test]
async fn a_plan_refuses_what_is_unlawful_and_signs_a_review_only_after_the_reviewer() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let (code, project) = project_code(&mut director).await;
    let line = |n: &'static str, gives: &'static str, rest: &[(&'static str, &'static str)]| {
        let mut all =
            vec![("code", n), ("value.text", "补助"), ("value.gives", gives), ("value.amount", "500万元")];
        all.extend(rest);
        all
    };
    let with = |fields: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = fields.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        all.push(("value.project".into(), code.clone()));
        all
    };
    async fn send(
        client: &mut crate::world::Client,
        to: &str,
        fields: Vec<(String, String)>,
    ) -> crate::world::Reply {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        client.post(to, &fields).await
    }
    let forbidden =
        send(&mut director, "/inventory/offer_line/new", with(&line("F-1", "land_refund", &[]))).await;
    assert_eq!(forbidden.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = forbidden.page().text(".flash.bad");
    assert!(said.contains("禁止") && said.contains("第十九条") && said.contains("怎样合规"), "{said}");
    let review =
        with(&line("R-1", "award", &[("value.conditions", "research"), ("value.grounds", "budget")]));
    let done = send(&mut director, "/inventory/offer_line/new", review).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let item = done.goes_to();
    let number = item.rsplit('/').next().unwrap().to_string();
    let plan = director.page(&format!("{project}/plan")).await;
    let row = plan.text("#lines tbody tr");
    assert!(row.contains("需审查") && row.contains("不可签订") && row.contains("500 万元"), "{row}");
    let change = format!("{item}/change");
    let seen = director.page(&change).await.value("input[name=seen]");
    let sign = |seen: &str| {
        let mut all =
            with(&line("R-1", "award", &[("value.conditions", "research"), ("value.grounds", "budget")]));
        all.push(("value.signed_on".into(), "2026-01-01".into()));
        all.push(("seen".into(), seen.into()));
        all
    };
    let early = send(&mut director, &change, sign(&seen)).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.page().text(".flash.bad").contains("审查意见"));
    let own = director.post(&format!("/offers/lines/{number}/opinion"), &[("opinion", "agreed")]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody reviews what they drafted");
    let mut reviewer = world.as_role(Role::Reviewer).await;
    let agreed = reviewer
        .post(&format!("/offers/lines/{number}/opinion"), &[("opinion", "agreed"), ("note", "有预算")])
        .await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.text());
    let seen = director.page(&change).await.value("input[name=seen]");
    let signed = send(&mut director, &change, sign(&seen)).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text());
    let row = director.page(&format!("{project}/plan")).await.text("#lines tbody tr");
    assert!(row.contains("同意") && row.contains("2026-01-01"), "{row}");
    let seen = director.page(&change).await.value("input[name=seen]");
    let mut other = sign(&seen);
    other.iter_mut().filter(|f| f.0 == "value.amount").for_each(|f| f.1 = "900万元".into());
    other.retain(|f| f.0 != "value.signed_on");
    assert_eq!(send(&mut director, &change, other).await.status, StatusCode::SEE_OTHER);
    let row = director.page(&format!("{project}/plan")).await.text("#lines tbody tr");
    assert!(row.contains("900 万元") && !row.contains("同意 2"), "another amount ends the opinion: {row}");
    for (file, start) in
        [("brief.pdf", "%PDF"), ("opinion.pdf", "%PDF"), ("brief.docx", "PK"), ("opinion.docx", "PK")]
    {
        let reply = director.get(&format!("{project}/{file}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{file}");
        assert!(reply.bytes.starts_with(start.as_bytes()), "{file}");
    }
}

#[tokio::test]
async fn an_instalment_is_paid_only_when_its_condition_is_a_fact_and_old_contracts_are_swept() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let (code, project) = project_code(&mut director).await;
    let code = code.as_str();
    let pay = [
        ("code", "Z-1"),
        ("value.project", code),
        ("value.amount", "100万元"),
        ("value.condition", "at_capacity"),
        ("value.paid", "100万元"),
        ("value.paid_on", "2026-01-02"),
    ];
    let early = director.post("/inventory/instalment/new", &pay).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        early.page().text(".flash.bad").contains("尚未登记“达产”"),
        "{}",
        early.page().text(".flash.bad")
    );
    let planned = director.post("/inventory/instalment/new", &pay[..4]).await;
    assert_eq!(planned.status, StatusCode::SEE_OTHER, "{}", planned.text());
    let promise = [
        ("code", "P-1"),
        ("value.project", code),
        ("value.side", "company"),
        ("value.measure", "investment"),
        ("value.text", "固定资产投资"),
        ("value.yuan", "1亿元"),
        ("value.due", "2025-01-01"),
    ];
    assert_eq!(director.post("/inventory/promise/new", &promise).await.status, StatusCode::SEE_OTHER);
    let old = [
        ("code", "O-1"),
        ("value.project", code),
        ("value.text", "按税收地方留成返还"),
        ("value.gives", "tax_share"),
        ("value.amount", "300万元"),
        ("value.paid", "120万元"),
        ("value.signed_on", "2022-05-01"),
    ];
    let kept = director.post("/inventory/offer_line/new", &old).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "an old contract is a fact: {}", kept.text());
    let option = |n, sort, amount, from, years| {
        [
            ("code", n),
            ("value.project", code),
            ("value.option", "甲"),
            ("value.sort", sort),
            ("value.name", n),
            ("value.amount", amount),
            ("value.from_year", from),
            ("value.years", years),
            ("value.low", "80"),
            ("value.high", "120"),
        ]
    };
    for fields in
        [option("补助", "support", "1000万元", "1", "1"), option("税收", "tax", "300万元", "2", "5")]
    {
        let reply = director.post("/inventory/assumption/new", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    }
    let plan = director.page(&format!("{project}/plan?rate=5")).await;
    assert!(plan.text("#promises").contains("企业履约率 0.0% (0 / 1)"), "{}", plan.text("#promises"));
    assert!(plan.text("#promises").contains("尚未登记“达产”"));
    let appraisal = plan.text("#appraisal");
    assert!(appraisal.contains("298 万元") && appraisal.contains("第 5 年"), "{appraisal}");
    let sweep = director.page("/offers/sweep").await;
    let row = sweep.text("#sweep tbody");
    assert!(row.contains("O-1") && row.contains("禁止") && row.contains("180 万元"), "{row}");
}

#[tokio::test]
async fn a_policy_finds_its_companies_and_a_company_sees_what_is_missing() {
    let world = World::new().await;
    let mut service = world.as_role(Role::Service).await;
    let list = service.page("/policies").await;
    let rows = list.texts("#policies tbody tr");
    assert!(rows.len() >= 12, "{}", rows.len());
    let research = rows.iter().position(|r| r.contains("示例") && !r.contains("今日不适用")).unwrap();
    let link = list.all("#policies td.name a")[research].value().attr("href").unwrap().to_string();
    let shown = service.page(&link).await;
    assert_eq!(shown.all("#companies tbody tr").len(), 5);
    let company = shown.all("#companies tbody a")[0].value().attr("href").unwrap().to_string();
    let claims = service.page(&company).await.text("#claims");
    assert!(claims.contains("符合") || claims.contains("接近"), "{claims}");
    let folder = world.app.config.data_dir.join("rules");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("policies.toml"), "id = \"x\"\nsource = \"y\"\n[[policy]]\nid = \"p\"\n")
        .unwrap();
    assert_eq!(
        service.get("/policies").await.status,
        StatusCode::INTERNAL_SERVER_ERROR,
        "a broken file says so"
    );
}
