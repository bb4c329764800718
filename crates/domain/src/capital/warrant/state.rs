//! What has become of a warrant on a day: a fold over what the parties and the registry did.
//!
//! What happened counts even where it breaks a term, and is named as a fault beside the state; only what
//! cannot be counted (no shares, no name, after the cancellation) is left out.

use super::exercise::{self, Bound, Refusal};
use super::{Grantor, Terms, TermsFault, Transfer, strike};
use crate::capital::price::{Price, Shares};
use crate::capital::round::ShareEvent;
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the parties or the registry do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sort", rename_all = "snake_case")]
pub enum Act {
    /// 国资审批: whoever supervises the state's assets approves.
    Approve,
    /// 估值: evidence of the valuation is there.
    Value,
    /// 登记: the exchange registers it.
    Register {
        /// Its number there.
        number: String,
    },
    /// 变更: a change is registered, with new terms where they change.
    Change {
        /// The terms from now on.
        #[serde(default)]
        terms: Option<Box<Terms>>,
    },
    /// 转让: it goes to another holder; the event's document is the consent or the notice.
    Transfer {
        /// The new holder.
        to: String,
    },
    /// 触发: something the terms wait for has happened.
    Trigger {
        /// What, by the name it has in the terms.
        name: String,
    },
    /// 定价: people worked out the formula.
    Price {
        /// What a share costs.
        price: Price,
    },
    /// 行权: shares are bought.
    Exercise {
        /// How many.
        shares: Shares,
        /// What one cost.
        price: Price,
    },
    /// 注销: the registry cancels it.
    Cancel,
}

/// A dated act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The day.
    pub on: Date,
    /// What.
    #[serde(flatten)]
    pub act: Act,
    /// The number of the document it rests on.
    #[serde(default)]
    pub document: Option<String>,
}

words! {
    /// Where a warrant is in its life.
    Life "no state of a warrant" {
        /// 拟定
        Draft = "draft", "拟定", "Draft";
        /// 已批准: approved and not registered.
        Approved = "approved", "已批准", "Approved";
        /// 已登记: registered, its window not yet open.
        Registered = "registered", "已登记", "Registered";
        /// 行权期内: registered and in its window.
        Live = "live", "行权期内", "In its window";
        /// 部分行权
        PartlyExercised = "partly_exercised", "部分行权", "Partly exercised";
        /// 已行权: nothing is left to buy.
        Exercised = "exercised", "已行权", "Exercised";
        /// 已失效: the window closed with something left.
        Lapsed = "lapsed", "已失效", "Lapsed";
        /// 已注销
        Cancelled = "cancelled", "已注销", "Cancelled";
    }
}

impl Life {
    /// Whether nothing more can come of it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Life::Exercised | Life::Lapsed | Life::Cancelled)
    }
}

/// An exercise that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercised {
    /// The day.
    pub on: Date,
    /// Who bought.
    pub holder: String,
    /// How many shares.
    pub shares: Shares,
    /// What one cost.
    pub price: Price,
    /// What they cost together, whole yuan.
    pub cost: i64,
}

/// An act that breaks a term or cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The new terms cannot be.
    Terms(TermsFault),
    /// No number, no name or no price where one is needed; left out.
    Incomplete,
    /// It is registered already.
    RegisteredTwice,
    /// The registry changes, transfers or cancels what it never registered.
    NotRegistered,
    /// A transfer without the consent or notice that the terms ask for.
    NoDocument(Transfer),
    /// After the cancellation; left out.
    Cancelled,
    /// An exercise that the terms refuse.
    Refused(Refusal),
    /// An exercise at another price than the terms give.
    Price(Price),
}

impl Fault {
    /// What is wrong, in Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        let said = |zh: &str, en: &str| (zh.to_string(), en.to_string());
        match self {
            Fault::Terms(fault) => said(fault.words().0, fault.words().1),
            Fault::Incomplete => {
                said("缺少编号、名称、股数或价格", "a number, name, quantity or price is missing")
            }
            Fault::RegisteredTwice => said("重复登记", "registered already"),
            Fault::NotRegistered => said("尚未登记", "not registered"),
            Fault::NoDocument(Transfer::Consent) => {
                said("转让缺少书面同意", "the transfer lacks the consent")
            }
            Fault::NoDocument(_) => said("转让缺少书面通知", "the transfer lacks the notice"),
            Fault::Cancelled => said("注销之后的事项不计", "after the cancellation, so it does not count"),
            Fault::Refused(refusal) => refusal.words(),
            Fault::Price(price) => (
                format!("行权价与条款不符，应为每股 {price} 元"),
                format!("not at the price of the terms, which is {price} yuan a share"),
            ),
        }
    }
}

