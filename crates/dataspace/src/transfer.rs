//! The transfer process as a state machine (transfer 1.1, and the figure `transfer-process-state-machine`).
//!
//! ```text
//! (C) REQUESTED → STARTED (P) ⇄ SUSPENDED (C/P);  STARTED → COMPLETED (C/P);  any → TERMINATED (C/P)
//! ```
//! A transfer that waits may be started again by either side; the first start is the provider's.

use crate::message::{
    DataAddress, TransferCompletionMessage, TransferRequestMessage, TransferStartMessage,
    TransferSuspensionMessage, TransferTerminationMessage, Wire,
};
use crate::names::Names;
use crate::{Outgoing, Refusal, Role, segment};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// The consumer asked.
    Requested,
    /// Data may flow.
    Started,
    /// It waits.
    Suspended,
    /// Done.
    Completed,
    /// Ended.
    Terminated,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] =
        [State::Requested, State::Started, State::Suspended, State::Completed, State::Terminated];

    /// As it travels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Requested => "REQUESTED",
            State::Started => "STARTED",
            State::Suspended => "SUSPENDED",
            State::Completed => "COMPLETED",
            State::Terminated => "TERMINATED",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Completed | State::Terminated)
    }
}

/// A transfer as one side knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// Which side this is.
    pub role: Role,
    /// Where it stands.
    pub state: State,
    /// The provider's name of it; empty for a consumer that has no answer yet.
    pub provider_pid: String,
    /// The consumer's name of it.
    pub consumer_pid: String,
    /// The other participant.
    pub peer: String,
    /// Where the other side is reached.
    pub address: String,
    /// The agreement it stands on.
    pub agreement: String,
    /// The format asked for.
    pub format: String,
    /// Where to send (push) or fetch (pull).
    pub data_address: Option<DataAddress>,
    /// Why it waits or ended.
    pub reason: Option<String>,
    /// The names under which the peer's messages came.
    #[serde(default)]
    pub seen: Names,
}

/// A message of the peer's about a transfer that exists.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// It starts or goes on.
    Start(TransferStartMessage),
    /// It waits.
    Suspension(TransferSuspensionMessage),
    /// It is complete.
    Completion(TransferCompletionMessage),
    /// It ends.
    Termination(TransferTerminationMessage),
}

impl Incoming {
    /// Its `@type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Incoming::Start(_) => TransferStartMessage::TYPE,
            Incoming::Suspension(_) => TransferSuspensionMessage::TYPE,
            Incoming::Completion(_) => TransferCompletionMessage::TYPE,
            Incoming::Termination(_) => TransferTerminationMessage::TYPE,
        }
    }
}

/// What we do ourselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Start it, or go on; the provider says where to fetch the data.
    Start(Option<DataAddress>),
    /// Let it wait.
    Suspend(String),
    /// It is complete.
    Complete,
    /// End it.
    Terminate(String),
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It moved on.
    Moved(Box<Transfer>),
    /// The message had come before under the same name; nothing changes.
    Repeated,
}

impl Transfer {
    /// A consumer's request: the transfer, and the message for `/transfers/request` of the provider at `address`.
    #[must_use]
    pub fn request(
        consumer_pid: &str,
        (peer, address): (&str, &str),
        (agreement, format): (&str, &str),
        data_address: Option<DataAddress>,
        callback: &str,
    ) -> (Transfer, Outgoing) {
        let body = TransferRequestMessage {
            consumer_pid: consumer_pid.to_string(),
            agreement_id: agreement.to_string(),
            format: format.to_string(),
            data_address: data_address.clone(),
            callback_address: callback.to_string(),
        };
        let made = Transfer {
            role: Role::Consumer,
            state: State::Requested,
            provider_pid: String::new(),
            consumer_pid: consumer_pid.to_string(),
            peer: peer.to_string(),
            address: address.to_string(),
            agreement: agreement.to_string(),
            format: format.to_string(),
            data_address,
            reason: None,
            seen: Names::default(),
        };
        (made, Outgoing { path: "/transfers/request".into(), body: body.json() })
    }

    /// A provider receives a request.
    #[must_use]
    pub fn requested(
        message: TransferRequestMessage,
        provider_pid: &str,
        peer: &str,
        id: Option<&str>,
    ) -> Transfer {
        Transfer {
            role: Role::Provider,
            state: State::Requested,
            provider_pid: provider_pid.to_string(),
            consumer_pid: message.consumer_pid,
            peer: peer.to_string(),
            address: message.callback_address,
            agreement: message.agreement_id,
            format: message.format,
            data_address: message.data_address,
            reason: None,
            seen: Names::first(id),
        }
    }

    /// Our own name of it.
    #[must_use]
    pub fn pid(&self) -> &str {
        match self.role {
            Role::Provider => &self.provider_pid,
            Role::Consumer => &self.consumer_pid,
        }
    }

    /// The peer's name of it; empty until it is known.
    #[must_use]
    pub fn theirs(&self) -> &str {
        match self.role {
            Role::Provider => &self.consumer_pid,
            Role::Consumer => &self.provider_pid,
        }
    }

    /// What a question for its state is answered.
    #[must_use]
    pub fn ack(&self) -> Value {
        crate::message::ack::state(
            "TransferProcess",
            &self.provider_pid,
            &self.consumer_pid,
            self.state.as_str(),
        )
    }

    /// Learns the name that the provider gave it.
    pub fn learn(&mut self, provider_pid: &str) {
        if self.provider_pid.is_empty() {
            self.provider_pid = provider_pid.to_string();
        }
    }

