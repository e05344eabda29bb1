//! What a pull brought, and how long it may send nothing.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::connector::Connector;
use crate::land::spool::SpoolState;
use crate::model::problem::Problem;

/// How a pull ended, before anything landed.
pub(in crate::hub) enum PullOutcome {
    Spooled(SpoolState),
    Unchanged,
    /// The answer is broken in a way that a person must look at: what arrived is kept, nothing lands.
    Suspect(SpoolState, Problem),
    Failed(Problem),
    /// The registry asked for quiet: nothing has happened.
    Postponed(Problem),
}

/// A pull under way: when it last brought something, and the way to end it.
#[derive(Clone)]
pub(in crate::hub) struct PullWatchdog {
    last: Arc<Mutex<Instant>>,
    pub(super) cancel: CancellationToken,
    /// Silence after which it is ended: it goes on at its last checkpoint another time.
    pub(super) limit: Duration,
}

impl PullWatchdog {
    pub(super) fn new(connector: &Connector, stall_timeout: Duration) -> PullWatchdog {
        let limit = Duration::from_secs(connector.manners.total_timeout_secs).max(stall_timeout * 3);
        PullWatchdog { last: Arc::new(Mutex::new(Instant::now())), cancel: CancellationToken::new(), limit }
    }
    pub(super) fn moved(&self) {
        *self.last.lock().expect("no panic while holding it") = Instant::now();
    }
    pub(super) fn silent_for(&self) -> Duration {
        self.last.lock().expect("no panic while holding it").elapsed()
    }
}
