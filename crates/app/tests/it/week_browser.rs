//! The same week in a real browser, by its links, forms and buttons, on both databases.

use crate::browser::{Browser, serve_on};
use crate::database::postgres;
use crate::world::World;
use app::account::password;
use app::cli::demo;
use domain::role::{Lang, Role};
use std::path::Path;
use std::time::Duration;
use store::Actor;
use store::user::NewUser;
use tempfile::TempDir;
use thirtyfour::prelude::*;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officers_week_works_in_the_browser_on_both_databases() {
    week(None).await;
    if let Some(url) = postgres().await {
        week(Some(url)).await;
    }
}

async fn week(database: Option<String>) {
    let Some(browser) = Browser::start(true, 1440).await else { return };
    let world = World::sample(database).await;
    println!("on {}", world.app.store.backend());
    add_reviewer(&world).await;
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("合同.pdf");
    std::fs::write(&file, PDF).unwrap();
    let mut desk = Desk { base: serve_on(&world).await, browser };
    let lead = desk.lead_and_conflict().await;
    let project = desk.negotiate(&lead).await;
    desk.sign_and_start(&project, &file).await;
    desk.base = serve_on(&world.at("2026-12-01T02:00:00Z")).await;
    let report = desk.close_november().await;
    desk.base = serve_on(&world.at("2026-12-02T02:00:00Z")).await;
    desk.correct_and_restate(&project, &report).await;
    desk.browser.stop().await;
    assert_eq!(world.app.store.verify_journal().await.unwrap().broken, None);
}

/// The sample zone has nobody who answers for 发改.
async fn add_reviewer(world: &World) {
    let unit = world.app.store.units().await.unwrap().into_iter().find(|u| u.name == "发改").unwrap().id;
    let new = NewUser {
        login: "fagai".into(),
        name: "发改评审".into(),
        role: Role::Reviewer,
        unit: Some(unit),
        password_hash: Some(password::hash(demo::PASSWORD, &[7; 16]).unwrap()),
        lang: Lang::Zh,
    };
    world.app.store.add_user(&Actor::System, crate::world::now(), &new).await.unwrap();
}

/// A browser at the address of a zone.
pub struct Desk {
    pub base: String,
    pub browser: Browser,
}

