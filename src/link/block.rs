//! Which pairs are worth comparing.
//!
//! A loose profile meets every profile that shares a *key* with it: the name without places, the 字号 (with the first
//! trade word or the district where the 字号 alone is common), the name with one glyph left out (so that one slip does
//! not hide it: Mor and Fraenkel 1982), the pinyin of an English name, phone, address, a broken code one slip away from
//! a code that exists. A key behind which too many profiles stand says nothing and is left out.
//!
//! Only the keys of loose profiles are kept; all other profiles stream past them. Two profiles with valid codes never
//! meet: nothing could join them.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::normalise::english::romanise;
use crate::normalise::name::NameRef;
use crate::normalise::{Glyph, hash, mix};

use super::book::{Book, NameNo, NumberMap, RecordNo};
use super::identify::{ProfileNo, Profiles};
use super::settings::Settings;

/// What a key stands for; part of its hash.
#[derive(Debug, Clone, Copy)]
enum Kind {
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
}

fn key(kind: Kind, value: u64) -> u64 {
    mix(value ^ (kind as u64) << 56) << 4 | kind as u64
}

/// How many profiles may stand behind a key: what is shared by many tells little, and least by itself.
fn most(key: u64, settings: &Settings) -> u32 {
    const BRAND: u64 = Kind::Brand as u64;
    const PHONE: u64 = Kind::Phone as u64;
    const ADDRESS: u64 = Kind::Address as u64;
    const ROAD: u64 = Kind::Road as u64;
    match key & 15 {
        BRAND | PHONE | ADDRESS | ROAD => settings.largest_block / 5,
        _ => settings.largest_block,
    }
}

/// Longest stretch of a name that slip keys are made of.
const SLIP_SPAN: usize = 14;

/// The keys of some records that stand for one profile. `seeking` is the loose side: it also asks for what its broken
/// codes could have been.
pub fn keys(book: &Book, members: &[RecordNo], seeking: bool, out: &mut Vec<u64>) {
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
                if address.number != 0 {
                    out.push(key(Kind::Road, u64::from(address.road) << 32 | u64::from(address.number)));
                }
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
    out.sort_unstable();
    out.dedup();
}

