//! What changes that are judged have in common: what a person can mend, who is told of the progress, and what waits for a person.

use std::sync::Arc;

use async_graphql::{Context, Result};

use crate::hub::HubError;
use crate::hub::progress::ProgressSink;
use crate::serve::answers::events::Broadcast;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::graphql::model::edition::HeldEdition;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, GraphProblem, Problem};
use crate::store::StoreError;

/// What the person can mend comes back with the payload; everything else is an error.
pub fn mend<T>(ctx: &Context<'_>, field: &str, result: Result<T, HubError>) -> Result<Result<T, Vec<UserError>>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(HubError::Told(p)) => Ok(Err(vec![UserError::of(Some(field), Problem::bad_input(p.zh, p.en))])),
        Err(HubError::Store(StoreError::Busy { .. })) => Err(Problem::new(
            Code::SourceUnavailable,
            "另一次同步正在进行；请稍后再试",
            "another sync is running; try again in a moment",
        )
        .error(ask(ctx).lang)),
        Err(error) => {
            tracing::error!(%error, "a mutation failed");
            Err(Problem::internal().error(ask(ctx).lang))
        }
    }
}

/// Has what waits for a publication published as soon as whoever leads has ended.
pub fn later(ask: &RequestContext, pending: bool) -> bool {
    if pending {
        ask.state.note_push();
    }
    pending
}

pub fn progress(ask: &RequestContext) -> Arc<dyn ProgressSink> {
    Arc::new(Broadcast { events: ask.state.events().clone(), also: None })
}

/// The edition that waits for a person.
pub async fn held(ctx: &Context<'_>) -> Result<Option<HeldEdition>> {
    let ask = ask(ctx);
    let held = ask.state.hub().held_edition().await.or_tell(ctx)?.filter(|held| held.waits());
    Ok(held.map(|held| HeldEdition::new(held, ask.lang)))
}
