//! Rounds and holdings (融资轮次与股权结构): a cap table folded from dated share events.
//!
//! A register of shares can hold nobody below zero, so an event that would is left out and named. The option
//! pool is what is reserved and not issued; a holding platform (持股平台) that holds issued shares is a holder
//! like any other.

use super::price::{Part, Price, Shares};
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// Which shares make the whole.
    Basis "no way to count shares" {
        /// 已发行
        Issued = "issued", "已发行股份", "Issued shares";
        /// 完全摊薄: issued shares and the option pool. Warrants count when they are exercised.
        FullyDiluted = "fully_diluted", "完全摊薄", "Fully diluted";
    }
}

/// What happens to shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sort", rename_all = "snake_case")]
pub enum Change {
    /// 设立: founding shares.
    Founding {
        /// Who gets them.
        holder: String,
        /// How many.
        shares: Shares,
    },
    /// 增资: new shares in a round.
    Issue {
        /// The round, such as A3; its issues are counted together.
        round: String,
        /// Who gets them.
        holder: String,
        /// How many.
        shares: Shares,
        /// What one costs.
        price: Price,
    },
    /// 转让: from one holder to another.
    Transfer {
        /// From whom.
        from: String,
        /// To whom.
        to: String,
        /// How many.
        shares: Shares,
    },
    /// 期权池: so many more are reserved.
    Pool {
        /// How many.
        shares: Shares,
    },
    /// 期权行权: shares of the pool are issued.
    Option {
        /// Who gets them.
        holder: String,
        /// How many.
        shares: Shares,
    },
    /// 认股权行权: new shares outside any round and outside the pool.
    Warrant {
        /// Who gets them.
        holder: String,
        /// How many.
        shares: Shares,
        /// What one costs.
        price: Price,
    },
}

/// A dated change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareEvent {
    /// The day.
    pub on: Date,
    /// What happens.
    #[serde(flatten)]
    pub change: Change,
}

/// Why a change is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not above zero shares, or a price not above zero.
    Number,
    /// A holder without a name.
    NoHolder,
    /// More than the holder has; this is what they have.
    NotHeld(Shares),
    /// More than the pool has; this is what it has.
    PoolEmpty(Shares),
    /// More shares in all than a number can hold.
    TooMany,
}

impl Fault {
    /// What is wrong, in Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        match self {
            Fault::Number => ("股数与价格应大于零".into(), "shares and price must be above zero".into()),
            Fault::NoHolder => ("请写明股东".into(), "name the holder".into()),
            Fault::NotHeld(has) => {
                (format!("转出方只有 {has} 股"), format!("the holder has {has} shares only"))
            }
            Fault::PoolEmpty(has) => {
                (format!("期权池只剩 {has} 股"), format!("the pool has {has} shares left"))
            }
            Fault::TooMany => ("股份总数过大".into(), "more shares than can be counted".into()),
        }
    }
}

/// A round as it stood after its last issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Its name.
    pub name: String,
    /// The day of its last issue.
    pub on: Date,
    /// The price of its last issue.
    pub price: Price,
    /// New shares of the round.
    pub shares: Shares,
    /// What they cost together, yuan.
    pub raised: i64,
    /// All shares after its last issue, by issued and fully diluted.
    pub after: (Shares, Shares),
}

impl Round {
    /// Post-money valuation (投后估值): its price times all shares after it, yuan; `None` when no amount holds
    /// it.
    #[must_use]
    pub fn post_money(&self, basis: Basis) -> Option<i64> {
        self.price.cost(match basis {
            Basis::Issued => self.after.0,
            Basis::FullyDiluted => self.after.1,
        })
    }
    /// Pre-money valuation (投前估值): post-money less what the round raised.
    #[must_use]
    pub fn pre_money(&self, basis: Basis) -> Option<i64> {
        self.post_money(basis)?.checked_sub(self.raised)
    }
}

/// The cap table of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The day.
    pub on: Date,
    /// By holder, none with nothing.
    pub holdings: BTreeMap<String, Shares>,
    /// Reserved for options and not issued.
    pub pool: Shares,
    /// Rounds in the order of their first issue.
    pub rounds: Vec<Round>,
    /// Changes that were left out: place in the list, and why.
    pub faults: Vec<(usize, Fault)>,
}

