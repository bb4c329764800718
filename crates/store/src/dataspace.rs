//! The trusted data space: peers, published datasets, exchanges under the Dataspace Protocol with their outbox, agreements and every use of data.
//!
//! What an exchange means is the crate `dataspace`'s business; here its state and its JSON are kept, compared and set in one transaction with
//! the messages that are to be sent, the agreement that came of it, and the journal.

pub mod delivery;
pub mod exchange;
pub mod usage;

use crate::error::line;
use crate::journal::Actor;
use crate::session::token_hash;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::limits;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{query, query_as};

/// A connector that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Number.
    pub id: i64,
    /// Its `did:web`, or another name that it goes by.
    pub did: String,
    /// What people call it.
    pub name: String,
    /// Where its connector is.
    pub address: String,
    /// Its public keys.
    pub keys: Vec<String>,
    /// Hosts to which it may have data pushed, besides its own.
    pub push_hosts: Vec<String>,
    /// Since when it is known.
    pub created: Timestamp,
}

/// A dataset that we publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Number.
    pub id: i64,
    /// Its identifier in catalogues.
    pub urn: String,
    /// Its title.
    pub title: String,
    /// What is in it.
    pub description: String,
    /// Its media type.
    pub media: String,
    /// Where its bytes lie among the files.
    pub sha256: String,
    /// How many there are.
    pub bytes: i64,
    /// Its offer as JSON.
    pub offer: String,
    /// When it was published.
    pub created: Timestamp,
    /// When it was withdrawn.
    pub ended: Option<Timestamp>,
}

/// A dataset to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAsset {
    /// See [`Asset`].
    pub urn: String,
    /// See [`Asset`].
    pub title: String,
    /// See [`Asset`].
    pub description: String,
    /// See [`Asset`].
    pub media: String,
    /// See [`Asset`].
    pub sha256: String,
    /// See [`Asset`].
    pub bytes: i64,
    /// See [`Asset`].
    pub offer: String,
}

type PeerRow = (i64, String, String, String, String, String, i64);
type AssetRow = (i64, String, String, String, String, String, i64, String, i64, Option<i64>);

const ASSET: &str =
    "SELECT id, urn, title, description, media, sha256, bytes, offer, created_at, ended_at FROM ds_asset";

