//! Exercise (行权): what it would give, cost and dilute, or every reason why it is refused.

use super::state::State;
use super::strike::{NoPrice, Strike, strike};
use super::{Grantor, Need, Quantity, Triggers, When};
use crate::capital::price::{Part, Price, Shares};
use crate::capital::round::{self, Basis, Change, Dilution, ShareEvent, Table};
use jiff::civil::Date;

/// Why an exercise is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not above zero shares are asked for.
    Nothing,
    /// It was cancelled.
    Cancelled,
    /// It is not registered.
    NotRegistered,
    /// The window opens on this day.
    BeforeWindow(Date),
    /// The window closed on this day.
    AfterWindow(Date),
    /// Approval by whoever supervises the state's assets is missing.
    NotApproved,
    /// Evidence of the valuation is missing.
    NotValued,
    /// These have not happened; `all` of them must, or else one.
    NotTriggered {
        /// What is waited for.
        names: Vec<String>,
        /// Whether all must happen.
        all: bool,
    },
    /// There is no price.
    NoPrice(NoPrice),
    /// More than the quantity of the terms leaves.
    BeyondQuantity {
        /// What it leaves.
        left: Shares,
    },
    /// More than the cap of the terms leaves.
    BeyondCap {
        /// What it leaves.
        left: Shares,
    },
    /// More than the shareholder who sells has.
    NotHeld {
        /// What they have.
        has: Shares,
    },
    /// The company's shares are not known, so the quantity cannot be counted.
    NoShares,
    /// More than can be counted.
    TooLarge,
}

impl Refusal {
    /// The rule's stable word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Refusal::Nothing => "nothing",
            Refusal::Cancelled => "cancelled",
            Refusal::NotRegistered => "registry",
            Refusal::BeforeWindow(_) | Refusal::AfterWindow(_) => "window",
            Refusal::NotApproved => "state_asset",
            Refusal::NotValued => "valuation",
            Refusal::NotTriggered { .. } => "trigger",
            Refusal::NoPrice(_) => "price",
            Refusal::BeyondQuantity { .. } => "quantity",
            Refusal::BeyondCap { .. } => "cap",
            Refusal::NotHeld { .. } => "shareholder",
            Refusal::NoShares => "shares",
            Refusal::TooLarge => "size",
        }
    }

    /// Why, in Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        let said = |zh: &str, en: &str| (zh.to_string(), en.to_string());
        match self {
            Refusal::Nothing => said("行权股数应大于零", "ask for more than zero shares"),
            Refusal::Cancelled => said("认股权已注销", "the warrant is cancelled"),
            Refusal::NotRegistered => said("认股权尚未登记", "the warrant is not registered"),
            Refusal::BeforeWindow(day) => {
                (format!("行权期自 {day} 起"), format!("the window opens on {day}"))
            }
            Refusal::AfterWindow(day) => {
                (format!("行权期已于 {day} 届满"), format!("the window closed on {day}"))
            }
            Refusal::NotApproved => said("缺少国资审批", "approval of the state's assets is missing"),
            Refusal::NotValued => said("缺少估值（评估）依据", "evidence of the valuation is missing"),
            Refusal::NotTriggered { names, all } => {
                let (zh, en) = if *all { ("均须", "all of") } else { ("须有其一", "one of") };
                let names = names.join("、");
                (format!("触发条件未满足（{zh}）：{names}"), format!("not triggered yet, {en}: {names}"))
            }
            Refusal::NoPrice(reason) => no_price(reason),
            Refusal::BeyondQuantity { left } => (
                format!("超过约定数量，尚余 {left} 股"),
                format!("beyond the quantity, which leaves {left} shares"),
            ),
            Refusal::BeyondCap { left } => (
                format!("超过行权上限，尚余 {left} 股"),
                format!("beyond the cap, which leaves {left} shares"),
            ),
            Refusal::NotHeld { has } => {
                (format!("转让股东只持有 {has} 股"), format!("the shareholder has {has} shares only"))
            }
            Refusal::NoShares => said("没有企业的股本记录", "the company's shares are not recorded"),
            Refusal::TooLarge => said("数额过大", "more than can be counted"),
        }
    }
}

