//! Keeping a copy of a peer's data: fetched in the background with one chunk in memory, going on where it was cut, to be cancelled; or taken in as the peer pushes
//! it (`PUT /dsp-inbox/{pid}`). What came whole is kept under its hash and noted with the transfer and the agreement that allow it.

use super::exchange::find;
use super::flow::Known;
use crate::app::App;
use crate::evidence::keep;
use crate::intake::source;
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::session::{Signed, unhex};
use anyhow::{Context as _, bail, ensure};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::limits;
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Actor;
use store::dataspace::exchange::Exchange;
use tokio::io::AsyncWriteExt as _;

/// Where a peer pushes data to us.
pub const INBOX: &str = "/dsp-inbox";
/// How often a fetch that was cut goes on by itself.
const GOES_ON: u32 = 6;

/// A fetch under way, or its end.
#[derive(Debug, Default)]
pub struct Taking {
    /// Bytes that are here.
    pub got: AtomicU64,
    /// Bytes in all; 0 while that is not known.
    pub whole: AtomicU64,
    cancel: AtomicBool,
    over: AtomicBool,
    fault: Mutex<Option<String>>,
}

impl Taking {
    /// Whether nothing more comes.
    #[must_use]
    pub fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Why it ended without a copy.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Fetches of this process, by the number of the transfer.
#[derive(Debug, Default)]
pub struct Takings(Mutex<BTreeMap<i64, Arc<Taking>>>);

impl Takings {
    /// The last fetch of a transfer.
    #[must_use]
    pub fn of(&self, exchange: i64) -> Option<Arc<Taking>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&exchange).cloned()
    }

    /// Begins one, unless one is under way.
    fn begin(&self, exchange: i64) -> Option<Arc<Taking>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&exchange).is_some_and(|t| !t.over()) {
            return None;
        }
        let made = Arc::<Taking>::default();
        all.insert(exchange, made.clone());
        Some(made)
    }
}

/// What is stated of the use.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    purpose: String,
    region: String,
}

/// Where data are fetched.
struct Source {
    address: String,
    secret: String,
}

/// `POST /dataspace/exchanges/{id}/take`
pub async fn begin(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
) -> Result<Redirect> {
    let back = format!("/dataspace/exchanges/{id}#copy");
    let exchange = find(&app, id).await?;
    let source = of(&exchange, &typed)?.ok_or_else(|| {
        WebError::bad_request(
            "传输还没有开始，没有数据地址。",
            "The transfer has not started: there is no address of data.",
        )
        .next(back.clone(), "返回", "Back")
    })?;
    let agreement = Known::transfer(&exchange)?.agreement;
    let Some(taking) = app.space.takings.begin(id) else { return Ok(Redirect::to(&back)) };
    let by = signed.actor();
    tokio::spawn(async move {
        if let Err(error) = run(&app, &by, (id, &agreement), &source, &taking).await {
            tracing::warn!(exchange = id, error = format!("{error:#}"), "data of a peer were not fetched");
            *taking.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
        }
        taking.over.store(true, Ordering::Relaxed);
    });
    Ok(Redirect::to(&back))
}

/// `POST /dataspace/exchanges/{id}/take/cancel`: what is here stays for a while, so that beginning again goes on.
pub async fn cancel(
    State(app): State<App>,
    _: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    find(&app, id).await?;
    if let Some(taking) = app.space.takings.of(id) {
        taking.cancel.store(true, Ordering::Relaxed);
    }
    Ok(Redirect::to(&format!("/dataspace/exchanges/{id}#copy")))
}

fn of(exchange: &Exchange, typed: &Typed) -> anyhow::Result<Option<Source>> {
    if exchange.role != "consumer" || exchange.state != "STARTED" {
        return Ok(None);
    }
    let address = Known::transfer(exchange)?.data_address;
    let reached =
        address.as_ref().and_then(|a| Some((a.endpoint.clone()?, a.property("authorization")?.to_string())));
    Ok(reached.map(|(endpoint, secret)| Source {
        address: stated(&endpoint, &typed.purpose, &typed.region),
        secret,
    }))
}

/// An address of data with what is stated of their use.
#[must_use]
pub fn stated(endpoint: &str, purpose: &str, region: &str) -> String {
    let said = [("purpose", purpose.trim()), ("region", region.trim())];
    let query: Vec<String> =
        said.iter().filter(|s| !s.1.is_empty()).map(|(n, t)| format!("{n}={}", encode(t))).collect();
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    if query.is_empty() { endpoint.to_string() } else { format!("{endpoint}{separator}{}", query.join("&")) }
}

/// What is known of the bytes that are fetched.
#[derive(Default)]
struct About {
    tag: String,
    media: String,
}

