//! Staging: every row of a list is written, in parts, either as a company or as a rejected row with its faults.
//!
//! A directory holds one job: `job.json` (what is staged), then for each part of [`PART_ROWS`] rows `part-00001.jsonl` (companies),
//! `rejects-00001.csv`, `notes-00001.csv` and `part-00001.json` (its counts), which is written last: a part counts when its counts
//! are there. Each file is written beside its place, synced and renamed. A job that was killed reads its source again and
//! passes over the rows of complete parts.

use super::csv::guard;
use super::source::{RawRow, Source};
use anyhow::{Context as _, Result, bail};
use domain::company::Company;
use domain::intake::{self, Accepted, Mapping, RowFault, Rule};
use domain::{limits, text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows of one part.
pub const PART_ROWS: u64 = 20_000;
/// Changes when the rules of reading change, so that a job staged under old rules starts anew.
const FORMAT: u32 = 1;
/// Rows between two reports of progress.
const REPORT_ROWS: u64 = 100;

/// What is staged, and where.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The job's own directory.
    pub dir: &'a Path,
    /// The name of the file as the user knows it, for the source of signals.
    pub source_name: &'a str,
    /// The file's SHA-256, from `source::digest`.
    pub digest: &'a str,
    /// No date may be later.
    pub today: Date,
    /// Rows of one part; [`PART_ROWS`] but for tests.
    pub part_rows: u64,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows read so far.
    pub rows: u64,
    /// Those of them that were rejected.
    pub rejected: u64,
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Bytes in all.
    pub bytes_total: u64,
}

impl Progress {
    /// Rows a second and seconds left, after `elapsed` seconds; `None` before anything can be said.
    #[must_use]
    pub fn rate(&self, elapsed: f64) -> Option<(f64, f64)> {
        if elapsed <= 0.0 || self.bytes_done == 0 {
            return None;
        }
        let left = self.bytes_total.saturating_sub(self.bytes_done) as f64;
        Some((self.rows as f64 / elapsed, left * elapsed / self.bytes_done as f64))
    }
}

/// The counts of a part or of a whole job. `accepted + rejected == read`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows behind the heading, blank ones left out.
    pub read: u64,
    /// Rows that are companies.
    pub accepted: u64,
    /// Rows that are not.
    pub rejected: u64,
    /// Accepted rows that repeat an earlier row of the file in every value; they are not staged again.
    pub duplicates: u64,
    /// Accepted rows with at least one value left empty for a reason.
    pub noted: u64,
    /// Faults of rejected rows by rule; a row can have several.
    pub faults: BTreeMap<String, u64>,
    /// Notes of accepted rows by rule.
    pub notes: BTreeMap<String, u64>,
}

impl Summary {
    fn add(&mut self, other: &Summary) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.duplicates += other.duplicates;
        self.noted += other.noted;
        for (into, from) in [(&mut self.faults, &other.faults), (&mut self.notes, &other.notes)] {
            for (rule, count) in from {
                *into.entry(rule.clone()).or_default() += count;
            }
        }
    }

    fn check(&self) -> Result<()> {
        if self.accepted + self.rejected != self.read {
            bail!("{} accepted and {} rejected are not {} read", self.accepted, self.rejected, self.read);
        }
        Ok(())
    }
}

/// How staging ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every row is staged; `rejects.csv` and `notes.csv` are in place.
    Complete(Summary),
    /// Cancelled; complete parts stay, and the same call goes on behind them.
    Cancelled(Summary),
}

/// A company with the row it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// The row in the file.
    pub row: u64,
    /// The company.
    pub company: Company,
}

