//! Visits that a person decides: those that are asked about count or are dismissed, and what a list brought is taken back.

use std::sync::Arc;

use hashbrown::HashMap;

use super::cases::{standing_of, write_standing};
use super::error::HubError;
use super::open::Hub;
use super::progress::ProgressSink;
use super::visits::{no_list, note_visits};
use crate::cases::standing::{CaseStep, CaseStepKind};
use crate::cases::visit::read;
use crate::store::Tx;
use crate::store::case::CaseRow;
use crate::store::visit;
use crate::store::visit::VisitRow;
use crate::store::work_event::WorkEventKind;
use crate::store::{case, case_event, finding};

impl Hub {
    /// Decides visits of a list that a person is asked about: they count, or are dismissed. How many.
    ///
    /// # Errors
    /// Nothing was decided: no such list, a visit that is not asked about.
    pub async fn settle_visits(
        &self,
        list: &str,
        visits: &[i64],
        count: bool,
        by: Option<&str>,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<usize, HubError> {
        self.store.visit_list(list).await?.ok_or_else(|| no_list(list))?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let all = visit::of_list(&mut tx, list).await.map_err(failed)?;
        let asked = |id: &i64| all.iter().find(|v| v.id == *id && v.state == "ASKED").cloned();
        let mut log = self.case_log(&mut tx).await?;
        let (mut done, mut changes_verdicts) = (0, false);
        for id in visits {
            let Some(mut v) = asked(id) else {
                return Err(HubError::said(
                    format!("走访 {id} 不在这份名单的待定之列"),
                    format!("visit {id} is none that is asked about on this list"),
                ));
            };
            v.state = if count { "COUNTS" } else { "DISMISSED" }.into();
            if count {
                let on = v.on_date.as_deref().and_then(|d| d.parse().ok());
                let assessment = v.assessment.and_then(|n| n.try_into().ok());
                let found = read(&v.door, v.answer.as_deref().unwrap_or(""), on, assessment).map_err(HubError::Told)?;
                // Where enterprises were joined meanwhile, the case that goes on takes it.
                let mut case = case::one(&mut tx, &v.case_id).await.map_err(failed)?;
                if let Some(into) = case.as_ref().and_then(|c| c.joined_into.clone()) {
                    case = case::one(&mut tx, &into).await.map_err(failed)?;
                }
                let Some(mut case) = case else { continue };
                changes_verdicts |= self.apply(&mut tx, &mut case, &mut v, &found, &mut log).await?;
            }
            visit::put(&mut tx, &v).await.map_err(failed)?;
            done += 1;
        }
        case_event::note(&mut tx, &log.events).await.map_err(failed)?;
        note_visits(&mut tx, WorkEventKind::Settled, list, done, (log.at, by)).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        if changes_verdicts {
            self.follow(progress).await;
        }
        Ok(done)
    }

    /// Takes back what a list brought, or what one person brought of it: findings are withdrawn, and the case is as it was where nobody
    /// has changed it since. How many visits, and how many of their cases others had changed.
    ///
    /// # Errors
    /// Nothing was taken back: no such list, or nothing of it counts.
    pub async fn take_back_visits(
        &self,
        list: &str,
        visitor: Option<&str>,
        by: Option<&str>,
        why: Option<&str>,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<(usize, usize), HubError> {
        self.store.visit_list(list).await?.ok_or_else(|| no_list(list))?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let mut all = visit::of_list(&mut tx, list).await.map_err(failed)?;
        all.retain(|v| matches!(v.state.as_str(), "COUNTS" | "ASKED") && visitor.is_none_or(|who| v.visitor == who));
        if all.is_empty() {
            return Err(HubError::said(
                format!("名单 {list} 没有可撤回的走访"),
                format!("nothing of visit list {list} can be taken back"),
            ));
        }
        let mut log = self.case_log(&mut tx).await?;
        let (mut kept, mut changes_verdicts) = (0, false);
        let done = all.len();
        // The last first: each finds its case as it left it.
        let mut undone: HashMap<String, i64> = HashMap::new();
        for mut v in all.into_iter().rev() {
            v.state = "TAKEN_BACK".into();
            if let Some(finding) = &v.finding_id {
                finding::withdraw(&mut tx, finding, by, why, log.at).await.map_err(failed)?;
                changes_verdicts = true;
            }
            if let (Some(first), Some(last)) = (v.first_event, v.last_event)
                && let Some(mut case) = self.case_of_visit(&mut tx, &v).await?
            {
                let steps = case_event::events_between(&mut tx, &case.id, first, last).await.map_err(failed)?;
                let is_last = case.version == last || undone.get(&case.id) == Some(&case.version);
                let mut back = vec![CaseStep::new(CaseStepKind::Visited, steps.first().and_then(|s| s.to_value.clone()), None)];
                if is_last {
                    let other = |s: &&case_event::CaseEventRow| s.what != CaseStepKind::Visited.name();
                    back.extend(steps.iter().rev().filter(other).filter_map(|s| {
                        Some(CaseStep::new(CaseStepKind::from_name(&s.what)?, s.to_value.clone(), s.from_value.clone()))
                    }));
                } else {
                    kept += 1;
                }
                let after = back.iter().fold(standing_of(&case), |case, step| case.after(step));
                write_standing(&mut case, &after, log.at);
                for step in &back {
                    log.add(&mut case, step, by, why.filter(|_| step.what == CaseStepKind::Visited));
                }
                undone.insert(case.id.clone(), case.version);
                case::put(&mut tx, std::slice::from_ref(&case)).await.map_err(failed)?;
            }
            visit::put(&mut tx, &v).await.map_err(failed)?;
        }
        case_event::note(&mut tx, &log.events).await.map_err(failed)?;
        note_visits(&mut tx, WorkEventKind::TakenBack, list, done, (log.at, by)).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        if changes_verdicts {
            self.follow(progress).await;
        }
        Ok((done, kept))
    }

    async fn case_of_visit(&self, tx: &mut Tx, v: &VisitRow) -> Result<Option<CaseRow>, HubError> {
        let failed = |e| HubError::Store(self.store.failed(e));
        let case = case::one(tx, &v.case_id).await.map_err(failed)?;
        match case.as_ref().and_then(|c| c.joined_into.clone()) {
            Some(into) => case::one(tx, &into).await.map_err(failed),
            None => Ok(case),
        }
    }
}
