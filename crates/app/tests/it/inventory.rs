//! The inventory in the pages: a record, its dated changes, who holds it, and who may do what.

use crate::world::{Client, World};
use axum::http::StatusCode;
use domain::role::Role;

async fn add(client: &mut Client, kind: &str, code: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<(String, &str)> = fields.iter().map(|(w, v)| (format!("value.{w}"), *v)).collect();
    let mut all: Vec<(&str, &str)> = vec![("code", code), ("effective", "2026-01-01")];
    all.extend(fields.iter().map(|(w, v)| (w.as_str(), *v)));
    let reply = client.post(&format!("/inventory/{kind}/new"), &all).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    reply.goes_to()
}

#[tokio::test]
async fn a_parcel_changes_by_dated_facts_and_any_day_can_be_asked() {
    let world = World::new().await;
    let mut land = world.as_role(Role::Land).await;
    let page =
        add(&mut land, "parcel", "T-01", &[("area", "60亩"), ("use", "工业"), ("power", "5000")]).await;
    let shown = land.page(&page).await.text("#values");
    assert!(shown.contains("60.0 亩（40,000 ㎡）") && shown.contains("5,000 千伏安"), "{shown}");
    let change = format!("{page}/change");
    let seen = land.page(&change).await.value("input[name=seen]");
    let fields = [
        ("seen", seen.as_str()),
        ("effective", "2099-06-01"),
        ("value.area", "60亩"),
        ("value.use", "工业"),
        ("value.power", "10000"),
        ("reason", "变电站投运"),
    ];
    let done = land.post(&change, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let today = land.page(&page).await;
    assert!(
        today.text("#values").contains("5,000 千伏安")
            && today.text("#values").contains("2099-06-01 供电能力：10,000 千伏安")
    );
    assert_eq!(today.all("#changes tbody tr").len(), 2);
    let then = land.page(&format!("{page}?day=2099-07-01")).await.text("#values");
    assert!(then.contains("10,000 千伏安"), "{then}");
    let other = fields.map(|(w, v)| if w == "value.power" { (w, "12000") } else { (w, v) });
    let stale = land.post(&change, &other).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "somebody changed it since");
    let before = land.page(&format!("{page}?day=2025-01-01")).await.text("#values");
    assert!(before.contains("这一天还没有"), "{before}");
}

#[tokio::test]
async fn what_is_typed_wrong_is_named_and_nothing_is_kept() {
    let world = World::new().await;
    let mut land = world.as_role(Role::Land).await;
    let reply = land
        .post("/inventory/parcel/new", &[("code", "T-02"), ("value.area", "六十亩"), ("value.name", "x")])
        .await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = reply.page();
    let said = page.text(".flash.bad");
    assert!(said.contains("“面积”写成面积"), "{said}");
    assert_eq!(page.value("#v-name"), "x", "what was typed stays");
    let lacks = land
        .post("/inventory/parcel/new", &[("code", ""), ("value.area", "60亩")])
        .await
        .page()
        .text(".flash.bad");
    assert!(lacks.contains("“规划用途”必填") && lacks.contains("“编号”必填"), "{lacks}");
    assert!(land.page("/inventory/parcel?q=T-02").await.all("#items").is_empty());
    assert_eq!(land.get("/inventory/castles").await.status, StatusCode::NOT_FOUND);
    assert_eq!(land.get("/inventory/parcel?day=soon").await.status, StatusCode::BAD_REQUEST);
    add(&mut land, "parcel", "T-03", &[("area", "60亩"), ("use", "工业")]).await;
    let twice = land
        .post("/inventory/parcel/new", &[("code", "T-03"), ("value.area", "1亩"), ("value.use", "工业")])
        .await;
    assert!(twice.page().text(".flash.bad").contains("编号已被使用"));
}

#[tokio::test]
async fn two_projects_never_hold_the_same_ground() {
    let world = World::new().await;
    let mut land = world.as_role(Role::Land).await;
    let parcel =
        add(&mut land, "parcel", "T-04", &[("area", "60亩"), ("use", "工业"), ("readiness", "净地")]).await;
    let building =
        add(&mut land, "building", "B-04", &[("name", "四号楼"), ("area", "12000"), ("parcel", "T-04")])
            .await;
    let codes = land.page("/projects").await.texts("#projects tbody td.num-left");
    let (one, two) = (codes[0].clone(), codes[1].clone());
    let held = [
        ("project", one.as_str()),
        ("from", "2026-12-01"),
        ("expires", "2099-01-31"),
        ("manner", "reserved"),
    ];
    let done = land.post(&format!("{parcel}/hold"), &held).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let clash = land
        .post(
            &format!("{building}/hold"),
            &[("project", two.as_str()), ("from", "2027-01-01"), ("expires", "2099-01-31")],
        )
        .await;
    assert_eq!(clash.status, StatusCode::CONFLICT);
    assert!(clash.text().contains("T-04") && clash.text().contains("2026-12-01"), "{}", clash.text());
    let free = land.page("/inventory/parcel?day=2027-01-01&free=yes&q=T-04").await;
    assert!(free.all("#items").is_empty(), "reserved ground is not free");
    let nobody = land.post(&format!("{parcel}/hold"), &[("project", "X-0"), ("expires", "2099-01-31")]).await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST);
    let mut officer = world.as_role(Role::Officer).await;
    assert_eq!(officer.post(&format!("{parcel}/hold"), &held).await.status, StatusCode::FORBIDDEN);
    assert!(officer.page(&parcel).await.all("#holds form").is_empty());
}

