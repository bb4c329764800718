//! How well a name answers a query: the order-keeping alignment of their characters, and what it tells by part.

use super::file::Entry;
use super::gram;
use domain::company::RegionCode;
use domain::name::{LegalForm, NameKey, abbreviated_region, regions_agree};

/// What is measured of a query and a name, in the order of the weights; the first is 1.
pub const FEATURES: [&str; 30] = [
    "one",
    "query core covered",
    "query brand covered",
    "query trade covered",
    "name brand covered",
    "name trade covered",
    "name trade characters left",
    "pairs side by side",
    "same first brand character",
    "same brand",
    "same core",
    "same content",
    "regions conflict",
    "regions agree",
    "region in query only",
    "region in name only",
    "query region covered",
    "name by shares",
    "same form",
    "name is a branch",
    "same branch",
    "name is a group",
    "both groups",
    "information shared",
    "characters shared in any order",
    "query inside name",
    "same first character",
    "name brand characters left",
    "no trade word shared",
    "hint agrees",
];

/// One value per feature.
pub(super) type Features = [f32; FEATURES.len()];

/// The longest query and name that are aligned; characters after that are ignored.
const QUERY_MAX: usize = 24;
const NAME_MAX: usize = 40;

/// A query made ready for comparing.
pub(super) struct Query {
    pub(super) content: Vec<u16>,
    pub(super) branch: Vec<u16>,
    pub(super) region_len: usize,
    pub(super) brand_end: usize,
    pub(super) region: Option<RegionCode>,
    pub(super) legal: LegalForm,
    pub(super) short: bool,
    pub(super) group: bool,
    pub(super) hint: Option<RegionCode>,
    /// The province or city that the first character abbreviates.
    abbreviated: Option<RegionCode>,
    /// Information of each of `content`'s characters.
    weights: Vec<f32>,
}

impl Query {
    pub(super) fn new(key: &NameKey, hint: Option<RegionCode>, idf: &[f32]) -> Query {
        let units = |s: &str| s.chars().map(gram::unit).collect::<Vec<u16>>();
        let content: Vec<u16> = key.content.iter().take(QUERY_MAX).copied().map(gram::unit).collect();
        let weights = content.iter().map(|u| weight(idf, *u)).collect();
        let n = content.len();
        Query {
            branch: units(key.branch.as_deref().unwrap_or("")),
            region_len: key.region_len.min(n),
            brand_end: key.brand_end.min(n),
            region: key.region,
            legal: key.legal,
            short: key.short,
            group: key.group,
            hint,
            abbreviated: key.content.first().and_then(|c| abbreviated_region(*c)),
            weights,
            content,
        }
    }
}

fn weight(idf: &[f32], unit: u16) -> f32 {
    idf.get(usize::from(unit)).copied().unwrap_or(1.0).max(0.1)
}

/// Which characters of the query and the name are matched with each other.
struct Alignment {
    query: [bool; QUERY_MAX],
    name: [bool; NAME_MAX],
    pairs: usize,
    beside: usize,
}

/// The best order-keeping alignment: matched characters count their information, half as much again where the
/// characters before them are matched too.
fn align(query: &Query, name: &[u16]) -> Alignment {
    let (n, m) = (query.content.len(), name.len());
    // best[i][j]: best sum using the first i of the query and j of the name; ending[i][j]: i−1 and j−1 are matched
    let mut best = [[0.0_f32; NAME_MAX + 1]; QUERY_MAX + 1];
    let mut ending = [[-1.0_f32; NAME_MAX + 1]; QUERY_MAX + 1];
    for i in 1..=n {
        let w = query.weights[i - 1];
        for j in 1..=m {
            let skip = best[i - 1][j].max(best[i][j - 1]);
            if query.content[i - 1] == name[j - 1] {
                let follows = ending[i - 1][j - 1];
                ending[i][j] =
                    w + best[i - 1][j - 1].max(if follows >= 0.0 { follows + 0.5 * w } else { 0.0 });
            }
            best[i][j] = skip.max(ending[i][j]);
        }
    }
    let mut out = Alignment { query: [false; QUERY_MAX], name: [false; NAME_MAX], pairs: 0, beside: 0 };
    let (mut i, mut j, mut must) = (n, m, false);
    while i > 0 && j > 0 {
        if must || (ending[i][j] >= 0.0 && ending[i][j] >= best[i][j]) {
            out.query[i - 1] = true;
            out.name[j - 1] = true;
            out.pairs += 1;
            let follows = ending[i - 1][j - 1];
            must = follows >= 0.0 && follows + 0.5 * query.weights[i - 1] > best[i - 1][j - 1];
            out.beside += usize::from(must);
            i -= 1;
            j -= 1;
        } else if best[i - 1][j] >= best[i][j - 1] {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    out
}

/// Shares and counts of one part of a name.
struct Covered {
    share: f32,
    left: usize,
    all: usize,
    hit: f32,
}

fn covered(marks: &[bool], weights: impl Iterator<Item = f32>) -> Covered {
    let (mut hit, mut all, mut left) = (0.0, 0.0, 0);
    for (mark, w) in marks.iter().zip(weights) {
        all += w;
        if *mark {
            hit += w;
        } else {
            left += 1;
        }
    }
    Covered { share: if all > 0.0 { hit / all } else { 1.0 }, left, all: marks.len(), hit }
}

/// A name of the index as it is compared.
pub(super) struct Name<'a> {
    pub(super) entry: &'a Entry,
    pub(super) content: &'a [u16],
    pub(super) branch: &'a [u16],
}

impl Name<'_> {
    fn region(&self) -> Option<RegionCode> {
        (self.entry.region != 0).then_some(RegionCode(self.entry.region))
    }
}

