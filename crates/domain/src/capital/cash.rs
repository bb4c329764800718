//! Cash flows: present value, rates of return, pay-back and the multiples of private equity.
//!
//! Amounts are `i64` yuan: what is paid out is negative, what comes in is positive. A rate is inherently a
//! real number (the root of a sum of powers), so rates and discount factors are `f64` here; every amount that
//! leaves this file is whole yuan again, rounded half away from zero. Below 2^53 yuan (9,007万亿) no amount
//! loses a yuan by that.

mod root;

use crate::limits;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The lowest rate that is looked for: −99.9999999 % a period.
pub const LOWEST_RATE: f64 = -0.999_999_999;
/// The highest rate that is looked for: 10^12 a period (gains within days grow so when they are taken for a
/// year).
pub const HIGHEST_RATE: f64 = 1e12;
/// Days of a year in XNPV and XIRR (actual/365).
const YEAR_DAYS: f64 = 365.0;

/// An amount on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The day.
    pub on: Date,
    /// Whole yuan; negative when paid out.
    pub yuan: i64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No flow at all.
    Empty,
    /// More than [`limits::CASH_FLOWS`].
    TooMany,
    /// The rate is no number above −100 %.
    Rate,
    /// All flows go one way, so no rate makes them balance.
    OneWay,
    /// More than [`limits::SIGN_CHANGES`] changes of sign.
    SignChanges,
    /// Flows both ways, but no rate between [`LOWEST_RATE`] and [`HIGHEST_RATE`] balances them.
    NoRoot,
    /// The result is more than an amount can hold.
    TooLarge,
    /// What was paid out never came back.
    NotPaidBack,
}

impl Fault {
    /// What is wrong, in Chinese and in English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Fault::Empty => ("没有现金流", "there is no flow"),
            Fault::TooMany => ("现金流笔数过多", "there are too many flows"),
            Fault::Rate => ("折现率须大于 −100%", "the rate must be above −100%"),
            Fault::OneWay => {
                ("现金流全为流出或全为流入，无收益率", "all flows go one way, so there is no rate of return")
            }
            Fault::SignChanges => ("现金流方向变化过多", "the flows change their direction too often"),
            Fault::NoRoot => (
                "在可查范围内没有使净现值为零的收益率",
                "no rate in the range searched makes the flows balance",
            ),
            Fault::TooLarge => ("结果超出可表示的金额", "the result is larger than an amount can be"),
            Fault::NotPaidBack => ("未收回投资", "what was paid out has not come back"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().1)
    }
}

/// A rate of return.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Return {
    /// The rate of a period (IRR) or a year (XIRR): 0.1 for 10 %. Of several, the one nearest to zero.
    pub rate: f64,
    /// How many rates balance the flows; above one, a single figure misleads and should be shown with this
    /// number.
    pub roots: usize,
}

/// Net present value of flows one period apart, the first of them today and so undiscounted (the convention
/// of numpy-financial; a spreadsheet's `NPV` discounts the first by one period).
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooMany`], [`Fault::Rate`] or [`Fault::TooLarge`].
pub fn npv(rate: f64, flows: &[i64]) -> Result<i64, Fault> {
    present(rate, periodic(flows)?)
}

/// The rate a period at which [`npv`] is zero.
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooMany`], [`Fault::OneWay`], [`Fault::SignChanges`] or [`Fault::NoRoot`].
pub fn irr(flows: &[i64]) -> Result<Return, Fault> {
    balance(&periodic(flows)?)
}

/// Net present value of dated flows on the first (earliest) of their days: Σ yuan ÷ (1 + rate)^(days ÷ 365),
/// as a spreadsheet's `XNPV`. Their order does not matter.
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooMany`], [`Fault::Rate`] or [`Fault::TooLarge`].
pub fn xnpv(rate: f64, flows: &[Flow]) -> Result<i64, Fault> {
    present(rate, dated(flows)?)
}

/// The rate a year at which [`xnpv`] is zero, as a spreadsheet's `XIRR`; it needs no first guess.
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooMany`], [`Fault::OneWay`], [`Fault::SignChanges`] or [`Fault::NoRoot`].
pub fn xirr(flows: &[Flow]) -> Result<Return, Fault> {
    balance(&dated(flows)?)
}

/// Periods until what was paid out has come back for good: the running total reaches zero and is never below
/// it afterwards. Within the period in which that happens the flow is taken to come in evenly, so the answer
/// has a fraction. No discounting.
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooMany`] or [`Fault::NotPaidBack`].
pub fn payback(flows: &[i64]) -> Result<f64, Fault> {
    recovered(&periodic(flows)?)
}

/// [`payback`] of dated flows, in years of 365 days after the first day; between two days the later flow is
/// taken to come in evenly.
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooMany`] or [`Fault::NotPaidBack`].
pub fn payback_dated(flows: &[Flow]) -> Result<f64, Fault> {
    recovered(&dated(flows)?)
}

