//! Who stands behind a key: sorted lists of (key, profile), like the runs of a log-structured tree.
//!
//! A profile's keys lie in one run only, its *home*; what other runs still say of it no longer counts. A change
//! therefore writes one small run and touches nothing else; small runs are merged once there are several.

use rayon::prelude::*;

use super::keys::{BlockKey, block_limit, is_blocking, keys};
use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::flat_list::FlatList;
use crate::link::group::profiles::{ProfileNo, Profiles};
use crate::link::records::RecordTable;
use crate::link::settings::LinkSettings;

/// All keys of all profiles that stand.
#[derive(Debug, Clone, Default)]
pub struct Index {
    runs: Vec<Run>,
    /// By profile: position of its run plus one; 0: it does not stand.
    home: FlatList<u8>,
    /// There is one run, and whatever stands in it counts: nothing was changed yet.
    is_new: bool,
}

/// Key above, profile below, in order; cut into parts of equal stretches of keys.
#[derive(Debug, Clone, Default)]
struct Run {
    parts: Vec<FlatList<u64>>,
    /// A key's part is its highest `bits` bits.
    bits: u32,
    len: usize,
}

/// Small runs beside the large one before they are merged.
const SMALL_RUNS: usize = 4;
/// Small runs together, as a share of the large one, before all are merged.
const SMALL_SHARE: usize = 8;
/// Entries of a part, about.
const PART: usize = 1 << 17;
/// Profiles whose keys are read at a time.
const CHUNK: usize = 1 << 11;
/// Chunks that are read side by side.
const AT_ONCE: usize = 16;

impl Index {
    pub fn of(record_table: &RecordTable, profiles: &Profiles) -> Index {
        let mut index = Index::default();
        let standing: Vec<ProfileNo> = profiles.standing().collect();
        index.add(record_table, profiles, &standing);
        index.is_new = index.runs.len() == 1;
        index
    }

    /// Takes out the profiles in `removed` and writes the keys of those in `added` (which may be the same numbers).
    pub fn change(&mut self, record_table: &RecordTable, profiles: &Profiles, removed: &[ProfileNo], added: &[ProfileNo]) {
        self.is_new = false;
        for profile in removed {
            self.home[*profile as usize] = 0;
        }
        self.add(record_table, profiles, added);
        self.tidy();
    }

    fn add(&mut self, record_table: &RecordTable, profiles: &Profiles, added: &[ProfileNo]) {
        self.home.resize(profiles.all.len(), 0);
        let run = Run::of(record_table, profiles, added);
        let mut place = 0;
        for profile in added {
            if place == 0 {
                self.runs.push(Run::default());
                place = self.runs.len();
            }
            self.home[*profile as usize] = place as u8;
        }
        if place != 0 {
            self.runs[place - 1] = run;
        }
    }

    fn tidy(&mut self) {
        let Some((base, small)) = self.runs.split_first() else { return };
        let entries: usize = small.iter().map(|run| run.len).sum();
        let from = match () {
            _ if entries * SMALL_SHARE > base.len => 0,
            _ if small.len() > SMALL_RUNS => 1,
            _ => return,
        };
        let merged =
            Run::merge(&self.runs[from..], |place, profile| usize::from(self.home[profile as usize]) == from + place + 1);
        self.runs.truncate(from);
        self.runs.push(merged);
        let last = self.runs.len() as u8;
        for home in &mut self.home {
            *home = (*home).min(last);
        }
    }

    /// Calls `seen` for every profile behind the key until it answers false.
    pub fn for_each_in_block(&self, key: BlockKey, mut seen: impl FnMut(ProfileNo) -> bool) {
        for (place, run) in self.runs.iter().enumerate() {
            for entry in run.of_key(key) {
                let profile = *entry as ProfileNo;
                if usize::from(self.home[profile as usize]) == place + 1 && !seen(profile) {
                    return;
                }
            }
        }
    }

    /// The first `limit` profiles behind the key are appended to `out`; false where there are more (and `out` is as it
    /// was).
    pub fn at_most(&self, key: BlockKey, limit: usize, out: &mut Vec<ProfileNo>) -> bool {
        let before = out.len();
        if let ([run], true) = (self.runs.as_slice(), self.is_new) {
            // Behind a common key nobody has to be read to see that there are too many.
            let rest = run.beginning_at(key);
            let is_of_key = |entry: &&u64| **entry >> 32 == u64::from(key);
            if rest.get(limit).as_ref().is_some_and(is_of_key) {
                return false;
            }
            out.extend(rest.iter().take_while(is_of_key).map(|entry| *entry as ProfileNo));
            return true;
        }
        self.for_each_in_block(key, |profile| {
            out.push(profile);
            out.len() <= before + limit
        });
        let few = out.len() <= before + limit;
        if !few {
            out.truncate(before);
        }
        few
    }

