//! What Landfall knows: ids, money, dates, places, industry classes, chains and rules.
//!
//! Everything here is a pure function over plain values: no files, no sockets, no clock, no randomness.
#![forbid(unsafe_code)]

pub mod access;
pub mod allocate;
pub mod appraise;
pub mod assessment;
pub mod capital;
pub mod chain;
pub mod company;
pub mod credit;
pub mod dates;
pub mod event;
pub mod fact;
pub mod figure;
pub mod gate;
pub mod geo;
pub mod goal;
pub mod industry;
pub mod intake;
pub mod inventory;
pub mod land;
pub mod lead;
pub mod limits;
pub mod mask;
pub mod merge;
pub mod money;
pub mod name;
pub mod offer;
pub mod place;
pub mod placement;
pub mod plan;
pub mod policy;
pub mod project;
pub mod promise;
pub mod rate;
pub mod review;
pub mod role;
pub mod scenario;
pub mod scope;
pub mod stage;
pub mod target;
pub mod text;
pub mod uscc;
pub mod user;
pub mod workday;
pub mod zone;

mod words;
