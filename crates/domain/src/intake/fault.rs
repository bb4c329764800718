//! Faults of a row: which cell breaks which rule, in words that tell what to do.

use super::headings::Field;
use crate::dates::DateFault;
use crate::fact;
use crate::money::MoneyFault;
use crate::place::PlaceFault;
use crate::stage::Stage;
use crate::uscc::UsccFault;

/// The rules that a row can break, and the remarks that a note can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// No company name.
    NameMissing,
    /// A company name of more characters than `limits::COMPANY_NAME_CHARS`, or of one character, or without a letter.
    NameForm,
    /// The credit code breaks GB 32100-2015, or is another number.
    Uscc(UsccFault),
    /// Money that cannot be read.
    Money(MoneyFault),
    /// A date that cannot be read.
    Date(DateFault),
    /// Not a number of people.
    Count,
    /// A range of people (`50-99人`): readable, but not one number.
    CountRange,
    /// A status word that is not known.
    Status,
    /// A region that is not known.
    Place(PlaceFault),
    /// An industry that GB/T 4754-2017 does not have.
    Industry,
    /// This many cells where the heading has that many.
    Shape(usize, usize),
    /// A quote that never closes.
    OpenQuote,
    /// Bytes that are not text in the file's encoding.
    Encoding,
    /// A cell beyond `limits::INTAKE_CELL_BYTES`.
    CellTooLong,
    /// A line that is not a JSON object.
    Json(String),
    /// Another row of the file has this credit code with other values.
    Duplicate(u64),
    /// Several companies carry this name and the row has no credit code.
    AmbiguousName,
    /// No project name.
    ProjectName,
    /// Not an area.
    Area,
    /// An area without its unit.
    AreaUnit,
    /// Not a whole number.
    Whole,
    /// A stage from signing on, without the day it was reached.
    Undated(Stage),
    /// The first stage lies before the second, which comes before it.
    Order(Stage, Stage),
    /// A plan where something that happened is asked for.
    Planned,
    /// A value that no fact of this kind may have.
    Fact(fact::Kind, fact::Fault),
    /// A unit, person, event, chain or word that is not known here.
    Unknown(fact::Kind),
    /// Several are called so.
    Several(fact::Kind),
    /// Another row says other things about the same project.
    SameProject(u64),
    /// A total below what is recorded.
    BelowRecorded(String),
    /// The project that was found has another code.
    OtherCode(String),
    /// The code belongs to a project already.
    CodeTaken(String),
    /// The project belongs to a unit whose records the reader may not write.
    OtherUnit,
}

