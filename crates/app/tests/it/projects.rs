//! Projects in the pages: gates that ask for evidence, files that lie about themselves, two people at once, history, lists.

use crate::world::{Client, World, now};
use axum::http::StatusCode;
use domain::fact::{Kind, NewFact, ProjectId, Value};
use domain::project::Project;
use domain::role::Role;
use domain::stage::Stage;
use jiff::civil::{Date, date};
use std::sync::atomic::{AtomicU64, Ordering};
use store::Actor;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

const PDF: &[u8] = b"%PDF-1.7\n% a contract\n";
const DAY: Date = date(2026, 11, 2);

fn text(kind: Kind, word: &str) -> NewFact {
    NewFact::on(DAY, kind, Value::Text(word.into()))
}

/// A project of no unit at a stage; what the gates ask for before is not there unless given.
pub async fn make(world: &World, facts: &[NewFact]) -> i64 {
    let mut all = vec![text(Kind::Name, "船用推进器项目"), text(Kind::Company, "试验推进器有限公司")];
    all.extend_from_slice(facts);
    let today = world.app.clock.today();
    world.app.store.create_project(&Actor::Cli, now(), today, None, &all).await.unwrap().0.0
}

pub async fn folded(world: &World, id: i64) -> Project {
    app::ledger::project(&world.app.store, ProjectId(id), None).await.unwrap().unwrap()
}

async fn seen(world: &World, id: i64) -> String {
    folded(world, id).await.last.0.to_string()
}

#[tokio::test]
async fn a_gate_refuses_without_evidence_says_what_is_missing_and_opens_with_it() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let id = make(&world, &[text(Kind::Stage, "negotiating")]).await;
    let path = format!("/projects/{id}/stage");
    let form = director.page(&format!("{path}?to=review")).await;
    assert!(form.text("#missing").contains("项目建议书"), "{}", form.text("#missing"));
    assert_eq!(form.all("input[type=file]").len(), 2);

    let fields = [("to", "review"), ("effective", "2026-11-20"), ("counts", "2026-11-23")];
    let refused = director.post(&path, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = refused.page().text("#missing");
    assert!(said.contains("项目建议书") && said.contains("计划总投资"), "{said}");
    assert_eq!(folded(&world, id).await.stage(), Some(Stage::Negotiating), "nothing was written");

    // The file that came with the refused form is kept and need not be chosen again.
    let half = upload(&mut director, &path, &fields, "file.proposal", "建议书.pdf", PDF).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", half.text());
    let half = half.page();
    assert!(!half.text("#missing").contains("项目建议书"));
    let kept = half.value("input[name='kept.proposal']");
    let again =
        [("kept.proposal", kept.as_str()), ("value.planned_total", "1.2"), ("unit.planned_total", "亿元")];
    let all: Vec<_> = fields.into_iter().chain(again).collect();
    assert_eq!(director.post(&path, &all).await.goes_to(), format!("/projects/{id}"));
    let project = folded(&world, id).await;
    let stage = project.reached(Stage::Review).unwrap();
    assert_eq!((stage.effective, stage.counts), (date(2026, 11, 20), date(2026, 11, 23)), "both dates");
    assert_eq!(project.money(Kind::PlannedTotal).map(|m| m.amount), Some(120_000_000));

    let page = director.page(&format!("/projects/{id}")).await;
    assert!(page.text("#files").contains("建议书.pdf") && page.text("#files").contains("完好"));
    let file = director.get(&format!("/files/{kept}")).await;
    assert_eq!((file.status, file.bytes.as_slice()), (StatusCode::OK, PDF));
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let nobody = format!("kept.contract={}", "0".repeat(64));
    let forged = director.post(&path, &[("to", "decision"), nobody.split_once('=').unwrap()]).await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST, "a file that was never kept");
}

async fn upload(
    client: &mut Client,
    path: &str,
    fields: &[(&str, &str)],
    field: &str,
    name: &str,
    bytes: &[u8],
) -> crate::world::Reply {
    client.upload_field(path, fields, field, name, bytes).await
}

