//! What would decide most: the inputs that are missing where designated size is unknown.
//!
//! In: an edition. Out: per input the number of enterprises on whose size it would decide, of those that may be on the gap list.

use std::collections::BTreeMap;

use anyhow::Context;

use crate::edition::{Edition, Filter};

/// Missing inputs of designated size among those of whom it cannot be told whether they are on the gap list, the most frequent
/// first: name of the input, enterprises.
///
/// # Errors
/// Verdicts that cannot be read.
pub fn missing_inputs(edition: &Edition) -> anyhow::Result<Vec<(String, u64)>> {
    let unknown = Filter::Any { facet: "size", values: vec!["UNKNOWN".to_owned()] };
    let rows = edition.filter(&Filter::may_be_in_gap().and(unknown))?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows.iter() {
        let enterprise = edition.enterprise(row);
        let verdicts = enterprise.verdicts().with_context(|| format!("edition {}: {}", edition.number(), enterprise.id()))?;
        for reason in &verdicts.size.reasons {
            let missing = reason.inputs.iter().filter(|input| &*reason.code == "missing_input" && input.value.is_none());
            missing.for_each(|input| *counts.entry(input.name.to_string()).or_default() += 1);
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(counts)
}
