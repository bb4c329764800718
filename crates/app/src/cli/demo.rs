//! `landfall demo`: the sample zone, made at the first start.

use crate::account::password;
use crate::app::App;
use crate::cli::Place;
use crate::cli::serve::{open, serve};
use crate::cli::two_zones;
use crate::import::worker;
use crate::sample;
use crate::sample::zones::Side;
use crate::web::session::random;
use crate::world::{self, World};
use anyhow::{Context, Result, ensure};
use clap::Args;
use domain::chain::ChainSet;
use domain::company::{Currency, RegionCode};
use domain::place::{self, Level};
use domain::role::{Lang, Role};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use store::Actor;
use store::rate::NewRate;
use store::resident::NewResident;
use store::user::NewUser;
use tokio::net::TcpListener;

/// The sample zone.
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    place: Place,
    /// Address to listen on; only this machine can reach the sample zone, whose password is public
    #[arg(long, default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Make the sample zone without serving it
    #[arg(long)]
    no_serve: bool,
    /// Two sample zones that work together, on this address and the next port
    #[arg(long, conflicts_with = "no_serve")]
    two_zones: bool,
    /// One of the two, as `--two-zones` starts it
    #[arg(long, hide = true)]
    zone: Option<Side>,
}

impl Default for Demo {
    fn default() -> Demo {
        Demo {
            place: Place { data_dir: PathBuf::from("landfall-data"), database: None },
            listen: SocketAddr::from(([127, 0, 0, 1], 8420)),
            no_serve: false,
            two_zones: false,
            zone: None,
        }
    }
}

/// Account of the sample zone.
pub const LOGIN: &str = "demo";
/// Its password, which everybody may know: the sample zone listens on this machine only.
pub const PASSWORD: &str = "landfall-demo";
/// Synthetic companies outside the zone.
const OTHERS: usize = 12_000;
const SEED: u64 = 20_261_123;
/// Marks the folder of a sample zone.
pub(crate) const MARK: &str = "SAMPLE";

/// Whether a data folder holds the sample zone.
#[must_use]
pub fn is_sample(data_dir: &Path) -> bool {
    data_dir.join(MARK).exists()
}

/// Runs the command.
///
/// # Errors
/// The folder holds a real zone, or the instance cannot be opened or served.
pub async fn run(args: Demo) -> Result<()> {
    ensure!(
        args.listen.ip().is_loopback(),
        "the sample zone has a public password and listens on this machine only; use `landfall serve` for a zone that others reach"
    );
    let config = args.place.config(args.listen, true, false);
    if args.two_zones || args.zone.is_some() {
        ensure!(
            config.database.is_none(),
            "each of the two sample zones has a database of its own in its folder: leave --database out"
        );
    }
    if args.two_zones {
        return two_zones::run(&config.data_dir, args.listen).await;
    }
    if let Some(side) = args.zone {
        return two_zones::zone(config, side).await;
    }
    #[expect(clippy::disallowed_methods, reason = "says how long the sample zone took")]
    let (data_dir, started) = (config.data_dir.clone(), Instant::now());
    let fresh = !is_sample(&data_dir);
    let empty = !data_dir.join("landfall.db").exists();
    ensure!(
        !fresh || empty,
        "{} holds a real zone already; start it with `landfall serve --data-dir {}`, or give the sample zone another folder with --data-dir",
        data_dir.display(),
        data_dir.display()
    );
    let app = open(config).await?;
    seed(&app).await?;
    std::fs::write(
        data_dir.join(MARK),
        "The sample zone of Landfall. Delete this folder to start it anew.\n",
    )?;
    if fresh {
        say!(
            "The sample zone was made in {:.1} s in {}.",
            started.elapsed().as_secs_f64(),
            data_dir.display()
        );
    }
    if args.no_serve {
        return Ok(());
    }
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; choose another address with `landfall demo --listen 127.0.0.1:PORT`",
            args.listen
        )
    })?;
    say!("");
    say!("  Landfall 落地 · sample zone 示例园区");
    say!("  Open 打开:        http://{}", listener.local_addr()?);
    say!("  Sign in 登录:     {LOGIN} / {PASSWORD}");
    say!("  Stop 停止:        Ctrl+C");
    say!("");
    serve(app, Some(listener)).await
}

/// Fills an empty instance with the sample zone; does nothing to what is there already.
///
/// # Errors
/// The store or the snapshot cannot be written.
pub async fn seed(app: &App) -> Result<()> {
    seed_with(app, OTHERS).await
}

