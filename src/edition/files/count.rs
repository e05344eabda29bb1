//! Counting by group: one pass over narrow columns, in which a row's group and its verdicts pick one cell.
//!
//! In: the columns of `dims.arrow` and the rows to count. Out: per group number the `Measures`. It knows nothing of codes, files
//! or filters.

use hashbrown::HashMap;
use roaring::RoaringBitmap;

use crate::edition::CountingRules;
use crate::edition::format::measures::Measures;
use crate::edition::format::verdict_code;
use crate::model::verdict::{GapStatus, SizeStatus, UnionStatus};

/// Cells of a table (16 bytes each) up to which it is used; beyond that groups are found by hash.
const DENSE_CELLS: usize = 4_000_000;
const CHUNK: usize = 4096;
/// A packed word: the larger sum in the lower bits, the smaller count above them.
const SHIFT: u32 = 40;
const ONE: u64 = 1 << SHIFT;

/// A dimension of this edition: numbers per row, or derived from the verdicts.
#[derive(Clone, Copy)]
pub enum Numbers<'a> {
    Column(&'a [u16]),
    Verdicts(fn(u8) -> u8),
}

/// The group numbers of one dimension and how many there are.
#[derive(Clone, Copy)]
pub struct Axis<'a> {
    pub numbers: Numbers<'a>,
    pub size: usize,
}

/// What is counted, per row.
#[derive(Clone, Copy)]
pub struct CountedColumns<'a> {
    /// By `verdict_code`.
    pub verdicts: &'a [u8],
    pub employees: &'a [u32],
    pub members: &'a [u32],
    pub unions: &'a [u8],
}

/// What holds of all rows together.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The combinations of size, union and gap that occur; few of all do, so that the cells stay in the cache.
    combinations: Vec<u8>,
    /// Whether the counts and sums of any rows fit into packed words.
    is_packable: bool,
}

impl Bounds {
    pub fn of(facts: CountedColumns<'_>) -> Bounds {
        let mut seen = [false; 256];
        facts.verdicts.iter().for_each(|v| seen[usize::from(*v)] = true);
        let sum = |values: &[u32]| values.iter().map(|v| u64::from(*v)).sum::<u64>();
        let unions: u64 = facts.unions.iter().map(|u| u64::from(*u)).sum();
        let (most, largest) = ((facts.verdicts.len() as u64).max(unions), sum(facts.employees).max(sum(facts.members)));
        Bounds {
            combinations: (0..=(verdict_code::COUNT - 1) as u8).filter(|v| seen[usize::from(*v)]).collect(),
            is_packable: most < 1 << 24 && largest < ONE,
        }
    }
}

/// What a combination of verdicts means for the measures.
pub struct Meaning {
    gap: GapStatus,
    is_above: bool,
    is_unknown: bool,
    exceeds_staff: bool,
    is_independent: bool,
    is_established: bool,
    is_counted: bool,
}

impl Meaning {
    pub fn of(verdicts: u8, counting: &CountingRules) -> Meaning {
        let (size, union) = (verdict_code::size(verdicts), verdict_code::union(verdicts));
        Meaning {
            gap: verdict_code::gap(verdicts),
            is_above: size == SizeStatus::Above,
            is_unknown: size == SizeStatus::Unknown,
            exceeds_staff: verdict_code::exceeds_staff(verdicts),
            is_independent: union == UnionStatus::Independent,
            is_established: counting.established_kinds.contains(&union),
            is_counted: counting.counted_kinds.contains(&union),
        }
    }

