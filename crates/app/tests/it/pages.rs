//! Every page in both languages: it renders, is built soundly, says everything in its language, and its links hold.

use crate::world::{Client, Page, World, text, within};
use app::web::form::encode;
use axum::http::{Method, StatusCode};
use std::collections::{BTreeMap, BTreeSet};

/// Every page with something on it, and the public ones.
async fn addresses(client: &mut Client) -> Vec<String> {
    let company = client.page("/targets").await.all("#targets td.name > a")[0]
        .value()
        .attr("href")
        .unwrap()
        .to_string();
    let plain = [
        "/",
        "/chains/ships",
        "/chains/ships?view=list",
        "/chains/ships?view=graph",
        "/chains/hydrogen/alk",
        "/targets",
        "/targets?chain=ships&role=maker&capital=1000&page=2",
        "/targets?capital=999999999",
        "/companies",
        "/companies?q=%E4%B8%AD%E8%88%B9%E5%8A%A8%E5%8A%9B",
        "/companies?q=zzzz",
        "/imports",
        "/settings",
        "/settings/weights",
        "/settings/chains",
        "/settings/residents",
        "/settings/refusals",
        "/settings/columns",
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
        "/inventory/parcel",
        "/inventory/parcel/new",
        "/inventory/space?day=2027-03-01&free=yes",
        "/inventory/bond",
        "/inventory/parcel/import",
        "/land/map",
        "/scenarios",
        "/policies",
        "/capital",
        "/projects/1/policies",
        "/land/programme",
        "/land/evaluation",
        "/dataspace",
        "/cooperation",
        "/cooperation/trust",
        "/inventory/coop_task/new",
        "/land/allocation",
        "/projects/1/match?go=1&area=60",
        "/inventory/offer_line/new",
        "/inventory/warrant/new",
        "/inventory/opportunity",
        "/offers/check",
        "/offers/check?kind=land_discount&condition=named_beneficiary&ground=x",
        "/offers/check?kind=other",
        "/offers/rules",
        "/offers/sweep",
        "/projects/1/plan",
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
        "/audit",
    ];
    let leader = format!("/companies/{}", encode("=中船动力"));
    plain.iter().map(ToString::to_string).chain([company, leader]).collect()
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let world = World::new().await;
    let mut zh = world.admin().await;
    let mut en = zh.english();
    let mut pages = addresses(&mut zh).await;
    let import = imported(&world, &mut zh).await;
    pages.extend(import);
    for path in &pages {
        for (client, lang) in [(&mut zh, "zh-CN"), (&mut en, "en")] {
            let reply = client.get(path).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
            secure(path, &reply);
            sound(path, &reply.page(), lang);
        }
    }
    for path in ["/sign-in", "/sign-in?next=/targets"] {
        let reply = world.stranger().get(path).await;
        secure(path, &reply);
        sound(path, &reply.page(), "zh-CN");
        sound(path, &world.stranger().english().page(path).await, "en");
    }
}

/// A mapping page and the page of a finished import with rejected rows.
async fn imported(world: &World, client: &mut Client) -> [String; 2] {
    let file = "企业名称,统一社会信用代码,备用列\n镇江测试机械有限公司,,x\n坏行有限公司,123,y\n";
    let mapping =
        client.upload("/imports", &[("kind", "universe")], "表.csv", file.as_bytes()).await.goes_to();
    let fields = [("kind", "universe"), ("name", "表.csv")];
    let status = client.post(mapping.split('?').next().unwrap(), &fields).await.goes_to();
    world.work().await;
    [mapping, status]
}

fn secure(path: &str, reply: &crate::world::Reply) {
    let csp = reply.header("content-security-policy");
    for part in ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"] {
        assert!(csp.contains(part), "{path}: {csp}");
    }
    assert!(!csp.contains("unsafe"), "{csp}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("x-frame-options"), "DENY");
    assert_eq!(reply.header("referrer-policy"), "same-origin");
    let html = reply.text();
    for word in [" style=", " onclick=", "<style", "javascript:", "http://", "https://"] {
        assert!(
            !html.contains(word),
            "{path} holds {word}, which the content policy or a network without internet refuses"
        );
    }
}

