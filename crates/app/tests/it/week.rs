//! An officer's week on the sample zone, on both databases: from a target to a signed and started project, its report, what was corrected, and
//! the restatement that says so.

use crate::database::postgres;
use crate::world::{Client, Page, Reply, World, text, within};
use app::web::form::encode;
use axum::http::StatusCode;
use domain::fact::{Kind, ProjectId};
use domain::role::Role;
use domain::stage::Stage;
use std::collections::BTreeMap;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
/// The scores of the sample table, each within its mark.
const ITEMS: [&str; 9] =
    ["output", "intensity", "tax", "tax_per_mu", "energy", "environment", "technology", "fit", "company"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officers_week_from_a_target_to_a_restated_report_on_both_databases() {
    week(None).await;
    if let Some(url) = postgres().await {
        week(Some(url)).await;
    }
}

async fn week(database: Option<String>) {
    let monday = World::sample(database).await;
    println!("on {}", monday.app.store.backend());
    let lead = lead_and_conflict(&monday).await;
    let tuesday = monday.at("2026-11-24T02:00:00Z");
    let project = negotiate_and_review(&tuesday, &lead).await;
    let friday = monday.at("2026-11-27T02:00:00Z");
    sign_and_start(&friday, project).await;
    let december = monday.at("2026-12-01T02:00:00Z");
    report_and_restate(&december, project).await;
    assert_eq!(monday.app.store.verify_journal().await.unwrap().broken, None);
    monday.app.store.close().await;
}

/// Somebody of the sample zone.
async fn person(world: &World, login: &str) -> Client {
    let (user, _) = world.app.store.user_by_login(login).await.unwrap().unwrap();
    world.sign_in(user.id).await
}

fn version(page: &Page) -> String {
    page.all("input[name=version]")[0].value().attr("value").unwrap().to_string()
}

fn action(page: &Page, css: &str) -> String {
    page.one(css).value().attr("action").unwrap().to_string()
}

/// A target that nobody has claimed: its address of registration and its name.
async fn free_target(officer: &mut Client) -> (String, String) {
    let list = officer.page("/targets").await;
    for row in list.all("table#targets > tbody > tr") {
        let Some(link) =
            within(row, "a[href^='/leads/new']").first().map(|a| a.value().attr("href").unwrap())
        else {
            continue;
        };
        let name = text(within(row, "td.name > a")[0]);
        let page = officer.page(link).await;
        assert_eq!(page.value("#name"), name, "the form is prefilled");
        if page.all("#claims table").is_empty() {
            return (link.to_string(), name);
        }
    }
    panic!("every target is claimed");
}

/// Monday: a lead from a target, the same company at another desk, the director's word with a split that both confirm.
async fn lead_and_conflict(world: &World) -> String {
    let (mut wang, mut li) = (person(world, "wang").await, person(world, "li").await);
    let mut director = person(world, "juzhang").await;
    let (link, company) = free_target(&mut wang).await;
    let form = wang.page(&link).await;
    let (key, segment) = (form.value("#key"), form.value("#segment option[selected]"));
    let fields = [
        ("key", key.as_str()),
        ("name", company.as_str()),
        ("title", "船用关键部件生产基地"),
        ("segment", &segment),
        ("source", "target"),
        ("contact_name", "王总"),
        ("contact_phone", "13812345678"),
    ];
    let mine = wang.post("/leads", &fields).await.goes_to();
    let mine = mine.split('?').next().unwrap().to_string();
    let warned = li.page(&format!("/leads/check?name={}", encode(&company))).await.text("#claims");
    assert!(warned.contains("王招商"), "{warned}");
    let fields = [("name", company.as_str()), ("title", "华东总部项目"), ("source", "visit")];
    let theirs = li.post("/leads", &fields).await.goes_to();
    let theirs = theirs.split('?').next().unwrap().to_string();
    let page = wang.page(&mine).await;
    let refused = wang.post(&format!("{mine}/convert"), &[("version", &version(&page))]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "a contested lead does not go on");
    let at = page.all("a[href^='/leads/conflicts/']")[0].value().attr("href").unwrap().to_string();
    assert_eq!(director.page("/desk").await.all(&format!("a[href='{at}']")).len(), 1, "the director is told");
    let conflict = director.page(&at).await;
    let (with, version_seen) = (conflict.value("input[name=with]"), version(&conflict));
    let verdict = [
        ("version", version_seen.as_str()),
        ("verdict", "earlier"),
        ("reason", "一局先登记；二局曾引荐"),
        ("with", with.as_str()),
        ("signed", "10"),
    ];
    director.post(&format!("{at}/settle"), &verdict).await.goes_to();
    assert!(li.page(&theirs).await.text("h1").contains("已放弃"));
    // The split stays with the lead that goes on; it counts once both have confirmed.
    let id = mine.rsplit('/').next().unwrap().to_string();
    for officer in [&mut wang, &mut li] {
        assert!(!officer.page("/desk").await.all("#credits").is_empty(), "it waits on the desk");
        let confirm = action(&officer.page(&mine).await, "form[action$=confirm]");
        officer.post(&confirm, &[("lead", &id)]).await.goes_to();
    }
    assert!(wang.page(&mine).await.text("main").contains("双方已确认"));
    for (kind, note) in [("respond", "专人：王招商"), ("visit", "看了 3 号地块"), ("judge", "可谈")]
    {
        let contact = [("kind", kind), ("day", "2026-11-23"), ("note", note)];
        wang.post(&format!("{mine}/contacts"), &contact).await.goes_to();
    }
    mine
}

/// A stage with its files: what is missing is said first, and each file is asked for once.
async fn pass(
    client: &mut Client,
    project: i64,
    to: &str,
    days: (&str, &str),
    files: &[&str],
    more: &[(&str, &str)],
) -> Reply {
    let path = format!("/projects/{project}/stage");
    let mut fields: BTreeMap<String, String> = [("to", to), ("effective", days.0), ("counts", days.1)]
        .iter()
        .chain(more)
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
    let form = client.page(&format!("{path}?to={to}")).await;
    fields.insert("seen".into(), form.value("input[name=seen]"));
    let mut reply = None;
    for kind in files {
        let sent: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let field = format!("file.{kind}");
        let got = client.upload_field(&path, &sent, &field, &format!("{kind}.pdf"), PDF).await;
        if got.status == StatusCode::UNPROCESSABLE_ENTITY {
            for kept in got.page().all("input[name^='kept.']") {
                let of = |name| kept.value().attr(name).unwrap().to_string();
                fields.insert(of("name"), of("value"));
            }
        }
        reply = Some(got);
    }
    match reply {
        Some(reply) => reply,
        None => {
            let sent: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            client.post(&path, &sent).await
        }
    }
}

/// Every department that waits for an answer about a project says this; of what was asked, the number.
async fn departments(world: &World, project: i64, returns: Option<(&str, &str)>) -> usize {
    let asks = world.app.store.reviews_of(ProjectId(project)).await.unwrap();
    let units = world.app.store.units().await.unwrap();
    let open: Vec<_> = asks.iter().filter(|a| a.answer.is_none()).collect();
    let round = open.iter().map(|a| a.round).max();
    let mut asked = 0;
    for ask in open.iter().filter(|a| Some(a.round) == round) {
        let name = &units.iter().find(|u| u.id == ask.unit).unwrap().name;
        let mut reviewer = reviewer(world, ask.unit).await;
        let path = format!("/reviews/{}", ask.id);
        assert!(!reviewer.page(&path).await.all("button[name=answer]").is_empty(), "{name} may answer");
        if let Some((_, why)) = returns.filter(|r| r.0 == name) {
            reviewer.post(&path, &[("answer", "return"), ("reasons", why)]).await.goes_to();
            return asked + 1;
        }
        reviewer.post(&path, &[("answer", "pass"), ("reasons", "同意")]).await.goes_to();
        asked += 1;
    }
    asked
}

async fn reviewer(world: &World, unit: domain::user::UnitId) -> Client {
    let login = format!("test-{}-{unit}", Role::Reviewer);
    match world.app.store.user_by_login(&login).await.unwrap() {
        Some((user, _)) => world.sign_in(user.id).await,
        None => world.as_member(Role::Reviewer, unit).await,
    }
}

async fn ask(client: &mut Client, project: i64, route: &str) {
    client.post(&format!("/projects/{project}/reviews"), &[("route", route)]).await.goes_to();
}

/// Tuesday: a project, its review with one return, the access scores of two people, the decision.
async fn negotiate_and_review(world: &World, lead: &str) -> i64 {
    let (mut wang, mut director) = (person(world, "wang").await, person(world, "juzhang").await);
    let seen = version(&wang.page(lead).await);
    let to = wang.post(&format!("{lead}/convert"), &[("version", &seen)]).await.goes_to();
    let project: i64 = to.rsplit('/').next().unwrap().parse().unwrap();
    let facts = world.app.store.facts_of(ProjectId(project)).await.unwrap();
    assert!(facts.iter().any(|f| f.kind == Kind::Credit), "the agreed split came with the project");
    let industry = [("kind", "industry"), ("value.industry", "C3734")];
    wang.post(&format!("/projects/{project}/facts"), &industry).await.goes_to();

    let day = ("2026-11-24", "2026-11-24");
    let amount = [("value.planned_total", "1.2"), ("unit.planned_total", "亿元")];
    pass(&mut wang, project, "review", day, &["proposal"], &amount).await.goes_to();
    ask(&mut wang, project, "quality").await;
    departments(world, project, Some(("生态环境", "缺少环评等级说明"))).await;
    let page = wang.page(&to).await.text("#reviews");
    assert!(page.contains("缺少环评等级说明"), "{page}");
    assert_eq!(stage_of(world, project).await, Some(Stage::Negotiating), "a return sends it back");

    pass(&mut wang, project, "review", day, &[], &[]).await.goes_to();
    ask(&mut wang, project, "quality").await;
    assert_eq!(departments(world, project, None).await, 7);
    let early = pass(&mut director, project, "decision", day, &["minutes"], &[]).await;
    assert!(early.page().text("#missing").contains("准入"), "{}", early.page().text("#missing"));
    let names: Vec<String> = ITEMS.iter().map(|i| format!("points.{i}")).collect();
    let scores: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "5")).collect();
    for person in [&mut wang, &mut director] {
        person.post(&format!("/projects/{project}/access"), &scores).await.goes_to();
    }
    pass(&mut director, project, "decision", day, &["minutes"], &[]).await.goes_to();
    ask(&mut wang, project, "signing").await;
    assert_eq!(departments(world, project, None).await, 1, "an industrial project goes to 工信 only");
    project
}

