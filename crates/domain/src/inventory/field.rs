//! A field of a record: what it holds, how people write it, how it is shown.

use super::{Fault, Kind};
use crate::geo::Polygon;
use crate::land::area::Area;
use crate::money;
use crate::role::Lang;
use crate::{limits, text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a field holds: whole numbers for everything that is counted (hundredths of a square metre, yuan, hundredths of a ratio), texts for
/// the rest (days as `2026-01-05`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number in the field's base unit.
    Int(i64),
    /// A text, a day, a word, a code.
    Text(String),
}

/// What is known of a record on a day: its fields by their stable word.
pub type Values = BTreeMap<String, Value>;

/// One choice: stable word, Chinese, English.
pub type Choice = (&'static str, &'static str, &'static str);

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One line of text.
    Line,
    /// Text of several lines.
    Long,
    /// One of a list.
    Choice(&'static [Choice]),
    /// An area, hundredths of a square metre.
    Area,
    /// Money, whole yuan.
    Yuan,
    /// A civil day.
    Day,
    /// A whole number of a unit (Chinese, English).
    Count(&'static str, &'static str),
    /// A decimal with two places of a unit, as hundredths.
    Hundredths(&'static str, &'static str),
    /// Yes or no.
    YesNo,
    /// Any of a list: stable words with commas, in the order of the list.
    Words(&'static [Choice]),
    /// The code of another record.
    Ref(Kind),
    /// The code of a project.
    Project,
    /// A polygon of longitudes and latitudes (CGCS2000) as `POLYGON((lon lat, …))`.
    Shape,
}

/// A field of a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Stable word in files, forms and the database.
    pub word: &'static str,
    /// Chinese name; also its heading in a spreadsheet, with the unit behind it.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// What it holds.
    pub form: Form,
    /// Whether a record cannot be without it.
    pub required: bool,
}

impl Value {
    /// The number, if it is one.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        if let Value::Int(n) = self { Some(*n) } else { None }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(t) = self { Some(t) } else { None }
    }

    /// The day, if it is one.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        self.text()?.parse().ok()
    }

    /// Whether it says yes.
    #[must_use]
    pub fn yes(&self) -> bool {
        matches!(self, Value::Flag(true))
    }
}

