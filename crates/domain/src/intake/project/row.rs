//! One row of a table of projects: what it says, or every fault it has.

use super::field::{Field, STAGES};
use super::layout::{AreaUnit, Column, Layout, Measure};
use crate::company::{Money, Uscc};
use crate::dates::{self, DateFault, ExcelDays};
use crate::fact::{Fault, Kind, Sort, Value};
use crate::industry;
use crate::intake::row::tidy;
use crate::intake::{RowFault, Rule};
use crate::limits;
use crate::money;
use crate::stage::Stage;
use crate::text;
use crate::uscc;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// When a stage was reached and counts, as far as a table says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// The day it happened.
    pub happened: Option<Date>,
    /// The day it counts; of a month alone its first day.
    pub counts: Option<Date>,
    /// Whether the table names the month alone.
    pub month_only: bool,
}

/// What one name here stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// One.
    One(Value),
    /// Several are called so.
    Several,
}

/// The names that this zone knows, by [`Vocabulary::key`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary(BTreeMap<(Kind, String), Known>);

impl Vocabulary {
    /// Adds a name of a unit, person, event or chain. Two that are called alike are told apart by nobody.
    pub fn add(&mut self, kind: Kind, name: &str, value: Value) {
        let key = Vocabulary::key(name);
        if key.is_empty() {
            return;
        }
        match self.0.get(&(kind, key.clone())) {
            Some(Known::One(known)) if *known != value => self.0.insert((kind, key), Known::Several),
            Some(_) => None,
            None => self.0.insert((kind, key), Known::One(value)),
        };
    }

    /// What a name stands for.
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Known> {
        self.0.get(&(kind, Vocabulary::key(name)))
    }

    /// A name without spaces, widths and case.
    #[must_use]
    pub fn key(name: &str) -> String {
        text::squeeze(name).to_lowercase()
    }
}

/// What a row is read with.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The columns.
    pub layout: &'a Layout,
    /// The names that are known.
    pub vocabulary: &'a Vocabulary,
    /// How serial days count.
    pub excel: ExcelDays,
    /// Nothing has happened after it.
    pub today: Date,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRow {
    /// The row as a spreadsheet numbers it.
    pub row: u64,
    /// The project's code.
    pub code: Option<String>,
    /// The credit code of its company.
    pub uscc: Option<Uscc>,
    /// The company's key as found by its name alone; the caller looks it up.
    pub key: Option<String>,
    /// Settings: what the latest table says holds.
    pub settings: BTreeMap<Kind, Value>,
    /// Totals up to the table's day of what adds up.
    pub totals: BTreeMap<Kind, Money>,
    /// Stages with their days.
    pub stages: BTreeMap<Stage, Dates>,
    /// The stage it stands at, by its word.
    pub stage: Option<Stage>,
    /// Remarks.
    pub remarks: Option<String>,
    /// What was left out, and why.
    pub notes: Vec<RowFault>,
}

impl ProjectRow {
    /// The project's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.settings.get(&Kind::Name).and_then(Value::text).unwrap_or_default()
    }

    /// The company as written.
    #[must_use]
    pub fn company(&self) -> &str {
        self.settings.get(&Kind::Company).and_then(Value::text).unwrap_or_default()
    }

    /// The same but for its place in the file: two such rows say the same.
    #[must_use]
    pub fn says_the_same(&self, other: &ProjectRow) -> bool {
        let bare = |row: &ProjectRow| ProjectRow { row: 0, notes: Vec::new(), ..row.clone() };
        bare(self) == bare(other)
    }
}

/// Whether a row adds up others (合计, 小计), is a heading between rows or a line below the table: nothing that is a project.
#[must_use]
pub fn is_no_project<S: AsRef<str>>(layout: &Layout, cells: &[S]) -> bool {
    const SUMS: [&str; 7] = ["合计", "小计", "总计", "共计", "累计", "平均", "总数"];
    let filled: Vec<(usize, String)> = cells
        .iter()
        .enumerate()
        .map(|(i, c)| (i, text::squeeze(c.as_ref())))
        .filter(|(_, c)| !c.is_empty())
        .collect();
    let Some((place, first)) = filled.first() else { return true };
    if filled.iter().take(2).any(|(_, c)| SUMS.iter().any(|s| c == s || is_sum(c, s))) {
        return true;
    }
    let field = layout.columns.get(*place).and_then(|c| c.field);
    filled.len() == 1 && (field != Some(Field::Fact(Kind::Name)) || is_section(first))
}

