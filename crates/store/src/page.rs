//! A bounded piece of a list.

use domain::limits::PAGE_ROWS;

/// Which rows of a list to answer: at most `limit` after skipping `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    limit: u32,
    offset: u64,
}

impl Page {
    /// `limit` is brought into 1..=[`PAGE_ROWS`].
    #[must_use]
    pub fn new(limit: u32, offset: u64) -> Page {
        Page { limit: limit.clamp(1, PAGE_ROWS), offset }
    }

    /// The first page, as long as a page may be.
    #[must_use]
    pub fn first() -> Page {
        Page::new(PAGE_ROWS, 0)
    }

    /// The page after this one.
    #[must_use]
    pub fn next(self) -> Page {
        Page { offset: self.offset + u64::from(self.limit), ..self }
    }

    /// How many rows at most.
    #[must_use]
    pub fn limit(self) -> i64 {
        i64::from(self.limit)
    }

    /// How many rows to skip.
    #[must_use]
    pub fn offset(self) -> i64 {
        i64::try_from(self.offset).unwrap_or(i64::MAX)
    }
}
