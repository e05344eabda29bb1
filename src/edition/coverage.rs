//! Coverage: counts of enterprises, employees and members per group, by any dimensions, over any rows.
//!
//! One pass over narrow columns: a row's group number and its verdicts pick one cell; the measures are read off the cells.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt16Type, UInt32Type};
use hashbrown::HashMap;
use roaring::RoaringBitmap;

use super::open::{Edition, named};
use super::{Counting, EditionError};
use crate::model::verdict::{GapStatus, SizeStatus, UnionStatus};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    District,
    Town,
    Federation,
    IndustrySection,
    IndustryDivision,
    Ownership,
    SizeClass,
    /// By the first country an enterprise names, so that each is counted once.
    InvestorCountry,
    GapStatus,
    UnionStatus,
}

/// The groups of a cube, and all of them together.
pub(super) type Cube = Arc<(Vec<CoverageGroup>, Measures)>;

/// What is counted. `scope` is everything but OUT_OF_SCOPE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measures {
    /// All enterprises, in scope or not.
    pub enterprises: u64,
    pub in_scope: u64,
    /// In scope and above designated size.
    pub above: u64,
    /// In scope with an independent union.
    pub independent: u64,
    /// In scope, above designated size, with an independent union.
    pub above_independent: u64,
    /// In scope with a union of a kind that counts in the coverage rate.
    pub unionised: u64,
    /// In scope with a union of a kind that counts in the establishment rate.
    pub established: u64,
    /// By gap status.
    pub covered: u64,
    pub lacking: u64,
    pub lacking_independent: u64,
    pub undecided: u64,
    pub out_of_scope: u64,
    /// The gap list: above designated size, lacking or lacking an independent union.
    pub in_gap: u64,
    /// Employees of enterprises in scope, and of those with a union of a counted kind.
    pub employees: u64,
    pub employees_of_unionised: u64,
    /// Standing unions whose hosts are in the group, in scope or not.
    pub unions: u64,
    /// Members in enterprises in scope, each at one enterprise only.
    pub members: u64,
    /// Those in enterprises with a union of a counted kind.
    pub members_of_unionised: u64,
}

impl Measures {
    pub fn add(&mut self, other: &Measures) {
        macro_rules! add { ($($f:ident),+) => { $(self.$f += other.$f;)+ } }
        add!(enterprises, in_scope, above, independent, above_independent, unionised, covered, lacking, lacking_independent);
        add!(
            undecided,
            out_of_scope,
            in_gap,
            employees,
            employees_of_unionised,
            members,
            members_of_unionised,
            established,
            unions
        );
    }

    fn add_cell(&mut self, meaning: &Meaning, count: u64, employees: u64) {
        self.enterprises += count;
        match meaning.gap {
            GapStatus::Lacking => self.lacking += count,
            GapStatus::LackingIndependent => self.lacking_independent += count,
            GapStatus::Covered => self.covered += count,
            GapStatus::Undecided => self.undecided += count,
            GapStatus::OutOfScope => {
                self.out_of_scope += count;
                return;
            }
        }
        self.in_scope += count;
        self.employees += employees;
        if meaning.is_above {
            self.above += count;
            if matches!(meaning.gap, GapStatus::Lacking | GapStatus::LackingIndependent) {
                self.in_gap += count;
            }
        }
        if meaning.is_independent {
            self.independent += count;
            self.above_independent += if meaning.is_above { count } else { 0 };
        }
        self.established += if meaning.is_established { count } else { 0 };
        if meaning.is_counted {
            self.unionised += count;
            self.employees_of_unionised += employees;
        }
    }
}

/// What a combination of verdicts means for the measures.
struct Meaning {
    gap: GapStatus,
    is_above: bool,
    is_independent: bool,
    is_established: bool,
    is_counted: bool,
}

impl Meaning {
    fn of(verdicts: u8, counting: &Counting) -> Meaning {
        let union = UnionStatus::ALL[usize::from(verdicts / 5 % 7)];
        Meaning {
            gap: GapStatus::ALL[usize::from(verdicts % 5)],
            is_above: SizeStatus::ALL[usize::from(verdicts / 35)] == SizeStatus::Above,
            is_independent: union == UnionStatus::Independent,
            is_established: counting.established_kinds.contains(&union),
            is_counted: counting.counted_kinds.contains(&union),
        }
    }
}

