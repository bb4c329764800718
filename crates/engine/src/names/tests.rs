//! The index against a naive scan, shuffled input, and damaged files.

use super::*;
use domain::name::{NameKey, fold};
use proptest::prelude::*;
use std::fs;

fn entry(name: &str, company: u32) -> NameEntry {
    NameEntry { name: name.to_owned(), company, kind: AliasKind::Legal, region: None }
}

fn index_of(entries: Vec<NameEntry>) -> (tempfile::TempDir, NameIndex) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("names");
    build(&path, &mut entries.into_iter()).unwrap();
    let index = NameIndex::open(&path).unwrap();
    index.verify().unwrap();
    (dir, index)
}

/// Invented companies, many with the same words.
fn town() -> Vec<NameEntry> {
    let places = ["", "镇江", "镇江市", "江苏", "苏州", "深圳市", "北京"];
    let brands = ["恒越", "恒远", "蓝潮", "安迪克", "新泰克", "华越", "越恒"];
    let trades = ["科技", "船舶重工", "液压机械", "新材料科技", "贸易", "电子"];
    let forms = ["有限公司", "股份有限公司", "集团有限公司"];
    let mut out = Vec::new();
    let mut tried = 0;
    for p in places {
        for b in brands {
            for t in trades {
                for f in forms {
                    // leave some combinations out
                    tried += 1;
                    if tried % 5 != 2 && tried % 7 != 3 {
                        out.push(entry(&format!("{p}{b}{t}{f}"), out.len() as u32));
                    }
                }
            }
        }
    }
    out
}

#[test]
fn finds_short_renamed_and_misspelt_companies() {
    let mut all = town();
    let n = all.len() as u32;
    all.push(entry("邵阳某克液压股份有限公司", n));
    all.push(entry("中某高轨电气装备股份有限公司", n + 1));
    all.push(entry("QRX科技集团股份有限公司", n + 2));
    let (_dir, index) = index_of(all);
    for (query, company) in
        [("邵阳液压", n), ("高轨电气", n + 1), ("*ST高轨", n + 1), ("QRX集团股份有限公司", n + 2)]
    {
        let found = index.resolve(query, None, 10);
        assert_eq!(found.candidates.first().map(|c| c.company), Some(company), "{query}: {found:?}");
        assert_ne!(found.tier, Tier::Exact, "{query}");
    }
}

#[test]
fn exact_means_one_company_and_ambiguity_is_shown() {
    let names = vec![
        entry("镇江恒越科技有限公司", 1),
        entry("镇江恒越科技有限公司", 2),
        entry("镇江蓝潮科技有限公司", 3),
    ];
    let (_dir, index) = index_of(names);
    let two = index.resolve("镇江恒越科技有限公司", None, 10);
    assert_eq!(two.tier, Tier::Suggest);
    assert_eq!(two.candidates.iter().filter(|c| c.reason == Reason::SameName).count(), 2);
    let one = index.resolve(" 镇江蓝潮科技有限公司 ", None, 10);
    assert_eq!((one.tier, one.candidates[0].company), (Tier::Exact, 3));
}

#[test]
fn former_names_lead_to_their_company() {
    let former = NameEntry { kind: AliasKind::Former, ..entry("江苏旧名机械厂", 7) };
    let (_dir, index) = index_of(vec![entry("江苏新名装备股份有限公司", 7), former]);
    let found = index.resolve("江苏旧名机械厂", None, 5);
    assert_eq!((found.tier, found.candidates[0].company), (Tier::Exact, 7));
    assert_eq!(found.candidates[0].matched, AliasKind::Former);
    assert_eq!(found.candidates.len(), 1, "a company is shown once");
}

#[test]
fn a_branch_is_never_taken_for_its_company() {
    let (_dir, index) = index_of(vec![entry("镇江恒越船舶重工有限公司", 1)]);
    let found = index.resolve("镇江恒越船舶重工有限公司丹徒分公司", None, 5);
    assert!(found.tier <= Tier::Suggest, "{found:?}");
}

