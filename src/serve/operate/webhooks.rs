//! Beside the server: what happened is told to those who asked to be told, every second.

use std::time::Duration;

use crate::serve::state::ServerState;

const EVERY: Duration = Duration::from_secs(1);

/// Runs until it is dropped. What cannot be done now is tried again.
pub async fn run(state: ServerState) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = state.hub().spread_webhooks().await {
            tracing::warn!(%error, "what happened could not be made into messages yet");
        }
        if let Err(error) = state.hub().send_webhooks().await {
            tracing::warn!(%error, "messages could not be sent yet");
        }
    }
}
