//! Text of Chinese business scopes as clauses: normalised, without the licensing boilerplate in brackets.

/// One clause of a text; every character knows the byte it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clause {
    /// The characters, half-width and in lower case.
    pub chars: Vec<char>,
    /// For every character the byte offset in the original text, and one more: where the last one ends.
    pub at: Vec<u32>,
}

/// Splits a business scope (or a product name) into clauses.
///
/// Brackets end a clause; a bracket that only speaks of licences, exclusions or validity is dropped whole.
pub(super) fn clauses(text: &str) -> Vec<Clause> {
    let glyphs = normalised(text);
    let kept = without_boilerplate(&glyphs);
    let mut out = Vec::new();
    let mut open = Clause::default();
    for (i, glyph) in glyphs.iter().enumerate() {
        let double_space = glyph.c.is_whitespace()
            && (glyphs.get(i + 1).is_some_and(|g| g.c.is_whitespace())
                || i > 0 && glyphs[i - 1].c.is_whitespace());
        if !kept[i] || is_delimiter(glyph.c) || double_space {
            close(&mut open, &mut out);
            continue;
        }
        if open.chars.is_empty() && glyph.c.is_whitespace() {
            continue;
        }
        open.at.truncate(open.chars.len());
        open.chars.push(glyph.c);
        open.at.push(glyph.start);
        open.at.push(glyph.end);
    }
    close(&mut open, &mut out);
    out
}

/// The part of a legal name that carries meaning: without legal form, brackets and 集团.
pub(super) fn name_parts(name: &str) -> Vec<Clause> {
    const FORMS: [&str; 5] = ["股份有限公司", "有限责任公司", "有限公司", "集团", "股份"];
    let mut parts = clauses(name);
    for form in FORMS {
        let form: Vec<char> = form.chars().collect();
        parts = parts.iter().flat_map(|part| part.split_at_word(&form)).collect();
    }
    parts
}

/// The spelling of a segment that decides whether two names mean the same class: half-width, without spaces and
/// without the level mark that Shenwan appends (`中药Ⅲ`, `中药III` and `中药` are one class).
#[must_use]
pub fn segment_key(name: &str) -> String {
    let key: String = normalised(name).iter().map(|g| g.c).filter(|c| !c.is_whitespace()).collect();
    let short = key.trim_end_matches(['Ⅰ', 'Ⅱ', 'Ⅲ', 'ⅰ', 'ⅱ', 'ⅲ']);
    let short = short.strip_suffix("iii").or_else(|| short.strip_suffix("ii")).unwrap_or(short);
    if short.is_empty() { key } else { short.to_owned() }
}

impl Clause {
    /// The clause as text.
    #[cfg(test)]
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// Whether `word` stands in the clause.
    pub fn contains(&self, word: &str) -> bool {
        let word: Vec<char> = word.chars().collect();
        !word.is_empty() && self.chars.windows(word.len()).any(|w| w == word)
    }

    fn part(&self, from: usize, to: usize) -> Clause {
        Clause { chars: self.chars[from..to].to_vec(), at: self.at[from..=to].to_vec() }
    }

    fn split_at_word(&self, word: &[char]) -> Vec<Clause> {
        let mut out = Vec::new();
        let (mut from, mut i) = (0, 0);
        while i < self.chars.len() {
            if self.chars[i..].starts_with(word) {
                if i > from {
                    out.push(self.part(from, i));
                }
                i += word.len();
                from = i;
            } else {
                i += 1;
            }
        }
        if i > from {
            out.push(self.part(from, i));
        }
        out
    }
}

#[derive(Clone, Copy)]
struct Glyph {
    c: char,
    start: u32,
    end: u32,
}

/// Half-width and lower case, one to one.
fn normalised(text: &str) -> Vec<Glyph> {
    text.char_indices()
        .map(|(start, c)| {
            let half = match c {
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                '\u{3000}' => ' ',
                other => other,
            };
            let lower = half.to_lowercase().next().unwrap_or(half);
            Glyph { c: lower, start: clamp(start), end: clamp(start + c.len_utf8()) }
        })
        .collect()
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn is_delimiter(c: char) -> bool {
    const DELIMITERS: &str = ";。\n\r,、:^〓()\"“”[]【】|";
    DELIMITERS.contains(c)
}

/// For every character whether it stays: brackets are judged from the innermost outwards.
fn without_boilerplate(glyphs: &[Glyph]) -> Vec<bool> {
    const MARKS: [&str; 10] =
        ["不含", "除外", "依法", "批准", "许可", "有效期", "国家", "专营", "法律", "审批"];
    let mut kept = vec![true; glyphs.len()];
    let mut open = Vec::new();
    for (i, glyph) in glyphs.iter().enumerate() {
        if matches!(glyph.c, '(' | '[' | '【') {
            open.push(i);
        } else if matches!(glyph.c, ')' | ']' | '】')
            && let Some(from) = open.pop()
        {
            let inside: String = (from..=i).filter(|&k| kept[k]).map(|k| glyphs[k].c).collect();
            if MARKS.iter().any(|mark| inside.contains(mark)) {
                kept[from..=i].fill(false);
            }
        }
    }
    kept
}

fn close(open: &mut Clause, out: &mut Vec<Clause>) {
    while open.chars.last().is_some_and(|c| c.is_whitespace()) {
        open.chars.pop();
        open.at.pop();
    }
    if !open.chars.is_empty() {
        out.push(std::mem::take(open));
    }
    *open = Clause::default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<String> {
        clauses(text).iter().map(Clause::text).collect()
    }

    #[test]
    fn splits_and_drops_licence_brackets() {
        let scope = "生产ＬＥＤ灯具；销售：钢材（不含危险品）、齿轮(含轴承)。(依法须经批准的项目，经相关部门批准后方可开展)";
        assert_eq!(texts(scope), ["生产led灯具", "销售", "钢材", "齿轮", "含轴承"]);
    }

    #[test]
    fn unbalanced_brackets_lose_nothing_else() {
        assert_eq!(texts("药品(精神药品除外、原料药"), ["药品", "精神药品除外", "原料药"]);
        assert_eq!(texts("药品)、原料药"), ["药品", "原料药"]);
    }

    #[test]
    fn names_lose_their_legal_form() {
        let parts: Vec<String> =
            name_parts("江苏某某船舶（集团）股份有限公司").iter().map(Clause::text).collect();
        assert_eq!(parts, ["江苏某某船舶"]);
    }

    #[test]
    fn level_marks_do_not_make_another_class() {
        assert_eq!(segment_key("中药Ⅲ"), "中药");
        assert_eq!(segment_key("中药 III"), "中药");
        assert_eq!(segment_key("IT服务"), segment_key("ＩＴ服务Ⅲ"));
        assert_eq!(segment_key("Ⅲ"), "ⅲ");
    }

    proptest! {
        #[test]
        fn offsets_point_at_the_original(text in "[a-zＡ-Ｚ船舶,，()（） 不含;]{0,40}") {
            for clause in clauses(&text) {
                prop_assert_eq!(clause.at.len(), clause.chars.len() + 1);
                for (i, c) in clause.chars.iter().enumerate() {
                    let original = &text[clause.at[i] as usize..];
                    let first = original.chars().next().map(|c| normalised(&c.to_string())[0].c);
                    prop_assert_eq!(first, Some(*c));
                }
                prop_assert!(text.is_char_boundary(clause.at[clause.chars.len()] as usize));
            }
        }
    }
}
