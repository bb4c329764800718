//! Negotiations and transfers, and the messages that are still to be sent.

use crate::journal::Actor;
use crate::session::token_hash;
use crate::time::{micros, optional, timestamp};
use crate::tx::{Note, Tx};
use crate::{Error, Result, Store};
use domain::limits;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, query, query_as};

/// A negotiation or a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Number.
    pub id: i64,
    /// `negotiation` or `transfer`.
    pub kind: String,
    /// Our name of it.
    pub pid: String,
    /// The peer's; empty until it is known.
    pub other: String,
    /// `provider` or `consumer`.
    pub role: String,
    /// The other participant.
    pub peer: String,
    /// Its state as it travels.
    pub state: String,
    /// Everything of it, as JSON.
    pub data: String,
    /// Grows with each change.
    pub version: i64,
    /// When it changed last.
    pub changed: Timestamp,
}

/// How an exchange becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The row and the version that was read; `None` for a new exchange.
    pub from: Option<(i64, i64)>,
    /// `negotiation` or `transfer`.
    pub kind: &'static str,
    /// Our name of it.
    pub pid: String,
    /// The peer's.
    pub other: String,
    /// `provider` or `consumer`.
    pub role: &'static str,
    /// The other participant.
    pub peer: String,
    /// Its state as it travels.
    pub state: &'static str,
    /// Everything of it, as JSON.
    pub data: String,
    /// What is to be sent because of it, in order.
    pub posts: Vec<NewPost>,
    /// The agreement that came of it.
    pub agreement: Option<NewAgreement>,
    /// A secret of the data plane that opens it.
    pub key: Option<Vec<u8>>,
    /// What it came of, for the journal: the type of a message or an act.
    pub why: String,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPost {
    /// Its own name, by which a peer knows a repetition.
    pub name: String,
    /// The peer's address.
    pub address: String,
    /// Where to below it.
    pub path: String,
    /// The message.
    pub body: String,
    /// Not before.
    pub not_before: Timestamp,
}

/// An agreement that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAgreement {
    /// Its identifier.
    pub urn: String,
    /// The dataset.
    pub dataset: String,
    /// The agreement as JSON.
    pub policy: String,
    /// Our signature over it.
    pub signature: String,
    /// The peer's, where it sent one.
    pub peer_signature: Option<String>,
}

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Number.
    pub id: i64,
    /// The exchange.
    pub exchange: i64,
    /// Its own name.
    pub name: String,
    /// The peer's address.
    pub address: String,
    /// Where to below it.
    pub path: String,
    /// The message; empty once it is delivered.
    pub body: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next.
    pub next: Timestamp,
    /// What the peer answered last.
    pub status: Option<i64>,
    /// The same in words.
    pub said: Option<String>,
    /// When it was delivered.
    pub done: Option<Timestamp>,
    /// When it was given up.
    pub failed: Option<Timestamp>,
}

impl Post {
    /// Whether it is still to be sent.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.done.is_none() && self.failed.is_none()
    }
}

type Row = (i64, String, String, String, String, String, String, String, i64, i64);
type PostRow = (
    i64,
    i64,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<i64>,
);

const EXCHANGE: &str =
    "SELECT id, kind, pid, other, role, peer, state, data, version, changed_at FROM ds_exchange";
const POST: &str = "SELECT id, exchange, name, address, path, body, tries, next_at, status, said, done_at, failed_at FROM ds_post";

