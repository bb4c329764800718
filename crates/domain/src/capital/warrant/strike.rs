//! The price of exercise: the rule of the terms, then what later and cheaper issues do to it.

use super::state::State;
use super::{AntiDilution, PriceRule};
use crate::capital::price::{Price, Shares, ratio};
use crate::capital::round::{self, Basis, Change, ShareEvent, Table};
use jiff::civil::Date;

/// Why there is no price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPrice {
    /// The formula is to be worked out by people, and no price is recorded.
    Unresolved(String),
    /// There was no issue up to the day of the grant.
    NoLastRound,
    /// There was no issue after the day of the grant yet.
    NoNextRound,
    /// The company had no shares on the day of the grant, or the price is none that can be held.
    NoShares,
}

/// A cheaper issue that lowered the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The day of the issue.
    pub on: Date,
    /// Shares issued below the price.
    pub issued: Shares,
    /// What they brought, yuan.
    pub raised: i64,
    /// The price before it.
    pub before: Price,
    /// The price after it.
    pub after: Price,
}

/// A price and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// What a share costs on exercise.
    pub price: Price,
    /// What the rule alone gives.
    pub base: Price,
    /// The day on which the base was settled.
    pub settled: Date,
    /// What lowered it since.
    pub steps: Vec<Step>,
}

/// The price of exercise on `on`, with `company`, the share events of the issuer.
///
/// * [`AntiDilution::Weighted`]: CP₂ = CP₁ × (A + B) ÷ (A + C), with A all fully diluted shares before the
///   issue (this warrant's own not counted), B what was raised ÷ CP₁ and C the shares issued: the formula of
///   the NVCA model certificate of incorporation, article fourth, 4.4.4. Rounded half up to 毫.
/// * [`AntiDilution::Ratchet`]: the price of the issue where that is lower.
///
/// Issues of one day below the price count as one. Options and warrants that are exercised do not count. The
/// number of shares of a quantity by shares stays.
///
/// # Errors
/// See [`NoPrice`].
pub fn strike(state: &State, company: &[ShareEvent], on: Date) -> Result<Strike, NoPrice> {
    let (base, settled) = base(state, company, on)?;
    let steps = match state.terms.anti_dilution {
        AntiDilution::None => Vec::new(),
        rule => steps(rule, base, settled, company, on),
    };
    let price = steps.last().map_or(base, |step| step.after);
    Ok(Strike { price, base, settled, steps })
}

fn base(state: &State, company: &[ShareEvent], on: Date) -> Result<(Price, Date), NoPrice> {
    let granted = state.terms.granted;
    let found = match &state.terms.price {
        PriceRule::Fixed(price) => Some((*price, granted)),
        PriceRule::PreMoney(yuan) => {
            round::fold(company, granted).price_at(*yuan, state.terms.basis).map(|p| (p, granted))
        }
        PriceRule::LastRound(hundredths) => {
            let last = issues(company).filter(|(day, _)| *day <= granted).max_by_key(|(day, _)| *day);
            let (_, price) = last.ok_or(NoPrice::NoLastRound)?;
            price.times(*hundredths).map(|p| (p, granted))
        }
        PriceRule::NextRound(hundredths) => {
            let next = issues(company).filter(|(day, _)| (*day > granted) && (*day <= on));
            let (day, price) = next.min_by_key(|(day, _)| *day).ok_or(NoPrice::NoNextRound)?;
            price.times(*hundredths).map(|p| (p, day))
        }
        PriceRule::Formula(text) => Some(state.resolved.ok_or_else(|| NoPrice::Unresolved(text.clone()))?),
    };
    found.filter(|(price, _)| price.0 > 0).ok_or(NoPrice::NoShares)
}

fn issues(company: &[ShareEvent]) -> impl Iterator<Item = (Date, Price)> {
    company.iter().filter_map(|event| match event.change {
        Change::Issue { price, .. } if price.0 > 0 => Some((event.on, price)),
        _ => None,
    })
}

fn steps(rule: AntiDilution, base: Price, settled: Date, company: &[ShareEvent], on: Date) -> Vec<Step> {
    let mut later: Vec<&ShareEvent> = company.iter().filter(|e| e.on > settled && e.on <= on).collect();
    later.sort_by_key(|e| e.on);
    let mut table = round::fold(company, settled);
    let (mut price, mut steps) = (base, Vec::new());
    for day in later.chunk_by(|a, b| a.on == b.on) {
        if let Some(step) = step(rule, price, &table, day) {
            price = step.after;
            steps.push(step);
        }
        for event in day {
            // What the register cannot hold is left out here as in the cap table, which names it.
            let _ = table.apply(event.on, &event.change);
        }
    }
    steps
}

