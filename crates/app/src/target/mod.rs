//! Targets: the ranked list, its reasons, and the export.

pub mod export;
pub mod list;
pub mod rows;
