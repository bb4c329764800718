//! What the schemas ask of a policy, looked at as JSON, so that a fault can name the very member (`contract-schema.json`).

use crate::WORD_CHARS;
use crate::message::Fault;
use serde_json::{Map, Value};

/// How deep constraints and duties may stand in one another.
pub const CONSTRAINT_DEPTH: usize = 16;

/// The connectives of a logical constraint.
const CONNECTIVES: [&str; 4] = ["and", "andSequence", "or", "xone"];

/// Whether a value has the shape of an offer or an agreement; `path` is where it stands. Its `@type`, and what a message or a catalogue demands
/// beyond, are looked at by [`crate::odrl::Policy::check_offer`] and [`crate::odrl::Policy::check_agreement`].
///
/// # Errors
/// The first member that is wrong, and what it must be.
pub fn shape(value: &Value, path: &str) -> Result<(), Fault> {
    let policy = object(value, path)?;
    text(policy, "@id", path)?;
    for name in ["target", "assigner", "assignee", "timestamp", "@type"] {
        if policy.contains_key(name) {
            text(policy, name, path)?;
        }
    }
    for name in ["permission", "prohibition", "obligation"] {
        for (at, one) in list(policy, name, path)? {
            rule(one, &at, 0)?;
        }
    }
    Ok(())
}

fn rule(value: &Value, path: &str, depth: usize) -> Result<(), Fault> {
    within(depth, path)?;
    let rule = object(value, path)?;
    text(rule, "action", path)?;
    for (at, one) in list(rule, "constraint", path)? {
        constraint(one, &at, depth + 1)?;
    }
    for (at, one) in list(rule, "duty", path)? {
        self::rule(one, &at, depth + 1)?;
    }
    Ok(())
}

fn constraint(value: &Value, path: &str, depth: usize) -> Result<(), Fault> {
    within(depth, path)?;
    let members = object(value, path)?;
    let connectives: Vec<&str> = CONNECTIVES.into_iter().filter(|c| members.contains_key(*c)).collect();
    match connectives[..] {
        [] => {
            text(members, "leftOperand", path)?;
            text(members, "operator", path)?;
            match members.get("rightOperand") {
                None | Some(Value::Null) => Err(missing(path, "rightOperand")),
                Some(_) => Ok(()),
            }
        }
        [one] if !members.contains_key("leftOperand") => {
            for (at, inner) in list(members, one, path)? {
                constraint(inner, &at, depth + 1)?;
            }
            Ok(())
        }
        _ => Err(Fault::new(path, "is more than one condition").cure(
            "give leftOperand, operator and rightOperand, or exactly one of and, andSequence, or, xone",
        )),
    }
}

fn within(depth: usize, path: &str) -> Result<(), Fault> {
    if depth <= CONSTRAINT_DEPTH {
        return Ok(());
    }
    Err(Fault::new(path, format!("stands deeper than {CONSTRAINT_DEPTH} levels")).cure("write it flatter"))
}

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::new(path, "must be an object"))
}

fn missing(path: &str, name: &str) -> Fault {
    Fault::new(format!("{path}.{name}"), "is missing").cure("add it")
}

fn text(members: &Map<String, Value>, name: &str, path: &str) -> Result<(), Fault> {
    let value = members.get(name).ok_or_else(|| missing(path, name))?;
    let fits = value.as_str().is_some_and(|t| !t.is_empty() && t.chars().count() <= WORD_CHARS);
    let wanted = || {
        Fault::new(format!("{path}.{name}"), format!("must be a text of 1 to {WORD_CHARS} characters"))
            .cure("write one term or IRI, not an object")
    };
    fits.then_some(()).ok_or_else(wanted)
}

