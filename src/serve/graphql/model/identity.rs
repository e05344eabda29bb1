//! Why records are one enterprise: what joined each, what came second, what persons said; and how enterprises hang
//! together.

use async_graphql::{Context, Enum, ID, SimpleObject};

use super::enterprise::Enterprise;
use super::provenance::{LinkEvidence, RegistryRecord, evidence};
use super::scalars::LinkMethod;
use crate::model::linkage::RelationKind as Kind;
use crate::serve::answers::loaders::{JudgedKey, LinkKey, MergedKey, RelationKey};
use crate::serve::context::ask;
use crate::serve::problem::Problem;

pub use crate::serve::graphql::root::mutation::Judgement;

/// A record and what joined it to its enterprise.
#[derive(SimpleObject)]
pub struct LinkedRecord {
    /// The record.
    record: RegistryRecord,
    /// What decided.
    method: LinkMethod,
    /// log2 odds; null where an identifier or a person decided.
    weight: Option<f64>,
    /// The features compared.
    evidence: Vec<LinkEvidence>,
    /// The enterprise that came second.
    runner_up: Option<Enterprise>,
    /// The constraint that refused a better pair: `two_codes`, `two_of_issuer`, `branch_and_parent`,
    /// `through_loose_record`, `judgement`, `narrow_lead`.
    refused: Option<String>,
}

/// Records of an enterprise with what joined them; runner-up and refusal are those of the latest run.
pub async fn members(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<LinkedRecord>, Problem> {
    let ask = ask(ctx);
    ask.touch_store();
    let keys: Vec<LinkKey> = enterprise.row().members().map(|m| LinkKey(m.record_id())).collect();
    let links = ask.records.load_many(keys).await?;
    let edition = enterprise.edition();
    let members = enterprise.row().members().map(|m| {
        let rows = links.get(&LinkKey(m.record_id()));
        let link = rows.and_then(|rows| rows.iter().find(|row| row.part == i64::from(m.part())));
        let second = link.and_then(|row| edition.enterprise_of_id(row.runner_up.as_deref()?)).filter(|e| ask.may_see(*e));
        LinkedRecord {
            record: RegistryRecord { registry: m.registry().to_owned(), key: m.key().to_owned(), id: m.record_id() },
            method: crate::model::linkage::LinkMethod::from_name(m.method()).map_or(LinkMethod::Score, Into::into),
            weight: m.weight().map(f64::from),
            evidence: evidence(m.evidence()),
            runner_up: second.map(|e| Enterprise::new(edition, e.row)),
            refused: link.and_then(|row| row.refused.clone()),
        }
    });
    Ok(members.collect())
}

/// Judgements in force that speak of one of its records, each once.
pub async fn judgements(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<Judgement>, Problem> {
    let ask = ask(ctx);
    ask.touch_store();
    let keys: Vec<JudgedKey> =
        enterprise.row().members().map(|m| JudgedKey(m.registry().to_owned(), m.key().to_owned())).collect();
    let mut rows: Vec<_> = ask.records.load_many(keys).await?.into_values().flatten().collect();
    rows.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    rows.dedup_by(|a, b| a.id == b.id);
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Ids that lead to this enterprise since they were merged into it.
pub async fn merged_from(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<ID>, Problem> {
    let ask = ask(ctx);
    ask.touch_store();
    let ids = ask.records.load_one(MergedKey(enterprise.row().id().to_owned())).await?;
    Ok(ids.unwrap_or_default().into_iter().map(ID).collect())
}

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
        Some(Enterprise::new(edition, row.row))
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
