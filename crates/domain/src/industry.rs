//! GB/T 4754-2017 《国民经济行业分类》: codes and titles of sections, divisions, groups and classes.

use crate::company::IndustryCode;
use crate::text;
use std::collections::HashMap;
use std::sync::OnceLock;

/// `code,title` rows of GB/T 4754-2017 with its 2019 amendment, written for this project; a code carries its section letter at every level.
const TABLE: &str = include_str!("../data/gbt4754.csv");

/// Reads a code or a title at any level, alone or as the end of a path.
///
/// `C3734`, `3734`, `373`, `37`, `船用配套设备制造`, `C3734 船用配套设备制造`, `制造业/铁路、船舶…/船舶及相关装置制造`,
/// `制造业-…`. On a path each title is looked up below the one before it, and the finest that is known counts.
/// Where one title names several codes, the finest is taken when the others are its own parents
/// (`炼钢` is C312 and C3120), else their nearest common parent.
#[must_use]
pub fn parse(input: &str) -> Option<IndustryCode> {
    let folded = text::squeeze(input);
    if text::is_blank(&folded) {
        return None;
    }
    if let Some(code) = by_code(&folded).or_else(|| by_title(&folded, None)) {
        return Some(code);
    }
    if let Some(code) = code_beside_title(&folded) {
        return Some(code);
    }
    let mut at: Option<IndustryCode> = None;
    let mut parts =
        folded.split(['/', '-', '>', '—', '–', '·', '|', '_', '→', '\\']).filter(|p| !p.is_empty());
    let first = parts.next()?;
    for part in std::iter::once(first).chain(parts) {
        if let Some(code) = by_code(part).or_else(|| by_title(part, at.as_ref())) {
            at = Some(code);
        }
    }
    at
}

/// The title of a code.
#[must_use]
pub fn title(code: &IndustryCode) -> Option<&'static str> {
    table().titles.get(code.0.as_str()).copied()
}

/// The parent of a code: `C373` for `C3734`, `C` for `C37`; `None` for a section.
#[must_use]
pub fn parent(code: &IndustryCode) -> Option<IndustryCode> {
    match code.0.len() {
        0 | 1 => None,
        2 | 3 => Some(IndustryCode(code.0[..1].to_string())),
        n => Some(IndustryCode(code.0[..n - 1].to_string())),
    }
}

/// Whether `inner` is `outer` or lies below it.
#[must_use]
pub fn contains(outer: &IndustryCode, inner: &IndustryCode) -> bool {
    inner.0.starts_with(&outer.0)
}

/// Every code with its title, in the order of the standard.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().skip(1).filter_map(|line| line.split_once(','))
}

struct Table {
    titles: HashMap<&'static str, &'static str>,
    /// Codes by folded title.
    by_title: HashMap<String, Vec<&'static str>>,
    /// Section letter by the two digits of a division.
    section: HashMap<&'static str, &'static str>,
}

fn table() -> &'static Table {
    static CELL: OnceLock<Table> = OnceLock::new();
    CELL.get_or_init(|| {
        let mut by_title: HashMap<String, Vec<&'static str>> = HashMap::new();
        for (code, name) in all() {
            by_title.entry(fold_title(name)).or_default().push(code);
        }
        Table {
            titles: all().collect(),
            by_title,
            section: all()
                .filter(|(code, _)| code.len() == 3)
                .map(|(code, _)| (&code[1..], &code[..1]))
                .collect(),
        }
    })
}

fn by_code(text: &str) -> Option<IndustryCode> {
    if !(1..=5).contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    let upper = text.to_ascii_uppercase();
    let code = if upper.bytes().all(|b| b.is_ascii_digit()) {
        let section = table().section.get(upper.get(..2)?)?;
        format!("{section}{upper}")
    } else {
        upper
    };
    // Some exports fill a coarse code up with zeros: C3700 is C37, C3730 is C373 unless the class itself exists.
    let known = |code: &str| table().titles.get_key_value(code).map(|(k, _)| IndustryCode((*k).to_string()));
    known(&code).or_else(|| {
        let shorter = code.trim_end_matches('0');
        (shorter.len() >= 3 && shorter.len() < code.len()).then(|| known(shorter)).flatten()
    })
}

