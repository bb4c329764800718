//! Events (活动): promotion meetings, visits and delegations, who came to them and what they cost.

use crate::company::RegionCode;
use crate::limits::{EVENT_DAYS, EVENT_TEXT_CHARS, GUESTS_AT_ONCE, LINE_CHARS};
use crate::text::fold;
use crate::user::UnitId;
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

words! {
    /// What kind of event it is.
    EventKind "not known" {
        /// 招商推介会
        Promotion = "promotion", "推介会", "Promotion meeting";
        /// 外出走访
        Visit = "visit", "走访", "Visit";
        /// 来访考察团
        Delegation = "delegation", "考察团", "Delegation";
        /// Anything else.
        Other = "other", "其他", "Other";
    }
}

words! {
    /// What a guest is to the zone. Only investors count in the assessment: visits by intermediaries do not
    /// (renrendoc.com/p-65328040).
    GuestRole "not known" {
        /// 投资方
        Investor = "investor", "投资方", "Investor";
        /// 中介
        Intermediary = "intermediary", "中介", "Intermediary";
        /// 政府
        Government = "government", "政府", "Government";
        /// Anybody else.
        Other = "other", "其他", "Other";
    }
}

words! {
    /// Whether money was planned or spent.
    CostKind "not known" {
        /// 预算
        Budget = "budget", "预算", "Budget";
        /// 实际支出
        Actual = "actual", "实际支出", "Spent";
    }
}

impl GuestRole {
    /// Whether bringing this guest counts in the assessment.
    #[must_use]
    pub fn counts(self) -> bool {
        self == GuestRole::Investor
    }
}

/// What is said of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDraft {
    /// What people call it.
    pub title: String,
    /// What kind it is.
    pub kind: EventKind,
    /// Where it was held (GB/T 2260).
    pub place: Option<RegionCode>,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
    /// The unit that organised it.
    pub unit: Option<UnitId>,
    /// What it was for; may have several lines.
    pub purpose: String,
}

/// A rule that what was typed breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, as the form names it.
    pub field: &'static str,
    /// What to do, in Chinese.
    pub zh: String,
    /// What to do, in English.
    pub en: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.en)
    }
}

fn fault(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault { field, zh: zh.into(), en: en.into() }
}

fn one_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LINE_CHARS && !text.contains(char::is_control)
}

impl EventDraft {
    /// Checks every rule.
    ///
    /// # Errors
    /// Every field at fault, with what to do.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        if !one_line(&self.title) {
            let zh = format!("名称：写一行，1 到 {LINE_CHARS} 字");
            faults.push(fault("title", zh, format!("title: write one line of 1 to {LINE_CHARS} characters")));
        }
        if self.start < crate::dates::EARLIEST {
            faults.push(fault("start", "开始日期太早", "start: too early"));
        }
        let days = self.start.until(self.end).map_or(i32::MAX, |span| span.get_days());
        if !(0..EVENT_DAYS).contains(&days) {
            let zh = format!("结束日期：不早于开始日期，最多 {EVENT_DAYS} 天");
            faults.push(fault(
                "end",
                zh,
                format!("end: not before the start, and at most {EVENT_DAYS} days"),
            ));
        }
        if self.purpose.chars().count() > EVENT_TEXT_CHARS || self.purpose.contains('\0') {
            let zh = format!("目的：最多 {EVENT_TEXT_CHARS} 字");
            faults.push(fault("purpose", zh, format!("purpose: at most {EVENT_TEXT_CHARS} characters")));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// One line of a pasted guest list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestLine {
    /// Its number, from 1, blank lines counted.
    pub line: usize,
    /// The company as written.
    pub name: String,
    /// Who came of it: free text, may hold a phone number.
    pub person: String,
    /// What they are.
    pub role: GuestRole,
}

/// A line of a pasted guest list that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// What is wrong, in English.
    pub en: String,
}

