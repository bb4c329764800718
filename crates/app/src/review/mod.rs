//! `/reviews`: what waits for a department, its answers, and the rounds of a project.

pub mod answer;
pub mod list;
pub mod round;
