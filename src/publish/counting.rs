//! What an edition's rates count, as policy says.

use crate::assess::Policy;
use crate::edition::CountingRules;

/// What of the policy the edition's counts rest on.
pub fn counting(policy: &Policy) -> CountingRules {
    let (counted_kinds, established_kinds) = (policy.counted_kinds.clone(), policy.established_kinds.clone());
    let industrial_unions = policy.industrial_unions.keys().cloned().collect();
    CountingRules { counted_kinds, established_kinds, dues_rate: policy.fund.rate, industrial_unions }
}