#[test]
fn refuses_what_is_not_there() {
    let (_dir, index) = index_of(town());
    for query in ["珠海格罗利橡胶制品有限公司", "沃特普", "", "（）", "有限公司"] {
        let found = index.resolve(query, None, 10);
        assert_eq!((found.tier, found.candidates.len()), (Tier::None, 0), "{query}: {found:?}");
    }
}

#[test]
fn suggests_while_typing() {
    let (_dir, index) = index_of(town());
    for typed in ["镇", "镇江", "镇江市恒", "恒越液"] {
        let found = index.suggest(typed, 8);
        assert!(!found.is_empty(), "{typed}");
        let first = &found[0].name;
        assert!(typed.chars().all(|c| first.contains(c)), "{typed}: {first}");
    }
    assert!(index.suggest("", 8).is_empty());
}

#[test]
fn the_order_of_the_input_changes_no_answer() {
    let forward = town();
    let mut shuffled = forward.clone();
    // a fixed permutation: by a hash of the number
    shuffled.sort_by_key(|e| e.company.wrapping_mul(2_654_435_761));
    assert_ne!(forward, shuffled);
    let (_a, one) = index_of(forward.clone());
    let (_b, other) = index_of(shuffled);
    for query in forward.iter().step_by(9).map(|e| e.name.as_str()).chain([
        "恒越",
        "蓝潮科技",
        "越恒股份",
        "镇江安迪克",
    ]) {
        assert_eq!(one.resolve(query, None, 10), other.resolve(query, None, 10), "{query}");
        assert_eq!(one.suggest(query, 10), other.suggest(query, 10), "{query}");
    }
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("names");
    build(&path, &mut town().into_iter()).unwrap();
    let good = fs::read(&path).unwrap();
    let bad = dir.path().join("bad");
    for cut in [0, 1, 7, 100, 167, good.len() / 2, good.len() - 1] {
        fs::write(&bad, &good[..cut]).unwrap();
        let error = format!("{:#}", NameIndex::open(&bad).unwrap_err());
        assert!(!error.is_empty(), "cut at {cut}");
    }
    for at in [0, 8, 20, 100, 165] {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        fs::write(&bad, &bytes).unwrap();
        assert!(NameIndex::open(&bad).is_err(), "header byte {at}");
    }
    // a damaged body opens (it is not read), is found by verify, and answers without a panic
    for step in 0..60 {
        let mut bytes = good.clone();
        let from = 180 + step * (good.len() - 200) / 60;
        bytes[from..from + 16].iter_mut().for_each(|b| *b = !*b);
        fs::write(&bad, &bytes).unwrap();
        let index = NameIndex::open(&bad).unwrap();
        assert!(index.verify().is_err(), "body byte {from}");
        for query in ["镇江恒越科技有限公司", "蓝潮科技", "恒越"] {
            assert!(index.resolve(query, None, 10).candidates.len() <= 10);
            assert!(index.suggest(query, 10).len() <= 10);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn exact_is_what_a_scan_finds(
        names in prop::collection::vec("[恒越蓝潮（）()ａA]{1,4}(科技|重工)?(有限公司)?", 1..40),
        asked in prop::collection::vec("[恒越蓝潮（）()ａA]{1,4}(科技|重工)?(有限公司)?", 0..20),
    ) {
        let all: Vec<NameEntry> = names.iter().zip(0..).map(|(n, i)| entry(n, i)).collect();
        let (_dir, index) = index_of(all.clone());
        for query in names.iter().chain(&asked) {
            // a name that is nothing but a form is not indexed
            let kept = |n: &str| !NameKey::parse(n).content.is_empty();
            let mut same: Vec<u32> =
                all.iter().filter(|e| kept(&e.name) && fold(&e.name) == fold(query)).map(|e| e.company).collect();
            let found = index.resolve(query, None, 100);
            let mut exact: Vec<u32> =
                found.candidates.iter().filter(|c| c.reason == Reason::SameName).map(|c| c.company).collect();
            same.sort_unstable();
            exact.sort_unstable();
            prop_assert_eq!(found.tier == Tier::Exact, same.len() == 1, "{}", query);
            prop_assert_eq!(exact, same, "{}", query);
        }
    }
}
