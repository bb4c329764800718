//! The universe: an immutable directory of companies, built once and swapped in atomically.
//!
//! ```text
//! root/
//!   CURRENT            the id of the snapshot that serves
//!   LOCK               held by the one process that builds
//!   <id>/              16 hex digits of the content's SHA-256; never modified
//!     manifest.json    format, chains, tags, regions, every file with its length and SHA-256
//!     companies.parquet, pairs.parquet, tags.parquet     the same facts for any other tool
//!     heap.bin + heap_off.bin                            every record, by company
//!     rows.bin, sizes.bin, fwd.bin                       company → features, size, tags
//!     post_off.bin, post.bin                             tag → postings, by company
//!     words.bin + words_off.bin + words_sorted.bin       product words
//!     uscc.bin                                           code → company
//!   tmp-…/             a build under way, or the leftover of one that died
//! ```
//!
//! A company is a dense [`Doc`], a segment or a product word is a [`Tag`]; both are only good beside the snapshot they come from.

mod build;
mod counts;
mod files;
mod layout;
mod manifest;
mod root;
mod table;
mod universe;

pub use build::{BuildOptions, Extra, Progress, Step, build};
pub use counts::CityCounts;
pub use layout::{Doc, Posting, Row, Size, Tag};
pub use manifest::{ChainEntry, FORMAT, FileEntry, Manifest};
pub use universe::{EachName, Universe};

#[cfg(test)]
pub(crate) mod tests;
