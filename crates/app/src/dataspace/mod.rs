//! `/dsp`, `/dsp-data` and `/dataspace`: this instance as a connector of the Dataspace Protocol 2025-1.
//!
//! `wire.rs` answers peers, `flow.rs` moves exchanges (state, outbox, agreement and journal in one transaction) and lets the steward decide what comes
//! next, `outbox.rs` sends, `data.rs` serves data under an agreement; the rest are pages. The protocol itself is the crate `dataspace`.

pub mod agreement;
pub mod data;
pub mod duty;
pub mod exchange;
pub mod flow;
pub mod outbox;
pub mod page;
pub mod peer;
pub mod publish;
pub mod push;
pub mod ready;
pub mod steward;
pub mod take;
pub mod wire;

use crate::app::App;
use crate::config::Config;
use crate::cooperation::errand::Errands;
use anyhow::{Context as _, Result, ensure};
use axum::http::HeaderMap;
use dataspace::identity::token::Replay;
use dataspace::identity::{Key, did, token};
use domain::limits;
use futures_util::future::BoxFuture;
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use steward::Steward;
use tokio::sync::{Notify, watch};

/// Where the protocol is served, below the instance's address.
pub const PATH: &str = "/dsp";
/// Where data are fetched.
pub const DATA: &str = "/dsp-data";
/// The header under which a message carries its own name, so that a repetition is known.
pub const NAME: &str = "landfall-message";
/// The format in which we deliver: the consumer fetches over HTTP.
pub const PULL: &str = "HttpData-PULL";

/// The other: the provider sends it to where the consumer says.
pub const PUSH: &str = "HttpData-PUSH";

/// Decides who a request comes from, and what our own requests carry.
pub trait Gate: Debug + Send + Sync {
    /// The participant that sent a request; `None` when it says nothing that holds.
    fn admit<'a>(
        &'a self,
        app: &'a App,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> BoxFuture<'a, Option<String>>;
    /// The `Authorization` of a request to a participant.
    fn pass(&self, app: &App, peer: &str, body: &[u8]) -> Result<String>;
}

/// Signed tokens, checked against the keys of the peers that we know.
#[derive(Debug, Default)]
pub struct Tokens {
    replay: Mutex<Replay>,
}

impl Gate for Tokens {
    fn admit<'a>(
        &'a self,
        app: &'a App,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            let text =
                headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
            let (did, now) = (token::claimed(text)?, app.clock.now());
            let keys = flow::keys_of(app, &did).await.ok()?;
            let claims = token::check(text, &keys, &app.space.did(), now, body).ok()?;
            self.replay.lock().unwrap_or_else(PoisonError::into_inner).take(&claims, now).ok()?;
            let key = format!("dsp:{did}");
            let within = app.throttle.rate.allow(&key, limits::DS_REQUESTS_PER_MINUTE, now);
            within.then_some(did)
        })
    }

    fn pass(&self, app: &App, peer: &str, body: &[u8]) -> Result<String> {
        let space = &app.space;
        let name = new_id()?;
        Ok(format!("Bearer {}", token::issue(space.key()?, &space.did(), peer, &name, app.clock.now(), body)))
    }
}

/// What lives as long as the process: connections, the key, names of tokens that were used, and whom to wake.
#[derive(Debug)]
pub struct Space {
    config: Config,
    address: OnceLock<String>,
    key: OnceLock<Key>,
    client: OnceLock<reqwest::Client>,
    pusher: OnceLock<reqwest::Client>,
    /// Who may speak to us.
    pub gate: Arc<dyn Gate>,
    /// Who decides what comes next.
    pub steward: Arc<dyn Steward>,
    /// Wakes the outbox.
    pub wake: Notify,
    /// What is published, ready for catalogues.
    pub shelf: wire::Shelf,
    /// Copies of peers' data that are being fetched.
    pub takings: take::Takings,
    /// Data that are being pushed to peers.
    pub pushes: push::Pushes,
    /// What is brought from partners.
    pub errands: Errands,
    /// Grows whenever a transfer or an agreement ends or waits: open streams look again.
    pub cuts: watch::Sender<u64>,
}

impl Space {
    /// The connector of an instance.
    #[must_use]
    pub fn new(config: &Config) -> Space {
        Space::with(config, Arc::new(Tokens::default()), Arc::new(steward::Rules))
    }

    /// The same with another gate and another steward.
    #[must_use]
    pub fn with(config: &Config, gate: Arc<dyn Gate>, steward: Arc<dyn Steward>) -> Space {
        Space {
            config: config.clone(),
            address: OnceLock::new(),
            key: OnceLock::new(),
            client: OnceLock::new(),
            pusher: OnceLock::new(),
            gate,
            steward,
            wake: Notify::new(),
            shelf: wire::Shelf::default(),
            takings: take::Takings::default(),
            pushes: push::Pushes::default(),
            errands: Errands::default(),
            cuts: watch::Sender::new(0),
        }
    }

