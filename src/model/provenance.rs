//! Where a value comes from: which registry says what of a field, which statement was chosen, and by which rule.

use super::enterprise::EnterpriseField;
use super::field::named;
use super::record::RegistryIndex;

named! {
    /// Why one statement won over the others.
    pub enum SurvivorshipRule {
        /// The registry that issues the fact, or keeps the official list of it.
        Official = "OFFICIAL",
        /// The registry that stands first in the policy's rank for this field.
        RegistryRank = "REGISTRY_RANK",
        /// The statement observed last.
        MostRecent = "MOST_RECENT",
        /// The statement that says most: a street before a district, four digits before two.
        MostComplete = "MOST_COMPLETE",
        /// Nobody else says anything.
        OnlyValue = "ONLY_VALUE",
    }
}

named! {
    /// How the statements about one field stand to each other.
    pub enum Agreement {
        Single = "SINGLE",
        /// Equal as written.
        Same = "SAME",
        /// Equal once read: spelling, precision or edition differ, the meaning does not.
        Equivalent = "EQUIVALENT",
        Different = "DIFFERENT",
    }
}

/// What one record says of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceValue {
    pub registry: RegistryIndex,
    pub key: Box<str>,
    pub part: u16,
    /// Id in the store's `record` table, where the text as written is found.
    pub record_id: i64,
    /// As read; None where the record's value means nothing to us.
    pub value: Option<Box<str>>,
    /// Milliseconds since 1970.
    pub observed_at: Option<i64>,
    pub landed_at: i64,
}

/// Everything said of one field of one enterprise. `value` and `source` are None where nobody says anything.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldProvenance {
    pub field: EnterpriseField,
    pub value: Option<Box<str>>,
    pub source: Option<SourceValue>,
    pub rule: SurvivorshipRule,
    pub others: Vec<SourceValue>,
    pub agreement: Agreement,
}
