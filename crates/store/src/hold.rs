//! Holds: which project has which ground or rooms from when to when. Two projects never hold the same.
//!
//! Writers take turns (`tx.rs`), so comparing inside the transaction is enough: nobody can write between the comparison and the insert.

use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::fact::ProjectId;
use domain::inventory::hold::Hold;
use domain::inventory::{ItemId, Kind};
use domain::limits;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::{AssertSqlSafe, query, query_as};
use std::collections::BTreeSet;

/// A hold as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its number.
    pub id: i64,
    /// What is held, by whom, how and when.
    pub hold: Hold,
    /// Kind and code of the record.
    pub kind: Kind,
    /// See `kind`.
    pub code: String,
    /// What was written beside it.
    pub note: String,
    /// When and why it was ended.
    pub ended: Option<(Timestamp, String)>,
    /// When it was made.
    pub made: Timestamp,
    /// By whom, as the journal writes it.
    pub by: String,
}

const COLUMNS: &str = "SELECT h.id, h.item, h.project, h.manner, h.since, h.until, h.expires, h.note, h.made_by, h.created_at, \
    h.ended_at, h.ended_why, i.kind, i.code FROM hold h JOIN item i ON i.id = h.item";

impl Store {
    /// Lets a project hold records: all of them or none. What lapsed by `today` is in nobody's way.
    ///
    /// # Errors
    /// [`Error::Held`] when another hold has the same ground or rooms (or a whole or a part of them) on a day of these;
    /// [`Error::NotFound`] for no such record or project; [`Error::Invalid`] for days that are out of order.
    pub async fn hold(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        holds: &[Hold],
        note: &str,
    ) -> Result<Vec<i64>> {
        if holds.is_empty() || holds.len() > limits::HOLDS_AT_ONCE {
            return Err(Error::Invalid(format!("hold 1 to {} records at a time", limits::HOLDS_AT_ONCE)));
        }
        if note.chars().count() > limits::INVENTORY_REASON_CHARS {
            return Err(Error::Invalid(format!(
                "note: at most {} characters",
                limits::INVENTORY_REASON_CHARS
            )));
        }
        let mut tx = self.tx("hold.add", by, now).await?;
        let mut ids = Vec::with_capacity(holds.len());
        for hold in holds {
            ids.push(insert(&mut tx, by, now, today, hold, note).await?);
        }
        let after = Some(json!({ "holds": ids.iter().zip(holds).collect::<Vec<_>>(), "note": note }));
        let subject = crate::fact::subject(holds[0].project);
        tx.note(Note { action: "hold.add", subject, before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(ids)
    }

    /// Ends a hold; with `next` another takes its place in the same transaction (a reservation becomes supplied land, or lasts longer).
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such hold or one that has ended; else as [`Store::hold`].
    pub async fn end_hold(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        id: i64,
        why: &str,
        next: Option<&Hold>,
    ) -> Result<Option<i64>> {
        crate::error::line("reason", why)?;
        let mut tx = self.tx("hold.end", by, now).await?;
        let row: Option<Row> = on!(&mut tx.conn, db => query_as(
            AssertSqlSafe(format!("{COLUMNS} WHERE h.id = $1 AND h.ended_at IS NULL")))
            .bind(id).fetch_optional(&mut **db).await)?;
        let before = held(row.ok_or(Error::NotFound { what: "hold" })?)?;
        on!(&mut tx.conn, db => query("UPDATE hold SET ended_at = $1, ended_why = $2 WHERE id = $3")
            .bind(micros(now)).bind(why).bind(id).execute(&mut **db).await.map(drop))?;
        let next_id = match next {
            None => None,
            Some(next) if (next.item, next.project) != (before.hold.item, before.hold.project) => {
                return Err(Error::Invalid(
                    "a hold is followed by one of the same project on the same record".into(),
                ));
            }
            Some(next) => Some(insert(&mut tx, by, now, today, next, &before.note).await?),
        };
        let subject = crate::fact::subject(before.hold.project);
        let after = Some(json!({ "why": why, "next": next_id.zip(next) }));
        tx.note(Note {
            action: "hold.end",
            subject,
            before: Some(json!({ "hold": id, "was": before.hold })),
            after,
        })
        .await?;
        tx.commit().await?;
        Ok(next_id)
    }

    /// Every hold that was not ended (at most [`limits::HOLDS`]), lapsed reservations too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn holds(&self) -> Result<Vec<Held>> {
        let sql = format!("{COLUMNS} WHERE h.ended_at IS NULL ORDER BY h.id LIMIT $1");
        let rows: Vec<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql.clone()))
            .bind(limits::HOLDS as i64).fetch_all(db).await)?;
        rows.into_iter().map(held).collect()
    }

    /// The holds of a project, ended ones too, the newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn holds_of_project(&self, project: ProjectId) -> Result<Vec<Held>> {
        self.holds_where("h.project", project.0).await
    }

    /// The holds of a record, ended ones too, the newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn holds_of_item(&self, item: ItemId) -> Result<Vec<Held>> {
        self.holds_where("h.item", item.0).await
    }

    async fn holds_where(&self, column: &'static str, id: i64) -> Result<Vec<Held>> {
        let sql = format!("{COLUMNS} WHERE {column} = $1 ORDER BY h.id DESC LIMIT $2");
        let rows: Vec<Row> = on!(&self.reader, db => query_as(AssertSqlSafe(sql.clone()))
            .bind(id).bind(limits::HOLDS_SHOWN as i64).fetch_all(db).await)?;
        rows.into_iter().map(held).collect()
    }
}

