//! `landfall targets`: the ranked targets with their reasons, as text or JSON.

use crate::cli::map::view_of;
use crate::cli::{Place, print_json};
use crate::target::rows::{TargetRow, row};
use anyhow::{Context, Result};
use clap::Args;
use domain::role::Lang;
use engine::targets::Filter;
use serde::Serialize;

/// Print the ranked targets.
#[derive(Debug, Args)]
pub struct TargetsArgs {
    #[command(flatten)]
    place: Place,
    /// Take all companies of this city or district as the residents, instead of the zone's own
    #[arg(long)]
    city: Option<String>,
    /// Only for this segment, `chain/segment`
    #[arg(long)]
    segment: Option<String>,
    /// How many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    rank: usize,
    name: String,
    uscc: String,
    region: String,
    score: String,
    gaps: Vec<String>,
    words: String,
    parts: Vec<(String, String, String)>,
}

/// Runs the command.
///
/// # Errors
/// There is no universe, or no such city or segment.
pub async fn run(args: TargetsArgs) -> Result<()> {
    let app = args.place.open().await?;
    let view = view_of(&app, args.city.as_deref()).await?;
    let segments = match &args.segment {
        Some(key) => {
            Some([view.world.chains.find(key).with_context(|| format!("there is no segment `{key}`"))?])
        }
        None => None,
    };
    let question = view.question(segments.as_ref().map(<[_; 1]>::as_slice), Filter::default());
    anyhow::ensure!(!question.gaps.is_empty(), "nothing is missing or weak there");
    let answer = view.targets(&question)?;
    let rows: Vec<Line> = answer
        .overall
        .iter()
        .take(args.limit)
        .enumerate()
        .map(|(i, &t)| row(&view, &question, &answer, &answer.targets[t as usize], i + 1, Lang::Zh).map(line))
        .collect::<Result<_>>()?;
    let c = answer.counts;
    if args.json {
        return print_json(&serde_json::json!({
            "ranked": c.ranked(), "residents_left_out": c.residents, "closed_left_out": c.inactive,
            "refused_left_out": c.refused, "targets": rows,
        }));
    }
    say!(
        "ranked {} (left out: {} residents, {} closed, {} refused)",
        c.ranked(),
        c.residents,
        c.inactive,
        c.refused
    );
    for r in rows {
        say!("{:>3}  {}  {}  {}  {}", r.rank, r.score, r.name, r.region, r.gaps.join("、"));
    }
    Ok(())
}

fn line(row: TargetRow) -> Line {
    Line {
        rank: row.rank,
        name: row.name,
        uscc: row.uscc,
        region: row.region,
        score: row.score,
        gaps: row.gaps.into_iter().map(|g| g.name).collect(),
        words: row.words,
        parts: row.parts.into_iter().map(|p| (p.name, p.grounds, p.value)).collect(),
    }
}
