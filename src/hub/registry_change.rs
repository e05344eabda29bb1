//! What persons change of a registry's treatment, the key by which each part is told, and what stands as it was read last.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};

use super::policy_change::given;
use super::saved_versions::SavedSettings;
use crate::connector::{Connector, Guard};

/// What is changed of a registry's treatment; what is None stays as its connector says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistryChange {
    /// When it is pulled, as cron; Some(None): by hand alone.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub schedule: Option<Option<String>>,
    /// When that schedule was saved, in milliseconds since 1970: its times before are not missed. Whoever saves sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_vanished_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_quarantined_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u64>,
}

impl SavedSettings for RegistryChange {
    fn over(&self, earlier: &RegistryChange) -> RegistryChange {
        RegistryChange {
            schedule: self.schedule.clone().or_else(|| earlier.schedule.clone()),
            scheduled_at: if self.schedule.is_some() { self.scheduled_at } else { earlier.scheduled_at },
            max_vanished_percent: self.max_vanished_percent.or(earlier.max_vanished_percent),
            max_quarantined_percent: self.max_quarantined_percent.or(earlier.max_quarantined_percent),
            min_rows: self.min_rows.or(earlier.min_rows),
        }
    }

    fn without(&self, key: &str) -> RegistryChange {
        let mut left = self.clone();
        match key {
            "manners.schedule" => (left.schedule, left.scheduled_at) = (None, None),
            "guard.max_vanished_percent" => left.max_vanished_percent = None,
            "guard.max_quarantined_percent" => left.max_quarantined_percent = None,
            "guard.min_rows" => left.min_rows = None,
            _ => {}
        }
        left
    }

    /// By the keys of a connector.
    fn settings(&self) -> Vec<(String, Option<String>)> {
        let keys = [
            ("manners.schedule", self.schedule.clone()),
            ("guard.max_vanished_percent", self.max_vanished_percent.map(|share| Some(share.to_string()))),
            ("guard.max_quarantined_percent", self.max_quarantined_percent.map(|share| Some(share.to_string()))),
            ("guard.min_rows", self.min_rows.map(|rows| Some(rows.to_string()))),
        ];
        keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

impl RegistryChange {
    /// The same keys, as the connector has them.
    pub fn as_configured(&self, connector: &Connector) -> RegistryChange {
        let Guard { max_vanished_percent, max_quarantined_percent, min_rows } = connector.guard;
        RegistryChange {
            schedule: self.schedule.as_ref().map(|_| connector.manners.schedule.clone()),
            scheduled_at: None,
            max_vanished_percent: self.max_vanished_percent.map(|_| max_vanished_percent),
            max_quarantined_percent: self.max_quarantined_percent.map(|_| max_quarantined_percent),
            min_rows: self.min_rows.map(|_| min_rows),
        }
    }
}

/// What stands over the connectors as it was read last, by registry. Shared by all that serve from one hub.
#[derive(Debug, Clone, Default)]
pub(in crate::hub) struct RegistrySettingsKept(Arc<RwLock<Arc<BTreeMap<String, RegistryChange>>>>);

impl RegistrySettingsKept {
    pub(super) fn of(&self, registry: &str) -> Option<RegistryChange> {
        self.0.read().expect("no panic while holding the settings").get(registry).cloned()
    }

    pub(super) fn put(&self, standing: BTreeMap<String, RegistryChange>) {
        *self.0.write().expect("no panic while holding the settings") = Arc::new(standing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switched_off_stays_apart_from_left_out_and_each_key_is_taken_back_alone() {
        let off = RegistryChange { schedule: Some(None), scheduled_at: Some(7), min_rows: Some(10), ..RegistryChange::default() };
        let kept: RegistryChange = serde_json::from_str(&serde_json::to_string(&off).expect("plain")).expect("read again");
        assert_eq!(kept, off);
        let shares =
            RegistryChange { max_vanished_percent: Some(2.5), max_quarantined_percent: Some(50.0), ..RegistryChange::default() };
        let all = shares.over(&off);
        let told = all.settings();
        assert_eq!(told[0], ("manners.schedule".to_owned(), None));
        assert_eq!((told.len(), all.scheduled_at), (4, Some(7)), "another change leaves since when as it was");
        let left = all.taken_back(&["manners.schedule".to_owned(), "guard.min_rows".to_owned()]).expect("saved");
        assert_eq!(left, shares);
        let unknown = left.taken_back(&["guard.min_rows".to_owned()]).expect_err("taken back before").to_string();
        assert!(unknown.contains("guard.max_vanished_percent"), "{unknown}");
        let connector = &Connector::built_in_and(None, false).expect("they are read")[0];
        let base = all.as_configured(connector).settings();
        assert_eq!(base.iter().map(|(key, _)| key).collect::<Vec<_>>(), told.iter().map(|(key, _)| key).collect::<Vec<_>>());
    }
}
