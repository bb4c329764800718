//! The usual policies from a form: so many reads, until a day, for purposes, by recipients, in a region, so many bytes, and what must be done.

use crate::odrl::{Constraint, Policy, Rule};
use jiff::civil::Date;
use serde_json::Value;

/// What a person fills in; what is empty limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// At most so many reads.
    pub reads: Option<u64>,
    /// The last day.
    pub until: Option<Date>,
    /// Purposes, any of which may be stated.
    pub purposes: Vec<String>,
    /// Participants that may read.
    pub recipients: Vec<String>,
    /// A division of GB/T 2260 within which the data stay.
    pub region: Option<String>,
    /// At most so many bytes.
    pub bytes: Option<u64>,
    /// Whether passing it on is prohibited.
    pub no_passing_on: bool,
    /// Whether the provider is to be told of each use.
    pub inform: bool,
    /// The day by which it is to be deleted.
    pub delete_by: Option<Date>,
}

impl Terms {
    /// The policy of an offer.
    #[must_use]
    pub fn offer(&self, id: &str) -> Policy {
        let mut constraint = Vec::new();
        if let Some(reads) = self.reads {
            constraint.push(Constraint::atomic("count", "lteq", reads.to_string()));
        }
        if let Some(until) = self.until {
            constraint.push(Constraint::atomic("dateTime", "lteq", until.to_string()));
        }
        if let Some(any) = any_of(&self.purposes) {
            constraint.push(Constraint::atomic("purpose", "isAnyOf", any));
        }
        if let Some(any) = any_of(&self.recipients) {
            constraint.push(Constraint::atomic("recipient", "isAnyOf", any));
        }
        if let Some(region) = &self.region {
            constraint.push(Constraint::atomic("spatial", "isPartOf", region.clone()));
        }
        if let Some(bytes) = self.bytes {
            constraint.push(Constraint::atomic("volume", "lteq", bytes.to_string()));
        }
        let mut permission = Rule::new("use", constraint);
        if self.inform {
            permission.duty.push(Rule::new("inform", Vec::new()));
        }
        if let Some(day) = self.delete_by {
            permission
                .duty
                .push(Rule::new("delete", vec![Constraint::atomic("dateTime", "lteq", day.to_string())]));
        }
        let mut offer = Policy::offer(id, vec![permission]);
        if self.no_passing_on {
            offer.prohibition.push(Rule::new("distribute", Vec::new()));
        }
        offer
    }
}

fn any_of(words: &[String]) -> Option<Value> {
    let all: Vec<Value> = words.iter().map(|w| Value::String(w.clone())).collect();
    (!all.is_empty()).then_some(Value::Array(all))
}
