//! Coverage: counts of enterprises, employees and members per group, by any dimensions, over any rows.
//!
//! What is counted over all rows stands in the edition's cubes for the usual dimensions, and is kept in memory for others. Where
//! a filter leaves more than half of the rows, what it leaves out is counted and taken off the cube.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt16Type, UInt32Type};
use roaring::RoaringBitmap;

use crate::edition::error::EditionError;
use crate::edition::files::count::{Axis, Bounds, CountedColumns, Numbers, count};
use crate::edition::format::dimension::{Dimension, Values};
use crate::edition::format::measures::{CoverageGroup, Cube, Measures, in_order, sum, take_off};
use crate::edition::format::table::named;
use crate::edition::open::Edition;
use crate::edition::part::Part;
use crate::model::reference::federation_units;

/// Groups of the largest cube that is kept.
const MAX_CUBE_GROUPS: usize = 20_000;

impl Edition {
    /// Groups in ascending order of their keys. Fails with BadInput when there would be more than `limit` of them. What was
    /// counted over all rows is kept: an edition never changes, so that its cubes never do.
    ///
    /// # Errors
    /// BadInput, with what to do, where there would be more than `limit` groups; Broken where a column is missing.
    pub fn coverage(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        let (mut groups, mut total) = self.counted(by, rows, limit)?;
        let lacking = self.without_universe() & rows;
        if !lacking.is_empty() {
            for group in self.count_groups(by, &lacking)? {
                total.without_universe += group.measures.in_scope;
                if let Ok(at) = groups.binary_search_by(|other| other.keys.cmp(&group.keys)) {
                    groups[at].measures.without_universe = group.measures.in_scope;
                }
            }
        }
        Ok((groups, total))
    }

    /// The rows under industrial unions of which the policy does not say which industries are theirs.
    pub(in crate::edition) fn without_universe(&self) -> RoaringBitmap {
        let mut rows = RoaringBitmap::new();
        self.units_without_universe().filter_map(|unit| self.facet("federation", unit)).for_each(|of| rows |= &*of);
        rows
    }

    /// The codes of those industrial unions.
    pub(super) fn units_without_universe(&self) -> impl Iterator<Item = &'static str> {
        let units = federation_units().iter().filter(|unit| unit.kind == "industrial");
        units.map(|unit| unit.unit).filter(|unit| !self.counting.industrial_unions.iter().any(|known| known == unit))
    }

    /// By the parts: what is counted adds up.
    fn counted(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        if let Some(part) = self.only() {
            return part.counted(by, rows, limit);
        }
        let counted = self.parts.iter().map(|p| Ok(p.part.counted(by, &p.own(rows), usize::MAX)?.0));
        let groups = added(counted.collect::<Result<Vec<_>, EditionError>>()?);
        few_enough(groups.len(), limit)?;
        let total = sum(&groups);
        Ok((groups, total))
    }

    fn count_groups(&self, by: &[Dimension], rows: &RoaringBitmap) -> Result<Vec<CoverageGroup>, EditionError> {
        if let Some(part) = self.only() {
            return part.count_groups(by, Some(rows));
        }
        let counted = self.parts.iter().map(|p| p.part.count_groups(by, Some(&p.own(rows))));
        Ok(added(counted.collect::<Result<Vec<_>, EditionError>>()?))
    }
}

/// Groups of the same keys together, in order.
pub(in crate::edition) fn added(parts: Vec<Vec<CoverageGroup>>) -> Vec<CoverageGroup> {
    let mut found: hashbrown::HashMap<Arc<[String]>, Measures> = hashbrown::HashMap::new();
    for group in parts.into_iter().flatten() {
        found.entry(group.keys).or_default().add(&group.measures);
    }
    let mut groups: Vec<CoverageGroup> = found.into_iter().map(|(keys, measures)| CoverageGroup { keys, measures }).collect();
    in_order(&mut groups);
    groups
}

pub(in crate::edition) fn few_enough(found: usize, limit: usize) -> Result<(), EditionError> {
    if found <= limit {
        return Ok(());
    }
    Err(EditionError::bad_input(
        format!("有 {found} 个分组，最多回答 {limit} 个：请缩小范围或减少维度"),
        format!("{found} groups; at most {limit} are answered: filter, or group by fewer dimensions"),
    ))
}

impl Part {
    fn counted(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        let all = u64::from(self.len);
        if rows.len() == all {
            let cube = self.cube(by)?;
            few_enough(cube.groups.len(), limit)?;
            return Ok((cube.groups.clone(), cube.total));
        }
        if rows.len() > all / 2
            && let Some(cube) = self.known_cube(by)?
        {
            let left_out = self.count_groups(by, Some(&(&*self.all - rows)))?;
            let groups = take_off(&cube.groups, left_out);
            few_enough(groups.len(), limit)?;
            let total = sum(&groups);
            return Ok((groups, total));
        }
        let found = self.count_numbers(by, Some(rows))?;
        few_enough(found.len(), limit)?;
        let groups = self.with_codes(by, found)?;
        let total = sum(&groups);
        Ok((groups, total))
    }

