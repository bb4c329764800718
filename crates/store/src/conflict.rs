//! Conflicts (撞单) between a lead and an earlier lead or a project: raised, settled with a reason, appealed, settled again. Every word stays.

use crate::agreement::{Agreed, insert_agreement};
use crate::error::line;
use crate::journal::Actor;
use crate::lead::{Lead, end, lead_in, subject as lead_subject};
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Page, Result, Store};
use domain::fact::ProjectId;
use domain::lead::claim::Clash;
use domain::lead::{Both, ConflictId, ConflictKind, ConflictState, LeadId, LeadState, Verdict};
use domain::limits::APPEALS;
use domain::user::{UnitId, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::{query, query_as};

/// A conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Number.
    pub id: ConflictId,
    /// Version for saving.
    pub version: i64,
    /// The later lead, whose registration raised it.
    pub lead: LeadId,
    /// The earlier lead it runs against.
    pub other_lead: Option<LeadId>,
    /// Or the project it runs against.
    pub other_project: Option<ProjectId>,
    /// The strongest ground.
    pub kind: ConflictKind,
    /// Likeness of the titles in thousandths.
    pub likeness: u16,
    /// Every ground in words.
    pub reasons: Vec<Both>,
    /// How it stands.
    pub state: ConflictState,
    /// How it was settled last.
    pub verdict: Option<Verdict>,
    /// When it was raised.
    pub raised: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// What was said of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictStep {
    /// [`ConflictState::Settled`] or [`ConflictState::Appealed`].
    pub kind: ConflictState,
    /// How it was settled.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: String,
    /// Who, as the journal writes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Which conflicts to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConflictFilter {
    /// Only those that wait to be settled.
    pub waiting: bool,
    /// Only those with a lead of this officer.
    pub officer: Option<UserId>,
    /// Only those with a lead of this unit.
    pub unit: Option<UnitId>,
}

const COLUMNS: &str = "id, version, lead, other_lead, other_project, kind, likeness, reasons, state, verdict, raised_at, updated_at";

impl Store {
    /// Settles a conflict: says which side goes on, why, and (as a proposal that both sides must confirm) who is credited.
    ///
    /// The side that loses is released; one that an earlier verdict had released and this one does not is open again.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody settled or appealed in between; [`Error::Invalid`] for a conflict that is settled already, no
    /// reason, a verdict against what is a project already, a judge in their own matter, or shares that do not sum to a whole.
    #[expect(clippy::too_many_arguments, reason = "who, when, which version, what and why")]
    pub async fn settle_conflict(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        id: ConflictId,
        version: i64,
        verdict: Verdict,
        reason: &str,
        credit: Option<&Agreed>,
    ) -> Result<Conflict> {
        line("reason", reason)?;
        let mut tx = self.tx("conflict.settle", by, now).await?;
        let before = conflict_in(&mut tx, id, version).await?;
        if before.state == ConflictState::Settled {
            return Err(Error::Invalid(format!(
                "conflict {id} is settled; one side must appeal before it is settled again"
            )));
        }
        let later = lead_in(&mut tx, before.lead, None).await?;
        let earlier = match before.other_lead {
            Some(other) => Some(lead_in(&mut tx, other, None).await?),
            None => None,
        };
        let officers =
            [Some(&later), earlier.as_ref()].into_iter().flatten().map(|l| Actor::User(l.said.officer));
        if officers.into_iter().any(|officer| officer == *by) {
            return Err(Error::Invalid(
                "settling: nobody settles a conflict over their own lead; ask another director".into(),
            ));
        }
        let ground = format!("conflict:{id}");
        let stop_later = verdict == Verdict::Earlier;
        stop_or_go_on(&mut tx, now, today, &later, stop_later, &ground).await?;
        if let Some(earlier) = &earlier {
            stop_or_go_on(&mut tx, now, today, earlier, verdict == Verdict::Later, &ground).await?;
        }
        step(&mut tx, by, now, id, ConflictState::Settled, Some(verdict), reason).await?;
        let noted = json!({ "state": ConflictState::Settled, "verdict": verdict, "reason": reason });
        let was = json!({ "state": before.state, "verdict": before.verdict });
        tx.note(Note {
            action: "conflict.settle",
            subject: subject(id),
            before: Some(was),
            after: Some(noted),
        })
        .await?;
        if let Some(agreed) = credit {
            // The split stays with what goes on: with the lead that was stopped it would never become a fact.
            let goes_on = match (verdict, &earlier, before.other_project) {
                (Verdict::Earlier, Some(earlier), _) => earlier.id,
                (Verdict::Earlier, None, Some(project)) => lead_of(&mut tx, project).await?,
                _ => before.lead,
            };
            insert_agreement(&mut tx, by, now, today, goes_on, Some(id), agreed).await?;
        }
        tx.commit().await?;
        Ok(Conflict {
            version: version + 1,
            state: ConflictState::Settled,
            verdict: Some(verdict),
            updated: now,
            ..before
        })
    }

