//! The language as a whole.

use super::*;
use crate::policy::facts::Given;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeMap;

const TODAY: Date = date(2026, 6, 1);

fn facts(given: &[(&str, Given)]) -> Facts {
    let given: BTreeMap<String, Given> = given.iter().map(|(w, v)| ((*w).to_string(), v.clone())).collect();
    Facts::read(&given).unwrap()
}

fn text(text: &str) -> Given {
    Given::Text(text.into())
}

fn company() -> Facts {
    facts(&[
        ("company.registered_on", text("2025-06-02")),
        ("company.revenue_last_year", Given::Whole(100_000_000)),
        ("company.research_spend", Given::Whole(4_200_000)),
        ("company.employees", Given::Whole(120)),
        ("company.high_tech", Given::Flag(false)),
        ("company.size", text("small")),
        ("company.industry", text("C3734")),
        ("company.chain_segments", Given::List(vec!["封测".into()])),
        ("company.tax_last_year", Given::Whole(0)),
    ])
}

fn truth(condition: &str) -> Truth {
    Expr::condition(condition).unwrap_or_else(|fault| panic!("{condition}: {fault}")).truth(&company(), TODAY)
}

fn gap(condition: &str) -> Gap {
    Expr::condition(condition).unwrap().gap(&company(), TODAY).unwrap_or_else(|| panic!("{condition} holds"))
}

#[test]
fn what_is_known_decides_and_what_is_not_is_unknown() {
    use Truth::{No, Unknown, Yes};
    for (condition, becomes) in [
        ("company.research_spend / company.revenue_last_year >= 0.042", Yes),
        ("company.research_spend / company.revenue_last_year > 0.042", No),
        ("company.revenue_last_year * 0.042 == company.research_spend", Yes),
        ("company.industry.startsWith(\"C37\")", Yes),
        ("company.industry in [\"C3734\", \"C39\"] && \"封测\" in company.chain_segments", Yes),
        ("company.size != \"large\" && !company.high_tech", Yes),
        ("years_since(company.registered_on) >= 1", No),
        ("company.registered_on < date(\"2025-06-03\") && today > company.registered_on", Yes),
        ("company.patents_all >= 1", Unknown),
        ("!(company.patents_all >= 1)", Unknown),
        ("company.patents_all >= 1 && company.high_tech", No),
        ("company.patents_all >= 1 || company.employees > 100", Yes),
        ("company.patents_all >= 1 || company.high_tech", Unknown),
        ("has(company.patents_all)", No),
        ("has(company.patents_all) || company.employees >= 120", Yes),
        ("company.research_spend / company.tax_last_year >= 0.05", Unknown),
        ("company.tax_last_year / company.tax_last_year == 1", Unknown),
        ("company.revenue_last_year <= 30000000 ? company.high_tech : company.employees in [120, -1]", Yes),
        ("company.patents_all > 0 ? true : true", Unknown),
        ("size(company.chain_segments) == 1 && size(company.industry) == 5", Yes),
        ("size(company.qualifications) >= 1", Unknown),
        ("-company.employees + 120 == 0", Yes),
        ("1 + 2 * 3 - 4 / 8 == 6.5", Yes),
        ("10 - 3 - 2 == 5 && 100 / 10 / 5 == 2", Yes),
        ("false || true && false", No),
    ] {
        assert_eq!(truth(condition), becomes, "{condition}");
    }
}

#[test]
fn a_number_that_is_too_large_is_unknown() {
    let large = "999999999999999 * 999999999999999 * 999999999999999 * 999999999999999 > 0";
    assert_eq!(truth(large), Truth::Unknown);
    assert!(gap(large).zh.contains("无法计算"), "{:?}", gap(large));
}

