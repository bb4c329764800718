//! A file that appears whole under its name or not at all, and never in the place of another.

use anyhow::{Context as _, Result, bail, ensure};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file under construction: `NAME.part` beside its place, readable by its owner only. Dropped before [`NewFile::keep`], it goes.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    beside: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl NewFile {
    /// Begins a file that will be called `path`.
    ///
    /// # Errors
    /// There is a file of that name, somebody else is writing it, or the folder cannot be written.
    pub fn create(path: &Path) -> Result<NewFile> {
        ensure!(
            path.symlink_metadata().is_err(),
            "{} is there already and is never overwritten: choose another name",
            path.display()
        );
        let name = path.file_name().with_context(|| format!("{} is no name of a file", path.display()))?;
        let mut part = name.to_os_string();
        part.push(".part");
        let beside = path.with_file_name(part);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let context = || format!("cannot write {}", beside.display());
        let file = options.open(&beside).with_context(context)?;
        if file.try_lock().is_err() {
            bail!("{} is being written by another program; wait for it", beside.display());
        }
        // What a program that was killed left there.
        file.set_len(0).with_context(context)?;
        Ok(NewFile { file, beside, path: path.to_path_buf(), kept: false })
    }

    /// Where to write.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Makes it lasting and gives it its name.
    ///
    /// # Errors
    /// The disk is full, or a file of that name has appeared meanwhile.
    pub fn keep(mut self) -> Result<()> {
        let context = || format!("cannot finish {}", self.path.display());
        self.file.sync_all().with_context(context)?;
        // A hard link refuses a name that is taken; where there are none (some network folders), the name is looked at first.
        match std::fs::hard_link(&self.beside, &self.path) {
            Ok(()) => std::fs::remove_file(&self.beside).with_context(context)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists || self.path.exists() => {
                bail!("{} has appeared meanwhile and is never overwritten", self.path.display())
            }
            Err(_) => std::fs::rename(&self.beside, &self.path).with_context(context)?,
        }
        self.kept = true;
        sync_folder(&self.path)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            // Best effort: a name that ends in `.part` says what it is.
            let _ = std::fs::remove_file(&self.beside);
        }
    }
}

/// Makes the name of a file or folder lasting.
///
/// # Errors
/// The folder around it cannot be synchronised.
pub fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|f| f.sync_all())
        .with_context(|| format!("cannot synchronise {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_appears_whole_and_never_in_place_of_another() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("out");
        let first = NewFile::create(&path).unwrap();
        first.file().write_all(b"half").unwrap();
        assert!(NewFile::create(&path).unwrap_err().to_string().contains("another program"));
        drop(first);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "what was not kept is gone");

        let second = NewFile::create(&path).unwrap();
        second.file().write_all(b"whole").unwrap();
        second.keep().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(NewFile::create(&path).unwrap_err().to_string().contains("never overwritten"));

        let other = dir.path().join("late");
        let late = NewFile::create(&other).unwrap();
        std::fs::write(&other, b"first").unwrap();
        assert!(late.keep().is_err());
        assert_eq!(std::fs::read(&other).unwrap(), b"first");
    }
}
