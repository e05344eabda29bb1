//! What persons said of pairs of records, as clustering reads it.
//!
//! In: the judgements that stand. Out: must-links and cannot-links. Judgements on records that are gone say nothing.

use super::JudgedPairs;
use crate::link::entity_key::reference_of;
use crate::link::group::profiles::{CannotLinks, Profiles};
use crate::link::records::{RecordNo, RecordTable};
use crate::model::linkage::{Judgement, JudgementVerdict, RecordRef};

/// Records that a person judged different, each with its others.
pub fn cannot_links(record_table: &RecordTable, judgements: &[Judgement]) -> CannotLinks {
    let mut cannot_links = CannotLinks::default();
    for (a, b) in pairs(record_table, judgements, JudgementVerdict::Different) {
        cannot_links.entry(a).or_default().push(b);
        cannot_links.entry(b).or_default().push(a);
    }
    cannot_links
}

/// The pairs of profiles that persons have judged on.
pub fn judged_pairs(record_table: &RecordTable, profiles: &Profiles, judgements: &[Judgement]) -> JudgedPairs {
    let of = |(a, b): (RecordNo, RecordNo)| (profiles.of_record[a as usize], profiles.of_record[b as usize]);
    JudgedPairs {
        same: pairs(record_table, judgements, JudgementVerdict::Same).map(of).filter(|(a, b)| a != b).collect(),
        different: pairs(record_table, judgements, JudgementVerdict::Different).map(of).filter(|(a, b)| a != b).collect(),
    }
}

/// Pairs of standing records with that verdict, in the order of their ids.
fn pairs(
    record_table: &RecordTable,
    judgements: &[Judgement],
    verdict: JudgementVerdict,
) -> impl Iterator<Item = (RecordNo, RecordNo)> {
    let mut ordered: Vec<&Judgement> = judgements.iter().filter(|j| j.verdict == verdict).collect();
    ordered.sort_by(|a, b| a.id.cmp(&b.id));
    let find = |record: &RecordRef| record_table.find(reference_of(record)).filter(|r| !record_table.facts(*r).is_gone());
    let pairs: Vec<_> = ordered.into_iter().filter_map(|j| Some((find(&j.left)?, find(&j.right)?))).collect();
    pairs.into_iter()
}
