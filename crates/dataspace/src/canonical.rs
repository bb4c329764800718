//! One way to write a JSON document, so that two parties sign the same bytes: RFC 8785 (JSON Canonicalization Scheme), without fractions.
//!
//! Agreements hold texts, lists and whole numbers. A fraction, or a whole number beyond 2^53, is refused rather than written in one of several ways.

use crate::message::Fault;
use serde_json::Value;

/// The canonical text.
///
/// # Errors
/// A number that is no whole number within ±2^53.
pub fn canonical(value: &Value) -> Result<String, Fault> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

const MOST: i64 = 1 << 53;

fn write(value: &Value, out: &mut String) -> Result<(), Fault> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(n) => match n.as_i64().filter(|n| (-MOST..=MOST).contains(n)) {
            Some(whole) => out.push_str(&whole.to_string()),
            None => return Err(Fault::new("", format!("{n} is no whole number within 2^53"))),
        },
        // serde_json escapes what RFC 8785 3.2.2.2 wants escaped, and nothing else.
        Value::String(text) => out.push_str(&Value::String(text.clone()).to_string()),
        Value::Array(all) => {
            out.push('[');
            for (n, one) in all.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write(one, out)?;
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (n, name) in names.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(&fields[name], out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_by_utf_16_and_strings_escaped_as_the_rfc_says() {
        // The order of RFC 8785 3.2.3: an astral letter sorts by its surrogates, before U+FB33.
        let mixed = json!({ "\u{20ac}": "Euro", "\r": "CR", "\u{fb33}": "Dalet", "1": "One", "\u{1f600}": "Smile", "\u{80}": "Control", "\u{f6}": "o" });
        let text = canonical(&mixed).unwrap();
        let order =
            ["\"\\r\"", "\"1\"", "\"\u{80}\"", "\"\u{f6}\"", "\"\u{20ac}\"", "\"\u{1f600}\"", "\"\u{fb33}\""];
        let places: Vec<usize> = order.iter().map(|name| text.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(canonical(&json!("a\u{f}\n\"\\/€")).unwrap(), "\"a\\u000f\\n\\\"\\\\/€\"");
        assert_eq!(canonical(&json!([1, -7, null, true, {}])).unwrap(), "[1,-7,null,true,{}]");
        assert!(canonical(&json!(0.5)).is_err() && canonical(&json!(1u64 << 60)).is_err());
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_back_and_writing_again_changes_nothing(value in document()) {
            let text = canonical(&value).unwrap();
            let back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(canonical(&back).unwrap(), text);
        }
    }
}
