//! Allocation: all waiting projects over all free places together, for the most of what the zone chooses, within its limits.
//!
//! Each project takes at most one place and each place at most one project; energy use, area and whatever else is limited must not exceed
//! its limit. Without limits that is an assignment, solved exactly (the Hungarian method with potentials; Kuhn 1955, Munkres 1957). The limits
//! are taken in by Lagrangian relaxation: each gets a price, the assignment is solved at these prices, and the prices follow what is
//! overspent. At any prices the relaxed optimum is at least what any allowed plan can reach, so the least of them is a proven bound. The bound also
//! says which choices a better plan can hold, and among these a search goes on from the best allowed plans met on the way (`improve`). The distance
//! between the plan and the bound is said. All integers: the same plan on every machine.
//!
//! A general solver (HiGHS by `good_lp`) was tried first: it compiles C++ for over five minutes of the first command and needs cmake, and the
//! solver in Rust that `good_lp` has beside it did not end within a minute at 200 × 300.

mod improve;

use std::collections::HashMap;

/// A place that would do for a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The project's place in the list.
    pub project: usize,
    /// The site's place in the list.
    pub site: usize,
    /// What it is worth, points; above zero.
    pub value: i64,
    /// What it takes of each limit, in the limits' order; not below zero.
    pub uses: Vec<i64>,
}

/// What is to be allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Number of projects, in the order in which they came.
    pub projects: usize,
    /// Number of sites.
    pub sites: usize,
    /// What would do for whom.
    pub choices: Vec<Choice>,
    /// How much of each limit there is.
    pub limits: Vec<i64>,
}

/// An allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The choice that each project got, by its place in [`Instance::choices`].
    pub got: Vec<Option<usize>>,
    /// What it is worth.
    pub value: i64,
    /// No allowed plan is worth more.
    pub bound: i64,
}

impl Plan {
    /// How far the plan may be from the best, in ten-thousandths of the bound, rounded up.
    #[must_use]
    pub fn gap(&self) -> i64 {
        if self.bound <= 0 { 0 } else { ((self.bound - self.value) * 10_000 + self.bound - 1) / self.bound }
    }
}

/// Why a project waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// No place would do.
    NoPlace,
    /// Every place that would do went to these projects.
    Taken(Vec<usize>),
    /// A place is free, but this limit has too little left: which, needed, left.
    Limit(usize, i64, i64),
}

/// Units of a price, so that it can be a fraction of a point.
const SCALE: i128 = 10_000;

/// The best plan that `rounds` rounds of prices and a search around what they meet find, and the bound they prove; 100 rounds are enough for a few limits.
#[must_use]
pub fn solve(instance: &Instance, rounds: usize) -> Plan {
    let mut met = vec![greedy(instance), first_come(instance)];
    let mut low = met.iter().map(|got| value(instance, got)).max().unwrap_or(0);
    let mut high: Option<i128> = None;
    let mut losses = Vec::new();
    let mut prices = vec![0i128; instance.limits.len()];
    let (mut pace, mut since) = (1_000i128, 0);
    for _ in 0..rounds.max(1) {
        let at = relaxed(instance, &prices);
        let total =
            at.worth + prices.iter().zip(&instance.limits).map(|(p, l)| p * i128::from(*l)).sum::<i128>();
        if high.is_none_or(|h| total < h) {
            (high, since) = (Some(total), 0);
            losses = at.losses(instance, &prices);
        } else {
            since += 1;
            // Nothing better for a while: smaller steps.
            if since % 10 == 9 {
                pace = (pace / 2).max(1);
            }
        }
        let allowed = repaired(instance, &at.got);
        low = low.max(value(instance, &allowed));
        met.push(allowed);
        if settled(low, high)
            || !follow(&mut prices, instance, &at.got, total - i128::from(low) * SCALE, pace)
        {
            break;
        }
    }
    let high = high.unwrap_or(0);
    met.sort_by_key(|got| -value(instance, got));
    met.dedup();
    let best = improve::search(instance, &Proof { high, losses }, met);
    let value = value(instance, &best);
    let bound = i64::try_from(high / SCALE).unwrap_or(i64::MAX);
    Plan { got: best, value, bound: bound.max(value) }
}

/// What the prices prove.
struct Proof {
    /// What no plan exceeds, in scaled points.
    high: i128,
    /// By how much at least that falls for plans with a choice, in scaled points.
    losses: Vec<i128>,
}

impl Proof {
    /// Whether no whole point lies between a plan and the bound.
    fn settles(&self, low: i64) -> bool {
        settled(low, Some(self.high))
    }

