//! Exact questions about outlines of whole numbers (10^-7 degrees, or tenths of a millimetre): turns, crossings, areas. No rounding, so the
//! answer does not depend on the order of the corners or on the machine.

/// A corner: across and up.
pub(super) type At = (i64, i64);

fn less(p: i64, q: i64) -> i128 {
    i128::from(p) - i128::from(q)
}

/// Which way `a → b → c` turns: left above zero, right below, straight zero.
pub(super) fn turn(a: At, b: At, c: At) -> i128 {
    less(b.0, a.0) * less(c.1, a.1) - less(b.1, a.1) * less(c.0, a.0)
}

/// `(a − b) · (c − b)` where `b` is the first argument: below zero when `b` lies between the others, above when the way goes back on itself.
pub(super) fn dot(b: At, a: At, c: At) -> i128 {
    less(a.0, b.0) * less(c.0, b.0) + less(a.1, b.1) * less(c.1, b.1)
}

/// Whether two stretches have a point in common.
pub(super) fn meet((a, b): (At, At), (c, d): (At, At)) -> bool {
    let apart = |p: i64, q: i64, r: i64, s: i64| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(a.0, b.0, c.0, d.0) || apart(a.1, b.1, c.1, d.1) {
        return false;
    }
    let on = |p: At, q: At, r: At| turn(p, q, r) == 0 && dot(r, p, q) <= 0;
    let (abc, abd, cda, cdb) =
        (turn(a, b, c).signum(), turn(a, b, d).signum(), turn(c, d, a).signum(), turn(c, d, b).signum());
    (abc * abd < 0 && cda * cdb < 0) || on(a, b, c) || on(a, b, d) || on(c, d, a) || on(c, d, b)
}

/// The edges of an outline: each corner with the next, the last with the first.
pub(super) fn edges(ring: &[At]) -> impl Iterator<Item = (At, At)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// The first two edges (numbers of the corners where they begin, from 0) that cross, touch or run back along each other.
pub(super) fn crossing(ring: &[At]) -> Option<(usize, usize)> {
    let edges: Vec<_> = edges(ring).collect();
    let n = edges.len();
    let back = |first: (At, At), then: (At, At)| {
        turn(first.0, first.1, then.1) == 0 && dot(first.1, first.0, then.1) > 0
    };
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    pairs.into_iter().find(|&(i, j)| match (j == i + 1, i == 0 && j == n - 1) {
        // Neighbouring edges share a corner; they must not run back along each other.
        (true, _) => back(edges[i], edges[j]),
        (_, true) => back(edges[j], edges[i]),
        _ => meet(edges[i], edges[j]),
    })
}

/// Twice the area in the square of the unit; above zero when the corners go round to the left.
pub(super) fn doubled_area(ring: &[At]) -> i128 {
    let Some(origin) = ring.first().copied() else { return 0 };
    edges(ring).map(|(a, b)| turn(origin, a, b)).sum()
}

/// Whether a point lies inside an outline; on it is not inside.
pub(super) fn inside(ring: &[At], p: At) -> bool {
    let mut inside = false;
    for (a, b) in edges(ring) {
        if turn(a, b, p) == 0 && dot(p, a, b) <= 0 {
            return false;
        }
        if (a.1 > p.1) != (b.1 > p.1) && (turn(a, b, p) > 0) == (b.1 > a.1) {
            inside = !inside;
        }
    }
    inside
}

/// Whether an outline lies inside another and touches it nowhere.
pub(super) fn within(inner: &[At], outer: &[At]) -> bool {
    inner.first().is_some_and(|p| inside(outer, *p))
        && edges(inner).all(|mine| edges(outer).all(|other| !meet(mine, other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_two_edges_that_cross_are_named() {
        assert_eq!(crossing(&[(0, 0), (10, 0), (10, 10), (0, 10)]), None);
        assert_eq!(crossing(&[(0, 0), (10, 10), (10, 0), (0, 10)]), Some((0, 2)), "a bow tie");
        assert_eq!(crossing(&[(0, 0), (20, 0), (10, 0), (10, 10)]), Some((0, 1)), "it runs back");
        assert_eq!(crossing(&[(5, 0), (9, 9), (-9, 9), (0, 0), (9, 0)]), Some((0, 3)), "it touches a corner");
        assert_eq!(crossing(&[(10, 0), (5, 9), (20, 0)]), None);
        assert_eq!(crossing(&[(10, 0), (0, 0), (20, 0)]), Some((0, 1)), "nothing but a line");
        // One unit decides: real numbers of this size would not see it.
        let far = 3_600_000_000_000_000;
        assert_eq!(crossing(&[(0, 0), (far, 1), (far, far), (0, far)]), None);
        assert_eq!(crossing(&[(0, 0), (far, far), (far - 1, far - 2), (1, 0)]), None);
        assert!(crossing(&[(0, 0), (far, far), (far - 2, far - 1), (1, 0)]).is_some());
    }

    #[test]
    fn a_hole_lies_inside_and_touches_nowhere() {
        let outer = [(0, 0), (100, 0), (100, 100), (0, 100)];
        let square = |x: i64, y: i64, d: i64| [(x, y), (x + d, y), (x + d, y + d), (x, y + d)];
        assert!(within(&square(10, 10, 20), &outer));
        assert!(!within(&square(0, 10, 20), &outer), "it touches");
        assert!(!within(&square(90, 10, 20), &outer), "it reaches out");
        assert!(!within(&square(200, 10, 20), &outer) && !within(&outer, &square(10, 10, 20)));
        assert_eq!(doubled_area(&outer), 20_000);
    }

    proptest! {
        #[test]
        fn area_and_crossing_depend_neither_on_the_start_nor_on_the_direction_nor_on_the_place(
            ring in prop::collection::vec((-50i64..50, -50i64..50), 3..9), by in 0usize..9, dx in -1_000_000_000i64..1_000_000_000
        ) {
            let mut turned: Vec<At> = ring.iter().map(|p| (p.0 + dx, p.1 - dx)).collect();
            let by = by % turned.len();
            turned.rotate_left(by);
            prop_assert_eq!(doubled_area(&ring), doubled_area(&turned));
            prop_assert_eq!(crossing(&ring).is_some(), crossing(&turned).is_some());
            turned.reverse();
            prop_assert_eq!(doubled_area(&ring), -doubled_area(&turned));
            prop_assert_eq!(crossing(&ring).is_some(), crossing(&turned).is_some());
        }
    }
}
