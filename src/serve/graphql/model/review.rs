//! The review queue: pairs that the evidence could not settle.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Result, SimpleObject};

use super::connection;
use super::connection::pages;
use super::enterprise::Enterprise;
use super::identity::{LinkEvidence, evidence_of};
use super::provenance::RegistryRecord;
use super::scalars::DateTime;
use super::verdicts::Reason;
use crate::access::FieldClass;
use crate::edition::Edition;
use crate::hub::{contradictions, is_contradiction};
use crate::model::linkage::{JudgementVerdict as ModelVerdict, RecordRef};
use crate::serve::answers::filter::known_registries;
use crate::serve::answers::loaders::PairKey;
use crate::serve::answers::usage::bits_of;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::problem::Problem;
use crate::store::entity::ReviewRow;
use crate::store::judgement::JudgementRow;

/// Conditions on pairs.
#[derive(Debug, Default, InputObject)]
pub struct ReviewFilter {
    /// Names of registries: one of the two records is theirs.
    pub registry: Option<Vec<String>>,
    /// log2 odds at least.
    pub min_weight: Option<f64>,
    /// log2 odds at most.
    pub max_weight: Option<f64>,
    /// Codes of areas of one of the enterprises.
    pub area: Option<Vec<String>>,
}

/// Two records that may belong to one enterprise.
#[derive(SimpleObject)]
pub struct ReviewPair {
    /// Its id.
    id: ID,
    /// One record; null where it belongs to no enterprise of the current edition.
    left: Option<RegistryRecord>,
    /// The other record; null where it belongs to no enterprise of the current edition.
    right: Option<RegistryRecord>,
    /// The enterprises they belong to now.
    enterprises: Vec<Enterprise>,
    /// log2 odds that they belong together.
    weight: f64,
    /// The features compared.
    evidence: Vec<LinkEvidence>,
    /// What a decision would change; of a contradiction its code: fund_dues_without_union, fund_preparatory_with_union.
    effect: String,
    /// Two records for a person to decide, or payments that do not fit the union roll.
    kind: ReviewKind,
    /// What contradicts what, with its inputs; empty for pairs of records.
    reasons: Vec<Reason>,
}

/// What waits for a person.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum ReviewKind {
    /// Two records that the evidence could not settle; decided by `judge`.
    Pair,
    /// Dues without a union, or a preparatory fund though there is one; settled by a judgement on a union's record, by a
    /// finding, or by the department that sent the payment.
    FundContradiction,
}

pages!(
    "Pairs, page by page.",
    ReviewConnection,
    "The pairs of this page.",
    ReviewPair,
    "A pair and its cursor.",
    ReviewEdge,
    "The pair."
);

impl ReviewConnection {
    pub async fn page(
        ask: &RequestContext,
        filter: &ReviewFilter,
        first: usize,
        after: Option<&str>,
    ) -> Result<ReviewConnection, Problem> {
        known_registries(ask.state.hub(), filter.registry.as_deref().unwrap_or_default())?;
        ask.touch_store();
        let edition = ask.edition()?;
        let mut rows = ask.state.hub().store.review_pairs(i64::MAX).await?;
        // That somebody pays, and what, is said to who may see payments.
        if ask.caller.is_shown(FieldClass::Money) {
            rows.extend(contradictions(&edition, usize::MAX));
        }
        rows.sort_by(|a, b| b.rank.total_cmp(&a.rank).then_with(|| a.id.cmp(&b.id)));
        let areas = match &filter.area {
            Some(codes) => Some(edition.filter(&crate::edition::Filter::Area(codes.clone()))?),
            None => None,
        };
        let hub = ask.state.hub();
        let may_know = |registry: &str| hub.presence_in(registry).scope().is_none_or(|scope| ask.caller.has(scope));
        rows.retain(|pair| {
            let of_registry =
                |names: &Vec<String>| names.iter().any(|n| **n == *pair.left.registry || **n == *pair.right.registry);
            let visible = |id: &String| edition.enterprise_of_id(id).is_some_and(|e| ask.may_see(e));
            may_know(&pair.left.registry)
                && may_know(&pair.right.registry)
                && filter.registry.as_ref().is_none_or(of_registry)
                && filter.min_weight.is_none_or(|least| pair.weight >= least)
                && filter.max_weight.is_none_or(|most| pair.weight <= most)
                && areas
                    .as_ref()
                    .is_none_or(|rows| pair.entities.iter().any(|id| edition.row_of_id(id).is_some_and(|row| rows.contains(row))))
                && (ask.caller.areas.is_empty() || pair.entities.iter().any(visible))
        });
        let total_count = rows.len() as i32;
        let (rows, placed) = connection::slice(rows, first, after)?;
        // What joins two records, and what contradicts what, is said of the enterprises that they belong to.
        ask.show_fields(bits_of("records") | bits_of("identity"));
        Ok(ReviewConnection { nodes: rows.into_iter().map(|row| pair(ask, &edition, row)).collect(), placed, total_count })
    }
}

