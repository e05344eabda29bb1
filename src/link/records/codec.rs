//! The book as bytes.

use hashbrown::HashTable;

use super::{Book, BrokenCode, Facts, NameEntry, RecordNo, Related, place_of};
use crate::link::codec::{KeepAll, Reader, Writer, kept};
use crate::link::number_map::NumberMap;
use crate::normalise::address::Address;
use crate::normalise::name::Shape;

kept!(Facts {
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
    phone,
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
});
kept!(Shape { ends, form_class, place_code, english, joint });
kept!(NameEntry { from, len, shape, whole, body, stem, brand });
kept!(Address { whole, road, number, sketch, county });
kept!(BrokenCode { text, could_be });
kept!(Related { kind, name, organisation, since });

impl KeepAll for Book {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.list(&self.records)?;
        to.list(&self.names)?;
        to.list(&self.glyphs)?;
        to.list(&self.other_names)?;
        to.list(&self.addresses)?;
        to.list(self.keys.as_bytes())?;
        let related: Vec<(RecordNo, Box<[Related]>)> = self.related.iter().map(|(r, units)| (*r, units.clone())).collect();
        to.list(&related)?;
        let broken: Vec<(u64, BrokenCode)> = self.broken.iter().map(|(hash, code)| (*hash, code.clone())).collect();
        to.list(&broken)
    }

    fn read(from: &mut Reader<'_>) -> Option<Book> {
        let mut book = Book {
            records: from.list()?,
            names: from.list()?,
            glyphs: from.list()?,
            other_names: from.list()?,
            addresses: from.list()?,
            keys: String::from_utf8(from.list()?).ok()?,
            related: from.list::<(RecordNo, Box<[Related]>)>()?.into_iter().collect(),
            broken: from.list::<(u64, BrokenCode)>()?.into_iter().collect(),
            before: Some(NumberMap::default()),
            ..Book::default()
        };
        book.standing = book.records.iter().filter(|facts| !facts.is_gone()).count();
        let Book { records, names, addresses, .. } = &book;
        let (numbers, (name_numbers, address_numbers)) = rayon::join(
            || table(records.len(), 0, |no| records[no as usize].reference),
            || {
                rayon::join(
                    || table(names.len(), 1, |no| names[no as usize].whole),
                    || table(addresses.len(), 1, |no| place_of(&addresses[no as usize])),
                )
            },
        );
        (book.by_reference, book.name_numbers, book.address_numbers) = (numbers, name_numbers, address_numbers);
        Some(book)
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
