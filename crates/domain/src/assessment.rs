//! The yearly assessment of officers (能上能下、能进能出、能高能低) as a published formula: what is read, how it becomes points.
//!
//! A formula is data ([`Formula`], read from TOML by [`parse`]); [`assess`] turns what people have into sheets that show every
//! step. All numbers are integers: points and percentages in hundredths, money in yuan, counts in thousandths, because a
//! project may be shared in per mille. Each step is rounded half up to what is shown, so that anybody can follow it on paper.

mod gather;
mod read;
mod reading;
mod score;
#[cfg(test)]
mod tests;

pub use gather::{Gather, Values, add};
pub use read::{Fault, parse};
pub use reading::{READINGS, Reading, ReadingUnit, reading};
pub use score::{Inputs, Note, Row, Score, Sheet, Value, assess, months, ranks};

use jiff::civil::Date;
use serde::Serialize;

/// The formula that a zone starts with.
pub const SAMPLE: &str = include_str!("../data/assessment.toml");

/// A formula without a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Formula {
    /// What people call this version, as `2026.1`.
    pub version: String,
    /// The first day it holds; a year is assessed by the newest formula that holds on its last day.
    pub since: Date,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// What it is for, in Chinese.
    pub about: String,
    /// What it is for, in English.
    pub about_en: String,
    /// Groups, in the order of the file.
    pub groups: Vec<Group>,
    /// Items, in the order of the file.
    pub items: Vec<Item>,
    /// Grades, the highest first; may be empty.
    pub grades: Vec<Grade>,
}

/// Items that are weighed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Stable id.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Points in all, in hundredths; the points of its items.
    pub points: i64,
    /// Where the weight comes from.
    pub source: String,
}

/// One thing that earns points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Stable id.
    pub id: String,
    /// Index of its group.
    pub group: usize,
    /// Whether it looks at the work done or at what came of it.
    pub part: Part,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// What it reads: an id of [`READINGS`].
    pub reads: String,
    /// The most it earns, in hundredths of a point.
    pub points: i64,
    /// How what is read becomes points.
    pub method: Method,
    /// Where the rule comes from.
    pub source: String,
}

/// Whether an item looks at the work done or at what came of it. A formula needs both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 过程
    Process,
    /// 结果
    Result,
}

/// How what is read becomes a share of an item's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// What was done by the target, at most all of it.
    Ratio {
        /// Where the target comes from.
        target: Target,
    },
    /// 功效系数: `floor + (100 − floor) × (x − min) / (max − min)` percent among all who are assessed; all of it when max = min.
    Efficacy {
        /// What the least earns, in percent (60 in the usual form).
        floor: i64,
        /// Whether a person who has nothing earns nothing instead of the floor.
        zero_earns_nothing: bool,
    },
    /// A share of what one signed oneself in the year, as the share of signed projects that started in the same year.
    CohortRate,
}

/// Where the target of a ratio comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The yearly target agreed with the person.
    Agreed,
    /// The same for everybody, for the year (whole units of the reading).
    Year(i64),
    /// The same for everybody, for each month that has begun (whole units of the reading).
    Month(i64),
}

/// What a total leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// The least total, in hundredths of a point.
    pub at_least: i64,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// What follows from it, in Chinese.
    pub follows: String,
    /// What follows from it, in English.
    pub follows_en: String,
}

impl Formula {
    /// All points, in hundredths.
    #[must_use]
    pub fn points(&self) -> i64 {
        self.groups.iter().map(|g| g.points).sum()
    }

    /// The grade of a total in hundredths; `None` when the formula names no grades.
    #[must_use]
    pub fn grade(&self, total: i64) -> Option<&Grade> {
        self.grades.iter().find(|g| total >= g.at_least)
    }
}
