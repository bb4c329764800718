//! The rules of a chain file: references, levels, positions, words, codes and supplies.

use super::fault::{Checked, Rule};
use super::fold::fold;
use super::read::{At, Faults, RawChain, RawSegment, read};
use super::{Chain, Position, Segment};
use crate::company::IndustryCode;
use crate::limits;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Checks a chain file (TOML, format 1): the chain when it can be used, all its faults, all its warnings.
#[must_use]
pub fn check(text: &str) -> Checked {
    let mut errors = Faults::new(text);
    let mut warnings = Faults::new(text);
    if text.len() > limits::CHAIN_FILE_BYTES {
        let message = format!("{} bytes; at most {} per file", text.len(), limits::CHAIN_FILE_BYTES);
        errors.add(0, None, Rule::Limit, message);
        return Checked { chain: None, errors: errors.into_sorted(), warnings: Vec::new() };
    }
    let raw = read(text, &mut errors);
    let links = link(&raw.segments, &mut errors);
    check_segments(&raw.segments, &links, &mut errors);
    warn(&raw.segments, &links, &mut warnings);
    let chain = errors.list.is_empty().then(|| build(raw, &links));
    Checked { chain, errors: errors.into_sorted(), warnings: warnings.into_sorted() }
}

/// Whether `code` is a GB/T 4754-2017 code at any level: a section letter and 0, 2, 3 or 4 digits whose
/// division belongs to that section.
#[must_use]
pub(super) fn is_industry_code(code: &str) -> bool {
    let Some(letter) = code.chars().next().filter(char::is_ascii_uppercase) else { return false };
    let digits = &code[1..];
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 0 | 2 | 3 | 4) {
        return false;
    }
    if digits.is_empty() {
        return letter <= 'T';
    }
    digits[..2].parse::<u8>().is_ok_and(|division| section_of(division) == Some(letter))
}

/// The section letter of a two-digit division (GB/T 4754-2017, table of sections).
fn section_of(division: u8) -> Option<char> {
    let last = [
        ('A', 5),
        ('B', 12),
        ('C', 43),
        ('D', 46),
        ('E', 50),
        ('F', 52),
        ('G', 60),
        ('H', 62),
        ('I', 65),
        ('J', 69),
        ('K', 70),
        ('L', 72),
        ('M', 75),
        ('N', 79),
        ('O', 82),
        ('P', 83),
        ('Q', 85),
        ('R', 90),
        ('S', 96),
        ('T', 97),
    ];
    if division == 0 {
        return None;
    }
    last.iter().find(|(_, end)| division <= *end).map(|(letter, _)| *letter)
}

/// References of the raw segments, by index in file order.
struct Links {
    parent: Vec<Option<usize>>,
    /// 1, 2, 3, or more for a segment that stands too deep; 0 in a cycle of parents.
    level: Vec<usize>,
    has_child: Vec<bool>,
    supplies: Vec<Vec<usize>>,
}

fn link(segments: &[RawSegment], errors: &mut Faults<'_>) -> Links {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (i, s) in segments.iter().enumerate() {
        let Some(id) = &s.id else { continue };
        if let Some(&first) = by_id.get(id.value.as_str()) {
            let message = format!("`{}` is already the id of {}; rename one", id.value, segments[first].name);
            errors.add(id.at, Some(&id.value), Rule::DuplicateId, message);
        } else {
            by_id.insert(&id.value, i);
        }
    }
    let mut parent = vec![None; segments.len()];
    let mut has_child = vec![false; segments.len()];
    for (i, s) in segments.iter().enumerate() {
        let Some(p) = &s.parent else { continue };
        match by_id.get(p.value.as_str()) {
            Some(&j) => {
                parent[i] = Some(j);
                has_child[j] = true;
            }
            None => {
                let message = format!("no segment has the id `{}`{}", p.value, like(&p.value, &by_id));
                errors.add(p.at, id_of(s), Rule::UnknownParent, message);
            }
        }
    }
    let level = (0..segments.len()).map(|i| level_of(i, &parent)).collect();
    let supplies = segments.iter().map(|s| link_supplies(s, &by_id, errors)).collect();
    Links { parent, level, has_child, supplies }
}

fn link_supplies(s: &RawSegment, by_id: &HashMap<&str, usize>, errors: &mut Faults<'_>) -> Vec<usize> {
    let mut out = Vec::with_capacity(s.supplies.len());
    let mut seen = HashSet::new();
    for to in &s.supplies {
        if !seen.insert(to.value.as_str()) {
            let message = format!("`{}` stands twice in `supplies`; remove one", to.value);
            errors.add(to.at, id_of(s), Rule::DuplicateSupply, message);
        } else if id_of(s) == Some(&to.value) {
            let message = "a segment cannot supply itself; remove it from `supplies`".to_string();
            errors.add(to.at, id_of(s), Rule::SelfSupply, message);
        } else if let Some(&j) = by_id.get(to.value.as_str()) {
            out.push(j);
        } else {
            let message =
                format!("it supplies `{}`, which is no segment{}", to.value, like(&to.value, by_id));
            errors.add(to.at, id_of(s), Rule::UnknownSupply, message);
        }
    }
    out
}