/// The name, and the name with each glyph left out in turn: two names one slip apart share one of these.
fn slips(name: NameRef<'_>, out: &mut Vec<u64>) {
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
fn letters(name: NameRef<'_>, out: &mut Vec<u64>) {
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

/// Keys of the loose profiles and who stands behind them.
#[derive(Debug, Default)]
pub struct Blocks {
    /// The loose profiles, and the slots of each one's keys.
    pub loose: Vec<ProfileNo>,
    slots_from: Vec<u32>,
    slots: Vec<u32>,
    /// For every slot: the profiles behind it (empty where they are too many).
    behind_from: Vec<u32>,
    behind: Vec<ProfileNo>,
    pub keys: usize,
    pub dropped: usize,
}

impl Blocks {
    /// Profiles that share a key with the loose profile number `index` of `self.loose`; it itself left out.
    pub fn candidates(&self, index: usize, out: &mut Vec<ProfileNo>) {
        out.clear();
        for slot in &self.slots[self.slots_from[index] as usize..self.slots_from[index + 1] as usize] {
            let (from, to) = (self.behind_from[*slot as usize], self.behind_from[*slot as usize + 1]);
            out.extend_from_slice(&self.behind[from as usize..to as usize]);
        }
        out.sort_unstable();
        out.dedup();
        let own = self.loose[index];
        out.retain(|profile| *profile != own);
    }
}

/// Finds for every loose profile the profiles that share a key with it.
pub fn block(book: &Book, profiles: &Profiles, settings: &Settings) -> Blocks {
    let loose: Vec<ProfileNo> = (0..profiles.all.len() as ProfileNo).filter(|p| profiles.get(*p).is_loose()).collect();
    let seeking: Vec<Vec<u64>> = loose
        .par_iter()
        .map(|profile| {
            let mut found = Vec::with_capacity(40);
            keys(book, profiles.members(*profile), true, &mut found);
            found
        })
        .collect();
    let (table, slots, slots_from) = number_slots(&seeking);
    drop(seeking);
    let hits = stream_past(book, profiles, &table);
    fill(loose, slots, slots_from, &table.limits(settings), &hits)
}

fn number_slots(seeking: &[Vec<u64>]) -> (Table, Vec<u32>, Vec<u32>) {
    let mut table = Table::default();
    let (mut slots, mut slots_from) = (Vec::new(), vec![0]);
    for keys in seeking {
        slots.extend(keys.iter().map(|key| table.insert(*key)));
        slots_from.push(slots.len() as u32);
    }
    table.filter = Filter::new(table.numbers.keys().copied());
    (table, slots, slots_from)
}

#[derive(Default)]
struct Table {
    numbers: NumberMap<u64, u32>,
    filter: Filter,
}

impl Table {
    fn insert(&mut self, key: u64) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(key).or_insert(next)
    }
    fn find(&self, key: u64) -> Option<u32> {
        if self.filter.may_hold(key) { self.numbers.get(&key).copied() } else { None }
    }
    /// The largest number of profiles behind each slot.
    fn limits(&self, settings: &Settings) -> Vec<u32> {
        let mut limits = vec![0; self.numbers.len()];
        for (key, slot) in &self.numbers {
            limits[*slot as usize] = most(*key, settings);
        }
        limits
    }
}

/// One bit for every key, in a table small enough for the cache: most keys that stream past are unknown.
#[derive(Default)]
struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn new(keys: impl ExactSizeIterator<Item = u64>) -> Filter {
        let size = (keys.len() * 16).next_power_of_two().max(64);
        let mut filter = Filter { bits: vec![0; size / 64], shift: 64 - size.trailing_zeros() };
        for key in keys {
            let bit = key >> filter.shift;
            filter.bits[(bit / 64) as usize] |= 1 << (bit % 64);
        }
        filter
    }
    fn may_hold(&self, key: u64) -> bool {
        let bit = key >> self.shift;
        self.bits.get((bit / 64) as usize).is_some_and(|word| word & 1 << (bit % 64) != 0)
    }
}

/// All profiles pass the table; who hits which slot.
fn stream_past(book: &Book, profiles: &Profiles, table: &Table) -> Vec<Vec<(u32, ProfileNo)>> {
    let numbers: Vec<ProfileNo> = (0..profiles.all.len() as ProfileNo).collect();
    numbers
        .par_chunks(1 << 14)
        .map(|chunk| {
            let (mut found, mut hits) = (Vec::with_capacity(64), Vec::new());
            for profile in chunk {
                found.clear();
                keys(book, profiles.members(*profile), profiles.get(*profile).is_loose(), &mut found);
                hits.extend(found.iter().filter_map(|key| table.find(*key)).map(|slot| (slot, *profile)));
            }
            hits
        })
        .collect()
}

/// Orders the hits by slot (counting sort) and leaves out the slots that too many hit.
fn fill(loose: Vec<ProfileNo>, slots: Vec<u32>, slots_from: Vec<u32>, limits: &[u32], hits: &[Vec<(u32, ProfileNo)>]) -> Blocks {
    let size = limits.len();
    let counts: Vec<AtomicU32> = (0..size).map(|_| AtomicU32::new(0)).collect();
    hits.par_iter().for_each(|chunk| {
        for (slot, _) in chunk {
            counts[*slot as usize].fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut behind_from = vec![0u32; size + 1];
    let mut dropped = 0;
    for (slot, count) in counts.iter().enumerate() {
        let count = count.load(Ordering::Relaxed);
        let kept = if count > limits[slot] { 0 } else { count };
        dropped += usize::from(count > limits[slot]);
        behind_from[slot + 1] = behind_from[slot] + kept;
    }
    let mut next = behind_from.clone();
    let mut behind = vec![0; behind_from[size] as usize];
    for (slot, profile) in hits.iter().flatten() {
        let slot = *slot as usize;
        if behind_from[slot + 1] > behind_from[slot] {
            behind[next[slot] as usize] = *profile;
            next[slot] += 1;
        }
    }
    Blocks { loose, slots_from, slots, behind_from, behind, keys: size, dropped }
}
