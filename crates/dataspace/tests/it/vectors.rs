//! Messages of our own, so that reading and writing are tested without the specification's files; and any JSON at all.

use dataspace::catalog;
use dataspace::message::ack::{
    CatalogError, ContractNegotiation, ContractNegotiationError, TransferError, TransferProcess, Versions,
};
use dataspace::message::dcat::{Catalog, Dataset};
use dataspace::message::*;
use dataspace::odrl::{self, Constraint, Policy, Rule};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Every kind of message, acknowledgement and error; `$call!(Kind)` for each.
macro_rules! every {
    ($call:ident) => {
        $call!(
            CatalogRequestMessage DatasetRequestMessage ContractRequestMessage ContractOfferMessage ContractAgreementMessage
            ContractAgreementVerificationMessage ContractNegotiationEventMessage ContractNegotiationTerminationMessage
            TransferRequestMessage TransferStartMessage TransferSuspensionMessage TransferCompletionMessage
            TransferTerminationMessage Catalog Dataset ContractNegotiation TransferProcess CatalogError
            ContractNegotiationError TransferError
        )
    };
}

/// Reads a value as what its type says and writes it again.
fn back(value: &Value) -> Result<Value, Fault> {
    let kind = value.get("@type").and_then(Value::as_str).unwrap_or_default();
    macro_rules! by_type {
        ($($kind:ident)*) => {
            match kind {
                $(stringify!($kind) => $kind::of(value.clone()).map(|m| m.json()),)*
                other => Err(Fault::new("@type", format!("{other} is none"))),
            }
        };
    }
    every!(by_type)
}

fn with(kind: &str, members: Value) -> Value {
    let mut out = json!({ "@context": [CONTEXT], "@type": kind });
    out.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    out
}

