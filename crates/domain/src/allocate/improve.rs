//! Better plans near a plan. What the prices prove leaves few choices that any better plan may hold (reduced-cost fixing; of 24,096 in the bench
//! 1,402). Among these a choice is forced in, what stands in its way makes room, and whoever lost a place, or waits, takes the best that is then left.

use super::{Instance, Proof, Room, value};

/// Plans from which the search begins.
const STARTS: usize = 16;
/// Choices that are forced into the best plan, whatever that costs, to search on from there.
const KICKS: usize = 400;
/// Choices looked at in the whole search, so that it ends in seconds also where the prices prove little and nothing can be left out.
const STEPS: u64 = 300_000_000;
/// Passes over all choices; the last finds nothing, as a rule after five or six.
const PASSES: usize = 30;

/// The best plan that the search finds from these, the best of which comes first; never worth less than that one, and allowed when they are.
pub(super) fn search(instance: &Instance, proof: &Proof, met: Vec<Vec<Option<usize>>>) -> Vec<Option<usize>> {
    let mut best = met.first().cloned().unwrap_or_default();
    let mut low = value(instance, &best);
    let mut steps = STEPS;
    for start in met.iter().take(STARTS) {
        if proof.settles(low) || steps == 0 {
            return best;
        }
        let got = improved(instance, &proof.core(low), start, &mut steps);
        if value(instance, &got) > low {
            (low, best) = (value(instance, &got), got);
        }
    }
    let mut left = KICKS;
    while !proof.settles(low) {
        let core = proof.core(low);
        let kicked = core.iter().take(left).enumerate().find_map(|(n, k)| {
            let mut near = Near::new(instance, &core, &best);
            let forced = steps > 0 && near.force(*k);
            let got = forced.then(|| improved(instance, &core, &near.room.got, &mut steps))?;
            (value(instance, &got) > low).then_some((n + 1, got))
        });
        // From a better plan everything is tried again.
        let Some((tried, got)) = kicked else { break };
        left -= tried;
        (low, best) = (value(instance, &got), got);
    }
    best
}

/// The plan after every single exchange among these choices that makes it worth more.
///
/// An exchange takes one choice, drops what its project had, who had its place and, where a limit is short, the cheapest project that makes room,
/// then gives each of these and one waiting project the best that fits. So two projects swap, one moves and another follows, one is replaced by two.
fn improved(
    instance: &Instance,
    core: &[usize],
    got: &[Option<usize>],
    steps: &mut u64,
) -> Vec<Option<usize>> {
    let mut near = Near::new(instance, core, got);
    let mut order = core.to_vec();
    order.sort_by_key(|k| (-instance.choices[*k].value, *k));
    for _ in 0..PASSES {
        let mut better = false;
        for k in &order {
            if near.steps >= *steps {
                *steps = 0;
                return near.room.got;
            }
            better |= near.exchange(*k);
        }
        if !better {
            break;
        }
    }
    *steps -= near.steps;
    near.room.got
}

/// A plan under improvement.
struct Near<'a> {
    room: Room<'a>,
    /// Each project's choices, the most valuable first.
    own: Vec<Vec<usize>>,
    /// What the exchange under way dropped and took, so that it can be undone.
    done: Vec<(usize, bool)>,
    /// What the exchange under way is worth so far.
    gain: i64,
    /// Choices looked at.
    steps: u64,
}

