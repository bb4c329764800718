//! What a connector answers: the state of a negotiation or a transfer, an error, the versions it speaks.

use super::CONTEXT;
use serde_json::{Value, json};

/// The version of the protocol.
pub const VERSION: &str = "2025-1";

/// `ContractNegotiation` or `TransferProcess`.
#[must_use]
pub fn state(kind: &str, provider_pid: &str, consumer_pid: &str, state: &str) -> Value {
    json!({ "@context": [CONTEXT], "@type": kind, "providerPid": provider_pid, "consumerPid": consumer_pid, "state": state })
}

/// An error of a negotiation or a transfer; `kind` is its `@type`.
#[must_use]
pub fn error(kind: &str, provider_pid: &str, consumer_pid: &str, code: &str, reason: &str) -> Value {
    json!({ "@context": [CONTEXT], "@type": kind, "providerPid": provider_pid, "consumerPid": consumer_pid, "code": code, "reason": [reason] })
}

/// An error of a catalogue.
#[must_use]
pub fn catalog_error(code: &str, reason: &str) -> Value {
    json!({ "@context": [CONTEXT], "@type": "CatalogError", "code": code, "reason": [reason] })
}

/// The document at `/.well-known/dspace-version` (common 2.1): the versions and where each is served.
#[must_use]
pub fn versions(path: &str, service: &str) -> Value {
    json!({ "protocolVersions": [{ "version": VERSION, "path": path, "binding": "HTTPS", "serviceId": service, "identifierType": "did:web" }] })
}

/// The providerPid, consumerPid and state of an acknowledgement or of an answer to a question; `None` when it is not one.
#[must_use]
pub fn read_state(value: &Value) -> Option<(String, String, String)> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_string);
    Some((text("providerPid")?, text("consumerPid")?, text("state")?))
}

/// What an error says in one line, for people; `None` for what is no error of the protocol.
#[must_use]
pub fn read_error(value: &Value) -> Option<String> {
    let kind = value.get("@type")?.as_str().filter(|t| t.ends_with("Error"))?;
    let code = value.get("code").and_then(Value::as_str).unwrap_or_default();
    let reasons: Vec<String> = value
        .get("reason")
        .and_then(Value::as_array)
        .map(|all| all.iter().map(|r| r.as_str().map_or_else(|| r.to_string(), str::to_string)).collect())
        .unwrap_or_default();
    Some(format!("{kind} {code}: {}", reasons.join("; ")))
}
