use super::*;
use crate::user::UserId;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sample() -> Formula {
    parse(SAMPLE).unwrap()
}

fn whole(x: i64) -> Value {
    Value { amount: x * 1000, ..Value::default() }
}

fn person(id: i64, values: &[(&str, Value)]) -> Inputs {
    let values: BTreeMap<String, Value> = values.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect();
    Inputs { officer: UserId(id), values }
}

/// The score of an item of the sample on each sheet.
fn of<'a>(formula: &Formula, sheets: &'a [Sheet], id: &str) -> Vec<&'a Score> {
    let no = formula.items.iter().position(|i| i.id == id).unwrap();
    sheets.iter().map(|s| &s.scores[no]).collect()
}

#[test]
fn the_sample_has_the_weights_of_the_source() {
    let formula = sample();
    let groups: Vec<(&str, i64)> = formula.groups.iter().map(|g| (g.id.as_str(), g.points / 100)).collect();
    assert_eq!(groups, [("base", 10), ("targets", 20), ("starts", 30), ("production", 40)]);
    assert_eq!(formula.points(), 100 * 100);
    let cohort = formula.items.iter().find(|i| i.method == Method::CohortRate).unwrap();
    assert_eq!((cohort.points, cohort.reads.as_str()), (800, "start_rate_same_year"));
    assert!(
        formula.items.iter().any(|i| i.method == Method::Efficacy { floor: 60, zero_earns_nothing: true })
    );
    assert_eq!(formula.grade(8_500).unwrap().name_en, "Excellent");
    assert_eq!(formula.grade(8_499).unwrap().name_en, "Good");
    assert_eq!(formula.grade(0).unwrap().at_least, 0);
}

#[test]
fn efficacy_is_sixty_percent_and_forty_by_place() {
    let formula = sample();
    let people: Vec<Inputs> = [(1, 2), (2, 5), (3, 7), (4, 12), (5, 3)]
        .map(|(id, x)| person(id, &[("in_production", whole(x))]))
        .to_vec();
    let sheets = assess(&formula, &people, 12);
    let scores = of(&formula, &sheets, "produced");
    // 60% + 40% × (x − 2) / 10, of 40 points
    let shown: Vec<(i64, i64)> = scores.iter().map(|s| (s.share, s.points)).collect();
    assert_eq!(shown, [(6_000, 2_400), (7_200, 2_880), (8_000, 3_200), (10_000, 4_000), (6_400, 2_560)]);
    assert_eq!((scores[0].least, scores[0].most), (2_000, 12_000));
    assert_eq!((&scores[2].least_by, &scores[2].most_by), (&vec![UserId(1)], &vec![UserId(4)]));
}

#[test]
fn efficacy_is_rounded_to_two_decimals_at_each_step() {
    let formula = sample();
    let people: Vec<Inputs> =
        [(1, 1), (2, 2), (3, 4)].map(|(id, x)| person(id, &[("started", whole(x))])).to_vec();
    let sheets = assess(&formula, &people, 12);
    let middle = of(&formula, &sheets, "started")[1];
    // 60% + 40% × 1/3 = 73.333…% is shown as 73.33%; 22 points × 73.33% = 16.1326
    assert_eq!((middle.share, middle.points), (7_333, 1_613));
}

#[test]
fn when_all_are_equal_all_earn_all_and_nothing_earns_nothing() {
    let formula = sample();
    let equal: Vec<Inputs> = (1..4).map(|id| person(id, &[("started", whole(2))])).collect();
    for score in of(&formula, &assess(&formula, &equal, 12), "started") {
        assert_eq!((score.points, score.note), (2_200, Some(Note::AllEqual)));
    }
    let idle: Vec<Inputs> = (1..4).map(|id| person(id, &[])).collect();
    for score in of(&formula, &assess(&formula, &idle, 12), "started") {
        assert_eq!((score.points, score.note), (0, Some(Note::Nothing)));
    }
    let plain = parse(&SAMPLE.replace("zero_earns_nothing = true", "zero_earns_nothing = false")).unwrap();
    assert_eq!(
        of(&plain, &assess(&plain, &idle, 12), "started")[0].points,
        2_200,
        "the source's rule without ours"
    );
}