#[test]
fn reasons_name_the_value_and_what_is_needed() {
    for (condition, zh, en) in [
        (
            "company.research_spend / company.revenue_last_year >= 0.05",
            "研发费用占比 4.2%，需要 5%",
            "research share of revenue is 4.2%, 5% is needed",
        ),
        (
            "0.05 <= company.research_spend / company.revenue_last_year",
            "研发费用占比 4.2%，需要 5%",
            "5% is needed",
        ),
        ("company.employees / (true ? 1 : 2) >= (company.revenue_last_year > 5 ? 300 : 1)", "300", "300"),
        (
            "company.research_spend >= (company.high_tech ? 1 : company.revenue_last_year <= 5 ? 2 : 50000000)",
            "上年研发费用 420万元，需要 5000万元",
            "50000000 yuan is needed",
        ),
        ("company.employees < 100", "职工人数 120人，需要低于 100人", "less than 100 people is needed"),
        (
            "company.revenue_last_year <= 30000000",
            "上年营业收入 1亿元，不得超过 3000万元",
            "at most 30000000 yuan",
        ),
        ("company.high_tech", "高新技术企业：否，需要是", "not high-tech enterprise"),
        ("company.size == \"large\"", "企业规模 小型，需要是 大型", "size is small, large is needed"),
        (
            "company.industry.startsWith(\"C39\")",
            "国民经济行业代码 C3734 船用配套设备制造，需要以此开头：C39",
            "begin with C39",
        ),
        ("\"设计\" in company.chain_segments", "所在产业链环节中没有“设计”", "not among"),
        (
            "size(company.chain_segments) >= 2",
            "所在产业链环节的项数 1，需要 2",
            "number of chain segments is 1, 2",
        ),
        ("size(company.qualifications) > 1", "缺少：资质", "not known: qualifications"),
        ("years_since(company.registered_on) >= 1", "成立日期至今整年数 0年，需要 1年", "years since"),
        (
            "company.registered_on <= date(\"2024-01-01\")",
            "成立日期 2025-06-02，不得晚于 2024-01-01",
            "no later",
        ),
        ("company.patents_all >= 1", "缺少：专利（已授权）", "not known: patents granted"),
        ("company.high_tech && company.employees >= 200", "；", "; "),
        ("company.high_tech || company.employees >= 200", "，或者", ", or "),
        ("!(company.employees >= 100)", "需要低于 100人", "less than"),
        ("company.size in [\"large\", \"medium\"]", "需要其中之一：大型、中型", "one of large, medium"),
        (
            "company.research_spend >= company.revenue_last_year * 0.05",
            "上年营业收入 × 0.05 500万元",
            "5000000",
        ),
        ("company.research_spend / company.tax_last_year > 1", "无法计算", "division by zero"),
    ] {
        let gap = gap(condition);
        assert!(gap.zh.contains(zh) && gap.en.contains(en), "{condition}: {gap:?}");
    }
    let unknown = gap("company.patents_all >= 1 && company.employees >= 1 && company.software > 0");
    let words: Vec<&str> = unknown.missing.iter().map(|id| id.field().word).collect();
    assert_eq!(words, ["company.patents_all", "company.software"]);
}

#[test]
fn what_falls_short_never_looks_as_if_it_did_not() {
    let share = facts(&[
        ("company.research_spend", Given::Whole(4_999_999)),
        ("company.revenue_last_year", Given::Whole(100_000_000)),
    ]);
    let expr = Expr::condition("company.research_spend / company.revenue_last_year >= 0.05").unwrap();
    assert_eq!(expr.gap(&share, TODAY).unwrap().zh, "研发费用占比 4.99%，需要 5%");
}

#[test]
fn a_shortfall_is_a_figure_with_its_unit_and_its_distance() {
    for (condition, told, per_mille, too_much) in [
        ("company.research_spend / company.revenue_last_year >= 0.05", "0.8%", 160, false),
        ("0.05 < company.research_spend / company.revenue_last_year", "0.8%", 160, false),
        ("!(company.research_spend < 5000000)", "80万元", 160, false),
        ("company.employees <= 100", "20人", 200, true),
        ("company.employees * 2 + 1 >= 300", "59", 197, false),
        ("company.revenue_last_year <= 5 ? company.high_tech : company.employees > 300", "180人", 600, false),
        ("company.research_spend >= (company.revenue_last_year <= 5 ? 1 : 4200001)", "1元", 1, false),
    ] {
        let gap = gap(condition);
        let [one] = gap.shortfalls[..] else { panic!("{condition}: {gap:?}") };
        assert_eq!(one.text(Lang::Zh).as_deref(), Some(told), "{condition}");
        assert_eq!((one.per_mille(), one.too_much), (Some(per_mille), too_much), "{condition}");
    }
    let several = gap(
        "company.employees >= 200 && company.high_tech && company.employees >= 1 && company.patents_all > 2",
    );
    assert_eq!(
        (several.shortfalls.len(), several.missing.len()),
        (1, 1),
        "what holds and what is not known is none"
    );
    let ways = gap("company.employees >= 200 || company.research_spend > 5000000").shortfalls;
    assert_eq!(ways.iter().filter_map(|s| s.per_mille()).collect::<Vec<_>>(), [400, 160]);
    let zero = gap("company.employees <= 0").shortfalls;
    assert_eq!((zero[0].per_mille(), zero[0].by()), (None, Some(Number::whole(120))));
}

