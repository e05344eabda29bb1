//! What a profile can be found by.
//!
//! A unidentified profile meets every profile that shares a *blocking key* with it: the name without places, the 字号 (with the
//! first trade word or the district where the 字号 alone is common), the name with one glyph left out (so that one slip
//! does not hide it: Mor and Fraenkel 1982), the pinyin of an English name, phone, address, a broken code one slip away
//! from a code that exists. A key behind which too many profiles stand says nothing and is left out.
//!
//! The other keys are for looking up: who bears a name that another record speaks of, whose records a change of a
//! frequency touches.

use crate::link::group::profiles::{ProfileNo, Profiles};
use crate::link::records::{ISSUES_CODES, NameNo, RecordNo, RecordTable};
use crate::link::settings::LinkSettings;
use crate::normalise::name::CHINA;
use crate::normalise::name_parts::NameRef;
use crate::normalise::romanise::{other_readings, romanise};
use crate::normalise::{Glyph, hash, mix};

/// What a key stands for; part of the key. The first sixteen are blocking keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKeyKind {
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
    /// Two glyphs by which a long name is called: 国能 of 国家能源.
    Initials,
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
pub type BlockKey = u32;

pub fn key(kind: BlockKeyKind, value: u64) -> BlockKey {
    (mix(value) >> 37 << 5) as u32 | kind as u32
}

/// The key under which others ask for what this key offers.
pub fn lookup_key_of(key: BlockKey) -> Option<BlockKey> {
    const FIRM: u32 = BlockKeyKind::Firm as u32;
    const NAME: u32 = BlockKeyKind::Name as u32;
    const CODE: u32 = BlockKeyKind::Code as u32;
    let asks = match key & 31 {
        FIRM => BlockKeyKind::AsksFirm,
        NAME => BlockKeyKind::AsksName,
        CODE => BlockKeyKind::AsksCode,
        _ => return None,
    };
    Some(key & !31 | asks as u32)
}

/// Whether pairs are made by it.
pub fn is_blocking(key: BlockKey) -> bool {
    key & 31 <= BlockKeyKind::Initials as u32
}

/// How many profiles may stand behind a key: what is shared by many tells little, and least by itself.
pub fn block_limit(key: BlockKey, settings: &LinkSettings) -> usize {
    const BRAND: u32 = BlockKeyKind::Brand as u32;
    const PHONE: u32 = BlockKeyKind::Phone as u32;
    const ADDRESS: u32 = BlockKeyKind::Address as u32;
    const ROAD: u32 = BlockKeyKind::Road as u32;
    let most = match key & 31 {
        BRAND | PHONE | ADDRESS | ROAD => settings.largest_block / 5,
        _ => settings.largest_block,
    };
    most as usize
}

/// The blocking keys of a profile, in order, each with the most profiles that may stand behind it.
pub fn limited_keys(
    record_table: &RecordTable,
    profiles: &Profiles,
    settings: &LinkSettings,
    profile: ProfileNo,
) -> Vec<(BlockKey, u32)> {
    let mut all = Vec::new();
    keys(record_table, profiles, profile, &mut all);
    all.retain(|key| is_blocking(*key));
    all.into_iter().map(|key| (key, block_limit(key, settings) as u32)).collect()
}

/// Longest stretch of a name that slip keys are made of.
const SLIP_SPAN: usize = 14;

/// All keys of a profile, in order.
pub fn keys(record_table: &RecordTable, profiles: &Profiles, profile: ProfileNo, out: &mut Vec<BlockKey>) {
    out.clear();
    let members = profiles.members(profile);
    let head = profiles.get(profile);
    blocking(record_table, members, head.is_unidentified(), out);
    for record in members {
        let facts = record_table.facts(*record);
        let name = record_table.name(facts.name);
        if facts.name != 0 {
            out.push(key(BlockKeyKind::Name, record_table.name_entry(facts.name).whole));
            if !name.tail().is_empty() {
                out.push(key(BlockKeyKind::AsksFirm, firm(record_table, facts.name)));
            } else {
                out.push(key(BlockKeyKind::Firm, firm(record_table, facts.name)));
            }
        }
        for other in record_table.names_of(*record) {
            if record_table.name(other).shape.english {
                out.push(key(BlockKeyKind::Term, record_table.name_entry(other).term()));
            }
            if facts.has(ISSUES_CODES) && other != facts.name {
                out.push(key(BlockKeyKind::AsksName, record_table.name_entry(other).whole));
            }
        }
        for unit in record_table.related(*record) {
            if unit.organisation != 0 {
                out.push(key(BlockKeyKind::AsksCode, unit.organisation));
            }
            if unit.name != 0 {
                out.push(key(BlockKeyKind::AsksName, record_table.name_entry(unit.name).whole));
            }
        }
    }
    // Also a code that none of its records bears: a registration number led them to it.
    if head.organisation != 0 {
        out.push(key(BlockKeyKind::Code, head.organisation));
    }
    if head.parent != 0 {
        out.push(key(BlockKeyKind::AsksCode, head.parent));
    }
    let name = record_table.name(record_table.facts(members[0]).name);
    if !head.is_unidentified() && !name.is_branch() {
        out.push(key(BlockKeyKind::Seat, hash(name.stem())));
    }
    out.sort_unstable();
    out.dedup();
}

/// A firm's whole name without its branch: what a branch's name begins with.
pub fn firm(record_table: &RecordTable, name: NameNo) -> u64 {
    let name = record_table.name(name);
    let places = &name.glyphs[..name.place().len() + name.inner_place().len()];
    mix(hash(name.stem()) ^ hash(places).rotate_left(23) ^ u64::from(name.shape.form_class))
}