impl Table {
    /// No share yet.
    #[must_use]
    pub fn empty(on: Date) -> Table {
        Table { on, holdings: BTreeMap::new(), pool: Shares(0), rounds: Vec::new(), faults: Vec::new() }
    }

    /// All shares.
    #[must_use]
    pub fn all(&self, basis: Basis) -> Shares {
        let issued = self.holdings.values().fold(Shares(0), |sum, s| sum.plus(*s));
        match basis {
            Basis::Issued => issued,
            Basis::FullyDiluted => issued.plus(self.pool),
        }
    }

    /// What a holder has of all; `None` while there are no shares.
    #[must_use]
    pub fn ownership(&self, holder: &str, basis: Basis) -> Option<Part> {
        Part::new(self.holdings.get(holder).copied().unwrap_or_default(), self.all(basis))
    }

    /// The round issued last.
    #[must_use]
    pub fn last_round(&self) -> Option<&Round> {
        self.rounds.iter().max_by_key(|r| r.on)
    }

    /// All shares at the price of the last round, yuan: the post-money valuation as of the day, shares issued
    /// since included.
    #[must_use]
    pub fn post_money(&self, basis: Basis) -> Option<i64> {
        self.last_round()?.price.cost(self.all(basis))
    }

    /// What a share costs at a pre-money valuation; `None` while there are no shares.
    #[must_use]
    pub fn price_at(&self, pre_money: i64, basis: Basis) -> Option<Price> {
        Price::of(pre_money, self.all(basis))
    }

    /// Makes a change, or leaves the table as it is and says why.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn apply(&mut self, on: Date, change: &Change) -> Result<(), Fault> {
        self.check(change)?;
        match change {
            Change::Founding { holder, shares } | Change::Warrant { holder, shares, .. } => {
                self.give(holder, *shares);
            }
            Change::Issue { round, holder, shares, price } => {
                self.give(holder, *shares);
                self.count(on, round, *shares, *price);
            }
            Change::Transfer { from, to, shares } => {
                let left = self.holdings.get(from).copied().unwrap_or_default().less(*shares);
                self.holdings.insert(from.clone(), left);
                self.give(to, *shares);
                self.holdings.retain(|_, held| held.0 > 0);
            }
            Change::Pool { shares } => self.pool = self.pool.plus(*shares),
            Change::Option { holder, shares } => {
                self.pool = self.pool.less(*shares);
                self.give(holder, *shares);
            }
        }
        self.on = self.on.max(on);
        Ok(())
    }

    fn check(&self, change: &Change) -> Result<(), Fault> {
        let (names, shares, new, price): (&[&String], _, _, _) = match change {
            Change::Founding { holder, shares } => (&[holder], shares, true, None),
            Change::Issue { holder, shares, price, .. } | Change::Warrant { holder, shares, price } => {
                (&[holder], shares, true, Some(price))
            }
            Change::Transfer { from, to, shares } => (&[from, to], shares, false, None),
            Change::Pool { shares } => (&[], shares, true, None),
            Change::Option { holder, shares } => (&[holder], shares, false, None),
        };
        if shares.0 <= 0 || price.is_some_and(|p| p.0 <= 0) {
            return Err(Fault::Number);
        }
        if names.iter().any(|name| name.trim().is_empty()) {
            return Err(Fault::NoHolder);
        }
        let all = self.all(Basis::FullyDiluted).0;
        if new && all.checked_add(shares.0).is_none() {
            return Err(Fault::TooMany);
        }
        match change {
            Change::Transfer { from, .. } => {
                let has = self.holdings.get(from).copied().unwrap_or_default();
                if has < *shares { Err(Fault::NotHeld(has)) } else { Ok(()) }
            }
            Change::Option { .. } if self.pool < *shares => Err(Fault::PoolEmpty(self.pool)),
            _ => Ok(()),
        }
    }

    fn give(&mut self, holder: &str, shares: Shares) {
        let held = self.holdings.entry(holder.to_string()).or_default();
        *held = held.plus(shares);
    }

    fn count(&mut self, on: Date, name: &str, shares: Shares, price: Price) {
        let after = (self.all(Basis::Issued), self.all(Basis::FullyDiluted));
        let raised = price.cost(shares).unwrap_or(i64::MAX);
        match self.rounds.iter_mut().find(|r| r.name == name) {
            Some(round) => {
                (round.on, round.price, round.after) = (on, price, after);
                round.shares = round.shares.plus(shares);
                round.raised = round.raised.saturating_add(raised);
            }
            None => self.rounds.push(Round { name: name.to_string(), on, price, shares, raised, after }),
        }
    }
}

