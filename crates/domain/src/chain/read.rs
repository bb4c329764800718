//! From TOML text to raw segments that remember where each value stands.

use super::fault::{Fault, Rule};
use super::{Position, fold::fold};
use crate::limits;
use std::collections::HashSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and its byte offset in the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub value: T,
    pub at: usize,
}

/// A segment as the file has it, before references are resolved.
#[derive(Clone, Debug)]
pub(super) struct RawSegment {
    pub at: usize,
    pub id: Option<At<String>>,
    pub name: String,
    pub name_en: String,
    pub parent: Option<At<String>>,
    /// `None`: the key is absent; `Some(None)`: it is there and wrong.
    pub position: Option<Option<Position>>,
    pub importance: u8,
    pub words: Vec<At<String>>,
    pub exclude: Vec<At<String>>,
    pub industry: Vec<At<String>>,
    pub supplies: Vec<At<String>>,
}

/// A chain file as it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct RawChain {
    pub id: String,
    pub name: String,
    pub name_en: String,
    pub version: String,
    pub about: String,
    pub segments: Vec<RawSegment>,
}

/// Collects faults with byte offsets; lines are worked out once at the end.
pub(super) struct Faults<'t> {
    line_starts: Vec<usize>,
    text: &'t str,
    pub list: Vec<(usize, Fault)>,
    dropped: usize,
}

impl<'t> Faults<'t> {
    pub fn new(text: &'t str) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect::<Vec<_>>();
        Faults { line_starts, text, list: Vec::new(), dropped: 0 }
    }

    pub fn add(&mut self, at: usize, segment: Option<&str>, rule: Rule, message: String) {
        if self.list.len() >= limits::CHAIN_FAULTS {
            self.dropped += 1;
            return;
        }
        let (line, column) = self.line_column(at);
        let fault = Fault { line, column, segment: segment.map(str::to_string), rule, message };
        self.list.push((at, fault));
    }

    pub fn into_sorted(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|(at, _)| *at);
        let mut out: Vec<Fault> = self.list.into_iter().map(|(_, f)| f).collect();
        if self.dropped > 0 {
            let line = self.line_starts.len();
            let message = format!("and {} more faults; correct those above first", self.dropped);
            out.push(Fault { line, column: 1, segment: None, rule: Rule::Limit, message });
        }
        out
    }

    fn line_column(&self, at: usize) -> (usize, usize) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line_starts.partition_point(|&s| s <= at);
        let start = self.line_starts[line - 1];
        (line, self.text[start..at].chars().count() + 1)
    }
}

/// Reads what can be read; everything that is wrong goes to `faults`.
pub(super) fn read(text: &str, faults: &mut Faults<'_>) -> RawChain {
    let (root, errors) = DeTable::parse_recoverable(text);
    for e in &errors {
        let at = e.span().map_or(0, |s| s.start);
        faults.add(at, None, Rule::Syntax, format!("not TOML: {}", e.message().trim()));
    }
    let root = root.get_ref();
    unknown_keys(root, &["format", "id", "name", "name_en", "version", "about", "segment"], None, faults);
    read_format(root, faults);
    let mut chain = RawChain {
        id: text_of(root, "id", 0, None, true, faults).value,
        name: text_of(root, "name", 0, None, true, faults).value,
        name_en: text_of(root, "name_en", 0, None, true, faults).value,
        version: text_of(root, "version", 0, None, true, faults).value,
        about: text_of(root, "about", 0, None, false, faults).value,
        segments: Vec::new(),
    };
    if !chain.id.is_empty() && !is_id(&chain.id) {
        faults.add(offset(root, "id"), None, Rule::BadId, bad_id(&chain.id));
    }
    match root.get("segment").map(|s| (s.span(), s.get_ref())) {
        None => faults.add(
            text.len(),
            None,
            Rule::MissingKey,
            "no segment at all; add at least one [[segment]] table".to_string(),
        ),
        Some((span, DeValue::Array(list))) => {
            if list.len() > limits::CHAIN_SEGMENTS {
                let message = format!(
                    "{} segments; one file holds at most {}, split the chain",
                    list.len(),
                    limits::CHAIN_SEGMENTS
                );
                faults.add(span.start, None, Rule::Limit, message);
            }
            for item in list.iter().take(limits::CHAIN_SEGMENTS) {
                match item.get_ref() {
                    DeValue::Table(t) => chain.segments.push(read_segment(t, &item.span(), faults)),
                    other => wrong_type(item.span().start, None, "segment", "a table", other, faults),
                }
            }
        }
        Some((span, other)) => {
            wrong_type(span.start, None, "segment", "[[segment]] tables", other, faults);
        }
    }
    chain
}

