//! Every URL, in reading order, each with what a role must be allowed to do to reach it.

use crate::account::{preferences, sign_in, welcome};
use crate::app::App;
use crate::web::api::ApiError;
use crate::web::error::WebError;
use crate::web::{api, assets, error, rate, session};
use crate::{
    audit, capital, chain, company, cooperation, dataspace, desk, event, evidence, figure, import, inventory,
    land, lead, offer, overview, plan, policy, project, report, review, scenario, settings, target, team,
};
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
        .route("/dsp-data/{pid}", get(dataspace::data::get))
        .route(cooperation::trust::PATH, get(cooperation::trust::document))
        .merge(dataspace::wire::routes())
        .merge(guarded.router)
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), error::name_place))
        .layer(from_fn(session::refuse_foreign))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES))
        .layer(CompressionLayer::new().compress_when(
            SizeAbove::new(1024).and(NotForContentType::new("application/vnd.openxml")).and(Uncoded),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static("content-security-policy"),
            CSP,
        ))
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

#[expect(clippy::too_many_lines, reason = "one line per address, in reading order")]
fn guarded(app: App) -> Routes {
    use Action::*;
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
        .get("/desk", ReadProjects, desk::get)
        .get("/leads", ReadProjects, lead::list::get)
        .post("/leads", RegisterLead, lead::new::post)
        .get("/leads/new", RegisterLead, lead::new::get)
        .get("/leads/check", RegisterLead, lead::check::get)
        .post("/leads/check", RegisterLead, lead::new::check)
        .get("/leads/rules", ReadProjects, lead::rules::get)
        .post("/leads/rules", EditRules, lead::rules::post)
        .get("/leads/conflicts", ReadProjects, lead::conflict::list)
        .get("/leads/conflicts/{id}", ReadProjects, lead::conflict::get)
        .post("/leads/conflicts/{id}/settle", SettleConflict, lead::conflict::settle)
        .post("/leads/conflicts/{id}/appeal", RegisterLead, lead::conflict::appeal)
        .post("/leads/credit/{id}/confirm", RegisterLead, lead::act::confirm)
        .post("/leads/credit/{id}/decline", RegisterLead, lead::act::decline)
        .get("/leads/{id}", ReadProjects, lead::show::get)
        .post("/leads/{id}", RegisterLead, lead::act::edit)
        .post("/leads/{id}/contacts", RegisterLead, lead::act::contact)
        .post("/leads/{id}/handover", RegisterLead, lead::act::hand_over)
        .post("/leads/{id}/release", RegisterLead, lead::act::release)
        .post("/leads/{id}/convert", RecordFact, lead::act::convert)
        .post("/leads/{id}/credit", RegisterLead, lead::act::credit)
        .get("/imports", View, import::list::get)
        .upload("/imports", Import, import::upload::post)
        .get("/imports/projects", ReadProjects, import::project::list::get)
        .upload("/imports/projects", ImportProjects, import::project::list::post)
        .get("/imports/projects/{file}", ImportProjects, import::project::preview::get)
        .post("/imports/projects/{file}", ImportProjects, import::project::preview::post)
        .post("/imports/projects/{file}/confirm", ImportProjects, import::project::confirm::post)
        .get("/imports/projects/{file}/rejects.csv", ImportProjects, import::project::preview::rejects)
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
        .get("/team", ReadProjects, team::overview::get)
        .get("/team/done", ReadProjects, team::done::get)
        .get("/team/goals", ReadProjects, team::goals::get)
        .post("/team/goals", EditTeam, team::goals::post)
        .get("/team/formula", ReadProjects, team::formula::get)
        .upload("/team/formula", EditTeam, team::formula::upload)
        .get("/team/formula/{file}", ReadProjects, team::formula::download)
        .get("/team/people/{id}", ReadProjects, team::person::get)
        .get("/team/assessment.xlsx", Export, team::export::get)
        .get("/figures", ReadProjects, figure::list::get)
        .get("/figures/definitions", ReadProjects, figure::definitions::get)
        .post("/figures/definitions", EditRules, figure::definitions::post)
        .get("/figures/rates", ReadProjects, figure::rates::get)
        .post("/figures/rates", EditRules, figure::rates::post)
        .get("/figures/export.xlsx", Export, report::export::open)
        .get("/figures/{id}", ReadProjects, figure::show::get)
        .get("/reports", ReadProjects, report::list)
        .post("/reports", ClosePeriod, report::close)
        .get("/reports/{id}", ReadProjects, report::get)
        .get("/reports/{id}/export.xlsx", Export, report::export::closed)
        .post("/reports/{id}/seal", ClosePeriod, report::finish)
        .get("/reports/{id}/restatement", ReadProjects, report::restatement)
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
        .post("/audit/export", ReadJournal, audit::export)
        .get("/projects", ReadProjects, project::list::get)
        .get("/projects.xlsx", Export, project::export::get)
        .get("/projects/board", ReadProjects, project::board::get)
        .get("/projects/new", RecordFact, project::new::get)
        .post("/projects/new", RecordFact, project::new::post)
        .get("/projects/{id}", ReadProjects, project::page::get)
        .get("/projects/{id}/stage", RecordFact, project::stage::get)
        .upload("/projects/{id}/stage", RecordFact, project::stage::post)
        .get("/projects/{id}/record", RecordFact, project::record::get)
        .upload("/projects/{id}/facts", RecordFact, project::record::post)
        .get("/projects/{id}/facts/{fact}", ReadProjects, project::fact::get)
        .post("/projects/{id}/facts/{fact}", CorrectFact, project::fact::post)
        .get("/projects/{id}/access", ReadProjects, project::access::get)
        .post("/projects/{id}/access", RecordFact, project::access::post)
        .post("/projects/{id}/reviews", RecordFact, review::round::open)
        .get("/land/map", ReadProjects, land::map::get)
        .get("/land/allocation", ReadProjects, land::allocate::get)
        .get("/land/programme", ReadProjects, land::programme::get)
        .get("/land/evaluation", ReadProjects, land::evaluation::get)
        .get("/projects/{id}/match", ReadProjects, land::find::get)
        .post("/projects/{id}/match", EditLand, land::find::post)
        .get("/capital", ReadProjects, capital::page::get)
        .get("/policies", ReadProjects, policy::library::list)
        .get("/policies/{id}", ReadProjects, policy::library::show)
        .get("/policies/companies/{id}", ReadProjects, policy::claim::company)
        .get("/projects/{id}/policies", ReadProjects, policy::claim::project)
        .get("/scenarios", ReadProjects, scenario::list::get)
        .get("/scenarios/{id}", ReadProjects, scenario::fit::get)
        .get("/inventory/{kind}", ReadProjects, inventory::list::get)
        .get("/inventory/{kind}/new", RecordFact, inventory::edit::new)
        .post("/inventory/{kind}/new", RecordFact, inventory::edit::add)
        .get("/inventory/{kind}/export.xlsx", Export, inventory::export::get)
        .get("/inventory/{kind}/import", RecordFact, inventory::bring::form)
        .upload("/inventory/import", RecordFact, inventory::bring::receive_file)
        .get("/inventory/{kind}/import/{file}", RecordFact, inventory::bring::preview)
        .post("/inventory/{kind}/import/{file}", RecordFact, inventory::bring::confirm)
        .get("/inventory/items/{id}", ReadProjects, inventory::show::get)
        .get("/inventory/items/{id}/change", RecordFact, inventory::edit::get)
        .post("/inventory/items/{id}/change", RecordFact, inventory::edit::post)
        .post("/inventory/items/{id}/hold", RecordFact, inventory::act::hold)
        .post("/inventory/items/{id}/end", RecordFact, inventory::act::end)
        .post("/inventory/holds/{id}/end", RecordFact, inventory::act::end_hold)
        .get("/projects/{id}/plan", ReadProjects, plan::page::get)
        .get("/projects/{id}/brief.pdf", Export, plan::brief::pdf)
        .get("/projects/{id}/brief.docx", Export, plan::brief::docx)
        .get("/projects/{id}/opinion.pdf", Export, plan::opinion::pdf)
        .get("/projects/{id}/opinion.docx", Export, plan::opinion::docx)
        .post("/offers/lines/{id}/opinion", ReviewOffer, plan::opinion::post)
        .get("/offers/sweep", ReadProjects, plan::sweep::get)
        .get("/offers/check", ReadProjects, offer::check::get)
        .get("/offers/rules", ReadProjects, offer::rules::get)
        .get("/reviews", ReadProjects, review::list::get)
        .get("/reviews/{id}", ReadProjects, review::answer::get)
        .post("/reviews/{id}", Review, review::answer::post)
        .get("/dataspace", ReadProjects, dataspace::page::get)
        .upload("/dataspace/upload", ShareData, dataspace::publish::upload)
        .post("/dataspace/ready/{word}", ShareData, dataspace::ready::post)
        .get("/dataspace/publish/{file}", ShareData, dataspace::publish::get)
        .post("/dataspace/publish/{file}", ShareData, dataspace::publish::post)
        .post("/dataspace/assets/{id}/end", ShareData, dataspace::publish::end)
        .post("/dataspace/peers", ShareData, dataspace::peer::add)
        .get("/dataspace/peers/{id}", ShareData, dataspace::peer::get)
        .post("/dataspace/peers/{id}/end", ShareData, dataspace::peer::end)
        .post("/dataspace/peers/{id}/request", ShareData, dataspace::peer::request)
        .get("/dataspace/exchanges/{id}", ReadProjects, dataspace::exchange::get)
        .post("/dataspace/exchanges/{id}", ShareData, dataspace::exchange::post)
        .post("/dataspace/exchanges/{id}/read", ShareData, dataspace::exchange::read)
        .post("/dataspace/exchanges/{id}/take", ShareData, dataspace::take::begin)
        .post("/dataspace/exchanges/{id}/take/cancel", ShareData, dataspace::take::cancel)
        .get("/dataspace/exchanges/{id}/copies/{copy}", Export, dataspace::take::download)
        .post("/dataspace/peers/{id}/hosts", ShareData, dataspace::peer::hosts)
        .get("/dataspace/agreements/{id}", ReadProjects, dataspace::agreement::get)
        .get("/dataspace/agreements/{id}/signed.json", Export, dataspace::agreement::signed_file)
        .upload("/dataspace/agreements/{id}/duties", ShareData, dataspace::duty::post)
        .post("/dataspace/agreements/{id}/transfer", ShareData, dataspace::agreement::transfer)
        .post("/dataspace/agreements/{id}/revoke", ShareData, dataspace::agreement::revoke)
        .get("/cooperation", ReadProjects, cooperation::list::get)
        .get("/cooperation/trust", ReadProjects, cooperation::trust::get)
        .post("/cooperation/trust", ShareData, cooperation::trust::add)
        .post("/cooperation/trust/{id}/end", ShareData, cooperation::trust::end)
        .get("/cooperation/{id}", ReadProjects, cooperation::show::get)
        .post("/cooperation/{id}/sync", ShareData, cooperation::lead::sync)
        .post("/cooperation/{id}/leads", ShareData, cooperation::lead::hand)
        .post("/cooperation/{id}/take", ShareData, cooperation::lead::take)
        .post("/cooperation/leads/{id}/register", ShareData, cooperation::lead::enter)
        .get("/files/{sha256}", ReadProjects, evidence::serve::get)
        .programs(crate::api::endpoints())
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

    /// The endpoints for programs, under [`api::ROOT`], which come with an access token.
    fn programs(self, endpoints: Vec<crate::api::Endpoint>) -> Routes {
        endpoints.into_iter().fold(self, |routes, e| routes.api(e.method, e.path, e.action, e.route))
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
