//! The federation as it stands: what people entered, read once per change; sums of an edition by unit, counted once per edition.
//!
//! In: sheets, the store, an edition. Out: nouns that hold together, or every fault with its line and nothing kept. What it does not
//! do: decide anything that `federation` decides.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};
use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::Xxh3Default;

use super::error::HubError;
use super::federation_homes::{HomesOfUnits, PlaceRows, UnitSums};
use super::federation_state::{Entered, Federation};
use super::open::Hub;
use crate::edition::{Edition, EditionAsOf};
use crate::federation::appraisal::{
    AppraisalObjection, AppraisalRules, UnitReward, UnitWork, read_objections, read_rewards, read_rules, read_work,
};
use crate::federation::dispatch::{DispatchAgreement, read_agreements};
use crate::federation::entry::FederationNoun;
use crate::federation::figure::{StatedFigure, read_figures};
use crate::federation::key_point::{KeyPoint, read_key_points};
use crate::federation::pilot::{Collection, PilotArea, read_collections, read_pilot_areas};
use crate::federation::place::{PlaceKind, PlaceListing, UnionPlace, read_listings, read_places};
use crate::federation::post::{UnitPosts, read_posts};
use crate::federation::service::{ServicesGiven, read_services};
use crate::federation::sheet::SheetFault;
use crate::federation::unit::{TreeUnit, UnitTree, read_units};
use crate::store::StoreError;
use crate::store::federation::EntryRow;

/// How often an import is checked anew because somebody entered something meanwhile.
const TRIES: usize = 5;

/// What holds of a whole sheet, and who brings it.
#[derive(Debug, Clone, Default)]
pub struct SheetOrigin {
    /// For lines that name no source.
    pub source: Option<String>,
    /// For lines that name no day.
    pub as_of: Option<NaiveDate>,
    pub by: Option<String>,
}

/// What became of a sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetReceipt {
    /// Lines that were kept, unchanged ones among them.
    pub kept: usize,
    /// Of these, what was there already, word for word.
    pub unchanged: usize,
    /// Lines that stay out, and why.
    pub left_out: Vec<SheetFault>,
    /// Lines that were kept and that a person has to look at, and why.
    pub flagged: Vec<SheetFault>,
    /// What is wrong: nothing was kept.
    pub faults: Vec<SheetFault>,
}

/// A sheet, read and checked by itself.
struct ReadSheet {
    /// Key and body, with the line.
    entries: Vec<(u64, String, String)>,
    left_out: Vec<SheetFault>,
}

fn body(what: &impl Serialize) -> String {
    serde_json::to_string(what).expect("nouns are plain data")
}

/// Reads a sheet by its noun.
fn read_sheet(noun: FederationNoun, text: &str, origin: &SheetOrigin) -> Result<ReadSheet, Vec<SheetFault>> {
    let source = origin.source.as_deref();
    let mut left_out = Vec::new();
    let entries = match noun {
        FederationNoun::Unit => keyed(read_units(text, source)?, |u: &TreeUnit| u.code.to_string()),
        FederationNoun::Figure => {
            let read = read_figures(text, source, origin.as_of)?;
            left_out = read.left_out;
            keyed(read.kept, |f: &StatedFigure| format!("{} {}", f.id, f.as_of))
        }
        FederationNoun::Post => keyed(read_posts(text, source)?, |p: &UnitPosts| format!("{} {} {}", p.unit, p.kind, p.as_of)),
        FederationNoun::Place => keyed(read_places(text, source)?, |p: &UnionPlace| p.code.to_string()),
        FederationNoun::Listing => {
            keyed(read_listings(text, source)?, |l: &PlaceListing| format!("{} {}", l.place, l.enterprise))
        }
        FederationNoun::Service => {
            keyed(read_services(text, source)?, |s: &ServicesGiven| format!("{} {} {}", s.unit, s.kind, s.period))
        }
        FederationNoun::Dispatch => {
            keyed(read_agreements(text, source)?, |d: &DispatchAgreement| format!("{} {}", d.agency, d.host))
        }
        FederationNoun::Collection => keyed(read_collections(text, source)?, |c: &Collection| format!("{} {}", c.unit, c.period)),
        FederationNoun::Pilot => keyed(read_pilot_areas(text, source)?, |p: &PilotArea| p.unit.to_string()),
        FederationNoun::KeyPoint => {
            keyed(read_key_points(text, source)?, |p: &KeyPoint| format!("{} {} {}", p.unit, p.year, p.point))
        }
        FederationNoun::Work => keyed(read_work(text, source)?, |w: &UnitWork| format!("{} {} {}", w.unit, w.year, w.indicator)),
        FederationNoun::Objection => keyed(read_objections(text, source)?, |o: &AppraisalObjection| o.id.to_string()),
        FederationNoun::Reward => {
            keyed(read_rewards(text, source)?, |r: &UnitReward| format!("{} {} {}", r.unit, r.year, r.reward))
        }
        FederationNoun::Appraisal => keyed(vec![(1, read_rules(text)?)], |r: &AppraisalRules| r.year.to_string()),
    };
    let mut seen = HashSet::new();
    let twice: Vec<SheetFault> = entries
        .iter()
        .filter(|(_, key, _)| !seen.insert(key.clone()))
        .map(|(line, key, _)| SheetFault::new(*line, format!("{key} 在表中出现两次"), format!("{key} stands twice in the sheet")))
        .collect();
    match twice.is_empty() {
        true => Ok(ReadSheet { entries, left_out }),
        false => Err(twice),
    }
}