    /// Says where the instance was bound; the first word counts, and one in the configuration before it.
    pub fn bound(&self, address: std::net::SocketAddr) {
        let _ = self.address.set(format!("http://{address}"));
    }

    /// The address of the instance as others reach it, without a slash at its end.
    #[must_use]
    pub fn address(&self) -> String {
        let public = self.config.public.as_deref().map(|a| a.trim_end_matches('/').to_string());
        public
            .or_else(|| self.address.get().cloned())
            .unwrap_or_else(|| format!("http://{}", self.config.listen))
    }

    /// Where the protocol is served.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("{}{PATH}", self.address())
    }

    /// Our own name: the `did:web` of the address.
    #[must_use]
    pub fn did(&self) -> String {
        did::of_address(&self.address()).unwrap_or_else(|| "did:web:localhost".into())
    }

    /// Our key, made when it is first needed.
    ///
    /// # Errors
    /// A key file that cannot be read or written.
    pub fn key(&self) -> Result<&Key> {
        if self.key.get().is_none() {
            let key = read_key(&self.config.data_dir.join("dataspace.key"), self.config.sm2)?;
            let _ = self.key.set(key);
        }
        self.key.get().context("the connector has no key")
    }

    /// The client for all that we send: no redirects, no proxies, short waits.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn client(&self) -> Result<&reqwest::Client> {
        if self.client.get().is_none() {
            provide_tls();
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(std::time::Duration::from_secs(5))
                .read_timeout(std::time::Duration::from_secs(20))
                .no_proxy()
                .build()
                .context("cannot set up the client of the data space")?;
            let _ = self.client.set(client);
        }
        self.client.get().context("no client")
    }

    /// The client for what is pushed: a receiver answers only at the end of a long body, so that only the whole is limited.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn pusher(&self) -> Result<&reqwest::Client> {
        if self.pusher.get().is_none() {
            provide_tls();
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(std::time::Duration::from_secs(5))
                .timeout(std::time::Duration::from_secs(6 * 3_600))
                .no_proxy()
                .build()
                .context("cannot set up the client of the data space")?;
            let _ = self.pusher.set(client);
        }
        self.pusher.get().context("no client")
    }

    /// Lets open streams look again.
    pub fn cut(&self) {
        self.cuts.send_modify(|n| *n = n.wrapping_add(1));
    }
}

/// Says which cryptography TLS uses; once in a process, before any client is built.
pub fn provide_tls() {
    // Fails only when one is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Before the secret of an SM2 key in its file.
const SM2: &str = "sm2:";

/// Reads the key, or makes one that only this user can read. A file says itself of which kind it is; `sm2` decides when it is made.
fn read_key(path: &Path, sm2: bool) -> Result<Key> {
    use std::io::Write as _;
    let read = |text: String| {
        let text = text.trim();
        let secret =
            |digits: &str| crate::web::session::unhex(digits).and_then(|b| <[u8; 32]>::try_from(b).ok());
        let key = match text.strip_prefix(SM2) {
            Some(digits) => secret(digits).and_then(|s| Key::sm2(&s)),
            None => secret(text).map(|s| Key::from_seed(&s)),
        };
        key.with_context(|| format!("{} holds no key; restore it from where you keep it", path.display()))
    };
    match std::fs::read_to_string(path) {
        Ok(text) => return read(text),
        Err(error) => {
            let lost = error.kind() == std::io::ErrorKind::NotFound;
            ensure!(lost, "cannot read {}: {error}", path.display());
        }
    }
    let secret = crate::web::session::hex(&crate::web::session::random::<32>()?);
    let text = if sm2 { format!("{SM2}{secret}") } else { secret };
    let made = read(text.clone())?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(made)
        }
        // Another thread was first.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            read(std::fs::read_to_string(path)?)
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

/// A new name: `urn:uuid:` and 122 random bits (RFC 9562, version 4).
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn new_id() -> Result<String> {
    let mut b = crate::web::session::random::<16>()?;
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let h = crate::web::session::hex(&b);
    Ok(format!("urn:uuid:{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataspace::identity::Algorithm;

    #[test]
    fn names_are_uuids_and_the_key_stays_the_same() {
        let name = new_id().unwrap();
        assert_eq!((name.len(), &name[..9]), (45, "urn:uuid:"));
        assert_ne!(name, new_id().unwrap());
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("dataspace.key");
        let made = read_key(&path, false).unwrap();
        assert_eq!(read_key(&path, true).unwrap().public(), made.public(), "a file says itself what it is");
        std::fs::write(&path, "broken").unwrap();
        assert!(read_key(&path, false).unwrap_err().to_string().contains("holds no key"));
        let path = dir.path().join("other.key");
        let made = read_key(&path, true).unwrap();
        assert_eq!(
            (made.algorithm(), read_key(&path, false).unwrap().public()),
            (Algorithm::Sm2, made.public())
        );
    }
}
