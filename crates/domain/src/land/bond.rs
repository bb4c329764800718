//! Special bonds for land reserves: bond → projects → parcels → income, what is due when, whether each project balances, and what the
//! rules of 2025 find (自然资发〔2025〕45号; the rules are `data/land-bonds.toml`).

pub mod rule;

use super::fixed::{Fixed, rounded};
use crate::words::words;
use jiff::ToSpan;
use jiff::civil::Date;
use rule::{BondRules, Check, Rule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// How often interest is paid.
    Coupon "no rhythm of interest" {
        /// Once a year.
        Yearly = "yearly", "按年付息", "yearly";
        /// Twice a year.
        HalfYearly = "half_yearly", "半年付息", "half-yearly";
    }
}

words! {
    /// Where a parcel comes from.
    Source "no source of reserve land" {
        /// Existing idle land, recovered or bought back.
        Existing = "existing", "收回收购存量闲置土地", "existing idle land";
        /// New reserve land.
        New = "new", "新增土地储备", "new reserve land";
    }
}

words! {
    /// What money was used for.
    Purpose "no purpose of bond money" {
        /// 征收、收回、收购补偿.
        Compensation = "compensation", "收储补偿", "compensation";
        /// 前期开发.
        Preparation = "preparation", "前期开发", "preparation";
        /// Anything that is no land reserve work.
        Other = "other", "其他", "other";
    }
}

/// A parcel of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    /// Its id; one id is one ground.
    pub id: String,
    /// Where it comes from.
    pub source: Source,
    /// When it was supplied to its last holder.
    #[serde(default)]
    pub supplied: Option<Date>,
    /// Whether it stands on the list of existing idle land.
    #[serde(default)]
    pub on_list: bool,
    /// Whether bond money bought it back before.
    #[serde(default)]
    pub bought_before: bool,
}

/// Income from a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Income {
    /// From this parcel.
    pub parcel: String,
    /// In this year.
    pub year: i16,
    /// Yuan planned.
    pub planned: i64,
    /// Yuan that came.
    #[serde(default)]
    pub actual: Option<i64>,
}

/// Money that left an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The day.
    pub on: Date,
    /// For this parcel.
    pub parcel: String,
    /// Yuan.
    pub yuan: i64,
    /// From this account.
    pub account: String,
    /// For what.
    pub purpose: Purpose,
}

/// A project under a bond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Identifier in the asset system; `None` while it is not in the reserve plan.
    #[serde(default)]
    pub identifier: Option<String>,
    /// Whether its agency is on the national list.
    pub agency_listed: bool,
    /// Its own account.
    pub account: String,
    /// Yuan of the bond that are its own.
    pub allotted: i64,
    /// Yuan of other money for principal and interest.
    #[serde(default)]
    pub other: i64,
    /// Its parcels.
    pub parcels: Vec<Parcel>,
    /// Income, planned and actual.
    #[serde(default)]
    pub income: Vec<Income>,
    /// What was paid.
    #[serde(default)]
    pub uses: Vec<Use>,
}

/// A bond that is repaid at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bond {
    /// Its id.
    pub id: String,
    /// Yuan raised.
    pub raised: i64,
    /// Per cent a year.
    pub rate: Fixed,
    /// The day from which interest runs.
    pub issued: Date,
    /// Its term.
    pub years: u16,
    /// How often interest is paid.
    pub coupon: Coupon,
    /// Its projects.
    #[serde(rename = "project")]
    pub projects: Vec<Project>,
}

/// What is paid on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The day.
    pub on: Date,
    /// Interest, whole yuan.
    pub interest: i64,
    /// Principal, whole yuan.
    pub principal: i64,
}

/// Whether a project carries its share of the bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance<'a> {
    /// The project.
    pub project: &'a Project,
    /// Income planned, yuan.
    pub planned: i64,
    /// Income that came, yuan.
    pub actual: i64,
    /// Its share of the principal, yuan.
    pub principal: i64,
    /// Interest on it over the term, yuan.
    pub interest: i64,
    /// Principal and interest times the cover of the rule, rounded up; without a rule, once.
    pub needed: i64,
    /// Planned income and other money, less what is needed; below zero it does not balance.
    pub surplus: i64,
    /// Yuan used.
    pub used: i64,
    /// Yuan of its share that are left.
    pub left: i64,
}

