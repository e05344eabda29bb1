//! Settings that persons saved over the configuration: what stands beside what, and the versions with who, when and why.

use async_graphql::{MaybeUndefined, Object, SimpleObject};

use super::scalars::DateTime;
use crate::hub::policy_change::PolicyChange;
use crate::hub::registry_change::RegistryChange;
use crate::hub::saved_versions::{SavedSettings, SavedVersion, taken_back_by};

/// A key that was saved over the configuration.
#[derive(SimpleObject)]
pub struct PolicySetting {
    /// The key of the `[policy]` table (`grace_months`, `priority.foreign`), `thresholds.` with the code of a rule, or the key of a
    /// connector (`manners.schedule`).
    key: String,
    /// Its value; null: switched off.
    value: Option<String>,
}

impl PolicySetting {
    fn all(of: &impl SavedSettings) -> Vec<PolicySetting> {
        of.settings().into_iter().map(|(key, value)| PolicySetting { key, value }).collect()
    }
}

/// What stands over the configuration, beside what that says.
#[derive(SimpleObject)]
pub struct SavedSetting {
    /// The key, as in `PolicySetting`.
    key: String,
    /// Its value in force; null: switched off.
    value: Option<String>,
    /// What the configuration says, which counts again once it is taken back; null: nothing, or switched off.
    configured: Option<String>,
}

impl SavedSetting {
    pub fn all(saved: &[(String, Option<String>, Option<String>)]) -> Vec<SavedSetting> {
        let told = saved.iter().cloned();
        told.map(|(key, value, configured)| SavedSetting { key, value, configured }).collect()
    }
}

/// Versions shown.
const VERSIONS: usize = 50;
/// One more than is shown: what a version took back is seen beside the one before.
pub const VERSIONS_READ: u32 = VERSIONS as u32 + 1;

/// A version of settings as the graph shows it.
macro_rules! version {
    ($(#[$doc:meta])* $name:ident of $change:ty) => {
        $(#[$doc])*
        pub struct $name {
            version: SavedVersion<$change>,
            taken_back: Vec<String>,
        }

        impl $name {
            /// The newest of [`VERSIONS_READ`], the newest first.
            pub fn shown(versions: &[SavedVersion<$change>]) -> Vec<$name> {
                let told = versions.iter().enumerate().take(VERSIONS);
                told.map(|(n, version)| $name { taken_back: taken_back_by(version, versions.get(n + 1)), version: version.clone() })
                    .collect()
            }
        }

        $(#[$doc])*
        #[Object]
        impl $name {
            /// From 1 on; the highest is in force.
            async fn number(&self) -> u32 {
                self.version.number
            }
            /// When it was saved.
            async fn at(&self) -> DateTime {
                DateTime::written(self.version.at)
            }
            /// Who saved it.
            async fn by(&self) -> &str {
                &self.version.by
            }
            /// Why.
            async fn reason(&self) -> &str {
                &self.version.reason
            }
            /// What it changed; nothing where it only took back what was saved.
            async fn changed(&self) -> Vec<PolicySetting> {
                PolicySetting::all(&self.version.changed)
            }
            /// Keys that it took back, so that the configuration counts for them again.
            async fn taken_back(&self) -> &[String] {
                &self.taken_back
            }
            /// All that stands over the configuration since.
            async fn saved(&self) -> Vec<PolicySetting> {
                PolicySetting::all(&self.version.saved)
            }
        }
    };
}

version! {
    /// A version of the policy that somebody saved over what `huitu.toml` says.
    PolicyVersion of PolicyChange
}

version! {
    /// A version of a registry's settings that somebody saved over what its connector says.
    RegistrySettingsVersion of RegistryChange
}

/// Left out, null, or a value.
pub fn given<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}
