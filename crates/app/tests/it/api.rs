//! The interface for programs: its description is its router, its answers have the shape described, and nothing sent to it breaks it.

use crate::world::{Client, Reply, World, now};
use app::api::endpoints;
use app::web::router::api_rules;
use axum::body::Body;
use axum::http::{Method, header};
use domain::role::{Action, Role};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::Actor;
use store::token::NewToken;

/// A program with a token of somebody of this role that holds every action.
async fn program(world: &World, role: Role) -> (Client, String) {
    let client = world.stranger();
    world.as_role(role).await;
    let (user, _) = world.app.store.user_by_login(&format!("test-{role}")).await.unwrap().unwrap();
    let secret = app::web::session::random::<32>().unwrap();
    let expires = now() + SignedDuration::from_hours(24);
    let new = NewToken { person: user.id, name: "测试".into(), actions: Action::ALL.to_vec(), expires };
    world.app.store.add_token(&Actor::System, now(), &new, &secret).await.unwrap();
    (client, format!("Bearer lf_{}", app::web::session::hex(&secret)))
}

async fn call(who: &mut (Client, String), method: Method, path: &str, body: Option<&str>) -> Reply {
    let request = who.0.request(method, path).header(header::AUTHORIZATION, &who.1);
    let request = match body {
        Some(text) => {
            request.header(header::CONTENT_TYPE, "application/json").body(Body::from(text.to_string()))
        }
        None => request.body(Body::empty()),
    };
    who.0.send(request.unwrap()).await
}

async fn get(who: &mut (Client, String), path: &str) -> Value {
    let reply = call(who, Method::GET, path, None).await;
    assert_eq!(reply.status.as_u16(), 200, "{path}: {}", reply.text());
    serde_json::from_slice(&reply.bytes).unwrap()
}

async fn send(who: &mut (Client, String), path: &str, body: &Value) -> (u16, Value) {
    let reply = call(who, Method::POST, path, Some(&body.to_string())).await;
    (reply.status.as_u16(), serde_json::from_slice(&reply.bytes).unwrap_or_default())
}

/// Where a value breaks a schema (the parts of JSON Schema that the description uses).
fn breaks(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(any) = schema["anyOf"].as_array() {
        return if any.iter().any(|s| breaks(s, value, at).is_empty()) {
            vec![]
        } else {
            vec![format!("{at}: {value}")]
        };
    }
    let mut found = Vec::new();
    let fits = match schema["type"].as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    if !fits || schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        found.push(format!("{at}: {value}"));
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        let required = schema["required"].as_array().unwrap();
        found.extend(
            required
                .iter()
                .filter(|r| !object.contains_key(r.as_str().unwrap()))
                .map(|r| format!("{at}: no {r}")),
        );
        for (name, inner) in object {
            match properties.get(name) {
                Some(schema) => found.extend(breaks(schema, inner, &format!("{at}.{name}"))),
                None => found.push(format!("{at}: {name} is not described")),
            }
        }
    }
    for inner in value.as_array().into_iter().flatten() {
        found.extend(breaks(&schema["items"], inner, &format!("{at}[]")));
    }
    found
}

