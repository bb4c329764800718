//! Who came to an event, and what it cost: rows that are added and ended, never changed but for which company a name means.

use crate::error::line;
use crate::event::{open_event, subject};
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::event::{CostKind, GuestRole};
use domain::limits::{EVENT_COSTS, EVENT_GUESTS, GUESTS_AT_ONCE, GUESTS_YEAR, LINE_CHARS};
use domain::user::UserId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use sqlx::{query, query_as};

/// A guest to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewGuest {
    /// Credit code, else `=` and the resolved name; `None` while the name is only as written.
    pub key: Option<String>,
    /// The company.
    pub name: String,
    /// Who came of it: free text. The journal does not keep it, because it may hold phone numbers.
    #[serde(skip)]
    pub person: String,
    /// What they are.
    pub role: GuestRole,
    /// The officer who brought them.
    pub brought_by: Option<UserId>,
}

/// A guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Number.
    pub id: i64,
    /// The event.
    pub event: i64,
    /// What was recorded.
    pub said: NewGuest,
    /// Who recorded it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
    /// When and why it was taken off the list.
    pub ended: Option<(Timestamp, String)>,
}

/// A guest whom an officer brought in a year, for the assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// The guest.
    pub guest: Guest,
    /// The event's title.
    pub title: String,
    /// The event's first day.
    pub day: Date,
}

/// A cost to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewCost {
    /// Planned or spent.
    pub kind: CostKind,
    /// How much.
    pub yuan: i64,
    /// The day it was agreed or paid.
    pub day: Date,
    /// What proves it: document, invoice, reference.
    pub note: String,
}

/// A cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Number.
    pub id: i64,
    /// The event.
    pub event: i64,
    /// What was recorded.
    pub said: NewCost,
    /// Who recorded it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
    /// When and why it was taken back.
    pub ended: Option<(Timestamp, String)>,
}

/// The largest cost, yuan.
const MOST: i64 = 1_000_000_000_000;

const GUEST: &str =
    "id, event, company_key, name, person, role, brought_by, made_by, created_at, ended_at, ended_why";
const COST: &str = "id, event, kind, yuan, day, note, made_by, created_at, ended_at, ended_why";

