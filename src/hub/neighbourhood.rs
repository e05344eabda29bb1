//! What the verdicts on a few enterprises look at, and nothing else of the city: their records, those of the heads and groups whose
//! unions may cover them, the rows of the roll that list them with the hosts of these, and the pairs that wait.
//!
//! In: an edition, the store, and ids. Out: an `AssessmentInput` in which exactly these enterprises are judged as in the whole city;
//! findings and history are the caller's.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::error::HubError;
use super::open::Hub;
use crate::edition::{Edition, EnterpriseRow, LookupKey};
use crate::model::facts::{AssessmentInput, OpenPair, RelationKind, StatedTie};
use crate::records;
use crate::records::StoredRowReader;

/// Steps from a branch to the legal person that are looked at: one more than assessing goes.
pub(super) const STEPS: usize = 6;

/// The first day of `2019`, `2019-05` or `2019-05-01`.
pub(super) fn first_day(text: &str) -> Option<NaiveDate> {
    let rest = match text.len() {
        4 => "-01-01",
        7 => "-01",
        _ => "",
    };
    format!("{text}{rest}").parse().ok()
}

/// Entities by number, and which records are whose.
#[derive(Default)]
struct Entities {
    ids: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    of_part: HashMap<(i64, u16), u32>,
}

impl Entities {
    /// True where it is new.
    fn add(&mut self, id: &str, row: Option<EnterpriseRow<'_>>) -> bool {
        if self.numbers.contains_key(id) {
            return false;
        }
        let number = self.ids.len() as u32;
        self.numbers.insert(id.into(), number);
        self.ids.push(id.into());
        self.of_part.extend(row.into_iter().flat_map(|row| row.members()).map(|m| ((m.record_id(), m.part()), number)));
        true
    }

    fn records(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.of_part.keys().map(|(record, _)| *record).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

impl Hub {
    /// See the module. The enterprises asked for come first among the entities, in their order.
    pub(super) async fn neighbourhood(&self, edition: &Edition, ids: &[Box<str>]) -> Result<AssessmentInput, HubError> {
        let mut entities = Entities::default();
        for id in ids {
            entities.add(id, edition.enterprise_of_id(id));
        }
        let relations = self.relations_upwards(edition, &mut entities).await?;
        let open_pairs = self.pairs_of(edition, ids).await?;

        let rows = self.registry_rows().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let union_rolls: Vec<bool> = records::traits(&self.connectors).iter().map(|r| r.union_roll).collect();
        // The hosts of the roll's rows that list somebody: what stands twice at one host is one union.
        let mut known: Vec<i64> = Vec::new();
        let mut stored = Vec::new();
        loop {
            let mut new = entities.records();
            new.retain(|id| known.binary_search(id).is_err());
            if new.is_empty() {
                break;
            }
            let found = self.store.records_by_id(&new).await?;
            for row in &found {
                let Some(registry) = reading.registry(row).filter(|r| union_rolls[usize::from(*r)]) else { continue };
                let name = self.connectors[usize::from(registry)].name.clone();
                for host in edition.rows(&LookupKey::Record { registry: name, key: row.key.clone() }) {
                    let host = edition.enterprise(host);
                    entities.add(host.id(), Some(host));
                }
            }
            stored.extend(found);
            known.extend(new);
            known.sort_unstable();
        }
        // The unions of pairs that wait lend their names.
        for pair in &open_pairs {
            let Some(row) = rows.iter().find(|r| *r.name == *pair.union_record.registry) else { continue };
            if let Some(record) = self.store.record(row.id, &pair.union_record.key).await?
                && known.binary_search(&record.id).is_err()
                && record.gone == 0
            {
                known.push(record.id);
                known.sort_unstable();
                stored.push(record);
            }
        }
        stored.sort_by_key(|row| row.id);
        let mut world = AssessmentInput {
            registries: records::traits(&self.connectors),
            entities: std::mem::take(&mut entities.ids),
            relations,
            open_pairs,
            unmet: edition.manifest.unmet.clone(),
            ..AssessmentInput::default()
        };
        for stored in &stored {
            let Some((registry, records)) = reading.records(stored) else { continue };
            for record in records {
                // Units of other enterprises on a row of the roll stay unnamed.
                world.entity_of.push(entities.of_part.get(&(stored.id, record.part)).copied());
                world.facts.push(records::facts(record, registry, stored));
            }
        }
        Ok(world)
    }

    /// What is stated of the entities and of those it leads to, step by step up to legal persons and groups.
    async fn relations_upwards(&self, edition: &Edition, entities: &mut Entities) -> Result<Vec<StatedTie>, HubError> {
        let mut relations: Vec<StatedTie> = Vec::new();
        let mut from = 0;
        for _ in 0..STEPS {
            let asked: Vec<String> = entities.ids[from..].iter().map(ToString::to_string).collect();
            from = entities.ids.len();
            if asked.is_empty() {
                break;
            }
            let mut stated = self.store.relations_of(&asked).await?;
            stated.retain(|r| asked.contains(&r.from_entity));
            for row in stated {
                let (Some(to), Some(kind)) = (row.to_entity, RelationKind::from_name(&row.kind)) else { continue };
                let since = row.since.as_deref().and_then(first_day);
                relations.push(StatedTie { kind, from: row.from_entity.into(), to: to.as_str().into(), since });
                if matches!(kind, RelationKind::BranchOf | RelationKind::SameGroup) {
                    entities.add(&to, edition.enterprise_of_id(&to));
                }
            }
        }
        Ok(relations)
    }

    /// Records of unions that nearly match and wait for a person.
    async fn pairs_of(&self, edition: &Edition, ids: &[Box<str>]) -> Result<Vec<OpenPair>, HubError> {
        let mut pairs = Vec::new();
        for row in ids.iter().filter_map(|id| edition.enterprise_of_id(id)) {
            let Ok(verdicts) = row.verdicts() else { continue };
            for possible in &verdicts.union.possible {
                if let Some(pair) = self.store.review_pair(&possible.pair).await? {
                    let (id, enterprise) = (possible.pair.clone(), row.id().into());
                    pairs.push(OpenPair { id, enterprise, union_record: pair.left, weight: possible.weight });
                }
            }
        }
        Ok(pairs)
    }
}
