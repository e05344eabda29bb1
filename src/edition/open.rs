//! An opened edition: its parts, what of each still stands, and rows found by identifier.
//!
//! An edition is one part, or a base and what changed since: a row of an older part that a newer one replaces, or that is no more,
//! is dead. Rows are numbered through all parts, part after part; within a part by falling priority. `order` says which of two rows
//! of any parts comes first, `in_order` goes through rows so.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_cache::sync::Cache;
use roaring::RoaringBitmap;

use super::error::EditionError;
use super::files::lookups::{LookupKey, lookup_hash};
use super::files::replaced::{REPLACED, Replaced};
use super::format::row::Row;
use super::part::Part;
use super::{CountingRules, Labels, Manifest};
use crate::model::identifier::clean_identifier;
use crate::model::message::Lang;

/// Texts whose rows are remembered per edition.
const REMEMBERED_TEXTS: usize = 64;
/// Facets whose rows are remembered per edition of several parts.
const REMEMBERED_FACETS: usize = 256;

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
    pub labels: Arc<Labels>,
    /// The oldest first; at least one.
    pub(super) parts: Vec<Standing>,
    pub(super) counting: CountingRules,
    area_names: HashMap<String, usize>,
    /// Areas whose codes are plain numbers.
    area_numbers: hashbrown::HashMap<u32, usize>,
    industry_names: hashbrown::HashMap<(u16, String), usize>,
    all: Arc<RoaringBitmap>,
    facets: Cache<(String, String), Option<Arc<RoaringBitmap>>>,
    pub(super) texts: Cache<String, Arc<RoaringBitmap>>,
}

/// A part, and what of it stands in this edition.
pub(super) struct Standing {
    pub part: Arc<Part>,
    /// The edition's number of its first row.
    pub start: Row,
    /// The edition's number of its first union.
    pub first_union: u32,
    /// Its own rows that are replaced or no more.
    pub dead: RoaringBitmap,
    pub dead_unions: RoaringBitmap,
    /// Ties that no enterprise states and that are replaced or no more, by position.
    pub dead_ties: RoaringBitmap,
}

impl Standing {
    /// Those of the edition's rows that are this part's, by its own numbers.
    pub fn own(&self, rows: &RoaringBitmap) -> RoaringBitmap {
        let end = self.start + self.part.len;
        if self.start == 0 {
            let mut rows = rows.clone();
            rows.remove_range(end..);
            return rows;
        }
        let mut own = rows.iter();
        own.advance_to(self.start);
        RoaringBitmap::from_sorted_iter(own.take_while(|row| *row < end).map(|row| row - self.start))
            .expect("a bitmap is visited in ascending order")
    }

    /// What stands of the part's own rows, by the edition's numbers.
    pub fn standing(&self, mut rows: RoaringBitmap) -> RoaringBitmap {
        rows -= &self.dead;
        if self.start == 0 {
            return rows;
        }
        RoaringBitmap::from_sorted_iter(rows.iter().map(|row| row + self.start)).expect("a bitmap is visited in ascending order")
    }
}

impl std::fmt::Debug for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Edition({})", self.manifest.number)
    }
}

/// Parts that are open already, by the digest of their files.
pub(super) type OpenParts = HashMap<String, std::sync::Weak<Part>>;

impl Edition {
    /// Opens the edition in `folder` (`…/editions/000012`) after every byte of it was compared with its manifest: a second or two
    /// for the largest city, by all cores.
    ///
    /// # Errors
    /// Broken, with the file that is not what was written: such an edition never answers.
    pub fn open(folder: &Path) -> Result<Edition, EditionError> {
        let manifest = Manifest::read(folder)?;
        manifest.check(folder)?;
        Edition::open_checked(folder, manifest, &mut OpenParts::new())
    }

    /// Gives the memory of its files back to the system, which brings again what is looked at: for whoever has gone through much of it
    /// and goes on to something else. Whoever reads meanwhile reads the same.
    pub fn give_back_memory(&self) {
        self.parts.iter().for_each(|standing| standing.part.give_back_memory());
    }

    /// The same edition with nothing in its caches, for measuring: it has passed its check.
    ///
    /// # Errors
    /// As [`Edition::open`], where a file has gone since.
    pub fn reopened(&self) -> Result<Edition, EditionError> {
        Edition::open_checked(&self.folder, self.manifest.clone(), &mut OpenParts::new())
    }

