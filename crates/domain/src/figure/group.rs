//! A figure by chain, officer, event or unit. Where credit is shared, groups get shares; the parts add up to the whole.

use super::{Measure, Part, Row, What};
use crate::credit::{Party, divide};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a figure is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// 产业链
    Chain,
    /// 项目专员
    Officer,
    /// 招商活动
    Event,
    /// 责任单位
    Unit,
}

impl By {
    /// Every way.
    pub const ALL: [By; 4] = [By::Chain, By::Officer, By::Event, By::Unit];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            By::Chain => "chain",
            By::Officer => "officer",
            By::Event => "event",
            By::Unit => "unit",
        }
    }

    /// Chinese and English name.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            By::Chain => ("产业链", "Chain"),
            By::Officer => ("专员", "Officer"),
            By::Event => ("活动", "Event"),
            By::Unit => ("单位", "Unit"),
        }
    }
}

/// The key of what belongs to no group.
pub const NONE: &str = "";

/// One group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// A chain's id; `unit:ID`, `officer:ID`, `zone:NAME`, `event:ID`; [`NONE`].
    pub key: String,
    /// Thousandths of projects (a project may be shared).
    pub count_mille: i64,
    /// Yuan.
    pub yuan: i64,
    /// Of a rate: thousandths above the line.
    pub met_mille: i64,
    /// Of a rate: thousandths below the line.
    pub of_mille: i64,
}

impl Group {
    /// The one number of a measure: thousandths of projects, yuan, or hundredths of a percent.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> Option<i64> {
        match measure {
            Measure::Count => Some(self.count_mille),
            Measure::Amount => Some(self.yuan),
            Measure::Rate => super::share(self.met_mille, self.of_mille),
        }
    }
}

/// Who a row belongs to, in thousandths, by the keys of [`Group`].
#[must_use]
pub fn owners(row: &Row, by: By) -> Vec<(String, u16)> {
    let whole = |key: Option<String>| vec![(key.unwrap_or_default(), 1000)];
    let own = match by {
        By::Chain => return whole(row.chain.split('/').next().map(str::to_string)),
        By::Event => return whole(row.event.map(|id| format!("event:{id}"))),
        By::Officer => row.officer.map(|id| format!("officer:{id}")),
        By::Unit => row.unit.map(|id| format!("unit:{id}")),
    };
    let shared = row.credit.iter().filter(|(p, _)| p.is_officer() == (by == By::Officer));
    let named = |party: &Party| match party {
        Party::Unit(id) => format!("unit:{id}"),
        Party::Officer(id) => format!("officer:{id}"),
        Party::Zone(name) => format!("zone:{name}"),
    };
    let shares: Vec<(String, u16)> = shared.map(|(p, n)| (named(p), *n)).collect();
    if shares.is_empty() { whole(own) } else { shares }
}

/// Groups of rows, the largest first (then by key).
#[must_use]
pub fn groups(what: What, rows: &[Row], by: By) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        let owners = owners(row, by);
        let shares: Vec<u16> = owners.iter().map(|o| o.1).collect();
        let yuan = divide(row.yuan.unwrap_or(0), &shares);
        let new = what != What::Money || seen.insert(row.project);
        for ((key, per_mille), yuan) in owners.into_iter().zip(yuan) {
            let part = i64::from(per_mille);
            let group = groups.entry(key).or_default();
            group.met_mille += if matches!(row.part, Part::Met | Part::Reached) { part } else { 0 };
            group.of_mille += if matches!(row.part, Part::Met | Part::Base) { part } else { 0 };
            if row.part != Part::Reached {
                group.count_mille += if new { part } else { 0 };
                group.yuan += yuan;
            }
        }
    }
    let mut list: Vec<Group> = groups.into_iter().map(|(key, group)| Group { key, ..group }).collect();
    list.sort_by(|a, b| (b.count_mille, b.yuan, &a.key).cmp(&(a.count_mille, a.yuan, &b.key)));
    list
}
