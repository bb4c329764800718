//! Text as it comes out of spreadsheets: full-width forms, odd spaces, the many ways to write "nothing".

use std::borrow::Cow;

/// Folds full-width ASCII to ASCII, every kind of space to one plain space, drops invisible characters, and trims.
///
/// Chinese punctuation that has no ASCII twin (、 。 《 》) stays.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.chars().all(|c| fold_char(c) == Some(c)) {
        return Cow::Borrowed(trimmed);
    }
    let folded: String = trimmed.chars().filter_map(fold_char).collect();
    Cow::Owned(folded.trim().to_string())
}

/// [`fold`], then without any space at all: for numbers, codes, headings and words of a fixed vocabulary.
#[must_use]
pub fn squeeze(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a cell says "nothing": empty, `N/A`, `-`, `—`, `null`, `暂无`, `未公开` and the like.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let text = text.trim();
    // Longer than any of the words below: save the folding.
    if text.len() > 24 {
        return false;
    }
    let word = squeeze(text).to_ascii_lowercase();
    word.chars().all(|c| matches!(c, '-' | '—' | '–' | '－' | '─' | '/' | '\\' | '.' | '*' | '_'))
        || matches!(
            word.as_str(),
            "n/a"
                | "na"
                | "#n/a"
                | "#value!"
                | "#ref!"
                | "null"
                | "none"
                | "nan"
                | "nil"
                | "undefined"
                | "无"
                | "暂无"
                | "暂无数据"
                | "暂无信息"
                | "未公开"
                | "未披露"
                | "未知"
                | "未填写"
                | "不详"
                | "空"
                | "企业选择不公示"
                | "企业未公示"
        )
}

/// Splits a cell that lists names or products.
///
/// Separators are `、 ； ; ， , |`, line breaks and tabs, and `/` only with a space on both sides. Spaces alone do not
/// split unless every part is Chinese and no other separator stands in the cell (so `ABC 控制器` stays whole).
/// Separators inside brackets do not split. Blank and repeated parts are dropped; order is kept.
#[must_use]
pub fn split_list(text: &str) -> Vec<String> {
    if is_blank(text) {
        return Vec::new();
    }
    let mut parts = split_outside_brackets(text);
    if parts.len() == 1 {
        let by_space: Vec<&str> = text.split_whitespace().collect();
        if by_space.len() > 1
            && by_space.iter().all(|p| p.chars().count() >= 2 && p.chars().all(is_han_or_bracket))
        {
            parts = by_space.into_iter().map(str::to_string).collect();
        }
    }
    let mut out: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        let part = part.trim_matches(|c: char| c.is_whitespace() || c == '。');
        if !is_blank(part) && !out.iter().any(|seen| seen == part) {
            out.push(part.to_string());
        }
    }
    out
}

fn split_outside_brackets(text: &str) -> Vec<String> {
    let balanced = text.chars().filter(|c| matches!(c, '(' | '（')).count()
        == text.chars().filter(|c| matches!(c, ')' | '）')).count();
    let text = text.replace(" / ", "\n");
    let mut parts = vec![String::new()];
    let mut depth = 0usize;
    for c in text.chars() {
        match c {
            '(' | '（' if balanced => depth += 1,
            ')' | '）' if balanced => depth = depth.saturating_sub(1),
            _ => {}
        }
        let separator = matches!(c, '、' | '；' | ';' | '，' | ',' | '|' | '｜' | '\n' | '\r' | '\t');
        if separator && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.retain(|p| !p.trim().is_empty());
    parts
}

fn is_han_or_bracket(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '(' | ')' | '（' | '）' | '·')
}

fn fold_char(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        // zero-width characters, byte order mark, soft hyphen, direction marks
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => None,
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_width_and_spaces() {
        assert_eq!(fold("　ＡＢ（１２）\u{feff} "), "AB(12)");
        assert!(matches!(fold("江苏、A"), Cow::Borrowed("江苏、A")));
        assert_eq!(squeeze(" 注册 资本\n（万元）"), "注册资本(万元)");
    }

    #[test]
    fn knows_nothing_when_it_sees_it() {
        for blank in ["", "  ", "N/A", "n/a", "-", "--", "——", "／", "Ｎ／Ａ", "暂无", "NULL", "#N/A"]
        {
            assert!(is_blank(blank), "{blank}");
        }
        for value in ["0", "-1", "无锡", "1979-11-24", "空调"] {
            assert!(!is_blank(value), "{value}");
        }
    }

    #[test]
    fn splits_lists_with_care() {
        assert_eq!(split_list("螺旋桨、舵；锚，链条|阀"), ["螺旋桨", "舵", "锚", "链条", "阀"]);
        assert_eq!(split_list("电缆（船用、矿用）；阀"), ["电缆（船用、矿用）", "阀"]);
        assert_eq!(split_list("ABC 控制器"), ["ABC 控制器"]);
        assert_eq!(split_list("甲乙厂 丙丁公司"), ["甲乙厂", "丙丁公司"]);
        assert_eq!(split_list("PC/ABS 合金"), ["PC/ABS 合金"]);
        assert_eq!(split_list("阀；N/A；阀"), ["阀"]);
        assert!(split_list("-").is_empty());
    }
}
