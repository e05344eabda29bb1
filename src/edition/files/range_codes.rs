//! A column of numbers as one byte a row, for ranges: rows of near values bear the same code, so that most rows of a range are found by
//! looking at bytes, and only those of its two ends by their values.
//!
//! In: a mapped column. Out: the rows of a range. It is kept in memory from the second question on, and is no file.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, PrimitiveArray};
use arrow_buffer::ArrowNativeType;
use roaring::RoaringBitmap;

/// Codes of rows that have a value; 0 is for those that have none.
const CODES: usize = 255;
/// Values that are looked at to tell where a code should end.
const SAMPLE: usize = 1 << 14;
/// Rows of a word.
const WORD: usize = 64;

/// The codes of a column, made when it is asked for again.
pub struct Coded<N> {
    was_asked: AtomicBool,
    codes: OnceLock<RangeCodes<N>>,
}

impl<N> Default for Coded<N> {
    fn default() -> Coded<N> {
        Coded { was_asked: AtomicBool::new(false), codes: OnceLock::new() }
    }
}

impl<N: ArrowNativeType + Ord> Coded<N> {
    /// The codes; None the first time, which looks at every value once.
    pub fn again<T: ArrowPrimitiveType<Native = N>>(&self, column: &PrimitiveArray<T>) -> Option<&RangeCodes<N>> {
        match self.was_asked.swap(true, Ordering::Relaxed) {
            true => Some(self.now(column)),
            false => self.codes.get(),
        }
    }

    /// The codes, made where they are not.
    pub fn now<T: ArrowPrimitiveType<Native = N>>(&self, column: &PrimitiveArray<T>) -> &RangeCodes<N> {
        self.codes.get_or_init(|| RangeCodes::of(column))
    }
}

/// See the module.
pub struct RangeCodes<N> {
    /// Of every row.
    pub of_row: Vec<u8>,
    /// The least and the greatest value of each code from 1 on.
    ends: Vec<(N, N)>,
    /// Rows by their codes, ascending within one.
    rows: Vec<u32>,
    /// Where in `rows` those of a code begin.
    starts: [u32; CODES + 2],
}

/// A range by its codes: those of which every row is in it, and those of which some may be.
#[derive(Debug, PartialEq)]
pub struct Parted {
    pub whole: Option<(u8, u8)>,
    pub partly: [Option<u8>; 2],
}

impl<N: ArrowNativeType + Ord> RangeCodes<N> {
    fn of<T: ArrowPrimitiveType<Native = N>>(column: &PrimitiveArray<T>) -> RangeCodes<N> {
        let (values, known) = (column.values(), column.nulls());
        let is_known = |row: usize| known.is_none_or(|known| known.is_valid(row));
        let step = (values.len() / SAMPLE).max(1);
        let mut sample: Vec<N> = (0..values.len()).step_by(step).filter(|row| is_known(*row)).map(|row| values[row]).collect();
        sample.sort_unstable();
        // What is below the first of these has code 1, what reaches the last one the last code.
        let mut cuts: Vec<N> = (1..CODES).filter_map(|at| sample.get(at * sample.len() / CODES).copied()).collect();
        cuts.dedup();
        let code_of = |value: N| cuts.partition_point(|cut| *cut <= value) as u8 + 1;
        let mut ends: Vec<Option<(N, N)>> = vec![None; CODES + 1];
        let mut of_row = Vec::with_capacity(values.len());
        let mut starts = [0_u32; CODES + 2];
        for (row, value) in values.iter().enumerate() {
            let code = if is_known(row) { code_of(*value) } else { 0 };
            of_row.push(code);
            starts[usize::from(code) + 1] += 1;
            if code > 0 {
                let ends = ends[usize::from(code)].get_or_insert((*value, *value));
                *ends = (ends.0.min(*value), ends.1.max(*value));
            }
        }
        (1..starts.len()).for_each(|code| starts[code] += starts[code - 1]);
        let (mut next, mut rows) = (starts, vec![0_u32; values.len()]);
        for (row, code) in of_row.iter().enumerate() {
            let next = &mut next[usize::from(*code)];
            rows[*next as usize] = row as u32;
            *next += 1;
        }
        // Each cut is a value of the column, so that every code has rows but the first, where nothing is below the first cut.
        let (first, second) = (ends[1], ends[2]);
        ends[1] = first.or_else(|| second.map(|(least, _)| (least, least)));
        let ends = ends.into_iter().skip(1).map_while(|ends| ends).collect();
        RangeCodes { of_row, ends, rows, starts }
    }

    /// Which codes a range from `low` to `high`, both included, has.
    pub fn parted(&self, low: N, high: N) -> Parted {
        // The first code with a value from `low` on, and the last with one up to `high`.
        let first = self.ends.partition_point(|(_, greatest)| *greatest < low);
        let last = self.ends.partition_point(|(least, _)| *least <= high);
        let mut parted = Parted { whole: None, partly: [None; 2] };
        if low > high || first >= last {
            return parted;
        }
        let is_whole = |at: usize| self.ends[at].0 >= low && self.ends[at].1 <= high;
        let (mut whole, mut partly) = (first..last, parted.partly.iter_mut());
        if !is_whole(first) {
            partly.next().into_iter().for_each(|to| *to = Some(first as u8 + 1));
            whole.start += 1;
        }
        if last - 1 > first && !is_whole(last - 1) {
            partly.next().into_iter().for_each(|to| *to = Some(last as u8));
            whole.end -= 1;
        }
        parted.whole = (!whole.is_empty()).then_some((whole.start as u8 + 1, whole.end as u8));
        parted
    }

