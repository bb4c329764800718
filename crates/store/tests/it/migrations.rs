//! Old databases keep their content; newer and edited ones are refused.

use crate::world::{TempDir, at, postgres_url};
use domain::role::Role;
use domain::user::UserId;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _};
use store::{Actor, Error, Store};

const V1_SQLITE: &str = include_str!("../../migrations/sqlite/0001_people.sql");
const V1_POSTGRES: &str = include_str!("../../migrations/postgres/0001_people.sql");

/// What people wrote while the newest schema was version 1.
const CONTENT: &str = "
    INSERT INTO person (login, name, role, password_hash, lang, large_text, created_at)
        VALUES ('old', '老用户', 'administrator', 'hash', 'zh', TRUE, 1770000000000000);
    INSERT INTO zone (id, version, settings, updated_at) VALUES (1, 7, '{\"name\":\"旧区\"}', 1770000000000000);";

fn script(steps: &str, name: &str) -> AssertSqlSafe<String> {
    let sha256: String = Sha256::digest(steps.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    AssertSqlSafe(format!(
        "{steps}
         CREATE TABLE schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL);
         INSERT INTO schema_version VALUES (1, '{name}', '{sha256}', 0);{CONTENT}"
    ))
}

async fn run(url: &str, sql: AssertSqlSafe<String>) {
    if url.starts_with("postgres") {
        let mut db = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    } else {
        let mut db = sqlx::SqliteConnection::connect(&format!("sqlite://{url}?mode=rwc")).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_1_with_content_becomes_the_newest() {
    let dir = TempDir::new();
    let file = dir.file("old.db").to_str().unwrap().to_string();
    let targets = [(Some(file), V1_SQLITE), (postgres_url(), V1_POSTGRES)];
    for (url, steps) in targets.into_iter().filter_map(|(url, steps)| Some((url?, steps))) {
        run(&url, script(steps, "0001_people")).await;
        for _ in 0..2 {
            let store = Store::open(&url, at(0)).await.unwrap();
            let (user, hash) = store.user_by_login("old").await.unwrap().unwrap();
            assert_eq!(
                (user.role, user.large_text, hash.as_deref()),
                (Role::Administrator, true, Some("hash"))
            );
            let zone = store.zone().await.unwrap().unwrap();
            assert_eq!((zone.version, zone.settings.name.as_str()), (7, "旧区"));
            store.close().await;
        }
        let store = Store::open(&url, at(0)).await.unwrap();
        store.add_leader(&Actor::User(UserId(1)), at(1), "ships", "k", "船厂").await.unwrap();
        assert_eq!(store.leaders().await.unwrap().len(), 1, "what version 2 brought works");
        store.close().await;

        run(&url, AssertSqlSafe("UPDATE schema_version SET sha256 = 'edited' WHERE version = 1".to_string()))
            .await;
        let edited = Store::open(&url, at(0)).await.unwrap_err();
        assert!(edited.to_string().contains("step 1"), "{edited}");
        run(&url, AssertSqlSafe("INSERT INTO schema_version VALUES (99, 'later', '', 0)".to_string())).await;
        let newer = Store::open(&url, at(0)).await.unwrap_err();
        assert!(matches!(newer, Error::TooNew { found: 99, .. }));
        assert!(newer.to_string().contains("run the newer Landfall"), "{newer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_programs_may_open_a_new_database_at_once() {
    let dir = TempDir::new();
    let mut targets: Vec<String> =
        (0..20).map(|n| dir.file(&format!("new{n}.db")).to_str().unwrap().to_string()).collect();
    targets.extend(postgres_url());
    for url in targets {
        let opens: Vec<_> = (0..6)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { Store::open(&url, at(0)).await.map(drop) })
            })
            .collect();
        for open in opens {
            open.await.unwrap().unwrap();
        }
    }
}
