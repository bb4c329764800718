//! The Rust side of `bench/targets`; `run` beside it is what people start.
//!
//! `bench-targets build ROOT CHAINS COMPANIES` builds a synthetic universe (again only when it has another size).
//! `bench-targets question ROOT typ|heavy|segments OUT.json` writes a question with everything that a peer needs to answer it.
//! `bench-targets ask ROOT QUESTION.json TIMES THREADS OUT.json` opens the universe, answers TIMES times, writes times and the answer.

use anyhow::{Context, Result, bail};
use domain::chain::{ChainSet, parse};
use domain::company::RegionCode;
use domain::target::{Outlook, Points, Weights, step};
use engine::place::Dictionary;
use engine::snapshot::{self, BuildOptions, Doc, Progress, Step, Tag, Universe};
use engine::synth;
use engine::targets::{Answer, Filter, Gap, Question, answer};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use std::{env, fs};

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["build", root, chains, companies] => build(Path::new(root), chains, companies.parse()?),
        ["question", root, kind, out] => ask_what(Path::new(root), kind, out),
        ["ask", root, question, times, threads, out] => {
            ask(Path::new(root), question, times.parse()?, threads.parse()?, out)
        }
        _ => bail!("use: bench-targets build ROOT CHAINS COMPANIES | question ROOT KIND OUT | ask ROOT QUESTION TIMES THREADS OUT"),
    }
}

fn build(root: &Path, chains: &str, companies: u32) -> Result<()> {
    if let Ok(universe) = Universe::open(root)
        && universe.len() == companies as usize
    {
        return Ok(());
    }
    let set = chain_set(chains)?;
    let dictionary = Dictionary::new(&set)?;
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut list = synth::generate(companies, 1, &set).map(Ok);
    let options =
        BuildOptions { created_at: "bench".into(), as_of: jiff::civil::date(2026, 11, 1), extra: None };
    let progress = |p: Progress| {
        if p.step != Step::Companies || p.done % (1 << 20) == 0 {
            eprintln!("  {:?} {} after {:.0} s", p.step, p.done, start.elapsed().as_secs_f64());
        }
    };
    let never = AtomicBool::new(false);
    let manifest =
        snapshot::build(root, &mut list, &set, &|c| dictionary.place(c), &options, &progress, &never)?;
    let bytes: u64 = manifest.files.iter().map(|f| f.bytes).sum();
    println!(
        "built {} companies, {} pairs, {} product words, {} segments, {:.2} GB in {:.0} s wall, {:.0} s CPU",
        manifest.companies,
        manifest.pairs,
        manifest.words,
        manifest.segments.len(),
        bytes as f64 / 1e9,
        start.elapsed().as_secs_f64(),
        cpu_seconds() - cpu
    );
    Ok(())
}

/// Reads every chain file of a folder, in the order of their names.
fn chain_set(folder: &str) -> Result<ChainSet> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .with_context(|| format!("reading the folder {folder}"))?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|x| x == "toml"))
        .collect();
    files.sort();
    let mut chains = Vec::new();
    for file in files {
        match parse(&fs::read_to_string(&file)?) {
            Ok(chain) => chains.push(chain),
            Err(faults) => bail!("{} faults in {}", faults.len(), file.display()),
        }
    }
    ChainSet::new(chains).map_err(anyhow::Error::msg)
}

/// A question with its weights turned into points per level, so that a peer computes the same integers.
#[derive(Serialize, Deserialize)]
struct Asked {
    kind: String,
    postings: u64,
    gaps: Vec<AskedGap>,
    /// Points per level.
    capital: Points,
    insured: Points,
    growth: Points,
    /// Points for a maker and off for a risk.
    maker: Points,
    risk: Points,
    /// Points by region number.
    region: Vec<Points>,
    residents: Vec<u32>,
    per_gap: usize,
    overall: usize,
}

#[derive(Serialize, Deserialize)]
struct AskedGap {
    tag: u32,
    name: String,
    weight: f64,
    supply: f64,
    /// Points per level of fit, for weight and supply together.
    step: Points,
}

fn outlook() -> Outlook {
    Outlook { home: RegionCode(321_100), footprints: vec![(RegionCode(440_300), 12)] }
}

