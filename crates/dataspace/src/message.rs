//! The messages, in plain JSON (the specification allows that beside JSON-LD: common 1.2). Reading demands what the schemas demand and ignores
//! what it does not know; writing gives exactly the compact form.

use crate::odrl::Policy;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The context of version 2025-1.
pub const CONTEXT: &str = "https://w3id.org/dspace/2025/1/context.jsonld";

/// What is wrong with a message: where, which rule it breaks, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member, such as `offer.permission[0].action`; empty for the message itself.
    pub path: String,
    /// The rule that it breaks.
    pub what: String,
    /// What to do; empty where the rule says it.
    pub cure: &'static str,
}

impl Fault {
    /// A fault of a field.
    pub fn new(path: impl Into<String>, what: impl Into<String>) -> Fault {
        Fault { path: path.into(), what: what.into(), cure: "" }
    }

    /// The same with what to do.
    #[must_use]
    pub fn cure(self, cure: &'static str) -> Fault {
        Fault { cure, ..self }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.what)?;
        if self.cure.is_empty() { Ok(()) } else { write!(f, " ({})", self.cure) }
    }
}

/// What a negotiation's event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Event {
    /// The consumer accepts the last offer.
    Accepted,
    /// The provider finalises the agreement.
    Finalized,
}

/// A property of a data address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointProperty {
    /// `EndpointProperty`.
    #[serde(rename = "@type")]
    pub kind: String,
    /// Such as `authorization`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Where data are fetched from or sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataAddress {
    /// `DataAddress`.
    #[serde(rename = "@type")]
    pub kind: String,
    /// Kind of the endpoint.
    pub endpoint_type: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What it takes to use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoint_properties: Vec<EndpointProperty>,
}

impl DataAddress {
    /// An HTTP endpoint with a bearer token.
    #[must_use]
    pub fn http(endpoint: &str, token: &str) -> DataAddress {
        let property = |name: &str, value: &str| EndpointProperty {
            kind: "EndpointProperty".into(),
            name: name.into(),
            value: value.into(),
        };
        DataAddress {
            kind: "DataAddress".into(),
            endpoint_type: "https://w3id.org/idsa/v4.1/HTTP".into(),
            endpoint: Some(endpoint.to_string()),
            endpoint_properties: vec![property("authorization", token), property("authType", "bearer")],
        }
    }

    /// The value of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.endpoint_properties.iter().find(|p| p.name == name).map(|p| p.value.as_str())
    }
}

/// The member by which an agreement and its verification carry the sender's signature over the agreement. The protocol has none; a peer that does not know it
/// ignores it (it is an absolute IRI, as JSON-LD wants of what a context does not define).
pub const SIGNATURE: &str = "urn:landfall:agreement-signature";

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $kind:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $name { $($(#[$fdoc])* pub $field: $kind,)* }

            impl Wire for $name {
                const TYPE: &'static str = stringify!($name);
            }
        )*
    };
}

pub mod ack;
pub mod dcat;
pub mod text;

