//! One row of a list to one company.

use super::fault::{RowFault, Rule};
use super::headings::Field;
use super::mapping::{Column, Mapping};
use crate::company::{Company, IndustryCode, Money, Signal, Status, Uscc};
use crate::money::MoneyFault;
use crate::place::{self, PlaceTexts};
use crate::{dates, industry, limits, money, text};
use jiff::civil::Date;

/// What a row is read against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The columns.
    pub mapping: &'a Mapping,
    /// No date may be later.
    pub today: Date,
    /// The name of the file, for the source of a signal.
    pub source: &'a str,
}

/// A company, and what had to be left empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The company.
    pub company: Company,
    /// Values that were left out, each with its rule.
    pub notes: Vec<RowFault>,
}

/// Reads one row. The policy is in the module documentation.
///
/// # Errors
/// Every fault of the row, in the order of its columns.
pub fn row<S: AsRef<str>>(context: Context<'_>, number: u64, cells: &[S]) -> Result<Accepted, Vec<RowFault>> {
    let columns = &context.mapping.columns;
    if cells.len() != columns.len() {
        let joined = cells.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",");
        return Err(vec![RowFault::whole(number, &joined, Rule::Shape(cells.len(), columns.len()))]);
    }
    let mut reading = Reading { context, number, faults: Vec::new(), notes: Vec::new() };
    let mut company = Company::default();
    let mut places = PlaceTexts::default();
    let mut name_seen = false;
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.as_ref();
        let Some(field) = column.field else { continue };
        if field == Field::Name {
            name_seen = true;
            company.name = reading.name(column, cell);
            continue;
        }
        if field == Field::Skip || text::is_blank(cell) {
            continue;
        }
        let place = Cell { column, field, text: cell };
        match field {
            Field::Name | Field::Skip => {}
            Field::Uscc => company.uscc = reading.uscc(place),
            Field::FormerNames => company.former_names.extend(text::split_list(cell)),
            Field::ShortNames => company.short_names.extend(text::split_list(cell)),
            Field::Status => company.status = reading.status(place),
            Field::Capital => company.capital = reading.money(place),
            Field::PaidIn => company.paid_in = reading.money(place),
            Field::Established => company.established = reading.date(place),
            Field::Province => places.province = cell,
            Field::City => places.city = cell,
            Field::District => places.district = cell,
            Field::Industry => company.industry = finest(company.industry.take(), reading.industry(place)),
            Field::Insured => company.insured = reading.count(place),
            Field::Kind => company.kind = tidy(cell),
            Field::Scope => company.scope = tidy(cell),
            Field::Products => company.products.extend(text::split_list(cell)),
            Field::Address => {
                company.address = tidy(cell);
                places.address = cell;
            }
            Field::Signal(_) => company.signals.extend(reading.signal(place)),
        }
    }
    if !name_seen {
        reading.faults.push(RowFault::whole(number, "", Rule::NameMissing));
    }
    company.region = reading.region(places);
    company.former_names.retain(|former| *former != company.name);
    if reading.faults.is_empty() {
        Ok(Accepted { company, notes: reading.notes })
    } else {
        Err(reading.faults)
    }
}

/// Reads a status word. `None` when it is not known.
#[must_use]
pub fn status(input: &str) -> Option<Status> {
    // The order matters: 吊销,未注销 is revoked and not deregistered, 迁出 goes before 在业.
    const WORDS: &[(&str, Status)] = &[
        ("吊销", Status::Revoked),
        ("撤销", Status::Revoked),
        ("责令关闭", Status::Revoked),
        ("注销", Status::Deregistered),
        ("解散", Status::Deregistered),
        ("迁出", Status::MovedOut),
        ("停业", Status::Dormant),
        ("歇业", Status::Dormant),
        ("清算", Status::Dormant),
        ("破产", Status::Dormant),
        ("非正常", Status::Dormant),
        ("停产", Status::Dormant),
        ("存续", Status::Active),
        ("在业", Status::Active),
        ("在营", Status::Active),
        ("开业", Status::Active),
        ("营业", Status::Active),
        ("在册", Status::Active),
        ("正常", Status::Active),
        ("迁入", Status::Active),
        ("登记成立", Status::Active),
        ("设立", Status::Active),
    ];
    let word = text::squeeze(input);
    let lower = word.to_ascii_lowercase();
    if matches!(lower.as_str(), "active" | "dormant" | "revoked" | "deregistered") {
        return Some(match lower.as_str() {
            "active" => Status::Active,
            "dormant" => Status::Dormant,
            "revoked" => Status::Revoked,
            _ => Status::Deregistered,
        });
    }
    WORDS.iter().find(|(known, _)| word.contains(known)).map(|(_, status)| *status)
}