impl Store {
    /// Moves an exchange, in one transaction with what is to be sent, what was agreed, and the journal.
    ///
    /// # Errors
    /// [`Error::Stale`] when it moved since it was read, and for a new one whose name is taken.
    pub async fn move_exchange(&self, by: &Actor, now: Timestamp, to: &Move) -> Result<i64> {
        let mut tx = self.tx("ds.move", by, now).await?;
        let id = set(&mut tx, now, to).await?;
        for post in &to.posts {
            on!(&mut tx.conn, db => query(
                "INSERT INTO ds_post (exchange, name, address, path, body, tries, next_at, created_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)")
                .bind(id).bind(&post.name).bind(&post.address).bind(&post.path).bind(&post.body)
                .bind(micros(post.not_before)).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        }
        // What was given up of an exchange that is over is never sent again, and may hold a secret.
        if matches!(to.state, "FINALIZED" | "TERMINATED" | "COMPLETED") {
            on!(&mut tx.conn, db => query("UPDATE ds_post SET body = '' WHERE exchange = $1 AND failed_at IS NOT NULL")
                .bind(id).execute(&mut **db).await.map(drop))?;
        }
        if let Some(made) = &to.agreement {
            let inserted = on!(&mut tx.conn, db => query(
                "INSERT INTO ds_agreement (urn, role, peer, dataset, policy, signature, peer_signature, uses, bytes, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)")
                .bind(&made.urn).bind(to.role).bind(&to.peer).bind(&made.dataset).bind(&made.policy).bind(&made.signature)
                .bind(&made.peer_signature)
                .bind(micros(now)).execute(&mut **db).await.map(drop));
            inserted.map_err(Error::taken("agreement"))?;
        }
        if let Some(secret) = &to.key {
            on!(&mut tx.conn, db => query("INSERT INTO ds_key (token_hash, exchange, created_at) VALUES ($1, $2, $3)")
                .bind(token_hash(secret)).bind(id).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        }
        let agreement = to.agreement.as_ref().map(|a| a.urn.as_str());
        let sent: Vec<&str> = to.posts.iter().map(|p| p.path.as_str()).collect();
        let after = Some(
            json!({ "kind": to.kind, "pid": to.pid, "peer": to.peer, "role": to.role, "state": to.state,
            "why": to.why, "sends": sent, "agreement": agreement,
            "signatures": to.agreement.as_ref().map(|a| [Some(&a.signature), a.peer_signature.as_ref()]) }),
        );
        let before = to.from.map(|(_, version)| json!({ "version": version }));
        tx.note(Note { action: "ds.move", subject: format!("ds_exchange:{id}"), before, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// An exchange by our name of it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn exchange(&self, kind: &str, pid: &str) -> Result<Option<Exchange>> {
        let sql = format!("{EXCHANGE} WHERE kind = $1 AND pid = $2");
        let row: Option<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql)).bind(kind).bind(pid).fetch_optional(db).await)?;
        row.map(exchange).transpose()
    }

    /// An exchange by the number of its row.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn exchange_by_id(&self, id: i64) -> Result<Option<Exchange>> {
        let sql = format!("{EXCHANGE} WHERE id = $1");
        let row: Option<Row> =
            on!(&self.reader, db => query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(db).await)?;
        row.map(exchange).transpose()
    }

    /// An exchange by the peer's name of it: a request that comes twice.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn exchange_by_other(&self, kind: &str, peer: &str, other: &str) -> Result<Option<Exchange>> {
        let sql = format!("{EXCHANGE} WHERE kind = $1 AND peer = $2 AND other = $3");
        let row: Option<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(kind).bind(peer).bind(other).fetch_optional(db).await)?;
        row.map(exchange).transpose()
    }

    /// The exchanges of a kind that changed last.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn exchanges(&self, kind: &str) -> Result<Vec<Exchange>> {
        let sql = format!("{EXCHANGE} WHERE kind = $1 ORDER BY changed_at DESC, id DESC LIMIT $2");
        let rows: Vec<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(kind).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter().map(exchange).collect()
    }

    /// What we have asked of a peer, the latest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn asked_of(&self, kind: &str, peer: &str) -> Result<Vec<Exchange>> {
        let sql = format!(
            "{EXCHANGE} WHERE kind = $1 AND peer = $2 AND role = 'consumer' ORDER BY id DESC LIMIT $3"
        );
        let rows: Vec<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(kind).bind(peer).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter().map(exchange).collect()
    }

    /// Numbers of exchanges that are not final, behind `after`, so that all are had page by page.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn open_exchanges(&self, after: i64) -> Result<Vec<i64>> {
        let rows: Vec<(i64,)> = on!(&self.reader, db => query_as(
            "SELECT id FROM ds_exchange WHERE id > $1 AND state NOT IN ('FINALIZED', 'TERMINATED', 'COMPLETED') ORDER BY id LIMIT $2")
            .bind(after).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Messages that may be sent now: of each exchange only the first that is not delivered, so that a peer gets them in order.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn due_posts(&self, now: Timestamp) -> Result<Vec<Post>> {
        let sql = format!(
            "{POST} p WHERE done_at IS NULL AND failed_at IS NULL AND next_at <= $1 AND NOT EXISTS (SELECT 1 FROM ds_post e \
             WHERE e.exchange = p.exchange AND e.id < p.id AND e.done_at IS NULL AND e.failed_at IS NULL) ORDER BY id LIMIT $2"
        );
        let rows: Vec<PostRow> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(micros(now)).bind(limits::DS_AT_ONCE as i64).fetch_all(db).await)?;
        rows.into_iter().map(post).collect()
    }

    /// When the next message is due; `None` while nothing waits.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn next_post(&self) -> Result<Option<Timestamp>> {
        let row: (Option<i64>,) = on!(&self.reader, db => query_as(
            "SELECT MIN(next_at) FROM ds_post WHERE done_at IS NULL AND failed_at IS NULL").fetch_one(db).await)?;
        optional(row.0)
    }

    /// Messages of an exchange, oldest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn posts_of(&self, exchange: i64) -> Result<Vec<Post>> {
        let sql = format!("{POST} WHERE exchange = $1 ORDER BY id LIMIT $2");
        let rows: Vec<PostRow> = on!(&self.reader, db => query_as(AssertSqlSafe(sql))
            .bind(exchange).bind(limits::DS_LISTED as i64).fetch_all(db).await)?;
        rows.into_iter().map(post).collect()
    }

    /// Notes that a message was tried. Like the last use of a session this is written beside the journal: what the message did is journalled
    /// where it was decided, and what the peer answered stands with the message. Delivered, its body is emptied; given up, it stays until a person tries it
    /// again or the exchange ends.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn post_tried(
        &self,
        now: Timestamp,
        id: i64,
        (status, said): (Option<i64>, &str),
        outcome: Tried,
    ) -> Result<()> {
        let (done, failed, next) = match outcome {
            Tried::Done => (Some(micros(now)), None, micros(now)),
            Tried::GivenUp => (None, Some(micros(now)), micros(now)),
            Tried::Again(at) => (None, None, micros(at)),
        };
        let said: String = said.chars().take(limits::DS_SAID_CHARS).collect();
        on!(&self.writer, db => query(
            "UPDATE ds_post SET tries = tries + 1, status = $1, said = $2, done_at = $3, failed_at = $4, next_at = $5, \
             body = CASE WHEN $3 IS NULL THEN body ELSE '' END WHERE id = $6")
            .bind(status).bind(said).bind(done).bind(failed).bind(next).bind(id).execute(db).await.map(drop))?;
        Ok(())
    }
}

