//! The appraisal of a landing plan (投入产出): support against fiscal and chain effect, year by year, for each option.
//!
//! Every number is an input with a name, a source and a range; nothing is hidden in a formula. Amounts are whole yuan. Discount factors are
//! integers of 10^-12, each made from the one before and rounded down, so that a result is the same everywhere; over fifty years their
//! error is below one yuan in a hundred million. Chain effects are estimates, are named so, and are never added to fiscal income silently:
//! the result is given with them and without.

use crate::limits;
use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// What an input is.
    Sort "no sort of input" {
        /// 支持
        Support = "support", "支持（支出）", "Support (cost)";
        /// 股权出资
        Equity = "equity", "股权出资", "Equity paid in";
        /// 地方财政收入
        Tax = "tax", "地方财政收入", "Local fiscal income";
        /// 租金收入
        Rent = "rent", "租金收入", "Rent received";
        /// 链上带动
        Chain = "chain", "链上带动（估计）", "Chain effect (estimate)";
        /// 股权收回
        Return = "return", "股权收回", "Equity returned";
    }
}

impl Sort {
    /// Whether it costs the zone.
    #[must_use]
    pub fn is_cost(self) -> bool {
        matches!(self, Sort::Support | Sort::Equity)
    }
}

/// An assumption: so many yuan a year, from the `from`-th year (1 is the year of signing) for `years` years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What it is.
    pub sort: Sort,
    /// Its name.
    pub name: String,
    /// Yuan a year.
    pub yuan: i64,
    /// First year, from 1.
    pub from: usize,
    /// How many years.
    pub years: usize,
    /// What it may become, hundredths of a percent of `yuan`: unfavourable and favourable.
    pub range: (i64, i64),
}

/// A year of the appraisal, whole yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Year {
    /// What goes out.
    pub cost: i64,
    /// Fiscal income, rent and equity that comes back.
    pub income: i64,
    /// Chain effect.
    pub chain: i64,
    /// Net present value of income less cost up to and with this year.
    pub so_far: i64,
}

/// A bar of the tornado chart: one input at either end of its range, all others as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Name of the input.
    pub name: String,
    /// Net present value at the unfavourable end.
    pub low: i64,
    /// At the favourable end.
    pub high: i64,
}

/// The result of one option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appraisal {
    /// Years, the first first.
    pub years: Vec<Year>,
    /// Present value of what goes out.
    pub cost: i64,
    /// Present value of fiscal income, rent and equity that comes back.
    pub income: i64,
    /// Present value of the chain effect.
    pub chain: i64,
    /// Income less cost, without the chain effect.
    pub npv: i64,
    /// The first year in which income so far, discounted, has paid the cost; `None` when it does not within the horizon.
    pub pay_back: Option<usize>,
    /// Income over cost in per mille; `None` without cost.
    pub ratio: Option<i64>,
    /// The inputs by how much they move the result, the widest first.
    pub tornado: Vec<Bar>,
}

const ONE: i128 = 1_000_000_000_000;

/// Appraises an option at a discount rate in hundredths of a percent (450 is 4.5 %). The first year is not discounted.
#[must_use]
pub fn appraise(inputs: &[Input], rate: i64) -> Appraisal {
    let horizon = inputs.iter().map(|i| i.from.saturating_add(i.years).saturating_sub(1)).max().unwrap_or(0);
    let factors = factors(rate, horizon.min(limits::APPRAISAL_YEARS));
    let value = |input: &Input, share: i64| -> i64 { present(input, share, &factors) };
    let mut years = vec![Year::default(); factors.len()];
    for input in inputs {
        for year in years.iter_mut().skip(input.from.saturating_sub(1)).take(input.years) {
            let part = match input.sort {
                Sort::Chain => &mut year.chain,
                sort if sort.is_cost() => &mut year.cost,
                _ => &mut year.income,
            };
            *part = part.saturating_add(input.yuan);
        }
    }
    let mut so_far = 0i64;
    for (year, factor) in years.iter_mut().zip(&factors) {
        so_far = so_far.saturating_add(times(year.income.saturating_sub(year.cost), *factor));
        year.so_far = so_far;
    }
    let sum = |of: &dyn Fn(Sort) -> bool| -> i64 {
        inputs.iter().filter(|i| of(i.sort)).map(|i| value(i, 10_000)).fold(0, i64::saturating_add)
    };
    let cost = sum(&Sort::is_cost);
    let income = sum(&|s| !s.is_cost() && s != Sort::Chain);
    let npv = income.saturating_sub(cost);
    let paid = |y: &Year| y.so_far >= 0;
    let pay_back = years.iter().position(|y| y.cost > 0).and_then(|first| {
        let last_short = years.iter().rposition(|y| !paid(y)).map_or(first, |n| n + 1);
        (last_short < years.len()).then_some(last_short.max(first) + 1)
    });
    Appraisal {
        cost,
        income,
        chain: sum(&|s| s == Sort::Chain),
        npv,
        pay_back,
        ratio: (cost > 0)
            .then(|| i64::try_from(i128::from(income) * 1_000 / i128::from(cost)).unwrap_or(i64::MAX)),
        tornado: tornado(inputs, npv, &value),
        years,
    }
}

