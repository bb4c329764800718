//! Imports: files that wait, run, and end, with the count of every row.
//!
//! A worker claims the oldest that waits, beats while it works, and finishes it. Before it claims,
//! [`Store::requeue_imports`] brings back what a dead process left running. Progress counts are the one thing that is written
//! without a journal entry: the end of an import journals them.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Page, Result, Store};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{query, query_as};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Companies of the universe.
    Universe,
    /// The zone's residents.
    Residents,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// Every row was accepted or rejected.
    Done,
    /// It ended with an error.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

/// A file to import.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// What it holds.
    pub kind: ImportKind,
    /// Its name as the person knows it.
    pub file_name: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// Row counts; `accepted + rejected = read` once all is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Data rows read.
    pub read: u64,
    /// Rows taken in.
    pub accepted: u64,
    /// Rows refused, each in the rejects file.
    pub rejected: u64,
    /// Accepted rows that changed something.
    pub changed: u64,
}

/// How an import ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// All rows are accounted for.
    Done(Counts),
    /// It broke; the text says where and what to do.
    Failed(Counts, String),
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Number.
    pub id: i64,
    /// What the file holds.
    pub kind: ImportKind,
    /// The file's name.
    pub file_name: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The file's length.
    pub bytes: u64,
    /// How far it is.
    pub state: ImportState,
    /// Rows so far.
    pub counts: Counts,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it, as the journal writes it.
    pub by: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// When a worker claimed it last.
    pub started: Option<Timestamp>,
    /// Its last sign of life.
    pub updated: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, kind, file_name, sha256, bytes, state, rows_read, accepted, rejected, changed, error, made_by, \
         created_at, started_at, updated_at, finished_at"
    };
}

impl Store {
    /// Puts a file in the queue.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or digest that is none.
    pub async fn add_import(&self, by: &Actor, now: Timestamp, new: &NewImport) -> Result<Import> {
        line("file name", &new.file_name)?;
        if new.sha256.len() != 64 || !new.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Error::Invalid("sha256: write 64 lower-case hexadecimal digits".to_string()));
        }
        let mut tx = self.tx("import.add", by, now).await?;
        let row: Row = on!(&mut tx.conn, db => query_as(concat!(
            "INSERT INTO import (kind, file_name, sha256, bytes, state, made_by, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, 'queued', $5, $6, $6) RETURNING ", columns!()))
            .bind(kind_str(new.kind)).bind(&new.file_name).bind(&new.sha256).bind(signed(new.bytes))
            .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let import = import(row)?;
        note(&mut tx, "import.add", &import).await?;
        tx.commit().await?;
        Ok(import)
    }

    /// Claims the oldest import that waits; of several workers exactly one gets it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn claim_import(&self, now: Timestamp) -> Result<Option<Import>> {
        let (waiting,): (i64,) = on!(&self.reader, db => query_as(
            "SELECT COUNT(*) FROM import WHERE state = 'queued'").fetch_one(db).await)?;
        if waiting == 0 {
            return Ok(None);
        }
        let mut tx = self.tx("import.claim", &Actor::System, now).await?;
        let row: Option<Row> = on!(&mut tx.conn, db => query_as(concat!(
            "UPDATE import SET state = 'running', started_at = $1, updated_at = $1, \
             rows_read = 0, accepted = 0, rejected = 0, changed = 0 \
             WHERE id = (SELECT MIN(id) FROM import WHERE state = 'queued') RETURNING ", columns!()))
            .bind(micros(now)).fetch_optional(&mut **db).await)?;
        let Some(row) = row else { return Ok(None) };
        let import = import(row)?;
        note(&mut tx, "import.claim", &import).await?;
        tx.commit().await?;
        Ok(Some(import))
    }

    /// A sign of life with the counts so far. Answers `false` when the import runs no more (cancelled): stop then.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn beat_import(&self, now: Timestamp, id: i64, counts: Counts) -> Result<bool> {
        let beaten = on!(&self.writer, db => query(
            "UPDATE import SET updated_at = $2, rows_read = $3, accepted = $4, rejected = $5, changed = $6 \
             WHERE id = $1 AND state = 'running'")
            .bind(id).bind(micros(now)).bind(signed(counts.read)).bind(signed(counts.accepted))
            .bind(signed(counts.rejected)).bind(signed(counts.changed))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(beaten == 1)
    }

    /// Ends a running import. A cancellation that came too late, when all was done already, does not hide what was done.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not running; [`Error::Invalid`] when rows are unaccounted for.
    pub async fn finish_import(&self, now: Timestamp, id: i64, outcome: &Outcome) -> Result<Import> {
        let (state, counts, error) = match outcome {
            Outcome::Done(counts) if counts.accepted + counts.rejected != counts.read => {
                let Counts { read, accepted, rejected, .. } = counts;
                return Err(Error::Invalid(format!(
                    "{accepted} accepted + {rejected} rejected are not {read} read"
                )));
            }
            Outcome::Done(counts) => ("done", counts, None),
            Outcome::Failed(counts, error) => ("failed", counts, Some(error)),
        };
        let mut tx = self.tx("import.finish", &Actor::System, now).await?;
        let row: Option<Row> = on!(&mut tx.conn, db => query_as(concat!(
            "UPDATE import SET state = $2, error = $3, updated_at = $4, finished_at = $4, \
             rows_read = $5, accepted = $6, rejected = $7, changed = $8 \
             WHERE id = $1 AND (state = 'running' OR state = $9) RETURNING ", columns!()))
            .bind(id).bind(state).bind(error).bind(micros(now)).bind(signed(counts.read))
            .bind(signed(counts.accepted)).bind(signed(counts.rejected)).bind(signed(counts.changed))
            .bind(if state == "done" { "cancelled" } else { "running" })
            .fetch_optional(&mut **db).await)?;
        let import = import(row.ok_or(Error::NotFound { what: "running import" })?)?;
        note(&mut tx, "import.finish", &import).await?;
        tx.commit().await?;
        Ok(import)
    }

    /// Stops an import that waits or runs.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has ended already.
    pub async fn cancel_import(&self, by: &Actor, now: Timestamp, id: i64) -> Result<Import> {
        let mut tx = self.tx("import.cancel", by, now).await?;
        let row: Option<Row> = on!(&mut tx.conn, db => query_as(concat!(
            "UPDATE import SET state = 'cancelled', updated_at = $2, finished_at = $2 \
             WHERE id = $1 AND state IN ('queued', 'running') RETURNING ", columns!()))
            .bind(id).bind(micros(now)).fetch_optional(&mut **db).await)?;
        let import = import(row.ok_or(Error::NotFound { what: "import that waits or runs" })?)?;
        note(&mut tx, "import.cancel", &import).await?;
        tx.commit().await?;
        Ok(import)
    }

    /// Puts running imports without a sign of life since `silent_since` back in the queue; answers how many.
    ///
    /// Who alone may work on the data folder passes `now`: whatever runs then belongs to a dead process.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn requeue_imports(&self, now: Timestamp, silent_since: Timestamp) -> Result<u64> {
        // Asked twice a second, so a reader looks first.
        let (running,): (i64,) = on!(&self.reader, db => query_as(
            "SELECT COUNT(*) FROM import WHERE state = 'running'").fetch_one(db).await)?;
        if running == 0 {
            return Ok(0);
        }
        let mut tx = self.tx("import.requeue", &Actor::System, now).await?;
        let rows: Vec<Row> = on!(&mut tx.conn, db => query_as(concat!(
            "UPDATE import SET state = 'queued', updated_at = $1 WHERE state = 'running' AND updated_at <= $2 RETURNING ",
            columns!()))
            .bind(micros(now)).bind(micros(silent_since)).fetch_all(&mut **db).await)?;
        if rows.is_empty() {
            return Ok(0);
        }
        let count = rows.len() as u64;
        for row in rows {
            note(&mut tx, "import.requeue", &import(row)?).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// The import with this number.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn import(&self, id: i64) -> Result<Option<Import>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(concat!(
            "SELECT ", columns!(), " FROM import WHERE id = $1")).bind(id).fetch_optional(db).await)?;
        row.map(import).transpose()
    }

    /// Imports, newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn imports(&self, page: Page) -> Result<Vec<Import>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(concat!(
            "SELECT ", columns!(), " FROM import ORDER BY id DESC LIMIT $1 OFFSET $2"))
            .bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(import).collect()
    }

    /// The newest finished import of a file with these bytes, to say that it was taken in before.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn import_of(&self, kind: ImportKind, sha256: &str) -> Result<Option<Import>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(concat!(
            "SELECT ", columns!(), " FROM import WHERE sha256 = $1 AND kind = $2 AND state = 'done' \
             ORDER BY id DESC LIMIT 1"))
            .bind(sha256).bind(kind_str(kind)).fetch_optional(db).await)?;
        row.map(import).transpose()
    }
}

