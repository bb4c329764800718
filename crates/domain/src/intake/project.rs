//! Intake of a city's own tables of projects (项目台账) and signings (签约台账): one row a project.
//!
//! A table has titles above its heading, a heading of one or two rows (签约 over 实际时间 and 统计时间), a unit for all of it (单位：万元) and
//! rows that add up (合计). [`Layout`] finds all that; [`row`] judges one row; [`diff`] says what would become a fact, and what a correction.
//! Nothing here writes.
//!
//! # What rejects a row, and what does not
//! A row is **rejected**, whole and with every fault named, when it has no project name; when an amount, a day, an area or a number is there but
//! cannot be read as exactly one value; when it says a project is signed or further without a day for it; when completion lies before the start;
//! when it contradicts another row about the same project; or when its totals are below what is recorded already.
//!
//! A row is **accepted with a note**, the value left out, when a unit, a person, an event, a chain or a word is not known here.

mod diff;
mod field;
mod layout;
mod row;
mod same;
#[cfg(test)]
mod tests;

pub use diff::{Difference, Mode, Terms, diff};
pub use field::{Field, recognise};
pub use layout::{AreaUnit, Choice, Column, Layout, Measure, is_headed};
pub use row::{Dates, Known, ProjectRow, Reader, Vocabulary, is_no_project, row};
pub use same::likeness;
