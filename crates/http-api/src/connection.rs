//! A connection that is cut off when its client stalls.
//!
//! actix-web bounds the time for the head of the first request of a connection, and
//! for none between two. A later head that comes a byte at a time, a body that no
//! handler reads and that never ends, and an answer that its client does not take
//! would keep a connection for ever. What is bounded here is therefore what they have
//! in common: nothing is sent to the client.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use crate::{
    HttpMetrics,
    metrics::{Cut, OpenConnection},
};

/// How long the client of a connection may stall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StallBounds {
    /// From the last that was sent to it until the head of its next request is there.
    pub(crate) request: Duration,
    /// While it is sent an answer and takes nothing of it.
    pub(crate) answer: Duration,
}

/// A stream to a client that fails once the client has stalled for too long.
pub(crate) struct Connection<S> {
    stream: S,
    bounds: StallBounds,
    exchanges: Exchanges,
    /// When something was last sent, or the connection began.
    sent_at: Instant,
    /// Since when there is something to send that the client does not take.
    blocked_since: Option<Instant>,
    /// Never later than the moment at which the client has stalled for too long. It is
    /// set anew when it goes off, not at each byte.
    alarm: Pin<Box<Sleep>>,
    metrics: Option<(HttpMetrics, OpenConnection)>,
}

impl<S> Connection<S> {
    /// A connection that begins now.
    pub(crate) fn new(stream: S, bounds: StallBounds, metrics: Option<&HttpMetrics>) -> Self {
        Self {
            stream,
            bounds,
            exchanges: Exchanges::default(),
            sent_at: Instant::now(),
            blocked_since: None,
            alarm: Box::pin(sleep(bounds.request.min(bounds.answer))),
            metrics: metrics.map(|metrics| (metrics.clone(), metrics.open())),
        }
    }

    /// What tells it that requests are being answered.
    pub(crate) fn exchanges(&self) -> Exchanges {
        self.exchanges.clone()
    }

    /// When the client will have stalled for too long, and in what, if nothing happens.
    fn deadline(&self) -> Option<(Instant, Cut)> {
        match self.blocked_since {
            Some(since) => Some((since + self.bounds.answer, Cut::Answer)),
            None if self.exchanges.are_under_way() => None,
            None => Some((self.sent_at + self.bounds.request, Cut::Request)),
        }
    }

    /// Ready when the client has stalled for too long.
    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.alarm.as_mut().poll(context));
            let now = Instant::now();
            let soonest = now + self.bounds.request.min(self.bounds.answer);
            match self.deadline() {
                Some((deadline, cut)) if deadline <= now => {
                    if let Some((metrics, _)) = &self.metrics {
                        metrics.cut(cut);
                    }
                    return Poll::Ready(io::ErrorKind::TimedOut.into());
                }
                Some((deadline, _)) => self.alarm.as_mut().reset(deadline.min(soonest)),
                None => self.alarm.as_mut().reset(soonest),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.poll_stalled(context).map(Err),
            read @ Poll::Ready(_) => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        let now = Instant::now();
        if written.is_pending() {
            self.blocked_since.get_or_insert(now);
            return self.poll_stalled(context).map(Err);
        }
        self.blocked_since = None;
        self.sent_at = now;
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// How many requests of a connection are being answered. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Exchanges(Rc<Cell<usize>>);

impl Exchanges {
    /// Begins one, which ends when what is returned is dropped.
    pub(crate) fn begin(&self) -> Exchange {
        self.0.set(self.0.get() + 1);
        Exchange(self.clone())
    }

    fn are_under_way(&self) -> bool {
        self.0.get() > 0
    }
}

/// A request that is being answered: its client waits for the service.
pub(crate) struct Exchange(Exchanges);

impl Drop for Exchange {
    fn drop(&mut self) {
        let Exchanges(count) = &self.0;
        count.set(count.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{advance, timeout},
    };

    use super::*;

    const BOUNDS: StallBounds =
        StallBounds { request: Duration::from_secs(10), answer: Duration::from_secs(20) };

    fn connection() -> (Connection<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(1000);
        (Connection::new(server, BOUNDS, None), client)
    }

    /// The time that passes until reading fails.
    async fn read_to_failure(connection: &mut Connection<DuplexStream>) -> Duration {
        let began = Instant::now();
        let error = loop {
            if let Err(error) = connection.read_u8().await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_or_a_byte_a_second_is_cut() {
        let (mut silent, _client) = connection();
        assert_eq!(read_to_failure(&mut silent).await.as_secs(), 10);

        let (mut slow, mut client) = connection();
        let dripping = async {
            while client.write_u8(b'a').await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            took = read_to_failure(&mut slow) => assert_eq!(took.as_secs(), 10),
            () = dripping => panic!("the client was not to end"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_request_is_answered_its_client_may_be_silent() {
        let (mut connection, mut client) = connection();
        let exchange = connection.exchanges().begin();
        let an_hour = Duration::from_hours(1);
        assert!(timeout(an_hour, connection.read_u8()).await.is_err(), "no failure");
        connection.write_all(b"answer").await.unwrap();
        drop(exchange);
        client.read_exact(&mut [0; 6]).await.unwrap();
        let took = read_to_failure(&mut connection).await;
        assert!((10..=20).contains(&took.as_secs()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_gives_time_for_the_next_request() {
        let (mut connection, _client) = connection();
        for _ in 0..5 {
            advance(Duration::from_secs(9)).await;
            assert!(timeout(Duration::ZERO, connection.read_u8()).await.is_err(), "no failure");
            connection.write_all(b"answer").await.unwrap();
        }
        assert_eq!(read_to_failure(&mut connection).await.as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
        let (mut connection, mut client) = connection();
        let _exchange = connection.exchanges().begin();
        connection.write_all(&[0; 1000]).await.unwrap();
        let began = Instant::now();
        let error = connection.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 20));

        let (mut slow, mut taker) = self::connection();
        let _exchange = slow.exchanges().begin();
        let taking = async {
            for _ in 0..100 {
                sleep(Duration::from_secs(19)).await;
                taker.read_exact(&mut [0; 100]).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(slow.write_all(&[0; 10_000]), taking);
        written.unwrap();
        client.read_exact(&mut [0; 1000]).await.unwrap();
    }
}
