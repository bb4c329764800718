//! The journal: who did what when, each entry sealed with a hash over the one before it (`seal.rs` has the rule).
//!
//! Altering, adding, removing or reordering entries breaks the chain at the first one touched; `journal_head` shows when
//! entries are missing at the end. The database itself refuses to change or delete an entry. Who can rewrite the whole
//! database can also compute a new chain: to guard against that, note [`Verified::hash`] outside (in a printed report) or
//! keep an export ([`Store::export_journal`]) elsewhere, from time to time.

use crate::seal::{Chain, Entry};
use crate::time::micros;
use crate::tx::{Conn, NOTHING, Note};
use crate::{Page, Result, Store};
use domain::user::UserId;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{Database, Encode, QueryBuilder, Type, query_as};
use std::fmt;

/// The end of the journal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    /// Number of the last entry; 0 before the first.
    pub seq: i64,
    /// Its seal.
    #[serde(with = "crate::seal::hexed")]
    pub hash: Vec<u8>,
    /// The first entry that is sealed with SM3; those before it with SHA-256.
    pub sm3_from: i64,
}

pub(crate) const HEAD: &str = "SELECT seq, hash, sm3_from FROM journal_head WHERE id = 1";

/// Which entries to list; what is empty leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFilter {
    /// `system`, `cli` or `user:ID`.
    pub actor: String,
    /// How the action begins, e.g. `zone.` or `zone.save`.
    pub action: String,
    /// What was changed, e.g. `user:3`.
    pub subject: String,
    /// Not earlier than this.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
    /// Older than the entry with this number.
    pub before: Option<i64>,
}

/// Who makes a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Landfall itself: first start, jobs, expiry.
    System,
    /// Somebody at the command line.
    Cli,
    /// A person who is signed in.
    User(UserId),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::System => f.write_str("system"),
            Actor::Cli => f.write_str("cli"),
            Actor::User(id) => write!(f, "user:{id}"),
        }
    }
}

/// One entry as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// 1, 2, 3 …
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// `system`, `cli` or `user:ID`.
    pub actor: String,
    /// `noun.verb`, e.g. `zone.save`.
    pub action: String,
    /// What was changed, e.g. `user:3`.
    pub subject: String,
    /// JSON of what was there, without secrets.
    pub before: Option<String>,
    /// JSON of what is there now, without secrets.
    pub after: Option<String>,
    /// The seal, 32 bytes.
    pub hash: Vec<u8>,
}

/// What checking the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries that were read.
    pub entries: u64,
    /// The seal of the last good entry: note it outside to prove later that nothing before it changed.
    pub hash: Vec<u8>,
    /// The first place where the chain does not hold.
    pub broken: Option<Broken>,
}

/// Where and how the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The entry.
    pub seq: i64,
    /// What is wrong there.
    pub why: &'static str,
}

/// Entries that are read at once while verifying.
const CHUNK: i64 = 2_000;
/// Entries that are read at once for an export.
const EXPORT_CHUNK: i64 = 500;

type Row = (i64, i64, String, String, String, Option<String>, Option<String>, Vec<u8>, Vec<u8>);

const FIELDS: &str =
    "SELECT seq, at, actor, action, subject, before, after, prev_hash, hash FROM journal WHERE seq > 0";

const FIELDS_AFTER: &str = "SELECT seq, at, actor, action, subject, before, after, prev_hash, hash FROM journal \
    WHERE seq > $1 ORDER BY seq LIMIT $2";