#[tokio::test]
async fn a_file_that_lies_about_itself_is_refused_and_one_that_was_altered_is_told() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let id = make(&world, &[]).await;
    let path = format!("/projects/{id}/facts");
    let fields = [("kind", "note"), ("value.note", "现场")];
    for (name, bytes) in [
        ("合同.pdf", &b"<!doctype html><script>alert(1)</script>"[..]),
        ("photo.png", b"MZ\x90\0\x03"),
        ("x.html", PDF),
        ("a.svg", b"<svg onload='x'/>"),
    ] {
        let reply = upload(&mut director, &path, &fields, "file.other", name, bytes).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
        assert!(reply.text().contains(name));
    }
    assert!(folded(&world, id).await.get(Kind::Note).is_none(), "the form was not taken either");
    let left = std::fs::read_dir(world.dir().join("uploads")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing of it stays on disk");

    upload(&mut director, &path, &fields, "file.other", "合同.pdf", PDF).await.goes_to();
    let sha256 = world.app.store.files_of(ProjectId(id)).await.unwrap()[0].1.file.sha256.clone();
    let at = world.dir().join("files").join(&sha256[..2]).join(&sha256[2..4]).join(&sha256);
    assert_eq!(std::fs::read(&at).unwrap(), PDF);
    std::fs::write(&at, b"%PDF-1.7\n% another one!\n").unwrap();
    let changed = b"%PDF-1.7\n% a CONTRACT\n";
    std::fs::write(&at, changed).unwrap();
    assert_eq!(changed.len(), PDF.len());
    assert!(director.page(&format!("/projects/{id}")).await.text("#files").contains("已被改动"));
    assert_eq!(director.get(&format!("/files/{sha256}")).await.status, StatusCode::CONFLICT);
    std::fs::remove_file(&at).unwrap();
    assert!(director.page(&format!("/projects/{id}")).await.text("#files").contains("原件丢失"));
    assert_eq!(director.get(&format!("/files/{sha256}")).await.status, StatusCode::NOT_FOUND);
    upload(&mut director, &path, &fields, "file.other", "合同.pdf", PDF).await.goes_to();
    assert_eq!(
        director.get(&format!("/files/{sha256}")).await.status,
        StatusCode::OK,
        "it heals when it comes again"
    );
}

#[tokio::test]
async fn of_two_who_edit_at_once_the_second_sees_the_change_and_keeps_what_was_typed() {
    let world = World::new().await;
    let (mut one, mut two) = (world.as_role(Role::Director).await, world.admin().await);
    let id = make(&world, &[]).await;
    let (path, old) = (format!("/projects/{id}/facts"), seen(&world, id).await);
    one.post(&path, &[("kind", "site"), ("value.site", "一号地块"), ("seen", &old)]).await.goes_to();
    let late = two.post(&path, &[("kind", "jobs"), ("value.jobs", "320"), ("seen", &old)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let page = late.page();
    assert!(page.text("#changed").contains("一号地块"), "what changed meanwhile");
    assert!(page.text("#typed").contains("320"), "what was typed");
    assert!(folded(&world, id).await.get(Kind::Jobs).is_none());
    let (value, seen) = (page.value("input[name='value.jobs']"), page.value("input[name=seen]"));
    two.post(&path, &[("kind", "jobs"), ("value.jobs", &value), ("seen", &seen)]).await.goes_to();
    let project = folded(&world, id).await;
    assert_eq!(
        (project.number(Kind::Jobs), project.text(Kind::Site)),
        (Some(320), Some("一号地块")),
        "nobody lost"
    );
}

#[tokio::test]
async fn a_value_opens_its_history_and_is_corrected_or_withdrawn_with_a_reason() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let usd =
        Value::Money(domain::company::Money { amount: 30_000_000, currency: domain::company::Currency::Usd });
    let id = make(&world, &[NewFact::on(DAY, Kind::PlannedTotal, usd)]).await;
    let fact = folded(&world, id).await.get(Kind::PlannedTotal).unwrap().id;
    let page = director.page(&format!("/projects/{id}")).await;
    assert!(page.text("table.factlist").contains("3,000 万美元"));
    let path = format!("/projects/{id}/facts/{fact}");
    let bare = director
        .post(&path, &[("do", "correct"), ("value.planned_total", "2"), ("unit.planned_total", "亿元")])
        .await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bare.text().contains("原因"));
    let fields = [
        ("do", "correct"),
        ("value.planned_total", "2"),
        ("unit.planned_total", "亿元"),
        ("reason", "币种录错"),
    ];
    let to = director.post(&path, &fields).await.goes_to();
    let history = director.page(&to).await;
    let rows = history.texts("#history tbody tr");
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0].contains("已由更正取代") && rows[1].contains("币种录错") && rows[1].contains("2.00 亿元"),
        "{rows:?}"
    );
    let again = director.post(&path, &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "a fact is corrected once");
    director.post(&to, &[("do", "withdraw"), ("reason", "项目取消")]).await.goes_to();
    assert!(folded(&world, id).await.get(Kind::PlannedTotal).is_none());
    let past = director.page(&format!("/projects/{id}?as_of=2026-11-22")).await;
    assert!(past.all("main form[method=post]").is_empty(), "the past is not edited");
    let mut auditor = world.as_role(Role::Auditor).await;
    assert!(auditor.page(&format!("/projects/{id}")).await.all("main form[method=post]").is_empty());
}