/// A warrant on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The day.
    pub on: Date,
    /// The terms in force.
    pub terms: Terms,
    /// Who holds it.
    pub holder: String,
    /// When whoever supervises the state's assets approved.
    pub approved: Option<Date>,
    /// When the evidence of the valuation came.
    pub valued: Option<Date>,
    /// When it was registered, and under which number.
    pub registered: Option<(Date, String)>,
    /// Triggers that have happened.
    pub met: BTreeSet<String>,
    /// The price people worked out, and when.
    pub resolved: Option<(Price, Date)>,
    /// Exercises in their order.
    pub exercised: Vec<Exercised>,
    /// When it was cancelled.
    pub cancelled: Option<Date>,
    /// Where it is in its life.
    pub life: Life,
    /// Acts that break a term: place in the list, and why.
    pub faults: Vec<(usize, Fault)>,
}

impl State {
    /// Shares bought so far.
    #[must_use]
    pub fn bought(&self) -> Shares {
        self.exercised.iter().fold(Shares(0), |sum, e| sum.plus(e.shares))
    }

    /// What they cost, whole yuan.
    #[must_use]
    pub fn spent(&self) -> i64 {
        self.exercised.iter().fold(0, |sum, e| sum.saturating_add(e.cost))
    }
}

/// The warrant at the end of `on`, with `company`, the share events of the issuer (its rounds and earlier
/// exercises). Acts of one day count in the order of the list.
#[must_use]
pub fn fold(terms: &Terms, events: &[Event], company: &[ShareEvent], on: Date) -> State {
    let mut state = State {
        on,
        terms: terms.clone(),
        holder: terms.grantee.clone(),
        approved: None,
        valued: None,
        registered: None,
        met: BTreeSet::new(),
        resolved: None,
        exercised: Vec::new(),
        cancelled: None,
        life: Life::Draft,
        faults: Vec::new(),
    };
    let mut order: Vec<usize> = (0..events.len()).filter(|&i| events[i].on <= on).collect();
    order.sort_by_key(|&i| events[i].on);
    for i in order {
        let found = if state.cancelled.is_some() {
            vec![Fault::Cancelled]
        } else {
            take(&mut state, &events[i], company)
        };
        state.faults.extend(found.into_iter().map(|fault| (i, fault)));
    }
    state.life = life(&state, company);
    state
}

fn take(state: &mut State, event: &Event, company: &[ShareEvent]) -> Vec<Fault> {
    let blank = |text: &str| text.trim().is_empty();
    let unregistered = || if state.registered.is_none() { vec![Fault::NotRegistered] } else { vec![] };
    match &event.act {
        Act::Approve => state.approved = state.approved.or(Some(event.on)),
        Act::Value => state.valued = Some(event.on),
        Act::Register { number } if blank(number) => return vec![Fault::Incomplete],
        Act::Register { number } => match &state.registered {
            Some(_) => return vec![Fault::RegisteredTwice],
            None => state.registered = Some((event.on, number.clone())),
        },
        Act::Change { terms } => {
            let mut faults = unregistered();
            if let Some(terms) = terms {
                let wrong = terms.faults();
                if wrong.is_empty() {
                    state.terms = (**terms).clone();
                }
                faults.extend(wrong.into_iter().map(Fault::Terms));
            }
            return faults;
        }
        Act::Transfer { to } if blank(to) => return vec![Fault::Incomplete],
        Act::Transfer { to } => {
            let mut faults = unregistered();
            let no_document = event.document.as_ref().is_none_or(|d| blank(d));
            if state.terms.transfer != Transfer::Free && no_document {
                faults.push(Fault::NoDocument(state.terms.transfer));
            }
            state.holder.clone_from(to);
            return faults;
        }
        Act::Trigger { name } => {
            state.met.insert(name.clone());
        }
        Act::Price { price } if price.0 <= 0 => return vec![Fault::Incomplete],
        Act::Price { price } => state.resolved = Some((*price, event.on)),
        Act::Exercise { shares, price } => return exercised(state, event.on, *shares, *price, company),
        Act::Cancel => {
            let faults = unregistered();
            state.cancelled = Some(event.on);
            return faults;
        }
    }
    Vec::new()
}

fn exercised(
    state: &mut State,
    on: Date,
    shares: Shares,
    price: Price,
    company: &[ShareEvent],
) -> Vec<Fault> {
    let (Some(cost), true) = (price.cost(shares), shares.0 > 0 && price.0 > 0) else {
        return vec![Fault::Incomplete];
    };
    let refusals = exercise::refusals(state, company, on, shares);
    let mut faults: Vec<Fault> = refusals.into_iter().map(Fault::Refused).collect();
    if let Ok(due) = strike::strike(state, company, on)
        && due.price != price
    {
        faults.push(Fault::Price(due.price));
    }
    let holder = state.holder.clone();
    state.exercised.push(Exercised { on, holder, shares, price, cost });
    faults
}

fn life(state: &State, company: &[ShareEvent]) -> Life {
    let closes = state.terms.until;
    let any = !state.exercised.is_empty();
    if state.cancelled.is_some() {
        return Life::Cancelled;
    }
    // What is left can grow with the company; what counts is what was left when the window closed.
    let left = exercise::left(state, company, state.on.min(closes));
    if any && left.is_some_and(|left| left.shares.0 == 0 && left.by != Bound::Shareholder) {
        return Life::Exercised;
    }
    match &state.registered {
        _ if state.on > closes => Life::Lapsed,
        _ if any => Life::PartlyExercised,
        Some(_) if state.on >= state.terms.from => Life::Live,
        Some(_) => Life::Registered,
        None if state.approved.is_some() => Life::Approved,
        None => Life::Draft,
    }
}

