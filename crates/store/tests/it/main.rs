//! The store against real databases: SQLite always, PostgreSQL when one can be had.

mod faults;
mod story;
mod world;