impl Store {
    /// Adds guests to an event, all or none.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an event or officer that has ended; [`Error::Invalid`] for a guest that breaks a rule, one who is on
    /// the list already, or when [`EVENT_GUESTS`] would stand.
    pub async fn add_guests(
        &self,
        by: &Actor,
        now: Timestamp,
        event: i64,
        new: &[NewGuest],
    ) -> Result<Vec<i64>> {
        if new.is_empty() || new.len() > GUESTS_AT_ONCE {
            return Err(Error::Invalid(format!("guests: add 1 to {GUESTS_AT_ONCE} at once")));
        }
        let mut tx = self.tx("event.guests", by, now).await?;
        open_event(&mut tx, event).await?;
        let mut standing = standing(&mut tx, event).await?;
        let mut ids = Vec::with_capacity(new.len());
        for guest in new {
            line("name", &guest.name)?;
            if guest.person.chars().count() > LINE_CHARS || guest.person.contains(['\n', '\r', '\0']) {
                let why =
                    format!("{}: the person is one line of at most {LINE_CHARS} characters", guest.name);
                return Err(Error::Invalid(why));
            }
            if standing.len() >= EVENT_GUESTS {
                return Err(Error::Invalid(format!("guests: at most {EVENT_GUESTS} on one list")));
            }
            let who = (guest.key.clone().unwrap_or_else(|| guest.name.clone()), guest.person.clone());
            if standing.contains(&who) {
                return Err(Error::Invalid(format!(
                    "{} is on the list already with the same person",
                    guest.name
                )));
            }
            standing.push(who);
            let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
                "INSERT INTO event_guest (event, company_key, name, person, role, brought_by, made_by, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id")
                .bind(event).bind(&guest.key).bind(&guest.name).bind(&guest.person).bind(guest.role.as_str())
                .bind(guest.brought_by.map(|u| u.0)).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
            .map_err(|error| match error.as_database_error() {
                Some(db) if db.is_foreign_key_violation() => Error::NotFound { what: "person who brought the guest" },
                _ => error.into(),
            })?;
            ids.push(id);
        }
        let after =
            Some(ids.iter().zip(new).map(|(id, g)| json!({ "id": id, "guest": g })).collect::<Vec<_>>());
        tx.note(Note { action: "event.guests", subject: subject(event), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(ids)
    }

    /// Says which company a guest's name means, and answers the number of the event.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the guest has ended; [`Error::Invalid`] for an empty key or name.
    pub async fn settle_guest(
        &self,
        by: &Actor,
        now: Timestamp,
        id: i64,
        key: &str,
        name: &str,
    ) -> Result<i64> {
        line("key", key)?;
        line("name", name)?;
        let mut tx = self.tx("event.guest.settle", by, now).await?;
        let before = open_guest(&mut tx, id).await?;
        on!(&mut tx.conn, db => query("UPDATE event_guest SET company_key = $2, name = $3 WHERE id = $1")
            .bind(id).bind(key).bind(name).execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "id": id, "key": key, "name": name }));
        let (event, before) = (before.event, Some(before.said));
        tx.note(Note { action: "event.guest.settle", subject: subject(event), before, after }).await?;
        tx.commit().await?;
        Ok(event)
    }

    /// Takes a guest off the list and answers the number of the event.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] without a reason.
    pub async fn end_guest(&self, by: &Actor, now: Timestamp, id: i64, why: &str) -> Result<i64> {
        line("reason", why)?;
        let mut tx = self.tx("event.guest.end", by, now).await?;
        let before = open_guest(&mut tx, id).await?;
        on!(&mut tx.conn, db => query("UPDATE event_guest SET ended_at = $2, ended_why = $3 WHERE id = $1")
            .bind(id).bind(micros(now)).bind(why).execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "id": id, "ended": now, "why": why }));
        let (event, before) = (before.event, Some(before.said));
        tx.note(Note { action: "event.guest.end", subject: subject(event), before, after }).await?;
        tx.commit().await?;
        Ok(event)
    }

    /// The guests of an event that stand (at most [`EVENT_GUESTS`]), in the order they were added.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn guests(&self, event: i64) -> Result<Vec<Guest>> {
        let sql = format!(
            "SELECT {GUEST} FROM event_guest WHERE event = $1 AND ended_at IS NULL ORDER BY id LIMIT $2"
        );
        let rows: Vec<GuestRow> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(event).bind(EVENT_GUESTS as i64).fetch_all(db).await)?;
        rows.into_iter().map(guest).collect()
    }

    /// The investors whom officers brought to events that began between two days (both included) and stand; at most [`GUESTS_YEAR`],
    /// those of the earliest events first. Intermediaries, government and others are none.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn investors_brought(&self, first: Date, last: Date) -> Result<Vec<Brought>> {
        let columns = GUEST.split(", ").map(|c| format!("g.{c}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {columns}, e.title, e.start_day FROM event_guest g JOIN event e ON e.id = g.event \
             WHERE e.start_day >= $1 AND e.start_day <= $2 AND e.ended_at IS NULL AND g.ended_at IS NULL \
             AND g.role = 'investor' AND g.brought_by IS NOT NULL ORDER BY e.start_day, g.id LIMIT $3"
        );
        let rows: Vec<BroughtRow> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(first.to_string()).bind(last.to_string()).bind(GUESTS_YEAR as i64).fetch_all(db).await)?;
        let brought = |row: BroughtRow| {
            let (id, event, key, name, person, role, by, made_by, created, ended, why, title, day) = row;
            Ok(Brought {
                guest: guest((id, event, key, name, person, role, by, made_by, created, ended, why))?,
                title,
                day: day.parse().map_err(|e| Error::corrupt("day", e))?,
            })
        };
        rows.into_iter().map(brought).collect()
    }

    /// Adds a cost to an event. What counts is the sum of the rows that stand.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for an amount or a note that breaks a rule, or when [`EVENT_COSTS`] stand.
    pub async fn add_cost(&self, by: &Actor, now: Timestamp, event: i64, new: &NewCost) -> Result<i64> {
        line("evidence", &new.note)?;
        if !(1..=MOST).contains(&new.yuan) {
            return Err(Error::Invalid(format!("amount: between 1 and {MOST} yuan; check the unit")));
        }
        let mut tx = self.tx("event.cost", by, now).await?;
        open_event(&mut tx, event).await?;
        let (standing,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM event_cost WHERE event = $1 AND ended_at IS NULL").bind(event).fetch_one(&mut **db).await)?;
        if standing.unsigned_abs() >= EVENT_COSTS as u64 {
            return Err(Error::Invalid(format!("costs: at most {EVENT_COSTS} of one event")));
        }
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO event_cost (event, kind, yuan, day, note, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             RETURNING id").bind(event).bind(new.kind.as_str()).bind(new.yuan).bind(new.day.to_string()).bind(&new.note)
            .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let after = Some(json!({ "id": id, "cost": new }));
        tx.note(Note { action: "event.cost", subject: subject(event), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes a cost back and answers the number of the event.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] without a reason.
    pub async fn end_cost(&self, by: &Actor, now: Timestamp, id: i64, why: &str) -> Result<i64> {
        line("reason", why)?;
        let mut tx = self.tx("event.cost.end", by, now).await?;
        let sql = format!("SELECT {COST} FROM event_cost WHERE id = $1 AND ended_at IS NULL");
        let row: Option<CostRow> = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(id).fetch_optional(&mut **db).await)?;
        let before = cost(row.ok_or(Error::NotFound { what: "cost" })?)?;
        on!(&mut tx.conn, db => query("UPDATE event_cost SET ended_at = $2, ended_why = $3 WHERE id = $1")
            .bind(id).bind(micros(now)).bind(why).execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "id": id, "ended": now, "why": why }));
        let (event, before) = (before.event, Some(before.said));
        tx.note(Note { action: "event.cost.end", subject: subject(event), before, after }).await?;
        tx.commit().await?;
        Ok(event)
    }

    /// The costs of an event, those taken back too, in the order they were added.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn costs(&self, event: i64) -> Result<Vec<Cost>> {
        let sql = format!("SELECT {COST} FROM event_cost WHERE event = $1 ORDER BY id LIMIT $2");
        let rows: Vec<CostRow> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(event).bind(4 * EVENT_COSTS as i64).fetch_all(db).await)?;
        rows.into_iter().map(cost).collect()
    }
}