    /// Opens an edition that has passed [`Manifest::check`]; a part that is open already is shared. Takes milliseconds whatever its
    /// size: nothing is read yet.
    pub(super) fn open_checked(folder: &Path, manifest: Manifest, open: &mut OpenParts) -> Result<Edition, EditionError> {
        let mut replaced = match manifest.files.iter().find(|f| f.name == REPLACED) {
            Some(file) => Replaced::read(folder, file.bytes, manifest.parts.len())?,
            None => vec![Replaced::default()],
        };
        let (mut parts, mut start, mut first_union) = (Vec::new(), 0, 0);
        for (at, (within, files)) in manifest.files_of_parts().into_iter().enumerate() {
            let key = super::format::manifest::data_digest(&files);
            let part = match open.get(&key).and_then(std::sync::Weak::upgrade) {
                Some(part) => part,
                None => {
                    let part = Arc::new(Part::open(&folder.join(within), &files, folder.parent().unwrap_or(folder))?);
                    open.retain(|_, part| part.strong_count() > 0);
                    open.insert(key, Arc::downgrade(&part));
                    part
                }
            };
            let Replaced { rows, unions, ties } = std::mem::take(&mut replaced[at]);
            let next = (start + part.len, first_union + part.unions);
            parts.push(Standing { part, start, first_union, dead: rows, dead_unions: unions, dead_ties: ties });
            (start, first_union) = next;
        }
        let newest = &parts.last().expect("an edition has a part").part;
        let (labels, counting) = (newest.labels.clone(), newest.counting.clone());
        let mut all = RoaringBitmap::new();
        parts.iter().for_each(|p| all |= p.standing((*p.part.all).clone()));
        let numbered = labels.areas.iter().enumerate().filter_map(|(i, a)| Some((a.code.parse().ok()?, i)));
        Ok(Edition {
            area_numbers: numbered.collect(),
            area_names: labels.areas.iter().enumerate().map(|(i, a)| (a.code.clone(), i)).collect(),
            industry_names: labels.industries.iter().enumerate().map(|(i, a)| ((a.edition, a.code.clone()), i)).collect(),
            labels,
            parts,
            counting,
            all: Arc::new(all),
            facets: Cache::new(REMEMBERED_FACETS),
            texts: Cache::new(REMEMBERED_TEXTS),
            folder: folder.to_path_buf(),
            manifest,
        })
    }

    /// Its number, from 1.
    pub fn number(&self) -> u32 {
        self.manifest.number
    }

    /// How many enterprises it has. Their rows are `all`, which are the numbers below this only where nothing was replaced.
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

    /// The part that all rows stand in, where there is only one.
    pub(super) fn only(&self) -> Option<&Part> {
        match self.parts.as_slice() {
            [one] => Some(&one.part),
            _ => None,
        }
    }

    /// The part of a row, and its number there.
    pub(super) fn place(&self, row: Row) -> (&Standing, usize) {
        let of = match self.parts.as_slice() {
            [one] => one,
            parts => &parts[parts.partition_point(|p| p.start <= row) - 1],
        };
        (of, (row - of.start) as usize)
    }

    /// The part of a union, and its position there.
    pub(super) fn place_of_union(&self, at: u32) -> (&Standing, usize) {
        let of = match self.parts.as_slice() {
            [one] => one,
            parts => &parts[parts.partition_point(|p| p.first_union <= at) - 1],
        };
        (of, (at - of.first_union) as usize)
    }

    /// What every part finds, as far as it stands. `find` answers by the part's own rows.
    pub(super) fn of_parts(&self, find: impl Fn(&Part) -> Option<Arc<RoaringBitmap>>) -> Option<Arc<RoaringBitmap>> {
        if let Some(part) = self.only() {
            return find(part);
        }
        let mut found = RoaringBitmap::new();
        for standing in &self.parts {
            if let Some(rows) = find(&standing.part) {
                found |= standing.standing((*rows).clone());
            }
        }
        (!found.is_empty()).then(|| Arc::new(found))
    }

    /// Whether it tells all that a later edition needs which says only what changed: editions of earlier programs do not.
    pub fn tells_all(&self) -> bool {
        let hashed = |p: &Standing| p.part.hashes.is_some() && p.part.columns.unions.hash.is_some();
        self.parts.iter().all(hashed) && self.ties_tell_codes()
    }

    /// Which of two rows comes first: by falling priority, equal ones by id.
    pub fn order(&self, a: Row, b: Row) -> Ordering {
        if let [_] = self.parts.as_slice() {
            return a.cmp(&b);
        }
        let ((left, i), (right, j)) = (self.place(a), self.place(b));
        if left.start == right.start {
            return a.cmp(&b);
        }
        let (left, right) = (&left.part.columns, &right.part.columns);
        let score = right.priority.value(j).total_cmp(&left.priority.value(i));
        score.then_with(|| left.id.value(i).cmp(right.id.value(j)))
    }

    /// Whether rows are numbered by falling priority throughout, so that any bitmap of them is in order.
    pub fn is_in_order(&self) -> bool {
        self.only().is_some()
    }

    /// Goes through rows by falling priority.
    pub fn in_order<'a>(&'a self, rows: &'a RoaringBitmap) -> InOrder<'a> {
        InOrder::new(self, rows)
    }

    /// The rows with `value` in `facet`; None where no row has it.
    pub fn facet(&self, facet: &str, value: &str) -> Option<Arc<RoaringBitmap>> {
        if let Some(part) = self.only() {
            return part.facet(facet, value);
        }
        let key = (facet.to_owned(), value.to_owned());
        if let Some(known) = self.facets.get(&key) {
            return known;
        }
        let found = self.of_parts(|part| part.facet(facet, value));
        self.facets.insert(key, found.clone());
        found
    }

