use super::super::state::{Act, Event, fold};
use super::super::tests::sample;
use super::super::{AntiDilution, Cap, PriceRule, Terms};
use super::*;
use jiff::ToSpan as _;
use jiff::civil::date;
use proptest::prelude::*;

fn event(on: Date, act: Act) -> Event {
    Event { on, act, document: None }
}

fn ready() -> Vec<Event> {
    vec![
        event(date(2025, 2, 1), Act::Approve),
        event(date(2025, 2, 2), Act::Value),
        event(date(2025, 3, 1), Act::Register { number: "001".into() }),
    ]
}

fn company() -> Vec<ShareEvent> {
    let founding = |holder: &str, shares| Change::Founding { holder: holder.into(), shares: Shares(shares) };
    vec![
        ShareEvent { on: date(2022, 1, 1), change: founding("创始人", 8_000_000) },
        ShareEvent { on: date(2022, 1, 1), change: founding("某基金", 2_000_000) },
    ]
}

const DAY: Date = date(2026, 1, 10);

fn ask(terms: &Terms, events: &[Event], shares: i64) -> Result<Exercise, Vec<Refusal>> {
    exercise(&fold(terms, events, &company(), DAY), &company(), DAY, Shares(shares))
}

#[test]
fn an_exercise_says_what_it_gives_costs_and_dilutes() {
    let done = ask(&sample(), &ready(), 200_000).unwrap();
    assert_eq!((done.cost, done.left), (2_000_000, Shares(300_000)));
    let part = |name: &str| {
        let found = done.dilution.iter().find(|d| d.holder == name).unwrap();
        (found.before.unwrap().ppm(), found.after.unwrap().ppm())
    };
    assert_eq!(part("创始人"), (800_000, 784_314));
    assert_eq!(part("园区基金"), (0, 19_608));
    let expected =
        Change::Warrant { holder: "园区基金".into(), shares: Shares(200_000), price: Price::of_yuan(10) };
    assert_eq!(done.change, expected);
}

#[test]
fn a_shareholder_who_sells_dilutes_nobody_else() {
    let mut terms = sample();
    terms.grantor = Grantor::Shareholder("某基金".into());
    terms.quantity = Quantity::Shares(Shares(3_000_000));
    let done = ask(&terms, &ready(), 2_000_000).unwrap();
    let founder = done.dilution.iter().find(|d| d.holder == "创始人").unwrap();
    assert_eq!(founder.ppm(), 0);
    assert_eq!(ask(&terms, &ready(), 2_000_001), Err(vec![Refusal::NotHeld { has: Shares(2_000_000) }]));
}

#[test]
fn every_reason_is_given_at_once() {
    let mut terms = sample();
    (terms.from, terms.valuation) = (date(2026, 6, 1), Need::Required);
    terms.triggers = Triggers::All(vec!["下一轮融资".into(), "贷款结清".into()]);
    terms.price = PriceRule::Formula("净资产×1.5".into());
    let met = vec![event(date(2025, 5, 1), Act::Trigger { name: "贷款结清".into() })];
    let refused = ask(&terms, &met, 0).unwrap_err();
    let rules: Vec<&str> = refused.iter().map(Refusal::rule).collect();
    assert_eq!(rules, ["nothing", "state_asset", "valuation", "registry", "window", "trigger", "price"]);
    assert_eq!(refused[5], Refusal::NotTriggered { names: vec!["下一轮融资".into()], all: true });
    assert!(refused.iter().map(Refusal::words).all(|(zh, en)| !zh.is_empty() && !en.is_empty() && zh != en));
    terms = sample();
    terms.triggers = Triggers::Any(vec!["下一轮融资".into(), "贷款结清".into()]);
    assert_eq!(ask(&terms, &[ready(), met].concat(), 1).map(|e| e.cost), Ok(10));
    assert!(ask(&terms, &ready(), 1).is_err());
}

#[test]
fn a_formula_counts_once_people_worked_it_out() {
    let mut terms = sample();
    terms.price = PriceRule::Formula("净资产×1.5".into());
    assert_eq!(ask(&terms, &ready(), 1).unwrap_err()[0].rule(), "price");
    let mut events = ready();
    events.push(event(date(2026, 1, 1), Act::Price { price: Price(12_500) }));
    assert_eq!(ask(&terms, &events, 1_000).unwrap().cost, 1_250);
}

#[test]
fn quantities_by_percentage_and_amount() {
    let mut terms = sample();
    // 2 % of all after it: 10,000,000 × 2 ÷ 98 = 204,081.6.
    terms.quantity = Quantity::Percent { basis_points: 200, at: When::Exercise };
    let all = left(&fold(&terms, &ready(), &company(), DAY), &company(), DAY).unwrap();
    assert_eq!(all, Left { shares: Shares(204_081), by: Bound::Quantity });
    let part = part_if_exercised(&fold(&terms, &ready(), &company(), DAY), &company(), DAY).unwrap();
    assert_eq!(part.basis_points(), 200);
    // A later round lets a percentage of the day of exercise grow, and one of the day of the grant not.
    let mut grown = company();
    let (round, holder) = ("B".to_string(), "投资人".to_string());
    let issue = Change::Issue { round, holder, shares: Shares(10_000_000), price: Price::of_yuan(20) };
    grown.push(ShareEvent { on: date(2025, 9, 1), change: issue });
    let counted = |terms: &Terms| left(&fold(terms, &ready(), &grown, DAY), &grown, DAY).unwrap().shares;
    assert_eq!(counted(&terms), Shares(408_163));
    terms.quantity = Quantity::Percent { basis_points: 200, at: When::Grant };
    assert_eq!(counted(&terms), Shares(204_081));
    terms.quantity = Quantity::Amount(1_000_005);
    assert_eq!(counted(&terms), Shares(100_000));
    terms.cap = Cap { shares: Some(Shares(90_000)), yuan: Some(899_990) };
    let refused = ask(&terms, &ready(), 89_999 + 1).unwrap_err();
    assert_eq!(refused, [Refusal::BeyondCap { left: Shares(89_999) }]);
    assert_eq!(ask(&terms, &ready(), 89_999).unwrap().left, Shares(0));
}

