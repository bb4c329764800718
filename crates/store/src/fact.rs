//! Projects and their facts: appended, never changed, read back as of any moment.

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
use sqlx::{Postgres, QueryBuilder, Sqlite, query, query_as};
use std::collections::VecDeque;

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

/// Which facts to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactQuery {
    /// Only facts recorded by then.
    pub cut_off: Option<Timestamp>,
    /// Only projects that were touched so.
    pub touched: Option<Touched>,
    /// Only facts of these kinds; empty for all.
    pub kinds: Vec<Kind>,
    /// Only projects with a fact recorded after then.
    pub since: Option<Timestamp>,
}

/// Which projects to read: those with a fact of one of `kinds` that counts in these days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The kinds; without any, no project is touched.
    pub kinds: Vec<Kind>,
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
}

/// Rows of one INSERT: twelve values each, below SQLite's 32,766 parameters.
const CHUNK: usize = 2_000;
/// Projects read at once: bounds memory.
const SPAN: usize = 1_000;
/// Spans that are read while one is worked on.
const AHEAD: usize = 2;

/// A project, its code and its facts as a JSON array of arrays (see [`Packed`]).
const PACKED_SQLITE: &str = "SELECT project, (SELECT code FROM project WHERE project.id = fact.project), \
     json_group_array(json_array(id, kind, effective, counts, amount, currency, text, corrects, reason, recorded_at, made_by)) \
     FROM fact";
