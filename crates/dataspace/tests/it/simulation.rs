//! Two connectors with durable state and an outbox, under every misfortune that a network and a power cut know: messages and answers are lost,
//! doubled, delayed and overtaken, and each side crashes before or after a write. Whatever happened, once the network heals and both go on, both
//! end, and end at the same.

use crate::sides::Node;
use dataspace::Refusal;
use dataspace::negotiation::Negotiation;
use dataspace::transfer::Transfer;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// What happens next. Sides are 0 (the consumer) and 1; packets are counted from the oldest, round and round.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A side sends what stands first in its outbox, perhaps again.
    Send(usize),
    /// A packet arrives, sooner or later than others.
    Arrive(usize, Crash),
    /// A packet arrives a second time, later.
    Double(usize),
    /// A packet is lost.
    Lose(usize),
    /// A side decides what to do next, if it may.
    Decide(usize, usize, Crash),
}

/// When the power fails in what a side is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crash {
    No,
    /// What was not written is gone.
    BeforeTheWrite,
    /// It is written, and nobody is told.
    AfterTheWrite,
}

fn happens() -> impl Strategy<Value = Happens> {
    let side = || 0usize..2;
    let crash = || prop_oneof![8 => Just(Crash::No), 1 => Just(Crash::BeforeTheWrite), 1 => Just(Crash::AfterTheWrite)];
    prop_oneof![
        6 => side().prop_map(Happens::Send),
        8 => (0usize..8, crash()).prop_map(|(n, c)| Happens::Arrive(n, c)),
        2 => (0usize..8).prop_map(Happens::Double),
        1 => (0usize..8).prop_map(Happens::Lose),
        3 => (side(), 0usize..16, crash()).prop_map(|(s, n, c)| Happens::Decide(s, n, c)),
    ]
}

/// A message in the outbox.
#[derive(Clone, Debug)]
struct Post {
    name: String,
    path: String,
    body: Value,
}

/// What is on its way; `to` is a side.
#[derive(Clone, Debug)]
enum Packet {
    Request { to: usize, post: Post },
    Answer { to: usize, name: String, status: u16, body: Value },
}

/// What a side keeps: one write replaces all of it, so state and outbox never part.
#[derive(Clone, Debug)]
struct Kept<N> {
    node: Option<N>,
    outbox: VecDeque<Post>,
    names: u32,
    /// Names of the messages that moved it.
    moved_by: Vec<String>,
}

struct Side<N> {
    /// What it works with; gone in a crash.
    memory: Kept<N>,
    disk: Kept<N>,
}

struct World<N> {
    sides: [Side<N>; 2],
    network: Vec<Packet>,
    now: Timestamp,
    seen: BTreeMap<&'static str, u32>,
    /// Whether messages bear names, as ours do; other connectors' may not.
    named: bool,
}

impl<N: Node> World<N> {
    fn new(begins: usize, named: bool) -> World<N> {
        let empty = || Kept { node: None, outbox: VecDeque::new(), names: 0, moved_by: Vec::new() };
        let side = || Side { memory: empty(), disk: empty() };
        let (node, out) = N::begin(begins);
        let mut world = World {
            sides: [side(), side()],
            network: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            seen: BTreeMap::new(),
            named,
        };
        world.keep(begins, node, Some((out.path, out.body)));
        world.write(begins);
        world
    }

    fn keep(&mut self, at: usize, node: N, out: Option<(String, Value)>) {
        let kept = &mut self.sides[at].memory;
        kept.node = Some(node);
        if let Some((path, body)) = out {
            kept.names += 1;
            kept.outbox.push_back(Post { name: format!("{at}-{}", kept.names), path, body });
        }
    }

    /// Writes what a side has in memory, and holds it to what no state may do.
    fn write(&mut self, at: usize) {
        let side = &mut self.sides[at];
        if let (Some(before), Some(after)) = (&side.disk.node, &side.memory.node) {
            let (from, to) = (before.state(), after.state());
            assert!(N::rank(to) >= N::rank(from), "side {at} went back from {from} to {to}");
            assert!(!N::is_final(from) || from == to, "side {at}: {from} is final, not {to}");
        }
        side.disk = side.memory.clone();
    }

    /// Writes unless the power fails before that; whether the side is still there to say so.
    fn write_or_crash(&mut self, at: usize, crash: Crash) -> bool {
        match crash {
            Crash::BeforeTheWrite => self.sides[at].memory = self.sides[at].disk.clone(),
            Crash::No | Crash::AfterTheWrite => self.write(at),
        }
        crash == Crash::No
    }

    fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn node(&self, at: usize) -> Option<&N> {
        self.sides[at].disk.node.as_ref()
    }

