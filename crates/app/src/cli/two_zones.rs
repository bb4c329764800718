//! `landfall demo --two-zones`: two sample zones on this machine that work together (case 10 of the brief). Each is a process of its own with its own
//! folder and database, as real zones are; this one starts both, and starts again whichever ends, so that killing either shows what a crash does.

use crate::app::App;
use crate::cli::demo::{LOGIN, MARK, PASSWORD, at_nine, cities};
use crate::cli::serve::{open, serve};
use crate::config::Config;
use crate::dataspace::peer::read_document;
use crate::import::worker;
use crate::sample::zones::Side;
use crate::sample::{self, zones};
use anyhow::{Context as _, Result, ensure};
use dataspace::identity::did;
use domain::role::{Lang, Role};
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::Actor;
use store::user::NewUser;
use tokio::net::TcpListener;

/// Synthetic companies outside each zone.
const OTHERS: usize = 3_000;
const SEED: u64 = 20_260_306;
/// How often the zones of the demonstration look at each other.
const EVERY: Duration = Duration::from_secs(4);

/// The address of each zone. A browser keeps cookies by host and not by port, so the second goes by another name of this machine.
fn address(side: Side, listen: SocketAddr) -> (SocketAddr, String) {
    match side {
        Side::Yinchuan => (listen, format!("http://127.0.0.1:{}", listen.port())),
        Side::Fuzhou => {
            let second = SocketAddr::new(listen.ip(), listen.port().wrapping_add(1));
            (second, format!("http://localhost:{}", second.port()))
        }
    }
}

fn folder(data_dir: &Path, side: Side) -> PathBuf {
    data_dir.join("zones").join(side.to_string())
}

/// Starts both zones and keeps them running until interrupted.
///
/// # Errors
/// This program cannot start itself again.
pub async fn run(data_dir: &Path, listen: SocketAddr) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program to start it again")?;
    let stopping = Arc::new(AtomicBool::new(false));
    let mut keepers = Vec::new();
    for side in [Side::Yinchuan, Side::Fuzhou] {
        let (program, stopping, data_dir) = (program.clone(), stopping.clone(), data_dir.to_path_buf());
        keepers.push(std::thread::spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                let ended = once(&program, &data_dir, side, listen);
                if stopping.load(Ordering::Relaxed) {
                    return;
                }
                say!("{} stopped ({ended}); it is started again. 已停止，正在重新启动。", side.name());
                std::thread::sleep(Duration::from_secs(1));
            }
        }));
    }
    say!("");
    say!("  Landfall 落地 · two sample zones 两个示例园区");
    for side in [Side::Yinchuan, Side::Fuzhou] {
        say!("  {}:  {}/cooperation", side.name(), address(side, listen).1);
    }
    say!("  Sign in 登录:     {LOGIN} / {PASSWORD}");
    say!("  Stop 停止:        Ctrl+C");
    say!("");
    tokio::signal::ctrl_c().await.context("no signal can be waited for")?;
    stopping.store(true, Ordering::Relaxed);
    // The zones end with the pipe that this process holds.
    Ok(())
}

/// Runs one zone until it ends; how it ended.
fn once(program: &Path, data_dir: &Path, side: Side, listen: SocketAddr) -> String {
    let mut command = Command::new(program);
    command.arg("demo").arg("--zone").arg(side.to_string());
    command.arg("--data-dir").arg(data_dir).arg("--listen").arg(listen.to_string()).stdin(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return error.to_string(),
    };
    // Held open while the zone runs: it ends when this process does.
    let pipe = child.stdin.take();
    let ended = child.wait();
    drop(pipe);
    ended.map_or_else(|e| e.to_string(), |status| status.to_string())
}

/// Runs one of the two zones: makes it at the first start, serves it, and ends with whoever started it.
///
/// # Errors
/// The folder, the database or the address cannot be had.
pub async fn zone(config: Config, side: Side) -> Result<()> {
    std::thread::spawn(|| {
        // Nothing is ever written there: the end of it is the end of the process that started this one.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let (listen, public) = address(side, config.listen);
    let (_, partner) = address(side.other(), config.listen);
    let data_dir = folder(&config.data_dir, side);
    let config = Config { data_dir, listen, public: Some(public), coop_every: EVERY, ..config };
    let app = ready(config, side, &partner).await?;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose other ports with --listen 127.0.0.1:PORT")
    })?;
    let knowing = app.clone();
    tokio::spawn(async move { know(&knowing, side, &partner).await });
    serve(app, Some(listener)).await
}

/// Opens a zone, and fills it when it is new. `partner` is the address of the other one.
///
/// # Errors
/// The folder or the database cannot be had.
pub async fn ready(config: Config, side: Side, partner: &str) -> Result<App> {
    let data_dir = config.data_dir.clone();
    ensure!(
        data_dir.join(MARK).exists() || !data_dir.join("landfall.db").exists(),
        "{} holds a real zone; give the sample zones another folder with --data-dir",
        data_dir.display()
    );
    std::fs::create_dir_all(&data_dir)?;
    // Written before anything is made: what a crash leaves behind is known for a sample, and made anew.
    std::fs::write(data_dir.join(MARK), "A sample zone of Landfall. Delete this folder to start it anew.\n")?;
    let app = open(config).await?;
    let partner = did::of_address(partner).context("the partner's address")?;
    seed(&app, side, &partner, OTHERS).await?;
    Ok(app)
}

/// Fills a zone, step by step, with `others` companies elsewhere: what is there already is left alone. `partner` is the other zone's `did:web`.
///
/// # Errors
/// The store or the snapshot cannot be written.
pub async fn seed(app: &App, side: Side, partner: &str, others: usize) -> Result<()> {
    let now = app.clock.now();
    let sketch = side.sketch();
    let officer = match app.store.user_by_login(LOGIN).await? {
        Some((user, _)) => user.id,
        None => {
            let hash = crate::account::password::hash(PASSWORD, &crate::web::session::random::<16>()?)?;
            let new = NewUser {
                login: LOGIN.into(),
                name: "示例用户".into(),
                role: Role::Administrator,
                unit: None,
                password_hash: Some(hash),
                lang: Lang::Zh,
            };
            app.store.add_user(&Actor::System, now, &new).await?.id
        }
    };
    if app.store.zone().await?.is_none() {
        app.store.save_zone(&Actor::System, now, 0, &sketch.zone).await?;
    }
    let chains = worker::chains(app).await?;
    let made = sample::make_of(&sketch, &chains, &cities(), others, SEED);
    if app.engine.world().is_none() {
        super::demo::seed_universe(app, &made, chains).await?;
    }
    if app.store.item_by_code(domain::inventory::Kind::Cooperation, zones::CODE).await?.is_none() {
        let today = app.clock.today();
        zones::seed(&app.store, side, partner, &made, (today, officer), at_nine).await?;
    }
    Ok(())
}

/// Registers the other zone as a peer as soon as it answers.
async fn know(app: &App, side: Side, partner: &str) {
    let Some(name) = did::of_address(partner) else { return };
    let Some(document) = did::document_address(&name) else { return };
    loop {
        if app.store.peer(&name).await.is_ok_and(|p| p.is_some()) {
            return;
        }
        if let Ok((keys, address)) = read_document(app, &document, &name).await {
            let said = (name.as_str(), side.other().name(), address.as_str());
            match app.store.save_peer(&Actor::System, app.clock.now(), said, &keys).await {
                Ok(_) => app.space.errands.wake.notify_one(),
                Err(error) => tracing::warn!(%error, "the other zone could not be registered"),
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
