//! How a registry stands: what its last pull led to, and whether it has missed its time since.

use chrono::DateTime;

use super::open::Hub;
use crate::store::registry::RegistryRow;

/// State of a registry at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// CURRENT LATE FAILING HELD NEVER
    pub state: String,
    /// Milliseconds since 1970: since when it is behind.
    pub late_since: Option<i64>,
}

impl Standing {
    pub fn is_behind(&self) -> bool {
        self.state != "CURRENT"
    }
}

impl Hub {
    /// What the store says, and LATE where a good pull has become too old: by the registry's schedule, or without one by
    /// `manners.stale_after_hours`.
    pub fn standing(&self, row: &RegistryRow) -> Standing {
        let stored = Standing { state: row.state.clone(), late_since: row.late_since };
        let good = row.last_good.filter(|_| row.state == "CURRENT").and_then(DateTime::from_timestamp_millis);
        let (Some(good), Some(connector)) = (good, self.connectors.iter().find(|c| c.name == row.name)) else { return stored };
        match connector.manners.late_since(good, self.clock.now(), self.settings.zone) {
            Some(since) => Standing { state: "LATE".to_owned(), late_since: Some(since.timestamp_millis()) },
            None => stored,
        }
    }
}
