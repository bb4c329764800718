//! Records of the inventory and their changes: appended, never changed, read back whole.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::fact::ProjectId;
use domain::inventory::{Change, ChangeId, ItemId, Kind, NewChange, Value};
use domain::limits;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{query, query_as};
use std::collections::{BTreeMap, HashMap};

/// A record with every change of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// Its kind.
    pub kind: Kind,
    /// Its code, unique in its kind.
    pub code: String,
    /// The record that it is part of.
    pub whole: Option<ItemId>,
    /// The project that it belongs to.
    pub project: Option<ProjectId>,
    /// When it was ended.
    pub ended: Option<Timestamp>,
    /// Its changes, in the order they were recorded.
    pub changes: Vec<Change>,
}

/// A row of an import: a change of a record that is there, or the beginning of a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedItem {
    /// The record; `None` for a new one.
    pub item: Option<ItemId>,
    /// The code of a new one.
    pub code: String,
    /// What is set.
    pub change: NewChange,
}

impl Store {
    /// Begins a record with its first change.
    ///
    /// # Errors
    /// [`Error::Taken`] for a code in use; [`Error::Invalid`] for a change that breaks a rule or is part of what is not there.
    pub async fn add_item(
        &self,
        by: &Actor,
        now: Timestamp,
        kind: Kind,
        code: &str,
        first: &NewChange,
    ) -> Result<ItemId> {
        let mut tx = self.tx("inventory.add", by, now).await?;
        let (item, change) = insert_item(&mut tx, by, now, kind, code, first).await?;
        let after = Some(json!({ "kind": kind, "code": code.trim(), "change": change, "said": first }));
        tx.note(Note { action: "inventory.add", subject: subject(item), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(item)
    }

    /// Records a change of a record. `seen` is the last change of it that the writer saw.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was changed since, or the change to be corrected was corrected already; [`Error::NotFound`] for no
    /// such record or change; [`Error::Invalid`] for a change that breaks a rule.
    pub async fn change_item(
        &self,
        by: &Actor,
        now: Timestamp,
        item: ItemId,
        seen: ChangeId,
        new: &NewChange,
    ) -> Result<ChangeId> {
        let mut tx = self.tx("inventory.change", by, now).await?;
        let (last,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COALESCE(MAX(id), 0) FROM item_change WHERE item = $1")
            .bind(item.0).fetch_one(&mut **db).await)?;
        if last != seen.0 {
            return Err(Error::Stale { what: "record", current: last });
        }
        let before = match new.corrects {
            None => None,
            Some(id) => {
                let row: Option<Row> = on!(&mut tx.conn, db => query_as(
                    "SELECT id, item, effective, said, corrects, reason, made_by, recorded_at FROM item_change \
                     WHERE id = $1 AND item = $2").bind(id.0).bind(item.0).fetch_optional(&mut **db).await)?;
                Some(change(row.ok_or(Error::NotFound { what: "change" })?)?.said)
            }
        };
        let id = insert_change(&mut tx, by, now, item, new).await?;
        let action = if new.corrects.is_some() { "inventory.correct" } else { "inventory.change" };
        let after = Some(json!({ "change": id, "said": new }));
        tx.note(Note { action, subject: subject(item), before, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Ends a record: it is listed no more, and nothing new may hold it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such record; [`Error::Invalid`] without a reason, or while a project holds it or a part of it.
    pub async fn end_item(&self, by: &Actor, now: Timestamp, item: ItemId, why: &str) -> Result<()> {
        line("reason", why)?;
        let mut tx = self.tx("inventory.end", by, now).await?;
        let (held,): (i64,) = on!(&mut tx.conn, db => query_as(
            "SELECT COUNT(*) FROM hold WHERE ended_at IS NULL AND item IN (SELECT id FROM item WHERE id = $1 OR whole = $1)")
            .bind(item.0).fetch_one(&mut **db).await)?;
        if held > 0 {
            let said = "仍有项目占用（或其组成部分被占用），先结束占用 (a project holds it or a part of it: end that first)";
            return Err(Error::Invalid(said.into()));
        }
        let done = on!(&mut tx.conn, db => query("UPDATE item SET ended_at = $1, ended_why = $2 WHERE id = $3 AND ended_at IS NULL")
            .bind(micros(now)).bind(why).bind(item.0).execute(&mut **db).await.map(|d| d.rows_affected()))?;
        if done == 0 {
            return Err(Error::NotFound { what: "record" });
        }
        let after = Some(json!({ "why": why }));
        tx.note(Note { action: "inventory.end", subject: subject(item), before: NOTHING, after }).await?;
        tx.commit().await
    }

    /// Brings in many rows at once, all or nothing, while `seen` is still the last change of all ([`Store::last_change`]): what somebody
    /// was shown is what is written. A row may be part of one that stands before it.
    ///
    /// # Errors
    /// [`Error::Stale`] when the inventory was changed since; else as [`Store::add_item`], naming the code; nothing is written then.
    pub async fn import_items(
        &self,
        by: &Actor,
        now: Timestamp,
        kind: Kind,
        what: &str,
        seen: ChangeId,
        rows: &[ImportedItem],
    ) -> Result<()> {
        if rows.len() > limits::INVENTORY_ROWS {
            return Err(Error::Invalid(format!(
                "{} rows; at most {} at a time",
                rows.len(),
                limits::INVENTORY_ROWS
            )));
        }
        let mut tx = self.tx("inventory.import", by, now).await?;
        let (last,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COALESCE(MAX(id), 0) FROM item_change")
            .fetch_one(&mut **db).await)?;
        if last != seen.0 {
            return Err(Error::Stale { what: "inventory", current: last });
        }
        let (mut new, mut digest) = (0u64, Sha256::new());
        for row in rows {
            let named = |e: Error| match e {
                Error::Invalid(why) => Error::Invalid(format!("{}：{why}", row.code)),
                other => other,
            };
            match row.item {
                Some(item) => {
                    insert_change(&mut tx, by, now, item, &row.change).await.map_err(named)?;
                }
                None => {
                    new += 1;
                    insert_item(&mut tx, by, now, kind, &row.code, &row.change).await.map_err(named)?;
                }
            }
            digest.update(format!(
                "{}\t{}\n",
                row.code,
                serde_json::to_string(&row.change).unwrap_or_default()
            ));
        }
        let sha256 = crate::migrate::hex(&digest.finalize());
        let after =
            Some(json!({ "what": what, "kind": kind, "rows": rows.len(), "new": new, "sha256": sha256 }));
        tx.note(Note {
            action: "inventory.import",
            subject: format!("inventory:{kind}"),
            before: NOTHING,
            after,
        })
        .await?;
        tx.commit().await
    }

    /// Every record of a kind that was not ended (at most [`limits::INVENTORY_ITEMS`]), by code, with its changes.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn items(&self, kind: Kind) -> Result<Vec<Item>> {
        let rows: Vec<Head> = on!(&self.reader, db => query_as(
            "SELECT id, kind, code, whole, project, ended_at FROM item WHERE kind = $1 AND ended_at IS NULL ORDER BY code LIMIT $2")
            .bind(kind.as_str()).bind(limits::INVENTORY_ITEMS as i64).fetch_all(db).await)?;
        let changes: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT c.id, c.item, c.effective, c.said, c.corrects, c.reason, c.made_by, c.recorded_at FROM item_change c \
             JOIN item i ON i.id = c.item WHERE i.kind = $1 AND i.ended_at IS NULL ORDER BY c.id LIMIT $2")
            .bind(kind.as_str()).bind(limits::INVENTORY_CHANGES as i64).fetch_all(db).await)?;
        gather(rows, changes)
    }

    /// Every record that belongs to a project and was not ended (at most [`limits::INVENTORY_PROJECT`]), with its changes, by number.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn items_of_project(&self, project: ProjectId) -> Result<Vec<Item>> {
        let rows: Vec<Head> = on!(&self.reader, db => query_as(
            "SELECT id, kind, code, whole, project, ended_at FROM item WHERE project = $1 AND ended_at IS NULL ORDER BY id LIMIT $2")
            .bind(project.0).bind(limits::INVENTORY_PROJECT as i64).fetch_all(db).await)?;
        let changes: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT c.id, c.item, c.effective, c.said, c.corrects, c.reason, c.made_by, c.recorded_at FROM item_change c \
             JOIN item i ON i.id = c.item WHERE i.project = $1 AND i.ended_at IS NULL ORDER BY c.id LIMIT $2")
            .bind(project.0).bind(limits::INVENTORY_CHANGES as i64).fetch_all(db).await)?;
        gather(rows, changes)
    }

    /// One record with its changes, ended or not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn item(&self, id: ItemId) -> Result<Option<Item>> {
        let row: Option<Head> = on!(&self.reader, db => query_as("SELECT id, kind, code, whole, project, ended_at FROM item WHERE id = $1")
            .bind(id.0).fetch_optional(db).await)?;
        let Some(row) = row else { return Ok(None) };
        let changes: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, item, effective, said, corrects, reason, made_by, recorded_at FROM item_change WHERE item = $1 \
             ORDER BY id LIMIT $2").bind(id.0).bind(limits::INVENTORY_CHANGES as i64).fetch_all(db).await)?;
        let changes = changes.into_iter().map(change).collect::<Result<Vec<_>>>()?;
        item(row, &mut HashMap::from([(id.0, changes)])).map(Some)
    }

