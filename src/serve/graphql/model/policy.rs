//! The policy in force, its thresholds, and what would change with another one.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};

use super::enterprise::Enterprise;
use super::saved_settings::{PolicyVersion, SavedSetting, VERSIONS_READ, given};
use super::scalars::{Date, GapStatus, UnionStatus};
use crate::access::AccessScope;
use crate::edition::Filter;
use crate::hub::policy_change::{PolicyChange, publication, weights};
use crate::hub::policy_preview;
use crate::hub::policy_versions::PolicyState;
use crate::model::reference::threshold_change::{LARGEST_AMOUNT, RuleChange};
use crate::model::reference::thresholds::{Condition, RuleFamily, RuleTest, ThresholdRule};
use crate::serve::answers::usage::selected;
use crate::serve::context::{RequestContext, ask, permitted};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::problem::Problem;

/// A weight of the priority.
#[derive(SimpleObject)]
pub struct PolicyWeight {
    /// Its name in the policy, such as `foreign`.
    name: String,
    /// Points, persons (`employees_full`) or months (`waiting_full_months`).
    value: f64,
}

/// A limit beyond which an edition waits for a person.
#[derive(SimpleObject)]
pub struct PublicationLimit {
    /// Its name in `[policy.publication]`, such as `gap_percent`.
    name: String,
    /// A share in percent of what is published; a number of enterprises (`at_least`).
    value: f64,
}

/// An amount that a rule of designated size asks for.
#[derive(SimpleObject)]
pub struct ThresholdAmount {
    /// What it is of, such as `revenue_main`.
    metric: String,
    /// At least so many yuan, or persons (`employees`).
    least: f64,
}

/// A rule of designated size.
pub struct SizeThreshold {
    rule: ThresholdRule,
    today: chrono::NaiveDate,
}

/// A rule of designated size.
#[Object]
impl SizeThreshold {
    /// Names the rule in verdicts, such as `services-2021`.
    async fn code(&self) -> &str {
        &self.rule.id
    }
    /// Whom it is for.
    async fn title(&self, ctx: &Context<'_>) -> &str {
        ask(ctx).lang.pick(&self.rule.scope_zh, &self.rule.scope_en)
    }
    /// What it asks for, such as `revenue >= 20000000`.
    async fn asks(&self) -> Vec<String> {
        let asked = |condition: &Condition| match condition {
            Condition::AtLeast(metric, least) => format!("{} >= {least}", metric.name()),
            Condition::Is(metric, flag) => format!("{} = {flag}", metric.name()),
            Condition::OneOf(metric, words) => format!("{} in {}", metric.name(), words.join(", ")),
        };
        self.rule.conditions.iter().map(asked).collect()
    }
    /// The amounts among it, which `savePolicy` can change; none of the federation's own head counts, which decide no size.
    async fn amounts(&self) -> Vec<ThresholdAmount> {
        let amounts = self.rule.amounts().filter(|_| self.rule.family == RuleFamily::Statistics);
        amounts.map(|(metric, least)| ThresholdAmount { metric: metric.name().to_owned(), least: least as f64 }).collect()
    }
    /// Code of the rule that it was made of by a saved change; null where it is as in the thresholds file.
    async fn made_of(&self) -> Option<&str> {
        self.rule.made_of()
    }
    /// All of it must hold, not only one.
    async fn all(&self) -> bool {
        self.rule.test == RuleTest::All
    }
    /// The first day.
    async fn valid_from(&self) -> Date {
        Date(self.rule.valid_from)
    }
    /// The last day; null while it holds.
    async fn valid_to(&self) -> Option<Date> {
        self.rule.valid_to.map(Date)
    }
    /// It holds today.
    async fn in_force(&self) -> bool {
        self.rule.in_force(self.today)
    }
    /// Where it comes from.
    async fn sources(&self) -> &[String] {
        &self.rule.sources
    }
    /// How sure it is.
    async fn confidence(&self) -> &str {
        &self.rule.confidence
    }
}

