//! What one user does: four reads to one write, with a pause of random length between.

use crate::client::{Client, Reply};
use anyhow::{Context as _, Result};
use hyper::Method;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What there is to read and write.
#[derive(Clone)]
pub struct World {
    /// Projects are numbered 1 … this.
    pub projects: u64,
    pub users: u64,
    /// Today, for what is recorded.
    pub day: String,
    /// Paths that are left out, separated by commas.
    pub without: String,
}

/// One request: its kind, its time, what was wrong.
pub struct Answer {
    pub kind: &'static str,
    pub time: Duration,
    pub error: Option<String>,
}

/// One signed-in user.
pub struct User {
    number: u64,
    client: Client,
    csrf: String,
    world: World,
    random: u64,
    answers: Vec<Answer>,
}

const LISTS: [&str; 6] = [
    "/projects",
    "/projects?sort=-planned",
    "/projects?stage=signed&sort=-signed",
    "/projects?q=%E5%82%A8%E8%83%BD",
    "/projects?least=10000&sort=name",
    "/projects?officer=7&page=2",
];
const BOUNDARY: &str = "landfall-bench-load";

impl User {
    pub fn new(number: u64, server: SocketAddr, session: &str, world: World) -> User {
        let (cookie, csrf) = session.split_once(' ').unwrap_or((session, ""));
        let (client, csrf) = (Client::new(number, server, cookie), csrf.to_string());
        User {
            number,
            client,
            csrf,
            world,
            random: number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            answers: Vec::new(),
        }
    }

    /// Works until the time is over. `think` is the mean pause in milliseconds; pauses lie evenly between half and one and a half.
    pub async fn work(mut self, until: Instant, think: u64) -> Result<Vec<Answer>> {
        // Users do not begin at the same moment.
        let first = self.below(think.max(1));
        tokio::time::sleep(Duration::from_millis(first)).await;
        while Instant::now() < until {
            match self.below(100) {
                0..20 => self.write().await,
                20..40 => self.read("desk", "/desk".to_string()).await,
                40..60 => {
                    let list = LISTS[self.below(LISTS.len() as u64) as usize].to_string();
                    self.read("projects", list).await
                }
                60..85 => {
                    let project = 1 + self.below(self.world.projects);
                    self.read("project", format!("/projects/{project}")).await
                }
                _ => self.read("figures", "/figures".to_string()).await,
            };
            let pause = think / 2 + self.below(think.max(1));
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(self.answers)
    }

    async fn read(&mut self, kind: &'static str, path: String) {
        if !self.world.without.split(',').any(|p| p == path) {
            self.ask(kind, Method::GET, &path, None, 200).await;
        }
    }

    /// Opens the form for a note on a project that no other user writes to, and sends it.
    async fn write(&mut self) {
        let own = self.below((self.world.projects / self.world.users).max(1)) * self.world.users;
        let project = 1 + (own + self.number) % self.world.projects;
        let path = format!("/projects/{project}/record?kind=note");
        let Some(form) = self.ask("form of a fact", Method::GET, &path, None, 200).await else { return };
        let Some(seen) = between(&form.body, "name=\"seen\" value=\"", "\"") else {
            let error = Some("the form of a fact has no field `seen`".to_string());
            return self.answers.push(Answer { kind: "form of a fact", time: Duration::ZERO, error });
        };
        let mut body = String::new();
        let (day, csrf) = (&self.world.day, &self.csrf);
        let note = format!("压测记录 {}", self.answers.len());
        #[rustfmt::skip]
        let fields = [
            ("csrf", csrf.as_str()), ("seen", seen), ("kind", "note"), ("effective", day), ("counts", day),
            ("value.note", &note),
        ];
        for (name, value) in fields {
            body += &format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += &format!("--{BOUNDARY}--\r\n");
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.ask(
            "record a fact",
            Method::POST,
            &format!("/projects/{project}/facts"),
            Some((&kind, body)),
            303,
        )
        .await;
    }

    /// One request, measured from sending to the last byte of the answer; `None` when it is not the answer that was due.
    async fn ask(
        &mut self,
        kind: &'static str,
        method: Method,
        path: &str,
        form: Option<(&str, String)>,
        due: u16,
    ) -> Option<Reply> {
        let began = Instant::now();
        let reply = self.client.send(method, path, form).await.context(kind);
        let time = began.elapsed();
        let error = match &reply {
            Ok(reply) if reply.status == due => None,
            Ok(reply) => {
                let said = between(&reply.body, "<h1>", "</h1>").unwrap_or_default();
                Some(format!("{kind}: {} instead of {due}: {said}", reply.status))
            }
            Err(error) => Some(format!("{error:#}")),
        };
        let good = error.is_none();
        self.answers.push(Answer { kind, time, error });
        reply.ok().filter(|_| good)
    }

    /// 0 … `n` − 1 (xorshift).
    fn below(&mut self, n: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % n
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let from = text.find(before)? + before.len();
    let to = text[from..].find(after)?;
    Some(&text[from..from + to])
}
