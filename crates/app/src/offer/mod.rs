//! `/offers`: what the zone offers a company, line by line, against the fair-competition rules.

pub mod check;
pub mod rules;

use crate::text::Lang;
use domain::offer::Verdict;

/// How a verdict looks: class, shape and word, so that colour never stands alone.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Class of the mark.
    pub class: &'static str,
    /// Its shape.
    pub mark: &'static str,
    /// Its word in the reader's language.
    pub word: &'static str,
}

/// The look of a verdict.
#[must_use]
pub fn look(verdict: Verdict, lang: Lang) -> Look {
    let (class, mark) = match verdict {
        Verdict::Pass => ("done", "●"),
        Verdict::Review => ("open", "▲"),
        Verdict::Forbid => ("out", "◆"),
    };
    Look { class, mark, word: lang.t(verdict.zh(), verdict.en()) }
}