/// `合计：`, `工业项目小计`, `合计（12个）`; 累计 and 平均 begin too many other words.
fn is_sum(cell: &str, word: &str) -> bool {
    let strict = matches!(word, "合计" | "小计" | "总计" | "共计");
    let tail = cell.strip_prefix(word).and_then(|rest| rest.chars().next());
    let begins = tail.is_some_and(|c| !c.is_alphabetic() || c == '数');
    strict && cell.chars().count() <= 12 && (begins || cell.ends_with(word))
}

/// `一、工业项目`, `(二)服务业`, `注：…`, `填表人：…`.
fn is_section(cell: &str) -> bool {
    let bare = cell.trim_start_matches('(');
    let numbered = bare.starts_with(['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'])
        && bare.chars().nth(1).is_some_and(|c| matches!(c, '、' | '.' | ')'));
    numbered || ["注:", "备注:", "说明:", "填表人", "审核人", "制表"].iter().any(|w| cell.starts_with(w))
}

/// Judges a row.
///
/// # Errors
/// Every fault that rejects it.
pub fn row<S: AsRef<str>>(reader: Reader<'_>, number: u64, cells: &[S]) -> Result<ProjectRow, Vec<RowFault>> {
    let mut reading = Reading {
        reader,
        faults: Vec::new(),
        months: Vec::new(),
        row: ProjectRow {
            row: number,
            code: None,
            uscc: None,
            key: None,
            settings: BTreeMap::new(),
            totals: BTreeMap::new(),
            stages: BTreeMap::new(),
            stage: None,
            remarks: None,
            notes: Vec::new(),
        },
    };
    for (column, cell) in reader.layout.columns.iter().zip(cells) {
        let cell = cell.as_ref();
        if let Some(field) = column.field
            && !text::is_blank(cell)
        {
            reading.cell(field, column, cell);
        }
    }
    reading.whole()
}

struct Reading<'a> {
    reader: Reader<'a>,
    row: ProjectRow,
    faults: Vec<RowFault>,
    /// Statistics dates that name a month alone.
    months: Vec<(Stage, Date)>,
}

