//! Usage policies: one evaluator for the catalogue, for negotiation and for every access to data.
//!
//! The subset of ODRL: `dateTime`, `elapsedTime` (since the agreement), `count`, `volume` (bytes), `purpose`, `recipient`, `spatial` (GB/T 2260).
//! What is not understood denies: an operand, an operator or a value that is unknown makes a permission fail and a prohibition hold. A prohibition
//! that holds wins over every permission. Once data are delivered, what the consumer does with them is a matter of contract, not of this code.

pub mod duty;
pub mod form;
pub mod words;

use crate::odrl::{Constraint, Policy, Rule};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use serde_json::Value;

/// Who wants to do what, and what was done before.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask<'a> {
    /// What is to be done: `read` for every fetch.
    pub action: &'a str,
    /// When.
    pub now: Timestamp,
    /// The participant who asks.
    pub asker: &'a str,
    /// What for, as the asker states it.
    pub purpose: Option<&'a str>,
    /// Where the data go: a GB/T 2260 code.
    pub region: Option<&'a str>,
    /// How often it was done under this agreement, reserved ones counted.
    pub count: u64,
    /// Bytes that were sent under this agreement.
    pub bytes: u64,
    /// When the agreement was made.
    pub since: Option<Timestamp>,
}

/// At which point it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// May this asker see the offer? What only an access can tell (count, volume, purpose, elapsed time) is not asked.
    Catalogue,
    /// May this be done now? Everything is asked.
    Access,
}

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It is not understood, or what it asks about is not known.
    Unknown,
}

/// One condition and what came of it, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is known of it.
    pub truth: Truth,
    /// Chinese and English.
    pub said: (String, String),
}

/// What an asker may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// Every condition looked at, in order.
    pub findings: Vec<Finding>,
    /// What must be done because of it: the actions of the permission's duties and of the policy's obligations, with their last moment.
    pub duties: Vec<(String, Option<Timestamp>)>,
    /// Bytes that may still be sent, where a volume is limited.
    pub bytes_left: Option<u64>,
}

impl Decision {
    /// The conditions that stand against it, in words.
    #[must_use]
    pub fn reasons(&self) -> Vec<&(String, String)> {
        self.findings.iter().filter(|f| f.truth != Truth::Yes).map(|f| &f.said).collect()
    }
}

/// Civil days are those of Asia/Shanghai.
const ZONE: Offset = Offset::constant(8);

/// Actions that `use` stands for, and the others that are understood.
const ACTIONS: [&str; 10] =
    ["use", "read", "derive", "anonymize", "modify", "display", "distribute", "sell", "delete", "transfer"];

/// Decides.
#[must_use]
pub fn decide(policy: &Policy, ask: &Ask<'_>, point: Point) -> Decision {
    let mut findings = Vec::new();
    let mut prohibited = false;
    for rule in &policy.prohibition {
        let known = ACTIONS.contains(&rule.action.as_str());
        if known && !covers(&rule.action, ask.action) {
            continue;
        }
        let mut inner = Vec::new();
        let truth = all(&rule.constraint, ask, point, &mut inner);
        if truth == Truth::No && known && rule.is_understood() {
            continue;
        }
        prohibited = true;
        findings.push(Finding { truth: Truth::No, said: words::prohibited(&rule.action) });
        findings.extend(inner.into_iter().map(|f| Finding { truth: Truth::No, said: f.said }));
    }
    let mut best: Option<(&Rule, Vec<Finding>)> = None;
    let mut failed: Vec<Finding> = Vec::new();
    for rule in policy.permission.iter().filter(|r| r.is_understood() && covers(&r.action, ask.action)) {
        let mut inner = Vec::new();
        if all(&rule.constraint, ask, point, &mut inner) == Truth::Yes {
            best = Some((rule, inner));
            break;
        }
        failed.extend(inner);
    }
    let allowed = !prohibited && best.is_some();
    let mut duties = Vec::new();
    let mut bytes_left = None;
    match best {
        Some((rule, inner)) => {
            duties =
                rule.duty.iter().chain(&policy.obligation).map(|d| (d.action.clone(), until(d))).collect();
            bytes_left = volume(&rule.constraint).map(|most| most.saturating_sub(ask.bytes));
            findings.extend(inner);
        }
        None if failed.is_empty() => {
            findings.push(Finding { truth: Truth::No, said: words::not_permitted(ask.action) });
        }
        None => findings.extend(failed),
    }
    Decision { allowed, findings, duties, bytes_left }
}

