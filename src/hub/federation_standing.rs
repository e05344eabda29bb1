//! How units stand: the year's appraisal from editions and entered work, targets with their parts, and buildings beside their own lists.
//!
//! In: the federation as entered, editions, targets. Out: ranks with the year before, shares, two lists compared. What it does not do:
//! decide points or parts, which `federation` does.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::error::HubError;
use super::federation::{SheetOrigin, SheetReceipt};
use super::federation_homes::UnitSums;
use super::federation_state::Federation;
use super::open::Hub;
use crate::edition::{Edition, EditionError, Row};
use crate::federation::appraisal::{UnitStanding, appraise, work_of};
use crate::federation::place::UnionPlace;
use crate::federation::share::{GivenShare, TargetShare, read_shares, shares};
use crate::federation::sheet::SheetFault;
use crate::federation::unit::{TreeLevel, UnitTree};
use crate::model::reference::areas::unit_code;
use crate::store::target::TargetRow;

/// A building's enterprises by their addresses and by its own list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BuildingLists {
    /// Their address names the building.
    pub by_address: Vec<Row>,
    /// On its list, and found.
    pub listed: Vec<Row>,
    /// On its list, and nobody or several fit.
    pub unknown: Vec<String>,
}

impl BuildingLists {
    /// By address and on no list.
    pub fn unlisted(&self) -> Vec<Row> {
        self.by_address.iter().filter(|row| self.listed.binary_search(row).is_err()).copied().collect()
    }
    /// Listed, with another address.
    pub fn elsewhere(&self) -> Vec<Row> {
        self.listed.iter().filter(|row| self.by_address.binary_search(row).is_err()).copied().collect()
    }
}

/// The code under which a unit's targets are kept: of its only division, else its own where the graph knows it.
fn target_area(tree: &UnitTree, at: u32) -> Option<String> {
    let unit = &tree.units[at as usize];
    match unit.areas.as_slice() {
        [area] => unit_code(area, None),
        _ => unit_code(&unit.code, None),
    }
}

/// The unit whose targets are kept under a code.
fn target_unit(tree: &UnitTree, area: &str) -> Option<u32> {
    tree.at(area).or_else(|| tree.at_area(area))
}

impl Hub {
    /// A building's enterprises by their addresses and by its own list, rows of an edition in ascending order.
    pub fn building_lists(&self, edition: &Edition, federation: &Federation, place: &UnionPlace) -> BuildingLists {
        let found = self.place_rows(edition, federation);
        found.at(&place.code).map_or_else(BuildingLists::default, |at| BuildingLists {
            by_address: found.by_address[at].clone(),
            listed: found.listed[at].clone(),
            unknown: found.unknown[at].clone(),
        })
    }

    /// The appraisal of a year by its rules as of a day: units of each level by rank. None where no rules were entered for it.
    ///
    /// # Errors
    /// An edition cannot be read.
    pub fn appraisal(
        &self,
        federation: &Federation,
        year: i32,
        on: NaiveDate,
        levels: &[TreeLevel],
    ) -> Result<Option<BTreeMap<TreeLevel, Vec<UnitStanding>>>, HubError> {
        let Some(rules) = federation.rules_of(year) else { return Ok(None) };
        let last_day = NaiveDate::from_ymd_opt(year, 12, 31).map_or(on, |last| last.min(on));
        let counted = |day: Option<NaiveDate>| -> Result<_, HubError> {
            match day.map(|day| self.editions.as_of(day)) {
                Some(Ok(edition)) => Ok(Some(self.unit_sums(&edition, federation))),
                None | Some(Err(EditionError::BeforeFirst { .. } | EditionError::None)) => Ok(None),
                Some(Err(error)) => Err(error.into()),
            }
        };
        let now = counted(Some(last_day))?;
        let before = counted(NaiveDate::from_ymd_opt(year, 1, 1).and_then(|first| first.pred_opt()))?;
        let work = work_of(federation.work.iter().map(|work| &work.what), year);
        let tree = &federation.tree;
        let value = |unit: u32, indicator: &str| {
            let entered = work.get(&(&*tree.units[unit as usize].code, indicator)).copied();
            entered.or_else(|| net(indicator, now.as_deref()?, before.as_deref()?, unit))
        };
        let mut ranked = BTreeMap::new();
        for level in TreeLevel::ALL.iter().filter(|level| levels.is_empty() || levels.contains(level)) {
            let units: Vec<u32> = (0..tree.units.len() as u32).filter(|at| tree.units[*at as usize].level == *level).collect();
            if !units.is_empty() {
                ranked.insert(*level, appraise(rules, *level, &units, value));
            }
        }
        Ok(Some(ranked))
    }

