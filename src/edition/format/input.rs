//! What `publish` hands over to be written as an edition.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::enterprise::{Enterprise, TradeUnion};
use crate::model::linkage::LinkMethod;
use crate::model::tie::Tie;
use crate::model::verdict::UnionStatus;

/// Everything one edition holds. Order does not matter: `write` numbers the rows by falling priority.
#[derive(Debug, Clone)]
pub struct EditionInput {
    pub number: u32,
    pub published_at: DateTime<Utc>,
    /// The day it stands for, in `zone`.
    pub as_of: NaiveDate,
    pub zone: chrono_tz::Tz,
    pub enterprises: Vec<Enterprise>,
    pub unions: Vec<TradeUnion>,
    pub members: Vec<Member>,
    /// Investments, dispatches, disputes and events.
    pub ties: Vec<Tie>,
    /// Names of the registries in the order of the bits of `Enterprise::registries`; ties name theirs by position.
    pub registries: Vec<Box<str>>,
    pub sources: Vec<EditionSource>,
    /// What the verdicts need and no source brought.
    pub unmet: Vec<crate::model::verdict::Unmet>,
    pub labels: Labels,
    pub counting: CountingRules,
}

/// What the coverage counts rest on beside the facts; kept in the edition, so that its rates stay what they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountingRules {
    /// Kinds of coverage that count in the coverage rate.
    pub counted_kinds: Vec<UnionStatus>,
    /// Kinds of coverage that count in the establishment rate.
    pub established_kinds: Vec<UnionStatus>,
    /// Dues payable as a share of a year's payroll.
    pub dues_rate: f64,
}

impl Default for CountingRules {
    fn default() -> CountingRules {
        let kinds = vec![UnionStatus::Independent, UnionStatus::Parent, UnionStatus::Joint, UnionStatus::Federation];
        CountingRules { counted_kinds: kinds.clone(), established_kinds: kinds, dues_rate: 0.02 }
    }
}

/// One record that belongs to an enterprise, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Id of the enterprise; shared by its members.
    pub enterprise: Arc<str>,
    /// Registry by name.
    pub registry: Arc<str>,
    pub key: Box<str>,
    pub part: u16,
    /// Number of the row in the store's `record` table.
    pub record_id: i64,
    pub method: LinkMethod,
    /// log2 odds; None where an identifier decided.
    pub weight: Option<f32>,
    /// JSON array of `model::linkage::Evidence`; empty where there is none.
    pub evidence: Box<str>,
}

/// A registry the edition rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditionSource {
    pub name: String,
    pub title_zh: String,
    pub title_en: String,
    /// When the registry was last read successfully.
    pub as_of: DateTime<Utc>,
    pub records: u64,
    pub stale: bool,
}

/// Names of the areas and industries, so that an edition stays readable when the divisions change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    pub areas: Vec<AreaLabel>,
    pub industries: Vec<IndustryLabel>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaLabel {
    /// `110000` (city), `110101` (district), `110101001` (town), or a federation unit (`D110101`, `BEDA`, `I-EDU`).
    pub code: String,
    /// CITY, DISTRICT, TOWN or FEDERATION.
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub zh: String,
    pub en: String,
    /// WGS-84 longitude and latitude of a point to put the name on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_point: Option<(f64, f64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predecessors: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndustryLabel {
    pub code: String,
    /// SECTION, DIVISION, GROUP or CLASS.
    pub level: String,
    /// Year of GB/T 4754: 2002, 2011, 2017.
    pub edition: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub zh: String,
    pub en: String,
}