/// A multiple such as 1.85x, kept as an exact fraction of two amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiple {
    yuan: i128,
    over: i64,
}

impl Multiple {
    /// Hundredths, rounded half away from zero.
    #[must_use]
    pub fn hundredths(self) -> i64 {
        let (over, half) = (i128::from(self.over), i128::from(self.over) / 2);
        let scaled = self.yuan.saturating_mul(100);
        let rounded = scaled.saturating_add(half * scaled.signum()) / over;
        i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
    }
}

impl fmt::Display for Multiple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let h = self.hundredths();
        let sign = if h < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}x", h.unsigned_abs() / 100, h.unsigned_abs() % 100)
    }
}

/// What the multiples are made of, since inception; all in whole yuan, none negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Capital paid in (实缴, GIPS "since-inception paid-in capital"), recalled distributions included.
    pub paid_in: i64,
    /// Distributions received (DPI's numerator), recallable ones included.
    pub distributed: i64,
    /// Fair value of what is still held (residual value, net asset value).
    pub residual: i64,
}

impl Totals {
    /// DPI, the realisation multiple: distributions ÷ paid-in capital (GIPS 2020 glossary; ILPA reporting
    /// template). `None` when nothing is paid in.
    #[must_use]
    pub fn dpi(self) -> Option<Multiple> {
        self.over(i128::from(self.distributed))
    }
    /// RVPI, the unrealised multiple: residual value ÷ paid-in capital (GIPS 2020 glossary).
    #[must_use]
    pub fn rvpi(self) -> Option<Multiple> {
        self.over(i128::from(self.residual))
    }
    /// TVPI, the investment multiple: (distributions + residual value) ÷ paid-in capital = DPI + RVPI (GIPS
    /// 2020 glossary).
    #[must_use]
    pub fn tvpi(self) -> Option<Multiple> {
        self.over(i128::from(self.distributed) + i128::from(self.residual))
    }
    /// MOIC of one investment: (proceeds + fair value of the rest) ÷ what was invested, fees left out. It is
    /// TVPI's formula over an investment's own flows rather than an investor's in a fund.
    #[must_use]
    pub fn moic(self) -> Option<Multiple> {
        self.tvpi()
    }

    fn over(self, yuan: i128) -> Option<Multiple> {
        (self.paid_in > 0).then_some(Multiple { yuan, over: self.paid_in })
    }
}

/// A flow at a time in periods or years after the first.
#[derive(Clone, Copy, Debug)]
struct At {
    time: f64,
    yuan: i128,
}

fn counted(n: usize) -> Result<(), Fault> {
    match n {
        0 => Err(Fault::Empty),
        n if n > limits::CASH_FLOWS => Err(Fault::TooMany),
        _ => Ok(()),
    }
}

fn periodic(flows: &[i64]) -> Result<Vec<At>, Fault> {
    counted(flows.len())?;
    let times = (0u32..).map(f64::from);
    Ok(times.zip(flows).map(|(time, &yuan)| At { time, yuan: i128::from(yuan) }).collect())
}

/// In the order of their days; flows of one day are one.
fn dated(flows: &[Flow]) -> Result<Vec<At>, Fault> {
    counted(flows.len())?;
    let mut sorted = flows.to_vec();
    sorted.sort_by_key(|flow| flow.on);
    let mut at: Vec<At> = Vec::with_capacity(sorted.len());
    let mut day = None;
    for flow in &sorted {
        let days = sorted[0].on.duration_until(flow.on).as_hours() / 24;
        match at.last_mut() {
            Some(last) if day == Some(flow.on) => last.yuan += i128::from(flow.yuan),
            _ => at.push(At { time: days as f64 / YEAR_DAYS, yuan: i128::from(flow.yuan) }),
        }
        day = Some(flow.on);
    }
    Ok(at)
}

fn present(rate: f64, flows: Vec<At>) -> Result<i64, Fault> {
    if !rate.is_finite() || rate <= -1.0 {
        return Err(Fault::Rate);
    }
    let total: f64 = flows.iter().map(|f| f.yuan as f64 * (1.0 + rate).powf(-f.time)).sum();
    // 2^63 is the first number that does not fit.
    if total.is_finite() && total.abs() < i64::MAX as f64 {
        Ok(total.round() as i64)
    } else {
        Err(Fault::TooLarge)
    }
}

