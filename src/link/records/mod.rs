//! The record table of all records as linking needs them: numbers instead of text, each name and address once.
//!
//! About 100 bytes a record and 80 a name, so that three million records stay well under a gigabyte.

pub(in crate::link) mod carried;
mod cells;
mod codec;
mod flags;
mod shifted;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::entity_key::reference;
use super::flat_list::FlatList;
use super::flat_table::FlatNumbers;
use super::number_map::NumberMap;
use super::settings::LinkSettings;
use crate::model::linkage::{LinkRecord, LinkRole, OF_OFFICE, RecordRef, RelationKind};
use crate::normalise::address::{Address, read_address};
use crate::normalise::identifier::{Identifiers, one_slip_away, read_identifiers};
use crate::normalise::name::{Names, read_names};
use crate::normalise::name_parts::{Name, NameRef, NameShape};
use crate::normalise::phone::read_phones;
use crate::normalise::place::PLACES;
use crate::normalise::{Glyph, hash, mix};
use cells::{industry, listed, packed, unit_flag};
pub use flags::{BY_CREDIT_CODE, BY_OFFICE, CONTRADICTING, ESTABLISHMENT, GONE, ISSUES_CODES, JOINT, LEGAL_UNIT};
use shifted::straightened;

/// Number of a record in the record table; stays with the record for its life.
pub type RecordNo = u32;
/// Number of a name in the record table; 0 is the empty name.
pub type NameNo = u32;
/// Number of an address in the record table; 0 is none.
pub type AddressNo = u32;

/// One record. 0 means absent wherever a number can be absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct RecordRow {
    /// The record across runs ([`reference()`]).
    pub reference: u64,
    /// The store's number of it.
    pub store_id: i64,
    /// Valid organisation code, however it was written.
    pub organisation: u64,
    /// Hash of the valid 18-character credit code.
    pub credit: u64,
    /// Valid registration number.
    pub registration: u64,
    /// Hash of a code that fails its check; its text is in `RecordTable::broken`.
    pub broken: u64,
    /// Its own name.
    pub name: NameNo,
    /// First of `other_names` in the pool.
    pub others_from: u32,
    /// Registered address.
    pub address: AddressNo,
    /// Where it works.
    pub operating: AddressNo,
    /// Hashes of the numbers of the phone cell, as far as there are two.
    pub phones: [u32; 2],
    /// yyyymmdd; parts that are not known are 0.
    pub established: u32,
    /// Persons employed.
    pub employees: u32,
    /// Industry digits with a leading 1: 17519, 175; 0 is none.
    pub industry: u32,
    /// County, from the district text or the area column, or of the office that numbered it ([`BY_OFFICE`]).
    pub county: u32,
    key_from: u32,
    key_len: u16,
    /// Position of its registry in the settings.
    pub registry: u16,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// How many other names it has.
    pub others: u8,
    /// Position in `LinkRole::ALL`.
    pub role: u8,
    /// Bits: `flags`.
    pub flags: u8,
    unused: [u8; 3],
}

impl RecordRow {
    /// The county that a column states; 0 where none does.
    pub fn stated_county(&self) -> u32 {
        if self.has(BY_OFFICE) { 0 } else { self.county }
    }
    /// Whether a bit of `flags` is set.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
    /// How it takes part in linking.
    pub fn role(&self) -> LinkRole {
        LinkRole::ALL.get(usize::from(self.role)).copied().unwrap_or_default()
    }
    /// Hashes of its telephone numbers.
    pub fn phones(&self) -> impl Iterator<Item = u32> + Clone + use<> {
        self.phones.into_iter().filter(|phone| *phone != 0)
    }
    /// Whether it states a telephone number.
    pub fn has_phone(&self) -> bool {
        self.phones[0] != 0
    }
    /// Whether the two have a number in common.
    pub fn shares_phone(&self, other: &RecordRow) -> bool {
        self.phones().any(|phone| other.phones.contains(&phone))
    }
    /// Whether it was removed.
    pub fn is_gone(&self) -> bool {
        self.has(GONE)
    }
}

/// A name's place in the pool, and the hashes blocking and comparing ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct NameEntry {
    /// Hash of all glyphs.
    pub whole: u64,
    /// Of 字号, trade, canonical form and branch, without places.
    pub body: u64,
    /// Of 字号 and trade (and branch).
    pub stem: u64,
    /// Of the 字号 alone.
    pub brand: u64,
    from: u32,
    place_code: u32,
    len: u8,
    ends: [u8; 5],
    form_class: u8,
    /// Bits: what [`NameShape`] says yes or no to, in its order.
    said: u8,
}

