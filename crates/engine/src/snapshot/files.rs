//! Writing a file once: buffered, hashed as it goes, synced at the end.

use super::manifest::FileEntry;
use anyhow::{Context, Result, ensure};
use bytemuck::Pod;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// A file under construction that knows its length and SHA-256.
pub(super) struct Hashed {
    out: BufWriter<File>,
    path: PathBuf,
    hash: Sha256,
    len: u64,
}

impl Hashed {
    pub(super) fn create(dir: &Path, name: &str) -> Result<Hashed> {
        let path = dir.join(name);
        let file = File::create_new(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Hashed { out: BufWriter::with_capacity(1 << 18, file), path, hash: Sha256::new(), len: 0 })
    }

    /// Appends an array as it lies in memory.
    pub(super) fn put<T: Pod>(&mut self, values: &[T]) -> Result<()> {
        self.write_all(bytemuck::cast_slice(values))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Flushes, syncs and says what was written.
    pub(super) fn finish(mut self) -> Result<FileEntry> {
        let context = || format!("cannot finish {}", self.path.display());
        self.out.flush().with_context(context)?;
        self.out.get_ref().sync_all().with_context(context)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(FileEntry { name, bytes: self.len, sha256: hex(&self.hash.finalize()) })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.len += n as u64;
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Length and SHA-256 of a file that is there.
pub(super) fn measure(path: &Path) -> Result<FileEntry> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let (mut hash, mut len, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        let n = file.read(&mut buffer).with_context(|| format!("cannot read {}", path.display()))?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        len += n as u64;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(FileEntry { name, bytes: len, sha256: hex(&hash.finalize()) })
}

/// Writes a small file so that it is there in full or not at all.
pub(super) fn replace(dir: &Path, name: &str, content: &[u8]) -> Result<()> {
    let temporary = dir.join(format!("{name}.new"));
    let context = || format!("cannot write {}", dir.join(name).display());
    let mut file = File::create(&temporary).with_context(context)?;
    file.write_all(content).with_context(context)?;
    file.sync_all().with_context(context)?;
    std::fs::rename(&temporary, dir.join(name)).with_context(context)?;
    sync_dir(dir)
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|d| d.sync_all()).with_context(|| format!("cannot sync {}", dir.display()))
}

/// Checks that a name from a manifest stays inside its directory.
pub(super) fn plain_name(name: &str) -> Result<()> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    ensure!(plain, "`{name}` is not a file name that a snapshot has");
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
