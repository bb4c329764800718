//! PDF 1.4 of a document on A4.
//!
//! Chinese is written in `STSong-Light`, one of the fonts that a reader of PDF must be able to replace (Adobe-GB1), so none is embedded: files are a
//! few kilobytes, and show as the reader's own 宋体. A full typesetter would cost ten minutes of build and forty megabytes. Lines break
//! between any two Chinese characters, but no line begins with a closing mark (避头尾); a table's row is never cut by a page.

use super::{Block, Document};
use std::fmt::Write as _;

const WIDTH: i64 = 595;
const HEIGHT: i64 = 842;
const MARGIN: i64 = 56;
const INNER: i64 = WIDTH - 2 * MARGIN;

/// The bytes of a document. The same for the same words.
#[must_use]
pub fn write(document: &Document) -> Vec<u8> {
    let mut pages = Pages { done: Vec::new(), now: String::new(), y: HEIGHT - MARGIN };
    for line in wrap(&document.title, INNER, 18) {
        let left = MARGIN + (INNER - width(&line, 18)) / 2;
        pages.room(30);
        pages.text(left, 18, true, &line);
        pages.y -= 30;
    }
    if !document.under.is_empty() {
        let left = MARGIN + (INNER - width(&document.under, 10)) / 2;
        pages.text(left.max(MARGIN), 10, false, &document.under);
        pages.y -= 22;
    }
    for block in &document.blocks {
        match block {
            Block::Heading(text) => {
                pages.room(44);
                pages.y -= 6;
                pages.text(MARGIN, 13, true, text);
                pages.y -= 22;
            }
            Block::Text(text) => pages.paragraph(text, 11, 17),
            Block::Remark(text) => pages.paragraph(text, 9, 13),
            Block::Pairs(pairs) => {
                let rows: Vec<Vec<String>> = pairs.iter().map(|(n, v)| vec![n.clone(), v.clone()]).collect();
                pages.table(&[260, 740], &[], &rows, false);
            }
            Block::Table(columns, heads, rows) => pages.table(columns, heads, rows, true),
        }
    }
    pages.close();
    assemble(&pages.done)
}

struct Pages {
    done: Vec<String>,
    now: String,
    y: i64,
}

impl Pages {
    /// Begins a new page when `need` points do not fit any more.
    fn room(&mut self, need: i64) {
        if self.y - need < MARGIN {
            self.close();
        }
    }

    fn close(&mut self) {
        self.done.push(std::mem::take(&mut self.now));
        self.y = HEIGHT - MARGIN;
    }

    fn text(&mut self, x: i64, size: i64, bold: bool, text: &str) {
        let weight = if bold { "2 Tr 0.4 w" } else { "0 Tr" };
        let _ =
            write!(self.now, "\nBT {weight} /F1 {size} Tf {x} {} Td <{}> Tj ET", self.y - size, utf16(text));
    }

    fn paragraph(&mut self, text: &str, size: i64, step: i64) {
        for part in text.lines() {
            for line in wrap(part, INNER, size) {
                self.room(step);
                self.text(MARGIN, size, false, &line);
                self.y -= step;
            }
        }
        self.y -= 5;
    }

    fn table(&mut self, columns: &[u32], heads: &[String], rows: &[Vec<String>], lines: bool) {
        let share: i64 = columns.iter().map(|c| i64::from(*c)).sum::<i64>().max(1);
        let widths: Vec<i64> = columns.iter().map(|c| INNER * i64::from(*c) / share).collect();
        if !heads.is_empty() {
            self.row(&widths, heads, true, lines);
        }
        for row in rows {
            let height = row_height(&widths, row);
            if self.y - height < MARGIN {
                self.close();
                if !heads.is_empty() {
                    self.row(&widths, heads, true, lines);
                }
            }
            self.row(&widths, row, false, lines);
        }
        self.y -= 8;
    }

    fn row(&mut self, widths: &[i64], cells: &[String], bold: bool, lines: bool) {
        let (top, height) = (self.y, row_height(widths, cells));
        let mut x = MARGIN;
        for (width, cell) in widths.iter().zip(cells) {
            self.y = top - 4;
            for line in wrap(cell, width - 8, 10) {
                self.text(x + 4, 10, bold, &line);
                self.y -= 14;
            }
            if lines {
                let _ = write!(self.now, "\n0.5 w {x} {} {width} {height} re S", top - height);
            }
            x += width;
        }
        self.y = top - height;
    }
}

fn row_height(widths: &[i64], cells: &[String]) -> i64 {
    let tallest = widths.iter().zip(cells).map(|(w, c)| wrap(c, w - 8, 10).len()).max().unwrap_or(1);
    // A row that is taller than a page is cut off at its foot rather than never printed.
    (i64::try_from(tallest).unwrap_or(1).max(1) * 14 + 6).min(HEIGHT - 2 * MARGIN)
}