fn terms() -> impl Strategy<Value = Terms> {
    let quantity = prop_oneof![
        (1i64..1_000_000).prop_map(|n| Quantity::Shares(Shares(n))),
        (1i64..3_000, any::<bool>()).prop_map(|(basis_points, grant)| Quantity::Percent {
            basis_points,
            at: if grant { When::Grant } else { When::Exercise }
        }),
        (1i64..10_000_000).prop_map(Quantity::Amount),
    ];
    let cap = (prop::option::of(1i64..500_000), prop::option::of(1i64..5_000_000));
    let price = prop_oneof![
        (1i64..1_000_000).prop_map(|hao| PriceRule::Fixed(Price(hao))),
        (1i64..1_000_000_000).prop_map(PriceRule::PreMoney),
        (1i64..200).prop_map(PriceRule::NextRound),
    ];
    let protection = prop::sample::select(AntiDilution::ALL);
    (quantity, cap, price, protection, any::<bool>()).prop_map(
        |(quantity, (shares, yuan), price, protection, sells)| {
            let mut terms = sample();
            (terms.quantity, terms.price, terms.anti_dilution) = (quantity, price, protection);
            terms.cap = Cap { shares: shares.map(Shares), yuan };
            if sells {
                terms.grantor = Grantor::Shareholder("某基金".into());
            }
            terms
        },
    )
}

/// What may happen: days later, a request (or, for a quarter of them, a round at a price).
fn steps() -> impl Strategy<Value = Vec<(i64, u8, i64, i64)>> {
    prop::collection::vec((0i64..60, 0u8..4, 1i64..200_000, 1i64..500_000), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever is asked for and whenever, with rounds in between: all exercises together stay within
    /// quantity and caps, and a fold of what was allowed finds no fault.
    #[test]
    fn exercises_never_exceed_the_cap(terms in terms(), steps in steps()) {
        let (mut events, mut company) = (ready(), company());
        let mut day = date(2025, 6, 1);
        for (later, sort, shares, hao) in steps {
            day = day.saturating_add(later.days());
            if sort == 0 {
                let (round, holder) = (format!("R{day}"), "投资人".to_string());
                // A day's round is registered before the day's exercises: only then is it known what they
                // cost.
                if events.last().is_some_and(|e| e.on < day) {
                    let change = Change::Issue { round, holder, shares: Shares(shares), price: Price(hao) };
                    company.push(ShareEvent { on: day, change });
                }
                continue;
            }
            let state = fold(&terms, &events, &company, day);
            let Ok(done) = exercise(&state, &company, day, Shares(shares)) else { continue };
            prop_assert_eq!(done.strike.price.cost(Shares(shares)), Some(done.cost));
            company.push(ShareEvent { on: day, change: done.change });
            events.push(event(day, Act::Exercise { shares: done.shares, price: done.strike.price }));
            let now = fold(&terms, &events, &company, day);
            prop_assert_eq!(left(&now, &company, day).map(|l| l.shares), Some(done.left));
            prop_assert!(terms.cap.shares.is_none_or(|cap| now.bought() <= cap));
            prop_assert!(terms.cap.yuan.is_none_or(|cap| now.spent() <= cap));
            match terms.quantity {
                Quantity::Shares(all) => prop_assert!(now.bought() <= all),
                Quantity::Amount(yuan) => prop_assert!(now.spent() <= yuan),
                Quantity::Percent { basis_points, at: When::Exercise } => {
                    let all = round::fold(&company, day).all(Basis::FullyDiluted);
                    let (bought, whole) = (i128::from(now.bought().0), i128::from(all.0));
                    prop_assert!(bought * 10_000 <= whole * i128::from(basis_points));
                }
                Quantity::Percent { basis_points, at: When::Grant } => {
                    let whole = 10_000_000 + if terms.grantor.issues() { now.bought().0 } else { 0 };
                    prop_assert!(now.bought().0 * 10_000 <= whole * basis_points);
                }
            }
        }
        let end = fold(&terms, &events, &company, day);
        prop_assert_eq!(end.faults, vec![]);
        prop_assert_eq!(round::fold(&company, day).faults, vec![]);
    }

    /// Buying in parts gives as many shares as buying at once.
    #[test]
    fn parts_add_up_to_the_whole(quantity in 1i64..100_000, parts in prop::collection::vec(1i64..20_000, 1..20)) {
        let mut terms = sample();
        terms.quantity = Quantity::Shares(Shares(quantity));
        let mut events = ready();
        for shares in &parts {
            let state = fold(&terms, &events, &company(), DAY);
            let room = left(&state, &company(), DAY).unwrap().shares;
            let asked = Shares(*shares).min(room);
            if let Ok(done) = exercise(&state, &company(), DAY, asked) {
                events.push(event(DAY, Act::Exercise { shares: asked, price: done.strike.price }));
            }
        }
        let wanted: i64 = parts.iter().sum();
        prop_assert_eq!(fold(&terms, &events, &company(), DAY).bought(), Shares(wanted.min(quantity)));
    }
}
