//! A table from its heading to facts, and again.

use super::*;
use crate::dates::ExcelDays;
use crate::fact::{Fact, FactId, Kind, ProjectId, Value};
use crate::project::Project;
use crate::stage::Stage;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TODAY: Date = date(2026, 11, 23);
const HEAD: [&str; 14] = [
    "项目编号",
    "项目名称",
    "投资方/企业名称",
    "投资标识",
    "计划总投资（亿元）",
    "协议利用外资（万美元）",
    "实际签约时间",
    "签约统计时间",
    "开工时间",
    "用地面积（亩）",
    "到位资金（万元）",
    "项目来源",
    "责任单位",
    "备注",
];
const CELLS: [&str; 14] = [
    "2025-A01",
    "样板船用曲轴项目",
    "样板曲轴有限公司",
    "2",
    "12.5",
    "1,000",
    "2025-03-20",
    "2025年4月",
    "未开工",
    "30",
    "2500",
    "招商会",
    "招商局",
    "重点",
];

fn vocabulary() -> Vocabulary {
    let mut known = Vocabulary::default();
    known.add(Kind::Unit, "招商局", Value::Number(7));
    known
}

fn layout(head: &[&str]) -> Layout {
    let rows = [head.iter().map(ToString::to_string).collect::<Vec<String>>()];
    Layout::find(&rows, &BTreeMap::new()).unwrap()
}

fn read(head: &[&str], cells: &[&str]) -> Result<ProjectRow, Vec<crate::intake::RowFault>> {
    let (layout, vocabulary) = (layout(head), vocabulary());
    let reader =
        Reader { layout: &layout, vocabulary: &vocabulary, excel: ExcelDays::From1900, today: TODAY };
    row(reader, 5, cells)
}

fn with(heading: &str, value: &str) -> Result<ProjectRow, Vec<crate::intake::RowFault>> {
    let mut cells = CELLS;
    cells[HEAD.iter().position(|h| h.starts_with(heading)).unwrap()] = value;
    read(&HEAD, &cells)
}

fn terms(mode: Mode) -> Terms {
    let (file, evidence) = ("台账.xlsx".to_string(), Some("ab".repeat(32)));
    Terms { as_of: date(2026, 10, 31), today: TODAY, mode, file, evidence }
}

/// Records differences as the store would.
fn recorded(before: &[Fact], found: Vec<Difference>) -> Vec<Fact> {
    let mut facts = before.to_vec();
    for difference in found {
        let new = difference.new;
        let id = FactId(facts.len() as i64 + 1);
        facts.push(Fact {
            id,
            project: ProjectId(1),
            kind: new.kind,
            effective: new.effective,
            counts: new.counts,
            value: new.value,
            corrects: new.corrects,
            reason: new.reason,
            recorded: Timestamp::from_second(1_700_000_000 + id.0).unwrap(),
            by: "cli".into(),
        });
    }
    facts
}

fn fold(facts: &[Fact]) -> Project {
    Project::fold(ProjectId(1), "2025-A01", facts.to_vec(), None)
}

#[test]
fn a_row_becomes_facts_and_the_same_row_changes_nothing() {
    let row = read(&HEAD, &CELLS).unwrap();
    assert!(row.notes.is_empty(), "{:?}", row.notes);
    let found = diff(&row, None, &terms(Mode::Correct)).unwrap();
    assert!(found.iter().all(|d| d.new.files.len() == 1), "the file is the evidence of each");
    let facts = recorded(&[], found);
    let p = fold(&facts);
    assert_eq!(p.name(), "样板船用曲轴项目");
    assert_eq!(p.money(Kind::PlannedTotal).map(|m| m.amount), Some(1_250_000_000));
    assert_eq!(p.money(Kind::AgreedForeign).map(crate::money::format), Some("1000万美元".into()));
    assert_eq!((p.number(Kind::LandArea), p.number(Kind::Unit)), (Some(20_000), Some(7)));
    assert_eq!((p.text(Kind::Origin), p.text(Kind::Source)), (Some("foreign"), Some("event")));
    let signed = p.reached(Stage::Signed).unwrap();
    assert_eq!((signed.effective, signed.counts), (date(2025, 3, 20), date(2025, 4, 1)));
    assert_eq!(
        p.get(Kind::PlannedTotal).unwrap().effective,
        date(2025, 3, 20),
        "settings hold from the signing on"
    );
    assert_eq!(p.get(Kind::Arrived).unwrap().effective, date(2026, 10, 31), "totals up to the table's day");
    for mode in [Mode::Correct, Mode::Change] {
        assert_eq!(diff(&row, Some(&p), &terms(mode)).unwrap(), []);
    }
}

