//! The structure of a business scope: what is excluded, which phrase says what the company does with its goods.

use super::marks::{Mark, Verb};
use super::matcher::Hit;
use domain::placement::Role;

/// A stretch of text between two separators, with what the text around it says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub start: u32,
    pub end: u32,
    /// Index of its clause, from 0.
    pub clause: u32,
    pub role: Role,
    /// Only a branch does it.
    pub branch: bool,
    /// Whether the phrase holds a verb of its own or was given one by a verb-only neighbour.
    pub own: bool,
}

/// Working memory of [`Outline::set`], reused from text to text.
#[derive(Default)]
pub(super) struct Outline {
    pub phrases: Vec<Phrase>,
    /// Excluded byte ranges, ascending, in the folded text.
    pub excluded: Vec<(u32, u32)>,
    branches: Vec<(u32, u32)>,
    stack: Vec<Bracket>,
    brackets: Vec<Bracket>,
    verbs: Vec<u8>,
    only: Vec<bool>,
    front: Vec<bool>,
}

#[derive(Clone, Copy)]
struct Bracket {
    open: u32,
    close: u32,
    excluded: bool,
    branch: Option<u32>,
}

impl Outline {
    /// Works out the structure of `text` from its marks (any order; sorted here) and word hits (by start).
    pub fn set(&mut self, text: &str, marks: &mut Vec<(Hit, Mark)>, hits: &[Hit]) {
        self.phrases.clear();
        self.excluded.clear();
        self.branches.clear();
        tidy_marks(text, marks, hits);
        self.find_brackets(marks);
        self.find_exclusions(text, marks);
        if !self.excluded.is_empty() {
            self.excluded.sort_unstable();
            let excluded = &self.excluded;
            marks.retain(|(h, _)| !covered(excluded, h.start, h.end));
        }
        self.find_branches(text, marks);
        self.find_phrases(text, marks);
    }

    /// Whether any part of the range is excluded.
    pub fn is_excluded(&self, start: u32, end: u32) -> bool {
        overlapped(&self.excluded, start, end)
    }

    /// The phrase that `start` lies in.
    pub fn phrase_of(&self, start: u32) -> Option<&Phrase> {
        let n = self.phrases.partition_point(|p| p.start <= start);
        self.phrases[..n].last().filter(|p| start < p.end)
    }

    /// Pairs brackets; one that speaks of exclusion or permits is excluded as a whole.
    fn find_brackets(&mut self, marks: &[(Hit, Mark)]) {
        self.stack.clear();
        self.brackets.clear();
        for (h, mark) in marks {
            match mark {
                Mark::Open => {
                    self.stack.push(Bracket { open: h.start, close: h.end, excluded: false, branch: None });
                }
                Mark::Close => {
                    if let Some(b) = self.stack.pop() {
                        self.brackets.push(Bracket { close: h.end, ..b });
                    }
                }
                Mark::Except | Mark::Without | Mark::Permit => {
                    if let Some(b) = self.stack.last_mut() {
                        b.excluded = true;
                    }
                }
                Mark::Branch => {
                    if let Some(b) = self.stack.last_mut() {
                        b.branch = Some(h.end);
                    }
                }
                _ => {}
            }
        }
        // A branch bracket that also says "not without a permit" still names what the branch does.
        let excluded = self.brackets.iter().filter(|b| b.excluded && b.branch.is_none());
        self.excluded.extend(excluded.map(|b| (b.open, b.close)));
        self.brackets.sort_unstable_by_key(|b| b.open);
    }

    /// Exclusions outside of excluded brackets.
    fn find_exclusions(&mut self, text: &str, marks: &[(Hit, Mark)]) {
        let mut clause = 0;
        let mut except: Option<u32> = None;
        let mut without: Option<u32> = None;
        for (h, mark) in marks {
            match mark {
                Mark::Stop | Mark::Hard => {
                    self.excluded.extend(without.take().map(|s| (s, h.start)));
                    (clause, except) = (h.end, None);
                }
                Mark::Comma | Mark::Colon if without.is_none() => (clause, except) = (h.end, None),
                Mark::Open => clause = clause.max(h.end),
                Mark::Close => self.excluded.extend(without.take().map(|s| (s, h.start))),
                Mark::Except if h.start > clause => self.excluded.push((clause, h.end)),
                Mark::Without if without.is_none() => without = Some(h.start),
                Mark::ExceptFrom => except = Some(h.start),
                Mark::ExceptTo => {
                    if let Some(start) = except.take()
                        && ends_exception(&text[h.end as usize..])
                    {
                        self.excluded.push((start, h.end));
                    }
                }
                _ => {}
            }
        }
        self.excluded.extend(without.map(|s| (s, text.len() as u32)));
    }

