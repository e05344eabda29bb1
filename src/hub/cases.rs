//! Outreach cases: opened, changed and closed by persons, closed and opened again by what an edition says.
//!
//! `cases` decides; `store/case.rs` keeps. Every change is made in one transaction with the events that say so.

use chrono::{Datelike, NaiveDate};

use super::error::HubError;
use super::open::Hub;
use crate::cases::closing::{CaseOutcome, CaseView, follow};
use crate::cases::standing::{
    CaseChange, CaseEvidence, CaseMethod, CaseOrigin, CaseOwner, CaseStage, CaseStanding, CaseState, CaseStep, CaseStepKind,
    is_won, was_covered,
};
use crate::edition::{Edition, EnterpriseRow};
use crate::model::problem::Problem;
use crate::model::reference::areas::{area_text, unit_code};
use crate::model::reference::federation_units;
use crate::model::reference::unions::finding_reasons;
use crate::store::case::{CaseArea, CaseQuery, CaseRow, CaseWon, NEVER_DUE};
use crate::store::case_event::CaseEventRow;
use crate::store::{case, case_event};

/// Longest note, in characters.
const MAX_NOTE: usize = 2_000;

/// How cases begin.
#[derive(Debug, Clone)]
pub struct CaseOpening {
    /// What for.
    pub origin: CaseOrigin,
    /// Who is responsible.
    pub owner: Option<CaseOwner>,
    /// When something is due.
    pub next_on: Option<NaiveDate>,
    pub note: Option<String>,
    pub by: Option<String>,
}

/// Cases that were opened, and those that were there already.
#[derive(Debug, Clone, Default)]
pub struct OpenedCases {
    pub opened: Vec<String>,
    pub existing: Vec<String>,
    /// Ids of enterprises whose case the data would close at once, with the reason: none was opened.
    pub needless: Vec<(String, Problem)>,
}

/// Who changes a case, which version of it they have seen, and what they write beside it.
#[derive(Debug, Clone, Default)]
pub struct CaseWord {
    pub by: Option<String>,
    /// The version that they saw; None: whatever it is.
    pub version: Option<i64>,
    pub note: Option<String>,
}

/// The case as `cases` takes it.
pub fn standing_of(row: &CaseRow) -> CaseStanding {
    CaseStanding {
        state: CaseState::from_name(&row.state).unwrap_or(CaseState::Open),
        stage: CaseStage::from_name(&row.stage).unwrap_or(CaseStage::Found),
        reason: row.reason.clone(),
        by_data: row.by_data != 0,
        owner: owner_of(row),
        next_on: Some(&row.due).filter(|due| *due != NEVER_DUE).and_then(|due| due.parse().ok()),
        method: row.method.as_deref().and_then(CaseMethod::from_name),
        assessment: row.assessment.and_then(|n| n.try_into().ok()),
        refusal: row.refusal.as_deref().and_then(|text| serde_json::from_str(text).ok()),
    }
}

/// The owner of a case.
pub fn owner_of(row: &CaseRow) -> Option<CaseOwner> {
    let unit = row.owner_unit.clone()?;
    Some(CaseOwner { unit, role: row.owner_role.clone(), name: row.owner_name.clone() })
}

/// The records that closed a case.
pub fn evidence_of(text: Option<&str>) -> Vec<CaseEvidence> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain texts")
}

/// Writes a standing into its row.
pub(super) fn write_standing(row: &mut CaseRow, s: &CaseStanding, at: i64) {
    let before = owner_of(row);
    if before != s.owner {
        row.owned_at = s.owner.as_ref().map(|_| at);
    }
    row.closed_at = match s.state {
        CaseState::Open => None,
        CaseState::Closed if row.state == s.state.name() && row.reason == s.reason => row.closed_at,
        CaseState::Closed => Some(at),
    };
    row.state = s.state.name().to_owned();
    row.stage = s.stage.name().to_owned();
    row.reason = s.reason.clone();
    row.by_data = i64::from(s.by_data);
    row.owner_unit = s.owner.as_ref().map(|o| o.unit.clone());
    row.owner_role = s.owner.as_ref().and_then(|o| o.role.clone());
    row.owner_name = s.owner.as_ref().and_then(|o| o.name.clone());
    row.due = s.next_on.map_or_else(|| NEVER_DUE.to_owned(), |day| day.to_string());
    row.method = s.method.map(|m| m.name().to_owned());
    row.assessment = s.assessment.map(i64::from);
    row.refusal = s.refusal.as_ref().map(json);
}