/// What the issues of one day do to a price; `None` when they leave it.
fn step(rule: AntiDilution, price: Price, table: &Table, day: &[&ShareEvent]) -> Option<Step> {
    let cheaper = day.iter().filter_map(|event| match &event.change {
        Change::Issue { shares, price: at, .. } if *at < price && at.0 > 0 && shares.0 > 0 => {
            Some((*shares, *at))
        }
        _ => None,
    });
    let (mut issued, mut hao, mut lowest) = (Shares(0), 0i128, price);
    for (shares, at) in cheaper {
        issued = issued.plus(shares);
        hao = hao.saturating_add(i128::from(shares.0) * i128::from(at.0));
        lowest = lowest.min(at);
    }
    if issued.0 == 0 {
        return None;
    }
    let after = match rule {
        AntiDilution::None => price,
        AntiDilution::Ratchet => lowest,
        AntiDilution::Weighted => {
            // CP₁ × (A + B) ÷ (A + C) with B = raised ÷ CP₁ is (CP₁ × A + raised) ÷ (A + C), which is exact
            // until it is rounded.
            let before = i128::from(table.all(Basis::FullyDiluted).0);
            let worth = i128::from(price.0).checked_mul(before)?.checked_add(hao)?;
            Price(ratio(worth, before.checked_add(i128::from(issued.0))?)?)
        }
    };
    let raised = i64::try_from(hao / 10_000).unwrap_or(i64::MAX);
    let on = day.first()?.on;
    (after < price).then_some(Step { on, issued, raised, before: price, after })
}

#[cfg(test)]
mod tests {
    use super::super::state::fold;
    use super::super::tests::sample;
    use super::*;
    use jiff::civil::date;

    fn issue(on: Date, round: &str, shares: i64, hao: i64) -> ShareEvent {
        let (round, holder) = (round.to_string(), "投资人".to_string());
        ShareEvent { on, change: Change::Issue { round, holder, shares: Shares(shares), price: Price(hao) } }
    }

    fn company() -> Vec<ShareEvent> {
        vec![
            ShareEvent {
                on: date(2022, 1, 1),
                change: Change::Founding { holder: "创始人".into(), shares: Shares(8_000_000) },
            },
            issue(date(2024, 6, 1), "A", 2_000_000, 100_000),
            issue(date(2026, 3, 1), "B", 1_000_000, 70_000),
            issue(date(2027, 3, 1), "C", 1_000_000, 200_000),
        ]
    }

    fn price(rule: PriceRule, protection: AntiDilution, on: Date) -> Result<Strike, NoPrice> {
        let mut terms = sample();
        (terms.price, terms.anti_dilution) = (rule, protection);
        strike(&fold(&terms, &[], &company(), on), &company(), on)
    }

    #[test]
    fn each_rule_finds_its_price() {
        let (grant, later) = (date(2025, 8, 1), date(2026, 8, 1));
        let none = AntiDilution::None;
        let hao = |rule, on| price(rule, none, on).map(|s| s.price.0);
        assert_eq!(hao(PriceRule::Fixed(Price(123_456)), grant), Ok(123_456));
        assert_eq!(hao(PriceRule::PreMoney(90_000_000), later), Ok(90_000), "over the shares of the grant");
        assert_eq!(hao(PriceRule::LastRound(80), later), Ok(80_000), "of the round before the grant");
        assert_eq!(hao(PriceRule::NextRound(90), grant), Err(NoPrice::NoNextRound));
        assert_eq!(hao(PriceRule::NextRound(90), later), Ok(63_000));
        assert_eq!(hao(PriceRule::NextRound(90), date(2027, 8, 1)), Ok(63_000), "the first after the grant");
        let formula = PriceRule::Formula("净资产×1.5".into());
        assert_eq!(hao(formula, later), Err(NoPrice::Unresolved("净资产×1.5".into())));
        let mut terms = sample();
        terms.price = PriceRule::LastRound(80);
        let no_history = strike(&fold(&terms, &[], &[], later), &[], later);
        assert_eq!(no_history, Err(NoPrice::NoLastRound));
    }

    #[test]
    fn a_cheaper_round_lowers_the_price_as_the_protection_says() {
        let at = |protection, on| price(PriceRule::Fixed(Price::of_yuan(10)), protection, on).unwrap();
        let (before, after) = (date(2026, 2, 28), date(2026, 3, 1));
        assert_eq!(at(AntiDilution::Weighted, before).price, Price::of_yuan(10));
        assert_eq!(at(AntiDilution::Ratchet, after).price, Price::of_yuan(7));
        // (10 × 10,000,000 + 7,000,000) ÷ 11,000,000 = 9.72727…
        let weighted = at(AntiDilution::Weighted, after);
        assert_eq!(weighted.price, Price(97_273));
        assert_eq!((weighted.base, weighted.steps.len()), (Price::of_yuan(10), 1));
        assert_eq!((weighted.steps[0].issued, weighted.steps[0].raised), (Shares(1_000_000), 7_000_000));
        assert_eq!(at(AntiDilution::None, after).price, Price::of_yuan(10));
        assert_eq!(
            at(AntiDilution::Weighted, date(2027, 6, 1)).price,
            Price(97_273),
            "a dearer round does nothing"
        );
    }

    #[test]
    fn two_tranches_of_one_day_count_as_one() {
        let mut whole = company();
        whole.truncate(2);
        let mut split = whole.clone();
        whole.push(issue(date(2026, 3, 1), "B", 1_000_000, 70_000));
        split.push(issue(date(2026, 3, 1), "B", 400_000, 70_000));
        split.push(issue(date(2026, 3, 1), "B", 600_000, 70_000));
        let mut terms = sample();
        terms.anti_dilution = AntiDilution::Weighted;
        let at = |events: &[ShareEvent]| {
            strike(&fold(&terms, &[], events, date(2026, 4, 1)), events, date(2026, 4, 1))
        };
        assert_eq!(at(&whole), at(&split));
    }
}
