//! Both machines as the simulation drives them.

use dataspace::message::{self, Wire, ack};
use dataspace::negotiation::{self, Negotiation};
use dataspace::odrl::{Constraint, Policy, Rule};
use dataspace::transfer::{self, Transfer};
use dataspace::{Outgoing, Refusal, Role};
use jiff::Timestamp;
use serde_json::Value;

/// A machine in the simulation.
pub trait Node: Clone + Sized {
    /// The first message of a side; a consumer begins, or a provider where it may.
    fn begin(at: usize) -> (Self, Outgoing);
    /// Whether a message is a first one.
    fn is_first(body: &Value) -> bool;
    /// The other side takes a first message.
    fn first(body: Value, name: Option<&str>) -> Result<Self, Refusal>;
    /// The node after a message; `None` for a repeated one.
    fn receive(&self, body: Value, name: Option<&str>) -> Result<Option<Self>, Refusal>;
    /// Everything that it may do now.
    fn acts(&self, now: Timestamp) -> Vec<(Self, Outgoing)>;
    /// What it does when nobody interferes.
    fn goes_on(&self, now: Timestamp) -> Option<(Self, Outgoing)>;
    fn learn(&mut self, answer: &Value);
    fn settle(&self, theirs: &str) -> Option<Self>;
    /// The end, when the two have parted for good.
    fn parted(&self, theirs: &str, now: Timestamp) -> Option<(Self, Outgoing)>;
    fn ack(&self) -> Value;
    fn pid(&self) -> &str;
    fn state(&self) -> &'static str;
    /// How far a state is; loops stand at one step.
    fn rank(state: &str) -> u8;
    fn is_final(state: &str) -> bool;
    /// Whether the two sides may end so.
    fn agree(consumer: &str, provider: &str) -> bool;
}

/// An offer that says which round made it.
fn offer(round: usize) -> Policy {
    let terms = Constraint::atomic("count", "lteq", round.to_string());
    Policy::offer("o", vec![Rule::new("use", vec![terms])]).on("d")
}

fn round(policy: &Policy) -> usize {
    match policy.permission[0].constraint.first() {
        Some(Constraint::Atomic { right, .. }) => right.as_str().unwrap().parse().unwrap(),
        _ => 0,
    }
}

impl Node for Negotiation {
    fn begin(at: usize) -> (Self, Outgoing) {
        match at {
            0 => Negotiation::request("c1", "did:web:p", "http://p", offer(0), "http://c"),
            _ => Negotiation::offer_first("p1", "did:web:c", "http://c", offer(0), "http://p"),
        }
    }

    fn is_first(body: &Value) -> bool {
        body.get("callbackAddress").is_some()
    }

    fn first(body: Value, name: Option<&str>) -> Result<Self, Refusal> {
        if body["@type"] == "ContractOfferMessage" {
            return Negotiation::offered(Wire::of(body).unwrap(), "c1", "did:web:p", name);
        }
        Negotiation::requested(Wire::of(body).unwrap(), "p1", "did:web:c", name)
    }

    fn receive(&self, body: Value, name: Option<&str>) -> Result<Option<Self>, Refusal> {
        use negotiation::Incoming as I;
        let message = match body["@type"].as_str().unwrap() {
            "ContractRequestMessage" => I::Request(Wire::of(body).unwrap()),
            "ContractOfferMessage" => I::Offer(Wire::of(body).unwrap()),
            "ContractAgreementMessage" => I::Agreement(Wire::of(body).unwrap()),
            "ContractAgreementVerificationMessage" => I::Verification(Wire::of(body).unwrap()),
            "ContractNegotiationEventMessage" => I::Event(Wire::of(body).unwrap()),
            _ => I::Termination(Wire::of(body).unwrap()),
        };
        Ok(match Negotiation::receive(self, message, name)? {
            negotiation::Step::Moved(next) => Some(*next),
            negotiation::Step::Repeated => None,
        })
    }

    fn acts(&self, now: Timestamp) -> Vec<(Self, Outgoing)> {
        use negotiation::Act;
        let next = offer(round(&self.offer) + 1);
        // Offers and counters stand here several times, so that lists drawn at random go round often.
        let again = [Act::Offer(next.clone()), Act::Counter(next)];
        let acts = [
            Act::Agree { id: "a".into(), assigner: "did:web:p".into(), assignee: "did:web:c".into() },
            Act::Finalize,
            Act::Accept,
            Act::Verify,
            Act::Terminate("enough".into()),
        ];
        let all = again.iter().cycle().take(8).cloned().chain(acts);
        all.filter_map(|act| self.act(act, now).ok()).collect()
    }

    fn goes_on(&self, now: Timestamp) -> Option<(Self, Outgoing)> {
        // Whatever it may do but countering again and ending: agree, accept, verify, finalise.
        use negotiation::State::{Accepted, Agreed, Finalized, Verified};
        let forward = [Accepted, Agreed, Verified, Finalized];
        self.acts(now).into_iter().find(|(next, _)| forward.contains(&next.state))
    }

