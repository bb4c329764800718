//! Numbers and money as people read them. The two languages of a text stand side by side where it is used
//! (`lang.t("总览", "Overview")`), so that neither can be missing.

pub use domain::role::Lang;

/// An amount of yuan as people write it: `8,600 万元` below 1亿元, `12.03 亿元` from there on.
#[must_use]
pub fn yuan(amount: i64, lang: Lang) -> String {
    let wan = amount / 10_000;
    if amount.abs() >= 100_000_000 {
        let hundredths = (i128::from(amount) + 500_000 * i128::from(amount.signum())) / 1_000_000;
        let (whole, rest) = (hundredths / 100, (hundredths % 100).abs());
        format!(
            "{}.{rest:02} {}",
            grouped(i64::try_from(whole).unwrap_or(i64::MAX)),
            lang.t("亿元", "100m CNY")
        )
    } else if wan == 0 && amount != 0 {
        format!("{} {}", grouped(amount), lang.t("元", "CNY"))
    } else {
        format!("{} {}", grouped(wan), lang.t("万元", "10k CNY"))
    }
}

/// A whole number with thousands separators.
#[must_use]
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A share of one as a percentage with one decimal.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_turns_to_yi_exactly_at_one_hundred_million() {
        assert_eq!(yuan(99_999_999, Lang::Zh), "9,999 万元");
        assert_eq!(yuan(100_000_000, Lang::Zh), "1.00 亿元");
        assert_eq!(yuan(18_304_000_000, Lang::Zh), "183.04 亿元");
        assert_eq!(yuan(86_000_000, Lang::Zh), "8,600 万元");
        assert_eq!(yuan(0, Lang::Zh), "0 万元");
        assert_eq!(yuan(9_000, Lang::Zh), "9,000 元");
    }

    #[test]
    fn grouping_keeps_the_sign() {
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped(123), "123");
    }
}
