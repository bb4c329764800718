//! Bringing a city's own tables of projects in (项目台账, 签约台账): upload, difference row by row, and one transaction once a person agrees.

pub mod choices;
pub mod confirm;
pub mod list;
pub mod plan;
pub mod preview;
mod words;
