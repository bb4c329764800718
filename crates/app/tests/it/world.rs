//! A running instance in a temporary folder, people signed in to it, and pages as they read them.

use app::account::password;
use app::app::App;
use app::cli::{demo, serve};
use app::clock::Clock;
use app::config::Config;
use app::import::worker;
use app::web::router::router;
use app::web::session::hex;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use domain::role::{Lang, Role};
use domain::user::{UnitId, UserId};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use store::user::NewUser;
use store::{Actor, Store};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

/// Companies outside the sample zone: few, so that a world is there at once.
const OTHERS: usize = 800;

/// The time in every test.
pub fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

/// One instance; its folder goes away with it.
pub struct World {
    pub app: App,
    router: Router,
    dir: Arc<TempDir>,
}

impl World {
    /// The sample zone on SQLite. It is made once; each test gets a copy of the folder.
    pub async fn new() -> World {
        static MADE: OnceCell<TempDir> = OnceCell::const_new();
        let made = MADE
            .get_or_init(|| async {
                let dir = TempDir::new().unwrap();
                let app = open(dir.path(), None).await;
                demo::seed_with(&app, OTHERS).await.unwrap();
                app.store.close().await;
                dir
            })
            .await;
        let dir = TempDir::new().unwrap();
        copy(made.path(), dir.path());
        World::over(dir, None).await
    }

    /// The sample zone in the given database or on SQLite.
    pub async fn sample(database: Option<String>) -> World {
        if database.is_none() {
            return World::new().await;
        }
        let world = World::empty(database).await;
        demo::seed_with(&world.app, OTHERS).await.unwrap();
        world
    }

    /// The same instance at another time.
    pub fn at(&self, time: &str) -> World {
        let mut app = self.app.clone();
        app.clock = Clock::Fixed(time.parse().unwrap());
        World { router: router(app.clone()), app, dir: self.dir.clone() }
    }

    /// The same instance with something changed in it.
    pub fn over_app(&self, app: App) -> World {
        World { router: router(app.clone()), app, dir: self.dir.clone() }
    }

    /// An instance with chains but without companies, in the given database or on SQLite.
    pub async fn empty(database: Option<String>) -> World {
        World::over(TempDir::new().unwrap(), database).await
    }

    async fn over(dir: TempDir, database: Option<String>) -> World {
        let app = open(dir.path(), database).await;
        World { router: router(app.clone()), app, dir: Arc::new(dir) }
    }

    /// The folder of the instance.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Somebody of this role, signed in.
    pub async fn as_role(&self, role: Role) -> Client {
        let (login, name) = (format!("test-{role}"), format!("测试{role}"));
        let id = match self.app.store.user_by_login(&login).await.unwrap() {
            Some((user, _)) => user.id,
            None => {
                let new = NewUser { login, name, role, unit: None, password_hash: None, lang: Lang::Zh };
                self.app.store.add_user(&Actor::System, now(), &new).await.unwrap().id
            }
        };
        self.sign_in(id).await
    }

    pub async fn sign_in(&self, id: UserId) -> Client {
        let (token, csrf) =
            (app::web::session::random::<32>().unwrap(), app::web::session::random::<32>().unwrap());
        let now = self.app.clock.now();
        let until = now + SignedDuration::from_hours(12);
        self.app.store.start_session(now, id, &token, &csrf, until).await.unwrap();
        let mut client = self.stranger();
        client.cookies.insert(app::web::session::COOKIE.into(), hex(&token));
        client.csrf = hex(&csrf);
        client
    }

    /// Somebody of this role who belongs to a unit, signed in.
    pub async fn as_member(&self, role: Role, unit: UnitId) -> Client {
        let (login, name) = (format!("test-{role}-{unit}"), format!("测试{role}{unit}"));
        let new = NewUser { login, name, role, unit: Some(unit), password_hash: None, lang: Lang::Zh };
        let id = self.app.store.add_user(&Actor::System, now(), &new).await.unwrap().id;
        self.sign_in(id).await
    }

    pub async fn admin(&self) -> Client {
        self.as_role(Role::Administrator).await
    }