/// Stages a whole file, or goes on where a killed or cancelled job of the same file and mapping stopped.
///
/// # Errors
/// The mapping lacks a company name, reading or writing fails, or the counts do not add up.
pub fn stage(
    mut source: Source,
    mapping: &Mapping,
    job: &Job<'_>,
    progress: &mut dyn FnMut(Progress),
    cancel: &AtomicBool,
) -> Result<Outcome> {
    mapping.check().map_err(|fault| anyhow::anyhow!("{}", fault.en()))?;
    let done = open_job(mapping, job)?;
    let mut total = Summary::default();
    let mut seen = Seen::default();
    for (index, counts) in done.iter().enumerate() {
        total.add(counts);
        seen.load(&part_path(job.dir, index + 1))?;
    }
    progress(at(&total, &Summary::default(), &source));
    for _ in 0..total.read {
        if cancel.load(Ordering::Relaxed) {
            return Ok(Outcome::Cancelled(total));
        }
        if source.next_row()?.is_none() {
            bail!("the file is shorter than what is already staged of it");
        }
    }
    let context = intake::Context { mapping, today: job.today, source: job.source_name };
    let headings: Vec<&str> = mapping.columns.iter().map(|c| c.heading.as_str()).collect();
    let mut parts = done.len();
    loop {
        let mut part = Part::default();
        while part.counts.read < job.part_rows {
            if cancel.load(Ordering::Relaxed) {
                return Ok(Outcome::Cancelled(total));
            }
            let next = source.next_row();
            if next.is_err() {
                // Who is told of the failure is told how far it came, too.
                progress(at(&total, &part.counts, &source));
            }
            let Some(row) = next? else { break };
            part.take(row, context, &mut seen)?;
            let rows = total.read + part.counts.read;
            if rows > limits::INTAKE_ROWS {
                bail!("more than {} rows: split the file", limits::INTAKE_ROWS);
            }
            if rows.is_multiple_of(REPORT_ROWS) {
                progress(at(&total, &part.counts, &source));
            }
        }
        if part.counts.read == 0 {
            break;
        }
        parts += 1;
        part.write(job.dir, parts)?;
        total.add(&part.counts);
    }
    let bytes = source.info().bytes;
    progress(Progress { bytes_done: bytes, ..at(&total, &Summary::default(), &source) });
    finish(job.dir, parts, &headings, &total)?;
    Ok(Outcome::Complete(total))
}

fn at(total: &Summary, part: &Summary, source: &Source) -> Progress {
    Progress {
        rows: total.read + part.read,
        rejected: total.rejected + part.rejected,
        bytes_done: source.bytes_read(),
        bytes_total: source.info().bytes,
    }
}

/// The staged companies of a directory, in the order of their rows, part by part.
///
/// # Errors
/// A part cannot be read.
pub fn staged(dir: &Path) -> Result<impl Iterator<Item = Result<Staged>> + use<>> {
    let parts = complete_parts(dir)?.len();
    let dir = dir.to_path_buf();
    Ok((1..=parts).flat_map(move |index| match read_part(&part_path(&dir, index)) {
        Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    }))
}

/// Adds rows to the `rejects.csv` of a complete job that turned out to be unclear only beside the universe.
///
/// Staging the job again writes the file anew, so doing both again gives the same file.
///
/// # Errors
/// Reading or writing fails.
pub fn reject_more(dir: &Path, faults: &[RowFault]) -> Result<()> {
    let path = dir.join("rejects.csv");
    let mut bytes = fs::read(&path)?;
    for fault in faults {
        line(&mut bytes, fault.row, std::slice::from_ref(fault), &[]);
    }
    write_whole(&path, &bytes)
}

