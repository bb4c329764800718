//! The connector and an EDC control plane through one HTTP client: `bench-dataspace FOLDER LANDFALL [JAVA-CLASSPATH]`.
//!
//! Measured of each: start to ready, idle memory, a catalogue of N datasets in one answer, 200 negotiations at once with this program as the consumer; of ours
//! also 1 GB through the data plane (the control plane has none).

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::routing::{any, get};
use dataspace::identity::{Key, did, token};
use dataspace::message::CONTEXT;
use dataspace::policy::form::Terms;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::dataspace::NewAsset;
use store::{Actor, Store};
use tokio::sync::Notify;

/// Negotiations at once.
const AT_ONCE: usize = 200;
/// Datasets in one answer.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// Bytes that are fetched.
const BYTES: u64 = 1 << 30;
const OURS: &str = "127.0.0.1:18480";
const EDC: &str = "http://127.0.0.1:18092/protocol/2025-1";
const MANAGEMENT: &str = "http://127.0.0.1:18091/management/v3";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A connector that is measured.
struct Side {
    name: &'static str,
    base: String,
    /// Its name in the protocol.
    participant: String,
    ours: bool,
}

/// This program as a consumer: who it is, and what came back for each of its negotiations.
struct Bench {
    client: reqwest::Client,
    key: Key,
    did: String,
    callback: String,
    serial: AtomicU64,
    seen: Mutex<HashMap<String, Seen>>,
    wake: Notify,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    provider: String,
    agreement: String,
    finalized: bool,
    ended: Option<String>,
    address: Option<Value>,
}

impl Bench {
    /// The `Authorization` of a request.
    fn pass(&self, side: &Side, body: &[u8]) -> String {
        if side.ours {
            let name = format!("bench-{}", self.serial.fetch_add(1, Ordering::Relaxed));
            let text = token::issue(&self.key, &self.did, &side.participant, &name, Timestamp::now(), body);
            return format!("Bearer {text}");
        }
        json!({ "region": "eu", "audience": side.participant, "clientId": "bench" }).to_string()
    }

    async fn post(&self, side: &Side, path: &str, body: &Value) -> Outcome<(u16, Vec<u8>)> {
        let body = body.to_string();
        let request =
            self.client.post(format!("{}{path}", side.base)).header("content-type", "application/json");
        let response =
            request.header("authorization", self.pass(side, body.as_bytes())).body(body).send().await?;
        Ok((response.status().as_u16(), response.bytes().await?.to_vec()))
    }

    async fn catalogue(&self, side: &Side) -> Outcome<(Duration, Vec<u8>)> {
        let mut asked = json!({ "@context": [CONTEXT], "@type": "CatalogRequestMessage" });
        if !side.ours {
            // It answers fifty unless its own filter says otherwise.
            asked["@context"] = json!([CONTEXT, { "edc": "https://w3id.org/edc/v0.0.1/ns/" }]);
            asked["filter"] = json!({ "@type": "edc:QuerySpec", "edc:offset": 0, "edc:limit": 10_000 });
        }
        let began = Instant::now();
        let (status, body) = self.post(side, "/catalog/request", &asked).await?;
        let took = began.elapsed();
        if status != 200 {
            return Err(format!("{} answered {status}: {}", side.name, String::from_utf8_lossy(&body)).into());
        }
        Ok((took, body))
    }
}

