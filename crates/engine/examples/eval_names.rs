//! Prints the measure of name resolution: `eval_names POOL QUERIES [--rows]`.

use anyhow::{Context, Result};
use std::io::Write;
use std::path::PathBuf;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let pool = PathBuf::from(args.next().context("usage: eval_names POOL QUERIES [--rows]")?);
    let queries = PathBuf::from(args.next().context("usage: eval_names POOL QUERIES [--rows]")?);
    let mut out = std::io::stdout().lock();
    if args.next().is_some() {
        for row in engine::eval::names::training_rows(&pool, &queries)? {
            writeln!(out, "{row}")?;
        }
        return Ok(());
    }
    serde_json::to_writer_pretty(&mut out, &engine::eval::names::run(&pool, &queries)?)?;
    writeln!(out)?;
    Ok(())
}
