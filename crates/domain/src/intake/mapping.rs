//! Which column is which field: recognised headings, and the user's own choices, which are kept.

use super::headings::{Field, heading_key, recognise};
use crate::dates::ExcelDays;
use crate::money::{self, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a user said about a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The field; `None` leaves the column out.
    pub field: Option<Field>,
    /// The unit of bare numbers in a money column.
    pub unit: Option<Unit>,
}

/// The choices of a zone's users by heading, folded by [`heading_key`](super::headings::heading_key); kept from file to file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Overrides(BTreeMap<String, Choice>);

impl Overrides {
    /// Remembers a choice for every later file with this heading.
    pub fn set(&mut self, heading: &str, choice: Choice) {
        self.0.insert(heading_key(heading), choice);
    }

    /// Forgets the choice for a heading.
    pub fn clear(&mut self, heading: &str) {
        self.0.remove(&heading_key(heading));
    }

    /// The choice for a heading.
    #[must_use]
    pub fn get(&self, heading: &str) -> Option<Choice> {
        self.0.get(&heading_key(heading)).copied()
    }
}

/// One column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The heading as the file has it.
    pub heading: String,
    /// What the column holds; `None` when nobody knows.
    pub field: Option<Field>,
    /// The unit that bare numbers stand in, from the heading or the user.
    pub unit: Option<Unit>,
    /// Whether a user said so.
    pub chosen: bool,
}

/// The columns of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// One entry per column, left to right.
    pub columns: Vec<Column>,
    /// How Excel serial dates count; the reader sets it.
    #[serde(skip)]
    pub excel: ExcelDays,
}

/// Why a file cannot be read with a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingFault {
    /// No column holds company names.
    NoName,
    /// Two columns were chosen for one field that can stand only once.
    Twice(Field, String, String),
}

impl MappingFault {
    /// The fault in Chinese, with what to do.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            MappingFault::NoName => "没有识别到企业名称列；请在列对应中指定哪一列是企业名称".to_string(),
            MappingFault::Twice(field, a, b) => format!("“{a}”与“{b}”都对应到{}；请只保留一列", field.zh()),
        }
    }

    /// The fault in English, with what to do.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            MappingFault::NoName => "no column holds company names; say which one does".to_string(),
            MappingFault::Twice(field, a, b) => {
                format!("`{a}` and `{b}` are both mapped to {}; keep one of them", field.en())
            }
        }
    }
}

impl Mapping {
    /// Recognises the headings of a file; a user's choice goes before what is recognised.
    ///
    /// Of two recognised columns for a field that stands once, the left one counts and the right one is unknown.
    #[must_use]
    pub fn recognise<S: AsRef<str>>(headings: &[S], overrides: &Overrides) -> Mapping {
        let chosen: Vec<Option<Choice>> = headings.iter().map(|h| overrides.get(h.as_ref())).collect();
        let mut taken: Vec<Field> = chosen.iter().flatten().filter_map(|c| c.field).collect();
        let columns = headings
            .iter()
            .zip(chosen)
            .map(|(heading, choice)| {
                let heading = heading.as_ref().trim().trim_start_matches('\u{feff}').to_string();
                if let Some(choice) = choice {
                    let unit = choice.unit.or_else(|| money::heading_unit(&heading));
                    return Column { unit, heading, field: choice.field, chosen: true };
                }
                let field = recognise(&heading).filter(|f| f.repeats() || !taken.contains(f));
                taken.extend(field);
                Column { unit: money::heading_unit(&heading), heading, field, chosen: false }
            })
            .collect();
        Mapping { columns, excel: ExcelDays::default() }
    }

    /// Headings that no field is known for; a user may map them.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|c| c.field.is_none() && !c.chosen && !c.heading.is_empty())
            .map(|c| c.heading.as_str())
    }

    /// Whether a file can be read with this mapping.
    ///
    /// # Errors
    /// See [`MappingFault`].
    pub fn check(&self) -> Result<(), MappingFault> {
        for (i, column) in self.columns.iter().enumerate() {
            let Some(field) = column.field.filter(|f| !f.repeats()) else { continue };
            if let Some(other) = self.columns[..i].iter().find(|c| c.field == Some(field)) {
                return Err(MappingFault::Twice(field, other.heading.clone(), column.heading.clone()));
            }
        }
        if self.columns.iter().any(|c| c.field == Some(Field::Name)) {
            Ok(())
        } else {
            Err(MappingFault::NoName)
        }
    }
}

/// How much a row looks like a heading: the fields it names, with the company name counting most.
#[must_use]
pub fn heading_score<S: AsRef<str>>(cells: &[S]) -> usize {
    let fields: Vec<Field> = cells.iter().filter_map(|c| recognise(c.as_ref())).collect();
    fields.len() + if fields.contains(&Field::Name) { 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::Currency;

    #[test]
    fn the_users_choice_goes_first_and_is_kept() {
        let mut overrides = Overrides::default();
        let wan = Unit { scale: 10_000, currency: Currency::Cny };
        overrides.set("资本额", Choice { field: Some(Field::Capital), unit: Some(wan) });
        overrides.set("注册资本", Choice { field: None, unit: None });
        let mapping = Mapping::recognise(&["名称", "资本 额", "注册资本", "产值"], &overrides);
        let fields: Vec<Option<Field>> = mapping.columns.iter().map(|c| c.field).collect();
        assert_eq!(fields, [Some(Field::Name), Some(Field::Capital), None, None]);
        assert_eq!(mapping.columns[1].unit, Some(wan));
        assert_eq!(mapping.unknown().collect::<Vec<_>>(), ["产值"]);
        assert_eq!(mapping.check(), Ok(()));
    }

    #[test]
    fn the_left_of_two_columns_counts() {
        let mapping = Mapping::recognise(
            &["企业名称", "公司名称", "国标行业大类", "国标行业小类"],
            &Overrides::default(),
        );
        assert_eq!(mapping.columns[1].field, None);
        assert_eq!(mapping.columns[3].field, Some(Field::Industry));
        assert_eq!(mapping.unknown().collect::<Vec<_>>(), ["公司名称"]);
    }

    #[test]
    fn a_file_needs_a_name_column() {
        let none = Overrides::default();
        assert_eq!(Mapping::recognise(&["地址"], &none).check(), Err(MappingFault::NoName));
        let mut two = none;
        two.set("甲", Choice { field: Some(Field::Name), unit: None });
        two.set("乙", Choice { field: Some(Field::Name), unit: None });
        assert!(matches!(Mapping::recognise(&["甲", "乙"], &two).check(), Err(MappingFault::Twice(..))));
    }
}
