//! `landfall chain check|import|learn`

use crate::settings::chains::parse;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::chain::{self, Chain, Position, Segment};
use engine::eval::placement::{read_products, read_scopes};
use engine::learn::{Labelled, segment_words};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Chain files.
#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// Explain every fault of a chain file with its line
    Check {
        /// The TOML file
        file: PathBuf,
    },
    /// Turn a CSV of segment, parent, upstream into a chain file on standard output
    Import {
        /// The CSV file
        file: PathBuf,
    },
    /// Learn the words of segments from labelled companies and print a chain file to review
    Learn {
        /// Rows of code, name, `business_scope`, segment
        scopes: PathBuf,
        /// Rows of code, company, product, `revenue_share`, segment
        #[arg(long)]
        products: Option<PathBuf>,
        /// Companies that must share a word
        #[arg(long, default_value_t = 2)]
        support: u32,
        /// Words per segment
        #[arg(long, default_value_t = 12)]
        words: usize,
    },
}

/// Runs the command.
///
/// # Errors
/// The file cannot be read or has faults.
pub fn run(command: &ChainCommand) -> Result<()> {
    match command {
        ChainCommand::Check { file } => {
            let checked = chain::check(&read(file)?);
            for warning in &checked.warnings {
                say!("{}:{warning} (warning)", file.display());
            }
            for fault in &checked.errors {
                say!("{}:{fault}", file.display());
            }
            match checked.chain {
                Some(chain) if checked.errors.is_empty() => {
                    say!("{}: {} segments, no fault", file.display(), chain.segments.len());
                    Ok(())
                }
                _ => bail!("{} faults", checked.errors.len()),
            }
        }
        ChainCommand::Import { file } => {
            let chain = parse(&file.to_string_lossy(), &read(file)?)
                .map_err(|faults| anyhow::anyhow!("{}", faults.join("\n")))?;
            say!("{}", chain::to_toml(&chain));
            Ok(())
        }
        ChainCommand::Learn { scopes, products, support, words } => {
            say!("{}", chain::to_toml(&learn(scopes, products.as_ref(), *support, *words)?));
            Ok(())
        }
    }
}

fn read(file: &PathBuf) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim_start_matches('\u{feff}').to_string())
}

/// One first-level segment per label; a segment's own name is always one of its words.
fn learn(scopes: &std::path::Path, products: Option<&PathBuf>, support: u32, words: usize) -> Result<Chain> {
    let mut companies: BTreeMap<String, Labelled> = BTreeMap::new();
    let products = products.map(|p| read_products(p)).transpose()?;
    for coded in
        read_scopes(scopes)?.companies.into_iter().chain(products.into_iter().flat_map(|r| r.companies))
    {
        match companies.get_mut(&coded.code) {
            Some(known) => known.products.extend(coded.company.products),
            None => {
                companies.insert(coded.code, coded.company);
            }
        }
    }
    let labelled: Vec<Labelled> = companies.into_values().collect();
    let segments = segment_words(&labelled, support, words)
        .into_iter()
        .enumerate()
        .map(|(i, learnt)| {
            let own = learnt.segment.trim_end_matches(['Ⅱ', 'Ⅲ']).to_string();
            let mut words: Vec<String> =
                learnt.words.into_iter().map(|w| w.word).filter(|w| *w != own).collect();
            words.insert(0, own.clone());
            Segment {
                id: format!("s{}", i + 1),
                name: own,
                name_en: learnt.segment,
                parent: None,
                level: 1,
                position: Position::Midstream,
                words,
                exclude: Vec::new(),
                industry: Vec::new(),
                importance: 3,
                supplies: Vec::new(),
            }
        })
        .collect();
    Ok(Chain {
        id: "learnt".into(),
        name: "学习所得".into(),
        name_en: "Learnt".into(),
        version: "1".into(),
        about: format!("从 {} 家已标注企业学得的词，请逐条核对。", labelled.len()),
        segments,
    })
}
