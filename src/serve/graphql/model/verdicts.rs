//! Verdicts, always with their reasons.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};

use super::enterprise::Enterprise;
use super::provenance::RegistryRecord;
use super::registry::Registry;
use super::review::ReviewPair;
use super::scalars::*;
use super::unions::TradeUnion;
use crate::access::{AccessScope, classes};
use crate::model::message::{reason_text, value_name};
use crate::model::reference::thresholds::ThresholdRule;
use crate::model::verdict as model;
use crate::serve::answers::usage::bits_of_input;
use crate::serve::context::{OrTell, RequestContext, ask, permitted};

/// Why: a stable code, its text, and the facts it rests on.
pub struct Reason {
    pub enterprise: Enterprise,
    pub code: String,
    pub inputs: Vec<model::ReasonInput>,
}

impl Reason {
    pub fn all(enterprise: &Enterprise, reasons: &[model::Reason]) -> Vec<Reason> {
        reasons
            .iter()
            .map(|r| Reason { enterprise: enterprise.clone(), code: r.code.to_string(), inputs: r.inputs.clone() })
            .collect()
    }
}

/// Notes which fields these facts say.
fn note_inputs(ctx: &Context<'_>, inputs: &[model::ReasonInput]) {
    ask(ctx).show_fields(inputs.iter().fold(0, |bits, input| bits | bits_of_input(&input.name)));
}

/// Why a verdict is what it is.
#[Object]
impl Reason {
    /// Stable code.
    async fn code(&self) -> &str {
        &self.code
    }
    /// What it says, inputs filled in.
    async fn message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        let told: Vec<model::ReasonInput> = ask(ctx).caller.told_inputs(&self.inputs).cloned().collect();
        note_inputs(ctx, &told);
        reason_text(&self.code, &told, lang.map_or(ask(ctx).lang, Into::into))
    }
    /// The facts it rests on; sums of money only with the scope `finance`, what visits found only with `review`.
    async fn inputs(&self, ctx: &Context<'_>) -> Vec<ReasonInput> {
        let told: Vec<model::ReasonInput> = ask(ctx).caller.told_inputs(&self.inputs).cloned().collect();
        note_inputs(ctx, &told);
        told.into_iter().map(|input| ReasonInput { enterprise: self.enterprise.clone(), input }).collect()
    }
}

/// One fact a verdict rests on, and who stated it.
pub struct ReasonInput {
    enterprise: Enterprise,
    input: model::ReasonInput,
}

/// One fact a verdict rests on, and who stated it.
#[Object]
impl ReasonInput {
    /// Name of the fact.
    async fn name(&self) -> &str {
        &self.input.name
    }
    /// Null where the fact was missing.
    async fn value(&self) -> Option<&str> {
        self.input.value.as_deref()
    }
    /// The registry that stated it.
    async fn registry(&self) -> Option<Registry> {
        self.input.registry.as_deref().map(Registry::named)
    }
    /// The record that stated it.
    async fn record(&self) -> Option<RegistryRecord> {
        let (registry, key) = (self.input.registry.as_deref()?, self.input.record.as_deref()?);
        self.enterprise.record_of(registry, key)
    }
    /// When the registry last touched that record, as far as it says so.
    async fn observed_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DateTime>> {
        let (Some(registry), Some(key)) = (self.input.registry.as_deref(), self.input.record.as_deref()) else { return Ok(None) };
        let Some(record) = self.enterprise.record_of(registry, key) else { return Ok(None) };
        let detail = record.detail(ctx).await.or_tell(ctx)?;
        Ok(detail.and_then(|d| DateTime::from_millis(d.observed_at?)))
    }
}

/// Whether an enterprise is above designated size.
pub struct SizeVerdict(pub Enterprise);

/// Whether an enterprise is above designated size (规模以上), and why.
#[Object]
impl SizeVerdict {
    /// The verdict.
    async fn verdict(&self) -> SizeStatus {
        self.0.row().size().map_or(SizeStatus::Unknown, Into::into)
    }
    /// The verdict in words.
    async fn label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        let value: SizeStatus = self.0.row().size().map_or(SizeStatus::Unknown, Into::into);
        value_name(value.name(), lang.map_or(ask(ctx).lang, Into::into))
    }
    /// What it rests on.
    async fn basis(&self) -> Option<SizeBasis> {
        self.0.row().size_basis().map(Into::into)
    }
    /// The threshold rule that was applied.
    async fn rule(&self, ctx: &Context<'_>) -> Option<SizeRule> {
        let id = self.0.row().size_rule()?;
        SizeRule::find(ask(ctx), id)
    }
    /// Why.
    async fn reasons(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Reason>> {
        Ok(Reason::all(&self.0, &self.0.verdicts(ctx)?.size.reasons))
    }
    /// Large, medium, small or micro.
    async fn size_class(&self) -> Option<SizeClass> {
        self.0.row().size_class().map(Into::into)
    }
}

