//! The contract negotiation as a state machine (negotiation 1.1, and the figure `contract-negotiation-state-machine`).
//!
//! ```text
//! (C) REQUESTED ⇄ OFFERED (P) → ACCEPTED (C) ─┐
//!        └────────────────────────────────────┴→ AGREED (P) → VERIFIED (C) → FINALIZED (P)
//! ```
//! Either side may terminate until it is final; the prose says "at any state", so that is what is accepted. Of ours, only a consumer that has
//! verified does not: the provider's last word may be on its way. A message that comes again is refused
//! like any other that its state does not allow, unless it carries the name under which it came before (`id`): then it is answered as the first time
//! and takes no effect, however late it is. A sender whose reply was lost and whose peer knows no names asks for the state instead, and
//! [`Negotiation::settle`] says what follows from it.

use crate::message::{
    ContractAgreementMessage, ContractAgreementVerificationMessage, ContractNegotiationEventMessage,
    ContractNegotiationTerminationMessage, ContractOfferMessage, ContractRequestMessage, Event, Wire,
};
use crate::names::Names;
use crate::odrl::Policy;
use crate::{Outgoing, Refusal, Role, segment};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a negotiation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// The consumer asked.
    Requested,
    /// The provider offered.
    Offered,
    /// The consumer accepted.
    Accepted,
    /// The provider agreed.
    Agreed,
    /// The consumer verified.
    Verified,
    /// Done.
    Finalized,
    /// Ended by either side.
    Terminated,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Requested,
        State::Offered,
        State::Accepted,
        State::Agreed,
        State::Verified,
        State::Finalized,
        State::Terminated,
    ];

    /// As it travels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Requested => "REQUESTED",
            State::Offered => "OFFERED",
            State::Accepted => "ACCEPTED",
            State::Agreed => "AGREED",
            State::Verified => "VERIFIED",
            State::Finalized => "FINALIZED",
            State::Terminated => "TERMINATED",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Finalized | State::Terminated)
    }
}

/// A negotiation as one side knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Negotiation {
    /// Which side this is.
    pub role: Role,
    /// Where it stands.
    pub state: State,
    /// The provider's name of it; empty for a consumer that has no answer yet.
    pub provider_pid: String,
    /// The consumer's name of it; empty for a provider whose offer has no answer yet.
    pub consumer_pid: String,
    /// The other participant.
    pub peer: String,
    /// Where the other side is reached.
    pub address: String,
    /// The last offer or request.
    pub offer: Policy,
    /// The agreement, once there is one.
    pub agreement: Option<Policy>,
    /// The peer's signature over the agreement, as it came.
    #[serde(default)]
    pub peer_signature: Option<String>,
    /// Why it was terminated.
    pub reason: Option<String>,
    /// The names under which the peer's messages came.
    #[serde(default)]
    pub seen: Names,
}

/// A message of the peer's about a negotiation that exists.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A counter-request.
    Request(ContractRequestMessage),
    /// An offer.
    Offer(ContractOfferMessage),
    /// An agreement.
    Agreement(ContractAgreementMessage),
    /// A verification.
    Verification(ContractAgreementVerificationMessage),
    /// Accepted or finalised.
    Event(ContractNegotiationEventMessage),
    /// The end.
    Termination(ContractNegotiationTerminationMessage),
}

/// What we do ourselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The provider offers.
    Offer(Policy),
    /// The provider agrees, under this identifier, between these two, now.
    Agree {
        /// The agreement's identifier.
        id: String,
        /// The provider.
        assigner: String,
        /// The consumer.
        assignee: String,
    },
    /// The provider finalises.
    Finalize,
    /// The consumer asks again.
    Counter(Policy),
    /// The consumer accepts.
    Accept,
    /// The consumer verifies.
    Verify,
    /// Either ends it.
    Terminate(String),
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It moved on.
    Moved(Box<Negotiation>),
    /// The message had come before under the same name; nothing changes.
    Repeated,
}

