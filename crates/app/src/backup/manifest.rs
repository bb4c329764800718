//! `manifest.json`: what a backup holds.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use store::backup::Table;
use store::journal::Head;

/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;
/// Its name in the archive.
pub const NAME: &str = "manifest.json";
/// The folders beside the database that parts may lie in.
pub const FOLDERS: [&str; 4] = ["files", "uploads", "imports", "universe"];

/// What a backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// The program's version.
    pub landfall: String,
    /// Version of the database's schema.
    pub schema: i64,
    /// When it was made.
    pub made: Timestamp,
    /// The database it was read from: SQLite or PostgreSQL.
    pub database: String,
    /// Whether this is the sample zone, whose password is public.
    pub sample: bool,
    /// The end of the journal.
    pub journal: Head,
    /// Tables, each after those that it refers to.
    pub tables: Vec<TablePart>,
    /// Every part but the manifest.
    pub parts: Vec<Part>,
    /// Evidence files and uploads that the database knows and the folder did not have.
    pub missing: Vec<String>,
    /// Evidence files and uploads whose bytes are not those of their name.
    pub damaged: Vec<String>,
}

/// A table of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TablePart {
    /// The table as it was.
    #[serde(flatten)]
    pub table: Table,
    /// Its rows.
    pub rows: u64,
}

/// A part of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the archive.
    pub name: String,
    /// Its length, unpacked.
    pub bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

impl TablePart {
    /// The name of its part.
    #[must_use]
    pub fn part(&self) -> String {
        part_of(&self.table)
    }
}

/// The name of a table's part.
#[must_use]
pub fn part_of(table: &Table) -> String {
    format!("tables/{}.jsonl", table.name)
}

impl Manifest {
    /// Checks that the manifest is one that this program reads, and that its parts are exactly those of the archive.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check<'a>(&self, found: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut named = BTreeSet::from([NAME]);
        for part in &self.parts {
            let table = self.tables.iter().any(|t| t.part() == part.name);
            ensure!(
                table || inside(&part.name),
                "the manifest names a part `{}` that a backup does not have",
                part.name
            );
            ensure!(named.insert(&part.name), "the manifest names the part {} twice", part.name);
        }
        for table in &self.tables {
            ensure!(
                named.contains(table.part().as_str()),
                "the manifest names no part for the table {}",
                table.table.name
            );
        }
        let mut seen = BTreeSet::new();
        for name in found {
            ensure!(named.contains(name), "the archive has a part `{name}` that its manifest does not name");
            ensure!(seen.insert(name.to_string()), "the archive has the part {name} twice");
        }
        let lost = named.iter().find(|name| !seen.contains(**name));
        ensure!(lost.is_none(), "the part {} is missing from the archive", lost.unwrap_or(&NAME));
        Ok(())
    }
}

/// Whether a part is a file in one of the folders beside the database, and leads nowhere else.
fn inside(name: &str) -> bool {
    let plain = |piece: &str| {
        !piece.is_empty()
            && !piece.starts_with('.')
            && piece.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    let pieces: Vec<&str> = name.split('/').collect();
    pieces.len() > 1 && FOLDERS.contains(&pieces[0]) && pieces.into_iter().all(plain)
}

/// Counts and hashes what passes through.
#[derive(Debug)]
pub struct Hashing<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    /// Nothing has passed yet.
    pub fn new(inner: T) -> Hashing<T> {
        Hashing { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// What has passed, as the part `name`.
    pub fn part(self, name: &str) -> Part {
        let sha256 = crate::web::session::hex(&self.hash.finalize());
        Part { name: name.to_string(), bytes: self.bytes, sha256 }
    }

    fn saw(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.saw(&buffer[..n]);
        Ok(n)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.saw(&bytes[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside_the_folder() {
        assert!(inside("files/ab/cd/abcd") && inside("universe/CURRENT") && inside("imports/3/rejects.csv"));
        let bad = [
            "files",
            "landfall.db",
            "../x",
            "files/../../x",
            "/etc/passwd",
            "files//x",
            "files/.x",
            "other/x",
            "files/a\\b",
        ];
        assert!(bad.iter().all(|name| !inside(name)));
    }
}
