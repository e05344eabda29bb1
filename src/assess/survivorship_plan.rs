//! Which registry is asked first for which field: what policy says, worked out once per run.

use crate::model::enterprise::EnterpriseField;
use crate::model::facts::{Facts, RegistryTraits};
use crate::model::provenance::SurvivorshipRule;
use crate::model::reference::registration::RegistrationScheme;

/// The policy's field rules against the registries of this run.
pub struct Plan {
    /// By `EnterpriseField`: rule, and each registry's place in the rank.
    pub(super) fields: Vec<(SurvivorshipRule, Vec<u16>)>,
    /// By registry: table of its registration type codes.
    registration_schemes: Vec<RegistrationScheme>,
}

impl Plan {
    pub fn new(registries: &[RegistryTraits], policy: &super::Policy) -> Plan {
        let fields = EnterpriseField::ALL.iter().map(|field| {
            let policy = policy.field(*field);
            let place = |(i, r): (usize, &RegistryTraits)| match policy.rank.iter().position(|name| **name == *r.name) {
                Some(place) => place as u16,
                None => (policy.rank.len() + i) as u16,
            };
            (policy.rule, registries.iter().enumerate().map(place).collect())
        });
        let scheme = |r: &RegistryTraits| match policy.registration_editions.get(&*r.name) {
            Some(2022) => RegistrationScheme::Statistics2022,
            _ => RegistrationScheme::Statistics2011,
        };
        Plan { fields: fields.collect(), registration_schemes: registries.iter().map(scheme).collect() }
    }
}

impl Plan {
    pub(super) fn scheme(&self, facts: &Facts) -> RegistrationScheme {
        self.registration_schemes.get(facts.registry as usize).copied().unwrap_or(RegistrationScheme::Statistics2011)
    }

    /// Place of a record's registry in the rank of a field, then its key: smaller is better.
    pub fn place<'f>(&self, field: EnterpriseField, facts: &'f Facts) -> (u16, std::cmp::Reverse<i64>, &'f str, u16) {
        let rank = self.fields[field as usize].1.get(facts.registry as usize).copied().unwrap_or(u16::MAX);
        (rank, std::cmp::Reverse(facts.observed_at.unwrap_or(i64::MIN)), &facts.key, facts.part)
    }
}

/// Whether this registry's word on this field is official.
pub(super) fn is_official(field: EnterpriseField, registry: &RegistryTraits) -> bool {
    match field {
        EnterpriseField::OfficialList => registry.official_list,
        EnterpriseField::Union => registry.union_roll,
        _ => registry.issues_codes,
    }
}
