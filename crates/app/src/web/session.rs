//! Who is asking, and whether they may: one guard in front of every route that is not public.

use crate::app::App;
use crate::web::api::ROOT;
use crate::web::chrome::{Prefs, cookie};
use crate::web::error::WebError;
use crate::web::rate::too_many;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::limits;
use domain::mask::{mask, mask_json};
use domain::role::{Action, Role, may, may_separated};
use domain::scope::{Reading, Scope, reads, writes};
use domain::user::{UnitId, User, UserId};
use domain::zone::ZoneSettings;
use jiff::SignedDuration;
use std::borrow::Cow;
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
    /// Whether the zone separates the duties of its keepers.
    pub separated: bool,
    /// Who may read records in this zone.
    pub reading: Reading,
    /// What the access token of a program may do; `None` for a person in a browser.
    only: Option<Vec<Action>>,
    token: Vec<u8>,
}

/// Whether a role may do `action` in a zone that separates duties, or in one that does not.
#[must_use]
pub fn allowed(role: Role, action: Action, separated: bool) -> bool {
    if separated { may_separated(role, action) } else { may(role, action) }
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
        allowed(self.role, action, self.separated) && self.only.as_ref().is_none_or(|o| o.contains(&action))
    }
    /// Whose records this person may write.
    #[must_use]
    pub fn scope(&self) -> Scope {
        writes(self.role, self.unit)
    }
    /// Refuses to write a record of `unit` (`None`: of no unit) that lies outside this person's scope.
    ///
    /// # Errors
    /// 403 with the reason.
    pub fn may_write_unit(&self, unit: Option<UnitId>) -> Result<(), WebError> {
        if self.scope().covers(unit) {
            return Ok(());
        }
        let unit_less = self.unit.is_none();
        Err(if unit_less && self.scope() == Scope::Unassigned {
            WebError::forbidden(
                "这条记录属于某个部门，而您的账号还没有所属部门；请找管理员在“设置 · 人员”里设定。",
                "This record belongs to a unit and your account to none; an administrator sets it under Settings, People.",
            )
        } else {
            WebError::forbidden(
                "这条记录属于别的部门，您只能修改本部门的记录；需要改动请联系该部门。",
                "This record belongs to another unit; you can change records of your own unit only. Ask that unit.",
            )
        })
    }
    /// Whether this person may read the records behind a project or a lead of `unit`; its name and stage they see anyway.
    #[must_use]
    pub fn sees_unit(&self, unit: Option<UnitId>) -> bool {
        reads(self.role, self.unit, self.reading).covers(unit)
    }
    /// Whether this person may read the records of every unit.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        reads(self.role, self.unit, self.reading) == Scope::All
    }
    /// Text as this person may read it: phone and identity numbers whole, or hidden.
    #[must_use]
    pub fn contacts<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.may(Action::SeeContacts) { Cow::Borrowed(text) } else { mask(text) }
    }
    /// JSON (of the journal) as this person may read it: phone and identity numbers in its texts whole, or hidden.
    #[must_use]
    pub fn contacts_of_json(&self, json: &str) -> String {
        if self.may(Action::SeeContacts) { json.to_string() } else { mask_json(json) }
    }
    /// A program that comes with an access token for `actions`. It has no session, so no form takes it.
    #[must_use]
    pub fn program(
        user: User,
        zone: &ZoneSettings,
        headers: &HeaderMap,
        sample: bool,
        here: &str,
        actions: Vec<Action>,
    ) -> Signed {
        let person = Signed::person(user, zone, headers, sample, here);
        Signed { only: Some(actions), ..person }
    }

    fn person(user: User, zone: &ZoneSettings, headers: &HeaderMap, sample: bool, here: &str) -> Signed {
        let prefs = Prefs::read(headers);
        Signed {
            id: user.id,
            name: user.name,
            role: user.role,
            unit: user.unit,
            csrf: String::new(),
            prefs,
            zone: zone.title(prefs.lang).to_string(),
            sample,
            here: here.to_string(),
            separated: zone.separated,
            reading: zone.scope,
            only: None,
            token: Vec::new(),
        }
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
    let (now, zone) = (app.clock.now(), app.store.zone().await?.map(|z| z.settings).unwrap_or_default());
    let Some(session) = app.store.session(now, &token, zone.idle()).await? else { return Ok(None) };
    if request.method != Method::GET {
        let key = format!("session:{}", hex(&token[..token.len().min(8)]));
        if !app.throttle.rate.allow(&key, limits::POSTS_PER_MINUTE, now) {
            return Err(too_many());
        }
    }
    if !allowed(session.user.role, action, zone.separated) {
        return Err(WebError::forbidden(
            "您的角色没有这项权限，请找管理员。",
            "Your role does not allow this; ask an administrator.",
        ));
    }
    // Reading goes on while the database cannot be written.
    if let Err(error) = app.store.touch_session(now, &token, session.seen).await {
        tracing::warn!(error = error.to_string(), "cannot keep when a session was used");
    }
    let here = request.uri.path_and_query().map_or("/", |p| p.as_str());
    let person = Signed::person(session.user, &zone, &request.headers, app.config.sample, here);
    Ok(Some(Signed { csrf: hex(&session.csrf), token, ..person }))
}

/// Refuses forms that another site sends, the sign-in form too: nobody shall be signed in as somebody else unawares.
pub async fn refuse_foreign(request: Request, next: Next) -> Response {
    // Nothing that a browser sends by itself counts under `/api/`.
    let ambient = !request.uri().path().starts_with(ROOT);
    if ambient && request.method() != Method::GET && foreign(request.headers()) {
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