/// One group that has enterprises: the code in each dimension (empty: unknown), and what was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageGroup {
    pub keys: Vec<String>,
    pub measures: Measures,
}

/// Dense counting up to this many cells (24 bytes each); beyond that by hash.
const DENSE_CELLS: usize = 4_000_000;
const CHUNK: usize = 4096;
/// Cubes kept per edition, and the groups of the largest: together at most 60 MB.
const MAX_CUBES: usize = 16;
const MAX_CUBE_GROUPS: usize = 20_000;
/// A packed cell: the sum of employees in the lower bits, the count above them.
const SHIFT: u32 = 40;
const ONE: u64 = 1 << SHIFT;

/// A dimension of this edition: numbers per row, or derived from the verdicts, and the codes they stand for.
pub(super) enum Numbers<'a> {
    Column(&'a [u16]),
    Verdicts(fn(u8) -> u8),
}

impl Edition {
    /// Groups in ascending order of their keys. Fails with BadInput when there would be more than `limit` of them. What was
    /// counted over all rows is kept: an edition never changes, so that its cubes never do.
    pub fn coverage(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        if rows.len() < u64::from(self.len()) {
            return self.count(by, rows, limit);
        }
        let kept = || self.cubes.lock().expect("no panic while holding the cubes");
        if let Some(cube) = kept().get(by).cloned().filter(|cube| cube.0.len() <= limit) {
            return Ok((cube.0.clone(), cube.1));
        }
        let counted = self.count(by, rows, limit)?;
        let mut cubes = kept();
        if cubes.len() >= MAX_CUBES {
            cubes.clear();
        }
        if counted.0.len() <= MAX_CUBE_GROUPS {
            cubes.insert(by.to_vec(), Arc::new(counted.clone()));
        }
        Ok(counted)
    }

