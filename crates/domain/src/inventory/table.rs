//! A table of records as people keep it in a spreadsheet: which column is which field, what a row says, and what it would change.

use super::fold::fold;
use super::{Change, Fault, Field, Form, ItemId, Kind, NewChange, Value, Values};
use crate::text;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// What a column of a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The code of the record.
    Code,
    /// The day from which the row holds.
    Effective,
    /// A field; bare numbers stand in this unit (as its heading says, else the field's own).
    Field(&'static Field, Option<&'static str>),
    /// Nothing that is known: passed over, and said so.
    Unknown,
}

/// Units that a heading may name in brackets.
const UNITS: &[&str] = &["亩", "公顷", "万平方米", "万㎡", "平方米", "㎡", "m2", "m²", "亿元", "万元", "元"];

/// What each heading is. A heading names a field by its Chinese or English name or its stable word, with a unit in brackets or without.
#[must_use]
pub fn recognise(kind: Kind, headings: &[String]) -> Vec<Column> {
    let mut taken: Vec<&'static str> = Vec::new();
    headings
        .iter()
        .map(|heading| {
            let folded = text::squeeze(heading).to_lowercase();
            let (name, unit) = split(&folded);
            if ["编号", "code", "地块编号", "房号", "项目编号"].contains(&name) && !taken.contains(&"code")
            {
                taken.push("code");
                return Column::Code;
            }
            if ["生效日期", "effective", "截至日期"].contains(&name) && !taken.contains(&"effective")
            {
                taken.push("effective");
                return Column::Effective;
            }
            let is = |f: &&Field| {
                let own = |s: &str| text::squeeze(s).to_lowercase();
                [own(f.zh), own(f.en), f.word.to_string()].iter().any(|n| n == name || *n == folded)
                    || own(&f.heading(crate::role::Lang::Zh)) == folded
                    || own(&f.heading(crate::role::Lang::En)) == folded
            };
            let own_act = |f: &&Field| crate::plan::guarded(kind, f.word);
            match kind.fields().iter().find(is).filter(|f| !taken.contains(&f.word) && !own_act(f)) {
                Some(field) => {
                    taken.push(field.word);
                    Column::Field(field, unit)
                }
                None => Column::Unknown,
            }
        })
        .collect()
}

/// A heading without its brackets, and the unit in them.
fn split(folded: &str) -> (&str, Option<&'static str>) {
    let Some((name, rest)) = folded.split_once('(') else { return (folded, None) };
    let inner = rest.trim_end_matches(')').trim_start_matches("单位:");
    (name, UNITS.iter().copied().find(|u| *u == inner))
}

/// Whether a row looks like the heading of a table of `kind`: a code, and a field besides.
#[must_use]
pub fn is_heading(kind: Kind, cells: &[String]) -> bool {
    let columns = recognise(kind, cells);
    columns.contains(&Column::Code) && columns.iter().any(|c| matches!(c, Column::Field(..)))
}

/// A row as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The code.
    pub code: String,
    /// The day from which it holds.
    pub effective: Date,
    /// What its cells say; an empty cell says nothing and changes nothing.
    pub values: BTreeMap<&'static str, Value>,
}

/// Reads a row: all of its faults, or what it says.
///
/// # Errors
/// Every fault, naming the field, what was read and what to do.
pub fn read(columns: &[Column], cells: &[String], day: Date, today: Date) -> Result<Said, Vec<Fault>> {
    let mut said = Said { code: String::new(), effective: day, values: BTreeMap::new() };
    let mut faults = Vec::new();
    for (column, cell) in columns.iter().zip(cells) {
        let typed = cell.trim();
        match column {
            Column::Code => said.code = typed.to_string(),
            Column::Effective if typed.is_empty() => {}
            Column::Effective => match crate::dates::parse(typed, crate::dates::ExcelDays::From1900, today) {
                Ok(Some(day)) => said.effective = day,
                _ => faults.push((
                    format!("“生效日期”写成 2026-01-05 这样的日期（读到“{}”）", short(typed)),
                    format!("“Effective from”: write a day such as 2026-01-05 (read “{}”)", short(typed)),
                )),
            },
            Column::Field(field, unit) => match field.read(&with_unit(field, typed, *unit), today) {
                Ok(Some(value)) => {
                    said.values.insert(field.word, value);
                }
                Ok(None) => {}
                Err((zh, en)) => faults.push((
                    format!("{zh}（读到“{}”）", short(typed)),
                    format!("{en} (read “{}”)", short(typed)),
                )),
            },
            Column::Unknown => {}
        }
    }
    if said.code.is_empty() {
        faults.push((
            "“编号”必填：每行写明编号，才能对应到记录".into(),
            "“Code” is required: it says which record a row is".into(),
        ));
    }
    if faults.is_empty() { Ok(said) } else { Err(faults) }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A bare number gets the unit of its heading.
fn with_unit(field: &Field, typed: &str, unit: Option<&'static str>) -> String {
    let bare = typed.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '，'));
    match (field.form, unit) {
        (Form::Area | Form::Yuan, Some(unit)) if bare && !typed.is_empty() => format!("{typed}{unit}"),
        _ => typed.to_string(),
    }
}

/// A record that is there, as an import compares with it.
#[derive(Clone, Debug)]
pub struct There<'a> {
    /// Its number.
    pub id: ItemId,
    /// Its changes.
    pub changes: &'a [Change],
}

/// What a row would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Begins a record.
    New(NewChange),
    /// Changes a record: what, and its values before.
    Changed(ItemId, NewChange, Values),
    /// Says what stands already.
    Same(ItemId),
    /// Does nothing, with every fault.
    Rejected(Vec<Fault>),
}

