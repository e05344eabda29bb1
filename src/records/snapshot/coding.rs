//! One chunk of read records as bytes: compact, and quick to read back.
//!
//! Every record's texts stand once, and its facts and its identifying texts point at them (place 0 is the empty text).
//! Numbers are varints, ids and times differences to the record before. Nothing here is checked against damage but
//! lengths: the file's checksums do that.
//!
//! Written by hand, as the time of reading millions of records is what it is for: texts are cut out of the chunk and differences are undone
//! while reading, where a codec derived from the types would first make every record as it was written.

use crate::model::facts::Facts;
use crate::model::field::{Field, RecordKind};
use crate::model::linkage::{LinkRecord, LinkRole, RelatedUnit, RelationKind};
use crate::model::stated_values::{StatedValues, ValueRef};
use crate::model::value::{Money, PartialDate};

/// Names of everything that is stored by its place in a list: where one is added or moved, older files are not read.
pub fn vocabulary() -> u64 {
    let fields = Field::ALL.iter().map(|f| f.name());
    let kinds = RecordKind::ALL.iter().map(|k| k.name());
    let roles = LinkRole::ALL.iter().map(|r| r.name());
    let relations = RelationKind::ALL.iter().map(|r| r.name());
    let names: Vec<&str> = fields.chain(kinds).chain(roles).chain(relations).collect();
    xxhash_rust::xxh3::xxh3_64(names.join(",").as_bytes())
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Small for numbers near zero on either side.
fn put_signed(out: &mut Vec<u8>, n: i64) {
    put(out, ((n << 1) ^ (n >> 63)) as u64);
}

fn put_date(out: &mut Vec<u8>, date: PartialDate) {
    put_signed(out, date.year.into());
    out.extend([date.month, date.day]);
}

const TEXT: u8 = 0;
const COUNT: u8 = 1;
const NUMBER: u8 = 2;
const MONEY: u8 = 3;
const DATE: u8 = 4;
const FLAG: u8 = 5;

/// What the next record's ids and times are differences to.
#[derive(Default, Clone, Copy)]
struct Before {
    id: i64,
    landed_at: i64,
}

/// The texts of one record, each once.
#[derive(Default)]
struct Texts<'a>(Vec<&'a str>);

impl<'a> Texts<'a> {
    fn place(&mut self, text: &'a str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        match self.0.iter().position(|t| *t == text) {
            Some(at) => at as u64 + 1,
            None => {
                self.0.push(text);
                self.0.len() as u64
            }
        }
    }
}

/// `link[i]` and `facts[i]` must speak of the same record.
pub fn encode(link: &[LinkRecord], facts: &[Facts]) -> Vec<u8> {
    debug_assert_eq!(link.len(), facts.len());
    let mut out = Vec::with_capacity(facts.len() * 320);
    let mut body = Vec::with_capacity(256);
    let mut before = Before::default();
    for (link, facts) in link.iter().zip(facts) {
        debug_assert_eq!((link.store_id, link.part, link.registry), (facts.record_id, facts.part, facts.registry));
        let mut texts = Texts(Vec::with_capacity(24));
        body.clear();
        encode_facts(facts, &mut texts, before, &mut body);
        encode_link(link, &mut texts, &mut body);
        before = Before { id: facts.record_id, landed_at: facts.landed_at };
        put(&mut out, texts.0.len() as u64);
        texts.0.iter().for_each(|t| put(&mut out, t.len() as u64));
        texts.0.iter().for_each(|t| out.extend_from_slice(t.as_bytes()));
        out.extend_from_slice(&body);
    }
    out
}

fn encode_facts<'a>(facts: &'a Facts, texts: &mut Texts<'a>, before: Before, out: &mut Vec<u8>) {
    let Facts { registry, key, part, record_id, kind, landed_at, observed_at, values } = facts;
    put(out, (*registry).into());
    put(out, texts.place(key));
    put(out, (*part).into());
    put_signed(out, record_id - before.id);
    out.push(*kind as u8);
    put_signed(out, landed_at - before.landed_at);
    out.push(observed_at.is_some().into());
    if let Some(at) = observed_at {
        put_signed(out, *at);
    }
    put(out, values.len() as u64);
    for (field, value) in values.iter() {
        out.push(field as u8);
        match value {
            ValueRef::Text(t) => {
                out.push(TEXT);
                put(out, texts.place(t));
            }
            ValueRef::Count(n) => {
                out.push(COUNT);
                put_signed(out, n);
            }
            ValueRef::Number(n) => {
                out.push(NUMBER);
                out.extend_from_slice(&n.to_bits().to_le_bytes());
            }
            ValueRef::Money(m) => {
                out.push(MONEY);
                put_signed(out, m.0);
            }
            ValueRef::Date(d) => {
                out.push(DATE);
                put_date(out, d);
            }
            ValueRef::Flag(b) => out.extend([FLAG, u8::from(b)]),
        }
    }
}

