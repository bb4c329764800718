//! The zone's settings: one row with a version, so that of two people who edit at once nobody loses silently.

use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{Note, Tx};
use crate::{Error, Result, Store};
use domain::zone::ZoneSettings;
use jiff::Timestamp;
use sqlx::{query, query_as};

/// Settings as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Grows by one with each save; 0 while nothing was saved.
    pub version: i64,
    /// The settings.
    pub settings: ZoneSettings,
    /// When they were saved last.
    pub updated: Timestamp,
}

const SELECT: &str = "SELECT version, settings, updated_at FROM zone WHERE id = 1";

impl Store {
    /// The zone's settings; `None` before the first save.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn zone(&self) -> Result<Option<Zone>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(SELECT).fetch_optional(db).await)?;
        row.map(zone).transpose()
    }

    /// Saves settings that were edited from `version` (0 for the first save) and answers the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody saved in between; [`Error::Invalid`] for settings that break a rule, or that would separate or
    /// join duties ([`Store::separate_duties`] does that).
    pub async fn save_zone(
        &self,
        by: &Actor,
        now: Timestamp,
        version: i64,
        settings: &ZoneSettings,
    ) -> Result<i64> {
        settings.check().map_err(Error::Invalid)?;
        let mut tx = self.tx("zone.save", by, now).await?;
        let before = read_zone(&mut tx).await?;
        let current = before.as_ref().map_or(0, |z| z.version);
        if current != version {
            return Err(Error::Stale { what: "zone settings", current });
        }
        if settings.separated != before.as_ref().is_some_and(|z| z.settings.separated) {
            let why =
                "separated: duties are separated and joined on their own page, which checks who keeps them";
            return Err(Error::Invalid(why.to_string()));
        }
        write_zone(&mut tx, now, version + 1, settings).await?;
        let before = before.map(|z| z.settings);
        tx.note(Note { action: "zone.save", subject: "zone".to_string(), before, after: Some(settings) })
            .await?;
        tx.commit().await?;
        Ok(version + 1)
    }
}

/// The settings, read inside a change.
pub(crate) async fn read_zone(tx: &mut Tx) -> Result<Option<Zone>> {
    let row: Option<Row> = on!(&mut tx.conn, db => query_as(SELECT).fetch_optional(&mut **db).await)?;
    row.map(zone).transpose()
}

/// Writes settings as `version`.
pub(crate) async fn write_zone(
    tx: &mut Tx,
    now: Timestamp,
    version: i64,
    settings: &ZoneSettings,
) -> Result<()> {
    let text = serde_json::to_string(settings).map_err(|e| Error::Other(e.into()))?;
    on!(&mut tx.conn, db => query(
        "INSERT INTO zone (id, version, settings, updated_at) VALUES (1, $1, $2, $3) ON CONFLICT (id) DO UPDATE \
         SET version = excluded.version, settings = excluded.settings, updated_at = excluded.updated_at")
        .bind(version).bind(&text).bind(micros(now)).execute(&mut **db).await.map(drop))?;
    Ok(())
}

type Row = (i64, String, i64);

fn zone((version, settings, updated): Row) -> Result<Zone> {
    let settings = serde_json::from_str(&settings).map_err(|e| Error::corrupt("zone setting", e))?;
    Ok(Zone { version, settings, updated: timestamp(updated)? })
}