    /// Ranges of which the text says that only a branch does them.
    fn find_branches(&mut self, text: &str, marks: &[(Hit, Mark)]) {
        let mut clause = 0;
        for (i, (h, mark)) in marks.iter().enumerate() {
            match mark {
                Mark::Stop | Mark::Hard => clause = h.end,
                Mark::Branch => {
                    let inside = self.brackets.iter().rfind(|b| b.open < h.start && h.end <= b.close);
                    let before = &text
                        [text.floor_char_boundary((h.start as usize).saturating_sub(24))..h.start as usize];
                    let mut near = marks[i + 1..].iter().take_while(|(m, _)| m.start <= h.end + 12);
                    let colon = near.any(|(_, m)| *m == Mark::Colon);
                    let stop = || {
                        let next = marks[i + 1..].iter().find(|(_, m)| *m == Mark::Stop);
                        next.map_or(text.len() as u32, |(m, _)| m.start)
                    };
                    let range = match inside {
                        Some(b) if colon => (h.end, b.close),
                        _ if colon || before.contains("以下") => (h.end, stop()),
                        Some(b) => (clause, b.open),
                        None => (clause, h.end),
                    };
                    self.branches.push(range);
                }
                _ => {}
            }
        }
    }

    fn find_phrases(&mut self, text: &str, marks: &[(Hit, Mark)]) {
        self.verbs.clear();
        self.only.clear();
        self.front.clear();
        let (mut at, mut from, mut clause) = (0u32, 0usize, 0u32);
        let mut first = 0;
        let mut carry = Role::Unknown;
        for (i, (h, mark)) in marks.iter().enumerate() {
            let ends_clause = matches!(mark, Mark::Stop | Mark::Hard);
            if !ends_clause
                && !matches!(mark, Mark::Comma | Mark::Colon | Mark::Pause | Mark::Open | Mark::Close)
            {
                continue;
            }
            self.push_phrase(text, (at, h.start), clause, &marks[from..i]);
            (at, from) = (h.end, i + 1);
            if ends_clause {
                carry = self.close_clause(first, marks, carry);
                if *mark == Mark::Stop {
                    carry = Role::Unknown;
                }
                clause += u32::from(self.phrases.len() > first);
                first = self.phrases.len();
            }
        }
        self.push_phrase(text, (at, text.len() as u32), clause, &marks[from.min(marks.len())..]);
        self.close_clause(first, marks, carry);
        if !self.branches.is_empty() {
            for p in &mut self.phrases {
                p.branch = overlapped(&self.branches, p.start, p.end);
            }
        }
    }

    fn push_phrase(&mut self, text: &str, (start, end): (u32, u32), clause: u32, marks: &[(Hit, Mark)]) {
        let body = &text[start as usize..end as usize];
        if body.trim().is_empty() {
            return;
        }
        let (verbs, only, front) = verbs_of(body, start, marks);
        self.verbs.push(verbs);
        self.only.push(only);
        self.front.push(front);
        let phrase = Phrase { start, end, clause, role: Role::Unknown, branch: false, own: verbs != 0 };
        self.phrases.push(phrase);
    }

