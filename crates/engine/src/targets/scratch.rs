//! Memory that is used again by the next answer: fresh pages cost more than what is computed in them.

use domain::target::Points;
use std::sync::Mutex;

/// One per running search that has ended and none larger than the largest block, so a few megabytes at most.
static IDLE: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());

/// The scores of a block of companies; all 0 between blocks.
#[derive(Default)]
pub(super) struct Scratch {
    scores: Vec<Points>,
}

impl Scratch {
    /// One that is idle, or a new one.
    pub(super) fn take() -> Scratch {
        IDLE.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default()
    }

    /// Scores of `companies` companies; the caller leaves them all 0.
    pub(super) fn scores(&mut self, companies: usize) -> &mut [Points] {
        if self.scores.len() < companies {
            self.scores.resize(companies, 0);
        }
        &mut self.scores[..companies]
    }

    /// Keeps it for the next search.
    pub(super) fn give_back(self) {
        if let Ok(mut idle) = IDLE.lock() {
            idle.push(self);
        }
    }
}
