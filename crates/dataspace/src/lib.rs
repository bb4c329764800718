//! The Eclipse Dataspace Protocol 2025-1 (tag `2025-1-err1`), sans-IO: messages in plain JSON, the two state machines, catalogues, usage policies
//! with one evaluator, and signed requests. `(state, message, now) → (state, replies)`: no sockets, no clock, no randomness.
//!
//! Sections in the documentation (`negotiation 2.2`) are those of the specification.

#![forbid(unsafe_code)]

pub mod canonical;
pub mod catalog;
pub mod identity;
pub mod message;
pub mod names;
pub mod negotiation;
pub mod odrl;
pub mod policy;
pub mod transfer;

/// The most bytes of one message.
pub const MESSAGE_BYTES: usize = 1 << 20;
/// The most characters of an identifier or an address in a message.
pub const WORD_CHARS: usize = 2_048;
/// The most datasets on a page of a catalogue.
pub const PAGE_DATASETS: usize = 10_000;
/// The most rules, constraints and duties of one policy, nested ones counted.
pub const POLICY_PARTS: usize = 500;

/// Which side of an exchange a connector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Offers data.
    Provider,
    /// Asks for data.
    Consumer,
}

impl Role {
    /// The stable word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Provider => "provider",
            Role::Consumer => "consumer",
        }
    }
}

/// Why a message or an act is refused. It never changes a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 404: nothing of that name, or nothing that this peer may know of.
    Unknown,
    /// 400: the message is not one of this protocol, or not allowed in this state: a short code and a sentence.
    Bad(&'static str, String),
}

impl Refusal {
    /// A message of a type that a state does not allow.
    pub(crate) fn not_now(kind: &str, state: &str) -> Refusal {
        Refusal::Bad("state", format!("{kind} is not allowed in state {state}"))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Unknown => 404,
            Refusal::Bad(..) => 400,
        }
    }

    /// The error to answer with; `kind` is its `@type`, such as `TransferError`. It says no more of what is unknown than that.
    #[must_use]
    pub fn answer(&self, kind: &str, provider_pid: &str, consumer_pid: &str) -> serde_json::Value {
        let (code, why) = match self {
            Refusal::Unknown => ("unknown", "there is nothing of this name for you"),
            Refusal::Bad(code, why) => (*code, why.as_str()),
        };
        message::ack::error(kind, provider_pid, consumer_pid, code, why)
    }
}

/// A message for the peer, to be sent with POST: where to, below its address, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Path below the peer's address, beginning with `/`.
    pub path: String,
    /// The message.
    pub body: serde_json::Value,
}

/// An address without a slash at its end, and a path: peers write both `…/callback` and `…/callback/`.
#[must_use]
pub fn join(address: &str, path: &str) -> String {
    format!("{}{path}", address.trim_end_matches('/'))
}

/// An identifier as one segment of a path. Identifiers of our own have nothing to escape; peers' may.
#[must_use]
pub fn segment(pid: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(pid.len());
    for byte in pid.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_answered_with_an_error_of_the_protocol() {
        use message::{Wire as _, ack::TransferError};
        let bad = Refusal::Bad("state", "not now".into());
        let read = TransferError::of(bad.answer("TransferError", "p", "c")).unwrap();
        assert_eq!(
            (bad.status(), read.code.as_deref(), &read.reason),
            (400, Some("state"), &vec!["not now".into()])
        );
        let read = TransferError::of(Refusal::Unknown.answer("TransferError", "", "")).unwrap();
        assert_eq!((Refusal::Unknown.status(), read.code.as_deref()), (404, Some("unknown")));
    }

    #[test]
    fn addresses_join_with_and_without_a_slash_and_segments_are_escaped() {
        assert_eq!(join("http://a/cb/", "/negotiations/1/events"), "http://a/cb/negotiations/1/events");
        assert_eq!(join("http://a/cb", "/x"), "http://a/cb/x");
        assert_eq!(segment("urn:uuid:1-2"), "urn:uuid:1-2");
        assert_eq!(segment("a/b?c%d 丝"), "a%2Fb%3Fc%25d%20%E4%B8%9D");
    }
}
