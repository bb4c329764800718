//! How credit for a figure is shared: an agreed, dated split, as the JSON of facts of [`Kind::Credit`].
//!
//! This is what is recorded and what figures count by. What two sides propose and confirm before that is
//! [`crate::lead::credit`]: its shares are typed and cover several figures; [`crate::lead::credit::splits`] makes one [`Split`] of each.

use crate::fact::{Fact, Kind};
use crate::limits;
use crate::project::Project;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who gets a share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A unit, by its number.
    Unit(i64),
    /// An officer, by their number.
    Officer(i64),
    /// A zone outside, by its name.
    Zone(String),
}

/// One share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// `unit:ID`, `officer:ID` or `zone:NAME`.
    pub party: String,
    /// Thousandths of the whole.
    pub per_mille: u16,
}

/// A split of one kind of figure. Officers share among themselves, units and zones among themselves: never both in one split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The kind of figure, as definitions name it: `signed`, `arrived`, `foreign_used` …
    pub figure: String,
    /// The shares; they sum to 1000.
    pub shares: Vec<Share>,
}

/// Why a text is no split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not the JSON of a split.
    Form(String),
    /// No figure is named.
    NoFigure,
    /// No share, or too many.
    Shares,
    /// A party that is none.
    Party(String),
    /// A party twice.
    Twice(String),
    /// Officers and units in one split.
    Mixed,
    /// The shares sum to this and not to 1000.
    Sum(u64),
}

impl Fault {
    /// What is wrong and what to do, in Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        match self {
            Fault::Form(e) => (format!("分成的格式不对：{e}"), format!("not a credit split: {e}")),
            Fault::NoFigure => ("请写明分成的指标".into(), "name the figure that is shared".into()),
            Fault::Shares => (
                format!("分成应有 1 至 {} 方", limits::CREDIT_SHARES),
                format!("a split has 1 to {} shares", limits::CREDIT_SHARES),
            ),
            Fault::Party(p) => (
                format!("“{p}”不是分成方；请写 unit:编号、officer:编号或 zone:名称"),
                format!("`{p}` is no party; write unit:ID, officer:ID or zone:NAME"),
            ),
            Fault::Twice(p) => (format!("“{p}”出现了两次"), format!("`{p}` stands twice")),
            Fault::Mixed => (
                "专员之间、单位（园区）之间的分成请分两条登记".into(),
                "record the split among officers and the one among units separately".into(),
            ),
            Fault::Sum(n) => {
                (format!("各方之和应为 1000‰，现为 {n}‰"), format!("the shares sum to {n}, not to 1000"))
            }
        }
    }
}

impl Party {
    /// Reads `unit:ID`, `officer:ID` or `zone:NAME`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Party> {
        let (class, name) = text.split_once(':')?;
        let number = || name.parse().ok().filter(|&n: &i64| n > 0);
        match class {
            "unit" => number().map(Party::Unit),
            "officer" => number().map(Party::Officer),
            "zone" if !name.trim().is_empty() && name.chars().count() <= limits::LINE_CHARS => {
                Some(Party::Zone(name.trim().to_string()))
            }
            _ => None,
        }
    }

    /// Whether it shares among officers.
    #[must_use]
    pub fn is_officer(&self) -> bool {
        matches!(self, Party::Officer(_))
    }
}

