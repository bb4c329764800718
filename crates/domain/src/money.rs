//! Money as it is written in company lists: exact decimals, never a float.

use crate::company::{Currency, Money};
use crate::text;
use std::fmt;

/// The unit that a bare number stands in, from its heading such as `注册资本(万元)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unit {
    /// How many whole currency units one stands for: 1, 10,000 (万) or 100,000,000 (亿).
    pub scale: u64,
    /// The currency.
    pub currency: Currency,
}

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoneyFault {
    /// No number at its start, or something strange behind it.
    Form,
    /// A number, but neither it nor the heading says whether it counts 元, 万元 or 亿元.
    NoUnit,
    /// A currency that is not one of [`Currency`], such as 德国马克; the amount itself is readable.
    UnknownCurrency(String),
    /// Two currencies in one amount.
    TwoCurrencies,
    /// Below zero.
    Negative,
    /// More than nine million million million units.
    TooLarge,
}

impl fmt::Display for MoneyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MoneyFault::Form => write!(f, "not an amount of money"),
            MoneyFault::NoUnit => write!(f, "no unit (元, 万元 or 亿元) in the value or the heading"),
            MoneyFault::UnknownCurrency(word) => write!(f, "`{word}` is no currency known here"),
            MoneyFault::TwoCurrencies => write!(f, "two currencies in one amount"),
            MoneyFault::Negative => write!(f, "an amount below zero"),
            MoneyFault::TooLarge => write!(f, "an amount too large to hold"),
        }
    }
}

/// Reads an amount; `None` when the text says "nothing".
///
/// Grammar after folding width, spaces, brackets and thousands commas: `[currency] digits [. digits] (scale | currency | 元 | 整)*`, as
/// in `18245.4992万元`, `440.4247(万元人民币)`, `42,931.4896(万人民币元)`, `1000万美元`, `USD 1.2亿`. A bare number stands in `heading`'s unit;
/// a bare zero needs none. The decimal is exact; what is left below one whole unit (fractions of a yuan) is rounded half up.
///
/// # Errors
/// See [`MoneyFault`].
pub fn parse(input: &str, heading: Option<Unit>) -> Result<Option<Money>, MoneyFault> {
    if text::is_blank(input) {
        return Ok(None);
    }
    let mut folded: String = text::squeeze(input).to_ascii_uppercase();
    folded.retain(|c| !matches!(c, '(' | ')' | '[' | ']' | '【' | '】' | ':'));
    let (prefix, rest) = take_currency(&folded);
    if let Some(tail) = rest.strip_prefix('-') {
        return Err(if tail.starts_with(|c: char| c.is_ascii_digit()) {
            MoneyFault::Negative
        } else {
            MoneyFault::Form
        });
    }
    let (number, words) = take_number(rest)?;
    let suffix = read_words(words)?;
    let currency = match (prefix, suffix.currency) {
        (Some(a), Some(b)) if a != b => return Err(MoneyFault::TwoCurrencies),
        (a, b) => a.or(b),
    };
    let zero = number.digits == 0;
    let (scale, heading_currency) = match (suffix.scale, heading) {
        (Some(scale), unit) => (scale, unit.map(|u| u.currency)),
        // `1000000美元` and `1000000元` count whole units; a heading in 万元 does not change a value that names its own unit.
        (None, _) if suffix.whole_unit || prefix.is_some() => (1, None),
        (None, Some(unit)) => (unit.scale, Some(unit.currency)),
        (None, None) if zero => (1, None),
        (None, None) => return Err(MoneyFault::NoUnit),
    };
    let amount = number.times(scale)?;
    Ok(Some(Money { amount, currency: currency.or(heading_currency).unwrap_or_default() }))
}

/// Reads a bare decimal such as `1,234.5` and multiplies it by `numerator`/`denominator`: exact, then rounded half up to a whole number.
///
/// # Errors
/// [`MoneyFault::Form`], [`MoneyFault::Negative`] or [`MoneyFault::TooLarge`].
pub fn scaled(input: &str, numerator: u64, denominator: u64) -> Result<i64, MoneyFault> {
    let folded = text::squeeze(input);
    if folded.starts_with('-') {
        return Err(MoneyFault::Negative);
    }
    let (number, rest) = take_number(&folded)?;
    if !rest.is_empty() || denominator == 0 {
        return Err(MoneyFault::Form);
    }
    let product = number.digits.checked_mul(u128::from(numerator)).ok_or(MoneyFault::TooLarge)?;
    let power = 10u128.checked_pow(number.places).ok_or(MoneyFault::TooLarge)?;
    let divisor = power.checked_mul(u128::from(denominator)).ok_or(MoneyFault::TooLarge)?;
    let half_up = u128::from(product % divisor >= divisor.div_ceil(2) && divisor > 1);
    i64::try_from(product / divisor + half_up).map_err(|_| MoneyFault::TooLarge)
}

