//! Copies of data that we fetched under an agreement, and duties that were done.

use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::limits;
use jiff::Timestamp;
use serde_json::json;
use sqlx::query_as;

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Number.
    pub id: i64,
    /// The transfer that brought it.
    pub exchange: i64,
    /// The agreement that allows it.
    pub agreement: String,
    /// Where its bytes lie among the files.
    pub sha256: String,
    /// How many there are.
    pub bytes: i64,
    /// Its media type, as the provider says.
    pub media: String,
    /// When it came.
    pub created: Timestamp,
    /// When and why it was deleted.
    pub ended: Option<(Timestamp, String)>,
}

/// A duty that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyDone {
    /// Number of the agreement's row.
    pub agreement: i64,
    /// Which.
    pub action: String,
    /// What was done.
    pub note: String,
    /// The file that proves it.
    pub file: Option<String>,
    /// Who did it.
    pub by: String,
    /// When it was recorded.
    pub at: Timestamp,
}

type Row = (i64, i64, String, String, i64, String, i64, Option<i64>, Option<String>);

impl Store {
    /// Notes a copy that was fetched whole.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn add_copy(
        &self,
        by: &Actor,
        now: Timestamp,
        (exchange, agreement): (i64, &str),
        (sha256, bytes, media): (&str, i64, &str),
    ) -> Result<i64> {
        let mut tx = self.tx("ds.copy", by, now).await?;
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO ds_copy (exchange, agreement, sha256, bytes, media, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id")
            .bind(exchange).bind(agreement).bind(sha256).bind(bytes).bind(media).bind(by.to_string()).bind(micros(now))
            .fetch_one(&mut **db).await)?;
        let after =
            Some(json!({ "exchange": exchange, "agreement": agreement, "sha256": sha256, "bytes": bytes }));
        tx.note(Note { action: "ds.copy", subject: format!("ds_copy:{id}"), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Copies that a transfer brought, the latest first; deleted ones too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn copies_of(&self, exchange: i64) -> Result<Vec<Copy>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, exchange, agreement, sha256, bytes, media, created_at, ended_at, ended_why FROM ds_copy WHERE exchange = $1 \
             ORDER BY id DESC LIMIT $2").bind(exchange).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter().map(copy).collect()
    }

    /// Copies that an agreement allows and that are not deleted.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn copies_under(&self, agreement: &str) -> Result<Vec<Copy>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, exchange, agreement, sha256, bytes, media, created_at, ended_at, ended_why FROM ds_copy WHERE agreement = $1 \
             AND ended_at IS NULL ORDER BY id LIMIT $2").bind(agreement).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter().map(copy).collect()
    }

    /// Notes that a copy was deleted; whether no other copy and no published dataset has the same bytes, so that they may go.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such copy, or one that was deleted.
    pub async fn end_copy(&self, by: &Actor, now: Timestamp, id: i64, why: &str) -> Result<bool> {
        crate::error::line("reason", why)?;
        let mut tx = self.tx("ds.copy_end", by, now).await?;
        let row: Option<(String,)> = on!(&mut tx.conn, db => query_as(
            "UPDATE ds_copy SET ended_at = $1, ended_why = $2 WHERE id = $3 AND ended_at IS NULL RETURNING sha256")
            .bind(micros(now)).bind(why).bind(id).fetch_optional(&mut **db).await)?;
        let (sha256,) = row.ok_or(Error::NotFound { what: "copy" })?;
        let (others,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT (SELECT COUNT(*) FROM ds_copy WHERE sha256 = $1 AND ended_at IS NULL) + (SELECT COUNT(*) FROM ds_asset WHERE sha256 = $1) \
             + (SELECT COUNT(*) FROM file WHERE sha256 = $1)").bind(&sha256).fetch_one(&mut **db).await)?;
        let after = Some(json!({ "sha256": sha256, "why": why }));
        tx.note(Note { action: "ds.copy_end", subject: format!("ds_copy:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await?;
        Ok(others == 0)
    }
}

impl Store {
    /// Records that a duty was done, once.
    ///
    /// # Errors
    /// [`Error::Taken`] when it was recorded; [`Error::Invalid`] for a note that is no line.
    pub async fn duty_done(
        &self,
        by: &Actor,
        now: Timestamp,
        (agreement, action): (i64, &str),
        (note, file): (&str, Option<&str>),
    ) -> Result<()> {
        crate::error::line("action", action)?;
        crate::error::line("note", note)?;
        let mut tx = self.tx("ds.duty", by, now).await?;
        let inserted = on!(&mut tx.conn, db => sqlx::query(
            "INSERT INTO ds_duty_done (agreement, action, note, file, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(agreement).bind(action).bind(note).bind(file).bind(by.to_string()).bind(micros(now)).execute(&mut **db).await.map(drop));
        inserted.map_err(Error::taken("duty"))?;
        let after = Some(json!({ "action": action, "note": note, "file": file }));
        tx.note(Note {
            action: "ds.duty",
            subject: format!("ds_agreement:{agreement}"),
            before: NOTHING,
            after,
        })
        .await?;
        tx.commit().await
    }

    /// Duties that were done, the latest first: of one agreement, or of all.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn duties_done(&self, agreement: Option<i64>) -> Result<Vec<DutyDone>> {
        type DoneRow = (i64, String, String, Option<String>, String, i64);
        let rows: Vec<DoneRow> = on!(&self.reader, db => query_as(
            "SELECT agreement, action, note, file, made_by, created_at FROM ds_duty_done WHERE $1 IS NULL OR agreement = $1 \
             ORDER BY id DESC LIMIT $2").bind(agreement).bind(limits::DS_PEERS as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(agreement, action, note, file, by, at)| {
                Ok(DutyDone { agreement, action, note, file, by, at: timestamp(at)? })
            })
            .collect()
    }
}

fn copy((id, exchange, agreement, sha256, bytes, media, created, ended, why): Row) -> Result<Copy> {
    let ended = optional(ended)?.map(|at| (at, why.unwrap_or_default()));
    Ok(Copy { id, exchange, agreement, sha256, bytes, media, created: timestamp(created)?, ended })
}