/// Reads a pasted guest list: a company on each line, then optionally the person and the role, with tabs, `,`, `，`, `|` or `、` between.
///
/// A role is one of the words of [`GuestRole`] in either language; without one it is `usual`. Blank lines are passed over.
///
/// # Errors
/// Every line at fault: too long, with more than three parts, of an unknown role, or a repetition.
pub fn guest_lines(text: &str, usual: GuestRole) -> Result<Vec<GuestLine>, Vec<LineFault>> {
    let (mut lines, mut faults): (Vec<GuestLine>, Vec<LineFault>) = (Vec::new(), Vec::new());
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    for (at, raw) in text.lines().enumerate() {
        let line = at + 1;
        if raw.trim().is_empty() {
            continue;
        }
        if lines.len() + faults.len() >= GUESTS_AT_ONCE {
            let zh = format!("一次最多 {GUESTS_AT_ONCE} 行，从这一行起请分开粘贴");
            let en = format!("at most {GUESTS_AT_ONCE} lines at once; paste from here on separately");
            faults.push(LineFault { line, zh, en });
            break;
        }
        match guest_line(line, raw, usual) {
            Ok(guest) => match seen.insert((guest.name.clone(), guest.person.clone()), line) {
                Some(first) => faults.push(LineFault {
                    line,
                    zh: format!("与第 {first} 行重复"),
                    en: format!("repeats line {first}"),
                }),
                None => lines.push(guest),
            },
            Err(fault) => faults.push(fault),
        }
    }
    if lines.is_empty() && faults.is_empty() {
        faults.push(LineFault { line: 1, zh: "没有一行名单".into(), en: "there is no line".into() });
    }
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

fn guest_line(line: usize, raw: &str, usual: GuestRole) -> Result<GuestLine, LineFault> {
    let parts: Vec<String> = raw.split(['\t', ',', '，', '|', '、']).map(|p| fold(p).to_string()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let bad = |zh: String, en: String| LineFault { line, zh, en };
    let (name, person, role) = match parts[..] {
        [name] => (name, "", ""),
        // A second part that is a role is one; else it is a person.
        [name, second] if role_of(second).is_some() => (name, "", second),
        [name, person] => (name, person, ""),
        [name, person, role] => (name, person, role),
        _ => {
            let en = "more than three parts; write company, person, role".to_string();
            return Err(bad("多于三栏，应为：企业，人员，身份".into(), en));
        }
    };
    if !one_line(name) || person.chars().count() > LINE_CHARS || person.contains(char::is_control) {
        let zh = format!("企业名称要有 1 到 {LINE_CHARS} 字，人员最多 {LINE_CHARS} 字");
        let en = format!("the company needs 1 to {LINE_CHARS} characters, the person at most {LINE_CHARS}");
        return Err(bad(zh, en));
    }
    let role = match role {
        "" => usual,
        word => role_of(word).ok_or_else(|| {
            let (zh, en) = ("投资方、中介、政府、其他", "investor, intermediary, government, other");
            bad(
                format!("身份“{word}”不认识，可用：{zh}"),
                format!("the role `{word}` is not known; use {en}"),
            )
        })?,
    };
    Ok(GuestLine { line, name: name.into(), person: person.into(), role })
}

fn role_of(word: &str) -> Option<GuestRole> {
    let word = word.trim().to_lowercase();
    let is = |r: &&GuestRole| r.as_str() == word || r.names().0 == word || r.names().1.to_lowercase() == word;
    GuestRole::ALL.iter().find(is).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn draft() -> EventDraft {
        EventDraft {
            title: "武汉专场推介会".into(),
            kind: EventKind::Promotion,
            place: Some(RegionCode(420_100)),
            start: date(2026, 3, 12),
            end: date(2026, 3, 13),
            unit: None,
            purpose: "请链主上下游".into(),
        }
    }

    #[test]
    fn each_broken_rule_names_its_field() {
        assert_eq!(draft().check(), Ok(()));
        let fields = |d: EventDraft| d.check().unwrap_err().into_iter().map(|f| f.field).collect::<Vec<_>>();
        assert_eq!(fields(EventDraft { title: " ".into(), ..draft() }), ["title"]);
        assert_eq!(fields(EventDraft { title: "两\n行".into(), ..draft() }), ["title"]);
        assert_eq!(fields(EventDraft { end: date(2026, 3, 11), ..draft() }), ["end"]);
        assert_eq!(fields(EventDraft { end: date(2027, 3, 13), ..draft() }), ["end"]);
        assert_eq!(fields(EventDraft { purpose: "长".repeat(EVENT_TEXT_CHARS + 1), ..draft() }), ["purpose"]);
        assert_eq!(
            fields(EventDraft { title: String::new(), end: date(2020, 1, 1), ..draft() }),
            ["title", "end"]
        );
    }

    #[test]
    fn a_pasted_list_is_read_line_by_line() {
        let text = "武汉长江电气有限公司\n\n杭州和泰化工, 王总 13800000000，投资方\n某某咨询\t中介\n江城商会|李会长|government\n";
        let lines = guest_lines(text, GuestRole::Investor).unwrap();
        let seen: Vec<_> =
            lines.iter().map(|l| (l.line, l.name.as_str(), l.person.as_str(), l.role)).collect();
        assert_eq!(
            seen,
            [
                (1, "武汉长江电气有限公司", "", GuestRole::Investor),
                (3, "杭州和泰化工", "王总 13800000000", GuestRole::Investor),
                (4, "某某咨询", "", GuestRole::Intermediary),
                (5, "江城商会", "李会长", GuestRole::Government),
            ]
        );
        assert!(!GuestRole::Intermediary.counts() && GuestRole::Investor.counts());
    }

    #[test]
    fn faults_name_their_line_and_nothing_is_taken() {
        let text = format!("甲公司\n,张三\n乙公司,李四,老板\n丙,1,2,3\n甲公司\n{}", "丁".repeat(201));
        let faults = guest_lines(&text, GuestRole::Other).unwrap_err();
        let lines: Vec<usize> = faults.iter().map(|f| f.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6]);
        assert!(faults[1].zh.contains("老板") && faults[3].en.contains("repeats line 1"), "{faults:?}");
        assert_eq!(guest_lines(" \n\n", GuestRole::Other).unwrap_err().len(), 1);
        let many: String = (0..=GUESTS_AT_ONCE).map(|i| format!("公司{i}\n")).collect();
        assert_eq!(guest_lines(&many, GuestRole::Other).unwrap_err()[0].line, GUESTS_AT_ONCE + 1);
    }

    #[test]
    fn words_read_back() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert!("party".parse::<EventKind>().unwrap_err().contains("promotion"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[\\PC\n\t]{0,200}") {
            let _ = guest_lines(&text, GuestRole::Other);
        }
    }
}
