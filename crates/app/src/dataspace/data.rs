//! `GET /dsp-data/{pid}`: the data of a transfer, under its agreement. Every fetch is decided by the agreement's policy and counted before the first
//! byte; what ends or waits in between cuts the stream. A fetch that was cut goes on with `Range: bytes=N-` (RFC 9110, 14.2) without counting again, as long as
//! the bytes are the same (`ETag`, `If-Range`) and it does not go back further than what may have been lost on the way.

use super::flow::{Known, TRANSFER};
use crate::app::App;
use crate::evidence::keep;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use dataspace::odrl::Policy;
use dataspace::policy::{Ask, Point, decide};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use store::dataspace::Asset;
use store::dataspace::usage::{Agreement, NewUse};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::watch;

/// What a consumer states of its use.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stated {
    purpose: Option<String>,
    region: Option<String>,
}

/// Bytes that are read and sent at a time: all that one stream holds.
const CHUNK: usize = 64 << 10;

fn refused(status: StatusCode, zh: &str, en: &str) -> Response {
    let body = json!({ "error": { "zh": zh, "en": en } });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// `GET /dsp-data/{pid}`
pub async fn get(
    State(app): State<App>,
    Path(pid): Path<String>,
    Query(stated): Query<Stated>,
    headers: HeaderMap,
) -> Response {
    match serve(&app, &pid, &stated, &headers).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "data of a transfer could not be served");
            refused(StatusCode::INTERNAL_SERVER_ERROR, "内部错误，请稍后再试", "failed here; try again")
        }
    }
}

async fn serve(app: &App, pid: &str, stated: &Stated, headers: &HeaderMap) -> anyhow::Result<Response> {
    let secret = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| crate::web::session::unhex(v.strip_prefix("Bearer ").unwrap_or(v)));
    let unknown = || refused(StatusCode::NOT_FOUND, "没有这个传输", "there is no such transfer for you");
    let Some(secret) = secret else { return Ok(unknown()) };
    // Before anything is read, so that no end in between is missed.
    let cuts = app.space.cuts.subscribe();
    let exchange = app.store.exchange_of_key(&secret).await?.filter(|x| x.pid == pid && x.role == "provider");
    let Some(exchange) = exchange else { return Ok(unknown()) };
    if exchange.state != "STARTED" {
        let (zh, en) = dataspace::message::text::state_names(&exchange.state);
        return Ok(refused(StatusCode::FORBIDDEN, &format!("传输{zh}"), &format!("the transfer is {en}")));
    }
    let transfer = Known::transfer(&exchange)?;
    let agreement = app.store.ds_agreement(&transfer.agreement).await?;
    let asset = match &agreement {
        Some(agreement) => app.store.asset(&agreement.dataset).await?,
        None => None,
    };
    let file = asset.as_ref().and_then(|a| keep::place(&app.config, &a.sha256));
    let (Some(asset), Some(path)) = (asset, file) else { return Ok(unknown()) };
    let from = match from_byte(headers, &asset) {
        Ok(from) => from,
        Err(response) => return Ok(response),
    };
    let asked = NewUse {
        asker: &exchange.peer,
        purpose: stated.purpose.as_deref(),
        exchange: exchange.id,
        sha256: &asset.sha256,
        whole: asset.bytes,
        goes_on: from,
    };
    let (opened, most) = match open(app, &transfer.agreement, &asked, stated.region.as_deref(), &path).await?
    {
        Ok(opened) => opened,
        Err(said) => return Ok(refused(StatusCode::FORBIDDEN, &said, &said)),
    };
    let (use_id, file) = opened;
    let start = from.unwrap_or(0);
    let flow = Flow {
        app: app.clone(),
        file,
        cuts,
        pid: pid.to_string(),
        use_id,
        left: most,
        sent: 0,
        at: start,
        whole: asset.bytes,
        over: false,
    };
    let body = Body::from_stream(flow.stream());
    let status = if from.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = (status, body).into_response();
    let kind = asset.media.parse().unwrap_or(header::HeaderValue::from_static("application/octet-stream"));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, format!("\"{}\"", asset.sha256).parse()?);
    if from.is_some() {
        let range = format!("bytes {start}-{}/{}", asset.bytes - 1, asset.bytes);
        headers.insert(header::CONTENT_RANGE, range.parse()?);
    }
    // A stream that is cut short of its length is known to be broken at the other end.
    if most.is_none_or(|m| m >= u64::try_from(asset.bytes - start).unwrap_or(0)) {
        headers.insert(header::CONTENT_LENGTH, (asset.bytes - start).into());
    }
    Ok(response)
}

/// From which byte a fetch goes on; `None` from the first. A range of other bytes than those that are here now begins anew (`If-Range`).
fn from_byte(headers: &HeaderMap, asset: &Asset) -> Result<Option<i64>, Response> {
    let text = |name| headers.get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    let same = text(header::IF_RANGE).is_none_or(|tag| tag.trim_matches('"') == asset.sha256);
    // Only what goes on to the end; any other range is answered whole, as RFC 9110 allows.
    let from = text(header::RANGE)
        .filter(|_| same)
        .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match from {
        None | Some(0) => Ok(None),
        Some(from) if (1..asset.bytes).contains(&from) => Ok(Some(from)),
        Some(_) => {
            let all = [(header::CONTENT_RANGE, format!("bytes */{}", asset.bytes))];
            Err((StatusCode::RANGE_NOT_SATISFIABLE, all).into_response())
        }
    }
}

