//! Signing in and out, invitations, throttling.

use crate::world::{World, now};
use axum::http::StatusCode;
use domain::limits;
use domain::role::Role;
use jiff::SignedDuration;
use store::Actor;

#[tokio::test]
async fn signing_in_and_out() {
    let world = World::empty(None).await;
    world.add_person("wang", "a long password", Role::Officer).await;
    let mut client = world.stranger();
    let wrong = client.post_bare("/sign-in", &[("login", "wang"), ("password", "another password")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.page().value("#login"), "wang", "what was typed stays");
    assert!(wrong.page().text("[role=alert]").contains("不对"));
    let nobody = client.post_bare("/sign-in", &[("login", "nobody"), ("password", "another password")]).await;
    assert_eq!(
        nobody.page().text("[role=alert]"),
        wrong.page().text("[role=alert]"),
        "says nothing about accounts"
    );
    let right = client.post_bare("/sign-in", &[("login", "wang"), ("password", "a long password")]).await;
    let cookie = right.header("set-cookie").to_string();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(right.goes_to(), "/");
    client.csrf = client.page("/").await.csrf();
    let before = client.clone();
    assert_eq!(client.post("/sign-out", &[]).await.goes_to(), "/sign-in");
    assert!(!client.cookies.contains_key("landfall"));
    assert_eq!(
        before.clone().get("/imports").await.goes_to(),
        "/sign-in?next=%2Fimports",
        "a copied cookie is dead"
    );
}

#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let world = World::empty(None).await;
    world.add_person("wang", "a long password", Role::Officer).await;
    for (next, to) in [
        ("/targets?chain=ships", "/targets?chain=ships"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let form = [("login", "wang"), ("password", "a long password"), ("next", next)];
        assert_eq!(world.stranger().post_bare("/sign-in", &form).await.goes_to(), to);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_for_that_account_only() {
    let world = World::empty(None).await;
    world.add_person("wang", "a long password", Role::Officer).await;
    world.add_person("zhao", "a long password", Role::Officer).await;
    let mut client = world.stranger();
    for _ in 0..limits::SIGN_IN_TRIES {
        let reply = client.post_bare("/sign-in", &[("login", "wang"), ("password", "guess guess")]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let right = [("login", "wang"), ("password", "a long password")];
    assert_eq!(client.post_bare("/sign-in", &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    let other = [("login", "zhao"), ("password", "a long password")];
    assert_eq!(client.post_bare("/sign-in", &other).await.goes_to(), "/");
}

#[tokio::test]
async fn an_invitation_works_once() {
    let world = World::empty(None).await;
    let mut admin = world.admin().await;
    let person = [("login", "sun"), ("name", "孙"), ("role", "director")];
    let made = admin.post("/settings/people", &person).await.page();
    let link = made.text("main .flash code");
    assert!(link.starts_with("/welcome/"), "{link}");
    assert!(
        !admin.page("/settings/people").await.text("main").contains("/welcome/"),
        "it is shown only once"
    );
    let again = admin.post("/settings/people", &person).await.page();
    assert!(again.text("[role=alert]").contains("已有人用"));

    let mut sun = world.stranger();
    assert!(sun.page(&link).await.text("main").contains("sun"));
    for (password, second, says) in [("short", "short", "10"), ("0123456789a", "0123456789b", "不一样")] {
        let reply = sun.post_bare(&link, &[("password", password), ("again", second)]).await.page();
        assert!(reply.text("[role=alert]").contains(says));
    }
    let both = [("password", "0123456789ab"), ("again", "0123456789ab")];
    assert_eq!(sun.post_bare(&link, &both).await.goes_to(), "/");
    assert!(sun.page("/").await.text("header").contains("孙"));
    assert_eq!(sun.get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.stranger().post_bare(&link, &both).await.status, StatusCode::NOT_FOUND);
    let form = [("login", "sun"), ("password", "0123456789ab")];
    assert_eq!(world.stranger().post_bare("/sign-in", &form).await.goes_to(), "/");

    let id = world.app.store.user_by_login("sun").await.unwrap().unwrap().0.id;
    admin.post(&format!("/settings/people/{}/end", id.0), &[]).await.goes_to();
    assert!(sun.get("/").await.goes_to().starts_with("/sign-in"), "an ended account has no session");
    assert_eq!(world.stranger().post_bare("/sign-in", &form).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = World::empty(None).await;
    let mut client = world.admin().await;
    client.page("/settings").await;
    let id = world.app.store.user_by_login("test-administrator").await.unwrap().unwrap().0.id;
    let (token, csrf) = ([3; 32], [4; 32]);
    world
        .app
        .store
        .start_session(now() - SignedDuration::from_hours(13), id, &token, &csrf, now())
        .await
        .unwrap();
    client.cookies.insert("landfall".into(), app::web::session::hex(&token));
    assert!(client.get("/settings").await.goes_to().starts_with("/sign-in"));
}

#[tokio::test]
async fn an_expired_invitation_is_refused() {
    let world = World::empty(None).await;
    world.admin().await;
    let id = world.app.store.user_by_login("test-administrator").await.unwrap().unwrap().0.id;
    let long_ago = now() - SignedDuration::from_hours(100);
    world.app.store.add_login_link(&Actor::System, long_ago, id, &[9; 32], now()).await.unwrap();
    let link = format!("/welcome/{}", "09".repeat(32));
    assert_eq!(world.stranger().get(&link).await.status, StatusCode::NOT_FOUND);
}