#[tokio::test]
async fn the_list_filters_sorts_and_exports_and_the_board_moves_cards() {
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let id = make(
        &world,
        &[text(Kind::Stage, "lead"), NewFact::on(DAY, Kind::PlannedTotal, Value::yuan(9_900_000_000))],
    )
    .await;
    let list = director.page("/projects?least=900000").await;
    assert_eq!(list.text("#total"), "1");
    assert!(list.text("#projects").contains("船用推进器项目"));
    let found = director.page("/projects?q=%E6%8E%A8%E8%BF%9B%E5%99%A8&stage=lead&sort=-planned").await;
    assert_eq!(found.text("#total"), "1");
    assert_eq!(found.all("th[aria-sort=descending]").len(), 1);
    let signed = director.page("/projects?from=2025-01-01&to=2025-12-31&sort=-planned").await;
    let rows = signed.texts("#projects tbody tr");
    assert!(rows.len() >= 44, "{}", rows.len());
    assert!(rows[0].contains("32.50 亿元"), "{}", rows[0]);
    for bad in ["sort=x", "stage=x", "least=x", "from=x", "unit=x"] {
        assert_eq!(director.get(&format!("/projects?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let book = director.get("/projects.xlsx?least=900000").await;
    assert!(book.bytes.starts_with(b"PK"));
    let board = director.page("/projects/board").await;
    assert!(board.text("section[data-stage=lead]").contains("船用推进器项目"));
    let moved =
        director.post(&format!("/projects/{id}/stage"), &[("to", "negotiating"), ("back", "board")]).await;
    assert_eq!(moved.goes_to(), "/projects/board");
    assert_eq!(folded(&world, id).await.stage(), Some(Stage::Negotiating));
    let refused =
        director.post(&format!("/projects/{id}/stage"), &[("to", "signed"), ("back", "board")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a card cannot be dragged past its gate");
    let lost = director.post(&format!("/projects/{id}/stage"), &[("to", "lost")]).await;
    assert!(lost.page().text("#missing").contains("原因"));
    director
        .post(&format!("/projects/{id}/stage"), &[("to", "lost"), ("reason", "投资方改投他地")])
        .await
        .goes_to();
    assert_eq!(folded(&world, id).await.stage(), Some(Stage::Lost));
}

/// Fault 7 of a city's own system: the list page makes seven queries for each row. Here names are read once for the page.
#[tokio::test]
async fn a_list_of_many_projects_asks_no_more_questions_than_one_of_few() {
    const ALONE: &str = "LANDFALL_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        // Statements are counted for the whole process, so this runs once more in a process of its own.
        let name = "projects::a_list_of_many_projects_asks_no_more_questions_than_one_of_few";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    tracing_subscriber::registry().with(Statements).init();
    let world = World::new().await;
    let few = statements(&world, "/projects?least=300000").await;
    let many = statements(&world, "/projects?sort=name").await;
    assert!(many > 3 && many <= few, "{few} for a few rows, {many} for fifty");
    let board = statements(&world, "/projects/board").await;
    assert!(board <= many + 2, "{board} for the board");
}

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Counts what is asked of the database.
struct Statements;

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            COUNT.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn statements(world: &World, path: &str) -> u64 {
    let mut director = world.as_role(Role::Director).await;
    director.page(path).await;
    let before = COUNT.load(Ordering::SeqCst);
    director.page(path).await;
    COUNT.load(Ordering::SeqCst) - before
}

#[tokio::test]
async fn access_is_scored_and_rechecked_by_two_people_and_a_veto_blocks_the_decision() {
    let world = World::new().await;
    let (mut one, mut two) = (world.as_role(Role::Director).await, world.admin().await);
    let facts = [
        NewFact::on(DAY, Kind::Output, Value::yuan(300_000_000)),
        NewFact::on(DAY, Kind::FixedInvestment, Value::yuan(390_000_000)),
        NewFact::on(DAY, Kind::LandArea, Value::Number(66_667)),
        text(Kind::Stage, "review"),
    ];
    let id = make(&world, &facts).await;
    let path = format!("/projects/{id}/access");
    let table = one.page(&path).await.texts("#scores tbody tr");
    assert!(table[0].contains("3.00 亿元") && table[0].contains('5'), "{table:?}");
    assert!(table[1].contains("389 万元/亩") && table[1].contains("4.8"), "{table:?}");
    let ids =
        ["output", "intensity", "tax", "tax_per_mu", "energy", "environment", "technology", "fit", "company"];
    let names: Vec<String> = ids.iter().map(|i| format!("points.{i}")).collect();
    let mut fields: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "5")).collect();
    assert_eq!(
        one.post(&path, &fields[1..]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "each item is scored"
    );
    one.post(&path, &fields).await.goes_to();
    assert_eq!(
        one.post(&path, &fields).await.status,
        StatusCode::FORBIDDEN,
        "nobody re-checks the own score"
    );
    fields.push(("veto", "banned"));
    two.post(&path, &fields).await.goes_to();
    let page = two.page(&path).await;
    assert!(page.text("#verdict").contains("一票否决"));
    assert!(page.text("#scores").contains("45"));
    let gate = two.page(&format!("/projects/{id}/stage?to=decision")).await;
    assert!(gate.text("#missing").contains("一票否决"), "{}", gate.text("#missing"));
}

#[tokio::test]
async fn the_signing_form_is_prefilled_with_the_amount_and_access_converts_foreign_money() {
    use domain::company::{Currency, Money};
    let world = World::new().await;
    let mut director = world.as_role(Role::Director).await;
    let usd = |kind, amount| NewFact::on(DAY, kind, Value::Money(Money { amount, currency: Currency::Usd }));
    let facts = [
        text(Kind::Stage, "negotiating"),
        usd(Kind::PlannedTotal, 30_005_000),
        usd(Kind::Output, 20_000_000),
        usd(Kind::FixedInvestment, 10_000_000),
        NewFact::on(DAY, Kind::LandArea, Value::Number(20_000)),
    ];
    let id = make(&world, &facts).await;
    let page = director.page(&format!("/projects/{id}/stage?to=signed")).await;
    assert_eq!(page.value("#v-planned_total"), "3000.5");
    assert_eq!(page.value("#u-planned_total option[selected]"), "万美元");
    // Left as it stands, the amount is not said a second time; changed, it is.
    let stage = format!("/projects/{id}/stage");
    let lost = |value: &'static str| {
        [("to", "review"), ("value.planned_total", value), ("unit.planned_total", "万美元")]
    };
    let planned = async || {
        let facts = world.app.store.facts_of(ProjectId(id)).await.unwrap();
        facts.iter().filter(|f| f.kind == Kind::PlannedTotal).map(|f| f.value.clone()).collect::<Vec<_>>()
    };
    let seen = seen(&world, id).await;
    let mut fields = lost("3100").to_vec();
    fields.push(("seen", &seen));
    director.upload_field(&stage, &fields, "file.proposal", "建议书.pdf", PDF).await.goes_to();
    let said = planned().await;
    assert_eq!(said.last().unwrap().money().unwrap().amount, 31_000_000);
    assert_eq!(said.len(), 2);

    let access = director.page(&format!("/projects/{id}/access")).await;
    let rows = access.texts("#scores tbody tr");
    assert!(rows.iter().any(|r| r.contains("1.44 亿元")), "20 million dollars at 7.18: {rows:?}");
    assert!(rows.iter().any(|r| r.contains("/亩")), "{rows:?}");
    let other = make(&world, &[text(Kind::Stage, "negotiating"), usd(Kind::PlannedTotal, 30_000_000)]).await;
    let keep = self::seen(&world, other).await;
    let mut fields = lost("3000").to_vec();
    fields.push(("seen", &keep));
    director
        .upload_field(&format!("/projects/{other}/stage"), &fields, "file.proposal", "a.pdf", PDF)
        .await
        .goes_to();
    let facts = world.app.store.facts_of(ProjectId(other)).await.unwrap();
    assert_eq!(facts.iter().filter(|f| f.kind == Kind::PlannedTotal).count(), 1, "nothing said twice");
}