impl Split {
    /// Reads and checks the JSON of a fact.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn parse(text: &str) -> Result<Split, Fault> {
        let split: Split = serde_json::from_str(text).map_err(|e| Fault::Form(e.to_string()))?;
        split.check()?;
        Ok(split)
    }

    /// Checks the rules of a split.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn check(&self) -> Result<(), Fault> {
        if self.figure.trim().is_empty() {
            return Err(Fault::NoFigure);
        }
        if self.shares.is_empty() || self.shares.len() > limits::CREDIT_SHARES {
            return Err(Fault::Shares);
        }
        let mut seen = BTreeSet::new();
        for share in &self.shares {
            let party = Party::parse(&share.party).ok_or_else(|| Fault::Party(share.party.clone()))?;
            if !seen.insert(party) {
                return Err(Fault::Twice(share.party.clone()));
            }
        }
        let officers = seen.iter().filter(|p| p.is_officer()).count();
        if officers != 0 && officers != seen.len() {
            return Err(Fault::Mixed);
        }
        let sum = self.shares.iter().map(|s| u64::from(s.per_mille)).sum();
        if sum != 1000 { Err(Fault::Sum(sum)) } else { Ok(()) }
    }

    /// The parties and their thousandths.
    #[must_use]
    pub fn parties(&self) -> Vec<(Party, u16)> {
        self.shares.iter().filter_map(|s| Some((Party::parse(&s.party)?, s.per_mille))).collect()
    }

    /// The text of a fact.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The split in force for a kind of figure among officers, or among units and zones: the latest by effective day.
#[must_use]
pub fn in_force<'p>(
    project: &'p Project,
    figure: &str,
    officers: bool,
) -> Option<(&'p Fact, Vec<(Party, u16)>)> {
    project.all(Kind::Credit).rev().find_map(|fact| {
        let split = Split::parse(fact.value.text()?).ok().filter(|s| s.figure == figure)?;
        let parties = split.parties();
        (parties.first()?.0.is_officer() == officers).then_some((fact, parties))
    })
}

/// Divides an amount by thousandths that sum to 1000, so that the parts add up to it exactly: each part is rounded towards zero, and what
/// remains goes to the largest share (of equal ones the first).
#[must_use]
pub fn divide(amount: i64, per_mille: &[u16]) -> Vec<i64> {
    let part = |&share: &u16| i64::try_from(i128::from(amount) * i128::from(share) / 1000).unwrap_or(0);
    let mut parts: Vec<i64> = per_mille.iter().map(part).collect();
    let rest = amount - parts.iter().sum::<i64>();
    let largest = (0..per_mille.len()).rev().max_by_key(|&i| per_mille[i]);
    if let Some(i) = largest {
        parts[i] += rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn faults_of_a_split_are_told() {
        let with = |shares: &str| Split::parse(&format!(r#"{{"figure":"arrived","shares":[{shares}]}}"#));
        let share = |party: &str, n: u16| format!(r#"{{"party":"{party}","per_mille":{n}}}"#);
        let two = |a: &str, b: &str| with(&format!("{},{}", share(a, 100), share(b, 900)));
        assert!(two("unit:1", "zone:东区").is_ok());
        assert_eq!(two("unit:1", "officer:1"), Err(Fault::Mixed));
        assert_eq!(two("unit:1", "unit:1"), Err(Fault::Twice("unit:1".into())));
        assert_eq!(two("unit:1", "unit:0"), Err(Fault::Party("unit:0".into())));
        assert_eq!(with(&share("unit:1", 999)), Err(Fault::Sum(999)));
        assert_eq!(with(""), Err(Fault::Shares));
        assert!(matches!(Split::parse("x"), Err(Fault::Form(_))));
        let split = two("unit:1", "unit:2").unwrap();
        assert_eq!(Split::parse(&split.to_json()), Ok(split));
    }

    #[test]
    fn the_remainder_goes_to_the_largest_share() {
        assert_eq!(divide(1001, &[100, 900]), [100, 901]);
        assert_eq!(divide(100, &[333, 334, 333]), [33, 34, 33]);
        assert_eq!(divide(1, &[500, 500]), [1, 0]);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(amount in -1_000_000_000_000i64..1_000_000_000_000, cut in 0u16..=1000, second in 0u16..=1000) {
            let a = cut;
            let b = (1000 - cut).min(second);
            let shares = [a, b, 1000 - a - b];
            prop_assert_eq!(divide(amount, &shares).iter().sum::<i64>(), amount);
        }
    }
}
