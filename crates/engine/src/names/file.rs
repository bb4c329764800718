//! The index file: header, sections, and checked access to them.

use super::gram;
use crate::mapped::Mapped;
use anyhow::{Context, Result, ensure};
use bytemuck::{Pod, Zeroable};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

/// The file's first bytes; the digit is the version of the layout.
pub(super) const MAGIC: [u8; 8] = *b"LFNAMES1";

/// Number of sections, in the order of [`Section`].
pub(super) const SECTIONS: usize = 9;

/// The arrays of the file. All little-endian; each starts on a multiple of 8 bytes.
#[derive(Clone, Copy)]
pub(super) enum Section {
    /// [`Entry`] per name.
    Entries,
    /// u16: for every entry its folded text, then its content and branch.
    Units,
    /// u32: entry numbers in order of their text.
    Order,
    /// u64, ascending: hash of each entry's core.
    CoreHash,
    /// u32: the entry of each core hash.
    CoreEntry,
    /// u64, ascending: pair keys.
    GramKey,
    /// u64, one more than keys: where each pair's postings begin.
    GramStart,
    /// u32, ascending per pair: entry numbers.
    Posting,
    /// u32 × 65,536: in how many entries each character occurs.
    CharCount,
}

/// The header.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct Header {
    pub(super) magic: [u8; 8],
    pub(super) file_len: u64,
    /// Offset and length in bytes of every section.
    pub(super) sections: [[u64; 2]; SECTIONS],
    /// FNV-1a, by 8-byte words, of everything after the header.
    pub(super) body_sum: u64,
    /// FNV-1a of the header up to here.
    pub(super) head_sum: u64,
}

/// One name.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct Entry {
    /// Where its units begin.
    pub(super) start: u32,
    pub(super) company: u32,
    /// GB/T 2260 code, 0 unknown.
    pub(super) region: u32,
    /// Units of the folded text.
    pub(super) text_len: u8,
    /// Units of region, brand and trade words, after the text.
    pub(super) content_len: u8,
    /// Units of the branch, after the content; 0 for a company.
    pub(super) branch_len: u8,
    pub(super) region_len: u8,
    pub(super) brand_end: u8,
    pub(super) legal: u8,
    pub(super) kind: u8,
    /// Bit 0 group; bits 1.. a rank for ties, higher first.
    pub(super) flags: u8,
}

/// Names of companies, mapped from a file; cheap to share between threads.
#[derive(Debug)]
pub struct NameIndex {
    map: Mapped,
    ranges: [Range<usize>; SECTIONS],
    /// Information of each character in nats: ln(names / names with it).
    pub(super) idf: Vec<f32>,
    pub(super) scratch: Mutex<Vec<Scratch>>,
}

/// Working memory of one query, reused.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Summed weights by entry, all 0 between queries.
    pub(super) sums: Vec<f32>,
    pub(super) touched: Vec<u32>,
}

impl NameIndex {
    /// Opens the index at `path`; the contents are mapped, not read.
    ///
    /// # Errors
    /// The file cannot be mapped, is no name index, was cut short, or its header is damaged.
    pub fn open(path: &Path) -> Result<NameIndex> {
        let map = Mapped::open(path)?;
        open_map(map).with_context(|| format!("{} is no usable name index; build it again", path.display()))
    }

    /// Reads the whole file and compares its checksum.
    ///
    /// # Errors
    /// The contents differ from what was written.
    pub fn verify(&self) -> Result<()> {
        let head = size_of::<Header>();
        let header: &[Header] = self.map.slice(0..head)?;
        let body = self.map.bytes().get(head..).unwrap_or_default();
        ensure!(
            sum_words(body) == header[0].body_sum,
            "the name index is damaged (its checksum differs); build it again"
        );
        Ok(())
    }

