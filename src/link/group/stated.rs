//! Which records state a number: a registration number, or the hash of the name that the issuer of codes wrote beside a code.

use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::flat_table::FlatTable;
use crate::link::records::{ISSUES_CODES, RecordNo, RecordRow, RecordTable};

/// Records by a number that they state; those of one number in no order that means anything.
#[derive(Debug, Clone, Default)]
pub(in crate::link) struct Stated {
    first: FlatTable<u64, RecordNo>,
    next: FlatTable<RecordNo, RecordNo>,
}

impl Stated {
    pub fn insert(&mut self, number: u64, record: RecordNo) {
        if let Some(before) = self.first.insert(number, record) {
            self.next.insert(record, before);
        }
    }
    pub fn remove(&mut self, number: u64, record: RecordNo) {
        let known: Vec<RecordNo> = self.of(number).collect();
        self.first.remove(&number);
        for other in &known {
            self.next.remove(other);
        }
        known.into_iter().filter(|other| *other != record).for_each(|other| self.insert(number, other));
    }
    pub fn of(&self, number: u64) -> impl Iterator<Item = RecordNo> + '_ {
        std::iter::successors(self.first.get(&number).copied(), |record| self.next.get(record).copied())
    }
}

/// The Chinese name under which the issuer of codes has a record beside its code: hash of 字号, trade, form and branch. None of other
/// records.
pub(in crate::link) fn title(record_table: &RecordTable, facts: &RecordRow) -> Option<u64> {
    let issued = facts.has(ISSUES_CODES) && facts.organisation != 0 && facts.name != 0 && !facts.is_gone();
    let in_chinese = || !record_table.name(facts.name).shape.english;
    (issued && in_chinese()).then(|| record_table.name_entry(facts.name).body)
}

impl KeepAll for Stated {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        self.first.write(to)?;
        self.next.write(to)
    }
    fn read(from: &mut Reader) -> Option<Stated> {
        Some(Stated { first: FlatTable::read(from)?, next: FlatTable::read(from)? })
    }
}