/// A fault that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// The rule, with its article and cure.
    pub rule: &'a Rule,
    /// The bond.
    pub bond: &'a str,
    /// The project, where it is one's.
    pub project: Option<&'a str>,
    /// What is wrong, Chinese and English.
    pub texts: (String, String),
}

/// Interest and principal by day. Rounding is carried on, so that the sum is the exact interest, rounded half up once.
#[must_use]
pub fn schedule(bond: &Bond) -> Vec<Payment> {
    let (times, months) = match bond.coupon {
        Coupon::Yearly => (1, 12),
        Coupon::HalfYearly => (2, 6),
    };
    let count = i32::from(bond.years) * times;
    let mut before = 0;
    let mut payments = Vec::new();
    for at in 1..=count {
        let Ok(on) = bond.issued.checked_add((at * months).months()) else { break };
        let until = interest(bond.raised, bond.rate, at.into(), times.into());
        let principal = if at == count { bond.raised } else { 0 };
        payments.push(Payment { on, interest: until.saturating_sub(before), principal });
        before = until;
    }
    payments
}

/// Whether the project carries its share; `cover` is the rule's, once where there is none.
#[must_use]
pub fn balance<'a>(bond: &Bond, project: &'a Project, cover: Option<Fixed>) -> Balance<'a> {
    let sum = |yuan: &mut dyn Iterator<Item = i64>| yuan.fold(0i64, i64::saturating_add);
    let planned = sum(&mut project.income.iter().map(|i| i.planned));
    let actual = sum(&mut project.income.iter().filter_map(|i| i.actual));
    let used = sum(&mut project.uses.iter().map(|u| u.yuan));
    let interest = interest(project.allotted, bond.rate, bond.years.into(), 1);
    let owed = i128::from(project.allotted) + i128::from(interest);
    let times = i128::from(cover.unwrap_or(Fixed::whole(1)).millionths());
    let needed = owed.saturating_mul(times).saturating_add(999_999).div_euclid(1_000_000);
    let needed = i64::try_from(needed).unwrap_or(i64::MAX);
    Balance {
        project,
        planned,
        actual,
        principal: project.allotted,
        interest,
        needed,
        surplus: planned.saturating_add(project.other).saturating_sub(needed),
        used,
        left: project.allotted.saturating_sub(used),
    }
}

/// Every fault of the bonds under the rules of the day each was issued, in the order of bonds, projects and checks.
#[must_use]
pub fn check<'a>(rules: &'a BondRules, bonds: &'a [Bond]) -> Vec<Fault<'a>> {
    let mut places: BTreeMap<&str, u32> = BTreeMap::new();
    for parcel in bonds.iter().flat_map(|b| &b.projects).flat_map(|p| &p.parcels) {
        *places.entry(&parcel.id).or_default() += 1;
    }
    let mut faults = Vec::new();
    for bond in bonds {
        let mut find = Finder { rules, bond, project: None, faults: &mut faults };
        let allotted = bond.projects.iter().fold(0i64, |sum, p| sum.saturating_add(p.allotted));
        if allotted > bond.raised {
            let raised = bond.raised;
            find.fault(
                Check::Proceeds,
                (
                    format!("分配 {allotted} 元，超过募集的 {raised} 元"),
                    format!("{allotted} yuan are allotted of {raised} raised"),
                ),
            );
        }
        for project in &bond.projects {
            find.project = Some(project);
            find.project_itself(project);
            find.parcels(project, &places);
            find.uses(project);
        }
    }
    faults
}

/// Where faults of one bond are collected.
struct Finder<'a, 'f> {
    rules: &'a BondRules,
    bond: &'a Bond,
    project: Option<&'a Project>,
    faults: &'f mut Vec<Fault<'a>>,
}

