//! The store against real databases: SQLite always, PostgreSQL when one can be had.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backup;
mod cooperation;
mod dataspace;
mod facts;
mod faults;
mod inventory;
mod journal;
mod leads;
mod migrations;
mod reviews;
mod story;
mod team;
mod world;
