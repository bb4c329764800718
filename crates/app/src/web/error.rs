//! The one error of a page. Constructors say what the reader sees; anything unexpected is logged and shown as 500
//! with a number to quote.

use crate::app::App;
use crate::text::Lang;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

/// What a handler returns.
pub type Result<T, E = WebError> = std::result::Result<T, E>;

/// An error that a reader sees as a page.
#[derive(Debug)]
pub struct WebError {
    status: StatusCode,
    zh: String,
    en: String,
    /// Where to go next: address, Chinese label, English label.
    next: Option<(String, &'static str, &'static str)>,
    /// Seconds after which trying again makes sense.
    retry_after: Option<i64>,
    source: Option<anyhow::Error>,
    /// Why nothing could be written, until it is known where.
    unwritten: Option<Unwritten>,
}

/// Nothing could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unwritten {
    /// The disk is full.
    Full,
    /// The disk or the database may only be read.
    ReadOnly,
}

impl WebError {
    /// 404: what was asked for does not exist.
    pub fn not_found(zh: impl Into<String>, en: impl Into<String>) -> WebError {
        WebError::new(StatusCode::NOT_FOUND, zh, en)
    }
    /// 400: the request itself is wrong; say what and how to mend it.
    pub fn bad_request(zh: impl Into<String>, en: impl Into<String>) -> WebError {
        WebError::new(StatusCode::BAD_REQUEST, zh, en)
    }
    /// 403: signed in, but not allowed.
    pub fn forbidden(zh: impl Into<String>, en: impl Into<String>) -> WebError {
        WebError::new(StatusCode::FORBIDDEN, zh, en)
    }
    /// 409: somebody else changed it meanwhile.
    pub fn conflict(zh: impl Into<String>, en: impl Into<String>) -> WebError {
        WebError::new(StatusCode::CONFLICT, zh, en)
    }
    /// 429: too many tries.
    pub fn too_many(zh: impl Into<String>, en: impl Into<String>) -> WebError {
        WebError::new(StatusCode::TOO_MANY_REQUESTS, zh, en)
    }
    /// 503: busy now, try again.
    pub fn busy() -> WebError {
        WebError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "计算任务较多，请稍后再试。",
            "Too many computations are under way; try again shortly.",
        )
    }
    /// 507: the disk of `place` is full.
    #[must_use]
    pub fn full(place: &str) -> WebError {
        WebError::new(
            StatusCode::INSUFFICIENT_STORAGE,
            format!("磁盘已满或写入失败：{place}。刚才的修改没有保存。请管理员腾出磁盘空间，然后重试。"),
            format!(
                "The disk is full, or writing to it fails: {place}. Your change was not saved. \
                 Ask an administrator to free space there, then try again."
            ),
        )
    }
    /// 503: `place` may only be read.
    #[must_use]
    pub fn read_only(place: &str) -> WebError {
        WebError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!(
                "目前只能读、不能写：{place}。刚才的修改没有保存。请管理员检查磁盘是否只读、运行账号是否有写权限。"
            ),
            format!(
                "This cannot be written now: {place}. Your change was not saved. Ask an administrator whether the disk is \
                 mounted read-only and whether the account that runs Landfall may write there."
            ),
        )
    }
    /// Adds a link to where the reader can go on.
    #[must_use]
    pub fn next(mut self, href: impl Into<String>, zh: &'static str, en: &'static str) -> WebError {
        self.next = Some((href.into(), zh, en));
        self
    }
    /// Says after how many seconds trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> WebError {
        self.retry_after = Some(seconds);
        self
    }
    /// The error for a command, which has no page to show.
    #[must_use]
    pub fn into_cause(self) -> anyhow::Error {
        self.source.unwrap_or_else(|| anyhow::anyhow!(self.en))
    }
    /// The status code.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the reader is told, with the cause of what nobody expected.
    #[must_use]
    pub fn said(&self, lang: Lang) -> String {
        match &self.source {
            Some(source) => format!("{}: {source:#}", lang.t(&self.zh, &self.en)),
            None => lang.t(&self.zh, &self.en).to_string(),
        }
    }
    /// The texts, Chinese and English.
    #[must_use]
    pub fn texts(&self) -> (&str, &str) {
        (&self.zh, &self.en)
    }
    /// The seconds of [`WebError::retry_after`].
    #[must_use]
    pub fn seconds(&self) -> Option<i64> {
        self.retry_after
    }
    /// Logs an unexpected error and answers the number under which it stands in the log; `None` for an expected one.
    #[must_use]
    pub fn logged(&self) -> Option<String> {
        self.source.as_ref().map(|source| {
            let mut bytes = [0u8; 5];
            // A number only has to be quotable; without the operating system's randomness it is zero.
            #[expect(
                clippy::disallowed_methods,
                reason = "an error page must not fail for want of randomness"
            )]
            let _ = getrandom::fill(&mut bytes);
            let number: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            tracing::error!(number, error = format!("{source:#}"), "request failed");
            number
        })
    }

    /// An error with this status and these texts.
    pub fn new(status: StatusCode, zh: impl Into<String>, en: impl Into<String>) -> WebError {
        WebError {
            status,
            zh: zh.into(),
            en: en.into(),
            next: None,
            retry_after: None,
            source: None,
            unwritten: None,
        }
    }
}