    /// Number of names, aliases included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges[Section::Entries as usize].len() / size_of::<Entry>()
    }

    /// Whether it holds no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn entries(&self) -> &[Entry] {
        self.array(Section::Entries)
    }

    /// A section as values; its bounds and size were checked by `open`.
    pub(super) fn array<T: Pod>(&self, section: Section) -> &[T] {
        self.map.slice(self.ranges[section as usize].clone()).unwrap_or_default()
    }

    /// The folded text of an entry; empty where the file is damaged.
    pub(super) fn text(&self, entry: &Entry) -> &[u16] {
        let start = entry.start as usize;
        self.array(Section::Units).get(start..start + usize::from(entry.text_len)).unwrap_or_default()
    }

    /// Content and branch of an entry; empty where the file is damaged.
    pub(super) fn parts(&self, entry: &Entry) -> (&[u16], &[u16]) {
        let start = entry.start as usize + usize::from(entry.text_len);
        let middle = start + usize::from(entry.content_len);
        let units = self.array::<u16>(Section::Units);
        let content = units.get(start..middle).unwrap_or_default();
        (content, units.get(middle..middle + usize::from(entry.branch_len)).unwrap_or_default())
    }

    /// Entries that hold the pair.
    pub(super) fn postings(&self, key: u64) -> &[u32] {
        let starts = self.array::<u64>(Section::GramStart);
        let Ok(at) = self.array::<u64>(Section::GramKey).binary_search(&key) else { return &[] };
        match (starts.get(at), starts.get(at + 1)) {
            (Some(&a), Some(&b)) if a <= b => {
                self.array(Section::Posting).get(a as usize..b as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Entries whose core has the same hash.
    pub(super) fn same_core(&self, core: &[u16]) -> &[u32] {
        let hash = gram::hash_units(core);
        let hashes = self.array::<u64>(Section::CoreHash);
        let from = hashes.partition_point(|h| *h < hash);
        let to = from + hashes.get(from..).unwrap_or_default().partition_point(|h| *h == hash);
        self.array(Section::CoreEntry).get(from..to).unwrap_or_default()
    }
}

fn open_map(map: Mapped) -> Result<NameIndex> {
    let head = size_of::<Header>();
    let all = map.bytes().len();
    ensure!(all >= head, "the file has {all} bytes, less than its header");
    let header = map.slice::<Header>(0..head)?[0];
    ensure!(header.magic == MAGIC, "the file does not begin as a name index of this version");
    ensure!(
        header.head_sum == sum_words(&bytemuck::bytes_of(&header)[..head - 8]),
        "the header's checksum differs"
    );
    ensure!(header.file_len == all as u64, "the file has {all} bytes, its header says {}", header.file_len);
    let mut ranges: [Range<usize>; SECTIONS] = Default::default();
    for (range, [start, len]) in ranges.iter_mut().zip(header.sections) {
        let end =
            start.checked_add(len).filter(|e| *e <= all as u64).context("a section lies outside the file")?;
        *range = usize::try_from(start)?..usize::try_from(end)?;
    }
    let mut index = NameIndex { map, ranges, idf: Vec::new(), scratch: Mutex::default() };
    index.check_sizes()?;
    let names = index.len() as f32 + 1.0;
    index.idf =
        index.array::<u32>(Section::CharCount).iter().map(|n| (names / (*n as f32 + 1.0)).ln()).collect();
    Ok(index)
}

impl NameIndex {
    fn check_sizes(&self) -> Result<()> {
        fn count<T: Pod>(index: &NameIndex, section: Section) -> Result<usize> {
            Ok(index.map.slice::<T>(index.ranges[section as usize].clone())?.len())
        }
        let names = count::<Entry>(self, Section::Entries)?;
        count::<u16>(self, Section::Units)?;
        count::<u32>(self, Section::Posting)?;
        ensure!(count::<u32>(self, Section::Order)? == names, "the order section does not fit the names");
        ensure!(
            count::<u64>(self, Section::CoreHash)? == names
                && count::<u32>(self, Section::CoreEntry)? == names,
            "the core sections do not fit the names"
        );
        ensure!(
            count::<u64>(self, Section::GramKey)? + 1 == count::<u64>(self, Section::GramStart)?,
            "the pair sections do not fit each other"
        );
        ensure!(
            count::<u32>(self, Section::CharCount)? == 0x1_0000,
            "the character section has a wrong size"
        );
        Ok(())
    }
}

/// FNV-1a by 8-byte little-endian words, the last one filled with zeros.
pub(super) fn sum_words(bytes: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        sum = (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3);
    }
    sum
}