fn sound(path: &str, page: &Page, lang: &str) {
    assert_eq!(page.one("html").value().attr("lang"), Some(lang), "{path}");
    assert_eq!(page.all("h1").len(), 1, "{path} has one h1");
    assert_eq!(page.all("main").len(), 1);
    assert!(!page.text("title").trim().is_empty());
    let mut ids = BTreeSet::new();
    for element in page.all("[id]") {
        let id = element.value().attr("id").unwrap();
        assert!(ids.insert(id.to_string()), "{path}: id {id} twice");
    }
    let labelled: BTreeSet<String> =
        page.all("label[for]").iter().map(|l| l.value().attr("for").unwrap().to_string()).collect();
    for target in &labelled {
        assert!(ids.contains(target), "{path}: label for {target}, which is not there");
    }
    let inside: BTreeSet<_> =
        page.all("label").into_iter().flat_map(|l| within(l, "input, select")).map(|e| e.id()).collect();
    for control in page.all("input:not([type=hidden]), select, textarea") {
        let id = control.value().attr("id").unwrap_or_default();
        let named = labelled.contains(id)
            || inside.contains(&control.id())
            || control.value().attr("aria-label").is_some_and(|l| !l.trim().is_empty());
        assert!(named, "{path}: a control without a label: {}", control.html());
    }
    for form in page.all("main form[method=post], header form[action='/sign-out']") {
        let action = form.value().attr("action").unwrap();
        let public = ["/sign-in", "/preferences"].contains(&action);
        assert!(
            public || !within(form, "input[name=csrf]").is_empty(),
            "{path}: the form to {action} has no token"
        );
    }
    for table in page.all("table") {
        assert!(!within(table, "thead th[scope=col]").is_empty(), "{path}: a table without headings");
    }
    if lang == "en" {
        let fixed = "header.top nav a, header.top form button:not([lang]), main h2, main h3, thead th, main label, legend, \
                     main button, a.button, nav.tabs a, dt, .kpi span, .kpi small, footer, .skip, .notice";
        for element in page.all(fixed) {
            let words = text(element);
            let data = path.starts_with("/imports/") && ["th", "label"].contains(&element.value().name());
            // The sample zone's notice names the mark that synthetic names carry.
            let mark = words.replace("合成", "");
            assert!(data || !mark.chars().any(han), "{path} in English says “{words}”");
        }
    }
}

fn han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    const PER_KIND: usize = 40;
    let world = World::new().await;
    let mut client = world.admin().await;
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut queue = addresses(&mut client).await;
    let mut asked = 0;
    while let Some(path) = queue.pop() {
        let reply = client.get(&path).await;
        assert!(reply.status.is_success() || reply.status.is_redirection(), "{path}: {}", reply.status);
        asked += 1;
        if !reply.header("content-type").starts_with("text/html") {
            continue;
        }
        for link in reply.page().all("a[href]") {
            let href = link.value().attr("href").unwrap();
            assert!(href.starts_with('/') || href.starts_with('#'), "{path} leads away to {href}");
            if href.starts_with('#') {
                continue;
            }
            // Of pages of one kind (companies, segments) a sample is enough.
            let kind: Vec<&str> =
                href.split(['/', '?']).take(2 + usize::from(href.starts_with("/chains"))).collect();
            let kind = seen.entry(kind.join("/")).or_default();
            if kind.len() < PER_KIND && kind.insert(href.to_string()) {
                queue.push(href.to_string());
            }
        }
    }
    assert!(asked > 100, "{asked} addresses");
}

#[tokio::test]
async fn display_choices_hold_and_lead_only_inside() {
    let world = World::new().await;
    let mut client = world.stranger();
    let reply = client.post_bare("/preferences", &[("back", "/sign-in?next=/"), ("lang", "en")]).await;
    assert_eq!(reply.goes_to(), "/sign-in?next=/");
    client.post_bare("/preferences", &[("theme", "dark")]).await;
    client.post_bare("/preferences", &[("size", "large")]).await;
    let page = client.page("/sign-in").await;
    let html = page.one("html");
    assert_eq!(html.value().attr("lang"), Some("en"));
    assert_eq!(
        (html.value().attr("data-theme"), html.value().attr("data-size")),
        (Some("dark"), Some("large"))
    );
    for back in ["//evil.example/", "https://evil.example/", "/\\evil.example"] {
        assert_eq!(client.post_bare("/preferences", &[("back", back), ("lang", "zh")]).await.goes_to(), "/");
    }
    client.post_bare("/preferences", &[("lang", "xx\r\nx: y")]).await;
    assert_eq!(client.cookies["lang"], "zh", "an unknown language is not kept");
}

#[tokio::test]
async fn assets_come_compressed_and_for_ever() {
    let world = World::new().await;
    let mut client = world.stranger();
    let page = client.page("/sign-in").await;
    for element in page.all("link[rel=stylesheet], link[rel=icon], script[src]") {
        let address = element.value().attr("href").or(element.value().attr("src")).unwrap();
        let request = client
            .request(Method::GET, address)
            .header("accept-encoding", "gzip, br")
            .body(axum::body::Body::empty())
            .unwrap();
        let reply = client.send(request).await;
        assert_eq!(reply.status, StatusCode::OK, "{address}");
        assert!(reply.header("cache-control").contains("immutable"), "{address}");
        let whole = client.get(address).await;
        assert!(reply.bytes.len() <= whole.bytes.len());
        assert!(["br", ""].contains(&reply.header("content-encoding")), "{address}: coded once");
    }
}
