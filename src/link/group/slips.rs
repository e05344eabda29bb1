//! Codes that pass their check and are wrong all the same.
//!
//! One slip in eleven passes the check of an organisation code. In: the records of one valid code, and who has a code from its
//! issuer. Out: the code that was meant, where the issuer does not know the one that is written, knows another that is one
//! slip away, and has the very name there. The records are then compared like those of a broken code.

use crate::link::records::{ISSUES_CODES, RecordNo, RecordTable};
use crate::normalise::identifier::slips_of;

/// The code that was meant by `code`, which all of `group` write; `issuer` finds the issuer's record under a code. Only of one
/// registry's records: two do not slip alike. Where both sides tell a district, it is one.
pub(in crate::link) fn meant(
    record_table: &RecordTable,
    code: u64,
    group: &[RecordNo],
    issuer: impl Fn(u64) -> Option<RecordNo>,
) -> Option<u64> {
    let facts = |record: RecordNo| record_table.facts(record);
    let (first, last) = (facts(*group.first()?), facts(*group.last()?));
    if first.registry != last.registry || group.iter().any(|record| facts(*record).has(ISSUES_CODES)) {
        return None;
    }
    let bears = |of: RecordNo| {
        let county = first.stated_county();
        let (name, other) = (record_table.name_entry(first.name), record_table.name_entry(facts(of).name));
        first.name != 0 && name.stem == other.stem && (county == 0 || [0, county].contains(&facts(of).stated_county()))
    };
    slips_of(code).find(|code| issuer(*code).is_some_and(bears))
}