/// `C3734船用配套设备制造`, `3734 船用配套设备制造`, `船用配套设备制造(C3734)`: the code counts.
fn code_beside_title(text: &str) -> Option<IndustryCode> {
    let is_code = |c: char| c.is_ascii_alphanumeric();
    let start: String = text.chars().take_while(|c| is_code(*c)).collect();
    let end = text.trim_end_matches([')', ']']).rsplit(['(', '[']).next().unwrap_or("");
    [start.as_str(), end].into_iter().filter(|code| code.len() >= 2).find_map(by_code)
}

fn by_title(title: &str, within: Option<&IndustryCode>) -> Option<IndustryCode> {
    let codes = table().by_title.get(&fold_title(title))?;
    let fitting: Vec<&'static str> =
        codes.iter().copied().filter(|code| within.is_none_or(|w| code.starts_with(w.0.as_str()))).collect();
    let (first, rest) = fitting.split_first()?;
    let longest = fitting.iter().max_by_key(|code| code.len())?;
    if fitting.iter().all(|code| longest.starts_with(code)) {
        return Some(IndustryCode((*longest).to_string()));
    }
    let mut common = first.len();
    for code in rest {
        common = first.bytes().zip(code.bytes()).take(common).take_while(|(a, b)| a == b).count();
    }
    let mut code = IndustryCode(first[..common].to_string());
    while !code.0.is_empty() {
        if table().titles.contains_key(code.0.as_str()) {
            return Some(code);
        }
        code.0.pop();
    }
    None
}

/// Titles differ in their separators and a final 业 or 活动 from list to list.
fn fold_title(title: &str) -> String {
    let mut folded: String = text::squeeze(title)
        .chars()
        .filter(|c| !matches!(c, '、' | ',' | '，' | '(' | ')' | '"' | '“' | '”'))
        .collect();
    if folded.chars().count() > 3 && folded.ends_with('业') {
        folded.pop();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<String> {
        parse(text).map(|c| c.0)
    }

    #[test]
    fn reads_codes_and_titles() {
        for (text, expected) in [
            ("C3734", "C3734"),
            ("c3734", "C3734"),
            ("3734", "C3734"),
            ("373", "C373"),
            ("37", "C37"),
            ("C", "C"),
            ("C3700", "C37"),
            ("船用配套设备制造", "C3734"),
            ("C3734 船用配套设备制造", "C3734"),
            ("船用配套设备制造（C3734）", "C3734"),
            ("制造业", "C"),
            ("制造业/铁路、船舶、航空航天和其他运输设备制造业/船舶及相关装置制造", "C373"),
            ("制造业-铁路、船舶、航空航天和其他运输设备制造业", "C37"),
            ("制造业 > 铁路，船舶，航空航天和其他运输设备制造业 > 不存在的小类", "C37"),
            ("信息传输、软件和信息技术服务业", "I"),
            ("炼钢", "C3120"),
            ("软件开发", "I651"),
            ("教育", "P83"),
        ] {
            assert_eq!(code(text).as_deref(), Some(expected), "{text}");
        }
        for nothing in ["", "N/A", "互联网", "99", "C9999", "Z"] {
            assert_eq!(code(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_table_is_a_tree() {
        for (code, title) in all() {
            assert!(!title.is_empty() && !title.contains(','), "{code}");
            let code = IndustryCode(code.to_string());
            if let Some(parent) = parent(&code) {
                assert!(table().titles.contains_key(parent.0.as_str()), "{} has no parent", code.0);
            }
        }
        assert_eq!(table().titles.len(), all().count(), "a code stands twice");
        // 20 sections, 97 divisions, 473 groups, 1,382 classes, as the standard with its amendment counts them.
        let count = |length: usize| all().filter(|(code, _)| code.len() == length).count();
        assert_eq!([count(1), count(3), count(4), count(5)], [20, 97, 473, 1_382]);
    }
}
