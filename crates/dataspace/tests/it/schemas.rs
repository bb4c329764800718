use dataspace::catalog::{self, Listing};
use dataspace::message::{Wire, ack};
use dataspace::negotiation::{Act, Negotiation, State};
use dataspace::odrl::{Constraint, Policy, Rule};
use dataspace::policy::form::Terms;
use dataspace::transfer::{Act as TransferAct, Transfer};
use dataspace::{Role, message};
use jiff::Timestamp;
use serde_json::Value;
use std::path::PathBuf;

/// The specification's files, when they lie beside the project.
fn spec() -> Option<PathBuf> {
    let found = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dsp-spec"));
    if !found.is_dir() {
        println!("skipped: no {}", found.display());
        return None;
    }
    Some(found)
}

fn json(path: &std::path::Path) -> Value {
    // One reference of the specification's own files lacks its slash.
    let text = std::fs::read_to_string(path).unwrap().replace("#definitions/", "#/definitions/");
    serde_json::from_str(&text).unwrap()
}

/// A validator for one schema that finds the others by their identifiers.
fn validator(spec: &std::path::Path, name: &str) -> jsonschema::Validator {
    let mut registry = jsonschema::Registry::new();
    for folder in ["catalog", "negotiation", "transfer", "common"] {
        for entry in std::fs::read_dir(spec.join(folder)).unwrap().flatten() {
            if entry.path().extension().is_some_and(|e| e == "json") {
                let schema = json(&entry.path());
                let id = schema["$id"].as_str().unwrap().to_string();
                registry = registry.add(id, jsonschema::Resource::from_contents(schema)).unwrap();
            }
        }
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&json(&spec.join(name))).unwrap()
}

fn holds(spec: &std::path::Path, name: &str, value: &Value) {
    let validator = validator(spec, name);
    let faults: Vec<String> = validator.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{name}: {faults:?} in {value}");
}

fn offer() -> Policy {
    let terms = Terms {
        reads: Some(3),
        purposes: vec!["研判".into()],
        no_passing_on: true,
        inform: true,
        ..Terms::default()
    };
    terms.offer("urn:uuid:o1")
}

fn now() -> Timestamp {
    "2026-11-27T02:00:00Z".parse().unwrap()
}

#[test]
fn everything_that_we_send_fits_the_schemas() {
    let Some(spec) = spec() else { return };
    let at = |role, state: State| {
        let (mut n, _) = Negotiation::request("c1", "did:web:b", "http://b", offer().on("d1"), "http://a/cb");
        n.provider_pid = "p1".into();
        (n.role, n.state) = (role, state);
        n
    };
    let (_, first) = Negotiation::request("c1", "did:web:b", "http://b", offer().on("d1"), "http://a/cb");
    holds(&spec, "negotiation/contract-request-message-schema.json", &first.body);
    let (_, first) = Negotiation::offer_first("p1", "did:web:b", "http://b", offer().on("d1"), "http://a/cb");
    holds(&spec, "negotiation/contract-offer-message-schema.json", &first.body);
    let agree =
        Act::Agree { id: "urn:uuid:a1".into(), assigner: "did:web:a".into(), assignee: "did:web:b".into() };
    for (role, state, act, name) in [
        (Role::Provider, State::Requested, Act::Offer(offer().on("d1")), "contract-offer-message"),
        (Role::Provider, State::Requested, agree, "contract-agreement-message"),
        (Role::Provider, State::Verified, Act::Finalize, "contract-negotiation-event-message"),
        (Role::Consumer, State::Offered, Act::Counter(offer().on("d1")), "contract-request-message"),
        (Role::Consumer, State::Offered, Act::Accept, "contract-negotiation-event-message"),
        (Role::Consumer, State::Agreed, Act::Verify, "contract-agreement-verification-message"),
        (
            Role::Consumer,
            State::Agreed,
            Act::Terminate("no".into()),
            "contract-negotiation-termination-message",
        ),
    ] {
        let n = at(role, state);
        let (after, out) = n.act(act, now()).unwrap();
        holds(&spec, &format!("negotiation/{name}-schema.json"), &out.body);
        holds(&spec, "negotiation/contract-negotiation-schema.json", &after.ack());
    }
    let (_, first) =
        Transfer::request("c1", ("did:web:b", "http://b"), ("a1", "HttpData-PULL"), None, "http://a/cb");
    holds(&spec, "transfer/transfer-request-message-schema.json", &first.body);
    let address = message::DataAddress::http("http://a/data/1", "secret");
    use dataspace::transfer::State as T;
    for (state, act, name) in [
        (T::Requested, TransferAct::Start(Some(address)), "transfer-start-message"),
        (T::Started, TransferAct::Suspend("wait".into()), "transfer-suspension-message"),
        (T::Started, TransferAct::Complete, "transfer-completion-message"),
        (T::Started, TransferAct::Terminate("end".into()), "transfer-termination-message"),
    ] {
        let (mut t, _) = Transfer::request("c1", ("did:web:b", "http://b"), ("a1", "f"), None, "http://a/cb");
        (t.role, t.state) = (Role::Provider, state);
        t.provider_pid = "p1".into();
        let (after, out) = t.act(act).unwrap();
        holds(&spec, &format!("transfer/{name}-schema.json"), &out.body);
        holds(&spec, "transfer/transfer-process-schema.json", &after.ack());
    }
    let listing = Listing {
        id: "urn:uuid:d1".into(),
        title: "空置楼宇".into(),
        description: "按月".into(),
        formats: vec!["HttpData-PULL".into()],
        offers: vec![offer().on("urn:uuid:d1")],
        endpoint: String::new(),
        participant: String::new(),
    };
    let full = catalog::catalog("did:web:a", "http://a/dsp", std::slice::from_ref(&listing));
    holds(&spec, "catalog/catalog-schema.json", &full);
    holds(&spec, "catalog/catalog-schema.json", &catalog::catalog("did:web:a", "http://a/dsp", &[]));
    holds(&spec, "catalog/dataset-schema.json", &catalog::alone(&listing, "did:web:a", "http://a/dsp"));
    holds(&spec, "catalog/catalog-error-schema.json", &ack::catalog_error("filter", "no"));
    for (folder, kind, file) in [
        ("negotiation", "ContractNegotiationError", "contract-negotiation-error"),
        ("transfer", "TransferError", "transfer-error"),
    ] {
        holds(&spec, &format!("{folder}/{file}-schema.json"), &ack::error(kind, "p", "c", "state", "no"));
    }
    holds(&spec, "common/protocol-version-schema.json", &ack::versions("/dsp", "did:web:a"));
    let read = catalog::read(&full, "http://x").unwrap();
    assert_eq!(
        (read.len(), read[0].endpoint.as_str(), read[0].title.as_str()),
        (1, "http://a/dsp", "空置楼宇")
    );
    assert!(read[0].offers[0].same_rules(&offer()));
}

