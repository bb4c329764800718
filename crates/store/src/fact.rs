//! Projects and their facts: appended, never changed, read back one by one (all of them: [`crate::ledger`]).

use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::company::{Currency, Money};
use domain::fact::{Fact, FactId, Kind, NewFact, ProjectId, Value};
use domain::limits;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{QueryBuilder, query, query_as};

/// Facts of one project in an import: of a project that is there, or of a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedProject {
    /// The project; `None` for a new one.
    pub project: Option<ProjectId>,
    /// The code of a new one; made when it is `None`.
    pub code: Option<String>,
    /// The facts.
    pub facts: Vec<NewFact>,
}

/// Rows of one INSERT: twelve values each, below SQLite's 32,766 parameters.
const CHUNK: usize = 2_000;
impl Store {
    /// Makes a project with its first facts and answers its number and code (`YEAR-NUMBER` unless one is given).
    ///
    /// # Errors
    /// [`Error::Invalid`] for a fact that breaks a rule or a code that is empty; [`Error::Taken`] for a code in use.
    pub async fn create_project(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        code: Option<&str>,
        facts: &[NewFact],
    ) -> Result<(ProjectId, String)> {
        named(facts)?;
        let mut tx = self.tx("project.create", by, now).await?;
        let (id, code) = insert_project(&mut tx, by, now, today, code).await?;
        let recorded = insert_facts(&mut tx, by, now, today, id, facts).await?;
        let after = Some(json!({ "code": code, "facts": said(&recorded, facts) }));
        tx.note(Note { action: "project.create", subject: subject(id), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok((id, code))
    }

    /// Records facts of one project, all or nothing, and answers their numbers. `seen` is the last fact that the writer saw
    /// ([`domain::project::Project::last`]); `None` where nothing is edited that somebody else could have edited meanwhile.
    ///
    /// # Errors
    /// [`Error::Stale`] when facts were recorded since `seen`, or the fact to be corrected was corrected already;
    /// [`Error::NotFound`] for no such project or fact; [`Error::Invalid`] for a fact that breaks a rule.
    pub async fn record(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        project: ProjectId,
        seen: Option<FactId>,
        facts: &[NewFact],
    ) -> Result<Vec<FactId>> {
        let mut tx = self.tx("fact.record", by, now).await?;
        let row: Option<(i64,)> = on!(&mut tx.conn, db => query_as("SELECT id FROM project WHERE id = $1")
            .bind(project.0).fetch_optional(&mut **db).await)?;
        row.ok_or(Error::NotFound { what: "project" })?;
        if let Some(seen) = seen {
            let (last,): (i64,) = on!(&mut tx.conn, db => query_as(
                "SELECT COALESCE(MAX(id), 0) FROM fact WHERE project = $1").bind(project.0).fetch_one(&mut **db).await)?;
            if last != seen.0 {
                return Err(Error::Stale { what: "project", current: last });
            }
        }
        let before = corrected(&mut tx, project, facts).await?;
        let recorded = insert_facts(&mut tx, by, now, today, project, facts).await?;
        let action = if facts.iter().any(|f| f.corrects.is_some()) { "fact.correct" } else { "fact.record" };
        let after = Some(said(&recorded, facts));
        tx.note(Note {
            action,
            subject: subject(project),
            before: (!before.is_empty()).then_some(before),
            after,
        })
        .await?;
        tx.commit().await?;
        Ok(recorded)
    }

    /// Brings in many projects at once, all or nothing, and answers the number of each. The journal keeps `what` (the file's name and
    /// hash, say), the counts, and a SHA-256 over every fact; the facts themselves are there for ever.
    ///
    /// # Errors
    /// As [`Store::record`]; nothing is written then.
    pub async fn import_projects(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        what: &str,
        projects: &[ImportedProject],
    ) -> Result<Vec<ProjectId>> {
        self.import_projects_after(by, now, today, what, None, projects).await
    }

    /// The same, but only while `seen` is still the last fact of all ([`Store::last_fact`]): what somebody was shown is what is written.
    ///
    /// # Errors
    /// [`Error::Stale`] when facts were recorded since; else as [`Store::import_projects`].
    pub async fn import_projects_after(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        what: &str,
        seen: Option<FactId>,
        projects: &[ImportedProject],
    ) -> Result<Vec<ProjectId>> {
        if projects.len() > limits::PROJECTS_IMPORTED {
            let (n, most) = (projects.len(), limits::PROJECTS_IMPORTED);
            return Err(Error::Invalid(format!("{n} projects; at most {most} at a time")));
        }
        let mut tx = self.tx("project.import", by, now).await?;
        if let Some(seen) = seen {
            let (last,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COALESCE(MAX(id), 0) FROM fact")
                .fetch_one(&mut **db).await)?;
            if last != seen.0 {
                return Err(Error::Stale { what: "fact", current: last });
            }
        }
        let mut ids = Vec::with_capacity(projects.len());
        let mut rows = Vec::with_capacity(CHUNK);
        let (mut facts, mut new, mut digest) = (0u64, 0u64, Sha256::new());
        for imported in projects {
            let id = match imported.project {
                Some(id) => id,
                None => {
                    named(&imported.facts)?;
                    new += 1;
                    insert_project(&mut tx, by, now, today, imported.code.as_deref()).await?.0
                }
            };
            ids.push(id);
            let corrects = imported.facts.iter().any(|f| f.corrects.is_some());
            if corrects || imported.facts.iter().any(|f| !f.files.is_empty()) {
                corrected(&mut tx, id, &imported.facts).await?;
                insert_facts(&mut tx, by, now, today, id, &imported.facts).await?;
            } else {
                for fact in &imported.facts {
                    fact.check(today).map_err(|f| refused(fact, f))?;
                    rows.push((id, fact));
                }
            }
            for fact in &imported.facts {
                facts += 1;
                digest.update(format!("{id}\t{}\n", serde_json::to_string(fact).unwrap_or_default()));
            }
            if rows.len() >= CHUNK {
                append(&mut tx, by, now, &rows).await?;
                rows.clear();
            }
        }
        append(&mut tx, by, now, &rows).await?;
        let sha256 = crate::migrate::hex(&digest.finalize());
        let after = Some(
            json!({ "what": what, "projects": ids.len(), "new": new, "facts": facts, "sha256": sha256 }),
        );
        tx.note(Note { action: "project.import", subject: "projects".to_string(), before: NOTHING, after })
            .await?;
        tx.commit().await?;
        Ok(ids)
    }

    /// Every fact of a project, in the order they were recorded.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn facts_of(&self, project: ProjectId) -> Result<Vec<Fact>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, project, kind, effective, counts, amount, currency, text, corrects, reason, recorded_at, made_by \
             FROM fact WHERE project = $1 ORDER BY id").bind(project.0).fetch_all(db).await)?;
        rows.into_iter().map(fact).collect()
    }

    /// One fact.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn fact(&self, id: FactId) -> Result<Option<Fact>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(
            "SELECT id, project, kind, effective, counts, amount, currency, text, corrects, reason, recorded_at, made_by \
             FROM fact WHERE id = $1").bind(id.0).fetch_optional(db).await)?;
        row.map(fact).transpose()
    }

    /// The code of a project.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn project_code(&self, id: ProjectId) -> Result<Option<String>> {
        let row: Option<(String,)> = on!(&self.reader, db => query_as("SELECT code FROM project WHERE id = $1")
            .bind(id.0).fetch_optional(db).await)?;
        Ok(row.map(|(code,)| code))
    }

    /// The project with a code.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn project_by_code(&self, code: &str) -> Result<Option<ProjectId>> {
        let row: Option<(i64,)> = on!(&self.reader, db => query_as("SELECT id FROM project WHERE code = $1")
            .bind(code).fetch_optional(db).await)?;
        Ok(row.map(|(id,)| ProjectId(id)))
    }

    /// The number of the last fact that was recorded; 0 when there is none.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn last_fact(&self) -> Result<FactId> {
        let (id,): (i64,) = on!(&self.reader, db => query_as("SELECT COALESCE(MAX(id), 0) FROM fact")
            .fetch_one(db).await)?;
        Ok(FactId(id))
    }

    /// Projects that got facts after `fact`, at most `limit`; for what follows the ledger in memory.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn projects_after(&self, fact: FactId, limit: u32) -> Result<Vec<ProjectId>> {
        let rows: Vec<(i64,)> = on!(&self.reader, db => query_as(
            "SELECT DISTINCT project FROM fact WHERE id > $1 ORDER BY project LIMIT $2")
            .bind(fact.0).bind(i64::from(limit)).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(id,)| ProjectId(id)).collect())
    }

    /// Whether a fact of one of these kinds was recorded after `seen`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn recorded_since(&self, seen: FactId, kinds: &[Kind]) -> Result<bool> {
        let found: Option<(i64,)> = on!(&self.reader, db => {
            let mut q = QueryBuilder::new("SELECT id FROM fact WHERE id > ");
            // As in `ledger.rs`: by number, not by kind.
            q.push_bind(seen.0).push(" AND kind || '' IN (");
            let mut list = q.separated(", ");
            for kind in kinds {
                list.push_bind(kind.as_str());
            }
            q.push(") LIMIT 1");
            q.build_query_as().fetch_optional(db).await
        })?;
        Ok(found.is_some())
    }
}

