//! Into a store of Landfall: projects by its import, people with a session each.

use crate::{SEED, data, day};
use anyhow::{Context as _, Result};
use data::Says;
use domain::fact::{Kind, NewFact, Value};
use domain::project::Project;
use domain::role::{Lang, Role};
use domain::stage::Stage;
use jiff::{Timestamp, ToSpan as _};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use store::fact::ImportedProject;
use store::ledger::{FactQuery, Touched};
use store::user::NewUser;
use store::{Actor, Store};

/// Projects of one import: one transaction, one journal entry.
const BATCH: u64 = 10_000;

/// Makes the officers, then imports the projects with their facts in batches.
pub async fn load(companies: &[(String, String)], database: &str, projects: u64, facts: usize) -> Result<()> {
    let now = Timestamp::now();
    let today = day(now.as_second() / 86_400)?;
    let store = Store::open(database, now).await?;
    let began = Instant::now();
    for from in (0..projects).step_by(BATCH as usize) {
        let batch = (from..(from + BATCH).min(projects)).map(|index| {
            let project = data::project(SEED, index, companies, facts);
            let facts = project.facts.into_iter().map(new_fact).collect::<Result<_>>()?;
            Ok(ImportedProject { project: None, code: Some(project.code), facts })
        });
        let batch: Vec<_> = batch.collect::<Result<_>>()?;
        store.import_projects(&Actor::Cli, now, today, "bench", &batch).await?;
    }
    println!("{projects} projects loaded in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn new_fact(fact: data::Fact) -> Result<NewFact> {
    let value = match fact.says {
        Says::Text(text) => Value::Text(text),
        Says::Number(n) => Value::Number(n),
        Says::Yuan(n) => Value::yuan(n),
    };
    Ok(NewFact::on(day(fact.day)?, fact.kind.parse().map_err(anyhow::Error::msg)?, value))
}

/// Adds people who carry projects, each with a session that lasts a day, and writes `cookie csrf` lines. The tokens are
/// made of the numbers 1, 2, 3 …: this is for a bench on one machine, never for a server that others reach.
pub async fn people(database: &str, count: u64, out: &Path) -> Result<()> {
    let now = Timestamp::now();
    let store = Store::open(database, now).await?;
    let mut lines = String::new();
    for n in 0..count {
        let role = if n % 10 == 0 { Role::Director } else { Role::Officer };
        let new = NewUser {
            login: format!("bench{n}"),
            name: format!("压测{n}（合成）"),
            role,
            unit: None,
            password_hash: None,
            lang: Lang::Zh,
        };
        let user = store.add_user(&Actor::Cli, now, &new).await?;
        let token: Vec<u8> =
            (0..4).flat_map(|i| (n * 4 + i).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()).collect();
        let csrf: Vec<u8> = token.iter().map(|b| b ^ 0x5a).collect();
        store.start_session(now, user.id, &token, &csrf, now + 20.hours()).await?;
        writeln!(lines, "{} {}", hex(&token), hex(&csrf))?;
    }
    std::fs::write(out, lines).with_context(|| format!("cannot write {}", out.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Signings of `year`, and every project, by the library alone: what reading and folding cost without HTTP.
pub async fn fold(database: &str, year: i16) -> Result<()> {
    let store = Store::open(database, Timestamp::now()).await?;
    let (from, to) = (jiff::civil::date(year, 1, 1), jiff::civil::date(year, 12, 31));
    let kinds = vec![Kind::Stage, Kind::PlannedTotal, Kind::Sort, Kind::DuplicateOf];
    let touched = Some(Touched { kinds: vec![Kind::Stage], from, to });
    for asked in [FactQuery { touched, kinds, ..FactQuery::default() }, FactQuery::default()] {
        let (began, mut folded, mut signed) = (Instant::now(), 0u64, 0u64);
        store
            .each_project(&asked, |id, code, facts| {
                folded += 1;
                let project = Project::fold(id, code, facts, None);
                signed += u64::from(
                    project.reached(Stage::Signed).is_some_and(|f| (from..=to).contains(&f.counts)),
                );
            })
            .await?;
        println!(
            "{folded} projects folded, {signed} signed in {year}: {:.2} s",
            began.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
