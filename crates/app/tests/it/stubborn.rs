//! A peer that refuses, falls silent and forgets: what it answered is shown, its own state settles ours, and a person can try again.

use crate::kit::KIT;
use crate::world::{Client, World};
use app::app::App;
use app::dataspace::{Space, flow, steward};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use dataspace::message::CONTEXT;
use dataspace::odrl::{Policy, Rule};
use domain::role::Role;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Actor;
use store::dataspace::exchange::{Exchange, Tried};

/// What the peer does now.
#[derive(Debug, Default)]
struct Mood {
    /// Answers everything that is sent with 400.
    refuses: bool,
    /// Answers everything that is sent with 503: it is to be sent again.
    busy: bool,
    /// What it says when it is asked for its state.
    stands: &'static str,
    seen: Vec<Value>,
}

type Shared = Arc<Mutex<Mood>>;

async fn peer(State(mood): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut mood = mood.lock().unwrap();
    let ack = |state: &str| json!({ "@context": [CONTEXT], "@type": "ContractNegotiation", "providerPid": "theirs", "consumerPid": "ours", "state": state });
    if parts.method == Method::GET {
        return (StatusCode::OK, ack(mood.stands).to_string()).into_response();
    }
    mood.seen.push(serde_json::from_slice(&bytes).unwrap());
    if mood.busy {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if mood.refuses {
        let error = json!({ "@context": [CONTEXT], "@type": "ContractNegotiationError", "providerPid": "theirs", "consumerPid": "ours",
            "code": "no", "reason": ["不接受这样的请求"] });
        return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
    }
    (StatusCode::CREATED, ack("REQUESTED").to_string()).into_response()
}

/// Our instance with a peer whom it believes everything.
async fn scene() -> (World, App, Client, Shared, String) {
    let world = World::empty(None).await;
    let mut app = world.app.clone();
    app.space = Arc::new(Space::with(&app.config, Arc::new(crate::kit::Anyone), Arc::new(steward::Rules)));
    crate::browser::serve_app(app.clone()).await;
    let mood = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/dsp", listener.local_addr().unwrap());
    let service = Router::new().fallback(peer).with_state(mood.clone());
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    let keys = ["k".to_string()];
    app.store.save_peer(&Actor::System, app.clock.now(), (KIT, "对方", &address), &keys).await.unwrap();
    let director = world.over_app(app.clone()).as_role(Role::Director).await;
    (world, app, director, mood, address)
}

async fn until(app: &App, id: i64, what: impl Fn(&Exchange, &[store::dataspace::exchange::Post]) -> bool) {
    for _ in 0..100 {
        let exchange = app.store.exchange_by_id(id).await.unwrap().unwrap();
        let posts = app.store.posts_of(id).await.unwrap();
        if what(&exchange, &posts) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} {:?}", app.store.exchange_by_id(id).await, app.store.posts_of(id).await);
}

fn offer() -> Policy {
    Policy::offer("offer-1", vec![Rule::new("use", vec![])]).on("dataset-1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_peer_refuses_is_shown_and_a_person_tries_again() {
    let (_world, app, mut director, mood, address) = scene().await;
    mood.lock().unwrap().refuses = true;
    let id = flow::ask(&app, &Actor::System, (KIT, &address), offer()).await.unwrap();
    until(&app, id, |_, posts| posts.iter().any(|p| p.failed.is_some())).await;
    let path = format!("/dataspace/exchanges/{id}");
    let page = director.page(&path).await;
    let posts = page.text("#posts");
    assert!(
        posts.contains("放弃") && posts.contains("400 ContractNegotiationError no: 不接受这样的请求"),
        "{posts}"
    );
    assert!(page.text("main").contains("再试一次"));
    mood.lock().unwrap().refuses = false;
    let again = director.post(&path, &[("act", "again")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    until(&app, id, |x, posts| x.other == "theirs" && posts.iter().all(|p| p.done.is_some())).await;
    {
        let mood = mood.lock().unwrap();
        assert_eq!(mood.seen.len(), 2);
        assert_eq!(mood.seen[0], mood.seen[1], "the very same message");
    }
    let none = director.post(&path, &[("act", "again")]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "nothing is given up any more");

    // The peer ended it and never said so: asked by a person, it says so, and ours ends too.
    mood.lock().unwrap().stands = "TERMINATED";
    let asked = director.post(&path, &[("act", "ask")]).await;
    assert!(asked.goes_to().ends_with("?said=TERMINATED"), "{}", asked.goes_to());
    let page = director.page(&asked.goes_to()).await;
    assert!(page.text("h1").contains("TERMINATED") && page.text(".flash").contains("对方的状态"));
    assert!(page.text("main").contains("the peer had ended it"));
    assert_eq!(app.store.verify_journal().await.unwrap().broken, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_that_is_refused_because_all_is_final_settles_the_agreement() {
    let (_world, app, _, mood, address) = scene().await;
    let id = flow::ask(&app, &Actor::System, (KIT, &address), offer()).await.unwrap();
    until(&app, id, |x, posts| x.other == "theirs" && posts[0].done.is_some()).await;
    // From here on the peer takes nothing more, and says that it is done.
    {
        let mut mood = mood.lock().unwrap();
        (mood.refuses, mood.stands) = (true, "FINALIZED");
    }
    let pid = app.store.exchange_by_id(id).await.unwrap().unwrap().pid;
    let agreement = offer().agreed("urn:agreement:1", KIT, &app.space.did(), app.clock.now());
    let message = json!({ "@context": [CONTEXT], "@type": "ContractAgreementMessage", "providerPid": "theirs", "consumerPid": pid,
        "agreement": serde_json::to_value(&agreement).unwrap() });
    let to = format!("{}/negotiations/{pid}/agreement", app.space.endpoint());
    let sent = app.space.client().unwrap().post(to).body(message.to_string()).send().await.unwrap();
    assert!(sent.status().is_success(), "{}", sent.text().await.unwrap());
    until(&app, id, |x, _| x.state == "FINALIZED").await;
    let kept = app.store.ds_agreement("urn:agreement:1").await.unwrap();
    assert!(kept.is_some_and(|a| a.role == "consumer"), "the agreement counts on our side too");
    until(&app, id, |_, posts| posts.iter().all(|p| p.done.is_some() || p.failed.is_some())).await;
    assert!(
        app.store.posts_of(id).await.unwrap().iter().all(|p| p.body.is_empty()),
        "nothing is kept to send"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_that_is_refused_before_it_counts_ends_the_negotiation() {
    let (_world, app, mut director, mood, address) = scene().await;
    let id = flow::ask(&app, &Actor::System, (KIT, &address), offer()).await.unwrap();
    until(&app, id, |x, posts| x.other == "theirs" && posts[0].done.is_some()).await;
    let pid = app.store.exchange_by_id(id).await.unwrap().unwrap().pid;
    let theirs = Policy::offer("offer-2", vec![Rule::new("read", vec![])]).on("dataset-1");
    let message = json!({ "@context": [CONTEXT], "@type": "ContractOfferMessage", "providerPid": "theirs", "consumerPid": pid,
        "offer": serde_json::to_value(&theirs).unwrap() });
    let to = format!("{}/negotiations/{pid}/offers", app.space.endpoint());
    let sent = app.space.client().unwrap().post(to).body(message.to_string()).send().await.unwrap();
    assert!(sent.status().is_success(), "{}", sent.text().await.unwrap());
    // While the acceptance waits to be sent, where the peer stands says nothing.
    {
        let mut mood = mood.lock().unwrap();
        (mood.busy, mood.stands) = (true, "OFFERED");
    }
    let path = format!("/dataspace/exchanges/{id}");
    assert_eq!(director.post(&path, &[("act", "accept")]).await.status, StatusCode::SEE_OTHER);
    until(&app, id, |_, posts| posts.iter().any(|p| p.tries > 0 && p.status == Some(503))).await;
    assert_eq!(director.post(&path, &[("act", "ask")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.store.exchange_by_id(id).await.unwrap().unwrap().state, "ACCEPTED");
    // A late copy of our request has moved the peer: it refuses the acceptance, and neither would ever go on.
    {
        let mut mood = mood.lock().unwrap();
        (mood.busy, mood.refuses, mood.stands) = (false, true, "REQUESTED");
    }
    // The clock stands still here: the next try is due now.
    let now = app.clock.now();
    let waiting = app.store.posts_of(id).await.unwrap().into_iter().find(|p| p.done.is_none()).unwrap();
    app.store.post_tried(now, waiting.id, (Some(503), ""), Tried::Again(now)).await.unwrap();
    app.space.wake.notify_one();
    until(&app, id, |x, _| x.state == "TERMINATED").await;
    let page = director.page(&path).await.text("main");
    assert!(page.contains("双方状态不一致"), "{page}");
    until(&app, id, |_, _| {
        mood.lock().unwrap().seen.iter().any(|m| m["@type"] == "ContractNegotiationTerminationMessage")
    })
    .await;
    assert_eq!(app.store.verify_journal().await.unwrap().broken, None);
}
