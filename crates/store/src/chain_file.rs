//! Chain files: the text that is in force for each chain, and every text before it.

use crate::error::line;
use crate::journal::Actor;
use crate::migrate::hex;
use crate::time::{micros, optional, timestamp};
use crate::tx::{Note, Tx};
use crate::{Error, Page, Result, Store};
use domain::limits::{CHAIN_FILE_BYTES, CHAINS};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{query, query_as};

/// Where a chain file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainSource {
    /// It came with the program.
    BuiltIn,
    /// Somebody uploaded it.
    Uploaded,
}

/// A chain file to keep; the caller has checked the text.
#[derive(Clone, Debug)]
pub struct NewChainFile {
    /// Id of the chain.
    pub chain: String,
    /// Version that the text names.
    pub version: String,
    /// The TOML text.
    pub text: String,
    /// Where it comes from.
    pub source: ChainSource,
}

/// One text of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFile {
    /// Number of this text.
    pub id: i64,
    /// Id of the chain.
    pub chain: String,
    /// Version that the text names.
    pub version: String,
    /// The TOML text.
    pub text: String,
    /// Where it comes from.
    pub source: ChainSource,
    /// Whether the zone works with the chain.
    pub enabled: bool,
    /// Who kept it, as the journal writes it.
    pub by: String,
    /// Since when.
    pub created: Timestamp,
    /// When another text took its place.
    pub ended: Option<Timestamp>,
}

impl Store {
    /// Puts a text in force for its chain and ends the one before it; answers `false` when the text is in force already.
    ///
    /// A new chain begins enabled; a known one keeps whether it is. A built-in text never takes the place of an uploaded one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is too long or one chain more than [`CHAINS`].
    pub async fn save_chain_file(&self, by: &Actor, now: Timestamp, new: &NewChainFile) -> Result<bool> {
        line("chain", &new.chain)?;
        line("version", &new.version)?;
        if new.text.len() > CHAIN_FILE_BYTES {
            return Err(Error::Invalid(format!(
                "text: at most {CHAIN_FILE_BYTES} bytes (this has {})",
                new.text.len()
            )));
        }
        let mut tx = self.tx("chain.save", by, now).await?;
        let before = current(&mut tx, &new.chain).await?;
        if let Some(file) = &before {
            let keeps_upload = file.source == ChainSource::Uploaded && new.source == ChainSource::BuiltIn;
            if keeps_upload || (file.text == new.text && file.source == new.source) {
                return Ok(false);
            }
        }
        on!(&mut tx.conn, db => query("UPDATE chain_file SET ended_at = $2 WHERE chain = $1 AND ended_at IS NULL")
            .bind(&new.chain).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        on!(&mut tx.conn, db => query(
            "INSERT INTO chain_file (chain, version, text, source, enabled, made_by, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(&new.chain).bind(&new.version).bind(&new.text).bind(source_str(new.source))
            .bind(before.as_ref().is_none_or(|file| file.enabled)).bind(by.to_string()).bind(micros(now))
            .execute(&mut **db).await.map(drop))?;
        let (chains,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM chain_file WHERE ended_at IS NULL").fetch_one(&mut **db).await)?;
        if chains.unsigned_abs() > CHAINS as u64 {
            return Err(Error::Invalid(format!("chain: at most {CHAINS} chains")));
        }
        let note = Note {
            action: "chain.save",
            subject: format!("chain:{}", new.chain),
            before: before.map(|file| said(&file.version, &file.text, file.source)),
            after: Some(said(&new.version, &new.text, new.source)),
        };
        tx.note(note).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Says whether the zone works with a chain.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn enable_chain(&self, by: &Actor, now: Timestamp, chain: &str, enabled: bool) -> Result<()> {
        let mut tx = self.tx("chain.enable", by, now).await?;
        let file = current(&mut tx, chain).await?.ok_or(Error::NotFound { what: "chain" })?;
        if file.enabled == enabled {
            return Ok(());
        }
        on!(&mut tx.conn, db => query("UPDATE chain_file SET enabled = $2 WHERE id = $1")
            .bind(file.id).bind(enabled).execute(&mut **db).await.map(drop))?;
        let (before, after) = (Some(json!({ "enabled": file.enabled })), Some(json!({ "enabled": enabled })));
        tx.note(Note { action: "chain.enable", subject: format!("chain:{chain}"), before, after }).await?;
        tx.commit().await
    }

    /// The text in force of every chain (at most [`CHAINS`]), in the order they were first kept.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn chain_files(&self) -> Result<Vec<ChainFile>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, chain, version, text, source, enabled, made_by, created_at, ended_at FROM chain_file c \
             WHERE ended_at IS NULL ORDER BY (SELECT MIN(id) FROM chain_file o WHERE o.chain = c.chain) LIMIT $1")
            .bind(CHAINS as i64).fetch_all(db).await)?;
        rows.into_iter().map(chain_file).collect()
    }

    /// Every text that a chain ever had, newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn chain_history(&self, chain: &str, page: Page) -> Result<Vec<ChainFile>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, chain, version, text, source, enabled, made_by, created_at, ended_at FROM chain_file \
             WHERE chain = $1 ORDER BY id DESC LIMIT $2 OFFSET $3")
            .bind(chain).bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(chain_file).collect()
    }
}

async fn current(tx: &mut Tx, chain: &str) -> Result<Option<ChainFile>> {
    let row: Option<Row> = on!(&mut tx.conn, db => query_as(
        "SELECT id, chain, version, text, source, enabled, made_by, created_at, ended_at FROM chain_file \
         WHERE chain = $1 AND ended_at IS NULL").bind(chain).fetch_optional(&mut **db).await)?;
    row.map(chain_file).transpose()
}

type Row = (i64, String, String, String, String, bool, String, i64, Option<i64>);

fn chain_file((id, chain, version, text, source, enabled, by, created, ended): Row) -> Result<ChainFile> {
    let source = match source.as_str() {
        "built_in" => ChainSource::BuiltIn,
        "uploaded" => ChainSource::Uploaded,
        other => return Err(Error::corrupt("source of a chain", other)),
    };
    let (created, ended) = (timestamp(created)?, optional(ended)?);
    Ok(ChainFile { id, chain, version, text, source, enabled, by, created, ended })
}

fn source_str(source: ChainSource) -> &'static str {
    match source {
        ChainSource::BuiltIn => "built_in",
        ChainSource::Uploaded => "uploaded",
    }
}

/// The journal names a text by its digest; the text itself stays in `chain_file`.
fn said(version: &str, text: &str, source: ChainSource) -> serde_json::Value {
    json!({ "version": version, "sha256": hex(&Sha256::digest(text.as_bytes())), "source": source })
}
