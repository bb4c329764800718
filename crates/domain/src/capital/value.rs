//! What a warrant may be worth: an indicative value by a binomial tree with dilution.
//!
//! The tree is that of J. Cox, S. Ross and M. Rubinstein (Option pricing: a simplified approach, Journal of
//! Financial Economics 7, 1979); dilution is that of D. Galai and M. Schneller (Pricing of warrants and the
//! value of the firm, Journal of Finance 33, 1978): when M new shares at K join N shares at S, each is worth
//! (N·S + M·K) ÷ (N + M), so a warrant pays N ÷ (N + M) of what an option pays. Early exercise is of all at
//! once. A volatility and a chance are inherently real numbers, so the model is in `f64`; prices go in and
//! come out as integers of 1/10,000 yuan, amounts as whole yuan. [`LIMITS`] says what the model leaves out,
//! and is shown wherever a value is.

use super::price::{Price, Shares};
use crate::limits;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// What the model leaves out, in Chinese and in English.
pub const LIMITS: (&str, &str) = (
    "参考估值，不作为交易、入账或国有资产评估依据。模型为二叉树（Cox–Ross–Rubinstein）并按 Galai–Schneller 计稀释：假定股价可连续交易、\
     波动率与利率不变、不分红、全部认股权同时行权；股价须为未计认股权稀释的每股价值。未上市企业股价与波动率只能估计，未计流动性折价、\
     触发条件、反稀释、上限、下一轮定价与违约风险。",
    "An indication, no basis for a deal, for books or for an appraisal of state assets. The model is a \
     binomial tree (Cox–Ross–Rubinstein) with Galai–Schneller dilution: it takes the share to be traded at \
     any time, volatility and rate to be constant, no dividends, and all warrants to be exercised together; \
     the price of a share is that before the warrants' dilution. Of an unlisted company price and volatility \
     can only be estimated; illiquidity, triggers, anti-dilution, caps, prices by the next round and default \
     are left out.",
);

/// The highest volatility a year: 300 %.
pub const HIGHEST_VOLATILITY: f64 = 3.0;
/// The lowest and the highest rate a year.
pub const RATES: (f64, f64) = (-0.1, 0.5);
/// Days of a year in the model.
const YEAR_DAYS: f64 = 365.0;

words! {
    /// When it may be exercised.
    Style "no style of exercise" {
        /// 行权期内任何一日
        American = "american", "行权期内任一日行权", "On any day";
        /// 到期日
        European = "european", "仅到期日行权", "On the last day only";
    }
}

words! {
    /// Where the shares come from.
    Source "no source of shares" {
        /// 增发: each exercise dilutes.
        New = "new", "企业增发（稀释）", "New shares, which dilute";
        /// 存量: nobody is diluted.
        Existing = "existing", "存量转让（不稀释）", "Shares that exist, without dilution";
    }
}

/// What the model is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// What a share is worth today, before the warrants' dilution.
    pub share: Price,
    /// What a share costs on exercise.
    pub strike: Price,
    /// Volatility a year: 0.4 for 40 %; 0 to [`HIGHEST_VOLATILITY`].
    pub volatility: f64,
    /// Riskless rate a year, continuously compounded, within [`RATES`].
    pub rate: f64,
    /// Days until the last day of the window, at most [`limits::TREE_DAYS`].
    pub days: u32,
    /// Steps of the tree, 1 to [`limits::TREE_STEPS`].
    pub steps: u32,
    /// Shares today (N).
    pub shares: Shares,
    /// Shares that the warrant may buy (M).
    pub warrants: Shares,
    /// Where they come from.
    pub source: Source,
    /// When it may be exercised.
    pub style: Style,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Shares, warrants and prices must be above zero.
    Number,
    /// The volatility is out of its range.
    Volatility,
    /// The rate is out of its range.
    Rate,
    /// Days or steps are out of their range.
    Size,
    /// The tree is too coarse for so small a volatility beside the rate; it takes this many steps, or a
    /// volatility of zero.
    TooCoarse(u64),
    /// More than an amount can hold.
    TooLarge,
}

impl Fault {
    /// What is wrong, in Chinese and in English.
    #[must_use]
    pub fn words(self) -> (String, String) {
        let said = |zh: &str, en: &str| (zh.to_string(), en.to_string());
        match self {
            Fault::Number => said("股数与价格应大于零", "shares and prices must be above zero"),
            Fault::Volatility => said("波动率应在 0 至 300% 之间", "the volatility must be 0 to 300%"),
            Fault::Rate => said("利率应在 −10% 至 50% 之间", "the rate must be −10% to 50%"),
            Fault::Size => said("天数或步数超出范围", "days or steps are out of their range"),
            Fault::TooCoarse(steps) => (
                format!("波动率相对利率过小，至少需 {steps} 步，或将波动率设为 0"),
                format!(
                    "the volatility is too small for the rate: use {steps} steps, or a volatility of zero"
                ),
            ),
            Fault::TooLarge => said("结果超出可表示的金额", "more than an amount can hold"),
        }
    }
}

