//! A plan in words: values, verdicts and units as pages and the command line show them.

use super::plan::{How, Plan, Verdict};
use crate::text::{Lang, grouped};
use domain::company::Currency;
use domain::fact::{Fact, Kind, NewFact, Sort, Value};
use domain::intake::RowFault;
use domain::intake::project::{AreaUnit, Difference, Measure};
use domain::money::{self, Unit};
use domain::stage::Stage;
use jiff::civil::Date;

/// Units that a person may choose for a column of money.
const MONEY: [(u64, Currency); 9] = [
    (1, Currency::Cny),
    (10_000, Currency::Cny),
    (100_000_000, Currency::Cny),
    (1, Currency::Usd),
    (10_000, Currency::Usd),
    (100_000_000, Currency::Usd),
    (10_000, Currency::Hkd),
    (10_000, Currency::Eur),
    (10_000, Currency::Jpy),
];

/// Every unit that may be chosen, with its name.
pub fn measures() -> impl Iterator<Item = (Measure, String)> {
    let money = MONEY.into_iter().map(|(scale, currency)| {
        let measure = Measure::Money(Unit { scale, currency });
        (measure, measure_name(measure))
    });
    let areas = [AreaUnit::Mu, AreaUnit::SquareMetre, AreaUnit::Hectare];
    money.chain(areas.into_iter().map(|a| (Measure::Area(a), measure_name(Measure::Area(a)))))
}

/// 万元, 亿美元, 亩 …
pub fn measure_name(measure: Measure) -> String {
    match measure {
        Measure::Money(unit) => {
            let scale = match unit.scale {
                100_000_000 => "亿".to_string(),
                10_000 => "万".to_string(),
                1 => String::new(),
                other => format!("{other} "),
            };
            format!("{scale}{}", money::currency_name(unit.currency))
        }
        Measure::Area(AreaUnit::Mu) => "亩".to_string(),
        Measure::Area(AreaUnit::SquareMetre) => "㎡".to_string(),
        Measure::Area(AreaUnit::Hectare) => "公顷".to_string(),
    }
}

/// The unit with a name.
pub fn measure(name: &str) -> Option<Measure> {
    measures().find(|(_, n)| n == name).map(|(m, _)| m)
}

/// What a verdict is called, and the class of its mark.
pub fn verdict(verdict: Verdict, lang: Lang) -> (&'static str, &'static str) {
    match verdict {
        Verdict::New => (lang.t("新项目", "New"), "v-strong"),
        Verdict::Changed => (lang.t("有变化", "Changed"), "v-present"),
        Verdict::Unchanged => (lang.t("无变化", "Unchanged"), ""),
        Verdict::Rejected => (lang.t("退回", "Rejected"), "v-missing"),
    }
}

/// How a row's project was found.
pub fn how(how: How, lang: Lang) -> &'static str {
    match how {
        How::Code => lang.t("按编号对应", "by its code"),
        How::Company => {
            lang.t("按企业和相近的名称对应，请核对", "by its company and a similar name; please check")
        }
        How::Name => lang.t("按名称对应，请核对", "by its name; please check"),
        How::Picked => lang.t("由人指定", "as somebody said"),
        How::New => "",
    }
}

/// A fault or note in one sentence.
pub fn fault(fault: &RowFault, lang: Lang) -> String {
    let at = match (fault.heading.is_empty(), fault.value.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("{}：", fault.heading),
        (false, false) => format!("{}“{}”：", fault.heading, short(&fault.value)),
    };
    match lang {
        Lang::Zh => format!("{at}{}。{}", fault.message_zh, fault.advice),
        Lang::En => format!("{at}{}", fault.message_en),
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// One fact to record beside the one it follows.
pub struct Shown {
    /// What it is about.
    pub kind: String,
    /// What is recorded now; empty where nothing is.
    pub old: String,
    /// What will be.
    pub new: String,
    /// Whether it corrects, adds or is new, and from when.
    pub what: String,
}

/// A difference in words.
pub fn difference(plan: &Plan, difference: &Difference, lang: Lang) -> Shown {
    let new = &difference.new;
    let kind = match difference.stage {
        Some(stage) => stage_name(stage, lang).to_string(),
        None => lang.t(new.kind.zh(), new.kind.en()).to_string(),
    };
    let old = match (&difference.old, difference.so_far) {
        (Some(fact), _) => old_value(plan, fact, lang),
        (None, Some(sum)) => format!("{} {}", lang.t("已登记", "so far"), money::format(sum)),
        (None, None) => String::new(),
    };
    let what = match (&new.corrects, &difference.old, difference.so_far) {
        (Some(_), ..) => lang.t("更正", "correction").to_string(),
        (None, Some(_), _) => format!("{} {}", lang.t("新事实，自", "new fact from"), new.effective),
        (None, None, Some(_)) => format!("{} {}", lang.t("补登，", "added on"), new.effective),
        (None, None, None) if difference.stage.is_some() => String::new(),
        (None, None, None) => format!("{} {}", lang.t("自", "from"), new.effective),
    };
    Shown { kind, old, new: new_value(plan, new, lang), what }
}

fn old_value(plan: &Plan, fact: &Fact, lang: Lang) -> String {
    match fact.stage() {
        Some(_) => days(fact.effective, fact.counts, lang),
        None => value(plan, fact.kind, &fact.value, lang),
    }
}

fn new_value(plan: &Plan, fact: &NewFact, lang: Lang) -> String {
    match fact.kind {
        Kind::Stage => days(fact.effective, fact.counts, lang),
        _ => value(plan, fact.kind, &fact.value, lang),
    }
}

fn days(effective: Date, counts: Date, lang: Lang) -> String {
    if effective == counts {
        effective.to_string()
    } else {
        format!("{effective}{}{counts}", lang.t("，统计 ", ", counts "))
    }
}

fn stage_name(stage: Stage, lang: Lang) -> &'static str {
    lang.t(stage.zh(), stage.en())
}

/// A value as people read it.
fn value(plan: &Plan, kind: Kind, value: &Value, lang: Lang) -> String {
    let word = match value {
        Value::Nothing => return "—".to_string(),
        Value::Money(money) => return money::format(*money),
        Value::Number(n) => match plan.names.get(&(kind, n.to_string())) {
            Some(name) => return name.clone(),
            None if kind == Kind::LandArea => return format!("{} ㎡", grouped(*n)),
            None => return grouped(*n),
        },
        Value::Text(word) => word,
    };
    let named = match kind {
        Kind::Origin => Some(match word.as_str() {
            "foreign" => lang.t("外资", "foreign"),
            _ => lang.t("内资", "domestic"),
        }),
        Kind::Sort => word.parse::<Sort>().ok().map(|s| lang.t(s.names().0, s.names().1)),
        Kind::Source => Some(match word.as_str() {
            "target" => lang.t("目标企业", "target list"),
            "visit" => lang.t("外出走访", "visit"),
            "event" => lang.t("招商活动", "event"),
            "referral" => lang.t("引荐", "referral"),
            "inbound" => lang.t("主动来访", "inbound"),
            _ => lang.t("其他", "other"),
        }),
        _ => plan.names.get(&(kind, word.clone())).map(String::as_str),
    };
    named.map_or_else(|| short(word), ToString::to_string)
}
