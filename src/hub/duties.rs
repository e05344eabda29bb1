//! Who is responsible: duties given and ended, cases of nobody given to whoever is, all of somebody's handed over when they leave.

use chrono::NaiveDate;

use super::cases::{CaseWord, owner_of};
use super::error::HubError;
use super::open::Hub;
use crate::cases::duty::{Duty, DutyFacts, DutyScope, responsible};
use crate::cases::standing::{CaseChange, CaseOwner, CaseState};
use crate::edition::EnterpriseRow;
use crate::model::public_id;
use crate::store::StoreError;
use crate::store::case::CaseQuery;
use crate::store::duty::DutyRow;

/// Cases that are given or handed over at a time.
const MAX_CASES: i64 = 100_000;

/// A duty, as asked for.
#[derive(Debug, Clone)]
pub struct NewDuty {
    pub owner: CaseOwner,
    /// The first responsible person of the unit.
    pub is_first: bool,
    pub scope: DutyScope,
    /// Today where left out.
    pub starts: Option<NaiveDate>,
    pub ends: Option<NaiveDate>,
    pub by: Option<String>,
}

/// A kept duty, as `cases` takes it.
///
/// # Errors
/// A day that is none.
pub fn duty_of(row: &DutyRow) -> Option<Duty> {
    Some(Duty {
        id: row.id.clone(),
        owner: CaseOwner { unit: row.unit.clone(), role: row.role.clone(), name: row.name.clone() },
        scope: DutyScope {
            area: row.area.clone(),
            industry: row.industry.clone(),
            building: row.building.clone(),
            enterprise: row.enterprise_id.clone(),
        },
        starts: row.starts.parse().ok()?,
        ends: row.ends.as_ref().map(|d| d.parse().ok()).unwrap_or_default(),
    })
}

/// The duty that counts for an enterprise.
pub fn responsible_for<'d>(duties: &'d [Duty], e: &EnterpriseRow<'_>, on: NaiveDate) -> Option<&'d Duty> {
    let area = e.town().or(e.district()).map(|code| code.to_string()).unwrap_or_default();
    let industry = e.industry().unwrap_or_default().trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let facts = DutyFacts {
        id: e.id(),
        area: &area,
        section: e.section().unwrap_or_default(),
        industry,
        address: e.address().unwrap_or_default(),
    };
    responsible(duties, &facts, on)
}

