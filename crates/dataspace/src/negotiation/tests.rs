use super::*;
use crate::odrl::Rule;
use State::{Accepted, Agreed, Finalized, Offered, Requested, Terminated, Verified};

fn offer() -> Policy {
    Policy::offer("o1", vec![Rule::new("use", vec![])]).on("d1")
}

fn at(role: Role, state: State) -> Negotiation {
    let (mut n, _) = Negotiation::request("c1", "peer", "http://peer", offer(), "http://us");
    n.provider_pid = "p1".into();
    (n.role, n.state) = (role, state);
    n
}

fn messages() -> Vec<(&'static str, Incoming)> {
    let (p, c) = ("p1".to_string(), "c1".to_string());
    let pids = || (p.clone(), c.clone());
    let ev = |event_type| {
        let (provider_pid, consumer_pid) = pids();
        Incoming::Event(ContractNegotiationEventMessage { provider_pid, consumer_pid, event_type })
    };
    let agreement = offer().agreed("a1", "prov", "cons", jiff::Timestamp::UNIX_EPOCH);
    vec![
        (
            "request",
            Incoming::Request(ContractRequestMessage {
                provider_pid: Some(p.clone()),
                consumer_pid: c.clone(),
                offer: offer(),
                callback_address: None,
            }),
        ),
        (
            "offer",
            Incoming::Offer(ContractOfferMessage {
                provider_pid: p.clone(),
                consumer_pid: Some(c.clone()),
                offer: offer(),
                callback_address: None,
            }),
        ),
        (
            "agreement",
            Incoming::Agreement(ContractAgreementMessage {
                provider_pid: p.clone(),
                consumer_pid: c.clone(),
                agreement,
                signature: None,
            }),
        ),
        (
            "verification",
            Incoming::Verification(ContractAgreementVerificationMessage {
                provider_pid: p.clone(),
                consumer_pid: c.clone(),
                signature: None,
            }),
        ),
        ("accepted", ev(Event::Accepted)),
        ("finalized", ev(Event::Finalized)),
        (
            "termination",
            Incoming::Termination(ContractNegotiationTerminationMessage {
                provider_pid: p,
                consumer_pid: c,
                code: None,
                reason: vec![],
            }),
        ),
    ]
}

/// Every row of the figure, written out: (who receives, in which state, what) → where it leads. Whatever is not here is refused.
const ROWS: [(Role, State, &str, State); 6] = [
    (Role::Provider, Offered, "request", Requested),
    (Role::Provider, Offered, "accepted", Accepted),
    (Role::Provider, Agreed, "verification", Verified),
    (Role::Consumer, Requested, "offer", Offered),
    (Role::Consumer, Requested, "agreement", Agreed),
    (Role::Consumer, Accepted, "agreement", Agreed),
];

#[test]
fn every_message_in_every_state_leads_where_the_figure_says() {
    let mut allowed = 0;
    for role in [Role::Provider, Role::Consumer] {
        for state in State::ALL {
            for (name, message) in messages() {
                let expected = ROWS
                    .iter()
                    .find(|r| (r.0, r.1, r.2) == (role, state, name))
                    .map(|r| r.3)
                    .or((role == Role::Consumer && state == Verified && name == "finalized")
                        .then_some(Finalized))
                    .or((name == "termination" && !state.is_final()).then_some(Terminated));
                let before = at(role, state);
                match (before.receive(message, None), expected) {
                    (Ok(Step::Moved(next)), Some(expected)) => {
                        assert_eq!(next.state, expected, "{role:?} {state:?} {name}");
                        allowed += 1;
                    }
                    (Err(Refusal::Bad("state", why)), None) => assert!(why.contains(state.as_str())),
                    (other, expected) => panic!("{role:?} {state:?} {name}: {other:?}, not {expected:?}"),
                }
            }
        }
    }
    assert_eq!(allowed, 7 + 2 * 5);
}

#[test]
fn every_act_in_every_state_is_what_the_peer_then_accepts() {
    let acts = || {
        vec![
            Act::Offer(offer()),
            Act::Agree { id: "a1".into(), assigner: "prov".into(), assignee: "cons".into() },
            Act::Finalize,
            Act::Counter(offer()),
            Act::Accept,
            Act::Verify,
            Act::Terminate("no".into()),
        ]
    };
    let mut done = 0;
    for role in [Role::Provider, Role::Consumer] {
        for state in State::ALL {
            for act in acts() {
                let name = format!("{role:?} {state:?} {act:?}");
                let Ok((next, out)) = at(role, state).act(act, jiff::Timestamp::UNIX_EPOCH) else { continue };
                let other = if role == Role::Provider { Role::Consumer } else { Role::Provider };
                let message = read(&out.body).unwrap_or_else(|| panic!("{name}: {}", out.body));
                let Ok(Step::Moved(theirs)) = at(other, state).receive(message, None) else {
                    panic!("{name}: the peer refuses it");
                };
                assert_eq!(theirs.state, next.state, "{name}: both sides stand at the same");
                let theirs = if role == Role::Provider { "/negotiations/c1/" } else { "/negotiations/p1/" };
                assert!(out.path.starts_with(theirs), "{}", out.path);
                done += 1;
            }
        }
    }
    assert_eq!(
        done,
        7 + 2 * 5 - 1,
        "as many as the figure has rows; a consumer that has verified may not end it"
    );
}