    /// Every target of a year and indicator by unit, with what is left over.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn target_shares(
        &self,
        federation: &Federation,
        year: i32,
        indicator: &str,
    ) -> Result<BTreeMap<u32, TargetShare>, HubError> {
        let targets = self.unit_targets(federation, year, indicator).await?;
        Ok(shares(&federation.tree, &targets))
    }

    async fn unit_targets(&self, federation: &Federation, year: i32, indicator: &str) -> Result<BTreeMap<u32, f64>, HubError> {
        let given = self.targets(Some(year), self.clock.today(self.settings.zone)).await?;
        let of_indicator = given.iter().filter(|g| *g.target.indicator == *indicator);
        Ok(of_indicator.filter_map(|g| Some((target_unit(&federation.tree, &g.target.area)?, g.target.value))).collect())
    }

    /// Refuses a target that makes parts exceed their whole. Where no units were entered, nobody knows whose part it is.
    ///
    /// # Errors
    /// The parts would exceed the whole, or the store cannot be read.
    pub async fn check_share(&self, area: &str, year: i32, indicator: &str, value: f64) -> Result<(), HubError> {
        let federation = self.federation().await?;
        let Some(at) = target_unit(&federation.tree, area) else { return Ok(()) };
        let unit = federation.tree.units[at as usize].code.clone();
        let share = GivenShare { unit, year, indicator: indicator.into(), value, responsible: None, source: "".into() };
        match self.exceeded(&federation, &[(0, share)]).await?.into_iter().next() {
            Some(fault) => Err(HubError::said(fault.problem.zh, fault.problem.en)),
            None => Ok(()),
        }
    }

    /// Whose parts would exceed the whole, with the line of the part that does it.
    async fn exceeded(&self, federation: &Federation, given: &[(u64, GivenShare)]) -> Result<Vec<SheetFault>, HubError> {
        let tree = &federation.tree;
        let mut faults = Vec::new();
        let mut kinds: BTreeMap<(i32, &str), Vec<(u64, u32, f64)>> = BTreeMap::new();
        for (line, share) in given {
            let Some(at) = tree.at(&share.unit) else { continue };
            kinds.entry((share.year, &share.indicator)).or_default().push((*line, at, share.value));
        }
        for ((year, indicator), new) in kinds {
            // Percent are no sums.
            if crate::assess::targets::is_rate(indicator) {
                continue;
            }
            let mut targets = self.unit_targets(federation, year, indicator).await?;
            let before = shares(tree, &targets);
            targets.extend(new.iter().map(|(_, at, value)| (*at, *value)));
            for (at, share) in shares(tree, &targets).into_iter().filter(|(_, share)| share.is_exceeded()) {
                // What was too much already is not this sheet's fault, unless it adds to it.
                if before.get(&at).is_some_and(|old| old.is_exceeded() && old.parts >= share.parts && old.value <= share.value) {
                    continue;
                }
                let touched =
                    new.iter().filter(|(_, part, _)| *part == at || tree.is_within(*part, at)).map(|(line, ..)| *line).max();
                let (code, value, parts) = (&tree.units[at as usize].code, share.value, share.parts);
                faults.push(SheetFault::new(
                    touched.unwrap_or(0),
                    format!(
                        "{year} 年 {indicator}：{code} 的任务是 {value}，下属 {} 个单位合计 {parts}，超出 {}",
                        share.units,
                        parts - value
                    ),
                    format!(
                        "{indicator} of {year}: {code} has {value}, its {} parts have {parts} together, {} too many",
                        share.units,
                        parts - value
                    ),
                ));
            }
        }
        Ok(faults)
    }

    /// Sets the targets of a sheet, all or none: parts never exceed their whole.
    ///
    /// # Errors
    /// The store cannot be read or written; what is wrong with the sheet stands in the receipt.
    pub async fn import_targets(&self, text: &str, origin: &SheetOrigin) -> Result<SheetReceipt, HubError> {
        let refused = |faults| SheetReceipt { faults, ..SheetReceipt::default() };
        let given = match read_shares(text, origin.source.as_deref()) {
            Ok(given) => given,
            Err(faults) => return Ok(refused(faults)),
        };
        let federation = self.federation().await?;
        let (mut faults, mut rows, mut seen) = (Vec::new(), Vec::new(), hashbrown::HashSet::new());
        for (line, share) in &given {
            let unit = &share.unit;
            let area = federation.tree.at(unit).map(|at| target_area(&federation.tree, at));
            match area {
                None => faults.push(SheetFault::new(*line, format!("没有单位 {unit}"), format!("there is no unit {unit}"))),
                Some(None) => faults.push(SheetFault::new(
                    *line,
                    format!("{unit} 没有唯一的区划，不能有任务：请给它一个区划代码"),
                    format!("{unit} has no division of its own and can have no target: give it one"),
                )),
                Some(Some(area)) if seen.insert((area.clone(), share.year, share.indicator.clone())) => rows.push(TargetRow {
                    area,
                    year: i64::from(share.year),
                    indicator: share.indicator.to_string(),
                    value: share.value,
                    responsible: share.responsible.as_deref().map(str::to_owned),
                    by_whom: Some(match &origin.by {
                        Some(by) => format!("{by} ({})", share.source),
                        None => share.source.to_string(),
                    }),
                    at: self.clock.millis(),
                }),
                Some(Some(area)) => faults.push(SheetFault::new(
                    *line,
                    format!("{area} 的任务在表中出现两次"),
                    format!("the target of {area} stands twice in the sheet"),
                )),
            }
        }
        faults.extend(self.exceeded(&federation, &given).await?);
        if !faults.is_empty() {
            return Ok(refused(faults));
        }
        self.store.put_targets(&rows).await?;
        Ok(SheetReceipt { kept: rows.len(), ..SheetReceipt::default() })
    }
}

/// What units gained between two editions; None for what editions do not count.
fn net(indicator: &str, now: &UnitSums, before: &UnitSums, unit: u32) -> Option<f64> {
    let (now, before) = (&now.sums[unit as usize], &before.sums[unit as usize]);
    let gained = |now: u64, before: u64| Some(now as f64 - before as f64);
    match indicator {
        "net_new_units" => gained(now.independent, before.independent),
        "net_new_covered" => gained(now.covered, before.covered),
        "net_new_members" => gained(now.members, before.members),
        _ => None,
    }
}
