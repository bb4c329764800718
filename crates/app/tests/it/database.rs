//! A PostgreSQL database for one test, when a server can be had.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The address of a new database; `None` (with a message) when no server can be had.
///
/// The server is the one of `LANDFALL_TEST_POSTGRES` (an address that may create databases), or a private cluster in
/// a temporary folder that this process starts once and that stops when the process is gone.
pub async fn postgres() -> Option<String> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base = SERVER.get_or_init(|| std::env::var("LANDFALL_TEST_POSTGRES").ok().or_else(start)).clone();
    let Some(base) = base else {
        assert!(std::env::var_os("CI").is_none(), "CI has PostgreSQL");
        eprintln!("skipped on PostgreSQL: set LANDFALL_TEST_POSTGRES or install its server (initdb, pg_ctl)");
        return None;
    };
    let name = format!("landfall_it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    {
        use sqlx::Connection as _;
        let mut connection = sqlx::PgConnection::connect(&base).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    let (server, query) = base.split_once('?').map_or((base.as_str(), None), |(s, q)| (s, Some(q)));
    let (host, _) = server.rsplit_once('/').unwrap();
    Some(query.map_or_else(|| format!("{host}/{name}"), |q| format!("{host}/{name}?{q}")))
}

/// Starts a cluster without synchronisation whose server watches this process: when it is gone, the server stops.
fn start() -> Option<String> {
    let bin = binaries()?;
    let dir = std::env::temp_dir().join(format!("landfall-it-pg-{}", std::process::id()));
    std::fs::create_dir_all(&dir).ok()?;
    // PostgreSQL refuses to run as root; then the account `postgres`, which its package makes, runs it.
    let root = Command::new("id").arg("-u").output().ok()?.stdout == b"0\n";
    if root && !runs(Command::new("chown").arg("postgres").arg(&dir)) {
        return None;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let script = format!(
        "set -e; {bin}/initdb -D {dir}/data -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null; \
         {bin}/pg_ctl -D {dir}/data -l {dir}/log -w -o '-p {port} -k {dir} -c listen_addresses=127.0.0.1 -c fsync=off' start >/dev/null; \
         (while [ -d /proc/{pid} ]; do sleep 1; done; \
          {bin}/pg_ctl -D {dir}/data -m immediate stop; cd /; rm -rf {dir}) >/dev/null 2>&1 </dev/null &",
        bin = bin.display(),
        dir = dir.display(),
        pid = std::process::id(),
    );
    let mut shell = if root { Command::new("su") } else { Command::new("sh") };
    if root {
        shell.args(["postgres", "-s", "/bin/sh"]);
    }
    shell.args(["-c", &script]).current_dir(&dir);
    runs(&mut shell).then(|| format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

fn runs(command: &mut Command) -> bool {
    command.status().is_ok_and(|s| s.success())
}

fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        dirs.extend(versions.flatten().map(|v| v.path().join("bin")));
    }
    dirs.into_iter().find(|d| d.join("initdb").is_file() && d.join("pg_ctl").is_file())
}
