//! Places of the federation as the graph shows them: centres, stations, buildings and parks, and the enterprises of these.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use hashbrown::HashSet;
use roaring::RoaringBitmap;

use super::connection::{EnterpriseConnection, MAX_PAGE, list, selects};
use super::enterprise::Enterprise;
use super::federation_entries::{EntryOrigin, keyed_pages, number};
use super::places::Area;
use super::scalars::{DateTime, UnionPlaceKind};
use super::union_units::{FederationView, UnionUnit, UnionUnitCounts};
use super::visits::Visit;
use crate::edition::{Edition, EnterpriseRow, Filter, Row};
use crate::federation::entry::FederationNoun;
use crate::federation::home::UnitCounts;
use crate::federation::place::{UnionPlace as PlaceEntered, nearest};
use crate::hub::federation_standing::BuildingLists;
use crate::hub::federation_state::Entered;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first};

keyed_pages!(
    "Places, page by page, in the order of their codes.",
    UnionPlaceConnection,
    "The places of this page.",
    UnionPlace,
    "A place and its cursor.",
    UnionPlaceEdge,
    "The place."
);
/// A service centre or station, an office building or a park.
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct UnionPlace {
    /// `place:` and its code.
    #[graphql(owned)]
    pub id: ID,
    /// What it is known by.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: UnionPlaceKind,
    /// The unit that keeps it.
    pub unit: Option<UnionUnit>,
    /// Where it is, in words.
    pub address: Option<String>,
    /// Divisions that it lies in or serves.
    pub areas: Vec<Area>,
    /// Degrees east, WGS-84.
    pub longitude: Option<f64>,
    /// Degrees north, WGS-84.
    pub latitude: Option<f64>,
    /// What is done there.
    pub services: Vec<String>,
    /// Party, social-work and union stations together (三站合一).
    pub is_joint: bool,
    /// A union service station is in it.
    pub has_union_station: bool,
    /// Staff stationed there.
    pub officers: i32,
    /// A building or park that lies in more than one district, or in another one than the unit that keeps it: whose its enterprises are has
    /// to be said by a person.
    pub in_two_districts: bool,
    /// Where it comes from.
    pub origin: EntryOrigin,
    #[graphql(skip)]
    view: FederationView,
    #[graphql(skip)]
    entered: PlaceEntered,
}

/// The enterprises of a building or park, by their addresses and by its own list.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct BuildingEnterprises {
    /// Those whose address names it, by verdict.
    pub counts: UnionUnitCounts,
    /// Lines of its own list that an enterprise was found for.
    pub listed: i32,
    /// By address, and not on its list: at most 100.
    pub unlisted: Vec<Enterprise>,
    /// On its list, with another address: at most 100.
    pub elsewhere: Vec<Enterprise>,
    /// On its list, and nobody or several fit: as written.
    pub unknown: Vec<String>,
    #[graphql(skip)]
    rows: Arc<RoaringBitmap>,
    #[graphql(skip)]
    edition: Arc<Edition>,
}

/// The enterprises of a building or park, by their addresses and by its own list.
#[ComplexObject]
impl BuildingEnterprises {
    /// Those by address that are above designated size and lack a union, the most urgent first.
    async fn gap(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<EnterpriseConnection> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let filter = Filter::InGap.and(Filter::Rows(self.rows.clone()));
        list(ask(ctx), &self.edition, filter, &[], first, after.as_deref()).or_tell(ctx)
    }
    /// Visits to those by address.
    async fn visits(&self, ctx: &Context<'_>) -> Result<BuildingVisits> {
        let ask = ask(ctx);
        ask.touch_store();
        let (store, edition) = (&ask.state.hub().store, &self.edition);
        let seen = self.rows.iter().map(|row| edition.enterprise(row)).filter(|e| ask.may_see(*e));
        let ids: Vec<String> = seen.map(|e| e.id().to_owned()).collect();
        let cases: Vec<String> = store.cases_of(&ids).await.or_tell(ctx)?.into_iter().map(|case| case.id).collect();
        let mut rows = store.visits_of_cases(&cases).await.or_tell(ctx)?;
        rows.retain(|visit| visit.state == "COUNTS");
        rows.sort_by_key(|visit| std::cmp::Reverse((visit.visited_at.unwrap_or(visit.brought_at), visit.id)));
        let enterprises = rows.iter().map(|visit| &*visit.case_id).collect::<HashSet<&str>>().len() as i32;
        let count = rows.len() as i32;
        let last_at = rows.first().and_then(|visit| DateTime::from_millis(visit.visited_at.unwrap_or(visit.brought_at)));
        Ok(BuildingVisits { count, enterprises, last_at, latest: rows.into_iter().take(SHOWN).map(Visit).collect() })
    }
}

/// Visits to the enterprises of a building or park that count.
#[derive(SimpleObject)]
pub struct BuildingVisits {
    /// How many.
    pub count: i32,
    /// To how many enterprises.
    pub enterprises: i32,
    /// When the last one was; null where there was none.
    pub last_at: Option<DateTime>,
    /// The latest first: at most 100.
    pub latest: Vec<Visit>,
}

/// Where an enterprise is: the building or park that lists it, else the one whose name its address bears.
#[derive(SimpleObject)]
pub struct EnterpriseAtPlace {
    /// The building or park.
    pub place: UnionPlace,
    /// It stands on the place's own list.
    pub on_list: bool,
    /// Its address names the place.
    pub by_address: bool,
}

