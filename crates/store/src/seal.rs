//! How an entry of the journal is sealed, how a chain of them is checked, and what an export looks like.
//!
//! `hash = SM3("landfall journal 2" ‖ prev_hash ‖ fields)`, each field as its length (8 bytes, little endian) and its
//! bytes, in the order seq, at (both as decimal text; `at` in microseconds since 1970-01-01 UTC), actor, action, subject,
//! before, after; a missing value has length 2⁶⁴ − 1. `prev_hash` of entry 1 is 32 zero bytes. Entries from before SM3 was
//! introduced (`journal_head.sm3_from`) are sealed by the same rule with SHA-256 and the prefix "landfall journal 1".
//!
//! An export is JSON lines. The first line says what it is: `format` "landfall journal export 1", `entries` (their number),
//! `head` (the seal of the last), `sm3_from`, `exported` (when). Each further line is one entry: `seq`, `at`, `actor`, `action`,
//! `subject`, `before`, `after` (texts or null, exactly as sealed), `prev_hash`, `hash` (hexadecimal) and `algorithm` ("SM3" or
//! "SHA-256"). Anybody can check it with the rule above, without this program and without the database.

use crate::journal::{Broken, Head, JournalEntry, Verified};
use crate::migrate::hex;
use crate::time::timestamp;
use crate::{Error, Result};
use anyhow::{Context as _, anyhow};
use domain::limits::JOURNAL_LINE_BYTES;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sm3::Sm3;
use std::io::{BufRead, Read as _};

const FORMAT: &str = "landfall journal export 1";

/// One entry as the database holds it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    #[serde(with = "hexed")]
    pub(crate) prev_hash: Vec<u8>,
    #[serde(with = "hexed")]
    pub(crate) hash: Vec<u8>,
    #[serde(default)]
    algorithm: String,
}

/// What an entry says was done.
pub(crate) struct Said {
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

type Row = (i64, i64, String, String, String, Option<String>, Option<String>, Vec<u8>, Vec<u8>);

impl From<Row> for Entry {
    fn from((seq, at, actor, action, subject, before, after, prev_hash, hash): Row) -> Entry {
        let algorithm = String::new();
        Entry { seq, at, actor, action, subject, before, after, prev_hash, hash, algorithm }
    }
}

impl Entry {
    /// Seals what follows entry `head.0`, whose seal is `head.1`.
    pub(crate) fn next(head: (i64, &[u8]), at: i64, actor: &str, said: Said) -> Entry {
        let mut entry = Entry {
            seq: head.0 + 1,
            at,
            actor: actor.to_string(),
            action: said.action,
            subject: said.subject,
            before: said.before,
            after: said.after,
            prev_hash: head.1.to_vec(),
            hash: Vec::new(),
            algorithm: String::new(),
        };
        entry.hash = entry.seal(true);
        entry
    }

    fn seal(&self, sm3: bool) -> Vec<u8> {
        if sm3 {
            self.sealed::<Sm3>(b"landfall journal 2")
        } else {
            self.sealed::<Sha256>(b"landfall journal 1")
        }
    }

    fn sealed<H: Digest>(&self, prefix: &[u8]) -> Vec<u8> {
        let mut hash = H::new();
        hash.update(prefix);
        hash.update(&self.prev_hash);
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let fields = [Some(&seq), Some(&at), Some(&self.actor), Some(&self.action), Some(&self.subject)];
        for field in fields.into_iter().chain([self.before.as_ref(), self.after.as_ref()]) {
            match field {
                Some(text) => {
                    hash.update((text.len() as u64).to_le_bytes());
                    hash.update(text.as_bytes());
                }
                None => hash.update(u64::MAX.to_le_bytes()),
            }
        }
        hash.finalize().to_vec()
    }

    pub(crate) fn shown(self) -> Result<JournalEntry> {
        Ok(JournalEntry {
            seq: self.seq,
            at: timestamp(self.at)?,
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            before: self.before,
            after: self.after,
            hash: self.hash,
        })
    }

    /// Appends the entry as a line of an export.
    pub(crate) fn export(mut self, sm3_from: i64, lines: &mut String) -> Result<()> {
        self.algorithm = algorithm(self.seq >= sm3_from).to_string();
        lines.push_str(&written(&self)?);
        lines.push('\n');
        Ok(())
    }
}

fn algorithm(sm3: bool) -> &'static str {
    if sm3 { "SM3" } else { "SHA-256" }
}

fn written(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::Other(anyhow::Error::new(e).context("writing the journal's export")))
}

/// Walks a chain from its first entry.
pub(crate) struct Chain {
    head: Head,
    seq: i64,
    hash: Vec<u8>,
    entries: u64,
    broken: Option<Broken>,
}

impl Chain {
    /// A chain that is said to end at `head`.
    pub(crate) fn new(head: Head) -> Chain {
        Chain { head, seq: 0, hash: vec![0; 32], entries: 0, broken: None }
    }

    /// The last good entry.
    pub(crate) fn seq(&self) -> i64 {
        self.seq
    }

    /// Checks the next entry; `false` once the chain is broken.
    pub(crate) fn take(&mut self, entry: &Entry) -> bool {
        self.entries += 1;
        if let Some(why) = self.fault(entry) {
            self.broken = Some(Broken { seq: entry.seq.min(self.seq + 1), why });
            return false;
        }
        self.seq = entry.seq;
        self.hash.clone_from(&entry.hash);
        if self.seq == self.head.seq && self.hash != self.head.hash {
            let why = "the seal is not the one that was noted as the last";
            self.broken = Some(Broken { seq: self.seq, why });
        }
        self.broken.is_none()
    }

