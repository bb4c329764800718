//! All SQL of Landfall: what people write, on SQLite or on PostgreSQL.
//!
//! One SQL text serves both databases (`$1`, `RETURNING`, `ON CONFLICT`, `BIGINT`, `TEXT`); differences live in the two
//! migration folders. Every change goes through one write path (`tx.rs`), which also appends to the hash-chained [`journal`]. Time and
//! randomness are parameters. Nothing is deleted: it is ended.
#![forbid(unsafe_code)]

/// Runs one body on whichever database is behind.
macro_rules! on {
    ($any:expr, $db:ident => $body:expr) => {
        match $any {
            $crate::Db::Sqlite($db) => $body,
            $crate::Db::Postgres($db) => $body,
        }
    };
}

pub mod agreement;
pub mod backup;
pub mod chain_file;
pub mod column_mapping;
pub mod conflict;
pub mod contact;
pub mod cooperation;
pub mod dataspace;
pub mod duty;
pub mod error;
pub mod event;
pub mod fact;
pub mod file;
pub mod formula;
pub mod goal;
pub mod guest;
pub mod hold;
pub mod import;
pub mod inventory;
pub mod journal;
pub mod lead;
pub mod lead_alert;
pub mod lead_line;
pub mod lead_list;
pub mod lead_rules;
pub mod leader;
pub mod ledger;
pub mod login_link;
pub mod page;
pub mod period;
pub mod rate;
pub mod refusal;
pub mod resident;
pub mod restore;
pub mod review;
pub mod session;
pub mod token;
pub mod trust;
pub mod unit;
pub mod user;
pub mod zone;

mod migrate;
mod open;
mod seal;
mod time;
mod tx;

pub use error::Error;
pub use journal::Actor;
pub use page::Page;
pub use seal::verify_export;

/// What every method of the store answers.
pub type Result<T> = std::result::Result<T, Error>;

/// The operational database. Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// Many connections that only read (on PostgreSQL the same pool as `writer`).
    reader: Pool,
    /// On SQLite one connection, so that the writers of this process queue in order.
    writer: Pool,
    /// Where it is, for messages: the file, or host and name of the server's database.
    place: std::sync::Arc<str>,
}

/// One of the two databases, with what is held of it.
#[derive(Clone, Debug)]
enum Db<S, P> {
    Sqlite(S),
    Postgres(P),
}

type Pool = Db<sqlx::SqlitePool, sqlx::PgPool>;
