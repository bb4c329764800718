//! What tests need: times, actors, empty databases of both kinds.

use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

/// `seconds` after the tests' beginning of time.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + seconds).unwrap()
}

/// A directory that goes away with its owner.
pub struct TempDir(pub PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("landfall-store-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        TempDir(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An empty PostgreSQL database of its own, as a URL; `None` (with a message) when no server can be had.
///
/// The server is the one of `LANDFALL_TEST_POSTGRES` (a URL that may create databases), or a private cluster in a
/// temporary directory that this process starts once and that stops when the process is gone.
pub fn postgres_url() -> Option<String> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base = SERVER
        .get_or_init(|| match std::env::var("LANDFALL_TEST_POSTGRES") {
            Ok(url) => Some(url),
            Err(_) => start_cluster(),
        })
        .clone();
    let Some(base) = base else {
        eprintln!("skipped on PostgreSQL: set LANDFALL_TEST_POSTGRES or install its server (initdb, pg_ctl)");
        return None;
    };
    let name = format!("landfall_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let (server, query) = base.split_once('?').map_or((base.as_str(), ""), |(s, q)| (s, q));
    let (host, _) = server.rsplit_once('/').unwrap();
    let created = psql(&base, &format!("CREATE DATABASE {name}"));
    assert!(created, "cannot create a database at {base}");
    Some(if query.is_empty() { format!("{host}/{name}") } else { format!("{host}/{name}?{query}") })
}

/// Runs one statement at `url` through sqlx.
fn psql(url: &str, sql: &str) -> bool {
    let (url, sql) = (url.to_string(), sql.to_string());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::Connection as _;
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.is_ok()
        })
    })
    .join()
    .unwrap()
}

/// Starts a cluster without synchronisation whose server watches this process: when it is gone, the server stops.
fn start_cluster() -> Option<String> {
    let bin = find_bin()?;
    let dir = std::env::temp_dir().join(format!("landfall-pg-{}", std::process::id()));
    let (data, log) = (dir.join("data"), dir.join("log"));
    std::fs::create_dir_all(&dir).ok()?;
    // PostgreSQL refuses to run as root; then the account `postgres`, which its package makes, runs it.
    let root = Command::new("id").arg("-u").output().ok()?.stdout == b"0\n";
    if root && !run(Command::new("chown").arg("postgres").arg(&dir)) {
        return None;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let script = format!(
        "set -e; {bin}/initdb -D {data} -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null; \
         {bin}/pg_ctl -D {data} -l {log} -w -o '-p {port} -k {dir} -c listen_addresses=127.0.0.1 -c fsync=off' start >/dev/null; \
         (while kill -0 {pid} 2>/dev/null || [ -d /proc/{pid} ]; do sleep 1; done; \
          {bin}/pg_ctl -D {data} -m immediate stop; cd /; rm -rf {dir}) >/dev/null 2>&1 </dev/null &",
        bin = bin.display(),
        data = data.display(),
        log = log.display(),
        dir = dir.display(),
        pid = std::process::id(),
    );
    let mut shell = if root {
        let mut c = Command::new("su");
        c.args(["postgres", "-s", "/bin/sh", "-c", &script]);
        c
    } else {
        let mut c = Command::new("sh");
        c.args(["-c", &script]);
        c
    };
    shell.current_dir(&dir);
    run(&mut shell).then(|| format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

fn run(command: &mut Command) -> bool {
    command.status().is_ok_and(|s| s.success())
}

fn find_bin() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        dirs.extend(versions.flatten().map(|v| v.path().join("bin")));
    }
    dirs.into_iter().find(|d| d.join("initdb").is_file() && d.join("pg_ctl").is_file())
}

/// An empty store on SQLite, and one on PostgreSQL when it can be had.
pub async fn stores(dir: &TempDir) -> Vec<Store> {
    let mut stores = vec![sqlite(&dir.file("landfall.db")).await];
    if let Some(url) = postgres_url() {
        stores.push(Store::open(&url, at(0)).await.unwrap());
    }
    stores
}

pub async fn sqlite(path: &Path) -> Store {
    Store::open_sqlite(path, at(0)).await.unwrap()
}

/// What [`Store::open`] takes for an empty database of each kind: a file in `dir`, and PostgreSQL when it can be had.
pub fn targets(dir: &TempDir, name: &str) -> Vec<String> {
    let file = dir.file(&format!("{name}.db")).to_str().unwrap().to_string();
    [Some(file), postgres_url()].into_iter().flatten().collect()
}

/// Runs statements as somebody does who has the database but not the program.
pub async fn raw(target: &str, sql: &str) -> Result<(), String> {
    use sqlx::{AssertSqlSafe, Connection as _, raw_sql};
    let sql = AssertSqlSafe(sql.to_string());
    let done = if target.starts_with("postgres") {
        let mut db = sqlx::PgConnection::connect(target).await.unwrap();
        let done = raw_sql(sql).execute(&mut db).await.map(drop);
        db.close().await.unwrap();
        done
    } else {
        let mut db = sqlx::SqliteConnection::connect(&format!("sqlite://{target}?mode=rwc")).await.unwrap();
        let done = raw_sql(sql).execute(&mut db).await.map(drop);
        db.close().await.unwrap();
        done
    };
    done.map_err(|e| e.to_string())
}