    /// The record of a kind with a code, ended or not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn item_by_code(&self, kind: Kind, code: &str) -> Result<Option<ItemId>> {
        let row: Option<(i64,)> = on!(&self.reader, db => query_as("SELECT id FROM item WHERE kind = $1 AND code = $2")
            .bind(kind.as_str()).bind(code).fetch_optional(db).await)?;
        Ok(row.map(|(id,)| ItemId(id)))
    }

    /// The number of the last change of the whole inventory; 0 when there is none.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn last_change(&self) -> Result<ChangeId> {
        let (id,): (i64,) = on!(&self.reader, db => query_as("SELECT COALESCE(MAX(id), 0) FROM item_change").fetch_one(db).await)?;
        Ok(ChangeId(id))
    }
}

fn subject(id: ItemId) -> String {
    format!("item:{id}")
}

async fn insert_item(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    kind: Kind,
    code: &str,
    first: &NewChange,
) -> Result<(ItemId, ChangeId)> {
    line("code", code)?;
    first.check(kind, true).map_err(|faults| refused(&faults))?;
    if first.corrects.is_some() {
        return Err(Error::NotFound { what: "change" });
    }
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO item (kind, code, made_by, created_at) VALUES ($1, $2, $3, $4) RETURNING id")
        .bind(kind.as_str()).bind(code.trim()).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
    .map_err(Error::taken("code"))?;
    let item = ItemId(id);
    let change = insert_change(tx, by, now, item, first).await?;
    Ok((item, change))
}

