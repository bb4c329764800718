//! Where a table's heading is and what its columns hold.

use super::field::{Field, recognise};
use crate::limits;
use crate::money::{self, Unit};
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The unit of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaUnit {
    /// 亩: 2,000/3 m².
    Mu,
    /// ㎡
    SquareMetre,
    /// 公顷
    Hectare,
}

/// What bare numbers of a column stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Money.
    Money(Unit),
    /// An area.
    Area(AreaUnit),
}

/// What a person said about a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The field; [`Field::Skip`] leaves the column out; `None` keeps what is recognised.
    pub field: Option<Field>,
    /// The unit of bare numbers.
    pub measure: Option<Measure>,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading; of a heading of two rows both parts, joined by `/`.
    pub heading: String,
    /// What it holds; `None` when nobody knows.
    pub field: Option<Field>,
    /// What its bare numbers stand in: said by a person, by its heading or by the whole table.
    pub measure: Option<Measure>,
    /// Whether a person said so.
    pub chosen: bool,
}

/// A table's heading and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Place of the first row of the heading among the rows given, from 0.
    pub at: usize,
    /// Rows of the heading: 1 or 2.
    pub rows: usize,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The unit that a line above the heading gives for the whole table (单位：万元).
    pub unit: Option<Unit>,
}

impl Layout {
    /// Finds the heading among the first [`limits::INTAKE_TITLE_ROWS`] rows: the row, or the pair of rows, that names most fields.
    /// `choices` are by column, from 0. `None` when no row names two fields and no person named one.
    #[must_use]
    pub fn find<R: AsRef<[String]>>(rows: &[R], choices: &BTreeMap<usize, Choice>) -> Option<Layout> {
        let first = &rows[..rows.len().min(limits::INTAKE_TITLE_ROWS)];
        let mut best: Option<(usize, usize, usize)> = None;
        for at in 0..first.len() {
            for height in 1..=2usize.min(first.len() - at) {
                let score = score(&headings(&first[at..at + height]));
                if best.is_none_or(|(most, ..)| score > most) {
                    best = Some((score, at, height));
                }
            }
        }
        let (score, at, height) = best?;
        if score < 2 && choices.values().all(|c| c.field.is_none()) {
            return None;
        }
        let unit = first[..at].iter().flat_map(AsRef::as_ref).find_map(|cell| unit_note(cell));
        let columns = columns(headings(&first[at..at + height]), choices, unit);
        Some(Layout { at, rows: height, columns, unit })
    }

    /// Whether some column holds the project's name, without which no row can be read.
    #[must_use]
    pub fn has_name(&self) -> bool {
        self.columns.iter().any(|c| c.field == Some(Field::Fact(crate::fact::Kind::Name)))
    }

    /// Two columns for one field that can stand only once, as people chose them.
    #[must_use]
    pub fn twice(&self) -> Option<(&Column, &Column)> {
        let fields = self.columns.iter().enumerate();
        fields.filter(|(_, c)| c.field.is_some_and(|f| !f.repeats())).find_map(|(i, column)| {
            self.columns[..i].iter().find(|c| c.field == column.field).map(|earlier| (earlier, column))
        })
    }

    /// Columns whose bare numbers stand in no known unit, by place: a person has to say which.
    pub fn without_unit<R: AsRef<[String]>>(&self, rows: &[R]) -> Vec<usize> {
        let asks = |i: &usize| {
            let column = &self.columns[*i];
            let measured = column.field.is_some_and(|f| f.is_money() || f.is_area());
            measured
                && column.measure.is_none()
                && rows.iter().any(|r| r.as_ref().get(*i).is_some_and(|cell| is_bare(cell)))
        };
        (0..self.columns.len()).filter(asks).collect()
    }
}

/// Whether rows look like a table of projects at all.
#[must_use]
pub fn is_headed<R: AsRef<[String]>>(rows: &[R]) -> bool {
    Layout::find(rows, &BTreeMap::new()).is_some()
}

/// A number other than zero without any unit.
fn is_bare(cell: &str) -> bool {
    let cell = text::squeeze(cell);
    cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        && cell.chars().any(|c| matches!(c, '1'..='9'))
}

/// The headings of one row, or of two: a cell of the upper row that spans several columns is repeated over them.
fn headings<R: AsRef<[String]>>(rows: &[R]) -> Vec<String> {
    let clean = |cell: Option<&String>| cell.map(|c| text::squeeze(c)).unwrap_or_default();
    let Some((upper, lower)) = rows.split_first() else { return Vec::new() };
    let upper = upper.as_ref();
    let Some(lower) = lower.first().map(AsRef::as_ref) else {
        return upper.iter().map(|c| clean(Some(c))).collect();
    };
    let mut over = String::new();
    let mut all: Vec<String> = Vec::new();
    for i in 0..upper.len().max(lower.len()) {
        let (top, below) = (clean(upper.get(i)), clean(lower.get(i)));
        if !top.is_empty() {
            over.clone_from(&top);
        }
        all.push(match (top.is_empty(), below.is_empty()) {
            (_, true) => {
                over.clear();
                top
            }
            (true, false) if over.is_empty() => below,
            (_, false) => format!("{over}/{below}"),
        });
    }
    all
}

/// How many different fields headings name; the project's name and its company count double.
fn score(headings: &[String]) -> usize {
    let mut fields: Vec<Field> =
        headings.iter().filter_map(|h| recognised(h)).filter(|f| *f != Field::Skip).collect();
    fields.sort_unstable();
    fields.dedup();
    let heads = [Field::Fact(crate::fact::Kind::Name), Field::Fact(crate::fact::Kind::Company)];
    fields.len() + fields.iter().filter(|f| heads.contains(f)).count()
}

