//! Chinese company names taken apart: region, brand, industry words, legal form, branch.
//!
//! A registered name is made of an administrative division, a brand (字号), words for the trade and a form of
//! organisation, in that order as a rule (企业名称登记管理规定, 2020, article 6); people write it with parts left
//! out, brackets of two widths and spaces. [`NameKey::parse`] accepts any string and never fails.

use crate::company::RegionCode;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The form of organisation that a name ends in, as far as names are compared by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LegalForm {
    /// No form written: a short name, a shop, a works.
    None = 0,
    /// 有限(责任)公司
    Limited = 1,
    /// 股份有限公司, or the short 股份
    Shares = 2,
    /// 公司 of an unstated kind, 集团公司, 总公司
    Company = 3,
    /// 合伙企业
    Partnership = 4,
    /// 专业合作社
    Cooperative = 5,
    /// 个人独资企业, 个体工商户
    Sole = 6,
}

/// The most characters of a name that are looked at; longer names are cut (the registry's longest is about 60).
pub const MAX_NAME_CHARS: usize = 120;

/// A company name taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameKey {
    /// The whole name as compared letter by letter: widths folded, capitals, `(` `)` for every bracket, no spaces.
    pub text: String,
    /// Region, brand and industry words of the company (of the parent, for a branch): no brackets, legal form,
    /// group word or branch part.
    pub content: Vec<char>,
    /// How many of `content` are the region prefix, 0 when there is none.
    pub region_len: usize,
    /// Where `content`'s brand ends and its industry words begin.
    pub brand_end: usize,
    /// The division that the prefix or a bracketed region names, the most specific one.
    pub region: Option<RegionCode>,
    /// The form of organisation.
    pub legal: LegalForm,
    /// Whether it says 股份 alone, without 公司, or no form at all: how short names are written.
    pub short: bool,
    /// Whether it calls itself a group.
    pub group: bool,
    /// The branch, office or works of the company that is meant: never the same as the company itself.
    pub branch: Option<String>,
}

impl NameKey {
    /// Takes `name` apart. Every string has an answer; one without letters has empty `content`.
    ///
    /// ```
    /// use domain::name::{LegalForm, NameKey};
    /// let key = NameKey::parse("邵阳维克液压股份有限公司");
    /// assert_eq!((key.brand().as_str(), key.legal), ("维克", LegalForm::Shares));
    /// ```
    #[must_use]
    pub fn parse(name: &str) -> NameKey {
        let tables = tables();
        let chars = fold(name);
        let text: String = chars.iter().collect();
        let (main, branch) = split_branch(&chars, tables);
        let (legal, short, rest) = split_legal(main, tables);
        let stripped = strip_brackets(rest, tables);
        let mut content = stripped.content;
        let group = stripped.group || strip_group(&mut content, tables);
        let (region_len, prefix) = region_prefix(&content, tables);
        let brand_end = brand_end(&content, region_len, tables);
        let region = match (prefix, stripped.region) {
            (Some(a), Some(b)) if a.city() == b.city() => Some(RegionCode(a.0.max(b.0))),
            (a, b) => a.or(b),
        };
        NameKey { text, content, region_len, brand_end, region, legal, short, group, branch }
    }

    /// Brand and industry words: what must agree for two names to mean one company.
    #[must_use]
    pub fn core(&self) -> String {
        self.content[self.region_len..].iter().collect()
    }

    /// The brand (字号).
    #[must_use]
    pub fn brand(&self) -> String {
        self.content[self.region_len..self.brand_end].iter().collect()
    }

    /// The industry words.
    #[must_use]
    pub fn industry(&self) -> String {
        self.content[self.brand_end..].iter().collect()
    }
}

/// Whether one division contains the other: `110000` and `110108` do, `320000` and `330000` do not.
#[must_use]
pub fn regions_agree(a: RegionCode, b: RegionCode) -> bool {
    let (low, high) = if a.0 <= b.0 { (a, b) } else { (b, a) };
    low == high || low == high.city() || low == high.province()
}