/// The level of segment `i`, from 1; 0 when its parents run in a circle.
fn level_of(i: usize, parent: &[Option<usize>]) -> usize {
    let (mut level, mut at) = (1, i);
    while let Some(p) = parent[at] {
        at = p;
        level += 1;
        if level > parent.len() + 1 {
            return 0;
        }
    }
    level
}

/// "; did you mean …?" for the known id that is at most two edits away.
fn like(id: &str, by_id: &HashMap<&str, usize>) -> String {
    let best = by_id.keys().map(|k| (distance(id, k), *k)).min();
    match best {
        Some((d, k)) if d <= 2 => format!("; did you mean `{k}`?"),
        _ => "; correct the id or add that segment".to_string(),
    }
}

/// Levenshtein distance; ids are short. Lengths that differ by more than two cut it short.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 || a.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let next = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

fn check_segments(segments: &[RawSegment], links: &Links, errors: &mut Faults<'_>) {
    for (i, s) in segments.iter().enumerate() {
        let id = id_of(s);
        let at = s.parent.as_ref().map_or(s.at, |p| p.at);
        match links.level[i] {
            0 => {
                let message = "its parents run in a circle; one of them must have none".to_string();
                errors.add(at, id, Rule::ParentCycle, message);
            }
            1 if s.parent.is_none() && s.position.is_none() => {
                let message = "no `position`; a first-level segment needs 上游, 中游 or 下游".to_string();
                errors.add(s.at, id, Rule::MissingPosition, message);
            }
            1..=3 => {}
            level => {
                let message =
                    format!("it stands on level {level}; a chain has at most 3, choose a higher parent");
                errors.add(at, id, Rule::TooDeep, message);
            }
        }
        if !links.has_child[i] && s.words.is_empty() {
            let message =
                "no usable word and no child; nothing could ever be placed here, add `words`".to_string();
            errors.add(s.at, id, Rule::NoWords, message);
        }
        let excluded: HashSet<String> = s.exclude.iter().map(|w| fold(&w.value)).collect();
        for w in s.words.iter().filter(|w| excluded.contains(&fold(&w.value))) {
            let message = format!("`{}` stands in `words` and in `exclude`; remove it from one", w.value);
            errors.add(w.at, id, Rule::ExcludedWord, message);
        }
        check_industry(s, errors);
    }
}

fn check_industry(s: &RawSegment, errors: &mut Faults<'_>) {
    for code in s.industry.iter().filter(|c| !is_industry_code(&c.value)) {
        let bare = code.value.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let hint = match bare.get(..2).and_then(|d| d.parse().ok()).and_then(section_of) {
            Some(letter) => format!("; did you mean `{letter}{bare}`?"),
            None => "; write a section letter and 0, 2, 3 or 4 digits, e.g. `C3734`".to_string(),
        };
        let message = format!("`{}` is not a GB/T 4754-2017 code{hint}", code.value);
        errors.add(code.at, id_of(s), Rule::BadIndustry, message);
    }
}

fn warn(segments: &[RawSegment], links: &Links, warnings: &mut Faults<'_>) {
    let mut supplied = vec![false; segments.len()];
    links.supplies.iter().flatten().for_each(|&j| supplied[j] = true);
    for (i, s) in segments.iter().enumerate() {
        if s.name_en.is_empty() {
            let message = "no `name_en`; English pages will show the Chinese name".to_string();
            warnings.add(s.at, id_of(s), Rule::NoEnglishName, message);
        }
        if !links.has_child[i]
            && links.supplies[i].is_empty()
            && !supplied[i]
            && !kin_supply(i, links, &supplied)
        {
            let message =
                "it supplies nobody and nobody supplies it; the gap analysis cannot weigh it".to_string();
            warnings.add(s.at, id_of(s), Rule::NoSupply, message);
        }
    }
    warn_shared(segments, links, warnings);
    for circle in supply_circles(&links.supplies) {
        let names: Vec<&str> = circle.iter().filter_map(|&i| id_of(&segments[i])).collect();
        let message = format!("supplies run in a circle: {}; allowed, if that is meant", names.join(", "));
        let first = &segments[circle[0]];
        warnings.add(first.at, id_of(first), Rule::SupplyCycle, message);
    }
}

/// Whether an ancestor of `i` supplies or is supplied.
fn kin_supply(i: usize, links: &Links, supplied: &[bool]) -> bool {
    let mut at = links.parent[i];
    let mut steps = 0;
    while let Some(p) = at {
        if supplied[p] || !links.supplies[p].is_empty() {
            return true;
        }
        steps += 1;
        at = if steps > 3 { None } else { links.parent[p] };
    }
    false
}

