//! Questions about the federation as it is. All need the scope `review`: it is the federation's own.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use chrono::NaiveDate;

use crate::access::AccessScope;
use crate::federation::appraisal::{AppraisalObjection, UnitReward, UnitWork};
use crate::federation::dispatch::DispatchAgreement;
use crate::federation::key_point::KeyPoint;
use crate::federation::pilot::{Collection, PilotArea, is_quarter};
use crate::federation::place::UnionPlace as PlaceEntered;
use crate::federation::post::UnitPosts;
use crate::federation::service::{ServicesGiven, counted, is_period};
use crate::hub::federation_homes::enterprise_meant;
use crate::hub::federation_state::{Entered, Federation};
use crate::model::verdict::GapStatus;
use crate::serve::answers::filter::no_unit;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first, parts_of_id, permitted};
use crate::serve::graphql::model::connection::MAX_PAGE;
use crate::serve::graphql::model::federation_appraisal::{UnionStanding, UnionStandingConnection};
use crate::serve::graphql::model::federation_entries::{
    DispatchAgreementConnection, UnionCollection, UnionCollectionConnection, UnionDispatch, UnionPost, UnionPostConnection,
};
use crate::serve::graphql::model::federation_figures::{FederationFigure, FederationFigureConnection};
use crate::serve::graphql::model::federation_year::{
    AppraisalYear, AppraisalYearConnection, UnionKeyPoint, UnionKeyPointConnection, UnionObjection, UnionObjectionConnection,
    UnionReward, UnionRewardConnection, UnionWork, UnionWorkConnection,
};
use crate::serve::graphql::model::scalars::{
    AsOf, Date, ObjectionState, UnionPlaceKind, UnionPostKind, UnionServiceKind, UnionUnitLevel,
};
use crate::serve::graphql::model::union_funds::{UnionPilotArea, UnionPilotAreaConnection};
use crate::serve::graphql::model::union_places::{NearestPlace, UnionPlace, UnionPlaceConnection};
use crate::serve::graphql::model::union_services::{
    CountQuestion, FederationDimension, UnionPostCount, UnionService, UnionServiceConnection, UnionServiceCount,
};
use crate::serve::graphql::model::union_units::{FederationView, UnionUnit, UnionUnitConnection, may_see_unit, series_days};
use crate::serve::problem::Problem;

pub struct FederationQuery;

/// Refuses a name that nothing that was entered bears, with those that there are.
fn known_among<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str>,
    say: impl Fn(&str) -> (String, String),
) -> std::result::Result<(), Problem> {
    let known: std::collections::BTreeSet<&str> = known.collect();
    if known.contains(name) {
        return Ok(());
    }
    let list = known.into_iter().collect::<Vec<_>>().join(", ");
    let (zh, en) = say(&list);
    Err(Problem::bad_input(zh, en).remedy(list))
}

/// Refuses a unit of account that no figure is of.
fn known_account(federation: &Federation, unit: Option<&str>) -> std::result::Result<(), Problem> {
    let Some(unit) = unit else { return Ok(()) };
    known_among(unit, federation.figures.iter().filter_map(|f| f.what.unit.as_deref()), |known| {
        (format!("没有以「{unit}」为单位的数字；现有：{known}"), format!("no figure is of the unit \"{unit}\"; known: {known}"))
    })
}