    /// The values of a facet that at least one row has, in order.
    pub fn facet_values(&self, facet: &str) -> impl Iterator<Item = &str> {
        let mut values: Vec<&str> = self.parts.iter().flat_map(|p| p.part.facet_values(facet)).collect();
        if self.parts.len() > 1 {
            values.sort_unstable();
            values.dedup();
            values.retain(|value| self.facet(facet, value).is_some());
        }
        values.into_iter()
    }

    pub(super) fn piece(&self, piece: u64) -> Option<RoaringBitmap> {
        if let Some(part) = self.only() {
            return part.piece(piece);
        }
        self.of_parts(|part| part.piece(piece).map(Arc::new)).map(Arc::unwrap_or_clone)
    }

    /// The union of all pieces from `low` to `high`, both included.
    pub(super) fn pieces(&self, low: u64, high: u64) -> RoaringBitmap {
        if let Some(part) = self.only() {
            return part.pieces(low, high);
        }
        self.of_parts(|part| Some(Arc::new(part.pieces(low, high)))).map(Arc::unwrap_or_clone).unwrap_or_default()
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
        if let Some(part) = self.only() {
            return part.hashed(hash).collect();
        }
        let mut rows: Vec<Row> = self.parts.iter().flat_map(|p| standing_rows(p, hash)).collect();
        rows.sort_unstable_by(|a, b| self.order(*a, *b));
        rows
    }

    /// The row of an enterprise's id; None where this edition has no such enterprise.
    pub fn row_of_id(&self, id: &str) -> Option<Row> {
        let hash = lookup_hash("id", &[id]);
        match self.only() {
            Some(part) => part.hashed(hash).next(),
            // The newest first: what changed is there.
            None => self.parts.iter().rev().find_map(|p| standing_rows(p, hash).next()),
        }
    }

    /// The row that an enterprise of this edition or of an earlier state of it stands in now: another where it was replaced, None
    /// where it is no more.
    pub(super) fn current(&self, row: Row) -> Option<Row> {
        let (standing, at) = self.place(row);
        match standing.dead.contains(at as u32) {
            false => Some(row),
            true => self.row_of_id(standing.part.columns.id.value(at)),
        }
    }

    /// The number of a union, for `union_at`.
    pub fn union_of_id(&self, id: &str) -> Option<u32> {
        let hash = lookup_hash("union", &[id]);
        let of = |p: &Standing| p.part.hashed(hash).find(|at| !p.dead_unions.contains(*at)).map(|at| at + p.first_union);
        self.parts.iter().rev().find_map(of)
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

/// The edition's numbers of the rows of a part under a hash that stand.
fn standing_rows(standing: &Standing, hash: u64) -> impl Iterator<Item = Row> {
    standing.part.hashed(hash).filter(|row| !standing.dead.contains(*row)).map(|row| row + standing.start)
}

/// Looks `(u16, String)` up without making a `String`.
#[derive(Hash)]
struct IndustryKey<'a>(u16, &'a str);

impl hashbrown::Equivalent<(u16, String)> for IndustryKey<'_> {
    fn equivalent(&self, key: &(u16, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// Rows by falling priority.
pub struct InOrder<'a> {
    edition: &'a Edition,
    /// What is left of each part: its next row, the rest, and where it ends.
    left: Vec<(Option<Row>, roaring::bitmap::Iter<'a>, Row)>,
}

impl<'a> InOrder<'a> {
    fn new(edition: &'a Edition, rows: &'a RoaringBitmap) -> InOrder<'a> {
        let of = |p: &Standing| {
            let mut rows = rows.iter();
            rows.advance_to(p.start);
            let mut left = (None, rows, p.start + p.part.len);
            step(&mut left);
            left
        };
        InOrder { edition, left: edition.parts.iter().map(of).collect() }
    }

    /// Leaves out everything up to a row, itself included.
    pub fn after(mut self, row: Row) -> InOrder<'a> {
        for (standing, left) in self.edition.parts.iter().zip(&mut self.left) {
            let (Some(next), rows, _) = left else { continue };
            // The first of the part's rows that comes after it.
            let (mut low, mut high) = (standing.start, standing.start + standing.part.len);
            while low < high {
                let middle = low.midpoint(high);
                match self.edition.order(middle, row) {
                    Ordering::Greater => high = middle,
                    _ => low = middle + 1,
                }
            }
            if *next < low {
                rows.advance_to(low);
                step(left);
            }
        }
        self
    }
}

fn step(left: &mut (Option<Row>, roaring::bitmap::Iter<'_>, Row)) {
    left.0 = left.1.next().filter(|row| *row < left.2);
}

impl Iterator for InOrder<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let mut first: Option<(usize, Row)> = None;
        for (at, (next, ..)) in self.left.iter().enumerate() {
            if let Some(row) = next
                && first.is_none_or(|(_, other)| self.edition.order(*row, other).is_lt())
            {
                first = Some((at, *row));
            }
        }
        let (at, row) = first?;
        step(&mut self.left[at]);
        Some(row)
    }
}
