//! Weights of [`super::FEATURES`], one set for short names and one for whole names.
//!
//! Fitted as a conditional logit over the compared names and "none of them" (whose sum is 0), each query once with
//! its company in the pool and once, at weight 0.3, without; penalty ½·|w|², at most 3 for "name by shares" so that
//! unlisted companies keep a chance. "Same branch" and "hint agrees" do not occur in those queries and are set by hand.

use super::compare::Features;

/// For queries without a form of organisation, or with 股份 alone.
#[rustfmt::skip]
pub(super) const SHORT: Features = [
    -19.10, 3.96, 5.23, 2.11, 1.64, 0.80, -0.73, 0.08, 0.99, 0.13, -0.13, -0.08, -3.55, -1.11, -0.74,
    -0.30, 2.51, 3.00, 1.78, -6.91, 2.00, -0.01, 1.91, 4.86, 0.10, 0.87, 0.79, -0.31, -0.17, 2.00,
];

/// For queries that name their form.
#[rustfmt::skip]
pub(super) const WHOLE: Features = [
    -10.81, 0.88, 1.69, -0.55, 2.68, 0.86, -0.49, 1.03, 0.31, -0.28, -0.06, 0.71, -3.38, 0.57, 2.91,
    -1.82, -0.32, 3.00, 0.30, -4.23, 2.00, 0.22, 1.04, 3.03, 0.00, 0.12, 1.06, -0.71, -0.23, 2.00,
];
