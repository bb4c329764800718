//! Units, roles given and confirmed, separated duties, sessions that nobody uses, locks and rates.

use crate::world::{Client, World, now};
use app::app::App;
use app::clock::Clock;
use app::config::Config;
use app::web::router::router;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::limits;
use domain::role::Role;
use domain::scope::Reading;
use domain::user::UnitId;
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;

const PASSWORD: &str = "a long password";

/// Brings in the keepers and separates the duties as the administrator does.
pub async fn separate(world: &World) {
    for (login, role) in
        [("keeper-security", Role::Security), ("keeper-auditor", Role::Auditor), ("business", Role::Director)]
    {
        world.add_person(login, PASSWORD, role).await;
    }
    let mut admin = world.admin().await;
    let version = version(&mut admin).await;
    admin.post("/settings/access/separate", &[("version", &version)]).await.goes_to();
    assert!(world.app.store.zone().await.unwrap().unwrap().settings.separated);
}

async fn version(client: &mut Client) -> String {
    client.page("/settings/access").await.all("input[name=version]")[0]
        .value()
        .attr("value")
        .unwrap()
        .to_string()
}

async fn id_of(world: &World, login: &str) -> i64 {
    world.app.store.user_by_login(login).await.unwrap().unwrap().0.id.0
}

#[tokio::test]
async fn units_are_added_renamed_and_ended() {
    let world = World::empty(None).await;
    let mut admin = world.admin().await;
    assert!(admin.page("/settings/units").await.text("main").contains("还没有部门"));
    admin.post("/settings/units", &[("name", "招商一局")]).await.goes_to();
    admin.post("/settings/units", &[("name", "投资促进局")]).await.goes_to();
    let again = admin.post("/settings/units", &[("name", "招商一局")]).await.page();
    assert!(again.text("[role=alert]").contains("已有这个名称"), "{}", again.text("main"));
    assert_eq!(again.value("#name"), "招商一局", "what was typed stays");
    let unit = world.app.store.units().await.unwrap().into_iter().find(|u| u.name == "招商一局").unwrap().id;
    admin.post(&format!("/settings/units/{unit}"), &[("name", "产业链一局")]).await.goes_to();

    let form = [("login", "wang"), ("name", "王专员"), ("role", "officer"), ("unit", &*unit.to_string())];
    let added = admin.post("/settings/people", &form).await.page();
    assert!(added.text(".flash code").starts_with("/welcome/"));
    assert_eq!(
        added.texts("tbody tr:has(input[value=officer]) option[selected]"),
        ["招商专员", "产业链一局"]
    );
    let kept = admin.post(&format!("/settings/units/{unit}/end"), &[]).await.page();
    assert!(kept.text("[role=alert]").contains("1 people belong to it"));

    let wang = id_of(&world, "wang").await;
    let assign = |was: &'static str, role: &'static str, to: &'static str| {
        [("was_role", "officer"), ("was_unit", was), ("role", role), ("unit", to)]
    };
    let path = format!("/settings/people/{wang}");
    let stale = admin.post(&path, &assign("", "land", "")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "somebody else has changed the unit since");
    let was: &'static str = unit.to_string().leak();
    admin.post(&path, &assign(was, "land", "")).await.goes_to();
    let user = world.app.store.user(domain::user::UserId(wang)).await.unwrap().unwrap();
    assert_eq!((user.role, user.unit), (Role::Land, None));
    admin.post(&format!("/settings/units/{unit}/end"), &[]).await.goes_to();
    let ended = admin.page("/settings/units").await;
    assert!(ended.texts("tbody tr").iter().any(|r| r.contains("产业链一局") && r.contains("已停用")));
    let english = admin.english().page("/settings/units").await;
    assert!(english.text("main").contains("in use"), "{}", english.text("main"));
    let mut officer = world.as_role(Role::Officer).await;
    assert!(officer.page("/settings/units").await.all("main form").is_empty(), "an officer only looks");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::empty(None).await;
    let mut admin = world.admin().await;
    let id = id_of(&world, "test-administrator").await;
    let form = [("was_role", "administrator"), ("was_unit", ""), ("role", "officer"), ("unit", "")];
    let reply = admin.post(&format!("/settings/people/{id}"), &form).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.page().text("[role=alert]").contains("最后一位系统管理员"));
}