impl Field {
    /// Its name in a language.
    #[must_use]
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.t(self.zh, self.en)
    }

    /// The unit that a bare number in a form or a file stands in; empty when it has none.
    #[must_use]
    pub fn unit(&self, lang: Lang) -> &'static str {
        match self.form {
            Form::Area => lang.t("㎡", "m²"),
            Form::Yuan => lang.t("万元", "10k CNY"),
            Form::Count(zh, en) | Form::Hundredths(zh, en) => lang.t(zh, en),
            _ => "",
        }
    }

    /// Its heading in a spreadsheet: the name, with the unit in brackets.
    #[must_use]
    pub fn heading(&self, lang: Lang) -> String {
        match self.unit(lang) {
            "" => self.label(lang).to_string(),
            unit => format!("{}（{unit}）", self.label(lang)),
        }
    }

    /// What to say when a required field is empty.
    #[must_use]
    pub fn missing(&self) -> Fault {
        (format!("“{}”必填", self.zh), format!("“{}” is required", self.en))
    }

    fn fault(&self, zh: &str, en: &str) -> Fault {
        (format!("“{}”{zh}", self.zh), format!("“{}”: {en}", self.en))
    }

    /// Whether a value fits.
    ///
    /// # Errors
    /// What the field wants.
    pub fn check(&self, value: &Value) -> Result<(), Fault> {
        let counted = 0..=limits::INVENTORY_NUMBER;
        match (self.form, value) {
            (Form::Line, Value::Text(t)) if one_line(t) => Ok(()),
            (Form::Shape, Value::Text(t)) => Polygon::parse(t).map(drop).map_err(|fault| {
                let (zh, en) = fault.texts();
                self.fault(&format!("：{zh}"), &en)
            }),
            (Form::Long, Value::Text(t)) if t.chars().count() <= limits::INVENTORY_TEXT_CHARS => Ok(()),
            (Form::Choice(all), Value::Text(t)) if all.iter().any(|c| c.0 == t) => Ok(()),
            (Form::Words(all), Value::Text(t)) if words(all, t).as_deref() == Some(t) => Ok(()),
            (Form::Area | Form::Yuan | Form::Count(..) | Form::Hundredths(..), Value::Int(n))
                if counted.contains(n) =>
            {
                Ok(())
            }
            (Form::Day, Value::Text(t)) if t.parse::<Date>().is_ok_and(|d| d.to_string() == *t) => Ok(()),
            (Form::YesNo, Value::Flag(_)) => Ok(()),
            (Form::Ref(_) | Form::Project, Value::Text(t)) if one_line(t) => Ok(()),
            _ => Err(self.wants()),
        }
    }

    fn wants(&self) -> Fault {
        match self.form {
            Form::Line | Form::Ref(_) | Form::Project => {
                let most = limits::LINE_CHARS;
                self.fault(
                    &format!("写一行，至多 {most} 字"),
                    &format!("one line of at most {most} characters"),
                )
            }
            Form::Long | Form::Shape => {
                let most = limits::INVENTORY_TEXT_CHARS;
                self.fault(&format!("至多 {most} 字"), &format!("at most {most} characters"))
            }
            Form::Choice(all) | Form::Words(all) => {
                let (zh, en): (Vec<_>, Vec<_>) = all.iter().map(|c| (c.1, c.2)).unzip();
                self.fault(&format!("应为：{}", zh.join("、")), &format!("one of {}", en.join(", ")))
            }
            Form::Area => self
                .fault("写成面积，如 60亩、40000㎡、4公顷", "write an area such as 60亩, 40000 m² or 4公顷"),
            Form::Yuan => {
                self.fault("写成金额，如 3.5亿元、1200万元", "write an amount such as 3.5亿元 or 1200万元")
            }
            Form::Count(zh, en) => {
                self.fault(&format!("写成不小于 0 的整数{zh}"), &format!("a whole number, 0 or more {en}"))
            }
            Form::Hundredths(zh, en) => self.fault(
                &format!("写成不小于 0、至多两位小数的数{zh}"),
                &format!("a number, 0 or more, at most two decimals {en}"),
            ),
            Form::Day => self.fault("写成 2026-01-05 这样的日期", "write a day such as 2026-01-05"),
            Form::YesNo => self.fault("写“是”或“否”", "write yes or no"),
        }
    }

    /// Reads what somebody wrote; `None` when it says nothing. A bare number stands in the unit of [`Field::unit`].
    ///
    /// # Errors
    /// What the field wants.
    pub fn read(&self, input: &str, today: Date) -> Result<Option<Value>, Fault> {
        let typed = input.trim();
        if typed.is_empty() || (text::is_blank(typed) && !matches!(self.form, Form::Line | Form::Long)) {
            return Ok(None);
        }
        let value = match self.form {
            Form::Line | Form::Long | Form::Ref(_) | Form::Project => Some(Value::Text(typed.to_string())),
            Form::Choice(all) => {
                let folded = text::squeeze(typed);
                let is = |c: &&Choice| {
                    c.0 == folded || text::squeeze(c.1) == folded || c.2.eq_ignore_ascii_case(typed)
                };
                all.iter().find(is).map(|c| Value::Text(c.0.to_string()))
            }
            Form::Shape => match Polygon::parse(typed) {
                Ok(polygon) => Some(Value::Text(polygon.to_string())),
                Err(fault) => {
                    let (zh, en) = fault.texts();
                    return Err(self.fault(&format!("：{zh}"), &en));
                }
            },
            Form::Words(all) => words(all, typed).map(Value::Text),
            Form::Area => area(typed).map(Value::Int),
            Form::Yuan => yuan(typed).map(Value::Int),
            Form::Count(zh, _) => {
                text::squeeze(typed).trim_end_matches(zh).replace(',', "").parse().ok().map(Value::Int)
            }
            Form::Hundredths(zh, _) => hundredths(text::squeeze(typed).trim_end_matches(zh)).map(Value::Int),
            Form::Day => crate::dates::parse(typed, crate::dates::ExcelDays::From1900, today)
                .or_else(|_| typed.parse::<Date>().map(Some))
                .ok()
                .flatten()
                .map(|d| Value::Text(d.to_string())),
            Form::YesNo => match text::squeeze(typed).to_lowercase().as_str() {
                "是" | "有" | "√" | "yes" | "y" | "true" | "1" => Some(Value::Flag(true)),
                "否" | "无" | "×" | "no" | "n" | "false" | "0" => Some(Value::Flag(false)),
                _ => None,
            },
        };
        let value = value.ok_or_else(|| self.wants())?;
        self.check(&value)?;
        Ok(Some(value))
    }

    /// As a form holds it: read back by [`Field::read`] to the same value.
    #[must_use]
    pub fn write(&self, value: &Value) -> String {
        match (self.form, value) {
            (Form::Area | Form::Hundredths(..), Value::Int(n)) => decimals(*n, 100),
            (Form::Yuan, Value::Int(n)) => decimals(*n, 10_000),
            (Form::Choice(all), Value::Text(t)) => {
                all.iter().find(|c| c.0 == t).map_or(t.clone(), |c| c.1.to_string())
            }
            (Form::Words(all), Value::Text(t)) => {
                let name = |word: &str| {
                    all.iter().find(|c| c.0 == word).map_or(word.to_string(), |c| c.1.to_string())
                };
                t.split(',').map(name).collect::<Vec<_>>().join("；")
            }
            (_, Value::Int(n)) => n.to_string(),
            (_, Value::Text(t)) => t.clone(),
            (_, Value::Flag(yes)) => if *yes { "是" } else { "否" }.to_string(),
        }
    }
}

