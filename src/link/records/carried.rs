//! One record taken out of a table, read as it is, and put into another: what is handed from machine to machine.
//!
//! Nothing is read again, so that what a name or an address means is decided once. What the record states of other units stays behind:
//! no step that decides who is one enterprise looks at it.

use super::{Address, AddressNo, BrokenCode, GONE, Glyph, Name, NameNo, NameShape, RecordNo, RecordRow, RecordTable};
use crate::link::codec::kept;

/// A record outside of any table.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::link) struct CarriedRecord {
    row: RecordRow,
    key: Box<str>,
    /// Its own name, then the others.
    names: Box<[(Box<[Glyph]>, NameShape)]>,
    address: Option<Address>,
    operating: Option<Address>,
    broken: Option<BrokenCode>,
}

kept!(CarriedRecord { row, key, names, address, operating, broken });

impl CarriedRecord {
    /// The record across runs.
    pub fn reference(&self) -> u64 {
        self.row.reference
    }
    /// What grouping asks of a record of another code: codes, own name, where it is, rank.
    pub fn witness(&self) -> CarriedRecord {
        let row = RecordRow {
            reference: self.row.reference,
            organisation: self.row.organisation,
            registration: self.row.registration,
            county: self.row.county,
            registry: self.row.registry,
            part: self.row.part,
            role: self.row.role,
            flags: self.row.flags,
            ..RecordRow::default()
        };
        let names = self.names.iter().take(1).cloned().collect();
        CarriedRecord { row, key: "".into(), names, address: self.address, operating: self.operating, broken: None }
    }
    /// Its own codes and numbers, with the numbers of another table for whatever has one.
    pub fn row(&self) -> &RecordRow {
        &self.row
    }
}

impl RecordTable {
    /// A copy of the record that needs no table.
    pub(in crate::link) fn carry(&self, record: RecordNo) -> CarriedRecord {
        let row = *self.facts(record);
        let name = |number: NameNo| -> (Box<[Glyph]>, NameShape) {
            let name = self.name(number);
            (name.glyphs.into(), name.shape)
        };
        let address = |number: AddressNo| (number != 0).then(|| *self.address(number));
        CarriedRecord {
            row,
            key: self.key(record).into(),
            names: self.names_of(record).map(name).collect(),
            address: address(row.address),
            operating: address(row.operating),
            broken: self.broken_code(row.broken).cloned(),
        }
    }

    /// Puts a carried record in; one of the same reference is left as it is.
    pub(in crate::link) fn take_in(&mut self, carried: &CarriedRecord) -> RecordNo {
        if let Some(known) = self.find(carried.row.reference) {
            return known;
        }
        let number = self.append(carried);
        self.standing += 1;
        self.by_reference.insert_unique(carried.row.reference, number);
        number
    }

    /// Puts a carried record in to be looked at only: it does not stand, and is not found by its reference.
    pub(in crate::link) fn take_in_aside(&mut self, carried: &CarriedRecord) -> RecordNo {
        let number = self.append(carried);
        self.records[number as usize].flags |= GONE;
        number
    }

    fn append(&mut self, carried: &CarriedRecord) -> RecordNo {
        let name = |(glyphs, shape): &(Box<[Glyph]>, NameShape)| Name { glyphs: glyphs.to_vec(), shape: *shape };
        let names: Vec<NameNo> = carried.names.iter().map(|carried| self.number_name(&name(carried))).collect();
        let others_from = self.other_names.len() as u32;
        self.other_names.extend_from_slice(names.get(1..).unwrap_or_default());
        let mut number = |address: Option<Address>| address.map_or(0, |address| self.intern_address(address));
        let (address, operating) = (number(carried.address), number(carried.operating));
        if let Some(broken) = &carried.broken {
            self.broken.entry(carried.row.broken).or_insert_with(|| broken.clone());
        }
        let key_from = self.keys.len() as u32;
        self.keys.extend_from_slice(carried.key.as_bytes());
        self.records.push(RecordRow {
            name: names.first().copied().unwrap_or(0),
            others_from,
            others: names.len().saturating_sub(1) as u8,
            address,
            operating,
            key_from,
            key_len: carried.key.len() as u16,
            ..carried.row
        });
        self.records.len() as RecordNo - 1
    }
}
