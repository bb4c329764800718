//! How many companies stand on a segment, and how large they are.

/// The companies of one set (residents, or a reference) on one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Companies placed there.
    pub companies: u32,
    /// Those of them that make rather than trade or serve.
    pub makers: u32,
    /// Sum of registered capital in yuan (only capital in CNY is counted).
    pub capital_yuan: i64,
    /// Sum of insured staff.
    pub insured: u64,
}
