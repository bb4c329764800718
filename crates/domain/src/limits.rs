//! Every limit the product has, by name, so that a reader finds them in one place.

/// Segments in one chain file.
pub const CHAIN_SEGMENTS: usize = 2_000;
/// Words of one segment (placing and excluding each).
pub const SEGMENT_WORDS: usize = 200;
/// Bytes of one chain file.
pub const CHAIN_FILE_BYTES: usize = 4 << 20;
/// Bytes of one uploaded company list (as stored, so compressed for xlsx and gz).
pub const INTAKE_FILE_BYTES: u64 = 4 << 30;
/// Bytes of one company list after unpacking (xlsx, gz).
pub const INTAKE_UNPACKED_BYTES: u64 = 16 << 30;
/// Bytes of one spreadsheet after unpacking: its texts are held in memory.
pub const INTAKE_XLSX_UNPACKED_BYTES: u64 = 2 << 30;
/// Columns of a company list.
pub const INTAKE_COLUMNS: usize = 500;
/// Bytes of one cell.
pub const INTAKE_CELL_BYTES: usize = 256 << 10;
/// Rows of one company list.
pub const INTAKE_ROWS: u64 = 200_000_000;
/// Rows at the start of a file among which the heading is looked for.
pub const INTAKE_TITLE_ROWS: usize = 20;
/// Characters of a company name.
pub const COMPANY_NAME_CHARS: usize = 200;
/// Bytes of an old xls file, which is read whole.
pub const INTAKE_XLS_BYTES: u64 = 128 << 20;
