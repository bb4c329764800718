//! The team (团队): yearly targets, what was done of them, and the assessment by a published formula.

pub mod done;
pub mod export;
pub mod formula;
pub mod goals;
pub mod inputs;
pub mod overview;
pub mod person;
pub mod rows;
pub mod words;
