//! Weights of [`super::FEATURES`], one set for short names and one for whole names.

use super::compare::Features;

/// For queries without a form of organisation, or with 股份 alone.
pub(super) const SHORT: Features = [
    -6.0, 3.0, 2.0, 1.0, 3.0, 0.5, -0.3, 1.0, 1.0, 1.0, 1.0, 0.5, -2.0, 0.5, 0.0, 0.0, 1.0, 2.0, 0.0, -3.0, 2.0, 0.2, 0.5,
    2.0, 1.0, 1.0, 0.5, -0.5, -0.5, 2.0,
];

/// For queries that name their form.
pub(super) const WHOLE: Features = [
    -6.0, 3.0, 2.0, 1.0, 3.0, 0.5, -0.3, 1.0, 1.0, 1.0, 1.0, 0.5, -2.0, 0.5, 0.0, 0.0, 1.0, 1.0, 0.5, -3.0, 2.0, 0.2, 0.5,
    2.0, 1.0, 1.0, 0.5, -0.5, -0.5, 2.0,
];
