//! Where two editions say something else, whatever parts they are made of.

use crate::edition::open::Edition;

/// The first thing on which two editions differ, in words for a log: enterprises in their order with records, ties and people, then
/// unions. None where they say the same; numbers, times and sources of the manifests are not looked at.
pub fn difference(one: &Edition, other: &Edition) -> Option<String> {
    if one.len() != other.len() {
        return Some(format!("{} enterprises, {} there", one.len(), other.len()));
    }
    let sources: Vec<Box<str>> = one.manifest.sources.iter().map(|s| s.name.as_str().into()).collect();
    for (a, b) in one.enterprises().zip(other.enterprises()) {
        let id = a.id();
        if id != b.id() {
            return Some(format!("{id} stands where {} stands there", b.id()));
        }
        if (a.reasons_json(), a.written()) != (b.reasons_json(), b.written()) {
            return Some(format!("{id}: {:?}, {:?} there", a.written(), b.written()));
        }
        if a.written_members() != b.written_members() {
            return Some(format!("the records of {id}"));
        }
        let ties = |edition: &Edition, row| -> Vec<_> {
            edition.every_tie_of(row).into_iter().map(|tie| tie.written(edition, &sources)).collect()
        };
        if ties(one, a.row) != ties(other, b.row) {
            return Some(format!("what {id} states of others"));
        }
    }
    let unions = |edition: &Edition| edition.unions().map(|at| edition.union_at(at).written()).collect::<Vec<_>>();
    let (mine, theirs) = (unions(one), unions(other));
    let at = mine.iter().zip(&theirs).position(|(a, b)| a != b);
    match at {
        Some(at) => Some(format!("{:?}, {:?} there", mine[at], theirs[at])),
        None => (mine.len() != theirs.len()).then(|| format!("{} unions, {} there", mine.len(), theirs.len())),
    }
}