fn tornado(inputs: &[Input], npv: i64, value: &dyn Fn(&Input, i64) -> i64) -> Vec<Bar> {
    let mut bars: Vec<Bar> = inputs
        .iter()
        .filter(|i| i.sort != Sort::Chain && i.range != (10_000, 10_000))
        .map(|i| {
            let sign = if i.sort.is_cost() { -1 } else { 1 };
            let at =
                |share: i64| npv.saturating_add(sign * (value(i, share).saturating_sub(value(i, 10_000))));
            Bar { name: i.name.clone(), low: at(i.range.0), high: at(i.range.1) }
        })
        .collect();
    bars.sort_by_key(|b| std::cmp::Reverse(b.high.abs_diff(b.low)));
    bars
}

/// Where bars stand on a scale of 0 to 1,000: left end, right end and the base line, for whatever draws them.
#[must_use]
pub fn scale(bars: &[Bar], npv: i64) -> (Vec<(i64, i64)>, i64) {
    let ends = || bars.iter().flat_map(|b| [b.low, b.high]).chain([npv]);
    let (least, most) = (ends().min().unwrap_or(0), ends().max().unwrap_or(0));
    let width = (i128::from(most) - i128::from(least)).max(1);
    let at = |v: i64| i64::try_from((i128::from(v) - i128::from(least)) * 1_000 / width).unwrap_or(0);
    (bars.iter().map(|b| (at(b.low.min(b.high)), at(b.low.max(b.high)))).collect(), at(npv))
}

fn factors(rate: i64, years: usize) -> Vec<i128> {
    let step = 10_000 + i128::from(rate.clamp(0, 100_000));
    let next = |f: &i128| Some(f * 10_000 / step);
    std::iter::successors(Some(ONE), next).take(years).collect()
}

fn present(input: &Input, share: i64, factors: &[i128]) -> i64 {
    let yuan = i64::try_from(i128::from(input.yuan) * i128::from(share) / 10_000).unwrap_or(i64::MAX);
    // Rounded once, not year by year.
    times(yuan, factors.iter().skip(input.from.saturating_sub(1)).take(input.years).sum())
}

/// An amount times a factor, rounded half away from zero.
fn times(yuan: i64, factor: i128) -> i64 {
    let product = i128::from(yuan) * factor;
    let half = if product < 0 { -ONE / 2 } else { ONE / 2 };
    i64::try_from((product + half) / ONE).unwrap_or(if product < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(sort: Sort, name: &str, yuan: i64, from: usize, years: usize) -> Input {
        Input { sort, name: name.into(), yuan, from, years, range: (8_000, 12_000) }
    }

    #[test]
    fn a_support_of_one_year_against_tax_of_five_years() {
        let mut support = input(Sort::Support, "设备补助", 10_000_000, 1, 1);
        support.range = (12_000, 10_000);
        let inputs = [
            support,
            input(Sort::Tax, "税收地方留成", 3_000_000, 2, 5),
            input(Sort::Chain, "带动", 9_000_000, 2, 2),
        ];
        let a = appraise(&inputs, 500);
        // 3,000,000 × (1.05^-1 + … + 1.05^-5) = 3,000,000 × 4.329476671
        assert_eq!((a.cost, a.income, a.npv), (10_000_000, 12_988_430, 2_988_430));
        assert_eq!(a.years.len(), 6);
        assert_eq!(a.pay_back, Some(5), "−10 + 2.857 + 2.721 + 2.592 + 2.468 > 0 in the fifth year");
        assert_eq!(a.ratio, Some(1_298));
        assert!(a.chain > 0 && a.npv == a.income - a.cost, "the chain effect stands apart");
        assert_eq!(a.tornado[0].name, "税收地方留成");
        assert_eq!((a.tornado[0].low, a.tornado[0].high), (2_988_430 - 2_597_686, 2_988_430 + 2_597_686));
        assert_eq!((a.tornado[1].low, a.tornado[1].high), (988_430, 2_988_430));
        let (bars, base) = scale(&a.tornado, a.npv);
        assert_eq!((bars[0], base), ((0, 1_000), 500));
    }

    #[test]
    fn nothing_in_nothing_out() {
        let a = appraise(&[], 450);
        assert_eq!((a.npv, a.pay_back, a.ratio, a.years.len()), (0, None, None, 0));
        let never = appraise(&[input(Sort::Support, "x", 10, 1, 3)], 0);
        assert_eq!((never.npv, never.pay_back), (-30, None));
    }

    proptest! {
        #[test]
        fn parts_add_up_and_the_base_lies_within_each_bar(
            raw in prop::collection::vec((0usize..6, 0i64..1_000_000_000, 1usize..10, 0usize..20), 0..8), rate in 0i64..2_000
        ) {
            let inputs: Vec<Input> = raw.iter().map(|(s, y, f, n)| input(Sort::ALL[*s], "x", *y, *f, *n)).collect();
            let a = appraise(&inputs, rate);
            let last = a.years.last().map_or(0, |y| y.so_far);
            // Each amount is rounded once, by input here and by year there.
            prop_assert!((a.npv - last).abs() <= 400, "{} and {}", a.npv, last);
            for bar in &a.tornado {
                prop_assert!(bar.low.min(bar.high) <= a.npv && a.npv <= bar.low.max(bar.high));
            }
            let free = appraise(&inputs, 0);
            let plain: i64 = free.years.iter().map(|y| y.income - y.cost).sum();
            prop_assert_eq!(free.npv, plain);
        }
    }
}