async fn run(
    app: &App,
    by: &Actor,
    (id, agreement): (i64, &str),
    source: &Source,
    taking: &Taking,
) -> anyhow::Result<()> {
    let part = part(app, id)?;
    let mut about = About::default();
    let mut tries = 0;
    loop {
        match once(app, source, &part, taking, &mut about).await? {
            End::Whole => break,
            End::Cancelled => return Ok(()),
            End::Cut(why) => {
                tries += 1;
                if tries > GOES_ON {
                    bail!("{why}");
                }
                tokio::time::sleep(Duration::from_millis(200 << tries)).await;
            }
        }
    }
    keep_part(app, by, (id, agreement), part, &about).await
}

fn part(app: &App, id: i64) -> anyhow::Result<PathBuf> {
    let folder = app.config.uploads();
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("ds-{id}.part")))
}

enum End {
    Whole,
    Cancelled,
    /// It broke off and may go on.
    Cut(String),
}

/// The file in which the tag of the bytes of a part stands, so that a part goes on only with the same bytes.
fn tag_file(part: &FilePath) -> PathBuf {
    part.with_extension("tag")
}

async fn once(
    app: &App,
    source: &Source,
    part: &FilePath,
    taking: &Taking,
    about: &mut About,
) -> anyhow::Result<End> {
    let here = std::fs::metadata(part).map_or(0, |m| m.len());
    let tag = std::fs::read_to_string(tag_file(part)).unwrap_or_default();
    let mut request = app.space.client()?.get(&source.address);
    request = request.header(header::AUTHORIZATION, format!("Bearer {}", source.secret));
    if here > 0 && !tag.is_empty() {
        request = request.header(header::RANGE, format!("bytes={here}-")).header(header::IF_RANGE, &tag);
    }
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Ok(End::Cut(format!("对方连接不上 (the peer cannot be reached): {error}"))),
    };
    let status = response.status();
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        std::fs::remove_file(part)?;
        return Ok(End::Cut("对方的数据已更换 (the data are others now)".into()));
    }
    if !status.is_success() {
        let body = super::outbox::bounded(response, dataspace::MESSAGE_BYTES).await?;
        let said = serde_json::from_slice::<Value>(&body).ok();
        let said = said.as_ref().and_then(|v| v.get("error")?.get("zh")?.as_str()).unwrap_or_default();
        bail!("{} {said}", status.as_u16());
    }
    let text = |name| response.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    about.tag = text(header::ETAG).unwrap_or_default().to_string();
    about.media = text(header::CONTENT_TYPE).unwrap_or("application/octet-stream").to_string();
    let goes_on = status == StatusCode::PARTIAL_CONTENT;
    let start = if goes_on { here } else { 0 };
    let whole = response.content_length().map(|l| l + start);
    ensure!(whole.unwrap_or(0) <= limits::DS_TAKEN_BYTES, "more than {} bytes", limits::DS_TAKEN_BYTES);
    std::fs::write(tag_file(part), &about.tag)?;
    taking.whole.store(whole.unwrap_or(0), Ordering::Relaxed);
    taking.got.store(start, Ordering::Relaxed);
    let file = tokio::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .append(goes_on)
        .truncate(!goes_on)
        .open(part)
        .await?;
    let ended = pour(Pieces::Response(response), file, taking).await?;
    Ok(match ended {
        End::Whole if whole.is_some_and(|w| w != taking.got.load(Ordering::Relaxed)) => {
            End::Cut("数据中途断开 (the data broke off)".into())
        }
        other => other,
    })
}

/// Where bytes come from.
enum Pieces {
    Response(reqwest::Response),
    Body(axum::body::BodyDataStream),
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<bytes::Bytes>, String> {
        match self {
            Pieces::Response(response) => response.chunk().await.map_err(|e| e.to_string()),
            Pieces::Body(body) => body.next().await.transpose().map_err(|e| e.to_string()),
        }
    }
}

/// Writes what comes, piece by piece.
async fn pour(mut from: Pieces, mut file: tokio::fs::File, taking: &Taking) -> anyhow::Result<End> {
    let ended = loop {
        if taking.cancel.load(Ordering::Relaxed) {
            break End::Cancelled;
        }
        match from.next().await {
            Ok(Some(piece)) => {
                file.write_all(&piece).await?;
                let got = taking.got.fetch_add(piece.len() as u64, Ordering::Relaxed) + piece.len() as u64;
                ensure!(got <= limits::DS_TAKEN_BYTES, "more than {} bytes", limits::DS_TAKEN_BYTES);
            }
            Ok(None) => break End::Whole,
            Err(error) => break End::Cut(format!("数据中途断开 (the data broke off): {error}")),
        }
    };
    file.flush().await?;
    file.sync_all().await?;
    Ok(ended)
}

