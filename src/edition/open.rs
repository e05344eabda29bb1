//! An opened edition: its files mapped into memory, its columns at hand, rows found by identifier.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::{Array, LargeBinaryArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use quick_cache::sync::Cache;
use roaring::RoaringBitmap;
use serde::Deserialize;

use super::error::EditionError;
use super::files::enterprises::Columns;
use super::files::lookups::{LookupKey, first_at_least, lookup_hash};
use super::format::row::Row;
use super::format::table::{named, open_table};
use super::{CountingRules, Labels, Manifest};
use crate::model::identifier::clean_identifier;
use crate::model::message::Lang;

/// Cubes kept per edition: with the most groups that one may have, at most 60 MB.
const MAX_CUBES: usize = 16;
/// Texts whose rows are remembered per edition.
const REMEMBERED_TEXTS: usize = 64;

/// One opened edition. Cheap to share; everything it returns is as of this edition.
///
/// ```
/// use huitu_engine::edition::{Edition, LookupKey, folder_name, synthetic, write};
///
/// let root = tempfile::tempdir()?;
/// write(root.path(), synthetic::input(1, 300, 7))?;
///
/// let edition = Edition::open(&root.path().join(folder_name(1)))?;
/// assert_eq!((edition.number(), edition.len()), (1, 300));
///
/// // Row 0 is the most urgent enterprise; an identifier leads back to its row.
/// let first = edition.enterprise(0);
/// assert!(first.priority() >= edition.enterprise(1).priority());
/// assert_eq!(edition.rows(&LookupKey::Id(first.id().to_owned())), [0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Edition {
    /// What it is and rests on.
    pub manifest: Manifest,
    /// Where its files lie.
    pub folder: PathBuf,
    /// Names of areas and industries as of this edition.
    pub labels: Labels,
    /// Codes by group number, per dimension; number 0 is unknown.
    pub(super) dim_values: BTreeMap<String, Vec<String>>,
    pub(super) columns: Columns,
    pub(super) dims: RecordBatch,
    /// Row and the rarer head counts, only of enterprises that have some.
    pub(super) people: RecordBatch,
    pub(super) counting: CountingRules,
    area_names: HashMap<String, usize>,
    /// Areas whose codes are plain numbers.
    area_numbers: hashbrown::HashMap<u32, usize>,
    industry_names: hashbrown::HashMap<(u16, String), usize>,
    facet: StringArray,
    value: StringArray,
    facet_bytes: LargeBinaryArray,
    facet_bitmaps: Vec<OnceLock<Arc<RoaringBitmap>>>,
    piece: UInt64Array,
    piece_bytes: LargeBinaryArray,
    lookup_hashes: UInt64Array,
    lookup_rows: UInt32Array,
    all: Arc<RoaringBitmap>,
    /// None in editions written before there was such a file.
    pub(super) relations: Option<super::files::ties::Relations>,
    /// None in editions written before there was such a file.
    pub(super) cubes: Option<super::files::cubes::Cubes>,
    /// What counting must know of all rows.
    pub(super) bounds: OnceLock<super::files::count::Bounds>,
    /// What was counted over all rows, by dimensions.
    pub(super) kept_cubes: Cache<Vec<super::Dimension>, Arc<super::format::measures::Cube>>,
    pub(super) texts: Cache<String, Arc<RoaringBitmap>>,
}

#[derive(Deserialize)]
struct LabelFile {
    labels: Labels,
    dims: BTreeMap<String, Vec<String>>,
    counting: CountingRules,
}

impl std::fmt::Debug for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Edition({})", self.manifest.number)
    }
}

impl Edition {
    /// Opens the edition in `folder` (`…/editions/000012`) after every byte of it was compared with its manifest: a second or two
    /// for the largest city, by all cores.
    ///
    /// # Errors
    /// Broken, with the file that is not what was written: such an edition never answers.
    pub fn open(folder: &Path) -> Result<Edition, EditionError> {
        let manifest = Manifest::read(folder)?;
        manifest.check(folder)?;
        Edition::open_checked(folder, manifest)
    }

