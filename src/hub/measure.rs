//! One registry pulled and landed and nothing more, for `huitu bench pull`: the path of every sync up to the commit.

use std::sync::Arc;

use super::error::HubError;
use super::open::Hub;
use super::progress::Silent;
use super::pull_outcome::PullWatchdog;
use crate::land::receipt::Receipt;

impl Hub {
    /// Pulls a registry into its spool and lands it; `full` reads it again also where the source says it has not changed.
    /// Publishes nothing.
    ///
    /// # Errors
    /// `Told`: there is no such registry; `Store`: its `Busy` where somebody else syncs; what landing fails with. A pull that fails is
    /// none: the receipt says so.
    pub async fn pull_and_land(&self, registry: &str, full: bool) -> Result<Receipt, HubError> {
        let leader = self.store.lead().await?;
        self.through(leader.store()).pull_and_land_leading(registry, full).await
    }

    async fn pull_and_land_leading(&self, registry: &str, full: bool) -> Result<Receipt, HubError> {
        self.recover().await?;
        let (connector, row) = self.registry(registry).await?;
        let arrived =
            self.pull(&connector, &row, full, Arc::new(Silent), PullWatchdog::new(&connector, self.stall_timeout)).await?;
        self.ingest(&connector, &row, arrived, &Silent).await
    }
}
