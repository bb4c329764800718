//! Chains: the board, the supply graph, the list, and a segment's page.

pub mod board;
pub mod graph;
pub mod mark;
pub mod segment;
pub mod words;
