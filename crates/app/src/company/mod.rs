//! Companies: finding one, its page, refusals, chain leaders.

pub mod leader;
pub mod profile;
pub mod refuse;
pub mod search;