    pub fn add(&self, cell: &Cell, to: &mut Measures) {
        let Cell { count, employees, unions, members } = *cell;
        to.enterprises += count;
        to.unions += unions;
        match self.gap {
            GapStatus::Lacking => to.lacking += count,
            GapStatus::LackingIndependent => to.lacking_independent += count,
            GapStatus::Covered => to.gap_covered += count,
            GapStatus::Undecided => to.undecided += count,
            GapStatus::OutOfScope => {
                to.out_of_scope += count;
                return;
            }
        }
        to.in_scope += count;
        to.employees += employees;
        to.members += members;
        if self.is_above {
            to.above += count;
            if matches!(self.gap, GapStatus::Lacking | GapStatus::LackingIndependent) {
                to.in_gap += count;
            }
        }
        if self.is_unknown {
            to.size_unknown += count;
            to.size_unknown_lacking += if self.gap == GapStatus::Lacking { count } else { 0 };
        }
        to.members_exceed_staff += if self.exceeds_staff { count } else { 0 };
        if self.is_independent {
            to.independent += count;
            to.above_independent += if self.is_above { count } else { 0 };
        }
        to.established += if self.is_established { count } else { 0 };
        if self.is_counted {
            to.unionised += count;
            to.employees_of_unionised += employees;
            to.members_of_unionised += members;
        }
    }
}

/// The rows of one group with the same verdicts, or what one row adds to them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    pub count: u64,
    pub employees: u64,
    pub unions: u64,
    pub members: u64,
}