impl ReviewPair {
    /// A pair by id, together with all others of the answer in one read; None where it was decided since.
    pub async fn find(ask: &RequestContext, id: &str) -> Result<Option<ReviewPair>, Problem> {
        ask.touch_store();
        let edition = ask.edition()?;
        let row = ask.records.load_one(PairKey(id.to_owned())).await?;
        Ok(row.map(|row| pair(ask, &edition, (*row).clone())))
    }
}

fn pair(ask: &RequestContext, edition: &Arc<Edition>, row: ReviewRow) -> ReviewPair {
    let record = |r: &RecordRef| RegistryRecord::of_edition(ask, edition, r);
    let of_fund = is_contradiction(&row);
    let payer = row.entities.first().filter(|_| of_fund).and_then(|id| edition.enterprise_of_id(id));
    let reasons = payer.and_then(|e| Some(Reason::all(&Enterprise::new(ask, edition, e.row), &e.verdicts().ok()?.fund.reasons)));
    let reasons = reasons.unwrap_or_default();
    let enterprises = row.entities.iter().filter_map(|id| edition.enterprise_of_id(id)).filter(|e| ask.may_see(*e));
    ReviewPair {
        left: record(&row.left),
        right: (!of_fund).then(|| record(&row.right)).flatten(),
        kind: if of_fund { ReviewKind::FundContradiction } else { ReviewKind::Pair },
        reasons,
        enterprises: enterprises.map(|e| Enterprise::new(ask, edition, e.row)).collect(),
        id: ID(row.id),
        weight: row.weight,
        evidence: evidence_of(&row.evidence),
        effect: row.effect,
    }
}

/// A person's decision on a pair.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::model::linkage::JudgementVerdict")]
pub enum JudgementVerdict {
    /// The two are one enterprise.
    Same,
    /// They are not.
    Different,
    /// It cannot be told.
    NotSure,
}

/// A recorded decision on a pair.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Judgement {
    /// Its id; `withdrawJudgement` takes it.
    id: ID,
    /// The decision.
    verdict: JudgementVerdict,
    #[graphql(skip)]
    records: [RecordRef; 2],
    /// Why.
    reason: Option<String>,
    /// Who decided.
    by: Option<String>,
    /// When.
    at: DateTime,
    /// When it was taken back.
    withdrawn_at: Option<DateTime>,
}

#[ComplexObject]
impl Judgement {
    /// One of the two records; null where it belongs to no enterprise of the current edition.
    async fn left(&self, ctx: &Context<'_>) -> Result<Option<RegistryRecord>> {
        let edition = ask(ctx).edition().or_tell(ctx)?;
        Ok(RegistryRecord::of_edition(ask(ctx), &edition, &self.records[0]))
    }
    /// The other record; null where it belongs to no enterprise of the current edition.
    async fn right(&self, ctx: &Context<'_>) -> Result<Option<RegistryRecord>> {
        let edition = ask(ctx).edition().or_tell(ctx)?;
        Ok(RegistryRecord::of_edition(ask(ctx), &edition, &self.records[1]))
    }
}

impl From<JudgementRow> for Judgement {
    fn from(j: JudgementRow) -> Judgement {
        Judgement {
            id: ID(j.id),
            verdict: ModelVerdict::from_name(&j.verdict).unwrap_or(ModelVerdict::NotSure).into(),
            records: [
                RecordRef { registry: j.left_registry.into(), key: j.left_key.into(), part: j.left_part as u16 },
                RecordRef { registry: j.right_registry.into(), key: j.right_key.into(), part: j.right_part as u16 },
            ],
            reason: j.reason,
            by: j.by_whom,
            at: DateTime::written(j.at),
            withdrawn_at: j.withdrawn_at.and_then(DateTime::from_millis),
        }
    }
}