#[derive(Clone, Copy)]
struct Cell<'a> {
    column: &'a Column,
    field: Field,
    text: &'a str,
}

struct Reading<'a> {
    context: Context<'a>,
    number: u64,
    faults: Vec<RowFault>,
    notes: Vec<RowFault>,
}

impl Reading<'_> {
    fn fault(&mut self, cell: Cell<'_>, rule: Rule) {
        self.faults.push(RowFault::cell(self.number, cell.field, &cell.column.heading, cell.text, rule));
    }

    fn note(&mut self, cell: Cell<'_>, rule: Rule) {
        self.notes.push(RowFault::cell(self.number, cell.field, &cell.column.heading, cell.text, rule));
    }

    fn name(&mut self, column: &Column, text: &str) -> String {
        let cell = Cell { column, field: Field::Name, text };
        let name = tidy(text);
        let length = name.chars().count();
        if text::is_blank(&name) {
            self.fault(cell, Rule::NameMissing);
        } else if !(2..=limits::COMPANY_NAME_CHARS).contains(&length)
            || !name.chars().any(char::is_alphabetic)
        {
            self.fault(cell, Rule::NameForm);
        }
        name
    }

    fn uscc(&mut self, cell: Cell<'_>) -> Option<Uscc> {
        match Uscc::parse(cell.text) {
            Ok(uscc) => return Some(uscc),
            Err(fault) if fault.is_other_number() => self.note(cell, Rule::Uscc(fault)),
            Err(fault) => self.fault(cell, Rule::Uscc(fault)),
        }
        None
    }

    fn money(&mut self, cell: Cell<'_>) -> Option<Money> {
        match money::parse(cell.text, cell.column.unit) {
            Ok(money) => return money,
            Err(fault @ MoneyFault::UnknownCurrency(_)) => self.note(cell, Rule::Money(fault)),
            Err(fault) => self.fault(cell, Rule::Money(fault)),
        }
        None
    }

    fn date(&mut self, cell: Cell<'_>) -> Option<Date> {
        match dates::parse(cell.text, self.context.mapping.excel, self.context.today) {
            Ok(date) => date,
            Err(fault) => {
                self.fault(cell, Rule::Date(fault));
                None
            }
        }
    }

    fn status(&mut self, cell: Cell<'_>) -> Status {
        status(cell.text).unwrap_or_else(|| {
            self.note(cell, Rule::Status);
            Status::Unknown
        })
    }

    fn industry(&mut self, cell: Cell<'_>) -> Option<IndustryCode> {
        let code = industry::parse(cell.text);
        if code.is_none() {
            self.note(cell, Rule::Industry);
        }
        code
    }

    /// `35`, `35人`, `1,200`, `35.0`; a range is a note.
    fn count(&mut self, cell: Cell<'_>) -> Option<u32> {
        let folded = text::squeeze(cell.text).replace(',', "");
        let bare = folded.trim_end_matches(['人', '名', '位']);
        let bare = bare.strip_suffix(".0").unwrap_or(bare);
        if let Ok(count) = bare.parse::<u32>() {
            return Some(count);
        }
        let range = bare.contains(|c: char| c.is_ascii_digit())
            && bare.contains(['-', '~', '至', '以', '于', '<', '>', '≥', '≤', '约', '—']);
        self_note_or_fault(self, cell, range && !bare.starts_with('-'));
        None
    }

    fn region(&mut self, texts: PlaceTexts<'_>) -> Option<crate::company::RegionCode> {
        let (found, faults) = place::locate(texts);
        for fault in faults {
            let named = match &fault {
                place::PlaceFault::Unknown(name)
                | place::PlaceFault::Ambiguous(name, _)
                | place::PlaceFault::Outside(name, _) => name.clone(),
            };
            let columns = &self.context.mapping.columns;
            let at = [
                (Field::District, texts.district),
                (Field::City, texts.city),
                (Field::Province, texts.province),
            ]
            .into_iter()
            .find(|(_, text)| text::squeeze(text).starts_with(named.as_str()) && !named.is_empty());
            let Some((field, text)) = at else { continue };
            let heading = columns.iter().find(|c| c.field == Some(field)).map_or("", |c| c.heading.as_str());
            self.notes.push(RowFault::cell(self.number, field, heading, text, Rule::Place(fault)));
        }
        found.map(|(code, _)| code)
    }

    /// A count of zero, 否 or 无 is no signal.
    fn signal(&self, cell: Cell<'_>) -> Option<Signal> {
        let Field::Signal(kind) = cell.field else { return None };
        let words = tidy(cell.text);
        if matches!(words.as_str(), "0" | "0.0" | "否" | "没有" | "0条" | "0项" | "0家") {
            return None;
        }
        Some(Signal {
            kind,
            date: first_date(&words, self.context.today),
            text: words,
            source: format!("{} · {}", self.context.source, cell.column.heading),
        })
    }
}

