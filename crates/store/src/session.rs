//! Sessions of people who are signed in.
//!
//! Only the SHA-256 of a token is kept, so a copy of the database signs nobody in. Failed sign-ins are counted by the app in
//! memory, not here: an attacker must not be able to make the database grow or sync, and a restart may forget the counts.

use crate::journal::Actor;
use crate::migrate::hex;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::user::{self, open_user};
use crate::{Error, Result, Store};
use domain::user::{User, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{query, query_as};

/// A session that holds, with the person it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who is signed in.
    pub user: User,
    /// The secret that every form of this session carries.
    pub csrf: Vec<u8>,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// When it was used last, to the minute.
    pub seen: Timestamp,
}

/// How old the last sign of life may be before a new one is kept.
const TOUCH: SignedDuration = SignedDuration::from_secs(60);

impl Store {
    /// Signs `user` in: the caller draws `token` and `csrf` at random (32 bytes each) and sends the token as a cookie.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account does not exist or has ended; [`Error::Invalid`] when its role waits for confirmation.
    pub async fn start_session(
        &self,
        now: Timestamp,
        user: UserId,
        token: &[u8],
        csrf: &[u8],
        expires: Timestamp,
    ) -> Result<()> {
        let mut tx = self.tx("session.start", &Actor::User(user), now).await?;
        if !open_user(&mut tx, user).await?.confirmed {
            let why = "role: it waits for the security administrator's confirmation";
            return Err(Error::Invalid(why.to_string()));
        }
        on!(&mut tx.conn, db => query(
            "INSERT INTO session (token_hash, person, csrf, created_at, expires_at, seen_at) \
             VALUES ($1, $2, $3, $4, $5, $4)")
            .bind(token_hash(token)).bind(user.0).bind(csrf).bind(micros(now)).bind(micros(expires))
            .execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "session": short(token), "expires": expires }));
        tx.note(Note { action: "session.start", subject: user::subject(user), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// The session of `token`, when it has neither ended nor expired, was used within `idle`, and its account is open and confirmed.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn session(
        &self,
        now: Timestamp,
        token: &[u8],
        idle: SignedDuration,
    ) -> Result<Option<Session>> {
        let row: Option<(i64, Vec<u8>, i64, i64, i64)> = on!(&self.reader, db => query_as(
            "SELECT person, csrf, created_at, expires_at, seen_at FROM session \
             WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2 AND seen_at > $3")
            .bind(token_hash(token)).bind(micros(now)).bind(micros(now - idle)).fetch_optional(db).await)?;
        let Some((person, csrf, created, expires, seen)) = row else { return Ok(None) };
        let user = self.user(UserId(person)).await?;
        let Some(user) = user.filter(|u| u.ended.is_none() && u.confirmed) else { return Ok(None) };
        let (created, expires) = (timestamp(created)?, timestamp(expires)?);
        Ok(Some(Session { user, csrf, created, expires, seen: timestamp(seen)? }))
    }

    /// Keeps that a session was used `now`, once a minute at most. It is no change that anybody makes, so the journal does not
    /// hold it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn touch_session(&self, now: Timestamp, token: &[u8], seen: Timestamp) -> Result<()> {
        if now.duration_since(seen) < TOUCH {
            return Ok(());
        }
        on!(&self.writer, db => query("UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2")
            .bind(token_hash(token)).bind(micros(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Signs out. Answers whether the session was still open.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn end_session(&self, now: Timestamp, by: UserId, token: &[u8]) -> Result<bool> {
        let mut tx = self.tx("session.end", &Actor::User(by), now).await?;
        let ended = on!(&mut tx.conn, db => query(
            "UPDATE session SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL")
            .bind(token_hash(token)).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if ended == 0 {
            return Ok(false);
        }
        let after = Some(json!({ "session": short(token), "ended": now }));
        tx.note(Note { action: "session.end", subject: user::subject(by), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Marks every session as ended that has expired or was not used within `idle`, and answers how many there were.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn expire_sessions(&self, now: Timestamp, idle: SignedDuration) -> Result<u64> {
        let mut tx = self.tx("session.expire", &Actor::System, now).await?;
        let ended = on!(&mut tx.conn, db => query(
            "UPDATE session SET ended_at = $1 WHERE ended_at IS NULL AND (expires_at <= $1 OR seen_at <= $2)")
            .bind(micros(now)).bind(micros(now - idle)).execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if ended > 0 {
            let after = Some(json!({ "sessions": ended }));
            let subject = "sessions".to_string();
            tx.note(Note { action: "session.expire", subject, before: NOTHING, after }).await?;
            tx.commit().await?;
        }
        Ok(ended)
    }
}

pub(crate) fn token_hash(token: &[u8]) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Eight digits of the token's hash: enough to follow a session through the journal, useless for signing in.
fn short(token: &[u8]) -> String {
    hex(&token_hash(token)[..4])
}