async fn insert_change(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    item: ItemId,
    new: &NewChange,
) -> Result<ChangeId> {
    let row: Option<(String,)> = on!(&mut tx.conn, db => query_as("SELECT kind FROM item WHERE id = $1 AND ended_at IS NULL")
        .bind(item.0).fetch_optional(&mut **db).await)?;
    let (kind,) = row.ok_or(Error::NotFound { what: "record" })?;
    let kind: Kind = kind.parse().map_err(|e: String| Error::corrupt("kind", e))?;
    new.check(kind, false).map_err(|faults| refused(&faults))?;
    part_of(tx, kind, item, new).await?;
    of_project(tx, kind, item, new).await?;
    let said = serde_json::to_string(&new.set).map_err(|e| Error::Other(e.into()))?;
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO item_change (item, effective, said, corrects, reason, made_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id")
        .bind(item.0).bind(new.effective.to_string()).bind(said).bind(new.corrects.map(|c| c.0)).bind(&new.reason)
        .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)
    .map_err(|error| match error.as_database_error() {
        Some(db) if db.is_unique_violation() => Error::Stale { what: "change", current: new.corrects.map_or(0, |c| c.0) },
        _ => error.into(),
    })?;
    Ok(ChangeId(id))
}

/// Keeps beside the record which project it belongs to, and refuses what is not there.
async fn of_project(tx: &mut Tx, kind: Kind, item: ItemId, new: &NewChange) -> Result<()> {
    let Some(Some(Value::Text(code))) = kind.of_project().and_then(|word| new.set.get(word)) else {
        return Ok(());
    };
    let row: Option<(i64,)> = on!(&mut tx.conn, db => query_as("SELECT id FROM project WHERE code = $1")
        .bind(code).fetch_optional(&mut **db).await)?;
    let missing = || Error::Invalid(format!("没有编号为“{code}”的项目 (no project has the code “{code}”)"));
    let (id,) = row.ok_or_else(missing)?;
    on!(&mut tx.conn, db => query("UPDATE item SET project = $1 WHERE id = $2").bind(id).bind(item.0)
        .execute(&mut **db).await.map(drop))?;
    Ok(())
}

