//! The journal: its two seals, what tampering shows, what the database refuses, exports, filters.

use crate::story::new_user;
use crate::world::{TempDir, at, raw, targets};
use domain::role::Role;
use sha2::{Digest, Sha256};
use sm3::Sm3;
use store::journal::JournalFilter;
use store::{Actor, Error, Store, verify_export};

const OLD_STEPS: [(&str, &str, &str); 3] = [
    (
        "0001_people",
        include_str!("../../migrations/sqlite/0001_people.sql"),
        include_str!("../../migrations/postgres/0001_people.sql"),
    ),
    (
        "0002_work",
        include_str!("../../migrations/sqlite/0002_work.sql"),
        include_str!("../../migrations/postgres/0002_work.sql"),
    ),
    (
        "0003_facts",
        include_str!("../../migrations/sqlite/0003_facts.sql"),
        include_str!("../../migrations/postgres/0003_facts.sql"),
    ),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The rule of the seal, written a second time from its description.
fn seal<H: Digest>(prefix: &str, previous: &[u8], fields: [Option<&str>; 7]) -> Vec<u8> {
    let mut bytes = prefix.as_bytes().to_vec();
    bytes.extend(previous);
    for field in fields {
        bytes.extend(field.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        bytes.extend(field.unwrap_or_default().bytes());
    }
    H::digest(bytes).to_vec()
}

/// Five entries as the last program before SM3 wrote them.
async fn old_database(target: &str) {
    let postgres = target.starts_with("postgres");
    let mut sql = String::new();
    for (_, sqlite, other) in OLD_STEPS {
        sql += if postgres { other } else { sqlite };
    }
    sql += "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL);";
    for (i, (name, sqlite, other)) in OLD_STEPS.iter().enumerate() {
        let digest = hex(&Sha256::digest(if postgres { other } else { sqlite }));
        sql += &format!("INSERT INTO schema_version VALUES ({}, '{name}', '{digest}', 0);", i + 1);
    }
    let mut previous = vec![0u8; 32];
    let bytes =
        |b: &[u8]| if postgres { format!("decode('{}', 'hex')", hex(b)) } else { format!("x'{}'", hex(b)) };
    for n in 1..=5i64 {
        let (seq, when, after) =
            (n.to_string(), (n * 1_000_000).to_string(), format!("{{\"login\":\"p{n}\"}}"));
        let fields =
            [Some(&*seq), Some(&*when), Some("cli"), Some("user.add"), Some("user:1"), None, Some(&*after)];
        let hash = seal::<Sha256>("landfall journal 1", &previous, fields);
        sql += &format!(
            "INSERT INTO journal VALUES ({seq}, {when}, 'cli', 'user.add', 'user:1', NULL, '{after}', {}, {});",
            bytes(&previous),
            bytes(&hash)
        );
        previous = hash;
    }
    sql += &format!("UPDATE journal_head SET seq = 5, hash = {};", bytes(&previous));
    raw(target, &sql).await.unwrap();
}

/// Five old entries and five new.
async fn both_kinds(target: &str) -> Store {
    old_database(target).await;
    let store = Store::open(target, at(0)).await.unwrap();
    for n in 6..=10 {
        store.add_user(&Actor::Cli, at(n), &new_user(&format!("p{n}"), Role::Administrator)).await.unwrap();
    }
    store
}

/// What somebody must do first who has the database and wants to change its past.
fn disarm(target: &str) -> &'static str {
    if target.starts_with("postgres") {
        "ALTER TABLE journal DISABLE TRIGGER USER;"
    } else {
        "DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete;"
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tampered_journal_is_found_at_the_right_entry() {
    let cases = [
        ("UPDATE journal SET after = replace(after, 'p4', 'p5') WHERE seq = 4", 4),
        ("UPDATE journal SET after = replace(after, 'p8', 'p9') WHERE seq = 8", 8),
        ("UPDATE journal SET actor = 'system' WHERE seq = 7", 7),
        ("UPDATE journal SET at = at + 1 WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 7", 7),
        ("DELETE FROM journal WHERE seq = 10", 10),
        ("UPDATE journal SET hash = prev_hash WHERE seq = 5", 5),
        ("UPDATE journal SET before = '' WHERE seq = 6", 6),
        ("UPDATE journal SET before = '' WHERE seq = 2", 2),
        ("UPDATE journal_head SET hash = prev_hash FROM journal WHERE journal.seq = 10", 10),
        ("UPDATE journal_head SET sm3_from = 4", 4),
        ("UPDATE journal_head SET sm3_from = 9", 6),
    ];
    for target in targets(&TempDir::new(), "none") {
        let postgres = target.starts_with("postgres");
        for (n, (sql, seq)) in cases.into_iter().enumerate() {
            let dir = TempDir::new();
            let fresh =
                targets(&dir, &n.to_string()).into_iter().find(|t| t.starts_with("postgres") == postgres);
            let target = fresh.unwrap();
            let store = both_kinds(&target).await;
            let good = store.verify_journal().await.unwrap();
            assert_eq!((good.entries, good.broken), (10, None));
            assert_eq!(store.journal_head().await.unwrap().sm3_from, 6);
            raw(&target, &format!("{}{sql}", disarm(&target))).await.unwrap();
            let bad = store.verify_journal().await.unwrap();
            assert_eq!(bad.broken.map(|b| b.seq), Some(seq), "{sql} on {}", store.backend());
            store.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_keeps_journal_and_facts() {
    let dir = TempDir::new();
    for target in targets(&dir, "kept") {
        let store = both_kinds(&target).await;
        let fill = "INSERT INTO project (code, made_by, created_at) VALUES ('X', 'cli', 0);
            INSERT INTO fact (project, kind, effective, counts, made_by, recorded_at)
                VALUES (1, 'signed', '2026-01-01', '2026-01-01', 'cli', 0);";
        raw(&target, fill).await.unwrap();
        let mut refused = vec![
            "UPDATE journal SET actor = 'x' WHERE seq = 3",
            "DELETE FROM journal",
            "DELETE FROM journal_head",
            "UPDATE fact SET amount = 1",
            "DELETE FROM fact WHERE id = 1",
        ];
        if target.starts_with("postgres") {
            refused.extend(["TRUNCATE journal", "TRUNCATE fact CASCADE", "TRUNCATE journal_head"]);
        } else {
            refused.extend([
                "INSERT OR REPLACE INTO journal SELECT seq, 0, actor, action, subject, before, after, prev_hash, hash FROM journal WHERE seq = 3",
                "REPLACE INTO fact SELECT id, project, 'x', effective, counts, amount, currency, text, corrects, reason, made_by, recorded_at FROM fact",
            ]);
        }
        for sql in refused {
            let error = raw(&target, sql).await.expect_err(sql);
            let known = ["never changed", "never deleted", "nothing is deleted", "stays", "written once"];
            assert!(known.iter().any(|k| error.contains(k)), "{sql}: {error}");
        }
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        store.close().await;
    }
}

async fn exported(store: &Store) -> String {
    let mut export = store.export_journal(at(50)).await.unwrap();
    let mut text = String::new();
    while let Some(lines) = export.next().await.unwrap() {
        text += &lines;
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_checked_without_the_database_by_the_published_rule() {
    let dir = TempDir::new();
    for target in targets(&dir, "export") {
        let store = both_kinds(&target).await;
        store.note_export(&Actor::Cli, at(40), "journal", 11).await.unwrap();
        let text = exported(&store).await;
        let verified = verify_export(&mut text.as_bytes()).unwrap();
        assert_eq!(verified, store.verify_journal().await.unwrap());
        assert_eq!((verified.entries, verified.broken), (11, None));

        // An outsider knows only the description.
        let mut previous = "00".repeat(32);
        for line in text.lines().skip(1) {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let (seq, when) = (entry["seq"].to_string(), entry["at"].to_string());
            let text = |name: &str| entry[name].as_str();
            let fields = [
                Some(&*seq),
                Some(&*when),
                text("actor"),
                text("action"),
                text("subject"),
                text("before"),
                text("after"),
            ];
            assert_eq!(entry["prev_hash"], previous.as_str());
            let before: Vec<u8> =
                (0..64).step_by(2).map(|i| u8::from_str_radix(&previous[i..i + 2], 16).unwrap()).collect();
            let sealed = match entry["algorithm"].as_str().unwrap() {
                "SM3" => seal::<Sm3>("landfall journal 2", &before, fields),
                _ => seal::<Sha256>("landfall journal 1", &before, fields),
            };
            assert_eq!(entry["hash"], hex(&sealed), "entry {seq}");
            previous = hex(&sealed);
        }
        tampered_exports(&text);
        store.close().await;
    }
}

fn tampered_exports(text: &str) {
    let broken = |text: &str| verify_export(&mut text.as_bytes()).map(|v| v.broken.map(|b| b.seq));
    let lines: Vec<&str> = text.lines().collect();
    let without = |n: usize| {
        let kept: Vec<&str> = lines.iter().enumerate().filter(|(i, _)| *i != n).map(|(_, l)| *l).collect();
        kept.join("\n")
    };
    assert_eq!(broken(&without(4)).unwrap(), Some(4));
    assert_eq!(broken(&without(11)).unwrap(), Some(11), "cut off at the end");
    assert_eq!(broken(&text.replacen("p8 先生", "p8 女士", 1)).unwrap(), Some(8));
    assert_eq!(broken(&text.replacen("\"login\\\":\\\"p2", "\"login\\\":\\\"p3", 1)).unwrap(), Some(2));
    let errors =
        [without(0), String::new(), "{}\n".into(), format!("{text}{{}}\n"), text.replacen("SM3", "MD5", 1)];
    for bad in errors {
        assert!(broken(&bad).is_err(), "{}", bad.lines().next().unwrap_or_default());
    }
    assert!(broken(&format!("{text}{}\n", lines[11])).unwrap().is_some(), "an entry twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_narrow_the_list() {
    let dir = TempDir::new();
    for target in targets(&dir, "filter") {
        let store = both_kinds(&target).await;
        let admin = store.user_by_login("p6").await.unwrap().unwrap().0;
        store.set_password(&Actor::User(admin.id), at(200), admin.id, "x").await.unwrap();
        let list = async |filter: JournalFilter| -> Vec<i64> {
            store.journal_where(&filter, 100).await.unwrap().into_iter().map(|e| e.seq).collect()
        };
        let none = JournalFilter::default();
        assert_eq!(list(none.clone()).await, (1..=11).rev().collect::<Vec<_>>());
        assert_eq!(list(JournalFilter { actor: format!("user:{}", admin.id), ..none.clone() }).await, [11]);
        assert_eq!(
            list(JournalFilter { action: "user.add".into(), before: Some(4), ..none.clone() }).await,
            [3, 2, 1]
        );
        assert_eq!(list(JournalFilter { action: "user.p".into(), ..none.clone() }).await, [11]);
        assert_eq!(list(JournalFilter { action: "%".into(), ..none.clone() }).await, Vec::<i64>::new());
        let subject = JournalFilter { subject: "user:1".into(), until: Some(at(0)), ..none.clone() };
        assert_eq!(list(subject).await, [5, 4, 3, 2, 1]);
        let days = JournalFilter { from: Some(at(7)), until: Some(at(9)), ..none.clone() };
        assert_eq!(list(days).await, [8, 7]);
        assert_eq!(store.journal_where(&none, 2).await.unwrap().len(), 2);
        assert!(matches!(store.note_export(&Actor::Cli, at(0), "x", 1).await, Ok::<(), Error>(())));
        store.close().await;
    }
}