    /// The same edition with nothing in its caches, for measuring: it has passed its check.
    ///
    /// # Errors
    /// As [`Edition::open`], where a file has gone since.
    pub fn reopened(&self) -> Result<Edition, EditionError> {
        Edition::open_checked(&self.folder, self.manifest.clone())
    }

    /// Opens an edition that has passed [`Manifest::check`]. Takes milliseconds whatever its size: nothing is read yet.
    pub(super) fn open_checked(folder: &Path, manifest: Manifest) -> Result<Edition, EditionError> {
        let table = |name: &str| {
            let file = manifest.files.iter().find(|f| f.name == name).ok_or_else(|| EditionError::Broken {
                path: folder.join(name),
                reason: "the manifest does not list it".to_owned(),
            })?;
            open_table(folder, name, file.bytes)
        };
        let path = folder.join("labels.json");
        let labels: LabelFile = serde_json::from_slice(&std::fs::read(&path).map_err(EditionError::io(&path))?)?;
        let facets = table("facets.arrow")?;
        let names = table("names.arrow")?;
        let lookups = table("lookups.arrow")?;
        let columns = Columns::new(
            &table("enterprises.arrow")?,
            &table("details.arrow")?,
            &table("members.arrow")?,
            &table("unions.arrow")?,
        )
        .map_err(|reason| EditionError::Broken { path: folder.to_path_buf(), reason })?;
        let has = |name: &str| manifest.files.iter().any(|f| f.name == name);
        let relations = match has(super::files::ties::RELATIONS) {
            true => Some(super::files::ties::Relations::open(&table(super::files::ties::RELATIONS)?)?),
            false => None,
        };
        let cubes = match has(super::files::cubes::CUBES) {
            true => Some(super::files::cubes::Cubes::open(table(super::files::cubes::CUBES)?)?),
            false => None,
        };
        let mut all = RoaringBitmap::new();
        all.insert_range(0..manifest.enterprises);
        let numbered = labels.labels.areas.iter().enumerate().filter_map(|(i, a)| Some((a.code.parse().ok()?, i)));
        Ok(Edition {
            area_numbers: numbered.collect(),
            area_names: labels.labels.areas.iter().enumerate().map(|(i, a)| (a.code.clone(), i)).collect(),
            industry_names: labels.labels.industries.iter().enumerate().map(|(i, a)| ((a.edition, a.code.clone()), i)).collect(),
            labels: labels.labels,
            dim_values: labels.dims,
            columns,
            dims: table("dims.arrow")?,
            people: table("people.arrow")?,
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
            texts: Cache::new(REMEMBERED_TEXTS),
            folder: folder.to_path_buf(),
            manifest,
        })
    }

    /// Its number, from 1.
    pub fn number(&self) -> u32 {
        self.manifest.number
    }

    /// How many enterprises it has; rows are below this.
    pub fn len(&self) -> u32 {
        self.manifest.enterprises
    }

    /// Whether it has no enterprise.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row.
    pub fn all(&self) -> Arc<RoaringBitmap> {
        self.all.clone()
    }

    /// The rows with `value` in `facet`; None where no row has it.
    pub fn facet(&self, facet: &str, value: &str) -> Option<Arc<RoaringBitmap>> {
        let position = self.facet_position(facet, value).ok()?;
        let bitmap = self.facet_bitmaps[position].get_or_init(|| Arc::new(bitmap(self.facet_bytes.value(position))));
        Some(bitmap.clone())
    }

    /// The values of a facet that at least one row has.
    pub fn facet_values(&self, facet: &str) -> impl Iterator<Item = &str> {
        let start = self.facet_position(facet, "").unwrap_or_else(|p| p);
        (start..self.facet.len()).take_while(move |i| self.facet.value(*i) == facet).map(|i| self.value.value(i))
    }

