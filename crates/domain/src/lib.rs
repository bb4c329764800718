//! What Landfall knows: ids, money, dates, places, industry classes, chains and rules.
//!
//! Everything here is a pure function over plain values: no files, no sockets, no clock, no randomness.
#![forbid(unsafe_code)]

pub mod chain;
pub mod company;
pub mod limits;
pub mod placement;
pub mod target;
