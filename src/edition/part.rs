//! One part of an edition: a folder of files mapped into memory, its columns at hand, its rows found by identifier.
//!
//! In: a folder and what its files should be. Out: answers by the part's own row numbers, dead rows among them: what of it still
//! stands the edition knows (`open`). Most editions have one part; those that only say what changed share the others with the
//! editions before them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::{Array, LargeBinaryArray, LargeStringArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use quick_cache::sync::Cache;
use roaring::RoaringBitmap;
use serde::Deserialize;

use super::error::EditionError;
use super::files::details::{read_beside, read_reasons};
use super::files::enterprises::Columns;
use super::files::lookups::first_at_least;
use super::files::members::MembersOfRows;
use super::files::particulars::{PARTICULARS, Particulars};
use super::files::people::RarerCounts;
use super::files::range_codes::Coded;
use super::files::unions::{UNION_PARTICULARS, UnionColumns, UnionTold};
use super::format::blocks::Blocks;
use super::format::manifest::FileDigest;
use super::format::table::{Opened, give_back, named};
use super::format::unpacked::{ON_HEAP, Unpacked};
use super::{CountingRules, Labels};

/// Cubes kept per part: with the most groups that one may have, at most 60 MB.
const MAX_CUBES: usize = 16;

/// See the module.
pub(in crate::edition) struct Part {
    /// Rows of `enterprises.arrow`, those that are dead among them.
    pub len: u32,
    /// Rows of `unions.arrow`.
    pub unions: u32,
    pub labels: Arc<Labels>,
    /// Codes by group number, per dimension; number 0 is unknown.
    pub dim_values: BTreeMap<String, Vec<String>>,
    pub columns: Columns,
    pub dims: RecordBatch,
    /// Row and the rarer head counts, only of enterprises that have some.
    pub people: Blocks<RarerCounts>,
    /// What no question asks for: identifiers, who differs on what. None in editions written before it was kept.
    pub beside: Option<Blocks<LargeStringArray>>,
    /// `row_hash` of every row. None in editions written before it was kept.
    pub hashes: Option<UInt64Array>,
    pub counting: CountingRules,
    facet: StringArray,
    value: StringArray,
    facet_bytes: LargeBinaryArray,
    facet_bitmaps: Vec<OnceLock<Arc<RoaringBitmap>>>,
    piece: UInt64Array,
    piece_bytes: LargeBinaryArray,
    lookup_hashes: UInt64Array,
    lookup_rows: UInt32Array,
    pub all: Arc<RoaringBitmap>,
    /// None in editions written before there was such a file.
    pub relations: Option<super::files::ties::Relations>,
    /// None in editions written before there was such a file.
    pub cubes: Option<Blocks<super::files::cubes::Cubes>>,
    /// What counting must know of all rows.
    pub bounds: OnceLock<super::files::count::Bounds>,
    /// What was counted over all rows, by dimensions.
    pub kept_cubes: Cache<Vec<super::Dimension>, Arc<super::format::measures::Cube>>,
    /// Keys of groups by their numbers, by dimensions.
    pub group_keys: Cache<Vec<super::Dimension>, Arc<KeptGroupKeys>>,
    /// Its rows in the orders in which they are counted.
    pub orders: super::files::counting_order::KeptOrders,
    /// Codes of the columns that have ranges.
    pub coded: CodedColumns,
    /// Every row's record key under the protection that asked last.
    pub record_keys: super::format::protection::KeptKeys,
    /// Scores as they are told to those who see a part of the priority.
    pub told: super::format::scores::KeptScores,
    /// Its files as they are mapped.
    maps: Vec<Arc<memmap2::Mmap>>,
    unpacked: Arc<Unpacked>,
}

/// Keys of groups by their numbers.
pub(in crate::edition) type KeptGroupKeys = Mutex<hashbrown::HashMap<u64, Arc<[String]>>>;

/// Codes by column, of those that have ranges.
#[derive(Default)]
pub(in crate::edition) struct CodedColumns {
    pub employees: Coded<u32>,
    pub insured: Coded<u32>,
    pub revenue: Coded<i128>,
    pub established_on: Coded<i32>,
    pub gap_since: Coded<i32>,
}

