//! The commands as a terminal or a script sees them.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Runs the program.
pub fn landfall(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_landfall")).args(args).output().unwrap()
}

#[track_caller]
pub fn good(args: &[&str]) -> String {
    let output = landfall(args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "landfall {}: {errors}", args.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn json(args: &[&str]) -> Value {
    let text = good(args);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[track_caller]
fn bad(args: &[&str]) -> String {
    let output = landfall(args);
    assert!(!output.status.success(), "landfall {} went well", args.join(" "));
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn path(dir: &Path, name: &str) -> String {
    dir.join(name).display().to_string()
}

#[test]
fn the_sample_zone_answers_every_question_of_a_script() {
    let dir = TempDir::new().unwrap();
    let data = path(dir.path(), "zone");
    assert!(good(&["demo", "--no-serve", "--data-dir", &data]).contains("sample zone was made"));
    assert!(good(&["demo", "--no-serve", "--data-dir", &data]).is_empty(), "the second start makes nothing");
    assert!(
        bad(&["demo", "--no-serve", "--listen", "0.0.0.0:8420", "--data-dir", &data])
            .contains("landfall serve")
    );

    let map = json(&["map", "--json", "--data-dir", &data]);
    assert!(map["residents"].as_u64().unwrap() > 100);
    let segments = map["segments"].as_array().unwrap();
    let verdicts = ["strong", "present", "weak", "missing"];
    assert!(segments.iter().all(|s| verdicts.contains(&s["verdict"].as_str().unwrap())));
    for verdict in verdicts {
        assert!(segments.iter().any(|s| s["verdict"] == verdict), "the sample zone has something {verdict}");
    }
    let ships = json(&["map", "--json", "--chain", "ships", "--data-dir", &data]);
    assert!(ships["segments"].as_array().unwrap().len() < segments.len());
    assert!(
        bad(&["map", "--chain", "nothing", "--data-dir", &data]).contains("ships"),
        "it says which there are"
    );

    let targets = json(&["targets", "--json", "--limit", "5", "--data-dir", &data]);
    let list = targets["targets"].as_array().unwrap();
    assert_eq!(list.len(), 5);
    assert!(
        list.iter()
            .enumerate()
            .all(|(i, t)| t["rank"] == i + 1 && !t["parts"].as_array().unwrap().is_empty())
    );
    assert!(bad(&["targets", "--segment", "ships/nothing", "--data-dir", &data]).contains("ships/nothing"));

    let name = list[0]["name"].as_str().unwrap();
    let resolved = json(&["resolve", name, "--json", "--data-dir", &data]);
    assert_eq!(resolved["candidates"][0]["name"], name);
    assert_eq!(resolved["candidates"][0]["key"], list[0]["uscc"]);
    assert!(good(&["resolve", "qqqqqqqq", "--data-dir", &data]).contains("None"));
    assert!(good(&["audit", "verify", "--data-dir", &data]).contains("chain intact"));
    let city = json(&["map", "--json", "--city", "湖北省武汉市", "--data-dir", &data]);
    assert!(city["residents"].as_u64().unwrap() > 10);
    assert!(bad(&["map", "--city", "火星", "--data-dir", &data]).contains("火星"));
}

#[test]
fn importing_says_its_counts_and_where_the_rejects_are() {
    let dir = TempDir::new().unwrap();
    let data = path(dir.path(), "zone");
    assert!(bad(&["map", "--data-dir", &data]).contains("import"), "it says what to do first");
    let file = path(dir.path(), "a.csv");
    std::fs::write(&file, "企业名称,统一社会信用代码\n试验一有限公司,\n试验二有限公司,123\n").unwrap();
    let counts = json(&["import", &file, "--json", "--data-dir", &data]);
    let keys: Vec<&str> = counts.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["read", "accepted", "rejected", "changed"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert_eq!([&counts["read"], &counts["accepted"], &counts["rejected"], &counts["changed"]], [2, 1, 1, 1]);
    let rejects = std::fs::read_to_string(counts["rejects"].as_str().unwrap()).unwrap();
    assert!(rejects.contains("试验二有限公司"));
    let again = json(&["import", &file, "--json", "--data-dir", &data]);
    assert_eq!(again["changed"], 0);
    let text = good(&["import", &file, "--data-dir", &data, "--kind", "residents"]);
    assert!(text.contains("read     2") && text.contains("rejected 1"), "{text}");
    assert!(bad(&["import", &path(dir.path(), "none.csv"), "--data-dir", &data]).contains("none.csv"));
    std::fs::write(&file, "电话,传真\n1,2\n").unwrap();
    assert!(!bad(&["import", &file, "--data-dir", &data]).is_empty(), "a list without names is refused");
}

#[test]
fn a_faulty_chain_file_fails_with_its_lines() {
    let dir = TempDir::new().unwrap();
    let file = path(dir.path(), "x.toml");
    let good_text = "format = 1\nid = \"x\"\nname = \"甲\"\nname_en = \"X\"\nversion = \"1\"\nabout = \"\"\n\n[[segment]]\nid = \"a\"\nname = \"乙\"\nname_en = \"A\"\nposition = \"上游\"\nimportance = 3\nwords = [\"电解槽\"]\n";
    std::fs::write(&file, good_text).unwrap();
    assert!(good(&["chain", "check", &file]).contains("no fault"));
    std::fs::write(&file, good_text.replace("importance = 3", "importance = 33")).unwrap();
    let said = bad(&["chain", "check", &file]);
    assert!(said.contains("x.toml:13"), "{said}");
    let table = path(dir.path(), "cars.csv");
    std::fs::write(&table, "环节,上级,上游\n整车,,电池\n电池,,\n").unwrap();
    let toml = good(&["chain", "import", &table]);
    assert_eq!(domain::chain::parse(&toml).unwrap().segments.len(), 2);
}

#[test]
fn measures_run_on_small_files_and_print_their_keys() {
    let dir = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = path(dir.path(), name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let pool = file(
        "pool.csv",
        "企业名称,统一社会信用代码,所在省份,地区\n镇江海岳科技有限公司,91990000MA0000001A,江苏省,镇江市\n武汉澜恒装备有限公司,91990000MA0000002B,湖北省,武汉市\n",
    );
    let queries =
        file("queries.csv", "alias,canonical_full_name,kind\n海岳科技,镇江海岳科技有限公司,short\n");
    let names = json(&["eval", "names", "--pool", &pool, "--queries", &queries, "--json"]);
    assert_eq!(names["classes"]["short"]["n"], 1);
    assert!(names["classes"]["short"]["hit@1"].is_number());

    let mut train = String::from("code,name,business_scope,segment\n");
    for n in 0..12 {
        let (word, segment) =
            if n % 2 == 0 { ("碱性电解槽", "电解槽") } else { ("低速柴油机", "船用主机") };
        train.push_str(&format!("{n:06},试验{n}有限公司,{word}的研发、生产、销售,{segment}\n"));
    }
    let train = file("train.csv", &train);
    let placement = json(&["eval", "placement", "--train", &train, "--folds", "3", "--json"]);
    assert_eq!(placement["n"], 12);
    assert!(placement["top1"].as_f64().unwrap() > 0.9, "two plain classes are told apart");

    let mut gaps = String::from("company,city,segment\n");
    let mut n = 0;
    for city in 0..6 {
        for segment in 0..8 {
            for _ in 0..(if segment == city { 1 } else { 4 }) {
                n += 1;
                gaps.push_str(&format!("c{n},city{city},s{segment}\n"));
            }
        }
    }
    let gaps = file("gaps.csv", &gaps);
    let gaps = json(&["eval", "gaps", &gaps, "--json"]);
    assert_eq!([&gaps["cases"], &gaps["companies"]], [6, n]);
    assert!(gaps["auc"].is_number() && gaps["hit10"].is_number() && gaps["interval"].is_array());
    assert!(bad(&["eval", "gaps", &path(dir.path(), "none.csv")]).contains("none.csv"));
}

#[test]
fn a_first_start_prints_a_link_and_a_taken_address_is_explained() {
    let dir = TempDir::new().unwrap();
    let data = path(dir.path(), "zone");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = landfall(&["serve", "--data-dir", &data, "--listen", &address]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("/welcome/"), "{said}");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--listen"));
    assert!(
        bad(&["demo", "--no-serve", "--data-dir", &data]).contains("real zone"),
        "a real zone is left alone"
    );
}
