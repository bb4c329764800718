//! One connection of one user, kept open; opened again when the server has closed it.

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::net::TcpSocket;

/// What came back.
pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// A user's connection.
pub struct Client {
    server: SocketAddr,
    /// The address the user comes from: users of a zone do not share one computer, and limits are per address.
    from: IpAddr,
    cookie: String,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    pub fn new(number: u64, server: SocketAddr, cookie: &str) -> Client {
        let from = Ipv4Addr::new(127, 0, 1 + (number / 250) as u8, 1 + (number % 250) as u8);
        let from = if server.ip() == IpAddr::from(Ipv4Addr::LOCALHOST) {
            from.into()
        } else {
            Ipv4Addr::UNSPECIFIED.into()
        };
        Client { server, from, cookie: format!("landfall={cookie}"), open: None }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, method: Method, path: &str, form: Option<(&str, String)>) -> Result<Reply> {
        if self.open.as_ref().is_none_or(SendRequest::is_closed) {
            let socket = TcpSocket::new_v4()?;
            socket.bind((self.from, 0).into()).context("an address for the user")?;
            let stream = socket.connect(self.server).await.context("connecting")?;
            stream.set_nodelay(true)?;
            let (open, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::task::spawn_local(async move { connection.await.ok() });
            self.open = Some(open);
        }
        let open = self.open.as_mut().context("a connection")?;
        open.ready().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.server.to_string())
            .header("cookie", &self.cookie)
            .header("content-type", form.as_ref().map_or("text/plain", |(kind, _)| kind))
            .body(Full::from(form.map(|(_, body)| body).unwrap_or_default()))?;
        let answer = open.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status.as_u16(), body: String::from_utf8_lossy(&body).into_owned() })
    }
}
