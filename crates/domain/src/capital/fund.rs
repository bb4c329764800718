//! A fund (基金) as dated events: who committed what, what was called and paid in, invested, returned,
//! distributed, and by which approval.
//!
//! Nothing is stored but the events; [`fold`] makes the state of a day. An event that breaks a rule is
//! counted all the same, because it happened, and named beside the state.

use super::cash::{self, Flow, Multiple, Return, Totals};
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// What happens in a fund.
    Sort "nothing that happens in a fund" {
        /// 认缴: an investor promises capital.
        Commitment = "commitment", "认缴", "Commitment";
        /// 实缴: an investor pays a call.
        Call = "call", "实缴", "Call";
        /// 批准: an approval of investments up to an amount.
        Approval = "approval", "批准", "Approval";
        /// 投资: money goes into a company.
        Invest = "invest", "投资", "Investment";
        /// 回款: money comes back from a company.
        Proceeds = "proceeds", "退出回款", "Proceeds";
        /// 分配: money goes to an investor.
        Distribution = "distribution", "分配", "Distribution";
        /// 估值: the fair value of a holding, or of the whole fund when no party is named.
        Value = "value", "估值", "Fair value";
    }
}

/// An event of a fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The day.
    pub on: Date,
    /// What happens.
    pub sort: Sort,
    /// The investor or the company; empty for the whole fund (only where it is valued).
    #[serde(default)]
    pub party: String,
    /// Whole yuan: the amount, the ceiling of an approval, or the value.
    pub yuan: i64,
    /// The approval's number: that it bears, or that an investment rests on.
    #[serde(default)]
    pub document: Option<String>,
}

/// Whether an investment rests on an approval (state-owned money: 投决会纪要 or the owner's decision).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approvals {
    /// Every investment names an approval given by that day and within its ceiling.
    Required,
    /// None is asked for.
    NotRequired,
}

/// A rule that an event breaks; `event` is its place in the list that was folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An amount below one yuan, or a value below zero.
    Amount {
        /// Which.
        event: usize,
    },
    /// An investor or a company must be named.
    NoParty {
        /// Which.
        event: usize,
    },
    /// What an investor has paid in is more than they committed by that day.
    BeyondCommitment {
        /// Which.
        event: usize,
        /// By how many yuan.
        over: i64,
    },
    /// An investment names no approval that was given by that day.
    NoApproval {
        /// Which.
        event: usize,
    },
    /// The investments under one approval are more than it allows.
    BeyondApproval {
        /// Which.
        event: usize,
        /// By how many yuan.
        over: i64,
    },
}

impl Fault {
    /// The event's place in the list.
    #[must_use]
    pub fn event(&self) -> usize {
        match *self {
            Fault::Amount { event }
            | Fault::NoParty { event }
            | Fault::BeyondCommitment { event, .. }
            | Fault::NoApproval { event }
            | Fault::BeyondApproval { event, .. } => event,
        }
    }

    /// What is wrong, in Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        match self {
            Fault::Amount { .. } => ("金额应大于零".into(), "the amount must be above zero".into()),
            Fault::NoParty { .. } => {
                ("请写明出资人或被投企业".into(), "name the investor or the company".into())
            }
            Fault::BeyondCommitment { over, .. } => (
                format!("实缴超过认缴 {over} 元"),
                format!("what is paid in exceeds the commitment by {over} yuan"),
            ),
            Fault::NoApproval { .. } => (
                "投资缺少当日有效的批准文号".into(),
                "the investment rests on no approval given by then".into(),
            ),
            Fault::BeyondApproval { over, .. } => (
                format!("投资超过批准额度 {over} 元"),
                format!("the investments exceed the approval by {over} yuan"),
            ),
        }
    }
}

/// An investor's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Investor {
    /// Committed (认缴), yuan.
    pub committed: i64,
    /// Called and paid in (实缴), yuan.
    pub called: i64,
    /// Distributed to them, yuan.
    pub distributed: i64,
}

impl Investor {
    /// Committed and not yet called, never below zero.
    #[must_use]
    pub fn uncalled(self) -> i64 {
        self.committed.saturating_sub(self.called).max(0)
    }
}

