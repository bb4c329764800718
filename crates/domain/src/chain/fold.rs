//! Folding of text before words are compared: width and case, one character to one character.

/// Folds one character: full-width ASCII and the ideographic space to half width, then letters to lower case.
///
/// One character always gives one character, so positions in folded text map back to the original. Characters
/// whose lower case is longer than one character stay as they are.
#[must_use]
pub fn fold_char(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\0'..='\x7f' => c,
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            let narrow = char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c);
            narrow.to_ascii_lowercase()
        }
        // CJK has no case; skipping the table look-up keeps this cheap on Chinese text.
        '\u{2e80}'..='\u{fe4f}' => c,
        _ => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    }
}

/// Folds a whole text with [`fold_char`].
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_case_fold_one_to_one() {
        assert_eq!(fold("ＬＮＧ船（Ａ１）"), "lng船(a1)");
        assert_eq!(fold("\u{3000}Ab"), " ab");
        assert_eq!(fold("İ"), "İ", "a two-character lower case is left alone");
    }
}
