//! What a running sync tells whoever watches: a terminal, a subscription, nobody.

/// One step of a sync.
#[derive(Debug, Clone)]
pub enum SyncEvent {
    Pulling {
        registry: String,
        rows: u64,
        of: Option<u64>,
    },
    Landing {
        registry: String,
    },
    /// A registry's turn is over.
    Done {
        registry: String,
        zh: String,
        en: String,
    },
    /// A stage that concerns all registries (link, assess, publish).
    Stage {
        name: String,
        zh: String,
        en: String,
    },
    StageDone {
        name: String,
        zh: String,
        en: String,
    },
}

pub trait ProgressSink: Send + Sync {
    fn event(&self, event: &SyncEvent);
}

/// Shows nothing.
pub struct Silent;

impl ProgressSink for Silent {
    fn event(&self, _: &SyncEvent) {}
}
