//! What the hourly job records of leads: whom it told of a step that became overdue, once for each level, and protections that ended.

use crate::journal::Actor;
use crate::lead::{day, end, open_lead, subject};
use crate::time::micros;
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::lead::{LeadId, LeadState, Level, StepKind};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::{QueryBuilder, query, query_as};

/// Somebody who was told of a step that nobody had answered in time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alert {
    /// Of which lead.
    pub lead: LeadId,
    /// Which step.
    pub step: StepKind,
    /// Which time, for a step that repeats.
    pub nth: u32,
    /// Who.
    pub level: Level,
    /// The last day in time.
    pub due: Date,
}

impl Store {
    /// Ends every open lead whose protection has passed and that no unsettled conflict holds, at most `limit` at a time; answers them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn expire_leads(&self, now: Timestamp, today: Date, limit: u32) -> Result<Vec<LeadId>> {
        const PASSED: &str = "SELECT id FROM lead WHERE state = 'open' AND protected_until < $1 AND NOT EXISTS (SELECT 1 FROM conflict c \
            WHERE c.state <> 'settled' AND (c.lead = lead.id OR c.other_lead = lead.id)) ORDER BY id LIMIT $2";
        // Looked for without the write lock first: most hours there is none.
        let day = today.to_string();
        let any: Vec<(i64,)> =
            on!(&self.reader, db => query_as(PASSED).bind(&day).bind(1i64).fetch_all(db).await)?;
        if any.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.tx("lead.expire", &Actor::System, now).await?;
        let found: Vec<(i64,)> = on!(&mut tx.conn, db => query_as(PASSED).bind(&day).bind(i64::from(limit))
            .fetch_all(&mut **db).await)?;
        let mut ended = Vec::new();
        for (id,) in found {
            let lead = open_lead(&mut tx, LeadId(id), None).await?;
            let why = format!("protected until {}", lead.protected_until);
            end(&mut tx, now, today, &lead, LeadState::Expired, &why).await?;
            ended.push(lead.id);
        }
        if !ended.is_empty() {
            tx.commit().await?;
        }
        Ok(ended)
    }

    /// Records who was told of overdue steps; what was recorded before is left alone. Answers those that are new.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn record_alerts(&self, now: Timestamp, alerts: &[Alert]) -> Result<Vec<Alert>> {
        let mut ids: Vec<LeadId> = alerts.iter().map(|a| a.lead).collect();
        ids.dedup();
        let known = self.alerts(&ids).await?;
        let missing: Vec<&Alert> = alerts.iter().filter(|a| !known.contains(a)).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.tx("lead.alert", &Actor::System, now).await?;
        let mut new = Vec::new();
        for alert in missing {
            let added = on!(&mut tx.conn, db => query(
                "INSERT INTO lead_alert (lead, step, nth, level, due, recorded_at) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (lead, step, nth, level) DO NOTHING")
                .bind(alert.lead.0).bind(alert.step.as_str()).bind(i64::from(alert.nth)).bind(alert.level.as_str())
                .bind(alert.due.to_string()).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
            if added > 0 {
                let after =
                    json!({ "step": alert.step, "nth": alert.nth, "told": alert.level, "due": alert.due });
                tx.note(Note {
                    action: "lead.overdue",
                    subject: subject(alert.lead),
                    before: NOTHING,
                    after: Some(after),
                })
                .await?;
                new.push(alert.clone());
            }
        }
        if !new.is_empty() {
            tx.commit().await?;
        }
        Ok(new)
    }

    /// Who was told of overdue steps of these leads.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn alerts(&self, leads: &[LeadId]) -> Result<Vec<Alert>> {
        let mut out = Vec::new();
        for chunk in leads.chunks(500) {
            let rows: Vec<(i64, String, i64, String, String)> = on!(&self.reader, db => {
                let mut q = QueryBuilder::new("SELECT lead, step, nth, level, due FROM lead_alert WHERE lead IN (");
                let mut list = q.separated(", ");
                for id in chunk {
                    list.push_bind(id.0);
                }
                q.push(") ORDER BY id");
                q.build_query_as().fetch_all(db).await
            })?;
            for (id, step, nth, level, due) in rows {
                out.push(Alert {
                    lead: LeadId(id),
                    step: step.parse().map_err(|e: String| Error::corrupt("step", e))?,
                    nth: u32::try_from(nth).map_err(|e| Error::corrupt("number of a step", e))?,
                    level: level.parse().map_err(|e: String| Error::corrupt("level", e))?,
                    due: day(&due)?,
                });
            }
        }
        Ok(out)
    }
}
