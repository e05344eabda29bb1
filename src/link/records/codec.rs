//! The record table as bytes.

use super::{BrokenCode, RecordNo, RecordRow, RecordTable, Related};
use crate::link::codec::{KeepAll, Reader, Writer, kept};
use crate::link::flat_table::FlatNumbers;
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
        to.flat(&self.keys)?;
        self.by_reference.write(to)?;
        self.name_numbers.write(to)?;
        self.address_numbers.write(to)?;
        to.list(&[self.standing as u64])?;
        let related: Vec<(RecordNo, Box<[Related]>)> = self.related.iter().map(|(r, units)| (*r, units.clone())).collect();
        to.list(&related)?;
        let broken: Vec<(u64, BrokenCode)> = self.broken.iter().map(|(hash, code)| (*hash, code.clone())).collect();
        to.list(&broken)
    }

    fn read(from: &mut Reader) -> Option<RecordTable> {
        Some(RecordTable {
            records: from.flat()?,
            names: from.flat()?,
            glyphs: from.flat()?,
            other_names: from.flat()?,
            addresses: from.flat()?,
            keys: from.flat()?,
            by_reference: FlatNumbers::read(from)?,
            name_numbers: FlatNumbers::read(from)?,
            address_numbers: FlatNumbers::read(from)?,
            standing: *from.list::<u64>()?.first()? as usize,
            related: from.list::<(RecordNo, Box<[Related]>)>()?.into_iter().collect(),
            broken: from.list::<(u64, BrokenCode)>()?.into_iter().collect(),
            before: Some(NumberMap::default()),
            ..RecordTable::default()
        })
    }
}