fn keyed<T: Serialize>(rows: Vec<(u64, T)>, key: impl Fn(&T) -> String) -> Vec<(u64, String, String)> {
    rows.into_iter().map(|(line, what)| (line, key(&what), body(&what))).collect()
}

/// Lines of a sheet that hold together and are odd all the same: streets below another district than their code says, buildings in two.
fn flagged(noun: FederationNoun, entries: &[(u64, String, String)], federation: &Federation) -> Vec<SheetFault> {
    let of_unit = |(line, key, _): &(u64, String, String)| {
        let at = federation.tree.at(key)?;
        let (said, above) = (federation.tree.other_district(at)?, federation.tree.parent(at)?);
        let above = &federation.tree.units[above as usize].code;
        let zh = format!("{key} 的代码或区划属 {said}，上级却是 {above}：如已划转，请核对代码与区划");
        let en = format!("the code or division of {key} says {said}, but it is below {above}: where it was moved, look at both");
        Some(SheetFault::new(*line, zh, en))
    };
    let of_places = || {
        let lines: HashMap<&str, u64> = entries.iter().map(|(line, key, _)| (key.as_str(), *line)).collect();
        let odd = federation.places.iter().map(|place| &place.what).filter(|place| federation.is_in_two_districts(place));
        let fault = |place: &UnionPlace| {
            let (line, code) = (lines.get(&*place.code)?, &place.code);
            let zh = format!("{code} 跨两区：其企业归谁须由人决定");
            let en = format!("{code} is in two districts: a person has to say whose its enterprises are");
            Some(SheetFault::new(*line, zh, en))
        };
        let mut faults: Vec<SheetFault> = odd.filter_map(fault).collect();
        faults.sort_by_key(|fault| fault.line);
        faults
    };
    match noun {
        FederationNoun::Unit => entries.iter().filter_map(of_unit).collect(),
        FederationNoun::Place => of_places(),
        _ => Vec::new(),
    }
}

impl Hub {
    /// The federation as it stands.
    ///
    /// # Errors
    /// The store cannot be read, or holds what does not fit together any more.
    pub async fn federation(&self) -> Result<Arc<Federation>, HubError> {
        let stamp = self.store.federation_stamp().await?;
        let known = self.federation_cache.read.lock().expect("no panic while holding the federation").clone();
        if let Some(known) = known.filter(|known| known.stamp == stamp) {
            return Ok(known);
        }
        let rows = self.store.federation_entries(None).await?;
        let stamp = rows.iter().map(|row| row.seq).max().unwrap_or(0).max(stamp);
        let read = Arc::new(self.read_federation(stamp, &rows, &HashMap::new(), Strays::Refused)?);
        *self.federation_cache.read.lock().expect("no panic while holding the federation") = Some(read.clone());
        Ok(read)
    }

    /// Builds what rows of an earlier moment hold: what is of a unit that was not there then is left out.
    ///
    /// # Errors
    /// The store holds what cannot be read, or units that never stood together.
    pub(super) fn read_past(&self, stamp: i64, rows: &[EntryRow]) -> Result<Federation, HubError> {
        Ok(self.read_federation(stamp, rows, &HashMap::new(), Strays::LeftOut)?)
    }

