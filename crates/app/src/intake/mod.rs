//! Reading company lists from files, and staging them: every row becomes an accepted company or a rejected row.
//!
//! `source` opens CSV, XLSX, XLS and JSON lines and yields rows of text; `domain::intake` judges a row; `stage` writes both
//! results in parts, so that a crash loses at most one part.

pub mod csv;
pub mod decode;
pub mod jsonl;
pub mod sheet;
pub mod source;
pub mod stage;

#[cfg(test)]
mod tests;
