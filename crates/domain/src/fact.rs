//! Facts: what can be said of a project, each dated twice and never changed.
//!
//! A fact says when it happened (`effective`) and when it counts in statistics (`counts`, 统计时间); the store adds when it was recorded and by
//! whom. A wrong fact is corrected by a later one that points at it and gives the reason; one that should never have been there is withdrawn by a
//! correction without a value. What a project is, is folded from its facts (`project.rs`).

use crate::company::{Currency, Money};
use crate::limits;
use crate::stage::Stage;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Number of a project; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(pub i64);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a fact; grows with each that is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactId(pub i64);

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How facts of one kind make up what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The one with the latest day is in force: a name, an amount agreed.
    Sets,
    /// They add up: money that arrives.
    Adds,
    /// Each stands for itself: a stage reached, a piece of evidence.
    Happens,
}

/// The form a kind's value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One line of text.
    Line,
    /// Text of several lines (also JSON).
    Long,
    /// Money in its own currency.
    Money,
    /// A whole number, 0 or more.
    Number,
    /// The word of a [`Stage`].
    Stage,
    /// The word of a [`Sort`].
    Sort,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident $word:literal $zh:literal $en:literal $nature:ident $form:ident;)*) => {
        /// What a fact is about. The words are stable: the database and files hold them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[doc = $doc])* $name,)* }

        impl Kind {
            /// Every kind, in the order a page lists them.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];

            /// The stable word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$name => $word,)* }
            }
            /// What pages call it, Chinese.
            #[must_use]
            pub fn zh(self) -> &'static str {
                match self { $(Kind::$name => $zh,)* }
            }
            /// What pages call it, English.
            #[must_use]
            pub fn en(self) -> &'static str {
                match self { $(Kind::$name => $en,)* }
            }
            /// How its facts make up what is known.
            #[must_use]
            pub fn nature(self) -> Nature {
                match self { $(Kind::$name => Nature::$nature,)* }
            }
            /// The form of its value.
            #[must_use]
            pub fn form(self) -> Form {
                match self { $(Kind::$name => Form::$form,)* }
            }
        }
    };
}

