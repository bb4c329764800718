//! Reading a snapshot: open in milliseconds, any company in microseconds.

use super::files::measure;
use super::layout::{CodeEntry, Doc, Link, Posting, Row, Size, Tag, fnv1a};
use super::{Manifest, root};
use crate::mapped::Mapped;
use anyhow::{Context, Result, bail, ensure};
use bytemuck::Pod;
use domain::chain::SegmentNo;
use domain::company::{Company, RegionCode};
use domain::placement::Placed;
use domain::target::Features;
use std::path::{Path, PathBuf};

/// Takes a company's number, registered name, former names and short names.
pub type EachName<'a> = &'a mut dyn FnMut(Doc, &str, &[String], &[String]) -> Result<()>;

/// An open snapshot. It stays whole while it is open, even after newer ones have replaced and removed it.
#[derive(Debug)]
pub struct Universe {
    dir: PathBuf,
    manifest: Manifest,
    heap: Mapped,
    heap_off: Mapped,
    rows: Mapped,
    sizes: Mapped,
    fwd: Mapped,
    post: Mapped,
    post_off: Mapped,
    words: Mapped,
    words_off: Mapped,
    words_sorted: Mapped,
    uscc: Mapped,
}

impl Universe {
    /// Opens the snapshot that serves under `root`.
    ///
    /// Checks the manifest and the length of every file, which takes milliseconds at any size; [`Universe::verify`] reads every byte.
    ///
    /// # Errors
    /// There is no snapshot yet, its format is unknown, or a file is missing or has another length than the manifest says.
    pub fn open(root: &Path) -> Result<Universe> {
        let mut tries = 0;
        loop {
            let Some(id) = root::current(root)? else {
                bail!("there is no snapshot under {} yet; import a company list first", root.display())
            };
            match Universe::open_dir(&root.join(&id)) {
                // Two builds may have finished between reading CURRENT and opening; then there is a newer one.
                Err(_) if tries < 3 && root::current(root)?.is_some_and(|now| now != id) => tries += 1,
                result => return result,
            }
        }
    }

    /// Opens the snapshot in `dir`, whether or not it serves.
    ///
    /// # Errors
    /// As [`Universe::open`].
    pub fn open_dir(dir: &Path) -> Result<Universe> {
        let manifest = Manifest::read(dir)?;
        for file in &manifest.files {
            let path = dir.join(&file.name);
            let found = std::fs::metadata(&path)
                .with_context(|| format!("the snapshot has lost {}; build it again", path.display()))?
                .len();
            ensure!(
                found == file.bytes,
                "{} is {found} bytes long, its manifest says {}; build the snapshot again",
                path.display(),
                file.bytes
            );
        }
        let file = |name: &str| {
            ensure!(
                manifest.files.iter().any(|f| f.name == name),
                "the manifest in {} lists no {name}",
                dir.display()
            );
            Mapped::open(&dir.join(name))
        };
        let universe = Universe {
            heap: file("heap.bin")?,
            heap_off: file("heap_off.bin")?,
            rows: file("rows.bin")?,
            sizes: file("sizes.bin")?,
            fwd: file("fwd.bin")?,
            post: file("post.bin")?,
            post_off: file("post_off.bin")?,
            words: file("words.bin")?,
            words_off: file("words_off.bin")?,
            words_sorted: file("words_sorted.bin")?,
            uscc: file("uscc.bin")?,
            dir: dir.to_path_buf(),
            manifest,
        };
        universe.check_lengths()?;
        Ok(universe)
    }

    /// Reads every byte and compares it with the manifest's checksums (seconds per gigabyte).
    ///
    /// # Errors
    /// The first file that differs, by name.
    pub fn verify(&self) -> Result<()> {
        for file in &self.manifest.files {
            let found = measure(&self.dir.join(&file.name))?;
            ensure!(
                found == *file,
                "{} in {} is damaged: its SHA-256 is {}, the manifest says {}; build the snapshot again",
                file.name,
                self.dir.display(),
                found.sha256,
                file.sha256
            );
        }
        Ok(())
    }

