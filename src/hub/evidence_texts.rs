//! Texts for people in the evidence of a link or a pair, which linking keeps as numbers.

use crate::link::ReviewPair;
use crate::model::facts::Facts;
use crate::model::field::Field;
use crate::model::linkage::Evidence;
use crate::model::spilled::SpilledText;
use crate::model::text::json;
use crate::publish::ToldPair;

/// Addresses and phones as the registries wrote them: linking keeps numbers only.
pub(super) fn show_texts(evidence: &mut [Evidence], left: Option<&Facts>, right: Option<&Facts>) {
    for e in evidence.iter_mut().filter(|e| e.left.is_none() && e.right.is_none()) {
        let fields: &[Field] = match &*e.feature {
            "address" => &[Field::Address, Field::OperatingAddress],
            "phone" => &[Field::Phone],
            "county" => &[Field::District, Field::Area],
            "registration" => &[Field::RegistrationNumber],
            _ => continue,
        };
        let text =
            |facts: Option<&Facts>| facts.and_then(|f| fields.iter().find_map(|field| Some(f.get(*field)?.to_string().into())));
        (e.left, e.right) = (text(left), text(right));
    }
}

/// A pair with what speaks for and against it, put where `keep` keeps it; `fact` finds what a row of the store (id and part) says.
pub(super) fn told<'f>(
    pair: ReviewPair,
    mut evidence: Box<[Evidence]>,
    fact: impl Fn((i64, u16)) -> Option<&'f Facts>,
    keep: impl FnOnce(Box<str>) -> SpilledText,
) -> ToldPair {
    let [left, right] = [(pair.left_store_id, pair.left.part), (pair.right_store_id, pair.right.part)].map(fact);
    show_texts(&mut evidence, left, right);
    ToldPair { pair, evidence: keep(json(&evidence)) }
}
