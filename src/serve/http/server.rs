//! The accept loop. `axum::serve` sets no header timer; here a slow client loses its socket after ten seconds, one that takes no answer
//! after thirty, and there are at most so many sockets.
//!
//! In: a listener, with or without TLS. Out: HTTP/1.1, and HTTP/2 where the client asks for it: by ALPN, or by its preface on a plain
//! socket.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::connections::{Connection, Connections, Held};
use super::middleware::Taken;
use super::under_way::{Socket, UnderWay};
use crate::serve::entrance::Peer;
use crate::serve::entrance::tls::Tls;
use crate::serve::state::ServerState;

const HEADER_DEADLINE: Duration = Duration::from_secs(10);
/// From the first byte to the end of the handshake.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of an answer that the server makes ahead of a client, and of a request's head.
const BUFFERED: usize = 128 << 10;
/// Answers under way at shutdown get this long.
const DRAIN: Duration = Duration::from_secs(10);
/// Refreshes between two times of keeping who read what.
const KEEP_USAGE_EVERY: u64 = 10;
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// Requests of one HTTP/2 connection at a time; what one caller may have under way in all is said by the slots.
const MAX_STREAMS: u32 = 128;
/// Bytes of the headers of one request.
const MAX_HEADERS: u32 = 64 << 10;
/// A connection that says nothing is asked this often, and closed where it does not answer.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How a client begins that speaks HTTP/2 without having agreed on it (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Serves until `shutdown` resolves; then takes no more connections, ends the streams, and lets the open answers finish.
pub async fn run(
    listener: TcpListener,
    app: Router,
    state: ServerState,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (stop, stopped) = watch::channel(());
    let open = TaskTracker::new();
    let connections = Connections::that_fit();
    let keeping = state.clone();
    let publisher = tokio::spawn(crate::serve::publish_pushes(state.clone()));
    let messenger = tokio::spawn(crate::serve::operate::webhooks::run(state.clone()));
    let watcher = tokio::spawn(watch_editions(state));
    tokio::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => (stream, Peer(from.ip().to_canonical())),
                Err(error) => {
                    // Out of file handles, or the client went away: neither ends the server.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        let _ = stream.set_nodelay(true);
        let Some(connection) = connections.enter(peer.0, keeping.is_proxy(peer)) else {
            tracing::warn!(peer = %peer.0, "every connection has something under way: a new one is closed");
            continue;
        };
        let (app, tls, stopped) = (app.clone(), keeping.tls().cloned(), stopped.clone());
        let serving = serve(stream, peer, connection.clone(), app, tls, stopped);
        open.spawn(async move {
            tokio::select! {
                () = serving => {}
                () = connection.ended() => tracing::debug!(peer = %peer.0, "an idle connection made room for another one"),
            }
        });
    }
    watcher.abort();
    messenger.abort();
    if let Err(problem) = keeping.keep_usage().await {
        tracing::warn!(problem = %problem.en, "what was read could not be kept");
    }
    publisher.abort();
    drop(listener);
    drop(stop);
    keeping.stop();
    open.close();
    if tokio::time::timeout(DRAIN, open.wait()).await.is_err() {
        tracing::warn!("connections were still open after {DRAIN:?} and are cut");
    }
    Ok(())
}

/// One connection to its end.
async fn serve(
    stream: TcpStream,
    peer: Peer,
    connection: Arc<Connection>,
    app: Router,
    tls: Option<Arc<Tls>>,
    stopped: watch::Receiver<()>,
) {
    let Some(tls) = tls else {
        let is_http2 = speaks_http2(&stream).await;
        let stream = Socket::new(stream, connection.clone());
        return match is_http2 {
            true => http2(stream, service(app, peer, connection), stopped).await,
            false => http1(stream, service(app, peer, connection), stopped).await,
        };
    };
    let stream = Socket::new(stream, connection.clone());
    match tokio::time::timeout(HANDSHAKE_DEADLINE, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            http2(stream, service(app, peer, connection), stopped).await;
        }
        Ok(Ok(stream)) => http1(stream, service(app, peer, connection), stopped).await,
        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

/// Whether a plain connection begins as HTTP/2 does. One that says nothing in time is HTTP/1's to close.
async fn speaks_http2(stream: &TcpStream) -> bool {
    let mut begins = [0; PREFACE.len()];
    match tokio::time::timeout(HEADER_DEADLINE, stream.peek(&mut begins)).await {
        // "PRI" is no method of HTTP/1.
        Ok(Ok(length)) => length >= 3 && PREFACE.starts_with(&begins[..length]),
        _ => false,
    }
}

/// The routes, for requests of one connection.
fn service(app: Router, peer: Peer, connection: Arc<Connection>) -> Routes {
    Routes { app, peer, connection }
}

/// See [`service`].
#[derive(Clone)]
struct Routes {
    app: Router,
    peer: Peer,
    connection: Arc<Connection>,
}

impl hyper::service::Service<Request<Incoming>> for Routes {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<axum::response::Response, std::convert::Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (busy, connection) = (self.connection.busy(), self.connection.clone());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        request.extensions_mut().insert(connection.clone());
        // HTTP/2 has the host in the address.
        if let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        let answer = self.app.clone().oneshot(request);
        Box::pin(async move {
            let mut response = answer.await?;
            let taken = response.extensions_mut().remove::<Taken>();
            let (place, bytes) = taken.map_or((None, None), |taken| taken.out());
            let held = Held::new(place, bytes, Some(busy));
            Ok(response.map(|body| Body::new(UnderWay::new(body, connection, held))))
        })
    }
}

async fn http1(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, routes: Routes, mut stopped: watch::Receiver<()>) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .max_buf_size(BUFFERED)
        // Names of headers have no case, but some clients look for them as they wrote them: see `live::ws`.
        .preserve_header_case(true)
        .serve_connection(TokioIo::new(stream), routes)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn http2(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, routes: Routes, mut stopped: watch::Receiver<()>) {
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .max_send_buf_size(BUFFERED)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(HEADER_DEADLINE)
        .serve_connection(TokioIo::new(stream), routes);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Another process may publish: its editions are swapped in within a second. So are certificates.
async fn watch_editions(state: ServerState) {
    for second in 1_u64.. {
        tokio::time::sleep(REFRESH_EVERY).await;
        if let Some(tls) = state.tls() {
            tls.renew(state.hub().clock.now());
        }
        if second.is_multiple_of(KEEP_USAGE_EVERY)
            && let Err(problem) = state.keep_usage().await
        {
            tracing::warn!(problem = %problem.en, "what was read could not be kept yet");
        }
        if let Err(problem) = state.refresh().await {
            tracing::warn!(problem = %problem.en, "the newest edition or the registries' freshness could not be read");
        }
    }
}
