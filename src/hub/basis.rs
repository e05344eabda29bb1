//! What an edition rests on beside the records: rules and settings by their digests, findings and judgements in force, and who lacked a
//! union before.

use std::sync::Arc;

use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::error::HubError;
use super::guard::Inputs;
use super::open::Hub;
use crate::edition::{Edition, EnterpriseRow, Manifest};
use crate::model::facts::StandingFinding;
use crate::model::linkage::Judgement;
use crate::model::verdict::{GapStatus, Unmet};
use crate::store::finding::FindingRow;
use crate::store::{Store, StoreError};

/// Raised when linking or assessing changes its ways, so that the next sync publishes anew.
const PROGRAM_VERSION: u32 = 7;

impl Hub {
    /// The last edition before this one that decided who lacks a union: what lacked one then lacks it since then, whatever was
    /// undecided in between. None where none ever did.
    pub(super) fn decided_before(&self, previous: Option<&Arc<Edition>>) -> Option<Arc<Edition>> {
        let previous = previous?;
        let decides = |m: &Manifest| !m.unmet.iter().any(|u| u.verdict.decides_the_gap());
        if decides(&previous.manifest) {
            return Some(previous.clone());
        }
        let earlier = self.editions.list().into_iter().filter(|m| m.number < previous.number() && decides(m));
        earlier.into_iter().find_map(|m| self.editions.number(m.number).ok())
    }

    pub(super) async fn standing_findings(&self, as_of: NaiveDate) -> Result<Vec<StandingFinding>, HubError> {
        let rows = self.store.findings(None).await?;
        Ok(standing(&self.store, rows.into_iter().filter(|f| f.withdrawn_at.is_none()), as_of)?)
    }

    /// Judgements in force, in the order they were made.
    pub(super) async fn judgements_in_force(&self) -> Result<Vec<Judgement>, HubError> {
        let rows = self.store.judgements().await?;
        Ok(rows.iter().map(|j| j.judgement(&self.store)).collect::<Result<_, _>>()?)
    }

    /// Digests of everything an edition rests on.
    pub(super) async fn inputs(&self, as_of: NaiveDate, unmet: &[Unmet]) -> Result<Inputs, HubError> {
        let mut substance = vec![format!("program {PROGRAM_VERSION} {}", self.settings.zone)];
        substance.extend(self.connectors.iter().map(|c| format!("{} {}", c.name, c.digest)));
        let changes = self.store.last_changes().await?;
        substance.extend(changes.into_iter().map(|(registry, batch)| format!("{registry} {batch}")));
        // A registry that is found unchanged after months changes no record, and is there again all the same.
        substance.extend(unmet.iter().map(|u| format!("{} {}", u.verdict, u.need.join("|"))));
        substance.push(toml::to_string(&self.settings.policy).expect("a policy is plain"));
        substance.push(self.rules.canonical());
        substance.push(self.weights()?.to_toml());
        substance.extend(self.store.judgements().await?.into_iter().map(|j| j.id));
        let findings: Vec<String> = self.standing_findings(as_of).await?.into_iter().map(|f| f.id.to_string()).collect();
        Ok(Inputs::of(&as_of.to_string(), &substance, &findings))
    }

    /// Digests of what makes an edition out of the records: equal digests, equal editions.
    pub(super) fn made_by(&self) -> Result<std::collections::BTreeMap<String, String>, HubError> {
        let digest = |text: String| HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        let mut made_by: std::collections::BTreeMap<String, String> =
            self.connectors.iter().map(|c| (format!("connector {}", c.name), c.digest.to_string())).collect();
        let order: Vec<&str> = self.connectors.iter().map(|c| c.name.as_str()).collect();
        made_by.insert("program".into(), format!("{PROGRAM_VERSION}"));
        made_by.insert("zone".into(), self.settings.zone.to_string());
        made_by.insert("order of connectors".into(), order.join(" "));
        made_by.insert("rules".into(), digest(self.rules.canonical()));
        made_by.insert("policy".into(), digest(toml::to_string(&self.settings.policy).expect("a policy is plain")));
        made_by.insert("weights".into(), digest(self.weights()?.to_toml()));
        Ok(made_by)
    }
}

/// Findings that have not run out on a day.
pub(super) fn standing(
    store: &Store,
    rows: impl Iterator<Item = FindingRow>,
    as_of: NaiveDate,
) -> Result<Vec<StandingFinding>, StoreError> {
    let standing = rows.map(|f| {
        Ok(StandingFinding {
            until: f.last_day(store)?,
            id: f.id.into(),
            enterprise: f.enterprise_id.into(),
            reason: f.reason.into(),
            by: f.by_whom.map(Into::into),
            at: f.at,
        })
    });
    let holds = |f: &Result<StandingFinding, StoreError>| f.as_ref().map_or(true, |f| f.until.is_none_or(|until| until >= as_of));
    standing.filter(holds).collect()
}

/// What was lacking in the edition before, and since when.
pub(super) fn lacking_since(previous: &crate::edition::Edition) -> std::collections::HashMap<Box<str>, Option<NaiveDate>> {
    previous
        .all()
        .iter()
        .map(|row| EnterpriseRow { edition: previous, row })
        .filter(|r| matches!(r.gap(), Some(GapStatus::Lacking | GapStatus::LackingIndependent)))
        .map(|r| (r.id().into(), r.gap_since()))
        .collect()
}
