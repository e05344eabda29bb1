//! What other nodes put into the object store is fetched into this node's folder; what could not be shared is tried again.

use std::time::Duration;

use crate::serve::state::ServerState;

/// So often the pointer is asked for. One that has not changed costs a request without a body.
const EVERY: Duration = Duration::from_secs(5);

/// Runs beside the server until it is dropped.
pub async fn run(state: ServerState) {
    if !state.hub().shares_editions() {
        return;
    }
    loop {
        if state.hub().fetch_editions().await
            && let Err(problem) = state.refresh().await
        {
            tracing::warn!(problem = %problem.en, "a fetched edition could not be read yet");
        }
        state.hub().share_waiting().await;
        tokio::time::sleep(EVERY).await;
    }
}
