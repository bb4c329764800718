//! Walks over the supply graph of one chain: who buys, and how many ways lead to final assembly.

use domain::chain::Chain;

/// The supply graph of a chain. A segment without supplies of its own takes those of its nearest ancestor that has some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Per segment: those that buy from it, sorted, each once, never itself.
    buyers: Vec<Vec<usize>>,
    /// Per segment: those it buys from, sorted.
    suppliers: Vec<Vec<usize>>,
}

/// Supply paths around one segment, saturating at `u64::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// From here to final assembly.
    pub onward: u64,
    /// From the first suppliers through here to final assembly.
    pub through: u64,
}

impl Graph {
    /// The graph of a chain.
    #[must_use]
    pub fn of(chain: &Chain) -> Graph {
        let edges = (0..chain.segments.len()).map(|i| inherited(chain, i)).collect();
        Graph::new(edges)
    }

    /// The graph with these buyers per segment; numbers outside are dropped.
    #[must_use]
    pub fn new(mut buyers: Vec<Vec<usize>>) -> Graph {
        let n = buyers.len();
        let mut suppliers = vec![Vec::new(); n];
        for (i, list) in buyers.iter_mut().enumerate() {
            list.retain(|&b| b != i && b < n);
            list.sort_unstable();
            list.dedup();
            for &b in list.iter() {
                suppliers[b].push(i);
            }
        }
        Graph { buyers, suppliers }
    }

    /// Segments that buy what `segment` makes.
    #[must_use]
    pub fn buyers(&self, segment: usize) -> &[usize] {
        &self.buyers[segment]
    }

    /// Segments that `segment` buys from.
    #[must_use]
    pub fn suppliers(&self, segment: usize) -> &[usize] {
        &self.suppliers[segment]
    }

    /// Per segment, the supply paths. Final assembly is every segment that buys and does not supply. Segments that supply
    /// each other in a circle count as one station, passed once; every supply between two stations is a way of its
    /// own. A segment outside all supply has none.
    #[must_use]
    pub fn paths(&self) -> Vec<Paths> {
        let (station, number) = self.stations();
        // Stations are numbered buyers first: every supply between two stations leads to a smaller number.
        let mut supplies = vec![Vec::new(); number];
        let mut bought = vec![0u32; number];
        for (i, list) in self.buyers.iter().enumerate() {
            for &b in list {
                if station[i] != station[b] {
                    supplies[station[i]].push(station[b]);
                    bought[station[b]] += 1;
                }
            }
        }
        let mut onward = vec![0u64; number];
        for s in 0..number {
            onward[s] = match supplies[s].is_empty() {
                true => 1,
                false => supplies[s].iter().fold(0u64, |sum, &t| sum.saturating_add(onward[t])),
            };
        }
        let mut inward: Vec<u64> = bought.iter().map(|&b| u64::from(b == 0)).collect();
        for s in (0..number).rev() {
            for &t in &supplies[s] {
                inward[t] = inward[t].saturating_add(inward[s]);
            }
        }
        let of = |i: usize| {
            let s = station[i];
            let lone = self.buyers[i].is_empty() && self.suppliers[i].is_empty();
            if lone {
                Paths::default()
            } else {
                Paths { onward: onward[s], through: inward[s].saturating_mul(onward[s]) }
            }
        };
        (0..station.len()).map(of).collect()
    }

    /// Segments from which `to` is supplied within `steps`, each with its distance and the buyer on a shortest way;
    /// nearest first, then by number. The starting segments are not among them.
    #[must_use]
    pub fn upstream(&self, to: &[usize], steps: usize) -> Vec<(usize, usize, usize)> {
        let mut seen = vec![false; self.buyers.len()];
        for &t in to {
            if let Some(own) = seen.get_mut(t) {
                *own = true;
            }
        }
        let mut found = Vec::new();
        let mut edge: Vec<usize> = (0..seen.len()).filter(|&i| seen[i]).collect();
        for distance in 1..=steps {
            let mut next = Vec::new();
            for &buyer in &edge {
                for &supplier in &self.suppliers[buyer] {
                    if !seen[supplier] {
                        seen[supplier] = true;
                        next.push((supplier, distance, buyer));
                    }
                }
            }
            next.sort_unstable();
            edge = next.iter().map(|&(s, _, _)| s).collect();
            found.extend(next);
        }
        found
    }

