//! What is known of a company, its project and its plan, as a policy reads it. What is not known is not there, and is never zero or no.

use super::field::{FIELDS, FieldId, Form};
use super::number::Number;
use crate::limits;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number in the field's unit.
    Number(Number),
    /// A text, a code or a word.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Day(Date),
    /// Texts.
    List(Vec<String>),
}

/// A value as files and forms hold it: days as `2026-01-31`, decimals as texts (`"0.5"`), because a float is not exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "true or false, a whole number, a text (also days and decimals), or a list of texts"
)]
pub enum Given {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A text, a word, a code, a day or a decimal.
    Text(String),
    /// Texts.
    List(Vec<String>),
}

/// The values of all fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts(Vec<Option<Value>>);

impl Default for Facts {
    fn default() -> Facts {
        Facts(vec![None; FIELDS.len()])
    }
}

impl Facts {
    /// Reads values by the words of their fields.
    ///
    /// # Errors
    /// The word at fault and what to write, Chinese and English.
    pub fn read(given: &BTreeMap<String, Given>) -> Result<Facts, (String, String)> {
        let mut facts = Facts::default();
        for (word, value) in given {
            let id = FieldId::find(word)
                .ok_or_else(|| (format!("没有“{word}”这个字段"), format!("`{word}` is no field")))?;
            facts.set(id, value)?;
        }
        Ok(facts)
    }

    /// What is known of a field.
    #[must_use]
    pub fn get(&self, id: FieldId) -> Option<&Value> {
        self.0.get(id.at())?.as_ref()
    }

    /// Sets a field.
    ///
    /// # Errors
    /// When the value is not what the field holds: what to write, Chinese and English.
    pub fn set(&mut self, id: FieldId, given: &Given) -> Result<(), (String, String)> {
        let value = value(id.field().form, given).ok_or_else(|| fault(id))?;
        if let Some(place) = self.0.get_mut(id.at()) {
            *place = Some(value);
        }
        Ok(())
    }

    /// Makes a field unknown again.
    pub fn forget(&mut self, id: FieldId) {
        if let Some(place) = self.0.get_mut(id.at()) {
            *place = None;
        }
    }
}

fn value(form: Form, given: &Given) -> Option<Value> {
    match (form, given) {
        (Form::Number(_), Given::Whole(n)) => Some(Value::Number(Number::whole(*n))),
        (Form::Number(_), Given::Text(text)) => {
            let (minus, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
            let size = Number::read(digits)?;
            Some(Value::Number(if minus { size.negative()? } else { size }))
        }
        (Form::Text, Given::Text(text)) if fits(text) => Some(Value::Text(text.clone())),
        (Form::Choice(words), Given::Text(text)) if words.iter().any(|w| w.0 == text) => {
            Some(Value::Text(text.clone()))
        }
        (Form::Flag, Given::Flag(flag)) => Some(Value::Flag(*flag)),
        (Form::Day, Given::Text(text)) => text.parse().ok().map(Value::Day),
        (Form::List, Given::List(all)) if all.len() <= limits::FACT_LIST && all.iter().all(|t| fits(t)) => {
            Some(Value::List(all.clone()))
        }
        _ => None,
    }
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= limits::LINE_CHARS
}

fn fault(id: FieldId) -> (String, String) {
    let field = id.field();
    let (zh, en) = wanted(field.form);
    (format!("“{}”应写{zh}", field.zh), format!("`{}` takes {en}", field.word))
}

/// What a field of this form takes, in words.
#[must_use]
pub fn wanted(form: Form) -> (String, String) {
    let fixed = |zh: &str, en: &str| (zh.to_string(), en.to_string());
    match form {
        Form::Number(_) => fixed(
            "整数，或加引号的小数（最多六位）",
            "a whole number, or a decimal of at most six places in quotes",
        ),
        Form::Text => fixed("一行文字", "one line of text"),
        Form::Choice(words) => {
            let all: Vec<&str> = words.iter().map(|w| w.0).collect();
            (format!("其中之一：{}", all.join("、")), format!("one of {}", all.join(", ")))
        }
        Form::Flag => fixed("true 或 false", "true or false"),
        Form::Day => fixed("日期，如 2026-01-31", "a day such as 2026-01-31"),
        Form::List => fixed("文字列表", "a list of texts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(word: &str, given: Given) -> Result<Facts, (String, String)> {
        Facts::read(&BTreeMap::from([(word.to_string(), given)]))
    }

    #[test]
    fn a_value_is_held_to_its_field() {
        let text = |t: &str| Given::Text(t.into());
        let facts = one("plan.energy", text("-1.25")).unwrap();
        let quarter = Number::read("1.25").unwrap().negative().unwrap();
        let energy = FieldId::find("plan.energy").unwrap();
        assert_eq!(facts.get(energy), Some(&Value::Number(quarter)));
        assert!(one("company.registered_on", text("2024-02-29")).is_ok());
        assert!(one("company.size", text("small")).is_ok());
        for (word, given, says) in [
            ("company.size", text("Small"), "large, medium, small, micro"),
            ("company.registered_on", text("2023-02-29"), "2026-01-31"),
            ("company.employees", text("1e3"), "whole number"),
            ("company.high_tech", text("是"), "true or false"),
            ("company.chain_segments", text("a"), "list"),
            ("company.industry", text(""), "one line"),
            ("company.turnover", Given::Whole(1), "no field"),
        ] {
            let why = one(word, given).unwrap_err();
            assert!(why.1.contains(says) && why.1.contains(word), "{why:?}");
            assert!(!why.0.is_empty());
        }
    }

    #[test]
    fn what_is_forgotten_is_unknown_again() {
        let mut facts = one("company.employees", Given::Whole(7)).unwrap();
        let id = FieldId::find("company.employees").unwrap();
        assert_eq!(facts.get(id), Some(&Value::Number(Number::whole(7))));
        facts.forget(id);
        assert_eq!(facts, Facts::default());
    }
}