impl Hub {
    /// Duties in force on a day or later.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn duties(&self) -> Result<Vec<Duty>, StoreError> {
        Ok(self.store.duties(None).await?.iter().filter_map(duty_of).collect())
    }

    /// Gives a duty.
    ///
    /// # Errors
    /// Nothing was given: a unit, area, industry or enterprise that there is none of; a duty for nothing; days the wrong way round.
    pub async fn add_duty(&self, new: NewDuty) -> Result<DutyRow, HubError> {
        let owner = self.checked_owner(Some(new.owner))?.expect("one was given");
        let today = self.clock.today(self.settings.zone);
        let starts = new.starts.unwrap_or(today);
        if new.ends.is_some_and(|ends| ends < starts) {
            return Err(HubError::said("结束日期早于开始日期", "the last day lies before the first"));
        }
        let edition = self.editions.current()?;
        if let Some(industry) = &new.scope.industry {
            edition.industry_rows(industry)?;
        }
        let text = |t: Option<String>| t.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let scope = DutyScope {
            area: new.scope.area.as_deref().map(|area| self.case_unit(area)).transpose()?,
            industry: text(new.scope.industry).map(|code| code.to_ascii_uppercase()),
            building: text(new.scope.building),
            enterprise: new.scope.enterprise.as_deref().map(|text| self.enterprise_id(text)).transpose()?,
        };
        if scope.is_empty() && !new.is_first {
            return Err(HubError::said(
                "请说明负责什么：区域、行业、楼宇或企业（第一责任人除外）",
                "say what for: an area, an industry, a building or an enterprise (the first responsible person needs none)",
            ));
        }
        let at = self.clock.millis();
        let parts = format!("{owner:?}{scope:?}{starts}");
        let bits = xxhash_rust::xxh3::xxh3_64_with_seed(parts.as_bytes(), at as u64) & public_id::BITS;
        let row = DutyRow {
            id: public_id::write('D', bits),
            unit: owner.unit,
            role: owner.role,
            name: owner.name,
            is_first: i64::from(new.is_first),
            area: scope.area,
            industry: scope.industry,
            building: scope.building,
            enterprise_id: scope.enterprise,
            starts: starts.to_string(),
            ends: new.ends.map(|d| d.to_string()),
            at,
            by_whom: new.by,
            ended_at: None,
            ended_by: None,
        };
        self.store.put_duty(&row).await?;
        Ok(row)
    }

    /// Ends a duty today.
    ///
    /// # Errors
    /// There is no such duty, or it was ended before.
    pub async fn end_duty(&self, id: &str, by: Option<&str>) -> Result<(), HubError> {
        let today = self.clock.today(self.settings.zone).to_string();
        match self.store.end_duty(id, &today, self.clock.millis(), by).await? {
            true => Ok(()),
            false => Err(HubError::said(format!("没有在任的职责 {id}"), format!("there is no duty {id} in force"))),
        }
    }

    /// Gives open cases of nobody to whoever is responsible for their enterprise; how many, and how many are still nobody's.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn assign_by_duties(&self, query: &CaseQuery, by: Option<&str>) -> Result<(usize, usize), HubError> {
        let open = CaseQuery { states: vec![CaseState::Open.name().to_owned()], owned: Some(false), ..query.clone() };
        let (edition, duties) = (self.editions.current()?, self.duties().await?);
        let today = self.clock.today(self.settings.zone);
        let cases = self.store.cases(&open, MAX_CASES, None).await?;
        let mut given = 0;
        for case in &cases {
            let duty = edition.enterprise_of_id(&case.enterprise_id).and_then(|e| responsible_for(&duties, &e, today));
            let Some(duty) = duty else { continue };
            let change = CaseChange { owner: Some(Some(duty.owner.clone())), ..CaseChange::default() };
            let word = CaseWord { by: by.map(str::to_owned), ..CaseWord::default() };
            self.change_case(&case.id, change, &word).await?;
            given += 1;
        }
        Ok((given, cases.len() - given))
    }

    /// Hands everything of somebody over: duties in force end today and begin for the other one, open cases change their owner. How many
    /// cases, and how many duties.
    ///
    /// # Errors
    /// Nothing was handed over: there is no such unit, nobody had anything, or both are the same.
    pub async fn hand_over(
        &self,
        from: &CaseOwner,
        to: &CaseOwner,
        note: Option<&str>,
        by: Option<&str>,
    ) -> Result<(usize, usize), HubError> {
        let from = self.checked_owner(Some(from.clone()))?.expect("one was given");
        let to = self.checked_owner(Some(to.clone()))?.expect("one was given");
        if from == to {
            return Err(HubError::said("移交双方相同", "both are the same"));
        }
        let query = CaseQuery {
            states: vec![CaseState::Open.name().to_owned()],
            owner_units: vec![from.unit.clone()],
            owner_role: from.role.clone(),
            owner_name: from.name.clone(),
            ..CaseQuery::default()
        };
        let today = self.clock.today(self.settings.zone);
        let is_theirs = |d: &Duty| d.owner == from && d.ends.is_none_or(|ends| ends >= today);
        let rows = self.store.duties(Some(&from.unit)).await?;
        let theirs: Vec<(&DutyRow, Duty)> = rows
            .iter()
            .filter(|r| r.ended_at.is_none())
            .filter_map(|r| Some((r, duty_of(r)?)))
            .filter(|(_, d)| is_theirs(d))
            .collect();
        let cases = self.store.cases(&query, MAX_CASES, None).await?;
        // Without a role or name the question holds of everybody in the unit: only who is meant hands over.
        let cases: Vec<_> = cases.into_iter().filter(|c| owner_of(c).as_ref() == Some(&from)).collect();
        if cases.is_empty() && theirs.is_empty() {
            return Err(HubError::said("没有可移交的案件或职责", "there is nothing to hand over"));
        }
        for (row, duty) in &theirs {
            self.store.end_duty(&duty.id, &today.to_string(), self.clock.millis(), by).await?;
            let new = NewDuty {
                owner: to.clone(),
                is_first: row.is_first != 0,
                scope: duty.scope.clone(),
                starts: Some(today),
                ends: duty.ends,
                by: by.map(str::to_owned),
            };
            self.add_duty(new).await?;
        }
        for case in &cases {
            let change = CaseChange { owner: Some(Some(to.clone())), ..CaseChange::default() };
            let word = CaseWord { by: by.map(str::to_owned), note: note.map(str::to_owned), version: None };
            self.change_case(&case.id, change, &word).await?;
        }
        Ok((cases.len(), theirs.len()))
    }
}
