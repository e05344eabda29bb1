//! The order of an edition: rows by falling priority, members by row.

use rayon::prelude::*;

use crate::model::enterprise::Enterprise;

/// Sorts by falling priority, equal ones by id. Positions are sorted and every enterprise is moved once: sorting the
/// enterprises themselves, a kilobyte each, would move every one of them twenty times.
pub fn sort_rows(rows: &mut [Enterprise]) {
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    order.par_sort_unstable_by(|a, b| {
        let (a, b) = (&rows[*a as usize], &rows[*b as usize]);
        b.verdicts.priority.score.total_cmp(&a.verdicts.priority.score).then_with(|| a.id.cmp(&b.id))
    });
    // `order[to]` is where the enterprise of place `to` stands: follow each cycle once.
    const DONE: u32 = u32::MAX;
    for start in 0..order.len() {
        let mut to = start;
        while order[to] != DONE {
            let from = std::mem::replace(&mut order[to], DONE) as usize;
            if from == start {
                break;
            }
            rows.swap(to, from);
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edition::files::members::MembersByRow;
    use crate::edition::{Member, synthetic};

    #[test]
    fn every_row_has_its_own_members_in_order() {
        let mut input = synthetic::input(1, 300, 5);
        sort_rows(&mut input.enterprises);
        let rows = &input.enterprises;
        let key = |e: &Enterprise| (std::cmp::Reverse(e.verdicts.priority.score.to_bits()), e.id.clone());
        assert!(rows.windows(2).all(|w| key(&w[0]) < key(&w[1])), "scores are not negative: their bits sort as they do");
        let row_of = rows.iter().zip(0..).map(|(e, row)| (&*e.id, row)).collect();
        let by_row = MembersByRow::new(&input.members, &row_of, rows.len());
        assert_eq!(by_row.len(), input.members.len());
        let mut at = 0;
        for (row, length) in by_row.lengths().enumerate() {
            let of: Vec<&Member> = by_row.positions()[at..at + length].iter().map(|p| &input.members[*p as usize]).collect();
            assert!(of.iter().all(|m| *m.enterprise == *rows[row].id));
            assert!(of.windows(2).all(|w| (&w[0].registry, &w[0].key) <= (&w[1].registry, &w[1].key)));
            at += length;
        }
        assert_eq!(at, by_row.len());
    }
}
