//! The Rust side of `bench/place`; `run` beside it is what people start.
//!
//! `bench-place words CHAINS OUT` writes the folded dictionary, one word a line.
//! `bench-place fold IN OUT MB` folds the texts of IN (one a line) and repeats them to MB megabytes.
//! `bench-place measure CHAINS TEXTS` prints `key value` lines.

use anyhow::{Context, Result, bail};
use domain::chain::{ChainSet, fold::fold, parse};
use domain::company::Company;
use engine::place::{Dictionary, Scratch};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["words", chains, out] => words(chains, out),
        ["fold", texts, out, megabytes] => fold_texts(texts, out, megabytes.parse()?),
        ["measure", chains, texts] => measure(chains, texts),
        _ => bail!("use: bench-place words CHAINS OUT | fold IN OUT MB | measure CHAINS TEXTS"),
    }
}

/// Reads every chain file of a folder, in the order of their names.
fn dictionary(folder: &str) -> Result<Dictionary> {
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
            Err(faults) => eprintln!("left out, {} faults: {}", faults.len(), file.display()),
        }
    }
    if chains.is_empty() {
        bail!("no usable chain file in {folder}");
    }
    Dictionary::new(&ChainSet::new(chains).map_err(anyhow::Error::msg)?)
}

fn words(chains: &str, out: &str) -> Result<()> {
    Ok(fs::write(out, dictionary(chains)?.words().join("\n"))?)
}

fn fold_texts(texts: &str, out: &str, megabytes: usize) -> Result<()> {
    let once: String = fs::read_to_string(texts)?.lines().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{}", fold(line));
        all
    });
    if once.is_empty() {
        bail!("{texts} holds no text");
    }
    let times = (megabytes * 1_000_000).div_ceil(once.len());
    Ok(fs::write(out, once.repeat(times))?)
}

fn measure(chains: &str, texts: &str) -> Result<()> {
    let dictionary = dictionary(chains)?;
    let text = fs::read_to_string(texts)?;
    let lines: Vec<&str> = text.lines().collect();
    let bytes: usize = lines.iter().map(|l| l.len()).sum();
    let megabytes = bytes as f64 / 1e6;
    print("words", dictionary.words().len());
    print("texts", lines.len());
    print("megabytes", megabytes);
    print("automaton_bytes", dictionary.bytes());

    let read = (0..5).map(|_| timed(|| sum_words(text.as_bytes())).1).fold(f64::MAX, f64::min);
    print("read_mb_per_s", text.len() as f64 / 1e6 / read);

    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    let cpu = user_seconds();
    let (count, wall) = timed(|| {
        let mut count = 0;
        for line in &lines {
            dictionary.matches(line, &mut scratch, &mut found);
            count += found.len();
        }
        count
    });
    print("match_count", count);
    print("match_wall_s", wall);
    print("match_cpu_s", user_seconds() - cpu);
    print("match_mb_per_s", megabytes / wall);

    let (count, sum) = checksum(&dictionary, &lines);
    print("check_count", count);
    print("check_sum", sum);

    let mut company = Company::default();
    let cpu = user_seconds();
    let (count, wall) = timed(|| {
        let mut count = 0;
        for line in &lines {
            company.scope.clear();
            company.scope.push_str(line);
            count += dictionary.place_with(&company, &mut scratch).placements.len();
        }
        count
    });
    print("placements", count);
    print("place_wall_s", wall);
    print("place_cpu_s", user_seconds() - cpu);
    print("place_mb_per_s", megabytes / wall);
    print("place_companies_per_s", lines.len() as f64 / wall);
    print("peak_mb", peak_megabytes());
    Ok(())
}

/// A sum over all matches of the first texts that does not depend on their order: text number, word, start in
/// characters.
fn checksum(dictionary: &Dictionary, lines: &[&str]) -> (usize, u64) {
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    let (mut count, mut sum) = (0, 0u64);
    for (i, line) in lines.iter().take(CHECKED).enumerate() {
        dictionary.matches(line, &mut scratch, &mut found);
        for &(word, start, _) in &found {
            let start = line[..start as usize].chars().count() as u64;
            let key = (i as u64 + 1) * 1_000_003 + u64::from(word) * 8_191 + start;
            sum = sum.wrapping_add(key.wrapping_mul(key));
            count += 1;
        }
    }
    (count, sum)
}

/// Texts that the comparison of the matches covers.
const CHECKED: usize = 20_000;

/// A plain sequential read of all bytes.
fn sum_words(bytes: &[u8]) -> u64 {
    let (chunks, _) = bytes.as_chunks::<64>();
    let mut sums = [0u64; 8];
    for chunk in chunks {
        for (k, eight) in chunk.as_chunks::<8>().0.iter().enumerate() {
            sums[k] = sums[k].wrapping_add(u64::from_le_bytes(*eight));
        }
    }
    std::hint::black_box(sums.iter().fold(0, |a, b| a ^ b))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let out = work();
    (out, start.elapsed().as_secs_f64())
}

fn print(key: &str, value: impl std::fmt::Display) {
    println!("{key} {value}");
}

/// User CPU of this process, from `/proc/self/stat` in hundredths of a second.
fn user_seconds() -> f64 {
    let stat = fs::read_to_string(Path::new("/proc/self/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().nth(11).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0) / 100.0
}

/// Largest resident size of this process so far.
fn peak_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}
