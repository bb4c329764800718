//! Brings a database to the newest schema, one numbered step at a time, all in one transaction.

use crate::time::micros;
use crate::tx::Conn;
use crate::{Db, Error, Pool, Result};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::{query, query_as, raw_sql};

struct Step {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! step {
    ($name:literal) => {
        Step {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }
    };
}

/// Version n is entry n − 1. A step that was released is never edited: add another.
const STEPS: &[Step] = &[
    step!("0001_people"),
    step!("0002_work"),
    step!("0003_facts"),
    step!("0004_safety"),
    step!("0005_leads"),
    step!("0006_reviews"),
    step!("0007_team"),
    step!("0008_periods"),
    step!("0009_access"),
    step!("0010_inventory"),
    step!("0011_dataspace"),
    step!("0012_cooperation"),
    step!("0013_signatures"),
    step!("0014_delivery"),
];

/// Two programs that open one PostgreSQL database at once take turns under this lock (any constant will do).
const LOCK: &str = "SELECT pg_advisory_xact_lock(7812049635)";

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version \
    (version BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// The newest version that this program knows.
pub(crate) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Applies the steps that the database does not have yet.
pub(crate) async fn run(pool: &Pool, now: Timestamp) -> Result<()> {
    let mut tx = begin(pool).await?;
    apply(&mut tx, now, known()).await?;
    on!(tx, db => db.commit().await)?;
    Ok(())
}

/// Begins a transaction in which no other program changes the schema.
pub(crate) async fn begin(pool: &Pool) -> Result<Conn> {
    Ok(match pool {
        Db::Sqlite(pool) => Db::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        Db::Postgres(pool) => {
            let mut tx = pool.begin().await?;
            query(LOCK).execute(&mut *tx).await?;
            Db::Postgres(tx)
        }
    })
}

/// Applies the missing steps up to version `upto`.
pub(crate) async fn apply(tx: &mut Conn, now: Timestamp, upto: i64) -> Result<()> {
    let sqlite = matches!(tx, Db::Sqlite(_));
    on!(&mut *tx, db => raw_sql(VERSIONS).execute(&mut **db).await.map(drop))?;
    let applied: Vec<(i64, String, String)> = on!(&mut *tx, db => query_as(
        "SELECT version, name, sha256 FROM schema_version ORDER BY version").fetch_all(&mut **db).await)?;
    let known = known();
    if let Some(&(found, ..)) = applied.last().filter(|(version, ..)| *version > known) {
        return Err(Error::TooNew { found, known });
    }
    for (version, step) in (1i64..=upto).zip(STEPS) {
        let text = if sqlite { step.sqlite } else { step.postgres };
        let digest = hex(&Sha256::digest(text.as_bytes()));
        match applied.iter().find(|(v, ..)| *v == version) {
            Some((_, _, sha256)) if *sha256 == digest => {}
            Some((_, name, _)) => {
                let why =
                    format!("step {version} was applied as `{name}` with another text than this program has");
                return Err(Error::corrupt("schema", why));
            }
            None => {
                on!(&mut *tx, db => raw_sql(text).execute(&mut **db).await.map(drop))?;
                on!(&mut *tx, db => query("INSERT INTO schema_version (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)")
                    .bind(version).bind(step.name).bind(&digest).bind(micros(now))
                    .execute(&mut **db).await.map(drop))?;
            }
        }
    }
    Ok(())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
