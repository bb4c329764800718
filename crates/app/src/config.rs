//! Everything that a start-up decides, read once and passed down.

use std::net::SocketAddr;
use std::path::PathBuf;

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
}

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