    /// Profiles that share a blocking key with `profile`, itself left out, in order of their numbers. `scratch` is
    /// overwritten.
    pub fn candidates(
        &self,
        record_table: &RecordTable,
        profiles: &Profiles,
        settings: &LinkSettings,
        profile: ProfileNo,
        scratch: &mut Vec<BlockKey>,
        out: &mut Vec<ProfileNo>,
    ) {
        keys(record_table, profiles, profile, scratch);
        scratch.retain(|key| is_blocking(*key));
        self.bring_near(scratch);
        out.clear();
        for key in scratch.iter() {
            self.at_most(*key, block_limit(*key, settings), out);
        }
        out.sort_unstable();
        out.dedup();
        out.retain(|other| *other != profile);
    }

    /// Reads where the keys are likely to stand, all before any of them is looked up: these readings do not wait for each
    /// other, while the look-ups, each one's steps following on what the step before it found, do.
    fn bring_near(&self, keys: &[BlockKey]) {
        type Where = fn(&[u64], u64, u32) -> usize;
        for at in [guess as Where, near] {
            let read = |run: &Run, key: &BlockKey| {
                let wanted = u64::from(*key) << 32;
                let part = run.parts.get(run.part_of(wanted))?;
                part.get(at(part, wanted, run.bits)).copied()
            };
            let seen = self.runs.iter().flat_map(|run| keys.iter().filter_map(move |key| read(run, key)));
            std::hint::black_box(seen.fold(0, |all, entry| all ^ entry));
        }
    }

    /// Number of entries, and how many bytes they take.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.len).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Run {
    fn of(record_table: &RecordTable, profiles: &Profiles, numbers: &[ProfileNo]) -> Run {
        let read = |(entries, chunk): (&mut Vec<u64>, &[ProfileNo])| {
            let mut found = Vec::with_capacity(64);
            entries.clear();
            for profile in chunk {
                keys(record_table, profiles, *profile, &mut found);
                entries.extend(found.iter().map(|key| u64::from(*key) << 32 | u64::from(*profile)));
            }
        };
        let mut run = Run::default();
        // Used again and again: new memory has to be cleared by the kernel first.
        let mut chunks: Vec<Vec<u64>> = vec![Vec::new(); AT_ONCE];
        for (number, batch) in numbers.chunks(CHUNK * AT_ONCE).enumerate() {
            chunks.truncate(batch.len().div_ceil(CHUNK));
            chunks.par_iter_mut().zip(batch.par_chunks(CHUNK)).for_each(read);
            if number == 0 {
                let seen: usize = chunks.iter().map(Vec::len).sum();
                run.cut(seen as f64 * numbers.len() as f64 / batch.len() as f64);
            }
            for entry in chunks.iter().flatten().copied() {
                let part = run.part_of(entry);
                run.parts[part].push(entry);
            }
        }
        run.parts.par_iter_mut().for_each(|part| part.sort_unstable());
        run.len = run.parts.iter().map(|part| part.len()).sum();
        run
    }

    /// Makes room for about so many entries.
    fn cut(&mut self, expected: f64) {
        let parts = (expected as usize / PART + 1).next_power_of_two();
        self.bits = parts.trailing_zeros();
        let room = (expected * 1.04 / parts as f64) as usize + 16;
        self.parts = (0..parts).map(|_| Vec::with_capacity(room).into()).collect();
    }

    /// The part that a key or an entry with it belongs to.
    fn part_of(&self, entry: u64) -> usize {
        if self.bits == 0 { 0 } else { (entry >> (64 - self.bits)) as usize }
    }

    fn merge(runs: &[Run], counts: impl Fn(usize, ProfileNo) -> bool + Sync) -> Run {
        let bits = runs.iter().map(|run| run.bits).max().unwrap_or(0);
        let parts: Vec<FlatList<u64>> = (0..1u64 << bits)
            .into_par_iter()
            .map(|part| {
                let mut entries: Vec<u64> = Vec::new();
                for (place, run) in runs.iter().enumerate() {
                    // The part of the coarser run that this stretch of keys lies in.
                    let Some(theirs) = run.parts.get((part >> (bits - run.bits)) as usize) else { continue };
                    let of = |entry: u64| if bits == 0 { 0 } else { entry >> (64 - bits) };
                    let from = theirs.partition_point(|e| of(*e) < part);
                    let here = theirs[from..].iter().take_while(|e| of(**e) == part);
                    entries.extend(here.filter(|e| counts(place, **e as ProfileNo)));
                }
                entries.sort_unstable();
                entries.shrink_to_fit();
                entries.into()
            })
            .collect();
        let len = parts.iter().map(|part| part.len()).sum();
        Run { parts, bits, len }
    }