/// The counts of a complete job; `None` while it is not complete.
///
/// # Errors
/// The file is there but cannot be read.
pub fn summary(dir: &Path) -> Result<Option<Summary>> {
    match fs::read(dir.join("summary.json")) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct JobFile {
    format: u32,
    part_rows: u64,
    digest: String,
    source_name: String,
    mapping: Mapping,
}

/// Gives back the counts of the parts that are already complete; clears the directory of any other job.
fn open_job(mapping: &Mapping, job: &Job<'_>) -> Result<Vec<Summary>> {
    fs::create_dir_all(job.dir).with_context(|| format!("cannot make {}", job.dir.display()))?;
    let wanted = JobFile {
        format: FORMAT,
        part_rows: job.part_rows,
        digest: job.digest.to_string(),
        source_name: job.source_name.to_string(),
        mapping: Mapping { excel: domain::dates::ExcelDays::default(), ..mapping.clone() },
    };
    let path = job.dir.join("job.json");
    let found: Option<JobFile> = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if found.as_ref() == Some(&wanted) {
        return complete_parts(job.dir);
    }
    for entry in fs::read_dir(job.dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = ["part-", "rejects", "notes", "summary.json", "job.json"]
            .iter()
            .any(|ours| name.starts_with(ours));
        if ours && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    write_whole(&path, &serde_json::to_vec_pretty(&wanted)?)?;
    Ok(Vec::new())
}

fn complete_parts(dir: &Path) -> Result<Vec<Summary>> {
    let mut parts = Vec::new();
    while let Ok(bytes) = fs::read(counts_path(dir, parts.len() + 1)) {
        let counts: Summary = serde_json::from_slice(&bytes)?;
        counts.check()?;
        parts.push(counts);
    }
    Ok(parts)
}

/// The rows of one part, before they are written.
#[derive(Default)]
struct Part {
    counts: Summary,
    companies: Vec<u8>,
    rejects: Vec<u8>,
    notes: Vec<u8>,
}

impl Part {
    fn take(&mut self, row: RawRow, context: intake::Context<'_>, seen: &mut Seen) -> Result<()> {
        self.counts.read += 1;
        if let Some(rule) = row.broken {
            let fault = RowFault::whole(row.number, &row.cells.join(","), rule);
            self.reject(row.number, &row.cells, &[fault]);
            return Ok(());
        }
        let Accepted { company, notes } = match intake::row(context, row.number, &row.cells) {
            Ok(accepted) => accepted,
            Err(faults) => {
                self.reject(row.number, &row.cells, &faults);
                return Ok(());
            }
        };
        match seen.put(row.number, &company)? {
            Sight::New => {
                serde_json::to_writer(&mut self.companies, &Staged { row: row.number, company })?;
                self.companies.push(b'\n');
            }
            Sight::Same => self.counts.duplicates += 1,
            Sight::Other(first) => {
                let uscc = company.uscc.as_ref().map_or("", |u| u.as_str());
                let column = context.mapping.columns.iter().find(|c| c.field == Some(intake::Field::Uscc));
                let heading = column.map_or("", |c| c.heading.as_str());
                let fault =
                    RowFault::cell(row.number, intake::Field::Uscc, heading, uscc, Rule::Duplicate(first));
                self.reject(row.number, &row.cells, &[fault]);
                return Ok(());
            }
        }
        self.counts.accepted += 1;
        self.counts.noted += u64::from(!notes.is_empty());
        for note in &notes {
            *self.counts.notes.entry(note.rule.code().to_string()).or_default() += 1;
            line(&mut self.notes, note.row, std::slice::from_ref(note), &[]);
        }
        Ok(())
    }

    fn reject(&mut self, row: u64, cells: &[String], faults: &[RowFault]) {
        self.counts.rejected += 1;
        for fault in faults {
            *self.counts.faults.entry(fault.rule.code().to_string()).or_default() += 1;
        }
        line(&mut self.rejects, row, faults, cells);
    }

    fn write(&self, dir: &Path, index: usize) -> Result<()> {
        self.counts.check()?;
        write_whole(&part_path(dir, index), &self.companies)?;
        write_whole(&dir.join(format!("rejects-{index:05}.csv")), &self.rejects)?;
        write_whole(&dir.join(format!("notes-{index:05}.csv")), &self.notes)?;
        write_whole(&counts_path(dir, index), &serde_json::to_vec(&self.counts)?)
    }
}

/// The columns in front of the original cells, in `rejects.csv`; the headings are ones that intake does not recognise, so that a
/// corrected file can be imported as it is.
const REJECT_HEADINGS: &str = "原行号,出错字段,出错内容,规则,原因,处理办法";

/// One line of a rejects file: the faults of a row joined, then its original cells.
fn line(out: &mut Vec<u8>, row: u64, faults: &[RowFault], cells: &[String]) {
    let join = |part: &dyn Fn(&RowFault) -> String| faults.iter().map(part).collect::<Vec<_>>().join(" | ");
    let field = |f: &RowFault| match f.field {
        Some(field) if f.heading.is_empty() || f.heading == field.zh() => field.zh().to_string(),
        Some(field) => format!("{}（{}）", field.zh(), f.heading),
        None => "整行".to_string(),
    };
    let parts = [
        row.to_string(),
        join(&field),
        join(&|f| f.value.clone()),
        join(&|f| f.rule.code().to_string()),
        join(&|f| f.message_zh.clone()),
        join(&|f| f.advice.clone()),
    ];
    let guarded: Vec<String> = parts.iter().chain(cells).map(|cell| guard(cell)).collect();
    out.extend_from_slice(guarded.join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn finish(dir: &Path, parts: usize, headings: &[&str], total: &Summary) -> Result<()> {
    total.check()?;
    let originals: Vec<String> = headings.iter().map(|h| guard(h)).collect();
    for (name, heading) in [
        ("rejects", format!("{REJECT_HEADINGS},{}", originals.join(","))),
        ("notes", REJECT_HEADINGS.to_string()),
    ] {
        let path = dir.join(format!("{name}.csv"));
        let beside = dir.join(format!("{name}.csv.tmp"));
        let mut out = File::create(&beside)?;
        // The mark tells Excel that this is UTF-8.
        out.write_all(format!("\u{feff}{heading}\r\n").as_bytes())?;
        for index in 1..=parts {
            let mut part = File::open(dir.join(format!("{name}-{index:05}.csv")))?;
            std::io::copy(&mut part, &mut out)?;
        }
        out.sync_all()?;
        fs::rename(&beside, &path)?;
    }
    write_whole(&dir.join("summary.json"), &serde_json::to_vec(total)?)
}

/// Writes beside, syncs, renames, and syncs the directory, so that the file is whole or absent.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("tmp");
    let mut file = File::create(&beside).with_context(|| format!("cannot write {}", beside.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

fn part_path(dir: &Path, index: usize) -> PathBuf {
    dir.join(format!("part-{index:05}.jsonl"))
}

fn counts_path(dir: &Path, index: usize) -> PathBuf {
    dir.join(format!("part-{index:05}.json"))
}

fn read_part(path: &Path) -> Result<Vec<Staged>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// The rows seen so far, by credit code, or by name and content where there is none.
#[derive(Default)]
struct Seen(HashMap<u128, (u64, u64)>);

enum Sight {
    New,
    Same,
    /// Another company stands under this key, first at this row.
    Other(u64),
}

impl Seen {
    fn put(&mut self, row: u64, company: &Company) -> Result<Sight> {
        let content = hash(&serde_json::to_vec(company)?);
        let key = match &company.uscc {
            Some(uscc) => uscc_key(uscc.as_str()),
            // Two companies without a code may share a name; only the very same row is a repeat.
            None => {
                1 << 127
                    | u128::from(content) << 32 ^ u128::from(hash(text::squeeze(&company.name).as_bytes()))
            }
        };
        match self.0.get(&key) {
            None => {
                self.0.insert(key, (row, content));
                Ok(Sight::New)
            }
            Some((_, same)) if *same == content => Ok(Sight::Same),
            Some((first, _)) => Ok(Sight::Other(*first)),
        }
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        for staged in read_part(path)? {
            self.put(staged.row, &staged.company)?;
        }
        Ok(())
    }
}

/// Eighteen characters of 31 fit 90 bits.
fn uscc_key(code: &str) -> u128 {
    code.bytes().fold(0, |key, byte| key * 43 + u128::from(byte.saturating_sub(b'0')))
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