fn encode_link<'a>(link: &'a LinkRecord, texts: &mut Texts<'a>, out: &mut Vec<u8>) {
    // Every field by name: a new one must be thought of here. Registry, key, id and part are the facts' own.
    let LinkRecord { registry: _, key: _, store_id: _, part: _, role, issues_codes, former_names, related, .. } = link;
    out.extend([
        *role as u8,
        u8::from(*issues_codes),
        u8::from(link.established.is_some()) | u8::from(link.employees.is_some()) << 1,
    ]);
    if let Some(date) = link.established {
        put_date(out, date);
    }
    if let Some(n) = link.employees {
        put(out, n.into());
    }
    for text in link_texts(link) {
        let at = texts.place(text);
        put(out, at);
    }
    put(out, former_names.len() as u64);
    for name in former_names {
        put(out, texts.place(name));
    }
    put(out, related.len() as u64);
    for unit in related {
        out.extend([unit.kind as u8, u8::from(unit.since.is_some())]);
        if let Some(date) = unit.since {
            put_date(out, date);
        }
        put(out, texts.place(&unit.name));
        put(out, texts.place(&unit.code));
    }
}

/// The plain texts of a record in the order in which they are stored.
fn link_texts(link: &LinkRecord) -> [&str; 14] {
    let LinkRecord {
        registry: _,
        key: _,
        store_id: _,
        part: _,
        role: _,
        issues_codes: _,
        name,
        former_names: _,
        union_name,
        credit_code,
        organisation_code,
        registration_number,
        tax_number,
        area,
        district,
        address,
        operating_address,
        phone,
        established: _,
        industry,
        registration_type,
        unit_type,
        employees: _,
        related: _,
    } = link;
    [
        name,
        union_name,
        credit_code,
        organisation_code,
        registration_number,
        tax_number,
        area,
        district,
        address,
        operating_address,
        phone,
        industry,
        registration_type,
        unit_type,
    ]
}

/// Reads bytes from their beginning; None past their end.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }
    fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }
    fn signed(&mut self) -> Option<i64> {
        let n = self.number()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }
    fn date(&mut self) -> Option<PartialDate> {
        Some(PartialDate { year: self.signed()?.try_into().ok()?, month: self.byte()?, day: self.byte()? })
    }
    fn float(&mut self) -> Option<f64> {
        Some(f64::from_bits(u64::from_le_bytes(self.take(8)?.try_into().ok()?)))
    }
}

/// The texts of one record where they stand.
struct Stored<'a> {
    text: &'a str,
    /// Where each text ends; reused from record to record.
    ends: Vec<u32>,
}

impl<'a> Stored<'a> {
    fn read(&mut self, bytes: &mut Bytes<'a>) -> Option<()> {
        self.ends.clear();
        self.ends.push(0);
        let mut end = 0;
        for _ in 0..bytes.number()? {
            end += u32::try_from(bytes.number()?).ok()?;
            self.ends.push(end);
        }
        self.text = simdutf8::basic::from_utf8(bytes.take(end as usize)?).ok()?;
        Some(())
    }

    fn text(&self, bytes: &mut Bytes<'a>) -> Option<&'a str> {
        let place = bytes.number()? as usize;
        if place == 0 {
            return Some("");
        }
        self.text.get(*self.ends.get(place - 1)? as usize..*self.ends.get(place)? as usize)
    }
}

/// Reads a chunk back, leaving out the records of `skip` (ascending store ids). `link` stays empty unless it is wanted.
/// None where the bytes are not a chunk.
pub fn decode(chunk: &[u8], skip: &[i64], want_link: bool, link: &mut Vec<LinkRecord>, facts: &mut Vec<Facts>) -> Option<()> {
    let mut bytes = Bytes(chunk);
    let mut texts = Stored { text: "", ends: Vec::with_capacity(32) };
    let mut before = Before::default();
    let mut skip = skip.iter().copied().peekable();
    let mut all: Vec<(Field, ValueRef<'_>)> = Vec::with_capacity(64);
    while !bytes.0.is_empty() {
        texts.read(&mut bytes)?;
        let head = head(&mut bytes, &texts, &mut before)?;
        while skip.next_if(|id| *id < head.record_id).is_some() {}
        let skipped = skip.peek() == Some(&head.record_id);
        if skipped {
            values(&mut bytes, &texts, |_| ())?;
        } else {
            all.clear();
            values(&mut bytes, &texts, |value| all.push(value))?;
            facts.push(Facts { values: StatedValues::of(all.iter().copied()), ..head.owned() });
        }
        let like = facts.last().filter(|_| want_link && !skipped);
        link_record(&mut bytes, &texts, like, link)?;
    }
    Some(())
}

struct Head<'a> {
    registry: u16,
    key: &'a str,
    part: u16,
    record_id: i64,
    kind: RecordKind,
    landed_at: i64,
    observed_at: Option<i64>,
}

impl Head<'_> {
    fn owned(&self) -> Facts {
        Facts {
            registry: self.registry,
            key: self.key.into(),
            part: self.part,
            record_id: self.record_id,
            kind: self.kind,
            landed_at: self.landed_at,
            observed_at: self.observed_at,
            values: StatedValues::default(),
        }
    }
}

