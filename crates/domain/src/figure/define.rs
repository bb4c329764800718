//! A definition (口径) as data: read from TOML, checked, written back.

use super::tier::Tier;
use crate::fact::{Form, Kind, Nature, Sort};
use crate::limits;
use crate::stage::Stage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use toml::Spanned;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Projects that reach a stage.
    Stage,
    /// Money that adds up: arrived, foreign capital used, invested.
    Money,
    /// Promises that fall due.
    Promises,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How many.
    Count,
    /// How much, in yuan.
    Amount,
    /// Which share.
    Rate,
}

/// The two forms of a rate; a rate always says which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateForm {
    /// Of the projects of the base in the period, those that got there by a day.
    Cohort,
    /// Those that got there in the period, over those of the base in the period.
    Period,
}

/// By which day a cohort must have got there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// The last day of the period.
    PeriodEnd,
    /// The day of the cut-off; of last year's cohort the same day a year before.
    CutOff,
}

/// Which of a fact's two dates puts it into a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateRule {
    /// 统计时间
    Counts,
    /// 实际时间
    Effective,
}

/// The day whose exchange rate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyRule {
    /// The day it counts.
    CountingDay,
    /// The day it happened.
    EffectiveDay,
    /// The last day of the period.
    PeriodEnd,
}

/// Whether a thing is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Counted.
    Keep,
    /// Left out, and listed as left out.
    LeaveOut,
}

/// A project named in a definition, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its code.
    pub project: String,
    /// Why.
    pub reason: String,
}

/// A figure that is defined: everything that decides its value, and nothing else does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Stable id, in addresses and commands.
    pub id: String,
    /// What people call this version.
    pub version: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// What is counted.
    pub what: What,
    /// The stage that is reached; of a rate the one on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The money: that adds, or (of a stage) the setting in force on its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Kind>,
    /// What is answered.
    pub measure: Measure,
    /// The form of a rate of stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateForm>,
    /// The stage that a rate divides by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Stage>,
    /// By which day a cohort, or a promise, is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// Which date counts.
    pub date: DateRule,
    /// The size, judged by the planned total in force on the day.
    #[serde(default)]
    pub tier: Tier,
    /// Which exchange rate holds.
    pub currency: CurrencyRule,
    /// Sorts of projects that are left out.
    #[serde(default)]
    pub without: Vec<Sort>,
    /// Projects settled as repetitions of another.
    pub duplicates: Keep,
    /// Projects lost or ended by the last day of the period.
    pub ended: Keep,
    /// The word of the evidence that a row should have, as `contract`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Which agreed split shares it among officers and units; its own id when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// Projects counted although a rule leaves them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Listed>,
    /// Projects left out although the rules count them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Listed>,
}

/// One thing wrong with a text of definitions, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the figure, when it is known.
    pub figure: Option<String>,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if let Some(id) = &self.figure {
            write!(f, "figure `{id}`: ")?;
        }
        f.write_str(&self.en)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default)]
    figure: Vec<Spanned<Definition>>,
}

/// The definitions that come with Landfall.
pub const BUILT_IN: &str = include_str!("../../data/figures.toml");

/// Reads `[[figure]]` tables.
///
/// # Errors
/// Every fault that can be told, each with its place; a text that is not TOML, or has an unknown word, has one.
pub fn parse(text: &str) -> Result<Vec<Definition>, Vec<Fault>> {
    if text.len() > limits::DEFINITION_BYTES {
        let most = limits::DEFINITION_BYTES;
        let (zh, en) =
            (format!("文件过大，最多 {most} 字节"), format!("the file has more than {most} bytes"));
        return Err(vec![Fault { line: 1, column: 1, figure: None, zh, en }]);
    }
    let read: Text = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |s| s.start);
        let en = error.message().trim().to_string();
        vec![fault(text, at, None, (format!("格式有误：{en}"), en))]
    })?;
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    if read.figure.is_empty() {
        faults.push(fault(
            text,
            text.len(),
            None,
            say("没有指标；请写 [[figure]]", "no figure; write [[figure]]"),
        ));
    }
    for spanned in &read.figure {
        let (at, definition) = (spanned.span().start, spanned.get_ref());
        let id = Some(definition.id.as_str());
        if !ids.insert(&definition.id) {
            faults.push(fault(text, at, id, say("编号重复", "an id that another figure has")));
        }
        faults.extend(definition.faults().into_iter().map(|words| fault(text, at, id, words)));
    }
    if faults.is_empty() {
        Ok(read.figure.into_iter().map(Spanned::into_inner).collect())
    } else {
        Err(faults)
    }
}

