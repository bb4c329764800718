//! What a file is, from its bytes: documents, sheets, slides and pictures; nothing that can run.

use anyhow::Result;
use domain::limits;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

/// Why a file is not taken, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Kinds that are taken, with the endings of their names and their media types.
pub const KINDS: [(&str, &[&str], &str); 9] = [
    ("pdf", &["pdf"], "application/pdf"),
    ("png", &["png"], "image/png"),
    ("jpg", &["jpg", "jpeg"], "image/jpeg"),
    ("webp", &["webp"], "image/webp"),
    ("heic", &["heic", "heif"], "image/heic"),
    ("docx", &["docx"], "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", &["xlsx"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", &["pptx"], "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("ofd", &["ofd"], "application/ofd"),
];

/// What a browser's file picker offers.
pub const ACCEPT: &str = ".pdf,.png,.jpg,.jpeg,.webp,.heic,.heif,.docx,.xlsx,.pptx,.ofd";

/// The media type of a kind; bytes for anything unknown.
#[must_use]
pub fn media_type(kind: &str) -> &'static str {
    KINDS.iter().find(|k| k.0 == kind).map_or("application/octet-stream", |k| k.2)
}

/// The kind of the file at `path`, whose name must end as its kind does.
///
/// # Errors
/// Outer: it cannot be read. Inner: why it is refused.
pub fn kind(path: &Path, name: &str) -> Result<Result<&'static str, Refusal>> {
    let mut head = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut head)?;
    let found = if head.starts_with(b"PK\x03\x04") { zipped(path)? } else { plain(&head) };
    Ok(found.and_then(|kind| agrees(kind, name)))
}

fn plain(head: &[u8]) -> Result<&'static str, Refusal> {
    let heif = head.get(4..8) == Some(b"ftyp")
        && matches!(head.get(8..12), Some(b"heic" | b"heix" | b"heif" | b"mif1" | b"msf1" | b"hevc"));
    match head {
        _ if head.starts_with(b"%PDF-") => Ok("pdf"),
        _ if head.starts_with(b"\x89PNG\r\n\x1a\n") => Ok("png"),
        _ if head.starts_with(b"\xff\xd8\xff") => Ok("jpg"),
        _ if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") => Ok("webp"),
        _ if heif => Ok("heic"),
        _ if head.starts_with(b"\xd0\xcf\x11\xe0") => Err(Refusal {
            zh: "是旧版 Office 文件（可能带宏），请另存为 docx、xlsx、pptx 或 PDF 后上传".into(),
            en: "is an old Office file, which may carry macros; save it as docx, xlsx, pptx or PDF".into(),
        }),
        _ => Err(Refusal {
            zh: "的内容不是可接受的文件；请上传 PDF、图片（png、jpg、webp、heic）、docx、xlsx、pptx 或 OFD".into(),
            en: "is no file that can be taken; upload a PDF, a picture (png, jpg, webp, heic), docx, xlsx, pptx or OFD".into(),
        }),
    }
}

/// The kind of a zipped document, by the names inside.
fn zipped(path: &Path) -> Result<Result<&'static str, Refusal>> {
    let refuse = |zh: &str, en: &str| Ok(Err(Refusal { zh: zh.into(), en: en.into() }));
    let Ok(archive) = zip::ZipArchive::new(BufReader::new(File::open(path)?)) else {
        return refuse("已损坏，打不开", "is damaged and cannot be opened");
    };
    if archive.len() > limits::EVIDENCE_PARTS {
        return refuse("内部文件过多", "holds too many files");
    }
    let Ok(names) = archive.file_names().collect::<std::result::Result<Vec<_>, _>>() else {
        return refuse("已损坏，打不开", "is damaged and cannot be opened");
    };
    let active = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.ends_with("vbaproject.bin") || name.contains("activex/") || name.contains("macrosheets/")
    };
    if names.iter().any(|n| active(n)) {
        return refuse("带有宏，请另存为不带宏的文件或 PDF", "carries macros; save it without them or as PDF");
    }
    let has = |name: &str| names.iter().any(|n| n == name);
    let kind = match () {
        () if has("OFD.xml") => "ofd",
        () if !has("[Content_Types].xml") => {
            return refuse("是压缩包，请解压后逐个上传", "is an archive; unpack it and upload each file");
        }
        () if has("word/document.xml") => "docx",
        () if has("xl/workbook.xml") => "xlsx",
        () if has("ppt/presentation.xml") => "pptx",
        () => return refuse("不是可接受的文档", "is no document that can be taken"),
    };
    Ok(Ok(kind))
}

fn agrees(kind: &'static str, name: &str) -> Result<&'static str, Refusal> {
    let ending = name.rsplit_once('.').map_or(String::new(), |(_, e)| e.to_ascii_lowercase());
    let endings = KINDS.iter().find(|k| k.0 == kind).map_or(&[][..], |k| k.1);
    if endings.contains(&ending.as_str()) {
        return Ok(kind);
    }
    Err(Refusal {
        zh: format!("的内容是 {kind}，与文件名的扩展名不符，请核对"),
        en: format!("holds {kind}, which its name does not say; check it"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn of(name: &str, bytes: &[u8]) -> Result<&'static str, Refusal> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        kind(&path, name).unwrap()
    }

    fn zip(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(b"x").unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn documents_and_pictures_are_known_by_their_bytes() {
        assert_eq!(of("合同.PDF", b"%PDF-1.7\n"), Ok("pdf"));
        assert_eq!(of("a.jpeg", b"\xff\xd8\xff\xe0 JFIF"), Ok("jpg"));
        assert_eq!(of("a.webp", b"RIFF\0\0\0\0WEBPVP8 "), Ok("webp"));
        assert_eq!(of("a.heic", b"\0\0\0\x18ftypheic"), Ok("heic"));
        assert_eq!(of("a.docx", &zip(&["[Content_Types].xml", "word/document.xml"])), Ok("docx"));
        assert_eq!(of("a.ofd", &zip(&["OFD.xml"])), Ok("ofd"));
    }

    #[test]
    fn what_can_run_or_lies_about_itself_is_refused() {
        for (name, bytes) in [
            ("合同.pdf", &b"<!doctype html><script>alert(1)</script>"[..]),
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"),
            ("a.png", b"MZ\x90\0"),
            ("a.pdf", b"#!/bin/sh\n"),
            ("a.pdf", b""),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            ("合同.html", b"%PDF-1.7"),
            ("a", b"%PDF-1.7"),
        ] {
            assert!(of(name, bytes).is_err(), "{name}");
        }
        let macros = zip(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
        assert!(of("a.docx", &macros).unwrap_err().zh.contains("宏"));
        assert!(of("a.docm", &zip(&["[Content_Types].xml", "word/document.xml"])).is_err());
        assert!(of("a.zip", &zip(&["a.pdf"])).unwrap_err().zh.contains("压缩包"));
        assert!(of("a.docx", &zip(&["[Content_Types].xml"])[..60]).is_err());
    }
}
