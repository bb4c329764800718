//! Company lists through the upload form: columns, accounts of rows, residents, ambiguity, cancelling, a real file.

use crate::world::{Client, Page, World, text, within};
use axum::http::StatusCode;
use domain::role::Role;
use store::import::ImportState;

const HEAD: &str = "企业名称,统一社会信用代码,登记状态,注册资本,所属省份,所属城市,经营范围,内部编号";
const ROWS: [&str; 3] = [
    "杭州试验电解槽制造有限公司,,存续,5000万元人民币,浙江省,杭州市,碱性电解槽的研发、生产、销售,A1",
    "镇江试验船舶有限公司,,存续,3000万元人民币,江苏省,镇江市,船舶总装的制造,A2",
    "坏码有限公司,123456,存续,1万元,浙江省,杭州市,贸易,A3",
];

fn csv() -> String {
    format!("{HEAD}\n{}\n", ROWS.join("\n"))
}

/// Uploads and starts an import as a person would; answers the address of its page.
async fn import(world: &World, client: &mut Client, kind: &str, name: &str, bytes: &[u8]) -> String {
    let mapping = client.upload("/imports", &[("kind", kind)], name, bytes).await.goes_to();
    client.page(&mapping).await;
    let to = mapping.split('?').next().unwrap().to_string();
    let status = client.post(&to, &[("kind", kind), ("name", name)]).await.goes_to();
    world.work().await;
    status
}

/// Read, accepted, rejected, changed, as the page shows them.
fn counts(page: &Page) -> Vec<u64> {
    page.texts("#progress .kpi b").iter().map(|t| t.replace(',', "").parse().unwrap()).collect()
}

#[tokio::test]
async fn the_same_list_in_every_form_gives_the_same_account() {
    let rows: Vec<Vec<&str>> = std::iter::once(HEAD).chain(ROWS).map(|l| l.split(',').collect()).collect();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            sheet.write_string(r as u32, c as u16, *cell).unwrap();
        }
    }
    let json: String = rows[1..]
        .iter()
        .map(|row| {
            let object: serde_json::Map<String, serde_json::Value> =
                rows[0].iter().zip(row).map(|(k, v)| (k.to_string(), (*v).into())).collect();
            format!("{}\n", serde_json::Value::Object(object))
        })
        .collect();
    let files: [(&str, Vec<u8>); 5] = [
        ("a.csv", csv().into_bytes()),
        ("b.csv", encoding_rs::GB18030.encode(&csv()).0.into_owned()),
        ("c.tsv", csv().replace(',', "\t").into_bytes()),
        ("d.xlsx", book.save_to_buffer().unwrap()),
        ("e.jsonl", json.into_bytes()),
    ];
    for (name, bytes) in files {
        let world = World::empty(None).await;
        let mut client = world.as_role(Role::Officer).await;
        let status = import(&world, &mut client, "universe", name, &bytes).await;
        let page = client.page(&status).await;
        assert_eq!(counts(&page), [3, 2, 1, 2], "{name}: {}", page.text("main"));
        assert!(page.text("main").contains("2 + 1 = 3"));
        let universe = world.app.engine.world().unwrap();
        let mut names: Vec<String> = universe
            .universe
            .companies()
            .map(|c| c.unwrap())
            .map(|c| format!("{} {:?}", c.name, c.capital))
            .collect();
        names.sort();
        assert!(names[0].contains("杭州试验电解槽") && names.len() == 2, "{name}: {names:?}");
        assert!(names[0].contains("50000000"), "{name}: {names:?}");
        let rejects = client.get(&format!("{status}/rejects.csv")).await;
        assert_eq!(rejects.status, StatusCode::OK);
        assert!(rejects.header("content-disposition").contains("attachment"));
        assert!(rejects.text().contains("坏码有限公司"), "{}", rejects.text());
        assert_eq!(page.all("section.card table tbody tr").len(), 1, "the page shows it too");
    }
}

#[tokio::test]
async fn columns_are_shown_assigned_and_remembered() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let file = "主体,营业,电话\n镇江试验船舶有限公司,船舶总装的制造,123\n";
    let mapping =
        client.upload("/imports", &[("kind", "universe")], "x.csv", file.as_bytes()).await.goes_to();
    let page = client.page(&mapping).await;
    let headings = page.texts("main table tbody label");
    assert_eq!(headings, ["主体", "营业", "电话"]);
    assert!(page.text("main table").contains("镇江试验船舶有限公司"), "first values are shown");
    assert!(!page.all(".flash.bad").is_empty(), "no column holds the name yet");
    let to = mapping.split('?').next().unwrap();
    let without = client.post(to, &[("kind", "universe"), ("name", "x.csv")]).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST, "an import needs names");
    let option = |page: &Page, column: usize, words: &str| {
        let select = page.one(&format!("#c{column}"));
        let found = within(select, "option").into_iter().find(|o| text(*o) == words).unwrap();
        found.value().attr("value").unwrap().to_string()
    };
    let (name, scope) = (option(&page, 0, "企业名称"), option(&page, 1, "经营范围"));
    let twice = [("kind", "universe"), ("name", "x.csv"), ("c0", name.as_str()), ("c1", name.as_str())];
    assert_eq!(client.post(to, &twice).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.post(to, &[("c0", "nonsense")]).await.status, StatusCode::BAD_REQUEST);
    let form =
        [("kind", "universe"), ("name", "x.csv"), ("c0", name.as_str()), ("c1", scope.as_str()), ("c2", "")];
    client.post(to, &form).await.goes_to();
    world.work().await;
    assert_eq!(world.app.engine.world().unwrap().universe.len(), 1);

    let second = "主体,营业\n杭州试验有限公司,碱性电解槽的生产\n";
    let mapping =
        client.upload("/imports", &[("kind", "universe")], "y.csv", second.as_bytes()).await.goes_to();
    let page = client.page(&mapping).await;
    let chosen: Vec<String> = page.texts("main select option[selected]");
    assert_eq!(chosen, ["企业名称", "经营范围"], "kept for the next file");
    assert!(client.page("/settings/columns").await.text("tbody").contains("主体"));
}

