//! Opening a database: SQLite by default, PostgreSQL by URL.

use crate::{Db, Error, Result, Store, migrate};
use anyhow::Context as _;
use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;
const BUSY: Duration = Duration::from_secs(20);
const ACQUIRE: Duration = Duration::from_secs(30);

/// Rows that SQLite's thread reads ahead of the one that takes them. With few (50 is the driver's own number) the two threads
/// wake each other for every few rows, which shows where many are read.
const ROWS_AHEAD: usize = 2_000;

impl Store {
    /// Opens (or makes) the SQLite file `path` and brings its schema up to date.
    ///
    /// Write-ahead log, full synchronisation (an acknowledged write survives a power cut), foreign keys on.
    ///
    /// # Errors
    /// [`Error::TooNew`] for a database of a newer program; [`Error::ReadOnly`] and [`Error::Full`] when it cannot be
    /// written; [`Error::Other`] when the file cannot be opened.
    pub async fn open_sqlite(path: &Path, now: Timestamp) -> Result<Store> {
        let store = sqlite(path, true).await?;
        migrate::run(&store.writer, now).await.map_err(|e| e.at(&store.place))?;
        Ok(store)
    }

    /// Opens the PostgreSQL database at `url` (`postgres://user:password@host/name`) and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::TooNew`] for a database of a newer program; [`Error::Other`] when it cannot be reached.
    pub async fn open_postgres(url: &str, now: Timestamp) -> Result<Store> {
        let store = postgres(url).await?;
        migrate::run(&store.writer, now).await.map_err(|e| e.at(&store.place))?;
        Ok(store)
    }

    /// Opens a database that is there and leaves its schema alone, as a backup must.
    ///
    /// # Errors
    /// As [`Store::open`], and when there is no database or its schema is not the one that this program writes.
    pub async fn open_unchanged(target: &str) -> Result<Store> {
        let store = if is_postgres(target) {
            postgres(target).await?
        } else {
            sqlite(Path::new(target), false).await?
        };
        let version: std::result::Result<(i64,), sqlx::Error> = on!(&store.reader, db =>
            sqlx::query_as("SELECT max(version) FROM schema_version").fetch_one(db).await);
        let (found, known) =
            (version.map_err(|e| Error::of(e, "reading the schema version"))?.0, migrate::known());
        match found.cmp(&known) {
            std::cmp::Ordering::Equal => Ok(store),
            std::cmp::Ordering::Greater => Err(Error::TooNew { found, known }),
            std::cmp::Ordering::Less => Err(Error::Other(anyhow::anyhow!(
                "{}: the database has schema version {found}, this program writes version {known}: make the backup with the \
                 Landfall that served it last, or start this one once with `landfall serve`, which upgrades it",
                store.place
            ))),
        }
    }

    /// Opens `postgres://…` and `postgresql://…` as PostgreSQL and everything else as the path of an SQLite file.
    ///
    /// # Errors
    /// As [`Store::open_sqlite`] and [`Store::open_postgres`].
    pub async fn open(target: &str, now: Timestamp) -> Result<Store> {
        if is_postgres(target) {
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

/// Whether a target is the address of a PostgreSQL database.
pub(crate) fn is_postgres(target: &str) -> bool {
    target.starts_with("postgres://") || target.starts_with("postgresql://")
}

/// Connects to an SQLite file, with its schema as it is.
pub(crate) async fn sqlite(path: &Path, create: bool) -> Result<Store> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .row_buffer_size(ROWS_AHEAD)
        .busy_timeout(BUSY);
    let place = path.display().to_string();
    let failed = |e| Error::of(e, &format!("opening the SQLite file {place}")).at(&place);
    if !create && !path.exists() {
        return Err(Error::Other(anyhow::anyhow!(
            "there is no database at {place}; name its folder with --data-dir"
        )));
    }
    let pool = |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
    let writer = patient(|| pool(1).connect_with(options.clone())).await.map_err(failed)?;
    let reader = patient(|| pool(SQLITE_READERS).connect_with(options.clone())).await.map_err(failed)?;
    Ok(Store { reader: Db::Sqlite(reader), writer: Db::Sqlite(writer), place: place.as_str().into() })
}

/// Tries again while another program holds the file, for as long as a write would wait.
///
/// The first connection to a new file turns on the write-ahead log. That step needs the file to itself, and SQLite answers
/// "locked" at once instead of waiting for its busy time (<https://www.sqlite.org/pragma.html#pragma_journal_mode>).
async fn patient<T, F: Future<Output = std::result::Result<T, sqlx::Error>>>(
    connect: impl Fn() -> F,
) -> std::result::Result<T, sqlx::Error> {
    /// The primary code of `SQLITE_BUSY` and of its extended codes.
    const LOCKED: i32 = 5;
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(5);
    loop {
        let locked = |e: &sqlx::Error| {
            let code = e.as_database_error().and_then(|e| e.code()?.parse::<i32>().ok());
            code.is_some_and(|c| c & 0xff == LOCKED)
        };
        match connect().await {
            Err(e) if locked(&e) && waited < BUSY => {
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(Duration::from_millis(200));
            }
            other => return other,
        }
    }
}

/// Connects to a PostgreSQL database, with its schema as it is.
pub(crate) async fn postgres(url: &str) -> Result<Store> {
    let options: PgConnectOptions = url.parse().context("the address of the database")?;
    let name = options.get_database().unwrap_or_default();
    let place = format!("the PostgreSQL database {name} on {}", options.get_host());
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .connect_with(options)
        .await
        .with_context(|| format!("connecting to {place}"))?;
    let (reader, writer) = (Db::Postgres(pool.clone()), Db::Postgres(pool));
    Ok(Store { reader, writer, place: place.as_str().into() })
}