/// The policy in force: the deployer's decisions where the law leaves them one. `huitu.toml` says them; `savePolicy` stands over it.
pub struct PolicyInForce {
    state: PolicyState,
    today: chrono::NaiveDate,
}

impl PolicyInForce {
    /// # Errors
    /// The store cannot be read.
    pub async fn of(ask: &RequestContext) -> Result<PolicyInForce, Problem> {
        ask.touch_store();
        let hub = ask.state.hub();
        let state = hub.policy_state(VERSIONS_READ).await.map_err(mendable)?;
        Ok(PolicyInForce { state, today: hub.clock.today(hub.settings.zone) })
    }
}

/// The policy in force: the deployer's decisions where the law leaves them one. `huitu.toml` says them; `savePolicy` stands over it.
#[Object]
impl PolicyInForce {
    /// Number of the version in force, which a change is made upon (`basedOn`); 0: nobody ever saved one.
    async fn version(&self) -> u32 {
        self.state.number()
    }
    /// Versions that were saved, at most 50, the newest first. Needs the scope `operate`.
    async fn versions(&self, ctx: &Context<'_>) -> Option<Vec<PolicyVersion>> {
        permitted(ctx, AccessScope::Operate).then(|| PolicyVersion::shown(&self.state.versions))
    }
    /// What stands over `huitu.toml` and the thresholds file, each key beside what they say. Needs the scope `operate`.
    async fn saved(&self, ctx: &Context<'_>) -> Option<Vec<SavedSetting>> {
        permitted(ctx, AccessScope::Operate).then(|| SavedSetting::all(&self.state.saved))
    }
    /// Why what was saved cannot be applied to today's `huitu.toml`: until somebody takes it back, nothing is judged anew. Null where it
    /// can.
    async fn unfit(&self, ctx: &Context<'_>) -> Option<&str> {
        self.state.unfit.as_ref().map(|problem| problem.text(ask(ctx).lang))
    }
    /// Months after its founding in which an enterprise need not have a union yet.
    async fn grace_months(&self) -> u32 {
        self.state.in_force.policy.grace_months
    }
    /// Kinds of coverage that count in the coverage rate.
    async fn counted_kinds(&self) -> Vec<UnionStatus> {
        self.state.in_force.policy.counted_kinds.iter().map(|kind| (*kind).into()).collect()
    }
    /// Kinds of coverage that count in the establishment rate (建会率).
    async fn established_kinds(&self) -> Vec<UnionStatus> {
        self.state.in_force.policy.established_kinds.iter().map(|kind| (*kind).into()).collect()
    }
    /// Branches of legal persons are out of scope.
    async fn branches_out_of_scope(&self) -> bool {
        self.state.in_force.policy.branches_out_of_scope
    }
    /// Individual businesses (个体工商户) are out of scope.
    async fn individuals_out_of_scope(&self) -> bool {
        self.state.in_force.policy.individuals_out_of_scope
    }
    /// From this head count on an enterprise is above designated size by proxy; null: no head count stands in.
    async fn proxy_above(&self) -> Option<u32> {
        self.state.in_force.policy.proxy.above
    }
    /// Up to this head count an enterprise is below designated size by proxy; null: no head count says so.
    async fn proxy_below(&self) -> Option<u32> {
        self.state.in_force.policy.proxy.below
    }
    /// Weights of the priority.
    async fn weights(&self) -> Vec<PolicyWeight> {
        weights(&self.state.in_force.policy).into_iter().map(|(name, value)| PolicyWeight { name, value }).collect()
    }
    /// Rules of designated size, those that held once among them.
    async fn thresholds(&self) -> Vec<SizeThreshold> {
        let rules = self.state.in_force.rules.all();
        rules.iter().map(|rule| SizeThreshold { rule: rule.clone(), today: self.today }).collect()
    }
    /// What holds an edition for a person: how far it may differ from the published one, and what a first roll must show.
    async fn publication_limits(&self) -> Vec<PublicationLimit> {
        let limits = publication(&self.state.in_force.policy);
        limits.into_iter().map(|(name, value)| PublicationLimit { name, value }).collect()
    }
}

