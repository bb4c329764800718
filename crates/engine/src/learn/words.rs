//! Words for a chain file from labelled companies: which words tell the companies of a segment from all others.
//!
//! Candidates are substrings of clauses that several companies of the segment share and that stand on their own: cut by
//! clause ends and by words of action and conjunction (生产, 销售, 及 …) on both sides often enough. They are ranked by
//! the log-likelihood ratio G² (Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", 1993), which
//! is sound for the few companies that a segment has; counted are companies, not occurrences.

use super::Labelled;
use super::terms::is_bookkeeping;
use super::text::{clauses, segment_key};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A word that speaks for a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedWord {
    /// The word, half-width and in lower case.
    pub word: String,
    /// How clearly it tells the segment from the rest: the root of G², which reads like standard
    /// deviations.
    pub weight: f32,
    /// Companies of the segment that have it.
    pub support: u32,
    /// Companies of all other segments that have it.
    pub elsewhere: u32,
}

/// The words of one segment, clearest first.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedWords {
    /// The segment as the companies name it.
    pub segment: String,
    /// Its labelled companies that have a text.
    pub companies: u32,
    /// Its words; none contains another with the same support.
    pub words: Vec<LearnedWord>,
}

/// Learns at most `limit` words for every segment (in order of the segment's name), each shared by at least
/// `min_support` of its companies (2 is the least that makes sense; less counts as 1).
///
/// Give the scope and the products of a company in one entry, so that it counts once.
#[must_use]
pub fn segment_words(labelled: &[Labelled], min_support: u32, limit: usize) -> Vec<LearnedWords> {
    let texts: Vec<Vec<Piece>> = labelled.iter().map(pieces).collect();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, company) in labelled.iter().enumerate() {
        let key = segment_key(&company.segment);
        if !key.is_empty() && !texts[i].is_empty() {
            groups.entry(key).or_default().push(i);
        }
    }
    let candidates: Vec<Vec<Candidate>> =
        groups.values().map(|members| candidates(&texts, members, min_support.max(1))).collect();
    let everywhere = companies_with(&texts, &groups, &candidates);
    let all: usize = groups.values().map(Vec::len).sum();
    groups
        .values()
        .zip(candidates)
        .map(|(members, candidates)| LearnedWords {
            segment: labelled[members[0]].segment.trim().to_owned(),
            companies: count(members.len()),
            words: best(candidates, &everywhere, members.len(), all, limit),
        })
        .collect()
}

/// Shortest and longest word, in characters.
const SHORTEST: usize = 2;
const LONGEST: usize = 10;
/// A word must stand free on either side in at least this share of its occurrences.
const FREE: f32 = 0.4;
/// A word is told by at least so many standard deviations …
const CLEAR: f32 = 2.5;
/// … is at least so many times as frequent in the segment as outside of it …
const LIFT: f32 = 5.0;
/// … and of the companies that have it, at least this share is in the segment.
const PRECISION: f32 = 0.05;

/// A stretch of text between delimiters and words of action.
struct Piece {
    text: String,
    /// Byte offsets of the characters, and the end.
    at: Vec<usize>,
}

struct Candidate<'a> {
    word: &'a str,
    support: u32,
}

/// How a substring stands within one segment.
#[derive(Clone, Copy, Default)]
struct Standing {
    support: u32,
    last_company: usize,
    occurrences: u32,
    free_left: u32,
    free_right: u32,
}

fn pieces(company: &Labelled) -> Vec<Piece> {
    let products = company.products.iter().filter(|p| p.share >= 0.0 && !is_bookkeeping(&p.name));
    std::iter::once(company.scope.as_str())
        .chain(products.map(|p| p.name.as_str()))
        .flat_map(clauses)
        .flat_map(|clause| cut(&clause.chars))
        .collect()
}

/// Cuts a clause at words of action and conjunction; clauses of pure boilerplate yield nothing.
fn cut(clause: &[char]) -> Vec<Piece> {
    const BOILERPLATE: [&str; 7] = ["除外", "不含", "依法", "批准", "许可", "进出口", "限分支机构"];
    const CUTS: [&str; 38] = [
        "研究", "研发", "研制", "开发", "设计", "制造", "生产", "加工", "制作", "装配", "组装", "销售",
        "批发", "零售", "经销", "经营", "代理", "自营", "租赁", "维修", "安装", "施工", "咨询", "转让",
        "推广", "提供", "从事", "相关", "以及", "及其", "业务", "各类", "其他", "其它", "及", "和", "与",
        "的",
    ];
    let text: String = clause.iter().collect();
    if BOILERPLATE.iter().any(|mark| text.contains(mark)) {
        return Vec::new();
    }
    let mut at: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    at.push(text.len());
    let mut out = Vec::new();
    let (mut from, mut i) = (0, 0);
    while i < clause.len() {
        match CUTS.iter().find(|cut| text[at[i]..].starts_with(**cut)) {
            Some(cut) => {
                out.extend(piece(&clause[from..i]));
                i += cut.chars().count();
                from = i;
            }
            None => i += 1,
        }
    }
    out.extend(piece(&clause[from..]));
    out
}

