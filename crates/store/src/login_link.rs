//! One-time links: the first start prints one, and an administrator gives one to a new person.

use crate::duty::{must_confirm, unconfirm};
use crate::journal::Actor;
use crate::session::token_hash;
use crate::time::micros;
use crate::tx::{NOTHING, Note};
use crate::user::{self, open_user};
use crate::{Result, Store};
use domain::user::{User, UserId};
use jiff::Timestamp;
use serde_json::json;
use sqlx::{query, query_as};

impl Store {
    /// Makes a link for `user`; the caller draws `token` at random (32 bytes) and prints it. While duties are separated, a link
    /// that a person makes takes the account's rights until the security administrator confirms its role again.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the account does not exist or has ended; [`crate::Error::Invalid`] when a keeper would be
    /// missing (the command line makes a link for the last one).
    pub async fn add_login_link(
        &self,
        by: &Actor,
        now: Timestamp,
        user: UserId,
        token: &[u8],
        expires: Timestamp,
    ) -> Result<()> {
        let mut tx = self.tx("login_link.add", by, now).await?;
        let person = open_user(&mut tx, user).await?;
        // Who can set a password can act as its owner: the security administrator must agree anew.
        if person.confirmed && must_confirm(&mut tx, by).await? {
            unconfirm(&mut tx, user, now).await?;
        }
        on!(&mut tx.conn, db => query(
            "INSERT INTO login_link (token_hash, person, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(token_hash(token)).bind(user.0).bind(micros(now)).bind(micros(expires))
            .execute(&mut **db).await.map(drop))?;
        let after = Some(json!({ "expires": expires }));
        tx.note(Note { action: "login_link.add", subject: user::subject(user), before: NOTHING, after })
            .await?;
        tx.commit().await
    }

    /// Whom a link would sign in, without using it up; `None` for a wrong, expired or used one.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn login_link(&self, now: Timestamp, token: &[u8]) -> Result<Option<User>> {
        let row: Option<(i64,)> = on!(&self.reader, db => query_as(
            "SELECT person FROM login_link WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(token_hash(token)).bind(micros(now)).fetch_optional(db).await)?;
        let Some((id,)) = row else { return Ok(None) };
        Ok(self.user(UserId(id)).await?.filter(|u| u.ended.is_none()))
    }

    /// Uses a link up: exactly one caller gets the person, every other `None` (as for a wrong, expired or used token).
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_login_link(&self, now: Timestamp, token: &[u8]) -> Result<Option<User>> {
        // A guessed token must not make the writers queue, so a reader looks first; the update below decides.
        let known: Option<(i64,)> = on!(&self.reader, db => query_as(
            "SELECT person FROM login_link WHERE token_hash = $1 AND used_at IS NULL")
            .bind(token_hash(token)).fetch_optional(db).await)?;
        if known.is_none() {
            return Ok(None);
        }
        let mut tx = self.tx("login_link.use", &Actor::System, now).await?;
        let row: Option<(i64,)> = on!(&mut tx.conn, db => query_as(
            "UPDATE login_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 \
             AND person IN (SELECT id FROM person WHERE ended_at IS NULL) RETURNING person")
            .bind(token_hash(token)).bind(micros(now)).fetch_optional(&mut **db).await)?;
        let Some((id,)) = row else { return Ok(None) };
        let person = open_user(&mut tx, UserId(id)).await?;
        let after = Some(json!({ "used": now }));
        let subject = user::subject(person.id);
        tx.note(Note { action: "login_link.use", subject, before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(Some(person))
    }
}
