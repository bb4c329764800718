//! Filling an empty database from a backup, all in one transaction: it is there as a whole and verified, or not at all.
//!
//! A backup of an older schema is restored into that schema and then upgraded, as its own database would have been.

use crate::backup::{Kind, LEFT_OUT, Table, Value, Values};
use crate::journal::{Actor, Head, Verified, verify};
use crate::open::{is_postgres, postgres, sqlite};
use crate::tx::{Conn, NOTHING, Note, Tx};
use crate::{Db, Error, Result, Store, migrate};
use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, Database, Encode, IntoArguments, QueryBuilder, Type, query, query_as};
use std::path::Path;

/// A restoration under way. Dropped without [`Restoring::finish`], it never happened.
#[derive(Debug)]
pub struct Restoring {
    store: Store,
    conn: Conn,
    now: Timestamp,
    /// Tables that were filled, with the rows of each.
    filled: Vec<(Table, u64)>,
}

/// Values of one statement; PostgreSQL takes 65,535 and SQLite 32,766.
const VALUES: usize = 6_000;

/// Rows of one table that are best given to [`Restoring::add`] at once.
#[must_use]
pub fn rows_at_once(table: &Table) -> usize {
    (VALUES / table.columns.len().max(1)).clamp(1, 500)
}

impl Restoring {
    /// Begins in the database `target`, which must have no tables, with schema version `schema`. What the schema itself puts
    /// into `tables` gives way to the backup's rows.
    ///
    /// # Errors
    /// [`Error::TooNew`] for a backup of a newer program; [`Error::Invalid`] when the database has tables, or a table of the
    /// backup holds secrets or stands twice.
    pub async fn begin(target: &str, schema: i64, tables: &[Table], now: Timestamp) -> Result<Restoring> {
        if schema > migrate::known() {
            return Err(Error::TooNew { found: schema, known: migrate::known() });
        }
        if schema < 1 {
            return Err(Error::Invalid(format!("schema version {schema}: a backup has version 1 or later")));
        }
        let store = if is_postgres(target) {
            postgres(target).await?
        } else {
            sqlite(Path::new(target), true).await?
        };
        let mut conn = migrate::begin(&store.writer).await?;
        let found: (i64,) = match &mut conn {
            Db::Sqlite(db) => query_as("SELECT count(*) FROM sqlite_master").fetch_one(&mut **db).await?,
            Db::Postgres(db) => {
                let count =
                    "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()";
                query_as(count).fetch_one(&mut **db).await?
            }
        };
        if found.0 > 0 {
            return Err(Error::Invalid(format!(
                "{} is not empty (it has {} tables): restore into a new database",
                store.place, found.0
            )));
        }
        migrate::apply(&mut conn, now, schema).await.map_err(|e| e.at(&store.place))?;
        for (i, table) in tables.iter().enumerate().rev() {
            let list = table.list()?;
            if LEFT_OUT.contains(&table.name.as_str()) || tables[..i].iter().any(|t| t.name == table.name) {
                return Err(Error::Invalid(format!(
                    "a backup does not hold {} ({list}), or once only",
                    table.name
                )));
            }
            let sql = format!("DELETE FROM {}", table.name);
            on!(&mut conn, db => query(AssertSqlSafe(sql)).execute(&mut **db).await.map(drop))?;
        }
        let filled = tables.iter().map(|t| (t.clone(), 0)).collect();
        Ok(Restoring { store, conn, now, filled })
    }

    /// Adds rows to the table that is number `table` of those it began with, in their order.
    ///
    /// # Errors
    /// There is no such table, a row breaks a rule of the database, or the disk is full.
    pub async fn add(&mut self, table: usize, rows: &[Values]) -> Result<()> {
        let Some((table, filled)) = self.filled.get_mut(table) else {
            return Err(Error::NotFound { what: "table of the backup" });
        };
        let identity = table.columns.iter().any(|c| c.kind == Kind::Identity);
        for rows in rows.chunks(rows_at_once(table)) {
            let list = table.list()?;
            let put = match &mut self.conn {
                Db::Sqlite(db) => {
                    let head = format!("INSERT INTO {} ({list}) ", table.name);
                    insert(&mut **db, head, rows).await
                }
                Db::Postgres(db) => {
                    let given = if identity { "OVERRIDING SYSTEM VALUE " } else { "" };
                    let head = format!("INSERT INTO {} ({list}) {given}", table.name);
                    insert(&mut **db, head, rows).await
                }
            };
            put.map_err(|e| Error::of(e, &format!("filling {}", table.name)).at(&self.store.place))?;
            *filled += rows.len() as u64;
        }
        Ok(())
    }

