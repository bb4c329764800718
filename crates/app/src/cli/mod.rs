//! The command line: one file per command.

/// Prints a line of a command's answer; see [`line`].
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::line(&format!($($text)*)) };
}

pub mod audit;
pub mod backup;
pub mod chain;
pub mod demo;
pub mod eval;
pub mod evidence;
pub mod figure;
pub mod generate;
pub mod import;
pub mod import_projects;
pub mod map;
pub mod resolve;
pub mod serve;
pub mod targets;
pub mod two_zones;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Landfall 落地: find the gaps of a zone's industry chains and whom to invite, with reasons.
#[derive(Debug, Parser)]
#[command(name = "landfall", version = env!("CARGO_PKG_VERSION"))]
pub struct Cli {
    /// The command; `demo` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the sample zone and serve it (what plain `landfall` does)
    Demo(demo::Demo),
    /// Serve a zone
    Serve(serve::Serve),
    /// Import a company list or a table of projects: CSV, XLSX, JSON lines, or `-` for standard input
    Import(import::ImportArgs),
    /// Say which company a name means
    Resolve(resolve::Resolve),
    /// Print the chain map of a zone or of a city
    Map(map::MapArgs),
    /// Print the ranked targets of a zone or of a city
    Targets(targets::TargetsArgs),
    /// Check, learn or import a chain file
    #[command(subcommand)]
    Chain(chain::ChainCommand),
    /// Make a synthetic registry for measuring
    Generate(generate::Generate),
    /// Repeat a measure: names, placement, gaps
    #[command(subcommand)]
    Eval(eval::Eval),
    /// Print a figure with its rows, its definition and its cut-off
    Figure(figure::FigureArgs),
    /// Verify closed reports
    #[command(subcommand)]
    Report(figure::ReportCommand),
    /// Read or verify the journal
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Check the files that prove facts
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Make a backup, while the server runs
    Backup(backup::Backup),
    /// Restore a backup into an empty place
    Restore(backup::Restore),
}

/// Where an instance keeps its data.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Folder of the database, snapshots and uploads
    #[arg(long, default_value = "landfall-data")]
    pub data_dir: PathBuf,
    /// A PostgreSQL address instead of the embedded database: postgres://user:password@host/name
    #[arg(long)]
    pub database: Option<String>,
}

impl Place {
    /// The configuration of an instance here.
    #[must_use]
    pub fn config(&self, listen: SocketAddr, sample: bool, https: bool) -> crate::config::Config {
        crate::config::Config {
            data_dir: self.data_dir.clone(),
            listen,
            database: self.database.clone(),
            sample,
            https,
            trust_proxy: false,
            public: None,
            sm2: false,
            coop_every: crate::config::COOP_EVERY,
        }
    }

    /// Opens the instance without serving it.
    ///
    /// # Errors
    /// The folder, the database or the snapshot cannot be opened.
    pub async fn open(&self) -> Result<crate::app::App> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        serve::open(self.config(nowhere, demo::is_sample(&self.data_dir), false)).await
    }
}

/// Runs a command.
///
/// # Errors
/// Whatever the command reports.
pub fn run(cli: Cli) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LANDFALL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,app=info,landfall=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match cli.command.unwrap_or_else(|| Command::Demo(demo::Demo::default())) {
        Command::Demo(args) => asynchronous(demo::run(args)),
        Command::Serve(args) => asynchronous(serve::run(args)),
        Command::Import(args) => asynchronous(import::run(args)),
        Command::Resolve(args) => asynchronous(resolve::run(args)),
        Command::Map(args) => asynchronous(map::run(args)),
        Command::Targets(args) => asynchronous(targets::run(args)),
        Command::Chain(command) => chain::run(&command),
        Command::Generate(args) => generate::run(&args),
        Command::Eval(eval) => eval::run(&eval),
        Command::Figure(args) => asynchronous(figure::run(args)),
        Command::Report(command) => asynchronous(figure::run_report(command)),
        Command::Audit(command) => asynchronous(audit::run(command)),
        Command::Evidence(command) => asynchronous(evidence::run(command)),
        Command::Backup(args) => asynchronous(backup::backup(args)),
        Command::Restore(args) => asynchronous(backup::restore(args)),
    }
}

fn asynchronous(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(work)
}

/// Writes a line to standard output. A reader that has seen enough (`| head`) ends the program quietly.
pub fn line(text: &str) {
    use std::io::Write as _;
    if let Err(error) = writeln!(std::io::stdout(), "{text}") {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        eprintln!("landfall: cannot write to standard output: {error}");
        std::process::exit(1);
    }
}

/// Prints a value as indented JSON.
///
/// # Errors
/// It cannot be written as JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_valid() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