/// The definitions that come with Landfall; a test keeps them without fault.
///
/// # Errors
/// As [`parse`].
pub fn builtin() -> Result<Vec<Definition>, Vec<Fault>> {
    parse(BUILT_IN)
}

type Words = (String, String);

fn say(zh: &str, en: &str) -> Words {
    (zh.to_string(), en.to_string())
}

fn fault(text: &str, at: usize, figure: Option<&str>, (zh, en): Words) -> Fault {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let line = text[..at].matches('\n').count() + 1;
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let column = text[start..at].chars().count() + 1;
    Fault { line, column, figure: figure.map(str::to_string), zh, en }
}

impl Definition {
    /// The canonical TOML text; reads back as the same definition.
    #[must_use]
    pub fn to_toml(&self) -> String {
        #[derive(Serialize)]
        struct One<'a> {
            figure: [&'a Definition; 1],
        }
        toml::to_string(&One { figure: [self] }).unwrap_or_default()
    }

    /// `id@version`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// The setting's money of a row, for stages.
    #[must_use]
    pub fn money_kind(&self) -> Kind {
        self.money.unwrap_or(Kind::PlannedTotal)
    }

    /// The name of the split that shares it.
    #[must_use]
    pub fn credit_key(&self) -> &str {
        self.credit.as_deref().unwrap_or(&self.id)
    }

    /// What is wrong with it: every fault in Chinese and in English.
    #[must_use]
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut add = |bad: bool, zh: &str, en: &str| {
            if bad {
                faults.push(say(zh, en));
            }
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let line =
            |s: &str| !s.trim().is_empty() && s.chars().count() <= limits::LINE_CHARS && !s.contains('\n');
        add(
            self.id.is_empty() || self.id.len() > 64 || !self.id.chars().all(plain),
            "id 只能用 a-z、0-9 和下划线，最多 64 个字符",
            "`id` takes 1 to 64 of a-z, 0-9 and underscore",
        );
        let plain_version = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        add(
            self.version.is_empty() || self.version.len() > 32 || !self.version.chars().all(plain_version),
            "version 只能用字母、数字、点和连字符，最多 32 个字符",
            "`version` takes 1 to 32 letters, digits, dots and dashes",
        );
        add(
            !line(&self.zh) || !line(&self.en),
            "zh 和 en 名称都要写，最多 200 字",
            "`zh` and `en` each need one line",
        );
        self.shape(&mut add);
        let evidence = self.evidence.as_deref();
        add(evidence.is_some_and(|e| !line(e)), "evidence 不能为空", "`evidence` is empty");
        add(self.credit.as_deref().is_some_and(|c| !line(c)), "credit 不能为空", "`credit` is empty");
        let listed = || self.include.iter().chain(&self.exclude);
        add(
            listed().any(|l| !line(&l.project) || !line(&l.reason)),
            "include / exclude 的每一项都要写项目编号和原因",
            "every entry of `include` and `exclude` needs `project` and `reason`",
        );
        add(
            listed().count() > limits::DEFINITION_LISTED,
            "include / exclude 的项目过多",
            "too many projects in `include` and `exclude`",
        );
        let mut seen = BTreeSet::new();
        add(
            listed().any(|l| !seen.insert(&l.project)),
            "一个项目只能在 include / exclude 中出现一次",
            "a project stands twice in `include` and `exclude`",
        );
        faults
    }

