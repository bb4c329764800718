//! What a caller of the store may branch on; everything else is [`Error::Other`].

use std::fmt;

/// Why the store refused or failed.
#[derive(Debug)]
pub enum Error {
    /// Somebody saved this in between: read it again, show both, and save with the new version.
    Stale {
        /// What was being saved.
        what: &'static str,
        /// The version it has now.
        current: i64,
    },
    /// There is no such row, or it has ended.
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Another row has this name already.
    Taken {
        /// The field whose value is taken.
        what: &'static str,
    },
    /// A value breaks a rule; the text names the field and what to do.
    Invalid(String),
    /// The database was written by a newer Landfall.
    TooNew {
        /// Its schema version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The database failed, or holds what this program cannot read.
    Other(anyhow::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Stale { what, current } => {
                write!(
                    f,
                    "{what} was saved by somebody else meanwhile (it is at version {current}): read it again"
                )
            }
            Error::NotFound { what } => write!(f, "there is no such {what}, or it has ended"),
            Error::Taken { what } => write!(f, "this {what} is taken already; choose another"),
            Error::Invalid(text) => f.write_str(text),
            Error::TooNew { found, known } => write!(
                f,
                "the database has schema version {found}, this program knows versions up to {known}: \
                 run the newer Landfall that wrote it, or restore a backup made before the upgrade"
            ),
            Error::Other(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Error {
        Error::Other(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        Error::Other(anyhow::Error::new(error).context("database"))
    }
}

impl Error {
    /// A stored value that cannot be read.
    pub(crate) fn corrupt(what: &str, why: impl fmt::Display) -> Error {
        Error::Other(anyhow::anyhow!("the database holds a {what} that cannot be read: {why}"))
    }

    /// Turns a broken unique constraint into [`Error::Taken`].
    pub(crate) fn taken(what: &'static str) -> impl Fn(sqlx::Error) -> Error {
        move |error| match error.as_database_error() {
            Some(db) if db.is_unique_violation() => Error::Taken { what },
            _ => error.into(),
        }
    }
}

/// Refuses a one-line text that is empty or too long.
pub(crate) fn line(field: &str, text: &str) -> Result<(), Error> {
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > domain::limits::LINE_CHARS || text.contains(['\n', '\r', '\0']) {
        return Err(Error::Invalid(format!(
            "{field}: write one line of 1 to {} characters (this has {chars})",
            domain::limits::LINE_CHARS
        )));
    }
    Ok(())
}
