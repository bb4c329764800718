//! Everything about HTTP that is not a page: the router, sessions, errors, assets, the page frame.

pub mod api;
pub mod assets;
pub mod chrome;
pub mod error;
pub mod form;
pub mod page;
pub mod peer;
pub mod rate;
pub mod router;
pub mod session;
