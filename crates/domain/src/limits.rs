//! Every limit the product has, by name, so that a reader finds them in one place.

/// Segments in one chain file.
pub const CHAIN_SEGMENTS: usize = 2_000;
/// Words of one segment (placing and excluding each).
pub const SEGMENT_WORDS: usize = 200;
/// Characters of one word of a segment.
pub const WORD_CHARS: usize = 40;
/// Faults that one check of a chain file reports; more are counted, not listed.
pub const CHAIN_FAULTS: usize = 500;
/// Bytes of one chain file.
pub const CHAIN_FILE_BYTES: usize = 4 << 20;
