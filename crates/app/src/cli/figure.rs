//! `landfall figure` and `landfall report verify`

use crate::cli::{Place, print_json};
use crate::figure::bridge::{self, moment};
use crate::report::export::{self, Order, Template};
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use domain::figure::{Figure, Line, Period, Tier, sentence, value_words};
use domain::role::Lang;
use jiff::civil::Date;
use serde_json::{Value, json};
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
    let mut asked = bridge::question(&app, period, args.as_of).await?;
    let Some(definition) = asked.definitions.iter().find(|d| d.id == args.name).cloned() else {
        let known: Vec<&str> = asked.definitions.iter().map(|d| d.id.as_str()).collect();
        bail!("there is no figure `{}`; there are {}", args.name, known.join(", "));
    };
    asked.definitions = vec![definition].into();
    if let Some(file) = &args.xlsx {
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
    let report = bridge::report(&app, &asked).await.map_err(|e| e.into_cause())?;
    let line = report.lines.first().context("the report has no line")?;
    if args.json {
        return print_json(&answer(line, period, asked.cut.at.to_string()));
    }
    let d = &line.definition;
    say!("{} ({}) {}: {}", d.zh, d.key(), period.names().0, value_words(d, shown(line), Lang::Zh));
    say!("{}", sentence(d, Lang::Zh));
    say!(
        "cut-off {}; {} rows, {} left out, {} undecided",
        moment(asked.cut.at),
        line.total.rows.len(),
        line.total.left_out.len(),
        line.total.faults.len()
    );
    for row in rows(line, period) {
        let yuan = row.yuan.map_or_else(|| "—".to_string(), |y| y.to_string());
        say!("{}  {}  {}  {yuan}  {}", row.counts, row.code, row.tier.as_str(), row.name);
    }
    Ok(())
}

/// Of a month the month, of a year the year.
fn shown(line: &Line) -> &domain::figure::Values {
    line.month.as_ref().unwrap_or(&line.total.values)
}

fn rows(line: &Line, period: Period) -> impl Iterator<Item = &domain::figure::Row> {
    line.total.rows.iter().filter(move |r| domain::figure::in_period(&line.definition, period, r))
}

/// The JSON of a figure: what scripts, tests and other systems read.
fn answer(line: &Line, period: Period, cut_off: String) -> Value {
    let (d, values) = (&line.definition, shown(line));
    let total: &Figure = &line.total;
    json!({
        "figure": d.id,
        "period": { "from": period.first(), "to": period.last() },
        "cut_off": cut_off,
        "definition": { "id": d.id, "version": d.version, "text": sentence(d, Lang::Zh), "text_en": sentence(d, Lang::En) },
        "value": values.measure(d.measure),
        "count": values.count,
        "amount_yuan": values.yuan,
        "count_30yi": values.tier(Tier::Yi30).count,
        "met": values.met,
        "of": values.of,
        "tiers": values.tiers,
        "to_date": total.values,
        "last_year": line.last_year_month.as_ref().unwrap_or(&line.last_year),
        "rows": rows(line, period).collect::<Vec<_>>(),
        "left_out": total.left_out.iter().filter(|l| period.holds(l.day)).map(|l| json!({
            "project": l.code, "name": l.name, "day": l.day, "reason": l.reason.words().1, "reason_zh": l.reason.words().0,
        })).collect::<Vec<_>>(),
        "undecided": total.faults.iter().map(|f| json!({
            "project": f.code, "name": f.name, "counted": f.counted, "lacks": f.lack.words().1,
        })).collect::<Vec<_>>(),
    })
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
