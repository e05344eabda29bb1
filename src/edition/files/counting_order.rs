//! Rows in the order in which they are counted: those of one group with the same verdicts stand together, so that what a filter leaves of a
//! group is a stretch of bits, and a stretch that it leaves whole needs no look at its rows.
//!
//! In: the columns of `dims.arrow`. Out: counts of any rows, given as bits in this order, by any of its dimensions. It is kept in memory
//! from the second question by some dimensions on (`KeptOrders`), and is no file.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;
use quick_cache::sync::Cache;
use roaring::RoaringBitmap;
use wide::{i16x8, i32x4};

use super::count::{Axis, Cell, CountedColumns, Meaning, Numbers, words};
use crate::edition::CountingRules;
use crate::edition::format::dimension::Dimension;
use crate::edition::format::measures::Measures;
use crate::edition::format::verdict_code;

/// Cells up to which they are counted in a table while an order is made.
const MOST_CELLS: usize = 4_000_000;
/// Rows of a part whose orders are made the first time they are asked for: that takes a few milliseconds.
const AT_ONCE: usize = 200_000;
/// As many employees or members as do not fit, or more.
const MANY: i16 = i16::MAX;
/// Rows of a word, as a rule, that are looked at one by one; more of them are summed with the others masked.
const FEW: u32 = 6;
/// Values of facets whose rows are kept in an order.
const KEPT_FACETS: usize = 48;
/// Columns whose codes an order may hold, and rows as one more.
pub const CODED: usize = 6;
/// Bytes a row that an order takes, with the facets and codes that most questions ask for.
const BYTES: usize = 32;
/// Bytes of all orders of a part: three of the largest city.
const MOST_BYTES: usize = 240 << 20;
/// Orders of which it is known whether they were asked for.
const MOST_KNOWN: usize = 64;

/// Rows of one group with the same verdicts, from `start` to `end`.
struct Stretch {
    start: u32,
    end: u32,
    group: u32,
    verdicts: u8,
    /// Whether one of them is in `many`.
    has_many: bool,
    /// All of them together.
    whole: Cell,
}

/// See the module.
pub struct CountingOrder {
    /// Where each row stands.
    position: Vec<u32>,
    /// By place in the order, with room to a whole word of bits; `MANY` stands for those in `many`. Narrow, since going over them waits
    /// for memory.
    employees: Vec<i16>,
    members: Vec<i16>,
    unions: Vec<i16>,
    /// Employees and members of whoever has too many of either, by place in the order.
    many: HashMap<u32, (u32, u32)>,
    stretches: Vec<Stretch>,
    /// The dimensions with a column that it tells apart, each with the number of every group.
    dimensions: Vec<(Dimension, Vec<u16>)>,
    facets: Cache<usize, Arc<Vec<u64>>>,
    codes: [OnceLock<Vec<u8>>; CODED],
}

/// Every combination of district, street and federation unit that occurs, in ascending order, and which one each row has. None where
/// they are more than a cube should have. `columns` are those three.
pub fn places(columns: &[&[u16]]) -> Option<(Vec<u16>, Vec<[u16; 3]>)> {
    let &[district, town, federation] = columns else { return None };
    let mut numbers: HashMap<[u16; 3], u16> = HashMap::new();
    // What was found last for a street: nearly always it is the same again.
    let mut last: Vec<Option<([u16; 3], u16)>> = Vec::new();
    let mut found = Vec::new();
    let mut place_of = Vec::with_capacity(district.len());
    for ((district, town), federation) in district.iter().zip(town).zip(federation) {
        let place = [*district, *town, *federation];
        let at = usize::from(*town);
        if last.len() <= at {
            last.resize(at + 1, None);
        }
        let number = match last[at] {
            Some((of, number)) if of == place => number,
            _ => match numbers.get(&place) {
                Some(number) => *number,
                None => {
                    let number = u16::try_from(found.len()).ok()?;
                    found.push(place);
                    numbers.insert(place, number);
                    number
                }
            },
        };
        last[at] = Some((place, number));
        place_of.push(number);
    }
    let mut order: Vec<u16> = (0..found.len()).map(|number| number as u16).collect();
    order.sort_unstable_by_key(|number| found[usize::from(*number)]);
    let mut new = vec![0_u16; order.len()];
    order.iter().enumerate().for_each(|(number, old)| new[usize::from(*old)] = number as u16);
    place_of.iter_mut().for_each(|number| *number = new[usize::from(*number)]);
    found.sort_unstable();
    Some((place_of, found))
}

