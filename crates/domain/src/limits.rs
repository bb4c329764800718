//! Every limit the product has, by name, so that a reader finds them in one place.

/// Segments in one chain file.
pub const CHAIN_SEGMENTS: usize = 2_000;
/// Words of one segment (placing and excluding each).
pub const SEGMENT_WORDS: usize = 200;
/// Bytes of one chain file.
pub const CHAIN_FILE_BYTES: usize = 4 << 20;
/// Rows of one page of any list that the store answers.
pub const PAGE_ROWS: u32 = 1_000;
/// Divisions that a zone's settings may name in all.
pub const ZONE_REGIONS: usize = 500;
/// Words of the rule that recognises residents by address.
pub const RESIDENT_RULE_WORDS: usize = 50;
/// Weights of the target score that a zone may set.
pub const ZONE_WEIGHTS: usize = 100;
/// Largest weight either way, in thousandths.
pub const WEIGHT_PER_MILLE: i32 = 100_000;
/// Residents that one import may bring.
pub const RESIDENTS: usize = 200_000;
/// Column headings that may be mapped.
pub const COLUMN_MAPPINGS: usize = 10_000;
/// Characters of a login, a person's name, a reason and other one-line texts.
pub const LINE_CHARS: usize = 200;
/// Chains that a zone may hold.
pub const CHAINS: usize = 200;
/// Chain leaders (链主) that may be named in all.
pub const LEADERS: usize = 2_000;
/// Refusals ("not again") that may stand at one time.
pub const REFUSALS: usize = 100_000;
