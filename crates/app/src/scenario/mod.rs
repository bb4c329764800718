//! `/scenarios`: what came of the opportunity list, and for one opportunity who could do it, with reasons, and whether the law wants a tender.

pub mod fit;
pub mod list;

use domain::inventory::{Value, Values};
use domain::scenario::tender::{Purchase, Tender};
use domain::scenario::{Bought, Funding, Opportunity};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Parts of a text that people write with 、 between them.
#[must_use]
pub fn parts(values: &Values, word: &str) -> BTreeSet<String> {
    let text = values.get(word).and_then(Value::text).unwrap_or_default();
    text.split(['、', ',', '，', ';', '；'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .map(str::to_string)
        .collect()
}

/// An opportunity of a record.
#[must_use]
pub fn opportunity(code: &str, values: &Values) -> Opportunity {
    let text = |word: &str| values.get(word).and_then(Value::text).unwrap_or_default().to_string();
    Opportunity {
        code: code.to_string(),
        name: text("name"),
        owner: text("owner"),
        place: text("place"),
        budget: values.get("budget").and_then(Value::int),
        from: values.get("from").and_then(Value::day),
        until: values.get("until").and_then(Value::day),
        conditions: text("conditions"),
        segments: parts(values, "segments"),
        words: parts(values, "words"),
    }
}

/// What the law asks of buying it on a day. The record says whether public money pays and what is bought; that it belongs to a construction
/// project it does not say, so works count as such and goods and services do not; where public money pays, it is taken to pay all.
#[must_use]
pub fn tender(values: &Values, day: Date) -> Tender {
    let bought: Bought =
        values.get("purchase").and_then(Value::text).and_then(|w| w.parse().ok()).unwrap_or(Bought::Services);
    let (budget, public) =
        (values.get("budget").and_then(Value::int), values.get("state_funded").is_some_and(Value::yes));
    let purchase = Purchase {
        bought,
        construction: bought == Bought::Works,
        funding: if public { Funding::Budget } else { Funding::Private },
        yuan: budget,
        funds: budget.filter(|_| public),
        total: budget,
    };
    domain::scenario::tender::RuleSet::built_in().judge(&purchase, day).tender
}
