//! What must hold when things go wrong.

use crate::story::{new_import, new_user};
use crate::world::{TempDir, at, sqlite, stores};
use domain::role::Role;
use sqlx::Connection as _;
use std::path::Path;
use store::Actor;

async fn tamper(path: &Path, sql: &'static str) {
    let mut raw = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}

#[tokio::test]
async fn a_tampered_journal_is_found_at_the_right_entry() {
    let cases = [
        ("UPDATE journal SET after = replace(after, 'p4', 'p5') WHERE seq = 4", 4),
        ("UPDATE journal SET actor = 'system' WHERE seq = 7", 7),
        ("UPDATE journal SET at = at + 1 WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 10", 10),
        ("UPDATE journal SET hash = prev_hash WHERE seq = 5", 5),
        ("UPDATE journal SET before = '' WHERE seq = 6", 6),
        ("UPDATE journal_head SET hash = zeroblob(32)", 10),
    ];
    for (sql, seq) in cases {
        let dir = TempDir::new();
        let path = dir.file("landfall.db");
        let store = sqlite(&path).await;
        for n in 1..=10 {
            store
                .add_user(&Actor::Cli, at(n), &new_user(&format!("p{n}"), Role::Administrator))
                .await
                .unwrap();
        }
        let good = store.verify_journal().await.unwrap();
        assert_eq!((good.entries, good.broken), (10, None));
        tamper(&path, sql).await;
        let bad = store.verify_journal().await.unwrap();
        assert_eq!(bad.broken.map(|b| b.seq), Some(seq), "{sql}");
    }
}

/// The path of `examples/writer.rs`, which Cargo builds beside the tests.
fn writer() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("examples/writer");
    assert!(built.is_file(), "{} is missing: run the whole `cargo test -p store`", built.display());
    built
}

#[tokio::test]
async fn every_acknowledged_write_survives_kill_9() {
    let dir = TempDir::new();
    let path = dir.file("landfall.db");
    sqlite(&path).await.close().await;
    let mut acknowledged: Vec<String> = Vec::new();
    let mut random = 0x2026_0306_u64;
    for round in 0..10 {
        // xorshift64: the same moments in every run, as far as the machine lets them.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let lines = random % 23;
        let wait = std::time::Duration::from_micros((random >> 32) % 3_000);
        acknowledged.extend(write_until_killed(&path, round, lines as usize, wait));
        let store = sqlite(&path).await;
        let verified = store.verify_journal().await.unwrap();
        assert_eq!(verified.broken, None, "round {round}");
        assert_eq!(
            verified.entries,
            store.count_users().await.unwrap(),
            "one entry for each write, round {round}"
        );
        assert!(verified.entries >= acknowledged.len() as u64);
        for login in &acknowledged {
            assert!(
                store.user_by_login(login).await.unwrap().is_some(),
                "{login} was acknowledged, round {round}"
            );
        }
        store.close().await;
    }
    assert!(acknowledged.len() > 20, "the writer hardly wrote: {}", acknowledged.len());
}

/// Lets the writer acknowledge `lines` writes, waits a little more, kills it, and answers all that it acknowledged.
fn write_until_killed(path: &Path, round: usize, lines: usize, wait: std::time::Duration) -> Vec<String> {
    use std::io::{BufRead as _, BufReader};
    let mut child = std::process::Command::new(writer())
        .args([path.to_str().unwrap(), &format!("r{round}")])
        .stdout(std::process::Stdio::piped())
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
                    Err(store::Error::Stale { current: 1, .. }) => None,
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
