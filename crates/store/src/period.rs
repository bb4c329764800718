//! Closed periods, and the versions of definitions that a zone put in force. Both are only added to.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::limits;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::{query, query_as};

/// A closing of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Number.
    pub id: i64,
    /// Year.
    pub year: i16,
    /// Month; `None` for the whole year.
    pub month: Option<i8>,
    /// 1 for the first report of the period, 2 for its first restatement …
    pub edition: i64,
    /// The report stands on what was recorded by then.
    pub cut_off: Timestamp,
    /// The day by which cohorts and promises are judged.
    pub judged_on: Date,
    /// The definitions as they were in force: TOML.
    pub definitions: String,
    /// SHA-256 of the report's bytes; `None` between closing and sealing.
    pub sha256: Option<String>,
    /// The edition before.
    pub replaces: Option<i64>,
    /// Who closed it.
    pub by: String,
}

/// A version of a definition that a zone put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionText {
    /// Number.
    pub id: i64,
    /// The figure.
    pub figure: String,
    /// Its version.
    pub version: String,
    /// TOML of this one definition.
    pub text: String,
    /// Who put it in force.
    pub by: String,
    /// When.
    pub created: Timestamp,
}

type Row = (i64, i64, Option<i64>, i64, i64, String, String, Option<String>, Option<i64>, String);

fn closing(row: Row) -> Result<Closing> {
    let (id, year, month, edition, cut_off, judged_on, definitions, sha256, replaces, by) = row;
    Ok(Closing {
        id,
        year: i16::try_from(year).map_err(|e| Error::corrupt("year", e))?,
        month: month.map(i8::try_from).transpose().map_err(|e| Error::corrupt("month", e))?,
        edition,
        cut_off: timestamp(cut_off)?,
        judged_on: judged_on.parse().map_err(|e| Error::corrupt("day", e))?,
        definitions,
        sha256,
        replaces,
        by,
    })
}