messages! {
    /// Asks for a dataset by itself (catalog 2.3); over HTTPS the path alone asks.
    DatasetRequestMessage {
        /// The dataset.
        dataset: String,
    }
    /// Asks for a catalogue (catalog 2.1).
    CatalogRequestMessage {
        /// Filters of an implementation's own language.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        filter: Vec<Value>,
    }
    /// A consumer asks, or asks again (negotiation 2.1).
    ContractRequestMessage {
        /// Missing in the first request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_pid: Option<String>,
        /// The consumer's name of the negotiation.
        consumer_pid: String,
        /// What it asks for.
        offer: Policy,
        /// Where the consumer is reached; in the first request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callback_address: Option<String>,
    }
    /// A provider offers (negotiation 2.2).
    ContractOfferMessage {
        /// The provider's name of the negotiation.
        provider_pid: String,
        /// Missing in a provider's first offer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consumer_pid: Option<String>,
        /// What it offers.
        offer: Policy,
        /// Where the provider is reached; in a first offer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callback_address: Option<String>,
    }
    /// The provider agrees (negotiation 2.3).
    ContractAgreementMessage {
        /// The provider's name of the negotiation.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// The agreement.
        agreement: Policy,
        /// The provider's signature over it, where the peer speaks of signatures ([`SIGNATURE`]).
        #[serde(rename = "urn:landfall:agreement-signature", default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    }
    /// The consumer has verified the agreement (negotiation 2.4).
    ContractAgreementVerificationMessage {
        /// The provider's name of the negotiation.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// The consumer's signature over the agreement, likewise.
        #[serde(rename = "urn:landfall:agreement-signature", default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    }
    /// Accepted by the consumer, or finalised by the provider (negotiation 2.5).
    ContractNegotiationEventMessage {
        /// The provider's name of the negotiation.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// Which.
        event_type: Event,
    }
    /// Either side ends the negotiation (negotiation 2.6).
    ContractNegotiationTerminationMessage {
        /// The provider's name of the negotiation.
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
    /// The consumer asks for a transfer under an agreement (transfer 2.1).
    TransferRequestMessage {
        /// The consumer's name of the transfer.
        consumer_pid: String,
        /// The agreement.
        agreement_id: String,
        /// A format of one of the dataset's distributions.
        format: String,
        /// Where to send the data; only for a push.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data_address: Option<DataAddress>,
        /// Where the consumer is reached.
        callback_address: String,
    }
    /// The transfer starts, or goes on (transfer 2.2).
    TransferStartMessage {
        /// The provider's name of the transfer.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
        /// Where to fetch the data; only for a pull.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data_address: Option<DataAddress>,
    }
    /// The transfer waits (transfer 2.3).
    TransferSuspensionMessage {
        /// The provider's name of the transfer.
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
    /// The transfer is complete (transfer 2.4).
    TransferCompletionMessage {
        /// The provider's name of the transfer.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
    }
    /// The transfer ends (transfer 2.5).
    TransferTerminationMessage {
        /// The provider's name of the transfer.
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

/// What has a `@type` and the context.
pub trait Wire: Serialize + DeserializeOwned {
    /// Its `@type`.
    const TYPE: &'static str;

    /// Its JSON, with context and type.
    fn json(&self) -> Value {
        let mut out = serde_json::to_value(self).unwrap_or(Value::Null);
        if let Value::Object(fields) = &mut out {
            fields.insert("@context".into(), json!([CONTEXT]));
            fields.insert("@type".into(), Self::TYPE.into());
        }
        out
    }

    /// Reads one: the context must be there, and the type must be this one.
    ///
    /// # Errors
    /// What is wrong.
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        Self::of(parse(bytes)?)
    }

    /// The same for JSON that was read already.
    ///
    /// # Errors
    /// What is wrong.
    fn of(value: Value) -> Result<Self, Fault> {
        envelope(&value, Self::TYPE)?;
        members(&value, Self::TYPE)?;
        typed(value)
    }
}

/// The JSON of a body, within what a message may be.
///
/// # Errors
/// A body that is too large or no JSON.
pub fn parse(bytes: &[u8]) -> Result<Value, Fault> {
    if bytes.len() > crate::MESSAGE_BYTES {
        let what = format!("is larger than {} bytes", crate::MESSAGE_BYTES);
        return Err(Fault::new("", what).cure("send less in one message"));
    }
    serde_json::from_slice(bytes).map_err(|e| Fault::new("", format!("is no JSON: {e}")))
}

/// The name that a message bears itself (`@id`). Connectors that send one send the same again when they repeat a message, so it can stand for the
/// name of [`crate::negotiation::Negotiation::receive`] and [`crate::transfer::Transfer::receive`] where no header does.
#[must_use]
pub fn name(value: &Value) -> Option<&str> {
    value.get("@id")?.as_str().filter(|n| !n.is_empty() && n.chars().count() <= crate::WORD_CHARS)
}

/// The state that a message leads to where it is taken; `None` for what is no message about an exchange.
#[must_use]
pub fn leads_to(message: &Value) -> Option<&'static str> {
    Some(match message.get("@type")?.as_str()? {
        "ContractRequestMessage" => "REQUESTED",
        "ContractOfferMessage" => "OFFERED",
        "ContractAgreementMessage" => "AGREED",
        "ContractAgreementVerificationMessage" => "VERIFIED",
        "ContractNegotiationEventMessage" if message.get("eventType")? == "ACCEPTED" => "ACCEPTED",
        "ContractNegotiationEventMessage" => "FINALIZED",
        "ContractNegotiationTerminationMessage" | "TransferTerminationMessage" => "TERMINATED",
        "TransferStartMessage" => "STARTED",
        "TransferSuspensionMessage" => "SUSPENDED",
        "TransferCompletionMessage" => "COMPLETED",
        _ => return None,
    })
}

/// Reads a value as its type; a fault names the member.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let what = error.inner().to_string();
        let path = if path == "." { String::new() } else { path };
        match what.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            Some(name) if path.is_empty() => Fault::new(name, "is missing").cure("add it"),
            Some(name) => Fault::new(format!("{path}.{name}"), "is missing").cure("add it"),
            None => Fault::new(path, what),
        }
    })
}

pub(crate) fn envelope(value: &Value, kind: &str) -> Result<(), Fault> {
    if !value.is_object() {
        return Err(Fault::new("", "must be an object"));
    }
    let context = value.get("@context").and_then(Value::as_array);
    let known =
        context.is_some_and(|all| all.iter().all(Value::is_string) && all.iter().any(|c| c == CONTEXT));
    if !known {
        let what = format!("must be an array of texts with \"{CONTEXT}\" in it");
        return Err(Fault::new("@context", what).cure("speak version 2025-1"));
    }
    if value.get("@type").and_then(Value::as_str) != Some(kind) {
        return Err(Fault::new("@type", format!("must be \"{kind}\"")).cure("write the plain term"));
    }
    Ok(())
}

/// What types alone do not say of a message's members.
fn members(value: &Value, kind: &str) -> Result<(), Fault> {
    // An error may answer what had no names.
    let least = usize::from(!kind.ends_with("Error"));
    for name in ["providerPid", "consumerPid", "agreementId", "callbackAddress", "format", "dataset"] {
        if let Some(text) = value.get(name).filter(|v| !v.is_array()) {
            let fits =
                text.as_str().is_some_and(|t| (least..=crate::WORD_CHARS).contains(&t.chars().count()));
            if !fits {
                let what = format!("must be a text of {least} to {} characters", crate::WORD_CHARS);
                return Err(Fault::new(name, what));
            }
        }
    }
    for name in ["offer", "agreement"] {
        if let Some(policy) = value.get(name) {
            crate::odrl::shape(policy, name)?;
        }
    }
    let Some(address) = value.get("dataAddress") else { return Ok(()) };
    let kinds = |value: &Value, kind: &str, path: String| match value.get("@type").and_then(Value::as_str) {
        Some(said) if said == kind => Ok(()),
        _ => Err(Fault::new(path, format!("must be \"{kind}\"")).cure("write the plain term")),
    };
    kinds(address, "DataAddress", "dataAddress.@type".into())?;
    let properties = address.get("endpointProperties").and_then(Value::as_array);
    for (i, one) in properties.into_iter().flatten().enumerate() {
        kinds(one, "EndpointProperty", format!("dataAddress.endpointProperties[{i}].@type"))?;
    }
    Ok(())
}
