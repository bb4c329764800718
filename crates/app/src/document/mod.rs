//! Documents that leave the house: one list of blocks, written as PDF or as Word.

pub mod docx;
pub mod pdf;

use crate::web::error::Result;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

/// A document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// One line under it: number, date.
    pub under: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Names and values, two columns without lines.
    Pairs(Vec<(String, String)>),
    /// A table: widths of the columns in per mille, headings, rows.
    Table(Vec<u32>, Vec<String>, Vec<Vec<String>>),
    /// A small remark.
    Remark(String),
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// PDF.
    Pdf,
    /// Word.
    Docx,
}

/// The document as a file of the name, without its ending.
///
/// # Errors
/// Writing fails.
pub fn respond(document: &Document, form: Form, name: &str) -> Result<Response> {
    let (bytes, kind, ending) = match form {
        Form::Pdf => (pdf::write(document), "application/pdf", "pdf"),
        Form::Docx => {
            let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
            (docx::write(document)?, kind, "docx")
        }
    };
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}
