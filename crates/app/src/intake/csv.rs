//! Separated values as spreadsheets write them, and as people damage them.

use super::decode::{Line, Lines};
use super::source::RawRow;
use anyhow::Result;
use domain::intake::Rule;
use std::collections::VecDeque;
use std::io::Read;

/// How far an open quote may look for its end.
const RECORD_LINES: usize = 200;
const RECORD_BYTES: usize = 256 << 10;

/// Records of a separated file. A record that cannot be read comes out as a broken row, and reading goes on with the next line.
pub struct Records<R> {
    lines: Lines<R>,
    /// Lines read ahead and given back.
    ahead: VecDeque<Line>,
    separator: char,
    /// Cells that a record should have; 0 while the heading is not known.
    pub width: usize,
    number: u64,
}

impl<R: Read> Records<R> {
    /// Sniffs the separator from the first lines.
    ///
    /// # Errors
    /// Reading fails.
    pub fn new(mut lines: Lines<R>) -> Result<Records<R>> {
        let mut ahead = VecDeque::new();
        while ahead.len() < domain::limits::INTAKE_TITLE_ROWS
            && let Some(line) = lines.next_line()?
        {
            ahead.push_back(line);
        }
        let separator = sniff(ahead.iter().map(|line| line.text.as_str()));
        Ok(Records { lines, ahead, separator, width: 0, number: 0 })
    }

    /// The separator in use.
    pub fn separator(&self) -> char {
        self.separator
    }

    /// The next record that is not blank. Numbers count records, blank ones too, as a spreadsheet would.
    ///
    /// # Errors
    /// Reading fails.
    pub fn next_record(&mut self) -> Result<Option<RawRow>> {
        while let Some(line) = self.line()? {
            self.number += 1;
            if line.cut {
                return Ok(Some(self.broken(line.text, Rule::CellTooLong)));
            }
            if line.text.trim().is_empty() {
                continue;
            }
            let row = match split(&line.text, self.separator) {
                Some(cells) => self.whole(cells),
                None => self.over_lines(line.text)?,
            };
            if row.broken.is_some() || row.cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// A record whose quote is open at the end of its first line.
    ///
    /// If the quote closes only where the record no longer fits the heading, or nowhere near, the first line alone is broken and
    /// the others are given back: one stray quote costs one row.
    fn over_lines(&mut self, first: String) -> Result<RawRow> {
        let mut text = first.clone();
        let mut taken = Vec::new();
        while taken.len() < RECORD_LINES && text.len() < RECORD_BYTES {
            let Some(line) = self.line()? else { break };
            text.push('\n');
            text.push_str(&line.text);
            let may_close = line.text.contains('"') && !line.cut;
            taken.push(line);
            if !may_close {
                continue;
            }
            if let Some(cells) = split(&text, self.separator) {
                if self.width == 0 || cells.len() == self.width {
                    return Ok(self.whole(cells));
                }
                break;
            }
        }
        for line in taken.into_iter().rev() {
            self.ahead.push_front(line);
        }
        Ok(self.broken(first, Rule::OpenQuote))
    }

    fn line(&mut self) -> Result<Option<Line>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next_line(),
        }
    }

    fn whole(&self, mut cells: Vec<String>) -> RawRow {
        // Spreadsheets add empty cells behind the last column; they say nothing.
        while self.width > 0 && cells.len() > self.width && cells.last().is_some_and(|c| c.trim().is_empty())
        {
            cells.pop();
        }
        for cell in &mut cells {
            unguard(cell);
        }
        RawRow { number: self.number, cells, broken: None }
    }

    fn broken(&self, text: String, rule: Rule) -> RawRow {
        RawRow { number: self.number, cells: vec![text], broken: Some(rule) }
    }
}

/// Takes back the apostrophe that [`guard`] put before a formula.
fn unguard(cell: &mut String) {
    let mut chars = cell.chars();
    if chars.next() == Some('\'') && chars.next().is_some_and(is_formula_start) {
        cell.remove(0);
    }
}