impl Store {
    /// Tries the messages of an exchange again that were given up, from the first try on.
    ///
    /// # Errors
    /// [`Error::NotFound`] when none was given up.
    pub async fn try_again(&self, by: &Actor, now: Timestamp, exchange: i64) -> Result<()> {
        let mut tx = self.tx("ds.again", by, now).await?;
        let done = on!(&mut tx.conn, db => query(
            "UPDATE ds_post SET failed_at = NULL, tries = 0, next_at = $1 WHERE exchange = $2 AND failed_at IS NOT NULL AND body <> ''")
            .bind(micros(now)).bind(exchange).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "message" });
        }
        let after = Some(json!({ "messages": done }));
        tx.note(Note {
            action: "ds.again",
            subject: format!("ds_exchange:{exchange}"),
            before: crate::tx::NOTHING,
            after,
        })
        .await?;
        tx.commit().await
    }
}

/// What comes of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It is delivered.
    Done,
    /// It is given up.
    GivenUp,
    /// It is tried again then.
    Again(Timestamp),
}

async fn set(tx: &mut Tx, now: Timestamp, to: &Move) -> Result<i64> {
    let Some((id, version)) = to.from else {
        let made: sqlx::Result<(i64,)> = on!(&mut tx.conn, db => query_as(
            "INSERT INTO ds_exchange (kind, pid, other, role, peer, state, data, version, created_at, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8) RETURNING id")
            .bind(to.kind).bind(&to.pid).bind(&to.other).bind(to.role).bind(&to.peer).bind(to.state).bind(&to.data)
            .bind(micros(now)).fetch_one(&mut **db).await);
        return made.map(|row| row.0).map_err(Error::taken("exchange"));
    };
    let done = on!(&mut tx.conn, db => query(
        "UPDATE ds_exchange SET other = $1, state = $2, data = $3, version = version + 1, changed_at = $4 WHERE id = $5 AND version = $6")
        .bind(&to.other).bind(to.state).bind(&to.data).bind(micros(now)).bind(id).bind(version)
        .execute(&mut **db).await.map(|d| d.rows_affected()))?;
    if done == 0 {
        return Err(Error::Stale { what: "exchange", current: version });
    }
    Ok(id)
}

fn exchange((id, kind, pid, other, role, peer, state, data, version, changed): Row) -> Result<Exchange> {
    Ok(Exchange { id, kind, pid, other, role, peer, state, data, version, changed: timestamp(changed)? })
}

fn post(row: PostRow) -> Result<Post> {
    let (id, exchange, name, address, path, body, tries, next, status, said, done, failed) = row;
    let (next, done, failed) = (timestamp(next)?, optional(done)?, optional(failed)?);
    Ok(Post { id, exchange, name, address, path, body, tries, next, status, said, done, failed })
}
