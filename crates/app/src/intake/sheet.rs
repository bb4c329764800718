//! Excel files, old and new.

use super::source::RawRow;
use anyhow::{Context as _, Result, anyhow, bail};
use calamine::{Data, DataRef, Reader, Xls, Xlsx};
use domain::intake::heading_score;
use domain::limits;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Rows of one sheet, read by a thread of its own that waits when nobody takes them.
pub struct SheetRows {
    rows: Receiver<Result<RawRow>>,
    /// Taken at the end, to tell the last row from a reader that broke down.
    thread: Option<JoinHandle<()>>,
    /// The row number that the sheet says is its last; 0 when it does not say.
    pub last_row: u64,
}

/// What an Excel file holds.
pub struct Workbook {
    /// The sheet that is read.
    pub sheet: String,
    /// All of its sheets.
    pub sheets: Vec<String>,
    /// Whether serial dates count from 1904.
    pub from_1904: bool,
    /// Its rows.
    pub rows: SheetRows,
}

impl Iterator for SheetRows {
    type Item = Result<RawRow>;
    fn next(&mut self) -> Option<Result<RawRow>> {
        if let Ok(row) = self.rows.recv() {
            return Some(row);
        }
        match self.thread.take()?.join() {
            Ok(()) => None,
            Err(_) => Some(Err(anyhow!(
                "the workbook cannot be read to its end; open it in Excel and save it as xlsx again, or as CSV"
            ))),
        }
    }
}

/// Opens an `.xlsx`; without a wish, the first sheet that begins with a heading, else the first.
///
/// # Errors
/// The file is no workbook, unpacks beyond `limits::INTAKE_XLSX_UNPACKED_BYTES`, or has no such sheet.
pub fn open_xlsx(path: &Path, wish: Option<&str>) -> Result<Workbook> {
    check_unpacked_size(path)?;
    let mut book: Xlsx<_> =
        Xlsx::new(BufReader::new(File::open(path)?)).context("not a readable xlsx file")?;
    let sheets = book.sheet_names();
    let sheet = choose(&sheets, wish, |name| {
        let mut rows = Vec::new();
        let _ = walk(&mut book, name, &mut |row| {
            rows.push(row);
            rows.len() < limits::INTAKE_TITLE_ROWS
        });
        rows.iter().map(|row: &RawRow| heading_score(&row.cells)).max().unwrap_or(0)
    })?;
    let from_1904 = book.has_1904_epoch();
    let last_row =
        book.worksheet_cells_reader(&sheet).map_or(0, |reader| u64::from(reader.dimensions().end.0) + 1);
    let name = sheet.clone();
    let rows = in_thread(last_row, move |send| {
        let result = walk(&mut book, &name, &mut |row| send.send(Ok(row)).is_ok());
        if let Err(error) = result {
            let _ = send.send(Err(error));
        }
    })?;
    Ok(Workbook { sheet, sheets, from_1904, rows })
}

/// Opens an old `.xls` (at most 65,536 rows a sheet, so it is read whole).
///
/// # Errors
/// The file is no workbook or has no such sheet.
pub fn open_xls(path: &Path, wish: Option<&str>) -> Result<Workbook> {
    if std::fs::metadata(path)?.len() > limits::INTAKE_XLS_BYTES {
        bail!("an xls file of more than {} bytes; save it as xlsx", limits::INTAKE_XLS_BYTES);
    }
    let mut book: Xls<_> = Xls::new(BufReader::new(File::open(path)?)).context("not a readable xls file")?;
    let sheets = book.sheet_names();
    let mut ranges = Vec::new();
    for name in &sheets {
        ranges.push(book.worksheet_range(name).with_context(|| format!("cannot read the sheet `{name}`"))?);
    }
    let row = |cells: &[Data]| -> Vec<String> { cells.iter().map(data_text).collect() };
    let sheet = choose(&sheets, wish, |name| {
        let range = &ranges[sheets.iter().position(|s| s == name).unwrap_or(0)];
        range
            .rows()
            .take(limits::INTAKE_TITLE_ROWS)
            .map(|cells| heading_score(&row(cells)))
            .max()
            .unwrap_or(0)
    })?;
    let range = ranges.swap_remove(sheets.iter().position(|s| *s == sheet).unwrap_or(0));
    let (top, left) = range.start().unwrap_or((0, 0));
    let last_row = u64::from(range.end().map_or(0, |end| end.0)) + 1;
    let rows = in_thread(last_row, move |send| {
        for (i, cells) in range.rows().enumerate() {
            let mut texts = vec![String::new(); left as usize];
            texts.extend(cells.iter().map(data_text));
            let raw = RawRow { number: u64::from(top) + i as u64 + 1, cells: texts, broken: None };
            if raw.cells.iter().any(|c| !c.trim().is_empty()) && send.send(Ok(raw)).is_err() {
                return;
            }
        }
    })?;
    Ok(Workbook { sheet, sheets, from_1904: false, rows })
}