#[test]
fn faults_say_where_what_and_what_to_write() {
    for (condition, column, says) in [
        ("", 1, "a field"),
        ("company.high_tech =", 19, "write =="),
        ("company.high_tech and true", 19, "write &&"),
        ("company.employees >= 5%", 23, "0.05"),
        ("company.employees ≥ 5", 19, "write >="),
        ("company.employes >= 5", 1, "company.employees"),
        ("weather", 1, "no such field"),
        ("company.size == \"Small\"", 17, "one of large, medium, small, micro"),
        ("company.size in [\"large\", \"huge\"]", 27, "one of large"),
        ("company.size >= \"small\"", 14, "write =="),
        ("company.employees >= company.revenue_last_year", 19, "people beside yuan"),
        ("company.employees + company.patents_all > 1", 19, "people beside pieces"),
        ("company.employees", 1, "write a comparison"),
        ("company.registered_on >= 1", 23, "a day beside a number"),
        ("company.registered_on * 2 > 1", 1, "years_since"),
        ("1 < company.employees < 5", 23, "a <= b && b <= c"),
        ("company.employees in []", 19, "at least one"),
        ("company.employees in [company.patents_all]", 23, "a list holds"),
        ("\"a\" in company.industry", 8, "a list is needed"),
        ("company.industry.endsWith(\"C\")", 18, "startsWith"),
        ("company.industry.startsWith(C)", 29, "is expected"),
        ("date(\"2023-02-29\") < today", 6, "no such day"),
        ("\"abc", 5, "close its quote"),
        ("\"a\\q\" == \"b\"", 3, "after a backslash"),
        ("(company.high_tech", 19, "`)` is expected"),
        ("company.high_tech)", 18, "operator"),
        ("1.1234567 > 0", 1, "6 decimals"),
        ("company.chain_segments == company.chain_segments", 24, "in it"),
        ("true ? 1 : \"a\"", 6, "one kind"),
        ("has(1)", 5, "takes a field"),
        ("size(\"a\") > 1", 6, "size takes a field"),
        ("size(company.employees) > 1", 6, "size takes a field that is a text or a list"),
        ("size(company.chain_segments)", 1, "write a comparison"),
        ("高新", 1, "double quotes"),
    ] {
        let fault = Expr::condition(condition).expect_err(condition);
        assert!(fault.column == column && fault.en.contains(says), "{condition}: {fault}");
        assert!(!fault.zh.is_empty() && fault.text(Lang::Zh).contains(&column.to_string()));
    }
    let nested = format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(Expr::condition(&nested).unwrap_err().en.contains("characters"));
    for deep in
        ["(".repeat(900), "!".repeat(900), "-".repeat(900), "true ? true : ".repeat(100), "1+".repeat(900)]
    {
        assert!(Expr::condition(&format!("{deep}1")).unwrap_err().en.contains("deep"), "{deep}");
    }
}

#[test]
fn an_amount_counts_yuan_and_nothing_else() {
    for amount in [
        "80000",
        "company.employees * 2000",
        "(plan.jobs - 30) * 2000",
        "company.research_spend * 0.08 + 50000",
        "company.research_spend * (company.research_spend / company.revenue_last_year)",
        "company.high_tech ? company.research_spend / 2 : 50000",
    ] {
        assert!(Expr::amount(amount).is_ok(), "{amount}");
    }
    for (amount, says) in [
        ("company.high_tech", "a number is needed"),
        ("company.employees", "this is people"),
        ("-company.employees + 1", "this is people"),
        ("plan.land_area / 2 * 1 > 3 ? 1 : company.employees", "this is people"),
        ("plan.land_area", "this is square metres"),
        ("company.research_spend / company.revenue_last_year", "this is a share"),
        ("years_since(company.registered_on)", "this is years"),
        ("company.high_tech ? company.research_spend : company.employees", "yuan beside people"),
    ] {
        let fault = Expr::amount(amount).expect_err(amount);
        assert!(fault.en.contains(says), "{amount}: {fault}");
    }
}

#[test]
fn brackets_are_printed_where_they_are_needed() {
    for (written, printed) in [
        ("((true))", "true"),
        ("!(true&&false)||(true)", "!(true && false) || true"),
        ("(true||false)&&true", "(true || false) && true"),
        ("1-(2-3)==(1-2)-3", "1 - (2 - 3) == 1 - 2 - 3"),
        ("2*(3+4)>5.50", "2 * (3 + 4) > 5.5"),
        ("'a\"b' == \"it's\"", "\"a\\\"b\" == \"it's\""),
        ("(true?1:2)>(false?1:(true?1:2))", "(true ? 1 : 2) > (false ? 1 : true ? 1 : 2)"),
    ] {
        let expr = Expr::condition(written).unwrap();
        assert_eq!(expr.to_string(), printed);
        assert_eq!(Expr::condition(printed).as_ref(), Ok(&expr));
    }
}

/// Numbers, as text.
fn numbers() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0u32..2_000).prop_map(|n| n.to_string()),
        Just("0.05".to_string()),
        Just("999999999999999".to_string()),
        Just("company.revenue_last_year".to_string()),
        Just("company.research_spend".to_string()),
        Just("company.tax_last_year".to_string()),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["*", "/"]), inner.clone())
                .prop_map(|(a, sign, b)| format!("({a}) {sign} ({b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("(company.high_tech ? {a} : ({b}))")),
        ]
    })
}

