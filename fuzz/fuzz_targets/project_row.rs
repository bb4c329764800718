//! A table of projects under headings of anybody: every row is facts or faults, and what was recorded is not recorded again.
#![no_main]

use domain::dates::ExcelDays;
use domain::fact::{Fact, FactId, ProjectId};
use domain::intake::project::{Layout, Mode, Reader, Terms, Vocabulary, diff, is_no_project, row};
use domain::project::Project;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|text: &str| {
    let table: Vec<Vec<String>> =
        text.lines().map(|line| line.split('|').map(str::to_string).collect()).collect();
    let Some(layout) = Layout::find(&table, &BTreeMap::new()) else { return };
    let (vocabulary, today) = (Vocabulary::default(), jiff::civil::date(2026, 11, 23));
    let reader = Reader { layout: &layout, vocabulary: &vocabulary, excel: ExcelDays::From1900, today };
    let terms = Terms { as_of: today, today, mode: Mode::Change, file: "fuzz".into(), evidence: None };
    for (i, cells) in table.iter().enumerate().skip(layout.at + layout.rows) {
        if is_no_project(&layout, cells) {
            continue;
        }
        let said = match row(reader, i as u64, cells) {
            Ok(said) => said,
            Err(faults) => {
                assert!(!faults.is_empty());
                continue;
            }
        };
        assert!(!said.name().is_empty());
        let Ok(found) = diff(&said, None, &terms) else { continue };
        let facts = found.into_iter().enumerate().map(|(n, d)| Fact {
            id: FactId(n as i64 + 1),
            project: ProjectId(1),
            kind: d.new.kind,
            effective: d.new.effective,
            counts: d.new.counts,
            value: d.new.value,
            corrects: d.new.corrects,
            reason: d.new.reason,
            recorded: Timestamp::UNIX_EPOCH,
            by: "cli".into(),
        });
        let project = Project::fold(ProjectId(1), "P", facts, None);
        assert_eq!(diff(&said, Some(&project), &terms), Ok(Vec::new()));
    }
});