#[derive(Deserialize)]
struct LabelFile {
    labels: Labels,
    dims: BTreeMap<String, Vec<String>>,
    counting: CountingRules,
}

impl Part {
    /// Opens a part that has passed its check. Takes milliseconds whatever its size: nothing is read yet. `files` are named within
    /// `folder`; what is unpacked lies on the disk of `scratch`, in a file without a name.
    ///
    /// # Errors
    /// A file that is missing or of another size, or whose columns are not those of this format.
    pub fn open(folder: &Path, files: &[FileDigest], scratch: &Path) -> Result<Part, EditionError> {
        let listed = |name: &str| {
            files.iter().find(|f| f.name == name).ok_or_else(|| EditionError::Broken {
                path: folder.join(name),
                reason: "the manifest does not list it".to_owned(),
            })
        };
        let maps = std::cell::RefCell::new(Vec::new());
        let opened = |name: &str| {
            let file = Opened::open(folder, name, listed(name)?.bytes)?;
            maps.borrow_mut().push(file.mapped());
            Ok::<_, EditionError>(file)
        };
        let table = |name: &str| opened(name)?.only_batch();
        let path = folder.join("labels.json");
        let labels: LabelFile = serde_json::from_slice(&std::fs::read(&path).map_err(EditionError::io(&path))?)?;
        let facets = table("facets.arrow")?;
        let names = table("names.arrow")?;
        let lookups = table("lookups.arrow")?;
        let (enterprises, unions) = (table("enterprises.arrow")?, table("unions.arrow")?);
        let dims = table("dims.arrow")?;
        let has = |name: &str| files.iter().any(|f| f.name == name);
        let rows = enterprises.num_rows();
        let unpacked = Arc::new(Unpacked::new(scratch.to_path_buf(), ON_HEAP));
        let blocks = |name: &str| opened(name).map(Arc::new);
        let (details, members) = (blocks("details.arrow")?, blocks("members.arrow")?);
        let beside = match details.has("beside") {
            true => Some(Blocks::open(&details, &["beside"], rows, &unpacked, read_beside)?),
            false => None,
        };
        let particulars = match has(PARTICULARS) {
            true => Particulars::open(&blocks(PARTICULARS)?, rows, &unpacked)?,
            false => Particulars::of_enterprises(folder, &enterprises)?,
        };
        let told_of_unions = match has(UNION_PARTICULARS) {
            true => Blocks::open(&blocks(UNION_PARTICULARS)?, UnionTold::NAMES, unions.num_rows(), &unpacked, UnionTold::read)?,
            false => Blocks::of_table(&folder.join("unions.arrow"), &unions, UnionTold::read)?,
        };
        let lacks = |reason: String| EditionError::Broken { path: folder.to_path_buf(), reason };
        let columns = Columns::new(
            &enterprises,
            particulars,
            Blocks::open(&details, &["reasons"], rows, &unpacked, read_reasons)?,
            Blocks::open(&members, &["members"], rows, &unpacked, MembersOfRows::read)?,
            UnionColumns::new(&unions, told_of_unions).map_err(lacks)?,
        )
        .map_err(lacks)?;
        let relations = match has(super::files::ties::RELATIONS) {
            true => Some(super::files::ties::Relations::open(&table(super::files::ties::RELATIONS)?)?),
            false => None,
        };
        let cubes = match has(super::files::cubes::CUBES) {
            true => {
                let file = blocks(super::files::cubes::CUBES)?;
                let all = file.columns();
                Some(Blocks::open(&file, &all, file.rows_of(0)?, &unpacked, super::files::cubes::Cubes::read)?)
            }
            false => None,
        };
        let people = blocks("people.arrow")?;
        let len = rows as u32;
        let mut all = RoaringBitmap::new();
        all.insert_range(0..len);
        Ok(Part {
            len,
            unions: unions.num_rows() as u32,
            labels: Arc::new(labels.labels),
            dim_values: labels.dims,
            columns,
            hashes: dims.column_by_name("hash").and_then(|c| c.as_primitive_opt()).cloned(),
            dims,
            people: Blocks::open(&people, RarerCounts::NAMES, people.rows_of(0)?, &unpacked, RarerCounts::read)?,
            beside,
            counting: labels.counting,
            facet: named(&facets, "facet")?.as_string().clone(),
            value: named(&facets, "value")?.as_string().clone(),
            facet_bytes: named(&facets, "bitmap")?.as_binary().clone(),
            facet_bitmaps: (0..facets.num_rows()).map(|_| OnceLock::new()).collect(),
            piece: named(&names, "piece")?.as_primitive().clone(),
            piece_bytes: named(&names, "bitmap")?.as_binary().clone(),
            lookup_hashes: named(&lookups, "hash")?.as_primitive().clone(),
            lookup_rows: named(&lookups, "row")?.as_primitive().clone(),
            all: Arc::new(all),
            relations,
            cubes,
            bounds: OnceLock::new(),
            kept_cubes: Cache::new(MAX_CUBES),
            group_keys: Cache::new(MAX_CUBES),
            orders: super::files::counting_order::KeptOrders::default(),
            coded: CodedColumns::default(),
            record_keys: super::format::protection::KeptKeys::default(),
            told: super::format::scores::KeptScores::default(),
            maps: maps.into_inner(),
            unpacked,
        })
    }

