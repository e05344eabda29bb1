//! What other nodes on the same PostgreSQL published is swapped in when they tell it; what is not told is seen by the look that every
//! server takes each second.

use std::time::Duration;

use crate::serve::state::ServerState;

/// The database cannot be reached: tried again after this long.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs beside the server until it is dropped.
pub async fn run(state: ServerState) {
    loop {
        match state.hub().store.listen().await {
            // One process, one file: nobody to listen to.
            Ok(None) => return std::future::pending().await,
            Ok(Some(mut told)) => {
                while told.next().await.is_ok() {
                    if let Err(problem) = state.refresh().await {
                        tracing::warn!(problem = %problem.en, "what another node told could not be read yet");
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "nobody can be listened to yet"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}
