//! What a warrant may be worth, on the page of capital: the assumptions as typed, and the value under them.

use crate::text::{Lang, yuan};
use domain::capital::price::{Price, Shares};
use domain::capital::round::{Basis, ShareEvent, fold};
use domain::capital::value::{Input, Source, Style, value};
use domain::capital::warrant::Grantor;
use domain::capital::warrant::state::State;
use domain::money::scaled;
use jiff::civil::Date;

/// Volatility and rate, as typed and as read; hundredths of a per cent.
pub struct Assumed {
    /// Per cent a year, as typed.
    pub volatility: String,
    /// Per cent a year, as typed.
    pub rate: String,
    read: Option<(f64, f64)>,
}

impl Assumed {
    /// Reads what was typed; where nothing was, 60 % and 1.5 %: a young company's shares, and a government bond's yield.
    #[must_use]
    pub fn of(volatility: &str, rate: &str) -> Assumed {
        let or = |typed: &str, other: &str| {
            let typed = typed.trim().trim_end_matches(['%', '％']).trim();
            if typed.is_empty() { other.to_string() } else { typed.to_string() }
        };
        let (volatility, rate) = (or(volatility, "60"), or(rate, "1.5"));
        let share = |text: &str| {
            let (sign, plain) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
            // Hundredths of a per cent are ten-thousandths.
            scaled(plain, 100, 1)
                .ok()
                .and_then(|n| i32::try_from(n).ok())
                .map(|n| sign * f64::from(n) / 10_000.0)
        };
        let read = share(&volatility).zip(share(&rate));
        Assumed { volatility, rate, read }
    }
}

/// Steps of the tree; more change the value of a year or two by less than one part in a thousand.
const STEPS: u32 = 500;

/// The value of what is left of a warrant, in words: the whole, each share's right, and what exercise today would bring; else why there is none.
pub fn worth(
    now: &State,
    company: &[ShareEvent],
    (strike, left): (Price, Shares),
    assumed: &Assumed,
    day: Date,
    lang: Lang,
) -> Result<String, String> {
    let table = fold(company, day);
    let share = table.last_round().map(|r| r.price);
    let share = share.ok_or_else(|| {
        lang.t("没有融资轮次，不知道每股价值", "no round says what a share is worth").to_string()
    })?;
    let (volatility, rate) = assumed.read.ok_or_else(|| {
        lang.t("波动率和利率写成 60、1.5 这样", "write volatility and rate as 60 and 1.5").to_string()
    })?;
    let days = (now.terms.until - day).get_days();
    let input = Input {
        share,
        strike,
        volatility,
        rate,
        days: u32::try_from(days).map_err(|_| lang.t("行权期已过", "the window is over").to_string())?,
        steps: STEPS,
        shares: table.all(Basis::FullyDiluted),
        warrants: left,
        source: if now.terms.grantor == Grantor::Company { Source::New } else { Source::Existing },
        style: Style::American,
    };
    let found = value(&input).map_err(|fault| {
        let (zh, en) = fault.words();
        lang.t(&zh, &en).to_string()
    })?;
    Ok(format!(
        "{}（{} {}；{} {}）",
        yuan(found.whole, lang),
        lang.t("每股", "a share"),
        super::page::per_share(found.each, lang),
        lang.t("即刻行权价值", "exercised today"),
        yuan(found.intrinsic, lang)
    ))
}
