use super::*;
use State::{Completed, Requested, Started, Suspended, Terminated};

fn at(role: Role, state: State) -> Transfer {
    let (mut t, _) =
        Transfer::request("c1", ("peer", "http://peer"), ("a1", "HttpData-PULL"), None, "http://us");
    t.provider_pid = "p1".into();
    (t.role, t.state) = (role, state);
    t
}

fn messages() -> [(&'static str, Incoming); 4] {
    let (provider_pid, consumer_pid) = ("p1".to_string(), "c1".to_string());
    let pids = || (provider_pid.clone(), consumer_pid.clone());
    let start = |(provider_pid, consumer_pid)| TransferStartMessage {
        provider_pid,
        consumer_pid,
        data_address: None,
    };
    let wait = |(provider_pid, consumer_pid)| TransferSuspensionMessage {
        provider_pid,
        consumer_pid,
        code: None,
        reason: vec![],
    };
    let end = |(provider_pid, consumer_pid)| TransferTerminationMessage {
        provider_pid,
        consumer_pid,
        code: None,
        reason: vec!["x".into()],
    };
    let done = |(provider_pid, consumer_pid)| TransferCompletionMessage { provider_pid, consumer_pid };
    [
        ("start", Incoming::Start(start(pids()))),
        ("suspension", Incoming::Suspension(wait(pids()))),
        ("completion", Incoming::Completion(done(pids()))),
        ("termination", Incoming::Termination(end(pids()))),
    ]
}

#[test]
fn every_message_in_every_state_leads_where_the_figure_says() {
    let mut allowed = 0;
    for role in [Role::Provider, Role::Consumer] {
        for state in State::ALL {
            for (name, message) in messages() {
                let expected = match (role, state, name) {
                    (Role::Consumer, Requested, "start") | (_, Suspended, "start") => Some(Started),
                    (_, Started, "suspension") => Some(Suspended),
                    (_, Started, "completion") => Some(Completed),
                    (_, Requested | Started | Suspended, "termination") => Some(Terminated),
                    _ => None,
                };
                match (at(role, state).receive(message, None), expected) {
                    (Ok(Step::Moved(next)), Some(expected)) => {
                        assert_eq!(next.state, expected, "{role:?} {state:?} {name}");
                        allowed += 1;
                    }
                    (Err(Refusal::Bad("state", _)), None) => {}
                    (other, expected) => panic!("{role:?} {state:?} {name}: {other:?}, not {expected:?}"),
                }
            }
        }
    }
    assert_eq!(allowed, 13);
}

#[test]
fn every_act_is_what_the_peer_then_accepts() {
    let mut done = 0;
    for role in [Role::Provider, Role::Consumer] {
        for state in State::ALL {
            for act in [Act::Start(None), Act::Suspend("w".into()), Act::Complete, Act::Terminate("e".into())]
            {
                let name = format!("{role:?} {state:?} {act:?}");
                let Ok((next, out)) = at(role, state).act(act) else { continue };
                let other = if role == Role::Provider { Role::Consumer } else { Role::Provider };
                let body = out.body.clone();
                let message = match body["@type"].as_str().unwrap() {
                    "TransferStartMessage" => Incoming::Start(Wire::of(body).unwrap()),
                    "TransferSuspensionMessage" => Incoming::Suspension(Wire::of(body).unwrap()),
                    "TransferCompletionMessage" => Incoming::Completion(Wire::of(body).unwrap()),
                    _ => Incoming::Termination(Wire::of(body).unwrap()),
                };
                let Ok(Step::Moved(theirs)) = at(other, state).receive(message, None) else {
                    panic!("{name}")
                };
                assert_eq!(theirs.state, next.state, "{name}");
                done += 1;
            }
        }
    }
    assert_eq!(done, 13);
}

#[test]
fn a_start_tells_a_consumer_where_to_fetch_and_a_repeat_changes_nothing() {
    let address = DataAddress::http("http://data", "secret");
    let provider = at(Role::Provider, Requested);
    let (_, out) = provider.act(Act::Start(Some(address.clone()))).unwrap();
    let start = || Incoming::Start(Wire::of(out.body.clone()).unwrap());
    let (consumer, _) = Transfer::request("c1", ("peer", "http://peer"), ("a1", "f"), None, "http://us");
    let Ok(Step::Moved(next)) = consumer.receive(start(), Some("m")) else { panic!() };
    assert_eq!((next.data_address.as_ref(), next.provider_pid.as_str()), (Some(&address), "p1"));
    assert_eq!(address.property("authorization"), Some("secret"));
    assert_eq!(next.receive(start(), Some("m")), Ok(Step::Repeated));
    let mut other = next.clone();
    other.consumer_pid = "c2".into();
    assert_eq!(other.receive(start(), None), Err(Refusal::Unknown));
}

#[test]
fn a_start_that_is_late_by_others_starts_nothing() {
    let by = |name: &str, which: usize, t: &Transfer| t.receive(messages()[which].1.clone(), Some(name));
    let Ok(Step::Moved(started)) = by("m1", 0, &at(Role::Consumer, Requested)) else { panic!() };
    let Ok(Step::Moved(waits)) = by("m2", 1, &started) else { panic!() };
    assert_eq!(by("m1", 0, &waits), Ok(Step::Repeated), "it goes on waiting");
    let Ok(Step::Moved(again)) = by("m3", 0, &waits) else { panic!() };
    assert_eq!(again.state, Started);
}

#[test]
fn the_state_of_the_peer_settles_only_what_it_can() {
    for role in [Role::Provider, Role::Consumer] {
        for ours in State::ALL {
            for theirs in State::ALL {
                let settled = at(role, ours).settle(theirs).map(|t| t.state);
                let expected = match (role, ours, theirs) {
                    (_, Completed | Terminated, _) => None,
                    (_, _, Completed | Terminated) => Some(theirs),
                    (Role::Consumer, Started, Suspended) | (Role::Consumer, Suspended, Started) => {
                        Some(theirs)
                    }
                    _ => None,
                };
                assert_eq!(settled, expected, "{role:?} {ours:?} {theirs:?}");
            }
        }
    }
}
