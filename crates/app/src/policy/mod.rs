//! `/policies`: the zone's policies as data, whom of the companies with a profile each fits, and what a company or a project may claim, with reasons.

pub mod claim;
pub mod library;

use crate::app::App;
use crate::inventory::standing;
use crate::rules::Rules;
use crate::web::error::Result;
use domain::inventory::{Form, Kind, Value, Values};
use domain::policy::facts::{Facts, Given};
use domain::policy::library::Library;
use domain::policy::matching::Verdict;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A company with a profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Number of the record.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub facts: Facts,
}

/// Every company with a profile, as it stands today.
///
/// # Errors
/// Only when the database fails.
pub async fn profiles(app: &App) -> Result<Vec<Profile>> {
    let all = standing(app, Kind::Profile, app.clock.today()).await?;
    Ok(all
        .into_iter()
        .map(|s| Profile {
            id: s.item.id.0,
            name: s.values.get("name").and_then(Value::text).unwrap_or(&s.item.code).to_string(),
            facts: facts(&s.values),
        })
        .collect())
}

/// A profile as the conditions read it. Money in yuan, days as text; what a policy has no word for stays out.
#[must_use]
pub fn facts(values: &Values) -> Facts {
    let mut facts = Facts::default();
    for (word, value) in values {
        let Some(id) = domain::policy::field::FieldId::find(&format!("company.{word}")) else { continue };
        let money = Kind::Profile.field(word).is_some_and(|f| matches!(f.form, Form::Yuan | Form::Count(..)));
        let given = match value {
            Value::Flag(yes) => Given::Flag(*yes),
            Value::Int(n) if money => Given::Whole(*n),
            Value::Int(_) => continue,
            Value::Text(text) => Given::Text(text.clone()),
        };
        // What does not fit the field was refused when the record was written; what is left is simply not known.
        let _ = facts.set(id, &given);
    }
    facts
}

/// The zone's policies: its own file `rules/policies.toml`, else those that come with the program.
///
/// # Errors
/// The zone's file has a fault.
pub fn policies(rules: &Rules) -> &Library {
    match &rules.policies {
        Cow::Borrowed(library) => library,
        Cow::Owned(library) => library,
    }
}

/// How a verdict looks: class and shape, so that colour never stands alone; and its words.
#[must_use]
pub fn look(verdict: Verdict) -> (&'static str, &'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Applies => ("done", "●", "符合", "applies"),
        Verdict::Almost => ("open", "▲", "接近", "almost"),
        Verdict::No => ("plain", "○", "不符合", "no"),
    }
}

/// Values of a project for the conditions about it.
#[must_use]
pub fn project_values(
    project: &domain::project::Project,
    rates: &domain::rate::Rates,
    today: jiff::civil::Date,
) -> BTreeMap<String, Given> {
    use domain::fact::Kind as F;
    let mut given = BTreeMap::new();
    let mut yuan = |word: &str, kind: F| {
        if let Some(n) = project.money(kind).and_then(|m| rates.yuan(m, today).ok()) {
            given.insert(format!("project.{word}"), Given::Whole(n));
        }
    };
    yuan("investment", F::PlannedTotal);
    yuan("fixed_investment", F::FixedInvestment);
    yuan("equipment", F::Equipment);
    yuan("output", F::Output);
    yuan("tax", F::Tax);
    for (word, kind) in
        [("project.jobs", F::Jobs), ("plan.land_area", F::LandArea), ("plan.energy", F::Energy)]
    {
        if let Some(n) = project.number(kind) {
            given.insert(word.to_string(), Given::Whole(n));
        }
    }
    if let Some(code) = project.text(F::Industry) {
        given.insert("project.industry".into(), Given::Text(code.to_string()));
    }
    if let Some(stage) = project.stage() {
        given.insert("project.stage".into(), Given::Text(stage.as_str().to_string()));
    }
    given
}
