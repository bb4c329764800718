//! The journal: who did what when, each entry sealed with a hash over the one before it.
//!
//! `hash = SHA-256("landfall journal 1" ‖ prev_hash ‖ fields)`, each field as its length (8 bytes, little endian) and its
//! bytes, in the order seq, at (both as decimal text), actor, action, subject, before, after; a missing value has length 2⁶⁴ − 1.
//! `prev_hash` of entry 1 is 32 zero bytes. Altering, adding, removing or reordering entries breaks the chain at the first
//! one touched; `journal_head` shows when entries are missing at the end. Who can rewrite the whole database can also compute
//! a new chain: to guard against that, note [`Verified::hash`] outside (in a printed report) from time to time.

use crate::time::timestamp;
use crate::{Page, Result, Store};
use domain::user::UserId;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::query_as;
use std::fmt;

/// The number and seal of the last entry.
const HEAD: &str = "SELECT seq, hash FROM journal_head WHERE id = 1";

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

type Row = (i64, i64, String, String, String, Option<String>, Option<String>, Vec<u8>, Vec<u8>);

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

    /// The newest entries of one action, looked for among the last `among` entries of all.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn journal_of(&self, action: &str, among: i64, limit: u32) -> Result<Vec<JournalEntry>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT seq, at, actor, action, subject, before, after, prev_hash, hash FROM journal \
             WHERE seq > (SELECT COALESCE(MAX(seq), 0) FROM journal) - $1 AND action = $2 ORDER BY seq DESC LIMIT $3")
            .bind(among).bind(action).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.into_iter().map(shown).collect()
    }

    /// Reads the whole chain and checks every seal; a broken chain is an answer, not an error.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn verify_journal(&self) -> Result<Verified> {
        // The head is read first: entries that are added meanwhile are more than it says, never fewer.
        let (head, head_hash): (i64, Vec<u8>) = on!(&self.reader, db => query_as(HEAD).fetch_one(db).await)?;
        let mut good = (0i64, vec![0u8; 32]);
        let mut entries = 0u64;
        loop {
            let rows: Vec<Row> = on!(&self.reader, db => query_as(FIELDS_AFTER)
                .bind(good.0).bind(CHUNK).fetch_all(db).await)?;
            let last = (rows.len() as i64) < CHUNK;
            for row in rows {
                let entry = Entry::from(row);
                entries += 1;
                if let Some(why) = fault(&good, &entry) {
                    let seq = entry.seq.min(good.0 + 1);
                    return Ok(Verified { entries, hash: good.1, broken: Some(Broken { seq, why }) });
                }
                good = (entry.seq, entry.hash);
                if good.0 == head && good.1 != head_hash {
                    let why = "the seal is not the one that was noted as the last";
                    return Ok(Verified { entries, hash: good.1, broken: Some(Broken { seq: head, why }) });
                }
            }
            if last {
                break;
            }
        }
        let broken =
            (good.0 < head).then_some(Broken { seq: good.0 + 1, why: "entries are missing at the end" });
        Ok(Verified { entries, hash: good.1, broken })
    }
}

fn fault(good: &(i64, Vec<u8>), entry: &Entry) -> Option<&'static str> {
    if entry.seq != good.0 + 1 {
        Some("an entry is missing")
    } else if entry.prev_hash != good.1 {
        Some("the entry does not follow the one before it")
    } else if entry.hash != entry.seal() {
        Some("the entry was altered")
    } else {
        None
    }
}

fn shown(row: Row) -> Result<JournalEntry> {
    let entry = Entry::from(row);
    Ok(JournalEntry {
        seq: entry.seq,
        at: timestamp(entry.at)?,
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        before: entry.before,
        after: entry.after,
        hash: entry.hash,
    })
}

/// One entry as the database holds it.
pub(crate) struct Entry {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) prev_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

impl From<Row> for Entry {
    fn from((seq, at, actor, action, subject, before, after, prev_hash, hash): Row) -> Entry {
        Entry { seq, at, actor, action, subject, before, after, prev_hash, hash }
    }
}

impl Entry {
    /// Seals what follows entry `seq`, whose seal is `hash`.
    pub(crate) fn next(head: (i64, &[u8]), at: i64, actor: &str, said: Said) -> Entry {
        let mut entry = Entry {
            seq: head.0 + 1,
            at,
            actor: actor.to_string(),
            action: said.action,
            subject: said.subject,
            before: said.before,
            after: said.after,
            prev_hash: head.1.to_vec(),
            hash: Vec::new(),
        };
        entry.hash = entry.seal();
        entry
    }

    fn seal(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(b"landfall journal 1");
        hash.update(&self.prev_hash);
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let fields = [Some(&seq), Some(&at), Some(&self.actor), Some(&self.action), Some(&self.subject)];
        for field in fields.into_iter().chain([self.before.as_ref(), self.after.as_ref()]) {
            match field {
                Some(text) => {
                    hash.update((text.len() as u64).to_le_bytes());
                    hash.update(text.as_bytes());
                }
                None => hash.update(u64::MAX.to_le_bytes()),
            }
        }
        hash.finalize().to_vec()
    }
}

/// What an entry says was done.
pub(crate) struct Said {
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}
