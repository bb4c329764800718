//! Which absent segment fits a city: a small model over where companies sit, with its reasons.
//!
//! The model ranks the segments that a city does not have. It looks at nothing but places: which company sits on
//! which segments in which city, and what the segments are called. The kinds of evidence ([`Evidence`]) are
//! weighted by a conditional logit that is learnt by hiding the lone company of a segment in a city and asking
//! for that segment back among those the city truly lacks ([`fit`]). A score is the sum of its contributions.
//!
//! The pieces: [`places`] holds companies and counts, `evidence` computes the features of one city, `names`
//! compares segment names, `logit` learns the weights, `model` puts them together.

mod evidence;
mod logit;
pub mod model;
mod names;
pub mod places;

pub use evidence::Evidence;
pub use model::{Contribution, Fit, Model, fit, fit_without};
pub use places::{Counts, Places, Site};