/// An investment of the fund in one company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deal {
    /// Invested, returned and still held; [`Totals::moic`] is its multiple.
    pub totals: Totals,
    /// The day of the latest fair value.
    pub valued_on: Option<Date>,
    flows: Vec<Flow>,
}

/// A fund on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// The day.
    pub on: Date,
    /// By investor.
    pub investors: BTreeMap<String, Investor>,
    /// By company.
    pub deals: BTreeMap<String, Deal>,
    /// Paid in, distributed and held, of the whole fund. What is held is the latest value of the fund, or
    /// where none is recorded the sum of the latest values of its companies.
    pub totals: Totals,
    /// Rules broken, in the order of the events' days.
    pub faults: Vec<Fault>,
    flows: Vec<Flow>,
}

impl Fund {
    /// Committed by all, yuan.
    #[must_use]
    pub fn committed(&self) -> i64 {
        self.investors.values().fold(0, |sum, i| sum.saturating_add(i.committed))
    }
    /// Committed and not called, yuan.
    #[must_use]
    pub fn uncalled(&self) -> i64 {
        self.investors.values().fold(0, |sum, i| sum.saturating_add(i.uncalled()))
    }
    /// PIC: paid in ÷ committed (GIPS 2020 glossary); `None` without a commitment.
    #[must_use]
    pub fn paid_in_multiple(&self) -> Option<Multiple> {
        Totals { paid_in: self.committed(), distributed: self.totals.paid_in, residual: 0 }.dpi()
    }
    /// The investors' rate of return a year: calls out, distributions in, and what is held as if received on
    /// the day.
    ///
    /// # Errors
    /// As [`cash::xirr`].
    pub fn irr(&self) -> Result<Return, cash::Fault> {
        with_residual(&self.flows, self.on, self.totals.residual)
    }
    /// The rate of return of one investment, fees left out; `None` for a company that the fund does not hold.
    ///
    /// # Errors
    /// As [`cash::xirr`].
    #[must_use]
    pub fn deal_irr(&self, company: &str) -> Option<Result<Return, cash::Fault>> {
        self.deals.get(company).map(|deal| with_residual(&deal.flows, self.on, deal.totals.residual))
    }
}

/// The fund at the end of `on`: events of later days do not count. Events of one day count in the order of
/// the list.
#[must_use]
pub fn fold(events: &[Event], on: Date, approvals: Approvals) -> Fund {
    let mut fund = Fund {
        on,
        investors: BTreeMap::new(),
        deals: BTreeMap::new(),
        totals: Totals::default(),
        faults: Vec::new(),
        flows: Vec::new(),
    };
    let mut order: Vec<usize> = (0..events.len()).filter(|&i| events[i].on <= on).collect();
    order.sort_by_key(|&i| events[i].on);
    let mut books = Books { approvals, left: BTreeMap::new(), whole: None };
    for i in order {
        books.take(&mut fund, i, &events[i]);
    }
    fund.totals.residual = books
        .whole
        .unwrap_or_else(|| fund.deals.values().fold(0, |sum, d| sum.saturating_add(d.totals.residual)));
    fund
}

/// What is kept beside the fund while events are folded.
struct Books {
    approvals: Approvals,
    /// What each approval still allows.
    left: BTreeMap<String, i64>,
    /// The latest value of the whole fund.
    whole: Option<i64>,
}

impl Books {
    fn take(&mut self, fund: &mut Fund, event: usize, e: &Event) {
        let least = i64::from(e.sort != Sort::Value);
        if e.yuan < least {
            fund.faults.push(Fault::Amount { event });
            return;
        }
        if e.party.trim().is_empty() && !matches!(e.sort, Sort::Value | Sort::Approval) {
            fund.faults.push(Fault::NoParty { event });
            return;
        }
        match e.sort {
            Sort::Commitment => {
                add(&mut fund.investors.entry(e.party.clone()).or_default().committed, e.yuan)
            }
            Sort::Call => call(fund, event, e),
            Sort::Distribution => {
                add(&mut fund.investors.entry(e.party.clone()).or_default().distributed, e.yuan);
                add(&mut fund.totals.distributed, e.yuan);
                fund.flows.push(Flow { on: e.on, yuan: e.yuan });
            }
            Sort::Approval => match &e.document {
                Some(document) => add(self.left.entry(document.clone()).or_default(), e.yuan),
                None => fund.faults.push(Fault::NoApproval { event }),
            },
            Sort::Invest => {
                self.approved(fund, event, e);
                let deal = fund.deals.entry(e.party.clone()).or_default();
                add(&mut deal.totals.paid_in, e.yuan);
                deal.flows.push(Flow { on: e.on, yuan: -e.yuan });
            }
            Sort::Proceeds => {
                let deal = fund.deals.entry(e.party.clone()).or_default();
                add(&mut deal.totals.distributed, e.yuan);
                deal.flows.push(Flow { on: e.on, yuan: e.yuan });
            }
            Sort::Value if e.party.trim().is_empty() => self.whole = Some(e.yuan),
            Sort::Value => {
                let deal = fund.deals.entry(e.party.clone()).or_default();
                deal.totals.residual = e.yuan;
                deal.valued_on = Some(e.on);
            }
        }
    }