/// The division that `text` begins with, e.g. `440000` for 广东, `440300` for 深圳市南山科技园.
#[must_use]
pub fn region_of(text: &str) -> Option<RegionCode> {
    let chars = fold(text);
    let tables = tables();
    (2..=chars.len().min(tables.longest_region)).rev().find_map(|n| tables.regions.get(&chars[..n]).copied())
}

/// Letters folded to one width and case, brackets to `(` and `)`, everything that is no letter or digit left out.
#[must_use]
pub fn fold(name: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(24);
    for c in name.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            _ => c,
        };
        match c {
            '[' | '{' | '〔' | '【' | '〈' | '《' | '﹙' | '(' => out.push('('),
            ']' | '}' | '〕' | '】' | '〉' | '》' | '﹚' | ')' => out.push(')'),
            '&' | '+' | '*' => out.push(c),
            _ if c.is_ascii_alphanumeric() => out.push(c.to_ascii_uppercase()),
            _ if c.is_ascii() || !c.is_alphanumeric() => {}
            _ => out.extend(c.to_uppercase().filter(|u| u.is_alphanumeric())),
        }
        if out.len() >= MAX_NAME_CHARS {
            out.truncate(MAX_NAME_CHARS);
            break;
        }
    }
    out
}

struct Tables {
    regions: HashMap<Vec<char>, RegionCode>,
    longest_region: usize,
    legal: Vec<(Vec<char>, LegalForm)>,
    group: Vec<Vec<char>>,
    branch: Vec<Vec<char>>,
    industry: HashMap<Vec<char>, ()>,
    longest_industry: usize,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = read_words(include_str!("../data/name_words.txt"));
        tables.regions = read_regions(include_str!("../data/name_regions.tsv"));
        tables.longest_region = tables.regions.keys().map(Vec::len).max().unwrap_or(0);
        tables.longest_industry = tables.industry.keys().map(Vec::len).max().unwrap_or(0);
        tables
    })
}

fn read_words(text: &str) -> Tables {
    let mut tables = Tables {
        regions: HashMap::new(),
        longest_region: 0,
        legal: Vec::new(),
        group: Vec::new(),
        branch: Vec::new(),
        industry: HashMap::new(),
        longest_industry: 0,
    };
    let mut section = "";
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let mut words = line.split_whitespace();
        match section {
            "[legal]" => {
                if let (Some(word), Some(form)) = (words.next(), words.next()) {
                    tables.legal.push((word.chars().collect(), legal_form(form)));
                }
            }
            "[group]" => tables.group.extend(words.map(|w| w.chars().collect())),
            "[branch]" => tables.branch.extend(words.map(|w| w.chars().collect())),
            _ => tables.industry.extend(words.map(|w| (w.chars().collect(), ()))),
        }
    }
    tables.legal.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    tables
}

fn legal_form(word: &str) -> LegalForm {
    match word {
        "limited" => LegalForm::Limited,
        "shares" => LegalForm::Shares,
        "partnership" => LegalForm::Partnership,
        "cooperative" => LegalForm::Cooperative,
        "sole" => LegalForm::Sole,
        _ => LegalForm::Company,
    }
}

/// Full names of every division; stems of provinces, prefectures and county-level cities, where no higher division
/// has the word (吉林 is the province).
fn read_regions(text: &str) -> HashMap<Vec<char>, RegionCode> {
    let mut regions: HashMap<Vec<char>, RegionCode> = HashMap::new();
    let rows: Vec<(u32, &str, &str)> = text
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| {
            let mut f = l.split('\t');
            Some((f.next()?.parse().ok()?, f.next()?, f.next()?))
        })
        .collect();
    for level in 0..3 {
        for (code, full, stem) in &rows {
            let at = match code {
                c if c % 10_000 == 0 => 0,
                c if c % 100 == 0 => 1,
                _ => 2,
            };
            if at != level {
                continue;
            }
            regions.entry(full.chars().collect()).or_insert(RegionCode(*code));
            if *stem != "-" && (level < 2 || full.ends_with('市')) && !BRAND_LIKE.contains(stem) {
                regions.entry(stem.chars().collect()).or_insert(RegionCode(*code));
            }
        }
    }
    regions
}

