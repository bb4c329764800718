//! What a connector answers: the state of a negotiation or a transfer, an error, the versions it speaks.

use super::{CONTEXT, Fault, Wire};
use crate::{negotiation, transfer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The version of the protocol.
pub const VERSION: &str = "2025-1";

messages! {
    /// A negotiation as its other side knows it (negotiation 3.1).
    ContractNegotiation {
        /// The provider's name of it.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// Where it stands.
        state: negotiation::State,
    }
    /// A transfer as its other side knows it (transfer 3.1).
    TransferProcess {
        /// The provider's name of it.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// Where it stands.
        state: transfer::State,
    }
    /// What went wrong with a catalogue (catalog 3.3).
    CatalogError {
        /// A code of the sender's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reason: Vec<Value>,
    }
    /// What went wrong with a negotiation (negotiation 3.2).
    ContractNegotiationError {
        /// The provider's name of it.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// A code of the sender's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reason: Vec<Value>,
    }
    /// What went wrong with a transfer (transfer 3.2).
    TransferError {
        /// The provider's name of it.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// A code of the sender's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reason: Vec<Value>,
    }
}

/// The document at `/.well-known/dspace-version` (common 2.1). It has no context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// What is served.
    pub protocol_versions: Vec<Version>,
}

/// One version of the protocol at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Such as `2025-1`.
    pub version: String,
    /// Below the root.
    pub path: String,
    /// `HTTPS`.
    pub binding: String,
    /// Whose connector it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The kind of participants' identifiers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier_type: Option<String>,
    /// How callers show who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
}

/// A way to show who one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// Such as `DCP`.
    pub protocol: String,
    /// Of that protocol.
    pub version: String,
    /// Profiles of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<String>,
}

impl Versions {
    /// Reads a peer's document.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(bytes: &[u8]) -> Result<Versions, Fault> {
        let read: Versions = super::typed(super::parse(bytes)?)?;
        if read.protocol_versions.is_empty() {
            return Err(Fault::new("protocolVersions", "must name at least one"));
        }
        Ok(read)
    }

    /// The path of the version that we speak, over HTTPS; `None` when the peer does not speak it.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.protocol_versions
            .iter()
            .find(|v| v.version == VERSION && v.binding == "HTTPS")
            .map(|v| v.path.as_str())
    }
}

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
