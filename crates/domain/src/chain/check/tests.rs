use super::super::{parse, to_toml};
use super::*;
use proptest::prelude::*;

const HEAD: &str =
    "format = 1\nid = \"ships\"\nname = \"船舶\"\nname_en = \"Ships\"\nversion = \"1\"\nabout = \"a\"\n";

fn faults(body: &str) -> Vec<(usize, Rule)> {
    check(&format!("{HEAD}{body}")).errors.iter().map(|f| (f.line, f.rule)).collect()
}

fn seg(id: &str, rest: &str) -> String {
    format!("[[segment]]\nid = \"{id}\"\nname = \"环节{id}\"\nname_en = \"x\"\n{rest}\n")
}

#[test]
fn the_format_of_the_issue_parses() {
    let text = format!(
        "{HEAD}
[[segment]]
id = \"crankshaft\"
parent = \"marine-power\"
name = \"船用曲轴\"
name_en = \"Marine crankshafts\"
words = [\"船用曲轴\", \"柴油机曲轴\"]
exclude = [\"汽车曲轴\"]
industry = [\"C3734\"]
supplies = [\"hull-assembly\"]

[[segment]]
id = \"marine-power\"
name = \"船用动力\"
name_en = \"Marine power\"
position = \"上游\"
importance = 4
words = []

[[segment]]
id = \"hull-assembly\"
parent = \"marine-power\"
name = \"总装\"
name_en = \"Assembly\"
position = \"下游\"
words = [\"总装\"]
"
    );
    let chain = parse(&text).unwrap();
    let ids: Vec<&str> = chain.segments.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["marine-power", "crankshaft", "hull-assembly"], "the parent goes first");
    let crank = &chain.segments[1];
    assert_eq!((crank.parent, crank.level, crank.position), (Some(0), 2, Position::Upstream));
    assert_eq!(crank.supplies, [2]);
    assert_eq!(chain.segments[0].importance, 4);
    assert_eq!(crank.importance, 3);
    assert_eq!(chain.segments[2].position, Position::Downstream, "a child may contradict");
    assert_eq!(parse(&to_toml(&chain)).unwrap(), chain);
}

#[test]
fn all_faults_come_at_once_with_their_lines() {
    let body = "[[segment]]\nid = \"A\"\nname = \"甲\"\ncolour = 1\nposition = \"左\"\nwords = [\"电\", \"电池\", \"电池\"]\nimportance = 6\n\
                industry = [\"C37345\", \"I3734\"]\nsupplies = [\"A\", \"nowhere\", \"nowhere\"]\n";
    // HEAD has 6 lines, so [[segment]] is line 7.
    assert_eq!(
        faults(body),
        [
            (8, Rule::BadId),
            (10, Rule::UnknownKey),
            (11, Rule::BadPosition),
            (12, Rule::BadWord),
            (12, Rule::DuplicateWord),
            (13, Rule::BadImportance),
            (14, Rule::BadIndustry),
            (14, Rule::BadIndustry),
            (15, Rule::SelfSupply),
            (15, Rule::UnknownSupply),
            (15, Rule::DuplicateSupply),
        ]
    );
}

#[test]
fn parents_levels_and_positions_are_checked() {
    let up = "position = \"上游\"\nwords = [\"甲乙\"]";
    let body = [
        seg("a", up),
        seg("a", "position = \"上游\"\nwords = [\"丙丁\"]"),
        seg("b", "parent = \"a\"\nwords = [\"丁丁\"]"),
        seg("c", "parent = \"b\"\nwords = [\"戊戊\"]"),
        seg("d", "parent = \"c\"\nwords = [\"己己\"]"),
        seg("e", "parent = \"ee\"\nwords = [\"庚庚\"]"),
        seg("f", "parent = \"g\"\nwords = [\"辛辛\"]"),
        seg("g", "parent = \"f\"\nwords = [\"壬壬\"]"),
        seg("h", "words = [\"癸癸\"]"),
        seg("i", "position = \"中游\"\nwords = [\"ＡＢ\"]\nexclude = [\"ab\"]"),
        seg("j", "position = \"中游\""),
    ]
    .concat();
    let rules: Vec<Rule> = faults(&body).into_iter().map(|(_, r)| r).collect();
    assert_eq!(
        rules,
        [
            Rule::DuplicateId,
            Rule::TooDeep,
            Rule::UnknownParent,
            Rule::ParentCycle,
            Rule::ParentCycle,
            Rule::MissingPosition,
            Rule::ExcludedWord,
            Rule::NoWords,
        ]
    );
}

#[test]
fn syntax_errors_and_missing_heads_are_faults() {
    let bad = check("format = 2\nname = 3\n[[segment]\n");
    let rules: BTreeSet<Rule> = bad.errors.iter().map(|f| f.rule).collect();
    assert!(rules.contains(&Rule::Syntax) && rules.contains(&Rule::Format), "{:?}", bad.errors);
    assert!(rules.contains(&Rule::WrongType) && rules.contains(&Rule::MissingKey), "{:?}", bad.errors);
    assert!(bad.chain.is_none());
    assert!(!check("").errors.is_empty());
}

#[test]
fn limits_are_faults() {
    let words: Vec<String> = (0..=limits::SEGMENT_WORDS).map(|i| format!("\"词{i}\"")).collect();
    let body = seg("a", &format!("position = \"上游\"\nwords = [{}]", words.join(",")));
    assert_eq!(faults(&body).iter().map(|f| f.1).collect::<Vec<_>>(), [Rule::Limit]);
    let many: String = (0..=limits::CHAIN_SEGMENTS)
        .map(|i| seg(&format!("s{i}"), &format!("position = \"上游\"\nwords = [\"词{i}\"]")))
        .collect();
    assert_eq!(faults(&many).iter().map(|f| f.1).collect::<Vec<_>>(), [Rule::Limit]);
}

#[test]
fn warnings_do_not_stop_the_file() {
    let body = [
        seg("a", "position = \"上游\"\nwords = [\"曲轴\"]\nsupplies = [\"b\"]"),
        seg("b", "position = \"中游\"\nwords = [\"曲轴\"]\nsupplies = [\"a\"]"),
        seg("c", "position = \"中游\"\nwords = [\"孤岛\"]"),
        seg("d", "parent = \"a\"\nwords = [\"曲轴\"]"),
    ]
    .concat();
    let checked = check(&format!("{HEAD}{body}"));
    assert!(checked.chain.is_some());
    let rules: Vec<Rule> = checked.warnings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [Rule::SupplyCycle, Rule::SharedWord, Rule::NoSupply, Rule::SharedWord]);
}

#[test]
fn industry_codes_follow_the_standard() {
    for good in ["C", "C37", "C373", "C3734", "I65", "K7010", "T"] {
        assert!(is_industry_code(good), "{good}");
    }
    for bad in ["", "c37", "C3", "C37345", "I3734", "U", "C00", "T98", "37", "C3７"] {
        assert!(!is_industry_code(bad), "{bad}");
    }
}

#[test]
fn a_near_id_is_suggested() {
    let body = [
        seg("hull", "position = \"上游\"\nwords = [\"船体\"]"),
        seg("power", "position = \"上游\"\nwords = [\"动力\"]\nsupplies = [\"hul\"]"),
    ]
    .concat();
    let errors = check(&format!("{HEAD}{body}")).errors;
    assert!(errors[0].message.contains("did you mean `hull`"), "{}", errors[0]);
    assert_eq!(errors[0].segment.as_deref(), Some("power"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_answered_without_panic(text in ".{0,300}") {
        let _ = check(&text);
        let _ = check(&format!("{HEAD}[[segment]]\n{text}"));
    }

    #[test]
    fn what_is_written_is_read_back(
        names in prop::collection::vec("[\\u{4e00}-\\u{4eff}a-z\"\\\\ ]{2,8}", 1..20),
        seed in any::<u64>(),
    ) {
        let mut segments: Vec<Segment> = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let r = seed.rotate_left(u32::try_from(i * 7 % 64).unwrap());
            let parent = (i > 0 && r % 3 > 0)
                .then(|| usize::try_from(r / 3).unwrap() % i)
                .filter(|&p: &usize| segments[p].level < 3);
            let position = match r % 5 { 0 => Position::Upstream, 1 => Position::Midstream, _ => Position::Downstream };
            let to = usize::try_from(r / 11).unwrap() % names.len();
            segments.push(Segment {
                id: format!("s{i}"),
                name: format!("名{name}").trim().to_string(),
                name_en: String::new(),
                parent,
                level: parent.map_or(1, |p| segments[p].level + 1),
                position,
                words: vec![format!("ww{}", name.trim())],
                exclude: vec![format!("x{i}")],
                industry: vec![IndustryCode("C37".into())],
                importance: u8::try_from(r % 5 + 1).unwrap(),
                supplies: if to == i { vec![] } else { vec![to] },
            });
        }
        let text = |s: &str| s.to_string();
        let chain = Chain { id: text("x"), name: text("链"), name_en: text("c"), version: text("1"), about: String::new(), segments };
        let back = parse(&to_toml(&chain));
        prop_assert_eq!(back, Ok(chain));
    }
}