/// Conditions, as text; without `has`, which asks what is known.
fn conditions() -> impl Strategy<Value = String> {
    let order = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (numbers(), order, numbers()).prop_map(|(a, order, b)| format!("{a} {order} ({b}) * 1 / 1")),
        Just("company.high_tech".to_string()),
        Just("company.bad_credit".to_string()),
        Just("company.size in [\"small\", \"micro\"]".to_string()),
        Just("\"封测\" in company.chain_segments".to_string()),
        Just("company.industry.startsWith(\"C3\")".to_string()),
        Just("years_since(company.registered_on) >= 1".to_string()),
        Just("true".to_string()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(") && ("))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" || "))),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

/// What is known of a company, any part of it.
fn known() -> impl Strategy<Value = Facts> {
    let money = || prop::option::of(prop_oneof![Just(0i64), 1i64..2_000, Just(i64::MAX)]);
    let flag = || prop::option::of(any::<bool>());
    let size = prop::option::of(prop::sample::select(vec!["small", "large"]));
    (money(), money(), money(), flag(), flag(), size, any::<bool>()).prop_map(
        |(a, b, c, high, bad, size, more)| {
            let mut given = Vec::new();
            let amounts = [
                ("company.revenue_last_year", a),
                ("company.research_spend", b),
                ("company.tax_last_year", c),
            ];
            given.extend(amounts.into_iter().filter_map(|(w, n)| Some((w, Given::Whole(n?)))));
            let flags = [("company.high_tech", high), ("company.bad_credit", bad)];
            given.extend(flags.into_iter().filter_map(|(w, f)| Some((w, Given::Flag(f?)))));
            given.extend(size.map(|s| ("company.size", text(s))));
            if more {
                given.push(("company.industry", text("C3734")));
                given.push(("company.registered_on", text("2024-02-29")));
                given.push(("company.chain_segments", Given::List(vec!["封测".into()])));
            }
            facts(&given)
        },
    )
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_prints_the_same(written in "\\PC{0,60}") {
        if let Ok(expr) = Expr::condition(&written) {
            prop_assert_eq!(Expr::condition(&expr.to_string()), Ok(expr));
        }
    }

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(prop::sample::select(vec![
        "company.employees", "company.size", "today", "true", "!", "-", "(", ")", "[", "]", "&&", "||", "==", "<", "+", "/",
        "in", "?", ":", "1", "0.5", "\"small\"", "has", "size", "company.industry", ".startsWith(", "date(\"2026-01-01\")", "years_since(", ",",
    ]), 0..14)) {
        let written = words.join(" ");
        if let Ok(expr) = Expr::condition(&written) {
            prop_assert_eq!(Expr::condition(&expr.to_string()), Ok(expr));
        }
    }

    #[test]
    fn a_condition_prints_the_same_and_a_gap_is_told_unless_it_holds(written in conditions(), facts in known()) {
        let Ok(expr) = Expr::condition(&written) else { return Ok(()) };
        prop_assert_eq!(Expr::condition(&expr.to_string()), Ok(expr.clone()));
        let gap = expr.gap(&facts, TODAY);
        prop_assert_eq!(gap.is_none(), expr.truth(&facts, TODAY) == Truth::Yes);
        if let Some(gap) = gap {
            prop_assert!(!gap.zh.is_empty() && !gap.en.is_empty(), "{written}");
            for short in &gap.shortfalls {
                let by = short.by();
                prop_assert!(by.is_none_or(|by| by >= Number::whole(0)), "{written}");
                prop_assert!(!short.too_much || short.value >= short.need, "{written}");
            }
        }
    }

    /// What was decided without a fact stays so when the fact becomes known.
    #[test]
    fn knowing_more_never_turns_a_yes_into_a_no(written in conditions(), facts in known(), forget in any::<u64>()) {
        let Ok(expr) = Expr::condition(&written) else { return Ok(()) };
        let mut fewer = facts.clone();
        for id in expr.fields().into_iter().filter(|id| forget >> id.at() & 1 == 1) {
            fewer.forget(id);
        }
        let before = expr.truth(&fewer, TODAY);
        prop_assert!(before == Truth::Unknown || before == expr.truth(&facts, TODAY), "{written}");
    }
}

#[test]
fn the_generated_conditions_are_mostly_conditions() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let written: Vec<String> =
        (0..200).map(|_| conditions().new_tree(&mut runner).unwrap().current()).collect();
    let count = written.iter().filter(|one| Expr::condition(one).is_ok()).count();
    assert!(count > 150, "{count} of 200");
}
