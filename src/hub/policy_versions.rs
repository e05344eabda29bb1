//! The policy in force: what `huitu.toml` says, and over it what persons saved.
//!
//! In: a change, and the version it was made upon. Out: a version more, with who and why, and the edition that follows from it; where
//! that differs too far from the published one, it waits for a person like any other. A key that nobody saved stays as configured.
//! Everybody who judges reads what is in force as they begin, so that several processes on one store judge alike.

use std::sync::Arc;

use super::annotations::Recorded;
use super::error::HubError;
use super::open::Hub;
use super::policy_preview::{PolicyChange, changed};
use super::progress::ProgressSink;
use crate::assess::Policy;
use crate::config::Settings;
use crate::model::message::Lang;
use crate::model::problem::Problem;
use crate::store::policy::PolicyVersionRow;

/// Characters of a reason.
const LONGEST_REASON: usize = 500;

/// A version of the policy, as somebody saved it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyVersion {
    /// From 1 on; the highest is in force.
    pub number: u32,
    /// Milliseconds since 1970.
    pub at: i64,
    pub by: String,
    pub reason: String,
    /// What it changed; nothing where it took everything back.
    pub changed: PolicyChange,
    /// All that stands over the configuration since.
    pub saved: PolicyChange,
}

/// The newest versions of the policy, and what follows from the first of them.
#[derive(Debug, Clone)]
pub struct PolicyState {
    /// In force; as configured where what was saved does not fit it any more.
    pub policy: Policy,
    /// The newest first.
    pub versions: Vec<PolicyVersion>,
    /// Why what was saved cannot be applied.
    pub unfit: Option<Problem>,
}

impl PolicyState {
    /// Number of the version in force; 0: as configured, and nobody ever saved another.
    pub fn number(&self) -> u32 {
        self.versions.first().map_or(0, |version| version.number)
    }
}

fn read(row: PolicyVersionRow) -> Result<PolicyVersion, HubError> {
    let parsed = |text: &str| {
        serde_json::from_str(text).map_err(|e| {
            HubError::said(
                format!("保存的政策参数第 {} 版无法读取：{e}；请从备份恢复", row.number),
                format!("version {} of the saved policy cannot be read: {e}; restore the store from a backup", row.number),
            )
        })
    };
    let (changed, saved) = (parsed(&row.changed)?, parsed(&row.saved)?);
    Ok(PolicyVersion {
        number: u32::try_from(row.number).unwrap_or(u32::MAX),
        at: row.at,
        by: row.by_whom,
        reason: row.reason,
        changed,
        saved,
    })
}

/// The configured policy with what was saved over it.
fn applied(configured: &Policy, version: &PolicyVersion) -> Result<Policy, HubError> {
    changed(configured, &version.saved).map_err(|error| match error {
        HubError::Told(why) => {
            let n = version.number;
            HubError::said(
                format!("保存的政策参数（第 {n} 版）与 huitu.toml 不相容：{}；请在“管理 → 政策参数”中撤回，或修改 huitu.toml", why.text(Lang::Zh)),
                format!(
                    "the saved policy (version {n}) does not fit huitu.toml: {}; take it back under Administration → Policy, or mend huitu.toml",
                    why.text(Lang::En)
                ),
            )
        }
        other => other,
    })
}