impl Grantor {
    /// Whether exercise makes new shares.
    #[must_use]
    pub fn issues(&self) -> bool {
        *self == Grantor::Company
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;
    use jiff::civil::date;

    fn event(on: Date, act: Act) -> Event {
        Event { on, act, document: None }
    }

    fn registered() -> Vec<Event> {
        let number = "苏股交认登2025-001".to_string();
        vec![event(date(2025, 2, 1), Act::Approve), event(date(2025, 3, 1), Act::Register { number })]
    }

    fn exercise(on: Date, shares: i64) -> Event {
        event(on, Act::Exercise { shares: Shares(shares), price: Price::of_yuan(10) })
    }

    #[test]
    fn a_life_in_order() {
        let mut events = registered();
        events.push(exercise(date(2026, 1, 10), 200_000));
        events.push(exercise(date(2027, 1, 10), 300_000));
        let at = |on| fold(&sample(), &events, &[], on).life;
        assert_eq!(at(date(2025, 1, 31)), Life::Draft);
        assert_eq!(at(date(2025, 2, 1)), Life::Approved);
        assert_eq!(at(date(2025, 3, 1)), Life::Registered);
        assert_eq!(at(date(2025, 7, 1)), Life::Live);
        assert_eq!(at(date(2026, 1, 10)), Life::PartlyExercised);
        assert_eq!(at(date(2027, 1, 10)), Life::Exercised);
        assert_eq!(at(date(2029, 1, 1)), Life::Exercised);
        let end = fold(&sample(), &events, &[], date(2027, 1, 10));
        assert_eq!((end.bought(), end.spent(), end.faults.len()), (Shares(500_000), 5_000_000, 0));
        let lapsed = fold(&sample(), &events[..3], &[], date(2028, 7, 1));
        assert_eq!((lapsed.life, lapsed.bought()), (Life::Lapsed, Shares(200_000)));
        assert_eq!(fold(&sample(), &events[..3], &[], date(2028, 6, 30)).life, Life::PartlyExercised);
    }

    #[test]
    fn what_breaks_a_term_counts_and_is_named() {
        let mut events = registered();
        events.push(exercise(date(2025, 6, 30), 1));
        events.push(exercise(date(2026, 1, 1), 600_000));
        events.push(event(date(2026, 2, 1), Act::Transfer { to: "市平台".into() }));
        events.push(event(date(2026, 3, 1), Act::Register { number: "再登".into() }));
        events.push(event(date(2026, 4, 1), Act::Cancel));
        events.push(exercise(date(2026, 5, 1), 1));
        let state = fold(&sample(), &events, &[], date(2027, 1, 1));
        let left = Refusal::BeyondQuantity { left: Shares(499_999) };
        assert_eq!(
            state.faults,
            [
                (2, Fault::Refused(Refusal::BeforeWindow(date(2025, 7, 1)))),
                (3, Fault::Refused(left)),
                (4, Fault::NoDocument(Transfer::Consent)),
                (5, Fault::RegisteredTwice),
                (7, Fault::Cancelled),
            ]
        );
        assert_eq!(state.bought(), Shares(600_001));
        assert_eq!((state.life, state.holder.as_str()), (Life::Cancelled, "市平台"));
    }

    #[test]
    fn registered_changes_hold_from_their_day() {
        let mut later = sample();
        later.until = date(2029, 6, 30);
        let mut events = registered();
        events.push(event(date(2028, 1, 1), Act::Change { terms: Some(Box::new(later)) }));
        let mut transfer = event(date(2028, 2, 1), Act::Transfer { to: "市平台".into() });
        transfer.document = Some("同意函".into());
        events.push(transfer);
        assert_eq!(fold(&sample(), &events, &[], date(2027, 12, 31)).terms.until, date(2028, 6, 30));
        let state = fold(&sample(), &events, &[], date(2028, 12, 31));
        assert_eq!((state.life, state.faults.len()), (Life::Live, 0));
        let early = fold(&sample(), &events[2..], &[], date(2028, 12, 31));
        assert_eq!(early.faults, [(0, Fault::NotRegistered), (1, Fault::NotRegistered)]);
    }

    #[test]
    fn a_seller_without_shares_does_not_make_it_exercised() {
        let mut terms = sample();
        terms.grantor = Grantor::Shareholder("某基金".into());
        let mut events = registered();
        events.push(exercise(date(2026, 1, 10), 200_000));
        // No share of the seller is on the register.
        let state = fold(&terms, &events, &[], date(2026, 2, 1));
        assert_eq!(state.life, Life::PartlyExercised);
        assert_eq!(state.faults, [(2, Fault::Refused(Refusal::NotHeld { has: Shares(0) }))]);
    }
}
