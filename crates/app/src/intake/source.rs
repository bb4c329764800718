//! Opening a company list: its format, encoding, heading, and its rows as text.

use super::csv::Records;
use super::decode::{self, Encoding, Lines};
use super::{jsonl, sheet};
use anyhow::{Context as _, Result, bail};
use domain::dates::ExcelDays;
use domain::intake::{Mapping, Overrides, Rule, heading_score};
use domain::limits;
use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a file is, told from its first bytes and not from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma, tab, semicolon or bar separated text.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Excel 2007 and later.
    Xlsx,
    /// Excel before 2007.
    Xls,
}

/// What is known of an opened file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its format.
    pub format: Format,
    /// Whether it is packed with gzip.
    pub gzip: bool,
    /// Encoding of a text file.
    pub encoding: Option<Encoding>,
    /// Separator of a csv file.
    pub separator: Option<char>,
    /// The sheet that is read, of an Excel file.
    pub sheet: Option<String>,
    /// All sheets of an Excel file.
    pub sheets: Vec<String>,
    /// The headings, left to right; empty ones too, but none behind the last.
    pub headings: Vec<String>,
    /// The row of the heading; 0 for JSON lines.
    pub heading_row: u64,
    /// Rows above the heading, which are passed over: titles and export notes.
    pub title_rows: usize,
    /// How serial dates count.
    pub excel: ExcelDays,
    /// Bytes of the file as stored.
    pub bytes: u64,
}

/// One row as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// The row as a spreadsheet numbers it, from 1.
    pub number: u64,
    /// Its cells; for a broken row the raw text alone.
    pub cells: Vec<String>,
    /// Why its cells could not be told apart.
    pub broken: Option<Rule>,
}

/// An opened file: its rows behind the heading, blank ones left out.
pub struct Source {
    info: SourceInfo,
    rows: Rows,
    pending: VecDeque<RawRow>,
    read: Arc<AtomicU64>,
}

enum Rows {
    Csv(Box<Records<Stream>>),
    Json { lines: Lines<Stream>, number: u64 },
    Sheet { rows: sheet::SheetRows, number: u64 },
}

type Stream = Box<dyn Read + Send>;

impl Source {
    /// Opens a file. `sheet` names a sheet of an Excel file.
    ///
    /// # Errors
    /// The file cannot be read, is beyond a limit, is of no known format, or has no heading.
    pub fn open(path: &Path, sheet: Option<&str>) -> Result<Source> {
        let mut source = Source::raw_rows(path, sheet)?;
        if source.info.format != Format::JsonLines {
            source.find_heading()?;
        }
        Ok(source)
    }

