//! Where it comes from: records, what each registry says of each field, and why records were joined.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::connection;
use super::connection::pages;
use super::corrections::Correction;
use super::enterprise::Enterprise;
use super::registry::Registry;
use super::scalars::*;
use crate::access::{AccessScope, classes};
use crate::edition::{Edition, LookupKey};
use crate::model::enterprise::enterprise_field;
use crate::model::field::Field;
use crate::model::linkage::RecordRef;
use crate::model::provenance as model;
use crate::model::value::Value;
use crate::serve::answers::loaders::{FieldDetail, LandedCorrectionKey, RecordDetail};
use crate::serve::context::{OrTell, RequestContext, ask, permitted};
use crate::serve::problem::Problem;

/// One row of one registry.
#[derive(Clone)]
pub struct RegistryRecord {
    pub registry: String,
    pub key: String,
    /// Number of the row in the store.
    pub id: i64,
}

impl RegistryRecord {
    /// A record that persons or the linker name; None where it belongs to no enterprise of the edition, or to one that the
    /// caller may not see.
    pub fn of_edition(ask: &RequestContext, edition: &Arc<Edition>, named: &RecordRef) -> Option<RegistryRecord> {
        let rows = edition.rows(&LookupKey::Record { registry: named.registry.to_string(), key: named.key.to_string() });
        let row = rows.first().filter(|row| ask.may_see(edition.enterprise(**row)))?;
        Enterprise::new(ask, edition, *row).record_of(&named.registry, &named.key)
    }
    /// The row as kept; None where it was removed from the store.
    pub async fn detail(&self, ctx: &Context<'_>) -> Result<Option<Arc<RecordDetail>>, Problem> {
        ask(ctx).record(self.id).await
    }
}

/// One row of one registry, as it came.
#[Object]
impl RegistryRecord {
    /// `record:` and its number.
    pub async fn id(&self) -> ID {
        ID(format!("record:{}", self.id))
    }
    /// Whose it is.
    async fn registry(&self) -> Registry {
        Registry::named(&self.registry)
    }
    /// The registry's own key.
    async fn key(&self) -> &str {
        &self.key
    }
    /// When the registry last touched it, as far as it says so.
    async fn observed_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.detail(ctx).await.or_tell(ctx)?.and_then(|d| DateTime::from_millis(d.observed_at?)))
    }
    /// When it last came here changed.
    async fn landed_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.detail(ctx).await.or_tell(ctx)?.and_then(|d| DateTime::from_millis(d.landed_at)))
    }
    /// The registry no longer has it.
    async fn gone(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(self.detail(ctx).await.or_tell(ctx)?.map(|d| d.gone))
    }
    /// The answer of its department that this row was changed by last: it stands until the registry's next delivery. Null where a delivery
    /// changed it last. Needs the scope `review`.
    async fn correction(&self, ctx: &Context<'_>) -> Result<Option<Correction>> {
        let ask = ask(ctx);
        if !ask.caller.owns(&self.registry) && !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let Some(detail) = self.detail(ctx).await.or_tell(ctx)? else { return Ok(None) };
        let row = ask.records.load_one(LandedCorrectionKey(detail.batch_id)).await.or_tell(ctx)?;
        Ok(row.map(|row| Correction::new(ask.edition().ok(), (*row).clone())))
    }
    /// The columns as written. Needs the scope `records`; sums of money need `finance` besides.
    async fn fields(&self, ctx: &Context<'_>) -> Result<Option<Vec<RecordField>>> {
        if !permitted(ctx, AccessScope::Records) {
            return Ok(None);
        }
        let detail = self.detail(ctx).await.or_tell(ctx)?;
        let caller = &ask(ctx).caller;
        let told = |f: &&FieldDetail| caller.is_shown(classes::of_column(f.field));
        Ok(detail.map(|d| d.fields.iter().filter(told).map(RecordField::from).collect()))
    }
}

/// A column of a record.
#[derive(SimpleObject)]
pub struct RecordField {
    /// The registry's name of the column.
    column: String,
    /// As written.
    raw: Option<String>,
    /// The field of an enterprise it speaks of.
    field: Option<EnterpriseField>,
    /// As read.
    value: Option<String>,
}

impl RecordField {
    /// A column as a registry answers it now.
    pub fn of(column: String, raw: &str, field: Field, value: Option<&Value>) -> RecordField {
        let value = value.map(ToString::to_string);
        RecordField { column, raw: Some(raw.to_owned()), field: enterprise_field(field).map(Into::into), value }
    }
}

impl From<&FieldDetail> for RecordField {
    fn from(f: &FieldDetail) -> RecordField {
        RecordField {
            column: f.column.clone(),
            raw: f.raw.clone(),
            field: f.field.and_then(enterprise_field).map(Into::into),
            value: f.value.clone(),
        }
    }
}

pages!(
    "Records, page by page.",
    RecordConnection,
    "The records of this page.",
    RegistryRecord,
    "A record and its cursor.",
    RegistryRecordEdge,
    "The record."
);

