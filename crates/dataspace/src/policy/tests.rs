use super::form::Terms;
use super::*;
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ask() -> Ask<'static> {
    Ask {
        action: "read",
        now: at("2026-11-27T02:00:00Z"),
        asker: "did:web:b",
        purpose: Some("研判"),
        region: Some("321100"),
        count: 0,
        bytes: 0,
        since: Some(at("2026-11-25T02:00:00Z")),
    }
}

fn holds(left: &str, operator: &str, right: Value, ask: &Ask<'_>) -> bool {
    let rule = Rule::new("use", vec![Constraint::atomic(left, operator, right)]);
    decide(&Policy::offer("o", vec![rule]), ask, Point::Access).allowed
}

#[test]
fn three_reads_until_friday_for_this_purpose_and_the_fourth_is_refused_with_the_reason() {
    let terms = Terms {
        reads: Some(3),
        until: Some(date(2026, 11, 27)),
        purposes: vec!["研判".into()],
        ..Terms::default()
    };
    let offer = terms.offer("o");
    for count in 0..3 {
        assert!(decide(&offer, &Ask { count, ..ask() }, Point::Access).allowed, "read {}", count + 1);
    }
    let fourth = decide(&offer, &Ask { count: 3, ..ask() }, Point::Access);
    assert!(!fourth.allowed);
    assert_eq!(fourth.reasons()[0].0, "次数至多 3，已用 3");
    let late = decide(&offer, &Ask { now: at("2026-11-27T16:00:00Z"), ..ask() }, Point::Access);
    assert!(!late.allowed, "Friday ends at midnight in Shanghai");
    assert!(decide(&offer, &Ask { now: at("2026-11-27T15:59:59Z"), ..ask() }, Point::Access).allowed);
    assert!(!decide(&offer, &Ask { purpose: Some("转售"), ..ask() }, Point::Access).allowed);
    let silent = decide(&offer, &Ask { purpose: None, ..ask() }, Point::Access);
    assert!(!silent.allowed && silent.reasons()[0].0.contains("没有申明目的"), "{silent:?}");
    assert!(
        decide(&offer, &Ask { purpose: None, count: 9, ..ask() }, Point::Catalogue).allowed,
        "it may be seen"
    );
}

#[test]
fn each_operand_with_each_operator() {
    let a = ask();
    assert!(holds("dateTime", "lteq", json!("2026-11-27T02:00:00Z"), &a));
    assert!(!holds("dateTime", "lt", json!("2026-11-27T02:00:00Z"), &a));
    assert!(holds("dateTime", "gteq", json!("2026-11-27"), &a));
    assert!(!holds("dateTime", "gt", json!("2026-11-27"), &a), "after that day");
    assert!(holds("elapsedTime", "lteq", json!("P2D"), &a));
    assert!(!holds("elapsedTime", "lteq", json!("PT47H"), &a));
    assert!(holds("recipient", "eq", json!("did:web:b"), &a));
    assert!(!holds("recipient", "isNoneOf", json!(["did:web:b"]), &a));
    assert!(holds("spatial", "isPartOf", json!("320000"), &a));
    assert!(!holds("spatial", "isPartOf", json!("310000"), &a));
    assert!(holds("spatial", "isAnyOf", json!(["310000", "321100"]), &a));
    assert!(holds("purpose", "neq", json!("转售"), &a));
    assert!(holds("volume", "lteq", json!("1"), &a) && !holds("volume", "lteq", json!("0"), &a));
    assert!(holds("count", "lteq", json!("1"), &a) && !holds("count", "lt", json!("1"), &a));
}

#[test]
fn what_is_not_understood_denies() {
    let a = ask();
    for (left, operator, right) in [
        ("partner", "eq", json!("gold")),
        ("count", "gteq", json!("3")),
        ("count", "lteq", json!("three")),
        ("dateTime", "lteq", json!("someday")),
        ("dateTime", "eq", json!("2026-11-27")),
        ("spatial", "isPartOf", json!("EU")),
        ("purpose", "hasPart", json!("研判")),
        ("elapsedTime", "lteq", json!("a while")),
    ] {
        assert!(!holds(left, operator, right.clone(), &a), "{left} {operator} {right}");
    }
    let odd = Rule::new("use", vec![Constraint::atomic("partner", "eq", "gold")]);
    let mut policy = Policy::offer("o", vec![Rule::new("use", vec![])]);
    policy.prohibition = vec![odd];
    assert!(!decide(&policy, &a, Point::Access).allowed, "an unknown prohibition holds");
    policy.prohibition = vec![Rule::new("teleport", vec![])];
    assert!(!decide(&policy, &a, Point::Access).allowed, "so does one of an unknown action");
    policy.prohibition = vec![Rule::new("sell", vec![])];
    assert!(decide(&policy, &a, Point::Access).allowed, "reading is not selling");
    assert!(!decide(&Policy::offer("o", vec![Rule::new("sell", vec![])]), &a, Point::Access).allowed);
}

