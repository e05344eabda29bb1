//! Cases as they begin: one for each enterprise, none where the data would close it at once.

use hashbrown::{HashMap, HashSet};

use super::cases::{CaseOpening, EventLog, OpenedCases, area_of, checked_note, json, outcome_of, payments_known, write_standing};
use super::error::HubError;
use super::open::Hub;
use crate::cases::closing::CaseOutcome;
use crate::cases::standing::{CaseChange, CaseStanding, CaseState, CaseStep, CaseStepKind, is_won, was_covered};
use crate::edition::EnterpriseRow;
use crate::model::message::{Lang, value_text};
use crate::model::problem::Problem;
use crate::model::public_id;
use crate::model::verdict::GapStatus;
use crate::store::case::{CaseRow, NEVER_DUE};
use crate::store::{case, case_event};

/// Why nobody is sent to an enterprise whose case would be closed with this reason.
fn needless(enterprise: &EnterpriseRow<'_>, reason: &str) -> Problem {
    let (name, zh, en) = (enterprise.name(), value_text("finding", reason, Lang::Zh), value_text("finding", reason, Lang::En));
    match is_won(reason) || was_covered(reason) {
        true => Problem::new(
            "has_union",
            format!("「{name}」名册上已有工会，没有要办的事，不立案（{zh}）"),
            format!("{name} has its union on the roll and nothing is left to do: no case is opened ({en})"),
        ),
        false => Problem::new(
            "out_of_scope",
            format!("「{name}」不在建会范围内，不立案（{zh}）；登记有误请先提出校核"),
            format!("no case is opened for {name}: out of scope ({en}); where a registry is wrong, ask its department first"),
        ),
    }
}

impl Hub {
    /// Opens a case for each of these enterprises, ids of the current edition; those that have one keep it, open or closed. A union on the
    /// roll that pays no dues yet begins at the tax switch; where nothing is left to do, none is opened.
    ///
    /// # Errors
    /// Nothing was opened: an owner or day that cannot be meant, an enterprise that is not there, a store that cannot be written.
    pub async fn open_cases(&self, enterprises: &[String], opening: &CaseOpening) -> Result<OpenedCases, HubError> {
        let edition = self.editions.current()?;
        if let Some(unknown) = enterprises.iter().find(|id| edition.row_of_id(id).is_none()) {
            return Err(HubError::said(format!("本期没有企业 {unknown}"), format!("the edition has no enterprise {unknown}")));
        }
        let note = checked_note(opening.note.as_deref())?;
        let owner = self.checked_owner(opening.owner.clone()).await?;
        let change = CaseChange { owner: owner.map(Some), next_on: opening.next_on.map(Some), ..CaseChange::default() };
        let steps = CaseStanding::opened().change(&change, self.clock.today(self.settings.zone)).map_err(HubError::Told)?;
        let standing = steps.iter().fold(CaseStanding::opened(), CaseStanding::after);
        let opened = CaseStep::new(CaseStepKind::Opened, None, Some(opening.origin.name().to_owned()));
        let (at, are_paid) = (self.clock.millis(), payments_known(&edition));
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let there: HashMap<String, String> = case::ids_of(&mut tx, enterprises).await.map_err(failed)?.into_iter().collect();
        let mut log = EventLog { next: case_event::last_event(&mut tx).await.map_err(failed)? + 1, at, events: Vec::new() };
        let (mut rows, mut done, mut seen) = (Vec::new(), OpenedCases::default(), HashSet::new());
        for id in enterprises.iter().filter(|id| seen.insert(*id)) {
            if let Some(existing) = there.get(id) {
                done.existing.push(existing.clone());
                continue;
            }
            let Some(enterprise) = edition.enterprise_of_id(id) else { continue };
            // Reasons are read only of those whose verdict may do something to their case.
            let outcome = match enterprise.gap() {
                Some(GapStatus::Covered | GapStatus::OutOfScope) => outcome_of(&enterprise, &standing, &[], are_paid),
                _ => CaseOutcome::default(),
            };
            let followed = outcome.steps.iter().fold(standing.clone(), |case, step| case.after(step));
            if followed.state == CaseState::Closed {
                done.needless.push((id.clone(), needless(&enterprise, followed.reason.as_deref().unwrap_or("closed"))));
                continue;
            }
            let bits = xxhash_rust::xxh3::xxh3_64_with_seed(id.as_bytes(), log.next as u64) & public_id::BITS;
            let (area, federation) = area_of(&edition, id);
            let mut row = CaseRow {
                id: public_id::write('C', bits),
                enterprise_id: id.clone(),
                home_id: id.clone(),
                joined_into: None,
                state: String::new(),
                stage: String::new(),
                reason: None,
                by_data: 0,
                evidence: None,
                origin: opening.origin.name().to_owned(),
                area,
                federation,
                owner_unit: None,
                owner_role: None,
                owner_name: None,
                owned_at: None,
                due: NEVER_DUE.to_owned(),
                method: None,
                assessment: None,
                refusal: None,
                opened_at: at,
                closed_at: None,
                version: 0,
            };
            write_standing(&mut row, &followed, at);
            log.add(&mut row, &opened, opening.by.as_deref(), note);
            for step in &steps {
                log.add(&mut row, step, opening.by.as_deref(), None);
            }
            for step in &outcome.steps {
                let event = log.add(&mut row, step, None, None);
                event.edition = Some(i64::from(edition.number()));
                event.evidence = (!outcome.evidence.is_empty()).then(|| json(&outcome.evidence));
            }
            done.opened.push(row.id.clone());
            rows.push(row);
        }
        case::put(&mut tx, &rows).await.map_err(failed)?;
        case_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(done)
    }
}