    /// The rows of a range that have one of the codes of which only some are in it.
    pub fn at_the_ends<'a>(&'a self, values: &'a [N], parted: &Parted, low: N, high: N) -> impl Iterator<Item = u32> + 'a {
        let rows = parted.partly.into_iter().flatten().flat_map(move |code| {
            let of = usize::from(code);
            &self.rows[self.starts[of] as usize..self.starts[of + 1] as usize]
        });
        rows.copied().filter(move |row| (low..=high).contains(&values[*row as usize]))
    }

    /// The rows of a range.
    pub fn rows(&self, values: &[N], low: N, high: N) -> RoaringBitmap {
        let parted = self.parted(low, high);
        let mut words = match parted.whole {
            Some((low, high)) => within(&self.of_row, low, high),
            None => vec![0; self.of_row.len().div_ceil(WORD)],
        };
        for row in self.at_the_ends(values, &parted, low, high) {
            words[row as usize / WORD] |= 1 << (row as usize % WORD);
        }
        let mut bytes = Vec::with_capacity(words.len() * 8);
        words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        RoaringBitmap::from_lsb0_bytes(0, &bytes)
    }
}

/// A bit a byte: whether it is from `low` to `high`.
pub fn within(bytes: &[u8], low: u8, high: u8) -> Vec<u64> {
    let width = high.wrapping_sub(low);
    let mut words = Vec::with_capacity(bytes.len().div_ceil(WORD));
    let mut marks = [0_u8; WORD];
    let chunks = bytes.chunks_exact(WORD);
    let rest = chunks.remainder();
    // A byte a row, which compilers compare many at a time, then eight of them to one.
    let packed = |marks: &[u8; WORD]| {
        let mut word = 0;
        for (at, eight) in marks.chunks_exact(8).enumerate() {
            let eight = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
            word |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
        }
        word
    };
    for chunk in chunks {
        marks.iter_mut().zip(chunk).for_each(|(mark, byte)| *mark = u8::from(byte.wrapping_sub(low) <= width));
        words.push(packed(&marks));
    }
    if !rest.is_empty() {
        marks.fill(0);
        marks.iter_mut().zip(rest).for_each(|(mark, byte)| *mark = u8::from(byte.wrapping_sub(low) <= width));
        words.push(packed(&marks));
    }
    words
}

/// The part of `range` whose bytes `row / step` are whole, and the rows beside them.
pub fn by_steps(range: Range<u32>, step: u32) -> (Option<(u8, u8)>, [Range<u32>; 2]) {
    let (first, last) = (range.start.div_ceil(step), range.end / step);
    match first < last {
        true => (Some((first as u8, (last - 1) as u8)), [range.start..first * step, last * step..range.end]),
        false => (None, [range, 0..0]),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use proptest::prelude::*;

    use super::*;

    /// Few values that many rows have, and many that few have.
    fn value() -> impl Strategy<Value = i32> {
        prop_oneof![0..20_i32, -5_000..5_000_i32, Just(i32::MAX), Just(i32::MIN)]
    }

    proptest! {
        #[test]
        fn a_range_by_codes_has_the_rows_whose_values_are_in_it(
            values in prop::collection::vec(prop::option::weighted(0.9, value()), 0..3_000),
            low in prop_oneof![-10..30_i32, -6_000..6_000_i32, Just(i32::MIN)],
            high in prop_oneof![-10..30_i32, -6_000..6_000_i32, Just(i32::MAX)],
        ) {
            let column: PrimitiveArray<Int32Type> = values.iter().copied().collect();
            let coded = Coded::default();
            prop_assert!(coded.again(&column).is_none(), "the first question reads the values");
            let found = coded.again(&column).expect("the second one has codes").rows(column.values(), low, high);
            let is_in = |value: &Option<i32>| value.is_some_and(|value| value >= low && value <= high);
            let expected: RoaringBitmap = (0_u32..).zip(&values).filter(|(_, value)| is_in(value)).map(|(row, _)| row).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn steps_and_what_stands_beside_them_are_the_range() {
        for range in [0..0, 0..1_000, 3..17, 5..6, 10..20, 9..21, 990..1_000] {
            let (whole, beside) = by_steps(range.clone(), 10);
            let whole = whole.map_or(0..0, |(low, high)| u32::from(low) * 10..(u32::from(high) + 1) * 10);
            let mut rows: Vec<u32> = whole.chain(beside.into_iter().flatten()).collect();
            rows.sort_unstable();
            assert_eq!(rows, range.collect::<Vec<_>>());
        }
    }
}