/// Points that a text takes: a full square for Chinese, half of one for Latin.
fn width(text: &str, size: i64) -> i64 {
    text.chars().map(|c| if c.is_ascii() { size } else { 2 * size }).sum::<i64>() / 2
}

/// Breaks a text into lines of at most `room` points.
fn wrap(text: &str, room: i64, size: i64) -> Vec<String> {
    const NEVER_FIRST: &str = "，。、；：！？）》」』”’%…,.;:!?)";
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0i64);
    for c in text.chars().filter(|c| !c.is_control()) {
        let wide = if c.is_ascii() { size } else { 2 * size };
        if used + wide > 2 * room && !line.is_empty() {
            let mut carried = String::new();
            // A word of Latin letters stays whole where it can, and no line begins with a closing mark.
            while let Some(last) = line.chars().last() {
                let word = last.is_ascii_alphanumeric() && c.is_ascii_alphanumeric();
                let mark = NEVER_FIRST.contains(carried.chars().next().unwrap_or(c));
                if !(word || mark) || line.chars().count() < 2 || carried.chars().count() > 20 {
                    break;
                }
                line.pop();
                carried.insert(0, last);
            }
            lines.push(std::mem::take(&mut line).trim_end().to_string());
            line = carried;
            used = line.chars().map(|c| if c.is_ascii() { size } else { 2 * size }).sum();
        }
        if !(line.is_empty() && c == ' ') {
            line.push(c);
            used += wide;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

fn assemble(pages: &[String]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 6 + 2 * n)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>".to_string(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 5 0 R /DW 1000 /W [1 95 500] \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>"
            .to_string(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 \
         /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
            .to_string(),
    ];
    for (n, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            7 + 2 * n
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len() + 1));
    }
    let mut out = String::from("%PDF-1.4\n");
    let mut places = Vec::with_capacity(objects.len());
    for (number, object) in (1..).zip(&objects) {
        places.push(out.len());
        let _ = write!(out, "{number} 0 obj\n{object}\nendobj\n");
    }
    let table = out.len();
    let _ = write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(out, "{place:010} 00000 n ");
    }
    let _ =
        write!(out, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    out.into_bytes()
}

/// A text as the hexadecimal of UTF-16, big end first; what lies beyond the basic plane becomes 〓, as UniGB-UCS2 cannot say it, and the
/// middle dot its Chinese twin, which every font of Adobe-GB1 has.
fn utf16(text: &str) -> String {
    let plain = text.chars().map(|c| match c {
        '·' => '・',
        c if u32::from(c) > 0xffff => '〓',
        c => c,
    });
    plain.map(|c| format!("{:04X}", u32::from(c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pdf_whose_table_points_at_its_objects_over_several_pages() {
        let row = vec!["第一条".to_string(), "按公开出让的成交价供地，".repeat(12)];
        let document = Document {
            title: "公平竞争审查意见书".into(),
            under: "2026-11-26".into(),
            blocks: vec![
                Block::Heading("一、依据".into()),
                Block::Text("《公平竞争审查条例》".into()),
                Block::Table(vec![200, 800], vec!["条款".into(), "结论".into()], vec![row; 40]),
            ],
        };
        let text = String::from_utf8(write(&document)).unwrap();
        let table: usize =
            text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        let count: usize = text[table..].lines().nth(1).unwrap()[2..].parse().unwrap();
        for (number, row) in (1..count).zip(text[table..].lines().skip(3)) {
            let place: usize = row[..10].parse().unwrap();
            assert!(text[place..].starts_with(&format!("{number} 0 obj\n")), "{row}");
        }
        assert!(text.matches("/Type /Page ").count() > 2, "forty rows take more than two pages");
        assert!(text.contains(&utf16("公平竞争审查意见书")));
        for stream in text.split("<< /Length ").skip(1) {
            let length: usize = stream[..stream.find(' ').unwrap()].parse().unwrap();
            let body = stream.split_once("stream\n").unwrap().1.split("endstream").next().unwrap();
            assert_eq!(body.len(), length, "a stream is as long as it says");
        }
        assert_eq!(write(&document), text.into_bytes(), "the same words, the same bytes");
    }

    #[test]
    fn no_line_begins_with_a_closing_mark_and_words_stay_whole() {
        let lines = wrap("一二三四五，六七八九十。", 50, 10);
        assert!(lines.iter().all(|l| !l.starts_with(['，', '。'])), "{lines:?}");
        let words = wrap("设备补助 investment support", 90, 10);
        assert!(words.iter().any(|l| l.contains("investment")), "{words:?}");
    }

    proptest! {
        #[test]
        fn every_character_is_printed_and_no_line_is_too_wide(text in "[一-九a-z，。 ]{0,80}", room in 40i64..200) {
            let lines = wrap(&text, room, 10);
            let strip = |t: &str| t.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(strip(&lines.concat()), strip(&text));
            // Carried over for a closing mark, a line may be shorter, never longer.
            prop_assert!(lines.iter().all(|l| width(l, 10) <= room + 10), "{:?}", lines);
        }
    }
}
