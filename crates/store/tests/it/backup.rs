//! What a backup holds, and that it comes back the same, from either database into either.

use crate::story::new_user;
use crate::world::{TempDir, at, raw, targets};
use domain::role::Role;
use sqlx::Connection as _;
use std::collections::{BTreeMap, BTreeSet};
use store::backup::{Column, Kind, LEFT_OUT, Table, tables};
use store::restore::{Restoring, rows_at_once};
use store::{Actor, Error, Store};

/// Every table with its columns, as the database itself describes them.
async fn schema(target: &str) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let rows: Vec<(String, String, String, bool)> = if target.starts_with("postgres") {
        let sql = "SELECT table_name::text, column_name::text, data_type::text, is_identity = 'YES' \
            FROM information_schema.columns WHERE table_schema = current_schema()";
        let mut db = sqlx::PgConnection::connect(target).await.unwrap();
        sqlx::query_as(sql).fetch_all(&mut db).await.unwrap()
    } else {
        let sql = "SELECT m.name, c.name, lower(c.type), c.pk = 1 AND c.type = 'INTEGER' FROM sqlite_master m \
            JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
        let mut db = sqlx::SqliteConnection::connect(&format!("sqlite://{target}")).await.unwrap();
        sqlx::query_as(sql).fetch_all(&mut db).await.unwrap()
    };
    let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for (table, column, kind, identity) in rows {
        let kind = match kind.as_str() {
            _ if identity => "Identity",
            "bigint" | "integer" => "Int",
            "text" => "Text",
            "blob" | "bytea" => "Bytes",
            "boolean" => "Bool",
            other => panic!("{table}.{column} is a {other}: teach store::backup::Kind that type"),
        };
        found.entry(table).or_default().insert((column, kind.to_string()));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_holds_every_column_of_every_table_but_secrets() {
    let dir = TempDir::new();
    for target in targets(&dir, "schema") {
        Store::open(&target, at(0)).await.unwrap().close().await;
        let mut real = schema(&target).await;
        for name in LEFT_OUT {
            assert!(real.remove(name).is_some(), "there is no table {name} to leave out");
        }
        let column = |c: &Column| (c.name.clone(), format!("{:?}", c.kind));
        let listed: BTreeMap<_, BTreeSet<_>> =
            tables().iter().map(|t| (t.name.clone(), t.columns.iter().map(column).collect())).collect();
        assert_eq!(listed, real, "store::backup::TABLES is not the schema of {target}");
    }
}

/// A line for every table, and rows that need their order: a fact that corrects another, a person of a unit.
async fn fill(target: &str) -> Store {
    let store = Store::open(target, at(0)).await.unwrap();
    let admin = store.add_user(&Actor::System, at(1), &new_user("admin", Role::Administrator)).await.unwrap();
    let by = Actor::User(admin.id);
    store.set_password(&by, at(2), admin.id, "$argon2id$kept").await.unwrap();
    store.start_session(at(3), admin.id, b"token", b"csrf", at(900)).await.unwrap();
    store.add_login_link(&by, at(4), admin.id, b"link", at(900)).await.unwrap();
    let import = store.add_import(&by, at(5), &crate::story::new_import(7)).await.unwrap();
    let resident =
        store::resident::NewResident { key: "k".into(), name: "企业 \"一\"\t\\".into(), since: None };
    store.add_residents(&by, at(6), Some(import.id), &[resident]).await.unwrap();
    store.add_leader(&by, at(7), "ships", "k", "船厂").await.unwrap();
    raw(
        target,
        "INSERT INTO unit (name, created_at) VALUES ('招商一局', 1), ('招商二局', 2);
         UPDATE person SET unit = 2;
         INSERT INTO project (code, made_by, created_at) VALUES ('X-1', 'user:1', 3);
         INSERT INTO fact (project, kind, effective, counts, amount, currency, made_by, recorded_at)
            VALUES (1, 'signed', '2026-01-01', '2026-02-01', 9223372036854775807, 'CNY', 'user:1', 4),
                   (1, 'paid', '2026-01-01', '2026-02-01', -5, 'USD', 'user:1', 5);
         INSERT INTO fact (project, kind, effective, counts, text, corrects, reason, made_by, recorded_at)
            VALUES (1, 'signed', '2026-01-01', '2026-02-01', '', 1, '更正', 'user:1', 6);
         INSERT INTO file VALUES ('ab', '合同.pdf', 'pdf', 3, 'user:1', 7);
         INSERT INTO fact_file VALUES (1, 'ab'), (3, 'ab');
         INSERT INTO rate (currency, since, micro_yuan, source, made_by, recorded_at) VALUES ('USD', '2026-01-01', 7000000, 'x', 'cli', 8);",
    )
    .await
    .unwrap();
    store
}

/// Every table of a store as lines.
async fn lines(store: &Store) -> (store::journal::Head, BTreeMap<String, Vec<String>>) {
    let mut snapshot = store.snapshot().await.unwrap();
    let mut all = BTreeMap::new();
    for table in tables() {
        let mut lines = Vec::new();
        let mut take = |line: &str| {
            lines.push(line.to_string());
            Ok(())
        };
        let rows = snapshot.read(&table, &mut take).await.unwrap();
        assert_eq!(rows, lines.len() as u64);
        all.insert(table.name, lines);
    }
    (snapshot.head().clone(), all)
}

async fn restore(
    target: &str,
    head: &store::journal::Head,
    all: &BTreeMap<String, Vec<String>>,
) -> store::Result<store::journal::Verified> {
    let list = tables();
    let mut restoring = Restoring::begin(target, known(), &list, at(500)).await?;
    for (i, table) in list.iter().enumerate() {
        let rows = all[&table.name].iter().map(|line| table.row(line)).collect::<store::Result<Vec<_>>>()?;
        for some in rows.chunks(rows_at_once(table)) {
            restoring.add(i, some).await?;
        }
    }
    restoring.finish(head, "test.lfb").await
}

/// The number of migrations.
fn known() -> i64 {
    std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap().count() as i64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_is_what_was_there_on_either_database() {
    let dir = TempDir::new();
    let sources = targets(&dir, "source");
    for (n, source) in sources.iter().enumerate() {
        let store = fill(source).await;
        let (head, all) = lines(&store).await;
        assert!(["fact", "person", "file", "fact_file", "unit"].iter().all(|t| !all[*t].is_empty()));
        for target in targets(&dir, &format!("target-{n}")) {
            let verified = restore(&target, &head, &all).await.unwrap();
            assert_eq!(
                (verified.entries, verified.broken, &verified.hash),
                (head.seq as u64, None, &head.hash)
            );
            let back = Store::open_unchanged(&target).await.unwrap();
            let (head_now, mut now) = lines(&back).await;
            assert_eq!(head_now.seq, head.seq + 1, "the restoration is journalled");
            assert!(now.get_mut("journal").unwrap().pop().unwrap().contains("backup.restore"));
            assert_eq!(now, all, "{source} → {target}");
            assert_eq!(
                back.session(at(10), b"token", jiff::SignedDuration::from_hours(12)).await.unwrap(),
                None,
                "nobody is signed in by a backup"
            );
            assert_eq!(back.login_link(at(10), b"link").await.unwrap(), None);
            let (_, hash) = back.user_by_login("admin").await.unwrap().unwrap();
            assert_eq!(hash.as_deref(), Some("$argon2id$kept"));
            let next = back.add_user(&Actor::Cli, at(501), &new_user("next", Role::Officer)).await.unwrap();
            assert_eq!(next.id.0, 2, "numbers go on where they were");
            let fact = "INSERT INTO fact (project, kind, effective, counts, made_by, recorded_at) \
                VALUES (1, 'x', '2026-01-01', '2026-01-01', 'cli', 9)";
            raw(&target, fact).await.unwrap();
            assert_eq!(back.verify_journal().await.unwrap().broken, None);
            back.close().await;

            let again = restore(&target, &head, &all).await.unwrap_err();
            assert!(matches!(&again, Error::Invalid(why) if why.contains("not empty")), "{again}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_hold_leaves_nothing() {
    let dir = TempDir::new();
    let (head, all) = lines(&fill(&targets(&dir, "whole")[0]).await).await;
    for target in targets(&dir, "broken") {
        let mut altered = all.clone();
        altered.get_mut("journal").unwrap()[1] = all["journal"][1].replacen("user:1", "user:9", 1);
        let mut orphan = all.clone();
        orphan.get_mut("project").unwrap().clear();
        let mut short = all.clone();
        short.get_mut("journal").unwrap().pop();
        let mut column = all.clone();
        column.get_mut("fact").unwrap()[0] = all["fact"][0].replacen("\"kind\"", "\"sort\"", 1);
        let mut kind = all.clone();
        kind.get_mut("fact").unwrap()[0] = all["fact"][0].replacen("9223372036854775807", "9.5", 1);
        let cases = [
            (altered, "entry 2"),
            (orphan, "fact"),
            (short, "missing at the end"),
            (column, "no kind"),
            (kind, "amount"),
        ];
        for (bad, why) in cases {
            let error = restore(&target, &head, &bad).await.unwrap_err();
            assert!(error.to_string().contains(why), "{why}: {error}");
            assert!(schema(&target).await.is_empty(), "{why} left tables");
        }
        restore(&target, &head, &all).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_an_older_schema_is_restored_and_upgraded() {
    let dir = TempDir::new();
    for target in targets(&dir, "older") {
        let column = |(name, kind): (&str, Kind)| Column { name: name.into(), kind };
        let unit = Table {
            name: "unit".into(),
            columns: [
                ("id", Kind::Identity),
                ("name", Kind::Text),
                ("created_at", Kind::Int),
                ("ended_at", Kind::Int),
            ]
            .map(column)
            .to_vec(),
        };
        let head = store::journal::Head { seq: 0, hash: vec![0; 32], sm3_from: 1 };
        let list = [unit.clone()];
        let mut restoring = Restoring::begin(&target, 4, &list, at(1)).await.unwrap();
        let row = unit.row(r#"{"id":5,"name":"招商局","created_at":1,"ended_at":null}"#).unwrap();
        restoring.add(0, &[row]).await.unwrap();
        restoring.finish(&head, "old.lfb").await.unwrap();
        let store = Store::open_unchanged(&target).await.expect("upgraded to the newest schema");
        assert_eq!(lines(&store).await.1["unit"].len(), 1);
        store.close().await;

        let newer = Restoring::begin(&target, known() + 1, &list, at(1)).await.unwrap_err();
        assert!(matches!(newer, Error::TooNew { .. }));
    }
    let secret = Table { name: "session".into(), columns: tables()[0].columns.clone() };
    let target = dir.file("secret.db");
    assert!(Restoring::begin(target.to_str().unwrap(), 4, &[secret], at(1)).await.is_err());
    let missing = Store::open_unchanged(dir.file("none.db").to_str().unwrap()).await.unwrap_err();
    assert!(missing.to_string().contains("--data-dir"), "{missing}");
    assert!(!dir.file("none.db").exists(), "looking makes nothing");
}
