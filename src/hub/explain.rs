//! One enterprise assessed again with every rule shown: its own records, its head's, its findings and open pairs, and
//! nothing else of the city.

use super::error::HubError;
use super::open::Hub;
use crate::assess::{Explanation, explain};
use crate::edition::{Edition, EnterpriseRow};
use crate::model::verdict::GapStatus;

impl Hub {
    /// Every rule tried on an enterprise of the current edition, with the inputs as they are in the store now. `text` is
    /// an enterprise id or a credit code.
    ///
    /// # Errors
    /// `Told`: none or several enterprises are meant, or none of its records can be read; `Edition` and `Store`, where they cannot be read.
    pub async fn explain(&self, text: &str) -> Result<Explanation, HubError> {
        let id = self.enterprise_id(text)?;
        let by = self.policy_in_force().await?;
        let edition = self.editions.current()?;
        let as_of = self.clock.today(self.settings.zone);
        let row = row_of(&edition, &id)?;
        let verdicts = row.verdicts().map_err(|e| {
            HubError::said(
                format!("第 {} 期：{id} 的判定无法读取：{e}", edition.number()),
                format!("edition {}: verdicts of {id}: {e}", edition.number()),
            )
        })?;
        let mut world = self.neighbourhood(&edition, &[id.as_str().into()]).await?;
        let standing = self.standing_findings(as_of).await?;
        world.findings = standing.into_iter().filter(|f| *f.enterprise == *id).collect();
        if matches!(verdicts.gap.status, GapStatus::Lacking | GapStatus::LackingIndependent) {
            world.lacking_since.insert(id.as_str().into(), verdicts.gap.since);
            world.counting_since = self.store.first_lacking().await?;
        }
        let unreadable = || {
            HubError::said(
                format!("现有连接器读不出 {id} 的任何记录；请先运行 huitu sync"),
                format!("no record of {id} can be read with today's connectors; run huitu sync first"),
            )
        };
        explain(&world, &id, &by.rules, &by.policy, as_of).ok_or_else(unreadable)
    }
}

fn row_of<'a>(edition: &'a Edition, id: &str) -> Result<EnterpriseRow<'a>, HubError> {
    edition.enterprise_of_id(id).ok_or_else(|| {
        HubError::said(
            format!("第 {} 期中没有企业 {id}", edition.number()),
            format!("edition {} has no enterprise {id}", edition.number()),
        )
    })
}
