//! Building a snapshot in one pass over the companies and one over their tags.

use super::files::{Hashed, measure};
use super::layout::{CodeEntry, Link, Posting, Row, Size, fnv1a};
use super::manifest::{ChainEntry, FORMAT, Manifest, chains_hash};
use super::table::{Cell, Kind, Table};
use super::{Tag, Universe, root};
use crate::mapped::Mapped;
use anyhow::{Context, Result, ensure};
use domain::chain::{ChainSet, SegmentNo};
use domain::company::{Company, Currency, RegionCode};
use domain::placement::Placed;
use domain::target::{Features, fit_level, focus, product_fit};
use jiff::civil::{Date, date};
use rayon::prelude::*;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Companies that are placed and packed side by side.
const BATCH: usize = 4_096;
/// Postings that are sorted in memory at a time (one gigabyte).
const CHUNK: u64 = 128 << 20;

/// A step that adds files to a nearly finished snapshot.
pub type Extra<'a> = &'a dyn Fn(&Universe) -> Result<()>;

/// What a build needs to know besides the companies.
#[derive(Clone)]
pub struct BuildOptions<'a> {
    /// Goes into the manifest as it is, e.g. an RFC 3339 time.
    pub created_at: String,
    /// The day that ages and recent signs are counted from.
    pub as_of: Date,
    /// Called with the nearly finished snapshot; files that it adds to [`Universe::dir`] become part of it (the name index does this).
    pub extra: Option<Extra<'a>>,
}

/// What a build is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading, placing and writing companies.
    Companies,
    /// Writing the postings.
    Postings,
    /// Writing words, codes and whatever was asked for besides.
    Indexes,
    /// Everything is written; the snapshot is about to get its name.
    Publish,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub step: Step,
    /// Companies read, or postings written, so far.
    pub done: u64,
}

/// Builds a snapshot of `companies` and makes it the one that serves under `root`.
///
/// Until the last rename the snapshot before it keeps serving, whatever happens to this process. The last two snapshots are kept; a reader
/// that has an older one open keeps it. Leftovers of builds that died are removed first. `progress` is called after every batch.
///
/// # Errors
/// Another build holds the root, `companies` yields an error, `cancel` is set, the disk is full, or there are more than 2^32 − 1 companies.
pub fn build(
    root: &Path,
    companies: &mut dyn Iterator<Item = Result<Company>>,
    chains: &ChainSet,
    place: &(dyn Fn(&Company) -> Placed + Sync),
    options: &BuildOptions,
    progress: &dyn Fn(Progress),
    cancel: &AtomicBool,
) -> Result<Manifest> {
    let _lock = root::lock(root)?;
    let dir = root::workplace(root)?;
    let result = Writer::create(&dir, chains, options.as_of, progress, cancel)
        .and_then(|writer| writer.run(companies, place, options))
        .and_then(|manifest| {
            progress(Progress { step: Step::Publish, done: u64::from(manifest.companies) });
            check(cancel)?;
            root::publish(root, &dir, &manifest.id)?;
            Ok(manifest)
        });
    if result.is_err() && dir.exists() {
        // Best effort: the next build removes it too.
        let _ = std::fs::remove_dir_all(&dir);
    }
    result
}

struct Writer<'a> {
    dir: &'a Path,
    chains: &'a ChainSet,
    as_of: Date,
    progress: &'a dyn Fn(Progress),
    cancel: &'a AtomicBool,
    companies: u32,
    links: u64,
    heap: Hashed,
    heap_off: Hashed,
    rows: Hashed,
    sizes: Hashed,
    fwd: Hashed,
    company_table: Table,
    pair_table: Table,
    words: Words,
    regions: Regions,
    codes: Vec<CodeEntry>,
    per_tag: Vec<u64>,
    own: Vec<Link>,
}

