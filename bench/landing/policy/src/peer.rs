//! The same question asked of the crate cel.

use anyhow::{Result, anyhow, bail};
use cel::{Context, Env, Program, Value};
use domain::policy::facts::Given;
use domain::policy::library::{Library, Policy};
use domain::policy::matching::Verdict;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The conditions of a library, compiled once.
pub struct Peer {
    policies: Vec<(Vec<(Program, bool)>, usize)>,
}

impl Peer {
    pub fn new(library: &Library, sources: &[Vec<String>]) -> Result<Peer> {
        let env = Env::stdlib();
        let compile = |(policy, sources): (&Policy, &Vec<String>)| -> Result<_> {
            let clauses = policy.clauses.iter().zip(sources);
            let programs = clauses.map(|(clause, source)| {
                Ok((env.compile(source).map_err(|e| anyhow!("{source}: {e:?}"))?, clause.hard))
            });
            Ok((programs.collect::<Result<Vec<_>>>()?, policy.near))
        };
        let policies = library.policies.iter().zip(sources).map(compile).collect::<Result<Vec<_>>>()?;
        Ok(Peer { policies })
    }

    /// The verdict of every policy, stopping at the first clause that decides, as Landfall does.
    pub fn verdicts(&self, context: &Context) -> Result<Vec<Verdict>> {
        self.policies.iter().map(|(clauses, near)| verdict(clauses, *near, context)).collect()
    }
}

fn verdict(clauses: &[(Program, bool)], near: usize, context: &Context) -> Result<Verdict> {
    let mut failing = 0;
    for (program, hard) in clauses {
        match program.execute(context) {
            Ok(Value::Bool(true)) => {}
            Ok(Value::Bool(false)) => {
                failing += 1;
                if *hard || failing > near {
                    return Ok(Verdict::No);
                }
            }
            other => bail!("not a yes or no: {other:?}"),
        }
    }
    Ok(if failing > 0 { Verdict::Almost } else { Verdict::Applies })
}

/// A company as its variables: each field by its whole name, which this crate finds faster than a map's key.
pub fn context(env: &Arc<Env>, company: &BTreeMap<String, Given>) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(env));
    for (word, given) in company {
        let value: Value = match given {
            Given::Whole(n) => Value::Float(*n as f64),
            Given::Flag(flag) => Value::Bool(*flag),
            Given::Text(text) => text.clone().into(),
            Given::List(all) => all.clone().into(),
        };
        context.add_variable_from_value(word.clone(), value);
    }
    context
}
