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
        /// No registry gives the street: the address names exactly one of its district.
        FromAddress = "FROM_ADDRESS",
    }
}

named! {
    /// How the statements about one field stand to each other.
    pub enum Agreement {
        /// Only one registry says anything.
        Single = "SINGLE",
        /// Equal as written.
        Same = "SAME",
        /// Equal once read: spelling, precision or edition differ, the meaning does not.
        Equivalent = "EQUIVALENT",
        /// The registries contradict each other.
        Different = "DIFFERENT",
    }
}

/// The value that one record states for one field.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceValue {
    /// Whose statement it is.
    pub registry: RegistryIndex,
    /// Key of the record inside its registry.
    pub key: Box<str>,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// Id in the store's `record` table, where the text as written is found.
    pub record_id: i64,
    /// As read; None where the record's value means nothing to us.
    pub value: Option<Box<str>>,
    /// Milliseconds since 1970.
    /// Milliseconds since 1970 when the registry last touched the row; None where it does not say.
    pub observed_at: Option<i64>,
    /// Milliseconds since 1970 when the row came in as it is.
    pub landed_at: i64,
}

/// Everything said of one field of one enterprise. `value` and `source` are None where nobody says anything.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldProvenance {
    /// Which field.
    pub field: EnterpriseField,
    /// The chosen value, as shown.
    pub value: Option<Box<str>>,
    /// The statement it was taken from.
    pub source: Option<SourceValue>,
    /// Why that statement won.
    pub rule: SurvivorshipRule,
    /// What the other records say.
    pub others: Vec<SourceValue>,
    /// How far all of them agree.
    pub agreement: Agreement,
}