/// The federation as it is.
#[Object]
impl FederationQuery {
    /// Units of the federation by code: their place in the tree, their enterprises, how far setting up is. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only units of these levels.")] levels: Option<Vec<UnionUnitLevel>>,
        #[graphql(desc = "Only this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only streets and towns below another district than their code or division says, or only the others.")]
        in_other_district: Option<bool>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Counted as of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<UnionUnitConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let as_of = as_of.map(|d| d.0);
        let edition = ask.edition_at(as_of, None).or_tell(ctx)?;
        let view = FederationView::of(ask, edition, as_of).await.or_tell(ctx)?;
        let within = match within {
            Some(code) => Some(view.unit(ask, &code).ok_or_else(|| no_unit(&code)).or_tell(ctx)?.at),
            None => None,
        };
        let levels: Vec<_> = levels.unwrap_or_default().into_iter().map(Into::into).collect();
        Ok(Some(UnionUnitConnection::page(ask, &view, &levels, (within, in_other_district), first, after.as_deref())))
    }

    /// One unit of the federation, or null. Needs the scope `review`.
    async fn union_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code: `BJ`, `D110108`, `I-EDU`.")] code: String,
        #[graphql(desc = "Counted as of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<UnionUnit>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let as_of = as_of.map(|d| d.0);
        let edition = ask.edition_at(as_of, None).or_tell(ctx)?;
        let view = FederationView::of(ask, edition, as_of).await.or_tell(ctx)?;
        Ok(view.unit(ask, &code))
    }

    /// Posts of units, as of a day: counts and no names. Needs the scope `review`.
    async fn union_posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only posts of this kind.")] kind: Option<UnionPostKind>,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionPostConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let on = day_of(ask, on);
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let is_wanted = |p: &UnitPosts| kind.is_none_or(|kind| UnionPostKind::from(p.kind) == kind);
        let posts =
            view.federation.posts_on(on).into_iter().filter(|p| is_wanted(&p.what) && is_seen(ask, &view, &p.what.unit, within));
        let keyed = posts.map(|p| (UnionPost::key(&p.what), p)).collect();
        Ok(Some(UnionPostConnection::page(keyed, first, after.as_deref(), |_, p| UnionPost::new(ask, &view, p))))
    }

    /// Posts counted by kind, month and unit, as of any day; at most 20,000 rows. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_post_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is told apart; all together where empty.")] by: Vec<FederationDimension>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Counted for the nearest unit of this level above; for the unit itself where left out.")] level: Option<
            UnionUnitLevel,
        >,
        #[graphql(desc = "Only posts of this kind.")] kind: Option<UnionPostKind>,
        #[graphql(desc = "By period: from the month of this day on, at most ten years back; a year back where left out.")]
        from: Option<Date>,
        #[graphql(desc = "As of this day, with which a series ends; today where left out.")] to: Option<Date>,
    ) -> Result<Option<Vec<UnionPostCount>>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), to).await? else { return Ok(None) };
        let days = match by.contains(&FederationDimension::Period) {
            true => series_days(ask, from, to),
            false => series_days(ask, to, to).into_iter().last().into_iter().collect(),
        };
        let question = CountQuestion { by, level: level.map(Into::into), within };
        question.posts(ask, &view, &days, kind.map(Into::into)).or_tell(ctx).map(Some)
    }

    /// What units gave of services, statement by statement. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_services(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only of this kind.")] kind: Option<UnionServiceKind>,
        #[graphql(desc = "Only of this year or month, as stated: `2010`, `2010-06`.")] period: Option<String>,
        #[graphql(desc = "As of this day: periods that had ended by then; all where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionServiceConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        if let Some(period) = period.as_deref().filter(|period| !is_period(period)) {
            let zh = format!("period「{period}」应为年份或月份，如 2010、2010-06");
            return Err(Problem::bad_input(zh, format!("the period \"{period}\" is a year or a month: 2010, 2010-06")))
                .or_tell(ctx);
        }
        let is_wanted = |s: &ServicesGiven| {
            kind.is_none_or(|kind| UnionServiceKind::from(s.kind) == kind)
                && period.as_ref().is_none_or(|period| *period == *s.period)
                && on.is_none_or(|day| s.is_over(day.0))
        };
        let found = view.federation.services.iter().filter(|s| is_wanted(&s.what) && is_seen(ask, &view, &s.what.unit, within));
        let keyed = found.map(|s| (UnionService::key(&s.what), s)).collect();
        Ok(Some(UnionServiceConnection::page(keyed, first, after.as_deref(), |_, s| UnionService::new(ask, &view, s))))
    }

    /// Services counted by kind, period and unit; a year that a unit states beside months of it is not counted again. At most 20,000 rows.
    /// Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_service_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is told apart; all together where empty.")] by: Vec<FederationDimension>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Counted for the nearest unit of this level above; for the unit itself where left out.")] level: Option<
            UnionUnitLevel,
        >,
        #[graphql(desc = "Only of this kind.")] kind: Option<UnionServiceKind>,
        #[graphql(desc = "Only periods that end on this day or later.")] from: Option<Date>,
        #[graphql(desc = "As of this day: only periods that had ended by then; all where left out.")] to: Option<Date>,
    ) -> Result<Option<Vec<UnionServiceCount>>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), to).await? else { return Ok(None) };
        let is_wanted = |s: &&ServicesGiven| {
            kind.is_none_or(|kind| UnionServiceKind::from(s.kind) == kind)
                && from.is_none_or(|day| s.last_day().is_some_and(|last| last >= day.0))
                && to.is_none_or(|day| s.is_over(day.0))
        };
        // What says its months again is left out first: a year does not come back where only some of its months are asked for.
        let given = counted(view.federation.services.iter().map(|s| &s.what)).into_iter().filter(is_wanted);
        let question = CountQuestion { by, level: level.map(Into::into), within };
        question.services(ask, &view, given).or_tell(ctx).map(Some)
    }

    /// One place, or null. Needs the scope `review`.
    async fn union_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code: `B1`.")] code: String,
    ) -> Result<Option<UnionPlace>> {
        let Some((ask, view, _)) = seen(ctx, None, None).await? else { return Ok(None) };
        Ok(UnionPlace::find(ask, &view, &code))
    }

    /// Service centres and stations, office buildings and parks. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_places(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only places of this kind.")] kind: Option<UnionPlaceKind>,
        #[graphql(
            desc = "Only places kept by units of these levels: the city's centre, those of districts, stations of streets."
        )]
        levels: Option<Vec<UnionUnitLevel>>,
        #[graphql(
            desc = "Only buildings and parks that lie in more than one district, or in another one than the unit that keeps them, or only the others."
        )]
        in_two_districts: Option<bool>,
        #[graphql(desc = "As of this day: as they had been entered by then; as they stand where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionPlaceConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let tree = &view.federation.tree;
        let is_of_level = |p: &PlaceEntered| {
            let level = tree.unit(&p.unit).map(|unit| UnionUnitLevel::from(unit.level));
            levels.as_ref().is_none_or(|levels| level.is_some_and(|level| levels.contains(&level)))
        };
        let is_wanted = |p: &PlaceEntered| {
            kind.is_none_or(|kind| UnionPlaceKind::from(p.kind) == kind)
                && is_of_level(p)
                && in_two_districts.is_none_or(|flagged| view.federation.is_in_two_districts(p) == flagged)
        };
        let places = view.federation.places.iter().filter(|p| is_wanted(&p.what) && is_seen(ask, &view, &p.what.unit, within));
        let keyed = places.map(|p| (p.what.code.to_string(), p)).collect();
        Ok(Some(UnionPlaceConnection::page(keyed, first, after.as_deref(), |_, p| UnionPlace::new(ask, &view, p))))
    }

    /// The place for services that is nearest to an enterprise; null where it has no point of its own, or no place has one. Needs the
    /// scope `review`.
    async fn nearest_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the enterprise.")] enterprise: ID,
    ) -> Result<Option<NearestPlace>> {
        let Some((ask, view, _)) = seen(ctx, None, None).await? else { return Ok(None) };
        let found = view.edition.enterprise_of_id(parts_of_id(&enterprise).0).filter(|e| ask.may_see(*e));
        Ok(found.and_then(|e| NearestPlace::of(ask, &view, e)))
    }

    /// Agreements of agencies and hosts on dispatched workers. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn dispatch_agreements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only those with the clause on 2 %, or only those without it.")] has_clause: Option<bool>,
        #[graphql(desc = "Only domestic service and care, or only the others.")] is_care: Option<bool>,
        #[graphql(desc = "Only those whose host lacks a union, or only the others.")] host_lacks_union: Option<bool>,
        #[graphql(desc = "Only those whose agency lacks a union, or only the others.")] agency_lacks_union: Option<bool>,
        #[graphql(desc = "As of this day: agreed by then, or without a day; all where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<DispatchAgreementConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let is_wanted = |a: &DispatchAgreement| {
            has_clause.is_none_or(|has| a.has_clause == has)
                && is_care.is_none_or(|is| a.care_rule.is_some() == is)
                && on.is_none_or(|day| a.stood(day.0))
                && host_lacks_union.is_none_or(|lacks| lacks_union(ask, &view, &a.host) == lacks)
                && agency_lacks_union.is_none_or(|lacks| lacks_union(ask, &view, &a.agency) == lacks)
        };
        let found = view.federation.agreements.iter().filter(|a| is_wanted(&a.what) && is_seen(ask, &view, &a.what.unit, within));
        let keyed = found.map(|a| (UnionDispatch::key(&a.what), a)).collect();
        Ok(Some(DispatchAgreementConnection::page(keyed, first, after.as_deref(), |_, a| UnionDispatch::new(ask, &view, a))))
    }

    /// What the tax office collected in pilot areas, by quarter. Needs the scope `review`; sums need `finance` too.
    async fn union_collections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only of this quarter: `2010Q3`.")] period: Option<String>,
        #[graphql(desc = "As of this day: quarters that had ended by then; all where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionCollectionConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let period = period.map(|period| period.trim().to_ascii_uppercase());
        if let Some(period) = period.as_deref().filter(|period| !is_quarter(period)) {
            let zh = format!("period「{period}」应为季度，如 2010Q3");
            return Err(Problem::bad_input(zh, format!("the period \"{period}\" is a quarter: 2010Q3"))).or_tell(ctx);
        }
        let is_wanted = |c: &Collection| {
            period.as_ref().is_none_or(|period| *period == *c.period) && on.is_none_or(|day| c.quarters_old(day.0).is_some())
        };
        let found =
            view.federation.collections.iter().filter(|c| is_wanted(&c.what) && is_seen(ask, &view, &c.what.unit, within));
        let keyed = found.map(|c| (UnionCollection::key(&c.what), c)).collect();
        Ok(Some(UnionCollectionConnection::page(keyed, first, after.as_deref(), |_, c| UnionCollection::new(ask, &view, c))))
    }

    /// Pilot areas of the collection by the tax office, with their days and who leads them, whether a quarter was entered or not. Needs the
    /// scope `review`.
    async fn union_pilot_areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "As of this day: those that had started by then; all where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionPilotAreaConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let has_started = |p: &PilotArea| on.is_none_or(|day| p.starts_on <= day.0);
        let found = view.federation.pilots.iter().filter(|p| has_started(&p.what) && is_seen(ask, &view, &p.what.unit, within));
        let keyed = found.map(|p| (p.what.unit.to_string(), p)).collect();
        Ok(Some(UnionPilotAreaConnection::page(keyed, first, after.as_deref(), |_, p| UnionPilotArea::new(ask, &view, p))))
    }

    /// Key points of the year: what units are to have done beside their numbers. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_key_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this year.")] year: Option<i32>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Done, late and to do as of this day; today where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionKeyPointConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let day = day_of(ask, on);
        let is_wanted = |p: &KeyPoint| year.is_none_or(|year| p.year == year) && is_seen(ask, &view, &p.unit, within);
        let keyed = view.federation.key_points.iter().filter(|p| is_wanted(&p.what)).map(|p| (UnionKeyPoint::key(&p.what), p));
        let page = |_, p: &Entered<KeyPoint>| UnionKeyPoint::new(ask, &view, day, p);
        Ok(Some(UnionKeyPointConnection::page(keyed.collect(), first, after.as_deref(), page)))
    }

    /// Work that rules of the appraisal count, unit by unit. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this year.")] year: Option<i32>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only of this indicator, as rules name it.")] indicator: Option<String>,
        #[graphql(desc = "As of this day: as it had been entered by then; as it stands where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionWorkConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        if let Some(indicator) = &indicator {
            let of = view.federation.work.iter().map(|w| &*w.what.indicator);
            known_among(indicator, of, |known| {
                (
                    format!("没有指标「{indicator}」的工作；现有：{known}"),
                    format!("no work is of the indicator \"{indicator}\"; known: {known}"),
                )
            })
            .or_tell(ctx)?;
        }
        let is_wanted = |w: &UnitWork| {
            year.is_none_or(|year| w.year == year)
                && indicator.as_ref().is_none_or(|indicator| *indicator == *w.indicator)
                && is_seen(ask, &view, &w.unit, within)
        };
        let keyed = view.federation.work.iter().filter(|w| is_wanted(&w.what)).map(|w| (UnionWork::key(&w.what), w)).collect();
        Ok(Some(UnionWorkConnection::page(keyed, first, after.as_deref(), |_, w| UnionWork::new(ask, &view, w))))
    }

    /// What units say against their appraisal, and what became of it. Needs the scope `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_objections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this year.")] year: Option<i32>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(desc = "Only those in this state.")] state: Option<ObjectionState>,
        #[graphql(desc = "As of this day: raised by then, in the state of then; as they stand where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionObjectionConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let is_wanted = |o: &AppraisalObjection| {
            year.is_none_or(|year| o.year == year)
                && state.is_none_or(|state| ObjectionState::from(o.state) == state)
                && on.is_none_or(|day| o.on <= day.0)
                && is_seen(ask, &view, &o.unit, within)
        };
        let found = view.federation.objections.iter().filter(|o| is_wanted(&o.what));
        let keyed = found.map(|o| (o.what.id.to_string(), o)).collect();
        Ok(Some(UnionObjectionConnection::page(keyed, first, after.as_deref(), |_, o| UnionObjection::new(ask, &view, o))))
    }

    /// What units were given for a year. Needs the scope `review`; sums need `finance` too.
    async fn union_rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this year.")] year: Option<i32>,
        #[graphql(desc = "Only of this unit and those below it: its code.")] within: Option<String>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionRewardConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), None).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let is_wanted = |r: &UnitReward| year.is_none_or(|year| r.year == year) && is_seen(ask, &view, &r.unit, within);
        let keyed =
            view.federation.rewards.iter().filter(|r| is_wanted(&r.what)).map(|r| (UnionReward::key(&r.what), r)).collect();
        Ok(Some(UnionRewardConnection::page(keyed, first, after.as_deref(), |_, r| UnionReward::new(ask, &view, r))))
    }

    /// The rules of appraisals, year by year. Needs the scope `review`.
    async fn appraisal_years(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As of this day: as they had been entered by then; as they stand where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<AppraisalYearConnection>> {
        let Some((ask, view, _)) = seen(ctx, None, on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let keyed = view.federation.rules.iter().map(|rules| (rules.what.year.to_string(), rules)).collect();
        Ok(Some(AppraisalYearConnection::page(keyed, first, after.as_deref(), |_, rules| AppraisalYear::new(ask, rules))))
    }

    /// The appraisal of a year: units of a level by rank, with the year before; empty where no rules were entered for it. Needs the scope
    /// `review`.
    #[allow(clippy::too_many_arguments)] // they are the field's arguments in the schema
    async fn union_standings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this year.")] year: i32,
        #[graphql(desc = "Units of this level.")] level: UnionUnitLevel,
        #[graphql(desc = "Only of this unit and those below it: its code. Ranks are those of the whole level.")] within: Option<
            String,
        >,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnionStandingConnection>> {
        let Some((ask, view, within)) = seen(ctx, within.as_deref(), on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let ranked = view.ranked(ask, year, day_of(ask, on), level.into()).await.or_tell(ctx)?;
        UnionStandingConnection::page(ask, &view, ranked.as_deref(), within, first, after.as_deref()).or_tell(ctx).map(Some)
    }

    /// The appraisal of a year: units of a level by rank, with the year before; empty where no rules were entered for it. Needs the scope
    /// `review`.
    #[graphql(deprecation = "A list has an end: use unionStandings instead. Goes after 2027-06-30.")]
    async fn union_appraisal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this year.")] year: i32,
        #[graphql(desc = "Units of this level.")] level: UnionUnitLevel,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
    ) -> Result<Option<Vec<UnionStanding>>> {
        let Some((ask, view, _)) = seen(ctx, None, on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let ranked = view.ranked(ask, year, day_of(ask, on), level.into()).await.or_tell(ctx)?;
        Ok(Some(ranked.map_or_else(Vec::new, |ranked| ranked.first(ask, &view, first))))
    }

    /// Figures that documents state, the latest of each that holds of the day. Needs the scope `review`.
    async fn stated_figures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this day or before; today where left out.")] on: Option<Date>,
        #[graphql(desc = "Only those of this unit of account: `members`, `centres`.")] unit: Option<String>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<FederationFigureConnection>> {
        let Some((ask, view, _)) = seen(ctx, None, on).await? else { return Ok(None) };
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        known_account(&view.federation, unit.as_deref()).or_tell(ctx)?;
        let figures = FederationFigure::list(&view.federation, day_of(ask, on), unit.as_deref());
        let keyed = figures.into_iter().map(|figure| (figure.key(), figure)).collect();
        Ok(Some(FederationFigureConnection::page(keyed, first, after.as_deref(), |_, figure| figure)))
    }

    /// Figures that documents state, the latest of each that holds of the day. Needs the scope `review`.
    #[graphql(deprecation = "A list has an end: use statedFigures instead. Goes after 2027-06-30.")]
    async fn federation_figures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this day or before; today where left out.")] as_of: Option<Date>,
        #[graphql(desc = "Only those of this unit of account: `members`, `centres`.")] unit: Option<String>,
    ) -> Result<Option<Vec<FederationFigure>>> {
        let Some((ask, view, _)) = seen(ctx, None, as_of).await? else { return Ok(None) };
        known_account(&view.federation, unit.as_deref()).or_tell(ctx)?;
        Ok(Some(FederationFigure::list(&view.federation, day_of(ask, as_of), unit.as_deref())))
    }
}

