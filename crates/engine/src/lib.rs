//! The chain engine: names, placement, the universe snapshot, gaps and targets.

pub mod eval;
pub mod mapped;
pub mod snapshot;
pub mod tally;
pub mod targets;
