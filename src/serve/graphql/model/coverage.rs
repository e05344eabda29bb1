//! Coverage: counts and rates by any dimensions, each rate with its numerator and denominator.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};

use super::coverage_detail::{CountedRows, Measured};
use super::coverage_rows::Rows;
use super::edition::EditionNode;
use super::enterprise::LARGEST_INT;
use super::scalars::{Decimal, Language};
use super::targets::{Target, TargetKey};
use crate::access::AccessScope;
use crate::edition;
use crate::edition::format::dimension::with_dimensions;
use crate::edition::format::rates;
use crate::edition::{Detail, Edition, EditionAsOf, Filter, Measures};
use crate::hub::MissingInput;
use crate::model::message::{Lang, country_name, input_name, value_name};
use crate::model::value::Money;
use crate::serve::context::{OrTell, RequestContext, ask, permitted};
use crate::serve::counts::ToldCounts;
use crate::serve::problem::Problem;

/// Groups one answer may have.
const MAX_GROUPS: usize = 20_000;
/// Dimensions one question may have.
const MAX_DIMENSIONS: usize = 6;
/// Where numbers are rounded: the more tables hold an enterprise, the more is known of each by their average.
const MAX_ROUNDED_DIMENSIONS: usize = 2;

macro_rules! on_the_wire {
    ($($(#[$doc:meta])* $name:ident: $column:literal, $kind:ident, $values:ident $how:tt;)+) => {
        /// What enterprises can be grouped by.
        #[derive(Debug, Enum, Clone, Copy, PartialEq, Eq, Hash)]
        #[graphql(remote = "crate::edition::Dimension")]
        pub enum Dimension {
            $($(#[$doc])* $name,)+
        }
    };
}
with_dimensions!(on_the_wire);

/// An input that designated size needs and no registry stated.
pub struct DecidingInput(MissingInput);

/// An input that designated size needs and no registry stated.
#[Object]
impl DecidingInput {
    /// As reasons name it: `revenue`, `industry`.
    async fn input(&self) -> &str {
        &self.0.input
    }
    /// Its name.
    async fn name(&self, ctx: &Context<'_>) -> &str {
        input_name(&self.0.input, ask(ctx).lang)
    }
    /// Enterprises of unknown size of which it is missing, of those of whom it cannot be told whether they are on the gap list.
    async fn enterprises(&self) -> u64 {
        self.0.missing
    }
    /// Those of them of which nothing else is missing: its value decides.
    async fn decides(&self) -> u64 {
        self.0.alone
    }
    /// Names of the registries whose extracts have such a column.
    async fn registries(&self) -> Vec<&str> {
        self.0.registries.iter().map(|(name, ..)| name.as_str()).collect()
    }
}

/// Counts per group, and of all groups together.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Coverage {
    /// The edition that was counted.
    edition: EditionNode,
    /// The edition it was compared with.
    compared_with: Option<EditionNode>,
    /// One row per group that has enterprises, in the order of the codes.
    rows: Rows,
    /// All of them together; each enterprise once.
    total: CoverageRow,
    /// Where the caller sees no single enterprise: every number of enterprises or unions is moved at random by a few and rounded to a
    /// multiple of this; 0 stands for fewer, groups of fewer are left out, groups do not add up to the total, and employees and members are
    /// near what they are. Null where numbers are told as they are.
    rounded_to: Option<u64>,
    #[graphql(skip)]
    counted: Arc<CountedRows>,
}

#[ComplexObject]
impl Coverage {
    /// What would decide most of those of unknown size among the enterprises counted, most decisive first. Empty where numbers are
    /// rounded.
    async fn deciding(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DecidingInput>> {
        if self.rounded_to.is_some() {
            return Ok(Vec::new());
        }
        let state = &ask(ctx).state;
        let (hub, counted) = (state.hub().clone(), self.counted.clone());
        // Reads the reasons of every enterprise of unknown size: in a large city that would hold up other answers.
        let read = move || Ok::<_, Problem>(hub.missing_inputs(&counted.edition, &*counted.rows()?)?);
        let read = state.background().run(&ask(ctx).caller.id, read).await;
        let missing = read.map_err(|_| Problem::internal()).and_then(|found| found).or_tell(ctx)?;
        let least = ask(ctx).state.suppression_threshold(&ask(ctx).caller);
        Ok(missing.into_iter().filter(|input| input.missing >= least).map(DecidingInput).collect())
    }
}

/// Counts and rates of one group.
pub struct CoverageRow {
    pub(in crate::serve::graphql) edition: Arc<Edition>,
    pub(in crate::serve::graphql) by: Arc<Vec<Dimension>>,
    pub(in crate::serve::graphql) keys: Arc<[String]>,
    pub(in crate::serve::graphql) measures: Measures,
    before: Option<Measures>,
    pub(in crate::serve::graphql) suppressed: bool,
    is_rounded: bool,
    target: Option<Target>,
    more: Arc<Measured>,
}

/// A rate, with what was divided by what.
#[derive(SimpleObject)]
pub struct Ratio {
    /// Counted.
    numerator: u64,
    /// Out of.
    denominator: u64,
    /// Null where the denominator is 0, where nobody states what is counted, where the part exceeds its whole, and where nobody
    /// said what the whole of an industrial union is.
    value: Option<f64>,
    /// The part exceeds its whole, such as more members than staff: one of the two is wrong.
    conflict: bool,
}

impl Ratio {
    pub fn of(numerator: u64, denominator: u64) -> Ratio {
        Ratio { numerator, denominator, value: rates::share(numerator, denominator), conflict: false }
    }
}

/// A rate of sums of money, which pass what an Int can hold.
#[derive(SimpleObject)]
pub struct YuanRatio {
    /// Counted, in yuan.
    numerator: Decimal,
    /// Out of, in yuan.
    denominator: Decimal,
    /// Null where the denominator is 0, where nobody states what is counted, and where nobody said what the whole is.
    value: Option<f64>,
    /// The part exceeds its whole.
    conflict: bool,
}

/// What changed since the edition compared with.
#[derive(SimpleObject)]
pub struct CoverageChange {
    /// 净增组织数: standing unions of the roll, more or fewer.
    unions: i64,
    /// 净增覆盖单位: enterprises covered by any counted kind, more or fewer.
    covered_units: i64,
    /// 净增会员: union members, more or fewer.
    members: i64,
}

/// The group in one dimension.
pub struct GroupKey {
    edition: Arc<Edition>,
    dimension: Dimension,
    code: String,
}

/// The group in one dimension; the code is empty where the value is unknown.
#[Object]
impl GroupKey {
    /// The dimension.
    async fn dimension(&self) -> Dimension {
        self.dimension
    }
    /// Code of the area, industry or kind.
    async fn code(&self) -> &str {
        &self.code
    }
    /// Its name.
    async fn name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        group_name(&self.edition, self.dimension, &self.code, lang.map_or(ask(ctx).lang, Into::into))
    }
}

/// Name of a group; its code where it has none.
pub fn group_name(edition: &Edition, dimension: Dimension, code: &str, lang: Lang) -> String {
    let found = match dimension {
        _ if code.is_empty() => None,
        Dimension::District | Dimension::Town | Dimension::Federation => {
            edition.area(code).map(|a| lang.pick(&a.zh, &a.en).clone())
        }
        Dimension::IndustrySection | Dimension::IndustryDivision => {
            let (year, code) = code.split_once(':').map_or((2017, code), |(year, code)| (year.parse().unwrap_or(2017), code));
            edition.industry(code, year).map(|i| lang.pick(&i.zh, &i.en).clone())
        }
        Dimension::InvestorCountry => country_name(code, lang).map(str::to_owned),
        _ => None,
    };
    found.unwrap_or_else(|| value_name(code, lang).to_owned())
}

/// Said of an industrial union whose industries nobody named, in Chinese and English.
pub const NO_UNIVERSE: (&str, &str) = (
    "未规定该产业工会所属的行业（policy.industrial_unions），应建会单位数不明，不计算比率",
    "no industries are named for this industrial union (policy.industrial_unions): who should have a union is unknown, and so are the rates",
);

impl CoverageRow {
    /// What takes a reading of its own; None where it is not told: where numbers are rounded, too.
    fn detail(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Detail>> {
        if self.suppressed || self.is_rounded {
            return Ok(None);
        }
        self.more.of(&self.keys).or_tell(ctx).map(Some)
    }
    /// A count; sums of heads that registries mistyped end at the largest number that clients take.
    fn count(&self, count: &rates::Count) -> Option<u64> {
        (!self.suppressed).then(|| (count.of)(&self.measures).min(LARGEST_INT.into()))
    }
    /// A rate of what is counted with the coverage.
    fn rate(&self, rate: &rates::Rate) -> Option<Ratio> {
        let (numerator, denominator) = rate.of(&self.measures)?;
        let conflict = rate.is_conflict(numerator, denominator);
        let [numerator, denominator] = [numerator, denominator].map(|n| n.min(LARGEST_INT.into()));
        (!self.suppressed).then(|| Ratio { numerator, denominator, value: rate.value(&self.measures), conflict })
    }
    /// A rate of what takes a reading of its own.
    fn detailed_rate(&self, ctx: &Context<'_>, rate: &rates::Rate) -> async_graphql::Result<Option<Ratio>> {
        let Some(detail) = self.detail(ctx)? else { return Ok(None) };
        let (numerator, denominator, value) = rate.ratio(&self.measures, &detail);
        Ok(Some(Ratio { numerator, denominator, value, conflict: rate.is_conflict(numerator, denominator) }))
    }
}

/// Counts and rates of one group. Out-of-scope enterprises count in `enterprises` and `outOfScope` only.
#[Object]
impl CoverageRow {
    /// The group is too small to be told to this caller: its counts are null, and cannot be derived from the total and the
    /// other groups. Where numbers are rounded, groups that are too small are left out instead.
    async fn suppressed(&self) -> bool {
        self.suppressed
    }
    /// The group, in the order of `by`; empty for the total.
    async fn keys(&self) -> Vec<GroupKey> {
        let keys = self.by.iter().zip(self.keys.iter());
        keys.map(|(dimension, code)| GroupKey { edition: self.edition.clone(), dimension: *dimension, code: code.clone() })
            .collect()
    }
    /// All enterprises of the group.
    async fn enterprises(&self) -> Option<u64> {
        self.count(&rates::ENTERPRISES)
    }
    /// In scope and above designated size.
    async fn above_designated_size(&self) -> Option<u64> {
        self.count(&rates::ABOVE)
    }
    /// In scope and of unknown size: nobody can say whether they belong on the gap list.
    async fn size_unknown(&self) -> Option<u64> {
        self.count(&rates::SIZE_UNKNOWN)
    }
    /// Of those of unknown size: gap status LACKING.
    async fn size_unknown_lacking(&self) -> Option<u64> {
        self.count(&rates::SIZE_UNKNOWN_LACKING)
    }
    /// In scope with an independent union.
    async fn independent(&self) -> Option<u64> {
        self.count(&rates::INDEPENDENT)
    }
    /// In scope with a union of a kind that policy counts; by default independent, parent's, joint and federation.
    #[graphql(name = "covered")]
    async fn unionised(&self) -> Option<u64> {
        self.count(&rates::UNIONISED)
    }
    /// Gap status LACKING, of any size.
    async fn lacking(&self) -> Option<u64> {
        self.count(&rates::LACKING)
    }
    /// Gap status LACKING_INDEPENDENT.
    async fn lacking_independent(&self) -> Option<u64> {
        self.count(&rates::LACKING_INDEPENDENT)
    }
    /// On the gap list: above designated size and lacking a union or an independent one; what the root field `gap` counts.
    async fn in_gap(&self) -> Option<u64> {
        self.count(&rates::IN_GAP)
    }
    /// Gap status UNDECIDED.
    async fn undecided(&self) -> Option<u64> {
        self.count(&rates::UNDECIDED)
    }
    /// Gap status OUT_OF_SCOPE.
    async fn out_of_scope(&self) -> Option<u64> {
        self.count(&rates::OUT_OF_SCOPE)
    }
    /// Employees of enterprises in scope.
    async fn employees(&self) -> Option<u64> {
        self.count(&rates::EMPLOYEES)
    }
    /// Employees of enterprises in scope that have a union of a counted kind.
    async fn employees_of_unionised(&self) -> Option<u64> {
        self.count(&rates::EMPLOYEES_OF_UNIONISED)
    }
    /// Standing unions of the roll, each once: at its host, or where it has none at one of the enterprises it covers. A union that
    /// ended with its host is none.
    async fn unions(&self) -> Option<u64> {
        self.count(&rates::UNIONS)
    }
    /// Union members in enterprises in scope; those of a union of several enterprises are shared among them, nobody twice.
    async fn members(&self) -> Option<u64> {
        self.count(&rates::MEMBERS)
    }
    /// In scope with more members than staff: one of the two is wrong; `membersExceedStaff` of a filter lists them.
    async fn members_exceed_staff(&self) -> Option<u64> {
        self.count(&rates::MEMBERS_EXCEED_STAFF)
    }
    /// Why rates are null that divide by what should have a union; null where they are told: an industrial union whose industries
    /// policy does not name covers all that is known to stand under it, by construction.
    async fn rates_withheld(&self, ctx: &Context<'_>) -> Option<&str> {
        let withheld = !self.suppressed && rates::lacks_universe(&self.measures);
        withheld.then(|| ask(ctx).lang.pick(NO_UNIVERSE.0, NO_UNIVERSE.1))
    }
    /// 规模以上企业独立建会率: above designated size with an independent union / above designated size.
    async fn independent_rate(&self) -> Option<Ratio> {
        self.rate(&rates::INDEPENDENT_RATE)
    }
    /// 工会组织覆盖率: with a union of a counted kind / in scope.
    async fn coverage_rate(&self) -> Option<Ratio> {
        self.rate(&rates::COVERAGE_RATE)
    }
    /// 职工入会率, as yearbooks print it: members / employees of units that have a union.
    async fn membership_rate_unionised(&self) -> Option<Ratio> {
        self.rate(&rates::MEMBERSHIP_RATE_UNIONISED)
    }
    /// Members / all employees. Never to be mixed with the other one.
    async fn membership_rate_all(&self) -> Option<Ratio> {
        self.rate(&rates::MEMBERSHIP_RATE_ALL)
    }
    /// The target of the group's area, where `target` names one: its first key that is an area with a target.
    async fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }
    /// 建会率（法人单位）: with a union of a kind that policy counts as established / in scope.
    async fn establishment_rate(&self) -> Option<Ratio> {
        self.rate(&rates::ESTABLISHMENT_RATE)
    }
    /// 外资（港澳台）企业建会率: foreign, Hong Kong, Macao and Taiwan enterprises with a union / all of them in scope.
    async fn foreign_rate(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Ratio>> {
        self.detailed_rate(ctx, &rates::FOREIGN_RATE)
    }
    /// 女会员比重: women among the members, as far as the roll states them.
    async fn female_share(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Ratio>> {
        self.detailed_rate(ctx, &rates::FEMALE_SHARE)
    }
    /// 农民工入会率: migrant members / migrant employees, as far as the roll states them.
    async fn migrant_membership_rate(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Ratio>> {
        self.detailed_rate(ctx, &rates::MIGRANT_MEMBERSHIP_RATE)
    }
    /// 劳务派遣工会员数: members who are dispatched workers, each counted in one place only.
    async fn dispatched_members(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<u64>> {
        Ok(self.detail(ctx)?.map(|d| d.dispatched_members))
    }
    /// 应缴工会经费: a year's dues on the payrolls known, in yuan. Needs the scope `finance`: of one firm it is a share of its payroll.
    async fn dues_payable_yuan(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Decimal>> {
        if !permitted(ctx, AccessScope::Finance) {
            return Ok(None);
        }
        Ok(self.detail(ctx)?.map(|d| Decimal(d.dues_payable)))
    }
    /// 收缴率: paid / due, in yuan, of the latest period of each enterprise of which both are known. Needs the scope `finance`.
    async fn dues_collected_rate(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<YuanRatio>> {
        if !permitted(ctx, AccessScope::Finance) {
            return Ok(None);
        }
        let rate = self.detailed_rate(ctx, &rates::DUES_COLLECTED_RATE)?;
        let yuan = |amount: u64| Decimal(Money::from_yuan(i64::try_from(amount).unwrap_or(i64::MAX)));
        Ok(rate.map(|Ratio { numerator, denominator, value, conflict }| YuanRatio {
            numerator: yuan(numerator),
            denominator: yuan(denominator),
            value,
            conflict,
        }))
    }
    /// What changed since the edition of `compareWith`.
    async fn change(&self) -> Option<CoverageChange> {
        let (now, before) = (&self.measures, self.before.as_ref().filter(|_| !self.suppressed)?);
        let [unions, covered_units, members] = rates::CHANGES.each_ref().map(|c| (c.of)(now) as i64 - (c.of)(before) as i64);
        Some(CoverageChange { unions, covered_units, members })
    }
}

/// What is to be counted.
pub struct Question {
    pub by: Vec<Dimension>,
    pub filter: Filter,
    pub as_of: Option<EditionAsOf>,
    pub compare_with: Option<EditionAsOf>,
    pub target: Option<TargetKey>,
    /// The bits of the fields that sums are asked of which take a scope; 0 for none.
    pub sums: u32,
}

/// Counts the rows of the filter, and compares with an earlier edition and with targets where they are named.
pub async fn coverage(ask: &RequestContext, question: Question) -> Result<Coverage, Problem> {
    let Question { by, filter, as_of, compare_with, target, sums } = question;
    let most = if ask.state.rounds(&ask.caller) { MAX_ROUNDED_DIMENSIONS } else { MAX_DIMENSIONS };
    if by.len() > most || by.iter().enumerate().any(|(i, d)| by[..i].contains(d)) {
        return Err(Problem::bad_input(
            format!("by 最多 {most} 个维度，且不能重复"),
            format!("by takes at most {most} dimensions, each once"),
        ));
    }
    let edition = ask.edition_at(as_of, None)?;
    let ToldCounts { groups, total, is_small, rounded_to } = count(ask, &edition, &by, &filter)?;
    let counted = Arc::new(CountedRows::new(edition.clone(), ask.counted_in_areas(filter.clone())));
    // A sum over one firm is that firm's: who is told sums of money is noted with those whose they are.
    if sums != 0 && ask.caller.has(AccessScope::Finance) {
        ask.show_counted(&edition, &*counted.rows()?, sums);
    }
    let more = Arc::new(Measured::new(by.iter().map(|d| (*d).into()).collect(), counted.clone()));
    let compared = compare_with.map(|day| ask.edition_at(Some(day), None)).transpose()?;
    let mut rows_before: HashMap<Arc<[String]>, Measures> = HashMap::new();
    let mut total_before = None;
    if let Some(earlier) = &compared {
        let earlier = count(ask, earlier, &by, &filter)?;
        rows_before.extend(earlier.groups.into_iter().map(|(g, _)| (g.keys, g.measures)));
        total_before = Some(earlier.total);
    }
    let targets = match target {
        Some(key) => Target::by_area(ask, &edition, key).await?,
        None => HashMap::new(),
    };
    let by = Arc::new(by);
    let row = |keys: Arc<[String]>, measures: Measures, before, suppressed| {
        let areas = by.iter().zip(keys.iter()).filter(|(d, _)| edition::Dimension::from(**d).is_area());
        let target = areas.map(|(_, code)| code).find_map(|code| targets.get(code.as_str()).cloned());
        let (edition, by, more) = (edition.clone(), by.clone(), more.clone());
        CoverageRow { edition, by, keys, measures, before, suppressed, is_rounded: rounded_to.is_some(), target, more }
    };
    Ok(Coverage {
        total: row(Arc::default(), total, total_before, is_small),
        rows: Rows(
            groups
                .into_iter()
                .map(|(g, hidden)| {
                    let before = compared.as_ref().map(|_| rows_before.get(&g.keys).copied().unwrap_or_default());
                    row(g.keys, g.measures, before, hidden)
                })
                .collect(),
        ),
        rounded_to,
        counted,
        compared_with: compared.as_ref().map(EditionNode::opened),
        edition: EditionNode::opened(&edition),
    })
}

fn count(ask: &RequestContext, edition: &Edition, by: &[Dimension], filter: &Filter) -> Result<ToldCounts, Problem> {
    let by: Vec<edition::Dimension> = by.iter().map(|d| (*d).into()).collect();
    ToldCounts::of(ask, edition, &by, &ask.counted_in_areas(filter.clone()), MAX_GROUPS)
}
