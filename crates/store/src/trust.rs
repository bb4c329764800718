//! Trust lists: whom we vouch for, the list that we signed last, and the lists of partners.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::limits;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{query, query_as};

/// A participant that we vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Number.
    pub id: i64,
    /// Its `did:web`.
    pub did: String,
    /// What it is called.
    pub name: String,
    /// Unified social credit code; may be empty.
    pub uscc: String,
    /// Where its connector is.
    pub address: String,
    /// Its public keys, as they were when we began to vouch for it.
    pub keys: Vec<String>,
    /// Since when.
    pub created: Timestamp,
}

/// A signed list as it was received, or as we signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptList {
    /// Whose.
    pub issuer: String,
    /// Its number.
    pub number: i64,
    /// The document with its signature.
    pub body: String,
    /// When it was kept.
    pub kept: Timestamp,
}

type VouchedRow = (i64, String, String, String, String, String, i64);

impl Store {
    /// Begins to vouch for a participant, or takes its new name, code, address and keys.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is no line, and for too many.
    pub async fn vouch(
        &self,
        by: &Actor,
        now: Timestamp,
        (did, name, uscc, address): (&str, &str, &str, &str),
        keys: &[String],
    ) -> Result<i64> {
        line("did", did)?;
        line("name", name)?;
        line("address", address)?;
        let text = serde_json::to_string(keys).map_err(|e| Error::corrupt("keys", e))?;
        let mut tx = self.tx("trust.vouch", by, now).await?;
        let (count,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM trust_member WHERE ended_at IS NULL")
            .fetch_one(&mut **db).await)?;
        if count >= limits::DS_PEERS as i64 {
            return Err(Error::Invalid(format!("at most {} participants", limits::DS_PEERS)));
        }
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO trust_member (did, name, uscc, address, keys, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (did) DO UPDATE SET name = excluded.name, uscc = excluded.uscc, address = excluded.address, keys = excluded.keys, \
             made_by = excluded.made_by, created_at = excluded.created_at, ended_at = NULL RETURNING id")
            .bind(did).bind(name).bind(uscc).bind(address).bind(&text).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let after = Some(json!({ "did": did, "name": name, "uscc": uscc, "address": address, "keys": keys }));
        tx.note(Note {
            action: "trust.vouch",
            subject: format!("trust_member:{id}"),
            before: NOTHING,
            after,
        })
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Vouches for a participant no more: our next list is without it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for nobody that we vouch for.
    pub async fn strike(&self, by: &Actor, now: Timestamp, id: i64) -> Result<()> {
        let mut tx = self.tx("trust.strike", by, now).await?;
        let done = on!(&mut tx.conn, db => query("UPDATE trust_member SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
            .bind(micros(now)).bind(id).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "participant" });
        }
        tx.note(Note {
            action: "trust.strike",
            subject: format!("trust_member:{id}"),
            before: NOTHING,
            after: NOTHING,
        })
        .await?;
        tx.commit().await
    }

    /// Whom we vouch for, by name.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn vouched(&self) -> Result<Vec<Vouched>> {
        let rows: Vec<VouchedRow> = on!(&self.reader, db => query_as(
            "SELECT id, did, name, uscc, address, keys, created_at FROM trust_member WHERE ended_at IS NULL ORDER BY name, id LIMIT $1")
            .bind(limits::DS_PEERS as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(id, did, name, uscc, address, keys, created)| {
                let keys = serde_json::from_str(&keys).map_err(|e| Error::corrupt("trust_member.keys", e))?;
                Ok(Vouched { id, did, name, uscc, address, keys, created: timestamp(created)? })
            })
            .collect()
    }

    /// Keeps a list that was checked, unless a later one of its issuer is there: whether it was kept.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_trust_list(
        &self,
        by: &Actor,
        now: Timestamp,
        (issuer, number, body): (&str, i64, &str),
    ) -> Result<bool> {
        line("issuer", issuer)?;
        let mut tx = self.tx("trust.list", by, now).await?;
        let done = on!(&mut tx.conn, db => query(
            "INSERT INTO trust_list (issuer, number, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (issuer) DO UPDATE SET \
             number = excluded.number, body = excluded.body, created_at = excluded.created_at WHERE trust_list.number < excluded.number")
            .bind(issuer).bind(number).bind(body).bind(micros(now)).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Ok(false);
        }
        let after = Some(json!({ "number": number, "list": body }));
        tx.note(Note { action: "trust.list", subject: issuer.to_string(), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The last list of every issuer.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn trust_lists(&self) -> Result<Vec<KeptList>> {
        let rows: Vec<(String, i64, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT issuer, number, body, created_at FROM trust_list ORDER BY issuer LIMIT $1")
            .bind(limits::DS_PEERS as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(issuer, number, body, kept)| Ok(KeptList { issuer, number, body, kept: timestamp(kept)? }))
            .collect()
    }
}
