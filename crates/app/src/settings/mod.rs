//! Settings: the zone, weights, chain files, residents, refusals, columns, people, units, safety, access tokens.

pub mod access;
pub mod chains;
pub mod lists;
pub mod people;
pub mod residents;
pub mod tokens;
pub mod units;
pub mod weights;
pub mod zone;

/// A field and what is wrong with it, for the summary on top of a form.
pub type FieldError = (&'static str, String);
