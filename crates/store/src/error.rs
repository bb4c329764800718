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
    /// Another project holds that ground or those rooms, or a whole or a part of them.
    Held {
        /// Code of the record that is held.
        code: String,
        /// Who holds it from when to when.
        hold: domain::inventory::hold::Hold,
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
    /// The disk is full, or the database may not grow: nothing of the change was kept.
    Full {
        /// The file or server; empty when only the caller knows it.
        place: String,
        /// The database's own words.
        why: String,
    },
    /// The database may only be read: nothing of the change was kept.
    ReadOnly {
        /// The file or server; empty when only the caller knows it.
        place: String,
        /// The database's own words.
        why: String,
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
            Error::Held { code, hold } => {
                let (from, project) = (hold.from, hold.project);
                let until = hold.until.map_or("no end".to_string(), |d| d.to_string());
                write!(
                    f,
                    "project {project} holds {code} from {from} to {until}: choose other ground or days"
                )
            }
            Error::Invalid(text) => f.write_str(text),
            Error::TooNew { found, known } => write!(
                f,
                "the database has schema version {found}, this program knows versions up to {known}: \
                 run the newer Landfall that wrote it, or restore a backup made before the upgrade"
            ),
            Error::Full { place, why } => write!(
                f,
                "{}: the disk is full, or writing to it fails ({why}); nothing of this change was saved. \
                 Free space there, then do it again",
                named(place)
            ),
            Error::ReadOnly { place, why } => write!(
                f,
                "{} cannot be written ({why}); nothing of this change was saved. See that the folder is there, \
                 that the disk is not mounted read-only, and that the account which runs Landfall may write there",
                named(place)
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
        Error::of(error, "database")
    }
}

fn named(place: &str) -> &str {
    if place.is_empty() { "the database" } else { place }
}

/// What a database that cannot write says.
enum Trouble {
    Full,
    ReadOnly,
}

/// SQLite, by primary code: read-only (8), disk input or output (10: a write, a truncation, a synchronisation that fails),
/// full (13), cannot open (14: a folder that may not be written). PostgreSQL: disk full, out of its own limits, read-only.
fn trouble(error: &sqlx::Error) -> Option<Trouble> {
    if let sqlx::Error::Io(io) = error {
        return match io.kind() {
            std::io::ErrorKind::StorageFull => Some(Trouble::Full),
            std::io::ErrorKind::ReadOnlyFilesystem => Some(Trouble::ReadOnly),
            _ => None,
        };
    }
    let code = error.as_database_error()?.code()?;
    match code.as_ref() {
        "53100" | "53400" => return Some(Trouble::Full),
        "25006" => return Some(Trouble::ReadOnly),
        code if code.len() == 5 && !code.starts_with('1') => return None,
        _ => {}
    }
    // Extended codes of a write, a truncation, a synchronisation and the shared memory file's size.
    const WRITES: [u32; 5] = [778, 1034, 1290, 1546, 4874];
    match code.parse::<u32>().ok()? {
        13 => Some(Trouble::Full),
        code if WRITES.contains(&code) => Some(Trouble::Full),
        code if matches!(code & 0xff, 8 | 14) && code < 10_000 => Some(Trouble::ReadOnly),
        _ => None,
    }
}

impl Error {
    /// What the database said while doing `what`.
    pub(crate) fn of(error: sqlx::Error, what: &str) -> Error {
        let (place, why) = (String::new(), error.to_string());
        match trouble(&error) {
            Some(Trouble::Full) => Error::Full { place, why },
            Some(Trouble::ReadOnly) => Error::ReadOnly { place, why },
            None => Error::Other(anyhow::Error::new(error).context(what.to_string())),
        }
    }

    /// Names the place of a trouble that does not know it yet.
    #[must_use]
    pub fn at(mut self, there: &str) -> Error {
        if let Error::Full { place, .. } | Error::ReadOnly { place, .. } = &mut self
            && place.is_empty()
        {
            *place = there.to_string();
        }
        self
    }

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
