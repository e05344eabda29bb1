//! The receipt of a batch: what was read and what became of every row. As JSON and as text in both languages.

use serde::{Deserialize, Serialize};

use crate::model::problem::Problem;

/// How a registry's turn in a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncOutcome {
    /// Rows landed (also none of them new).
    Landed,
    /// The source said it had not changed; nothing was read.
    Unchanged,
    /// The batch waits for a person: nothing of it landed.
    Held,
    /// The pull failed; what was there before stays.
    Failed,
    /// The registry asked for quiet at this hour: the pull goes on afterwards.
    Postponed,
}

/// `read` = `landed` + `quarantined`; `landed` = `added` + `changed` + `unchanged`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    pub registry: String,
    pub title_zh: String,
    pub title_en: String,
    pub outcome: SyncOutcome,
    pub batch: Option<i64>,
    pub read: i64,
    pub landed: i64,
    pub added: i64,
    pub changed: i64,
    pub unchanged: i64,
    pub quarantined: i64,
    /// Reasons of quarantine with their counts.
    pub reasons: Vec<(String, i64)>,
    /// Records tombstoned because a complete pull no longer had them.
    pub gone: i64,
    /// Records of this registry that belong to an enterprise that another registry knows too; filled after linking.
    pub linked: Option<i64>,
    /// Records of this registry now in the store.
    pub records: i64,
    pub seconds: f64,
    pub notice: Option<Problem>,
    /// Column changes against the contract, JSON.
    pub drift: Option<serde_json::Value>,
    /// What was left out of the source, or done about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Problem>,
}

impl Receipt {
    pub fn empty(registry: &str, title_zh: &str, title_en: &str, outcome: SyncOutcome) -> Receipt {
        Receipt {
            registry: registry.to_owned(),
            title_zh: title_zh.to_owned(),
            title_en: title_en.to_owned(),
            outcome,
            batch: None,
            read: 0,
            landed: 0,
            added: 0,
            changed: 0,
            unchanged: 0,
            quarantined: 0,
            reasons: Vec::new(),
            gone: 0,
            linked: None,
            records: 0,
            seconds: 0.0,
            notice: None,
            drift: None,
            notes: Vec::new(),
        }
    }
}
