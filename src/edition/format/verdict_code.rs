//! The verdicts on size, union and gap of one row as one byte, and whether it has more members than staff: everything the counts
//! of coverage depend on.
//!
//! The byte stands in `dims.arrow` (column `verdicts`); nobody else packs or unpacks it.

use crate::model::verdict::{GapStatus, SizeStatus, UnionStatus};

const GAPS: u8 = GapStatus::ALL.len() as u8;
const UNIONS: u8 = UnionStatus::ALL.len() as u8;

/// How the byte is made, as the column says of itself.
pub const MEANING: &str = "size*35 + union*5 + gap; 105 more where members exceed the staff";
/// The combinations of the three verdicts.
const VERDICTS: u8 = SizeStatus::ALL.len() as u8 * GAPS * UNIONS;
/// Codes that can occur: one for each combination, without and with more members than staff.
pub const COUNT: usize = VERDICTS as usize * 2;

pub fn pack(size: SizeStatus, union: UnionStatus, gap: GapStatus, exceeds_staff: bool) -> u8 {
    size as u8 * UNIONS * GAPS + union as u8 * GAPS + gap as u8 + if exceeds_staff { VERDICTS } else { 0 }
}

/// More members than staff, where both are known.
pub fn exceeds_staff(code: u8) -> bool {
    code >= VERDICTS
}

/// The position in `SizeStatus::ALL`.
pub fn size_number(code: u8) -> u8 {
    code % VERDICTS / (UNIONS * GAPS)
}

/// The position in `UnionStatus::ALL`.
pub fn union_number(code: u8) -> u8 {
    code / GAPS % UNIONS
}

/// The position in `GapStatus::ALL`.
pub fn gap_number(code: u8) -> u8 {
    code % GAPS
}

pub fn size(code: u8) -> SizeStatus {
    SizeStatus::ALL[usize::from(size_number(code))]
}

pub fn union(code: u8) -> UnionStatus {
    UnionStatus::ALL[usize::from(union_number(code))]
}

pub fn gap(code: u8) -> GapStatus {
    GapStatus::ALL[usize::from(gap_number(code))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_has_a_code_of_its_own_and_comes_back() {
        let mut seen = [false; COUNT];
        for s in SizeStatus::ALL {
            for u in UnionStatus::ALL {
                for g in GapStatus::ALL {
                    for more in [false, true] {
                        let code = pack(*s, *u, *g, more);
                        assert_eq!((size(code), union(code), gap(code), exceeds_staff(code)), (*s, *u, *g, more));
                        assert!(!std::mem::replace(&mut seen[usize::from(code)], true), "{code} stands for two");
                    }
                }
            }
        }
        let code = |more| pack(SizeStatus::ALL[1], UnionStatus::ALL[2], GapStatus::ALL[3], more);
        assert_eq!((code(false), code(true)), (35 + 10 + 3, 35 + 10 + 3 + 105), "{MEANING}");
    }
}