    /// Gives every phrase of the clause that begins at phrase `first` its role; the result is carried to the next
    /// clause when this one was a heading such as `生产:`.
    fn close_clause(&mut self, first: usize, marks: &[(Hit, Mark)], carry: Role) -> Role {
        let n = self.phrases.len();
        if first == n {
            return carry;
        }
        let lead = (first..n).take_while(|&k| self.only[k]).count();
        let pending = self.verbs[first..first + lead].iter().fold(0, |a, v| a | v);
        if first + lead < n {
            // "生产、销售:A、B" and "生产、销售A、B": the verbs in front belong to the first goods.
            self.verbs[first + lead] |= pending;
            self.front[first + lead] |= lead > 0;
            // "A、B的研发、生产、销售": bare verbs belong to the goods before them.
            let mut goods = first + lead;
            for k in first + lead..n {
                if self.only[k] {
                    self.verbs[goods] |= self.verbs[k];
                } else {
                    goods = k;
                }
            }
        }
        let none = self.verbs[first..n].iter().all(|v| *v == 0);
        // Verbs at the head of a phrase reach forward, verbs at its end reach back over phrases without one.
        let mut reach = 0;
        for k in first..n {
            let own = self.verbs[k];
            if own != 0 && !(self.only[k] && k >= first + lead) {
                reach = if self.front[k] { own } else { 0 };
            }
            let ahead = || (k..n).find(|&j| self.verbs[j] != 0).filter(|&j| !self.front[j]);
            let bits = match own {
                0 if reach != 0 => reach,
                0 => ahead().map_or(0, |j| self.verbs[j]),
                _ => own,
            };
            self.phrases[k].role = if none { carry } else { role_of(bits) };
            self.phrases[k].own = own != 0;
        }
        let end = self.phrases[first + lead.max(1) - 1].end;
        let heading = lead > 0 && marks.iter().any(|(h, m)| *m == Mark::Colon && h.start == end);
        match (heading, none) {
            (true, _) => role_of(pending),
            (false, true) => carry,
            (false, false) => Role::Unknown,
        }
    }
}

/// Sorts marks, keeps the longest of overlapping ones, drops those that are part of a word or mean nothing here.
fn tidy_marks(text: &str, marks: &mut Vec<(Hit, Mark)>, hits: &[Hit]) {
    marks.sort_unstable_by_key(|(h, _)| (u64::from(h.start) << 32) | u64::from(u32::MAX - h.end));
    let mut end = 0;
    let mut hit = 0;
    let bytes = text.as_bytes();
    marks.retain(|(h, mark)| {
        if h.start < end {
            return false;
        }
        let (s, e) = (h.start as usize, h.end as usize);
        let keep = match mark {
            Mark::ExceptFrom => begins_exception(&text[..s], &text[e..]),
            // A list number: not the tail of a longer number or name, not a decimal.
            Mark::Hard if bytes[s].is_ascii_digit() => {
                (s == 0 || !bytes[s - 1].is_ascii_alphanumeric())
                    && !(bytes[e - 1] == b'.' && bytes.get(e).is_some_and(u8::is_ascii_digit))
            }
            Mark::Hard if text[s..e].chars().count() == 2 && text[s..e].ends_with('、') => {
                s == 0 || !text[..s].chars().next_back().is_some_and(char::is_alphanumeric)
            }
            // 造 alone only ends a phrase ("船舶修、造").
            Mark::Verb(_) if e - s == 3 => {
                text[e..].chars().next().is_none_or(|c| matches!(c, '、' | ',' | ';' | '。' | ')'))
            }
            // A mark inside a word (制造 in 智能制造装备, 、 in 轴承、齿轮和传动部件) is part of it; a verb at its end counts.
            _ => {
                while hit < hits.len() && hits[hit].end <= h.start {
                    hit += 1;
                }
                let verb = matches!(mark, Mark::Verb(_));
                let inside = |w: &&Hit| w.start <= h.start && (h.end < w.end || (!verb && h.end == w.end));
                hits[hit..].iter().take_while(|w| w.start <= h.start).find(inside).is_none()
            }
        };
        if keep {
            end = h.end;
        }
        keep
    });
}

/// The verbs of a phrase as bits, whether it holds nothing else, and whether one stands at its head.
fn verbs_of(body: &str, start: u32, marks: &[(Hit, Mark)]) -> (u8, bool, bool) {
    if !marks.iter().any(|(_, m)| matches!(m, Mark::Verb(_))) {
        return (0, false, false);
    }
    let (mut strong, mut weak, mut headed) = (0u8, 0u8, false);
    let lead = body.len() - body.trim_start().len();
    let mut front = start as usize + lead;
    if marks.first().is_some_and(|(h, _)| h.start as usize != front) {
        front += lead_in(body.trim_start());
    }
    let mut field_of = false;
    for (i, (h, mark)) in marks.iter().enumerate() {
        let verb = match mark {
            Mark::FieldOf => {
                field_of = true;
                continue;
            }
            Mark::Verb(v) => *v,
            _ => continue,
        };
        let bit = if field_of && verb == Verb::Make { Verb::Serve.bit() } else { verb.bit() };
        let after = &body[(h.end - start) as usize..];
        let next_verb =
            marks[i + 1..].first().is_some_and(|(n, m)| n.start == h.end && matches!(m, Mark::Verb(_)));
        let at_front = h.start as usize <= front;
        if at_front || next_verb || closes_verb(after) {
            strong |= bit;
            if at_front {
                headed = true;
                let joint =
                    after.chars().next().filter(|c| matches!(c, '及' | '和' | '与' | '并' | '或' | '兼'));
                front = h.end as usize + joint.map_or(0, char::len_utf8);
            }
        } else if !after.starts_with(NOUN_AFTER_VERB) {
            weak |= bit;
        }
    }
    let verbs = if strong != 0 { strong } else { weak };
    (verbs, verbs != 0 && only_joints(body, start, marks), headed)
}

