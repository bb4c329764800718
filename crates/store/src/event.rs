//! Events: what is said of them (versioned, so that of two who edit at once nobody loses silently), who came and what they cost.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::unit::open_unit;
use crate::{Error, Page, Result, Store};
use domain::company::RegionCode;
use domain::event::{EventDraft, EventKind};
use domain::limits::EVENTS_YEAR;
use domain::user::UnitId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::{query, query_as};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Number.
    pub id: i64,
    /// Grows by one with each edit.
    pub version: i64,
    /// What is said of it.
    pub said: EventDraft,
    /// Who recorded it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
    /// When and why it was ended (called off, or recorded by mistake).
    pub ended: Option<(Timestamp, String)>,
}

/// An event in one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// The event.
    pub event: Event,
    /// Guests that stand.
    pub guests: i64,
    /// Of them investors.
    pub investors: i64,
    /// Money planned, yuan.
    pub budget: i64,
    /// Money spent, yuan.
    pub actual: i64,
}

/// Which events to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of one kind.
    pub kind: Option<EventKind>,
    /// That begin in this year.
    pub year: Option<i16>,
    /// That this unit organised.
    pub unit: Option<UnitId>,
    /// Ended ones too.
    pub ended: bool,
}

const COLUMNS: &str = "id, version, title, kind, place, start_day, end_day, unit, purpose, made_by, created_at, ended_at, ended_why";

/// The conditions of an [`EventFilter`] over its five parameters.
const WHERE: &str = "($1 = '' OR kind = $1) AND ($2 = '' OR start_day >= $2) AND ($3 = '' OR start_day <= $3) \
     AND ($4 = 0 OR unit = $4) AND ($5 = 1 OR ended_at IS NULL)";

impl Store {
    /// Records an event.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a draft that breaks a rule; [`Error::NotFound`] for a unit that has ended.
    pub async fn add_event(&self, by: &Actor, now: Timestamp, draft: &EventDraft) -> Result<Event> {
        check(draft)?;
        let mut tx = self.tx("event.add", by, now).await?;
        if let Some(unit) = draft.unit {
            open_unit(&mut tx, unit).await?;
        }
        let sql = format!(
            "INSERT INTO event (version, title, kind, place, start_day, end_day, unit, purpose, made_by, created_at, updated_at) \
             VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING {COLUMNS}"
        );
        let row: Row = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(&draft.title).bind(draft.kind.as_str()).bind(draft.place.map(|p| i64::from(p.0)))
            .bind(draft.start.to_string()).bind(draft.end.to_string()).bind(draft.unit.map(|u| u.0)).bind(&draft.purpose)
            .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let event = event(row)?;
        let after = Some(draft);
        tx.note(Note { action: "event.add", subject: subject(event.id), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(event)
    }

    /// Changes what is said of an event that was read at `version`, and answers the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody saved in between; [`Error::NotFound`] for no such event, or one that has ended;
    /// [`Error::Invalid`] for a draft that breaks a rule.
    pub async fn edit_event(
        &self,
        by: &Actor,
        now: Timestamp,
        id: i64,
        version: i64,
        draft: &EventDraft,
    ) -> Result<i64> {
        check(draft)?;
        let mut tx = self.tx("event.edit", by, now).await?;
        let before = open_event(&mut tx, id).await?;
        if before.version != version {
            return Err(Error::Stale { what: "event", current: before.version });
        }
        if let Some(unit) = draft.unit.filter(|_| draft.unit != before.said.unit) {
            open_unit(&mut tx, unit).await?;
        }
        on!(&mut tx.conn, db => query(
            "UPDATE event SET version = version + 1, title = $2, kind = $3, place = $4, start_day = $5, end_day = $6, unit = $7, \
             purpose = $8, updated_at = $9 WHERE id = $1")
            .bind(id).bind(&draft.title).bind(draft.kind.as_str()).bind(draft.place.map(|p| i64::from(p.0)))
            .bind(draft.start.to_string()).bind(draft.end.to_string()).bind(draft.unit.map(|u| u.0)).bind(&draft.purpose)
            .bind(micros(now)).execute(&mut **db).await.map(drop))?;
        let (before, after) = (Some(before.said), Some(draft));
        tx.note(Note { action: "event.edit", subject: subject(id), before, after }).await?;
        tx.commit().await?;
        Ok(version + 1)
    }

    /// Ends an event that was called off or recorded by mistake; its guests and costs stay with it and count no more.
    ///
    /// # Errors
    /// [`Error::Stale`], [`Error::NotFound`]; [`Error::Invalid`] without a reason.
    pub async fn end_event(
        &self,
        by: &Actor,
        now: Timestamp,
        id: i64,
        version: i64,
        why: &str,
    ) -> Result<()> {
        line("reason", why)?;
        let mut tx = self.tx("event.end", by, now).await?;
        let before = open_event(&mut tx, id).await?;
        if before.version != version {
            return Err(Error::Stale { what: "event", current: before.version });
        }
        on!(&mut tx.conn, db => query(
            "UPDATE event SET version = version + 1, ended_at = $2, ended_why = $3, updated_at = $2 WHERE id = $1")
            .bind(id).bind(micros(now)).bind(why).execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "ended": now, "why": why }));
        tx.note(Note { action: "event.end", subject: subject(id), before: Some(before.said), after }).await?;
        tx.commit().await
    }