/// As [`seed`], with `others` companies outside the zone.
///
/// # Errors
/// The store or the snapshot cannot be written.
pub async fn seed_with(app: &App, others: usize) -> Result<()> {
    let now = app.clock.now();
    if app.store.user_by_login(LOGIN).await?.is_none() {
        let hash = password::hash(PASSWORD, &random::<16>()?)?;
        let new = NewUser {
            login: LOGIN.into(),
            name: "示例用户".into(),
            role: Role::Administrator,
            unit: None,
            password_hash: Some(hash),
            lang: Lang::Zh,
        };
        app.store.add_user(&Actor::System, now, &new).await?;
    }
    if app.store.zone().await?.is_none() {
        app.store.save_zone(&Actor::System, now, 0, &sample::zone()).await?;
    }
    let chains = worker::chains(app).await?;
    let sample = sample::make(&chains, &cities(), others, SEED);
    if app.engine.world().is_none() {
        seed_universe(app, &sample, chains).await?;
    }
    if app.store.last_fact().await?.0 == 0 {
        let mut team = seed_team(app).await?;
        team.events = sample::team::events(&app.store, &sample, &team, at_nine).await?;
        sample::team::goals(&app.store, &team, at_nine).await?;
        let rate = NewRate {
            currency: Currency::Usd,
            since: sample::projects::RATE_SINCE,
            micro_yuan: sample::projects::MICRO_YUAN,
            source: "示例汇率（合成）".into(),
        };
        app.store.add_rate(&Actor::System, at_nine(sample::projects::RATE_SINCE), &rate).await?;
        let histories = sample::projects::make(&sample, &team, SEED);
        sample::projects::seed(&app.store, &app.config, &histories).await?;
        sample::landing::seed(&app.store, &histories, at_nine).await?;
        sample::leads::seed(&app.store, &sample, &team, app.clock.today(), at_nine).await?;
    }
    Ok(())
}

pub(crate) async fn seed_universe(app: &App, sample: &sample::Sample, chains: ChainSet) -> Result<()> {
    let now = app.clock.now();
    let (root, today, created) = (app.config.snapshots(), app.clock.today(), now.to_string());
    let residents: Vec<NewResident> = sample
        .companies
        .iter()
        .filter(|c| sample.residents.contains(&c.name))
        .map(|c| NewResident { key: World::key(c), name: c.name.clone(), since: None })
        .collect();
    let companies = sample.companies.clone();
    let built = tokio::task::spawn_blocking(move || {
        let mut companies = companies.into_iter().map(Ok);
        world::build(&root, &mut companies, &chains, today, created, &|_| {}, &AtomicBool::new(false))
    });
    built.await?.context("building the sample universe")?;
    app.engine.reload()?;
    app.store.add_residents(&Actor::System, now, None, &residents).await?;
    for (chain, name) in &sample.leaders {
        app.store.add_leader(&Actor::System, now, chain, &format!("={name}"), name).await?;
    }
    Ok(())
}

/// Units and people of the sample zone. Everybody signs in with the same public password.
const PEOPLE: [(&str, &str, Role, Option<usize>); 9] = [
    ("juzhang", "周局长（示例）", Role::Director, None),
    ("wang", "王招商（示例）", Role::Officer, Some(0)),
    ("li", "李招商（示例）", Role::Officer, Some(1)),
    ("zhao", "赵招商（示例）", Role::Officer, Some(2)),
    ("tudi", "孙规划（示例）", Role::Land, Some(3)),
    ("jijin", "钱基金（示例）", Role::Capital, Some(4)),
    ("fuwu", "吴服务（示例）", Role::Service, Some(5)),
    ("gongxin", "郑工信（示例）", Role::Reviewer, Some(6)),
    ("shenji", "冯审计（示例）", Role::Auditor, None),
];
const UNITS: [&str; 12] = [
    "招商一局（船舶海工）",
    "招商二局（装备与半导体）",
    "招商三局（数字经济）",
    "规划国土建设局",
    "产业基金",
    "企业服务中心",
    "工信",
    "发改",
    "科技",
    "商务",
    "生态环境",
    "应急管理",
];

async fn seed_team(app: &App) -> Result<sample::projects::Team> {
    let at = at_nine(sample::projects::RATE_SINCE);
    let mut units = Vec::new();
    for name in UNITS {
        units.push(app.store.add_unit(&Actor::System, at, name).await?.id);
    }
    let hash = password::hash(PASSWORD, &random::<16>()?)?;
    let mut desks = Vec::new();
    for (login, name, role, unit) in PEOPLE {
        let unit = unit.map(|i| units[i]);
        let new = NewUser {
            login: login.into(),
            name: name.into(),
            role,
            unit,
            password_hash: Some(hash.clone()),
            lang: Lang::Zh,
        };
        let user = app.store.add_user(&Actor::System, at, &new).await?;
        if let (Role::Officer, Some(unit)) = (role, unit) {
            desks.push((unit.0, user.id.0));
        }
    }
    Ok(sample::projects::Team { desks, events: Vec::new() })
}

pub(crate) fn at_nine(day: Date) -> Timestamp {
    Offset::constant(8).to_timestamp(day.at(9, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Every prefecture-level city, and the four municipalities.
pub(crate) fn cities() -> Vec<(RegionCode, String)> {
    let is_city = |code: RegionCode| {
        matches!(place::level(code), Level::City)
            || (matches!(place::level(code), Level::Province) && matches!(code.0 / 10_000, 11 | 12 | 31 | 50))
    };
    place::all()
        .filter(|&(code, name)| is_city(code) && name.ends_with('市') && name != "市辖区")
        .map(|(code, name)| (code, name.to_string()))
        .collect()
}
