//! The app's one integration test program: a list of modules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod tidy;
