//! Measures that anyone can repeat: name resolution, placement, gaps.

pub mod gaps;
pub mod names;
pub mod placement;
