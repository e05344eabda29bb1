//! One enterprise assessed again with every rule shown: its own records, its head's, its findings and open pairs, and
//! nothing else of the city.

use std::collections::HashMap;

use super::error::HubError;
use super::open::Hub;
use super::publish::lacking_since;
use crate::assess::{Explanation, explain};
use crate::edition::{Edition, EnterpriseRow};
use crate::model::facts::{AssessmentInput, OpenPair, RelationKind, StatedTie};
use crate::model::verdict::{GapStatus, Verdicts};
use crate::records;
use crate::records::StoredRowReader;

impl Hub {
    /// Every rule tried on an enterprise of the current edition, with the inputs as they are in the store now. `text` is
    /// an enterprise id or a credit code.
    pub async fn explain(&self, text: &str) -> Result<Explanation, HubError> {
        let id = self.enterprise_id(text)?;
        let edition = self.editions.current()?;
        let as_of = self.clock.today(self.settings.zone);
        let row = row_of(&edition, &id)?;
        let verdicts = row.verdicts().map_err(|e| {
            HubError::said(
                format!("第 {} 期：{id} 的判定无法读取：{e}", edition.number()),
                format!("edition {}: verdicts of {id}: {e}", edition.number()),
            )
        })?;
        let relations = relations(&id, &row, &verdicts);
        let mut entities: Vec<Box<str>> = vec![id.as_str().into()];
        for relation in &relations {
            if !entities.contains(&relation.to) {
                entities.push(relation.to.clone());
            }
        }
        let mut entity_of_part: HashMap<(i64, u16), u32> = HashMap::new();
        for (i, entity) in entities.iter().enumerate() {
            let Ok(row) = row_of(&edition, entity) else { continue };
            entity_of_part.extend(row.members().map(|m| ((m.record_id(), m.part()), i as u32)));
        }
        let mut ids: Vec<i64> = entity_of_part.keys().map(|(record, _)| *record).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = self.registry_rows().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let unmet = edition.manifest.unmet.clone();
        let mut world = AssessmentInput {
            registries: records::traits(&self.connectors),
            entities,
            relations,
            unmet,
            ..AssessmentInput::default()
        };
        for stored in self.store.records_by_id(&ids).await? {
            let Some((registry, records)) = reading.records(&stored) else { continue };
            for record in records {
                // A row of the roll brings its union along; units of other enterprises on it stay unnamed.
                world.entity_of.push(entity_of_part.get(&(stored.id, record.part)).copied());
                world.facts.push(records::facts(record, registry, &stored));
            }
        }
        let standing = self.standing_findings(as_of).await?;
        world.findings = standing.into_iter().filter(|f| *f.enterprise == *id).collect();
        world.open_pairs = self.open_pairs_of(&id, &verdicts).await?;
        if matches!(verdicts.gap.status, GapStatus::Lacking | GapStatus::LackingIndependent) {
            world.lacking_since.insert(id.as_str().into(), verdicts.gap.since);
            let before = edition.number().checked_sub(1).and_then(|number| self.editions.number(number).ok());
            let before = self.decided_before(before.as_ref());
            world.counting_since = before.and_then(|before| lacking_since(&before).into_values().flatten().min());
        }
        let unreadable = || {
            HubError::said(
                format!("现有连接器读不出 {id} 的任何记录；请先运行 huitu sync"),
                format!("no record of {id} can be read with today's connectors; run huitu sync first"),
            )
        };
        explain(&world, &id, &self.rules, &self.settings.policy, as_of).ok_or_else(unreadable)
    }

    async fn open_pairs_of(&self, id: &str, verdicts: &Verdicts) -> Result<Vec<OpenPair>, HubError> {
        let mut pairs = Vec::new();
        for possible in &verdicts.union.possible {
            if let Some(pair) = self.store.review_pair(&possible.pair).await? {
                let (id, enterprise) = (possible.pair.clone(), id.into());
                pairs.push(OpenPair { id, enterprise, union_record: pair.left, weight: possible.weight });
            }
        }
        Ok(pairs)
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

/// The head and the group that the edition's verdict names.
fn relations(id: &str, row: &EnterpriseRow<'_>, verdicts: &Verdicts) -> Vec<StatedTie> {
    let relation = |kind, to: &str| StatedTie { kind, from: id.into(), to: to.into(), since: None };
    let mut found: Vec<StatedTie> = row.branch_of().map(|head| relation(RelationKind::BranchOf, head)).into_iter().collect();
    for input in verdicts.union.reasons.iter().flat_map(|r| &r.inputs) {
        if let (Some(kind), Some(to)) = (RelationKind::from_name(&input.name), &input.value)
            && !found.iter().any(|r| r.kind == kind && r.to == *to)
        {
            found.push(relation(kind, to));
        }
    }
    found
}
