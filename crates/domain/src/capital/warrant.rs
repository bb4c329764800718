//! Warrants (认股权): a bank lends, the company or a shareholder grants a designated third party the right to
//! buy shares later, a regional equity exchange registers it.
//!
//! A warrant is a right granted by agreement to subscribe in future a quantity or an amount of equity,
//! negotiated one to one, and treated as a derivative outside exchanges (期货和衍生品法, in force 2022-08-01, as
//! 产权导刊 2025-6 reports it). The bank itself does not hold it. The exchange's own rules could not be read, so
//! nothing of them is built in: what an agreement may say is a parameter of [`Terms`], and what it does not
//! say is left open.

pub mod exercise;
pub mod remind;
pub mod state;
pub mod strike;

use super::price::{Price, Shares};
use super::round::Basis;
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Who gives the shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantor {
    /// 企业增发: the company issues new shares, and everybody is diluted.
    Company,
    /// 股东转让: this shareholder sells shares that exist, and nobody else is diluted.
    Shareholder(String),
}

/// The bank loan that a warrant goes with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// The bank.
    pub bank: String,
    /// The number of the loan contract.
    pub reference: String,
    /// The loan, whole yuan.
    pub yuan: i64,
}

words! {
    /// On which day's shares a percentage is counted.
    When "no day to count shares on" {
        /// 授予日
        Grant = "grant", "授予日股本", "Shares on the day of the grant";
        /// 行权日: later rounds do not shrink the part.
        Exercise = "exercise", "行权日股本", "Shares on the day of exercise";
    }
}

/// How much may be bought in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// So many shares.
    Shares(Shares),
    /// So many basis points (hundredths of a percent) of all fully diluted shares, new ones included: 100 for
    /// 1 % after full exercise.
    Percent {
        /// Basis points.
        basis_points: i64,
        /// Of the shares of which day.
        at: When,
    },
    /// Shares for so many yuan.
    Amount(i64),
}

/// How the price of a share is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceRule {
    /// This price.
    Fixed(Price),
    /// This valuation before the money, in yuan, over the shares (by [`Terms::basis`]) of the day of the
    /// grant.
    PreMoney(i64),
    /// Hundredths of the price of the last issue up to the day of the grant: 80 for 八折.
    LastRound(i64),
    /// Hundredths of the price of the first issue after the day of the grant.
    NextRound(i64),
    /// A formula in words; people work it out and record the price ([`state::Act::Price`]).
    Formula(String),
}

/// What has to happen before exercise; each is met by a recorded event of that name
/// ([`state::Act::Trigger`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Triggers {
    /// Nothing but the window.
    #[default]
    None,
    /// One of these, such as 下一轮融资 or 上市申报受理.
    Any(Vec<String>),
    /// All of these.
    All(Vec<String>),
}

words! {
    /// What protects the price from later, cheaper issues.
    AntiDilution "no protection from dilution" {
        /// 无
        None = "none", "无", "None";
        /// 广义加权平均
        Weighted = "weighted", "广义加权平均", "Broad-based weighted average";
        /// 完全棘轮
        Ratchet = "ratchet", "完全棘轮", "Full ratchet";
    }
}

words! {
    /// What a transfer to another holder needs.
    Transfer "no rule of transfer" {
        /// 自由转让
        Free = "free", "可自由转让", "Free";
        /// 须通知
        Notice = "notice", "须书面通知", "Written notice";
        /// 须同意
        Consent = "consent", "须书面同意", "Written consent";
    }
}

words! {
    /// Whether something must be there before exercise.
    Need "neither required nor not" {
        /// 不需要
        NotRequired = "not_required", "不需要", "Not required";
        /// 需要
        Required = "required", "需要", "Required";
    }
}

/// What an agreement caps besides its quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// At most so many shares over all exercises.
    #[serde(default)]
    pub shares: Option<Shares>,
    /// At most so many yuan over all exercises.
    #[serde(default)]
    pub yuan: Option<i64>,
}

/// The terms of a warrant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The company whose shares they are.
    pub issuer: String,
    /// Who gives the shares.
    pub grantor: Grantor,
    /// The first holder: the designated third party, such as the zone's fund.
    pub grantee: String,
    /// The loan it goes with.
    #[serde(default)]
    pub loan: Option<Loan>,
    /// The day of the agreement.
    pub granted: Date,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: PriceRule,
    /// Which shares make the whole of a valuation.
    pub basis: Basis,
    /// First day of the window (行权期).
    pub from: Date,
    /// Last day of the window.
    pub until: Date,
    /// What has to happen first.
    #[serde(default)]
    pub triggers: Triggers,
    /// What protects the price.
    pub anti_dilution: AntiDilution,
    /// What a transfer needs.
    pub transfer: Transfer,
    /// Caps.
    #[serde(default)]
    pub cap: Cap,
    /// Approval by whoever supervises the state's assets (国资审批).
    pub state_asset: Need,
    /// Evidence of the valuation (估值、评估报告).
    pub valuation: Need,
}

/// What is wrong with terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsFault {
    /// Issuer, holder or selling shareholder is not named.
    NoName,
    /// The window ends before it begins, or begins before the agreement.
    Window,
    /// A quantity, price, factor, valuation or cap that is not above zero, or a percentage of a hundred or
    /// more.
    Number,
    /// A formula without words, or a trigger without a name.
    NoWords,
}