/// Whether nothing but joints (及, 的, 业务 …) stands beside the verbs of a phrase.
fn only_joints(body: &str, start: u32, marks: &[(Hit, Mark)]) -> bool {
    let joint = |text: &str| {
        text.chars().all(|c| {
            matches!(
                c,
                '及' | '和'
                    | '与'
                    | '并'
                    | '或'
                    | '兼'
                    | '等'
                    | '的'
                    | '其'
                    | '之'
                    | '以'
                    | '业'
                    | '务'
                    | '相'
                    | '关'
                    | '从'
                    | '事'
                    | '一'
                    | '体'
                    | '化'
                    | ' '
            )
        })
    };
    let mut at = 0;
    for (h, _) in marks.iter().filter(|(_, m)| matches!(m, Mark::Verb(_))) {
        if !joint(&body[at..(h.start - start) as usize]) {
            return false;
        }
        at = (h.end - start) as usize;
    }
    joint(&body[at..])
}

/// What may stand after a verb that ends its phrase.
fn closes_verb(after: &str) -> bool {
    let after = after.trim_start();
    let Some(c) = after.chars().next() else { return true };
    "及和与并或兼等".contains(c)
        || after.starts_with("业务")
        || after.starts_with("服务")
        || after.starts_with("经营")
}

/// After one of these a verb is part of a noun: 生产设备, 制造技术, 加工中心.
const NOUN_AFTER_VERB: [char; 20] = [
    '设', '装', '机', '技', '工', '线', '用', '业', '型', '商', '基', '企', '厂', '车', '废', '所', '过',
    '中', '系', '提',
];

const LEAD_INS: [&str; 14] = [
    "主要从事",
    "专业从事",
    "从事",
    "主要",
    "主营",
    "兼营",
    "专业",
    "承接",
    "自主",
    "提供",
    "国内",
    "一般",
    "负责",
    "依法",
];

/// Bytes of a lead-in such as 从事 at the head of a phrase.
fn lead_in(body: &str) -> usize {
    LEAD_INS.iter().find(|p| body.starts_with(**p)).map_or(0, |p| p.len())
}

fn role_of(bits: u8) -> Role {
    match bits {
        0 => Role::Unknown,
        b if b & Verb::Make.bit() != 0 => Role::Maker,
        b if b & Verb::Trade.bit() != 0 => Role::Trader,
        _ => Role::Service,
    }
}

/// Whether 除 opens an exception: not 清除, not 除尘.
fn begins_exception(before: &str, after: &str) -> bool {
    let joined_before =
        before.chars().next_back().is_some_and(|c| "清拆消扫去解免废脱铲切排破根剔移删".contains(c));
    let joined_after = after
        .chars()
        .next()
        .is_some_and(|c| "尘湿草雪锈臭菌油渣水鳞甲氧硫铁味霜冰雾垢害虫磷气铬氟".contains(c));
    !joined_before && !joined_after
}

/// Whether 外 closes an exception: 除…外, … / 除…外的… / at the end.
fn ends_exception(after: &str) -> bool {
    after.chars().next().is_none_or(|c| "的,、;。):".contains(c) || c.is_whitespace())
}

fn covered(ranges: &[(u32, u32)], start: u32, end: u32) -> bool {
    ranges.iter().any(|&(s, e)| s <= start && end <= e)
}

fn overlapped(ranges: &[(u32, u32)], start: u32, end: u32) -> bool {
    ranges.iter().any(|&(s, e)| s < end && start < e)
}
