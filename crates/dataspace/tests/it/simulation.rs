//! Two connectors with durable state and an outbox, under every misfortune that a network and a power cut know. Whatever happened, once the
//! network heals and both retry, both stand at the same, and what one finalised the other finalised too.

use dataspace::message::Wire;
use dataspace::negotiation::{Act, Incoming, Negotiation, State, Step};
use dataspace::odrl::{Policy, Rule};
use dataspace::{Refusal, Role};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::VecDeque;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// Side 0 or 1 tries what stands first in its outbox, and its answer arrives.
    Deliver(usize),
    /// It tries; the request is lost.
    LoseRequest(usize),
    /// It tries; the answer is lost.
    LoseAnswer(usize),
    /// The last request that arrived comes again, late.
    Again(usize),
    /// The side decides what to do next, if it may.
    Decide(usize, u8),
    /// Everything that is not committed is gone; the clock moves.
    Crash(usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    let side = 0usize..2;
    prop_oneof![
        5 => side.clone().prop_map(Happens::Deliver),
        1 => side.clone().prop_map(Happens::LoseRequest),
        2 => side.clone().prop_map(Happens::LoseAnswer),
        1 => side.clone().prop_map(Happens::Again),
        5 => (side.clone(), any::<u8>()).prop_map(|(s, n)| Happens::Decide(s, n)),
        1 => side.prop_map(Happens::Crash),
    ]
}

/// A message in the outbox: its own name, its path, its body.
type Post = (String, String, Value);

/// What is on disk; one write replaces all of it, so a crash never tears state from outbox.
#[derive(Clone, Debug, Default)]
struct Disk {
    negotiation: Option<Negotiation>,
    outbox: VecDeque<Post>,
    names: u32,
}

struct Side {
    role: Role,
    disk: Disk,
    highest: u8,
    final_state: Option<State>,
}

fn offer() -> Policy {
    Policy::offer("o", vec![Rule::new("use", vec![])]).on("d")
}

/// How far a state is; the loop between a request and an offer stands at one step.
fn rank(state: State) -> u8 {
    match state {
        State::Requested | State::Offered => 0,
        State::Accepted => 1,
        State::Agreed => 2,
        State::Verified => 3,
        State::Finalized | State::Terminated => 4,
    }
}

struct World {
    sides: [Side; 2],
    arrived: [Option<Post>; 2],
    now: Timestamp,
}

impl World {
    fn new() -> World {
        let side = |role| Side { role, disk: Disk::default(), highest: 0, final_state: None };
        let mut world = World {
            sides: [side(Role::Consumer), side(Role::Provider)],
            arrived: [None, None],
            now: Timestamp::UNIX_EPOCH,
        };
        let (made, out) = Negotiation::request("c1", "p", "http://p", offer(), "http://c");
        let disk = &mut world.sides[0].disk;
        disk.negotiation = Some(made);
        disk.outbox.push_back(("c-0".into(), out.path, out.body));
        world
    }

    /// Commits a new state, and holds it to what no state may do.
    fn commit(&mut self, at: usize, disk: Disk) {
        let side = &mut self.sides[at];
        if let Some(n) = &disk.negotiation {
            assert!(rank(n.state) >= side.highest, "{:?} went back to {:?}", side.role, n.state);
            side.highest = rank(n.state);
            if let Some(last) = side.final_state {
                assert_eq!(last, n.state, "what is final stays");
            }
            side.final_state = n.state.is_final().then_some(n.state);
        }
        side.disk = disk;
    }

    fn decide(&mut self, at: usize, n: u8) {
        let mut disk = self.sides[at].disk.clone();
        let Some(now) = disk.negotiation.clone() else { return };
        let acts = [
            Act::Offer(offer()),
            Act::Agree { id: "a".into(), assigner: "p".into(), assignee: "c".into() },
            Act::Finalize,
            Act::Counter(offer()),
            Act::Accept,
            Act::Verify,
            Act::Terminate("enough".into()),
        ];
        let mut allowed: Vec<_> = acts.into_iter().filter_map(|a| now.act(a, self.now).ok()).collect();
        if allowed.is_empty() {
            return;
        }
        let (next, out) = allowed.swap_remove(usize::from(n) % allowed.len());
        disk.names += 1;
        let name = format!("{}-{}", self.sides[at].role.as_str(), disk.names);
        disk.negotiation = Some(next);
        disk.outbox.push_back((name, out.path, out.body));
        self.commit(at, disk);
    }