/// Stems that brands use far more often than the division they also name.
const BRAND_LIKE: [&str; 4] = ["东方", "平安", "海城", "凤凰"];

/// Cuts the dependent unit off: what follows a company form inside the name, or what precedes a branch word.
fn split_branch<'a>(chars: &'a [char], tables: &Tables) -> (&'a [char], Option<String>) {
    let company: [char; 2] = ['公', '司'];
    let ends = |at: usize| at >= 2 && chars[at - 2..at] == company;
    let is_branch_end = tables.branch.iter().any(|b| chars.ends_with(b));
    for at in 3..chars.len() {
        let strong = at >= 4 && [['有', '限'], ['责', '任']].iter().any(|end| chars[at - 4..at - 2] == *end);
        if !ends(at) || chars[at - 3] == '分' || !(strong || is_branch_end) {
            continue;
        }
        let tail = &chars[at..];
        if tail.first() == Some(&'(') && tail.iter().position(|c| *c == ')') == Some(tail.len() - 1) {
            break;
        }
        return (&chars[..at], Some(tail.iter().filter(|c| !"()".contains(**c)).collect()));
    }
    (chars, None)
}

/// Cuts the longest legal form off the end: the form, whether the name is a short one, and what is left.
fn split_legal<'a>(chars: &'a [char], tables: &Tables) -> (LegalForm, bool, &'a [char]) {
    let mut end = chars.len();
    if chars.last() == Some(&')')
        && let Some(open) = chars.iter().rposition(|c| *c == '(')
        && tables.legal.iter().any(|(word, _)| chars[..open].ends_with(word))
    {
        end = open;
    }
    let chars = &chars[..end];
    for (word, form) in &tables.legal {
        if chars.ends_with(word) && chars.len() > word.len() {
            let short = word.last() == Some(&'份') || word.last() == Some(&'任');
            return (*form, short, &chars[..chars.len() - word.len()]);
        }
    }
    (LegalForm::None, true, chars)
}

struct Stripped {
    content: Vec<char>,
    region: Option<RegionCode>,
    group: bool,
}

/// Takes bracketed parts out: a group word and a region are remembered, other words stay in place.
fn strip_brackets(chars: &[char], tables: &Tables) -> Stripped {
    let mut out = Stripped { content: Vec::with_capacity(chars.len()), region: None, group: false };
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '(' => {
                let end = chars[at..].iter().position(|c| *c == ')').map_or(chars.len(), |n| at + n);
                let inner = &chars[at + 1..end];
                at = end;
                if tables.group.iter().any(|g| g == inner) {
                    out.group = true;
                } else if inner == ['中', '国'] {
                } else if let Some(region) = tables.regions.get(inner) {
                    out.region = Some(*region);
                } else if !tables.legal.iter().any(|(word, _)| word == inner) {
                    out.content.extend(inner.iter().filter(|c| **c != '('));
                }
            }
            ')' => {}
            c => out.content.push(c),
        }
        at += 1;
    }
    out
}

fn strip_group(content: &mut Vec<char>, tables: &Tables) -> bool {
    match tables
        .group
        .iter()
        .filter(|g| content.ends_with(g) && content.len() > g.len() + 1)
        .map(Vec::len)
        .max()
    {
        Some(n) => {
            content.truncate(content.len() - n.min(2));
            true
        }
        None => false,
    }
}

