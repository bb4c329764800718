//! Who is asking, and whether they may: one guard in front of every route that is not public.

use crate::app::App;
use crate::web::chrome::{Prefs, cookie};
use crate::web::error::WebError;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::role::{Action, Role, may};
use domain::user::{UnitId, UserId};
use jiff::SignedDuration;
use store::Actor;

/// Name of the session cookie.
pub const COOKIE: &str = "landfall";
/// How long a session lasts.
pub const LASTS: SignedDuration = SignedDuration::from_hours(12);

/// A signed-in person, as handlers see them.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Account.
    pub id: UserId,
    /// Name to show.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The unit they belong to.
    pub unit: Option<UnitId>,
    /// Token that every form carries.
    pub csrf: String,
    /// Display choices.
    pub prefs: Prefs,
    /// The zone's name.
    pub zone: String,
    /// Whether this is the sample zone.
    pub sample: bool,
    /// Address of the page being asked for.
    pub here: String,
    token: Vec<u8>,
}

impl Signed {
    /// The person as the journal names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User(self.id)
    }
    /// Whether this person may do `action` (for leaving out buttons; the guard decides).
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        may(self.role, action)
    }
    /// The session's secret token.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        &self.token
    }
    /// The text in this person's language.
    #[must_use]
    pub fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.prefs.lang.t(zh, en)
    }
}

impl FromRequestParts<App> for Signed {
    type Rejection = WebError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Signed, WebError> {
        parts.extensions.get::<Signed>().cloned().ok_or_else(|| {
            WebError::from(anyhow::anyhow!("a handler asked who is signed in on a route without a guard"))
        })
    }
}

/// Lets a request through when its session may do `action`; sends it to the sign-in page when it has none.
pub async fn guard(State((app, action)): State<(App, Action)>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let checked = check(&app, action, &parts).await;
    let mut request = Request::from_parts(parts, body);
    match checked {
        Ok(Some(signed)) => {
            request.extensions_mut().insert(signed);
            next.run(request).await
        }
        Ok(None) => {
            let here = request.uri().path_and_query().map_or("/", |p| p.as_str());
            let next = if request.method() == Method::GET && here != "/" {
                format!("/sign-in?next={}", crate::web::form::encode(here))
            } else {
                "/sign-in".to_string()
            };
            Redirect::to(&next).into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn check(app: &App, action: Action, request: &Parts) -> Result<Option<Signed>, WebError> {
    let Some(token) = cookie(&request.headers, COOKIE).and_then(unhex) else { return Ok(None) };
    let Some(session) = app.store.session(app.clock.now(), &token).await? else { return Ok(None) };
    if !may(session.user.role, action) {
        return Err(WebError::forbidden(
            "您的角色没有这项权限，请找管理员。",
            "Your role does not allow this; ask an administrator.",
        ));
    }
    Ok(Some(Signed {
        id: session.user.id,
        name: session.user.name,
        role: session.user.role,
        unit: session.user.unit,
        csrf: hex(&session.csrf),
        prefs: Prefs::read(&request.headers),
        zone: app.zone_name(Prefs::read(&request.headers).lang).await?,
        sample: app.config.sample,
        here: request.uri.path_and_query().map_or("/", |p| p.as_str()).to_string(),
        token,
    }))
}

/// Refuses forms that another site sends, the sign-in form too: nobody shall be signed in as somebody else unawares.
pub async fn refuse_foreign(request: Request, next: Next) -> Response {
    if request.method() != Method::GET && foreign(request.headers()) {
        let (zh, en) = ("请求来自其他网站，已拒绝。", "The request came from another site and was refused.");
        return WebError::forbidden(zh, en).into_response();
    }
    next.run(request).await
}

/// Whether a browser says that another site made this request.
fn foreign(headers: &HeaderMap) -> bool {
    matches!(headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()), Some("cross-site" | "same-site"))
}

/// The cookie that signs a browser in, or out when `token` is `None`.
#[must_use]
pub fn set_cookie(token: Option<&[u8]>, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    match token {
        Some(token) => {
            format!(
                "{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
                hex(token),
                LASTS.as_secs()
            )
        }
        None => format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Bytes of lower-case hexadecimal; `None` for anything else.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

/// `N` bytes from the operating system.
///
/// # Errors
/// The operating system has none.
#[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| anyhow::anyhow!("the operating system gave no randomness: {e}"))?;
    Ok(bytes)
}

/// Compares two texts in time that does not depend on where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}