/// Events being written, numbered as they come.
pub(super) struct EventLog {
    pub next: i64,
    pub at: i64,
    pub events: Vec<CaseEventRow>,
}

impl EventLog {
    pub fn add(&mut self, row: &mut CaseRow, step: &CaseStep, by: Option<&str>, note: Option<&str>) -> &mut CaseEventRow {
        row.version = self.next;
        self.events.push(CaseEventRow {
            id: self.next,
            case_id: row.id.clone(),
            enterprise_id: row.enterprise_id.clone(),
            at: self.at,
            by_whom: by.map(str::to_owned),
            what: step.what.name().to_owned(),
            from_value: step.from.clone(),
            to_value: step.to.clone(),
            note: note.map(str::to_owned),
            edition: None,
            evidence: None,
        });
        self.next += 1;
        self.events.last_mut().expect("one was added")
    }

    /// Steps that a person makes at a case: written into its row and down here, the note with the first.
    pub fn take_steps(
        &mut self,
        row: &mut CaseRow,
        before: CaseStanding,
        steps: &[CaseStep],
        by: Option<&str>,
        note: Option<&str>,
    ) {
        let standing = steps.iter().fold(before, |case, step| case.after(step));
        if standing.state == CaseState::Open {
            row.evidence = None;
        }
        write_standing(row, &standing, self.at);
        for (number, step) in steps.iter().enumerate() {
            self.add(row, step, by, note.filter(|_| number == 0));
        }
    }
}

/// The words for a unit that nobody knows, or that is not the caller's.
pub fn no_unit(text: &str) -> HubError {
    HubError::said(
        format!("没有单位「{text}」：请使用 110108001 这样的区划代码、区划名称、工会代码（D110108）或 unionUnits 列出的代码"),
        format!(
            "there is no unit \"{text}\": use the code of an area (110108001), its name, that of a federation (D110108), or one that \
             unionUnits lists"
        ),
    )
}

/// The area that a case is kept under: town, else district, else nothing.
pub(super) fn area_of(edition: &Edition, enterprise: &str) -> (String, String) {
    let Some(row) = edition.enterprise_of_id(enterprise) else { return Default::default() };
    let code = row.town().or(row.district());
    (code.map(|c| c.to_string()).unwrap_or_default(), row.federation().unwrap_or_default().to_owned())
}

/// A note that people can read: not blank, not endless.
pub(super) fn checked_note(note: Option<&str>) -> Result<Option<&str>, HubError> {
    let note = note.map(str::trim).filter(|text| !text.is_empty());
    match note.map(|text| text.chars().count()).filter(|n| *n > MAX_NOTE) {
        None => Ok(note),
        Some(n) => Err(HubError::said(
            format!("备注最多 {MAX_NOTE} 字，收到 {n} 字"),
            format!("a note has at most {MAX_NOTE} characters, not {n}"),
        )),
    }
}

/// Whether payments of anybody are known at all.
pub(super) fn payments_known(edition: &Edition) -> bool {
    let known = |status: &str| edition.facet("fund", status).is_some_and(|rows| !rows.is_empty());
    ["PAID", "PARTIAL", "UNPAID", "WRONG_KIND"].iter().any(|status| known(status))
}

/// What becomes of a case by what an edition says of its enterprise; nothing where its verdicts cannot be read.
pub(super) fn outcome_of(
    enterprise: &EnterpriseRow<'_>,
    case: &CaseStanding,
    closed_by: &[CaseEvidence],
    payments_known: bool,
) -> CaseOutcome {
    let Ok(verdicts) = enterprise.verdicts() else { return CaseOutcome::default() };
    let view = CaseView { gap: &verdicts.gap, union: &verdicts.union, fund: &verdicts.fund, payments_known };
    let there = |e: &CaseEvidence| enterprise.members().any(|m| m.registry() == e.registry && m.key() == e.key);
    follow(case, closed_by, &view, there)
}

