use super::*;
use domain::chain::{Chain, Position, Segment};
use domain::company::IndustryCode;
use proptest::prelude::*;

fn segment(id: &str, words: &[&str], exclude: &[&str]) -> Segment {
    Segment {
        id: id.into(),
        name: id.into(),
        name_en: String::new(),
        parent: None,
        level: 1,
        position: Position::Midstream,
        words: words.iter().map(|w| w.to_string()).collect(),
        exclude: exclude.iter().map(|w| w.to_string()).collect(),
        industry: vec![],
        importance: 3,
        supplies: vec![],
    }
}

fn chain(id: &str, segments: Vec<Segment>) -> Chain {
    let text = |s: &str| s.to_string();
    Chain { id: text(id), name: text(id), name_en: text(id), version: text("1"), about: text(""), segments }
}

fn dictionary() -> (Dictionary, ChainSet) {
    let mut crank = segment("crank", &["曲轴", "船用曲轴"], &["汽车曲轴"]);
    crank.industry = vec![IndustryCode("C3734".into())];
    let ships = chain(
        "ships",
        vec![
            crank,
            segment("engine", &["船用柴油机", "柴油机"], &[]),
            segment("repair", &["船舶维修"], &[]),
            segment("abrasive", &["磨料", "磨具"], &[]),
            segment("paint", &["船舶涂料", "化工产品"], &[]),
        ],
    );
    let ai = chain("ai", vec![segment("ai", &["AI", "人工智能"], &[]), segment("axis", &["曲轴"], &[])]);
    let set = ChainSet::new(vec![ships, ai]).unwrap();
    (Dictionary::new(&set).unwrap(), set)
}

fn placed(scope: &str) -> Vec<(String, Role, String)> {
    let (d, set) = dictionary();
    let company = Company { scope: scope.into(), ..Company::default() };
    let mut out: Vec<(String, Role, String)> = d
        .place(&company)
        .placements
        .iter()
        .flat_map(|p| {
            p.evidence.iter().map(|e| {
                let text = &scope[e.start as usize..e.end as usize];
                (set.get(p.segment).1.id.clone(), e.role, text.to_string())
            })
        })
        .filter(|(s, ..)| s != "axis")
        .collect();
    out.sort_by_key(|(_, _, t)| scope.find(t.as_str()));
    out
}

fn role(scope: &str, word: &str) -> Option<Role> {
    placed(scope).into_iter().find(|(_, _, t)| t == word).map(|(_, r, _)| r)
}

#[test]
fn verbs_behind_a_list_reach_all_of_it() {
    let text = "船用柴油机、曲轴的研发、生产、销售；磨料批发。";
    assert_eq!(role(text, "船用柴油机"), Some(Role::Maker));
    assert_eq!(role(text, "曲轴"), Some(Role::Maker));
    assert_eq!(role(text, "磨料"), Some(Role::Trader));
}

#[test]
fn verbs_in_front_of_a_list_reach_all_of_it() {
    for text in [
        "制造、销售磨料、磨具；柴油机零售",
        "生产销售：磨料、磨具；柴油机零售",
        "生产,销售磨料，磨具；柴油机零售",
    ] {
        assert_eq!(role(text, "磨料"), Some(Role::Maker), "{text}");
        assert_eq!(role(text, "磨具"), Some(Role::Maker), "{text}");
        assert_eq!(role(text, "柴油机"), Some(Role::Trader), "{text}");
    }
    assert_eq!(role("生产磨料，销售柴油机、曲轴", "曲轴"), Some(Role::Trader));
}

#[test]
fn verbs_behind_their_goods_do_not_reach_forward() {
    assert_eq!(role("磨料开发、销售及维修、柴油机；", "柴油机"), Some(Role::Unknown));
    assert_eq!(role("柴油机，销售磨料、磨具", "柴油机"), Some(Role::Unknown));
    assert_eq!(role("柴油机制造，销售磨料、磨具", "磨具"), Some(Role::Trader));
}