    /// Which fields go together.
    fn shape(&self, add: &mut impl FnMut(bool, &str, &str)) {
        let sets = |k: Kind| k.form() == Form::Money && k.nature() == Nature::Sets;
        let adds = |k: Kind| k.form() == Form::Money && k.nature() == Nature::Adds;
        let stages = self.what == What::Stage;
        add(
            stages != self.stage.is_some(),
            "what = \"stage\" 时要写 stage，其他情况不写",
            "`stage` goes with what = \"stage\"",
        );
        add(
            stages && self.money.is_some_and(|k| !sets(k)),
            "阶段类指标的 money 应是协议或设定的金额，如 planned_total",
            "the money of a stage is an amount that is set, as planned_total",
        );
        add(
            self.what == What::Money && !self.money.is_some_and(adds),
            "what = \"money\" 时 money 应为 arrived、foreign_used 或 invested",
            "what = \"money\" needs money = arrived, foreign_used or invested",
        );
        add(
            self.what == What::Promises && self.money.is_some(),
            "承诺类指标不写 money",
            "promises have no `money`",
        );
        let rate = self.measure == Measure::Rate;
        add(
            self.what == What::Money && rate,
            "资金类指标只能是 count 或 amount",
            "money is measured as count or amount",
        );
        add(
            self.what == What::Promises && self.measure == Measure::Amount,
            "承诺类指标只能是 count 或 rate",
            "promises are measured as count or rate",
        );
        let of_stages = stages && rate;
        add(
            of_stages != (self.rate.is_some() && self.base.is_some()),
            "阶段的比率要写 rate（cohort 或 period）和 base，其他情况不写",
            "a rate of stages, and nothing else, has `rate` (cohort or period) and `base`",
        );
        add(
            !of_stages && (self.rate.is_some() || self.base.is_some()),
            "多余的 rate 或 base",
            "`rate` or `base` too many",
        );
        let judged = self.rate == Some(RateForm::Cohort) || (self.what == What::Promises && rate);
        add(
            judged != self.until.is_some(),
            "同批口径和履约率要写 until（period_end 或 cut_off），其他情况不写",
            "a cohort and a rate of promises, and nothing else, have `until` (period_end or cut_off)",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_definitions_have_no_fault_and_write_back() {
        let all = builtin()
            .unwrap_or_else(|f| panic!("{}", f.iter().map(|f| format!("{f}\n")).collect::<String>()));
        assert!(all.len() >= 20);
        for definition in &all {
            assert_eq!(parse(&definition.to_toml()), Ok(vec![definition.clone()]), "{}", definition.id);
        }
        for id in [
            "signed",
            "planned_total",
            "arrived",
            "foreign_used",
            "start_rate_cohort",
            "start_rate_period",
            "fulfilment",
        ] {
            assert!(all.iter().any(|d| d.id == id), "{id}");
        }
    }

    #[test]
    fn faults_name_their_place() {
        let good = builtin().unwrap()[0].to_toml();
        let at = |text: &str| parse(text).unwrap_err();
        let unknown = at(&good.replace("date = \"counts\"", "date = \"some_day\""));
        assert_eq!(
            (unknown.len(), good.lines().nth(unknown[0].line - 1)),
            (1, Some("date = \"counts\"")),
            "{unknown:?}"
        );
        assert!(unknown[0].en.contains("some_day") && unknown[0].column > 1);
        let key = at(&good.replace("date = ", "dates = "));
        assert!(key[0].en.contains("dates"), "{key:?}");
        let two = at(&format!("{good}\n{good}"));
        assert!(two[0].line > 5 && two[0].figure.as_deref() == Some("signed"), "{two:?}");
        let shape = at(&good.replace("measure = \"count\"", "measure = \"rate\""));
        assert!(shape[0].to_string().contains("1:1: figure `signed`"), "{}", shape[0]);
        assert!(at("")[0].en.contains("[[figure]]"));
        assert!(at("[[figure]\n")[0].line == 1);
        let reasonless = format!("{good}\n[[figure.exclude]]\nproject = \"2025-00001\"\nreason = \" \"\n");
        assert!(at(&reasonless)[0].en.contains("reason"));
        assert!(at(&"#".repeat(limits::DEFINITION_BYTES + 1))[0].en.contains("bytes"));
    }
}
