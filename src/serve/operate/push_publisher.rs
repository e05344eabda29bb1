//! Publishes what departments push: once pushes have been quiet for a few seconds, at the latest a minute after the first.

use std::sync::Arc;
use std::time::Duration;

use crate::hub::HubError;
use crate::serve::answers::events::Broadcast;
use crate::serve::state::ServerState;
use crate::store::StoreError;

/// Pushes that never pause are published this often.
const AT_LATEST: Duration = Duration::from_secs(60);
/// No push takes as long: a body of this age belongs to nobody.
const LEFT_BEHIND: Duration = Duration::from_secs(86_400);
/// Somebody lands or publishes; looked at again after this long.
const BUSY_AGAIN: Duration = Duration::from_secs(2);

/// Runs beside the server until it is dropped. A push that a killed process left unpublished is published first.
pub async fn publish_pushes(state: ServerState) {
    sweep(&state.hub().settings.data.join("push"));
    match state.hub().has_unpublished_push().await {
        Ok(true) => state.note_push(),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "whether pushes are unpublished could not be read"),
    }
    loop {
        state.next_push().await;
        let settle = state.settle();
        let quiet = async { while tokio::time::timeout(settle, state.next_push()).await.is_ok() {} };
        let _ = tokio::time::timeout(AT_LATEST.max(settle), quiet).await;
        while let Err(error) = publish(&state).await {
            match error {
                HubError::Store(StoreError::Busy { .. }) => tokio::time::sleep(BUSY_AGAIN).await,
                error => {
                    tracing::error!(%error, "what was pushed could not be published; the next push or sync will try again");
                    break;
                }
            }
        }
    }
}

/// Bodies that a killed process left behind: whoever sent them was never answered, and sends them again.
fn sweep(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_body = entry.file_name().to_str().is_some_and(|n| n.starts_with("body-"));
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        if is_body && age.is_some_and(|age| age > LEFT_BEHIND) {
            // Another server on the same folder may have been quicker.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

async fn publish(state: &ServerState) -> Result<(), HubError> {
    // A sync under way gives its turn away while it waits for registries: pushes are not kept waiting for them.
    let published = state.hub().publish_pushed(Arc::new(Broadcast { events: state.events().clone(), also: None })).await?;
    if let Err(problem) = state.refresh().await {
        tracing::error!(problem = %problem.en, "the edition after a push could not be read");
    }
    tracing::info!(edition = published.map(|e| e.number), "pushes published");
    Ok(())
}
