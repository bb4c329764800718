//! Keeps evidence under its hash, and says whether it is still what it was.

use crate::app::App;
use crate::config::Config;
use crate::intake::source;
use crate::web::error::Result;
use domain::limits;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use store::Actor;
use store::file::NewFile;

/// A file that is deleted with its owner, unless it was renamed before.
#[derive(Debug)]
pub struct Temporary(pub PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Best effort: what stays is removed with the uploads that nobody imported.
        let _ = fs::remove_file(&self.0);
    }
}

/// A file of a form, checked and hashed, not kept yet.
#[derive(Debug)]
pub struct Part {
    /// Name of the form's field.
    pub field: String,
    /// What it is.
    pub file: NewFile,
    /// Where its bytes are meanwhile.
    pub at: Temporary,
}

/// How a kept file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Its bytes have the hash that they are known by.
    Sound,
    /// It is not there.
    Missing,
    /// Its bytes are others.
    Altered,
    /// It is there with its length; nobody has hashed it now.
    Unread,
}

/// Where the bytes of a hash lie; `None` for anything but 64 lower-case hexadecimal digits.
#[must_use]
pub fn place(config: &Config, sha256: &str) -> Option<PathBuf> {
    let hex = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    hex.then(|| config.data_dir.join("files").join(&sha256[..2]).join(&sha256[2..4]).join(sha256))
}

/// Keeps the bytes of a part for good and notes the file. Its bytes were written and synced before.
///
/// # Errors
/// The disk or the store fails.
pub async fn keep(app: &App, by: &Actor, part: Part) -> Result<String> {
    let Part { file, at, .. } = part;
    let to = place(&app.config, &file.sha256).ok_or_else(|| anyhow::anyhow!("a hash that is none"))?;
    tokio::task::spawn_blocking(move || {
        let folder = to.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        fs::rename(&at.0, &to)?;
        // The name lasts only once its folder is on disk too.
        File::open(folder)?.sync_all()
    })
    .await
    .map_err(anyhow::Error::new)?
    .map_err(|e| anyhow::Error::new(e).context("keeping a file"))?;
    app.store.add_file(by, app.clock.now(), &file).await?;
    Ok(file.sha256)
}

/// Looks at a kept file, hashing at most `budget` bytes, which it lessens; a file that was sound and has not been touched since is
/// taken to be so.
///
/// # Errors
/// It is there and cannot be read.
pub fn health(config: &Config, file: &NewFile, budget: &mut u64) -> anyhow::Result<Health> {
    static SOUND: Mutex<Option<HashMap<String, (u64, Timestamp)>>> = Mutex::new(None);
    const MOST: usize = 100_000;
    let Some(path) = place(config, &file.sha256) else { return Ok(Health::Missing) };
    let seen = match fs::metadata(&path) {
        Ok(meta) => (meta.len(), Timestamp::try_from(meta.modified()?)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Health::Missing),
        Err(error) => return Err(error.into()),
    };
    if seen.0 != file.bytes {
        return Ok(Health::Altered);
    }
    let key = path.display().to_string();
    let known = SOUND.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|m| m.get(&key).copied());
    if known == Some(seen) {
        return Ok(Health::Sound);
    }
    let Some(rest) = budget.checked_sub(seen.0) else { return Ok(Health::Unread) };
    *budget = rest;
    if source::digest(&path)? != file.sha256 {
        return Ok(Health::Altered);
    }
    let mut sound = SOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let map = sound.get_or_insert_default();
    if map.len() >= MOST {
        map.clear();
    }
    map.insert(key, seen);
    Ok(Health::Sound)
}

/// As [`health`] of several, within [`limits::EVIDENCE_HASHED`].
///
/// # Errors
/// One is there and cannot be read.
pub fn health_of_all(config: &Config, files: &[NewFile]) -> anyhow::Result<Vec<Health>> {
    let mut budget = limits::EVIDENCE_HASHED;
    files.iter().map(|f| health(config, f, &mut budget)).collect()
}
