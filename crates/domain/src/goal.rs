//! Yearly targets (目标): what an officer, a unit or the zone agreed to reach. A target is never overwritten: a later row corrects it.

use crate::assessment::{ReadingUnit, reading};
use crate::limits::LINE_CHARS;
use crate::user::{UnitId, UserId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose target it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The whole zone.
    Zone,
    /// A unit.
    Unit(UnitId),
    /// A person.
    Officer(UserId),
}

impl Party {
    /// The word and the number under which it is kept; the zone's number is 0.
    #[must_use]
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            Party::Zone => ("zone", 0),
            Party::Unit(id) => ("unit", id.0),
            Party::Officer(id) => ("officer", id.0),
        }
    }

    /// The party that is kept as this word and number; also what a form sends, `officer:3`, taken apart.
    #[must_use]
    pub fn from_parts(word: &str, number: i64) -> Option<Party> {
        match (word, number) {
            ("zone", 0) => Some(Party::Zone),
            ("unit", 1..) => Some(Party::Unit(UnitId(number))),
            ("officer", 1..) => Some(Party::Officer(UserId(number))),
            _ => None,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, number) = self.parts();
        write!(f, "{word}:{number}")
    }
}

impl std::str::FromStr for Party {
    type Err = String;
    /// # Errors
    /// Anything but `zone:0`, `unit:N` and `officer:N`.
    fn from_str(s: &str) -> Result<Party, String> {
        let parts = s.split_once(':').and_then(|(word, number)| Some((word, number.parse().ok()?)));
        let party = parts.and_then(|(word, number)| Party::from_parts(word, number));
        party.ok_or_else(|| format!("`{s}` is nobody; use zone:0, unit:N or officer:N"))
    }
}

/// A target to record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGoal {
    /// The year.
    pub year: i16,
    /// Whose.
    pub party: Party,
    /// Of what: the id of a reading.
    pub figure: String,
    /// How much: yuan, or whole things.
    pub amount: i64,
    /// The day it was agreed.
    pub agreed: Date,
    /// Why it was changed; empty for the first one.
    pub reason: String,
}

/// The largest target.
const MOST: i64 = 1_000_000_000_000_000;

impl NewGoal {
    /// Checks the rules that need nothing else; `corrects` says whether one stands already.
    ///
    /// # Errors
    /// The field, in Chinese and English, and what to do.
    pub fn check(&self, corrects: bool) -> Result<(), (&'static str, &'static str)> {
        if !(2000..=2100).contains(&self.year) {
            return Err(("年份要在 2000 到 2100 之间", "year: between 2000 and 2100"));
        }
        match reading(&self.figure).map(|r| r.unit) {
            None => return Err(("没有这个指标", "figure: there is no such figure")),
            Some(ReadingUnit::Rate) => {
                return Err((
                    "占比不设目标，请对数量或金额设目标",
                    "figure: a rate has no target; set one for a count or an amount",
                ));
            }
            Some(_) => {}
        }
        if !(1..=MOST).contains(&self.amount) {
            return Err(("目标要大于 0，并请核对单位", "amount: more than 0; check the unit"));
        }
        let chars = self.reason.chars().count();
        if chars > LINE_CHARS || self.reason.contains(char::is_control) {
            return Err(("原因写一行，最多 200 字", "reason: one line of at most 200 characters"));
        }
        if corrects && self.reason.trim().is_empty() {
            return Err(("调整目标要写明原因", "reason: say why the target is changed"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn parties_read_back() {
        for party in [Party::Zone, Party::Unit(UnitId(2)), Party::Officer(UserId(3))] {
            assert_eq!(party.to_string().parse(), Ok(party));
        }
        for bad in ["", "zone", "zone:1", "unit:0", "officer:-1", "officer:x", "king:1"] {
            assert!(bad.parse::<Party>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_target_breaks_each_rule_in_turn() {
        let good = NewGoal {
            year: 2026,
            party: Party::Zone,
            figure: "signed".into(),
            amount: 44,
            agreed: date(2026, 1, 5),
            reason: String::new(),
        };
        assert_eq!(good.check(false), Ok(()));
        let why = |g: NewGoal, corrects| g.check(corrects).unwrap_err().1;
        assert!(why(good.clone(), true).starts_with("reason"));
        assert!(why(NewGoal { amount: 0, ..good.clone() }, false).starts_with("amount"));
        assert!(why(NewGoal { year: 1999, ..good.clone() }, false).starts_with("year"));
        assert!(
            why(NewGoal { figure: "registered_capital".into(), ..good.clone() }, false).starts_with("figure")
        );
        assert!(
            why(NewGoal { figure: "start_rate_same_year".into(), ..good.clone() }, false).contains("rate")
        );
        assert!(why(NewGoal { reason: "两\n行".into(), ..good.clone() }, true).starts_with("reason"));
        assert_eq!(NewGoal { reason: "调整任务".into(), ..good }.check(true), Ok(()));
    }
}
