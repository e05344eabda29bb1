//! What the `[serve]` table of `huitu.toml` says, put into the options of a server.

use crate::config::Serving;
use crate::serve::{Documents, Limits, Options};

impl Options {
    /// Takes over what is said; a folder of trusted documents is read.
    pub fn apply(&mut self, said: &Serving) -> std::io::Result<()> {
        let usual = self.limits.clone();
        self.limits = Limits {
            cost: said.cost.unwrap_or(usual.cost),
            cost_per_minute: said.cost_per_minute.unwrap_or(usual.cost_per_minute),
            time: said.time_secs.map_or(usual.time, std::time::Duration::from_secs),
            batch: said.batch.unwrap_or(usual.batch),
            ..usual
        };
        self.suppress_below = said.suppress_below.unwrap_or(self.suppress_below);
        self.audit_days = said.audit_days.unwrap_or(self.audit_days);
        if let Some(megabytes) = said.cache_mb {
            self.cache_bytes = megabytes << 20;
        }
        if let Some(folder) = &said.trusted {
            self.documents = Documents::trusted(folder)?;
        }
        Ok(())
    }
}