impl Desk {
    pub async fn go(&self, path: &str) {
        self.browser.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    pub async fn click(&self, css: &str) {
        let found = self.browser.one(css).await;
        found.scroll_into_view().await.unwrap();
        found.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
    }

    pub async fn click_path(&self, xpath: &str) {
        let query = self.browser.driver.query(By::XPath(xpath));
        let found = query.wait(Duration::from_secs(20), Duration::from_millis(100)).first().await;
        found.unwrap_or_else(|e| panic!("{xpath}: {e}")).click().await.unwrap();
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let found = self.browser.one(css).await;
        found.clear().await.unwrap();
        found.send_keys(text).await.unwrap();
    }

    pub async fn attach(&self, css: &str, file: &Path) {
        self.browser.one(css).await.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    pub async fn text(&self, css: &str) -> String {
        self.browser.one(css).await.text().await.unwrap()
    }

    pub async fn count(&self, css: &str) -> usize {
        self.browser.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    /// Waits until the address has this in it; answers its path.
    pub async fn at(&self, part: &str) -> String {
        let mut url = String::new();
        for _ in 0..200 {
            url = self.browser.driver.current_url().await.unwrap().to_string();
            let path = url.strip_prefix(&self.base).unwrap_or_default();
            if path.contains(part) {
                return path.split(['?', '#']).next().unwrap().to_string();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let page = self.text("main").await;
        panic!("never at {part}, but at {url}: {page}");
    }

    /// Another person comes to the desk.
    pub async fn sign_in(&self, login: &str, next: &str) {
        self.browser.driver.delete_all_cookies().await.unwrap();
        self.go(&format!("/sign-in?next={}", app::web::form::encode(next))).await;
        self.fill("#login", login).await;
        self.fill("#password", demo::PASSWORD).await;
        self.click("main button.main").await;
        self.at(next.split('?').next().unwrap()).await;
    }

    /// Picks an entry of a list.
    pub async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value='{value}']")).await;
    }

    /// Fills a field of a day, whose keys depend on the browser's language.
    pub async fn fill_day(&self, css: &str, day: &str) {
        self.browser.one(css).await;
        self.browser.value(&format!("document.querySelector('{css}').value = '{day}'")).await;
    }

    /// Registers a target that nobody has claimed; another desk registers it too; the director settles with a split, which both confirm.
    async fn lead_and_conflict(&self) -> String {
        self.sign_in("wang", "/targets").await;
        let mut links = Vec::new();
        for link in self.browser.driver.find_all(By::Css("#targets a[href^='/leads/new']")).await.unwrap() {
            links.push(link.attr("href").await.unwrap().unwrap());
        }
        let mut company = String::new();
        for link in links {
            self.go(&link).await;
            if self.count("#claims table").await == 0 {
                company = self.browser.one("#name").await.prop("value").await.unwrap().unwrap();
                break;
            }
        }
        assert!(!company.is_empty(), "a target that nobody has claimed, in the form already");
        self.fill("#title", "船用关键部件生产基地").await;
        self.click("#lead button.main").await;
        let lead = self.at("done=registered").await;

        self.sign_in("li", "/leads/new").await;
        self.fill("#name", &company).await;
        let warned = self.text("#claims table").await;
        assert!(warned.contains("王招商"), "the claim shows while the name is typed: {warned}");
        self.fill("#title", "华东总部项目").await;
        self.click("#source option[value=visit]").await;
        self.click("#lead button.main").await;
        self.at("contested=1").await;
        self.click("main li a[href^='/leads/conflicts/']").await;
        let conflict = self.at("/leads/conflicts/").await;

        self.sign_in("juzhang", "/desk").await;
        self.click(&format!("main a[href='{conflict}']")).await;
        self.at(&conflict).await;
        self.click("input[name=verdict][value=earlier]").await;
        self.fill("#reason", "一局先登记；二局曾引荐").await;
        self.click("main details summary").await;
        self.fill("#s-signed", "10").await;
        self.click("form[action$=settle] button.main").await;
        assert!(self.text("ol.why li").await.contains("一局先登记"));
        for who in ["wang", "li"] {
            self.sign_in(who, &lead).await;
            self.click("form[action$=confirm] button").await;
            self.at("done=saved").await;
        }
        lead
    }

    /// A contact, a project, its industry, and a check before signing that is returned once.
    async fn negotiate(&self, lead: &str) -> String {
        self.sign_in("wang", lead).await;
        self.fill("#note", "看了 3 号地块").await;
        self.click("form[action$=contacts] button.main").await;
        self.at("done=saved").await;
        self.click("form[action$=convert] button.main").await;
        let project = self.at("/projects/").await;
        self.go(&format!("{project}/record?kind=industry")).await;
        self.fill("#v-industry", "C3734").await;
        self.click("form[action$='/facts'] button.main").await;
        self.browser.one("#reviews").await;
        for (answer, why) in [("return", "缺少股权结构"), ("pass", "已补齐，同意")] {
            self.sign_in("wang", &project).await;
            self.ask("signing").await;
            self.sign_in("gongxin", "/reviews").await;
            self.answer(&project, answer, why).await;
        }
        self.sign_in("wang", &project).await;
        let said = self.text("#reviews").await;
        assert!(said.contains("缺少股权结构") && said.contains("全部通过"), "{said}");
        project
    }

    async fn ask(&self, route: &str) {
        let rounds = self.count("#reviews .round").await;
        self.click(&format!("#route option[value={route}]")).await;
        self.click("form[action$='/reviews'] button").await;
        self.browser.one(&format!("#reviews .round:nth-of-type({})", rounds + 1)).await;
    }

    async fn answer(&self, project: &str, answer: &str, why: &str) {
        self.click_path(&format!("//table[@id='waiting']//tr[.//a[@href='{project}']]//a[@class='button']"))
            .await;
        self.at("/reviews/").await;
        self.fill("#reasons", why).await;
        self.click(&format!("button[name=answer][value={answer}]")).await;
        self.browser.one("nav.tabs a[href='/reviews'][aria-current=page]").await;
    }

    /// The gate says what is missing and lets the project pass with it; the figure opens to its row.
    async fn sign_and_start(&self, project: &str, file: &Path) {
        self.go(&format!("{project}/stage?to=signed")).await;
        self.fill("#v-planned_total", "12000").await;
        self.click("form[action$='/stage'] button.main").await;
        self.browser.one("input[name='value.planned_total'][value='12000']").await;
        let missing = self.text("#missing").await;
        assert!(missing.contains("投资合同") && !missing.contains("计划总投资"), "{missing}");
        let day = "document.querySelector('#effective').value = '2026-11-20'";
        self.browser.value(day).await;
        self.attach("#file-contract", file).await;
        self.click("form[action$='/stage'] button.main").await;
        assert!(self.text("#files").await.contains("合同.pdf"));
        let gates = self.text("#gates").await;
        assert!(gates.contains("2026-11-20") && gates.contains("2026-11-23"), "both days: {gates}");
        self.go("/figures?year=2026&month=11").await;
        self.click("#figures th a[href^='/figures/signed?']").await;
        self.at("/figures/signed").await;
        assert_eq!(
            self.count(&format!("#rows a[href='{project}']")).await,
            1,
            "the figure opens to its rows"
        );

        self.go(project).await;
        self.ask("start").await;
        self.sign_in("fagai", "/reviews").await;
        self.answer(project, "pass", "已到现场").await;
        self.sign_in("tudi", &format!("{project}/stage?to=started")).await;
        self.attach("#file-lease", file).await;
        self.attach("#file-photos", file).await;
        self.click("form[action$='/stage'] button.main").await;
        let stage = self.text("h1 + p .st").await;
        assert_eq!(stage, "开工");
    }

    async fn close_november(&self) -> String {
        self.sign_in("juzhang", "/reports").await;
        self.fill("#month", "11").await;
        self.click("form[action='/reports'] button.main").await;
        let report = self.at("/reports/").await;
        assert!(self.text("#same").await.contains("逐字节一致"));
        report
    }

    async fn correct_and_restate(&self, project: &str, report: &str) {
        self.sign_in("juzhang", report).await;
        let (hash, lines) = (self.text("dl.facts").await, self.text("#lines").await);
        self.sign_in("wang", project).await;
        self.click_path(
            "//table[contains(@class,'factlist')]//tr[th='计划总投资']//td[contains(@class,'name')]//a",
        )
        .await;
        self.fill("#v-planned_total", "13500").await;
        self.fill("#reason", "合同附件二核定的金额").await;
        self.click("button[name=do][value=correct]").await;
        self.browser.one("#history tbody tr:nth-child(2)").await;
        self.sign_in("juzhang", report).await;
        assert!(self.text("#same").await.contains("逐字节一致"));
        assert_eq!((self.text("dl.facts").await, self.text("#lines").await), (hash, lines));
        self.click("a[href$='/restatement']").await;
        let row = self.text("#corrected tbody").await;
        assert_eq!(self.count("#corrected tbody tr").await, 1, "{row}");
        for word in ["计划总投资", "1.2", "1.35", "王招商", "合同附件二核定的金额", "2026-12-02"]
        {
            assert!(row.contains(word), "{word} in {row}");
        }
    }
}
