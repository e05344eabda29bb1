//! Who is at home in a unit of the federation, and in which building: found for a whole edition at a time, then only looked up.
//!
//! In: an edition, the federation as entered. Out: rows by unit, rows by building, conditions of filters. What it does not do: say where
//! somebody is at home, which `federation::home` does.

use std::sync::{Arc, Mutex};

use hashbrown::HashMap;
use rayon::prelude::*;
use roaring::RoaringBitmap;

use super::federation_state::Federation;
use crate::edition::{Edition, Filter, FoundRows, LookupKey, Row, RowFinder};
use crate::federation::home::{HomeFacts, HomeFinder, Homes, UnitCounts, add_up};
use crate::federation::pilot::PaidSums;
use crate::federation::place::PlaceKind;
use crate::federation::unit::UnitTree;
use crate::model::identifier::clean_identifier;
use crate::model::reference::areas::short_code;

/// Rows that are counted at a time.
const CHUNK: usize = 16_384;
/// Editions whose sums are kept: this year's and last year's, and one that is asked for by number.
const KEPT_SUMS: usize = 4;

/// Whom a text means: a credit code, or a name that one enterprise bears.
pub fn enterprise_meant(edition: &Edition, text: &str) -> Option<Row> {
    let only = |rows: Vec<Row>| match rows.as_slice() {
        [row] => Some(*row),
        _ => None,
    };
    let code = clean_identifier(text);
    only(edition.rows(&LookupKey::CreditCode(code.to_string()))).or_else(|| only(edition.rows(&LookupKey::Name(text.to_owned()))))
}

/// Rows by the unit that they are at home in: those of a unit and of all below it stand together.
#[derive(Debug, Default)]
pub struct HomeRows {
    rows: Vec<Row>,
    /// By place in the walk through the tree: where the unit's own rows begin; one more at the end.
    starts: Vec<u32>,
    /// Behind the greatest row.
    end: u32,
}

