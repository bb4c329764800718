//! What is wrong with a chain file, and where.

use super::Chain;
use std::fmt;

/// What a check of a chain file yields: the chain when there is no error, and everything to say about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The chain, when `errors` is empty.
    pub chain: Option<Chain>,
    /// Faults that keep the file from being used, in the order of their lines.
    pub errors: Vec<Fault>,
    /// Things worth a look that do not keep the file from being used.
    pub warnings: Vec<Fault>,
}

/// One fault or warning, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1 (for an imported table: the row, the headings being row 1).
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the segment, when it is known.
    pub segment: Option<String>,
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong and what to do, in English.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] ", self.line, self.column, self.rule.code())?;
        if let Some(id) = &self.segment {
            write!(f, "segment `{id}`: ")?;
        }
        f.write_str(&self.message)
    }
}

/// The rules of a chain file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Not TOML.
    Syntax,
    /// More bytes, segments, words or characters than the limits allow.
    Limit,
    /// A key this format does not have.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of another type than the key takes.
    WrongType,
    /// A `format` that this program does not read.
    Format,
    /// An id outside `[a-z0-9-]+`.
    BadId,
    /// Two segments with one id.
    DuplicateId,
    /// A parent that no segment has as its id.
    UnknownParent,
    /// A segment that is its own ancestor.
    ParentCycle,
    /// More than three levels.
    TooDeep,
    /// A first-level segment without a position.
    MissingPosition,
    /// A position other than 上游, 中游, 下游.
    BadPosition,
    /// A segment without children and without words.
    NoWords,
    /// A word that cannot place anything: one character, or a clause mark inside.
    BadWord,
    /// A word twice in one segment.
    DuplicateWord,
    /// A word that the same segment excludes.
    ExcludedWord,
    /// Not a GB/T 4754-2017 code.
    BadIndustry,
    /// An importance outside 1 to 5.
    BadImportance,
    /// `supplies` names a segment that is not there.
    UnknownSupply,
    /// A segment that supplies itself.
    SelfSupply,
    /// A segment named twice in one `supplies`.
    DuplicateSupply,
    /// Warning: one word places a company in two unrelated segments.
    SharedWord,
    /// Warning: a segment supplies nobody and nobody supplies it.
    NoSupply,
    /// Warning: segments supply each other in a circle.
    SupplyCycle,
    /// Warning: no English name.
    NoEnglishName,
    /// A table without a column that it needs, or an imported name that cannot be used.
    Table,
}

impl Rule {
    /// The rule's name in output, e.g. `unknown-parent`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Rule::Syntax => "syntax",
            Rule::Limit => "limit",
            Rule::UnknownKey => "unknown-key",
            Rule::MissingKey => "missing-key",
            Rule::WrongType => "wrong-type",
            Rule::Format => "format",
            Rule::BadId => "bad-id",
            Rule::DuplicateId => "duplicate-id",
            Rule::UnknownParent => "unknown-parent",
            Rule::ParentCycle => "parent-cycle",
            Rule::TooDeep => "too-deep",
            Rule::MissingPosition => "missing-position",
            Rule::BadPosition => "bad-position",
            Rule::NoWords => "no-words",
            Rule::BadWord => "bad-word",
            Rule::DuplicateWord => "duplicate-word",
            Rule::ExcludedWord => "excluded-word",
            Rule::BadIndustry => "bad-industry",
            Rule::BadImportance => "bad-importance",
            Rule::UnknownSupply => "unknown-supply",
            Rule::SelfSupply => "self-supply",
            Rule::DuplicateSupply => "duplicate-supply",
            Rule::SharedWord => "shared-word",
            Rule::NoSupply => "no-supply",
            Rule::SupplyCycle => "supply-cycle",
            Rule::NoEnglishName => "no-english-name",
            Rule::Table => "table",
        }
    }
}