fn head<'a>(bytes: &mut Bytes<'a>, texts: &Stored<'a>, before: &mut Before) -> Option<Head<'a>> {
    let registry = bytes.number()?.try_into().ok()?;
    let key = texts.text(bytes)?;
    let part = bytes.number()?.try_into().ok()?;
    before.id += bytes.signed()?;
    let kind = *RecordKind::ALL.get(bytes.byte()? as usize)?;
    before.landed_at += bytes.signed()?;
    let observed_at = match bytes.byte()? {
        0 => None,
        _ => Some(bytes.signed()?),
    };
    Some(Head { registry, key, part, record_id: before.id, kind, landed_at: before.landed_at, observed_at })
}

fn values<'a>(bytes: &mut Bytes<'a>, texts: &Stored<'a>, mut take: impl FnMut((Field, ValueRef<'a>))) -> Option<()> {
    for _ in 0..bytes.number()? {
        let field = *Field::ALL.get(bytes.byte()? as usize)?;
        let value = match bytes.byte()? {
            TEXT => ValueRef::Text(texts.text(bytes)?),
            COUNT => ValueRef::Count(bytes.signed()?),
            NUMBER => ValueRef::Number(bytes.float()?),
            MONEY => ValueRef::Money(Money(bytes.signed()?)),
            DATE => ValueRef::Date(bytes.date()?),
            FLAG => ValueRef::Flag(bytes.byte()? != 0),
            _ => return None,
        };
        take((field, value));
    }
    Some(())
}

/// Reads the identifying texts; keeps them, beside the head of `like`, where one is given.
fn link_record<'a>(bytes: &mut Bytes<'a>, texts: &Stored<'a>, like: Option<&Facts>, out: &mut Vec<LinkRecord>) -> Option<()> {
    let role = *LinkRole::ALL.get(bytes.byte()? as usize)?;
    let issues_codes = bytes.byte()? != 0;
    let has = bytes.byte()?;
    let established = if has & 1 != 0 { Some(bytes.date()?) } else { None };
    let employees = if has & 2 != 0 { Some(u32::try_from(bytes.number()?).ok()?) } else { None };
    let mut plain = [""; 14];
    for text in &mut plain {
        *text = texts.text(bytes)?;
    }
    let mut former_names = Vec::new();
    for _ in 0..bytes.number()? {
        let name = texts.text(bytes)?;
        if like.is_some() {
            former_names.push(name.into());
        }
    }
    let mut related = Vec::new();
    for _ in 0..bytes.number()? {
        let kind = *RelationKind::ALL.get(bytes.byte()? as usize)?;
        let since = if bytes.byte()? != 0 { Some(bytes.date()?) } else { None };
        let (name, code) = (texts.text(bytes)?, texts.text(bytes)?);
        if like.is_some() {
            related.push(RelatedUnit { kind, name: name.into(), code: code.into(), since });
        }
    }
    let Some(facts) = like else { return Some(()) };
    let [
        name,
        union_name,
        credit_code,
        organisation_code,
        registration_number,
        tax_number,
        area,
        district,
        address,
        operating_address,
        phone,
        industry,
        registration_type,
        unit_type,
    ] = plain.map(Box::from);
    out.push(LinkRecord {
        registry: facts.registry,
        key: facts.key.clone(),
        store_id: facts.record_id,
        part: facts.part,
        role,
        issues_codes,
        name,
        former_names,
        union_name,
        credit_code,
        organisation_code,
        registration_number,
        tax_number,
        area,
        district,
        address,
        operating_address,
        phone,
        established,
        industry,
        registration_type,
        unit_type,
        employees,
        related,
    });
    Some(())
}
