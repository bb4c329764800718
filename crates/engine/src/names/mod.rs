//! Which company does this name mean: an index over legal, former and short names.
//!
//! [`build`] writes one immutable file, [`NameIndex::open`] maps it. A query goes through three stages: the exact
//! folded name; companies that share rare pairs of characters with it (rarest first, within a budget of postings);
//! a scored comparison of brand, trade words, region and form. The answer says how sure it is ([`Tier`]); several
//! likely companies are never narrowed to one, and nothing at all is an answer too.

mod compare;
mod file;
mod gram;
mod query;
mod weights;
mod write;

pub use compare::FEATURES;
pub use file::NameIndex;
pub use write::build;

use domain::company::RegionCode;
use serde::Serialize;

/// What kind of name an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum AliasKind {
    /// The present registered name.
    Legal = 0,
    /// A former registered name (曾用名).
    Former = 1,
    /// A short or stock name (简称).
    Short = 2,
}

impl AliasKind {
    fn from_u8(value: u8) -> AliasKind {
        match value {
            1 => AliasKind::Former,
            2 => AliasKind::Short,
            _ => AliasKind::Legal,
        }
    }
}

/// One name of one company, as given to [`build`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameEntry {
    /// The name as written.
    pub name: String,
    /// The company's number in the universe; several entries may carry the same one.
    pub company: u32,
    /// Whether it is the present name.
    pub kind: AliasKind,
    /// Where the company is registered, when known; else the region in its name counts.
    pub region: Option<RegionCode>,
}

/// How sure an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Nothing fits; there are no candidates.
    None,
    /// Candidates to show; a person decides.
    Suggest,
    /// One company, by a name that differs in form only; may be accepted without asking, and is shown as such.
    Confident,
    /// One company carries exactly this name.
    Exact,
}

/// Why a candidate is there, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The folded names are the same.
    SameName,
    /// Brand and trade words are the same; region or form differ.
    SameCore,
    /// The brand is the same, the trade words differ.
    SameBrand,
    /// Every character of the query occurs in the name in order.
    Contains,
    /// Some characters agree.
    Similar,
}

/// A company that a query may mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The company's number.
    pub company: u32,
    /// Estimated chance that it is the one meant, 0 to 1; the candidates' scores and that of "none" sum to 1.
    pub score: f32,
    /// The kind of the name that matched.
    pub matched: AliasKind,
    /// The name that matched, folded (brackets `(` `)`, capitals, no spaces).
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// The answer to a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resolution {
    /// How sure.
    pub tier: Tier,
    /// Best first, one per company.
    pub candidates: Vec<Candidate>,
}

#[cfg(test)]
mod tests;