/// A dimension, and its number by another one.
type Tells<'a> = (Dimension, Box<dyn Fn(u16) -> u16 + 'a>);

/// By what an order is sorted: numbers per row, how many there are, and which dimensions a number tells.
struct SortedBy<'a> {
    numbers: &'a [u16],
    size: usize,
    tells: Vec<Tells<'a>>,
}

impl CountingOrder {
    /// Sorts all rows. None where they stand in more stretches than `most`, so that going through these would gain nothing.
    fn of(facts: CountedColumns<'_>, by: &[SortedBy<'_>], most: usize) -> Option<CountingOrder> {
        let len = facts.verdicts.len();
        let groups = by.iter().try_fold(1_usize, |groups, by| groups.checked_mul(by.size))?;
        let mut seen = [false; 256];
        facts.verdicts.iter().for_each(|verdicts| seen[usize::from(*verdicts)] = true);
        let occurring: Vec<u8> = (0..=u8::MAX).filter(|verdicts| seen[usize::from(*verdicts)]).collect();
        let mut slot_of = [0_u32; 256];
        (0..).zip(&occurring).for_each(|(slot, verdicts)| slot_of[usize::from(*verdicts)] = slot);
        let width = occurring.len();
        let cells = groups.checked_mul(width).filter(|cells| *cells <= MOST_CELLS)?;
        let mut cell_of = vec![0_u32; len];
        for by in by {
            cell_of.iter_mut().zip(by.numbers).for_each(|(cell, number)| *cell = *cell * by.size as u32 + u32::from(*number));
        }
        let slots = facts.verdicts.iter().map(|verdicts| slot_of[usize::from(*verdicts)]);
        cell_of.iter_mut().zip(slots).for_each(|(cell, slot)| *cell = *cell * width as u32 + slot);
        let mut next = vec![0_u32; cells];
        cell_of.iter().for_each(|cell| next[*cell as usize] += 1);
        if next.iter().filter(|rows| **rows > 0).count() > most {
            return None;
        }
        let mut dimensions: Vec<(Dimension, Vec<u16>)> =
            by.iter().flat_map(|by| by.tells.iter().map(|(dimension, _)| (*dimension, Vec::new()))).collect();
        let mut stretches: Vec<Stretch> = Vec::new();
        let (mut start, mut group_before) = (0, None);
        for (cell, rows) in next.iter_mut().enumerate().filter(|(_, rows)| **rows > 0) {
            let (number, slot) = (cell / width, cell % width);
            if group_before != Some(number) {
                group_before = Some(number);
                let (mut rest, mut at) = (number, dimensions.len());
                for by in by.iter().rev() {
                    let own = (rest % by.size) as u16;
                    rest /= by.size;
                    for (_, tell) in by.tells.iter().rev() {
                        at -= 1;
                        dimensions[at].1.push(tell(own));
                    }
                }
            }
            let group = dimensions.first().map_or(0, |(_, numbers)| numbers.len() as u32 - 1);
            let end = start + *rows;
            stretches.push(Stretch { start, end, group, verdicts: occurring[slot], has_many: false, whole: Cell::default() });
            (*rows, start) = (start, end);
        }
        let mut order = CountingOrder {
            position: cell_of,
            employees: vec![0; len.next_multiple_of(64)],
            members: vec![0; len.next_multiple_of(64)],
            unions: vec![0; len.next_multiple_of(64)],
            many: HashMap::new(),
            stretches,
            dimensions,
            facets: Cache::new(KEPT_FACETS),
            codes: std::array::from_fn(|_| OnceLock::new()),
        };
        for (row, cell) in order.position.iter_mut().enumerate() {
            let next = &mut next[*cell as usize];
            let at = *next as usize;
            (*cell, *next) = (*next, *next + 1);
            let (employees, members) = (facts.employees[row], facts.members[row]);
            if employees.max(members) >= MANY as u32 {
                order.many.insert(at as u32, (employees, members));
            }
            order.employees[at] = employees.min(MANY as u32) as i16;
            order.members[at] = members.min(MANY as u32) as i16;
            order.unions[at] = i16::from(facts.unions[row]);
        }
        let whole = |stretch: &Stretch| {
            let mut whole = Cell { count: u64::from(stretch.end - stretch.start), ..Cell::default() };
            (stretch.start as usize..stretch.end as usize).for_each(|at| order.add(at, &mut whole));
            whole
        };
        let wholes: Vec<Cell> = order.stretches.iter().map(whole).collect();
        order.stretches.iter_mut().zip(wholes).for_each(|(stretch, whole)| stretch.whole = whole);
        for at in order.many.keys() {
            let stretch = order.stretches.partition_point(|stretch| stretch.end <= *at);
            order.stretches[stretch].has_many = true;
        }
        Some(order)
    }

    fn add(&self, at: usize, to: &mut Cell) {
        let (employees, members) = match (self.employees[at], self.members[at]) {
            (MANY, _) | (_, MANY) => self.many[&(at as u32)],
            (employees, members) => (employees as u32, members as u32),
        };
        to.employees += u64::from(employees);
        to.members += u64::from(members);
        to.unions += self.unions[at] as u64;
    }

    fn employees(&self, at: usize) -> u32 {
        match self.employees[at] {
            MANY => self.many[&(at as u32)].0,
            few => few as u32,
        }
    }

    /// Bits of no row.
    pub fn none(&self) -> Vec<u64> {
        vec![0; self.position.len().div_ceil(64)]
    }

    /// Marks a row, or takes its mark away.
    pub fn set(&self, bits: &mut [u64], row: u32, is: bool) {
        let at = self.position[row as usize];
        let (word, bit) = (&mut bits[at as usize / 64], 1 << (at % 64));
        if is { *word |= bit } else { *word &= !bit }
    }

    /// Rows as bits in this order.
    pub fn put(&self, rows: &RoaringBitmap) -> Vec<u64> {
        let len = self.position.len();
        if rows.len() < len as u64 / 64 {
            let mut bits = self.none();
            rows.iter().for_each(|row| self.set(&mut bits, row, true));
            return bits;
        }
        // Whichever are fewer, those that are meant or the others, are looked up.
        let is = rows.len() <= len as u64 / 2;
        let mut bits = vec![if is { 0 } else { u64::MAX }; len.div_ceil(64)];
        for (at, word) in words(rows, len).into_iter().take(len.div_ceil(64)).enumerate() {
            let mut word = if is { word } else { !word };
            while word != 0 {
                let row = at * 64 + word.trailing_zeros() as usize;
                word &= word - 1;
                if row < len {
                    self.set(&mut bits, row as u32, is);
                }
            }
        }
        bits
    }

    /// The rows of a facet's value, by its number.
    pub fn facet(&self, number: usize, rows: impl FnOnce() -> Arc<RoaringBitmap>) -> Arc<Vec<u64>> {
        if let Some(known) = self.facets.get(&number) {
            return known;
        }
        let bits = Arc::new(self.put(&rows()));
        self.facets.insert(number, bits.clone());
        bits
    }

    /// A byte a row in this order, of one of `CODED` columns.
    pub fn codes(&self, column: usize, of_row: impl Fn(usize) -> u8) -> &[u8] {
        self.codes[column].get_or_init(|| {
            let mut codes = vec![0; self.position.len()];
            self.position.iter().enumerate().for_each(|(row, at)| codes[*at as usize] = of_row(row));
            codes
        })
    }

    /// Counts the rows that have a bit, by the number of their group in `by`, in ascending order. All dimensions with a column in `by` are
    /// its own.
    pub fn count(&self, bits: &[u64], counting: &CountingRules, by: &[(Dimension, Axis<'_>, u64)]) -> Vec<(u64, Measures)> {
        let meanings: Vec<Meaning> =
            (0..=u8::MAX).take(verdict_code::COUNT).map(|verdicts| Meaning::of(verdicts, counting)).collect();
        let groups = by.iter().fold(1_u64, |groups, (_, axis, _)| groups.saturating_mul(axis.size as u64));
        let mut numbers = vec![0_u64; self.stretches.last().map_or(0, |last| last.group as usize + 1)];
        let mut of_verdicts = [0_u64; 256];
        for (dimension, axis, stride) in by {
            match axis.numbers {
                Numbers::Verdicts(number) => (0..verdict_code::COUNT)
                    .for_each(|verdicts| of_verdicts[verdicts] += u64::from(number(verdicts as u8)) * stride),
                Numbers::Column(_) => {
                    let (_, own) = self.dimensions.iter().find(|(of, _)| of == dimension).expect("an order of these dimensions");
                    numbers.iter_mut().zip(own).for_each(|(number, own)| *number += u64::from(*own) * stride);
                }
            }
        }
        let mut found: Vec<(u64, Measures)> = Vec::new();
        let mut place = GroupPlaces::new(groups);
        let mut before = None;
        self.each_left(bits, |stretch, cell| {
            let number = numbers[stretch.group as usize] + of_verdicts[usize::from(stretch.verdicts)];
            let at = match before {
                Some((of, at)) if of == number => at,
                _ => place.of(number, || {
                    found.push((number, Measures::default()));
                    found.len() - 1
                }),
            };
            before = Some((number, at));
            meanings[usize::from(stretch.verdicts)].add(&cell, &mut found[at].1);
        });
        if !found.is_sorted_by_key(|(number, _)| *number) {
            found.sort_unstable_by_key(|(number, _)| *number);
        }
        found
    }

    /// Shows what the bits leave of every stretch of which they leave anybody.
    fn each_left(&self, bits: &[u64], visit: impl FnMut(&Stretch, Cell)) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") && is_x86_feature_detected!("bmi1") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.each_left_newer(bits, visit) };
        }
        self.each_left_anywhere(bits, visit);
    }

    /// The same for processors since 2013, which count the bits of a word in one step.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt,bmi1")]
    fn each_left_newer(&self, bits: &[u64], visit: impl FnMut(&Stretch, Cell)) {
        self.each_left_anywhere(bits, visit);
    }

    #[inline(always)]
    fn each_left_anywhere(&self, bits: &[u64], mut visit: impl FnMut(&Stretch, Cell)) {
        for stretch in &self.stretches {
            if let Some(cell) = self.left(stretch, bits) {
                visit(stretch, cell);
            }
        }
    }

    /// What the bits leave of a stretch; None where that is nobody.
    #[inline(always)]
    fn left(&self, stretch: &Stretch, bits: &[u64]) -> Option<Cell> {
        let (start, end) = (stretch.start as usize, stretch.end as usize);
        let words = start / 64..end.div_ceil(64);
        let mask = |at: usize| {
            let from = if at == words.start { u64::MAX << (start % 64) } else { u64::MAX };
            let to = if at + 1 == words.end && !end.is_multiple_of(64) { (1 << (end % 64)) - 1 } else { u64::MAX };
            from & to
        };
        let count: u32 = words.clone().map(|at| (bits[at] & mask(at)).count_ones()).sum();
        if count == 0 {
            return None;
        }
        let whole = stretch.whole;
        if u64::from(count) == whole.count {
            return Some(whole);
        }
        let mut some = Cell { count: u64::from(count), ..Cell::default() };
        let has_more = whole.members > 0 || whole.unions > 0;
        let fewer = count.min((stretch.end - stretch.start) - count);
        if fewer > FEW * words.len() as u32 && !stretch.has_many {
            for word in words.clone() {
                let (left, rows) = (bits[word] & mask(word), word * 64..(word + 1) * 64);
                some.employees += u64::from(sum_of(&self.employees[rows.clone()], left));
                if has_more {
                    some.members += u64::from(sum_of(&self.members[rows.clone()], left));
                    some.unions += u64::from(sum_of(&self.unions[rows], left));
                }
            }
            return Some(some);
        }
        // Whichever are fewer, those that are left or the others, are looked at.
        let is = fewer == count;
        for word in words.clone() {
            let mut left = (if is { bits[word] } else { !bits[word] }) & mask(word);
            while left != 0 {
                let at = word * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                match has_more {
                    true => self.add(at, &mut some),
                    false => some.employees += u64::from(self.employees(at)),
                }
            }
        }
        if !is {
            (some.employees, some.members, some.unions) =
                (whole.employees - some.employees, whole.members - some.members, whole.unions - some.unions);
        }
        Some(some)
    }
}

