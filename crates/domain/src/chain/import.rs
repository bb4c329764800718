//! A chain from a table: segment, parent, upstream (环节, 上级, 上游).
//!
//! What it yields is a starting point: the words of a segment are its name, ids are `s1`, `s2`, … in row order.
//! Write it out with [`super::to_toml`] and go on from there.

use super::fault::{Checked, Fault, Rule};
use super::read::word_fault;
use super::{Chain, Position, Segment};
use crate::limits;
use std::collections::{HashMap, HashSet};

/// What a new chain is called, since a table does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// `[a-z0-9-]+`
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Version, e.g. `2026.1`.
    pub version: String,
}

/// Makes a chain from `rows`, headings first.
///
/// Columns, in any order and case: `segment`/环节 (needed), `parent`/上级, `upstream`/上游 (the segments it buys
/// from, separated by `;` `；` `、` `,` `，` `|`), `position`/位置, `name_en`/英文名, `words`/关键词 (added to the name, same
/// separators). A segment may stand in several rows; their upstreams add up. A parent without a row of its own
/// becomes a first-level segment, with a warning. Positions that are not given are inferred: a first-level
/// segment (with what stands below it) that buys nothing is 上游, one that sells nothing 下游, others 中游; a
/// first-level segment called 上游, 中游 or 下游 is that.
///
/// Faults carry the row (headings are row 1) as `line` and the column number as `column`.
#[must_use]
pub fn from_table(title: &Title, rows: &[Vec<String>]) -> Checked {
    let mut table = Table::default();
    let Some(columns) = table.columns(rows.first()) else { return table.finish(None) };
    for (i, row) in rows.iter().enumerate().skip(1) {
        table.row(i + 1, row, &columns);
    }
    if table.entries.len() <= limits::CHAIN_SEGMENTS {
        table.link();
    }
    let chain = table.errors.is_empty().then(|| table.build(title));
    table.finish(chain)
}

/// Column indices of the table.
#[derive(Clone, Copy)]
struct Columns {
    segment: usize,
    parent: Option<usize>,
    upstream: Option<usize>,
    position: Option<usize>,
    name_en: Option<usize>,
    words: Option<usize>,
}

/// A name in a cell, with the row and column it stands in.
type Cell = (String, usize, usize);

#[derive(Default)]
struct Entry {
    name: String,
    row: usize,
    parent: Option<Cell>,
    parent_at: Option<usize>,
    level: usize,
    upstream: Vec<Cell>,
    buys_from: Vec<usize>,
    position: Option<Position>,
    name_en: String,
    words: Vec<String>,
}

#[derive(Default)]
struct Table {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    errors: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl Table {
    fn columns(&mut self, headings: Option<&Vec<String>>) -> Option<Columns> {
        let headings: Vec<String> = headings
            .map(|h| h.iter().map(|c| c.trim_start_matches('\u{feff}').trim().to_lowercase()).collect())
            .unwrap_or_default();
        let find = |names: &[&str]| headings.iter().position(|h| names.contains(&h.as_str()));
        let Some(segment) = find(&["segment", "环节", "环节名称", "节点", "名称", "name"]) else {
            self.error(1, 1, "no column `segment` (环节); name the column that holds the segments so".into());
            return None;
        };
        Some(Columns {
            segment,
            parent: find(&["parent", "上级", "上级环节", "父级", "父节点"]),
            upstream: find(&["upstream", "上游", "上游环节"]),
            position: find(&["position", "位置", "上中下游"]),
            name_en: find(&["name_en", "english", "英文名", "英文名称"]),
            words: find(&["words", "关键词"]),
        })
    }

