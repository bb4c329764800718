//! People: their logins, roles and page settings. Passwords are hashed by the caller; the hash never leaves with [`User`].

use crate::duty::{keep_keepers, must_confirm};
use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, optional, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::unit::open_unit;
use crate::{Error, Page, Result, Store};
use domain::role::{Lang, Role};
use domain::user::{UnitId, User, UserId};
use jiff::Timestamp;
use serde_json::json;
use sqlx::{query, query_as};

/// A person to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What they sign in with.
    pub login: String,
    /// What pages call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The unit they belong to.
    pub unit: Option<UnitId>,
    /// The finished password hash (PHC text); `None` until they set one through a one-time link.
    pub password_hash: Option<String>,
    /// The language of their pages.
    pub lang: Lang,
}

pub(crate) type Row = (i64, String, String, String, Option<i64>, bool, String, bool, i64, Option<i64>);

const BY_ID: &str = "SELECT id, login, name, role, unit, confirmed, lang, large_text, created_at, ended_at FROM person WHERE id = $1";

impl Store {
    /// Adds a person. While duties are separated, one whom a person adds waits for confirmation ([`Store::assign_role`]).
    ///
    /// # Errors
    /// [`Error::Taken`] when the login exists (ended people keep theirs); [`Error::Invalid`] for an empty login or name;
    /// [`Error::NotFound`] for a unit that does not exist or has ended.
    pub async fn add_user(&self, by: &Actor, now: Timestamp, new: &NewUser) -> Result<User> {
        line("login", &new.login)?;
        line("name", &new.name)?;
        let mut tx = self.tx("user.add", by, now).await?;
        if let Some(unit) = new.unit {
            open_unit(&mut tx, unit).await?;
        }
        let confirmed = !must_confirm(&mut tx, by).await?;
        let row: Row = on!(&mut tx.conn, db => query_as(
            "INSERT INTO person (login, name, role, password_hash, lang, large_text, created_at, unit, confirmed) \
             VALUES ($1, $2, $3, $4, $5, FALSE, $6, $7, $8) \
             RETURNING id, login, name, role, unit, confirmed, lang, large_text, created_at, ended_at")
            .bind(&new.login).bind(&new.name).bind(new.role.as_str()).bind(&new.password_hash)
            .bind(new.lang.as_str()).bind(micros(now)).bind(new.unit.map(|u| u.0)).bind(confirmed)
            .fetch_one(&mut **db).await)
        .map_err(Error::taken("login"))?;
        let user = user(row)?;
        tx.note(Note { action: "user.add", subject: subject(user.id), before: NOTHING, after: Some(&user) })
            .await?;
        tx.commit().await?;
        Ok(user)
    }

