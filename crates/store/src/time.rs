//! Times as the database holds them: microseconds since 1970-01-01 UTC.

use crate::{Error, Result};
use jiff::Timestamp;

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn timestamp(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|e| Error::corrupt("time", e))
}

pub(crate) fn optional(micros: Option<i64>) -> Result<Option<Timestamp>> {
    micros.map(timestamp).transpose()
}