fn balance(flows: &[At]) -> Result<Return, Fault> {
    let terms: Vec<root::Term> = flows
        .iter()
        .filter(|f| f.yuan != 0)
        .map(|f| root::Term { time: f.time, amount: f.yuan as f64 })
        .collect();
    match root::sign_changes(&terms) {
        0 => return Err(Fault::OneWay),
        n if n > limits::SIGN_CHANGES => return Err(Fault::SignChanges),
        _ => {}
    }
    let roots = root::all(&terms, LOWEST_RATE.ln_1p(), HIGHEST_RATE.ln_1p());
    // The log of 1 + rate is zero where the rate is, and grows with it.
    let rates = roots.iter().map(|x| x.exp_m1());
    let rate = rates.min_by(|a, b| a.abs().total_cmp(&b.abs())).ok_or(Fault::NoRoot)?;
    Ok(Return { rate, roots: roots.len() })
}

fn recovered(flows: &[At]) -> Result<f64, Fault> {
    let totals: Vec<i128> = flows
        .iter()
        .scan(0i128, |total, f| {
            *total += f.yuan;
            Some(*total)
        })
        .collect();
    let Some(last_below) = totals.iter().rposition(|&total| total < 0) else { return Ok(0.0) };
    let Some(next) = flows.get(last_below + 1) else { return Err(Fault::NotPaidBack) };
    let from = flows[last_below].time;
    let part = -totals[last_below] as f64 / next.yuan as f64;
    Ok(from + part * (next.time - from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b}");
    }

    fn flow(on: Date, yuan: i64) -> Flow {
        Flow { on, yuan }
    }

    /// The example in the spreadsheet's documentation of XIRR and XNPV.
    fn documented() -> Vec<Flow> {
        vec![
            flow(date(2008, 1, 1), -10_000),
            flow(date(2008, 3, 1), 2_750),
            flow(date(2008, 10, 30), 4_250),
            flow(date(2009, 2, 15), 3_250),
            flow(date(2009, 4, 1), 2_750),
        ]
    }

    #[test]
    fn the_spreadsheets_own_examples() {
        let found = xirr(&documented()).unwrap();
        close(found.rate, 0.373_362_535, 5e-9);
        assert_eq!(found.roots, 1);
        // XNPV at 9 %: 2,086.65.
        assert_eq!(xnpv(0.09, &documented()), Ok(2_087));
        let mut turned = documented();
        turned.reverse();
        assert_eq!(xirr(&turned), xirr(&documented()), "their order does not matter");
        // IRR: −70,000 then 12,000 … 26,000 gives 8.66 %; after four years −2.1 %; after two −44.4 %.
        let flows = [-70_000, 12_000, 15_000, 18_000, 21_000, 26_000];
        close(irr(&flows).unwrap().rate, 0.0866, 5e-5);
        close(irr(&flows[..5]).unwrap().rate, -0.021_2, 5e-5);
        close(irr(&flows[..3]).unwrap().rate, -0.443_5, 5e-5);
    }

    #[test]
    fn the_first_flow_is_today() {
        // numpy-financial's documentation: npv(0.08, [-40000, 5000, 8000, 12000, 30000]) = 3065.22
        assert_eq!(npv(0.08, &[-40_000, 5_000, 8_000, 12_000, 30_000]), Ok(3_065));
        // its irr example: irr([-100, 39, 59, 55, 20]) = 0.28095
        close(irr(&[-100, 39, 59, 55, 20]).unwrap().rate, 0.280_95, 5e-6);
        close(irr(&[-100, 0, 0, 74]).unwrap().rate, -0.0955, 5e-5);
    }

    #[test]
    fn says_why_there_is_no_rate() {
        assert_eq!(irr(&[]), Err(Fault::Empty));
        assert_eq!(irr(&[0, 0]), Err(Fault::OneWay));
        assert_eq!(irr(&[100, 5]), Err(Fault::OneWay));
        // −1, +2, −3 each a year apart never balance: its discriminant is negative.
        assert_eq!(irr(&[-100, 200, -300]), Err(Fault::NoRoot));
        // Twice the money overnight is more than 10^12 a year.
        let overnight = [flow(date(2026, 1, 1), -1), flow(date(2026, 1, 2), 2)];
        assert_eq!(xirr(&overnight), Err(Fault::NoRoot));
        let swings: Vec<i64> = (0..100).map(|i| if i % 2 == 0 { -1 } else { 1 }).collect();
        assert_eq!(irr(&swings), Err(Fault::SignChanges));
        assert_eq!(irr(&vec![1; limits::CASH_FLOWS + 1]), Err(Fault::TooMany));
        for rate in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(npv(rate, &[1]), Err(Fault::Rate));
        }
        assert_eq!(npv(-0.999, &[0, 0, 0, 0, 0, 0, 0, 0, 0, i64::MAX]), Err(Fault::TooLarge));
    }

    #[test]
    fn two_rates_are_told_and_the_nearer_to_zero_is_given() {
        // −100 × (1 − 1.1/(1+r)) × (1 − 1.3/(1+r)): 10 % and 30 %.
        let found = irr(&[-100_000, 240_000, -143_000]).unwrap();
        close(found.rate, 0.1, 1e-9);
        assert_eq!(found.roots, 2);
        // The two flows of one day are one, and leave no change of sign.
        let day = date(2026, 1, 1);
        assert_eq!(xirr(&[flow(day, -5), flow(day, 6), flow(date(2026, 5, 1), 3)]), Err(Fault::OneWay));
    }

    #[test]
    fn pays_back_for_good() {
        close(payback(&[-100, 40, 40, 40]).unwrap(), 2.5, 1e-12);
        close(payback(&[-100, 100]).unwrap(), 1.0, 1e-12);
        close(payback(&[-100, 150, -80, 60]).unwrap(), 2.5, 1e-12);
        close(payback(&[5, 5]).unwrap(), 0.0, 1e-12);
        assert_eq!(payback(&[-100, 99]), Err(Fault::NotPaidBack));
        let flows = [flow(date(2025, 1, 1), -100), flow(date(2026, 1, 1), 50), flow(date(2027, 1, 1), 100)];
        close(payback_dated(&flows).unwrap(), 1.5, 1e-12);
    }

    #[test]
    fn multiples_by_the_standard_definitions() {
        let fund = Totals { paid_in: 80_000_000, distributed: 30_000_000, residual: 110_000_000 };
        let said = |m: Option<Multiple>| m.unwrap().to_string();
        assert_eq!(said(fund.dpi()), "0.38x");
        assert_eq!(said(fund.rvpi()), "1.38x");
        assert_eq!(said(fund.tvpi()), "1.75x");
        assert_eq!(fund.moic(), fund.tvpi());
        assert_eq!(Totals::default().dpi(), None);
    }

    fn series() -> impl Strategy<Value = Vec<Flow>> {
        prop::collection::vec((0i64..4_000, -1_000_000i64..1_000_000), 2..25).prop_map(|rows| {
            rows.into_iter().map(|(d, yuan)| flow(date(2020, 1, 1).saturating_add(d.days()), yuan)).collect()
        })
    }

    proptest! {
        /// At the rate that is found, the flows balance within what their size allows.
        #[test]
        fn the_rate_balances(flows in series()) {
            if let Ok(found) = xirr(&flows) {
                let size: f64 = dated(&flows).unwrap().iter()
                    .map(|f| (f.yuan as f64 * (1.0 + found.rate).powf(-f.time)).abs()).sum();
                let value: f64 = dated(&flows).unwrap().iter()
                    .map(|f| f.yuan as f64 * (1.0 + found.rate).powf(-f.time)).sum();
                prop_assert!(value.abs() <= size * 1e-8, "{value} of {size} at {}", found.rate);
            }
        }

        /// An investment that pays out first and then only receives has exactly one rate, and its sign is
        /// that of the gain.
        #[test]
        fn one_payment_then_income_has_one_rate(out in 1i64..1_000_000, ins in prop::collection::vec(0i64..100_000, 1..40)) {
            let mut flows = vec![-out];
            flows.extend(&ins);
            let gain: i64 = flows.iter().sum();
            match irr(&flows) {
                Ok(found) => {
                    prop_assert_eq!(found.roots, 1);
                    prop_assert!(gain == 0 || (found.rate > 0.0) == (gain > 0), "{} for {}", found.rate, gain);
                }
                Err(fault) => prop_assert!(fault == Fault::OneWay && ins.iter().all(|&i| i == 0), "{fault}"),
            }
        }

        /// A fine naive scan of the present value finds no root that is missed.
        #[test]
        fn no_rate_is_missed(flows in prop::collection::vec(-1_000i64..1_000, 2..9)) {
            let value = |x: f64| flows.iter().enumerate().map(|(i, &c)| c as f64 * (-x * i as f64).exp()).sum::<f64>();
            let steps: Vec<f64> = (0..=20_000).map(|i| -5.0 + 10.0 * f64::from(i) / 20_000.0).collect();
            let crossings = steps.windows(2).filter(|w| value(w[0]) * value(w[1]) < 0.0).count();
            let found = irr(&flows).map_or(0, |r| r.roots);
            prop_assert!(found >= crossings, "{found} roots, {crossings} crossings in {flows:?}");
        }
    }
}
