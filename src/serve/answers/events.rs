//! What happens, handed on to whoever watches: steps of syncs, new editions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::broadcast;

use crate::edition::Manifest;
use crate::hub::progress::{ProgressSink, SyncEvent};
use crate::store::case_event::CaseEventRow;
use crate::store::correction_event::CorrectionEventRow;
use crate::store::work_event::WorkEventRow;

/// Events a slow subscriber may be behind before it misses some.
pub(in crate::serve) const BEHIND: usize = 256;

/// Steps of cases that a slow subscriber may be behind: an edition may close thousands at once.
const CASES_BEHIND: usize = 16_384;

/// The edition that a subscriber was told of last: before this stream by what they say, and in it as it goes on. 0: none. Shared with
/// whoever writes the stream, so that each event can carry its id.
#[derive(Debug, Clone, Default)]
pub struct LastEvent(Arc<AtomicU32>);

impl LastEvent {
    /// Reads an id of an event: `edition:12` or `12`. What is neither is none.
    pub fn of(id: Option<&str>) -> LastEvent {
        LastEvent(Arc::new(AtomicU32::new(id.and_then(LastEvent::number).unwrap_or(0))))
    }
    /// The edition that an id of an event names.
    pub fn number(id: &str) -> Option<u32> {
        let id = id.trim();
        id.strip_prefix("edition:").unwrap_or(id).parse().ok()
    }
    pub fn tell(&self, edition: u32) {
        self.0.store(edition, Ordering::Relaxed);
    }
    /// None where no edition was told of.
    pub fn edition(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|number| *number > 0)
    }
}

/// Where events go out to subscribers.
#[derive(Clone)]
pub struct Events {
    pub syncs: broadcast::Sender<SyncEvent>,
    pub editions: broadcast::Sender<Arc<Manifest>>,
    /// Steps of outreach cases, in the order in which they were made.
    pub cases: broadcast::Sender<Arc<CaseEventRow>>,
    /// Events of correction requests, in the order in which they were made.
    pub corrections: broadcast::Sender<Arc<CorrectionEventRow>>,
    /// What happened to visit lists and duties, in that order.
    pub work: broadcast::Sender<Arc<WorkEventRow>>,
}

impl Default for Events {
    fn default() -> Events {
        let (syncs, editions) = (broadcast::channel(BEHIND).0, broadcast::channel(BEHIND).0);
        let (cases, corrections) = (broadcast::channel(CASES_BEHIND).0, broadcast::channel(CASES_BEHIND).0);
        Events { syncs, editions, cases, corrections, work: broadcast::channel(BEHIND).0 }
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
