//! "Not again": companies that said no, or that the zone does not want, so that nobody proposes them tomorrow.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Page, Result, Store};
use domain::limits::REFUSALS;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{query, query_as};

/// A refusal to record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRefusal {
    /// USCC, else the resolved name.
    pub key: String,
    /// The company's name.
    pub name: String,
    /// `chain/segment`; `None` refuses the company for every gap.
    pub segment: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day it holds; `None` until somebody ends it.
    pub until: Option<Date>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Number.
    pub id: i64,
    /// What was recorded.
    pub said: NewRefusal,
    /// Who recorded it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
    /// When somebody took it back.
    pub ended: Option<Timestamp>,
}

impl Store {
    /// Records a refusal.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty key, name or reason, or when [`REFUSALS`] stand already.
    pub async fn add_refusal(&self, by: &Actor, now: Timestamp, new: &NewRefusal) -> Result<Refusal> {
        line("key", &new.key)?;
        line("name", &new.name)?;
        line("reason", &new.reason)?;
        let mut tx = self.tx("refusal.add", by, now).await?;
        let (standing,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM refusal WHERE ended_at IS NULL").fetch_one(&mut **db).await)?;
        if standing.unsigned_abs() >= REFUSALS as u64 {
            return Err(Error::Invalid(format!("{REFUSALS} refusals stand already; end some of them first")));
        }
        let row: Row = on!(&mut tx.conn, db => query_as(
            "INSERT INTO refusal (company_key, name, segment, reason, made_by, created_at, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             RETURNING id, company_key, name, segment, reason, until, made_by, created_at, ended_at")
            .bind(&new.key).bind(&new.name).bind(&new.segment).bind(&new.reason).bind(by.to_string())
            .bind(micros(now)).bind(new.until.map(|d| d.to_string())).fetch_one(&mut **db).await)?;
        let refusal = refusal(row)?;
        let subject = format!("refusal:{}", refusal.id);
        tx.note(Note { action: "refusal.add", subject, before: NOTHING, after: Some(new) }).await?;
        tx.commit().await?;
        Ok(refusal)
    }

    /// Takes a refusal back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has ended already.
    pub async fn end_refusal(&self, by: &Actor, now: Timestamp, id: i64) -> Result<()> {
        let mut tx = self.tx("refusal.end", by, now).await?;
        let ended = on!(&mut tx.conn, db => query(
            "UPDATE refusal SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
            .bind(id).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if ended == 0 {
            return Err(Error::NotFound { what: "refusal" });
        }
        let after = Some(json!({ "ended": now }));
        tx.note(Note { action: "refusal.end", subject: format!("refusal:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Refusals, newest first, ended ones too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn refusals(&self, page: Page) -> Result<Vec<Refusal>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, company_key, name, segment, reason, until, made_by, created_at, ended_at FROM refusal \
             ORDER BY id DESC LIMIT $1 OFFSET $2")
            .bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(refusal).collect()
    }

    /// Every refusal that holds on `day` (at most [`REFUSALS`]): not ended, and `until` not before it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn refusals_on(&self, day: Date) -> Result<Vec<Refusal>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, company_key, name, segment, reason, until, made_by, created_at, ended_at FROM refusal \
             WHERE ended_at IS NULL AND (until IS NULL OR until >= $1) ORDER BY id LIMIT $2")
            .bind(day.to_string()).bind(REFUSALS as i64).fetch_all(db).await)?;
        rows.into_iter().map(refusal).collect()
    }
}

type Row = (i64, String, String, Option<String>, String, Option<String>, String, i64, Option<i64>);

fn refusal((id, key, name, segment, reason, until, by, created, ended): Row) -> Result<Refusal> {
    let until = until.map(|d| d.parse()).transpose().map_err(|e| Error::corrupt("day", e))?;
    let said = NewRefusal { key, name, segment, reason, until };
    Ok(Refusal { id, said, by, created: timestamp(created)?, ended: optional(ended)? })
}