/// A company with everything that can be worked out beside the others.
struct Prepared {
    company: Company,
    placed: Placed,
    record: Vec<u8>,
    places: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn create(
        dir: &'a Path,
        chains: &'a ChainSet,
        as_of: Date,
        progress: &'a dyn Fn(Progress),
        cancel: &'a AtomicBool,
    ) -> Result<Writer<'a>> {
        let file = |name| Hashed::create(dir, name);
        Ok(Writer {
            dir,
            chains,
            as_of,
            progress,
            cancel,
            companies: 0,
            links: 0,
            heap: file("heap.bin")?,
            heap_off: file("heap_off.bin")?,
            rows: file("rows.bin")?,
            sizes: file("sizes.bin")?,
            fwd: file("fwd.bin")?,
            company_table: Table::create(dir, "companies.parquet", &COMPANY_COLUMNS)?,
            pair_table: Table::create(dir, "pairs.parquet", &PAIR_COLUMNS)?,
            words: Words::default(),
            regions: Regions::new(),
            codes: vec![],
            per_tag: vec![0; chains.len()],
            own: vec![],
        })
    }

    fn run(
        mut self,
        companies: &mut dyn Iterator<Item = Result<Company>>,
        place: &(dyn Fn(&Company) -> Placed + Sync),
        options: &BuildOptions,
    ) -> Result<Manifest> {
        loop {
            check(self.cancel)?;
            let batch = companies.take(BATCH).collect::<Result<Vec<Company>>>()?;
            if batch.is_empty() {
                break;
            }
            let prepared: Vec<Prepared> =
                batch.into_par_iter().map(|c| prepare(c, place)).collect::<Result<_>>()?;
            for one in &prepared {
                self.add(one).with_context(|| format!("cannot write company {}", one.company.name))?;
            }
            (self.progress)(Progress { step: Step::Companies, done: u64::from(self.companies) });
        }
        self.finish(options)
    }

    fn add(&mut self, one: &Prepared) -> Result<()> {
        let doc = self.companies;
        ensure!(doc < u32::MAX - 1, "a snapshot holds at most 4,294,967,294 companies");
        let company = &one.company;
        let features = Features::of(company, one.placed.role, self.as_of);
        let region = self.regions.index(company.region);
        self.collect_links(one)?;
        self.heap_off.put(&[self.heap.len(), self.heap.len() + one.record.len() as u64])?;
        self.heap.put(&one.record)?;
        self.heap.put(&one.places)?;
        let row = Row {
            tags_at: self.links,
            tags: self.own.len() as u16,
            region,
            features: features.pack(),
            spare: 0,
        };
        self.rows.put(&[row])?;
        let capital_yuan = company.capital.filter(|m| m.currency == Currency::Cny).map_or(0, |m| m.amount);
        self.sizes.put(&[Size { capital_yuan, insured: company.insured.unwrap_or(0), spare: 0 }])?;
        self.fwd.put(&self.own)?;
        for link in &self.own {
            self.per_tag[link.tag().0 as usize] += 1;
            let cells = [doc as i32, link.tag().0 as i32, i32::from(link.fit())].map(Cell::Int);
            self.pair_table.push(&cells)?;
        }
        if let Some(code) = &company.uscc {
            self.codes.push(CodeEntry { hash: fnv1a(code.as_str()), doc, spare: 0 });
        }
        self.links += self.own.len() as u64;
        push_company(&mut self.company_table, doc, company, features, region)?;
        self.companies += 1;
        Ok(())
    }

    /// The tags of one company, each once with its best fit: its segments, the segments above them, its products.
    fn collect_links(&mut self, one: &Prepared) -> Result<()> {
        self.own.clear();
        let focus = focus(one.placed.placements.len());
        for p in &one.placed.placements {
            ensure!(
                usize::from(p.segment.0) < self.chains.len(),
                "segment {} is in none of the chains",
                p.segment.0
            );
            let fit = fit_level(p.score * focus);
            let (chain, mut at) = self.chains.locate(p.segment);
            loop {
                let SegmentNo(no) = self.chains.number(chain, at);
                self.own.push(Link::new(Tag(u32::from(no)), fit));
                match self.chains.chains()[chain].segments[at].parent {
                    Some(parent) => at = parent,
                    None => break,
                }
            }
        }
        let fit = product_fit(one.placed.role);
        for product in one.company.products.iter().map(|p| p.trim()).filter(|p| !p.is_empty()) {
            let tag = self.chains.len() + self.words.number(product);
            ensure!(tag < Link::TAGS_MAX, "more than 268,435,456 different segments and products");
            if tag == self.per_tag.len() {
                self.per_tag.push(0);
            }
            self.own.push(Link::new(Tag(tag as u32), fit));
        }
        // Best fit first inside a tag, then only that one stays.
        self.own.sort_unstable_by_key(|l| (l.tag(), std::cmp::Reverse(l.fit())));
        self.own.dedup_by_key(|l| l.tag());
        self.own.truncate(usize::from(u16::MAX));
        Ok(())
    }

    fn finish(mut self, options: &BuildOptions) -> Result<Manifest> {
        let (dir, chains) = (self.dir, self.chains);
        self.heap_off.put(&[self.heap.len()])?;
        let mut files = vec![];
        for file in [self.heap, self.heap_off, self.rows, self.sizes, self.fwd] {
            files.push(file.finish()?);
        }
        files.push(self.company_table.finish()?);
        files.push(self.pair_table.finish()?);
        files.extend(write_postings(dir, &self.per_tag, self.progress, self.cancel)?);
        (self.progress)(Progress { step: Step::Indexes, done: 0 });
        check(self.cancel)?;
        files.extend(self.words.write(dir)?);
        files.push(tag_table(dir, chains, &self.words.list)?);
        self.codes.sort_unstable();
        let mut codes = Hashed::create(dir, "uscc.bin")?;
        codes.put(&self.codes)?;
        files.push(codes.finish()?);
        let mut manifest = Manifest {
            format: FORMAT,
            id: String::new(),
            created_at: options.created_at.clone(),
            as_of: options.as_of,
            companies: self.companies,
            pairs: self.links,
            words: self.words.list.len() as u32,
            chains: chains
                .chains()
                .iter()
                .map(|c| ChainEntry { id: c.id.clone(), version: c.version.clone() })
                .collect(),
            chains_sha256: chains_hash(chains),
            segments: chains.numbers().map(|no| chains.key(no)).collect(),
            regions: self.regions.list,
            files,
        };
        manifest.write(dir)?;
        if let Some(extra) = options.extra {
            extra(&Universe::open_dir(dir)?)?;
            add_new_files(dir, &mut manifest)?;
            manifest.write(dir)?;
        }
        Ok(manifest)
    }
}