pub(crate) fn subject(id: ProjectId) -> String {
    format!("project:{id}")
}

pub(crate) async fn insert_project(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    today: Date,
    code: Option<&str>,
) -> Result<(ProjectId, String)> {
    let code = match code {
        Some(code) => {
            crate::error::line("code", code)?;
            code.trim().to_string()
        }
        // Writers take turns (`tx.rs`), so the next number is nobody else's.
        None => {
            let (next,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COALESCE(MAX(id), 0) + 1 FROM project")
                .fetch_one(&mut **db).await)?;
            format!("{}-{next:05}", today.year())
        }
    };
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO project (code, made_by, created_at) VALUES ($1, $2, $3) RETURNING id")
        .bind(&code).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
    .map_err(Error::taken("project code"))?;
    Ok((ProjectId(id), code))
}

/// Inserts one by one, with files; for what people write.
pub(crate) async fn insert_facts(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    today: Date,
    project: ProjectId,
    facts: &[NewFact],
) -> Result<Vec<FactId>> {
    if facts.is_empty() || facts.len() > limits::FACTS_AT_ONCE {
        return Err(Error::Invalid(format!("record 1 to {} facts at a time", limits::FACTS_AT_ONCE)));
    }
    let now = crate::period::after_closing(tx, now).await?;
    let mut ids = Vec::with_capacity(facts.len());
    for fact in facts {
        fact.check(today).map_err(|f| refused(fact, f))?;
        let (amount, currency, text) = columns(&fact.value);
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO fact (project, kind, effective, counts, amount, currency, text, corrects, reason, made_by, recorded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id")
            .bind(project.0).bind(fact.kind.as_str()).bind(fact.effective.to_string()).bind(fact.counts.to_string())
            .bind(amount).bind(currency).bind(text).bind(fact.corrects.map(|c| c.0)).bind(&fact.reason)
            .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
        .map_err(|error| match error.as_database_error() {
            Some(db) if db.is_unique_violation() => {
                Error::Stale { what: "fact", current: fact.corrects.map_or(0, |c| c.0) }
            }
            _ => error.into(),
        })?;
        for file in &fact.files {
            on!(&mut tx.conn, db => query("INSERT INTO fact_file (fact, sha256) VALUES ($1, $2)")
                .bind(id).bind(file).execute(&mut **db).await.map(drop))
            .map_err(|error| match error.as_database_error() {
                Some(db) if db.is_foreign_key_violation() => Error::NotFound { what: "file" },
                _ => error.into(),
            })?;
        }
        ids.push(FactId(id));
    }
    Ok(ids)
}

/// Inserts many at once: facts that correct nothing and carry no files.
async fn append(tx: &mut Tx, by: &Actor, now: Timestamp, rows: &[(ProjectId, &NewFact)]) -> Result<()> {
    let now = crate::period::after_closing(tx, now).await?;
    for chunk in rows.chunks(CHUNK) {
        on!(&mut tx.conn, db => {
            let mut insert = QueryBuilder::new(
                "INSERT INTO fact (project, kind, effective, counts, amount, currency, text, made_by, recorded_at) ");
            insert.push_values(chunk, |mut values, (project, fact)| {
                let (amount, currency, text) = columns(&fact.value);
                values.push_bind(project.0).push_bind(fact.kind.as_str()).push_bind(fact.effective.to_string())
                    .push_bind(fact.counts.to_string()).push_bind(amount).push_bind(currency).push_bind(text)
                    .push_bind(by.to_string()).push_bind(micros(now));
            });
            insert.build().execute(&mut **db).await.map(drop)
        })
        .map_err(|error| match error.as_database_error() {
            Some(db) if db.is_foreign_key_violation() => Error::NotFound { what: "project" },
            _ => error.into(),
        })?;
    }
    Ok(())
}

/// The facts that `facts` correct: of the same project and kind, and not corrected yet.
pub(crate) async fn corrected(tx: &mut Tx, project: ProjectId, facts: &[NewFact]) -> Result<Vec<Fact>> {
    let mut before = Vec::new();
    for new in facts {
        let Some(id) = new.corrects else { continue };
        let row: Option<Row> = on!(&mut tx.conn, db => query_as(
            "SELECT id, project, kind, effective, counts, amount, currency, text, corrects, reason, recorded_at, made_by \
             FROM fact WHERE id = $1 AND project = $2").bind(id.0).bind(project.0).fetch_optional(&mut **db).await)?;
        let old = fact(row.ok_or(Error::NotFound { what: "fact" })?)?;
        if old.kind != new.kind {
            let why = format!("a fact about {} cannot correct one about {}", new.kind, old.kind);
            return Err(Error::Invalid(why));
        }
        before.push(old);
    }
    Ok(before)
}

/// A new project has a name, so that every list can show it.
fn named(facts: &[NewFact]) -> Result<()> {
    if facts.iter().any(|f| f.kind == Kind::Name) {
        return Ok(());
    }
    Err(Error::Invalid(format!("{}: a new project needs its name", Kind::Name.zh())))
}

fn refused(fact: &NewFact, fault: domain::fact::Fault) -> Error {
    Error::Invalid(format!("{}: {}", fact.kind.zh(), fault.zh()))
}

pub(crate) fn said(ids: &[FactId], facts: &[NewFact]) -> serde_json::Value {
    json!(ids.iter().zip(facts).map(|(id, fact)| json!({ "id": id, "fact": fact })).collect::<Vec<_>>())
}

fn columns(value: &Value) -> (Option<i64>, Option<&'static str>, Option<String>) {
    match value {
        Value::Nothing => (None, None, None),
        Value::Text(text) => (None, None, Some(text.clone())),
        Value::Number(n) => (Some(*n), None, None),
        Value::Money(money) => (Some(money.amount), Some(money.currency.code()), None),
    }
}

type Row = (
    i64,
    i64,
    String,
    String,
    String,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    i64,
    String,
);

fn fact(row: Row) -> Result<Fact> {
    let (id, project, kind, effective, counts, amount, currency, text, corrects, reason, recorded, by) = row;
    let (kind, effective, counts, currency) = (&*kind, &*effective, &*counts, currency.as_deref());
    build(Parts {
        id,
        project,
        kind,
        effective,
        counts,
        amount,
        currency,
        text,
        corrects,
        reason,
        recorded,
        by,
    })
}

/// The columns of a fact.
pub(crate) struct Parts<'a> {
    pub id: i64,
    pub project: i64,
    pub kind: &'a str,
    pub effective: &'a str,
    pub counts: &'a str,
    pub amount: Option<i64>,
    pub currency: Option<&'a str>,
    pub text: Option<String>,
    pub corrects: Option<i64>,
    pub reason: Option<String>,
    pub recorded: i64,
    pub by: String,
}

pub(crate) fn build(parts: Parts<'_>) -> Result<Fact> {
    let Parts {
        id,
        project,
        kind,
        effective,
        counts,
        amount,
        currency,
        text,
        corrects,
        reason,
        recorded,
        by,
    } = parts;
    let value = match (text, amount, currency) {
        (Some(text), ..) => Value::Text(text),
        (None, Some(amount), Some(code)) => {
            let currency = Currency::from_code(code).ok_or_else(|| Error::corrupt("currency", code))?;
            Value::Money(Money { amount, currency })
        }
        (None, Some(n), None) => Value::Number(n),
        (None, None, _) => Value::Nothing,
    };
    Ok(Fact {
        id: FactId(id),
        project: ProjectId(project),
        kind: kind.parse().map_err(|e: String| Error::corrupt("fact", e))?,
        effective: effective.parse().map_err(|e| Error::corrupt("day", e))?,
        counts: counts.parse().map_err(|e| Error::corrupt("day", e))?,
        value,
        corrects: corrects.map(FactId),
        reason,
        recorded: timestamp(recorded)?,
        by,
    })
}