impl Incoming {
    /// Its `@type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Incoming::Request(_) => ContractRequestMessage::TYPE,
            Incoming::Offer(_) => ContractOfferMessage::TYPE,
            Incoming::Agreement(_) => ContractAgreementMessage::TYPE,
            Incoming::Verification(_) => ContractAgreementVerificationMessage::TYPE,
            Incoming::Event(_) => ContractNegotiationEventMessage::TYPE,
            Incoming::Termination(_) => ContractNegotiationTerminationMessage::TYPE,
        }
    }

    fn pids(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Incoming::Request(m) => (m.provider_pid.as_deref(), Some(&m.consumer_pid)),
            Incoming::Offer(m) => (Some(&m.provider_pid), m.consumer_pid.as_deref()),
            Incoming::Agreement(m) => (Some(&m.provider_pid), Some(&m.consumer_pid)),
            Incoming::Verification(m) => (Some(&m.provider_pid), Some(&m.consumer_pid)),
            Incoming::Event(m) => (Some(&m.provider_pid), Some(&m.consumer_pid)),
            Incoming::Termination(m) => (Some(&m.provider_pid), Some(&m.consumer_pid)),
        }
    }
}

fn bad(fault: &crate::message::Fault) -> Refusal {
    Refusal::Bad("message", fault.to_string())
}

impl Negotiation {
    /// A consumer's first request: the negotiation, and the message for `/negotiations/request` of the provider at `address`.
    #[must_use]
    pub fn request(
        consumer_pid: &str,
        peer: &str,
        address: &str,
        offer: Policy,
        callback: &str,
    ) -> (Negotiation, Outgoing) {
        let body = ContractRequestMessage {
            provider_pid: None,
            consumer_pid: consumer_pid.to_string(),
            offer: offer.clone(),
            callback_address: Some(callback.to_string()),
        };
        let made = Negotiation {
            role: Role::Consumer,
            state: State::Requested,
            provider_pid: String::new(),
            consumer_pid: consumer_pid.to_string(),
            peer: peer.to_string(),
            address: address.to_string(),
            offer,
            agreement: None,
            peer_signature: None,
            reason: None,
            seen: Names::default(),
        };
        (made, Outgoing { path: "/negotiations/request".into(), body: body.json() })
    }

    /// A provider's first offer, for `/negotiations/offers` of the consumer at `address`.
    #[must_use]
    pub fn offer_first(
        provider_pid: &str,
        peer: &str,
        address: &str,
        offer: Policy,
        callback: &str,
    ) -> (Negotiation, Outgoing) {
        let body = ContractOfferMessage {
            provider_pid: provider_pid.to_string(),
            consumer_pid: None,
            offer: offer.clone(),
            callback_address: Some(callback.to_string()),
        };
        let (mut made, _) = Negotiation::request("", peer, address, offer, callback);
        made.role = Role::Provider;
        made.state = State::Offered;
        made.provider_pid = provider_pid.to_string();
        (made, Outgoing { path: "/negotiations/offers".into(), body: body.json() })
    }

    /// A provider receives a first request.
    ///
    /// # Errors
    /// [`Refusal::Bad`] for a request that is not a first one, or an offer that is not whole.
    pub fn requested(
        message: ContractRequestMessage,
        provider_pid: &str,
        peer: &str,
        id: Option<&str>,
    ) -> Result<Negotiation, Refusal> {
        if message.provider_pid.is_some() {
            return Err(Refusal::Bad("message", "providerPid: a first request has none".into()));
        }
        message.offer.check_offer().map_err(|f| bad(&f))?;
        let address = message.callback_address.ok_or_else(|| {
            Refusal::Bad("message", "callbackAddress: is missing in a first request".into())
        })?;
        Ok(Negotiation {
            role: Role::Provider,
            state: State::Requested,
            provider_pid: provider_pid.to_string(),
            consumer_pid: message.consumer_pid,
            peer: peer.to_string(),
            address,
            offer: message.offer,
            agreement: None,
            peer_signature: None,
            reason: None,
            seen: Names::first(id),
        })
    }

