//! The messages, in plain JSON (the specification allows that beside JSON-LD: common 1.2). Reading demands what the schemas demand and ignores
//! what it does not know; writing gives exactly the compact form.

pub mod ack;
pub mod text;

use crate::odrl::Policy;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The context of version 2025-1.
pub const CONTEXT: &str = "https://w3id.org/dspace/2025/1/context.jsonld";

/// What is wrong with a message: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, such as `offer.target`; empty for the message itself.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

impl Fault {
    /// A fault of a field.
    pub fn new(path: impl Into<String>, what: impl Into<String>) -> Fault {
        Fault { path: path.into(), what: what.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.path, self.what) }
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

messages! {
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
    }
    /// The consumer has verified the agreement (negotiation 2.4).
    ContractAgreementVerificationMessage {
        /// The provider's name of the negotiation.
        provider_pid: String,
        /// The consumer's.
        consumer_pid: String,
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
        if bytes.len() > crate::MESSAGE_BYTES {
            return Err(Fault::new("", format!("is larger than {} bytes", crate::MESSAGE_BYTES)));
        }
        let value: Value =
            serde_json::from_slice(bytes).map_err(|e| Fault::new("", format!("is no JSON: {e}")))?;
        Self::of(value)
    }

    /// The same for JSON that was read already.
    ///
    /// # Errors
    /// What is wrong.
    fn of(value: Value) -> Result<Self, Fault> {
        envelope(&value, Self::TYPE)?;
        serde_json::from_value(value).map_err(|e| Fault::new("", e.to_string()))
    }
}

fn envelope(value: &Value, kind: &str) -> Result<(), Fault> {
    let context = value.get("@context").and_then(Value::as_array);
    let known = context.is_some_and(|all| all.iter().any(|c| c == CONTEXT));
    if !known {
        return Err(Fault::new("@context", format!("must be an array with \"{CONTEXT}\" in it")));
    }
    if value.get("@type").and_then(Value::as_str) != Some(kind) {
        return Err(Fault::new("@type", format!("must be \"{kind}\"")));
    }
    for pid in ["providerPid", "consumerPid", "agreementId", "callbackAddress", "format"] {
        if let Some(text) = value.get(pid) {
            let fits = text.as_str().is_some_and(|t| !t.is_empty() && t.chars().count() <= crate::WORD_CHARS);
            if !fits {
                return Err(Fault::new(
                    pid,
                    format!("must be a text of 1 to {} characters", crate::WORD_CHARS),
                ));
            }
        }
    }
    Ok(())
}
