//! Bringing company lists in: upload, columns, the worker, and its page.

pub mod combine;
pub mod list;
pub mod mapping;
pub mod project;
pub mod status;
pub mod upload;
pub mod words;
pub mod worker;