kinds! {
    /// Name of the project.
    Name "name" "项目名称" "Project name" Sets Line;
    /// Name of the company that invests, as written.
    Company "company" "投资企业" "Company" Sets Line;
    /// Its key: a credit code, else `=` and the resolved name.
    CompanyKey "company_key" "企业标识" "Company key" Sets Line;
    /// The unit that carries the project: its number.
    Unit "unit" "责任单位" "Unit" Sets Number;
    /// The officer who carries it: the number of a person.
    Officer "officer" "项目专员" "Officer" Sets Number;
    /// The chain it is placed on: `chain` or `chain/segment`.
    Chain "chain" "产业链" "Chain" Sets Line;
    /// GB/T 4754 code.
    Industry "industry" "国民经济行业" "Industry" Sets Line;
    /// Where it came from: target, visit, event, referral, inbound, other.
    Source "source" "项目来源" "Source" Sets Line;
    /// The event that brought it: its number.
    Event "event" "招商活动" "Event" Sets Number;
    /// The lead it grew from: its number.
    Lead "lead" "线索" "Lead" Sets Number;
    /// What sort of project it is, for counting.
    Sort "sort" "项目性质" "Sort" Sets Sort;
    /// `domestic` or `foreign` (投资标识).
    Origin "origin" "投资标识" "Origin" Sets Line;
    /// Whether it is a project of science and technology (科创): `yes` or `no`.
    Science "science" "科创项目" "Science and technology" Sets Line;
    /// Code of the project that this one repeats (重复签约), settled by somebody.
    DuplicateOf "duplicate_of" "重复于" "Duplicate of" Sets Line;
    /// Where it will stand.
    Site "site" "选址" "Site" Sets Line;
    /// Land it takes, square metres.
    LandArea "land_area" "用地面积（㎡）" "Land area (m²)" Sets Number;
    /// What is planned in all (计划总投资).
    PlannedTotal "planned_total" "计划总投资" "Planned total investment" Sets Money;
    /// Fixed assets of it (固定资产投资).
    FixedInvestment "fixed_investment" "固定资产投资" "Fixed-asset investment" Sets Money;
    /// Equipment of it (设备投资).
    Equipment "equipment" "设备投资" "Equipment" Sets Money;
    /// Registered capital of the project company.
    RegisteredCapital "registered_capital" "注册资本" "Registered capital" Sets Money;
    /// Paid-in capital of the project company.
    PaidIn "paid_in" "实缴资本" "Paid-in capital" Sets Money;
    /// Foreign capital agreed (协议利用外资).
    AgreedForeign "agreed_foreign" "协议利用外资" "Foreign capital agreed" Sets Money;
    /// Output a year that is expected.
    Output "output" "预计年产值" "Expected output a year" Sets Money;
    /// Tax a year that is expected.
    Tax "tax" "预计年税收" "Expected tax a year" Sets Money;
    /// People it will employ.
    Jobs "jobs" "预计用工" "Expected jobs" Sets Number;
    /// Energy a year, tonnes of standard coal.
    Energy "energy" "年综合能耗（吨标煤）" "Energy a year (tce)" Sets Number;
    /// How credit for one figure is split: JSON of `credit::Split`.
    Credit "credit" "业绩分成" "Credit split" Happens Long;
    /// Money that arrived (到位资金).
    Arrived "arrived" "到位资金" "Money arrived" Adds Money;
    /// Foreign capital actually used (实际使用外资).
    ForeignUsed "foreign_used" "实际使用外资" "Foreign capital used" Adds Money;
    /// Fixed-asset investment done and counted in statistics (完成投资).
    Invested "invested" "完成投资" "Investment done" Adds Money;
    /// A stage reached, with its evidence.
    Stage "stage" "阶段" "Stage" Happens Stage;
    /// A document or photo: the word of an evidence kind, with its files.
    Evidence "evidence" "佐证材料" "Evidence" Happens Line;
    /// A promise, due on its day.
    Promise "promise" "承诺事项" "Promise" Happens Line;
    /// A promise that was met: the number of its fact.
    PromiseMet "promise_met" "承诺兑现" "Promise met" Happens Number;
    /// Scores of the access review as the officer gives them: JSON of `access::Scores`.
    AccessRaw "access_raw" "准入得分" "Access scores" Sets Long;
    /// Scores of the access review as checked by another person: JSON of `access::Scores`.
    AccessChecked "access_checked" "准入复核分" "Access scores checked" Sets Long;
    /// What should be known but is no figure.
    Note "note" "备注" "Note" Happens Long;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;
    /// # Errors
    /// A word that is no kind of fact.
    fn from_str(s: &str) -> Result<Kind, String> {
        let found = Kind::ALL.iter().copied().find(|k| k.as_str() == s);
        found.ok_or_else(|| format!("`{s}` is no kind of fact"))
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let word = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

/// What sort of project it is. Definitions of figures leave some out (认定口径; 招商引资考核办法, see `figure`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// 新引进
    New,
    /// 增资扩产 of a resident company
    Expansion,
    /// 二期: a second phase inside a signed contract
    SecondPhase,
    /// 区内搬迁: from elsewhere in the same area
    Relocation,
    /// 本地资金: wholly of local money
    LocalMoney,
    /// 财政投资的基础设施
    Infrastructure,
    /// 网点: a branch, outlet or showroom
    Outlet,
    /// 房地产
    RealEstate,
    /// 生活服务业
    DailyService,
}

impl Sort {
    /// Every sort.
    pub const ALL: [Sort; 9] = [
        Sort::New,
        Sort::Expansion,
        Sort::SecondPhase,
        Sort::Relocation,
        Sort::LocalMoney,
        Sort::Infrastructure,
        Sort::Outlet,
        Sort::RealEstate,
        Sort::DailyService,
    ];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Sort::New => "new",
            Sort::Expansion => "expansion",
            Sort::SecondPhase => "second_phase",
            Sort::Relocation => "relocation",
            Sort::LocalMoney => "local_money",
            Sort::Infrastructure => "infrastructure",
            Sort::Outlet => "outlet",
            Sort::RealEstate => "real_estate",
            Sort::DailyService => "daily_service",
        }
    }

    /// Chinese and English name.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Sort::New => ("新引进", "new"),
            Sort::Expansion => ("增资扩产", "expansion of a resident"),
            Sort::SecondPhase => ("合同内二期", "second phase inside a contract"),
            Sort::Relocation => ("区内搬迁", "relocation inside the area"),
            Sort::LocalMoney => ("全部为本地资金", "wholly of local money"),
            Sort::Infrastructure => ("财政投资基础设施", "state-funded infrastructure"),
            Sort::Outlet => ("网点类", "outlet"),
            Sort::RealEstate => ("房地产", "real estate"),
            Sort::DailyService => ("生活服务业", "daily services"),
        }
    }
}