fn self_note_or_fault(reading: &mut Reading<'_>, cell: Cell<'_>, range: bool) {
    if range { reading.note(cell, Rule::CountRange) } else { reading.fault(cell, Rule::Count) }
}

/// The first date with separators in a text such as `A轮 2024-05-01 某基金`; bare numbers are counts, not dates.
fn first_date(words: &str, today: Date) -> Option<Date> {
    words
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | '年' | '月' | '日')))
        .filter(|part| part.len() >= 8 && part.contains(|c: char| !c.is_ascii_digit()))
        .find_map(|part| dates::parse(part, dates::ExcelDays::From1900, today).ok().flatten())
}

/// One line, without control and invisible characters; punctuation stays as registered.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in
        text.split(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}'))
    {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

fn finest(old: Option<IndustryCode>, new: Option<IndustryCode>) -> Option<IndustryCode> {
    match (old, new) {
        (Some(old), Some(new)) if new.0.len() > old.0.len() => Some(new),
        (Some(old), _) => Some(old),
        (None, new) => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::{Currency, RegionCode, SignalKind};
    use crate::intake::Overrides;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 23);
    const HEADINGS: [&str; 13] = [
        "企业名称",
        "统一社会信用代码",
        "登记状态",
        "注册资本(万元)",
        "成立日期",
        "所属省份",
        "所属城市",
        "所属区县",
        "国标行业",
        "参保人数",
        "经营范围",
        "曾用名",
        "专利数量",
    ];
    const CELLS: [&str; 13] = [
        "镇江样板船用设备有限公司",
        "91350100M000100Y43",
        "存续（在营、开业、在册）",
        "1,234.5678",
        "2001年2月3日",
        "江苏",
        "镇江",
        "京口区",
        "船用配套设备制造",
        "35",
        "船用螺旋桨制造",
        "镇江样板机械厂；样板实业",
        "12",
    ];

    fn read(headings: &[&str], cells: &[&str]) -> Result<Accepted, Vec<RowFault>> {
        let mapping = Mapping::recognise(headings, &Overrides::default());
        row(Context { mapping: &mapping, today: TODAY, source: "名单.csv" }, 7, cells)
    }

    fn with(field: &str, value: &str) -> Result<Accepted, Vec<RowFault>> {
        let mut cells = CELLS;
        cells[HEADINGS.iter().position(|h| h.starts_with(field)).unwrap()] = value;
        read(&HEADINGS, &cells)
    }

    #[test]
    fn reads_a_whole_row() {
        let Accepted { company, notes } = read(&HEADINGS, &CELLS).unwrap();
        assert!(notes.is_empty(), "{notes:?}");
        assert_eq!(company.name, "镇江样板船用设备有限公司");
        assert_eq!(company.uscc.unwrap().as_str(), "91350100M000100Y43");
        assert_eq!(company.status, Status::Active);
        assert_eq!(company.capital, Some(Money { amount: 12_345_678, currency: Currency::Cny }));
        assert_eq!(company.established, Some(date(2001, 2, 3)));
        assert_eq!(company.region, Some(RegionCode(321_102)));
        assert_eq!(company.industry, Some(IndustryCode("C3734".into())));
        assert_eq!(company.insured, Some(35));
        assert_eq!(company.former_names, ["镇江样板机械厂", "样板实业"]);
        assert_eq!(company.signals[0].kind, SignalKind::Patent);
        assert_eq!(company.signals[0].source, "名单.csv · 专利数量");
    }

    #[test]
    fn rejects_with_every_fault_named() {
        let mut cells = CELLS;
        (cells[0], cells[1], cells[3], cells[4], cells[9]) =
            ("", "91350100M000100Y44", "五百", "2030-01-01", "很多");
        let faults = read(&HEADINGS, &cells).unwrap_err();
        let codes: Vec<&str> = faults.iter().map(|f| f.rule.code()).collect();
        assert_eq!(codes, ["name-missing", "uscc-check", "money", "date-future", "count"]);
        assert!(faults.iter().all(|f| f.row == 7 && !f.message_zh.is_empty() && !f.advice.is_empty()));
        assert_eq!((faults[1].field, faults[1].value.as_str()), (Some(Field::Uscc), "91350100M000100Y44"));
    }

    #[test]
    fn notes_what_it_leaves_empty() {
        for (field, value, rule) in [
            ("统一", "320500000012345", "uscc-old-number"),
            ("登记", "不明", "status-unknown"),
            ("注册", "100万德国马克", "money-currency"),
            ("所属区", "和平区", "region-outside"),
            ("国标", "互联网思维", "industry-unknown"),
            ("参保", "50-99人", "count-range"),
        ] {
            let accepted = with(field, value).unwrap();
            assert_eq!(accepted.notes.iter().map(|n| n.rule.code()).collect::<Vec<_>>(), [rule], "{value}");
        }
        assert_eq!(with("所属区", "和平区").unwrap().company.region, Some(RegionCode(321_100)));
        assert!(with("统一", "N/A").unwrap().notes.is_empty());
        assert_eq!(with("专利", "0").unwrap().company.signals, []);
    }

    #[test]
    fn a_ragged_row_is_rejected() {
        let faults = read(&HEADINGS, &CELLS[..12]).unwrap_err();
        assert_eq!(faults[0].rule, Rule::Shape(12, 13));
    }

    #[test]
    fn reads_status_words() {
        for (word, expected) in [
            ("存续", Status::Active),
            ("在业", Status::Active),
            ("开业", Status::Active),
            ("迁入", Status::Active),
            ("正常", Status::Active),
            ("吊销，未注销", Status::Revoked),
            ("吊销未注销", Status::Revoked),
            ("注销", Status::Deregistered),
            ("停业", Status::Dormant),
            ("迁出", Status::MovedOut),
            ("清算", Status::Dormant),
        ] {
            assert_eq!(status(word), Some(expected), "{word}");
        }
    }

    #[test]
    fn a_signal_takes_the_day_it_names() {
        assert_eq!(first_date("A轮 2024-05-01 某基金", TODAY), Some(date(2024, 5, 1)));
        assert_eq!(first_date("12", TODAY), None);
        assert_eq!(first_date("专利20240501件", TODAY), None);
    }

    proptest! {
        #[test]
        fn the_order_of_columns_does_not_matter(order in Just((0..13usize).collect::<Vec<_>>()).prop_shuffle()) {
            let headings: Vec<&str> = order.iter().map(|i| HEADINGS[*i]).collect();
            let cells: Vec<&str> = order.iter().map(|i| CELLS[*i]).collect();
            prop_assert_eq!(read(&headings, &cells), read(&HEADINGS, &CELLS));
        }

        #[test]
        fn never_panics(cells in proptest::collection::vec("\\PC{0,20}", 13)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let _ = read(&HEADINGS, &cells);
        }
    }
}