    fn facet_position(&self, facet: &str, value: &str) -> Result<usize, usize> {
        search_by(self.facet.len(), |i| (self.facet.value(i), self.value.value(i)).cmp(&(facet, value)))
    }

    pub(super) fn piece(&self, piece: u64) -> Option<RoaringBitmap> {
        let position = self.piece.values().binary_search(&piece).ok()?;
        Some(bitmap(self.piece_bytes.value(position)))
    }

    /// The union of all pieces from `low` to `high`, both included.
    pub(super) fn pieces(&self, low: u64, high: u64) -> RoaringBitmap {
        let start = self.piece.values().partition_point(|p| *p < low);
        let end = self.piece.values().partition_point(|p| *p <= high);
        (start..end).fold(RoaringBitmap::new(), |all, i| all | bitmap(self.piece_bytes.value(i)))
    }

    /// The rows a key names: none, one, or several (a branch under its parent's code).
    pub fn rows(&self, key: &LookupKey) -> Vec<Row> {
        let hash = match key {
            LookupKey::Id(id) => lookup_hash("id", &[id]),
            LookupKey::CreditCode(code) => lookup_hash("credit_code", &[&clean_identifier(code)]),
            LookupKey::Identifier(kind, value) => lookup_hash(kind.name(), &[&clean_identifier(value)]),
            LookupKey::Record { registry, key } => lookup_hash("record", &[registry, key]),
            LookupKey::Name(name) => lookup_hash("name", &[&super::files::names::fold(name).into_iter().collect::<String>()]),
        };
        self.hashed(hash).collect()
    }

    /// The row of an enterprise's id; None where this edition has no such enterprise.
    pub fn row_of_id(&self, id: &str) -> Option<Row> {
        self.hashed(lookup_hash("id", &[id])).next()
    }

    /// Position of a union in `unions.arrow`.
    pub fn union_of_id(&self, id: &str) -> Option<u32> {
        self.hashed(lookup_hash("union", &[id])).next()
    }

    fn hashed(&self, hash: u64) -> impl Iterator<Item = u32> {
        let hashes = self.lookup_hashes.values();
        let start = first_at_least(hashes, hash);
        hashes[start..].iter().take_while(move |h| **h == hash).enumerate().map(move |(i, _)| self.lookup_rows.value(start + i))
    }

    /// What an area is called, by its code; None where the edition has no such area.
    pub fn area(&self, code: &str) -> Option<&super::AreaLabel> {
        self.area_names.get(code).map(|i| &self.labels.areas[*i])
    }

    /// The same by number, for rows, which keep their districts and towns so.
    pub fn area_of(&self, code: u32) -> Option<&super::AreaLabel> {
        self.area_numbers.get(&code).map(|i| &self.labels.areas[*i])
    }

    /// What an industry is called: by its own name where the edition has one, else by its division's; the code where neither
    /// is known. Groups and classes have no names of their own: nothing reads a registry's code table yet.
    pub fn industry_name<'a>(&'a self, code: &'a str, edition: u16, lang: Lang) -> &'a str {
        let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let own = [code, digits].into_iter().filter_map(|code| self.industry(code, edition)).find(|label| label.zh != label.code);
        let division = || self.industry(digits.get(..2)?, edition);
        own.or_else(division).map_or(code, |label| lang.pick(&label.zh, &label.en))
    }

    /// The label of an industry code in its edition of the classification; 0 stands for 2017.
    pub fn industry(&self, code: &str, edition: u16) -> Option<&super::IndustryLabel> {
        let edition = if edition == 0 { 2017 } else { edition };
        self.industry_names.get(&IndustryKey(edition, code)).map(|i| &self.labels.industries[*i])
    }
}

/// Looks `(u16, String)` up without making a `String`.
#[derive(Hash)]
struct IndustryKey<'a>(u16, &'a str);

impl hashbrown::Equivalent<(u16, String)> for IndustryKey<'_> {
    fn equivalent(&self, key: &(u16, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
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
