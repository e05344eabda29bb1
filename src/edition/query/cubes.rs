//! The counts that were written with the edition, read back as groups.

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt16Type, UInt64Type};

use crate::edition::error::EditionError;
use crate::edition::files::cubes::name_of;
use crate::edition::format::dimension::Dimension;
use crate::edition::format::measures::{CoverageGroup, Cube, Measures, in_order, sum};
use crate::edition::format::table::named;
use crate::edition::part::Part;

impl Part {
    /// A cube of the edition's own, in any order of its dimensions.
    pub(in crate::edition) fn written_cube(&self, by: &[Dimension]) -> Result<Option<Cube>, EditionError> {
        let mut sorted = by.to_vec();
        sorted.sort_unstable();
        let Some((cubes, _)) = self.cubes.as_ref().map(|cubes| cubes.at(0)) else { return Ok(None) };
        let Some(range) = cubes.of.get(&name_of(&sorted)).cloned() else { return Ok(None) };
        let numbers = |name| Ok::<_, EditionError>(named(&cubes.rows, name)?.as_primitive::<UInt16Type>().values());
        let numbers = [numbers("first")?, numbers("second")?];
        let mut codes = Vec::new();
        for dimension in by {
            let place = sorted.iter().position(|d| d == dimension).expect("sorted from these");
            codes.push((numbers[place], self.axis(*dimension)?.1));
        }
        // An edition of before a measure was counted: it is counted anew.
        if Measures::NAMES.iter().any(|name| cubes.rows.column_by_name(name).is_none()) {
            return Ok(None);
        }
        let values = Measures::NAMES.iter().map(|name| Ok(named(&cubes.rows, name)?.as_primitive::<UInt64Type>().values()));
        let values = values.collect::<Result<Vec<_>, EditionError>>()?;
        let mut groups: Vec<CoverageGroup> = range
            .map(|row| CoverageGroup {
                keys: codes.iter().map(|(numbers, codes)| codes[usize::from(numbers[row])].to_owned()).collect(),
                measures: Measures::from_values(std::array::from_fn(|at| values[at][row])),
            })
            .collect();
        in_order(&mut groups);
        let total = sum(&groups);
        Ok(Some(Cube { groups, total }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edition::{Edition, synthetic, write};

    #[test]
    fn every_cube_is_what_counting_gives_and_what_a_filter_leaves_out_is_taken_off() {
        let root = tempfile::tempdir().unwrap();
        let manifest = write(root.path(), synthetic::input(1, 3_000, 3)).unwrap();
        let edition = Edition::open(&root.path().join(crate::edition::format::folder::folder_name(manifest.number))).unwrap();
        let most = &*edition.all() - &(0..3_000).step_by(7).collect::<roaring::RoaringBitmap>();
        let mut asked = vec![vec![]];
        asked.extend(Dimension::ALL.iter().map(|d| vec![*d]));
        let pairs: Vec<_> = Dimension::areas().flat_map(|area| Dimension::others().map(move |other| [area, other])).collect();
        asked.extend(pairs.iter().flat_map(|[area, other]| [vec![*area, *other], vec![*other, *area]]));
        for by in asked {
            let cube = edition.only().unwrap().written_cube(&by).unwrap().unwrap_or_else(|| panic!("no cube by {by:?}"));
            assert_eq!(cube.groups, edition.only().unwrap().count_groups(&by, None).unwrap(), "{by:?}");
            assert_eq!(cube.total.enterprises, 3_000);
            let (groups, total) = edition.coverage(&by, &most, 20_000).unwrap();
            assert_eq!(groups, edition.only().unwrap().count_groups(&by, Some(&most)).unwrap(), "{by:?}");
            assert_eq!(total.enterprises, most.len());
        }
        assert!(edition.only().unwrap().written_cube(&[Dimension::Ownership, Dimension::SizeClass]).unwrap().is_none());
    }
}
