//! Closed periods (上报): pages.