    /// Strongly connected components (Tarjan 1972, without recursion): the component of each segment and how many there
    /// are, numbered so that supplies lead to smaller numbers.
    fn stations(&self) -> (Vec<usize>, usize) {
        const NEW: usize = usize::MAX;
        let n = self.buyers.len();
        let (mut order, mut low, mut station) = (vec![NEW; n], vec![0; n], vec![NEW; n]);
        let (mut stack, mut clock, mut number) = (Vec::new(), 0, 0);
        for root in 0..n {
            if order[root] != NEW {
                continue;
            }
            let mut walk = vec![(root, 0)];
            while let Some((at, next)) = walk.pop() {
                if next == 0 {
                    (order[at], low[at]) = (clock, clock);
                    clock += 1;
                    stack.push(at);
                }
                if let Some(&to) = self.buyers[at].get(next) {
                    walk.push((at, next + 1));
                    if order[to] == NEW {
                        walk.push((to, 0));
                    } else if station[to] == NEW {
                        low[at] = low[at].min(order[to]);
                    }
                    continue;
                }
                if low[at] == order[at] {
                    while let Some(member) = stack.pop() {
                        station[member] = number;
                        if member == at {
                            break;
                        }
                    }
                    number += 1;
                }
                if let Some(&(caller, _)) = walk.last() {
                    low[caller] = low[caller].min(low[at]);
                }
            }
        }
        (station, number)
    }
}

fn inherited(chain: &Chain, segment: usize) -> Vec<usize> {
    let mut at = Some(segment);
    // Parents stand before their children, so the walk up ends.
    while let Some(i) = at {
        let own = &chain.segments[i];
        if !own.supplies.is_empty() {
            return own.supplies.clone();
        }
        at = own.parent.filter(|&p| p < i);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_diamond_has_two_ways() {
        let paths = Graph::new(vec![vec![1, 2], vec![3], vec![3], vec![], vec![]]).paths();
        assert_eq!(paths[0], Paths { onward: 2, through: 2 });
        assert_eq!(paths[1], Paths { onward: 1, through: 1 });
        assert_eq!(paths[3], Paths { onward: 1, through: 2 });
        assert_eq!(paths[4], Paths::default(), "outside all supply");
    }

    #[test]
    fn a_circle_is_one_station() {
        // 0 → 1 ⇄ 2 → 3
        let graph = Graph::new(vec![vec![1], vec![2], vec![1, 3], vec![]]);
        let paths = graph.paths();
        assert!(paths.iter().all(|p| p.through == 1), "{paths:?}");
        assert_eq!(graph.upstream(&[3], 2), vec![(2, 1, 3), (1, 2, 2)]);
    }

    #[test]
    fn a_long_chain_neither_overflows_the_stack_nor_the_count() {
        let n = 2_000;
        let edges = (0..n).map(|i| (i + 1..(i + 3).min(n)).collect()).collect();
        assert_eq!(Graph::new(edges).paths()[0].onward, u64::MAX);
    }

    fn naive(edges: &[Vec<usize>], at: usize) -> u64 {
        if edges[at].is_empty() { 1 } else { edges[at].iter().map(|&b| naive(edges, b)).sum() }
    }

    /// Whether `to` can be reached from `from`.
    fn reach(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
        let (mut seen, mut todo) = (vec![false; edges.len()], vec![from]);
        while let Some(i) = todo.pop() {
            if !std::mem::replace(&mut seen[i], true) {
                todo.extend(&edges[i]);
            }
        }
        seen[to]
    }

    proptest! {
        /// Without circles the counts are those of walking every path.
        #[test]
        fn counts_are_those_of_walking(raw in prop::collection::vec(prop::collection::vec(0usize..9, 0..4), 9)) {
            let edges: Vec<Vec<usize>> =
                raw.into_iter().enumerate().map(|(i, l)| l.into_iter().filter(|&b| b > i).collect()).collect();
            let graph = Graph::new(edges);
            let paths = graph.paths();
            for (i, &counted) in paths.iter().enumerate() {
                let lone = graph.buyers(i).is_empty() && graph.suppliers(i).is_empty();
                let inward = naive(&graph.suppliers, i);
                let onward = naive(&graph.buyers, i);
                let expected = if lone { Paths::default() } else { Paths { onward, through: inward * onward } };
                prop_assert_eq!(counted, expected);
            }
        }

        /// Stations are exactly the sets that reach each other, and supplies lead to smaller numbers.
        #[test]
        fn stations_are_circles(raw in prop::collection::vec(prop::collection::vec(0usize..8, 0..3), 8)) {
            let graph = Graph::new(raw);
            let (station, _) = graph.stations();
            for a in 0..8 {
                for b in 0..8 {
                    let circle = reach(&graph.buyers, a, b) && reach(&graph.buyers, b, a);
                    prop_assert_eq!(station[a] == station[b], circle);
                    prop_assert!(!graph.buyers(a).contains(&b) || station[a] >= station[b]);
                }
            }
        }
    }
}