impl EnterpriseAtPlace {
    /// Where an enterprise is; None where nobody lists it and its address names no building that the caller may see.
    pub fn of(ask: &RequestContext, view: &FederationView, row: Row) -> Option<EnterpriseAtPlace> {
        let found = ask.state.hub().place_rows(&view.edition, &view.federation);
        let at = found.place_of(row)?;
        let place = UnionPlace::seen(ask, view, &view.federation.places[at])?;
        let is_in = |rows: &[Row]| rows.binary_search(&row).is_ok();
        Some(EnterpriseAtPlace { place, on_list: is_in(&found.listed[at]), by_address: is_in(&found.by_address[at]) })
    }
}

impl UnionPlace {
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<PlaceEntered>) -> UnionPlace {
        let place = &entered.what;
        UnionPlace {
            id: ID(format!("place:{}", place.code)),
            code: place.code.to_string(),
            name: place.name.to_string(),
            kind: place.kind.into(),
            unit: view.unit(ask, &place.unit),
            address: place.address.as_deref().map(str::to_owned),
            areas: place.areas.iter().map(|code| Area::new(&view.edition, &**code)).collect(),
            longitude: place.point.map(|point| point.0),
            latitude: place.point.map(|point| point.1),
            services: place.services.iter().map(|s| s.to_string()).collect(),
            is_joint: place.is_joint(),
            has_union_station: place.union_station,
            officers: number(place.officers),
            in_two_districts: view.federation.is_in_two_districts(place),
            origin: EntryOrigin::new(FederationNoun::Place, place.code.to_string(), entered, &place.source),
            view: view.clone(),
            entered: place.clone(),
        }
    }

    /// A place by its code, with `place:` before it or not; None where the caller may not see it.
    pub fn find(ask: &RequestContext, view: &FederationView, code: &str) -> Option<UnionPlace> {
        let code = code.strip_prefix("place:").unwrap_or(code).trim();
        let entered = view.federation.places.iter().find(|place| *place.what.code == *code)?;
        UnionPlace::seen(ask, view, entered)
    }

    /// The same, where the unit that keeps it is the caller's to see.
    pub fn seen(ask: &RequestContext, view: &FederationView, entered: &Entered<PlaceEntered>) -> Option<UnionPlace> {
        let at = view.federation.tree.at(&entered.what.unit)?;
        view.federation.is_seen_by(&ask.caller, at).then(|| UnionPlace::new(ask, view, entered))
    }

    fn lists(&self, ask: &RequestContext) -> BuildingLists {
        ask.state.hub().building_lists(&self.view.edition, &self.view.federation, &self.entered)
    }
}

/// Rows that are shown of a difference.
const SHOWN: usize = 100;

/// A service centre or station, an office building or a park.
#[ComplexObject]
impl UnionPlace {
    /// Its enterprises, by address and by its own list, with the differences named. Of centres and stations: null.
    async fn enterprises_there(&self, ctx: &Context<'_>) -> Result<Option<BuildingEnterprises>> {
        if !matches!(self.kind, UnionPlaceKind::OfficeBuilding | UnionPlaceKind::BusinessPark) {
            return Ok(None);
        }
        let (ask, edition) = (ask(ctx), &self.view.edition);
        let lists = self.lists(ask);
        let mut counts = UnitCounts::default();
        for row in lists.by_address.iter().filter(|row| ask.may_see(edition.enterprise(**row))) {
            let e = edition.enterprise(*row);
            let (members, employees) = e.counted_people();
            counts.count(e.gap(), e.union(), members, employees);
        }
        let shown = |name: &str, rows: Vec<Row>| {
            let is_asked = selects(ctx.field(), &[name]);
            let seen = rows.into_iter().filter(|row| is_asked && ask.may_see(edition.enterprise(*row))).take(SHOWN);
            seen.map(|row| Enterprise::new(ask, edition, row)).collect::<Vec<_>>()
        };
        Ok(Some(BuildingEnterprises {
            counts: (&counts).into(),
            listed: lists.listed.len() as i32,
            unlisted: shown("unlisted", lists.unlisted()),
            elsewhere: shown("elsewhere", lists.elsewhere()),
            unknown: lists.unknown,
            rows: Arc::new(lists.by_address.into_iter().collect()),
            edition: edition.clone(),
        }))
    }
}

/// The nearest place where one goes for services.
#[derive(SimpleObject)]
pub struct NearestPlace {
    /// Which.
    pub place: UnionPlace,
    /// How far it is as the crow flies.
    pub metres: f64,
}

impl NearestPlace {
    /// The nearest place for services of those that the caller may see; None where the enterprise has no point of its own, or no place
    /// has one.
    pub fn of(ask: &RequestContext, view: &FederationView, row: EnterpriseRow<'_>) -> Option<NearestPlace> {
        let point = row.location()?;
        let federation = &view.federation;
        let is_seen = |p: &&Entered<PlaceEntered>| {
            federation.tree.at(&p.what.unit).is_some_and(|at| federation.is_seen_by(&ask.caller, at))
        };
        let places = federation.places.iter().filter(is_seen);
        let (place, metres) = nearest(places.map(|p| &p.what), (point.longitude, point.latitude))?;
        let entered = federation.places.iter().find(|p| p.what.code == place.code)?;
        Some(NearestPlace { place: UnionPlace::new(ask, view, entered), metres })
    }
}
