//! Agreements on who is credited with a project, per kind of figure: proposed, confirmed by both sides, ended by a later one.
//!
//! An agreement counts for nothing until both sides have confirmed it. Then its splits become facts of the project that the lead became
//! (at once, or when it becomes one), and figures count by them; of two the one with the later day is in force.

use crate::error::line;
use crate::fact::{insert_facts, said as said_facts, subject as project_subject};
use crate::journal::Actor;
use crate::lead::{day, lead_in};
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::user::open_user;
use crate::{Error, Result, Store};
use domain::fact::{Kind, NewFact, Value};
use domain::lead::credit::{self, Share};
use domain::lead::{ConflictId, LeadId};
use domain::user::UserId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{QueryBuilder, query, query_as};
use std::collections::HashMap;

/// What two sides agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// The day it counts from.
    pub since: Date,
    /// Who confirms for one side.
    pub side_a: UserId,
    /// Who confirms for the other.
    pub side_b: UserId,
    /// The shares.
    pub shares: Vec<Share>,
}

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Number.
    pub id: i64,
    /// The lead that it is about, and the project that this lead became.
    pub lead: LeadId,
    /// The conflict that it settles, if it does.
    pub conflict: Option<ConflictId>,
    /// What is agreed.
    pub agreed: Agreed,
    /// When side A confirmed.
    pub confirmed_a: Option<Timestamp>,
    /// When side B confirmed.
    pub confirmed_b: Option<Timestamp>,
    /// When it was declined or replaced, and why.
    pub ended: Option<(Timestamp, String)>,
    /// Who proposed it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
}

impl Agreement {
    /// Whether both sides have confirmed and nothing ended it.
    #[must_use]
    pub fn in_force(&self) -> bool {
        self.confirmed_a.is_some() && self.confirmed_b.is_some() && self.ended.is_none()
    }
}

/// Agreements of one lead that are read.
const SHOWN: i64 = 100;

impl Store {
    /// Proposes an agreement; it waits for both sides.
    ///
    /// # Errors
    /// [`Error::Invalid`] for shares that do not sum to a whole, one person on both sides or a day after today;
    /// [`Error::NotFound`] for the lead or a side.
    pub async fn propose_credit(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        lead: LeadId,
        agreed: &Agreed,
    ) -> Result<i64> {
        let mut tx = self.tx("credit.propose", by, now).await?;
        lead_in(&mut tx, lead, None).await?;
        let id = insert_agreement(&mut tx, by, now, today, lead, None, agreed).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Confirms an agreement for the side that `who` stands for. When both have confirmed, it replaces the one in force before.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for somebody who is no side of it, who confirmed already, or an agreement that ended.
    pub async fn confirm_credit(
        &self,
        now: Timestamp,
        today: Date,
        id: i64,
        who: UserId,
    ) -> Result<Agreement> {
        let by = Actor::User(who);
        let mut tx = self.tx("credit.confirm", &by, now).await?;
        let mut found = agreement_in(&mut tx, id).await?;
        if found.ended.is_some() {
            return Err(Error::Invalid(format!(
                "agreement {id} was declined or replaced; propose a new one"
            )));
        }
        let (is_a, is_b) = (found.agreed.side_a == who, found.agreed.side_b == who);
        let before = [found.confirmed_a, found.confirmed_b];
        if is_a && found.confirmed_a.is_none() {
            found.confirmed_a = Some(now);
        } else if is_b && found.confirmed_b.is_none() {
            found.confirmed_b = Some(now);
        } else if is_a || is_b {
            return Err(Error::Invalid(format!("agreement {id}: you have confirmed it already")));
        } else {
            return Err(Error::Invalid(format!("agreement {id}: only the two sides can confirm it")));
        }
        on!(&mut tx.conn, db => query("UPDATE agreement SET confirmed_a = $2, confirmed_b = $3 WHERE id = $1")
            .bind(id).bind(found.confirmed_a.map(micros)).bind(found.confirmed_b.map(micros))
            .execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "confirmed_a": found.confirmed_a, "confirmed_b": found.confirmed_b }));
        let before = Some(json!({ "confirmed_a": before[0], "confirmed_b": before[1] }));
        tx.note(Note { action: "credit.confirm", subject: subject(id), before, after }).await?;
        if found.in_force() {
            replace(&mut tx, &by, now, &found).await?;
            let lead = lead_in(&mut tx, found.lead, None).await?;
            if let Some(project) = lead.project {
                let facts = facts(&mut tx, id).await?;
                let recorded = insert_facts(&mut tx, &by, now, today, project, &facts).await?;
                let after = Some(said_facts(&recorded, &facts));
                tx.note(Note {
                    action: "fact.record",
                    subject: project_subject(project),
                    before: NOTHING,
                    after,
                })
                .await?;
            }
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Declines an agreement that waits, with the reason.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for somebody who is no side of it, no reason, or one that both confirmed or that ended.
    pub async fn decline_credit(&self, now: Timestamp, id: i64, who: UserId, reason: &str) -> Result<()> {
        let by = Actor::User(who);
        let mut tx = self.tx("credit.decline", &by, now).await?;
        let found = agreement_in(&mut tx, id).await?;
        line("reason", reason)?;
        if ![found.agreed.side_a, found.agreed.side_b].contains(&who) {
            return Err(Error::Invalid(format!("agreement {id}: only the two sides can decline it")));
        }
        if found.in_force() || found.ended.is_some() {
            return Err(Error::Invalid(format!("agreement {id} does not wait any more; propose a new one")));
        }
        end(&mut tx, &by, now, id, reason).await?;
        tx.commit().await
    }

    /// The agreements of a lead, newest first, ended ones too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn agreements(&self, lead: LeadId) -> Result<Vec<Agreement>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, lead, conflict, since, side_a, side_b, confirmed_a, confirmed_b, ended_at, ended_why, made_by, created_at \
             FROM agreement WHERE lead = $1 ORDER BY id DESC LIMIT $2").bind(lead.0).bind(SHOWN).fetch_all(db).await)?;
        self.with_shares(rows).await
    }