impl Rule {
    /// A stable word for counting and filtering.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Rule::NameMissing => "name-missing",
            Rule::NameForm => "name-form",
            Rule::Uscc(UsccFault::OldRegistrationNumber) => "uscc-old-number",
            Rule::Uscc(UsccFault::OrganisationCode) => "uscc-organisation-code",
            Rule::Uscc(UsccFault::Length(_)) => "uscc-length",
            Rule::Uscc(UsccFault::Character(..)) => "uscc-character",
            Rule::Uscc(UsccFault::Check { .. }) => "uscc-check",
            Rule::Money(MoneyFault::NoUnit) => "money-unit",
            Rule::Money(MoneyFault::UnknownCurrency(_)) => "money-currency",
            Rule::Money(_) => "money",
            Rule::Date(DateFault::Future) => "date-future",
            Rule::Date(DateFault::TooEarly) => "date-early",
            Rule::Date(_) => "date",
            Rule::Count => "count",
            Rule::CountRange => "count-range",
            Rule::Status => "status-unknown",
            Rule::Place(PlaceFault::Ambiguous(..)) => "region-ambiguous",
            Rule::Place(PlaceFault::Outside(..)) => "region-outside",
            Rule::Place(PlaceFault::Unknown(_)) => "region-unknown",
            Rule::Industry => "industry-unknown",
            Rule::Shape(..) => "cells",
            Rule::OpenQuote => "open-quote",
            Rule::Encoding => "encoding",
            Rule::CellTooLong => "cell-too-long",
            Rule::Json(_) => "json",
            Rule::Duplicate(_) => "duplicate-uscc",
            Rule::AmbiguousName => "name-ambiguous",
            Rule::ProjectName => "project-name",
            Rule::Area => "area",
            Rule::AreaUnit => "area-unit",
            Rule::Whole => "whole-number",
            Rule::Undated(_) => "stage-undated",
            Rule::Order(..) => "stage-order",
            Rule::Planned => "planned",
            Rule::Fact(..) => "fact",
            Rule::Unknown(_) => "unknown",
            Rule::Several(_) => "several",
            Rule::SameProject(_) => "same-project",
            Rule::BelowRecorded(_) => "below-recorded",
            Rule::OtherCode(_) => "other-code",
            Rule::CodeTaken(_) => "code-taken",
            Rule::OtherUnit => "other-unit",
        }
    }

    fn zh(&self) -> (String, &'static str) {
        match self {
            Rule::NameMissing => ("没有企业名称".into(), "补上企业名称"),
            Rule::NameForm => ("企业名称过长、过短或不含文字".into(), "核对企业名称"),
            Rule::Uscc(fault) => uscc_zh(fault),
            Rule::Money(fault) => money_zh(fault),
            Rule::Date(fault) => date_zh(*fault),
            Rule::Count => ("不是人数".into(), "填整数，例如 35"),
            Rule::CountRange => ("人数是区间，不是一个数".into(), "人数已留空；知道确数时填整数"),
            Rule::Status => ("登记状态不在词表中".into(), "状态已记为未知；填存续、停业、吊销、注销或迁出"),
            Rule::Place(PlaceFault::Unknown(name)) => {
                (format!("没有叫“{name}”的行政区划"), "该级地区已留空；填省、市、区县的名称或 6 位代码")
            }
            Rule::Place(PlaceFault::Ambiguous(name, codes)) => {
                (format!("有 {} 个行政区划叫“{name}”", codes.len()), "该级地区已留空；补上所属省或市")
            }
            Rule::Place(PlaceFault::Outside(name, code)) => (
                format!("“{name}”不在{}内", crate::place::full_name(*code).unwrap_or_default()),
                "该级地区已留空；核对省、市、区县是否一致",
            ),
            Rule::Industry => (
                "不是 GB/T 4754-2017 的行业名称或代码".into(),
                "行业已留空；填国标行业名称或代码，例如 C3734",
            ),
            Rule::Shape(cells, columns) => (
                format!("本行有 {cells} 格，表头有 {columns} 列"),
                "检查本行是否多了或少了分隔符，含分隔符的内容要加双引号",
            ),
            Rule::OpenQuote => ("双引号没有成对".into(), "补上或删去多余的双引号"),
            Rule::Encoding => ("含有无法识别的字节".into(), "用 UTF-8 或 GB18030 重新保存文件"),
            Rule::CellTooLong => ("单元格内容超过上限".into(), "缩短内容"),
            Rule::Json(error) => (format!("不是一个 JSON 对象：{error}"), "每行一个 JSON 对象"),
            Rule::Duplicate(row) => {
                (format!("与第 {row} 行信用代码相同而内容不同"), "核对两行，只保留正确的一行")
            }
            Rule::AmbiguousName => {
                ("企业库里有几家同名企业，这一行没有信用代码，分不清是哪一家".into(), "补上统一社会信用代码")
            }
            other => project_zh(other),
        }
    }

    fn en(&self) -> String {
        match self {
            Rule::NameMissing => "no company name".into(),
            Rule::NameForm => "a company name too long, too short or without letters".into(),
            Rule::Uscc(fault) => fault.to_string(),
            Rule::Money(fault) => fault.to_string(),
            Rule::Date(fault) => fault.to_string(),
            Rule::Count => "not a number of people".into(),
            Rule::CountRange => "a range of people, not one number; left empty".into(),
            Rule::Status => "a status word that is not known; kept as unknown".into(),
            Rule::Place(fault) => format!("{fault}; left empty"),
            Rule::Industry => "no title or code of GB/T 4754-2017; left empty".into(),
            Rule::Shape(cells, columns) => format!("{cells} cells where the heading has {columns} columns"),
            Rule::OpenQuote => "a quote that never closes".into(),
            Rule::Encoding => "bytes that are not text in this encoding".into(),
            Rule::CellTooLong => "a cell beyond the limit".into(),
            Rule::Json(error) => format!("not a JSON object: {error}"),
            Rule::Duplicate(row) => {
                format!("duplicate credit code in this file, first at row {row}, with other values")
            }
            Rule::AmbiguousName => "several companies carry this name and the row has no credit code".into(),
            other => project_en(other),
        }
    }
}