/// Keeps a whole part under its hash and notes the copy.
async fn keep_part(
    app: &App,
    by: &Actor,
    (id, agreement): (i64, &str),
    part: PathBuf,
    about: &About,
) -> anyhow::Result<()> {
    let config = app.config.clone();
    let tag = about.tag.trim_matches('"').to_string();
    let (sha256, bytes) = tokio::task::spawn_blocking(move || -> anyhow::Result<(String, u64)> {
        let sha256 = source::digest(&part)?;
        let named = tag.len() == 64 && tag.bytes().all(|b| b.is_ascii_hexdigit());
        if named && tag != sha256 {
            std::fs::remove_file(&part)?;
            bail!("数据与对方所说的校验值不符，已丢弃 (the bytes are not those that the peer named; they were thrown away)");
        }
        let bytes = std::fs::metadata(&part)?.len();
        let to = keep::place(&config, &sha256).context("a hash that is none")?;
        let folder = to.parent().unwrap_or(FilePath::new("."));
        std::fs::create_dir_all(folder)?;
        std::fs::rename(&part, &to)?;
        std::fs::File::open(folder)?.sync_all()?;
        let _ = std::fs::remove_file(tag_file(&part));
        Ok((sha256, bytes))
    })
    .await??;
    let bytes = i64::try_from(bytes)?;
    app.store.add_copy(by, app.clock.now(), (id, agreement), (&sha256, bytes, &about.media)).await?;
    Ok(())
}

/// `GET /dataspace/exchanges/{id}/copies/{copy}`: a copy that is here.
pub async fn download(State(app): State<App>, Path((id, copy)): Path<(i64, i64)>) -> Result<Response> {
    let found = app.store.copies_of(id).await?.into_iter().find(|c| c.id == copy && c.ended.is_none());
    let place = found.as_ref().and_then(|c| keep::place(&app.config, &c.sha256));
    let (Some(found), Some(place)) = (found, place) else {
        return Err(WebError::not_found(
            "没有这个副本，或已删除。",
            "There is no such copy, or it was deleted.",
        )
        .next(format!("/dataspace/exchanges/{id}"), "返回", "Back"));
    };
    let file = tokio::fs::File::open(&place).await.map_err(anyhow::Error::new)?;
    let chunks = futures_util::stream::unfold(file, async |mut file| {
        let mut chunk = vec![0; 64 << 10];
        match tokio::io::AsyncReadExt::read(&mut file, &mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok::<_, std::io::Error>(bytes::Bytes::from(chunk)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    });
    let name = format!("attachment; filename=\"data-{copy}\"");
    let headers = [
        (header::CONTENT_TYPE, found.media.clone()),
        (header::CONTENT_DISPOSITION, name),
        (header::CONTENT_LENGTH, found.bytes.to_string()),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// `PUT /dsp-inbox/{pid}`: a provider pushes the data of a transfer that we asked for.
pub async fn inbox(
    State(app): State<App>,
    Path(pid): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let secret = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| unhex(v.strip_prefix("Bearer ").unwrap_or(v)));
    let Some(secret) = secret else { return StatusCode::NOT_FOUND.into_response() };
    match receive(&app, &pid, &secret, &headers, body).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(pid, error = format!("{error:#}"), "data that a peer pushed were not taken");
            (StatusCode::BAD_REQUEST, format!("{error:#}")).into_response()
        }
    }
}

async fn receive(
    app: &App,
    pid: &str,
    secret: &[u8],
    headers: &HeaderMap,
    body: Body,
) -> anyhow::Result<bool> {
    let exchange = app.store.exchange_of_key(secret).await?.filter(|x| x.pid == pid && x.role == "consumer");
    // The start and the data come on two ways: the data may be first.
    let open = |x: &Exchange| matches!(x.state.as_str(), "REQUESTED" | "STARTED");
    let Some(exchange) = exchange.filter(open) else { return Ok(false) };
    let agreement = Known::transfer(&exchange)?.agreement;
    let taking = app.space.takings.begin(exchange.id).context("another push is under way")?;
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_string();
    let about = About { tag: text(header::ETAG.as_str()), media: text(header::CONTENT_TYPE.as_str()) };
    let done = async {
        let part = part(app, exchange.id)?;
        let whole = text(header::CONTENT_LENGTH.as_str()).parse().unwrap_or(0);
        ensure!(whole <= limits::DS_TAKEN_BYTES, "more than {} bytes", limits::DS_TAKEN_BYTES);
        taking.whole.store(whole, Ordering::Relaxed);
        let file = tokio::fs::File::create(&part).await?;
        match pour(Pieces::Body(body.into_data_stream()), file, &taking).await? {
            End::Whole if whole == 0 || whole == taking.got.load(Ordering::Relaxed) => {}
            _ => bail!("数据中途断开 (the data broke off)"),
        }
        keep_part(app, &Actor::System, (exchange.id, &agreement), part, &about).await
    };
    let done = done.await;
    if let Err(error) = &done {
        *taking.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
    }
    taking.over.store(true, Ordering::Relaxed);
    done.map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_stands_in_the_address() {
        assert_eq!(stated("http://a/x", "", " "), "http://a/x");
        assert_eq!(
            stated("http://a/x?k=1", "研判", "320000"),
            format!("http://a/x?k=1&purpose={}&region=320000", encode("研判"))
        );
    }
}