fn no_price(reason: &NoPrice) -> (String, String) {
    let said = |zh: &str, en: &str| (zh.to_string(), en.to_string());
    match reason {
        NoPrice::Unresolved(text) => {
            (format!("价格公式待人工核定：{text}"), format!("the price is to be worked out by hand: {text}"))
        }
        NoPrice::NoLastRound => said("授予日之前没有融资轮次", "there was no round before the grant"),
        NoPrice::NoNextRound => said("授予日之后尚无新一轮融资", "there is no round after the grant yet"),
        NoPrice::NoShares => {
            said("无法确定价格：没有股本记录", "no price: the company's shares are not recorded")
        }
    }
}

/// What an exercise does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// How many shares.
    pub shares: Shares,
    /// At which price, and why that.
    pub strike: Strike,
    /// What they cost, whole yuan.
    pub cost: i64,
    /// What it does to the company's shares; recorded there once it happened.
    pub change: Change,
    /// Everybody's part before and after, by the basis of the terms.
    pub dilution: Vec<Dilution>,
    /// What may still be bought after it, at this price.
    pub left: Shares,
}

/// Exercises `requested` shares on `on`. `state` is the warrant as of that day, `company` the share events of
/// the issuer, earlier exercises included.
///
/// # Errors
/// Every reason why not, in the order of the steps that have to be taken.
pub fn exercise(
    state: &State,
    company: &[ShareEvent],
    on: Date,
    requested: Shares,
) -> Result<Exercise, Vec<Refusal>> {
    let refusals = refusals(state, company, on, requested);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let strike = strike(state, company, on).map_err(|e| vec![Refusal::NoPrice(e)])?;
    let cost = strike.price.cost(requested).ok_or(vec![Refusal::TooLarge])?;
    let change = match &state.terms.grantor {
        Grantor::Company => {
            Change::Warrant { holder: state.holder.clone(), shares: requested, price: strike.price }
        }
        Grantor::Shareholder(from) => {
            Change::Transfer { from: from.clone(), to: state.holder.clone(), shares: requested }
        }
    };
    let before = round::fold(company, on);
    let mut after = before.clone();
    after.apply(on, &change).map_err(|_| vec![Refusal::TooLarge])?;
    let dilution = round::dilution(&before, &after, state.terms.basis);
    let room = Room { bought: state.bought().plus(requested), spent: state.spent().saturating_add(cost) };
    let left = bound(state, company, on, room, strike.price).ok_or(vec![Refusal::NoShares])?.shares;
    Ok(Exercise { shares: requested, strike, cost, change, dilution, left })
}

/// Every reason why `requested` shares cannot be bought on `on`; empty when they can.
#[must_use]
pub fn refusals(state: &State, company: &[ShareEvent], on: Date, requested: Shares) -> Vec<Refusal> {
    let terms = &state.terms;
    let mut found: Vec<Refusal> = [
        (requested.0 <= 0, Refusal::Nothing),
        (state.cancelled.is_some(), Refusal::Cancelled),
        (terms.state_asset == Need::Required && state.approved.is_none(), Refusal::NotApproved),
        (terms.valuation == Need::Required && state.valued.is_none(), Refusal::NotValued),
        (state.registered.is_none(), Refusal::NotRegistered),
        (on < terms.from, Refusal::BeforeWindow(terms.from)),
        (on > terms.until, Refusal::AfterWindow(terms.until)),
    ]
    .into_iter()
    .filter_map(|(is_refused, refusal)| is_refused.then_some(refusal))
    .collect();
    found.extend(waiting(state));
    let price = match strike(state, company, on) {
        Ok(strike) => strike.price,
        Err(reason) => {
            found.push(Refusal::NoPrice(reason));
            return found;
        }
    };
    if price.cost(requested.max(Shares(0))).is_none() {
        found.push(Refusal::TooLarge);
    }
    let room = Room { bought: state.bought(), spent: state.spent() };
    match bound(state, company, on, room, price) {
        None => found.push(Refusal::NoShares),
        Some(Left { shares, by }) if shares < requested => found.push(match by {
            Bound::Quantity => Refusal::BeyondQuantity { left: shares },
            Bound::Cap => Refusal::BeyondCap { left: shares },
            Bound::Shareholder => Refusal::NotHeld { has: shares },
        }),
        Some(_) => {}
    }
    found
}

/// What bounds an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The quantity of the terms.
    Quantity,
    /// The cap of the terms.
    Cap,
    /// What the shareholder who sells has.
    Shareholder,
}

/// What may still be bought, and what bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// So many shares.
    pub shares: Shares,
    /// The tightest bound.
    pub by: Bound,
}