#[tokio::test]
async fn the_page_says_which_of_several_sheets_it_reads() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let mut book = rust_xlsxwriter::Workbook::new();
    for name in ["第一张", "第二张"] {
        book.add_worksheet().set_name(name).unwrap().write_string(0, 0, "企业名称").unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let mapping = client.upload("/imports", &[("kind", "universe")], "x.xlsx", &bytes).await.goes_to();
    let page = client.page(&mapping).await.text("main");
    assert!(page.contains("读的是 第一张；没有读：第二张"), "{page}");
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    import(&world, &mut client, "universe", "a.csv", csv().as_bytes()).await;
    let snapshot = world.snapshot();
    let status = import(&world, &mut client, "universe", "a.csv", csv().as_bytes()).await;
    assert_eq!(counts(&client.page(&status).await), [3, 2, 1, 0]);
    assert_eq!(world.snapshot(), snapshot);
    let more = csv().replace("3000万元人民币", "4000万元人民币");
    let status = import(&world, &mut client, "universe", "b.csv", more.as_bytes()).await;
    assert_eq!(counts(&client.page(&status).await), [3, 2, 1, 1], "one company changed");
    assert_ne!(world.snapshot(), snapshot);
    assert_eq!(client.page("/imports").await.all("tbody tr").len(), 3);
}

#[tokio::test]
async fn residents_are_judged_and_unclear_names_are_left_to_people() {
    let world = World::empty(None).await;
    let mut client = world.admin().await;
    // Two companies of one name, told apart by their codes only.
    let codes = ["91990000MA0000001", "91990000MA0000002"].map(|body| {
        "0123456789ABCDEFGHJKLMNPQRTUWXY"
            .chars()
            .map(|c| format!("{body}{c}"))
            .find(|c| domain::company::Uscc::parse(c).is_ok())
            .unwrap()
    });
    let twins: String =
        codes.iter().map(|c| format!("双名试验有限公司,{c},存续,1万元,浙江省,杭州市,贸易,\n")).collect();
    import(&world, &mut client, "universe", "a.csv", format!("{}{twins}", csv()).as_bytes()).await;
    let residents = "企业名称\n镇江试验船舶有限公司\n双名试验有限公司\n";
    let status = import(&world, &mut client, "residents", "r.csv", residents.as_bytes()).await;
    let page = client.page(&status).await;
    assert_eq!(counts(&page)[..3], [2, 1, 1], "{}", page.text("main"));
    let rejects = client.get(&format!("{status}/rejects.csv")).await.text();
    assert!(rejects.contains("双名试验有限公司") && codes.iter().all(|c| rejects.contains(c)), "{rejects}");
    let list = client.page("/settings/residents").await;
    assert!(list.texts("tbody th").contains(&"镇江试验船舶有限公司".to_string()));
    let board = client.page("/chains/ships").await;
    assert_eq!(text(board.all(".kpi b")[0]), "1");
}

