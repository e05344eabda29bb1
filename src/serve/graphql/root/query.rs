//! The questions that can be asked.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::administration::AdministrationQuery;
use super::entities;
use super::exports::Export;
use super::federation::FederationQuery;
use super::nodes::{Node, area_of, edition_of_key, find, node_of, show};
use super::outreach::OutreachQuery;
use crate::access::AccessScope;
use crate::edition::Filter;
use crate::serve::answers::filter::{
    AreaKey, EnterpriseFilter, EnterpriseKey, EnterpriseOrder, TradeUnionFilter, fields_of_order, plan_order,
};
use crate::serve::answers::usage::{bits_of, selected};
use crate::serve::context::{OrTell, RequestContext, ask, checked_cursor, checked_first, checked_skip, permitted};
use crate::serve::graphql::model::cases::CaseOwner;
use crate::serve::graphql::model::conflicts::{ConflictConnection, ConflictFilter};
use crate::serve::graphql::model::connection::{EnterpriseConnection, MAX_PAGE, list_behind, question};
use crate::serve::graphql::model::coverage::{Coverage, Dimension, Question, coverage};
use crate::serve::graphql::model::edition::{EditionConnection, HeldEdition};
use crate::serve::graphql::model::enterprise::{Enterprise, SearchHit};
use crate::serve::graphql::model::labels::{EnumLabel, labels};
use crate::serve::graphql::model::places::{Area, AreaLevel, Industry, IndustryLevel, areas, industries};
use crate::serve::graphql::model::registry::{Registry, registries};
use crate::serve::graphql::model::review::{ReviewConnection, ReviewFilter};
use crate::serve::graphql::model::scalars::{AsOf, CreditCode, Language};
use crate::serve::graphql::model::targets::{Target, TargetKey};
use crate::serve::graphql::model::unions::{TradeUnion, TradeUnionConnection};
use crate::serve::problem::{GraphProblem, Problem};

/// A part of the gap list.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum GapPart {
    /// Above designated size, and lacking a union or an independent one.
    Lacking,
    /// In scope, and it cannot be told: the size is unknown and a union lacking, or the gap is undecided. Those below designated
    /// size are left out: they are on no list either way.
    Undecided,
}

impl GapPart {
    pub fn filter(self) -> Filter {
        match self {
            GapPart::Lacking => Filter::InGap,
            GapPart::Undecided => Filter::may_be_in_gap(),
        }
    }
}

/// Who asks.
#[derive(SimpleObject)]
#[graphql(shareable)]
pub struct Viewer {
    /// Name of the token.
    name: String,
    /// admin, analyst, district, client, system, security, auditor, partner or map.
    role: String,
    /// The areas they may see; empty: all.
    areas: Vec<Area>,
    /// What they may see and do beyond the open fields.
    scopes: Vec<String>,
    /// The language of texts, from Accept-Language.
    language: Language,
    /// Who they are in the federation, as they said by `setSeat`.
    seat: Option<CaseOwner>,
}

struct ListArguments {
    filter: Option<EnterpriseFilter>,
    order_by: Option<Vec<EnterpriseOrder>>,
    first: i32,
    after: Option<String>,
    skip: i32,
    as_of: Option<AsOf>,
}

async fn root_list(ask: &RequestContext, base: Filter, arguments: ListArguments) -> Result<EnterpriseConnection, Problem> {
    ask.require_single()?;
    let first = checked_first(arguments.first, MAX_PAGE)?;
    let order_by = arguments.order_by.unwrap_or_default();
    let order = plan_order(&order_by, &ask.caller)?;
    ask.show_fields(fields_of_order(&order_by));
    let as_of = arguments.as_of.map(|d| d.0);
    let filter = base.and(ask.planned(&arguments.filter.unwrap_or_default(), as_of).await?);
    let after = arguments.after.as_deref();
    let cursor = checked_cursor(after, question(ask, &ask.within_areas(filter.clone()), &order))?;
    let edition = ask.edition_at(as_of, cursor.as_ref())?;
    list_behind(ask, &edition, filter, &order, first, (after, checked_skip(arguments.skip)?))
}

pub struct Query;