#[test]
fn a_ratio_is_capped_and_needs_a_target() {
    let formula = sample();
    let arrived = |done, target| Value { amount: done, target, ..Value::default() };
    let people = [
        person(1, &[("arrived", arrived(50_000_000, Some(200_000_000)))]),
        person(2, &[("arrived", arrived(300_000_000, Some(200_000_000)))]),
        person(3, &[("arrived", arrived(300_000_000, None))]),
    ];
    let sheets = assess(&formula, &people, 12);
    let scores = of(&formula, &sheets, "arrived");
    assert_eq!((scores[0].share, scores[0].points, scores[0].note), (2_500, 300, None));
    assert_eq!((scores[1].share, scores[1].points, scores[1].note), (10_000, 1_200, Some(Note::Capped)));
    assert_eq!((scores[2].points, scores[2].note), (0, Some(Note::NoTarget)));
}

#[test]
fn a_monthly_target_grows_with_the_months_that_have_begun() {
    let formula = sample();
    assert_eq!(months(2026, date(2026, 3, 1)), 3);
    assert_eq!((months(2026, date(2025, 12, 31)), months(2026, date(2027, 1, 8))), (0, 12));
    let people = [person(1, &[("valid_leads", whole(6))])];
    let sheets = assess(&formula, &people, 3);
    let score = of(&formula, &sheets, "leads")[0];
    assert_eq!((score.target, score.points), (Some(6_000), 400), "2 a month for 3 months");
    let sheets = assess(&formula, &people, 12);
    assert_eq!(of(&formula, &sheets, "leads")[0].points, 100);
}

#[test]
fn the_same_year_rate_is_of_what_was_signed() {
    let formula = sample();
    let rate = |n: i64, of: i64| Value { amount: n * 1000, of: of * 1000, ..Value::default() };
    let people = [
        person(1, &[("start_rate_same_year", rate(3, 4))]),
        person(2, &[("start_rate_same_year", rate(0, 0))]),
    ];
    let sheets = assess(&formula, &people, 12);
    let scores = of(&formula, &sheets, "started-same-year");
    assert_eq!((scores[0].share, scores[0].points), (7_500, 600));
    assert_eq!((scores[1].points, scores[1].note), (0, Some(Note::NoCohort)));
}

#[test]
fn shared_credit_counts_in_per_mille() {
    assert_eq!(ReadingUnit::Count.shared(1, 100), 100);
    assert_eq!(ReadingUnit::Yuan.shared(183_040_000, 900), 164_736_000);
    assert_eq!(ReadingUnit::Yuan.shared(-5, 900), 0);
}

/// The sample with one text replaced, which must be there.
fn with(from: &str, to: &str) -> Result<Formula, Vec<Fault>> {
    assert!(SAMPLE.contains(from), "{from}");
    parse(&SAMPLE.replacen(from, to, 1))
}

#[test]
fn registered_capital_is_refused_with_the_reason() {
    for (from, to) in [
        ("reads = \"arrived\"", "reads = \"registered_capital\""),
        ("reads = \"arrived\"", "reads = \"注册资本\""),
        ("name = \"到位资金对目标\"", "name = \"注册资本对目标\""),
        ("name_en = \"Money arrived against the target\"", "name_en = \"Registered capital\""),
    ] {
        let faults = with(from, to).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let fault = &faults[0];
        assert_eq!(fault.place, "item `arrived`");
        assert!(fault.en.contains("chongmingzhaoshang.cn") && fault.zh.contains("虚增注资"), "{fault}");
    }
}