async fn called(
    State((bench, side)): State<(Arc<Bench>, usize)>,
    Path(rest): Path<String>,
    request: Request,
) {
    let bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap_or_default();
    let Ok(message) = serde_json::from_slice::<Value>(&bytes) else { return };
    let pid = rest.split('/').nth(1).unwrap_or_default().to_string();
    let mut verify = None;
    {
        let mut seen = bench.seen.lock().unwrap();
        let one = seen.entry(pid.clone()).or_default();
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        match text("@type").as_str() {
            "ContractAgreementMessage" => {
                one.provider = text("providerPid");
                one.agreement = message["agreement"]["@id"].as_str().unwrap_or_default().to_string();
                verify = Some(one.provider.clone());
            }
            "ContractNegotiationEventMessage" => one.finalized = true,
            "TransferStartMessage" => one.address = Some(message["dataAddress"].clone()),
            other => one.ended = Some(format!("{other} {message}")),
        }
    }
    bench.wake.notify_waiters();
    if let Some(provider) = verify {
        tokio::spawn(async move {
            let side = sides(side);
            let body = json!({ "@context": [CONTEXT], "@type": "ContractAgreementVerificationMessage",
                "providerPid": provider, "consumerPid": pid });
            let path = format!("/negotiations/{provider}/agreement/verification");
            if let Err(error) = bench.post(&side, &path, &body).await {
                eprintln!("verification: {error}");
            }
        });
    }
}

