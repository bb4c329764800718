//! Agreements and every use of data under one.

use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::limits;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, query, query_as};

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Number.
    pub id: i64,
    /// Its identifier.
    pub urn: String,
    /// `provider` or `consumer`: which we are.
    pub role: String,
    /// The other participant.
    pub peer: String,
    /// The dataset.
    pub dataset: String,
    /// The agreement as JSON.
    pub policy: String,
    /// Our signature over it.
    pub signature: String,
    /// The peer's, where it sent one.
    pub peer_signature: Option<String>,
    /// Uses that were allowed.
    pub uses: i64,
    /// Bytes that were sent.
    pub bytes: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When and why it was revoked.
    pub ended: Option<(Timestamp, String)>,
}

/// A use of data, allowed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub asker: String,
    /// What for, as stated.
    pub purpose: Option<String>,
    /// Whether it was allowed.
    pub allowed: bool,
    /// Why not, or under what.
    pub said: String,
    /// Bytes that were sent.
    pub bytes: i64,
}

type Row = (
    i64,
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<String>,
);
type UseRow = (i64, i64, String, Option<String>, bool, String, i64);

const AGREEMENT: &str = "SELECT id, urn, role, peer, dataset, policy, signature, peer_signature, uses, bytes, created_at, ended_at, ended_why \
     FROM ds_agreement";

impl Store {
    /// An agreement by its identifier.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn ds_agreement(&self, urn: &str) -> Result<Option<Agreement>> {
        let sql = format!("{AGREEMENT} WHERE urn = $1");
        let row: Option<Row> =
            on!(&self.reader, db => query_as(AssertSqlSafe(sql)).bind(urn).fetch_optional(db).await)?;
        row.map(agreement).transpose()
    }

    /// The latest agreement with a peer on a dataset that was not revoked, in which we are `role`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn agreement_on(&self, role: &str, peer: &str, dataset: &str) -> Result<Option<Agreement>> {
        let sql = format!(
            "{AGREEMENT} WHERE peer = $1 AND dataset = $2 AND role = $3 AND ended_at IS NULL ORDER BY id DESC LIMIT 1"
        );
        let row: Option<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(peer).bind(dataset).bind(role).fetch_optional(db).await)?;
        row.map(agreement).transpose()
    }

    /// An agreement by the number of its row.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn ds_agreement_by_id(&self, id: i64) -> Result<Option<Agreement>> {
        let sql = format!("{AGREEMENT} WHERE id = $1");
        let row: Option<Row> =
            on!(&self.reader, db => query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(db).await)?;
        row.map(agreement).transpose()
    }

    /// The latest agreements.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn ds_agreements(&self) -> Result<Vec<Agreement>> {
        let sql = format!("{AGREEMENT} ORDER BY id DESC LIMIT $1");
        let rows: Vec<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter().map(agreement).collect()
    }

    /// Decides a use and counts it, in one transaction: `decide` sees the agreement as it stands with everything that was counted before, and says
    /// whether it is allowed and why. Two uses at once can never both be the last.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such agreement.
    pub async fn use_agreement(
        &self,
        now: Timestamp,
        urn: &str,
        (asker, purpose): (&str, Option<&str>),
        decide: impl FnOnce(&Agreement) -> (bool, String) + Send,
    ) -> Result<(i64, bool, String)> {
        let mut tx = self.tx("ds.use", &Actor::System, now).await?;
        let sql = format!("{AGREEMENT} WHERE urn = $1");
        let row: Option<Row> =
            on!(&mut tx.conn, db => query_as(AssertSqlSafe(sql)).bind(urn).fetch_optional(&mut **db).await)?;
        let stands = agreement(row.ok_or(Error::NotFound { what: "agreement" })?)?;
        let (allowed, said) = match &stands.ended {
            Some((_, why)) => (false, format!("协议已撤销：{why} (the agreement was revoked: {why})")),
            None => decide(&stands),
        };
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO ds_use (agreement, at, asker, purpose, allowed, said, bytes) VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING id")
            .bind(stands.id).bind(micros(now)).bind(asker).bind(purpose).bind(allowed).bind(&said).fetch_one(&mut **db).await)?;
        if allowed {
            on!(&mut tx.conn, db => query("UPDATE ds_agreement SET uses = uses + 1 WHERE id = $1")
                .bind(stands.id).execute(&mut **db).await.map(drop))?;
        }
        let after = Some(
            json!({ "agreement": urn, "use": id, "asker": asker, "purpose": purpose, "allowed": allowed, "said": said }),
        );
        let subject = format!("ds_agreement:{}", stands.id);
        tx.note(Note { action: "ds.use", subject, before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok((id, allowed, said))
    }

    /// Adds bytes that were sent. Written beside the journal, as they flow; the use itself is journalled.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_sent(&self, id: i64, bytes: i64) -> Result<()> {
        on!(&self.writer, db => query("UPDATE ds_use SET bytes = bytes + $1 WHERE id = $2").bind(bytes).bind(id).execute(db).await.map(drop))?;
        on!(&self.writer, db => query(
            "UPDATE ds_agreement SET bytes = bytes + $1 WHERE id = (SELECT agreement FROM ds_use WHERE id = $2)")
            .bind(bytes).bind(id).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Uses under an agreement, latest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn uses_of(&self, agreement: i64) -> Result<Vec<Used>> {
        let rows: Vec<UseRow> = on!(&self.reader, db => query_as(
            "SELECT id, at, asker, purpose, allowed, said, bytes FROM ds_use WHERE agreement = $1 ORDER BY id DESC LIMIT $2")
            .bind(agreement).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(id, at, asker, purpose, allowed, said, bytes)| {
                Ok(Used { id, at: timestamp(at)?, asker, purpose, allowed, said, bytes })
            })
            .collect()
    }

    /// Revokes an agreement: nothing is used under it any more.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such agreement, or one that was revoked.
    pub async fn end_agreement(&self, by: &Actor, now: Timestamp, urn: &str, why: &str) -> Result<()> {
        crate::error::line("reason", why)?;
        let mut tx = self.tx("ds.revoke", by, now).await?;
        let done = on!(&mut tx.conn, db => query("UPDATE ds_agreement SET ended_at = $1, ended_why = $2 WHERE urn = $3 AND ended_at IS NULL")
            .bind(micros(now)).bind(why).bind(urn).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "agreement" });
        }
        let after = Some(json!({ "agreement": urn, "why": why }));
        tx.note(Note { action: "ds.revoke", subject: format!("ds_agreement:{urn}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }
}

fn agreement(row: Row) -> Result<Agreement> {
    let (id, urn, role, peer, dataset, policy, signature, peer_signature, uses, bytes, created, ended, why) =
        row;
    let ended = optional(ended)?.map(|at| (at, why.unwrap_or_default()));
    let created = timestamp(created)?;
    Ok(Agreement {
        id,
        urn,
        role,
        peer,
        dataset,
        policy,
        signature,
        peer_signature,
        uses,
        bytes,
        created,
        ended,
    })
}