/// Both rows of a heading together, else the lower alone (计划总投资 under 投资情况).
fn recognised(heading: &str) -> Option<Field> {
    recognise(heading).or_else(|| heading.split_once('/').and_then(|(_, below)| recognise(below)))
}

fn columns(headings: Vec<String>, choices: &BTreeMap<usize, Choice>, unit: Option<Unit>) -> Vec<Column> {
    let mut taken: Vec<Field> = choices.values().filter_map(|c| c.field).collect();
    let made = headings.into_iter().enumerate().take(limits::INTAKE_COLUMNS).map(|(i, heading)| {
        let choice = choices.get(&i).copied().unwrap_or_default();
        let field = choice.field.or_else(|| {
            let found = recognised(&heading).filter(|f| f.repeats() || !taken.contains(f));
            taken.extend(found);
            found
        });
        let measure = choice.measure.or_else(|| match field {
            Some(f) if f.is_money() => money_unit(&heading).or(unit).map(Measure::Money),
            Some(f) if f.is_area() => area_unit(&heading).map(Measure::Area),
            _ => None,
        });
        Column { heading, field, measure, chosen: choice.field.is_some() }
    });
    made.collect()
}

/// The unit in a heading: `总投资(亿元)`, `总投资（单位：万元）`, `总投资亿元`.
fn money_unit(heading: &str) -> Option<Unit> {
    money::heading_unit(heading).or_else(|| {
        let bare = ["亿美元", "万美元", "亿元", "万元"].iter().find(|unit| heading.ends_with(**unit))?;
        money::heading_unit(&format!("({bare})"))
    })
}

fn area_unit(heading: &str) -> Option<AreaUnit> {
    let key = text::squeeze(heading).to_lowercase();
    if key.contains('亩') {
        Some(AreaUnit::Mu)
    } else if ["㎡", "平方米", "平米", "m2", "m²"].iter().any(|w| key.contains(w)) {
        Some(AreaUnit::SquareMetre)
    } else {
        key.contains("公顷").then_some(AreaUnit::Hectare)
    }
}

/// `单位：万元`, `金额单位：人民币亿元、亩`: the unit of money that a line above the heading gives.
fn unit_note(cell: &str) -> Option<Unit> {
    let line = text::squeeze(cell);
    let (_, said) = line.rsplit_once("单位")?;
    let said = said.trim_start_matches([':', '为']);
    said.split([',', '、', ';', '，', '；', '/', ')', '('])
        .find_map(|word| money::heading_unit(&format!("({word})")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::Currency;
    use crate::fact::Kind;
    use crate::stage::Stage;

    fn table(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|r| r.iter().map(ToString::to_string).collect()).collect()
    }

    fn fields(layout: &Layout) -> Vec<Option<Field>> {
        layout.columns.iter().map(|c| c.field).collect()
    }

    #[test]
    fn finds_a_heading_of_two_rows_below_titles_and_a_unit() {
        let rows = table(&[
            &["某高新区2025年签约项目台账"],
            &["填报单位：招商局", "", "", "", "", "单位：万元、亩"],
            &["序号", "项目名称", "投资方", "签约", "", "计划总投资", "用地面积"],
            &["", "", "", "实际时间", "统计时间", "", ""],
            &["1", "样板项目", "样板公司", "2025-03-01", "2025-03", "50000", "30"],
        ]);
        let layout = Layout::find(&rows, &BTreeMap::new()).unwrap();
        assert_eq!((layout.at, layout.rows), (2, 2));
        assert_eq!(layout.unit, Some(Unit { scale: 10_000, currency: Currency::Cny }));
        let expected = [
            Some(Field::Skip),
            Some(Field::Fact(Kind::Name)),
            Some(Field::Fact(Kind::Company)),
            Some(Field::Happened(Stage::Signed)),
            Some(Field::Counts(Stage::Signed)),
            Some(Field::Fact(Kind::PlannedTotal)),
            Some(Field::Fact(Kind::LandArea)),
        ];
        assert_eq!(fields(&layout), expected);
        assert_eq!(layout.without_unit(&rows[4..]), [6], "the unit of the land is not said");
    }

    #[test]
    fn one_row_of_heading_is_not_joined_with_the_first_project() {
        let rows = table(&[
            &["项目名称", "企业名称", "总投资（亿元）"],
            &["样板项目", "样板公司", "5"],
            &["另一项目", "另一公司", "6"],
        ]);
        let layout = Layout::find(&rows, &BTreeMap::new()).unwrap();
        assert_eq!((layout.at, layout.rows), (0, 1));
        let yi = Unit { scale: 100_000_000, currency: Currency::Cny };
        assert_eq!(layout.columns[2].measure, Some(Measure::Money(yi)));
        assert!(layout.without_unit(&rows[1..]).is_empty());
        assert_eq!(Layout::find(&table(&[&["甲", "乙"], &["1", "2"]]), &BTreeMap::new()), None);
    }

    #[test]
    fn a_persons_choice_goes_first() {
        let rows = table(&[&["项目名称", "投资额", "投资额2"], &["样板", "5", "6"]]);
        let field = Some(Field::Fact(Kind::PlannedTotal));
        let unit = Measure::Money(Unit { scale: 10_000, currency: Currency::Usd });
        let choices = BTreeMap::from([(2, Choice { field, measure: Some(unit) })]);
        let layout = Layout::find(&rows, &choices).unwrap();
        assert_eq!(fields(&layout), [Some(Field::Fact(Kind::Name)), None, field]);
        assert_eq!(layout.columns[2].measure, Some(unit));
        assert_eq!(layout.twice(), None);
    }
}