impl Reading<'_> {
    fn cell(&mut self, field: Field, column: &Column, cell: &str) {
        match field {
            Field::Skip => {}
            Field::Code => self.row.code = self.line(None, column, cell),
            Field::Uscc => self.uscc(column, cell),
            Field::StageNow => self.stage_now(column, cell),
            Field::Happened(stage) => {
                if let Some(day) = self.day(column, cell) {
                    self.row.stages.entry(stage).or_default().happened = Some(day);
                }
            }
            Field::Counts(stage) => self.counts(stage, column, cell),
            Field::Fact(kind) => self.fact(kind, column, cell),
        }
    }

    fn fact(&mut self, kind: Kind, column: &Column, cell: &str) {
        let value = match kind {
            Kind::Note => return self.remark(column, cell),
            Kind::LandArea => self.area(column, cell).map(Value::Number),
            Kind::Jobs | Kind::Energy => self.number(kind, column, cell).map(Value::Number),
            Kind::Unit | Kind::Officer | Kind::Event | Kind::Chain => self.named(kind, column, cell),
            Kind::Industry => self.industry(column, cell),
            Kind::Origin => self.word(kind, column, cell, origin),
            Kind::Source => self.word(kind, column, cell, source),
            Kind::Sort => self.word(kind, column, cell, |c| sort(c).map(Sort::as_str)),
            _ if Field::Fact(kind).is_money() => return self.amount(kind, column, cell),
            _ => self.line(Some(kind), column, cell).map(Value::Text),
        };
        // 增资扩产 stands among the sources of some cities; it is a sort of project.
        if kind == Kind::Source && sort(cell) == Some(Sort::Expansion) {
            let expansion = Value::Text(Sort::Expansion.as_str().to_string());
            self.row.settings.entry(Kind::Sort).or_insert(expansion);
        }
        if let Some(value) = value {
            self.row.settings.insert(kind, value);
        }
    }

    fn amount(&mut self, kind: Kind, column: &Column, cell: &str) {
        let unit = match column.measure {
            Some(Measure::Money(unit)) => Some(unit),
            _ => None,
        };
        match money::parse(cell, unit) {
            Ok(None) => {}
            Ok(Some(money)) if money.amount > limits::FACT_MONEY => {
                self.fault(column, cell, Rule::Fact(kind, Fault::TooLarge));
            }
            Ok(Some(money)) if kind.nature() == crate::fact::Nature::Adds => {
                // Nothing arrived yet is no fact.
                if money.amount > 0 {
                    self.row.totals.insert(kind, money);
                }
            }
            Ok(Some(money)) => {
                self.row.settings.insert(kind, Value::Money(money));
            }
            Err(fault) => self.fault(column, cell, Rule::Money(fault)),
        }
    }

    /// One line, its spaces folded.
    fn line(&mut self, kind: Option<Kind>, column: &Column, cell: &str) -> Option<String> {
        let line = tidy(cell);
        if line.chars().count() > limits::LINE_CHARS {
            let kind = kind.unwrap_or(Kind::Name);
            self.fault(column, cell, Rule::Fact(kind, Fault::TooLong));
            return None;
        }
        (!line.is_empty()).then_some(line)
    }

    fn remark(&mut self, column: &Column, cell: &str) {
        let line = tidy(cell);
        let plain = matches!(column.heading.as_str(), "备注" | "说明" | "note");
        let said = if plain { line } else { format!("{}：{line}", column.heading) };
        let all = match self.row.remarks.take() {
            Some(before) => format!("{before}\n{said}"),
            None => said,
        };
        if all.chars().count() > limits::FACT_TEXT_CHARS {
            self.fault(column, cell, Rule::Fact(Kind::Note, Fault::TooLong));
        } else {
            self.row.remarks = Some(all);
        }
    }

    fn uscc(&mut self, column: &Column, cell: &str) {
        match Uscc::parse(cell) {
            Ok(code) => self.row.uscc = Some(code),
            Err(fault) if uscc::UsccFault::is_other_number(&fault) => {
                self.note(column, cell, Rule::Uscc(fault))
            }
            Err(fault) => self.fault(column, cell, Rule::Uscc(fault)),
        }
    }

    fn named(&mut self, kind: Kind, column: &Column, cell: &str) -> Option<Value> {
        match self.reader.vocabulary.get(kind, cell) {
            Some(Known::One(value)) => Some(value.clone()),
            Some(Known::Several) => {
                self.note(column, cell, Rule::Several(kind));
                None
            }
            None => {
                self.note(column, cell, Rule::Unknown(kind));
                None
            }
        }
    }

    fn word(
        &mut self,
        kind: Kind,
        column: &Column,
        cell: &str,
        read: impl Fn(&str) -> Option<&'static str>,
    ) -> Option<Value> {
        let word = read(cell);
        if word.is_none() {
            self.note(column, cell, Rule::Unknown(kind));
        }
        word.map(|w| Value::Text(w.to_string()))
    }

    /// The finest of several columns.
    fn industry(&mut self, column: &Column, cell: &str) -> Option<Value> {
        let Some(code) = industry::parse(cell) else {
            self.note(column, cell, Rule::Industry);
            return None;
        };
        let before = self.row.settings.get(&Kind::Industry).and_then(Value::text).map_or(0, str::len);
        (code.0.len() > before).then_some(Value::Text(code.0))
    }

    fn area(&mut self, column: &Column, cell: &str) -> Option<i64> {
        let folded = text::squeeze(cell).to_lowercase();
        let said = [
            ("亩", AreaUnit::Mu),
            ("平方米", AreaUnit::SquareMetre),
            ("平米", AreaUnit::SquareMetre),
            ("㎡", AreaUnit::SquareMetre),
            ("m²", AreaUnit::SquareMetre),
            ("m2", AreaUnit::SquareMetre),
            ("公顷", AreaUnit::Hectare),
        ]
        .into_iter()
        .find_map(|(word, unit)| folded.strip_suffix(word).map(|bare| (bare, unit)));
        let measured = match column.measure {
            Some(Measure::Area(unit)) => Some(unit),
            _ => None,
        };
        let (bare, unit) = match (said, measured) {
            (Some((bare, unit)), _) => (bare, unit),
            (None, Some(unit)) => (folded.as_str(), unit),
            (None, None) => {
                let zero = money::scaled(&folded, 1, 1) == Ok(0);
                if !zero {
                    self.fault(column, cell, Rule::AreaUnit);
                }
                return zero.then_some(0);
            }
        };
        let (numerator, denominator) = match unit {
            AreaUnit::Mu => (2_000, 3),
            AreaUnit::SquareMetre => (1, 1),
            AreaUnit::Hectare => (10_000, 1),
        };
        let read = money::scaled(bare, numerator, denominator);
        if read.is_err() {
            self.fault(column, cell, Rule::Area);
        }
        read.ok()
    }

    fn number(&mut self, kind: Kind, column: &Column, cell: &str) -> Option<i64> {
        let folded = text::squeeze(cell);
        let units = ["人", "名", "吨标准煤", "吨标煤", "吨", "tce"];
        let bare = units.iter().find_map(|u| folded.strip_suffix(u)).unwrap_or(&folded);
        let read = money::scaled(bare, 1, 1).ok();
        // Half a person is a mistake; half a tonne is rounded.
        let whole =
            kind != Kind::Jobs || money::scaled(bare, 10, 1).ok() == read.and_then(|n| n.checked_mul(10));
        let number = read.filter(|_| whole);
        if number.is_none() {
            self.fault(column, cell, Rule::Whole);
        }
        number
    }

    fn stage_now(&mut self, column: &Column, cell: &str) {
        let folded = text::squeeze(cell);
        let bare = folded.trim_start_matches(['已', '正']).trim_start_matches('在').trim_end_matches("阶段");
        let bare = bare.trim_end_matches(['中', '期']);
        let found = STAGES
            .iter()
            .find(|(word, _)| *word == folded || *word == bare || word.strip_prefix('在') == Some(bare));
        match found {
            Some((_, stage)) => self.row.stage = Some(*stage),
            None => self.note(column, cell, Rule::Unknown(Kind::Stage)),
        }
    }

    /// A day; what has not happened (`未开工`, `计划2026年6月`) is none.
    fn day(&mut self, column: &Column, cell: &str) -> Option<Date> {
        if self.is_open(column, cell) {
            return None;
        }
        match dates::parse(cell, self.reader.excel, self.reader.today) {
            Ok(day) => day,
            Err(fault) => {
                self.fault(column, cell, Rule::Date(fault));
                None
            }
        }
    }

    fn counts(&mut self, stage: Stage, column: &Column, cell: &str) {
        if self.is_open(column, cell) {
            return;
        }
        let read = match dates::parse(cell, self.reader.excel, self.reader.today) {
            Err(DateFault::NoDay) => match month(cell) {
                Some(first) if first <= self.reader.today => return self.months.push((stage, first)),
                Some(_) => Err(DateFault::Future),
                None => Err(DateFault::NoDay),
            },
            read => read,
        };
        match read {
            Ok(None) => {}
            Ok(Some(day)) => self.row.stages.entry(stage).or_default().counts = Some(day),
            Err(fault) => self.fault(column, cell, Rule::Date(fault)),
        }
    }

    fn is_open(&mut self, column: &Column, cell: &str) -> bool {
        let folded = text::squeeze(cell);
        if folded.starts_with(['未', '待', '否', '尚']) {
            return true;
        }
        let planned = ["计划", "预计", "拟", "预期"].iter().any(|w| folded.starts_with(w));
        if planned {
            self.note(column, cell, Rule::Planned);
        }
        planned
    }

    fn whole(mut self) -> Result<ProjectRow, Vec<RowFault>> {
        for (stage, first) in std::mem::take(&mut self.months) {
            let dates = self.row.stages.entry(stage).or_default();
            let within = dates.happened.filter(|d| (d.year(), d.month()) == (first.year(), first.month()));
            dates.counts = Some(within.unwrap_or(first));
            dates.month_only = true;
        }
        if self.row.name().is_empty()
            && self.faults.iter().all(|f| !matches!(f.rule, Rule::Fact(Kind::Name, _)))
        {
            self.faults.insert(0, RowFault::whole(self.row.row, "", Rule::ProjectName));
        }
        let building = [Stage::Started, Stage::Completed, Stage::InProduction, Stage::AtCapacity];
        let happened = |stage: Stage| self.row.stages.get(&stage).and_then(|d| d.happened.or(d.counts));
        let days: Vec<(Stage, Date)> = building.into_iter().filter_map(|s| Some((s, happened(s)?))).collect();
        for pair in days.windows(2) {
            if pair[1].1 < pair[0].1 {
                let value = format!("{} / {}", pair[1].1, pair[0].1);
                self.faults.push(RowFault::whole(self.row.row, &value, Rule::Order(pair[1].0, pair[0].0)));
            }
        }
        if self.faults.is_empty() { Ok(self.row) } else { Err(self.faults) }
    }

    fn fault(&mut self, column: &Column, cell: &str, rule: Rule) {
        self.faults.push(RowFault::under(self.row.row, &column.heading, cell, rule));
    }

    fn note(&mut self, column: &Column, cell: &str, rule: Rule) {
        self.row.notes.push(RowFault::under(self.row.row, &column.heading, cell, rule));
    }
}