    fn row(&mut self, row: usize, cells: &[String], columns: &Columns) {
        let cell = |at: Option<usize>| at.and_then(|c| cells.get(c)).map_or("", |s| s.trim());
        if cells.iter().all(|c| c.trim().is_empty()) {
            return;
        }
        let name = cell(Some(columns.segment)).to_string();
        if name.is_empty() {
            self.error(row, columns.segment + 1, "the segment is empty; name it or remove the row".into());
            return;
        }
        let at = self.entry(&name, row, columns.segment + 1);
        let parent = cell(columns.parent);
        if !parent.is_empty() {
            let new = (parent.to_string(), row, columns.parent.unwrap_or(0) + 1);
            match &self.entries[at].parent {
                Some((old, first, _)) if *old != parent => {
                    let message = format!(
                        "`{name}` has the parent `{old}` in row {first} and `{parent}` here; a segment has one parent"
                    );
                    self.error(row, new.2, message);
                }
                Some(_) => {}
                None => self.entries[at].parent = Some(new),
            }
        }
        let upstream = columns.upstream.map_or(0, |c| c + 1);
        for up in split(cell(columns.upstream)) {
            self.entries[at].upstream.push((up.to_string(), row, upstream));
        }
        let position = cell(columns.position);
        if !position.is_empty() {
            match Position::from_word(position) {
                Some(p) => self.entries[at].position = Some(p),
                None => {
                    let message = format!("`{position}` is no position; write 上游, 中游 or 下游");
                    self.error(row, columns.position.unwrap_or(0) + 1, message);
                }
            }
        }
        if self.entries[at].name_en.is_empty() {
            self.entries[at].name_en = cell(columns.name_en).to_string();
        }
        for word in split(cell(columns.words)) {
            match word_fault(word) {
                Some(why) => self.error(row, columns.words.unwrap_or(0) + 1, why),
                None => self.entries[at].words.push(word.to_string()),
            }
        }
    }

    /// The entry of that name, new if need be.
    fn entry(&mut self, name: &str, row: usize, column: usize) -> usize {
        if let Some(&at) = self.by_name.get(name) {
            return at;
        }
        if self.entries.len() == limits::CHAIN_SEGMENTS {
            let message = format!("more than {} segments; split the chain", limits::CHAIN_SEGMENTS);
            self.error(row, column, message);
        }
        let at = self.entries.len();
        self.by_name.insert(name.to_string(), at);
        self.entries.push(Entry { name: name.to_string(), row, ..Entry::default() });
        at
    }

    /// Resolves parents and upstreams, then levels and words.
    fn link(&mut self) {
        for i in 0..self.entries.len() {
            if let Some((parent, row, column)) = self.entries[i].parent.clone() {
                if !self.by_name.contains_key(&parent) {
                    let message = format!(
                        "the parent `{parent}` has no row of its own; taken as a first-level segment"
                    );
                    self.warnings.push(fault(row, column, message));
                }
                self.entries[i].parent_at = Some(self.entry(&parent, row, column));
            }
            for (up, row, column) in self.entries[i].upstream.clone() {
                match self.by_name.get(&up) {
                    Some(&j) if j == i => {
                        self.error(row, column, format!("`{up}` cannot be its own upstream; remove it"));
                    }
                    Some(&j) if !self.entries[i].buys_from.contains(&j) => self.entries[i].buys_from.push(j),
                    Some(_) => {}
                    None => {
                        let message = format!(
                            "the upstream `{up}` is no segment; add a row for it or correct the name"
                        );
                        self.error(row, column, message);
                    }
                }
            }
        }
        let has_child: HashSet<usize> = self.entries.iter().filter_map(|e| e.parent_at).collect();
        for i in 0..self.entries.len() {
            let row = self.entries[i].row;
            let level = self.ancestors(i).len();
            self.entries[i].level = level;
            let name = self.entries[i].name.clone();
            match level {
                0 => self.error(row, 1, format!("the parents of `{name}` run in a circle")),
                1..=3 => {}
                _ => self.error(row, 1, format!("`{name}` stands on level {level}; a chain has at most 3")),
            }
            match word_fault(&name) {
                None if Position::from_word(&name).is_none() => {
                    let words = &mut self.entries[i].words;
                    if !words.contains(&name) {
                        words.insert(0, name);
                    }
                }
                Some(why) if !has_child.contains(&i) && self.entries[i].words.is_empty() => {
                    self.error(row, 1, why);
                }
                _ => {}
            }
        }
    }