impl<'a> Finder<'a, '_> {
    /// Notes a fault where a rule on it is in force.
    fn fault(&mut self, check: Check, texts: (String, String)) {
        if let Some(rule) = self.rules.on(check, self.bond.issued) {
            let project = self.project.map(|p| p.id.as_str());
            self.faults.push(Fault { rule, bond: &self.bond.id, project, texts });
        }
    }

    fn project_itself(&mut self, project: &'a Project) {
        if project.identifier.as_deref().is_none_or(|id| id.trim().is_empty()) {
            let texts = ("没有土地储备计划标识码".into(), "no identifier of the reserve plan".into());
            self.fault(Check::ReservePlan, texts);
        }
        if !project.agency_listed {
            let texts = ("实施机构不在储备机构名录".into(), "its agency is not on the national list".into());
            self.fault(Check::Agency, texts);
        }
        let cover = self.rules.on(Check::Balance, self.bond.issued).and_then(|r| r.cover);
        let balance = balance(self.bond, project, cover);
        let (needed, short) = (balance.needed, balance.surplus.saturating_neg());
        if short > 0 {
            let texts = (
                format!("需覆盖 {needed} 元，缺 {short} 元"),
                format!("{needed} yuan are to be covered, {short} are short"),
            );
            self.fault(Check::Balance, texts);
        }
        let (used, own) = (balance.used, project.allotted);
        if balance.left < 0 {
            let texts = (
                format!("已用 {used} 元，超过分配的 {own} 元"),
                format!("{used} yuan are used of {own} allotted"),
            );
            self.fault(Check::Proceeds, texts);
        }
    }

    fn parcels(&mut self, project: &'a Project, places: &BTreeMap<&str, u32>) {
        let last = self.rules.on(Check::SuppliedBy, self.bond.issued).and_then(|r| r.day);
        for parcel in &project.parcels {
            let id = &parcel.id;
            if parcel.bought_before || places.get(id.as_str()).is_some_and(|n| *n > 1) {
                let texts = (format!("地块 {id} 已收购过"), format!("parcel {id} was bought back before"));
                self.fault(Check::BuyBack, texts);
            }
            if parcel.source == Source::New {
                continue;
            }
            if !parcel.on_list {
                let texts = (format!("地块 {id} 不在清单"), format!("parcel {id} is not on the list"));
                self.fault(Check::IdleList, texts);
            }
            match parcel.supplied {
                None => self.fault(
                    Check::SuppliedBy,
                    (format!("地块 {id} 缺供应日期"), format!("parcel {id} has no day of supply")),
                ),
                Some(on) if last.is_some_and(|last| on > last) => self.fault(
                    Check::SuppliedBy,
                    (format!("地块 {id} 于 {on} 供应"), format!("parcel {id} was supplied on {on}")),
                ),
                Some(_) => {}
            }
        }
    }

    fn uses(&mut self, project: &'a Project) {
        for paid in &project.uses {
            let (on, yuan, account, parcel) = (paid.on, paid.yuan, &paid.account, &paid.parcel);
            if *account != project.account || paid.purpose == Purpose::Other {
                let (zh, en) = paid.purpose.names();
                let texts = (
                    format!("{on} 从 {account} 支付 {yuan} 元（{zh}）"),
                    format!("{on}: {yuan} yuan from {account} ({en})"),
                );
                self.fault(Check::RingFence, texts);
            }
            if !project.parcels.iter().any(|p| p.id == *parcel) {
                let texts = (
                    format!("{on} 用于地块 {parcel}，不属本项目"),
                    format!("{on}: for parcel {parcel}, which is not of the project"),
                );
                self.fault(Check::OneProject, texts);
            }
        }
    }
}