/// An indicative value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Of the right to one share, rounded to 毫.
    pub each: Price,
    /// Of the whole warrant, whole yuan.
    pub whole: i64,
    /// Of the whole warrant if it were exercised today, whole yuan, dilution included; never below zero.
    pub intrinsic: i64,
}

/// Values a warrant; see [`LIMITS`].
///
/// # Errors
/// See [`Fault`].
pub fn value(input: &Input) -> Result<Value, Fault> {
    checked(input)?;
    let (n, m) = (input.shares.0 as f64, input.warrants.0 as f64);
    let kept = match input.source {
        Source::New => n / (n + m),
        Source::Existing => 1.0,
    };
    let now = (yuan(input.share) - yuan(input.strike)).max(0.0);
    let each = option(input)? * kept;
    let hao = narrow(each * 10_000.0)?;
    Ok(Value { each: Price(hao), whole: narrow(each * m)?, intrinsic: narrow(now * kept * m)? })
}

fn checked(input: &Input) -> Result<(), Fault> {
    if [input.share.0, input.strike.0, input.shares.0, input.warrants.0].iter().any(|n| *n <= 0) {
        return Err(Fault::Number);
    }
    if !(0.0..=HIGHEST_VOLATILITY).contains(&input.volatility) {
        return Err(Fault::Volatility);
    }
    if !(RATES.0..=RATES.1).contains(&input.rate) {
        return Err(Fault::Rate);
    }
    let sizes = input.days <= limits::TREE_DAYS && (1..=limits::TREE_STEPS).contains(&input.steps);
    if sizes { Ok(()) } else { Err(Fault::Size) }
}

/// The value of an option on one share without dilution, in yuan.
fn option(input: &Input) -> Result<f64, Fault> {
    let (share, strike) = (yuan(input.share), yuan(input.strike));
    let years = f64::from(input.days) / YEAR_DAYS;
    let now = (share - strike).max(0.0);
    if years == 0.0 {
        return Ok(now);
    }
    if input.volatility == 0.0 {
        // The share grows at the rate for certain, so only the two ends can be best.
        let last = (share - strike * (-input.rate * years).exp()).max(0.0);
        return Ok(if input.style == Style::American { last.max(now) } else { last });
    }
    tree(input, share, strike, years)
}

fn tree(input: &Input, share: f64, strike: f64, years: f64) -> Result<f64, Fault> {
    let step = years / f64::from(input.steps);
    let up = input.volatility * step.sqrt();
    let chance = ((input.rate * step).exp() - (-up).exp()) / (up.exp() - (-up).exp());
    if !(0.0..=1.0).contains(&chance) {
        // A chance needs |rate| × step below volatility × √step.
        let needed = (input.rate / input.volatility).powi(2) * years;
        return Err(Fault::TooCoarse(needed.ceil() as u64 + 1));
    }
    let discount = (-input.rate * step).exp();
    let paid = |level: u32, ups: u32| {
        let moves = 2.0 * f64::from(ups) - f64::from(level);
        (share * (up * moves).exp() - strike).max(0.0)
    };
    let mut values: Vec<f64> = (0..=input.steps).map(|ups| paid(input.steps, ups)).collect();
    for level in (0..input.steps).rev() {
        for (i, ups) in (0..=level).enumerate() {
            let kept = discount * (chance * values[i + 1] + (1.0 - chance) * values[i]);
            values[i] = if input.style == Style::American { kept.max(paid(level, ups)) } else { kept };
        }
    }
    Ok(values[0])
}

fn yuan(price: Price) -> f64 {
    price.0 as f64 / 10_000.0
}

