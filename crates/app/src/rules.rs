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
            gates: own(config, "gates.toml", Gates::parse)?
                .map_or(Cow::Borrowed(Gates::built_in()), Cow::Owned),
            routes: own(config, "reviewers.toml", Routes::parse)?
                .map_or(Cow::Borrowed(Routes::built_in()), Cow::Owned),
            access: own(config, "access.toml", Table::parse)?
                .map_or(Cow::Borrowed(Table::built_in()), Cow::Owned),
            offers: own(config, "fair-competition.toml", RuleSet::parse)?
                .map_or(Cow::Borrowed(RuleSet::built_in()), Cow::Owned),
            policies: own(config, "policies.toml", Library::parse)?
                .map_or(Cow::Borrowed(Library::built_in()), Cow::Owned),
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
            controls: own(config, "land-controls.toml", Controls::parse)?
                .map_or(Cow::Borrowed(Controls::built_in()), Cow::Owned),
            terms: own(config, "land-terms.toml", TermRules::parse)?
                .map_or(Cow::Borrowed(TermRules::built_in()), Cow::Owned),
            bonds: own(config, "land-bonds.toml", BondRules::parse)?
                .map_or(Cow::Borrowed(BondRules::built_in()), Cow::Owned),
            evaluation: own(config, "mu-evaluation.toml", Schemes::parse)?
                .map_or(Cow::Borrowed(Schemes::built_in()), Cow::Owned),
        })
    }
}

fn own<T>(config: &Config, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>> {
    let path = config.data_dir.join("rules").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let parsed = parse(&text).map_err(anyhow::Error::msg);
            parsed.map(Some).with_context(|| format!("{} has a fault", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