impl TermsFault {
    /// What is wrong, in Chinese and in English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            TermsFault::NoName => {
                ("请写明企业、持有人及转让股东", "name the company, the holder and the shareholder who sells")
            }
            TermsFault::Window => (
                "行权期应在协议日之后，且止日不早于起日",
                "the window must follow the agreement and end no earlier than it begins",
            ),
            TermsFault::Number => (
                "数量、价格、系数、估值与上限应大于零，占比应小于 100%",
                "quantity, price, factor, valuation and caps must be above zero, a percentage below 100",
            ),
            TermsFault::NoWords => ("请写明公式与触发条件", "write the formula and the triggers"),
        }
    }
}

impl Terms {
    /// What is wrong with them; empty when nothing is.
    #[must_use]
    pub fn faults(&self) -> Vec<TermsFault> {
        let blank = |text: &str| text.trim().is_empty();
        let seller = matches!(&self.grantor, Grantor::Shareholder(name) if blank(name));
        let triggers: &[String] = match &self.triggers {
            Triggers::None => &[],
            Triggers::Any(names) | Triggers::All(names) => names,
        };
        let none_named = self.triggers != Triggers::None && triggers.is_empty();
        let formula = matches!(&self.price, PriceRule::Formula(text) if blank(text));
        [
            (blank(&self.issuer) || blank(&self.grantee) || seller, TermsFault::NoName),
            (self.until < self.from || self.from < self.granted, TermsFault::Window),
            (!self.numbers_hold(), TermsFault::Number),
            (formula || none_named || triggers.iter().any(|t| blank(t)), TermsFault::NoWords),
        ]
        .into_iter()
        .filter_map(|(is_wrong, fault)| is_wrong.then_some(fault))
        .collect()
    }

    fn numbers_hold(&self) -> bool {
        let quantity = match self.quantity {
            Quantity::Shares(shares) => shares.0 > 0,
            Quantity::Percent { basis_points, .. } => (1..10_000).contains(&basis_points),
            Quantity::Amount(yuan) => yuan > 0,
        };
        let price = match self.price {
            PriceRule::Fixed(price) => price.0 > 0,
            PriceRule::PreMoney(n) | PriceRule::LastRound(n) | PriceRule::NextRound(n) => n > 0,
            PriceRule::Formula(_) => true,
        };
        let caps = self.cap.shares.is_none_or(|s| s.0 > 0) && self.cap.yuan.is_none_or(|y| y > 0);
        quantity && price && caps && self.loan.as_ref().is_none_or(|loan| loan.yuan > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// A warrant of a zone: 5,000,000 yuan of a 20,000,000 loan at the last round's price, over three years.
    pub(super) fn sample() -> Terms {
        Terms {
            issuer: "甲芯片".into(),
            grantor: Grantor::Company,
            grantee: "园区基金".into(),
            loan: Some(Loan { bank: "某银行".into(), reference: "借字2025-8".into(), yuan: 20_000_000 }),
            granted: date(2025, 1, 1),
            quantity: Quantity::Shares(Shares(500_000)),
            price: PriceRule::Fixed(Price::of_yuan(10)),
            basis: Basis::FullyDiluted,
            from: date(2025, 7, 1),
            until: date(2028, 6, 30),
            triggers: Triggers::None,
            anti_dilution: AntiDilution::None,
            transfer: Transfer::Consent,
            cap: Cap::default(),
            state_asset: Need::Required,
            valuation: Need::NotRequired,
        }
    }

    #[test]
    fn terms_that_cannot_be_are_named() {
        assert_eq!(sample().faults(), []);
        let fault = |change: fn(&mut Terms)| {
            let mut terms = sample();
            change(&mut terms);
            terms.faults()
        };
        assert_eq!(fault(|t| t.grantor = Grantor::Shareholder(" ".into())), [TermsFault::NoName]);
        assert_eq!(fault(|t| t.until = t.from.yesterday().unwrap()), [TermsFault::Window]);
        assert_eq!(fault(|t| t.from = date(2024, 12, 31)), [TermsFault::Window]);
        let percent =
            |t: &mut Terms| t.quantity = Quantity::Percent { basis_points: 10_000, at: When::Grant };
        assert_eq!(fault(percent), [TermsFault::Number]);
        assert_eq!(fault(|t| t.cap.yuan = Some(0)), [TermsFault::Number]);
        assert_eq!(fault(|t| t.price = PriceRule::Formula(String::new())), [TermsFault::NoWords]);
        assert_eq!(fault(|t| t.triggers = Triggers::Any(vec![])), [TermsFault::NoWords]);
    }

    #[test]
    fn terms_are_read_back_from_json() {
        let mut terms = sample();
        terms.quantity = Quantity::Percent { basis_points: 150, at: When::Exercise };
        terms.price = PriceRule::NextRound(80);
        terms.triggers = Triggers::All(vec!["下一轮融资".into()]);
        let json = serde_json::to_string(&terms).unwrap();
        assert_eq!(serde_json::from_str::<Terms>(&json).unwrap(), terms, "{json}");
    }
}
