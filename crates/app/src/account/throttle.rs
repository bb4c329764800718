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
    /// Notes a try before its password is looked at, so that many at once count too; `false` when one of the keys has
    /// failed as often as its number says. A try that was right is taken back with [`Throttle::right`].
    pub fn attempt(&self, keys: &[(String, usize)], now: Timestamp) -> bool {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.iter().any(|(key, tries)| map.get(key).is_some_and(|times| recent(times, now) >= *tries)) {
            return false;
        }
        keys.iter().for_each(|(key, _)| Throttle::note(&mut map, key, now));
        true
    }

    fn note(map: &mut HashMap<String, Vec<Timestamp>>, key: &str, now: Timestamp) {
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

    /// Forgets the failures of an account after its right password, and the one try of the address.
    pub fn right(&self, account: &str, address: &str) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.remove(account);
        if let Some(times) = map.get_mut(address) {
            times.pop();
        }
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
        let keys = |login: &str| [(login.to_string(), tries), ("address".to_string(), 3 * tries)];
        for _ in 0..tries {
            assert!(throttle.attempt(&keys("demo"), start));
        }
        assert!(!throttle.attempt(&keys("demo"), start));
        assert!(throttle.attempt(&keys("other"), start));
        assert!(throttle.attempt(&keys("demo"), start + WINDOW));
        throttle.right("demo", "address");
        assert!(throttle.attempt(&keys("demo"), start));
    }

    #[test]
    fn right_passwords_do_not_count_against_a_shared_address() {
        let throttle = Throttle::default();
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        for n in 0..20 {
            assert!(throttle.attempt(&[(format!("login:{n}"), 2), ("from".into(), 2)], start), "{n}");
            throttle.right(&format!("login:{n}"), "from");
        }
    }
}
