//! `landfall eval names|placement|gaps`: the measures that anyone can repeat.

use crate::cli::print_json;
use anyhow::{Context, Result};
use clap::Subcommand;
use std::path::PathBuf;

/// Repeat a measure.
#[derive(Debug, Subcommand)]
pub enum Eval {
    /// Hit@1 and hit@10 of name resolution, per class of query
    Names {
        /// Registered names: 企业名称, 统一社会信用代码, 所在省份, 地区 (CSV, may be .gz)
        #[arg(long)]
        pool: PathBuf,
        /// alias, canonical_full_name, uscc or code, kind
        #[arg(long)]
        queries: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Top-1/3/10 of placement learnt from labelled companies
    Placement {
        /// code, name, business_scope, segment
        #[arg(long)]
        train: PathBuf,
        /// code, company, product, revenue_share, segment
        #[arg(long)]
        products: Option<PathBuf>,
        /// Rows like the training file's; cross-validation when left out or the same file
        #[arg(long)]
        test: Option<PathBuf>,
        /// Folds of the cross-validation
        #[arg(long, default_value_t = 10)]
        folds: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// AUC and hit@10 of finding a hidden segment, beside three baselines
    Gaps {
        /// company, city, segment
        file: PathBuf,
        /// Seed of the bootstrap
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the measure.
///
/// # Errors
/// A file cannot be read, or holds nothing to measure.
pub fn run(eval: &Eval) -> Result<()> {
    match eval {
        Eval::Names { pool, queries, json } => {
            let report = engine::eval::names::run(pool, queries)?;
            if *json { print_json(&report) } else { lines(&serde_json::to_value(&report)?, 0) }
        }
        Eval::Placement { train, products, test, folds, json } => {
            let report = engine::eval::placement::run(train, products.as_deref(), test.as_deref(), *folds)?;
            if *json { print_json(&report) } else { lines(&serde_json::to_value(&report)?, 0) }
        }
        Eval::Gaps { file, seed, json } => {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let report = engine::eval::gaps::evaluate_file(&bytes, *seed)?;
            if *json { print_json(&report) } else { lines(&serde_json::to_value(&report)?, 0) }
        }
    }
}

/// A report as indented lines; long lists are counted.
fn lines(value: &serde_json::Value, depth: usize) -> Result<()> {
    const LIST: usize = 12;
    let pad = "  ".repeat(depth);
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value {
                    serde_json::Value::Object(_) => {
                        say!("{pad}{key}");
                        lines(value, depth + 1)?;
                    }
                    serde_json::Value::Array(list) if list.len() > LIST => {
                        say!("{pad}{key}  {} entries", list.len());
                    }
                    serde_json::Value::Array(list) => {
                        say!("{pad}{key}");
                        for value in list {
                            say!("{pad}  {value}");
                        }
                    }
                    serde_json::Value::Number(n) if n.is_f64() => {
                        say!("{pad}{key:<24} {:.4}", n.as_f64().unwrap_or_default());
                    }
                    value => say!("{pad}{key:<24} {value}"),
                }
            }
        }
        value => say!("{pad}{value}"),
    }
    Ok(())
}
