//! Signing in and out, the one-time link, and display choices.

pub mod api;
pub mod password;
pub mod preferences;
pub mod sign_in;
pub mod throttle;
pub mod welcome;
