//! Coverage by a filter, counted in the order of the asked dimensions (`files::counting_order`): the filter becomes bits in that order, and no row
//! is looked at but where a filter cuts through those of one group with the same verdicts.
//!
//! In: dimensions and a filter. Out: what `Edition::coverage` says of the filter's rows. What was counted over all rows stays with the cubes.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrowNativeTypeOp, PrimitiveArray};
use roaring::RoaringBitmap;

use super::coverage::{added, few_enough};
use super::filter::{Filter, Range, bounds, employees, established_on, facet_of_industry, fen, gap_since, insured, revenue};
use crate::edition::error::EditionError;
use crate::edition::files::count::{Numbers, strides};
use crate::edition::files::counting_order::CountingOrder;
use crate::edition::files::range_codes::{Coded, by_steps, within};
use crate::edition::format::columns::days;
use crate::edition::format::dimension::{Dimension, Values};
use crate::edition::format::measures::{CoverageGroup, Measures, sum};
use crate::edition::open::{Edition, Standing};
use crate::edition::part::Part;

impl Edition {
    /// As [`Edition::coverage`] of the rows of a filter. What is asked by dimensions that were asked before is counted without going over
    /// rows, whatever the filter.
    ///
    /// # Errors
    /// As [`Edition::filter`] and [`Edition::coverage`].
    pub fn coverage_of(
        &self,
        by: &[Dimension],
        filter: &Filter,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        if *filter != Filter::All
            && let Some(groups) = self.in_orders(by, filter)?
        {
            few_enough(groups.len(), limit)?;
            let total = sum(&groups);
            return Ok((groups, total));
        }
        self.coverage(by, &*self.filter(filter)?, limit)
    }

    /// None where a part has no order for it.
    fn in_orders(&self, by: &[Dimension], filter: &Filter) -> Result<Option<Vec<CoverageGroup>>, EditionError> {
        let orders = self.parts.iter().map(|p| p.part.order(by)).collect::<Result<Option<Vec<_>>, EditionError>>()?;
        let Some(orders) = orders else { return Ok(None) };
        let mut counted = Vec::with_capacity(orders.len());
        for (standing, order) in self.parts.iter().zip(&orders) {
            counted.push(self.counted_in(standing, order, by, filter)?);
        }
        Ok(Some(if counted.len() == 1 { counted.remove(0) } else { added(counted) }))
    }

    fn counted_in(
        &self,
        standing: &Standing,
        order: &CountingOrder,
        by: &[Dimension],
        filter: &Filter,
    ) -> Result<Vec<CoverageGroup>, EditionError> {
        let part = &standing.part;
        let mut bits = self.bits(standing, order, filter)?;
        if !standing.dead.is_empty() {
            let mut own = bits.own();
            standing.dead.iter().for_each(|row| order.set(&mut own, row, false));
            bits = Bits::Own(own);
        }
        let axes = part.axes(by)?;
        let strides = strides(&axes);
        let asked: Vec<_> = by.iter().zip(&axes).zip(&strides).map(|((by, axis), stride)| (*by, *axis, *stride)).collect();
        let count = |bits: &[u64]| order.count(bits, &part.counting, &asked);
        let mut found = count(bits.words());
        // The rows under industrial unions of which nobody said which industries are theirs.
        let units = self.units_without_universe().filter_map(|unit| part.facet_position("federation", unit).ok());
        let units: Vec<usize> = units.collect();
        if !units.is_empty() {
            let mut lacking = order.none();
            units.iter().for_each(|unit| or(&mut lacking, &order.facet(*unit, || part.facet_at(*unit))));
            and(&mut lacking, bits.words());
            for (number, measures) in count(&lacking) {
                let at = found.binary_search_by_key(&number, |(number, _)| *number).expect("counted among all");
                found[at].1.without_universe = measures.in_scope;
            }
        }
        part.with_codes(by, found)
    }