fn ask_what(root: &Path, kind: &str, out: &str) -> Result<()> {
    let universe = Universe::open(root)?;
    let segments = universe.manifest().segments.len() as u32;
    let products = segments..universe.tags() as u32;
    let count = |tag: &u32| universe.postings(Tag(*tag)).len();
    let mut tags: Vec<u32> = match kind {
        // Drawn with a chance that grows with the root of the popularity (Efraimidis and Spirakis: smallest −ln u ÷ weight).
        "typ" => smallest(products, |t| -unit(t).ln() / (count(&t) as f64).sqrt()),
        "heavy" => smallest(products, |t| -(count(&t) as f64)),
        "segments" => smallest(0..segments, unit),
        _ => bail!("a question is typ, heavy or segments"),
    };
    tags.sort_unstable();
    let gaps: Vec<AskedGap> = tags
        .iter()
        .map(|&tag| {
            let (weight, supply) = (0.5 + 1.5 * unit(tag ^ 0xabcd), if tag % 4 == 0 { 0.25 } else { 0.0 });
            let name = universe.tag_name(Tag(tag)).to_string();
            AskedGap { tag, name, weight, supply, step: step(weight) + step(supply) }
        })
        .collect();
    let mut candidates: Vec<u32> = tags.iter().flat_map(|&t| universe.postings(Tag(t))).map(|p| p.doc).collect();
    candidates.sort_unstable();
    candidates.dedup();
    let residents = (0..300).map(|n| candidates[n * candidates.len() / 300]).collect();
    let (weights, outlook) = (Weights::default(), outlook());
    let region = |&code: &RegionCode| {
        Points::from(outlook.level(Some(code).filter(|c| c.0 != 0)).0) * step(weights.region)
    };
    let asked = Asked {
        kind: kind.to_string(),
        postings: tags.iter().map(|t| count(t) as u64).sum(),
        gaps,
        capital: step(weights.capital),
        insured: step(weights.insured),
        growth: step(weights.growth),
        maker: 15 * step(weights.maker),
        risk: 15 * step(weights.risk),
        region: universe.manifest().regions.iter().map(region).collect(),
        residents,
        per_gap: 50,
        overall: 500,
    };
    Ok(fs::write(out, serde_json::to_string(&asked)?)?)
}

fn smallest(tags: std::ops::Range<u32>, key: impl Fn(u32) -> f64) -> Vec<u32> {
    let mut keyed: Vec<(f64, u32)> = tags.map(|t| (key(t), t)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    keyed.into_iter().take(200).map(|(_, t)| t).collect()
}

/// A number in (0, 1) that depends on nothing but `n`.
fn unit(n: u32) -> f64 {
    let mut z = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

/// What one engine did, in the shape that `peer.py` writes too.
#[derive(Serialize)]
struct Measured {
    open_ms: f64,
    wall_ms: Vec<f64>,
    cpu_ms: Vec<f64>,
    /// The part of it that is the kernel's.
    system_ms: Vec<f64>,
    peak_mb: f64,
    candidates: u64,
    overall: Vec<Row>,
    per_gap: Vec<Vec<Row>>,
}

/// Company, points, and the words (tags) that it was found by.
type Row = (u32, Points, Vec<u32>);

fn ask(root: &Path, question: &str, times: usize, threads: usize, out: &str) -> Result<()> {
    let asked: Asked = serde_json::from_str(&fs::read_to_string(question)?)?;
    let start = Instant::now();
    let universe = Universe::open(root)?;
    let open_ms = start.elapsed().as_secs_f64() * 1e3;
    let question = Question {
        gaps: asked
            .gaps
            .iter()
            .map(|g| Gap { tag: Tag(g.tag), weight: g.weight, supply: g.supply })
            .collect(),
        weights: Weights::default(),
        outlook: outlook(),
        filter: Filter::default(),
        residents: asked.residents.iter().copied().map(Doc).collect(),
        refused: vec![],
        per_gap: asked.per_gap,
        overall: asked.overall,
        threads,
    };
    let (mut wall_ms, mut cpu_ms, mut system_ms, mut last) = (vec![], vec![], vec![], Answer::default());
    for _ in 0..times {
        let (start, system, cpu) = (Instant::now(), system_seconds()?, cpu_seconds());
        last = answer(&universe, &question)?;
        cpu_ms.push((cpu_seconds() - cpu) * 1e3);
        wall_ms.push(start.elapsed().as_secs_f64() * 1e3);
        system_ms.push((system_seconds()? - system) * 1e3);
    }
    let peak_mb = peak_mb()?;
    let rows = |list: &Vec<u32>| -> Vec<Row> {
        list.iter().map(|&n| row(&asked, &last, n as usize)).collect()
    };
    let measured = Measured {
        open_ms,
        wall_ms,
        cpu_ms,
        system_ms,
        peak_mb,
        candidates: last.counts.candidates,
        overall: rows(&last.overall),
        per_gap: last.per_gap.iter().map(rows).collect(),
    };
    Ok(fs::write(out, serde_json::to_string(&measured)?)?)
}

fn row(asked: &Asked, answer: &Answer, n: usize) -> Row {
    let target = &answer.targets[n];
    let tags = answer.fills(target).iter().map(|f| asked.gaps[f.gap as usize].tag).collect();
    (target.doc.0, target.points, tags)
}

/// CPU seconds (user and system) of all threads of this process, ended ones too.
fn cpu_seconds() -> f64 {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID)
        .map_or(0.0, |time| time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}

/// The kernel's share of them; it splits the sum by samples, so one short run says little and the mean of many says something.
fn system_seconds() -> Result<f64> {
    let time = getrusage(UsageWho::RUSAGE_SELF)?.system_time();
    Ok(time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
}

fn peak_mb() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).context("no VmHWM")?;
    let kb: f64 = line.split_whitespace().nth(1).context("no VmHWM")?.parse()?;
    Ok(kb / 1024.0)
}