    /// Sets the end of the journal, upgrades the schema, counts every table, checks the journal's chain, journals the
    /// restoration (`from` says from what), and only then keeps it all. Answers the chain before that last entry.
    ///
    /// # Errors
    /// A count or the chain does not hold: then nothing was kept.
    pub async fn finish(mut self, head: &Head, from: &str) -> Result<Verified> {
        on!(&mut self.conn, db => query("UPDATE journal_head SET seq = $1, hash = $2, sm3_from = $3 WHERE id = 1")
            .bind(head.seq).bind(&head.hash).bind(head.sm3_from).execute(&mut **db).await.map(drop))?;
        if let Db::Postgres(db) = &mut self.conn {
            for (table, column) in self.filled.iter().filter_map(|(t, _)| Some((t, identity_of(t)?))) {
                let sql = format!(
                    "SELECT setval(pg_get_serial_sequence('{0}', '{column}'), GREATEST((SELECT max({column}) FROM {0}), 1), \
                     (SELECT max({column}) FROM {0}) IS NOT NULL)",
                    table.name
                );
                query(AssertSqlSafe(sql)).execute(&mut **db).await?;
            }
        }
        for (table, filled) in &self.filled {
            let sql = format!("SELECT count(*) FROM {}", table.name);
            let (rows,): (i64,) =
                on!(&mut self.conn, db => query_as(AssertSqlSafe(sql)).fetch_one(&mut **db).await)?;
            if rows.unsigned_abs() != *filled {
                return Err(anyhow!(
                    "{} has {rows} rows in the database and {filled} in the backup",
                    table.name
                )
                .into());
            }
        }
        let verified = verify(&mut self.conn).await?;
        if let Some(broken) = &verified.broken {
            return Err(
                anyhow!("the journal of the backup breaks at entry {}: {}", broken.seq, broken.why).into()
            );
        }
        migrate::apply(&mut self.conn, self.now, migrate::known())
            .await
            .map_err(|e| e.at(&self.store.place))?;
        let place = self.store.place.clone();
        let mut tx = Tx::behind(self.conn, "backup.restore", self.now, &Actor::Cli, head, place);
        let after = Some(json!({ "from": from, "entries": head.seq }));
        let subject = "backup".to_string();
        tx.note(Note { action: "backup.restore", subject, before: NOTHING, after }).await?;
        tx.commit().await?;
        self.store.close().await;
        Ok(verified)
    }
}

fn identity_of(table: &Table) -> Option<&str> {
    table.columns.iter().find(|c| c.kind == Kind::Identity).map(|c| c.name.as_str())
}

async fn insert<'c, DB, E>(db: E, head: String, rows: &[Values]) -> sqlx::Result<()>
where
    DB: Database,
    E: sqlx::Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    for<'q> Option<i64>: Encode<'q, DB>,
    for<'q> Option<String>: Encode<'q, DB>,
    for<'q> Option<Vec<u8>>: Encode<'q, DB>,
    for<'q> Option<bool>: Encode<'q, DB>,
    i64: Type<DB>,
    String: Type<DB>,
    Vec<u8>: Type<DB>,
    bool: Type<DB>,
{
    let mut statement = QueryBuilder::<DB>::new(head);
    statement.push_values(rows, |mut tuple, row| {
        for value in &row.0 {
            match value {
                Value::Int(n) => tuple.push_bind(*n),
                Value::Text(text) => tuple.push_bind(text.clone()),
                Value::Bytes(bytes) => tuple.push_bind(bytes.clone()),
                Value::Bool(yes) => tuple.push_bind(*yes),
            };
        }
    });
    statement.build().execute(db).await.map(drop)
}
