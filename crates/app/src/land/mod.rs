//! `/land` and `/projects/{id}/match`: the map of the zone's ground, finding places for a project, and the programme that prepares ground.

pub mod allocate;
mod bonds;
mod clocks;
pub mod evaluation;
pub mod find;
pub mod map;
pub mod programme;