/// The values of 64 rows that have a bit, summed: eight of them go through the processor side by side.
#[inline(always)]
fn sum_of(values: &[i16], bits: u64) -> u32 {
    const BITS: i16x8 = i16x8::new([1, 2, 4, 8, 16, 32, 64, 128]);
    let mut sums = i32x4::splat(0);
    for (eight, bits) in values.as_chunks::<8>().0.iter().zip(bits.to_le_bytes()) {
        let is = (i16x8::splat(i16::from(bits)) & BITS).simd_eq(BITS);
        sums += (i16x8::new(*eight) & is).dot(i16x8::splat(1));
    }
    sums.to_array().iter().sum::<i32>() as u32
}

/// Where each group that was found stands.
enum GroupPlaces {
    Table(Vec<u32>),
    Hashed(HashMap<u64, usize>),
}

impl GroupPlaces {
    fn new(groups: u64) -> GroupPlaces {
        match usize::try_from(groups).ok().filter(|groups| *groups <= 1 << 20) {
            Some(groups) => GroupPlaces::Table(vec![0; groups]),
            None => GroupPlaces::Hashed(HashMap::new()),
        }
    }

    fn of(&mut self, number: u64, new: impl FnOnce() -> usize) -> usize {
        match self {
            // One more than the place: 0 is for none.
            GroupPlaces::Table(places) => {
                let place = &mut places[number as usize];
                if *place == 0 {
                    *place = new() as u32 + 1;
                }
                *place as usize - 1
            }
            GroupPlaces::Hashed(places) => *places.entry(number).or_insert_with(new),
        }
    }
}