/// A cell for a file that Excel will open: what would run as a formula gets an apostrophe in front; quoted where needed.
pub fn guard(cell: &str) -> String {
    let number = cell.parse::<f64>().is_ok() || domain::text::is_blank(cell);
    let guarded = match cell.chars().next() {
        Some(c) if is_formula_start(c) && !number => format!("'{cell}"),
        _ => cell.to_string(),
    };
    if guarded.contains([',', '"', '\n', '\r', '\t', ';']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

fn is_formula_start(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
}

/// The cells of a record; `None` when a quote is open at its end.
fn split(text: &str, separator: char) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (cell, tail) = quoted_cell(quoted)?;
            let end = tail.find(separator).unwrap_or(tail.len());
            // Text between the closing quote and the separator belongs to the cell.
            cells.push(format!("{cell}{}", &tail[..end]));
            rest = &tail[end..];
        } else {
            let end = rest.find(separator).unwrap_or(rest.len());
            cells.push(rest[..end].to_string());
            rest = &rest[end..];
        }
        match rest.strip_prefix(separator) {
            Some(tail) => rest = tail,
            None => return Some(cells),
        }
    }
}

/// The text up to the closing quote, with doubled quotes made single, and what follows.
fn quoted_cell(mut rest: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    loop {
        let at = rest.find('"')?;
        cell.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(tail) => {
                cell.push('"');
                rest = tail;
            }
            None => return Some((cell, rest)),
        }
    }
}

/// The separator under which some line looks most like a heading; else the one with the most cells.
fn sniff<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> char {
    let score = |separator: char| {
        lines
            .clone()
            .filter_map(|line| split(line, separator))
            .map(|cells| (domain::intake::heading_score(&cells), cells.len()))
            .max()
            .unwrap_or((0, 0))
    };
    let mut best = (',', score(','));
    for separator in ['\t', ';', '|'] {
        let found = score(separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::super::decode::Encoding;
    use super::*;

    fn records(text: &str, width: usize) -> Vec<(u64, Vec<String>, bool)> {
        let mut records = Records::new(Lines::new(text.as_bytes(), Encoding::Utf8).unwrap()).unwrap();
        records.width = width;
        let mut out = Vec::new();
        while let Some(row) = records.next_record().unwrap() {
            out.push((row.number, row.cells, row.broken.is_some()));
        }
        out
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        records(text, 0).into_iter().map(|(_, cells, _)| cells).collect()
    }

    #[test]
    fn quotes_separators_and_line_ends_inside_quotes() {
        assert_eq!(cells("a,\"b,\"\"c\"\"\nd\",e\nf,g,h"), [["a", "b,\"c\"\nd", "e"], ["f", "g", "h"]]);
        assert_eq!(cells("a,5\" 管,b"), [["a", "5\" 管", "b"]]);
        assert_eq!(cells("企业名称;地址\n甲公司;江苏,镇江"), [["企业名称", "地址"], ["甲公司", "江苏,镇江"]]);
        assert_eq!(cells("企业名称\t地址\n甲\t乙")[1], ["甲", "乙"]);
    }

    #[test]
    fn one_stray_quote_costs_one_row() {
        let rows = records("企业名称,地址,产品\n甲,\"乙,丙\n丁,戊,\"己\"\n\n庚,辛,壬", 3);
        assert_eq!(rows.iter().map(|r| r.2).collect::<Vec<_>>(), [false, true, false, false]);
        assert_eq!(rows[2].1, ["丁", "戊", "己"]);
        assert_eq!((rows[3].0, rows[3].1[0].as_str()), (5, "庚"));
    }

    #[test]
    fn formulas_are_guarded_and_come_back() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("-5", "-5"),
            ("-", "-"),
            ("+cmd|x", "'+cmd|x"),
            ("a,b", "\"a,b\""),
            ("@x", "'@x"),
        ] {
            assert_eq!(guard(cell), written);
        }
        assert_eq!(cells("a,'=1+1,'x")[0], ["a", "=1+1", "'x"]);
    }
}
