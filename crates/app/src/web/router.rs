//! Every URL, in reading order, each with what a role must be allowed to do to reach it.

use crate::account::{self, preferences, sign_in, welcome};
use crate::app::App;
use crate::web::api::ApiError;
use crate::web::error::WebError;
use crate::web::{api, assets, error, rate, session};
use crate::{audit, chain, company, event, import, overview, settings, target};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any, get, on, post};
use domain::limits;
use domain::role::Action;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

/// A guarded route, for the test that walks them all.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Method.
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// What the guard asks for.
    pub action: Action,
}

/// The whole site.
pub fn router(app: App) -> Router {
    let guarded = guarded(app.clone());
    let public = Router::new()
        .route("/sign-in", get(sign_in::get).post(sign_in::post))
        .route("/welcome/{token}", get(welcome::get).post(welcome::post))
        .route("/preferences", post(preferences::post))
        .route_layer(from_fn_with_state(app.clone(), rate::of_address));
    Router::new()
        .merge(public)
        .route("/healthz", get(health))
        .route("/api/{*rest}", any(api::missing))
        .route("/assets/{name}", get(assets::get))
        .merge(guarded.router)
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), error::name_place))
        .layer(from_fn(session::refuse_foreign))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES))
        .layer(CompressionLayer::new().compress_when(
            SizeAbove::new(1024).and(NotForContentType::new("application/vnd.openxml")).and(Uncoded),
        ))
        .layer(SetResponseHeaderLayer::overriding(HeaderName::from_static("content-security-policy"), CSP))
        .layer(SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, NO_STORE))
        .layer(SetResponseHeaderLayer::overriding(header::REFERRER_POLICY, SAME_ORIGIN))
        .layer(SetResponseHeaderLayer::overriding(header::X_FRAME_OPTIONS, DENY))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

/// Every guarded route of pages.
#[must_use]
pub fn rules(app: App) -> Vec<Rule> {
    guarded(app).rules
}

/// Every route of programs.
#[must_use]
pub fn api_rules(app: App) -> Vec<Rule> {
    guarded(app).api_rules
}

fn guarded(app: App) -> Routes {
    use Action::{
        EditChains, EditEvents, EditSettings, EditTeam, EditWeights, Export, Import, ManageRoles,
        ManageUsers, ReadJournal, ReadProjects, Refuse, View,
    };
    Routes { app, router: Router::new(), rules: Vec::new(), api_rules: Vec::new() }
        .get("/", View, overview::get)
        .post("/sign-out", View, sign_in::out)
        .get("/chains", View, chain::board::first)
        .get("/chains/{chain}", View, chain::board::get)
        .get("/chains/{chain}/{segment}", View, chain::segment::get)
        .get("/targets", View, target::list::get)
        .get("/targets.xlsx", Export, target::export::get)
        .get("/companies", View, company::search::get)
        .get("/companies/{key}", View, company::profile::get)
        .post("/companies/{key}/refusals", Refuse, company::refuse::post)
        .post("/companies/{key}/refusals/{id}/end", Refuse, company::refuse::end)
        .post("/companies/{key}/leader", EditChains, company::leader::post)
        .get("/imports", View, import::list::get)
        .upload("/imports", Import, import::upload::post)
        .get("/imports/new/{file}", Import, import::mapping::get)
        .post("/imports/new/{file}", Import, import::mapping::post)
        .get("/imports/{id}", View, import::status::get)
        .post("/imports/{id}/cancel", Import, import::status::cancel)
        .get("/imports/{id}/rejects.csv", Export, import::status::rejects)
        .get("/events", ReadProjects, event::list::get)
        .post("/events", EditEvents, event::edit::add)
        .get("/events/new", EditEvents, event::edit::new)
        .get("/events/outcomes", ReadProjects, event::outcomes::get)
        .get("/events/{id}", ReadProjects, event::show::get)
        .post("/events/{id}", EditEvents, event::edit::post)
        .get("/events/{id}/edit", EditEvents, event::edit::get)
        .post("/events/{id}/end", EditEvents, event::edit::end)
        .post("/events/{id}/guests", EditEvents, event::guests::add)
        .post("/events/{id}/guests/{guest}/settle", EditEvents, event::guests::settle)
        .post("/events/{id}/guests/{guest}/end", EditEvents, event::guests::end)
        .post("/events/{id}/costs", EditEvents, event::guests::add_cost)
        .post("/events/{id}/costs/{cost}/end", EditEvents, event::guests::end_cost)
        .get("/settings", View, settings::zone::get)
        .post("/settings", EditSettings, settings::zone::post)
        .get("/settings/weights", View, settings::weights::get)
        .post("/settings/weights", EditWeights, settings::weights::post)
        .get("/settings/chains", View, settings::chains::get)
        .upload("/settings/chains", EditChains, settings::chains::upload)
        .post("/settings/chains/{id}", EditChains, settings::chains::enable)
        .get("/settings/chain-files/{file}", Export, settings::chains::download)
        .get("/settings/residents", View, settings::residents::get)
        .post("/settings/residents/settle", EditSettings, settings::residents::settle)
        .post("/settings/residents/end", EditSettings, settings::residents::end)
        .get("/settings/refusals", View, settings::lists::refusals)
        .get("/settings/columns", View, settings::lists::columns)
        .get("/settings/people", View, settings::people::get)
        .post("/settings/people", ManageUsers, settings::people::post)
        .post("/settings/people/{id}", ManageRoles, settings::people::assign)
        .post("/settings/people/{id}/end", ManageUsers, settings::people::end)
        .post("/settings/people/{id}/link", ManageUsers, settings::people::link)
        .get("/settings/units", View, settings::units::get)
        .post("/settings/units", EditTeam, settings::units::post)
        .post("/settings/units/{id}", EditTeam, settings::units::rename)
        .post("/settings/units/{id}/end", EditTeam, settings::units::end)
        .get("/settings/access", View, settings::access::get)
        .post("/settings/access", ManageRoles, settings::access::post)
        .post("/settings/access/separate", ManageUsers, settings::access::separate)
        .post("/settings/access/join", ManageRoles, settings::access::join)
        .get("/settings/tokens", View, settings::tokens::get)
        .post("/settings/tokens", View, settings::tokens::post)
        .post("/settings/tokens/{id}/end", View, settings::tokens::end)
        .get("/audit", ReadJournal, audit::get)
        .api_get("/api/v1/me", View, account::api::get)
        .api_post("/api/v1/me/end", View, account::api::end)
}

