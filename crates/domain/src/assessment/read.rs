//! Reads a formula from TOML and says everything that is wrong with it at once.

use super::{Formula, Grade, Group, Item, Method, Part, ReadingUnit, Target, reading};
use crate::limits::{FORMULA_BYTES, FORMULA_GRADES, FORMULA_GROUPS, FORMULA_ITEMS, LINE_CHARS};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// Something wrong with a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which part: `item \`leads\``, `group \`base\``, or `file`.
    pub place: String,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// What is wrong and what to do, in English.
    pub en: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.en)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFormula {
    format: i64,
    version: String,
    since: String,
    name: String,
    name_en: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    about_en: String,
    #[serde(default)]
    group: Vec<RawGroup>,
    #[serde(default)]
    item: Vec<RawItem>,
    #[serde(default)]
    grade: Vec<RawGrade>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    id: String,
    name: String,
    name_en: String,
    points: i64,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    id: String,
    group: String,
    part: String,
    name: String,
    name_en: String,
    reads: String,
    points: i64,
    method: String,
    target_per_year: Option<i64>,
    target_per_month: Option<i64>,
    floor: Option<i64>,
    zero_earns_nothing: Option<bool>,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrade {
    at_least: i64,
    name: String,
    name_en: String,
    #[serde(default)]
    follows: String,
    #[serde(default)]
    follows_en: String,
}

/// Reads a formula.
///
/// An item that reads registered capital is refused whatever else it says (a rule of the field: see `REGISTERED` below).
///
/// # Errors
/// Every fault, with its place.
pub fn parse(text: &str) -> Result<Formula, Vec<Fault>> {
    let mut faults = Faults(Vec::new());
    if text.len() > FORMULA_BYTES {
        let zh = format!("文件超过 {FORMULA_BYTES} 字节");
        faults.add("file", zh, format!("longer than {FORMULA_BYTES} bytes"));
        return Err(faults.0);
    }
    let raw: RawFormula = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let line = error.span().map_or(0, |s| 1 + text[..s.start].matches('\n').count());
            let why = error.message().to_string();
            faults.add(
                "file",
                format!("第 {line} 行读不出来：{why}"),
                format!("line {line} cannot be read: {why}"),
            );
            return Err(faults.0);
        }
    };
    let since = faults.head(&raw);
    let groups = faults.groups(&raw);
    let items = faults.items(&raw);
    faults.sums(&groups, &items);
    let grades = faults.grades(&raw);
    match since {
        Some(since) if faults.0.is_empty() => Ok(Formula {
            version: raw.version,
            since,
            name: raw.name,
            name_en: raw.name_en,
            about: raw.about,
            about_en: raw.about_en,
            groups,
            items,
            grades,
        }),
        _ => Err(faults.0),
    }
}

/// The most points of a formula, so that hundredths never overflow.
const MOST_POINTS: i64 = 10_000;
/// The largest target of a formula, in whole units.
const MOST_TARGET: i64 = 1_000_000_000_000;

