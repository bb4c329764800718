//! A figure as JSON: `landfall figure --json` and `GET /api/v1/figures/{name}` answer the same bytes.

use crate::app::App;
use crate::figure::bridge::{self, Cut};
use crate::web::error::{Result, WebError};
use domain::figure::{Figure, Line, Period, Report, Row, Tier, Values, in_period, sentence};
use domain::role::Lang;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::sync::Arc;

/// The report of one figure alone, and the cut-off it was asked with.
///
/// # Errors
/// 404 that lists the figures there are; else as [`bridge::report`].
pub async fn one(app: &App, name: &str, period: Period, as_of: Option<Date>) -> Result<(Arc<Report>, Cut)> {
    let mut asked = bridge::question(app, period, as_of).await?;
    let Some(definition) = asked.definitions.iter().find(|d| d.id == name).cloned() else {
        let known = asked.definitions.iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(WebError::not_found(
            format!("没有这个指标；现有：{known}。"),
            format!("There is no such figure; there are {known}."),
        ));
    };
    asked.definitions = vec![definition].into();
    Ok((bridge::report(app, &asked).await?, asked.cut))
}

/// Of a month the month, of a year the year.
#[must_use]
pub fn shown(line: &Line) -> &Values {
    line.month.as_ref().unwrap_or(&line.total.values)
}

/// The rows that count in the period that was asked for.
pub fn rows(line: &Line, period: Period) -> impl Iterator<Item = &Row> {
    line.total.rows.iter().filter(move |r| in_period(&line.definition, period, r))
}

/// The JSON of a figure: what scripts, tests and other systems read.
#[must_use]
pub fn answer(line: &Line, period: Period, cut_off: String) -> Value {
    let (d, values) = (&line.definition, shown(line));
    let total: &Figure = &line.total;
    json!({
        "figure": d.id,
        "period": { "from": period.first(), "to": period.last() },
        "cut_off": cut_off,
        "definition": { "id": d.id, "version": d.version, "text": sentence(d, Lang::Zh), "text_en": sentence(d, Lang::En) },
        "value": values.measure(d.measure),
        "count": values.count,
        "amount_yuan": values.yuan,
        "count_30yi": values.tier(Tier::Yi30).count,
        "met": values.met,
        "of": values.of,
        "tiers": values.tiers,
        "to_date": total.values,
        "last_year": line.last_year_month.as_ref().unwrap_or(&line.last_year),
        "rows": rows(line, period).collect::<Vec<_>>(),
        "left_out": total.left_out.iter().filter(|l| period.holds(l.day)).map(|l| json!({
            "project": l.code, "name": l.name, "day": l.day, "reason": l.reason.words().1, "reason_zh": l.reason.words().0,
        })).collect::<Vec<_>>(),
        "undecided": total.faults.iter().map(|f| json!({
            "project": f.code, "name": f.name, "counted": f.counted, "lacks": f.lack.words().1,
        })).collect::<Vec<_>>(),
    })
}
