//! Reports as workbooks, read back: they say what the page and the command say, to the yuan, and no text of theirs is a formula.

use crate::cli::good;
use crate::world::{Client, World, now};
use axum::http::StatusCode;
use calamine::{Data, Range, Reader as _, Xlsx};
use domain::fact::{Kind, NewFact, Value};
use domain::role::Role;
use jiff::civil::date;
use std::io::Cursor;
use store::Actor;

type Book = Xlsx<Cursor<Vec<u8>>>;

fn open(bytes: Vec<u8>) -> Book {
    calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap()
}

fn sheet(book: &mut Book, name: &str) -> Range<Data> {
    book.worksheet_range(name).unwrap_or_else(|e| panic!("{name}: {e}"))
}

async fn export(client: &mut Client, path: &str) -> Book {
    let reply = client.get(path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    assert!(reply.header("content-disposition").starts_with("attachment"));
    open(reply.bytes)
}

/// The first row whose first cell is this text, from the row whose first cell is `after` on.
#[track_caller]
fn row<'r>(range: &'r Range<Data>, after: &str, first: &str) -> &'r [Data] {
    let mut rows = range.rows().skip_while(|r| r[0] != after);
    rows.find(|r| r[0] == first).unwrap_or_else(|| panic!("no row {first} after {after}"))
}

/// A cell of 万元 as yuan.
#[track_caller]
fn yuan(cell: &Data) -> i64 {
    match cell {
        Data::Float(wan) => {
            let yuan = (wan * 10_000.0).round();
            assert!((yuan / 10_000.0 - wan).abs() < f64::EPSILON * wan.abs(), "{wan} is whole yuan");
            yuan as i64
        }
        other => panic!("{other:?} is no number"),
    }
}

fn column(range: &Range<Data>, heading: &str) -> usize {
    range.rows().find_map(|r| r.iter().position(|c| *c == heading)).unwrap()
}

const YI1: &str = "1亿元及以上（含1亿元）";
const COUNT: &str = "签约项目数（1亿元及以上）";

#[tokio::test]
async fn the_year_as_a_workbook_says_what_the_page_and_the_command_say() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let page = client.page("/figures/signed?year=2025").await;
    let (shown, amount) = (page.texts(".kpi b")[0].clone(), page.texts(".kpi b")[1].clone());
    assert_eq!((shown.as_str(), amount.as_str()), ("44 个", "183.04 亿元"));
    let link = page.one("#export").value().attr("href").unwrap().to_string();
    assert!(link.contains("figure=signed") && link.contains("year=2025"), "{link}");
    let data = world.dir().display().to_string();
    let said = good(&["figure", "signed", "--year", "2025", "--json", "--data-dir", &data]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["count"], &said["count_30yi"]), (&44.into(), &1.into()));

    let mut book = export(&mut client, "/figures/export.xlsx?year=2025&template=monthly").await;
    assert_eq!(book.sheet_names(), ["汇总", "签约项目明细", "口径与截止"]);
    let summary = sheet(&mut book, "汇总");
    assert_eq!(row(&summary, "指标", COUNT)[2], Data::Float(44.0));
    let yi1 = row(&summary, "规模", YI1);
    assert_eq!((&yi1[1], &yi1[3]), (&Data::Float(44.0), &Data::Float(183.04)));
    assert_eq!(Some(yuan(&yi1[2])), said["amount_yuan"].as_i64());
    assert_eq!(row(&summary, "规模", "其中：30亿元及以上（含30亿元）")[1], Data::Float(1.0));
    assert_eq!(row(&summary, "规模", "5000万元（含）至1亿元（不含）")[1], Data::Float(5.0));
    for by in ["产业链", "单位", "专员"] {
        let rows = summary.rows().skip_while(|r| r[0] != by).skip(1);
        let parts: Vec<_> = rows.take_while(|r| r[0] != "合计").collect();
        let projects: f64 = parts.iter().map(|r| r[1].to_string().parse::<f64>().unwrap()).sum();
        let money: i64 = parts.iter().map(|r| yuan(&r[2])).sum();
        assert!(parts.len() > 1 && (projects - 44.0).abs() < 1e-9, "{by}: {projects}");
        assert_eq!(money, 18_304_000_000, "the parts by {by} add up to the figure");
    }

    let rows = sheet(&mut book, "签约项目明细");
    let (key, wan) = (column(&rows, "口径版本"), column(&rows, "折人民币（万元）"));
    let (code, currency) = (column(&rows, "编号"), column(&rows, "币种"));
    let listed: Vec<_> =
        rows.rows().filter(|r| r[key].to_string().starts_with("signed@") && r[code] != "合计").collect();
    assert_eq!(listed.len(), 44);
    let money: i64 = listed.iter().map(|r| yuan(&r[wan])).sum();
    assert_eq!(Some(money), said["amount_yuan"].as_i64(), "the rows add up to the figure");
    assert_eq!(listed.iter().filter(|r| r[currency] == "USD").count(), 1);
    let codes = |list: Vec<String>| list.into_iter().collect::<std::collections::BTreeSet<_>>();
    let rows = said["rows"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap().to_string());
    assert_eq!(codes(listed.iter().map(|r| r[code].to_string()).collect()), codes(rows.collect()));
    let happened = column(&sheet(&mut book, "签约项目明细"), "实际签约日期");
    assert!(listed.iter().all(|r| matches!(r[happened], Data::DateTime(_))), "dates are dates");

    let about = sheet(&mut book, "口径与截止");
    let text = said["definition"]["text"].as_str().unwrap();
    assert_eq!(row(&about, "口径", "signed")[4].to_string(), text);
    assert!(row(&about, "项", "数据截至（登记时间）")[1].to_string().starts_with("2026-11-23"));
    assert_eq!(row(&about, "项", "报表 SHA-256")[1].to_string().len(), 64);
    let out: Vec<_> = about.rows().filter(|r| r[2] == "signed" && r[4] != Data::Empty).collect();
    assert_eq!(out.len(), said["left_out"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_month_has_its_own_column_and_a_week_what_moved_in_it() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Officer).await;
    let mut book = export(&mut client, "/figures/export.xlsx?year=2025&month=9").await;
    let summary = sheet(&mut book, "汇总");
    let page = client.page("/figures?year=2025&month=9").await;
    let cells = page.texts("#figures > tbody > tr:first-child > td.num");
    let line = row(&summary, "指标", COUNT);
    assert_eq!(format!("{} 个", line[3]), cells[0], "the month");
    assert_eq!(format!("{} 个", line[2]), cells[1], "to date");
    assert_eq!(format!("{} 个", line[4]), cells[2], "the year before");
    let yi1 = row(&summary, "规模", YI1);
    assert_eq!((&yi1[1], &yi1[4]), (&line[2], &line[3]));
    let rows = sheet(&mut book, "签约项目明细");
    let (key, new) = (column(&rows, "口径版本"), column(&rows, "当月新增"));
    let of_month = |r: &&[Data]| r[key].to_string().starts_with("signed@") && r[new] == "是";
    assert_eq!(Data::Float(rows.rows().filter(of_month).count() as f64), line[3]);

    // The last seven days of 2025: nothing of the sample counts then, until something is recorded.
    let path = "/figures/export.xlsx?year=2025&month=9&template=weekly";
    let mut book = export(&mut client, path).await;
    assert_eq!(book.sheet_names(), ["本周汇总", "本周动态", "口径与截止"]);
    let before = sheet(&mut book, "本周动态").rows().count();
    let day = date(2025, 9, 29);
    let facts = [
        NewFact::on(day, Kind::Name, Value::Text("=HYPERLINK(\"http://x\")".into())),
        NewFact::on(day, Kind::Company, Value::Text("+公式有限公司".into())),
        NewFact::on(day, Kind::PlannedTotal, Value::yuan(123_456_789)),
        NewFact::on(day, Kind::Stage, Value::Text("signed".into())),
    ];
    let today = world.app.clock.today();
    world.app.store.create_project(&Actor::Cli, now(), today, None, &facts).await.unwrap();
    let mut book = export(&mut client, path).await;
    let moves = sheet(&mut book, "本周动态");
    assert_eq!(moves.rows().count(), before + 1);
    let one = moves.rows().find(|r| r[2].to_string().starts_with("=HYPERLINK")).unwrap();
    assert_eq!((one[0].to_string(), yuan(&one[10])), ("签约".to_string(), 123_456_789));
    assert_eq!(one[3], Data::String("+公式有限公司".into()), "text stays text");
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.cells().all(|(_, _, f)| f.is_empty()), "{name} holds a formula");
    }
    let signed = row(&sheet(&mut book, "本周汇总"), "指标", COUNT).to_vec();
    assert!(matches!(signed[2], Data::Float(n) if n >= 1.0));
}

