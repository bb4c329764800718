//! How alike two segment names are: shared characters, pairs of characters and path parts.

use std::collections::{HashMap, HashSet};

/// Likeness of every two names as a symmetric matrix (row by row): 0 (nothing shared) to 1, the diagonal 0.
///
/// The square of the cosine between inverse-frequency weighted sets of characters and pairs of characters (in
/// Latin script: of whole words and their three-letter pieces' pairs would add little, so they are treated
/// alike). The square lets a few close relatives outweigh many faint ones. Of a path `A/B/C` the shared head is
/// itself a long shared text, so relatives under one head are alike.
pub(super) fn likeness(names: &[String]) -> Vec<f64> {
    let n = names.len();
    let mut holders: HashMap<(char, char), Vec<usize>> = HashMap::new();
    for (i, name) in names.iter().enumerate() {
        for piece in pieces(name) {
            holders.entry(piece).or_default().push(i);
        }
    }
    // A fixed order of addition, so that one file gives one result to the last bit.
    let mut sorted: Vec<_> = holders.into_iter().collect();
    sorted.sort_unstable_by_key(|(piece, _)| *piece);
    let mut dot = vec![0.0; n * n];
    for (_, list) in &sorted {
        let weight = (n as f64 / list.len() as f64).ln().powi(2);
        for &a in list {
            for &b in list {
                dot[a * n + b] += weight;
            }
        }
    }
    let norm: Vec<f64> = (0..n).map(|i| dot[i * n + i].sqrt()).collect();
    let mut like = vec![0.0; n * n];
    for a in 0..n {
        for b in 0..n {
            let length = norm[a] * norm[b];
            if a != b && length > 0.0 {
                like[a * n + b] = (dot[a * n + b] / length).powi(2);
            }
        }
    }
    like
}

/// Single characters (paired with NUL) and pairs of neighbours.
fn pieces(name: &str) -> HashSet<(char, char)> {
    let chars: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let single = chars.iter().map(|&c| (c, '\0'));
    single.chain(chars.windows(2).map(|w| (w[0], w[1]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_words_and_shared_heads_are_alike() {
        let names: Vec<String> =
            ["锂电池", "蓄电池", "白酒", "金属/铜", "金属/铝"].iter().map(|s| (*s).to_string()).collect();
        let k = likeness(&names);
        let at = |a: usize, b: usize| k[a * names.len() + b];
        assert!(at(0, 1) > 0.1, "{}", at(0, 1));
        assert!(at(3, 4) > 0.1);
        assert_eq!(at(0, 2), 0.0);
        assert_eq!(at(2, 2), 0.0);
        assert!((at(0, 1) - at(1, 0)).abs() < 1e-12);
    }
}