impl Store {
    /// Closes a period as of `now`; another closing of the same period makes its next edition, judged on the day of the first. The report is
    /// computed after this and sealed by [`Store::seal_period`]: whatever is recorded from here on is recorded after the cut-off.
    ///
    /// # Errors
    /// [`Error::Stale`] unless `editions` were closed before; [`Error::Invalid`] when there are too many closings.
    pub async fn close_period(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        (year, month): (i16, Option<i8>),
        editions: i64,
        definitions: &str,
    ) -> Result<Closing> {
        let mut tx = self.tx("period.close", by, now).await?;
        let before: Option<Row> = on!(&mut tx.conn, db => query_as(
            "SELECT id, year, month, edition, cut_off, judged_on, definitions, sha256, replaces, made_by FROM period \
             WHERE year = $1 AND COALESCE(month, 0) = $2 ORDER BY edition DESC LIMIT 1")
            .bind(i64::from(year)).bind(i64::from(month.unwrap_or(0))).fetch_optional(&mut **db).await)?;
        let before = before.map(closing).transpose()?;
        let current = before.as_ref().map_or(0, |b| b.edition);
        if current != editions {
            return Err(Error::Stale { what: "period", current });
        }
        let (count, newest): (i64, Option<i64>) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*), MAX(cut_off) FROM period")
            .fetch_one(&mut **db).await)?;
        if count.unsigned_abs() >= limits::PERIODS as u64 {
            return Err(Error::Invalid(format!("at most {} closings", limits::PERIODS)));
        }
        let (fact,): (Option<i64>,) = on!(&mut tx.conn, db => query_as("SELECT MAX(recorded_at) FROM fact")
            .fetch_one(&mut **db).await)?;
        // Not before anything that is there already, even when a clock was set back.
        let cut_off = [Some(micros(now)), newest, fact].into_iter().flatten().max().unwrap_or_default();
        let judged_on = before.as_ref().map_or(today, |b| b.judged_on);
        let row: Row = on!(&mut tx.conn, db => query_as(
            "INSERT INTO period (year, month, edition, cut_off, judged_on, definitions, replaces, made_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             RETURNING id, year, month, edition, cut_off, judged_on, definitions, sha256, replaces, made_by")
            .bind(i64::from(year)).bind(month.map(i64::from)).bind(editions + 1).bind(cut_off)
            .bind(judged_on.to_string()).bind(definitions).bind(before.map(|b| b.id)).bind(by.to_string())
            .fetch_one(&mut **db).await)?;
        let closed = closing(row)?;
        let after = Some(
            json!({ "year": year, "month": month, "edition": closed.edition, "cut_off": closed.cut_off }),
        );
        let subject = format!("period:{}", closed.id);
        tx.note(Note { action: "period.close", subject, before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(closed)
    }

    /// Keeps the hash of a closed period's report, once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such period, or one that is sealed already.
    pub async fn seal_period(&self, by: &Actor, now: Timestamp, id: i64, sha256: &str) -> Result<()> {
        let mut tx = self.tx("period.seal", by, now).await?;
        let done = on!(&mut tx.conn, db => query("UPDATE period SET sha256 = $2 WHERE id = $1 AND sha256 IS NULL")
            .bind(id).bind(sha256).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "period" });
        }
        let after = Some(json!({ "sha256": sha256 }));
        tx.note(Note { action: "period.seal", subject: format!("period:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Every closing (at most [`limits::PERIODS`]), the latest period first, of one period the latest edition first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn periods(&self) -> Result<Vec<Closing>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, year, month, edition, cut_off, judged_on, definitions, sha256, replaces, made_by FROM period \
             ORDER BY year DESC, COALESCE(month, 13) DESC, edition DESC LIMIT $1")
            .bind(limits::PERIODS as i64).fetch_all(db).await)?;
        rows.into_iter().map(closing).collect()
    }

    /// One closing.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn period(&self, id: i64) -> Result<Option<Closing>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(
            "SELECT id, year, month, edition, cut_off, judged_on, definitions, sha256, replaces, made_by FROM period \
             WHERE id = $1").bind(id).fetch_optional(db).await)?;
        row.map(closing).transpose()
    }

    /// Puts a version of a definition in force; the caller has checked the text.
    ///
    /// # Errors
    /// [`Error::Taken`] when that version was there already: a version is never overwritten.
    pub async fn add_definition(
        &self,
        by: &Actor,
        now: Timestamp,
        figure: &str,
        version: &str,
        text: &str,
    ) -> Result<i64> {
        line("figure", figure)?;
        line("version", version)?;
        let mut tx = self.tx("definition.add", by, now).await?;
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO definition (figure, version, text, made_by, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id")
            .bind(figure).bind(version).bind(text).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
        .map_err(Error::taken("version of the definition"))?;
        let after = Some(json!({ "figure": figure, "version": version, "text": text }));
        tx.note(Note {
            action: "definition.add",
            subject: format!("definition:{id}"),
            before: NOTHING,
            after,
        })
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Every version that was put in force, the oldest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn definitions(&self) -> Result<Vec<DefinitionText>> {
        let rows: Vec<(i64, String, String, String, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT id, figure, version, text, made_by, created_at FROM definition ORDER BY id LIMIT $1")
            .bind(limits::DEFINITION_VERSIONS as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(id, figure, version, text, by, created)| {
                Ok(DefinitionText { id, figure, version, text, by, created: timestamp(created)? })
            })
            .collect()
    }
}

/// When something that reports read is recorded: `now`, but after every cut-off. A writer that read its clock before a closing and comes to
/// write after it would otherwise slip into the closed report.
pub(crate) async fn after_closing(tx: &mut Tx, now: Timestamp) -> Result<Timestamp> {
    let (closed,): (Option<i64>,) =
        on!(&mut tx.conn, db => query_as("SELECT MAX(cut_off) FROM period").fetch_one(&mut **db).await)?;
    let Some(closed) = closed.filter(|&c| micros(now) <= c) else { return Ok(now) };
    timestamp(closed)?.checked_add(SignedDuration::from_micros(1)).map_err(|e| Error::corrupt("time", e))
}
