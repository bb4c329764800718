//! Industry chains (产业链): segments in three levels, the words that place a company, and who supplies whom.

pub mod builtin;
mod check;
pub mod fault;
pub mod fold;
pub mod import;
mod read;
mod write;

pub use check::check;
pub use fault::{Checked, Fault, Rule};
pub use write::to_toml;

use crate::company::IndustryCode;
use serde::{Deserialize, Serialize};

/// Reads a chain file (TOML, format 1).
///
/// # Errors
/// Every fault of the file at once, in the order of its lines. [`check`] gives the warnings as well.
pub fn parse(text: &str) -> Result<Chain, Vec<Fault>> {
    let checked = check(text);
    checked.chain.ok_or(checked.errors)
}

/// Where a segment stands in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Position {
    /// 上游
    #[serde(rename = "上游")]
    Upstream,
    /// 中游
    #[serde(rename = "中游")]
    Midstream,
    /// 下游
    #[serde(rename = "下游")]
    Downstream,
}

impl Position {
    /// The word that files and pages use: 上游, 中游 or 下游.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Position::Upstream => "上游",
            Position::Midstream => "中游",
            Position::Downstream => "下游",
        }
    }

    /// Reads 上游, 中游, 下游 or `upstream`, `midstream`, `downstream`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Position> {
        match word.trim() {
            "上游" | "upstream" => Some(Position::Upstream),
            "中游" | "midstream" => Some(Position::Midstream),
            "下游" | "downstream" => Some(Position::Downstream),
            _ => None,
        }
    }
}

/// One node (环节) of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Id inside its chain: `[a-z0-9-]+`. Outside the chain it is written `chain/segment`.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Index of the parent in [`Chain::segments`]; `None` on the first level.
    pub parent: Option<usize>,
    /// 1, 2 or 3.
    pub level: u8,
    /// Own or inherited position.
    pub position: Position,
    /// Words that place a company here.
    pub words: Vec<String>,
    /// Words that take a match back when they surround it.
    pub exclude: Vec<String>,
    /// GB/T 4754-2017 codes at any level.
    pub industry: Vec<IndustryCode>,
    /// 1 (marginal) to 5 (the chain stands or falls with it).
    pub importance: u8,
    /// Indices of the segments that buy what this one makes.
    pub supplies: Vec<usize>,
}

/// A chain: its segments, parents before children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// `[a-z0-9-]+`
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Version of the file, e.g. `2026.1`.
    pub version: String,
    /// One sentence: what it covers and where it stops.
    pub about: String,
    /// Segments; a parent stands before its children.
    pub segments: Vec<Segment>,
}

/// A segment of a [`ChainSet`], numbered over all its chains.
///
/// Numbers are only good beside the set (and the snapshot) they come from; outside, write `chain/segment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentNo(pub u16);

/// The chains that a zone works with, with one dense numbering of their segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainSet {
    chains: Vec<Chain>,
    starts: Vec<u16>,
}

impl ChainSet {
    /// Numbers the segments of `chains` in order.
    ///
    /// # Errors
    /// Two chains with one id, or more than 65,535 segments in all.
    pub fn new(chains: Vec<Chain>) -> Result<ChainSet, String> {
        let mut starts = Vec::with_capacity(chains.len());
        let mut next = 0usize;
        for (i, chain) in chains.iter().enumerate() {
            if chains[..i].iter().any(|c| c.id == chain.id) {
                return Err(format!("two chains have the id `{}`; rename one of them", chain.id));
            }
            starts.push(u16::try_from(next).map_err(|_| "more than 65,535 segments in all".to_string())?);
            next += chain.segments.len();
        }
        if next > usize::from(u16::MAX) {
            return Err("more than 65,535 segments in all".to_string());
        }
        Ok(ChainSet { chains, starts })
    }

    /// The chains, in order.
    #[must_use]
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// How many segments there are in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chains.iter().map(|c| c.segments.len()).sum()
    }

    /// Whether there is no segment at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of segment `segment` (an index) of chain `chain` (an index).
    #[must_use]
    pub fn number(&self, chain: usize, segment: usize) -> SegmentNo {
        SegmentNo(self.starts[chain] + u16::try_from(segment).unwrap_or(u16::MAX))
    }

    /// The chain index and segment index of a number.
    #[must_use]
    pub fn locate(&self, no: SegmentNo) -> (usize, usize) {
        let chain = self.starts.partition_point(|&s| s <= no.0) - 1;
        (chain, usize::from(no.0 - self.starts[chain]))
    }

    /// The chain and the segment of a number.
    #[must_use]
    pub fn get(&self, no: SegmentNo) -> (&Chain, &Segment) {
        let (c, s) = self.locate(no);
        (&self.chains[c], &self.chains[c].segments[s])
    }

    /// The outside name of a segment, `chain/segment`.
    #[must_use]
    pub fn key(&self, no: SegmentNo) -> String {
        let (chain, segment) = self.get(no);
        format!("{}/{}", chain.id, segment.id)
    }

    /// The number of the segment that is written `chain/segment` outside.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<SegmentNo> {
        let (chain, segment) = key.split_once('/')?;
        let c = self.chains.iter().position(|x| x.id == chain)?;
        let s = self.chains[c].segments.iter().position(|x| x.id == segment)?;
        Some(self.number(c, s))
    }

    /// Whether a segment is `top` or stands somewhere below it.
    #[must_use]
    pub fn is_under(&self, segment: SegmentNo, top: SegmentNo) -> bool {
        let ((chain, at), (other, top)) = (self.locate(segment), self.locate(top));
        let mut at = Some(at);
        while let Some(s) = at.filter(|_| chain == other) {
            if s == top {
                return true;
            }
            at = self.chains[chain].segments[s].parent;
        }
        false
    }

    /// Every segment number, in order.
    pub fn numbers(&self) -> impl Iterator<Item = SegmentNo> {
        (0..u16::try_from(self.len()).unwrap_or(u16::MAX)).map(SegmentNo)
    }
}