    fn approved(&mut self, fund: &mut Fund, event: usize, e: &Event) {
        if self.approvals == Approvals::NotRequired {
            return;
        }
        let Some(left) = e.document.as_ref().and_then(|d| self.left.get_mut(d)) else {
            fund.faults.push(Fault::NoApproval { event });
            return;
        };
        let over = e.yuan.saturating_sub(*left);
        *left = left.saturating_sub(e.yuan).max(0);
        if over > 0 {
            fund.faults.push(Fault::BeyondApproval { event, over });
        }
    }
}

fn call(fund: &mut Fund, event: usize, e: &Event) {
    let investor = fund.investors.entry(e.party.clone()).or_default();
    add(&mut investor.called, e.yuan);
    let over = investor.called.saturating_sub(investor.committed);
    if over > 0 {
        fund.faults.push(Fault::BeyondCommitment { event, over });
    }
    add(&mut fund.totals.paid_in, e.yuan);
    fund.flows.push(Flow { on: e.on, yuan: -e.yuan });
}

fn add(sum: &mut i64, yuan: i64) {
    *sum = sum.saturating_add(yuan);
}

fn with_residual(flows: &[Flow], on: Date, residual: i64) -> Result<Return, cash::Fault> {
    let mut flows = flows.to_vec();
    flows.push(Flow { on, yuan: residual });
    cash::xirr(&flows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn event(on: Date, sort: Sort, party: &str, wan: i64, document: Option<&str>) -> Event {
        Event { on, sort, party: party.into(), yuan: wan * 10_000, document: document.map(str::to_string) }
    }

    /// A fund of 1亿, half called, one company bought, half sold at a gain.
    fn sample() -> Vec<Event> {
        use Sort::{Approval, Call, Commitment, Distribution, Invest, Proceeds, Value};
        let (d, doc) = (date, Some("投决〔2024〕3号"));
        vec![
            event(d(2024, 1, 1), Commitment, "园区平台", 4_000, None),
            event(d(2024, 1, 1), Commitment, "市引导基金", 6_000, None),
            event(d(2024, 2, 1), Call, "园区平台", 2_000, None),
            event(d(2024, 2, 1), Call, "市引导基金", 3_000, None),
            event(d(2024, 2, 20), Approval, "", 4_500, doc),
            event(d(2024, 3, 1), Invest, "甲芯片", 4_000, doc),
            event(d(2025, 3, 1), Value, "甲芯片", 5_000, None),
            event(d(2026, 3, 1), Proceeds, "甲芯片", 3_000, None),
            event(d(2026, 3, 1), Value, "甲芯片", 3_500, None),
            event(d(2026, 4, 1), Distribution, "园区平台", 1_200, None),
            event(d(2026, 4, 1), Distribution, "市引导基金", 1_800, None),
        ]
    }

    #[test]
    fn a_fund_folds_to_its_figures_and_measures() {
        let fund = fold(&sample(), date(2026, 6, 30), Approvals::Required);
        assert_eq!(fund.faults, []);
        assert_eq!(
            (fund.committed(), fund.totals.paid_in, fund.uncalled()),
            (100_000_000, 50_000_000, 50_000_000)
        );
        let platform = fund.investors["园区平台"];
        assert_eq!((platform.uncalled(), platform.distributed), (20_000_000, 12_000_000));
        let said = |m: Option<Multiple>| m.map(|m| m.to_string()).unwrap_or_default();
        assert_eq!(said(fund.totals.dpi()), "0.60x");
        assert_eq!(said(fund.totals.tvpi()), "1.30x");
        assert_eq!(said(fund.paid_in_multiple()), "0.50x");
        assert_eq!(said(fund.deals["甲芯片"].totals.moic()), "1.63x");
        // −5000万 on 2024-02-01 (879 days), +3000万 on 2026-04-01, 3500万 held on 2026-06-30.
        let rate = fund.irr().unwrap().rate;
        let value = -5_000.0
            + 3_000.0 / (1.0 + rate).powf(790.0 / 365.0)
            + 3_500.0 / (1.0 + rate).powf(880.0 / 365.0);
        assert!(value.abs() < 1e-6 && (0.11..0.13).contains(&rate), "{rate}: {value}");
        assert!(fund.deal_irr("甲芯片").unwrap().unwrap().rate > rate, "the fund's idle cash costs");
        assert_eq!(fund.deal_irr("乙"), None);
    }

    #[test]
    fn an_earlier_day_sees_only_what_had_happened() {
        let fund = fold(&sample(), date(2025, 12, 31), Approvals::Required);
        assert_eq!(fund.totals, Totals { paid_in: 50_000_000, distributed: 0, residual: 50_000_000 });
        assert_eq!(fund.deals["甲芯片"].valued_on, Some(date(2025, 3, 1)));
        let mut valued = sample();
        valued.push(event(date(2025, 6, 30), Sort::Value, "", 5_200, None));
        assert_eq!(fold(&valued, date(2025, 12, 31), Approvals::Required).totals.residual, 52_000_000);
    }

    #[test]
    fn rules_broken_are_named_with_the_event() {
        let mut events = sample();
        let day = date(2026, 5, 1);
        events.push(event(day, Sort::Call, "园区平台", 2_500, None));
        events.push(event(day, Sort::Invest, "乙", 600, Some("投决〔2024〕3号")));
        events.push(event(day, Sort::Invest, "丙", 100, None));
        events.push(event(day, Sort::Call, "", 1, None));
        events.push(event(day, Sort::Call, "市引导基金", 0, None));
        // An approval given later does not heal an investment made before.
        events.push(event(day.tomorrow().unwrap(), Sort::Approval, "", 100, Some("后补")));
        events.push(event(day, Sort::Invest, "丁", 100, Some("后补")));
        let fund = fold(&events, date(2026, 6, 30), Approvals::Required);
        assert_eq!(
            fund.faults,
            [
                Fault::BeyondCommitment { event: 11, over: 5_000_000 },
                Fault::BeyondApproval { event: 12, over: 1_000_000 },
                Fault::NoApproval { event: 13 },
                Fault::NoParty { event: 14 },
                Fault::Amount { event: 15 },
                Fault::NoApproval { event: 17 },
            ]
        );
        assert_eq!(fund.investors["园区平台"].called, 45_000_000, "it happened, so it counts");
        assert_eq!(fold(&events, date(2026, 6, 30), Approvals::NotRequired).faults.len(), 3);
    }

    proptest! {
        /// Whenever no fault is named, nobody has paid in more than they committed, and what is called and
        /// uncalled is what is committed.
        #[test]
        fn calls_stay_within_commitments(rows in prop::collection::vec((0i64..900, any::<bool>(), 0usize..3, 1i64..1_000), 0..40)) {
            let events: Vec<Event> = rows.iter().map(|&(day, commit, who, wan)| {
                let on = date(2024, 1, 1).saturating_add(jiff::Span::new().days(day));
                event(on, if commit { Sort::Commitment } else { Sort::Call }, ["甲", "乙", "丙"][who], wan, None)
            }).collect();
            let fund = fold(&events, date(2030, 1, 1), Approvals::NotRequired);
            let naive_called: i64 = events.iter().filter(|e| e.sort == Sort::Call).map(|e| e.yuan).sum();
            prop_assert_eq!(fund.totals.paid_in, naive_called);
            if fund.faults.is_empty() {
                prop_assert_eq!(fund.committed(), fund.totals.paid_in + fund.uncalled());
            }
        }
    }
}