/// The cap table at the end of `on`: changes of later days do not count, those of one day are made in the
/// order of the list.
#[must_use]
pub fn fold(events: &[ShareEvent], on: Date) -> Table {
    let mut order: Vec<usize> = (0..events.len()).filter(|&i| events[i].on <= on).collect();
    order.sort_by_key(|&i| events[i].on);
    let mut table = Table::empty(on);
    for i in order {
        if let Err(fault) = table.apply(events[i].on, &events[i].change) {
            table.faults.push((i, fault));
        }
    }
    table
}

/// What became of one holder's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dilution {
    /// Who.
    pub holder: String,
    /// The part before; `None` while there were no shares.
    pub before: Option<Part>,
    /// The part after; `None` while there are no shares.
    pub after: Option<Part>,
}

impl Dilution {
    /// The change in parts of a million, negative when the holder is diluted.
    #[must_use]
    pub fn ppm(&self) -> i64 {
        let part = |p: Option<Part>| p.map_or(0, Part::ppm);
        part(self.after) - part(self.before)
    }
}

/// Everybody's part in two tables, by name.
#[must_use]
pub fn dilution(before: &Table, after: &Table, basis: Basis) -> Vec<Dilution> {
    let holders: BTreeSet<&String> = before.holdings.keys().chain(after.holdings.keys()).collect();
    holders
        .into_iter()
        .map(|holder| Dilution {
            holder: holder.clone(),
            before: before.ownership(holder, basis),
            after: after.ownership(holder, basis),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn at(on: Date, change: Change) -> ShareEvent {
        ShareEvent { on, change }
    }

    fn issue(round: &str, holder: &str, shares: i64, price: i64) -> Change {
        Change::Issue {
            round: round.into(),
            holder: holder.into(),
            shares: Shares(shares),
            price: Price::of_yuan(price),
        }
    }

    /// 8,000,000 founding shares, a pool of 1,000,000, then a round of 20,000,000 yuan at 90,000,000 before
    /// the money.
    fn sample() -> Vec<ShareEvent> {
        let founding =
            |holder: &str, shares| Change::Founding { holder: holder.into(), shares: Shares(shares) };
        vec![
            at(date(2022, 1, 1), founding("创始人", 6_000_000)),
            at(date(2022, 1, 1), founding("持股平台", 2_000_000)),
            at(date(2023, 1, 1), Change::Pool { shares: Shares(1_000_000) }),
            at(date(2024, 5, 1), issue("A", "园区基金", 1_500_000, 10)),
            at(date(2024, 5, 8), issue("A", "市引导基金", 500_000, 10)),
            at(
                date(2025, 3, 1),
                Change::Transfer {
                    from: "创始人".into(), to: "园区基金".into(), shares: Shares(500_000)
                },
            ),
            at(date(2025, 6, 1), Change::Option { holder: "骨干".into(), shares: Shares(200_000) }),
        ]
    }

    #[test]
    fn a_round_has_its_valuations_before_and_after_the_money() {
        let table = fold(&sample(), date(2024, 12, 31));
        let round = table.last_round().unwrap();
        assert_eq!((round.raised, round.shares), (20_000_000, Shares(2_000_000)));
        assert_eq!(round.post_money(Basis::FullyDiluted), Some(110_000_000));
        assert_eq!(round.pre_money(Basis::FullyDiluted), Some(90_000_000));
        assert_eq!(round.post_money(Basis::Issued), Some(100_000_000));
        assert_eq!(table.ownership("园区基金", Basis::Issued).unwrap().to_string(), "15.00%");
        assert_eq!(table.ownership("园区基金", Basis::FullyDiluted).unwrap().ppm(), 136_364);
        let before = fold(&sample(), date(2024, 4, 30));
        assert_eq!(before.price_at(90_000_000, Basis::FullyDiluted), Some(Price::of_yuan(10)));
        assert_eq!(before.post_money(Basis::Issued), None);
    }

    #[test]
    fn everybody_is_diluted_by_exactly_what_is_issued() {
        let (before, after) = (fold(&sample(), date(2024, 4, 30)), fold(&sample(), date(2024, 5, 31)));
        let said: Vec<(String, i64)> = dilution(&before, &after, Basis::Issued)
            .into_iter()
            .map(|d| (d.holder.clone(), d.ppm()))
            .collect();
        let expected =
            [("创始人", -150_000), ("园区基金", 150_000), ("市引导基金", 50_000), ("持股平台", -50_000)];
        assert_eq!(said, expected.map(|(holder, ppm)| (holder.to_string(), ppm)));
        let end = fold(&sample(), date(2026, 1, 1));
        assert_eq!((end.holdings["园区基金"], end.pool), (Shares(2_000_000), Shares(800_000)));
        assert_eq!(end.all(Basis::FullyDiluted), Shares(11_000_000), "an option only moves out of the pool");
    }

    #[test]
    fn an_impossible_change_is_left_out_and_named() {
        let mut events = sample();
        let day = date(2025, 7, 1);
        let transfer = |from: &str, shares| Change::Transfer {
            from: from.into(),
            to: "乙".into(),
            shares: Shares(shares),
        };
        events.push(at(day, transfer("骨干", 200_001)));
        events.push(at(day, Change::Option { holder: "骨干".into(), shares: Shares(800_001) }));
        events.push(at(day, issue("B", " ", 1, 1)));
        events.push(at(day, issue("B", "乙", 1, 0)));
        events.push(at(day, issue("B", "乙", i64::MAX, 1)));
        let table = fold(&events, day);
        let faults = [
            (7, Fault::NotHeld(Shares(200_000))),
            (8, Fault::PoolEmpty(Shares(800_000))),
            (9, Fault::NoHolder),
            (10, Fault::Number),
            (11, Fault::TooMany),
        ];
        assert_eq!(table.faults, faults);
        assert_eq!(table.holdings, fold(&sample(), day).holdings);
    }

    fn change() -> impl Strategy<Value = Change> {
        let names = || prop::sample::select(vec!["甲", "乙", "丙"]).prop_map(str::to_string);
        (0..5, names(), names(), 1i64..5_000).prop_map(|(sort, holder, to, n)| {
            let shares = Shares(n);
            match sort {
                0 => Change::Founding { holder, shares },
                1 => issue("A", &holder, n, 3),
                2 => Change::Transfer { from: holder, to, shares },
                3 => Change::Pool { shares },
                _ => Change::Option { holder, shares },
            }
        })
    }

    proptest! {
        /// Shares come from founding, rounds and the pool only; nobody is below zero, and the parts sum to
        /// the whole.
        #[test]
        fn shares_are_conserved(changes in prop::collection::vec(change(), 0..60)) {
            let day = date(2025, 1, 1);
            let events: Vec<ShareEvent> = changes.into_iter().map(|change| at(day, change)).collect();
            let table = fold(&events, day);
            let made: i64 = events.iter().map(|e| match &e.change {
                Change::Founding { shares, .. } | Change::Issue { shares, .. } | Change::Pool { shares } => shares.0,
                _ => 0,
            }).sum();
            prop_assert_eq!(table.all(Basis::FullyDiluted), Shares(made));
            prop_assert!(table.holdings.values().all(|held| held.0 > 0));
            let owned: i64 = table.holdings.keys()
                .filter_map(|h| table.ownership(h, Basis::Issued)).map(|p| p.exact().0).sum();
            prop_assert_eq!(owned, table.all(Basis::Issued).0);
        }
    }
}
