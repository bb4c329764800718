//! Policies as they travel: the subset of ODRL that the protocol's schemas know. What is not understood stays as it is, word for word, so that an
//! agreement says what was offered; the evaluator denies it. [`shape`] says what is wrong with one that came.

mod shape;

pub use shape::{CONSTRAINT_DEPTH, shape};

use crate::message::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An offer or an agreement (negotiation 2.2; `contract-schema.json`). Offers in a catalogue have no `target`, those in messages do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its identifier.
    #[serde(rename = "@id")]
    pub id: String,
    /// `Offer` or `Agreement`.
    #[serde(rename = "@type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Profiles of the language: one or several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Value>,
    /// The dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Who grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigner: Option<String>,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// When an agreement was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// What is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permission: Vec<Rule>,
    /// What is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prohibition: Vec<Rule>,
    /// What must be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligation: Vec<Rule>,
    /// Whatever else stands in it, kept word for word.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A permission, a prohibition or a duty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What is done, such as `use`.
    pub action: String,
    /// When the rule applies; all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraint: Vec<Constraint>,
    /// What must be done with a permission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duty: Vec<Rule>,
    /// Whatever else stands in it, kept word for word.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Constraint {
    /// A comparison.
    Atomic {
        /// What is compared, such as `dateTime`.
        #[serde(rename = "leftOperand")]
        left: String,
        /// How, such as `lteq`.
        operator: String,
        /// With what.
        #[serde(rename = "rightOperand")]
        right: Value,
    },
    /// Each of them.
    And {
        /// Them.
        and: Vec<Constraint>,
    },
    /// Each of them, in this order.
    AndSequence {
        /// Them.
        #[serde(rename = "andSequence")]
        sequence: Vec<Constraint>,
    },
    /// At least one.
    Or {
        /// Them.
        or: Vec<Constraint>,
    },
    /// Exactly one.
    Xone {
        /// Them.
        xone: Vec<Constraint>,
    },
    /// A condition that says more than one of the others can hold (a `unit`, say), kept word for word.
    Other(Value),
}

/// Whether a member only names or types what it stands in, and so changes nothing of what it says.
fn is_note(name: &str) -> bool {
    name.starts_with('@') || name == "uid"
}

impl Constraint {
    /// `left operator right`.
    #[must_use]
    pub fn atomic(left: &str, operator: &str, right: impl Into<Value>) -> Constraint {
        Constraint::Atomic { left: left.to_string(), operator: operator.to_string(), right: right.into() }
    }

    /// What a [`Constraint::Other`] says without the members that only name or type it; `None` when more is left than is understood.
    #[must_use]
    pub fn plain(&self) -> Option<Constraint> {
        let Constraint::Other(Value::Object(members)) = self else { return None };
        let bare: Map<String, Value> =
            members.iter().filter(|(name, _)| !is_note(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        serde_json::from_value(Value::Object(bare)).ok().filter(|c| !matches!(c, Constraint::Other(_)))
    }

    fn parts(&self) -> usize {
        match self {
            Constraint::Atomic { .. } => 1,
            Constraint::Other(value) => values(value),
            Constraint::And { and: all }
            | Constraint::AndSequence { sequence: all }
            | Constraint::Or { or: all }
            | Constraint::Xone { xone: all } => 1 + all.iter().map(Constraint::parts).sum::<usize>(),
        }
    }
}

impl Rule {
    /// A rule on an action under conditions.
    #[must_use]
    pub fn new(action: &str, constraint: Vec<Constraint>) -> Rule {
        Rule { action: action.to_string(), constraint, duty: Vec::new(), other: Map::new() }
    }

    /// Whether nothing stands in it that is not understood; a name or a type is no harm.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.other.keys().all(|name| is_note(name))
    }

    fn parts(&self) -> usize {
        1 + self.constraint.iter().map(Constraint::parts).sum::<usize>()
            + self.duty.iter().map(Rule::parts).sum::<usize>()
    }
}

/// How many objects a value holds.
fn values(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(values).sum(),
        Value::Object(members) => 1 + members.values().map(values).sum::<usize>(),
        _ => 0,
    }
}

impl Policy {
    /// An offer of one permission.
    #[must_use]
    pub fn offer(id: &str, permission: Vec<Rule>) -> Policy {
        Policy { id: id.to_string(), kind: Some("Offer".into()), permission, ..Policy::default() }
    }

    /// The same rules as an offer of a message, on a dataset.
    #[must_use]
    pub fn on(&self, target: &str) -> Policy {
        Policy {
            kind: Some("Offer".into()),
            target: Some(target.to_string()),
            assignee: None,
            timestamp: None,
            ..self.clone()
        }
    }

    /// The same rules agreed between two parties at a moment.
    #[must_use]
    pub fn agreed(&self, id: &str, assigner: &str, assignee: &str, at: jiff::Timestamp) -> Policy {
        Policy {
            id: id.to_string(),
            kind: Some("Agreement".into()),
            assigner: Some(assigner.to_string()),
            assignee: Some(assignee.to_string()),
            timestamp: Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ..self.clone()
        }
    }

    /// Whether two policies say the same, whatever they are called and between whom.
    #[must_use]
    pub fn same_rules(&self, other: &Policy) -> bool {
        self.permission == other.permission
            && self.prohibition == other.prohibition
            && self.obligation == other.obligation
            && self.profile == other.profile
    }

    /// Holds what the schemas ask of an offer in a message.
    ///
    /// # Errors
    /// What is missing or too much.
    pub fn check_offer(&self) -> Result<(), Fault> {
        self.check("offer", "Offer", self.target.is_some().then_some(()).ok_or("target"))
    }

    /// Holds what the schemas ask of an agreement.
    ///
    /// # Errors
    /// What is missing or too much.
    pub fn check_agreement(&self) -> Result<(), Fault> {
        let whole = match (&self.target, &self.assigner, &self.assignee) {
            (None, ..) => Err("target"),
            (_, None, _) => Err("assigner"),
            (.., None) => Err("assignee"),
            _ => Ok(()),
        };
        self.check("agreement", "Agreement", whole)
    }

    fn check(&self, path: &str, kind: &str, whole: Result<(), &str>) -> Result<(), Fault> {
        if self.kind.as_deref() != Some(kind) {
            return Err(Fault::new(format!("{path}.@type"), format!("must be \"{kind}\"")));
        }
        if let Err(field) = whole {
            return Err(Fault::new(format!("{path}.{field}"), "is missing"));
        }
        if self.permission.is_empty() && self.prohibition.is_empty() {
            return Err(Fault::new(path, "needs a permission or a prohibition"));
        }
        let rules = self.permission.iter().chain(&self.prohibition).chain(&self.obligation);
        if rules.map(Rule::parts).sum::<usize>() > crate::POLICY_PARTS {
            return Err(Fault::new(path, format!("has more than {} parts", crate::POLICY_PARTS)));
        }
        Ok(())
    }
}