    /// Builds what rows hold; `lines` says of keys that are new which line of a sheet they come from.
    fn read_federation(
        &self,
        stamp: i64,
        rows: &[EntryRow],
        lines: &HashMap<(String, String), u64>,
        strays: Strays,
    ) -> Result<Federation, Unbuilt> {
        let line = |row: &EntryRow| lines.get(&(row.noun.clone(), row.key.clone())).copied().unwrap_or(0);
        let mut federation = Federation { stamp, ..Federation::default() };
        let (mut units, mut entered) = (Vec::new(), HashMap::new());
        for row in rows.iter().filter(|row| row.noun == FederationNoun::Unit.name()) {
            units.push((line(row), self.entered::<TreeUnit>(row)?.what));
            entered.insert(row.key.clone(), (row.at, row.by_whom.clone()));
        }
        federation.tree = UnitTree::build(units)?;
        federation.entered =
            federation.tree.units.iter().map(|unit| entered.get(&*unit.code).cloned().unwrap_or_default()).collect();
        let mut faults = Vec::new();
        let mut seqs_of_places = Vec::new();
        let seqs_of_units = rows.iter().filter(|row| row.noun == FederationNoun::Unit.name()).map(|row| row.seq);
        federation.tree_mark = mark(seqs_of_units);
        for row in rows {
            let unit = self.read_noun(row, &mut federation)?;
            let is_stray = unit.as_ref().is_some_and(|unit| federation.tree.at(unit).is_none());
            // What a registry delivers follows the units: it is entered anew after them.
            if is_stray && (strays == Strays::LeftOut || self.is_registrys(row)) {
                federation.drop_last(FederationNoun::from_name(&row.noun));
                continue;
            }
            if row.noun == FederationNoun::Place.name() {
                seqs_of_places.push(row.seq);
            }
            if let Some(unit) = unit.filter(|_| is_stray) {
                faults.push(SheetFault::new(
                    line(row),
                    format!("没有单位 {unit}：请先导入单位，或改正代码"),
                    format!("there is no unit {unit}: bring it first, or mend the code"),
                ));
            }
        }
        let places: HashMap<&str, PlaceKind> =
            federation.places.iter().map(|place| (&*place.what.code, place.what.kind)).collect();
        let listed = rows.iter().filter(|row| row.noun == FederationNoun::Listing.name());
        let mut stray_listings = Vec::new();
        for (row, listing) in listed.zip(&federation.listings) {
            let place = &listing.what.place;
            let kind = places.get(&**place).copied();
            stray_listings.push(kind.is_none());
            if kind.is_some() {
                seqs_of_places.push(row.seq);
                if line(row) > 0 && !matches!(kind, Some(PlaceKind::OfficeBuilding | PlaceKind::BusinessPark)) {
                    faults.push(SheetFault::new(
                        line(row),
                        format!("{place} 不是楼宇或园区，没有入驻企业名单"),
                        format!("{place} is no building or park and has no list of enterprises"),
                    ));
                }
            } else if strays == Strays::Refused && !self.is_registrys(row) {
                faults.push(SheetFault::new(
                    line(row),
                    format!("没有楼宇或园区 {place}：请先导入"),
                    format!("there is no building or park {place}: bring it first"),
                ));
            }
        }
        drop(places);
        let mut is_stray = stray_listings.into_iter();
        federation.listings.retain(|_| !is_stray.next().unwrap_or(false));
        federation.places_mark = mark(seqs_of_places.into_iter());
        for objection in federation.objections.iter().map(|entered| &entered.what) {
            let is_new = lines.get(&(FederationNoun::Objection.name().to_owned(), objection.id.to_string()));
            let (Some(line), Some(rule), Some(rules)) = (is_new, &objection.rule, federation.rules_of(objection.year)) else {
                continue;
            };
            if !rules.rules.iter().any(|known| *known.id == **rule) {
                let known = rules.rules.iter().map(|known| &*known.id).collect::<Vec<_>>().join(", ");
                faults.push(SheetFault::new(
                    *line,
                    format!("{} 年的考核没有规则 {rule}；现有：{known}", objection.year),
                    format!("the appraisal of {} has no rule {rule}; known: {known}", objection.year),
                ));
            }
        }
        if faults.is_empty() { Ok(federation) } else { Err(Unbuilt::Faults(faults)) }
    }

