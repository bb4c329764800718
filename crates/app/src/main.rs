//! Landfall: parse the command line, run one command.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match app::cli::run(app::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("landfall: {error:#}");
            ExitCode::FAILURE
        }
    }
}
