//! The same story on SQLite and on PostgreSQL: sign in, import, board, targets, refuse, and the journal holds.

use crate::database::postgres;
use crate::world::{World, text};
use domain::role::Role;

const UNIVERSE: &str = "企业名称,统一社会信用代码,登记状态,注册资本,所属省份,所属城市,经营范围\n\
    杭州试验电解槽制造有限公司,,存续,5000万元人民币,浙江省,杭州市,碱性电解槽的研发、生产、销售\n\
    武汉试验低速柴油机有限公司,,存续,20000万元人民币,湖北省,武汉市,船用低速机、低速柴油机的研发、制造\n\
    镇江试验船舶有限公司,,存续,3000万元人民币,江苏省,镇江市,船舶总装、船用配套设备的制造\n\
    已注销电解槽有限公司,,注销,100万元人民币,浙江省,杭州市,碱性电解槽的生产\n\
    没有信用代码的坏行,123456,存续,1万元,浙江省,杭州市,贸易\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_sign_in_to_a_verified_journal_on_both_databases() {
    story(None).await;
    if let Some(url) = postgres().await {
        story(Some(url)).await;
    }
}

async fn story(database: Option<String>) {
    let world = World::empty(database).await;
    println!("on {}", world.app.store.backend());
    world.add_person("officer", "a long password", Role::Officer).await;
    let mut client = world.stranger();
    assert_eq!(client.get("/targets").await.goes_to(), "/sign-in?next=%2Ftargets");
    let form = [("login", "officer"), ("password", "a long password"), ("next", "/imports")];
    assert_eq!(client.post_bare("/sign-in", &form).await.goes_to(), "/imports");
    client.csrf = client.page("/imports").await.csrf();

    for (kind, name, file) in
        [("universe", "企业.csv", UNIVERSE), ("residents", "入驻.csv", "企业名称\n镇江试验船舶有限公司\n")]
    {
        let mapping = client.upload("/imports", &[("kind", kind)], name, file.as_bytes()).await.goes_to();
        let page = client.page(&mapping).await;
        assert!(page.all("main form select").len() >= file.lines().next().unwrap().split(',').count());
        let to = mapping.split('?').next().unwrap();
        let status = client.post(to, &[("kind", kind), ("name", name)]).await.goes_to();
        world.work().await;
        let page = client.page(&status).await;
        let bad = usize::from(kind == "universe");
        let read = file.lines().count() - 1;
        assert!(
            page.text("main").contains(&format!("{} + {bad} = {read}", read - bad)),
            "{}",
            page.text("main")
        );
    }

    let board = client.page("/chains/ships").await;
    assert_eq!(board.all(".kpi b")[0].text().collect::<String>(), "1", "one resident stands on the chain");
    let targets = client.page("/targets").await;
    let names: Vec<String> = targets.all("#targets td.name > a").into_iter().map(text).collect();
    assert!(names.iter().any(|n| n.contains("电解槽制造")), "{names:?}");
    assert!(!names.iter().any(|n| n.contains("注销") || n.contains("镇江")), "{names:?}");

    let company = targets.all("#targets td.name > a")[0].value().attr("href").unwrap().to_string();
    client.post(&format!("{company}/refusals"), &[("reason", "只要一线城市")]).await.goes_to();
    let after: Vec<String> = client.page("/targets").await.texts("#targets td.name > a");
    assert_eq!(after.len(), names.len() - 1, "a refused company leaves the list");
    assert!(!after.contains(&names[0]));

    let mut auditor = world.as_role(Role::Auditor).await;
    let journal = auditor.page("/audit?verify=1").await;
    assert!(journal.text("main").contains("哈希链完整"));
    assert!(journal.text("main").contains("只要一线城市"));
    let verified = world.app.store.verify_journal().await.unwrap();
    assert_eq!(verified.broken, None);
    assert!(verified.entries > 10);
    world.app.store.close().await;
}
