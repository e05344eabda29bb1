//! What `publish` hands over to be written as an edition.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::enterprise::{Enterprise, TradeUnion};
use crate::model::linkage::LinkMethod;
use crate::model::spilled::SpilledText;
use crate::model::tie::Tie;
use crate::model::verdict::UnionStatus;

/// Everything one edition holds. Order does not matter: `write` numbers the rows by falling priority.
#[derive(Debug, Clone)]
pub struct EditionInput {
    /// 1, 2, …: one above the edition before it.
    pub number: u32,
    /// When it was made.
    pub published_at: DateTime<Utc>,
    /// The day it stands for, in `zone`.
    pub as_of: NaiveDate,
    /// Time zone of the city.
    pub zone: chrono_tz::Tz,
    /// Every enterprise, in scope or not.
    pub enterprises: Vec<Enterprise>,
    /// Every union of the roll.
    pub unions: Vec<TradeUnion>,
    /// Every record that belongs to an enterprise.
    pub members: Vec<Member>,
    /// Investments, dispatches, disputes and events.
    pub ties: Vec<Tie>,
    /// Names of the registries in the order of the bits of `Enterprise::registries`; ties name theirs by position.
    pub registries: Vec<Box<str>>,
    /// The registries it rests on, in the order of `registries`.
    pub sources: Vec<EditionSource>,
    /// What the verdicts need and no source brought.
    pub unmet: Vec<crate::model::verdict::Unmet>,
    /// Names of the areas and industries, as of this edition.
    pub labels: Labels,
    /// What its rates count.
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
    /// The industrial unions whose industries policy names (`I-EDU`), sorted: of the others nobody can say who should stand under them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub industrial_unions: Vec<String>,
}

impl Default for CountingRules {
    fn default() -> CountingRules {
        let kinds = vec![UnionStatus::Independent, UnionStatus::Parent, UnionStatus::Joint, UnionStatus::Federation];
        CountingRules { counted_kinds: kinds.clone(), established_kinds: kinds, dues_rate: 0.02, industrial_unions: Vec::new() }
    }
}

/// One record that belongs to an enterprise, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Id of the enterprise; shared by its members.
    pub enterprise: Arc<str>,
    /// Registry by name.
    pub registry: Arc<str>,
    /// Key of the record inside its registry.
    pub key: Box<str>,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// Number of the row in the store's `record` table.
    pub record_id: i64,
    /// What joined it.
    pub method: LinkMethod,
    /// log2 odds; None where an identifier decided.
    pub weight: Option<f32>,
    /// JSON array of `model::linkage::Evidence`; empty where there is none.
    pub evidence: SpilledText,
}

/// A registry the edition rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditionSource {
    /// As the connector names it.
    pub name: String,
    /// For people, in Chinese.
    pub title_zh: String,
    /// For people, in English.
    pub title_en: String,
    /// When the registry was last read successfully.
    pub as_of: DateTime<Utc>,
    /// Rows it has in the store.
    pub records: u64,
    /// No good pull for longer than its connector agrees to.
    pub stale: bool,
}

/// Names of the areas and industries, so that an edition stays readable when the divisions change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    /// City, districts, towns and federation units.
    pub areas: Vec<AreaLabel>,
    /// In every edition of the classification that has names.
    pub industries: Vec<IndustryLabel>,
}

/// What an area is called, and where its name is put on a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaLabel {
    /// `110000` (city), `110101` (district), `110101001` (town), or a federation unit (`D110101`, `BEDA`, `I-EDU`).
    pub code: String,
    /// CITY, DISTRICT, TOWN or FEDERATION.
    pub level: String,
    /// Code of the area it lies in; None for the city and for federation units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// WGS-84 longitude and latitude of a point to put the name on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_point: Option<(f64, f64)>,
    /// Codes it had before, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predecessors: Vec<String>,
}

/// What an industry is called in one edition of GB/T 4754.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndustryLabel {
    /// A letter, or two to four digits.
    pub code: String,
    /// SECTION, DIVISION, GROUP or CLASS.
    pub level: String,
    /// Year of GB/T 4754: 2002, 2011, 2017.
    pub edition: u16,
    /// Code of the industry above it; None for a section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Chinese name; the code where none is known.
    pub zh: String,
    /// English name; the code where none is known.
    pub en: String,
}