/// Whether `id` is `[a-z0-9-]+` of at most 64 characters, neither beginning nor ending with a dash.
pub(super) fn is_id(id: &str) -> bool {
    let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && (1..=64).contains(&id.len()) && !id.starts_with('-') && !id.ends_with('-')
}

/// What to say of an id that is none.
pub(super) fn bad_id(id: &str) -> String {
    format!("`{id}` is not an id; use 1 to 64 of a-z, 0-9 and inner dashes, e.g. `marine-power`")
}

fn read_format(root: &DeTable<'_>, faults: &mut Faults<'_>) {
    match root.get("format") {
        None => {
            faults.add(0, None, Rule::MissingKey, "`format` is missing; write `format = 1`".to_string());
        }
        Some(v) if v.get_ref().as_integer().is_some_and(|i| i.as_str() == "1") => {}
        Some(v) => faults.add(
            v.span().start,
            None,
            Rule::Format,
            "this program reads format 1 only; write `format = 1`".to_string(),
        ),
    }
}

const SEGMENT_KEYS: [&str; 10] =
    ["id", "name", "name_en", "parent", "position", "importance", "words", "exclude", "industry", "supplies"];

fn read_segment(table: &DeTable<'_>, span: &Range<usize>, faults: &mut Faults<'_>) -> RawSegment {
    let at = span.start;
    let known = table.get("id").and_then(|v| v.get_ref().as_str()).map(str::to_string);
    let seg = known.as_deref();
    unknown_keys(table, &SEGMENT_KEYS, seg, faults);
    let id = text_of(table, "id", at, seg, true, faults);
    if !id.value.is_empty() && !is_id(&id.value) {
        faults.add(id.at, seg, Rule::BadId, bad_id(&id.value));
    }
    let parent = table.contains_key("parent").then(|| text_of(table, "parent", at, seg, true, faults));
    RawSegment {
        at,
        name: text_of(table, "name", at, seg, true, faults).value,
        name_en: text_of(table, "name_en", at, seg, false, faults).value,
        parent: parent.filter(|p| !p.value.is_empty()),
        position: read_position(table, at, seg, faults),
        importance: read_importance(table, seg, faults),
        words: read_words(table, "words", seg, faults),
        exclude: read_words(table, "exclude", seg, faults),
        industry: list_of(table, "industry", seg, faults),
        supplies: list_of(table, "supplies", seg, faults),
        id: (!id.value.is_empty()).then_some(id),
    }
}

fn read_position(
    table: &DeTable<'_>,
    at: usize,
    seg: Option<&str>,
    faults: &mut Faults<'_>,
) -> Option<Option<Position>> {
    if !table.contains_key("position") {
        return None;
    }
    let word = text_of(table, "position", at, seg, true, faults);
    let position = Position::from_word(&word.value);
    if position.is_none() && !word.value.is_empty() {
        let message = format!("`{}` is no position; write 上游, 中游 or 下游", word.value);
        faults.add(word.at, seg, Rule::BadPosition, message);
    }
    Some(position)
}

fn read_importance(table: &DeTable<'_>, seg: Option<&str>, faults: &mut Faults<'_>) -> u8 {
    let Some(v) = table.get("importance") else { return 3 };
    let Some(number) = v.get_ref().as_integer() else {
        wrong_type(v.span().start, seg, "importance", "a whole number", v.get_ref(), faults);
        return 3;
    };
    match u8::from_str_radix(number.as_str(), number.radix()) {
        Ok(n @ 1..=5) => n,
        _ => {
            let message = format!("importance {} is outside 1 (marginal) to 5 (vital)", number.as_str());
            faults.add(v.span().start, seg, Rule::BadImportance, message);
            3
        }
    }
}

