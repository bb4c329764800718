use dataspace::Role;
use dataspace::catalog::{self, Listing};
use dataspace::message::ack::{
    CatalogError, ContractNegotiation, ContractNegotiationError, TransferError, TransferProcess, Versions,
};
use dataspace::message::dcat::{Catalog, Dataset};
use dataspace::message::{Wire, ack, *};
use dataspace::negotiation::{Act, Negotiation, State};
use dataspace::odrl::Policy;
use dataspace::policy::form::Terms;
use dataspace::transfer::{Act as TransferAct, Transfer};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The specification's files, when they lie beside the project or where the variable says.
fn spec() -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let found = std::env::var_os("LANDFALL_TEST_DATA").map_or_else(beside, PathBuf::from).join("dsp-spec");
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
    let address = DataAddress::http("http://a/data/1", "secret");
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
    let mut seen = BTreeSet::new();
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
                            let message = <$kind as Wire>::of(value.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
                            assert_eq!(message.json(), value, "{name}");
                            holds(&spec, &format!("{folder}/{}", schema_of(&kind)), &message.json());
                        })*
                        other => panic!("{name}: {other}"),
                    }
                };
            }
            back!(CatalogRequestMessage DatasetRequestMessage ContractRequestMessage ContractOfferMessage ContractAgreementMessage
                ContractAgreementVerificationMessage ContractNegotiationEventMessage ContractNegotiationTerminationMessage
                TransferRequestMessage TransferStartMessage TransferSuspensionMessage TransferCompletionMessage
                TransferTerminationMessage Catalog Dataset ContractNegotiation TransferProcess CatalogError
                ContractNegotiationError TransferError);
            seen.insert(kind);
            read += 1;
        }
    }
    assert!(read >= 24, "{read} examples");
    assert_eq!(seen.len(), 20, "every message, acknowledgement and error: {seen:?}");
    let document = std::fs::read(spec.join("common/example/protocol-version.json")).unwrap();
    let versions = Versions::read(&document).unwrap();
    assert_eq!(serde_json::to_value(&versions).unwrap(), serde_json::from_slice::<Value>(&document).unwrap());
    assert_eq!(versions.path(), Some("/some/path/2025-1"));
}

#[test]
fn our_own_vectors_fit_the_schemas() {
    let Some(spec) = spec() else { return };
    for vector in crate::vectors::vectors() {
        let kind = vector["@type"].as_str().unwrap();
        let folder = match kind {
            _ if kind.starts_with("Contract") => "negotiation",
            _ if kind.starts_with("Transfer") => "transfer",
            _ => "catalog",
        };
        holds(&spec, &format!("{folder}/{}", schema_of(kind)), &vector);
    }
}

/// `ContractOfferMessage` → `contract-offer-message-schema.json`.
fn schema_of(kind: &str) -> String {
    let mut out = String::new();
    for c in kind.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    format!("{out}-schema.json")
}
