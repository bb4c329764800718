//! A company as the universe holds it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A unified social credit code (GB 32100-2015): 18 characters whose last is a check character.
///
/// Only `Uscc::parse` (in `uscc.rs`) makes one, so a value of this type always passes the check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uscc(pub(crate) String);

impl Uscc {
    /// The eighteen characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A six-digit GB/T 2260 division code: `110000` a province, `321100` a city, `321112` a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegionCode(pub u32);

impl RegionCode {
    /// The province this division lies in, `320000` for `321112`.
    #[must_use]
    pub fn province(self) -> RegionCode {
        RegionCode(self.0 / 10_000 * 10_000)
    }
    /// The prefecture-level city this division lies in, `321100` for `321112` (the province itself for a province).
    #[must_use]
    pub fn city(self) -> RegionCode {
        RegionCode(self.0 / 100 * 100)
    }
}

/// A GB/T 4754-2017 code at any of its four levels: `C`, `C37`, `C373`, `C3734`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IndustryCode(pub String);

/// ISO 4217 currencies that registered capital occurs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Currency {
    /// 人民币
    #[default]
    Cny,
    /// 美元
    Usd,
    /// 港元
    Hkd,
    /// 欧元
    Eur,
    /// 日元
    Jpy,
    /// 英镑
    Gbp,
    /// 新加坡元
    Sgd,
    /// 加拿大元
    Cad,
    /// 澳大利亚元
    Aud,
    /// 新台币
    Twd,
    /// 韩元
    Krw,
    /// 瑞士法郎
    Chf,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Currency; 12] = [
        Currency::Cny,
        Currency::Usd,
        Currency::Hkd,
        Currency::Eur,
        Currency::Jpy,
        Currency::Gbp,
        Currency::Sgd,
        Currency::Cad,
        Currency::Aud,
        Currency::Twd,
        Currency::Krw,
        Currency::Chf,
    ];

    /// The ISO 4217 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Currency::Cny => "CNY",
            Currency::Usd => "USD",
            Currency::Hkd => "HKD",
            Currency::Eur => "EUR",
            Currency::Jpy => "JPY",
            Currency::Gbp => "GBP",
            Currency::Sgd => "SGD",
            Currency::Cad => "CAD",
            Currency::Aud => "AUD",
            Currency::Twd => "TWD",
            Currency::Krw => "KRW",
            Currency::Chf => "CHF",
        }
    }

    /// The currency with an ISO 4217 code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Currency> {
        Currency::ALL.into_iter().find(|c| c.code() == code)
    }
}

/// An amount of money: whole units (yuan, dollars …) of one currency; never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole currency units, e.g. yuan.
    pub amount: i64,
    /// The currency the amount is in.
    pub currency: Currency,
}

/// Registration status (登记状态).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// 存续 / 在业 / 开业 / 正常
    Active,
    /// 停业 / 歇业 / 清算
    Dormant,
    /// 吊销
    Revoked,
    /// 注销
    Deregistered,
    /// 迁出
    MovedOut,
    /// The file does not say.
    #[default]
    Unknown,
}

/// What kind of dated sign a [`Signal`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Investment elsewhere (对外投资)
    Investment,
    /// A new branch or plant (分支机构)
    Branch,
    /// Financing (融资)
    Financing,
    /// Patent (专利)
    Patent,
    /// Won tender (中标)
    Tender,
    /// Risk flag: court, tax, abnormal list (风险)
    Risk,
}

/// A dated sign of growth or of risk, with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// What it is a sign of.
    pub kind: SignalKind,
    /// The day it happened, when the file says.
    pub date: Option<Date>,
    /// What happened, in the source's words (a count such as `12` for patents).
    pub text: String,
    /// Where it was read: the column and file, or a named source.
    pub source: String,
}

/// One company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Registered name (企业名称).
    pub name: String,
    /// Unified social credit code, when the file has one.
    pub uscc: Option<Uscc>,
    /// Former registered names (曾用名).
    pub former_names: Vec<String>,
    /// Short names and brands (简称).
    pub short_names: Vec<String>,
    /// Registration status.
    pub status: Status,
    /// Registered capital (注册资本).
    pub capital: Option<Money>,
    /// Paid-in capital (实缴资本).
    pub paid_in: Option<Money>,
    /// Day of establishment (成立日期).
    pub established: Option<Date>,
    /// The finest GB/T 2260 division that the file supports.
    pub region: Option<RegionCode>,
    /// GB/T 4754-2017 class.
    pub industry: Option<IndustryCode>,
    /// Insured staff (参保人数).
    pub insured: Option<u32>,
    /// Company type as written (企业类型).
    pub kind: String,
    /// Business scope (经营范围).
    pub scope: String,
    /// Products (产品 / 主营产品).
    pub products: Vec<String>,
    /// Registered address (注册地址).
    pub address: String,
    /// Dated signs of growth or risk.
    pub signals: Vec<Signal>,
}