#[test]
fn a_word_inside_another_thing_counts_less_and_overlapping_words_count_once() {
    let (d, _) = dictionary();
    let top =
        |scope: &str| d.place(&Company { scope: scope.into(), ..Company::default() }).placements.remove(0);
    assert!(top("船用柴油机配件制造").score < top("船用柴油机制造").score * 0.7);
    let set2 =
        ChainSet::new(vec![chain("s", vec![segment("watch", &["安防监控", "监控设备"], &[])])]).unwrap();
    let d2 = Dictionary::new(&set2).unwrap();
    let both = d2.place(&Company { scope: "安防监控设备制造".into(), ..Company::default() });
    assert_eq!(both.placements[0].evidence.len(), 1);
    assert_eq!(both.placements[0].evidence[0].word, "安防监控");
}

#[test]
fn each_item_of_a_list_may_have_its_own_verb() {
    let text = "磨料制造、柴油机销售、曲轴维修";
    assert_eq!(role(text, "磨料"), Some(Role::Maker));
    assert_eq!(role(text, "柴油机"), Some(Role::Trader));
    assert_eq!(role(text, "曲轴"), Some(Role::Service));
}

#[test]
fn a_heading_with_a_colon_reaches_over_semicolons_to_the_full_stop() {
    let text = "生产：磨料；柴油机；批发：磨具。曲轴";
    assert_eq!(role(text, "柴油机"), Some(Role::Maker));
    assert_eq!(role(text, "磨具"), Some(Role::Trader));
    assert_eq!(role(text, "曲轴"), Some(Role::Unknown));
    assert_eq!(role("一般项目：磨料销售；柴油机制造", "磨料"), Some(Role::Trader));
}

#[test]
fn a_verb_inside_a_noun_is_no_verb() {
    assert_eq!(role("船用柴油机加工设备的销售", "船用柴油机"), Some(Role::Trader));
    assert_eq!(role("磨料生产线、柴油机销售", "磨料"), Some(Role::Trader));
    assert_eq!(role("人工智能科技领域内的技术开发、技术咨询、技术服务", "人工智能"), Some(Role::Service));
}

#[test]
fn exclusions_count_for_nothing() {
    for text in [
        "机械制造（除柴油机外）",
        "机械制造（柴油机除外）",
        "机械制造（不含柴油机、曲轴）",
        "机械制造，不含柴油机、曲轴",
        "机械制造，柴油机、曲轴除外",
        "除柴油机、曲轴外的机械制造",
        "机械制造（国家限制、禁止的柴油机除外）",
        "机械销售（依法须经批准的项目，经柴油机主管部门批准后方可开展经营活动）",
        "机械制造；不得从事柴油机、曲轴的生产",
    ] {
        assert_eq!(placed(text), [], "{text}");
    }
    for text in [
        "化工产品（不含危险化学品）、柴油机的制造",
        "除尘设备、柴油机、室外照明的制造",
        "柴油机制造（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
        "机械（除曲轴外）、柴油机制造",
        "机械销售，曲轴除外；柴油机制造",
    ] {
        assert_eq!(role(text, "柴油机"), Some(Role::Maker), "{text}");
        assert_eq!(role(text, "曲轴"), None, "{text}");
    }
}

#[test]
fn what_only_a_branch_does_counts_half() {
    let (d, _) = dictionary();
    let score = |scope: &str| {
        let company = Company { scope: scope.into(), ..Company::default() };
        d.place(&company).placements.first().map_or(0.0, |p| p.score)
    };
    let whole = score("船用柴油机制造");
    for text in [
        "船用柴油机制造（限分支机构经营）",
        "限分支机构经营：船用柴油机制造",
        "以下项目限分支机构经营：普通机械；船用柴油机制造",
        "（以下限分支机构经营）普通机械；船用柴油机制造。",
        "普通机械（以下限分支机构经营：船用柴油机制造）",
    ] {
        let got = score(text);
        assert!((got - whole / 2.0).abs() < 1e-5, "{text}: {got} against {whole}");
    }
    assert_eq!(score("机械销售（限分支机构经营）；船用柴油机制造"), whole);
}