/// The rules of tables of projects.
fn project_zh(rule: &Rule) -> (String, &'static str) {
    match rule {
        Rule::Area => ("不是面积".into(), "写成 30亩 或 20000㎡"),
        Rule::AreaUnit => ("面积没有单位".into(), "在列设置中选择单位，或在值或表头写明 亩、㎡"),
        Rule::Whole => ("不是整数".into(), "填整数，例如 120"),
        Rule::Undated(stage) => (
            format!("写了“{}”，但没有{}时间", stage.zh(), stage.zh()),
            "补上该阶段的实际时间；没有日期的签约和进展不能计入统计",
        ),
        Rule::Order(late, early) => (format!("{}早于{}", late.zh(), early.zh()), "核对两个日期"),
        Rule::Planned => ("这是计划时间，不是已经发生的时间".into(), "已留空；发生后再填"),
        Rule::Fact(kind, fault) => (format!("{}：{}", kind.zh(), fault.zh()), "核对内容"),
        Rule::Unknown(kind) => {
            (format!("没有这个{}", kind.zh()), "该项已留空；改成系统里的名称，或先在系统里添加后重新导入")
        }
        Rule::Several(kind) => {
            (format!("有几个同名的{}，分不清是哪一个", kind.zh()), "该项已留空；导入后在项目页指定")
        }
        Rule::SameProject(row) => (
            format!("第 {row} 行说的是同一个项目，内容不同"),
            "核对两行，只保留正确的一行，或把其中一行指定为新项目",
        ),
        Rule::BelowRecorded(sum) => {
            (format!("少于系统里已登记的累计数（{sum}）"), "表中应为累计数；多记的请先在项目页更正")
        }
        Rule::OtherCode(code) => {
            (format!("系统里这个项目的编号是 {code}"), "编号不会改动；如果不是同一个项目，请改为新项目")
        }
        Rule::CodeTaken(code) => (format!("编号 {code} 已属于另一个项目"), "改编号，或对应到那个项目"),
        Rule::OtherUnit => ("项目属于别的部门，您只能写本部门的记录".into(), "请该部门导入，或由领导导入"),
        _ => ("没有项目名称".into(), "补上项目名称"),
    }
}

fn project_en(rule: &Rule) -> String {
    match rule {
        Rule::Area => "not an area; write 30亩 or 20000㎡".into(),
        Rule::AreaUnit => "an area without a unit; choose the column's unit".into(),
        Rule::Whole => "not a whole number".into(),
        Rule::Undated(stage) => format!("stage `{stage}` without the day it was reached; fill the day in"),
        Rule::Order(late, early) => format!("`{late}` lies before `{early}`; check both days"),
        Rule::Planned => "a plan, not something that happened; left out".into(),
        Rule::Fact(kind, fault) => format!("{}: {fault}", kind.en()),
        Rule::Unknown(kind) => format!("no such {} here; left out", kind.en().to_lowercase()),
        Rule::Several(kind) => format!("several have this name ({}); left out", kind.en().to_lowercase()),
        Rule::SameProject(row) => {
            format!(
                "row {row} is about the same project and says other things; keep one, or make one a new project"
            )
        }
        Rule::BelowRecorded(sum) => {
            format!(
                "below the total that is recorded ({sum}); correct the records on the project's page first"
            )
        }
        Rule::OtherCode(code) => format!("here this project has the code {code}, which stays"),
        Rule::CodeTaken(code) => format!("the code {code} belongs to another project"),
        Rule::OtherUnit => {
            "the project belongs to another unit; you can write records of your own only".into()
        }
        _ => "no project name".into(),
    }
}