    /// The rows of a filter in an order of a part. Rows of the part that do not stand in the edition may have bits.
    fn bits(&self, standing: &Standing, order: &CountingOrder, filter: &Filter) -> Result<Bits, EditionError> {
        let part = &*standing.part;
        let facet = |facet: &str, value: &str| {
            let at = part.facet_position(facet, value).ok()?;
            Some(Bits::Shared(order.facet(at, || part.facet_at(at))))
        };
        let put = |rows: &RoaringBitmap| Bits::Own(order.put(&standing.own(rows)));
        let ranges = Ranges { part, order };
        Ok(match filter {
            Filter::All => Bits::all(part.len),
            Filter::Rows(rows) => put(rows),
            Filter::Found(found) => put(&found.rows(self)),
            Filter::And(parts) => {
                let mut parts: Vec<&Filter> = parts.iter().collect();
                // In the order in which rows are filtered, so that of two mistakes the same one is told.
                parts.sort_by_key(|part| part.cost());
                let mut all: Option<Bits> = None;
                for part in parts {
                    let found = self.bits(standing, order, part)?;
                    all = Some(match all {
                        None => found,
                        Some(so_far) => {
                            let mut so_far = so_far.own();
                            and(&mut so_far, found.words());
                            Bits::Own(so_far)
                        }
                    });
                }
                all.unwrap_or_else(|| Bits::all(part.len))
            }
            Filter::Or(parts) => {
                let found = parts.iter().map(|part| self.bits(standing, order, part)).collect::<Result<Vec<_>, _>>()?;
                any_of(order, found)
            }
            Filter::Not(filter) => {
                let mut bits = self.bits(standing, order, filter)?.own();
                bits.iter_mut().for_each(|word| *word = !*word);
                Bits::Own(bits)
            }
            Filter::Any { facet: name, values } => any_of(order, values.iter().filter_map(|v| facet(name, v))),
            Filter::InGap => any_of(order, facet("in_gap", "yes")),
            Filter::Area(codes) => {
                let facets = codes.iter().map(|code| self.facet_of_area(code)).collect::<Result<Vec<_>, _>>()?;
                match facets.iter().any(Option::is_none) {
                    true => Bits::all(part.len),
                    false => any_of(order, facets.iter().flatten().filter_map(|(name, code)| facet(name, code))),
                }
            }
            Filter::Industry(codes) => {
                let facets = codes.iter().map(|code| facet_of_industry(code)).collect::<Result<Vec<_>, _>>()?;
                any_of(order, facets.iter().filter_map(|(name, code)| facet(name, code)))
            }
            Filter::Priority(range) => ranges.scores(*range),
            Filter::Employees(range) => ranges.of(1, employees(part), *range),
            Filter::Insured(range) => ranges.of(2, insured(part), *range),
            Filter::Revenue(range) => ranges.of(3, revenue(part), fen(*range)),
            Filter::EstablishedOn(range) => ranges.of(4, established_on(part), range.map(days)),
            Filter::GapSince(range) => ranges.of(5, gap_since(part), range.map(days)),
            Filter::Text(_) | Filter::Box { .. } => put(&*self.filter(filter)?),
        })
    }
}

/// Rows in an order. What stands behind the last one means nothing.
enum Bits {
    Shared(Arc<Vec<u64>>),
    Own(Vec<u64>),
}

impl Bits {
    fn all(rows: u32) -> Bits {
        Bits::Own(vec![u64::MAX; (rows as usize).div_ceil(64)])
    }
    fn words(&self) -> &[u64] {
        match self {
            Bits::Shared(words) => words,
            Bits::Own(words) => words,
        }
    }
    fn own(self) -> Vec<u64> {
        match self {
            Bits::Shared(words) => words.to_vec(),
            Bits::Own(words) => words,
        }
    }
}

fn any_of(order: &CountingOrder, found: impl IntoIterator<Item = Bits>) -> Bits {
    let mut found = found.into_iter();
    let Some(mut any) = found.next() else { return Bits::Own(order.none()) };
    for bits in found {
        let mut own = any.own();
        or(&mut own, bits.words());
        any = Bits::Own(own);
    }
    any
}

fn and(bits: &mut [u64], others: &[u64]) {
    bits.iter_mut().zip(others).for_each(|(word, other)| *word &= other);
}

fn or(bits: &mut [u64], others: &[u64]) {
    bits.iter_mut().zip(others).for_each(|(word, other)| *word |= other);
}

/// Ranges of a part's columns in an order.
struct Ranges<'a> {
    part: &'a Part,
    order: &'a CountingOrder,
}