impl Store {
    /// Journal entries, newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn journal(&self, page: Page) -> Result<Vec<JournalEntry>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT seq, at, actor, action, subject, before, after, prev_hash, hash FROM journal \
             ORDER BY seq DESC LIMIT $1 OFFSET $2")
            .bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(shown).collect()
    }

    /// The newest entries that `filter` lets through, newest first; `limit` is brought into what a page may hold.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn journal_where(&self, filter: &JournalFilter, limit: u32) -> Result<Vec<JournalEntry>> {
        let limit = Page::new(limit, 0).limit();
        let rows: Vec<Row> = on!(&self.reader, db => {
            let mut wanted = QueryBuilder::new(FIELDS);
            narrow(&mut wanted, filter);
            wanted.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
            wanted.build_query_as().fetch_all(db).await
        })?;
        rows.into_iter().map(shown).collect()
    }

    /// Reads the whole chain and checks every seal; a broken chain is an answer, not an error.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn verify_journal(&self) -> Result<Verified> {
        // The head is read first: entries that are added meanwhile are more than it says, never fewer.
        let head = self.journal_head().await?;
        let mut chain = Chain::new(head);
        loop {
            let rows: Vec<Row> = on!(&self.reader, db => query_as(FIELDS_AFTER)
                .bind(chain.seq()).bind(CHUNK).fetch_all(db).await)?;
            if chain.take_all(rows, CHUNK) {
                return Ok(chain.verified());
            }
        }
    }

    /// The end of the journal.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn journal_head(&self) -> Result<Head> {
        let row: (i64, Vec<u8>, i64) = on!(&self.reader, db => query_as(HEAD).fetch_one(db).await)?;
        Ok(Head { seq: row.0, hash: row.1, sm3_from: row.2 })
    }

    /// Begins an export of the journal up to its present end; [`JournalExport::next`] gives it piece by piece.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn export_journal(&self, now: Timestamp) -> Result<JournalExport> {
        let head = self.journal_head().await?;
        Ok(JournalExport { store: self.clone(), head, now, done: None })
    }

    /// Journals that a list left the system as a file: `what` it was (`targets.xlsx`) and how many `rows` it had.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_export(&self, by: &Actor, now: Timestamp, what: &str, rows: u64) -> Result<()> {
        let mut tx = self.tx("export.make", by, now).await?;
        let (subject, after) = (format!("export:{what}"), Some(json!({ "rows": rows })));
        tx.note(Note { action: "export.make", subject, before: NOTHING, after }).await?;
        tx.commit().await
    }
}

/// Checks the chain as a transaction sees it.
pub(crate) async fn verify(conn: &mut Conn) -> Result<Verified> {
    let row: (i64, Vec<u8>, i64) = on!(&mut *conn, db => query_as(HEAD).fetch_one(&mut **db).await)?;
    let mut chain = Chain::new(Head { seq: row.0, hash: row.1, sm3_from: row.2 });
    loop {
        let rows: Vec<Row> = on!(&mut *conn, db => query_as(FIELDS_AFTER)
            .bind(chain.seq()).bind(CHUNK).fetch_all(&mut **db).await)?;
        if chain.take_all(rows, CHUNK) {
            return Ok(chain.verified());
        }
    }
}

/// Adds the conditions of a filter to a query that has a WHERE already.
fn narrow<DB: Database>(query: &mut QueryBuilder<DB>, filter: &JournalFilter)
where
    for<'q> i64: Encode<'q, DB> + Type<DB>,
    for<'q> i32: Encode<'q, DB> + Type<DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
{
    for (column, value) in [("actor", &filter.actor), ("subject", &filter.subject)] {
        if !value.is_empty() {
            query.push(" AND ").push(column).push(" = ").push_bind(value.clone());
        }
    }
    if !filter.action.is_empty() {
        let chars = i32::try_from(filter.action.chars().count()).unwrap_or(i32::MAX);
        query.push(" AND substr(action, 1, ").push_bind(chars).push(") = ").push_bind(filter.action.clone());
    }
    let bounds = [
        (" AND at >= ", filter.from.map(micros)),
        (" AND at < ", filter.until.map(micros)),
        (" AND seq < ", filter.before),
    ];
    for (condition, bound) in bounds {
        if let Some(bound) = bound {
            query.push(condition).push_bind(bound);
        }
    }
}

/// An export under way: a heading line and one line for each entry, as `seal.rs` describes.
#[derive(Debug)]
pub struct JournalExport {
    store: Store,
    head: Head,
    now: Timestamp,
    /// The last entry that was given; `None` before the heading.
    done: Option<i64>,
}

impl JournalExport {
    /// Where the export ends.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next lines, each with its line end; `None` after the last.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn next(&mut self) -> Result<Option<String>> {
        let Some(done) = self.done else {
            self.done = Some(0);
            return Ok(Some(crate::seal::heading(&self.head, self.now)?));
        };
        let left = (self.head.seq - done).min(EXPORT_CHUNK);
        if left <= 0 {
            return Ok(None);
        }
        let rows: Vec<Row> = on!(&self.store.reader, db => query_as(FIELDS_AFTER)
            .bind(done).bind(left).fetch_all(db).await)?;
        let mut lines = String::new();
        for row in rows {
            let entry = Entry::from(row);
            self.done = Some(entry.seq);
            entry.export(self.head.sm3_from, &mut lines)?;
        }
        // A gap at the end is a broken chain: the export ends there, and verifying it finds the gap.
        Ok((!lines.is_empty()).then_some(lines))
    }
}

fn shown(row: Row) -> Result<JournalEntry> {
    Entry::from(row).shown()
}