fn sides(which: usize) -> Side {
    match which {
        0 => Side {
            name: "Landfall",
            base: format!("http://{OURS}/dsp"),
            participant: did::of_address(&format!("http://{OURS}")).unwrap_or_default(),
            ours: true,
        },
        _ => Side { name: "EDC 0.14.0", base: EDC.into(), participant: "edc".into(), ours: false },
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let (folder, program) = (PathBuf::from(args.next().ok_or("FOLDER")?), args.next().ok_or("LANDFALL")?);
    let classpath = args.next();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let own = format!("http://{}", listener.local_addr()?);
    let key = Key::from_seed(&[42; 32]);
    let bench = Arc::new(Bench {
        client: reqwest::Client::builder().no_proxy().build()?,
        did: did::of_address(&own).ok_or("own address")?,
        key: key.clone(),
        callback: own.clone(),
        serial: AtomicU64::new(0),
        seen: Mutex::default(),
        wake: Notify::new(),
    });
    let document = did::document(&bench.did, &key.public(), &own);
    let routes = Router::new()
        .route("/.well-known/did.json", get(move || async move { document.to_string() }))
        .route("/0/{*rest}", any(called).with_state((bench.clone(), 0)))
        .route("/1/{*rest}", any(called).with_state((bench.clone(), 1)));
    tokio::spawn(async move { axum::serve(listener, routes).await });

    println!(
        "start to ready and idle memory; catalogue: median of 15 after 3 to warm up; {AT_ONCE} negotiations at once, best of 3"
    );
    ours(&bench, &folder, &program, &key).await?;
    match classpath {
        Some(classpath) => edc(&bench, &folder, &classpath).await?,
        None => println!(
            "EDC control plane: NOT to be had here (no Java, no Maven, or Maven Central does not give it)"
        ),
    }
    Ok(())
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A line of `/proc/PID/status`, in KiB.
fn memory(child: &Child, line: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let found = text.lines().find(|l| l.starts_with(line)).and_then(|l| l.split_whitespace().nth(1));
    found.and_then(|n| n.parse().ok()).unwrap_or(0)
}

async fn ready(bench: &Bench, address: &str, began: Instant) -> Outcome<Duration> {
    loop {
        if bench.client.get(address).send().await.is_ok_and(|r| r.status().is_success()) {
            return Ok(began.elapsed());
        }
        if began.elapsed() > Duration::from_secs(120) {
            return Err(format!("{address} never answers").into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn ours(bench: &Arc<Bench>, folder: &FilePath, program: &str, key: &Key) -> Outcome<()> {
    let data = folder.join("ours");
    let _ = fs::remove_dir_all(&data);
    fs::create_dir_all(&data)?;
    let side = sides(0);
    let start = || -> Outcome<Killed> {
        let mut command = Command::new(program);
        command.args(["serve", "--data-dir", &data.display().to_string(), "--listen", OURS]);
        Ok(Killed(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
    };
    // The first start makes the database.
    let version = format!("http://{OURS}/.well-known/dspace-version");
    {
        let _first = start()?;
        ready(bench, &version, Instant::now()).await?;
    }
    let store = Store::open(&data.join("landfall.db").display().to_string(), Timestamp::now()).await?;
    store
        .save_peer(&Actor::Cli, Timestamp::now(), (&bench.did, "bench", &bench.callback), &[key.public()])
        .await?;
    let big = publish_big(&store, &data).await?;
    store.close().await;
    let mut starts = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let running = start()?;
        starts.push(ready(bench, &version, began).await?);
        drop(running);
    }
    let running = start()?;
    ready(bench, &version, Instant::now()).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!(
        "Landfall     start {:>6} ms   idle {:>4} MB",
        median(&mut starts).as_millis(),
        memory(&running.0, "VmRSS") / 1024
    );
    // Before thousands of datasets are kept ready in memory.
    transfer(bench, &side, &big, &running.0).await?;
    let store = Store::open(&data.join("landfall.db").display().to_string(), Timestamp::now()).await?;
    let mut there = 1;
    for size in SIZES {
        while there < size {
            publish(&store, &format!("urn:bench:{there}"), "0".repeat(64), 0).await?;
            there += 1;
        }
        catalogue(bench, &side, size).await?;
    }
    store.close().await;
    negotiate(bench, &side, |n| format!("urn:bench:{}", n + 1)).await?;
    println!(
        "Landfall     memory after all this {} MB, most {} MB",
        memory(&running.0, "VmRSS") / 1024,
        memory(&running.0, "VmHWM") / 1024
    );
    Ok(())
}

async fn publish(store: &Store, urn: &str, sha256: String, bytes: i64) -> Outcome<()> {
    let offer = Terms { purposes: vec!["研判".into()], ..Terms::default() };
    let new = NewAsset {
        urn: urn.into(),
        title: format!("数据 {urn}"),
        description: "可用载体清单，按月更新".into(),
        media: "text/csv".into(),
        sha256,
        bytes,
        offer: serde_json::to_string(&offer.offer(&format!("{urn}:offer")))?,
    };
    store.add_asset(&Actor::Cli, Timestamp::now(), &new).await?;
    Ok(())
}

/// A file of 1 GB (holes, so that the disk is not what is measured), under a name that stands for its hash.
async fn publish_big(store: &Store, data: &FilePath) -> Outcome<String> {
    let hash = "b".repeat(64);
    let path = data.join("files").join(&hash[..2]).join(&hash[2..4]).join(&hash);
    fs::create_dir_all(path.parent().ok_or("folder")?)?;
    fs::File::create(&path)?.set_len(BYTES)?;
    publish(store, "urn:bench:0", hash, i64::try_from(BYTES)?).await?;
    Ok("urn:bench:0".into())
}

fn median(all: &mut [Duration]) -> Duration {
    all.sort();
    all[all.len() / 2]
}

async fn catalogue(bench: &Bench, side: &Side, size: usize) -> Outcome<()> {
    let mut times = Vec::new();
    let mut listed = 0;
    let mut bytes = 0;
    for n in 0..18 {
        let (took, body) = bench.catalogue(side).await?;
        if n == 0 {
            let value: Value = serde_json::from_slice(&body)?;
            listed = value["dataset"].as_array().map_or(0, Vec::len);
            bytes = body.len();
        }
        if n >= 3 {
            times.push(took);
        }
    }
    println!(
        "{:<12} catalogue of {size:>6}: {:>8.1} ms, {:>7} KB, {listed} listed",
        side.name,
        median(&mut times).as_secs_f64() * 1e3,
        bytes / 1024
    );
    Ok(())
}

/// The offers of the catalogue by their dataset.
async fn offers(bench: &Bench, side: &Side) -> Outcome<HashMap<String, Value>> {
    let (_, body) = bench.catalogue(side).await?;
    let value: Value = serde_json::from_slice(&body)?;
    let all = value["dataset"].as_array().cloned().unwrap_or_default();
    Ok(all
        .iter()
        .map(|d| (d["@id"].as_str().unwrap_or_default().to_string(), d["hasPolicy"][0].clone()))
        .collect())
}

async fn ask(
    bench: &Bench,
    side: &Side,
    which: usize,
    pid: &str,
    dataset: &str,
    offer: &Value,
) -> Outcome<()> {
    let mut offer = offer.clone();
    offer["target"] = dataset.into();
    // EDC takes an assigner for an object and refuses the name that the specification shows.
    if side.ours {
        offer["assigner"] = side.participant.clone().into();
    }
    let body = json!({ "@context": [CONTEXT], "@type": "ContractRequestMessage", "consumerPid": pid, "offer": offer,
        "callbackAddress": format!("{}/{which}", bench.callback) });
    let (status, answer) = bench.post(side, "/negotiations/request", &body).await?;
    if !(200..300).contains(&status) {
        return Err(format!("{}: request {status} {}", side.name, String::from_utf8_lossy(&answer)).into());
    }
    Ok(())
}

/// Waits until every one of these is as wanted.
async fn wait(bench: &Bench, pids: &[String], good: impl Fn(&Seen) -> bool) -> Outcome<()> {
    let limit = Instant::now() + Duration::from_secs(180);
    loop {
        let notified = bench.wake.notified();
        {
            let seen = bench.seen.lock().unwrap();
            if let Some(ended) = pids.iter().find_map(|p| seen.get(p)?.ended.clone()) {
                return Err(ended.into());
            }
            if pids.iter().all(|p| seen.get(p).is_some_and(&good)) {
                return Ok(());
            }
        }
        if Instant::now() > limit {
            return Err("three minutes are over".into());
        }
        let _ = tokio::time::timeout(Duration::from_millis(200), notified).await;
    }
}

async fn negotiate(bench: &Arc<Bench>, side: &Side, dataset: impl Fn(usize) -> String) -> Outcome<()> {
    let offers = offers(bench, side).await?;
    let which = usize::from(!side.ours);
    let mut best = Duration::MAX;
    for round in 0..3 {
        let pids: Vec<String> = (0..AT_ONCE).map(|n| format!("urn:uuid:bench-{which}-{round}-{n}")).collect();
        let began = Instant::now();
        let asked = pids.iter().enumerate().map(|(n, pid)| {
            let (bench, name) = (bench.clone(), dataset(n));
            let (offer, pid) = (offers.get(&name).cloned().unwrap_or_default(), pid.clone());
            tokio::spawn(async move {
                ask(&bench, &sides(which), which, &pid, &name, &offer).await.map_err(|e| e.to_string())
            })
        });
        for one in asked.collect::<Vec<_>>() {
            one.await??;
        }
        wait(bench, &pids, |s| s.finalized).await?;
        best = best.min(began.elapsed());
    }
    println!(
        "{:<12} {AT_ONCE} negotiations at once: {:>7.0} ms until the last is final, {:.0} a second",
        side.name,
        best.as_secs_f64() * 1e3,
        AT_ONCE as f64 / best.as_secs_f64()
    );
    Ok(())
}

async fn transfer(bench: &Arc<Bench>, side: &Side, dataset: &str, process: &Child) -> Outcome<()> {
    let offers = offers(bench, side).await?;
    let pid = "urn:uuid:bench-big".to_string();
    ask(bench, side, 0, &pid, dataset, offers.get(dataset).ok_or("no offer")?).await?;
    wait(bench, std::slice::from_ref(&pid), |s| s.finalized).await?;
    let agreement = bench.seen.lock().unwrap().get(&pid).map(|s| s.agreement.clone()).unwrap_or_default();
    let pid = "urn:uuid:bench-transfer".to_string();
    let body = json!({ "@context": [CONTEXT], "@type": "TransferRequestMessage", "consumerPid": pid, "agreementId": agreement,
        "format": "HttpData-PULL", "callbackAddress": format!("{}/0", bench.callback) });
    let (status, answer) = bench.post(side, "/transfers/request", &body).await?;
    if status != 201 {
        return Err(format!("transfer {status} {}", String::from_utf8_lossy(&answer)).into());
    }
    wait(bench, std::slice::from_ref(&pid), |s| s.address.is_some()).await?;
    let address = bench.seen.lock().unwrap().get(&pid).and_then(|s| s.address.clone()).unwrap_or_default();
    let endpoint = address["endpoint"].as_str().ok_or("no endpoint")?;
    let secret = address["endpointProperties"]
        .as_array()
        .and_then(|p| p.iter().find(|p| p["name"] == "authorization"));
    let secret = secret.and_then(|p| p["value"].as_str()).ok_or("no secret")?;
    let before = memory(process, "VmRSS");
    let began = Instant::now();
    let request = bench.client.get(format!("{endpoint}?purpose=%E7%A0%94%E5%88%A4"));
    let mut response = request.header("authorization", format!("Bearer {secret}")).send().await?;
    let (mut got, mut most) = (0u64, before);
    while let Some(chunk) = response.chunk().await? {
        got += chunk.len() as u64;
        if got % (64 << 20) < chunk.len() as u64 {
            most = most.max(memory(process, "VmRSS"));
        }
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "Landfall     1 GB fetched: {got} bytes in {took:.2} s, {:.0} MB/s; memory before {} MB, most while it ran {} MB",
        got as f64 / 1e6 / took,
        before / 1024,
        most / 1024
    );
    Ok(())
}

async fn edc(bench: &Arc<Bench>, folder: &FilePath, classpath: &str) -> Outcome<()> {
    let properties = folder.join("edc").join("edc.properties");
    let start = || -> Outcome<Killed> {
        let mut command = Command::new("java");
        command.arg(format!("-Dedc.fs.config={}", properties.display())).args(["-cp", classpath]);
        command.arg("org.eclipse.edc.boot.system.runtime.BaseRuntime");
        Ok(Killed(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
    };
    let version = "http://127.0.0.1:18092/protocol/.well-known/dspace-version";
    let mut starts = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        let running = start()?;
        starts.push(ready(bench, version, began).await?);
        drop(running);
    }
    let side = sides(1);
    let running = start()?;
    ready(bench, version, Instant::now()).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!(
        "{:<12} start {:>6} ms   idle {:>4} MB",
        side.name,
        median(&mut starts).as_millis(),
        memory(&running.0, "VmRSS") / 1024
    );
    let manage = async |path: &str, body: Value| -> Outcome<()> {
        let request =
            bench.client.post(format!("{MANAGEMENT}/{path}")).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("{path}: {status} {}", response.text().await?).into());
        }
        Ok(())
    };
    let vocab = json!({ "@vocab": "https://w3id.org/edc/v0.0.1/ns/" });
    let policy = json!({ "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "permission": [{ "action": "use" }], "prohibition": [], "obligation": [] });
    manage("policydefinitions", json!({ "@context": vocab, "@id": "all", "policy": policy })).await?;
    let definition = json!({ "@context": vocab, "@id": "def", "accessPolicyId": "all", "contractPolicyId": "all", "assetsSelector": [] });
    manage("contractdefinitions", definition).await?;
    let mut there = 0;
    for size in SIZES {
        while there < size {
            let address = json!({ "type": "HttpData", "baseUrl": "http://127.0.0.1/x" });
            let properties =
                json!({ "name": format!("数据 asset-{there}"), "description": "可用载体清单，按月更新" });
            let asset = json!({ "@context": vocab, "@id": format!("asset-{there}"), "properties": properties, "dataAddress": address });
            manage("assets", asset).await?;
            there += 1;
        }
        // A size that it does not answer is said, and the next is not asked.
        if let Err(error) = catalogue(bench, &side, size).await {
            println!("{:<12} catalogue of {size:>6}: {error}", side.name);
            break;
        }
    }
    if let Err(error) = negotiate(bench, &side, |n| format!("asset-{n}")).await {
        println!("{:<12} {AT_ONCE} negotiations at once: {error}", side.name);
    }
    println!(
        "{:<12} memory after all this {} MB, most {} MB",
        side.name,
        memory(&running.0, "VmRSS") / 1024,
        memory(&running.0, "VmHWM") / 1024
    );
    Ok(())
}
