//! The only place that reads the clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// Where the time comes from: the machine, or a test.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A fixed instant.
    Fixed(Timestamp),
}

impl Clock {
    /// Now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now(self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Fixed(at) => at,
        }
    }

    /// The civil day in Asia/Shanghai, which has been UTC+8 without summer time since 1991.
    #[must_use]
    pub fn today(self) -> Date {
        local(self.now()).date()
    }
}

/// A timestamp as the civil time of Asia/Shanghai.
#[must_use]
pub fn local(at: Timestamp) -> jiff::civil::DateTime {
    Offset::constant(8).to_datetime(at)
}

/// `2026-11-23 18:30` in Asia/Shanghai.
#[must_use]
pub fn shown(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}
