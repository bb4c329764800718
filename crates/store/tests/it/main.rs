//! The store against real databases: SQLite always, PostgreSQL when one can be had.

mod faults;
mod migrations;
mod story;
mod world;
