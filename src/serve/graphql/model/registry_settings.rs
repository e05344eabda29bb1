//! How a registry is treated: when it is pulled, what holds its batches, and what of it persons saved over its connector.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};

use super::saved_settings::{RegistrySettingsVersion, SavedSetting, VERSIONS_READ, given};
use super::scalars::DateTime;
use crate::hub::registry_change::RegistryChange;
use crate::hub::registry_settings::RegistrySettingsState;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first};
use crate::serve::problem::{Problem, mendable};

/// How a registry is treated: as its connector says, with what persons saved over it.
pub struct RegistrySettings(RegistrySettingsState);

impl RegistrySettings {
    /// # Errors
    /// There is no connector of that name; the store cannot be read.
    pub async fn of(ask: &RequestContext, registry: &str) -> Result<RegistrySettings, Problem> {
        ask.touch_store();
        let state = ask.state.hub().registry_settings_state(registry, VERSIONS_READ).await;
        state.map(RegistrySettings).map_err(mendable)
    }
}

/// How a registry is treated: as its connector says, with what persons saved over it.
#[Object]
impl RegistrySettings {
    /// Whether it is pulled; else it pushes, or nobody said where its data is.
    async fn is_pulled(&self) -> bool {
        self.0.is_pulled
    }
    /// When it is pulled, as cron in the time of the city; null: by hand.
    async fn schedule(&self) -> Option<&str> {
        self.0.schedule.as_deref()
    }
    /// Share of its records in percent that may be missing from a complete pull before the batch waits for a person.
    async fn max_vanished_percent(&self) -> f64 {
        self.0.guard.max_vanished_percent
    }
    /// Share of rows in percent that may be unreadable before the batch waits for a person.
    async fn max_quarantined_percent(&self) -> f64 {
        self.0.guard.max_quarantined_percent
    }
    /// A complete pull of fewer rows waits for a person.
    async fn min_rows(&self) -> u64 {
        self.0.guard.min_rows
    }
    /// Number of the version in force, which a change is made upon (`basedOn`); 0: nobody ever saved one.
    async fn version(&self) -> u32 {
        self.0.versions.first().map_or(0, |version| version.number)
    }
    /// What stands over the connector, each key beside what that says.
    async fn saved(&self) -> Vec<SavedSetting> {
        SavedSetting::all(&self.0.saved)
    }
    /// Versions that were saved, at most 50, the newest first.
    async fn versions(&self) -> Vec<RegistrySettingsVersion> {
        RegistrySettingsVersion::shown(&self.0.versions)
    }
    /// When it is pulled next; empty where that is by hand.
    async fn next_pulls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By this schedule, as cron; by the one in force where left out.")] schedule: Option<String>,
        #[graphql(default = 3, desc = "At most 100.")] first: i32,
    ) -> Result<Vec<DateTime>> {
        let first = checked_first(first, 100).or_tell(ctx)?;
        let Some(cron) = schedule.as_deref().or(self.0.schedule.as_deref()) else { return Ok(Vec::new()) };
        let times = ask(ctx).state.hub().pull_times(cron, first).map_err(mendable).or_tell(ctx)?;
        Ok(times.into_iter().map(DateTime).collect())
    }
}

/// What is changed of a registry's settings; what is left out stays.
#[derive(Debug, InputObject)]
pub struct RegistryChangeInput {
    /// When it is pulled, as cron (five fields, in the time of the city); null: by hand alone.
    schedule: MaybeUndefined<String>,
    /// Share of its records in percent that may be missing from a complete pull.
    max_vanished_percent: Option<f64>,
    /// Share of rows in percent that may be unreadable.
    max_quarantined_percent: Option<f64>,
    /// A complete pull of fewer rows waits for a person.
    min_rows: Option<u32>,
}

impl From<RegistryChangeInput> for RegistryChange {
    fn from(input: RegistryChangeInput) -> RegistryChange {
        RegistryChange {
            schedule: given(input.schedule).map(|schedule| schedule.map(|cron| cron.trim().to_owned())),
            scheduled_at: None,
            max_vanished_percent: input.max_vanished_percent,
            max_quarantined_percent: input.max_quarantined_percent,
            min_rows: input.min_rows.map(u64::from),
        }
    }
}
