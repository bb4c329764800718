//! The binary as a library, so that the tests reach its modules.
#![forbid(unsafe_code)]

//! The binary as a library.

pub mod account;
pub mod api;
pub mod app;
pub mod audit;
pub mod backup;
pub mod capital;
pub mod chain;
pub mod cli;
pub mod clock;
pub mod company;
pub mod config;
pub mod cooperation;
pub mod dataspace;
pub mod desk;
pub mod document;
pub mod event;
pub mod evidence;
pub mod figure;
pub mod import;
pub mod intake;
pub mod inventory;
pub mod land;
pub mod lead;
pub mod ledger;
pub mod offer;
pub mod overview;
pub mod plan;
pub mod policy;
pub mod project;
pub mod report;
pub mod review;
pub mod rules;
pub mod sample;
pub mod scenario;
pub mod settings;
pub mod target;
pub mod team;
pub mod text;
pub mod view;
pub mod web;
pub mod world;
