//! Read-only files as typed slices: the one place that maps memory.

use anyhow::{Context, Result, ensure};
use bytemuck::Pod;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// A read-only, memory-mapped file of little-endian arrays.
///
/// Snapshot files are written once, under another name, and never modified after they are renamed into place;
/// that is what makes mapping them sound.
#[derive(Debug)]
pub struct Mapped {
    map: memmap2::Mmap,
}

impl Mapped {
    /// Maps `path`.
    ///
    /// # Errors
    /// The file cannot be opened or mapped.
    #[expect(unsafe_code, reason = "the file is immutable once it has its name; see the type's doc")]
    pub fn open(path: &Path) -> Result<Mapped> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        // SAFETY: snapshot files are never modified or truncated after they are renamed into place.
        let map =
            unsafe { memmap2::Mmap::map(&file) }.with_context(|| format!("cannot map {}", path.display()))?;
        Ok(Mapped { map })
    }

    /// The whole file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The bytes in `range` as values of `T`.
    ///
    /// # Errors
    /// The range lies outside the file, is not aligned for `T`, or is no whole number of `T`.
    pub fn slice<T: Pod>(&self, range: Range<usize>) -> Result<&[T]> {
        ensure!(
            range.end <= self.map.len() && range.start <= range.end,
            "section {range:?} lies outside the file"
        );
        bytemuck::try_cast_slice(&self.map[range.clone()])
            .map_err(|e| anyhow::anyhow!("section {range:?} does not hold whole values: {e}"))
    }
}