impl NameEntry {
    /// Where its parts end, and what is known of the whole.
    pub fn shape(&self) -> NameShape {
        let says = |bit: u8| self.said >> bit & 1 == 1;
        NameShape {
            ends: self.ends,
            form_class: self.form_class,
            place_code: self.place_code,
            english: says(0),
            joint: says(1),
            several: says(2),
            establishment: says(3),
        }
    }
    /// What term frequencies are counted by: the 字号, or the stem of a name that has none.
    pub fn term(&self) -> u64 {
        if self.brand == EMPTY { self.stem } else { self.brand }
    }
}

/// Hash of no glyphs.
const EMPTY: u64 = crate::normalise::EMPTY_HASH;

/// A code that fails its check character.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokenCode {
    /// As cleaned.
    pub text: Box<str>,
    /// Organisation keys of the valid codes one slip away.
    pub could_be: Box<[u64]>,
}

/// Another unit that a record names.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// What the unit is to the record's own.
    pub kind: RelationKind,
    /// Its name.
    pub name: NameNo,
    /// Organisation key of its code; 0 where none is written.
    pub organisation: u64,
    /// yyyymmdd, parts that are not known 0.
    pub since: u32,
}

/// All records, their names and addresses.
#[derive(Debug, Clone, Default)]
pub struct RecordTable {
    /// By number; removed ones among them.
    pub records: FlatList<RecordRow>,
    names: FlatList<NameEntry>,
    glyphs: FlatList<Glyph>,
    other_names: FlatList<NameNo>,
    addresses: FlatList<Address>,
    keys: FlatList<u8>,
    related: HashMap<RecordNo, Box<[Related]>>,
    /// Codes that fail their check: as cleaned, and the organisation keys one slip away.
    broken: HashMap<u64, BrokenCode>,
    by_reference: FlatNumbers,
    name_numbers: FlatNumbers,
    address_numbers: FlatNumbers,
    standing: usize,
    /// What changed since the last [`RecordTable::settle`]; None before the first: everything.
    before: Option<NumberMap<RecordNo, Before>>,
    /// Raw names already read: saves reading a name again for every registry that has it.
    read: HashMap<u64, (NameNo, Box<[NameNo]>)>,
    read_addresses: HashMap<u64, AddressNo>,
}

/// A record as it was when the record table was last settled; new ones were gone.
#[derive(Debug, Clone)]
struct Before {
    facts: RecordRow,
    related: Box<[Related]>,
}

/// A record read, before its names have numbers.
struct Draft {
    identifiers: Identifiers,
    texts: Vec<(u64, Option<Box<Names>>)>,
    addresses: [(u64, Option<Address>); 2],
    county: u32,
    by_office: bool,
    phones: [u32; 2],
}

impl RecordTable {
    /// Without records.
    pub fn new() -> RecordTable {
        RecordTable {
            names: vec![NameEntry::default()].into(),
            addresses: vec![Address::default()].into(),
            ..RecordTable::default()
        }
    }

    /// Adds records or replaces those with the same reference. The numbers of the records touched, in order.
    pub fn put(&mut self, records: &[LinkRecord], settings: &LinkSettings) -> Vec<RecordNo> {
        let mut touched = Vec::with_capacity(records.len());
        for chunk in records.chunks(1 << 13) {
            let drafts: Vec<(Draft, Option<Box<LinkRecord>>)> = chunk
                .par_iter()
                .map(|record| {
                    let straight = straightened(record).map(Box::new);
                    (self.draft(straight.as_deref().unwrap_or(record)), straight)
                })
                .collect();
            let enter = |(record, (draft, straight)): (&LinkRecord, (Draft, Option<Box<LinkRecord>>))| {
                self.enter(straight.as_deref().unwrap_or(record), draft, settings)
            };
            touched.extend(chunk.iter().zip(drafts).map(enter));
        }
        touched
    }