    /// The receiving connector: (status, body).
    fn receive(&mut self, at: usize, post: &Post) -> (u16, Value) {
        let mut disk = self.sides[at].disk.clone();
        let (name, path, body) = post;
        let refused = |r: Refusal| match r {
            Refusal::Unknown => (404, Value::Null),
            Refusal::Bad(..) => (400, Value::Null),
        };
        if path == "/negotiations/request" {
            let first = dataspace::message::ContractRequestMessage::of(body.clone()).unwrap();
            // Idempotent on the consumer's name of it.
            if let Some(n) = &disk.negotiation {
                return (200, n.ack());
            }
            return match Negotiation::requested(first, "p1", "c", Some(name)) {
                Ok(made) => {
                    let ack = made.ack();
                    disk.negotiation = Some(made);
                    self.commit(at, disk);
                    (201, ack)
                }
                Err(r) => refused(r),
            };
        }
        let Some(now) = disk.negotiation.clone() else { return (404, Value::Null) };
        let body = body.clone();
        let message = match body["@type"].as_str().unwrap() {
            "ContractRequestMessage" => Incoming::Request(Wire::of(body).unwrap()),
            "ContractOfferMessage" => Incoming::Offer(Wire::of(body).unwrap()),
            "ContractAgreementMessage" => Incoming::Agreement(Wire::of(body).unwrap()),
            "ContractAgreementVerificationMessage" => Incoming::Verification(Wire::of(body).unwrap()),
            "ContractNegotiationEventMessage" => Incoming::Event(Wire::of(body).unwrap()),
            _ => Incoming::Termination(Wire::of(body).unwrap()),
        };
        match now.receive(message, Some(name)) {
            Ok(Step::Repeated) => (200, now.ack()),
            Ok(Step::Moved(next)) => {
                let ack = next.ack();
                disk.negotiation = Some(*next);
                self.commit(at, disk);
                (200, ack)
            }
            Err(r) => refused(r),
        }
    }

    /// Tries the first of an outbox. A refusal that stays ends the attempt: the peer has moved on (both terminated, say).
    fn send(&mut self, at: usize, arrives: bool, answered: bool) {
        let Some(post) = self.sides[at].disk.outbox.front().cloned() else { return };
        if !arrives {
            return;
        }
        self.arrived[1 - at] = Some(post.clone());
        let (status, body) = self.receive(1 - at, &post);
        if !answered {
            return;
        }
        let mut disk = self.sides[at].disk.clone();
        disk.outbox.pop_front();
        if (200..300).contains(&status)
            && let (Some(n), Some((provider, consumer, _))) =
                (&mut disk.negotiation, dataspace::message::ack::read_state(&body))
        {
            n.learn(&provider, &consumer);
        }
        self.commit(at, disk);
    }

    fn step(&mut self, happens: Happens) {
        self.now += SignedDuration::from_secs(1);
        match happens {
            Happens::Deliver(at) => self.send(at, true, true),
            Happens::LoseRequest(at) => self.send(at, false, false),
            Happens::LoseAnswer(at) => self.send(at, true, false),
            Happens::Again(at) => {
                if let Some(post) = self.arrived[at].clone() {
                    self.receive(at, &post);
                }
            }
            Happens::Decide(at, n) => self.decide(at, n),
            // Nothing lives outside the disk; a crash is a restart.
            Happens::Crash(at) => self.sides[at].disk = self.sides[at].disk.clone(),
        }
    }

    fn state(&self, at: usize) -> Option<State> {
        self.sides[at].disk.negotiation.as_ref().map(|n| n.state)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn whatever_happens_both_end_at_the_same(list in prop::collection::vec(happens(), 0..60)) {
        let mut world = World::new();
        for one in list {
            world.step(one);
        }
        // The network heals, both retry.
        for _ in 0..20 {
            world.send(0, true, true);
            world.send(1, true, true);
        }
        let (consumer, provider) = (world.state(0), world.state(1));
        prop_assert!(world.sides.iter().all(|s| s.disk.outbox.is_empty()));
        let finalised = Some(State::Finalized);
        if consumer == finalised || provider == finalised {
            // A provider that has finalised may meet a consumer that ended it at the same moment: it then learnt of that refusal only.
            let ended = Some(State::Terminated);
            prop_assert!(consumer == provider || consumer == ended || provider == ended, "{consumer:?} {provider:?}");
        } else if consumer != Some(State::Terminated) && provider != Some(State::Terminated) {
            prop_assert_eq!(consumer, provider);
        }
        let agreement = |at: usize| world.sides[at].disk.negotiation.as_ref().and_then(|n| n.agreement.clone());
        if let (Some(ours), Some(theirs)) = (agreement(0), agreement(1)) {
            prop_assert_eq!(ours, theirs, "both hold the same agreement");
        }
    }
}