impl Ranges<'_> {
    /// `number` is the column's among those with codes.
    fn of<T: ArrowPrimitiveType>(
        &self,
        number: usize,
        (column, coded): (&PrimitiveArray<T>, &Coded<T::Native>),
        range: Range<T::Native>,
    ) -> Bits
    where
        T::Native: Ord + ArrowNativeTypeOp,
    {
        let ((low, high), codes) = (bounds(range), coded.now(column));
        let parted = codes.parted(low, high);
        let mut bits = self.whole(parted.whole, || self.order.codes(number, |row| codes.of_row[row]));
        codes.at_the_ends(column.values(), &parted, low, high).for_each(|row| self.order.set(&mut bits, row, true));
        Bits::Own(bits)
    }

    /// Rows are numbered by falling score: their codes are their numbers.
    fn scores(&self, range: Range<f32>) -> Bits {
        let step = self.part.len.div_ceil(256).max(1);
        let (whole, beside) = by_steps(self.part.rows_of_scores(range), step);
        let mut bits = self.whole(whole, || self.order.codes(0, |row| (row / step as usize) as u8));
        beside.into_iter().flatten().for_each(|row| self.order.set(&mut bits, row, true));
        Bits::Own(bits)
    }

    fn whole<'a>(&self, whole: Option<(u8, u8)>, codes: impl FnOnce() -> &'a [u8]) -> Vec<u64> {
        whole.map_or_else(|| self.order.none(), |(low, high)| within(codes(), low, high))
    }
}

impl Part {
    /// An order that tells rows apart by these dimensions.
    fn order(&self, by: &[Dimension]) -> Result<Option<Arc<CountingOrder>>, EditionError> {
        let mut with_columns = Vec::new();
        for dimension in by.iter().filter(|d| matches!(d.values(), Values::Column(_))) {
            with_columns.push(*dimension);
        }
        let column = |dimension: Dimension| match self.axis(dimension) {
            Ok((axis, _)) => match axis.numbers {
                Numbers::Column(numbers) => Some((numbers, axis.size)),
                Numbers::Verdicts(_) => None,
            },
            Err(_) => None,
        };
        Ok(self.orders.order(&with_columns, self.counted_columns()?, column))
    }
}

#[cfg(test)]
mod tests {
    use rand::seq::IndexedRandom;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::edition::format::folder::folder_name;
    use crate::edition::{synthetic, write};
    use crate::model::value::Money;

    const ROWS: u32 = 3_000;
    const FACETS: [&str; 12] = [
        "status",
        "ownership",
        "size",
        "size_class",
        "union",
        "gap",
        "fund",
        "tag",
        "country",
        "registry",
        "finding",
        "federation",
    ];

    fn range<T: Copy + PartialOrd>(rng: &mut ChaCha8Rng, values: &[T]) -> Range<T> {
        let mut bound = || rng.random_bool(0.8).then(|| *values.choose(rng).expect("some values"));
        Range { gte: bound(), lte: bound() }
    }

    fn filter(edition: &Edition, rng: &mut ChaCha8Rng, depth: u32) -> Filter {
        let several = |rng: &mut ChaCha8Rng| (0..rng.random_range(0..4)).map(|_| filter(edition, rng, depth - 1)).collect();
        match rng.random_range(0..if depth > 0 { 22 } else { 16 }) {
            0..4 => {
                let facet = *FACETS.choose(rng).expect("facets");
                let known: Vec<&str> = edition.facet_values(facet).chain(["NOBODY"]).collect();
                let values = (0..rng.random_range(0..4)).map(|_| (*known.choose(rng).expect("values")).to_owned()).collect();
                Filter::Any { facet, values }
            }
            4 => Filter::InGap,
            5 => Filter::Area(vec![
                ["110105", "110000", "110106001", "示例3区", "D110102", "I-EDU"].choose(rng).expect("areas").to_string(),
            ]),
            6 => Filter::Industry(vec![["C", "I", "65", "C12", "2012"].choose(rng).expect("codes").to_string()]),
            7 => Filter::Employees(range(rng, &[0, 1, 3, 10, 11, 50, 300, 4_000])),
            8 => Filter::Insured(range(rng, &[0, 1, 2, 40, 1_000])),
            9 => Filter::Revenue(range(rng, &[0, 900_000, 3_000_000, 3_300_000, 90_000_000].map(Money::from_yuan))),
            10 => Filter::Priority(range(rng, &[-1.0, 1.0, 5.0, 20.0, 57.5, 130.0])),
            11 => Filter::EstablishedOn(range(
                rng,
                &["1990-01-01", "1991-02-03", "2005-06-07", "2030-01-01"].map(|d| d.parse().unwrap()),
            )),
            12 => Filter::GapSince(range(rng, &["2026-01-01", "2026-04-01", "2026-09-01"].map(|d| d.parse().unwrap()))),
            13 => Filter::Box { west: 116.1, south: 39.7, east: 116.5, north: 40.1 },
            14 => Filter::Text("科技".to_owned()),
            15 => Filter::Rows(Arc::new((0..rng.random_range(0..ROWS)).filter(|_| rng.random_bool(0.7)).collect())),
            16 => Filter::Not(Box::new(filter(edition, rng, depth - 1))),
            17..20 => Filter::And(several(rng)),
            20 => Filter::Or(several(rng)),
            _ => Filter::All,
        }
    }