impl HomeRows {
    /// Sorts rows, which come in ascending order, by the unit that they are at home in.
    fn new(tree: &UnitTree, homes: &[(Row, u32)]) -> HomeRows {
        let mut starts = vec![0_u32; tree.units.len() + 1];
        let place = |unit: u32| tree.span(unit).start as usize;
        homes.iter().for_each(|(_, unit)| starts[place(*unit) + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let (mut next, mut rows) = (starts.clone(), vec![0; homes.len()]);
        for (row, unit) in homes {
            let next = &mut next[place(*unit)];
            rows[*next as usize] = *row;
            *next += 1;
        }
        HomeRows { rows, starts, end: homes.last().map_or(0, |(row, _)| row + 1) }
    }

    /// At home in a unit or in one below it, in no order.
    fn within(&self, tree: &UnitTree, unit: u32) -> &[Row] {
        let span = tree.span(unit);
        &self.rows[self.starts[span.start as usize] as usize..self.starts[span.end as usize] as usize]
    }

    /// The same as a bitmap.
    fn bitmap(&self, tree: &UnitTree, unit: u32) -> RoaringBitmap {
        let rows = self.within(tree, unit);
        // A few are sorted; of many it is quicker to mark each in its place.
        if rows.len() < self.end as usize / 64 {
            let mut rows = rows.to_vec();
            rows.sort_unstable();
            return RoaringBitmap::from_sorted_iter(rows).expect("each row has one home");
        }
        let mut bits = vec![0_u8; (self.end as usize).div_ceil(8)];
        rows.iter().for_each(|row| bits[*row as usize / 8] |= 1 << (row % 8));
        RoaringBitmap::from_lsb0_bytes(0, &bits)
    }
}

/// The federation, ready to say who is at home in which of its units in any edition: for filters that name units.
#[derive(Clone)]
pub struct HomesOfUnits {
    /// As it stands.
    pub federation: Arc<Federation>,
    pub(super) cache: Arc<FederationCache>,
}

impl HomesOfUnits {
    /// At home in one of these units or in one below, by position in the tree.
    pub fn filter(&self, units: &[u32]) -> Filter {
        let tree = &self.federation.tree;
        if units.iter().any(|unit| Some(*unit) == tree.root()) {
            return Filter::All;
        }
        let mut codes: Vec<&str> = units.iter().map(|unit| &*tree.units[*unit as usize].code).collect();
        codes.sort_unstable();
        codes.dedup();
        let asked = format!("unit {}", codes.join(" "));
        Filter::Found(FoundRows::new(asked, Arc::new(UnitRows { homes: self.clone(), units: units.to_vec() })))
    }

    /// Rows at home in one of these units or in one below.
    pub fn rows(&self, edition: &Edition, units: &[u32]) -> RoaringBitmap {
        let tree = &self.federation.tree;
        let sums = self.cache.sums(edition, &self.federation);
        let mut rows = RoaringBitmap::new();
        for unit in units {
            rows |= if tree.is_industrial(*unit) { &sums.by_industry } else { &sums.by_area }.bitmap(tree, *unit);
        }
        rows
    }
}

struct UnitRows {
    homes: HomesOfUnits,
    units: Vec<u32>,
}

impl RowFinder for UnitRows {
    fn rows(&self, edition: &Edition) -> Arc<RoaringBitmap> {
        Arc::new(self.homes.rows(edition, &self.units))
    }
}

/// Who is in which building or park of an edition, by position among the federation's places.
#[derive(Debug, Default)]
pub struct PlaceRows {
    /// Rows whose address names the place; ascending.
    pub by_address: Vec<Vec<Row>>,
    /// Rows of the place's own list; ascending.
    pub listed: Vec<Vec<Row>>,
    /// What its own list says that nobody, or several, fit.
    pub unknown: Vec<Vec<String>>,
    at: HashMap<Box<str>, u32>,
    of_row: HashMap<Row, u32>,
}

impl PlaceRows {
    /// The position of a place by its code.
    pub fn at(&self, code: &str) -> Option<usize> {
        self.at.get(code).map(|at| *at as usize)
    }
    /// The building or park that somebody is in: by its own list, else the one with the longest name in the address.
    pub fn place_of(&self, row: Row) -> Option<usize> {
        self.of_row.get(&row).map(|at| *at as usize)
    }
}

/// The places whose names addresses bear, ready to be asked a million times.
struct PlaceNames<'p> {
    /// First two characters of a name → names and positions.
    names: HashMap<(char, char), Vec<(&'p str, u32)>>,
    /// By position: the divisions that it lies in, as districts and towns; None: anywhere.
    areas: Vec<Option<Vec<u32>>>,
}

impl<'p> PlaceNames<'p> {
    fn new(federation: &'p Federation) -> PlaceNames<'p> {
        let mut names: HashMap<(char, char), Vec<(&str, u32)>> = HashMap::new();
        let mut areas = Vec::with_capacity(federation.places.len());
        for (at, place) in federation.places.iter().map(|p| &p.what).enumerate() {
            let codes = place.areas.iter().map(|code| short_code(code));
            let is_whole = |code: &str| code.len() == 6 && code.ends_with("0000");
            let anywhere = place.areas.is_empty() || codes.clone().any(is_whole);
            areas.push((!anywhere).then(|| codes.filter_map(|code| code.parse().ok()).collect()));
            let mut chars = place.name.chars();
            if let (PlaceKind::OfficeBuilding | PlaceKind::BusinessPark, Some(first), Some(second)) =
                (place.kind, chars.next(), chars.next())
            {
                names.entry((first, second)).or_default().push((&place.name, at as u32));
            }
        }
        PlaceNames { names, areas }
    }

    /// The places whose names an address in a district and town bears, the longest name first.
    fn named(&self, address: &str, district: Option<u32>, town: Option<u32>) -> Vec<u32> {
        let mut found: Vec<(std::cmp::Reverse<usize>, u32)> = Vec::new();
        let mut before: Option<(usize, char)> = None;
        for (at, char) in address.char_indices() {
            if let Some((start, first)) = before
                && let Some(names) = self.names.get(&(first, char))
            {
                for (name, place) in names.iter().filter(|(name, _)| address[start..].starts_with(*name)) {
                    let lies = |area: &u32| Some(*area) == district || Some(*area) == town;
                    if self.areas[*place as usize].as_ref().is_none_or(|areas| areas.iter().any(lies)) {
                        found.push((std::cmp::Reverse(name.len()), *place));
                    }
                }
            }
            before = Some((at, char));
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|(_, place)| place).collect()
    }
}

/// Who is in which building and park, in one walk through the edition.
fn place_rows(edition: &Edition, federation: &Federation) -> PlaceRows {
    let count = federation.places.len();
    let mut found = PlaceRows {
        by_address: vec![Vec::new(); count],
        listed: vec![Vec::new(); count],
        unknown: vec![Vec::new(); count],
        ..PlaceRows::default()
    };
    found.at = federation.places.iter().enumerate().map(|(at, place)| (place.what.code.clone(), at as u32)).collect();
    let names = PlaceNames::new(federation);
    if !names.names.is_empty() {
        let rows: Vec<Row> = edition.all().iter().collect();
        let of_chunk = |rows: &[Row]| -> Vec<(Row, Vec<u32>)> {
            let of_row = |row: &Row| {
                let e = edition.enterprise(*row);
                let places = names.named(e.address()?, e.district(), e.town());
                (!places.is_empty()).then_some((*row, places))
            };
            rows.iter().filter_map(of_row).collect()
        };
        for (row, places) in rows.par_chunks(CHUNK).map(of_chunk).collect::<Vec<_>>().into_iter().flatten() {
            found.of_row.insert(row, places[0]);
            places.iter().for_each(|place| found.by_address[*place as usize].push(row));
        }
    }
    let mut by_list: HashMap<Row, u32> = HashMap::new();
    for listing in federation.listings.iter().map(|l| &l.what) {
        let Some(at) = found.at.get(&listing.place).copied() else { continue };
        match enterprise_meant(edition, &listing.enterprise) {
            Some(row) => {
                found.listed[at as usize].push(row);
                by_list.entry(row).or_insert(at);
            }
            None => found.unknown[at as usize].push(listing.enterprise.to_string()),
        }
    }
    // A building knows who is in it better than an address that was registered once.
    found.of_row.extend(by_list);
    for rows in &mut found.listed {
        rows.sort_unstable();
        rows.dedup();
    }
    found
}

/// What an edition counts in every unit, by position in the tree.
#[derive(Debug)]
pub struct UnitSums {
    /// Of enterprises at home in the unit itself.
    pub own: Vec<UnitCounts>,
    /// Of these and of all units below.
    pub sums: Vec<UnitCounts>,
    /// Everybody by their home in the area tree.
    by_area: HomeRows,
    /// By their home among the industries, those who have one.
    by_industry: HomeRows,
}

/// What is kept of a few editions, each with the mark of what it was worked out with; what was asked last stands last.
type OfEditions<T> = Mutex<Vec<((u32, u64), Arc<T>)>>;

/// What registries of payments say, with the edition, the units and the landing that it was worked out of.
type PaidKept = Option<((u32, u64, i64), Option<Arc<PaidSums>>)>;

/// What was read and counted last.
#[derive(Default)]
pub struct FederationCache {
    pub(super) read: Mutex<Option<Arc<Federation>>>,
    /// As of earlier moments: with the stamp that it was read at, and the moment.
    pub(super) past: Mutex<Vec<(i64, i64, Arc<Federation>)>>,
    pub(super) paid: tokio::sync::Mutex<PaidKept>,
    counted: OfEditions<UnitSums>,
    housed: OfEditions<PlaceRows>,
}

/// What was worked out of an edition and of what bears this mark, or what `work` gives.
fn kept<T>(kept: &OfEditions<T>, edition: &Edition, mark: u64, work: impl FnOnce() -> T) -> Arc<T> {
    let key = (edition.number(), mark);
    let known = |kept: &mut Vec<((u32, u64), Arc<T>)>| {
        let at = kept.iter().position(|(k, _)| *k == key)?;
        let found = kept.remove(at);
        kept.push(found);
        kept.last().map(|(_, of)| of.clone())
    };
    if let Some(known) = known(&mut kept.lock().expect("no panic while holding sums")) {
        return known;
    }
    let worked = Arc::new(work());
    let mut kept = kept.lock().expect("no panic while holding sums");
    kept.retain(|(k, _)| *k != key);
    if kept.len() >= KEPT_SUMS {
        kept.remove(0);
    }
    kept.push((key, worked.clone()));
    worked
}

impl FederationCache {
    /// What an edition counts in every unit; counted once per edition and tree, whatever else is entered.
    pub(super) fn sums(&self, edition: &Edition, federation: &Federation) -> Arc<UnitSums> {
        kept(&self.counted, edition, federation.tree_mark, || count(edition, &federation.tree))
    }
    /// Who is in which building and park of an edition; found once per edition and state of the places.
    pub(super) fn places(&self, edition: &Edition, federation: &Federation) -> Arc<PlaceRows> {
        kept(&self.housed, edition, federation.places_mark, || place_rows(edition, federation))
    }
}

/// The homes of an enterprise of an edition.
pub fn homes_of(finder: &HomeFinder<'_>, edition: &Edition, row: Row) -> Homes {
    let e = edition.enterprise(row);
    // Divisions of 2011 have other numbers from 79 on, and sections of 2002 other letters.
    let year = e.industry_edition();
    let industry = if matches!(year, 0 | 2017) { e.industry().unwrap_or_default() } else { "" };
    finder.homes(&HomeFacts {
        town: e.town(),
        district: e.district(),
        federation: e.federation(),
        address: e.address().unwrap_or_default(),
        section: if year == 2002 { "" } else { e.section().unwrap_or_default() },
        industry: industry.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    })
}

fn count(edition: &Edition, tree: &UnitTree) -> UnitSums {
    let mut own = vec![UnitCounts::default(); tree.units.len()];
    let (mut by_area, mut by_industry) = (Vec::new(), Vec::new());
    if let Some(finder) = HomeFinder::new(tree) {
        let rows: Vec<Row> = edition.all().iter().collect();
        let count_chunk = |rows: &[Row]| {
            let mut found: HashMap<u32, UnitCounts> = HashMap::new();
            let mut of_rows = Vec::with_capacity(rows.len());
            for row in rows {
                let (e, homes) = (edition.enterprise(*row), homes_of(&finder, edition, *row));
                let (members, employees) = e.counted_people();
                for home in std::iter::once(homes.area).chain(homes.industry) {
                    found.entry(home).or_default().count(e.gap(), e.union(), members, employees);
                }
                of_rows.push((*row, homes));
            }
            (found, of_rows)
        };
        let chunks: Vec<_> = rows.par_chunks(CHUNK).map(count_chunk).collect();
        by_area.reserve(rows.len());
        for (found, of_rows) in &chunks {
            found.iter().for_each(|(at, counts)| own[*at as usize].add(counts));
            by_area.extend(of_rows.iter().map(|(row, homes)| (*row, homes.area)));
            by_industry.extend(of_rows.iter().filter_map(|(row, homes)| Some((*row, homes.industry?))));
        }
    }
    let sums = add_up(tree, &own);
    UnitSums { own, sums, by_area: HomeRows::new(tree, &by_area), by_industry: HomeRows::new(tree, &by_industry) }
}
