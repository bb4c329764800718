//! Everything that a start-up decides, read once and passed down.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Configuration of one running instance.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the database, snapshots and uploads.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// `None` for SQLite in the data folder, or a `postgres://…` address.
    pub database: Option<String>,
    /// Whether this is the sample zone.
    pub sample: bool,
    /// Whether cookies carry `Secure` (the instance is reached by https).
    pub https: bool,
    /// Whether the last entry of `X-Forwarded-For` says who asks: a proxy in front writes it.
    pub trust_proxy: bool,
    /// The address under which others reach the instance, such as `https://zone.example`; the connector of the data space is named by it.
    pub public: Option<String>,
    /// Whether the connector's key, when it is first made, is one of SM2 (with SM3) instead of Ed25519.
    pub sm2: bool,
    /// How often partners in a cooperation of zones are asked for something new.
    pub coop_every: Duration,
}

/// How often partners are asked, unless a start-up decides otherwise.
pub const COOP_EVERY: Duration = Duration::from_secs(600);

impl Config {
    /// The folder of snapshots.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.data_dir.join("universe")
    }
    /// The folder of uploaded files.
    #[must_use]
    pub fn uploads(&self) -> PathBuf {
        self.data_dir.join("uploads")
    }
    /// Where the bytes of a file that proves facts lie, by its SHA-256.
    #[must_use]
    pub fn evidence(&self, sha256: &str) -> PathBuf {
        let part = |range| sha256.get(range).unwrap_or("0");
        self.data_dir.join("files").join(part(0..2)).join(part(2..4)).join(sha256)
    }
    /// The folder where imports keep their finished parts and rejects.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.data_dir.join("imports")
    }
    /// What [`store::Store::open`] takes.
    #[must_use]
    pub fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.data_dir.join("landfall.db").display().to_string())
    }
}
