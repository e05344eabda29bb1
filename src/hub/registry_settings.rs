//! How a registry is treated: what its connector says, and over it what persons saved, which is when it is pulled and what holds its
//! batches.
//!
//! In: a change, and the version it was made upon. Out: a version more, with who and why. It counts from the next look at the schedules and
//! the next batch on, in every process on this store: servers look every second, and whoever lands looks first. No verdict follows of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::error::HubError;
use super::open::Hub;
use super::registry_change::RegistryChange;
use super::saved_versions::{SavedSettings, SavedVersion, overtaken, read_version, read_versions, reason_of, written};
use crate::connector::{Connector, Guard, Manners, Transport, next_times};
use crate::model::text::visible;
use crate::store::saved_version::{RegistrySettingRow, SavedVersionRow};

/// A version of a registry's settings.
pub type RegistryVersion = SavedVersion<RegistryChange>;

/// The newest versions of a registry's settings, and what is in force.
#[derive(Debug, Clone)]
pub struct RegistrySettingsState {
    /// Whether a sync pulls from it; else it pushes, or nobody said where its data is.
    pub is_pulled: bool,
    /// When it is pulled, as cron; None: by hand.
    pub schedule: Option<String>,
    pub guard: Guard,
    /// The newest first.
    pub versions: Vec<RegistryVersion>,
    /// What stands over the connector, by its key: the value, and what the connector says.
    pub saved: Vec<(String, Option<String>, Option<String>)>,
}

fn named(registry: &str) -> [String; 2] {
    [format!("登记「{registry}」设置"), format!("settings of the registry \"{registry}\"")]
}

impl Hub {
    /// Looks for what was saved since, here or by another process on this store.
    ///
    /// # Errors
    /// The store cannot be read; a row of it is damaged.
    pub async fn refresh_registry_settings(&self) -> Result<(), HubError> {
        let mut kept = BTreeMap::new();
        for RegistrySettingRow { registry, number, at, saved } in self.store.registry_settings().await? {
            let row = SavedVersionRow { number, at, by_whom: String::new(), reason: String::new(), changed: "{}".into(), saved };
            let version: RegistryVersion = read_version(row, &named(&registry))?;
            kept.insert(registry, version.saved);
        }
        self.registry_settings.put(kept);
        Ok(())
    }

    /// How a registry is treated: as its connector says, with what was saved over it. Times of a saved schedule that lie before its saving
    /// are not missed.
    pub fn manners(&self, connector: &Connector) -> Manners {
        let mut manners = connector.manners.clone();
        if let Some(RegistryChange { schedule: Some(schedule), scheduled_at, .. }) = self.registry_settings.of(&connector.name) {
            (manners.schedule, manners.scheduled_since) = (schedule, scheduled_at.and_then(DateTime::from_timestamp_millis));
        }
        manners
    }

    /// What holds a registry's batches: as its connector says, with what was saved over it.
    pub fn batch_guard(&self, connector: &Connector) -> Guard {
        let saved = self.registry_settings.of(&connector.name).unwrap_or_default();
        let Guard { max_vanished_percent, max_quarantined_percent, min_rows } = connector.guard;
        Guard {
            max_vanished_percent: saved.max_vanished_percent.unwrap_or(max_vanished_percent),
            max_quarantined_percent: saved.max_quarantined_percent.unwrap_or(max_quarantined_percent),
            min_rows: saved.min_rows.unwrap_or(min_rows),
        }
    }

    /// The next times of a schedule, at most so many, from now on.
    ///
    /// # Errors
    /// It is no cron line, or it never comes to pass.
    pub fn pull_times(&self, cron: &str, most: usize) -> Result<Vec<DateTime<Utc>>, HubError> {
        let times = next_times(cron, self.clock.now(), self.settings.zone, most);
        times.filter(|times| !times.is_empty()).ok_or_else(|| {
            let shown = visible(cron);
            HubError::said(
                format!("「{shown}」不是会到来的 cron 时间；请写五段，如 \"30 2 * * *\"（每天 2:30）"),
                format!(
                    "\"{shown}\" is no cron line that comes to pass; write five fields, such as \"30 2 * * *\" (each day at 2:30)"
                ),
            )
        })
    }

