//! All facts at once: walked project by project, as of any moment, by what was asked about them.

use crate::fact::{Parts, build};
use crate::time::micros;
use crate::{Error, Result, Store};
use domain::fact::{Fact, Kind, ProjectId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::{Postgres, QueryBuilder, Sqlite, query_as};
use std::collections::VecDeque;

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
    /// Without who recorded a fact and why it corrects: `by` is empty and `reason` is none then. For what only counts.
    pub bare: bool,
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

/// Projects read at once: bounds memory.
const SPAN: usize = 1_000;
/// Spans that are read while one is worked on.
const AHEAD: usize = 2;

/// A project, its code and its facts as a JSON array of arrays (see [`Packed`]).
fn packed(sqlite: bool, bare: bool) -> String {
    let more = if bare { "NULL, ''" } else { "reason, made_by" };
    let columns =
        format!("id, kind, effective, counts, amount, currency, text, corrects, recorded_at, {more}");
    let facts = if sqlite {
        format!("json_group_array(json_array({columns}))")
    } else {
        format!("CAST(json_agg(json_build_array({columns})) AS TEXT)")
    };
    format!("SELECT project, (SELECT code FROM project WHERE project.id = fact.project), {facts} FROM fact")
}

impl Store {
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
                let mut q: QueryBuilder<Sqlite> = QueryBuilder::new(packed(true, asked.bare));
                filter!(q, asked, span);
                q.build_query_as().fetch_all(db).await?
            }
            crate::Db::Postgres(db) => {
                let mut q: QueryBuilder<Postgres> = QueryBuilder::new(packed(false, asked.bare));
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

/// A fact as the database packs it: number, kind, the two days, amount, currency, text, what it corrects, when, why and by whom.
type Packed<'a> = (
    i64,
    &'a str,
    &'a str,
    &'a str,
    Option<i64>,
    Option<&'a str>,
    Option<String>,
    Option<i64>,
    i64,
    Option<String>,
    String,
);

fn unpacked(project: i64, packed: Packed<'_>) -> Result<Fact> {
    let (id, kind, effective, counts, amount, currency, text, corrects, recorded, reason, by) = packed;
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
