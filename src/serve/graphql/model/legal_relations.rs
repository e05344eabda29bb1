//! Relations in law between enterprises: branches, absorptions, renames, groups.

use async_graphql::{Context, Enum, SimpleObject};

use super::enterprise::Enterprise;
use crate::model::linkage::RelationKind as Kind;
use crate::serve::answers::loaders::RelationKey;
use crate::serve::context::ask;
use crate::serve::problem::Problem;

/// How two enterprises hang together.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A branch and its firm.
    BranchOf,
    /// It was absorbed by the other.
    AbsorbedBy,
    /// It bore the other's name before.
    RenamedFrom,
    /// Both belong to a group.
    SameGroup,
}

/// One fact between two enterprises, as one record says it.
#[derive(SimpleObject)]
pub struct Relation {
    /// What it is.
    kind: RelationKind,
    /// Who the fact is about; null where it is in no enterprise of this edition.
    from: Option<Enterprise>,
    /// The other enterprise, where it is known.
    to: Option<Enterprise>,
    /// The other, as the record names it: for a renaming the former name.
    name: String,
    /// Since when: a day, a month or a year, as the registry says. For a renaming the day the name was given up.
    since: Option<String>,
    /// Name of the registry that says so.
    registry: String,
    /// Key of its record.
    key: String,
}

/// Relations listed of one enterprise.
const MOST_RELATIONS: usize = 200;

/// What is said of an enterprise, and of others with regard to it.
pub async fn relations(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<Relation>, Problem> {
    let ask = ask(ctx);
    ask.touch_store();
    let edition = enterprise.edition();
    let seen = |id: &str| {
        let row = edition.enterprise_of_id(id).filter(|e| ask.may_see(*e))?;
        Some(Enterprise::new(ask, edition, row.row))
    };
    let rows = ask.records.load_one(RelationKey(enterprise.row().id().to_owned())).await?.unwrap_or_default();
    let relation = |row: crate::store::relation::RelationRow| {
        let kind = match Kind::from_name(&row.kind)? {
            Kind::BranchOf => RelationKind::BranchOf,
            Kind::AbsorbedBy => RelationKind::AbsorbedBy,
            Kind::RenamedFrom => RelationKind::RenamedFrom,
            Kind::SameGroup => RelationKind::SameGroup,
        };
        let (from, to) = (seen(&row.from_entity), row.to_entity.as_deref().and_then(seen));
        Some(Relation { kind, from, to, name: row.name, since: row.since, registry: row.registry, key: row.key })
    };
    Ok(rows.into_iter().filter_map(relation).take(MOST_RELATIONS).collect())
}
