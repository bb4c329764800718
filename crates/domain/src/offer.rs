//! Offers: what a zone promises a company, line by line, and whether each line may stand under the fair-competition rules.
//!
//! A line is typed: its kind, what it is conditional on, and the grounds that are shown for it. Free text explains, and never
//! decides. The rules are data ([`rule::RuleSet`]), the check is pure.

pub mod rule;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident $word:literal $zh:literal $en:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[doc = $zh] #[serde(rename = $word)] $variant,)* }
        impl $name {
            /// Every one, in the order a form lists them.
            pub const ALL: &[$name] = &[$($name::$variant,)*];
            /// The stable word that forms, files and the database hold.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
            /// Chinese name.
            #[must_use]
            pub fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh,)* }
            }
            /// English name.
            #[must_use]
            pub fn en(self) -> &'static str {
                match self { $($name::$variant => $en,)* }
            }
            /// The one of a stable word.
            #[must_use]
            pub fn of(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|x| x.as_str() == word)
            }
        }
    };
}

words! {
    /// What a line gives.
    LineKind {
        Award "award" "奖励、补助" "Reward or grant",
        Talent "talent" "人才支持" "Support for talent",
        TaxShare "tax_share" "按税收或留成返还" "Share of tax",
        LandSupply "land_supply" "供地（公开出让或租赁）" "Land by public sale or lease",
        LandDiscount "land_discount" "低于公开出让价供地" "Land below the public price",
        LandRefund "land_refund" "返还地价款" "Land price paid back",
        FeeWaiver "fee_waiver" "减免收费、基金" "Waiver of fees or funds",
        SocialInsurance "social_insurance" "减免缓缴社会保险费" "Relief of social insurance",
        Equity "equity" "基金入股" "Equity by the fund",
        Rent "rent" "出租国有房产" "Lease of state property",
        Scenario "scenario" "应用场景、采购" "Scenario or purchase",
        Service "service" "代办、协调服务" "Public services",
        Other "other" "其他（一事一议）" "Other",
    }
}

words! {
    /// What a line is conditional on.
    Condition {
        Investment "investment" "固定资产投资达到约定" "Fixed investment",
        Research "research" "研发投入" "Spending on research",
        Equipment "equipment" "设备投入" "Equipment",
        Jobs "jobs" "吸纳就业" "Jobs",
        Energy "energy" "能耗、排放水平" "Energy or emissions",
        Output "output" "产值、产出" "Output",
        MoveRegistration "move_registration" "注册地迁入" "Registered address moved here",
        PayTaxHere "pay_tax_here" "在本地纳税" "Tax paid here",
        CountedHere "counted_here" "纳入本地统计" "Counted in local statistics",
        NotLeave "not_leave" "一定期限内不得迁出" "Not to leave",
        Ownership "ownership" "所有制或组织形式" "Ownership or form",
        LocalBrand "local_brand" "本地品牌" "Local brand",
        LocalPurchase "local_purchase" "采购本地产品" "Local purchase",
        LocalBranch "local_branch" "设立本地分支机构" "Local branch",
        NamedBeneficiary "named_beneficiary" "仅限指定的一家企业" "One named company only",
    }
}

words! {
    /// What is shown for a line.
    Ground {
        PublishedPolicy "published_policy" "已公布的政策文件" "Published policy",
        Budget "budget" "预算安排" "Budget",
        NationalBasis "national_basis" "法律、行政法规或国务院依据" "Law, regulation or State Council approval",
        CommitteeMinutes "committee_minutes" "投决会纪要" "Minutes of the investment committee",
        Valuation "valuation" "估值报告" "Valuation",
        Appraisal "appraisal" "租金评估报告" "Appraisal of the rent",
        Tender "tender" "招标或竞争性比选记录" "Record of a tender",
        PublicSale "public_sale" "公开出让公告或租赁公示" "Notice of the public sale or lease",
    }
}

words! {
    /// What may become of a line; later is stricter.
    Verdict {
        Pass "pass" "通过" "Pass",
        Review "review" "需审查" "Review",
        Forbid "forbid" "禁止" "Forbidden",
    }
}

impl Condition {
    /// Whether every operator can meet it by what it does: investment, research, equipment, jobs, energy, output.
    #[must_use]
    pub fn objective(self) -> bool {
        use Condition::{Energy, Equipment, Investment, Jobs, Output, Research};
        matches!(self, Investment | Research | Equipment | Jobs | Energy | Output)
    }
}

/// The exception of Article 12 that a drafter claims: no alternative hurts competition less, and it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Which public interest it serves.
    #[serde(default)]
    pub ground: String,
    /// The alternative that was considered, and why it does not do.
    #[serde(default)]
    pub alternative: String,
    /// The last day, or …
    #[serde(default)]
    pub until: Option<Date>,
    /// … the condition that ends it.
    #[serde(default)]
    pub ends_when: String,
}

impl Exception {
    /// What is missing of it, in Chinese and English; empty when it is whole.
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let mut missing = Vec::new();
        if self.ground.trim().is_empty() {
            missing.push(("适用情形", "the public interest served"));
        }
        if self.alternative.trim().is_empty() {
            missing.push(("考虑过的替代方案", "the alternative considered"));
        }
        if self.until.is_none() && self.ends_when.trim().is_empty() {
            missing.push(("实施期限或终止条件", "a term or an end condition"));
        }
        missing
    }
}

/// One line of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it gives.
    pub kind: LineKind,
    /// What it is conditional on.
    #[serde(default)]
    pub conditions: BTreeSet<Condition>,
    /// What is shown for it.
    #[serde(default)]
    pub grounds: BTreeSet<Ground>,
    /// The exception claimed.
    #[serde(default)]
    pub exception: Option<Exception>,
}
