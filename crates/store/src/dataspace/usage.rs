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

/// A use that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewUse<'a> {
    /// Who.
    pub asker: &'a str,
    /// What for, as stated.
    pub purpose: Option<&'a str>,
    /// Number of the transfer.
    pub exchange: i64,
    /// Which bytes.
    pub sha256: &'a str,
    /// How many there are.
    pub whole: i64,
    /// From which byte it goes on, when it does not begin at the first.
    pub goes_on: Option<i64>,
}

/// What was decided of a use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its number.
    pub id: i64,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why not.
    pub said: String,
    /// Whether it goes on with one that was counted.
    pub resumed: bool,
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
    /// A use that `goes_on` from a place where an earlier one of the same transfer and the same bytes was cut is that one: it is decided anew, but not counted
    /// again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such agreement.
    pub async fn use_agreement(
        &self,
        now: Timestamp,
        urn: &str,
        asked: &NewUse<'_>,
        decide: impl FnOnce(&Agreement) -> (bool, String) + Send,
    ) -> Result<Use> {
        let (asker, purpose) = (asked.asker, asked.purpose);
        let mut tx = self.tx("ds.use", &Actor::System, now).await?;
        let sql = format!("{AGREEMENT} WHERE urn = $1");
        let row: Option<Row> =
            on!(&mut tx.conn, db => query_as(AssertSqlSafe(sql)).bind(urn).fetch_optional(&mut **db).await)?;
        let mut stands = agreement(row.ok_or(Error::NotFound { what: "agreement" })?)?;
        let earlier: Option<(i64, i64)> = match asked.goes_on {
            Some(from) => on!(&mut tx.conn, db => query_as(
                "SELECT id, reached FROM ds_use WHERE exchange = $1 AND sha256 = $2 AND allowed AND reached < whole AND resumes < $3 \
                 AND reached <= $4 ORDER BY id DESC LIMIT 1")
                .bind(asked.exchange).bind(asked.sha256).bind(limits::DS_RESUMES).bind(from.saturating_add(limits::DS_LOST_BYTES))
                .fetch_optional(&mut **db).await)?,
            None => None,
        };
        // The use that goes on was counted when it began.
        stands.uses -= i64::from(earlier.is_some());
        let (allowed, said) = match &stands.ended {
            Some((_, why)) => (false, format!("协议已撤销：{why} (the agreement was revoked: {why})")),
            None => decide(&stands),
        };
        let subject = format!("ds_agreement:{}", stands.id);
        let (id, resumed) = match earlier.filter(|_| allowed) {
            Some((id, _)) => {
                on!(&mut tx.conn, db => query("UPDATE ds_use SET resumes = resumes + 1 WHERE id = $1")
                    .bind(id).execute(&mut **db).await.map(drop))?;
                (id, true)
            }
            None => {
                let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
                    "INSERT INTO ds_use (agreement, at, asker, purpose, allowed, said, bytes, exchange, sha256, whole, reached, resumes) \
                     VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, 0) RETURNING id")
                    .bind(stands.id).bind(micros(now)).bind(asker).bind(purpose).bind(allowed).bind(&said).bind(asked.exchange)
                    .bind(asked.sha256).bind(asked.whole).bind(asked.goes_on.unwrap_or(0)).fetch_one(&mut **db).await)?;
                if allowed {
                    on!(&mut tx.conn, db => query("UPDATE ds_agreement SET uses = uses + 1 WHERE id = $1")
                        .bind(stands.id).execute(&mut **db).await.map(drop))?;
                }
                (id, false)
            }
        };
        let after = Some(
            json!({ "agreement": urn, "use": id, "asker": asker, "purpose": purpose, "allowed": allowed, "said": said,
            "from": asked.goes_on, "goes_on": resumed }),
        );
        tx.note(Note { action: "ds.use", subject, before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(Use { id, allowed, said, resumed })
    }

    /// The allowed use of a transfer that was begun last: a push that is taken up after a crash is still the same use.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_of_exchange(&self, exchange: i64) -> Result<Option<i64>> {
        let row: Option<(i64,)> = on!(&self.reader, db => query_as(
            "SELECT id FROM ds_use WHERE exchange = $1 AND allowed ORDER BY id DESC LIMIT 1").bind(exchange).fetch_optional(db).await)?;
        Ok(row.map(|row| row.0))
    }

    /// Adds bytes that were sent, up to a place in the whole. Written beside the journal, as they flow; the use itself is journalled.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_sent(&self, id: i64, bytes: i64, reached: i64) -> Result<()> {
        on!(&self.writer, db => query(
            "UPDATE ds_use SET bytes = bytes + $1, reached = CASE WHEN reached < $2 THEN $2 ELSE reached END WHERE id = $3")
            .bind(bytes).bind(reached).bind(id).execute(db).await.map(drop))?;
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
