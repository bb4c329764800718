//! Numbers, names and addresses of figures on pages.

use crate::app::App;
use crate::chain::words::chain_name;
use crate::text::{Lang, grouped, yuan};
use crate::web::error::Result;
use domain::figure::{Definition, Measure, Period, Values};
use jiff::civil::Date;
use std::collections::HashMap;
use store::Page;

/// The number of a figure with its unit.
#[must_use]
pub fn value(definition: &Definition, values: &Values, lang: Lang) -> String {
    number(definition.measure, values.measure(definition.measure), lang)
}

/// A number of a measure with its unit.
#[must_use]
pub fn number(measure: Measure, value: Option<i64>, lang: Lang) -> String {
    match (measure, value) {
        (_, None) => "—".to_string(),
        (Measure::Count, Some(n)) => format!("{}{}", grouped(n), lang.t(" 个", "")),
        (Measure::Amount, Some(n)) => yuan(n, lang),
        (Measure::Rate, Some(n)) => format!("{}.{:02}%", n / 100, n % 100),
    }
}

/// By how much a number differs from last year's, in hundredths of a percent, of a rate in hundredths of a point; none without a base.
#[must_use]
pub fn change(measure: Measure, now: Option<i64>, before: Option<i64>) -> Option<i64> {
    let (now, before) = (i128::from(now?), i128::from(before?));
    let change = match measure {
        Measure::Rate => now - before,
        _ if before == 0 => return None,
        _ => {
            let twice = (now - before) * 20_000;
            (twice + before * (now - before).signum()) / (2 * before)
        }
    };
    i64::try_from(change).ok()
}

/// By how much a number differs from last year's: `+12.50%`, of a rate `+3.20 个百分点`; `—` without a base.
#[must_use]
pub fn growth(measure: Measure, now: Option<i64>, before: Option<i64>, lang: Lang) -> String {
    let Some(n) = change(measure, now, before) else { return "—".to_string() };
    let abs = n.unsigned_abs();
    let signed = format!("{}{}.{:02}", if n < 0 { "−" } else { "+" }, abs / 100, abs % 100);
    match measure {
        Measure::Rate => format!("{signed} {}", lang.t("个百分点", "points")),
        _ => format!("{signed}%"),
    }
}

/// The part of an address that says which period and as of when.
#[must_use]
pub fn address(period: Period, as_of: Option<Date>) -> String {
    let mut query = format!("year={}", period.year());
    if let Some(month) = period.month() {
        query.push_str(&format!("&month={month}"));
    }
    if let Some(day) = as_of {
        query.push_str(&format!("&as_of={day}"));
    }
    query
}

/// Names of units, people, events and chains, for the keys of groups.
///
/// # Errors
/// Only when the database fails.
pub async fn names(app: &App, lang: Lang) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    for unit in app.store.units().await? {
        names.insert(format!("unit:{}", unit.id), unit.name);
    }
    for user in app.store.users(Page::new(domain::limits::PAGE_ROWS, 0)).await? {
        names.insert(format!("officer:{}", user.id), user.name);
    }
    for (id, name) in crate::project::names::events(app).await? {
        names.insert(format!("event:{id}"), name);
    }
    for chain in app.engine.world().iter().flat_map(|w| w.chains.chains()) {
        names.insert(chain.id.clone(), chain_name(chain, lang));
    }
    Ok(names)
}
