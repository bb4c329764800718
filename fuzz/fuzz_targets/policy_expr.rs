//! An expression of a policy is read or refused with a place; what is read prints the same, and is evaluated and explained without a panic.
#![no_main]

use domain::policy::expr::{Expr, Kind, Truth};
use domain::policy::facts::{Facts, Given};
use domain::policy::field::{FieldId, Form};
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let day = date(2026, 6, 1);
    for read in [Expr::condition, Expr::amount] {
        let expr = match read(text) {
            Ok(expr) => expr,
            Err(fault) => {
                assert!(fault.column >= 1 && !fault.en.is_empty() && !fault.zh.is_empty());
                continue;
            }
        };
        assert_eq!(read(&expr.to_string()).as_ref(), Ok(&expr));
        let mut facts = Facts::default();
        for known in [false, true] {
            if known {
                FieldId::all().for_each(|id| facts.set(id, &given(id)).unwrap());
            }
            let _ = expr.number(&facts, day);
            let holds = expr.truth(&facts, day) == Truth::Yes;
            if expr.kind() == Kind::Flag {
                assert_eq!(expr.gap(&facts, day).is_none(), holds);
            }
        }
    }
});

fn given(id: FieldId) -> Given {
    match id.field().form {
        Form::Number(_) => Given::Whole(i64::MAX),
        Form::Text => Given::Text("C3734".into()),
        Form::Choice(words) => Given::Text(words[0].0.into()),
        Form::Flag => Given::Flag(true),
        Form::Day => Given::Text("2024-02-29".into()),
        Form::List => Given::List(vec!["封测".into()]),
    }
}