    /// Reads what is no unit; the code of the unit that it is of, where it is of one.
    fn read_noun(&self, row: &EntryRow, into: &mut Federation) -> Result<Option<String>, StoreError> {
        macro_rules! of_unit {
            ($list:ident) => {{
                let read = self.entered(row)?;
                into.$list.push(read);
                Ok(into.$list.last().map(|entered| entered.what.unit.to_string()))
            }};
        }
        macro_rules! of_none {
            ($list:ident) => {{
                into.$list.push(self.entered(row)?);
                Ok(None)
            }};
        }
        match FederationNoun::from_name(&row.noun) {
            None | Some(FederationNoun::Unit) => Ok(None),
            Some(FederationNoun::Figure) => of_none!(figures),
            Some(FederationNoun::Listing) => of_none!(listings),
            Some(FederationNoun::Appraisal) => of_none!(rules),
            Some(FederationNoun::Post) => of_unit!(posts),
            Some(FederationNoun::Place) => of_unit!(places),
            Some(FederationNoun::Service) => of_unit!(services),
            Some(FederationNoun::Dispatch) => of_unit!(agreements),
            Some(FederationNoun::Collection) => of_unit!(collections),
            Some(FederationNoun::Work) => of_unit!(work),
            Some(FederationNoun::Objection) => of_unit!(objections),
            Some(FederationNoun::Reward) => of_unit!(rewards),
            Some(FederationNoun::Pilot) => of_unit!(pilots),
            Some(FederationNoun::KeyPoint) => of_unit!(key_points),
        }
    }

    /// The code of the unit that something entered is of; None of units and of what is of none.
    ///
    /// # Errors
    /// The store holds what cannot be read.
    pub(super) fn unit_of_entry(&self, row: &EntryRow) -> Result<Option<String>, StoreError> {
        self.read_noun(row, &mut Federation::default())
    }

    fn entered<T: DeserializeOwned>(&self, row: &EntryRow) -> Result<Entered<T>, StoreError> {
        let body = row.body.as_deref().unwrap_or("null");
        let what = self.store.json(body, "federation_entry", row.seq, "body")?;
        Ok(Entered { what, at: row.at, by: row.by_whom.clone() })
    }

    /// Keeps a sheet whole, or nothing of it: it is checked together with everything that stands.
    ///
    /// # Errors
    /// The store cannot be read or written; what is wrong with the sheet stands in the receipt.
    pub async fn import_federation(
        &self,
        noun: FederationNoun,
        text: &str,
        origin: &SheetOrigin,
    ) -> Result<SheetReceipt, HubError> {
        let read = match read_sheet(noun, text, origin) {
            Ok(read) => read,
            Err(faults) => return Ok(SheetReceipt { faults, ..SheetReceipt::default() }),
        };
        let lines: HashMap<(String, String), u64> =
            read.entries.iter().map(|(line, key, _)| ((noun.name().to_owned(), key.clone()), *line)).collect();
        let at = self.clock.millis();
        let row = |key: &str, body: Option<&str>| EntryRow {
            seq: 0,
            noun: noun.name().to_owned(),
            key: key.to_owned(),
            body: body.map(str::to_owned),
            at,
            by_whom: origin.by.clone(),
        };
        for _ in 0..TRIES {
            let stamp = self.store.federation_stamp().await?;
            let mut standing = self.store.federation_entries(None).await?;
            let new: Vec<EntryRow> = {
                let there: HashMap<&str, &str> = standing
                    .iter()
                    .filter(|r| r.noun == noun.name())
                    .filter_map(|r| Some((r.key.as_str(), r.body.as_deref()?)))
                    .collect();
                let is_new = |key: &str, body: &str| there.get(key).is_none_or(|known| *known != body);
                let new = read.entries.iter().filter(|(_, key, body)| is_new(key, body));
                new.map(|(_, key, body)| row(key, Some(body))).collect()
            };
            let unchanged = read.entries.len() - new.len();
            standing.retain(|r| !lines.contains_key(&(r.noun.clone(), r.key.clone())));
            standing.extend(read.entries.iter().map(|(_, key, body)| row(key, Some(body))));
            let flagged = match self.read_federation(stamp, &standing, &lines, Strays::Refused) {
                Ok(federation) => flagged(noun, &read.entries, &federation),
                Err(Unbuilt::Faults(faults)) => return Ok(SheetReceipt { faults, ..SheetReceipt::default() }),
                Err(Unbuilt::Store(error)) => return Err(error.into()),
            };
            if new.is_empty() || self.store.put_federation_entries(stamp, &new).await? {
                if noun == FederationNoun::Unit {
                    // What registries delivered waited for somebody to keep it, or goes to another unit.
                    self.enter_delivered().await?;
                }
                let (kept, left_out) = (read.entries.len(), read.left_out);
                return Ok(SheetReceipt { kept, unchanged, left_out, flagged, faults: Vec::new() });
            }
        }
        Err(HubError::said("有人同时在录入，请稍后再试", "somebody else enters at the same time: try again in a moment"))
    }

