//! Exchange rates: dated, corrected like facts, applied exactly.

use crate::company::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rate as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Number; of two rates for one day the later number holds.
    pub id: i64,
    /// The currency.
    pub currency: Currency,
    /// From this day on.
    pub since: Date,
    /// Millionths of a yuan for one unit.
    pub micro_yuan: i64,
    /// Where it is published, e.g. 中国外汇交易中心人民币汇率中间价.
    pub source: String,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Who recorded it.
    pub by: String,
}

/// No rate of this currency holds on that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRate {
    /// The currency.
    pub currency: Currency,
    /// The day.
    pub day: Date,
}

impl fmt::Display for NoRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = crate::money::currency_name(self.currency);
        write!(f, "no exchange rate of {currency} holds on {}: record one with its source", self.day)
    }
}

/// A table of rates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(Vec<Rate>);

impl Rates {
    /// The rates that were recorded by `cut_off` (all when it is `None`).
    #[must_use]
    pub fn new(rates: impl IntoIterator<Item = Rate>, cut_off: Option<Timestamp>) -> Rates {
        let mut rates: Vec<Rate> =
            rates.into_iter().filter(|r| cut_off.is_none_or(|at| r.recorded <= at)).collect();
        rates.sort_by_key(|r| (r.since, r.id));
        Rates(rates)
    }

    /// The rate that holds on `day`: that of the latest day not after it.
    #[must_use]
    pub fn on(&self, currency: Currency, day: Date) -> Option<&Rate> {
        self.0.iter().rev().find(|r| r.currency == currency && r.since <= day)
    }

    /// Whole yuan at the rate of `day`, rounded half up; yuan stay as they are.
    ///
    /// # Errors
    /// [`NoRate`].
    pub fn yuan(&self, money: Money, day: Date) -> Result<i64, NoRate> {
        if money.currency == Currency::Cny {
            return Ok(money.amount);
        }
        let rate = self.on(money.currency, day).ok_or(NoRate { currency: money.currency, day })?;
        let micro = i128::from(money.amount) * i128::from(rate.micro_yuan);
        let yuan = (micro + 500_000 * micro.signum()) / 1_000_000;
        Ok(i64::try_from(yuan).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn rate(id: i64, since: Date, micro_yuan: i64) -> Rate {
        let recorded = Timestamp::from_second(1_700_000_000 + id).unwrap();
        Rate {
            id,
            currency: Currency::Usd,
            since,
            micro_yuan,
            source: "中间价".into(),
            recorded,
            by: "cli".into(),
        }
    }

    #[test]
    fn the_rate_of_the_day_holds_and_a_later_row_corrects_it() {
        let table = [
            rate(1, date(2025, 1, 1), 7_188_400),
            rate(2, date(2025, 6, 1), 7_184_800),
            rate(3, date(2025, 6, 1), 7_184_500),
        ];
        let usd = Money { amount: 30_000_000, currency: Currency::Usd };
        let all = Rates::new(table.clone(), None);
        assert_eq!(all.yuan(usd, date(2025, 5, 31)), Ok(215_652_000));
        assert_eq!(all.yuan(usd, date(2025, 6, 1)), Ok(215_535_000));
        let before = Rates::new(table.clone(), Some(table[1].recorded));
        assert_eq!(before.yuan(usd, date(2025, 6, 1)), Ok(215_544_000), "as of the cut-off");
        let none = all.yuan(usd, date(2024, 12, 31));
        assert_eq!(none, Err(NoRate { currency: Currency::Usd, day: date(2024, 12, 31) }));
    }

    #[test]
    fn thirty_million_dollars_are_not_ten_thousand_times_too_small() {
        // domain fault 1: 亿美元 taken for 万美元 at a fixed 7
        let all = Rates::new([rate(1, date(2025, 1, 1), 7_000_000)], None);
        let money = Money { amount: 100_000_000, currency: Currency::Usd };
        assert_eq!(all.yuan(money, date(2025, 2, 1)), Ok(700_000_000));
        let yuan = Money { amount: 5, currency: Currency::Cny };
        assert_eq!(all.yuan(yuan, date(1990, 1, 1)), Ok(5));
    }
}
