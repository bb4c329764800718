//! The rule sets in force: those that come with the program, or the zone's own files under `rules/` of the data folder.

use crate::config::Config;
use anyhow::{Context, Result};
use domain::access::Table;
use domain::gate::Gates;
use domain::land::bond::rule::BondRules;
use domain::land::control::rule::Controls;
use domain::land::evaluate::scheme::Schemes;
use domain::land::term::rule::TermRules;
use domain::offer::rule::RuleSet;
use domain::policy::library::Library;
use domain::review::Routes;
use std::borrow::Cow;

/// Gates, reviewers, score table, fair-competition rules and policies.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What each stage asks for.
    pub gates: Cow<'static, Gates>,
    /// Who reviews what.
    pub routes: Cow<'static, Routes>,
    /// The access review's table.
    pub access: Cow<'static, Table>,
    /// What the fair-competition check says of an offer's line.
    pub offers: Cow<'static, RuleSet>,
    /// The zone's policies.
    pub policies: Cow<'static, Library>,
}

impl Rules {
    /// Reads the rules in force. A zone's own file counts from the moment it is there.
    ///
    /// # Errors
    /// A file that cannot be read or has a fault; the error names both.
    pub fn read(config: &Config) -> Result<Rules> {
        Ok(Rules {
            gates: in_force(config, "gates.toml", Gates::parse, Gates::built_in)?,
            routes: in_force(config, "reviewers.toml", Routes::parse, Routes::built_in)?,
            access: in_force(config, "access.toml", Table::parse, Table::built_in)?,
            offers: in_force(config, "fair-competition.toml", RuleSet::parse, RuleSet::built_in)?,
            policies: in_force(config, "policies.toml", Library::parse, Library::built_in)?,
        })
    }

    /// Chinese and English name of a review route; the word itself when it is none.
    #[must_use]
    pub fn route_names(&self, id: &str) -> (String, String) {
        let found = self.routes.route(id);
        found.map_or_else(|| (id.to_string(), id.to_string()), |r| (r.zh.clone(), r.en.clone()))
    }
}

/// The rules on land in force: access figures, terms and idle land, special bonds, evaluation by land.
#[derive(Clone, Debug)]
pub struct LandRules {
    /// What a project must make of its land.
    pub controls: Cow<'static, Controls>,
    /// How long land is held, and when it is idle.
    pub terms: Cow<'static, TermRules>,
    /// Special bonds for land reserves.
    pub bonds: Cow<'static, BondRules>,
    /// Schemes of the evaluation by land.
    pub evaluation: Cow<'static, Schemes>,
}

impl LandRules {
    /// Reads the rules in force. A zone's own file counts from the moment it is there.
    ///
    /// # Errors
    /// A file that cannot be read or has a fault; the error names both.
    pub fn read(config: &Config) -> Result<LandRules> {
        Ok(LandRules {
            controls: in_force(config, "land-controls.toml", Controls::parse, Controls::built_in)?,
            terms: in_force(config, "land-terms.toml", TermRules::parse, TermRules::built_in)?,
            bonds: in_force(config, "land-bonds.toml", BondRules::parse, BondRules::built_in)?,
            evaluation: in_force(config, "mu-evaluation.toml", Schemes::parse, Schemes::built_in)?,
        })
    }
}

/// The zone's own file, or what comes with the program.
fn in_force<T: Clone>(
    config: &Config,
    name: &str,
    parse: impl Fn(&str) -> Result<T, String>,
    built_in: fn() -> &'static T,
) -> Result<Cow<'static, T>> {
    let path = config.data_dir.join("rules").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let parsed = parse(&text).map_err(anyhow::Error::msg);
            parsed.map(Cow::Owned).with_context(|| format!("{} has a fault", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Cow::Borrowed(built_in())),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
