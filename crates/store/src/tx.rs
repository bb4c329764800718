//! The one write path: a transaction that holds the end of the journal from its first statement on.
//!
//! Writers queue. Each takes the write lock at its beginning (`BEGIN IMMEDIATE` on SQLite, the row of `journal_head` on
//! PostgreSQL), because each must append to the one chain anyway. So a conflict can only show while beginning; it is retried
//! there, and the body of a change runs exactly once. A transaction that journalled nothing refuses to commit.

use crate::journal::{Actor, Head};
use crate::seal::{Entry, Said};
use crate::time::micros;
use crate::{Db, Error, Result, Store};
use anyhow::anyhow;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Postgres, Sqlite, Transaction, query, query_as};
use std::sync::Arc;
use std::time::Duration;

/// What statements of a change run on: `on!(&mut tx.conn, db => query(…).execute(&mut **db).await)`.
pub(crate) type Conn = Db<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>;

/// A change under way. Dropped without [`Tx::commit`], it never happened.
pub(crate) struct Tx {
    pub(crate) conn: Conn,
    name: &'static str,
    now: Timestamp,
    actor: String,
    seq: i64,
    hash: Vec<u8>,
    noted: bool,
    place: Arc<str>,
}

/// What a change says it did.
pub(crate) struct Note<'a, B: Serialize, A: Serialize> {
    pub(crate) action: &'a str,
    pub(crate) subject: String,
    pub(crate) before: Option<B>,
    pub(crate) after: Option<A>,
}

/// Stands for "no value before" (or after) in a [`Note`].
pub(crate) const NOTHING: Option<()> = None;

const ATTEMPTS: u32 = 6;

impl Store {
    /// Begins a change by `actor`; `name` is for error messages. A busy database is asked again, waiting longer each time.
    pub(crate) async fn tx(&self, name: &'static str, actor: &Actor, now: Timestamp) -> Result<Tx> {
        let mut attempt = 1;
        loop {
            match self.begin(name, actor, now).await {
                Err(error) if attempt < ATTEMPTS && is_conflict(&error) => {
                    tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
                    attempt += 1;
                }
                begun => return begun.map_err(|e| Error::of(e, name).at(&self.place)),
            }
        }
    }

    async fn begin(&self, name: &'static str, actor: &Actor, now: Timestamp) -> sqlx::Result<Tx> {
        let mut conn = match &self.writer {
            Db::Sqlite(pool) => Db::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Db::Postgres(pool.begin().await?),
        };
        let (seq, hash): (i64, Vec<u8>) = on!(&mut conn, db => query_as(
            "UPDATE journal_head SET seq = seq + 0 WHERE id = 1 RETURNING seq, hash").fetch_one(&mut **db).await)?;
        Ok(Tx {
            conn,
            name,
            now,
            actor: actor.to_string(),
            seq,
            hash,
            noted: false,
            place: self.place.clone(),
        })
    }
}

impl Tx {
    /// Goes on in a transaction that was begun elsewhere, behind the end of its journal.
    pub(crate) fn behind(
        conn: Conn,
        name: &'static str,
        now: Timestamp,
        by: &Actor,
        head: &Head,
        place: Arc<str>,
    ) -> Tx {
        let (seq, hash) = (head.seq, head.hash.clone());
        Tx { conn, name, now, actor: by.to_string(), seq, hash, noted: false, place }
    }

    /// Appends to the journal.
    pub(crate) async fn note<B: Serialize, A: Serialize>(&mut self, note: Note<'_, B, A>) -> Result<()> {
        let said = Said {
            action: note.action.to_string(),
            subject: note.subject,
            before: json(note.before)?,
            after: json(note.after)?,
        };
        let entry = Entry::next((self.seq, &self.hash), micros(self.now), &self.actor, said);
        on!(&mut self.conn, db => query(
            "INSERT INTO journal (seq, at, actor, action, subject, before, after, prev_hash, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(entry.seq).bind(entry.at).bind(&entry.actor).bind(&entry.action).bind(&entry.subject)
            .bind(&entry.before).bind(&entry.after).bind(&entry.prev_hash).bind(&entry.hash)
            .execute(&mut **db).await.map(drop))
        .map_err(|e| Error::of(e, self.name).at(&self.place))?;
        self.seq = entry.seq;
        self.hash = entry.hash;
        self.noted = true;
        Ok(())
    }

    /// The number that the next journal entry of this change will have.
    pub(crate) fn next_entry(&self) -> i64 {
        self.seq + 1
    }

    /// Makes the change lasting.
    pub(crate) async fn commit(mut self) -> Result<()> {
        if !self.noted {
            return Err(Error::Other(anyhow!("{}: a change must be journalled", self.name)));
        }
        let failed = |e| Error::of(e, self.name).at(&self.place);
        on!(&mut self.conn, db => query("UPDATE journal_head SET seq = $1, hash = $2 WHERE id = 1")
            .bind(self.seq).bind(&self.hash).execute(&mut **db).await.map(drop))
        .map_err(failed)?;
        on!(self.conn, db => db.commit().await).map_err(failed)
    }
}

fn json<T: Serialize>(value: Option<T>) -> Result<Option<String>> {
    let text = value.map(|v| serde_json::to_string(&v)).transpose();
    text.map_err(|e| Error::Other(anyhow::Error::new(e).context("writing a journal entry")))
}

/// SQLite: busy (5) or locked (6). PostgreSQL: serialisation failure, deadlock, lock not available.
fn is_conflict(error: &sqlx::Error) -> bool {
    let Some(code) = error.as_database_error().and_then(|e| e.code()) else { return false };
    match code.as_ref() {
        "40001" | "40P01" | "55P03" => true,
        code => code.parse::<u32>().is_ok_and(|c| matches!(c & 0xff, 5 | 6) && c < 10_000),
    }
}
