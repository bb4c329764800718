//! Settings: the zone, weights, chain files, residents, refusals, columns, people.

pub mod chains;
pub mod lists;
pub mod people;
pub mod residents;
pub mod weights;
pub mod zone;

/// A field and what is wrong with it, for the summary on top of a form.
pub type FieldError = (&'static str, String);