#[tokio::test]
async fn a_table_shows_its_difference_is_written_once_and_reads_back_as_exported() {
    let world = World::new().await;
    let mut land = world.as_role(Role::Land).await;
    let table = "编号,名称,面积（亩）,规划用途,供电能力,业主电话\n\
                 X-01,一号地,60,工业,8000,138\nX-02,二号地,六十,工业,,\nX-01,又一号,60,工业,,\n,无编号,60,工业,,\n";
    let sent = land.upload("/inventory/import", &[("kind", "parcel")], "地块.csv", table.as_bytes()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let preview = sent.goes_to();
    let page = land.page(&preview).await;
    let rows = page.texts("#rows tbody tr");
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows[0].contains("新增") && rows[0].contains("60.0 亩"), "{}", rows[0]);
    assert!(rows[1].contains("不采用") && rows[1].contains("读到“六十”"), "{}", rows[1]);
    assert!(rows[2].contains("第 1 条") && rows[3].contains("“编号”必填"));
    assert!(page.text(".flash").contains("业主电话"), "what is not imported is said");
    let address = preview.split('?').next().unwrap().to_string();
    let (seen, day) = (page.value("input[name=seen]"), page.value("form[method=post] input[name=day]"));
    let agree = [("seen", seen.as_str()), ("name", "地块.csv"), ("day", day.as_str())];
    let done = land.post(&address, &agree).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert_eq!(land.page("/inventory/parcel?q=X-0").await.all("#items tbody tr").len(), 1);
    let again = land.post(&address, &agree).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "the inventory is another now");
    let after = land.page(&preview).await.texts("#rows tbody tr");
    assert!(after.iter().all(|r| r.contains("不采用")), "the good row says what stands already: {after:?}");
    let out = land.get("/inventory/parcel/export.xlsx").await;
    assert_eq!(out.status, StatusCode::OK);
    let back =
        land.upload("/inventory/import", &[("kind", "parcel")], "again.xlsx", &out.bytes).await.goes_to();
    let same = land.page(&back).await;
    assert!(
        same.all("#rows").is_empty() && same.text("main").contains("没有可写入的改动"),
        "{}",
        same.text("main")
    );
    let bad = land
        .upload("/inventory/import", &[("kind", "parcel")], "x.csv", "甲,乙\n1,2\n".as_bytes())
        .await
        .goes_to();
    let refused = land.get(&bad).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("没有找到表头"));
}

/// Two squares of 200 m side by side and one apart, as a map file.
fn squares() -> String {
    let square = |code: &str, lon: f64, power: i64| {
        let (d, n) = (0.002_121, 0.001_804);
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"编号\":\"{code}\",\"面积\":\"60亩\",\"规划用途\":\"工业\",\"成熟度\":\"净地\",\"供电能力\":{power}}},\
             \"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{lon},32.2],[{},32.2],[{},{}],[{lon},{}],[{lon},32.2]]]}}}}",
            lon + d,
            lon + d,
            32.2 + n,
            32.2 + n
        )
    };
    let all = [square("G-1", 119.45, 8_000), square("G-2", 119.452_13, 9_000), square("G-3", 119.47, 3_000)];
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", all.join(","))
}