/// Keeps beside the record what it is part of, and refuses what is not there.
async fn part_of(tx: &mut Tx, kind: Kind, item: ItemId, new: &NewChange) -> Result<()> {
    let Some((word, whole)) = kind.part_of() else { return Ok(()) };
    let Some(named) = new.set.get(word) else { return Ok(()) };
    let found = match named.as_ref().and_then(Value::text) {
        None => None,
        Some(code) => {
            let row: Option<(i64,)> = on!(&mut tx.conn, db => query_as(
                "SELECT id FROM item WHERE kind = $1 AND code = $2 AND ended_at IS NULL")
                .bind(whole.as_str()).bind(code).fetch_optional(&mut **db).await)?;
            let (zh, en) = (whole.names().0, whole.names().1);
            let why =
                format!("没有编号为“{code}”的{zh}，请先登记 (there is no “{code}” among {en}: add it first)");
            Some(row.ok_or(Error::Invalid(why))?.0)
        }
    };
    on!(&mut tx.conn, db => query("UPDATE item SET whole = $1 WHERE id = $2").bind(found).bind(item.0)
        .execute(&mut **db).await.map(drop))?;
    Ok(())
}

fn refused(faults: &[domain::inventory::Fault]) -> Error {
    let said: Vec<String> = faults.iter().map(|(zh, en)| format!("{zh} ({en})")).collect();
    Error::Invalid(said.join("；"))
}

type Head = (i64, String, String, Option<i64>, Option<i64>, Option<i64>);
type Row = (i64, i64, String, String, Option<i64>, String, String, i64);

fn gather(rows: Vec<Head>, changes: Vec<Row>) -> Result<Vec<Item>> {
    let mut by_item: HashMap<i64, Vec<Change>> = HashMap::new();
    for row in changes {
        by_item.entry(row.1).or_default().push(change(row)?);
    }
    rows.into_iter().map(|row| item(row, &mut by_item)).collect()
}

fn item(
    (id, kind, code, whole, project, ended): Head,
    changes: &mut HashMap<i64, Vec<Change>>,
) -> Result<Item> {
    Ok(Item {
        id: ItemId(id),
        kind: kind.parse().map_err(|e: String| Error::corrupt("kind", e))?,
        code,
        whole: whole.map(ItemId),
        project: project.map(ProjectId),
        ended: ended.map(timestamp).transpose()?,
        changes: changes.remove(&id).unwrap_or_default(),
    })
}

fn change((id, item, effective, said, corrects, reason, by, recorded): Row) -> Result<Change> {
    let set: BTreeMap<String, Option<Value>> =
        serde_json::from_str(&said).map_err(|e| Error::corrupt("change", e))?;
    let effective = effective.parse().map_err(|e| Error::corrupt("day", e))?;
    let said = NewChange { effective, set, corrects: corrects.map(ChangeId), reason };
    Ok(Change { id: ChangeId(id), item: ItemId(item), said, recorded: timestamp(recorded)?, by })
}
