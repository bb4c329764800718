//! A city's tables of projects: headings of two rows, units, differences before anything is written, conflicts, rejects, and the command line.

use crate::world::{Client, Page, World, now};
use app::import::project::choices::Choices;
use app::import::project::plan::{Counts, Plan, Verdict, plan};
use axum::http::StatusCode;
use domain::fact::{Kind, NewFact, ProjectId, Value};
use domain::project::Project;
use domain::role::Role;
use domain::scope::Scope;
use domain::stage::Stage;
use jiff::civil::date;
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use store::Actor;

const TODAY: jiff::civil::Date = date(2026, 11, 23);

/// The table as cities make it: a title, a unit, a heading of two rows with merged cells, groups and sums.
const ROWS: [[&str; 12]; 6] = [
    [
        "1",
        "S-001",
        "样板船用曲轴项目",
        "样板曲轴有限公司",
        "内资",
        "125000",
        "2025-03-20",
        "2025年4月",
        "2025-09-01",
        "30",
        "25000",
        "一期",
    ],
    [
        "2",
        "S-002",
        "样板电解槽项目",
        "样板氢能（外资）有限公司",
        "外资",
        "1000万美元",
        "2025-06-18",
        "2025年6月",
        "未开工",
        "45.5",
        "",
        "",
    ],
    ["3", "", "样板推进器项目", "样板推进器有限公司", "1", "30000", "2025-07-01", "", "", "", "", ""],
    ["4", "", "坏日期项目", "样板甲有限公司", "1", "30000", "2025-02-30", "", "", "", "", ""],
    ["5", "", "", "样板乙有限公司", "1", "三万", "2025-02-03", "", "", "", "", ""],
    ["6", "", "=公式项目", "样板丙有限公司", "3", "-5", "2025-02-03", "", "", "", "", "@一"],
];

fn workbook(rows: &[[&str; 12]]) -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("填表说明").unwrap().write_string(0, 0, "本表由招商局填报").unwrap();
    let sheet = book.add_worksheet().set_name("签约台账").unwrap();
    let plain = Format::new();
    sheet.merge_range(0, 0, 0, 11, "某高新区2025年签约项目台账", &plain).unwrap();
    sheet.write_string(1, 0, "填报单位：招商局").unwrap();
    sheet.write_string(1, 11, "单位：万元").unwrap();
    let heads = [
        "序号",
        "项目编号",
        "项目名称",
        "投资方/企业名称",
        "投资标识",
        "计划总投资",
        "",
        "",
        "开工时间",
        "用地面积（亩）",
        "到位资金",
        "备注",
    ];
    for (c, head) in heads.iter().enumerate() {
        let c = c as u16;
        match c {
            6 => drop(sheet.merge_range(2, 6, 2, 7, "签约", &plain).unwrap()),
            7 => {}
            _ => drop(sheet.merge_range(2, c, 3, c, head, &plain).unwrap()),
        }
    }
    sheet.write_string(3, 6, "实际时间").unwrap();
    sheet.write_string(3, 7, "统计时间").unwrap();
    sheet.write_string(4, 0, "一、工业项目").unwrap();
    for (r, row) in rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let (r, c) = (r as u32 + 5, c as u16);
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(r, c, number).unwrap(),
                Err(_) => sheet.write_string(r, c, *cell).unwrap(),
            };
        }
    }
    sheet.write_string(rows.len() as u32 + 5, 0, "合计").unwrap();
    sheet.write_number(rows.len() as u32 + 5, 5, 155_000).unwrap();
    book.save_to_buffer().unwrap()
}

async fn upload(client: &mut Client, name: &str, bytes: &[u8]) -> String {
    client.upload("/imports/projects", &[], name, bytes).await.goes_to()
}

/// Rows, new, changed, unchanged, rejected, as the page shows them.
fn counts(page: &Page) -> Vec<u64> {
    page.texts(".kpi b").iter().map(|t| t.replace(',', "").parse().unwrap()).collect()
}

async fn confirm(client: &mut Client, at: &str) -> String {
    let seen = client.page(at).await.value("input[name=seen]");
    client.post(&format!("{at}/confirm"), &[("seen", &seen)]).await.goes_to()
}

