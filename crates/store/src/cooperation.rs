//! Zone with zone: what a partner shared last, and leads that were handed over and received. The framework itself is a record of the inventory.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::inventory::ItemId;
use domain::lead::LeadId;
use domain::limits;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::{AssertSqlSafe, query, query_as};

/// The file that a partner shared last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoopFile {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The file.
    pub body: String,
    /// The agreement under which it was fetched.
    pub agreement: String,
    /// When.
    pub fetched: Timestamp,
}

/// Which way a lead goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// We hand it over.
    Out,
    /// The partner hands it over.
    In,
}

impl Direction {
    fn as_str(self) -> &'static str {
        match self {
            Direction::Out => "out",
            Direction::In => "in",
        }
    }
}

/// A lead between two zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoopLead {
    /// Number.
    pub id: i64,
    /// The framework.
    pub item: ItemId,
    /// Which way it goes.
    pub direction: Direction,
    /// The dataset that holds it.
    pub urn: String,
    /// Our lead: the one that we hand over, or the one that was registered here.
    pub lead: Option<LeadId>,
    /// What it is about, without a name.
    pub title: String,
    /// Since when it is handed over.
    pub day: Date,
    /// What was received, as JSON.
    pub body: Option<String>,
    /// Who handed it over or asked for it.
    pub by: String,
    /// When.
    pub created: Timestamp,
    /// When its data came.
    pub taken: Option<Timestamp>,
}

/// A lead to hand over or to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCoopLead {
    /// See [`CoopLead`].
    pub item: ItemId,
    /// See [`CoopLead`].
    pub direction: Direction,
    /// See [`CoopLead`].
    pub urn: String,
    /// See [`CoopLead`].
    pub lead: Option<LeadId>,
    /// See [`CoopLead`].
    pub title: String,
    /// See [`CoopLead`].
    pub day: Date,
}

type Row = (i64, i64, String, String, Option<i64>, String, String, Option<String>, String, i64, Option<i64>);

const LEAD: &str =
    "SELECT id, item, direction, urn, lead, title, day, body, made_by, created_at, taken_at FROM coop_lead";

impl Store {
    /// Keeps what a partner shared, in place of what it shared before.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_coop_file(
        &self,
        by: &Actor,
        now: Timestamp,
        item: ItemId,
        (sha256, body, agreement): (&str, &str, &str),
    ) -> Result<()> {
        let mut tx = self.tx("coop.file", by, now).await?;
        on!(&mut tx.conn, db => query(
            "INSERT INTO coop_file (item, sha256, body, agreement, fetched_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (item) DO UPDATE SET \
             sha256 = excluded.sha256, body = excluded.body, agreement = excluded.agreement, fetched_at = excluded.fetched_at")
            .bind(item.0).bind(sha256).bind(body).bind(agreement).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "sha256": sha256, "agreement": agreement, "bytes": body.len() }));
        tx.note(Note { action: "coop.file", subject: format!("item:{}", item.0), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// What a partner shared last.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn coop_file(&self, item: ItemId) -> Result<Option<CoopFile>> {
        let row: Option<(String, String, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT sha256, body, agreement, fetched_at FROM coop_file WHERE item = $1").bind(item.0).fetch_optional(db).await)?;
        row.map(|(sha256, body, agreement, fetched)| {
            Ok(CoopFile { sha256, body, agreement, fetched: timestamp(fetched)? })
        })
        .transpose()
    }

    /// Hands a lead over, or asks for one.
    ///
    /// # Errors
    /// [`Error::Taken`] for a dataset that was handed over already; [`Error::Invalid`] for a title that is no line, and for too many.
    pub async fn add_coop_lead(&self, by: &Actor, now: Timestamp, new: &NewCoopLead) -> Result<i64> {
        line("title", &new.title)?;
        line("urn", &new.urn)?;
        let mut tx = self.tx("coop.lead", by, now).await?;
        let (count,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM coop_lead WHERE item = $1")
            .bind(new.item.0).fetch_one(&mut **db).await)?;
        if count >= limits::COOP_LEADS as i64 {
            return Err(Error::Invalid(format!("at most {} leads with one partner", limits::COOP_LEADS)));
        }
        let inserted: sqlx::Result<(i64,)> = on!(&mut tx.conn, db => query_as(
            "INSERT INTO coop_lead (item, direction, urn, lead, title, day, made_by, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id")
            .bind(new.item.0).bind(new.direction.as_str()).bind(&new.urn).bind(new.lead.map(|l| l.0)).bind(&new.title)
            .bind(new.day.to_string()).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await);
        let (id,) = inserted.map_err(Error::taken("lead"))?;
        let after = Some(json!({ "item": new.item.0, "direction": new.direction.as_str(), "urn": new.urn,
            "lead": new.lead.map(|l| l.0), "title": new.title }));
        tx.note(Note { action: "coop.lead", subject: format!("coop_lead:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Keeps what was received of a lead, once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a lead that is none, or that has its data.
    pub async fn take_coop_lead(&self, by: &Actor, now: Timestamp, id: i64, body: &str) -> Result<()> {
        let mut tx = self.tx("coop.take", by, now).await?;
        let done = on!(&mut tx.conn, db => query(
            "UPDATE coop_lead SET body = $1, taken_at = $2 WHERE id = $3 AND direction = 'in' AND taken_at IS NULL")
            .bind(body).bind(micros(now)).bind(id).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "lead" });
        }
        let after = Some(json!({ "bytes": body.len() }));
        tx.note(Note { action: "coop.take", subject: format!("coop_lead:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Says which lead of ours a received one became, once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a lead that is none, or that is registered.
    pub async fn register_coop_lead(&self, by: &Actor, now: Timestamp, id: i64, lead: LeadId) -> Result<()> {
        let mut tx = self.tx("coop.register", by, now).await?;
        let done = on!(&mut tx.conn, db => query("UPDATE coop_lead SET lead = $1 WHERE id = $2 AND direction = 'in' AND lead IS NULL")
            .bind(lead.0).bind(id).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "lead" });
        }
        let after = Some(json!({ "lead": lead.0 }));
        tx.note(Note { action: "coop.register", subject: format!("coop_lead:{id}"), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Leads between us and a partner, the latest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn coop_leads(&self, item: ItemId) -> Result<Vec<CoopLead>> {
        let sql = format!("{LEAD} WHERE item = $1 ORDER BY id DESC LIMIT $2");
        let rows: Vec<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(item.0).bind(limits::COOP_LEADS as i64).fetch_all(db).await)?;
        rows.into_iter().map(coop_lead).collect()
    }

    /// A lead between two zones.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn coop_lead(&self, id: i64) -> Result<Option<CoopLead>> {
        let sql = format!("{LEAD} WHERE id = $1");
        let row: Option<Row> =
            on!(&self.reader, db => query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(db).await)?;
        row.map(coop_lead).transpose()
    }
}

fn coop_lead(row: Row) -> Result<CoopLead> {
    let (id, item, direction, urn, lead, title, day, body, by, created, taken) = row;
    Ok(CoopLead {
        id,
        item: ItemId(item),
        direction: if direction == "out" { Direction::Out } else { Direction::In },
        urn,
        lead: lead.map(LeadId),
        title,
        day: day.parse().map_err(|e| Error::corrupt("coop_lead.day", e))?,
        body,
        by,
        created: timestamp(created)?,
        taken: optional(taken)?,
    })
}