    /// Opens a file without looking for its heading.
    fn raw_rows(path: &Path, sheet: Option<&str>) -> Result<Source> {
        let bytes = std::fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?.len();
        if bytes > limits::INTAKE_FILE_BYTES {
            bail!("the file has {bytes} bytes; the limit is {}: split it", limits::INTAKE_FILE_BYTES);
        }
        let start = first_bytes(&mut File::open(path)?)?;
        let gzip = start.starts_with(&[0x1f, 0x8b]);
        let read = Arc::new(AtomicU64::new(0));
        let blank = SourceInfo {
            format: Format::Csv,
            gzip,
            encoding: None,
            separator: None,
            sheet: None,
            sheets: Vec::new(),
            headings: Vec::new(),
            heading_row: 0,
            title_rows: 0,
            excel: ExcelDays::From1900,
            bytes,
        };
        if start.starts_with(b"PK\x03\x04") || start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return open_workbook(path, sheet, blank, read, start[0] == b'P');
        }
        let encoding = decode::detect(stream(path, gzip, &Arc::default())?)?;
        let text = Lines::new(stream(path, gzip, &Arc::default())?, encoding)?;
        let info = SourceInfo { encoding: Some(encoding), ..blank };
        if is_json(text)? {
            let headings = jsonl::keys(Lines::new(stream(path, gzip, &Arc::default())?, encoding)?)?;
            check_headings(&headings)?;
            let lines = Lines::new(stream(path, gzip, &read)?, encoding)?;
            let info = SourceInfo { format: Format::JsonLines, headings, ..info };
            return Ok(Source {
                info,
                rows: Rows::Json { lines, number: 0 },
                pending: VecDeque::new(),
                read,
            });
        }
        let records = Records::new(Lines::new(stream(path, gzip, &read)?, encoding)?)?;
        let info = SourceInfo { separator: Some(records.separator()), ..info };
        Ok(Source { info, rows: Rows::Csv(Box::new(records)), pending: VecDeque::new(), read })
    }

    /// What is known of the file.
    #[must_use]
    pub fn info(&self) -> &SourceInfo {
        &self.info
    }

    /// The columns as recognised, the users' choices first.
    #[must_use]
    pub fn mapping(&self, overrides: &Overrides) -> Mapping {
        Mapping { excel: self.info.excel, ..Mapping::recognise(&self.info.headings, overrides) }
    }

    /// Bytes of the file read so far (of an Excel file: its rows, scaled to bytes).
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Sheet { rows, number } if rows.last_row > 0 => {
                let share = u128::from(self.info.bytes) * u128::from(*number) / u128::from(rows.last_row);
                u64::try_from(share).unwrap_or(u64::MAX).min(self.info.bytes)
            }
            _ => self.read.load(Ordering::Relaxed).min(self.info.bytes),
        }
    }

    /// The next row that is not blank, as wide as the heading unless it is damaged.
    ///
    /// # Errors
    /// Reading fails. The message names what to do; rows before it were good.
    pub fn next_row(&mut self) -> Result<Option<RawRow>> {
        let Some(mut row) = (match self.pending.pop_front() {
            Some(row) => Some(row),
            None => self.raw()?,
        }) else {
            return Ok(None);
        };
        if row.broken.is_none() {
            self.fit(&mut row);
        }
        Ok(Some(row))
    }

    /// Trims and pads to the heading, and marks what no cell may hold.
    fn fit(&self, row: &mut RawRow) {
        let width = self.info.headings.len();
        while row.cells.len() > width && row.cells.last().is_some_and(|c| c.trim().is_empty()) {
            row.cells.pop();
        }
        // A spreadsheet leaves out empty cells at the end of a row; in a text file their absence is a damage.
        if !matches!(self.rows, Rows::Csv(_)) && row.cells.len() < width {
            row.cells.resize(width, String::new());
        }
        if row.cells.iter().any(|cell| cell.len() > limits::INTAKE_CELL_BYTES) {
            row.broken = Some(Rule::CellTooLong);
        } else if row.cells.iter().any(|cell| cell.contains(['\u{fffd}', '\0'])) {
            row.broken = Some(Rule::Encoding);
        } else if row.cells.len() != width {
            row.broken = Some(Rule::Shape(row.cells.len(), width));
        }
    }

    fn raw(&mut self) -> Result<Option<RawRow>> {
        match &mut self.rows {
            Rows::Csv(records) => records.next_record(),
            Rows::Sheet { rows, number } => {
                let row = rows.next().transpose()?;
                if let Some(row) = &row {
                    *number = row.number;
                }
                Ok(row)
            }
            Rows::Json { lines, number } => {
                while let Some(line) = lines.next_line()? {
                    *number += 1;
                    if let Some(row) = jsonl::row(*number, &line.text, line.cut, &self.info.headings) {
                        return Ok(Some(row));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Takes the row among the first that looks most like a heading; without any, the first of the widest.
    fn find_heading(&mut self) -> Result<()> {
        let mut first = Vec::new();
        while first.len() < limits::INTAKE_TITLE_ROWS
            && let Some(row) = self.raw()?
        {
            first.push(row);
        }
        let score = |row: &RawRow| match row.broken {
            Some(_) => (0, 0),
            None => (heading_score(&row.cells), row.cells.iter().filter(|c| !c.trim().is_empty()).count()),
        };
        let mut best: Option<usize> = None;
        for i in 0..first.len() {
            if best.is_none_or(|b| score(&first[i]) > score(&first[b])) {
                best = Some(i);
            }
        }
        let Some(best) = best.filter(|b| first[*b].broken.is_none()) else {
            bail!("the file has no heading row; its first row must name the columns, such as 企业名称")
        };
        let mut rest = first.split_off(best);
        let mut heading = rest.remove(0);
        while heading.cells.last().is_some_and(|c| c.trim().is_empty()) {
            heading.cells.pop();
        }
        check_headings(&heading.cells)?;
        self.info.heading_row = heading.number;
        self.info.title_rows = first.len();
        self.info.headings = heading.cells;
        self.pending = rest.into();
        if let Rows::Csv(records) = &mut self.rows {
            records.width = self.info.headings.len();
        }
        Ok(())
    }
}

/// A whole table as text, from its first row: titles, heading and all.
#[derive(Clone, Debug)]
pub struct Table {
    /// Format and sheets; no heading is known.
    pub info: SourceInfo,
    /// Every row that holds anything.
    pub rows: Vec<RawRow>,
}

/// Reads a whole table of at most `most` rows. Of a workbook the sheet `sheet`; without a wish the first one of which `is_table` says, by its first rows,
/// that it is what is looked for, else the first.
///
/// # Errors
/// As [`Source::open`], and when the table is longer.
pub fn table(
    path: &Path,
    sheet: Option<&str>,
    most: usize,
    is_table: &dyn Fn(&[Vec<String>]) -> bool,
) -> Result<Table> {
    let mut source = Source::raw_rows(path, sheet)?;
    if sheet.is_none() && source.info.sheets.len() > 1 {
        let names: Vec<String> = source.info.sheets.iter().take(limits::SHEETS_TRIED).cloned().collect();
        let found = names.iter().find(|name| {
            let first = || -> Result<Vec<Vec<String>>> {
                let mut tried = Source::raw_rows(path, Some(name))?;
                let mut rows = Vec::new();
                while rows.len() < limits::INTAKE_TITLE_ROWS
                    && let Some(row) = tried.raw()?
                {
                    rows.push(row.cells);
                }
                Ok(rows)
            };
            first().is_ok_and(|rows| is_table(&rows))
        });
        if let Some(name) = found.or(names.first()) {
            source = Source::raw_rows(path, Some(name))?;
        }
    }
    let mut rows = Vec::new();
    if source.info.format == Format::JsonLines {
        rows.push(RawRow { number: 0, cells: source.info.headings.clone(), broken: None });
    }
    while let Some(mut row) = source.raw()? {
        if rows.len() > most {
            bail!("the table has more than {most} rows; split the file");
        }
        if row.cells.iter().any(|cell| cell.len() > limits::INTAKE_CELL_BYTES) {
            row.broken = Some(Rule::CellTooLong);
        } else if row.broken.is_none() && row.cells.iter().any(|cell| cell.contains(['\u{fffd}', '\0'])) {
            row.broken = Some(Rule::Encoding);
        }
        rows.push(row);
    }
    Ok(Table { info: source.info, rows })
}

/// Copies standard input (or any stream) to a file, so that it can be read more than once and resumed.
///
/// # Errors
/// Writing fails, or more than `limits::INTAKE_FILE_BYTES` come.
pub fn spool(input: impl Read, dir: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("stdin-{}", std::process::id()));
    let mut out = BufWriter::new(File::create(&path)?);
    let copied = io::copy(&mut input.take(limits::INTAKE_FILE_BYTES + 1), &mut out)?;
    if copied > limits::INTAKE_FILE_BYTES {
        bail!("the input has more than {} bytes: split it", limits::INTAKE_FILE_BYTES);
    }
    out.flush()?;
    Ok(path)
}

/// SHA-256 of a file in hexadecimal: its identity for resuming, and for knowing it again.
///
/// # Errors
/// Reading fails.
pub fn digest(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut block = vec![0u8; 64 << 10];
    loop {
        let got = file.read(&mut block)?;
        if got == 0 {
            return Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect());
        }
        hash.update(&block[..got]);
    }
}

fn open_workbook(
    path: &Path,
    wish: Option<&str>,
    info: SourceInfo,
    read: Arc<AtomicU64>,
    new: bool,
) -> Result<Source> {
    let book = if new { sheet::open_xlsx(path, wish)? } else { sheet::open_xls(path, wish)? };
    let info = SourceInfo {
        format: if new { Format::Xlsx } else { Format::Xls },
        sheet: Some(book.sheet),
        sheets: book.sheets,
        excel: if book.from_1904 { ExcelDays::From1904 } else { ExcelDays::From1900 },
        ..info
    };
    let rows = Rows::Sheet { rows: book.rows, number: 0 };
    Ok(Source { info, rows, pending: VecDeque::new(), read })
}

fn check_headings(headings: &[String]) -> Result<()> {
    if headings.is_empty() {
        bail!("the file has no heading row; its first row must name the columns, such as 企业名称");
    }
    if headings.len() > limits::INTAKE_COLUMNS {
        bail!("the file has {} columns; the limit is {}", headings.len(), limits::INTAKE_COLUMNS);
    }
    Ok(())
}

fn is_json(mut lines: Lines<Stream>) -> Result<bool> {
    while let Some(line) = lines.next_line()? {
        let text = line.text.trim();
        if text.starts_with('[') && text.trim_start_matches('[').trim_start().starts_with('{') {
            bail!("a JSON array; write one object a line (JSON lines)");
        }
        if !text.is_empty() {
            return Ok(text.starts_with('{'));
        }
    }
    bail!("the file is empty")
}

fn stream(path: &Path, gzip: bool, read: &Arc<AtomicU64>) -> Result<Stream> {
    let counted = Counted { inner: File::open(path)?, read: Arc::clone(read) };
    Ok(if gzip { Box::new(MultiGzDecoder::new(counted)) } else { Box::new(counted) })
}

fn first_bytes(file: &mut File) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(8).read_to_end(&mut start)?;
    Ok(start)
}

struct Counted {
    inner: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.read.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}