    /// The choices that a plan worth more than this may hold, those that cost the bound least first.
    fn core(&self, low: i64) -> Vec<usize> {
        let most = self.high - (i128::from(low) + 1) * SCALE;
        let mut core: Vec<usize> = (0..self.losses.len()).filter(|k| self.losses[*k] <= most).collect();
        core.sort_by_key(|k| (self.losses[*k], *k));
        core
    }
}

/// Whether no whole point lies between a plan and the scaled bound.
fn settled(low: i64, high: Option<i128>) -> bool {
    high.is_some_and(|h| (i128::from(low) + 1) * SCALE > h)
}

/// Prices rise where more is spent than there is and fall where less is; `false` when nothing would change.
fn follow(
    prices: &mut [i128],
    instance: &Instance,
    got: &[Option<usize>],
    distance: i128,
    pace: i128,
) -> bool {
    const MILLION: i128 = 1_000_000;
    let spent = spent(instance, got);
    let over: Vec<i128> = spent
        .iter()
        .zip(&instance.limits)
        .map(|(s, l)| (i128::from(*s) - i128::from(*l)) * MILLION / i128::from(*l).max(1))
        .collect();
    let mut norm = 0i128;
    for (o, p) in over.iter().zip(prices.iter()) {
        if *o > 0 || *p > 0 {
            norm += o * o;
        }
    }
    if norm == 0 {
        return false;
    }
    let mut moved = false;
    for ((price, o), limit) in prices.iter_mut().zip(over).zip(&instance.limits) {
        let step = distance.max(1) * o * MILLION / norm / i128::from(*limit).max(1) * pace / 1_000;
        let next = (*price + step).max(0);
        moved |= next != *price;
        *price = next;
    }
    moved
}

/// What a choice is worth at these prices, in scaled points.
fn priced(choice: &Choice, prices: &[i128]) -> i128 {
    let uses = choice.uses.iter().zip(prices);
    i128::from(choice.value) * SCALE - uses.map(|(u, p)| i128::from(*u) * p).sum::<i128>()
}

/// The best assignment at some prices, limits left aside.
struct Relaxed {
    got: Vec<Option<usize>>,
    /// Scaled points.
    worth: i128,
    /// Potentials of the projects and the sites: what each choice costs is at least their sum.
    rows: Vec<i64>,
    columns: Vec<i64>,
}

impl Relaxed {
    /// By how much at least the worth falls, in scaled points, when a choice has to be in: by duality what it costs beyond the potentials.
    fn losses(&self, instance: &Instance, prices: &[i128]) -> Vec<i128> {
        let least = |c: &Choice| {
            Some(i128::from(*self.rows.get(c.project)?) + i128::from(*self.columns.get(c.site)?))
        };
        instance
            .choices
            .iter()
            .map(|c| least(c).map_or(i128::MAX, |least| -priced(c, prices) - least))
            .collect()
    }
}

/// The best assignment at these prices.
fn relaxed(instance: &Instance, prices: &[i128]) -> Relaxed {
    let (n, m) = (instance.projects, instance.sites);
    // Only what is worth something at these prices; of several ways to the same place the best.
    let mut cell: HashMap<(usize, usize), (usize, i128)> = HashMap::new();
    for (k, c) in instance.choices.iter().enumerate().filter(|(_, c)| c.project < n && c.site < m) {
        let w = priced(c, prices);
        if w > 0 && cell.get(&(c.project, c.site)).is_none_or(|(_, old)| w > *old) {
            cell.insert((c.project, c.site), (k, w));
        }
    }
    let mut rows: Vec<Vec<(usize, i64)>> = vec![Vec::new(); n];
    for ((p, s), (_, w)) in &cell {
        rows[*p].push((*s, i64::try_from(*w).unwrap_or(i64::MAX / 4)));
    }
    for row in &mut rows {
        row.sort_unstable();
    }
    let mut got = vec![None; n];
    let mut total = 0;
    let Assigned { got: sites, rows, columns } = assign(&rows, m);
    for (p, s) in sites.into_iter().enumerate() {
        if let Some((k, w)) = s.and_then(|s| cell.get(&(p, s))) {
            got[p] = Some(*k);
            total += w;
        }
    }
    Relaxed { got, worth: total, rows, columns }
}

/// An assignment and its potentials.
struct Assigned {
    got: Vec<Option<usize>>,
    rows: Vec<i64>,
    columns: Vec<i64>,
}

