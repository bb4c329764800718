//! Folding a text and finding every word and mark in it, in one pass.

use super::marks::{self, Mark};
use anyhow::{Context, Result};
use daachorse::CharwiseDoubleArrayAhoCorasick;
use domain::chain::fold::fold_char;
use std::collections::HashMap;

/// A text folded for matching, with the way back to the original bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    /// The folded text.
    pub text: String,
    /// `(folded, original)` byte positions after each character whose length changed, ascending.
    anchors: Vec<(u32, u32)>,
}

impl Folded {
    /// Folds `text` into this buffer; at most `u32::MAX` bytes (a longer text is cut at a character).
    pub fn set(&mut self, text: &str) {
        self.text.clear();
        self.anchors.clear();
        let text = &text[..text.floor_char_boundary(u32::MAX as usize / 2)];
        self.text.reserve(text.len());
        let bytes = text.as_bytes();
        let (mut at, mut plain) = (0, 0);
        while at < bytes.len() {
            // Han characters (lead bytes E4 to E9) and lower-case ASCII never change: copied in runs.
            let b = bytes[at];
            if (0xe4..=0xe9).contains(&b) {
                at += 3;
                continue;
            }
            if b < 0x80 && !b.is_ascii_uppercase() {
                at += 1;
                continue;
            }
            self.text.push_str(&text[plain..at]);
            let c = text[at..].chars().next().unwrap_or(' ');
            let folded = fold_char(c);
            self.text.push(folded);
            at += c.len_utf8();
            plain = at;
            if folded.len_utf8() != c.len_utf8() {
                self.anchors.push((self.text.len() as u32, at as u32));
            }
        }
        self.text.push_str(&text[plain..]);
    }

    /// The original byte position of a folded one that lies on a character boundary.
    pub fn original(&self, folded: u32) -> u32 {
        match self.anchors.partition_point(|&(f, _)| f <= folded) {
            0 => folded,
            n => {
                let (f, o) = self.anchors[n - 1];
                o + (folded - f)
            }
        }
    }
}

/// One occurrence: a pattern and its place in the folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub start: u32,
    pub end: u32,
    pub pattern: u32,
}

/// All patterns in one automaton: the words first, then the marks.
pub(super) struct Matcher {
    automaton: CharwiseDoubleArrayAhoCorasick<u32>,
    words: Vec<String>,
    /// Per word: whether its first and last character need a boundary.
    edges: Vec<(bool, bool)>,
    /// Word index per pattern, or none for a bare mark.
    kinds: Vec<(Option<u32>, Option<Mark>)>,
}

impl Matcher {
    /// Builds the automaton over distinct folded `words`.
    pub fn new(words: Vec<String>) -> Result<Matcher> {
        let mut kinds: Vec<(Option<u32>, Option<Mark>)> = Vec::new();
        let mut patterns: Vec<String> = words.clone();
        let mut at: HashMap<String, usize> = HashMap::new();
        for (i, w) in words.iter().enumerate() {
            kinds.push((Some(u32::try_from(i)?), None));
            at.insert(w.clone(), i);
        }
        for (pattern, mark) in marks::all() {
            match at.get(&pattern) {
                Some(&i) => kinds[i].1 = Some(mark),
                None => {
                    at.insert(pattern.clone(), patterns.len());
                    patterns.push(pattern);
                    kinds.push((None, Some(mark)));
                }
            }
        }
        let numbered = patterns.iter().enumerate().map(|(i, p)| (p.as_str(), i as u32));
        let automaton = CharwiseDoubleArrayAhoCorasick::with_values(numbered)
            .map_err(|e| anyhow::anyhow!("{e}"))
            .context("building the automaton of the chains' words")?;
        let edges = words.iter().map(|w| edges_of(w)).collect();
        Ok(Matcher { automaton, words, edges, kinds })
    }

    /// The distinct folded words, by index.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Bytes of the automaton.
    pub fn bytes(&self) -> usize {
        self.automaton.heap_bytes()
    }

