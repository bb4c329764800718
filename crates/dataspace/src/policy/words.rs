//! Policies in words, Chinese and English.

use super::Ask;
use crate::odrl::{Constraint, Policy, Rule};
use serde_json::Value;

type Both = (String, String);

fn both(zh: impl Into<String>, en: impl Into<String>) -> Both {
    (zh.into(), en.into())
}

/// The name of an action. The Chinese ones are those of the usage controls of trusted data spaces (读取、衍生、匿名化、出售 …).
#[must_use]
pub fn action(word: &str) -> (&str, &str) {
    match word {
        "use" => ("使用", "use"),
        "read" => ("读取", "read"),
        "derive" => ("加工衍生", "derive"),
        "anonymize" => ("匿名化", "anonymise"),
        "modify" => ("修改", "modify"),
        "display" => ("展示", "display"),
        "distribute" => ("再分发", "distribute"),
        "sell" => ("出售", "sell"),
        "delete" => ("销毁", "delete"),
        "transfer" => ("转移", "transfer"),
        "inform" => ("告知", "inform"),
        other => (other, other),
    }
}

pub(super) fn prohibited(word: &str) -> Both {
    let (zh, en) = action(word);
    both(format!("禁止{zh}"), format!("{en} is prohibited"))
}

pub(super) fn not_permitted(word: &str) -> Both {
    let (zh, en) = action(word);
    both(format!("没有允许{zh}的条款"), format!("no permission to {en}"))
}

/// A condition with what is known about it: `次数：已用 3，至多 3`.
pub(super) fn condition(left: &str, operator: &str, right: &Value, ask: &Ask<'_>) -> Both {
    let (zh, en) = plain(left, operator, right);
    let now = match left {
        "count" => both(format!("，已用 {}", ask.count), format!(", used {}", ask.count)),
        "volume" => both(format!("，已传 {} 字节", ask.bytes), format!(", {} bytes sent", ask.bytes)),
        "purpose" => match ask.purpose {
            Some(purpose) => both(format!("，申明为 {purpose}"), format!(", stated {purpose}")),
            None => both("，没有申明目的", ", no purpose was stated"),
        },
        "spatial" => match ask.region {
            Some(region) => both(format!("，为 {region}"), format!(", is {region}")),
            None => both("，没有申明地区", ", no region was stated"),
        },
        "recipient" => both(format!("，为 {}", ask.asker), format!(", is {}", ask.asker)),
        "dateTime" | "elapsedTime" => {
            both(format!("，现在 {}", shown(ask.now)), format!(", now {}", shown(ask.now)))
        }
        _ => both("，不识别，按不允许处理", ", not understood and so denied"),
    };
    (format!("{zh}{}", now.0), format!("{en}{}", now.1))
}

fn shown(at: jiff::Timestamp) -> String {
    super::ZONE.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn plain(left: &str, operator: &str, right: &Value) -> Both {
    let value = match right {
        Value::String(text) => text.clone(),
        Value::Array(all) => all
            .iter()
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
            .collect::<Vec<_>>()
            .join("、"),
        other => other.to_string(),
    };
    let (name_zh, name_en) = match left {
        "dateTime" => ("时间", "time"),
        "elapsedTime" => ("签署后时长", "time since the agreement"),
        "count" => ("次数", "count"),
        "volume" => ("字节数", "bytes"),
        "purpose" => ("目的", "purpose"),
        "recipient" => ("接收方", "recipient"),
        "spatial" => ("地区", "region"),
        other => (other, other),
    };
    let (zh, en) = match operator {
        "eq" | "isA" => ("为", "is"),
        "neq" => ("不为", "is not"),
        "lteq" if left == "dateTime" => ("不晚于", "no later than"),
        "gteq" if left == "dateTime" => ("不早于", "no earlier than"),
        "lteq" => ("至多", "at most"),
        "lt" => ("少于", "less than"),
        "gteq" => ("至少", "at least"),
        "gt" => ("超过", "more than"),
        "isAnyOf" => ("属于", "any of"),
        "isNoneOf" => ("不属于", "none of"),
        "isPartOf" => ("位于", "within"),
        other => (other, other),
    };
    both(format!("{name_zh}{zh} {value}"), format!("{name_en} {en} {value}"))
}

fn constraint(c: &Constraint) -> Both {
    let joined = |list: &[Constraint], zh: &str, en: &str| {
        let parts: Vec<Both> = list.iter().map(constraint).collect();
        let zh = parts.iter().map(|p| p.0.clone()).collect::<Vec<_>>().join(zh);
        let en = parts.iter().map(|p| p.1.clone()).collect::<Vec<_>>().join(en);
        both(format!("（{zh}）"), format!("({en})"))
    };
    match c {
        Constraint::Atomic { left, operator, right } => plain(left, operator, right),
        Constraint::And { and } => joined(and, "且", " and "),
        Constraint::AndSequence { sequence } => joined(sequence, "，再", ", then "),
        Constraint::Or { or } => joined(or, "或", " or "),
        Constraint::Xone { xone } => joined(xone, "或仅", " or only "),
        Constraint::Other(value) => c.plain().map_or_else(
            || both(format!("不认识的条件 {value}"), format!("a condition that is not understood: {value}")),
            |plain| constraint(&plain),
        ),
    }
}

/// A condition in words.
pub(super) fn sentence(c: &Constraint) -> Both {
    constraint(c)
}

fn rule(kind: (&str, &str), r: &Rule) -> Both {
    let (zh, en) = action(&r.action);
    let parts: Vec<Both> = r.constraint.iter().map(constraint).collect();
    let said_zh = parts.iter().map(|p| p.0.clone()).collect::<Vec<_>>().join("，");
    let said_en = parts.iter().map(|p| p.1.clone()).collect::<Vec<_>>().join(", ");
    let (mut out_zh, mut out_en) = (format!("{}{zh}", kind.0), format!("{}{en}", kind.1));
    if !parts.is_empty() {
        out_zh = format!("{out_zh}：{said_zh}");
        out_en = format!("{out_en}: {said_en}");
    }
    for duty in &r.duty {
        let (zh, en) = rule(("，并须", ", and must "), duty);
        out_zh.push_str(&zh);
        out_en.push_str(&en);
    }
    (out_zh, out_en)
}

/// Every rule of a policy as a sentence.
#[must_use]
pub fn sentences(policy: &Policy) -> Vec<Both> {
    let permissions = policy.permission.iter().map(|r| rule(("允许", "may "), r));
    let prohibitions = policy.prohibition.iter().map(|r| rule(("禁止", "must not "), r));
    let duties = policy.obligation.iter().map(|r| rule(("须", "must "), r));
    permissions.chain(prohibitions).chain(duties).collect()
}