#[test]
fn every_fault_names_its_place() {
    for (from, to, place, says) in [
        ("reads = \"started\"", "reads = \"gdp\"", "item `started`", "there is no `gdp`"),
        (
            "method = \"cohort_rate\"",
            "method = \"ratio\"",
            "item `started-same-year`",
            "goes with cohort_rate",
        ),
        ("points = 22", "points = 21", "group `starts`", "add up to 29 points, it has 30"),
        ("points = 22", "points = 0", "item `started`", "between 1 and"),
        ("group = \"starts\"", "group = \"ends\"", "item `started`", "no group `ends`"),
        ("part = \"process\"", "part = \"luck\"", "item `leads`", "process or result"),
        ("floor = 60", "floor = 101", "item `started`", "floor"),
        ("floor = 60", "target_per_year = 3", "item `started`", "efficacy takes"),
        ("id = \"arrived\"", "id = \"signed-count\"", "item `signed-count`", "used twice"),
        ("since = \"2026-01-01\"", "since = \"2026\"", "file", "since"),
        ("format = 1", "format = 2", "file", "format"),
        ("at_least = 0", "at_least = 5", "file", "at_least = 0"),
        ("points = 10", "points = 10.5", "file", "line "),
        ("points = 10", "scores = 10", "file", "unknown field"),
        ("target_per_month = 2", "target_per_month = 0", "item `leads`", "between 1 and"),
    ] {
        let faults = with(from, to).unwrap_err();
        let hit = faults.iter().any(|f| f.place == place && f.en.contains(says));
        assert!(hit, "{to}: {faults:?}");
    }
    let only_results = SAMPLE.replace("part = \"process\"", "part = \"result\"");
    assert!(parse(&only_results).unwrap_err()[0].en.contains("work and results both"));
    assert!(parse("").is_err());
}

fn value() -> impl Strategy<Value = Value> {
    (0i64..2_000_000, 0i64..2_000_000, prop::option::of(0i64..3_000_000)).prop_map(|(a, b, target)| Value {
        amount: a.min(b),
        of: b,
        target,
        rows: Vec::new(),
    })
}

fn people() -> impl Strategy<Value = Vec<Inputs>> {
    let one = prop::collection::vec(value(), READINGS.len());
    prop::collection::vec(one, 1..7).prop_map(|all| {
        let values = |v: Vec<Value>| READINGS.iter().map(|r| r.id.to_string()).zip(v).collect();
        (1..).zip(all).map(|(id, v)| Inputs { officer: UserId(id), values: values(v) }).collect()
    })
}

proptest! {
    #[test]
    fn points_are_bounded_and_add_up(people in people(), months in 0i64..=12) {
        let formula = sample();
        for sheet in assess(&formula, &people, months) {
            for (item, score) in formula.items.iter().zip(&sheet.scores) {
                prop_assert!((0..=item.points).contains(&score.points));
                prop_assert!((0..=10_000).contains(&score.share));
            }
            prop_assert_eq!(sheet.total, sheet.scores.iter().map(|s| s.points).sum::<i64>());
            prop_assert_eq!(sheet.total, sheet.groups.iter().sum::<i64>());
            prop_assert!(sheet.total <= formula.points());
        }
    }

    #[test]
    fn the_order_of_people_does_not_matter(people in people(), turn in 0usize..7) {
        let formula = sample();
        let mut turned = people.clone();
        turned.rotate_left(turn % people.len());
        prop_assert_eq!(assess(&formula, &people, 12), assess(&formula, &turned, 12));
        turned.reverse();
        prop_assert_eq!(assess(&formula, &people, 12), assess(&formula, &turned, 12));
    }

    #[test]
    fn doing_more_never_earns_less(people in people(), more in 1i64..1_000_000, which in 0usize..READINGS.len()) {
        let formula = sample();
        let before = assess(&formula, &people, 12);
        let mut better = people.clone();
        let value = better[0].values.get_mut(READINGS[which].id).unwrap();
        value.amount += more;
        value.of = value.of.max(value.amount);
        let after = assess(&formula, &better, 12);
        if READINGS[which].unit != ReadingUnit::Rate {
            prop_assert!(after[0].total >= before[0].total);
        }
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }
}