#[tokio::test]
async fn the_description_is_the_router_and_answers_have_its_shape() {
    let world = World::new().await;
    let mut who = program(&world, Role::Administrator).await;
    let described = get(&mut who, "/api/v1/openapi.json").await;
    assert_eq!(described["openapi"], "3.1.0");
    let mut documented: Vec<String> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |m| format!("{m} {path}")))
        .collect();
    let routed = |r: app::web::router::Rule| format!("{} {}", r.method.as_str().to_lowercase(), r.path);
    let mut routes: Vec<String> = api_rules(world.app.clone()).into_iter().map(routed).collect();
    documented.sort();
    routes.sort();
    assert_eq!(documented, routes);

    let project = get(&mut who, "/api/v1/projects?limit=1").await["items"][0]["id"].clone();
    let event = get(&mut who, "/api/v1/events?limit=1").await["items"][0]["id"].clone();
    let (status, closed) = send(&mut who, "/api/v1/reports", &json!({ "year": 2025, "month": 6 })).await;
    assert_eq!(status, 201, "{closed}");
    for endpoint in endpoints().into_iter().filter(|e| e.method == Method::GET) {
        let id = match endpoint.path {
            path if path.contains("events") => &event,
            path if path.contains("reports") => &closed["id"],
            _ => &project,
        };
        let path = endpoint.path.replace("{id}", &id.to_string()).replace("{name}", "signed");
        let answer = get(&mut who, &path).await;
        let wrong = breaks(&endpoint.answer.1.unwrap(), &answer, "");
        assert!(wrong.is_empty(), "{path}: {:?}", &wrong[..wrong.len().min(3)]);
        let parameters = &described["paths"][endpoint.path]["get"]["parameters"];
        for parameter in parameters.as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
            let path = format!("{path}?{}=%00'--%F0%9F%98%80", parameter["name"].as_str().unwrap());
            let status = call(&mut who, Method::GET, &path, None).await.status.as_u16();
            assert!([200, 400].contains(&status), "{path}: {status}");
        }
        let unknown = call(&mut who, Method::GET, &format!("{path}?nonsense=1"), None).await.status.as_u16();
        assert_eq!(unknown, if endpoint.query.is_empty() { 200 } else { 400 }, "{path}");
        if endpoint.path.contains("{id}") {
            for id in ["999999999", "0", "-1", "x", "99999999999999999999"] {
                let path = endpoint.path.replace("{id}", id);
                assert_eq!(call(&mut who, Method::GET, &path, None).await.status.as_u16(), 404, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn pages_go_on_behind_their_cursor_in_any_order() {
    let world = World::new().await;
    let mut who = program(&world, Role::Director).await;
    let all = get(&mut who, "/api/v1/projects?limit=500&sort=-signed").await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&mut who, &format!("/api/v1/projects?limit=7&sort=-signed{after}")).await;
        seen.extend(page["items"].as_array().unwrap().clone());
        assert_eq!(page["total"], all["total"]);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(&seen, all["items"].as_array().unwrap());
    assert!(seen.len() > 40, "the sample zone has projects");
    let signed =
        get(&mut who, "/api/v1/projects?signed_from=2025-01-01&signed_to=2025-12-31&limit=500").await;
    let board = world.app.ledger.board(&world.app.store).await.unwrap();
    let expected = board.lines.iter().filter(|l| l.signed.is_some_and(|d| d.year() == 2025)).count();
    assert_eq!(signed["total"], expected);
    for bad in [
        "limit=0",
        "limit=501",
        "sort=colour",
        "after=x",
        "after=999999999",
        "stage=gone",
        "signed_from=2025-02-30",
    ] {
        let path = format!("/api/v1/projects?{bad}");
        assert_eq!(call(&mut who, Method::GET, &path, None).await.status.as_u16(), 400, "{bad}");
    }
}

#[tokio::test]
async fn a_project_is_made_recorded_and_corrected() {
    let world = World::empty(None).await;
    let mut who = program(&world, Role::Director).await;
    let fact = |kind: &str, more: Value| {
        let mut fact = json!({ "kind": kind, "effective": "2025-03-20" });
        fact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fact
    };
    let amount = |n: i64| json!({ "money": { "amount": n, "currency": "CNY" } });
    let name = fact("name", json!({ "text": "样板项目" }));
    let body = json!({ "code": "A-1", "facts": [name, fact("planned_total", amount(500_000_000))] });
    let (status, made) = send(&mut who, "/api/v1/projects", &body).await;
    assert_eq!((status, &made["code"]), (201, &json!("A-1")), "{made}");
    assert_eq!(send(&mut who, "/api/v1/projects", &body).await.0, 409, "the code is taken");
    let at = format!("/api/v1/projects/{}", made["id"]);
    let before = get(&mut who, &at).await;
    let signed = fact("stage", json!({ "text": "signed", "counts": "2025-04-01" }));
    let body = json!({ "seen": before["last"], "facts": [signed] });
    assert_eq!(send(&mut who, &format!("{at}/facts"), &body).await.0, 201);
    assert_eq!(send(&mut who, &format!("{at}/facts"), &body).await.0, 409, "facts came in between");
    let planned = before["facts"].as_array().unwrap().iter().find(|f| f["kind"] == "planned_total").unwrap();
    let mut correction = fact("planned_total", amount(600_000_000));
    correction["corrects"] = planned["id"].clone();
    assert_eq!(
        send(&mut who, &format!("{at}/corrections"), &json!({ "facts": [correction] })).await.0,
        400,
        "no reason"
    );
    correction["reason"] = json!("合同为 6 亿元");
    assert_eq!(send(&mut who, &format!("{at}/corrections"), &json!({ "facts": [correction] })).await.0, 201);
    let after = get(&mut who, &at).await;
    assert_eq!(after["stage"], "signed");
    let total = after["facts"].as_array().unwrap().iter().find(|f| f["kind"] == "planned_total").unwrap();
    assert_eq!(total["money"], json!({ "amount": 600_000_000, "currency": "CNY" }));
    assert_eq!(get(&mut who, &format!("{at}/facts")).await["items"].as_array().unwrap().len(), 4);

    let wrong = [
        (json!({ "facts": [] }), "1 to"),
        (json!({ "facts": [fact("name", json!({ "text": "甲", "number": 1 }))] }), "exactly one"),
        (json!({ "facts": [fact("name", json!({ "text": "甲", "colour": 1 }))] }), "colour"),
        (json!({ "facts": [fact("nonsense", json!({ "text": "甲" }))] }), "nonsense"),
        (json!({ "facts": [{ "kind": "name", "effective": "2030-01-01", "text": "甲" }] }), ""),
        (json!({ "facts": [fact("jobs", json!({ "number": -1 }))] }), ""),
        (json!({ "facts": "x" }), "sequence"),
        (json!([1]), ""),
    ];
    for (body, said) in wrong {
        let (status, problem) = send(&mut who, &format!("{at}/facts"), &body).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{body}: {problem}");
    }
    assert_eq!(call(&mut who, Method::POST, &format!("{at}/facts"), Some("{")).await.status.as_u16(), 400);
    assert_eq!(send(&mut who, "/api/v1/projects/999/facts", &json!({ "facts": [name] })).await.0, 404);
    let rate = json!({ "currency": "USD", "since": "2025-01-02", "micro_yuan": 7_188_000, "source": "外汇交易中心" });
    assert_eq!(send(&mut who, "/api/v1/rates", &rate).await.0, 201);
    assert_eq!(get(&mut who, "/api/v1/rates").await["items"][0]["micro_yuan"], 7_188_000);
}

#[tokio::test]
async fn a_role_and_a_unit_hold_for_programs_too() {
    let world = World::empty(None).await;
    let unit = world.app.store.add_unit(&Actor::System, now(), "招商二局").await.unwrap();
    let mut director = program(&world, Role::Director).await;
    let day = "2025-03-20";
    let facts = json!({ "facts": [
        { "kind": "name", "effective": day, "text": "样板项目" }, { "kind": "unit", "effective": day, "number": unit.id.0 }
    ] });
    let (_, made) = send(&mut director, "/api/v1/projects", &facts).await;
    let at = format!("/api/v1/projects/{}/facts", made["id"]);
    let note = json!({ "facts": [{ "kind": "note", "effective": day, "text": "进展" }] });
    let mut officer = program(&world, Role::Officer).await;
    assert_eq!(send(&mut officer, &at, &note).await.0, 403, "another unit's");
    assert_eq!(send(&mut officer, "/api/v1/projects", &facts).await.0, 403, "for another unit");
    let mut auditor = program(&world, Role::Auditor).await;
    assert_eq!(send(&mut auditor, &at, &note).await.0, 403);
    get(&mut auditor, "/api/v1/journal").await;
    assert_eq!(get(&mut auditor, "/api/v1/journal/verify").await["intact"], true);
    let mut capital = program(&world, Role::Capital).await;
    let start = json!({ "facts": [{ "kind": "name", "effective": day, "text": "改名" }] });
    assert_eq!(send(&mut capital, &at, &start).await.0, 403, "not of their trade");
}

#[tokio::test]
async fn a_review_is_answered_by_its_own_department() {
    use domain::stage::Stage;
    let world = World::new().await;
    let day = jiff::civil::date(2026, 11, 2);
    let said = |word: &str| {
        domain::fact::NewFact::on(day, domain::fact::Kind::Stage, domain::fact::Value::Text(word.into()))
    };
    let id = crate::projects::make(&world, &[said("negotiating"), said("review")]).await;
    let units = world.app.store.units().await.unwrap();
    let unit = |name: &str| units.iter().find(|u| u.name == name).unwrap().id;
    let (asked, other) = (unit("发改"), unit("工信"));
    let new = store::review::NewRound {
        project: domain::fact::ProjectId(id),
        route: "quality".into(),
        asked_on: day,
        note: String::new(),
        units: vec![(asked, jiff::civil::date(2026, 11, 30)), (other, jiff::civil::date(2026, 11, 30))],
    };
    world.app.store.open_review(&Actor::Cli, now(), &new).await.unwrap();
    let asks = world.app.store.reviews_of(new.project).await.unwrap();
    let at = |u| format!("/api/v1/reviews/{}/answer", asks.iter().find(|a| a.unit == u).unwrap().id);
    let mut mine = member(&world, Role::Reviewer, asked).await;
    let mut others = member(&world, Role::Reviewer, other).await;
    let pass = json!({ "answer": "pass" });
    assert_eq!(send(&mut others, &at(asked), &pass).await.0, 403, "nobody answers for another department");
    let waiting = get(&mut mine, "/api/v1/reviews?answered=false").await;
    let ours = |v: &Value| v["items"].as_array().unwrap().iter().any(|r| r["project"] == id);
    assert!(ours(&waiting), "{waiting}");
    let (status, answered) = send(&mut mine, &at(asked), &pass).await;
    assert_eq!((status, &answered["answer"]), (200, &json!("pass")), "{answered}");
    assert_eq!(send(&mut mine, &at(asked), &pass).await.0, 409, "answered already");
    assert!(!ours(&get(&mut mine, "/api/v1/reviews?answered=false").await));
    assert!(ours(&get(&mut mine, "/api/v1/reviews?answered=true").await));
    assert_eq!(
        send(&mut others, &at(other), &json!({ "answer": "return" })).await.0,
        400,
        "a return says why"
    );
    let (status, back) =
        send(&mut others, &at(other), &json!({ "answer": "return", "reasons": "工艺不清" })).await;
    assert_eq!((status, &back["reasons"]), (200, &json!("工艺不清")), "{back}");
    assert_eq!(
        crate::projects::folded(&world, id).await.stage(),
        Some(Stage::Negotiating),
        "back where it was"
    );
    let described = endpoints().into_iter().find(|e| e.path == "/api/v1/reviews/{id}/answer").unwrap();
    let wrong = breaks(&described.answer.1.unwrap(), &back, "");
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A program of somebody who belongs to a unit.
async fn member(world: &World, role: Role, unit: domain::user::UnitId) -> (Client, String) {
    world.as_member(role, unit).await;
    let (user, _) = world.app.store.user_by_login(&format!("test-{role}-{unit}")).await.unwrap().unwrap();
    let secret = app::web::session::random::<32>().unwrap();
    let expires = now() + SignedDuration::from_hours(24);
    let new = NewToken { person: user.id, name: "测试".into(), actions: Action::ALL.to_vec(), expires };
    world.app.store.add_token(&Actor::System, now(), &new, &secret).await.unwrap();
    (world.stranger(), format!("Bearer lf_{}", app::web::session::hex(&secret)))
}

#[tokio::test]
async fn a_restatement_lists_what_was_corrected_and_the_closed_report_stays() {
    let world = World::new().await;
    let mut who = program(&world, Role::Director).await;
    let (status, closed) = send(&mut who, "/api/v1/reports", &json!({ "year": 2025 })).await;
    assert_eq!(status, 201, "{closed}");
    let at = format!("/api/v1/reports/{}", closed["id"]);
    let before = get(&mut who, &at).await;
    assert_eq!(get(&mut who, &format!("{at}/restatement")).await["changes"], json!([]));

    let rows = get(&mut who, "/api/v1/figures/signed?year=2025").await["rows"].clone();
    let row = rows.as_array().unwrap().iter().find(|r| r["yuan"].is_i64()).unwrap();
    let project = row["project"].as_i64().unwrap();
    let facts = world.app.store.facts_of(domain::fact::ProjectId(project)).await.unwrap();
    let planned = facts.iter().find(|f| f.kind == domain::fact::Kind::PlannedTotal).unwrap();
    let later = world.at("2026-11-23T08:05:00Z");
    let mut who = program(&later, Role::Director).await;
    let correction = json!({ "facts": [{
        "kind": "planned_total", "effective": planned.effective, "counts": planned.counts, "corrects": planned.id,
        "reason": "合同写错一位", "money": { "amount": 50_000_000, "currency": "CNY" },
    }] });
    let (status, said) =
        send(&mut who, &format!("/api/v1/projects/{project}/corrections"), &correction).await;
    assert_eq!(status, 201, "{said}");
    let restated = get(&mut who, &format!("{at}/restatement")).await;
    let described = endpoints().into_iter().find(|e| e.path == "/api/v1/reports/{id}/restatement").unwrap();
    let wrong = breaks(&described.answer.1.unwrap(), &restated, "");
    assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(3)]);
    let changes = restated["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{restated}");
    assert_eq!((&changes[0]["project"], &changes[0]["late"]), (&json!(project), &json!(false)));
    assert_eq!(changes[0]["was"]["id"], json!(planned.id));
    assert_eq!(changes[0]["fact"]["reason"], "合同写错一位");
    let effect = restated["effects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["figure"].as_str().unwrap().starts_with("signed") && e["shown"] == "total");
    assert_eq!(effect.unwrap()["delta"]["count"], -1, "{restated}");
    let after = get(&mut who, &at).await;
    assert_eq!(after, before, "the closed report is the same");
    assert_eq!(after["same"], true, "{after}");
}
