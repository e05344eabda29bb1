//! What a profile can be found by.
//!
//! A loose profile meets every profile that shares a *blocking key* with it: the name without places, the 字号 (with the
//! first trade word or the district where the 字号 alone is common), the name with one glyph left out (so that one slip
//! does not hide it: Mor and Fraenkel 1982), the pinyin of an English name, phone, address, a broken code one slip away
//! from a code that exists. A key behind which too many profiles stand says nothing and is left out.
//!
//! The other keys are for looking up: who bears a name that another record speaks of, whose records a change of a
//! frequency touches.

use crate::link::group::profiles::{ProfileNo, Profiles};
use crate::link::records::{Book, ISSUES_CODES, NameNo, RecordNo};
use crate::link::settings::Settings;
use crate::normalise::name::NameRef;
use crate::normalise::romanise::romanise;
use crate::normalise::{Glyph, hash, mix};

/// What a key stands for; part of the key. The first fifteen are blocking keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Body,
    Stem,
    Slip,
    Brand,
    BrandTrade,
    BrandCounty,
    Letters,
    Phone,
    Address,
    Road,
    Code,
    Broken,
    Registration,
    Head,
    Tail,
    /// 字号 of an English name.
    Term,
    /// 字号 and trade of a whole firm behind a code.
    Seat,
    /// An own name, whole.
    Name,
    /// An own name that is no branch's, as the names of its branches begin.
    Firm,
    /// A firm that a branch's name speaks of.
    AsksFirm,
    /// A former name, or the name of another unit.
    AsksName,
    /// The code of another unit.
    AsksCode,
}

/// A kind in the low five bits, a hash above.
pub type Key = u32;

pub fn key(kind: Kind, value: u64) -> Key {
    (mix(value) >> 37 << 5) as u32 | kind as u32
}

/// The key under which others ask for what this key offers.
pub fn asked(key: Key) -> Option<Key> {
    const FIRM: u32 = Kind::Firm as u32;
    const NAME: u32 = Kind::Name as u32;
    const CODE: u32 = Kind::Code as u32;
    let asks = match key & 31 {
        FIRM => Kind::AsksFirm,
        NAME => Kind::AsksName,
        CODE => Kind::AsksCode,
        _ => return None,
    };
    Some(key & !31 | asks as u32)
}

/// Whether pairs are made by it.
pub fn is_blocking(key: Key) -> bool {
    key & 31 <= Kind::Tail as u32
}

/// How many profiles may stand behind a key: what is shared by many tells little, and least by itself.
pub fn most(key: Key, settings: &Settings) -> usize {
    const BRAND: u32 = Kind::Brand as u32;
    const PHONE: u32 = Kind::Phone as u32;
    const ADDRESS: u32 = Kind::Address as u32;
    const ROAD: u32 = Kind::Road as u32;
    let most = match key & 31 {
        BRAND | PHONE | ADDRESS | ROAD => settings.largest_block / 5,
        _ => settings.largest_block,
    };
    most as usize
}

/// Longest stretch of a name that slip keys are made of.
const SLIP_SPAN: usize = 14;

/// All keys of a profile, in order.
pub fn keys(book: &Book, profiles: &Profiles, profile: ProfileNo, out: &mut Vec<Key>) {
    out.clear();
    let members = profiles.members(profile);
    let head = profiles.get(profile);
    blocking(book, members, head.is_loose(), out);
    for record in members {
        let facts = book.facts(*record);
        let name = book.name(facts.name);
        if facts.name != 0 {
            out.push(key(Kind::Name, book.name_entry(facts.name).whole));
            if name.is_branch() {
                out.push(key(Kind::AsksFirm, firm(book, facts.name)));
            } else {
                out.push(key(Kind::Firm, firm(book, facts.name)));
            }
        }
        for other in book.names_of(*record) {
            if book.name(other).shape.english {
                out.push(key(Kind::Term, book.name_entry(other).term()));
            }
            if facts.has(ISSUES_CODES) && other != facts.name {
                out.push(key(Kind::AsksName, book.name_entry(other).whole));
            }
        }
        for unit in book.related(*record) {
            if unit.organisation != 0 {
                out.push(key(Kind::AsksCode, unit.organisation));
            }
            if unit.name != 0 {
                out.push(key(Kind::AsksName, book.name_entry(unit.name).whole));
            }
        }
    }
    if head.parent != 0 {
        out.push(key(Kind::AsksCode, head.parent));
    }
    let name = book.name(book.facts(members[0]).name);
    if !head.is_loose() && !name.is_branch() {
        out.push(key(Kind::Seat, hash(name.stem())));
    }
    out.sort_unstable();
    out.dedup();
}

