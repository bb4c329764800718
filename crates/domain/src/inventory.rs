//! The zone's inventory: whatever a landing plan draws on, as records whose every change is a dated fact.
//!
//! A record has a kind and a code. What is known of it is a list of changes, each with the day it takes effect (which may lie ahead: a
//! substation that will be ready in June), who recorded it and when, and which earlier change it corrects. What stands on a day is folded
//! from them ([`fold`]), so that "free in March 2027" and "what did we know last Friday" are the same question with other dates.
//! Which fields a kind has is a table ([`schema`]), so that forms, lists, imports and exports are one piece of code.

pub mod field;
pub mod fold;
pub mod hold;
pub mod schema;
pub mod table;

pub use field::{Field, Form, Value, Values};
pub use schema::Kind;

use crate::limits;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Number of a record of the inventory; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub i64);

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a change; grows with each that is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(pub i64);

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A change to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewChange {
    /// The day from which it holds; may lie ahead.
    pub effective: Date,
    /// Fields by their stable word; `None` empties a field.
    pub set: BTreeMap<String, Option<Value>>,
    /// The change that this one corrects: it then counts as if the other had never been.
    #[serde(default)]
    pub corrects: Option<ChangeId>,
    /// Why; a correction must say it.
    #[serde(default)]
    pub reason: String,
}

/// A change as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub id: ChangeId,
    /// The record.
    pub item: ItemId,
    /// What was recorded.
    pub said: NewChange,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Who recorded it, as the journal writes it.
    pub by: String,
}

/// Why a change is refused, in Chinese and English: names the field, the rule and what to do.
pub type Fault = (String, String);

impl NewChange {
    /// A change from a day on.
    #[must_use]
    pub fn on(effective: Date, set: BTreeMap<String, Option<Value>>) -> NewChange {
        NewChange { effective, set, corrects: None, reason: String::new() }
    }

    /// Whether it may be recorded for a record of `kind`; `first` when the record begins with it, which then must have what is required.
    ///
    /// # Errors
    /// Every fault.
    pub fn check(&self, kind: Kind, first: bool) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        if !(limits::FIRST_YEAR..=limits::LAST_YEAR).contains(&self.effective.year()) {
            faults.push((
                format!(
                    "生效日期 {}：年份应在 {} 至 {} 之间",
                    self.effective,
                    limits::FIRST_YEAR,
                    limits::LAST_YEAR
                ),
                format!(
                    "effective day {}: a year from {} to {}",
                    self.effective,
                    limits::FIRST_YEAR,
                    limits::LAST_YEAR
                ),
            ));
        }
        if self.set.is_empty() && self.corrects.is_none() {
            faults.push(("没有任何改动".into(), "nothing is changed".into()));
        }
        if self.corrects.is_some() && self.reason.trim().is_empty() {
            faults.push(("更正必须写明原因".into(), "a correction must say why".into()));
        }
        if self.reason.chars().count() > limits::INVENTORY_REASON_CHARS {
            let most = limits::INVENTORY_REASON_CHARS;
            faults.push((format!("原因至多 {most} 字"), format!("reason: at most {most} characters")));
        }
        for (word, value) in &self.set {
            match (kind.field(word), value) {
                (None, _) => faults.push((
                    format!("“{word}”不是{}的字段", kind.names().0),
                    format!("`{word}` is no field of {}", kind.names().1),
                )),
                (Some(field), Some(value)) => faults.extend(field.check(value).err()),
                (Some(field), None) if field.required => faults.push(field.missing()),
                (Some(_), None) => {}
            }
        }
        if first {
            let lacks = |f: &&Field| f.required && !matches!(self.set.get(f.word), Some(Some(_)));
            let unsaid = kind.fields().iter().filter(lacks).filter(|f| !self.set.contains_key(f.word));
            faults.extend(unsaid.map(Field::missing));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn set(pairs: &[(&str, Option<Value>)]) -> BTreeMap<String, Option<Value>> {
        pairs.iter().map(|(w, v)| ((*w).to_string(), v.clone())).collect()
    }

    #[test]
    fn a_first_change_needs_what_is_required_and_a_later_one_only_what_it_says() {
        let day = date(2026, 1, 5);
        let bare = NewChange::on(day, set(&[("name", Some(Value::Text("一号地".into())))]));
        let faults = bare.check(Kind::Parcel, true).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults.iter().any(|f| f.0.contains("面积")), "{faults:?}");
        assert!(faults.iter().any(|f| f.0.contains("用途")), "{faults:?}");
        assert_eq!(bare.check(Kind::Parcel, false), Ok(()));
        let emptied = NewChange::on(day, set(&[("area", None)]));
        assert!(emptied.check(Kind::Parcel, false).unwrap_err()[0].1.contains("Area"));
    }

    #[test]
    fn what_no_kind_has_and_what_does_not_fit_are_named() {
        let day = date(2026, 1, 5);
        let odd = NewChange::on(
            day,
            set(&[("colour", Some(Value::Int(1))), ("area", Some(Value::Text("x".into())))]),
        );
        let faults = odd.check(Kind::Parcel, false).unwrap_err();
        assert!(
            faults.iter().any(|f| f.0.contains("colour")) && faults.iter().any(|f| f.0.contains("面积")),
            "{faults:?}"
        );
        let late = NewChange::on(date(3000, 1, 1), set(&[("power", Some(Value::Int(1)))]));
        assert!(late.check(Kind::Parcel, false).unwrap_err()[0].0.contains("3000-01-01"));
        let silent = NewChange { corrects: Some(ChangeId(1)), ..NewChange::on(day, BTreeMap::new()) };
        assert!(silent.check(Kind::Parcel, false).unwrap_err()[0].1.contains("why"));
    }
}