/// The blocking keys of some records that stand for one profile. `seeking` is the unidentified side: it also asks for what its
/// broken codes could have been.
fn blocking(record_table: &RecordTable, members: &[RecordNo], seeking: bool, out: &mut Vec<BlockKey>) {
    let mut names: Vec<NameNo> = members.iter().flat_map(|r| record_table.names_of(*r)).collect();
    names.sort_unstable();
    names.dedup();
    let mut counties: Vec<u32> = members.iter().map(|r| record_table.facts(*r).county).filter(|c| *c != 0).collect();
    counties.sort_unstable();
    counties.dedup();
    for number in names {
        let (entry, name) = (record_table.name_entry(number), record_table.name(number));
        if name.shape.english {
            letters(name, out);
            continue;
        }
        out.push(key(BlockKeyKind::Body, entry.body));
        out.push(key(BlockKeyKind::Stem, entry.stem));
        out.push(key(BlockKeyKind::Brand, entry.term()));
        let trade = name.trade();
        out.push(key(BlockKeyKind::BrandTrade, entry.term() ^ hash(&trade[..trade.len().min(2)]).rotate_left(7)));
        out.extend(counties.iter().map(|county| key(BlockKeyKind::BrandCounty, entry.term() ^ u64::from(*county) << 20)));
        out.push(key(BlockKeyKind::Head, hash(&name.stem()[..name.stem().len().min(4)])));
        if seeking {
            // A place in front that was not taken for one, or a slip in it.
            let branch = hash(name.branch()).rotate_left(17);
            let stem = name.stem();
            out.extend(
                (1..=3).filter(|cut| stem.len() >= cut + 4).map(|cut| key(BlockKeyKind::Stem, mix(hash(&stem[cut..]) ^ branch))),
            );
        }
        if !name.place().is_empty() && name.place().len() <= 3 {
            let taken = [name.place(), name.stem()].concat();
            out.push(key(BlockKeyKind::Stem, mix(hash(&taken) ^ hash(name.branch()).rotate_left(17))));
        }
        let flat = [name.stem(), name.branch()].concat();
        if flat.len() >= 6 {
            out.push(key(BlockKeyKind::Tail, hash(&flat[flat.len() - 6..])));
        }
        slips(name, out);
        letters(name, out);
        initials(name, out);
    }
    for record in members {
        let facts = record_table.facts(*record);
        out.extend(facts.phones().map(|phone| key(BlockKeyKind::Phone, u64::from(phone))));
        for address in [facts.address, facts.operating] {
            if address != 0 {
                let address = record_table.address(address);
                out.push(key(BlockKeyKind::Address, u64::from(address.whole)));
                out.extend(address.door().map(|door| key(BlockKeyKind::Road, door)));
            }
        }
        if facts.organisation != 0 {
            out.push(key(BlockKeyKind::Code, facts.organisation));
        }
        if facts.registration != 0 {
            out.push(key(BlockKeyKind::Registration, facts.registration));
        }
        if facts.broken != 0 {
            out.push(key(BlockKeyKind::Broken, facts.broken));
            if seeking && let Some(broken) = record_table.broken_code(facts.broken) {
                out.extend(broken.could_be.iter().map(|code| key(BlockKeyKind::Code, *code)));
            }
        }
    }
}

/// The name, and the name with each glyph left out in turn: two names one slip apart share one of these.
fn slips(name: NameRef<'_>, out: &mut Vec<BlockKey>) {
    let mut span = [0; SLIP_SPAN];
    let mut len = 0;
    for glyph in name.stem().iter().chain(name.branch()).take(SLIP_SPAN) {
        span[len] = *glyph;
        len += 1;
    }
    if len < 4 {
        return;
    }
    out.push(key(BlockKeyKind::Slip, hash(&span[..len])));
    let mut shorter = [0; SLIP_SPAN];
    for left_out in 0..len {
        shorter[..left_out].copy_from_slice(&span[..left_out]);
        shorter[left_out..len - 1].copy_from_slice(&span[left_out + 1..len]);
        out.push(key(BlockKeyKind::Slip, hash(&shorter[..len - 1])));
    }
}

/// The first glyph and the first of a word behind it: what 国能集团 or 中石化 is made of. Groups and the firms of the whole
/// country are called so; of other names the keys would only fill the index.
fn initials(name: NameRef<'_>, out: &mut Vec<BlockKey>) {
    let stem = name.stem();
    let pair = |first: Glyph, next: Glyph| key(BlockKeyKind::Initials, hash(&[first, next]));
    let national = name.place().starts_with(&CHINA);
    if (2..=3).contains(&stem.len()) && name.is_shortened() {
        out.push(pair(stem[0], stem[1]));
    } else if stem.len() >= 4 && (national || name.is_group()) {
        let brand = name.brand().len();
        out.extend([2, brand].into_iter().filter(|at| (2..stem.len()).contains(at)).map(|at| pair(stem[0], stem[at])));
        out.extend(national.then(|| pair(CHINA[0], stem[0])));
    }
}

/// What an English name would call the 字号; the 字号 may be taken for two, three or four glyphs.
fn letters(name: NameRef<'_>, out: &mut Vec<BlockKey>) {
    if name.shape.english {
        if !name.brand().is_empty() {
            out.extend(other_readings(name.brand()).iter().map(|letters| key(BlockKeyKind::Letters, hash(letters))));
        }
        return;
    }
    let stem = name.stem();
    let mut letters = [0; 64];
    let mut add = |glyphs: &[Glyph]| {
        let len = romanise(glyphs, &mut letters);
        out.push(key(BlockKeyKind::Letters, hash(&letters[..len])));
    };
    add(name.brand());
    for len in 2..=4.min(stem.len()) {
        if len != name.brand().len() {
            add(&stem[..len]);
        }
    }
}
