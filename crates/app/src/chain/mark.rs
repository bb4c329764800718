//! A verdict as pages show it: colour, shape and word.

use crate::text::Lang;
use engine::map::Verdict;

/// A verdict with its style and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub Verdict);

impl Mark {
    /// The stable word in style names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Verdict::Strong => "strong",
            Verdict::Present => "present",
            Verdict::Weak => "weak",
            Verdict::Missing => "missing",
        }
    }
    /// The style class; its shape comes from the style sheet.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self.0 {
            Verdict::Strong => "v-strong",
            Verdict::Present => "v-present",
            Verdict::Weak => "v-weak",
            Verdict::Missing => "v-missing",
        }
    }
    /// The word in the language of a page.
    #[must_use]
    pub fn word(&self, page: &crate::web::chrome::Chrome) -> &'static str {
        self.label(page.lang)
    }
    /// The word.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        match self.0 {
            Verdict::Strong => lang.t("强", "strong"),
            Verdict::Present => lang.t("有", "present"),
            Verdict::Weak => lang.t("弱", "weak"),
            Verdict::Missing => lang.t("缺", "missing"),
        }
    }
}

/// A link to a segment with its verdict.
#[derive(Clone, Debug)]
pub struct SegmentLink {
    /// Id inside its chain.
    pub id: String,
    /// `chain/segment`
    pub href: String,
    /// Name in the reader's language.
    pub name: String,
    /// Name of the chain.
    pub chain: String,
    /// Verdict.
    pub verdict: Mark,
}
