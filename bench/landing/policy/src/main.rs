//! The match of companies with policies, against the crate cel; `run` beside it is what people start.
//!
//! `bench-policy COMPANIES POLICIES SEED` makes both from the seed, asks both engines for every verdict, compares them, and prints a table.

mod made;
mod peer;

use anyhow::{Context as _, Result, anyhow, ensure};
use cel::Env;
use domain::policy::facts::{Facts, Given};
use domain::policy::library::Library;
use domain::policy::matching::Verdict;
use jiff::civil::{Date, date};
use made::Random;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TODAY: Date = date(2026, 6, 1);
/// Runs of which the fastest counts.
const RUNS: usize = 5;
/// Of a hundred values, how many are taken away for the measure with gaps.
const UNKNOWN: u64 = 15;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [companies, policies, seed] = &args[..] else {
        return Err(anyhow!("use: bench-policy COMPANIES POLICIES SEED"));
    };
    let (companies, policies) = (companies.parse::<usize>()?, policies.parse::<usize>()?);
    let mut random = Random(seed.parse()?);
    let text = made::library(&mut random, policies);
    let library = Library::parse(&text).map_err(|why| anyhow!(why))?;
    let given: Vec<_> = (0..companies).map(|_| made::company(&mut random)).collect();
    let facts = given.iter().map(facts).collect::<Result<Vec<_>>>()?;
    let gaps = given.iter().map(|all| facts_with_gaps(all, &mut random)).collect::<Result<Vec<_>>>()?;
    let clauses: usize = library.policies.iter().map(|p| p.clauses.len()).sum();
    println!("{companies} companies x {policies} policies ({clauses} clauses), one thread, best of {RUNS}");

    let (ours, verdicts) = fastest(|| facts.iter().map(|f| library.verdicts(f, TODAY)).collect::<Vec<_>>());
    let (peers, theirs) = peer_verdicts(&text, &library, &given)?;
    let differing = verdicts.iter().flatten().zip(theirs.iter().flatten()).filter(|(a, b)| a != b).count();
    ensure!(differing == 0, "{differing} verdicts differ between the two engines");
    let pairs = companies * policies;
    let count = |wanted| verdicts.iter().flatten().filter(|v| **v == wanted).count();
    println!(
        "verdicts equal: {pairs} (applies {}, almost {})",
        count(Verdict::Applies),
        count(Verdict::Almost)
    );
    row("Landfall, every verdict", ours, pairs);
    row("cel, every verdict", peers, pairs);
    println!("cel takes {:.1} times as long", peers.as_secs_f64() / ours.as_secs_f64());

    let (gapped, _) = fastest(|| gaps.iter().map(|f| library.verdicts(f, TODAY)).collect::<Vec<_>>());
    row(&format!("Landfall, {UNKNOWN}% of values not known"), gapped, pairs);
    let few = &gaps[..gaps.len().min(500)];
    let (told, _) = fastest(|| few.iter().map(|f| library.entitlements(f, TODAY)).collect::<Vec<_>>());
    row("Landfall, reasons in both languages, stacking (500 companies)", told, few.len() * policies);
    let first = library.policies.first().context("no policy")?;
    let (reach, _) = fastest(|| first.reach(facts.iter().enumerate(), TODAY));
    row("Landfall, one policy over all, with budget", reach, companies);
    Ok(())
}

/// The peer's own best: programs compiled once, contexts made before the clock starts.
fn peer_verdicts(
    text: &str,
    library: &Library,
    given: &[BTreeMap<String, Given>],
) -> Result<(Duration, Vec<Vec<Verdict>>)> {
    let mut sources: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        if line == "[[policy]]" {
            sources.push(Vec::new());
        } else if let Some(when) = line.strip_prefix("when = '") {
            sources.last_mut().context("a clause before a policy")?.push(when.trim_end_matches('\'').into());
        }
    }
    let peer = peer::Peer::new(library, &sources)?;
    let env = Arc::new(Env::stdlib());
    let contexts: Vec<_> = given.iter().map(|company| peer::context(&env, company)).collect();
    let (time, verdicts) = fastest(|| contexts.iter().map(|c| peer.verdicts(c)).collect::<Result<Vec<_>>>());
    Ok((time, verdicts?))
}

fn facts(given: &BTreeMap<String, Given>) -> Result<Facts> {
    Facts::read(given).map_err(|(_, why)| anyhow!(why))
}

fn facts_with_gaps(given: &BTreeMap<String, Given>, random: &mut Random) -> Result<Facts> {
    let mut known = given.clone();
    known.retain(|_, _| random.below(100) >= UNKNOWN);
    facts(&known)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn fastest<T>(mut what: impl FnMut() -> T) -> (Duration, T) {
    let mut once = || {
        let start = Instant::now();
        let result = black_box(what());
        (start.elapsed(), result)
    };
    let (mut best, result) = once();
    for _ in 1..RUNS {
        best = best.min(once().0);
    }
    (best, result)
}

fn row(what: &str, time: Duration, pairs: usize) {
    let each = time.as_secs_f64() * 1e9 / pairs.max(1) as f64;
    println!("{what:<64} {:>9.1} ms {each:>8.0} ns a pair", time.as_secs_f64() * 1e3);
}