/// Reads and checks a list of words: trimmed, 2 to `limits::WORD_CHARS` characters, no clause mark, none twice.
fn read_words(table: &DeTable<'_>, key: &str, seg: Option<&str>, faults: &mut Faults<'_>) -> Vec<At<String>> {
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    let list = list_of(table, key, seg, faults);
    if list.len() > limits::SEGMENT_WORDS {
        let message =
            format!("{} entries in `{key}`; at most {} per segment", list.len(), limits::SEGMENT_WORDS);
        faults.add(list[limits::SEGMENT_WORDS].at, seg, Rule::Limit, message);
    }
    for word in list.into_iter().take(limits::SEGMENT_WORDS) {
        if let Some(why) = word_fault(&word.value) {
            let rule =
                if word.value.chars().count() > limits::WORD_CHARS { Rule::Limit } else { Rule::BadWord };
            faults.add(word.at, seg, rule, why);
        } else if !seen.insert(fold(&word.value)) {
            let message =
                format!("`{}` stands twice in `{key}` (width and case apart); remove one", word.value);
            faults.add(word.at, seg, Rule::DuplicateWord, message);
        } else {
            out.push(word);
        }
    }
    out
}

/// Why a word cannot be used, if so.
pub(super) fn word_fault(word: &str) -> Option<String> {
    let chars = word.chars().count();
    if chars < 2 {
        return Some(format!(
            "the word `{word}` has fewer than 2 characters and would match everywhere; name the thing in full"
        ));
    }
    if chars > limits::WORD_CHARS {
        return Some(format!("a word of {chars} characters; at most {}", limits::WORD_CHARS));
    }
    let mark = word.chars().find(|&c| c.is_control() || "；;。".contains(c));
    mark.map(|c| {
        format!(
            "the word `{word}` holds the mark {c:?} and cannot match inside a clause; split it into words"
        )
    })
}

fn unknown_keys(table: &DeTable<'_>, known: &[&str], seg: Option<&str>, faults: &mut Faults<'_>) {
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if !known.contains(&name) {
            let message = format!("`{name}` is not a key here; the keys are {}", known.join(", "));
            faults.add(key.span().start, seg, Rule::UnknownKey, message);
        }
    }
}

fn text_of(
    table: &DeTable<'_>,
    key: &str,
    table_at: usize,
    seg: Option<&str>,
    required: bool,
    faults: &mut Faults<'_>,
) -> At<String> {
    let Some(v) = table.get(key) else {
        if required {
            faults.add(table_at, seg, Rule::MissingKey, format!("`{key}` is missing; write `{key} = \"…\"`"));
        }
        return At { value: String::new(), at: table_at };
    };
    let at = v.span().start;
    let Some(text) = v.get_ref().as_str() else {
        wrong_type(at, seg, key, "a string", v.get_ref(), faults);
        return At { value: String::new(), at };
    };
    if required && text.trim().is_empty() {
        faults.add(at, seg, Rule::MissingKey, format!("`{key}` is empty; write something in it"));
    }
    At { value: text.trim().to_string(), at }
}

fn list_of(table: &DeTable<'_>, key: &str, seg: Option<&str>, faults: &mut Faults<'_>) -> Vec<At<String>> {
    let Some(v) = table.get(key) else { return Vec::new() };
    let DeValue::Array(list) = v.get_ref() else {
        wrong_type(v.span().start, seg, key, "a list of strings", v.get_ref(), faults);
        return Vec::new();
    };
    let mut out = Vec::with_capacity(list.len());
    for item in list.iter() {
        let item: &Spanned<DeValue<'_>> = item;
        match item.get_ref().as_str() {
            Some(s) => out.push(At { value: s.trim().to_string(), at: item.span().start }),
            None => wrong_type(item.span().start, seg, key, "strings", item.get_ref(), faults),
        }
    }
    out
}

fn offset(table: &DeTable<'_>, key: &str) -> usize {
    table.get(key).map_or(0, |v| v.span().start)
}

fn wrong_type(
    at: usize,
    seg: Option<&str>,
    key: &str,
    want: &str,
    got: &DeValue<'_>,
    faults: &mut Faults<'_>,
) {
    let message = format!("`{key}` takes {want}, not a value of type {}", got.type_str());
    faults.add(at, seg, Rule::WrongType, message);
}