fn piece(chars: &[char]) -> Option<Piece> {
    let text: String = chars.iter().collect();
    let mut at: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    at.push(text.len());
    (chars.len() >= SHORTEST).then_some(Piece { text, at })
}

/// Every substring of word length: the word, and whether it stands free on the left and on the right.
fn substrings(piece: &Piece) -> impl Iterator<Item = (&str, bool, bool)> {
    let length = piece.at.len() - 1;
    (0..length).flat_map(move |from| {
        (from + SHORTEST..=length.min(from + LONGEST))
            .map(move |to| (&piece.text[piece.at[from]..piece.at[to]], from == 0, to == length))
    })
}

/// The words of a segment that enough of its companies have and that stand free; sorted.
fn candidates<'a>(texts: &'a [Vec<Piece>], members: &[usize], min_support: u32) -> Vec<Candidate<'a>> {
    let mut standing: HashMap<&str, Standing> = HashMap::new();
    for company in members {
        for (word, left, right) in texts[*company].iter().flat_map(substrings) {
            let entry = standing.entry(word).or_default();
            if entry.support == 0 || entry.last_company != *company {
                entry.support += 1;
                entry.last_company = *company;
            }
            entry.occurrences += 1;
            entry.free_left += u32::from(left);
            entry.free_right += u32::from(right);
        }
    }
    let free = |count: u32, of: u32| count as f32 >= FREE * of as f32;
    let mut out: Vec<Candidate> = standing
        .iter()
        .filter(|(word, s)| {
            s.support >= min_support
                && free(s.free_left, s.occurrences)
                && free(s.free_right, s.occurrences)
                && !word.chars().all(|c| c.is_ascii_punctuation() || c.is_ascii_digit() || c.is_whitespace())
        })
        .map(|(word, s)| Candidate { word, support: s.support })
        .collect();
    out.sort_by_key(|candidate| candidate.word);
    out
}

/// For every candidate the companies of all segments that have it.
fn companies_with<'a>(
    texts: &'a [Vec<Piece>],
    groups: &BTreeMap<String, Vec<usize>>,
    candidates: &[Vec<Candidate<'a>>],
) -> HashMap<&'a str, u32> {
    let mut counts: HashMap<&str, u32> =
        candidates.iter().flatten().map(|candidate| (candidate.word, 0)).collect();
    for company in groups.values().flatten() {
        let mut seen = HashSet::new();
        for (word, _, _) in texts[*company].iter().flat_map(substrings) {
            if let Some(count) = counts.get_mut(word)
                && seen.insert(word)
            {
                *count += 1;
            }
        }
    }
    counts
}

fn best(
    candidates: Vec<Candidate>,
    everywhere: &HashMap<&str, u32>,
    companies: usize,
    all: usize,
    limit: usize,
) -> Vec<LearnedWord> {
    let mut words: Vec<LearnedWord> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let total = everywhere.get(candidate.word).copied().unwrap_or(candidate.support);
            let elsewhere = total - candidate.support;
            let inside = candidate.support as f32 / companies as f32;
            let outside = elsewhere as f32 / (all - companies).max(1) as f32;
            let weight = clarity(candidate.support, elsewhere, companies, all);
            let precise = candidate.support as f32 >= PRECISION * total as f32;
            (weight >= CLEAR && inside >= LIFT * outside && precise).then(|| LearnedWord {
                word: candidate.word.to_owned(),
                weight,
                support: candidate.support,
                elsewhere,
            })
        })
        .collect();
    words.sort_by(|a, b| {
        let length = |word: &LearnedWord| word.word.chars().count();
        b.weight.total_cmp(&a.weight).then(length(b).cmp(&length(a))).then_with(|| a.word.cmp(&b.word))
    });
    let mut kept: Vec<LearnedWord> = Vec::new();
    for word in words {
        let told = |other: &LearnedWord| {
            other.support == word.support
                && (other.word.contains(&word.word) || word.word.contains(&other.word))
        };
        if kept.len() < limit && !kept.iter().any(told) {
            kept.push(word);
        }
    }
    kept
}

