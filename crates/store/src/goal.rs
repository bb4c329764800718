//! Yearly targets: rows that are only added. Of one year, party and figure the last row holds.

use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::Note;
use crate::{Error, Result, Store};
use domain::goal::{NewGoal, Party};
use domain::limits::GOALS_YEAR;
use jiff::Timestamp;
use sqlx::query_as;

/// A target as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Number.
    pub id: i64,
    /// What was recorded.
    pub said: NewGoal,
    /// Who recorded it, as the journal writes it.
    pub by: String,
    /// When.
    pub recorded: Timestamp,
    /// Whether it holds: no later row corrects it.
    pub holds: bool,
}

impl Store {
    /// Records a target, and answers its number. `seen` is the number of the row that holds now as the writer saw it, 0 for none.
    ///
    /// # Errors
    /// [`Error::Stale`] when another row holds meanwhile; [`Error::Invalid`] for a target that breaks a rule, as a correction without
    /// a reason, or when the year has [`GOALS_YEAR`] rows; [`Error::NotFound`] for a person or unit that is not there.
    pub async fn add_goal(&self, by: &Actor, now: Timestamp, seen: i64, new: &NewGoal) -> Result<i64> {
        new.check(seen != 0).map_err(|(zh, en)| Error::Invalid(format!("{zh} ({en})")))?;
        let mut tx = self.tx("goal.add", by, now).await?;
        let (party, who) = new.party.parts();
        let held: Option<Row> = on!(&mut tx.conn, db => query_as(
            "SELECT id, year, party, who, figure, amount, agreed, reason, made_by, recorded_at FROM goal \
             WHERE year = $1 AND party = $2 AND who = $3 AND figure = $4 ORDER BY id DESC LIMIT 1")
            .bind(i64::from(new.year)).bind(party).bind(who).bind(&new.figure).fetch_optional(&mut **db).await)?;
        let held = held.map(goal).transpose()?;
        let current = held.as_ref().map_or(0, |g| g.id);
        if current != seen {
            return Err(Error::Stale { what: "target", current });
        }
        let (rows,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM goal WHERE year = $1")
            .bind(i64::from(new.year)).fetch_one(&mut **db).await)?;
        if rows.unsigned_abs() >= GOALS_YEAR as u64 {
            return Err(Error::Invalid(format!("targets: the year has {GOALS_YEAR} rows already")));
        }
        let there: Option<(i64,)> = match new.party {
            Party::Zone => Some((0,)),
            Party::Unit(id) => on!(&mut tx.conn, db => query_as("SELECT id FROM unit WHERE id = $1")
                .bind(id.0).fetch_optional(&mut **db).await)?,
            Party::Officer(id) => on!(&mut tx.conn, db => query_as("SELECT id FROM person WHERE id = $1")
                .bind(id.0).fetch_optional(&mut **db).await)?,
        };
        there.ok_or(Error::NotFound { what: "person or unit" })?;
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO goal (year, party, who, figure, amount, agreed, reason, made_by, recorded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id")
            .bind(i64::from(new.year)).bind(party).bind(who).bind(&new.figure).bind(new.amount)
            .bind(new.agreed.to_string()).bind(&new.reason).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
        let (before, after) = (held.map(|g| g.said), Some(new));
        tx.note(Note { action: "goal.add", subject: format!("goal:{id}"), before, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Every row of a year that was recorded by `cut_off` (at most [`GOALS_YEAR`]), the newest first, and whether it held then.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn goals(&self, year: i16, cut_off: Timestamp) -> Result<Vec<Goal>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, year, party, who, figure, amount, agreed, reason, made_by, recorded_at FROM goal \
             WHERE year = $1 AND recorded_at <= $2 ORDER BY id DESC LIMIT $3")
            .bind(i64::from(year)).bind(micros(cut_off)).bind(GOALS_YEAR as i64).fetch_all(db).await)?;
        let mut goals = rows.into_iter().map(goal).collect::<Result<Vec<_>>>()?;
        let mut seen = std::collections::HashSet::new();
        for goal in &mut goals {
            goal.holds = seen.insert((goal.said.party, goal.said.figure.clone()));
        }
        Ok(goals)
    }
}

type Row = (i64, i64, String, i64, String, i64, String, String, String, i64);

fn goal((id, year, party, who, figure, amount, agreed, reason, by, recorded): Row) -> Result<Goal> {
    let said = NewGoal {
        year: i16::try_from(year).map_err(|e| Error::corrupt("year", e))?,
        party: Party::from_parts(&party, who)
            .ok_or_else(|| Error::corrupt("party", format!("{party}:{who}")))?,
        figure,
        amount,
        agreed: agreed.parse().map_err(|e| Error::corrupt("day", e))?,
        reason,
    };
    Ok(Goal { id, said, by, recorded: timestamp(recorded)?, holds: true })
}