    /// Every occurrence of a word (index into [`Self::words`]) and of a mark, in the order of their ends.
    pub fn scan(&self, text: &str, words: &mut Vec<Hit>, marks: &mut Vec<(Hit, Mark)>) {
        words.clear();
        marks.clear();
        for m in self.automaton.find_overlapping_iter(text) {
            let (start, end) = (m.start() as u32, m.end() as u32);
            let (word, mark) = self.kinds[m.value() as usize];
            if let Some(mark) = mark {
                marks.push((Hit { start, end, pattern: 0 }, mark));
            }
            if let Some(pattern) = word
                && self.stands_alone(pattern, text, m.start(), m.end())
            {
                words.push(Hit { start, end, pattern });
            }
        }
    }

    /// Whether a word that begins or ends with a Latin letter or digit is not a part of a longer one.
    fn stands_alone(&self, word: u32, text: &str, start: usize, end: usize) -> bool {
        let (first, last) = self.edges[word as usize];
        let bytes = text.as_bytes();
        let left = first && start > 0 && joined(bytes[start - 1], bytes[start]);
        let right = last && end < bytes.len() && joined(bytes[end - 1], bytes[end]);
        !left && !right
    }
}

fn edges_of(word: &str) -> (bool, bool) {
    let latin = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    (latin(word.as_bytes().first()), latin(word.as_bytes().last()))
}

/// Whether two neighbours belong to one Latin word or one number.
pub(super) fn joined(a: u8, b: u8) -> bool {
    (a.is_ascii_alphabetic() && b.is_ascii_alphabetic()) || (a.is_ascii_digit() && b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::chain::fold::fold;
    use proptest::prelude::*;

    fn naive(words: &[String], text: &str) -> Vec<Hit> {
        let b = text.as_bytes();
        let mut out = Vec::new();
        for (i, w) in words.iter().enumerate() {
            let mut from = 0;
            while let Some(k) = text[from..].find(w.as_str()) {
                let (s, e) = (from + k, from + k + w.len());
                from = s + text[s..].chars().next().map_or(1, char::len_utf8);
                let left = s > 0 && joined(b[s - 1], b[s]);
                let right = e < b.len() && joined(b[e - 1], b[e]);
                if !left && !right {
                    out.push(Hit { start: s as u32, end: e as u32, pattern: i as u32 });
                }
            }
        }
        out.sort_unstable();
        out
    }

    #[test]
    fn latin_words_need_boundaries() {
        let m = Matcher::new(vec!["ai".into(), "ic".into(), "5g".into(), "lng船".into()]).unwrap();
        let (mut words, mut marks) = (Vec::new(), Vec::new());
        let found =
            |words: &[Hit]| words.iter().map(|h| m.words()[h.pattern as usize].clone()).collect::<Vec<_>>();
        m.scan("paint的ai与basic的ic、45g、5g、lng船", &mut words, &mut marks);
        assert_eq!(found(&words), ["ai", "ic", "5g", "lng船"]);
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_find_finds(
            words in prop::collection::btree_set("[船电机a1制造]{2,4}", 1..12),
            text in "[船电机a1制造、；(除外)Ａ]{0,60}",
        ) {
            let words: Vec<String> = words.into_iter().collect();
            let m = Matcher::new(words.clone()).unwrap();
            let mut folded = Folded::default();
            folded.set(&text);
            prop_assert_eq!(&folded.text, &fold(&text));
            let (mut hits, mut marks) = (Vec::new(), Vec::new());
            m.scan(&folded.text, &mut hits, &mut marks);
            hits.sort_unstable();
            prop_assert_eq!(&hits, &naive(&words, &folded.text));
            for h in hits {
                let (s, e) = (folded.original(h.start) as usize, folded.original(h.end) as usize);
                prop_assert_eq!(fold(&text[s..e]), words[h.pattern as usize].clone());
            }
        }

        #[test]
        fn any_text_folds_and_maps_back(text in "\\PC{0,80}") {
            let mut folded = Folded::default();
            folded.set(&text);
            prop_assert_eq!(&folded.text, &fold(&text));
            let ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
            let folded_ends = folded.text.char_indices().map(|(i, _)| i).chain([folded.text.len()]);
            for (o, f) in ends.zip(folded_ends) {
                prop_assert_eq!(folded.original(f as u32) as usize, o);
            }
        }
    }
}
