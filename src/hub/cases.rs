//! Outreach cases: opened, changed and closed by persons, closed and opened again by what an edition says.
//!
//! `cases` decides; `store/case.rs` keeps. Every change is made in one transaction with the events that say so.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use hashbrown::{HashMap, HashSet};

use super::error::HubError;
use super::open::Hub;
use crate::cases::closing::{CaseOutcome, CaseView, follow, gone};
use crate::cases::seat::{CaseSeat, SeatMove, moves};
use crate::cases::standing::{
    CaseChange, CaseEvidence, CaseMethod, CaseOrigin, CaseOwner, CaseStage, CaseStanding, CaseState, CaseStep, CaseStepKind,
    is_won, was_covered,
};
use crate::edition::{Edition, EnterpriseRow};
use crate::model::problem::Problem;
use crate::model::reference::areas::{area_text, unit_code};
use crate::model::reference::federation_units;
use crate::model::reference::unions::finding_reasons;
use crate::model::verdict::{FundKind, GapStatus};
use crate::store::case::{CaseArea, CaseQuery, CaseRow, CaseWon, NEVER_DUE};
use crate::store::case_event::CaseEventRow;
use crate::store::set_meta;
use crate::store::{case, case_event};

/// Number of the edition whose verdicts the cases have followed.
const FOLLOWED: &str = "cases_followed";
/// Merged ids are followed so far.
const MAX_REDIRECTS: usize = 16;
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

/// What an edition did to the cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CasesFollowed {
    /// Closed with a union.
    pub won: usize,
    /// Closed with another reason.
    pub closed: usize,
    pub reopened: usize,
    pub joined: usize,
    pub parted: usize,
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

    /// Lets the cases follow the current edition: closed by the roll, open again where it takes that back, joined and parted with their
    /// enterprises. An edition that they follow already changes nothing.
    ///
    /// # Errors
    /// Nothing was changed: the store cannot be read or written.
    pub async fn follow_cases(&self) -> Result<CasesFollowed, HubError> {
        self.follow_cases_of(None).await
    }

    /// `only`: enterprises that the edition judges otherwise than the one before, where it differs in nothing else: nobody moves then, and
    /// other cases are not looked at.
    async fn follow_cases_of(&self, only: Option<&[String]>) -> Result<CasesFollowed, HubError> {
        let Ok(edition) = self.editions.current() else { return Ok(CasesFollowed::default()) };
        let number = edition.number().to_string();
        let followed = self.store.meta(FOLLOWED).await?;
        if followed.as_ref() == Some(&number) {
            return Ok(CasesFollowed::default());
        }
        let before = edition.number().checked_sub(1).map(|number| number.to_string());
        let only = only.filter(|_| followed.is_some() && followed == before);
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let rows = match only {
            Some(ids) => case::of(&mut tx, ids).await.map_err(failed)?,
            None => case::all(&mut tx).await.map_err(failed)?,
        };
        let successors = match only {
            Some(_) => None,
            None => {
                let gone = rows.iter().map(|r| &r.enterprise_id).filter(|id| edition.row_of_id(id).is_none());
                Some(self.successors(&edition, gone.cloned().collect()).await?)
            }
        };
        let next = case_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let log = EventLog { next, at: self.clock.millis(), events: Vec::new() };
        let planned = tokio::task::spawn_blocking(move || Following::plan(&edition, rows, successors.as_ref(), log));
        let planned = planned.await.expect("following does not panic");
        case::unseat(&mut tx, &planned.moved).await.map_err(failed)?;
        case::put(&mut tx, &planned.changed).await.map_err(failed)?;
        case_event::note(&mut tx, &planned.log.events).await.map_err(failed)?;
        set_meta(&mut tx, FOLLOWED, &number).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        let done = planned.done;
        if done != CasesFollowed::default() {
            tracing::info!(?done, edition = %number, "cases follow the edition");
        }
        Ok(done)
    }

    /// Lets the cases follow what was just published; where that fails the log says so, and the next look tries again.
    pub async fn followed_by_cases(&self) {
        self.followed_or_told(None).await;
    }

    /// The same of an edition that judges these enterprises otherwise and differs in nothing else from the one before.
    pub(super) async fn followed_by_cases_of(&self, enterprises: &[String]) {
        self.followed_or_told(Some(enterprises)).await;
    }

    async fn followed_or_told(&self, only: Option<&[String]>) {
        if let Err(error) = self.follow_cases_of(only).await {
            tracing::error!(%error, "the cases could not follow the edition; the next publication, or the server, tries again");
        }
    }

    /// Where enterprises went that the edition does not have; those that ended without a successor are left out.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn successors(&self, edition: &Edition, gone: Vec<String>) -> Result<HashMap<String, String>, HubError> {
        let mut found: HashMap<String, String> = HashMap::new();
        let mut open = gone;
        for _ in 0..MAX_REDIRECTS {
            open.retain(|id| !found.contains_key(id));
            if open.is_empty() {
                break;
            }
            let redirects = self.store.entity_redirects(&open).await?;
            open = redirects.iter().map(|(_, to)| to).filter(|to| edition.row_of_id(to).is_none()).cloned().collect();
            found.extend(redirects);
        }
        // An id that was merged twice leads to the last one.
        let last = |id: &String| {
            let mut at = found.get(id)?;
            for _ in 0..MAX_REDIRECTS {
                let Some(next) = found.get(at).filter(|_| edition.row_of_id(at).is_none()) else { break };
                at = next;
            }
            Some(at.clone())
        };
        Ok(found.keys().filter_map(|id| Some((id.clone(), last(id)?))).collect())
    }
}

