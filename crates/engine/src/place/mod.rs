//! Placing companies on segments (挂链): one pass over scope, products and name for all words of all chains.
//!
//! # How a text is read
//! 1. Width and case are folded; offsets lead back to the original bytes.
//! 2. One automaton finds the chains' words and the marks of structure (separators, brackets, verbs, 除外 …).
//! 3. What is excluded (`(除…外)`, `…除外`, `不含…`, brackets about permits) counts for nothing; what only a branch
//!    does (`限分支机构经营`) counts half.
//! 4. A clause (；。 and list numbers end it) falls into phrases (，、 brackets). A phrase takes the role of its own
//!    verbs; bare verbs belong to the goods before them (`A、B的研发、生产、销售`) or, at the head, to those after
//!    them (`生产、销售：A、B`). A maker's verb beats a trader's, that one a servant's.
//! 5. A word that goes on into another noun (变速箱控制单元) counts less. Within one chain a word inside a longer word does not count, and a segment's word that overlaps one of its
//!    exclude words does not count.
//!
//! # The score
//! `1 − Π (1 − REACH · field · role · word · branch · head)` over the *different* words of a segment, each at its best
//! place, and its industry code. Constants stand in [`score`].

mod clause;
mod marks;
mod matcher;
pub mod score;

use anyhow::Result;
use clause::Outline;
use domain::chain::fold::fold;
use domain::chain::{ChainSet, SegmentNo};
use domain::company::Company;
use domain::placement::{Evidence, Field, Placed, Role};
use marks::Mark;
use matcher::{Folded, Hit, Matcher};
use rayon::prelude::*;
use score::Tally;
use std::collections::{BTreeMap, HashMap};

/// Companies that [`Dictionary::place_stream`] places at a time.
pub const STREAM_BATCH: usize = 4096;

/// The words of a set of chains, ready for matching.
pub struct Dictionary {
    matcher: Matcher,
    /// Per word: the segments that it places in or excludes from.
    uses: Vec<Vec<Use>>,
    /// Per word: how much it says, 0 to 1.
    weight: Vec<f32>,
    /// GB/T 4754 code to the segments that name it.
    industries: HashMap<String, Vec<SegmentNo>>,
}

/// One role of a word in one segment.
#[derive(Clone, Debug)]
struct Use {
    segment: SegmentNo,
    chain: u16,
    /// The word as the chain file has it.
    written: Box<str>,
    excludes: bool,
}

/// Buffers that one thread keeps from company to company.
#[derive(Default)]
pub struct Scratch {
    folded: Folded,
    hits: Vec<Hit>,
    marks: Vec<(Hit, Mark)>,
    outline: Outline,
    found: Vec<Found>,
    keep: Vec<bool>,
    tally: Tally,
}

/// A word of a segment at a place of the text (folded offsets).
#[derive(Clone, Copy, Debug)]
struct Found {
    start: u32,
    end: u32,
    word: u32,
    nth: u32,
}

/// Of two finds that overlap, which are to be dropped.
type Judge = dyn Fn(&Found, &Use, &Found, &Use) -> (bool, bool);

impl Dictionary {
    /// Builds the automaton for the words of all segments.
    ///
    /// # Errors
    /// More words than the automaton can hold.
    pub fn new(set: &ChainSet) -> Result<Dictionary> {
        let mut words: BTreeMap<String, Vec<Use>> = BTreeMap::new();
        let mut industries: HashMap<String, Vec<SegmentNo>> = HashMap::new();
        for segment in set.numbers() {
            let (chain, node) = set.get(segment);
            let chain = set.chains().iter().position(|c| std::ptr::eq(c, chain)).unwrap_or(0);
            let chain = u16::try_from(chain)?;
            let listed = node.words.iter().map(|w| (w, false)).chain(node.exclude.iter().map(|w| (w, true)));
            for (word, excludes) in listed {
                let folded = fold(word.trim());
                if folded.chars().count() >= 2 {
                    let written = word.trim().into();
                    words.entry(folded).or_default().push(Use { segment, chain, written, excludes });
                }
            }
            for code in &node.industry {
                industries.entry(code.0.clone()).or_default().push(segment);
            }
        }
        let (words, uses): (Vec<String>, Vec<Vec<Use>>) = words.into_iter().unzip();
        let weight = score::word_weights(&words, &uses.iter().map(|u| shares(u)).collect::<Vec<_>>());
        Ok(Dictionary { matcher: Matcher::new(words)?, uses, weight, industries })
    }

    /// The distinct folded words, placing and excluding.
    #[must_use]
    pub fn words(&self) -> &[String] {
        self.matcher.words()
    }