async fn stage_of(world: &World, project: i64) -> Option<Stage> {
    crate::projects::folded(world, project).await.stage()
}

/// The number of a figure of a month on its page.
async fn figure(client: &mut Client, id: &str) -> String {
    let page = client.page(&format!("/figures/{id}?year=2026&month=11")).await;
    page.text(".kpi b")
}

/// Friday: signed with both days and a contract, registered, filed, started; the figure has one more.
async fn sign_and_start(world: &World, project: i64) {
    let (mut wang, mut land) = (person(world, "wang").await, person(world, "tudi").await);
    let before = figure(&mut wang, "signed").await;
    let days = ("2026-11-26", "2026-11-27");
    let bare = pass(&mut wang, project, "signed", days, &[], &[]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "no contract, no signing");
    assert!(bare.page().text("#missing").contains("投资合同"), "{}", bare.page().text("#missing"));
    assert_eq!(figure(&mut wang, "signed").await, before);
    pass(&mut wang, project, "signed", days, &["contract"], &[]).await.goes_to();
    let folded = crate::projects::folded(world, project).await;
    let signed = folded.reached(Stage::Signed).unwrap();
    assert_eq!((signed.effective.to_string().as_str(), signed.counts.to_string().as_str()), days);
    assert_ne!(figure(&mut wang, "signed").await, before, "the figure has the new signing");
    let shown = wang.page("/figures/signed?year=2026&month=11").await;
    let link = format!("/projects/{project}");
    let rows = shown.all("#rows tbody tr");
    let row = rows.iter().find(|r| within(**r, "a")[0].value().attr("href") == Some(&link)).unwrap();
    assert!(text(*row).contains("2026-11-272026-11-26"), "both days: {}", text(*row));
    assert!(text(*row).contains("1.20 亿元") && text(*row).contains('●'), "{}", text(*row));
    let groups = wang.page("/figures/signed?year=2026&month=11&by=officer").await.text("#groups");
    assert!(groups.contains("王招商") && groups.contains("李招商"), "credit is shared: {groups}");

    let day = ("2026-11-27", "2026-11-27");
    let capital = [("value.registered_capital", "5000"), ("unit.registered_capital", "万元")];
    pass(&mut wang, project, "registered", day, &["licence"], &capital).await.goes_to();
    pass(&mut wang, project, "filed", day, &["filing"], &[]).await.goes_to();
    pass(&mut land, project, "supplied", day, &["lease"], &[]).await.goes_to();
    let silent = pass(&mut land, project, "started", day, &["photos"], &[]).await;
    assert!(silent.page().text("#missing").contains("开工认定"), "{}", silent.page().text("#missing"));
    ask(&mut wang, project, "start").await;
    departments(world, project, None).await;
    pass(&mut land, project, "started", day, &["photos"], &[]).await.goes_to();
    assert_eq!(stage_of(world, project).await, Some(Stage::Started));
}