#[tokio::test]
async fn duties_are_separated_only_with_all_keepers_and_then_bind_the_administrator() {
    let world = World::empty(None).await;
    let zone = domain::zone::ZoneSettings { name: "试验区".into(), ..Default::default() };
    world.app.store.save_zone(&store::Actor::System, now(), 0, &zone).await.unwrap();
    let mut admin = world.admin().await;
    let first = [("version", "1")];
    let reply = admin.post("/settings/access/separate", &first).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.page().text("[role=alert]").contains("三员还不齐"));
    // The administrator of the test has no password of their own, which a keeper must have set.
    world.add_person("keeper", PASSWORD, Role::Administrator).await;
    separate(&world).await;

    assert_eq!(admin.get("/settings/access").await.page().text("#duties h2"), "三员分立 · 已启用");
    assert_eq!(admin.get("/audit").await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.post("/settings/access/join", &first).await.status, StatusCode::FORBIDDEN);
    let journal = world.as_role(Role::Auditor).await.page("/audit").await;
    assert!(journal.text("main").contains("zone.duties"));

    let new = [("login", "li"), ("name", "李专员"), ("role", "officer")];
    let page = admin.post("/settings/people", &new).await.page();
    assert!(page.texts("tbody tr").iter().any(|r| r.contains("李专员") && r.contains("待安全管理员确认")));
    let link = page.text(".flash code");
    let mut li = world.stranger();
    let set = [("password", PASSWORD), ("again", PASSWORD)];
    let waits = li.post_bare(&link, &set).await;
    assert_eq!(waits.status, StatusCode::FORBIDDEN);
    assert!(waits.text().contains("安全管理员确认"), "{}", waits.text());
    let sign_in = [("login", "li"), ("password", PASSWORD)];
    assert_eq!(li.post_bare("/sign-in", &sign_in).await.status, StatusCode::FORBIDDEN);
    assert!(li.cookies.is_empty(), "no session before the role is confirmed");

    let id = id_of(&world, "li").await;
    let confirm = [("was_role", "officer"), ("was_unit", ""), ("role", "officer"), ("unit", "")];
    let path = format!("/settings/people/{id}");
    assert_eq!(admin.post(&path, &confirm).await.status, StatusCode::FORBIDDEN, "not the administrator");
    let mut security = world.as_role(Role::Security).await;
    security.post(&path, &confirm).await.goes_to();
    assert_eq!(li.post_bare("/sign-in", &sign_in).await.goes_to(), "/");

    // A new link could set a password behind the person's back: rights wait for the security administrator again.
    assert_eq!(admin.post(&format!("{path}/link"), &[]).await.status, StatusCode::OK);
    assert!(li.get("/").await.goes_to().starts_with("/sign-in"), "the open session has ended");

    let form = [("version", &*version(&mut security).await), ("idle", "4"), ("scope", "unit")];
    assert!(security.post("/settings/access", &form).await.page().text("[role=alert]").contains("5 到 720"));
    let form = [form[0], ("idle", "20"), form[2]];
    assert!(security.post("/settings/access", &form).await.page().text("[role=status]").contains("已保存"));
    let settings = world.app.store.zone().await.unwrap().unwrap().settings;
    assert_eq!((settings.idle_minutes, settings.scope), (Some(20), Reading::Unit));
    let version = version(&mut security).await;
    security.post("/settings/access/join", &[("version", &version)]).await.goes_to();
    assert_eq!(admin.get("/audit").await.status, StatusCode::OK);
}

/// The same instance at another time.
fn later(world: &World, at: Timestamp) -> Router {
    router(App { clock: Clock::Fixed(at), ..world.app.clone() })
}

async fn status(router: &Router, client: &Client, path: &str) -> StatusCode {
    let request = client.request(axum::http::Method::GET, path).body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let world = World::empty(None).await;
    let client = world.as_role(Role::Officer).await;
    let minutes = |n: i64| later(&world, now() + SignedDuration::from_mins(n));
    assert_eq!(status(&minutes(29), &client, "/settings").await, StatusCode::OK);
    assert_eq!(status(&minutes(58), &client, "/settings").await, StatusCode::OK, "use keeps it");
    assert_eq!(status(&minutes(88), &client, "/settings").await, StatusCode::SEE_OTHER, "thirty minutes on");
    let used = world.as_role(Role::Director).await;
    for n in (0..720).step_by(20) {
        assert_eq!(status(&minutes(n), &used, "/settings").await, StatusCode::OK, "{n}");
    }
    assert_eq!(
        status(&minutes(720), &used, "/settings").await,
        StatusCode::SEE_OTHER,
        "twelve hours are the end"
    );
}