/// Simple interest for `at` of the `times` parts of a year, whole yuan, half up; the rate is per cent.
fn interest(yuan: i64, rate: Fixed, at: i128, times: i128) -> i64 {
    let exact = i128::from(yuan).saturating_mul(rate.millionths().into()).saturating_mul(at);
    let whole = rounded(exact, 100_000_000 * times).unwrap_or(i128::MAX);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn sample() -> Vec<Bond> {
        BondRules::built_in().examples[0].bonds.clone()
    }

    fn found(bonds: &[Bond]) -> Vec<Check> {
        check(BondRules::built_in(), bonds).iter().map(|f| f.rule.check).collect()
    }

    #[test]
    fn three_hundred_and_fifty_million_at_2_31_per_cent() {
        let bond = &sample()[0];
        let payments = schedule(bond);
        assert_eq!(payments.len(), 20);
        let half = Payment { on: date(2025, 12, 20), interest: 4_042_500, principal: 0 };
        assert_eq!(payments[0], half);
        let last = Payment { on: date(2035, 6, 20), interest: 4_042_500, principal: 350_000_000 };
        assert_eq!(payments[19], last);
        let north = balance(bond, &bond.projects[0], None);
        assert_eq!((north.interest, north.needed, north.surplus), (46_200_000, 246_200_000, 23_800_000));
        assert_eq!((north.used, north.left), (200_000_000, 0));
        let harbour = balance(bond, &bond.projects[1], None);
        assert_eq!((harbour.needed, harbour.surplus), (184_650_000, 350_000), "with 10m of other money");
        let strict = balance(bond, &bond.projects[1], "1.1".parse().ok());
        assert_eq!((strict.needed, strict.surplus), (203_115_000, -18_115_000));
    }

    #[test]
    fn money_moves_between_parcels_of_one_project_only() {
        let mut bonds = sample();
        bonds[0].projects[0].uses[1].parcel = "N1".into();
        assert_eq!(found(&bonds), [], "N1 takes what N2 leaves");
        bonds[0].projects[0].uses[1].parcel = "H1".into();
        assert_eq!(found(&bonds), [Check::OneProject]);
        bonds[0].projects[0].uses[1] = Use { yuan: 80_000_001, ..sample()[0].projects[0].uses[1].clone() };
        assert_eq!(found(&bonds), [Check::Proceeds], "north may not take what is left of harbour");
    }

    #[test]
    fn the_same_ground_under_two_bonds_is_found_in_both() {
        let mut bonds = sample();
        bonds.push(Bond { id: "second".into(), ..bonds[0].clone() });
        let rules = BondRules::built_in();
        let faults = check(rules, &bonds);
        assert_eq!(faults.len(), 6, "three parcels, twice");
        assert!(faults.iter().all(|f| f.rule.check == Check::BuyBack && f.rule.cure_zh.contains("移出")));
        assert_eq!((faults[0].bond, faults[5].bond), ("2025-reserve-1", "second"));
    }

    #[test]
    fn a_bond_is_held_against_the_rules_of_its_day() {
        let mut bonds = BondRules::built_in().examples[1].bonds.clone();
        bonds[0].issued = date(2025, 3, 3);
        assert_eq!(found(&bonds), [Check::IdleList]);
    }

    proptest! {
        #[test]
        fn interest_adds_up_to_the_exact_sum(
            raised in 0i64..10_000_000_000, rate in 0i64..10_000_000, years in 1u16..31, half in any::<bool>(),
        ) {
            let coupon = if half { Coupon::HalfYearly } else { Coupon::Yearly };
            let rate = Fixed::from_millionths(rate);
            let bond = Bond { raised, rate, years, coupon, projects: vec![], ..sample()[0].clone() };
            let payments = schedule(&bond);
            let sum: i128 = payments.iter().map(|p| i128::from(p.interest)).sum();
            let exact = i128::from(raised) * i128::from(rate.millionths()) * i128::from(years);
            prop_assert!((sum * 100_000_000 - exact).abs() * 2 <= 100_000_000);
            prop_assert_eq!(payments.iter().map(|p| p.principal).sum::<i64>(), raised);
            let (least, most) = (payments.iter().map(|p| p.interest).min(), payments.iter().map(|p| p.interest).max());
            prop_assert!(most.unwrap() - least.unwrap() <= 1);
        }
    }
}