/// Every question this graph answers. Lists are pinned to an edition; `asOf` asks the last edition published by the end of
/// that day in the configured time zone.
#[Object]
impl Query {
    /// The thing with this id, or null.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "An id of any type.")] id: ID) -> Result<Option<Node>> {
        let found = node_of(ask(ctx), &id).await.or_tell(ctx)?;
        show(ctx, found.iter());
        Ok(found)
    }

    /// The things with these ids, in their order. At most 100.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any types, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        let ask = ask(ctx);
        if ids.len() > 100 {
            return Err(Problem::bad_input("一次最多 100 个 id", "at most 100 ids at a time").remedy("100").error(ask.lang));
        }
        // One read for all records among them.
        let records: Vec<i64> = ids.iter().filter_map(|id| id.strip_prefix("record:")?.parse().ok()).collect();
        if records.len() > 1 && ask.caller.may(AccessScope::Records) {
            ask.touch_store();
            ask.records.load_many(records).await.or_tell(ctx)?;
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(node_of(ask, id).await.or_tell(ctx)?);
        }
        show(ctx, found.iter().flatten());
        Ok(found)
    }

    /// The one question: enterprises above designated size that lack a union, most urgent first.
    #[allow(clippy::too_many_arguments)] // the arguments of a field are its contract
    async fn gap(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<EnterpriseFilter>,
        #[graphql(desc = "Which parts of the list; LACKING where left out.")] include: Option<Vec<GapPart>>,
        #[graphql(desc = "By falling priority where left out.")] order_by: Option<Vec<EnterpriseOrder>>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor, in the edition it comes from.")] after: Option<String>,
        #[graphql(default, desc = "Leave out so many more behind it, or from the beginning: a jump to wherever costs one page.")]
        skip: i32,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<EnterpriseConnection> {
        let parts = include.unwrap_or_else(|| vec![GapPart::Lacking]).into_iter().map(GapPart::filter);
        root_list(ask(ctx), Filter::Or(parts.collect()), ListArguments { filter, order_by, first, after, skip, as_of })
            .await
            .or_tell(ctx)
    }

    /// Enterprises of any kind.
    #[allow(clippy::too_many_arguments)] // the arguments of a field are its contract
    async fn enterprises(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<EnterpriseFilter>,
        #[graphql(desc = "By falling priority where left out.")] order_by: Option<Vec<EnterpriseOrder>>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor, in the edition it comes from.")] after: Option<String>,
        #[graphql(default, desc = "Leave out so many more behind it, or from the beginning: a jump to wherever costs one page.")]
        skip: i32,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<EnterpriseConnection> {
        root_list(ask(ctx), Filter::All, ListArguments { filter, order_by, first, after, skip, as_of }).await.or_tell(ctx)
    }

    #[graphql(entity)]
    async fn enterprise_entity_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Enterprise>> {
        let ask = ask(ctx);
        let newest = ask.edition().or_tell(ctx)?;
        ask.entities.get_or_try_init(|| entities::read_ahead(ctx, &newest)).await.or_tell(ctx)?;
        let Some(edition) = edition_of_key(ask, &id).or_tell(ctx)? else { return Ok(None) };
        find(ask, &edition, &EnterpriseKey::Id(id)).await.or_tell(ctx)
    }

    #[graphql(entity)]
    async fn enterprise_entity_by_credit_code(&self, ctx: &Context<'_>, credit_code: CreditCode) -> Result<Option<Enterprise>> {
        let ask = ask(ctx);
        let edition = ask.edition().or_tell(ctx)?;
        ask.entities.get_or_try_init(|| entities::read_ahead(ctx, &edition)).await.or_tell(ctx)?;
        find(ask, &edition, &EnterpriseKey::CreditCode(credit_code.0)).await.or_tell(ctx)
    }

    #[graphql(entity)]
    async fn area_entity_by_code(&self, ctx: &Context<'_>, code: String) -> Result<Option<Area>> {
        Ok(Area::known(&ask(ctx).edition().or_tell(ctx)?, &code))
    }

    #[graphql(entity)]
    async fn area_entity_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Area>> {
        let is_id = id.starts_with("area:");
        // Of an edition that is gone, as of a code that nobody knows, there is nothing: it spoils no other.
        Ok(if is_id { area_of(ask(ctx), &id).unwrap_or_default() } else { None })
    }

    #[graphql(entity)]
    async fn trade_union_entity_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<TradeUnion>> {
        let ask = ask(ctx);
        let edition = edition_of_key(ask, &id).or_tell(ctx)?;
        Ok(edition.and_then(|edition| TradeUnion::find(ask, &edition, &id)))
    }

    /// Exactly one legal entity, or null; AMBIGUOUS where a key names several (a branch under its parent's code does not
    /// count).
    async fn enterprise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Exactly one key.")] by: EnterpriseKey,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<Enterprise>> {
        let ask = ask(ctx);
        ask.require_single().or_tell(ctx)?;
        let edition = ask.edition_at(as_of.map(|d| d.0), None).or_tell(ctx)?;
        let found = find(ask, &edition, &by).await.or_tell(ctx)?;
        ask.show(&edition, found.iter().map(|e| e.row().row), selected(ctx.field()));
        Ok(found)
    }

    /// Names, former names, pinyin, codes; two Chinese characters are enough. Best hits first.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As typed.")] text: String,
        #[graphql(desc = "Only among these.")] filter: Option<EnterpriseFilter>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Vec<SearchHit>> {
        let ask = ask(ctx);
        ask.require_single().or_tell(ctx)?;
        let first = checked_first(first, 100).or_tell(ctx)?;
        let as_of = as_of.map(|d| d.0);
        let edition = ask.edition_at(as_of, None).or_tell(ctx)?;
        let filter = ask.planned(&filter.unwrap_or_default(), as_of).await.or_tell(ctx)?;
        let filter = ask.within_areas(filter);
        let scope = match filter {
            Filter::All => None,
            filter => Some(edition.filter(&filter).or_tell(ctx)?),
        };
        let hits = edition.search_told(&text, scope.as_deref(), first, ask.told_scores(&edition).as_ref());
        ask.show(&edition, hits.iter().map(|hit| hit.row), selected(ctx.field()));
        Ok(hits.into_iter().map(|hit| SearchHit::new(ask, &edition, hit)).collect())
    }

    /// Counts and rates by any of the dimensions, for maps and tables: one row per group that has enterprises; at most
    /// 20,000 rows.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn coverage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most six, each once; two where the caller's numbers are rounded.")] by: Vec<Dimension>,
        #[graphql(desc = "Only these enterprises.")] filter: Option<EnterpriseFilter>,
        #[graphql(desc = "Only enterprises of this area.")] within: Option<AreaKey>,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Shows what changed since the edition of this day, instant or number.")] compare_with: Option<AsOf>,
        #[graphql(desc = "Shows the target of each area for this year and indicator.")] target: Option<TargetKey>,
    ) -> Result<Coverage> {
        let ask = ask(ctx);
        ask.require_whole(filter.is_some()).or_tell(ctx)?;
        let as_of = as_of.map(|d| d.0);
        let mut plan = ask.planned(&filter.unwrap_or_default(), as_of).await.or_tell(ctx)?;
        if let Some(area) = &within {
            plan = plan.and(Filter::Area(vec![area.code().to_owned()]));
        }
        let sums = selected(ctx.field()) & (bits_of("payrollYuan") | bits_of("fund"));
        let question = Question { by, filter: plan, as_of, compare_with: compare_with.map(|d| d.0), target, sums };
        coverage(ask, question).await.or_tell(ctx)
    }

    /// The areas of one level, or of all, in the order of their codes; those that a text names first, where one is given.
    async fn areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "City, districts, towns or federation units; all where left out.")] level: Option<AreaLevel>,
        #[graphql(desc = "Only those inside this area.")] within: Option<AreaKey>,
        #[graphql(
            desc = "Only those that have this in their name (Chinese or English) or begin their code with it: 6, 9 or 12 digits."
        )]
        search: Option<String>,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Vec<Area>> {
        let edition = ask(ctx).edition_at(as_of.map(|d| d.0), None).or_tell(ctx)?;
        areas(&edition, level, within.as_ref().map(AreaKey::code), search.as_deref()).or_tell(ctx)
    }

    /// One area, or null.
    async fn area(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Exactly one key.")] by: AreaKey,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<Area>> {
        let edition = ask(ctx).edition_at(as_of.map(|d| d.0), None).or_tell(ctx)?;
        Ok(Area::known(&edition, by.code()))
    }

    /// The classes of one level of GB/T 4754.
    async fn industries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Sections, divisions, groups or classes.")] level: IndustryLevel,
        #[graphql(desc = "Year of the classification; 2017 where left out.")] edition: Option<String>,
    ) -> Result<Vec<Industry>> {
        let ask = ask(ctx);
        let current = ask.edition().or_tell(ctx)?;
        let year = match edition.as_deref().map(str::parse) {
            None => 2017,
            Some(Ok(year)) => year,
            Some(Err(_)) => {
                return Err(Problem::bad_input("edition 应为年份，如 2017", "edition is a year such as 2017")
                    .remedy("2017")
                    .error(ask.lang));
            }
        };
        industries(&current, level, year).or_tell(ctx)
    }

    /// Trade unions of the roll, largest membership first.
    async fn trade_unions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<TradeUnionFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor, in the edition it comes from.")] after: Option<String>,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<TradeUnionConnection> {
        ask(ctx).require_single().or_tell(ctx)?;
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let filter = filter.unwrap_or_default();
        TradeUnionConnection::page(ask(ctx), &filter, first, after.as_deref(), as_of.map(|d| d.0)).or_tell(ctx)
    }

    /// One union of the roll, or null.
    async fn trade_union(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<TradeUnion>> {
        let ask = ask(ctx);
        ask.require_single().or_tell(ctx)?;
        let edition = ask.edition_at(as_of.map(|d| d.0), None).or_tell(ctx)?;
        Ok(TradeUnion::find(ask, &edition, &id))
    }

    /// What the values of enums are called, for whoever builds a page from them.
    async fn labels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this enum, such as `Ownership`.")] of: Option<String>,
    ) -> Result<Vec<EnumLabel>> {
        labels(&ctx.schema_env.registry, of.as_deref()).or_tell(ctx)
    }

    /// Annual targets and how far they are reached, best first within each indicator.
    async fn targets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Year of the targets.")] year: i32,
        #[graphql(desc = "Only areas inside this one.")] within: Option<AreaKey>,
        #[graphql(desc = "Reached as of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Vec<Target>> {
        Target::list(ask(ctx), year, within.as_ref().map(AreaKey::code), as_of.map(|d| d.0)).await.or_tell(ctx)
    }

    /// The registries this graph rests on, in the order of their rank.
    async fn registries(&self, ctx: &Context<'_>) -> Result<Vec<Registry>> {
        registries(ask(ctx)).await.or_tell(ctx)
    }

    /// One registry, or null.
    async fn registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its short name, such as `tax`.")] name: String,
    ) -> Result<Option<Registry>> {
        match node_of(ask(ctx), &format!("registry:{name}")).await.or_tell(ctx)? {
            Some(Node::Registry(registry)) => Ok(Some(registry)),
            _ => Ok(None),
        }
    }

    /// The editions that can be asked, newest first.
    async fn editions(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<EditionConnection> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        EditionConnection::page(ask(ctx).state.hub().editions.list(), first, after.as_deref()).or_tell(ctx)
    }

    /// Pairs that the evidence could not settle, for a person to decide; first those that would change the gap list most.
    /// Needs the scope `review`.
    async fn review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<ReviewFilter>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<ReviewConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        ReviewConnection::page(ask(ctx), &filter.unwrap_or_default(), first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// The federation as it is: units, figures and what else is entered of it.
    #[graphql(flatten)]
    async fn federation_as_it_is(&self) -> FederationQuery {
        FederationQuery
    }

    /// What is done about enterprises that lack a union.
    #[graphql(flatten)]
    async fn outreach(&self) -> OutreachQuery {
        OutreachQuery
    }

    /// Who may ask, who asked, and by which policy is judged.
    #[graphql(flatten)]
    async fn administration(&self) -> AdministrationQuery {
        AdministrationQuery
    }

    /// Fields on which registries differ, those of the most urgent enterprises first. Needs the scope `records`.
    async fn conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<ConflictFilter>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor, in the edition it comes from.")] after: Option<String>,
        #[graphql(desc = "As of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<ConflictConnection>> {
        if !permitted(ctx, AccessScope::Records) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let filter = filter.unwrap_or_default();
        ConflictConnection::page(ask(ctx), &filter, first, after.as_deref(), as_of.map(|d| d.0)).or_tell(ctx).map(Some)
    }

    /// The edition that differs too far from what is published and waits for a person, or that a person rejected; null where there
    /// is none. Needs the scope `operate`.
    async fn held_edition(&self, ctx: &Context<'_>) -> Result<Option<HeldEdition>> {
        if !permitted(ctx, AccessScope::Operate) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        let held = ask.state.hub().held_edition().await.or_tell(ctx)?;
        Ok(held.map(|held| HeldEdition::new(held, ask.lang)))
    }

    /// The caller's exports, newest first. Needs the scope `export`.
    async fn exports(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
    ) -> Result<Option<Vec<Export>>> {
        if !permitted(ctx, AccessScope::Export) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        Export::list(ask(ctx), first).await.or_tell(ctx).map(Some)
    }

    /// Who asks, and what they may see.
    #[graphql(shareable)]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let ask = ask(ctx);
        // Two callers may see the same and still be two: their answers are not interchangeable.
        ask.touch_store();
        let areas = match ask.edition() {
            Ok(edition) => ask.caller.areas.iter().map(|code| Area::new(&edition, code.as_str())).collect(),
            Err(_) => Vec::new(),
        };
        Ok(Viewer {
            seat: CaseOwner::of_caller(ask).await.or_tell(ctx)?,
            name: ask.caller.name.clone(),
            role: ask.caller.role.name().to_owned(),
            areas,
            scopes: ask.caller.scopes.iter().map(|s| s.name().to_owned()).collect(),
            language: ask.lang.into(),
        })
    }
}
