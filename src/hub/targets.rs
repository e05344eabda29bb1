//! Targets from both sides, and what was reached of them: one place for the graph and for the bulletin.
//!
//! In: targets that a connector delivers (records of kind target) and targets that persons set; the editions. Out: one
//! target per unit, year and indicator, and the number reached. Where both sides speak of the same one, the later wins: the
//! moment a person set it against the moment its record last changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use chrono::{Datelike, NaiveDate};

use super::error::HubError;
use super::federation_homes::HomesOfUnits;
use super::open::Hub;
use super::targets_kept::TargetsStamp;
pub use super::targets_kept::{Given, SetBy};
use crate::assess::targets::{Target, value as target_value, value_as_written as target_value_as_written};
use crate::connector::Connector;
use crate::edition::format::rates;
use crate::edition::{Detail, Edition, EditionError, Editions, Filter, Measures};
use crate::federation::unit::UnitTree;
use crate::land::receipt::{Receipt, SyncOutcome};
use crate::model::field::{Field, RecordKind};
use crate::model::problem::Problem;
use crate::model::reference::areas::unit_code;
use crate::model::reference::unions::indicators;
use crate::records::StoredRowReader;
use crate::store::registry::RegistryRow;
use crate::store::target::TargetRow;

/// Indicators that a target can be set for: those of the list that an edition can be measured by, and the levels.
pub fn measurable() -> Vec<&'static str> {
    let listed = indicators().iter().map(|i| i.id).filter(|id| !matches!(*id, "task_completion" | "rank"));
    listed.chain(rates::COUNTS.iter().filter_map(|count| count.indicator)).collect()
}

/// The name that the list of indicators gives it.
pub fn canonical(indicator: &str) -> &str {
    match indicator {
        "independent_rate" => "independent_rate_above_size",
        other => other,
    }
}

/// So many milliseconds after the last change of a target no other one can bear its moment.
const SETTLED_MILLIS: i64 = 1_000;
impl Hub {
    /// The targets in force at the end of a day of the hub's zone, by year, indicator and unit; of one year where it is
    /// given. Today's are those of this moment.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn targets(&self, year: Option<i32>, on: NaiveDate) -> Result<Vec<Given>, HubError> {
        let at = self.end_of(on);
        let registries = self.target_registries().await?;
        let mut landed = Vec::with_capacity(registries.len());
        for (row, _) in &registries {
            landed.push(self.store.landing_of(row.id).await?.0);
        }
        let stamp = TargetsStamp { set: self.store.targets_stamp().await?, landed, year, on, at };
        if let Some(known) = self.targets_kept.of(&stamp) {
            return Ok(known);
        }
        let mut given: BTreeMap<(i32, Box<str>, Box<str>), Given> = BTreeMap::new();
        let mut put = |new: Given| {
            let t = &new.target;
            if year.is_some_and(|y| y != t.year) {
                return;
            }
            match given.entry((t.year, t.indicator.clone(), t.area.clone())) {
                std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(new)),
                std::collections::btree_map::Entry::Occupied(mut place) if place.get().at <= new.at => drop(place.insert(new)),
                std::collections::btree_map::Entry::Occupied(_) => {}
            }
        };
        for delivered in self.delivered_targets(&registries, on, at).await? {
            put(delivered);
        }
        for row in self.store.targets(year.map(i64::from), at).await? {
            set_by_person(row, on).into_iter().for_each(&mut put);
        }
        let given: Vec<Given> = given.into_values().collect();
        // Two changes of one millisecond bear one stamp: what was changed just now is read again.
        if stamp.set.0 + SETTLED_MILLIS < self.clock.millis() {
            self.targets_kept.keep(stamp, given.clone());
        }
        Ok(given)
    }

    /// Registries that deliver targets and have landed some, with their connectors.
    async fn target_registries(&self) -> Result<Vec<(RegistryRow, Arc<Connector>)>, HubError> {
        if !self.connectors.iter().any(|c| c.contract.kind == RecordKind::Target) {
            return Ok(Vec::new());
        }
        let rows = self.registry_rows().await?;
        let of = |row: RegistryRow| {
            let connector = self.connectors.iter().find(|c| c.name == row.name && c.contract.kind == RecordKind::Target)?;
            Some((row, connector.clone()))
        };
        Ok(rows.into_iter().filter_map(of).collect())
    }

    /// The last millisecond of a day that is over; None for today and later.
    pub(super) fn end_of(&self, on: NaiveDate) -> Option<i64> {
        let next = on.succ_opt().filter(|_| on < self.clock.today(self.settings.zone))?;
        // Where clocks are put forward at midnight the day begins an hour later.
        let begin = (0..3).find_map(|hour| next.and_hms_opt(hour, 0, 0)?.and_local_timezone(self.settings.zone).earliest());
        begin.map(|moment| moment.timestamp_millis() - 1)
    }

    /// Says of registries of targets that landed without one for this year: a file of another year changes nothing that is shown.
    pub(super) async fn tell_other_years(&self, receipts: &mut [Receipt]) -> Result<(), HubError> {
        let today = self.clock.today(self.settings.zone);
        let is_book = |name: &str| self.connectors.iter().any(|c| c.name == name && c.contract.kind == RecordKind::Target);
        let landed = |r: &&mut Receipt| r.outcome == SyncOutcome::Landed && is_book(&r.registry);
        let mut landed: Vec<&mut Receipt> = receipts.iter_mut().filter(landed).collect();
        if landed.is_empty() {
            return Ok(());
        }
        let delivered = self.delivered_targets(&self.target_registries().await?, today, None).await?;
        for receipt in &mut landed {
            let own = delivered.iter().filter(|given| given.by == SetBy::Registry(receipt.registry.clone()));
            let years: BTreeSet<i32> = own.map(|given| given.target.year).collect();
            if years.is_empty() || years.contains(&today.year()) {
                continue;
            }
            let (named, this) = (years.iter().map(i32::to_string).collect::<Vec<_>>(), today.year());
            receipt.notes.push(Problem {
                code: "targets_of_another_year".into(),
                zh: format!("这份任务书只有 {} 年的任务，没有 {this} 年的：本年度的进度与通报不会用到它", named.join("、")),
                en: format!(
                    "these targets are for {} and none is for {this}: this year's progress and bulletin do not use them",
                    named.join(", ")
                ),
                remedy: None,
            });
        }
        Ok(())
    }

    async fn delivered_targets(
        &self,
        registries: &[(RegistryRow, Arc<Connector>)],
        on: NaiveDate,
        at: Option<i64>,
    ) -> Result<Vec<Given>, HubError> {
        if registries.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<RegistryRow> = registries.iter().map(|(row, _)| row.clone()).collect();
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let mut found = Vec::new();
        for (row, connector) in registries {
            let stored = match at {
                Some(at) => self.store.records_of_at(row.id, at).await?,
                None => self.store.records_of(row.id).await?,
            };
            for stored in stored {
                let Some((_, records)) = reading.records(&stored) else { continue };
                for record in records {
                    let indicator = record.text(Field::Indicator).unwrap_or_else(|| record.raw(Field::Indicator));
                    let (Some(area), Some(year), Some(value)) = (
                        unit_code(record.raw(Field::Area), Some(on)),
                        record.count(Field::Year).and_then(|y| i32::try_from(y).ok()),
                        record.number(Field::TargetValue),
                    ) else {
                        continue;
                    };
                    let indicator = canonical(indicator);
                    let Some(value) = target_value_as_written(indicator, value, record.raw(Field::TargetValue)) else { continue };
                    let responsible = record.text(Field::Responsible).map(Into::into);
                    let target = Target { area: area.into(), year, indicator: indicator.into(), value, responsible };
                    found.push(Given { target, by: SetBy::Registry(connector.name.clone()), at: stored.landed_at, source: None });
                }
            }
        }
        Ok(found)
    }
}

