//! A real browser: the main way through the program in both languages, with and without scripts, on a telephone and
//! on a desk, by keyboard alone, with axe-core's rules, and without a request to any other server.

use crate::world::World;
use app::cli::{demo, serve};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use thirtyfour::prelude::*;

const LIST: &str = "企业名称,登记状态,注册资本,所属省份,所属城市,经营范围\n\
    杭州浏览器电解槽制造有限公司,存续,5000万元人民币,浙江省,杭州市,碱性电解槽的研发、生产、销售\n";
const PAGES: [&str; 63] = [
    "/",
    "/chains/ships",
    "/chains/ships?view=graph",
    "/chains/ships?view=list",
    "/chains/hydrogen/alk",
    "/targets",
    "/targets?capital=999999",
    "/companies",
    "/companies?q=%E4%B8%AD%E8%88%B9",
    "/companies/=%E4%B8%AD%E8%88%B9%E5%8A%A8%E5%8A%9B",
    "/imports",
    "/settings",
    "/settings/weights",
    "/settings/chains",
    "/settings/residents",
    "/settings/people",
    "/desk",
    "/leads",
    "/leads/new",
    "/leads/rules",
    "/leads/conflicts",
    "/projects",
    "/projects/board",
    "/projects/new",
    "/reviews",
    "/figures",
    "/figures/signed?year=2025",
    "/figures/definitions",
    "/figures/rates",
    "/reports",
    "/events",
    "/events/new",
    "/events/outcomes",
    "/team",
    "/team/goals",
    "/team/formula",
    "/imports/projects",
    "/settings/units",
    "/settings/access",
    "/settings/tokens",
    "/projects/1",
    "/projects/1/access",
    "/leads/1",
    "/leads/conflicts/1",
    "/events/1",
    "/audit",
    "/land/map",
    "/land/allocation",
    "/land/programme",
    "/land/evaluation",
    "/inventory/parcel",
    "/inventory/parcel/new",
    "/inventory/items/1",
    "/projects/53/plan",
    "/projects/53/match",
    "/projects/53/policies",
    "/policies",
    "/capital",
    "/scenarios",
    "/offers/sweep",
    "/cooperation",
    "/cooperation/trust",
    "/inventory/cooperation/new",
];

/// A browser and its driver; both end with it.
pub struct Browser {
    pub driver: WebDriver,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// `None` (with a message) when this machine has no Chromium; in CI that is a failure.
    pub async fn start(scripts: bool, width: u32) -> Option<Browser> {
        let (Some(chromium), Some(chromedriver)) =
            (find(&["chromium", "chromium-browser", "google-chrome"]), find(&["chromedriver"]))
        else {
            assert!(std::env::var_os("CI").is_none(), "CI has chromium and chromedriver");
            println!("skipped: no chromium and chromedriver here");
            return None;
        };
        let mut process = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_string();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let profile = TempDir::new().unwrap();
        let mut caps = DesiredCapabilities::chrome();
        caps.set_binary(chromium.to_str().unwrap()).unwrap();
        for flag in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ] {
            caps.add_arg(flag).unwrap();
        }
        caps.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        if !scripts {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            caps.add_experimental_option("prefs", off).unwrap();
        }
        // The driver's own client is built with the program's TLS.
        app::dataspace::provide_tls();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), caps).await.unwrap();
        let browser = Browser { driver, process, _profile: profile };
        browser.width(width).await;
        Some(browser)
    }

    /// Makes the window this wide, as a telephone or a desk shows it.
    async fn width(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
    }

    pub async fn value(&self, script: &str) -> Value {
        self.driver.execute(script, vec![]).await.unwrap().json().clone()
    }

    pub async fn one(&self, css: &str) -> WebElement {
        let query = self.driver.query(By::Css(css)).wait(Duration::from_secs(20), Duration::from_millis(100));
        query.first().await.unwrap_or_else(|e| panic!("{css}: {e}"))
    }

    pub async fn stop(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|n| dirs.iter().map(move |d| d.join(n))).find(|p| p.is_file())
}

/// The sample zone on a port of its own.
async fn site() -> (World, String) {
    let world = World::new().await;
    let base = serve_on(&world).await;
    (world, base)
}

/// Serves an instance on a port of its own; answers its address.
pub async fn serve_on(world: &World) -> String {
    serve_app(world.app.clone()).await
}

/// The same for an instance that was changed.
pub async fn serve_app(app: app::app::App) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    app.space.bound(address);
    let base = format!("http://{address}");
    tokio::spawn(async move { serve::serve(app, Some(listener)).await.unwrap() });
    base
}

pub async fn sign_in(browser: &Browser, base: &str) {
    browser.driver.goto(format!("{base}/sign-in")).await.unwrap();
    browser.one("#login").await.send_keys(demo::LOGIN).await.unwrap();
    browser.one("#password").await.send_keys(demo::PASSWORD).await.unwrap();
    browser.one("main button.main").await.click().await.unwrap();
    browser.one(".kpi").await;
}

