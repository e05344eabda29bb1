//! What persons said of pairs of records, as clustering reads it.
//!
//! In: the judgements that stand. Out: must-links and cannot-links. Judgements on records that are gone say nothing.

use super::Spoken;
use crate::link::entity_key::reference_of;
use crate::link::group::profiles::{Apart, Profiles};
use crate::link::records::{Book, RecordNo};
use crate::model::linkage::{Judgement, JudgementVerdict, RecordRef};

/// Records that a person told apart, each with its others.
pub fn cannot_links(book: &Book, judgements: &[Judgement]) -> Apart {
    let mut apart = Apart::default();
    for (a, b) in pairs(book, judgements, JudgementVerdict::Different) {
        apart.entry(a).or_default().push(b);
        apart.entry(b).or_default().push(a);
    }
    apart
}

/// The pairs of profiles that persons have spoken on.
pub fn judged_pairs(book: &Book, profiles: &Profiles, judgements: &[Judgement]) -> Spoken {
    let of = |(a, b): (RecordNo, RecordNo)| (profiles.of_record[a as usize], profiles.of_record[b as usize]);
    Spoken {
        same: pairs(book, judgements, JudgementVerdict::Same).map(of).filter(|(a, b)| a != b).collect(),
        different: pairs(book, judgements, JudgementVerdict::Different).map(of).filter(|(a, b)| a != b).collect(),
    }
}

/// Pairs of standing records with that verdict, in the order of their ids.
fn pairs(book: &Book, judgements: &[Judgement], verdict: JudgementVerdict) -> impl Iterator<Item = (RecordNo, RecordNo)> {
    let mut ordered: Vec<&Judgement> = judgements.iter().filter(|j| j.verdict == verdict).collect();
    ordered.sort_by(|a, b| a.id.cmp(&b.id));
    let find = |record: &RecordRef| book.find(reference_of(record)).filter(|r| !book.facts(*r).is_gone());
    let pairs: Vec<_> = ordered.into_iter().filter_map(|j| Some((find(&j.left)?, find(&j.right)?))).collect();
    pairs.into_iter()
}