    /// Agreements that wait for `who`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn agreements_waiting(&self, who: UserId) -> Result<Vec<Agreement>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, lead, conflict, since, side_a, side_b, confirmed_a, confirmed_b, ended_at, ended_why, made_by, created_at \
             FROM agreement WHERE ended_at IS NULL AND ((side_a = $1 AND confirmed_a IS NULL) OR (side_b = $1 AND confirmed_b IS NULL)) \
             ORDER BY id LIMIT $2").bind(who.0).bind(SHOWN).fetch_all(db).await)?;
        self.with_shares(rows).await
    }

    async fn with_shares(&self, rows: Vec<Row>) -> Result<Vec<Agreement>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let shares: Vec<(i64, String, String, String, i64)> = on!(&self.reader, db => {
            let mut q = QueryBuilder::new("SELECT agreement, figure, party, who, per_mille FROM agreement_share WHERE agreement IN (");
            let mut list = q.separated(", ");
            for row in &rows {
                list.push_bind(row.0);
            }
            q.push(") ORDER BY agreement, figure, party, who");
            q.build_query_as().fetch_all(db).await
        })?;
        let mut by_id: HashMap<i64, Vec<Share>> = HashMap::new();
        for (id, figure, party, who, per_mille) in shares {
            by_id.entry(id).or_default().push(share((figure, party, who, per_mille))?);
        }
        rows.into_iter()
            .map(|row| {
                let id = row.0;
                agreement(row, by_id.remove(&id).unwrap_or_default())
            })
            .collect()
    }
}

