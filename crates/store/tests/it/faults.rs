//! What must hold when things go wrong.

use crate::story::{new_import, new_user};
use crate::world::{TempDir, at, postgres_url, raw, sqlite, stores};
use domain::role::Role;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use store::{Actor, Error, Store};

/// The path of `examples/writer.rs`, which Cargo builds beside the tests.
fn writer() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("examples/writer");
    assert!(built.is_file(), "{} is missing: run the whole `cargo test -p store`", built.display());
    built
}

/// Rounds of writing and killing, and writes acknowledged in all of them at least.
const ROUNDS: usize = 50;
const WRITES: usize = 1_000;

#[tokio::test]
async fn every_acknowledged_write_survives_kill_9() {
    let dir = TempDir::new();
    let path = dir.file("landfall.db");
    sqlite(&path).await.close().await;
    let mut acknowledged: Vec<String> = Vec::new();
    let (mut random, mut round, mut unacknowledged) = (0x2026_0306_u64, 0, 0);
    while round < ROUNDS || acknowledged.len() < WRITES {
        // xorshift64: the same moments in every run, as far as the machine lets them.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let lines = random % (2 * WRITES as u64 / ROUNDS as u64);
        let wait = std::time::Duration::from_micros((random >> 32) % 3_000);
        acknowledged.extend(write_until_killed(&path, round, lines as usize, wait));
        let store = sqlite(&path).await;
        let verified = store.verify_journal().await.unwrap();
        assert_eq!(verified.broken, None, "round {round}");
        let residents = store.resident_keys().await.unwrap();
        let lists: BTreeSet<&str> = residents.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(residents.len(), lists.len() * 20, "a list is there as a whole or not, round {round}");
        let people = store.count_users().await.unwrap();
        assert_eq!(verified.entries, people + lists.len() as u64, "one entry for each write, round {round}");
        assert!(verified.entries >= acknowledged.len() as u64);
        unacknowledged = verified.entries - acknowledged.len() as u64;
        for write in &acknowledged {
            let there = match write.split_once(' ').unwrap() {
                ("p", login) => store.user_by_login(login).await.unwrap().is_some(),
                (_, list) => lists.contains(list),
            };
            assert!(there, "{write} was acknowledged, round {round}");
        }
        store.close().await;
        round += 1;
    }
    println!(
        "{round} kills, {} writes acknowledged, {unacknowledged} kept that were killed before the answer",
        acknowledged.len()
    );
}