    /// Nobody yet.
    pub fn stranger(&self) -> Client {
        Client { router: self.router.clone(), cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// Adds somebody with a password.
    pub async fn add_person(&self, login: &str, password: &str, role: Role) {
        let hash = password::hash(password, &[5; 16]).unwrap();
        let new = NewUser {
            login: login.into(),
            name: login.into(),
            role,
            unit: None,
            password_hash: Some(hash),
            lang: Lang::Zh,
        };
        self.app.store.add_user(&Actor::System, now(), &new).await.unwrap();
    }

    /// Lets the worker do all that waits.
    pub async fn work(&self) {
        while worker::step(&self.app).await.unwrap() {}
    }

    /// The short name of the snapshot that serves.
    pub fn snapshot(&self) -> String {
        self.app.engine.world().map(|w| w.id().to_string()).unwrap_or_default()
    }
}

async fn open(dir: &Path, database: Option<String>) -> App {
    let config = Config {
        data_dir: dir.to_path_buf(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database,
        sample: true,
        https: false,
        trust_proxy: false,
        public: None,
        sm2: false,
        coop_every: app::config::COOP_EVERY,
    };
    let clock = Clock::Fixed(now());
    let store = Store::open(&config.database(), now()).await.unwrap();
    let app = App::new(config, store, clock);
    serve::keep_builtin(&app).await.unwrap();
    app.engine.reload().unwrap();
    app
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A browser without scripts: keeps cookies, follows nothing by itself.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookies: BTreeMap<String, String>,
    /// Token of the forms of this session.
    pub csrf: String,
}

impl Client {
    /// The same person reading English.
    pub fn english(&self) -> Client {
        let mut client = self.clone();
        client.cookies.insert("lang".into(), "en".into());
        client
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Gets a page that must be there.
    pub async fn page(&mut self, path: &str) -> Page {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        reply.page()
    }

    /// Sends a form with this session's token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post_bare(path, &all).await
    }

    /// Sends exactly these fields.
    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body =
            fields.iter().map(|(k, v)| format!("{k}={}", app::web::form::encode(v))).collect::<Vec<_>>();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(request).await
    }

    /// Sends a form with a file, the token first.
    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: &str, bytes: &[u8]) -> Reply {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.upload_bare(path, &all, file, bytes).await
    }

    /// Sends a form with a file in the field of this name.
    pub async fn upload_field(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        field: &str,
        file: &str,
        bytes: &[u8],
    ) -> Reply {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.send_file(path, &all, field, file, bytes).await
    }

    pub async fn upload_bare(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: &str,
        bytes: &[u8],
    ) -> Reply {
        self.send_file(path, fields, "file", file, bytes).await
    }

    async fn send_file(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        field: &str,
        file: &str,
        bytes: &[u8],
    ) -> Reply {
        const EDGE: &str = "----landfall-test-edge";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend_from_slice(
                format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        body.extend_from_slice(
            format!(
                "--{EDGE}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// A request with this person's cookies.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let builder = Request::builder().method(method).uri(path);
        if cookies.is_empty() { builder } else { builder.header(header::COOKIE, cookies.join("; ")) }
    }

    pub async fn send(&mut self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn page(&self) -> Page {
        Page(Html::parse_document(&self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Where a redirect goes.
    #[track_caller]
    pub fn goes_to(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.header("location").to_string()
    }
}

/// A page as a reader sees it.
pub struct Page(pub Html);

impl Page {
    pub fn all(&self, css: &str) -> Vec<ElementRef<'_>> {
        self.0.select(&Selector::parse(css).unwrap()).collect()
    }

    #[track_caller]
    pub fn one(&self, css: &str) -> ElementRef<'_> {
        let found = self.all(css);
        assert_eq!(found.len(), 1, "{css} in {}", self.text("body"));
        found[0]
    }

    /// The texts of what a selector finds, white space folded.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.all(css).into_iter().map(text).collect()
    }

    pub fn text(&self, css: &str) -> String {
        self.texts(css).join(" | ")
    }

    /// The token that this page's forms carry.
    #[track_caller]
    pub fn csrf(&self) -> String {
        self.all("input[name=csrf]").first().unwrap().value().attr("value").unwrap().to_string()
    }

    pub fn value(&self, css: &str) -> String {
        self.one(css).value().attr("value").unwrap_or_default().to_string()
    }
}

/// The text of an element, white space folded.
pub fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The elements below one that a selector finds.
pub fn within<'a>(element: ElementRef<'a>, css: &str) -> Vec<ElementRef<'a>> {
    element.select(&Selector::parse(css).unwrap()).collect()
}
