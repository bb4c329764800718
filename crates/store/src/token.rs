//! Access tokens: how programs come in, each for one person, for named actions and for a year at most.
//!
//! As with sessions, only the SHA-256 of a token is kept.

use crate::error::line;
use crate::journal::Actor;
use crate::session::token_hash;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note};
use crate::user::open_user;
use crate::{Error, Page, Result, Store};
use domain::limits::{TOKEN_DAYS, TOKENS};
use domain::role::Action;
use domain::user::{User, UserId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use sqlx::{query, query_as};

/// A token to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Whose it is.
    pub person: UserId,
    /// What it is for.
    pub name: String,
    /// What it may do, of what its person may do.
    pub actions: Vec<Action>,
    /// Until when.
    pub expires: Timestamp,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Number.
    pub id: i64,
    /// Whose it is.
    pub person: UserId,
    /// What it is for.
    pub name: String,
    /// What it may do, of what its person may do.
    pub actions: Vec<Action>,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// The last day it was used.
    pub used: Option<Date>,
    /// When somebody ended it.
    pub ended: Option<Timestamp>,
}

type Row = (i64, i64, String, String, i64, i64, Option<String>, Option<i64>);

impl Store {
    /// Makes a token; the caller draws `secret` at random (32 bytes) and shows it once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty name, no action, an end in the past or more than [`TOKEN_DAYS`] away, or when the person
    /// has [`TOKENS`] already; [`Error::NotFound`] when the account does not exist or has ended.
    pub async fn add_token(
        &self,
        by: &Actor,
        now: Timestamp,
        new: &NewToken,
        secret: &[u8],
    ) -> Result<Token> {
        line("name", &new.name)?;
        if new.actions.is_empty() {
            return Err(Error::Invalid("actions: choose at least one".to_string()));
        }
        if new.expires <= now || new.expires > now + SignedDuration::from_hours(24 * TOKEN_DAYS) {
            return Err(Error::Invalid(format!("expires: 1 to {TOKEN_DAYS} days from now")));
        }
        let mut tx = self.tx("token.add", by, now).await?;
        open_user(&mut tx, new.person).await?;
        let (open,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM token WHERE person = $1 AND ended_at IS NULL AND expires_at > $2")
            .bind(new.person.0).bind(micros(now)).fetch_one(&mut **db).await)?;
        if open.unsigned_abs() >= TOKENS as u64 {
            return Err(Error::Invalid(format!("token: at most {TOKENS} at one time; end one first")));
        }
        let words: Vec<&str> = new.actions.iter().map(|a| a.as_str()).collect();
        let row: Row = on!(&mut tx.conn, db => query_as(
            "INSERT INTO token (token_hash, person, name, actions, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             RETURNING id, person, name, actions, created_at, expires_at, used_on, ended_at")
            .bind(token_hash(secret)).bind(new.person.0).bind(&new.name).bind(words.join(" "))
            .bind(micros(now)).bind(micros(new.expires)).fetch_one(&mut **db).await)?;
        let token = token(row)?;
        tx.note(Note {
            action: "token.add",
            subject: subject(token.id),
            before: NOTHING,
            after: Some(&token),
        })
        .await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The token with this secret and its person, when it has neither ended nor expired and its account is open and confirmed.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn token(&self, now: Timestamp, secret: &[u8]) -> Result<Option<(Token, User)>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(
            "SELECT id, person, name, actions, created_at, expires_at, used_on, ended_at FROM token \
             WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2")
            .bind(token_hash(secret)).bind(micros(now)).fetch_optional(db).await)?;
        let Some(token) = row.map(token).transpose()? else { return Ok(None) };
        let user = self.user(token.person).await?.filter(|u| u.ended.is_none() && u.confirmed);
        Ok(user.map(|user| (token, user)))
    }

    /// Keeps the last day a token was used. It is no change that anybody makes, so the journal does not hold it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn touch_token(&self, id: i64, day: Date) -> Result<()> {
        on!(&self.writer, db => query("UPDATE token SET used_on = $2 WHERE id = $1 AND (used_on IS NULL OR used_on < $2)")
            .bind(id).bind(day.to_string()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Ends a token: one of `owner`, or anybody's for `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of that owner, or it has ended.
    pub async fn end_token(&self, by: &Actor, now: Timestamp, id: i64, owner: Option<UserId>) -> Result<()> {
        let mut tx = self.tx("token.end", by, now).await?;
        let ended = on!(&mut tx.conn, db => query(
            "UPDATE token SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND (person = $3 OR $3 < 0)")
            .bind(id).bind(micros(now)).bind(owner.map_or(-1, |o| o.0))
            .execute(&mut **db).await.map(|done| done.rows_affected()))?;
        if ended == 0 {
            return Err(Error::NotFound { what: "token" });
        }
        let after = Some(json!({ "ended": now }));
        tx.note(Note { action: "token.end", subject: subject(id), before: NOTHING, after }).await?;
        tx.commit().await
    }

    /// Tokens, newest first, ended and expired ones too: of `owner`, or of everybody for `None`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn tokens(&self, owner: Option<UserId>, page: Page) -> Result<Vec<Token>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, person, name, actions, created_at, expires_at, used_on, ended_at FROM token \
             WHERE person = $3 OR $3 < 0 ORDER BY id DESC LIMIT $1 OFFSET $2")
            .bind(page.limit()).bind(page.offset()).bind(owner.map_or(-1, |o| o.0)).fetch_all(db).await)?;
        rows.into_iter().map(token).collect()
    }
}

fn token((id, person, name, actions, created, expires, used, ended): Row) -> Result<Token> {
    let actions = actions.split(' ').map(str::parse).collect::<std::result::Result<_, String>>();
    Ok(Token {
        id,
        person: UserId(person),
        name,
        actions: actions.map_err(|e| Error::corrupt("token's action", e))?,
        created: timestamp(created)?,
        expires: timestamp(expires)?,
        used: used.map(|d| d.parse()).transpose().map_err(|e| Error::corrupt("day", e))?,
        ended: optional(ended)?,
    })
}

fn subject(id: i64) -> String {
    format!("token:{id}")
}
