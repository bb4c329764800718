//! Residents (入驻企业): the list that people import, beside the rule of the zone's settings.

use crate::error::line;
use crate::journal::Actor;
use crate::migrate::hex;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Page, Result, Store};
use domain::limits::RESIDENTS;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{QueryBuilder, query, query_as};
use std::collections::HashSet;

/// A resident to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewResident {
    /// USCC, else the resolved name.
    pub key: String,
    /// Name as written.
    pub name: String,
    /// Since when, if the list says.
    pub since: Option<Date>,
}

/// A resident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// USCC, else the resolved name.
    pub key: String,
    /// Name as written.
    pub name: String,
    /// Since when, if the list says.
    pub since: Option<Date>,
    /// The import that brought it; `None` when somebody wrote it.
    pub import: Option<i64>,
    /// When it was written here.
    pub created: Timestamp,
    /// When it left.
    pub ended: Option<Timestamp>,
}

/// What adding a list did; the three make up the distinct keys of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// New residents.
    pub added: u64,
    /// Residents whose name or first day the list says otherwise.
    pub changed: u64,
    /// Residents as they were.
    pub unchanged: u64,
}

/// Rows of one INSERT: five values each, far below SQLite's 32,766 parameters.
const CHUNK: usize = 1_000;

impl Store {
    /// Adds a list of residents, all or nothing; of rows with one key the last counts.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the row whose key or name is empty or too long, or when there would be more than
    /// [`RESIDENTS`].
    pub async fn add_residents(
        &self,
        by: &Actor,
        now: Timestamp,
        import: Option<i64>,
        rows: &[NewResident],
    ) -> Result<Added> {
        let rows = distinct(rows)?;
        if rows.is_empty() {
            return Ok(Added::default());
        }
        let mut tx = self.tx("resident.add", by, now).await?;
        let before = count_open(&mut tx).await?;
        let mut touched = 0;
        let mut digest = Sha256::new();
        for chunk in rows.chunks(CHUNK) {
            for row in chunk {
                digest.update(format!("{}\t{}\t{:?}\n", row.key, row.name, row.since));
            }
            touched += insert(&mut tx, now, import, chunk).await?;
        }
        let after = count_open(&mut tx).await?;
        if after > RESIDENTS as u64 {
            return Err(Error::Invalid(format!(
                "{after} residents are more than the {RESIDENTS} that a zone may have"
            )));
        }
        let added = after - before;
        let done = Added { added, changed: touched - added, unchanged: rows.len() as u64 - touched };
        let said = json!({ "import": import, "rows": done, "sha256": hex(&digest.finalize()) });
        let subject = "residents".to_string();
        tx.note(Note { action: "resident.add", subject, before: NOTHING, after: Some(said) }).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Ends a resident: it moved away or was listed by mistake.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_resident(&self, by: &Actor, now: Timestamp, key: &str) -> Result<()> {
        let mut tx = self.tx("resident.end", by, now).await?;
        let ended = on!(&mut tx.conn, db => query(
            "UPDATE resident SET ended_at = $2 WHERE company_key = $1 AND ended_at IS NULL")
            .bind(key).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if ended == 0 {
            return Err(Error::NotFound { what: "resident" });
        }
        let after = Some(json!({ "ended": now }));
        tx.note(Note { action: "resident.end", subject: format!("resident:{key}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// The present resident with this key.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn resident(&self, key: &str) -> Result<Option<Resident>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(
            "SELECT company_key, name, since, import, created_at, ended_at FROM resident \
             WHERE company_key = $1 AND ended_at IS NULL").bind(key).fetch_optional(db).await)?;
        row.map(resident).transpose()
    }

    /// Present residents by name.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn residents(&self, page: Page) -> Result<Vec<Resident>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT company_key, name, since, import, created_at, ended_at FROM resident \
             WHERE ended_at IS NULL ORDER BY name, id LIMIT $1 OFFSET $2")
            .bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(resident).collect()
    }

    /// Key and name of every present resident (at most [`RESIDENTS`]), for the engine.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn resident_keys(&self) -> Result<Vec<(String, String)>> {
        Ok(on!(&self.reader, db => query_as(
            "SELECT company_key, name FROM resident WHERE ended_at IS NULL ORDER BY id LIMIT $1")
            .bind(RESIDENTS as i64).fetch_all(db).await)?)
    }

    /// How many residents there are.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn count_residents(&self) -> Result<u64> {
        let (n,): (i64,) = on!(&self.reader, db => query_as(
            "SELECT COUNT(*) FROM resident WHERE ended_at IS NULL").fetch_one(db).await)?;
        Ok(n.unsigned_abs())
    }
}

async fn insert(tx: &mut Tx, now: Timestamp, import: Option<i64>, chunk: &[&NewResident]) -> Result<u64> {
    Ok(on!(&mut tx.conn, db => {
        let mut insert = QueryBuilder::new("INSERT INTO resident (company_key, name, since, import, created_at) ");
        insert.push_values(chunk, |mut values, row| {
            values.push_bind(&row.key).push_bind(&row.name).push_bind(row.since.map(|d| d.to_string()))
                .push_bind(import).push_bind(micros(now));
        });
        insert.push(
            " ON CONFLICT (company_key) WHERE ended_at IS NULL DO UPDATE \
             SET name = excluded.name, since = COALESCE(excluded.since, resident.since) \
             WHERE resident.name <> excluded.name OR COALESCE(excluded.since, '') NOT IN ('', COALESCE(resident.since, ''))");
        insert.build().execute(&mut **db).await.map(|done| done.rows_affected())
    })?)
}

fn distinct(rows: &[NewResident]) -> Result<Vec<&NewResident>> {
    if rows.len() > RESIDENTS {
        return Err(Error::Invalid(format!("{} rows; at most {RESIDENTS} residents at a time", rows.len())));
    }
    for (i, row) in rows.iter().enumerate() {
        let at = |field: &str| format!("row {}, {field}", i + 1);
        line(&at("key"), &row.key)?;
        line(&at("name"), &row.name)?;
    }
    let mut seen = HashSet::with_capacity(rows.len());
    let mut kept: Vec<&NewResident> = rows.iter().rev().filter(|r| seen.insert(r.key.as_str())).collect();
    kept.reverse();
    Ok(kept)
}

async fn count_open(tx: &mut Tx) -> Result<u64> {
    let (n,): (i64,) = on!(&mut tx.conn, db => query_as(
        "SELECT COUNT(*) FROM resident WHERE ended_at IS NULL").fetch_one(&mut **db).await)?;
    Ok(n.unsigned_abs())
}

type Row = (String, String, Option<String>, Option<i64>, i64, Option<i64>);

fn resident((key, name, since, import, created, ended): Row) -> Result<Resident> {
    let since = since.map(|d| d.parse()).transpose().map_err(|e| Error::corrupt("day", e))?;
    Ok(Resident { key, name, since, import, created: timestamp(created)?, ended: optional(ended)? })
}