/// Length of the region prefix and its most specific division; at least two characters stay for the core.
fn region_prefix(content: &[char], tables: &Tables) -> (usize, Option<RegionCode>) {
    let mut at = 0;
    let mut found: Option<RegionCode> = None;
    loop {
        let room = content.len().saturating_sub(at + 2).min(tables.longest_region);
        let next = (2..=room).rev().find_map(|n| {
            let region = *tables.regions.get(&content[at..at + n])?;
            let inside = found.is_none_or(|f| f != region && regions_agree(f, region) && region.0 > f.0);
            inside.then_some((n, region))
        });
        match next {
            Some((n, code)) => {
                at += n;
                found = Some(code);
                if found.is_some_and(|f| f.0 % 100 != 0) {
                    break;
                }
            }
            None => break,
        }
    }
    (at, found)
}

/// Where the brand ends: after at least two characters (one for letters), at the first place from which industry
/// words cover the rest.
fn brand_end(content: &[char], from: usize, tables: &Tables) -> usize {
    let n = content.len();
    // covered[i]: the tail from i is all industry words
    let mut covered = vec![false; n + 1];
    covered[n] = true;
    for i in (from..n).rev() {
        covered[i] = (1..=tables.longest_industry.min(n - i))
            .any(|len| covered[i + len] && tables.industry.contains_key(&content[i..i + len]));
    }
    let least = (from + 2).min(n);
    if let Some(at) = (least..n).find(|i| covered[*i]) {
        return at;
    }
    // no full cover: the first industry word of two characters or more after the brand
    (least..n)
        .find(|i| {
            (2..=tables.longest_industry.min(n - i))
                .any(|len| tables.industry.contains_key(&content[*i..i + len]))
        })
        .unwrap_or(n)
}

/// The division that a one-character abbreviation at the head of a short name stands for: 皖 Anhui, 深 Shenzhen.
#[must_use]
pub fn abbreviated_region(c: char) -> Option<RegionCode> {
    ABBREVIATIONS.iter().find(|(a, _)| *a == c).map(|(_, code)| RegionCode(*code))
}