#[test]
fn differences_are_corrections_or_changes_and_totals_add_what_is_missing() {
    let facts = recorded(&[], diff(&read(&HEAD, &CELLS).unwrap(), None, &terms(Mode::Correct)).unwrap());
    let p = fold(&facts);
    let amount = with("计划总投资", "15").unwrap();
    let [corrected] = &diff(&amount, Some(&p), &terms(Mode::Correct)).unwrap()[..] else { panic!("one") };
    assert_eq!(corrected.new.corrects, p.get(Kind::PlannedTotal).map(|f| f.id));
    assert_eq!(corrected.new.reason.as_deref(), Some("导入 台账.xlsx 第 5 行"));
    assert_eq!(corrected.new.effective, date(2025, 3, 20));
    let [changed] = &diff(&amount, Some(&p), &terms(Mode::Change)).unwrap()[..] else { panic!("one") };
    assert_eq!((changed.new.corrects, changed.new.effective), (None, date(2026, 10, 31)));
    let [more] = &diff(&with("到位资金", "4000").unwrap(), Some(&p), &terms(Mode::Correct)).unwrap()[..]
    else {
        panic!("one")
    };
    assert_eq!(more.new.value, Value::yuan(15_000_000));
    assert_eq!(more.so_far.map(|m| m.amount), Some(25_000_000));
    let below = diff(&with("到位资金", "2000").unwrap(), Some(&p), &terms(Mode::Correct)).unwrap_err();
    assert_eq!(below[0].rule.code(), "below-recorded");
    let foreign =
        diff(&with("到位资金", "4000万美元").unwrap(), Some(&p), &terms(Mode::Correct)).unwrap_err();
    assert_eq!(foreign[0].rule.code(), "money");
    let [later] =
        &diff(&with("实际签约", "2025-03-21").unwrap(), Some(&p), &terms(Mode::Change)).unwrap()[..]
    else {
        panic!("one")
    };
    assert_eq!((later.new.effective, later.new.counts), (date(2025, 3, 21), date(2025, 4, 1)));
    assert!(later.new.corrects.is_some(), "a stage's day is corrected whatever the mode");
}

#[test]
fn every_fault_is_named_with_its_column() {
    for (heading, value, code) in [
        ("项目名称", "", "project-name"),
        ("计划总投资", "十二亿", "money"),
        ("计划总投资", "-3", "money"),
        ("计划总投资", "100000", "fact"),
        ("实际签约", "2025-02-30", "date"),
        ("实际签约", "2027-01-01", "date-future"),
        ("签约统计", "2027年1月", "date-future"),
        ("用地面积", "三十亩", "area"),
    ] {
        let faults = with(heading, value).unwrap_err();
        assert_eq!(faults.iter().map(|f| f.rule.code()).collect::<Vec<_>>(), [code], "{heading} {value}");
        assert!(code == "project-name" || faults[0].heading.starts_with(heading));
        assert!(!faults[0].advice.is_empty() && !faults[0].message_en.is_empty());
    }
    for (heading, value, code) in [
        ("责任单位", "没有这个局", "unknown"),
        ("投资标识", "说不清", "unknown"),
        ("开工时间", "计划2026年6月", "planned"),
    ] {
        let row = with(heading, value).unwrap();
        assert_eq!(row.notes.iter().map(|n| n.rule.code()).collect::<Vec<_>>(), [code], "{heading}");
    }
}

#[test]
fn a_stage_from_signing_on_needs_its_day_and_stages_come_in_order() {
    let head = ["项目名称", "项目阶段", "开工时间", "竣工时间"];
    let faults = |cells: [&str; 4]| {
        let found = read(&head, &cells).and_then(|row| diff(&row, None, &terms(Mode::Correct)));
        found.map(|d| d.len()).map_err(|f| f[0].rule.code())
    };
    assert_eq!(faults(["样板项目", "已签约", "", ""]), Err("stage-undated"));
    assert_eq!(faults(["样板项目", "在谈", "", ""]), Ok(2));
    assert_eq!(faults(["样板项目", "洽谈中", "", ""]), Ok(2));
    assert_eq!(faults(["样板项目", "在建", "2025-05-01", ""]), Ok(2));
    assert_eq!(faults(["样板项目", "", "2025-05-01", "2025-04-01"]), Err("stage-order"));
}

#[test]
fn sums_sections_and_signatures_are_no_projects() {
    let layout = layout(&["序号", "项目名称", "投资方", "总投资（万元）"]);
    for cells in [
        ["合计", "", "", "5000"],
        ["", "合 计", "", "5000"],
        ["", "工业项目小计", "", "12"],
        ["一、工业项目", "", "", ""],
        ["", "（二）服务业项目", "", ""],
        ["填表人：某某", "", "", ""],
        ["", "", "", ""],
    ] {
        assert!(is_no_project(&layout, &cells), "{cells:?}");
    }
    for cells in
        [["1", "合计划样板项目", "", ""], ["", "样板项目", "", ""], ["1", "累计折叠机项目", "甲公司", "5"]]
    {
        assert!(!is_no_project(&layout, &cells), "{cells:?}");
    }
}

proptest! {
    #[test]
    fn never_panics_and_repeats_change_nothing(cells in prop::collection::vec("\\PC{0,12}|[0-9.,-]{0,9}|20[0-9]{2}-[01][0-9]", 14)) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        if let Ok(row) = read(&HEAD, &cells)
            && let Ok(found) = diff(&row, None, &terms(Mode::Change))
        {
            let p = fold(&recorded(&[], found));
            prop_assert_eq!(diff(&row, Some(&p), &terms(Mode::Change)), Ok(Vec::new()));
        }
    }
}
