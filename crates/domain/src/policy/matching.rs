//! Which policies a company has, which it almost has and what is missing, and what one policy costs over all companies.

use super::expr::{Gap, Truth};
use super::facts::Facts;
use super::field::FieldId;
use super::library::{Amount, Clause, Group, Library, Policy, Stacking};
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

words! {
    /// What becomes of a company under a policy; later is better.
    Verdict "no verdict" {
        /// A condition fails that cannot be made up for, or too many do.
        No = "no", "不符合", "no";
        /// Few conditions fail, or some are not known.
        Almost = "almost", "接近符合", "almost";
        /// Every condition holds.
        Applies = "applies", "符合", "applies";
    }
}

/// A clause that fails or is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open<'a> {
    /// The clause.
    pub clause: &'a Clause,
    /// [`Truth::No`] or [`Truth::Unknown`].
    pub truth: Truth,
    /// What is missing, in words.
    pub gap: Gap,
}

/// A company under one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What becomes of the company.
    pub verdict: Verdict,
    /// What the policy gives, or would give, yuan, before stacking; `None` where the formula cannot be reckoned.
    pub amount: Option<i64>,
    /// Fields that the formula misses.
    pub amount_missing: Vec<FieldId>,
    /// Clauses that fail or are not known, in their order; none where the policy applies.
    pub open: Vec<Open<'a>>,
}

/// Why a policy that applies gives less than its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveWay<'a> {
    /// Another policy of the group gives more, or stands before it where the group is exclusive.
    To(&'a Policy),
    /// The group's cap is reached.
    Cap(&'a Group),
    /// The cap over all policies is reached, yuan.
    Overall(i64),
}

/// A policy for a company, after stacking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitled<'a> {
    /// What the policy says by itself.
    pub outcome: Outcome<'a>,
    /// What is left of the amount, yuan; `None` where it is not known or the policy does not apply.
    pub kept: Option<i64>,
    /// Why less is left.
    pub gave_way: Option<GaveWay<'a>>,
}

/// All policies in force for one company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlements<'a> {
    /// Those that apply, the largest first; those that almost do, the fewest open clauses first; the rest. Then in the library's order.
    pub list: Vec<Entitled<'a>>,
    /// What those that apply give together after stacking, yuan.
    pub total: i64,
    /// Policies that apply whose amount is not known: the total is at least what it says.
    pub unknown: usize,
}

/// One policy over many companies. `K` names a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach<K> {
    /// Companies that have it, with the amount before stacking, in the order they came.
    pub applies: Vec<(K, Option<i64>)>,
    /// Companies that almost have it, with the number of open clauses, in the order they came.
    pub almost: Vec<(K, usize)>,
    /// All other companies.
    pub others: usize,
    /// The amounts together, yuan.
    pub total: i64,
    /// Companies that have it whose amount is not known.
    pub unknown: usize,
    /// What is left of a year's budget, yuan, below zero where it does not suffice; `None` where there is no budget.
    pub left: Option<i64>,
}

impl Policy {
    /// What becomes of a company, with reasons, whether or not the policy is in force.
    #[must_use]
    pub fn judge(&self, facts: &Facts, day: Date) -> Outcome<'_> {
        let open: Vec<Open<'_>> = self
            .clauses
            .iter()
            .filter_map(|clause| {
                let gap = clause.when.gap(facts, day)?;
                Some(Open { clause, truth: clause.when.truth(facts, day), gap })
            })
            .collect();
        let failing = open.iter().filter(|o| o.truth == Truth::No).count();
        let verdict = if open.is_empty() {
            Verdict::Applies
        } else if failing > self.near || open.iter().any(|o| o.truth == Truth::No && o.clause.hard) {
            Verdict::No
        } else {
            Verdict::Almost
        };
        let amount = self.amount(facts, day);
        let amount_missing = match &self.amount {
            Amount::Formula(formula) if amount.is_none() => formula.missing(facts),
            _ => Vec::new(),
        };
        Outcome { policy: self, verdict, amount, amount_missing, open }
    }

    /// What becomes of a company, without reasons, whether or not the policy is in force; stops at the first clause that decides.
    #[must_use]
    pub fn verdict(&self, facts: &Facts, day: Date) -> Verdict {
        let (mut failing, mut unknown) = (0, false);
        for clause in &self.clauses {
            match clause.when.truth(facts, day) {
                Truth::Yes => {}
                Truth::Unknown => unknown = true,
                Truth::No => {
                    failing += 1;
                    if clause.hard || failing > self.near {
                        return Verdict::No;
                    }
                }
            }
        }
        if failing > 0 || unknown { Verdict::Almost } else { Verdict::Applies }
    }

    /// Which companies it fits, and what they take of its budget: the list for 免申即享. Nobody where it is not in force on `day`.
    pub fn reach<'f, K>(&self, companies: impl IntoIterator<Item = (K, &'f Facts)>, day: Date) -> Reach<K> {
        let mut reach =
            Reach { applies: Vec::new(), almost: Vec::new(), others: 0, total: 0, unknown: 0, left: None };
        for (key, facts) in companies {
            let verdict = if self.in_force(day) { self.verdict(facts, day) } else { Verdict::No };
            match verdict {
                Verdict::No => reach.others += 1,
                Verdict::Almost => {
                    let open = |clause: &&Clause| clause.when.truth(facts, day) != Truth::Yes;
                    reach.almost.push((key, self.clauses.iter().filter(open).count()));
                }
                Verdict::Applies => {
                    let amount = self.amount(facts, day);
                    reach.unknown += usize::from(amount.is_none());
                    reach.total = reach.total.saturating_add(amount.unwrap_or(0));
                    reach.applies.push((key, amount));
                }
            }
        }
        reach.left = self.budget.map(|budget| budget.saturating_sub(reach.total));
        reach
    }
}

