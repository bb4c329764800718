//! Chain leaders (链主): the companies around which a chain is built.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::limits::LEADERS;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{query, query_as};

/// A chain leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// Number.
    pub id: i64,
    /// Id of the chain.
    pub chain: String,
    /// USCC, else the resolved name.
    pub key: String,
    /// The company's name.
    pub name: String,
    /// Who named it, as the journal writes it.
    pub by: String,
    /// Since when.
    pub created: Timestamp,
}

impl Store {
    /// Names a leader of a chain and answers its number.
    ///
    /// # Errors
    /// [`Error::Taken`] when it leads that chain already; [`Error::Invalid`] when there are [`LEADERS`] already.
    pub async fn add_leader(
        &self,
        by: &Actor,
        now: Timestamp,
        chain: &str,
        key: &str,
        name: &str,
    ) -> Result<i64> {
        line("chain", chain)?;
        line("key", key)?;
        line("name", name)?;
        let mut tx = self.tx("leader.add", by, now).await?;
        let (standing,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM leader WHERE ended_at IS NULL").fetch_one(&mut **db).await)?;
        if standing.unsigned_abs() >= LEADERS as u64 {
            return Err(Error::Invalid(format!("leader: at most {LEADERS} in all; end some of them first")));
        }
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO leader (chain, company_key, name, made_by, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id")
            .bind(chain).bind(key).bind(name).bind(by.to_string()).bind(micros(now))
            .fetch_one(&mut **db).await).map_err(Error::taken("chain leader"))?;
        let after = Some(json!({ "chain": chain, "key": key, "name": name }));
        tx.note(Note { action: "leader.add", subject: format!("leader:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Ends a leadership.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has ended already.
    pub async fn end_leader(&self, by: &Actor, now: Timestamp, id: i64) -> Result<()> {
        let mut tx = self.tx("leader.end", by, now).await?;
        let ended = on!(&mut tx.conn, db => query(
            "UPDATE leader SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
            .bind(id).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if ended == 0 {
            return Err(Error::NotFound { what: "chain leader" });
        }
        let after = Some(json!({ "ended": now }));
        tx.note(Note { action: "leader.end", subject: format!("leader:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Present leaders of every chain (at most [`LEADERS`]).
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn leaders(&self) -> Result<Vec<Leader>> {
        let rows: Vec<(i64, String, String, String, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT id, chain, company_key, name, made_by, created_at FROM leader WHERE ended_at IS NULL \
             ORDER BY chain, id LIMIT $1").bind(LEADERS as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(id, chain, key, name, by, created)| {
                Ok(Leader { id, chain, key, name, by, created: timestamp(created)? })
            })
            .collect()
    }
}