fn read(body: &Value) -> Option<Incoming> {
    let body = body.clone();
    Some(match body["@type"].as_str()? {
        "ContractRequestMessage" => Incoming::Request(Wire::of(body).ok()?),
        "ContractOfferMessage" => Incoming::Offer(Wire::of(body).ok()?),
        "ContractAgreementMessage" => Incoming::Agreement(Wire::of(body).ok()?),
        "ContractAgreementVerificationMessage" => Incoming::Verification(Wire::of(body).ok()?),
        "ContractNegotiationEventMessage" => Incoming::Event(Wire::of(body).ok()?),
        "ContractNegotiationTerminationMessage" => Incoming::Termination(Wire::of(body).ok()?),
        _ => return None,
    })
}

#[test]
fn an_offer_may_come_before_the_answer_to_the_request() {
    let (early, _) = Negotiation::request("c1", "peer", "http://peer", offer(), "http://us");
    let offer = messages().into_iter().find(|m| m.0 == "offer").unwrap().1;
    let Ok(Step::Moved(next)) = early.receive(offer, None) else { panic!("it is taken") };
    assert_eq!((next.state, next.provider_pid.as_str()), (Offered, "p1"));
    assert!(
        early.act(Act::Terminate("x".into()), jiff::Timestamp::UNIX_EPOCH).is_err(),
        "nobody to tell yet"
    );
}

#[test]
fn a_named_message_that_comes_twice_changes_nothing_and_another_pid_is_unknown() {
    let n = at(Role::Provider, Offered);
    let request = || messages().into_iter().next().unwrap().1;
    let Ok(Step::Moved(once)) = n.receive(request(), Some("m1")) else { panic!() };
    assert_eq!(once.receive(request(), Some("m1")), Ok(Step::Repeated));
    assert!(matches!(once.receive(request(), Some("m2")), Err(Refusal::Bad("state", _))));
    assert!(matches!(once.receive(request(), None), Err(Refusal::Bad("state", _))));
    let mut stranger = n.clone();
    stranger.consumer_pid = "c9".into();
    assert_eq!(stranger.receive(request(), None), Err(Refusal::Unknown));
}

#[test]
fn first_messages_are_whole() {
    let first = ContractRequestMessage {
        provider_pid: None,
        consumer_pid: "c1".into(),
        offer: offer(),
        callback_address: Some("http://c".into()),
    };
    let made = Negotiation::requested(first.clone(), "p1", "peer", None).unwrap();
    assert_eq!((made.state, made.address.as_str(), made.pid()), (Requested, "http://c", "p1"));
    let silent = ContractRequestMessage { callback_address: None, ..first.clone() };
    assert!(Negotiation::requested(silent, "p1", "peer", None).is_err());
    let late = ContractRequestMessage { provider_pid: Some("p".into()), ..first.clone() };
    assert!(Negotiation::requested(late, "p1", "peer", None).is_err());
    let aimless = ContractRequestMessage { offer: Policy { target: None, ..offer() }, ..first };
    let Err(Refusal::Bad(_, why)) = Negotiation::requested(aimless, "p1", "peer", None) else { panic!() };
    assert!(why.contains("offer.target"), "{why}");
}

#[test]
fn an_agreement_on_another_dataset_is_refused() {
    let n = at(Role::Consumer, Requested);
    let Incoming::Agreement(mut m) = messages().into_iter().find(|m| m.0 == "agreement").unwrap().1 else {
        panic!()
    };
    m.agreement.target = Some("d2".into());
    assert!(matches!(n.receive(Incoming::Agreement(m), None), Err(Refusal::Bad("agreement", _))));
}

#[test]
fn a_message_that_is_late_by_others_takes_no_effect_again() {
    let requests = |name: &str, n: &Negotiation| {
        let message = messages().into_iter().next().unwrap().1;
        n.receive(message, Some(name))
    };
    let Ok(Step::Moved(first)) = requests("m1", &at(Role::Provider, Offered)) else { panic!() };
    let (offered, _) = first.act(Act::Offer(offer()), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let Ok(Step::Moved(second)) = requests("m2", &offered) else { panic!() };
    let (offered, _) = second.act(Act::Offer(offer()), jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(requests("m1", &offered), Ok(Step::Repeated), "the offer stands");
    let stored = serde_json::to_string(&offered).unwrap();
    assert_eq!(serde_json::from_str::<Negotiation>(&stored).unwrap(), offered);
}

#[test]
fn the_state_of_the_peer_settles_only_what_it_can() {
    for role in [Role::Provider, Role::Consumer] {
        for ours in State::ALL {
            for theirs in State::ALL {
                let settled = at(role, ours).settle(theirs).map(|n| n.state);
                let expected = match (role, ours, theirs) {
                    (_, Finalized | Terminated, _) => None,
                    (_, _, Terminated) => Some(Terminated),
                    (Role::Consumer, Verified, Finalized) => Some(Finalized),
                    _ => None,
                };
                assert_eq!(settled, expected, "{role:?} {ours:?} {theirs:?}");
                let parted = match (role, ours) {
                    (Role::Provider, Agreed) => matches!(theirs, Requested | Offered | Accepted),
                    (Role::Consumer, Accepted) => matches!(theirs, Requested | Offered),
                    _ => false,
                };
                assert_eq!(at(role, ours).parted(theirs), parted, "{role:?} {ours:?} {theirs:?}");
            }
        }
    }
}
