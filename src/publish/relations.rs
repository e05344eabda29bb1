//! Relations between entities as the store keeps them.

use crate::link::LinkedRelation;
use crate::store::relation::RelationRow;

pub fn relation_rows(relations: &[LinkedRelation]) -> Vec<RelationRow> {
    relations
        .iter()
        .map(|r| RelationRow {
            from_entity: r.from.to_string(),
            kind: r.kind.name().to_owned(),
            to_entity: r.to.map(|to| to.to_string()),
            name: r.name.to_string(),
            since: r.since.map(|date| date.to_string()),
            registry: r.record.registry.to_string(),
            key: r.record.key.to_string(),
            part: i64::from(r.record.part),
        })
        .collect()
}
