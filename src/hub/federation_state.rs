//! The federation as it was read last, and what editions count in its units.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use hashbrown::HashMap;
use rayon::prelude::*;

use crate::edition::{Edition, Row};
use crate::federation::appraisal::{AppraisalObjection, AppraisalRules, UnitReward, UnitWork};
use crate::federation::dispatch::DispatchAgreement;
use crate::federation::figure::StatedFigure;
use crate::federation::home::{HomeFacts, HomeFinder, Homes, UnitCounts, add_up};
use crate::federation::pilot::Collection;
use crate::federation::place::{PlaceListing, UnionPlace};
use crate::federation::post::{PostKind, Staffing, UnitPosts};
use crate::federation::service::ServicesGiven;
use crate::federation::unit::UnitTree;

/// Rows that are counted at a time.
const CHUNK: usize = 16_384;

/// Something entered, when and by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Entered<T> {
    pub what: T,
    /// Milliseconds since 1970.
    pub at: i64,
    pub by: Option<String>,
}

/// Everything entered that stands.
#[derive(Debug, Default)]
pub struct Federation {
    /// Changes with everything that is entered.
    pub stamp: i64,
    pub tree: UnitTree,
    pub figures: Vec<Entered<StatedFigure>>,
    pub posts: Vec<Entered<UnitPosts>>,
    pub places: Vec<Entered<UnionPlace>>,
    pub listings: Vec<Entered<PlaceListing>>,
    pub services: Vec<Entered<ServicesGiven>>,
    pub agreements: Vec<Entered<DispatchAgreement>>,
    pub collections: Vec<Entered<Collection>>,
    pub work: Vec<Entered<UnitWork>>,
    pub objections: Vec<Entered<AppraisalObjection>>,
    pub rewards: Vec<Entered<UnitReward>>,
    pub rules: Vec<Entered<AppraisalRules>>,
    /// When each unit was entered last and by whom, by position in the tree.
    pub entered: Vec<(i64, Option<String>)>,
}

impl Federation {
    /// Posts as of a day: of each unit and kind what was said last by then.
    pub fn posts_on(&self, on: NaiveDate) -> Vec<&Entered<UnitPosts>> {
        let mut latest: BTreeMap<(&str, PostKind), &Entered<UnitPosts>> = BTreeMap::new();
        for posts in self.posts.iter().filter(|p| p.what.as_of <= on) {
            let place = latest.entry((&posts.what.unit, posts.what.kind)).or_insert(posts);
            if place.what.as_of < posts.what.as_of {
                *place = posts;
            }
        }
        latest.into_values().collect()
    }
    /// Posts of every unit and of those below it on a day, by position in the tree.
    pub fn staffing(&self, on: NaiveDate) -> Vec<Staffing> {
        let mut staff = vec![Staffing::default(); self.tree.units.len()];
        for posts in self.posts_on(on) {
            let Some(at) = self.tree.at(&posts.what.unit) else { continue };
            self.tree.upwards(at).for_each(|up| staff[up as usize].add(&posts.what));
        }
        staff
    }
    /// Whether a thing of the unit of this code belongs to a unit or to one below it.
    pub fn is_of(&self, code: &str, unit: u32) -> bool {
        self.tree.at(code).is_some_and(|at| self.tree.is_within(at, unit))
    }
    /// The rules of a year.
    pub fn rules_of(&self, year: i32) -> Option<&AppraisalRules> {
        self.rules.iter().map(|rules| &rules.what).find(|rules| rules.year == year)
    }
    /// The latest of each figure that holds of this day or an earlier one, by id.
    pub fn figures_on(&self, on: NaiveDate) -> Vec<&Entered<StatedFigure>> {
        let mut latest: BTreeMap<&str, &Entered<StatedFigure>> = BTreeMap::new();
        for figure in self.figures.iter().filter(|f| f.what.as_of <= on) {
            let place = latest.entry(&figure.what.id).or_insert(figure);
            if place.what.as_of < figure.what.as_of {
                *place = figure;
            }
        }
        latest.into_values().collect()
    }
}

/// What an edition counts in every unit, by position in the tree.
#[derive(Debug)]
pub struct UnitSums {
    /// Of enterprises at home in the unit itself.
    pub own: Vec<UnitCounts>,
    /// Of these and of all units below.
    pub sums: Vec<UnitCounts>,
}

/// What was read and counted last.
#[derive(Default)]
pub struct FederationCache {
    pub(super) read: Mutex<Option<Arc<Federation>>>,
    pub(super) counted: Mutex<Vec<((u32, i64), Arc<UnitSums>)>>,
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

pub(super) fn count(edition: &Edition, tree: &UnitTree) -> UnitSums {
    let mut own = vec![UnitCounts::default(); tree.units.len()];
    if let Some(finder) = HomeFinder::new(tree) {
        let rows: Vec<Row> = edition.all().iter().collect();
        let count_chunk = |rows: &[Row]| {
            let mut found: HashMap<u32, UnitCounts> = HashMap::new();
            for row in rows {
                let (e, homes) = (edition.enterprise(*row), homes_of(&finder, edition, *row));
                let (members, employees) = e.counted_people();
                for home in std::iter::once(homes.area).chain(homes.industry) {
                    found.entry(home).or_default().count(e.gap(), e.union(), members, employees);
                }
            }
            found
        };
        let chunks: Vec<HashMap<u32, UnitCounts>> = rows.par_chunks(CHUNK).map(count_chunk).collect();
        chunks.iter().flatten().for_each(|(at, counts)| own[*at as usize].add(counts));
    }
    let sums = add_up(tree, &own);
    UnitSums { own, sums }
}