/// One warning per word that stands in two segments of which neither is the other's ancestor.
fn warn_shared(segments: &[RawSegment], links: &Links, warnings: &mut Faults<'_>) {
    let mut owners: BTreeMap<String, Vec<(usize, &At<String>)>> = BTreeMap::new();
    for (i, s) in segments.iter().enumerate() {
        for w in &s.words {
            owners.entry(fold(&w.value)).or_default().push((i, w));
        }
    }
    for list in owners.values() {
        for (k, &(i, w)) in list.iter().enumerate().skip(1) {
            let Some(&(j, _)) = list[..k].iter().find(|&&(j, _)| !related(i, j, &links.parent)) else {
                continue;
            };
            let message = format!(
                "`{}` also places companies in `{}`; use a longer word in one of them unless both are meant",
                w.value,
                id_of(&segments[j]).unwrap_or("?")
            );
            warnings.add(w.at, id_of(&segments[i]), Rule::SharedWord, message);
        }
    }
}

fn related(i: usize, j: usize, parent: &[Option<usize>]) -> bool {
    let above = |from: usize, to: usize| {
        let mut at = Some(from);
        (0..=3).any(|_| {
            let hit = at == Some(to);
            at = at.and_then(|a| parent[a]);
            hit
        })
    };
    above(i, j) || above(j, i)
}

/// The strongly connected parts of two or more segments (Kosaraju's two passes, without recursion).
fn supply_circles(supplies: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let n = supplies.len();
    let mut reverse = vec![Vec::new(); n];
    for (i, list) in supplies.iter().enumerate() {
        list.iter().for_each(|&j| reverse[j].push(i));
    }
    let mut done = vec![false; n];
    let mut order = Vec::with_capacity(n);
    for start in 0..n {
        visit(start, supplies, &mut done, &mut order);
    }
    done.fill(false);
    let mut circles = Vec::new();
    for &start in order.iter().rev() {
        let mut part = Vec::new();
        visit(start, &reverse, &mut done, &mut part);
        if part.len() > 1 {
            part.sort_unstable();
            circles.push(part);
        }
    }
    circles.sort();
    circles
}

/// Depth-first from `start`; appends what it newly reaches in the order it is left.
fn visit(start: usize, next: &[Vec<usize>], done: &mut [bool], left: &mut Vec<usize>) {
    if done[start] {
        return;
    }
    done[start] = true;
    let mut stack = vec![(start, 0usize)];
    while let Some((at, k)) = stack.pop() {
        match next[at].get(k) {
            Some(&to) => {
                stack.push((at, k + 1));
                if !done[to] {
                    done[to] = true;
                    stack.push((to, 0));
                }
            }
            None => left.push(at),
        }
    }
}

/// Builds the chain from a file without faults: a parent goes before its children, otherwise file order.
fn build(raw: RawChain, links: &Links) -> Chain {
    let n = raw.segments.len();
    let mut order: Vec<usize> = Vec::with_capacity(n);
    let mut placed = BTreeSet::new();
    for i in 0..n {
        let mut line: Vec<usize> = std::iter::successors(Some(i), |&k| links.parent[k]).collect();
        while let Some(k) = line.pop() {
            if placed.insert(k) {
                order.push(k);
            }
        }
    }
    let mut new_index = vec![0; n];
    order.iter().enumerate().for_each(|(new, &old)| new_index[old] = new);
    let mut segments: Vec<Segment> = Vec::with_capacity(n);
    for &old in &order {
        let s = &raw.segments[old];
        let parent = links.parent[old].map(|p| new_index[p]);
        let inherited = parent.map_or(Position::Midstream, |p| segments[p].position);
        segments.push(Segment {
            id: s.id.as_ref().map(|i| i.value.clone()).unwrap_or_default(),
            name: s.name.clone(),
            name_en: s.name_en.clone(),
            parent,
            level: u8::try_from(links.level[old]).unwrap_or(3),
            position: s.position.flatten().unwrap_or(inherited),
            words: values(&s.words),
            exclude: values(&s.exclude),
            industry: s.industry.iter().map(|c| IndustryCode(c.value.clone())).collect(),
            importance: s.importance,
            supplies: links.supplies[old].iter().map(|&j| new_index[j]).collect(),
        });
    }
    let RawChain { id, name, name_en, version, about, .. } = raw;
    Chain { id, name, name_en, version, about, segments }
}

fn values(list: &[At<String>]) -> Vec<String> {
    list.iter().map(|w| w.value.clone()).collect()
}

fn id_of(s: &RawSegment) -> Option<&str> {
    s.id.as_ref().map(|i| i.value.as_str())
}

#[cfg(test)]
mod tests;