/// Measures `name` as an answer to `query`.
pub(super) fn features(query: &Query, name: &Name<'_>, idf: &[f32]) -> Features {
    let content = &name.content[..name.content.len().min(NAME_MAX)];
    let (q, m) = (query.content.len(), content.len());
    let mut marks = align(query, content);
    if let (Some(region), Some(own), false) = (query.abbreviated, name.region(), marks.query[0]) {
        marks.query[0] = regions_agree(region, own);
    }
    let c_region = usize::from(name.entry.region_len).min(m);
    let c_brand = usize::from(name.entry.brand_end).clamp(c_region, m);
    let (q_region, q_brand) = (query.region_len, query.brand_end.clamp(query.region_len, q));
    let of_query = |a: usize, b: usize| covered(&marks.query[a..b], query.weights[a..b].iter().copied());
    let of_name =
        |a: usize, b: usize| covered(&marks.name[a..b], content[a..b].iter().map(|u| weight(idf, *u)));
    let core = of_query(q_region, q);
    let (brand, trade) = (of_query(q_region, q_brand), of_query(q_brand, q));
    let (own_brand, own_trade) = (of_name(c_region, c_brand), of_name(c_brand, m));
    let (q_core, c_core) = (&query.content[q_region..], &content[c_region..]);
    let same_brand = query.content[q_region..q_brand] == content[c_region..c_brand];
    let is = |b: bool| f32::from(u8::from(b));
    let agree = match (query.region, name.region()) {
        (Some(a), Some(b)) => Some(regions_agree(a, b)),
        _ => None,
    };
    let shares = name.entry.legal == LegalForm::Shares as u8;
    let group = name.entry.flags & 1 == 1;
    [
        1.0,
        core.share,
        brand.share,
        trade.share,
        own_brand.share,
        own_trade.share,
        own_trade.left as f32 / 4.0,
        if marks.pairs > 1 { marks.beside as f32 / (marks.pairs - 1) as f32 } else { 0.0 },
        is(q_core.first() == c_core.first()),
        is(same_brand),
        is(q_core == c_core),
        is(query.content == content),
        is(agree == Some(false)),
        is(agree == Some(true)),
        is(q_region > 0 && name.entry.region == 0),
        is(query.region.is_none() && c_region > 0),
        if q_region > 0 { of_query(0, q_region).share } else { 0.0 },
        is(shares),
        is(query.legal as u8 == name.entry.legal),
        is(query.branch.is_empty() && !name.branch.is_empty()),
        is(!query.branch.is_empty() && query.branch == name.branch),
        is(group),
        is(group && query.group),
        core.hit / 20.0,
        bag_share(query, c_core),
        is(m >= q && content.windows(q.max(1)).any(|w| w == query.content)),
        is(query.content.first() == content.first()),
        own_brand.left as f32 / 2.0,
        is(trade.all > 0 && own_trade.all > 0 && trade.hit == 0.0),
        is(query.hint.is_some_and(|h| name.region().is_some_and(|r| regions_agree(h, r)))),
    ]
}

/// Share of the query core's information whose characters occur anywhere in the name's core.
fn bag_share(query: &Query, core: &[u16]) -> f32 {
    let part = &query.content[query.region_len..];
    let weights = &query.weights[query.region_len..];
    let mut marks = [false; QUERY_MAX];
    marks.iter_mut().zip(part).for_each(|(mark, u)| *mark = core.contains(u));
    covered(&marks[..part.len()], weights.iter().copied()).share
}
