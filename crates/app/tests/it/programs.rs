//! Access tokens and what programs meet under `/api/`.

use crate::world::{Client, Reply, World, now};
use app::app::App;
use app::clock::Clock;
use app::web::router::{api_rules, router};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::limits;
use domain::role::{Action, Role, may};
use jiff::{SignedDuration, Timestamp};
use store::Actor;
use store::token::NewToken;

/// A token of somebody of this role with these actions.
async fn token(world: &World, role: Role, actions: &[Action]) -> String {
    world.as_role(role).await;
    let (user, _) = world.app.store.user_by_login(&format!("test-{role}")).await.unwrap().unwrap();
    let secret = app::web::session::random::<32>().unwrap();
    let expires = now() + SignedDuration::from_hours(24);
    let new = NewToken { person: user.id, name: "测试".into(), actions: actions.to_vec(), expires };
    world.app.store.add_token(&Actor::System, now(), &new, &secret).await.unwrap();
    format!("lf_{}", app::web::session::hex(&secret))
}

async fn call(client: &mut Client, method: Method, path: &str, token: Option<&str>) -> Reply {
    let request = client.request(method, path);
    let request = match token {
        Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    };
    client.send(request.body(Body::empty()).unwrap()).await
}

fn json(reply: &Reply) -> serde_json::Value {
    serde_json::from_slice(&reply.bytes).unwrap_or_else(|e| panic!("{e}: {}", reply.text()))
}

#[track_caller]
fn is_problem(reply: &Reply, status: u16) {
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (status, "application/problem+json"));
    let problem = json(reply);
    assert_eq!(problem["status"], status);
    for field in ["type", "title", "detail", "detail_zh"] {
        assert!(problem[field].as_str().is_some_and(|t| !t.is_empty()), "{field} in {problem}");
    }
}