/// Who stands on the list of an event: key (or name) and person.
async fn standing(tx: &mut Tx, event: i64) -> Result<Vec<(String, String)>> {
    Ok(on!(&mut tx.conn, db => query_as(
        "SELECT COALESCE(company_key, name), person FROM event_guest WHERE event = $1 AND ended_at IS NULL")
        .bind(event).fetch_all(&mut **db).await)?)
}

async fn open_guest(tx: &mut Tx, id: i64) -> Result<Guest> {
    let sql = format!("SELECT {GUEST} FROM event_guest WHERE id = $1 AND ended_at IS NULL");
    let row: Option<GuestRow> = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql))
        .bind(id).fetch_optional(&mut **db).await)?;
    guest(row.ok_or(Error::NotFound { what: "guest" })?)
}

type GuestRow =
    (i64, i64, Option<String>, String, String, String, Option<i64>, String, i64, Option<i64>, Option<String>);

type BroughtRow = (
    i64,
    i64,
    Option<String>,
    String,
    String,
    String,
    Option<i64>,
    String,
    i64,
    Option<i64>,
    Option<String>,
    String,
    String,
);

fn guest(
    (id, event, key, name, person, role, brought_by, by, created, ended, why): GuestRow,
) -> Result<Guest> {
    let role = role.parse().map_err(|e: String| Error::corrupt("role of a guest", e))?;
    let said = NewGuest { key, name, person, role, brought_by: brought_by.map(UserId) };
    let ended = optional(ended)?.map(|at| (at, why.unwrap_or_default()));
    Ok(Guest { id, event, said, by, created: timestamp(created)?, ended })
}

type CostRow = (i64, i64, String, i64, String, String, String, i64, Option<i64>, Option<String>);

fn cost((id, event, kind, yuan, day, note, by, created, ended, why): CostRow) -> Result<Cost> {
    let said = NewCost {
        kind: kind.parse().map_err(|e: String| Error::corrupt("kind of cost", e))?,
        yuan,
        day: day.parse().map_err(|e| Error::corrupt("day", e))?,
        note,
    };
    let ended = optional(ended)?.map(|at| (at, why.unwrap_or_default()));
    Ok(Cost { id, event, said, by, created: timestamp(created)?, ended })
}
