//! The connector against a peer that plays the conformance kit's 65 tests from both sides (version document 1, catalogue 3, negotiation as provider 15 and
//! as consumer 16, transfer as provider 15 and as consumer 15), over HTTP.
//!
//! A line is a test: its name, the dataset or agreement, and its steps. `>offer` the connector must send that; `offer` we send it and it must be
//! taken; `!offer` we send it and it must be refused with 400 and an error, the state unchanged; `=STATE` the connector must answer this state.

use crate::kit::{KIT, seed, under_test, webhooks};
use crate::world::World;
use app::clock::Clock;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use dataspace::message::{CONTEXT, DataAddress};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

const NEGOTIATIONS: &str = "
CN:01-01 ACN0101 request >offer =OFFERED termination =TERMINATED
CN:01-02 ACN0102 request >offer counter >termination =TERMINATED
CN:01-03 ACN0103 request >offer accepted >agreement verification >finalized =FINALIZED
CN:01-04 ACN0104 request >agreement =AGREED verification >finalized =FINALIZED
CN:02-01 ACN0201 request >termination =TERMINATED
CN:02-02 ACN0202 request =REQUESTED termination =TERMINATED
CN:02-03 ACN0203 request >agreement termination =TERMINATED
CN:02-04 ACN0204 request >offer termination =TERMINATED
CN:02-05 ACN0205 request >offer >termination =TERMINATED
CN:02-06 ACN0206 request >offer accepted >termination =TERMINATED
CN:02-07 ACN0207 request >agreement verification >termination =TERMINATED
CN:03-01 ACN0301 request >agreement verification >finalized !termination =FINALIZED
CN:03-02 ACN0302 request >offer !verification =OFFERED
CN:03-03 ACN0303 request >offer accepted !verification =ACCEPTED
CN:03-04 ACN0304 request >offer counter !counter =REQUESTED
CN_C:01-01 ACNC0101 >request offer >accepted agreement >verification finalized =FINALIZED
CN_C:01-02 ACNC0102 >request offer >counter termination =TERMINATED
CN_C:01-03 ACNC0103 >request offer >termination =TERMINATED
CN_C:01-04 ACNC0104 >request agreement >verification finalized =FINALIZED
CN_C:02-01 ACNC0201 >request termination =TERMINATED
CN_C:02-02 ACNC0202 >request >termination =TERMINATED
CN_C:02-03 ACNC0203 >request agreement >termination =TERMINATED
CN_C:02-04 ACNC0204 >request offer termination =TERMINATED
CN_C:02-05 ACNC0205 >request offer >accepted termination =TERMINATED
CN_C:02-06 ACNC0206 >request agreement >verification termination =TERMINATED
CN_C:03-01 ACNC0301 >request !finalized =REQUESTED
CN_C:03-02 ACNC0302 >request offer !offer =OFFERED
CN_C:03-03 ACNC0303 >request offer !finalized =OFFERED
CN_C:03-04 ACNC0304 >request offer >accepted !offer =ACCEPTED
CN_C:03-05 ACNC0305 >request offer >accepted !finalized =ACCEPTED
CN_C:03-06 ACNC0306 >request offer >accepted agreement !finalized !agreement !offer =AGREED";