impl Library {
    /// What becomes of a company under each policy, in the library's order; [`Verdict::No`] for those not in force.
    #[must_use]
    pub fn verdicts(&self, facts: &Facts, day: Date) -> Vec<Verdict> {
        let of =
            |policy: &Policy| if policy.in_force(day) { policy.verdict(facts, day) } else { Verdict::No };
        self.policies.iter().map(of).collect()
    }

    /// All policies in force for one company, with reasons, after stacking.
    #[must_use]
    pub fn entitlements(&self, facts: &Facts, day: Date) -> Entitlements<'_> {
        let in_force = self.policies.iter().filter(|policy| policy.in_force(day));
        let mut list: Vec<Entitled<'_>> = in_force
            .map(|policy| {
                let outcome = policy.judge(facts, day);
                let kept = outcome.amount.filter(|_| outcome.verdict == Verdict::Applies);
                Entitled { outcome, kept, gave_way: None }
            })
            .collect();
        self.stack(&mut list);
        let applying = || list.iter().filter(|e| e.outcome.verdict == Verdict::Applies);
        let total = applying().filter_map(|e| e.kept).fold(0, i64::saturating_add);
        let unknown = applying().filter(|e| e.kept.is_none()).count();
        list.sort_by_key(|e| {
            let applies = e.outcome.verdict == Verdict::Applies;
            let open = if applies { 0 } else { e.outcome.open.len() };
            (Reverse(e.outcome.verdict), Reverse(e.kept), open)
        });
        Entitlements { list, total, unknown }
    }

    /// Lets the policies of each group give way to each other, then all of them to the cap of the library. One whose amount is not known
    /// gives way only in an exclusive group, and only there bars others.
    fn stack<'a>(&'a self, list: &mut [Entitled<'a>]) {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, entitled) in list.iter().enumerate() {
            if let (Some(group), Verdict::Applies) =
                (&entitled.outcome.policy.group, entitled.outcome.verdict)
            {
                groups.entry(group).or_default().push(at);
            }
        }
        for (id, mut members) in groups {
            let Some(group) = self.group(id) else { continue };
            if group.rule != Stacking::Exclusive {
                members.retain(|at| list[*at].kept.is_some());
                members.sort_by_key(|at| Reverse(list[*at].kept));
            }
            match group.rule {
                Stacking::Largest | Stacking::Exclusive => {
                    let Some((first, rest)) = members.split_first() else { continue };
                    let best = list[*first].outcome.policy;
                    for at in rest {
                        list[*at].kept = Some(0);
                        list[*at].gave_way = Some(GaveWay::To(best));
                    }
                }
                Stacking::Sum => {
                    cut(list, &members, group.cap.unwrap_or(i64::MAX), GaveWay::Cap(group));
                }
            }
        }
        if let Some(cap) = self.cap {
            let mut all: Vec<usize> = (0..list.len()).filter(|at| list[*at].kept.is_some()).collect();
            all.sort_by_key(|at| Reverse(list[*at].kept));
            cut(list, &all, cap, GaveWay::Overall(cap));
        }
    }
}