impl<'a> Near<'a> {
    fn new(instance: &'a Instance, core: &[usize], got: &[Option<usize>]) -> Near<'a> {
        let mut room = Room::new(instance);
        got.iter().flatten().for_each(|k| room.take(*k));
        Near { room, own: super::by_project(instance, core), done: Vec::new(), gain: 0, steps: 0 }
    }

    fn value(&self, k: usize) -> i64 {
        self.room.instance.choices[k].value
    }

    fn take(&mut self, k: usize) {
        self.room.take(k);
        self.gain += self.value(k);
        self.done.push((k, true));
    }

    fn leave(&mut self, k: usize) {
        self.room.leave(k);
        self.gain -= self.value(k);
        self.done.push((k, false));
    }

    /// Forces a choice in when the whole exchange gains; whether it did.
    fn exchange(&mut self, k: usize) -> bool {
        (self.gain, self.steps) = (0, self.steps + 1);
        self.done.clear();
        if self.force(k) && self.gain > 0 {
            return true;
        }
        while let Some((k, took)) = self.done.pop() {
            if took { self.room.leave(k) } else { self.room.take(k) }
        }
        false
    }

    /// Takes the choice and gives the others what is left; `false` when it cannot be taken.
    fn force(&mut self, k: usize) -> bool {
        let choice = &self.room.instance.choices[k];
        let (Some(had), Some(holder)) =
            (self.room.got.get(choice.project), self.room.holder.get(choice.site))
        else {
            return false;
        };
        if *had == Some(k) {
            return false;
        }
        let held = holder.filter(|p| *p != choice.project).and_then(|p| self.room.got[p]);
        for lost in [*had, held].into_iter().flatten() {
            self.leave(lost);
        }
        if !self.room.fits(k) {
            let Some(cheapest) = self.cheapest_in_the_way(k) else { return false };
            self.leave(cheapest);
        }
        self.take(k);
        let mut lost: Vec<usize> = self.done.iter().filter(|d| !d.1).map(|d| d.0).collect();
        lost.sort_by_key(|k| (-self.value(*k), *k));
        for lost in lost {
            let project = self.room.instance.choices[lost].project;
            if self.room.got[project].is_none()
                && let Some(best) = self.best_left(project, i64::MIN)
            {
                self.take(best);
            }
        }
        if let Some(waiting) = self.best_waiting() {
            self.take(waiting);
        }
        true
    }

    /// The cheapest choice of the plan without which this one is within the limits.
    fn cheapest_in_the_way(&mut self, k: usize) -> Option<usize> {
        self.steps += self.room.got.len() as u64;
        let wanted = &self.room.instance.choices[k].uses;
        let enough = |other: &usize| {
            let freed = &self.room.instance.choices[*other].uses;
            wanted.iter().zip(freed.iter().zip(&self.room.left)).all(|(w, (f, l))| *w <= l.saturating_add(*f))
        };
        let held = self.room.got.iter().flatten().copied();
        held.filter(enough).min_by_key(|other| (self.value(*other), *other))
    }

    /// The best choice of a project that fits and is worth more than `than`.
    fn best_left(&mut self, project: usize, than: i64) -> Option<usize> {
        let better = self.own[project].iter().copied().take_while(|k| self.value(*k) > than);
        let mut looked = 0;
        let found = better.inspect(|_| looked += 1).find(|k| self.room.fits(*k));
        self.steps += looked;
        found
    }

    /// The best choice of a project without a place that fits, as long as it makes the exchange a gain.
    fn best_waiting(&mut self) -> Option<usize> {
        let mut best: Option<usize> = None;
        for project in 0..self.own.len() {
            if self.room.got[project].is_some() {
                continue;
            }
            let than = best.map_or((-self.gain).max(0), |b| self.value(b));
            best = self.best_left(project, than).or(best);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Instance, check, value};
    use super::improved;

    fn choice(project: usize, site: usize, value: i64, uses: i64) -> Choice {
        Choice { project, site, value, uses: vec![uses] }
    }

    #[test]
    fn one_that_takes_much_makes_room_for_two() {
        let choices = vec![choice(0, 0, 10, 100), choice(1, 1, 7, 50), choice(2, 2, 6, 50)];
        let instance = Instance { projects: 3, sites: 3, choices, limits: vec![100] };
        let got = improved(&instance, &[0, 1, 2], &[Some(0), None, None], &mut 1_000);
        assert_eq!(got, [None, Some(1), Some(2)]);
        assert_eq!(check(&instance, &got), Ok(()));
        assert_eq!(improved(&instance, &[0, 1], &[Some(0), None, None], &mut 1_000), [Some(0), None, None]);
    }

    #[test]
    fn two_projects_exchange_their_places() {
        let choices = vec![choice(0, 0, 5, 0), choice(0, 1, 8, 0), choice(1, 0, 7, 0), choice(1, 1, 6, 0)];
        let instance = Instance { projects: 2, sites: 2, choices, limits: vec![0] };
        let got = improved(&instance, &[0, 1, 2, 3], &[Some(0), Some(3)], &mut 1_000);
        assert_eq!((value(&instance, &got), got), (15, vec![Some(1), Some(2)]));
    }

    #[test]
    fn what_gains_nothing_is_undone() {
        let choices = vec![choice(0, 0, 10, 60), choice(1, 1, 9, 60), choice(1, 0, 9, 10)];
        let instance = Instance { projects: 2, sites: 2, choices, limits: vec![100] };
        assert_eq!(improved(&instance, &[0, 1, 2], &[Some(0), None], &mut 1_000), [Some(0), None]);
    }
}