fn check(cancel: &AtomicBool) -> Result<()> {
    ensure!(!cancel.load(Ordering::Relaxed), "the build was cancelled; the snapshot before it keeps serving");
    Ok(())
}

fn prepare(company: Company, place: &(dyn Fn(&Company) -> Placed + Sync)) -> Result<Prepared> {
    let placed = place(&company);
    let (record, places) = (postcard::to_allocvec(&company)?, postcard::to_allocvec(&placed)?);
    Ok(Prepared { company, placed, record, places })
}

/// Sorts the pairs by tag: a counting sort that goes over the forward index once per chunk of tags.
fn write_postings(
    dir: &Path,
    per_tag: &[u64],
    progress: &dyn Fn(Progress),
    cancel: &AtomicBool,
) -> Result<Vec<super::FileEntry>> {
    let mut offsets = Vec::with_capacity(per_tag.len() + 1);
    offsets.push(0u64);
    for n in per_tag {
        offsets.push(offsets[offsets.len() - 1] + n);
    }
    let (rows, fwd) = (Mapped::open(&dir.join("rows.bin"))?, Mapped::open(&dir.join("fwd.bin"))?);
    let rows: &[Row] = rows.slice(0..rows.bytes().len())?;
    let fwd: &[Link] = fwd.slice(0..fwd.bytes().len())?;
    let mut post = Hashed::create(dir, "post.bin")?;
    let mut first = 0;
    while first < per_tag.len() {
        check(cancel)?;
        let start = offsets[first];
        let last = offsets
            .partition_point(|&o| o <= start + CHUNK)
            .saturating_sub(1)
            .clamp(first + 1, per_tag.len());
        let mut chunk = vec![Posting { doc: 0, place: 0, features: 0 }; (offsets[last] - start) as usize];
        let mut next: Vec<usize> = offsets[first..last].iter().map(|o| (o - start) as usize).collect();
        for (doc, row) in rows.iter().enumerate() {
            for link in &fwd[row.tags_at as usize..][..usize::from(row.tags)] {
                let tag = link.tag().0 as usize;
                if (first..last).contains(&tag) {
                    let place = row.region | u16::from(link.fit()) << 12;
                    chunk[next[tag - first]] = Posting { doc: doc as u32, place, features: row.features };
                    next[tag - first] += 1;
                }
            }
        }
        post.put(&chunk)?;
        progress(Progress { step: Step::Postings, done: offsets[last] });
        first = last;
    }
    let mut post_off = Hashed::create(dir, "post_off.bin")?;
    post_off.put(&offsets)?;
    Ok(vec![post.finish()?, post_off.finish()?])
}

/// Product words, numbered by first appearance.
#[derive(Default)]
struct Words {
    numbers: HashMap<String, u32>,
    list: Vec<String>,
}

impl Words {
    fn number(&mut self, word: &str) -> usize {
        if let Some(&n) = self.numbers.get(word) {
            return n as usize;
        }
        let n = self.list.len();
        self.numbers.insert(word.to_string(), n as u32);
        self.list.push(word.to_string());
        n
    }

    fn write(&self, dir: &Path) -> Result<Vec<super::FileEntry>> {
        let (mut text, mut offsets) =
            (Hashed::create(dir, "words.bin")?, Hashed::create(dir, "words_off.bin")?);
        offsets.put(&[0u64])?;
        for word in &self.list {
            text.put(word.as_bytes())?;
            offsets.put(&[text.len()])?;
        }
        let mut order: Vec<u32> = (0..self.list.len() as u32).collect();
        order.sort_unstable_by_key(|&n| &self.list[n as usize]);
        let mut sorted = Hashed::create(dir, "words_sorted.bin")?;
        sorted.put(&order)?;
        Ok(vec![text.finish()?, offsets.finish()?, sorted.finish()?])
    }
}