    /// Gives the memory of its files back to the system, which brings again what is looked at.
    pub fn give_back_memory(&self) {
        self.maps.iter().for_each(|map| give_back(map));
        self.unpacked.give_back();
    }

    /// The rows with `value` in `facet`; None where no row has it.
    pub fn facet(&self, facet: &str, value: &str) -> Option<Arc<RoaringBitmap>> {
        Some(self.facet_at(self.facet_position(facet, value).ok()?))
    }

    /// The rows of a value of a facet, by its number.
    pub fn facet_at(&self, position: usize) -> Arc<RoaringBitmap> {
        self.facet_bitmaps[position].get_or_init(|| Arc::new(bitmap(self.facet_bytes.value(position)))).clone()
    }

    /// The values of a facet that at least one row has.
    pub fn facet_values(&self, facet: &str) -> impl Iterator<Item = &str> {
        let start = self.facet_position(facet, "").unwrap_or_else(|p| p);
        (start..self.facet.len()).take_while(move |i| self.facet.value(*i) == facet).map(|i| self.value.value(i))
    }

    /// The number of a value of a facet; where it would stand, where no row has it.
    pub(in crate::edition) fn facet_position(&self, facet: &str, value: &str) -> Result<usize, usize> {
        search_by(self.facet.len(), |i| (self.facet.value(i), self.value.value(i)).cmp(&(facet, value)))
    }

    pub fn piece(&self, piece: u64) -> Option<RoaringBitmap> {
        let position = self.piece.values().binary_search(&piece).ok()?;
        Some(bitmap(self.piece_bytes.value(position)))
    }

    /// The union of all pieces from `low` to `high`, both included.
    pub fn pieces(&self, low: u64, high: u64) -> RoaringBitmap {
        let start = self.piece.values().partition_point(|p| *p < low);
        let end = self.piece.values().partition_point(|p| *p <= high);
        (start..end).fold(RoaringBitmap::new(), |all, i| all | bitmap(self.piece_bytes.value(i)))
    }

    /// Rows, or positions of unions, under a hash.
    pub fn hashed(&self, hash: u64) -> impl Iterator<Item = u32> {
        let hashes = self.lookup_hashes.values();
        let start = first_at_least(hashes, hash);
        hashes[start..].iter().take_while(move |h| **h == hash).enumerate().map(move |(i, _)| self.lookup_rows.value(start + i))
    }
}

fn bitmap(bytes: &[u8]) -> RoaringBitmap {
    // Unchecked as the files are (`table::open_table`): the bytes passed `Manifest::check`.
    RoaringBitmap::deserialize_unchecked_from(bytes).expect("bitmaps are written by `bitmap_bytes`")
}

fn search_by(len: usize, compare: impl Fn(usize) -> std::cmp::Ordering) -> Result<usize, usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        match compare(middle) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Ok(middle),
        }
    }
    Err(low)
}