    fn state(&self, at: usize) -> &'static str {
        self.node(at).map_or("nothing", Node::state)
    }

    fn decide(&mut self, at: usize, n: usize, crash: Crash) {
        let Some(node) = self.node(at) else { return };
        let mut allowed = node.acts(self.now);
        if !allowed.is_empty() {
            let (next, out) = allowed.swap_remove(n % allowed.len());
            self.keep(at, next, Some((out.path, out.body)));
            self.write_or_crash(at, crash);
        }
    }

    /// A side handles a message: status and answer.
    fn handle(&mut self, at: usize, post: &Post) -> (u16, Value) {
        let name = self.named.then_some(post.name.as_str());
        let step = match (self.node(at), N::is_first(&post.body)) {
            // Idempotent on the consumer's name of it.
            (Some(_), true) => Ok(None),
            (None, true) => N::first(post.body.clone(), name).map(Some),
            (Some(node), false) => {
                assert!(post.path.contains(node.pid()), "{} is not for {}", post.path, node.pid());
                node.receive(post.body.clone(), name)
            }
            (None, false) => Err(Refusal::Unknown),
        };
        match step {
            Ok(Some(next)) => {
                let moved_by = &mut self.sides[at].memory.moved_by;
                assert!(!self.named || !moved_by.contains(&post.name), "{} moved side {at} twice", post.name);
                moved_by.push(post.name.clone());
                let ack = next.ack();
                self.keep(at, next, None);
                (200, ack)
            }
            Ok(None) => {
                self.count("repeated");
                (200, self.node(at).map(Node::ack).unwrap_or_default())
            }
            Err(Refusal::Bad(..)) => {
                self.count("refused");
                (400, Value::Null)
            }
            Err(Refusal::Unknown) => {
                self.count("unknown");
                (404, Value::Null)
            }
        }
    }

    fn arrive(&mut self, packet: Packet, crash: Crash) {
        match packet {
            Packet::Request { to, post } => {
                let (status, body) = self.handle(to, &post);
                if self.write_or_crash(to, crash) {
                    self.network.push(Packet::Answer { to: 1 - to, name: post.name, status, body });
                }
            }
            Packet::Answer { to, name, status, body } => {
                let kept = &mut self.sides[to].memory;
                // What is unknown is tried again: the first message may still be on its way.
                if status == 404 || kept.outbox.front().is_none_or(|post| post.name != name) {
                    return;
                }
                kept.outbox.pop_front();
                if status == 200
                    && let Some(node) = &mut kept.node
                {
                    node.learn(&body);
                }
                self.write_or_crash(to, crash);
                if status == 400 {
                    self.settle(to);
                }
            }
        }
    }

    /// Asks the peer where it stands.
    fn settle(&mut self, at: usize) {
        let (Some(ours), Some(theirs)) = (self.node(at), self.node(1 - at)) else { return };
        if !self.sides[at].disk.outbox.is_empty() {
            return;
        }
        if let Some(next) = ours.settle(theirs.state()) {
            self.count("settled");
            self.keep(at, next, None);
            self.write(at);
        } else if let Some((next, out)) = ours.parted(theirs.state(), self.now) {
            self.count("parted");
            self.keep(at, next, Some((out.path, out.body)));
            self.write(at);
        }
    }

    fn send(&mut self, at: usize) {
        if let Some(post) = self.sides[at].disk.outbox.front().cloned() {
            self.network.push(Packet::Request { to: 1 - at, post });
        }
    }

    fn step(&mut self, happens: Happens) {
        self.now += SignedDuration::from_secs(1);
        let waiting = self.network.len();
        match happens {
            Happens::Send(at) => self.send(at),
            Happens::Decide(at, n, crash) => self.decide(at, n, crash),
            _ if waiting == 0 => {}
            Happens::Arrive(n, crash) => {
                let packet = self.network.remove(n % waiting);
                self.arrive(packet, crash);
            }
            Happens::Double(n) => {
                let packet = self.network[n % waiting].clone();
                self.network.push(packet);
            }
            Happens::Lose(n) => {
                self.network.remove(n % waiting);
            }
        }
    }

    /// The network heals: everything arrives, each side goes on where it may and asks where it got no further.
    fn heal(&mut self) {
        for _ in 0..40 {
            for at in 0..2 {
                self.send(at);
                while !self.network.is_empty() {
                    let packet = self.network.remove(0);
                    self.arrive(packet, Crash::No);
                }
                self.settle(at);
                if self.sides[at].disk.outbox.is_empty()
                    && let Some((next, out)) = self.node(at).and_then(|n| n.goes_on(self.now))
                {
                    self.keep(at, next, Some((out.path, out.body)));
                    self.write(at);
                }
            }
        }
    }
}

fn run<N: Node>(begins: usize, named: bool, list: &[Happens]) -> World<N> {
    let mut world = World::<N>::new(begins, named);
    for one in list {
        world.step(*one);
    }
    world.heal();
    world
}

fn lists() -> impl Strategy<Value = Vec<Happens>> {
    prop::collection::vec(happens(), 0..160)
}