    /// The person with this number, ended or not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        let row: Option<Row> = on!(&self.reader, db => query_as(BY_ID).bind(id.0).fetch_optional(db).await)?;
        row.map(user).transpose()
    }

    /// The open account with this login and its password hash, for signing in.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn user_by_login(&self, login: &str) -> Result<Option<(User, Option<String>)>> {
        let row: Option<(i64, Option<String>)> = on!(&self.reader, db => query_as(
            "SELECT id, password_hash FROM person WHERE login = $1 AND ended_at IS NULL")
            .bind(login).fetch_optional(db).await)?;
        let Some((id, password_hash)) = row else { return Ok(None) };
        Ok(self.user(UserId(id)).await?.map(|u| (u, password_hash)))
    }

    /// People by login, ended ones too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn users(&self, page: Page) -> Result<Vec<User>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, login, name, role, unit, confirmed, lang, large_text, created_at, ended_at FROM person \
             ORDER BY login LIMIT $1 OFFSET $2")
            .bind(page.limit()).bind(page.offset()).fetch_all(db).await)?;
        rows.into_iter().map(user).collect()
    }

    /// How many accounts are open; zero at the first start.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn count_users(&self) -> Result<u64> {
        let (n,): (i64,) = on!(&self.reader, db => query_as(
            "SELECT COUNT(*) FROM person WHERE ended_at IS NULL").fetch_one(db).await)?;
        Ok(n.unsigned_abs())
    }

    /// Changes what a person is called, may do and belongs to.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account or a unit that does not exist or has ended; [`Error::Invalid`] when the last administrator would be lost.
    pub async fn edit_user(
        &self,
        by: &Actor,
        now: Timestamp,
        id: UserId,
        name: &str,
        role: Role,
        unit: Option<UnitId>,
    ) -> Result<User> {
        line("name", name)?;
        let mut tx = self.tx("user.edit", by, now).await?;
        let before = open_user(&mut tx, id).await?;
        if let Some(unit) = unit.filter(|_| unit != before.unit) {
            open_unit(&mut tx, unit).await?;
        }
        on!(&mut tx.conn, db => query("UPDATE person SET name = $2, role = $3, unit = $4 WHERE id = $1")
            .bind(id.0).bind(name).bind(role.as_str()).bind(unit.map(|u| u.0)).execute(&mut **db).await.map(drop))?;
        keep_keepers(&mut tx).await?;
        let after = User { name: name.to_string(), role, unit, ..before.clone() };
        tx.note(Note {
            action: "user.edit",
            subject: subject(id),
            before: Some(before),
            after: Some(&after),
        })
        .await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Changes how a person's pages look.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_preferences(
        &self,
        by: &Actor,
        now: Timestamp,
        id: UserId,
        lang: Lang,
        large_text: bool,
    ) -> Result<User> {
        let mut tx = self.tx("user.preferences", by, now).await?;
        let before = open_user(&mut tx, id).await?;
        on!(&mut tx.conn, db => query("UPDATE person SET lang = $2, large_text = $3 WHERE id = $1")
            .bind(id.0).bind(lang.as_str()).bind(large_text).execute(&mut **db).await.map(drop))?;
        let after = User { lang, large_text, ..before.clone() };
        let note = Note {
            action: "user.preferences",
            subject: subject(id),
            before: Some(before),
            after: Some(&after),
        };
        tx.note(note).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Sets a person's password (its finished hash) and ends all their sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_password(
        &self,
        by: &Actor,
        now: Timestamp,
        id: UserId,
        password_hash: &str,
    ) -> Result<()> {
        let mut tx = self.tx("user.password", by, now).await?;
        open_user(&mut tx, id).await?;
        on!(&mut tx.conn, db => query("UPDATE person SET password_hash = $2 WHERE id = $1")
            .bind(id.0).bind(password_hash).execute(&mut **db).await.map(drop))?;
        let sessions = end_sessions(&mut tx, id, now).await?;
        let after = Some(json!({ "sessions_ended": sessions }));
        tx.note(Note { action: "user.password", subject: subject(id), before: NOTHING, after }).await?;
        tx.commit().await
    }

    /// Ends an account and all its sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for the last administrator.
    pub async fn end_user(&self, by: &Actor, now: Timestamp, id: UserId) -> Result<()> {
        let mut tx = self.tx("user.end", by, now).await?;
        let before = open_user(&mut tx, id).await?;
        on!(&mut tx.conn, db => query("UPDATE person SET ended_at = $2 WHERE id = $1")
            .bind(id.0).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        keep_keepers(&mut tx).await?;
        let sessions = end_sessions(&mut tx, id, now).await?;
        let after = Some(json!({ "ended": now, "sessions_ended": sessions }));
        tx.note(Note { action: "user.end", subject: subject(id), before: Some(before), after }).await?;
        tx.commit().await
    }
}

pub(crate) fn user(row: Row) -> Result<User> {
    let (id, login, name, role, unit, confirmed, lang, large_text, created, ended) = row;
    Ok(User {
        id: UserId(id),
        login,
        name,
        role: role.parse().map_err(|e| Error::corrupt("role", e))?,
        unit: unit.map(UnitId),
        confirmed,
        lang: lang.parse().map_err(|e| Error::corrupt("language", e))?,
        large_text,
        created: timestamp(created)?,
        ended: optional(ended)?,
    })
}

pub(crate) fn subject(id: UserId) -> String {
    format!("user:{id}")
}

/// The open account `id`, read inside a change.
pub(crate) async fn open_user(tx: &mut Tx, id: UserId) -> Result<User> {
    let row: Option<Row> =
        on!(&mut tx.conn, db => query_as(BY_ID).bind(id.0).fetch_optional(&mut **db).await)?;
    match row.map(user).transpose()? {
        Some(user) if user.ended.is_none() => Ok(user),
        _ => Err(Error::NotFound { what: "user" }),
    }
}

pub(crate) async fn end_sessions(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<u64> {
    Ok(
        on!(&mut tx.conn, db => query("UPDATE session SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL")
        .bind(id.0).bind(micros(now)).execute(&mut **db).await.map(|done| done.rows_affected()))?,
    )
}
