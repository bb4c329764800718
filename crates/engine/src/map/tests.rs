use super::*;
use domain::chain::{Chain, Position, Segment};

fn segment(id: &str, parent: Option<usize>, importance: u8, supplies: &[usize]) -> Segment {
    Segment {
        id: id.to_string(),
        name: id.to_string(),
        name_en: id.to_string(),
        parent,
        level: if parent.is_some() { 2 } else { 1 },
        position: Position::Midstream,
        words: Vec::new(),
        exclude: Vec::new(),
        industry: Vec::new(),
        importance,
        supplies: supplies.to_vec(),
    }
}

/// 0 root; 1 steel → 2 engine → 4 ship; 3 paint → 4 ship.
fn ships() -> ChainSet {
    let segments = vec![
        segment("root", None, 1, &[]),
        segment("steel", Some(0), 3, &[2]),
        segment("engine", Some(0), 5, &[4]),
        segment("paint", Some(0), 1, &[4]),
        segment("ship", Some(0), 5, &[]),
    ];
    let text = |s: &str| s.to_string();
    let chain = Chain {
        id: text("ships"),
        name: text("船舶"),
        name_en: text("Ships"),
        version: text("1"),
        about: text(""),
        segments,
    };
    ChainSet::new(vec![chain]).unwrap()
}

fn tallies(list: &[(u32, u32)]) -> Vec<Tally> {
    list.iter().map(|&(companies, makers)| Tally { companies, makers, ..Tally::default() }).collect()
}

fn question<'a>(chains: &'a ChainSet, zone: &'a [Tally], reference: &'a [Tally]) -> Question<'a> {
    Question { chains, zone, reference, zone_companies: 100, reference_companies: 1_000, fits: &[] }
}

#[test]
fn quotient_by_hand() {
    let chains = ships();
    let zone = tallies(&[(13, 9), (2, 2), (0, 0), (1, 0), (8, 7)]);
    let reference = tallies(&[(100, 80), (50, 40), (20, 15), (10, 8), (20, 18)]);
    let cells = cells(&question(&chains, &zone, &reference));
    // 100 × 50 / 1000 = 5 expected, 2 there: 0.4 plain, 3 / 6 with doubt.
    assert!((cells[1].expected - 5.0).abs() < 1e-12);
    assert!((cells[1].plain_quotient.unwrap() - 0.4).abs() < 1e-12);
    assert!((cells[1].quotient - 0.5).abs() < 1e-12);
    let verdicts: Vec<(Verdict, Why)> = cells.iter().skip(1).map(|c| (c.verdict, c.why)).collect();
    assert_eq!(
        verdicts,
        [
            (Verdict::Weak, Why::BelowReference),
            (Verdict::Missing, Why::NoCompany),
            (Verdict::Weak, Why::NoMaker),
            (Verdict::Strong, Why::AboveReference),
        ]
    );
}

#[test]
fn gaps_are_ranked_and_add_up() {
    let chains = ships();
    let zone = tallies(&[(11, 9), (2, 2), (0, 0), (1, 0), (8, 7)]);
    let reference = tallies(&[(100, 80), (50, 40), (20, 15), (10, 8), (20, 18)]);
    let fits = [None, None, Some(0.5)];
    let q = Question { fits: &fits, ..question(&chains, &zone, &reference) };
    let cells = cells(&q);
    let gaps = gaps(&q, &cells, &Weights::default());
    let order: Vec<u16> = gaps.iter().map(|g| g.segment.0).collect();
    assert_eq!(order[0], 2, "the missing engine comes first: {gaps:?}");
    assert_eq!(gaps.len(), 3, "strong ships are no gap, and the root is no leaf");
    for gap in &gaps {
        let sum: f64 = gap.parts.iter().map(|p| p.points).sum();
        assert!((sum - gap.score).abs() < 1e-12 && (0.0..=1.0).contains(&gap.score));
    }
    // Engine by hand: importance 1, buyers 8 / 11, paths 1 of 2 ways, expected 2 / 3, fit 0.5; weights add up to 1.
    let by_hand = 0.3 + 0.3 * 8.0 / 11.0 + 0.15 * 2f64.ln() / 3f64.ln() + 0.15 * 2.0 / 3.0 + 0.1 * 0.5;
    assert!((gaps[0].score - by_hand).abs() < 1e-12, "{} {by_hand}", gaps[0].score);
    assert_eq!(cells[2].buyers, [(SegmentNo(4), 8)]);
}

#[test]
fn a_leader_lacks_its_suppliers() {
    let chains = ships();
    let zone = tallies(&[(9, 9), (0, 0), (0, 0), (5, 5), (8, 7)]);
    let reference = tallies(&[(100, 80), (50, 40), (20, 15), (10, 8), (20, 18)]);
    let cells = cells(&question(&chains, &zone, &reference));
    let missing = |steps| missing_suppliers(&chains, &cells, &[SegmentNo(4)], steps);
    let engine =
        MissingSupplier { segment: SegmentNo(2), steps: 1, feeds: SegmentNo(4), verdict: Verdict::Missing };
    let steel =
        MissingSupplier { segment: SegmentNo(1), steps: 2, feeds: SegmentNo(2), verdict: Verdict::Missing };
    assert_eq!(missing(1), [engine]);
    assert_eq!(missing(2), [engine, steel]);
}

#[test]
fn nothing_known_is_said_so() {
    let chains = ships();
    let q = Question { reference_companies: 0, zone_companies: 0, ..question(&chains, &[], &[]) };
    let cells = cells(&q);
    assert!(cells.iter().all(|c| c.why == Why::NowhereInReference && c.plain_quotient.is_none()));
    assert!(gaps(&q, &cells, &Weights::default()).iter().all(|g| g.score.is_finite()));
}

#[test]
fn equal_scores_share_their_rank() {
    assert_eq!(ranks(&[3.0, 1.0, 3.0]), [0.75, 0.0, 0.75]);
    assert_eq!(ranks(&[7.0]), [0.5]);
    assert!(ranks(&[]).is_empty());
}