    #[test]
    fn what_is_counted_in_order_is_what_going_over_the_rows_counts() {
        let root = tempfile::tempdir().unwrap();
        let mut input = synthetic::input(1, ROWS, 5);
        // Some stand under an industrial union, of which the policy does not say which industries are its own.
        input.enterprises.iter_mut().step_by(11).for_each(|e| e.federation = Some("I-EDU".into()));
        // Some have more people than a narrow number holds.
        for (at, heads) in [32_766, 32_767, 65_535, 70_000].into_iter().enumerate() {
            input.enterprises[at * 3].people.employees = heads;
            input.enterprises[at * 5 + 1].people.members = heads;
        }
        let manifest = write(root.path(), input).unwrap();
        let edition = Edition::open(&root.path().join(folder_name(manifest.number))).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(32);
        let (mut in_order, mut lacking) = (0, 0);
        for _ in 0..300 {
            let filter = filter(&edition, &mut rng, 3);
            let most = rng.random_range(0..4);
            let by: Vec<Dimension> = Dimension::ALL.iter().copied().filter(|_| rng.random_bool(0.2)).take(most).collect();
            let rows = edition.filter(&filter).unwrap();
            let counted = edition.only().unwrap().count_groups(&by, Some(&rows)).unwrap();
            let (groups, total) = edition.coverage(&by, &rows, usize::MAX).unwrap();
            assert_eq!(edition.coverage_of(&by, &filter, usize::MAX).unwrap(), (groups, total), "{filter:?} by {by:?}");
            let Some(mut ordered) = edition.in_orders(&by, &filter).unwrap() else { continue };
            in_order += 1;
            lacking += ordered.iter_mut().map(|g| std::mem::take(&mut g.measures.without_universe)).sum::<u64>();
            assert_eq!(ordered, counted, "{filter:?} by {by:?}");
        }
        assert!(in_order > 250, "nearly all have an order: {in_order}");
        assert!(lacking > 0, "some are under a union without a universe");
        assert!(edition.coverage_of(&[], &Filter::Area(vec!["nowhere".to_owned()]), 9).is_err());
        assert!(edition.coverage_of(&[Dimension::Town], &Filter::InGap, 9).is_err(), "more groups than may be");
    }

    #[test]
    fn one_order_serves_all_areas_and_verdicts() {
        let root = tempfile::tempdir().unwrap();
        let manifest = write(root.path(), synthetic::input(1, ROWS, 5)).unwrap();
        let edition = Edition::open(&root.path().join(folder_name(manifest.number))).unwrap();
        let part = edition.only().unwrap();
        let first = part.order(&[Dimension::Town]).unwrap().unwrap();
        let again = part.order(&[Dimension::District, Dimension::GapStatus]).unwrap().unwrap();
        assert!(Arc::ptr_eq(&first, &again), "all areas and verdicts are served by one order");
        let other = part.order(&[Dimension::Town, Dimension::Ownership]).unwrap().unwrap();
        assert!(!Arc::ptr_eq(&first, &other));
    }
}