    /// Bytes that the automaton takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.matcher.bytes()
    }

    /// Every occurrence of a word in `text`, overlapping ones too: `(word index, byte start, byte end)` with offsets
    /// in `text`. This is bare matching, before any rule about clauses.
    pub fn matches(&self, text: &str, scratch: &mut Scratch, found: &mut Vec<(u32, u32, u32)>) {
        scratch.folded.set(text);
        self.matcher.scan(&scratch.folded.text, &mut scratch.hits, &mut scratch.marks);
        found.clear();
        let back = |h: &Hit| (h.pattern, scratch.folded.original(h.start), scratch.folded.original(h.end));
        found.extend(scratch.hits.iter().map(back));
    }

    /// Places one company.
    #[must_use]
    pub fn place(&self, company: &Company) -> Placed {
        self.place_with(company, &mut Scratch::default())
    }

    /// Places one company with buffers that are kept between calls.
    #[must_use]
    pub fn place_with(&self, company: &Company, scratch: &mut Scratch) -> Placed {
        scratch.tally.clear();
        self.read_scope(&company.scope, scratch);
        scratch.tally.hear_name(&company.name);
        let role = scratch.tally.role();
        for (i, product) in company.products.iter().enumerate() {
            let field = Field::Product(u16::try_from(i).unwrap_or(u16::MAX));
            self.read_label(product, field, role, scratch);
        }
        self.read_label(&company.name, Field::Name, role, scratch);
        if let Some(code) = &company.industry {
            self.read_industry(&code.0, role, &mut scratch.tally);
        }
        Placed { role, placements: scratch.tally.placements() }
    }

    /// Places many companies on all cores; the result keeps their order.
    #[must_use]
    pub fn place_all(&self, companies: &[Company]) -> Vec<Placed> {
        companies.par_iter().map_init(Scratch::default, |scratch, c| self.place_with(c, scratch)).collect()
    }

    /// Places companies as they come, [`STREAM_BATCH`] at a time on all cores, and hands each on in order.
    ///
    /// # Errors
    /// The first error of `sink`; nothing is placed after it.
    pub fn place_stream(
        &self,
        companies: &mut dyn Iterator<Item = Company>,
        sink: &mut dyn FnMut(Company, Placed) -> Result<()>,
    ) -> Result<()> {
        loop {
            let batch: Vec<Company> = (&mut *companies).take(STREAM_BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let placed = self.place_all(&batch);
            for (company, placed) in batch.into_iter().zip(placed) {
                sink(company, placed)?;
            }
        }
    }

    fn read_scope(&self, text: &str, s: &mut Scratch) {
        self.scan(text, s);
        self.read(s);
        let Scratch { folded, found, outline, tally, keep, .. } = s;
        for phrase in outline.phrases.iter().filter(|p| p.own) {
            tally.hear_clause(phrase.clause, phrase.role);
        }
        for (f, _) in found.iter().zip(keep.iter()).filter(|(_, keep)| **keep) {
            let phrase = outline.phrase_of(f.start);
            let (clause, said, branch) =
                phrase.map_or((0, Role::Unknown, false), |p| (p.clause, p.role, p.branch));
            let used = &self.uses[f.word as usize][f.nth as usize];
            let weight = score::scope_weight(clause)
                * score::role_factor(said, names_activity(&used.written, said))
                * self.weight[f.word as usize]
                * if branch { score::BRANCH } else { 1.0 }
                * head_factor(&folded.text[f.end as usize..]);
            tally.add(used.segment, f.word, weight, evidence(folded, f, &used.written, Field::Scope, said));
        }
    }

    /// A product or the company's name: short, no clauses; without a verb of its own the company's role holds.
    fn read_label(&self, text: &str, field: Field, company: Role, s: &mut Scratch) {
        if !self.scan(text, s) {
            return;
        }
        self.read(s);
        let Scratch { folded, found, outline, tally, keep, .. } = s;
        let field_weight = if field == Field::Name { score::NAME } else { score::PRODUCT };
        for (f, _) in found.iter().zip(keep.iter()).filter(|(_, keep)| **keep) {
            let said = outline.phrase_of(f.start).map_or(Role::Unknown, |p| p.role);
            let said = if said == Role::Unknown { company } else { said };
            let used = &self.uses[f.word as usize][f.nth as usize];
            let factor = score::role_factor(said, names_activity(&used.written, said));
            let head = head_factor(&folded.text[f.end as usize..]);
            let weight = field_weight * factor * self.weight[f.word as usize] * head;
            tally.add(used.segment, f.word, weight, evidence(folded, f, &used.written, field, said));
        }
    }

    fn read_industry(&self, code: &str, role: Role, tally: &mut Tally) {
        for len in [5, 4, 3, 1] {
            let Some(prefix) = code.get(..len) else { continue };
            for &segment in self.industries.get(prefix).map_or(&[][..], |v| v) {
                let weight = score::industry_weight(len) * score::role_factor(role, false);
                let evidence = Evidence {
                    field: Field::Industry,
                    word: prefix.to_string(),
                    start: 0,
                    end: len as u32,
                    role,
                };
                tally.add(segment, u32::MAX, weight, evidence);
            }
        }
    }

    /// Folds a text and finds its words and marks; whether there is any word.
    fn scan(&self, text: &str, s: &mut Scratch) -> bool {
        s.folded.set(text);
        self.matcher.scan(&s.folded.text, &mut s.hits, &mut s.marks);
        !s.hits.is_empty()
    }

    /// Fills `outline`, `found` and `keep` for the text scanned last.
    fn read(&self, s: &mut Scratch) {
        s.hits.sort_unstable();
        s.outline.set(&s.folded.text, &mut s.marks, &s.hits);
        s.found.clear();
        let live = s.hits.iter().filter(|h| !s.outline.is_excluded(h.start, h.end));
        for h in live {
            let uses = 0..self.uses[h.pattern as usize].len() as u32;
            s.found.extend(uses.map(|nth| Found { start: h.start, end: h.end, word: h.pattern, nth }));
        }
        self.settle(&s.found, &mut s.keep);
    }

    /// Which of `found` (by start) count: not exclude words themselves, not what they overlap in their segment, not
    /// what lies inside a longer word of the same chain.
    fn settle(&self, found: &[Found], keep: &mut Vec<bool>) {
        let used = |f: &Found| &self.uses[f.word as usize][f.nth as usize];
        keep.clear();
        keep.extend(found.iter().map(|f| !used(f).excludes));
        if found.len() < 2 {
            return;
        }
        let mut pass = |judge: &Judge| {
            let alive = keep.clone();
            for i in 0..found.len() {
                for j in i + 1..found.len() {
                    if found[j].start >= found[i].end {
                        break;
                    }
                    let (ui, uj) = (used(&found[i]), used(&found[j]));
                    let (drop_i, drop_j) = judge(&found[i], ui, &found[j], uj);
                    keep[i] &= !(drop_i && (alive[j] || uj.excludes));
                    keep[j] &= !(drop_j && (alive[i] || ui.excludes));
                }
            }
        };
        pass(&|_, a, _, b| {
            let same = a.segment == b.segment;
            (same && b.excludes && !a.excludes, same && a.excludes && !b.excludes)
        });
        // Two words of one segment that overlap say one thing: the longer one, else the first.
        pass(&|x, a, y, b| {
            let same = a.segment == b.segment && !a.excludes && !b.excludes;
            let longer = y.end - y.start > x.end - x.start;
            (same && longer, same && !longer)
        });
        pass(&|x, a, y, b| {
            let chain = a.chain == b.chain && !a.excludes && !b.excludes;
            let (lx, ly) = (x.end - x.start, y.end - y.start);
            let x_in_y = y.start <= x.start && x.end <= y.end && lx < ly;
            let y_in_x = x.start <= y.start && y.end <= x.end && ly < lx;
            (chain && x_in_y, chain && y_in_x)
        });
    }
}