fn narrow(amount: f64) -> Result<i64, Fault> {
    if amount.is_finite() && amount.abs() < i64::MAX as f64 {
        Ok(amount.round() as i64)
    } else {
        Err(Fault::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// J. Hull's example: 42 against 40, 20 %, 10 %, half a year; here with 1 warrant share for every 9.
    fn hull() -> Input {
        Input {
            share: Price::of_yuan(42),
            strike: Price::of_yuan(40),
            volatility: 0.2,
            rate: 0.1,
            days: 182,
            steps: 500,
            shares: Shares(9_000_000),
            warrants: Shares(1_000_000),
            source: Source::New,
            style: Style::European,
        }
    }

    /// The chance that a standard normal number is below x, by Simpson's rule.
    fn normal(x: f64) -> f64 {
        let density = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let (from, n) = (-12.0, 20_000);
        let h = (x - from) / f64::from(n);
        let inner: f64 =
            (1..n).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * density(from + f64::from(i) * h)).sum();
        (density(from) + inner + density(x)) * h / 3.0
    }

    /// F. Black and M. Scholes, 1973.
    fn black_scholes(i: &Input) -> f64 {
        let (s, k, t) = (yuan(i.share), yuan(i.strike), f64::from(i.days) / 365.0);
        let d1 =
            ((s / k).ln() + (i.rate + i.volatility * i.volatility / 2.0) * t) / (i.volatility * t.sqrt());
        s * normal(d1) - k * (-i.rate * t).exp() * normal(d1 - i.volatility * t.sqrt())
    }

    #[test]
    fn converges_to_black_scholes_with_dilution() {
        assert!((black_scholes(&Input { days: 183, ..hull() }) - 4.76).abs() < 0.01, "Hull's figure");
        for (share, volatility, days) in
            [(42, 0.2, 182), (30, 0.4, 1_095), (40, 0.6, 730), (80, 0.3, 365), (40, 1.2, 1_825)]
        {
            let input = Input { share: Price::of_yuan(share), volatility, days, ..hull() };
            let expected = black_scholes(&input) * 0.9 * 10_000.0;
            let found = value(&input).unwrap().each.0 as f64;
            assert!((found / expected - 1.0).abs() < 0.005, "{found} is not {expected}");
        }
        let undiluted = value(&Input { source: Source::Existing, ..hull() }).unwrap();
        assert!((undiluted.each.0 as f64 / 10_000.0 - black_scholes(&hull())).abs() < 0.02);
        let whole = value(&hull()).unwrap();
        assert!((whole.whole - whole.each.0 * 100).abs() <= 50, "{whole:?}: a million rights");
        assert_eq!(whole.intrinsic, 1_800_000, "2 yuan × 0.9 × 1,000,000");
    }

    #[test]
    fn without_volatility_only_time_counts() {
        let still = Input { volatility: 0.0, days: 365, ..hull() };
        let expected = (42.0 - 40.0 * (-0.1f64).exp()) * 0.9;
        assert_eq!(value(&still).unwrap().each, Price((expected * 10_000.0).round() as i64));
        let out = Input { share: Price::of_yuan(30), ..still };
        assert_eq!(value(&out).unwrap(), Value { each: Price(0), whole: 0, intrinsic: 0 });
        assert_eq!(value(&Input { days: 0, ..hull() }).unwrap().each, Price(18_000));
        let falling = Input { rate: -0.05, style: Style::American, ..still };
        assert_eq!(value(&falling).unwrap().each, Price(18_000), "better today than later");
        // Next to no volatility is next to the same.
        let small = Input { volatility: 0.02, steps: 500, ..still };
        assert!((value(&small).unwrap().each.0 - value(&still).unwrap().each.0).abs() < 100);
    }

    #[test]
    fn the_limits_are_said_in_both_languages() {
        assert!(LIMITS.0.contains("不分红") && LIMITS.1.contains("no dividends"));
        assert!(!LIMITS.1.contains("  "), "a break of a line leaves one space");
    }

    #[test]
    fn what_cannot_be_valued_is_named() {
        let fault = |input: Input| value(&input).unwrap_err();
        assert_eq!(fault(Input { strike: Price(0), ..hull() }), Fault::Number);
        assert_eq!(fault(Input { volatility: f64::NAN, ..hull() }), Fault::Volatility);
        assert_eq!(fault(Input { rate: 0.6, ..hull() }), Fault::Rate);
        assert_eq!(fault(Input { steps: limits::TREE_STEPS + 1, ..hull() }), Fault::Size);
        let coarse = Input { volatility: 0.01, days: 365, steps: 50, ..hull() };
        assert_eq!(fault(coarse), Fault::TooCoarse(101));
        assert!(value(&Input { steps: 101, ..coarse }).is_ok());
        let huge = Input { share: Price(i64::MAX), warrants: Shares(i64::MAX), ..hull() };
        assert_eq!(fault(huge), Fault::TooLarge);
    }

    fn inputs() -> impl Strategy<Value = Input> {
        ((1i64..2_000_000, 1i64..2_000_000), 0.05..2.5f64, 0.0..0.2f64, 1u32..2_000, 20u32..120).prop_map(
            |((share, strike), volatility, rate, days, steps)| Input {
                share: Price(share),
                strike: Price(strike),
                volatility,
                rate,
                days,
                steps,
                ..hull()
            },
        )
    }

    proptest! {
        /// Without dividends nobody exercises early.
        #[test]
        fn american_is_european(input in inputs()) {
            let american = value(&Input { style: Style::American, ..input });
            match (value(&input), american) {
                (Ok(e), Ok(a)) => prop_assert!((e.each.0 - a.each.0).abs() <= 1, "{e:?} {a:?}"),
                (e, a) => prop_assert_eq!(e, a),
            }
        }

        /// More volatility, more warrants' worth; never below what exercise today gives, never above the
        /// share.
        #[test]
        fn grows_with_volatility(input in inputs(), more in 0.0..0.5f64) {
            let Ok(less) = value(&input) else { return Ok(()) };
            let more = value(&Input { volatility: input.volatility + more, ..input }).unwrap();
            prop_assert!(more.each >= less.each);
            prop_assert!(less.each.0 <= input.share.0 && less.whole >= less.intrinsic - 1);
        }

        /// More warrants, less for each.
        #[test]
        fn falls_with_dilution(input in inputs(), more in 1i64..50_000_000) {
            let Ok(few) = value(&input) else { return Ok(()) };
            let many = value(&Input { warrants: Shares(input.warrants.0 + more), ..input }).unwrap();
            prop_assert!(many.each <= few.each);
        }
    }
}
