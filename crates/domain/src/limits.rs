//! Every limit the product has, by name, so that a reader finds them in one place.

/// Segments in one chain file.
pub const CHAIN_SEGMENTS: usize = 2_000;
/// Words of one segment (placing and excluding each).
pub const SEGMENT_WORDS: usize = 200;
/// Bytes of one chain file.
pub const CHAIN_FILE_BYTES: usize = 4 << 20;
