//! What happens, handed on to whoever watches: steps of syncs, new editions.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::edition::Manifest;
use crate::hub::progress::{ProgressSink, SyncEvent};

/// Events a slow subscriber may be behind before it misses some.
pub(in crate::serve) const BEHIND: usize = 256;

/// Where events go out to subscribers.
#[derive(Clone)]
pub struct Events {
    pub syncs: broadcast::Sender<SyncEvent>,
    pub editions: broadcast::Sender<Arc<Manifest>>,
}

impl Default for Events {
    fn default() -> Events {
        Events { syncs: broadcast::channel(BEHIND).0, editions: broadcast::channel(BEHIND).0 }
    }
}

/// Hands a sync's events to subscribers, and on to whoever else watches.
pub struct Broadcast {
    pub events: Events,
    pub also: Option<Arc<dyn ProgressSink>>,
}

impl ProgressSink for Broadcast {
    fn event(&self, event: &SyncEvent) {
        // Nobody listening is not an error.
        let _ = self.events.syncs.send(event.clone());
        if let Some(also) = &self.also {
            also.event(event);
        }
    }
}
