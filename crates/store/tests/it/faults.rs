//! What must hold when things go wrong.

use crate::story::new_user;
use crate::world::{TempDir, at, sqlite};
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
            store.add_user(&Actor::Cli, at(n), &new_user(&format!("p{n}"), Role::Administrator)).await.unwrap();
        }
        let good = store.verify_journal().await.unwrap();
        assert_eq!((good.entries, good.broken), (10, None));
        tamper(&path, sql).await;
        let bad = store.verify_journal().await.unwrap();
        assert_eq!(bad.broken.map(|b| b.seq), Some(seq), "{sql}");
    }
}
