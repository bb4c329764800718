//! `landfall generate`: a synthetic registry, as JSON lines or straight into a snapshot.

use crate::cli::Place;
use crate::world;
use anyhow::{Context, Result};
use clap::Args;
use domain::chain::{ChainSet, builtin};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Make a synthetic registry; every name is marked 合成.
#[derive(Debug, Args)]
pub struct Generate {
    /// How many companies
    #[arg(long)]
    companies: u32,
    /// The same seed makes the same registry
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write CSV with the headings that `landfall import` reads to this file, `-` for standard output
    #[arg(long, conflicts_with = "snapshot")]
    csv: Option<PathBuf>,
    /// Build a snapshot in the data folder instead
    #[arg(long)]
    snapshot: bool,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
///
/// # Errors
/// The output cannot be written.
pub fn run(args: &Generate) -> Result<()> {
    let chains =
        builtin::all().map_err(|f| anyhow::anyhow!("a built-in chain has faults: {:?}", f.first()))?;
    let chains = ChainSet::new(chains).map_err(anyhow::Error::msg)?;
    let companies = engine::synth::generate(args.companies, args.seed, &chains);
    if args.snapshot {
        let root =
            args.place.config(std::net::SocketAddr::from(([127, 0, 0, 1], 0)), false, false).snapshots();
        std::fs::create_dir_all(&root)?;
        let (as_of, created) = (jiff::civil::date(2026, 1, 1), "generated".to_string());
        let mut companies = companies.map(Ok);
        let manifest =
            world::build(&root, &mut companies, &chains, as_of, created, &|_| {}, &AtomicBool::new(false))?;
        say!("{} companies in snapshot {} under {}", manifest.companies, manifest.id, root.display());
        return Ok(());
    }
    let out: Box<dyn std::io::Write> = match &args.csv {
        Some(path) if path.as_os_str() != "-" => {
            Box::new(std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?)
        }
        _ => Box::new(std::io::stdout().lock()),
    };
    let mut rows = csv::Writer::from_writer(BufWriter::new(out));
    rows.write_record([
        "企业名称",
        "统一社会信用代码",
        "登记状态",
        "注册资本",
        "成立日期",
        "所属地区",
        "国标行业",
        "参保人数",
        "经营范围",
        "产品",
    ])?;
    for c in companies {
        let region = c.region.and_then(domain::place::full_name).unwrap_or_default();
        rows.write_record([
            c.name.as_str(),
            c.uscc.as_ref().map_or("", |u| u.as_str()),
            if domain::target::is_inactive(c.status) { "注销" } else { "存续" },
            &c.capital.map(domain::money::format).unwrap_or_default(),
            &c.established.map(|d| d.to_string()).unwrap_or_default(),
            &region,
            c.industry.as_ref().map_or("", |i| i.0.as_str()),
            &c.insured.map(|n| n.to_string()).unwrap_or_default(),
            &c.scope,
            &c.products.join("；"),
        ])?;
    }
    rows.flush()?;
    rows.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?.flush()?;
    Ok(())
}
