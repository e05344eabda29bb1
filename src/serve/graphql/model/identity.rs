//! Why records are one enterprise: what joined each, what came second, what persons said; and how enterprises hang
//! together.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::connection::selects;
use super::enterprise::Enterprise;
use super::provenance::RegistryRecord;
use super::scalars::LinkMethod;
use crate::model::linkage::Evidence;
use crate::serve::answers::loaders::{JudgedKey, LinkKey, MergedKey};
use crate::serve::context::{OrTell, ask};
use crate::serve::problem::Problem;

pub use super::review::Judgement;
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
    /// `through_loose_record`, `same_registry`, `judgement`, `narrow_lead`.
    refused: Option<String>,
}

/// Records of an enterprise with what joined them; runner-up and refusal are those of the latest run.
pub async fn members(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<LinkedRecord>, Problem> {
    let ask = ask(ctx);
    ask.touch_store();
    let keys: Vec<LinkKey> = enterprise.row().members().map(|m| LinkKey(m.record_id())).collect();
    let links = ask.records.load_many(keys).await?;
    let edition = enterprise.edition();
    let asks_for_second = selects(ctx.field(), &["runnerUp"]);
    let told = enterprise.row().members().filter(|m| ask.may_know_presence(m.registry()));
    let members = told.map(|m| {
        let rows = links.get(&LinkKey(m.record_id()));
        let link = rows.and_then(|rows| rows.iter().find(|row| row.part == i64::from(m.part())));
        let second = link
            .filter(|_| asks_for_second)
            .and_then(|row| edition.enterprise_of_id(row.runner_up.as_deref()?))
            .filter(|e| ask.may_see(*e));
        LinkedRecord {
            record: RegistryRecord { registry: m.registry().to_owned(), key: m.key().to_owned(), id: m.record_id() },
            method: crate::model::linkage::LinkMethod::from_name(m.method()).map_or(LinkMethod::Score, Into::into),
            weight: m.weight().map(f64::from),
            evidence: evidence(m.evidence()),
            runner_up: second.map(|e| Enterprise::new(ask, edition, e.row)),
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

/// Why these records are one enterprise.
pub struct Identity(pub Enterprise);

/// Why these records are one enterprise.
#[Object]
impl Identity {
    /// 1 where identifiers decided everything; otherwise the chance that the weakest link is right.
    async fn confidence(&self) -> f64 {
        let weakest = self.0.row().members().filter_map(|m| m.weight()).fold(f64::INFINITY, |least, w| least.min(f64::from(w)));
        if weakest.is_finite() { 1.0 - 1.0 / (1.0 + weakest.exp2()) } else { 1.0 }
    }
    /// Every record, with what joined it.
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<LinkedRecord>> {
        members(ctx, &self.0).await.or_tell(ctx)
    }
    /// Decisions of persons in force on one of its records.
    async fn judgements(&self, ctx: &Context<'_>) -> Result<Vec<Judgement>> {
        judgements(ctx, &self.0).await.or_tell(ctx)
    }
    /// Ids of enterprises that were found to be this one; they lead here.
    async fn merged_from(&self, ctx: &Context<'_>) -> Result<Vec<ID>> {
        merged_from(ctx, &self.0).await.or_tell(ctx)
    }
}

/// One feature of a comparison: what was compared, how well it agreed, and how much that moved the decision (log2).
#[derive(SimpleObject)]
pub struct LinkEvidence {
    /// What was compared.
    feature: String,
    /// How well it agreed.
    level: String,
    /// The record's value.
    left: Option<String>,
    /// The enterprise's value.
    right: Option<String>,
    /// log2.
    weight: f64,
}

pub fn evidence_of(list: &[Evidence]) -> Vec<LinkEvidence> {
    list.iter()
        .map(|e| LinkEvidence {
            feature: e.feature.to_string(),
            level: e.level.to_string(),
            left: e.left.as_deref().map(str::to_owned),
            right: e.right.as_deref().map(str::to_owned),
            weight: f64::from(e.weight),
        })
        .collect()
}

pub fn evidence(json: &str) -> Vec<LinkEvidence> {
    let list: Vec<Evidence> = if json.is_empty() { Vec::new() } else { serde_json::from_str(json).unwrap_or_default() };
    evidence_of(&list)
}