/// The first day of `2025年3月`, `2025-03`, `2025.3`, `2025/03`.
fn month(cell: &str) -> Option<Date> {
    let folded = text::squeeze(cell).replace(['年', '月', '.', '/'], "-");
    let (year, month) = folded.trim_end_matches(['-', '份']).split_once('-')?;
    if year.len() != 4 || month.is_empty() || month.len() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
}

/// 投资标识: 1 or 内资, 2 or 外资.
fn origin(cell: &str) -> Option<&'static str> {
    let folded = text::squeeze(cell).to_lowercase();
    let foreign =
        ["外资", "外商", "港资", "台资", "港澳台", "合资", "foreign"].iter().any(|w| folded.contains(w));
    let both = folded.contains("内资") && foreign;
    match folded.as_str() {
        _ if both => None,
        "2" => Some("foreign"),
        _ if foreign => Some("foreign"),
        "1" => Some("domestic"),
        "国有" | "民营" | "央企" | "国企" | "民资" => Some("domestic"),
        f if f.contains("内资") || f == "domestic" => Some("domestic"),
        _ => None,
    }
}

/// 项目来源, in the words of `Kind::Source`.
fn source(cell: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 5] = [
        ("event", &["招商会", "推介", "活动", "展会", "大会", "博览", "峰会", "event"]),
        ("visit", &["外出", "拜访", "走访", "考察", "上门", "visit"]),
        ("referral", &["推荐", "引荐", "介绍", "中介", "委托", "以商", "商会", "协会", "基金", "referral"]),
        ("inbound", &["主动", "来电", "来访", "自主", "网上", "inbound"]),
        ("target", &["目标", "靶向", "图谱", "target"]),
    ];
    let folded = text::squeeze(cell).to_lowercase();
    let found = WORDS.iter().find(|(_, words)| words.iter().any(|w| folded.contains(w)));
    match found {
        Some((word, _)) => Some(word),
        None if matches!(folded.as_str(), "其他" | "其它" | "other") || sort(cell).is_some() => {
            Some("other")
        }
        None => None,
    }
}

fn sort(cell: &str) -> Option<Sort> {
    const WORDS: [(&str, Sort); 17] = [
        ("二期", Sort::SecondPhase),
        ("增资", Sort::Expansion),
        ("扩产", Sort::Expansion),
        ("扩建", Sort::Expansion),
        ("技改", Sort::Expansion),
        ("搬迁", Sort::Relocation),
        ("迁建", Sort::Relocation),
        ("本地资金", Sort::LocalMoney),
        ("基础设施", Sort::Infrastructure),
        ("网点", Sort::Outlet),
        ("房地产", Sort::RealEstate),
        ("生活服务", Sort::DailyService),
        ("新引进", Sort::New),
        ("新建", Sort::New),
        ("新办", Sort::New),
        ("新设", Sort::New),
        ("新签", Sort::New),
    ];
    let folded = text::squeeze(cell).to_lowercase();
    if let Ok(sort) = folded.parse() {
        return Some(sort);
    }
    WORDS.iter().find(|(word, _)| folded.contains(word)).map(|(_, sort)| *sort)
}