/// Region codes by first appearance; twelve bits hold 4,095 of them besides "unknown".
struct Regions {
    list: Vec<RegionCode>,
    numbers: HashMap<RegionCode, u16>,
}

impl Regions {
    fn new() -> Regions {
        Regions { list: vec![RegionCode(0)], numbers: HashMap::new() }
    }

    /// When the table is full, a new district counts as its city, and a new city as its province.
    fn index(&mut self, region: Option<RegionCode>) -> u16 {
        let Some(region) = region.filter(|r| r.0 != 0) else { return 0 };
        let full = self.list.len() > 0x0fff;
        match self.numbers.entry(region) {
            Entry::Occupied(e) => return *e.get(),
            Entry::Vacant(e) if !full => {
                self.list.push(region);
                return *e.insert((self.list.len() - 1) as u16);
            }
            Entry::Vacant(_) => {}
        }
        let known = |code| self.numbers.get(&code).copied();
        known(region.city()).or_else(|| known(region.province())).unwrap_or(0)
    }
}

/// Puts files that a hook has left in the directory into the manifest.
fn add_new_files(dir: &Path, manifest: &mut Manifest) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != "manifest.json" && !manifest.files.iter().any(|f| f.name == name) {
            std::fs::File::open(&path)?.sync_all()?;
            manifest.files.push(measure(&path)?);
        }
    }
    Ok(())
}

const COMPANY_COLUMNS: [(&str, Kind); 18] = [
    ("doc", Kind::Int),
    ("name", Kind::Text),
    ("uscc", Kind::Text),
    ("status", Kind::Text),
    ("region", Kind::Int),
    ("city", Kind::Int),
    ("industry", Kind::Text),
    ("capital_yuan", Kind::Long),
    ("insured", Kind::Int),
    ("established", Kind::Day),
    ("role", Kind::Text),
    ("region_no", Kind::Int),
    ("capital_level", Kind::Int),
    ("insured_level", Kind::Int),
    ("growth_level", Kind::Int),
    ("maker", Kind::Int),
    ("risk", Kind::Int),
    ("inactive", Kind::Int),
];

const PAIR_COLUMNS: [(&str, Kind); 3] = [("doc", Kind::Int), ("tag", Kind::Int), ("fit", Kind::Int)];

/// Everything the score reads, in plain columns (`region_no` is the index into the manifest's regions).
fn push_company(table: &mut Table, doc: u32, c: &Company, features: Features, region_no: u16) -> Result<()> {
    let int = |v: Option<u32>| v.map_or(Cell::Null, |v| Cell::Int(v as i32));
    let (status, role) = (format!("{:?}", c.status), format!("{:?}", features.role));
    let capital = c.capital.filter(|m| m.currency == Currency::Cny);
    let established = c.established.map(|d| Cell::Int((d - date(1970, 1, 1)).get_days()));
    let maker = features.role == domain::placement::Role::Maker;
    table.push(&[
        Cell::Int(doc as i32),
        Cell::Text(&c.name),
        c.uscc.as_ref().map_or(Cell::Null, |u| Cell::Text(u.as_str())),
        Cell::Text(&status),
        int(c.region.map(|r| r.0)),
        int(c.region.map(|r| r.city().0)),
        c.industry.as_ref().map_or(Cell::Null, |i| Cell::Text(&i.0)),
        capital.map_or(Cell::Null, |m| Cell::Long(m.amount)),
        int(c.insured),
        established.unwrap_or(Cell::Null),
        Cell::Text(&role),
        Cell::Int(i32::from(region_no)),
        Cell::Int(i32::from(features.capital)),
        Cell::Int(i32::from(features.insured)),
        Cell::Int(i32::from(features.growth)),
        Cell::Int(i32::from(maker)),
        Cell::Int(i32::from(features.risk)),
        Cell::Int(i32::from(features.inactive)),
    ])
}

fn tag_table(dir: &Path, chains: &ChainSet, words: &[String]) -> Result<super::FileEntry> {
    let mut table = Table::create(
        dir,
        "tags.parquet",
        &[("tag", Kind::Int), ("kind", Kind::Text), ("name", Kind::Text)],
    )?;
    for no in chains.numbers() {
        table.push(&[Cell::Int(i32::from(no.0)), Cell::Text("segment"), Cell::Text(&chains.key(no))])?;
    }
    for (n, word) in words.iter().enumerate() {
        table.push(&[Cell::Int((chains.len() + n) as i32), Cell::Text("product"), Cell::Text(word)])?;
    }
    table.finish()
}