#[tokio::test]
async fn a_closed_period_exports_what_it_was_and_says_its_hash() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let at = director.post("/reports", &[("year", "2025")]).await.goes_to();
    let page = director.page(&at).await;
    assert_eq!(page.one("form#export").value().attr("action"), Some(format!("{at}/export.xlsx").as_str()));
    let kept = page.texts("dl.facts dd")[2].clone();
    let day = date(2025, 9, 29);
    let late = [
        NewFact::on(day, Kind::Name, Value::Text("补录项目".into())),
        NewFact::on(day, Kind::PlannedTotal, Value::yuan(200_000_000)),
        NewFact::on(day, Kind::Stage, Value::Text("signed".into())),
    ];
    let later = now() + jiff::SignedDuration::from_secs(5);
    let today = world.app.clock.today();
    world.app.store.create_project(&Actor::Cli, later, today, None, &late).await.unwrap();
    let mut book = export(&mut director, &format!("{at}/export.xlsx?template=special")).await;
    assert_eq!(book.sheet_names(), ["专报", "明细", "口径与截止"]);
    assert_eq!(row(&sheet(&mut book, "专报"), "指标", COUNT)[2], Data::Float(44.0), "as of the cut-off");
    let about = sheet(&mut book, "口径与截止");
    assert_eq!(row(&about, "项", "报表 SHA-256")[1].to_string(), kept);
    assert!(row(&about, "项", "状态")[1].to_string().contains("逐字节一致"));

    assert_eq!(director.get("/figures/export.xlsx?template=yearly").await.status, StatusCode::BAD_REQUEST);
    let nothing = director.get("/figures/export.xlsx?template=special&figure=none").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(director.get("/reports/999/export.xlsx").await.status, StatusCode::NOT_FOUND);
    let journal = world.as_role(Role::Auditor).await.page("/audit").await.text("main");
    assert!(journal.contains("special-2025-edition-1.xlsx"), "the export is journalled");
    let stranger = world.stranger().get(&format!("{at}/export.xlsx")).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_command_writes_the_special_report() {
    let world = World::new().await;
    let (data, file) = (world.dir().display().to_string(), world.dir().join("signed.xlsx"));
    let path = file.display().to_string();
    good(&["figure", "signed", "--year", "2025", "--xlsx", &path, "--data-dir", &data]);
    let mut book = open(std::fs::read(file).unwrap());
    let range = sheet(&mut book, "专报");
    assert_eq!(row(&range, "指标", COUNT)[2], Data::Float(44.0));
    assert_eq!(row(&range, "规模", YI1)[3], Data::Float(183.04));
}
