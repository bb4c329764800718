//! What column headings of people's files mean, as they said on the import page.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::Note;
use crate::{Error, Result, Store};
use domain::limits::COLUMN_MAPPINGS;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{query, query_as};

/// One heading and the field it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// The heading as the reader normalises it.
    pub heading: String,
    /// The field's name; the intake rules know the names.
    pub field: String,
    /// Who said so, as the journal writes it.
    pub by: String,
    /// When.
    pub updated: Timestamp,
}

impl Store {
    /// Maps `heading` to `field`, or with `None` takes the mapping back. Saying the same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty heading or field, or when there are more than [`COLUMN_MAPPINGS`].
    pub async fn map_column(
        &self,
        by: &Actor,
        now: Timestamp,
        heading: &str,
        field: Option<&str>,
    ) -> Result<()> {
        line("heading", heading)?;
        field.map_or(Ok(()), |f| line("field", f))?;
        let mut tx = self.tx("column_mapping.set", by, now).await?;
        let row: Option<(Option<String>,)> = on!(&mut tx.conn, db => query_as(
            "SELECT field FROM column_mapping WHERE heading = $1").bind(heading).fetch_optional(&mut **db).await)?;
        let before = row.and_then(|(f,)| f);
        if before.as_deref() == field {
            return Ok(());
        }
        on!(&mut tx.conn, db => query(
            "INSERT INTO column_mapping (heading, field, made_by, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (heading) DO UPDATE \
             SET field = excluded.field, made_by = excluded.made_by, updated_at = excluded.updated_at")
            .bind(heading).bind(field).bind(by.to_string()).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        let (count,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM column_mapping").fetch_one(&mut **db).await)?;
        if count.unsigned_abs() > COLUMN_MAPPINGS as u64 {
            return Err(Error::Invalid(format!("heading: at most {COLUMN_MAPPINGS} headings can be mapped")));
        }
        let subject = format!("column:{heading}");
        tx.note(Note { action: "column_mapping.set", subject, before, after: field }).await?;
        tx.commit().await
    }

    /// Every mapping that holds (at most [`COLUMN_MAPPINGS`]), by heading.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn column_mappings(&self) -> Result<Vec<ColumnMapping>> {
        let rows: Vec<(String, String, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT heading, field, made_by, updated_at FROM column_mapping WHERE field IS NOT NULL \
             ORDER BY heading LIMIT $1").bind(COLUMN_MAPPINGS as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(heading, field, by, updated)| {
                Ok(ColumnMapping { heading, field, by, updated: timestamp(updated)? })
            })
            .collect()
    }
}