type Row = (
    i64,
    String,
    String,
    String,
    i64,
    String,
    i64,
    i64,
    i64,
    i64,
    Option<String>,
    String,
    i64,
    Option<i64>,
    i64,
    Option<i64>,
);

fn import(row: Row) -> Result<Import> {
    let state = match row.5.as_str() {
        "queued" => ImportState::Queued,
        "running" => ImportState::Running,
        "done" => ImportState::Done,
        "failed" => ImportState::Failed,
        "cancelled" => ImportState::Cancelled,
        other => return Err(Error::corrupt("state of an import", other)),
    };
    let kind = match row.1.as_str() {
        "universe" => ImportKind::Universe,
        "residents" => ImportKind::Residents,
        other => return Err(Error::corrupt("kind of an import", other)),
    };
    let [read, accepted, rejected, changed] = [row.6, row.7, row.8, row.9].map(i64::unsigned_abs);
    Ok(Import {
        id: row.0,
        kind,
        file_name: row.2,
        sha256: row.3,
        bytes: row.4.unsigned_abs(),
        state,
        counts: Counts { read, accepted, rejected, changed },
        error: row.10,
        by: row.11,
        created: timestamp(row.12)?,
        started: optional(row.13)?,
        updated: timestamp(row.14)?,
        finished: optional(row.15)?,
    })
}

fn kind_str(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Universe => "universe",
        ImportKind::Residents => "residents",
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

async fn note(tx: &mut Tx, action: &str, import: &Import) -> Result<()> {
    let Import { kind, file_name, sha256, state, counts, error, .. } = import;
    let after = json!({ "kind": kind, "file": file_name, "sha256": sha256, "state": state, "counts": counts, "error": error });
    let subject = format!("import:{}", import.id);
    tx.note(Note { action, subject, before: NOTHING, after: Some(after) }).await
}