pub fn vectors() -> Vec<Value> {
    let pids = |more: Value| {
        let mut out = json!({ "providerPid": "urn:uuid:p-1", "consumerPid": "urn:uuid:c-1" });
        out.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        out
    };
    let rules = json!([{
        "action": "use",
        "constraint": [
            { "leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2027-01-31" },
            { "or": [
                { "leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["统计", "研判"] },
                { "xone": [{ "leftOperand": "landfall:x", "operator": "hasPart", "rightOperand": { "@id": "y" } }] },
            ] },
        ],
        "duty": [{ "action": "inform" }],
    }]);
    let offer = json!({ "@id": "urn:o", "@type": "Offer", "target": "urn:d", "permission": rules, "obligation": [{ "action": "delete" }] });
    let agreement = json!({
        "@id": "urn:a", "@type": "Agreement", "target": "urn:d", "assigner": "did:web:p", "assignee": "did:web:c",
        "timestamp": "2026-11-27T02:00:00Z", "prohibition": rules,
    });
    let address = json!({
        "@type": "DataAddress", "endpointType": "https://w3id.org/idsa/v4.1/HTTP", "endpoint": "https://p/data/1",
        "endpointProperties": [{ "@type": "EndpointProperty", "name": "authorization", "value": "t" }],
    });
    let listed = json!({ "@id": "urn:o", "@type": "Offer", "permission": [{ "action": "use" }] });
    let service = json!({ "@id": "urn:s", "@type": "DataService", "endpointURL": "https://p/dsp" });
    let dataset = json!({
        "@id": "urn:d", "@type": "Dataset", "title": "厂房", "keyword": ["a"], "hasPolicy": [listed],
        "distribution": [{ "@type": "Distribution", "format": "HttpData-PULL", "accessService": service }],
    });
    let reason = json!({ "code": "7", "reason": ["为什么", { "@value": "why" }] });
    vec![
        with("CatalogRequestMessage", json!({})),
        with("CatalogRequestMessage", json!({ "filter": ["厂房"] })),
        with("DatasetRequestMessage", json!({ "dataset": "urn:d" })),
        with(
            "ContractRequestMessage",
            json!({ "consumerPid": "c", "offer": offer, "callbackAddress": "https://c/cb/" }),
        ),
        with("ContractRequestMessage", pids(json!({ "offer": offer }))),
        with(
            "ContractOfferMessage",
            json!({ "providerPid": "p", "offer": offer, "callbackAddress": "https://p" }),
        ),
        with("ContractOfferMessage", pids(json!({ "offer": offer }))),
        with("ContractAgreementMessage", pids(json!({ "agreement": agreement }))),
        with("ContractAgreementVerificationMessage", pids(json!({}))),
        with("ContractNegotiationEventMessage", pids(json!({ "eventType": "ACCEPTED" }))),
        with("ContractNegotiationEventMessage", pids(json!({ "eventType": "FINALIZED" }))),
        with("ContractNegotiationTerminationMessage", pids(reason.clone())),
        with(
            "TransferRequestMessage",
            json!({ "consumerPid": "c", "agreementId": "urn:a", "format": "HttpData-PUSH", "dataAddress": address, "callbackAddress": "https://c" }),
        ),
        with("TransferStartMessage", pids(json!({ "dataAddress": address }))),
        with("TransferStartMessage", pids(json!({}))),
        with("TransferSuspensionMessage", pids(reason.clone())),
        with("TransferCompletionMessage", pids(json!({}))),
        with("TransferTerminationMessage", pids(reason.clone())),
        with("ContractNegotiation", pids(json!({ "state": "OFFERED" }))),
        with("TransferProcess", pids(json!({ "state": "SUSPENDED" }))),
        with("CatalogError", reason.clone()),
        with("ContractNegotiationError", pids(reason.clone())),
        with("TransferError", pids(reason)),
        with("Dataset", dataset.clone()),
        with(
            "Catalog",
            json!({ "@id": "urn:k", "participantId": "did:web:p", "service": [service], "dataset": [dataset],
                "catalog": [{ "@id": "urn:k2", "@type": "Catalog", "dataset": [dataset] }] }),
        ),
    ]
}

#[test]
fn every_vector_comes_out_as_it_went_in() {
    for vector in vectors() {
        assert_eq!(back(&vector).unwrap_or_else(|fault| panic!("{fault}: {vector}")), vector);
        // Other contexts may stand beside ours, and what a message says beside is ignored.
        let mut wide = vector.clone();
        wide["@context"] = json!(["https://example.org/more", CONTEXT]);
        let is_message = vector["@type"].as_str().unwrap().ends_with("Message");
        if is_message {
            wide["note"] = json!({ "deep": [1] });
        }
        assert_eq!(back(&wide).unwrap(), vector);
    }
}

#[test]
fn no_vector_is_read_without_its_context_its_type_or_a_member_that_it_needs() {
    /// Members that may be missing.
    const OPTIONAL: [&str; 8] =
        ["filter", "code", "reason", "service", "dataset", "catalog", "callbackAddress", "providerPid"];
    for vector in vectors() {
        let kind = vector["@type"].as_str().unwrap().to_string();
        for context in [
            json!(CONTEXT),
            json!([]),
            json!([{ "a": 1 }, CONTEXT]),
            json!({}),
            json!(["https://w3id.org/dspace/2024/1/context.json"]),
        ] {
            let mut odd = vector.clone();
            odd["@context"] = context;
            assert_eq!(back(&odd).unwrap_err().path, "@context", "{kind}");
        }
        macro_rules! as_others {
            ($($other:ident)*) => {
                $(if stringify!($other) != kind {
                    assert_eq!($other::of(vector.clone()).unwrap_err().path, "@type", "{kind} as {}", stringify!($other));
                })*
            };
        }
        every!(as_others);
        let needed = vector.as_object().unwrap().keys().filter(|k| !k.starts_with('@'));
        for name in needed {
            let mut odd = vector.clone();
            odd.as_object_mut().unwrap().remove(name);
            let is_optional = OPTIONAL.contains(&name.as_str())
                || matches!((kind.as_str(), name.as_str()), (_, "dataAddress" | "title" | "keyword"))
                || (kind == "ContractOfferMessage" && name == "consumerPid");
            match back(&odd) {
                Err(fault) => {
                    assert_eq!(&fault.path, name, "{kind}");
                    assert!(!fault.cure.is_empty() || !fault.what.is_empty());
                }
                Ok(_) => assert!(is_optional, "{kind} was read without {name}"),
            }
        }
    }
}

#[test]
fn a_fault_names_the_member_and_what_to_do() {
    let start = |address: Value| {
        TransferStartMessage::of(with(
            "TransferStartMessage",
            json!({ "providerPid": "p", "consumerPid": "c", "dataAddress": address }),
        ))
        .unwrap_err()
    };
    let property = json!({ "@type": "EndpointProperty", "name": "authorization" });
    for (address, path) in [
        (json!({ "endpointType": "x" }), "dataAddress.@type"),
        (json!({ "@type": "DataAddress" }), "dataAddress.endpointType"),
        (json!({ "@type": "DataAddress", "endpointType": 7 }), "dataAddress.endpointType"),
        (
            json!({ "@type": "DataAddress", "endpointType": "x", "endpointProperties": [property] }),
            "dataAddress.endpointProperties[0].value",
        ),
        (
            json!({ "@type": "DataAddress", "endpointType": "x", "endpointProperties": [{ "@type": "x" }] }),
            "dataAddress.endpointProperties[0].@type",
        ),
    ] {
        assert_eq!(start(address.clone()).path, path, "{address}");
    }
    let event = |kind: &str| {
        with(
            "ContractNegotiationEventMessage",
            json!({ "providerPid": "p", "consumerPid": "c", "eventType": kind }),
        )
    };
    assert_eq!(back(&event("dspace:ACCEPTED")).unwrap_err().path, "eventType");
    assert_eq!(
        start(json!({ "@type": "DataAddress" })).to_string(),
        "dataAddress.endpointType: is missing (add it)"
    );
    let empty = with("Dataset", json!({ "@id": "d", "hasPolicy": [], "distribution": [] }));
    assert_eq!(back(&empty).unwrap_err().path, "hasPolicy");
    assert!(Versions::read(b"{\"protocolVersions\":[]}").is_err() && Versions::read(b"[]").is_err());
    assert_eq!(name(&json!({ "@id": "urn:m" })), Some("urn:m"));
    assert_eq!(name(&json!({ "@id": "" })), None);
}

#[test]
fn faults_of_a_message_are_named() {
    let good = json!({
        "@context": [CONTEXT, "https://example.org/more"], "@type": "ContractRequestMessage", "consumerPid": "c1", "extra": 1,
        "offer": { "@id": "o", "@type": "Offer", "target": "d", "permission": [{ "action": "use" }] }, "callbackAddress": "http://c",
    });
    type M = ContractRequestMessage;
    let read = M::of(good.clone()).unwrap();
    assert!(read.json().get("extra").is_none(), "what is not known is ignored");
    for (field, value, says) in [
        ("@context", json!(CONTEXT), "@context"),
        ("@type", "dspace:ContractRequestMessage".into(), "@type"),
        ("consumerPid", 7.into(), "consumerPid"),
        ("consumerPid", "".into(), "consumerPid"),
        ("offer", json!({}), "@id"),
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

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!([CONTEXT])),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = prop_oneof![
            "[a-z]{0,6}",
            prop::sample::select(vec![
                "@id",
                "@type",
                "offer",
                "agreement",
                "permission",
                "constraint",
                "and",
                "or",
                "leftOperand",
                "operator",
                "rightOperand",
                "action",
                "duty",
                "dataset",
                "distribution",
                "accessService",
                "hasPolicy",
                "catalog",
                "service",
                "dataAddress",
                "endpointProperties",
                "reason",
                "filter",
                "protocolVersions",
                "target",
            ])
            .prop_map(str::to_string),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|m| Value::Object(m.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every place in a value, as pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_string());
    match value {
        Value::Array(all) => all.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found)),
        Value::Object(all) => all.iter().for_each(|(k, v)| places(v, &format!("{at}/{k}"), found)),
        _ => {}
    }
}