#[tokio::test]
async fn a_locked_account_says_how_long_and_the_journal_keeps_it() {
    let world = World::empty(None).await;
    world.add_person("zhao", PASSWORD, Role::Officer).await;
    let mut client = world.stranger();
    for _ in 0..limits::SIGN_IN_TRIES {
        let wrong = [("login", "zhao"), ("password", "wrong")];
        assert_eq!(client.post_bare("/sign-in", &wrong).await.status, StatusCode::UNAUTHORIZED);
    }
    let right = [("login", "zhao"), ("password", PASSWORD)];
    let locked = client.post_bare("/sign-in", &right).await;
    assert_eq!((locked.status, locked.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "900"));
    assert!(locked.text().contains("15 分钟") && locked.text().contains("15 min"), "{}", locked.text());
    let journal = world.app.store.journal(store::Page::first()).await.unwrap();
    let locks: Vec<_> = journal.iter().filter(|e| e.action == "user.lock").collect();
    assert_eq!(locks.len(), 1);
    assert!(locks[0].after.as_ref().unwrap().contains("2026-11-23T08:15:00Z"), "{:?}", locks[0].after);
}

#[tokio::test]
async fn too_many_forms_are_refused_for_that_session_only() {
    let world = World::empty(None).await;
    let mut client = world.admin().await;
    let key = format!("session:{}", &client.cookies["landfall"][..16]);
    for _ in 0..limits::POSTS_PER_MINUTE {
        assert!(world.app.throttle.rate.allow(&key, limits::POSTS_PER_MINUTE, now()));
    }
    let refused = client.post("/settings/units", &[("name", "过快局")]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60"));
    assert!(refused.text().contains("没有保存") && refused.text().contains("not saved"));
    assert_eq!(client.get("/settings").await.status, StatusCode::OK, "reading goes on");
    let mut other = world.admin().await;
    other.post("/settings/units", &[("name", "别人的局")]).await.goes_to();
    let names: Vec<_> = world.app.store.units().await.unwrap().into_iter().map(|u| u.name).collect();
    assert_eq!(names, ["别人的局"]);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_reader_has_their_own_limit() {
    let world = World::empty(None).await;
    let sent = async |trust_proxy: bool, last: &str| {
        let config = Config { trust_proxy, ..(*world.app.config).clone() };
        let app = App { config: config.into(), throttle: Default::default(), ..world.app.clone() };
        let all = format!("address:{}", if trust_proxy { "203.0.113.9" } else { "" });
        while app.throttle.rate.allow(&all, limits::POSTS_PER_MINUTE_ADDRESS, now()) {}
        let request = Request::post("/preferences")
            .header("x-forwarded-for", format!("198.51.100.1, {last}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("lang=en"))
            .unwrap();
        router(app).oneshot(request).await.unwrap().status()
    };
    assert_eq!(sent(true, "203.0.113.9").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sent(true, "203.0.113.10").await, StatusCode::SEE_OTHER);
    assert_eq!(
        sent(false, "203.0.113.10").await,
        StatusCode::TOO_MANY_REQUESTS,
        "the header is not believed"
    );
}

#[tokio::test]
async fn records_are_written_in_ones_unit_and_contacts_seen_by_role() {
    use app::web::session::Signed;
    use axum::http::HeaderMap;
    let world = World::empty(None).await;
    let of = async |role: Role, unit: Option<UnitId>, scope: Reading| {
        let login = format!("scoped-{role}-{}", unit.map_or(0, |u| u.0));
        world.add_person(&login, PASSWORD, role).await;
        let (user, _) = world.app.store.user_by_login(&login).await.unwrap().unwrap();
        let zone = domain::zone::ZoneSettings { scope, ..Default::default() };
        let user = domain::user::User { unit, ..user };
        Signed::program(user, &zone, &HeaderMap::new(), false, "/", domain::role::Action::ALL.to_vec())
    };
    let (mine, other) = (UnitId(1), UnitId(2));
    let officer = of(Role::Officer, Some(mine), Reading::Unit).await;
    assert!(officer.may_write_unit(Some(mine)).is_ok() && officer.may_write_unit(None).is_ok());
    let refused = officer.may_write_unit(Some(other)).unwrap_err();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.texts().0.contains("别的部门") && refused.texts().1.contains("another unit"));
    assert!(officer.sees_unit(Some(mine)) && !officer.sees_unit(Some(other)));
    let lone = of(Role::Officer, None, Reading::Open).await;
    assert!(lone.may_write_unit(Some(mine)).unwrap_err().texts().0.contains("还没有所属部门"));
    assert!(lone.sees_unit(Some(other)));
    let director = of(Role::Director, None, Reading::Unit).await;
    assert!(director.may_write_unit(Some(other)).is_ok() && director.sees_unit(Some(other)));

    let text = "联系人 13812345678，身份证 11010519491231002X";
    assert_eq!(officer.contacts(text), text);
    let auditor = of(Role::Auditor, None, Reading::Open).await;
    assert_eq!(auditor.contacts(text), "联系人 138****5678，身份证 110105**********2X");
    assert!(auditor.may_write_unit(None).is_err());
}