#[tokio::test]
async fn a_person_makes_a_token_sees_it_once_and_ends_it() {
    let world = World::empty(None).await;
    let mut officer = world.as_role(Role::Officer).await;
    assert!(officer.page("/settings/tokens").await.text("main").contains("还没有访问令牌"));
    let form = [("name", "月报取数"), ("days", "90"), ("action", "view"), ("action", "read_projects")];
    let made = officer.post("/settings/tokens", &form).await.page();
    let secret = made.text("#secret");
    assert!(secret.starts_with("lf_") && secret.len() == 67, "{secret}");
    let page = officer.page("/settings/tokens").await;
    assert!(!page.text("main").contains(&secret), "shown once");
    assert_eq!(page.texts("tbody td")[..3], ["查看页面、查看项目和指标", "2027-02-21", "从未"]);

    let me = call(&mut world.stranger(), Method::GET, "/api/v1/me", Some(&secret)).await;
    assert_eq!((me.status, me.header("content-type")), (StatusCode::OK, "application/json"));
    let me = json(&me);
    assert_eq!((me["role"].as_str(), me["token"]["name"].as_str()), (Some("officer"), Some("月报取数")));
    assert_eq!(me["token"]["actions"], serde_json::json!(["view", "read_projects"]));
    assert_eq!(
        officer.page("/settings/tokens").await.texts("tbody td")[2],
        "2026-11-23",
        "the last day it was used"
    );
    let journal = world.app.store.journal(store::Page::first()).await.unwrap();
    assert!(journal.iter().all(|e| !format!("{e:?}").contains(&secret[3..])), "no secret in the journal");

    let id = world.app.store.tokens(None, store::Page::first()).await.unwrap()[0].id;
    let mut other = world.as_role(Role::Director).await;
    assert_eq!(other.post(&format!("/settings/tokens/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND);
    assert!(other.page("/settings/tokens").await.text("main").contains("还没有访问令牌"), "own ones only");
    let mut security = world.as_role(Role::Security).await;
    assert!(security.page("/settings/tokens").await.text("main").contains("月报取数"));
    officer.post(&format!("/settings/tokens/{id}/end"), &[]).await.goes_to();
    is_problem(&call(&mut world.stranger(), Method::GET, "/api/v1/me", Some(&secret)).await, 401);

    let beyond = [("name", "x"), ("days", "90"), ("action", "close_period")];
    assert_eq!(officer.post("/settings/tokens", &beyond).await.status, StatusCode::FORBIDDEN);
    let accounts = [("name", "x"), ("days", "90"), ("action", "manage_users")];
    let reply = world.admin().await.post("/settings/tokens", &accounts).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "accounts stay with people");
    let nothing = officer.post("/settings/tokens", &[("name", "x"), ("days", "90")]).await.page();
    assert!(nothing.text("[role=alert]").contains("至少选一项"));
    let forever = [("name", "x"), ("days", "3650"), ("action", "view")];
    assert_eq!(officer.post("/settings/tokens", &forever).await.status, StatusCode::BAD_REQUEST);
    let bare = [("name", "x"), ("days", "90"), ("action", "view")];
    assert_eq!(
        officer.post_bare("/settings/tokens", &bare).await.status,
        StatusCode::FORBIDDEN,
        "no CSRF token"
    );
}

#[tokio::test]
async fn every_api_route_asks_for_a_token_and_takes_no_cookie() {
    let world = World::empty(None).await;
    let rules = api_rules(world.app.clone());
    assert!(rules.len() >= 2);
    let mut admin = world.admin().await;
    for rule in &rules {
        let path = rule.path.replace(['{', '}'], "");
        assert!(rule.path.starts_with("/api/v1/"), "{}", rule.path);
        for client in [&mut world.stranger(), &mut admin] {
            let bare = call(client, rule.method.clone(), &path, None).await;
            is_problem(&bare, 401);
            assert_eq!(bare.header("www-authenticate"), "Bearer realm=\"landfall\"");
            let wrong =
                call(client, rule.method.clone(), &path, Some(&format!("lf_{}", "ab".repeat(32)))).await;
            is_problem(&wrong, 401);
            assert!(wrong.header("www-authenticate").contains("invalid_token"));
        }
    }
    is_problem(&call(&mut admin, Method::GET, "/api/v1/none", None).await, 404);
    is_problem(&call(&mut admin, Method::PUT, "/api/v1/me", None).await, 405);
}

#[tokio::test]
async fn a_token_does_what_both_its_scope_and_the_role_allow() {
    let world = World::new().await;
    let rules = api_rules(world.app.clone());
    for role in Role::ALL {
        let full = token(&world, role, &Action::ALL).await;
        // A person may hold few tokens at one time: one without each action is enough.
        let mut without: std::collections::BTreeMap<Action, String> = std::collections::BTreeMap::new();
        for rule in rules.iter().filter(|r| r.path != "/api/v1/me/end") {
            let path = rule.path.replace(['{', '}'], "9");
            let reply = call(&mut world.stranger(), rule.method.clone(), &path, Some(&full)).await;
            assert_eq!(
                reply.status == StatusCode::FORBIDDEN,
                !may(role, rule.action),
                "{role} {}",
                rule.path
            );
            assert!(reply.status.as_u16() < 500, "{role} {}: {}", rule.path, reply.text());
            if let std::collections::btree_map::Entry::Vacant(e) = without.entry(rule.action) {
                let others: Vec<Action> = Action::ALL.into_iter().filter(|&a| a != rule.action).collect();
                e.insert(token(&world, role, &others).await);
            }
            let narrow = without.get(&rule.action).map(String::as_str);
            let refused = call(&mut world.stranger(), rule.method.clone(), &path, narrow).await;
            is_problem(&refused, 403);
            assert!(refused.header("www-authenticate").contains("insufficient_scope"));
        }
    }
}

#[tokio::test]
async fn tokens_expire_end_themselves_and_have_a_rate() {
    let world = World::empty(None).await;
    let secret = token(&world, Role::Officer, &[Action::View]).await;
    let at = |at: Timestamp| router(App { clock: Clock::Fixed(at), ..world.app.clone() });
    let me = async |at: axum::Router| {
        let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {secret}"));
        tower::ServiceExt::oneshot(at, request.body(Body::empty()).unwrap()).await.unwrap().status()
    };
    let day = now() + SignedDuration::from_hours(24);
    assert_eq!(me(at(day - SignedDuration::from_secs(1))).await, StatusCode::OK);
    assert_eq!(me(at(day)).await, StatusCode::UNAUTHORIZED);

    let id = world.app.store.tokens(None, store::Page::first()).await.unwrap()[0].id;
    while world.app.throttle.rate.allow(&format!("token:{id}"), limits::API_PER_MINUTE, now()) {}
    let mut client = world.stranger();
    let fast = call(&mut client, Method::GET, "/api/v1/me", Some(&secret)).await;
    is_problem(&fast, 429);
    assert_eq!(fast.header("retry-after"), "60");

    let other = token(&world, Role::Officer, &[Action::View]).await;
    let ended = call(&mut client, Method::POST, "/api/v1/me/end", Some(&other)).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    is_problem(&call(&mut client, Method::GET, "/api/v1/me", Some(&other)).await, 401);

    let third = token(&world, Role::Officer, &[Action::View]).await;
    let (user, _) = world.app.store.user_by_login("test-officer").await.unwrap().unwrap();
    world.app.store.end_user(&Actor::System, now(), user.id).await.unwrap_err();
    world.admin().await;
    world.app.store.end_user(&Actor::System, now(), user.id).await.unwrap();
    is_problem(&call(&mut client, Method::GET, "/api/v1/me", Some(&third)).await, 401);
}
