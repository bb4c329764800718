//! Files that prove facts: their names and kinds. The bytes lie beside the database, named by their SHA-256.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::fact::{FactId, ProjectId};
use domain::limits::PAGE_ROWS;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{QueryBuilder, query, query_as};

/// A file to note, after its bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewFile {
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// The name it came with.
    pub name: String,
    /// Its type, found in its bytes: `pdf`, `png` …
    pub kind: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    /// What was noted.
    pub file: NewFile,
    /// When.
    pub created: Timestamp,
    /// By whom.
    pub by: String,
}

impl Store {
    /// Notes a file; a file that is there already stays as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty or long name.
    pub async fn add_file(&self, by: &Actor, now: Timestamp, new: &NewFile) -> Result<()> {
        line("file name", &new.name)?;
        if self.file(&new.sha256).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.tx("file.add", by, now).await?;
        let added = on!(&mut tx.conn, db => query(
            "INSERT INTO file (sha256, name, kind, bytes, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (sha256) DO NOTHING")
            .bind(&new.sha256).bind(&new.name).bind(&new.kind).bind(i64::try_from(new.bytes).unwrap_or(i64::MAX))
            .bind(by.to_string()).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if added == 0 {
            return Ok(());
        }
        let subject = format!("file:{}", new.sha256);
        tx.note(Note { action: "file.add", subject, before: NOTHING, after: Some(new) }).await?;
        tx.commit().await
    }

    /// The file with this hash.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn file(&self, sha256: &str) -> Result<Option<File>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(
            "SELECT sha256, name, kind, bytes, created_at, made_by FROM file WHERE sha256 = $1")
            .bind(sha256).fetch_optional(db).await)?;
        row.map(file).transpose()
    }

    /// Files by their hash, those after `sha256`; a page of them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn files_after(&self, sha256: &str) -> Result<Vec<File>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT sha256, name, kind, bytes, created_at, made_by FROM file WHERE sha256 > $1 ORDER BY sha256 LIMIT $2")
            .bind(sha256).bind(i64::from(PAGE_ROWS)).fetch_all(db).await)?;
        rows.into_iter().map(file).collect()
    }

    /// The files of a project, each with the fact it proves.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn files_of(&self, project: ProjectId) -> Result<Vec<(FactId, File)>> {
        let rows: Vec<(i64, String, String, String, i64, i64, String)> = on!(&self.reader, db => query_as(
            "SELECT x.fact, f.sha256, f.name, f.kind, f.bytes, f.created_at, f.made_by FROM fact_file x \
             JOIN fact a ON a.id = x.fact JOIN file f ON f.sha256 = x.sha256 WHERE a.project = $1 ORDER BY x.fact, f.sha256")
            .bind(project.0).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(fact, a, b, c, d, e, by)| Ok((FactId(fact), file((a, b, c, d, e, by))?)))
            .collect()
    }

    /// The files of these facts, each with its fact, by fact and name.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn files_of_facts(&self, facts: &[FactId]) -> Result<Vec<(FactId, File)>> {
        let mut found = Vec::new();
        for some in facts.chunks(ASKED) {
            let rows: Vec<(i64, String, String, String, i64, i64, String)> = on!(&self.reader, db => {
                let mut q = QueryBuilder::new(
                    "SELECT x.fact, f.sha256, f.name, f.kind, f.bytes, f.created_at, f.made_by FROM fact_file x \
                     JOIN file f ON f.sha256 = x.sha256 WHERE x.fact IN (");
                let mut list = q.separated(", ");
                for fact in some {
                    list.push_bind(fact.0);
                }
                q.push(") ORDER BY x.fact, f.name, f.sha256");
                q.build_query_as().fetch_all(db).await
            })?;
            for (fact, a, b, c, d, e, by) in rows {
                found.push((FactId(fact), file((a, b, c, d, e, by))?));
            }
        }
        Ok(found)
    }

    /// The projects whose facts point at a file, by number.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn projects_of_file(&self, sha256: &str) -> Result<Vec<ProjectId>> {
        let rows: Vec<(i64,)> = on!(&self.reader, db => query_as(
            "SELECT DISTINCT a.project FROM fact_file x JOIN fact a ON a.id = x.fact WHERE x.sha256 = $1 ORDER BY a.project")
            .bind(sha256).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(id,)| ProjectId(id)).collect())
    }

    /// Notes files that come with the sample zone, all in one entry of the journal; those that are there already stay as they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty or long name.
    pub async fn add_files(&self, by: &Actor, now: Timestamp, what: &str, files: &[NewFile]) -> Result<()> {
        let mut tx = self.tx("file.add", by, now).await?;
        for new in files {
            line("file name", &new.name)?;
            on!(&mut tx.conn, db => query(
                "INSERT INTO file (sha256, name, kind, bytes, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (sha256) DO NOTHING")
                .bind(&new.sha256).bind(&new.name).bind(&new.kind).bind(i64::try_from(new.bytes).unwrap_or(i64::MAX))
                .bind(by.to_string()).bind(micros(now)).execute(&mut **db).await.map(|_| ()))?;
        }
        let subject = format!("files:{what}");
        tx.note(Note { action: "file.add", subject, before: NOTHING, after: Some(files) }).await?;
        tx.commit().await
    }
}

/// Facts that one query asks about.
const ASKED: usize = 500;

type Row = (String, String, String, i64, i64, String);

fn file((sha256, name, kind, bytes, created, by): Row) -> Result<File> {
    let bytes = u64::try_from(bytes).map_err(|e| Error::corrupt("length of a file", e))?;
    Ok(File { file: NewFile { sha256, name, kind, bytes }, created: timestamp(created)?, by })
}
