//! From the lists of a search to targets with their reasons.

use super::kernel::Found;
use super::{Answer, Fill, Question, Target};
use crate::snapshot::{Doc, Posting, Universe};
use domain::target::{Features, Points};

/// Postings per listed company up to which reading the gaps' postings again (in order, in cache) is cheaper than
/// looking every company up in the forward index (far apart, out of cache).
const POSTINGS_PER_TARGET: usize = if cfg!(test) { 4 } else { 64 };

/// Gathers every listed company once, with its levels and the gaps that it fills.
pub(super) fn explain(universe: &Universe, question: &Question, found: Found) -> Answer {
    let lists = || std::iter::once(&found.overall).chain(&found.per_gap);
    let mut docs: Vec<(Doc, Points)> = lists().flatten().copied().collect();
    docs.sort_unstable();
    docs.dedup();
    let slots = Slots::new(&docs);
    let (fills, targets) = if found.counts.postings as usize <= docs.len() * POSTINGS_PER_TARGET {
        from_postings(universe, question, &docs, &slots)
    } else {
        from_forward(universe, question, &docs)
    };
    let numbers = |list: &Vec<(Doc, Points)>| list.iter().filter_map(|(doc, _)| slots.find(*doc)).collect();
    Answer {
        targets,
        overall: numbers(&found.overall),
        per_gap: found.per_gap.iter().map(numbers).collect(),
        counts: found.counts,
        fills,
    }
}

fn from_postings(
    universe: &Universe,
    question: &Question,
    docs: &[(Doc, Points)],
    slots: &Slots,
) -> (Vec<Fill>, Vec<Target>) {
    let mut hits: Vec<(u32, Fill)> = Vec::with_capacity(docs.len() * 2);
    let mut payload = vec![Posting { doc: 0, place: 0, features: 0 }; docs.len()];
    let mut ends = vec![0u32; docs.len() + 1];
    for (gap, asked) in (0u32..).zip(&question.gaps) {
        for &posting in universe.postings(asked.tag) {
            if let Some(n) = slots.look_for(Doc(posting.doc)) {
                hits.push((n, Fill { gap, fit: posting.fit() }));
                payload[n as usize] = posting;
                ends[n as usize + 1] += 1;
            }
        }
    }
    for n in 0..docs.len() {
        ends[n + 1] += ends[n];
    }
    let mut next = ends.clone();
    let mut fills = vec![Fill { gap: 0, fit: 0 }; hits.len()];
    for (n, fill) in hits {
        fills[next[n as usize] as usize] = fill;
        next[n as usize] += 1;
    }
    let target = |(n, &(doc, points)): (usize, &(Doc, Points))| Target {
        doc,
        points,
        features: Features::unpack(payload[n].features),
        region: universe.region_at(payload[n].region()),
        fills: (ends[n], ends[n + 1]),
    };
    (fills, docs.iter().enumerate().map(target).collect())
}

fn from_forward(
    universe: &Universe,
    question: &Question,
    docs: &[(Doc, Points)],
) -> (Vec<Fill>, Vec<Target>) {
    let mut gap_of = vec![u32::MAX; question.gaps.iter().map(|g| g.tag.0 as usize + 1).max().unwrap_or(0)];
    for (gap, asked) in (0u32..).zip(&question.gaps) {
        gap_of[asked.tag.0 as usize] = gap;
    }
    let (mut fills, mut targets) = (vec![], Vec::with_capacity(docs.len()));
    for &(doc, points) in docs {
        let (row, from) = (universe.row(doc), fills.len());
        for link in universe.links(row) {
            if let Some(&gap) = gap_of.get(link.tag().0 as usize).filter(|&&g| g != u32::MAX) {
                fills.push(Fill { gap, fit: link.fit() });
            }
        }
        fills[from..].sort_unstable_by_key(|f| f.gap);
        targets.push(Target {
            doc,
            points,
            features: Features::unpack(row.features),
            region: universe.region_at(usize::from(row.region)),
            fills: (from as u32, fills.len() as u32),
        });
    }
    (fills, targets)
}

/// From a company to its place in the list: open addressing, at most a quarter full, small enough for the cache.
struct Slots {
    /// Company and place; [`u32::MAX`] is no company.
    slots: Vec<(u32, u32)>,
    shift: u32,
    /// Companies that may be there, one bit for all of the same hash: most that are asked for are not, and this fits into the
    /// first-level cache.
    filter: Vec<u64>,
}

/// Bits of [`Slots::filter`] as a power of two: 16 KiB.
const FILTER: u32 = 17;

impl Slots {
    fn new(docs: &[(Doc, Points)]) -> Slots {
        let size = (docs.len() * 4).next_power_of_two().max(2);
        let mut table = Slots {
            slots: vec![(u32::MAX, 0); size],
            shift: 64 - size.trailing_zeros(),
            filter: vec![0; 1 << (FILTER - 6)],
        };
        for (n, (doc, _)) in (0u32..).zip(docs) {
            let mut at = table.home(*doc);
            while table.slots[at].0 != u32::MAX {
                at = (at + 1) & (size - 1);
            }
            table.slots[at] = (doc.0, n);
            let bit = Slots::bit(*doc);
            table.filter[bit / 64] |= 1 << (bit % 64);
        }
        table
    }

    /// As [`Slots::find`], quick when the company is not there.
    #[inline]
    fn look_for(&self, doc: Doc) -> Option<u32> {
        let bit = Slots::bit(doc);
        if self.filter[bit / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        self.find(doc)
    }

    #[inline]
    fn bit(doc: Doc) -> usize {
        (u64::from(doc.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER)) as usize
    }

    #[inline]
    fn find(&self, doc: Doc) -> Option<u32> {
        let mut at = self.home(doc);
        loop {
            match self.slots[at] {
                (there, n) if there == doc.0 => return Some(n),
                (u32::MAX, _) => return None,
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
    }

    #[inline]
    fn home(&self, doc: Doc) -> usize {
        (u64::from(doc.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }
}