/// The unit that a heading names, e.g. 万元 in `注册资本（万元）`; `None` when it names none.
#[must_use]
pub fn heading_unit(heading: &str) -> Option<Unit> {
    let folded = text::squeeze(heading).to_ascii_uppercase();
    let inner = folded.rsplit_once('(').map_or_else(
        || folded.rsplit_once(['_', '-', '/', ':']).map(|(_, tail)| tail),
        |(_, tail)| Some(tail.trim_end_matches(')')),
    )?;
    let inner = inner.trim_start_matches("单位").trim_start_matches(':');
    let words = read_words(inner).ok()?;
    if words.scale.is_none() && !words.whole_unit {
        return None;
    }
    Some(Unit { scale: words.scale.unwrap_or(1), currency: words.currency.unwrap_or_default() })
}

/// Writes an amount the way people read it: 亿元 from 100 million, 万元 from ten thousand, else 元; exact, without rounding.
#[must_use]
pub fn format(money: Money) -> String {
    let (scale, unit) = match money.amount.unsigned_abs() {
        100_000_000.. => (100_000_000u64, "亿"),
        10_000.. => (10_000, "万"),
        _ => (1, ""),
    };
    let whole = money.amount.unsigned_abs() / scale;
    let fraction = money.amount.unsigned_abs() % scale;
    let sign = if money.amount < 0 { "-" } else { "" };
    let digits = scale.ilog10() as usize;
    let tail = if fraction == 0 {
        String::new()
    } else {
        let padded = format!("{fraction:0digits$}");
        format!(".{}", padded.trim_end_matches('0'))
    };
    format!("{sign}{whole}{tail}{unit}{}", currency_name(money.currency))
}

/// The Chinese name of a currency as it follows a number: 元, 美元, 日元 …
#[must_use]
pub fn currency_name(currency: Currency) -> &'static str {
    match currency {
        Currency::Cny => "元",
        Currency::Usd => "美元",
        Currency::Hkd => "港元",
        Currency::Eur => "欧元",
        Currency::Jpy => "日元",
        Currency::Gbp => "英镑",
        Currency::Sgd => "新加坡元",
        Currency::Cad => "加拿大元",
        Currency::Aud => "澳大利亚元",
        Currency::Twd => "新台币",
        Currency::Krw => "韩元",
        Currency::Chf => "瑞士法郎",
    }
}

/// Words for currencies; where one begins another, the longer stands first.
const CURRENCIES: &[(&str, Currency)] = &[
    ("人民币元", Currency::Cny),
    ("人民币", Currency::Cny),
    ("RMB", Currency::Cny),
    ("CNY", Currency::Cny),
    ("¥", Currency::Cny),
    ("￥", Currency::Cny),
    ("美元", Currency::Usd),
    ("美金", Currency::Usd),
    ("USD", Currency::Usd),
    ("US$", Currency::Usd),
    ("$", Currency::Usd),
    ("香港元", Currency::Hkd),
    ("港元", Currency::Hkd),
    ("港币元", Currency::Hkd),
    ("港币", Currency::Hkd),
    ("港幣", Currency::Hkd),
    ("HKD", Currency::Hkd),
    ("HK$", Currency::Hkd),
    ("欧元", Currency::Eur),
    ("EUR", Currency::Eur),
    ("€", Currency::Eur),
    ("日元", Currency::Jpy),
    ("日币", Currency::Jpy),
    ("日圆", Currency::Jpy),
    ("JPY", Currency::Jpy),
    ("英镑", Currency::Gbp),
    ("GBP", Currency::Gbp),
    ("新加坡元", Currency::Sgd),
    ("新加坡币", Currency::Sgd),
    ("新币", Currency::Sgd),
    ("SGD", Currency::Sgd),
    ("加拿大元", Currency::Cad),
    ("加元", Currency::Cad),
    ("CAD", Currency::Cad),
    ("澳大利亚元", Currency::Aud),
    ("澳元", Currency::Aud),
    ("AUD", Currency::Aud),
    ("新台币元", Currency::Twd),
    ("新台币", Currency::Twd),
    ("台币", Currency::Twd),
    ("TWD", Currency::Twd),
    ("韩元", Currency::Krw),
    ("韩币", Currency::Krw),
    ("KRW", Currency::Krw),
    ("瑞士法郎", Currency::Chf),
    ("瑞郎", Currency::Chf),
    ("CHF", Currency::Chf),
];