#[test]
fn or_and_xone_and_a_prohibition_that_does_not_hold() {
    let yes = || Constraint::atomic("count", "lteq", "9");
    let no = || Constraint::atomic("count", "lteq", "0");
    let run = |c: Constraint| {
        decide(&Policy::offer("o", vec![Rule::new("use", vec![c])]), &ask(), Point::Access).allowed
    };
    assert!(run(Constraint::Or { or: vec![no(), yes()] }));
    assert!(!run(Constraint::And { and: vec![no(), yes()] }));
    assert!(run(Constraint::Xone { xone: vec![no(), yes()] }));
    assert!(!run(Constraint::Xone { xone: vec![yes(), yes()] }));
    assert!(run(Constraint::AndSequence { sequence: vec![yes(), yes()] }));
    let mut policy = Policy::offer("o", vec![Rule::new("use", vec![])]);
    policy.prohibition = vec![Rule::new("use", vec![Constraint::atomic("recipient", "neq", "did:web:b")])];
    assert!(decide(&policy, &ask(), Point::Access).allowed, "it speaks of others only");
}

#[test]
fn duties_come_with_their_last_moment_and_a_volume_says_what_is_left() {
    let terms = Terms {
        bytes: Some(1_000),
        inform: true,
        delete_by: Some(date(2026, 12, 31)),
        no_passing_on: true,
        ..Terms::default()
    };
    let done = decide(&terms.offer("o"), &Ask { bytes: 400, ..ask() }, Point::Access);
    assert_eq!(done.bytes_left, Some(600));
    assert_eq!(done.duties[0], ("inform".into(), None));
    assert_eq!(done.duties[1].1, Some(at("2026-12-31T15:59:59.999999999Z")));
    let said = words::sentences(&terms.offer("o"));
    assert!(said[0].0.contains("允许使用：字节数至多 1000") && said[1].0.contains("禁止再分发"), "{said:?}");
}

fn constraint() -> impl Strategy<Value = Constraint> {
    let left = prop::sample::select(vec!["count", "dateTime", "purpose", "recipient", "spatial", "partner"]);
    let operator = prop::sample::select(vec!["lteq", "gteq", "eq", "isAnyOf", "isPartOf", "odd"]);
    let right = prop::sample::select(vec!["3", "2026-11-28", "研判", "did:web:b", "320000"]);
    (left, operator, right).prop_map(|(l, o, r)| Constraint::atomic(l, o, r))
}

proptest! {
    #[test]
    fn another_condition_never_turns_a_no_into_a_yes(mut list in prop::collection::vec(constraint(), 0..4), more in constraint(), count in 0u64..6) {
        let a = Ask { count, ..ask() };
        let run = |c: Vec<Constraint>| decide(&Policy::offer("o", vec![Rule::new("use", c)]), &a, Point::Access).allowed;
        let before = run(list.clone());
        list.push(more);
        prop_assert!(before || !run(list));
    }

    #[test]
    fn an_unknown_operand_denies_wherever_it_stands(mut list in prop::collection::vec(constraint(), 0..4), at in 0usize..5) {
        list.insert(at.min(list.len()), Constraint::atomic("colour", "eq", "red"));
        let rule = Rule::new("use", list);
        prop_assert!(!decide(&Policy::offer("o", vec![rule]), &ask(), Point::Access).allowed);
    }

    #[test]
    fn whoever_may_not_see_an_offer_may_not_use_it(list in prop::collection::vec(constraint(), 0..4), count in 0u64..6) {
        let a = Ask { count, ..ask() };
        let offer = Policy::offer("o", vec![Rule::new("use", list)]);
        let (seen, used) = (decide(&offer, &a, Point::Catalogue).allowed, decide(&offer, &a, Point::Access).allowed);
        prop_assert!(seen || !used);
    }
}

/// What stands beside the members of a condition or a rule may change what it says: it is never read as if it did not stand there.
#[test]
fn members_that_are_not_understood_deny() {
    let read = |extra: &str, in_rule: &str| -> Policy {
        let text = format!(
            r#"{{ "@id": "o", "permission": [{{ "action": "use"{in_rule},
                "constraint": [{{ "leftOperand": "count", "operator": "lteq", "rightOperand": "9"{extra} }}] }}] }}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let allowed = |policy: &Policy| decide(policy, &ask(), Point::Access).allowed;
    assert!(allowed(&read("", "")));
    assert!(
        allowed(&read(r#", "@type": "Constraint", "uid": "c1""#, r#", "@id": "r1""#)),
        "a name is no harm"
    );
    assert!(!allowed(&read(r#", "unit": "example:perYear""#, "")));
    assert!(!allowed(&read("", r#", "assignee": "did:web:somebody""#)));
    let mut forbidden = read("", "");
    let odd = read("", r#", "remedy": [{ "action": "delete" }]"#);
    forbidden.prohibition = vec![Rule {
        constraint: vec![Constraint::atomic("count", "lteq", "0")],
        ..odd.permission[0].clone()
    }];
    assert!(!allowed(&forbidden), "a prohibition that is not understood holds");
    let words = words::sentences(&read(r#", "unit": "x""#, ""));
    assert!(words[0].1.contains("not understood"), "{words:?}");
}