/// By which dimensions an order tells rows apart: with all areas or without, and further ones.
type OrderKey = (bool, Vec<Dimension>);

/// What is known of an order.
#[derive(Clone)]
enum Kept {
    /// Nobody asked for it before.
    New,
    /// It was asked for once.
    Asked,
    /// It would have too many stretches.
    TooFine,
    Made(Arc<CountingOrder>),
}

/// The orders of a part that were asked for last.
#[derive(Default)]
pub struct KeptOrders {
    /// The last one first.
    kept: Mutex<Vec<(OrderKey, Kept)>>,
    making: Mutex<()>,
}

impl KeptOrders {
    /// An order that tells rows apart by dimensions with columns, where one is kept or this is not the first time it is asked for.
    /// `column` are the numbers and sizes of a dimension.
    pub fn order<'a>(
        &self,
        by: &[Dimension],
        facts: CountedColumns<'a>,
        column: impl Fn(Dimension) -> Option<(&'a [u16], usize)>,
    ) -> Option<Arc<CountingOrder>> {
        let mut by = by.to_vec();
        by.sort_unstable();
        // With all areas it serves more questions; where that makes too many groups, as it is asked for.
        let others = by.iter().copied().filter(|dimension| !dimension.is_area()).collect();
        let len = facts.verdicts.len();
        for (key, most) in [((true, others), len / 8), ((false, by), len / 2)] {
            match self.known(&key, len) {
                Kept::Made(order) => return Some(order),
                Kept::New => return None,
                Kept::TooFine => {}
                Kept::Asked => {
                    // While one is made, others count as they did before.
                    let _making = self.making.try_lock().ok()?;
                    if let Kept::Made(order) = self.known(&key, len) {
                        return Some(order);
                    }
                    let made = made(&key, facts, &column, most.max(AT_ONCE)).map(Arc::new);
                    self.keep(key, made.clone().map_or(Kept::TooFine, Kept::Made), len);
                    if made.is_some() {
                        return made;
                    }
                }
            }
        }
        None
    }