/// Words for powers of ten; the longer first.
const SCALES: &[(&str, u64)] = &[
    ("万亿", 1_000_000_000_000),
    ("亿", 100_000_000),
    ("千万", 10_000_000),
    ("百万", 1_000_000),
    ("万", 10_000),
    ("萬", 10_000),
    ("千", 1_000),
];

struct Words {
    scale: Option<u64>,
    currency: Option<Currency>,
    whole_unit: bool,
}

fn read_words(mut rest: &str) -> Result<Words, MoneyFault> {
    let mut words = Words { scale: None, currency: None, whole_unit: false };
    while !rest.is_empty() {
        if let Some((word, scale)) = SCALES.iter().find(|(w, _)| rest.starts_with(w)) {
            if words.scale.replace(*scale).is_some() {
                return Err(MoneyFault::Form);
            }
            rest = &rest[word.len()..];
        } else if let (Some(currency), tail) = take_currency(rest) {
            if words.currency.is_some_and(|seen| seen != currency) {
                return Err(MoneyFault::TwoCurrencies);
            }
            words.currency = Some(currency);
            words.whole_unit = true;
            rest = tail;
        } else if let Some(tail) =
            ["元整", "圆整", "元", "圆", "整"].iter().find_map(|w| rest.strip_prefix(w))
        {
            words.whole_unit = true;
            rest = tail;
        } else {
            return Err(unknown_word(rest));
        }
    }
    Ok(words)
}

/// 马克, 法郎, 克朗 … are old or rare currencies: named as such, so that the caller can tell them from garbage.
fn unknown_word(rest: &str) -> MoneyFault {
    const RARE: &[&str] = &[
        "马克",
        "法郎",
        "克郎",
        "克朗",
        "里拉",
        "卢布",
        "卢比",
        "盾",
        "泰铢",
        "澳门元",
        "林吉特",
        "先令",
        "比索",
        "币",
        "元",
    ];
    let short = rest.chars().count() <= 8 && !rest.chars().any(|c| c.is_ascii_digit());
    if short && RARE.iter().any(|word| rest.ends_with(word)) {
        MoneyFault::UnknownCurrency(rest.to_string())
    } else {
        MoneyFault::Form
    }
}

fn take_currency(text: &str) -> (Option<Currency>, &str) {
    match CURRENCIES.iter().find(|(word, _)| text.starts_with(word)) {
        Some((word, currency)) => (Some(*currency), &text[word.len()..]),
        None => (None, text),
    }
}

/// An exact decimal: `digits` × 10^-`places`.
struct Decimal {
    digits: u128,
    places: u32,
}

impl Decimal {
    /// Times `scale`, rounded half up to a whole number.
    fn times(&self, scale: u64) -> Result<i64, MoneyFault> {
        let product = self.digits.checked_mul(u128::from(scale)).ok_or(MoneyFault::TooLarge)?;
        let divisor = 10u128.checked_pow(self.places).ok_or(MoneyFault::TooLarge)?;
        let half_up = u128::from(product % divisor >= divisor.div_ceil(2) && divisor > 1);
        i64::try_from(product / divisor + half_up).map_err(|_| MoneyFault::TooLarge)
    }
}