/// Import, board, targets, export: what everybody does first.
async fn way_through(browser: &Browser, base: &str, file: &Path, english: bool, scripts: bool) {
    sign_in(browser, base).await;
    if english {
        browser.one("header button[lang=en]").await.click().await.unwrap();
        browser.one("html[lang=en] .kpi").await;
    }
    browser.driver.goto(format!("{base}/companies")).await.unwrap();
    let bundle = "return Object.keys(document.querySelector('#q')).includes('htmx-internal-data')";
    assert_eq!(browser.value(bundle).await, json!(scripts), "the page's own script runs, or does not");
    browser.one("nav a[href='/imports']").await.click().await.unwrap();
    browser.one("#file").await.send_keys(file.to_str().unwrap()).await.unwrap();
    browser.one("main form button.main").await.click().await.unwrap();
    browser.one("#c0 option[selected]").await;
    browser.one("main form button.main").await.click().await.unwrap();
    // With scripts the page goes on by itself; without them a reader reloads it.
    let mut done = false;
    for _ in 0..100 {
        let text = browser.one("#progress").await.text().await.unwrap_or_default();
        done = text.contains("1 + 0 = 1");
        if done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        if !scripts {
            browser.driver.refresh().await.unwrap();
        }
    }
    assert!(done, "the import is done and accounted for");
    browser.one("#progress a[href='/chains']").await.click().await.unwrap();
    browser.one(".board a.v").await;
    browser.one("nav a[href='/targets']").await.click().await.unwrap();
    let heading = browser.one("h1").await.text().await.unwrap();
    assert_eq!(heading, if english { "Targets" } else { "目标企业" });
    browser.one("#role option[value=maker]").await.click().await.unwrap();
    browser.one("form.bar button.main").await.click().await.unwrap();
    browser.one("#role option[value=maker][selected]").await;
    browser.one("#targets details summary").await.click().await.unwrap();
    assert!(browser.one("#targets details[open] table.contrib").await.is_displayed().await.unwrap());
    let export = browser.one("a[href^='/targets.xlsx']").await.attr("href").await.unwrap().unwrap();
    assert!(export.contains("role=maker"), "the export asks what the page asks: {export}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_through_in_chinese_and_english_with_and_without_scripts() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("list.csv");
    std::fs::write(&file, LIST).unwrap();
    for (with_scripts, english, width) in
        [(true, false, 1440), (true, true, 390), (false, false, 390), (false, true, 1440)]
    {
        let Some(browser) = Browser::start(with_scripts, width).await else { return };
        let (_world, base) = site().await;
        way_through(&browser, &base, &file, english, with_scripts).await;
        browser.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_fits_passes_axe_and_asks_nobody_else() {
    let Some(browser) = Browser::start(true, 1440).await else { return };
    let (_world, base) = site().await;
    sign_in(&browser, &base).await;
    let found = faults_of(&browser, &base, &PAGES).await;
    browser.stop().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is wrong with pages for one who is signed in: wider than the window, against the rules of axe, or asking another server; in both languages,
/// both themes and both widths.
pub async fn faults_of(browser: &Browser, base: &str, pages: &[&str]) -> Vec<String> {
    let axe = axe();
    let mut found = Vec::new();
    for (theme, width, cookies) in [
        ("light", 1440, ["theme=light", "size=normal", "lang=zh"]),
        ("dark", 1440, ["theme=dark", "size=normal", "lang=en"]),
        ("large", 390, ["theme=light", "size=large", "lang=zh"]),
        ("narrow", 390, ["theme=dark", "size=normal", "lang=en"]),
    ] {
        browser.width(width).await;
        for cookie in cookies {
            browser.value(&format!("document.cookie = '{cookie}; path=/'")).await;
        }
        for path in pages {
            browser.driver.goto(format!("{base}{path}")).await.unwrap();
            let over = browser
                .value("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                .await;
            if over.as_i64().unwrap() > 0 {
                found.push(format!("{theme} {path}: {over} px wider than the window"));
            }
            let foreign = browser
                .value("return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith('data:'))")
                .await;
            assert_eq!(foreign, json!([]), "{path} asks another server");
            if theme != "narrow" {
                browser.value(&axe).await;
                let run = "const done = arguments[arguments.length - 1]; \
                    axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => \
                    done(r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' / '))), e => done(['' + e]))";
                let violations = browser.driver.execute_async(run, vec![]).await.unwrap().json().clone();
                for violation in violations.as_array().unwrap() {
                    found.push(format!("{theme} {path}: {}", violation.as_str().unwrap()));
                }
            }
        }
    }
    found
}

/// The rules, installed beside the assets by the build.
fn axe() -> String {
    let path = concat!(env!("OUT_DIR"), "/web/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}; build without LANDFALL_WEB_DIST"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_alone_signs_in_and_filters() {
    let Some(browser) = Browser::start(true, 1440).await else { return };
    let (_world, base) = site().await;
    browser.driver.goto(format!("{base}/sign-in?next=/targets")).await.unwrap();
    focus(&browser, "login").await;
    type_keys(&browser, demo::LOGIN.into()).await;
    focus(&browser, "password").await;
    type_keys(&browser, format!("{}{}", demo::PASSWORD, '\u{e007}')).await;
    browser.one("#targets").await;
    let first = browser.driver.action_chain().send_keys(Key::Tab);
    first.perform().await.unwrap();
    assert_eq!(
        browser.value("return document.activeElement.className").await,
        json!("skip"),
        "first the way past the menu"
    );
    focus(&browser, "capital").await;
    type_keys(&browser, format!("20000{}", '\u{e007}')).await;
    browser.one("#capital[value='20000']").await;
    let address = browser.driver.current_url().await.unwrap().to_string();
    assert!(address.contains("capital=20000"), "{address}");
    let outline = "document.querySelector('a.brand').focus({focusVisible: true}); \
                   return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.value(outline).await, json!("solid"), "focus is seen");
    browser.stop().await;
}

/// Presses Tab until the control is reached, as somebody without a mouse does.
async fn focus(browser: &Browser, id: &str) {
    for _ in 0..60 {
        browser.driver.action_chain().send_keys(Key::Tab).perform().await.unwrap();
        if browser.value("return document.activeElement.id").await == json!(id) {
            return;
        }
    }
    panic!("Tab never reaches #{id}");
}

async fn type_keys(browser: &Browser, keys: String) {
    browser.driver.action_chain().send_keys(keys).perform().await.unwrap();
}