    /// The newest versions of a registry's settings, at most so many, and what is in force.
    ///
    /// # Errors
    /// There is no such registry; the store cannot be read.
    pub async fn registry_settings_state(&self, registry: &str, most: u32) -> Result<RegistrySettingsState, HubError> {
        let connector = self.connectors.iter().find(|c| c.name == registry).ok_or_else(|| self.no_registry(registry))?;
        let rows = self.store.registry_versions(registry, i64::from(most.max(1))).await?;
        let versions: Vec<RegistryVersion> = read_versions(rows, &named(registry))?;
        let standing = versions.first().map(|version| version.saved.clone()).unwrap_or_default();
        let base = standing.as_configured(connector).settings();
        let saved = standing.settings().into_iter().zip(base).map(|((key, value), (_, base))| (key, value, base)).collect();
        let (schedule, guard) = (self.manners(connector).schedule, self.batch_guard(connector));
        Ok(RegistrySettingsState { is_pulled: self.is_pulled(connector), schedule, guard, versions, saved })
    }

    /// Saves a change of a registry's settings and takes back what was saved of some keys. `based_on` is the version that the change was
    /// made upon, 0 where there was none.
    ///
    /// # Errors
    /// Nothing was saved: no such registry; somebody else saved a version meanwhile; a change that cannot be, or that changes nothing; a
    /// key that nobody saved; no reason; the store cannot be written.
    pub async fn save_registry_settings(
        &self,
        registry: &str,
        change: &RegistryChange,
        take_back: &[String],
        (based_on, by, reason): (u32, &str, &str),
    ) -> Result<RegistryVersion, HubError> {
        let reason = reason_of(reason)?;
        let connector = self.connectors.iter().find(|c| c.name == registry).ok_or_else(|| self.no_registry(registry))?;
        self.check_registry_change(change, connector)?;
        let versions = self.registry_settings_state(registry, 1).await?.versions;
        let newest = versions.first();
        if newest.map_or(0, |version| version.number) != based_on {
            return Err(overtaken(newest));
        }
        let standing = newest.map(|version| version.saved.clone()).unwrap_or_default();
        let (number, at) = (based_on.saturating_add(1), self.clock.millis());
        let change = RegistryChange { scheduled_at: change.schedule.as_ref().map(|_| at), ..change.clone() };
        let saved = change.over(&standing.taken_back(take_back)?);
        if saved.settings() == standing.settings() {
            return Err(HubError::said("没有改动：与现行设置相同", "nothing would change: these are the settings in force"));
        }
        let version = RegistryVersion { number, at, by: by.to_owned(), reason, changed: change, saved };
        if !self.store.put_registry_version(registry, &written(&version)).await? {
            return Err(overtaken(self.registry_settings_state(registry, 1).await?.versions.first()));
        }
        self.refresh_registry_settings().await?;
        Ok(version)
    }

    /// # Errors
    /// A schedule that is no cron line or never comes to pass, or of a registry that pushes; a share that none can be.
    fn check_registry_change(&self, change: &RegistryChange, connector: &Connector) -> Result<(), HubError> {
        if let Some(Some(cron)) = &change.schedule {
            if connector.source.transport == Transport::Push {
                return Err(HubError::said(
                    format!("登记「{}」由部门推送，没有拉取时间", connector.name),
                    format!(
                        "the registry \"{}\" is pushed by its department: there is nothing to pull at a time",
                        connector.name
                    ),
                ));
            }
            self.pull_times(cron, 1)?;
        }
        for (key, share) in
            [("max_vanished_percent", change.max_vanished_percent), ("max_quarantined_percent", change.max_quarantined_percent)]
        {
            if let Some(share) = share.filter(|share| !(0.0..=100.0).contains(share)) {
                return Err(HubError::said(
                    format!("guard.{key} = {share}：应为 0 至 100 的百分数"),
                    format!("guard.{key} = {share}: a share in percent, from 0 to 100, is needed"),
                ));
            }
        }
        Ok(())
    }
}
