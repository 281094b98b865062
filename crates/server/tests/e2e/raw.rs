//! Clients that speak HTTP badly: bytes on a socket.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

use crate::support::Server;

/// Longer than any server waits here.
const PATIENCE: Duration = Duration::from_mins(1);
/// As little as a client can take at a time; the kernel makes it more.
const SMALL_WINDOW: u32 = 4096;

/// A connection on which anything can be sent.
pub(crate) struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub(crate) async fn connect(server: &Server) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(SMALL_WINDOW).unwrap();
        let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
        Self(socket.connect(address).await.unwrap())
    }

    /// Connects and sends that.
    pub(crate) async fn sending(server: &Server, text: &str) -> Self {
        let mut raw = Self::connect(server).await;
        raw.send(text).await;
        raw
    }

    /// Sends that.
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends nothing any more, but listens.
    pub(crate) async fn end(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// What comes until what is wanted is there.
    pub(crate) async fn read_until(&mut self, wanted: &str) -> String {
        let mut text = String::new();
        let reading = async {
            while !text.contains(wanted) {
                let mut chunk = [0; 1024];
                let count = self.0.read(&mut chunk).await.unwrap();
                assert!(count > 0, "{wanted} never came: {text}");
                text.push_str(&String::from_utf8_lossy(&chunk[..count]));
            }
        };
        timeout(PATIENCE, reading).await.unwrap();
        text
    }

    /// Waits until the server has ended the connection, and returns what it said
    /// before.
    pub(crate) async fn until_cut(mut self) -> String {
        let mut bytes = Vec::new();
        // Who is cut off with something unread gets a reset.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("it is cut");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Sends that, again and again with pauses, until the server has ended the
    /// connection.
    pub(crate) async fn drip_until_cut(mut self, text: &str) {
        let began = Instant::now();
        let mut nothing = [0; 4096];
        loop {
            assert!(began.elapsed() < PATIENCE, "it was never cut");
            if self.0.write_all(text.as_bytes()).await.is_err() {
                return;
            }
            match timeout(Duration::from_millis(100), self.0.read(&mut nothing)).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(_)) => {}
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }
}