/// A number of parts without trailing zeros: 350 hundredths are `3.5`.
#[must_use]
pub fn decimals(n: i64, parts: u64) -> String {
    let (whole, rest) = (n.unsigned_abs() / parts, n.unsigned_abs() % parts);
    let sign = if n < 0 { "-" } else { "" };
    let width = parts.ilog10() as usize;
    let tail = format!("{rest:0width$}");
    let tail = tail.trim_end_matches('0');
    if tail.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{tail}") }
}

/// The words of a list, in its order, without repeats; `None` when one is not in it. Names stand for words.
fn words(all: &[Choice], typed: &str) -> Option<String> {
    let mut chosen = vec![false; all.len()];
    for part in typed.split([',', '，', ';', '；', '\n']).map(text::squeeze).filter(|p| !p.is_empty()) {
        let is = |c: &Choice| {
            c.0 == part || text::squeeze(c.1) == part || text::squeeze(c.2).eq_ignore_ascii_case(&part)
        };
        chosen[all.iter().position(is)?] = true;
    }
    let words: Vec<&str> = all.iter().zip(chosen).filter(|(_, c)| *c).map(|(a, _)| a.0).collect();
    (!words.is_empty()).then(|| words.join(","))
}

fn one_line(t: &str) -> bool {
    !t.trim().is_empty() && t.chars().count() <= limits::LINE_CHARS && !t.contains(['\n', '\r', '\0'])
}

/// Hundredths of a square metre; a bare number is square metres.
fn area(typed: &str) -> Option<i64> {
    let metres = Area::heading("(㎡)");
    Area::parse(typed, metres).ok().flatten().map(Area::hundredths)
}