async fn project(world: &World, code: &str) -> Project {
    let id = world.app.store.project_by_code(code).await.unwrap().unwrap();
    app::ledger::project(&world.app.store, id, None).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_table_is_shown_row_by_row_and_written_once_somebody_agrees() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let at = upload(&mut client, "台账.xlsx", &workbook(&ROWS)).await;
    let page = client.page(&at).await;
    assert_eq!(counts(&page), [6, 3, 0, 0, 3], "{}", page.text("main"));
    assert!(page.text("main").contains("第 5、12 行"), "group and sum are passed over, and said");
    let rows = page.text("#rows");
    for said in [
        "12.5亿元",
        "1000万美元",
        "2025-03-20，统计 2025-04-01",
        "30,333 ㎡",
        "2.5亿元",
        "日历上没有这一天",
        "没有项目名称",
    ] {
        assert!(rows.contains(said), "{said}: {rows}");
    }
    assert_eq!(world.app.store.last_fact().await.unwrap().0, 0, "nothing is written yet");
    assert_eq!(client.page(&format!("{at}?show=rejected")).await.all("#rows tbody tr").len(), 3);

    let rejects = client.get(&format!("{at}/rejects.csv")).await;
    let text = rejects.text();
    assert!(rejects.header("content-disposition").contains("attachment"));
    assert!(text.starts_with("\u{feff}序号,项目编号,"), "{text}");
    assert!(text.contains("'=公式项目") && text.contains("'@一"), "no cell runs as a formula: {text}");
    assert_eq!(text.lines().count(), 4);

    let done = confirm(&mut client, &at).await;
    let page = client.page(&done).await;
    assert!(page.text(".flash").contains("已写入"));
    assert_eq!(counts(&page), [6, 0, 0, 3, 3], "the same file again changes nothing");
    let p = project(&world, "S-001").await;
    assert_eq!(p.money(Kind::PlannedTotal).map(|m| m.amount), Some(1_250_000_000));
    assert_eq!(p.reached(Stage::Signed).unwrap().counts, date(2025, 4, 1));
    assert_eq!(p.reached(Stage::Started).unwrap().effective, date(2025, 9, 1));
    let files = world.app.store.files_of(p.id).await.unwrap();
    assert!(files.iter().all(|(_, f)| f.file.name == "台账.xlsx" && at.ends_with(&f.file.sha256)));
    assert!(world.app.config.evidence(&files[0].1.file.sha256).exists(), "the file is kept as evidence");
    let list = client.page("/imports/projects").await;
    assert!(list.text("tbody").contains("台账.xlsx"), "{}", list.text("tbody"));
    assert!(world.app.store.verify_journal().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn a_later_table_changes_corrects_and_adds() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let at = upload(&mut client, "一.xlsx", &workbook(&ROWS[..3])).await;
    confirm(&mut client, &at).await;
    let mut rows = ROWS;
    rows[0][5] = "150000";
    rows[0][10] = "40000";
    rows[1][8] = "2025-12-01";
    // Without its code the third is found by company and a similar name.
    rows[2][2] = "样板推进器制造项目";
    let at = upload(&mut client, "二.xlsx", &workbook(&rows[..3])).await;
    let page = client.page(&at).await;
    assert_eq!(counts(&page), [3, 0, 3, 0, 0], "{}", page.text("#rows"));
    let text = page.text("#rows");
    assert!(text.contains("12.5亿元 → 15亿元 更正"), "{text}");
    assert!(text.contains("已登记 2.5亿元 → 1.5亿元 补登"), "{text}");
    assert!(text.contains("按企业和相近的名称对应"), "{text}");
    let option = page.one("select[name=m8] option[selected]").value().attr("value").unwrap().to_string();
    assert_ne!(option, "0");

    // A person says that the third is another project, and that differences are changes.
    client
        .post(&at, &[("m8", "0"), ("w8", &option), ("mode", "change"), ("as_of", "2026-06-30")])
        .await
        .goes_to();
    let page = client.page(&at).await;
    assert_eq!(counts(&page), [3, 1, 2, 0, 0]);
    assert!(page.text("#rows").contains("新事实，自 2026-06-30"), "{}", page.text("#rows"));
    confirm(&mut client, &at).await;
    let p = project(&world, "S-001").await;
    assert_eq!(p.money(Kind::PlannedTotal).map(|m| m.amount), Some(1_500_000_000));
    assert_eq!(p.get_on(Kind::PlannedTotal, date(2026, 6, 29)).unwrap().value, Value::yuan(1_250_000_000));
    assert_eq!(p.all(Kind::Arrived).count(), 2);
    assert_eq!(world.app.ledger.board(&world.app.store).await.unwrap().lines.len(), 4);
    assert_eq!(counts(&client.page(&at).await), [3, 0, 0, 3, 0]);
    let wrong = client.post(&at, &[("as_of", "2030-01-01")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn facts_that_come_in_between_are_shown_and_nothing_is_written() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let at = upload(&mut client, "一.xlsx", &workbook(&ROWS[..1])).await;
    let seen = client.page(&at).await.value("input[name=seen]");
    let name = NewFact::on(TODAY, Kind::Name, Value::Text("样板船用曲轴项目".into()));
    world.app.store.create_project(&Actor::Cli, now(), TODAY, Some("S-001"), &[name]).await.unwrap();
    let last = world.app.store.last_fact().await.unwrap();
    let reply = client.post(&format!("{at}/confirm"), &[("seen", &seen)]).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    let page = reply.page();
    assert!(page.text(".flash.bad").contains("什么都没有写入"));
    assert_eq!(counts(&page), [1, 0, 1, 0, 0], "what was new is a change now");
    assert_eq!(world.app.store.last_fact().await.unwrap(), last);
    let seen = page.value("input[name=seen]");
    client.post(&format!("{at}/confirm"), &[("seen", &seen)]).await.goes_to();
    assert_eq!(project(&world, "S-001").await.text(Kind::Company), Some("样板曲轴有限公司"));
}

#[tokio::test]
async fn a_missing_unit_is_asked_for_and_columns_can_be_assigned() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let csv = "项目名称,投资规模,签约时间\n样板项目,5,2025-03-01\n另一项目,1.2亿元,2025-04-01\n";
    let at = upload(&mut client, "x.csv", csv.as_bytes()).await;
    assert_eq!(counts(&client.page(&at).await), [2, 2, 0, 0, 0], "a column nobody knows is left out");
    client.post(&at, &[("c1", "planned_total"), ("f1", "")]).await.goes_to();
    let page = client.page(&at).await;
    assert!(page.text(".flash.bad").contains("请选择单位：投资规模"), "{}", page.text("main"));
    assert!(page.all("#rows").is_empty() && page.all("input[name=seen]").is_empty());
    let early = client.post(&format!("{at}/confirm"), &[("seen", "0-0")]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert_eq!(client.post(&at, &[("u1", "斤")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.post(&at, &[("c1", "nonsense"), ("f1", "")]).await.status, StatusCode::BAD_REQUEST);
    client.post(&at, &[("u1", "亿元")]).await.goes_to();
    let text = client.page(&at).await.text("#rows");
    assert!(text.contains("5亿元") && text.contains("1.2亿元"), "{text}");
    for (name, bytes) in [("x.xlsx", &b"PK\x03\x04 no zip"[..]), ("x.csv", b"")] {
        let at = upload(&mut client, name, bytes).await;
        assert_eq!(client.get(&at).await.status, StatusCode::BAD_REQUEST, "{name}");
    }
    let at = upload(&mut client, "y.csv", "甲,乙\n1,2\n".as_bytes()).await;
    assert!(client.page(&at).await.text(".flash.bad").contains("没有找到表头"));
    assert_eq!(
        client.get(&format!("/imports/projects/{}", "0".repeat(64))).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(client.get("/imports/projects/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_sheet_can_be_chosen() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let mut book = Workbook::new();
    for (name, project) in [("2024年", "样板甲项目"), ("2025年", "样板乙项目")] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (c, (head, cell)) in [("项目名称", project), ("投资方", "样板公司")].into_iter().enumerate()
        {
            sheet.write_string(0, c as u16, head).unwrap();
            sheet.write_string(1, c as u16, cell).unwrap();
        }
    }
    let at = upload(&mut client, "两年.xlsx", &book.save_to_buffer().unwrap()).await;
    let page = client.page(&at).await;
    assert_eq!(page.texts("#sheet option"), ["2024年", "2025年"]);
    assert!(page.text("#rows").contains("样板甲项目"));
    client.post(&at, &[("sheet", "2025年"), ("sheet_shown", "2024年")]).await.goes_to();
    assert!(client.page(&at).await.text("#rows").contains("样板乙项目"));
}

#[tokio::test]
async fn rows_about_one_project_are_told() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let head = "项目编号,项目名称,投资方,签约时间\n";
    let csv = format!(
        "{head}A,样板甲项目,甲公司,2025-03-01\nA,样板甲项目,甲公司,2025-03-02\nB,样板乙项目,乙公司,2025-03-01\n\
         B,样板乙项目,乙公司,2025-03-01\n,样板乙项目,乙公司,2025-03-01\n"
    );
    let at = upload(&mut client, "x.csv", csv.as_bytes()).await;
    let page = client.page(&at).await;
    assert_eq!(counts(&page), [5, 1, 0, 1, 3], "{}", page.text("#rows"));
    assert!(page.text("#rows").contains("第 3 行说的是同一个项目"), "{}", page.text("#rows"));
    assert!(page.text("#rows").contains("与第 4 行完全相同"), "{}", page.text("#rows"));
}

/// What a plan says, without the places of the rows.
fn said(plan: &Plan) -> Vec<(String, Verdict, Vec<String>)> {
    let mut all: Vec<_> = plan
        .rows
        .iter()
        .map(|r| {
            let facts = r.changes.iter().map(|c| {
                let new = NewFact { reason: None, ..c.new.clone() };
                format!("{new:?}")
            });
            (r.cells.join("|"), r.verdict, facts.collect())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let world = runtime.block_on(async {
        let world = World::empty(None).await;
        let mut client = world.as_role(Role::Officer).await;
        let at = upload(&mut client, "一.xlsx", &workbook(&ROWS[..2])).await;
        confirm(&mut client, &at).await;
        world
    });
    let head = "项目编号,项目名称,投资方,计划总投资（万元）,签约时间,到位资金（万元）\n";
    let lines = [
        "S-001,样板船用曲轴项目,样板曲轴有限公司,130000,2025-03-20,26000",
        "S-002,样板电解槽项目,样板氢能（外资）有限公司,1000万美元,2025-06-18,",
        ",样板船用曲轴项目,样板曲轴有限公司,130000,2025-03-20,26000",
        "N-1,样板甲项目,甲公司,5,2025-01-01,",
        "N-1,样板甲项目,甲公司,6,2025-01-01,",
        ",样板乙项目,乙公司,5,2025-01-01,",
        ",样板丙项目,丙公司,5,2025-13-01,",
        ",样板丁项目,丁公司,5,2025-01-01,3",
    ];
    let made = |order: &[usize]| {
        let text: String = order.iter().map(|i| format!("{}\n", lines[*i])).collect();
        let text = format!("{head}{text}");
        runtime.block_on(async {
            let folder = world.app.config.uploads();
            std::fs::create_dir_all(&folder).unwrap();
            let id = "a".repeat(64);
            std::fs::write(folder.join(&id), text).unwrap();
            let made = plan(&world.app, &id, &Choices::new("x.csv", TODAY), Scope::All).await.unwrap();
            (said(&made), Counts { ..made.counts() })
        })
    };
    let expected = made(&[0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((expected.1.new, expected.1.changed, expected.1.unchanged, expected.1.rejected), (2, 0, 1, 5));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
    runner
        .run(&Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(), |order| {
            prop_assert_eq!(made(&order), expected.clone());
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn rows_of_another_unit_are_rejected() {
    let world = World::empty(None).await;
    let unit = world.app.store.add_unit(&Actor::System, now(), "招商二局").await.unwrap();
    let facts = [
        NewFact::on(TODAY, Kind::Name, Value::Text("样板甲项目".into())),
        NewFact::on(TODAY, Kind::Unit, Value::Number(unit.id.0)),
    ];
    world.app.store.create_project(&Actor::System, now(), TODAY, Some("U-1"), &facts).await.unwrap();
    let csv = "项目编号,项目名称,责任单位\nU-1,样板改名项目,\n,样板乙项目,招商二局\n,样板丙项目,\n";
    let mut officer = world.as_role(Role::Officer).await;
    let at = upload(&mut officer, "x.csv", csv.as_bytes()).await;
    let page = officer.page(&at).await;
    assert_eq!(counts(&page), [3, 1, 0, 0, 2], "{}", page.text("#rows"));
    assert!(page.text("#rows").contains("项目属于别的部门"));
    let mut director = world.as_role(Role::Director).await;
    assert_eq!(counts(&director.page(&at).await), [3, 2, 1, 0, 0]);
    let seen = director.page(&at).await.value("input[name=seen]");
    officer.post(&format!("{at}/confirm"), &[("seen", &seen)]).await.goes_to();
    assert_eq!(
        project(&world, "U-1").await.name(),
        "样板甲项目",
        "what the officer may not write is not written"
    );
}

#[tokio::test]
async fn only_those_who_may_import_projects_see_the_form() {
    let world = World::empty(None).await;
    let mut officer = world.as_role(Role::Officer).await;
    let at = upload(&mut officer, "一.xlsx", &workbook(&ROWS[..1])).await;
    let mut auditor = world.as_role(Role::Auditor).await;
    assert!(auditor.page("/imports/projects").await.all("input[type=file]").is_empty());
    assert_eq!(auditor.get(&at).await.status, StatusCode::FORBIDDEN);
    let reply = auditor.post(&format!("{at}/confirm"), &[("seen", "0")]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(officer.english().page(&at).await.text("main").contains("Confirm and write"));
    assert_eq!(world.app.store.project_code(ProjectId(1)).await.unwrap(), None);
}
