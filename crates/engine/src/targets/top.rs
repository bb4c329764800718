//! The best few of many, exactly.

use crate::snapshot::Doc;
use domain::target::Points;

/// Keeps the `keep` best of what is offered: higher points first, then lower numbers.
///
/// A buffer of twice the size that is cut in half when full: cheaper than a heap, because most offers fail at `floor`.
#[derive(Clone, Debug)]
pub(super) struct Top {
    keep: usize,
    floor: Points,
    keys: Vec<u64>,
}

impl Top {
    pub(super) fn new(keep: usize) -> Top {
        Top { keep, floor: if keep == 0 { Points::MAX } else { Points::MIN }, keys: vec![] }
    }

    /// Offers must come in the order of the companies' numbers: then one that only equals the floor can never enter.
    #[inline]
    pub(super) fn offer(&mut self, doc: u32, points: Points) {
        if points > self.floor {
            self.keys.push(key(doc, points));
            if self.keys.len() >= self.keep * 2 {
                self.cut();
            }
        }
    }

    /// Takes over what another range of companies has found.
    pub(super) fn merge(&mut self, other: Top) {
        self.keys.extend(other.keys);
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        self.keys.truncate(self.keep);
    }

    pub(super) fn finish(mut self) -> Vec<(Doc, Points)> {
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        self.keys.truncate(self.keep);
        self.keys.into_iter().map(|k| (Doc(!(k as u32)), points_of(k))).collect()
    }

    #[cold]
    fn cut(&mut self) {
        self.keys.select_nth_unstable_by(self.keep - 1, |a, b| b.cmp(a));
        self.keys.truncate(self.keep);
        self.floor = points_of(self.keys[self.keep - 1]);
    }
}

/// Orders by points, then by the complement of the number.
fn key(doc: u32, points: Points) -> u64 {
    u64::from(points as u32 ^ 0x8000_0000) << 32 | u64::from(!doc)
}

fn points_of(key: u64) -> Points {
    ((key >> 32) as u32 ^ 0x8000_0000) as Points
}
