//! The record table as bytes.

use hashbrown::HashTable;

use super::{BrokenCode, RecordNo, RecordRow, RecordTable, Related, place_of};
use crate::link::codec::{KeepAll, Reader, Writer, kept};
use crate::link::number_map::NumberMap;
use crate::normalise::address::Address;
use crate::normalise::name_parts::NameShape;

kept!(RecordRow {
    reference,
    store_id,
    organisation,
    credit,
    registration,
    broken,
    name,
    others_from,
    address,
    operating,
    phones,
    established,
    employees,
    industry,
    county,
    key_from,
    key_len,
    registry,
    part,
    others,
    role,
    flags,
    unused,
});
kept!(NameShape { ends, form_class, place_code, english, joint, several, establishment });
kept!(Address { whole, road, number, sketch, county });
kept!(BrokenCode { text, could_be });
kept!(Related { kind, name, organisation, since });

impl KeepAll for RecordTable {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.flat(&self.records)?;
        to.flat(&self.names)?;
        to.flat(&self.glyphs)?;
        to.flat(&self.other_names)?;
        to.flat(&self.addresses)?;
        to.list(self.keys.as_bytes())?;
        let related: Vec<(RecordNo, Box<[Related]>)> = self.related.iter().map(|(r, units)| (*r, units.clone())).collect();
        to.list(&related)?;
        let broken: Vec<(u64, BrokenCode)> = self.broken.iter().map(|(hash, code)| (*hash, code.clone())).collect();
        to.list(&broken)
    }

    fn read(from: &mut Reader) -> Option<RecordTable> {
        let mut record_table = RecordTable {
            records: from.flat()?,
            names: from.flat()?,
            glyphs: from.flat()?,
            other_names: from.flat()?,
            addresses: from.flat()?,
            keys: String::from_utf8(from.list()?).ok()?,
            related: from.list::<(RecordNo, Box<[Related]>)>()?.into_iter().collect(),
            broken: from.list::<(u64, BrokenCode)>()?.into_iter().collect(),
            before: Some(NumberMap::default()),
            ..RecordTable::default()
        };
        record_table.standing = record_table.records.iter().filter(|facts| !facts.is_gone()).count();
        let RecordTable { records, names, addresses, .. } = &record_table;
        let (numbers, (name_numbers, address_numbers)) = rayon::join(
            || table(records.len(), 0, |no| records[no as usize].reference),
            || {
                rayon::join(
                    || table(names.len(), 1, |no| names[no as usize].whole),
                    || table(addresses.len(), 1, |no| place_of(&addresses[no as usize])),
                )
            },
        );
        (record_table.by_reference, record_table.name_numbers, record_table.address_numbers) =
            (numbers, name_numbers, address_numbers);
        Some(record_table)
    }
}

/// The numbers from `first` on, found by their hash.
fn table(len: usize, first: u32, hash: impl Fn(u32) -> u64) -> HashTable<u32> {
    let mut table = HashTable::with_capacity(len);
    for number in first..len as u32 {
        table.insert_unique(hash(number), number, |no| hash(*no));
    }
    table
}
