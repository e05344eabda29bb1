//! The accept loop. `axum::serve` sets no header timer; here a slow client loses its socket after ten seconds, and there
//! are at most so many sockets.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

use crate::serve::state::ServerState;

const HEADER_DEADLINE: Duration = Duration::from_secs(10);
const MAX_CONNECTIONS: usize = 4_096;
/// Answers under way at shutdown get this long.
const DRAIN: Duration = Duration::from_secs(10);
/// Refreshes between two times of keeping who read what.
const KEEP_USAGE_EVERY: u64 = 10;
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// Serves until `shutdown` resolves; then takes no more connections and lets the open answers finish.
pub async fn run(
    listener: TcpListener,
    app: Router,
    state: ServerState,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (stop, stopped) = watch::channel(());
    let open = TaskTracker::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let keeping = state.clone();
    let publisher = tokio::spawn(crate::serve::publish_pushes(state.clone()));
    let messenger = tokio::spawn(crate::serve::operate::webhooks::run(state.clone()));
    let watcher = tokio::spawn(watch_editions(state));
    tokio::pin!(shutdown);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place.expect("the semaphore is never closed"),
            () = &mut shutdown => break,
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
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
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_DEADLINE)
            // Names of headers have no case, but some clients look for them as they wrote them: see `live::ws`.
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()))
            .with_upgrades();
        let mut stopped = stopped.clone();
        open.spawn(async move {
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
            drop(place);
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
    open.close();
    if tokio::time::timeout(DRAIN, open.wait()).await.is_err() {
        tracing::warn!("connections were still open after {DRAIN:?} and are cut");
    }
    Ok(())
}

/// Another process may publish: its editions are swapped in within a second.
async fn watch_editions(state: ServerState) {
    for second in 1_u64.. {
        tokio::time::sleep(REFRESH_EVERY).await;
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
