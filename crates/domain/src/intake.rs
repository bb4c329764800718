//! Intake of company lists: which column is which field, and what makes a row a company.
//!
//! # What rejects a row, and what does not
//! A row is **rejected**, whole and with every fault named, when it has no company name; when its credit code is present but breaks GB 32100-2015;
//! when money, a date or a head count is there but cannot be read as exactly one value; when the row itself is broken (cells beyond the
//! headings, missing cells, an unclosed quote, undecodable bytes, a cell beyond the limit); or when it contradicts an earlier
//! row with the same credit code.
//!
//! A row is **accepted with a note**, the field left empty, when the value is readable but says nothing that Landfall can hold: an old registration number
//! in place of a credit code, a currency without a code here, a head count given as a range, and words outside a vocabulary (status, region,
//! industry). The notes are counted and shown like the rejects.
//!
//! `N/A`, `-` and the like are empty, without a note.

mod fault;
mod headings;
mod mapping;
pub mod project;
mod row;

pub use fault::{RowFault, Rule};
pub use headings::{Field, heading_key, recognise};
pub use mapping::{Choice, Column, Mapping, MappingFault, Overrides, heading_score};
pub use row::{Accepted, Context, row, status};
