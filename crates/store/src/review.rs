//! Reviews: rounds of questions to several units at once, each with its day; nobody's silence is an answer.

use crate::fact::{corrected, insert_facts, subject};
use crate::journal::Actor;
use crate::time::{micros, optional};
use crate::tx::{NOTHING, Note};
use crate::{Error, Page, Result, Store};
use domain::fact::{NewFact, ProjectId};
use domain::limits;
use domain::review::Verdict;
use domain::user::UnitId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use sqlx::query;
use sqlx::query_as;

/// A round to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewRound {
    /// The project.
    pub project: ProjectId,
    /// The route, a word of the reviewers' file.
    pub route: String,
    /// The day it is asked.
    pub asked_on: Date,
    /// What the asker says; may be empty.
    pub note: String,
    /// Units and the last day each has to answer.
    pub units: Vec<(UnitId, Date)>,
}

/// One unit's part of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Number.
    pub id: i64,
    /// Number of the round.
    pub round: i64,
    /// The project.
    pub project: ProjectId,
    /// The route.
    pub route: String,
    /// The day it was asked.
    pub asked_on: Date,
    /// What the asker said.
    pub note: String,
    /// Who asked, as the journal writes it.
    pub asked_by: String,
    /// The unit asked.
    pub unit: UnitId,
    /// The last day to answer.
    pub due: Date,
    /// The answer.
    pub answer: Option<Verdict>,
    /// Its reasons.
    pub reasons: Option<String>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// When.
    pub answered: Option<Timestamp>,
}

/// Of one round, the state by which a new one may begin.
type Standing = (i64, i64, i64);

const ASKS: &str = "SELECT a.id, a.round, r.project, r.route, r.asked_on, r.note, r.made_by, a.unit, a.due, a.answer, a.reasons, \
     a.answered_by, a.answered_at FROM review_ask a JOIN review_round r ON r.id = a.round";

