//! The program as its users meet it: pages, roles, imports, crashes, commands, a browser; and the tree itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]
#![expect(clippy::disallowed_methods, reason = "waiting for other programs has a deadline")]

mod account;
mod browser;
mod chains;
mod cli;
mod companies;
mod crash;
mod database;
mod imports;
mod pages;
mod people;
mod programs;
mod roles;
mod settings;
mod story;
mod targets;
mod tidy;
mod world;