    /// Appeals against the verdict on a conflict: until it is settled again neither side can become a project.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Invalid`] for a conflict that waits to be settled, no reason, or after [`APPEALS`] appeals.
    pub async fn appeal_conflict(
        &self,
        by: &Actor,
        now: Timestamp,
        id: ConflictId,
        version: i64,
        reason: &str,
    ) -> Result<Conflict> {
        line("reason", reason)?;
        let mut tx = self.tx("conflict.appeal", by, now).await?;
        let before = conflict_in(&mut tx, id, version).await?;
        if before.state != ConflictState::Settled {
            return Err(Error::Invalid(format!("conflict {id} waits to be settled; appeal after that")));
        }
        let (appeals,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM conflict_step WHERE conflict = $1 AND kind = 'appealed'").bind(id.0).fetch_one(&mut **db).await)?;
        if appeals.unsigned_abs() >= APPEALS as u64 {
            return Err(Error::Invalid(format!(
                "conflict {id} was appealed {appeals} times; the verdict stands"
            )));
        }
        step(&mut tx, by, now, id, ConflictState::Appealed, None, reason).await?;
        let noted = json!({ "state": ConflictState::Appealed, "reason": reason });
        let was = json!({ "state": before.state, "verdict": before.verdict });
        tx.note(Note {
            action: "conflict.appeal",
            subject: subject(id),
            before: Some(was),
            after: Some(noted),
        })
        .await?;
        tx.commit().await?;
        Ok(Conflict { version: version + 1, state: ConflictState::Appealed, updated: now, ..before })
    }

    /// A conflict.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>> {
        let sql = format!("SELECT {COLUMNS} FROM conflict WHERE id = $1");
        let row: Option<Row> =
            on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(db).await)?;
        row.map(conflict).transpose()
    }

    /// What was said of a conflict, in order.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn conflict_steps(&self, id: ConflictId) -> Result<Vec<ConflictStep>> {
        let rows: Vec<(String, Option<String>, String, String, i64)> = on!(&self.reader, db => query_as(
            "SELECT kind, verdict, reason, made_by, recorded_at FROM conflict_step WHERE conflict = $1 ORDER BY id LIMIT $2")
            .bind(id.0).bind(2 * APPEALS as i64 + 2).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(kind, verdict, reason, by, at)| {
                let kind = kind.parse().map_err(|e: String| Error::corrupt("state", e))?;
                Ok(ConflictStep { kind, verdict: read_verdict(verdict)?, reason, by, at: timestamp(at)? })
            })
            .collect()
    }

    /// The conflicts of a lead, newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn conflicts_of(&self, lead: LeadId) -> Result<Vec<Conflict>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM conflict WHERE lead = $1 OR other_lead = $1 ORDER BY id DESC LIMIT 200"
        );
        let rows: Vec<Row> =
            on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql)).bind(lead.0).fetch_all(db).await)?;
        rows.into_iter().map(conflict).collect()
    }

    /// Conflicts that pass a filter: those that wait first, the oldest of them on top.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn conflicts(&self, asked: ConflictFilter, page: Page) -> Result<Vec<Conflict>> {
        let mut sql = format!("SELECT {COLUMNS} FROM conflict WHERE TRUE");
        if asked.waiting {
            sql += " AND state <> 'settled'";
        }
        let side =
            " AND EXISTS (SELECT 1 FROM lead l WHERE (l.id = conflict.lead OR l.id = conflict.other_lead)";
        // Numbers only: nothing that anybody typed stands in the text.
        if let Some(UserId(officer)) = asked.officer {
            sql += &format!("{side} AND l.officer = {officer})");
        }
        if let Some(UnitId(unit)) = asked.unit {
            sql += &format!("{side} AND l.unit = {unit})");
        }
        sql += " ORDER BY CASE WHEN state = 'settled' THEN 1 ELSE 0 END, raised_at, id LIMIT $1 OFFSET $2";
        let rows: Vec<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql)).bind(page.limit()).bind(page.offset())
            .fetch_all(db).await)?;
        rows.into_iter().map(conflict).collect()
    }

    /// How many conflicts wait to be settled.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn count_conflicts_waiting(&self) -> Result<u64> {
        let (n,): (i64,) = on!(&self.reader, db => query_as("SELECT COUNT(*) FROM conflict WHERE state <> 'settled'")
            .fetch_one(db).await)?;
        Ok(n.unsigned_abs())
    }
}

