//! Measures that anyone can repeat: name resolution, placement, gaps.

pub mod placement;
