//! Who keeps which duty: roles, and the separation of system, security and audit administration (三员分立, GB/T 22239).
//!
//! While duties are separated, an account that a person adds, or whose password a person lets be set anew, has no rights until
//! the security administrator confirms its role; nobody changes their own; and one of each keeper is always left.

use crate::journal::Actor;
use crate::tx::{NOTHING, Note, Tx};
use crate::unit::open_unit;
use crate::user::{end_sessions, open_user, subject};
use crate::zone::{read_zone, write_zone};
use crate::{Error, Result, Store};
use domain::role::Role;
use domain::user::{UnitId, User, UserId};
use domain::zone::ZoneSettings;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{query, query_as};

/// The three who keep each other in check.
const KEEPERS: [Role; 3] = [Role::Administrator, Role::Security, Role::Auditor];

impl Store {
    /// Says which role a person has and which unit they belong to, which also confirms the role. `was` is what the one who
    /// decides has seen.
    ///
    /// # Errors
    /// [`Error::Stale`] when role or unit were changed since; [`Error::NotFound`] for an account or a unit that does not exist
    /// or has ended; [`Error::Invalid`] when a keeper would be missing, or for one's own role while duties are separated.
    pub async fn assign_role(
        &self,
        by: &Actor,
        now: Timestamp,
        id: UserId,
        was: (Role, Option<UnitId>),
        (role, unit): (Role, Option<UnitId>),
    ) -> Result<User> {
        let mut tx = self.tx("user.role", by, now).await?;
        let before = open_user(&mut tx, id).await?;
        if (before.role, before.unit) != was {
            return Err(Error::Stale { what: "role of this person", current: 0 });
        }
        if *by == Actor::User(id) && role != before.role && separated(&mut tx).await? {
            let why = "role: nobody changes their own while duties are separated; ask another security administrator";
            return Err(Error::Invalid(why.to_string()));
        }
        if let Some(unit) = unit.filter(|_| unit != before.unit) {
            open_unit(&mut tx, unit).await?;
        }
        on!(&mut tx.conn, db => query("UPDATE person SET role = $2, unit = $3, confirmed = TRUE WHERE id = $1")
            .bind(id.0).bind(role.as_str()).bind(unit.map(|u| u.0)).execute(&mut **db).await.map(drop))?;
        keep_keepers(&mut tx).await?;
        let after = User { role, unit, confirmed: true, ..before.clone() };
        tx.note(Note {
            action: "user.role",
            subject: subject(id),
            before: Some(before),
            after: Some(&after),
        })
        .await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Separates the duties, or joins them again; answers the new version of the zone's settings.
    ///
    /// # Errors
    /// [`Error::Stale`] when the settings were saved since `version`; [`Error::Invalid`] when a keeper is missing or has never
    /// signed in, or when nobody else is there to do the zone's business.
    pub async fn separate_duties(
        &self,
        by: &Actor,
        now: Timestamp,
        version: i64,
        separated: bool,
    ) -> Result<i64> {
        let mut tx = self.tx("zone.duties", by, now).await?;
        let (current, settings) =
            read_zone(&mut tx).await?.map_or((0, None), |z| (z.version, Some(z.settings)));
        if current != version {
            return Err(Error::Stale { what: "zone settings", current });
        }
        let before = settings.unwrap_or_default();
        if before.separated == separated {
            return Ok(version);
        }
        if separated {
            ready(&mut tx).await?;
        }
        let after = ZoneSettings { separated, ..before.clone() };
        write_zone(&mut tx, now, version + 1, &after).await?;
        let said = |on: bool| Some(json!({ "separated": on }));
        tx.note(Note {
            action: "zone.duties",
            subject: "zone".to_string(),
            before: said(before.separated),
            after: said(separated),
        })
        .await?;
        tx.commit().await?;
        Ok(version + 1)
    }

    /// Journals that too many sign-ins of an account failed and until when it is locked. The lock itself is kept by the caller.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_lock(&self, now: Timestamp, id: UserId, until: Timestamp) -> Result<()> {
        let mut tx = self.tx("user.lock", &Actor::System, now).await?;
        let after = Some(json!({ "locked_until": until }));
        tx.note(Note { action: "user.lock", subject: subject(id), before: NOTHING, after }).await?;
        tx.commit().await
    }
}

/// Whether the zone separates duties, read inside a change.
pub(crate) async fn separated(tx: &mut Tx) -> Result<bool> {
    Ok(read_zone(tx).await?.is_some_and(|z| z.settings.separated))
}

/// Whether what `by` does to an account waits for the security administrator.
pub(crate) async fn must_confirm(tx: &mut Tx, by: &Actor) -> Result<bool> {
    Ok(matches!(by, Actor::User(_)) && separated(tx).await?)
}

/// Takes a person's rights until the security administrator confirms the role again, and ends their sessions.
pub(crate) async fn unconfirm(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<()> {
    on!(&mut tx.conn, db => query("UPDATE person SET confirmed = FALSE WHERE id = $1")
        .bind(id.0).execute(&mut **db).await.map(drop))?;
    keep_keepers(tx).await?;
    let sessions = end_sessions(tx, id, now).await?;
    let after = Some(json!({ "confirmed": false, "sessions_ended": sessions }));
    tx.note(Note { action: "user.unconfirm", subject: subject(id), before: NOTHING, after }).await
}

/// Refuses a change that leaves the zone without an administrator or, while duties are separated, without one of the keepers.
pub(crate) async fn keep_keepers(tx: &mut Tx) -> Result<()> {
    let needed = if separated(tx).await? { &KEEPERS[..] } else { &KEEPERS[..1] };
    for role in needed {
        if count(tx, "role = $1", *role).await? == 0 {
            let why = format!("role: this is the last {role}; make somebody else one first");
            return Err(Error::Invalid(why));
        }
    }
    Ok(())
}

/// Whether there is one of each keeper who has set a password, and one more.
async fn ready(tx: &mut Tx) -> Result<()> {
    for role in KEEPERS {
        if count(tx, "role = $1 AND password_hash IS NOT NULL", role).await? == 0 {
            return Err(Error::Invalid(format!(
                "separated: there is no {role} who has set a password; add one and let them sign in once"
            )));
        }
    }
    let business = "role <> $1 AND role NOT IN ('security', 'auditor')";
    if count(tx, business, Role::Administrator).await? == 0 {
        let why = "separated: nobody but the keepers is left; add those who do the zone's business first";
        return Err(Error::Invalid(why.to_string()));
    }
    Ok(())
}

/// Open and confirmed accounts that fulfil a condition about `$1`.
async fn count(tx: &mut Tx, condition: &'static str, role: Role) -> Result<i64> {
    let sql =
        format!("SELECT COUNT(*) FROM person WHERE ended_at IS NULL AND confirmed = TRUE AND {condition}");
    let (n,): (i64,) = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql.as_str()))
        .bind(role.as_str()).fetch_one(&mut **db).await)?;
    Ok(n)
}