/// Writes a conflict unless these two have one already; answers its number when it is new.
pub(crate) async fn insert(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    lead: LeadId,
    other: Option<LeadId>,
    project: Option<ProjectId>,
    clash: &Clash,
) -> Result<Option<ConflictId>> {
    let known: Option<(i64,)> = on!(&mut tx.conn, db => query_as(
        "SELECT id FROM conflict WHERE (lead = $1 AND other_lead = $2) OR (lead = $2 AND other_lead = $1) \
         OR (lead = $1 AND other_project = $3) LIMIT 1")
        .bind(lead.0).bind(other.map(|o| o.0)).bind(project.map(|p| p.0)).fetch_optional(&mut **db).await)?;
    if known.is_some() {
        return Ok(None);
    }
    let reasons = serde_json::to_string(&clash.reasons).map_err(|e| Error::Other(e.into()))?;
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO conflict (version, lead, other_lead, other_project, kind, likeness, reasons, state, made_by, raised_at, updated_at) \
         VALUES (1, $1, $2, $3, $4, $5, $6, 'open', $7, $8, $8) RETURNING id")
        .bind(lead.0).bind(other.map(|o| o.0)).bind(project.map(|p| p.0)).bind(clash.kind.as_str())
        .bind(i64::from(clash.likeness)).bind(reasons).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
    let id = ConflictId(id);
    let after = json!({ "lead": lead, "other_lead": other, "other_project": project, "clash": clash });
    tx.note(Note { action: "conflict.raise", subject: subject(id), before: NOTHING, after: Some(after) })
        .await?;
    Ok(Some(id))
}

/// The lead that became a project.
async fn lead_of(tx: &mut Tx, project: ProjectId) -> Result<LeadId> {
    let row: Option<(i64,)> = on!(&mut tx.conn, db => query_as("SELECT id FROM lead WHERE project = $1 ORDER BY id LIMIT 1")
        .bind(project.0).fetch_optional(&mut **db).await)?;
    row.map(|(id,)| LeadId(id)).ok_or_else(|| {
        Error::Invalid(format!(
            "credit: project {project} was never a lead, so no split can be kept with it; settle without one"
        ))
    })
}

/// Ends the side that lost, or opens one again that an earlier verdict of the same conflict had ended.
async fn stop_or_go_on(
    tx: &mut Tx,
    now: Timestamp,
    today: Date,
    lead: &Lead,
    stops: bool,
    ground: &str,
) -> Result<()> {
    match (stops, lead.state) {
        (true, LeadState::Open) => end(tx, now, today, lead, LeadState::Released, ground).await,
        (true, LeadState::Converted) => Err(Error::Invalid(format!(
            "verdict: lead {} is a project already and cannot be stopped; settle the credit instead",
            lead.id
        ))),
        (false, LeadState::Released) if lead.ended_why.as_deref() == Some(ground) => {
            reopen(tx, now, today, lead).await
        }
        _ => Ok(()),
    }
}

