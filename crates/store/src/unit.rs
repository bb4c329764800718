//! Units (部门/单位) of the zone: whose people they are, and whose records.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::limits::UNITS;
use domain::user::{Unit, UnitId};
use jiff::Timestamp;
use serde_json::json;
use sqlx::{query, query_as};

type Row = (i64, String, i64, Option<i64>);

impl Store {
    /// Adds a unit.
    ///
    /// # Errors
    /// [`Error::Taken`] when the name exists (ended units keep theirs); [`Error::Invalid`] for an empty name, or when there
    /// are [`UNITS`] already.
    pub async fn add_unit(&self, by: &Actor, now: Timestamp, name: &str) -> Result<Unit> {
        line("name", name)?;
        let mut tx = self.tx("unit.add", by, now).await?;
        let (known,): (i64,) =
            on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM unit").fetch_one(&mut **db).await)?;
        if known.unsigned_abs() >= UNITS as u64 {
            return Err(Error::Invalid(format!(
                "unit: at most {UNITS} in all, ended ones too; rename one instead"
            )));
        }
        let row: Row = on!(&mut tx.conn, db => query_as(
            "INSERT INTO unit (name, created_at) VALUES ($1, $2) RETURNING id, name, created_at, ended_at")
            .bind(name).bind(micros(now)).fetch_one(&mut **db).await)
        .map_err(Error::taken("unit name"))?;
        let unit = unit(row)?;
        tx.note(Note { action: "unit.add", subject: subject(unit.id), before: NOTHING, after: Some(&unit) })
            .await?;
        tx.commit().await?;
        Ok(unit)
    }

    /// Changes what a unit is called.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Taken`] when another unit has the name; [`Error::Invalid`] for an empty name.
    pub async fn rename_unit(&self, by: &Actor, now: Timestamp, id: UnitId, name: &str) -> Result<Unit> {
        line("name", name)?;
        let mut tx = self.tx("unit.rename", by, now).await?;
        let before = open_unit(&mut tx, id).await?;
        on!(&mut tx.conn, db => query("UPDATE unit SET name = $2 WHERE id = $1")
            .bind(id.0).bind(name).execute(&mut **db).await.map(drop))
        .map_err(Error::taken("unit name"))?;
        let after = Unit { name: name.to_string(), ..before.clone() };
        tx.note(Note {
            action: "unit.rename",
            subject: subject(id),
            before: Some(before),
            after: Some(&after),
        })
        .await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Ends a unit. What was recorded for it stays its.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] while people belong to it.
    pub async fn end_unit(&self, by: &Actor, now: Timestamp, id: UnitId) -> Result<()> {
        let mut tx = self.tx("unit.end", by, now).await?;
        let before = open_unit(&mut tx, id).await?;
        let (people,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM person WHERE unit = $1 AND ended_at IS NULL").bind(id.0).fetch_one(&mut **db).await)?;
        if people > 0 {
            let why = format!(
                "unit: {people} people belong to it; give them another unit or end their accounts first"
            );
            return Err(Error::Invalid(why));
        }
        on!(&mut tx.conn, db => query("UPDATE unit SET ended_at = $2 WHERE id = $1")
            .bind(id.0).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "ended": now }));
        tx.note(Note { action: "unit.end", subject: subject(id), before: Some(before), after }).await?;
        tx.commit().await
    }

    /// Every unit by name, ended ones too (at most [`UNITS`]).
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn units(&self) -> Result<Vec<Unit>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, name, created_at, ended_at FROM unit ORDER BY name, id LIMIT $1")
            .bind(UNITS as i64).fetch_all(db).await)?;
        rows.into_iter().map(unit).collect()
    }
}

fn unit((id, name, created, ended): Row) -> Result<Unit> {
    Ok(Unit { id: UnitId(id), name, created: timestamp(created)?, ended: optional(ended)? })
}

fn subject(id: UnitId) -> String {
    format!("unit:{id}")
}

/// The open unit `id`, read inside a change.
pub(crate) async fn open_unit(tx: &mut Tx, id: UnitId) -> Result<Unit> {
    let row: Option<Row> = on!(&mut tx.conn, db => query_as(
        "SELECT id, name, created_at, ended_at FROM unit WHERE id = $1").bind(id.0).fetch_optional(&mut **db).await)?;
    match row.map(unit).transpose()? {
        Some(unit) if unit.ended.is_none() => Ok(unit),
        _ => Err(Error::NotFound { what: "unit" }),
    }
}