fn take_number(text: &str) -> Result<(Decimal, &str), MoneyFault> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains(['.', ',']) || (number.ends_with('.') && fraction.is_empty()) {
        return Err(MoneyFault::Form);
    }
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1
        || ((1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3));
    if !grouped {
        return Err(MoneyFault::Form);
    }
    // Twenty digits on each side are more than any amount has, and fit u128.
    let fraction = fraction.trim_end_matches('0');
    let joined = groups.concat();
    let significant = joined.trim_start_matches('0');
    if significant.len() > 19 || fraction.len() > 18 {
        return Err(MoneyFault::TooLarge);
    }
    let digits = if significant.is_empty() && fraction.is_empty() {
        0
    } else {
        format!("{significant}{fraction}").parse().map_err(|_| MoneyFault::Form)?
    };
    Ok((Decimal { digits, places: u32::try_from(fraction.len()).unwrap_or(0) }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cny(amount: i64) -> Result<Option<Money>, MoneyFault> {
        Ok(Some(Money { amount, currency: Currency::Cny }))
    }

    #[test]
    fn reads_what_registers_write() {
        let wan = heading_unit("注册资本（万元）");
        for (text, unit, yuan) in [
            ("18245.4992万元", None, 182_454_992),
            ("440.4247(万元人民币)", None, 4_404_247),
            ("42,931.4896(万人民币元)", None, 429_314_896),
            ("660(万)", None, 6_600_000),
            ("50(万元(人民币))", None, 500_000),
            ("５０（万元（人民币））", None, 500_000),
            ("1.2亿元", None, 120_000_000),
            ("人民币 3000 万元整", None, 30_000_000),
            ("5000", wan, 50_000_000),
            ("5000万元", wan, 50_000_000),
            ("5000元", wan, 5_000),
            ("0", None, 0),
            ("1000000元", None, 1_000_000),
            ("3百万元", None, 3_000_000),
        ] {
            assert_eq!(parse(text, unit), cny(yuan), "{text}");
        }
        let usd = |amount| Ok(Some(Money { amount, currency: Currency::Usd }));
        assert_eq!(parse("1000万美元", None), usd(10_000_000));
        assert_eq!(parse("1000万美元", wan), usd(10_000_000));
        assert_eq!(parse("12(万元美元)", None), usd(120_000));
        assert_eq!(parse("USD 1.5万", None), usd(15_000));
        assert_eq!(parse("300", heading_unit("注册资本(万美元)")), usd(3_000_000));
        assert_eq!(parse("7万香港元", None), Ok(Some(Money { amount: 70_000, currency: Currency::Hkd })));
        for blank in ["N/A", "-", "", "　"] {
            assert_eq!(parse(blank, None), Ok(None));
        }
    }

    #[test]
    fn refuses_and_says_why() {
        assert_eq!(parse("5000", None), Err(MoneyFault::NoUnit));
        assert_eq!(parse("9()", None), Err(MoneyFault::NoUnit));
        assert_eq!(parse("-5万元", None), Err(MoneyFault::Negative));
        assert_eq!(parse("一百万元", None), Err(MoneyFault::Form));
        assert_eq!(parse("10-20万元", None), Err(MoneyFault::Form));
        assert_eq!(parse("1,00万元", None), Err(MoneyFault::Form));
        assert_eq!(parse("1.2.3万元", None), Err(MoneyFault::Form));
        assert_eq!(parse("100万德国马克", None), Err(MoneyFault::UnknownCurrency("德国马克".into())));
        assert_eq!(parse("人民币100万美元", None), Err(MoneyFault::TwoCurrencies));
        assert_eq!(parse("9999999999999999999亿元", None), Err(MoneyFault::TooLarge));
    }

    #[test]
    fn rounds_half_a_yuan_up() {
        assert_eq!(parse("0.00005万元", None), cny(1));
        assert_eq!(parse("0.00004999万元", None), cny(0));
        assert_eq!(parse("1.5元", None), cny(2));
        assert_eq!(parse("0.1元", None), cny(0));
    }

    #[test]
    fn headings_name_units() {
        let unit = |scale, currency| Some(Unit { scale, currency });
        assert_eq!(heading_unit("注册资本(万元)"), unit(10_000, Currency::Cny));
        assert_eq!(heading_unit("注册资本（单位：亿元）"), unit(100_000_000, Currency::Cny));
        assert_eq!(heading_unit("实缴资本_元"), unit(1, Currency::Cny));
        assert_eq!(heading_unit("注册资本"), None);
        assert_eq!(heading_unit("参保人数(人)"), None);
    }

    proptest! {
        #[test]
        fn formatted_money_is_read_back(amount in 0i64..=i64::MAX, usd in any::<bool>()) {
            let money = Money { amount, currency: if usd { Currency::Usd } else { Currency::Cny } };
            prop_assert_eq!(parse(&format(money), None), Ok(Some(money)));
        }

        #[test]
        fn the_heading_is_worth_the_same_as_the_word(whole in 0u32.., fraction in 0u32..10_000) {
            let bare = format!("{whole}.{fraction:04}");
            let unit = heading_unit("注册资本(万元)");
            prop_assert_eq!(parse(&bare, unit), parse(&format!("{bare}万元"), None));
            prop_assert_eq!(parse(&bare, unit), cny(i64::from(whole) * 10_000 + i64::from(fraction)));
        }

        #[test]
        fn never_panics(text in "[0-9.,万亿元美()-]{0,30}|\\PC{0,20}") {
            let _ = parse(&text, None);
        }
    }
}