    fn learn(&mut self, answer: &Value) {
        let (provider, consumer, _) = ack::read_state(answer).unwrap();
        Negotiation::learn(self, &provider, &consumer);
    }

    fn settle(&self, theirs: &str) -> Option<Self> {
        let theirs = negotiation::State::ALL.into_iter().find(|s| s.as_str() == theirs)?;
        Negotiation::settle(self, theirs)
    }

    fn parted(&self, theirs: &str, now: Timestamp) -> Option<(Self, Outgoing)> {
        let theirs = negotiation::State::ALL.into_iter().find(|s| s.as_str() == theirs)?;
        let parted = Negotiation::parted(self, theirs);
        parted.then(|| self.act(negotiation::Act::Terminate("parted".into()), now).unwrap())
    }

    fn ack(&self) -> Value {
        Negotiation::ack(self)
    }

    fn pid(&self) -> &str {
        Negotiation::pid(self)
    }

    fn state(&self) -> &'static str {
        self.state.as_str()
    }

    fn rank(state: &str) -> u8 {
        match state {
            "REQUESTED" | "OFFERED" => 0,
            "ACCEPTED" => 1,
            "AGREED" => 2,
            "VERIFIED" => 3,
            _ => 4,
        }
    }

    fn is_final(state: &str) -> bool {
        matches!(state, "FINALIZED" | "TERMINATED")
    }

    fn agree(consumer: &str, provider: &str) -> bool {
        consumer == provider
    }
}

impl Node for Transfer {
    fn begin(_: usize) -> (Self, Outgoing) {
        Transfer::request("c1", ("did:web:p", "http://p"), ("a", "HttpData-PULL"), None, "http://c")
    }

    fn is_first(body: &Value) -> bool {
        body["@type"] == "TransferRequestMessage"
    }

    fn first(body: Value, name: Option<&str>) -> Result<Self, Refusal> {
        Ok(Transfer::requested(Wire::of(body).unwrap(), "p1", "did:web:c", name))
    }

    fn receive(&self, body: Value, name: Option<&str>) -> Result<Option<Self>, Refusal> {
        use transfer::Incoming as I;
        let message = match body["@type"].as_str().unwrap() {
            "TransferStartMessage" => I::Start(Wire::of(body).unwrap()),
            "TransferSuspensionMessage" => I::Suspension(Wire::of(body).unwrap()),
            "TransferCompletionMessage" => I::Completion(Wire::of(body).unwrap()),
            _ => I::Termination(Wire::of(body).unwrap()),
        };
        Ok(match Transfer::receive(self, message, name)? {
            transfer::Step::Moved(next) => Some(*next),
            transfer::Step::Repeated => None,
        })
    }

    fn acts(&self, _: Timestamp) -> Vec<(Self, Outgoing)> {
        use transfer::Act;
        let address =
            (self.role == Role::Provider).then(|| message::DataAddress::http("http://p/d", "secret"));
        let acts = [
            Act::Start(address),
            Act::Suspend("wait".into()),
            Act::Complete,
            Act::Terminate("enough".into()),
        ];
        acts.into_iter().filter_map(|act| self.act(act).ok()).collect()
    }

    fn goes_on(&self, now: Timestamp) -> Option<(Self, Outgoing)> {
        // Only the provider: it starts what waits and completes what runs.
        use transfer::State::{Completed, Started};
        let forward = |next: &Transfer| matches!(next.state, Started | Completed);
        self.acts(now).into_iter().filter(|_| self.role == Role::Provider).find(|(next, _)| forward(next))
    }

    fn learn(&mut self, answer: &Value) {
        let (provider, ..) = ack::read_state(answer).unwrap();
        Transfer::learn(self, &provider);
    }

    fn settle(&self, theirs: &str) -> Option<Self> {
        let theirs = transfer::State::ALL.into_iter().find(|s| s.as_str() == theirs)?;
        Transfer::settle(self, theirs)
    }

    fn parted(&self, _: &str, _: Timestamp) -> Option<(Self, Outgoing)> {
        None
    }

    fn ack(&self) -> Value {
        Transfer::ack(self)
    }

    fn pid(&self) -> &str {
        Transfer::pid(self)
    }

    fn state(&self) -> &'static str {
        self.state.as_str()
    }

    fn rank(state: &str) -> u8 {
        match state {
            "REQUESTED" => 0,
            "STARTED" | "SUSPENDED" => 1,
            _ => 2,
        }
    }

    fn is_final(state: &str) -> bool {
        matches!(state, "COMPLETED" | "TERMINATED")
    }

    /// One may complete it while the other ends it: both hear of the other's end too late, and neither goes on.
    fn agree(consumer: &str, provider: &str) -> bool {
        consumer == provider || (Self::is_final(consumer) && Self::is_final(provider))
    }
}
