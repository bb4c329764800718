//! `landfall figure` and `landfall report verify`

use crate::cli::{Place, print_json};
use crate::figure::answer;
use crate::figure::bridge::{self, moment};
use crate::report::export::{self, Order, Template};
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use domain::figure::{Period, sentence, value_words};
use domain::role::Lang;
use jiff::civil::Date;
use std::path::PathBuf;
use store::Actor;

/// Print a figure with its rows, its definition and its cut-off.
#[derive(Debug, Args)]
pub struct FigureArgs {
    /// Id of the figure, e.g. `signed`; a name that is none lists those that exist
    name: String,
    /// The year
    #[arg(long)]
    year: i16,
    /// The month; the whole year when left out
    #[arg(long)]
    month: Option<i8>,
    /// Only facts recorded up to the end of this day (Asia/Shanghai)
    #[arg(long)]
    as_of: Option<Date>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the special report of the figure to this file (XLSX)
    #[arg(long, conflicts_with = "json")]
    xlsx: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
///
/// # Errors
/// No such figure or period, or the instance cannot be opened.
pub async fn run(args: FigureArgs) -> Result<()> {
    let period =
        Period::new(args.year, args.month).map_err(|e| anyhow::anyhow!("--year and --month take {e}"))?;
    let app = args.place.open().await?;
    let (report, cut) =
        answer::one(&app, &args.name, period, args.as_of).await.map_err(|e| e.into_cause())?;
    if let Some(file) = &args.xlsx {
        let asked = bridge::question(&app, period, args.as_of).await?;
        let order = Order {
            actor: Actor::Cli,
            by: "landfall figure".into(),
            zone: app.zone_name(Lang::Zh).await.map_err(|e| e.into_cause())?,
            lang: Lang::Zh,
            template: Template::Special,
            figure: args.name.clone(),
        };
        let made = export::make(&app, &order, &asked).await.map_err(|e| e.into_cause())?;
        std::fs::write(file, &made.bytes).with_context(|| file.display().to_string())?;
        say!("{}", file.display());
        return Ok(());
    }
    let line = report.lines.first().context("the report has no line")?;
    if args.json {
        return print_json(&answer::answer(line, period, cut.at.to_string()));
    }
    let d = &line.definition;
    say!("{} ({}) {}: {}", d.zh, d.key(), period.names().0, value_words(d, answer::shown(line), Lang::Zh));
    say!("{}", sentence(d, Lang::Zh));
    say!(
        "cut-off {}; {} rows, {} left out, {} undecided",
        moment(cut.at),
        line.total.rows.len(),
        line.total.left_out.len(),
        line.total.faults.len()
    );
    for row in answer::rows(line, period) {
        let yuan = row.yuan.map_or_else(|| "—".to_string(), |y| y.to_string());
        say!("{}  {}  {}  {yuan}  {}", row.counts, row.code, row.tier.as_str(), row.name);
    }
    Ok(())
}

/// Closed periods.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Compute every closed period again and compare its bytes with what was kept; fails on a difference
    Verify {
        /// Where the instance keeps its data.
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// A closed report is not what it was.
pub async fn run_report(command: ReportCommand) -> Result<()> {
    let ReportCommand::Verify { place } = command;
    let app = place.open().await?;
    let mut bad = 0;
    let periods = app.store.periods().await?;
    for closing in &periods {
        let sealed = bridge::sealed(&app, closing).await.map_err(|e| e.into_cause())?;
        let period = sealed.report.period.code();
        let state = match sealed.same {
            Some(true) => "same",
            Some(false) => "DIFFERENT",
            None => "NOT SEALED",
        };
        bad += usize::from(sealed.same != Some(true));
        say!("{period} edition {}: {state} {}", closing.edition, sealed.sha256);
    }
    if bad > 0 {
        bail!(
            "{bad} of {} closed reports are not what they were; compare the journal (`landfall audit verify`) and a backup",
            periods.len()
        );
    }
    say!("{} closed reports are what they were", periods.len());
    Ok(())
}