fn in_thread(
    last_row: u64,
    work: impl FnOnce(SyncSender<Result<RawRow>>) + Send + 'static,
) -> Result<SheetRows> {
    let (send, rows) = sync_channel(1_024);
    let thread = std::thread::Builder::new()
        .name("sheet".into())
        .spawn(move || work(send))
        .context("cannot start a thread")?;
    Ok(SheetRows { rows, thread: Some(thread), last_row })
}

fn choose(sheets: &[String], wish: Option<&str>, mut score: impl FnMut(&str) -> usize) -> Result<String> {
    if let Some(wish) = wish {
        return match sheets.iter().find(|name| *name == wish) {
            Some(name) => Ok(name.clone()),
            None => bail!("no sheet is called `{wish}`; the file has {}", sheets.join(", ")),
        };
    }
    let Some(first) = sheets.first() else { bail!("the workbook has no sheet") };
    let mut best = (first, score(first));
    for name in &sheets[1..] {
        let found = score(name);
        // A later sheet needs a company list where the first has none.
        if best.1 == 0 && found > 0 {
            best = (name, found);
        }
    }
    Ok(best.0.clone())
}

/// Sends the rows of a sheet that hold anything, until `take` says no.
fn walk<R: Read + std::io::Seek>(
    book: &mut Xlsx<R>,
    sheet: &str,
    take: &mut dyn FnMut(RawRow) -> bool,
) -> Result<()> {
    let mut reader =
        book.worksheet_cells_reader(sheet).with_context(|| format!("cannot read the sheet `{sheet}`"))?;
    let mut row = RawRow { number: 0, cells: Vec::new(), broken: None };
    loop {
        let cell = reader.next_cell().with_context(|| format!("the sheet `{sheet}` is damaged"))?;
        let at = cell.as_ref().map(|c| (u64::from(c.get_position().0) + 1, c.get_position().1 as usize));
        if at.is_none_or(|(number, _)| number != row.number) {
            let done = std::mem::replace(
                &mut row,
                RawRow { number: at.map_or(0, |a| a.0), cells: Vec::new(), broken: None },
            );
            if done.cells.iter().any(|c| !c.trim().is_empty()) && !take(done) {
                return Ok(());
            }
        }
        let (Some(cell), Some((_, column))) = (cell, at) else { return Ok(()) };
        let text = ref_text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if column >= limits::INTAKE_COLUMNS {
            bail!(
                "row {} has a cell in column {}; the limit is {}",
                row.number,
                column + 1,
                limits::INTAKE_COLUMNS
            );
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        row.cells[column] = text;
    }
}

fn ref_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => (*text).to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::Empty => String::new(),
        other => data_text(&Data::from(other.clone())),
    }
}

fn data_text(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        // The shortest decimal that gives the same number: 18245.4992 stays 18245.4992.
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => if *yes { "是" } else { "否" }.to_string(),
        Data::Error(error) => format!("{error:?}"),
        Data::DateTime(day) if day.is_datetime() => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    }
}

/// Unpacks every entry into nothing and counts, because a damaged or hostile archive can lie about its sizes.
fn check_unpacked_size(path: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?))
        .context("not an xlsx file (no zip archive)")?;
    let mut left = limits::INTAKE_XLSX_UNPACKED_BYTES;
    for i in 0..archive.len() {
        let entry = archive.by_index(i).context("the xlsx file is damaged or has a password")?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink())
            .context("the xlsx file is damaged: it does not unpack")?;
        if unpacked > left {
            bail!(
                "the xlsx file unpacks to more than {} bytes; split it",
                limits::INTAKE_XLSX_UNPACKED_BYTES
            );
        }
        left -= unpacked;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_breaks_down_is_not_the_end_of_the_file() {
        let row = || RawRow { number: 1, cells: vec!["甲".into()], broken: None };
        let whole = in_thread(1, move |send| send.send(Ok(row())).unwrap()).unwrap();
        assert_eq!(whole.map(|r| r.is_ok()).collect::<Vec<_>>(), [true]);
        let broken = in_thread(2, move |send| {
            send.send(Ok(row())).unwrap();
            panic!("a damaged cell");
        });
        assert_eq!(broken.unwrap().map(|r| r.is_ok()).collect::<Vec<_>>(), [true, false]);
    }
}