/// Decides and counts a use and opens the file at its place: the number of the use, the file, and how many bytes the agreement leaves; or why not.
///
/// # Errors
/// The store or the disk fails.
pub async fn open(
    app: &App,
    agreement: &str,
    asked: &NewUse<'_>,
    region: Option<&str>,
    path: &std::path::Path,
) -> anyhow::Result<Result<Opened, String>> {
    let now = app.clock.now();
    let stated = Stated { purpose: asked.purpose.map(str::to_string), region: region.map(str::to_string) };
    let mut most = None;
    let decided = app
        .store
        .use_agreement(now, agreement, asked, |agreement| {
            let (allowed, said, left) = judge(agreement, asked.asker, &stated, now);
            most = left;
            (allowed, said)
        })
        .await?;
    if !decided.allowed {
        return Ok(Err(decided.said));
    }
    let mut file = tokio::fs::File::open(path).await?;
    if let Some(from) = asked.goes_on {
        file.seek(std::io::SeekFrom::Start(u64::try_from(from)?)).await?;
    }
    Ok(Ok(((decided.id, file), most)))
}

/// A use that was decided, with its file; and how many bytes the agreement leaves.
pub type Opened = ((i64, tokio::fs::File), Option<u64>);

/// Whether the agreement allows one more fetch, why not, and how many bytes it leaves.
fn judge(
    agreement: &Agreement,
    asker: &str,
    stated: &Stated,
    now: jiff::Timestamp,
) -> (bool, String, Option<u64>) {
    let Ok(policy) = serde_json::from_str::<Policy>(&agreement.policy) else {
        return (false, "协议无法读取 (the agreement cannot be read)".into(), None);
    };
    let ask = Ask {
        action: "read",
        now,
        asker,
        purpose: stated.purpose.as_deref(),
        region: stated.region.as_deref(),
        count: u64::try_from(agreement.uses).unwrap_or(u64::MAX),
        bytes: u64::try_from(agreement.bytes).unwrap_or(u64::MAX),
        since: policy.timestamp.as_deref().and_then(|t| t.parse().ok()),
    };
    let decision = decide(&policy, &ask, Point::Access);
    let reasons: Vec<String> = decision.reasons().iter().map(|(zh, en)| format!("{zh} ({en})")).collect();
    (decision.allowed, reasons.join("；"), decision.bytes_left)
}

/// One stream: what it holds is one chunk.
#[derive(Debug)]
pub struct Flow {
    /// The instance.
    pub app: App,
    /// What is read.
    pub file: tokio::fs::File,
    /// Tells when to look again whether it may go on.
    pub cuts: watch::Receiver<u64>,
    /// Our name of the transfer.
    pub pid: String,
    /// Number of the use.
    pub use_id: i64,
    /// Bytes that the agreement leaves.
    pub left: Option<u64>,
    /// Bytes sent and not noted yet.
    pub sent: i64,
    /// The place in the whole.
    pub at: i64,
    /// How many bytes there are.
    pub whole: i64,
    /// Whether nothing more comes.
    pub over: bool,
}

/// What was sent is counted even when the reader goes away.
impl Drop for Flow {
    fn drop(&mut self) {
        let (store, id, sent, at) = (self.app.store.clone(), self.use_id, self.sent, self.at);
        if sent > 0 {
            tokio::spawn(async move { store.use_sent(id, sent, at).await });
        }
    }
}

impl Flow {
    /// The bytes, as they are read.
    pub fn stream(self) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        stream::unfold(self, Flow::next)
    }

    async fn next(mut self) -> Option<(std::io::Result<Bytes>, Flow)> {
        if self.over {
            return None;
        }
        match self.chunk().await {
            Ok(Some(bytes)) => Some((Ok(bytes), self)),
            Ok(None) => {
                self.note().await;
                None
            }
            Err(error) => {
                self.over = true;
                self.note().await;
                Some((Err(error), self))
            }
        }
    }

    async fn chunk(&mut self) -> std::io::Result<Option<Bytes>> {
        if self.cuts.has_changed().unwrap_or(true) {
            self.cuts.mark_unchanged();
            if !self.may_go_on().await {
                return Err(std::io::Error::other("the transfer waits or has ended"));
            }
        }
        let most = self.left.map_or(CHUNK, |left| CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)));
        if most == 0 {
            return Err(std::io::Error::other("the agreement allows no more bytes"));
        }
        let mut buffer = vec![0; most];
        let read = self.file.read(&mut buffer).await?;
        if read == 0 {
            return Ok(None);
        }
        buffer.truncate(read);
        self.sent += i64::try_from(read).unwrap_or(i64::MAX);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(read as u64);
        }
        self.at += i64::try_from(read).unwrap_or(i64::MAX);
        // What was sent is kept from time to time, so that a crash does not give it away twice; and at the end, which a reader that knows the
        // length never asks for.
        if self.sent >= 4 << 20 || self.at >= self.whole {
            self.note().await;
        }
        Ok(Some(buffer.into()))
    }

    async fn may_go_on(&self) -> bool {
        let exchange = self.app.store.exchange(TRANSFER, &self.pid).await.ok().flatten();
        let Some(exchange) = exchange.filter(|x| x.state == "STARTED") else { return false };
        let Ok(t) = Known::transfer(&exchange) else { return false };
        self.app.store.ds_agreement(&t.agreement).await.ok().flatten().is_some_and(|a| a.ended.is_none())
    }

    async fn note(&mut self) {
        let sent = std::mem::take(&mut self.sent);
        if sent > 0
            && let Err(error) = self.app.store.use_sent(self.use_id, sent, self.at).await
        {
            tracing::error!(%error, "bytes that were sent could not be counted");
        }
    }
}
