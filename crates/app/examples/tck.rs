//! The connector under test for the conformance kit of the Dataspace Protocol, with the kit's script and its two webhooks. Built only by `make tck`; the
//! program that people run has none of it.
//!
//! `cargo run --release --example tck -- 18080 18081`: the protocol on the first port, the webhooks on the second. The data folder is a temporary one.

#[path = "../tests/it/kit.rs"]
mod script;

use anyhow::{Context as _, Result};
use app::config::Config;
use std::net::SocketAddr;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let ports: Vec<u16> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let [protocol, hooks] = ports[..] else { anyhow::bail!("usage: tck PORT PORT") };
    let folder = std::env::temp_dir().join(format!("landfall-tck-{}", std::process::id()));
    let listen = SocketAddr::from(([127, 0, 0, 1], protocol));
    let config = Config {
        data_dir: folder.clone(),
        listen,
        database: None,
        sample: false,
        https: false,
        trust_proxy: false,
        public: None,
        sm2: false,
        coop_every: app::config::COOP_EVERY,
    };
    let app = script::under_test(app::cli::serve::open(config).await?);
    script::seed(&app).await?;
    let hooks =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], hooks))).await.context("the webhooks' port")?;
    let router = script::webhooks(app.clone());
    tokio::spawn(async move { axum::serve(hooks, router).await });
    let served = app::cli::serve::serve(app, None).await;
    let _ = std::fs::remove_dir_all(&folder);
    served
}