/// Opens a lead again; the days that it was out are added to its protection.
async fn reopen(tx: &mut Tx, now: Timestamp, today: Date, lead: &Lead) -> Result<()> {
    let out = lead.ended.and_then(|ended| ended.until(today).ok()).unwrap_or_default();
    let until = lead.protected_until.max(today).saturating_add(out);
    let change = tx.next_entry();
    on!(&mut tx.conn, db => query(
        "UPDATE lead SET version = version + 1, change = $2, state = 'open', ended = NULL, ended_why = NULL, protected_until = $3, \
         updated_at = $4 WHERE id = $1")
        .bind(lead.id.0).bind(change).bind(until.to_string()).bind(micros(now)).execute(&mut **db).await.map(drop))?;
    let before =
        Some(json!({ "state": lead.state, "why": lead.ended_why, "protected_until": lead.protected_until }));
    let after = Some(json!({ "state": LeadState::Open, "protected_until": until }));
    tx.note(Note { action: "lead.open", subject: lead_subject(lead.id), before, after }).await
}

async fn step(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    id: ConflictId,
    kind: ConflictState,
    verdict: Option<Verdict>,
    reason: &str,
) -> Result<()> {
    on!(&mut tx.conn, db => query(
        "INSERT INTO conflict_step (conflict, kind, verdict, reason, made_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id.0).bind(kind.as_str()).bind(verdict.map(Verdict::as_str)).bind(reason).bind(by.to_string()).bind(micros(now))
        .execute(&mut **db).await.map(drop))?;
    on!(&mut tx.conn, db => query(
        "UPDATE conflict SET version = version + 1, state = $2, verdict = COALESCE($3, verdict), updated_at = $4 WHERE id = $1")
        .bind(id.0).bind(kind.as_str()).bind(verdict.map(Verdict::as_str)).bind(micros(now))
        .execute(&mut **db).await.map(drop))?;
    Ok(())
}

async fn conflict_in(tx: &mut Tx, id: ConflictId, version: i64) -> Result<Conflict> {
    let sql = format!("SELECT {COLUMNS} FROM conflict WHERE id = $1");
    let row: Option<Row> = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&mut **db).await)?;
    let found = conflict(row.ok_or(Error::NotFound { what: "conflict" })?)?;
    if found.version != version {
        return Err(Error::Stale { what: "conflict", current: found.version });
    }
    Ok(found)
}

fn subject(id: ConflictId) -> String {
    format!("conflict:{id}")
}

type Row = (i64, i64, i64, Option<i64>, Option<i64>, String, i64, String, String, Option<String>, i64, i64);

fn read_verdict(verdict: Option<String>) -> Result<Option<Verdict>> {
    verdict.map(|v| v.parse()).transpose().map_err(|e: String| Error::corrupt("verdict", e))
}

fn conflict(row: Row) -> Result<Conflict> {
    let (
        id,
        version,
        lead,
        other_lead,
        other_project,
        kind,
        likeness,
        reasons,
        state,
        verdict,
        raised,
        updated,
    ) = row;
    Ok(Conflict {
        id: ConflictId(id),
        version,
        lead: LeadId(lead),
        other_lead: other_lead.map(LeadId),
        other_project: other_project.map(ProjectId),
        kind: kind.parse().map_err(|e: String| Error::corrupt("kind of conflict", e))?,
        likeness: u16::try_from(likeness).map_err(|e| Error::corrupt("likeness", e))?,
        reasons: serde_json::from_str(&reasons).map_err(|e| Error::corrupt("list of reasons", e))?,
        state: state.parse().map_err(|e: String| Error::corrupt("state", e))?,
        verdict: read_verdict(verdict)?,
        raised: timestamp(raised)?,
        updated: timestamp(updated)?,
    })
}
