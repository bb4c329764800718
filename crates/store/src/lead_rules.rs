//! Rules of leads that a zone replaced: years added to the calendar, and the rule set of clues. The last text of a kind is in force.

use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::limits::RULE_FILE_BYTES;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::query_as;

/// Which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesKind {
    /// Notices of holidays, added to those that come with the program.
    Calendar,
    /// The rule set of clues.
    Clue,
}

impl RulesKind {
    fn as_str(self) -> &'static str {
        match self {
            RulesKind::Calendar => "calendar",
            RulesKind::Clue => "clue",
        }
    }
}

/// A text that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesText {
    /// Number.
    pub id: i64,
    /// The text.
    pub text: String,
    /// Who brought it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
}

impl Store {
    /// Keeps a text that the caller has read without a fault; from now on it is in force.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text of more than [`RULE_FILE_BYTES`].
    pub async fn save_lead_rules(
        &self,
        by: &Actor,
        now: Timestamp,
        kind: RulesKind,
        text: &str,
    ) -> Result<i64> {
        if text.len() > RULE_FILE_BYTES {
            return Err(Error::Invalid(format!(
                "rules: at most {RULE_FILE_BYTES} bytes (these are {})",
                text.len()
            )));
        }
        let mut tx = self.tx("lead_rules.save", by, now).await?;
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO lead_rules (kind, text, made_by, created_at) VALUES ($1, $2, $3, $4) RETURNING id")
            .bind(kind.as_str()).bind(text).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let sha256 = crate::migrate::hex(&Sha256::digest(text.as_bytes()));
        let after = Some(json!({ "kind": kind.as_str(), "sha256": sha256 }));
        tx.note(Note {
            action: "lead_rules.save",
            subject: format!("lead_rules:{id}"),
            before: NOTHING,
            after,
        })
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The text in force; `None` while the program's own is.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lead_rules(&self, kind: RulesKind) -> Result<Option<RulesText>> {
        let row: Option<(i64, String, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT id, text, made_by, created_at FROM lead_rules WHERE kind = $1 ORDER BY id DESC LIMIT 1")
            .bind(kind.as_str()).fetch_optional(db).await)?;
        row.map(|(id, text, by, created)| Ok(RulesText { id, text, by, created: timestamp(created)? }))
            .transpose()
    }
}