    /// The directory of this snapshot.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What this snapshot is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How many companies there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.manifest.companies as usize
    }

    /// Whether there is no company.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.manifest.companies == 0
    }

    /// How many tags there are: the segments, then the product words.
    #[must_use]
    pub fn tags(&self) -> usize {
        self.manifest.segments.len() + self.manifest.words as usize
    }

    /// The record of a company.
    ///
    /// # Errors
    /// No such company, or a damaged record.
    pub fn company(&self, doc: Doc) -> Result<Company> {
        postcard::from_bytes(self.record(doc, 0)?).with_context(|| self.damaged(doc))
    }

    /// Where a company was placed and by which words.
    ///
    /// # Errors
    /// As [`Universe::company`].
    pub fn placed(&self, doc: Doc) -> Result<Placed> {
        postcard::from_bytes(self.record(doc, 1)?).with_context(|| self.damaged(doc))
    }

    /// Every company in order, e.g. to merge an import into the next snapshot.
    pub fn companies(&self) -> impl Iterator<Item = Result<Company>> {
        self.docs().map(|doc| self.company(doc))
    }

    /// Every company's number.
    pub fn docs(&self) -> impl Iterator<Item = Doc> + use<> {
        (0..self.manifest.companies).map(Doc)
    }

    /// Hands every company's registered name, former names and short names to `each`, in order.
    ///
    /// # Errors
    /// A damaged record, or what `each` returns.
    pub fn for_each_name(&self, each: EachName) -> Result<()> {
        for doc in self.docs() {
            let c = self.company(doc)?;
            each(doc, &c.name, &c.former_names, &c.short_names)?;
        }
        Ok(())
    }

    /// The company with this credit code; the first one when a code occurs twice.
    ///
    /// # Errors
    /// A damaged record.
    pub fn find_uscc(&self, code: &str) -> Result<Option<Doc>> {
        let (codes, hash) = (cast::<CodeEntry>(&self.uscc), fnv1a(code));
        let from = codes.partition_point(|e| e.hash < hash);
        for entry in codes[from..].iter().take_while(|e| e.hash == hash) {
            let doc = Doc(entry.doc);
            if self.company(doc)?.uscc.is_some_and(|c| c.as_str() == code) {
                return Ok(Some(doc));
            }
        }
        Ok(None)
    }

    /// The tag of a segment of the chains that this snapshot was built with.
    #[must_use]
    pub fn tag_of_segment(&self, segment: SegmentNo) -> Option<Tag> {
        (usize::from(segment.0) < self.manifest.segments.len()).then_some(Tag(u32::from(segment.0)))
    }

    /// The tag of the segment written `chain/segment`.
    #[must_use]
    pub fn find_segment(&self, key: &str) -> Option<Tag> {
        self.manifest.segments.iter().position(|k| k == key).map(|n| Tag(n as u32))
    }

    /// The tag of a product word, as it stands in the companies' product lists.
    #[must_use]
    pub fn find_tag(&self, product: &str) -> Option<Tag> {
        let order = cast::<u32>(&self.words_sorted);
        let at = order.binary_search_by(|&n| self.word(n as usize).cmp(product)).ok()?;
        Some(Tag((self.manifest.segments.len() as u32) + order[at]))
    }

    /// What a tag stands for: `chain/segment`, or the product word.
    #[must_use]
    pub fn tag_name(&self, tag: Tag) -> &str {
        let (n, segments) = (tag.0 as usize, &self.manifest.segments);
        match segments.get(n) {
            Some(key) => key,
            None => self.word(n - segments.len()),
        }
    }

    /// The companies on a tag, by number; none for a tag of another snapshot.
    #[must_use]
    pub fn postings(&self, tag: Tag) -> &[Posting] {
        let n = tag.0 as usize;
        if n >= self.tags() {
            return &[];
        }
        let offsets = cast::<u64>(&self.post_off);
        cast::<Posting>(&self.post).get(offsets[n] as usize..offsets[n + 1] as usize).unwrap_or(&[])
    }

    /// The tags of a company with their fit levels, by tag.
    pub fn tags_of(&self, doc: Doc) -> impl Iterator<Item = (Tag, u8)> {
        self.links(self.row(doc)).iter().map(|link| (link.tag(), link.fit()))
    }

    /// The levels of a company.
    #[must_use]
    pub fn features(&self, doc: Doc) -> Features {
        Features::unpack(self.row(doc).features)
    }

    /// Where a company is, as ranking sees it.
    #[must_use]
    pub fn region(&self, doc: Doc) -> Option<RegionCode> {
        self.region_at(usize::from(self.row(doc).region))
    }

    pub(crate) fn region_at(&self, index: usize) -> Option<RegionCode> {
        self.manifest.regions.get(index).copied().filter(|r| r.0 != 0)
    }

    pub(crate) fn row(&self, doc: Doc) -> Row {
        self.rows()[doc.0 as usize]
    }

    pub(crate) fn rows(&self) -> &[Row] {
        cast(&self.rows)
    }

    pub(crate) fn sizes(&self) -> &[Size] {
        cast(&self.sizes)
    }

    pub(crate) fn links(&self, row: Row) -> &[Link] {
        let from = row.tags_at as usize;
        cast::<Link>(&self.fwd).get(from..from + usize::from(row.tags)).unwrap_or(&[])
    }

    fn word(&self, n: usize) -> &str {
        let offsets = cast::<u64>(&self.words_off);
        let range = match (offsets.get(n), offsets.get(n + 1)) {
            (Some(&a), Some(&b)) => a as usize..b as usize,
            _ => return "",
        };
        self.words.bytes().get(range).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }

    fn record(&self, doc: Doc, part: usize) -> Result<&[u8]> {
        ensure!(doc.0 < self.manifest.companies, "company {} is not in snapshot {}", doc.0, self.manifest.id);
        let offsets = &cast::<u64>(&self.heap_off)[doc.0 as usize * 2 + part..][..2];
        self.heap.bytes().get(offsets[0] as usize..offsets[1] as usize).with_context(|| self.damaged(doc))
    }

    fn damaged(&self, doc: Doc) -> String {
        format!(
            "the record of company {} in {} is damaged; build the snapshot again",
            doc.0,
            self.dir.display()
        )
    }

    /// Makes sure that no later cast or index can fail on account of a file's length.
    fn check_lengths(&self) -> Result<()> {
        let (n, tags) = (self.len(), self.tags());
        let exact = [
            ("heap_off.bin", &self.heap_off, (2 * n + 1) * 8),
            ("rows.bin", &self.rows, n * size_of::<Row>()),
            ("sizes.bin", &self.sizes, n * size_of::<Size>()),
            ("fwd.bin", &self.fwd, self.manifest.pairs as usize * size_of::<Link>()),
            ("post.bin", &self.post, self.manifest.pairs as usize * size_of::<Posting>()),
            ("post_off.bin", &self.post_off, (tags + 1) * 8),
            ("words_off.bin", &self.words_off, (self.manifest.words as usize + 1) * 8),
            ("words_sorted.bin", &self.words_sorted, self.manifest.words as usize * 4),
        ];
        for (name, file, bytes) in exact {
            ensure!(
                file.bytes().len() == bytes,
                "{name} in {} should be {bytes} bytes long for {n} companies; build the snapshot again",
                self.dir.display()
            );
        }
        ensure!(
            self.uscc.bytes().len().is_multiple_of(size_of::<CodeEntry>()),
            "uscc.bin in {} has a broken last entry; build the snapshot again",
            self.dir.display()
        );
        Ok(())
    }
}

/// A whole file as values; its length was checked when it was opened and a map begins at a page.
fn cast<T: Pod>(file: &Mapped) -> &[T] {
    bytemuck::cast_slice(file.bytes())
}
