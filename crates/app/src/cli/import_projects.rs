//! `landfall import --kind projects FILE`: the same difference and the same writing as the page's.

use crate::app::App;
use crate::cli::print_json;
use crate::import::project::choices::Choices;
use crate::import::project::confirm::{Failed, write};
use crate::import::project::plan::{Counts, Plan, Verdict, plan};
use crate::import::project::{asks, chosen_unit, why};
use crate::text::Lang;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use domain::intake::project::Mode;
use domain::scope::Scope;
use jiff::civil::Date;
use serde::Serialize;
use store::Actor;

/// What only tables of projects need.
#[derive(Debug, Args)]
pub struct ProjectArgs {
    /// With --kind projects: show the difference and write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --kind projects: the sheet of a workbook
    #[arg(long)]
    sheet: Option<String>,
    /// With --kind projects: the day up to which the table says what holds, YYYY-MM-DD; today when left out
    #[arg(long)]
    as_of: Option<Date>,
    /// With --kind projects: what a value that differs from the recorded one is
    #[arg(long, value_enum, default_value = "correct")]
    differing: Differing,
    /// With --kind projects: the unit of a column that does not name one, as `计划总投资=万元`; may be repeated
    #[arg(long)]
    unit: Vec<String>,
}

/// What a value that differs from the recorded one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Differing {
    /// The record was wrong
    Correct,
    /// It was right, and has changed by the table's day
    Change,
}

#[derive(Serialize)]
struct Printed {
    #[serde(flatten)]
    counts: Counts,
    sheet: Option<String>,
    written: bool,
    rejects: Vec<Reject>,
}

#[derive(Serialize)]
struct Reject {
    row: u64,
    column: String,
    value: String,
    rule: &'static str,
    message: String,
}

/// Runs the command on a file that lies among the uploads.
///
/// # Errors
/// The file cannot be read, a unit is not known, or somebody recorded facts in between.
pub async fn run(app: &App, sha256: &str, name: &str, args: &ProjectArgs, json: bool) -> Result<()> {
    let mode = if args.differing == Differing::Change { Mode::Change } else { Mode::Correct };
    let as_of = args.as_of.unwrap_or_else(|| app.clock.today());
    let mut choices = Choices { sheet: args.sheet.clone(), mode, ..Choices::new(name, as_of) };
    let mut made = made(app, sha256, &choices).await?;
    for unit in &args.unit {
        let Some((heading, name)) = unit.split_once('=') else {
            bail!("--unit {unit}: write COLUMN=UNIT, such as 计划总投资=万元");
        };
        let (column, measure) = chosen_unit(&made, heading, name)?;
        choices.columns.entry(column).or_default().measure = Some(measure);
    }
    if !args.unit.is_empty() {
        made = self::made(app, sha256, &choices).await?;
    }
    let question = asks(&made, Lang::En);
    if !question.is_empty() {
        bail!("{question} (--sheet, --unit COLUMN=UNIT)");
    }
    let counts = made.counts();
    if !args.dry_run {
        match write(app, &Actor::Cli, sha256, &choices, &made).await {
            Ok(_) => {}
            Err(Failed::Stale) => bail!("facts were recorded meanwhile; nothing was written: run it again"),
            Err(Failed::Other(error)) => bail!("{}", error.said(Lang::En)),
        }
    }
    print(&made, counts, !args.dry_run && counts.facts > 0, json)
}

async fn made(app: &App, sha256: &str, choices: &Choices) -> Result<Plan> {
    plan(app, sha256, choices, Scope::All).await.map_err(|e| anyhow::anyhow!("{}", e.said(Lang::En)))
}

fn print(made: &Plan, counts: Counts, written: bool, json: bool) -> Result<()> {
    let rejected = made.rows.iter().filter(|r| r.verdict == Verdict::Rejected).flat_map(|r| &r.faults);
    if json {
        let rejects = rejected.map(|f| Reject {
            row: f.row,
            column: f.heading.clone(),
            value: f.value.clone(),
            rule: f.rule.code(),
            message: f.message_en.clone(),
        });
        let rejects = rejects.collect();
        return print_json(&Printed { counts, sheet: made.table.sheet.clone(), written, rejects });
    }
    if let Some(sheet) = &made.table.sheet {
        say!("sheet     {sheet}");
    }
    say!("read      {}", counts.read);
    say!("new       {}", counts.new);
    say!("changed   {}", counts.changed);
    say!("unchanged {}", counts.unchanged);
    say!("rejected  {}", counts.rejected);
    say!("skipped   {}", counts.skipped);
    say!("facts     {}{}", counts.facts, if written { "" } else { " (not written)" });
    for fault in rejected {
        say!("row {}: {}", fault.row, why(fault, Lang::En));
    }
    Ok(())
}