    /// What is known of an order, which counts as asked for once from now on. Small ones are made at once.
    fn known(&self, key: &OrderKey, len: usize) -> Kept {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.iter().position(|(of, _)| of == key) {
            Some(at) => {
                let found = kept.remove(at);
                kept.insert(0, found.clone());
                found.1
            }
            None if len <= AT_ONCE => Kept::Asked,
            None => {
                kept.insert(0, (key.clone(), Kept::Asked));
                Kept::New
            }
        }
    }

    /// Keeps an order, and lets go of those that were asked for the longest ago.
    fn keep(&self, key: OrderKey, what: Kept, len: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of != key);
        kept.insert(0, (key, what));
        let mut made = 0;
        kept.retain(|(_, kept)| {
            made += usize::from(matches!(kept, Kept::Made(_)));
            !matches!(kept, Kept::Made(_)) || made == 1 || made * len * BYTES <= MOST_BYTES
        });
        kept.truncate(MOST_KNOWN);
    }
}

fn made<'a>(
    (with_areas, dimensions): &OrderKey,
    facts: CountedColumns<'a>,
    column: &impl Fn(Dimension) -> Option<(&'a [u16], usize)>,
    most: usize,
) -> Option<CountingOrder> {
    let found;
    let mut by = Vec::new();
    if *with_areas {
        let areas: Vec<Dimension> = Dimension::areas().collect();
        let columns = areas.iter().map(|area| Some(column(*area)?.0)).collect::<Option<Vec<_>>>()?;
        found = places(&columns)?;
        let (numbers, places) = (&found.0, &found.1);
        let tells = areas
            .into_iter()
            .enumerate()
            .map(|(at, area)| -> Tells<'_> { (area, Box::new(move |place: u16| places[usize::from(place)][at])) });
        by.push(SortedBy { numbers, size: places.len(), tells: tells.collect() });
    }
    for dimension in dimensions {
        let (numbers, size) = column(*dimension)?;
        by.push(SortedBy { numbers, size, tells: vec![(*dimension, Box::new(|number: u16| number))] });
    }
    CountingOrder::of(facts, &by, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_that_have_a_bit_are_summed_whatever_bits_there_are() {
        let values: Vec<i16> = (0..64).map(|at| if at % 9 == 0 { MANY - 1 } else { at * 31 }).collect();
        for bits in [0, 1, 1 << 63, u64::MAX, 0xF0F0_1234_8000_0001, 0x5555_5555_5555_5555] {
            let one_by_one = (0..64).filter(|at| bits >> at & 1 == 1).map(|at| values[at] as u32).sum::<u32>();
            assert_eq!(sum_of(&values, bits), one_by_one, "{bits:x}");
        }
    }
}