    /// Checks rows of which at most `asked` were asked for; `true` when the walk is over.
    pub(crate) fn take_all(&mut self, rows: Vec<Row>, asked: i64) -> bool {
        let last = (rows.len() as i64) < asked;
        !rows.into_iter().all(|row| self.take(&Entry::from(row))) || last
    }

    fn fault(&self, entry: &Entry) -> Option<&'static str> {
        if entry.seq != self.seq + 1 {
            Some("an entry is missing")
        } else if entry.prev_hash != self.hash {
            Some("the entry does not follow the one before it")
        } else if entry.hash != entry.seal(entry.seq >= self.head.sm3_from) {
            Some("the entry was altered")
        } else {
            None
        }
    }

    /// What the walk found.
    pub(crate) fn verified(self) -> Verified {
        let missing = || Broken { seq: self.seq + 1, why: "entries are missing at the end" };
        let broken = self.broken.clone().or_else(|| (self.seq < self.head.seq).then(missing));
        Verified { entries: self.entries, hash: self.hash, broken }
    }
}

#[derive(Serialize, Deserialize)]
struct Heading {
    format: String,
    entries: i64,
    #[serde(with = "hexed")]
    head: Vec<u8>,
    sm3_from: i64,
    exported: Timestamp,
}

/// The first line of an export.
pub(crate) fn heading(head: &Head, now: Timestamp) -> Result<String> {
    let heading = Heading {
        format: FORMAT.to_string(),
        entries: head.seq,
        head: head.hash.clone(),
        sm3_from: head.sm3_from,
        exported: now,
    };
    written(&heading).map(|line| line + "\n")
}

/// Checks an export of the journal without the database; a broken chain is an answer, not an error.
///
/// # Errors
/// It cannot be read, or is no export of a journal; the text names the line.
pub fn verify_export(from: &mut dyn BufRead) -> Result<Verified> {
    let mut lines = Lines { from, line: String::new(), number: 0 };
    let first = lines.next()?.ok_or_else(|| anyhow!("the file is empty"))?;
    let heading: Heading = serde_json::from_str(first).map_err(|_| {
        anyhow!("line 1: this is not an export of a journal (its first line says what it is)")
    })?;
    if heading.format != FORMAT {
        return Err(
            anyhow!("line 1: the format is `{}`; this program checks `{FORMAT}`", heading.format).into()
        );
    }
    let mut chain = Chain::new(Head { seq: heading.entries, hash: heading.head, sm3_from: heading.sm3_from });
    while let Some(line) = lines.next()? {
        let entry: Entry = serde_json::from_str(line)
            .map_err(|e| anyhow!("line {}: this is not an entry of a journal: {e}", chain.entries + 2))?;
        let named = algorithm(entry.seq >= heading.sm3_from);
        if entry.algorithm != named {
            let line = chain.entries + 2;
            return Err(anyhow!("line {line}: entry {} must be sealed with {named}", entry.seq).into());
        }
        if !chain.take(&entry) {
            return Ok(chain.verified());
        }
        if chain.seq > heading.entries {
            return Err(anyhow!(
                "the file has more entries than the {} its first line says",
                heading.entries
            )
            .into());
        }
    }
    Ok(chain.verified())
}

/// Lines of bounded length.
struct Lines<'a> {
    from: &'a mut dyn BufRead,
    line: String,
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<&str>> {
        self.line.clear();
        self.number += 1;
        let limit = JOURNAL_LINE_BYTES as u64;
        let read = (&mut *self.from).take(limit + 1).read_line(&mut self.line);
        let read = read.with_context(|| format!("line {} cannot be read", self.number))?;
        if read as u64 > limit {
            return Err(anyhow!("line {} is longer than {limit} bytes", self.number).into());
        }
        Ok((read > 0).then_some(self.line.trim_end_matches('\n')))
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) mod hexed {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(bytes))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        super::unhex(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not hexadecimal")))
    }
}

/// Bytes of lower-case hexadecimal; `None` for anything else.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two examples of appendix A of GB/T 32905-2016.
    #[test]
    fn sm3_gives_the_examples_of_the_standard() {
        let abc = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(hex(&Sm3::digest(b"abc")), abc);
        let long = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732";
        assert_eq!(hex(&Sm3::digest("abcd".repeat(16))), long);
    }

    #[test]
    fn a_seal_covers_every_field_and_tells_missing_from_empty() {
        let said =
            || Said { action: "a".into(), subject: "s".into(), before: None, after: Some("{}".into()) };
        let entry = Entry::next((4, &[7; 32]), 5, "cli", said());
        let changed: [fn(&mut Entry); 8] = [
            |e| e.seq += 1,
            |e| e.at += 1,
            |e| e.actor.push('x'),
            |e| e.action.push('x'),
            |e| e.subject.push('x'),
            |e| e.before = Some(String::new()),
            |e| e.after = None,
            |e| e.prev_hash[0] ^= 1,
        ];
        for change in changed {
            let mut other = Entry::next((4, &[7; 32]), 5, "cli", said());
            assert_eq!(other.seal(true), entry.hash);
            change(&mut other);
            assert_ne!(other.seal(true), entry.hash);
        }
        assert_ne!(entry.seal(false), entry.hash);
    }

    #[test]
    fn hexadecimal_reads_back() {
        assert_eq!(unhex("00ff1a"), Some(vec![0, 255, 26]));
        assert!(["0", "0g", "FF", "中"].iter().all(|bad| unhex(bad).is_none()));
    }
}
