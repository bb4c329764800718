//! The chain engine: names, placement, the universe snapshot, gaps and targets.

pub mod eval;
pub mod gaps;
pub mod map;
pub mod mapped;
pub mod tally;