struct Routes {
    app: App,
    router: Router<App>,
    rules: Vec<Rule>,
    api_rules: Vec<Rule>,
}

impl Routes {
    fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, action: Action, handler: H) -> Routes {
        self.add(Method::GET, path, action, get(handler))
    }

    fn post<H: Handler<T, App>, T: 'static>(self, path: &'static str, action: Action, handler: H) -> Routes {
        self.add(Method::POST, path, action, on(axum::routing::MethodFilter::POST, handler))
    }

    /// A form with a file: the handler itself streams it to disk under its own limit.
    fn upload<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        action: Action,
        handler: H,
    ) -> Routes {
        self.add(Method::POST, path, action, post(handler).layer(DefaultBodyLimit::disable()))
    }

    /// A route for programs under [`api::ROOT`], which come with an access token.
    fn api_get<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        action: Action,
        handler: H,
    ) -> Routes {
        self.api(Method::GET, path, action, get(handler))
    }

    /// As [`Routes::api_get`], for changes.
    fn api_post<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        action: Action,
        handler: H,
    ) -> Routes {
        self.api(Method::POST, path, action, post(handler))
    }

    fn api(mut self, method: Method, path: &'static str, action: Action, route: MethodRouter<App>) -> Routes {
        debug_assert!(path.starts_with(api::ROOT), "{path}");
        let guard = from_fn_with_state((self.app.clone(), action), api::guard);
        self.router = self.router.route(path, route.route_layer(guard));
        self.api_rules.push(Rule { method, path, action });
        self
    }

    fn add(mut self, method: Method, path: &'static str, action: Action, route: MethodRouter<App>) -> Routes {
        let guard = from_fn_with_state((self.app.clone(), action), session::guard);
        self.router = self.router.route(path, route.route_layer(guard));
        self.rules.push(Rule { method, path, action });
        self
    }
}

const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
/// Pages are about one person or hold a one-time link; no cache may keep them. Assets say otherwise of themselves.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");

/// Precompressed assets are left alone.
#[derive(Clone, Copy, Debug)]
struct Uncoded;

impl tower_http::compression::Predicate for Uncoded {
    fn should_compress<B>(&self, response: &axum::http::Response<B>) -> bool
    where
        B: axum::body::HttpBody,
    {
        !response.headers().contains_key(header::CONTENT_ENCODING)
    }
}

async fn health(State(app): State<App>) -> Result<&'static str, WebError> {
    app.store.ping().await?;
    Ok("ok\n")
}

async fn wrong_method(uri: Uri) -> Response {
    let error = WebError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "这个地址不接受这种请求方法。",
        "This address does not take this method.",
    );
    if uri.path().starts_with(api::ROOT) {
        ApiError::from(error).into_response()
    } else {
        error.into_response()
    }
}

async fn missing() -> WebError {
    WebError::not_found("没有这个页面。", "There is no such page.")
}