/// Lets the writer acknowledge `lines` writes, waits a little more, kills it, and answers all that it acknowledged.
fn write_until_killed(path: &Path, round: usize, lines: usize, wait: std::time::Duration) -> Vec<String> {
    use std::io::{BufRead as _, BufReader};
    let mut child = Command::new(writer())
        .args([path.to_str().unwrap(), &format!("r{round}")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen: Vec<String> = out.by_ref().take(lines).map(Result::unwrap).collect();
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap();
    seen.extend(out.map(Result::unwrap));
    seen
}

/// Runs the writer from a shell that first says `before`; answers what it acknowledged and its last words.
fn write_until_refused(path: &Path, before: &str) -> (Vec<String>, String) {
    let script = format!("{before}; exec \"$0\" \"$@\"");
    let out = Command::new("sh")
        .args(["-c", &script, writer().to_str().unwrap(), path.to_str().unwrap(), "w"])
        .output()
        .unwrap();
    assert!(!out.status.success(), "the writer was never refused");
    let lines = String::from_utf8(out.stdout).unwrap().lines().map(str::to_string).collect();
    (lines, String::from_utf8(out.stderr).unwrap())
}

#[tokio::test]
async fn a_full_disk_says_where_and_loses_nothing() {
    let dir = TempDir::new();
    let path = dir.file("landfall.db");
    sqlite(&path).await.close().await;
    // No file may grow beyond 2 MB; the write that would is refused instead of killing the program.
    let (acknowledged, error) = write_until_refused(&path, "trap '' XFSZ; ulimit -f 4096");
    assert!(acknowledged.len() > 10, "{} writes, then: {error}", acknowledged.len());
    assert!(error.contains("Full") && error.contains("landfall.db"), "{error}");
    let store = sqlite(&path).await;
    let verified = store.verify_journal().await.unwrap();
    assert_eq!((verified.broken, verified.entries), (None, acknowledged.len() as u64));
    assert_eq!(store.resident_keys().await.unwrap().len() % 20, 0);
    store.add_user(&Actor::Cli, at(9), &new_user("later", Role::Officer)).await.unwrap();
}

#[test]
fn troubles_say_what_to_do() {
    let full = Error::Full { place: String::new(), why: "disk".into() }.at("d/landfall.db").to_string();
    assert!(full.contains("d/landfall.db") && full.contains("Free space"), "{full}");
    let known = Error::ReadOnly { place: "file A".into(), why: "x".into() }.at("file B").to_string();
    assert!(
        known.starts_with("file A") && !known.contains("file B") && known.contains("mounted read-only"),
        "{known}"
    );
}

#[tokio::test]
async fn a_read_only_database_says_so() {
    let dir = TempDir::new();
    let path = dir.file("landfall.db");
    let store = sqlite(&path).await;
    store.add_user(&Actor::Cli, at(1), &new_user("p", Role::Officer)).await.unwrap();
    store.close().await;
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode & 0o666)).unwrap();
        std::fs::set_permissions(&dir.0, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    // Root may write everywhere, so the writer runs as an account that may not; else it runs as we do.
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let program = std::env::temp_dir().join(format!("landfall-writer-{}", std::process::id()));
    std::fs::copy(writer(), &program).unwrap();
    let mut command = Command::new(if root { "setpriv" } else { "env" });
    if root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    let out = command.args([program.to_str().unwrap(), path.to_str().unwrap(), "w"]).output();
    std::fs::remove_file(&program).unwrap();
    mode(0o755);
    let out = out.unwrap();
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.stdout.is_empty() && error.contains("ReadOnly") && error.contains("landfall.db"), "{error}");
    let verified = sqlite(&path).await.verify_journal().await.unwrap();
    assert_eq!((verified.broken, verified.entries), (None, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_reads_says_so() {
    let Some(url) = postgres_url() else { return };
    let store = Store::open(&url, at(0)).await.unwrap();
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let server = url.replacen(name, "postgres", 1);
    raw(&server, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await.unwrap();
    // The open connections keep their old rule; new ones take the new.
    raw(&server, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        .await
        .unwrap();
    let refused = store.add_user(&Actor::Cli, at(1), &new_user("p", Role::Officer)).await.unwrap_err();
    assert!(matches!(&refused, Error::ReadOnly { place, .. } if place.contains(name)), "{refused}");
    let opened = Store::open(&url, at(1)).await.unwrap_err();
    assert!(matches!(opened, Error::ReadOnly { .. }), "{opened}");
    assert_eq!(store.count_users().await.unwrap(), 0, "reading goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_exactly_one_wins() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let admin =
            store.add_user(&Actor::System, at(0), &new_user("admin", Role::Administrator)).await.unwrap();
        let by = Actor::User(admin.id);
        store.add_login_link(&by, at(0), admin.id, b"once", at(100)).await.unwrap();
        let uses = all(8, |_| {
            let store = store.clone();
            async move { store.use_login_link(at(1), b"once").await.unwrap().is_some() }
        })
        .await;
        assert_eq!(uses.iter().filter(|&&used| used).count(), 1, "{}", store.backend());

        for n in 0..5 {
            store.add_import(&by, at(2), &new_import(n)).await.unwrap();
        }
        let mut claims: Vec<i64> = all(12, |_| {
            let store = store.clone();
            async move { store.claim_import(at(3)).await.unwrap().map(|i| i.id) }
        })
        .await
        .into_iter()
        .flatten()
        .collect();
        claims.sort_unstable();
        assert_eq!(claims, [1, 2, 3, 4, 5], "{}", store.backend());

        let zone = domain::zone::ZoneSettings { name: "样例".to_string(), ..Default::default() };
        let saves = all(8, |n| {
            let (store, mut zone) = (store.clone(), zone.clone());
            async move {
                zone.name_en = n.to_string();
                match store.save_zone(&by, at(4), 0, &zone).await {
                    Ok(version) => Some((version, zone)),
                    Err(Error::Stale { current: 1, .. }) => None,
                    Err(other) => panic!("{other}"),
                }
            }
        })
        .await;
        let winners: Vec<_> = saves.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "nobody loses silently");
        assert_eq!(store.zone().await.unwrap().unwrap().settings, winners[0].1);
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
    }
}

async fn all<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    n: u64,
    make: impl Fn(u64) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..n).map(|i| tokio::spawn(make(i))).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}