fn evidence(folded: &Folded, f: &Found, word: &str, field: Field, role: Role) -> Evidence {
    let (start, end) = (folded.original(f.start), folded.original(f.end));
    Evidence { field, word: word.to_string(), start, end, role }
}

/// How many segments a word places in.
fn shares(uses: &[Use]) -> usize {
    uses.iter().filter(|u| !u.excludes).count().max(1)
}

/// [`score::HEAD`] when the text goes on with a noun that makes another thing of the word: 变速箱|控制单元,
/// 半导体封装|测试设备. The head of a Chinese noun stands last.
fn head_factor(after: &str) -> f32 {
    const HEADS: [&str; 34] = [
        "设备",
        "装备",
        "配件",
        "零配件",
        "零部件",
        "零件",
        "部件",
        "附件",
        "备件",
        "生产线",
        "专用设备",
        "测试设备",
        "检测设备",
        "制造设备",
        "生产设备",
        "加工设备",
        "测试仪",
        "检测仪",
        "仪器",
        "模具",
        "原料",
        "原材料",
        "材料",
        "辅料",
        "耗材",
        "金具",
        "控制",
        "外壳",
        "支架",
        "夹具",
        "电缆",
        "废料",
        "包装",
        "系列配件",
    ];
    if HEADS.iter().any(|h| after.starts_with(h)) { score::HEAD } else { 1.0 }
}

/// Whether the word itself names the activity (船舶维修, 电池回收): then doing it is the segment's business.
fn names_activity(word: &str, said: Role) -> bool {
    const ENDS: [&str; 23] = [
        "工程", "集成", "布线", "运维", "监理", "物流", "仓储", "服务", "维修", "安装", "检测", "运输",
        "回收", "咨询", "租赁", "贸易", "运营", "施工", "改造", "认证", "检验", "修理", "测试",
    ];
    matches!(said, Role::Service | Role::Trader) && ENDS.iter().any(|e| word.ends_with(e))
}

#[cfg(test)]
mod tests;
