//! Slows down guessing: after [`limits::SIGN_IN_TRIES`] failures of an account, or [`limits::SIGN_IN_TRIES_ADDRESS`] of an
//! address (many people may share one), within [`limits::LOCK_MINUTES`], it is locked for as many minutes.
//!
//! Kept in memory: a restart forgets it, which a guesser cannot cause. Bounded: old entries leave first.

use crate::web::rate::Rate;
use domain::limits;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const WINDOW: SignedDuration = SignedDuration::from_mins(limits::LOCK_MINUTES);

/// Recent failures by account and by address, and what was sent in this minute.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
    /// Requests of this minute.
    pub rate: Rate,
}

#[derive(Debug, Default)]
struct Failures {
    times: Vec<Timestamp>,
    locked: Option<Timestamp>,
}

impl Failures {
    fn locked(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked.filter(|&until| until > now)
    }

    /// Whether nothing of it counts any more.
    fn stale(&self, now: Timestamp) -> bool {
        self.locked(now).is_none() && self.times.iter().all(|&t| now.duration_since(t) >= WINDOW)
    }
}

impl Throttle {
    /// Notes a try before its password is looked at, so that many at once count too. A try that was right is taken back
    /// with [`Throttle::right`].
    ///
    /// # Errors
    /// Until when it is locked, when one of the keys has failed as often as its number says.
    pub fn attempt(&self, keys: &[(String, usize)], now: Timestamp) -> Result<(), Timestamp> {
        let mut map = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = keys.iter().filter_map(|(key, _)| map.get(key)?.locked(now)).max() {
            return Err(until);
        }
        keys.iter().for_each(|(key, most)| Throttle::note(&mut map, key, *most, now));
        Ok(())
    }

    fn note(map: &mut HashMap<String, Failures>, key: &str, most: usize, now: Timestamp) {
        if map.len() >= limits::SIGN_IN_KEYS && !map.contains_key(key) {
            map.retain(|_, failures| !failures.stale(now));
            // Locks leave last: filling the memory must not open an account.
            let oldest = map.iter().min_by_key(|(_, f)| (f.locked(now), f.times.last().copied()));
            if let Some(key) =
                oldest.map(|(key, _)| key.clone()).filter(|_| map.len() >= limits::SIGN_IN_KEYS)
            {
                map.remove(&key);
            }
        }
        let failures = map.entry(key.to_string()).or_default();
        failures.times.retain(|&t| now.duration_since(t) < WINDOW);
        failures.times.push(now);
        failures.locked = (failures.times.len() >= most).then(|| now + WINDOW);
    }

    /// Until when a key is locked.
    pub fn locked(&self, key: &str, now: Timestamp) -> Option<Timestamp> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(key)?.locked(now)
    }

    /// Forgets the failures of an account after its right password, and the one try of the address.
    pub fn right(&self, account: &str, address: &str) {
        let mut map = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        map.remove(account);
        if let Some(failures) = map.get_mut(address) {
            failures.times.pop();
            failures.locked = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-23T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn too_many_failures_lock_for_the_whole_time() {
        let throttle = Throttle::default();
        let tries = limits::SIGN_IN_TRIES;
        let keys = |login: &str| [(login.to_string(), tries), ("address".to_string(), 3 * tries)];
        let minute = |n: usize| start() + SignedDuration::from_mins(i64::try_from(n).unwrap());
        for n in 0..tries {
            assert_eq!(throttle.attempt(&keys("demo"), minute(n)), Ok(()));
        }
        let until = minute(tries - 1) + WINDOW;
        assert_eq!(throttle.attempt(&keys("demo"), minute(tries)), Err(until));
        assert_eq!(throttle.locked("demo", minute(tries)), Some(until));
        assert_eq!(throttle.attempt(&keys("other"), minute(tries)), Ok(()));
        // The first failures are older than the window by now, but the lock holds to its end.
        assert_eq!(throttle.attempt(&keys("demo"), until - SignedDuration::from_secs(1)), Err(until));
        assert_eq!(throttle.attempt(&keys("demo"), until), Ok(()));
        throttle.right("demo", "address");
        assert_eq!(throttle.locked("demo", until), None);
    }

    #[test]
    fn the_last_try_may_still_be_right() {
        let throttle = Throttle::default();
        let keys = [("demo".to_string(), 2), ("from".to_string(), 2)];
        throttle.attempt(&keys, start()).unwrap();
        throttle.attempt(&keys, start()).unwrap();
        throttle.right("demo", "from");
        assert_eq!(throttle.attempt(&keys, start()), Ok(()));
    }

    #[test]
    fn right_passwords_do_not_count_against_a_shared_address() {
        let throttle = Throttle::default();
        for n in 0..20 {
            let keys = [(format!("login:{n}"), 2), ("from".to_string(), 2)];
            assert_eq!(throttle.attempt(&keys, start()), Ok(()), "{n}");
            throttle.right(&format!("login:{n}"), "from");
        }
    }

    #[test]
    fn filling_the_memory_opens_no_locked_account() {
        let throttle = Throttle::default();
        for _ in 0..2 {
            throttle.attempt(&[("victim".to_string(), 2)], start()).unwrap();
        }
        for n in 0..limits::SIGN_IN_KEYS + 500 {
            throttle.attempt(&[(n.to_string(), 100)], start()).unwrap();
        }
        assert!(throttle.locked("victim", start()).is_some());
        assert!(throttle.failures.lock().unwrap().len() <= limits::SIGN_IN_KEYS);
    }
}
