//! The chain engine: names, placement, the universe snapshot, gaps and targets.

pub mod cooperation;
pub mod eval;
pub mod fits;
pub mod gaps;
pub mod learn;
pub mod map;
pub mod mapped;
pub mod names;
pub mod place;
pub mod random;
pub mod snapshot;
pub mod synth;
pub mod tally;
pub mod targets;
