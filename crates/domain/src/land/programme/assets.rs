//! Idle assets put back to use (1 billion yuan of them): asset, operator, contract, and income, plan against actual as of a day.

use super::delay;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A contract with an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The operator.
    pub operator: String,
    /// Number of the contract.
    pub number: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// Income that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The day.
    pub on: Date,
    /// Yuan.
    pub yuan: i64,
}

/// An idle asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Its id.
    pub id: String,
    /// Book or appraised value, yuan.
    pub value: i64,
    /// In use again by this day.
    pub due: Date,
    /// In use again since.
    pub in_use: Option<Date>,
    /// Contracts, one after another.
    pub contracts: Vec<Contract>,
    /// Income planned, yuan by year.
    pub planned: BTreeMap<i16, i64>,
    /// Income that came, in any order.
    pub received: Vec<Received>,
}

/// An asset as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetState<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// Whether it is in use.
    pub in_use: bool,
    /// The contract of that day; an asset in use without one has a gap.
    pub contract: Option<&'a Contract>,
    /// Days late.
    pub delay_days: i64,
    /// Income received, yuan.
    pub received: i64,
}

/// Income of one year, yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IncomeYear {
    /// Planned.
    pub planned: i64,
    /// Received.
    pub actual: i64,
}

/// All assets as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reuse<'a> {
    /// The assets, as they came.
    pub assets: Vec<AssetState<'a>>,
    /// Value of all, yuan.
    pub value: i64,
    /// Value of those in use, yuan.
    pub value_in_use: i64,
    /// Value that should be in use by that day and is not, yuan.
    pub value_late: i64,
    /// Income by year.
    pub years: BTreeMap<i16, IncomeYear>,
}

/// Where the assets stand as of `day`.
#[must_use]
pub fn reuse(assets: &[Asset], day: Date) -> Reuse<'_> {
    let states: Vec<AssetState<'_>> = assets.iter().map(|asset| asset.as_of(day)).collect();
    let mut years: BTreeMap<i16, IncomeYear> = BTreeMap::new();
    for asset in assets {
        for (year, yuan) in &asset.planned {
            let sum = years.entry(*year).or_default();
            sum.planned = sum.planned.saturating_add(*yuan);
        }
        for received in asset.known(day) {
            let sum = years.entry(received.on.year()).or_default();
            sum.actual = sum.actual.saturating_add(received.yuan);
        }
    }
    Reuse {
        value: total(assets.iter().map(|a| a.value)),
        value_in_use: total(states.iter().filter(|s| s.in_use).map(|s| s.asset.value)),
        value_late: total(states.iter().filter(|s| !s.in_use && s.asset.due < day).map(|s| s.asset.value)),
        years,
        assets: states,
    }
}

impl Asset {
    fn as_of(&self, day: Date) -> AssetState<'_> {
        AssetState {
            asset: self,
            in_use: self.in_use.is_some_and(|since| since <= day),
            contract: self.contracts.iter().find(|c| c.from <= day && day <= c.to),
            delay_days: delay(self.due, self.in_use, day),
            received: total(self.known(day).map(|r| r.yuan)),
        }
    }

    fn known(&self, day: Date) -> impl Iterator<Item = &Received> {
        self.received.iter().filter(move |r| r.on <= day)
    }
}

fn total(yuan: impl Iterator<Item = i64>) -> i64 {
    yuan.fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn asset(id: &str, value: i64, in_use: Option<Date>) -> Asset {
        Asset {
            id: id.into(),
            value,
            due: date(2025, 12, 31),
            in_use,
            contracts: vec![Contract {
                operator: "示例运营公司".into(),
                number: "2025-7".into(),
                from: date(2025, 7, 1),
                to: date(2026, 6, 30),
            }],
            planned: BTreeMap::from([(2025, 6_000_000), (2026, 12_000_000)]),
            received: vec![
                Received { on: date(2026, 1, 15), yuan: 5_000_000 },
                Received { on: date(2025, 9, 1), yuan: 4_000_000 },
            ],
        }
    }

    #[test]
    fn a_billion_of_idle_assets() {
        let assets = [
            asset("hall", 600_000_000, Some(date(2025, 8, 1))),
            Asset {
                contracts: vec![],
                received: vec![],
                ..asset("dock", 400_000_000, Some(date(2026, 2, 1)))
            },
        ];
        let now = reuse(&assets, date(2026, 1, 20));
        assert_eq!((now.value, now.value_in_use, now.value_late), (1_000_000_000, 600_000_000, 400_000_000));
        let delays: Vec<i64> = now.assets.iter().map(|s| s.delay_days).collect();
        assert_eq!(delays, [0, 20], "the dock is not in use yet on that day");
        assert_eq!((now.assets[0].received, now.assets[1].contract), (9_000_000, None));
        assert_eq!(now.years[&2025], IncomeYear { planned: 12_000_000, actual: 4_000_000 });
        let later = reuse(&assets, date(2026, 7, 1));
        assert_eq!((later.assets[1].delay_days, later.value_late), (32, 0));
        assert!(later.assets[0].in_use && later.assets[0].contract.is_none(), "in use without a contract");
        let early = reuse(&assets, date(2025, 12, 31));
        assert_eq!((early.years[&2026].actual, early.value_late), (0, 0), "due on its last day");
    }
}