/// Counts the rows by group, all of them where `rows` is None. A group's number has the last axis running fastest; groups
/// without enterprises are left out; groups come in ascending order of their numbers.
pub fn count(
    facts: CountedColumns<'_>,
    bounds: &Bounds,
    counting: &CountingRules,
    axes: &[Axis<'_>],
    rows: Option<&RoaringBitmap>,
) -> Vec<(u64, Measures)> {
    let strides = strides(axes);
    let groups = axes.first().map_or(1, |a| strides[0].saturating_mul(a.size as u64));
    let width = bounds.combinations.len();
    let mut slot_of = [0_u8; 256];
    for (slot, verdicts) in bounds.combinations.iter().enumerate() {
        slot_of[usize::from(*verdicts)] = slot as u8;
    }
    let meanings: Vec<Meaning> = bounds.combinations.iter().map(|v| Meaning::of(*v, counting)).collect();
    let is_dense = bounds.is_packable && groups.saturating_mul(width as u64) <= DENSE_CELLS as u64;
    if is_dense {
        let mut cells = vec![[0_u64; 2]; groups as usize * width];
        each_chunk(facts, axes, &strides, rows, |keys, row_of| {
            for (i, key) in keys.iter().enumerate() {
                let row = row_of.at(i);
                let cell = &mut cells[*key as usize * width + usize::from(slot_of[usize::from(facts.verdicts[row])])];
                cell[0] += ONE | u64::from(facts.employees[row]);
                cell[1] += u64::from(facts.unions[row]) << SHIFT | u64::from(facts.members[row]);
            }
        });
        let read = |group: usize| {
            let mut measures = Measures::default();
            for (meaning, [counts, unions]) in meanings.iter().zip(&cells[group * width..(group + 1) * width]) {
                if *counts > 0 {
                    let (count, employees) = (counts >> SHIFT, counts & (ONE - 1));
                    let cell = Cell { count, employees, unions: unions >> SHIFT, members: unions & (ONE - 1) };
                    meaning.add(&cell, &mut measures);
                }
            }
            measures
        };
        return (0..groups).map(|g| (g, read(g as usize))).filter(|(_, m)| m.enterprises > 0).collect();
    }
    let whole = |row: usize| Cell {
        count: 1,
        employees: u64::from(facts.employees[row]),
        unions: u64::from(facts.unions[row]),
        members: u64::from(facts.members[row]),
    };
    count_as(facts, counting, axes, rows, whole)
}

/// As [`count`], where a row adds to its group what `of` says of it instead of itself.
pub fn count_as(
    facts: CountedColumns<'_>,
    counting: &CountingRules,
    axes: &[Axis<'_>],
    rows: Option<&RoaringBitmap>,
    of: impl Fn(usize) -> Cell,
) -> Vec<(u64, Measures)> {
    let mut cells: HashMap<(u64, u8), Cell> = HashMap::new();
    each_chunk(facts, axes, &strides(axes), rows, |keys, row_of| {
        for (i, key) in keys.iter().enumerate() {
            let row = row_of.at(i);
            let (cell, more) = (cells.entry((*key, facts.verdicts[row])).or_default(), of(row));
            cell.count += more.count;
            cell.employees += more.employees;
            cell.unions += more.unions;
            cell.members += more.members;
        }
    });
    let mut found: HashMap<u64, Measures> = HashMap::new();
    for ((group, verdicts), cell) in cells {
        Meaning::of(verdicts, counting).add(&cell, found.entry(group).or_default());
    }
    let mut found: Vec<(u64, Measures)> = found.into_iter().collect();
    found.sort_unstable_by_key(|(group, _)| *group);
    found
}

/// How far apart the numbers of an axis stand in a group's number; the last axis runs fastest.
pub fn strides(axes: &[Axis<'_>]) -> Vec<u64> {
    let mut strides = vec![1_u64; axes.len()];
    for i in (1..axes.len()).rev() {
        strides[i - 1] = strides[i].saturating_mul(axes[i].size as u64);
    }
    strides
}

/// The rows of one chunk: some from a start on, or these.
enum RowOf<'a> {
    From(usize),
    These(&'a [u32]),
}

impl RowOf<'_> {
    #[inline]
    fn at(&self, i: usize) -> usize {
        match self {
            RowOf::From(start) => start + i,
            RowOf::These(rows) => rows[i] as usize,
        }
    }
}

/// Where at least every sixteenth row is counted, reading all group numbers in a row is quicker than picking those of the rows.
const DENSE_ROWS: u64 = 16;

/// Calls `visit` with the group numbers of some thousand rows at a time.
fn each_chunk(
    facts: CountedColumns<'_>,
    axes: &[Axis<'_>],
    strides: &[u64],
    rows: Option<&RoaringBitmap>,
    mut visit: impl FnMut(&[u64], RowOf<'_>),
) {
    let mut keys = [0_u64; CHUNK];
    let mut picked = [0_u32; CHUNK];
    let number_of = facts.verdicts.len();
    if rows.is_none_or(|rows| rows.len() * DENSE_ROWS >= number_of as u64) {
        let words = rows.map(|rows| words(rows, number_of));
        for start in (0..number_of).step_by(CHUNK) {
            let range = start..number_of.min(start + CHUNK);
            let keys = &mut keys[..range.len()];
            keys_of(facts, axes, strides, range.clone(), keys);
            let Some(words) = &words else {
                visit(keys, RowOf::From(start));
                continue;
            };
            // The keys of the rows that are counted, moved together.
            let mut count = 0;
            for (at, word) in words[start / 64..range.end.div_ceil(64)].iter().enumerate() {
                let mut word = *word;
                while word != 0 {
                    let i = at * 64 + word.trailing_zeros() as usize;
                    keys[count] = keys[i];
                    picked[count] = (start + i) as u32;
                    count += 1;
                    word &= word - 1;
                }
            }
            visit(&keys[..count], RowOf::These(&picked[..count]));
        }
        return;
    }
    let mut rows = rows.into_iter().flatten();
    loop {
        // Not `next_many`: in roaring 0.12 it loses a container that is one run of all 65,536 rows.
        let mut count = 0;
        for (slot, row) in picked.iter_mut().zip(&mut rows) {
            *slot = row;
            count += 1;
        }
        let picked = &picked[..count];
        if picked.is_empty() {
            break;
        }
        let keys = &mut keys[..count];
        keys.fill(0);
        for (axis, stride) in axes.iter().zip(strides) {
            match axis.numbers {
                Numbers::Column(n) => {
                    keys.iter_mut().zip(picked).for_each(|(k, row)| *k += u64::from(n[*row as usize]) * stride);
                }
                Numbers::Verdicts(f) => {
                    let of = |row: &u32| u64::from(f(facts.verdicts[*row as usize]));
                    keys.iter_mut().zip(picked).for_each(|(k, row)| *k += of(row) * stride);
                }
            }
        }
        visit(keys, RowOf::These(picked));
    }
}

/// The group numbers of a stretch of rows.
fn keys_of(facts: CountedColumns<'_>, axes: &[Axis<'_>], strides: &[u64], range: std::ops::Range<usize>, keys: &mut [u64]) {
    keys.fill(0);
    for (axis, stride) in axes.iter().zip(strides) {
        match axis.numbers {
            Numbers::Column(n) => {
                keys.iter_mut().zip(&n[range.clone()]).for_each(|(k, n)| *k += u64::from(*n) * stride);
            }
            Numbers::Verdicts(f) => {
                let verdicts = &facts.verdicts[range.clone()];
                keys.iter_mut().zip(verdicts).for_each(|(k, v)| *k += u64::from(f(*v)) * stride);
            }
        }
    }
}

/// The bits of a bitmap, 64 rows a word. Read off its portable form (github.com/RoaringBitmap/RoaringFormatSpec), which holds most of
/// them as they are needed: asking for the rows one by one takes longer than counting them.
pub fn words(rows: &RoaringBitmap, number_of: usize) -> Vec<u64> {
    const WITH_RUNS: u32 = 12_347;
    const OFFSETS_FROM: usize = 4;
    const MAX_ARRAY: usize = 4_096;
    const WORDS: usize = 1_024;
    let mut words = vec![0_u64; number_of.div_ceil(1 << 16) * WORDS];
    let mut bytes = Vec::with_capacity(rows.serialized_size());
    rows.serialize_into(&mut bytes).expect("writing to memory cannot fail");
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let cookie = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let has_runs = cookie & 0xffff == WITH_RUNS;
    let (count, runs, heads) = match has_runs {
        true => {
            let count = (cookie >> 16) as usize + 1;
            (count, Some(4), 4 + count.div_ceil(8))
        }
        false => (u16_at(4) | u16_at(6) << 16, None, 8),
    };
    let is_run = |container: usize| runs.is_some_and(|at: usize| bytes[at + container / 8] >> (container % 8) & 1 == 1);
    let has_offsets = !has_runs || count >= OFFSETS_FROM;
    let mut at = heads + 4 * count + if has_offsets { 4 * count } else { 0 };
    for container in 0..count {
        let (key, size) = (u16_at(heads + 4 * container), u16_at(heads + 4 * container + 2) + 1);
        let words = &mut words[key * WORDS..(key + 1) * WORDS];
        if is_run(container) {
            let number = u16_at(at);
            for run in 0..number {
                let (first, more) = (u16_at(at + 2 + 4 * run), u16_at(at + 4 + 4 * run));
                (first..=first + more).for_each(|row| words[row / 64] |= 1 << (row % 64));
            }
            at += 2 + 4 * number;
        } else if size <= MAX_ARRAY {
            (0..size).map(|i| u16_at(at + 2 * i)).for_each(|row| words[row / 64] |= 1 << (row % 64));
            at += 2 * size;
        } else {
            for (word, bytes) in words.iter_mut().zip(bytes[at..at + 8 * WORDS].chunks_exact(8)) {
                *word = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            }
            at += 8 * WORDS;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_the_bits_of_every_kind_of_container() {
        let every = |step: usize, rows: std::ops::Range<u32>| rows.step_by(step).collect::<RoaringBitmap>();
        let mut runs = every(1, 100..70_000) | every(1, 200_000..200_001) | every(1, 300_000..330_000);
        runs.optimize();
        let mut full = every(1, 0..400_000);
        full.optimize();
        let mut mixed = runs.clone() | every(3, 131_072..196_608) | every(500, 262_144..290_000);
        mixed.optimize();
        for rows in [RoaringBitmap::new(), every(1, 0..1), every(2, 0..400_000), every(50, 0..400_000), runs, full, mixed] {
            let words = words(&rows, 400_000);
            let found = words
                .iter()
                .enumerate()
                .flat_map(|(at, word)| (0..64_u32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at as u32 * 64 + bit));
            assert_eq!(found.collect::<RoaringBitmap>(), rows);
        }
    }
}
