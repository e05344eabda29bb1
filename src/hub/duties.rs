//! Who is responsible: duties given and ended, cases of nobody given to whoever is, all of somebody's handed over when they leave; whom
//! nobody is responsible for.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::HashMap;
use roaring::RoaringBitmap;

use super::cases::{CaseWord, checked_note, owner_of, standing_of};
use super::error::HubError;
use super::open::Hub;
use crate::cases::duty::{Duty, DutyFacts, DutyScope, is_the_city, responsible};
use crate::cases::standing::{CaseChange, CaseOwner, CaseState};
use crate::edition::{Edition, EnterpriseRow, Filter, FoundRows, RowFinder};
use crate::model::public_id;
use crate::store::case::{CaseArea, CaseQuery};
use crate::store::duty::DutyRow;
use crate::store::work_event::{self, WorkEvent, WorkEventKind};
use crate::store::{case, case_event, duty};

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
        federation: e.federation().unwrap_or_default(),
        section: e.section().unwrap_or_default(),
        industry,
        address: e.address().unwrap_or_default(),
    };
    responsible(duties, &facts, on)
}

/// The words for a duty that nobody knows, is not the caller's, or was ended before.
pub fn no_duty(id: &str) -> HubError {
    HubError::said(format!("没有在任的职责 {id}"), format!("there is no duty {id} in force"))
}

/// Every duty, as kept and as `cases` takes it.
#[derive(Debug, Default)]
pub struct KeptDuties {
    pub rows: Vec<DutyRow>,
    /// One for an enterprise that was merged stands here twice: for it, as earlier editions know it, and for what it became.
    pub duties: Vec<Duty>,
}

impl KeptDuties {
    /// The duty that counts for an enterprise on a day, as it is kept.
    pub fn of(&self, e: &EnterpriseRow<'_>, on: NaiveDate) -> Option<&DutyRow> {
        let found = responsible_for(&self.duties, e, on)?;
        self.rows.iter().find(|row| row.id == found.id)
    }
}

/// Finds the enterprises that somebody is responsible for on a day.
struct ResponsibleRows {
    duties: Vec<Duty>,
}

impl RowFinder for ResponsibleRows {
    fn rows(&self, edition: &Edition) -> Arc<RoaringBitmap> {
        let mut found = RoaringBitmap::new();
        // Areas and trades are looked up; only addresses are read one by one, and only where nobody is responsible yet.
        let mut buildings: Vec<(&str, RoaringBitmap)> = Vec::new();
        for scope in self.duties.iter().map(|d| &d.scope) {
            let within = match &scope.area {
                Some(code) if is_the_city(code) => None,
                // An area that the edition does not know has nobody in it.
                Some(code) => Some(edition.area_rows(code).ok().flatten().unwrap_or_default()),
                None => None,
            };
            let of_trade = scope.industry.as_ref().map(|code| edition.industry_rows(code).ok().flatten().unwrap_or_default());
            let own = scope.enterprise.as_ref().map(|id| Arc::new(edition.row_of_id(id).into_iter().collect::<RoaringBitmap>()));
            let mut rows: Option<RoaringBitmap> = None;
            for part in [within, of_trade, own].into_iter().flatten() {
                match &mut rows {
                    Some(rows) => *rows &= &*part,
                    None => rows = Some((*part).clone()),
                }
            }
            let rows = rows.unwrap_or_else(|| (*edition.all()).clone());
            match &scope.building {
                Some(part) => buildings.push((part, rows)),
                None => found |= rows,
            }
        }
        for (part, rows) in buildings {
            for row in &rows - &found {
                if edition.enterprise(row).address().is_some_and(|address| address.contains(part)) {
                    found.insert(row);
                }
            }
        }
        Arc::new(found)
    }
}

/// The case areas of whoever hands over: cases elsewhere stay as they are. Empty: everywhere.
pub type HandOverAreas = Vec<Vec<CaseArea>>;