/// Whose week it is: conditions that are left out hold of everybody.
#[derive(Debug, Clone, Default)]
pub struct WorkOf {
    /// Code of the unit that is responsible.
    pub unit: Option<String>,
    pub role: Option<String>,
    pub name: Option<String>,
    /// Areas of the caller, as [`CaseQuery::areas`].
    pub areas: Vec<Vec<CaseArea>>,
}

/// The week of somebody: what is due and what came of it, as questions to the store.
#[derive(Debug, Clone)]
pub struct WorkWeek {
    pub today: NaiveDate,
    /// The Monday of this week.
    pub since: NaiveDate,
    pub due_today: CaseQuery,
    pub overdue: CaseQuery,
    /// On their list since Monday.
    pub new: CaseQuery,
    /// Without a day on which something is due.
    pub undated: CaseQuery,
    pub won: CaseQuery,
    pub lost: CaseQuery,
}

/// Cases that were closed with a union, or those closed with something else.
pub fn closed_with_union(is: bool) -> CaseWon {
    let codes =
        |says: fn(&str) -> bool| finding_reasons().iter().map(|r| r.code).filter(|c| says(c)).map(str::to_owned).collect();
    CaseWon { reasons: codes(is_won), by_data: codes(was_covered), is }
}

impl Hub {
    /// The week of somebody, by the hub's own day.
    pub fn work_week(&self, of: &WorkOf) -> WorkWeek {
        let today = self.clock.today(self.settings.zone);
        let since = today - chrono::Days::new(u64::from(today.weekday().num_days_from_monday()));
        let midnight = since.and_hms_opt(0, 0, 0).expect("midnight is a time");
        // Where clocks are turned at midnight the day begins an hour later.
        let began = midnight.and_local_timezone(self.settings.zone).earliest();
        let began = began.map_or_else(|| midnight.and_utc().timestamp_millis(), |t| t.timestamp_millis());
        let of = CaseQuery {
            owner_units: of.unit.iter().cloned().collect(),
            owner_role: of.role.clone(),
            owner_name: of.name.clone(),
            areas: of.areas.clone(),
            ..CaseQuery::default()
        };
        let open = CaseQuery { states: vec![CaseState::Open.name().to_owned()], ..of.clone() };
        let closed = |won: bool| CaseQuery {
            states: vec![CaseState::Closed.name().to_owned()],
            won: Some(closed_with_union(won)),
            closed: (Some(began), None),
            ..of.clone()
        };
        let day = |day: NaiveDate| Some(day.to_string());
        WorkWeek {
            today,
            since,
            due_today: CaseQuery { due: (day(today), day(today)), ..open.clone() },
            overdue: CaseQuery { due: (None, day(today - chrono::Days::new(1))), ..open.clone() },
            new: CaseQuery { owned_from: Some(began), ..open.clone() },
            undated: CaseQuery { due: (Some(NEVER_DUE.to_owned()), None), ..open },
            won: closed(true),
            lost: closed(false),
        }
    }

    /// The area that a text names, as cases are kept by it.
    ///
    /// # Errors
    /// There is none.
    pub fn case_area(&self, text: &str) -> Result<CaseArea, HubError> {
        let code = self.case_unit(text)?;
        let of_the_city = code.len() == 6 && code.ends_with("0000")
            || federation_units().iter().any(|u| u.unit == code && u.kind == "municipal");
        Ok(match code.bytes().all(|b| b.is_ascii_digit()) {
            _ if of_the_city => CaseArea::Everywhere,
            true => CaseArea::Within(code),
            false => CaseArea::Federation(code),
        })
    }

    /// The unit that a text names: an area of any level, or a federation unit.
    ///
    /// # Errors
    /// There is none, or several areas are called so.
    pub fn case_unit(&self, text: &str) -> Result<String, HubError> {
        let code = area_text(text);
        let edition = self.editions.current().ok();
        let of_edition = match edition.as_ref().map(|e| (e, e.area(code))) {
            None => None,
            Some((_, Some(area))) => Some(area.code.clone()),
            Some((e, None)) => e.area_by_name(code)?.map(|area| area.code.clone()),
        };
        of_edition.or_else(|| unit_code(code, None)).ok_or_else(|| no_unit(text))
    }