/// The day that is asked; today where none is.
fn day_of(ask: &RequestContext, on: Option<Date>) -> NaiveDate {
    let hub = ask.state.hub();
    on.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0)
}

/// Whether whoever a text means is known to lack a union and is the caller's to be told of.
fn lacks_union(ask: &RequestContext, view: &FederationView, text: &str) -> bool {
    enterprise_meant(&view.edition, text).is_some_and(|row| {
        let enterprise = view.edition.enterprise(row);
        matches!(enterprise.gap(), Some(GapStatus::Lacking | GapStatus::LackingIndependent)) && ask.may_see(enterprise)
    })
}

/// What the caller may ask of the federation, as it stood on a day or as it stands, and the unit that the question is about; None where a
/// scope is missing, which is told.
async fn seen<'a>(
    ctx: &Context<'a>,
    within: Option<&str>,
    on: Option<Date>,
) -> Result<Option<(&'a Arc<RequestContext>, FederationView, Option<u32>)>> {
    if !permitted(ctx, AccessScope::Review) {
        return Ok(None);
    }
    let ask = ask(ctx);
    let view = FederationView::on(ask, on.map(|day| day.0)).await.or_tell(ctx)?;
    let within = match within {
        Some(code) => Some(view.unit(ask, code).ok_or_else(|| no_unit(code)).or_tell(ctx)?.at),
        None => None,
    };
    Ok(Some((ask, view, within)))
}

/// Whether a thing of the unit of this code is the caller's to see, and of the unit that was asked.
fn is_seen(ask: &RequestContext, view: &FederationView, unit: &str, within: Option<u32>) -> bool {
    let at = view.federation.tree.at(unit);
    at.is_some_and(|at| may_see_unit(ask, &view.federation, at))
        && within.is_none_or(|within| view.federation.is_of(unit, within))
}