    fn count(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        let verdicts: &[u8] = named(&self.dims, "verdicts")?.as_primitive::<UInt8Type>().values();
        let employees: &[u32] = named(&self.dims, "employees")?.as_primitive::<UInt32Type>().values();
        let members: &[u32] = named(&self.dims, "members")?.as_primitive::<UInt32Type>().values();
        let unions: &[u8] = named(&self.dims, "unions")?.as_primitive::<UInt8Type>().values();
        // The last dimension runs fastest, so that groups come in the order of their keys.
        let mut axes = Vec::new();
        let mut groups = 1_usize;
        for dimension in by.iter().rev() {
            let (numbers, codes) = self.axis(*dimension)?;
            axes.push((numbers, groups, codes.len()));
            groups = groups.saturating_mul(codes.len());
        }
        axes.reverse();
        // Few of the 105 combinations of verdicts occur; numbering only those keeps the cells in the cache.
        let (slot_of, combinations) = self.combinations(verdicts);
        let width = combinations.len();
        let standing = Standing::by_verdicts(&self.counting);

        let mut cells = Cells::new(groups, width, self.is_packable(employees));
        let mut keys = [0_u64; CHUNK];
        let mut picked = vec![0_u32; CHUNK];
        let whole = rows.len() == u64::from(self.len());
        let mut visit = |picked: Picked<'_>| {
            let count = picked.len();
            let keys = &mut keys[..count];
            keys.fill(0);
            for (numbers, stride, _) in &axes {
                let stride = *stride as u64;
                match (numbers, &picked) {
                    (Numbers::Column(n), Picked::Range(r)) => {
                        keys.iter_mut().zip(&n[r.clone()]).for_each(|(k, n)| *k += u64::from(*n) * stride);
                    }
                    (Numbers::Column(n), Picked::Rows(rows)) => {
                        keys.iter_mut().zip(*rows).for_each(|(k, row)| *k += u64::from(n[*row as usize]) * stride);
                    }
                    (Numbers::Verdicts(f), picked) => {
                        keys.iter_mut().enumerate().for_each(|(i, k)| *k += u64::from(f(verdicts[picked.at(i)])) * stride);
                    }
                }
            }
            if let (Some(packed), Picked::Range(range)) = (&mut cells.packed, &picked) {
                let of_rows = keys.iter().zip(&verdicts[range.clone()]).zip(&employees[range.clone()]);
                for ((key, verdicts), employees) in of_rows {
                    packed[*key as usize * width + usize::from(slot_of[usize::from(*verdicts)])] += ONE | u64::from(*employees);
                }
                for (i, (members, unions)) in members[range.clone()].iter().zip(&unions[range.clone()]).enumerate() {
                    if *members > 0 || *unions > 0 {
                        let verdicts = usize::from(verdicts[range.start + i]);
                        cells.add_union(keys[i] as usize, standing[verdicts], *members, *unions);
                    }
                }
                return;
            }
            for (i, key) in keys.iter().enumerate() {
                let row = picked.at(i);
                let place = cells.add(*key, slot_of[usize::from(verdicts[row])], employees[row]);
                // Few enterprises have a union.
                if members[row] > 0 || unions[row] > 0 {
                    cells.add_union(place, standing[usize::from(verdicts[row])], members[row], unions[row]);
                }
            }
        };
        if whole {
            let rows = self.len() as usize;
            (0..rows).step_by(CHUNK).for_each(|start| visit(Picked::Range(start..rows.min(start + CHUNK))));
        } else {
            let mut rows = rows.iter();
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
                visit(Picked::Rows(picked));
            }
        }
        let found = cells.measures(&combinations, &self.counting);
        if found.len() > limit {
            let found = found.len();
            return Err(EditionError::BadInput {
                zh: format!("有 {found} 个分组，最多回答 {limit} 个：请缩小范围或减少维度"),
                en: format!("{found} groups; at most {limit} are answered: filter, or group by fewer dimensions"),
            });
        }
        let mut total = Measures::default();
        let mut out = Vec::with_capacity(found.len());
        let codes: Vec<Vec<&str>> = by.iter().map(|d| self.axis(*d).map(|(_, codes)| codes)).collect::<Result<_, _>>()?;
        for (key, measures) in found {
            total.add(&measures);
            let keys = axes
                .iter()
                .zip(&codes)
                .map(|((_, stride, size), codes)| codes[key as usize / stride % size].to_owned())
                .collect();
            out.push(CoverageGroup { keys, measures });
        }
        if !out.is_sorted_by(|a: &CoverageGroup, b| a.keys <= b.keys) {
            out.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
        }
        Ok((out, total))
    }

    /// Whether counts and sums of employees fit into one word of a cell.
    fn is_packable(&self, employees: &[u32]) -> bool {
        let sum = self.employed.get_or_init(|| employees.iter().map(|e| u64::from(*e)).sum());
        u64::from(self.len()) < 1 << 24 && *sum < ONE
    }

    pub(super) fn axis(&self, dimension: Dimension) -> Result<(Numbers<'_>, Vec<&str>), EditionError> {
        let name = match dimension {
            Dimension::District => "district",
            Dimension::Town => "town",
            Dimension::Federation => "federation",
            Dimension::IndustrySection => "section",
            Dimension::IndustryDivision => "division",
            Dimension::Ownership => "ownership",
            Dimension::SizeClass => "size_class",
            Dimension::InvestorCountry => "country",
            Dimension::GapStatus => return Ok((Numbers::Verdicts(|v| v % 5), GapStatus::ALL.iter().map(|g| g.name()).collect())),
            Dimension::UnionStatus => {
                return Ok((Numbers::Verdicts(|v| v / 5 % 7), UnionStatus::ALL.iter().map(|u| u.name()).collect()));
            }
        };
        let numbers: &[u16] = named(&self.dims, name)?.as_primitive::<UInt16Type>().values();
        let codes = self.dim_values.get(name).map(|v| v.iter().map(String::as_str).collect()).unwrap_or_default();
        Ok((Numbers::Column(numbers), codes))
    }

    fn combinations(&self, verdicts: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let combinations = self.combinations.get_or_init(|| {
            let mut seen = [false; 256];
            verdicts.iter().for_each(|v| seen[usize::from(*v)] = true);
            (0..105_u8).filter(|v| seen[usize::from(*v)]).collect()
        });
        let mut slot_of = vec![0; 256];
        for (slot, verdicts) in combinations.iter().enumerate() {
            slot_of[usize::from(*verdicts)] = slot as u8;
        }
        (slot_of, combinations.clone())
    }
}

enum Picked<'a> {
    Range(std::ops::Range<usize>),
    Rows(&'a [u32]),
}