impl Store {
    /// Adds a connector, or takes its new name, address and keys.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is no line or too long.
    pub async fn save_peer(
        &self,
        by: &Actor,
        now: Timestamp,
        (did, name, address): (&str, &str, &str),
        keys: &[String],
    ) -> Result<i64> {
        line("did", did)?;
        line("name", name)?;
        line("address", address)?;
        let text = serde_json::to_string(keys).map_err(|e| Error::corrupt("keys", e))?;
        let mut tx = self.tx("ds.peer", by, now).await?;
        let (count,): (i64,) =
            on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM ds_peer").fetch_one(&mut **db).await)?;
        if count >= limits::DS_PEERS as i64 {
            return Err(Error::Invalid(format!("at most {} peers", limits::DS_PEERS)));
        }
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO ds_peer (did, name, address, keys, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (did) DO UPDATE SET name = excluded.name, address = excluded.address, keys = excluded.keys, ended_at = NULL RETURNING id")
            .bind(did).bind(name).bind(address).bind(&text).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let after = Some(json!({ "did": did, "name": name, "address": address, "keys": keys }));
        tx.note(Note { action: "ds.peer", subject: format!("ds_peer:{id}"), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Says to which hosts, besides its own, a peer may have data pushed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such peer; [`Error::Invalid`] for too long a list.
    pub async fn allow_push(&self, by: &Actor, now: Timestamp, id: i64, hosts: &[String]) -> Result<()> {
        let text = hosts.join(" ");
        if text.chars().count() > limits::DS_SAID_CHARS {
            return Err(Error::Invalid(format!(
                "hosts: at most {} characters in all",
                limits::DS_SAID_CHARS
            )));
        }
        let mut tx = self.tx("ds.push_hosts", by, now).await?;
        let done = on!(&mut tx.conn, db => query("UPDATE ds_peer SET push_hosts = $1 WHERE id = $2 AND ended_at IS NULL")
            .bind(&text).bind(id).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "peer" });
        }
        let after = Some(json!({ "hosts": text }));
        tx.note(Note { action: "ds.push_hosts", subject: format!("ds_peer:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Knows a connector no more: its messages are refused from then on.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such peer.
    pub async fn end_peer(&self, by: &Actor, now: Timestamp, id: i64) -> Result<()> {
        self.end_row(by, now, "ds.peer_end", ("ds_peer", "peer"), id).await
    }

    /// Every connector that we know, by name.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn peers(&self) -> Result<Vec<Peer>> {
        let rows: Vec<PeerRow> = on!(&self.reader, db => query_as(
            "SELECT id, did, name, address, keys, push_hosts, created_at FROM ds_peer WHERE ended_at IS NULL ORDER BY name LIMIT $1")
            .bind(limits::DS_PEERS as i64).fetch_all(db).await)?;
        rows.into_iter().map(peer).collect()
    }

    /// A connector by its name in the protocol.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn peer(&self, did: &str) -> Result<Option<Peer>> {
        let row: Option<PeerRow> = on!(&self.reader, db => query_as(
            "SELECT id, did, name, address, keys, push_hosts, created_at FROM ds_peer WHERE did = $1 AND ended_at IS NULL")
            .bind(did).fetch_optional(db).await)?;
        row.map(peer).transpose()
    }

    /// Publishes a dataset.
    ///
    /// # Errors
    /// [`Error::Taken`] for an identifier that is; [`Error::Invalid`] for a text that is no line or too long.
    pub async fn add_asset(&self, by: &Actor, now: Timestamp, new: &NewAsset) -> Result<i64> {
        line("title", &new.title)?;
        line("urn", &new.urn)?;
        if new.description.chars().count() > limits::DS_DESCRIPTION_CHARS {
            return Err(Error::Invalid(format!(
                "description: at most {} characters",
                limits::DS_DESCRIPTION_CHARS
            )));
        }
        let mut tx = self.tx("ds.publish", by, now).await?;
        let (count,): (i64,) =
            on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM ds_asset").fetch_one(&mut **db).await)?;
        if count >= limits::DS_ASSETS as i64 {
            return Err(Error::Invalid(format!("at most {} datasets", limits::DS_ASSETS)));
        }
        let inserted: sqlx::Result<(i64,)> = on!(&mut tx.conn, db => query_as(
            "INSERT INTO ds_asset (urn, title, description, media, sha256, bytes, offer, made_by, created_at, changed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT COALESCE(MAX(changed), 0) + 1 FROM ds_asset)) RETURNING id")
            .bind(&new.urn).bind(&new.title).bind(&new.description).bind(&new.media).bind(&new.sha256).bind(new.bytes)
            .bind(&new.offer).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await);
        let (id,) = inserted.map_err(Error::taken("dataset"))?;
        let after = Some(
            json!({ "urn": new.urn, "title": new.title, "sha256": new.sha256, "bytes": new.bytes, "offer": new.offer }),
        );
        tx.note(Note { action: "ds.publish", subject: format!("ds_asset:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Gives a dataset new bytes and a new description; its identifier, its offer and the agreements on it stand. One that was withdrawn is offered again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such dataset.
    pub async fn renew_asset(
        &self,
        by: &Actor,
        now: Timestamp,
        urn: &str,
        (description, sha256, bytes): (&str, &str, i64),
    ) -> Result<()> {
        let mut tx = self.tx("ds.renew", by, now).await?;
        let done = on!(&mut tx.conn, db => query(
            "UPDATE ds_asset SET description = $1, sha256 = $2, bytes = $3, ended_at = NULL, \
             changed = (SELECT COALESCE(MAX(changed), 0) + 1 FROM ds_asset) WHERE urn = $4")
            .bind(description).bind(sha256).bind(bytes).bind(urn).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "dataset" });
        }
        let after = Some(json!({ "sha256": sha256, "bytes": bytes }));
        tx.note(Note { action: "ds.renew", subject: format!("ds_asset:{urn}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Withdraws a dataset: it is offered no more; agreements on it stand.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such dataset.
    pub async fn end_asset(&self, by: &Actor, now: Timestamp, id: i64) -> Result<()> {
        self.end_row(by, now, "ds.withdraw", ("ds_asset", "dataset"), id).await
    }

    /// Grows with every change of what is published.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn assets_version(&self) -> Result<i64> {
        let (version,): (i64,) = on!(&self.reader, db => query_as("SELECT COALESCE(MAX(changed), 0) FROM ds_asset").fetch_one(db).await)?;
        Ok(version)
    }

    /// What is published, oldest first, behind the dataset of number `after`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn assets(&self, after: i64, most: usize) -> Result<Vec<Asset>> {
        let sql = format!("{ASSET} WHERE id > $1 AND ended_at IS NULL ORDER BY id LIMIT $2");
        let rows: Vec<AssetRow> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql))
            .bind(after).bind(most.min(limits::DS_ASSETS) as i64).fetch_all(db).await)?;
        rows.into_iter().map(asset).collect()
    }

    /// A dataset by its identifier, withdrawn ones too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn asset(&self, urn: &str) -> Result<Option<Asset>> {
        let sql = format!("{ASSET} WHERE urn = $1");
        let row: Option<AssetRow> =
            on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql)).bind(urn).fetch_optional(db).await)?;
        row.map(asset).transpose()
    }

    /// Ends a row of a table of this module.
    async fn end_row(
        &self,
        by: &Actor,
        now: Timestamp,
        action: &'static str,
        (table, what): (&'static str, &'static str),
        id: i64,
    ) -> Result<()> {
        let mut tx = self.tx(action, by, now).await?;
        let changed = match table {
            "ds_asset" => ", changed = (SELECT COALESCE(MAX(changed), 0) + 1 FROM ds_asset)",
            _ => "",
        };
        let sql = format!("UPDATE {table} SET ended_at = $1{changed} WHERE id = $2 AND ended_at IS NULL");
        let done = on!(&mut tx.conn, db => query(sqlx::AssertSqlSafe(sql))
            .bind(micros(now)).bind(id).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what });
        }
        tx.note(Note { action, subject: format!("{table}:{id}"), before: NOTHING, after: NOTHING }).await?;
        tx.commit().await
    }

    /// The transfer that a secret of the data plane opens.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn exchange_of_key(&self, secret: &[u8]) -> Result<Option<exchange::Exchange>> {
        let row: Option<(String,)> = on!(&self.reader, db => query_as(
            "SELECT x.pid FROM ds_key k JOIN ds_exchange x ON x.id = k.exchange WHERE k.token_hash = $1")
            .bind(token_hash(secret)).fetch_optional(db).await)?;
        match row {
            Some((pid,)) => self.exchange("transfer", &pid).await,
            None => Ok(None),
        }
    }
}

fn peer((id, did, name, address, keys, hosts, created): PeerRow) -> Result<Peer> {
    let keys = serde_json::from_str(&keys).map_err(|e| Error::corrupt("ds_peer.keys", e))?;
    let push_hosts = hosts.split_whitespace().map(str::to_string).collect();
    Ok(Peer { id, did, name, address, keys, push_hosts, created: timestamp(created)? })
}

fn asset(
    (id, urn, title, description, media, sha256, bytes, offer, created, ended): AssetRow,
) -> Result<Asset> {
    let (created, ended) = (timestamp(created)?, optional(ended)?);
    Ok(Asset { id, urn, title, description, media, sha256, bytes, offer, created, ended })
}
