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
use super::targets::{Given, SetBy, canonical};
use crate::assess::targets::Target;
use crate::edition::{Edition, EditionError, Row};
use crate::federation::appraisal::{UnitStanding, appraise, work_of};
use crate::federation::place::UnionPlace;
use crate::federation::share::{GivenShare, TargetShare, read_shares, shares};
use crate::federation::sheet::SheetFault;
use crate::federation::unit::{TreeLevel, UnitTree};
use crate::model::reference::areas::unit_code;
use crate::store::target::{TargetRow, TargetVersionRow};

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

/// The code under which a unit's targets are kept: of its only division, else its own as the graph or the tree knows it.
pub fn target_area(tree: &UnitTree, at: u32) -> String {
    let unit = &tree.units[at as usize];
    let known = match unit.areas.as_slice() {
        [area] => unit_code(area, None),
        _ => unit_code(&unit.code, None),
    };
    known.unwrap_or_else(|| unit.code.to_string())
}

/// The unit whose targets are kept under a code.
pub fn target_unit(tree: &UnitTree, area: &str) -> Option<u32> {
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

    /// The appraisal of a year by its rules as of a day, with the units of the federation given: units of each level by rank. None where no
    /// rules were entered for it.
    ///
    /// # Errors
    /// An edition cannot be read.
    pub fn appraisal(
        &self,
        federation: &Federation,
        year: i32,
        on: NaiveDate,
        levels: &[TreeLevel],
    ) -> Result<Option<AppraisedYear>, HubError> {
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
        let mut ranked: BTreeMap<TreeLevel, Vec<UnitStanding>> = BTreeMap::new();
        for level in TreeLevel::ALL.iter().filter(|level| levels.is_empty() || levels.contains(level)) {
            let units: Vec<u32> = (0..tree.units.len() as u32).filter(|at| tree.units[*at as usize].level == *level).collect();
            if !units.is_empty() {
                ranked.insert(*level, appraise(rules, *level, &units, value));
            }
        }
        Ok(Some(AppraisedYear { year, ranked, counts_now: now.is_some(), counts_before: before.is_some() }))
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
        on: Option<NaiveDate>,
    ) -> Result<BTreeMap<u32, TargetShare>, HubError> {
        let given = self.given_to_units(federation, year, indicator, on).await?;
        let targets = given.iter().map(|(at, given)| (*at, given.target.value)).collect();
        Ok(shares(&federation.tree, &targets))
    }

    /// The targets of a year and indicator by unit, as of a day.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn given_to_units(
        &self,
        federation: &Federation,
        year: i32,
        indicator: &str,
        on: Option<NaiveDate>,
    ) -> Result<BTreeMap<u32, Given>, HubError> {
        let today = self.clock.today(self.settings.zone);
        let given = self.targets(Some(year), on.map_or(today, |on| on.min(today))).await?;
        let mut of_units: BTreeMap<u32, Given> = BTreeMap::new();
        for given in given.into_iter().filter(|given| *given.target.indicator == *indicator) {
            let Some(at) = target_unit(&federation.tree, &given.target.area) else { continue };
            // A unit that was known by another code once: what was set last counts.
            if of_units.get(&at).is_none_or(|other| other.at <= given.at) {
                of_units.insert(at, given);
            }
        }
        Ok(of_units)
    }

    /// Every version of a unit's target, the latest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn unit_target_history(
        &self,
        federation: &Federation,
        at: u32,
        year: i32,
        indicator: &str,
    ) -> Result<Vec<TargetVersionRow>, HubError> {
        let (area, code) = (target_area(&federation.tree, at), &federation.tree.units[at as usize].code);
        Ok(self.store.target_history([&area, code], year.into(), canonical(indicator)).await?)
    }

    /// The targets that people set, of all years, as the lines of the sheet that sets them; those of divisions without a unit are left out.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn written_targets(&self, federation: &Federation, on: Option<NaiveDate>) -> Result<Vec<GivenShare>, HubError> {
        let today = self.clock.today(self.settings.zone);
        let given = self.targets(None, on.map_or(today, |on| on.min(today))).await?;
        let line = |given: Given| {
            let at = target_unit(&federation.tree, &given.target.area)?;
            let SetBy::Person(_) = given.by else { return None };
            let Target { year, indicator, value, responsible, .. } = given.target;
            let unit = federation.tree.units[at as usize].code.clone();
            Some(GivenShare { unit, year, indicator, value, responsible, source: given.source.unwrap_or_default().into() })
        };
        Ok(given.into_iter().filter_map(line).collect())
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
            let standing = self.given_to_units(federation, year, indicator, None).await?;
            let mut targets: BTreeMap<u32, f64> = standing.iter().map(|(at, given)| (*at, given.target.value)).collect();
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
            let Some(at) = federation.tree.at(&share.unit) else {
                let unit = &share.unit;
                faults.push(SheetFault::new(*line, format!("没有单位 {unit}"), format!("there is no unit {unit}")));
                continue;
            };
            let area = target_area(&federation.tree, at);
            if !seen.insert((area.clone(), share.year, share.indicator.clone())) {
                faults.push(SheetFault::new(
                    *line,
                    format!("{area} 的任务在表中出现两次"),
                    format!("the target of {area} stands twice in the sheet"),
                ));
                continue;
            }
            rows.push(TargetRow {
                area,
                year: i64::from(share.year),
                indicator: share.indicator.to_string(),
                value: share.value,
                responsible: share.responsible.as_deref().map(str::to_owned),
                by_whom: origin.by.clone(),
                at: self.clock.millis(),
                source: Some(share.source.to_string()),
            });
        }
        faults.extend(self.exceeded(&federation, &given).await?);
        if !faults.is_empty() {
            return Ok(refused(faults));
        }
        let kept = rows.len();
        let standing = self.store.targets(None, None).await?;
        // What is there already, word for word, is no new version.
        let is_same = |a: &TargetRow, b: &TargetRow| {
            let key = (&a.area, a.year, &a.indicator) == (&b.area, b.year, &b.indicator);
            key && a.value == b.value && (&a.responsible, &a.source) == (&b.responsible, &b.source)
        };
        let known: hashbrown::HashMap<(&str, i64, &str), &TargetRow> =
            standing.iter().map(|row| ((&*row.area, row.year, &*row.indicator), row)).collect();
        rows.retain(|row| known.get(&(&*row.area, row.year, &*row.indicator)).is_none_or(|old| !is_same(old, row)));
        self.store.put_targets(&rows).await?;
        Ok(SheetReceipt { kept, unchanged: kept - rows.len(), ..SheetReceipt::default() })
    }
}