/// The assignment of the greatest weight, rows to columns, rows may stay without: shortest augmenting paths with potentials over the sparse
/// rows, each row with a column of its own worth nothing.
fn assign(rows: &[Vec<(usize, i64)>], columns: usize) -> Assigned {
    let (n, m) = (rows.len(), columns + rows.len());
    let cost = |w: i64| -w;
    let mut u = vec![0i64; n];
    let mut v = vec![0i64; m];
    let mut owner: Vec<Option<usize>> = vec![None; m];
    for start in 0..n {
        // Dijkstra from `start` over reduced costs; a column's distance, the row it was reached from, whether it is settled.
        let mut reach = vec![i64::MAX; m];
        let mut from = vec![usize::MAX; m];
        let mut settled = vec![false; m];
        let (mut row, mut base, mut last) = (start, 0i64, usize::MAX);
        let mut heap = std::collections::BinaryHeap::new();
        let end = loop {
            let own = std::iter::once((columns + row, 0i64));
            for (column, weight) in rows[row].iter().copied().chain(own) {
                if settled[column] {
                    continue;
                }
                let next = base + cost(weight) - u[row] - v[column];
                if next < reach[column] {
                    reach[column] = next;
                    from[column] = last;
                    heap.push(std::cmp::Reverse((next, column)));
                }
            }
            let Some(std::cmp::Reverse((distance, column))) = heap.pop() else { break usize::MAX };
            if settled[column] || distance > reach[column] {
                // Go on with the same row: nothing new was reached by it.
                if heap.is_empty() && settled[column] {
                    break usize::MAX;
                }
                continue;
            }
            settled[column] = true;
            last = column;
            base = distance;
            match owner[column] {
                None => break column,
                Some(next) => row = next,
            }
        };
        if end == usize::MAX {
            continue;
        }
        // Potentials move by how much nearer than the end a settled column is.
        let total = reach[end];
        u[start] += total;
        for column in 0..m {
            if settled[column] && column != end {
                let slack = total - reach[column];
                v[column] -= slack;
                if let Some(row) = owner[column] {
                    u[row] += slack;
                }
            }
        }
        let mut column = end;
        loop {
            let before = from[column];
            owner[column] = if before == usize::MAX { Some(start) } else { owner[before] };
            if before == usize::MAX {
                break;
            }
            column = before;
        }
    }
    let mut got = vec![None; n];
    for (column, row) in owner.into_iter().enumerate().take(columns) {
        if let Some(row) = row {
            got[row] = Some(column);
        }
    }
    v.truncate(columns);
    Assigned { got, rows: u, columns: v }
}

fn value(instance: &Instance, got: &[Option<usize>]) -> i64 {
    got.iter().flatten().map(|k| instance.choices[*k].value).sum()
}

fn spent(instance: &Instance, got: &[Option<usize>]) -> Vec<i64> {
    let mut spent = vec![0i64; instance.limits.len()];
    for choice in got.iter().flatten().map(|k| &instance.choices[*k]) {
        for (sum, uses) in spent.iter_mut().zip(&choice.uses) {
            *sum = sum.saturating_add(*uses);
        }
    }
    spent
}

/// A plan under way: who has which place, and what of each limit is left.
struct Room<'a> {
    instance: &'a Instance,
    got: Vec<Option<usize>>,
    /// Which project has a site.
    holder: Vec<Option<usize>>,
    left: Vec<i64>,
}