impl From<anyhow::Error> for WebError {
    fn from(source: anyhow::Error) -> WebError {
        if let Some((unwritten, place)) = source.chain().find_map(unwritten) {
            return unwritten.at(&place, source);
        }
        WebError {
            source: Some(source),
            ..WebError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "系统出错，已记入日志。请把下面的编号告诉管理员。",
                "Something went wrong and was logged. Give the number below to your administrator.",
            )
        }
    }
}

/// Whether an error says that nothing can be written, and where.
fn unwritten(error: &(dyn std::error::Error + 'static)) -> Option<(Unwritten, String)> {
    if let Some(error) = error.downcast_ref::<store::Error>() {
        return match error {
            store::Error::Full { place, .. } => Some((Unwritten::Full, place.clone())),
            store::Error::ReadOnly { place, .. } => Some((Unwritten::ReadOnly, place.clone())),
            _ => None,
        };
    }
    use std::io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match error.downcast_ref::<std::io::Error>()?.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => Some((Unwritten::Full, String::new())),
        ReadOnlyFilesystem | PermissionDenied => Some((Unwritten::ReadOnly, String::new())),
        _ => None,
    }
}

impl Unwritten {
    fn page(self, place: &str) -> WebError {
        match self {
            Unwritten::Full => WebError::full(place),
            Unwritten::ReadOnly => WebError::read_only(place),
        }
    }

    /// What to show of it; where it is may still have to be said.
    fn at(self, place: &str, source: anyhow::Error) -> WebError {
        tracing::error!(error = format!("{source:#}"), "nothing can be written");
        WebError { unwritten: place.is_empty().then_some(self), ..self.page(place) }
    }
}

/// Names the folder or database in an error of a full or read-only disk that does not know it.
pub async fn name_place(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.extensions().get::<Unwritten>() {
        Some(unwritten) => unwritten.page(&app.config.data_dir.display().to_string()).into_response(),
        None => response,
    }
}

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage<'a> {
    status: u16,
    zh: &'a str,
    en: &'a str,
    next: Option<&'a (String, &'static str, &'static str)>,
    number: Option<String>,
    css: String,
    lang: Lang,
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let number = self.logged();
        let page = ErrorPage {
            status: self.status.as_u16(),
            zh: &self.zh,
            en: &self.en,
            next: self.next.as_ref(),
            number,
            css: super::assets::path("app.css"),
            lang: Lang::Zh,
        };
        let mut response = match page.render() {
            Ok(html) => (self.status, Html(html)).into_response(),
            Err(_) => (self.status, self.zh.clone()).into_response(),
        };
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(unwritten) = self.unwritten {
            response.extensions_mut().insert(unwritten);
        }
        response
    }
}

impl From<store::Error> for WebError {
    fn from(error: store::Error) -> WebError {
        match &error {
            store::Error::Stale { .. } => WebError::conflict(
                "别人刚刚改过这一项，您的修改没有保存。请返回、刷新后重新修改。",
                "Somebody else has just changed this; your change was not saved. Go back, reload and edit again.",
            ),
            store::Error::NotFound { .. } => {
                WebError::not_found("没有这一项，或已停用。", "There is no such item, or it has ended.")
            }
            store::Error::Taken { .. } => {
                WebError::conflict("这个名称已被使用，请换一个。", error.to_string())
            }
            store::Error::Held { code, hold } => {
                let until = hold.until.map_or("无期限".to_string(), |d| d.to_string());
                let (from, project) = (hold.from, hold.project);
                let zh = format!(
                    "{code} 在 {from} 至 {until} 已由项目 {project} 占用，什么都没有保存。请换地块或换日期。"
                );
                WebError::conflict(zh, error.to_string())
            }
            store::Error::Invalid(text) => WebError::bad_request(format!("内容有误：{text}"), text.clone()),
            store::Error::Full { .. }
            | store::Error::ReadOnly { .. }
            | store::Error::TooNew { .. }
            | store::Error::Other(_) => WebError::from(anyhow::Error::new(error)),
        }
    }
}