/// The signed root of Dunning's G²: `G² = 2 Σ observed ln(observed / expected)` over the four cells of having the word or
/// not, inside the segment and outside; negative when the word is rarer inside.
fn clarity(support: u32, elsewhere: u32, companies: usize, all: usize) -> f32 {
    let (inside, outside, all) = (companies as f32, (all - companies) as f32, all as f32);
    let having = (support + elsewhere) as f32;
    let cell = |observed: f32, of: f32, kind: f32| {
        if observed > 0.0 { observed * (observed * all / (of * kind)).ln() } else { 0.0 }
    };
    let (a, b) = (support as f32, elsewhere as f32);
    let half = cell(a, inside, having)
        + cell(inside - a, inside, all - having)
        + cell(b, outside, having)
        + cell(outside - b, outside, all - having);
    let root = (2.0 * half).max(0.0).sqrt();
    if a * outside >= b * inside { root } else { -root }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Product;

    fn company(scope: &str, product: &str, segment: &str) -> Labelled {
        let products = vec![Product { name: product.into(), share: 0.5 }];
        Labelled { scope: scope.into(), products, segment: segment.into(), ..Labelled::default() }
    }

    fn corpus() -> Vec<Labelled> {
        vec![
            company("船用柴油机的制造；钢材销售", "低速机", "船舶动力"),
            company("生产船用柴油机及配件；货物进出口", "低速机", "船舶动力"),
            company("船用柴油机维修；钢材销售", "平衡项目", "船舶动力"),
            company("中成药生产；货物进出口", "中成药", "中药Ⅲ"),
            company("中成药、中药饮片加工；钢材销售", "中药饮片", "中药"),
            company("电缆制造；钢材销售", "海洋电缆", "电缆"),
            company("电缆、光缆生产；货物进出口", "光缆", "电缆"),
            company("软件开发；货物进出口", "系统集成", "软件"),
            company("软件及硬件销售；钢材销售", "", "软件"),
            company("数据处理", "软件", "软件"),
            company("软件测试", "", "软件"),
        ]
    }

    fn words<'a>(learned: &'a [LearnedWords], segment: &str) -> Vec<&'a str> {
        let found = learned.iter().find(|l| l.segment == segment).unwrap();
        found.words.iter().map(|w| w.word.as_str()).collect()
    }

    #[test]
    fn whole_words_and_no_fragments() {
        let learned = segment_words(&corpus(), 2, 10);
        assert_eq!(words(&learned, "船舶动力"), ["船用柴油机", "低速机"]);
        assert_eq!(words(&learned, "中药Ⅲ"), ["中成药"]);
        assert_eq!(words(&learned, "电缆"), ["电缆"]);
    }

    #[test]
    fn support_counts_companies_and_boilerplate_is_no_word() {
        let learned = segment_words(&corpus(), 2, 10);
        let ships = learned.iter().find(|l| l.segment == "船舶动力").unwrap();
        assert_eq!((ships.companies, ships.words[0].support, ships.words[0].elsewhere), (3, 3, 0));
        let herbs = learned.iter().find(|l| l.segment == "中药Ⅲ").unwrap();
        assert_eq!(
            (herbs.companies, herbs.words[0].support),
            (2, 2),
            "scope and product of one company count once"
        );
        let all: Vec<&LearnedWord> = learned.iter().flat_map(|l| &l.words).collect();
        assert!(
            all.iter().all(|w| !w.word.contains("进出口") && w.word != "钢材" && !w.word.contains("平衡"))
        );
    }

    #[test]
    fn the_limit_and_the_order_hold() {
        let learned = segment_words(&corpus(), 1, 2);
        assert!(learned.iter().all(|l| l.words.len() <= 2));
        assert!(learned.iter().all(|l| l.words.windows(2).all(|w| w[0].weight >= w[1].weight)));
        assert_eq!(learned, segment_words(&corpus(), 1, 2));
        assert!(segment_words(&[], 2, 5).is_empty());
    }

    #[test]
    fn a_word_of_everybody_is_unclear() {
        assert!(clarity(3, 0, 3, 100) > clarity(2, 0, 3, 100));
        assert!(clarity(3, 0, 3, 100) > clarity(3, 20, 3, 100));
        assert!(clarity(3, 97, 3, 100).abs() < 1e-3);
        assert!(clarity(1, 90, 10, 100) < -5.0);
        let by_hand = (2.0_f32 * (2.0 * 2.0_f32.ln() + 2.0 * 2.0_f32.ln())).sqrt();
        assert!((clarity(2, 0, 2, 4) - by_hand).abs() < 1e-5);
    }
}