/// A year's appraisal as of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct AppraisedYear {
    /// Which year.
    pub year: i32,
    /// Units of each level by rank.
    pub ranked: BTreeMap<TreeLevel, Vec<UnitStanding>>,
    /// There is an edition of the day or before it.
    pub counts_now: bool,
    /// There is an edition from before the year began.
    pub counts_before: bool,
}

impl AppraisedYear {
    /// Why nothing is known of an indicator that brought no points, in both languages.
    pub fn unknown(&self, indicator: &str) -> (String, String) {
        let year = self.year;
        match (is_net(indicator), self.counts_now, self.counts_before) {
            (true, false, _) => (
                "截至这一天还没有发布过数据，无法计算净增".to_owned(),
                "nothing had been published by that day: the net increase cannot be counted".to_owned(),
            ),
            (true, true, false) => (
                format!("{year} 年 1 月 1 日以前没有发布过数据，无法计算净增：可用考核数据表录入"),
                format!("nothing was published before 1 January {year}: the net increase cannot be counted; enter it as work"),
            ),
            _ => (format!("没有录入 {year} 年的 {indicator}"), format!("nobody entered {indicator} of {year}")),
        }
    }
    /// Whether rules that count a net increase have nothing to begin at.
    pub fn lacks_beginning(&self) -> bool {
        self.counts_now && !self.counts_before
    }
}

/// Whether editions count the net increase of it.
fn is_net(indicator: &str) -> bool {
    matches!(indicator, "net_new_units" | "net_new_covered" | "net_new_members")
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
