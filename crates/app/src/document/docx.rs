//! Word: the same blocks, in faces that office computers have (宋体, 黑体), with the margins of GB/T 9704.

use super::{Block, Document};
use anyhow::Context as _;
use docx_rs::{
    AlignmentType, Docx, LineSpacing, PageMargin, Paragraph, Run, RunFonts, Table, TableCell, TableRow,
    WidthType,
};
use std::io::Cursor;

/// Twentieths of a point of a millimetre, times ten.
const fn mm(millimetres: i32) -> i32 {
    millimetres * 567 / 10
}

/// The bytes of a document.
///
/// # Errors
/// Packing fails.
pub fn write(document: &Document) -> anyhow::Result<Vec<u8>> {
    let margins = PageMargin::new().top(mm(37)).bottom(mm(35)).left(mm(28)).right(mm(26));
    let mut docx = Docx::new().page_size(11_906, 16_838).page_margin(margins);
    docx = docx.add_paragraph(centred(&document.title, 36, true));
    if !document.under.is_empty() {
        docx = docx.add_paragraph(centred(&document.under, 20, false));
    }
    for block in &document.blocks {
        docx = match block {
            Block::Heading(text) => docx.add_paragraph(paragraph(text, 26, true)),
            Block::Text(text) => {
                text.lines().fold(docx, |d, line| d.add_paragraph(paragraph(line, 22, false)))
            }
            Block::Remark(text) => docx.add_paragraph(paragraph(text, 18, false)),
            Block::Pairs(pairs) => {
                let rows: Vec<Vec<String>> = pairs.iter().map(|(n, v)| vec![n.clone(), v.clone()]).collect();
                docx.add_table(table(&[260, 740], &[], &rows))
            }
            Block::Table(columns, heads, rows) => docx.add_table(table(columns, heads, rows)),
        };
    }
    let mut bytes = Cursor::new(Vec::new());
    docx.build().pack(&mut bytes).context("writing a Word document")?;
    Ok(bytes.into_inner())
}

fn run(text: &str, size: usize, bold: bool) -> Run {
    let face = if bold { "黑体" } else { "宋体" };
    let run =
        Run::new().add_text(text).size(size).fonts(RunFonts::new().east_asia(face).ascii("Times New Roman"));
    if bold { run.bold() } else { run }
}

fn paragraph(text: &str, size: usize, bold: bool) -> Paragraph {
    Paragraph::new().add_run(run(text, size, bold)).line_spacing(LineSpacing::new().after(80))
}

fn centred(text: &str, size: usize, bold: bool) -> Paragraph {
    paragraph(text, size, bold).align(AlignmentType::Center)
}

fn table(columns: &[u32], heads: &[String], rows: &[Vec<String>]) -> Table {
    let share: u32 = columns.iter().sum::<u32>().max(1);
    let widths: Vec<usize> =
        columns.iter().map(|c| (u64::from(*c) * 8_840 / u64::from(share)) as usize).collect();
    let row = |cells: &[String], bold: bool| {
        let cell = |(text, width): (&String, &usize)| {
            let lines = text.lines().map(|l| paragraph(l, 20, bold));
            lines.fold(TableCell::new().width(*width, WidthType::Dxa), TableCell::add_paragraph)
        };
        TableRow::new(cells.iter().zip(&widths).map(cell).collect())
    };
    let head = (!heads.is_empty()).then(|| row(heads, true));
    Table::new(head.into_iter().chain(rows.iter().map(|r| row(r, false))).collect()).set_grid(widths.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn a_word_document_holds_its_words() {
        let document = Document {
            title: "审查意见书".into(),
            under: "2026-11-26".into(),
            blocks: vec![
                Block::Text("结论：<通过> & 备案".into()),
                Block::Table(
                    vec![1, 1],
                    vec!["甲".into(), "乙".into()],
                    vec![vec!["1".into(), "二\n三".into()]],
                ),
            ],
        };
        let bytes = write(&document).unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut xml = String::new();
        zip.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
        for said in ["审查意见书", "&lt;通过&gt; &amp; 备案", "<w:tbl>", "宋体", "三"] {
            assert!(xml.contains(said), "{said}");
        }
    }
}