/// Words that mean registered capital. An assessment that pays for it gets subscribed figures that never arrive
/// (chongmingzhaoshang.cn/zhishi/zhengce/549.html); 闵行 calls paid-in against registered capital the first red line.
const REGISTERED: [&str; 8] = [
    "registered_capital",
    "registered-capital",
    "registered capital",
    "subscribed_capital",
    "subscribed capital",
    "注册资本",
    "注册资金",
    "认缴",
];

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, place: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) {
        self.0.push(Fault { place: place.into(), zh: zh.into(), en: en.into() });
    }

    fn head(&mut self, raw: &RawFormula) -> Option<Date> {
        if raw.format != 1 {
            self.add("file", "format 应为 1", "format must be 1");
        }
        for (field, text) in [("version", &raw.version), ("name", &raw.name), ("name_en", &raw.name_en)] {
            self.line("file", field, text);
        }
        for (field, text) in [("about", &raw.about), ("about_en", &raw.about_en)] {
            if text.chars().count() > 5 * LINE_CHARS {
                let (most, zh) = (5 * LINE_CHARS, "最多");
                self.add(
                    "file",
                    format!("{field} {zh} {most} 字"),
                    format!("{field} has at most {most} characters"),
                );
            }
        }
        let since = raw.since.parse().ok();
        if since.is_none() {
            self.add("file", "since 写成 2026-01-01 这样", "since: write it as 2026-01-01");
        }
        since
    }

    fn line(&mut self, place: &str, field: &str, text: &str) {
        if text.trim().is_empty() || text.chars().count() > LINE_CHARS || text.contains(char::is_control) {
            let zh = format!("{field} 要有一行 1 到 {LINE_CHARS} 字");
            self.add(place, zh, format!("{field} needs one line of 1 to {LINE_CHARS} characters"));
        }
    }

    fn id(&mut self, place: &str, id: &str, seen: &mut BTreeSet<String>) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > 40 || !id.chars().all(plain) {
            let en = "id needs 1 to 40 of a–z, 0–9 and -";
            self.add(place, "id 用 1 到 40 个小写字母、数字或 -", en);
        }
        if !seen.insert(id.to_string()) {
            self.add(place, "id 重复", "this id is used twice");
        }
    }

    fn points(&mut self, place: &str, points: i64) -> i64 {
        if !(1..=MOST_POINTS).contains(&points) {
            let zh = format!("points 要在 1 到 {MOST_POINTS} 之间");
            self.add(place, zh, format!("points must lie between 1 and {MOST_POINTS}"));
            return 0;
        }
        points * 100
    }

    fn groups(&mut self, raw: &RawFormula) -> Vec<Group> {
        if raw.group.is_empty() || raw.group.len() > FORMULA_GROUPS {
            let zh = format!("要有 1 到 {FORMULA_GROUPS} 个 [[group]]");
            self.add("file", zh, format!("needs 1 to {FORMULA_GROUPS} of [[group]]"));
        }
        let mut seen = BTreeSet::new();
        let mut groups = Vec::new();
        for g in raw.group.iter().take(FORMULA_GROUPS) {
            let place = format!("group `{}`", g.id);
            self.id(&place, &g.id, &mut seen);
            self.line(&place, "name", &g.name);
            self.line(&place, "name_en", &g.name_en);
            groups.push(Group {
                id: g.id.clone(),
                name: g.name.clone(),
                name_en: g.name_en.clone(),
                points: self.points(&place, g.points),
                source: g.source.clone(),
            });
        }
        groups
    }

    fn items(&mut self, raw: &RawFormula) -> Vec<Item> {
        if raw.item.is_empty() || raw.item.len() > FORMULA_ITEMS {
            let zh = format!("要有 1 到 {FORMULA_ITEMS} 个 [[item]]");
            self.add("file", zh, format!("needs 1 to {FORMULA_ITEMS} of [[item]]"));
        }
        let mut seen = BTreeSet::new();
        let mut items = Vec::new();
        for i in raw.item.iter().take(FORMULA_ITEMS) {
            let place = format!("item `{}`", i.id);
            self.id(&place, &i.id, &mut seen);
            self.line(&place, "name", &i.name);
            self.line(&place, "name_en", &i.name_en);
            let points = self.points(&place, i.points);
            let group = raw.group.iter().position(|g| g.id == i.group);
            if group.is_none() {
                self.add(
                    &place,
                    format!("没有 group `{}`", i.group),
                    format!("there is no group `{}`", i.group),
                );
            }
            let (part, method) = (self.part(&place, &i.part), self.method(&place, i));
            self.reads(&place, i);
            if let (Some(group), Some(part), Some(method)) = (group, part, method) {
                items.push(Item {
                    id: i.id.clone(),
                    group,
                    part,
                    name: i.name.clone(),
                    name_en: i.name_en.clone(),
                    reads: i.reads.clone(),
                    points,
                    method,
                    source: i.source.clone(),
                });
            }
        }
        if self.0.is_empty() {
            for (part, zh, en) in [(Part::Process, "过程", "process"), (Part::Result, "结果", "result")] {
                if !items.iter().any(|i| i.part == part) {
                    let zh = format!("没有 part = \"{en}\" 的项：考核要既看过程又看结果（缺{zh}）");
                    self.add(
                        "file",
                        zh,
                        format!("no item with part = \"{en}\": look at work and results both"),
                    );
                }
            }
        }
        items
    }

    fn part(&mut self, place: &str, part: &str) -> Option<Part> {
        match part {
            "process" => Some(Part::Process),
            "result" => Some(Part::Result),
            _ => {
                self.add(place, "part 用 process 或 result", "part is process or result");
                None
            }
        }
    }

    /// Refuses what must never be read, then what is not known, then what the method cannot use.
    fn reads(&mut self, place: &str, i: &RawItem) {
        let said = format!("{} {} {} {}", i.id, i.name, i.name_en, i.reads).to_lowercase();
        if REGISTERED.iter().any(|w| said.contains(w)) {
            self.add(
                place,
                "不得按注册资本计分：认缴只是承诺，按它奖励会带来虚增注资、长期空置（见 chongmingzhaoshang.cn/zhishi/zhengce/549.html）；\
                 请改读到位资金 arrived",
                "registered capital earns no points: it is a promise, and paying for it brings empty figures \
                 (chongmingzhaoshang.cn/zhishi/zhengce/549.html); read `arrived` instead",
            );
            return;
        }
        let Some(found) = reading(&i.reads) else {
            let known: Vec<&str> = super::READINGS.iter().map(|r| r.id).collect();
            let known = known.join(", ");
            let zh = format!("reads 没有 `{}`；可用：{known}", i.reads);
            self.add(place, zh, format!("reads: there is no `{}`; use one of {known}", i.reads));
            return;
        };
        if (found.unit == ReadingUnit::Rate) != (i.method == "cohort_rate") {
            let zh = format!("`{}` 与 method = \"{}\" 不配：占比只能用 cohort_rate", i.reads, i.method);
            let en = format!(
                "`{}` does not go with method = \"{}\": a rate goes with cohort_rate",
                i.reads, i.method
            );
            self.add(place, zh, en);
        }
    }

    fn method(&mut self, place: &str, i: &RawItem) -> Option<Method> {
        let targets = [i.target_per_year, i.target_per_month];
        let stray = match i.method.as_str() {
            "ratio" => {
                i.floor.is_some() || i.zero_earns_nothing.is_some() || targets.iter().flatten().count() > 1
            }
            "efficacy" => targets.iter().any(Option::is_some),
            _ => i.floor.is_some() || i.zero_earns_nothing.is_some() || targets.iter().any(Option::is_some),
        };
        if stray {
            self.add(
                place,
                "ratio 只用 target_per_year 或 target_per_month 之一；efficacy 只用 floor 和 zero_earns_nothing",
                "ratio takes one of target_per_year and target_per_month; efficacy takes floor and zero_earns_nothing",
            );
        }
        if targets.iter().flatten().any(|t| !(1..=MOST_TARGET).contains(t)) {
            let zh = format!("目标要在 1 到 {MOST_TARGET} 之间");
            self.add(place, zh, format!("a target must lie between 1 and {MOST_TARGET}"));
        }
        let floor = i.floor.unwrap_or(60);
        if !(0..=100).contains(&floor) {
            self.add(place, "floor 要在 0 到 100 之间", "floor must lie between 0 and 100");
        }
        match i.method.as_str() {
            "ratio" => Some(Method::Ratio {
                target: match targets {
                    [Some(year), _] => Target::Year(year),
                    [None, Some(month)] => Target::Month(month),
                    [None, None] => Target::Agreed,
                },
            }),
            "efficacy" => {
                Some(Method::Efficacy { floor, zero_earns_nothing: i.zero_earns_nothing.unwrap_or(false) })
            }
            "cohort_rate" => Some(Method::CohortRate),
            _ => {
                let zh = "method 用 ratio、efficacy 或 cohort_rate";
                self.add(place, zh, "method is ratio, efficacy or cohort_rate");
                None
            }
        }
    }

    fn sums(&mut self, groups: &[Group], items: &[Item]) {
        if !self.0.is_empty() {
            return;
        }
        for (no, group) in groups.iter().enumerate() {
            let sum: i64 = items.iter().filter(|i| i.group == no).map(|i| i.points).sum();
            if sum != group.points {
                let (sum, of) = (sum / 100, group.points / 100);
                let place = format!("group `{}`", group.id);
                let en = format!("its items add up to {sum} points, it has {of}");
                self.add(place, format!("各项相加 {sum} 分，组内应为 {of} 分"), en);
            }
        }
    }

    fn grades(&mut self, raw: &RawFormula) -> Vec<Grade> {
        if raw.grade.len() > FORMULA_GRADES {
            let zh = format!("最多 {FORMULA_GRADES} 个 [[grade]]");
            self.add("file", zh, format!("at most {FORMULA_GRADES} of [[grade]]"));
        }
        let mut grades: Vec<Grade> = Vec::new();
        for g in raw.grade.iter().take(FORMULA_GRADES) {
            let place = format!("grade `{}`", g.name);
            self.line(&place, "name", &g.name);
            self.line(&place, "name_en", &g.name_en);
            if !(0..=MOST_POINTS).contains(&g.at_least)
                || grades.iter().any(|o| o.at_least == g.at_least * 100)
            {
                let zh = format!("at_least 要在 0 到 {MOST_POINTS} 之间，且不重复");
                self.add(&place, zh, format!("at_least must lie between 0 and {MOST_POINTS}, each once"));
                continue;
            }
            grades.push(Grade {
                at_least: g.at_least * 100,
                name: g.name.clone(),
                name_en: g.name_en.clone(),
                follows: g.follows.clone(),
                follows_en: g.follows_en.clone(),
            });
        }
        if !grades.is_empty() && !grades.iter().any(|g| g.at_least == 0) {
            self.add("file", "要有一档 at_least = 0", "one grade needs at_least = 0");
        }
        grades.sort_by_key(|g| std::cmp::Reverse(g.at_least));
        grades
    }
}