#[tokio::test]
async fn a_map_file_is_drawn_matched_with_reasons_and_neighbours_are_reserved_together() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let sent = director
        .upload("/inventory/import", &[("kind", "parcel")], "地块.geojson", squares().as_bytes())
        .await;
    let preview = sent.goes_to();
    let page = director.page(&preview).await;
    assert_eq!(page.all("#rows tbody tr").len(), 3, "{}", page.text("main"));
    let agree = [
        ("seen", page.value("input[name=seen]")),
        ("name", "地块.geojson".to_string()),
        ("day", page.value("form[method=post] input[name=day]")),
    ];
    let agree: Vec<(&str, &str)> = agree.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let done = director.post(preview.split('?').next().unwrap(), &agree).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let map = director.page("/land/map").await;
    let (drawn, totals) = (map.texts("#parcels tbody tr"), map.texts("#totals tbody tr"));
    assert_eq!(map.all("svg.map a path").len(), 30, "24 + 3 parcels, 3 buildings");
    assert!(drawn.len() == 27 && totals.last().is_some_and(|t| t.starts_with("合计27")), "{totals:?}");
    let project = director.page("/projects").await.all("#projects tbody td.name > a")[0]
        .value()
        .attr("href")
        .unwrap()
        .to_string();
    let asked =
        format!("{project}/match?go=1&area=100亩&usage=industrial&power=8000&from=2027-03-01&combine=2");
    let found = director.page(&asked.replace("亩", "%E4%BA%A9")).await;
    let combos = found.text("#combos");
    assert!(combos.contains("G-1 + G-2") && combos.contains("120.0 亩"), "{combos}");
    let out = found.text("#out");
    assert!(out.contains("供电需要 8000 千伏安，现有 3000 千伏安"), "{out}");
    let ids = found.value("#combos input[name=ids]");
    let reserve = [("ids", ids.as_str()), ("from", "2027-03-01"), ("expires", "2099-01-01")];
    let held = director.post(&format!("{project}/match"), &reserve).await;
    assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.text());
    let plan = director.page(&format!("{project}/plan")).await.text("#ground");
    assert!(plan.contains("G-1") && plan.contains("G-2") && plan.contains("120.0 亩"), "{plan}");
    let again = director.post(&format!("{project}/match"), &reserve).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let then = director.page("/land/map?day=2027-04-01&state=open").await.texts("#parcels tbody tr");
    assert!(
        then.len() == 3 && then.iter().filter(|r| r.contains("G-")).count() == 2,
        "two more than the sample's: {then:?}"
    );
    let bad = director.get(&format!("{project}/match?go=1&area=x")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A square of 200 m in the plane of zone 40, its head with an area in hectares and a use.
fn points(code: &str, east: i64, area: &str, usage: &str) -> String {
    let (x, y) = (3_563_900, 40_448_200 + east);
    let at = |n: i64, dx: i64, dy: i64| format!("J{n},1,{}.125,{}.500\r\n", x + dx, y + dy);
    let corners = [at(1, 0, 0), at(2, 200, 0), at(3, 200, 200), at(4, 0, 200), at(1, 0, 0)].concat();
    format!("5,{area},{code},界址{code},面,,{usage},,@\r\n{corners}")
}

#[tokio::test]
async fn boundary_points_of_the_land_department_become_parcels_and_faults_name_their_line() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let head = "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n[地块坐标]\r\n";
    let crossed = points("TX-3", 800, "4.0000", "工业用地")
        .replace("J2,", "J9,")
        .replace("J3,1,3564100.125,40449200.500", "J3,1,3563800.125,40449100.500");
    let text = [
        head,
        &points("TX-1", 0, "4.0000", "二类工业用地"),
        &points("TX-2", 400, "60", "仓储用地"),
        &crossed,
        &points("TX-4", 1_200, "4.0000", "城镇住宅用地"),
    ]
    .concat();
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    let sent = director.upload("/inventory/import", &[("kind", "parcel")], "界址点.txt", &bytes).await;
    let preview = sent.goes_to();
    let page = director.page(&preview).await;
    let rows = page.texts("#rows tbody tr");
    assert_eq!(rows.len(), 4, "{}", page.text("main"));
    assert!(
        rows[0].starts_with("8TX-1")
            && rows[0].contains("新增")
            && rows[0].contains("60.0 亩")
            && rows[0].contains("工业"),
        "{}",
        rows[0]
    );
    assert!(rows[1].contains("新增") && rows[1].contains("仓储"), "{}", rows[1]);
    assert!(
        rows[2].contains("不采用") && rows[2].contains("自相交") && rows[2].contains("行"),
        "{}",
        rows[2]
    );
    assert!(rows[3].contains("“规划用途”必填"), "{}", rows[3]);
    let notes = page.text("#notes");
    assert!(notes.contains("第 14 行：表头面积 60 公顷") && notes.contains("可能写成了亩"), "{notes}");
    assert!(notes.contains("第 26 行：地块用途“城镇住宅用地”"), "{notes}");
    let agree = [
        ("seen", page.value("input[name=seen]")),
        ("name", "界址点.txt".to_string()),
        ("day", page.value("form[method=post] input[name=day]")),
    ];
    let agree: Vec<(&str, &str)> = agree.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let done = director.post(preview.split('?').next().unwrap(), &agree).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let again = director.page(&preview).await;
    assert!(again.text("main").contains("相同 2"), "{}", again.text("main"));
    let map = director.page("/land/map").await.text("#parcels");
    assert!(map.contains("TX-1") && map.contains("TX-2") && !map.contains("TX-3"), "{map}");

    let old = text.replace("2000国家大地坐标系", "1980西安坐标系");
    for (kind, text, why) in
        [("parcel", old, "第 2 行：坐标系“1980西安坐标系”"), ("building", text, "只能导入“地块”")]
    {
        let sent =
            director.upload("/inventory/import", &[("kind", kind)], "界址点.txt", text.as_bytes()).await;
        let reply = director.get(&sent.goes_to()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.text().contains(why), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_scenario_finds_who_could_do_it_and_orders_wait_for_a_tender() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let list = director.page("/scenarios?year=2026").await;
    assert_eq!(list.all("#scenarios tbody tr").len(), 10);
    let steps = list.texts("#steps tbody tr");
    assert!(steps[0].starts_with("已对接2") || steps[0].contains('2'), "{steps:?}");
    assert!(list.text(".grid").contains("420 万元"), "{}", list.text(".grid"));
    let link =
        list.all("#scenarios tbody tr a[href^='/scenarios/']")[0].value().attr("href").unwrap().to_string();
    let fits = director.page(&link).await;
    let first = fits.texts("#fits tbody tr");
    assert!(first.iter().any(|r| r.contains("视觉科技公司") && r.contains("机器视觉")), "{first:?}");
    let storage = [
        ("code", "CJ-98"),
        ("value.name", "园区储能"),
        ("value.owner", "管委会"),
        ("value.segments", "新型储能"),
    ];
    let made = director.post("/inventory/opportunity/new", &storage).await;
    let id = made.goes_to().split('?').next().unwrap().rsplit('/').next().unwrap().to_string();
    let fits = director.page(&format!("/scenarios/{id}")).await.texts("#fits tbody tr");
    let from = |word: &str| fits.iter().filter(|r| r.contains(word)).count();
    assert!(
        from("区外企业") > 0 && from("园区企业") > 0,
        "companies here and elsewhere on the chain: {fits:?}"
    );
    let works = [
        ("code", "CJ-99"),
        ("value.name", "改造工程"),
        ("value.owner", "管委会"),
        ("value.state_funded", "yes"),
        ("value.purchase", "works"),
        ("value.budget", "900万元"),
    ];
    let made = director.post("/inventory/opportunity/new", &works).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let order = [
        ("code", "DJ-99"),
        ("value.opportunity", "CJ-99"),
        ("value.company", "某公司"),
        ("value.stage", "ordered"),
        ("value.since", "2026-01-10"),
        ("value.orders", "880万元"),
    ];
    let refused = director.post("/inventory/matched/new", &order).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.page().text(".flash.bad").contains("招标"), "{}", refused.page().text(".flash.bad"));
}

#[tokio::test]
async fn funds_shares_and_a_warrant_stand_as_the_rules_say() {
    let world = World::new().await;
    let mut capital = world.as_role(Role::Capital).await;
    let page = capital.page("/capital").await;
    let funds = page.text("#funds");
    assert!(funds.contains("3.00 亿元 / 1.20 亿元 / 1.80 亿元") && funds.contains("DPI 0.15x"), "{funds}");
    let companies = page.text("#companies");
    assert!(companies.contains("10,850,000") || companies.contains("8,000,000"), "{companies}");
    let warrant = page.text("#warrants");
    assert!(
        warrant.contains("行权期内") && warrant.contains("55 元/股") && warrant.contains("JS-RGQ-示例-0001"),
        "{warrant}"
    );
    let early = capital.page("/capital?day=2025-10-01").await.text("#warrants");
    assert!(early.contains("已登记") && early.contains("不能行权"), "{early}");
    let lapsed = capital.page("/capital?day=2029-01-01").await.text("#warrants");
    assert!(lapsed.contains("已失效"), "{lapsed}");
    let soon = capital.page("/capital?day=2028-12-05").await.text("#warrants");
    assert!(soon.contains('▲'), "a month before its end it reminds: {soon}");
}

#[tokio::test]
async fn waiting_projects_are_allocated_together_and_each_line_says_why() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let page = director.page("/land/allocation").await;
    assert!(page.all(".flash.bad").is_empty());
    let rows = page.texts("#allocation tbody tr");
    let limited = director.page("/land/allocation?area=1%E4%BA%A9").await;
    let short = limited.texts("#allocation tbody tr");
    assert_eq!(rows.len(), short.len());
    if !rows.is_empty() {
        assert!(short.iter().all(|r| r.contains("等待")), "on one mu nothing can stand: {short:?}");
    }
    let bad = director.page("/land/allocation?energy=much").await;
    assert!(bad.text(".flash.bad").contains("能耗上限"));
}
