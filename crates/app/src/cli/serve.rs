//! `landfall serve`

use crate::app::App;
use crate::cli::Place;
use crate::clock::Clock;
use crate::config::Config;
use crate::import::worker;
use crate::settings::{chains, people};
use crate::web::router::router;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use domain::chain::builtin;
use domain::role::{Lang, Role};
use domain::user::UserId;
use domain::zone::ZoneSettings;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use store::chain_file::ChainSource;
use store::user::NewUser;
use store::{Actor, Store};
use tokio::net::TcpListener;

/// Serve a zone.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// The instance is reached by https (cookies are marked Secure)
    #[arg(long)]
    https: bool,
    /// A proxy in front says in the last entry of X-Forwarded-For who asks; without this every reader behind it shares one limit
    #[arg(long)]
    trust_proxy: bool,
    /// The address under which others reach this instance, such as https://zone.example: it names the connector of the data space
    #[arg(long, value_name = "URL")]
    public: Option<String>,
    /// The connector's key, when it is first made, is one of SM2 with SM3 (GM/T 0003) instead of Ed25519
    #[arg(long)]
    sm2: bool,
    /// Print a new one-time link for this user name, for one who has lost the password or let the link expire
    #[arg(long, value_name = "LOGIN")]
    link: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// The instance cannot be opened or the address is taken.
pub async fn run(args: Serve) -> Result<()> {
    let sample = super::demo::is_sample(&args.place.data_dir);
    ensure!(
        !sample || args.listen.ip().is_loopback(),
        "{} holds the sample zone, whose password is public: listen on this machine only, or give --data-dir another folder",
        args.place.data_dir.display()
    );
    let config = args.place.config(args.listen, sample, args.https);
    let app =
        open(Config { trust_proxy: args.trust_proxy, public: args.public, sm2: args.sm2, ..config }).await?;
    if let Some(path) = first_start(&app).await? {
        say!("First start. Sign in once with this link and set a password (valid for 72 hours):");
        say!("首次启动，请用这个一次性链接登录并设置密码（72 小时内有效）：");
        say!("  {}://{}{path}", if args.https { "https" } else { "http" }, args.listen);
    }
    if let Some(login) = &args.link {
        let user = app
            .store
            .user_by_login(login)
            .await?
            .with_context(|| format!("there is no open account `{login}`"))?
            .0;
        let path = invite(&app, user.id).await?;
        say!("One-time link for {login}, valid for 72 hours 一次性链接（72 小时内有效）：");
        say!("  {}://{}{path}", if args.https { "https" } else { "http" }, args.listen);
    }
    serve(app, None).await
}

async fn invite(app: &App, user: UserId) -> Result<String> {
    people::invite(app, &Actor::Cli, user).await.map_err(|e| anyhow::anyhow!("{e:?}"))
}

/// Opens store and snapshot, and keeps the built-in chains.
///
/// # Errors
/// The folder, the database or the snapshot cannot be opened.
pub async fn open(config: Config) -> Result<App> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot make the data folder {}", config.data_dir.display()))?;
    let clock = Clock::System;
    let store = Store::open(&config.database(), clock.now()).await?;
    let app = App::new(config, store, clock);
    keep_builtin(&app).await?;
    app.engine.reload()?;
    Ok(app)
}

/// Keeps the built-in chain files; a newer program brings newer texts, but never over an uploaded one.
///
/// # Errors
/// The store fails.
pub async fn keep_builtin(app: &App) -> Result<()> {
    let all = builtin::all().map_err(|f| anyhow::anyhow!("a built-in chain has faults: {:?}", f.first()))?;
    for chain in &all {
        chains::save(app, &Actor::System, chain, ChainSource::BuiltIn).await?;
    }
    Ok(())
}

/// On the very first start: a zone to fill in, an administrator, and the path of their one-time link.
async fn first_start(app: &App) -> Result<Option<String>> {
    if app.store.count_users().await? > 0 {
        return Ok(None);
    }
    let now = app.clock.now();
    let new = NewUser {
        login: "admin".into(),
        name: "管理员".into(),
        role: Role::Administrator,
        unit: None,
        password_hash: None,
        lang: Lang::Zh,
    };
    let user = app.store.add_user(&Actor::System, now, &new).await?;
    if app.store.zone().await?.is_none() {
        let zone = ZoneSettings { name: "高新区".into(), ..ZoneSettings::default() };
        app.store.save_zone(&Actor::System, now, 0, &zone).await?;
    }
    invite(app, user.id).await.map(Some)
}

/// Serves until interrupted. `listener` is given by tests; else the configured address is bound.
///
/// # Errors
/// The address is taken.
pub async fn serve(app: App, listener: Option<TcpListener>) -> Result<()> {
    worker::clean_uploads(&app).await?;
    let address = app.config.listen;
    let listener = match listener {
        Some(listener) => listener,
        None => match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                bail!("cannot listen on {address}: {error}; choose another with --listen 127.0.0.1:PORT")
            }
        },
    };
    app.space.bound(listener.local_addr()?);
    let outbox = crate::dataspace::outbox::spawn(app.clone());
    let errands = crate::cooperation::errand::spawn(app.clone());
    let worker = worker::spawn(app.clone());
    let clocks = crate::lead::job::spawn(app.clone());
    let warm = app.clone();
    // The first page need not wait for the map; if it fails here, the page says why.
    tokio::spawn(async move { crate::view::find(&warm).await.is_ok() });
    let warm = app.clone();
    // Nor the first list for every project to be folded.
    tokio::spawn(async move { warm.ledger.board(&warm.store).await.is_ok() });
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(interrupted()).await?;
    // The program ends when its last thread does: work under way stops here and is taken up at the next start.
    worker.abort();
    clocks.abort();
    outbox.abort();
    errands.abort();
    // Dropped before the thread is stopped, so that it cannot note the stop as a failure.
    let _ = worker.await;
    if let Some(running) = app.engine.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        running.gauge.cancel.store(true, Ordering::Relaxed);
    }
    Ok(())
}

async fn interrupted() {
    // Without a handler for Ctrl+C the default one ends the program, which is as safe.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