/// Corrects the planned total of a project on the page of its fact; answers what the form held before.
async fn correct(client: &mut Client, project: i64, yi: &str, reason: &str) -> String {
    let page = client.page(&format!("/projects/{project}")).await;
    let rows = page.all("table.factlist tbody tr");
    let row = rows.iter().find(|r| text(within(**r, "th")[0]) == "计划总投资").unwrap();
    let link = within(*row, "td.name a")[0].value().attr("href").unwrap();
    let form = client.page(link).await;
    let seen = form.value("form input[name=seen]");
    let fields = [
        ("do", "correct"),
        ("value.planned_total", yi),
        ("unit.planned_total", "亿元"),
        ("reason", reason),
        ("seen", &seen),
    ];
    client.post(link, &fields).await.goes_to();
    form.value("input[name='value.planned_total']")
}

/// A page without the token of the session that asked for it.
fn bare(client: &Client, reply: &Reply) -> String {
    reply.text().replace(&client.csrf, "")
}

/// December: November is closed, an amount is corrected, the report stays what it was, and the restatement says what changed.
async fn report_and_restate(world: &World, project: i64) {
    let (mut wang, mut director) = (person(world, "wang").await, person(world, "juzhang").await);
    let month = [("year", "2026"), ("month", "11")];
    assert_eq!(wang.post("/reports", &month).await.status, StatusCode::FORBIDDEN);
    let open = director.post("/reports", &[("year", "2026"), ("month", "12")]).await;
    assert_eq!(open.status, StatusCode::BAD_REQUEST, "December is not over");
    let report = director.post("/reports", &month).await.goes_to();
    let first = director.get(&report).await;
    let kept = bare(&director, &first);
    let (page, hash) = (first.page(), first.page().texts("dl.facts dd")[2].clone());
    assert!(page.text("#same").contains("逐字节一致") && hash.len() == 64, "{hash}");
    assert!(page.text("dl.facts").contains("周局长"), "who closed it, by name: {}", page.text("dl.facts"));
    let nothing = director.page(&format!("{report}/restatement")).await;
    assert!(nothing.all("#corrected").is_empty() && nothing.all("#late").is_empty());

    let later = world.at("2026-12-01T06:00:00Z");
    let (mut wang, mut director) = (person(&later, "wang").await, person(&later, "juzhang").await);
    let old = figure(&mut wang, "planned_total").await;
    correct(&mut wang, project, "1.35", "合同附件二核定的金额").await;
    assert_ne!(figure(&mut wang, "planned_total").await, old, "today's figure follows the correction");
    let again = director.get(&report).await;
    assert_eq!(bare(&director, &again), kept, "the closed report is the same to the byte");
    let restated = director.page(&format!("{report}/restatement")).await;
    let rows = restated.texts("#corrected tbody tr");
    assert_eq!(rows.len(), 1, "{rows:?}");
    for word in ["计划总投资", "1.2", "1.35", "王招商", "合同附件二核定的金额", "2026-12-01"]
    {
        assert!(rows[0].contains(word), "{word} in {}", rows[0]);
    }
    assert!(restated.all("#late").is_empty());

    let list = director.page("/projects?from=2026-01-01&to=2026-11-30").await;
    let links = list.all("#projects tbody tr").into_iter().map(|r| within(r, "a[href^='/projects/']")[0]);
    let ids = links.map(|a| a.value().attr("href").unwrap().rsplit('/').next().unwrap().parse().unwrap());
    let others: Vec<i64> = ids.filter(|id| *id != project).take(9).collect();
    assert_eq!(others.len(), 9, "the sample zone signed as many this year");
    for (n, id) in others.iter().enumerate() {
        correct(&mut director, *id, &format!("2.{n}1"), &format!("核对原件 {n}")).await;
    }
    let rows = director.page(&format!("{report}/restatement")).await.texts("#corrected tbody tr");
    assert_eq!(rows.len(), 10, "exactly ten: {rows:#?}");
    for n in 0..9 {
        let reason = format!("核对原件 {n}");
        assert_eq!(rows.iter().filter(|r| r.contains(&reason)).count(), 1, "{reason}");
    }
    let again = director.get(&report).await;
    assert_eq!(bare(&director, &again), kept, "still the same to the byte");
    // Closing once more makes the second edition, which has the corrections; the first stays.
    let second = director.post("/reports", &month).await.goes_to();
    let edition = director.get(&second).await;
    assert!(edition.page().text("h1").contains("第 2 版"), "{}", edition.page().text("h1"));
    assert_ne!(edition.page().texts("dl.facts dd")[2], hash);
    assert_eq!(director.get(&report).await.page().texts("dl.facts dd")[2], hash);
}
