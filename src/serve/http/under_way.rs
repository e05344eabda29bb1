//! Answers on their way: handed to the socket piece by piece, so that what a client does not take is not copied ahead of it, and holding
//! its caller's place until the last byte has left. A client that takes nothing, or next to nothing, loses its connection.
//!
//! In: a socket, an answer's body. Out: the same, with deadlines.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connections::{Connection, Held};

/// Bytes handed over at a time.
const PIECE: usize = 64 << 10;
/// Within so long a client must take at least `LEAST` bytes of what waits for it, or all of it.
const PAUSE: Duration = Duration::from_secs(30);
const LEAST: u64 = 16 << 10;
/// An answer that was whole before it was sent must have been handed over after so long.
const WHOLE: Duration = Duration::from_secs(300);

/// A socket that is written to, but not for ever.
pub struct Socket<S> {
    stream: S,
    connection: Arc<Connection>,
    pause: Duration,
    least: u64,
    /// Runs while bytes wait for the client, with how many it took meanwhile.
    blocked: Option<(Pin<Box<Sleep>>, u64)>,
}

impl<S> Socket<S> {
    pub fn new(stream: S, connection: Arc<Connection>) -> Socket<S> {
        Socket { stream, connection, pause: PAUSE, least: LEAST, blocked: None }
    }

    /// What became of a write; fails it where the client has taken too little for too long.
    fn written(&mut self, context: &mut Context<'_>, polled: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match (&polled, &mut self.blocked) {
            (Poll::Ready(Ok(count)), Some((_, taken))) => *taken += *count as u64,
            (Poll::Pending, None) => self.blocked = Some((Box::pin(tokio::time::sleep(self.pause)), 0)),
            _ => {}
        }
        let Some((timer, taken)) = &mut self.blocked else { return polled };
        while timer.as_mut().poll(context).is_ready() {
            if *taken < self.least {
                tracing::debug!(taken, "a client that reads nothing is let go of");
                return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client takes nothing")));
            }
            *taken = 0;
            timer.as_mut().reset(Instant::now() + self.pause);
        }
        polled
    }
}

impl<S> Drop for Socket<S> {
    fn drop(&mut self) {
        self.connection.over();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, polled)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, all: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, all);
        self.written(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Asked for once everything has been written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(polled, Poll::Ready(Ok(()))) {
            self.blocked = None;
            self.connection.has_left();
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An answer's body on its way.
pub struct UnderWay {
    body: Body,
    /// Of the frame that came last.
    rest: Bytes,
    connection: Arc<Connection>,
    held: Option<Held>,
    whole: Whole,
}

/// How long the whole of an answer may take.
enum Whole {
    /// Whoever opened the stream watches over it.
    Endless,
    /// Nothing was handed over yet: a short answer needs no more than that.
    Begins,
    Until(Pin<Box<Sleep>>),
}

impl UnderWay {
    /// `held` is given back when the last byte has left. Streams have no deadline of their own: those who open them watch over them.
    pub fn new(body: Body, connection: Arc<Connection>, held: Held) -> UnderWay {
        let is_whole = hyper::body::Body::size_hint(&body).exact().is_some();
        let whole = if is_whole { Whole::Begins } else { Whole::Endless };
        UnderWay { body, rest: Bytes::new(), connection, held: Some(held), whole }
    }
}

impl UnderWay {
    /// It leaves in one piece: the socket's own deadline is enough.
    fn body_is_short(&self) -> bool {
        let bytes = hyper::body::Body::size_hint(&self.body).exact();
        bytes.is_some_and(|bytes| bytes + self.rest.len() as u64 <= PIECE as u64)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            self.connection.leave(held);
        }
    }
}

impl hyper::body::Body for UnderWay {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let is_short = this.body_is_short();
        match &mut this.whole {
            Whole::Endless => {}
            Whole::Begins if is_short => {}
            Whole::Begins => this.whole = Whole::Until(Box::pin(tokio::time::sleep(WHOLE))),
            Whole::Until(end) => {
                if end.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Some(Err(axum::Error::new("the client did not take the answer in time"))));
                }
            }
        }
        if this.rest.is_empty() {
            let frame = match std::task::ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                ended => return Poll::Ready(ended),
            };
            match frame.into_data() {
                Ok(data) => this.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, rest) = (hyper::body::Body::size_hint(&self.body), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(of_body.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::serve::http::connections::Connections;

    fn connection() -> Arc<Connection> {
        Connections::default().enter([10, 0, 0, 1].into(), false).expect("a place")
    }

    fn socket<S>(stream: S, pause: Duration, least: u64) -> Socket<S> {
        let mut socket = Socket::new(stream, connection());
        (socket.pause, socket.least) = (pause, least);
        socket
    }

    #[tokio::test]
    async fn whoever_takes_nothing_or_next_to_nothing_is_let_go_of() {
        let (client, server) = tokio::io::duplex(1_000);
        let mut silent = socket(server, Duration::from_millis(5), 1);
        assert_eq!(silent.write_all(&[0; 5_000]).await.unwrap_err().kind(), ErrorKind::TimedOut);
        drop((client, silent));
        // A byte at a time, for ever.
        let (mut client, server) = tokio::io::duplex(1_000);
        let mut dripping = socket(server, Duration::from_millis(5), u64::MAX);
        let drips = tokio::spawn(async move { while client.read_u8().await.is_ok() {} });
        assert_eq!(dripping.write_all(&vec![0; 5_000_000]).await.unwrap_err().kind(), ErrorKind::TimedOut);
        drop(dripping);
        drips.await.unwrap();
    }

    #[tokio::test]
    async fn nobody_is_hurried_once_all_has_left() {
        let (mut client, server) = tokio::io::duplex(1_000);
        let mut slow = socket(server, Duration::from_secs(3_600), 1);
        let reads = tokio::spawn(async move {
            let mut all = Vec::new();
            client.read_to_end(&mut all).await.unwrap();
            all.len()
        });
        slow.write_all(&[0; 50_000]).await.unwrap();
        assert!(slow.blocked.is_some(), "it had to wait");
        slow.flush().await.unwrap();
        assert!(slow.blocked.is_none());
        drop(slow);
        assert_eq!(reads.await.unwrap(), 50_000);
    }

    #[tokio::test]
    async fn an_answer_is_handed_over_in_pieces_and_is_the_same() {
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
        let held = Held::new(None, None, None);
        let mut body = UnderWay::new(Body::from(bytes.clone()), connection(), held);
        assert_eq!(hyper::body::Body::size_hint(&body).exact(), Some(300_000));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), hyper::body::Body::size_hint(&body).exact()), (PIECE, Some(300_000 - PIECE as u64)));
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!([&first[..], &rest[..]].concat(), bytes);
    }
}
