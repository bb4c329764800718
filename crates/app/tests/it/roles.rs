//! Who reaches what, generated from the router's own rules: a new route without its rule cannot slip in.

use crate::people::separate;
use crate::world::{Client, World};
use app::web::router::{Rule, rules};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use domain::role::{Action, Role, may, may_separated};

/// The path with every `{parameter}` replaced.
fn path(rule: &Rule, with: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in rule.path.chars() {
        match c {
            '{' => {
                inside = true;
                out.push_str(with);
            }
            '}' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

async fn ask(client: &mut Client, rule: &Rule, with: &str) -> crate::world::Reply {
    let path = path(rule, with);
    if rule.method == Method::GET { client.get(&path).await } else { client.post(&path, &[]).await }
}

#[tokio::test]
async fn without_a_session_every_guarded_route_leads_to_the_sign_in_page() {
    let world = World::new().await;
    let rules = rules(world.app.clone());
    assert!(rules.len() > 30, "the walk sees the whole site");
    for rule in &rules {
        let reply = ask(&mut world.stranger(), rule, "1").await;
        assert!(reply.goes_to().starts_with("/sign-in"), "{} {}", rule.method, rule.path);
        let mut forged = world.stranger();
        forged.cookies.insert("landfall".into(), "ab".repeat(32));
        assert!(ask(&mut forged, rule, "1").await.goes_to().starts_with("/sign-in"), "{}", rule.path);
    }
}

#[tokio::test]
async fn each_role_reaches_exactly_what_its_permissions_say() {
    walk(&World::new().await, may).await;
}

#[tokio::test]
async fn separated_duties_hold_on_every_route() {
    let world = World::new().await;
    separate(&world).await;
    walk(&world, may_separated).await;
}

async fn walk(world: &World, may: fn(Role, Action) -> bool) {
    for role in Role::ALL {
        let mut client = world.as_role(role).await;
        for rule in rules(world.app.clone()).iter().filter(|r| r.path != "/sign-out") {
            let reply = ask(&mut client, rule, "999999").await;
            let refused = reply.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                !may(role, rule.action),
                "{role} {} {}: {}",
                rule.method,
                rule.path,
                reply.status
            );
            assert!(reply.status.as_u16() < 500, "{role} {} {}: {}", rule.method, rule.path, reply.text());
        }
    }
}

#[tokio::test]
async fn no_form_is_taken_without_its_token_or_from_another_site() {
    let world = World::new().await;
    for rule in rules(world.app.clone()).iter().filter(|r| r.method != Method::GET) {
        // A session of its own for each: the number of forms of one session in a minute is limited.
        let mut client = world.admin().await;
        let entries = world.app.store.verify_journal().await.unwrap().entries;
        let path = path(rule, "1");
        for token in [None, Some(""), Some("00"), Some(&*"0".repeat(64))] {
            let fields: Vec<(&str, &str)> = token.map(|t| ("csrf", t)).into_iter().collect();
            let plain = client.post_bare(&path, &fields).await.status;
            let file = client.upload_bare(&path, &fields, "x.csv", b"x").await.status;
            assert!(
                [plain, file].contains(&StatusCode::FORBIDDEN)
                    && plain.is_client_error()
                    && file.is_client_error(),
                "{path} with {token:?}: {plain} as a form, {file} with a file"
            );
        }
        for site in ["cross-site", "same-site"] {
            let request = client
                .request(Method::POST, &path)
                .header("sec-fetch-site", site)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("csrf={}", client.csrf)))
                .unwrap();
            assert_eq!(client.send(request).await.status, StatusCode::FORBIDDEN, "{path} from {site}");
        }
        assert_eq!(
            world.app.store.verify_journal().await.unwrap().entries,
            entries,
            "nothing was written: {path}"
        );
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_no_address_breaks_the_server() {
    let world = World::new().await;
    let mut client = world.admin().await;
    // Addresses whose parameters are numbers answer 404 for a number that is nobody's.
    for (nth, rule) in rules(world.app.clone()).iter().filter(|r| r.path.contains('{')).enumerate() {
        // Each asks eight times; a session may post so often in a minute (the clock of a test stands still) and no more.
        if nth % 30 == 29 {
            client = world.admin().await;
        }
        let reply = if rule.path.ends_with("/refusals") {
            client.post(&path(rule, "999999"), &[("reason", "x")]).await
        } else if rule.path.ends_with("/leader") {
            client.post(&path(rule, "999999"), &[("chain", "ships"), ("on", "yes")]).await
        } else if rule.path == "/settings/chains/{id}" {
            client.post(&path(rule, "999999"), &[("enabled", "no")]).await
        } else if rule.path == "/settings/people/{id}" {
            let fields = [("role", "land"), ("was_role", "land")];
            client.post(&path(rule, "999999"), &fields).await
        } else if rule.path == "/settings/units/{id}" {
            client.post(&path(rule, "999999"), &[("name", "x")]).await
        } else if rule.path == "/reviews/{id}" && rule.method == Method::POST {
            client.post(&path(rule, "999999"), &[("answer", "pass")]).await
        } else if rule.path == "/imports/new/{file}" && rule.method == Method::GET {
            client.get(&format!("{}?kind=universe&name=x", path(rule, "999999"))).await
        } else {
            ask(&mut client, rule, "999999").await
        };
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{} {}", rule.method, rule.path);
        for with in [
            "no-such",
            "-1",
            "%00",
            "..%2F..%2Fetc%2Fpasswd",
            "%E4%B8%AD",
            "99999999999999999999",
            "=%E4%B8%AD",
        ] {
            let reply = ask(&mut client, rule, with).await;
            assert!(reply.status.is_client_error(), "{} {} {with}: {}", rule.method, rule.path, reply.status);
        }
    }
    assert_eq!(client.get("/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/assets/nothing.js").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/healthz").await.text(), "ok\n");
}