    /// `i` and its ancestors up to the first level; empty when they run in a circle.
    fn ancestors(&self, i: usize) -> Vec<usize> {
        let line: Vec<usize> = std::iter::successors(Some(i), |&k| self.entries[k].parent_at)
            .take(self.entries.len() + 1)
            .collect();
        if line.len() > self.entries.len() { Vec::new() } else { line }
    }

    fn build(&self, title: &Title) -> Chain {
        let mut order = Vec::with_capacity(self.entries.len());
        let mut placed = HashSet::new();
        for i in 0..self.entries.len() {
            order.extend(self.ancestors(i).into_iter().rev().filter(|&k| placed.insert(k)));
        }
        let mut new_index = vec![0; self.entries.len()];
        order.iter().enumerate().for_each(|(new, &old)| new_index[old] = new);
        let mut supplies = vec![Vec::new(); self.entries.len()];
        for (i, e) in self.entries.iter().enumerate() {
            e.buys_from.iter().for_each(|&up| supplies[up].push(new_index[i]));
        }
        let tops = self.top_positions();
        let mut segments: Vec<Segment> = Vec::with_capacity(order.len());
        for &old in &order {
            let e = &self.entries[old];
            let parent = e.parent_at.map(|p| new_index[p]);
            let inherited = parent.map_or(tops[old], |p| segments[p].position);
            segments.push(Segment {
                id: format!("s{}", segments.len() + 1),
                name: e.name.clone(),
                name_en: e.name_en.clone(),
                parent,
                level: u8::try_from(e.level).unwrap_or(3),
                position: e.position.unwrap_or(inherited),
                words: e.words.clone(),
                exclude: Vec::new(),
                industry: Vec::new(),
                importance: 3,
                supplies: std::mem::take(&mut supplies[old]),
            });
        }
        Chain {
            id: title.id.clone(),
            name: title.name.clone(),
            name_en: title.name_en.clone(),
            version: title.version.clone(),
            about: String::new(),
            segments,
        }
    }

    /// The inferred position of each first-level entry (of no meaning for the others).
    fn top_positions(&self) -> Vec<Position> {
        let top = |i: usize| self.ancestors(i).last().copied().unwrap_or(i);
        let mut buys = vec![false; self.entries.len()];
        let mut sells = vec![false; self.entries.len()];
        for (i, e) in self.entries.iter().enumerate() {
            for &up in &e.buys_from {
                if top(up) != top(i) {
                    buys[top(i)] = true;
                    sells[top(up)] = true;
                }
            }
        }
        let infer = |i: usize| match (buys[i], sells[i]) {
            (false, true) => Position::Upstream,
            (true, false) => Position::Downstream,
            _ => Position::Midstream,
        };
        self.entries
            .iter()
            .enumerate()
            .map(|(i, e)| Position::from_word(&e.name).unwrap_or_else(|| infer(i)))
            .collect()
    }

    fn error(&mut self, row: usize, column: usize, message: String) {
        if self.errors.len() < limits::CHAIN_FAULTS {
            self.errors.push(fault(row, column, message));
        }
    }