    /// All rows by these dimensions.
    fn cube(&self, by: &[Dimension]) -> Result<Arc<Cube>, EditionError> {
        if let Some(cube) = self.known_cube(by)? {
            return Ok(cube);
        }
        let groups = self.count_groups(by, None)?;
        let total = sum(&groups);
        Ok(self.keep_cube(by, Cube { groups, total }))
    }

    /// One that is kept, or stands in the edition.
    fn known_cube(&self, by: &[Dimension]) -> Result<Option<Arc<Cube>>, EditionError> {
        if let Some(cube) = self.kept_cubes.get(by) {
            return Ok(Some(cube));
        }
        Ok(self.written_cube(by)?.map(|cube| self.keep_cube(by, cube)))
    }

    fn keep_cube(&self, by: &[Dimension], cube: Cube) -> Arc<Cube> {
        let cube = Arc::new(cube);
        if cube.groups.len() <= MAX_CUBE_GROUPS {
            self.kept_cubes.insert(by.to_vec(), cube.clone());
        }
        cube
    }

    pub(in crate::edition) fn count_groups(
        &self,
        by: &[Dimension],
        rows: Option<&RoaringBitmap>,
    ) -> Result<Vec<CoverageGroup>, EditionError> {
        self.with_codes(by, self.count_numbers(by, rows)?)
    }

    fn count_numbers(&self, by: &[Dimension], rows: Option<&RoaringBitmap>) -> Result<Vec<(u64, Measures)>, EditionError> {
        let (facts, axes) = (self.counted_columns()?, self.axes(by)?);
        let bounds = self.bounds.get_or_init(|| Bounds::of(facts));
        Ok(count(facts, bounds, &self.counting, &axes, rows))
    }

    pub(in crate::edition) fn counted_columns(&self) -> Result<CountedColumns<'_>, EditionError> {
        Ok(CountedColumns {
            verdicts: named(&self.dims, "verdicts")?.as_primitive::<UInt8Type>().values(),
            employees: named(&self.dims, "employees")?.as_primitive::<UInt32Type>().values(),
            members: named(&self.dims, "members")?.as_primitive::<UInt32Type>().values(),
            unions: named(&self.dims, "unions")?.as_primitive::<UInt8Type>().values(),
        })
    }

    pub(in crate::edition) fn axes(&self, by: &[Dimension]) -> Result<Vec<Axis<'_>>, EditionError> {
        by.iter().map(|d| Ok(self.axis(*d)?.0)).collect()
    }

    /// The same by the codes of the groups, in their order.
    pub(in crate::edition) fn with_codes(
        &self,
        by: &[Dimension],
        found: Vec<(u64, Measures)>,
    ) -> Result<Vec<CoverageGroup>, EditionError> {
        let codes = by.iter().map(|d| Ok(self.axis(*d)?.1)).collect::<Result<Vec<_>, EditionError>>()?;
        let keys_of = |mut number: u64| -> Arc<[String]> {
            let mut keys = vec![String::new(); codes.len()];
            for (key, codes) in keys.iter_mut().zip(&codes).rev() {
                codes[(number % codes.len() as u64) as usize].clone_into(key);
                number /= codes.len() as u64;
            }
            keys.into()
        };
        let kept = match self.group_keys.get(by) {
            Some(kept) => kept,
            None => {
                let new = Arc::new(Mutex::default());
                self.group_keys.insert(by.to_vec(), new.clone());
                new
            }
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let group = |(number, measures): (u64, Measures)| {
            let keys = match kept.get(&number) {
                Some(keys) => keys.clone(),
                None => {
                    let keys = keys_of(number);
                    if kept.len() < MAX_CUBE_GROUPS {
                        kept.insert(number, keys.clone());
                    }
                    keys
                }
            };
            CoverageGroup { keys, measures }
        };
        let mut groups: Vec<CoverageGroup> = found.into_iter().map(group).collect();
        in_order(&mut groups);
        Ok(groups)
    }

    pub(in crate::edition) fn axis(&self, dimension: Dimension) -> Result<(Axis<'_>, Vec<&str>), EditionError> {
        if let Values::Verdicts { number, codes } = dimension.values() {
            let codes = codes();
            return Ok((Axis { numbers: Numbers::Verdicts(number), size: codes.len() }, codes));
        }
        let name = dimension.column();
        let numbers: &[u16] = named(&self.dims, name)?.as_primitive::<UInt16Type>().values();
        let codes: Vec<&str> = self.dim_values.get(name).map(|v| v.iter().map(String::as_str).collect()).unwrap_or_default();
        Ok((Axis { numbers: Numbers::Column(numbers), size: codes.len() }, codes))
    }
}