/// One fault or note, with the cell that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The row as a spreadsheet numbers it: the heading of a plain file is row 1.
    pub row: u64,
    /// The field; `None` when the row as a whole is broken.
    pub field: Option<Field>,
    /// The heading of the column.
    pub heading: String,
    /// The cell as the file has it.
    pub value: String,
    /// The rule.
    pub rule: Rule,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What is wrong, in English.
    pub message_en: String,
    /// What to do, in Chinese.
    pub advice: String,
}

impl RowFault {
    /// A fault of one cell.
    #[must_use]
    pub fn cell(row: u64, field: Field, heading: &str, value: &str, rule: Rule) -> RowFault {
        RowFault { field: Some(field), heading: heading.to_string(), ..RowFault::whole(row, value, rule) }
    }

    /// A fault of a cell below `heading`, in a table whose fields are others than those of company lists.
    #[must_use]
    pub fn under(row: u64, heading: &str, value: &str, rule: Rule) -> RowFault {
        RowFault { heading: heading.to_string(), ..RowFault::whole(row, value, rule) }
    }

    /// A fault of a whole row.
    #[must_use]
    pub fn whole(row: u64, value: &str, rule: Rule) -> RowFault {
        let (message_zh, advice) = rule.zh();
        RowFault {
            row,
            field: None,
            heading: String::new(),
            // A broken row can be megabytes; its start is enough to find it.
            value: value.chars().take(300).collect(),
            message_en: rule.en(),
            rule,
            message_zh,
            advice: advice.to_string(),
        }
    }
}

fn uscc_zh(fault: &UsccFault) -> (String, &'static str) {
    match fault {
        UsccFault::OldRegistrationNumber => {
            ("是旧的工商注册号，不是统一社会信用代码".into(), "信用代码已留空；可补填 18 位统一社会信用代码")
        }
        UsccFault::OrganisationCode => {
            ("是组织机构代码，不是统一社会信用代码".into(), "信用代码已留空；可补填 18 位统一社会信用代码")
        }
        UsccFault::Length(n) => (
            format!("统一社会信用代码应为 18 位，这里是 {n} 位（GB 32100-2015）"),
            "核对信用代码；Excel 中该列应设为文本格式",
        ),
        UsccFault::Character(c, place) => (
            format!("第 {place} 位的“{c}”不是信用代码字符（GB 32100-2015）"),
            "核对信用代码，常见错误是把 0 写成 O、1 写成 I",
        ),
        UsccFault::Check { expected, found } => (
            format!("校验码不符（GB 32100-2015）：应为 {expected}，实为 {found}"),
            "核对信用代码；Excel 中该列应设为文本格式",
        ),
    }
}

fn money_zh(fault: &MoneyFault) -> (String, &'static str) {
    match fault {
        MoneyFault::Form => ("不是金额".into(), "写成 5000万元、1.2亿元 或 1000万美元"),
        MoneyFault::NoUnit => ("金额没有单位".into(), "在值或表头写明单位，例如 注册资本(万元)"),
        MoneyFault::UnknownCurrency(word) => {
            (format!("币种“{word}”不在词表中"), "金额已留空；可折算为人民币后填写")
        }
        MoneyFault::TwoCurrencies => ("一个金额写了两种币种".into(), "只保留一种币种"),
        MoneyFault::Negative => ("金额小于零".into(), "核对金额"),
        MoneyFault::TooLarge => ("金额过大".into(), "核对金额和单位"),
    }
}

fn date_zh(fault: DateFault) -> (String, &'static str) {
    match fault {
        DateFault::Form => ("不是日期".into(), "写成 1979-11-24"),
        DateFault::NoDay => ("日期不完整".into(), "补上月和日，写成 1979-11-24"),
        DateFault::Calendar => ("日历上没有这一天".into(), "核对日期"),
        DateFault::Future => ("日期晚于今天".into(), "核对日期"),
        DateFault::TooEarly => ("日期早于 1800 年".into(), "核对日期"),
    }
}