    fn finish(mut self, chain: Option<Chain>) -> Checked {
        if chain.is_none() && self.errors.is_empty() {
            self.error(1, 1, "the table has no row".into());
        }
        let chain = chain.filter(|c| !c.segments.is_empty());
        if chain.is_none() && self.errors.is_empty() {
            self.error(2, 1, "the table has headings only; add a row per segment".into());
        }
        self.errors.sort_by_key(|f| (f.line, f.column));
        self.warnings.sort_by_key(|f| (f.line, f.column));
        Checked { chain, errors: self.errors, warnings: self.warnings }
    }
}

fn fault(row: usize, column: usize, message: String) -> Fault {
    Fault { line: row, column, segment: None, rule: Rule::Table, message }
}

fn split(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '；', '、', ',', '，', '|', '｜']).map(str::trim).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::{parse, to_toml};
    use super::*;
    use proptest::prelude::*;

    fn table(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|l| l.split(',').map(str::to_string).collect()).collect()
    }

    fn title() -> Title {
        Title { id: "x".into(), name: "链".into(), name_en: "c".into(), version: "1".into() }
    }

    #[test]
    fn a_chinese_table_becomes_a_chain_with_inferred_positions() {
        let got = from_table(
            &title(),
            &table(
                "环节,上级,上游\n正极材料,材料,\n隔膜,材料,\n电芯,制造,正极材料；隔膜\n储能系统,应用,电芯",
            ),
        );
        assert_eq!(got.errors, []);
        assert_eq!(got.warnings.len(), 3, "three parents without a row");
        let chain = got.chain.unwrap();
        let of = |name: &str| chain.segments.iter().find(|s| s.name == name).unwrap();
        assert_eq!(of("隔膜").position, Position::Upstream);
        assert_eq!(of("电芯").position, Position::Midstream);
        assert_eq!(of("储能系统").position, Position::Downstream);
        assert_eq!(of("隔膜").words, ["隔膜"]);
        assert_eq!(of("隔膜").level, 2);
        let cell = chain.segments.iter().position(|s| s.name == "电芯").unwrap();
        assert_eq!(of("正极材料").supplies, [cell]);
        assert_eq!(chain.segments[0].id, "s1");
        assert_eq!(parse(&to_toml(&chain)).unwrap(), chain);
    }

    #[test]
    fn faults_carry_their_rows() {
        let got = from_table(
            &title(),
            &table(
                "Segment,Parent,Upstream,Position\n电池,,没有,\n,电池,,\n甲乙,丙丁,,左\n丙丁,甲乙,,\n甲乙,电池,,\n电,,,",
            ),
        );
        let at: Vec<(usize, usize)> = got.errors.iter().map(|f| (f.line, f.column)).collect();
        assert_eq!(at, [(2, 3), (3, 1), (4, 1), (4, 4), (5, 1), (6, 2), (7, 1)], "{:#?}", got.errors);
        assert!(got.chain.is_none());
        assert_eq!(from_table(&title(), &[]).errors.len(), 1);
        assert_eq!(from_table(&title(), &table("环节")).errors[0].line, 2);
    }

    #[test]
    fn rows_of_one_segment_add_up() {
        let got = from_table(&title(), &table("环节,上游\n甲乙,\n丙丁,甲乙\n戊己,甲乙|丙丁\n戊己,甲乙"));
        let chain = got.chain.unwrap();
        assert_eq!(chain.segments.len(), 3);
        assert_eq!(chain.segments[0].supplies, [1, 2]);
        assert_eq!(chain.segments[2].position, Position::Downstream);
    }

    proptest! {
        #[test]
        fn any_table_is_answered(rows in prop::collection::vec(prop::collection::vec("[甲乙丙丁上游；、a]{0,4}", 0..4), 0..12)) {
            let mut all = vec![vec!["环节".to_string(), "上级".to_string(), "上游".to_string(), "位置".to_string()]];
            all.extend(rows);
            let got = from_table(&title(), &all);
            prop_assert_eq!(got.chain.is_none(), !got.errors.is_empty());
            if let Some(chain) = got.chain {
                prop_assert!(ChainOrder(&chain).holds());
            }
        }
    }

    struct ChainOrder<'a>(&'a Chain);
    impl ChainOrder<'_> {
        fn holds(&self) -> bool {
            self.0.segments.iter().enumerate().all(|(i, s)| {
                s.parent.is_none_or(|p| p < i && self.0.segments[p].level + 1 == s.level)
                    && s.supplies.iter().all(|&j| j < self.0.segments.len() && j != i)
            })
        }
    }
}