#[test]
fn exclude_words_and_longer_words_win() {
    assert_eq!(placed("汽车曲轴制造"), []);
    assert_eq!(placed("汽车曲轴、曲轴制造").len(), 1);
    let (d, set) = dictionary();
    let company = Company { scope: "船用曲轴制造".into(), ..Company::default() };
    let got = d.place(&company);
    let keys: Vec<String> = got.placements.iter().map(|p| set.key(p.segment)).collect();
    assert_eq!(keys, ["ships/crank", "ai/axis"], "another chain keeps its own shorter word");
    assert_eq!(got.placements[0].evidence.len(), 1);
    assert_eq!(got.placements[0].evidence[0].word, "船用曲轴");
}

#[test]
fn offsets_lead_to_the_original_text() {
    let scope = "１、ＬＮＧ（ＡＩ）设备，ＡＩ软件开发；PAINT生产";
    let got: Vec<String> = placed(scope).into_iter().map(|(_, _, t)| t).collect();
    assert_eq!(got, ["ＡＩ", "ＡＩ"]);
}

#[test]
fn a_word_that_names_the_service_is_not_marked_down() {
    let (d, _) = dictionary();
    let place =
        |scope: &str| d.place(&Company { scope: scope.into(), ..Company::default() }).placements.remove(0);
    let repair = place("船舶维修");
    assert_eq!(repair.role, Role::Service);
    assert!(repair.score > place("船舶涂料销售").score);
}

#[test]
fn products_beat_scope_and_a_code_alone_places_barely() {
    let (d, set) = dictionary();
    let product = Company { products: vec!["船用曲轴".into()], ..Company::default() };
    let scope = Company { scope: "船用曲轴".into(), ..Company::default() };
    let code = |c: &str| Company {
        industry: Some(IndustryCode(c.into())),
        name: "某某制造厂".into(),
        ..Company::default()
    };
    let score = |c: &Company| d.place(c).placements.first().map_or(0.0, |p| p.score);
    assert!(score(&product) > score(&scope));
    assert!(score(&scope) > score(&code("C3734")));
    assert!(score(&code("C3734")) >= score::MIN_SCORE);
    assert_eq!(score(&code("C3735")), 0.0);
    let p = d.place(&code("C3734")).placements.remove(0);
    assert_eq!((set.key(p.segment).as_str(), p.evidence[0].field), ("ships/crank", Field::Industry));
}

#[test]
fn the_companys_role_comes_from_first_clauses_and_name() {
    let (d, _) = dictionary();
    let role = |name: &str, scope: &str| {
        d.place(&Company { name: name.into(), scope: scope.into(), ..Company::default() }).role
    };
    assert_eq!(role("甲机械制造有限公司", "机械制造；机械销售"), Role::Maker);
    assert_eq!(role("甲商贸有限公司", "机械、五金批发；零售日用品；技术咨询"), Role::Trader);
    assert_eq!(role("甲管理咨询有限公司", "企业管理咨询；会议服务"), Role::Service);
    assert_eq!(role("", ""), Role::Unknown);
}

#[test]
fn many_go_as_one_goes() {
    let (d, _) = dictionary();
    let companies: Vec<Company> = (0..100)
        .map(|i| Company {
            scope: format!("磨料制造；柴油机{}", ["销售", "维修", "制造"][i % 3]),
            ..Company::default()
        })
        .collect();
    let all = d.place_all(&companies);
    assert_eq!(all, companies.iter().map(|c| d.place(c)).collect::<Vec<_>>());
    let mut streamed = Vec::new();
    d.place_stream(&mut companies.into_iter(), &mut |_, p| {
        streamed.push(p);
        Ok(())
    })
    .unwrap();
    assert_eq!(streamed, all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_placed_and_its_evidence_is_the_word(
        scope in "(柴油机|曲轴|汽车|船用|ＡＩ|制造|销售|生产线|除|外|除外|不含|限分支机构经营|以下|领域内|[、，；。（）:：1一a ]|\\PC){0,40}"
    ) {
        let (d, _) = dictionary();
        let company = Company { name: scope.clone(), products: vec![scope.clone()], scope, ..Company::default() };
        for p in d.place(&company).placements {
            prop_assert!((0.0..=1.0).contains(&p.score));
            for e in p.evidence {
                let (s, t) = (e.start as usize, e.end as usize);
                prop_assert_eq!(fold(&company.scope[s..t]), fold(&e.word));
            }
        }
    }
}