/// A weight to be tried.
#[derive(Debug, InputObject)]
pub struct PolicyWeightInput {
    /// Its name in the policy, such as `foreign`.
    name: String,
    /// Points, persons or months.
    value: f64,
}

/// A limit to be tried.
#[derive(Debug, InputObject)]
pub struct PublicationLimitInput {
    /// Its name in `[policy.publication]`, such as `gap_percent`.
    name: String,
    /// A share in percent, or a number of enterprises.
    value: f64,
}

/// An amount to be tried.
#[derive(Debug, InputObject)]
pub struct ThresholdAmountInput {
    /// What it is of, such as `revenue_main`.
    metric: String,
    /// At least so many whole yuan, or persons.
    least: f64,
}

/// Other amounts of a rule of designated size, instead of those saved before.
#[derive(Debug, InputObject)]
pub struct ThresholdInput {
    /// Code of the rule in the thresholds file, such as `retail-2010`.
    code: String,
    /// From this day on, the rule as it is until the day before; for all of its time where left out.
    from: Option<Date>,
    /// The amounts that change; the others stay.
    amounts: Vec<ThresholdAmountInput>,
}

/// What would be changed of the policy; what is left out stays.
#[derive(Debug, InputObject)]
pub struct PolicyChangeInput {
    /// Months after its founding in which an enterprise need not have a union yet.
    grace_months: Option<u32>,
    /// Kinds of coverage that count in the coverage rate.
    counted_kinds: Option<Vec<UnionStatus>>,
    /// Kinds of coverage that count in the establishment rate.
    established_kinds: Option<Vec<UnionStatus>>,
    /// Branches of legal persons are out of scope.
    branches_out_of_scope: Option<bool>,
    /// Individual businesses are out of scope.
    individuals_out_of_scope: Option<bool>,
    /// From this head count on an enterprise is above designated size by proxy; null switches that off.
    proxy_above: MaybeUndefined<u32>,
    /// Up to this head count an enterprise is below designated size by proxy; null switches that off.
    proxy_below: MaybeUndefined<u32>,
    /// Weights of the priority.
    weights: Option<Vec<PolicyWeightInput>>,
    /// What holds an edition.
    publication_limits: Option<Vec<PublicationLimitInput>>,
    /// Amounts of rules of designated size.
    thresholds: Option<Vec<ThresholdInput>>,
}

impl ThresholdInput {
    fn change(self) -> (String, RuleChange) {
        // What is no whole number within bounds becomes 0, which no amount can be.
        let whole =
            |least: f64| if least.fract() == 0.0 && (1.0..=LARGEST_AMOUNT as f64).contains(&least) { least as i64 } else { 0 };
        let amounts = self.amounts.into_iter().map(|amount| (amount.metric, whole(amount.least))).collect();
        (self.code, RuleChange { from: self.from.map(|day| day.0), amounts })
    }
}

impl From<PolicyChangeInput> for PolicyChange {
    fn from(input: PolicyChangeInput) -> PolicyChange {
        let kinds = |kinds: Option<Vec<UnionStatus>>| kinds.map(|kinds| kinds.into_iter().map(Into::into).collect());
        PolicyChange {
            grace_months: input.grace_months,
            counted_kinds: kinds(input.counted_kinds),
            established_kinds: kinds(input.established_kinds),
            branches_out_of_scope: input.branches_out_of_scope,
            individuals_out_of_scope: input.individuals_out_of_scope,
            proxy_above: given(input.proxy_above),
            proxy_below: given(input.proxy_below),
            weights: input.weights.unwrap_or_default().into_iter().map(|w| (w.name, w.value as f32)).collect(),
            publication: input.publication_limits.unwrap_or_default().into_iter().map(|l| (l.name, l.value)).collect(),
            thresholds: input.thresholds.unwrap_or_default().into_iter().map(ThresholdInput::change).collect(),
        }
    }
}

