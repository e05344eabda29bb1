//! What an edition does to the cases: closed by the roll and the first dues, open again where they are taken back, joined and parted with
//! their enterprises.
//!
//! `cases/closing` and `cases/seat` decide; here it is worked out for all of them and kept in one transaction with the edition that they
//! have followed.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::cases::{EventLog, evidence_of, json, outcome_of, payments_known, standing_of, write_standing};
use super::error::HubError;
use super::open::Hub;
use crate::cases::closing::gone;
use crate::cases::seat::{CaseSeat, SeatMove, moves};
use crate::cases::standing::{CaseState, CaseStep, CaseStepKind, is_won, was_covered};
use crate::edition::Edition;
use crate::model::verdict::{FundKind, GapStatus};
use crate::store::case::CaseRow;
use crate::store::set_meta;
use crate::store::{case, case_event};

/// Number of the edition whose verdicts the cases have followed.
const FOLLOWED: &str = "cases_followed";
/// Merged ids are followed so far.
const MAX_REDIRECTS: usize = 16;

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

impl Hub {
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