/// Keeps in the order of `members` what fits under a cap.
fn cut<'a>(list: &mut [Entitled<'a>], members: &[usize], cap: i64, why: GaveWay<'a>) {
    let mut left = cap;
    for at in members {
        let amount = list[*at].kept.unwrap_or(0);
        let kept = amount.min(left);
        left -= kept;
        list[*at].kept = Some(kept);
        if kept < amount {
            list[*at].gave_way = Some(why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::Given;
    use crate::policy::field::{FIELDS, Form};
    use jiff::civil::date;
    use proptest::prelude::*;
    use proptest::sample::select;

    const DAY: Date = date(2026, 6, 1);

    fn facts(given: &[(&str, Given)]) -> Facts {
        Facts::read(&given.iter().map(|(w, v)| ((*w).to_string(), v.clone())).collect()).unwrap()
    }

    fn investor(equipment: i64, fixed: i64) -> Facts {
        let text = |t: &str| Given::Text(t.into());
        facts(&[
            ("project.equipment", Given::Whole(equipment)),
            ("project.produced_on", text("2026-01-05")),
            ("project.fixed_investment", Given::Whole(fixed)),
            ("project.investment", Given::Whole(fixed)),
            ("project.industry", text("C3973")),
            ("project.chain_segments", Given::List(vec!["封装测试".into()])),
            ("plan.land_area", Given::Whole(20_000)),
            ("company.high_tech", Given::Flag(true)),
            ("company.bad_credit", Given::Flag(false)),
            ("company.specialised", text("giant")),
        ])
    }

    fn of<'a>(entitlements: &'a Entitlements<'a>, id: &str) -> &'a Entitled<'a> {
        entitlements.list.iter().find(|e| e.outcome.policy.id == id).unwrap()
    }

    #[test]
    fn of_a_group_the_largest_stays_and_a_cap_cuts_the_last() {
        let library = Library::built_in();
        // Equipment 9 million, chain gap capped at 8 million, intensity 8 million: 25 million under a cap of 15.
        let all = library.entitlements(&investor(150_000_000, 400_000_000), DAY);
        let kept = |id| (of(&all, id).outcome.amount, of(&all, id).kept);
        assert_eq!(kept("equipment"), (Some(9_000_000), Some(9_000_000)));
        assert_eq!(kept("intensity"), (Some(8_000_000), Some(6_000_000)));
        assert_eq!(kept("chain-gap"), (Some(8_000_000), Some(0)), "of two equal ones the earlier stays");
        assert!(matches!(of(&all, "intensity").gave_way, Some(GaveWay::Cap(g)) if g.id == "investment"));
        assert_eq!(kept("specialised"), (Some(500_000), Some(500_000)));
        assert_eq!(kept("high-tech"), (Some(200_000), Some(0)));
        assert!(matches!(of(&all, "high-tech").gave_way, Some(GaveWay::To(p)) if p.id == "specialised"));
        assert_eq!((all.total, all.unknown), (15_500_000, 0));
        assert!(all.list.iter().all(|e| e.outcome.policy.id != "high-tech-2024"), "no longer in force");
        let verdicts: Vec<Verdict> = all.list.iter().map(|e| e.outcome.verdict).collect();
        assert!(verdicts.is_sorted_by(|a, b| a >= b), "{verdicts:?}");
    }

    #[test]
    fn what_is_missing_is_told_and_an_amount_that_is_not_known_is_not_zero() {
        let library = Library::built_in();
        let company = facts(&[
            ("company.research_spend", Given::Whole(4_200_000)),
            ("company.revenue_last_year", Given::Whole(100_000_000)),
            ("company.bad_credit", Given::Flag(false)),
        ]);
        let all = library.entitlements(&company, DAY);
        let near = of(&all, "research-share");
        assert_eq!((near.outcome.verdict, near.kept, near.outcome.open.len()), (Verdict::Almost, None, 1));
        let open = &near.outcome.open[0];
        assert_eq!((open.truth, open.gap.zh.as_str()), (Truth::No, "研发费用占比 4.2%，需要 5%"));
        let unknown = of(&all, "patents");
        assert_eq!(unknown.outcome.open[0].gap.zh, "缺少：发明专利（已授权）");
        let missing: Vec<&str> = unknown.outcome.amount_missing.iter().map(|id| id.field().word).collect();
        assert_eq!((unknown.outcome.amount, missing), (None, vec!["company.patents_invention"]));

        let mut policy = library.policies.iter().find(|p| p.id == "patents").unwrap().clone();
        policy.clauses[0].when = crate::policy::expr::Expr::condition("true").unwrap();
        let one = Library { policies: vec![policy], ..library.clone() };
        let all = one.entitlements(&company, DAY);
        assert_eq!((all.list[0].outcome.verdict, all.total, all.unknown), (Verdict::Applies, 0, 1));
    }

    #[test]
    fn a_policy_counts_who_has_it_against_its_budget() {
        let policy = Library::built_in().policies.iter().find(|p| p.id == "patents").unwrap();
        let with = |n: i64| facts(&[("company.patents_invention", Given::Whole(n))]);
        let companies = [with(5), with(60), with(4), Facts::default()];
        let reach = policy.reach(companies.iter().enumerate(), DAY);
        assert_eq!(reach.applies, [(0, Some(20_000)), (1, Some(200_000))]);
        assert_eq!((reach.almost, reach.others, reach.unknown), (vec![(2, 1), (3, 1)], 0, 0));
        assert_eq!((reach.total, reach.left), (220_000, Some(1_280_000)));
        let short = Policy { budget: Some(200_000), ..policy.clone() };
        assert_eq!(short.reach(companies.iter().enumerate(), DAY).left, Some(-20_000));
    }

    #[test]
    fn a_policy_that_is_not_in_force_reaches_nobody_and_takes_nothing() {
        let policy = Library::built_in().policies.iter().find(|p| p.id == "high-tech-2024").unwrap();
        let company = facts(&[("company.high_tech", Given::Flag(true))]);
        let reach = |day| policy.reach([((), &company)], day);
        assert_eq!((reach(date(2025, 12, 31)).applies.len(), reach(date(2025, 12, 31)).total), (1, 150_000));
        for day in [date(2026, 1, 1), date(2023, 12, 31)] {
            let none = reach(day);
            assert_eq!((none.applies.len(), none.almost.len(), none.others, none.total), (0, 0, 1, 0));
            assert_eq!(none.left, Some(3_000_000));
        }
    }

    #[test]
    fn in_an_exclusive_group_the_first_listed_stays_though_it_gives_less_or_its_amount_is_not_known() {
        let mut library = Library::built_in().clone();
        let company = investor(150_000_000, 400_000_000);
        library.groups.iter_mut().find(|g| g.id == "title").unwrap().rule = Stacking::Exclusive;
        let all = library.entitlements(&company, DAY);
        assert_eq!(of(&all, "high-tech").kept, Some(200_000), "listed before");
        let later = of(&all, "specialised");
        assert!(
            later.kept == Some(0) && matches!(later.gave_way, Some(GaveWay::To(p)) if p.id == "high-tech")
        );
        assert_eq!((all.total, all.unknown), (15_200_000, 0));

        let unknown = crate::policy::expr::Expr::amount("company.patents_invention * 1000").unwrap();
        let first = library.policies.iter_mut().find(|p| p.id == "high-tech").unwrap();
        first.amount = Amount::Formula(unknown);
        let all = library.entitlements(&company, DAY);
        assert_eq!((of(&all, "high-tech").kept, of(&all, "specialised").kept), (None, Some(0)));
        assert_eq!((all.total, all.unknown), (15_000_000, 1));
    }

    #[test]
    fn the_cap_over_all_policies_cuts_the_smallest_and_says_so() {
        let library = Library { cap: Some(15_200_000), ..Library::built_in().clone() };
        let all = library.entitlements(&investor(150_000_000, 400_000_000), DAY);
        let kept = |id| (of(&all, id).kept, of(&all, id).gave_way);
        assert_eq!(kept("equipment"), (Some(9_000_000), None));
        assert_eq!(kept("specialised"), (Some(200_000), Some(GaveWay::Overall(15_200_000))));
        assert!(matches!(kept("high-tech"), (Some(0), Some(GaveWay::To(_)))), "its own reason stays");
        assert_eq!(all.total, 15_200_000);
    }

    /// A value of a field, often near a threshold of the sample; `None` for not known.
    fn value(form: Form) -> BoxedStrategy<Option<Given>> {
        let near = vec![0, 1, 5, 12, 31, 300, 800, 20_000, 3_000_000, 20_000_000, 90_000_000, 400_000_000];
        let days = vec!["2019-01-01", "2023-06-01", "2024-02-29", "2026-06-02"];
        let texts = vec!["C3973", "G5990", "市级企业技术中心", "封装测试"];
        let some = match form {
            Form::Number(_) => select(near).prop_map(Given::Whole).boxed(),
            Form::Text => select(texts).prop_map(|t| Given::Text(t.into())).boxed(),
            Form::Choice(words) => select(words).prop_map(|w| Given::Text(w.0.into())).boxed(),
            Form::Flag => any::<bool>().prop_map(Given::Flag).boxed(),
            Form::Day => select(days).prop_map(|d| Given::Text(d.into())).boxed(),
            Form::List => prop::collection::vec(select(texts), 0..3)
                .prop_map(|all| Given::List(all.into_iter().map(String::from).collect()))
                .boxed(),
        };
        prop::option::weighted(0.85, some).boxed()
    }

    fn anybody() -> impl Strategy<Value = Facts> {
        let each: Vec<_> = FIELDS.iter().map(|field| value(field.form)).collect();
        each.prop_map(|values| {
            let pairs = FIELDS.iter().zip(values);
            Facts::read(&pairs.filter_map(|(f, v)| Some((f.word.to_string(), v?))).collect()).unwrap()
        })
    }

    /// The sample with other clauses that may fail, and that cannot be made up for.
    fn libraries() -> impl Strategy<Value = Library> {
        (any::<u64>(), 0usize..4).prop_map(|(bits, near)| {
            let mut library = Library::built_in().clone();
            let clauses = library.policies.iter_mut().flat_map(|p| &mut p.clauses);
            clauses.enumerate().for_each(|(i, clause)| clause.hard = bits >> (i % 64) & 1 == 1);
            library.policies.iter_mut().for_each(|p| p.near = near);
            library
        })
    }

    proptest! {
        #[test]
        fn the_fast_way_and_the_one_with_reasons_agree(library in libraries(), facts in anybody()) {
            let fast = library.verdicts(&facts, DAY);
            let all = library.entitlements(&facts, DAY);
            for (policy, verdict) in library.policies.iter().zip(fast) {
                let slow = all.list.iter().find(|e| e.outcome.policy.id == policy.id);
                prop_assert_eq!(slow.map_or(Verdict::No, |e| e.outcome.verdict), verdict, "{}", policy.id);
                let reach = policy.reach([((), &facts)], DAY);
                let judged = policy.judge(&facts, DAY);
                prop_assert_eq!(!reach.applies.is_empty(), verdict == Verdict::Applies);
                prop_assert_eq!(!reach.almost.is_empty(), verdict == Verdict::Almost);
                if let Some((_, open)) = reach.almost.first() {
                    prop_assert_eq!(*open, judged.open.len());
                }
            }
        }

        #[test]
        fn a_cap_over_all_gives_what_there_is_up_to_it(facts in anybody(), cap in 1i64..20_000_000) {
            let free = Library::built_in().entitlements(&facts, DAY);
            let library = Library { cap: Some(cap), ..Library::built_in().clone() };
            let capped = library.entitlements(&facts, DAY);
            prop_assert_eq!(capped.total, free.total.min(cap));
            prop_assert_eq!(capped.unknown, free.unknown);
        }

        #[test]
        fn stacking_takes_away_no_more_than_its_rule(facts in anybody(), exclusive in any::<bool>()) {
            let mut library = Library::built_in().clone();
            if exclusive {
                library.groups.iter_mut().filter(|g| g.cap.is_none()).for_each(|g| g.rule = Stacking::Exclusive);
            }
            let all = library.entitlements(&facts, DAY);
            for group in &library.groups {
                let members: Vec<&Entitled<'_>> = all.list.iter()
                    .filter(|e| e.outcome.policy.group.as_ref() == Some(&group.id) && e.kept.is_some())
                    .collect();
                let amounts: Vec<i64> = members.iter().filter_map(|e| e.outcome.amount).collect();
                let kept: i64 = members.iter().filter_map(|e| e.kept).sum();
                let due = match group.rule {
                    Stacking::Largest => amounts.iter().copied().max().unwrap_or(0),
                    Stacking::Exclusive => {
                        let first = library.policies.iter().find_map(|policy| {
                            let e = all.list.iter().find(|e| e.outcome.policy.id == policy.id)?;
                            let ours = policy.group.as_ref() == Some(&group.id);
                            (ours && e.outcome.verdict == Verdict::Applies).then_some(e.outcome.amount)
                        });
                        first.flatten().unwrap_or(0)
                    }
                    Stacking::Sum => amounts.iter().sum::<i64>().min(group.cap.unwrap()),
                };
                prop_assert_eq!(kept, due, "{}", &group.id);
                for e in members {
                    prop_assert!(e.kept == e.outcome.amount || e.gave_way.is_some(), "a cut without its reason");
                }
            }
        }
    }
}
