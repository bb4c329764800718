//! Exchange rates, append-only like facts.

use crate::error::line;
use crate::journal::Actor;
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note};
use crate::{Error, Result, Store};
use domain::company::Currency;
use domain::limits;
use domain::rate::Rate;
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::query_as;

/// A rate to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRate {
    /// The currency.
    pub currency: Currency,
    /// From this day on.
    pub since: Date,
    /// Millionths of a yuan for one unit.
    pub micro_yuan: i64,
    /// Where it is published.
    pub source: String,
}

impl Store {
    /// Records a rate; another for the same day corrects the earlier.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the yuan itself, a rate that is not above zero, or no source.
    pub async fn add_rate(&self, by: &Actor, now: Timestamp, new: &NewRate) -> Result<i64> {
        line("source", &new.source)?;
        if new.currency == Currency::Cny || !(1..=1_000_000_000_000).contains(&new.micro_yuan) {
            let why = "rate: a currency other than the yuan, and more than 0 yuan for one unit";
            return Err(Error::Invalid(why.to_string()));
        }
        let mut tx = self.tx("rate.add", by, now).await?;
        let recorded = crate::period::after_closing(&mut tx, now).await?;
        let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
            "INSERT INTO rate (currency, since, micro_yuan, source, made_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6) \
             RETURNING id")
            .bind(new.currency.code()).bind(new.since.to_string()).bind(new.micro_yuan).bind(&new.source)
            .bind(by.to_string()).bind(micros(recorded)).fetch_one(&mut **db).await)?;
        let after = Some(serde_json::json!({ "currency": new.currency.code(), "since": new.since,
            "micro_yuan": new.micro_yuan, "source": new.source }));
        tx.note(Note { action: "rate.add", subject: format!("rate:{id}"), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Every rate (at most [`limits::RATES`]), in the order they were recorded.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn rates(&self) -> Result<Vec<Rate>> {
        let rows: Vec<(i64, String, String, i64, String, i64, String)> = on!(&self.reader, db => query_as(
            "SELECT id, currency, since, micro_yuan, source, recorded_at, made_by FROM rate ORDER BY id LIMIT $1")
            .bind(limits::RATES as i64).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(id, code, since, micro_yuan, source, recorded, by)| {
                Ok(Rate {
                    id,
                    currency: Currency::from_code(&code).ok_or_else(|| Error::corrupt("currency", &code))?,
                    since: since.parse().map_err(|e| Error::corrupt("day", e))?,
                    micro_yuan,
                    source,
                    recorded: timestamp(recorded)?,
                    by,
                })
            })
            .collect()
    }
}
