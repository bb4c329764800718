//! The directory that snapshots live in: which one serves, who builds, what may go.

use super::files::{plain_name, replace, sync_dir};
use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const CURRENT: &str = "CURRENT";
const BUILDING: &str = "tmp-";

/// How many snapshots are kept: the one that serves and the one before.
const KEEP: usize = 2;

/// The right to build under a root; ends with the value, and with the process that holds it however that dies.
pub(super) struct BuildLock {
    file: File,
}

impl Drop for BuildLock {
    /// Says so, rather than only closing the file: a child that is just being started still shares it for a moment.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// Takes the lock and removes what dead builds left behind.
pub(super) fn lock(root: &Path) -> Result<BuildLock> {
    fs::create_dir_all(root).with_context(|| format!("cannot create {}", root.display()))?;
    let path = root.join("LOCK");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("a snapshot is being built under {} already; wait for it or cancel it", root.display())
        }
        Err(TryLockError::Error(e)) => {
            return Err(e).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    for path in entries(root)? {
        if name_of(&path).starts_with(BUILDING) {
            fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove the dead build {}", path.display()))?;
        }
    }
    Ok(BuildLock { file })
}

/// An empty directory to build in.
pub(super) fn workplace(root: &Path) -> Result<PathBuf> {
    let dir = root.join(format!("{BUILDING}{}", std::process::id()));
    fs::create_dir(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

/// Gives a finished build its name, makes it the one that serves, and removes snapshots older than the last two.
pub(super) fn publish(root: &Path, built: &Path, id: &str) -> Result<()> {
    sync_dir(built)?;
    let place = root.join(id);
    if place.exists() && super::Universe::open_dir(&place).is_ok_and(|u| u.verify().is_ok()) {
        fs::remove_dir_all(built).with_context(|| format!("cannot remove {}", built.display()))?;
    } else {
        if place.exists() {
            fs::remove_dir_all(&place)
                .with_context(|| format!("cannot remove the damaged {}", place.display()))?;
        }
        fs::rename(built, &place).with_context(|| format!("cannot rename {} to {id}", built.display()))?;
    }
    sync_dir(root)?;
    let before = current(root)?;
    replace(root, CURRENT, format!("{id}\n").as_bytes())?;
    prune(root, id, before.as_deref())
}

/// The id of the snapshot that serves.
pub(super) fn current(root: &Path) -> Result<Option<String>> {
    let path = root.join(CURRENT);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let id = text.trim();
            plain_name(id).with_context(|| format!("{} is damaged", path.display()))?;
            Ok(Some(id.to_string()))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn prune(root: &Path, serving: &str, before: Option<&str>) -> Result<()> {
    let age = |p: &PathBuf| fs::metadata(p).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut old: Vec<PathBuf> =
        entries(root)?.into_iter().filter(|p| p.is_dir() && p.join("manifest.json").exists()).collect();
    old.sort_by_key(|p| {
        (name_of(p) != serving, Some(name_of(p).as_str()) != before, std::cmp::Reverse(age(p)))
    });
    for path in old.iter().skip(KEEP) {
        fs::remove_dir_all(path)
            .with_context(|| format!("cannot remove the old snapshot {}", path.display()))?;
    }
    Ok(())
}

fn entries(root: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(root).with_context(|| format!("cannot list {}", root.display()))?;
    list.map(|entry| Ok(entry?.path())).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
