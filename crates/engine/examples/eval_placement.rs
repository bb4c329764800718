//! `eval_placement TRAIN [PRODUCTS|-] [TEST|-] [FOLDS] [REPETITIONS]`: prints the placement measure as JSON.

use anyhow::{Context, Result};
use engine::eval::placement;
use std::io::Write;
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = |i: usize| arguments.get(i).filter(|a| *a != "-").map(Path::new);
    let number = |i: usize, default: usize| arguments.get(i).map_or(Ok(default), |a| a.parse());
    let train = file(0).context("usage: eval_placement TRAIN [PRODUCTS|-] [TEST|-] [FOLDS] [REPETITIONS]")?;
    let report = placement::run_repeated(train, file(1), file(2), number(3, 10)?, number(4, 1)?)?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(())
}