    /// What the peer's own state settles, learnt by asking it after it refused a message for good, with nothing of ours on its way to it: a side
    /// that had not heard of the end ends too, and between started and suspended the provider's word stands. `None` when nothing changes.
    #[must_use]
    pub fn settle(&self, theirs: State) -> Option<Transfer> {
        use State::{Started, Suspended};
        let moves = match (self.state, theirs) {
            (ours, theirs) if ours.is_final() || ours == theirs => false,
            (_, theirs) if theirs.is_final() => true,
            (Started, Suspended) | (Suspended, Started) => self.role == Role::Consumer,
            _ => false,
        };
        let reason = (theirs != Started).then(|| format!("the peer says {}", theirs.as_str()));
        moves.then(|| Transfer { state: theirs, reason, ..self.clone() })
    }

    /// What a message of the peer's does. `id` is the name under which it came, if it has one.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when its pids are another transfer's; [`Refusal::Bad`] when the state does not allow it.
    pub fn receive(&self, message: Incoming, id: Option<&str>) -> Result<Step, Refusal> {
        let (provider, consumer) = match &message {
            Incoming::Start(m) => (&m.provider_pid, &m.consumer_pid),
            Incoming::Suspension(m) => (&m.provider_pid, &m.consumer_pid),
            Incoming::Completion(m) => (&m.provider_pid, &m.consumer_pid),
            Incoming::Termination(m) => (&m.provider_pid, &m.consumer_pid),
        };
        if (!self.provider_pid.is_empty() && *provider != self.provider_pid) || *consumer != self.consumer_pid
        {
            return Err(Refusal::Unknown);
        }
        if self.seen.has(id) {
            return Ok(Step::Repeated);
        }
        let mut next = self.clone();
        next.learn(provider);
        next.seen = self.seen.with(id);
        next.state = self.after(&message)?;
        match message {
            Incoming::Start(m) => {
                next.reason = None;
                if m.data_address.is_some() && self.role == Role::Consumer {
                    next.data_address = m.data_address;
                }
            }
            Incoming::Suspension(m) => next.reason = said(m.code, &m.reason),
            Incoming::Termination(m) => next.reason = said(m.code, &m.reason),
            Incoming::Completion(_) => {}
        }
        Ok(Step::Moved(Box::new(next)))
    }

    /// The state after a message of the peer's: the rows of the figure.
    fn after(&self, message: &Incoming) -> Result<State, Refusal> {
        use State::{Completed, Requested, Started, Suspended, Terminated};
        match (self.role, message, self.state) {
            (Role::Consumer, Incoming::Start(_), Requested) | (_, Incoming::Start(_), Suspended) => {
                Ok(Started)
            }
            (_, Incoming::Suspension(_), Started) => Ok(Suspended),
            (_, Incoming::Completion(_), Started) => Ok(Completed),
            (_, Incoming::Termination(_), state) if !state.is_final() => Ok(Terminated),
            (_, message, state) => Err(Refusal::not_now(message.kind(), state.as_str())),
        }
    }

    /// Does something ourselves: the transfer after it, and the message for the peer.
    ///
    /// # Errors
    /// [`Refusal::Bad`] when role or state do not allow it, or the peer's name of the transfer is not known yet.
    pub fn act(&self, act: Act) -> Result<(Transfer, Outgoing), Refusal> {
        use State::{Completed, Requested, Started, Suspended, Terminated};
        let theirs = self.theirs();
        if theirs.is_empty() {
            return Err(Refusal::Bad("state", "the peer has not answered the request yet".into()));
        }
        let mut next = self.clone();
        let (provider_pid, consumer_pid) = (self.provider_pid.clone(), self.consumer_pid.clone());
        let (path, body) = match (self.role, act, self.state) {
            (Role::Provider, Act::Start(data_address), Requested)
            | (_, Act::Start(data_address), Suspended) => {
                next.state = Started;
                next.reason = None;
                if data_address.is_some() {
                    next.data_address.clone_from(&data_address);
                }
                ("start", TransferStartMessage { provider_pid, consumer_pid, data_address }.json())
            }
            (_, Act::Suspend(reason), Started) => {
                next.state = Suspended;
                next.reason = Some(reason.clone());
                let (code, reason) = (Some("suspended".to_string()), vec![Value::String(reason)]);
                ("suspension", TransferSuspensionMessage { provider_pid, consumer_pid, code, reason }.json())
            }
            (_, Act::Complete, Started) => {
                next.state = Completed;
                ("completion", TransferCompletionMessage { provider_pid, consumer_pid }.json())
            }
            (_, Act::Terminate(reason), state) if !state.is_final() => {
                next.state = Terminated;
                next.reason = Some(reason.clone());
                let (code, reason) = (Some("terminated".to_string()), vec![Value::String(reason)]);
                (
                    "termination",
                    TransferTerminationMessage { provider_pid, consumer_pid, code, reason }.json(),
                )
            }
            (role, act, state) => {
                let said = format!("a {} may not {act:?} in state {}", role.as_str(), state.as_str());
                return Err(Refusal::Bad("state", said));
            }
        };
        Ok((next, Outgoing { path: format!("/transfers/{}/{path}", segment(theirs)), body }))
    }
}

fn said(code: Option<String>, reason: &[Value]) -> Option<String> {
    let said: Vec<String> =
        reason.iter().map(|r| r.as_str().map_or_else(|| r.to_string(), str::to_string)).collect();
    Some(format!("{} {}", code.unwrap_or_default(), said.join("; ")).trim().to_string())
}

#[cfg(test)]
mod tests;
