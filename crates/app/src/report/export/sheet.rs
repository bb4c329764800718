//! A sheet that is written line by line: what a cell holds, how it looks, and how the page prints.

use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Worksheet};

/// What a cell holds. Money stays whole yuan until it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words; never a formula, whatever they begin with.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Thousandths of projects: credit may be shared.
    Mille(i64),
    /// Yuan, shown as 万元 with every decimal it has.
    Wan(i64),
    /// Yuan, shown as 亿元 with two decimals; the cell holds them all.
    Yi(i64),
    /// Hundredths of a percent.
    Percent(i64),
    /// A change in hundredths of a percent, with its sign.
    Change(i64),
    /// A change of a rate: hundredths of a percentage point.
    Points(i64),
    /// A day.
    Day(Date),
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }
}

/// Numbers of more digits than a spreadsheet keeps are written as text, so that none is rounded in silence.
const DIGITS: u64 = 1_000_000_000_000_000;
/// As much of a text as a cell of Excel holds.
const CELL_CHARS: usize = 32_767;
/// As much as the head of a printed page holds, without its codes.
const HEADER_CHARS: usize = 100;

/// `n` with the point moved `places` to the left: exact, in characters.
#[must_use]
pub fn decimal(n: i64, places: usize) -> String {
    let digits = format!("{:0>width$}", n.unsigned_abs(), width = places + 1);
    let (whole, rest) = digits.split_at(digits.len() - places);
    let rest = rest.trim_end_matches('0');
    let (sign, point) = (if n < 0 { "-" } else { "" }, if rest.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{rest}")
}

/// How a sheet says what it is when it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Print<'a> {
    /// At the head, left.
    pub title: &'a str,
    /// At the head, right: the cut-off.
    pub cut_off: &'a str,
}

/// A sheet and its next line.
pub struct Writer<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    border: Format,
}