const TRANSFERS: &str = "
TP:01-01 ATP0101 transfer >start >end =TERMINATED
TP:01-02 ATP0102 transfer >start >completion =COMPLETED
TP:01-03 ATP0103 transfer >start >suspension >end =TERMINATED
TP:01-04 ATP0104 transfer >start >suspension >start >completion =COMPLETED
TP:01-05 ATP0105 transfer >end =TERMINATED
TP:02-01 ATP0201 transfer >start =STARTED end =TERMINATED
TP:02-02 ATP0202 transfer >start completion =COMPLETED
TP:02-03 ATP0203 transfer >start suspension =SUSPENDED end =TERMINATED
TP:02-05 ATP0205 transfer =REQUESTED end =TERMINATED
TP:03-01 ATP0301 transfer !start =REQUESTED
TP:03-02 ATP0302 transfer !completion !suspension =REQUESTED
TP:03-03 ATP0303 transfer >start completion !start =COMPLETED
TP:03-04 ATP0304 transfer >start completion !suspension =COMPLETED
TP:03-05 ATP0305 transfer >start suspension !completion =SUSPENDED
TP:03-06 ATP0306 transfer >start end !completion =TERMINATED
TP_C:01-01 ATPC0101 >transfer start end =TERMINATED
TP_C:01-02 ATPC0102 >transfer start completion =COMPLETED
TP_C:01-03 ATPC0103 >transfer start suspension end =TERMINATED
TP_C:01-04 ATPC0104 >transfer start suspension start completion =COMPLETED
TP_C:01-05 ATPC0105 >transfer end =TERMINATED
TP_C:02-01 ATPC0201 >transfer start >end =TERMINATED
TP_C:02-02 ATPC0202 >transfer start >completion =COMPLETED
TP_C:02-03 ATPC0203 >transfer start >suspension >end =TERMINATED
TP_C:02-05 ATPC0205 >transfer >end =TERMINATED
TP_C:03-01 ATPC0301 >transfer !suspension =REQUESTED
TP_C:03-02 ATPC0302 >transfer !completion =REQUESTED
TP_C:03-03 ATPC0303 >transfer start !start =STARTED
TP_C:03-04 ATPC0304 >transfer start completion !suspension =COMPLETED
TP_C:03-05 ATPC0305 >transfer start suspension !completion =SUSPENDED
TP_C:03-06 ATPC0306 >transfer start end !start =TERMINATED";

/// What the connector sent us.
type Sent = (String, Value);

/// The peer: its own server, and what came there.
struct Kit {
    base: String,
    hooks: String,
    own: String,
    came: mpsc::UnboundedReceiver<Sent>,
    client: reqwest::Client,
    ours: String,
    theirs: String,
}

#[derive(Clone)]
struct Desk {
    came: mpsc::UnboundedSender<Sent>,
    names: Arc<Mutex<u64>>,
}

