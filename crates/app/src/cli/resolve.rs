//! `landfall resolve NAME`: which company a name means, or that it is unclear.

use crate::cli::{Place, print_json};
use crate::world::World;
use anyhow::{Context, Result};
use clap::Args;
use engine::names::{AliasKind, Reason};
use engine::snapshot::Doc;
use serde::Serialize;

/// Say which company a name means.
#[derive(Debug, Args)]
pub struct Resolve {
    /// The name
    name: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    key: String,
    name: String,
    /// The name that matched, folded.
    alias: String,
    matched: AliasKind,
    reason: Reason,
    score: f32,
}

/// Runs the command.
///
/// # Errors
/// There is no universe yet.
pub async fn run(args: Resolve) -> Result<()> {
    let app = args.place.open().await?;
    let world = app.engine.world().context("there are no companies yet; run `landfall import FILE` first")?;
    let resolved = world.names.resolve(&args.name, None, 10);
    let lines: Vec<Line> = resolved
        .candidates
        .into_iter()
        .map(|candidate| {
            let company = world.universe.company(Doc(candidate.company))?;
            let key = World::key(&company);
            let (alias, matched, reason, score) =
                (candidate.name, candidate.matched, candidate.reason, candidate.score);
            Ok(Line { key, name: company.name, alias, matched, reason, score })
        })
        .collect::<Result<_>>()?;
    if args.json {
        return print_json(&serde_json::json!({ "tier": resolved.tier, "candidates": lines }));
    }
    say!("tier: {:?}", resolved.tier);
    for line in lines {
        say!("{:.2}  {}  {}  ({:?})", line.score, line.key, line.name, line.reason);
    }
    Ok(())
}
