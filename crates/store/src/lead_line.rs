//! Leads in one line, as events and the assessment count them.

use crate::{Error, Result, Store};
use domain::lead::{LeadId, LeadState};
use domain::limits::LEADS_YEAR;
use domain::user::{UnitId, UserId};
use jiff::civil::Date;
use sqlx::query_as;

/// A lead in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadLine {
    /// Number.
    pub id: LeadId,
    /// The company, as written.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// Who works on it.
    pub officer: UserId,
    /// The officer's unit.
    pub unit: Option<UnitId>,
    /// Day of registration.
    pub registered: Date,
    /// How it stands.
    pub state: LeadState,
    /// The number of the event that it came from.
    pub event: Option<i64>,
}

impl Store {
    /// Valid leads (有效信息) registered between two days (both included), by number, at most [`LEADS_YEAR`]: those that somebody has judged
    /// (研判) and that were not given up and have not expired.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn valid_leads(&self, first: Date, last: Date) -> Result<Vec<LeadLine>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, name, title, officer, unit, registered, state, source, source_ref FROM lead \
             WHERE registered >= $1 AND registered <= $2 AND state IN ('open', 'converted') \
             AND EXISTS (SELECT 1 FROM contact c WHERE c.lead = lead.id AND c.kind = 'judge') ORDER BY id LIMIT $3")
            .bind(first.to_string()).bind(last.to_string()).bind(LEADS_YEAR as i64).fetch_all(db).await)?;
        rows.into_iter().map(line).collect()
    }

    /// Leads that came from events, by number, at most [`LEADS_YEAR`]; of one event when it is named.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn leads_of_events(&self, event: Option<i64>) -> Result<Vec<LeadLine>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, name, title, officer, unit, registered, state, source, source_ref FROM lead \
             WHERE source = 'event' AND ($1 = '' OR source_ref = $1) ORDER BY id LIMIT $2")
            .bind(event.map_or(String::new(), |e| e.to_string())).bind(LEADS_YEAR as i64).fetch_all(db).await)?;
        let lines: Vec<LeadLine> = rows.into_iter().map(line).collect::<Result<_>>()?;
        Ok(lines.into_iter().filter(|l| l.event.is_some()).collect())
    }
}

type Row = (i64, String, String, i64, Option<i64>, String, String, String, Option<String>);

fn line((id, name, title, officer, unit, registered, state, source, source_ref): Row) -> Result<LeadLine> {
    Ok(LeadLine {
        id: LeadId(id),
        name,
        title,
        officer: UserId(officer),
        unit: unit.map(UnitId),
        registered: registered.parse().map_err(|e| Error::corrupt("day", e))?,
        state: state.parse().map_err(|e: String| Error::corrupt("state of a lead", e))?,
        event: source_ref.filter(|_| source == "event").and_then(|r| r.trim().parse().ok()),
    })
}
