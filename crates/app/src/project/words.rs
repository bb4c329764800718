//! Values of facts as people read them.

use crate::project::names::Names;
use crate::text::{Lang, grouped, yuan};
use domain::access::{Scores, points, tenths_of_mu};
use domain::company::{Currency, Money};
use domain::fact::{Kind, Sort, Value};
use domain::gate::Gates;
use domain::money::currency_name;
use domain::stage::Stage;

/// An amount in its own currency: `12.03 亿元`, `3,000 万美元`.
#[must_use]
pub fn money(money: Money, lang: Lang) -> String {
    if money.currency == Currency::Cny {
        return yuan(money.amount, lang);
    }
    match (lang, money.amount.unsigned_abs()) {
        (Lang::En, _) => format!("{} {}", grouped(money.amount), money.currency.code()),
        (Lang::Zh, 10_000..) => {
            let (whole, rest) = (money.amount / 10_000, (money.amount % 10_000).unsigned_abs());
            let rest = format!("{rest:04}");
            let rest = rest.trim_end_matches('0');
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{}{dot}{rest} 万{}", grouped(whole), currency_name(money.currency))
        }
        (Lang::Zh, _) => format!("{} {}", grouped(money.amount), currency_name(money.currency)),
    }
}

/// The name of a stage.
#[must_use]
pub fn stage(stage: Option<Stage>, lang: Lang) -> &'static str {
    stage.map_or("—", |s| lang.t(s.zh(), s.en()))
}

/// The name of a kind.
#[must_use]
pub fn kind(kind: Kind, lang: Lang) -> &'static str {
    lang.t(kind.zh(), kind.en())
}

/// What a fact says, in words.
#[must_use]
pub fn value(of: Kind, value: &Value, names: &Names, gates: &Gates, lang: Lang) -> String {
    match (of, value) {
        (_, Value::Nothing) => lang.t("（撤销）", "(withdrawn)").to_string(),
        (_, Value::Money(m)) => money(*m, lang),
        (Kind::Unit, Value::Number(n)) => names.unit(Some(*n)).to_string(),
        (Kind::Event, Value::Number(n)) => names.event(*n),
        (Kind::Officer, Value::Number(n)) => names.person(Some(*n)).to_string(),
        (Kind::LandArea, Value::Number(n)) => {
            let tenths = tenths_of_mu(*n);
            let mu = format!("{}.{} {}", grouped(tenths / 10), tenths % 10, lang.t("亩", "mu"));
            format!("{} ㎡（{mu}）", grouped(*n))
        }
        (_, Value::Number(n)) => grouped(*n),
        (_, Value::Text(text)) => self::text(of, text, names, gates, lang),
    }
}

fn text(of: Kind, text: &str, names: &Names, gates: &Gates, lang: Lang) -> String {
    let known = match of {
        Kind::Stage => text.parse::<Stage>().ok().map(|s| lang.t(s.zh(), s.en()).to_string()),
        Kind::Sort => text.parse::<Sort>().ok().map(|s| lang.t(s.names().0, s.names().1).to_string()),
        Kind::Evidence => {
            let (zh, en) = gates.names(text);
            Some(lang.t(zh, en).to_string())
        }
        Kind::Chain => Some(names.chain(text, lang)),
        Kind::Origin => match text {
            "domestic" => Some(lang.t("内资", "domestic").to_string()),
            "foreign" => Some(lang.t("外资", "foreign").to_string()),
            _ => None,
        },
        Kind::Science => match text {
            "yes" => Some(lang.t("是", "yes").to_string()),
            "no" => Some(lang.t("否", "no").to_string()),
            _ => None,
        },
        Kind::Source => source(text, lang).map(str::to_string),
        Kind::AccessRaw | Kind::AccessChecked => serde_json::from_str::<Scores>(text).ok().map(|s| {
            let total: i64 = s.points.values().sum();
            format!("{} {}", points(total), lang.t("分", "points"))
        }),
        _ => None,
    };
    known.unwrap_or_else(|| text.to_string())
}

/// Where projects come from: word, Chinese and English name.
pub const SOURCES: [(&str, &str, &str); 6] = [
    ("target", "目标企业", "target list"),
    ("visit", "外出走访", "visit"),
    ("event", "招商活动", "event"),
    ("referral", "推荐介绍", "referral"),
    ("inbound", "主动来访", "inbound"),
    ("other", "其他", "other"),
];

fn source(word: &str, lang: Lang) -> Option<&'static str> {
    SOURCES.iter().find(|s| s.0 == word).map(|s| lang.t(s.1, s.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_its_currency() {
        let usd = |amount| Money { amount, currency: Currency::Usd };
        assert_eq!(money(usd(30_000_000), Lang::Zh), "3,000 万美元");
        assert_eq!(money(usd(12_345_000), Lang::Zh), "1,234.5 万美元");
        assert_eq!(money(usd(500), Lang::Zh), "500 美元");
        assert_eq!(money(usd(30_000_000), Lang::En), "30,000,000 USD");
    }
}