fn set_by_person(row: TargetRow, on: NaiveDate) -> Option<Given> {
    let value = target_value(canonical(&row.indicator), row.value)?;
    let area = unit_code(&row.area, Some(on)).unwrap_or(row.area);
    let target = Target {
        area: area.into(),
        year: row.year as i32,
        indicator: canonical(&row.indicator).into(),
        value,
        responsible: row.responsible.map(Into::into),
    };
    Some(Given { target, by: SetBy::Person(row.by_whom), at: row.at, source: row.source })
}

/// The unit whose targets are kept under its own code in the tree, because no division stands for it.
pub fn unit_without_area(tree: &UnitTree, code: &str) -> Option<u32> {
    tree.at(code).filter(|_| unit_code(code, None).is_none())
}

/// What was reached in the units of an edition; net increases count from the last edition before the year began.
pub struct Reached {
    edition: Arc<Edition>,
    before: Option<Arc<Edition>>,
    units: Option<HomesOfUnits>,
    counted: Mutex<HashMap<(bool, Box<str>), Option<Counts>>>,
}

type Counts = (Measures, Detail);

impl Reached {
    /// What `edition` reached; changes of a year count from the last edition of the year before.
    ///
    /// # Errors
    /// An edition that stands cannot be read; that there is none of the year before is no error.
    pub fn new(editions: &Editions, edition: Arc<Edition>, year: i32) -> Result<Reached, EditionError> {
        let before = NaiveDate::from_ymd_opt(year, 1, 1).and_then(|day| day.pred_opt());
        let before = match before.map(|day| editions.as_of(day)) {
            Some(Ok(edition)) => Some(edition),
            None | Some(Err(EditionError::BeforeFirst { .. } | EditionError::None)) => None,
            Some(Err(other)) => return Err(other),
        };
        Ok(Reached { edition, before, units: None, counted: Mutex::default() })
    }

    /// Counts units that no division stands for by who is at home in them.
    pub fn with_units(self, units: HomesOfUnits) -> Reached {
        Reached { units: Some(units), ..self }
    }

    /// The number or rate reached of an indicator in a unit; None where the editions cannot tell.
    pub fn done(&self, area: &str, indicator: &str) -> Option<f64> {
        let (m, d) = self.counts(false, area)?;
        let indicator = canonical(indicator);
        let before = match rates::CHANGES.iter().any(|change| change.indicator == indicator) {
            true => self.counts(true, area),
            false => None,
        };
        rates::reached(indicator, &m, &d, before.as_ref().map(|(measures, _)| measures))
    }

    fn counts(&self, before: bool, area: &str) -> Option<Counts> {
        let key = (before, Box::from(area));
        if let Some(known) = self.counted.lock().expect("no panic while counting").get(&key) {
            return *known;
        }
        let edition = if before { self.before.as_ref() } else { Some(&self.edition) };
        let count = |edition: &Arc<Edition>| {
            let unit = self.units.as_ref().and_then(|units| Some((units, unit_without_area(&units.federation.tree, area)?)));
            let filter = unit.map_or_else(|| Filter::Area(vec![area.to_owned()]), |(units, at)| units.filter(&[at]));
            let rows = edition.filter(&filter).ok()?;
            let (_, measures) = edition.coverage(&[], &rows, 1).ok()?;
            let (_, detail) = edition.detail(&[], &rows).ok()?;
            Some((measures, detail))
        };
        let found = edition.and_then(count);
        self.counted.lock().expect("no panic while counting").insert(key, found);
        found
    }
}