/// What holds of both machines at the end.
fn ended<N: Node>(world: &World<N>) -> Result<(), TestCaseError> {
    let (consumer, provider) = (world.state(0), world.state(1));
    prop_assert!(world.sides.iter().all(|s| s.disk.outbox.is_empty()), "{consumer} {provider}");
    prop_assert!(N::is_final(consumer) && N::is_final(provider), "not ended: {consumer} {provider}");
    prop_assert!(N::agree(consumer, provider), "ended apart: {consumer} {provider}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_negotiation_ends_at_the_same_on_both_sides(begins in 0usize..2, list in lists()) {
        let world = run::<Negotiation>(begins, true, &list);
        ended(&world)?;
        let agreement = |at: usize| world.node(at).and_then(|n| n.agreement.clone());
        if world.state(0) == "FINALIZED" {
            prop_assert!(agreement(0).is_some());
            prop_assert_eq!(agreement(0), agreement(1), "both hold the same agreement");
            let offer = |at: usize| world.node(at).map(|n| n.offer.clone());
            prop_assert_eq!(offer(0), offer(1), "and the same offer");
        }
    }

    #[test]
    fn a_transfer_ends_on_both_sides(list in lists()) {
        ended(&run::<Transfer>(0, true, &list))?;
    }

    /// A late copy may then take effect again; still both end, with the same agreement, or without any when the copy has parted them.
    #[test]
    fn both_end_without_names_too(begins in 0usize..2, list in lists()) {
        let world = run::<Negotiation>(begins, false, &list);
        ended(&world)?;
        let agreement = |at: usize| world.node(at).and_then(|n| n.agreement.clone());
        prop_assert!(world.state(0) == "TERMINATED" || agreement(0) == agreement(1));
        ended(&run::<Transfer>(0, false, &list))?;
    }
}

/// A late copy of the consumer's counter-request arrives at a provider that has offered again since.
fn a_late_copy() -> Vec<Happens> {
    use Crash::No;
    let arrive = |n| Happens::Arrive(n, No);
    let first = [
        Happens::Send(0),
        arrive(0),
        arrive(0),
        Happens::Decide(1, 0, No),
        Happens::Send(1),
        arrive(0),
        arrive(0),
    ];
    let counter = [Happens::Decide(0, 0, No), Happens::Send(0), Happens::Double(0), arrive(0), arrive(1)];
    let again = [Happens::Decide(1, 0, No), Happens::Send(1), arrive(1), arrive(1), arrive(0), arrive(0)];
    [&first[..], &counter, &again].concat()
}

/// What a side says next, delivered with its answer; both acts are the fifth of what it may do.
fn said(at: usize) -> [Happens; 4] {
    let arrive = Happens::Arrive(0, Crash::No);
    [Happens::Decide(at, 4, Crash::No), Happens::Send(at), arrive, arrive]
}

#[test]
fn a_late_copy_without_a_name_parts_the_two_and_both_end() {
    // The provider agrees to the copy, which the consumer, before its offer, refuses; or the consumer accepts, which the provider refuses.
    for at in [1, 0] {
        let world = run::<Negotiation>(0, false, &[&a_late_copy()[..], &said(at)].concat());
        assert_eq!((world.state(0), world.state(1)), ("TERMINATED", "TERMINATED"), "{at}");
        assert_eq!(world.seen.get("parted"), Some(&1), "{at}");
    }
    // Under its name the copy does nothing, and the acceptance arrives.
    let world = run::<Negotiation>(0, true, &[&a_late_copy()[..], &said(0)].concat());
    assert_eq!((world.state(0), world.state(1)), ("FINALIZED", "FINALIZED"));
    assert_eq!((world.seen.get("parted"), world.seen.get("repeated")), (None, Some(&1)));
}

/// The lists above reach what they are for.
#[test]
fn the_simulation_reaches_every_end_and_every_misfortune() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..1_000 {
        let list = lists().new_tree(&mut runner).unwrap().current();
        let (n, t) = (run::<Negotiation>(round % 2, true, &list), run::<Transfer>(0, true, &list));
        for (kind, state, counts) in [("n", n.state(0), &n.seen), ("t", t.state(0), &t.seen)] {
            *seen.entry(format!("{kind} {state}")).or_default() += 1;
            for (what, times) in counts {
                *seen.entry(format!("{kind} {what}")).or_default() += times;
            }
        }
    }
    println!("{seen:?}");
    assert!(!seen.contains_key("n parted"), "with names nothing parts the two: {seen:?}");
    for what in ["n FINALIZED", "n TERMINATED", "n repeated", "n refused", "n settled"] {
        assert!(seen.get(what).is_some_and(|n| *n >= 20), "{what}: {seen:?}");
    }
    for what in ["t COMPLETED", "t TERMINATED", "t repeated", "t refused", "t settled"] {
        assert!(seen.get(what).is_some_and(|n| *n >= 20), "{what}: {seen:?}");
    }
}
