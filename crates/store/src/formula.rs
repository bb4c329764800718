//! Formulas of the assessment: each version is kept for ever, so that a year that was assessed can be assessed again.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::assessment::{Formula, parse};
use domain::limits::FORMULAS;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::query_as;

/// A formula as it was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFormula {
    /// Number.
    pub id: i64,
    /// The formula.
    pub formula: Formula,
    /// The file.
    pub text: String,
    /// Who uploaded it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
}

impl Store {
    /// Keeps a formula and answers its number. `seen` is the number of the newest one as the writer saw it, 0 for none.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a formula with a fault (its first one) or when [`FORMULAS`] are kept; [`Error::Taken`] for a version that was
    /// used before; [`Error::Stale`] when somebody uploaded another meanwhile.
    pub async fn add_formula(&self, by: &Actor, now: Timestamp, seen: i64, text: &str) -> Result<i64> {
        let formula =
            parse(text).map_err(|f| Error::Invalid(f.first().map_or(String::new(), ToString::to_string)))?;
        line("version", &formula.version)?;
        let mut tx = self.tx("formula.add", by, now).await?;
        let (current, kept): (i64, i64) = on!(&mut tx.conn, db => query_as(
            "SELECT COALESCE(MAX(id), 0), COUNT(*) FROM formula").fetch_one(&mut **db).await)?;
        if current != seen {
            return Err(Error::Stale { what: "formula", current });
        }
        if kept.unsigned_abs() >= FORMULAS as u64 {
            return Err(Error::Invalid(format!("formulas: {FORMULAS} are kept already")));
        }
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO formula (version, since, text, made_by, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id")
            .bind(&formula.version).bind(formula.since.to_string()).bind(text).bind(by.to_string()).bind(micros(now))
            .fetch_one(&mut **db).await)
        .map_err(Error::taken("version of the formula"))?;
        let after = Some(json!({ "version": formula.version, "since": formula.since, "text": text }));
        tx.note(Note { action: "formula.add", subject: format!("formula:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Every formula (at most [`FORMULAS`]), the newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn formulas(&self) -> Result<Vec<KeptFormula>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, text, made_by, created_at FROM formula ORDER BY id DESC LIMIT $1")
            .bind(FORMULAS as i64).fetch_all(db).await)?;
        rows.into_iter().map(kept).collect()
    }

    /// The formula that holds on `day`: of those that hold since then or before and were uploaded by `cut_off`, the one with the latest
    /// `since`, of several the one uploaded last.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn formula_on(&self, day: Date, cut_off: Timestamp) -> Result<Option<KeptFormula>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(
            "SELECT id, text, made_by, created_at FROM formula WHERE since <= $1 AND created_at <= $2 \
             ORDER BY since DESC, id DESC LIMIT 1").bind(day.to_string()).bind(micros(cut_off)).fetch_optional(db).await)?;
        row.map(kept).transpose()
    }
}

type Row = (i64, String, String, i64);

fn kept((id, text, by, created): Row) -> Result<KeptFormula> {
    let formula = parse(&text)
        .map_err(|f| Error::corrupt("formula", f.first().map_or(String::new(), ToString::to_string)))?;
    Ok(KeptFormula { id, formula, text, by, created: timestamp(created)? })
}
