//! What every handler reaches: configuration, store, engine, clock, what is folded of the facts, the last check of the journal, and the connector of the data space
//! (its connections and the tokens it has seen live as long as the process). A ninth field needs a reason.

use crate::account::throttle::Throttle;
use crate::clock::Clock;
use crate::config::Config;
use crate::dataspace::Space;
use crate::ledger::Ledger;
use crate::text::Lang;
use crate::web::error::WebError;
use crate::world::Engine;
use jiff::Timestamp;
use std::sync::{Arc, Mutex};
use store::Store;
use store::journal::Verified;

/// One running instance; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// What start-up decided.
    pub config: Arc<Config>,
    /// What people wrote.
    pub store: Store,
    /// The universe and what is computed from it.
    pub engine: Arc<Engine>,
    /// The time.
    pub clock: Clock,
    /// Recent failed sign-ins.
    pub throttle: Arc<Throttle>,
    /// Every project in one line.
    pub ledger: Arc<Ledger>,
    /// What the last check of the journal by this process found: a page must not walk the whole chain at each view.
    pub verified: Arc<Mutex<Option<(Timestamp, Verified)>>>,
    /// The connector of the data space.
    pub space: Arc<Space>,
}

impl App {
    /// An instance over an open store.
    #[must_use]
    pub fn new(config: Config, store: Store, clock: Clock) -> App {
        let engine = Engine::new(&config);
        let (throttle, ledger, verified) = (Arc::default(), Arc::default(), Arc::default());
        let space = Arc::new(Space::new(&config));
        let (config, engine) = (Arc::new(config), Arc::new(engine));
        App { config, store, engine, clock, throttle, ledger, verified, space }
    }

    /// Runs something that needs the processor, off the threads that answer requests.
    ///
    /// # Errors
    /// 503 when too many computations are under way.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WebError> {
        self.engine.run(work).await
    }

    /// The zone's name for the page head; its Chinese name where it has no English one.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn zone_name(&self, lang: Lang) -> Result<String, WebError> {
        let zone = self.store.zone().await?.map(|z| z.settings).unwrap_or_default();
        Ok(zone.title(lang).to_string())
    }
}
