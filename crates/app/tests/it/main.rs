//! The program as its users meet it: pages, roles, imports, crashes, commands, a browser; and the tree itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]
#![expect(clippy::disallowed_methods, reason = "waiting for other programs has a deadline")]

mod account;
mod api;
mod browser;
mod chains;
mod cli;
mod companies;
mod conformance;
mod cooperation;
mod crash;
mod database;
mod dataspace_pages;
mod events;
mod exports;
mod imports;
mod inventory;
mod kit;
mod leads;
mod offers;
mod pages;
mod people;
mod plan_browser;
mod programs;
mod project_imports;
mod projects;
mod proof;
mod reviews;
mod roles;
mod settings;
mod story;
mod stubborn;
mod targets;
mod team;
mod tidy;
mod week;
mod week_browser;
mod world;