async fn insert(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    today: Date,
    hold: &Hold,
    note: &str,
) -> Result<i64> {
    hold.check(today).map_err(|(zh, en)| Error::Invalid(format!("{zh} ({en})")))?;
    let row: Option<(String,)> = on!(&mut tx.conn, db => query_as("SELECT kind FROM item WHERE id = $1 AND ended_at IS NULL")
        .bind(hold.item.0).fetch_optional(&mut **db).await)?;
    let (kind,) = row.ok_or(Error::NotFound { what: "record" })?;
    let kind: Kind = kind.parse().map_err(|e: String| Error::corrupt("kind", e))?;
    if !kind.can_be_held() {
        let (zh, en) = kind.names();
        return Err(Error::Invalid(format!("{zh}不能被占用 ({en} cannot be held)")));
    }
    for item in relatives(tx, hold.item).await? {
        let rows: Vec<Row> = on!(&mut tx.conn, db => query_as(
            AssertSqlSafe(format!("{COLUMNS} WHERE h.item = $1 AND h.ended_at IS NULL ORDER BY h.id LIMIT $2")))
            .bind(item).bind(limits::HOLDS as i64).fetch_all(&mut **db).await)?;
        for row in rows {
            let other = held(row)?;
            if other.hold.counts(today) && other.hold.meets(hold) {
                return Err(Error::Held { code: other.code, hold: other.hold });
            }
        }
    }
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO hold (item, project, manner, since, until, expires, note, made_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id")
        .bind(hold.item.0).bind(hold.project.0).bind(hold.manner.as_str()).bind(hold.from.to_string())
        .bind(hold.until.map(|d| d.to_string())).bind(hold.expires.map(|d| d.to_string())).bind(note)
        .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
    .map_err(|error| match error.as_database_error() {
        Some(db) if db.is_foreign_key_violation() => Error::NotFound { what: "project" },
        _ => error.into(),
    })?;
    Ok(id)
}

/// The record, everything it is part of and everything that is part of it.
async fn relatives(tx: &mut Tx, item: ItemId) -> Result<BTreeSet<i64>> {
    let mut all = BTreeSet::from([item.0]);
    let mut up = Some(item.0);
    for _ in 0..limits::INVENTORY_DEPTH {
        let Some(id) = up else { break };
        let row: Option<(Option<i64>,)> = on!(&mut tx.conn, db => query_as("SELECT whole FROM item WHERE id = $1")
            .bind(id).fetch_optional(&mut **db).await)?;
        up = row.and_then(|(whole,)| whole);
        all.extend(up);
    }
    let mut level = vec![item.0];
    for _ in 0..limits::INVENTORY_DEPTH {
        let mut below = Vec::new();
        for id in level {
            let rows: Vec<(i64,)> = on!(&mut tx.conn, db => query_as("SELECT id FROM item WHERE whole = $1 LIMIT $2")
                .bind(id).bind(limits::INVENTORY_ITEMS as i64).fetch_all(&mut **db).await)?;
            below.extend(rows.into_iter().map(|(id,)| id));
        }
        all.extend(&below);
        level = below;
    }
    Ok(all)
}

type Row = (
    i64,
    i64,
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    String,
    String,
    i64,
    Option<i64>,
    Option<String>,
    String,
    String,
);

fn held(row: Row) -> Result<Held> {
    let (id, item, project, manner, since, until, expires, note, by, made, ended_at, ended_why, kind, code) =
        row;
    let day = |text: &str| text.parse::<Date>().map_err(|e| Error::corrupt("day", e));
    let hold = Hold {
        item: ItemId(item),
        project: ProjectId(project),
        manner: manner.parse().map_err(|e: String| Error::corrupt("hold", e))?,
        from: day(&since)?,
        until: until.as_deref().map(day).transpose()?,
        expires: expires.as_deref().map(day).transpose()?,
    };
    Ok(Held {
        id,
        hold,
        kind: kind.parse().map_err(|e: String| Error::corrupt("kind", e))?,
        code,
        note,
        ended: ended_at.map(timestamp).transpose()?.map(|at| (at, ended_why.unwrap_or_default())),
        made: timestamp(made)?,
        by,
    })
}
