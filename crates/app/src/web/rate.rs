//! How many requests one session, token or address may make in a minute.
//!
//! Counted by whole minutes and in memory: a new minute starts from nothing, a restart too.

use crate::app::App;
use crate::web::error::WebError;
use crate::web::peer;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::limits;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What was counted in the present minute.
#[derive(Debug, Default)]
pub struct Rate(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    counts: HashMap<String, u32>,
}

/// Stands for every key beyond [`limits::RATE_KEYS`].
const REST: &str = "";

impl Rate {
    /// Counts a request of `key`; `false` when it is more than `most` in this minute.
    pub fn allow(&self, key: &str, most: u32, now: Timestamp) -> bool {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.as_second().div_euclid(60);
        if minute.number != number {
            *minute = Minute { number, counts: HashMap::new() };
        }
        let full = minute.counts.len() >= limits::RATE_KEYS && !minute.counts.contains_key(key);
        let key = if full { REST } else { key };
        let count = minute.counts.entry(key.to_string()).or_default();
        *count = count.saturating_add(1);
        *count <= most
    }
}

/// What a reader is told who sends too much.
#[must_use]
pub fn too_many() -> WebError {
    WebError::too_many(
        "一分钟内提交得太多，已暂停接收。请一分钟后再试；您刚才的提交没有保存。",
        "Too much was sent within a minute. Try again in a minute; what you just sent was not saved.",
    )
    .retry_after(60)
}

/// Limits what an address may send without being signed in.
pub async fn of_address(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        let address = peer::address(&app.config, request.headers(), request.extensions());
        let key = format!("address:{address}");
        if !app.throttle.rate.allow(&key, limits::POSTS_PER_MINUTE_ADDRESS, app.clock.now()) {
            return too_many().into_response();
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_count_and_a_minute_ends_it() {
        let rate = Rate::default();
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let late: Timestamp = "2026-11-23T08:00:59Z".parse().unwrap();
        assert!((0..5).all(|_| rate.allow("a", 5, now)));
        assert!(!rate.allow("a", 5, late));
        assert!(rate.allow("b", 5, late));
        assert!(rate.allow("a", 5, "2026-11-23T08:01:00Z".parse().unwrap()));
    }

    #[test]
    fn memory_is_bounded() {
        let rate = Rate::default();
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        for n in 0..limits::RATE_KEYS + 100 {
            rate.allow(&n.to_string(), 10, now);
        }
        assert!(rate.0.lock().unwrap().counts.len() <= limits::RATE_KEYS + 1);
        assert!(!rate.allow("somebody new", 10, now), "those beyond the number share one count");
        assert!(rate.allow("3", 10, now), "who was counted apart still is");
    }
}