impl Picked<'_> {
    fn len(&self) -> usize {
        match self {
            Picked::Range(r) => r.len(),
            Picked::Rows(rows) => rows.len(),
        }
    }
    fn at(&self, i: usize) -> usize {
        match self {
            Picked::Range(r) => r.start + i,
            Picked::Rows(rows) => rows[i] as usize,
        }
    }
}

/// What an enterprise's verdicts mean for its members.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    OutOfScope,
    InScope,
    Unionised,
}

impl Standing {
    /// By the number that stands for size, union and gap.
    pub(super) fn by_verdicts(counting: &Counting) -> [Standing; 256] {
        std::array::from_fn(|v| match GapStatus::ALL[v % 5] {
            GapStatus::OutOfScope => Standing::OutOfScope,
            _ if counting.counted_kinds.contains(&UnionStatus::ALL[v / 5 % 7]) => Standing::Unionised,
            _ => Standing::InScope,
        })
    }
}

/// Unions of one group, their members in scope, and of those the ones in unionised enterprises.
#[derive(Clone, Copy, Default)]
struct Unions {
    unions: u64,
    members: u64,
    members_of_unionised: u64,
}

/// Count and employees per group and verdicts; unions per group.
struct Cells {
    width: usize,
    counts: Vec<(u32, u64)>,
    unions: Vec<Unions>,
    /// Count and employees in one word, where they fit: half the memory, so that the cells stay in the cache.
    packed: Option<Vec<u64>>,
    /// Where the groups are too many for a table: group → its place in it.
    places: Option<HashMap<u64, u32>>,
}

impl Cells {
    fn new(groups: usize, width: usize, packable: bool) -> Cells {
        let dense = groups.saturating_mul(width) <= DENSE_CELLS;
        let groups = if dense { groups } else { 0 };
        let packed = (dense && packable).then(|| vec![0; groups * width]);
        let counts = if packed.is_some() { Vec::new() } else { vec![(0, 0); groups * width] };
        Cells { width, counts, unions: vec![Unions::default(); groups], packed, places: (!dense).then(HashMap::new) }
    }

    #[inline]
    fn add(&mut self, group: u64, slot: u8, employees: u32) -> usize {
        let place = match &mut self.places {
            None => group as usize,
            Some(places) => {
                let next = self.unions.len() as u32;
                let place = *places.entry(group).or_insert(next);
                if place == next {
                    self.unions.push(Unions::default());
                    self.counts.resize(self.counts.len() + self.width, (0, 0));
                }
                place as usize
            }
        };
        let at = place * self.width + usize::from(slot);
        match &mut self.packed {
            Some(packed) => packed[at] += ONE | u64::from(employees),
            None => {
                let cell = &mut self.counts[at];
                cell.0 += 1;
                cell.1 += u64::from(employees);
            }
        }
        place
    }

    fn add_union(&mut self, place: usize, standing: Standing, members: u32, unions: u8) {
        let group = &mut self.unions[place];
        group.unions += u64::from(unions);
        if standing != Standing::OutOfScope {
            group.members += u64::from(members);
        }
        if standing == Standing::Unionised {
            group.members_of_unionised += u64::from(members);
        }
    }

    /// The groups that have enterprises.
    fn measures(self, combinations: &[u8], counting: &Counting) -> Vec<(u64, Measures)> {
        let meanings: Vec<Meaning> = combinations.iter().map(|v| Meaning::of(*v, counting)).collect();
        let of_place = |place: usize| {
            let Unions { unions, members, members_of_unionised } = self.unions[place];
            let mut measures = Measures { unions, members, members_of_unionised, ..Measures::default() };
            let mut add = |meaning: &Meaning, count: u64, employees: u64| {
                if count > 0 {
                    measures.add_cell(meaning, count, employees);
                }
            };
            let cells = place * self.width..(place + 1) * self.width;
            match &self.packed {
                Some(packed) => meanings.iter().zip(&packed[cells]).for_each(|(m, c)| add(m, c >> SHIFT, c & (ONE - 1))),
                None => meanings.iter().zip(&self.counts[cells]).for_each(|(m, (count, e))| add(m, u64::from(*count), *e)),
            }
            measures
        };
        match &self.places {
            None => (0..self.unions.len()).map(|g| (g as u64, of_place(g))).filter(|(_, m)| m.enterprises > 0).collect(),
            Some(places) => places.iter().map(|(group, place)| (*group, of_place(*place as usize))).collect(),
        }
    }
}
