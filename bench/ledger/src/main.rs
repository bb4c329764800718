//! Makes the data of `bench/ledger`, and loads them into a store of Landfall.

mod data;
mod load;

use anyhow::{Context as _, Result, bail};
use data::{Project, Says};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::fs::File;
use std::path::Path;

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["data", file, out, projects, facts] => {
            write(&companies(file)?, Path::new(out), projects.parse()?, facts.parse()?)
        }
        ["load", file, database, projects, facts] => {
            load::load(&companies(file)?, database, projects.parse()?, facts.parse()?).await
        }
        ["people", database, count, out] => load::people(database, count.parse()?, Path::new(out)).await,
        ["fold", database, year] => load::fold(database, year.parse()?).await,
        _ => bail!(
            "use: bench-ledger data COMPANIES.csv DIR PROJECTS FACTS
     bench-ledger load COMPANIES.csv DATABASE PROJECTS FACTS
     bench-ledger people DATABASE COUNT OUT.txt
     bench-ledger fold DATABASE YEAR"
        ),
    }
}

/// The seed of everything.
const SEED: u64 = 3;

/// Names and keys (credit codes) of the companies of a file that `landfall generate --csv` wrote.
fn companies(path: &str) -> Result<Vec<(String, String)>> {
    let mut rows = csv::Reader::from_path(path).with_context(|| format!("cannot read {path}"))?;
    rows.records().map(|row| row.map(|r| (r[0].to_string(), r[1].to_string())).map_err(Into::into)).collect()
}

fn day(days: i64) -> Result<Date> {
    Ok(jiff::civil::date(1970, 1, 1).checked_add(days.days())?)
}

/// Writes what the peer reads: a row per project, and a row per fact.
fn write(companies: &[(String, String)], out: &Path, projects: u64, facts: usize) -> Result<()> {
    std::fs::create_dir_all(out)?;
    let mut rows = csv::Writer::from_writer(File::create(out.join("projects.csv"))?);
    rows.write_record([
        "code", "name", "company", "officer", "source", "sort", "yuan", "stage", "start", "signed",
    ])?;
    let mut all = csv::Writer::from_writer(File::create(out.join("facts.csv"))?);
    all.write_record(["project", "kind", "day", "value"])?;
    let mut count = 0usize;
    for index in 0..projects {
        let project = data::project(SEED, index, companies, facts);
        count += project.facts.len();
        rows.write_record(row(&project)?)?;
        for fact in &project.facts {
            let value = match &fact.says {
                Says::Text(text) => text.clone(),
                Says::Number(n) | Says::Yuan(n) => n.to_string(),
            };
            all.write_record([&project.code, fact.kind, &day(fact.day)?.to_string(), &value])?;
        }
    }
    rows.flush()?;
    all.flush()?;
    println!("{} companies, {projects} projects, {count} facts", companies.len());
    Ok(())
}

/// The project as one row: what its facts say in the end.
fn row(project: &Project) -> Result<Vec<String>> {
    let text = |kind: &str| match project.facts.iter().find(|f| f.kind == kind).map(|f| &f.says) {
        Some(Says::Text(text)) => text.clone(),
        Some(Says::Number(n) | Says::Yuan(n)) => n.to_string(),
        None => String::new(),
    };
    let stages: Vec<_> = project.facts.iter().filter(|f| f.kind == "stage").collect();
    let signed = stages.iter().find(|f| matches!(&f.says, Says::Text(t) if t == "signed"));
    let signed = signed.map(|f| day(f.day)).transpose()?;
    let Some(Says::Text(last)) = stages.last().map(|f| &f.says) else {
        bail!("{} has no stage", project.code)
    };
    Ok(vec![
        project.code.clone(),
        text("name"),
        text("company_key"),
        text("officer"),
        text("source"),
        text("sort"),
        text("planned_total"),
        last.clone(),
        day(project.facts[0].day)?.to_string(),
        signed.map(|d| d.to_string()).unwrap_or_default(),
    ])
}