impl Hub {
    /// Every duty, ended ones included.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn kept_duties(&self) -> Result<KeptDuties, HubError> {
        let rows = self.store.duties(None).await?;
        let now = self.duties_now(&rows).await?;
        let mut kept = KeptDuties::default();
        for row in rows {
            if let Some(duty) = duty_of(&row) {
                if let Some(to) = row.enterprise_id.as_ref().and_then(|id| now.get(id)) {
                    let scope = DutyScope { enterprise: Some(to.clone()), ..duty.scope.clone() };
                    kept.duties.push(Duty { scope, ..duty.clone() });
                }
                kept.duties.push(duty);
            }
            kept.rows.push(row);
        }
        Ok(kept)
    }

    /// What enterprises of duties became that the current edition does not have.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn duties_now(&self, rows: &[DutyRow]) -> Result<HashMap<String, String>, HubError> {
        let Ok(edition) = self.editions.current() else { return Ok(HashMap::new()) };
        let gone = rows.iter().filter_map(|row| row.enterprise_id.as_ref()).filter(|id| edition.row_of_id(id).is_none());
        let gone: Vec<String> = gone.cloned().collect();
        self.successors(&edition, gone).await
    }

    /// The enterprises that somebody is responsible for today, as a condition of lists.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn with_responsible(&self) -> Result<Filter, HubError> {
        let today = self.clock.today(self.settings.zone);
        let mut duties = self.kept_duties().await?.duties;
        duties.retain(|d| d.starts <= today && d.ends.is_none_or(|ends| ends >= today) && !d.scope.is_empty());
        // The words are the condition: a cursor goes on only where the same duties hold.
        let scopes: Vec<&DutyScope> = duties.iter().map(|d| &d.scope).collect();
        let asked = format!("responsible {:016x}", xxhash_rust::xxh3::xxh3_64(format!("{scopes:?}").as_bytes()));
        Ok(Filter::Found(FoundRows::new(asked, Arc::new(ResponsibleRows { duties }))))
    }

    /// Gives a duty.
    ///
    /// # Errors
    /// Nothing was given: a unit, area, industry or enterprise that there is none of; a duty for nothing; days the wrong way round; a
    /// second first responsible person of a unit.
    pub async fn add_duty(&self, new: NewDuty) -> Result<DutyRow, HubError> {
        let owner = self.checked_owner(Some(new.owner)).await?.expect("one was given");
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
        let row = self.duty_row(owner, scope, new.is_first, (starts, new.ends), (new.by.as_deref(), None));
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        if new.is_first {
            let of_unit = duty::of_unit(&mut tx, &row.unit).await.map_err(failed)?;
            one_first(&of_unit, &row)?;
        }
        duty::put(&mut tx, &row).await.map_err(failed)?;
        let given = event(WorkEventKind::Given, &row.id);
        work_event::note(&mut tx, &[given], row.at, row.by_whom.as_deref()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(row)
    }

    fn duty_row(
        &self,
        owner: CaseOwner,
        scope: DutyScope,
        is_first: bool,
        (starts, ends): (NaiveDate, Option<NaiveDate>),
        (by, of): (Option<&str>, Option<&str>),
    ) -> DutyRow {
        let at = self.clock.millis();
        let parts = format!("{owner:?}{scope:?}{starts}{}", of.unwrap_or_default());
        let bits = xxhash_rust::xxh3::xxh3_64_with_seed(parts.as_bytes(), at as u64) & public_id::BITS;
        DutyRow {
            id: public_id::write('D', bits),
            unit: owner.unit,
            role: owner.role,
            name: owner.name,
            is_first: i64::from(is_first),
            area: scope.area,
            industry: scope.industry,
            building: scope.building,
            enterprise_id: scope.enterprise,
            starts: starts.to_string(),
            ends: ends.map(|d| d.to_string()),
            at,
            by_whom: by.map(str::to_owned),
            ended_at: None,
            ended_by: None,
        }
    }

    /// Ends a duty today.
    ///
    /// # Errors
    /// There is no such duty, or it was ended before.
    pub async fn end_duty(&self, id: &str, by: Option<&str>) -> Result<(), HubError> {
        let today = self.clock.today(self.settings.zone).to_string();
        let failed = |e| HubError::Store(self.store.failed(e));
        let at = self.clock.millis();
        let mut tx = self.store.begin_cases().await?;
        if !duty::end(&mut tx, id, &today, at, by).await.map_err(failed)? {
            return Err(no_duty(id));
        }
        work_event::note(&mut tx, &[event(WorkEventKind::Ended, id)], at, by).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(())
    }

    /// Gives open cases of nobody to whoever is responsible for their enterprise; how many, and how many are still nobody's.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn assign_by_duties(&self, query: &CaseQuery, by: Option<&str>) -> Result<(usize, usize), HubError> {
        let open = CaseQuery { states: vec![CaseState::Open.name().to_owned()], owned: Some(false), ..query.clone() };
        let (edition, duties) = (self.editions.current()?, self.kept_duties().await?.duties);
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

    /// Hands everything of somebody over: duties in force end today and begin for the other one, each for what it was for, whatever became
    /// of that; open cases in these areas change their owner. All of it or nothing. How many cases, and how many duties.
    ///
    /// # Errors
    /// Nothing was handed over: there is no such unit, nobody had anything, both are the same, or the other one's unit has a first
    /// responsible person already.
    pub async fn hand_over(
        &self,
        from: &CaseOwner,
        to: &CaseOwner,
        areas: HandOverAreas,
        note: Option<&str>,
        by: Option<&str>,
    ) -> Result<(usize, usize), HubError> {
        let from = self.checked_owner(Some(from.clone())).await?.expect("one was given");
        let to = self.checked_owner(Some(to.clone())).await?.expect("one was given");
        if from == to {
            return Err(HubError::said("移交双方相同", "both are the same"));
        }
        let note = checked_note(note)?;
        let query = CaseQuery {
            states: vec![CaseState::Open.name().to_owned()],
            owner_units: vec![from.unit.clone()],
            owner_role: from.role.clone(),
            owner_name: from.name.clone(),
            areas,
            ..CaseQuery::default()
        };
        let today = self.clock.today(self.settings.zone);
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let is_theirs = |row: &DutyRow| {
            row.ended_at.is_none() && duty_of(row).is_some_and(|d| d.owner == from && d.ends.is_none_or(|ends| ends >= today))
        };
        let mut theirs = duty::of_unit(&mut tx, &from.unit).await.map_err(failed)?;
        theirs.retain(is_theirs);
        let at = self.clock.millis();
        for row in &theirs {
            duty::end(&mut tx, &row.id, &today.to_string(), at, by).await.map_err(failed)?;
        }
        let mut given = Vec::with_capacity(theirs.len());
        for row in &theirs {
            let Some(old) = duty_of(row) else { continue };
            let days = (old.starts.max(today), old.ends);
            let new = self.duty_row(to.clone(), old.scope, row.is_first != 0, days, (by, Some(&row.id)));
            if row.is_first != 0 {
                one_first(&duty::of_unit(&mut tx, &to.unit).await.map_err(failed)?, &new)?;
            }
            duty::put(&mut tx, &new).await.map_err(failed)?;
            given.push(new.id);
        }
        let ended = theirs.iter().map(|row| event(WorkEventKind::Ended, &row.id));
        let events: Vec<WorkEvent<'_>> = ended.chain(given.iter().map(|id| event(WorkEventKind::Given, id))).collect();
        work_event::note(&mut tx, &events, at, by).await.map_err(failed)?;
        let mut log = self.case_log(&mut tx).await?;
        let mut changed = Vec::new();
        let change = CaseChange { owner: Some(Some(to)), ..CaseChange::default() };
        for case in self.store.cases(&query, MAX_CASES, None).await? {
            let Some(mut row) = case::one(&mut tx, &case.id).await.map_err(failed)? else { continue };
            // Without a role or name the question holds of everybody in the unit: only who is meant hands over.
            let is_theirs = row.state == CaseState::Open.name() && row.joined_into.is_none();
            if !is_theirs || owner_of(&row).as_ref() != Some(&from) {
                continue;
            }
            let standing = standing_of(&row);
            let steps = standing.change(&change, today).map_err(HubError::Told)?;
            log.take_steps(&mut row, standing, &steps, by, note);
            changed.push(row);
        }
        if changed.is_empty() && theirs.is_empty() {
            return Err(HubError::said("没有可移交的案件或职责", "there is nothing to hand over"));
        }
        case::put(&mut tx, &changed).await.map_err(failed)?;
        case_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok((changed.len(), theirs.len()))
    }
}

/// What happened to a duty.
fn event(kind: WorkEventKind, duty: &str) -> WorkEvent<'_> {
    WorkEvent { kind, thing: duty, visits: None }
}

/// A unit has one first responsible person at a time.
fn one_first(of_unit: &[DutyRow], new: &DutyRow) -> Result<(), HubError> {
    let overlaps = |d: &&DutyRow| {
        let (ends_before, begins_after) =
            (d.ends.as_ref().is_some_and(|ends| *ends < new.starts), new.ends.as_ref().is_some_and(|ends| *ends < d.starts));
        d.is_first != 0 && d.ended_at.is_none() && !ends_before && !begins_after
    };
    match of_unit.iter().find(overlaps) {
        None => Ok(()),
        Some(d) => {
            let who = [d.role.as_deref(), d.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let (zh, en) = if who.is_empty() { ("", "") } else { ("：", ": ") };
            Err(HubError::said(
                format!("单位 {} 自 {} 起已有第一责任人{zh}{who}；请先结束该职责（{}）或办理移交", d.unit, d.starts, d.id),
                format!(
                    "unit {} has a first responsible person since {}{en}{who}; end that duty ({}) or hand it over first",
                    d.unit, d.starts, d.id
                ),
            ))
        }
    }
}