impl Store {
    /// Opens a round and answers its number.
    ///
    /// # Errors
    /// [`Error::Taken`] while a round of this route waits for answers or has passed; [`Error::NotFound`] for no such project or
    /// unit; [`Error::Invalid`] without units.
    pub async fn open_review(&self, by: &Actor, now: Timestamp, new: &NewRound) -> Result<i64> {
        if new.units.is_empty() || new.units.len() > limits::REVIEW_UNITS {
            return Err(Error::Invalid(format!("a review asks 1 to {} units", limits::REVIEW_UNITS)));
        }
        if new.note.chars().count() > limits::FACT_TEXT_CHARS {
            return Err(Error::Invalid(format!("note: at most {} characters", limits::FACT_TEXT_CHARS)));
        }
        let mut tx = self.tx("review.open", by, now).await?;
        let last: Option<Standing> = on!(&mut tx.conn, db => query_as(
            "SELECT r.id, SUM(CASE WHEN a.answer IS NULL THEN 1 ELSE 0 END), SUM(CASE WHEN a.answer = 'return' THEN 1 ELSE 0 END) \
             FROM review_round r JOIN review_ask a ON a.round = r.id WHERE r.project = $1 AND r.route = $2 \
             GROUP BY r.id ORDER BY r.id DESC LIMIT 1")
            .bind(new.project.0).bind(&new.route).fetch_optional(&mut **db).await)?;
        if last.is_some_and(|(_, _, returned)| returned == 0) {
            return Err(Error::Taken { what: "review" });
        }
        let missing = |what| {
            move |error: sqlx::Error| match error.as_database_error() {
                Some(db) if db.is_foreign_key_violation() => Error::NotFound { what },
                _ => error.into(),
            }
        };
        let (round,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO review_round (project, route, asked_on, note, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id")
            .bind(new.project.0).bind(&new.route).bind(new.asked_on.to_string()).bind(&new.note)
            .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await).map_err(missing("project"))?;
        for (unit, due) in &new.units {
            on!(&mut tx.conn, db => query("INSERT INTO review_ask (round, unit, due) VALUES ($1, $2, $3)")
                .bind(round).bind(unit.0).bind(due.to_string()).execute(&mut **db).await.map(drop))
            .map_err(missing("unit"))?;
        }
        let note = Note {
            action: "review.open",
            subject: format!("review:{round}"),
            before: NOTHING,
            after: Some(new),
        };
        tx.note(note).await?;
        tx.commit().await?;
        Ok(round)
    }

    /// Answers for a unit; `facts` are recorded of the project in the same change (what sends it back).
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such question; [`Error::Stale`] when it was answered, or its round returned by another unit,
    /// meanwhile; [`Error::Invalid`] for a return without reasons, or facts that break a rule.
    #[expect(clippy::too_many_arguments, reason = "who, when, what, and the facts that follow from it")]
    pub async fn answer_review(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        ask: i64,
        answer: Verdict,
        reasons: &str,
        facts: &[NewFact],
    ) -> Result<()> {
        if answer == Verdict::Return && reasons.trim().is_empty() {
            return Err(Error::Invalid("reasons: a return needs them".into()));
        }
        if reasons.chars().count() > limits::FACT_TEXT_CHARS || reasons.contains('\0') {
            return Err(Error::Invalid(format!(
                "reasons: at most {} characters, none of them NUL",
                limits::FACT_TEXT_CHARS
            )));
        }
        let mut tx = self.tx("review.answer", by, now).await?;
        let row: Option<(i64, Option<String>)> = on!(&mut tx.conn, db => query_as(
            "SELECT r.project, COALESCE(a.answer, (SELECT MAX(b.answer) FROM review_ask b WHERE b.round = a.round AND b.answer = 'return')) \
             FROM review_ask a JOIN review_round r ON r.id = a.round WHERE a.id = $1")
            .bind(ask).fetch_optional(&mut **db).await)?;
        let (project, closed) = row.ok_or(Error::NotFound { what: "review" })?;
        if closed.is_some() {
            return Err(Error::Stale { what: "review", current: ask });
        }
        on!(&mut tx.conn, db => query(
            "UPDATE review_ask SET answer = $2, reasons = $3, answered_by = $4, answered_at = $5 WHERE id = $1")
            .bind(ask).bind(answer.as_str()).bind(reasons.trim()).bind(by.to_string()).bind(micros(now))
            .execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "answer": answer, "reasons": reasons.trim() }));
        tx.note(Note {
            action: "review.answer",
            subject: format!("review-ask:{ask}"),
            before: NOTHING,
            after,
        })
        .await?;
        if !facts.is_empty() {
            let project = ProjectId(project);
            let before = corrected(&mut tx, project, facts).await?;
            let recorded = insert_facts(&mut tx, by, now, today, project, facts).await?;
            let after = Some(json!({ "facts": facts, "ids": recorded }));
            let note =
                Note { action: "review.send_back", subject: subject(project), before: Some(before), after };
            tx.note(note).await?;
        }
        tx.commit().await
    }

    /// One question.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn review_ask(&self, id: i64) -> Result<Option<Ask>> {
        let text = format!("{ASKS} WHERE a.id = $1");
        let row: Option<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(text))
            .bind(id).fetch_optional(db).await)?;
        row.map(ask).transpose()
    }

    /// Every question about a project, by round and unit.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn reviews_of(&self, project: ProjectId) -> Result<Vec<Ask>> {
        let text = format!("{ASKS} WHERE r.project = $1 ORDER BY a.round, a.id");
        let rows: Vec<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(text))
            .bind(project.0).fetch_all(db).await)?;
        rows.into_iter().map(ask).collect()
    }

    /// Questions that wait for an answer, the earliest day first: of one unit, or of all. A question whose round was returned by
    /// another unit waits no longer.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn reviews_waiting(&self, unit: Option<UnitId>, page: Page) -> Result<Vec<Ask>> {
        let text = format!(
            "{ASKS} WHERE a.answer IS NULL AND ($1 IS NULL OR a.unit = $1) AND NOT EXISTS \
             (SELECT 1 FROM review_ask b WHERE b.round = a.round AND b.answer = 'return') \
             ORDER BY a.due, a.id LIMIT $2 OFFSET $3"
        );
        let rows: Vec<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(text))
            .bind(unit.map(|u| u.0)).bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(ask).collect()
    }

    /// Questions that were answered, the latest first: by one unit, or by all.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn reviews_answered(&self, unit: Option<UnitId>, page: Page) -> Result<Vec<Ask>> {
        let text = format!(
            "{ASKS} WHERE a.answer IS NOT NULL AND ($1 IS NULL OR a.unit = $1) ORDER BY a.answered_at DESC, a.id DESC \
             LIMIT $2 OFFSET $3"
        );
        let rows: Vec<Row> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(text))
            .bind(unit.map(|u| u.0)).bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(ask).collect()
    }
}

type Row = (
    i64,
    i64,
    i64,
    String,
    String,
    String,
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

fn ask(row: Row) -> Result<Ask> {
    let (id, round, project, route, asked_on, note, asked_by, unit, due, answer, reasons, by, at) = row;
    let day = |text: &str| text.parse().map_err(|e| Error::corrupt("day", e));
    let answer = answer.map(|a| a.parse()).transpose().map_err(|e: String| Error::corrupt("review", e))?;
    Ok(Ask {
        id,
        round,
        project: ProjectId(project),
        route,
        asked_on: day(&asked_on)?,
        note,
        asked_by,
        unit: UnitId(unit),
        due: day(&due)?,
        answer,
        reasons,
        answered_by: by,
        answered: optional(at)?,
    })
}
