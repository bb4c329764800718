//! Figures: the bridge from facts to reports, and their pages. [`report`] and [`sealed`] are what exports and programs use.

pub mod answer;
pub mod bridge;
pub mod definitions;
pub mod list;
pub mod rates;
pub mod show;
pub mod words;

pub use bridge::{Cut, Kept, Question, Sealed, cut, in_force, question, report, restated, sealed};
