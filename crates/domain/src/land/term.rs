//! How long industrial land is held and what it costs for that time: the longest term, the modes of supply, renewal, and a price that
//! follows the term. The thresholds are data (`data/land-terms.toml`).

pub mod idle;
pub mod rule;

use super::area::Area;
use super::fixed::{Fixed, rounded};
use crate::words::words;
use jiff::ToSpan;
use jiff::civil::Date;
use rule::TermRules;
use serde::{Deserialize, Serialize};

words! {
    /// How industrial land is supplied.
    Mode "no mode of supply" {
        /// For the full term.
        Sale = "sale", "出让", "sale";
        /// For a shorter term.
        Flexible = "flexible", "弹性年期出让", "sale for a flexible term";
        /// A lease first; a sale when its conditions are met.
        LeaseThenSale = "lease_then_sale", "先租后让", "lease, then sale";
        /// A lease only.
        LongLease = "long_lease", "长期租赁", "long lease";
    }
}

/// A term of land as it is planned or contracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    /// How.
    pub mode: Mode,
    /// The first day of the term.
    pub from: Date,
    /// Years in all, a lease included.
    pub years: u16,
    /// Years of the lease in it.
    pub lease_years: u16,
}

/// What does not stand, with what would cure it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, Chinese and English.
    pub texts: (String, String),
    /// What would make it right, Chinese and English.
    pub cure: (String, String),
    /// Article, Chinese and English.
    pub article: (String, String),
    /// Whether the article is still to be compared (待核).
    pub confirm: bool,
}

/// Something that falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub on: Date,
    /// What, Chinese and English.
    pub texts: (String, String),
    /// Article, Chinese and English.
    pub article: (String, String),
}

/// The price of a shorter term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The full price by the share of the term, yuan, rounded up.
    pub scaled: i64,
    /// The published minimum over the area, yuan, rounded up.
    pub least: i64,
    /// The larger of both: what may be asked.
    pub price: i64,
}

impl Supply {
    /// The last day of the term; `None` beyond the calendar.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        self.from.checked_add(i32::from(self.years).years()).ok()?.yesterday().ok()
    }

    /// What does not stand under the rules of the first day.
    #[must_use]
    pub fn check(&self, rules: &TermRules) -> Vec<Fault> {
        let Some(rule) = rules.mode(self.mode, self.from) else {
            let (zh, en) = self.mode.names();
            return vec![Fault {
                texts: (
                    format!("{}没有“{zh}”的规定", self.from),
                    format!("no rule on {en} is in force on {}", self.from),
                ),
                cure: ("请改用当日允许的供应方式".into(), "use a mode that is allowed on that day".into()),
                article: (rules.source.clone(), rules.source.clone()),
                confirm: true,
            }];
        };
        let fault = |texts, cure| Fault {
            texts,
            cure,
            article: (rule.article_zh.clone(), rule.article_en.clone()),
            confirm: rule.confirm,
        };
        let mut faults = Vec::new();
        let (years, most, lease, most_lease) =
            (self.years, rule.most_years, self.lease_years, rule.most_lease_years);
        if !(1..=most).contains(&years) {
            faults.push(fault(
                (
                    format!("年期 {years} 年不在 1 至 {most} 年之内"),
                    format!("{years} years are not within 1 to {most}"),
                ),
                (format!("年期改为不超过 {most} 年"), format!("agree on at most {most} years")),
            ));
        }
        if lease > most_lease || lease > years {
            let most = most_lease.min(years);
            faults.push(fault(
                (
                    format!("租期 {lease} 年超过 {most} 年"),
                    format!("a lease of {lease} years is longer than {most}"),
                ),
                (format!("租期改为不超过 {most} 年"), format!("lease for at most {most} years")),
            ));
        }
        if self.mode == Mode::LeaseThenSale && (lease == 0 || lease == years) {
            faults.push(fault(
                (
                    "先租后让要有租期和其后的出让年期".into(),
                    "lease, then sale needs a lease and a sale after it".into(),
                ),
                ("写明租赁年期和出让年期".into(), "state the years of the lease and of the sale".into()),
            ));
        }
        faults
    }

    /// The last day on which renewal can be applied for, and the reminders before it; empty for a lease without sale.
    #[must_use]
    pub fn renewal(&self, rules: &TermRules) -> Vec<Due> {
        let rule = rules.term(self.from).filter(|_| self.mode != Mode::LongLease);
        let (Some(rule), Some(last)) = (rule, self.last_day()) else { return Vec::new() };
        let Ok(apply) = last.checked_sub(i32::from(rule.renewal_years).years()) else { return Vec::new() };
        let article = (rule.article_zh.clone(), rule.article_en.clone());
        let texts = (
            format!("最迟 {apply} 申请续期（{last} 届满）"),
            format!("apply for renewal by {apply} (the term ends on {last})"),
        );
        let days = rules.idle(self.from).map_or(&[][..], |idle| idle.reminder_days.as_slice());
        with_reminders(&Due { on: apply, texts, article }, days)
    }
}

/// What is due on `day`.
#[must_use]
pub fn due_on(all: &[Due], day: Date) -> Vec<&Due> {
    all.iter().filter(|due| due.on == day).collect()
}

/// The price of `years` out of the longest term for which `full` is asked, in proportion, and never below the published minimum.
///
/// `minimum` is yuan per square metre for this grade of land; it holds for the parcel whatever the term. Towns that correct by a rate of
/// return give their own price. `None` when the term is longer than the longest, or a number too large.
#[must_use]
pub fn price(full: i64, years: u16, longest: u16, area: Area, minimum: Fixed) -> Option<Price> {
    if years == 0 || years > longest || full < 0 || minimum < Fixed::ZERO {
        return None;
    }
    let up = |n: i128, d: i128| i64::try_from(n.checked_add(d - 1)? / d).ok();
    let scaled = up(i128::from(full) * i128::from(years), longest.into())?;
    let floor = i128::from(area.hundredths()).checked_mul(minimum.millionths().into())?;
    let least = up(floor, 100_000_000)?;
    Some(Price { scaled, least, price: scaled.max(least) })
}