impl<'a> Writer<'a> {
    /// A sheet for A4 landscape, as wide as one page, with its title over columns of these widths.
    ///
    /// # Errors
    /// A name or width that a spreadsheet does not take.
    pub fn new(
        sheet: &'a mut Worksheet,
        name: &str,
        print: Print<'_>,
        widths: &[f64],
        note: &str,
    ) -> anyhow::Result<Writer<'a>> {
        const A4: u8 = 9;
        sheet.set_name(name)?.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        let short = |text: &str| {
            text.chars().take(HEADER_CHARS).collect::<String>().replace('&', "&&").replace('[', "［")
        };
        sheet.set_header(format!("&L{} · {}&R{}", short(print.title), short(name), short(print.cut_off)));
        sheet.set_footer("&C&P / &N");
        for (column, width) in (0u16..).zip(widths) {
            sheet.set_column_width(column, *width)?;
        }
        let last = u16::try_from(widths.len().max(2) - 1)?;
        let center = Format::new().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
        sheet.merge_range(0, 0, 0, last, fitting(print.title), &center.set_bold().set_font_size(16))?;
        sheet.set_row_height(0, 28)?;
        sheet.merge_range(1, 0, 1, last, fitting(note), &Format::new().set_align(FormatAlign::Left))?;
        Ok(Writer { sheet, row: 2, border: Format::new().set_border(FormatBorder::Thin) })
    }

    /// The next line, from 0.
    #[must_use]
    pub fn row(&self) -> u32 {
        self.row
    }

    /// A heading over a table.
    ///
    /// # Errors
    /// The sheet is full.
    pub fn section(&mut self, text: &str) -> anyhow::Result<()> {
        self.row += 1;
        self.sheet.write_string_with_format(self.row, 0, fitting(text), &Format::new().set_bold())?;
        self.row += 1;
        Ok(())
    }

    /// The headings of columns.
    ///
    /// # Errors
    /// The sheet is full.
    pub fn heads(&mut self, heads: &[&str]) -> anyhow::Result<()> {
        let shape = self.border.clone().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        let shape = shape.set_align(FormatAlign::VerticalCenter).set_background_color(0x00E7_EEF7);
        for (column, text) in (0u16..).zip(heads) {
            self.sheet.write_string_with_format(self.row, column, *text, &shape)?;
        }
        self.row += 1;
        Ok(())
    }

    /// Keeps everything above the next line in view and on every printed page.
    ///
    /// # Errors
    /// Never for a line that exists.
    pub fn freeze(&mut self) -> anyhow::Result<()> {
        self.sheet.set_freeze_panes(self.row, 0)?.set_repeat_rows(self.row - 1, self.row - 1)?;
        Ok(())
    }

    /// Lets the rows from `first` to the last one be filtered by the headings above them.
    ///
    /// # Errors
    /// Never for lines that exist.
    pub fn filter(&mut self, first: u32, columns: usize) -> anyhow::Result<()> {
        if self.row > first {
            self.sheet.autofilter(first - 1, 0, self.row - 1, u16::try_from(columns - 1)?)?;
        }
        Ok(())
    }

    /// A line of a table.
    ///
    /// # Errors
    /// The sheet is full, or a day lies before 1900.
    pub fn line(&mut self, cells: &[Cell]) -> anyhow::Result<()> {
        for (column, cell) in (0u16..).zip(cells) {
            self.cell(column, cell)?;
        }
        self.row += 1;
        Ok(())
    }

    /// A line of words without a frame.
    ///
    /// # Errors
    /// The sheet is full.
    pub fn words(&mut self, text: &str) -> anyhow::Result<()> {
        let shape = if formula(text) { Format::new().set_quote_prefix() } else { Format::new() };
        self.sheet.write_string_with_format(self.row, 0, fitting(text), &shape)?;
        self.row += 1;
        Ok(())
    }

    fn cell(&mut self, column: u16, cell: &Cell) -> anyhow::Result<()> {
        let row = self.row;
        let (number, places, shape) = match cell {
            Cell::Empty => {
                self.sheet.write_blank(row, column, &self.border)?;
                return Ok(());
            }
            Cell::Text(text) => {
                let shape = self.border.clone().set_text_wrap().set_align(FormatAlign::Top);
                let shape = if formula(text) { shape.set_quote_prefix() } else { shape };
                self.sheet.write_string_with_format(row, column, fitting(text), &shape)?;
                return Ok(());
            }
            Cell::Day(day) => {
                let shape = self.border.clone().set_num_format("yyyy-mm-dd");
                let (year, month) = (u16::try_from(day.year())?, u8::try_from(day.month())?);
                let day = ExcelDateTime::from_ymd(year, month, u8::try_from(day.day())?)?;
                self.sheet.write_datetime_with_format(row, column, day, &shape)?;
                return Ok(());
            }
            Cell::Count(n) => (*n, 0, "#,##0"),
            Cell::Mille(n) => (*n, 3, if n % 1000 == 0 { "#,##0" } else { "#,##0.0##" }),
            Cell::Wan(n) => (*n, 4, "#,##0.00##"),
            Cell::Yi(n) => (*n, 8, "#,##0.00"),
            Cell::Percent(n) => (*n, 4, "0.00%"),
            Cell::Change(n) => (*n, 4, "+0.00%;-0.00%;0.00%"),
            Cell::Points(n) => (*n, 2, "+0.00\" 个百分点\";-0.00\" 个百分点\";0.00\" 个百分点\""),
        };
        let exact = decimal(number, places);
        let shape = self.border.clone().set_num_format(shape);
        if number.unsigned_abs() < DIGITS {
            self.sheet.write_number_with_format(row, column, exact.parse::<f64>()?, &shape)?;
        } else {
            self.sheet.write_string_with_format(row, column, exact, &self.border)?;
        }
        Ok(())
    }
}

/// Whether a spreadsheet would take a text for a formula when somebody edits the cell or saves the sheet as CSV.
fn formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

fn fitting(text: &str) -> &str {
    text.char_indices().nth(CELL_CHARS).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_moves_its_point_and_loses_nothing() {
        assert_eq!(decimal(18_304_000_000, 8), "183.04");
        assert_eq!(decimal(18_304_000_001, 4), "1830400.0001");
        assert_eq!(decimal(-5, 4), "-0.0005");
        assert_eq!(decimal(0, 8), "0");
        assert_eq!(decimal(70, 0), "70");
        assert_eq!(decimal(i64::MIN, 4), "-922337203685477.5808");
        for yuan in [1, 99_999_999, 999_999_999_999_999, -123_456_789_012_345] {
            let cell: f64 = decimal(yuan, 4).parse().unwrap();
            assert_eq!((cell * 10_000.0).round() as i64, yuan);
        }
    }

    #[test]
    fn what_looks_like_a_formula_is_known() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1"] {
            assert!(formula(text), "{text}");
        }
        assert!(!formula("船用 = 推进器"));
    }
}