/// What an edition does to the cases, worked out before anything is written.
struct Following {
    log: EventLog,
    /// Ids of those that change seats.
    moved: Vec<String>,
    /// Rows that are to be written, as they are afterwards.
    changed: Vec<CaseRow>,
    done: CasesFollowed,
}

impl Following {
    /// `successors`: None where nobody moved.
    fn plan(
        edition: &Arc<Edition>,
        mut rows: Vec<CaseRow>,
        successors: Option<&HashMap<String, String>>,
        log: EventLog,
    ) -> Following {
        let mut planned = Following { log, moved: Vec::new(), changed: Vec::new(), done: CasesFollowed::default() };
        let mut touched: HashSet<usize> = HashSet::new();
        if let Some(successors) = successors {
            planned.change_seats(edition, &mut rows, successors, &mut touched);
        }
        let payments_known = payments_known(edition);
        for (at, row) in rows.iter_mut().enumerate().filter(|(_, row)| row.joined_into.is_none()) {
            if planned.follow(edition, row, payments_known) {
                touched.insert(at);
            }
        }
        let mut touched: Vec<usize> = touched.into_iter().collect();
        touched.sort_unstable();
        let mut rows: Vec<Option<CaseRow>> = rows.into_iter().map(Some).collect();
        planned.changed = touched.into_iter().filter_map(|at| rows[at].take()).collect();
        planned
    }