#[tokio::test]
async fn a_queued_import_can_be_cancelled_and_strange_files_are_explained() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let mapping =
        client.upload("/imports", &[("kind", "universe")], "a.csv", csv().as_bytes()).await.goes_to();
    let to = mapping.split('?').next().unwrap().to_string();
    let status = client.post(&to, &[("kind", "universe"), ("name", "a.csv")]).await.goes_to();
    let page = client.page(&status).await;
    assert!(!page.all("#progress[hx-get]").is_empty() && !page.all("progress").is_empty());
    client.post(&format!("{status}/cancel"), &[]).await.goes_to();
    world.work().await;
    assert!(client.page(&status).await.text("#progress h2").contains("已取消"));
    assert!(world.app.engine.world().is_none());
    assert!(client.post(&format!("{status}/cancel"), &[]).await.status.is_client_error(), "it has ended");

    assert_eq!(client.upload("/imports", &[], "", b"").await.status, StatusCode::BAD_REQUEST);
    for (name, bytes) in
        [("x.xlsx", &b"PK\x03\x04 no zip"[..]), ("x.gz", b"\x1f\x8b no gzip"), ("x.csv", b"")]
    {
        let mapping = client.upload("/imports", &[], name, bytes).await.goes_to();
        let reply = client.get(&mapping).await;
        assert!(
            reply.status == StatusCode::BAD_REQUEST || reply.status == StatusCode::OK,
            "{name}: {}",
            reply.status
        );
        let posted =
            client.post(mapping.split('?').next().unwrap(), &[("kind", "universe"), ("name", name)]).await;
        assert_eq!(posted.status, StatusCode::BAD_REQUEST, "{name}");
    }
    let left: Vec<_> = std::fs::read_dir(world.dir().join("uploads")).unwrap().flatten().collect();
    assert!(left.iter().all(|f| f.file_name().len() == 64), "nothing but whole uploads is left: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_import_stops_when_it_is_cancelled() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let mut file = String::from("企业名称,经营范围\n");
    for n in 0..300_000 {
        file.push_str(&format!("取消试验{n}有限公司,碱性电解槽的研发、生产、销售；船舶总装\n"));
    }
    let mapping =
        client.upload("/imports", &[("kind", "universe")], "big.csv", file.as_bytes()).await.goes_to();
    let to = mapping.split('?').next().unwrap().to_string();
    let status = client.post(&to, &[("kind", "universe"), ("name", "big.csv")]).await.goes_to();
    let id: i64 = status.rsplit('/').next().unwrap().parse().unwrap();
    let app = world.app.clone();
    let worker = tokio::spawn(async move { app::import::worker::step(&app).await.unwrap() });
    let mut seen = false;
    for _ in 0..3_000 {
        let page = client.page(&status).await;
        if page.text("#progress h2").contains("进行中") && page.text("#progress").contains("每秒") {
            seen = true;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert!(seen, "progress is shown while it runs");
    client.post(&format!("{status}/cancel"), &[]).await.goes_to();
    worker.await.unwrap();
    let import = world.app.store.import(id).await.unwrap().unwrap();
    assert_eq!(import.state, ImportState::Cancelled);
    assert!(world.app.engine.world().is_none(), "nothing was built");
}

#[tokio::test]
async fn a_real_register_of_19_095_companies_is_accounted_for() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/registry/registry_in_hightech_zone.csv");
    let Ok(bytes) = std::fs::read(&file) else {
        println!("skipped: the register is not beside the workspace");
        return;
    };
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let status = import(&world, &mut client, "universe", "register.csv", &bytes).await;
    let page = client.page(&status).await;
    let counts = counts(&page);
    println!("read, accepted, rejected, changed: {counts:?}");
    assert_eq!(counts[0], 19_095);
    assert_eq!(counts[1] + counts[2], counts[0]);
    assert!(counts[1] > 19_000, "{counts:?}");
    assert!(world.app.engine.world().unwrap().universe.len() as u64 == counts[3]);
}

#[tokio::test]
async fn a_capital_column_without_a_unit_gets_one_that_is_remembered_and_can_be_taken_back() {
    let world = World::empty(None).await;
    let mut client = world.as_role(Role::Officer).await;
    let list = |name: &str| format!("企业名称,注册资本,经营范围\n{name},5000,船舶总装的制造\n");
    let upload = async |client: &mut Client, name: &str| {
        let bytes = list(name);
        client.upload("/imports", &[("kind", "universe")], "x.csv", bytes.as_bytes()).await.goes_to()
    };
    let start = async |client: &mut Client, mapping: &str, unit: &str| {
        let page = client.page(mapping).await;
        let field = page.value("#c1 option[selected]");
        let to = mapping.split('?').next().unwrap();
        let form = [("kind", "universe"), ("name", "x.csv"), ("c1", field.as_str()), ("u1", unit)];
        client.post(to, &form).await.goes_to();
        world.work().await;
    };
    let capital = |name: &str| {
        let universe = world.app.engine.world().unwrap();
        let all: Vec<_> = universe.universe.companies().map(|c| c.unwrap()).collect();
        all.into_iter().find(|c| c.name == name).and_then(|c| c.capital).map(|m| m.amount)
    };
    let first = upload(&mut client, "甲乙船舶有限公司").await;
    assert!(client.page(&first).await.all("#u1 option[selected]").is_empty(), "the heading says none");
    assert!(client.page(&first).await.all("#u0").is_empty(), "a name has no unit");
    start(&mut client, &first, "万元").await;
    assert_eq!(capital("甲乙船舶有限公司"), Some(50_000_000));
    assert!(client.page("/settings/columns").await.text("tbody").contains("注册资本（万元）"));

    let second = upload(&mut client, "丙丁船舶有限公司").await;
    assert_eq!(client.page(&second).await.value("#u1 option[selected]"), "万元", "it is remembered");
    start(&mut client, &second, "元").await;
    assert_eq!(capital("丙丁船舶有限公司"), Some(5_000));
    let third = upload(&mut client, "戊己船舶有限公司").await;
    start(&mut client, &third, "").await;
    let fourth = upload(&mut client, "庚辛船舶有限公司").await;
    assert!(client.page(&fourth).await.all("#u1 option[selected]").is_empty(), "and can be taken back");
}