/// A threshold rule of the national statistics.
pub struct SizeRule(ThresholdRule);

impl SizeRule {
    fn find(ask: &RequestContext, id: &str) -> Option<SizeRule> {
        ask.state.hub().rules.named(id).map(SizeRule)
    }
}

/// A threshold rule of the national statistics, as restated in the thresholds file.
#[Object]
impl SizeRule {
    /// Id in the thresholds file.
    async fn id(&self) -> &str {
        &self.0.id
    }
    /// What it says.
    async fn title(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        lang.map_or(ask(ctx).lang, Into::into).pick(&self.0.scope_zh, &self.0.scope_en)
    }
    /// First day in force.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }
    /// Last day in force; null where it still is.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
    /// Where the rule was read.
    async fn source(&self) -> String {
        self.0.sources.iter().map(|s| &**s).collect::<Vec<_>>().join("; ")
    }
    /// How sure the restatement is: high, medium or low.
    async fn confidence(&self) -> &str {
        &self.0.confidence
    }
}

/// How an enterprise is covered by a union.
pub struct UnionVerdict(pub Enterprise);

/// How an enterprise is covered by a union, by which, and why.
#[Object]
impl UnionVerdict {
    /// The verdict; where several apply, the first of the enum.
    async fn verdict(&self) -> UnionStatus {
        self.0.row().union().map_or(UnionStatus::None, Into::into)
    }
    /// The verdict in words.
    async fn label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        let value: UnionStatus = self.0.row().union().map_or(UnionStatus::None, Into::into);
        value_name(value.name(), lang.map_or(ask(ctx).lang, Into::into))
    }
    /// The unions that cover it.
    async fn unions(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<UnionLink>>> {
        let links = &self.0.verdicts(ctx)?.union.unions;
        Ok(Some(links.iter().filter_map(|link| UnionLink::new(ask(ctx), &self.0, link)).collect()))
    }
    /// Unions that nearly match and wait for a person.
    async fn possible(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<PossibleUnion>>> {
        let edition = self.0.edition();
        let possible = &self.0.verdicts(ctx)?.union.possible;
        Ok(Some(
            possible
                .iter()
                .map(|p| PossibleUnion {
                    pair: p.pair.to_string(),
                    trade_union: TradeUnion::find(ask(ctx), edition, &p.union),
                    weight: f64::from(p.weight),
                })
                .collect(),
        ))
    }
    /// Why.
    async fn reasons(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Reason>> {
        Ok(Reason::all(&self.0, &self.0.verdicts(ctx)?.union.reasons))
    }
}

/// A union that covers an enterprise.
#[derive(SimpleObject)]
pub struct UnionLink {
    /// The union.
    trade_union: TradeUnion,
    /// How it covers the enterprise.
    kind: UnionKind,
    /// Since when.
    since: Option<Date>,
    /// The record that says so.
    record: Option<RegistryRecord>,
}

impl UnionLink {
    fn new(ask: &RequestContext, enterprise: &Enterprise, link: &model::UnionLink) -> Option<UnionLink> {
        Some(UnionLink {
            trade_union: TradeUnion::find(ask, enterprise.edition(), &link.union)?,
            kind: link.kind.into(),
            since: link.since.map(Date),
            record: enterprise.record_of(&link.registry, &link.record),
        })
    }
}

/// A union record that nearly matches.
pub struct PossibleUnion {
    pair: String,
    trade_union: Option<TradeUnion>,
    weight: f64,
}

/// A union record that nearly matches.
#[Object]
impl PossibleUnion {
    /// Id of the pair in the review queue.
    async fn pair_id(&self) -> &str {
        &self.pair
    }
    /// The pair in the review queue; null where it was decided since. Needs the scope `review`.
    async fn pair(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ReviewPair>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        ReviewPair::find(ask(ctx), &self.pair).await.or_tell(ctx)
    }
    /// The union.
    async fn trade_union(&self) -> Option<&TradeUnion> {
        self.trade_union.as_ref()
    }
    /// log2 odds that they belong together.
    async fn weight(&self) -> f64 {
        self.weight
    }
}

/// Whether a union is missing.
pub struct GapVerdict(pub Enterprise);

/// Whether a union is missing, why, how urgent it is, and since when.
#[Object]
impl GapVerdict {
    /// The verdict.
    async fn status(&self) -> GapStatus {
        self.0.row().gap().map_or(GapStatus::Undecided, Into::into)
    }
    /// The verdict in words.
    async fn label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        let value: GapStatus = self.0.row().gap().map_or(GapStatus::Undecided, Into::into);
        value_name(value.name(), lang.map_or(ask(ctx).lang, Into::into))
    }
    /// Why.
    async fn reasons(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Reason>> {
        Ok(Reason::all(&self.0, &self.0.verdicts(ctx)?.gap.reasons))
    }
    /// Whom to visit first.
    async fn priority(&self) -> Option<Priority> {
        Some(Priority(self.0.clone()))
    }
    /// Null with the reason `before_first_edition` for what was lacking in the first edition.
    async fn since(&self) -> Option<Date> {
        self.0.row().gap_since().map(Date)
    }
}

/// How urgent a visit is.
pub struct Priority(Enterprise);

/// How urgent a visit is: points added up.
#[Object]
impl Priority {
    /// The sum of the factors that the caller may see.
    async fn score(&self, ctx: &Context<'_>) -> async_graphql::Result<f64> {
        let caller = &ask(ctx).caller;
        caller.note_score();
        let sight = caller.sight();
        let score = match sight.sees_all() {
            true => self.0.row().priority(),
            false => sight.score(&self.0.verdicts(ctx)?.priority.factors),
        };
        // The shortest decimal that is the same single-precision number: 61.3, not 61.29999923706055.
        Ok(score.to_string().parse().unwrap_or_default())
    }
    /// What the points are for; what concerns payments only with the scope `finance`, disputes only with `records`.
    async fn factors(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PriorityFactor>> {
        let factors = &self.0.verdicts(ctx)?.priority.factors;
        let told = factors.iter().filter(|f| ask(ctx).caller.is_shown(classes::of_code(&f.code)));
        Ok(told.map(|f| PriorityFactor { enterprise: self.0.clone(), factor: f.clone() }).collect())
    }
}

/// Points for one thing.
pub struct PriorityFactor {
    enterprise: Enterprise,
    factor: model::PriorityFactor,
}

/// Points for one thing.
#[Object]
impl PriorityFactor {
    /// Stable code.
    async fn code(&self) -> &str {
        &self.factor.code
    }
    /// How many.
    async fn points(&self) -> f64 {
        self.factor.points.to_string().parse().unwrap_or_default()
    }
    /// What for.
    async fn message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        let inputs = self.factor.input.as_ref().map_or(&[] as &[_], std::slice::from_ref);
        note_inputs(ctx, inputs);
        reason_text(&self.factor.code, inputs, lang.map_or(ask(ctx).lang, Into::into))
    }
    /// The fact they are given for.
    async fn input(&self, ctx: &Context<'_>) -> Option<ReasonInput> {
        note_inputs(ctx, self.factor.input.as_slice());
        self.factor.input.clone().map(|input| ReasonInput { enterprise: self.enterprise.clone(), input })
    }
}

/// What is due to the union fund, and what was paid.
pub struct FundVerdict {
    pub enterprise: Enterprise,
    pub verdicts: Arc<model::Verdicts>,
}

/// Union dues (工会经费) and preparatory fund (建会筹备金): what is due on the payroll, what was paid, and whether it is the
/// right kind.
#[Object]
impl FundVerdict {
    /// The verdict.
    async fn status(&self) -> FundStatus {
        self.verdicts.fund.status.into()
    }
    /// The verdict in words.
    async fn label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        let value: FundStatus = self.verdicts.fund.status.into();
        value_name(value.name(), lang.map_or(ask(ctx).lang, Into::into))
    }
    /// `2026`, `2026Q3` or `2026-09`; empty where nothing was paid or due.
    async fn period(&self) -> &str {
        &self.verdicts.fund.period
    }
    /// 2 % of the payroll.
    async fn due_yuan(&self) -> Option<Decimal> {
        self.verdicts.fund.due.map(Decimal)
    }
    /// What was paid.
    async fn paid_yuan(&self) -> Option<Decimal> {
        self.verdicts.fund.paid.map(Decimal)
    }
    /// What kind was paid.
    async fn kind_paid(&self) -> Option<FundKind> {
        self.verdicts.fund.kind_paid.map(Into::into)
    }
    /// Why.
    async fn reasons(&self) -> Vec<Reason> {
        Reason::all(&self.enterprise, &self.verdicts.fund.reasons)
    }
}
