use super::*;
use crate::snapshot::tests::build_from;
use domain::company::{Company, Currency, Money, Signal, SignalKind, Status};
use proptest::prelude::*;
use std::collections::BTreeMap;

const REGIONS: [u32; 6] = [0, 320_000, 321_112, 321_181, 340_100, 440_305];

fn companies() -> impl Strategy<Value = Vec<Company>> {
    let one = (
        0..6usize,
        0..6u8,
        0i64..2_000_000_000,
        0..3_000u32,
        prop::collection::vec(0..12u8, 0..5),
        0..3u8,
        0..8u8,
    );
    let one = one.prop_map(|(region, status, capital, insured, products, role, signal)| Company {
        name: "某".into(),
        region: Some(RegionCode(REGIONS[region])),
        status: [
            Status::Active,
            Status::Active,
            Status::Active,
            Status::Unknown,
            Status::Revoked,
            Status::Dormant,
        ][usize::from(status)],
        capital: Some(Money { amount: capital, currency: Currency::Cny }),
        insured: Some(insured),
        products: products.iter().map(|p| format!("品{p}")).collect(),
        scope: format!("{} {}:0.{role}", ["maker", "trader", ""][usize::from(role)], signal % 5),
        signals: (signal > 5)
            .then(|| Signal {
                kind: if signal == 6 { SignalKind::Risk } else { SignalKind::Branch },
                date: None,
                text: String::new(),
                source: String::new(),
            })
            .into_iter()
            .collect(),
        ..Company::default()
    });
    prop::collection::vec(one, 1..120)
}

fn question(universe: &Universe, weights: &[u8], filter: Filter, threads: usize) -> Question {
    let gaps = weights
        .iter()
        .enumerate()
        .take(universe.tags())
        .filter(|(_, w)| **w > 0)
        .map(|(n, &w)| Gap { tag: Tag(n as u32), weight: f64::from(w) / 7.0, supply: f64::from(w % 3) / 5.0 })
        .collect();
    Question {
        gaps,
        weights: Weights::default(),
        outlook: Outlook { home: RegionCode(321_112), footprints: vec![(RegionCode(440_000), 9)] },
        filter,
        residents: (0..universe.len() as u32).filter(|d| d % 11 == 3).map(Doc).collect(),
        refused: (0..universe.len() as u32).filter(|d| d % 13 == 3).map(Doc).collect(),
        per_gap: 4,
        overall: 9,
        threads,
    }
}

type Ranked = Vec<(Doc, Points)>;

