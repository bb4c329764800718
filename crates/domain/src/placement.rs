//! What placing a company on segments (挂链) yields.

use crate::chain::SegmentNo;
use serde::{Deserialize, Serialize};

/// What a company does with the goods it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Makes, develops or designs them (制造 / 生产 / 加工 / 研发).
    Maker,
    /// Sells or rents them (销售 / 批发 / 零售 / 租赁).
    Trader,
    /// Serves around them (咨询 / 服务 / 维修).
    Service,
    /// The text does not say.
    #[default]
    Unknown,
}

/// The field that a matched word stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Field {
    /// 经营范围
    Scope,
    /// 产品, with the index of the product
    Product(u16),
    /// 企业名称
    Name,
    /// 国标行业: the matched word is the code
    Industry,
}

/// One matched word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The field.
    pub field: Field,
    /// The word as the chain file has it.
    pub word: String,
    /// Byte offset in the field where the word begins.
    pub start: u32,
    /// Byte offset in the field where the word ends.
    pub end: u32,
    /// What the company does with it at this place of the text.
    pub role: Role,
}

/// A company's place on one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// The segment.
    pub segment: SegmentNo,
    /// 0 (barely) to 1 (certain).
    pub score: f32,
    /// What the company does on this segment.
    pub role: Role,
    /// Every word it was placed by.
    pub evidence: Vec<Evidence>,
}

/// A company's role over all, and its places, best first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// The role that its whole text speaks for.
    pub role: Role,
    /// Its places, best first.
    pub placements: Vec<Placement>,
}