impl Hub {
    /// The newest versions of the policy, at most so many, and what is in force.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn policy_state(&self, most: u32) -> Result<PolicyState, HubError> {
        let rows = self.store.policy_versions(i64::from(most.max(1))).await?;
        let versions: Vec<PolicyVersion> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        let in_force = versions.first().map_or_else(|| Ok((*self.configured).clone()), |v| applied(&self.configured, v));
        match in_force {
            Ok(policy) => Ok(PolicyState { policy, versions, unfit: None }),
            Err(HubError::Told(unfit)) => Ok(PolicyState { policy: (*self.configured).clone(), versions, unfit: Some(unfit) }),
            Err(other) => Err(other),
        }
    }

    /// The policy in force at this moment.
    ///
    /// # Errors
    /// What was saved does not fit the configuration any more; the store cannot be read.
    pub async fn policy_in_force(&self) -> Result<Policy, HubError> {
        let state = self.policy_state(1).await?;
        match state.unfit {
            None => Ok(state.policy),
            Some(why) => Err(HubError::Told(why)),
        }
    }

    /// This hub, judging by the policy in force at this moment.
    ///
    /// # Errors
    /// See [`Hub::policy_in_force`].
    pub(super) async fn in_force(self) -> Result<Hub, HubError> {
        let policy = self.policy_in_force().await?;
        if policy == self.settings.policy {
            return Ok(self);
        }
        let settings = Settings { policy, ..(*self.settings).clone() };
        Ok(Hub { settings: Arc::new(settings), ..self })
    }

    /// Saves a change of the policy and publishes what follows. `based_on` is the version that the change was made upon, 0 where there
    /// was none.
    ///
    /// # Errors
    /// Nothing was saved: somebody else saved one meanwhile; a change that cannot be, or that changes nothing; no reason; the store
    /// cannot be written.
    pub async fn save_policy(
        &self,
        change: &PolicyChange,
        based_on: u32,
        by: &str,
        reason: &str,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<PolicyVersion>, HubError> {
        let state = self.policy_upon(based_on, reason).await?;
        let before = state.versions.first().map(|version| version.saved.clone()).unwrap_or_default();
        let saved = change.over(&before);
        if changed(&self.configured, &saved)? == state.policy && state.unfit.is_none() {
            return Err(HubError::said("没有改动：与现行参数相同", "nothing would change: this is the policy in force"));
        }
        self.put_policy(based_on, by, reason, (change.clone(), saved), progress).await
    }

    /// Takes back all that was saved, so that `huitu.toml` alone counts again, and publishes what follows.
    ///
    /// # Errors
    /// Nothing was taken back: somebody else saved a version meanwhile; nothing is saved; no reason; the store cannot be written.
    pub async fn withdraw_policy(
        &self,
        based_on: u32,
        by: &str,
        reason: &str,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<PolicyVersion>, HubError> {
        let state = self.policy_upon(based_on, reason).await?;
        if state.versions.first().is_none_or(|version| version.saved.is_empty()) {
            return Err(HubError::said(
                "没有保存过的参数：现行参数即 huitu.toml 所写",
                "nothing is saved: the policy in force is what huitu.toml says",
            ));
        }
        self.put_policy(based_on, by, reason, (PolicyChange::default(), PolicyChange::default()), progress).await
    }

    /// What is in force, where it is what somebody looked at; and whether they say why.
    async fn policy_upon(&self, based_on: u32, reason: &str) -> Result<PolicyState, HubError> {
        if reason.trim().is_empty() || reason.chars().count() > LONGEST_REASON {
            return Err(HubError::said(
                format!("请写明理由，至多 {LONGEST_REASON} 字"),
                format!("say why, in at most {LONGEST_REASON} characters"),
            ));
        }
        let state = self.policy_state(1).await?;
        if state.number() != based_on {
            return Err(policy_moved(state.versions.first()));
        }
        Ok(state)
    }

    async fn put_policy(
        &self,
        based_on: u32,
        by: &str,
        reason: &str,
        (changed, saved): (PolicyChange, PolicyChange),
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<PolicyVersion>, HubError> {
        let (number, at) = (based_on.saturating_add(1), self.clock.millis());
        let written = |change: &PolicyChange| serde_json::to_string(change).expect("a change is plain");
        let row = PolicyVersionRow {
            number: i64::from(number),
            at,
            by_whom: by.to_owned(),
            reason: reason.trim().to_owned(),
            changed: written(&changed),
            saved: written(&saved),
        };
        if !self.store.put_policy_version(&row).await? {
            return Err(policy_moved(self.policy_state(1).await?.versions.first()));
        }
        let version = PolicyVersion { number, at, by: row.by_whom, reason: row.reason, changed, saved };
        Ok(Recorded { row: version, pending: self.follow(progress).await })
    }
}

/// Somebody else was faster.
fn policy_moved(newest: Option<&PolicyVersion>) -> HubError {
    match newest {
        Some(v) => HubError::said(
            format!("{} 已先保存了第 {} 版（理由：{}）：请核对现行参数后再保存", v.by, v.number, v.reason),
            format!(
                "{} has saved version {} meanwhile (why: {}): look at what is in force, then save again",
                v.by, v.number, v.reason
            ),
        ),
        None => HubError::said("尚未保存过任何版本：basedOn 应为 0", "no version was ever saved: basedOn is 0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::verdict::UnionStatus;

    fn version(saved: PolicyChange) -> PolicyVersion {
        PolicyVersion { number: 3, at: 0, by: "甲".into(), reason: "试".into(), changed: PolicyChange::default(), saved }
    }

    #[test]
    fn what_is_saved_stands_over_the_configuration_and_the_rest_stays_as_configured() {
        let configured = Policy { grace_months: 9, tolerance: 0.1, ..Policy::default() };
        let first = PolicyChange { grace_months: Some(12), weights: vec![("foreign".into(), 3.5)], ..PolicyChange::default() };
        let second = PolicyChange {
            proxy_above: Some(None),
            weights: vec![("leading".into(), 1.0), ("foreign".into(), 4.0)],
            ..PolicyChange::default()
        };
        let both = second.over(&first);
        let policy = applied(&configured, &version(both.clone())).expect("fits");
        assert_eq!((policy.grace_months, policy.tolerance, policy.proxy.above), (12, 0.1, None));
        assert_eq!((policy.priority.foreign, policy.priority.leading), (4.0, 1.0));
        let kept: PolicyChange = serde_json::from_str(&serde_json::to_string(&both).expect("plain")).expect("read again");
        assert_eq!(kept, both, "switched off stays apart from left out");
        assert_eq!(serde_json::to_string(&PolicyChange::default()).expect("plain"), "{}");
        assert!(serde_json::from_str::<PolicyChange>("{}").expect("nothing").is_empty());
        let kinds = PolicyChange { counted_kinds: Some(vec![UnionStatus::Independent]), ..both };
        let told: Vec<String> =
            kinds.settings().into_iter().map(|(key, value)| format!("{key}={}", value.unwrap_or_default())).collect();
        assert_eq!(
            told,
            ["grace_months=12", "counted_kinds=INDEPENDENT", "proxy.above=", "priority.foreign=4", "priority.leading=1"]
        );
    }

    #[test]
    fn what_was_saved_and_does_not_fit_any_more_names_both_and_the_way_out() {
        let mut configured = Policy::default();
        configured.proxy.below = Some(150);
        let saved = PolicyChange { proxy_above: Some(Some(120)), ..PolicyChange::default() };
        let said = applied(&configured, &version(saved)).expect_err("below is above").to_string();
        for part in ["version 3", "below = 150", "Administration", "huitu.toml"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
