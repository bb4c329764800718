//! Contracts of the sample zone: a small PDF for each signed project, made in code and marked as synthetic.

use domain::company::Money;
use domain::money;
use jiff::civil::Date;
use std::fmt::Write as _;

/// The bytes of a contract: one page with the project, who invests, how much, and that none of it is real. The same for the same words.
///
/// Chinese is written in `STSong-Light`, one of the fonts that every reader of PDF 1.4 must be able to replace, so none is embedded.
#[must_use]
pub fn pdf(code: &str, name: &str, company: &str, amount: Money, signed: Date) -> Vec<u8> {
    let lines = [
        "投资合同（合成示例，不具效力）".to_string(),
        "SAMPLE - synthetic contract, not a real document".to_string(),
        format!("项目编号 Code：{code}"),
        format!("项目名称 Project：{name}"),
        format!("投资方 Investor：{company}"),
        format!("计划总投资 Planned total：{}", money::format(amount)),
        format!("签约日期 Signed：{signed}"),
    ];
    let mut content = String::from("BT /F1 14 Tf 26 TL 56 770 Td");
    for line in &lines {
        let _ = write!(content, "\n<{}> Tj T*", utf16(line));
    }
    content.push_str("\nET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_string(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>"
            .to_string(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>"
            .to_string(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 \
         /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
            .to_string(),
    ];
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

/// A text as the hexadecimal of UTF-16, big end first.
fn utf16(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("{unit:04X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::company::Currency;

    #[test]
    fn a_contract_is_a_pdf_whose_table_points_at_its_objects() {
        let money = Money { amount: 30_000_000, currency: Currency::Usd };
        let bytes = pdf("2025-0001", "推进器项目", "某某公司", money, jiff::civil::date(2025, 2, 9));
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(bytes.len() < 4_096, "{}", bytes.len());
        let table: usize =
            text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        let rows: Vec<&str> = text[table..].lines().skip(3).take(7).collect();
        for (number, row) in (1..).zip(rows) {
            let place: usize = row[..10].parse().unwrap();
            assert!(text[place..].starts_with(&format!("{number} 0 obj\n")), "{row}");
        }
        assert!(text.contains(&utf16("合成示例")) && text.contains(&utf16("2025-0001")));
    }
}