    /// Takes something back; it stays in the history.
    ///
    /// # Errors
    /// There is no such thing, others rest on it, or the store cannot be written.
    pub async fn withdraw_federation(&self, noun: FederationNoun, key: &str, by: Option<&str>) -> Result<(), HubError> {
        for _ in 0..TRIES {
            let stamp = self.store.federation_stamp().await?;
            let mut standing = self.store.federation_entries(None).await?;
            let before = standing.len();
            standing.retain(|r| r.noun != noun.name() || r.key != key);
            if standing.len() == before {
                return Err(HubError::said(format!("没有录入过 {key}"), format!("nobody entered {key}, or it was taken back")));
            }
            match self.read_federation(stamp, &standing, &HashMap::new(), Strays::Refused) {
                Ok(_) => {}
                Err(Unbuilt::Faults(faults)) => {
                    let fault = faults.into_iter().next().expect("a fault was told");
                    return Err(HubError::said(
                        format!("不能撤回 {key}：{}", fault.problem.zh),
                        format!("{key} cannot be taken back: {}", fault.problem.en),
                    ));
                }
                Err(Unbuilt::Store(error)) => return Err(error.into()),
            }
            let row = EntryRow {
                seq: 0,
                noun: noun.name().to_owned(),
                key: key.to_owned(),
                body: None,
                at: self.clock.millis(),
                by_whom: by.map(str::to_owned),
            };
            if self.store.put_federation_entries(stamp, &[row]).await? {
                if noun == FederationNoun::Unit {
                    self.enter_delivered().await?;
                }
                return Ok(());
            }
        }
        Err(HubError::said("有人同时在录入，请稍后再试", "somebody else enters at the same time: try again in a moment"))
    }

    /// What an edition counts in every unit; counted once per edition and tree.
    pub fn unit_sums(&self, edition: &Edition, federation: &Federation) -> Arc<UnitSums> {
        self.federation_cache.sums(edition, federation)
    }

    /// Who is in which building and park of an edition; found once per edition and federation.
    pub fn place_rows(&self, edition: &Edition, federation: &Federation) -> Arc<PlaceRows> {
        self.federation_cache.places(edition, federation)
    }

    /// The federation as of a day, an instant or an edition, or as it stands, ready for filters that name its units.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn homes_of_units(&self, as_of: Option<EditionAsOf>) -> Result<HomesOfUnits, HubError> {
        Ok(HomesOfUnits { federation: self.federation_as_of(as_of).await?, cache: self.federation_cache.clone() })
    }
}

/// What becomes of what is of a unit or a place that is not there.
#[derive(Clone, Copy, PartialEq)]
enum Strays {
    /// It is a fault.
    Refused,
    /// It is left out: of an earlier day, what came later.
    LeftOut,
}

/// One number for the versions of something: what rests on them is worked out anew only where others count.
fn mark(seqs: impl Iterator<Item = i64>) -> u64 {
    let mut hash = Xxh3Default::new();
    seqs.for_each(|seq| hash.update(&seq.to_le_bytes()));
    hash.digest()
}

/// Why no federation can be built of rows.
enum Unbuilt {
    Store(StoreError),
    /// They do not fit together.
    Faults(Vec<SheetFault>),
}

impl From<StoreError> for Unbuilt {
    fn from(error: StoreError) -> Unbuilt {
        Unbuilt::Store(error)
    }
}

impl From<Vec<SheetFault>> for Unbuilt {
    fn from(faults: Vec<SheetFault>) -> Unbuilt {
        Unbuilt::Faults(faults)
    }
}

impl From<Unbuilt> for HubError {
    fn from(unbuilt: Unbuilt) -> HubError {
        match unbuilt {
            Unbuilt::Store(error) => error.into(),
            Unbuilt::Faults(faults) => broken(&faults),
        }
    }
}

/// What stands does not hold together: somebody wrote past the checks.
pub(super) fn broken(faults: &[SheetFault]) -> HubError {
    let (zh, en): (Vec<&str>, Vec<&str>) = faults.iter().take(3).map(|f| (f.problem.zh.as_str(), f.problem.en.as_str())).unzip();
    HubError::said(
        format!("工会单位数据自相矛盾：{}", zh.join("；")),
        format!("the units of the federation do not fit together: {}", en.join("; ")),
    )
}
