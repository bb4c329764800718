//! The fixed-width records of a snapshot's files, all little-endian.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

#[cfg(target_endian = "big")]
compile_error!("snapshot files are mapped as little-endian arrays; this target needs a converting reader");

/// A company of one snapshot: its place in every per-company array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Doc(pub u32);

/// A segment or a product word of one snapshot: segments first, by number, then words by first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(pub u32);

/// One company on one tag (`post.bin`): all that ranking needs, so that no other array is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Posting {
    /// The company.
    pub doc: u32,
    /// Bits 0–11 the index into the manifest's regions, bits 12–15 the fit level.
    pub place: u16,
    /// [`domain::target::Features::pack`].
    pub features: u16,
}

impl Posting {
    /// The fit level, 1 to 15.
    #[must_use]
    pub fn fit(self) -> u8 {
        (self.place >> 12) as u8
    }
    /// The index into the manifest's regions.
    #[must_use]
    pub fn region(self) -> usize {
        usize::from(self.place & REGION_MASK)
    }
}

/// The low twelve bits of [`Posting::place`].
pub(crate) const REGION_MASK: u16 = 0x0fff;

/// What every company has besides its record (`rows.bin`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Row {
    /// Where its tags begin in `fwd.bin`, counted in entries.
    pub tags_at: u64,
    /// How many tags it has.
    pub tags: u16,
    /// Index into the manifest's regions.
    pub region: u16,
    /// [`domain::target::Features::pack`].
    pub features: u16,
    /// Always 0 in format 1.
    pub spare: u16,
}

/// How large a company is (`sizes.bin`), for tallies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Size {
    /// Registered capital in yuan; 0 when unknown or in another currency.
    pub capital_yuan: i64,
    /// Insured staff; 0 when unknown.
    pub insured: u32,
    /// Always 0 in format 1.
    pub spare: u32,
}

/// One tag of one company (`fwd.bin`): bits 0–27 the tag, bits 28–31 the fit level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Link(pub u32);

impl Link {
    /// Tags that fit into 28 bits.
    pub(crate) const TAGS_MAX: usize = 1 << 28;

    pub(crate) fn new(tag: Tag, fit: u8) -> Link {
        Link(tag.0 & 0x0fff_ffff | u32::from(fit) << 28)
    }
    pub(crate) fn tag(self) -> Tag {
        Tag(self.0 & 0x0fff_ffff)
    }
    pub(crate) fn fit(self) -> u8 {
        (self.0 >> 28) as u8
    }
}

/// A credit code's hash and its company (`uscc.bin`), sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct CodeEntry {
    pub hash: u64,
    pub doc: u32,
    pub spare: u32,
}

/// FNV-1a of 64 bits: fixed for ever, because it is written into files.
pub(crate) fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