/// What may still be bought on `on` by quantity, caps and what the selling shareholder has, whether or not
/// the window is open; at the price of that day, or the one paid last where there is none. `None` when it
/// cannot be counted.
#[must_use]
pub fn left(state: &State, company: &[ShareEvent], on: Date) -> Option<Left> {
    let paid = || state.exercised.last().map(|e| e.price);
    let price = strike(state, company, on).ok().map(|s| s.price).or_else(paid)?;
    bound(state, company, on, Room { bought: state.bought(), spent: state.spent() }, price)
}

/// What is used up already.
#[derive(Clone, Copy)]
struct Room {
    bought: Shares,
    spent: i64,
}

fn bound(state: &State, company: &[ShareEvent], on: Date, used: Room, price: Price) -> Option<Left> {
    let terms = &state.terms;
    let for_yuan = |yuan: i64| price.affordable(yuan.saturating_sub(used.spent));
    let quantity = match terms.quantity {
        Quantity::Shares(shares) => shares.less(used.bought),
        Quantity::Percent { basis_points, at } => {
            percent(state, company, basis_points, at, on)?.less(used.bought)
        }
        Quantity::Amount(yuan) => for_yuan(yuan)?,
    };
    let mut bounds = vec![Left { shares: quantity, by: Bound::Quantity }];
    if let Some(shares) = terms.cap.shares {
        bounds.push(Left { shares: shares.less(used.bought), by: Bound::Cap });
    }
    if let Some(yuan) = terms.cap.yuan {
        bounds.push(Left { shares: for_yuan(yuan)?, by: Bound::Cap });
    }
    if let Grantor::Shareholder(name) = &terms.grantor {
        let held = opening(company, on).holdings.get(name).copied().unwrap_or_default();
        let earlier = bought_before(state, on);
        bounds.push(Left { shares: held.less(used.bought.less(earlier)), by: Bound::Shareholder });
    }
    bounds.into_iter().min_by_key(|left| left.shares)
}

/// All shares that a percentage allows. With new shares, n of S + n is to be the percentage p at most: n = p
/// × S ÷ (1 − p), rounded down, where S leaves out what this warrant bought before. With shares that exist,
/// it is p × S.
fn percent(state: &State, company: &[ShareEvent], points: i64, at: When, on: Date) -> Option<Shares> {
    let day = match at {
        When::Grant => state.terms.granted.tomorrow().ok()?,
        When::Exercise => on,
    };
    let all = opening(company, day).all(Basis::FullyDiluted);
    let issues = state.terms.grantor.issues();
    let others = if issues { all.less(bought_before(state, day)) } else { all };
    if others.0 == 0 || !(1..10_000).contains(&points) {
        return None;
    }
    let over = if issues { 10_000 - points } else { 10_000 };
    let shares = (i128::from(others.0) * i128::from(points)).checked_div(i128::from(over))?;
    Some(Shares(i64::try_from(shares).ok()?))
}

/// The cap table at the start of a day, so that exercises of the day itself are not counted twice.
fn opening(company: &[ShareEvent], on: Date) -> Table {
    on.yesterday().map_or_else(|_| Table::empty(on), |before| round::fold(company, before))
}

fn bought_before(state: &State, on: Date) -> Shares {
    state.exercised.iter().filter(|e| e.on < on).fold(Shares(0), |sum, e| sum.plus(e.shares))
}

fn waiting(state: &State) -> Option<Refusal> {
    let missing = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| !state.met.contains(*name)).cloned().collect()
    };
    match &state.terms.triggers {
        Triggers::None => None,
        Triggers::Any(names) => (missing(names).len() == names.len())
            .then(|| Refusal::NotTriggered { names: names.clone(), all: false }),
        Triggers::All(names) => {
            let names = missing(names);
            (!names.is_empty()).then_some(Refusal::NotTriggered { names, all: true })
        }
    }
}

/// What the holder would have of all shares after buying everything that is left; `None` when it cannot be
/// counted.
#[must_use]
pub fn part_if_exercised(state: &State, company: &[ShareEvent], on: Date) -> Option<Part> {
    let left = left(state, company, on)?.shares;
    let table = round::fold(company, on);
    let held = table.holdings.get(&state.holder).copied().unwrap_or_default();
    let new = if state.terms.grantor.issues() { left } else { Shares(0) };
    Part::new(held.plus(left), table.all(state.terms.basis).plus(new))
}

#[cfg(test)]
mod tests;