pub(crate) async fn insert_agreement(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    today: Date,
    lead: LeadId,
    conflict: Option<ConflictId>,
    agreed: &Agreed,
) -> Result<i64> {
    credit::check(&agreed.shares).map_err(Error::Invalid)?;
    if agreed.side_a == agreed.side_b {
        return Err(Error::Invalid("sides: two people must confirm, one for each side".into()));
    }
    if agreed.since > today {
        let since = agreed.since;
        return Err(Error::Invalid(format!(
            "since: {since} lies in the future; agree on it on that day, or from today on"
        )));
    }
    for side in [agreed.side_a, agreed.side_b] {
        open_user(tx, side).await?;
    }
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO agreement (lead, conflict, since, side_a, side_b, made_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id")
        .bind(lead.0).bind(conflict.map(|c| c.0)).bind(agreed.since.to_string()).bind(agreed.side_a.0).bind(agreed.side_b.0)
        .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
    on!(&mut tx.conn, db => {
        let mut insert = QueryBuilder::new("INSERT INTO agreement_share (agreement, figure, party, who, per_mille) ");
        insert.push_values(&agreed.shares, |mut values, s| {
            values.push_bind(id).push_bind(s.figure.as_str()).push_bind(s.party.as_str()).push_bind(&s.who).push_bind(i64::from(s.per_mille));
        });
        insert.build().execute(&mut **db).await.map(drop)
    })?;
    let after = json!({ "lead": lead, "conflict": conflict, "agreed": agreed });
    tx.note(Note { action: "credit.propose", subject: subject(id), before: NOTHING, after: Some(after) })
        .await?;
    Ok(id)
}

/// The facts about credit of every agreement in force for a lead, in the order they were made.
pub(crate) async fn facts_in_force(tx: &mut Tx, lead: LeadId) -> Result<Vec<NewFact>> {
    let rows: Vec<(i64,)> = on!(&mut tx.conn, db => query_as(
        "SELECT id FROM agreement WHERE lead = $1 AND ended_at IS NULL AND confirmed_a IS NOT NULL AND confirmed_b IS NOT NULL ORDER BY id")
        .bind(lead.0).fetch_all(&mut **db).await)?;
    let mut out = Vec::new();
    for (id,) in rows {
        out.extend(facts(tx, id).await?);
    }
    Ok(out)
}

/// One fact for each figure that an agreement splits.
async fn facts(tx: &mut Tx, id: i64) -> Result<Vec<NewFact>> {
    let rows: Vec<(String, String, String, i64, String)> = on!(&mut tx.conn, db => query_as(
        "SELECT s.figure, s.party, s.who, s.per_mille, a.since FROM agreement_share s JOIN agreement a ON a.id = s.agreement \
         WHERE a.id = $1 ORDER BY s.figure, s.party, s.who").bind(id).fetch_all(&mut **db).await)?;
    let Some(since) = rows.first().map(|r| day(&r.4)).transpose()? else { return Ok(Vec::new()) };
    let shares: Vec<Share> =
        rows.into_iter().map(|(f, p, w, n, _)| share((f, p, w, n))).collect::<Result<_>>()?;
    let fact = |split: &domain::credit::Split| NewFact::on(since, Kind::Credit, Value::Text(split.to_json()));
    Ok(credit::splits(&shares).iter().map(fact).collect())
}

/// Ends what was in force before for the same lead from the same day or earlier on.
async fn replace(tx: &mut Tx, by: &Actor, now: Timestamp, new: &Agreement) -> Result<()> {
    // Those with an earlier day stay in force for the days before it.
    let rows: Vec<(i64,)> = on!(&mut tx.conn, db => query_as(
        "SELECT id FROM agreement WHERE lead = $1 AND id <> $2 AND ended_at IS NULL AND confirmed_a IS NOT NULL AND confirmed_b IS NOT NULL \
         AND since >= $3 ORDER BY id").bind(new.lead.0).bind(new.id).bind(new.agreed.since.to_string()).fetch_all(&mut **db).await)?;
    for (id,) in rows {
        end(tx, by, now, id, &format!("replaced by agreement {}", new.id)).await?;
    }
    Ok(())
}

async fn end(tx: &mut Tx, by: &Actor, now: Timestamp, id: i64, why: &str) -> Result<()> {
    on!(&mut tx.conn, db => query("UPDATE agreement SET ended_at = $2, ended_by = $3, ended_why = $4 WHERE id = $1")
        .bind(id).bind(micros(now)).bind(by.to_string()).bind(why).execute(&mut **db).await.map(drop))?;
    let after = Some(json!({ "ended": now, "why": why }));
    tx.note(Note { action: "credit.end", subject: subject(id), before: NOTHING, after }).await
}

async fn agreement_in(tx: &mut Tx, id: i64) -> Result<Agreement> {
    let row: Option<Row> = on!(&mut tx.conn, db => query_as(
        "SELECT id, lead, conflict, since, side_a, side_b, confirmed_a, confirmed_b, ended_at, ended_why, made_by, created_at \
         FROM agreement WHERE id = $1").bind(id).fetch_optional(&mut **db).await)?;
    agreement(row.ok_or(Error::NotFound { what: "agreement" })?, Vec::new())
}

fn subject(id: i64) -> String {
    format!("agreement:{id}")
}

type Row = (
    i64,
    i64,
    Option<i64>,
    String,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    String,
    i64,
);

fn share((figure, party, who, per_mille): (String, String, String, i64)) -> Result<Share> {
    Ok(Share {
        figure: figure.parse().map_err(|e: String| Error::corrupt("figure", e))?,
        party: party.parse().map_err(|e: String| Error::corrupt("party", e))?,
        who,
        per_mille: u16::try_from(per_mille).map_err(|e| Error::corrupt("share", e))?,
    })
}

fn agreement(row: Row, shares: Vec<Share>) -> Result<Agreement> {
    let (id, lead, conflict, since, a, b, confirmed_a, confirmed_b, ended, why, by, created) = row;
    Ok(Agreement {
        id,
        lead: LeadId(lead),
        conflict: conflict.map(ConflictId),
        agreed: Agreed { since: day(&since)?, side_a: UserId(a), side_b: UserId(b), shares },
        confirmed_a: optional(confirmed_a)?,
        confirmed_b: optional(confirmed_b)?,
        ended: optional(ended)?.map(|at| (at, why.unwrap_or_default())),
        by,
        created: timestamp(created)?,
    })
}