const PACKED_POSTGRES: &str = "SELECT project, (SELECT code FROM project WHERE project.id = fact.project), CAST(json_agg( \
     json_build_array(id, kind, effective, counts, amount, currency, text, corrects, reason, recorded_at, made_by)) AS TEXT) \
     FROM fact";

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

    /// Calls `each` with every project that `asked` is about, by number, with its facts in the order they were recorded. Reads a
    /// bounded number of projects at a time, the next ones while `each` works.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn each_project(
        &self,
        asked: &FactQuery,
        mut each: impl FnMut(ProjectId, &str, Vec<Fact>) + Send,
    ) -> Result<()> {
        let mut spans = self.spans(asked).await?.into_iter();
        let read = |span: Span| {
            let (store, asked) = (self.clone(), asked.clone());
            tokio::spawn(async move { store.projects_of(&asked, &span).await })
        };
        let mut ahead: VecDeque<_> = spans.by_ref().take(AHEAD).map(read).collect();
        while let Some(next) = ahead.pop_front() {
            let projects = next.await.map_err(|e| Error::Other(e.into()))??;
            ahead.extend(spans.next().map(read));
            for (id, code, facts) in projects {
                each(id, &code, facts);
            }
        }
        Ok(())
    }

    /// The projects of a span with their facts. The database packs the facts of a project into one JSON array: a row of its own for each of
    /// them costs several times what reading it does.
    async fn projects_of(
        &self,
        asked: &FactQuery,
        span: &Span,
    ) -> Result<Vec<(ProjectId, String, Vec<Fact>)>> {
        let rows: Vec<(i64, String, String)> = match &self.reader {
            crate::Db::Sqlite(db) => {
                let mut q: QueryBuilder<Sqlite> = QueryBuilder::new(PACKED_SQLITE);
                filter!(q, asked, span);
                q.build_query_as().fetch_all(db).await?
            }
            crate::Db::Postgres(db) => {
                let mut q: QueryBuilder<Postgres> = QueryBuilder::new(PACKED_POSTGRES);
                filter!(q, asked, span);
                q.build_query_as().fetch_all(db).await?
            }
        };
        let unpack = |(id, code, packed): (i64, String, String)| {
            let all: Vec<Packed<'_>> =
                serde_json::from_str(&packed).map_err(|e| Error::corrupt("fact", e.to_string()))?;
            let mut facts = all.into_iter().map(|p| unpacked(id, p)).collect::<Result<Vec<Fact>>>()?;
            facts.sort_unstable_by_key(|f| f.id);
            Ok((ProjectId(id), code, facts))
        };
        rows.into_iter().map(unpack).collect()
    }

    /// Whether a fact of one of these kinds was recorded after `seen`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn recorded_since(&self, seen: FactId, kinds: &[Kind]) -> Result<bool> {
        let found: Option<(i64,)> = on!(&self.reader, db => {
            let mut q = QueryBuilder::new("SELECT id FROM fact WHERE id > ");
            // As in `filter!`: by number, not by kind.
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

    /// Bounded pieces of the projects that `asked` is about.
    async fn spans(&self, asked: &FactQuery) -> Result<Vec<Span>> {
        let Some(touched) = &asked.touched else {
            let (last,): (i64,) = on!(&self.reader, db => query_as("SELECT COALESCE(MAX(id), 0) FROM project")
                .fetch_one(db).await)?;
            return Ok((0..last)
                .step_by(SPAN)
                .map(|from| Span::Range(from + 1, from + SPAN as i64))
                .collect());
        };
        if touched.kinds.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<(i64,)> = on!(&self.reader, db => {
            let mut q = QueryBuilder::new("SELECT DISTINCT project FROM fact WHERE kind IN (");
            let mut list = q.separated(", ");
            for kind in &touched.kinds {
                list.push_bind(kind.as_str());
            }
            q.push(") AND counts >= ").push_bind(touched.from.to_string());
            q.push(" AND counts <= ").push_bind(touched.to.to_string()).push(" ORDER BY project");
            q.build_query_as().fetch_all(db).await
        })?;
        Ok(ids.chunks(SPAN).map(|chunk| Span::These(chunk.iter().map(|&(id,)| id).collect())).collect())
    }
}

/// A bounded piece of the projects.
#[derive(Debug)]
enum Span {
    /// From one number to another, both included.
    Range(i64, i64),
    /// These, by number.
    These(Vec<i64>),
}

/// What of a [`FactQuery`] the database can decide; a macro because the two builders are two types.
macro_rules! filter {
    ($q:ident, $asked:expr, $span:expr) => {
        match $span {
            Span::Range(from, to) => {
                $q.push(" WHERE project >= ").push_bind(*from).push(" AND project <= ").push_bind(*to);
            }
            Span::These(ids) => {
                $q.push(" WHERE project IN (");
                let mut list = $q.separated(", ");
                for id in ids {
                    list.push_bind(*id);
                }
                $q.push(")");
            }
        }
        if let Some(at) = $asked.cut_off {
            $q.push(" AND recorded_at <= ").push_bind(micros(at));
        }
        if let Some(at) = $asked.since {
            $q.push(" AND project IN (SELECT r.project FROM fact r WHERE r.recorded_at > ");
            $q.push_bind(micros(at)).push(")");
        }
        if !$asked.kinds.is_empty() {
            // An expression, so that no database takes the index by kind and walks every fact of a kind for each span of projects.
            $q.push(" AND kind || '' IN (");
            let mut list = $q.separated(", ");
            for kind in &$asked.kinds {
                list.push_bind(kind.as_str());
            }
            $q.push(")");
        }
        $q.push(" GROUP BY project ORDER BY project");
    };
}
use filter;

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

/// A fact as the database packs it: number, kind, the two days, amount, currency, text, what it corrects, why, when and by whom.
type Packed<'a> = (
    i64,
    &'a str,
    &'a str,
    &'a str,
    Option<i64>,
    Option<&'a str>,
    Option<String>,
    Option<i64>,
    Option<String>,
    i64,
    String,
);

fn unpacked(project: i64, packed: Packed<'_>) -> Result<Fact> {
    let (id, kind, effective, counts, amount, currency, text, corrects, reason, recorded, by) = packed;
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
struct Parts<'a> {
    id: i64,
    project: i64,
    kind: &'a str,
    effective: &'a str,
    counts: &'a str,
    amount: Option<i64>,
    currency: Option<&'a str>,
    text: Option<String>,
    corrects: Option<i64>,
    reason: Option<String>,
    recorded: i64,
    by: String,
}

fn build(parts: Parts<'_>) -> Result<Fact> {
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