#[test]
fn every_example_of_the_specification_is_read_and_comes_out_as_it_went_in() {
    let Some(spec) = spec() else { return };
    let mut read = 0;
    for folder in ["catalog", "negotiation", "transfer"] {
        for entry in std::fs::read_dir(spec.join(folder).join("example")).unwrap().flatten() {
            let mut value = json(&entry.path());
            if value["filter"] == serde_json::json!([]) {
                value.as_object_mut().unwrap().remove("filter");
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = value["@type"].as_str().unwrap().to_string();
            macro_rules! back {
                ($($kind:ident)*) => {
                    match kind.as_str() {
                        $(stringify!($kind) => {
                            let message = <message::$kind as Wire>::of(value.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
                            assert_eq!(message.json(), value, "{name}");
                        })*
                        "Catalog" => {
                            catalog::read(&value, "").unwrap();
                        }
                        "ContractNegotiation" | "TransferProcess" => {
                            let (p, c, s) = ack::read_state(&value).unwrap();
                            assert_eq!(ack::state(&kind, &p, &c, &s), value, "{name}");
                        }
                        _ if kind.ends_with("Error") => assert!(ack::read_error(&value).is_some(), "{name}"),
                        "Dataset" | "DatasetRequestMessage" => {}
                        other => panic!("{name}: {other}"),
                    }
                };
            }
            back!(CatalogRequestMessage ContractRequestMessage ContractOfferMessage ContractAgreementMessage
                ContractAgreementVerificationMessage ContractNegotiationEventMessage ContractNegotiationTerminationMessage
                TransferRequestMessage TransferStartMessage TransferSuspensionMessage TransferCompletionMessage
                TransferTerminationMessage);
            read += 1;
        }
    }
    assert!(read >= 20, "{read} examples");
}

/// Vectors of our own, so that reading is tested without the specification's files.
#[test]
fn faults_of_a_message_are_named() {
    let good = serde_json::json!({
        "@context": [message::CONTEXT, "https://example.org/more"], "@type": "ContractRequestMessage", "consumerPid": "c1", "extra": 1,
        "offer": { "@id": "o", "@type": "Offer", "target": "d", "permission": [{ "action": "use" }] }, "callbackAddress": "http://c",
    });
    type M = message::ContractRequestMessage;
    let read = M::of(good.clone()).unwrap();
    assert!(read.json().get("extra").is_none(), "what is not known is ignored");
    for (field, value, says) in [
        ("@context", serde_json::json!(message::CONTEXT), "@context"),
        ("@type", "dspace:ContractRequestMessage".into(), "@type"),
        ("consumerPid", 7.into(), "consumerPid"),
        ("consumerPid", "".into(), "consumerPid"),
        ("offer", serde_json::json!({}), "@id"),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let fault = M::of(bad).unwrap_err().to_string();
        assert!(fault.contains(says), "{field}: {fault}");
    }
    assert!(M::read(b"{").unwrap_err().to_string().contains("JSON"));
    assert!(M::read(&vec![b' '; dataspace::MESSAGE_BYTES + 1]).unwrap_err().to_string().contains("larger"));
    let many = (0..600).map(|_| Constraint::atomic("count", "lteq", "1")).collect();
    let huge = Policy::offer("o", vec![Rule::new("use", many)]).on("d");
    assert!(huge.check_offer().unwrap_err().to_string().contains("parts"));
}