/// Whether a rule on `action` speaks of what is asked.
fn covers(action: &str, asked: &str) -> bool {
    action == asked || (action == "use" && ACTIONS.contains(&asked))
}

/// The last moment of a duty: its `dateTime lteq`.
fn until(duty: &Rule) -> Option<Timestamp> {
    duty.constraint.iter().find_map(|c| match c.plain().as_ref().unwrap_or(c) {
        Constraint::Atomic { left, operator, right } if left == "dateTime" && operator == "lteq" => {
            moment(right.as_str()?, true)
        }
        _ => None,
    })
}

/// The bytes that a permission allows in all, where it says so at its top.
fn volume(constraints: &[Constraint]) -> Option<u64> {
    constraints.iter().find_map(|c| match c.plain().as_ref().unwrap_or(c) {
        Constraint::Atomic { left, operator, right } if left == "volume" && operator == "lteq" => {
            number(right)
        }
        _ => None,
    })
}

fn all(constraints: &[Constraint], ask: &Ask<'_>, point: Point, findings: &mut Vec<Finding>) -> Truth {
    constraints.iter().map(|c| one(c, ask, point, findings)).fold(Truth::Yes, and)
}

fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::No, _) | (_, Truth::No) => Truth::No,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
        _ => Truth::Yes,
    }
}

fn one(constraint: &Constraint, ask: &Ask<'_>, point: Point, findings: &mut Vec<Finding>) -> Truth {
    match constraint {
        Constraint::Atomic { left, operator, right } => {
            let truth = atomic(left, operator, right, ask, point);
            findings.push(Finding { truth, said: words::condition(left, operator, right, ask) });
            truth
        }
        Constraint::And { and: list } | Constraint::AndSequence { sequence: list } => {
            all(list, ask, point, findings)
        }
        Constraint::Or { or: list } => {
            // What one of several does not meet is no reason against it when another is met.
            let (truths, inner) = each(list, ask, point);
            let truth = match (truths.contains(&Truth::Yes), truths.contains(&Truth::Unknown)) {
                (true, _) => Truth::Yes,
                (false, true) => Truth::Unknown,
                (false, false) => Truth::No,
            };
            findings.extend(inner.into_iter().filter(|f| truth != Truth::Yes || f.truth == Truth::Yes));
            truth
        }
        Constraint::Xone { xone: list } => {
            let (truths, inner) = each(list, ask, point);
            let truth =
                match (truths.iter().filter(|t| **t == Truth::Yes).count(), truths.contains(&Truth::Unknown))
                {
                    (_, true) => Truth::Unknown,
                    (1, false) => Truth::Yes,
                    _ => Truth::No,
                };
            findings.extend(inner.into_iter().map(|f| Finding { truth, ..f }));
            truth
        }
        Constraint::Other(_) => match constraint.plain() {
            Some(plain) => one(&plain, ask, point, findings),
            None => {
                findings.push(Finding { truth: Truth::Unknown, said: words::sentence(constraint) });
                Truth::Unknown
            }
        },
    }
}

fn each(list: &[Constraint], ask: &Ask<'_>, point: Point) -> (Vec<Truth>, Vec<Finding>) {
    let mut inner = Vec::new();
    let truths = list.iter().map(|c| one(c, ask, point, &mut inner)).collect();
    (truths, inner)
}

