//! Events (活动): promotion meetings, visits and delegations, who came, what they cost and what they led to.

pub mod edit;
pub mod guests;
pub mod led;
pub mod list;
mod opened;
pub mod outcomes;
pub mod show;
