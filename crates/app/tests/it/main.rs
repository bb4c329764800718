//! The program as its users meet it: pages, roles, imports, crashes, commands, a browser; and the tree itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod chains;
mod database;
mod pages;
mod roles;
mod story;
mod targets;
mod tidy;
mod world;