    /// A consumer receives a provider's first offer.
    ///
    /// # Errors
    /// [`Refusal::Bad`] for one that is not a first one, or an offer that is not whole.
    pub fn offered(
        message: ContractOfferMessage,
        consumer_pid: &str,
        peer: &str,
        id: Option<&str>,
    ) -> Result<Negotiation, Refusal> {
        if message.consumer_pid.is_some() {
            return Err(Refusal::Bad("message", "consumerPid: a first offer has none".into()));
        }
        message.offer.check_offer().map_err(|f| bad(&f))?;
        let address = message
            .callback_address
            .ok_or_else(|| Refusal::Bad("message", "callbackAddress: is missing in a first offer".into()))?;
        let (mut made, _) = Negotiation::request(consumer_pid, peer, &address, message.offer, "");
        made.state = State::Offered;
        made.provider_pid = message.provider_pid;
        made.seen = Names::first(id);
        Ok(made)
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
            "ContractNegotiation",
            &self.provider_pid,
            &self.consumer_pid,
            self.state.as_str(),
        )
    }

    /// Learns the name that the peer gave it, from the answer to a first message.
    pub fn learn(&mut self, provider_pid: &str, consumer_pid: &str) {
        if self.provider_pid.is_empty() {
            self.provider_pid = provider_pid.to_string();
        }
        if self.consumer_pid.is_empty() {
            self.consumer_pid = consumer_pid.to_string();
        }
    }

    /// What the peer's own state settles, learnt by asking it after it refused a message for good or when it has long said nothing: a side that had
    /// not heard of the end ends too. `None` when nothing changes; an agreement itself only ever comes in its message.
    #[must_use]
    pub fn settle(&self, theirs: State) -> Option<Negotiation> {
        let ends = match (self.state, theirs) {
            (ours, _) if ours.is_final() => false,
            (_, State::Terminated) => true,
            (State::Verified, State::Finalized) => self.role == Role::Consumer,
            _ => false,
        };
        let reason = (theirs == State::Terminated).then(|| "the peer had ended it".to_string());
        ends.then(|| Negotiation { state: theirs, reason, ..self.clone() })
    }

    /// Whether the two have parted for good: the peer, asked with nothing of ours on its way to it, stands before our agreement or our acceptance,
    /// which it therefore refused. So it may come with peers that know no names, when a late copy of a message moves one side alone. Going on by
    /// chance could end in other terms than were accepted, or never; what is left to do is to end it.
    #[must_use]
    pub fn parted(&self, theirs: State) -> bool {
        let said = matches!(
            (self.role, self.state),
            (Role::Provider, State::Agreed) | (Role::Consumer, State::Accepted)
        );
        said && theirs < self.state
    }

    /// What a message of the peer's does. `id` is the name under which it came, if it has one.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when its pids are another negotiation's; [`Refusal::Bad`] when the state does not allow it.
    pub fn receive(&self, message: Incoming, id: Option<&str>) -> Result<Step, Refusal> {
        let (provider, consumer) = message.pids();
        let other = |said: Option<&str>, known: &str| said.is_some_and(|p| !known.is_empty() && p != known);
        if other(provider, &self.provider_pid) || other(consumer, &self.consumer_pid) {
            return Err(Refusal::Unknown);
        }
        if self.seen.has(id) {
            return Ok(Step::Repeated);
        }
        let mut next = self.clone();
        // The provider's message may arrive before its answer to our first request did.
        next.learn(provider.unwrap_or_default(), consumer.unwrap_or_default());
        next.seen = self.seen.with(id);
        next.state = self.after(&message)?;
        match message {
            Incoming::Request(m) => {
                m.offer.check_offer().map_err(|f| bad(&f))?;
                next.offer = m.offer;
            }
            Incoming::Offer(m) => {
                m.offer.check_offer().map_err(|f| bad(&f))?;
                next.offer = m.offer;
            }
            Incoming::Agreement(m) => {
                m.agreement.check_agreement().map_err(|f| bad(&f))?;
                if self.offer.target.is_some() && m.agreement.target != self.offer.target {
                    return Err(Refusal::Bad(
                        "agreement",
                        "agreement.target: is not the dataset asked for".into(),
                    ));
                }
                next.agreement = Some(m.agreement);
                next.peer_signature = m.signature;
            }
            Incoming::Verification(m) => next.peer_signature = m.signature,
            Incoming::Termination(m) => {
                let said: Vec<String> = m
                    .reason
                    .iter()
                    .map(|r| r.as_str().map_or_else(|| r.to_string(), str::to_string))
                    .collect();
                next.reason =
                    Some(format!("{} {}", m.code.unwrap_or_default(), said.join("; ")).trim().to_string());
            }
            Incoming::Event(_) => {}
        }
        Ok(Step::Moved(Box::new(next)))
    }

    /// The state after a message of the peer's: the rows of the figure.
    fn after(&self, message: &Incoming) -> Result<State, Refusal> {
        use State::{Accepted, Agreed, Finalized, Offered, Requested, Terminated, Verified};
        let (role, state) = (self.role, self.state);
        match (role, message, state) {
            (Role::Provider, Incoming::Request(_), Offered) => Ok(Requested),
            (Role::Provider, Incoming::Event(m), Offered) if m.event_type == Event::Accepted => Ok(Accepted),
            (Role::Provider, Incoming::Verification(_), Agreed) => Ok(Verified),
            (Role::Consumer, Incoming::Offer(_), Requested) => Ok(Offered),
            (Role::Consumer, Incoming::Agreement(_), Requested | Accepted) => Ok(Agreed),
            (Role::Consumer, Incoming::Event(m), Verified) if m.event_type == Event::Finalized => {
                Ok(Finalized)
            }
            (_, Incoming::Termination(_), _) if !state.is_final() => Ok(Terminated),
            _ => Err(Refusal::not_now(message.kind(), state.as_str())),
        }
    }

    /// Does something ourselves: the negotiation after it, and the message for the peer.
    ///
    /// # Errors
    /// [`Refusal::Bad`] when role or state do not allow it, or the peer's name of the negotiation is not known yet.
    pub fn act(&self, act: Act, now: jiff::Timestamp) -> Result<(Negotiation, Outgoing), Refusal> {
        use State::{Accepted, Agreed, Finalized, Offered, Requested, Terminated, Verified};
        let theirs = self.theirs();
        if theirs.is_empty() {
            return Err(Refusal::Bad("state", "the peer has not answered the first message yet".into()));
        }
        let mut next = self.clone();
        let base = format!("/negotiations/{}", segment(theirs));
        let (provider_pid, consumer_pid) = (self.provider_pid.clone(), self.consumer_pid.clone());
        let (path, body) = match (self.role, act, self.state) {
            (Role::Provider, Act::Offer(offer), Requested) => {
                next.state = Offered;
                next.offer = offer.clone();
                let consumer_pid = Some(consumer_pid);
                (
                    "/offers",
                    ContractOfferMessage { provider_pid, consumer_pid, offer, callback_address: None }.json(),
                )
            }
            (Role::Provider, Act::Agree { id, assigner, assignee }, Requested | Accepted) => {
                let agreement = self.offer.agreed(&id, &assigner, &assignee, now);
                next.state = Agreed;
                next.agreement = Some(agreement.clone());
                (
                    "/agreement",
                    ContractAgreementMessage { provider_pid, consumer_pid, agreement, signature: None }
                        .json(),
                )
            }
            (Role::Provider, Act::Finalize, Verified) => {
                next.state = Finalized;
                ("/events", event(provider_pid, consumer_pid, Event::Finalized))
            }
            (Role::Consumer, Act::Counter(offer), Offered) => {
                next.state = Requested;
                next.offer = offer.clone();
                let provider_pid = Some(provider_pid);
                (
                    "/request",
                    ContractRequestMessage { provider_pid, consumer_pid, offer, callback_address: None }
                        .json(),
                )
            }
            (Role::Consumer, Act::Accept, Offered) => {
                next.state = Accepted;
                ("/events", event(provider_pid, consumer_pid, Event::Accepted))
            }
            (Role::Consumer, Act::Verify, Agreed) => {
                next.state = Verified;
                let body =
                    ContractAgreementVerificationMessage { provider_pid, consumer_pid, signature: None };
                ("/agreement/verification", body.json())
            }
            // A consumer that has verified waits for the provider's word, which may be on its way: ending now could leave one side with a final
            // agreement and the other without (the figure lets only the provider end it there).
            (Role::Consumer, Act::Terminate(_), Verified) => {
                let said = "a consumer that has verified the agreement may not end it; the provider may";
                return Err(Refusal::Bad("state", said.into()));
            }
            (_, Act::Terminate(reason), state) if !state.is_final() => {
                next.state = Terminated;
                next.reason = Some(reason.clone());
                let (code, reason) = (Some("terminated".to_string()), vec![Value::String(reason)]);
                let body = ContractNegotiationTerminationMessage { provider_pid, consumer_pid, code, reason };
                ("/termination", body.json())
            }
            (role, act, state) => {
                let said = format!("a {} may not {act:?} in state {}", role.as_str(), state.as_str());
                return Err(Refusal::Bad("state", said));
            }
        };
        Ok((next, Outgoing { path: format!("{base}{path}"), body }))
    }
}

fn event(provider_pid: String, consumer_pid: String, event_type: Event) -> Value {
    ContractNegotiationEventMessage { provider_pid, consumer_pid, event_type }.json()
}

#[cfg(test)]
mod tests;