impl<'a> Room<'a> {
    fn new(instance: &'a Instance) -> Room<'a> {
        let (got, holder) = (vec![None; instance.projects], vec![None; instance.sites]);
        Room { instance, got, holder, left: instance.limits.clone() }
    }

    fn fits(&self, k: usize) -> bool {
        let c = &self.instance.choices[k];
        c.project < self.got.len()
            && c.site < self.holder.len()
            && self.got[c.project].is_none()
            && self.holder[c.site].is_none()
            && c.uses.iter().zip(&self.left).all(|(u, l)| u <= l)
    }

    fn take(&mut self, k: usize) {
        let c = &self.instance.choices[k];
        self.got[c.project] = Some(k);
        self.holder[c.site] = Some(c.project);
        for (left, uses) in self.left.iter_mut().zip(&c.uses) {
            *left -= uses;
        }
    }

    fn leave(&mut self, k: usize) {
        let c = &self.instance.choices[k];
        (self.got[c.project], self.holder[c.site]) = (None, None);
        for (left, uses) in self.left.iter_mut().zip(&c.uses) {
            *left += uses;
        }
    }

    /// Takes whatever still fits, the most valuable first.
    fn fill(mut self) -> Vec<Option<usize>> {
        let mut order: Vec<usize> = (0..self.instance.choices.len()).collect();
        order.sort_by_key(|k| (-self.instance.choices[*k].value, *k));
        for k in order {
            if self.fits(k) {
                self.take(k);
            }
        }
        self.got
    }
}

fn greedy(instance: &Instance) -> Vec<Option<usize>> {
    Room::new(instance).fill()
}

/// First come, first served: in the order in which they came, each project takes the best place that is left and within the limits.
#[must_use]
pub fn first_come(instance: &Instance) -> Vec<Option<usize>> {
    let mut room = Room::new(instance);
    let all: Vec<usize> = (0..instance.choices.len()).collect();
    for own in by_project(instance, &all) {
        if let Some(k) = own.iter().copied().find(|k| room.fits(*k)) {
            room.take(k);
        }
    }
    room.got
}

/// Each project's choices among these, the most valuable first.
fn by_project(instance: &Instance, among: &[usize]) -> Vec<Vec<usize>> {
    let mut by: Vec<Vec<usize>> = vec![Vec::new(); instance.projects];
    for k in among {
        if let Some(own) = by.get_mut(instance.choices[*k].project) {
            own.push(*k);
        }
    }
    for own in &mut by {
        own.sort_by_key(|k| (-instance.choices[*k].value, *k));
    }
    by
}

/// An allowed plan near one that overspends: what is worth least for what it takes is left out first, then whatever fits is taken.
fn repaired(instance: &Instance, got: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut kept: Vec<usize> = got.iter().flatten().copied().collect();
    let share = |k: &usize| -> (i128, usize) {
        let c = &instance.choices[*k];
        let uses = c.uses.iter().zip(&instance.limits);
        let part: i128 = uses.map(|(u, l)| i128::from(*u) * 1_000_000 / i128::from(*l).max(1)).sum();
        (-(i128::from(c.value) * 1_000_000 / (part + 1)), *k)
    };
    kept.sort_by_key(share);
    let mut room = Room::new(instance);
    for k in kept {
        if room.fits(k) {
            room.take(k);
        }
    }
    room.fill()
}

/// Whether a plan is allowed: each place once, each limit kept.
///
/// # Errors
/// What is broken, in words.
pub fn check(instance: &Instance, got: &[Option<usize>]) -> Result<(), String> {
    if got.len() != instance.projects {
        return Err(format!("{} projects, {} answers", instance.projects, got.len()));
    }
    let mut taken = vec![None; instance.sites];
    for (project, k) in got.iter().enumerate() {
        let Some(k) = k else { continue };
        let c = instance.choices.get(*k).ok_or_else(|| format!("no choice {k}"))?;
        if c.project != project {
            return Err(format!("project {project} got a choice of project {}", c.project));
        }
        if let Some(other) = taken[c.site].replace(project) {
            return Err(format!("site {} went to {other} and to {project}", c.site));
        }
    }
    match spent(instance, got).iter().zip(&instance.limits).position(|(s, l)| s > l) {
        Some(limit) => Err(format!("limit {limit} is exceeded")),
        None => Ok(()),
    }
}

/// Why a project of a plan waits; `None` when it got a place.
#[must_use]
pub fn waits(instance: &Instance, plan: &Plan, project: usize) -> Option<Waits> {
    if plan.got.get(project)?.is_some() {
        return None;
    }
    let mut holder: HashMap<usize, usize> = HashMap::new();
    for c in plan.got.iter().flatten().map(|k| &instance.choices[*k]) {
        holder.insert(c.site, c.project);
    }
    let spent = spent(instance, &plan.got);
    let mut own: Vec<&Choice> = instance.choices.iter().filter(|c| c.project == project).collect();
    own.sort_by_key(|c| -c.value);
    if own.is_empty() {
        return Some(Waits::NoPlace);
    }
    for c in own.iter().filter(|c| !holder.contains_key(&c.site)) {
        let short = c.uses.iter().zip(instance.limits.iter().zip(&spent)).position(|(u, (l, s))| *u > l - s);
        if let Some(limit) = short {
            return Some(Waits::Limit(limit, c.uses[limit], instance.limits[limit] - spent[limit]));
        }
    }
    let mut by: Vec<usize> = own.iter().filter_map(|c| holder.get(&c.site).copied()).collect();
    by.sort_unstable();
    by.dedup();
    Some(Waits::Taken(by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choice(project: usize, site: usize, value: i64, uses: &[i64]) -> Choice {
        Choice { project, site, value, uses: uses.to_vec() }
    }

    #[test]
    fn first_come_takes_the_place_that_another_needed() {
        let choices = vec![choice(0, 0, 10, &[]), choice(0, 1, 9, &[]), choice(1, 0, 8, &[])];
        let instance = Instance { projects: 2, sites: 2, choices, limits: vec![] };
        let plan = solve(&instance, 100);
        assert_eq!((plan.value, plan.bound, plan.gap()), (17, 17, 0));
        assert_eq!(value(&instance, &first_come(&instance)), 10);
        assert_eq!(waits(&instance, &plan, 1), None);
    }

    #[test]
    fn a_limit_decides_who_waits_and_says_so() {
        let choices = vec![choice(0, 0, 10, &[70]), choice(1, 1, 9, &[60]), choice(2, 2, 3, &[30])];
        let instance = Instance { projects: 4, sites: 3, choices, limits: vec![100] };
        let plan = solve(&instance, 200);
        assert_eq!(plan.value, 13);
        assert_eq!(waits(&instance, &plan, 1), Some(Waits::Limit(0, 60, 0)));
        assert_eq!(waits(&instance, &plan, 3), Some(Waits::NoPlace));
        assert_eq!(check(&instance, &plan.got), Ok(()));
        assert!(check(&instance, &[Some(0), Some(1), None, None]).unwrap_err().contains("limit 0"));
        assert!(check(&instance, &[Some(1), None, None, None]).unwrap_err().contains("project 0"));
    }

    /// The best by trying everything, with one choice in it if one is named.
    fn brute(instance: &Instance, with: Option<usize>, project: usize, room: &mut Vec<Option<usize>>) -> i64 {
        if project == instance.projects {
            let counts = check(instance, room).is_ok() && (with.is_none() || room.contains(&with));
            return if counts { value(instance, room) } else { i64::MIN };
        }
        let mut best = brute(instance, with, project + 1, room);
        for (k, _) in instance.choices.iter().enumerate().filter(|(_, c)| c.project == project) {
            room[project] = Some(k);
            best = best.max(brute(instance, with, project + 1, room));
            room[project] = None;
        }
        best
    }

    proptest! {
        #[test]
        fn the_plan_is_allowed_the_bound_holds_and_no_queue_beats_it(
            raw in prop::collection::vec((0usize..5, 0usize..5, 1i64..100, 0i64..50, 0i64..50), 0..14),
            limits in prop::collection::vec(1i64..150, 0..3)
        ) {
            let mut choices: Vec<Choice> = raw.iter().map(|(p, s, v, a, b)| choice(*p, *s, *v, &[*a, *b][..limits.len().min(2)])).collect();
            choices.sort_by_key(|c| (c.project, c.site));
            choices.dedup_by_key(|c| (c.project, c.site));
            let instance = Instance { projects: 5, sites: 5, choices, limits };
            let plan = solve(&instance, 60);
            prop_assert_eq!(check(&instance, &plan.got), Ok(()));
            prop_assert_eq!(value(&instance, &plan.got), plan.value);
            let best = brute(&instance, None, 0, &mut vec![None; 5]);
            prop_assert!(plan.value <= best && best <= plan.bound, "{} <= {} <= {}", plan.value, best, plan.bound);
            if instance.limits.is_empty() {
                prop_assert_eq!(plan.value, best, "without limits it is exact");
            }
            let queue = first_come(&instance);
            prop_assert_eq!(check(&instance, &queue), Ok(()));
            prop_assert!(value(&instance, &queue) <= plan.value);
        }

        #[test]
        fn no_plan_with_a_choice_is_worth_more_than_the_prices_say(
            raw in prop::collection::vec((0usize..4, 0usize..4, 1i64..100, 0i64..50), 1..10),
            limit in 1i64..150,
            price in 0i128..20_000
        ) {
            let choices = raw.iter().map(|(p, s, v, a)| choice(*p, *s, *v, &[*a])).collect();
            let instance = Instance { projects: 4, sites: 4, choices, limits: vec![limit] };
            let at = relaxed(&instance, &[price]);
            let high = at.worth + price * i128::from(limit);
            for (k, loss) in at.losses(&instance, &[price]).into_iter().enumerate() {
                prop_assert!(loss >= 0);
                let best = brute(&instance, Some(k), 0, &mut vec![None; 4]);
                prop_assert!(i128::from(best) * SCALE <= high - loss, "{} with choice {}: {} - {}", best, k, high, loss);
            }
        }
    }
}