fn constraints() -> impl Strategy<Value = Constraint> {
    let right = prop_oneof![
        ".{0,6}".prop_map(Value::from),
        prop::collection::vec("[a-z]{1,4}", 0..3).prop_map(Value::from),
        "[a-z]{1,4}".prop_map(|t| json!({ "@id": t })),
    ];
    let atomic =
        ("[a-zA-Z:]{1,8}", "[a-zA-Z:-]{1,6}", right).prop_map(|(l, o, r)| Constraint::atomic(&l, &o, r));
    atomic.prop_recursive(3, 12, 3, |inner| {
        (0..4, prop::collection::vec(inner, 0..3)).prop_map(|(kind, list)| match kind {
            0 => Constraint::And { and: list },
            1 => Constraint::AndSequence { sequence: list },
            2 => Constraint::Or { or: list },
            _ => Constraint::Xone { xone: list },
        })
    })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let constraints = || prop::collection::vec(constraints(), 0..3);
    let duty = ("[a-z]{1,6}", constraints()).prop_map(|(action, constraint)| Rule::new(&action, constraint));
    let rule = ("[a-z:]{1,8}", constraints(), prop::collection::vec(duty, 0..2))
        .prop_map(|(action, constraint, duty)| Rule { duty, ..Rule::new(&action, constraint) });
    prop::collection::vec(rule, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_reading_fail_badly(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
        let _ = Versions::read(&bytes);
        let _ = ContractRequestMessage::read(&bytes);
    }

    #[test]
    fn no_json_makes_reading_fail_badly(value in any_json()) {
        let _ = odrl::shape(&value, "offer");
        let _ = serde_json::from_value::<Policy>(value.clone());
        let _ = catalog::read(&value, "http://x");
        let _ = catalog::read_alone(&value, "p", "http://x");
        let _ = (name(&value), ack::read_state(&value), ack::read_error(&value));
        let _ = Versions::read(value.to_string().as_bytes());
        macro_rules! all {
            ($($kind:ident)*) => { $(let _ = $kind::of(with(stringify!($kind), json!({ "offer": value, "dataset": value, "@id": value })));)* };
        }
        every!(all);
    }

    #[test]
    fn a_vector_with_anything_in_any_place_is_read_the_same_again_or_refused(
        which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), odd in any_json(),
    ) {
        let all = vectors();
        let mut value = which.get(&all).clone();
        let mut found = Vec::new();
        places(&value, "", &mut found);
        let place = place.get(&found).clone();
        *value.pointer_mut(&place).unwrap() = odd;
        match back(&value) {
            Ok(written) => prop_assert_eq!(back(&written).unwrap(), written, "at {}", place),
            Err(fault) => prop_assert!(!fault.to_string().is_empty()),
        }
        let _ = catalog::read(&value, "http://x");
    }

    #[test]
    fn any_offer_is_agreed_as_it_was_offered(permission in rules(), prohibition in prop::option::of(rules())) {
        let offer = Policy { prohibition: prohibition.unwrap_or_default(), ..Policy::offer("o", permission) }.on("d");
        let message = ContractOfferMessage {
            provider_pid: "p".into(), consumer_pid: Some("c".into()), offer: offer.clone(), callback_address: None,
        };
        let read = ContractOfferMessage::read(message.json().to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &message);
        let agreement = read.offer.agreed("a", "p", "c", jiff::Timestamp::UNIX_EPOCH);
        let message = ContractAgreementMessage { provider_pid: "p".into(), consumer_pid: "c".into(), agreement, signature: Some("AAAA".into()) };
        let read = ContractAgreementMessage::read(message.json().to_string().as_bytes()).unwrap();
        prop_assert!(read.agreement.same_rules(&offer));
        read.agreement.check_agreement().unwrap();
    }
}