impl FromStr for Sort {
    type Err = String;
    /// # Errors
    /// A word that is no sort.
    fn from_str(s: &str) -> Result<Sort, String> {
        let found = Sort::ALL.into_iter().find(|sort| sort.as_str() == s);
        found.ok_or_else(|| format!("`{s}` is no sort of project"))
    }
}

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Nothing: the fact that this one corrects is withdrawn.
    Nothing,
    /// A text.
    Text(String),
    /// Money in its own currency.
    Money(Money),
    /// A whole number.
    Number(i64),
}

impl Value {
    /// The text, when it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The money, when it is some.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        match self {
            Value::Money(money) => Some(*money),
            _ => None,
        }
    }
    /// The number, when it is one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }
    /// An amount of yuan.
    #[must_use]
    pub fn yuan(amount: i64) -> Value {
        Value::Money(Money { amount, currency: Currency::Cny })
    }
}

/// A fact to record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFact {
    /// What it is about.
    pub kind: Kind,
    /// The day it happened.
    pub effective: Date,
    /// The day it counts in statistics.
    pub counts: Date,
    /// What it says.
    pub value: Value,
    /// SHA-256 (hex) of the files that prove it, kept before.
    pub files: Vec<String>,
    /// The fact it corrects.
    pub corrects: Option<FactId>,
    /// Why it corrects.
    pub reason: Option<String>,
}

impl NewFact {
    /// A fact that counts on the day it happened, without evidence.
    #[must_use]
    pub fn on(day: Date, kind: Kind, value: Value) -> NewFact {
        NewFact { kind, effective: day, counts: day, value, files: Vec::new(), corrects: None, reason: None }
    }

    /// The same, counting on another day.
    #[must_use]
    pub fn counting(self, counts: Date) -> NewFact {
        NewFact { counts, ..self }
    }

    /// Checks the rules that need nothing but the fact and today.
    ///
    /// # Errors
    /// The field, the rule and what to do.
    pub fn check(&self, today: Date) -> Result<(), Fault> {
        let reason = self.reason.as_deref().is_some_and(|r| !r.trim().is_empty());
        if self.corrects.is_some() && !reason {
            return Err(Fault::NoReason);
        }
        if self.corrects.is_none() && self.value == Value::Nothing {
            return Err(Fault::Empty);
        }
        if self.effective > today && self.kind != Kind::Promise {
            return Err(Fault::Future);
        }
        if self.effective < crate::dates::EARLIEST || self.counts < crate::dates::EARLIEST {
            return Err(Fault::TooEarly);
        }
        let reason_chars = self.reason.as_deref().map_or(0, |r| r.chars().count());
        if self.files.len() > limits::FACT_FILES || reason_chars > limits::FACT_TEXT_CHARS {
            return Err(Fault::TooLong);
        }
        check_form(self.kind, &self.value)
    }
}

fn check_form(kind: Kind, value: &Value) -> Result<(), Fault> {
    let text = |most: usize, lines: bool| match value {
        Value::Text(text) if text.trim().is_empty() => Err(Fault::Empty),
        Value::Text(text) if text.chars().count() > most => Err(Fault::TooLong),
        Value::Text(text) if text.contains('\0') || (!lines && text.contains(['\n', '\r'])) => {
            Err(Fault::Form(kind))
        }
        Value::Text(_) => Ok(()),
        _ => Err(Fault::Form(kind)),
    };
    match (kind.form(), value) {
        (_, Value::Nothing) => Ok(()),
        (Form::Line, _) => text(limits::LINE_CHARS, false),
        (Form::Long, _) => text(limits::FACT_TEXT_CHARS, true),
        (Form::Money, Value::Money(m)) if m.amount < 0 => Err(Fault::Negative),
        (Form::Money, Value::Money(m)) if m.amount > limits::FACT_MONEY => Err(Fault::TooLarge),
        (Form::Number, Value::Number(n)) if *n < 0 => Err(Fault::Negative),
        (Form::Money, Value::Money(_)) | (Form::Number, Value::Number(_)) => Ok(()),
        (Form::Stage, Value::Text(word)) => word.parse::<Stage>().map(drop).map_err(|_| Fault::Form(kind)),
        (Form::Sort, Value::Text(word)) => word.parse::<Sort>().map(drop).map_err(|_| Fault::Form(kind)),
        _ => Err(Fault::Form(kind)),
    }
}