    fn change_seats(
        &mut self,
        edition: &Edition,
        rows: &mut [CaseRow],
        successors: &HashMap<String, String>,
        touched: &mut HashSet<usize>,
    ) {
        let is_there = |id: &str| edition.row_of_id(id).is_some();
        // Nearly always nobody moved: then nothing is copied.
        let moves_at_all =
            |row: &CaseRow| row.joined_into.is_some() || row.enterprise_id != row.home_id || !is_there(&row.enterprise_id);
        if !rows.iter().any(moves_at_all) {
            return;
        }
        let seat = |row: &CaseRow| {
            let standing = standing_of(row);
            CaseSeat {
                id: row.id.clone(),
                home: row.home_id.clone(),
                enterprise: row.enterprise_id.clone(),
                joined_into: row.joined_into.clone(),
                state: standing.state,
                stage: standing.stage,
                opened_at: row.opened_at,
            }
        };
        let seats: Vec<CaseSeat> = rows.iter().map(seat).collect();
        let by_id: HashMap<String, usize> = rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect();
        let made = moves(&seats, is_there, |id| successors.get(id).map(String::as_str));
        let edition_number = i64::from(edition.number());
        for (id, step) in made {
            let at = by_id[&id];
            let row = &mut rows[at];
            let from = Some(row.enterprise_id.clone());
            let step = match step {
                SeatMove::Moved(to) => {
                    row.enterprise_id = to.clone();
                    CaseStep::new(CaseStepKind::Moved, from, Some(to))
                }
                SeatMove::Joined(into) => {
                    self.done.joined += 1;
                    row.joined_into = Some(into.clone());
                    CaseStep::new(CaseStepKind::Joined, from, Some(into))
                }
                SeatMove::Parted => {
                    self.done.parted += 1;
                    (row.enterprise_id, row.joined_into) = (row.home_id.clone(), None);
                    CaseStep::new(CaseStepKind::Parted, from, Some(row.home_id.clone()))
                }
                SeatMove::Gone => {
                    let standing = standing_of(row);
                    let Some(step) = gone(&standing) else { continue };
                    self.done.closed += 1;
                    write_standing(row, &standing.after(&step), self.log.at);
                    row.evidence = None;
                    step
                }
            };
            self.log.add(row, &step, None, None).edition = Some(edition_number);
            touched.insert(at);
            self.moved.push(id);
        }
        self.moved.sort_unstable();
        self.moved.dedup();
    }

    /// Whether the row is another one afterwards.
    fn follow(&mut self, edition: &Edition, row: &mut CaseRow, payments_known: bool) -> bool {
        let Some(enterprise) = edition.enterprise_of_id(&row.enterprise_id) else { return false };
        let area = enterprise.town().or(enterprise.district()).map(|code| code.to_string()).unwrap_or_default();
        let federation = enterprise.federation().unwrap_or_default();
        let mut is_other = false;
        if row.area != area || row.federation != federation {
            (row.area, row.federation) = (area, federation.to_owned());
            is_other = true;
        }
        // Reasons are read only of those whose verdict may do something to their case.
        let is_open = row.state == CaseState::Open.name();
        let reason = row.reason.as_deref().unwrap_or_default();
        let pays_dues = || enterprise.fund_kind() == Some(FundKind::Dues) && enterprise.fund_paid().is_some_and(|m| m.0 > 0);
        let looks = match enterprise.gap() {
            Some(GapStatus::Lacking | GapStatus::LackingIndependent) => !is_open && row.by_data != 0,
            Some(GapStatus::Covered) if is_open => true,
            Some(GapStatus::Covered) if row.by_data != 0 && (is_won(reason) || was_covered(reason)) => !pays_dues(),
            Some(GapStatus::Covered) => row.by_data != 0 || !was_covered(reason),
            Some(GapStatus::OutOfScope) => is_open,
            Some(GapStatus::Undecided) | None => false,
        };
        if !looks {
            return is_other;
        }
        let before = standing_of(row);
        let outcome = outcome_of(&enterprise, &before, &evidence_of(row.evidence.as_deref()), payments_known);
        if outcome.steps.is_empty() {
            return is_other;
        }
        let after = outcome.steps.iter().fold(before.clone(), |case, step| case.after(step));
        match (before.state, after.state) {
            (_, CaseState::Closed) if after.is_won() => self.done.won += 1,
            (CaseState::Open, CaseState::Closed) => self.done.closed += 1,
            (CaseState::Closed, CaseState::Open) => self.done.reopened += 1,
            _ => {}
        }
        let evidence = (!outcome.evidence.is_empty()).then(|| json(&outcome.evidence));
        row.evidence = if after.state == CaseState::Closed { evidence.clone() } else { None };
        write_standing(row, &after, self.log.at);
        for step in &outcome.steps {
            let event = self.log.add(row, step, None, None);
            event.edition = Some(i64::from(edition.number()));
            event.evidence.clone_from(&evidence);
        }
        true
    }
}
