//! The policy in force: what `huitu.toml` says, and over it what persons saved.
//!
//! In: a change, and the version it was made upon. Out: a version more, with who and why, and the edition that follows from it; where
//! that differs too far from the published one, it waits for a person like any other. A key that nobody saved stays as configured.
//! Everybody who judges reads what is in force as they begin, so that several processes on one store judge alike.

use std::sync::Arc;

use super::annotations::Recorded;
use super::error::HubError;
use super::open::Hub;
use super::policy_change::{PolicyChange, Yardstick, changed};
use super::progress::ProgressSink;
use super::saved_versions::{SavedSettings, SavedVersion, overtaken, read_versions, reason_of, written};
use crate::config::Settings;
use crate::model::message::Lang;
use crate::model::problem::Problem;

/// A version of the policy, as somebody saved it.
pub type PolicyVersion = SavedVersion<PolicyChange>;

/// The newest versions of the policy, and what follows from the first of them.
#[derive(Debug, Clone)]
pub struct PolicyState {
    /// In force; as configured where what was saved does not fit it any more.
    pub in_force: Yardstick,
    /// The newest first.
    pub versions: Vec<PolicyVersion>,
    /// What stands over the configuration, by its key: the value, and what the configuration says.
    pub saved: Vec<(String, Option<String>, Option<String>)>,
    /// Why what was saved cannot be applied.
    pub unfit: Option<Problem>,
}

impl PolicyState {
    /// Number of the version in force; 0: as configured, and nobody ever saved another.
    pub fn number(&self) -> u32 {
        self.versions.first().map_or(0, |version| version.number)
    }

    /// All that stands over the configuration.
    fn standing(&self) -> PolicyChange {
        self.versions.first().map(|version| version.saved.clone()).unwrap_or_default()
    }
}

/// The configured policy with what was saved over it.
fn applied(configured: &Yardstick, version: &PolicyVersion) -> Result<Yardstick, HubError> {
    changed(configured, &version.saved).map_err(|error| match error {
        HubError::Told(why) => {
            let n = version.number;
            HubError::said(
                format!("保存的政策参数（第 {n} 版）与 huitu.toml 不相容：{}；请在“管理 → 规则”中撤回，或修改 huitu.toml", why.text(Lang::Zh)),
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
        let versions: Vec<PolicyVersion> = read_versions(rows, &["政策参数".to_owned(), "policy".to_owned()])?;
        let configured = &*self.configured;
        let (in_force, unfit) = match versions.first().map(|version| applied(configured, version)) {
            None => (configured.clone(), None),
            Some(Ok(in_force)) => (in_force, None),
            Some(Err(HubError::Told(unfit))) => (configured.clone(), Some(unfit)),
            Some(Err(other)) => return Err(other),
        };
        let standing = versions.first().map(|version| version.saved.clone()).unwrap_or_default();
        let base = standing.as_configured(configured).settings();
        let base_of = |key: &str| base.iter().find(|(known, _)| known == key).and_then(|(_, value)| value.clone());
        let saved = standing.settings().into_iter().map(|(key, value)| (base_of(&key), key, value));
        let saved = saved.map(|(base, key, value)| (key, value, base)).collect();
        Ok(PolicyState { in_force, versions, saved, unfit })
    }

    /// What is judged by at this moment.
    ///
    /// # Errors
    /// What was saved does not fit the configuration any more; the store cannot be read.
    pub async fn policy_in_force(&self) -> Result<Yardstick, HubError> {
        let state = self.policy_state(1).await?;
        match state.unfit {
            None => Ok(state.in_force),
            Some(why) => Err(HubError::Told(why)),
        }
    }

    /// What would be judged by with a change, and with what was saved of some keys taken back.
    ///
    /// # Errors
    /// A change that cannot be; a key that nobody saved; the store cannot be read.
    pub(super) async fn policy_with(&self, change: &PolicyChange, take_back: &[String]) -> Result<Yardstick, HubError> {
        let saved = change.over(&self.policy_state(1).await?.standing().taken_back(take_back)?);
        changed(&self.configured, &saved)
    }

    /// This hub, judging by the policy and the rules in force at this moment, and treating registries as saved.
    ///
    /// # Errors
    /// See [`Hub::policy_in_force`].
    pub(super) async fn in_force(self) -> Result<Hub, HubError> {
        self.refresh_registry_settings().await?;
        let Yardstick { policy, rules } = self.policy_in_force().await?;
        if policy == self.settings.policy && rules == self.rules {
            return Ok(self);
        }
        let settings = Settings { policy, ..(*self.settings).clone() };
        Ok(Hub { settings: Arc::new(settings), rules, ..self })
    }

    /// Saves a change of the policy, takes back what was saved of some keys, and publishes what follows. `based_on` is the version that
    /// the change was made upon, 0 where there was none.
    ///
    /// # Errors
    /// Nothing was saved: somebody else saved one meanwhile; a change that cannot be, or that changes nothing; a key that nobody saved;
    /// no reason; the store cannot be written.
    pub async fn save_policy(
        &self,
        change: &PolicyChange,
        take_back: &[String],
        (based_on, by, reason): (u32, &str, &str),
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<PolicyVersion>, HubError> {
        let (reason, state) = self.policy_upon(based_on, reason).await?;
        let saved = change.over(&state.standing().taken_back(take_back)?);
        let is_same = changed(&self.configured, &saved)? == state.in_force;
        if is_same && take_back.is_empty() && state.unfit.is_none() {
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
        let (reason, state) = self.policy_upon(based_on, reason).await?;
        if state.standing().is_empty() {
            return Err(HubError::said(
                "没有保存过的参数：现行参数即 huitu.toml 所写",
                "nothing is saved: the policy in force is what huitu.toml says",
            ));
        }
        self.put_policy(based_on, by, reason, (PolicyChange::default(), PolicyChange::default()), progress).await
    }

    /// What is in force, where it is what somebody looked at; and why they change it.
    async fn policy_upon(&self, based_on: u32, reason: &str) -> Result<(String, PolicyState), HubError> {
        let reason = reason_of(reason)?;
        let state = self.policy_state(1).await?;
        match state.number() == based_on {
            true => Ok((reason, state)),
            false => Err(overtaken(state.versions.first())),
        }
    }

    async fn put_policy(
        &self,
        based_on: u32,
        by: &str,
        reason: String,
        (changed, saved): (PolicyChange, PolicyChange),
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<PolicyVersion>, HubError> {
        let (number, at) = (based_on.saturating_add(1), self.clock.millis());
        let version = PolicyVersion { number, at, by: by.to_owned(), reason, changed, saved };
        if !self.store.put_policy_version(&written(&version)).await? {
            return Err(overtaken(self.policy_state(1).await?.versions.first()));
        }
        Ok(Recorded { row: version, pending: self.follow(progress).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Policy, Rules};
    use crate::model::verdict::UnionStatus;

    fn with(policy: Policy) -> Yardstick {
        Yardstick { policy, rules: Arc::new(Rules::embedded()) }
    }

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
        let policy = applied(&with(configured), &version(both.clone())).expect("fits").policy;
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
        let said = applied(&with(configured), &version(saved)).expect_err("below is above").to_string();
        for part in ["version 3", "below = 150", "Administration", "huitu.toml"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