async fn take(State(desk): State<Desk>, request: Request) -> axum::response::Response {
    let path = request.uri().path().to_string();
    if request.method() == Method::GET {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut names = desk.names.lock().await;
    *names += 1;
    let ours = format!("kit-{names}");
    let of = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or(&ours).to_string();
    let kind = if path.starts_with("/transfers") { "TransferProcess" } else { "ContractNegotiation" };
    let answer = json!({ "@context": [CONTEXT], "@type": kind, "providerPid": of("providerPid"), "consumerPid": of("consumerPid"), "state": "REQUESTED" });
    desk.came.send((path, body)).unwrap();
    // A kit answers 200 where the specification says 201.
    ([("content-type", "application/json")], answer.to_string()).into_response()
}

/// The kit's offer on a dataset.
fn offer(id: &str) -> Value {
    json!({ "@id": format!("CD123:{id}:456"), "@type": "Offer", "target": id, "permission": [{ "action": "use" }] })
}

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

impl Kit {
    async fn send(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.base);
        let reply = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = StatusCode::from_u16(reply.status().as_u16()).unwrap();
        let text = reply.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let reply = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        let status = reply.status().as_u16();
        (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Waits for what the connector sends; `kind` as in the tables.
    async fn expect(&mut self, test: &str, kind: &str) -> Sent {
        let sent = tokio::time::timeout(Duration::from_secs(10), self.came.recv()).await;
        let (path, body) = sent.unwrap_or_else(|_| panic!("{test}: no {kind} came")).unwrap();
        let end = match kind {
            "request" | "counter" | "transfer" => "/request",
            "offer" => "/offers",
            "agreement" => "/agreement",
            "verification" => "/agreement/verification",
            "accepted" | "finalized" => "/events",
            "termination" | "end" => "/termination",
            other => {
                assert!(path.ends_with(&format!("/{other}")), "{test}: {path}, not {other}");
                return (path, body);
            }
        };
        assert!(path.ends_with(end), "{test}: {path} came, not {kind}: {body}");
        if matches!(kind, "accepted" | "finalized") {
            assert_eq!(body["eventType"], kind.to_uppercase(), "{test}");
        }
        (path, body)
    }

    /// A message of ours about the exchange under way.
    fn message(&self, consumer: bool, kind: &str, id: &str) -> (String, Value) {
        // We are the consumer where the connector is the provider.
        let (provider, consumer_pid) =
            if consumer { (&self.ours, &self.theirs) } else { (&self.theirs, &self.ours) };
        let mut body = json!({ "@context": [CONTEXT], "providerPid": provider, "consumerPid": consumer_pid });
        let offer = offer(id);
        let (folder, end, name) = match kind {
            "counter" => {
                body["offer"] = offer;
                ("negotiations", "request", "ContractRequestMessage")
            }
            "offer" => {
                body["offer"] = offer;
                ("negotiations", "offers", "ContractOfferMessage")
            }
            "agreement" => {
                body["agreement"] = json!({ "@id": format!("agreement-{id}"), "@type": "Agreement", "target": id, "assigner": KIT, "assignee": "CUT",
                    "timestamp": "2026-11-27T02:00:00Z", "permission": [{ "action": "use" }] });
                ("negotiations", "agreement", "ContractAgreementMessage")
            }
            "verification" => {
                ("negotiations", "agreement/verification", "ContractAgreementVerificationMessage")
            }
            "accepted" | "finalized" => {
                body["eventType"] = kind.to_uppercase().into();
                ("negotiations", "events", "ContractNegotiationEventMessage")
            }
            "termination" => ("negotiations", "termination", "ContractNegotiationTerminationMessage"),
            "start" => {
                if consumer {
                    body["dataAddress"] =
                        serde_json::to_value(DataAddress::http("http://kit/data", "t")).unwrap();
                }
                ("transfers", "start", "TransferStartMessage")
            }
            "suspension" => ("transfers", "suspension", "TransferSuspensionMessage"),
            "completion" => ("transfers", "completion", "TransferCompletionMessage"),
            "end" => ("transfers", "termination", "TransferTerminationMessage"),
            other => panic!("{other}"),
        };
        body["@type"] = name.into();
        (format!("/dsp/{folder}/{}/{end}", self.theirs), body)
    }

    async fn begin(&mut self, test: &str, step: &str, id: &str) {
        self.ours = format!("urn:uuid:{test}");
        let mut body =
            json!({ "@context": [CONTEXT], "consumerPid": self.ours, "callbackAddress": self.own });
        let path = if step == "request" {
            body["@type"] = "ContractRequestMessage".into();
            body["offer"] = offer(id);
            "/dsp/negotiations/request"
        } else {
            body["@type"] = "TransferRequestMessage".into();
            body["agreementId"] = id.into();
            body["format"] = "HttpData-PULL".into();
            "/dsp/transfers/request"
        };
        let (status, answer) = self.send(path, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{test}: {answer}");
        assert_eq!(answer["state"], "REQUESTED", "{test}");
        self.theirs = answer["providerPid"].as_str().unwrap().to_string();
        assert!(!self.theirs.contains(['/', '%']));
        // The same request again is the same exchange.
        assert_eq!(self.send(path, &body).await.1["providerPid"], answer["providerPid"], "{test}");
    }

    async fn trigger(&mut self, test: &str, step: &str, id: &str) {
        let (hook, body) = if step == ">request" {
            let body = json!({ "datasetId": id, "offerId": format!("offer{id}"), "providerId": KIT, "connectorAddress": self.own });
            ("negotiations", body)
        } else {
            (
                "transfers",
                json!({ "agreementId": id, "format": "HttpData-PULL", "providerId": KIT, "connectorAddress": self.own }),
            )
        };
        let url = format!("{}/tck/{hook}/requests", self.hooks);
        let told = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert!(told.status().is_success(), "{test}");
        let (_, body) = self.expect(test, step.trim_start_matches('>')).await;
        self.theirs = body["consumerPid"].as_str().unwrap().to_string();
        self.ours = String::new();
        assert_eq!(body["callbackAddress"].as_str().map(|a| a.ends_with("/dsp")), Some(true), "{test}");
    }

    /// Plays one line.
    async fn play(&mut self, line: &str, number: u64) {
        let mut words = line.split_whitespace();
        let (test, id) = (words.next().unwrap(), words.next().unwrap());
        let consumer = test.contains("_C:");
        for step in words {
            match step.split_at(1) {
                _ if matches!(step, "request" | "transfer") => self.begin(test, step, id).await,
                _ if matches!(step, ">request" | ">transfer") => {
                    self.trigger(test, step, id).await;
                    self.ours = format!("kit-{number}");
                }
                (">", kind) => {
                    self.expect(test, kind).await;
                }
                ("=", state) => self.stands(test, state).await,
                ("!", kind) => {
                    let (path, body) = self.message(consumer, kind, id);
                    let (status, answer) = self.send(&path, &body).await;
                    assert_eq!(status, StatusCode::BAD_REQUEST, "{test} {step}: {answer}");
                    let error =
                        if path.contains("transfers") { "TransferError" } else { "ContractNegotiationError" };
                    assert_eq!(answer["@type"], error, "{test} {step}");
                    assert!(
                        answer["reason"][0].as_str().unwrap().contains("not allowed in state"),
                        "{answer}"
                    );
                }
                _ => {
                    let (path, body) = self.message(consumer, step, id);
                    let (status, answer) = self.send(&path, &body).await;
                    assert_eq!(status, StatusCode::OK, "{test} {step}: {answer}");
                }
            }
        }
    }

    async fn stands(&self, test: &str, state: &str) {
        let mut last = Value::Null;
        let folder = if test.starts_with("TP") { "transfers" } else { "negotiations" };
        for _ in 0..40 {
            let (status, answer) = self.get(&format!("/dsp/{folder}/{}", self.theirs)).await;
            assert_eq!(status, 200, "{test}");
            if answer["state"] == state {
                return;
            }
            last = answer;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{test}: {last}, not {state}");
    }
}

async fn kit() -> (World, Kit) {
    let world = World::empty(None).await;
    let mut app = under_test(world.app.clone());
    app.clock = Clock::System;
    seed(&app).await.unwrap();
    let base = crate::browser::serve_app(app.clone()).await;
    let hooks = listen(webhooks(app)).await;
    let (tell, came) = mpsc::unbounded_channel();
    let desk = Desk { came: tell, names: Arc::default() };
    let own = listen(Router::new().fallback(take).with_state(desk)).await;
    let client = world.app.space.client().unwrap().clone();
    (world, Kit { base, hooks, own, came, client, ours: String::new(), theirs: String::new() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_65_tests_of_the_kit_s_script_pass_from_both_sides() {
    let (world, mut kit) = kit().await;
    let mut passed = 0;
    // MET 1
    let (status, versions) = kit.get("/.well-known/dspace-version").await;
    let one = &versions["protocolVersions"][0];
    assert_eq!((status, &one["version"], &one["path"]), (200, &json!("2025-1"), &json!("/dsp")));
    passed += 1;
    // CAT 3
    let ask = json!({ "@context": [CONTEXT], "@type": "CatalogRequestMessage" });
    let (status, catalogue) = kit.send("/dsp/catalog/request", &ask).await;
    assert_eq!((status, &catalogue["@type"]), (StatusCode::OK, &json!("Catalog")));
    assert_eq!(catalogue["dataset"].as_array().unwrap().len(), 17);
    let (status, dataset) = kit.get("/dsp/catalog/datasets/CAT0101").await;
    assert_eq!((status, &dataset["@id"]), (200, &json!("CAT0101")));
    let (status, none) = kit.get("/dsp/catalog/datasets/CAT0103").await;
    assert_eq!((status, &none["@type"]), (404, &json!("CatalogError")));
    passed += 3;
    // What came before gives the kit's own names their numbers.
    let mut number = 0;
    for line in NEGOTIATIONS.lines().chain(TRANSFERS.lines()).filter(|l| !l.is_empty()) {
        let expected = line.split_whitespace().filter(|w| w.starts_with('>')).count() as u64;
        kit.play(line, number + 1).await;
        number += expected;
        assert!(kit.came.try_recv().is_err(), "{line}: nothing else came");
        passed += 1;
    }
    assert_eq!(passed, 65);
    assert_eq!(world.app.store.verify_journal().await.unwrap().broken, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_kit_leaves_out_holds_too() {
    let (world, kit) = kit().await;
    // Pages, with their links.
    let ask = json!({ "@context": [CONTEXT], "@type": "CatalogRequestMessage" });
    let url = format!("{}/dsp/catalog/request?size=10", kit.base);
    let first = kit.client.post(&url).body(ask.to_string()).send().await.unwrap();
    let link = first.headers()["link"].to_str().unwrap().to_string();
    assert!(link.contains("rel=\"next\"") && link.contains("size=10"), "{link}");
    let next = link.split(['<', '>']).nth(1).unwrap();
    let second = kit.client.post(next).body(ask.to_string()).send().await.unwrap();
    assert!(second.headers().get("link").is_none());
    let rest: Value = serde_json::from_str(&second.text().await.unwrap()).unwrap();
    assert_eq!(rest["dataset"].as_array().unwrap().len(), 7);
    // Filters.
    let filtered = json!({ "@context": [CONTEXT], "@type": "CatalogRequestMessage", "filter": ["CAT010"] });
    let (_, found) = kit.send("/dsp/catalog/request", &filtered).await;
    assert_eq!(found["dataset"].as_array().unwrap().len(), 2);
    let odd = json!({ "@context": [CONTEXT], "@type": "CatalogRequestMessage", "filter": [{ "x": 1 }] });
    assert_eq!(kit.send("/dsp/catalog/request", &odd).await.0, StatusCode::BAD_REQUEST);
    // A provider's first offer, and the consumer's answer to what it does not know.
    let offer = json!({ "@context": [CONTEXT], "@type": "ContractOfferMessage", "providerPid": "p-1", "callbackAddress": kit.own,
        "offer": { "@id": "o", "@type": "Offer", "target": "d", "permission": [{ "action": "use" }] } });
    let (status, made) = kit.send("/dsp/negotiations/offers", &offer).await;
    assert_eq!((status, &made["state"]), (StatusCode::CREATED, &json!("OFFERED")));
    for (path, body) in [
        (
            "/dsp/negotiations/request",
            json!({ "@context": [CONTEXT], "@type": "ContractRequestMessage", "consumerPid": "c", "callbackAddress": kit.own,
            "offer": { "@id": "no such offer", "@type": "Offer", "target": "ACN0101", "permission": [{ "action": "use" }] } }),
        ),
        (
            "/dsp/transfers/request",
            json!({ "@context": [CONTEXT], "@type": "TransferRequestMessage", "consumerPid": "c", "callbackAddress": kit.own,
            "agreementId": "none", "format": "HttpData-PULL" }),
        ),
        ("/dsp/negotiations/request", json!({ "@type": "ContractRequestMessage" })),
    ] {
        let (status, error) = kit.send(path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{error}");
        assert!(error["@type"].as_str().unwrap().ends_with("Error"));
    }
    assert_eq!(kit.get("/dsp/negotiations/urn:uuid:none").await.0, 404);
    // Whoever is not known is told nothing.
    let mut app = world.app.clone();
    app.clock = Clock::System;
    let closed = crate::browser::serve_app(app).await;
    let refused =
        kit.client.post(format!("{closed}/dsp/catalog/request")).body(ask.to_string()).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 404);
    let forged = kit
        .client
        .get(format!("{closed}/dsp/negotiations/x"))
        .header("authorization", "Bearer a.b.c")
        .send()
        .await
        .unwrap();
    assert_eq!(forged.status().as_u16(), 404);
}
