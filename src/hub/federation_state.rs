//! The federation as it was read last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;

use crate::access::Caller;
use crate::federation::appraisal::{AppraisalObjection, AppraisalRules, UnitReward, UnitWork};
use crate::federation::dispatch::DispatchAgreement;
use crate::federation::entry::FederationNoun;
use crate::federation::figure::StatedFigure;
use crate::federation::key_point::KeyPoint;
use crate::federation::pace::{SetupPace, paces};
use crate::federation::pilot::{Collection, PilotArea};
use crate::federation::place::{PlaceKind, PlaceListing, UnionPlace};
use crate::federation::post::{PostKind, Staffing, UnitPosts};
use crate::federation::service::ServicesGiven;
use crate::federation::unit::{TreeLevel, UnitTree};

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
    /// Changes with the units alone, and is another one for every state that they were in.
    pub tree_mark: u64,
    /// The same of places and of buildings' own lists.
    pub places_mark: u64,
    pub tree: UnitTree,
    pub figures: Vec<Entered<StatedFigure>>,
    pub posts: Vec<Entered<UnitPosts>>,
    pub places: Vec<Entered<UnionPlace>>,
    pub listings: Vec<Entered<PlaceListing>>,
    pub services: Vec<Entered<ServicesGiven>>,
    pub agreements: Vec<Entered<DispatchAgreement>>,
    pub collections: Vec<Entered<Collection>>,
    pub pilots: Vec<Entered<PilotArea>>,
    pub work: Vec<Entered<UnitWork>>,
    pub objections: Vec<Entered<AppraisalObjection>>,
    pub rewards: Vec<Entered<UnitReward>>,
    pub rules: Vec<Entered<AppraisalRules>>,
    pub key_points: Vec<Entered<KeyPoint>>,
    /// When each unit was entered last and by whom, by position in the tree.
    pub entered: Vec<(i64, Option<String>)>,
    pub(in crate::hub) paces: Mutex<Vec<PacesOfDay>>,
}

/// How far setting up was on a day, of some levels, by position in the tree.
pub(in crate::hub) type PacesOfDay = (NaiveDate, Vec<TreeLevel>, Arc<Vec<SetupPace>>);
/// Of so many days and levels.
const KEPT_PACES: usize = 8;

impl Federation {
    /// How far setting up the units below each unit was on a day, of these levels or of all; worked out once.
    pub fn paces(&self, levels: &[TreeLevel], on: NaiveDate) -> Arc<Vec<SetupPace>> {
        let mut kept = self.paces.lock().expect("no panic while holding paces");
        if let Some((.., known)) = kept.iter().find(|(day, of, _)| *day == on && of == levels) {
            return known.clone();
        }
        let worked = Arc::new(paces(&self.tree, levels, on));
        if kept.len() >= KEPT_PACES {
            kept.remove(0);
        }
        kept.push((on, levels.to_vec(), worked.clone()));
        worked
    }
    /// Takes out what was read last of a noun that is of a unit.
    pub(super) fn drop_last(&mut self, noun: Option<FederationNoun>) {
        use FederationNoun as Noun;
        match noun {
            Some(Noun::Post) => drop(self.posts.pop()),
            Some(Noun::Place) => drop(self.places.pop()),
            Some(Noun::Service) => drop(self.services.pop()),
            Some(Noun::Dispatch) => drop(self.agreements.pop()),
            Some(Noun::Collection) => drop(self.collections.pop()),
            Some(Noun::Pilot) => drop(self.pilots.pop()),
            Some(Noun::Work) => drop(self.work.pop()),
            Some(Noun::Objection) => drop(self.objections.pop()),
            Some(Noun::Reward) => drop(self.rewards.pop()),
            Some(Noun::KeyPoint) => drop(self.key_points.pop()),
            Some(Noun::Unit | Noun::Figure | Noun::Listing | Noun::Appraisal) | None => {}
        }
    }
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
    /// Whether a unit is one of the caller's: its divisions lie in their areas, or they are bound to it or to one above it. Industrial
    /// unions cut across areas, and are told to callers of the whole city.
    pub fn is_seen_by(&self, caller: &Caller, at: u32) -> bool {
        let (mine, tree) = (&caller.areas, &self.tree);
        if mine.is_empty() {
            return true;
        }
        if tree.is_industrial(at) {
            return false;
        }
        let areas = tree.areas_of(at);
        let inside = |area: &str| {
            mine.iter().any(|own| area == own || (own.len() >= 6 && !own.ends_with("0000") && area.starts_with(own.as_str())))
        };
        let bound = || tree.upwards(at).any(|up| mine.iter().any(|own| **own == *tree.units[up as usize].code));
        (!areas.is_empty() && areas.iter().all(|area| inside(area))) || bound()
    }
    /// A unit that the caller may see, by its code, with `unit:` before it or not.
    pub fn unit_seen_by(&self, caller: &Caller, code: &str) -> Option<u32> {
        let at = self.tree.at(code.strip_prefix("unit:").unwrap_or(code).trim())?;
        self.is_seen_by(caller, at).then_some(at)
    }
    /// A building or park that lies in more than one district, or in another one than the unit that keeps it: whose its enterprises are has
    /// to be said by a person.
    pub fn is_in_two_districts(&self, place: &UnionPlace) -> bool {
        let is_house = matches!(place.kind, PlaceKind::OfficeBuilding | PlaceKind::BusinessPark);
        let of_unit = self.tree.at(&place.unit).map(|at| self.tree.areas_of(at)).unwrap_or_default();
        let is_whole_city = |code: &str| code.ends_with("0000");
        let is_units =
            |area: &str| is_whole_city(area) || of_unit.iter().any(|code| is_whole_city(code) || code.get(..6) == area.get(..6));
        place.is_in_two_districts() || (is_house && !of_unit.is_empty() && place.areas.iter().any(|area| !is_units(area)))
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