/// Compares what rows say with what is there, in order: a code that stands twice is rejected the second time.
#[must_use]
pub fn compare(
    kind: Kind,
    there: &HashMap<String, There<'_>>,
    rows: &[Result<Said, Vec<Fault>>],
    now: Timestamp,
) -> Vec<Outcome> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    rows.iter()
        .enumerate()
        .map(|(n, row)| {
            let said = match row {
                Ok(said) => said,
                Err(faults) => return Outcome::Rejected(faults.clone()),
            };
            if let Some(first) = seen.insert(&said.code, n) {
                return Outcome::Rejected(vec![(
                    format!("编号“{}”在前面第 {} 条数据已出现，只采用第一次", said.code, first + 1),
                    format!(
                        "code “{}” stands in data row {} already; the first counts",
                        said.code,
                        first + 1
                    ),
                )]);
            }
            one(kind, there.get(said.code.as_str()), said, now)
        })
        .collect()
}

fn one(kind: Kind, there: Option<&There<'_>>, said: &Said, now: Timestamp) -> Outcome {
    let before = there.map(|t| fold(t.changes, said.effective, now).values).unwrap_or_default();
    let differs = said.values.iter().filter(|(word, value)| before.get(**word) != Some(*value));
    let set: BTreeMap<String, Option<Value>> =
        differs.map(|(w, v)| ((*w).to_string(), Some(v.clone()))).collect();
    match there {
        Some(there) if set.is_empty() => Outcome::Same(there.id),
        _ => {
            let change = NewChange::on(said.effective, set);
            match (change.check(kind, there.is_none()), there) {
                (Err(faults), _) => Outcome::Rejected(faults),
                (Ok(()), Some(there)) => Outcome::Changed(there.id, change, before),
                (Ok(()), None) => Outcome::New(change),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ChangeId;
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 26);

    fn cells(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_string()).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn headings_are_known_by_name_and_bring_their_unit() {
        let heads = cells(&["地块编号", "面积（亩）", "规划用途", "供电能力（千伏安）", "业主电话", "面积"]);
        let columns = recognise(Kind::Parcel, &heads);
        assert_eq!(columns[0], Column::Code);
        assert!(matches!(columns[1], Column::Field(f, Some("亩")) if f.word == "area"));
        assert!(matches!(columns[3], Column::Field(f, None) if f.word == "power"));
        assert_eq!((&columns[4], &columns[5]), (&Column::Unknown, &Column::Unknown), "a field is taken once");
        let said = read(&columns, &cells(&["P-1", "60", "工业", "8000", "138", ""]), TODAY, TODAY).unwrap();
        assert_eq!(said.values["area"], Value::Int(4_000_000));
        assert!(is_heading(Kind::Parcel, &heads) && !is_heading(Kind::Parcel, &cells(&["编号", "业主"])));
    }

    #[test]
    fn a_bad_row_says_every_fault_and_what_was_read() {
        let columns = recognise(Kind::Parcel, &cells(&["编号", "面积", "规划用途"]));
        let faults = read(&columns, &cells(&["", "六十亩", "住宅"]), TODAY, TODAY).unwrap_err();
        assert_eq!(faults.len(), 3);
        assert!(
            faults.iter().any(|f| f.0.contains("读到“六十亩”"))
                && faults.iter().any(|f| f.0.contains("编号"))
        );
    }

    #[test]
    fn what_is_exported_reads_back_unchanged_and_importing_twice_changes_nothing() {
        let set = BTreeMap::from([
            ("area".to_string(), Some(Value::Int(4_000_000))),
            ("use".to_string(), Some(Value::Text("industrial".into()))),
        ]);
        let said = NewChange::on(date(2026, 1, 1), set);
        let changes = [Change {
            id: ChangeId(1),
            item: ItemId(7),
            said,
            recorded: Timestamp::UNIX_EPOCH,
            by: String::new(),
        }];
        let there = HashMap::from([("P-1".to_string(), There { id: ItemId(7), changes: &changes })]);
        let heads = cells(&["编号", "面积（亩）", "规划用途"]);
        let columns = recognise(Kind::Parcel, &heads);
        let row =
            |code: &str, mu: &str, usage: &str| read(&columns, &cells(&[code, mu, usage]), TODAY, TODAY);
        let rows = [
            row("P-1", "60", "工业"),
            row("P-1", "61", "工业"),
            row("P-2", "30", ""),
            row("P-3", "30", "仓储"),
        ];
        let outcomes = compare(Kind::Parcel, &there, &rows, now());
        assert_eq!(outcomes[0], Outcome::Same(ItemId(7)));
        assert!(matches!(&outcomes[1], Outcome::Rejected(f) if f[0].0.contains("第 1 条")));
        assert!(matches!(&outcomes[2], Outcome::Rejected(f) if f[0].0.contains("规划用途")));
        assert!(matches!(&outcomes[3], Outcome::New(_)));
        let changed = compare(Kind::Parcel, &there, &[row("P-1", "90", "工业")], now());
        assert!(
            matches!(&changed[0], Outcome::Changed(_, c, before) if c.set.len() == 1 && before.len() == 2)
        );
    }

    proptest! {
        #[test]
        fn no_table_panics(heads in prop::collection::vec("\\PC{0,12}|编号|面积（亩）|规划用途", 0..6), row in prop::collection::vec("\\PC{0,12}", 0..6)) {
            for &kind in Kind::ALL {
                let columns = recognise(kind, &heads);
                let said = read(&columns, &row, TODAY, TODAY);
                let _ = compare(kind, &HashMap::new(), &[said], now());
            }
        }
    }
}