    /// The unit that a text names as an owner: an area, a federation unit, or one that was entered with the federation (a street's, a
    /// park's, a building's), by code or by a name that no other has.
    ///
    /// # Errors
    /// There is none; the store cannot be read.
    pub async fn owner_unit(&self, text: &str) -> Result<String, HubError> {
        match self.case_unit(text) {
            Ok(code) => Ok(code),
            Err(unknown) => {
                let federation = self.federation().await?;
                let at = federation.tree.meant(text).ok_or(unknown)?;
                Ok(federation.tree.units[at as usize].code.to_string())
            }
        }
    }

    pub(super) async fn checked_owner(&self, owner: Option<CaseOwner>) -> Result<Option<CaseOwner>, HubError> {
        match owner {
            Some(owner) => Ok(Some(CaseOwner { unit: self.owner_unit(&owner.unit).await?, ..owner })),
            None => Ok(None),
        }
    }

    /// Changes what a person may change of a case, and writes down what they say.
    ///
    /// # Errors
    /// Nothing was changed: no such case, another version than was seen, a value that cannot be meant.
    pub async fn change_case(&self, id: &str, change: CaseChange, word: &CaseWord) -> Result<CaseRow, HubError> {
        let owner = match change.owner.clone() {
            Some(owner) => Some(self.checked_owner(owner).await?),
            None => None,
        };
        let change = CaseChange { owner, ..change };
        let today = self.clock.today(self.settings.zone);
        self.step_case(id, word, |case| case.change(&change, today)).await
    }

    /// Closes a case with a reason of a person.
    ///
    /// # Errors
    /// Nothing was changed: no such case, another version than was seen, a reason that only the roll can give.
    pub async fn close_case(&self, id: &str, reason: &str, word: &CaseWord) -> Result<CaseRow, HubError> {
        self.step_case(id, word, |case| Ok(vec![case.close(reason)?])).await
    }

    /// Opens a case again that a person closed.
    ///
    /// # Errors
    /// Nothing was changed: no such case, another version than was seen, a case that the registries closed.
    pub async fn reopen_case(&self, id: &str, word: &CaseWord) -> Result<CaseRow, HubError> {
        self.step_case(id, word, |case| Ok(vec![case.reopen()?])).await
    }

    /// Makes the steps that `decide` finds, in one transaction.
    async fn step_case(
        &self,
        id: &str,
        word: &CaseWord,
        decide: impl FnOnce(&CaseStanding) -> Result<Vec<CaseStep>, Problem>,
    ) -> Result<CaseRow, HubError> {
        let note = checked_note(word.note.as_deref())?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let Some(mut row) = case::one(&mut tx, id).await.map_err(failed)? else {
            return Err(HubError::said(format!("没有案件 {id}"), format!("there is no case {id}")));
        };
        if let Some(into) = &row.joined_into {
            return Err(HubError::said(
                format!("企业已合并，案件 {id} 并入 {into}：请处理 {into}"),
                format!("its enterprise was joined with another one, and {into} goes on for case {id}: change {into}"),
            ));
        }
        if let Some(seen) = word.version.filter(|seen| *seen != row.version) {
            let events = self.store.case_events(&[id.to_owned()], i64::MAX, 1).await?;
            let who = events.first().and_then(|(_, e)| e.by_whom.clone());
            return Err(HubError::said(
                format!(
                    "案件在您查看（版本 {seen}）之后已由{}改动（版本 {}）：请重新查看后再改",
                    who.as_deref().unwrap_or("登记数据"),
                    row.version
                ),
                format!(
                    "the case was changed by {} since you saw it (version {seen}, now {}): look at it again, then change it",
                    who.as_deref().unwrap_or("the registries"),
                    row.version
                ),
            ));
        }
        let standing = standing_of(&row);
        let mut steps = decide(&standing).map_err(HubError::Told)?;
        if steps.is_empty() && note.is_some() {
            steps.push(CaseStep::new(CaseStepKind::Note, None, None));
        }
        if steps.is_empty() {
            return Ok(row);
        }
        let next = case_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = EventLog { next, at: self.clock.millis(), events: Vec::new() };
        log.take_steps(&mut row, standing, &steps, word.by.as_deref(), note);
        case::put(&mut tx, std::slice::from_ref(&row)).await.map_err(failed)?;
        case_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(row)
    }
}
