//! The best few of many, exactly.

use crate::snapshot::Doc;
use domain::target::Points;

/// Keeps the `keep` best of what is offered, in any order: higher points first, then lower numbers.
///
/// A buffer a few times as large that is cut when full: cheaper than a heap, because most offers fail at `floor`.
#[derive(Clone, Debug)]
pub(super) struct Top {
    keep: usize,
    limit: usize,
    /// What is not above it cannot be among the best.
    floor: u64,
    keys: Vec<u64>,
}

impl Top {
    /// Takes only what has more points than `least`.
    pub(super) fn new(keep: usize, least: Points) -> Top {
        let floor = if keep == 0 { u64::MAX } else { key(0, least) };
        Top { keep, limit: keep.saturating_mul(FACTOR), floor, keys: Vec::new() }
    }

    /// The same company must not be offered twice.
    #[inline]
    pub(super) fn offer(&mut self, doc: u32, points: Points) {
        let key = key(doc, points);
        if key > self.floor {
            self.keys.push(key);
            if self.keys.len() >= self.limit {
                self.cut();
            }
        }
    }

    /// Takes over what another range of companies has found.
    pub(super) fn merge(&mut self, other: Top) {
        self.keys.extend(other.keys);
        if self.keys.len() >= self.limit {
            self.cut();
        }
    }

    /// The best in order, with `bias` taken off their points.
    pub(super) fn finish(mut self, bias: Points) -> Vec<(Doc, Points)> {
        if self.keys.len() > self.keep {
            self.cut();
        }
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        self.keys.into_iter().map(|k| (Doc(!(k as u32)), points_of(k) - bias)).collect()
    }

    #[cold]
    fn cut(&mut self) {
        self.keys.select_nth_unstable_by(self.keep - 1, |a, b| b.cmp(a));
        self.keys.truncate(self.keep);
        self.floor = self.keys[self.keep - 1];
    }
}

/// How many times `keep` the buffer is large: cuts are rarer and throw away more.
const FACTOR: usize = 4;

/// Orders by points, then by the complement of the number.
fn key(doc: u32, points: Points) -> u64 {
    u64::from(points as u32 ^ 0x8000_0000) << 32 | u64::from(!doc)
}

fn points_of(key: u64) -> Points {
    ((key >> 32) as u32 ^ 0x8000_0000) as Points
}