/// Why a fact is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A correction without a reason.
    NoReason,
    /// No value.
    Empty,
    /// Its day is later than today.
    Future,
    /// Its day is before 1800.
    TooEarly,
    /// A text, a reason or a list of files that is too long.
    TooLong,
    /// A value of another form than its kind has.
    Form(Kind),
    /// Below zero.
    Negative,
    /// More than [`limits::FACT_MONEY`].
    TooLarge,
}

impl Fault {
    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Fault::NoReason => "更正必须写明原因".into(),
            Fault::Empty => "内容不能为空；要撤销已有记录，请用“更正”".into(),
            Fault::Future => "发生日期晚于今天；尚未发生的事请在发生后登记".into(),
            Fault::TooEarly => "日期早于 1800 年，请核对".into(),
            Fault::TooLong => "内容过长或附件过多".into(),
            Fault::Form(kind) => format!("“{}”的内容格式不对", kind.zh()),
            Fault::Negative => "不能小于 0；多记的请用“更正”".into(),
            Fault::TooLarge => "金额超出可登记的范围（1 万亿），请核对单位".into(),
        }
    }

    /// What is wrong and what to do, in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Fault::NoReason => "a correction needs its reason".into(),
            Fault::Empty => "the value is empty; to withdraw a fact, correct it".into(),
            Fault::Future => "the day is in the future; record it once it has happened".into(),
            Fault::TooEarly => "the day is before 1800; check it".into(),
            Fault::TooLong => "the text is too long, or there are too many files".into(),
            Fault::Form(kind) => format!("the value has not the form of `{kind}`"),
            Fault::Negative => "below zero; correct what was recorded too high".into(),
            Fault::TooLarge => "more than can be recorded (10^12); check the unit".into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

/// A fact as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Number.
    pub id: FactId,
    /// The project it is about.
    pub project: ProjectId,
    /// What it is about.
    pub kind: Kind,
    /// The day it happened.
    pub effective: Date,
    /// The day it counts in statistics.
    pub counts: Date,
    /// What it says.
    pub value: Value,
    /// The fact it corrects.
    pub corrects: Option<FactId>,
    /// Why it corrects.
    pub reason: Option<String>,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Who recorded it: `system`, `cli` or `user:ID`.
    pub by: String,
}

impl Fact {
    /// The stage it says was reached.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        if self.kind != Kind::Stage {
            return None;
        }
        self.value.text().and_then(|word| word.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn words_are_unique_and_read_back() {
        for (i, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert!(Kind::ALL[..i].iter().all(|k| k.as_str() != kind.as_str()), "{kind}");
            assert_eq!(serde_json::from_str::<Kind>(&serde_json::to_string(kind).unwrap()).unwrap(), *kind);
        }
        for sort in Sort::ALL {
            assert_eq!(sort.as_str().parse(), Ok(sort));
        }
        assert!("amount".parse::<Kind>().is_err());
    }

    #[test]
    fn a_fact_breaks_each_rule_in_turn() {
        let day = date(2025, 3, 1);
        let good = NewFact::on(day, Kind::Arrived, Value::yuan(1_000_000));
        assert_eq!(good.check(TODAY), Ok(()));
        let with = |value| NewFact { value, ..good.clone() }.check(TODAY);
        assert_eq!(with(Value::yuan(-1)), Err(Fault::Negative));
        assert_eq!(with(Value::yuan(limits::FACT_MONEY + 1)), Err(Fault::TooLarge));
        assert_eq!(with(Value::Text("一百万".into())), Err(Fault::Form(Kind::Arrived)));
        assert_eq!(with(Value::Nothing), Err(Fault::Empty));
        let late = NewFact { effective: date(2026, 11, 24), ..good.clone() };
        assert_eq!(late.check(TODAY), Err(Fault::Future));
        assert_eq!(
            NewFact { kind: Kind::Promise, value: Value::Text("投产".into()), ..late }.check(TODAY),
            Ok(())
        );
        let correction = NewFact { corrects: Some(FactId(1)), value: Value::Nothing, ..good.clone() };
        assert_eq!(correction.check(TODAY), Err(Fault::NoReason));
        assert_eq!(NewFact { reason: Some("录入重复".into()), ..correction }.check(TODAY), Ok(()));
        let stage = |word: &str| NewFact::on(day, Kind::Stage, Value::Text(word.into())).check(TODAY);
        assert_eq!(stage("signed"), Ok(()));
        assert_eq!(stage("签约"), Err(Fault::Form(Kind::Stage)));
    }
}