/// A firm's whole name without its branch: what a branch's name begins with.
pub fn firm(book: &Book, name: NameNo) -> u64 {
    let name = book.name(name);
    let places = &name.glyphs[..name.place().len() + name.inner_place().len()];
    mix(hash(name.stem()) ^ hash(places).rotate_left(23) ^ u64::from(name.shape.form_class))
}

/// The blocking keys of some records that stand for one profile. `seeking` is the loose side: it also asks for what its
/// broken codes could have been.
fn blocking(book: &Book, members: &[RecordNo], seeking: bool, out: &mut Vec<Key>) {
    let mut names: Vec<NameNo> = members.iter().flat_map(|r| book.names_of(*r)).collect();
    names.sort_unstable();
    names.dedup();
    let mut counties: Vec<u32> = members.iter().map(|r| book.facts(*r).county).filter(|c| *c != 0).collect();
    counties.sort_unstable();
    counties.dedup();
    for number in names {
        let (entry, name) = (book.name_entry(number), book.name(number));
        if name.shape.english {
            letters(name, out);
            continue;
        }
        out.push(key(Kind::Body, entry.body));
        out.push(key(Kind::Stem, entry.stem));
        out.push(key(Kind::Brand, entry.term()));
        let trade = name.trade();
        out.push(key(Kind::BrandTrade, entry.term() ^ hash(&trade[..trade.len().min(2)]).rotate_left(7)));
        out.extend(counties.iter().map(|county| key(Kind::BrandCounty, entry.term() ^ u64::from(*county) << 20)));
        out.push(key(Kind::Head, hash(&name.stem()[..name.stem().len().min(4)])));
        if seeking {
            // A place in front that was not taken for one, or a slip in it.
            let branch = hash(name.branch()).rotate_left(17);
            let stem = name.stem();
            out.extend((1..=3).filter(|cut| stem.len() >= cut + 4).map(|cut| key(Kind::Stem, mix(hash(&stem[cut..]) ^ branch))));
        }
        if !name.place().is_empty() && name.place().len() <= 3 {
            let taken = [name.place(), name.stem()].concat();
            out.push(key(Kind::Stem, mix(hash(&taken) ^ hash(name.branch()).rotate_left(17))));
        }
        let flat = [name.stem(), name.branch()].concat();
        if flat.len() >= 6 {
            out.push(key(Kind::Tail, hash(&flat[flat.len() - 6..])));
        }
        slips(name, out);
        letters(name, out);
    }
    for record in members {
        let facts = book.facts(*record);
        if facts.phone != 0 {
            out.push(key(Kind::Phone, u64::from(facts.phone)));
        }
        for address in [facts.address, facts.operating] {
            if address != 0 {
                let address = book.address(address);
                out.push(key(Kind::Address, u64::from(address.whole)));
                out.extend(address.door().map(|door| key(Kind::Road, door)));
            }
        }
        if facts.organisation != 0 {
            out.push(key(Kind::Code, facts.organisation));
        }
        if facts.registration != 0 {
            out.push(key(Kind::Registration, facts.registration));
        }
        if facts.broken != 0 {
            out.push(key(Kind::Broken, facts.broken));
            if seeking && let Some(broken) = book.broken_code(facts.broken) {
                out.extend(broken.could_be.iter().map(|code| key(Kind::Code, *code)));
            }
        }
    }
}

/// The name, and the name with each glyph left out in turn: two names one slip apart share one of these.
fn slips(name: NameRef<'_>, out: &mut Vec<Key>) {
    let mut span = [0; SLIP_SPAN];
    let mut len = 0;
    for glyph in name.stem().iter().chain(name.branch()).take(SLIP_SPAN) {
        span[len] = *glyph;
        len += 1;
    }
    if len < 4 {
        return;
    }
    out.push(key(Kind::Slip, hash(&span[..len])));
    let mut shorter = [0; SLIP_SPAN];
    for left_out in 0..len {
        shorter[..left_out].copy_from_slice(&span[..left_out]);
        shorter[left_out..len - 1].copy_from_slice(&span[left_out + 1..len]);
        out.push(key(Kind::Slip, hash(&shorter[..len - 1])));
    }
}

/// What an English name would call the 字号; the 字号 may be taken for two, three or four glyphs.
fn letters(name: NameRef<'_>, out: &mut Vec<Key>) {
    if name.shape.english {
        if !name.brand().is_empty() {
            out.push(key(Kind::Letters, hash(name.brand())));
        }
        return;
    }
    let stem = name.stem();
    let mut letters = [0; 64];
    let mut add = |glyphs: &[Glyph]| {
        let len = romanise(glyphs, &mut letters);
        out.push(key(Kind::Letters, hash(&letters[..len])));
    };
    add(name.brand());
    for len in 2..=4.min(stem.len()) {
        if len != name.brand().len() {
            add(&stem[..len]);
        }
    }
}
