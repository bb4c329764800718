//! What stands behind a number, as pages list it.

use crate::team::words::amount;
use crate::text::Lang;
use domain::assessment::{ReadingUnit, Row};

/// One thing behind a number.
#[derive(Clone, Debug)]
pub struct BehindRow {
    /// Its page.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// The day it counts.
    pub day: String,
    /// The share of it, in percent.
    pub share: String,
    /// What it adds.
    pub amount: String,
}

/// A row as pages list it.
#[must_use]
pub fn behind(row: &Row, unit: ReadingUnit, lang: Lang) -> BehindRow {
    BehindRow {
        href: href(&row.subject),
        name: row.name.clone(),
        day: row.day.map_or("—".into(), |d| d.to_string()),
        share: format!("{}.{}%", row.per_mille / 10, row.per_mille % 10),
        amount: amount(unit, row.amount, lang),
    }
}

fn href(subject: &str) -> String {
    match subject.split_once(':') {
        Some(("project", id)) => format!("/projects/{id}"),
        Some(("lead", id)) => format!("/leads/{id}"),
        Some(("event", id)) => format!("/events/{id}#guests"),
        _ => "/team".into(),
    }
}
