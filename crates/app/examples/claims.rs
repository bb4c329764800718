//! How long the check while typing takes at 100,000 companies that all are claimed: `cargo run --release --example claims`.
//!
//! Each question is what one keystroke asks: resolve the name among the companies, then find every claim that clashes or resembles.
#![expect(clippy::print_stdout, reason = "prints its figures")]
#![expect(clippy::disallowed_methods, reason = "measures time")]

use anyhow::Result;
use app::lead::claims::{ClaimId, Claims, Entry};
use domain::chain::{ChainSet, builtin};
use domain::lead::LeadId;
use domain::lead::claim::Claim;
use engine::names::{AliasKind, NameEntry, NameIndex};
use engine::synth;
use std::hint::black_box;
use std::time::{Duration, Instant};

const COMPANIES: u32 = 100_000;
const QUESTIONS: usize = 4_000;

fn main() -> Result<()> {
    let chains = builtin::all().map_err(|f| anyhow::anyhow!("{:?}", f.first()))?;
    let chains = ChainSet::new(chains).map_err(anyhow::Error::msg)?;
    let companies: Vec<_> = synth::generate(COMPANIES, 7, &chains).collect();
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("names.bin");
    let entry = |(n, c): (usize, &domain::company::Company)| NameEntry {
        name: c.name.clone(),
        company: n as u32,
        kind: AliasKind::Legal,
        region: c.region,
    };
    engine::names::build(&file, &mut companies.iter().enumerate().map(entry))?;
    let names = NameIndex::open(&file)?;

    let began = Instant::now();
    let mut claims = Claims::default();
    let title = |c: &domain::company::Company| {
        let product = c.products.first().map_or("综合", String::as_str);
        format!("年产{}万套{product}生产线建设项目", c.name.chars().map(|x| x as u32).sum::<u32>() % 90 + 1)
    };
    for (n, company) in companies.iter().enumerate() {
        claims.put(Entry {
            id: ClaimId::Lead(LeadId(n as i64)),
            claim: Claim {
                key: company
                    .uscc
                    .as_ref()
                    .map_or_else(|| format!("={}", company.name), |u| u.as_str().into()),
                uscc: company.uscc.as_ref().map(|u| u.as_str().into()),
                names: vec![company.name.clone()],
                title: title(company),
                ..Claim::default()
            },
            officer: Some(1),
            unit: None,
            since: None,
            until: None,
            code: String::new(),
        });
    }
    println!("index of {} claims made in {:.2} s", claims.len(), began.elapsed().as_secs_f64());

    let (mut times, mut found): (Vec<Duration>, usize) = (Vec::new(), 0);
    for n in 0..QUESTIONS {
        let company = &companies[n * 23 % companies.len()];
        let chars: Vec<char> = company.name.chars().collect();
        // Every prefix from two characters to the whole name, and every third question with a title.
        let typed: String = chars[..2 + n % (chars.len() - 1)].iter().collect();
        let asked = if n % 3 == 0 { title(company) } else { String::new() };
        let began = Instant::now();
        let resolved = names.resolve(&typed, None, 10);
        let best = resolved.candidates.first().map(|c| &companies[c.company as usize]);
        let mut claim = Claim { names: vec![typed.clone()], title: asked, ..Claim::default() };
        if let Some(best) = best.filter(|_| resolved.tier == engine::names::Tier::Exact) {
            claim.names.push(best.name.clone());
            claim.uscc = best.uscc.as_ref().map(|u| u.as_str().into());
        }
        found += black_box(claims.find(&claim, &typed, 20)).len();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1_000].as_secs_f64() * 1e3;
    println!(
        "{QUESTIONS} questions, {found} claims shown: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        at(500),
        at(990),
        at(1_000)
    );
    Ok(())
}
