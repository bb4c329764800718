//! Slows down guessing: at most [`limits::SIGN_IN_TRIES`] failures per account and [`limits::SIGN_IN_TRIES_ADDRESS`] per
//! address (many people may share one behind a proxy) in fifteen minutes.
//!
//! Kept in memory: a restart forgets it, which a guesser cannot cause. Bounded: old entries leave first.

use domain::limits;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Recent failures by account and by address.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Vec<Timestamp>>>);

impl Throttle {
    /// Whether `key` has failed `tries` times or more lately.
    pub fn blocked(&self, key: &str, tries: usize, now: Timestamp) -> bool {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(key).is_some_and(|times| recent(times, now) >= tries)
    }

    /// Notes a failure.
    pub fn failed(&self, key: &str, now: Timestamp) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= limits::SIGN_IN_KEYS {
            map.retain(|_, times| recent(times, now) > 0);
            if map.len() >= limits::SIGN_IN_KEYS {
                map.clear();
            }
        }
        let times = map.entry(key.to_string()).or_default();
        times.retain(|&t| now.duration_since(t) < WINDOW);
        times.push(now);
    }

    /// Forgets the failures of `key` after a success.
    pub fn succeeded(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

fn recent(times: &[Timestamp], now: Timestamp) -> usize {
    times.iter().filter(|&&t| now.duration_since(t) < WINDOW).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_failures_block_until_the_window_has_passed() {
        let throttle = Throttle::default();
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let tries = limits::SIGN_IN_TRIES;
        for _ in 0..tries {
            assert!(!throttle.blocked("demo", tries, start));
            throttle.failed("demo", start);
        }
        assert!(throttle.blocked("demo", tries, start));
        assert!(!throttle.blocked("other", tries, start));
        assert!(!throttle.blocked("demo", tries, start + WINDOW));
        throttle.succeeded("demo");
        assert!(!throttle.blocked("demo", tries, start));
    }
}
