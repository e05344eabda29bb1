//! What a finding changes, and nothing else: the enterprise that was visited is judged again, and an edition follows that says so.
//!
//! A finding is an input to the verdicts of one enterprise: no record, no link and no other enterprise depends on it. Where anything
//! but findings differs from the edition before, or the enterprise read by itself is not what it was in the whole city, this publishes
//! nothing, and the whole city is judged.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};

use super::basis::standing;
use super::error::HubError;
use super::guard::{Inputs, Word};
use super::header::Header;
use super::open::Hub;
use super::published::Published;
use crate::assess::assess;
use crate::edition::{Edition, EditionError};
use crate::model::enterprise::Enterprise;
use crate::model::facts::{AssessmentInput, StandingFinding};
use crate::model::verdict::GapStatus;
use crate::publish::{INPUTS_BUT_FINDINGS, Judged, PublishError, publish_judged};
use crate::records;
use crate::store::history::EditionBasis;

/// Of more enterprises at once the whole city is judged: a few seconds more, and no list of neighbours.
const MOST: usize = 2_000;

impl Hub {
    /// Publishes what findings alone changed since `previous`, and names whom; None where something else did too, or where that cannot be told.
    pub(super) async fn follow_findings(
        &self,
        previous: &Arc<Edition>,
        inputs: &Inputs,
        header: Header,
    ) -> Result<Option<(Published, Vec<String>)>, HubError> {
        if self.store.meta(INPUTS_BUT_FINDINGS).await?.as_ref() != Some(&inputs.but_findings) {
            return Ok(None);
        }
        let Some(basis) = self.store.edition_basis(i64::from(previous.number())).await? else { return Ok(None) };
        let findings = self.standing_findings(header.as_of).await?;
        let before = self.store.findings_as_of(i64::from(previous.number())).await?;
        let before = standing(&self.store, before.into_iter(), header.as_of)?;
        let ids = concerned(&before, &findings);
        if ids.len() > MOST || ids.iter().any(|id| previous.row_of_id(id).is_none()) {
            return Ok(None);
        }
        let decided_before = self.decided_before(Some(previous));
        let mut world = self.neighbourhood(previous, &ids).await?;
        world.unmet = header.unmet.clone();
        let ours = |f: &&StandingFinding| ids.contains(&f.enterprise);
        world.findings = findings.iter().filter(ours).cloned().collect();
        world.counting_since = self.store.first_lacking().await?;
        history(&mut world, decided_before.as_deref(), &ids);
        let (hub, edition, as_of, asked) = (self.clone(), previous.clone(), header.as_of, ids.clone());
        let judged = tokio::task::spawn_blocking(move || hub.judged_again(&world, &edition, &asked, as_of));
        let Some(enterprises) = judged.await.expect("judging does not panic") else { return Ok(None) };
        if let Word::Waits = self.guard_changes(inputs, previous, &header.unmet, &enterprises).await? {
            return Ok(None);
        }
        let number = self.next_number().await?;
        let landing = basis.landing;
        let judgements = self.judgements_in_force().await?.iter().map(|j| j.id.to_string()).collect();
        let basis = EditionBasis {
            landing,
            first: decided_before.is_none(),
            made_by: self.made_by()?,
            judgements,
            findings: findings.iter().map(|f| f.id.to_string()).collect(),
        };
        let traits = records::traits(&self.connectors);
        let judged = Judged {
            header: self.without_rows(number, &header),
            enterprises,
            previous: previous.clone(),
            decided_before,
            union_rolls: traits.iter().filter(|r| r.union_roll).map(|r| r.name.clone()).collect(),
            inputs: inputs.all.clone(),
            inputs_but_findings: inputs.but_findings.clone(),
            basis,
        };
        let manifest = match publish_judged(&self.store, &self.editions_root(), judged).await {
            Ok(manifest) => manifest,
            // The edition before does not hold all that must be written again.
            Err(PublishError::Edition(EditionError::BadInput(_))) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let published = self.told_of(manifest, ids.len()).await?;
        Ok(Some((published, ids.into_iter().map(Into::into).collect())))
    }

    /// The enterprises as they are judged now; None where anything that no finding bears on is not what it was.
    fn judged_again(
        &self,
        world: &AssessmentInput,
        edition: &Edition,
        ids: &[Box<str>],
        as_of: NaiveDate,
    ) -> Option<Vec<Enterprise>> {
        let assessed = assess(world, &self.rules, &self.settings.policy, as_of);
        let mut by_id: HashMap<Box<str>, Enterprise> = assessed.enterprises.into_iter().map(|e| (e.id.clone(), e)).collect();
        let judged = ids.iter().map(|id| {
            let before = edition.enterprise_of_id(id)?.written()?;
            // Whoever is counted at it is counted beside others, who are not here.
            let now = Enterprise { people: before.people, ..by_id.remove(id)? };
            let same = without_verdicts(&now) == without_verdicts(&before)
                && now.verdicts.size == before.verdicts.size
                && now.verdicts.union.unions == before.verdicts.union.unions
                && now.verdicts.union.possible == before.verdicts.union.possible;
            if !same {
                tracing::info!(enterprise = &**id, "read by itself it is not what it was: the whole city is judged");
            }
            same.then_some(now)
        });
        judged.collect()
    }
}

/// Since when these have been lacking.
pub(super) fn history(world: &mut AssessmentInput, before: Option<&Edition>, ids: &[Box<str>]) {
    world.first_edition = before.is_none();
    let Some(before) = before else { return };
    let lacks = |gap: Option<GapStatus>| matches!(gap, Some(GapStatus::Lacking | GapStatus::LackingIndependent));
    let rows = ids.iter().filter_map(|id| before.enterprise_of_id(id)).filter(|row| lacks(row.gap()));
    world.lacking_since = rows.map(|row| (row.id().into(), row.gap_since())).collect();
}

/// What findings do not bear on.
fn without_verdicts(e: &Enterprise) -> Enterprise {
    let mut e = e.clone();
    e.findings.clear();
    e.verdicts.size.reasons.clear();
    e.verdicts.union.reasons.clear();
    e.verdicts.union.verdict = crate::model::verdict::UnionStatus::None;
    e.verdicts.gap = crate::model::verdict::GapVerdict { status: GapStatus::Undecided, reasons: Default::default(), since: None };
    e.verdicts.priority = Default::default();
    e.verdicts.fund.reasons.clear();
    e.verdicts.fund.status = crate::model::verdict::FundStatus::Unknown;
    e.tags = Default::default();
    e
}

/// Enterprises of which a finding stands now that did not, or the other way round.
pub(super) fn concerned(before: &[StandingFinding], now: &[StandingFinding]) -> Vec<Box<str>> {
    let ids = |of: &[StandingFinding]| of.iter().map(|f| f.id.clone()).collect::<HashSet<Box<str>>>();
    let (old, new) = (ids(before), ids(now));
    let came = now.iter().filter(|f| !old.contains(&f.id));
    let mut concerned: Vec<Box<str>> =
        came.chain(before.iter().filter(|f| !new.contains(&f.id))).map(|f| f.enterprise.clone()).collect();
    concerned.sort_unstable();
    concerned.dedup();
    concerned
}