    /// An event, ended or not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn event(&self, id: i64) -> Result<Option<Event>> {
        let sql = format!("SELECT {COLUMNS} FROM event WHERE id = $1");
        let row: Option<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(id).fetch_optional(db).await)?;
        row.map(event).transpose()
    }

    /// Events with what they add up to, the latest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn events(&self, filter: EventFilter, page: Page) -> Result<Vec<EventLine>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event WHERE {WHERE} ORDER BY start_day DESC, id DESC LIMIT $6 OFFSET $7"
        );
        let (from, to) = filter.days();
        let rows: Vec<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(filter.kind.map_or("", EventKind::as_str)).bind(&from).bind(&to)
            .bind(filter.unit.map_or(0, |u| u.0)).bind(i64::from(filter.ended))
            .bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        let events = rows.into_iter().map(event).collect::<Result<Vec<_>>>()?;
        self.lines(events).await
    }

    /// How many events a filter finds.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn count_events(&self, filter: EventFilter) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) FROM event WHERE {WHERE}");
        let (from, to) = filter.days();
        let (n,): (i64,) = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(filter.kind.map_or("", EventKind::as_str)).bind(&from).bind(&to)
            .bind(filter.unit.map_or(0, |u| u.0)).bind(i64::from(filter.ended)).fetch_one(db).await)?;
        Ok(n.unsigned_abs())
    }

    /// The years in which events began, the latest first (at most 200).
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn event_years(&self) -> Result<Vec<i16>> {
        let rows: Vec<(String,)> = on!(&self.reader, db => query_as(
            "SELECT DISTINCT SUBSTR(start_day, 1, 4) AS year FROM event WHERE ended_at IS NULL ORDER BY year DESC LIMIT 200")
            .fetch_all(db).await)?;
        rows.into_iter().map(|(y,)| y.parse().map_err(|e| Error::corrupt("year", e))).collect()
    }

    /// Every event that began in a year and stands (at most [`EVENTS_YEAR`]), the latest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn events_of(&self, year: i16) -> Result<Vec<EventLine>> {
        let filter = EventFilter { year: Some(year), ..EventFilter::default() };
        let mut all = Vec::new();
        let mut page = Page::first();
        while all.len() < EVENTS_YEAR {
            let lines = self.events(filter, page).await?;
            if lines.is_empty() {
                break;
            }
            all.extend(lines);
            page = page.next();
        }
        all.truncate(EVENTS_YEAR);
        Ok(all)
    }

    /// Adds to each event what stands of it: three questions for any number of events.
    async fn lines(&self, events: Vec<Event>) -> Result<Vec<EventLine>> {
        let (Some(first), Some(last)) =
            (events.iter().map(|e| e.id).min(), events.iter().map(|e| e.id).max())
        else {
            return Ok(Vec::new());
        };
        let guests: Vec<(i64, i64, i64)> = on!(&self.reader, db => query_as(
            "SELECT event, COUNT(*), COUNT(CASE WHEN role = 'investor' THEN 1 END) FROM event_guest \
             WHERE event BETWEEN $1 AND $2 AND ended_at IS NULL GROUP BY event").bind(first).bind(last).fetch_all(db).await)?;
        let costs: Vec<(i64, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT event, kind, CAST(SUM(yuan) AS BIGINT) FROM event_cost \
             WHERE event BETWEEN $1 AND $2 AND ended_at IS NULL GROUP BY event, kind").bind(first).bind(last).fetch_all(db).await)?;
        let cost = |id: i64, kind: &str| {
            costs.iter().find(|(event, k, _)| *event == id && k == kind).map_or(0, |(.., yuan)| *yuan)
        };
        let lines = events.into_iter().map(|event| {
            let of = guests.iter().find(|(id, ..)| *id == event.id);
            EventLine {
                guests: of.map_or(0, |g| g.1),
                investors: of.map_or(0, |g| g.2),
                budget: cost(event.id, "budget"),
                actual: cost(event.id, "actual"),
                event,
            }
        });
        Ok(lines.collect())
    }
}

impl EventFilter {
    /// First and last day, empty for any.
    fn days(self) -> (String, String) {
        self.year.map_or_else(Default::default, |y| (format!("{y:04}-01-01"), format!("{y:04}-12-31")))
    }
}

fn check(draft: &EventDraft) -> Result<()> {
    draft.check().map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Error::Invalid(faults.join("; "))
    })
}

pub(crate) fn subject(id: i64) -> String {
    format!("event:{id}")
}

/// The event `id` that stands, read inside a change.
pub(crate) async fn open_event(tx: &mut Tx, id: i64) -> Result<Event> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE id = $1");
    let row: Option<Row> = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql))
        .bind(id).fetch_optional(&mut **db).await)?;
    match row.map(event).transpose()? {
        Some(event) if event.ended.is_none() => Ok(event),
        _ => Err(Error::NotFound { what: "event" }),
    }
}

type Row = (
    i64,
    i64,
    String,
    String,
    Option<i64>,
    String,
    String,
    Option<i64>,
    String,
    String,
    i64,
    Option<i64>,
    Option<String>,
);

fn event(row: Row) -> Result<Event> {
    let (id, version, title, kind, place, start, end, unit, purpose, by, created, ended, why) = row;
    let said = EventDraft {
        title,
        kind: kind.parse().map_err(|e: String| Error::corrupt("kind of event", e))?,
        place: place.map(u32::try_from).transpose().map_err(|e| Error::corrupt("place", e))?.map(RegionCode),
        start: start.parse().map_err(|e| Error::corrupt("day", e))?,
        end: end.parse().map_err(|e| Error::corrupt("day", e))?,
        unit: unit.map(UnitId),
        purpose,
    };
    let ended = optional(ended)?.map(|at| (at, why.unwrap_or_default()));
    Ok(Event { id, version, said, by, created: timestamp(created)?, ended })
}