    /// Entries of one key, found as they are asked for: common keys have many.
    fn of_key(&self, key: BlockKey) -> impl Iterator<Item = &u64> {
        self.beginning_at(key).iter().take_while(move |entry| **entry >> 32 == u64::from(key))
    }

    /// Entries of its part from a key on.
    fn beginning_at(&self, key: BlockKey) -> &[u64] {
        let wanted = u64::from(key) << 32;
        let part = self.parts.get(self.part_of(wanted)).map_or(&[][..], |part| &**part);
        let from = if part.is_empty() { 0 } else { search(part, wanted, self.bits) };
        &part[from..]
    }
}

/// Where an entry would stand in a part if all were spread evenly.
fn guess(part: &[u64], wanted: u64, bits: u32) -> usize {
    let inside = if bits == 0 { wanted } else { wanted << bits };
    ((u128::from(inside) * part.len() as u128) >> 64) as usize
}

/// The same, put right by how far the entry that stands there lies from it: of a hundred thousand that are spread evenly the guess is off by a
/// hundred or two, this by a dozen.
fn near(part: &[u64], wanted: u64, bits: u32) -> usize {
    let guess = guess(part, wanted, bits).min(part.len().saturating_sub(1));
    let Some(there) = part.get(guess) else { return 0 };
    let off = (i128::from(wanted) - i128::from(*there)) * part.len() as i128;
    (guess as i128 + (off >> (64 - bits))).clamp(0, part.len() as i128) as usize
}

/// Position of the first entry not below `wanted`. Keys are spread evenly, so a guess is nearly right.
fn search(part: &[u64], wanted: u64, bits: u32) -> usize {
    let near = near(part, wanted, bits);
    let (mut low, mut high) = (near, near);
    let mut step = 8;
    while low > 0 && part[low - 1] >= wanted {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 8;
    while high < part.len() && part[high] < wanted {
        high = (high + step).min(part.len());
        step *= 2;
    }
    low + part[low..high].partition_point(|entry| *entry < wanted)
}

impl KeepAll for Index {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.flat(&self.home)?;
        to.list(&self.runs.iter().map(|run| (run.bits, run.parts.len() as u32)).collect::<Vec<_>>())?;
        self.runs.iter().flat_map(|run| &run.parts).try_for_each(|part| to.settled(part))
    }
    fn read(from: &mut Reader) -> Option<Index> {
        let home = from.flat()?;
        let shapes: Vec<(u32, u32)> = from.list()?;
        let mut runs = Vec::new();
        for (bits, parts) in shapes {
            let parts = (0..parts).map(|_| from.flat()).collect::<Option<Vec<FlatList<u64>>>>()?;
            let len = parts.iter().map(|part| part.len()).sum();
            runs.push(Run { parts, bits, len });
        }
        Some(Index { runs, home, is_new: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::mix;

    #[test]
    fn an_entry_is_found_however_unevenly_others_stand_around_it() {
        for (bits, crowd) in [(0, 1), (0, 400), (4, 1), (4, 3_000)] {
            let of_part = |entry: &u64| bits == 0 || *entry >> (64 - bits) == 5;
            // Some keys have many entries, at both ends of the part too.
            let first = if bits == 0 { 0 } else { 5 << (64 - bits) };
            let crowds = [first, first | (u64::MAX >> bits) & !0xFFFF_FFFF, mix(3) >> bits | first];
            let crowded = crowds.into_iter().flat_map(|key| (0..crowd).map(move |n| key & !0xFFFF_FFFF | n));
            let mut part: Vec<u64> = (0..20_000).map(mix).filter(of_part).chain(crowded).collect();
            part.sort_unstable();
            let wanted = part.iter().flat_map(|entry| [*entry, entry.wrapping_add(1), entry.saturating_sub(1)]).chain([first]);
            for wanted in wanted.filter(of_part) {
                assert_eq!(search(&part, wanted, bits), part.partition_point(|entry| *entry < wanted), "{wanted:x} of {bits}");
            }
        }
        assert_eq!(search(&[], 7, 0), 0);
    }
}
