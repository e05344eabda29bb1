//! Which enterprises come first, as whoever sees some classes may know it: by the part of the priority that they are told. An order by all
//! of it, or the choice of the first few by it, would say of somebody that they pay, or have a dispute.

use roaring::RoaringBitmap;

use crate::access::{Sight, classes};
use crate::edition::{Edition, Row, ToldScores};

/// What somebody who sees these classes is told of the priority, to order by; None where that is all of it.
pub fn told_scores(edition: &Edition, sight: Sight) -> Option<ToldScores> {
    (!sight.sees_all()).then(|| edition.told_scores(sight.bits(), |code| sight.sees(classes::of_code(code))))
}

/// Rows, the most urgent first as far as they are told it.
pub fn most_urgent_first(edition: &Edition, rows: &RoaringBitmap, sight: Sight) -> Vec<Row> {
    match told_scores(edition, sight) {
        Some(told) => edition.told_rows(rows, &[], &told),
        None => edition.in_order(rows).collect(),
    }
}