/// One-character names of provinces (GB/T 2260 mnemonics in daily use) and of the cities that stock names use.
const ABBREVIATIONS: [(char, u32); 39] = [
    ('京', 110_000),
    ('津', 120_000),
    ('冀', 130_000),
    ('晋', 140_000),
    ('蒙', 150_000),
    ('辽', 210_000),
    ('吉', 220_000),
    ('黑', 230_000),
    ('沪', 310_000),
    ('申', 310_000),
    ('苏', 320_000),
    ('浙', 330_000),
    ('皖', 340_000),
    ('闽', 350_000),
    ('赣', 360_000),
    ('鲁', 370_000),
    ('豫', 410_000),
    ('鄂', 420_000),
    ('湘', 430_000),
    ('粤', 440_000),
    ('桂', 450_000),
    ('琼', 460_000),
    ('渝', 500_000),
    ('川', 510_000),
    ('蜀', 510_000),
    ('贵', 520_000),
    ('黔', 520_000),
    ('云', 530_000),
    ('滇', 530_000),
    ('藏', 540_000),
    ('陕', 610_000),
    ('秦', 610_000),
    ('甘', 620_000),
    ('陇', 620_000),
    ('青', 630_000),
    ('宁', 640_000),
    ('新', 650_000),
    ('深', 440_300),
    ('穗', 440_100),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Region, brand, trade words, legal form, group.
    fn parts(name: &str) -> (String, String, String, LegalForm, bool) {
        let k = NameKey::parse(name);
        let region: String = k.content[..k.region_len].iter().collect();
        (region, k.brand(), k.industry(), k.legal, k.group)
    }

    #[test]
    fn takes_usual_shapes_apart() {
        use LegalForm::{Company, Limited, Shares};
        let cases = [
            ("镇江市大港精密机械有限公司", ("镇江市", "大港", "精密机械", Limited, false)),
            ("江苏省丹阳市某某光学有限责任公司", ("江苏省丹阳市", "某某", "光学", Limited, false)),
            ("TCL科技集团股份有限公司", ("", "TCL", "科技", Shares, true)),
            ("凯撒（中国）文化股份有限公司", ("", "凯撒", "文化", Shares, false)),
            ("上海万有全(集团)有限公司", ("上海", "万有全", "", Limited, true)),
            ("广州无线电集团有限公司", ("广州", "无线电", "", Limited, true)),
            ("德昌股份", ("", "德昌", "", Shares, false)),
            ("深圳市投资管理公司", ("深圳市", "投资", "管理", Company, false)),
            ("北京  某某 科技 有限公司", ("北京", "某某", "科技", Limited, false)),
        ];
        for (name, (region, brand, industry, legal, group)) in cases {
            assert_eq!(parts(name), (region.into(), brand.into(), industry.into(), legal, group), "{name}");
        }
    }

    #[test]
    fn widths_brackets_and_spaces_do_not_matter() {
        let a = NameKey::parse("凯撒（中国）ＡＢ科技有限公司");
        let b = NameKey::parse(" 凯撒(中国) ab科技　有限公司");
        assert_eq!(a, b);
        assert_eq!(a.text, "凯撒(中国)AB科技有限公司");
    }

    #[test]
    fn a_branch_is_not_its_parent() {
        let parent = NameKey::parse("中国电信股份有限公司");
        let branch = NameKey::parse("中国电信股份有限公司兰州分公司");
        assert_eq!(branch.branch.as_deref(), Some("兰州分公司"));
        assert_eq!((branch.core(), branch.legal), (parent.core(), parent.legal));
        assert_ne!(branch, parent);
        assert_eq!(parent.branch, None);
        let works = NameKey::parse("大连重工集团有限公司重型铸钢厂");
        assert_eq!(works.branch.as_deref(), Some("重型铸钢厂"));
        assert_eq!(
            NameKey::parse("某某科技有限公司(外商独资)").branch,
            None,
            "a bracket after the form is no branch"
        );
    }

    #[test]
    fn regions_are_found_in_front_and_in_brackets() {
        assert_eq!(NameKey::parse("江苏省镇江市某某有限公司").region, Some(RegionCode(321_100)));
        assert_eq!(NameKey::parse("华润水泥（深圳）有限公司").region, Some(RegionCode(440_300)));
        assert_eq!(
            NameKey::parse("吉林某某有限公司").region,
            Some(RegionCode(220_000)),
            "the province before the city"
        );
        assert_eq!(NameKey::parse("上海").region_len, 0, "a name that is only a region keeps it as its core");
        assert!(regions_agree(RegionCode(320_000), RegionCode(321_112)));
        assert!(!regions_agree(RegionCode(320_500), RegionCode(321_100)));
        assert_eq!(region_of("广东深圳"), Some(RegionCode(440_000)));
        assert_eq!(abbreviated_region('皖'), Some(RegionCode(340_000)));
    }

    #[test]
    fn nothing_is_left_of_a_name_without_letters() {
        for name in ["", "  ", "（）", "-—…"] {
            assert!(NameKey::parse(name).content.is_empty(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn every_string_parses_and_its_parts_lie_inside(name in "\\PC{0,60}|[()（）市省公司有限股份集团分行A*ST ]{0,40}") {
            let key = NameKey::parse(&name);
            prop_assert!(key.region_len <= key.brand_end && key.brand_end <= key.content.len());
            prop_assert!(key.content.len() <= MAX_NAME_CHARS);
            prop_assert!(key.text.chars().count() <= MAX_NAME_CHARS);
        }

        #[test]
        fn folding_twice_changes_nothing(name in "\\PC{0,60}") {
            let once: String = fold(&name).into_iter().collect();
            let twice: String = fold(&once).into_iter().collect();
            prop_assert_eq!(once, twice);
        }
    }
}
