//! The program killed in the middle of an import: what served goes on serving, and the next start finishes it.

use crate::cli::good;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const COMPANIES: u64 = 30_000;

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn an_import_killed_at_any_moment_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let (data, small, big) =
        (dir.path().join("zone"), dir.path().join("small.csv"), dir.path().join("big.csv"));
    let data_text = text(&data);
    good(&["generate", "--companies", "500", "--seed", "7", "--csv", &text(&small)]);
    good(&["generate", "--companies", &COMPANIES.to_string(), "--seed", "8", "--csv", &text(&big)]);
    good(&["import", &text(&small), "--json", "--data-dir", &data_text]);
    let current = || std::fs::read(data.join("universe/CURRENT")).unwrap();
    let before = current();

    // How long a whole import takes here, on a copy; the kills are spread over that time.
    let copy = dir.path().join("copy");
    crate::world::copy(&data, &copy);
    let began = Instant::now();
    good(&["import", &text(&big), "--json", "--data-dir", &text(&copy)]);
    let whole = began.elapsed();

    let mut killed = 0;
    for share in [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_landfall"))
            .args(["import", &text(&big), "--json", "--data-dir", &data_text])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(share).max(Duration::from_millis(5)));
        child.kill().unwrap();
        if !child.wait().unwrap().success() {
            killed += 1;
        }
        let map: Value =
            serde_json::from_str(&good(&["map", "--json", "--city", "江苏省", "--data-dir", &data_text]))
                .unwrap();
        assert!(
            map["segments"].as_array().is_some_and(|s| !s.is_empty()),
            "the snapshot opens after a kill at {share}"
        );
        assert!(
            good(&["audit", "verify", "--data-dir", &data_text]).contains("chain intact"),
            "after a kill at {share}"
        );
    }
    assert!(killed >= 4, "only {killed} kills hit a running import");
    println!("{killed} kills within {whole:?}; the old snapshot served: {}", before == current());

    let done: Value =
        serde_json::from_str(&good(&["import", &text(&big), "--json", "--data-dir", &data_text])).unwrap();
    assert_eq!(done["read"], COMPANIES);
    assert_eq!(done["accepted"].as_u64().unwrap() + done["rejected"].as_u64().unwrap(), COMPANIES);
    let again: Value =
        serde_json::from_str(&good(&["import", &text(&big), "--json", "--data-dir", &data_text])).unwrap();
    assert_eq!(again["changed"], 0, "everything has come in");
    serves_and_finishes(&data);
    let whole_copy: Value =
        serde_json::from_str(&good(&["map", "--json", "--city", "江苏省镇江市", "--data-dir", &text(&copy)]))
            .unwrap();
    let survivor: Value =
        serde_json::from_str(&good(&["map", "--json", "--city", "江苏省镇江市", "--data-dir", &data_text]))
            .unwrap();
    assert_eq!(whole_copy, survivor, "the same map as without any kill");
}

/// A served instance takes up the imports that the kills left behind.
fn serves_and_finishes(data: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let config = app::config::Config {
            data_dir: data.to_path_buf(),
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            database: None,
            sample: false,
            https: false,
            trust_proxy: false,
            public: None,
            sm2: false,
            coop_every: app::config::COOP_EVERY,
        };
        let app = app::cli::serve::open(config).await.unwrap();
        let worker = app::import::worker::spawn(app.clone());
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let imports = app.store.imports(store::Page::first()).await.unwrap();
            use store::import::ImportState::{Done, Queued, Running};
            if imports.iter().all(|i| !matches!(i.state, Queued | Running)) {
                assert!(imports.iter().all(|i| i.state == Done), "{imports:?}");
                let accounted = |c: store::import::Counts| c.accepted + c.rejected == c.read;
                assert!(imports.iter().all(|i| accounted(i.counts)), "{imports:?}");
                break;
            }
            assert!(Instant::now() < deadline, "unfinished imports stay: {imports:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        worker.abort();
        app.store.close().await;
    });
}