impl RecordConnection {
    pub fn page(all: Vec<RegistryRecord>, first: usize, after: Option<&str>) -> Result<RecordConnection, Problem> {
        let total_count = all.len() as i32;
        let (nodes, placed) = connection::slice(all, first, after)?;
        Ok(RecordConnection { nodes, placed, total_count })
    }
}

/// Why one statement won over the others.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::model::provenance::SurvivorshipRule")]
pub enum SurvivorshipRule {
    /// The registry that issues the fact.
    Official,
    /// The registry that stands first for this field.
    RegistryRank,
    /// The statement observed last.
    MostRecent,
    /// The statement that says most.
    MostComplete,
    /// Nobody else says anything.
    OnlyValue,
    /// No registry gives the street: the address names exactly one of its district.
    FromAddress,
}

/// How the statements about one field stand to each other.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::model::provenance::Agreement")]
pub enum Agreement {
    /// Only one registry says anything.
    Single,
    /// Equal as written.
    Same,
    /// Equal once read.
    Equivalent,
    /// Different.
    Different,
}

/// What every registry says of one field, which statement was chosen, and why.
#[derive(SimpleObject)]
pub struct FieldProvenance {
    /// The field.
    pub field: EnterpriseField,
    /// The chosen value.
    pub value: Option<String>,
    /// Who says so; null where the caller may not know that this registry has a record of the enterprise.
    source: Option<SourceValue>,
    /// Why this statement won.
    rule: SurvivorshipRule,
    /// What the others say.
    others: Vec<SourceValue>,
    /// How the statements stand to each other.
    pub agreement: Agreement,
}

/// What one record says of one field.
#[derive(SimpleObject, Clone)]
pub struct SourceValue {
    /// Whose statement.
    registry: Registry,
    /// In which record.
    record: Option<RegistryRecord>,
    /// As written.
    raw: Option<String>,
    /// As read.
    value: Option<String>,
    /// When the registry last touched the record.
    observed_at: Option<DateTime>,
    /// When it last came here changed.
    landed_at: Option<DateTime>,
}

/// A field on which registries differ.
#[derive(SimpleObject)]
pub struct FieldConflict {
    /// The field.
    field: EnterpriseField,
    /// Every statement.
    values: Vec<SourceValue>,
    /// The one that was chosen.
    chosen: Option<SourceValue>,
    /// Why.
    rule: SurvivorshipRule,
}

impl From<FieldProvenance> for FieldConflict {
    fn from(p: FieldProvenance) -> FieldConflict {
        let values = p.source.iter().chain(&p.others).cloned().collect();
        FieldConflict { field: p.field, values, chosen: p.source, rule: p.rule }
    }
}

/// The conflict of an enterprise on one field, where its registries' rows can be read.
pub async fn conflict_of(
    ctx: &Context<'_>,
    enterprise: &Enterprise,
    field: EnterpriseField,
) -> Result<Option<FieldConflict>, Problem> {
    let all = provenance(ctx, enterprise).await?;
    Ok(all.into_iter().find(|p| p.field == field).map(Into::into))
}

/// What registries say of an enterprise, in the order of the fields; one batched read for all enterprises of an answer.
pub async fn provenance(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<FieldProvenance>, Problem> {
    let ask = ask(ctx);
    ask.touch_store();
    let members: Vec<(i64, u16)> = enterprise.row().members().map(|m| (m.record_id(), m.part())).collect();
    let found = ask.records.load_many(members.iter().map(|(id, _)| *id)).await?;
    let records: Vec<(Arc<RecordDetail>, u16)> =
        members.iter().filter_map(|(id, part)| Some((found.get(id)?.clone(), *part))).collect();
    let source = |s: &model::SourceValue, field: crate::model::enterprise::EnterpriseField| {
        let registry = ask.details.registry_name(s.registry);
        let raw = found.get(&s.record_id).and_then(|d| {
            let cell = d.fields.iter().find(|f| f.field.and_then(enterprise_field) == Some(field) && f.raw.is_some());
            cell.and_then(|f| f.raw.clone())
        });
        SourceValue {
            registry: Registry::named(registry),
            record: Some(RegistryRecord { registry: registry.to_owned(), key: s.key.to_string(), id: s.record_id }),
            raw,
            value: s.value.as_deref().map(str::to_owned),
            observed_at: s.observed_at.and_then(DateTime::from_millis),
            landed_at: DateTime::from_millis(s.landed_at),
        }
    };
    let all = ask.details.provenance(&records);
    // That a registry says anything of somebody says that it has them.
    let is_told = |s: &&model::SourceValue| ask.may_know_presence(ask.details.registry_name(s.registry));
    Ok(all
        .iter()
        .map(|p| FieldProvenance {
            field: p.field.into(),
            value: p.value.as_deref().map(str::to_owned),
            source: p.source.as_ref().filter(is_told).map(|s| source(s, p.field)),
            rule: p.rule.into(),
            others: p.others.iter().filter(is_told).map(|s| source(s, p.field)).collect(),
            agreement: p.agreement.into(),
        })
        .collect())
}