    fn draft(&self, record: &LinkRecord) -> Draft {
        let mut texts = Vec::with_capacity(2);
        let mut read = |raw: &str| {
            if !raw.is_empty() {
                let key = xxhash_rust::xxh3::xxh3_64(raw.as_bytes());
                texts.push((key, (!self.read.contains_key(&key)).then(|| Box::new(read_names(raw)))));
            }
        };
        read(&record.name);
        if record.role != LinkRole::Enterprise {
            read(&record.union_name);
        }
        for name in &record.former_names {
            listed(name).for_each(&mut read);
        }
        let address = |raw: &str| {
            let key = if raw.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(raw.as_bytes()).max(1) };
            (key, (key != 0 && !self.read_addresses.contains_key(&key)).then(|| read_address(raw)))
        };
        let stated = PLACES.county_in(&record.district).or_else(|| PLACES.county(&record.area));
        let of_office = || record.area.strip_prefix(OF_OFFICE).and_then(|code| PLACES.county(code));
        Draft {
            identifiers: read_identifiers(
                &record.credit_code,
                &record.organisation_code,
                &record.registration_number,
                &record.tax_number,
            ),
            texts,
            addresses: [address(&record.address), address(&record.operating_address)],
            county: stated.or_else(of_office).unwrap_or(0),
            by_office: stated.is_none(),
            phones: read_phones(&record.phone).map(|phone| phone.map_or(0, |phone| (mix(phone) as u32).max(1))),
        }
    }

    fn enter(&mut self, record: &LinkRecord, draft: Draft, settings: &LinkSettings) -> RecordNo {
        let (names, joint) = self.number_names(&draft);
        let [address, operating] = draft.addresses.map(|(key, address)| self.number_address(key, address));
        let reference = reference(settings.registry(record.registry), &record.key, record.part);
        let others_from = self.other_names.len() as u32;
        let name = names.first().copied().unwrap_or(0);
        for other in names.iter().skip(1).filter(|other| **other != 0 && **other != name).take(usize::from(u8::MAX)) {
            self.other_names.push(*other);
        }
        let ids = draft.identifiers;
        let broken = if ids.broken.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(ids.broken.as_bytes()).max(1) };
        if broken != 0 {
            self.broken
                .entry(broken)
                .or_insert_with(|| BrokenCode { could_be: one_slip_away(&ids.broken).into(), text: ids.broken });
        }
        let key_from = self.keys.len() as u32;
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let mut facts = RecordRow {
            reference,
            store_id: record.store_id,
            organisation: ids.organisation,
            credit: ids.credit,
            registration: ids.registration,
            broken,
            name,
            others_from,
            address,
            operating,
            phones: draft.phones,
            established: record.established.map_or(0, packed),
            employees: record.employees.unwrap_or(0),
            industry: industry(&record.industry),
            county: draft.county,
            key_from,
            key_len: record.key.floor_char_boundary(usize::from(u16::MAX)) as u16,
            registry: record.registry,
            part: record.part,
            others: (self.other_names.len() as u32 - others_from) as u8,
            role: LinkRole::ALL.iter().position(|role| *role == record.role).unwrap_or(0) as u8,
            flags: flag(record.issues_codes, ISSUES_CODES)
                | flag(ids.conflicting != 0, CONTRADICTING)
                | flag(ids.by_credit_code, BY_CREDIT_CODE)
                | flag(joint, JOINT)
                | flag(draft.by_office && draft.county != 0, BY_OFFICE)
                | unit_flag(&record.unit_type, &record.registration_type),
            unused: [0; 3],
        };
        let related = self.number_related(record);
        if let Some(known) = self.find(reference) {
            let old = self.records[known as usize];
            (facts.key_from, facts.key_len) = (old.key_from, old.key_len);
            if self.says_the_same(&old, &facts) && *self.related(known) == *related {
                self.other_names.truncate(others_from as usize);
                return known;
            }
            self.remember(known);
            self.standing += usize::from(old.is_gone());
            self.keep_related(known, related);
            self.records[known as usize] = facts;
            return known;
        }
        self.keys.extend_from_slice(&record.key.as_bytes()[..usize::from(facts.key_len)]);
        let number = self.records.len() as RecordNo;
        self.records.push(RecordRow { flags: GONE, ..RecordRow::default() });
        self.remember(number);
        self.keep_related(number, related);
        self.records[number as usize] = facts;
        self.standing += 1;
        self.by_reference.insert_unique(reference, number);
        number
    }

    /// Nothing has changed but where the other names are kept.
    fn says_the_same(&self, old: &RecordRow, new: &RecordRow) -> bool {
        let others = |facts: &RecordRow| &self.other_names[facts.others_from as usize..][..usize::from(facts.others)];
        RecordRow { others_from: old.others_from, ..*new } == *old && others(old) == others(new)
    }

    /// Remembers what a record was, once.
    fn remember(&mut self, record: RecordNo) {
        let (facts, related) = (self.records[record as usize], self.related.get(&record).cloned().unwrap_or_default());
        if let Some(before) = &mut self.before {
            before.entry(record).or_insert(Before { facts, related });
        }
    }

    /// From now on changes are noted.
    pub fn mark_baseline(&mut self) {
        self.before = Some(NumberMap::default());
    }

    /// Records that changed since the record table was settled, in order, as they were then. None: it never was.
    pub fn changed(&self) -> Option<Vec<(RecordNo, RecordRow)>> {
        let before = self.before.as_ref()?;
        let mut changed: Vec<(RecordNo, RecordRow)> = before.iter().map(|(record, was)| (*record, was.facts)).collect();
        changed.sort_unstable_by_key(|(record, _)| *record);
        Some(changed)
    }

    /// Turns the changed records back to what they were; a second call turns them forth again.
    pub fn swap_previous(&mut self) {
        let Some(mut before) = self.before.take() else { return };
        for (record, was) in &mut before {
            std::mem::swap(&mut self.records[*record as usize], &mut was.facts);
            let now = self.related.remove(record).unwrap_or_default();
            let then = std::mem::replace(&mut was.related, now);
            self.keep_related(*record, then);
        }
        self.before = Some(before);
    }

    fn number_related(&mut self, record: &LinkRecord) -> Box<[Related]> {
        record
            .related
            .iter()
            .map(|unit| Related {
                kind: unit.kind,
                name: self.number_name(&read_names(&unit.name).name),
                organisation: read_identifiers(&unit.code, &unit.code, "", "").organisation,
                since: unit.since.map_or(0, packed),
            })
            .collect()
    }

    fn keep_related(&mut self, record: RecordNo, related: Box<[Related]>) {
        if related.is_empty() {
            self.related.remove(&record);
        } else {
            self.related.insert(record, related);
        }
    }

    /// Units that the record names.
    pub fn related(&self, record: RecordNo) -> &[Related] {
        self.related.get(&record).map_or(&[], |units| units)
    }

    /// The record's own name first (empty where the union's name has to stand for it), then the others.
    fn number_names(&mut self, draft: &Draft) -> (Vec<NameNo>, bool) {
        let mut numbers: Vec<NameNo> = Vec::new();
        for (key, names) in &draft.texts {
            if !self.read.contains_key(key)
                && let Some(names) = names
            {
                let name = self.number_name(&names.name);
                let noted = names.noted.iter().map(|n| self.number_name(n)).collect();
                self.read.insert(*key, (name, noted));
            }
            let (name, noted) = &self.read[key];
            numbers.extend(std::iter::once(*name).chain(noted.iter().copied()));
        }
        numbers.retain(|n| *n != 0);
        let mut seen = Vec::new();
        numbers.retain(|n| {
            !seen.contains(n) && {
                seen.push(*n);
                true
            }
        });
        let joint = numbers.iter().any(|n| self.names[*n as usize].shape().joint);
        (numbers, joint)
    }

    fn number_name(&mut self, name: &Name) -> NameNo {
        if name.glyphs.is_empty() {
            return 0;
        }
        let view = name.view();
        let whole = mix(hash(&name.glyphs)
            ^ u64::from(name.shape.joint)
            ^ u64::from(name.shape.english) << 1
            ^ u64::from(name.shape.several) << 2)
            ^ name.shape.ends.iter().fold(0, |n, e| n * 131 + u64::from(*e));
        let (names, glyphs) = (&self.names, &self.glyphs);
        let same = |no: NameNo| {
            let entry = &names[no as usize];
            entry.whole == whole
                && entry.shape() == name.shape
                && glyphs[entry.from as usize..][..usize::from(entry.len)] == name.glyphs
        };
        if let Some(known) = self.name_numbers.find(whole, same) {
            return known;
        }
        let form = mix(u64::from(name.shape.form_class) + 1);
        let branch = hash(view.branch());
        let NameShape { ends, form_class, place_code, english, joint, several, establishment } = name.shape;
        let entry = NameEntry {
            from: self.glyphs.len() as u32,
            len: name.glyphs.len() as u8,
            place_code,
            ends,
            form_class,
            said: u8::from(english) | u8::from(joint) << 1 | u8::from(several) << 2 | u8::from(establishment) << 3,
            whole,
            body: mix(hash(view.stem()) ^ form ^ branch.rotate_left(17)),
            stem: mix(hash(view.stem()) ^ branch.rotate_left(17)),
            brand: hash(view.brand()),
        };
        self.glyphs.extend_from_slice(&name.glyphs);
        let number = self.names.len() as NameNo;
        self.names.push(entry);
        self.name_numbers.insert_unique(whole, number);
        number
    }

    fn number_address(&mut self, key: u64, address: Option<Address>) -> AddressNo {
        if key == 0 {
            return 0;
        }
        if let Some(known) = self.read_addresses.get(&key) {
            return *known;
        }
        let Some(address) = address else { return 0 };
        let number = if address.is_empty() { 0 } else { self.intern_address(address) };
        self.read_addresses.insert(key, number);
        number
    }

    fn intern_address(&mut self, address: Address) -> AddressNo {
        let addresses = &self.addresses;
        if let Some(known) = self.address_numbers.find(place_of(&address), |no| addresses[no as usize] == address) {
            return known;
        }
        let number = self.addresses.len() as AddressNo;
        self.addresses.push(address);
        self.address_numbers.insert_unique(place_of(&address), number);
        number
    }

    /// Marks a record as gone; None where it is not known, or gone already.
    pub fn remove(&mut self, reference: u64) -> Option<RecordNo> {
        let known = self.find(reference).filter(|known| !self.facts(*known).is_gone())?;
        self.remember(known);
        self.standing -= 1;
        self.records[known as usize].flags |= GONE;
        Some(known)
    }

    /// The number of a record, removed or not; None where it was never put.
    pub fn find(&self, reference: u64) -> Option<RecordNo> {
        self.by_reference.find(reference, |no| self.records[no as usize].reference == reference)
    }
    /// The facts of a record.
    pub fn facts(&self, record: RecordNo) -> &RecordRow {
        &self.records[record as usize]
    }
    /// Key of a record inside its registry.
    pub fn key(&self, record: RecordNo) -> &str {
        let facts = self.facts(record);
        let key = &self.keys[facts.key_from as usize..][..usize::from(facts.key_len)];
        std::str::from_utf8(key).expect("keys are put in as texts, and checked by their sums where a file has them")
    }
    /// How a record is named across runs.
    pub fn record_ref(&self, record: RecordNo, settings: &LinkSettings) -> RecordRef {
        let facts = self.facts(record);
        RecordRef { registry: settings.registry(facts.registry).into(), key: self.key(record).into(), part: facts.part }
    }
    /// Hashes of a name.
    pub fn name_entry(&self, name: NameNo) -> &NameEntry {
        &self.names[name as usize]
    }
    /// A name's glyphs and how it is built.
    pub fn name(&self, name: NameNo) -> NameRef<'_> {
        let entry = &self.names[name as usize];
        NameRef { glyphs: &self.glyphs[entry.from as usize..][..usize::from(entry.len)], shape: entry.shape() }
    }
    /// A code that fails its check, by its hash.
    pub fn broken_code(&self, broken: u64) -> Option<&BrokenCode> {
        self.broken.get(&broken)
    }
    /// How many names there are, the empty one among them.
    pub fn names_len(&self) -> usize {
        self.names.len()
    }
    /// The record's own name, then its former and other names.
    pub fn names_of(&self, record: RecordNo) -> impl Iterator<Item = NameNo> + '_ {
        let facts = self.facts(record);
        let others = &self.other_names[facts.others_from as usize..][..usize::from(facts.others)];
        std::iter::once(facts.name).chain(others.iter().copied()).filter(|n| *n != 0)
    }
    /// An address taken apart.
    pub fn address(&self, address: AddressNo) -> &Address {
        &self.addresses[address as usize]
    }
    /// Records that are not gone.
    pub fn standing(&self) -> impl Iterator<Item = RecordNo> + '_ {
        (0..self.records.len() as RecordNo).filter(|no| !self.facts(*no).is_gone())
    }
    /// How many records are not gone.
    pub fn standing_count(&self) -> usize {
        self.standing
    }
    /// Forgets the raw texts already read, which only speed up putting many records.
    pub fn trim(&mut self) {
        self.read = HashMap::new();
        self.read_addresses = HashMap::new();
    }
}

/// Hash by which an address is found again.
fn place_of(address: &Address) -> u64 {
    mix(u64::from(address.whole) << 32 | u64::from(address.county)) ^ address.sketch
}
