//! JSON lines: one object a line, keys as headings.

use super::decode::Lines;
use super::source::RawRow;
use anyhow::Result;
use domain::intake::Rule;
use domain::limits;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::Read;

/// Every key of the file, in the order of its first appearance.
///
/// # Errors
/// Reading fails. Lines that are no objects are passed over here; they become broken rows later.
pub fn keys<R: Read>(mut lines: Lines<R>) -> Result<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    let mut seen: HashMap<String, ()> = HashMap::new();
    while let Some(line) = lines.next_line()? {
        let Ok(object) = serde_json::from_str::<Map<String, Value>>(&line.text) else { continue };
        for key in object.keys() {
            if keys.len() <= limits::INTAKE_COLUMNS && seen.insert(key.clone(), ()).is_none() {
                keys.push(key.clone());
            }
        }
    }
    Ok(keys)
}

/// One line as a row under `keys`; `None` for a blank line.
pub fn row(number: u64, text: &str, cut: bool, keys: &[String]) -> Option<RawRow> {
    if text.trim().is_empty() {
        return None;
    }
    let broken = |rule| Some(RawRow { number, cells: vec![text.to_string()], broken: Some(rule) });
    if cut {
        return broken(Rule::CellTooLong);
    }
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(object) => {
            let cells = keys.iter().map(|key| object.get(key).map_or_else(String::new, cell)).collect();
            Some(RawRow { number, cells, broken: None })
        }
        Err(error) => broken(Rule::Json(error.to_string())),
    }
}

/// Lists are joined; an object stays JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(cell).filter(|c| !c.is_empty()).collect::<Vec<_>>().join("；")
        }
        other => other.to_string(),
    }
}
