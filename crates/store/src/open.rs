//! Opening a database: SQLite by default, PostgreSQL by URL.

use crate::{Db, Error, Result, Store, migrate};
use anyhow::Context as _;
use jiff::Timestamp;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;
const BUSY: Duration = Duration::from_secs(20);
const ACQUIRE: Duration = Duration::from_secs(30);

/// Rows that SQLite's thread reads ahead of the one that takes them: with few (50 is the driver's own number) the two threads
/// wake each other for nearly every row, which cost more than reading it.
const ROWS_AHEAD: usize = 2_000;

impl Store {
    /// Opens (or makes) the SQLite file `path` and brings its schema up to date.
    ///
    /// Write-ahead log, full synchronisation (an acknowledged write survives a power cut), foreign keys on.
    ///
    /// # Errors
    /// [`Error::TooNew`] for a database of a newer program; [`Error::Other`] when the file cannot be opened.
    pub async fn open_sqlite(path: &Path, now: Timestamp) -> Result<Store> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .row_buffer_size(ROWS_AHEAD)
            .busy_timeout(BUSY);
        let context = || format!("opening the SQLite file {}", path.display());
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await
            .with_context(context)?;
        migrate::run(&Db::Sqlite(writer.clone()), now).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options)
            .await
            .with_context(context)?;
        Ok(Store { reader: Db::Sqlite(reader), writer: Db::Sqlite(writer) })
    }

    /// Opens the PostgreSQL database at `url` (`postgres://user:password@host/name`) and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::TooNew`] for a database of a newer program; [`Error::Other`] when it cannot be reached.
    pub async fn open_postgres(url: &str, now: Timestamp) -> Result<Store> {
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect(url)
            .await
            .context("connecting to PostgreSQL")?;
        migrate::run(&Db::Postgres(pool.clone()), now).await?;
        Ok(Store { reader: Db::Postgres(pool.clone()), writer: Db::Postgres(pool) })
    }

    /// Opens `postgres://…` and `postgresql://…` as PostgreSQL and everything else as the path of an SQLite file.
    ///
    /// # Errors
    /// As [`Store::open_sqlite`] and [`Store::open_postgres`].
    pub async fn open(target: &str, now: Timestamp) -> Result<Store> {
        if target.starts_with("postgres://") || target.starts_with("postgresql://") {
            Store::open_postgres(target, now).await
        } else {
            Store::open_sqlite(Path::new(target), now).await
        }
    }

    /// `SQLite` or `PostgreSQL`, for a status page.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        match self.reader {
            Db::Sqlite(_) => "SQLite",
            Db::Postgres(_) => "PostgreSQL",
        }
    }

    /// Closes every connection; on SQLite this folds the write-ahead log into the file.
    pub async fn close(&self) {
        on!(&self.reader, db => db.close().await);
        on!(&self.writer, db => db.close().await);
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Other`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        on!(&self.reader, db => sqlx::query("SELECT 1").execute(db).await.map(drop)).map_err(Error::from)
    }
}