/// How many enterprises stand how.
#[derive(SimpleObject)]
pub struct PolicyCounts {
    /// In scope.
    in_scope: u64,
    /// Above designated size.
    above: u64,
    /// Of unknown size.
    size_unknown: u64,
    /// Lacking a union, or one of their own.
    lacking: u64,
    /// Of which it cannot be told.
    undecided: u64,
    /// In scope, with a union of a kind that counts.
    covered: u64,
    /// covered / inScope; null where none is in scope.
    coverage_rate: Option<f64>,
    /// In scope, with a union of a kind that counts as established.
    established: u64,
}

impl From<policy_preview::PolicyCounts> for PolicyCounts {
    fn from(c: policy_preview::PolicyCounts) -> PolicyCounts {
        PolicyCounts {
            in_scope: c.in_scope,
            above: c.above,
            size_unknown: c.size_unknown,
            lacking: c.lacking,
            undecided: c.undecided,
            covered: c.covered,
            coverage_rate: crate::edition::format::rates::COVERAGE_RATE.value(&crate::edition::Measures {
                in_scope: c.in_scope,
                unionised: c.covered,
                ..Default::default()
            }),
            established: c.established,
        }
    }
}

/// How many would go from one status to another.
#[derive(SimpleObject)]
pub struct PolicyMove {
    /// As it is.
    from: GapStatus,
    /// As it would be.
    to: GapStatus,
    /// How many.
    enterprises: u64,
}

/// An enterprise that would stand elsewhere.
#[derive(SimpleObject)]
pub struct PolicyMoved {
    /// The enterprise.
    enterprise: Enterprise,
    /// As it is.
    from: GapStatus,
    /// As it would be.
    to: GapStatus,
}

/// What would change with another policy. Nothing of it is kept.
#[derive(SimpleObject)]
pub struct PolicyPreview {
    /// The day they are judged by: the edition's, or that on which the last of the changed rules begins to hold.
    judged_on: Date,
    /// Enterprises that were judged: all, or of a large city evenly spread ones.
    judged: u64,
    /// Out of so many.
    of: u64,
    /// As they stand.
    now: PolicyCounts,
    /// As they would stand.
    then: PolicyCounts,
    /// From one status to another; the most first.
    moves: Vec<PolicyMove>,
    /// The most urgent of those that would stand elsewhere, at most 50; empty for callers who see no single enterprise.
    moved: Vec<PolicyMoved>,
    /// How long the beginning of the list is that was compared: the hundred most urgent of those judged.
    beginning: u64,
    /// How many of them would still be there.
    stays: u64,
}

impl PolicyPreview {
    /// What would change of the enterprises that the caller may see; who runs the hub and sees none is told the counts of all.
    ///
    /// # Errors
    /// A change that cannot be; a key that nobody saved; the store cannot be read.
    pub async fn tried(ctx: &Context<'_>, change: PolicyChangeInput, take_back: &[String]) -> Result<PolicyPreview, Problem> {
        let ask = ask(ctx);
        ask.touch_store();
        let edition = ask.edition()?;
        let rows = match ask.caller.role.sees_enterprises() {
            true => edition.filter(&ask.counted_in_areas(Filter::All))?,
            false => edition.all(),
        };
        let sight = ask.caller.sight();
        let found = ask.state.hub().policy_preview(&change.into(), take_back, &rows, sight).await.map_err(mendable)?;
        let edition = found.edition.clone();
        let seen: Vec<_> = found.moved.iter().filter(|m| ask.may_see(edition.enterprise(m.row))).collect();
        ask.show(&edition, seen.iter().map(|m| m.row), selected(ctx.field()));
        let moved = |m: &policy_preview::PolicyMove| PolicyMoved {
            enterprise: Enterprise::new(ask, &edition, m.row),
            from: m.from.into(),
            to: m.to.into(),
        };
        let moves =
            found.moves.iter().map(|(from, to, n)| PolicyMove { from: (*from).into(), to: (*to).into(), enterprises: *n });
        Ok(PolicyPreview {
            judged_on: Date(found.judged_on),
            judged: found.judged,
            of: found.of,
            now: found.now.into(),
            then: found.then.into(),
            moves: moves.collect(),
            moved: seen.into_iter().map(moved).collect(),
            beginning: found.beginning,
            stays: found.stays,
        })
    }
}