/// The same question, answered the slow and plain way: every company, its parts by the documented formula, sorted.
fn naive(universe: &Universe, q: &Question) -> (Ranked, Vec<Ranked>, Counts) {
    let by_tag: BTreeMap<Tag, usize> = q.gaps.iter().enumerate().map(|(n, g)| (g.tag, n)).collect();
    let (mut all, mut per_gap, mut counts) = (vec![], vec![vec![]; q.gaps.len()], Counts::default());
    for doc in universe.docs() {
        let fills: Vec<(usize, u8)> =
            universe.tags_of(doc).filter_map(|(tag, fit)| Some((*by_tag.get(&tag)?, fit))).collect();
        if fills.is_empty() {
            continue;
        }
        counts.candidates += 1;
        counts.postings += fills.len() as u64;
        let (f, at) = (universe.features(doc), universe.region(doc));
        let maker = f.role == domain::placement::Role::Maker;
        let region = &q.filter.regions;
        let inside = region.is_empty()
            || at.is_some_and(|at| region.iter().any(|&r| r == at || r == at.city() || r == at.province()));
        if q.residents.contains(&doc) {
            counts.residents += 1;
        } else if q.refused.contains(&doc) {
            counts.refused += 1;
        } else if f.inactive {
            counts.inactive += 1;
        } else if !inside
            || f.capital < q.filter.min_capital
            || f.insured < q.filter.min_insured
            || (q.filter.makers_only && !maker)
        {
            counts.filtered += 1;
        } else {
            let mut points = 0;
            for &(gap, fit) in &fills {
                points += i32::from(fit) * (step(q.gaps[gap].weight) + step(q.gaps[gap].supply));
            }
            points += i32::from(q.outlook.level(at).0) * step(q.weights.region);
            points += i32::from(f.capital) * step(q.weights.capital)
                + i32::from(f.insured) * step(q.weights.insured);
            points +=
                i32::from(f.growth) * step(q.weights.growth) + i32::from(maker) * 15 * step(q.weights.maker);
            points -= i32::from(f.risk) * 15 * step(q.weights.risk);
            all.push((doc, points));
            fills.iter().for_each(|&(gap, _)| per_gap[gap].push((doc, points)));
        }
    }
    let best = |mut list: Vec<(Doc, Points)>, keep| {
        list.sort_by_key(|&(doc, points)| (std::cmp::Reverse(points), doc));
        list.truncate(keep);
        list
    };
    (best(all, q.overall), per_gap.into_iter().map(|l| best(l, q.per_gap)).collect(), counts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_kernel_agrees_with_the_plain_scan(
        list in companies(),
        weights in prop::collection::vec(0..9u8, 17),
        limits in (0..4u8, 0..4u8, any::<bool>(), 0..3usize),
        threads in 1..4usize,
    ) {
        let root = tempfile::tempdir().unwrap();
        build_from(root.path(), list).unwrap();
        let universe = Universe::open(root.path()).unwrap();
        let regions = [vec![], vec![RegionCode(320_000)], vec![RegionCode(321_100), RegionCode(440_305)]];
        let filter = Filter {
            regions: regions[limits.3].clone(),
            min_capital: limits.0,
            min_insured: limits.1,
            makers_only: limits.2,
        };
        let q = question(&universe, &weights, filter, threads);
        let found = answer(&universe, &q).unwrap();
        let (overall, per_gap, counts) = naive(&universe, &q);
        let list = |ids: &[u32]| -> Vec<(Doc, Points)> {
            ids.iter().map(|&n| (found.targets[n as usize].doc, found.targets[n as usize].points)).collect()
        };
        prop_assert_eq!(list(&found.overall), overall);
        prop_assert_eq!(found.per_gap.iter().map(|l| list(l)).collect::<Vec<_>>(), per_gap);
        prop_assert_eq!(found.counts, counts);
        for target in &found.targets {
            let parts = found.contributions(&q, target);
            prop_assert_eq!(parts.iter().map(|p| p.points).sum::<Points>(), target.points);
        }
    }
}

#[test]
fn the_best_are_kept_whatever_their_number() {
    let offers: Vec<(u32, Points)> =
        (0..5_000u32).map(|d| (d, (d.wrapping_mul(2_654_435_761) >> 24) as Points)).collect();
    let mut sorted = offers.clone();
    sorted.sort_by_key(|&(doc, points)| (std::cmp::Reverse(points), doc));
    for keep in [0, 1, 7, 4_999, 6_000] {
        let mut top = top::Top::new(keep, -1);
        (0..offers.len())
            .map(|n| offers[n * 1_999 % offers.len()])
            .for_each(|(doc, points)| top.offer(doc, points));
        let expected: Vec<_> = sorted.iter().take(keep).map(|&(doc, points)| (Doc(doc), points)).collect();
        assert_eq!(top.finish(0), expected, "{keep}");
    }
}

#[test]
fn a_question_that_cannot_be_answered_says_why() {
    let root = tempfile::tempdir().unwrap();
    build_from(root.path(), vec![Company::default()]).unwrap();
    let universe = Universe::open(root.path()).unwrap();
    let ask = |gaps: Vec<Gap>| {
        let q = Question { gaps, ..question(&universe, &[], Filter::default(), 1) };
        answer(&universe, &q).map(|_| ()).map_err(|e| e.to_string())
    };
    let gap = |tag, weight| Gap { tag: Tag(tag), weight, supply: 0.0 };
    assert!(ask(vec![gap(1, 1.0), gap(1, 2.0)]).unwrap_err().contains("`ship/steel` is asked for twice"));
    assert!(ask(vec![gap(1, f64::NAN)]).unwrap_err().contains("NaN"));
    assert!(ask(vec![gap(1, WEIGHT_SUM_MAX + 1.0)]).unwrap_err().contains("at most"));
    assert!(ask(vec![gap(99, 1.0)]).unwrap_err().contains("tag 99"));
    assert_eq!(ask(vec![]), Ok(()));
}
