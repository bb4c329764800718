//! Which company of the universe each new row is about: by credit code, else by exactly the same name, never by a guess.

use crate::intake::stage::Staged;
use crate::world::{Named, World};
use anyhow::Result;
use domain::company::Company;
use domain::merge::merge;
use domain::name::fold;
use engine::snapshot::Doc;
use std::collections::{HashMap, HashSet};

/// What a staged file does to the universe.
#[derive(Debug, Default)]
pub struct Plan {
    /// Companies of the universe that the file says more about, as they will be.
    pub updates: HashMap<u32, Company>,
    /// Rows that are the first about a new company.
    pub fresh: HashSet<u64>,
    /// What later rows say about the new company of a first row.
    pub joined: HashMap<u64, Vec<Company>>,
    /// Rows whose name is carried by several companies, with their names.
    pub ambiguous: Vec<(Staged, Vec<String>)>,
}

impl Plan {
    /// Companies that are new or will differ.
    #[must_use]
    pub fn changed(&self) -> u64 {
        (self.updates.len() + self.fresh.len()) as u64
    }
}

/// Decides about every staged row.
///
/// # Errors
/// A staged part or a record of the universe cannot be read.
pub fn plan(world: Option<&World>, staged: &mut dyn Iterator<Item = Result<Staged>>) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut first: HashMap<String, u64> = HashMap::new();
    for row in staged {
        let row = row?;
        match known(world, &row.company)? {
            Known::Doc(doc, old) => {
                let old = plan.updates.remove(&doc.0).unwrap_or(*old);
                let merged = merge(&old, &row.company);
                let before = world.map(|w| w.universe.company(doc)).transpose()?;
                if before.as_ref() != Some(&merged) {
                    plan.updates.insert(doc.0, merged);
                }
            }
            Known::Ambiguous(names) => plan.ambiguous.push((row, names)),
            Known::New => {
                let key = identity(&row.company);
                match first.get(&key) {
                    Some(&earlier) => plan.joined.entry(earlier).or_default().push(row.company),
                    None => {
                        first.insert(key, row.row);
                        plan.fresh.insert(row.row);
                    }
                }
            }
        }
    }
    Ok(plan)
}

/// The companies of the next universe: the old ones with their updates, then the new ones.
pub fn combined<'a>(
    world: Option<&'a World>,
    plan: &'a Plan,
    staged: &'a mut dyn Iterator<Item = Result<Staged>>,
) -> impl Iterator<Item = Result<Company>> + 'a {
    let old = world.into_iter().flat_map(move |w| {
        w.universe.docs().map(move |doc| match plan.updates.get(&doc.0) {
            Some(company) => Ok(company.clone()),
            None => w.universe.company(doc),
        })
    });
    let fresh = staged.filter_map(move |row| match row {
        Ok(row) => plan.fresh.contains(&row.row).then(|| {
            let later = plan.joined.get(&row.row).map_or(&[][..], Vec::as_slice);
            Ok(later.iter().fold(row.company, |company, more| merge(&company, more)))
        }),
        Err(error) => Some(Err(error)),
    });
    old.chain(fresh)
}

enum Known {
    Doc(Doc, Box<Company>),
    Ambiguous(Vec<String>),
    New,
}

fn known(world: Option<&World>, new: &Company) -> Result<Known> {
    let Some(world) = world else { return Ok(Known::New) };
    if let Some(code) = &new.uscc
        && let Some(doc) = world.universe.find_uscc(code.as_str())?
    {
        return Ok(Known::Doc(doc, Box::new(world.universe.company(doc)?)));
    }
    match world.by_name(&new.name, new.region) {
        Named::One(doc) => {
            let old = world.universe.company(doc)?;
            let same = fold(&old.name) == fold(&new.name);
            let codes_differ = new.uscc.is_some() && old.uscc.is_some();
            Ok(if same && !codes_differ { Known::Doc(doc, Box::new(old)) } else { Known::New })
        }
        Named::Many(candidates) if new.uscc.is_none() => {
            if let Some(doc) = world.uncoded(&new.name, &candidates)? {
                return Ok(Known::Doc(doc, Box::new(world.universe.company(doc)?)));
            }
            let name = fold(&new.name);
            let same: Vec<String> = candidates
                .iter()
                .filter(|c| c.name.chars().eq(name.iter().copied()))
                .map(|c| world.universe.company(Doc(c.company)).map(|c| World::key(&c)))
                .collect::<Result<_>>()?;
            Ok(if same.len() > 1 { Known::Ambiguous(same) } else { Known::New })
        }
        Named::Many(_) | Named::None => Ok(Known::New),
    }
}

fn identity(company: &Company) -> String {
    match &company.uscc {
        Some(code) => code.as_str().to_string(),
        None => fold(&company.name).into_iter().collect(),
    }
}