/// The share of a price in whole yuan, rounded down: of "at most 20 %" never a yuan more.
pub(super) fn share_of(price: i64, per_cent: u8) -> i64 {
    i64::try_from(i128::from(price.max(0)) * i128::from(per_cent) / 100).unwrap_or(i64::MAX)
}

/// `due` itself and a reminder so many days before it, in the order of days.
pub(super) fn with_reminders(due: &Due, days: &[u16]) -> Vec<Due> {
    let before = |days: u16| {
        let on = due.on.checked_sub(i32::from(days).days()).ok()?;
        let (zh, en) = &due.texts;
        let texts = (format!("还有 {days} 天：{zh}"), format!("in {days} days: {en}"));
        Some(Due { on, texts, article: due.article.clone() })
    };
    let mut all: Vec<Due> = days.iter().filter_map(|d| before(*d)).chain([due.clone()]).collect();
    all.sort_by_key(|due| due.on);
    all
}

/// Whether `part` is less than `fraction` of `whole`.
pub(super) fn below_fraction(part: i64, whole: i64, fraction: (u32, u32)) -> bool {
    i128::from(part) * i128::from(fraction.1) < i128::from(whole) * i128::from(fraction.0)
}

/// Yuan for a share of the term that has passed, half up: for the money left when land goes back early.
#[must_use]
pub fn remaining(price: i64, supply: &Supply, day: Date) -> Option<i64> {
    let last = supply.last_day()?;
    let all = i128::from((last - supply.from).get_days()) + 1;
    let left = (i128::from((last - day).get_days()) + 1).clamp(0, all);
    i64::try_from(rounded(i128::from(price) * left, all)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn supply(mode: Mode, years: u16, lease_years: u16) -> Supply {
        Supply { mode, from: date(2026, 3, 1), years, lease_years }
    }

    #[test]
    fn each_mode_keeps_its_longest_term() {
        let rules = TermRules::built_in();
        let faults = |mode, years, lease| supply(mode, years, lease).check(rules).len();
        assert_eq!(
            (faults(Mode::Sale, 50, 0), faults(Mode::Sale, 51, 0), faults(Mode::Sale, 0, 0)),
            (0, 1, 1)
        );
        assert_eq!((faults(Mode::Flexible, 20, 0), faults(Mode::Flexible, 20, 1)), (0, 1));
        assert_eq!((faults(Mode::LeaseThenSale, 50, 5), faults(Mode::LeaseThenSale, 50, 6)), (0, 1));
        assert_eq!(faults(Mode::LeaseThenSale, 20, 0), 1, "a sale is not a lease before it");
        assert_eq!((faults(Mode::LongLease, 20, 20), faults(Mode::LongLease, 21, 21)), (0, 2));
        let early = Supply { from: date(2020, 1, 1), ..supply(Mode::LongLease, 10, 10) };
        assert!(early.check(rules)[0].texts.0.contains("没有“长期租赁”的规定"));
    }

    #[test]
    fn renewal_is_applied_for_a_year_before_the_end() {
        let rules = TermRules::built_in();
        let sale = supply(Mode::Sale, 50, 0);
        assert_eq!(sale.last_day(), Some(date(2076, 2, 29)));
        let due = sale.renewal(rules);
        let days: Vec<Date> = due.iter().map(|d| d.on).collect();
        assert_eq!(days, [date(2074, 11, 30), date(2075, 1, 29), date(2075, 2, 21), date(2075, 2, 28)]);
        assert!(due_on(&due, date(2075, 2, 28))[0].texts.0.contains("最迟 2075-02-28"));
        assert!(due_on(&due, date(2075, 2, 27)).is_empty());
        assert!(supply(Mode::LongLease, 20, 20).renewal(rules).is_empty());
    }

    #[test]
    fn the_price_follows_the_term_and_stops_at_the_minimum() {
        let area = Area::from_mu(60).unwrap();
        let price = |years, minimum: &str| price(24_000_000, years, 50, area, minimum.parse().unwrap());
        assert_eq!(price(20, "168"), Some(Price { scaled: 9_600_000, least: 6_720_000, price: 9_600_000 }));
        assert_eq!(price(10, "168"), Some(Price { scaled: 4_800_000, least: 6_720_000, price: 6_720_000 }));
        assert_eq!(price(50, "600.000001").unwrap().price, 24_000_001, "a minimum is rounded up");
        assert_eq!((price(51, "0"), price(0, "0")), (None, None));
    }

    #[test]
    fn what_is_left_of_a_price() {
        let ten = supply(Mode::Flexible, 10, 0);
        assert_eq!(remaining(1_000_000, &ten, date(2026, 3, 1)), Some(1_000_000));
        assert_eq!(remaining(1_000_000, &ten, date(2036, 3, 1)), Some(0));
        // 1,826 of 3,653 days.
        assert_eq!(remaining(1_000_000, &ten, date(2031, 3, 2)), Some(499_863));
    }

    proptest! {
        #[test]
        fn a_longer_term_never_costs_less(full in 0i64..1_000_000_000_000, years in 1u16..50, mu in 1i64..5_000) {
            let area = Area::from_mu(mu).unwrap();
            let of = |years| price(full, years, 50, area, Fixed::whole(168)).unwrap();
            prop_assert!(of(years).price <= of(years + 1).price);
            prop_assert!(of(years).price >= of(years).least);
            prop_assert_eq!(of(50).scaled, full);
        }
    }
}