/// The members of a list with their places; none when there is no such list.
fn list<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    path: &str,
) -> Result<impl Iterator<Item = (String, &'a Value)>, Fault> {
    let at = format!("{path}.{name}");
    let all = match members.get(name) {
        None => &[][..],
        Some(Value::Array(all)) => all.as_slice(),
        Some(_) => return Err(Fault::new(at, "must be an array").cure("put it in [ ]")),
    };
    Ok(all.iter().enumerate().map(move |(i, v)| (format!("{at}[{i}]"), v)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::odrl::{Constraint, Policy, Rule};
    use serde_json::json;

    fn policy(constraint: Value) -> Value {
        json!({ "@id": "o", "@type": "Offer", "permission": [{ "action": "use" }, { "action": "use", "constraint": [constraint] }] })
    }

    #[test]
    fn a_fault_names_the_very_member() {
        let atomic = json!({ "leftOperand": "count", "operator": "lteq", "rightOperand": "3" });
        let without = |name: &str| {
            let mut out = atomic.clone();
            out.as_object_mut().unwrap().remove(name);
            out
        };
        let at = "offer.permission[1].constraint[0]";
        for (odd, place) in [
            (without("leftOperand"), format!("{at}.leftOperand")),
            (without("operator"), format!("{at}.operator")),
            (without("rightOperand"), format!("{at}.rightOperand")),
            (
                json!({ "leftOperand": { "@id": "count" }, "operator": "eq", "rightOperand": "1" }),
                format!("{at}.leftOperand"),
            ),
            (json!(7), at.to_string()),
            (json!({ "and": [], "or": [] }), at.to_string()),
            (json!({ "and": [], "leftOperand": "count" }), at.to_string()),
            (json!({ "and": {} }), format!("{at}.and")),
            (json!({ "or": [atomic, { "xone": [7] }] }), format!("{at}.or[1].xone[0]")),
        ] {
            let fault = shape(&policy(odd.clone()), "offer").unwrap_err();
            assert_eq!(fault.path, place, "{odd}");
        }
        shape(&policy(json!({ "andSequence": [atomic] })), "offer").unwrap();
        assert_eq!(
            shape(&json!({ "@id": "o", "permission": [{}] }), "offer").unwrap_err().path,
            "offer.permission[0].action"
        );
        assert_eq!(shape(&json!({ "permission": [] }), "x").unwrap_err().path, "x.@id");
    }

    #[test]
    fn constraints_stand_only_so_deep() {
        let deep = |levels: usize| {
            let atomic = json!({ "leftOperand": "count", "operator": "lteq", "rightOperand": "3" });
            policy((0..levels).fold(atomic, |inner, _| json!({ "and": [inner] })))
        };
        shape(&deep(CONSTRAINT_DEPTH - 1), "offer").unwrap();
        let fault = shape(&deep(CONSTRAINT_DEPTH), "offer").unwrap_err();
        assert!(fault.what.contains("deeper"), "{fault}");
    }

    #[test]
    fn what_is_not_understood_is_kept_word_for_word() {
        let offered = json!({
            "@id": "o", "@type": "Offer", "description": "两年", "target": "d", "profile": ["https://example.org/p"],
            "permission": [{
                "action": "example:train", "title": "t",
                "constraint": [
                    { "leftOperand": "volume", "operator": "lteq", "rightOperand": "5", "unit": "GB" },
                    { "leftOperand": "example:team", "operator": "example:like", "rightOperand": { "a": [1, null] } },
                    { "@type": "Constraint", "leftOperand": "count", "operator": "lteq", "rightOperand": "5" },
                    { "xone": [{ "leftOperand": "count", "operator": "lteq", "rightOperand": ["5"] }] },
                ],
                "duty": [{ "action": "inform", "consequence": [{ "action": "delete" }] }],
            }],
        });
        shape(&offered, "offer").unwrap();
        let read: Policy = serde_json::from_value(offered.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), offered);
        read.check_offer().unwrap();
        let constraint = &read.permission[0].constraint;
        assert!(matches!(constraint[0], Constraint::Other(_)), "a unit changes what the number says");
        assert!(constraint[0].plain().is_none());
        assert_eq!(constraint[2].plain(), Some(Constraint::atomic("count", "lteq", "5")));
        assert!(matches!(constraint[3], Constraint::Xone { .. }));
        assert!(!read.permission[0].is_understood() && Rule::new("use", vec![]).is_understood());
        let agreed = read.agreed("a", "p", "c", jiff::Timestamp::UNIX_EPOCH);
        assert!(
            agreed.same_rules(&read)
                && serde_json::to_value(&agreed).unwrap()["permission"] == offered["permission"]
        );
    }
}