fn atomic(left: &str, operator: &str, right: &Value, ask: &Ask<'_>, point: Point) -> Truth {
    let known = |yes: Option<bool>| match yes {
        Some(true) => Truth::Yes,
        Some(false) => Truth::No,
        None => Truth::Unknown,
    };
    let later = point == Point::Catalogue;
    match left {
        "dateTime" => known(when(operator, right, ask.now)),
        "recipient" => known(member(operator, right, ask.asker)),
        "spatial" => match ask.region {
            None if later => Truth::Yes,
            region => known(region.and_then(|r| place(operator, right, r))),
        },
        // Only an access can tell; but what is not understood is no less unknown for that.
        "count" => match number(right).filter(|_| matches!(operator, "lteq" | "lt")) {
            None => Truth::Unknown,
            Some(_) if later => Truth::Yes,
            Some(most) => {
                let next = ask.count.saturating_add(1);
                known(Some(if operator == "lteq" { next <= most } else { next < most }))
            }
        },
        "volume" => match number(right).filter(|_| operator == "lteq") {
            None => Truth::Unknown,
            Some(_) if later => Truth::Yes,
            Some(most) => known(Some(ask.bytes < most)),
        },
        "elapsedTime" => {
            match right.as_str().and_then(|t| t.parse::<Span>().ok()).filter(|_| operator == "lteq") {
                None => Truth::Unknown,
                Some(_) if later => Truth::Yes,
                Some(span) => known(ask.since.and_then(|since| {
                    let ends = ZONE.to_timestamp(ZONE.to_datetime(since).checked_add(span).ok()?).ok()?;
                    Some(ask.now <= ends)
                })),
            }
        }
        "purpose" if matches!(operator, "eq" | "neq" | "isA" | "isAnyOf" | "isNoneOf") => match ask.purpose {
            _ if later => Truth::Yes,
            None => Truth::Unknown,
            Some(purpose) => known(member(operator, right, purpose)),
        },
        _ => Truth::Unknown,
    }
}

fn when(operator: &str, right: &Value, now: Timestamp) -> Option<bool> {
    let text = right.as_str()?;
    Some(match operator {
        "lteq" => now <= moment(text, true)?,
        "lt" => now < moment(text, false)?,
        "gteq" => now >= moment(text, false)?,
        "gt" => now > moment(text, true)?,
        _ => return None,
    })
}

/// A moment; a day alone is one of Asia/Shanghai, and its last moment where `end`.
fn moment(text: &str, end: bool) -> Option<Timestamp> {
    if let Ok(day) = text.parse::<Date>()
        && text.len() == 10
    {
        let first = ZONE.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        if !end {
            return Some(first);
        }
        let next = ZONE.to_timestamp(day.tomorrow().ok()?.at(0, 0, 0, 0)).ok()?;
        return next.checked_sub(Span::new().nanoseconds(1)).ok();
    }
    text.parse().ok()
}

fn number(right: &Value) -> Option<u64> {
    match right {
        Value::String(text) => text.parse().ok(),
        Value::Number(n) => n.as_u64(),
        _ => None,
    }
}

fn listed(right: &Value) -> Option<Vec<&str>> {
    match right {
        Value::String(text) => Some(vec![text]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn member(operator: &str, right: &Value, what: &str) -> Option<bool> {
    let list = listed(right)?;
    let within = list.contains(&what);
    Some(match operator {
        "eq" | "isA" if list.len() == 1 => within,
        "neq" if list.len() == 1 => !within,
        "isAnyOf" => within,
        "isNoneOf" => !within,
        _ => return None,
    })
}

/// Whether a division of GB/T 2260 is another or lies in it: `321100` lies in `320000`.
fn place(operator: &str, right: &Value, region: &str) -> Option<bool> {
    let list = listed(right)?;
    let valid = |code: &str| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit());
    if !valid(region) || !list.iter().all(|code| valid(code)) {
        return None;
    }
    let inside = |outer: &str| {
        let kept = outer.trim_end_matches("00");
        region.starts_with(if kept.is_empty() { outer } else { kept })
    };
    Some(match operator {
        "eq" if list.len() == 1 => list[0] == region,
        "isPartOf" if list.len() == 1 => inside(list[0]),
        "isAnyOf" => list.iter().any(|outer| inside(outer)),
        "isNoneOf" => !list.iter().any(|outer| inside(outer)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