fn yuan(typed: &str) -> Option<i64> {
    let wan = money::Unit { scale: 10_000, currency: crate::company::Currency::Cny };
    let money = money::parse(&typed.replace('，', ","), Some(wan)).ok()??;
    (money.currency == crate::company::Currency::Cny).then_some(money.amount)
}

fn hundredths(number: &str) -> Option<i64> {
    let places = number.split_once('.').map_or(0, |(_, f)| f.trim_end_matches('0').len());
    if places > 2 { None } else { money::scaled(number, 100, 1).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 26);

    fn field(form: Form) -> Field {
        Field { word: "x", zh: "测", en: "Test", form, required: false }
    }

    fn read(form: Form, typed: &str) -> Option<Value> {
        field(form).read(typed, TODAY).ok().flatten()
    }

    #[test]
    fn areas_of_every_unit_are_hundredths_of_a_square_metre() {
        for (typed, n) in [
            ("60亩", 4_000_000),
            ("40000", 4_000_000),
            ("40,000.5㎡", 4_000_050),
            ("4公顷", 4_000_000),
            ("4万平方米", 4_000_000),
            ("1 亩", 66_667),
        ] {
            assert_eq!(read(Form::Area, typed), Some(Value::Int(n)), "{typed}");
        }
        for bad in ["六十亩", "-3亩", "60亩地", "1.2.3"] {
            assert!(field(Form::Area).read(bad, TODAY).unwrap_err().0.contains("60亩"), "{bad}");
        }
    }

    #[test]
    fn money_choices_days_and_flags_read_as_people_write_them() {
        assert_eq!(read(Form::Yuan, "3.5亿元"), Some(Value::Int(350_000_000)));
        assert_eq!(read(Form::Yuan, "1200"), Some(Value::Int(12_000_000)));
        assert!(field(Form::Yuan).read("300万美元", TODAY).is_err(), "the inventory counts in yuan");
        assert_eq!(read(Form::Hundredths("", ""), "1.85"), Some(Value::Int(185)));
        assert!(field(Form::Hundredths("", "")).read("1.855", TODAY).is_err());
        assert_eq!(read(Form::Day, "2026年2月1日"), Some(Value::Text("2026-02-01".into())));
        assert_eq!(read(Form::YesNo, "是"), Some(Value::Flag(true)));
        let choice = Form::Choice(&[("industrial", "工业", "Industrial"), ("storage", "仓储", "Storage")]);
        for typed in ["工业", "industrial", "Industrial"] {
            assert_eq!(read(choice, typed), Some(Value::Text("industrial".into())), "{typed}");
        }
        assert!(field(choice).read("住宅", TODAY).unwrap_err().0.contains("工业、仓储"));
        assert_eq!(field(Form::Day).read("  ", TODAY), Ok(None));
        let Form::Choice(all) = choice else { unreachable!() };
        let several = field(Form::Words(all));
        let both = several.read("仓储；工业，仓储", TODAY).unwrap().unwrap();
        assert_eq!(both, Value::Text("industrial,storage".into()));
        assert_eq!(several.read(&several.write(&both), TODAY), Ok(Some(both)));
        assert!(several.read("住宅", TODAY).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(n in 0i64..1_000_000_000_000) {
            for form in [Form::Area, Form::Yuan, Form::Hundredths("", ""), Form::Count("人", "people")] {
                let f = field(form);
                prop_assert_eq!(f.read(&f.write(&Value::Int(n)), TODAY), Ok(Some(Value::Int(n))), "{:?}", form);
            }
        }

        #[test]
        fn nothing_panics(typed in "\\PC{0,40}") {
            let choice: Form = Form::Choice(&[("a", "甲", "A")]);
            for form in [Form::Line, Form::Long, Form::Area, Form::Yuan, Form::Day, Form::YesNo, Form::Count("", ""), Form::Hundredths("", ""), choice] {
                if let Ok(Some(value)) = field(form).read(&typed, TODAY) {
                    prop_assert_eq!(field(form).check(&value), Ok(()));
                }
            }
        }
    }
}
